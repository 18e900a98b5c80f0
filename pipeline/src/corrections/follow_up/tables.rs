//! The tables of a follow-up: every correction, rates by group, what was accepted and not done.

use std::collections::BTreeMap;

use super::{Areas, FollowUp, Followed, Stake};
use crate::corrections::terms::{Outcome, Standing, Term};
use crate::tables::{Cell, Column, Table, Unit};

/// Every correction.
pub const LIST: &str = "corrections";
/// What IGN accepted and left as it was.
pub const NOT_APPLIED: &str = "acceptees_non_appliquees";
/// Standings against verdicts.
pub const CROSSED: &str = "statuts_verdicts";
/// The artificial status at stake, ground counted once.
pub const STAKE: &str = "artificialisation_en_jeu";

/// What corrections are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All together.
    Department,
    /// What they are about.
    Theme,
    /// Who asked for them.
    Contributor,
    /// The class that they propose.
    Class,
    /// Where they are.
    Commune,
}

impl Group {
    /// Every one, in the order of publication.
    pub const ALL: [Self; 5] =
        [Self::Department, Self::Theme, Self::Contributor, Self::Class, Self::Commune];

    /// The name of its table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Department => "taux_departement",
            Self::Theme => "taux_theme",
            Self::Contributor => "taux_contributeur",
            Self::Class => "taux_classe",
            Self::Commune => "taux_commune",
        }
    }

    /// What it is called in French.
    pub fn label(self) -> &'static str {
        match self {
            Self::Department => "Département",
            Self::Theme => "Thème",
            Self::Contributor => "Contributeur",
            Self::Class => "Poste proposé",
            Self::Commune => "Commune",
        }
    }

    /// The group of a correction; empty where it has none, as a redrawn outline proposes no class.
    fn of(self, follow_up: &FollowUp<'_>, followed: &Followed<'_>) -> String {
        match self {
            Self::Department => follow_up.department.to_owned(),
            Self::Theme => followed.theme().to_owned(),
            Self::Contributor => followed.contributor().to_owned(),
            Self::Class => follow_up.proposed(followed.entry),
            Self::Commune => {
                let code = followed.entry.record.insee.as_deref().unwrap_or_default();
                let name = follow_up.communes.get(code);
                name.map_or_else(|| code.to_owned(), |name| format!("{code} {name}"))
            }
        }
    }
}

/// Counts and areas of a group.
#[derive(Debug, Clone, Default)]
struct Sums {
    entered: i64,
    sent: i64,
    accepted: i64,
    by_outcome: BTreeMap<Option<Outcome>, i64>,
    /// Sums over the corrections whose ground was looked at.
    areas: Option<Areas>,
}

impl Sums {
    fn add(&mut self, followed: &Followed<'_>) {
        self.entered += 1;
        self.sent += i64::from(followed.is_sent());
        self.accepted += i64::from(followed.is_accepted_by_ign());
        *self.by_outcome.entry(followed.outcome()).or_default() += 1;
        if let Some(Areas { wrong, fixed, stake }) = followed.areas {
            let sums = self.areas.get_or_insert_default();
            sums.wrong += wrong;
            sums.fixed += fixed;
            sums.stake += stake;
        }
    }

    fn of(&self, outcome: Outcome) -> i64 {
        self.by_outcome.get(&Some(outcome)).copied().unwrap_or_default()
    }

    /// Corrections of which it can be told what became of them.
    fn assessable(&self) -> i64 {
        let judged = Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::NotAssessable);
        judged.map(|&outcome| self.of(outcome)).sum()
    }
}

impl std::ops::AddAssign for Stake {
    fn add_assign(&mut self, other: Self) {
        self.gain += other.gain;
        self.gained += other.gained;
        self.loss += other.loss;
        self.lost += other.lost;
    }
}

/// Every table, in the order of publication.
pub fn all(follow_up: &FollowUp<'_>) -> Vec<Table> {
    let mut tables: Vec<Table> = Group::ALL.iter().map(|&group| rates(follow_up, group)).collect();
    tables.push(crossed(follow_up));
    tables.extend(follow_up.stake.map(stake));
    let title = "Corrections acceptées par l'IGN et restées sans suite";
    let broken = follow_up.followed.iter().filter(|followed| followed.is_broken_promise());
    tables.push(list(follow_up, (NOT_APPLIED, title), broken));
    let title = "Toutes les corrections";
    tables.push(list(follow_up, (LIST, title), follow_up.followed.iter()));
    tables
}

