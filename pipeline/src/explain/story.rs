//! The story as data: what `--format json` prints.

use std::collections::BTreeMap;
use std::fmt;

use kernels::update::Reason;
use serde::Serialize;

use super::find::{EvolutionRow, RegionRow, Row};
use super::verdicts::Verdict;
use crate::delivery::facts::{Facts, RuleFacts};
use crate::delivery::territories::{COMMUNES, CUSTOM_PREFIX, ZONES};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A place, in the department's CRS.
    At {
        /// Easting.
        x_m: f64,
        /// Northing.
        y_m: f64,
    },
    /// A polygon.
    Id {
        /// Its id.
        id: String,
        /// Its vintage.
        year: u16,
        /// Other vintages that have the id.
        also_in: Vec<u16>,
    },
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { x_m, y_m } => write!(f, "{x_m:.2} {y_m:.2}"),
            Self::Id { id, year, .. } => write!(f, "{id} of {year}"),
        }
    }
}

/// Everything that a delivery says of a place or a polygon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// The question.
    pub asked: Asked,
    /// Department code.
    pub department: String,
    /// CRS of the coordinates and areas.
    pub crs: String,
    /// What counts as artificial.
    pub rules: RuleFacts,
    /// Accuracy of a boundary that tells change from noise, in metres.
    pub tolerance_m: f64,
    /// Id of the nomenclature.
    pub nomenclature: String,
    /// Communes; several on a limit, or under a large polygon.
    pub communes: Vec<Commune>,
    /// Planning zones.
    pub zones: Vec<Place>,
    /// Places of other layers, by the name of the layer.
    pub customs: BTreeMap<String, Vec<Place>>,
    /// Years in whose coverage the place lies on a boundary: every polygon there is told.
    pub on_boundary_of: Vec<u16>,
    /// The polygons of each vintage.
    pub vintages: Vec<Vintage>,
    /// What changed from each vintage to the next one.
    pub intervals: Vec<Interval>,
    /// The program that made the delivery.
    pub made_by: String,
    /// The files that were read, each checked against the manifest.
    pub files: Vec<String>,
}

/// A commune and what holds it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commune {
    /// Its code and name.
    #[serde(flatten)]
    pub own: Place,
    /// Its EPCI.
    pub epci: Place,
    /// Its `SCoT`.
    pub scot: Place,
    /// Department code.
    pub department: String,
    /// Region code.
    pub region: String,
}

/// A code and a name, and how much of it the polygon asked for covers.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Place {
    /// Its code.
    pub code: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// The area in common with the polygon asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_m2: Option<f64>,
}

/// The territories at a target.
#[derive(Debug, Default)]
pub struct Kept {
    /// Communes.
    pub communes: Vec<Commune>,
    /// Planning zones.
    pub zones: Vec<Place>,
    /// Places of other layers.
    pub customs: BTreeMap<String, Vec<Place>>,
}

impl Kept {
    /// Adds what a feature of a layer of territories says.
    pub(super) fn add(&mut self, layer: &str, texts: Vec<String>, shared_m2: Option<f64>) {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap_or_default();
        match layer {
            COMMUNES => self.communes.push(Commune {
                own: Place { code: next(), name: next(), shared_m2 },
                epci: Place { code: next(), name: next(), shared_m2: None },
                scot: Place { code: next(), name: next(), shared_m2: None },
                department: next(),
                region: next(),
            }),
            ZONES => self.zones.push(Place { code: next(), name: String::new(), shared_m2 }),
            other => {
                let name = other.strip_prefix(CUSTOM_PREFIX).unwrap_or(other).to_owned();
                let place = Place { code: next(), name: next(), shared_m2 };
                self.customs.entry(name).or_default().push(place);
            }
        }
    }
}

/// A vintage at the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vintage {
    /// Its year.
    pub year: u16,
    /// Its polygons: one, several on a boundary or under a polygon, none outside the vintage.
    pub objects: Vec<Object>,
}

/// A code with its label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Code {
    /// The code.
    pub code: String,
    /// Its French label; empty when the nomenclature has no such code.
    pub label: String,
}

/// A polygon of a vintage and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Object {
    /// Its id.
    pub id: String,
    /// Its cover.
    pub cover: Code,
    /// Its usage.
    pub usage: Code,
    /// Where its codes come from.
    pub source: String,
    /// Id of the object that it comes from.
    pub id_origine: Option<String>,
    /// Code of the object that it comes from.
    pub code_or: Option<String>,
    /// Whether it belongs to the skeleton of main roads and railways.
    pub is_ossature: bool,
    /// Its area.
    pub area_m2: f64,
    /// The area in common with the polygon asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_m2: Option<f64>,
    /// Whether the place lies on its boundary.
    pub on_boundary: bool,
    /// The commune that holds most of it.
    pub commune: String,
    /// What the rules say of it.
    #[serde(flatten)]
    pub judged: Judged,
}

