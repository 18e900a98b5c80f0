//! Two vintages, communes and planning zones in one arrangement: where every figure comes from.
//!
//! The stages of a run and the `compare` command build the same [`Comparison`]; maps, fluxes and
//! tables are sums over its faces, so they cannot disagree.

use kernels::arrangement::{Arrangement, Dissolved, FaceId, LayerMask, NO_KEY, arrange};
use kernels::artificialise::Artificialised;
use kernels::change::{self, ChangeKind, Finding};
use kernels::flux::{Face, Labels};
use nomenclature::Couple;

use crate::error::Error;
use crate::judge::Judge;
use crate::territory::{Communes, Zones};
use crate::vintage::Vintage;

/// One of the two vintages of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The older vintage.
    Before,
    /// The newer vintage.
    After,
}

impl Side {
    /// Its layer in the arrangement.
    pub fn layer(self) -> usize {
        match self {
            Self::Before => 0,
            Self::After => 1,
        }
    }
}

/// Layer of the communes in the arrangement.
const COMMUNES: usize = 2;
/// Layer of the planning zones in the arrangement.
const ZONES: usize = 3;

/// The common subdivision of two vintages, communes and zones.
pub struct Comparison {
    /// The older vintage.
    pub before: Vintage,
    /// The newer vintage.
    pub after: Vintage,
    /// The communes.
    pub communes: Communes,
    /// The planning zones; empty when there are none.
    pub zones: Zones,
    /// The subdivision: layers before, after, communes, zones.
    pub plane: Arrangement,
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

impl Comparison {
    /// Arranges the boundaries of all layers.
    ///
    /// # Errors
    /// A coordinate beyond the lattice, or more boundaries than can be counted.
    pub fn new(
        before: Vintage,
        after: Vintage,
        communes: Communes,
        zones: Zones,
    ) -> Result<Self, Error> {
        let layers: [&[_]; 4] =
            [&before.polygons, &after.polygons, &communes.polygons, &zones.polygons];
        let plane = arrange(&layers)?;
        Ok(Self { before, after, communes, zones, plane })
    }

    /// One of the vintages.
    pub fn vintage(&self, side: Side) -> &Vintage {
        match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        }
    }

    /// Every face but the unbounded one.
    pub fn faces(&self) -> impl Iterator<Item = FaceId> + use<> {
        1..self.plane.n_faces() as FaceId
    }

    /// Rank of the polygon of a vintage on a face.
    pub fn rank(&self, face: FaceId, side: Side) -> Option<u32> {
        self.plane.label(face, side.layer())
    }

    /// The polygons of both vintages on a face.
    pub fn pair(&self, face: FaceId) -> Pair {
        (self.rank(face, Side::Before), self.rank(face, Side::After))
    }

    /// The couple of a vintage on a face; nodata where the vintage has no polygon.
    pub fn couple(&self, face: FaceId, side: Side) -> Couple {
        let couples = &self.vintage(side).couples;
        self.rank(face, side).map_or(Couple::NODATA, |rank| couples[rank as usize])
    }

    /// Rank of the commune that holds a face.
    pub fn commune(&self, face: FaceId) -> Option<u32> {
        self.plane.label(face, COMMUNES).map(|polygon| self.communes.owner[polygon as usize])
    }

    /// Rank of the kind of planning zone that holds a face.
    pub fn zone(&self, face: FaceId) -> Option<u32> {
        self.plane.label(face, ZONES).map(|polygon| self.zones.owner[polygon as usize])
    }

    /// Exact area of each polygon of a vintage as the faces see it, doubled, in square steps.
    pub fn twice_areas(&self, side: Side) -> Vec<i128> {
        let mut twice_areas = vec![0; self.vintage(side).n_polygons()];
        for face in self.faces() {
            if let Some(rank) = self.rank(face, side) {
                twice_areas[rank as usize] += self.plane.twice_area(face);
            }
        }
        twice_areas
    }

