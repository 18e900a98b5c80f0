//! A batch document: departments x vintages that share parameters, one configuration for each.
//!
//! `shared:` holds keys of a configuration; each of `runs:` names departments and vintages, and the
//! keys in which they differ. Maps are merged key by key, everything else is replaced, and `null`
//! takes a shared key away. `{department}`, `{vintage}` and `{prior}` in any text stand for the
//! run's. `prior: result` starts from the run of the same department before it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nomenclature::yaml;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::department::Department;
use super::load::Document;
use super::source::Source;
use crate::error::{ConfigError, Error};

/// The most runs of one document.
const RUNS_MAX: usize = 2_000;
/// What `prior` says to start from the run before.
const RESULT: &str = "result";

/// The whole document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBatch {
    #[serde(default)]
    shared: Map<String, Value>,
    runs: Vec<Map<String, Value>>,
}

/// One run, merged; nothing of it is checked yet.
struct Merged {
    /// Rank of its entry in `runs`.
    rank: usize,
    department: String,
    vintage: i64,
    keys: Value,
}

/// A configuration that is read and not resolved.
#[derive(Debug)]
pub struct Typed {
    /// What it is called: `D011/2021`, or its file when that cannot be read.
    pub name: String,
    /// The folder of its results; `None` when it is wrong there.
    pub folder: Option<PathBuf>,
    document: Result<Document, Error>,
}

impl Typed {
    /// The configurations of files and batch documents: departments in the order in which they are
    /// named first, vintages of each oldest first; what cannot be read comes before them.
    pub fn read(files: &[PathBuf], out: Option<&Path>) -> Vec<Self> {
        let of_file = |file: &PathBuf| {
            let typed = move |document| Self::new(document, file, out);
            read(file, out).into_iter().map(typed).collect::<Vec<_>>()
        };
        let mut all: Vec<Self> = files.iter().flat_map(of_file).collect();
        let mut ranks: BTreeMap<String, usize> = BTreeMap::new();
        for (rank, department) in all.iter().filter_map(Self::department).enumerate() {
            ranks.entry(department.to_owned()).or_insert(rank);
        }
        all.sort_by_key(|typed| {
            let vintage = typed.document.as_ref().map_or(0, Document::vintage);
            (typed.department().and_then(|of| ranks.get(of).copied()), vintage)
        });
        all
    }

    fn new(document: Result<Document, Error>, file: &Path, out: Option<&Path>) -> Self {
        let folder = document.as_ref().ok().and_then(|document| document.vintage_dir(out));
        let last = folder.as_ref().map(|folder| {
            let mut steps: Vec<String> = folder.iter().rev().take(2).map(name).collect();
            steps.reverse();
            steps.join("/")
        });
        Self { name: last.unwrap_or_else(|| file.display().to_string()), folder, document }
    }

    fn department(&self) -> Option<&str> {
        self.document.as_ref().ok().map(Document::department)
    }

    /// What it means.
    ///
    /// * `promised`: folders whose files another run makes before this one.
    ///
    /// # Errors
    /// As [`super::Config::load`].
    pub fn config(self, promised: &[PathBuf]) -> Result<super::Config, Error> {
        self.document?.config(promised)
    }
}

fn name(step: &OsStr) -> String {
    step.to_string_lossy().into_owned()
}

/// The configurations of a file: one, or those of a batch document in its order.
fn read(file: &Path, out: Option<&Path>) -> Vec<Result<Document, Error>> {
    let source = match Source::read(file) {
        Ok(source) => source,
        Err(error) => return vec![Err(error)],
    };
    if !is_batch(&source) {
        return vec![Document::new(source)];
    }
    match expand(&source, out) {
        Ok(sources) => sources.into_iter().map(Document::new).collect(),
        Err(error) => vec![Err(error)],
    }
}

/// Whether a document is one of several runs.
fn is_batch(source: &Source) -> bool {
    ["runs", "shared"].iter().any(|key| yaml::locate(source.text(), &[key]).is_some())
}

/// The configuration of each run, vintages of one department oldest first.
fn expand(source: &Source, out: Option<&Path>) -> Result<Vec<Source>, Error> {
    let RawBatch { shared, runs } = source.parse_text()?;
    let mut merged = Vec::new();
    for (rank, own) in runs.into_iter().enumerate() {
        merged.extend(entry(source, rank, &shared, own)?);
        if merged.len() > RUNS_MAX {
            let expected = Some(format!("at most {RUNS_MAX} runs"));
            let fault = source.fault(&["runs"], "too many departments and vintages");
            return Err(ConfigError { expected, ..fault }.into());
        }
    }
    if merged.is_empty() {
        return Err(source.fault(&["runs"], "the list of runs is empty").into());
    }
    merged.sort_by_key(|run| run.vintage);
    for index in 0..merged.len() {
        if merged[index].keys["prior"] == RESULT {
            let prior = result_before(source, &merged[..index], &merged[index], out)?;
            merged[index].keys["prior"] = prior;
        }
    }
    Ok(merged.iter().map(|run| run.source(source)).collect())
}

