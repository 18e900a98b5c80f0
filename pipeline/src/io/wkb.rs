//! Well-known binary, in and out (OGC 06-103r4, section 8; ISO type codes for Z and M).
//!
//! Parsing the bytes ourselves is several times faster than asking GDAL point by point, and lets
//! a ring be judged before anything is made of it.

use kernels::lattice::{Point, Polygon};

use super::issue::key;
use super::ring::{Flaw, line, ring};

const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POINT: u32 = 4;
const MULTI_LINE: u32 = 5;
const MULTI_POLYGON: u32 = 6;
const COLLECTION: u32 = 7;
const SURFACE: u32 = 15;
const TIN: u32 = 16;
const TRIANGLE: u32 = 17;

/// Deepest nesting of collections that is read.
const DEPTH_MAX: usize = 8;

/// What a geometry is on the lattice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shapes {
    /// Its polygons, each with its holes.
    pub polygons: Vec<Polygon>,
    /// Its lines, of at least two points.
    pub lines: Vec<Vec<Point>>,
    /// Its points.
    pub points: Vec<Point>,
}

impl Shapes {
    /// Whether nothing is left of the geometry.
    pub fn is_empty(&self) -> bool {
        self.polygons.is_empty() && self.lines.is_empty() && self.points.is_empty()
    }
}

/// Reads a geometry whose coordinates are metres; what is wrong with it goes to `flaws`.
///
/// Returns `None` when the bytes are cut or of an unknown kind.
pub fn parse(bytes: &[u8], flaws: &mut Vec<Flaw>) -> Option<Shapes> {
    let mut reader = Reader { bytes, shapes: Shapes::default(), flaws, points_m: Vec::new() };
    reader.geometry(0)?;
    let Reader { shapes, .. } = reader;
    if shapes.polygons.len() > 1 {
        let place = shapes.polygons[0].exterior.0.first().copied();
        flaws.push(Flaw { key: key::GEOMETRY_MULTIPART, place, twice_area: 0 });
    }
    Some(shapes)
}

struct Reader<'a, 'f> {
    bytes: &'a [u8],
    shapes: Shapes,
    flaws: &'f mut Vec<Flaw>,
    /// Scratch of the ring being read.
    points_m: Vec<(f64, f64)>,
}

#[derive(Clone, Copy)]
struct Layout {
    is_little: bool,
    /// Numbers per point: 2, 3 or 4.
    size: usize,
}

