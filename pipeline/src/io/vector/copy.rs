//! Copying a layer under other shapes: every column keeps its name, its type and its values.

use std::ffi::{CStr, CString};
use std::path::Path;

use gdal::errors::GdalError;
use gdal::vector::{LayerAccess, LayerOptions};
use gdal::{Dataset, DriverManager};
use gdal_sys::{OGRFeatureDefnH, OGRFieldDefnH, OGRFieldType, OGRLayerH, OGRwkbGeometryType};
use kernels::lattice::{Point, Polygon};

use super::super::error::{Result, write_error};
use super::super::gdal::{ogr, raise, reading, strict, writing};
use super::super::spatial_index::SpatialIndex;
use super::super::srs;
use super::super::vector_writer::{NewFeature, Shape, count, encode_with, set, set_shape};
use super::{Owned, Value, VectorSource, filter, text};

/// A polygon to write with the columns of the feature that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece<'a> {
    /// Its shape, in the CRS of the copy.
    pub polygon: &'a Polygon,
    /// A column that takes another value than the feature's.
    pub changed: Option<(usize, Value)>,
}

/// The layer that is being written.
struct Target {
    handle: OGRLayerH,
    definition: OGRFeatureDefnH,
    /// The types of its columns, which are those of the source.
    kinds: Vec<OGRFieldType::Type>,
    /// Packed when the last polygon is there.
    index: SpatialIndex,
}

impl VectorSource {
    /// Copies the layer into a new `GeoPackage` of the CRS `epsg`, with other shapes.
    ///
    /// * `unique`: the column whose values differ in the copy; others lose such a constraint, since
    ///   the pieces of a feature share their values.
    /// * `pieces`: what becomes of a feature, by its rank in the file: nothing, or some polygons.
    ///
    /// Features keep the order of the file and are numbered from 1; one is in memory at a time.
    /// Gives their number. As for `VectorWriter`, give a temporary path and publish it afterwards.
    ///
    /// # Errors
    /// The source cannot be read to its end, the file exists or cannot be written completely.
    pub fn copy_with<'a>(
        &self,
        path: &Path,
        epsg: u32,
        unique: Option<usize>,
        mut pieces: impl FnMut(usize) -> Vec<Piece<'a>>,
    ) -> Result<u64> {
        raise();
        if path.exists() {
            return Err(write_error(path, "the file exists already"));
        }
        let layer =
            reading(&self.path, "this layer cannot be read", || self.dataset.layer(self.index))?;
        // SAFETY: the handle belongs to the dataset, which `self` holds.
        let from = unsafe { layer.c_layer() };
        filter::clear(from);
        let mut dataset =
            writing(path, || DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path))?;
        let mut target = writing(path, || self.create_twin(&mut dataset, from, epsg, unique))?;
        // SAFETY: the dataset is alive.
        let start = || unsafe { gdal_sys::GDALDatasetStartTransaction(dataset.c_dataset(), 0) };
        writing(path, || ogr(start(), "GDALDatasetStartTransaction"))?;
        let (mut n_written, mut bytes) = (0, Vec::new());
        let mut rank = 0;
        while let Some(feature) = self.next_of(from)? {
            for piece in pieces(rank) {
                n_written += 1;
                writing(path, || target.add(&feature, n_written, &piece, &mut bytes))?;
            }
            rank += 1;
        }
        writing(path, || {
            target.index.finish(&dataset)?;
            // SAFETY: the dataset is alive and its transaction was started above.
            let code = unsafe { gdal_sys::GDALDatasetCommitTransaction(dataset.c_dataset()) };
            ogr(code, "GDALDatasetCommitTransaction")?;
            dataset.flush_cache()?;
            dataset.close()
        })?;
        self.check_copy(path, n_written)
    }

    /// Opens the copy and counts its features.
    fn check_copy(&self, path: &Path, n_written: i64) -> Result<u64> {
        let found = count(path, &super::open_vector(path)?, &self.info.name)?;
        if i64::try_from(found) == Ok(n_written) {
            return Ok(found);
        }
        Err(write_error(path, format!("read again, it has {found} features, expected {n_written}")))
    }

    /// The next feature; `None` after the last one.
    fn next_of(&self, handle: OGRLayerH) -> Result<Option<Owned>> {
        // SAFETY: the layer lives as long as `self`; the feature is owned by the result.
        let read = strict(|| Ok(Owned(unsafe { gdal_sys::OGR_L_GetNextFeature(handle) })));
        let feature =
            read.map_err(|said| self.fault("this layer cannot be read to its end").got(said))?;
        Ok((!feature.0.is_null()).then_some(feature))
    }

    /// Creates an empty layer with the name and the columns of the source.
    fn create_twin(
        &self,
        dataset: &mut Dataset,
        from: OGRLayerH,
        epsg: u32,
        unique: Option<usize>,
    ) -> std::result::Result<Target, GdalError> {
        let names = self.info.columns.iter().map(|column| column.name.to_lowercase());
        let has = |name: &str| names.clone().any(|other| other == name);
        let fid = if has("fid") { "ogc_fid" } else { "fid" };
        // SAFETY: the layer is alive; GDAL keeps the text.
        let column = unsafe { CStr::from_ptr(gdal_sys::OGR_L_GetGeometryColumn(from)) };
        let column = column.to_string_lossy();
        let geometry = if column.is_empty() { "geom" } else { &column };
        let options = [format!("GEOMETRY_NAME={geometry}"), format!("FID={fid}")];
        let layer = dataset.create_layer(LayerOptions {
            name: &self.info.name,
            srs: Some(&srs::from_epsg(epsg)?),
            ty: OGRwkbGeometryType::wkbPolygon,
            options: Some(&[&options[0], &options[1], "SPATIAL_INDEX=NO"]),
        })?;
        // SAFETY: the handles belong to datasets that outlive this call; fields are counted.
        let (handle, definition, kinds) = unsafe {
            let handle = layer.c_layer();
            let source = gdal_sys::OGR_L_GetLayerDefn(from);
            let mut kinds = Vec::new();
            for index in 0..self.info.columns.len() {
                let field = gdal_sys::OGR_FD_GetFieldDefn(source, index as i32);
                kinds.push(gdal_sys::OGR_Fld_GetType(field));
                add_twin(handle, field, unique == Some(index))?;
            }
            (handle, gdal_sys::OGR_L_GetLayerDefn(handle), kinds)
        };
        let index = SpatialIndex::create(dataset, &self.info.name, geometry)?;
        Ok(Target { handle, definition, kinds, index })
    }
}

