//! A report ("signalement") in the shape that IGN's Espace collaboratif takes.
//!
//! Ready to send, never sent: `POST /gcms/api/reports` takes one of these at a time. The shape is
//! that of the public client's code: a point, a comment of at least ten characters, and a sketch of
//! simple polygons without holes.

use std::path::Path;

use kernels::lattice::{Point, Polygon};
use kernels::slit::without_holes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::{ReportStatus, Reports};
use crate::corrections::sentence::sentence;
use crate::corrections::terms::Term;
use crate::error::Error;
use crate::io::record::CorrectionRecord;
use crate::io::srs::{Reprojection, WGS84};

/// Shortest comment that the platform accepts, in characters.
pub const COMMENT_MIN: usize = 10;

/// Most corners of a sketch: about 150 kB of text. No limit of the platform's on sketches is public;
/// a report is one request of a form, and its point and text alone say which object is meant.
pub const SKETCH_CORNERS_MAX: usize = 5_000;

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IgnReport {
    /// Where: WKT point, longitude then latitude in degrees.
    geometry: String,
    comment: String,
    attributes: Address,
    sketch: Sketch,
    status: ReportStatus,
    input_device: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    community: Option<u32>,
    theme: String,
    attributes: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Sketch {
    name: &'static str,
    objects: Vec<SketchObject>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SketchObject {
    #[serde(rename = "type")]
    kind: &'static str,
    geometry: String,
    attributes: Map<String, Value>,
}

/// Makes reports from objects in the department's CRS.
pub struct Reporter<'a> {
    way: Reprojection,
    addressed: &'a Reports,
}

impl<'a> Reporter<'a> {
    /// A reporter for objects in `epsg`; `file` is named in errors.
    ///
    /// # Errors
    /// PROJ knows no way from `epsg` to EPSG:4326.
    pub fn new(file: &Path, epsg: u32, addressed: &'a Reports) -> Result<Self, Error> {
        Ok(Self { way: Reprojection::new(file, epsg, WGS84)?, addressed })
    }

    /// The report of a correction.
    ///
    /// # Errors
    /// A point cannot be moved to EPSG:4326, or the outline has too many corners to be cut.
    pub fn correction(
        &self,
        record: &CorrectionRecord,
        polygon: &Polygon,
    ) -> Result<IgnReport, Error> {
        let dimension = record.dimension.key();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let attributes = [
            ("millesime".to_owned(), record.vintage.to_string()),
            ("id_objet".to_owned(), record.object_id.clone()),
            ("nature".to_owned(), record.kind.label().to_owned()),
            (format!("code_{dimension}_actuel"), text(&record.current_code)),
            (format!("code_{dimension}_propose"), text(&record.proposed_code)),
            ("surface_m2".to_owned(), format!("{:.0}", record.area_m2)),
            ("correction_id".to_owned(), record.correction_id.clone()),
        ];
        let attributes = attributes.into_iter().map(|(key, value)| (key, json!(value))).collect();
        self.report(polygon, record.anchor, sentence(record), attributes)
    }

    /// The report of one object: `anchor` lies inside `polygon`; `attributes` are texts. An outline
    /// of more than [`SKETCH_CORNERS_MAX`] corners is not drawn, and the comment says so.
    ///
    /// # Errors
    /// The comment is too short, or a point cannot be moved to EPSG:4326.
    fn report(
        &self,
        polygon: &Polygon,
        anchor: Point,
        mut comment: String,
        attributes: Map<String, Value>,
    ) -> Result<IgnReport, Error> {
        if comment.chars().count() < COMMENT_MIN {
            return Err(Error::internal(format!("report comment `{comment}` is too short")));
        }
        let n_corners: usize = polygon.rings().map(|ring| ring.0.len()).sum();
        let is_drawn = n_corners <= SKETCH_CORNERS_MAX;
        let parts = if is_drawn { without_holes(polygon)? } else { Vec::new() };
        if !is_drawn {
            comment.push_str(" (contour trop détaillé pour un croquis)");
        }
        let objects = parts
            .iter()
            .map(|part| {
                let geometry = self.polygon_wkt(part)?;
                Ok(SketchObject { kind: "Polygone", geometry, attributes: Map::new() })
            })
            .collect::<Result<_, Error>>()?;
        let Reports { community, theme, status } = self.addressed;
        Ok(IgnReport {
            geometry: format!("POINT({})", self.degrees(anchor)?),
            comment,
            attributes: Address { community: *community, theme: theme.clone(), attributes },
            sketch: Sketch { name: "", objects },
            status: *status,
            input_device: "millesime",
        })
    }

    fn degrees(&self, point: Point) -> Result<String, Error> {
        let (longitude, latitude) = self.way.point(point)?;
        // Eight decimals are a millimetre.
        Ok(format!("{longitude:.8} {latitude:.8}"))
    }

    fn polygon_wkt(&self, polygon: &Polygon) -> Result<String, Error> {
        let ring = &polygon.exterior.0;
        let corners: Vec<String> =
            ring.iter().chain(ring.first()).map(|&p| self.degrees(p)).collect::<Result<_, _>>()?;
        Ok(format!("POLYGON(({}))", corners.join(",")))
    }
}
