//! Writing vector layers: the same features always give the same bytes.

use std::cell::Cell;
use std::ffi::CString;
use std::path::{Path, PathBuf};

use gdal::errors::GdalError;
use gdal::vector::{LayerAccess, LayerOptions};
use gdal::{Dataset, DriverManager};
use gdal_sys::{OGRFeatureH, OGRFieldSubType, OGRFieldType, OGRLayerH};
use kernels::lattice::Point;

use super::error::{Result, write_error};
use super::gdal::{FIXED_DATE, ogr, open_vector, raise, writing};
use super::layer_styles::{self, LayerStyles};
use super::spatial_index::{SpatialIndex, column_of, identifier};
use super::srs::{self, Reprojection};
use super::vector::Value;
use super::wkb;
use crate::styles::Style;

mod spec;

pub use spec::{Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat};

/// Writes layers one after the other into a new file.
pub struct VectorWriter {
    path: PathBuf,
    // Before the dataset, so that features go before their layers.
    layers: Vec<OpenLayer>,
    dataset: Dataset,
    format: VectorFormat,
    bytes: Vec<u8>,
}

struct OpenLayer {
    spec: LayerSpec,
    handle: OGRLayerH,
    /// Every row in turn: each sets its number, all its columns and its shape.
    feature: NewFeature,
    way: Option<Reprojection>,
    /// Its index, where it is ours to make.
    index: Option<SpatialIndex>,
    n_features: u64,
}

impl VectorWriter {
    /// Creates a file with its layers, all empty.
    ///
    /// The file must not exist. It is neither synchronised nor renamed here: give a temporary
    /// path, then publish it once [`VectorWriter::finish`] has returned.
    ///
    /// # Errors
    /// The file exists or cannot be created, or a CRS is unknown.
    pub fn create(path: &Path, format: VectorFormat, layers: &[LayerSpec]) -> Result<Self> {
        raise();
        if path.exists() {
            return Err(write_error(path, "the file exists already"));
        }
        let driver = match format {
            VectorFormat::GeoPackage => "GPKG",
            VectorFormat::FlatGeobuf => "FlatGeobuf",
            VectorFormat::Shapefile => "ESRI Shapefile",
        };
        let dataset =
            writing(path, || DriverManager::get_driver_by_name(driver)?.create_vector_only(path))?;
        let layers_open = Vec::with_capacity(layers.len());
        let path = path.to_path_buf();
        let mut writer = Self { path, layers: layers_open, dataset, format, bytes: Vec::new() };
        for spec in layers {
            writer.create_layer(spec)?;
        }
        writer.begin()?;
        Ok(writer)
    }

    fn create_layer(&mut self, spec: &LayerSpec) -> Result<()> {
        if self.format == VectorFormat::Shapefile {
            check_names(&self.path, spec)?;
        }
        let way = (spec.epsg != spec.file_epsg)
            .then(|| Reprojection::new(&self.path, spec.epsg, spec.file_epsg))
            .transpose()?;
        let (format, dataset) = (self.format, &mut self.dataset);
        let (handle, feature) = writing(&self.path, || {
            let options = layer_options(format, spec);
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let crs = (spec.geometry != GeometryKind::None)
                .then(|| srs::from_epsg(spec.file_epsg))
                .transpose()?;
            let layer = dataset.create_layer(LayerOptions {
                name: &spec.name,
                srs: crs.as_ref(),
                ty: geometry_type(spec.geometry),
                options: Some(&options),
            })?;
            for field in &spec.fields {
                add_field(&layer, field)?;
            }
            // SAFETY: the handle belongs to the dataset, which this writer owns and closes last.
            let handle = unsafe { layer.c_layer() };
            // SAFETY: the layer is alive; the feature keeps its definition and is freed when dropped.
            let new = unsafe { gdal_sys::OGR_F_Create(gdal_sys::OGR_L_GetLayerDefn(handle)) };
            Ok((handle, NewFeature(new)))
        })?;
        let is_indexed = format == VectorFormat::GeoPackage && spec.geometry != GeometryKind::None;
        let index = is_indexed
            .then(|| {
                writing(&self.path, || {
                    SpatialIndex::create(&self.dataset, &spec.name, spec.geometry_column)
                })
            })
            .transpose()?;
        let spec = spec.clone();
        self.layers.push(OpenLayer { spec, handle, feature, way, index, n_features: 0 });
        Ok(())
    }

