//! The tables of an assessment: every figure once, for CSV, JSON, the workbook and the page.

use kernels::accuracy::Estimate;
use kernels::lattice::area_m2;
use ndarray::{Array2, LinalgScalar};
use nomenclature::{Couple, Dimension, Nomenclature};

use super::answers::{Answers, Given};
use super::estimate::Reading;
use super::key::Row;
use super::result::Outcome;
use crate::tables::{Cell, Column, Table, Unit};

/// Decimals of a percentage: more than any sample can tell.
const DECIMALS: u32 = 2;

/// Every table, in the order of the workbook.
pub(super) fn all(
    outcome: &Outcome,
    key: &[Row],
    answers: &Answers,
    nomenclature: &Nomenclature,
) -> Vec<Table> {
    let mut tables = vec![acceptance(outcome), overall(outcome), classes(outcome), areas(outcome)];
    for reading in &outcome.readings {
        tables.push(counts(reading));
        tables.push(shares(reading));
    }
    tables.push(strata(outcome, key, answers));
    // Without a second interpreter it is empty: no file of an earlier result is left beside it.
    tables.push(agreement(outcome));
    tables.push(errors(key, answers, nomenclature));
    tables.push(set_aside(key, answers));
    tables
}

fn words(key: &str, header: &str) -> Column {
    Column::new(key, header, Unit::None)
}

/// Four columns of an estimate in percent.
fn of_estimate(key: &str, header: &str) -> [Column; 4] {
    let column = |suffix: &str, of: &str| {
        Column::new(format!("{key}{suffix}"), format!("{header}{of}"), Unit::Percent)
    };
    [
        column("", ""),
        column("_erreur_type", ", erreur type"),
        column("_basse", ", borne basse à 95 %"),
        column("_haute", ", borne haute à 95 %"),
    ]
}

fn percent(value: f64) -> Cell {
    Cell::estimate(100.0 * value, DECIMALS)
}

fn estimate(found: Option<Estimate>) -> [Cell; 4] {
    found.map_or([const { Cell::Empty }; 4], |found| {
        [found.value, found.error, found.low, found.high].map(percent)
    })
}

fn count(n: u64) -> Cell {
    Cell::Integer(n.cast_signed())
}

fn acceptance(outcome: &Outcome) -> Table {
    let mut columns = vec![
        words("legende", "Légende"),
        words("code", "Code"),
        words("critere", "Critère"),
        Column::new("seuil", "Seuil", Unit::Percent),
    ];
    columns.extend(of_estimate("exactitude", "Exactitude"));
    columns.extend([
        words("points", "Points"),
        words("decision", "Décision"),
        words("points_pour_decider", "Points pour décider (ordre de grandeur)"),
    ]);
    let mut table = Table::new("acceptation", "Acceptation", columns);
    for criterion in &outcome.criteria {
        let mut row = vec![
            Cell::words(criterion.key),
            criterion.code.as_ref().map_or(Cell::Empty, Cell::words),
            Cell::words(&criterion.label),
            percent(criterion.threshold),
        ];
        row.extend(estimate(criterion.estimate));
        row.extend([
            count(criterion.answers),
            Cell::words(criterion.decision.french()),
            criterion.needed.map_or(Cell::Empty, count),
        ]);
        table.push(row);
    }
    table
}

fn overall(outcome: &Outcome) -> Table {
    let mut columns = vec![words("comparaison", "Comparaison")];
    columns.extend(of_estimate("exactitude", "Exactitude globale"));
    let mut table = Table::new("exactitude_globale", "Exactitude globale", columns);
    for found in &outcome.overalls {
        let mut row = vec![Cell::words(&found.label)];
        row.extend(estimate(Some(found.estimate)));
        table.push(row);
    }
    table
}

