//! Vintages, communes and planning zones in one arrangement: where every figure comes from.
//!
//! The stages of a run and the `compare` command arrange the same [`Ground`]; maps, fluxes and
//! tables are sums over its faces, so they cannot disagree.

use kernels::arrangement::{FaceId, LayerMask};
use kernels::artificialise::Artificialised;
use kernels::change::{self, ChangeKind, Finding};
use kernels::flux::series::Interval;
use kernels::flux::{Face, Labels};
use kernels::lattice::STEPS_PER_METRE;
use nomenclature::{Couple, Likenesses, Meanings, Nomenclature};

use crate::basis::Basis;
use crate::judge::Judge;
use crate::vintage::Vintage;
pub use accepted::Accepted;
pub use ground::{Ground, Piece, Territory};

mod accepted;
mod ground;

/// One of the two vintages of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The older vintage.
    Before,
    /// The newer vintage.
    After,
}

/// Who says that a difference is a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corrector {
    /// A published corrective patch.
    Patch,
    /// Accepted corrections of a ledger.
    Ledger,
}

/// Two vintages of a [`Ground`].
#[derive(Clone, Copy)]
pub struct Comparison<'a> {
    /// All that was arranged.
    pub ground: &'a Ground,
    /// Ranks of the older and the newer vintage.
    ranks: [usize; 2],
}

/// What covers a face: ranks of the polygons of the two vintages.
pub type Pair = (Option<u32>, Option<u32>);

impl<'a> Comparison<'a> {
    /// The vintages of these ranks.
    pub fn of(ground: &'a Ground, before: usize, after: usize) -> Self {
        Self { ground, ranks: [before, after] }
    }

    /// Rank of a vintage in the ground, which is also its layer.
    pub fn vintage_rank(&self, side: Side) -> usize {
        match side {
            Side::Before => self.ranks[0],
            Side::After => self.ranks[1],
        }
    }

