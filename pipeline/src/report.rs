//! `report.html`: one self-contained French page per territory, made from the delivered tables.
//!
//! The page holds its style, its charts (SVG that we draw), its maps (pictures given by the caller)
//! and the interactive one (`scene`), and asks no network for anything: its policy allows its own two
//! scripts, by their hashes, and nothing else. Without scripts and on paper everything is there too. Each figure is a `<data>` element whose `value` is the very
//! string of the CSV; what people read beside it is that figure rounded for reading.

use serde::{Deserialize, Serialize};

use kernels::artificialise::Totals;
use kernels::change::ChangeKind;
use kernels::lattice::{Point, Polygon};

use crate::Error;
use crate::pages::Shown;
use crate::picture::Highlight;
use crate::quality::Quality;
use crate::tables::Table;
use crate::tables::gazetteer::Level;

mod base64;
mod card;
mod chart;
mod figure;
pub(crate) mod frame;
pub(crate) mod leaflet;
mod scene;
mod view;

pub(crate) use base64::data_uri;
pub(crate) use card::Card;
pub(crate) use chart::escaped;
pub(crate) use figure::{Figure, decimal, shown};
pub use scene::{Limit, Scene};
pub use view::zone::Zone;

#[cfg(test)]
mod tests;

/// Everything the page says; the deliver stage fills it.
#[derive(Debug, Clone)]
pub struct ReportData<'a> {
    /// Name of the territory, such as `Aude`.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// Its code in the tables of that level.
    pub code: String,
    /// Name and version of the program, with the commit.
    pub program: String,
    /// Id and title of the rule set, such as `decree-2023-1096`.
    pub rules: String,
    /// Id and title of the nomenclature.
    pub nomenclature: String,
    /// The delivered tables, all of them.
    pub tables: &'a [Table],
    /// Colour of each code in legends, as `#rrggbb`.
    pub colours: Vec<(String, String)>,
    /// What each step of the thresholds moved, per vintage, oldest first.
    pub thresholds: Vec<(u16, Totals)>,
    /// Changes, maps and links.
    pub shown: Shown,
    /// What was found in the input data and how often.
    pub issues: Vec<Issue>,
    /// What was repaired in each file and what it cost in area, where that is accounted for.
    pub repairs: Option<Table>,
    /// The laws that the run checked.
    pub invariants: Vec<Invariant>,
    /// How right the vintages were found to be, where somebody has looked.
    pub quality: Vec<Quality>,
    /// What the classifier learned, when there was one.
    pub learning: Option<Learning>,
    /// Subjects and explanations: the sheet `Méthode` of the workbook.
    pub method: Vec<(String, String)>,
    /// Data sources with their dates and licences.
    pub sources: Vec<String>,
    /// Address of the page that tells what the computation took, where there is one.
    pub run: Option<String>,
}

/// Changed objects of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindTally {
    /// The kind.
    pub kind: ChangeKind,
    /// How many objects.
    pub objects: u64,
    /// Their doubled area, in square lattice steps.
    pub twice_area: i128,
}

/// One change of the numbered list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where, in words: commune, locality.
    pub place: String,
    /// A point inside it in whole metres of the department's CRS: easting, northing.
    pub at_m: (i64, i64),
    /// Cover and usage before, codes with labels.
    pub before: String,
    /// Cover and usage after, codes with labels.
    pub after: String,
    /// Its doubled area, in square lattice steps.
    pub twice_area: i128,
    /// Confidence in percent, when the vintage was produced from imagery.
    pub confidence: Option<u8>,
    /// Why it was accepted as a change, in French.
    pub reason: String,
    /// What the change is.
    pub kind: ChangeKind,
    /// How maps paint it.
    pub highlight: Highlight,
    /// Its ground as maps draw it, with as many corners as they can show.
    pub outline: Polygon,
    /// What it looks like, oldest first; empty without imagery.
    pub glimpses: Vec<Glimpse>,
}

/// A small photograph of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// The year that it shows.
    pub year: u16,
    /// The south-west corner of its ground.
    pub corner: Point,
    /// The side of its ground, in lattice steps.
    pub side: i32,
    /// The JPEG file.
    pub image: Vec<u8>,
}

/// A picture with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// Caption.
    pub title: String,
    /// What a reader who does not see it must know.
    pub alt: String,
    /// The picture, PNG or JPEG.
    pub image: Vec<u8>,
    /// Where the first changes of the list are, as hundredths of a percent of the width and of the
    /// height from the north-west corner.
    pub marks: Vec<(u32, u32)>,
}

/// One kind of data issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Stable key.
    pub key: String,
    /// What it means, in French.
    pub label: String,
    /// How many times.
    pub count: u64,
}

/// A law that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariant {
    /// What must hold, in French.
    pub law: String,
    /// What was measured, such as `écart 0 m²`.
    pub result: String,
    /// Whether it holds.
    pub holds: bool,
}

/// What the classifier learned, and how right it was on what it had not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learning {
    /// Where the model comes from, in French.
    pub origin: String,
    /// Class by class.
    pub classes: Vec<LearnedClass>,
    /// Words for the features and what each brought to the fit, in parts per million, most useful
    /// first.
    pub features: Vec<(String, u32)>,
}

/// A class that the classifier tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedClass {
    /// Code and label.
    pub class: String,
    /// Samples of it, by the labels of the prior vintage.
    pub samples: u32,
    /// Those found to be of it by a model that had not seen their object.
    pub agreed: u32,
    /// Those that the model learned from in the end.
    pub kept: u32,
    /// Code and label of the class most often found for the others.
    pub mistaken_for: Option<String>,
}

/// The sheet of a place of a layer of the user's own, as UTF-8 HTML.
///
/// * `data`: the page of the department, whose tables and words it shares.
///
/// # Errors
/// As [`render`].
pub fn render_zone(data: &ReportData<'_>, zone: &Zone<'_>) -> Result<String, Error> {
    let view = view::zone::ZoneView::of(data, zone)?;
    frame::fill("zone.html", include_str!("report/zone.html"), view)
}

/// The page as UTF-8 HTML; the same data give the same bytes.
///
/// # Errors
/// [`Error::Internal`] when a table that the page needs is absent or has no row for the territory,
/// or when the template fails.
pub fn render(data: &ReportData<'_>) -> Result<String, Error> {
    frame::fill("report.html", include_str!("report/template.html"), view::View::of(data)?)
}
