//! The delivered files of a comparison, written by one set of functions for `run` and `compare`.
//!
//! Each function gives a finished draft; publishing it is the caller's: a stage does so at once, a
//! comparison when every file is complete.

use std::path::Path;

use kernels::artificialise::{Artificialised, Reason};
use nomenclature::{Couple, Dimension, Nomenclature, RuleSet};

use crate::artefact::Draft;
use crate::comparison::{Comparison, Ground, Piece};
use crate::disagreement::Disagreement;
use crate::error::Error;
use crate::figures::Step;
use crate::io::record::{ArtifRecord, Deliverable, DiffRecord, OccupationRecord, write_issues};
use crate::io::schema::{Names, Product};
use crate::judge::Judge;
use crate::method::{self, Choices};
use crate::seen::Seen;
use crate::styles::{Legend, Style, products};
use crate::tables::xlsx::Method;
use crate::tables::{Table, csv, json, xlsx};
use crate::tally::Flaws;
use facts::Facts;

mod artif;
pub mod changes;
pub mod disagreement;
mod evolution;
pub mod facts;
mod gpkg;
pub mod territories;
mod thresholds;
mod verdicts;

pub use verdicts::verdicts_name;

/// Folder of the tables.
pub const TABLES: &str = "indicators";

/// Where a delivery goes and what its files are called after.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The output folder.
    pub folder: &'a Path,
    /// Department code, of two or three characters.
    pub department: &'a str,
    /// EPSG code of the lattice.
    pub epsg: u32,
    /// What the codes mean.
    pub nomenclature: &'a Nomenclature,
    /// What is artificial.
    pub rules: &'a RuleSet,
    /// What was chosen besides.
    pub choices: &'a Choices,
}

