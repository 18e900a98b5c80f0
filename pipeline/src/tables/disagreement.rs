//! Tables of what the official ARTIF layer and the rule set say of the same ground.

use std::collections::BTreeMap;

use nomenclature::{Couple, Dimension, Nomenclature};

use super::gazetteer::Gazetteer;
use super::indicators::{REMAINDER, REMAINDER_NAME, label};
use super::{Cell, Column, Table, Unit};
use crate::delivery::status_word;
use crate::disagreement::{Disagreement, Key};

/// Name of the table of all ground; the report looks for it.
pub const CROSSED: &str = "desaccord";
/// Name of the table by couple.
pub const BY_COUPLE: &str = "desaccord_couple";
/// Name of the table by step.
pub const BY_STEP: &str = "desaccord_etape";

/// Area and number of regions.
type Sum = (i128, u64);

/// Every table of the disagreements of the vintages; none when there are none.
pub fn tables(
    all: &[Disagreement],
    gazetteer: &Gazetteer,
    nomenclature: &Nomenclature,
) -> Vec<Table> {
    if all.is_empty() {
        return Vec::new();
    }
    vec![crossed(all), by_couple(all, nomenclature), by_step(all), by_commune(all, gazetteer)]
}

/// Area and regions of the ground of every group of keys that `group` keeps.
fn sums<K: Ord>(one: &Disagreement, group: impl Fn(&Key) -> Option<K>) -> BTreeMap<K, Sum> {
    let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
    for (key, area) in &one.sums {
        if let Some(group) = group(key) {
            sums.entry(group).or_default().0 += area;
        }
    }
    for region in &one.regions {
        if let Some(group) = group(&region.key) {
            sums.entry(group).or_default().1 += 1;
        }
    }
    sums
}

fn official_word(official: Option<bool>) -> &'static str {
    official.map_or("sans statut", status_word)
}

fn threshold_word(by_threshold: Option<bool>) -> &'static str {
    match by_threshold {
        Some(true) => "oui",
        Some(false) => "non",
        None => "",
    }
}

fn plain(key: &str, header: &str) -> Column {
    Column::new(key, header, Unit::None)
}

/// What ends every table: area, share of the official stock, regions.
fn measures() -> [Column; 3] {
    [
        Column::new("surface", "Surface", Unit::SquareMetres),
        Column::new("part_stock_officiel", "En part du stock officiel", Unit::Percent),
        plain("regions", "Régions en désaccord"),
    ]
}

fn measured(one: &Disagreement, (area, regions): Sum) -> [Cell; 3] {
    [Cell::Area(area), Cell::Share(area, one.stocks.0), Cell::Integer(regions.cast_signed())]
}

/// All ground: official status x answer of the matrix x recomputed status.
fn crossed(all: &[Disagreement]) -> Table {
    let mut columns = vec![
        plain("millesime", "Millésime"),
        plain("officiel", "Statut officiel"),
        plain("matrice", "Matrice seule"),
        plain("recalcule", "Statut recalculé"),
    ];
    columns.extend(measures());
    let mut table = Table::new(CROSSED, "Statut officiel et statut recalculé", columns);
    for one in all {
        let group = |key: &Key| Some((key.official, key.matrix, key.recomputed));
        for ((official, matrix, recomputed), sum) in sums(one, group).into_iter().rev() {
            let mut row = vec![Cell::Integer(one.year.into())];
            row.push(Cell::words(official_word(official)));
            row.extend([matrix, recomputed].map(|status| Cell::words(status_word(status))));
            row.extend(measured(one, sum));
            table.push(row);
        }
    }
    table
}

/// Where they disagree, by couple, the largest first.
fn by_couple(all: &[Disagreement], nomenclature: &Nomenclature) -> Table {
    let mut columns = vec![
        plain("millesime", "Millésime"),
        plain("code_cs", "Couverture (CS)"),
        plain("libelle_cs", "Libellé de la couverture"),
        plain("code_us", "Usage (US)"),
        plain("libelle_us", "Libellé de l'usage"),
        plain("matrice", "Matrice seule"),
        plain("officiel", "Statut officiel"),
        plain("recalcule", "Statut recalculé"),
    ];
    columns.extend(measures());
    let mut table = Table::new(BY_COUPLE, "Désaccords par couple", columns);
    for one in all {
        let group = |key: &Key| {
            key.is_disagreement().then_some((key.couple, key.official, key.matrix, key.recomputed))
        };
        let mut rows: Vec<_> = sums(one, group).into_iter().collect();
        rows.sort_by_key(|(key, (area, _))| (std::cmp::Reverse(*area), *key));
        for ((couple, official, matrix, recomputed), sum) in rows {
            let mut row = vec![Cell::Integer(one.year.into())];
            row.extend(codes(couple, nomenclature));
            row.push(Cell::words(status_word(matrix)));
            row.push(Cell::words(official_word(official)));
            row.push(Cell::words(status_word(recomputed)));
            row.extend(measured(one, sum));
            table.push(row);
        }
    }
    table
}