fn classes(outcome: &Outcome) -> Table {
    let mut columns = vec![
        words("legende", "Légende"),
        words("code", "Code"),
        words("libelle", "Libellé"),
        words("points_carte", "Points de cette classe sur la carte"),
        words("points_terrain", "Points de cette classe selon l'interprète"),
        words("points_justes", "Points justes"),
    ];
    columns.extend(of_estimate("utilisateur", "Exactitude de l'utilisateur"));
    columns.extend(of_estimate("producteur", "Exactitude du producteur"));
    columns.extend(of_estimate("f1", "F1"));
    let mut table = Table::new("exactitude_classes", "Exactitude par classe", columns);
    for reading in &outcome.readings {
        for (class, code, label, _) in &reading.classes {
            let own = reading.assessment.by_class.iter().find(|own| own.class == *class);
            let of = |n: fn(&kernels::accuracy::ClassAccuracy) -> u64| count(own.map_or(0, n));
            let mut row = vec![Cell::words(reading.key), Cell::words(code), Cell::words(label)];
            row.extend([of(|own| own.mapped), of(|own| own.truth), of(|own| own.right)]);
            row.extend(estimate(own.and_then(|own| own.users)));
            row.extend(estimate(own.and_then(|own| own.producers)));
            row.extend(estimate(own.map(|own| own.f1)));
            table.push(row);
        }
    }
    table
}

fn areas(outcome: &Outcome) -> Table {
    let square = |key: &str, header: &str| Column::new(key, header, Unit::SquareMetres);
    let columns = vec![
        words("legende", "Légende"),
        words("code", "Code"),
        words("libelle", "Libellé"),
        square("surface_carte", "Surface sur la carte"),
        square("surface_estimee", "Surface estimée"),
        square("surface_erreur_type", "Surface estimée, erreur type"),
        square("surface_basse", "Surface estimée, borne basse à 95 %"),
        square("surface_haute", "Surface estimée, borne haute à 95 %"),
    ];
    let mut table = Table::new("surfaces", "Surfaces ajustées", columns);
    for reading in &outcome.readings {
        let total: i128 = reading.classes.iter().map(|(.., area)| area).sum();
        let of_total = |share: f64| Cell::estimate(share * area_m2(total), 0);
        for (class, code, label, area) in &reading.classes {
            let own = reading.assessment.by_class.iter().find(|own| own.class == *class);
            let mut row = vec![Cell::words(reading.key), Cell::words(code), Cell::words(label)];
            row.push(Cell::Area(*area));
            row.extend(own.map_or([const { Cell::Empty }; 4], |own| {
                let Estimate { value, error, low, high } = own.share;
                [value, error, low, high].map(of_total)
            }));
            table.push(row);
        }
    }
    table
}

/// The code of each class of the matrices, in their order.
fn codes(reading: &Reading) -> Vec<&str> {
    let code = |class: &u16| {
        let found = reading.classes.iter().find(|(known, ..)| known == class);
        found.map_or("", |(_, code, ..)| code.as_str())
    };
    reading.assessment.classes.iter().map(code).collect()
}

fn matrix(name: String, title: String, reading: &Reading, unit: Unit) -> (Table, Vec<&str>) {
    let codes = codes(reading);
    let mut columns = vec![words("carte", "Carte \\ interprète")];
    columns.extend(codes.iter().map(|code| Column::new(*code, *code, unit)));
    columns.push(Column::new("total", "Total", unit));
    (Table::new(name, title, columns), codes)
}

fn counts(reading: &Reading) -> Table {
    let title = format!("Matrice de confusion en points, {}", reading.label.to_lowercase());
    let name = format!("matrice_{}", reading.key);
    let (mut table, codes) = matrix(name, title, reading, Unit::None);
    fill(&mut table, &codes, &reading.assessment.counts, count);
    table
}

/// Writes a square matrix with its sums by row, by column and of all.
fn fill<T: LinalgScalar>(
    table: &mut Table,
    codes: &[&str],
    values: &Array2<T>,
    cell: impl Fn(T) -> Cell,
) {
    for (code, row) in codes.iter().zip(values.rows()) {
        let mut cells = vec![Cell::words(*code)];
        cells.extend(row.iter().map(|&value| cell(value)));
        cells.push(cell(row.sum()));
        table.push(cells);
    }
    let mut last = vec![Cell::words("total")];
    last.extend(values.columns().into_iter().map(|column| cell(column.sum())));
    last.push(cell(values.sum()));
    table.push(last);
}

fn shares(reading: &Reading) -> Table {
    let title = format!(
        "Matrice de confusion en part estimée du territoire, {}",
        reading.label.to_lowercase()
    );
    let name = format!("matrice_{}_part", reading.key);
    let (mut table, codes) = matrix(name, title, reading, Unit::Percent);
    fill(&mut table, &codes, &reading.assessment.shares, |share| Cell::estimate(100.0 * share, 3));
    table
}

