//! `corrections.html`, its tables and its workbook: what became of the corrections, for people.

use std::path::Path;

use kernels::fate::FateRules;
use nomenclature::RuleSet;
use serde::Serialize;
use serde_json::json;

use super::follow_up::tables::{CROSSED, Group, STAKE};
use super::follow_up::{FollowUp, Followed, Funnel};
use super::terms::{Outcome, Term};
use crate::VERSION;
use crate::artefact::Draft;
use crate::error::Error;
use crate::report::{Card, Map, data_uri, frame, shown};
use crate::tables::{Cell, Table, csv, json as as_json, xlsx};
use crate::territory::Communes;

mod bars;
mod map;

/// The page.
pub const PAGE: &str = "corrections.html";
/// Corrections that the page lists; the others are in the tables beside it.
const LISTED_MAX: usize = 500;
/// Corrections accepted and not applied that it lists.
const BROKEN_MAX: usize = 50;
/// Groups of a table of rates that it shows.
const GROUPS_MAX: usize = 40;
/// Columns of rates that fit on paper.
const RATES: [&str; 11] = [
    "inscrites",
    "acceptees",
    "applied",
    "partly",
    "ignored",
    "superseded",
    "not_assessable",
    "taux_applique",
    "taux_surface",
    "artif_en_jeu",
    "artif_obtenu",
];

/// What the page is about.
pub struct Subject<'a> {
    /// The corrections.
    pub follow_up: &'a FollowUp<'a>,
    /// The communes; may be none.
    pub communes: &'a Communes,
    /// The version that was looked at.
    pub version: Option<&'a str>,
    /// What is artificial, when ground was looked at.
    pub rules: Option<&'a RuleSet>,
    /// The files, in French.
    pub sources: Vec<String>,
}

