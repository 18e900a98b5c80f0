//! From the typed document to the meant one: resolve, check, point at what is wrong.

use std::path::{Component, Path, PathBuf};

use kernels::update::{UpdateError, UpdateParams};
use nomenclature::{UpdateRules, UsageRules};

use super::department::{Department, Epsg};
use super::orders::{OddImprint, Orders, TypedImprint};
use super::raw::{
    Raw, RawCorrections, RawDelivery, RawEvidence, RawImagery, RawLayer, RawPrior, RawTerritories,
    RawTerritory,
};
use super::source::Source;
use super::{
    Config, Corrections, Evidence, EvidenceKind, EvidenceLayer, Heights, Imagery, Layer, Prior,
    Reference, Territories, glob,
};
use crate::corrections::terms::{Standing, Term};
use crate::custom;
use crate::error::{ConfigError, Error};
use crate::quality;

/// The oldest and the latest vintage that make sense.
const VINTAGES: std::ops::RangeInclusive<u16> = 1950..=2100;
/// The finest and the coarsest working cell, in centimetres.
const CELLS_CM: std::ops::RangeInclusive<i32> = 20..=1000;

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// [`Error::Config`] with file, line, column, key, got and expected for whatever is wrong,
    /// [`Error::Read`] when the file or a folder it names cannot be read.
    pub fn load(file: &Path) -> Result<Self, Error> {
        Document::new(Source::read(file)?)?.config(&[])
    }
}

/// A configuration that parses; nothing of it is resolved.
#[derive(Debug)]
pub(super) struct Document {
    source: Source,
    base: PathBuf,
    raw: Raw,
}

impl Document {
    pub(super) fn new(source: Source) -> Result<Self, Error> {
        let raw: Raw = source.parse()?;
        let base = base_of(&source.file)?;
        Ok(Self { source, base, raw })
    }

    /// The department's code, as it is typed.
    pub(super) fn department(&self) -> &str {
        self.raw.department.trim()
    }

    pub(super) fn vintage(&self) -> u16 {
        self.raw.vintage
    }

    /// The folder that its results will be in; `None` when the configuration is wrong there.
    pub(super) fn vintage_dir(&self, out: Option<&Path>) -> Option<PathBuf> {
        let out = match out {
            Some(out) => std::path::absolute(out).ok()?,
            None => without_dots(&self.base.join(&self.raw.out)),
        };
        let department = Department::parse(&self.raw.department)?;
        Some(out.join(department.folder()).join(self.raw.vintage.to_string()))
    }

    /// What it means.
    ///
    /// * `promised`: folders whose files another run makes before this one.
    pub(super) fn config(self, promised: &[PathBuf]) -> Result<Config, Error> {
        Reader { source: self.source, base: self.base, promised }.config(self.raw)
    }
}

/// The folder that relative paths of a configuration start from.
fn base_of(file: &Path) -> Result<PathBuf, Error> {
    let folder = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    let base = folder.unwrap_or(Path::new("."));
    base.canonicalize().map_err(Error::read(base))
}

/// Turns typed values into meant ones; knows where relative paths start.
pub(super) struct Reader<'a> {
    pub(super) source: Source,
    base: PathBuf,
    /// Folders whose files need not exist yet.
    promised: &'a [PathBuf],
}

