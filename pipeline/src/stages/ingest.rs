//! Ingest: imagery, evidence and the prior vintage on one grid.

use kernels::grid::{Grid, Window};
use kernels::height::{N_HEIGHT_BANDS, height_bytes};
use kernels::lattice::STEPS_PER_METRE;
use kernels::rasterise::rasterise;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3, s};
use nomenclature::Couple;
use serde_json::{Map, Value, json};

use crate::config::{EvidenceKind, Heights, Imagery, Prior};
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::inputs::{self, ortho};
use crate::io::cube::Frame;
use crate::mosaic::Mosaic;
use crate::stage_report::StageReport;
use crate::territory::Communes;
use crate::vintage::{Vintage, bounds_of};

mod evidence;

/// Bands of the imagery: mean then spread.
const IMAGERY_BANDS: [&str; 8] =
    ["r", "g", "b", "nir", "r_spread", "g_spread", "b_spread", "nir_spread"];
/// Bands of the heights.
const HEIGHT_BANDS: [&str; N_HEIGHT_BANDS] = ["height", "height_spread"];
/// Side of the blocks in which imagery is read, in cells.
const READ_SIDE: usize = 512;
/// Cells that lie in the territory and have no imagery.
const NO_IMAGERY: &str = "cell_without_imagery";

/// Puts every input on the working grid.
///
/// # Errors
/// An input cannot be read, or the imagery does not touch the territory.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let epsg = config.crs.0;
    let communes =
        Communes::read(&config.territories.communes, config.department.code(), epsg, ctx.tally)?;
    let read = |prior: &Prior| {
        Vintage::read(&prior.layer, prior.vintage, epsg, &config.nomenclature, ctx.tally)
    };
    let prior = config.prior.as_ref().map(read).transpose()?;
    let (low, high) = bounds_of(&communes.polygons).expect("communes have polygons");
    let grid = Grid::covering(low, high, config.cell_cm);
    let frame = Frame { grid, epsg };
    cube::create(ctx, frame)?;
    let inside = rasterise(&communes.polygons, &vec![1_u8; communes.polygons.len()], &frame.grid);
    let n_inside = inside.iter().filter(|&&cell| cell != 0).count();
    let mut report = StageReport::default()
        .figure("cells", frame.grid.n_cells())
        .figure("cells_in_territory", n_inside);
    for (date, given) in Date::of(config) {
        report = imagery(ctx, frame, (date, given), &inside, report)?;
        if let Some(given) = &given.heights {
            report = heights(ctx, frame, (date, given), &inside, report)?;
        }
    }
    let mut report = evidence(ctx, frame, report)?;
    if let Some(prior) = &prior {
        report = prior_on_cells(ctx, frame, prior, report)?;
    }
    if config.scratch {
        report = bare(ctx, frame, report)?;
    }
    Ok(report)
}

/// Reads RVB and IRC of a date as means and spreads of R, G, B and NIR, block by block.
fn imagery(
    ctx: &Context,
    frame: Frame,
    (date, given): (Date, &Imagery),
    inside: &Array2<u8>,
    report: StageReport,
) -> Result<StageReport, Error> {
    let config = ctx.config;
    let rvb = Mosaic::open(&given.rvb, frame.epsg, ortho)?;
    let irc = Mosaic::open(&given.irc, frame.epsg, ortho)?;
    rvb.fits(config.cell_m())?;
    irc.fits(config.cell_m())?;
    ctx.progress.start(frame.grid.blocks(READ_SIDE).len() as u64, "blocks");
    let images =
        cube::publish(ctx, date.imagery(), frame, (&IMAGERY_BANDS, Map::new()), |shard| {
            in_parts(ctx, &frame.grid, shard, IMAGERY_BANDS.len(), |block| {
                read_part(&rvb, &irc, block)
            })
        })?;
    // A spread and a mean of zero in all bands is what `read_shard` leaves where there is nothing.
    let stored = cube::open::<u8>(ctx, date.imagery())?;
    let valid = cube::publish(ctx, date.valid(), frame, (&[], Map::new()), |shard| {
        let cells = stored.read(shard)?;
        let seen = cells.fold_axis(ndarray::Axis(0), 0, |&any, &cell| any | u8::from(cell != 0));
        Ok(seen.insert_axis(ndarray::Axis(0)))
    })?;
    let valid_cells = cube::read_plane::<u8>(ctx, date.valid())?;
    let void = missing(ctx, &frame.grid, inside, &valid_cells);
    if inside.iter().zip(&valid_cells).all(|(&cell, &valid)| cell == 0 || valid == 0) {
        let path = &given.rvb[0];
        return Err(InputError::new(path, "the imagery does not touch the territory")
            .expected("RVB and IRC tiles over the communes")
            .hint("check `imagery` and the CRS of the tiles")
            .into());
    }
    Ok(report
        .output(images)
        .output(valid)
        .figure(&date.figure("cells_without_imagery"), void)
        .figure(&date.figure("pixel_m"), rvb.pixel_m))
}

