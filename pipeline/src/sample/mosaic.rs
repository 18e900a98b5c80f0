//! The truth: the drawing cut into faces once for both dates, held to the capture rules, and
//! dissolved into two vintages that share every vertex where nothing changed.

use std::collections::{BTreeMap, BTreeSet};

use kernels::arrangement::{
    Arrangement, ArrangementError, FaceId, LayerMask, NO_KEY, UNBOUNDED, arrange,
};
use kernels::lattice::{Polygon, Ring, TWICE_AREA_PER_M2};

use super::ground::Ground;
use super::paint::{Drawing, Paint};
use super::usage::{BUILT, Codes};

/// Minimum unit of a building, of anything else in the built zone, of anything else outside it
/// (capture rules of OCS GE), in square metres.
const UNITS_M2: [i128; 3] = [200, 500, 2500];

/// An object of a vintage.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its codes.
    pub codes: Codes,
    /// Its shape.
    pub polygon: Polygon,
    /// Whether it belongs to the skeleton of main roads and railways.
    pub is_ossature: bool,
    /// Its faces in the mosaic.
    pub faces: Vec<FaceId>,
}

/// A piece of ground whose codes truly differ between the dates.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Codes at the first date.
    pub from: Codes,
    /// Codes at the second date.
    pub to: Codes,
    /// Its shape.
    pub polygon: Polygon,
}

/// The faces of both dates with their codes.
pub struct Mosaic {
    arrangement: Arrangement,
    /// Every couple in use, sorted; labels are ranks in it.
    pub couples: Vec<Codes>,
    /// Label of each face at the first date; [`NO_KEY`] outside the territory.
    pub before: Vec<u32>,
    /// Label of each face at the second date.
    pub after: Vec<u32>,
    ossature: Vec<bool>,
    urban: Vec<bool>,
    parcel: Vec<u32>,
    borders: Vec<Border>,
}

/// How far two faces run along each other.
#[derive(Debug, Clone, Copy)]
struct Border {
    one: FaceId,
    other: FaceId,
    length: f64,
}

/// A polygon without holes.
pub fn plain(ring: &Ring) -> Polygon {
    Polygon { exterior: ring.clone(), holes: Vec::new() }
}

impl Mosaic {
    /// Cuts the drawing into faces and settles the codes of both dates.
    ///
    /// # Errors
    /// The drawing is too large for one arrangement.
    pub fn of(ground: &Ground, drawing: &Drawing) -> Result<Self, ArrangementError> {
        let paints: Vec<Polygon> = drawing.paints.iter().map(|p| plain(&p.ring)).collect();
        let square = vec![plain(&ground.square())];
        let arrangement = arrange(&[&paints, &square])?;
        let couples: BTreeSet<Codes> = drawing.paints.iter().map(|p| p.look.codes()).collect();
        let couples: Vec<Codes> = couples.into_iter().collect();
        let n = arrangement.n_faces();
        let mut mosaic = Self {
            borders: borders(&arrangement),
            before: vec![NO_KEY; n],
            after: vec![NO_KEY; n],
            ossature: vec![false; n],
            urban: vec![false; n],
            parcel: vec![NO_KEY; n],
            arrangement,
            couples,
        };
        mosaic.label(&drawing.paints, &drawing.parcel_of);
        mosaic.settle();
        Ok(mosaic)
    }

    fn label(&mut self, paints: &[Paint], parcel_of: &[usize]) {
        for face in 1..self.arrangement.n_faces() as u32 {
            if self.arrangement.labels(face, 1).is_empty() {
                continue;
            }
            let there = self.arrangement.labels(face, 0);
            let top = |is_there: fn(&Paint) -> bool| {
                there.iter().rev().map(|&p| &paints[p as usize]).find(|&p| is_there(p))
            };
            let rank = |paint: Option<&Paint>| {
                paint.map_or(NO_KEY, |p| {
                    self.couples.binary_search(&p.look.codes()).expect("listed above") as u32
                })
            };
            let (before, after) = (top(|p| p.before), top(|p| p.after));
            self.ossature[face as usize] = before.is_some_and(|p| p.is_ossature);
            self.parcel[face as usize] = there
                .first()
                .and_then(|&p| parcel_of.get(p as usize))
                .map_or(NO_KEY, |&p| p as u32);
            self.urban[face as usize] = there.iter().any(|&p| paints[p as usize].is_urban);
            self.before[face as usize] = rank(before);
            self.after[face as usize] = rank(after);
        }
    }

