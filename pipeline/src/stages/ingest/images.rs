//! Imagery and heights on the working grid, block by block.

use kernels::grid::{Grid, Window};
use kernels::height::{N_HEIGHT_BANDS, height_bytes};
use ndarray::{Array2, ArrayViewMut3, Axis, s};
use serde_json::Map;

use crate::config::{Heights, Imagery};
use crate::context::Context;
use crate::cube::{self, Growing};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::land::Land;
use crate::mosaic::{Mosaic, Reader};
use crate::stage_report::StageReport;
use crate::survey::Mosaics;
use crate::tally::Tally;
use crate::units;

use super::strips::ByStrips;

/// Bands of the imagery: mean then spread.
const IMAGERY_BANDS: [&str; 8] =
    ["r", "g", "b", "nir", "r_spread", "g_spread", "b_spread", "nir_spread"];
/// Bands of the heights.
const HEIGHT_BANDS: [&str; N_HEIGHT_BANDS] = ["height", "height_spread"];
/// Cells that lie in the territory and have no imagery.
const NO_IMAGERY: &str = "cell_without_imagery";

/// Reads RVB and IRC of a date as means and spreads of R, G, B and NIR.
///
/// # Errors
/// A tile cannot be read, or more of the territory has no imagery than the limit allows.
pub(super) fn imagery(
    ctx: &Context,
    land: &Land,
    mosaics: &Mosaics,
    (date, given): (Date, &Imagery),
    report: StageReport,
) -> Result<StageReport, Error> {
    let (rvb, irc) = (mosaics.of(date, "rvb"), mosaics.of(date, "irc"));
    let strips = ByStrips::start(ctx, land.grid(), &[rvb, irc]);
    let images = Growing::<u8>::new(ctx, date.imagery(), land.frame, (&IMAGERY_BANDS, Map::new()))?;
    let valid = Growing::<u8>::new(ctx, date.valid(), land.frame, (&[], Map::new()))?;
    let counts = cube::in_blocks(ctx, land.grid(), |shard| {
        let open = || (rvb.reader(), irc.reader());
        let (cells, _) =
            strips.shard(shard, IMAGERY_BANDS.len(), open, |readers, window, cells| {
                read_part(readers, &land.grid().sub(window), cells)
            })?;
        // Zero in all bands is what `read_part` leaves where there is nothing.
        let seen = cells.fold_axis(Axis(0), 0, |&any, &cell| any | u8::from(cell != 0));
        images.write(shard, cells)?;
        let counts = missing(ctx, land, shard, &seen, Some(NO_IMAGERY));
        valid.write(shard, seen.insert_axis(Axis(0)))?;
        Ok(counts)
    })?;
    let void = within(&counts, ("no_imagery", ctx.config.limits.no_imagery), || {
        InputError::new(&given.rvb[0], "too much of the territory has no imagery")
            .hint("check the tiles, their nodata value and their masks, or raise the limit")
    })?;
    Ok(report
        .output(images.publish(ctx)?)
        .output(valid.publish(ctx)?)
        .figure(&date.figure("cells_without_imagery"), void)
        .figure(&date.figure("pixel_m"), rvb.pixel_m))
}

/// Puts the heights of a date on the grid.
///
/// # Errors
/// A tile cannot be read, or more of the territory has no height than the limit allows.
pub(super) fn heights(
    ctx: &Context,
    land: &Land,
    mosaics: &Mosaics,
    (date, given): (Date, &Heights),
    report: StageReport,
) -> Result<StageReport, Error> {
    let products = given.products();
    let products: Vec<_> = products.iter().map(|(name, _)| mosaics.of(date, name)).collect();
    let (surface, ground) = (products[0], products.get(1).copied());
    let strips = ByStrips::start(ctx, land.grid(), &products);
    let bands = (&HEIGHT_BANDS[..], Map::new());
    let stored = Growing::<u8>::new(ctx, date.heights(), land.frame, bands)?;
    let counts = cube::in_blocks(ctx, land.grid(), |shard| {
        let open = || (surface.reader(), ground.map(Mosaic::reader));
        let read = |(top, under): &mut (Reader<'_>, Option<Reader<'_>>),
                    window,
                    mut cells: ArrayViewMut3<'_, u8>| {
            let block = land.grid().sub(window);
            let under = under.as_mut().map(|ground| ground.relief(&block)).transpose()?;
            cells.assign(&height_bytes(&top.relief(&block)?, under.as_ref()));
            Ok(())
        };
        let (cells, _) = strips.shard(shard, HEIGHT_BANDS.len(), open, read)?;
        let counts = missing(ctx, land, shard, &cells.index_axis(Axis(0), 0).to_owned(), None);
        stored.write(shard, cells)?;
        Ok(counts)
    })?;
    let void = within(&counts, ("no_heights", ctx.config.limits.no_heights), || {
        InputError::new(&given.surface[0], "too much of the territory has no height")
            .hint("check `mnh`, `mns`, `mnt` and the CRS of the tiles, or raise the limit")
    })?;
    Ok(report
        .output(stored.publish(ctx)?)
        .figure(&date.figure("cells_without_height"), void)
        .figure(&date.figure("height_pixel_m"), surface.pixel_m))
}

/// Cells of the territory in a block, and those of them where `known` is 0, tallied under `flaw`.
fn missing(
    ctx: &Context,
    land: &Land,
    window: Window,
    known: &Array2<u8>,
    flaw: Option<&str>,
) -> (u64, u64) {
    let (block, inside) = (land.grid().sub(window), land.inside(window));
    let cell_twice_area = 2 * i128::from(block.cell) * i128::from(block.cell);
    let (mut n_inside, mut void) = (0, 0);
    let local = Tally::default();
    for ((at, &cell), &known) in inside.indexed_iter().zip(known) {
        n_inside += u64::from(cell != 0);
        if cell != 0 && known == 0 {
            void += 1;
            if let Some(key) = flaw {
                local.count_at(key, block.corner(at.0, at.1), cell_twice_area, "");
            }
        }
    }
    ctx.tally.absorb(&local.flaws());
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
    counts: &[(u64, u64)],
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