/// Puts the heights of a date on the grid, block by block.
fn heights(
    ctx: &Context,
    frame: Frame,
    (date, given): (Date, &Heights),
    inside: &Array2<u8>,
    report: StageReport,
) -> Result<StageReport, Error> {
    let surface = Mosaic::open(&given.surface, frame.epsg, inputs::heights)?;
    let ground = (!given.ground.is_empty())
        .then(|| Mosaic::open(&given.ground, frame.epsg, inputs::heights))
        .transpose()?;
    let output = cube::publish(ctx, date.heights(), frame, (&HEIGHT_BANDS, Map::new()), |shard| {
        in_parts(ctx, &frame.grid, shard, HEIGHT_BANDS.len(), |block| {
            let under = ground.as_ref().map(|ground| ground.relief(block)).transpose()?;
            Ok(height_bytes(&surface.relief(block)?, under.as_ref()))
        })
    })?;
    let stored = cube::open::<u8>(ctx, date.heights())?;
    let known = stored.read_plane(0, frame.grid.window())?;
    let n_inside = inside.iter().filter(|&&cell| cell != 0).count();
    let n_known = inside.iter().zip(&known).filter(|&(&cell, &h)| cell != 0 && h != 0).count();
    if n_known == 0 {
        return Err(InputError::new(&given.surface[0], "the heights do not touch the territory")
            .expected("heights over the communes, and ground under them")
            .hint("check `mnh`, `mns`, `mnt` and the CRS of the tiles")
            .into());
    }
    Ok(report
        .output(output)
        .figure(&date.figure("cells_without_height"), n_inside - n_known)
        .figure(&date.figure("height_pixel_m"), surface.pixel_m))
}

/// Counts and tallies the cells of the territory without imagery.
fn missing(ctx: &Context, grid: &Grid, inside: &Array2<u8>, valid: &Array2<u8>) -> usize {
    let mut void = 0;
    let cell_twice_area = 2 * i128::from(grid.cell) * i128::from(grid.cell);
    for ((row, col), &cell) in inside.indexed_iter() {
        if cell != 0 && valid[[row, col]] == 0 {
            ctx.tally.count_at(NO_IMAGERY, grid.corner(row, col), cell_twice_area, "");
            void += 1;
        }
    }
    void
}

/// The bands of one shard; the parts of it are read in parallel by `read`.
fn in_parts(
    ctx: &Context,
    grid: &Grid,
    shard: Window,
    n_bands: usize,
    read: impl Fn(&Grid) -> Result<Array3<u8>, Error> + Sync,
) -> Result<Array3<u8>, Error> {
    let shard_grid = grid.sub(shard);
    let parts: Vec<(Window, Array3<u8>)> = shard_grid
        .blocks(READ_SIDE)
        .into_par_iter()
        .map(|part| {
            ctx.check_cancelled()?;
            let cells = read(&shard_grid.sub(part))?;
            ctx.progress.advance(1);
            Ok((part, cells))
        })
        .collect::<Result<_, Error>>()?;
    let mut cells = Array3::zeros((n_bands, shard.rows, shard.cols));
    for (w, part) in parts {
        let rows = w.row..w.row + w.rows;
        cells.slice_mut(s![.., rows, w.col..w.col + w.cols]).assign(&part);
    }
    Ok(cells)
}

