//! A vintage as delivered: polygons on the lattice, their couples and their identity.

use kernels::lattice::{Point, Polygon};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};
use rustc_hash::FxHashMap;

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Feature, Value, VectorSource};
use crate::tally::Tally;

/// Names under which the cover is found, in any case; the first one wins.
const COVER_COLUMNS: [&str; 4] = ["code_cs", "couverture", "cs", "code_couv"];
/// Names under which the usage is found, in any case; the first one wins.
const USAGE_COLUMNS: [&str; 4] = ["code_us", "usage", "us", "code_usage"];

/// Stable keys of what may be wrong with a vintage.
pub mod key {
    /// A code that is empty; the polygon has no class in that dimension.
    pub const CODE_NULL: &str = "code_null";
    /// A code that the nomenclature does not know; the polygon has no class in that dimension.
    pub const CODE_UNKNOWN: &str = "code_unknown";
    /// An older or deeper code, taken to its leaf.
    pub const CODE_COLLAPSED: &str = "code_collapsed";
    /// An id given to several features; the later ones get a suffix.
    pub const ID_DUPLICATE: &str = "id_duplicate";
    /// A feature without an id; it gets one from its number in the file.
    pub const ID_MISSING: &str = "id_missing";
    /// A couple that the nomenclature does not list.
    pub const COUPLE_UNLISTED: &str = "couple_unlisted";
}

/// What identifies a polygon, besides its shape and codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object {
    /// Unique within the vintage.
    pub id: String,
    /// Skeleton of main roads and surface rail.
    pub ossature: bool,
    /// Where the polygon comes from, as the file says it.
    pub source: String,
    /// Original code, as the file says it.
    pub code_or: String,
    /// Id of the object that it comes from, as the file says it.
    pub id_origine: String,
}

/// All polygons of a vintage, in the order of the file; parts of a multipolygon are polygons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vintage {
    /// Its year.
    pub year: u16,
    /// The shapes.
    pub polygons: Vec<Polygon>,
    /// The couple of each polygon; a class is nodata where the code is empty or unknown.
    pub couples: Vec<Couple>,
    /// The identity of each polygon.
    pub objects: Vec<Object>,
}

/// The columns to read, and where each one's value is among those read.
#[derive(Default)]
struct Columns {
    read: Vec<usize>,
    cs: usize,
    us: usize,
    id: Option<usize>,
    ossature: Option<usize>,
    source: Option<usize>,
    code_or: Option<usize>,
    id_origine: Option<usize>,
}

impl Vintage {
    /// Reads a vintage, collapsing codes to the leaves of `nomenclature` and counting in `tally`
    /// all that had to be repaired.
    ///
    /// # Errors
    /// The file cannot be read, has no cover or usage column, no CRS that leads to `epsg`, or not
    /// one polygon.
    pub fn read(
        layer: &Layer,
        year: u16,
        epsg: u32,
        nomenclature: &Nomenclature,
        tally: &Tally,
    ) -> Result<Self, Error> {
        let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
        let columns = Columns::find(&source, year)?;
        let mut vintage = Self { year, ..Self::default() };
        let mut reader = Reader {
            nomenclature,
            tally,
            columns: &columns,
            source: &source.info().name,
            seen: FxHashMap::default(),
        };
        for feature in source.features(&columns.read, epsg)? {
            reader.add(&mut vintage, feature?);
        }
        if vintage.polygons.is_empty() {
            return Err(InputError::new(&layer.path, "this vintage holds no polygon")
                .got(format!("{} features", source.info().n_features))
                .expected("at least one polygon")
                .hint("name the layer of the occupation with `layer:`")
                .into());
        }
        Ok(vintage)
    }

    /// Number of polygons.
    pub fn n_polygons(&self) -> usize {
        self.polygons.len()
    }

    /// The south-west and north-east corners of all polygons.
    pub fn bounds(&self) -> Option<(Point, Point)> {
        bounds_of(&self.polygons)
    }
}

/// The south-west and north-east corners of a set of polygons.
pub fn bounds_of(polygons: &[Polygon]) -> Option<(Point, Point)> {
    polygons.iter().filter_map(Polygon::bounds).reduce(|(a, b), (lo, hi)| {
        (Point::new(a.x.min(lo.x), a.y.min(lo.y)), Point::new(b.x.max(hi.x), b.y.max(hi.y)))
    })
}

