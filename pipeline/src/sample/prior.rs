//! The prior vintage: the truth of the first date as a producer would have delivered it, with
//! labels that are wrong and vertices that are half a metre off.

use std::collections::BTreeSet;

use kernels::arrangement::{ArrangementError, UNBOUNDED, arrange};
use kernels::lattice::{Point, Polygon, Ring};

use super::ground::Ground;
use super::mosaic::{Mosaic, Object};
use super::noise::{hash, surface};
use super::usage::Codes;

/// Share of the objects with a wrong label.
const WRONG_SHARE: f64 = 0.05;

/// Largest object that gets a wrong label, in square metres.
const WRONG_MAX_M2: f64 = 45_000.0;

/// Largest displacement of a vertex along each axis, in lattice steps.
const SHIFT: f64 = 50.0;

/// An object of the first date that the prior vintage labels wrongly.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongLabel {
    /// Its codes in truth.
    pub truth: Codes,
    /// Its codes in the prior vintage.
    pub prior: Codes,
    /// Its shape in truth.
    pub polygon: Polygon,
}

/// The prior vintage and what is wrong with its labels.
pub struct Prior {
    /// Its objects, a valid coverage of the territory.
    pub objects: Vec<Object>,
    /// The objects that it labels wrongly.
    pub wrong: Vec<WrongLabel>,
}

/// The code with which a producer confuses another one, of the same family.
fn confusion(codes: Codes) -> Option<(&'static str, &'static str)> {
    Some(match (codes.cs, codes.us) {
        ("CS2.1.3", "US1.1") => ("CS2.1.2", "US1.1"),
        ("CS2.1.2" | "CS2.2.1", "US1.1") => ("CS2.1.3", "US1.1"),
        ("CS2.1.1.1" | "CS2.1.1.2", "US1.2") => ("CS2.1.1.3", "US1.2"),
        ("CS2.1.1.3", "US1.2") => ("CS2.1.1.1", "US1.2"),
        ("CS2.1.1.1" | "CS1.2.1", "US6.3") => ("CS2.1.2", "US6.3"),
        ("CS2.1.2", "US6.3") => ("CS2.2.1", "US6.3"),
        ("CS2.2.1", "US6.3") => ("CS2.2.1", "US1.1"),
        ("CS2.2.1", "US5") => ("CS2.2.1", "US3"),
        ("CS2.2.1", "US3") => ("CS2.2.1", "US5"),
        ("CS1.1.1.1", "US5" | "US2") => ("CS1.1.1.1", "US3"),
        ("CS1.1.1.1", "US3") => ("CS1.1.1.1", "US2"),
        ("CS1.1.1.1", "US1.1") => ("CS1.1.1.1", "US5"),
        ("CS1.1.2.1", "US2") => ("CS1.1.1.2", "US3"),
        ("CS1.1.1.2", "US3") | ("CS1.1.2.1", "US6.1") => ("CS1.1.2.1", "US2"),
        _ => return None,
    })
}

impl Prior {
    /// Degrades the truth of the first date.
    ///
    /// # Errors
    /// The territory is too large for one arrangement.
    pub fn of(ground: &Ground, mosaic: &Mosaic) -> Result<Self, ArrangementError> {
        let truth = mosaic.objects(&mosaic.before);
        let mut labels = mosaic.before.clone();
        let wrong = mislabel(ground.seed, mosaic, &truth, &mut labels);
        let mut objects = mosaic.objects(&labels);
        displace(ground, &mut objects)?;
        Ok(Self { objects, wrong })
    }
}