    /// One transaction for the whole file: a feature costs microseconds instead of a disk flush.
    fn begin(&mut self) -> Result<()> {
        if self.format != VectorFormat::GeoPackage {
            return Ok(());
        }
        writing(&self.path, || {
            // SAFETY: the dataset is alive.
            let code =
                unsafe { gdal_sys::GDALDatasetStartTransaction(self.dataset.c_dataset(), 0) };
            ogr(code, "GDALDatasetStartTransaction")
        })
    }

    /// Adds a feature to layer `layer` (from 0), under the number `fid`; `values` follow the
    /// fields of the layer.
    ///
    /// # Errors
    /// The values do not match the fields (count, type, or absent where required), the shape is of
    /// another kind or empty, or the file cannot be written.
    pub fn add(
        &mut self,
        layer: usize,
        fid: i64,
        shape: Shape<'_>,
        values: &[Value],
    ) -> Result<()> {
        let Self { path, layers, bytes, format, .. } = self;
        let open = &mut layers[layer];
        check_row(path, &open.spec, fid, shape, values)?;
        if *format == VectorFormat::Shapefile {
            check_texts(path, &open.spec, fid, values)?;
        }
        let extent = encode(bytes, shape, open.way.as_ref())?;
        writing(path, || {
            let feature = &open.feature;
            // SAFETY: the feature is alive.
            ogr(unsafe { gdal_sys::OGR_F_SetFID(feature.0, fid) }, "OGR_F_SetFID")?;
            for (index, value) in values.iter().enumerate() {
                set(feature, index as i32, value)?;
            }
            // A table has no place for a shape, not even for none.
            if open.spec.geometry != GeometryKind::None {
                set_shape(feature, extent.map(|_| bytes.as_slice()))?;
            }
            // SAFETY: layer and feature are alive.
            let code = unsafe { gdal_sys::OGR_L_CreateFeature(open.handle, feature.0) };
            ogr(code, "OGR_L_CreateFeature")?;
            if let (Some(index), Some(extent)) = (&mut open.index, extent) {
                index.add(fid, extent);
            }
            Ok(())
        })?;
        open.n_features += 1;
        Ok(())
    }

    /// Gives layers of a `GeoPackage` their styles and forms for `QGIS`: pairs of the rank of a layer
    /// and its styles, the one to open it with first.
    ///
    /// # Errors
    /// The file cannot be written, or has styles already.
    pub fn set_styles(&mut self, styles: &[(usize, &[Style])]) -> Result<()> {
        let Self { path, dataset, layers, .. } = self;
        let rows = styles.iter().map(|&(layer, styles)| {
            let LayerSpec { name, geometry_column, .. } = &layers[layer].spec;
            LayerStyles { layer: name, geometry_column, styles }
        });
        let rows: Vec<_> = rows.collect();
        writing(path, || layer_styles::write(dataset, &rows))
    }

    /// Indexes, commits, closes, opens the file again and counts the features of each layer.
    ///
    /// # Errors
    /// The disk is full, or a layer does not hold what was added.
    pub fn finish(self) -> Result<Vec<u64>> {
        let Self { path, mut dataset, format, mut layers, .. } = self;
        writing(&path, || {
            for index in layers.iter_mut().filter_map(|layer| layer.index.take()) {
                index.finish(&dataset)?;
            }
            if format == VectorFormat::GeoPackage {
                // SAFETY: the dataset is alive and its transaction was started by `begin`.
                let code = unsafe { gdal_sys::GDALDatasetCommitTransaction(dataset.c_dataset()) };
                ogr(code, "GDALDatasetCommitTransaction")?;
            }
            dataset.flush_cache()?;
            dataset.close()
        })?;
        let again = open_vector(&path)?;
        let mut counts = Vec::with_capacity(layers.len());
        for layer in &layers {
            let found = count(&path, &again, &layer.spec.name)?;
            if found != layer.n_features {
                let what = format!(
                    "read again, layer `{}` has {found} features, expected {}",
                    layer.spec.name, layer.n_features
                );
                return Err(write_error(&path, what));
            }
            counts.push(found);
        }
        Ok(counts)
    }
}

