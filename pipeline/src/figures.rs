//! Every published figure of a comparison, and the laws that they obey.

use kernels::artificialise::Artificialised;
use kernels::change::{ChangeKind, Finding};
use kernels::flux::series::{Interval, Series};
use kernels::flux::{Labels, Ledger, Status};
use kernels::lattice::{area_m2, twice_area_of};
use nomenclature::{CaptureUnits, Couple, Likenesses, Nomenclature};

use crate::basis::Basis;
use crate::comparison::{Comparison, Ground, Piece, Side};
use crate::disagreement::Disagreement;
use crate::error::Error;
use crate::judge::Judge;
use crate::proof::{Area, Flux, Measures, Proof};
use crate::tables::indicators::{Indicators, Variant};
use crate::tables::{Table, custom, disagreement, exemptions};

/// What happened between a vintage and the next one; nothing when there is one vintage only.
pub struct Step {
    /// The years.
    pub interval: Interval,
    /// Regions whose couple differs.
    pub changed: Vec<Piece<(Couple, Couple)>>,
    /// What lies behind each of them.
    pub findings: Vec<Finding>,
    /// Which couples may be the same ground under two codes.
    pub likenesses: Likenesses,
    /// The main figures: official or with thresholds, every change counted.
    pub ledger: Ledger,
    /// The same ground on every other basis.
    pub others: Vec<(Basis, Ledger)>,
}

/// The figures of vintages over communes, zones and other layers.
pub struct Figures {
    /// Verdicts of the polygons of each vintage, oldest first.
    pub verdicts: Vec<Artificialised>,
    /// What happened between them, oldest first.
    pub steps: Vec<Step>,
    /// Every table of the delivery.
    pub tables: Vec<Table>,
    /// Where the official layers and the rule set differ, per vintage; empty without them.
    pub disagreements: Vec<Disagreement>,
    /// The laws checked.
    pub proofs: Vec<Proof>,
}

/// What decides and names the classes of a comparison.
#[derive(Clone, Copy)]
pub struct Norms<'a> {
    /// What counts as artificial.
    pub judge: &'a Judge,
    /// Minimum units.
    pub capture: &'a CaptureUnits,
    /// What the codes mean.
    pub nomenclature: &'a Nomenclature,
}

impl Step {
    /// Classes the changes between two vintages and adds up their faces.
    pub fn of(
        comparison: &Comparison<'_>,
        norms: Norms<'_>,
        verdicts: (&Artificialised, &Artificialised),
    ) -> Self {
        let changed = comparison.changed();
        let unit = |couple| twice_area_of(norms.capture.min_area_m2(couple, true));
        let likenesses = comparison.likenesses(norms.nomenclature);
        let findings = comparison.findings(&changed, &likenesses, unit);
        let kinds = comparison.kinds(&changed, &findings);
        let on = |basis| Ledger::of(&comparison.labelled(norms.judge, (verdicts, basis), &kinds));
        let bases = comparison.ground.bases();
        let ledger = on(bases[0]);
        let others = bases[1..].iter().map(|&basis| (basis, on(basis))).collect();
        Self { interval: comparison.interval(), changed, findings, likenesses, ledger, others }
    }

    /// Whether it is a vintage seen alone: stocks and no change.
    pub fn is_still(&self) -> bool {
        self.interval.years() == 0
    }

    /// Number and doubled area of the changes of each kind, in the order of publication.
    pub fn by_kind(&self) -> Vec<(ChangeKind, u64, i128)> {
        let of_kind = |kind| {
            let all = self.changed.iter().zip(&self.findings);
            let of_kind = all.filter(move |(_, finding)| finding.kind == kind);
            of_kind.map(|(piece, _)| piece.dissolved.polygon.twice_area())
        };
        ChangeKind::ALL
            .into_iter()
            .map(|kind| (kind, of_kind(kind).count() as u64, of_kind(kind).sum()))
            .collect()
    }
}

