//! The arranged ground near the corrections: who owns each face, with which codes, by whose hand.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use nomenclature::Couple;
use rustc_hash::FxHashMap;

use super::{Act, Amended, Amendment, WHOLE_PERMILLE};
use crate::arrangement::{Arrangement, FaceId, NO_KEY};
use crate::lattice::Polygon;
use crate::union_find::UnionFind;

/// Whose ground a face is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// The object of this rank.
    Object(u32),
    /// The object that the amendment of this rank added.
    Added(u32),
}

/// A face of the coverage.
#[derive(Debug, Clone)]
struct Face {
    /// The object that it was of.
    object: u32,
    owner: Owner,
    couple: Couple,
    /// The amendments that changed it, ascending.
    by: Vec<u32>,
}

/// The faces, and what was done to them.
pub(super) struct Plot<'a> {
    plane: &'a Arrangement,
    prior: &'a [Polygon],
    /// `None` outside the coverage.
    faces: Vec<Option<Face>>,
    /// Faces that an owner has or had.
    held: FxHashMap<Owner, Vec<FaceId>>,
    /// Faces of the coverage under each drawn outline, ascending.
    under: FxHashMap<u32, Vec<FaceId>>,
    /// The face beyond each side of a face, and the length of that side.
    beside: Vec<Vec<(FaceId, u64)>>,
    /// The couple of every object of the coverage, and the amendments that changed it as a whole.
    objects: Vec<(Couple, Vec<u32>)>,
    /// Whether each object is part of the plane.
    is_here: Vec<bool>,
    /// Doubled area that each amendment changed.
    pub(super) changed: Vec<i128>,
    /// Doubled area given up that no neighbour could take.
    pub(super) unclaimed: i128,
}

impl<'a> Plot<'a> {
    /// The ground of the objects `chosen`, which are the first layer of `plane`.
    pub(super) fn new(
        plane: &'a Arrangement,
        chosen: &[u32],
        prior: &'a [Polygon],
        couples: &[Couple],
    ) -> Self {
        let mut plot = Self {
            plane,
            prior,
            faces: vec![None; plane.n_faces()],
            held: FxHashMap::default(),
            under: FxHashMap::default(),
            beside: vec![Vec::new(); plane.n_faces()],
            objects: couples.iter().map(|&couple| (couple, Vec::new())).collect(),
            is_here: vec![false; couples.len()],
            changed: Vec::new(),
            unclaimed: 0,
        };
        for &rank in chosen {
            plot.is_here[rank as usize] = true;
        }
        for face in 1..plane.n_faces() as FaceId {
            let Some(rank) = plane.label(face, 0) else { continue };
            let object = chosen[rank as usize];
            let (owner, couple) = (Owner::Object(object), couples[object as usize]);
            plot.faces[face as usize] = Some(Face { object, owner, couple, by: Vec::new() });
            plot.held.entry(owner).or_default().push(face);
            for &outline in plane.labels(face, 1) {
                plot.under.entry(outline).or_default().push(face);
            }
        }
        for edge in plane.edges() {
            let length = edge.length_parts();
            plot.beside[edge.left as usize].push((edge.right, length));
            plot.beside[edge.right as usize].push((edge.left, length));
        }
        plot
    }

    /// Applies the amendment of a rank, whose outline, if it has one, is the drawn one of rank
    /// `drawn`.
    pub(super) fn apply(&mut self, rank: u32, amendment: &Amendment, drawn: u32) {
        self.changed.push(0);
        let codes = amendment.couple;
        match &amendment.act {
            Act::Recode(objects) => {
                for &object in objects {
                    self.recode(rank, object, codes);
                }
            }
            Act::RecodePart { within, .. } => self.recode_part(rank, within, codes, drawn),
            Act::Redraw { object, .. } => self.redraw(rank, *object, codes, drawn),
            Act::Merge(objects) => self.merge(rank, objects, codes),
            Act::Insert(_) => {
                for face in self.ground_under(drawn) {
                    let couple = self.face(face).couple.overlaid(codes);
                    self.give(rank, face, Owner::Added(rank), couple);
                }
            }
        }
    }