/// Gives wrong labels to one object in twenty, taken among those that a producer could confuse.
fn mislabel(seed: u64, mosaic: &Mosaic, truth: &[Object], labels: &mut [u32]) -> Vec<WrongLabel> {
    let rank_of = |codes: (&str, &str)| {
        mosaic.couples.iter().position(|c| (c.cs, c.us) == codes).map(|r| r as u32)
    };
    let mut candidates: Vec<(u64, usize, u32)> = truth
        .iter()
        .enumerate()
        .filter(|(_, o)| !o.is_ossature && o.polygon.area_m2() < WRONG_MAX_M2)
        .filter_map(|(i, o)| {
            Some((hash(seed ^ 0x77, i as i64, 1), i, rank_of(confusion(o.codes)?)?))
        })
        .collect();
    candidates.sort_unstable();
    let n_wrong = (WRONG_SHARE * truth.len() as f64).round() as usize;
    let mut wrong = Vec::new();
    for &(_, i, label) in candidates.iter().take(n_wrong) {
        for &face in &truth[i].faces {
            labels[face as usize] = label;
        }
        wrong.push(WrongLabel {
            truth: truth[i].codes,
            prior: mosaic.couples[label as usize],
            polygon: truth[i].polygon.clone(),
        });
    }
    wrong
}

/// Moves every vertex by a field that neighbours share; where moving would break the coverage,
/// the vertices around stay in place.
fn displace(ground: &Ground, objects: &mut [Object]) -> Result<(), ArrangementError> {
    let mut fixed: BTreeSet<Point> = BTreeSet::new();
    loop {
        let moved: Vec<Polygon> = objects
            .iter()
            .map(|o| {
                moved_polygon(&o.polygon, &|p| {
                    if fixed.contains(&p) { p } else { shifted(ground, p) }
                })
            })
            .collect();
        let faults = faults(ground, &moved)?;
        let n_fixed = fixed.len();
        let step = 2000 << i32::from(n_fixed > 0);
        for object in objects.iter() {
            for p in object.polygon.rings().flat_map(|r| &r.0) {
                let near = |f: &Point| (p.x - f.x).abs() < step && (p.y - f.y).abs() < step;
                if faults.iter().any(near) {
                    fixed.insert(*p);
                }
            }
        }
        if faults.is_empty() || fixed.len() == n_fixed {
            if faults.is_empty() {
                for (object, polygon) in objects.iter_mut().zip(moved) {
                    object.polygon = polygon;
                }
            }
            return Ok(());
        }
    }
}

/// Where polygons overlap or leave the square uncovered.
fn faults(ground: &Ground, polygons: &[Polygon]) -> Result<Vec<Point>, ArrangementError> {
    let square = vec![super::mosaic::plain(&ground.square())];
    let arrangement = arrange(&[polygons, &square])?;
    let is_fault = |face: u32| {
        face != UNBOUNDED
            && (arrangement.labels(face, 0).len() != 1 || arrangement.labels(face, 1).len() != 1)
    };
    let mut found: Vec<Point> = arrangement
        .edges()
        .filter(|e| is_fault(e.left) || is_fault(e.right))
        .flat_map(|e| [e.a, e.b])
        .collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// A vertex moved by at most half a metre; those of the limit slide along it, its corners stay.
fn shifted(ground: &Ground, p: Point) -> Point {
    let (x, y) = (f64::from(p.x) / 900.0, f64::from(p.y) / 900.0);
    let shift = |seed: u64| (SHIFT * surface(ground.seed ^ seed, x, y)).round() as i32;
    let square = ground.square().0;
    let (low, high) = (square[0], square[2]);
    let along_x = p.y == low.y || p.y == high.y;
    let along_y = p.x == low.x || p.x == high.x;
    let dx = if along_y { 0 } else { shift(0x3001).clamp(low.x - p.x + 1, high.x - p.x - 1) };
    let dy = if along_x { 0 } else { shift(0x3002).clamp(low.y - p.y + 1, high.y - p.y - 1) };
    Point::new(p.x + dx, p.y + dy)
}

fn moved_polygon(polygon: &Polygon, place: &dyn Fn(Point) -> Point) -> Polygon {
    let ring = |ring: &Ring| {
        let mut points: Vec<Point> = ring.0.iter().map(|&p| place(p)).collect();
        points.dedup();
        Ring(points)
    };
    Polygon { exterior: ring(&polygon.exterior), holes: polygon.holes.iter().map(ring).collect() }
}
