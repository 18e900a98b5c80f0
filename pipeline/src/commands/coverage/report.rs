//! What a check says: lines for the national validator's readers, places for a map, a table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernels::lattice::{Polygon, area_m2};
use nomenclature::Nomenclature;

use super::examine::has_units;
use super::finding::{Finding, about};
use super::rules::Question;
use super::sheet::Sheet;
use crate::artefact::{Draft, is_same_place};
use crate::commands::compare::layer;
use crate::error::Error;
use crate::units::count;
use crate::validator::{Line, Lines, bbox, wkt};
use crate::vintage::locate::Product;
use crate::{talk, words};

mod places;

use places::Places;

/// Features named in one message.
const SHOWN_MAX: usize = 4;

/// Where the findings go.
#[derive(Debug, clap::Args)]
pub(super) struct Outputs {
    /// A `GeoPackage` of the findings on the map, in the layers surfaces, lignes and points
    #[arg(long, value_name = "FILE")]
    places: Option<PathBuf>,
    /// A file for the JSON lines, instead of stdout
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Outputs {
    /// Refuses to write over what is checked, or one over the other.
    fn refuse_same(&self, inputs: &[String]) -> Result<(), Error> {
        let refused = |path: &Path, is: &str| {
            let hint = Some("give the report a name of its own".to_owned());
            Err(Error::Usage { what: format!("`{}` is {is}", path.display()), hint })
        };
        for path in [&self.places, &self.report].into_iter().flatten() {
            if inputs.iter().any(|input| is_same_place(&layer(input).path, path)) {
                return refused(path, "a file of this check");
            }
        }
        match (&self.places, &self.report) {
            (Some(places), Some(report)) if is_same_place(places, report) => {
                refused(report, "the file of the places")
            }
            _ => Ok(()),
        }
    }
}

/// The report of one command on one or several layers.
pub(super) struct Report<'a> {
    question: &'a Question,
    lines: Lines,
    places: Option<Places>,
    /// What fails, by file.
    failures: Vec<String>,
    n_layers: usize,
}

impl<'a> Report<'a> {
    /// Starts a report on these files.
    ///
    /// # Errors
    /// [`Error::Usage`] when it would be written over one of them or over itself; a file cannot be
    /// created.
    pub(super) fn start(
        outputs: &Outputs,
        question: &'a Question,
        inputs: &[String],
    ) -> Result<Self, Error> {
        outputs.refuse_same(inputs)?;
        let lines = Lines::to(outputs.report.as_deref())?;
        let places = outputs.places.as_deref().map(Places::new).transpose()?;
        Ok(Self { question, lines, places, failures: Vec::new(), n_layers: 0 })
    }

    /// Adds the findings of a layer, and says them in a table.
    ///
    /// # Errors
    /// A file cannot be written; the layer is in another CRS than the places before it.
    pub(super) fn add(&mut self, sheet: &Sheet) -> Result<(), Error> {
        self.n_layers += 1;
        let file = sheet.path.file_name().unwrap_or_default().to_string_lossy();
        for finding in &sheet.findings {
            let level = self.question.level(finding.key);
            let message = message(sheet, finding);
            if let Some(places) = &mut self.places {
                places.add(sheet, finding, level, &file)?;
            }
            let line = line(self.question, sheet, finding, message, &file);
            self.lines.write(&line)?;
        }
        if let Some(places) = &mut self.places {
            places.open(sheet.epsg)?;
        }
        self.summarise(sheet);
        Ok(())
    }