    fn recode(&mut self, rank: u32, object: u32, codes: Couple) {
        let (couple, by) = &mut self.objects[object as usize];
        if couple.overlaid(codes) == *couple {
            return;
        }
        *couple = couple.overlaid(codes);
        by.push(rank);
        if !self.is_here[object as usize] {
            self.changed[rank as usize] += self.prior[object as usize].twice_area();
        }
        for face in self.ground_of(object) {
            let couple = self.face(face).couple.overlaid(codes);
            self.give(rank, face, Owner::Object(object), couple);
        }
    }

    fn recode_part(&mut self, rank: u32, within: &[u32], codes: Couple, drawn: u32) {
        let mut inside: BTreeMap<Owner, Vec<FaceId>> = BTreeMap::new();
        for face in self.ground_under(drawn) {
            inside.entry(self.face(face).owner).or_default().push(face);
        }
        for (owner, faces) in inside {
            if let Owner::Object(object) = owner {
                if !within.is_empty() && !within.contains(&object) {
                    continue;
                }
                let all = self.twice_area(&self.ground_of(object));
                if 1000 * self.twice_area(&faces) >= WHOLE_PERMILLE * all {
                    self.recode(rank, object, codes);
                    continue;
                }
            } else if !within.is_empty() {
                continue;
            }
            for face in faces {
                let couple = self.face(face).couple.overlaid(codes);
                self.give(rank, face, owner, couple);
            }
        }
    }

    fn twice_area(&self, faces: &[FaceId]) -> i128 {
        faces.iter().map(|&face| self.plane.twice_area(face)).sum()
    }

    /// The ground of the coverage: twice its area, in square lattice steps.
    pub(super) fn covered(&self) -> i128 {
        let elsewhere = self.prior.iter().zip(&self.is_here).filter(|(_, is_here)| !**is_here);
        let here = (0..).zip(&self.faces).filter(|(_, face)| face.is_some());
        elsewhere.map(|(polygon, _)| polygon.twice_area()).sum::<i128>()
            + here.map(|(face, _)| self.plane.twice_area(face)).sum::<i128>()
    }

    fn merge(&mut self, rank: u32, objects: &[u32], codes: Couple) {
        let Some(&first) = objects.first() else { return };
        self.recode(rank, first, codes);
        let couple = self.objects[first as usize].0;
        for &object in objects {
            for face in self.ground_of(object) {
                self.give(rank, face, Owner::Object(first), couple);
            }
        }
    }

    fn redraw(&mut self, rank: u32, object: u32, codes: Couple, drawn: u32) {
        self.recode(rank, object, codes);
        let (own, couple) = (Owner::Object(object), self.objects[object as usize].0);
        let inside = self.ground_under(drawn);
        for &face in &inside {
            self.give(rank, face, own, couple);
        }
        let mut given_up = self.ground_of(object);
        given_up.retain(|face| inside.binary_search(face).is_err());
        self.hand_over(rank, own, &given_up);
        let by = &mut self.objects[object as usize].1;
        if self.changed[rank as usize] > 0 && by.last() != Some(&rank) {
            // An object that only gave ground up has another outline too.
            by.push(rank);
        }
    }

    /// Gives each connected part of the faces that an owner leaves to its neighbour with the
    /// longest border; of equals, to the first one.
    fn hand_over(&mut self, rank: u32, leaver: Owner, given_up: &[FaceId]) {
        let place = |face: FaceId| given_up.binary_search(&face).ok();
        let mut joined = UnionFind::new(given_up.len());
        for (i, &face) in given_up.iter().enumerate() {
            for j in self.beside[face as usize].iter().filter_map(|&(other, _)| place(other)) {
                joined.union(i as u32, j as u32);
            }
        }
        let (part_of, n_parts) = joined.ranks(|_| true);
        let part_of: Vec<u32> = part_of.into_iter().flatten().collect();
        let mut borders: Vec<BTreeMap<(Owner, Couple), u64>> = vec![BTreeMap::new(); n_parts];
        for (&face, &part) in given_up.iter().zip(&part_of) {
            for &(other, length) in &self.beside[face as usize] {
                let neighbour = self.faces[other as usize].as_ref();
                if let Some(other) = neighbour.filter(|other| other.owner != leaver) {
                    *borders[part as usize].entry((other.owner, other.couple)).or_default() +=
                        length;
                }
            }
        }
        for (&face, &part) in given_up.iter().zip(&part_of) {
            let heirs = borders[part as usize].iter();
            match heirs.max_by_key(|&(heir, length)| (length, Reverse(heir))) {
                Some((&(owner, couple), _)) => self.give(rank, face, owner, couple),
                None => self.unclaimed += self.plane.twice_area(face),
            }
        }
    }

