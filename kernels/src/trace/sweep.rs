//! Finds where boundaries turn and meet in a band of rows of corners, and links these places.
//!
//! Only the ends of runs can be corners of a boundary, so the work grows with the runs, not with
//! the cells. Each corner where a boundary turns, and each node, is linked to the next one in
//! every direction in which a boundary leaves it; straight parts leave nothing behind. Where a
//! boundary crosses the limit of the band there is a port; the ports below a band are, one by one,
//! those above the next.

use std::ops::Range;

use crate::arcs::HalfArc;
use crate::grid::Grid;
use crate::label::{Labels, NO_REGION};
use crate::lattice::Point;

/// The four directions of a side: 0 north, 1 east, 2 south, 3 west.
const NORTH: u32 = 0;
const EAST: u32 = 1;
const SOUTH: u32 = 2;
const WEST: u32 = 3;

/// The sides that meet at a corner with two of them, a bit for each direction.
const NORTH_EAST: u8 = 0b0011;
const NORTH_WEST: u8 = 0b1001;
const EAST_SOUTH: u8 = 0b0110;
const SOUTH_WEST: u8 = 0b1100;
const NORTH_SOUTH: u8 = 0b0101;
const EAST_WEST: u8 = 0b1010;

/// The corners of a band, each linked with the next ones.
#[derive(Debug)]
pub(super) struct Corners {
    pub(super) turns: Vec<Turn>,
    pub(super) nodes: Vec<Node>,
    /// What comes next below each port above the band, from west to east.
    pub(super) tops: Vec<End>,
    /// What comes next above each port below the band, from west to east.
    pub(super) bottoms: Vec<End>,
    /// The turns from which a boundary goes east and south.
    pub(super) notches: Vec<Notch>,
    /// By column, while rows are swept: the end of the side that comes down; meaningful only where
    /// there is one.
    south: Vec<End>,
    /// While a row is swept: the end of the side that comes from the west.
    east: End,
}

/// A corner where one boundary turns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) at: Point,
    /// What comes next in its two directions, the lower direction first.
    pub(super) next: [End; 2],
}

/// A corner where three or four sides meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) at: Point,
    /// What comes next in each direction; [`End::NONE`] where no side leaves.
    pub(super) next: [End; 4],
    /// The regions around it, in the order north-west, north-east, south-east, south-west.
    pub(super) around: [u32; 4],
    /// The arcs that leave it in each direction, once they were followed.
    pub(super) leaving: [HalfArc; 4],
}

/// A turn that may be the first corner of an outline, and the regions on both of its sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notch {
    pub(super) turn: u32,
    pub(super) inside: u32,
    pub(super) outside: u32,
}

/// One of the ways out of a place: two from a turn, four from a node, one from a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End(u32);

/// An [`End`], taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A turn, by its rank in the order of reading, and one of its two ways.
    Turn(usize, usize),
    /// A node, by its rank in the order of reading, and a direction.
    Node(usize, usize),
    /// A port.
    Port(Port),
}

/// Where a boundary crosses a limit of the band, by rank from the west.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Port {
    /// Above the band.
    Top(u32),
    /// Below the band.
    Bottom(u32),
}

impl End {
    const NODE: u32 = 1 << 30;
    const TOP: u32 = 2 << 30;
    const BOTTOM: u32 = 3 << 30;
    /// No port has this rank, as there are fewer columns.
    pub(super) const NONE: Self = Self(u32::MAX);

    fn turn(rank: usize, way: u32) -> Self {
        Self((rank as u32) << 1 | way)
    }

    fn node(rank: usize, direction: u32) -> Self {
        Self((rank as u32) << 2 | direction | Self::NODE)
    }

    /// What this is a way out of.
    #[inline]
    pub(super) fn place(self) -> Place {
        let rest = self.0 & (Self::NODE - 1);
        match self.0 >> 30 {
            0 => Place::Turn((rest >> 1) as usize, (rest & 1) as usize),
            1 => Place::Node((rest >> 2) as usize, (rest & 3) as usize),
            2 => Place::Port(Port::Top(rest)),
            _ => Place::Port(Port::Bottom(rest)),
        }
    }
}

impl Corners {
    /// Before anything is swept.
    pub(super) fn new() -> Self {
        Self {
            turns: vec![],
            nodes: vec![],
            tops: vec![],
            bottoms: vec![],
            notches: vec![],
            south: vec![],
            east: End::NONE,
        }
    }

    /// Sweeps some rows of corners of a labelled raster, of which it then holds the corners.
    ///
    /// # Panics
    /// When they hold 2^27 corners or more.
    pub(super) fn read(&mut self, labels: &Labels, grid: &Grid, rows: Range<usize>) {
        self.turns.clear();
        self.nodes.clear();
        self.notches.clear();
        self.tops.clear();
        self.bottoms.clear();
        self.south.resize(grid.cols + 1, End::NONE);
        for (port, col) in crossings(labels, rows.start as i64 - 1).enumerate() {
            self.south[col as usize] = End(port as u32 | End::TOP);
            self.tops.push(End::NONE);
        }
        let mut above = labels.row_or_outside(rows.start as i64 - 1);
        for row in rows.clone() {
            let below = labels.row_or_outside(row as i64);
            self.sweep(row, (above, below), grid);
            let few = 1 << 27;
            let is_few = self.turns.len() < few && self.nodes.len() < few;
            assert!(is_few, "fewer than 2^27 corners in a band: cut the raster first");
            above = below;
        }
        for (port, col) in crossings(labels, rows.end as i64 - 1).enumerate() {
            let end = self.south[col as usize];
            self.bottoms.push(end);
            self.set(end, End(port as u32 | End::BOTTOM));
        }
    }