fn count(key: &str, header: &str) -> Column {
    Column::new(key, header, Unit::None)
}

/// The rates of each group, in the order of its names.
fn rates(follow_up: &FollowUp<'_>, group: Group) -> Table {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for followed in &follow_up.followed {
        sums.entry(group.of(follow_up, followed)).or_default().add(followed);
    }
    let mut columns = vec![
        count("groupe", group.label()),
        count("inscrites", "Inscrites"),
        count("transmises", "Transmises à l'IGN"),
        count("acceptees", "Acceptées par l'IGN"),
    ];
    columns.extend(Outcome::ALL.iter().map(|term| count(term.key(), term.label())));
    columns.extend([
        count("not_judged", "Sans verdict"),
        Column::new("taux_applique", "Taux appliqué", Unit::Percent),
        Column::new("taux_suivi", "Taux suivi, même en partie", Unit::Percent),
        Column::new("surface_a_corriger", "Surface à corriger", Unit::SquareMetres),
        Column::new("surface_corrigee", "Surface corrigée", Unit::SquareMetres),
        Column::new("taux_surface", "Taux en surface", Unit::Percent),
        Column::new("artif_en_jeu", "Artif. en jeu", Unit::SquareMetres),
        Column::new("artif_obtenu", "Artif. obtenue", Unit::SquareMetres),
    ]);
    let title = format!("Suites données aux corrections par {}", group.label().to_lowercase());
    let mut table = Table::new(group.table(), title, columns);
    for (name, sums) in sums {
        let share = |part: i64| Cell::Share(i128::from(part), i128::from(sums.assessable()));
        let applied = sums.of(Outcome::Applied);
        let area = |of: &dyn Fn(Areas) -> i128| {
            sums.areas.map_or(Cell::Empty, |areas| Cell::Area(of(areas)))
        };
        let mut row = vec![Cell::words(name)];
        row.extend([sums.entered, sums.sent, sums.accepted].map(Cell::Integer));
        row.extend(Outcome::ALL.iter().map(|&outcome| Cell::Integer(sums.of(outcome))));
        row.extend([
            Cell::Integer(sums.by_outcome.get(&None).copied().unwrap_or_default()),
            share(applied),
            share(applied + sums.of(Outcome::Partly)),
            area(&|areas| areas.wrong),
            area(&|areas| areas.fixed),
            sums.areas.map_or(Cell::Empty, |areas| Cell::Share(areas.fixed, areas.wrong)),
            area(&|areas| areas.stake.all()),
            area(&|areas| areas.stake.done()),
        ]);
        table.push(row);
    }
    table
}

/// How many corrections of each standing came to each verdict.
fn crossed(follow_up: &FollowUp<'_>) -> Table {
    let mut sums: BTreeMap<(Standing, Option<Outcome>), i64> = BTreeMap::new();
    for followed in &follow_up.followed {
        *sums.entry((followed.entry.standing, followed.outcome())).or_default() += 1;
    }
    let mut columns = vec![count("standing", "Statut")];
    columns.extend(Outcome::ALL.iter().map(|term| count(term.key(), term.label())));
    columns.extend([count("not_judged", "Sans verdict"), count("total", "Total")]);
    let mut table = Table::new(CROSSED, "Statuts et verdicts", columns);
    for &standing in Standing::ALL {
        let outcomes = Outcome::ALL.iter().copied().map(Some).chain([None]);
        let counts = outcomes.map(|o| sums.get(&(standing, o)).copied().unwrap_or_default());
        let counts: Vec<i64> = counts.collect();
        let mut row = vec![Cell::words(standing.label())];
        row.extend(counts.iter().map(|&n| Cell::Integer(n)));
        row.push(Cell::Integer(counts.iter().sum()));
        table.push(row);
    }
    table
}

