//! What IGN's next version made of the corrections of a vintage: one verdict each, on exact ground.
//!
//! The two versions may be of one vintage, or of two years; the corrections are those of the year of
//! the version before. What a correction asks for is said in [`crate::corrections`], how it is
//! judged in [`kernels::fate`]. Where a corrective patch gives a code, that is what the vintage
//! should have been: it stands for the version after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernels::fate::FateRules;
use nomenclature::{Nomenclature, RuleSet};
use serde_json::{Value, json};

use super::claim::{Claims, Unclear, ask};
use super::follow_up::{Areas, FollowUp, Followed, tables};
use super::ledger::{Entry, Ledger, Note, Verdict};
use super::objects::Objects;
use super::terms::{Action, Outcome, Term};
use super::{output, page};
use crate::artefact::{Draft, name_of};
use crate::compare::{Source, stamps};
use crate::config::{Department, Layer};
use crate::error::{Error, InputError};
use crate::judge::Judge;
use crate::lock::Lock;
use crate::publication;
use crate::repair::Repairs;
use crate::stamp::Stamp;
use crate::tally::{Flaws, Tally};
use crate::territory::Communes;
use crate::vintage::locate::{Product, locate};
use crate::vintage::{Vintage, require_overlap};

mod ground;
pub mod patch;
mod words;

use ground::{Found, Look, Sides};
use patch::Patch;
use words::{Words, told};

/// The command, as the manifest names it.
const COMMAND: &str = "corrections reconcile";
/// Who says that a version was looked at, in the history.
const WITNESS: &str = "millesime";

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The ledger.
    pub ledger: PathBuf,
    /// The department.
    pub department: Department,
    /// The version that was corrected.
    pub before: Source<u16>,
    /// The version to look at.
    pub after: Source<u16>,
    /// A corrective patch of the version before.
    pub patch: Option<Layer>,
    /// What the codes of both versions mean.
    pub nomenclature: Nomenclature,
    /// What is artificial.
    pub rules: RuleSet,
    /// The communes.
    pub territories: Option<Layer>,
    /// What the version looked at is called in the history.
    pub version: String,
    /// The day of the verdicts, `YYYY-MM-DD`.
    pub day: String,
    /// The folder to write into.
    pub out: PathBuf,
    /// Whether the verdicts are also written into the ledger itself.
    pub in_place: bool,
}

/// How many corrections came to each verdict.
#[derive(Debug, Default)]
pub struct Summary {
    /// By verdict.
    pub by_outcome: BTreeMap<Outcome, u64>,
    /// Corrections whose verdict is not what the ledger held before.
    pub news: u64,
    /// Corrections of other vintages, which are left alone.
    pub others: u64,
    /// What was wrong in the files of both versions, the patch and the communes.
    pub flaws: Flaws,
}

/// What the corrections ask for.
#[derive(Default)]
struct Asked {
    /// Those whose ground is to be looked at, in the order of the corrections.
    claims: Claims,
    /// Why each correction is not among them, or nothing.
    unclear: Vec<Option<Unclear>>,
}

/// Judges the corrections; nothing is published unless all is complete.
///
/// # Errors
/// [`Error::Input`] for a file that is not what it must be, a ledger of another department or
/// without a correction of the vintage; [`Error::Busy`], [`Error::Write`].
pub fn run(request: &Request) -> Result<Summary, Error> {
    let _lock = publication::enter(&request.out, COMMAND)?;
    refuse_own_copy(request)?;
    // Between reading and writing nobody else may add to it.
    let _own = request.in_place.then(|| Lock::of_file(&request.ledger)).transpose()?;
    let inputs = inputs(request)?;
    let mut ledger = Ledger::read(&request.ledger)?;
    let own = own_entries(&ledger, request)?;
    let tally = Tally::default();
    let communes = communes(request, &tally)?;
    let national = ledger.nomenclature()?;
    let judge = Judge::new(&request.rules, &national)?;
    let entries: Vec<&Entry> = own.iter().map(|&rank| &ledger.entries[rank]).collect();
    let (asked, sides) = sides(request, &entries, &national, &tally)?;
    let look = Look::new(&sides, &asked.claims, &judge)?;
    let mut found = look.found().into_iter();
    let found: Vec<Result<Found, Unclear>> = asked
        .unclear
        .into_iter()
        .map(|why| why.map_or_else(|| Ok(found.next().expect("every claim is looked at")), Err))
        .collect();
    let words = Words { request, nomenclature: &national };
    let verdicts: Vec<Verdict> = found.iter().map(|one| words.verdict(one.as_ref())).collect();
    let is_judged = |verdict: &Verdict| verdict.outcome != Outcome::NotAssessable;
    let judged = found.iter().zip(&verdicts).filter(|(one, _)| one.is_ok());
    let counts: Vec<bool> = judged.map(|(_, verdict)| is_judged(verdict)).collect();
    let stake = look.stake(&counts);
    let mut summary = write_down(&mut ledger, &own, &verdicts, request)?;
    summary.flaws = tally.flaws();
    let followed = own.iter().zip(found.iter().zip(&verdicts)).map(|(&rank, (one, verdict))| {
        let areas = one.as_ref().ok().filter(|_| is_judged(verdict)).map(areas);
        Followed { entry: &ledger.entries[rank], areas }
    });
    let followed = followed.collect();
    let follow_up = FollowUp::new((&ledger, followed), &national, &communes, Some(stake));
    let drafts = write(request, &ledger, &follow_up, &communes)?;
    output::publish(&request.out, (COMMAND, parameters(request, &summary)), inputs, drafts, &[])?;
    if request.in_place {
        ledger.publish(&request.ledger)?;
    }
    Ok(summary)
}