    /// One of the vintages.
    pub fn vintage(&self, side: Side) -> &'a Vintage {
        &self.ground.vintages[self.vintage_rank(side)]
    }

    /// The years of the two vintages.
    pub fn interval(&self) -> Interval {
        let year = |side| self.vintage(side).year;
        Interval { before: year(Side::Before), after: year(Side::After) }
    }

    /// Every face but the unbounded one.
    pub fn faces(&self) -> impl Iterator<Item = FaceId> + use<> {
        self.ground.faces()
    }

    /// Rank of the polygon of a vintage on a face.
    pub fn rank(&self, face: FaceId, side: Side) -> Option<u32> {
        self.ground.plane.label(face, self.vintage_rank(side))
    }

    /// The polygons of both vintages on a face.
    pub fn pair(&self, face: FaceId) -> Pair {
        (self.rank(face, Side::Before), self.rank(face, Side::After))
    }

    /// The couple of a vintage on a face; nodata where the vintage has no polygon.
    pub fn couple(&self, face: FaceId, side: Side) -> Couple {
        self.ground.couple(face, self.vintage_rank(side))
    }

    /// Whether a face is artificial at both dates by the basis of the main figures.
    pub fn statuses(
        &self,
        face: FaceId,
        verdicts: (&Artificialised, &Artificialised),
    ) -> (bool, bool) {
        self.statuses_by(face, verdicts, self.ground.main_basis())
    }

    fn statuses_by(
        &self,
        face: FaceId,
        (before, after): (&Artificialised, &Artificialised),
        basis: Basis,
    ) -> (bool, bool) {
        let [first, last] = self.ranks;
        (
            self.ground.is_artificial(face, first, before, basis),
            self.ground.is_artificial(face, last, after, basis),
        )
    }

    /// The faces that count with everything a figure may depend on; `change` classes each face, by
    /// number, and `basis` makes it artificial or not.
    pub fn labelled(
        &self,
        judge: &Judge,
        (verdicts, basis): ((&Artificialised, &Artificialised), Basis),
        change: &[Option<ChangeKind>],
    ) -> Vec<Face> {
        self.faces()
            .filter(|&face| self.ground.counts(face))
            .map(|face| {
                let (artif_before, artif_after) = self.statuses_by(face, verdicts, basis);
                let before = self.couple(face, Side::Before);
                let after = self.couple(face, Side::After);
                let labels = Labels {
                    territory: self.ground.commune(face),
                    zone: self.ground.zone(face),
                    before,
                    after,
                    artif_before,
                    artif_after,
                    imper_before: judge.is_impermeable(before),
                    imper_after: judge.is_impermeable(after),
                    change: change[face as usize],
                };
                Face { twice_area: self.ground.plane.twice_area(face), labels }
            })
            .collect()
    }

    /// [`Ground::pieces`] with the vertices of both vintages.
    pub fn pieces<K: Ord + Copy>(&self, key_of: impl Fn(FaceId) -> Option<K>) -> Vec<Piece<K>> {
        self.ground.pieces(LayerMask::of(&self.ranks), key_of)
    }

    /// Regions whose couple differs between the vintages, by the two couples.
    ///
    /// Ground that only one vintage covers, or whose code is unknown in one of them, is not a
    /// change.
    pub fn changed(&self) -> Vec<Piece<(Couple, Couple)>> {
        self.pieces(|face| self.changed_couples(face))
    }

    /// Which couples of the older vintage may be the same ground as which of the newer one, under
    /// the codes that each was written in; `common` is the nomenclature of the couples.
    pub fn likenesses(&self, common: &Nomenclature) -> Likenesses {
        let meanings = |side| match &self.vintage(side).origin {
            Some(origin) => origin.meanings.clone(),
            None => Meanings::own(common),
        };
        meanings(Side::Before).against(&meanings(Side::After))
    }

    /// What lies behind each region of [`Comparison::changed`], in its order: true change or noise.
    ///
    /// * `likenesses`: from [`Comparison::likenesses`].
    /// * `unit`: the minimum unit of a couple, as a doubled area in square lattice steps.
    pub fn findings(
        &self,
        changed: &[Piece<(Couple, Couple)>],
        likenesses: &Likenesses,
        unit: impl Fn(Couple) -> i128,
    ) -> Vec<Finding> {
        let unchanged = self.pieces(|face| {
            let before = self.couple(face, Side::Before);
            (before == self.couple(face, Side::After) && before != Couple::NODATA)
                .then_some((before, before))
        });
        let objects =
            [Side::Before, Side::After].map(|side| (side, self.objects(side, likenesses, &unit)));
        let is_of_object = |face: FaceId| {
            objects.iter().any(|(side, is_whole)| {
                self.rank(face, *side).is_some_and(|rank| is_whole[rank as usize])
            })
        };
        let pieces: Vec<change::Piece<'_>> = changed
            .iter()
            .chain(&unchanged)
            .map(|piece| change::Piece {
                polygon: &piece.dissolved.polygon,
                before: piece.key.0,
                after: piece.key.1,
                twice_area_min: unit(piece.key.1),
                is_of_object: piece.dissolved.faces.iter().any(|&face| is_of_object(face)),
                patched: self.is_patched(&piece.dissolved.faces),
            })
            .collect();
        let is_alike = |before, after| likenesses.of(before, after).is_some();
        let findings = change::classify(&pieces, change::Rules::default(), is_alike);
        findings.into_iter().flatten().collect()
    }

    /// Whether each polygon of a vintage came or went as a whole: over its minimum unit as far as a
    /// drawing can tell, and changed in truth, not in name, on more than half of its ground.
    fn objects(
        &self,
        side: Side,
        likenesses: &Likenesses,
        unit: &dyn Fn(Couple) -> i128,
    ) -> Vec<bool> {
        let areas = self.ground.twice_areas(self.vintage_rank(side));
        let mut changed = vec![0; areas.len()];
        for face in self.faces() {
            let couples = self.changed_couples(face);
            let is_true = couples.is_some_and(|(old, new)| likenesses.of(old, new).is_none());
            if let (true, Some(rank)) = (is_true, self.rank(face, side)) {
                changed[rank as usize] += self.ground.plane.twice_area(face);
            }
        }
        let couples = &self.vintage(side).couples;
        let each = areas.iter().zip(changed).zip(couples);
        each.map(|((&area, changed), &couple)| {
            2 * changed > area && area as f64 >= drawn_min(unit(couple))
        })
        .collect()
    }

    /// Whether a patch or accepted corrections account for more than half of the area of faces.
    fn is_patched(&self, faces: &[FaceId]) -> bool {
        self.corrected_by(faces).is_some()
    }

    /// Who corrected more than half of the area of faces, if anybody did.
    pub fn corrected_by(&self, faces: &[FaceId]) -> Option<Corrector> {
        let Territory { patch, corrections, .. } = &self.ground.territory;
        if patch.is_empty() && corrections.polygons.is_empty() {
            return None;
        }
        let year = self.interval().before;
        let (mut patched, mut corrected, mut either, mut all) = (0, 0, 0, 0);
        for &face in faces {
            let area = self.ground.plane.twice_area(face);
            let couples = (self.couple(face, Side::Before), self.couple(face, Side::After));
            let is_patched = self.ground.is_patched(face);
            let is_corrected = self.ground.is_corrected(face, year, couples);
            all += area;
            patched += if is_patched { area } else { 0 };
            corrected += if is_corrected { area } else { 0 };
            either += if is_patched || is_corrected { area } else { 0 };
        }
        let who = if corrected > patched { Corrector::Ledger } else { Corrector::Patch };
        (2 * either > all).then_some(who)
    }

    /// The kind of change of each face, by number; `None` where nothing changed.
    pub fn kinds(
        &self,
        changed: &[Piece<(Couple, Couple)>],
        findings: &[Finding],
    ) -> Vec<Option<ChangeKind>> {
        let mut kinds = vec![None; self.ground.plane.n_faces()];
        for (piece, finding) in changed.iter().zip(findings) {
            for &face in &piece.dissolved.faces {
                kinds[face as usize] = Some(finding.kind);
            }
        }
        kinds
    }

    /// The couples of a face whose ground changed.
    pub fn changed_couples(&self, face: FaceId) -> Option<(Couple, Couple)> {
        let couples = (self.couple(face, Side::Before), self.couple(face, Side::After));
        let known = |couple: Couple| !couple.cs.is_nodata() && !couple.us.is_nodata();
        (known(couples.0) && known(couples.1) && couples.0 != couples.1).then_some(couples)
    }
}

/// The doubled area of a square of a minimum unit, doubled too, drawn with each side inside by half
/// of the accuracy of a boundary: an object of the unit may be as small in the file. Small buildings
/// are captured enlarged to their very unit, so this decides often.
fn drawn_min(unit: i128) -> f64 {
    let tolerance = change::Rules::default().tolerance_m * f64::from(STEPS_PER_METRE);
    let side = (unit as f64 / 2.0).sqrt() - tolerance;
    2.0 * side.max(0.0).powi(2)
}

#[cfg(test)]
mod tests {
    use kernels::lattice::twice_area_of;

    use super::*;

    #[test]
    fn an_object_drawn_a_little_small_is_still_over_its_unit() {
        let area_m2 =
            |unit_m2| kernels::lattice::area_m2(drawn_min(twice_area_of(unit_m2)) as i128);
        assert!((area_m2(200.0) - 172.715).abs() < 0.001, "{}", area_m2(200.0));
        assert!((area_m2(2_500.0) - 2_401.0).abs() < 0.001, "{}", area_m2(2_500.0));
        assert!(area_m2(0.5).abs() < f64::EPSILON);
    }
}