impl Reader<'_> {
    fn config(self, raw: Raw) -> Result<Config, Error> {
        let department = self.department(&raw.department)?;
        self.vintage(&["vintage"], raw.vintage)?;
        for figure in raw.thresholds.ranged().into_iter().chain(raw.limits.ranged()) {
            if let Some(value) = figure.value {
                self.in_range(&figure.key, value, figure.range)?;
            }
        }
        self.update(&raw.update)?;
        let nomenclature_source = self.reference("nomenclature", &raw.nomenclature)?;
        let nomenclature = self.nomenclature(&nomenclature_source)?;
        let rules_source = self.reference("rules", &raw.rules)?;
        let mut rules = self.rules(&rules_source)?;
        raw.thresholds.apply(&mut rules.thresholds);
        let update_rules_source = match &raw.update_rules {
            Some(typed) => self.reference("update_rules", typed)?,
            None => Reference::Builtin(UpdateRules::builtin_for(&nomenclature).to_owned()),
        };
        let usage_rules_source = match &raw.usage_rules {
            Some(typed) => self.reference("usage_rules", typed)?,
            None => Reference::Builtin(UsageRules::builtin_for(&nomenclature).to_owned()),
        };
        Ok(Config {
            crs: self.crs(&raw.crs, &department)?,
            cell_cm: self.cell_cm(raw.cell_m)?,
            artificial: self.artificial(&rules, &nomenclature)?,
            capture: self.capture(&nomenclature)?,
            update_rules: self.update_rules(&update_rules_source, &nomenclature)?,
            update_rules_source,
            usage_rules: self.usage_rules(&usage_rules_source, &nomenclature)?,
            usage_rules_source,
            nomenclature_source,
            nomenclature,
            rules_source,
            rules,
            prior: raw.prior.map(|prior| self.prior(prior, raw.vintage)).transpose()?,
            scratch: raw.scratch,
            imagery: self.imagery(&["imagery"], &raw.imagery)?,
            corrections: raw.corrections.map(|raw| self.corrections(&raw)).transpose()?,
            quality: raw.quality.map(|typed| self.quality(&typed)).transpose()?,
            model: raw.model.map(|path| self.file(&["model"], &path)).transpose()?,
            predictions: self.predictions(&["predictions"], raw.predictions)?,
            evidence: self.evidence(raw.evidence)?,
            territories: self.territories(raw.territories)?,
            out: self.resolve(&["out"], &raw.out)?,
            delivery: self.delivery(raw.delivery)?,
            department,
            vintage: raw.vintage,
            limits: raw.limits,
            thresholds: raw.thresholds,
            update: raw.update,
            reports: raw.reports,
            file: self.source.file,
            base: self.base,
        })
    }

    fn department(&self, typed: &str) -> Result<Department, Error> {
        Department::parse(typed).ok_or_else(|| {
            ConfigError {
                got: Some(format!("`{typed}`")),
                expected: Some("01 to 95 (2A and 2B for 20), 971 to 974, or 976".to_owned()),
                ..self.source.fault(&["department"], "there is no such department")
            }
            .into()
        })
    }

    fn vintage(&self, key: &[&str], vintage: u16) -> Result<(), Error> {
        if VINTAGES.contains(&vintage) {
            return Ok(());
        }
        Err(ConfigError {
            got: Some(vintage.to_string()),
            expected: Some(format!("a year from {} to {}", VINTAGES.start(), VINTAGES.end())),
            ..self.source.fault(key, "the vintage is not a year")
        }
        .into())
    }

    fn crs(&self, typed: &str, department: &Department) -> Result<Epsg, Error> {
        let expected = department.crs();
        match Epsg::parse(typed) {
            Some(crs) if crs == expected => Ok(crs),
            _ => Err(ConfigError {
                got: Some(format!("`{typed}`")),
                expected: Some(expected.to_string()),
                hint: Some(format!(
                    "write `crs: {expected}`, and reproject the files that are in another CRS"
                )),
                ..self.source.fault(&["crs"], format!("not the CRS of department {department}"))
            }
            .into()),
        }
    }

    fn cell_cm(&self, cell_m: f64) -> Result<i32, Error> {
        let cell_cm = (cell_m * 100.0).round();
        let whole = (cell_m * 100.0 - cell_cm).abs() < 1e-6;
        if whole && CELLS_CM.contains(&(cell_cm as i32)) {
            return Ok(cell_cm as i32);
        }
        Err(ConfigError {
            got: Some(format!("{cell_m}")),
            expected: Some("0.2 to 10, in whole centimetres".to_owned()),
            ..self.source.fault(&["cell_m"], "the working resolution is out of range")
        }
        .into())
    }

    fn update(&self, params: &UpdateParams) -> Result<(), Error> {
        match params.check() {
            Ok(()) => Ok(()),
            Err(UpdateError::Param { name, got, expected }) => Err(ConfigError {
                got: Some(got.to_string()),
                expected: Some(expected.to_owned()),
                ..self.source.fault(&["update", name], "the value is out of range")
            }
            .into()),
            Err(other) => Err(self.source.fault(&["update"], other.to_string()).into()),
        }
    }

    fn in_range(&self, key: &[&str], value: f64, (low, high): (f64, f64)) -> Result<(), Error> {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        Err(ConfigError {
            got: Some(value.to_string()),
            expected: Some(format!("{low} to {high}")),
            ..self.source.fault(key, "the value is out of range")
        }
        .into())
    }

    /// A built-in id, or the path of a YAML file (told by its ending or by a separator).
    fn reference(&self, key: &str, typed: &str) -> Result<Reference, Error> {
        self.reference_at(&[key], typed)
    }

    /// The same, anywhere in the document.
    pub(super) fn reference_at(&self, key: &[&str], typed: &str) -> Result<Reference, Error> {
        let is_path = typed.contains('/')
            || Path::new(typed).extension().is_some_and(|end| end == "yaml" || end == "yml");
        if is_path {
            return Ok(Reference::File(self.file(key, typed)?));
        }
        Ok(Reference::Builtin(typed.to_owned()))
    }

    fn prior(&self, raw: RawPrior, vintage: u16) -> Result<Prior, Error> {
        let RawPrior { vintage: prior, path, layer, imagery, predictions } = raw;
        self.vintage(&["prior", "vintage"], prior)?;
        if prior >= vintage {
            return Err(ConfigError {
                got: Some(prior.to_string()),
                expected: Some(format!("a year before {vintage}")),
                ..self
                    .source
                    .fault(&["prior", "vintage"], "the prior vintage is not before the vintage")
            }
            .into());
        }
        let path = self.file(&["prior", "path"], &path)?;
        let imagery = imagery.map(|raw| self.imagery(&["prior", "imagery"], &raw)).transpose()?;
        let predictions = self.predictions(&["prior", "predictions"], predictions)?;
        if imagery.is_none() && !predictions.is_empty() {
            let what = "predictions of the prior's date need its imagery";
            let fault = self.source.fault(&["prior", "predictions"], what);
            let hint = Some("add `imagery` under `prior`".to_owned());
            return Err(ConfigError { hint, ..fault }.into());
        }
        Ok(Prior { vintage: prior, layer: Layer { path, layer }, imagery, predictions })
    }

    fn corrections(&self, raw: &RawCorrections) -> Result<Corrections, Error> {
        let standing = |(rank, word): (usize, &String)| -> Result<Standing, Error> {
            let rank = rank.to_string();
            Standing::of_key(word).ok_or_else(|| {
                let key = ["corrections", "standing", &rank];
                let fault = self.source.fault(&key, "no correction stands so");
                let (got, expected) = (format!("`{word}`"), format!("one of {}", Standing::keys()));
                ConfigError { got: Some(got), expected: Some(expected), ..fault }.into()
            })
        };
        let standings = raw.standing.iter().enumerate().map(standing).collect::<Result<_, _>>()?;
        let ledger = self.file(&["corrections", "ledger"], &raw.ledger)?;
        Ok(Corrections { ledger, standings })
    }

    fn delivery(&self, raw: RawDelivery) -> Result<Orders, Error> {
        let RawDelivery { archives, shapefiles, qgis, web, product, edition, organisation, email } =
            raw;
        if shapefiles && archives.is_empty() {
            return Err(ConfigError {
                expected: Some("forms of archives in `delivery.archives`".to_owned()),
                ..self.source.fault(&["delivery", "shapefiles"], "shapefiles of no archive")
            }
            .into());
        }
        let typed = TypedImprint { product, edition, organisation, email };
        let imprint = typed.check().map_err(|OddImprint { key, got, expected }| ConfigError {
            got: Some(format!("`{got}`")),
            expected: Some(expected.to_owned()),
            ..self.source.fault(&["delivery", key], "the value cannot be")
        })?;
        Ok(Orders { archives: archives.into_iter().collect(), shapefiles, qgis, web, imprint })
    }

    fn imagery(&self, key: &[&str], raw: &RawImagery) -> Result<Imagery, Error> {
        let files = |kind, typed| self.files(&[key, &[kind]].concat(), typed);
        let heights = self.heights(key, raw)?;
        let (rvb, irc) = (files("rvb", &raw.rvb)?, files("irc", &raw.irc)?);
        Ok(Imagery { rvb, irc, heights, reduced: raw.reduced })
    }

    /// Heights above the ground, or a surface and the ground under it.
    fn heights(&self, key: &[&str], raw: &RawImagery) -> Result<Option<Heights>, Error> {
        let RawImagery { mnh, mns, mnt, .. } = raw;
        let files = |kind, typed| self.files(&[key, &[kind]].concat(), typed);
        let odd = match (mnh, mns, mnt) {
            (None, None, None) => return Ok(None),
            (Some(mnh), None, None) => {
                let surface = files("mnh", mnh)?;
                return Ok(Some(Heights { surface, ground: Vec::new() }));
            }
            (None, Some(mns), Some(mnt)) => {
                let (surface, ground) = (files("mns", mns)?, files("mnt", mnt)?);
                return Ok(Some(Heights { surface, ground }));
            }
            (_, Some(_), _) => "mns",
            (_, None, _) => "mnt",
        };
        Err(ConfigError {
            expected: Some("`mnh` alone, or `mns` and `mnt` together".to_owned()),
            ..self.source.fault(&[key, &[odd]].concat(), "these heights do not make a pair")
        }
        .into())
    }

    /// The files of one kind of imagery, patterns expanded, sorted, each once.
    pub(super) fn files(&self, kind: &[&str], typed: &[String]) -> Result<Vec<PathBuf>, Error> {
        let mut files = Vec::new();
        for (index, item) in typed.iter().enumerate() {
            let index = index.to_string();
            let key = [kind, &[index.as_str()]].concat();
            if !glob::is_pattern(item) {
                files.push(self.file(&key, item)?);
                continue;
            }
            let pattern = self.resolve(&key, item)?;
            let found = glob::expand(&pattern).map_err(Error::read(&pattern))?;
            if found.is_empty() {
                return Err(ConfigError {
                    got: Some(format!("`{}`", pattern.display())),
                    expected: Some("a pattern that matches at least one file".to_owned()),
                    ..self.source.fault(&key, "the pattern matches no file")
                }
                .into());
            }
            files.extend(found);
        }
        if files.is_empty() {
            let fault = self.source.fault(kind, "the list of images is empty");
            let expected = Some("at least one file or pattern".to_owned());
            return Err(ConfigError { expected, ..fault }.into());
        }
        files.sort();
        files.dedup();
        Ok(files)
    }

    fn evidence(&self, raw: RawEvidence) -> Result<Evidence, Error> {
        let RawEvidence { buildings, roads, rail, water, crops, forest, cemeteries, sports } = raw;
        let typed = [buildings, roads, rail, water, crops, forest, cemeteries, sports];
        let present = EvidenceKind::ALL.into_iter().zip(typed);
        let layers = present
            .filter_map(|(kind, layer)| Some(self.evidence_layer(kind, layer?)))
            .collect::<Result<_, _>>()?;
        Ok(Evidence { layers })
    }

    fn evidence_layer(&self, kind: EvidenceKind, raw: RawLayer) -> Result<EvidenceLayer, Error> {
        let RawLayer { path, layer, width_field, width_m, nature_field } = raw;
        let path = self.file(&["evidence", kind.key(), "path"], &path)?;
        if let Some(width_m) = width_m {
            self.in_range(&["evidence", kind.key(), "width_m"], width_m, (0.5, 200.0))?;
        }
        Ok(EvidenceLayer { kind, layer: Layer { path, layer }, width_field, width_m, nature_field })
    }

    fn territories(&self, raw: RawTerritories) -> Result<Territories, Error> {
        let RawTerritories { communes, planning, exemptions, custom } = raw;
        let path = self.file(&["territories", "communes", "path"], &communes.path)?;
        let communes = Layer { path, layer: communes.layer };
        let layer = |key: &[&str], raw: RawTerritory| -> Result<Layer, Error> {
            let path = self.file(&[&["territories"], key, &["path"]].concat(), &raw.path)?;
            Ok(Layer { path, layer: raw.layer })
        };
        let planning = planning.map(|raw| layer(&["planning"], raw)).transpose()?;
        let exemptions = exemptions.map(|raw| layer(&["exemptions"], raw)).transpose()?;
        let custom = custom.into_iter().map(|(name, raw)| {
            if !custom::is_name(&name) {
                let what = "a layer of territories cannot have this name";
                let fault = self.source.fault(&["territories", "custom", &name], what);
                let (got, expected) = (format!("`{name}`"), custom::NAME.to_owned());
                return Err(
                    ConfigError { got: Some(got), expected: Some(expected), ..fault }.into()
                );
            }
            let layer = layer(&["custom", &name], raw)?;
            Ok((name, layer))
        });
        let custom = custom.collect::<Result<_, Error>>()?;
        Ok(Territories { communes, planning, exemptions, custom })
    }

    /// The result of an assessment: the folder that `assess result` wrote, or its document.
    fn quality(&self, typed: &str) -> Result<PathBuf, Error> {
        let document = quality::file(&self.resolve(&["quality"], typed)?);
        if document.is_file() {
            return Ok(document);
        }
        Err(ConfigError {
            got: Some(format!("`{}`", document.display())),
            expected: Some("the folder that `millesime assess result` wrote".to_owned()),
            ..self.source.fault(&["quality"], "there is no assessment")
        }
        .into())
    }

    /// The absolute path of a file that must exist.
    fn file(&self, key: &[&str], typed: &str) -> Result<PathBuf, Error> {
        let path = self.resolve(key, typed)?;
        if path.is_file() || self.promised.iter().any(|folder| path.starts_with(folder)) {
            return Ok(path);
        }
        let what = if path.is_dir() { "the path is a folder" } else { "the file does not exist" };
        Err(ConfigError {
            got: Some(format!("`{}`", path.display())),
            expected: Some("the path of a file".to_owned()),
            hint: Some(format!("relative paths start at `{}`", self.base.display())),
            ..self.source.fault(key, what)
        }
        .into())
    }

    /// The absolute path; network and virtual paths are refused.
    fn resolve(&self, key: &[&str], typed: &str) -> Result<PathBuf, Error> {
        if typed.trim().is_empty() {
            return Err(self.source.fault(key, "the path is empty").into());
        }
        if typed.starts_with("/vsi") || typed.contains("://") {
            return Err(ConfigError {
                got: Some(format!("`{typed}`")),
                expected: Some("a file on a local or mounted disk".to_owned()),
                hint: Some("download or unpack the file first".to_owned()),
                ..self.source.fault(key, "network and virtual paths are not read")
            }
            .into());
        }
        Ok(without_dots(&self.base.join(typed)))
    }
}

/// The path without `.` and `..`, by its letters alone.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
