//! All layers of a comparison in one arrangement, and what each of them says of a face.

use kernels::arrangement::{
    Arrangement, Dissolved, FaceId, LAYERS_MAX, LayerMask, NO_KEY, arrange,
};
use kernels::artificialise::Artificialised;
use kernels::lattice::Polygon;
use nomenclature::Couple;

use super::Comparison;
use super::accepted::Accepted;
use crate::custom::Custom;
use crate::error::Error;
use crate::exemption::Exemptions;
use crate::judge::Judge;
use crate::territory::{Communes, Zones};
use crate::vintage::Vintage;
use crate::vintage::official::Official;

/// Everything that is compared, in one arrangement: any number of vintages, communes and zones.
pub struct Ground {
    /// The vintages, oldest first.
    pub vintages: Vec<Vintage>,
    /// All other layers.
    pub territory: Territory,
    /// The subdivision: layers of the vintages, then communes, zones, customs, patch, officials,
    /// exemptions, neighbours, corrections.
    pub plane: Arrangement,
}

/// The layers of a [`Ground`] besides the vintages.
#[derive(Debug, Default)]
pub struct Territory {
    /// The communes.
    pub communes: Communes,
    /// The planning zones; empty when there are none.
    pub zones: Zones,
    /// Other layers to count in, such as activity zones; their polygons may overlap.
    pub customs: Vec<Custom>,
    /// Where a published corrective patch says that the older vintage was wrong.
    pub patch: Vec<Polygon>,
    /// The delivered ARTIF layer of each vintage, or none at all.
    pub officials: Vec<Official>,
    /// What a local authority chose to exempt.
    pub exemptions: Exemptions,
    /// What lies beyond the limit of the department, for each vintage, or nothing at all.
    pub neighbours: Vec<Vintage>,
    /// Corrections of the vintages that were found right.
    pub corrections: Accepted,
}

/// A dissolved set of faces with what its key stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<K> {
    /// What all its faces share.
    pub key: K,
    /// Its shape and faces.
    pub dissolved: Dissolved,
}

impl Ground {
    /// Arranges the boundaries of all layers.
    ///
    /// # Errors
    /// A coordinate beyond the lattice, more boundaries than can be counted, more layers than
    /// an arrangement holds.
    pub fn new(vintages: Vec<Vintage>, territory: Territory) -> Result<Self, Error> {
        let mut layers: Vec<&[Polygon]> = vintages.iter().map(|v| v.polygons.as_slice()).collect();
        layers.extend([territory.communes.polygons.as_slice(), &territory.zones.polygons]);
        layers.extend(territory.customs.iter().map(|custom| custom.polygons.as_slice()));
        layers.push(&territory.patch);
        layers.extend(territory.officials.iter().map(|official| official.polygons.as_slice()));
        layers.push(&territory.exemptions.polygons);
        layers.extend(territory.neighbours.iter().map(|v| v.polygons.as_slice()));
        layers.push(&territory.corrections.polygons);
        if layers.len() > LAYERS_MAX {
            let what = format!("{} layers to compare, at most {LAYERS_MAX}", layers.len());
            return Err(Error::usage(what));
        }
        let plane = arrange(&layers)?;
        Ok(Self { vintages, territory, plane })
    }

    /// Every face but the unbounded one.
    pub fn faces(&self) -> impl Iterator<Item = FaceId> + use<> {
        1..self.plane.n_faces() as FaceId
    }

    /// Each vintage with the next one; a vintage alone with itself.
    pub fn steps(&self) -> impl Iterator<Item = Comparison<'_>> {
        let alone = (self.vintages.len() == 1).then(|| Comparison::of(self, 0, 0));
        let pairs = (1..self.vintages.len()).map(|after| Comparison::of(self, after - 1, after));
        alone.into_iter().chain(pairs)
    }

    /// The couple of a vintage on a face; nodata where the vintage has no polygon.
    pub fn couple(&self, face: FaceId, vintage: usize) -> Couple {
        let rank = self.plane.label(face, vintage);
        rank.map_or(Couple::NODATA, |rank| self.vintages[vintage].couples[rank as usize])
    }

    /// Rank of the commune that holds a face.
    pub fn commune(&self, face: FaceId) -> Option<u32> {
        let polygon = self.plane.label(face, self.vintages.len())?;
        Some(self.territory.communes.owner[polygon as usize])
    }

    /// Rank of the kind of planning zone that holds a face.
    pub fn zone(&self, face: FaceId) -> Option<u32> {
        let polygon = self.plane.label(face, self.vintages.len() + 1)?;
        Some(self.territory.zones.owner[polygon as usize])
    }

    /// Ranks of the places of a custom layer that hold a face, each once, in order.
    pub fn places(&self, face: FaceId, custom: usize) -> Vec<u32> {
        let polygons = self.plane.labels(face, self.vintages.len() + 2 + custom);
        let owner = &self.territory.customs[custom].owner;
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
        self.vintages.len() + 2 + self.territory.customs.len()
    }

    /// The layer of the delivered ARTIF layer of a vintage.
    pub fn layer_of_official(&self, vintage: usize) -> usize {
        self.layer_of_patch() + 1 + vintage
    }

    fn layer_of_exemptions(&self) -> usize {
        self.layer_of_patch() + 1 + self.territory.officials.len()
    }

    /// Whether accepted corrections of the vintage of a year account for a difference on a face.
    pub fn is_corrected(&self, face: FaceId, year: u16, couples: (Couple, Couple)) -> bool {
        let layer = self.layer_of_exemptions() + 1 + self.territory.neighbours.len();
        self.territory.corrections.explain(self.plane.labels(face, layer), year, couples)
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
        let official = self.territory.officials.get(vintage)?;
        let rank = self.plane.label(face, self.layer_of_official(vintage))?;
        Some((official, rank as usize))
    }

    /// Doubled area where polygons of the ARTIF layer of a vintage overlap with two statuses.
    pub fn disputed(&self, vintage: usize) -> i128 {
        let Some(official) = self.territory.officials.get(vintage) else { return 0 };
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
        Some(self.territory.exemptions.owner[polygon as usize])
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
        self.judged_beside(vintage, judge, self.territory.neighbours.get(vintage))
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