/// What the rules say of a polygon, step by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "four answers, each with a name of its own")]
pub struct Judged {
    /// Whether its couple is artificial by the matrix.
    pub matrix_artificial: bool,
    /// The article that decides the couple.
    pub article: String,
    /// The touching polygons of its flag.
    pub group: Group,
    /// Key of the step that decided.
    pub step: String,
    /// Its status by the rules and thresholds.
    pub by_rules: bool,
    /// The area that an exemption takes off what is artificial.
    pub exempted_m2: f64,
    /// What an official layer says of it: `artif`, `non artif` or `mixte`; absent without one.
    pub official: Option<String>,
    /// Its status in the end: the official one where there is one.
    pub artificial: bool,
    /// Whether thresholds or forcing gave the status.
    pub crit_seuil: bool,
}

/// Polygons of one flag that touch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its number among the groups of the vintage.
    pub number: u64,
    /// How many polygons it has.
    pub polygons: u64,
    /// Their area together.
    pub area_m2: f64,
    /// Whether it is under the threshold, and so takes the other status.
    pub under_threshold: bool,
}

impl Object {
    /// What the delivery says of a polygon.
    ///
    /// * `at`: the area in common with the polygon asked for, and whether the place lies on a side.
    pub(super) fn new(facts: &Facts, row: Row, verdict: Verdict, at: (Option<f64>, bool)) -> Self {
        let area_m2: f64 = verdict.group_area.parse().unwrap_or_default();
        let group = Group {
            number: verdict.group.parse().unwrap_or_default(),
            polygons: verdict.group_polygons.parse().unwrap_or_default(),
            area_m2,
            under_threshold: area_m2 < facts.rules.group_min_m2,
        };
        Self {
            cover: code(&facts.nomenclature.cs, row.code_cs),
            usage: code(&facts.nomenclature.us, row.code_us),
            id: row.id,
            source: row.source,
            id_origine: row.id_origine,
            code_or: row.code_or,
            is_ossature: row.is_ossature,
            area_m2: row.area_m2,
            shared_m2: at.0,
            on_boundary: at.1,
            commune: verdict.commune,
            judged: Judged {
                matrix_artificial: verdict.matrix == "artif",
                article: verdict.article,
                group,
                step: verdict.step,
                by_rules: verdict.by_rules == "artif",
                exempted_m2: verdict.exempted_area.parse().unwrap_or_default(),
                official: (!verdict.official.is_empty()).then_some(verdict.official),
                artificial: row.artif == "artif",
                crit_seuil: row.crit_seuil,
            },
        }
    }
}

fn code(labels: &BTreeMap<String, String>, code: String) -> Code {
    let label = labels.get(&code).cloned().unwrap_or_default();
    Code { code, label }
}

/// What changed between two vintages at the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interval {
    /// Year of the older vintage.
    pub before: u16,
    /// Year of the newer vintage.
    pub after: u16,
    /// Regions whose codes differ.
    pub regions: Vec<Region>,
    /// Places whose status differs: what counts in the flux.
    pub evolutions: Vec<Evolution>,
}

/// Connected ground whose codes went from one couple to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Region {
    /// Cover and usage before.
    pub before: [Code; 2],
    /// Cover and usage after.
    pub after: [Code; 2],
    /// `real`, `shift`, `threshold`, `nomenclature` or `correction`.
    pub kind: String,
    /// Its area.
    pub area_m2: f64,
    /// The area in common with the polygon asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_m2: Option<f64>,
    /// Largest disc that fits; the search stops at twice the tolerance.
    pub disc_m: f64,
    /// Mean width: twice the area over the perimeter.
    pub mean_width_m: f64,
    /// Compactness, 1 for a disc.
    pub compactness: f64,
    /// Share of the perimeter along a side of a displaced boundary.
    pub displaced_share: f64,
    /// Status before and after: `artif`, `non artif`, or `mixte` when its polygons differ.
    pub statuses: [String; 2],
    /// Confidence of the update; absent for a comparison of delivered vintages.
    pub confidence_percent: Option<i64>,
    /// Key of the reason of the update.
    pub reason: Option<String>,
    /// That reason in words.
    pub reason_words: Option<&'static str>,
}

impl RegionRow {
    pub(super) fn told(self, facts: &Facts, shared_m2: Option<f64>) -> Region {
        let [cs, us, cs_after, us_after] = self.codes;
        let (covers, usages) = (&facts.nomenclature.cs, &facts.nomenclature.us);
        let [disc_m, mean_width_m, compactness, displaced_share] = self.measures;
        let reason = self.reason.as_deref().and_then(Reason::from_key);
        Region {
            before: [code(covers, cs), code(usages, us)],
            after: [code(covers, cs_after), code(usages, us_after)],
            kind: self.kind,
            area_m2: self.area_m2,
            shared_m2,
            disc_m,
            mean_width_m,
            compactness,
            displaced_share,
            statuses: self.statuses,
            confidence_percent: self.confidence_percent,
            reason: self.reason,
            reason_words: reason.map(Reason::english),
        }
    }
}

/// Ground of one polygon before and one after whose status changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evolution {
    /// 1: became artificial; -1: ceased to be.
    pub direction: i64,
    /// Its area.
    pub area_m2: f64,
    /// The area in common with the polygon asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_m2: Option<f64>,
}

impl EvolutionRow {
    pub(super) fn told(self, shared_m2: Option<f64>) -> Evolution {
        Evolution { direction: self.direction, area_m2: self.area_m2, shared_m2 }
    }
}
