//! What a file to write is made of: its format, its layers, their columns and their shapes.

use kernels::lattice::{Point, Polygon};

/// Type of a column to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// 32-bit whole numbers.
    Integer,
    /// 64-bit whole numbers.
    Integer64,
    /// Floating-point numbers.
    Real,
    /// Texts.
    Text,
    /// True (1) or false (0).
    Boolean,
}

/// A column to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; the case is kept.
    pub name: String,
    /// Its type.
    pub kind: FieldKind,
    /// Whether a feature may lack it.
    pub is_nullable: bool,
    /// Whether two features may not share a value.
    pub is_unique: bool,
}

impl Field {
    /// A column that every feature has.
    pub fn required(name: impl Into<String>, kind: FieldKind) -> Self {
        Self { name: name.into(), kind, is_nullable: false, is_unique: false }
    }

    /// A column that every feature has, with another value for each.
    pub fn unique(name: impl Into<String>, kind: FieldKind) -> Self {
        Self { is_unique: true, ..Self::required(name, kind) }
    }

    /// A column that a feature may lack.
    pub fn optional(name: impl Into<String>, kind: FieldKind) -> Self {
        Self { is_nullable: true, ..Self::required(name, kind) }
    }
}

/// Kind of the geometries of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometryKind {
    /// One polygon per feature.
    Polygon,
    /// One multipolygon per feature.
    MultiPolygon,
    /// One line per feature.
    Line,
    /// Some lines per feature.
    MultiLine,
    /// One point per feature.
    Point,
    /// None: a table.
    None,
}

/// A geometry to write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape<'a> {
    /// No geometry.
    None,
    /// A polygon.
    Polygon(&'a Polygon),
    /// Several polygons.
    MultiPolygon(&'a [Polygon]),
    /// A line.
    Line(&'a [Point]),
    /// Several lines.
    MultiLine(&'a [Vec<Point>]),
    /// A point.
    Point(Point),
}

/// A layer to write.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSpec {
    /// Its name.
    pub name: String,
    /// Its title, for people.
    pub title: String,
    /// Kind of its geometries.
    pub geometry: GeometryKind,
    /// Name of its geometry column.
    pub geometry_column: &'static str,
    /// EPSG code of the lattice, that is of the shapes to write.
    pub epsg: u32,
    /// EPSG code of the file; shapes are reprojected when it is another one.
    pub file_epsg: u32,
    /// Its columns, in order.
    pub fields: Vec<Field>,
}

/// Format of a file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorFormat {
    /// `GeoPackage`, with one or several layers.
    GeoPackage,
    /// A shapefile, one layer named after the file: names of at most ten characters, texts of at
    /// most 254 bytes, files of at most 2 GiB.
    Shapefile,
    /// `FlatGeobuf`, one layer; features come in the order of its spatial index.
    FlatGeobuf,
}