impl Delivery<'_> {
    /// What files about a vintage and the one before it are named after.
    pub fn names(&self, prior: u16, vintage: u16) -> Names {
        Names { department: self.department.to_owned(), vintage, prior, epsg: self.epsg }
    }

    /// How `QGIS` draws a layer.
    fn styles(&self, product: Product, names: &Names) -> Vec<Style> {
        products::embedded(&Legend::of(self.nomenclature), product, names)
    }

    /// The title of a layer that depends on the rules: it names them.
    fn titled(&self, title: &str) -> String {
        format!("{title}. {}", method::statement(self.rules, self.choices))
    }

    fn names_of(&self, comparison: &Comparison<'_>) -> Names {
        let interval = comparison.interval();
        self.names(interval.before, interval.after)
    }

    fn draft(&self, name: impl AsRef<Path>) -> Result<Draft, Error> {
        Draft::new(self.folder.join(name))
    }

    fn code(&self, dimension: Dimension, couple: Couple) -> &str {
        match dimension {
            Dimension::Cover => self.nomenclature.code(dimension, couple.cs),
            Dimension::Usage => self.nomenclature.code(dimension, couple.us),
        }
    }

    fn codes(&self, couple: Couple) -> (String, String) {
        let code = |dimension| self.code(dimension, couple).to_owned();
        (code(Dimension::Cover), code(Dimension::Usage))
    }

    /// The difference layer.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn diff(
        &self,
        comparison: &Comparison<'_>,
        changed: &[Piece<(Couple, Couple)>],
    ) -> Result<Draft, Error> {
        let names = self.names_of(comparison);
        let draft = self.draft(Product::Diff.file_name(&names))?;
        let mut layer = Deliverable::<DiffRecord>::create(
            draft.temp(),
            &names,
            &self.styles(Product::Diff, &names),
        )?;
        for piece in changed {
            let (before, after) = piece.key;
            let record = DiffRecord { before: self.codes(before), after: self.codes(after) };
            layer.add(&piece.dissolved.polygon, &record)?;
        }
        layer.finish()?;
        Ok(draft)
    }

    /// The artificialisation layer of a vintage, by the basis of the main figures.
    ///
    /// A polygon keeps its very vertices; where its ground has two statuses it is cut into parts of
    /// one status: the first keeps the id, the others end in `/2`, `/3` ...
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn artif(
        &self,
        ground: &Ground,
        vintage: usize,
        verdicts: &Artificialised,
    ) -> Result<Draft, Error> {
        let of = &ground.vintages[vintage];
        let names = self.names(of.year, of.year);
        let draft = self.draft(Product::Artif.file_name(&names))?;
        let note = method::statement(self.rules, self.choices);
        let mut layer = Deliverable::<ArtifRecord>::create_noted(
            draft.temp(),
            &names,
            &self.styles(Product::Artif, &names),
            &note,
        )?;
        artif::add(self, &mut layer, (ground, vintage), verdicts)?;
        layer.finish()?;
        Ok(draft)
    }

    /// What the file of the vintage says of a polygon.
    fn occupation(&self, ground: &Ground, vintage: usize, rank: usize) -> OccupationRecord {
        let vintage = &ground.vintages[vintage];
        let (couple, object) = (vintage.couples[rank], &vintage.objects[rank]);
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (code_cs, code_us) = self.codes(couple);
        OccupationRecord {
            id: object.id.clone(),
            code_cs,
            code_us,
            vintage: vintage.year,
            source: object.source.clone(),
            is_ossature: object.ossature,
            id_origine: text(&object.id_origine),
            code_or: text(&object.code_or),
        }
    }

    /// The polygons whose status changed; gives what became artificial less what ceased to be too,
    /// as a doubled area in square lattice steps.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn evolution(
        &self,
        comparison: &Comparison<'_>,
        verdicts: (&Artificialised, &Artificialised),
    ) -> Result<(Draft, i128), Error> {
        evolution::write(self, comparison, verdicts)
    }

    /// Every changed object with its class and the measures behind it.
    ///
    /// * `seen`: what imagery says of each change; empty when there was none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn changes(
        &self,
        comparison: &Comparison<'_>,
        step: &Step,
        verdicts: (&Artificialised, &Artificialised),
        seen: &[Seen],
    ) -> Result<Draft, Error> {
        changes::write(self, comparison, (step, seen), verdicts)
    }

    /// The communes, planning zones and other layers that the figures were counted in.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn territories(&self, ground: &Ground) -> Result<Draft, Error> {
        territories::write(self, ground)
    }

    /// The rules, codes and tolerances behind the figures, for programs.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn facts(&self, years: &[u16], rules: &RuleSet) -> Result<Draft, Error> {
        self.bytes(facts::FILE, &Facts::of(self, years, rules).bytes()?)
    }

    /// Every table as CSV, and all of them in one JSON document and one workbook.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn tables(&self, tables: &[Table], method: &Method) -> Result<Vec<Draft>, Error> {
        let mut drafts = Vec::new();
        for table in tables {
            drafts.push(self.bytes(format!("{TABLES}/{}.csv", table.name), &csv::bytes(table)?)?);
        }
        drafts.push(
            self.bytes(format!("{TABLES}/methode.csv"), &csv::bytes(&method::table(method))?)?,
        );
        let all: Vec<_> = tables.iter().map(json::value).collect();
        let all = serde_json::to_string_pretty(&all)
            .map_err(|error| Error::internal(format!("indicators.json: {error}")))?;
        drafts
            .push(self.bytes(format!("{TABLES}/indicators.json"), format!("{all}\n").as_bytes())?);
        let workbook = xlsx::bytes(tables, method)?;
        drafts.push(self.bytes(format!("{TABLES}/indicators.xlsx"), &workbook)?);
        Ok(drafts)
    }

    /// `indicators.gpkg`: one layer per level, the places with the columns of the tables.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn tables_on_maps(&self, ground: &Ground, tables: &[Table]) -> Result<Draft, Error> {
        gpkg::write(self, ground, tables)
    }

    /// Where the official layer of a vintage and the rule set differ.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn disagreement(
        &self,
        ground: &Ground,
        disagreement: &Disagreement,
    ) -> Result<Draft, Error> {
        disagreement::write(self, ground, disagreement)
    }

    /// Every group of polygons that the thresholds absorbed or filled, the largest first.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn thresholds(
        &self,
        ground: &Ground,
        vintage: usize,
        verdicts: &Artificialised,
    ) -> Result<Draft, Error> {
        thresholds::write(self, ground, vintage, verdicts)
    }

    /// The verdict of every polygon of a vintage: what `explain` tells, and what the thresholds
    /// absorbed or filled.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn verdicts(
        &self,
        ground: &Ground,
        vintage: usize,
        verdicts: &Artificialised,
        judge: &Judge,
    ) -> Result<Draft, Error> {
        verdicts::write(self, (ground, vintage), verdicts, judge)
    }

    /// The places of the flaws of the data.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn issues(&self, years: &[u16], flaws: &Flaws) -> Result<Draft, Error> {
        let year = |year: Option<&u16>| year.copied().unwrap_or_default();
        let names = self.names(year(years.first()), year(years.last()));
        let draft = self.draft(Product::Issues.file_name(&names))?;
        write_issues(draft.temp(), &names, flaws)?;
        Ok(draft)
    }

    /// A file of these bytes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn bytes(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<Draft, Error> {
        Draft::of_bytes(self.folder.join(name), bytes)
    }
}

/// The words of the `artif` column.
pub fn status_word(is_artificial: bool) -> &'static str {
    if is_artificial { "artif" } else { "non artif" }
}

/// The stable key of the step that decided.
pub fn reason_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Matrix => "matrice",
        Reason::GroupUnderThreshold => "groupe_sous_seuil",
        Reason::BuiltRestored => "bati_restaure",
        Reason::ForcedNearBuilding => "forcage_bati",
    }
}
