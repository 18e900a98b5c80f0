//! From cells to coverage: labels, minimum units, arcs and rings, generalisation, checks, zones.

use std::fs;
use std::path::Path;

use benches::coverage::Coverage;
use benches::territory::{N_CLASSES, classes};
use kernels::coverage::{Limits, check};
use kernels::generalise::{Outline, Tolerance, generalise};
use kernels::grid::Grid;
use kernels::label::label;
use kernels::lattice::{Point, Polygon};
use kernels::regularise::{CellMasks, UniformUnit, regularise};
use kernels::trace::trace;
use kernels::zonal::class_cells;
use ndarray::{Array2, s};
use serde_json::{Value, json};

use crate::{Outcome, clock, npy, shapes};

const SEED: u64 = 20_260_102;

/// A cell of 1 m.
const CELL: i32 = 100;

/// The unit, in cells.
const UNIT: UniformUnit = UniformUnit { min_cells: 500 };

/// How far outlines are fitted.
const TOLERANCE: Tolerance = Tolerance { distance: 150, area_permille: 50, outline: Outline::Kept };

/// Side of the part of the raster whose coverage is checked.
const PART: usize = 4_096;

/// Communes along a side of the raster.
const COMMUNES: i32 = 20;

/// Writes the raw and the sieved raster, the traced polygons of both, and the communes.
pub(crate) fn make(dir: &Path, side: usize) -> Outcome<Value> {
    fs::create_dir_all(dir)?;
    let raw = classes(side, SEED);
    save(dir, "raw", &raw)?;
    let sieved = regularise(raw.clone(), &CellMasks::default(), &UNIT).codes;
    save(dir, "sieved", &sieved)?;
    let corner = PART.min(side);
    let part = sieved.slice(s![..corner, ..corner]).to_owned();
    shapes::write(dir, "sieved", &trace(sieved.view(), &grid_of(&sieved)).polygons())?;
    let part = trace(part.view(), &grid_of(&part));
    shapes::write(dir, "part", &part.polygons())?;
    shapes::write(dir, "fitted", &generalise(&part, CELL, &TOLERANCE).coverage.polygons())?;
    shapes::write(dir, "communes", &communes(&grid_of(&raw)))?;
    Ok(json!({ "n_cells": raw.len() }))
}

/// Polygons that cover the grid and somewhat more, as communes cover a department.
fn communes(grid: &Grid) -> Vec<Polygon> {
    let (rows, cols) = (grid.rows as i32 * grid.cell, grid.cols as i32 * grid.cell);
    let south_west = Point::new(grid.origin.x, grid.origin.y - rows);
    let cell = rows.max(cols) / COMMUNES;
    Coverage { n: COMMUNES, seed: SEED, one_in: 1, cell, south_west }.polygons()
}

fn grid_of(cells: &Array2<u16>) -> Grid {
    let (rows, cols) = cells.dim();
    Grid { origin: Point::new(70_000_000, 660_000_000), cell: CELL, rows, cols }
}

fn save(dir: &Path, name: &str, cells: &Array2<u16>) -> Outcome<()> {
    let (rows, cols) = cells.dim();
    let bytes = cells.iter().map(|&class| class as u8);
    npy::write(&dir.join(format!("{name}.npy")), &[rows, cols], bytes)
}

/// Reads a square raster.
fn load(dir: &Path, name: &str) -> Outcome<Array2<u16>> {
    let bytes: Vec<u8> = npy::read(&dir.join(format!("{name}.npy")))?;
    let side = bytes.len().isqrt();
    Ok(Array2::from_shape_vec((side, side), bytes.into_iter().map(u16::from).collect())?)
}

pub(crate) fn label_raster(dir: &Path, name: &str) -> Outcome<Value> {
    let cells = load(dir, name)?;
    clock::time(
        || label(cells.view()),
        |labels| {
            let largest = labels.regions.iter().map(|region| region.n_cells).max();
            json!({ "regions": labels.regions.len(), "runs": labels.n_runs(), "largest": largest })
        },
    )
}

pub(crate) fn regularise_raster(dir: &Path) -> Outcome<Value> {
    let cells = load(dir, "raw")?;
    clock::time(
        || regularise(cells, &CellMasks::default(), &UNIT),
        |done| json!({ "regions": label(done.codes.view()).regions.len() }),
    )
}

/// Arcs and rings: what a writer of polygons needs, with each boundary once.
pub(crate) fn trace_raster(dir: &Path, name: &str) -> Outcome<Value> {
    let cells = load(dir, name)?;
    let grid = grid_of(&cells);
    clock::time(
        || trace(cells.view(), &grid),
        |coverage| {
            json!({
                "polygons": coverage.faces().len(),
                "arcs": coverage.n_arcs(),
                "points": coverage.n_points(),
            })
        },
    )
}

pub(crate) fn generalise_coverage(dir: &Path) -> Outcome<Value> {
    let cells = load(dir, "sieved")?;
    let traced = trace(cells.view(), &grid_of(&cells));
    drop(cells);
    clock::time(
        || generalise(&traced, CELL, &TOLERANCE),
        |done| {
            json!({
                "points_before": traced.n_points(),
                "points": done.coverage.n_points(),
                "arcs_by_level": done.n_arcs_by_level,
            })
        },
    )
}

pub(crate) fn check_coverage(dir: &Path, name: &str) -> Outcome<Value> {
    let polygons = shapes::read(dir, name)?;
    clock::time(
        || check(&polygons, None, Limits::default()),
        |defects| json!({ "polygons": polygons.len(), "defects": defects.as_ref().map(Vec::len).ok() }),
    )
}

/// Cells of each class in each commune.
pub(crate) fn zonal(dir: &Path) -> Outcome<Value> {
    let cells = load(dir, "raw")?;
    let communes = shapes::read(dir, "communes")?;
    let grid = grid_of(&cells);
    clock::time(
        || class_cells(cells.view(), &communes, N_CLASSES as usize + 1, &grid),
        |table| json!({ "cells": table.sum() }),
    )
}
