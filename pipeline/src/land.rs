//! The ground of a run: its communes on the working grid, burnt window by window.

use kernels::grid::{Grid, Window};
use kernels::lattice::Polygon;
use kernels::placed::Placed;
use ndarray::Array2;

use crate::config::Config;
use crate::error::Error;
use crate::io::cube::{Frame, SHARD};
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::bounds_of;

/// The territory of a run. It holds the polygons of the communes, and no cell.
#[derive(Debug)]
pub struct Land {
    /// The working grid, around the communes.
    pub frame: Frame,
    communes: Vec<Polygon>,
    placed: Placed,
}

impl Land {
    /// Reads the communes and lays the grid around them, counting in `tally` what was repaired.
    ///
    /// # Errors
    /// Those of [`Communes::read`].
    pub fn read(config: &Config, tally: &Tally) -> Result<Self, Error> {
        let epsg = config.crs.0;
        let layer = &config.territories.communes;
        let communes = Communes::read(layer, config.department.code(), epsg, tally)?.polygons;
        let (low, high) = bounds_of(&communes).expect("communes have polygons");
        let grid = Grid::covering(low, high, config.cell_cm);
        let placed = Placed::polygons(&communes, &grid, SHARD);
        Ok(Self { frame: Frame { grid, epsg }, communes, placed })
    }

    /// The working grid.
    pub fn grid(&self) -> &Grid {
        &self.frame.grid
    }

    /// The blocks in which the territory is gone through: those of the cube.
    pub fn blocks(&self) -> Vec<Window> {
        self.grid().blocks(SHARD)
    }

    /// 1 in the cells of a window that lie in the territory, else 0; shape (rows, cols).
    pub fn inside(&self, window: Window) -> Array2<u8> {
        self.placed.rasterise(&self.communes, |_| 1_u8, window)
    }
}
