//! Bar charts as SVG text, drawn to be read in print and by screen readers.

use std::fmt::Write;

use super::figure::area;

const WIDTH: f64 = 840.0;
const LABELS: f64 = 290.0;
const VALUES: f64 = 84.0;
const ROW: f64 = 30.0;

/// One row of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// Code of the class.
    pub(super) code: String,
    /// Its name.
    pub(super) label: String,
    /// Its legend colour.
    pub(super) colour: String,
    /// The two doubled areas: older and newer stock, or loss and gain.
    pub(super) areas: [i128; 2],
}

/// Stock of each class at two dates: the older one as a thin grey bar over the newer one.
///
/// * `years`: the two dates; of one date the newer bars stand alone.
pub(super) fn stocks(title: &str, years: Option<[&str; 2]>, bars: &[Bar]) -> String {
    let max = bars.iter().flat_map(|b| b.areas).max().unwrap_or(0);
    let span = WIDTH - LABELS - VALUES;
    let mut svg = open(title, bars.len());
    for (i, bar) in bars.iter().enumerate() {
        let y = ROW * i as f64;
        let [old, new] = bar.areas.map(|a| scaled(a, max, span));
        name(&mut svg, bar, y);
        if years.is_some() {
            rect(&mut svg, (LABELS, y + 4.0, old, 6.0), "#8d99a1");
        }
        rect(&mut svg, (LABELS, y + 11.0, new, 13.0), &bar.colour);
        text(&mut svg, (LABELS + old.max(new) + 6.0, y + 20.0), "start", &area(bar.areas[1]));
    }
    if let Some([old, new]) = years {
        let y = ROW * bars.len() as f64 + 6.0;
        rect(&mut svg, (LABELS, y + 4.0, 22.0, 6.0), "#8d99a1");
        text(&mut svg, (LABELS + 28.0, y + 11.0), "start", old);
        rect(&mut svg, (LABELS + 80.0, y + 1.0, 22.0, 12.0), "#4d5b64");
        text(&mut svg, (LABELS + 108.0, y + 11.0), "start", new);
    }
    svg + "</svg>"
}

/// Loss of each class to the left and gain to the right of one axis.
pub(super) fn fluxes(title: &str, words: [&str; 2], bars: &[Bar]) -> String {
    let max = bars.iter().flat_map(|b| b.areas).max().unwrap_or(0);
    let span = (WIDTH - LABELS) / 2.0 - VALUES;
    let axis = LABELS + (WIDTH - LABELS) / 2.0;
    let mut svg = open(title, bars.len());
    for (i, bar) in bars.iter().enumerate() {
        let y = ROW * i as f64;
        let [loss, gain] = bar.areas.map(|a| scaled(a, max, span));
        name(&mut svg, bar, y);
        rect(&mut svg, (axis - loss, y + 7.0, loss, 15.0), "#4f7d5b");
        rect(&mut svg, (axis, y + 7.0, gain, 15.0), "#b5502f");
        for (amount, x, anchor) in
            [(bar.areas[0], axis - loss - 6.0, "end"), (bar.areas[1], axis + gain + 6.0, "start")]
        {
            if amount != 0 {
                text(&mut svg, (x, y + 19.0), anchor, &area(amount));
            }
        }
    }
    let height = ROW * bars.len() as f64;
    rect(&mut svg, (axis - 0.5, 2.0, 1.0, height), "#4d5b64");
    text(&mut svg, (axis - 8.0, height + 17.0), "end", &format!("← {}", words[0]));
    text(&mut svg, (axis + 8.0, height + 17.0), "start", &format!("{} →", words[1]));
    svg + "</svg>"
}

/// A path to keep to as a grey line, and what is observed as a dark one with a dot for each year.
///
/// * `path`, `observed`: doubled areas, one for each of the `years`.
pub(super) fn trajectory(
    title: &str,
    years: &[u16],
    path: &[Option<i128>],
    observed: &[Option<i128>],
) -> String {
    const HEIGHT: f64 = 8.0 * ROW;
    const LEFT: f64 = 100.0;
    let max = path.iter().chain(observed).flatten().copied().max().unwrap_or(0);
    let step = (WIDTH - LEFT - VALUES) / (years.len().max(2) - 1) as f64;
    let at = |(rank, amount): (usize, i128)| {
        (LEFT + step * rank as f64, HEIGHT - scaled(amount, max, HEIGHT - ROW))
    };
    let points = |amounts: &[Option<i128>]| -> Vec<(f64, f64)> {
        amounts.iter().enumerate().filter_map(|(i, amount)| Some(at((i, (*amount)?)))).collect()
    };
    let mut svg = open(title, 8);
    for (rank, year) in years.iter().enumerate() {
        text(&mut svg, (LEFT + step * rank as f64, HEIGHT + 20.0), "middle", &year.to_string());
    }
    for (amounts, colour, word) in
        [(path, "#8d99a1", "trajectoire"), (observed, "#b5502f", "observé")]
    {
        let points = points(amounts);
        let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        append(
            &mut svg,
            format_args!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"3\" points=\"{}\"/>",
                line.join(" ")
            ),
        );
        for (x, y) in &points {
            append(
                &mut svg,
                format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"),
            );
        }
        let last = amounts.iter().rev().flatten().next();
        if let (Some(&(x, y)), Some(&amount)) = (points.last(), last) {
            text(&mut svg, (x, y - 9.0), "end", &format!("{word} {}", area(amount)));
        }
    }
    svg + "</svg>"
}

fn open(title: &str, rows: usize) -> String {
    let (title, height) = (escaped(title), ROW * rows as f64 + 26.0);
    format!(
        "<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} {height}\"><title>{title}</title>"
    )
}

fn scaled(amount: i128, max: i128, span: f64) -> f64 {
    if max == 0 { 0.0 } else { amount as f64 / max as f64 * span }
}

fn name(svg: &mut String, bar: &Bar, y: f64) {
    let label: String = match bar.label.chars().count() {
        0..=29 => bar.label.clone(),
        _ => bar.label.chars().take(28).chain(['…']).collect(),
    };
    rect(svg, (0.0, y + 9.0, 10.0, 12.0), &bar.colour);
    let (code, label) = (escaped(&bar.code), escaped(&label));
    let y = y + 19.0;
    append(
        svg,
        format_args!(
            "<text x=\"16\" y=\"{y}\"><tspan class=\"code\">{code}</tspan> {label}</text>"
        ),
    );
}

fn rect(svg: &mut String, (x, y, width, height): (f64, f64, f64, f64), fill: &str) {
    let fill = escaped(fill);
    append(
        svg,
        format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\" stroke=\"#00000033\" stroke-width=\".5\"/>"
        ),
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let words = escaped(words);
    append(
        svg,
        format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"),
    );
}

fn append(svg: &mut String, what: std::fmt::Arguments<'_>) {
    svg.write_fmt(what).expect("writing to a string never fails");
}

/// Text made safe inside elements and quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_an_empty_chart_draws_no_bar() {
        let bar = Bar {
            code: "CS1".into(),
            label: "<script>".into(),
            colour: "#fff\"onload=\"x".into(),
            areas: [0, 0],
        };
        let svg = fluxes("Flux & \"stocks\"", ["pertes", "gains"], &[bar]);
        assert!(!svg.contains("<script>") && !svg.contains("\"onload"));
        assert!(svg.contains("aria-label=\"Flux &amp; &quot;stocks&quot;\""));
        assert!(svg.contains("width=\"0.0\""));
    }
}
