//! Imagery and heights on the working grid, block by block.

use kernels::grid::Grid;
use kernels::height::{N_HEIGHT_BANDS, height_bytes};
use ndarray::{ArrayView2, ArrayViewMut3, Axis, s};
use serde_json::Map;

use crate::blocks::{Block, Blocks, Shards};
use crate::config::{Heights, Imagery};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::land::Land;
use crate::mosaic::{Mosaic, Reader};
use crate::stage_report::StageReport;
use crate::survey::Mosaics;
use crate::units;

use super::strips::ByStrips;

/// Bands of the imagery: mean then spread.
const IMAGERY_BANDS: [&str; 8] =
    ["r", "g", "b", "nir", "r_spread", "g_spread", "b_spread", "nir_spread"];
/// Bands of the heights.
const HEIGHT_BANDS: [&str; N_HEIGHT_BANDS] = ["height", "height_spread"];
/// Cells that lie in the territory and have no imagery.
const NO_IMAGERY: &str = "cell_without_imagery";

/// Cells of the territory in a block, and those of them that a product leaves void.
pub(super) type Void = (u64, u64);

/// RVB and IRC of a date, on their way to means and spreads of R, G, B and NIR.
pub(super) struct Images<'a> {
    date: Date,
    given: &'a Imagery,
    rvb: &'a Mosaic,
    irc: &'a Mosaic,
    strips: ByStrips<'a>,
    means: Shards<u8>,
    valid: Shards<u8>,
}

impl<'a> Images<'a> {
    /// The products and the arrays of a date.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn open(
        blocks: &Blocks<'a>,
        land: &Land,
        mosaics: &'a Mosaics,
        (date, given): (Date, &'a Imagery),
    ) -> Result<Self, Error> {
        let (rvb, irc) = (mosaics.of(date, "rvb"), mosaics.of(date, "irc"));
        let strips = ByStrips::of(blocks.ctx(), land.grid(), &[rvb, irc]);
        let means = blocks.array(date.imagery(), (&IMAGERY_BANDS, Map::new()))?;
        let valid = blocks.array(date.valid(), (&[], Map::new()))?;
        Ok(Self { date, given, rvb, irc, strips, means, valid })
    }

    /// How the tiles are read.
    pub(super) fn strips(&self) -> &ByStrips<'a> {
        &self.strips
    }

    /// Fills a block.
    ///
    /// # Errors
    /// A tile cannot be read.
    pub(super) fn fill(&self, land: &Land, block: &mut Block<'_>) -> Result<Void, Error> {
        let open = || (self.rvb.reader(), self.irc.reader());
        let (cells, _) = self.strips.shard(
            block.window,
            IMAGERY_BANDS.len(),
            open,
            |readers, window, cells| read_part(readers, &land.grid().sub(window), cells),
        )?;
        // Zero is what `read_part` leaves where there is nothing, in the means nowhere else.
        let seen = cells.index_axis(Axis(0), 0).mapv(|mean| u8::from(mean != 0));
        block.write(&self.means, cells)?;
        let void = missing(land, block, seen.view(), Some(NO_IMAGERY));
        block.write(&self.valid, seen.insert_axis(Axis(0)))?;
        Ok(void)
    }

    /// Puts the arrays in place.
    ///
    /// # Errors
    /// More of the territory has no imagery than the limit allows.
    pub(super) fn seal(
        &self,
        blocks: &Blocks<'_>,
        voids: &[Void],
        report: StageReport,
    ) -> Result<StageReport, Error> {
        let limit = ("no_imagery", blocks.ctx().config.limits.no_imagery);
        let void = within(voids, limit, || {
            InputError::new(&self.given.rvb[0], "too much of the territory has no imagery")
                .hint("check the tiles, their nodata value and their masks, or raise the limit")
        })?;
        Ok(report
            .hashed(blocks.publish(&self.means)?)
            .hashed(blocks.publish(&self.valid)?)
            .figure(&self.date.figure("cells_without_imagery"), void)
            .figure(&self.date.figure("pixel_m"), self.rvb.pixel_m))
    }
}

/// The heights of a date, on their way to the grid.
pub(super) struct HeightImages<'a> {
    date: Date,
    given: &'a Heights,
    surface: &'a Mosaic,
    ground: Option<&'a Mosaic>,
    strips: ByStrips<'a>,
    stored: Shards<u8>,
}

impl<'a> HeightImages<'a> {
    /// The products and the array of a date.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn open(
        blocks: &Blocks<'a>,
        land: &Land,
        mosaics: &'a Mosaics,
        (date, given): (Date, &'a Heights),
    ) -> Result<Self, Error> {
        let products = given.products();
        let products: Vec<_> = products.iter().map(|(name, _)| mosaics.of(date, name)).collect();
        let strips = ByStrips::of(blocks.ctx(), land.grid(), &products);
        let stored = blocks.array(date.heights(), (&HEIGHT_BANDS, Map::new()))?;
        let (surface, ground) = (products[0], products.get(1).copied());
        Ok(Self { date, given, surface, ground, strips, stored })
    }

