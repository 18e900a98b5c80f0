//! `millesime corrections export`: the corrections in the forms that others take.

use std::fs;
use std::path::{Path, PathBuf};

use nomenclature::yaml;

use super::super::new_file::require_new;
use super::standing;
use crate::artefact::{Draft, publish_bytes};
use crate::config::Reports;
use crate::corrections::export::{self, By, Geometry};
use crate::corrections::ledger::{Entry, Ledger};
use crate::corrections::terms::Standing;
use crate::error::{ConfigError, Error};
use crate::tables::{Table, csv, xlsx};
use crate::talk;
use crate::units::count;

/// What `corrections export` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime corrections export --ledger corrections_11.gpkg --format ign-report --reports reports.yaml \\
      --out signalements.jsonl
  millesime corrections export --ledger corrections_11.gpkg --format xlsx --by contributor --by commune \\
      --out suivi.xlsx
  millesime corrections export --ledger corrections_11.gpkg --format csv --by commune --out communes

ign-report: reports for IGN's Espace collaboratif, one JSON object a line, ready to send one by one and
  never sent: a point inside, simple polygons without holes, a text with codes and id by which the answer
  is known again. Only what has not been reported and is not rejected. `--reports` has the keys of the
  block `reports:` of a configuration: community, theme, status (submit or test).
geocontrib: GeoJSON in EPSG:4326.   gpkg: a ledger of these corrections, with form and history.
csv: the columns of the ledger with the geometry as WKT; with --by, a folder with one file for each.
xlsx: sheets for people; with --by, one for each contributor or commune besides the whole.
All but xlsx can be imported again.")]
pub struct Args {
    /// The ledger
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// The form
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write, or the folder for a CSV of each group; it must not exist
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Only corrections that are so far: proposed, sent, accepted, rejected; repeated
    #[arg(long = "standing", value_name = "STANDING", value_delimiter = ',', value_parser = standing)]
    standings: Vec<Standing>,
    /// One sheet (xlsx) or file (csv) for each contributor or commune; repeated for xlsx
    #[arg(long, value_enum)]
    by: Vec<By>,
    /// How the reports are addressed: a YAML document
    #[arg(long, value_name = "REPORTS")]
    reports: Option<PathBuf>,
    /// The geometry of contributions
    #[arg(long, value_enum, default_value_t)]
    geometry: Geometry,
}

/// A form of the corrections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    IgnReport,
    Geocontrib,
    Gpkg,
    Csv,
    Xlsx,
}

/// Writes the corrections.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense together, [`Error::Config`] for a fault of the
/// address, [`Error::Input`] for what is no ledger, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    args.require_sense()?;
    let ledger = Ledger::read(&args.ledger)?;
    let part = export::part(&ledger, |entry| args.keeps(entry));
    let nomenclature = part.nomenclature()?;
    let out = &args.out;
    match args.format {
        Format::IgnReport => {
            let addressed = args.reports.as_deref().map(addressed).transpose()?;
            let lines = export::reports(&part, out, &addressed.unwrap_or_default())?;
            publish_bytes(out, &lines)?;
        }
        Format::Geocontrib => {
            let text = export::contributions(&part, out, &nomenclature, args.geometry)?;
            publish_bytes(out, &text)?;
        }
        Format::Gpkg => {
            part.publish(out)?;
        }
        Format::Csv => match args.by.first() {
            None => {
                publish_bytes(out, &csv::bytes(&export::table(&part.entries))?)?;
            }
            Some(by) => tables(&part.entries, *by, out)?,
        },
        Format::Xlsx => {
            publish_bytes(out, &workbook(&part, &args.by)?)?;
        }
    }
    let (n, of) = (count(part.entries.len() as u64), count(ledger.entries.len() as u64));
    talk::line(&format!("ok: {n} of {of} corrections in `{}`", out.display()));
    Ok(())
}