impl Reader<'_, '_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = tail;
        Some(*head)
    }

    fn count(&mut self, layout: Layout) -> Option<usize> {
        let bytes = self.take::<4>()?;
        let n =
            if layout.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        Some(n as usize)
    }

    fn header(&mut self) -> Option<(u32, Layout)> {
        let is_little = self.take::<1>()?[0] == 1;
        let code = self.count(Layout { is_little, size: 2 })? as u32;
        // ISO: thousands tell Z, M, ZM; older writers set high bits instead.
        let (mut kind, mut extra) = (code & 0x0fff_ffff, usize::from(code & 0x8000_0000 != 0));
        extra += usize::from(code & 0x4000_0000 != 0);
        extra += match kind / 1000 {
            0 => 0,
            1 | 2 => 1,
            3 => 2,
            _ => return None,
        };
        kind %= 1000;
        Some((kind, Layout { is_little, size: 2 + extra.min(2) }))
    }

    fn geometry(&mut self, depth: usize) -> Option<()> {
        let (kind, layout) = self.header()?;
        if layout.size > 2 && depth == 0 {
            self.flaws.push(Flaw { key: key::HEIGHT_DROPPED, place: None, twice_area: 0 });
        }
        match kind {
            POINT => self.point(layout),
            LINE => self.line(layout),
            POLYGON | TRIANGLE => self.polygon(layout),
            MULTI_POINT | MULTI_LINE | MULTI_POLYGON | COLLECTION | SURFACE | TIN
                if depth < DEPTH_MAX =>
            {
                let parts = self.count(layout)?;
                (0..parts).try_for_each(|_| self.geometry(depth + 1))
            }
            _ => None,
        }
    }

    fn pair(&mut self, layout: Layout) -> Option<(f64, f64)> {
        let length = 8 * layout.size;
        let (head, tail) = self.bytes.split_at_checked(length)?;
        self.bytes = tail;
        let number = |at: usize| -> Option<f64> {
            let bytes = head.get(at..at + 8)?.try_into().ok()?;
            Some(if layout.is_little {
                f64::from_le_bytes(bytes)
            } else {
                f64::from_be_bytes(bytes)
            })
        };
        Some((number(0)?, number(8)?))
    }

    /// Fills the scratch with the points of a ring or line.
    fn fill(&mut self, layout: Layout) -> Option<()> {
        let n = self.count(layout)?;
        if n.checked_mul(8 * layout.size)? > self.bytes.len() {
            return None;
        }
        self.points_m.clear();
        for _ in 0..n {
            let pair = self.pair(layout)?;
            self.points_m.push(pair);
        }
        Some(())
    }

    fn point(&mut self, layout: Layout) -> Option<()> {
        let pair = self.pair(layout)?;
        // An empty point is written as two NaN.
        if !(pair.0.is_nan() && pair.1.is_nan()) {
            match line(&[pair]) {
                Ok(points) => self.shapes.points.extend(points),
                Err(flaw) => self.flaws.push(flaw),
            }
        }
        Some(())
    }

    fn line(&mut self, layout: Layout) -> Option<()> {
        self.fill(layout)?;
        match line(&self.points_m) {
            Ok(points) if points.len() > 1 => self.shapes.lines.push(points),
            Ok(_) if self.points_m.is_empty() => {}
            Ok(points) => {
                let place = points.first().copied();
                self.flaws.push(Flaw { key: key::RING_COLLAPSED, place, twice_area: 0 });
            }
            Err(flaw) => self.flaws.push(flaw),
        }
        Some(())
    }

    fn polygon(&mut self, layout: Layout) -> Option<()> {
        let rings = self.count(layout)?;
        let mut polygon: Option<Polygon> = None;
        for index in 0..rings {
            self.fill(layout)?;
            let made = ring(&self.points_m, index == 0, self.flaws);
            match (index, made, &mut polygon) {
                (0, Some(exterior), _) => {
                    polygon = Some(Polygon { exterior, holes: Vec::new() });
                }
                (_, Some(hole), Some(polygon)) => polygon.holes.push(hole),
                _ => {}
            }
        }
        self.shapes.polygons.extend(polygon);
        Some(())
    }
}

/// Writes a polygon to `out` (cleared first), its corners moved by `place` from the lattice to the
/// coordinates of the file.
pub fn write_polygon(out: &mut Vec<u8>, polygon: &Polygon, place: &impl Fn(Point) -> (f64, f64)) {
    out.clear();
    push_polygon(out, polygon, place);
}

/// Writes polygons as one multipolygon to `out` (cleared first).
pub fn write_multi_polygon(
    out: &mut Vec<u8>,
    polygons: &[Polygon],
    place: &impl Fn(Point) -> (f64, f64),
) {
    out.clear();
    push_header(out, MULTI_POLYGON, polygons.len());
    for polygon in polygons {
        push_polygon(out, polygon, place);
    }
}

/// Writes a line to `out` (cleared first).
pub fn write_line(out: &mut Vec<u8>, line: &[Point], place: &impl Fn(Point) -> (f64, f64)) {
    out.clear();
    push_line(out, line, place);
}

/// Writes lines as one multi-line to `out` (cleared first).
pub fn write_multi_line(
    out: &mut Vec<u8>,
    lines: &[Vec<Point>],
    place: &impl Fn(Point) -> (f64, f64),
) {
    out.clear();
    push_header(out, MULTI_LINE, lines.len());
    for line in lines {
        push_line(out, line, place);
    }
}

/// Writes a point to `out` (cleared first).
pub fn write_point(out: &mut Vec<u8>, point: Point, place: &impl Fn(Point) -> (f64, f64)) {
    out.clear();
    out.push(1);
    out.extend_from_slice(&POINT.to_le_bytes());
    push_point(out, place(point));
}

fn push_header(out: &mut Vec<u8>, kind: u32, count: usize) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn push_line(out: &mut Vec<u8>, line: &[Point], place: &impl Fn(Point) -> (f64, f64)) {
    push_header(out, LINE, line.len());
    for &point in line {
        push_point(out, place(point));
    }
}

