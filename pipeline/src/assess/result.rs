//! From a filled sheet to what is published: estimates, acceptance, tables and the page.

use std::path::{Path, PathBuf};

use kernels::accuracy::Estimate;
use nomenclature::{Couple, Nomenclature, RuleSet};
use serde_json::json;

use super::answers::{self, Answers, Given, listed};
use super::decision::{Decision, Thresholds};
use super::document::{Document, SHEET};
use super::estimate::{Criterion, Overall, Reading, Sample, criteria, overalls, readings};
use super::key::{self, Row};
use super::legend::Legend;
use super::{page, tables};
use crate::VERSION;
use crate::artefact::publish_bytes;
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::tables::{Table, csv, json as as_json, xlsx};

/// Name of the result as a document: everything but the page.
pub const RESULT: &str = "qualite.json";

/// What is asked.
#[derive(Debug)]
pub struct Request {
    /// The folder of the plan.
    pub plan: PathBuf,
    /// The filled sheet; that of the plan when none is named.
    pub sheet: Option<Layer>,
    /// The sheet of a second interpreter.
    pub second: Option<Layer>,
    /// What is artificial.
    pub rules: RuleSet,
    /// What is accepted.
    pub thresholds: Thresholds,
    /// Whether places without answer are left out.
    pub is_partial: bool,
}

/// What was found.
#[derive(Debug)]
pub struct Outcome {
    /// The plan.
    pub document: Document,
    /// Id of the rule set.
    pub rules: String,
    /// What is accepted.
    pub thresholds: Thresholds,
    /// Places answered, not observable and without answer.
    pub tally: Tally,
    /// The share of the ground that is right, read in every way.
    pub overalls: Vec<Overall>,
    /// By class.
    pub readings: Vec<Reading>,
    /// The criteria.
    pub criteria: Vec<Criterion>,
    /// The decision on the whole.
    pub decision: Decision,
    /// Accuracy of the couples were all places that cannot be told wrong, and were all right; none
    /// when all could be told.
    pub bounds: Option<(f64, f64)>,
    /// Agreement of two interpreters: what, places, share of the ground.
    pub agreement: Vec<(&'static str, u64, Estimate)>,
    /// Every table.
    pub tables: Vec<Table>,
}

/// How the places were answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// With both codes.
    pub told: u64,
    /// Not observable.
    pub not_observable: Vec<String>,
    /// Without answer.
    pub unanswered: Vec<String>,
}

/// Reads the sheet and estimates.
///
/// # Errors
/// As for [`Document::read`] and [`answers::read`]; [`Error::Input`] when places are without answer
/// and the result is not asked for as provisional, or a stratum has fewer than two answers.
pub fn assess(request: &Request) -> Result<Outcome, Error> {
    let folder = &request.plan;
    let document = Document::read(folder)?;
    let nomenclature = document.nomenclature(folder)?;
    let key = key::read(&folder.join(&document.key.file), &nomenclature)?;
    let own = || Layer { path: folder.join(SHEET), layer: None };
    let sheet = request.sheet.clone().unwrap_or_else(own);
    let answers = answers::read(&sheet, &document, &key, &nomenclature)?;
    let tally = tally(&key, &answers);
    refuse_unanswered(&tally, &answers, request.is_partial)?;
    let too_few = |error: super::estimate::TooFew| error.refuse(&document, &answers.path);
    let sample = Sample::new(&document, &key, |row| told(&answers, row)).map_err(too_few)?;
    let artificial = request
        .rules
        .compile(&nomenclature)
        .map_err(|error| Error::Usage { what: error.to_string(), hint: error.hint() })?;
    let readings = readings(&sample, &document, &nomenclature, &artificial)?;
    let criteria = criteria(&readings, request.thresholds);
    let second = request.second.as_ref();
    let second = second.map(|layer| answers::read(layer, &document, &key, &nomenclature));
    let second = second.transpose()?;
    let mut outcome = Outcome {
        overalls: overalls(&sample, &nomenclature, &artificial)?,
        decision: Decision::of_all(criteria.iter().map(|criterion| criterion.decision)),
        bounds: bounds(&document, &key, &answers, &nomenclature)?,
        agreement: match &second {
            Some(second) => agreement(&document, &key, [&answers, second], &nomenclature)?,
            None => Vec::new(),
        },
        rules: request.rules.id.clone(),
        thresholds: request.thresholds,
        document,
        tally,
        readings,
        criteria,
        tables: Vec::new(),
    };
    outcome.tables = tables::all(&outcome, &key, &answers, &nomenclature);
    Ok(outcome)
}

