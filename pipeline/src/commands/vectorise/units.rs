//! Minimum units and capture rules of `vectorise`, and what they did to each class.

use std::collections::BTreeMap;

use kernels::built_zone::of_couples;
use kernels::label::{Labels, label_plane};
use kernels::lattice::twice_area_of;
use kernels::plane::Plane;
use kernels::regularise::{
    Captured, CellMasks, CoupleUnits, Enlarged, Merged, UniformUnit, capture, cells_of_area, merge,
};
use nomenclature::{CaptureRules, CaptureUnits, Couple};
use serde_json::{Value, json};

use super::cells::{Cells, Meaning};
use super::memory::Memory;
use super::positive;
use crate::drift::{Drift, drifts};
use crate::error::Error;
use crate::talk;
use crate::units::count;

/// The minimum units asked for.
pub(super) enum Units {
    None,
    Uniform { area_m2: f64 },
    Product(Box<CaptureUnits>),
}

impl Units {
    /// What `--min-area-m2` and `--capture-rules` ask for.
    pub(super) fn of(
        min_area_m2: Option<f64>,
        capture_rules: Option<&str>,
        meaning: &Meaning,
    ) -> Result<Self, Error> {
        if let Some(area_m2) = min_area_m2 {
            positive("--min-area-m2", area_m2, 1e9)?;
            return Ok(Self::Uniform { area_m2 });
        }
        let (Some(id), Meaning::Classes(nomenclature)) = (capture_rules, meaning) else {
            return Ok(Self::None);
        };
        let compiled = CaptureRules::builtin(id).and_then(|rules| rules.compile(nomenclature));
        let usage = |error: nomenclature::NomenclatureError| Error::Usage {
            what: error.to_string(),
            hint: error.hint(),
        };
        compiled.map(|units| Self::Product(Box::new(units))).map_err(usage)
    }

    /// The units of a code, doubled, in square lattice steps: inside the zone construite, outside.
    pub(super) fn twice_areas(&self, code: u16) -> [i128; 2] {
        match self {
            Self::None => [0; 2],
            Self::Uniform { area_m2 } => [twice_area_of(*area_m2); 2],
            Self::Product(units) => {
                let couple = Couple::from_cell(code);
                [true, false].map(|in_zone| twice_area_of(units.min_area_m2(couple, in_zone)))
            }
        }
    }

    /// Reads the raster and regularises it as asked.
    ///
    /// # Errors
    /// The raster cannot be read or does not fit in memory; [`Error::Invariant`] when the capture
    /// rules come to no end.
    pub(super) fn read(
        &self,
        cells: &Cells,
        meaning: &Meaning,
        memory: &Memory,
    ) -> Result<(Labels, Option<Outcome>), Error> {
        let cell = cells.grid.cell;
        if let (Self::Product(units), Meaning::Classes(nomenclature)) = (self, meaning) {
            let codes = cells.read(memory)?;
            let zone = of_couples(&codes, units, cell);
            let masks = CellMasks { zone: Some(&zone), ..CellMasks::default() };
            let rule = CoupleUnits::new(units, nomenclature, cell);
            let captured = capture(&codes, &masks, None, &rule);
            let labels = label_plane(&captured.codes);
            return Ok((labels, Some(Outcome::of_capture(&codes, &captured)?)));
        }
        let labels = cells.label(memory)?;
        let Self::Uniform { area_m2 } = self else { return Ok((labels, None)) };
        let rule = UniformUnit { min_cells: cells_of_area(*area_m2, cell) };
        memory.allow_merge(&labels)?;
        let merged = merge(&labels, &CellMasks::default(), &rule);
        let regular = labels.recoded(|region| merged.codes[region]);
        Ok((regular, Some(Outcome::of_units(&labels, &merged))))
    }
}

/// What there is to say of regularised cells.
pub(super) struct Outcome {
    /// What each code lost and won.
    pub(super) by_code: BTreeMap<u16, Drift>,
    /// All codes together.
    pub(super) total: Drift,
    n_moved: u64,
    n_exempt: usize,
    shapes: Option<Shapes>,
}

/// What the rules on shapes did.
struct Shapes {
    enlarged: Enlarged,
    n_narrow_cells: u64,
    n_merged_cells: u64,
    n_rounds: usize,
    n_network_pieces: (usize, usize),
}

impl Outcome {
    fn of_units(labels: &Labels, merged: &Merged) -> Self {
        let before = labels.regions.iter().map(|region| (region.value, region.n_cells));
        let (by_code, total) = drifts(before, &merged.moved);
        let (n_moved, n_exempt) = (merged.moved.values().sum(), merged.exemptions.len());
        Self { by_code, total, n_moved, n_exempt, shapes: None }
    }

    fn of_capture(before: &Plane<u16>, result: &Captured) -> Result<Self, Error> {
        if !result.is_settled {
            let details = format!("they still change cells after {} rounds", result.n_rounds);
            return Err(Error::invariant("capture_rules_settle", details));
        }
        let (by_code, total) = drifts(before.n_cells_by_value(), &result.moved);
        let (n_moved, n_exempt) = (result.moved.values().sum(), result.exemptions.len());
        let shapes = Shapes {
            enlarged: result.enlarged,
            n_narrow_cells: result.n_narrow_cells,
            n_merged_cells: result.n_merged_cells,
            n_rounds: result.n_rounds,
            n_network_pieces: result.n_network_pieces,
        };
        Ok(Self { by_code, total, n_moved, n_exempt, shapes: Some(shapes) })
    }

    /// Says what the rules did.
    pub(super) fn say(&self) {
        if let Some(shapes) = &self.shapes {
            shapes.say();
        }
        talk::line(&format!(
            "regularised: {} cells changed class, {} regions kept below their unit",
            count(self.n_moved),
            count(self.n_exempt as u64)
        ));
    }

    /// The same for programs.
    pub(super) fn document(&self) -> Value {
        json!({
            "cells_moved": self.n_moved,
            "regions_kept_below_their_unit": self.n_exempt,
            "shapes": self.shapes.as_ref().map(Shapes::document),
        })
    }
}

impl Shapes {
    fn say(&self) {
        talk::line(&format!(
            "isolated buildings: {} enlarged by {} cells",
            count(self.enlarged.n_buildings),
            count(self.enlarged.n_cells)
        ));
        talk::line(&format!("narrow: {} cells given to wide ground", count(self.n_narrow_cells)));
        talk::line(&format!("below their unit: {} cells merged", count(self.n_merged_cells)));
        let (before, after) = self.n_network_pieces;
        talk::line(&format!(
            "roads and rail: {} pieces before, {} after; none was cut",
            count(before as u64),
            count(after as u64)
        ));
    }

    fn document(&self) -> Value {
        let (before, after) = self.n_network_pieces;
        json!({
            "buildings_enlarged": self.enlarged.n_buildings,
            "cells_of_buildings_enlarged": self.enlarged.n_cells,
            "cells_narrow": self.n_narrow_cells,
            "cells_below_their_unit": self.n_merged_cells,
            "network_pieces": { "before": before, "after": after },
            "rounds": self.n_rounds,
        })
    }
}