/// Counts the features that are really there, not the number that the file keeps beside them.
pub(super) fn count(path: &Path, dataset: &Dataset, layer: &str) -> Result<u64> {
    writing(path, || {
        if dataset.driver().short_name() == "GPKG" {
            // Walks the pages of the table.
            let sql = format!("SELECT COUNT(*) FROM {}", identifier(layer));
            let found = column_of(dataset, &sql)?;
            let found = found.first().and_then(|n| n.parse().ok());
            return found.ok_or(GdalError::NullPointer { method_name: "COUNT", msg: sql });
        }
        let layer = dataset.layer_by_name(layer)?;
        // SAFETY: the handle belongs to the dataset, borrowed meanwhile.
        let handle = unsafe { layer.c_layer() };
        // Rows are stepped through, but their shapes and values are not decoded.
        let mut unread = [c"OGR_GEOMETRY".as_ptr(), std::ptr::null()];
        // SAFETY: a NULL-terminated list of static strings, copied by the call.
        let code = unsafe { gdal_sys::OGR_L_SetIgnoredFields(handle, unread.as_mut_ptr()) };
        ogr(code, "OGR_L_SetIgnoredFields")?;
        let mut found = 0;
        loop {
            // SAFETY: as above; the feature is freed at the end of the turn.
            let feature = NewFeature(unsafe { gdal_sys::OGR_L_GetNextFeature(handle) });
            if feature.0.is_null() {
                return Ok(found);
            }
            found += 1;
        }
    })
}

fn layer_options(format: VectorFormat, spec: &LayerSpec) -> Vec<String> {
    match format {
        VectorFormat::GeoPackage => vec![
            format!("GEOMETRY_NAME={}", spec.geometry_column),
            format!("DESCRIPTION={}", spec.title),
            // Made by `SpatialIndex` once all features are there.
            "SPATIAL_INDEX=NO".to_owned(),
        ],
        VectorFormat::FlatGeobuf => vec![
            format!("DESCRIPTION={}", spec.title),
            format!("TITLE={}", spec.name),
            "SPATIAL_INDEX=YES".to_owned(),
        ],
        VectorFormat::Shapefile => vec![
            "ENCODING=UTF-8".to_owned(),
            "2GB_LIMIT=YES".to_owned(),
            // Columns as wide as their widest value, known when all features are there.
            "RESIZE=YES".to_owned(),
            format!("DBF_DATE_LAST_UPDATE={}", &FIXED_DATE[..10]),
        ],
    }
}

fn geometry_type(kind: GeometryKind) -> gdal_sys::OGRwkbGeometryType::Type {
    use gdal_sys::OGRwkbGeometryType::{
        wkbLineString, wkbMultiLineString, wkbMultiPolygon, wkbNone, wkbPoint, wkbPolygon,
    };
    match kind {
        GeometryKind::Polygon => wkbPolygon,
        GeometryKind::MultiPolygon => wkbMultiPolygon,
        GeometryKind::Line => wkbLineString,
        GeometryKind::MultiLine => wkbMultiLineString,
        GeometryKind::Point => wkbPoint,
        GeometryKind::None => wkbNone,
    }
}