/// The copy of the ledger among the results.
fn copy(request: &Request) -> PathBuf {
    request.out.join(name_of(&request.ledger))
}

/// Refuses to write the copy over the ledger when that was not asked for.
fn refuse_own_copy(request: &Request) -> Result<(), Error> {
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    let copy = copy(request);
    if request.in_place || place(&copy).is_none() || place(&copy) != place(&request.ledger) {
        return Ok(());
    }
    Err(Error::Usage {
        what: format!("`{}` holds the ledger itself", request.out.display()),
        hint: Some("give `--in-place`, or another folder with `--out`".to_owned()),
    })
}

/// The ranks of the corrections of the vintage.
fn own_entries(ledger: &Ledger, request: &Request) -> Result<Vec<usize>, Error> {
    ledger.require_department(&request.ledger, request.department.code())?;
    let year = request.before.of;
    let years: BTreeMap<u16, usize> =
        ledger.entries.iter().fold(BTreeMap::new(), |mut years, e| {
            *years.entry(e.record.vintage).or_default() += 1;
            years
        });
    let own: Vec<usize> = (0..ledger.entries.len())
        .filter(|&rank| ledger.entries[rank].record.vintage == year)
        .collect();
    if own.is_empty() {
        let all: Vec<String> = years.iter().map(|(year, n)| format!("{n} of {year}")).collect();
        let got = if all.is_empty() { "none at all".to_owned() } else { all.join(", ") };
        return Err(InputError::new(
            &request.ledger,
            "this ledger holds no correction of the vintage",
        )
        .got(format!("corrections: {got}"))
        .expected(format!("corrections of {year}, the year of the version before"))
        .hint("give the years of the versions with `--years`")
        .into());
    }
    Ok(own)
}

fn communes(request: &Request, tally: &Tally) -> Result<Communes, Error> {
    let Some(layer) = &request.territories else { return Ok(Communes::default()) };
    Communes::read(layer, request.department.code(), request.department.crs().0, tally)
}

/// What each correction asks for, and the versions as far as they lie near.
fn sides(
    request: &Request,
    entries: &[&Entry],
    national: &Nomenclature,
    tally: &Tally,
) -> Result<(Asked, Sides), Error> {
    let epsg = request.department.crs().0;
    let read = |source: &Source<u16>| {
        let Source { of: year, layer } = source;
        Vintage::read(layer, *year, epsg, &request.nomenclature, tally)
    };
    let before = read(&request.before)?;
    let asked = asked(&before, entries, national);
    let ledger = Layer { path: request.ledger.clone(), layer: None };
    require_overlap(&ledger, &asked.claims.polygons, "the version before", &before.polygons)?;
    let places = ground::places(&asked.claims, &before);
    let level = |vintage: Vintage, layer: &Layer| -> Result<Vintage, Error> {
        let mut near = ground::near(vintage, &places);
        let mut repairs = Repairs::of_reading(&layer.path, &tally.flaws());
        near.recode(&request.nomenclature, national, (&mut repairs, tally))?;
        Ok(near)
    };
    let before = level(before, &request.before.layer)?;
    let after = read(&request.after)?;
    require_overlap(&request.after.layer, &after.polygons, "the version before", &before.polygons)?;
    let after = level(after, &request.after.layer)?;
    let patch = match &request.patch {
        Some(layer) => Patch::read(layer, epsg, national, tally)?,
        None => Patch::default(),
    };
    Ok((asked, Sides { before, after, patch }))
}

