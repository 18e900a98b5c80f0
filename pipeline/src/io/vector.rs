//! Reading vector layers: each feature becomes lattice shapes, the values asked for, and the list
//! of what was wrong with it.

use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};

use gdal::Dataset;
use gdal::Metadata;
use gdal::errors::GdalError;
use gdal::vector::LayerAccess;
use gdal_sys::{OGRFeatureH, OGRFieldSubType, OGRFieldType, OGRGeometryH, OGRLayerH};
use kernels::lattice::{Point, Polygon};

use super::error::{Error, InputError, Result};
use super::gdal::{open_vector, quiet, reading, strict};
use super::issue::{Issue, key};
use super::layer_styles;
use super::ring::Flaw;
use super::srs::{Reprojection, epsg_of};
use super::wkb::{self, Shapes};

pub mod copy;
mod filter;
mod value;

pub use value::Value;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Whole numbers and booleans.
    Integer,
    /// Floating-point numbers.
    Real,
    /// Everything else, read as text.
    Text,
}

/// A column of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, in the file's case.
    pub name: String,
    /// Its type.
    pub kind: ColumnKind,
    /// Whether its numbers are declared to be true (1) or false (0).
    pub is_boolean: bool,
}

/// What a layer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its name.
    pub name: String,
    /// EPSG code of its CRS, or `None` when it is missing or not one of EPSG's.
    pub epsg: Option<u32>,
    /// Whether it declares a CRS, known to EPSG or not.
    pub has_crs: bool,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Number of features announced.
    pub n_features: u64,
    /// Name of its geometry column; empty in formats that have none.
    pub geometry_column: String,
}

/// One feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its number in the file.
    pub fid: i64,
    /// Its polygons: multipolygons are split, exteriors turn left, holes right.
    pub polygons: Vec<Polygon>,
    /// Its lines.
    pub lines: Vec<Vec<Point>>,
    /// Its points.
    pub points: Vec<Point>,
    /// The columns asked for, in the order asked.
    pub values: Vec<Value>,
    /// What was wrong with it.
    pub issues: Vec<Issue>,
}

/// A layer open for reading.
pub struct VectorSource {
    dataset: Dataset,
    index: usize,
    path: PathBuf,
    info: LayerInfo,
    assumed_epsg: Option<u32>,
}

impl std::fmt::Debug for VectorSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VectorSource")
            .field("path", &self.path)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// The names of every table of a file, in order: its layers, and that of their styles.
///
/// # Errors
/// As [`layer_names`].
pub fn table_names(path: &Path) -> Result<Vec<String>> {
    Ok(names_of(&open_vector(path)?))
}

/// The names of the layers of a file, in order; the table of their styles is none.
///
/// # Errors
/// The path is refused, or the file is missing, damaged or of a format that is not accepted.
pub fn layer_names(path: &Path) -> Result<Vec<String>> {
    let mut names = table_names(path)?;
    names.retain(|name| name != layer_styles::TABLE);
    Ok(names)
}

impl VectorSource {
    /// Opens a layer: the one named (in any case), or the only one of the file.
    ///
    /// # Errors
    /// The path is refused; the file is missing, damaged or of a format that is not accepted; the
    /// layer does not exist, or none is named and the file has several.
    pub fn open(path: &Path, layer: Option<&str>) -> Result<Self> {
        let dataset = open_vector(path)?;
        let index = choose_layer(path, &names_of(&dataset), layer)?;
        let info = describe(path, &dataset, index)?;
        Ok(Self { dataset, index, path: path.to_path_buf(), info, assumed_epsg: None })
    }

    /// Takes an undeclared CRS to be `epsg`; a declared one stays.
    #[must_use]
    pub fn assume_epsg(mut self, epsg: u32) -> Self {
        self.assumed_epsg = Some(epsg);
        self
    }

    /// What the layer says of itself.
    pub fn info(&self) -> &LayerInfo {
        &self.info
    }

