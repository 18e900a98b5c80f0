//! A file of somebody's as rows of texts with shapes, whatever its format.

use std::path::{Path, PathBuf};

use kernels::lattice::{Point, Polygon};

use super::refusal::{Reason, Refused};
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::issue::key;
use crate::io::vector::{Feature, Value, VectorSource, layer_names};
use crate::io::wkb::Shapes;
use crate::io::wkt;
use crate::tables::csv::separator;
use crate::vintage::open::refuse_unfinished;

/// Most corners of a polygon: the largest object of a department has fewer, road network included.
const CORNERS_MAX: usize = 1_000_000;
/// Layers that hold corrections in files of several, in any case; the first one wins.
const LAYERS: [&str; 4] = ["corrections", "signalement", "erreurs_manifestes", "patch_corr"];

/// Where a row is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// Nothing says.
    Nowhere,
    /// A point.
    At(Point),
    /// Some polygons.
    Over(Vec<Polygon>),
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What people find it by: `ligne 4`, `entité 12`.
    pub name: String,
    /// The texts of the columns.
    pub values: Vec<Option<String>>,
    /// Where it is, or what is wrong with its geometry.
    pub place: Result<Place, Refused>,
}

/// A file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The file.
    pub path: PathBuf,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub lines: Vec<Line>,
    /// Whether the file says in which CRS it is.
    pub has_crs: bool,
}

/// The columns of a table that say where a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// Easting and northing, or longitude and latitude.
    pub xy: Option<(String, String)>,
    /// Well-known text.
    pub wkt: Option<String>,
    /// EPSG code of both.
    pub epsg: u32,
}

impl Sheet {
    /// The rank of a column, in any case.
    pub fn column(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        let lower = name.to_lowercase();
        exact.or_else(|| self.columns.iter().position(|column| column.to_lowercase() == lower))
    }

    /// Reads a vector file in the CRS `epsg`; a missing CRS is taken to be that one.
    ///
    /// # Errors
    /// The file is none, is damaged, has several layers of which none is known, or no CRS that
    /// leads to `epsg`.
    pub fn of_vector(layer: &Layer, epsg: u32) -> Result<Self, Error> {
        refuse_unfinished(&layer.path)?;
        let named = match &layer.layer {
            Some(name) => Some(name.clone()),
            None => usual(layer_names(&layer.path)?),
        };
        let source = VectorSource::open(&layer.path, named.as_deref())?.assume_epsg(epsg);
        let columns: Vec<String> = source.info().columns.iter().map(|c| c.name.clone()).collect();
        let ranks: Vec<usize> = (0..columns.len()).collect();
        let mut lines = Vec::new();
        for feature in source.features(&ranks, epsg)? {
            let feature = feature?;
            let values = feature.values.iter().map(Value::text).collect();
            let name = format!("entité {}", feature.fid);
            lines.push(Line { name, values, place: place_of(feature) });
        }
        Ok(Self { path: layer.path.clone(), columns, lines, has_crs: source.info().has_crs })
    }

    /// Reads a CSV: UTF-8 with or without a byte-order mark, or Windows-1252; comma, semicolon or
    /// tab. Rows lie nowhere until [`Sheet::locate`].
    ///
    /// # Errors
    /// The file cannot be read, has no head, two columns of one name, or a row of another length.
    pub fn of_csv(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let text = decoded(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator(text))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let fault = |error: csv::Error| InputError::new(path, "this table is not CSV").got(error);
        let columns: Vec<String> =
            reader.headers().map_err(fault)?.iter().map(str::to_owned).collect();
        if columns.iter().all(String::is_empty) {
            return Err(InputError::new(path, "this table is empty")
                .expected("a first line with the names of the columns")
                .into());
        }
        let twice = columns.iter().enumerate().find(|(k, name)| columns[..*k].contains(name));
        if let Some((_, name)) = twice {
            let fault = InputError::new(path, "two columns of this table have one name");
            return Err(fault.got(format!("`{name}`")).hint("rename one of them").into());
        }
        let mut lines = Vec::new();
        for record in reader.records() {
            let record = record.map_err(fault)?;
            let number = record.position().map_or(0, csv::Position::line);
            let values = record.iter().map(|v| (!v.is_empty()).then(|| unescaped(v))).collect();
            let place = Ok(Place::Nowhere);
            lines.push(Line { name: format!("ligne {number}"), values, place });
        }
        Ok(Self { path: path.to_owned(), columns, lines, has_crs: false })
    }

