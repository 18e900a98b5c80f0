//! The figures that a user may override, with their defaults and their ranges.

use serde::{Deserialize, Serialize};

/// Overrides of the rule set's artificialisation thresholds; absent means the rule set's own.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Footprint from which built surfaces count on their own, in square metres (annex to R. 101-1:
    /// 50); absent means any footprint, as in the public executable form.
    pub built_min_m2: Option<f64>,
    /// Area from which a group of polygons keeps its status, in square metres (annex: 2,500).
    pub other_min_m2: Option<f64>,
    /// Whether surfaces next to buildings are forced to artificial (step iii of IGN's method).
    pub forcing: Option<bool>,
}

impl Thresholds {
    /// Puts the overrides into a rule set's thresholds.
    pub fn apply(&self, thresholds: &mut nomenclature::Thresholds) {
        let Self { built_min_m2, other_min_m2, forcing } = *self;
        if let Some(footprint_m2) = built_min_m2 {
            // Asked for by name, the footprint is applied where it can be: to what step 4 restores.
            thresholds.built_min_m2 = footprint_m2;
            thresholds.restored_min_m2 = footprint_m2;
        }
        thresholds.other_min_m2 = other_min_m2.unwrap_or(thresholds.other_min_m2);
        thresholds.forcing = forcing.unwrap_or(thresholds.forcing);
    }
}

/// How much of the territory a run may go without; more than that is an error before the first
/// block. Shares of the territory, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Without an image: tiles that are missing, pixels without data.
    pub no_imagery: f64,
    /// Without a height, when heights are given.
    pub no_heights: f64,
    /// Without a polygon of the prior.
    pub no_prior: f64,
}

impl Default for Limits {
    fn default() -> Self {
        // Heights are often flown over a part of a department only: all but none of it is right.
        Self { no_imagery: 0.1, no_heights: 1.0, no_prior: 0.1 }
    }
}

impl Limits {
    /// Every figure with its range.
    pub(super) fn ranged(&self) -> Vec<Ranged> {
        let Self { no_imagery, no_heights, no_prior } = *self;
        let figure =
            |key, value| Ranged { key: ["limits", key], value: Some(value), range: (0.0, 1.0) };
        vec![
            figure("no_imagery", no_imagery),
            figure("no_heights", no_heights),
            figure("no_prior", no_prior),
        ]
    }
}

/// How correction reports for IGN are addressed; the ids of a correction loop are not public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// Community (guichet) of the department's correction loop; absent means that whoever sends
    /// the reports adds it.
    pub community: Option<u32>,
    /// Theme of that community.
    pub theme: String,
    /// Status that the reports are sent with.
    pub status: ReportStatus,
}

/// Status that a report is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportStatus {
    /// A report to be treated.
    Submit,
    /// A trial that nobody treats.
    Test,
}

impl Default for Reports {
    fn default() -> Self {
        Self { community: None, theme: "OCS GE".to_owned(), status: ReportStatus::Submit }
    }
}

/// One figure of the configuration with the range it must lie in.
pub(super) struct Ranged {
    /// The key, from the root of the document.
    pub(super) key: [&'static str; 2],
    /// The value, when it is set.
    pub(super) value: Option<f64>,
    /// The lowest and the highest value accepted, both included.
    pub(super) range: (f64, f64),
}

impl Thresholds {
    /// Every figure with its range.
    pub(super) fn ranged(&self) -> Vec<Ranged> {
        let Self { built_min_m2, other_min_m2, forcing: _ } = *self;
        let figure = |key, value| Ranged { key: ["thresholds", key], value, range: (0.0, 1.0e6) };
        vec![figure("built_min_m2", built_min_m2), figure("other_min_m2", other_min_m2)]
    }
}
