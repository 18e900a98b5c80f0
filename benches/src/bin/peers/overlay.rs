//! Two vintages laid over each other: one arrangement, or every pair that may meet.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use geo::{Area, BooleanOps};
use geo_types::{Coord, LineString};
use kernels::arrangement::{Arrangement, arrange};
use kernels::lattice::{Polygon, Ring, area_m2};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::{Outcome, clock, shapes};

/// Classes of the polygons: their rank modulo this.
const N_CLASSES: u32 = 14;

/// Writes the two vintages of a coverage.
pub(crate) fn make(dir: &Path, vintages: &[Vec<Polygon>; 2]) -> Outcome<Value> {
    fs::create_dir_all(dir)?;
    for (name, polygons) in ["before", "after"].into_iter().zip(vintages) {
        shapes::write(dir, name, polygons)?;
    }
    Ok(json!({ "n_polygons": vintages[0].len() }))
}

/// Arrangement, labels, and the table of areas by class before and after.
pub(crate) fn arrange_vintages(dir: &Path) -> Outcome<Value> {
    let vintages = ["before", "after"].map(|name| shapes::read(dir, name));
    let [before, after] = vintages;
    let (before, after) = (before?, after?);
    clock::time(
        || {
            let arranged = arrange(&[&before, &after]).expect("on the lattice");
            let table = transitions(&arranged);
            (arranged.n_faces(), table)
        },
        |(n_faces, table)| {
            let both = table.iter().filter(|(key, _)| key.0.is_some() && key.1.is_some());
            let common_m2 = area_m2(both.map(|(_, area)| area).sum());
            json!({ "polygons": before.len(), "faces": n_faces, "common_m2": common_m2 })
        },
    )
}

/// Twice the area of every couple of classes.
fn transitions(arranged: &Arrangement) -> BTreeMap<(Option<u32>, Option<u32>), i128> {
    let mut table = BTreeMap::new();
    for face in 1..arranged.n_faces() as u32 {
        let class = |layer| arranged.label(face, layer).map(|rank| rank % N_CLASSES);
        *table.entry((class(0), class(1))).or_default() += arranged.twice_area(face);
    }
    table
}

/// The intersection of each polygon with every one of the other vintage whose box meets its own.
pub(crate) fn intersect_pairs(dir: &Path) -> Outcome<Value> {
    let (before, after) = (shapes::read(dir, "before")?, shapes::read(dir, "after")?);
    let pairs = pairs(&before, &after);
    let [before, after] =
        [&before, &after].map(|own| own.iter().map(in_metres).collect::<Vec<_>>());
    clock::time(
        || -> f64 {
            let areas: Vec<f64> = pairs
                .par_iter()
                .map(|&(b, a)| before[b].intersection(&after[a]).unsigned_area())
                .collect();
            areas.iter().sum()
        },
        |common_m2| json!({ "polygons": before.len(), "pairs": pairs.len(), "common_m2": common_m2 }),
    )
}

/// A polygon of `geo`, in metres.
fn in_metres(polygon: &Polygon) -> geo_types::Polygon<f64> {
    let line = |ring: &Ring| {
        let corners = ring.0.iter().chain(ring.0.first());
        LineString(corners.map(|p| Coord::from(p.to_metres())).collect())
    };
    geo_types::Polygon::new(line(&polygon.exterior), polygon.holes.iter().map(line).collect())
}

/// Polygons of the two lists whose boxes meet, found by a sweep from west to east.
fn pairs(before: &[Polygon], after: &[Polygon]) -> Vec<(usize, usize)> {
    // Bands of northings keep the sweep's front short.
    const BAND: i32 = 1 << 13;
    let entries = |polygons: &[Polygon], is_after: bool| {
        let mut entries = Vec::new();
        for (rank, polygon) in polygons.iter().enumerate() {
            let Some((low, high)) = polygon.bounds() else { continue };
            for band in low.y.div_euclid(BAND)..=high.y.div_euclid(BAND) {
                entries.push((band, low.x, high.x, low.y, high.y, is_after, rank));
            }
        }
        entries
    };
    let mut entries = [entries(before, false), entries(after, true)].concat();
    entries.sort_unstable();
    let mut pairs = Vec::new();
    for (i, s) in entries.iter().enumerate() {
        for t in entries[i + 1..].iter().take_while(|t| t.0 == s.0 && t.1 <= s.2) {
            if s.5 != t.5 && s.3 <= t.4 && t.3 <= s.4 {
                pairs.push(if s.5 { (t.6, s.6) } else { (s.6, t.6) });
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