    /// Gives a face an owner and codes, and notes who did where that changes anything.
    fn give(&mut self, rank: u32, face: FaceId, owner: Owner, couple: Couple) {
        let of_coverage = "only ground of the coverage changes";
        let state = self.faces[face as usize].as_mut().expect(of_coverage);
        if (state.owner, state.couple) == (owner, couple) {
            return;
        }
        if state.owner != owner {
            self.held.entry(owner).or_default().push(face);
        }
        (state.owner, state.couple) = (owner, couple);
        if state.by.last() != Some(&rank) {
            state.by.push(rank);
            self.changed[rank as usize] += self.plane.twice_area(face);
        }
    }

    fn face(&self, face: FaceId) -> &Face {
        self.faces[face as usize].as_ref().expect("only ground of the coverage is looked at")
    }

    /// The faces that an object has now, ascending.
    fn ground_of(&self, object: u32) -> Vec<FaceId> {
        let owner = Owner::Object(object);
        let mut faces = self.held.get(&owner).cloned().unwrap_or_default();
        faces.retain(|&face| self.face(face).owner == owner);
        faces.sort_unstable();
        faces.dedup();
        faces
    }

    /// The faces of the coverage under a drawn outline, ascending.
    fn ground_under(&self, drawn: u32) -> Vec<FaceId> {
        self.under.get(&drawn).cloned().unwrap_or_default()
    }

    /// The distinct states, and the rank of the state of each face.
    pub(super) fn keys(&self) -> (Vec<(Owner, Couple)>, Vec<u32>) {
        let state = |face: &Face| (face.owner, face.couple);
        let mut keys: Vec<(Owner, Couple)> = self.faces.iter().flatten().map(state).collect();
        keys.sort_unstable();
        keys.dedup();
        let rank = |face: &Face| keys.binary_search(&state(face)).expect("every state is listed");
        let key = |face: &Option<Face>| face.as_ref().map_or(NO_KEY, |face| rank(face) as u32);
        let of_face = self.faces.iter().map(key).collect();
        (keys, of_face)
    }

    /// The object that a set of faces of one owner comes from: that owner where it had a part of
    /// them, else the one that had the largest part, the first of equals.
    pub(super) fn origin(&self, faces: &[FaceId], owner: Owner) -> u32 {
        let mut share: BTreeMap<u32, i128> = BTreeMap::new();
        for &face in faces {
            *share.entry(self.face(face).object).or_default() += self.plane.twice_area(face);
        }
        match owner {
            Owner::Object(object) if share.contains_key(&object) => object,
            _ => {
                let largest =
                    share.into_iter().max_by_key(|&(object, area)| (area, Reverse(object)));
                largest.expect("a polygon has a face").0
            }
        }
    }

    /// The amendments that changed one of the faces, or their owner as a whole, ascending.
    pub(super) fn changed_by(&self, faces: &[FaceId], owner: Owner) -> Vec<u32> {
        let mut by: Vec<u32> =
            faces.iter().flat_map(|&face| self.face(face).by.iter().copied()).collect();
        if let Owner::Object(object) = owner {
            by.extend(&self.objects[object as usize].1);
        }
        by.sort_unstable();
        by.dedup();
        by
    }

    /// The objects that are no part of the plane, with the codes that they have now.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = Amended> + '_ {
        let all = (0..).zip(&self.objects).zip(&self.is_here);
        all.filter(|(_, is_here)| !**is_here).map(|((from, (couple, by)), _)| Amended {
            outline: None,
            couple: *couple,
            from,
            is_object: true,
            by: by.clone(),
        })
    }
}
