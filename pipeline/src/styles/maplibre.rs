//! Themes as layers of a `MapLibre` style (style specification, version 8).

use serde_json::{Value, json};

use super::theme::{Category, Literal, Paint, Test, Theme};

/// A layer of a style: one fill, outline or circle layer whose colour follows the categories.
///
/// * `source` and `layer`: the source of the style and the layer in its tiles.
pub fn layer(theme: &Theme, source: &str, layer: &str) -> Value {
    let colour = colour(theme);
    let (kind, paint) = match theme.paint {
        Paint::Fill => ("fill", json!({ "fill-color": colour, "fill-antialias": false })),
        Paint::Outline => ("line", json!({ "line-color": colour, "line-width": 1.5 })),
        Paint::Marker => ("circle", json!({ "circle-color": colour, "circle-radius": 4 })),
    };
    json!({
        "id": theme.key,
        "type": kind,
        "source": source,
        "source-layer": layer,
        "layout": { "visibility": "visible" },
        "paint": paint,
        "metadata": { "title": theme.name, "legend": legend(theme) },
    })
}

/// The entries that a page may show beside the map.
fn legend(theme: &Theme) -> Value {
    let entries = theme.categories.iter();
    entries.map(|c| json!({ "label": c.label, "colour": c.colour.to_string() })).collect()
}

/// The expression of the colour: a match on one column, else the first case that holds.
fn colour(theme: &Theme) -> Value {
    if let [Category { tests, colour, .. }] = &theme.categories[..]
        && tests.is_empty()
    {
        return json!(colour.to_string());
    }
    let transparent = json!("rgba(0,0,0,0)");
    let mut expression;
    if let Some((column, values)) = theme.column() {
        expression = vec![json!("match"), json!(["get", column])];
        for (category, values) in theme.categories.iter().zip(values) {
            expression.extend([json!(values), json!(category.colour.to_string())]);
        }
    } else {
        expression = vec![json!("case")];
        for category in &theme.categories {
            let all = std::iter::once(json!("all")).chain(category.tests.iter().map(test));
            expression.extend([all.collect(), json!(category.colour.to_string())]);
        }
    }
    expression.push(transparent);
    Value::Array(expression)
}

fn test(test: &Test) -> Value {
    match test {
        Test::In(column, values) => {
            let values: Vec<Value> = values.iter().map(literal).collect();
            json!(["in", ["get", column], ["literal", values]])
        }
        Test::Same(a, b) => json!(["==", ["get", a], ["get", b]]),
        Test::Differ(a, b) => json!(["!=", ["get", a], ["get", b]]),
    }
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Text(text) => json!(text),
        Literal::Integer(number) => json!(number),
        Literal::Flag(flag) => json!(flag),
    }
}