    /// What the layer tells people of itself, in formats that keep it.
    pub fn description(&self) -> Option<String> {
        let layer = quiet(|| self.dataset.layer(self.index)).ok()?;
        quiet(|| layer.metadata_item("DESCRIPTION", "")).filter(|text| !text.is_empty())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first column that has one of the names, in any case; names that come first win.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| {
            let columns = &self.info.columns;
            columns
                .iter()
                .position(|column| column.name == *name)
                .or_else(|| columns.iter().position(|c| same_name(&c.name, name)))
        })
    }

    /// [`VectorSource::column`], which must exist.
    ///
    /// # Errors
    /// No column has one of the names.
    pub fn require_column(&self, names: &[&str]) -> Result<usize> {
        self.column(names).ok_or_else(|| {
            let got = self.info.columns.iter().map(|c| format!("`{}`", c.name));
            let fault = self
                .fault("this layer lacks a column")
                .got(format!("columns {}", got.collect::<Vec<_>>().join(", ")))
                .expected(names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "));
            if has_dbf_twin(&self.path) {
                fault.hint("check that this is the layer meant, or rename its column").into()
            } else {
                fault.hint("the .dbf of this shapefile is missing: copy it as well").into()
            }
        })
    }

    /// The features in file order, with the columns of these indices, in the CRS `epsg`.
    ///
    /// Coordinates in another declared CRS are reprojected. Features are streamed: one is in
    /// memory at a time.
    ///
    /// # Errors
    /// The layer declares no CRS and none is assumed, or there is no way from its CRS.
    pub fn features<'a>(&'a self, columns: &[usize], epsg: u32) -> Result<Features<'a>> {
        let from = self.source_epsg(epsg)?;
        let way =
            if from == epsg { None } else { Some(Reprojection::new(&self.path, from, epsg)?) };
        let layer =
            reading(&self.path, "this layer cannot be read", || self.dataset.layer(self.index))?;
        // SAFETY: the handle belongs to the dataset, which the iterator borrows.
        let handle = unsafe { layer.c_layer() };
        filter::clear(handle);
        let kinds = columns.iter().map(|&index| (index, self.info.columns[index].kind)).collect();
        Ok(Features {
            source: self,
            handle,
            kinds,
            way,
            bytes: Vec::new(),
            flaws: Vec::new(),
            n_read: 0,
            is_over: false,
        })
    }

    fn source_epsg(&self, wanted: u32) -> Result<u32> {
        match (self.info.epsg, self.info.has_crs, self.assumed_epsg) {
            (Some(epsg), _, _) | (None, false, Some(epsg)) => Ok(epsg),
            (None, true, _) => Err(self
                .fault("the coordinate system of this layer is unknown to EPSG")
                .expected(format!("EPSG:{wanted}"))
                .hint(format!("declare it: `ogr2ogr -a_srs EPSG:{wanted} OUT IN`"))
                .into()),
            (None, false, None) => Err(self
                .fault("this layer has no coordinate system")
                .expected(format!("EPSG:{wanted}"))
                .hint("restore its .prj, or declare it: `ogr2ogr -a_srs EPSG:CODE OUT IN`")
                .into()),
        }
    }

    fn fault(&self, what: &str) -> InputError {
        InputError::new(&self.path, what).layer(&self.info.name)
    }
}

fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn has_dbf_twin(path: &Path) -> bool {
    !super::gdal::has_extension(path, "shp")
        || path.with_extension("dbf").exists()
        || path.with_extension("DBF").exists()
}

/// The names of every table of an open file, without reading their columns, which would take longer
/// than all the rest.
fn names_of(dataset: &Dataset) -> Vec<String> {
    let name = |rank| {
        // SAFETY: the dataset is alive, and the rank that of a layer; the text is copied.
        unsafe {
            let layer = gdal_sys::GDALDatasetGetLayer(dataset.c_dataset(), rank);
            CStr::from_ptr(gdal_sys::OGR_L_GetName(layer)).to_string_lossy().into_owned()
        }
    };
    let n = i32::try_from(dataset.layer_count()).unwrap_or(i32::MAX);
    (0..n).map(name).collect()
}

fn choose_layer(path: &Path, names: &[String], wanted: Option<&str>) -> Result<usize> {
    let list = || names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return Err(InputError::new(path, "this file has no layer").into());
    }
    let Some(wanted) = wanted else {
        // What QGIS keeps beside the data is no data.
        let mut data = (0..names.len()).filter(|&rank| names[rank] != layer_styles::TABLE);
        if let (Some(only), None) = (data.next(), data.next()) {
            return Ok(only);
        }
        return Err(InputError::new(path, "this file has several layers")
            .got(list())
            .expected("one, or the name of the one to read")
            .hint("add `layer: NAME` to this input")
            .into());
    };
    let exact = names.iter().position(|name| name == wanted);
    exact.or_else(|| names.iter().position(|name| same_name(name, wanted))).ok_or_else(|| {
        InputError::new(path, "this layer does not exist")
            .layer(wanted)
            .got(list())
            .expected(format!("`{wanted}`"))
            .into()
    })
}

