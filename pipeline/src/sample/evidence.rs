//! What other producers know of the second date: right on the whole, a metre off, with holes.

use kernels::lattice::{Point, Polygon, Ring};

use super::mosaic::{Mosaic, Object, plain};
use super::noise::{hash, unit};
use super::paint::Drawing;
use super::settle::Land;
use super::usage::{BUILT, Codes, Look, ParcelUse};

/// A surface with its nature.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// Its nature, in the words of its producer.
    pub nature: &'static str,
    /// Its shape.
    pub polygon: Polygon,
}

/// An axis with its nature and width.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Its nature, in the words of its producer.
    pub nature: &'static str,
    /// Its width, in metres.
    pub width_m: f64,
    /// Its course.
    pub points: Vec<Point>,
}

/// Every layer of evidence.
#[derive(Debug)]
pub struct Evidence {
    /// Buildings, with BD TOPO's `usage_1`.
    pub buildings: Vec<Surface>,
    /// Road axes.
    pub roads: Vec<Course>,
    /// Railway axes.
    pub rail: Vec<Course>,
    /// Water.
    pub water: Vec<Surface>,
    /// Declared crops, with RPG codes.
    pub crops: Vec<Surface>,
    /// Woods, with the family of their trees.
    pub forest: Vec<Surface>,
    /// Sports grounds, with BD TOPO's nature.
    pub sports: Vec<Surface>,
}

/// Share of the buildings that the producer has missed.
const MISSED: f64 = 0.02;

/// Share of the fields that nobody has declared.
const UNDECLARED: f64 = 0.12;

impl Evidence {
    /// Draws every layer for the second date.
    pub fn of(land: &Land, after: &[ParcelUse], drawing: &Drawing, mosaic: &Mosaic) -> Self {
        let seed = land.ground.seed;
        let plan = (land, after, mosaic);
        let courses = |look: Look| {
            drawing
                .axes
                .iter()
                .enumerate()
                .filter(|(_, a)| a.look == look && a.points.len() > 1)
                .filter(|(_, a)| a.points.iter().any(|p| is_in_square(land, *p)))
                .map(|(i, a)| Course {
                    nature: if look == Look::Rail {
                        "Voie ferrée principale"
                    } else {
                        "Route à 1 chaussée"
                    },
                    width_m: a.width_m,
                    points: a.points.iter().map(|&p| nudged(seed, look as i64, i, p)).collect(),
                })
                .collect()
        };
        Self {
            buildings: buildings(land, drawing, &mosaic.objects(&mosaic.after)),
            roads: courses(Look::Road),
            rail: courses(Look::Rail),
            water: water(land, drawing),
            crops: parcels(plan, 3, &|p| crops(seed, after, p)),
            forest: parcels(plan, 4, &|p| forest(after, p)),
            sports: parcels(plan, 5, &|p| sports(after, p)),
        }
    }
}

fn is_in_square(land: &Land, p: Point) -> bool {
    let square = land.ground.square().0;
    (square[0].x..=square[2].x).contains(&p.x) && (square[0].y..=square[2].y).contains(&p.y)
}

/// A point moved with its whole feature, by at most a metre.
fn nudged(seed: u64, layer: i64, feature: usize, p: Point) -> Point {
    let bits = hash(seed ^ 0x5e1f, layer, feature as i64);
    let shift = |bits: u64| (bits % 141) as i32 - 70;
    Point::new(p.x + shift(bits), p.y + shift(bits >> 32))
}

fn nudged_polygon(seed: u64, layer: i64, feature: usize, polygon: &Polygon) -> Polygon {
    let ring = |r: &Ring| Ring(r.0.iter().map(|&p| nudged(seed, layer, feature, p)).collect());
    Polygon { exterior: ring(&polygon.exterior), holes: polygon.holes.iter().map(ring).collect() }
}

