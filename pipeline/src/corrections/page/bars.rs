//! Counts as horizontal bars, in SVG text.

use std::fmt::Write;

use super::map::colour;
use super::verdict_label;
use crate::corrections::follow_up::{Followed, Funnel};
use crate::corrections::terms::{Outcome, Term};
use crate::report::escaped;

const WIDTH: f64 = 840.0;
const LABELS: f64 = 250.0;
const VALUES: f64 = 150.0;
const ROW: f64 = 30.0;

/// One bar: its label, its count and its colour.
type Bar<'a> = (&'a str, usize, &'a str);

/// How far the corrections came, step by step.
pub(super) fn funnel(funnel: Funnel) -> String {
    let Funnel { entered, sent, accepted, applied, partly } = funnel;
    bars(
        "Chemin des corrections",
        &[
            ("Inscrites au registre", entered, "#1d2b36"),
            ("Transmises à l'IGN", sent, "#2f5d7c"),
            ("Acceptées par l'IGN", accepted, "#4f86a8"),
            ("… et appliquées", applied, colour(Some(Outcome::Applied))),
            ("… et appliquées en partie", partly, colour(Some(Outcome::Partly))),
        ],
        entered,
    )
}

/// How many corrections came to each verdict.
pub(super) fn verdicts(followed: &[Followed<'_>]) -> String {
    let count = |outcome| followed.iter().filter(|own| own.outcome() == outcome).count();
    let outcomes = Outcome::ALL.iter().copied().map(Some).chain([None]);
    let rows: Vec<Bar<'_>> = outcomes
        .map(|outcome| (verdict_label(outcome), count(outcome), colour(outcome)))
        .filter(|&(_, n, _)| n > 0)
        .collect();
    bars("Verdicts", &rows, followed.len())
}

fn bars(title: &str, rows: &[Bar<'_>], all: usize) -> String {
    let height = ROW * rows.len() as f64 + 6.0;
    let title = escaped(title);
    let mut svg = format!(
        "<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} {height}\"><title>{title}</title>"
    );
    for (rank, &(label, n, fill)) in rows.iter().enumerate() {
        let (y, share) = (ROW * rank as f64, n as f64 / all.max(1) as f64);
        let width = share * (WIDTH - LABELS - VALUES);
        let (label, fill) = (escaped(label), escaped(fill));
        let line = format_args!(
            "<text x=\"0\" y=\"{:.0}\">{label}</text><rect x=\"{LABELS}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"18\" fill=\"{fill}\"/><text x=\"{:.1}\" y=\"{:.0}\">{n} ({:.0} %)</text>",
            y + 19.0,
            y + 5.0,
            LABELS + width + 8.0,
            y + 19.0,
            100.0 * share
        );
        svg.write_fmt(line).expect("a string takes any text");
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_funnel_tells_counts_and_shares_and_an_empty_one_divides_nothing() {
        let half = Funnel { entered: 8, sent: 4, accepted: 2, applied: 1, partly: 0 };
        let svg = funnel(half);
        for told in ["8 (100 %)", "4 (50 %)", "2 (25 %)", "1 (12 %)", "0 (0 %)"] {
            assert!(svg.contains(told), "{told} in {svg}");
        }
        assert!(funnel(Funnel::default()).contains("0 (0 %)"));
    }
}