fn describe(path: &Path, dataset: &Dataset, index: usize) -> Result<LayerInfo> {
    reading(path, "the header of this layer cannot be read", || {
        let layer = dataset.layer(index)?;
        let columns = layer.defn().fields().enumerate().map(|(rank, field)| Column {
            name: field.name(),
            kind: match field.field_type() {
                OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => ColumnKind::Integer,
                OGRFieldType::OFTReal => ColumnKind::Real,
                _ => ColumnKind::Text,
            },
            is_boolean: is_boolean(&layer, rank as i32),
        });
        let srs = quiet(|| layer.spatial_ref());
        Ok(LayerInfo {
            name: layer.name(),
            epsg: srs.as_ref().and_then(epsg_of),
            has_crs: srs.is_some_and(|srs| !is_placeholder(&srs)),
            columns: columns.collect(),
            n_features: layer.feature_count(),
            geometry_column: geometry_column(&layer),
        })
    })
}

/// Whether a column is declared to be true or false.
fn is_boolean(layer: &gdal::vector::Layer<'_>, rank: i32) -> bool {
    // SAFETY: the layer is alive, its definition is its own, and the rank is that of a field.
    let kind = unsafe {
        let definition = gdal_sys::OGR_L_GetLayerDefn(layer.c_layer());
        gdal_sys::OGR_Fld_GetSubType(gdal_sys::OGR_FD_GetFieldDefn(definition, rank))
    };
    kind == OGRFieldSubType::OFSTBoolean
}

/// The name of the column of the geometries.
fn geometry_column(layer: &gdal::vector::Layer<'_>) -> String {
    // SAFETY: the layer is alive; the text is its own and copied.
    let name = unsafe { CStr::from_ptr(gdal_sys::OGR_L_GetGeometryColumn(layer.c_layer())) };
    name.to_string_lossy().into_owned()
}

/// Whether a CRS only says that there is none, as `GeoPackage` does with its codes 0 and -1.
fn is_placeholder(srs: &gdal::spatial_ref::SpatialRef) -> bool {
    quiet(|| srs.is_local() || srs.name().is_some_and(|name| name.starts_with("Undefined")))
}

/// The features of a layer, one at a time.
pub struct Features<'a> {
    source: &'a VectorSource,
    handle: OGRLayerH,
    kinds: Vec<(usize, ColumnKind)>,
    way: Option<Reprojection>,
    bytes: Vec<u8>,
    flaws: Vec<Flaw>,
    n_read: u64,
    is_over: bool,
}

impl Iterator for Features<'_> {
    type Item = Result<Feature>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = strict(|| {
            // SAFETY: the layer lives as long as the borrowed dataset; the feature is owned here.
            Ok(Owned(unsafe { gdal_sys::OGR_L_GetNextFeature(self.handle) }))
        });
        match read {
            Err(said) => {
                let fault = self.source.fault("this layer cannot be read to its end").got(said);
                Some(Err(fault.hint("the file is truncated or damaged: copy it again").into()))
            }
            Ok(feature) if feature.0.is_null() => self.check_end().map(Err),
            Ok(feature) => {
                self.n_read += 1;
                Some(self.convert(&feature))
            }
        }
    }
}

/// A feature that is freed when it goes out of scope.
struct Owned(OGRFeatureH);

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the feature is ours and nothing points into it any more.
            unsafe { gdal_sys::OGR_F_Destroy(self.0) };
        }
    }
}

