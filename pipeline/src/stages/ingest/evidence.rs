//! Vector evidence burnt on the working grid.

use std::collections::BTreeSet;

use kernels::grid::Window;
use kernels::lattice::{Polygon, STEPS_PER_METRE};
use kernels::placed::Placed;
use kernels::rasterise::WideLine;
use ndarray::ArrayViewMut2;

use crate::config::EvidenceLayer;
use crate::error::{Error, InputError};
use crate::io::cube::{Frame, SHARD};
use crate::io::vector::{Feature, Value, VectorSource};
use crate::tally::Tally;

/// Natures that one layer may have: a cell holds 0 or 1 + the rank of a nature.
const NATURES_MAX: usize = 254;
/// Width of a line whose layer gives none, in metres.
const LINE_WIDTH_M: f64 = 5.0;
/// A line without a width, or with one that no road has.
const WIDTH_MISSING: &str = "line_width_missing";

/// A layer of evidence, ready to be burnt window by window.
pub(super) struct Shapes {
    /// The natures, sorted; one empty nature when the layer names none.
    pub(super) natures: Vec<String>,
    /// Features read.
    pub(super) n_features: usize,
    polygons: Vec<Polygon>,
    /// 1 + the rank of the nature of each polygon.
    of_polygon: Vec<u8>,
    lines: Vec<WideLine>,
    of_line: Vec<u8>,
    placed_polygons: Placed,
    placed_lines: Placed,
}

/// A feature reduced to what is burnt.
struct Mark {
    nature: String,
    polygons: Vec<Polygon>,
    lines: Vec<WideLine>,
}

impl Shapes {
    /// Reads a layer.
    ///
    /// # Errors
    /// The layer cannot be read, lacks a column that the configuration names, or has too many
    /// natures.
    pub(super) fn read(layer: &EvidenceLayer, frame: Frame, tally: &Tally) -> Result<Self, Error> {
        let marks = read_marks(layer, frame.epsg, tally)?;
        let natures: BTreeSet<&str> = marks.iter().map(|mark| mark.nature.as_str()).collect();
        let natures: Vec<String> = natures.into_iter().map(str::to_owned).collect();
        if natures.len() > NATURES_MAX {
            return Err(InputError::new(&layer.layer.path, "this evidence has too many natures")
                .got(natures.len())
                .expected(format!("at most {NATURES_MAX}"))
                .hint("name a coarser column in `nature_field`")
                .into());
        }
        let n_features = marks.len();
        let (mut polygons, mut of_polygon) = (Vec::new(), Vec::new());
        let (mut lines, mut of_line) = (Vec::new(), Vec::new());
        for mark in marks {
            let rank = natures.binary_search(&mark.nature).expect("every nature was listed");
            let value = 1 + rank as u8;
            of_polygon.extend(mark.polygons.iter().map(|_| value));
            polygons.extend(mark.polygons);
            of_line.extend(mark.lines.iter().map(|_| value));
            lines.extend(mark.lines);
        }
        let placed_polygons = Placed::polygons(&polygons, &frame.grid, SHARD);
        let placed_lines = Placed::lines(&lines, &frame.grid, SHARD);
        Ok(Self {
            natures,
            n_features,
            polygons,
            of_polygon,
            lines,
            of_line,
            placed_polygons,
            placed_lines,
        })
    }

    /// Burns it over a window: a cell takes 1 + the rank of the nature of the last feature of the
    /// file that holds its centre, lines (widened) over polygons.
    pub(super) fn burn(&self, window: Window, cells: &mut ArrayViewMut2<'_, u8>) {
        let of_polygon = |rank: usize| self.of_polygon[rank];
        cells.assign(&self.placed_polygons.rasterise(&self.polygons, of_polygon, window));
        self.placed_lines.burn_lines(cells, &self.lines, |rank| self.of_line[rank], window);
    }
}