/// What the template shows.
#[derive(Debug, Serialize)]
struct View {
    department: String,
    version: Option<String>,
    program: String,
    cards: Vec<Card>,
    funnel: String,
    verdicts: Option<String>,
    crossed: Lines,
    maps: Vec<Picture>,
    legend: Vec<(String, &'static str)>,
    rates: Vec<Lines>,
    stake: Option<Lines>,
    broken: Vec<Item>,
    broken_left_out: usize,
    list: Vec<Item>,
    left_out: usize,
    method: Vec<(String, String)>,
    sources: Vec<String>,
}

/// A table of figures.
#[derive(Debug, Serialize)]
struct Lines {
    caption: String,
    heads: Vec<String>,
    columns: Vec<String>,
    rows: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    head: Vec<String>,
    cells: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Picture {
    title: String,
    alt: String,
    src: String,
}

/// A correction of the list.
#[derive(Debug, Serialize)]
struct Item {
    id: String,
    place: String,
    theme: &'static str,
    current: String,
    proposed: String,
    contributor: String,
    comment: String,
    standing: String,
    verdict: &'static str,
    colour: &'static str,
    reason: String,
    area: String,
}

/// Every file of a follow-up, finished and not yet published: one CSV per table, all of them in one
/// JSON document and one workbook, and the page. The same follow-up gives the same bytes.
///
/// # Errors
/// [`Error::Write`]; [`Error::Internal`] when the template fails.
pub fn files(out: &Path, subject: &Subject<'_>, tables: &[Table]) -> Result<Vec<Draft>, Error> {
    let bytes = |name: &str, bytes: &[u8]| Draft::of_bytes(out.join(name), bytes);
    let mut drafts = Vec::new();
    for table in tables {
        drafts.push(bytes(&format!("{}.csv", table.name), &csv::bytes(table)?)?);
    }
    let document = json!({
        "program": format!("millesime {VERSION}"),
        "department": subject.follow_up.department,
        "version": subject.version,
        "tables": tables.iter().map(as_json::value).collect::<Vec<_>>(),
    });
    // Not indented: a department may have tens of thousands of corrections.
    let text = serde_json::to_string(&document)
        .map_err(|error| Error::internal(format!("corrections.json: {error}")))?;
    drafts.push(bytes("corrections.json", format!("{text}\n").as_bytes())?);
    let method = method(subject);
    let title = format!("Suivi des corrections, département {}", subject.follow_up.department);
    drafts.push(bytes("corrections.xlsx", &xlsx::workbook(&title, tables, &method)?)?);
    let view = view(subject, tables, method)?;
    let page = frame::fill(PAGE, include_str!("page/template.html"), view)?;
    drafts.push(bytes(PAGE, page.as_bytes())?);
    Ok(drafts)
}

/// Subjects and explanations: the end of the page and the sheet `Méthode`.
fn method(subject: &Subject<'_>) -> Vec<(String, String)> {
    let FateRules { applied, partly, assessable, as_stated } = FateRules::default();
    let mut pairs = vec![
        ("Registre", "Chaque correction a un identifiant stable et un historique ; rien n'en est jamais retiré. Les statuts de l'IGN sont ceux de l'Espace collaboratif.".to_owned()),
    ];
    if subject.version.is_some() {
        pairs.extend([
            ("Sol comparé", "La version corrigée, la version examinée, le correctif et les corrections sont croisés une fois, exactement, en centimètres entiers : les parts sont des quotients d'aires exactes. Sol à corriger : celui de la correction qui n'était pas déjà comme proposé.".to_owned()),
            ("Verdicts", format!("Appliquée : au moins {applied} % du sol à corriger est comme proposé (un contour redessiné déplace quelques pour cent du sol). Appliquée en partie : au moins {partly} %. Sinon, autre code retenu quand le sol qui a reçu un troisième code dépasse celui qui est inchangé, et sans suite dans les autres cas.")),
            ("Non évaluable", format!("Moins de {assessable} % du sol est couvert par les deux versions, moins de {partly} % est à corriger, moins de {as_stated} % a le code que la correction dit fautif, ou la correction ne propose rien de connu. Le motif est écrit. Les taux ne comptent que les corrections évaluables.")),
            ("Contours", "Un contour redessiné ou une réunion d'objets est jugé sur le sol que l'objet devait gagner et céder, quel que soit son code : l'objet examiné est celui de la nouvelle version qui tient la plus grande part du contour proposé.".to_owned()),
            ("Correctif", "Là où le correctif de l'IGN donne un code, ce code est celui que le millésime aurait dû porter : il vaut version examinée. « RAS » : examiné, laissé sans correction.".to_owned()),
            ("Artificialisation en jeu", "Sol à corriger dont le statut du couple couverture et usage changerait avec le code proposé, sans seuils de surface. Le total compte chaque sol une fois, avec toutes ses corrections ; les lignes comptent chaque correction seule, et ne s'additionnent donc pas. D'un contour redessiné compte le sol que l'objet doit gagner ; ce que deviendrait le sol cédé n'est dit par personne.".to_owned()),
        ]);
    }
    if let Some(rules) = subject.rules {
        pairs.push(("Règles", format!("{} — {}", rules.id, rules.title)));
    }
    pairs.into_iter().map(|(head, text)| (head.to_owned(), text)).collect()
}

fn view(
    subject: &Subject<'_>,
    tables: &[Table],
    method: Vec<(String, String)>,
) -> Result<View, Error> {
    let Subject { follow_up, communes, version, sources, .. } = subject;
    let table = |name: &str| tables.iter().find(|table| table.name == name);
    let needed = |name: &str| {
        table(name).ok_or_else(|| Error::internal(format!("{PAGE}: no table `{name}`")))
    };
    let is_judged = follow_up.followed.iter().any(|followed| followed.outcome().is_some());
    let mut order: Vec<&Followed<'_>> = follow_up.followed.iter().collect();
    order.sort_by_key(|followed| (concern(followed), std::cmp::Reverse(worth(followed))));
    let item = |followed: &&Followed<'_>| item(follow_up, followed);
    let broken: Vec<_> = order.iter().filter(|followed| followed.is_broken_promise()).collect();
    let rates = Group::ALL.iter().map(|group| Ok(rates(needed(group.table())?)));
    Ok(View {
        department: follow_up.department.to_owned(),
        version: version.map(str::to_owned),
        program: format!("millesime {VERSION}"),
        cards: cards(follow_up),
        funnel: bars::funnel(follow_up.funnel()),
        verdicts: is_judged.then(|| bars::verdicts(&follow_up.followed)),
        crossed: lines(needed(CROSSED)?),
        maps: map::of(follow_up, communes)?.into_iter().map(picture).collect(),
        legend: legend(follow_up),
        rates: rates.collect::<Result<_, Error>>()?,
        stake: table(STAKE).map(lines),
        broken_left_out: broken.len().saturating_sub(BROKEN_MAX),
        broken: broken.iter().take(BROKEN_MAX).map(|own| item(own)).collect(),
        list: order.iter().take(LISTED_MAX).map(item).collect(),
        left_out: order.len().saturating_sub(LISTED_MAX),
        method,
        sources: sources.clone(),
    })
}

fn picture(map: Map) -> Picture {
    Picture { title: map.title, alt: map.alt, src: data_uri(&map.image) }
}

/// What a reader should see first: what nothing came of.
fn concern(followed: &Followed<'_>) -> (bool, u8) {
    let by_outcome = match followed.outcome() {
        Some(Outcome::Ignored) => 0,
        Some(Outcome::Superseded) => 1,
        Some(Outcome::Partly) => 2,
        Some(Outcome::NotAssessable) => 3,
        None => 4,
        Some(Outcome::Applied) => 5,
    };
    (!followed.is_broken_promise(), by_outcome)
}

/// Ground at stake, then ground.
fn worth(followed: &Followed<'_>) -> (i128, i128) {
    let stake = followed.areas.map_or(0, |areas| areas.stake.all());
    (stake, followed.entry.polygon.twice_area())
}

fn cards(follow_up: &FollowUp<'_>) -> Vec<Card> {
    let Funnel { entered, sent, accepted, .. } = follow_up.funnel();
    let plain = |label, n: usize, note: String| {
        Card::new(label, (n.to_string(), shown(&Cell::Integer(n as i64))), note)
    };
    let of = |wanted: Outcome| {
        follow_up.followed.iter().filter(|followed| followed.outcome() == Some(wanted)).count()
    };
    let mut cards = vec![plain(
        "Corrections inscrites",
        entered,
        format!("{sent} transmises à l'IGN, {accepted} acceptées"),
    )];
    if follow_up.followed.iter().any(|followed| followed.outcome().is_some()) {
        let partly = of(Outcome::Partly);
        cards.push(plain(
            "Appliquées",
            of(Outcome::Applied),
            format!("et {partly} en partie ; {} non évaluables", of(Outcome::NotAssessable)),
        ));
        let broken = follow_up.followed.iter().filter(|followed| followed.is_broken_promise());
        cards.push(plain(
            "Acceptées et sans suite",
            broken.count(),
            format!("sur {} sans suite en tout", of(Outcome::Ignored)),
        ));
    }
    if let Some(stake) = follow_up.stake {
        let all = Cell::Area(stake.all());
        let note = format!(
            "{} à artificialiser, {} à désartificialiser ; {} obtenus",
            shown(&Cell::Area(stake.gain)),
            shown(&Cell::Area(stake.loss)),
            shown(&Cell::Area(stake.done()))
        );
        cards.push(Card::new("Artificialisation en jeu", (all.text(), shown(&all)), note));
    }
    cards
}

/// The figures of a table under its columns but the first, those without any figure left out.
fn lines(table: &Table) -> Lines {
    let is_used = |rank: &usize| table.rows.iter().any(|row| row[*rank] != Cell::Empty);
    let used: Vec<usize> = (1..table.columns.len()).filter(is_used).collect();
    let header = |rank: usize| table.columns[rank].header.clone();
    let head = |cell: &Cell| match cell.text() {
        empty if empty.is_empty() => "non précisé".to_owned(),
        text => text,
    };
    Lines {
        caption: table.title.clone(),
        heads: vec![header(0)],
        columns: used.iter().map(|&rank| header(rank)).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| Line {
                head: vec![head(&row[0])],
                cells: used.iter().map(|&rank| shown(&row[rank])).collect(),
            })
            .collect(),
    }
}

/// A table of rates as far as it fits on paper: some columns, and the groups with most corrections.
fn rates(table: &Table) -> Lines {
    let ranks: Vec<usize> =
        std::iter::once(0).chain(RATES.iter().filter_map(|key| table.column(key))).collect();
    let columns = ranks.iter().map(|&rank| table.columns[rank].clone()).collect();
    let mut short = Table::new(&table.name, &table.title, columns);
    let entered = |row: &usize| match table.rows[*row][1] {
        Cell::Integer(n) => n,
        _ => 0,
    };
    let mut rows: Vec<usize> = (0..table.rows.len()).collect();
    if rows.len() > GROUPS_MAX {
        short.title = format!(
            "{} : les {GROUPS_MAX} qui en ont le plus sur {}, les autres dans {}.csv",
            table.title,
            rows.len(),
            table.name
        );
        rows.sort_by_key(|row| (std::cmp::Reverse(entered(row)), *row));
        rows.truncate(GROUPS_MAX);
    }
    for row in rows {
        short.push(ranks.iter().map(|&rank| table.rows[row][rank].clone()).collect());
    }
    lines(&short)
}

/// The verdicts that are on the map, with their colours.
fn legend(follow_up: &FollowUp<'_>) -> Vec<(String, &'static str)> {
    let verdicts = Outcome::ALL.iter().copied().map(Some).chain([None]);
    let is_met = |outcome| follow_up.followed.iter().any(|f| f.outcome() == outcome);
    verdicts
        .filter(|&outcome| is_met(outcome))
        .map(|outcome| (verdict_label(outcome).to_owned(), map::colour(outcome)))
        .collect()
}

fn verdict_label(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("Sans verdict", Outcome::label)
}

fn item(follow_up: &FollowUp<'_>, followed: &Followed<'_>) -> Item {
    let (entry, record) = (followed.entry, &followed.entry.record);
    let insee = record.insee.as_deref().unwrap_or_default();
    let standing = match record.ign_status {
        Some(status) => format!("{} ; IGN : {}", entry.standing.label(), status.label()),
        None => entry.standing.label().to_owned(),
    };
    let verdict = entry.verdict.as_ref();
    let share = match (followed.areas, verdict.and_then(|verdict| verdict.share)) {
        (Some(areas), _) if areas.wrong > 0 => Some(Cell::Share(areas.fixed, areas.wrong)),
        (None, Some(share)) => Some(Cell::estimate(100.0 * share, 2)),
        _ => None,
    };
    let is_partly = followed.outcome() == Some(Outcome::Partly);
    let share = share.filter(|_| is_partly).map(|cell| match cell {
        Cell::Share(..) => shown(&cell),
        other => format!("{} %", crate::report::decimal(&other.text())),
    });
    let reason = verdict.and_then(|verdict| verdict.reason.clone());
    Item {
        id: record.correction_id.clone(),
        place: follow_up.communes.get(insee).map_or(insee, |name| name).to_owned(),
        theme: followed.theme(),
        current: record.current_code.clone().unwrap_or_default(),
        proposed: follow_up.proposed(entry),
        contributor: followed.contributor().to_owned(),
        comment: record.comment.clone().unwrap_or_default(),
        standing,
        verdict: verdict_label(followed.outcome()),
        colour: map::colour(followed.outcome()),
        reason: share.into_iter().chain(reason).collect::<Vec<_>>().join(" ; "),
        area: shown(&Cell::Area(entry.polygon.twice_area())),
    }
}
