//! `millesime corrections import`: other people's files into the ledger.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nomenclature::Nomenclature;

use super::super::compare::layer;
use super::super::nomenclature::{load, load_rules};
use crate::artefact::publish_bytes;
use crate::config::{Department, Layer};
use crate::corrections::NATIONAL;
use crate::corrections::ground::Ground;
use crate::corrections::import::{Imported, Importer, Sender};
use crate::corrections::ledger::{Head, Ledger};
use crate::corrections::map::Map;
use crate::corrections::refusal::{self, Reason};
use crate::corrections::sheet::{Sheet, Whereabouts};
use crate::corrections::terms::Term;
use crate::day::Day;
use crate::error::{Error, InputError};
use crate::io::vector::VectorSource;
use crate::judge::Judge;
use crate::lock::Lock;
use crate::tables::csv;
use crate::talk;
use crate::tally::Tally;
use crate::territory::Communes;
use crate::units::count;
use crate::vintage::Vintage;
use crate::vintage::locate::{Product, locate};

/// Refused rows named on the terminal for each reason.
const SHOWN_MAX: usize = 3;

/// What `corrections import` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime corrections import candidates.gpkg --as modele --ledger corrections_11.gpkg \\
      --department 11 --vintage OCCUPATION_SOL.gpkg
  millesime corrections import signalements.geojson --as IGN --ledger corrections_11.gpkg
  millesime corrections import retours.csv --map map.yaml --as 'CC du Limouxin' \\
      --ledger corrections_11.gpkg --vintage OCCUPATION_SOL.gpkg --refused refus.csv

Each row is held against the vintage: its codes must be of the nomenclature and go together, its
geometry must be valid and inside the department, its object is found by id, then by place. A polygon
that covers at least 90 % of its object, and lies in it by as much, means the whole object; else it means
a part. Codes of a nested nomenclature are kept beside their national leaf. Rows that are refused are
listed with their reason; the others are entered. Importing a file twice changes nothing.
Without --vintage only the states of corrections that the ledger holds are read, as IGN's reports give.")]
pub struct Args {
    /// Files to import: vector files (`PATH:LAYER` names a layer) or CSV
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// What the ledger calls whoever gives these files
    #[arg(long = "as", value_name = "SOURCE", value_parser = name)]
    source: String,
    /// The ledger; it is made when it is not there
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// The vintage to correct, a file or the folder of an unpacked archive
    #[arg(long, value_name = "PATH")]
    vintage: Option<String>,
    /// Its year [default: the one that it states]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1950..=2100))]
    year: Option<u16>,
    /// The department [default: that of the ledger]
    #[arg(long, value_name = "CODE")]
    department: Option<String>,
    /// Communes of the department: what lies in none is refused
    #[arg(long, value_name = "PATH")]
    territories: Option<String>,
    /// Format of the files: `auto`, or one of `millesime corrections map --list`
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: String,
    /// What the columns of the files mean; `millesime corrections map` writes one to fill in
    #[arg(long, value_name = "MAP", conflicts_with = "format")]
    map: Option<PathBuf>,
    /// The nomenclature that the codes are of: a built-in one or a YAML document
    #[arg(long, value_name = "ID", default_value = NATIONAL)]
    nomenclature: String,
    /// What is artificial: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// The day of the import, in the history [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    date: Option<Day>,
    /// Where to list the refused rows, as CSV
    #[arg(long, value_name = "CSV")]
    refused: Option<PathBuf>,
    /// Import nothing when a row is refused; exit code 5
    #[arg(long)]
    strict: bool,
}

fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_plain = !name.is_empty() && name.chars().count() <= 100;
    let is_plain = is_plain && !name.chars().any(char::is_control);
    is_plain.then(|| name.to_owned()).ok_or_else(|| "a name of 1 to 100 characters".to_owned())
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a day such as 2026-11-21".to_owned())
}