    /// Holds both dates, and the difference between them, to the minimum units.
    fn settle(&mut self) {
        let mut before = std::mem::take(&mut self.before);
        let mut after = std::mem::take(&mut self.after);
        self.absorb_small(&mut before);
        for _ in 0..24 {
            self.absorb_small(&mut after);
            let pairs: Vec<u32> = self.pairs(&before, &after);
            let parts = self.parts(&pairs);
            let mut is_settled = true;
            for face in 0..after.len() {
                let is_change = pairs[face] != NO_KEY && before[face] != after[face];
                if is_change && parts.is_small[parts.root[face] as usize] {
                    after[face] = before[face];
                    is_settled = false;
                }
            }
            if is_settled {
                break;
            }
        }
        self.before = before;
        self.after = after;
    }

    /// One key per pair of codes where they differ, [`NO_KEY`] elsewhere.
    fn pairs(&self, before: &[u32], after: &[u32]) -> Vec<u32> {
        let n = self.couples.len() as u32;
        before
            .iter()
            .zip(after)
            .map(|(&b, &a)| if b == a || b == NO_KEY { NO_KEY } else { n * b + a })
            .collect()
    }

    /// Gives every part under its unit to the neighbour it runs longest along, small ones first.
    fn absorb_small(&self, labels: &mut [u32]) {
        for _ in 0..60 {
            let parts = self.parts(labels);
            let mut along: BTreeMap<(u32, u32), f64> = BTreeMap::new();
            for border in &self.borders {
                let (one, other) =
                    (parts.root[border.one as usize], parts.root[border.other as usize]);
                if one != other
                    && labels[one as usize] != NO_KEY
                    && labels[other as usize] != NO_KEY
                {
                    for (part, host) in [(one, other), (other, one)] {
                        if parts.is_small[part as usize] {
                            *along.entry((part, host)).or_default() += border.length;
                        }
                    }
                }
            }
            let moves = self.moves(&parts, labels, &along);
            if moves.is_empty() {
                return;
            }
            for face in 0..labels.len() {
                if let Some(&host) = moves.get(&parts.root[face]) {
                    labels[face] = labels[host as usize];
                }
            }
        }
    }

    /// Which parts move into which neighbours in one pass: never two that touch.
    fn moves(
        &self,
        parts: &Parts,
        labels: &[u32],
        along: &BTreeMap<(u32, u32), f64>,
    ) -> BTreeMap<u32, u32> {
        let built = |part: u32| self.couples[labels[part as usize] as usize].cs == BUILT;
        let mut best: BTreeMap<u32, (bool, f64, u32)> = BTreeMap::new();
        for (&(part, host), &length) in along {
            let offer = (!built(host), length, host);
            let held = best.entry(part).or_insert(offer);
            if (offer.0, offer.1) > (held.0, held.1) {
                *held = offer;
            }
        }
        let mut queue: Vec<(i128, u32)> =
            best.keys().map(|&p| (parts.twice_area[p as usize], p)).collect();
        queue.sort_unstable();
        let mut busy: BTreeSet<u32> = BTreeSet::new();
        let mut moves = BTreeMap::new();
        for (_, part) in queue {
            let host = best[&part].2;
            let around = along.range((part, 0)..=(part, u32::MAX)).map(|(&(_, h), _)| h);
            if busy.contains(&part) || around.clone().any(|h| moves.contains_key(&h)) {
                continue;
            }
            busy.insert(host);
            busy.insert(part);
            moves.insert(part, host);
        }
        moves
    }

    /// Groups touching faces of the same label.
    fn parts(&self, labels: &[u32]) -> Parts {
        let n = labels.len();
        let mut root: Vec<u32> = (0..n as u32).collect();
        for border in &self.borders {
            if labels[border.one as usize] == labels[border.other as usize] {
                let (one, other) = (find(&mut root, border.one), find(&mut root, border.other));
                root[one.max(other) as usize] = one.min(other);
            }
        }
        for face in 0..n as u32 {
            let top = find(&mut root, face);
            root[face as usize] = top;
        }
        let mut parts = Parts { twice_area: vec![0; n], is_small: vec![false; n], root };
        let mut urban = vec![false; n];
        for face in 1..n {
            let part = parts.root[face] as usize;
            parts.twice_area[part] += self.arrangement.twice_area(face as u32);
            urban[part] |= self.urban[face];
        }
        for part in 1..n {
            if labels[part] == NO_KEY || parts.root[part] as usize != part {
                continue;
            }
            let codes = self.couples[labels[part] as usize % self.couples.len()];
            let unit = if codes.cs == BUILT {
                0
            } else if urban[part] {
                1
            } else {
                2
            };
            parts.is_small[part] = parts.twice_area[part] < UNITS_M2[unit] * TWICE_AREA_PER_M2;
        }
        parts
    }

