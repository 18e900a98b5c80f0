//! Two or more delivered vintages compared: read, arranged once, written all or nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nomenclature::{CaptureRules, Nomenclature, RuleSet};
use serde_json::json;

use crate::artefact::{Draft, name_of};
use crate::cancel::Cancel;
use crate::comparison::Ground;
use crate::config::{Department, Layer, Orders};
use crate::delivery::Delivery;
use crate::enaf::Enaf;
use crate::error::{Again, Error, InputError};
use crate::figures::{Figures, Norms, area_of_change, stocks};
use crate::judge::Judge;
use crate::manifest::Manifest;
use crate::method::Choices;
use crate::progress::{LogFormat, say};
use crate::proof::{Area, Measures, Proof};
use crate::quality::Quality;
use crate::repair::Repairs;
use crate::tally::Tally;
use crate::territory::cog::Mapped;
use crate::vintage::locate::Product;
use crate::{VERSION, io, method, packages, publication, repair, tables, units};

mod coverage;
mod page;
mod plan;
mod read;

use read::Layers;

pub(crate) use plan::{files, stamps};

/// The capture rules whose minimum units tell a change from what the rules cannot see.
pub(crate) const CAPTURE: &str = "ocsge-2-0";

/// The command, as the manifest names it.
const COMMAND: &str = "compare";

/// A layer and what it is for.
#[derive(Debug, Clone)]
pub struct Source<T> {
    /// The year of a vintage, or the name of a custom layer.
    pub of: T,
    /// Where it is.
    pub layer: Layer,
}

/// What to compare; the command line made sense of.
#[derive(Debug, Clone)]
pub struct Request {
    /// The department.
    pub department: Department,
    /// Two or more vintages, oldest first.
    pub vintages: Vec<Source<u16>>,
    /// Layers of communes.
    pub territories: Vec<Layer>,
    /// Planning zones.
    pub planning: Option<Layer>,
    /// Other layers to count in, by name.
    pub customs: Vec<Source<String>>,
    /// The COG table that says which communes have merged.
    pub cog: Option<PathBuf>,
    /// A table of ENAF consumption by commune.
    pub enaf: Option<PathBuf>,
    /// A corrective patch of the older vintages.
    pub patch: Option<Layer>,
    /// A ledger: its accepted corrections of the older vintages are no change.
    pub corrections: Option<PathBuf>,
    /// The delivered ARTIF layer of every vintage, in their order, or none.
    pub officials: Vec<Source<u16>>,
    /// What a local authority chose to exempt.
    pub exemptions: Option<Layer>,
    /// What `assess result` found of the vintages.
    pub quality: Vec<PathBuf>,
    /// Vintages of the neighbouring departments: at least one per vintage, or none.
    pub neighbours: Vec<Source<u16>>,
    /// What is artificial.
    pub rules: RuleSet,
    /// What the codes of each vintage mean.
    pub written_in: Vec<Nomenclature>,
    /// Where they meet: the classes of every figure.
    pub nomenclature: Nomenclature,
    /// Documents among which the nomenclature of the figures may be.
    pub documents: Vec<PathBuf>,
    /// What is made of the result once it is complete.
    pub orders: Orders,
    /// The output folder.
    pub out: PathBuf,
    /// Whether repairs of the data are refused.
    pub strict: bool,
    /// Whether to go on when disk or memory may be too little.
    pub force: bool,
    /// Whether to stop after the plan.
    pub dry_run: bool,
    /// Size of the thread pool.
    pub threads: usize,
    /// How to talk.
    pub log_format: LogFormat,
}

impl Request {
    /// EPSG code of every figure.
    pub fn epsg(&self) -> u32 {
        self.department.crs().0
    }

    /// The years of the vintages, oldest first.
    pub fn years(&self) -> Vec<u16> {
        self.vintages.iter().map(|vintage| vintage.of).collect()
    }

    /// Year and nomenclature of the vintages that were written in another one than that of the
    /// figures.
    pub fn recoded(&self) -> Vec<(u16, &Nomenclature)> {
        let all = self.years().into_iter().zip(&self.written_in);
        all.filter(|(_, own)| **own != self.nomenclature).collect()
    }

