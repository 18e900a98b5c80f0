//! What each layer of the tiles tells of its polygons.

use std::collections::BTreeMap;

use nomenclature::{Couple, Dimension, Nomenclature};

use super::mvt::Attribute;
use crate::delivery::status_word;
use crate::finished::ground::{Change, Object};

/// From this zoom on every object is itself; above, neighbours that are drawn alike are one.
const OBJECTS_FROM: u8 = 13;

/// A layer of the tiles.
pub(super) trait Content: Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Polygons under this area (doubled, in square steps of a zoom) go to a neighbour.
    fn twice_area_min(&self) -> i128;

    /// The key of a polygon at a zoom, by its key at the zoom below.
    fn key_at(&self, _zoom: u8, key: u32) -> u32 {
        key
    }

    /// Names and values of a key at a zoom.
    fn says(&self, zoom: u8, key: u32) -> Vec<(&str, Attribute)>;

    /// The columns, with their types in words.
    fn columns(&self) -> Vec<(String, &'static str)>;
}

/// The vintage; keys are ranks of objects.
pub(super) struct Occupation<'a> {
    objects: &'a [Object],
    nomenclature: &'a Nomenclature,
    /// The first object of the same codes and status.
    alike: Vec<u32>,
}

/// The status alone; key 1 is artificial.
pub(super) struct Status;

/// The differences; keys are ranks.
pub(super) struct Differences<'a> {
    changes: &'a [Change],
    /// Names of the codes and the status of both dates.
    columns: [String; 6],
}

impl<'a> Occupation<'a> {
    pub(super) fn new(objects: &'a [Object], nomenclature: &'a Nomenclature) -> Self {
        let mut first: BTreeMap<(Couple, bool), u32> = BTreeMap::new();
        let alike = (0..)
            .zip(objects)
            .map(|(rank, o)| *first.entry((o.couple, o.is_artificial)).or_insert(rank))
            .collect();
        Self { objects, nomenclature, alike }
    }
}

impl Content for Occupation<'_> {
    fn name(&self) -> &'static str {
        "occupation"
    }

    fn twice_area_min(&self) -> i128 {
        2 * 64
    }

    fn key_at(&self, zoom: u8, key: u32) -> u32 {
        if zoom < OBJECTS_FROM { self.alike[key as usize] } else { key }
    }

    fn says(&self, zoom: u8, key: u32) -> Vec<(&str, Attribute)> {
        let Object { id, couple, is_artificial } = &self.objects[key as usize];
        let code = |dimension| text(self.nomenclature.code(dimension, couple.of(dimension)));
        let mut said = vec![
            ("code_cs", code(Dimension::Cover)),
            ("code_us", code(Dimension::Usage)),
            ("artif", text(status_word(*is_artificial))),
        ];
        if zoom >= OBJECTS_FROM {
            said.push(("id", text(id)));
        }
        said
    }

    fn columns(&self) -> Vec<(String, &'static str)> {
        texts(["code_cs", "code_us", "artif", "id"])
    }
}

impl Content for Status {
    fn name(&self) -> &'static str {
        "artif"
    }

    fn twice_area_min(&self) -> i128 {
        2 * 64
    }

    fn says(&self, _zoom: u8, key: u32) -> Vec<(&str, Attribute)> {
        vec![("artif", text(status_word(key == 1)))]
    }

    fn columns(&self) -> Vec<(String, &'static str)> {
        texts(["artif"])
    }
}

impl<'a> Differences<'a> {
    pub(super) fn new(changes: &'a [Change], before: u16, after: u16) -> Self {
        let columns = [
            format!("cs_{before}"),
            format!("us_{before}"),
            format!("cs_{after}"),
            format!("us_{after}"),
            format!("artif_{before}"),
            format!("artif_{after}"),
        ];
        Self { changes, columns }
    }
}

impl Content for Differences<'_> {
    fn name(&self) -> &'static str {
        "changements"
    }

    /// A change is looked for: it goes later than the ground around it.
    fn twice_area_min(&self) -> i128 {
        2 * 8
    }

    fn says(&self, _zoom: u8, key: u32) -> Vec<(&str, Attribute)> {
        let Change { before, after, status, kind, area_m2 } = &self.changes[key as usize];
        let texts = [&before.0, &before.1, &after.0, &after.1, &status.0, &status.1];
        let columns = self.columns.iter().map(String::as_str);
        let mut said: Vec<_> = columns.zip(texts.map(|value| text(value))).collect();
        said.push(("kind", text(kind)));
        said.push(("surface", Attribute::Integer(area_m2.round() as i64)));
        said
    }

    fn columns(&self) -> Vec<(String, &'static str)> {
        let mut columns = texts(self.columns.iter().map(String::as_str).chain(["kind"]));
        columns.push(("surface".to_owned(), "Number"));
        columns
    }
}

/// What points tell of the differences: what their colour depends on, so that many say the same.
pub(super) struct Marked<'a> {
    changes: &'a [Change],
    /// Names of the status of both dates.
    columns: [String; 2],
}

impl<'a> Marked<'a> {
    pub(super) fn new(changes: &'a [Change], before: u16, after: u16) -> Self {
        Self { changes, columns: [format!("artif_{before}"), format!("artif_{after}")] }
    }

    /// Names and values of a difference.
    pub(super) fn says(&self, rank: u32) -> Vec<(&str, Attribute)> {
        let Change { status, kind, .. } = &self.changes[rank as usize];
        let [was, is] = &self.columns;
        vec![(was, text(&status.0)), (is, text(&status.1)), ("kind", text(kind))]
    }

    /// The columns, with their types in words.
    pub(super) fn columns(&self) -> Vec<(String, &'static str)> {
        texts(self.columns.iter().map(String::as_str).chain(["kind"]))
    }

    /// Ranks, the largest difference first.
    pub(super) fn by_area(&self) -> Vec<u32> {
        let mut ranks: Vec<u32> = (0..self.changes.len() as u32).collect();
        ranks.sort_by(|&a, &b| {
            let area = |rank: u32| self.changes[rank as usize].area_m2;
            area(b).total_cmp(&area(a)).then(a.cmp(&b))
        });
        ranks
    }
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

fn texts<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(String, &'static str)> {
    names.into_iter().map(|name| (name.to_owned(), "String")).collect()
}