fn strata(outcome: &Outcome, key: &[Row], answers: &Answers) -> Table {
    let columns = vec![
        words("strate", "Strate"),
        words("libelle", "Libellé"),
        words("objets", "Objets"),
        Column::new("surface", "Surface", Unit::SquareMetres),
        words("tirage", "Tirage"),
        words("points", "Points tirés"),
        words("repondus", "Points renseignés"),
        words("non_observables", "Points non observables"),
        words("sans_reponse", "Points sans réponse"),
    ];
    let mut table = Table::new("strates", "Strates", columns);
    for (rank, stratum) in outcome.document.strata.iter().enumerate() {
        let of = |is: &dyn Fn(&Given) -> bool| {
            let rows = key.iter().zip(&answers.rows).filter(|(row, _)| row.stratum == rank);
            count(rows.filter(|(_, answer)| is(&answer.given)).count() as u64)
        };
        table.push(vec![
            Cell::words(&stratum.code),
            Cell::words(&stratum.label),
            count(stratum.extent.objects),
            Cell::Area(stratum.extent.twice_area()),
            Cell::words(if stratum.is_full { "tous les objets" } else { "aléatoire" }),
            count(stratum.places),
            of(&|given| matches!(given, Given::Told(_))),
            of(&|given| *given == Given::NotObservable),
            of(&|given| *given == Given::Nothing),
        ]);
    }
    table
}

fn agreement(outcome: &Outcome) -> Table {
    let mut columns = vec![
        words("comparaison", "Comparaison"),
        words("points", "Points renseignés par les deux"),
    ];
    columns.extend(of_estimate("accord", "Accord"));
    let mut table = Table::new("accord", "Accord entre deux interprètes", columns);
    for (label, n, found) in &outcome.agreement {
        let mut row = vec![Cell::words(*label), count(*n)];
        row.extend(estimate(Some(*found)));
        table.push(row);
    }
    table
}

/// The places where the map is wrong, for whoever has to look at why.
fn errors(key: &[Row], answers: &Answers, nomenclature: &Nomenclature) -> Table {
    let columns = vec![
        words("id", "Point"),
        words("x_m", "X (m)"),
        words("y_m", "Y (m)"),
        words("objet", "Objet"),
        words("carte_cs", "Carte, couverture"),
        words("carte_us", "Carte, usage"),
        words("code_cs", "Interprète, couverture"),
        words("code_us", "Interprète, usage"),
        words("certitude", "Certitude"),
        words("interprete", "Interprète"),
        words("commentaire", "Commentaire"),
    ];
    let mut table = Table::new("ecarts", "Points où la carte et l'interprète diffèrent", columns);
    let optional = |text: &Option<String>| text.as_ref().map_or(Cell::Empty, Cell::words);
    let codes = |couple: Couple| {
        let code = |dimension, id| Cell::words(nomenclature.code(dimension, id));
        [code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us)]
    };
    for (row, answer) in key.iter().zip(&answers.rows) {
        let Given::Told(truth) = answer.given else { continue };
        if truth == row.couple {
            continue;
        }
        let metres = |v: i32| Cell::Fixed(v.into(), 2);
        let mut cells = vec![Cell::words(&row.id), metres(row.point.x), metres(row.point.y)];
        cells.push(Cell::words(&row.object));
        cells.extend(codes(row.couple));
        cells.extend(codes(truth));
        cells.extend([&answer.certainty, &answer.interpreter, &answer.comment].map(optional));
        table.push(cells);
    }
    table
}

fn set_aside(key: &[Row], answers: &Answers) -> Table {
    let columns =
        vec![words("id", "Point"), words("motif", "Motif"), words("commentaire", "Commentaire")];
    let mut table = Table::new("points_ecartes", "Points hors du calcul", columns);
    for (row, answer) in key.iter().zip(&answers.rows) {
        let why = match answer.given {
            Given::Told(_) => continue,
            Given::NotObservable => "non observable",
            Given::Nothing => "sans réponse",
        };
        let comment = answer.comment.as_ref().map_or(Cell::Empty, Cell::words);
        table.push(vec![Cell::words(&row.id), Cell::words(why), comment]);
    }
    table
}
