//! The interactive map of a page: what it draws, and the scripts that draw it.
//!
//! The page's policy allows these two scripts by their hashes, so that nothing that a name or a
//! label smuggles in can run. What the map draws is data: a JSON element, which no browser runs,
//! without any character that could end it.

use kernels::lattice::{Point, Polygon, Ring, STEPS_PER_METRE};
use nomenclature::Rgb;
use serde::Serialize;

use super::leaflet::{self, hash_source};
use crate::error::Error;
use crate::pages::Shown;
use crate::picture::Highlight;

/// Our script: it reads the data and the page, and tells the library what to draw.
const PROGRAM: &str = include_str!("scene.js");
/// Lattice steps in the unit of the data, a decimetre.
const STEPS_PER_UNIT: i32 = STEPS_PER_METRE / 10;

/// The ground around the changes of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// The south-west and north-east corners of the pictures of the page.
    pub frame: (Point, Point),
    /// The limits that cross it.
    pub limits: Vec<Limit>,
}

/// The limit of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What the place is called.
    pub name: String,
    /// A point inside it, for its name.
    pub at: Point,
    /// Whether the page is about it.
    pub is_own: bool,
    /// Its ground, with as many corners as maps can show.
    pub polygons: Vec<Polygon>,
}

/// What the template prints.
#[derive(Debug, Serialize)]
pub(super) struct SceneView {
    /// The scripts that the page's policy allows.
    hashes: String,
    style: String,
    data: String,
    library: &'static str,
    program: &'static str,
}

/// What the script reads; lengths in decimetres from the south-west corner of the frame.
#[derive(Serialize)]
struct Data<'a> {
    size: [i32; 2],
    /// Short titles of the pictures, in the order of the page.
    pictures: Vec<&'a str>,
    kinds: Vec<Kind>,
    changes: Vec<Drawn>,
    /// The years of the photographs.
    years: Vec<u16>,
    limits: Vec<Outlined<'a>>,
}

#[derive(Serialize)]
struct Kind {
    label: &'static str,
    colour: String,
    /// Dashes of its outlines, for those who do not tell the colours apart.
    dash: Option<&'static str>,
    count: usize,
}

#[derive(Serialize)]
struct Drawn {
    /// Rank among the kinds.
    kind: usize,
    at: [i32; 2],
    /// The first corner of each ring, then the step to each next one.
    rings: Vec<Vec<i32>>,
    /// West and south of the ground of each photograph, and its side.
    photos: Vec<[i32; 3]>,
}

#[derive(Serialize)]
struct Outlined<'a> {
    name: &'a str,
    at: [i32; 2],
    own: bool,
    polygons: Vec<Vec<Vec<i32>>>,
}

impl SceneView {
    /// The interactive map of a page that lists changes.
    pub(super) fn of(shown: &Shown) -> Result<Option<Self>, Error> {
        let Some(scene) = &shown.scene else { return Ok(None) };
        let json = serde_json::to_string(&data(shown, scene))
            .map_err(|error| Error::internal(format!("the data of a map: {error}")))?;
        let library = leaflet::SCRIPT.as_str();
        Ok(Some(Self {
            hashes: format!("{} {}", hash_source(library), hash_source(PROGRAM)),
            style: format!("{}\n{}", leaflet::STYLE, include_str!("scene.css")),
            data: inert(&json),
            library,
            program: PROGRAM,
        }))
    }
}

/// JSON that cannot end the element it stands in, nor begin a comment or another one.
fn inert(json: &str) -> String {
    // None of them stands outside of a string, where an escape says the same.
    let escapes = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    escapes.iter().fold(json.to_owned(), |text, (sign, escape)| text.replace(*sign, escape))
}

