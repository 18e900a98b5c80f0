//! The published indicators: stock and flux per territory, class and planning zone.

use std::collections::{BTreeMap, BTreeSet};

use kernels::flux::series::{Interval, Series};
use kernels::flux::{Balance, Ledger, Status};
use nomenclature::{ClassId, Dimension, Nomenclature};

use super::gazetteer::{Commune, Gazetteer, Level, Place};
use super::{Cell, Column, Table, Unit, matrices};

/// The code of the row that states what lies outside every territory of the level.
pub const REMAINDER: &str = "reste";
pub(super) const REMAINDER_NAME: &str = "Hors des territoires (débords)";

/// The same vintages under another convention, published beside the main figures.
#[derive(Debug, Clone, Copy)]
pub struct Variant<'a> {
    /// Suffix of its columns, such as `sans_seuil` or `reel`.
    pub suffix: &'a str,
    /// What the headers add, such as `sans seuils`.
    pub label: &'a str,
    /// Its figures; same years as the main ones.
    pub series: &'a Series,
}

/// Everything that the tables are made from.
#[derive(Debug, Clone, Copy)]
pub struct Indicators<'a> {
    /// The figures per commune, thresholds applied.
    pub series: &'a Series,
    /// Other conventions, published beside.
    pub variants: &'a [Variant<'a>],
    /// The communes.
    pub gazetteer: &'a Gazetteer,
    /// Names of the planning zones, by rank; empty when there is no zoning.
    pub zones: &'a [String],
    /// What the codes mean.
    pub nomenclature: &'a Nomenclature,
}

/// A family of columns: artificialisation or impermeabilisation.
#[derive(Clone, Copy)]
struct Family {
    status: Status,
    /// `artif`, `imper`.
    key: &'static str,
    /// `desartif`, `desimper`.
    reverse: &'static str,
    stock: &'static str,
    gain: &'static str,
    loss: &'static str,
}

const FAMILIES: [Family; 2] = [
    Family {
        status: Status::Artificial,
        key: "artif",
        reverse: "desartif",
        stock: "Surface artificialisée",
        gain: "Artificialisation",
        loss: "Désartificialisation",
    },
    Family {
        status: Status::Impermeable,
        key: "imper",
        reverse: "desimper",
        stock: "Surface imperméable",
        gain: "Imperméabilisation",
        loss: "Désimperméabilisation",
    },
];

/// One series summed to one level.
struct Steps {
    steps: Vec<(Interval, Ledger)>,
}

impl Steps {
    fn of(series: &Series, parents: &[Option<u32>]) -> Self {
        let parent = |commune: u32| parents.get(commune as usize).copied().flatten();
        let rolled = series.steps().iter().map(|(i, ledger)| (*i, ledger.roll_up(parent)));
        Self { steps: rolled.collect() }
    }

    /// Per interval, the balances of every place.
    fn balances(&self, status: Status) -> Vec<BTreeMap<Option<u32>, Balance>> {
        self.steps.iter().map(|(_, ledger)| ledger.by_territory(status)).collect()
    }

    fn years(&self) -> u32 {
        self.steps.iter().map(|(interval, _)| interval.years()).sum()
    }
}

