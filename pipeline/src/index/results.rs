//! The results below an output folder: what each one is, how far it is, what it found.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::artefact::name_of;
use crate::config::Department;
use crate::context::WORK;
use crate::error::{Error, InputError};
use crate::finished::Finished;
use crate::journal::{Journal, State};
use crate::manifest;
use crate::run;
use crate::stage::Stage;
use crate::status::{self, Progress, Status};

/// The table that the key figures are read from.
const TABLE: &str = "indicators/artif_departement.csv";

/// One department and vintage.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its folder below the output folder: `D011/2021`.
    pub folder: String,
    /// The department's code.
    pub department: String,
    /// The vintage.
    pub vintage: u16,
    /// How far it is.
    pub state: Progress,
    /// Why it failed, in the words of the command.
    pub why: Option<String>,
    /// Whether it has a page that tells what its run took.
    pub is_measured: bool,
    /// What was found, once it is complete.
    pub figures: Option<Figures>,
}

/// The key figures of a complete result; areas are doubled, in square lattice steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The department's name.
    pub name: String,
    /// The vintages, oldest first: one or two.
    pub years: Vec<u16>,
    /// The artificialisation rule set.
    pub rules: String,
    /// The nomenclature.
    pub nomenclature: String,
    /// Ground of the department.
    pub ground: i128,
    /// Artificialised ground at each vintage.
    pub stocks: Vec<i128>,
    /// Ground that became artificialised and that ceased to be, between two vintages.
    pub fluxes: Option<(i128, i128)>,
    /// Changed polygons, when the run still tells.
    pub changes: Option<u64>,
}

/// Every result below an output folder, sorted.
///
/// One whose figures are not those that were delivered has failed.
///
/// # Errors
/// [`Error::Read`] for a folder or a journal that cannot be read.
pub(super) fn read(out: &Path) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for department in folders(out)? {
        let Some(code) = code_of(&department) else { continue };
        for vintage in folders(&out.join(&department))? {
            let Ok(year) = vintage.parse() else { continue };
            let folder = out.join(&department).join(&vintage);
            if folder.join(manifest::FILE).is_file() || folder.join(WORK).is_dir() {
                entries.push(entry(&folder, format!("{department}/{vintage}"), &code, year)?);
            }
        }
    }
    Ok(entries)
}

/// One result.
fn entry(path: &Path, folder: String, department: &str, vintage: u16) -> Result<Entry, Error> {
    // A result whose working files are gone is complete: it has its manifest.
    let status = path.join(WORK).is_dir().then(|| status::of(path)).transpose()?;
    let has_manifest = path.join(manifest::FILE).is_file();
    let state = match &status {
        Some(status) if !has_manifest && status.state == Progress::Done => Progress::Interrupted,
        Some(status) => status.state,
        None => Progress::Done,
    };
    let why = status.as_ref().and_then(Status::failure);
    let is_complete = has_manifest && status.as_ref().is_none_or(Status::is_computed);
    let (department, figures) = (department.to_owned(), None);
    let is_measured = path.join(run::PAGE).is_file();
    let entry = Entry { folder, department, vintage, state, why, is_measured, figures };
    Ok(match is_complete.then(|| Figures::read(path)) {
        None => entry,
        Some(Ok(figures)) => Entry { figures: Some(figures), ..entry },
        // One result that was damaged hides no other.
        Some(Err(error)) => {
            let why = error.to_string().lines().next().map(str::to_owned);
            Entry { state: Progress::Failed, why, ..entry }
        }
    })
}

impl Entry {
    /// A department and a vintage of which nothing is known yet, from the folder of their results.
    pub fn of_folder(folder: &Path) -> Option<Self> {
        let (department, vintage) = (name_of(folder.parent()?), name_of(folder));
        Some(Self {
            folder: format!("{department}/{vintage}"),
            department: code_of(&department)?,
            vintage: vintage.parse().ok()?,
            state: Progress::ToDo,
            why: None,
            is_measured: false,
            figures: None,
        })
    }
}