/// The runs of one entry of `runs`: its departments x its vintages.
fn entry(
    source: &Source,
    rank: usize,
    shared: &Map<String, Value>,
    mut own: Map<String, Value>,
) -> Result<Vec<Merged>, Error> {
    let at = rank.to_string();
    let mut take = |key: &str| {
        let found = own.remove(key).or_else(|| shared.get(key).cloned());
        let values = match found {
            Some(Value::Array(values)) => values,
            Some(Value::Null) | None => Vec::new(),
            Some(value) => vec![value],
        };
        if values.is_empty() {
            let what = format!("the entry names no {key}");
            return Err(Error::from(source.fault(&["runs", &at, key], what)));
        }
        Ok(values)
    };
    let (departments, vintages) = (take("department")?, take("vintage")?);
    let mut keys = Value::Object(shared.clone());
    merge(&mut keys, Value::Object(own));
    let mut runs = Vec::new();
    for department in &departments {
        for vintage in &vintages {
            let mut keys = keys.clone();
            keys["department"] = department.clone();
            keys["vintage"] = vintage.clone();
            let said = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let words = [
                ("department", Some(said(department))),
                ("vintage", Some(said(vintage))),
                ("prior", keys["prior"]["vintage"].as_i64().map(|year| year.to_string())),
            ];
            let (department, vintage) = (said(department), vintage.as_i64().unwrap_or(0));
            let mut run = Merged { rank, department, vintage, keys: Value::Null };
            fill(&mut keys, &mut Vec::new(), &words)
                .map_err(|(key, what)| run.fault(source, &key, &what))?;
            run.keys = keys;
            runs.push(run);
        }
    }
    Ok(runs)
}

impl Merged {
    /// Where its keys may be written.
    fn roots(&self) -> Vec<Vec<String>> {
        let own = vec!["runs".to_owned(), self.rank.to_string()];
        vec![own, vec!["shared".to_owned()]]
    }

    fn source(&self, of: &Source) -> Source {
        // Every JSON document is a YAML document.
        of.merged(self.keys.to_string(), self.roots())
    }

    fn fault(&self, source: &Source, key: &[String], what: &str) -> Error {
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let hint = Some("known are {department}, {vintage} and, of a given prior, {prior}".into());
        ConfigError { hint, ..self.source(source).fault(&key, what) }.into()
    }
}

/// The result of the latest run of the department before this one, as its prior; with it whatever
/// that run was given of its date.
fn result_before(
    source: &Source,
    earlier: &[Merged],
    run: &Merged,
    out: Option<&Path>,
) -> Result<Value, Error> {
    let is_before =
        |other: &&Merged| other.department == run.department && other.vintage < run.vintage;
    let Some(before) = earlier.iter().rev().find(is_before) else {
        let what = "there is no earlier run to start from";
        return Err(ConfigError {
            expected: Some(format!(
                "a run of department {} before {}",
                run.department, run.vintage
            )),
            hint: Some("add one to `runs`, or write `prior: { vintage: YEAR, path: FILE }`".into()),
            ..run.source(source).fault(&["prior"], what)
        }
        .into());
    };
    let typed = before.keys["out"].as_str().unwrap_or(super::raw::OUT);
    let out = match out {
        Some(out) => std::path::absolute(out).map_err(Error::read(out))?,
        None => Path::new(typed).to_owned(),
    };
    // A department that is none is told when the run is read.
    let folder = Department::parse(&run.department).map(|of| of.folder()).unwrap_or_default();
    let folder = out.join(folder).join(before.vintage.to_string());
    let mut prior = json!({
        "vintage": before.vintage,
        "path": folder.join("OCCUPATION_SOL.gpkg"),
        "layer": "OCCUPATION_SOL",
    });
    for key in ["imagery", "predictions"] {
        if let Some(value) = before.keys.get(key) {
            prior[key] = value.clone();
        }
    }
    Ok(prior)
}

/// Lays what an entry says over what is shared.
fn merge(shared: &mut Value, own: Value) {
    match (shared, own) {
        (Value::Object(shared), Value::Object(own)) => {
            for (key, value) in own {
                if value.is_null() {
                    shared.remove(&key);
                } else {
                    merge(shared.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (shared, own) => *shared = own,
    }
}

/// Puts words in the place of their names, everywhere; gives the key and the fault of a name that
/// is not known.
fn fill(
    value: &mut Value,
    key: &mut Vec<String>,
    words: &[(&str, Option<String>)],
) -> Result<(), (Vec<String>, String)> {
    let children: Vec<(String, &mut Value)> = match value {
        Value::String(text) => {
            *text = filled(text, words).map_err(|what| (key.clone(), what))?;
            return Ok(());
        }
        Value::Array(items) => {
            items.iter_mut().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        Value::Object(map) => map.iter_mut().map(|(name, item)| (name.clone(), item)).collect(),
        _ => return Ok(()),
    };
    for (step, child) in children {
        key.push(step);
        fill(child, key, words)?;
        key.pop();
    }
    Ok(())
}

fn filled(text: &str, words: &[(&str, Option<String>)]) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let word = words.iter().find(|(known, _)| *known == name).map(|(_, word)| word);
        match word {
            Some(Some(word)) => out.extend([before, word]),
            Some(None) => return Err(format!("this run has no `{{{name}}}`")),
            None => return Err(format!("nothing is called `{{{name}}}`")),
        }
        rest = after;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests;
