//! Layers of evidence that say nothing of the territory.

use kernels::lattice::Point;
use serde_json::json;

use super::{Finding, Flaw, Survey};
use crate::config::EvidenceLayer;
use crate::error::{Error, InputError};
use crate::io::vector::{Feature, VectorSource};
use crate::land::Land;

/// What a layer of evidence has over the territory.
enum Reach {
    /// A feature at least.
    Here,
    /// Features elsewhere only.
    Elsewhere,
    /// No feature at all.
    Empty,
}

impl Survey {
    /// A layer that lies elsewhere is another department's, and an error; one without a feature
    /// here may be right (no rail), and is told.
    pub(super) fn evidence(
        &mut self,
        layer: &EvidenceLayer,
        land: &Land,
        n_inside: u64,
    ) -> Result<(), Error> {
        let kind = layer.kind.key();
        let all = "all of the territory";
        let text = match reach(layer, land)? {
            Reach::Here => {
                self.figure(&format!("evidence.{kind}"), json!("over the territory"));
                return Ok(());
            }
            Reach::Elsewhere if is_apart(layer, land)? => {
                let what = "this layer of evidence does not meet the territory";
                return Err(InputError::new(&layer.layer.path, what)
                    .layer(layer.layer.layer.as_deref().unwrap_or("(the only one)"))
                    .got("features elsewhere only")
                    .expected("features over the communes")
                    .concerns(all)
                    .hint(format!("check `evidence.{kind}` and the CRS that the file declares"))
                    .into());
            }
            Reach::Elsewhere => format!("`evidence.{kind}` has no feature over {all}"),
            Reach::Empty => format!("`evidence.{kind}` is empty: no feature over {all}"),
        };
        self.figure(&format!("evidence.{kind}"), json!("no feature over the territory"));
        let (key, note) = ("evidence_without_feature", kind.to_owned());
        let flaw = Some(Flaw { key, note, at: land.grid().bounds().0, cells: n_inside });
        self.findings.push(Finding { text, flaw });
        Ok(())
    }
}

fn open(layer: &EvidenceLayer, epsg: u32) -> Result<VectorSource, Error> {
    let source = VectorSource::open(&layer.layer.path, layer.layer.layer.as_deref())?;
    Ok(source.assume_epsg(epsg))
}

fn reach(layer: &EvidenceLayer, land: &Land) -> Result<Reach, Error> {
    let epsg = land.frame.epsg;
    let source = open(layer, epsg)?;
    if source.info().n_features == 0 {
        return Ok(Reach::Empty);
    }
    let (low, high) = land.grid().bounds();
    // A layer in another CRS is reprojected feature by feature, and has no index in ours.
    let is_ours = source.info().epsg.is_none_or(|declared| declared == epsg);
    let features = if is_ours {
        source.features_within(&[], epsg, (low, high))?
    } else {
        source.features(&[], epsg)?
    };
    for feature in features {
        if meets(&feature?, low, high) {
            return Ok(Reach::Here);
        }
    }
    Ok(Reach::Elsewhere)
}

/// Whether a layer's extent is wholly outside that of the territory; unknown counts as no.
fn is_apart(layer: &EvidenceLayer, land: &Land) -> Result<bool, Error> {
    let source = open(layer, land.frame.epsg)?;
    if source.info().epsg.is_some_and(|declared| declared != land.frame.epsg) {
        return Ok(false);
    }
    let Some([west_m, south_m, east_m, north_m]) = source.extent() else { return Ok(false) };
    let (low, high) = land.grid().bounds();
    let (low, high) = (low.to_metres(), high.to_metres());
    Ok(east_m < low.0 || high.0 < west_m || north_m < low.1 || high.1 < south_m)
}

/// Whether the box of a feature meets a window.
fn meets(feature: &Feature, low: Point, high: Point) -> bool {
    let polygons = feature.polygons.iter().flat_map(|polygon| polygon.exterior.0.iter());
    let lines = feature.lines.iter().flatten();
    let corners = polygons.chain(lines).chain(&feature.points).map(|&point| (point, point));
    let around = corners.reduce(|(a, b), (p, _)| {
        (Point::new(a.x.min(p.x), a.y.min(p.y)), Point::new(b.x.max(p.x), b.y.max(p.y)))
    });
    around.is_some_and(|(a, b)| a.x <= high.x && low.x <= b.x && a.y <= high.y && low.y <= b.y)
}