    /// Every layer with its role, in the order of the plan, and what to look for in a folder.
    pub fn inputs(&self) -> Vec<(String, &Layer, Product)> {
        let mut inputs = Vec::new();
        for Source { of: year, layer } in &self.vintages {
            inputs.push((format!("vintage_{year}"), layer, Product::Occupation));
        }
        for (rank, layer) in (1..).zip(&self.territories) {
            inputs.push((format!("territories_{rank}"), layer, Product::Communes));
        }
        if let Some(layer) = &self.planning {
            inputs.push(("planning".to_owned(), layer, Product::Zoning));
        }
        for Source { of: name, layer } in &self.customs {
            inputs.push((format!("custom_{name}"), layer, Product::Any));
        }
        if let Some(layer) = &self.patch {
            inputs.push(("patch".to_owned(), layer, Product::Occupation));
        }
        for Source { of: year, layer } in &self.officials {
            inputs.push((format!("artif_{year}"), layer, Product::Artif));
        }
        if let Some(layer) = &self.exemptions {
            inputs.push(("exemptions".to_owned(), layer, Product::Any));
        }
        for (rank, Source { of: year, layer }) in (1..).zip(&self.neighbours) {
            inputs.push((format!("neighbours_{rank}_{year}"), layer, Product::Occupation));
        }
        inputs
    }

    /// What was chosen besides the rule set: the names of the files, not where they lie.
    pub fn choices(&self) -> Choices {
        let dated =
            |source: &Source<u16>| format!("{} : {}", source.of, name_of(&source.layer.path));
        Choices {
            officials: self.officials.iter().map(dated).collect(),
            exemptions: self.exemptions.as_ref().map(|layer| name_of(&layer.path)),
            neighbours: self.neighbours.iter().map(dated).collect(),
            corrections: self.corrections.as_deref().map(name_of),
        }
    }
}

/// Compares, on the request's own thread pool; nothing is published unless all is complete.
///
/// # Errors
/// [`Error::Input`] for a file that is not what it must be, [`Error::Invariant`] for a law that
/// does not hold, [`Error::Busy`], [`Error::Write`], [`Error::Interrupted`].
pub fn run(request: &Request) -> Result<(), Error> {
    let cancel = Cancel::on_signals()?;
    let judge = Judge::new(&request.rules, &request.nomenclature)?;
    let plan = plan::Plan::of(request)?;
    say(request.log_format, "plan", &plan.text(), plan.fields());
    if request.dry_run {
        return Ok(());
    }
    let _lock = publication::enter(&request.out, COMMAND)?;
    plan.preflight(request.force)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads)
        .build()
        .map_err(|error| Error::internal(format!("no thread pool: {error}")))?;
    pool.install(|| compute(request, &judge, &cancel))
}

fn check(cancel: &Cancel, during: &str) -> Result<(), Error> {
    if cancel.is_raised() {
        return Err(Error::Interrupted { during: during.to_owned(), again: Again::Restarts });
    }
    Ok(())
}

fn compute(request: &Request, judge: &Judge, cancel: &Cancel) -> Result<(), Error> {
    let tally = Tally::default();
    let enaf = request.enaf.as_deref().map(Enaf::read).transpose()?;
    let quality = read::quality(request)?;
    let step = |name: &str, text: String| {
        say(request.log_format, name, &format!("{name:<14} {text}"), json!({ "text": text }));
    };
    let Layers { vintages, territory, repairs, carried_over, mapped } = read::all(request, &tally)?;
    check(cancel, "reading")?;
    let n_polygons: usize = vintages.iter().map(crate::vintage::Vintage::n_polygons).sum();
    step("read", format!("{} polygons", units::count(n_polygons as u64)));
    tell_repairs(request, &repairs, &mapped);
    let ground = Ground::new(vintages, territory)?;
    let mut covered = balances(&repairs);
    covered.extend(coverage::measure(request, &ground, &tally)?);
    check(cancel, "arranging")?;
    step("arranged", format!("{} faces", units::count(ground.plane.n_faces() as u64)));
    let capture = CaptureRules::builtin(CAPTURE)
        .and_then(|rules| rules.compile(&request.nomenclature))
        .map_err(|error| Error::usage(error.to_string()))?;
    let norms = Norms { judge, capture: &capture, nomenclature: &request.nomenclature };
    let mut figures = Figures::of(&ground, norms)?;
    figures.tables.extend(trajectory(request, enaf.as_ref(), &ground)?);
    if request.corrections.is_some() {
        figures.tables.push(tables::corrected::table(&ground, &figures));
    }
    check(cancel, "summing up")?;
    figures.proofs.splice(0..0, carried_over.into_iter().chain(covered));
    let repairs = repair::table::of(&repairs);
    let drafts = write(request, &ground, &mut figures, (norms, &tally, &repairs), quality)?;
    check(cancel, "writing")?;
    publish(request, drafts, &figures.proofs, &mapped)?;
    for proof in &figures.proofs {
        say(request.log_format, "proof", &format!("holds  {proof}"), json!(proof));
    }
    for (key, flaw) in tally.flaws().by_count() {
        let fields = json!({ "key": key, "count": flaw.count, "area_m2": flaw.area_m2() });
        let count = units::count(flaw.count);
        let text = format!("issue  {key}: {count} times, {:.2} m2", flaw.area_m2());
        say(request.log_format, "issue", &text, fields);
    }
    step("done", format!("in {}", request.out.display()));
    packages::make(&request.out, &request.orders, &request.documents, request.log_format)
}