impl Figures {
    /// The figures of a complete result, of a file that is still the one that was delivered.
    fn read(folder: &Path) -> Result<Self, Error> {
        let finished = Finished::open(folder)?;
        let path = finished.file(TABLE)?;
        let odd = |what: &str| InputError::new(&path, what.to_owned());
        let mut reader =
            csv::Reader::from_path(&path).map_err(|error| odd("no table").got(error))?;
        let heads = reader.headers().map_err(|error| odd("no table").got(error))?.clone();
        let row = reader.records().next().ok_or_else(|| odd("the table has no department"))?;
        let row = row.map_err(|error| odd("no table").got(error))?;
        let cell =
            |name: &str| heads.iter().position(|head| head == name).and_then(|at| row.get(at));
        let area = |name: &str| -> Result<i128, Error> {
            let text = cell(name).unwrap_or_default();
            twice_area(text)
                .ok_or_else(|| odd("not an exact area").at(name).got(format!("`{text}`")).into())
        };
        let facts = finished.facts();
        let years = facts.years.clone();
        let stock = |rank: usize| area(&format!("surface_artif_{rank}"));
        let has_two = years.len() > 1;
        Ok(Self {
            name: cell("nom").unwrap_or_default().to_owned(),
            rules: facts.rules.id.clone(),
            nomenclature: facts.nomenclature.id.clone(),
            ground: area("departement_surface")?,
            stocks: (1..=years.len()).map(stock).collect::<Result<_, _>>()?,
            fluxes: has_two
                .then(|| Ok::<_, Error>((area("flux_artif")?, area("flux_desartif")?)))
                .transpose()?,
            changes: changes(folder)?,
            years,
        })
    }
}

/// Polygons that changed, as the journal of the run says it.
fn changes(folder: &Path) -> Result<Option<u64>, Error> {
    let journal = Journal::read(&folder.join(WORK))?;
    let Some(State::Done(done)) = journal.state(Stage::Change.name()) else { return Ok(None) };
    Ok(done.report.figures.get("changed_polygons").and_then(Value::as_u64))
}

/// A doubled area from its exact decimal form, as [`crate::tables::Cell::Area`] prints it.
fn twice_area(text: &str) -> Option<i128> {
    let (whole, decimals) = text.split_once('.')?;
    let hundred_thousandths: i128 = format!("{whole}{decimals}").parse().ok()?;
    (decimals.len() == 5 && hundred_thousandths % 5 == 0).then_some(hundred_thousandths / 5)
}

/// The department of a folder such as `D011`.
fn code_of(folder: &str) -> Option<String> {
    let typed = folder.strip_prefix('D')?;
    let typed = if typed.len() == 3 { typed.strip_prefix('0').unwrap_or(typed) } else { typed };
    let department = Department::parse(typed)?;
    (department.folder() == folder).then(|| department.code().to_owned())
}

/// Names of the folders in a folder, sorted; none when it does not exist.
fn folders(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::read(folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::read(folder))?.path();
        if path.is_dir() {
            names.push(name_of(&path));
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_area_is_read_back_exactly_and_nothing_else_is_one() {
        use crate::tables::Cell;
        for twice in [0, 1, -1, 629_304_101, -40_000 * 20_000] {
            assert_eq!(twice_area(&Cell::Area(twice).text()), Some(twice));
        }
        for text in ["", "12", "12.3", "0.00001", "a.00000", "1.2e00000"] {
            assert_eq!(twice_area(text), None, "{text}");
        }
    }

    #[test]
    fn the_department_of_a_folder_is_known_by_its_name() {
        for (folder, code) in [("D011", "11"), ("D02A", "2A"), ("D974", "974"), ("D001", "01")] {
            assert_eq!(code_of(folder).as_deref(), Some(code), "{folder}");
        }
        for folder in ["data", "D11", "D020", "D999", "d011", ".work"] {
            assert_eq!(code_of(folder), None, "{folder}");
        }
    }
}