/// Detached buildings as they are seen, terraced ones as blocks.
fn buildings(land: &Land, drawing: &Drawing, truth: &[Object]) -> Vec<Surface> {
    let seed = land.ground.seed;
    let seen = drawing
        .paints
        .iter()
        .filter(|p| p.after && p.look.is_building() && p.look != Look::OldTown)
        .map(|p| (plain(p.seen.as_ref().unwrap_or(&p.ring)), p.look.codes().us));
    let blocks = truth
        .iter()
        .filter(|o| o.codes == Codes { cs: BUILT, us: "US5" } && o.polygon.area_m2() > 400.0)
        .map(|o| (o.polygon.clone(), "US5"));
    seen.chain(blocks)
        .enumerate()
        .filter(|(_, (polygon, _))| polygon.exterior.0.iter().any(|&p| is_in_square(land, p)))
        .filter(|(i, _)| unit(seed ^ 0x0b17, *i as i64, 0) >= MISSED)
        .map(|(i, (polygon, us))| Surface {
            nature: match us {
                "US1.1" => "Agricole",
                "US2" => "Industriel",
                "US3" => "Commercial et services",
                _ => "Résidentiel",
            },
            polygon: nudged_polygon(seed, 1, i, &polygon),
        })
        .collect()
}

fn water(land: &Land, drawing: &Drawing) -> Vec<Surface> {
    let n_water = drawing.paints.iter().filter(|p| p.look == Look::Water).count();
    drawing
        .paints
        .iter()
        .filter(|p| p.look == Look::Water)
        .enumerate()
        .filter(|(_, p)| p.ring.0.iter().any(|&p| is_in_square(land, p)))
        .map(|(i, p)| Surface {
            // The river is drawn after the ponds.
            nature: if i + 1 == n_water { "Ecoulement naturel" } else { "Plan d'eau" },
            polygon: nudged_polygon(land.ground.seed, 2, i, &plain(&p.ring)),
        })
        .collect()
}

/// Fields that their farmer has declared, with their crop.
fn crops(seed: u64, after: &[ParcelUse], p: usize) -> Option<&'static str> {
    let ParcelUse::Open(look) = after[p] else { return None };
    if unit(seed ^ 0x4b9, p as i64, 0) < UNDECLARED {
        return None;
    }
    match look {
        Look::Arable => {
            let sown = ["BTH", "BDH", "TRN", "MIS", "LUZ"];
            Some(sown[(hash(seed ^ 0x4ba, p as i64, 0) % 5) as usize])
        }
        Look::Meadow => Some("PPH"),
        Look::Vine => Some("VRC"),
        Look::Orchard => Some("VRG"),
        _ => None,
    }
}

/// Woods, with the family of their trees.
fn forest(after: &[ParcelUse], p: usize) -> Option<&'static str> {
    match after[p] {
        ParcelUse::Open(Look::Broadleaf) => Some("Feuillus"),
        ParcelUse::Open(Look::Conifer) => Some("Conifères"),
        ParcelUse::Open(Look::Mixed) => Some("Mixte"),
        _ => None,
    }
}

/// Sports grounds.
fn sports(after: &[ParcelUse], p: usize) -> Option<&'static str> {
    (after[p] == ParcelUse::Sports).then_some("Grand terrain de sport")
}

/// The parcels that have a nature, without what roads and water take from them.
fn parcels(
    (land, after, mosaic): (&Land, &[ParcelUse], &Mosaic),
    layer: i64,
    nature: &dyn Fn(usize) -> Option<&'static str>,
) -> Vec<Surface> {
    let codes = |p: usize| Some(after[p].look().codes());
    mosaic
        .by_parcel(&|p| nature(p).map(|_| p as u32), &codes)
        .into_iter()
        .filter(|(_, polygon)| polygon.area_m2() > 400.0)
        .map(|(p, polygon)| Surface {
            nature: nature(p as usize).expect("kept above"),
            polygon: nudged_polygon(land.ground.seed, layer, p as usize, &polygon),
        })
        .collect()
}