    /// How the tiles are read.
    pub(super) fn strips(&self) -> &ByStrips<'a> {
        &self.strips
    }

    /// Fills a block.
    ///
    /// # Errors
    /// A tile cannot be read.
    pub(super) fn fill(&self, land: &Land, block: &mut Block<'_>) -> Result<Void, Error> {
        let open = || (self.surface.reader(), self.ground.map(Mosaic::reader));
        let read = |(top, under): &mut (Reader<'_>, Option<Reader<'_>>),
                    window,
                    mut cells: ArrayViewMut3<'_, u8>| {
            let part = land.grid().sub(window);
            let under = under.as_mut().map(|ground| ground.relief(&part)).transpose()?;
            cells.assign(&height_bytes(&top.relief(&part)?, under.as_ref()));
            Ok(())
        };
        let (cells, _) = self.strips.shard(block.window, HEIGHT_BANDS.len(), open, read)?;
        let void = missing(land, block, cells.index_axis(Axis(0), 0), None);
        block.write(&self.stored, cells)?;
        Ok(void)
    }

    /// Puts the array in place.
    ///
    /// # Errors
    /// More of the territory has no height than the limit allows.
    pub(super) fn seal(
        &self,
        blocks: &Blocks<'_>,
        voids: &[Void],
        report: StageReport,
    ) -> Result<StageReport, Error> {
        let limit = ("no_heights", blocks.ctx().config.limits.no_heights);
        let void = within(voids, limit, || {
            InputError::new(&self.given.surface[0], "too much of the territory has no height")
                .hint("check `mnh`, `mns`, `mnt` and the CRS of the tiles, or raise the limit")
        })?;
        Ok(report
            .hashed(blocks.publish(&self.stored)?)
            .figure(&self.date.figure("cells_without_height"), void)
            .figure(&self.date.figure("height_pixel_m"), self.surface.pixel_m))
    }
}

/// Cells of the territory in a block, and those of them where `known` is 0, tallied under `flaw`.
///
/// * `known`: of the block's shard.
fn missing(land: &Land, block: &Block<'_>, known: ArrayView2<'_, u8>, flaw: Option<&str>) -> Void {
    let known = known.slice_move(s![..block.window.rows, ..block.window.cols]);
    let (grid, inside) = (land.grid().sub(block.window), land.inside(block.window));
    let cell_twice_area = 2 * i128::from(grid.cell) * i128::from(grid.cell);
    let n_inside = inside.iter().filter(|&&cell| cell != 0).count() as u64;
    let mut void = 0;
    for (row, (inside, known)) in inside.rows().into_iter().zip(known.rows()).enumerate() {
        for (col, (&cell, &known)) in inside.iter().zip(known).enumerate() {
            if cell != 0 && known == 0 {
                void += 1;
                if let Some(key) = flaw {
                    block.tally.count_at(key, grid.corner(row, col), cell_twice_area, "");
                }
            }
        }
    }
    (n_inside, void)
}

/// The cells of the territory that a product leaves void, when they are no more than a limit allows.
///
/// * `counts`: of every block, cells of the territory and those of them that are void.
/// * `limit`: its key under `limits`, and the largest share.
///
/// # Errors
/// `fault`, with the shares, when they are more, or all of the territory.
fn within(
    counts: &[Void],
    (key, most): (&str, f64),
    fault: impl FnOnce() -> InputError,
) -> Result<u64, Error> {
    let sum = |a: (u64, u64), b: &(u64, u64)| (a.0 + b.0, a.1 + b.1);
    let (inside, void) = counts.iter().fold((0, 0), sum);
    if void < inside && void as f64 <= most * inside as f64 {
        return Ok(void);
    }
    let share = units::percent(void as f64 / inside.max(1) as f64);
    Err(fault()
        .got(format!("no data on {share} of it"))
        .expected(format!("at most {} (`limits.{key}`)", units::percent(most)))
        .concerns(format!("{} of {} cells", units::count(void), units::count(inside)))
        .into())
}

/// Means and spreads of one block; zero is left where fewer than half of a cell's pixels hold data.
fn read_part(
    (rvb, irc): &mut (Reader<'_>, Reader<'_>),
    block: &Grid,
    mut cells: ArrayViewMut3<'_, u8>,
) -> Result<(), Error> {
    let needed = |reader: &Reader<'_>| (reader.whole_cell(block) / 2).max(1);
    let (need_visible, need_infrared) = (needed(rvb), needed(irc));
    let visible = rvb.sums(&[1, 2, 3], block)?;
    let infrared = irc.sums(&[1], block)?;
    let (mut means, mut spreads) = cells.view_mut().split_at(Axis(0), 4);
    for row in 0..block.rows {
        let (of_visible, of_infrared) = (visible.count(), infrared.count());
        let is_known = |(&v, &i): (&u32, &u32)| v >= need_visible && i >= need_infrared;
        let counts = of_visible.row(row).into_iter().zip(of_infrared.row(row));
        let known: Vec<u8> = counts.map(|n| u8::from(is_known(n)).wrapping_neg()).collect();
        for band in 0..4 {
            let (sums, from) = if band < 3 { (&visible, band) } else { (&infrared, 0) };
            let contiguous = "a block's rows are contiguous";
            let mut mean = means.slice_mut(s![band, row, ..]);
            let mean = mean.as_slice_mut().expect(contiguous);
            let mut spread = spreads.slice_mut(s![band, row, ..]);
            let spread = spread.as_slice_mut().expect(contiguous);
            sums.write_row(from, row, mean, spread);
            for ((mean, spread), &known) in mean.iter_mut().zip(spread).zip(&known) {
                // A black pixel is data: zero in all bands is kept for void cells.
                (*mean, *spread) = ((*mean).max(1) & known, *spread & known);
            }
        }
    }
    Ok(())
}
