//! `millesime indicators`: flux from a difference layer alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kernels::flux::series::Interval;
use kernels::flux::{Ledger, Status};
use kernels::lattice::area_m2;
use serde_json::json;

use crate::commands::compare::layer;
use crate::commands::nomenclature::{load, load_rules};
use crate::config::Department;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::judge::Judge;
use crate::manifest::Manifest;
use crate::proof::{Measures, Proof};
use crate::stamp::Stamp;
use crate::tables::flux;
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::difference::Difference;
use crate::vintage::locate::{Product, locate};
use crate::vintage::{Reading, require_overlap};
use crate::{VERSION, diff_flux, io, method, publication, talk};

/// The command, as the manifest names it.
const COMMAND: &str = "indicators";
/// Help of `--department`.
const DEPARTMENT: &str = "The department's code, whose CRS is that of every figure; all of \
metropolitan France has the default's";

/// What `indicators` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: flux of older covers between two years
  millesime indicators --diff DIFF_33.gpkg --years 2015,2018 --territories communes.gpkg \\
      --rules brute-cs11 --out figures

A difference layer holds no stock, so the area thresholds of a rule set cannot be applied: couples
alone decide. For thresholds, compare the vintages: `millesime compare`.")]
pub struct Args {
    /// A difference layer with the codes of both dates; several add up
    #[arg(long = "diff", value_name = "PATH", num_args = 1.., required = true)]
    diffs: Vec<String>,
    /// The older and the newer year
    #[arg(long, value_name = "YEAR,YEAR", value_delimiter = ',', required = true)]
    years: Vec<u16>,
    /// Communes with their codes
    #[arg(long, value_name = "PATH")]
    territories: String,
    #[arg(long, value_name = "CODE", default_value = "01", help = DEPARTMENT)]
    department: String,
    /// What is artificial: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// What the codes mean: a built-in nomenclature or a YAML document
    #[arg(long, value_name = "ID", default_value = "ocsge-2-0")]
    nomenclature: String,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Reads the difference, adds it up and writes the tables; nothing appears unless all is complete.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense, [`Error::Input`] for files that are not what
/// they must be, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let department = Department::of_argument(&args.department)?;
    let epsg = department.crs().0;
    let interval = args.interval()?;
    let (nomenclature, rules) = (load(&args.nomenclature)?, load_rules(&args.rules)?);
    let judge = Judge::new(&rules, &nomenclature)?;
    let tally = Tally::default();
    let communes = Communes::read(&layer(&args.territories), department.code(), epsg, &tally)?;
    let reading = Reading { epsg, nomenclature: &nomenclature, tally: &tally, strict: false };
    let difference = args.read(&reading, interval, &communes)?;
    let ledger = diff_flux::ledger(&difference, &communes, &judge, &tally)?;
    let proofs = laws(&ledger)?;
    let _lock = publication::enter(&args.out, COMMAND)?;
    let tables = flux::tables(&ledger, interval, &communes.gazetteer, &nomenclature);
    let years = [interval.before, interval.after];
    let subject = method::Subject::in_one(department.code(), &years, &nomenclature, &rules);
    let method = method::of_difference(&subject);
    let delivery = Delivery {
        folder: &args.out,
        department: department.code(),
        epsg,
        nomenclature: &nomenclature,
        rules: &rules,
        choices: &method::NO_CHOICE,
    };
    let mut drafts = delivery.tables(&tables, &method)?;
    drafts.push(delivery.issues(&years, &tally.flaws())?);
    let parameters = json!({
        "command": COMMAND,
        "department": department.code(),
        "years": years,
        "nomenclature": nomenclature.id(),
        "rules": rules.id,
        "thresholds": "not applied: a difference layer holds no stock",
    });
    let versions = BTreeMap::from([
        ("millesime".to_owned(), VERSION.to_owned()),
        ("gdal".to_owned(), io::gdal::version()),
    ]);
    let inputs = args.inputs()?;
    publication::publish(&args.out, drafts, |outputs| Manifest {
        format: 1,
        versions,
        parameters,
        inputs,
        outputs,
        coverage: None,
        proofs,
    })?;
    args.tell(&rules.id, (difference.polygons.len(), &ledger), &tally);
    Ok(())
}

/// Communes and the remainder add up to the whole, to the last square step.
fn laws(ledger: &Ledger) -> Result<Vec<Proof>, Error> {
    let mut proofs = Vec::new();
    for status in [Status::Artificial, Status::Impermeable] {
        let gaps = ledger.additivity_gap(status);
        if gaps.iter().any(|&gap| gap != 0) || ledger.identity_gap(status) != 0 {
            return Err(Error::invariant("communes_add_up", format!("{status:?}: {gaps:?}")));
        }
        let territories = ledger.by_territory(status).len() as u64;
        proofs.push(Proof::new(Measures::CommunesAddUp { status, territories }));
    }
    Ok(proofs)
}

impl Args {
    /// What came out, on stderr.
    fn tell(&self, rules: &str, (n_polygons, ledger): (usize, &Ledger), tally: &Tally) {
        let total = ledger.total(Status::Artificial);
        talk::line(&format!(
            "ok: {} polygons, rules {} without thresholds: artificialisation {} m2, reverse {} m2, in `{}`",
            n_polygons,
            rules,
            area_m2(total.gross_in),
            area_m2(total.gross_out),
            self.out.display()
        ));
        for (key, flaw) in tally.flaws().by_count() {
            talk::line(&format!("issue  {key}: {} times, {:.2} m2", flaw.count, flaw.area_m2()));
        }
    }

    fn interval(&self) -> Result<Interval, Error> {
        match self.years[..] {
            [before, after] if before < after => Ok(Interval { before, after }),
            _ => Err(Error::Usage {
                what: "--years takes an older and a newer year".to_owned(),
                hint: Some("for instance `--years 2015,2018`".to_owned()),
            }),
        }
    }

    /// All differences, one after the other.
    fn read(
        &self,
        reading: &Reading<'_>,
        interval: Interval,
        communes: &Communes,
    ) -> Result<Difference, Error> {
        let mut all = Difference::default();
        for diff in &self.diffs {
            let layer = layer(diff);
            let read = reading.difference(&layer, (interval.before, interval.after))?;
            require_overlap(&layer, &read.polygons, "the territories", &communes.polygons)?;
            all.append(read);
        }
        Ok(all)
    }

    fn inputs(&self) -> Result<BTreeMap<String, Stamp>, Error> {
        let diffs = (1..).zip(&self.diffs).map(|(k, text)| (format!("diff_{k}"), text));
        let mut inputs = BTreeMap::new();
        for (role, text) in diffs.chain([("territories".to_owned(), &self.territories)]) {
            let product =
                if role == "territories" { Product::Communes } else { Product::Difference };
            // What is passed over was counted when the file was read.
            let found = locate(&layer(text), product, &self.years, &Tally::default())?;
            inputs.extend(crate::compare::stamps(&role, &found.path)?);
        }
        Ok(inputs)
    }
}
