//! How right a vintage was found to be, for the page: shares with their intervals, and areas.

use serde::Serialize;

use super::{Figure, Grid, Line};
use crate::quality::Quality;
use crate::tables::gazetteer::Level;
use crate::tables::{Cell, Table};

/// What legends are called, by their keys.
const LEGENDS: [(&str, &str); 3] =
    [("cs", "Couverture"), ("us", "Usage"), ("artif", "Statut artificialisé")];

/// The assessment of one vintage.
#[derive(Debug, Serialize)]
pub(super) struct QualityView {
    year: u16,
    sentence: String,
    grids: Vec<Grid>,
}

impl QualityView {
    /// All of it for the department; for its territories the overall figures, which are still the
    /// department's.
    pub(super) fn of(quality: &Quality, level: Level) -> Self {
        let mut grids = Vec::from_iter(quality.table("exactitude_globale").map(overall));
        if level == Level::Department {
            for (key, name) in LEGENDS {
                let classes = quality.table("exactitude_classes").map(|t| classes(t, key, name));
                let areas = quality.table("surfaces").map(|table| areas(table, key, name));
                let told = classes.into_iter().chain(areas);
                grids.extend(told.filter(|grid| !grid.lines.is_empty()));
            }
        }
        let Quality { year, plan, places, is_provisional, .. } = quality;
        let ground = match level {
            Level::Department => "",
            _ => " La mesure porte sur tout le département, non sur ce territoire seul.",
        };
        let provisional = if *is_provisional {
            " Résultat provisoire : des points sont sans réponse."
        } else {
            ""
        };
        let sentence = format!(
            "{} points renseignés sur {}, tirés au hasard par strates et interprétés en aveugle (plan \
             {plan} ; Olofsson et al. 2014). Intervalles à 95 %.{provisional}{ground}",
            places.answered, places.drawn
        );
        Self { year: *year, sentence, grids }
    }
}

fn overall(table: &Table) -> Grid {
    let keys = ["exactitude", "exactitude_basse", "exactitude_haute"];
    Grid {
        caption: "Part du sol dont la carte dit juste".to_owned(),
        head: vec!["Comparaison".to_owned()],
        columns: ["Exactitude globale", "Borne basse", "Borne haute"].map(str::to_owned).into(),
        lines: lines(table, None, &["comparaison"], &keys, Figure::percent),
    }
}

fn classes(table: &Table, legend: &str, name: &str) -> Grid {
    let keys = ["utilisateur", "producteur"]
        .map(|of| [of.to_owned(), format!("{of}_basse"), format!("{of}_haute")]);
    let keys: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    let columns =
        ["Utilisateur", "Borne basse", "Borne haute", "Producteur", "Borne basse", "Borne haute"];
    Grid {
        caption: format!(
            "{name} : exactitude de l'utilisateur (ce que la carte dit est vrai) et du producteur (ce \
             qui est vrai est sur la carte)"
        ),
        head: ["Code", "Libellé"].map(str::to_owned).into(),
        columns: columns.map(str::to_owned).into(),
        lines: lines(table, Some(legend), &["code", "libelle"], &keys, Figure::percent),
    }
}

fn areas(table: &Table, legend: &str, name: &str) -> Grid {
    let keys = ["surface_carte", "surface_estimee", "surface_basse", "surface_haute"];
    let columns = ["Sur la carte", "Estimée", "Borne basse", "Borne haute"];
    Grid {
        caption: format!("{name} : surfaces ajustées par l'échantillon"),
        head: ["Code", "Libellé"].map(str::to_owned).into(),
        columns: columns.map(str::to_owned).into(),
        lines: lines(table, Some(legend), &["code", "libelle"], &keys, Figure::of),
    }
}

/// The rows of a legend, or all of them.
fn lines(
    table: &Table,
    legend: Option<&str>,
    head: &[&str],
    keys: &[&str],
    figure: impl Fn(&Cell) -> Figure,
) -> Vec<Line> {
    let text = |row, key: &str| table.cell(row, key).map(Cell::text).unwrap_or_default();
    let rows = 0..table.rows.len();
    rows.filter(|&row| legend.is_none_or(|legend| text(row, "legende") == legend))
        .map(|row| Line {
            head: head.iter().map(|key| text(row, key)).collect(),
            cells: keys
                .iter()
                .map(|key| table.cell(row, key).map(&figure).unwrap_or_default())
                .collect(),
        })
        .collect()
}
