//! The delivered files of a comparison, written by one set of functions for `run` and `compare`.
//!
//! Each function gives a finished draft; publishing it is the caller's: a stage does so at once, a
//! comparison when every file is complete.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kernels::artificialise::{Artificialised, Reason};
use kernels::lattice::area_m2;
use nomenclature::{Couple, Dimension, Nomenclature, RuleSet};

use crate::artefact::Draft;
use crate::basis::Shares;
use crate::comparison::{Comparison, Ground, Piece, Side};
use crate::disagreement::Disagreement;
use crate::error::Error;
use crate::figures::Step;
use crate::io::record::{
    ArtifRecord, Deliverable, DiffRecord, EvolutionSide, OccupationRecord, ZanEvolRecord,
    write_issues,
};
use crate::io::schema::{Names, Product};
use crate::judge::Judge;
use crate::method::{self, Choices};
use crate::seen::Seen;
use crate::tables::xlsx::Method;
use crate::tables::{Cell, Column, Table, Unit, csv, json, xlsx};
use crate::tally::Flaws;
use facts::Facts;

mod artif;
pub mod changes;
pub mod disagreement;
pub mod facts;
mod gpkg;
pub mod territories;
mod thresholds;

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
        let mut layer = Deliverable::<DiffRecord>::create(draft.temp(), &names)?;
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
        let mut layer = Deliverable::<ArtifRecord>::create_noted(draft.temp(), &names, &note)?;
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
        let changed = comparison.pieces(|face| {
            let (before, after) = comparison.statuses(face, verdicts);
            (before != after).then_some((comparison.pair(face), after))
        });
        let names = self.names_of(comparison);
        let draft = self.draft(Product::ZanEvol.file_name(&names))?;
        let note = method::statement(self.rules, self.choices);
        let mut layer = Deliverable::<ZanEvolRecord>::create_noted(draft.temp(), &names, &note)?;
        let mut net = 0;
        for piece in &changed {
            let (pair, is_after) = piece.key;
            let twice_area = piece.dissolved.polygon.twice_area();
            net += if is_after { twice_area } else { -twice_area };
            let record = ZanEvolRecord {
                before: self.side(comparison, Side::Before, pair.0, !is_after),
                after: self.side(comparison, Side::After, pair.1, is_after),
                area_m2: area_m2(twice_area),
            };
            layer.add(&piece.dissolved.polygon, &record)?;
        }
        layer.finish()?;
        Ok((draft, net))
    }

    fn side(
        &self,
        comparison: &Comparison<'_>,
        side: Side,
        rank: Option<u32>,
        is_artificial: bool,
    ) -> EvolutionSide {
        let vintage = comparison.vintage(side);
        let couple = rank.map(|rank| vintage.couples[rank as usize]).unwrap_or_default();
        let (code_cs, code_us) = self.codes(couple);
        EvolutionSide {
            id: rank.map(|rank| vintage.objects[rank as usize].id.clone()),
            code_cs,
            code_us,
            is_artificial,
        }
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
        let of = &ground.vintages[vintage];
        let areas = ground.twice_areas(vintage);
        let shares = ground.shares(vintage, verdicts);
        let communes = commune_of_polygons(ground, vintage);
        let mut table = Table::new(
            verdicts_name(of.year),
            String::new(),
            [
                ("id", Unit::None),
                ("commune_code", Unit::None),
                ("matrice", Unit::None),
                ("article", Unit::None),
                ("artif", Unit::None),
                ("etape", Unit::None),
                ("groupe", Unit::None),
                ("groupe_polygones", Unit::None),
                ("groupe_surface", Unit::SquareMetres),
                ("surface", Unit::SquareMetres),
                ("surface_artif", Unit::SquareMetres),
                ("surface_exemptee", Unit::SquareMetres),
                ("officiel", Unit::None),
            ]
            .map(|(key, unit)| Column::new(key, key, unit))
            .to_vec(),
        );
        for (rank, verdict) in verdicts.verdicts.iter().enumerate() {
            let commune = communes[rank].map(|c| &ground.communes.gazetteer.communes[c as usize]);
            table.push(vec![
                Cell::words(&of.objects[rank].id),
                Cell::words(commune.map_or("", |commune| commune.code.as_str())),
                Cell::words(status_word(verdict.matrix)),
                Cell::words(judge.article(of.couples[rank])),
                Cell::words(status_word(verdict.status)),
                Cell::words(reason_key(verdict.reason)),
                Cell::Integer(verdict.group.into()),
                Cell::Integer(verdicts.groups[verdict.group as usize].polygons.into()),
                Cell::Area(verdict.group_twice_area),
                Cell::Area(areas[rank]),
                Cell::Area(shares[rank].artificial),
                Cell::Area(shares[rank].exempted),
                Cell::words(official_word(&shares[rank])),
            ]);
        }
        self.bytes(format!("{}.csv", table.name), &csv::bytes(&table)?)
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
        let draft = self.draft(name)?;
        fs::write(draft.temp(), bytes).map_err(Error::write(draft.temp()))?;
        Ok(draft)
    }
}

/// Name of the table of the verdicts of a vintage, without extension.
pub fn verdicts_name(year: u16) -> String {
    format!("verdicts_{year}")
}

/// The words of the `artif` column.
pub fn status_word(is_artificial: bool) -> &'static str {
    if is_artificial { "artif" } else { "non artif" }
}

/// What the official layer says of a polygon's ground; empty when it says nothing.
fn official_word(shares: &Shares) -> &'static str {
    match (shares.official_artificial != 0, shares.official_natural != 0) {
        (true, true) => "mixte",
        (true, false) => status_word(true),
        (false, true) => status_word(false),
        (false, false) => "",
    }
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

/// The commune that holds most of each polygon of a vintage.
fn commune_of_polygons(ground: &Ground, vintage: usize) -> Vec<Option<u32>> {
    let mut shares: BTreeMap<(u32, Option<u32>), i128> = BTreeMap::new();
    for face in ground.faces() {
        if let Some(rank) = ground.plane.label(face, vintage) {
            let share = shares.entry((rank, ground.commune(face))).or_default();
            *share += ground.plane.twice_area(face);
        }
    }
    let mut best = vec![(None, 0); ground.vintages[vintage].n_polygons()];
    for ((rank, commune), area) in shares {
        if area > best[rank as usize].1 {
            best[rank as usize] = (commune, area);
        }
    }
    best.into_iter().map(|(commune, _)| commune).collect()
}