fn asked(before: &Vintage, entries: &[&Entry], national: &Nomenclature) -> Asked {
    let objects = Objects::of(before);
    let mut all = Asked::default();
    for entry in entries {
        let asked = ask(entry, national, &objects);
        all.unclear.push(asked.as_ref().err().copied());
        if let Ok(ask) = asked {
            all.claims.polygons.push(entry.polygon.clone());
            all.claims.asks.push(ask);
        }
    }
    all
}

fn areas(found: &Found) -> Areas {
    Areas { wrong: found.ground.wrong(), fixed: found.ground.fixed, stake: found.stake }
}

/// Writes the verdicts into the ledger; one that it holds already is no news.
fn write_down(
    ledger: &mut Ledger,
    own: &[usize],
    verdicts: &[Verdict],
    request: &Request,
) -> Result<Summary, Error> {
    let mut summary =
        Summary { others: (ledger.entries.len() - own.len()) as u64, ..Summary::default() };
    for (&rank, verdict) in own.iter().zip(verdicts) {
        *summary.by_outcome.entry(verdict.outcome).or_default() += 1;
        let entry = &mut ledger.entries[rank];
        if entry.verdict.as_ref() == Some(verdict) {
            continue;
        }
        summary.news += 1;
        entry.verdict = Some(verdict.clone());
        if verdict.outcome == Outcome::Applied {
            entry.record.applied_in_version = Some(verdict.version.clone());
        }
        let correction_id = entry.record.correction_id.clone();
        ledger.note(Note {
            correction_id,
            at: request.day.clone(),
            action: Action::Judged,
            source: WITNESS.to_owned(),
            detail: Some(told(verdict)),
        })?;
    }
    Ok(summary)
}

/// Every file, finished and not yet published.
fn write(
    request: &Request,
    ledger: &Ledger,
    follow_up: &FollowUp<'_>,
    communes: &Communes,
) -> Result<Vec<Draft>, Error> {
    let of = |source: &Source<u16>| format!("{}, {}", name_of(&source.layer.path), source.of);
    let mut sources = vec![
        format!("Registre des corrections : {}", name_of(&request.ledger)),
        format!("Version corrigée : {}", of(&request.before)),
        format!("Version examinée : {} ({})", of(&request.after), request.version),
    ];
    sources
        .extend(request.patch.iter().map(|l| format!("Correctif de l'IGN : {}", name_of(&l.path))));
    sources.extend(request.territories.iter().map(|l| format!("Communes : {}", name_of(&l.path))));
    let subject = page::Subject {
        follow_up,
        communes,
        version: Some(&request.version),
        rules: Some(&request.rules),
        sources,
    };
    let mut drafts = page::files(&request.out, &subject, &tables::all(follow_up))?;
    drafts.push(ledger.draft(&copy(request))?);
    Ok(drafts)
}

/// The size and hash of every input file, by its role and name.
fn inputs(request: &Request) -> Result<BTreeMap<String, Stamp>, Error> {
    let years = [request.before.of, request.after.of];
    let mut layers = vec![
        ("before", &request.before.layer, Product::Occupation, &years[..1]),
        ("after", &request.after.layer, Product::Occupation, &years[1..]),
    ];
    layers.extend(request.patch.as_ref().map(|l| ("patch", l, Product::Occupation, &years[..0])));
    let communes = request.territories.as_ref();
    layers.extend(communes.map(|l| ("territories", l, Product::Communes, &years[..0])));
    let mut all: BTreeMap<_, _> = stamps("ledger", &request.ledger)?.into_iter().collect();
    for (role, layer, product, years) in layers {
        // What is passed over is counted when the file is read.
        all.extend(stamps(role, &locate(layer, product, years, &Tally::default())?.path)?);
    }
    Ok(all)
}

/// The parameters of the manifest.
fn parameters(request: &Request, summary: &Summary) -> Value {
    let FateRules { applied, partly, assessable, as_stated } = FateRules::default();
    let verdicts: BTreeMap<&str, u64> =
        summary.by_outcome.iter().map(|(outcome, &n)| (outcome.key(), n)).collect();
    json!({
        "department": request.department.code(),
        "crs": request.department.crs().to_string(),
        "years": [request.before.of, request.after.of],
        "version": request.version,
        "nomenclature": request.nomenclature.id(),
        "rules": request.rules.id,
        "percent": {
            "applied": applied, "partly": partly, "assessable": assessable, "as_stated": as_stated,
        },
        "verdicts": verdicts,
    })
}

#[cfg(test)]
mod tests;