    /// The objects of a vintage given by the labels of the faces, sorted by codes then place.
    pub fn objects(&self, labels: &[u32]) -> Vec<Object> {
        let dissolved = self.arrangement.dissolve(labels, LayerMask::of(&[1]));
        let object = |d: kernels::arrangement::Dissolved| {
            let main: i128 = d
                .faces
                .iter()
                .filter(|&&f| self.ossature[f as usize])
                .map(|&f| self.arrangement.twice_area(f))
                .sum();
            Object {
                codes: self.couples[d.key as usize],
                is_ossature: 4 * main > d.polygon.twice_area(),
                polygon: d.polygon,
                faces: d.faces,
            }
        };
        dissolved.into_iter().map(object).collect()
    }

    /// The shapes of whole parcels, or of what is left of them, grouped by a key.
    ///
    /// * `key`: key of a parcel; parcels without one are dropped.
    /// * `only`: codes that a face must have at the second date, when given for the parcel.
    pub fn by_parcel(
        &self,
        key: &dyn Fn(usize) -> Option<u32>,
        only: &dyn Fn(usize) -> Option<Codes>,
    ) -> Vec<(u32, Polygon)> {
        let of_face = |face: usize| {
            let parcel = self.parcel[face];
            if self.after[face] == NO_KEY || parcel == NO_KEY {
                return NO_KEY;
            }
            let parcel = parcel as usize;
            match only(parcel) {
                Some(codes) if self.couples[self.after[face] as usize] != codes => NO_KEY,
                _ => key(parcel).unwrap_or(NO_KEY),
            }
        };
        let keys: Vec<u32> = (0..self.after.len()).map(of_face).collect();
        let dissolved = self.arrangement.dissolve(&keys, LayerMask::NONE);
        dissolved.into_iter().map(|d| (d.key, d.polygon)).collect()
    }

    /// The true changes, sorted by codes then place.
    pub fn changes(&self) -> Vec<Change> {
        let n = self.couples.len() as u32;
        let pairs = self.pairs(&self.before, &self.after);
        let dissolved = self.arrangement.dissolve(&pairs, LayerMask::NONE);
        dissolved
            .into_iter()
            .map(|d| Change {
                from: self.couples[(d.key / n) as usize],
                to: self.couples[(d.key % n) as usize],
                polygon: d.polygon,
            })
            .collect()
    }

    /// Twice the area whose labels differ between two labellings.
    pub fn twice_area_between(&self, one: &[u32], other: &[u32]) -> i128 {
        (1..one.len())
            .filter(|&f| one[f] != other[f])
            .map(|f| self.arrangement.twice_area(f as u32))
            .sum()
    }
}

/// Faces grouped into parts; a part is named by its lowest face.
struct Parts {
    root: Vec<u32>,
    twice_area: Vec<i128>,
    is_small: Vec<bool>,
}

fn find(root: &mut [u32], mut face: u32) -> u32 {
    while root[face as usize] != face {
        root[face as usize] = root[root[face as usize] as usize];
        face = root[face as usize];
    }
    face
}

/// The length of the border of every two faces that touch, sorted by faces.
fn borders(arrangement: &Arrangement) -> Vec<Border> {
    let mut lengths: BTreeMap<(FaceId, FaceId), f64> = BTreeMap::new();
    for edge in arrangement.edges() {
        if edge.left != UNBOUNDED && edge.right != UNBOUNDED {
            let dx = f64::from(edge.b.x - edge.a.x);
            let dy = f64::from(edge.b.y - edge.a.y);
            let pair = (edge.left.min(edge.right), edge.left.max(edge.right));
            *lengths.entry(pair).or_default() += dx.hypot(dy);
        }
    }
    lengths.into_iter().map(|((one, other), length)| Border { one, other, length }).collect()
}