/// What was repaired in each file and which communes were mapped, on stderr.
fn tell_repairs(request: &Request, files: &[(String, Repairs)], mapped: &[Mapped]) {
    for (role, repairs) in files.iter().filter(|(_, repairs)| !repairs.by_key.is_empty()) {
        let fields = json!({
            "role": role,
            "path": shown(&repairs.path),
            "keys": repairs.rows(),
            "balance": repairs.has_balance().then(|| repairs.balance().to_string()),
        });
        say(request.log_format, "repairs", &repairs.lines().join("\n"), fields);
    }
    if request.cog.is_some() {
        let pairs: Vec<String> = mapped.iter().map(|m| format!("{} -> {}", m.from, m.to)).collect();
        let list = if pairs.is_empty() { "none".to_owned() } else { pairs.join(", ") };
        let text = format!("communes mapped by the COG: {list}");
        say(request.log_format, "communes_mapped", &text, json!({ "communes": mapped }));
    }
}

/// The balance of the areas read, repaired and kept, of every vintage; already checked.
fn balances(files: &[(String, Repairs)]) -> Vec<Proof> {
    let files = files.iter().filter(|(_, repairs)| repairs.has_balance());
    files
        .map(|(role, repairs)| {
            let proof = Proof::new(Measures::AreaOfRepairs(repairs.balance()));
            proof.of(role.trim_start_matches("vintage_"))
        })
        .collect()
}