/// Means and spreads of one block; zero where fewer than half of a cell's pixels hold data.
fn read_part(rvb: &Mosaic, irc: &Mosaic, block: &Grid) -> Result<Array3<u8>, Error> {
    let visible = rvb.sums(&[1, 2, 3], block)?;
    let infrared = irc.sums(&[1], block)?;
    let cell_m = f64::from(block.cell) / f64::from(STEPS_PER_METRE);
    let needed = |mosaic: &Mosaic| (mosaic.pixels_per_cell(cell_m) / 2).max(1);
    let (need_visible, need_infrared) = (needed(rvb), needed(irc));
    let mut cells = Array3::zeros((IMAGERY_BANDS.len(), block.rows, block.cols));
    for row in 0..block.rows {
        for col in 0..block.cols {
            if visible.count()[[row, col]] < need_visible
                || infrared.count()[[row, col]] < need_infrared
            {
                continue;
            }
            for band in 0..4 {
                let (sums, from) = if band < 3 { (&visible, band) } else { (&infrared, 0) };
                let (mean, spread) = sums.mean_and_spread(from, row, col);
                // A black pixel is data: zero in all bands is kept for void cells.
                cells[[band, row, col]] = mean.max(1);
                cells[[band + 4, row, col]] = spread;
            }
        }
    }
    Ok(cells)
}

/// Burns every evidence layer; a layer that is not given stays empty.
fn evidence(ctx: &Context, frame: Frame, report: StageReport) -> Result<StageReport, Error> {
    let grid = &frame.grid;
    let mut cells = Array3::<u8>::zeros((EvidenceKind::ALL.len(), grid.rows, grid.cols));
    let mut natures = Map::new();
    let mut counts = Map::new();
    for (rank, kind) in EvidenceKind::ALL.into_iter().enumerate() {
        let Some(layer) = ctx.config.evidence.get(kind) else { continue };
        let burnt = evidence::burn_layer(layer, grid, frame.epsg, ctx.tally)?;
        cells.index_axis_mut(ndarray::Axis(0), rank).assign(&burnt.cells);
        natures.insert(kind.key().to_owned(), json!(burnt.natures));
        counts.insert(kind.key().to_owned(), json!(burnt.n_features));
    }
    let names = EvidenceKind::ALL.map(EvidenceKind::key);
    let notes = Map::from_iter([("natures".to_owned(), Value::Object(natures))]);
    let name = cube::publish_bands(ctx, Quantity::Evidence, frame, (&names, notes), cells.view())?;
    Ok(report.output(name).figure("evidence_features", counts))
}

/// What a vintage from scratch starts from: no couple and no object.
fn bare(ctx: &Context, frame: Frame, report: StageReport) -> Result<StageReport, Error> {
    let none = || (&[] as &[&str], Map::new());
    let (couples, objects) = (Quantity::Bare, Quantity::BareObject);
    Ok(report
        .output(cube::publish(ctx, couples, frame, none(), |w| {
            Ok(Array3::<u16>::zeros((1, w.rows, w.cols)))
        })?)
        .output(cube::publish(ctx, objects, frame, none(), |w| {
            Ok(Array3::<u32>::zeros((1, w.rows, w.cols)))
        })?))
}

/// Burns the prior's couples and objects, and notes which objects are ossature.
fn prior_on_cells(
    ctx: &Context,
    frame: Frame,
    prior: &Vintage,
    report: StageReport,
) -> Result<StageReport, Error> {
    let ranks: Vec<u32> = (1..=prior.n_polygons() as u32).collect();
    let objects = rasterise(&prior.polygons, &ranks, &frame.grid);
    let couples = objects.mapv(|object| {
        let rank = object.checked_sub(1);
        rank.map_or(Couple::NODATA, |rank| prior.couples[rank as usize]).to_cell()
    });
    let is_ossature = |rank: &usize| prior.objects[*rank].ossature;
    let ossature: Vec<usize> = (0..prior.n_polygons()).filter(is_ossature).collect();
    let notes = Map::from_iter([(cube::OSSATURE.to_owned(), json!(ossature))]);
    let bands = objects.view().insert_axis(ndarray::Axis(0));
    let objects = cube::publish_bands(ctx, Quantity::PriorObject, frame, (&[], notes), bands)?;
    let covered = couples.iter().filter(|&&cell| cell != 0).count();
    Ok(report
        .output(objects)
        .output(cube::publish_plane(ctx, Quantity::Prior, frame, couples.view())?)
        .figure("prior_polygons", prior.n_polygons())
        .figure("prior_cells", covered))
}