    /// Sweeps one row of corners from west to east.
    fn sweep(&mut self, row: usize, (above, below): (Runs<'_>, Runs<'_>), grid: &Grid) {
        let n_cols = grid.cols as u32;
        let (mut above, mut below) = (Cursor::new(above, n_cols), Cursor::new(below, n_cols));
        let mut west = (NO_REGION, NO_REGION);
        loop {
            let col = above.next_col.min(below.next_col);
            let is_last = col == n_cols;
            let outside = (NO_REGION, NO_REGION);
            let east = if is_last { outside } else { (above.pass(col), below.pass(col)) };
            // Most often a boundary goes straight down, with nothing to its west and east.
            if west.0 != west.1 || east.0 != east.1 {
                let at = (grid.corner(row, col as usize), col);
                self.meet(at, [west.0, east.0, east.1, west.1]);
            }
            if is_last {
                return;
            }
            west = east;
        }
    }

    /// Notes what the boundaries do at one corner.
    #[inline]
    fn meet(&mut self, (at, col): (Point, u32), around: [u32; 4]) {
        let side = |d: usize| u8::from(around[d] != around[(d + 1) % 4]) << d;
        let sides = side(0) | side(1) | side(2) | side(3);
        let south = &mut self.south[col as usize];
        let rank = self.turns.len();
        let ways = [End::turn(rank, 0), End::turn(rank, 1)];
        let next = match sides {
            NORTH_EAST => {
                self.east = ways[1];
                [*south, End::NONE]
            }
            NORTH_WEST => [*south, self.east],
            EAST_SOUTH => {
                (self.east, *south) = (ways[0], ways[1]);
                let [_, outside, inside, _] = around;
                self.notches.push(Notch { turn: rank as u32, inside, outside });
                [End::NONE; 2]
            }
            SOUTH_WEST => {
                *south = ways[0];
                [End::NONE, self.east]
            }
            // Straight on, or nothing.
            0 | NORTH_SOUTH | EAST_WEST => return,
            _ => return self.meet_node((at, col), around, sides),
        };
        self.turns.push(Turn { at, next });
        self.set(next[0], ways[0]);
        self.set(next[1], ways[1]);
    }

    /// Notes a corner where three or four boundaries meet.
    fn meet_node(&mut self, (at, col): (Point, u32), around: [u32; 4], sides: u8) {
        let rank = self.nodes.len();
        let south = &mut self.south[col as usize];
        let has_side = |direction: u32| sides >> direction & 1 != 0;
        let come_from = |direction, end| if has_side(direction) { end } else { End::NONE };
        let (north, west) = (come_from(NORTH, *south), come_from(WEST, self.east));
        if has_side(SOUTH) {
            *south = End::node(rank, SOUTH);
        }
        if has_side(EAST) {
            self.east = End::node(rank, EAST);
        }
        let next = [north, End::NONE, End::NONE, west];
        self.nodes.push(Node { at, next, around, leaving: [HalfArc::NONE; 4] });
        self.set(north, End::node(rank, NORTH));
        self.set(west, End::node(rank, WEST));
    }

    /// Says what comes next after an end.
    #[inline]
    fn set(&mut self, end: End, next: End) {
        match end.place() {
            _ if end == End::NONE => {}
            Place::Turn(rank, way) => self.turns[rank].next[way] = next,
            Place::Node(rank, direction) => self.nodes[rank].next[direction] = next,
            Place::Port(Port::Top(rank)) => self.tops[rank as usize] = next,
            Place::Port(Port::Bottom(rank)) => self.bottoms[rank as usize] = next,
        }
    }
}

/// First column and region of each run of a row.
type Runs<'a> = (&'a [u32], &'a [u32]);

/// The columns where a side goes down through a row of cells; none outside the raster.
fn crossings(labels: &Labels, row: i64) -> impl Iterator<Item = u32> + '_ {
    let n_cols = labels.dim().1 as u32;
    let (cols, regions) = labels.row_or_outside(row);
    let mut west = NO_REGION;
    let ends = cols.iter().copied().zip(regions.iter().copied()).chain([(n_cols, NO_REGION)]);
    ends.filter_map(move |(col, region)| {
        (std::mem::replace(&mut west, region) != region).then_some(col)
    })
}

/// Passes over the runs of a row.
struct Cursor<'a> {
    cols: &'a [u32],
    regions: &'a [u32],
    /// The runs that were passed.
    rank: usize,
    /// Where the next run begins.
    next_col: u32,
    region: u32,
    n_cols: u32,
}

impl<'a> Cursor<'a> {
    fn new((cols, regions): Runs<'a>, n_cols: u32) -> Self {
        let next_col = cols.first().copied().unwrap_or(n_cols);
        Self { cols, regions, rank: 0, next_col, region: NO_REGION, n_cols }
    }

    /// The region east of a column, which is at most that of the next run.
    #[inline]
    fn pass(&mut self, col: u32) -> u32 {
        if self.next_col == col {
            self.region = self.regions[self.rank];
            self.rank += 1;
            self.next_col = self.cols.get(self.rank).copied().unwrap_or(self.n_cols);
        }
        self.region
    }
}
