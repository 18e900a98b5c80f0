//! How maps draw the delivered layers: themes made from the nomenclature, written as QML, SLD and
//! `MapLibre` styles.
//!
//! A [`Legend`] is what a nomenclature says of its classes, by levels; a [`Theme`] is one way to draw
//! one layer, free of any program; a module for each document writes it. Nothing is drawn by hand: another nomenclature gives other themes.

pub mod legend;
pub mod maplibre;
pub mod products;
pub mod qml;
pub mod sld;
pub mod theme;

pub use legend::Legend;
pub use theme::{Category, Literal, Paint, Test, Theme};

#[cfg(test)]
mod tests;

/// A theme as the documents that a `GeoPackage` keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Its name; at most 30 characters, as the table of `QGIS` has room for.
    pub name: String,
    /// The QML document: symbols, names of columns, choices of values.
    pub qml: String,
    /// The SLD 1.0 document, of the layer named when it was made.
    pub sld: String,
}

impl Style {
    /// A style of one QML document alone.
    pub(crate) fn of(name: &str, qml: String) -> Self {
        Self { name: name.to_owned(), qml, sld: String::new() }
    }
}

/// The themes of a layer as documents, the default one first.
///
/// * `layer`: the name of the layer.
/// * `widgets`: how its columns are shown.
pub(crate) fn documents(
    layer: &str,
    themes: &[Theme],
    widgets: &[crate::qml::Widget],
) -> Vec<Style> {
    themes
        .iter()
        .map(|theme| Style {
            name: theme.name.clone(),
            qml: qml::document(theme, widgets),
            sld: sld::document(layer, theme),
        })
        .collect()
}