impl Columns {
    fn find(source: &VectorSource, year: u16) -> Result<Self, Error> {
        let mut columns = Self::default();
        let mut dated = |names: &[&str], prefix: &str| -> Result<usize, Error> {
            let (long, short) = (format!("{prefix}_{year}"), format!("{prefix}{:02}", year % 100));
            let mut all = names.to_vec();
            all.extend([long.as_str(), short.as_str()]);
            let column = source.require_column(&all)?;
            Ok(columns.take(column))
        };
        let (cs, us) = (dated(&COVER_COLUMNS, "cs")?, dated(&USAGE_COLUMNS, "us")?);
        let mut optional = |names: &[&str]| source.column(names).map(|c| columns.take(c));
        let id = optional(&["id", "id_ocs", "cleabs"]);
        let ossature = optional(&["ossature"]);
        let origin = optional(&["source"]);
        let code_or = optional(&["code_or"]);
        let id_origine = optional(&["id_origine"]);
        Ok(Self { cs, us, id, ossature, source: origin, code_or, id_origine, ..columns })
    }

    /// Adds a column to those read and tells where its value will be.
    fn take(&mut self, column: usize) -> usize {
        self.read.push(column);
        self.read.len() - 1
    }
}

struct Reader<'a> {
    nomenclature: &'a Nomenclature,
    tally: &'a Tally,
    columns: &'a Columns,
    /// Name of the layer.
    source: &'a str,
    /// How many times each id was met.
    seen: FxHashMap<String, u32>,
}

impl Reader<'_> {
    fn add(&mut self, vintage: &mut Vintage, feature: Feature) {
        for issue in &feature.issues {
            issue.count_in(self.tally, self.source);
        }
        let place = place_of(&feature.polygons);
        let Columns { cs, us, id, ossature, source, code_or, id_origine, .. } = *self.columns;
        let couple = Couple {
            cs: self.class(Dimension::Cover, &feature.values[cs], place, feature.fid),
            us: self.class(Dimension::Usage, &feature.values[us], place, feature.fid),
        };
        let value = |column: Option<usize>| column.map(|i| &feature.values[i]);
        let text = |column| value(column).and_then(Value::text);
        let id = self.id(text(id), place, feature.fid);
        for (part, polygon) in feature.polygons.iter().enumerate() {
            vintage.objects.push(Object {
                id: if part == 0 { id.clone() } else { format!("{id}#{}", part + 1) },
                ossature: value(ossature).and_then(Value::integer) == Some(1),
                source: text(source).unwrap_or_default(),
                code_or: text(code_or).unwrap_or_default(),
                id_origine: text(id_origine).unwrap_or_default(),
            });
            vintage.couples.push(couple);
            vintage.polygons.push(polygon.clone());
        }
    }

    /// The leaf behind a code; nodata where there is none.
    fn class(&self, dimension: Dimension, value: &Value, place: Point, fid: i64) -> ClassId {
        let Some(code) = value.text() else {
            self.tally.count_at(
                key::CODE_NULL,
                place,
                0,
                format!("{}, {dimension}, feature {fid}", self.source),
            );
            return ClassId::NODATA;
        };
        let exact = self
            .nomenclature
            .find(dimension, &code)
            .filter(|&id| self.nomenclature.class(dimension, id).is_some_and(|class| class.leaf));
        if let Some(id) = exact {
            return id;
        }
        let note = format!("{}, `{code}`, feature {fid}", self.source);
        if let Some(id) = self.nomenclature.collapse(dimension, &code) {
            self.tally.count_at(key::CODE_COLLAPSED, place, 0, note);
            return id;
        }
        self.tally.count_at(key::CODE_UNKNOWN, place, 0, note);
        ClassId::NODATA
    }

    /// A unique id: the file's, with a suffix from the second time on.
    fn id(&mut self, id: Option<String>, place: Point, fid: i64) -> String {
        let id = id.unwrap_or_else(|| {
            self.tally.count_at(
                key::ID_MISSING,
                place,
                0,
                format!("{}, feature {fid}", self.source),
            );
            format!("fid{fid}")
        });
        let times = self.seen.entry(id.clone()).or_default();
        *times += 1;
        if *times == 1 {
            return id;
        }
        self.tally.count_at(
            key::ID_DUPLICATE,
            place,
            0,
            format!("{}, `{id}`, feature {fid}", self.source),
        );
        format!("{id}~{times}")
    }
}

/// A corner that stands for a feature; the origin when it has no polygon.
fn place_of(polygons: &[Polygon]) -> Point {
    polygons.first().and_then(|p| p.exterior.0.first()).copied().unwrap_or_default()
}
