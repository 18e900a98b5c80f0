//! `millesime assess plan`: the sample and its blank sheet.

use std::path::PathBuf;

use super::super::compare::layer;
use super::super::nomenclature::{document_path, load, load_rules};
use crate::assess::document::{Design, SHEET, Stratum};
use crate::assess::plan::{Made, Request, plan};
use crate::assess::strata::StrataOf;
use crate::config::Department;
use crate::error::Error;
use crate::tables::Cell;
use crate::talk;
use crate::units::count;

/// What `assess plan` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime assess plan OCCUPATION_SOL.gpkg --out qualite
  millesime assess plan OCCUPATION_SOL.gpkg --out qualite --sample-size 1200 --strata couple --level 2
  millesime assess plan OCCUPATION_SOL.gpkg --out qualite --changes changes_11_2018_2021.gpkg

Places are points, drawn with the same chance everywhere in their stratum. Every stratum gets the
minimum, the rest goes by area; where every object can have two of its stratum's places, every object
is visited. The folder then holds:
  fiche.gpkg   to hand over: places, windows, empty columns, a form for QGIS; nothing of the map
  cle.csv      to keep: what the map says of each place
  plan.json    to keep: strata with exact areas, seed, hashes")]
pub struct Args {
    /// The vintage to assess, a file or the folder of an unpacked archive; `PATH:LAYER` names one
    #[arg(value_name = "VINTAGE")]
    vintage: String,
    /// The folder to write into; it must hold no plan
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the codes mean: a built-in nomenclature or a YAML document
    #[arg(long, value_name = "ID", default_value = "ocsge-2-0")]
    nomenclature: String,
    /// Name of the layer, when the file has several
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// What the strata are
    #[arg(long, value_enum, default_value_t)]
    strata: StrataOf,
    /// Depth of the classes in their tree, from 1, for strata and acceptance [default: the leaves]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=9))]
    level: Option<u8>,
    /// Places to draw in all
    #[arg(long, value_name = "N", conflicts_with = "standard_error", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    sample_size: Option<u64>,
    /// Standard error wanted of the overall accuracy, which gives the number of places
    #[arg(long, value_name = "E", default_value_t = 0.01, value_parser = standard_error)]
    standard_error: f64,
    /// User's accuracy conjectured: one number for all strata, `CODE=U` for one; repeated
    #[arg(long, value_name = "U", default_value = "0.9", value_parser = expected)]
    expected: Vec<Expected>,
    /// Least places of a stratum
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(2..=10_000))]
    minimum: u64,
    /// Seed of the draws
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// A layer of changes: changed ground is a stratum of its own
    #[arg(long, value_name = "PATH")]
    changes: Option<String>,
    /// What is artificial, for `--strata status`: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// Side of the window shown around each place, in metres
    #[arg(long, value_name = "M", default_value_t = 50.0, value_parser = window)]
    window_m: f64,
    /// The year of the vintage [default: the one that it states]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1950..=2100))]
    year: Option<u16>,
    /// The department whose CRS a file without one is in
    #[arg(long, value_name = "CODE")]
    department: Option<String>,
}

/// A conjectured accuracy, of one stratum or of all.
#[derive(Debug, Clone)]
struct Expected {
    code: Option<String>,
    accuracy: f64,
}

/// Draws the sample and says what it is.
///
/// # Errors
/// As for [`plan()`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let Made { document, repairs } = plan(&args.request()?, &args.out)?;
    for line in repairs.lines() {
        talk::line(&line);
    }
    let row = |stratum: &Stratum| {
        let area = Cell::Area(stratum.extent.twice_area()).text();
        let (objects, places) = (stratum.extent.objects, stratum.places);
        let in_full = if stratum.is_full { "yes" } else { "no" };
        format!("{},{objects},{area},{places},{in_full}\n", stratum.code)
    };
    let rows: String = document.strata.iter().map(row).collect();
    talk::data(&format!("stratum,objects,area_m2,places,in_full\n{rows}"))?;
    if document.left_out.objects > 0 {
        let area = Cell::Area(document.left_out.twice_area()).text();
        let n = count(document.left_out.objects);
        talk::warning(&format!("{n} objects of {area} m2 lack a code: they are in no stratum"));
    }
    talk::line(&format!(
        "ok: plan {}, {} places in {} strata; have `{}` filled in, then\n  \
         millesime assess result --plan {}",
        document.id,
        count(document.places),
        document.strata.len(),
        args.out.join(SHEET).display(),
        args.out.display()
    ));
    Ok(())
}

impl Args {
    fn request(&self) -> Result<Request, Error> {
        let department = self.department.as_deref().map(Department::of_argument);
        let mut vintage = layer(&self.vintage);
        vintage.layer = self.layer.clone().or(vintage.layer);
        let rules = load_rules(&self.rules)?;
        let general = self.expected.iter().rev().find(|e| e.code.is_none());
        let by_code =
            self.expected.iter().filter_map(|e| Some((e.code.clone()?, e.accuracy))).collect();
        Ok(Request {
            vintage,
            year: self.year,
            department: department.transpose()?,
            changes: self.changes.as_deref().map(layer),
            nomenclature: load(&self.nomenclature)?,
            nomenclature_path: document_path(&self.nomenclature),
            design: Design {
                seed: self.seed,
                strata: self.strata,
                level: self.level,
                rules: (self.strata == StrataOf::Status).then(|| rules.id.clone()),
                sample_size: self.sample_size,
                standard_error: self.sample_size.is_none().then_some(self.standard_error),
                minimum: self.minimum,
                window_m: self.window_m,
            },
            rules,
            expected: (general.map_or(0.9, |e| e.accuracy), by_code),
        })
    }
}

fn standard_error(text: &str) -> Result<f64, String> {
    within(text, 0.001, 0.2)
}

fn window(text: &str) -> Result<f64, String> {
    within(text, 1.0, 10_000.0)
}

fn expected(text: &str) -> Result<Expected, String> {
    let (code, number) = match text.split_once('=') {
        Some((code, number)) => (Some(code.trim().to_owned()), number),
        None => (None, text),
    };
    Ok(Expected { code, accuracy: within(number, 0.0, 1.0)? })
}

fn within(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|v| (low..=high).contains(v));
    number.ok_or_else(|| format!("expected a number from {low} to {high}"))
}