fn told(answers: &Answers, row: usize) -> Option<Couple> {
    match answers.rows[row].given {
        Given::Told(couple) => Some(couple),
        Given::NotObservable | Given::Nothing => None,
    }
}

fn tally(key: &[Row], answers: &Answers) -> Tally {
    let mut tally = Tally::default();
    for (row, answer) in key.iter().zip(&answers.rows) {
        match answer.given {
            Given::Told(_) => tally.told += 1,
            Given::NotObservable => tally.not_observable.push(row.id.clone()),
            Given::Nothing => tally.unanswered.push(row.id.clone()),
        }
    }
    tally
}

fn refuse_unanswered(tally: &Tally, answers: &Answers, is_partial: bool) -> Result<(), Error> {
    if tally.unanswered.is_empty() || is_partial {
        return Ok(());
    }
    Err(InputError::new(&answers.path, "places of this sheet are without a full answer")
        .got(listed(&tally.unanswered))
        .expected("both codes, or `non_observable` in `certitude` with empty codes")
        .hint("fill them in, or ask for a provisional result without them: `--partial`")
        .into())
}

/// Accuracy of the couples with the places that cannot be told all wrong, then all right.
fn bounds(
    document: &Document,
    key: &[Row],
    answers: &Answers,
    nomenclature: &Nomenclature,
) -> Result<Option<(f64, f64)>, Error> {
    let is_untold = |row: usize| answers.rows[row].given == Given::NotObservable;
    if !(0..key.len()).any(is_untold) {
        return Ok(None);
    }
    let with = |untold: &dyn Fn(usize) -> Couple| -> Result<f64, Error> {
        let truth = |row| if is_untold(row) { Some(untold(row)) } else { told(answers, row) };
        let sample = Sample::new(document, key, truth)
            .map_err(|error| error.refuse(document, &answers.path))?;
        Ok(sample.assess(Legend::Couple, nomenclature)?.overall.value)
    };
    Ok(Some((with(&|_| Couple::NODATA)?, with(&|row| key[row].couple)?)))
}

/// How far two interpreters agree, on the ground that both could tell.
fn agreement(
    document: &Document,
    key: &[Row],
    [first, second]: [&Answers; 2],
    nomenclature: &Nomenclature,
) -> Result<Vec<(&'static str, u64, Estimate)>, Error> {
    let mut key = key.to_vec();
    for (row, place) in key.iter_mut().enumerate() {
        // What the first one said stands where the map was.
        if let Some(couple) = told(first, row) {
            place.couple = couple;
        }
    }
    let both = |row: usize| told(first, row).and_then(|_| told(second, row));
    let sample =
        Sample::new(document, &key, both).map_err(|error| error.refuse(document, &second.path))?;
    let n = sample.n_answers() as u64;
    let legends = [
        ("Couverture et usage", Legend::Couple),
        ("Couverture", Legend::Class(nomenclature::Dimension::Cover, None)),
        ("Usage", Legend::Class(nomenclature::Dimension::Usage, None)),
    ];
    let legends = legends.into_iter();
    legends
        .map(|(label, legend)| Ok((label, n, sample.assess(legend, nomenclature)?.overall)))
        .collect()
}

impl Outcome {
    /// Whether places are without answer.
    pub fn is_provisional(&self) -> bool {
        !self.tally.unanswered.is_empty()
    }

    /// Writes CSV, JSON, the workbook and the page into a folder.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        for table in &self.tables {
            publish_bytes(folder.join(format!("{}.csv", table.name)), &csv::bytes(table)?)?;
        }
        let method = page::method(self);
        let title = format!("Qualité de {}", self.document.vintage.file);
        let book = xlsx::workbook(&title, &self.tables, &method)?;
        publish_bytes(folder.join("qualite.xlsx"), &book)?;
        let text = serde_json::to_vec_pretty(&self.json())
            .map_err(|error| Error::internal(format!("{RESULT}: {error}")))?;
        publish_bytes(folder.join(RESULT), &text)?;
        publish_bytes(folder.join("qualite.html"), page::render(self, &method)?.as_bytes())?;
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let Thresholds { overall, by_class } = self.thresholds;
        json!({
            "program": format!("millesime {VERSION}"),
            "plan": self.document.id,
            "vintage": self.document.vintage,
            "nomenclature": self.document.nomenclature,
            "rules": self.rules,
            "thresholds": { "overall": overall, "by_class": by_class },
            "decision": self.decision,
            "provisional": self.is_provisional(),
            "places": {
                "drawn": self.document.places,
                "answered": self.tally.told,
                "not_observable": self.tally.not_observable,
                "unanswered": self.tally.unanswered,
            },
            "tables": self.tables.iter().map(as_json::value).collect::<Vec<_>>(),
        })
    }
}