impl Indicators<'_> {
    /// Every table of the delivery: `artif_*`, `imper_*`, `couverture_*`, `usage_*` per level, the
    /// two matrices, `passages_cs_*` for what is smaller than the department, and `zonage` when there
    /// are zones. Of a single vintage there are the columns of
    /// stocks only, and no matrix.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = Vec::new();
        for family in FAMILIES {
            tables.extend(Level::ALL.map(|level| self.status_table(family, level)));
        }
        for dimension in [Dimension::Cover, Dimension::Usage] {
            tables.extend(Level::ALL.map(|level| self.class_table(dimension, level)));
        }
        if self.has_flux() {
            let matrix = |dimension| matrices::table(self.series, dimension, self.nomenclature);
            tables.extend([Dimension::Cover, Dimension::Usage].map(matrix));
            let levels = [Level::Commune, Level::Epci, Level::Scot];
            tables.extend(levels.map(|level| self.passage_table(level)));
        }
        if !self.zones.is_empty() {
            tables.push(self.zone_table());
        }
        tables
    }

    /// Whether there is anything to compare.
    fn has_flux(&self) -> bool {
        self.series.n_intervals() > 0
    }

    /// `Stock et flux`, or the stock alone.
    fn subject(&self, stock: &str) -> String {
        if self.has_flux() { format!("{stock} et flux") } else { stock.to_owned() }
    }

    fn status_table(&self, family: Family, level: Level) -> Table {
        let (places, parents) = self.gazetteer.places(level);
        let main = Steps::of(self.series, &parents);
        let surfaces = surfaces(&main);
        let columns = self.status_columns(family, level);
        let name = format!("{}_{}", family.key, level.key());
        let title = format!("{} par {}", self.subject(family.stock), level.title());
        let mut table = Table::new(name, title, columns);
        let balances = main.balances(family.status);
        let variants: Vec<_> = self
            .variants
            .iter()
            .map(|v| Steps::of(v.series, &parents).balances(family.status))
            .collect();
        for place in ranks(&places, &surfaces) {
            let surface = surfaces.get(&place).copied().unwrap_or(0);
            let of = |maps: &[BTreeMap<Option<u32>, Balance>]| -> Vec<Balance> {
                maps.iter().map(|m| m.get(&place).copied().unwrap_or_default()).collect()
            };
            let mut row = labels(&places, place);
            let balances = of(&balances);
            row.extend(self.stock_cells(&balances, surface));
            if self.has_flux() {
                let steps = balances.iter().zip(self.series.steps());
                row.extend(steps.map(|(b, (i, _))| Cell::AreaPerYear(b.net(), i.years())));
                row.extend(self.period_cells());
                row.extend(self.flux_cells(&balances));
                row.extend(annual_cells(&balances, main.years()));
            }
            for balances in variants.iter().map(|variant| of(variant)) {
                row.extend(self.stocks(&balances).map(Cell::Area));
                row.extend(self.flux_cells(&balances));
            }
            row.extend(self.parent_cells(level, &places, place));
            row.push(Cell::Area(surface));
            table.push(row);
        }
        table
    }

    fn status_columns(&self, family: Family, level: Level) -> Vec<Column> {
        let Family { key, stock, .. } = family;
        let mut columns = place_columns(level);
        let mut add =
            |key: String, header: String, unit| columns.push(Column::new(key, header, unit));
        for (k, year) in (1..).zip(self.series.vintages()) {
            add(format!("millesimes_{k}"), format!("Millésime {k}"), Unit::None);
            add(format!("pourcent_{key}_{k}"), format!("{stock} {year}"), Unit::Percent);
            add(format!("surface_{key}_{k}"), format!("{stock} {year}"), Unit::SquareMetres);
        }
        for k in 1..=self.series.n_intervals() {
            let pair = format!("{k}_{}", k + 1);
            let years = format!("millésimes {k} à {}", k + 1);
            add(format!("flux_surface_{pair}"), format!("Flux net, {years}"), Unit::SquareMetres);
            add(format!("flux_percent_{pair}"), format!("Flux net, {years}"), Unit::Percent);
        }
        for k in 1..=self.series.n_intervals() {
            let header = format!("Flux net annualisé, millésimes {k} à {}", k + 1);
            add(format!("flux_annuel_{k}_{}", k + 1), header, Unit::SquareMetresPerYear);
        }
        if self.has_flux() {
            add("millesime_debut".into(), "Millésime de début".into(), Unit::None);
            add("millesime_fin".into(), "Millésime de fin".into(), Unit::None);
        }
        let fluxes = self.flux_columns(family);
        for (flux, header) in &fluxes {
            add(flux.clone(), header.clone(), Unit::SquareMetres);
        }
        for (flux, header) in &fluxes {
            let header = format!("{header} annualisée");
            add(format!("{flux}_annuel"), header, Unit::SquareMetresPerYear);
        }
        for Variant { suffix, label, .. } in self.variants {
            for (k, year) in (1..).zip(self.series.vintages()) {
                let header = format!("{stock} {year}, {label}");
                add(format!("surface_{key}_{k}_{suffix}"), header, Unit::SquareMetres);
            }
            for (flux, header) in &fluxes {
                let header = format!("{header}, {label}");
                add(format!("{flux}_{suffix}"), header, Unit::SquareMetres);
            }
        }
        columns.extend(parent_columns(level));
        let surface = format!("{}_surface", level.key());
        columns.push(Column::new(surface, "Surface du territoire", Unit::SquareMetres));
        columns
    }

    /// Names and headers of what was gained, lost and both; none where there is no flux.
    fn flux_columns(&self, family: Family) -> Vec<(String, String)> {
        let Family { key, reverse, gain, loss, .. } = family;
        let fluxes = [
            (format!("flux_{key}"), gain.to_owned()),
            (format!("flux_{reverse}"), loss.to_owned()),
            (format!("flux_{key}_net"), format!("{gain} nette")),
        ];
        fluxes.into_iter().filter(|_| self.has_flux()).collect()
    }

    /// The stock of each vintage, oldest first.
    fn stocks<'b>(&self, balances: &'b [Balance]) -> impl Iterator<Item = i128> + use<'b> {
        let first = balances.first().map(|b| b.stock_before);
        let later = balances.iter().map(|b| b.stock_after).take(self.series.n_intervals());
        first.into_iter().chain(later)
    }

    /// Gained, lost and net, added up over the intervals; nothing where there is no flux.
    fn flux_cells(&self, balances: &[Balance]) -> Vec<Cell> {
        let sum = |of: fn(&Balance) -> i128| Cell::Area(balances.iter().map(of).sum());
        let cells = [sum(|b| b.gross_in), sum(|b| b.gross_out), sum(Balance::net)];
        cells.into_iter().filter(|_| self.has_flux()).collect()
    }

    fn stock_cells(&self, balances: &[Balance], surface: i128) -> Vec<Cell> {
        let years = self.series.vintages().into_iter();
        let cells = years.zip(self.stocks(balances)).flat_map(|(year, stock)| {
            [Cell::Integer(i64::from(year)), Cell::Share(stock, surface), Cell::Area(stock)]
        });
        let steps = balances.iter().take(self.series.n_intervals());
        let fluxes = steps.flat_map(|b| [Cell::Area(b.net()), Cell::Share(b.net(), surface)]);
        cells.chain(fluxes).collect()
    }

    /// The oldest and the newest vintage.
    fn period_cells(&self) -> [Cell; 2] {
        let vintages = self.series.vintages();
        let cell = |year: Option<&u16>| year.map_or(Cell::Empty, |&y| Cell::Integer(y.into()));
        [cell(vintages.first()), cell(vintages.last())]
    }

    /// The codes of the levels above; the remainder has none.
    fn parent_cells(&self, level: Level, places: &[Place], place: Option<u32>) -> Vec<Cell> {
        let code = place.map(|rank| places[rank as usize].code.as_str());
        let holds = |commune: &&Commune| match level {
            Level::Commune => Some(commune.code.as_str()) == code,
            Level::Epci => Some(commune.epci.as_str()) == code,
            Level::Scot => Some(commune.scot.as_str()) == code,
            Level::Department => Some(commune.department.as_str()) == code,
            Level::Region => Some(commune.region.as_str()) == code,
        };
        let members: Vec<&Commune> = self.gazetteer.communes.iter().filter(holds).collect();
        // A level may straddle departments or regions: every code, in order, joined.
        let joined = |of: fn(&Commune) -> &str| {
            let codes: BTreeSet<&str> = members.iter().map(|c| of(c)).collect();
            Cell::Text(codes.into_iter().filter(|c| !c.is_empty()).collect::<Vec<_>>().join(";"))
        };
        let mut cells = Vec::new();
        if level != Level::Department {
            cells.push(joined(|c| &c.department));
        }
        if level != Level::Region {
            cells.push(joined(|c| &c.region));
        }
        if level == Level::Commune {
            cells.extend([joined(|c| &c.epci), joined(|c| &c.scot)]);
        }
        cells
    }

    /// Stock and movement of every class of every place, and what it holds of the two statuses.
    fn class_table(&self, dimension: Dimension, level: Level) -> Table {
        let (word, header) = match dimension {
            Dimension::Cover => ("couverture", "Couverture (CS)"),
            Dimension::Usage => ("usage", "Usage (US)"),
        };
        let (places, parents) = self.gazetteer.places(level);
        let main = Steps::of(self.series, &parents);
        let mut columns = place_columns(level);
        columns.push(Column::new(word, header, Unit::None));
        columns.push(Column::new("libelle", "Libellé", Unit::None));
        columns.extend(self.class_columns());
        let name = format!("{word}_{}", level.key());
        let mut table = Table::new(name, format!("{header} par {}", level.title()), columns);
        let sums = class_sums(&main, dimension);
        let keys: BTreeSet<(bool, Option<u32>, ClassId)> =
            // The remainder comes last.
            sums.iter().flatten().flat_map(BTreeMap::keys).map(|&(p, c)| (p.is_none(), p, c)).collect();
        let surfaces = surfaces(&main);
        for (_, place, class) in keys {
            let mut row = labels(&places, place);
            row.push(Cell::words(self.nomenclature.code(dimension, class)));
            row.push(Cell::words(label(self.nomenclature, dimension, class)));
            let of = |k: usize| -> Vec<Balance> {
                sums.iter()
                    .map(|s| s[k].get(&(place, class)).copied().unwrap_or_default())
                    .collect()
            };
            let surface = surfaces.get(&place).copied().unwrap_or(0);
            row.extend(self.stock_cells(&of(0), surface));
            row.extend(self.flux_cells(&of(0)));
            for k in [1, 2] {
                row.extend(self.stocks(&of(k)).map(Cell::Area));
                row.extend(self.flux_cells(&of(k)));
            }
            table.push(row);
        }
        table
    }

    /// The matrix of covers of every place: a row per interval and pair of classes that occurs.
    fn passage_table(&self, level: Level) -> Table {
        let (places, parents) = self.gazetteer.places(level);
        let main = Steps::of(self.series, &parents);
        let mut columns = place_columns(level);
        columns.extend(matrices::columns(Dimension::Cover));
        let name = format!("passages_cs_{}", level.key());
        let title = format!("Passages d'une couverture à l'autre par {}", level.title());
        let mut table = Table::new(name, title, columns);
        let mut rows = BTreeMap::new();
        for (interval, ledger) in &main.steps {
            for ((place, before, after), area) in ledger.matrix_by_territory(Dimension::Cover) {
                // The remainder comes last.
                let key = (place.is_none(), place, interval.after, before, after);
                rows.insert(key, (*interval, area));
            }
        }
        for ((_, place, _, before, after), (interval, area)) in rows {
            let mut row = labels(&places, place);
            let passage = (interval, (before, after));
            row.extend(matrices::cells(self.nomenclature, Dimension::Cover, passage, area));
            table.push(row);
        }
        table
    }

    fn class_columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        let mut add =
            |key: String, header: String, unit| columns.push(Column::new(key, header, unit));
        let vintages = self.series.vintages();
        for (k, year) in (1..).zip(&vintages) {
            add(format!("millesimes_{k}"), format!("Millésime {k}"), Unit::None);
            add(format!("pourcent_{k}"), format!("Part {year}"), Unit::Percent);
            add(format!("surface_{k}"), format!("Surface {year}"), Unit::SquareMetres);
        }
        for k in 1..=self.series.n_intervals() {
            let pair = format!("{k}_{}", k + 1);
            add(format!("flux_surface_{pair}"), format!("Évolution {pair}"), Unit::SquareMetres);
            add(format!("flux_percent_{pair}"), format!("Évolution {pair}"), Unit::Percent);
        }
        if self.has_flux() {
            add("surface_gagnee".into(), "Surface gagnée".into(), Unit::SquareMetres);
            add("surface_perdue".into(), "Surface perdue".into(), Unit::SquareMetres);
            add("surface_nette".into(), "Évolution nette".into(), Unit::SquareMetres);
        }
        for family in FAMILIES {
            let Family { key, stock, .. } = family;
            for (k, year) in (1..).zip(&vintages) {
                add(format!("surface_{key}_{k}"), format!("{stock} {year}"), Unit::SquareMetres);
            }
            let counted_on = [" (code d'arrivée)", " (code de départ)", ""];
            for ((flux, header), code) in self.flux_columns(family).into_iter().zip(counted_on) {
                add(flux, format!("{header}{code}"), Unit::SquareMetres);
            }
        }
        columns
    }

    fn zone_table(&self) -> Table {
        let (places, parents) = self.gazetteer.places(Level::Commune);
        let main = Steps::of(self.series, &parents);
        let mut columns = place_columns(Level::Commune);
        columns.push(Column::new("zonage", "Zone du document d'urbanisme", Unit::None));
        columns.push(Column::new("zonage_surface", "Surface de la zone", Unit::SquareMetres));
        for family in FAMILIES {
            let Family { key, stock, .. } = family;
            let stocks = (1..).zip(self.series.vintages());
            let stocks =
                stocks.map(|(k, year)| (format!("surface_{key}_{k}"), format!("{stock} {year}")));
            let areas = stocks.chain(self.flux_columns(family));
            columns.extend(areas.map(|(k, header)| Column::new(k, header, Unit::SquareMetres)));
        }
        let mut table =
            Table::new("zonage", "Indicateurs par zone du document d'urbanisme", columns);
        let sums: Vec<[_; 2]> =
            main.steps.iter().map(|(_, l)| FAMILIES.map(|f| l.by_zone(f.status))).collect();
        let mut zone_surfaces: BTreeMap<(bool, Option<u32>, Option<u32>), i128> = BTreeMap::new();
        if let Some((_, ledger)) = main.steps.last() {
            for (l, twice_area) in ledger.entries() {
                let key = (l.territory.is_none(), l.territory, l.zone);
                *zone_surfaces.entry(key).or_default() += twice_area;
            }
        }
        for ((_, place, zone), surface) in zone_surfaces {
            let mut row = labels(&places, place);
            let name = zone.and_then(|z| self.zones.get(z as usize));
            row.push(Cell::words(name.map_or("hors zonage", String::as_str)));
            row.push(Cell::Area(surface));
            for k in [0, 1] {
                let balances: Vec<Balance> = sums
                    .iter()
                    .map(|s| s[k].get(&(place, zone)).copied().unwrap_or_default())
                    .collect();
                row.extend(self.stocks(&balances).map(Cell::Area));
                row.extend(self.flux_cells(&balances));
            }
            table.push(row);
        }
        table
    }
}

