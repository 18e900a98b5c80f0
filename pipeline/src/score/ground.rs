//! The truths, the prior and the result, on the working grid.

use std::path::{Path, PathBuf};

use kernels::grid::Grid;
use kernels::rasterise::rasterise;
use ndarray::Array2;
use nomenclature::Couple;

use super::{Maps, distinct};
use crate::config::{Config, Layer};
use crate::error::{Error, InputError};
use crate::tally::Tally;
use crate::vintage::Vintage;

/// Everything that is compared.
pub(super) struct Ground {
    pub(super) config: Config,
    pub(super) grid: Grid,
    /// The folder of the sample.
    pub(super) sample: PathBuf,
    /// The folder of the result.
    pub(super) result: PathBuf,
    /// The truth of the first date, by objects.
    pub(super) first: Vintage,
    truth_before: Array2<u16>,
    truth_after: Array2<u16>,
    prior: Array2<u16>,
    vintage: Array2<u16>,
}

impl Ground {
    pub(super) fn read(result: &Path, sample: &Path) -> Result<Self, Error> {
        let config = Config::load(&sample.join("config.yaml"))?;
        let prior = config.prior.as_ref().ok_or_else(|| {
            InputError::new(sample.join("config.yaml"), "a territory without a prior")
                .expected("a folder that `millesime sample` made")
        })?;
        let tally = Tally::default();
        let read = |layer: &Layer, year| {
            Vintage::read(layer, year, config.crs.0, &config.nomenclature, &tally)
        };
        let file = |path: PathBuf| Layer { path, layer: None };
        let truth = sample.join("truth");
        let first = read(&file(truth.join("occupation_before.gpkg")), prior.vintage)?;
        let second = read(&file(truth.join("occupation_after.gpkg")), config.vintage)?;
        let prior = read(&prior.layer, prior.vintage)?;
        let vintage = read(&file(result.join("OCCUPATION_SOL.gpkg")), config.vintage)?;
        let (low, high) = second.bounds().ok_or_else(|| {
            InputError::new(truth.join("occupation_after.gpkg"), "the truth covers no ground")
        })?;
        let grid = Grid::covering(low, high, config.cell_cm);
        let on_cells = |vintage: &Vintage| couples_on(vintage, &grid);
        Ok(Self {
            truth_before: on_cells(&first),
            truth_after: on_cells(&second),
            prior: on_cells(&prior),
            vintage: on_cells(&vintage),
            grid,
            sample: sample.to_owned(),
            result: result.to_owned(),
            first,
            config,
        })
    }

    /// The distinct couples of all maps, increasing.
    pub(super) fn couples(&self) -> Vec<u16> {
        distinct([&self.truth_before, &self.truth_after, &self.prior, &self.vintage])
    }

    /// The maps by a class of couples; 0 for none.
    pub(super) fn maps(&self, class_of: impl Fn(Couple) -> u8) -> Maps {
        let by_class = |map: &Array2<u16>| map.mapv(|cell| class_of(Couple::from_cell(cell)));
        Maps {
            truth_before: by_class(&self.truth_before),
            truth_after: by_class(&self.truth_after),
            prior: by_class(&self.prior),
            vintage: by_class(&self.vintage),
        }
    }
}

/// The couples of a vintage on a grid, 0 where it has no polygon.
fn couples_on(vintage: &Vintage, grid: &Grid) -> Array2<u16> {
    let values: Vec<u16> = vintage.couples.iter().map(|couple| couple.to_cell()).collect();
    rasterise(&vintage.polygons, &values, grid)
}