    /// Whether each polygon of a vintage counts as artificial, and why.
    ///
    /// # Errors
    /// [`Error::Internal`] when the arrangement contradicts itself.
    pub fn judged(&self, side: Side, judge: &Judge) -> Result<Artificialised, Error> {
        let twice_areas = self.twice_areas(side);
        let contacts = self.plane.touching(side.layer());
        judge.verdicts(&self.vintage(side).couples, &twice_areas, &contacts)
    }

    /// The faces with everything a figure may depend on; `change` classes each face, by number.
    pub fn labelled(
        &self,
        judge: &Judge,
        verdicts: (&Artificialised, &Artificialised),
        change: &[Option<ChangeKind>],
    ) -> Vec<Face> {
        let status = |verdicts: &Artificialised, rank: Option<u32>| {
            rank.is_some_and(|rank| verdicts.verdicts[rank as usize].status)
        };
        self.faces()
            .map(|face| {
                let (rank_before, rank_after) = self.pair(face);
                let before = self.couple(face, Side::Before);
                let after = self.couple(face, Side::After);
                let labels = Labels {
                    territory: self.commune(face),
                    zone: self.zone(face),
                    before,
                    after,
                    artif_before: status(verdicts.0, rank_before),
                    artif_after: status(verdicts.1, rank_after),
                    imper_before: judge.is_impermeable(before),
                    imper_after: judge.is_impermeable(after),
                    change: change[face as usize],
                };
                Face { twice_area: self.plane.twice_area(face), labels }
            })
            .collect()
    }

    /// Dissolves the faces that `key_of` keeps into polygons of one key each, in the order of the
    /// keys then of place; the vertices of both vintages stay.
    pub fn pieces<K: Ord + Copy>(&self, key_of: impl Fn(FaceId) -> Option<K>) -> Vec<Piece<K>> {
        let keys: Vec<Option<K>> = std::iter::once(None).chain(self.faces().map(key_of)).collect();
        let mut distinct: Vec<K> = keys.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let rank = |key: &K| distinct.binary_search(key).expect("every key was listed") as u32;
        let ranks: Vec<u32> = keys.iter().map(|key| key.as_ref().map_or(NO_KEY, rank)).collect();
        let keep = LayerMask::of(&[Side::Before.layer(), Side::After.layer()]);
        self.plane
            .dissolve(&ranks, keep)
            .into_iter()
            .map(|dissolved| Piece { key: distinct[dissolved.key as usize], dissolved })
            .collect()
    }

    /// Regions whose couple differs between the vintages, by the two couples.
    ///
    /// Ground that only one vintage covers, or whose code is unknown in one of them, is not a
    /// change.
    pub fn changed(&self) -> Vec<Piece<(Couple, Couple)>> {
        self.pieces(|face| self.changed_couples(face))
    }

    /// What lies behind each region of [`Comparison::changed`], in its order: true change or noise.
    ///
    /// * `unit`: the minimum unit of a couple, as a doubled area in square lattice steps.
    pub fn findings(
        &self,
        changed: &[Piece<(Couple, Couple)>],
        unit: impl Fn(Couple) -> i128,
    ) -> Vec<Finding> {
        let unchanged = self.pieces(|face| {
            let before = self.couple(face, Side::Before);
            (before == self.couple(face, Side::After) && before != Couple::NODATA)
                .then_some((before, before))
        });
        let pieces: Vec<change::Piece<'_>> = changed
            .iter()
            .chain(&unchanged)
            .map(|piece| change::Piece {
                polygon: &piece.dissolved.polygon,
                before: piece.key.0,
                after: piece.key.1,
                twice_area_min: unit(piece.key.1),
                same_meaning: false,
                patched: false,
            })
            .collect();
        change::classify(&pieces, change::Rules::default()).into_iter().flatten().collect()
    }

    /// The kind of change of each face, by number; `None` where nothing changed.
    pub fn kinds(
        &self,
        changed: &[Piece<(Couple, Couple)>],
        findings: &[Finding],
    ) -> Vec<Option<ChangeKind>> {
        let mut kinds = vec![None; self.plane.n_faces()];
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
