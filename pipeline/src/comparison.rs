//! Vintages, communes and planning zones in one arrangement: where every figure comes from.
//!
//! The stages of a run and the `compare` command arrange the same [`Ground`]; maps, fluxes and
//! tables are sums over its faces, so they cannot disagree.

use kernels::arrangement::{
    Arrangement, Dissolved, FaceId, LAYERS_MAX, LayerMask, NO_KEY, arrange,
};
use kernels::artificialise::Artificialised;
use kernels::change::{self, ChangeKind, Finding};
use kernels::flux::series::Interval;
use kernels::flux::{Face, Labels};
use kernels::lattice::{Polygon, STEPS_PER_METRE};
use nomenclature::{Couple, Likenesses, Meanings, Nomenclature};

use crate::basis::Basis;
use crate::custom::Custom;
use crate::error::Error;
use crate::exemption::Exemptions;
use crate::judge::Judge;
use crate::territory::{Communes, Zones};
use crate::vintage::Vintage;
use crate::vintage::official::Official;

/// One of the two vintages of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The older vintage.
    Before,
    /// The newer vintage.
    After,
}

/// Everything that is compared, in one arrangement: any number of vintages, communes and zones.
pub struct Ground {
    /// The vintages, oldest first.
    pub vintages: Vec<Vintage>,
    /// The communes.
    pub communes: Communes,
    /// The planning zones; empty when there are none.
    pub zones: Zones,
    /// Other layers to count in, such as activity zones; their polygons may overlap.
    pub customs: Vec<Custom>,
    /// Where a published corrective patch says that the older vintage was wrong.
    pub patch: Vec<Polygon>,
    /// The delivered ARTIF layer of each vintage; empty when there are none.
    pub officials: Vec<Official>,
    /// What a local authority chose to exempt.
    pub exemptions: Exemptions,
    /// What lies beyond the limit, per vintage; empty when it is not known.
    pub neighbours: Vec<Vintage>,
    /// The subdivision: layers of the vintages, then communes, zones, customs, patch, officials,
    /// exemptions, neighbours.
    pub plane: Arrangement,
}

/// The layers of a [`Ground`] besides the vintages.
#[derive(Debug, Default)]
pub struct Territory {
    /// The communes.
    pub communes: Communes,
    /// The planning zones.
    pub zones: Zones,
    /// Other layers to count in.
    pub customs: Vec<Custom>,
    /// The polygons of a corrective patch.
    pub patch: Vec<Polygon>,
    /// The delivered ARTIF layer of each vintage, or none at all.
    pub officials: Vec<Official>,
    /// What a local authority chose to exempt.
    pub exemptions: Exemptions,
    /// What lies beyond the limit of the department, for each vintage, or nothing at all.
    pub neighbours: Vec<Vintage>,
}

impl Ground {
    /// Arranges the boundaries of all layers.
    ///
    /// # Errors
    /// A coordinate beyond the lattice, more boundaries than can be counted, more layers than
    /// an arrangement holds.
    pub fn new(vintages: Vec<Vintage>, territory: Territory) -> Result<Self, Error> {
        let Territory { communes, zones, customs, patch, officials, exemptions, neighbours } =
            territory;
        let mut layers: Vec<&[Polygon]> = vintages.iter().map(|v| v.polygons.as_slice()).collect();
        layers.extend([communes.polygons.as_slice(), &zones.polygons]);
        layers.extend(customs.iter().map(|custom| custom.polygons.as_slice()));
        layers.push(&patch);
        layers.extend(officials.iter().map(|official| official.polygons.as_slice()));
        layers.push(&exemptions.polygons);
        layers.extend(neighbours.iter().map(|v| v.polygons.as_slice()));
        if layers.len() > LAYERS_MAX {
            let what = format!("{} layers to compare, at most {LAYERS_MAX}", layers.len());
            return Err(Error::usage(what));
        }
        let plane = arrange(&layers)?;
        Ok(Self {
            vintages,
            communes,
            zones,
            customs,
            patch,
            officials,
            exemptions,
            neighbours,
            plane,
        })
    }