/// Every file of the delivery, finished and not yet published; adds the laws that it checks.
fn write(
    request: &Request,
    ground: &Ground,
    figures: &mut Figures,
    (norms, tally, repairs): (Norms<'_>, &Tally, &tables::Table),
    quality: Vec<Quality>,
) -> Result<Vec<Draft>, Error> {
    let choices = request.choices();
    let delivery = Delivery {
        folder: &request.out,
        department: request.department.code(),
        epsg: request.epsg(),
        nomenclature: &request.nomenclature,
        rules: &request.rules,
        choices: &choices,
    };
    let mut drafts = Vec::new();
    for (vintage, verdicts) in figures.verdicts.iter().enumerate() {
        drafts.push(delivery.artif(ground, vintage, verdicts)?);
        drafts.push(delivery.verdicts(ground, vintage, verdicts, norms.judge)?);
        drafts.push(delivery.thresholds(ground, vintage, verdicts)?);
    }
    for disagreement in &figures.disagreements {
        drafts.push(delivery.disagreement(ground, disagreement)?);
    }
    let has_several = figures.steps.len() > 1;
    for (rank, comparison) in ground.steps().enumerate() {
        let (step, pair) =
            (&figures.steps[rank], (&figures.verdicts[rank], &figures.verdicts[rank + 1]));
        let area = area_of_change(&comparison, &step.changed)?;
        let (evolution, net) = delivery.evolution(&comparison, pair)?;
        stocks(&comparison, pair, net)?;
        drafts.extend([
            delivery.diff(&comparison, &step.changed)?,
            evolution,
            delivery.changes(&comparison, step, pair, &[])?,
        ]);
        let laws = [
            Measures::AreaOfChange { changed_m2: Area(area) },
            Measures::EvolutionIsStockDifference { net_m2: Area(net) },
        ];
        let after = step.interval.after;
        let proofs = laws.map(Proof::new);
        figures.proofs.extend(proofs.map(|p| if has_several { p.of(after) } else { p }));
    }
    let years = request.years();
    let method = method(request, &years, &choices);
    drafts.extend(delivery.tables(&figures.tables, &method)?);
    drafts.push(delivery.tables_on_maps(ground, &figures.tables)?);
    drafts.push(delivery.territories(ground)?);
    drafts.push(delivery.facts(&years, &request.rules)?);
    drafts.extend(page::write(
        request,
        &delivery,
        (ground, figures),
        (norms, tally, repairs),
        (method, quality),
    )?);
    drafts.push(delivery.bytes(format!("{}.csv", repairs.name), &tables::csv::bytes(repairs)?)?);
    drafts.push(delivery.issues(&years, &tally.flaws())?);
    Ok(drafts)
}

/// The tables of the ENAF trajectory, when a table of consumption is given.
///
/// # Errors
/// [`Error::Input`] when that table knows none of the communes.
fn trajectory(
    request: &Request,
    enaf: Option<&Enaf>,
    ground: &Ground,
) -> Result<Vec<tables::Table>, Error> {
    let (Some(path), Some(enaf)) = (&request.enaf, enaf) else { return Ok(Vec::new()) };
    let communes = &ground.territory.communes.gazetteer.communes;
    let known = communes.iter().filter(|c| enaf.communes.contains_key(&c.code)).count();
    if known == 0 {
        let first = |codes: Option<&String>| codes.cloned().unwrap_or_default();
        let fault = InputError::new(path, "this table knows none of the communes");
        let got = format!("communes such as `{}`", first(enaf.communes.keys().next()));
        let expected = format!("`{}`", first(communes.first().map(|commune| &commune.code)));
        return Err(fault.got(got).expected(expected).into());
    }
    let text = format!("ENAF consumption of {known} of {} communes", communes.len());
    say(request.log_format, "enaf", &text, json!({ "communes": communes.len(), "known": known }));
    Ok(tables::enaf::tables(enaf, &ground.territory.communes.gazetteer))
}

/// What the tables and the report say of how their figures were made.
fn method(request: &Request, years: &[u16], choices: &Choices) -> Box<tables::xlsx::Method> {
    let pairs = method::pairs(&method::Subject {
        department: request.department.code(),
        years,
        nomenclature: &request.nomenclature,
        recoded: &request.recoded(),
        rules: &request.rules,
        choices,
    });
    let (subject, text) = tables::enaf::METHOD;
    let enaf = request.enaf.as_ref().map(|_| (subject.to_owned(), text.to_owned()));
    pairs.into_iter().chain(enaf).collect()
}

/// Publishes every file at once, the manifest last: without it a delivery is not complete.
fn publish(
    request: &Request,
    drafts: Vec<Draft>,
    proofs: &[Proof],
    mapped: &[Mapped],
) -> Result<(), Error> {
    let mut inputs = BTreeMap::new();
    for (role, layer) in plan::located(request)? {
        inputs.extend(stamps(&role, &layer.path)?);
    }
    for path in &request.quality {
        inputs.extend(stamps("quality", path)?);
    }
    for (role, path) in
        [("cog", &request.cog), ("enaf", &request.enaf), ("corrections", &request.corrections)]
    {
        let Some(path) = path else { continue };
        inputs.extend(stamps(role, path)?);
    }
    let years = request.years();
    let parameters = json!({
        "command": COMMAND,
        "communes_mapped": mapped,
        "department": request.department.code(),
        "crs": request.department.crs().to_string(),
        "years": years,
        "nomenclature": request.nomenclature.id(),
        "written_in": request.written_in.iter().map(Nomenclature::id).collect::<Vec<_>>(),
        "rules": request.rules.id,
        "rules_title": request.rules.title,
        "status": if request.officials.is_empty() { "recomputed" } else { "official" },
        "thresholds": {
            "group_min_m2": request.rules.thresholds.other_min_m2,
            "restored_built_min_m2": request.rules.thresholds.restored_min_m2,
        },
        "forcing": request.rules.thresholds.forcing,
        "choices": request.choices(),
        "neighbours_margin_m": crate::neighbours::MARGIN_M,
        "capture_rules": CAPTURE,
        "tolerance_m": kernels::change::Rules::default().tolerance_m,
    });
    let versions = BTreeMap::from([
        ("millesime".to_owned(), VERSION.to_owned()),
        ("gdal".to_owned(), io::gdal::version()),
    ]);
    let proofs = proofs.to_vec();
    publication::publish(&request.out, drafts, |outputs| Manifest {
        format: 1,
        versions,
        parameters,
        inputs,
        outputs,
        coverage: None,
        proofs,
    })
}

/// The path as messages show it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
