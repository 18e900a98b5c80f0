//! User's accuracy of each class with its interval and the threshold, as SVG text.

use std::fmt::Write;

use crate::assess::decision::Decision;
use crate::assess::estimate::{Criterion, Reading};
use crate::report::escaped;

const WIDTH: f64 = 840.0;
const LABELS: f64 = 330.0;
const ROW: f64 = 24.0;
const RIGHT: f64 = 26.0;

/// One row for each class on the map: a line for the interval, a dot for the figure.
pub(super) fn users(reading: &Reading, criteria: &[Criterion]) -> String {
    let own: Vec<&Criterion> =
        criteria.iter().filter(|c| c.key == reading.key && c.code.is_some()).collect();
    let height = ROW * own.len() as f64 + 30.0;
    let title = format!("{} : exactitude de l'utilisateur par classe", reading.label);
    let mut svg = format!(
        "<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} {height}\"><title>{title}</title>"
    );
    let bottom = ROW * own.len() as f64 + 4.0;
    for percent in [0, 20, 40, 60, 80, 100] {
        let at = x(f64::from(percent) / 100.0);
        put(
            &mut svg,
            format_args!(
                "<line x1=\"{at:.1}\" y1=\"2\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#d5dbdf\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{percent} %</text>",
                bottom + 16.0
            ),
        );
    }
    for (rank, criterion) in own.iter().enumerate() {
        row(&mut svg, criterion, ROW * rank as f64 + 14.0);
    }
    if let Some(criterion) = own.first() {
        let at = x(criterion.threshold);
        put(
            &mut svg,
            format_args!(
                "<line x1=\"{at:.1}\" y1=\"2\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#1d2b36\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\"/>"
            ),
        );
    }
    svg + "</svg>"
}

fn x(share: f64) -> f64 {
    LABELS + (WIDTH - LABELS - RIGHT) * share
}

fn row(svg: &mut String, criterion: &Criterion, y: f64) {
    let code = criterion.code.as_deref().unwrap_or_default();
    let label: String = match criterion.label.chars().count() {
        0..=34 => criterion.label.clone(),
        _ => criterion.label.chars().take(33).chain(['…']).collect(),
    };
    let (code, label) = (escaped(code), escaped(&label));
    put(
        svg,
        format_args!(
            "<text x=\"0\" y=\"{:.1}\"><tspan class=\"code\">{code}</tspan> {label}</text>",
            y + 4.0
        ),
    );
    let Some(estimate) = criterion.estimate else {
        return put(
            svg,
            format_args!("<text x=\"{:.1}\" y=\"{:.1}\">aucun point</text>", x(0.0) + 6.0, y + 4.0),
        );
    };
    let colour = match criterion.decision {
        Decision::Accepted => "#3c6b48",
        Decision::Undecided => "#8d99a1",
        Decision::Rejected => "#a3201a",
    };
    let [low, value, high] = [estimate.low, estimate.value, estimate.high].map(x);
    put(
        svg,
        format_args!(
            "<line x1=\"{low:.1}\" y1=\"{y}\" x2=\"{high:.1}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"3\"/><circle cx=\"{value:.1}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/>"
        ),
    );
}

fn put(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text).expect("a string takes any text");
}
