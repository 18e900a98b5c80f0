//! The changes of a page: how many of which kind, and the largest with their pictures.

use serde::Serialize;

use super::{Figure, Grid, Line, Picture};
use crate::pages::Shown;
use crate::report::figure::grouped;
use crate::report::{Change, data_uri};
use crate::tables::Cell;
use crate::words;

/// A change of the numbered list.
#[derive(Debug, Serialize)]
pub(super) struct ChangeLine {
    rank: usize,
    place: String,
    at: String,
    before: String,
    after: String,
    area: Figure,
    confidence: String,
    reason: String,
    kind: &'static str,
    glimpses: Vec<Picture>,
}

/// How many objects of each kind there are, and their area.
pub(super) fn kinds(shown: &Shown) -> Grid {
    let lines = shown.kinds.iter().map(|tally| Line {
        head: vec![words::change(tally.kind).to_owned(), grouped(&tally.objects.to_string())],
        cells: vec![Figure::of(&Cell::Area(tally.twice_area))],
    });
    Grid {
        caption: "Nature des différences entre les deux millésimes".to_owned(),
        head: vec!["Nature".into(), "Objets".into()],
        columns: vec!["Surface".into()],
        lines: lines.collect(),
    }
}

/// The list, numbered from 1.
pub(super) fn lines(shown: &Shown) -> Vec<ChangeLine> {
    let line = |(rank, change): (usize, &Change)| ChangeLine {
        rank,
        place: change.place.clone(),
        at: format!("{} ; {}", change.at_m.0, change.at_m.1),
        before: change.before.clone(),
        after: change.after.clone(),
        area: Figure::of(&Cell::Area(change.twice_area)),
        confidence: change.confidence.map_or_else(|| "–".to_owned(), |c| format!("{c} %")),
        reason: change.reason.clone(),
        kind: words::change(change.kind),
        glimpses: glimpses(rank, change),
    };
    (1..).zip(&shown.changes).map(line).collect()
}

fn glimpses(rank: usize, change: &Change) -> Vec<Picture> {
    let glimpses = change.glimpses.iter().map(|glimpse| Picture {
        title: glimpse.year.to_string(),
        alt: format!("Changement {rank} sur l'orthophotographie de {}", glimpse.year),
        src: data_uri(&glimpse.image),
        marks: Vec::new(),
    });
    glimpses.collect()
}