    /// Says, for people, what was found in a layer: each key with its count and area.
    fn summarise(&mut self, sheet: &Sheet) {
        let area: i128 = sheet.polygons.iter().map(Polygon::twice_area).sum();
        talk::line(&format!(
            "`{}`, layer `{}`, EPSG:{}: {} features, {} polygons, {:.2} m2",
            sheet.path.display(),
            sheet.layer,
            sheet.epsg,
            count(sheet.features.len() as u64),
            count(sheet.polygons.len() as u64),
            area_m2(area)
        ));
        if self.question.units.is_some() && !has_units(sheet) {
            talk::line("  no vintage: the minimum units are not for this layer");
        }
        let mut by_key: BTreeMap<&str, (u64, i128)> = BTreeMap::new();
        for finding in &sheet.findings {
            let entry = by_key.entry(finding.key).or_default();
            *entry = (entry.0 + 1, entry.1 + finding.twice_area);
        }
        if !by_key.is_empty() {
            talk::line("  key                     level        count           area_m2");
        }
        for (key, &(n, twice_area)) in &by_key {
            let level = self.question.level(key).word();
            // What has no area of its own, such as a code, has none here.
            let area = (twice_area != 0).then(|| format!("{:.2}", area_m2(twice_area)));
            let (n, area, meaning) = (count(n), area.unwrap_or_default(), about(key).1);
            talk::line(&format!("  {key:<23} {level:<7} {n:>10} {area:>17}  {meaning}"));
        }
        let failing = by_key.iter().filter(|(key, _)| self.question.fails(key));
        let failing: Vec<String> = failing.map(|(key, (n, _))| format!("{key} {n}")).collect();
        if !failing.is_empty() {
            self.failures.push(format!("`{}`: {}", sheet.path.display(), failing.join(", ")));
        }
    }

    /// Completes the files, publishes them together and says whether all layers are sound.
    ///
    /// * `made`: what the command made and the report is about; it appears last.
    ///
    /// # Errors
    /// [`Error::Unsound`] when one is not; a file cannot be written: then none appears.
    pub(super) fn finish(self, made: Option<Draft>, hint: &str) -> Result<(), Error> {
        let lines = self.lines.finish()?;
        let places = self.places.map(Places::finish).transpose()?;
        let drafts: Vec<Draft> = lines.into_iter().chain(places).chain(made).collect();
        for draft in &drafts {
            draft.seal()?;
        }
        for draft in drafts {
            draft.publish()?;
        }
        if self.failures.is_empty() {
            let layers = if self.n_layers == 1 { "layer" } else { "layers" };
            talk::line(&format!("ok: {} {layers} sound", self.n_layers));
            return Ok(());
        }
        let what = format!("not a valid coverage: {}", self.failures.join("; "));
        Err(Error::Unsound { what, hint: hint.to_owned() })
    }
}

/// A finding as a line.
fn line<'f>(
    question: &'f Question,
    sheet: &'f Sheet,
    finding: &'f Finding,
    message: String,
    file: &'f str,
) -> Line<'f> {
    let first = finding.features.first().copied();
    let identity = first.map(|feature| &sheet.features[feature as usize]);
    Line {
        code: finding.key,
        level: question.level(finding.key),
        message,
        document_model: question.nomenclature.as_ref().map(Nomenclature::id),
        file_model: sheet.product.map(Product::word),
        attribute: finding.column.map(|column| sheet.columns[column].as_str()),
        file,
        id: identity.map(|identity| identity.fid.to_string()),
        feature_bbox: first.and_then(|feature| bbox(&sheet.polygons[sheet.polygons_of(feature)])),
        error_geometry: finding.place.map(wkt),
        feature_id: identity.and_then(|identity| identity.id.as_deref()),
    }
}

/// What is wrong in French, with the objects concerned and the area.
fn message(sheet: &Sheet, finding: &Finding) -> String {
    let names = finding.features.iter().take(SHOWN_MAX);
    let mut parts: Vec<String> = finding.value.iter().map(ToString::to_string).collect();
    parts.extend(names.map(|&feature| format!("`{}`", sheet.name(feature))));
    if finding.features.len() > SHOWN_MAX {
        parts.push(format!("et {} autres", finding.features.len() - SHOWN_MAX));
    }
    if finding.twice_area != 0 {
        parts.push(format!("{:.2} m²", area_m2(finding.twice_area)).replace('.', ","));
    }
    let what = words::flaw(finding.key);
    if parts.is_empty() { what.to_owned() } else { format!("{what} : {}", parts.join(", ")) }
}
