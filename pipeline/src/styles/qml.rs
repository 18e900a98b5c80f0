//! Themes as QML documents, which `QGIS` reads from a `GeoPackage`, a project or a file.

use super::theme::{Category, Literal, Paint, Test, Theme};
use crate::qml::{Widget, by_rules, by_values, form, opened, put, symbol};

/// The parts of a style that a document sets.
const PARTS: &str = "Symbology|Fields|Forms|AttributeTable";

/// A complete document: symbols, then how columns are shown.
pub(crate) fn document(theme: &Theme, widgets: &[Widget]) -> String {
    let mut qml = opened(PARTS);
    qml.push_str(&body(theme, widgets));
    qml.push_str("</qgis>\n");
    qml
}

/// What stands between the tags of a document, and in those of a layer of a project.
pub(crate) fn body(theme: &Theme, widgets: &[Widget]) -> String {
    let mut qml = renderer(theme);
    qml.push_str("<blendMode>0</blendMode>\n<layerOpacity>1</layerOpacity>\n");
    if !widgets.is_empty() {
        qml.push_str(&form(widgets, &[]));
    }
    let kind = if theme.paint == Paint::Marker { 0 } else { 2 };
    put(&mut qml, format_args!("<layerGeometryType>{kind}</layerGeometryType>\n"));
    qml
}

/// By values where one column decides, which draws and reads fastest; else by rules.
fn renderer(theme: &Theme) -> String {
    let symbols = theme.categories.iter().map(|category| painted(theme.paint, category));
    if let Some((column, values)) = theme.column() {
        let categories: Vec<_> = theme
            .categories
            .iter()
            .zip(values)
            .zip(symbols)
            .map(|((category, values), symbol)| (category.label.as_str(), values, symbol))
            .collect();
        return by_values(column, &categories);
    }
    let filters: Vec<String> = theme.categories.iter().map(filter).collect();
    let rules: Vec<_> = theme
        .categories
        .iter()
        .zip(&filters)
        .zip(symbols)
        .map(|((category, filter), symbol)| (category.label.as_str(), filter.as_str(), symbol))
        .collect();
    by_rules(&rules)
}

/// The expression of a category.
fn filter(category: &Category) -> String {
    category.tests.iter().map(expression).collect::<Vec<_>>().join(" AND ")
}

fn expression(test: &Test) -> String {
    let column = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    match test {
        Test::In(name, values) => {
            let values: Vec<String> = values.iter().map(constant).collect();
            format!("{} IN ({})", column(name), values.join(", "))
        }
        Test::Same(a, b) => format!("{} IS {}", column(a), column(b)),
        Test::Differ(a, b) => format!("{} IS NOT {}", column(a), column(b)),
    }
}

fn constant(value: &Literal) -> String {
    match value {
        Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Literal::Integer(number) => number.to_string(),
        Literal::Flag(flag) => flag.to_string(),
    }
}

fn painted(paint: Paint, category: &Category) -> String {
    let [red, green, blue] = category.colour.0;
    let full = format!("{red},{green},{blue},255");
    match paint {
        Paint::Fill => symbol(
            "fill",
            "SimpleFill",
            &[
                ("color", &full),
                ("style", "solid"),
                ("outline_color", &full),
                ("outline_style", "solid"),
                ("outline_width", "0.1"),
                ("outline_width_unit", "MM"),
                ("joinstyle", "bevel"),
            ],
        ),
        Paint::Outline => symbol(
            "fill",
            "SimpleFill",
            &[
                ("color", &full),
                ("style", "no"),
                ("outline_color", &full),
                ("outline_style", "solid"),
                ("outline_width", "0.4"),
                ("outline_width_unit", "MM"),
                ("joinstyle", "bevel"),
            ],
        ),
        Paint::Marker => symbol(
            "marker",
            "SimpleMarker",
            &[
                ("name", "circle"),
                ("color", &full),
                ("outline_color", "255,255,255,255"),
                ("outline_width", "0.2"),
                ("outline_width_unit", "MM"),
                ("size", "2.4"),
                ("size_unit", "MM"),
            ],
        ),
    }
}
