//! How far a stage is: a bar on a terminal, a line now and then elsewhere, JSON lines on demand.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::{talk, units};

/// How often a line is said when stderr is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How a run talks on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// Says one event: a line of text, or a JSON object with `event` and the given fields.
pub fn say(format: LogFormat, event: &str, text: &str, fields: Value) {
    match format {
        LogFormat::Text => talk::line(text),
        LogFormat::Json => {
            let mut object = json!({ "event": event });
            if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
                object.extend(fields);
            }
            talk::line(&object.to_string());
        }
    }
}

/// The progress of one stage or command; may be advanced from any thread.
#[derive(Debug)]
pub struct Meter {
    stage: &'static str,
    format: LogFormat,
    bar: Option<ProgressBar>,
    unit: Mutex<&'static str>,
    total: AtomicU64,
    done: AtomicU64,
    since: Instant,
    /// Milliseconds after `since` at which the present count began.
    begun_ms: AtomicU64,
    /// Milliseconds after `since` of the last line said.
    said_ms: AtomicU64,
}

impl Meter {
    /// A meter at zero; on a terminal its bar appears at once.
    pub fn new(stage: &'static str, format: LogFormat) -> Self {
        let on_terminal = format == LogFormat::Text && io::stderr().is_terminal();
        Self {
            stage,
            format,
            bar: on_terminal.then(|| bar(stage)),
            unit: Mutex::new(""),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            since: Instant::now(),
            begun_ms: AtomicU64::new(0),
            said_ms: AtomicU64::new(0),
        }
    }

    /// Starts a count of `total` units, such as `"tiles"`; may be called again for the next part.
    pub fn start(&self, total: u64, unit: &'static str) {
        *self.unit.lock().unwrap_or_else(PoisonError::into_inner) = unit;
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        // What came before says nothing about the speed of this part.
        self.begun_ms.store(self.since.elapsed().as_millis() as u64, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_message(unit);
            bar.set_position(0);
            bar.reset_eta();
        }
    }

    /// Says that `n` more units are done.
    pub fn advance(&self, n: u64) {
        self.done.fetch_add(n, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(n);
            return;
        }
        let now_ms = self.since.elapsed().as_millis() as u64;
        let said_ms = self.said_ms.load(Ordering::Relaxed);
        // One thread wins the exchange and speaks for all.
        if now_ms.saturating_sub(said_ms) >= LINE_EVERY.as_millis() as u64
            && self
                .said_ms
                .compare_exchange(said_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.line();
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self) {
        let state = self.state();
        let text = format!("{:<14} {}", self.stage, state.text());
        say(self.format, "progress", &text, state.fields(self.stage));
    }

    fn state(&self) -> State {
        State {
            done: self.done.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            unit: *self.unit.lock().unwrap_or_else(PoisonError::into_inner),
            elapsed: self
                .since
                .elapsed()
                .saturating_sub(Duration::from_millis(self.begun_ms.load(Ordering::Relaxed))),
        }
    }
}

/// A reading of a meter.
struct State {
    done: u64,
    total: u64,
    unit: &'static str,
    elapsed: Duration,
}

impl State {
    fn rate_per_s(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-3)
    }

    fn left(&self) -> Option<Duration> {
        let rate = self.rate_per_s();
        let remaining = self.total.checked_sub(self.done)? as f64;
        (rate > 0.0).then(|| Duration::from_secs_f64(remaining / rate))
    }

    /// `214/412 tiles  51%  3.1 tiles/s  1m03s left`
    fn text(&self) -> String {
        let Self { done, total, unit, .. } = self;
        let share = (done * 100).checked_div(*total).unwrap_or(0);
        let left = self.left().map(|left| format!("  {} left", units::duration(left)));
        format!(
            "{}/{} {unit}  {share}%  {} {unit}/s{}",
            units::count(*done),
            units::count(*total),
            rate(self.rate_per_s()),
            left.unwrap_or_default()
        )
    }

    fn fields(&self, stage: &str) -> Value {
        json!({
            "stage": stage,
            "done": self.done,
            "total": self.total,
            "unit": self.unit,
            "rate_per_s": self.rate_per_s(),
            "left_s": self.left().map(|left| left.as_secs_f64()),
        })
    }
}

fn rate(per_s: f64) -> String {
    if per_s < 100.0 { format!("{per_s:.1}") } else { units::count(per_s as u64) }
}

fn bar(stage: &'static str) -> ProgressBar {
    let template = "{prefix:<14} {wide_bar} {human_pos}/{human_len} {msg}  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar.set_prefix(stage);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_share_rate_and_time_left() {
        let elapsed = Duration::from_secs(69);
        let state = State { done: 214, total: 412, unit: "tiles", elapsed };
        assert_eq!(state.text(), "214/412 tiles  51%  3.1 tiles/s  1m03s left");
    }

    #[test]
    fn a_count_that_has_not_begun_promises_nothing() {
        let state = State { done: 0, total: 0, unit: "", elapsed: Duration::ZERO };
        assert_eq!(state.left(), None);
        assert_eq!(state.fields("ingest")["left_s"], Value::Null);
    }

    #[test]
    fn the_rate_of_a_part_is_that_of_the_part() {
        let meter = Meter::new("ingest", LogFormat::Json);
        std::thread::sleep(Duration::from_millis(30));
        meter.start(10, "tiles");
        let state = meter.state();
        assert!(state.elapsed + Duration::from_millis(29) < meter.since.elapsed());
    }

    #[test]
    fn the_bar_style_is_a_valid_template() {
        let template = bar("ingest");
        template.set_draw_target(ProgressDrawTarget::hidden());
        assert_eq!(template.prefix(), "ingest");
    }
}