/// The ground whose artificial status is at stake.
fn stake(stake: Stake) -> Table {
    let columns = vec![
        count("sens", "Sens"),
        Column::new("en_jeu", "En jeu", Unit::SquareMetres),
        Column::new("obtenu", "Obtenu", Unit::SquareMetres),
        Column::new("taux", "Taux", Unit::Percent),
    ];
    let title = "Sol dont les corrections changeraient le statut artificialisé, compté une fois";
    let mut table = Table::new(STAKE, title, columns);
    for (direction, all, done) in [
        ("à artificialiser", stake.gain, stake.gained),
        ("à désartificialiser", stake.loss, stake.lost),
    ] {
        let cells = [Cell::Area(all), Cell::Area(done), Cell::Share(done, all)];
        table.push([Cell::words(direction)].into_iter().chain(cells).collect());
    }
    table
}

/// Corrections, one to a row.
fn list<'a>(
    follow_up: &FollowUp<'_>,
    (name, title): (&str, &str),
    rows: impl Iterator<Item = &'a Followed<'a>>,
) -> Table {
    let columns = vec![
        count("correction_id", "Correction"),
        count("vintage", "Millésime"),
        count("object_id", "Objet"),
        count("insee", "Commune"),
        count("theme", "Thème"),
        count("current_code", "Code actuel"),
        count("proposed_code", "Code proposé"),
        count("contributeur", "Contributeur"),
        count("comment", "Commentaire"),
        count("standing", "Statut"),
        count("ign_report_id", "Signalement"),
        count("ign_status", "Réponse de l'IGN"),
        count("verdict", "Verdict"),
        count("motif", "Motif"),
        count("version", "Version examinée"),
        Column::new("part", "Part corrigée", Unit::Percent),
        Column::new("surface", "Surface", Unit::SquareMetres),
        Column::new("surface_a_corriger", "Surface à corriger", Unit::SquareMetres),
        Column::new("surface_corrigee", "Surface corrigée", Unit::SquareMetres),
        Column::new("artif_en_jeu", "Artif. en jeu", Unit::SquareMetres),
        Column::new("artif_obtenu", "Artif. obtenue", Unit::SquareMetres),
    ];
    let mut table = Table::new(name, title, columns);
    for followed in rows {
        table.push(row(follow_up, followed));
    }
    table
}

fn row(follow_up: &FollowUp<'_>, followed: &Followed<'_>) -> Vec<Cell> {
    let entry = followed.entry;
    let record = &entry.record;
    let words = |text: &Option<String>| text.clone().map_or(Cell::Empty, Cell::Text);
    let verdict = entry.verdict.as_ref();
    let area = |of: &dyn Fn(Areas) -> i128| {
        followed.areas.map_or(Cell::Empty, |areas| Cell::Area(of(areas)))
    };
    let share = match followed.areas {
        Some(Areas { wrong, fixed, .. }) => Cell::Share(fixed, wrong),
        None => verdict
            .and_then(|verdict| verdict.share)
            .map_or(Cell::Empty, |share| Cell::estimate(100.0 * share, 6)),
    };
    vec![
        Cell::words(&record.correction_id),
        Cell::Integer(i64::from(record.vintage)),
        Cell::words(&record.object_id),
        words(&record.insee),
        Cell::words(followed.theme()),
        words(&record.current_code),
        Some(follow_up.proposed(entry)).filter(|t| !t.is_empty()).map_or(Cell::Empty, Cell::Text),
        Cell::words(followed.contributor()),
        words(&record.comment),
        Cell::words(entry.standing.label()),
        words(&record.ign_report_id),
        record.ign_status.map_or(Cell::Empty, |status| Cell::words(status.label())),
        verdict.map_or(Cell::Empty, |verdict| Cell::words(verdict.outcome.label())),
        verdict.and_then(|verdict| verdict.reason.clone()).map_or(Cell::Empty, Cell::Text),
        verdict.map_or(Cell::Empty, |verdict| Cell::words(&verdict.version)),
        share,
        Cell::Area(entry.polygon.twice_area()),
        area(&|areas| areas.wrong),
        area(&|areas| areas.fixed),
        area(&|areas| areas.stake.all()),
        area(&|areas| areas.stake.done()),
    ]
}