    /// Places the rows of a table by its columns, in the CRS `epsg`.
    ///
    /// # Errors
    /// There is no way between the two CRS, or no such column.
    pub fn locate(&mut self, whereabouts: &Whereabouts, epsg: u32) -> Result<(), Error> {
        let reader = wkt::Reader::new(&self.path, whereabouts.epsg, epsg)?;
        let rank = |name: &String| self.require(name);
        let in_text = whereabouts.wkt.as_ref().map(rank).transpose()?;
        let xy = match &whereabouts.xy {
            Some((x, y)) => Some((self.require(x)?, self.require(y)?)),
            None => None,
        };
        for line in &mut self.lines {
            let mut flaws = Vec::new();
            let text = |rank: usize| line.values[rank].as_deref();
            let shapes = match (in_text.and_then(text), xy) {
                (Some(text), _) => reader.shapes(text, &mut flaws),
                (None, Some((x, y))) => match (text(x), text(y)) {
                    (None, None) => continue,
                    (x, y) => {
                        number(x).zip(number(y)).and_then(|(x, y)| reader.point(x, y, &mut flaws))
                    }
                },
                (None, None) => continue,
            };
            let keys: Vec<&str> = flaws.iter().map(|flaw| flaw.key).collect();
            line.place = match shapes {
                Some(shapes) => judged(shapes, &keys),
                None if in_text.and_then(text).is_some_and(|text| text.len() > wkt::BYTES_MAX) => {
                    Err(huge(format!("un WKT de plus de {} Mo", wkt::BYTES_MAX >> 20)))
                }
                None => Err(bad("la géométrie de la ligne n'est ni un WKT ni deux nombres")),
            };
        }
        Ok(())
    }

    /// The rank of a column that must exist.
    ///
    /// # Errors
    /// It does not.
    pub fn require(&self, name: &str) -> Result<usize, Error> {
        self.column(name).ok_or_else(|| {
            let columns: Vec<String> = self.columns.iter().map(|c| format!("`{c}`")).collect();
            InputError::new(&self.path, "this file lacks a column")
                .got(format!("columns {}", columns.join(", ")))
                .expected(format!("`{name}`"))
                .hint("name the columns of the file in a map: `--map MAP.yaml`")
                .into()
        })
    }
}

/// The layer of corrections among the layers of a file; none when there is only one layer.
fn usual(names: Vec<String>) -> Option<String> {
    if names.len() < 2 {
        return None;
    }
    let known = |usual: &&str| names.iter().find(|name| name.to_lowercase().starts_with(*usual));
    LAYERS.iter().find_map(known).cloned()
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.replace(',', ".").parse().ok()
}

/// UTF-8, or else Windows-1252, in which every byte is a character.
fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| windows_1252(byte)).collect())
}

/// A byte of Windows-1252: Latin-1 but for the signs that French texts use between 0x80 and 0x9f.
fn windows_1252(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x85 => '…',
        0x8c => 'Œ',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x96 => '–',
        0x97 => '—',
        0x9c => 'œ',
        0x9f => 'Ÿ',
        byte => char::from(byte),
    }
}

/// A text without the apostrophe that our own tables put before what looks like a formula.
fn unescaped(text: &str) -> String {
    let rest = text.strip_prefix('\'');
    let is_ours = |rest: &&str| rest.starts_with(['=', '+', '-', '@', '\t', '\r']);
    rest.filter(is_ours).unwrap_or(text).to_owned()
}

fn place_of(feature: Feature) -> Result<Place, Refused> {
    let keys: Vec<&str> = feature.issues.iter().map(|issue| issue.key).collect();
    let Feature { polygons, lines, points, .. } = feature;
    judged(Shapes { polygons, lines, points }, &keys)
}

fn bad(detail: &str) -> Refused {
    let hint = "corriger la géométrie dans le fichier, ou donner un point et l'identifiant";
    Refused::new(Reason::BadGeometry, detail, hint)
}

fn huge(detail: String) -> Refused {
    let hint = "découper la correction, ou donner un point et l'identifiant de l'objet";
    Refused::new(Reason::HugeGeometry, detail, hint)
}

/// The place that shapes are, unless something is wrong with them.
fn judged(shapes: Shapes, keys: &[&str]) -> Result<Place, Refused> {
    for &found in keys {
        let detail = match found {
            key::COORDINATE_NOT_FINITE => "une coordonnée n'est pas un nombre",
            key::COORDINATE_OUT_OF_RANGE => "une coordonnée est hors de tout système français",
            key::NOT_REPROJECTED => "la géométrie ne peut pas être reprojetée",
            key::RING_SELF_INTERSECTION => "le contour se croise lui-même",
            key::RING_COLLAPSED => "le contour n'enferme aucune surface",
            key::GEOMETRY_UNSUPPORTED => "le type de géométrie n'est pas connu",
            _ => continue,
        };
        return Err(bad(detail));
    }
    let n_corners = |polygon: &Polygon| polygon.rings().map(|ring| ring.0.len()).sum::<usize>();
    if shapes.polygons.iter().map(n_corners).sum::<usize>() > CORNERS_MAX {
        return Err(huge(format!("plus de {CORNERS_MAX} sommets")));
    }
    match (shapes.polygons, &shapes.points[..], shapes.lines.is_empty()) {
        (polygons, ..) if !polygons.is_empty() => Ok(Place::Over(polygons)),
        (_, [point], true) => Ok(Place::At(*point)),
        (_, [], true) => Ok(Place::Nowhere),
        (_, [], false) => Err(bad("une ligne n'est ni un point ni une surface")),
        _ => Err(bad("plusieurs points pour une correction")),
    }
}