fn data<'a>(shown: &'a Shown, scene: &'a Scene) -> Data<'a> {
    let (low, high) = scene.frame;
    let place = |point: Point| units(point, low);
    let kind_of = |highlight| Highlight::CHANGES.iter().position(|&kind| kind == highlight);
    let changes = shown.changes.iter().map(|change| Drawn {
        kind: kind_of(change.highlight).unwrap_or(Highlight::CHANGES.len() - 1),
        at: place(Point::new(
            change.at_m.0 as i32 * STEPS_PER_METRE,
            change.at_m.1 as i32 * STEPS_PER_METRE,
        )),
        rings: rings(&change.outline, low),
        photos: change
            .glimpses
            .iter()
            .map(|glimpse| {
                let [west, south] = place(glimpse.corner);
                [west, south, glimpse.side / STEPS_PER_UNIT]
            })
            .collect(),
    });
    let changes: Vec<Drawn> = changes.collect();
    let photographed = shown.changes.iter().find(|change| !change.glimpses.is_empty());
    let glimpses = photographed.map_or(&[][..], |change| &change.glimpses);
    Data {
        size: place(high),
        pictures: shown.maps.iter().map(|map| short(&map.title)).collect(),
        kinds: kinds(&changes),
        changes,
        years: glimpses.iter().map(|glimpse| glimpse.year).collect(),
        limits: scene.limits.iter().map(|limit| outlined(limit, low)).collect(),
    }
}

/// A title without what explains it.
fn short(title: &str) -> &str {
    title.split([':', ',']).next().unwrap_or(title).trim()
}

fn kinds(changes: &[Drawn]) -> Vec<Kind> {
    let kind = |(rank, highlight): (usize, Highlight)| {
        let (label, dash) = match highlight {
            Highlight::Artificialised => ("Artificialisation", None),
            Highlight::Restored => ("Désartificialisation", Some("8 4")),
            Highlight::Other | Highlight::None => ("Autre changement", Some("2 4")),
        };
        Kind {
            label,
            colour: Rgb(highlight.colour().unwrap_or_default()).to_string(),
            dash,
            count: changes.iter().filter(|change| change.kind == rank).count(),
        }
    };
    Highlight::CHANGES.into_iter().enumerate().map(kind).collect()
}

fn outlined(limit: &Limit, origin: Point) -> Outlined<'_> {
    Outlined {
        name: &limit.name,
        at: units(limit.at, origin),
        own: limit.is_own,
        polygons: limit.polygons.iter().map(|polygon| rings(polygon, origin)).collect(),
    }
}

/// A place in decimetres from an origin, rounded down.
fn units(point: Point, origin: Point) -> [i32; 2] {
    [
        (point.x - origin.x).div_euclid(STEPS_PER_UNIT),
        (point.y - origin.y).div_euclid(STEPS_PER_UNIT),
    ]
}

/// The rings of a polygon as steps; those that rounding closed are left out.
fn rings(polygon: &Polygon, origin: Point) -> Vec<Vec<i32>> {
    let steps = |ring: &Ring| {
        let mut places: Vec<[i32; 2]> = ring.0.iter().map(|&point| units(point, origin)).collect();
        places.dedup();
        let mut last = [0, 0];
        let mut steps = Vec::with_capacity(2 * places.len());
        for place in places {
            steps.extend([place[0] - last[0], place[1] - last[1]]);
            last = place;
        }
        steps
    };
    polygon.rings().map(steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_holds_cannot_end_the_element() {
        let hostile = "</script><script>alert(1)</script><!-- & \u{2028} \"";
        let json = serde_json::to_string(hostile).unwrap();
        let text = inert(&json);
        for banned in ['<', '>', '&', '\u{2028}'] {
            assert!(!text.contains(banned), "{text}");
        }
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }

    #[test]
    fn a_ring_is_its_first_corner_and_steps_in_decimetres() {
        let point = |x, y| Point::new(1_000 + x, 2_000 + y);
        let exterior = Ring(vec![point(5, 0), point(109, 0), point(109, 50), point(5, 55)]);
        let polygon = Polygon { exterior, holes: Vec::new() };
        let wanted = vec![vec![0, 0, 10, 0, 0, 5, -10, 0]];
        assert_eq!(rings(&polygon, Point::new(1_000, 2_000)), wanted);
    }
}
