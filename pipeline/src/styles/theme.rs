//! One way to draw one layer, free of any program's form.

use nomenclature::Rgb;

/// The characters that the table of `QGIS` keeps of the name of a style.
pub const NAME_MAX: usize = 30;

/// What a layer is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Polygons, filled; their sides in the same colour, so that no hair line shows between
    /// neighbours.
    Fill,
    /// Polygons, their limits alone.
    Outline,
    /// Points.
    Marker,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Flag(bool),
}

/// What a feature must be to fall under a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A column has one of these values.
    In(String, Vec<Literal>),
    /// Two columns have the same value.
    Same(String, String),
    /// Two columns have different values.
    Differ(String, String),
}

/// An entry of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// What people read.
    pub label: String,
    /// Its colour.
    pub colour: Rgb,
    /// What features must be, all of it; nothing for every feature.
    pub tests: Vec<Test>,
}

/// One way to draw one layer; categories exclude each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name in French, at most [`NAME_MAX`] characters.
    pub name: String,
    /// A name for files and addresses: lower-case letters, digits and hyphens.
    pub key: String,
    /// With what.
    pub paint: Paint,
    /// The entries of its legend.
    pub categories: Vec<Category>,
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Test {
    /// A column has this text.
    pub fn is(column: &str, value: &str) -> Self {
        Self::In(column.to_owned(), vec![value.into()])
    }
}

impl Category {
    /// A category of one test.
    pub fn new(label: impl Into<String>, colour: [u8; 3], tests: Vec<Test>) -> Self {
        Self { label: label.into(), colour: Rgb(colour), tests }
    }

    /// The column and the texts that it asks for, when it asks nothing else.
    fn texts(&self) -> Option<(&str, Vec<&str>)> {
        let [Test::In(column, values)] = &self.tests[..] else { return None };
        let texts: Option<Vec<&str>> = values
            .iter()
            .map(|value| match value {
                Literal::Text(text) => Some(text.as_str()),
                Literal::Integer(_) | Literal::Flag(_) => None,
            })
            .collect();
        Some((column, texts?))
    }
}

impl Theme {
    /// A theme of one category for all features.
    pub fn plain(name: &str, key: &str, paint: Paint, colour: [u8; 3]) -> Self {
        let categories = vec![Category::new(name, colour, Vec::new())];
        Self { name: name.to_owned(), key: key.to_owned(), paint, categories }
    }

    /// The one column that every category asks for texts, with the texts of each; `None` when they
    /// ask anything else.
    pub fn column(&self) -> Option<(&str, Vec<Vec<&str>>)> {
        let asked: Option<Vec<(&str, Vec<&str>)>> =
            self.categories.iter().map(Category::texts).collect();
        let asked = asked?;
        let column = asked.first()?.0;
        let is_one = asked.iter().all(|(other, _)| *other == column);
        is_one.then(|| (column, asked.into_iter().map(|(_, texts)| texts).collect()))
    }
}
