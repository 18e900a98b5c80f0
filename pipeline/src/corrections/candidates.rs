//! Candidates: where a local vintage and IGN's disagree, as corrections to look at.
//!
//! Both are arranged once, as `compare` does, at the level of the national nomenclature. What is
//! noise there (a boundary drawn elsewhere, ground under its minimum unit, one ground under two
//! names) is no candidate. The rest is cut by the objects of IGN, since a correction is about one
//! object, and ranked by what it is worth to look at.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use kernels::arrangement::{FaceId, interior_point};
use kernels::change::{ChangeKind, Rules};
use kernels::lattice::{Point, Polygon, twice_area_of};
use nomenclature::{CaptureRules, Couple, Dimension, Nomenclature, RuleSet};

use super::NATIONAL;
use super::identity::correction_id;
use super::terms::{Aim, Kind, Origin};
use crate::artefact::Draft;
use crate::comparison::{Comparison, Ground, Piece, Side, Territory};
use crate::config::{Department, Layer};
use crate::error::Error;
use crate::io::record::{CorrectionRecord, Deliverable};
use crate::io::schema::{Names, Product};
use crate::judge::Judge;
use crate::styles::{Legend, products};
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::{Reading, Vintage, require_overlap};

/// Share of an object's ground from which a disagreement is about the whole object.
const WHOLE: f64 = 0.95;

/// What to compare.
#[derive(Debug, Clone)]
pub struct Request {
    /// The department.
    pub department: Department,
    /// The year of both vintages.
    pub year: u16,
    /// The vintage to correct, in the codes of the national nomenclature.
    pub ign: Layer,
    /// The local one.
    pub local: Layer,
    /// What the codes of the local one mean.
    pub written_in: Nomenclature,
    /// What is artificial.
    pub rules: RuleSet,
    /// The communes.
    pub territories: Layer,
    /// Who proposes.
    pub author: Option<String>,
    /// How many objects of each commune are kept at most.
    pub per_commune: Option<NonZeroUsize>,
    /// The file to write.
    pub out: PathBuf,
    /// Whether repairs of the data are refused.
    pub strict: bool,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Found {
    /// Candidates written.
    pub candidates: usize,
    /// Objects that they are about.
    pub objects: usize,
    /// Ground where the vintages disagree in truth, in square metres.
    pub disagreed_m2: f64,
    /// Ground of differences that are noise, in square metres.
    pub noise_m2: f64,
    /// Objects left out because their commune had enough.
    pub over_quota: usize,
    /// Pieces left out because their outline is as uncertain as they are wide.
    pub within_accuracy: usize,
}

/// A candidate with its worth.
struct Candidate {
    polygon: Polygon,
    record: CorrectionRecord,
    worth: f64,
}

/// What a correction is worth looking at: its area, how sure it is, twice when the artificial
/// status would be another.
pub fn worth(record: &CorrectionRecord) -> f64 {
    let flip = if record.artif_before == record.artif_after { 1.0 } else { 2.0 };
    record.area_m2 * record.confidence.unwrap_or(1.0) * flip
}

/// Writes the candidates of a request, best first, those of one object together.
///
/// # Errors
/// [`Error::Input`] for a file that is not what it must be, [`Error::Write`].
pub fn run(request: &Request) -> Result<Found, Error> {
    let unfit = |error: nomenclature::NomenclatureError| Error::internal(error.to_string());
    let national = Nomenclature::builtin(NATIONAL).map_err(unfit)?;
    let judge = Judge::new(&request.rules, &national)?;
    let ground = read(request, &national)?;
    let maker = Maker {
        request,
        national: &national,
        judge: &judge,
        comparison: Comparison::of(&ground, 0, 1),
        twice_areas: ground.twice_areas(0),
    };
    let capture = CaptureRules::builtin(NATIONAL)
        .and_then(|rules| rules.compile(&national))
        .map_err(unfit)?;
    let unit = |couple| twice_area_of(capture.min_area_m2(couple, true));
    let mut found = Found::default();
    let pieces = maker.pieces(unit, &mut found);
    let groups = maker.groups(&pieces, &mut found);
    let kept = maker.within_quota(groups, &mut found);
    write(request, &national, &kept)?;
    found.candidates = kept.len();
    Ok(found)
}

/// Both vintages and the communes, arranged.
fn read(request: &Request, national: &Nomenclature) -> Result<Ground, Error> {
    let tally = Tally::default();
    let epsg = request.department.crs().0;
    let vintage = |layer: &Layer, written_in: &Nomenclature| -> Result<Vintage, Error> {
        let reading =
            Reading { epsg, nomenclature: written_in, tally: &tally, strict: request.strict };
        let (mut vintage, mut repairs) = reading.vintage(layer, request.year)?;
        vintage.recode(written_in, national, (&mut repairs, &tally))?;
        Ok(vintage)
    };
    let ign = vintage(&request.ign, national)?;
    let local = vintage(&request.local, &request.written_in)?;
    require_overlap(&request.local, &local.polygons, "the vintage of IGN", &ign.polygons)?;
    let code = request.department.code();
    let communes = Communes::read(&request.territories, code, epsg, &tally)?;
    let layer = &request.territories;
    require_overlap(layer, &communes.polygons, "the vintage of IGN", &ign.polygons)?;
    Ground::new(vec![ign, local], Territory { communes, ..Territory::default() })
}

/// What candidates are made with.
struct Maker<'a> {
    request: &'a Request,
    national: &'a Nomenclature,
    judge: &'a Judge,
    comparison: Comparison<'a>,
    /// Doubled area of each object of IGN.
    twice_areas: Vec<i128>,
}

