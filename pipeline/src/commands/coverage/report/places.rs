//! The places of the findings, as points for a map.

use std::path::Path;

use kernels::lattice::area_m2;

use super::super::finding::{Finding, Level};
use super::super::sheet::Sheet;
use crate::artefact::Draft;
use crate::error::Error;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::words;

/// Ids written for one place; a duplicate may have thousands.
const IDS_MAX: usize = 32;

/// A `GeoPackage` with one point for each finding, numbered in the order of the report.
pub(super) struct Places {
    draft: Draft,
    /// The layer and the EPSG code of its CRS, once one is known.
    open: Option<(VectorWriter, u32)>,
    n_written: i64,
}

impl Places {
    /// Starts the file.
    ///
    /// # Errors
    /// Its folder cannot be written to.
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        Ok(Self { draft: Draft::new(path)?, open: None, n_written: 0 })
    }

    /// Opens the layer in the CRS of the first file.
    ///
    /// # Errors
    /// [`Error::Usage`] when the files are not all in one CRS; the file cannot be created.
    pub(super) fn open(&mut self, epsg: u32) -> Result<(), Error> {
        match &self.open {
            Some((_, first)) if *first == epsg => Ok(()),
            Some((_, first)) => Err(Error::Usage {
                what: format!("the places of EPSG:{first} and EPSG:{epsg} make no one layer"),
                hint: Some("check the files of each CRS apart".to_owned()),
            }),
            None => {
                let layers = [layer(epsg)];
                let writer =
                    VectorWriter::create(self.draft.temp(), VectorFormat::GeoPackage, &layers)?;
                self.open = Some((writer, epsg));
                Ok(())
            }
        }
    }

    /// Adds a finding; one without a place is a row without geometry.
    ///
    /// # Errors
    /// As [`Places::open`]; the file cannot be written.
    pub(super) fn add(
        &mut self,
        sheet: &Sheet,
        finding: &Finding,
        level: Level,
        file: &str,
    ) -> Result<(), Error> {
        self.open(sheet.epsg)?;
        let Some((writer, _)) = &mut self.open else { return Ok(()) };
        let ids = finding.features.iter().take(IDS_MAX).map(|&feature| sheet.name(feature));
        let ids = ids.collect::<Vec<_>>().join(", ");
        let row = [
            finding.key.into(),
            words::flaw(finding.key).into(),
            level.word().into(),
            area_m2(finding.twice_area).into(),
            Some(ids).filter(|ids| !ids.is_empty()).into(),
            file.into(),
        ];
        self.n_written += 1;
        let shape = finding.place.map_or(Shape::None, Shape::Point);
        writer.add(0, self.n_written, shape, &row)
    }

    /// Completes and publishes the file.
    ///
    /// # Errors
    /// It is not complete on disk.
    pub(super) fn finish(self) -> Result<(), Error> {
        if let Some((writer, _)) = self.open {
            writer.finish()?;
        }
        self.draft.publish().map(drop)
    }
}

fn layer(epsg: u32) -> LayerSpec {
    LayerSpec {
        name: "places".to_owned(),
        title: "Anomalies de la couverture".to_owned(),
        geometry: GeometryKind::Point,
        geometry_column: "geom",
        epsg,
        file_epsg: epsg,
        fields: vec![
            Field::required("key", FieldKind::Text),
            Field::required("label", FieldKind::Text),
            Field::required("level", FieldKind::Text),
            Field::required("area_m2", FieldKind::Real),
            Field::optional("ids", FieldKind::Text),
            Field::required("file", FieldKind::Text),
        ],
    }
}