/// Balance of each class of each place.
type ClassBalances = BTreeMap<(Option<u32>, ClassId), Balance>;

/// Per interval: occupation, artificial and impermeable balances of each class of each place.
fn class_sums(steps: &Steps, dimension: Dimension) -> Vec<[ClassBalances; 3]> {
    let of = |(_, ledger): &(Interval, Ledger)| {
        [
            ledger.occupation(dimension),
            ledger.by_class(Status::Artificial, dimension),
            ledger.by_class(Status::Impermeable, dimension),
        ]
    };
    steps.steps.iter().map(of).collect()
}

/// Surface of each place: that of the newest interval.
fn surfaces(steps: &Steps) -> BTreeMap<Option<u32>, i128> {
    steps.steps.last().map(|(_, ledger)| ledger.surface_by_territory()).unwrap_or_default()
}

/// Every place in the order of its code, then the remainder when it has any surface.
fn ranks(places: &[Place], surfaces: &BTreeMap<Option<u32>, i128>) -> Vec<Option<u32>> {
    let outside = surfaces.get(&None).is_some_and(|&area| area != 0);
    (0..places.len() as u32).map(Some).chain(outside.then_some(None)).collect()
}

fn labels(places: &[Place], place: Option<u32>) -> Vec<Cell> {
    match place.map(|rank| &places[rank as usize]) {
        Some(place) => vec![Cell::words(&place.code), Cell::words(&place.name)],
        None => vec![Cell::words(REMAINDER), Cell::words(REMAINDER_NAME)],
    }
}