    /// Every face but the unbounded one.
    pub fn faces(&self) -> impl Iterator<Item = FaceId> + use<> {
        1..self.plane.n_faces() as FaceId
    }

    /// Each vintage with the next one.
    pub fn steps(&self) -> impl Iterator<Item = Comparison<'_>> {
        (1..self.vintages.len()).map(|after| Comparison::of(self, after - 1, after))
    }

    /// The couple of a vintage on a face; nodata where the vintage has no polygon.
    pub fn couple(&self, face: FaceId, vintage: usize) -> Couple {
        let rank = self.plane.label(face, vintage);
        rank.map_or(Couple::NODATA, |rank| self.vintages[vintage].couples[rank as usize])
    }

    /// Rank of the commune that holds a face.
    pub fn commune(&self, face: FaceId) -> Option<u32> {
        let polygon = self.plane.label(face, self.vintages.len())?;
        Some(self.communes.owner[polygon as usize])
    }

    /// Rank of the kind of planning zone that holds a face.
    pub fn zone(&self, face: FaceId) -> Option<u32> {
        let polygon = self.plane.label(face, self.vintages.len() + 1)?;
        Some(self.zones.owner[polygon as usize])
    }

    /// Ranks of the places of a custom layer that hold a face, each once, in order.
    pub fn places(&self, face: FaceId, custom: usize) -> Vec<u32> {
        let polygons = self.plane.labels(face, self.vintages.len() + 2 + custom);
        let owner = &self.customs[custom].owner;
        let mut places: Vec<u32> = polygons.iter().map(|&p| owner[p as usize]).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether the corrective patch covers a face.
    pub fn is_patched(&self, face: FaceId) -> bool {
        !self.plane.labels(face, self.layer_of_patch()).is_empty()
    }

    fn layer_of_patch(&self) -> usize {
        self.vintages.len() + 2 + self.customs.len()
    }

    /// The layer of the delivered ARTIF layer of a vintage.
    pub fn layer_of_official(&self, vintage: usize) -> usize {
        self.layer_of_patch() + 1 + vintage
    }

    fn layer_of_exemptions(&self) -> usize {
        self.layer_of_patch() + 1 + self.officials.len()
    }

    /// What the delivered ARTIF layer of a vintage says of a face; `None` where it says nothing.
    pub fn official(&self, face: FaceId, vintage: usize) -> Option<bool> {
        let (official, rank) = self.published(face, vintage)?;
        Some(official.statuses[rank].is_artificial)
    }

    /// Whether the official status of a face comes from a threshold, where the layer tells.
    pub fn official_threshold(&self, face: FaceId, vintage: usize) -> Option<bool> {
        let (official, rank) = self.published(face, vintage)?;
        official.statuses[rank].by_threshold
    }

    fn published(&self, face: FaceId, vintage: usize) -> Option<(&Official, usize)> {
        let official = self.officials.get(vintage)?;
        let rank = self.plane.label(face, self.layer_of_official(vintage))?;
        Some((official, rank as usize))
    }

    /// Doubled area where polygons of the ARTIF layer of a vintage overlap with two statuses.
    pub fn disputed(&self, vintage: usize) -> i128 {
        let Some(official) = self.officials.get(vintage) else { return 0 };
        let status = |rank: &u32| official.statuses[*rank as usize].is_artificial;
        let is_disputed = |face: &FaceId| {
            let labels = self.plane.labels(*face, self.layer_of_official(vintage));
            labels.windows(2).any(|pair| status(&pair[0]) != status(&pair[1]))
        };
        self.faces().filter(is_disputed).map(|face| self.plane.twice_area(face)).sum()
    }

    /// Rank of the exempted place that holds a face.
    pub fn exemption(&self, face: FaceId) -> Option<u32> {
        let polygon = self.plane.label(face, self.layer_of_exemptions())?;
        Some(self.exemptions.owner[polygon as usize])
    }

    /// Whether a face is ground to count: not that of exemptions or neighbours alone.
    pub fn counts(&self, face: FaceId) -> bool {
        (0..self.layer_of_exemptions()).any(|layer| self.plane.label(face, layer).is_some())
    }

    /// Exact area of each polygon of a vintage as the faces see it, doubled, in square steps.
    pub fn twice_areas(&self, vintage: usize) -> Vec<i128> {
        let mut twice_areas = vec![0; self.vintages[vintage].n_polygons()];
        for face in self.faces() {
            if let Some(rank) = self.plane.label(face, vintage) {
                twice_areas[rank as usize] += self.plane.twice_area(face);
            }
        }
        twice_areas
    }

    /// Whether each polygon of a vintage counts as artificial by the rule set, and why.
    ///
    /// Neighbours, where they are given, take part in the groups with the ground that the vintage
    /// does not cover, and are then left out.
    ///
    /// # Errors
    /// [`Error::Internal`] when the arrangement contradicts itself.
    pub fn judged(&self, vintage: usize, judge: &Judge) -> Result<Artificialised, Error> {
        self.judged_beside(vintage, judge, self.neighbours.get(vintage))
    }

    /// [`Ground::judged`] as if nothing lay beyond the limit.
    ///
    /// # Errors
    /// As [`Ground::judged`].
    pub fn judged_alone(&self, vintage: usize, judge: &Judge) -> Result<Artificialised, Error> {
        self.judged_beside(vintage, judge, None)
    }

    fn judged_beside(
        &self,
        vintage: usize,
        judge: &Judge,
        neighbours: Option<&Vintage>,
    ) -> Result<Artificialised, Error> {
        let mut couples = self.vintages[vintage].couples.clone();
        let own = couples.len();
        let beyond = self.layer_of_exemptions() + 1 + vintage;
        if let Some(neighbours) = neighbours {
            couples.extend(&neighbours.couples);
        }
        let mut twice_areas = vec![0; couples.len()];
        let mut holder = vec![NO_KEY; self.plane.n_faces()];
        for face in self.faces() {
            let neighbour = || self.plane.label(face, beyond).map(|rank| own as u32 + rank);
            let rank = self.plane.label(face, vintage);
            let rank = rank.or_else(|| neighbours.and_then(|_| neighbour()));
            if let Some(rank) = rank {
                twice_areas[rank as usize] += self.plane.twice_area(face);
                holder[face as usize] = rank;
            }
        }
        let contacts = self.plane.vertex_contacts(&holder);
        Ok(judge.verdicts(&couples, &twice_areas, &contacts)?.of_first(own))
    }

    /// Dissolves the faces that `key_of` keeps into polygons of one key each, in the order of the
    /// keys then of place; the vertices of the layers `keep` stay.
    pub fn pieces<K: Ord + Copy>(
        &self,
        keep: LayerMask,
        key_of: impl Fn(FaceId) -> Option<K>,
    ) -> Vec<Piece<K>> {
        let keys: Vec<Option<K>> = std::iter::once(None).chain(self.faces().map(key_of)).collect();
        let mut distinct: Vec<K> = keys.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let rank = |key: &K| distinct.binary_search(key).expect("every key was listed") as u32;
        let ranks: Vec<u32> = keys.iter().map(|key| key.as_ref().map_or(NO_KEY, rank)).collect();
        self.plane
            .dissolve(&ranks, keep)
            .into_iter()
            .map(|dissolved| Piece { key: distinct[dissolved.key as usize], dissolved })
            .collect()
    }
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

/// A dissolved set of faces with what its key stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<K> {
    /// What all its faces share.
    pub key: K,
    /// Its shape and faces.
    pub dissolved: Dissolved,
}

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

    /// Whether the corrective patch covers more than half of the area of faces.
    fn is_patched(&self, faces: &[FaceId]) -> bool {
        if self.ground.patch.is_empty() {
            return false;
        }
        let (mut patched, mut all) = (0, 0);
        for &face in faces {
            let area = self.ground.plane.twice_area(face);
            all += area;
            patched += if self.ground.is_patched(face) { area } else { 0 };
        }
        2 * patched > all
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