/// Imports the files; the ledger is written once, at the end.
///
/// # Errors
/// [`Error::Usage`], [`Error::Config`] for a map with a fault, [`Error::Input`] for a file that
/// cannot be read, [`Error::Unsound`] when a row is refused and `--strict` is given,
/// [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    if let Some(folder) = args.ledger.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir())
    {
        let what = format!("there is no folder `{}`", folder.display());
        return Err(Error::Usage { what, hint: Some("make it first".to_owned()) });
    }
    let _lock = Lock::of_file(&args.ledger)?;
    let mut ledger = args.ledger()?;
    let national = ledger.nomenclature()?;
    let judge = Judge::new(&load_rules(&args.rules)?, &national)?;
    let vintage = args.vintage(ledger.head.epsg, &national)?;
    let communes = args.communes(&ledger.head)?;
    let ground =
        vintage.as_ref().map(|vintage| Ground::new(vintage, communes.as_ref(), &judge, &national));
    let own_map = args.map.as_deref().map(Map::read).transpose()?;
    let epsg = ledger.head.epsg;
    let sender = Sender { name: args.source.clone(), at: args.date.unwrap_or_else(Day::today) };
    let mut importer = Importer::new(&mut ledger, ground.as_ref(), &national, sender)?;
    for file in &args.files {
        let (sheet, map) = args.sheet(&layer(file), own_map.as_ref(), epsg)?;
        let local = load(map.nomenclature.as_deref().unwrap_or(&args.nomenclature))?;
        importer.add(&sheet, &map, &local)?;
    }
    let done = importer.finish()?;
    args.finish(&ledger, &done)
}

impl Args {
    /// The ledger as it is, or a new one.
    fn ledger(&self) -> Result<Ledger, Error> {
        let asked = self.department.as_deref().map(Department::of_argument).transpose()?;
        if !self.ledger.exists() {
            let Some(department) = asked else {
                return Err(Error::Usage {
                    what: format!("`{}` is not there yet", self.ledger.display()),
                    hint: Some("to make it, give its department: `--department 11`".to_owned()),
                });
            };
            return Ok(Ledger::create(Head {
                department: department.code().to_owned(),
                epsg: department.crs().0,
                nomenclature: NATIONAL.to_owned(),
            }));
        }
        let ledger = Ledger::read(&self.ledger)?;
        if let Some(asked) = asked {
            ledger.require_department(&self.ledger, asked.code())?;
        }
        Ok(ledger)
    }

    fn vintage(&self, epsg: u32, national: &Nomenclature) -> Result<Option<Vintage>, Error> {
        let Some(text) = &self.vintage else { return Ok(None) };
        let tally = Tally::default();
        let years: Vec<u16> = self.year.into_iter().collect();
        let found = locate(&layer(text), Product::Occupation, &years, &tally)?;
        let mut year = self.year;
        if year.is_none() {
            let source = VectorSource::open(&found.path, found.layer.as_deref())?;
            year = Vintage::stated_year(&source)?;
        }
        let Some(year) = year else {
            return Err(InputError::new(&found.path, "this vintage does not state its year")
                .hint("give it: `--year 2021`")
                .into());
        };
        let vintage = Vintage::read(&found, year, epsg, national, &tally)?;
        for (key, flaw) in tally.flaws().by_count() {
            talk::line(&format!("issue  {key}: {} times in the vintage", count(flaw.count)));
        }
        Ok(Some(vintage))
    }

    fn communes(&self, head: &Head) -> Result<Option<Communes>, Error> {
        let Some(text) = &self.territories else { return Ok(None) };
        let communes = Communes::read(&layer(text), &head.department, head.epsg, &Tally::default());
        communes.map(Some)
    }

