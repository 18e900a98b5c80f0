//! Coverages of polygons of 16 corners, about 40 m wide: a grid whose corners and arcs are moved at
//! random.

use kernels::lattice::{Point, Polygon, Ring};

/// Lattice steps between two corners of the grid of a pair.
const CELL: i32 = 4000;

/// The first corner of the grid of a pair.
pub(crate) const SOUTH_WEST: Point = Point::new(70_000_000, 660_000_000);

/// Corners inside each arc.
pub(crate) const INNER: i32 = 3;

/// A number that depends on all of `parts` and looks random (splitmix64).
pub(crate) fn draw(parts: [u64; 3]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, part| {
        let mut z = (hash ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A random step in `-reach..=reach`.
pub(crate) fn jitter(reach: i32, parts: [u64; 3]) -> i32 {
    (draw(parts) % (2 * reach as u64 + 1)) as i32 - reach
}

/// A coverage of `n x n` polygons.
#[derive(Debug, Clone, Copy)]
pub struct Coverage {
    /// Polygons along a side.
    pub n: i32,
    /// What its random moves depend on.
    pub seed: u64,
    /// One arc in so many is drawn from the seed, the others from seed 0.
    pub one_in: u64,
    /// Lattice steps between two corners of the grid.
    pub cell: i32,
    /// The first corner of the grid, before it is moved.
    pub south_west: Point,
}

impl Coverage {
    /// The seed that drew the arc or corner `id`.
    fn author(&self, id: u64) -> u64 {
        if draw([self.seed, id, 1]).is_multiple_of(self.one_in) { self.seed } else { 0 }
    }

    /// A corner of the grid; only a wholly redrawn coverage moves it.
    fn corner(&self, row: i32, col: i32) -> Point {
        let id = (row * (self.n + 1) + col) as u64;
        let seed = if self.one_in == 1 { self.seed } else { 0 };
        let reach = self.cell / 6;
        let (dx, dy) = (jitter(reach, [seed, id, 2]), jitter(reach, [seed, id, 3]));
        Point::new(
            self.south_west.x + col * self.cell + dx,
            self.south_west.y + row * self.cell + dy,
        )
    }

    /// The corners strictly inside the arc from one grid corner to the next east or north one.
    fn arc(&self, (row, col): (i32, i32), north: bool) -> Vec<Point> {
        let id = 2 * (row * (self.n + 1) + col) as u64 + u64::from(north);
        let seed = self.author(id);
        let a = self.corner(row, col);
        let b = self.corner(row + i32::from(north), col + i32::from(!north));
        let inner = |k: i32| {
            let at = |from: i32, to: i32, axis: u64| {
                let move_by = jitter(self.cell / 24, [seed, id, 4 + axis + 2 * k as u64]);
                from + (to - from) / (INNER + 1) * k + move_by
            };
            Point::new(at(a.x, b.x, 0), at(a.y, b.y, 1))
        };
        (1..=INNER).map(inner).collect()
    }

    /// Its polygons, row after row from the south.
    pub fn polygons(&self) -> Vec<Polygon> {
        let mut polygons = Vec::with_capacity((self.n * self.n) as usize);
        for row in 0..self.n {
            for col in 0..self.n {
                let mut ring = vec![self.corner(row, col)];
                ring.extend(self.arc((row, col), false));
                ring.push(self.corner(row, col + 1));
                ring.extend(self.arc((row, col + 1), true));
                ring.push(self.corner(row + 1, col + 1));
                ring.extend(self.arc((row + 1, col), false).into_iter().rev());
                ring.push(self.corner(row + 1, col));
                ring.extend(self.arc((row, col), true).into_iter().rev());
                polygons.push(Polygon { exterior: Ring(ring), holes: Vec::new() });
            }
        }
        polygons
    }
}

/// Two vintages of `n x n` polygons each; in the second, one arc in `one_in` is redrawn: 20 is a
/// delivered update, 1 the worst case where every arc and corner differs.
pub fn pair(n: i32, one_in: u64) -> [Vec<Polygon>; 2] {
    let [before, after] = [(0, 1), (1, one_in)].map(|(seed, one_in)| Coverage {
        n,
        seed,
        one_in,
        cell: CELL,
        south_west: SOUTH_WEST,
    });
    [before.polygons(), after.polygons()]
}
