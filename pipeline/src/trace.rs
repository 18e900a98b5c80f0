//! `--trace FILE.json`: the spans of a run as a Chrome trace, for <https://ui.perfetto.dev> or
//! `chrome://tracing`.
//!
//! The form is the array of events of Google's "Trace Event Format": `B` and `E` for the beginning and
//! the end of a span on a thread. Readers accept an array without its end, so a run that is killed
//! leaves a trace that opens.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Subscriber, metadata::LevelFilter};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::error::Error;

/// Writes spans as they begin and end.
#[derive(Debug)]
pub struct ChromeTrace {
    since: Instant,
    file: Mutex<BufWriter<File>>,
}

/// What a span was given when it was made.
struct Given(Map<String, Value>);

impl ChromeTrace {
    /// Begins the file.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let mut file = BufWriter::new(File::create(path).map_err(Error::write(path))?);
        file.write_all(b"[\n").map_err(Error::write(path))?;
        Ok(Self { since: Instant::now(), file: Mutex::new(file) })
    }

    /// One event; a full disk ends the trace, not the run.
    fn write(&self, event: &Value, flush: bool) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{event},");
        if flush {
            let _ = file.flush();
        }
    }

    fn now_us(&self) -> f64 {
        self.since.elapsed().as_nanos() as f64 / 1_000.0
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ChromeTrace {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut given = Given(Map::new());
        attributes.record(&mut given);
        if let Some(span) = ctx.span(id) {
            span.extensions_mut().insert(given);
        }
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let extensions = span.extensions();
        let given = extensions.get::<Given>().map(|given| given.0.clone()).unwrap_or_default();
        let own = given.get("name").and_then(Value::as_str).unwrap_or(span.name());
        let event = json!({
            "ph": "B", "name": own, "cat": span.name(), "ts": self.now_us(),
            "pid": std::process::id(), "tid": thread(), "args": given,
        });
        self.write(&event, false);
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        let is_outer = ctx.span(id).is_some_and(|span| span.parent().is_none());
        let event = json!({
            "ph": "E", "ts": self.now_us(), "pid": std::process::id(), "tid": thread(),
        });
        self.write(&event, is_outer);
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }
}

impl Visit for Given {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }
}

/// A small number for each thread, in the order in which they speak.
fn thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static OWN: Cell<u64> = const { Cell::new(0) };
    }
    OWN.with(|own| {
        if own.get() == 0 {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        own.get()
    })
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;

    #[test]
    fn spans_are_pairs_of_events_that_nest_and_a_cut_trace_opens() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.json");
        let layer = ChromeTrace::create(&path).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info_span!("stage", name = "ingest").in_scope(|| {
                tracing::info_span!("unit", block = 3_u64).in_scope(|| {});
            });
        });
        let text = std::fs::read_to_string(&path).unwrap();
        let whole = format!("{}]", text.trim_end().trim_end_matches(','));
        let events: Vec<Value> = serde_json::from_str(&whole).unwrap();
        let told = |key: &str| events.iter().map(|e| e[key].clone()).collect::<Vec<_>>();
        assert_eq!(told("ph"), ["B", "B", "E", "E"]);
        assert_eq!(told("name")[..2], ["ingest", "unit"]);
        assert_eq!(events[1]["args"]["block"], 3);
        let times: Vec<f64> = told("ts").iter().map(|ts| ts.as_f64().unwrap()).collect();
        assert!(times.is_sorted());
    }
}
