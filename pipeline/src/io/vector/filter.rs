//! Reading a few features of a layer, found by the file's own indices.

use std::ffi::CString;

use gdal::errors::GdalError;
use gdal::vector::LayerAccess;
use gdal_sys::OGRLayerH;
use kernels::lattice::Point;

use super::super::error::Result;
use super::super::gdal::{ogr, quiet, strict};
use super::{Features, VectorSource};

/// Makes every feature of a layer visible again, from the first one on.
pub(super) fn clear(handle: OGRLayerH) {
    // SAFETY: the handle belongs to a dataset that the caller borrows; null removes a filter.
    unsafe {
        gdal_sys::OGR_L_SetSpatialFilter(handle, std::ptr::null_mut());
        gdal_sys::OGR_L_SetAttributeFilter(handle, std::ptr::null());
        gdal_sys::OGR_L_ResetReading(handle);
    }
}

impl VectorSource {
    /// The features whose bounding box meets a window, through the file's spatial index.
    ///
    /// * `window`: its south-west and north-east corners.
    ///
    /// # Errors
    /// As [`VectorSource::features`]; the layer is in another CRS than `epsg`.
    pub fn features_within(
        &self,
        columns: &[usize],
        epsg: u32,
        window: (Point, Point),
    ) -> Result<Features<'_>> {
        if self.source_epsg(epsg)? != epsg {
            let fault = self.fault("this layer cannot be searched in another coordinate system");
            let got =
                self.info.epsg.map_or_else(|| "none".to_owned(), |epsg| format!("EPSG:{epsg}"));
            return Err(fault.got(got).expected(format!("EPSG:{epsg}")).into());
        }
        let mut features = self.features(columns, epsg)?;
        let ((west, south), (east, north)) = (window.0.to_metres(), window.1.to_metres());
        // SAFETY: the handle belongs to the dataset that `self` holds.
        unsafe {
            gdal_sys::OGR_L_SetSpatialFilterRect(features.handle, west, south, east, north);
            gdal_sys::OGR_L_ResetReading(features.handle);
        }
        // The header counts the features of the whole layer.
        features.is_over = true;
        Ok(features)
    }

    /// The features with this text in a column, through the file's index where it has one.
    ///
    /// # Errors
    /// As [`VectorSource::features`].
    pub fn features_with(
        &self,
        columns: &[usize],
        epsg: u32,
        (column, text): (usize, &str),
    ) -> Result<Features<'_>> {
        let mut features = self.features(columns, epsg)?;
        let name = self.info.columns[column].name.replace('"', "\"\"");
        let query = format!("\"{name}\" = '{}'", text.replace('\'', "''"));
        let set = strict(|| {
            let query = CString::new(query).map_err(GdalError::from)?;
            // SAFETY: the handle belongs to the dataset that `self` holds; the text is copied.
            let code =
                unsafe { gdal_sys::OGR_L_SetAttributeFilter(features.handle, query.as_ptr()) };
            ogr(code, "OGR_L_SetAttributeFilter")
        });
        set.map_err(|said| self.fault("this layer cannot be searched").got(said))?;
        // SAFETY: as above.
        unsafe { gdal_sys::OGR_L_ResetReading(features.handle) };
        features.is_over = true;
        Ok(features)
    }

    /// West, south, east and north of the layer, in the units of its CRS; `None` when it is empty.
    pub fn extent(&self) -> Option<[f64; 4]> {
        let layer = quiet(|| self.dataset.layer(self.index)).ok()?;
        let extent = quiet(|| layer.get_extent()).ok()?;
        Some([extent.MinX, extent.MinY, extent.MaxX, extent.MaxY])
    }
}

#[cfg(test)]
mod tests {
    use kernels::lattice::{Polygon, Ring};

    use super::super::super::vector_writer::{
        Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
    };
    use super::*;

    const EPSG: u32 = 2154;

    fn square(x: i32) -> Polygon {
        let corners = [(x, 0), (x + 1_000, 0), (x + 1_000, 1_000), (x, 1_000)];
        let ring = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
        Polygon { exterior: ring, holes: Vec::new() }
    }

    /// Three squares in a row; the second one's name holds a quote.
    fn row(folder: &tempfile::TempDir) -> VectorSource {
        let path = folder.path().join("row.gpkg");
        let layer = LayerSpec {
            name: "row".to_owned(),
            title: String::new(),
            geometry: GeometryKind::Polygon,
            geometry_column: "geom",
            epsg: EPSG,
            file_epsg: EPSG,
            fields: vec![Field::unique("id", FieldKind::Text)],
        };
        let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &[layer]).unwrap();
        for (fid, (x, id)) in (1..).zip([(0, "a"), (1_000, "l'un"), (9_000, "c")]) {
            writer.add(0, fid, Shape::Polygon(&square(x)), &[id.into()]).unwrap();
        }
        writer.finish().unwrap();
        VectorSource::open(&path, None).unwrap()
    }

    fn ids(features: Features<'_>) -> Vec<String> {
        features.map(|feature| feature.unwrap().values[0].text().unwrap()).collect()
    }

    #[test]
    fn a_window_shows_what_meets_it_and_the_next_reading_sees_all_again() {
        let folder = tempfile::tempdir().unwrap();
        let source = row(&folder);
        let window = |x0, x1| (Point::new(x0, 10), Point::new(x1, 20));
        let within = |w| ids(source.features_within(&[0], EPSG, w).unwrap());
        assert_eq!(within(window(500, 600)), ["a"]);
        assert_eq!(within(window(500, 1_500)), ["a", "l'un"]);
        assert_eq!(within(window(5_000, 6_000)), [""; 0]);
        assert_eq!(ids(source.features(&[0], EPSG).unwrap()).len(), 3);
        assert!(source.features_within(&[0], 4326, window(0, 1)).is_err());
        assert_eq!(source.extent(), Some([0.0, 0.0, 100.0, 10.0]));
    }

    #[test]
    fn a_text_is_found_whatever_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let source = row(&folder);
        let with = |text| ids(source.features_with(&[0], EPSG, (0, text)).unwrap());
        assert_eq!(with("l'un"), ["l'un"]);
        assert_eq!(with("x' or '1'='1"), [""; 0]);
        assert_eq!(with("c"), ["c"]);
    }
}
