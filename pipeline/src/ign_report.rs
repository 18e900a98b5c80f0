//! A report ("signalement") in the shape that IGN's Espace collaboratif takes.
//!
//! Ready to send, never sent: `POST /gcms/api/reports` takes one of these at a time. The shape is
//! that of the public client's code: a point, a comment of at least ten characters, and a sketch of
//! simple polygons without holes.

use std::path::Path;

use kernels::lattice::{Point, Polygon};
use kernels::slit::without_holes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::{ReportStatus, Reports};
use crate::error::Error;
use crate::io::srs::{Reprojection, WGS84};

/// Shortest comment that the platform accepts, in characters.
pub const COMMENT_MIN: usize = 10;

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

    /// The report of one object: `anchor` lies inside `polygon`; `attributes` are texts.
    ///
    /// # Errors
    /// The comment is too short, or a point cannot be moved to EPSG:4326.
    pub fn report(
        &self,
        polygon: &Polygon,
        anchor: Point,
        comment: String,
        attributes: Map<String, Value>,
    ) -> Result<IgnReport, Error> {
        if comment.chars().count() < COMMENT_MIN {
            return Err(Error::internal(format!("report comment `{comment}` is too short")));
        }
        let objects = without_holes(polygon)?
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
