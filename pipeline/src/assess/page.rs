//! `qualite.html`: the assessment as one French page, without script and without network.

use kernels::accuracy::{ClassAccuracy, Estimate};
use kernels::lattice::area_m2;
use serde::Serialize;

use super::decision::Decision;
use super::estimate::{Criterion, Reading};
use super::result::Outcome;
use crate::VERSION;
use crate::error::Error;
use crate::report::{Card, decimal, frame};
use crate::tables::{Cell, Table};

mod chart;

/// Square metres in a hectare.
const HECTARE_M2: f64 = 10_000.0;

/// What the template shows.
#[derive(Debug, Serialize)]
struct View {
    title: String,
    year: Option<u16>,
    plan: String,
    rules: String,
    nomenclature: String,
    program: String,
    provisional: Option<String>,
    decision: Said,
    rule: String,
    cards: Vec<Card>,
    criteria: Vec<Line>,
    charts: Vec<(&'static str, String)>,
    overalls: Vec<Line>,
    sections: Vec<Section>,
    strata: Vec<Vec<String>>,
    agreement: Vec<Line>,
    untold: Option<String>,
    method: Vec<(String, String)>,
}

/// A decision in words, with its colour.
#[derive(Debug, Clone, Serialize)]
struct Said {
    words: &'static str,
    class: &'static str,
}

/// A line of a table: words, then figures.
#[derive(Debug, Serialize)]
struct Line {
    head: Vec<String>,
    cells: Vec<String>,
    said: Option<Said>,
}

/// What one legend tells.
#[derive(Debug, Serialize)]
struct Section {
    key: &'static str,
    title: &'static str,
    classes: Vec<Line>,
    areas: Vec<Line>,
    matrices: Vec<Matrix>,
}

/// A matrix of counts or of shares.
#[derive(Debug, Serialize)]
struct Matrix {
    caption: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<(String, &'static str)>)>,
}

/// Subjects and explanations: the sheet `Méthode` of the workbook and the end of the page.
pub(super) fn method(outcome: &Outcome) -> Vec<(String, String)> {
    let document = &outcome.document;
    let design = &document.design;
    let size = match (design.sample_size, design.standard_error) {
        (Some(n), _) => format!("{n} points demandés"),
        (None, error) => format!(
            "nombre de points donné par l'équation 13 d'Olofsson et al. pour une erreur type de {} %",
            percent(error.unwrap_or_default())
        ),
    };
    let pairs = [
        ("Protocole", "Échantillonnage aléatoire stratifié et photo-interprétation en aveugle, selon Olofsson, Foody, Herold, Stehman, Woodcock et Wulder, « Good practices for estimating area and assessing accuracy of land change », Remote Sensing of Environment 148, 2014, p. 42-57.".to_owned()),
        ("Unité", "Le point, tiré au centimètre : tout le sol d'une strate a la même chance. Une erreur de contour compte donc pour sa surface.".to_owned()),
        ("Tirage", format!("{size} ; au moins {} points par strate, le reste au prorata des surfaces ; graine {}. Une strate dont chaque objet peut recevoir deux de ses points est visitée en entier, le reste des points allant aux objets au prorata de leur surface.", design.minimum, design.seed)),
        ("Aveugle", "La fiche ne porte ni code, ni strate, ni objet de la carte, et son ordre est mélangé ; ce que dit la carte est dans une clé séparée, dont l'empreinte est au plan.".to_owned()),
        ("Estimateurs", "Chaque réponse compte pour le sol qu'elle représente. Exactitude globale, de l'utilisateur, du producteur, F1 et surfaces sont des rapports de moyennes stratifiées (Stehman, International Journal of Remote Sensing 35, 2014) ; quand les strates sont les classes, ce sont les équations 1 à 11 d'Olofsson et al.".to_owned()),
        ("Intervalles", "À 95 %. Bornes de Wilson pour l'effectif qui aurait la variance estimée (Korn et Graubard, Survey Methodology 24, 1998) : elles restent entre 0 et 100 % et valent ± 1,96 erreur type pour de grands échantillons. La variance est au moins celle d'une demi-réponse discordante, pour qu'un intervalle ne soit jamais nul faute d'erreur observée. Une classe rare dont presque aucune erreur d'omission n'a été tirée a une surface moins sûre que son intervalle ne le dit.".to_owned()),
        ("Acceptation", rule(outcome)),
        ("Points non observables", "Un point non observable quitte l'échantillon de sa strate, comme s'il n'avait pas été tiré ; l'exactitude est aussi donnée en les comptant tous faux, puis tous justes.".to_owned()),
        ("Points sans réponse", "Un point sans réponse complète arrête le calcul, sauf résultat provisoire ; l'ordre de la fiche étant aléatoire, les points renseignés en premier forment eux-mêmes un échantillon.".to_owned()),
        ("Artificialisation", format!("Statut du couple couverture et usage selon {}, sans seuils de surface.", outcome.rules)),
        ("Réparations", "Les surfaces sont celles de la couche rendue couverture : un sol couvert deux fois compte une fois.".to_owned()),
        ("Fichier évalué", format!("{} ({} octets, SHA-256 {})", document.vintage.file, document.vintage.stamp.bytes, document.vintage.stamp.sha256)),
    ];
    pairs.map(|(subject, words)| (subject.to_owned(), words)).to_vec()
}

fn rule(outcome: &Outcome) -> String {
    let [overall, by_class] =
        [outcome.thresholds.overall, outcome.thresholds.by_class].map(percent);
    format!(
        "Seuils : {overall} % d'exactitude globale et {by_class} % d'exactitude de l'utilisateur par classe, en couverture et en usage. Un critère est accepté quand tout son intervalle à 95 % atteint le seuil, refusé quand tout son intervalle est dessous, non décidable sinon. La livraison est refusée si un critère l'est, acceptée si tous le sont, non décidable sinon."
    )
}

/// The page; the same outcome gives the same bytes.
///
/// # Errors
/// [`Error::Internal`] when the template fails.
pub(super) fn render(outcome: &Outcome, method: &[(String, String)]) -> Result<String, Error> {
    frame::fill("qualite.html", include_str!("page/template.html"), view(outcome, method))
}

fn view(outcome: &Outcome, method: &[(String, String)]) -> View {
    let document = &outcome.document;
    let unanswered = outcome.tally.unanswered.len();
    let provisional = outcome.is_provisional().then(|| {
        format!(
            "Résultat provisoire : {unanswered} points sur {} sont sans réponse.",
            document.places
        )
    });
    let untold = outcome.bounds.map(|(low, high)| {
        format!(
            "{} points non observables sont hors du calcul. L'exactitude globale des couples serait de {} % s'ils étaient tous faux, de {} % s'ils étaient tous justes.",
            outcome.tally.not_observable.len(),
            percent(low),
            percent(high)
        )
    });
    let line = |head: Vec<String>, estimate: Estimate| Line {
        head,
        cells: vec![percent(estimate.value), interval(estimate)],
        said: None,
    };
    let overalls = outcome.overalls.iter().map(|o| line(vec![o.label.clone()], o.estimate));
    let agreement = outcome.agreement.iter();
    let agreement =
        agreement.map(|(label, n, e)| line(vec![(*label).to_owned(), n.to_string()], *e));
    let charts = outcome.readings.iter().filter(|reading| reading.key != "artif");
    View {
        title: document.vintage.file.clone(),
        year: document.year,
        plan: document.id.clone(),
        rules: outcome.rules.clone(),
        nomenclature: document.nomenclature.clone(),
        program: format!("millesime {VERSION}"),
        provisional,
        decision: said(outcome.decision),
        rule: rule(outcome),
        cards: cards(outcome),
        criteria: outcome.criteria.iter().map(criterion).collect(),
        charts: charts.map(|r| (r.label, chart::users(r, &outcome.criteria))).collect(),
        overalls: overalls.collect(),
        sections: outcome.readings.iter().map(|reading| section(outcome, reading)).collect(),
        strata: strata(outcome),
        agreement: agreement.collect(),
        untold,
        method: method.to_vec(),
    }
}

fn said(decision: Decision) -> Said {
    let class = match decision {
        Decision::Accepted => "ok",
        Decision::Undecided => "muted",
        Decision::Rejected => "ko",
    };
    Said { words: decision.french(), class }
}

fn cards(outcome: &Outcome) -> Vec<Card> {
    let of = |key: &str| outcome.readings.iter().find(|reading| reading.key == key);
    let mut cards = Vec::new();
    for (key, label) in [("cs", "Exactitude de la couverture"), ("us", "Exactitude de l'usage")] {
        if let Some(reading) = of(key) {
            let overall = reading.assessment.overall;
            let value = Cell::estimate(100.0 * overall.value, 2).text();
            let display = format!("{}\u{202f}%", percent(overall.value));
            cards.push(Card::new(label, (value, display), format!("{} %", interval(overall))));
        }
    }
    // Among statuses, the first class is what is artificial.
    let status = of("artif").and_then(|reading| Some((reading, reading.classes.first()?)));
    if let Some((reading, (class, _, label, mapped))) = status {
        let total: i128 = reading.classes.iter().map(|(.., area)| area).sum();
        let own = reading.assessment.by_class.iter().find(|own| own.class == *class);
        if let Some(own) = own {
            let [value, low, high] = [own.share.value, own.share.low, own.share.high]
                .map(|share| share * area_m2(total));
            let exact = Cell::estimate(value, 0).text();
            let display = format!("{}\u{a0}ha", hectares(value));
            let note = format!(
                "{} à {} ha ; sur la carte {} ha",
                hectares(low),
                hectares(high),
                hectares(area_m2(*mapped))
            );
            cards.push(Card::new(format!("{label}, surface estimée"), (exact, display), note));
        }
    }
    cards
}

fn criterion(criterion: &Criterion) -> Line {
    let (value, range) = criterion
        .estimate
        .map_or(("–".to_owned(), "–".to_owned()), |e| (percent(e.value), interval(e)));
    let needed = criterion.needed.map_or(String::new(), |n| format!("environ {n}"));
    Line {
        head: vec![criterion.code.clone().unwrap_or_default(), criterion.label.clone()],
        cells: vec![
            percent(criterion.threshold),
            value,
            range,
            criterion.answers.to_string(),
            needed,
        ],
        said: Some(said(criterion.decision)),
    }
}

fn section(outcome: &Outcome, reading: &Reading) -> Section {
    let table = |suffix: &str| {
        let name = format!("matrice_{}{suffix}", reading.key);
        outcome.tables.iter().find(|table| table.name == name).map(matrix)
    };
    Section {
        key: reading.key,
        title: reading.label,
        classes: classes(reading),
        areas: areas(reading),
        matrices: ["", "_part"].into_iter().filter_map(table).collect(),
    }
}

fn own_of(reading: &Reading, class: u16) -> Option<&ClassAccuracy> {
    reading.assessment.by_class.iter().find(|own| own.class == class)
}

fn classes(reading: &Reading) -> Vec<Line> {
    let line = |(class, code, label, _): &(u16, String, String, i128)| {
        let own = own_of(reading, *class);
        let figure = |estimate: Option<Estimate>| {
            estimate.map_or("–".to_owned(), |e| format!("{} [{}]", percent(e.value), interval(e)))
        };
        let counts = own.map_or([0; 3], |own| [own.mapped, own.truth, own.right]);
        let mut cells: Vec<String> = counts.map(|n| n.to_string()).to_vec();
        cells.push(figure(own.and_then(|own| own.users)));
        cells.push(figure(own.and_then(|own| own.producers)));
        cells.push(figure(own.map(|own| own.f1)));
        Line { head: vec![code.clone(), label.clone()], cells, said: None }
    };
    reading.classes.iter().map(line).collect()
}

fn areas(reading: &Reading) -> Vec<Line> {
    let total: i128 = reading.classes.iter().map(|(.., area)| area).sum();
    let line = |(class, code, label, mapped): &(u16, String, String, i128)| {
        let of = |share: f64| hectares(share * area_m2(total));
        let estimated = own_of(reading, *class).map(|own| own.share);
        let (value, range) = estimated.map_or(("–".to_owned(), "–".to_owned()), |e| {
            (of(e.value), format!("{} à {}", of(e.low), of(e.high)))
        });
        let cells = vec![hectares(area_m2(*mapped)), value, range];
        Line { head: vec![code.clone(), label.clone()], cells, said: None }
    };
    reading.classes.iter().map(line).collect()
}

fn matrix(table: &Table) -> Matrix {
    let columns: Vec<String> = table.columns[1..].iter().map(|c| c.header.clone()).collect();
    let row = |cells: &Vec<Cell>| {
        let head = cells[0].text();
        let figures = cells[1..].iter().zip(&columns).map(|(cell, column)| {
            let is_none = cell.number().is_some_and(|n| n.abs() < 5e-4);
            let class = match () {
                () if *column == "Total" || head == "total" => "",
                () if head == *column => "same",
                () if is_none => "zero",
                () => "moved",
            };
            (if is_none { "·".to_owned() } else { decimal(&cell.text()) }, class)
        });
        (head.clone(), figures.collect())
    };
    Matrix { caption: table.title.clone(), rows: table.rows.iter().map(row).collect(), columns }
}

fn strata(outcome: &Outcome) -> Vec<Vec<String>> {
    let table = outcome.tables.iter().find(|table| table.name == "strates");
    let text = |cell: &Cell| match cell {
        Cell::Area(twice_area) => hectares(area_m2(*twice_area)),
        other => other.text(),
    };
    let rows = table.into_iter().flat_map(|table| &table.rows);
    rows.map(|row| row.iter().map(text).collect()).collect()
}

/// A share in percent with one decimal, in French.
fn percent(share: f64) -> String {
    decimal(&Cell::estimate(100.0 * share, 1).text())
}

fn interval(estimate: Estimate) -> String {
    format!("{} à {}", percent(estimate.low), percent(estimate.high))
}

fn hectares(m2: f64) -> String {
    decimal(&Cell::estimate(m2 / HECTARE_M2, 2).text())
}