fn read_marks(layer: &EvidenceLayer, epsg: u32, tally: &Tally) -> Result<Vec<Mark>, Error> {
    let source =
        VectorSource::open(&layer.layer.path, layer.layer.layer.as_deref())?.assume_epsg(epsg);
    let column = |name: &Option<String>| -> Result<Option<usize>, Error> {
        name.as_ref().map(|name| source.require_column(&[name.as_str()])).transpose()
    };
    let (nature, width) = (column(&layer.nature_field)?, column(&layer.width_field)?);
    let wanted: Vec<usize> = nature.into_iter().chain(width).collect();
    let mut marks = Vec::new();
    for feature in source.features(&wanted, epsg)? {
        let feature = feature?;
        feature.issues.iter().for_each(|issue| issue.count_in(tally, &source.info().name));
        let nature_of = nature.and_then(|_| feature.values[0].text()).unwrap_or_default();
        let width_m = width
            .and_then(|_| feature.values.last().and_then(Value::real))
            .filter(|w| (0.5..=200.0).contains(w));
        marks.push(mark(layer, feature, nature_of, width_m, tally));
    }
    Ok(marks)
}

fn mark(
    layer: &EvidenceLayer,
    feature: Feature,
    nature: String,
    width_m: Option<f64>,
    tally: &Tally,
) -> Mark {
    if !feature.lines.is_empty()
        && layer.width_field.is_some()
        && width_m.is_none()
        && let Some(&at) = feature.lines[0].first()
    {
        tally.count_at(WIDTH_MISSING, at, 0, format!("feature {}", feature.fid));
    }
    let width_m = width_m.or(layer.width_m).unwrap_or(LINE_WIDTH_M);
    let half_width = (width_m * f64::from(STEPS_PER_METRE) / 2.0).round() as i32;
    let lines = feature.lines.into_iter().map(|points| WideLine { points, half_width }).collect();
    Mark { nature, polygons: feature.polygons, lines }
}

#[cfg(test)]
mod tests {
    use kernels::grid::Grid;
    use kernels::lattice::Point;
    use ndarray::Array2;

    use super::*;
    use crate::config::{EvidenceKind, Layer};
    use crate::shared_data::shared;

    /// A layer and its cells.
    fn burnt(kind: EvidenceKind, name: &str) -> Option<(Shapes, Array2<u8>)> {
        let layer = EvidenceLayer {
            kind,
            layer: Layer { path: shared(name)?, layer: None },
            width_field: None,
            width_m: None,
            nature_field: Some("NATURE".to_owned()),
        };
        let (low, high) =
            (Point::new(66_300_000, 635_800_000), Point::new(66_600_000, 636_200_000));
        let grid = Grid::covering(low, high, 100);
        let frame = Frame { grid, epsg: 2154 };
        let shapes = Shapes::read(&layer, frame, &Tally::default()).unwrap();
        let mut cells = Array2::zeros((grid.rows, grid.cols));
        for window in grid.blocks(SHARD) {
            let (rows, cols) =
                (window.row..window.row + window.rows, window.col..window.col + window.cols);
            shapes.burn(window, &mut cells.slice_mut(ndarray::s![rows, cols]));
        }
        Some((shapes, cells))
    }

    fn cells((shapes, cells): &(Shapes, Array2<u8>), nature: &str) -> usize {
        let value = 1 + shapes.natures.iter().position(|n| n == nature).unwrap() as u8;
        cells.iter().filter(|&&cell| cell == value).count()
    }

    #[test]
    fn real_cemeteries_and_sports_grounds_cover_their_area_on_cells() {
        let Some(cemeteries) = burnt(EvidenceKind::Cemeteries, "bdtopo_olemps/CIMETIERE.shp")
        else {
            return;
        };
        assert_eq!(
            (cemeteries.0.n_features, cemeteries.0.natures.as_slice()),
            (3, &["Civil".into()][..])
        );
        // Three polygons of 13,280 m2 together.
        assert!(
            (13_200..13_360).contains(&cells(&cemeteries, "Civil")),
            "{}",
            cells(&cemeteries, "Civil")
        );
        let sports = burnt(EvidenceKind::Sports, "bdtopo_olemps/TERRAIN_DE_SPORT.shp").unwrap();
        let named = ["Grand terrain de sport", "Petit terrain multi-sports", "Terrain de tennis"];
        assert_eq!(
            (sports.0.n_features, sports.0.natures.as_slice()),
            (7, &named.map(String::from)[..])
        );
        let all: usize = named.iter().map(|nature| cells(&sports, nature)).sum();
        assert!((25_800..26_100).contains(&all), "{all}");
    }
}