fn add_field<L: LayerAccess>(layer: &L, field: &Field) -> std::result::Result<(), GdalError> {
    let kind = match field.kind {
        FieldKind::Integer | FieldKind::Boolean => OGRFieldType::OFTInteger,
        FieldKind::Integer64 => OGRFieldType::OFTInteger64,
        FieldKind::Real => OGRFieldType::OFTReal,
        FieldKind::Text => OGRFieldType::OFTString,
    };
    let name = CString::new(field.name.as_str())?;
    // SAFETY: the definition is created, copied by the layer and destroyed here.
    unsafe {
        let definition = gdal_sys::OGR_Fld_Create(name.as_ptr(), kind);
        if field.kind == FieldKind::Boolean {
            gdal_sys::OGR_Fld_SetSubType(definition, OGRFieldSubType::OFSTBoolean);
        }
        gdal_sys::OGR_Fld_SetNullable(definition, i32::from(field.is_nullable));
        gdal_sys::OGR_Fld_SetUnique(definition, i32::from(field.is_unique));
        let code = gdal_sys::OGR_L_CreateField(layer.c_layer(), definition, 0);
        gdal_sys::OGR_Fld_Destroy(definition);
        ogr(code, "OGR_L_CreateField")
    }
}

/// Longest name of a column of a shapefile (dBASE III).
const DBF_NAME_MAX: usize = 10;
/// Longest text of a shapefile, in bytes (dBASE III).
const DBF_TEXT_MAX: usize = 254;

/// Refuses what GDAL would cut short.
fn check_names(path: &Path, spec: &LayerSpec) -> Result<()> {
    match spec.fields.iter().find(|field| field.name.len() > DBF_NAME_MAX) {
        None => Ok(()),
        Some(field) => {
            let what = format!(
                "a shapefile has no column `{}`: names are of at most {DBF_NAME_MAX} characters",
                field.name
            );
            Err(write_error(path, what))
        }
    }
}

/// Refuses a text that GDAL would cut short.
fn check_texts(path: &Path, spec: &LayerSpec, fid: i64, values: &[Value]) -> Result<()> {
    for (field, value) in spec.fields.iter().zip(values) {
        if let Value::Text(text) = value
            && text.len() > DBF_TEXT_MAX
        {
            let what = format!(
                "layer `{}`, feature {fid}: column `{}` holds {} bytes, a shapefile at most \
                 {DBF_TEXT_MAX}; deliver it as a GeoPackage",
                spec.name,
                field.name,
                text.len()
            );
            return Err(write_error(path, what));
        }
    }
    Ok(())
}

/// Checks a row before GDAL, which would quietly convert or drop what does not fit.
fn check_row(
    path: &Path,
    spec: &LayerSpec,
    fid: i64,
    shape: Shape<'_>,
    values: &[Value],
) -> Result<()> {
    let refuse = |what: String| {
        let what = format!("layer `{}`, feature {fid}: {what}", spec.name);
        Err(write_error(path, what))
    };
    let is_right = match (shape, spec.geometry) {
        (Shape::None, _) | (Shape::Point(_), GeometryKind::Point) => true,
        (Shape::Polygon(p), GeometryKind::Polygon) => p.exterior.0.len() > 2,
        (Shape::MultiPolygon(list), GeometryKind::MultiPolygon) => !list.is_empty(),
        (Shape::Line(line), GeometryKind::Line) => line.len() > 1,
        (Shape::MultiLine(list), GeometryKind::MultiLine) => {
            !list.is_empty() && list.iter().all(|line| line.len() > 1)
        }
        _ => false,
    };
    if !is_right {
        return refuse(format!("its shape is not a full {:?}", spec.geometry));
    }
    if values.len() != spec.fields.len() {
        return refuse(format!("{} values for {} fields", values.len(), spec.fields.len()));
    }
    for (field, value) in spec.fields.iter().zip(values) {
        let fits = match (value, field.kind) {
            (Value::Null, _) => field.is_nullable,
            (Value::Integer(v), FieldKind::Boolean) => (0..=1).contains(v),
            (Value::Integer(v), FieldKind::Integer) => i32::try_from(*v).is_ok(),
            (Value::Real(v), FieldKind::Real) => v.is_finite(),
            (Value::Integer(_), FieldKind::Integer64) | (Value::Text(_), FieldKind::Text) => true,
            _ => false,
        };
        if !fits {
            return refuse(format!("{value:?} does not fit column `{}`", field.name));
        }
    }
    Ok(())
}

/// West, south, east and north of a shape, in the coordinates of the file.
type Extent = [f64; 4];