fn place_columns(level: Level) -> Vec<Column> {
    vec![
        Column::new(format!("{}_code", level.key()), "Code", Unit::None),
        Column::new("nom", "Nom", Unit::None),
    ]
}

fn parent_columns(level: Level) -> Vec<Column> {
    let mut columns = Vec::new();
    if level != Level::Department {
        columns.push(Column::new("departement_code", "Département", Unit::None));
    }
    if level != Level::Region {
        columns.push(Column::new("region_code", "Région", Unit::None));
    }
    if level == Level::Commune {
        columns.push(Column::new("epci_code", "EPCI", Unit::None));
        columns.push(Column::new("scot_code", "SCoT", Unit::None));
    }
    columns
}

/// Gained, lost and net per year, over all intervals together.
fn annual_cells(balances: &[Balance], years: u32) -> [Cell; 3] {
    let rate = |of: fn(&Balance) -> i128| Cell::AreaPerYear(balances.iter().map(of).sum(), years);
    [rate(|b| b.gross_in), rate(|b| b.gross_out), rate(Balance::net)]
}

/// The label of a class; empty for no class.
pub(super) fn label(nomenclature: &Nomenclature, dimension: Dimension, class: ClassId) -> String {
    nomenclature.class(dimension, class).map(|c| c.label.clone()).unwrap_or_default()
}