    /// A file, and what its columns mean.
    fn sheet(&self, file: &Layer, own: Option<&Map>, epsg: u32) -> Result<(Sheet, Map), Error> {
        let is_csv = file.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let mut sheet =
            if is_csv { Sheet::of_csv(&file.path)? } else { Sheet::of_vector(file, epsg)? };
        let map = match own {
            Some(map) => {
                map.named().into_iter().try_for_each(|name| sheet.require(name).map(|_| ()))?;
                map.clone()
            }
            None if self.format == "auto" => Map::recognise(&sheet)?,
            None => Map::known(&self.format).ok_or_else(|| Error::Usage {
                what: format!("`{}` is no format", self.format),
                hint: Some(format!("auto, {}; or give `--map`", Map::names().join(", "))),
            })?,
        };
        if is_csv {
            let whereabouts = whereabouts(&sheet, &map, epsg)?;
            sheet.locate(&whereabouts, epsg)?;
        } else if !sheet.has_crs && !sheet.lines.is_empty() {
            let path = file.path.display();
            talk::warning(&format!("`{path}` has no CRS: taken to be EPSG:{epsg}"));
        }
        Ok((sheet, map))
    }

    /// Lists what was refused, writes the ledger when it changed, and says what was done.
    fn finish(&self, ledger: &Ledger, done: &Imported) -> Result<(), Error> {
        if let Some(path) = &self.refused {
            publish_bytes(path, &csv::bytes(&refusal::table(&done.refused))?)?;
        }
        self.tell(done);
        if self.strict && !done.refused.is_empty() {
            return Err(Error::Unsound {
                what: format!(
                    "{} rows are refused: nothing was imported",
                    count(done.refused.len() as u64)
                ),
                hint: "correct them, or import the others without `--strict`".to_owned(),
            });
        }
        if done.is_change() || !self.ledger.exists() {
            ledger.publish(&self.ledger)?;
        }
        let Imported { rows, entered, seconded, answered, known, .. } = *done;
        talk::line(&format!(
            "ok: {} rows, {} corrections entered, {} seconded, {} with a new state, {} as they were; {} in `{}`",
            count(rows),
            count(entered),
            count(seconded),
            count(answered),
            count(known),
            count(ledger.entries.len() as u64),
            self.ledger.display()
        ));
        Ok(())
    }

    /// The refused rows by reason, the first of each named.
    fn tell(&self, done: &Imported) {
        let mut by_reason: BTreeMap<Reason, Vec<&refusal::Refusal>> = BTreeMap::new();
        for refused in &done.refused {
            by_reason.entry(refused.why.reason).or_default().push(refused);
        }
        for (reason, rows) in by_reason {
            let (key, label) = (reason.key(), reason.label());
            talk::line(&format!("refused  {key} ({label}): {}", count(rows.len() as u64)));
            for row in rows.iter().take(SHOWN_MAX) {
                let refusal::Refusal { file, place, why, .. } = row;
                talk::line(&format!("         {file}, {place}: {} ({})", why.detail, why.hint));
            }
        }
        if !done.refused.is_empty() && self.refused.is_none() {
            talk::line("         all of them: `--refused refus.csv`");
        }
        if done.nothing > 0 {
            talk::line(&format!("nothing to correct: {} rows", count(done.nothing)));
        }
        if done.edited > 0 {
            talk::line(&format!("changed by hand since: {} corrections", count(done.edited)));
        }
    }
}

/// Where the rows of a table are: the columns that the map names and the file has.
fn whereabouts(sheet: &Sheet, map: &Map, epsg: u32) -> Result<Whereabouts, Error> {
    let there =
        |column: &Option<String>| column.clone().filter(|name| sheet.column(name).is_some());
    let crs = match map.crs.as_deref() {
        None => epsg,
        Some(text) => crate::config::Epsg::parse(text).map(|epsg| epsg.0).ok_or_else(|| {
            Error::usage(format!("`crs: {text}` of the map is none; `EPSG:4326` is one"))
        })?,
    };
    let xy = there(&map.columns.x).zip(there(&map.columns.y));
    Ok(Whereabouts { xy, wkt: there(&map.columns.wkt), epsg: crs })
}