fn push_polygon(out: &mut Vec<u8>, polygon: &Polygon, place: &impl Fn(Point) -> (f64, f64)) {
    push_header(out, POLYGON, 1 + polygon.holes.len());
    for ring in polygon.rings() {
        out.extend_from_slice(&(ring.0.len() as u32 + 1).to_le_bytes());
        for &point in ring.0.iter().chain(ring.0.first()) {
            push_point(out, place(point));
        }
    }
}

fn push_point(out: &mut Vec<u8>, (x, y): (f64, f64)) {
    out.extend_from_slice(&x.to_le_bytes());
    out.extend_from_slice(&y.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use kernels::lattice::Ring;
    use proptest::prelude::*;

    use super::*;

    fn ring_of(list: &[(i32, i32)]) -> Ring {
        Ring(list.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    fn with_hole() -> Polygon {
        Polygon {
            exterior: ring_of(&[(0, 0), (900, 0), (900, 900), (0, 900)]),
            holes: vec![ring_of(&[(100, 100), (100, 300), (300, 300), (300, 100)])],
        }
    }

    #[test]
    fn polygons_lines_and_points_survive_the_round_trip() {
        let (mut bytes, mut flaws) = (Vec::new(), Vec::new());
        write_polygon(&mut bytes, &with_hole(), &Point::to_metres);
        assert_eq!(parse(&bytes, &mut flaws).unwrap().polygons, [with_hole()]);
        write_multi_polygon(&mut bytes, &[with_hole(), with_hole()], &Point::to_metres);
        assert_eq!(parse(&bytes, &mut flaws).unwrap().polygons.len(), 2);
        assert_eq!(flaws.pop().map(|flaw| flaw.key), Some(key::GEOMETRY_MULTIPART));
        let line = [Point::new(1, 2), Point::new(3, -4)];
        write_line(&mut bytes, &line, &Point::to_metres);
        assert_eq!(parse(&bytes, &mut flaws).unwrap().lines, [line.to_vec()]);
        let lines = [line.to_vec(), vec![line[1], Point::new(9, 9), line[0]]];
        write_multi_line(&mut bytes, &lines, &Point::to_metres);
        assert_eq!(parse(&bytes, &mut flaws).unwrap().lines, lines);
        write_point(&mut bytes, line[1], &Point::to_metres);
        assert_eq!(parse(&bytes, &mut flaws).unwrap().points, [line[1]]);
        assert!(flaws.is_empty());
    }

    #[test]
    fn big_endian_and_heights_are_read() {
        let mut bytes = vec![0u8];
        bytes.extend_from_slice(&1001u32.to_be_bytes());
        for v in [1.5f64, 2.5, 99.0] {
            bytes.extend_from_slice(&v.to_be_bytes());
        }
        let mut flaws = Vec::new();
        assert_eq!(parse(&bytes, &mut flaws).unwrap().points, [Point::new(150, 250)]);
        assert_eq!(flaws[0].key, key::HEIGHT_DROPPED);
    }

    #[test]
    fn cut_bytes_give_nothing_at_every_length() {
        let mut bytes = Vec::new();
        write_multi_polygon(&mut bytes, &[with_hole(), with_hole()], &Point::to_metres);
        for length in 0..bytes.len() {
            assert_eq!(parse(&bytes[..length], &mut Vec::new()), None, "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes, &mut Vec::new());
        }

        #[test]
        fn a_counter_clockwise_triangle_is_read_as_written(
            x in -1_000_000_000i32..1_000_000_000, y in -1_000_000_000i32..1_000_000_000,
            w in 1i32..1_000_000, h in 1i32..1_000_000,
        ) {
            let exterior = ring_of(&[(x, y), (x + w, y), (x, y + h)]);
            let triangle = Polygon { exterior, holes: Vec::new() };
            let mut bytes = Vec::new();
            write_polygon(&mut bytes, &triangle, &Point::to_metres);
            prop_assert_eq!(parse(&bytes, &mut Vec::new()).unwrap().polygons, vec![triangle]);
        }
    }
}
