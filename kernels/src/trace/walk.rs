//! Follows boundaries from corner to corner of the cells.

use ndarray::ArrayView2;

use crate::label::NODATA;

/// A corner of the cells: the north-west corner of cell `(row, col)`, one past the end included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Corner {
    pub(super) row: u32,
    pub(super) col: u32,
}

/// Where a walk ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) corner: Corner,
    /// Direction of the last step: 0 north, 1 east, 2 south, 3 west.
    pub(super) arrival: u8,
    /// Whether the corner is a node; otherwise the walk came back to where it started.
    pub(super) is_node: bool,
}

/// Reads the cells around corners; nothing outside the raster has a code.
pub(super) struct Walker<'a> {
    codes: ArrayView2<'a, u16>,
}

/// The cells around a corner, as (row, col) offsets, in the order north-west, north-east,
/// south-east, south-west: going out in direction `d`, cell `d` is on the left, `d + 1` on the
/// right.
const AROUND: [(i64, i64); 4] = [(-1, -1), (-1, 0), (0, 0), (0, -1)];

/// A step in each direction, as (row, col) offsets.
const STEPS: [(i32, i32); 4] = [(-1, 0), (0, 1), (1, 0), (0, -1)];

impl Corner {
    /// The cells `(row, col)` on the left and on the right of the side that leaves the corner.
    pub(super) fn cells_beside(self, direction: u8) -> [(i64, i64); 2] {
        [direction, direction + 1].map(|quarter| {
            let (row, col) = AROUND[usize::from(quarter % 4)];
            (i64::from(self.row) + row, i64::from(self.col) + col)
        })
    }
}

impl<'a> Walker<'a> {
    pub(super) fn new(codes: ArrayView2<'a, u16>) -> Self {
        Self { codes }
    }

    /// The directions in which a boundary leaves a corner.
    pub(super) fn directions(&self, corner: Corner) -> Directions {
        let codes = [0, 1, 2, 3].map(|quarter| self.code(corner, quarter));
        let is_side = |d: usize| u8::from(codes[d] != codes[(d + 1) % 4]);
        Directions((0..4).map(|d| is_side(d) << d).sum())
    }

    /// Follows the boundary that leaves `start` in a direction to the next node, or around to
    /// `start`; `turns` receives the corners on the way where it turns.
    pub(super) fn walk(&self, start: Corner, departure: u8, turns: &mut Vec<Corner>) -> Stop {
        turns.clear();
        let (left, right) = (self.code(start, departure), self.code(start, (departure + 1) % 4));
        let (mut corner, mut heading) = (start, departure);
        loop {
            let (row, col) = STEPS[usize::from(heading)];
            corner = Corner {
                row: corner.row.wrapping_add_signed(row),
                col: corner.col.wrapping_add_signed(col),
            };
            let ahead_left = self.code(corner, heading);
            let ahead_right = self.code(corner, (heading + 1) % 4);
            let is_left = ahead_left != left;
            let is_right = ahead_right != right;
            let is_straight = ahead_left != ahead_right;
            let is_node = u8::from(is_left) + u8::from(is_right) + u8::from(is_straight) > 1;
            if is_node || corner == start {
                return Stop { corner, arrival: heading, is_node };
            }
            if !is_straight {
                turns.push(corner);
                heading = (heading + if is_left { 3 } else { 1 }) % 4;
            }
        }
    }

    /// The code of a cell around a corner; see [`AROUND`].
    fn code(&self, corner: Corner, quarter: u8) -> u16 {
        let (row, col) = AROUND[usize::from(quarter)];
        let row = (i64::from(corner.row) + row) as usize;
        let col = (i64::from(corner.col) + col) as usize;
        // One off the west or north wraps to a huge index, which is outside as well.
        self.codes.get((row, col)).copied().unwrap_or(NODATA)
    }
}

/// A set of directions, walked from north to west.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directions(u8);

impl Directions {
    /// Number of directions.
    pub(super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the corner is a turn that opens to the south-east.
    pub(super) fn are_east_and_south(self) -> bool {
        self.0 == 0b0110
    }

    /// The directions, clockwise from north.
    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        (0..4).filter(move |d| self.0 >> d & 1 == 1)
    }
}
