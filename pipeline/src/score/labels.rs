//! What became of the labels that the prior has wrong.

use std::collections::BTreeSet;

use kernels::accuracy::Share;
use kernels::lattice::{Point, Polygon};
use kernels::rasterise::rasterise;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::Maps;
use super::ground::Ground;
use crate::error::{Error, InputError};
use crate::io::vector::VectorSource;

/// What became of the objects whose cover the prior has wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelScore {
    /// Objects with a wrong cover that a correction candidate holds.
    pub found: Share,
    /// Those of them whose candidate proposes the true cover.
    pub found_with_code: Share,
    /// Those that the result changed to the truth instead, as if the ground had changed.
    pub taken_for_change: Share,
    /// Of the correction candidates, those that hold an object with a wrong cover.
    pub precision: Share,
}

/// One line of the sample's list of wrong labels.
#[derive(Debug, Deserialize)]
pub(super) struct WrongLabel {
    cs_vrai: String,
    cs_prior: String,
    /// Easting of a place inside, in metres.
    x: f64,
    /// Northing of it.
    y: f64,
}

/// The correction candidates of a result.
struct Candidates {
    /// The cover that each proposes.
    proposed: Vec<Option<String>>,
    /// 1 + rank of the candidate on each cell, 0 for none.
    cells: Array2<u32>,
}

impl Ground {
    pub(super) fn wrong_labels(&self) -> Result<Vec<WrongLabel>, Error> {
        let path = self.sample.join("truth/label_noise.csv");
        let damaged = |error: csv::Error| -> Error {
            let what = "the list of wrong labels cannot be read";
            InputError::new(&path, what).got(error).hint("generate the sample again").into()
        };
        let mut table = csv::Reader::from_path(&path).map_err(damaged)?;
        table.deserialize().collect::<Result<_, _>>().map_err(damaged)
    }

    /// Whether each cell is in an object of the first date whose cover or usage the prior has wrong.
    pub(super) fn objects_of(&self, wrong: &[WrongLabel]) -> Array2<bool> {
        let ranks: Vec<u32> = (1..=self.first.n_polygons() as u32).collect();
        let objects = rasterise(&self.first.polygons, &ranks, &self.grid);
        let cells = wrong.iter().filter_map(|label| self.cell_of(label));
        let listed: BTreeSet<u32> = cells.map(|cell| objects[cell]).filter(|&o| o != 0).collect();
        objects.mapv(|object| listed.contains(&object))
    }

    fn cell_of(&self, label: &WrongLabel) -> Option<(usize, usize)> {
        self.grid.cell_at(Point::from_metres(label.x, label.y)?)
    }

    pub(super) fn label_score(
        &self,
        wrong: &[WrongLabel],
        cover: &Maps,
    ) -> Result<LabelScore, Error> {
        let candidates = self.candidates()?;
        let (mut held, mut with_code, mut changed) = (BTreeSet::new(), 0, 0);
        let (mut n, mut found) = (0, 0);
        for label in wrong.iter().filter(|label| label.cs_vrai != label.cs_prior) {
            n += 1;
            let Some(cell) = self.cell_of(label) else { continue };
            let is_put_right = cover.vintage[cell] == cover.truth_after[cell];
            changed += u64::from(cover.is_false_change(cell) && is_put_right);
            let rank = candidates.cells[cell];
            if rank != 0 {
                held.insert(rank);
                found += 1;
                let proposed = &candidates.proposed[rank as usize - 1];
                with_code += u64::from(proposed.as_deref() == Some(label.cs_vrai.as_str()));
            }
        }
        Ok(LabelScore {
            found: Share::of(found, n),
            found_with_code: Share::of(with_code, n),
            taken_for_change: Share::of(changed, n),
            precision: Share::of(held.len() as u64, candidates.proposed.len() as u64),
        })
    }

    fn candidates(&self) -> Result<Candidates, Error> {
        let source = VectorSource::open(&self.result.join("corrections/candidates.gpkg"), None)?;
        let column = source.require_column(&["proposed_code"])?;
        let mut proposed = Vec::new();
        let mut polygons: Vec<Polygon> = Vec::new();
        let mut ranks = Vec::new();
        for feature in source.features(&[column], self.config.crs.0)? {
            let feature = feature?;
            proposed.push(feature.values[0].text());
            ranks.extend(feature.polygons.iter().map(|_| proposed.len() as u32));
            polygons.extend(feature.polygons);
        }
        Ok(Candidates { proposed, cells: rasterise(&polygons, &ranks, &self.grid) })
    }
}