impl Figures {
    /// Judges every vintage, classes the changes and sums up the tables.
    ///
    /// # Errors
    /// [`Error::Invariant`] when a law does not hold to the last square step.
    pub fn of(ground: &Ground, norms: Norms<'_>) -> Result<Self, Error> {
        let judged = (0..ground.vintages.len()).map(|rank| ground.judged(rank, norms.judge));
        let verdicts = judged.collect::<Result<Vec<_>, _>>()?;
        let of = |pair: &Comparison<'_>, side| &verdicts[pair.vintage_rank(side)];
        let both = |pair: &Comparison<'_>| (of(pair, Side::Before), of(pair, Side::After));
        let steps: Vec<Step> =
            ground.steps().map(|pair| Step::of(&pair, norms, both(&pair))).collect();
        let mut proofs = Vec::new();
        for step in &steps {
            let year = (steps.len() > 1).then_some(step.interval.after);
            proofs.extend(proven(&step.ledger, "", year)?);
        }
        let main = series(&steps, |step| step.ledger.clone())?;
        if steps.len() > 1 {
            proofs.push(chained(&main)?);
        }
        let variants = variants(norms.judge, &steps)?;
        for (suffix, _, series) in &variants {
            for (interval, ledger) in series.steps() {
                let year = (steps.len() > 1).then_some(interval.after);
                proofs.extend(proven(ledger, suffix, year)?);
            }
        }
        let mut tables = tables(ground, norms, &variants, &main);
        let customs = 0..ground.territory.customs.len();
        tables.extend(customs.map(|custom| custom::table(ground, custom, norms, &verdicts)));
        let mut disagreements = Vec::new();
        for (vintage, verdicts) in
            verdicts.iter().enumerate().take(ground.territory.officials.len())
        {
            let of = Disagreement::of(ground, vintage, verdicts, norms.judge)?;
            proofs.push(of.proof());
            disagreements.push(of);
        }
        let gazetteer = &ground.territory.communes.gazetteer;
        tables.extend(disagreement::tables(&disagreements, gazetteer, norms.nomenclature));
        if !ground.territory.exemptions.is_empty() {
            tables.push(exemptions::table(ground, &verdicts));
        }
        for (vintage, verdicts) in
            verdicts.iter().enumerate().take(ground.territory.neighbours.len())
        {
            proofs.push(edge(ground, vintage, norms.judge, verdicts)?);
        }
        Ok(Self { verdicts, steps, tables, disagreements, proofs })
    }
}

/// What the margin beyond the limit does to the groups that the limit cuts.
fn edge(
    ground: &Ground,
    vintage: usize,
    judge: &Judge,
    verdicts: &Artificialised,
) -> Result<Proof, Error> {
    let alone = ground.judged_alone(vintage, judge)?;
    let (mut gained, mut lost) = (0, 0);
    let pairs = verdicts.verdicts.iter().zip(&alone.verdicts);
    for ((with, without), area) in pairs.zip(ground.twice_areas(vintage)) {
        gained += if with.status && !without.status { area } else { 0 };
        lost += if without.status && !with.status { area } else { 0 };
    }
    let proof = Proof::new(Measures::Neighbours {
        polygons: ground.territory.neighbours[vintage].n_polygons() as u64,
        gained_m2: Area(gained),
        lost_m2: Area(lost),
    });
    Ok(proof.of(ground.vintages[vintage].year))
}

/// Figures on other grounds than the main ones: suffix of the columns, label, ledgers.
type Beside = (&'static str, &'static str, Series);

/// A ledger of each step; the step of a vintage to itself is a single vintage.
fn series(steps: &[Step], of: impl Fn(&Step) -> Ledger) -> Result<Series, Error> {
    match steps {
        [only] if only.is_still() => Ok(Series::single(only.interval.after, of(only))),
        steps => Series::new(steps.iter().map(|step| (step.interval, of(step))).collect())
            .map_err(|error| Error::usage(error.to_string())),
    }
}

/// Every variant of the main figures: without thresholds, true change alone, the other bases.
fn variants(judge: &Judge, steps: &[Step]) -> Result<Vec<Beside>, Error> {
    let matrix = |labels: Labels| Labels {
        artif_before: judge.is_artificial(labels.before),
        artif_after: judge.is_artificial(labels.after),
        ..labels
    };
    let without = series(steps, |step| step.ledger.relabel(matrix))?;
    let mut variants = vec![("sans_seuil", "sans seuils", without)];
    if !steps.iter().all(Step::is_still) {
        let real = series(steps, |step| step.ledger.relabel(Labels::filtered))?;
        variants.push(("reel", "changements réels seuls", real));
    }
    let bases = steps.first().map(|step| step.others.as_slice()).unwrap_or_default();
    for (rank, &(basis, _)) in bases.iter().enumerate() {
        let of_basis = series(steps, |step| step.others[rank].1.clone())?;
        variants.push((basis.suffix(), basis.label(), of_basis));
    }
    Ok(variants)
}