impl Args {
    fn require_sense(&self) -> Result<(), Error> {
        let refused = |what: &str, hint: &str| {
            Err(Error::Usage { what: what.to_owned(), hint: Some(hint.to_owned()) })
        };
        let is_sheet = matches!(self.format, Format::Csv | Format::Xlsx);
        if !self.by.is_empty() && !is_sheet {
            return refused("--by makes sheets", "add `--format xlsx` or `--format csv`");
        }
        if self.format == Format::Csv && self.by.len() > 1 {
            return refused("a folder of CSV has one file for each group", "give --by once");
        }
        if self.reports.is_some() && self.format != Format::IgnReport {
            return refused("--reports addresses reports for IGN", "add `--format ign-report`");
        }
        let hint = "the extension follows --format";
        match self.format {
            Format::Csv if !self.by.is_empty() => {
                if self.out.exists() {
                    let what = format!("`{}` exists already", self.out.display());
                    return refused(&what, "give another folder");
                }
                Ok(())
            }
            Format::IgnReport => require_new(&self.out, ("JSON lines", &["jsonl"]), hint),
            Format::Geocontrib => {
                require_new(&self.out, ("a GeoJSON file", &["geojson", "json"]), hint)
            }
            Format::Gpkg => require_new(&self.out, ("a GeoPackage", &["gpkg"]), hint),
            Format::Csv => require_new(&self.out, ("a CSV file", &["csv"]), hint),
            Format::Xlsx => require_new(&self.out, ("a workbook", &["xlsx"]), hint),
        }
    }

    /// Whether a correction is one of those asked for.
    fn keeps(&self, entry: &Entry) -> bool {
        let is_asked = self.standings.is_empty() || self.standings.contains(&entry.standing);
        let is_new = entry.record.ign_report_id.is_none() && entry.standing != Standing::Rejected;
        is_asked && (self.format != Format::IgnReport || is_new)
    }
}

/// How reports are addressed.
fn addressed(path: &Path) -> Result<Reports, Error> {
    let text = fs::read_to_string(path).map_err(Error::read(path))?;
    yaml::from_str(&text).map_err(|error| {
        ConfigError {
            file: path.to_owned(),
            place: Some((error.line, error.column)),
            key: error.path,
            what: error.message,
            hint: error.hint,
            ..ConfigError::default()
        }
        .into()
    })
}

/// One CSV for each group, in a new folder that appears at once.
fn tables(entries: &[Entry], by: By, out: &Path) -> Result<(), Error> {
    let groups = export::groups(entries, by);
    let draft = Draft::new(out)?;
    fs::create_dir(draft.temp()).map_err(Error::write(out))?;
    let names = export::plain_names(groups.keys().map(String::as_str));
    for (name, entries) in names.iter().zip(groups.values()) {
        let entries: Vec<Entry> = entries.iter().map(|entry| (*entry).clone()).collect();
        let path = draft.temp().join(format!("{name}.csv"));
        fs::write(&path, csv::bytes(&export::table(&entries))?).map_err(Error::write(out))?;
    }
    draft.publish()?;
    Ok(())
}

/// A sheet with all corrections, then those of the groups.
fn workbook(ledger: &Ledger, by: &[By]) -> Result<Vec<u8>, Error> {
    let all: Vec<&Entry> = ledger.entries.iter().collect();
    let department = &ledger.head.department;
    let mut sheets =
        vec![("Corrections".to_owned(), format!("Corrections, département {department}"), all)];
    for by in by {
        let kind = match by {
            By::Contributor => "Contributeur",
            By::Commune => "Commune",
        };
        let groups = export::groups(&ledger.entries, *by);
        sheets.extend(
            groups.into_iter().map(|(name, of)| (name.clone(), format!("{kind} : {name}"), of)),
        );
    }
    let names = export::plain_names(sheets.iter().map(|(name, ..)| name.as_str()));
    let sheets = names.iter().zip(&sheets);
    let tables: Vec<Table> =
        sheets.map(|(name, (_, title, entries))| export::sheet(name, title, entries)).collect();
    let method = [
        ("Source", "Registre des corrections ; une ligne par objet et par dimension."),
        (
            "Identifiants",
            "La colonne « Identifiant » est celle du registre et des signalements à l'IGN.",
        ),
        (
            "Surface",
            "Surface concernée, en mètres carrés, dans la projection légale du département.",
        ),
    ];
    let method = method.map(|(subject, words)| (subject.to_owned(), words.to_owned()));
    xlsx::workbook("Suivi des corrections", &tables, &method)
}
