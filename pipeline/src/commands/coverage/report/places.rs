//! The findings on a map: surfaces, lines and points, each where an operator must look.

use std::path::Path;

use kernels::lattice::{Polygon, area_m2};

use super::super::finding::{Drawing, Finding};
use super::super::sheet::Sheet;
use crate::artefact::Draft;
use crate::error::Error;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::validator::Level;
use crate::words;

/// Ids written for one place; a duplicate may have thousands.
const IDS_MAX: usize = 32;

/// The layers, one for each kind of geometry, and what they show.
const LAYERS: [(&str, &str, GeometryKind); 3] = [
    ("surfaces", "Anomalies de la couverture : surfaces", GeometryKind::MultiPolygon),
    ("lignes", "Anomalies de la couverture : lignes", GeometryKind::MultiLine),
    ("points", "Anomalies de la couverture : points", GeometryKind::Point),
];

/// Ranks of the layers.
const SURFACES: usize = 0;
const LINES: usize = 1;
const POINTS: usize = 2;

/// A `GeoPackage` with one feature for each finding, numbered by its line in the report through all
/// layers.
pub(super) struct Places {
    draft: Draft,
    /// The layers and the EPSG code of its CRS, once one is known.
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

    /// Opens the layers in the CRS of the first file.
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
                let layers = LAYERS.map(|about| layer(about, epsg));
                let writer =
                    VectorWriter::create(self.draft.temp(), VectorFormat::GeoPackage, &layers)?;
                self.open = Some((writer, epsg));
                Ok(())
            }
        }
    }

    /// Adds a finding; one without a place is a row of the points without geometry.
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
            finding.column.map(|column| sheet.columns[column].clone()).into(),
            finding.value.as_deref().map(str::to_owned).into(),
            file.into(),
        ];
        self.n_written += 1;
        let (layer, shape) = shape_of(sheet, finding);
        writer.add(layer, self.n_written, shape, &row)
    }

    /// Completes the file, which keeps its temporary name.
    ///
    /// # Errors
    /// It is not complete on disk.
    pub(super) fn finish(self) -> Result<Draft, Error> {
        if let Some((writer, _)) = self.open {
            writer.finish()?;
        }
        Ok(self.draft)
    }
}

/// The layer that shows a finding, and its shape there.
///
/// A polygon that is none, of less than three corners, is shown by its place.
fn shape_of<'a>(sheet: &'a Sheet, finding: &'a Finding) -> (usize, Shape<'a>) {
    let polygons: &[Polygon] = match &finding.drawing {
        Drawing::Lines(lines) => return (LINES, Shape::MultiLine(lines)),
        Drawing::Place => &[],
        Drawing::Ground(polygon) => std::slice::from_ref(polygon),
        Drawing::Polygon(rank) => std::slice::from_ref(&sheet.polygons[*rank as usize]),
        Drawing::Feature => {
            let first = finding.features.first();
            first.map_or(&[], |&feature| &sheet.polygons[sheet.polygons_of(feature)])
        }
    };
    let is_drawn = |polygon: &Polygon| polygon.rings().all(|ring| ring.0.len() > 2);
    if !polygons.is_empty() && polygons.iter().all(is_drawn) {
        return (SURFACES, Shape::MultiPolygon(polygons));
    }
    (POINTS, finding.place.map_or(Shape::None, Shape::Point))
}

fn layer((name, title, geometry): (&str, &str, GeometryKind), epsg: u32) -> LayerSpec {
    LayerSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        geometry,
        geometry_column: "geom",
        epsg,
        file_epsg: epsg,
        fields: vec![
            Field::required("code", FieldKind::Text),
            Field::required("libelle", FieldKind::Text),
            Field::required("niveau", FieldKind::Text),
            Field::required("surface_m2", FieldKind::Real),
            Field::optional("objets", FieldKind::Text),
            Field::optional("attribut", FieldKind::Text),
            Field::optional("valeur", FieldKind::Text),
            Field::required("fichier", FieldKind::Text),
        ],
    }
}
