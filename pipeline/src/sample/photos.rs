//! The sample's imagery: tiles of two products, named and cut like an ortho delivery.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use kernels::grid::{Grid, Window};
use kernels::lattice::Point;
use ndarray::Axis;
use rayon::prelude::*;

use super::ground::Ground;
use super::render::Scene;
use super::site::Site;
use crate::Error;
use crate::io::raster_writer::{Compression, RasterSpec, write_geotiff};

/// Side of a pixel of heights, in lattice steps.
const HEIGHT_CELL: i32 = 50;

/// Side of a tile, in lattice steps.
const TILE: i32 = 50_000;

/// Shoots every tile of the territory into `folder/rvb`, `folder/irc` and `folder/mnh`; gives the
/// number of tiles of each product.
///
/// # Errors
/// A file cannot be written.
pub fn shoot(
    folder: &Path,
    site: &Site,
    ground: &Ground,
    scene: &Scene,
    shot: (u16, i32),
) -> Result<usize, Error> {
    let (year, cell) = shot;
    let side = ground.size_m * kernels::lattice::STEPS_PER_METRE;
    let starts: Vec<i32> = (0..side).step_by(TILE as usize).collect();
    let tiles: Vec<(i32, i32)> =
        starts.iter().flat_map(|&dy| starts.iter().map(move |&dx| (dx, dy))).collect();
    tiles.par_iter().try_for_each(|&(dx, dy)| {
        let (width, height) = (TILE.min(side - dx), TILE.min(side - dy));
        let origin = Point::new(ground.anchor.x + dx, ground.anchor.y + dy + height);
        let (rows, cols) = ((height / cell) as usize, (width / cell) as usize);
        let grid = Grid { origin, cell, rows, cols };
        let name = |product: &str, cell: i32| {
            let (x_hm, y_hm) = (origin.x / 10_000, origin.y / 10_000);
            let Site { department, projection, .. } = site;
            PathBuf::from(format!(
                "{department}-{year}-{x_hm:05}-{y_hm:05}-{projection}-{cell:03}CM-{product}.tif"
            ))
        };
        let rvb = folder.join("rvb").join(name("RVB", cell));
        let irc = folder.join("irc").join(name("IRC", cell));
        tile([&rvb, &irc], site.epsg, grid, scene)?;
        let side = HEIGHT_CELL.max(cell);
        let (rows, cols) = ((height / side) as usize, (width / side) as usize);
        let mnh = folder.join("mnh").join(name("MNH", side));
        relief(&mnh, site.epsg, Grid { origin, cell: side, rows, cols }, scene)
    })?;
    Ok(tiles.len())
}

/// Shoots one tile of both products.
fn tile(paths: [&Path; 2], epsg: u32, grid: Grid, scene: &Scene) -> Result<(), Error> {
    let spec = RasterSpec {
        grid,
        bands: 3,
        epsg,
        nodata: None,
        compression: Compression::Zstd,
        colours: Vec::new(),
    };
    // Both products come from one exposure; blocks are asked for in the same order twice.
    let mut kept = VecDeque::new();
    write_geotiff(paths[0], &spec, |window: Window| {
        let shot = scene.shoot(&grid, window);
        kept.push_back((window, shot.irc));
        Ok(shot.rvb)
    })?;
    write_geotiff(paths[1], &spec, |window: Window| {
        let (asked, irc) = kept.pop_front().ok_or_else(|| out_of_order(window))?;
        if asked == window { Ok(irc) } else { Err(out_of_order(window)) }
    })?;
    Ok(())
}

/// Measures the heights of one tile.
fn relief(path: &Path, epsg: u32, grid: Grid, scene: &Scene) -> Result<(), Error> {
    let spec = RasterSpec {
        grid,
        bands: 1,
        epsg,
        nodata: Some(-9999),
        compression: Compression::Zstd,
        colours: Vec::new(),
    };
    write_geotiff(path, &spec, |window: Window| {
        Ok(scene.measure(&grid, window).insert_axis(Axis(0)))
    })?;
    Ok(())
}

fn out_of_order(window: Window) -> Error {
    Error::internal(format!("block {window:?} asked out of order"))
}