/// Adds a column like `field`.
///
/// # Safety
/// Both handles are alive.
unsafe fn add_twin(
    layer: OGRLayerH,
    field: OGRFieldDefnH,
    is_unique: bool,
) -> std::result::Result<(), GdalError> {
    // SAFETY: guaranteed by the caller; the new definition is copied by the layer, then destroyed.
    unsafe {
        let name = CString::from(CStr::from_ptr(gdal_sys::OGR_Fld_GetNameRef(field)));
        let twin = gdal_sys::OGR_Fld_Create(name.as_ptr(), gdal_sys::OGR_Fld_GetType(field));
        gdal_sys::OGR_Fld_SetSubType(twin, gdal_sys::OGR_Fld_GetSubType(field));
        gdal_sys::OGR_Fld_SetWidth(twin, gdal_sys::OGR_Fld_GetWidth(field));
        gdal_sys::OGR_Fld_SetPrecision(twin, gdal_sys::OGR_Fld_GetPrecision(field));
        gdal_sys::OGR_Fld_SetNullable(twin, gdal_sys::OGR_Fld_IsNullable(field));
        let was_unique = gdal_sys::OGR_Fld_IsUnique(field);
        gdal_sys::OGR_Fld_SetUnique(twin, if is_unique { was_unique } else { 0 });
        let code = gdal_sys::OGR_L_CreateField(layer, twin, 0);
        gdal_sys::OGR_Fld_Destroy(twin);
        ogr(code, "OGR_L_CreateField")
    }
}

impl Target {
    /// Adds a polygon with the columns of a feature.
    fn add(
        &mut self,
        from: &Owned,
        fid: i64,
        piece: &Piece<'_>,
        bytes: &mut Vec<u8>,
    ) -> std::result::Result<(), GdalError> {
        // SAFETY: the definition is alive; the feature is freed by `NewFeature`.
        let feature = NewFeature(unsafe { gdal_sys::OGR_F_Create(self.definition) });
        // SAFETY: the feature is alive.
        ogr(unsafe { gdal_sys::OGR_F_SetFID(feature.0, fid) }, "OGR_F_SetFID")?;
        for (index, kind) in self.kinds.iter().enumerate() {
            copy_value(from, &feature, index as i32, *kind)?;
        }
        if let Some((index, value)) = &piece.changed {
            set(&feature, *index as i32, value)?;
        }
        let extent = encode_with(bytes, Shape::Polygon(piece.polygon), &Point::to_metres);
        set_shape(&feature, Some(bytes))?;
        // SAFETY: layer and feature are alive.
        let code = unsafe { gdal_sys::OGR_L_CreateFeature(self.handle, feature.0) };
        ogr(code, "OGR_L_CreateFeature")?;
        if let Some(extent) = extent {
            self.index.add(fid, extent);
        }
        Ok(())
    }
}

/// Copies one value as it is; a text that is not UTF-8 is taken to be Latin-1.
fn copy_value(
    from: &Owned,
    to: &NewFeature,
    index: i32,
    kind: OGRFieldType::Type,
) -> std::result::Result<(), GdalError> {
    // SAFETY: both features are alive, of layers with the same columns; GDAL copies the value.
    unsafe {
        if gdal_sys::OGR_F_IsFieldSet(from.0, index) == 0 {
            return Ok(());
        }
        let is_text = kind == OGRFieldType::OFTString;
        if is_text && gdal_sys::OGR_F_IsFieldSetAndNotNull(from.0, index) != 0 {
            let bytes = gdal_sys::OGR_F_GetFieldAsString(from.0, index);
            if CStr::from_ptr(bytes).to_str().is_err() {
                return set(to, index, &text(bytes, &mut true));
            }
        }
        let raw = gdal_sys::OGR_F_GetRawFieldRef(from.0, index);
        gdal_sys::OGR_F_SetFieldRaw(to.0, index, raw);
    }
    Ok(())
}
