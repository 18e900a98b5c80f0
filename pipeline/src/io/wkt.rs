//! Well-known text, in: geometries that a table carries in a column.

use std::path::Path;

use gdal::vector::Geometry;

use super::gdal::{quiet, raise, strict};
use super::issue::key;
use super::ring::Flaw;
use super::srs::Reprojection;
use super::wkb::{self, Shapes};

/// Longest text that is read, in bytes: a polygon of some hundred thousand corners.
pub const BYTES_MAX: usize = 8 << 20;

/// Reads geometries of one CRS into lattice shapes of another.
pub struct Reader {
    way: Option<Reprojection>,
}

impl Reader {
    /// A reader of geometries of the file `path`, from one EPSG code to another.
    ///
    /// # Errors
    /// There is no way between the two.
    pub fn new(path: &Path, from: u32, to: u32) -> super::error::Result<Self> {
        raise();
        let way = (from != to).then(|| Reprojection::new(path, from, to)).transpose()?;
        Ok(Self { way })
    }

    /// The shapes of a text; what is wrong with them goes to `flaws`.
    ///
    /// `None` when the text is none, is longer than [`BYTES_MAX`], or is of an unknown kind.
    pub fn shapes(&self, text: &str, flaws: &mut Vec<Flaw>) -> Option<Shapes> {
        if text.len() > BYTES_MAX || text.contains('\0') {
            return None;
        }
        let mut geometry = strict(|| Geometry::from_wkt(text)).ok()?;
        if geometry.is_empty() {
            flaws.push(Flaw { key: key::GEOMETRY_EMPTY, place: None, twice_area: 0 });
            return Some(Shapes::default());
        }
        if let Some(way) = &self.way
            && quiet(|| geometry.transform_inplace(way.transform())).is_err()
        {
            flaws.push(Flaw { key: key::NOT_REPROJECTED, place: None, twice_area: 0 });
            return Some(Shapes::default());
        }
        let bytes = strict(|| geometry.wkb()).ok()?;
        wkb::parse(&bytes, flaws)
    }

    /// The shapes of a point given by its coordinates; see [`Reader::shapes`].
    pub fn point(&self, x: f64, y: f64, flaws: &mut Vec<Flaw>) -> Option<Shapes> {
        if !(x.is_finite() && y.is_finite()) {
            flaws.push(Flaw { key: key::COORDINATE_NOT_FINITE, place: None, twice_area: 0 });
            return Some(Shapes::default());
        }
        self.shapes(&format!("POINT ({x} {y})"), flaws)
    }
}

#[cfg(test)]
mod tests {
    use kernels::lattice::{Point, Ring};

    use super::*;

    #[test]
    fn texts_become_shapes_of_the_department_or_nothing() {
        let own = Reader::new(Path::new("a"), 2154, 2154).unwrap();
        let mut flaws = Vec::new();
        let shapes = own.shapes("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))", &mut flaws).unwrap();
        let corners = [(0, 0), (200, 0), (200, 200), (0, 200)];
        let ring = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
        assert_eq!((shapes.polygons[0].exterior.clone(), flaws.len()), (ring, 0));
        for text in ["", "POLYGON ((0 0", "SELECT 1", "POINT (1 2)\0"] {
            assert_eq!(own.shapes(text, &mut flaws), None, "{text}");
        }
        assert_eq!(own.point(f64::NAN, 0.0, &mut flaws), Some(Shapes::default()));
        let degrees = Reader::new(Path::new("a"), 4326, 2154).unwrap();
        let shapes = degrees.shapes("POINT (3 46.5)", &mut flaws).unwrap();
        assert_eq!(shapes.points, [Point::new(70_000_000, 660_000_000)]);
    }
}