/// Code and label of the cover, then of the usage.
fn codes(couple: Couple, nomenclature: &Nomenclature) -> [Cell; 4] {
    let [cs, us] =
        [(Dimension::Cover, couple.cs), (Dimension::Usage, couple.us)].map(|(dimension, class)| {
            let code = Cell::words(nomenclature.code(dimension, class));
            (code, Cell::words(label(nomenclature, dimension, class)))
        });
    [cs.0, cs.1, us.0, us.1]
}

/// Where they disagree, by the step of the rule set and the layer's own mark of thresholds.
fn by_step(all: &[Disagreement]) -> Table {
    let mut columns = vec![
        plain("millesime", "Millésime"),
        plain("etape", "Étape de la règle"),
        plain("crit_seuil", "crit_seuil officiel"),
        plain("officiel", "Statut officiel"),
        plain("recalcule", "Statut recalculé"),
    ];
    columns.extend(measures());
    let mut table = Table::new(BY_STEP, "Désaccords par étape de la règle", columns);
    for one in all {
        let group = |key: &Key| {
            let group = (key.step, key.by_threshold, key.official, key.recomputed);
            key.is_disagreement().then_some(group)
        };
        for ((step, by_threshold, official, recomputed), sum) in sums(one, group) {
            let words = [
                step,
                threshold_word(by_threshold),
                official_word(official),
                status_word(recomputed),
            ];
            let mut row = vec![Cell::Integer(one.year.into())];
            row.extend(words.map(Cell::words));
            row.extend(measured(one, sum));
            table.push(row);
        }
    }
    table
}

/// Both stocks of every commune and what makes them differ; the remainder comes last.
fn by_commune(all: &[Disagreement], gazetteer: &Gazetteer) -> Table {
    let area = |key: &str, header: &str| Column::new(key, header, Unit::SquareMetres);
    let columns = vec![
        plain("commune_code", "Code"),
        plain("nom", "Nom"),
        plain("millesime", "Millésime"),
        area("surface_officielle", "Stock officiel"),
        area("surface_recalculee", "Stock recalculé"),
        area("officiel_seul", "Artificialisé officiel seulement"),
        area("recalcule_seul", "Artificialisé recalculé seulement"),
        area("ecart", "Officiel moins recalculé"),
        plain("regions", "Régions en désaccord"),
    ];
    let mut table = Table::new("desaccord_commune", "Désaccords par commune", columns);
    for one in all {
        let mut communes: BTreeMap<(bool, Option<u32>), [i128; 4]> = BTreeMap::new();
        for (key, area) in &one.sums {
            let stocks = communes.entry((key.commune.is_none(), key.commune)).or_default();
            let (official, rules) = (key.official == Some(true), key.recomputed);
            let counts = [official, rules, official && !rules, rules && !official];
            for (stock, counts) in stocks.iter_mut().zip(counts) {
                *stock += if counts { *area } else { 0 };
            }
        }
        let regions = sums(one, |key| key.is_disagreement().then_some(key.commune));
        for ((_, commune), [official, rules, only_official, only_rules]) in communes {
            let place = commune.map(|rank| &gazetteer.communes[rank as usize]);
            let (code, name) =
                place.map_or((REMAINDER, REMAINDER_NAME), |c| (c.code.as_str(), c.name.as_str()));
            let n_regions = regions.get(&commune).map_or(0, |(_, n)| n.cast_signed());
            let mut row = vec![Cell::words(code), Cell::words(name)];
            row.push(Cell::Integer(one.year.into()));
            row.extend([official, rules, only_official, only_rules].map(Cell::Area));
            row.extend([Cell::Area(official - rules), Cell::Integer(n_regions)]);
            table.push(row);
        }
    }
    table
}