impl Features<'_> {
    /// Some drivers end a truncated file as if it were whole: the header knows better.
    fn check_end(&mut self) -> Option<Error> {
        let announced = self.source.info.n_features;
        if self.n_read >= announced || self.is_over {
            return None;
        }
        self.is_over = true;
        let fault = self
            .source
            .fault("this layer cannot be read to its end")
            .got(format!("{} features", self.n_read))
            .expected(format!("{announced}, which its header announces"))
            .hint("the file is truncated or damaged: copy it again");
        Some(fault.into())
    }

    fn convert(&mut self, feature: &Owned) -> Result<Feature> {
        // SAFETY: the feature is alive.
        let fid = unsafe { gdal_sys::OGR_F_GetFID(feature.0) };
        self.flaws.clear();
        let shapes = strict(|| self.shapes(feature)).map_err(|said| {
            self.source.fault("this geometry cannot be read").feature(fid).got(said)
        })?;
        let mut issues: Vec<Issue> = self
            .flaws
            .drain(..)
            .map(|Flaw { key, place, twice_area }| Issue { key, place, fid, twice_area })
            .collect();
        let mut is_latin1 = false;
        let values =
            self.kinds.iter().map(|&(i, kind)| value(feature, i, kind, &mut is_latin1)).collect();
        if is_latin1 {
            issues.push(Issue { key: key::TEXT_LATIN1, place: None, fid, twice_area: 0 });
        }
        let Shapes { polygons, lines, points } = shapes;
        Ok(Feature { fid, polygons, lines, points, values, issues })
    }

    fn shapes(&mut self, feature: &Owned) -> std::result::Result<Shapes, GdalError> {
        // SAFETY: the feature is alive; the geometry stays its property.
        let geometry = unsafe { gdal_sys::OGR_F_GetGeometryRef(feature.0) };
        if geometry.is_null() {
            return Ok(self.nothing(key::GEOMETRY_NULL));
        }
        // SAFETY: the geometry is alive, here and in the rest of this function.
        if unsafe { gdal_sys::OGR_G_IsEmpty(geometry) } != 0 {
            return Ok(self.nothing(key::GEOMETRY_EMPTY));
        }
        if let Some(way) = &self.way {
            // A failure is an issue of the data, and not one of the run.
            // SAFETY: as above; the transformation is alive.
            let code = quiet(|| unsafe { gdal_sys::OGR_G_Transform(geometry, way.handle()) });
            if code != gdal_sys::OGRErr::OGRERR_NONE {
                return Ok(self.nothing(key::NOT_REPROJECTED));
            }
        }
        // SAFETY: as above.
        if unsafe { gdal_sys::OGR_G_HasCurveGeometry(geometry, 0) } == 0 {
            return self.parse(geometry);
        }
        // SAFETY: as above; the new geometry is ours and freed below.
        let linear =
            unsafe { gdal_sys::OGR_G_GetLinearGeometry(geometry, 0.0, std::ptr::null_mut()) };
        let shapes = self.parse(linear);
        // SAFETY: the geometry is ours.
        unsafe { gdal_sys::OGR_G_DestroyGeometry(linear) };
        let place = None;
        self.flaws.push(Flaw { key: key::CURVE_LINEARISED, place, twice_area: 0 });
        shapes
    }

    fn nothing(&mut self, key: &'static str) -> Shapes {
        self.flaws.push(Flaw { key, place: None, twice_area: 0 });
        Shapes::default()
    }

    fn parse(&mut self, geometry: OGRGeometryH) -> std::result::Result<Shapes, GdalError> {
        if geometry.is_null() {
            return Ok(self.nothing(key::GEOMETRY_UNSUPPORTED));
        }
        // SAFETY: the geometry is alive.
        let length = unsafe { gdal_sys::OGR_G_WkbSizeEx(geometry) };
        self.bytes.clear();
        self.bytes.resize(length, 0);
        let order = gdal_sys::OGRwkbByteOrder::wkbNDR;
        // SAFETY: the buffer has the length that the geometry asked for.
        let code =
            unsafe { gdal_sys::OGR_G_ExportToIsoWkb(geometry, order, self.bytes.as_mut_ptr()) };
        super::gdal::ogr(code, "OGR_G_ExportToIsoWkb")?;
        match wkb::parse(&self.bytes, &mut self.flaws) {
            Some(shapes) => Ok(shapes),
            None => Ok(self.nothing(key::GEOMETRY_UNSUPPORTED)),
        }
    }
}

fn value(feature: &Owned, index: usize, kind: ColumnKind, is_latin1: &mut bool) -> Value {
    let index = index as i32;
    // SAFETY: the feature is alive and the index comes from its layer's definition.
    unsafe {
        if gdal_sys::OGR_F_IsFieldSetAndNotNull(feature.0, index) == 0 {
            return Value::Null;
        }
        match kind {
            ColumnKind::Integer => {
                Value::Integer(gdal_sys::OGR_F_GetFieldAsInteger64(feature.0, index))
            }
            ColumnKind::Real => Value::Real(gdal_sys::OGR_F_GetFieldAsDouble(feature.0, index)),
            ColumnKind::Text => text(gdal_sys::OGR_F_GetFieldAsString(feature.0, index), is_latin1),
        }
    }
}

/// # Safety
/// `bytes` is null or a NUL-terminated string that is valid during the call.
unsafe fn text(bytes: *const c_char, is_latin1: &mut bool) -> Value {
    if bytes.is_null() {
        return Value::Null;
    }
    // SAFETY: guaranteed by the caller.
    let bytes = unsafe { CStr::from_ptr(bytes) }.to_bytes();
    let text = std::str::from_utf8(bytes).map_or_else(
        |_| {
            *is_latin1 = true;
            bytes.iter().map(|&byte| char::from(byte)).collect::<String>().trim().to_owned()
        },
        |text| text.trim().to_owned(),
    );
    Value::Text(text)
}

#[cfg(test)]
#[path = "vector_tests.rs"]
mod tests;