/// The tables of communes, what holds them, and zones.
fn tables(ground: &Ground, norms: Norms<'_>, variants: &[Beside], main: &Series) -> Vec<Table> {
    let variants: Vec<Variant<'_>> =
        variants.iter().map(|(suffix, label, series)| Variant { suffix, label, series }).collect();
    let indicators = Indicators {
        series: main,
        variants: &variants,
        gazetteer: &ground.territory.communes.gazetteer,
        zones: &ground.territory.zones.kinds,
        nomenclature: norms.nomenclature,
    };
    indicators.tables()
}

/// The laws of a ledger under the names of its variant and, with several intervals, its year.
fn proven(ledger: &Ledger, variant: &str, year: Option<u16>) -> Result<Vec<Proof>, Error> {
    let mut proofs = Vec::new();
    for status in [Status::Artificial, Status::Impermeable] {
        for measures in laws(ledger, status)? {
            let mut proof = Proof::new(measures);
            let year = year.map(|year| year.to_string()).unwrap_or_default();
            for part in [variant, &year].into_iter().filter(|part| !part.is_empty()) {
                proof = proof.of(part);
            }
            proofs.push(proof);
        }
    }
    Ok(proofs)
}

/// A vintage between two others has the same stock seen from both.
fn chained(series: &Series) -> Result<Proof, Error> {
    for status in [Status::Artificial, Status::Impermeable] {
        let gaps = series.continuity_gaps(status);
        if gaps.iter().any(|&gap| gap != 0) {
            let details = format!("{status:?}: off by {gaps:?} half square centimetres");
            return Err(Error::invariant("vintages_chain", details));
        }
    }
    let vintages = series.vintages().len() as u64;
    Ok(Proof::new(Measures::VintagesChain { vintages }))
}

/// The flux identity and the additivity of territories, to the last square step.
fn laws(ledger: &Ledger, status: Status) -> Result<[Measures; 2], Error> {
    let identity = ledger.identity_gap(status);
    let additivity = ledger.additivity_gap(status);
    if identity != 0 {
        let details = format!("{status:?}: off by {} m2, expected 0", area_m2(identity));
        return Err(Error::invariant("flux_identity", details));
    }
    if additivity.iter().any(|&gap| gap != 0) {
        let details = format!("{status:?}: off by {additivity:?} half square centimetres");
        return Err(Error::invariant("communes_add_up", details));
    }
    let total = ledger.total(status);
    let identity = Measures::FluxIdentity(Flux {
        status,
        stock_before_m2: Area(total.stock_before),
        stock_after_m2: Area(total.stock_after),
        flux_m2: Area(total.gross_in),
        reverse_m2: Area(total.gross_out),
    });
    let territories = ledger.surface_by_territory().len() as u64;
    Ok([identity, Measures::CommunesAddUp { status, territories }])
}

/// The area of the changed regions as polygons, doubled, which is exactly that of their faces.
///
/// # Errors
/// [`Error::Invariant`] when it is not.
pub fn area_of_change(
    comparison: &Comparison<'_>,
    changed: &[Piece<(Couple, Couple)>],
) -> Result<i128, Error> {
    let areas: i128 = changed.iter().map(|p| p.dissolved.polygon.twice_area()).sum();
    let faces: i128 = comparison
        .faces()
        .filter(|&face| comparison.changed_couples(face).is_some())
        .map(|face| comparison.ground.plane.twice_area(face))
        .sum();
    if areas != faces {
        let details = format!("polygons {} m2, faces {} m2", area_m2(areas), area_m2(faces));
        return Err(Error::invariant("area_of_change", details));
    }
    Ok(areas)
}

/// Doubled artificial stocks of both vintages; they differ by the net of the evolution's polygons.
///
/// # Errors
/// [`Error::Invariant`] when they do not.
pub fn stocks(
    comparison: &Comparison<'_>,
    verdicts: (&Artificialised, &Artificialised),
    net: i128,
) -> Result<(i128, i128), Error> {
    let stock = |side, verdicts: &Artificialised| -> i128 {
        let ground = comparison.ground;
        ground.stock(comparison.vintage_rank(side), verdicts, ground.main_basis())
    };
    let (before, after) = (stock(Side::Before, verdicts.0), stock(Side::After, verdicts.1));
    if after - before != net {
        let details = format!(
            "stocks differ by {} m2, the evolution's polygons by {} m2",
            area_m2(after - before),
            area_m2(net)
        );
        return Err(Error::invariant("evolution_is_stock_difference", details));
    }
    Ok((before, after))
}

#[cfg(test)]
mod laws;