impl Maker<'_> {
    /// The ground where the vintages disagree in truth, by object of IGN and couple of the local
    /// one.
    fn pieces(
        &self,
        unit: impl Fn(Couple) -> i128,
        found: &mut Found,
    ) -> Vec<Piece<(u32, Couple)>> {
        let comparison = &self.comparison;
        let changed = comparison.changed();
        let likenesses = comparison.likenesses(self.national);
        let findings = comparison.findings(&changed, &likenesses, unit);
        for (piece, finding) in changed.iter().zip(&findings) {
            let area = piece.dissolved.polygon.area_m2();
            let is_real = finding.kind == ChangeKind::Real;
            *(if is_real { &mut found.disagreed_m2 } else { &mut found.noise_m2 }) += area;
        }
        let kinds = comparison.kinds(&changed, &findings);
        comparison.pieces(|face| {
            (kinds[face as usize] == Some(ChangeKind::Real))
                .then(|| {
                    let object = comparison.rank(face, Side::Before)?;
                    Some((object, comparison.couple(face, Side::After)))
                })
                .flatten()
        })
    }

    /// The candidates of each object, the most worthwhile object first.
    fn groups(&self, pieces: &[Piece<(u32, Couple)>], found: &mut Found) -> Vec<Vec<Candidate>> {
        let mut of_object: BTreeMap<u32, Vec<Candidate>> = BTreeMap::new();
        for piece in pieces {
            let candidates = self.candidates(piece);
            found.within_accuracy += usize::from(candidates.is_empty());
            if !candidates.is_empty() {
                of_object.entry(piece.key.0).or_default().extend(candidates);
            }
        }
        let mut groups: Vec<(f64, u32, Vec<Candidate>)> = of_object
            .into_iter()
            .map(|(object, mut group)| {
                group.sort_by(|a, b| {
                    let by_worth = b.worth.total_cmp(&a.worth);
                    by_worth.then_with(|| a.record.correction_id.cmp(&b.record.correction_id))
                });
                (group.iter().map(|candidate| candidate.worth).sum(), object, group)
            })
            .collect();
        groups.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        groups.into_iter().map(|(_, _, group)| group).collect()
    }

    /// The groups that fit into the quota of their commune, one after the other.
    fn within_quota(&self, groups: Vec<Vec<Candidate>>, found: &mut Found) -> Vec<Candidate> {
        let mut of_commune: BTreeMap<Option<String>, usize> = BTreeMap::new();
        let mut kept = Vec::new();
        for group in groups {
            let taken = of_commune.entry(group[0].record.insee.clone()).or_default();
            if self.request.per_commune.is_some_and(|quota| *taken >= quota.get()) {
                found.over_quota += 1;
                continue;
            }
            *taken += 1;
            found.objects += 1;
            kept.extend(group);
        }
        kept
    }

    /// One candidate for each dimension in which a piece differs; none where the accuracy of
    /// outlines could explain all of it.
    fn candidates(&self, piece: &Piece<(u32, Couple)>) -> Vec<Candidate> {
        let (object, local) = piece.key;
        let ign = self.comparison.vintage(Side::Before);
        let (current, outline) = (ign.couples[object as usize], &piece.dissolved.polygon);
        let confidence = certain_share(outline);
        let Some(anchor) = interior_point(outline).and_then(|(x, y)| Point::from_metres(x, y))
        else {
            return Vec::new();
        };
        if confidence <= 0.0 {
            return Vec::new();
        }
        let share = outline.twice_area() as f64 / self.twice_areas[object as usize] as f64;
        let polygon = if share < WHOLE { outline } else { &ign.polygons[object as usize] };
        let dimensions = [
            (Aim::Cover, Dimension::Cover, current.cs, local.cs),
            (Aim::Usage, Dimension::Usage, current.us, local.us),
        ];
        let differing = dimensions.into_iter().filter(|(_, _, now, proposed)| now != proposed);
        differing
            .map(|(aim, dimension, now, proposed)| {
                let code = |id| self.national.code(dimension, id).to_owned();
                let (local_object, local_code) = self.local_of(&piece.dissolved.faces, dimension);
                let (now, proposed) = (code(now), code(proposed));
                let evidence = self.evidence((dimension, &now, &proposed), &local_object, share);
                let id = &ign.objects[object as usize].id;
                let record = CorrectionRecord {
                    correction_id: correction_id(ign.year, id, (aim, &proposed), polygon),
                    department: self.request.department.code().to_owned(),
                    insee: self.commune_of(&piece.dissolved.faces),
                    vintage: ign.year,
                    source_version: None,
                    object_id: id.clone(),
                    dimension: aim,
                    current_code: Some(now),
                    proposed_code: Some(proposed),
                    local_nomenclature: local_code
                        .is_some()
                        .then(|| self.request.written_in.id().to_owned()),
                    local_code,
                    kind: Kind::Semantic,
                    area_m2: polygon.area_m2(),
                    artif_before: Some(self.judge.is_artificial(current)),
                    artif_after: Some(self.judge.is_artificial(local)),
                    evidence: Some(evidence),
                    confidence: Some(confidence),
                    author_org: self.request.author.clone(),
                    comment: None,
                    origin: Origin::LocalCorrection,
                    anchor,
                    ign_report_id: None,
                    ign_status: None,
                    ign_status_at: None,
                    applied_in_version: None,
                };
                Candidate { polygon: polygon.clone(), worth: worth(&record), record }
            })
            .collect()
    }

    /// The local object with the largest part of some faces: its id, and its own code where that is
    /// finer than the national one.
    fn local_of(&self, faces: &[FaceId], dimension: Dimension) -> (String, Option<String>) {
        let local = self.comparison.vintage(Side::After);
        let Some(rank) = self.largest(faces, |face| self.comparison.rank(face, Side::After)) else {
            return (String::new(), None);
        };
        let code = local.origin.as_ref().map(|origin| {
            let (cs, us) = origin.codes(rank);
            if dimension == Dimension::Cover { cs } else { us }.to_owned()
        });
        (local.objects[rank as usize].id.clone(), code.filter(|code| !code.is_empty()))
    }

    fn commune_of(&self, faces: &[FaceId]) -> Option<String> {
        let ground = self.comparison.ground;
        let rank = self.largest(faces, |face| ground.commune(face))?;
        Some(ground.territory.communes.gazetteer.communes[rank as usize].code.clone())
    }

    /// What holds the largest part of some faces; of equals the first.
    fn largest(&self, faces: &[FaceId], of: impl Fn(FaceId) -> Option<u32>) -> Option<u32> {
        let mut areas: BTreeMap<u32, i128> = BTreeMap::new();
        for &face in faces {
            if let Some(rank) = of(face) {
                *areas.entry(rank).or_default() += self.comparison.ground.plane.twice_area(face);
            }
        }
        let largest = areas.into_iter().max_by_key(|&(rank, area)| (area, std::cmp::Reverse(rank)));
        largest.map(|(rank, _)| rank)
    }

    /// The disagreement in French.
    fn evidence(
        &self,
        (dimension, now, proposed): (Dimension, &str, &str),
        local_object: &str,
        share: f64,
    ) -> String {
        let label = |code: &str| {
            let id = self.national.find(dimension, code);
            let class = id.and_then(|id| self.national.class(dimension, id));
            class.map_or_else(|| code.to_owned(), |class| class.label.clone())
        };
        format!(
            "La base locale ({}, objet {local_object}) voit « {} » sur {:.0} % de l'objet, que \
             l'IGN code « {} ».",
            self.request.written_in.id(),
            label(proposed),
            (100.0 * share).min(100.0),
            label(now)
        )
    }
}

/// The share of a polygon that no redrawing within the accuracy of outlines could take away, from
/// 0 to 1: the ground farther inside than that accuracy, as if the outline were straight.
fn certain_share(polygon: &Polygon) -> f64 {
    let doubtful_m2 = Rules::default().tolerance_m * polygon.perimeter_m();
    (1.0 - doubtful_m2 / polygon.area_m2()).max(0.0)
}

fn write(
    request: &Request,
    national: &Nomenclature,
    candidates: &[Candidate],
) -> Result<(), Error> {
    let names = Names {
        department: request.department.code().to_owned(),
        vintage: request.year,
        prior: request.year,
        epsg: request.department.crs().0,
    };
    let draft = Draft::new(&request.out)?;
    let mut layer = Deliverable::<CorrectionRecord>::create(
        draft.temp(),
        &names,
        &products::embedded(&Legend::of(national), Product::Candidates, &names),
    )?;
    for candidate in candidates {
        layer.add(&candidate.polygon, &candidate.record)?;
    }
    layer.finish()?;
    draft.publish()?;
    Ok(())
}