/// Encodes a shape; gives its box, `None` when there is no shape.
fn encode(
    bytes: &mut Vec<u8>,
    shape: Shape<'_>,
    way: Option<&Reprojection>,
) -> Result<Option<Extent>> {
    let Some(way) = way else {
        return Ok(encode_with(bytes, shape, &Point::to_metres));
    };
    // The encoder cannot fail: the first failure is kept aside and wins at the end.
    let failed = std::cell::RefCell::new(None);
    let place = |point: Point| {
        way.point(point).unwrap_or_else(|error| {
            failed.borrow_mut().get_or_insert(error);
            (0.0, 0.0)
        })
    };
    let extent = encode_with(bytes, shape, &place);
    failed.into_inner().map_or(Ok(extent), Err)
}

/// Encodes a shape whose corners are placed in the file; gives its box, `None` without a shape.
pub(super) fn encode_with(
    bytes: &mut Vec<u8>,
    shape: Shape<'_>,
    place: &impl Fn(Point) -> (f64, f64),
) -> Option<Extent> {
    let (low, high) = (Cell::new([f64::INFINITY; 2]), Cell::new([f64::NEG_INFINITY; 2]));
    let place = &|point: Point| {
        let (x, y) = place(point);
        let ([west, south], [east, north]) = (low.get(), high.get());
        low.set([west.min(x), south.min(y)]);
        high.set([east.max(x), north.max(y)]);
        (x, y)
    };
    match shape {
        Shape::None => return None,
        Shape::Polygon(polygon) => wkb::write_polygon(bytes, polygon, place),
        Shape::MultiPolygon(list) => wkb::write_multi_polygon(bytes, list, place),
        Shape::Line(line) => wkb::write_line(bytes, line, place),
        Shape::MultiLine(list) => wkb::write_multi_line(bytes, list, place),
        Shape::Point(point) => wkb::write_point(bytes, point, place),
    }
    let ([west, south], [east, north]) = (low.get(), high.get());
    Some([west, south, east, north])
}

/// A feature being made, freed when it goes out of scope.
pub(super) struct NewFeature(pub(super) OGRFeatureH);

impl Drop for NewFeature {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the feature is ours and nothing points into it any more.
            unsafe { gdal_sys::OGR_F_Destroy(self.0) };
        }
    }
}

/// Sets a column of a feature.
pub(super) fn set(
    feature: &NewFeature,
    index: i32,
    value: &Value,
) -> std::result::Result<(), GdalError> {
    // SAFETY: the feature is alive and `check_row` has matched the values with its fields.
    unsafe {
        match value {
            Value::Null => gdal_sys::OGR_F_SetFieldNull(feature.0, index),
            Value::Integer(v) => gdal_sys::OGR_F_SetFieldInteger64(feature.0, index, *v),
            Value::Real(v) => gdal_sys::OGR_F_SetFieldDouble(feature.0, index, *v),
            Value::Text(v) => {
                let text = CString::new(v.as_str())?;
                gdal_sys::OGR_F_SetFieldString(feature.0, index, text.as_ptr());
            }
        }
    }
    Ok(())
}

/// Gives a feature its shape, as well-known binary, or none.
pub(super) fn set_shape(
    feature: &NewFeature,
    bytes: Option<&[u8]>,
) -> std::result::Result<(), GdalError> {
    let mut geometry = std::ptr::null_mut();
    // SAFETY: the buffer is read within its length; the geometry then belongs to the feature.
    unsafe {
        if let Some(bytes) = bytes {
            let code = gdal_sys::OGR_G_CreateFromWkb(
                bytes.as_ptr().cast(),
                std::ptr::null_mut(),
                &raw mut geometry,
                i32::try_from(bytes.len())?,
            );
            ogr(code, "OGR_G_CreateFromWkb")?;
        }
        ogr(gdal_sys::OGR_F_SetGeometryDirectly(feature.0, geometry), "OGR_F_SetGeometryDirectly")
    }
}

#[cfg(test)]
#[path = "vector_writer_tests.rs"]
mod tests;
