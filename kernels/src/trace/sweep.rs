//! Finds where boundaries turn and meet, row of corners by row of corners, and links them.
//!
//! Only the ends of runs can be corners of a boundary, so the work grows with the runs, not with
//! the cells. Each corner where a boundary turns, and each node, is linked to the next one in
//! every direction in which a boundary leaves it; straight parts leave nothing behind. Bands of
//! rows are swept side by side and their open ends joined in order: what is found depends on the
//! raster alone.

use std::ops::Range;

use rayon::prelude::*;

use super::Corner;
use crate::label::{Labels, NO_REGION};

/// Bands that a thread sweeps before they are put together; only a matter of memory.
const TASKS_PER_THREAD: usize = 4;

/// The four directions of a side: 0 north, 1 east, 2 south, 3 west.
pub(super) const NORTH: u8 = 0;
pub(super) const EAST: u8 = 1;
pub(super) const SOUTH: u8 = 2;
pub(super) const WEST: u8 = 3;

/// The corners of all boundaries, each linked with the next ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Corners {
    turns: Vec<Turn>,
    nodes: Vec<Node>,
}

/// A corner where one boundary turns.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: Corner,
    /// What comes next in its two directions, the lower direction first.
    next: [Link; 2],
}

/// A corner where three or four sides meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) at: Corner,
    /// What comes next in each direction; [`Link::NONE`] where no side leaves.
    next: [Link; 4],
    /// The regions around it, in the order north-west, north-east, south-east, south-west.
    pub(super) around: [u32; 4],
}

/// A turn or a node, by its rank in the order of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(u32);

impl Link {
    const NONE: Self = Self(u32::MAX);
    const NODE: u32 = 1 << 31;

    pub(super) fn node(rank: usize) -> Self {
        Self(rank as u32 | Self::NODE)
    }

    fn turn(rank: usize) -> Self {
        Self(rank as u32)
    }

    /// The rank of the node, or `Err` with the rank of the turn.
    fn rank(self) -> Result<usize, usize> {
        let rank = (self.0 & !Self::NODE) as usize;
        if self.0 & Self::NODE == 0 { Err(rank) } else { Ok(rank) }
    }

    /// The same corner when this many turns and nodes come before.
    fn after(self, n_turns: usize, n_nodes: usize) -> Self {
        match self.rank() {
            _ if self == Self::NONE => self,
            Ok(rank) => Self::node(rank + n_nodes),
            Err(rank) => Self::turn(rank + n_turns),
        }
    }
}

/// Where a walk along a boundary ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// At a node, having come in this direction.
    Node { rank: usize, arrival: u8 },
    /// Where it started.
    Start,
    /// At a corner that comes before the start.
    Before,
}

impl Corners {
    /// Sweeps all rows of corners of a labelled raster, `band_rows` to a task.
    pub(super) fn of(labels: &Labels, band_rows: usize) -> Self {
        let n_rows = labels.dim().0 + 1;
        let n_bands = n_rows.div_ceil(band_rows);
        // A few bands at a time: what they took is free again for the next ones.
        let n_together = TASKS_PER_THREAD * rayon::current_num_threads();
        let mut all = Self::default();
        let mut open = Vec::new();
        for first in (0..n_bands).step_by(n_together) {
            let bands: Vec<Band> = (first..n_bands.min(first + n_together))
                .into_par_iter()
                .map(|band| band * band_rows..((band + 1) * band_rows).min(n_rows))
                .map(|rows| Band::of(labels, rows))
                .collect();
            for band in bands {
                let few = (Link::NODE as usize) - 1;
                let n_turns = all.turns.len() + band.corners.turns.len();
                let n_nodes = all.nodes.len() + band.corners.nodes.len();
                let is_few = n_turns < few && n_nodes < few;
                assert!(is_few, "fewer than 2^31 corners: cut the raster first");
                open = all.append(band, &open);
            }
        }
        all
    }

    /// The nodes in the order of reading.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The rank of the first turn at a corner or after it; `from` is the answer for an earlier
    /// corner, near which the search begins.
    pub(super) fn turn_not_before(&self, at: Corner, from: Option<usize>) -> usize {
        let mut low = from.unwrap_or(0);
        let mut reach = if from.is_some() { 1 } else { self.turns.len() };
        while self.turns.get(low + reach).is_some_and(|turn| turn.at < at) {
            low += reach;
            reach *= 2;
        }
        let high = self.turns.len().min(low + reach);
        low + self.turns[low..high].partition_point(|turn| turn.at < at)
    }

    /// The turn at a corner, if it is that of this rank and its two sides go east and south.
    pub(super) fn turn_to_south_east(&self, at: Corner, rank: usize) -> Option<usize> {
        let turn = self.turns.get(rank).filter(|turn| turn.at == at)?;
        let [first, second] = turn.next.map(|link| self.corner(link));
        (first.row == at.row && first.col > at.col && second.row > at.row).then_some(rank)
    }

    /// Follows the boundary that leaves a node; `turns` receives the corners on the way.
    pub(super) fn follow_node(&self, node: usize, departure: u8, turns: &mut Vec<Corner>) -> Stop {
        turns.clear();
        let Node { at, next, .. } = self.nodes[node];
        self.follow((Link::node(node), at), next[usize::from(departure)], turns, Corner::default())
    }

    /// Follows the boundary that leaves a turn in its second direction, as long as it stays
    /// behind the turn in the order of reading.
    pub(super) fn follow_turn(&self, turn: usize, turns: &mut Vec<Corner>) -> Stop {
        turns.clear();
        let Turn { at, next } = self.turns[turn];
        self.follow((Link::turn(turn), at), next[1], turns, at)
    }

    fn follow(
        &self,
        (start, at): (Link, Corner),
        next: Link,
        turns: &mut Vec<Corner>,
        earliest: Corner,
    ) -> Stop {
        let (mut last, mut last_at, mut link) = (start, at, next);
        loop {
            if link == start && start.rank().is_err() {
                return Stop::Start;
            }
            let turn = match link.rank() {
                Ok(rank) => {
                    let arrival = direction(last_at, self.nodes[rank].at);
                    return Stop::Node { rank, arrival };
                }
                Err(rank) => &self.turns[rank],
            };
            if turn.at < earliest {
                return Stop::Before;
            }
            turns.push(turn.at);
            let next = turn.next[usize::from(turn.next[0] == last)];
            (last, last_at, link) = (link, turn.at, next);
        }
    }

    fn corner(&self, link: Link) -> Corner {
        match link.rank() {
            Ok(node) => self.nodes[node].at,
            Err(turn) => self.turns[turn].at,
        }
    }

    /// Adds the next band and joins the sides that hang from above; gives those that hang below.
    fn append(&mut self, band: Band, above: &[Hanging]) -> Vec<Hanging> {
        let (n_turns, n_nodes) = (self.turns.len(), self.nodes.len());
        let shift = |link: Link| link.after(n_turns, n_nodes);
        self.turns
            .extend(band.corners.turns.iter().map(|t| Turn { at: t.at, next: t.next.map(shift) }));
        self.nodes
            .extend(band.corners.nodes.iter().map(|n| Node { next: n.next.map(shift), ..*n }));
        let from_above = |col: u32| {
            let found = above.binary_search_by_key(&col, |hanging| hanging.col);
            above[found.expect("a side goes on in the next band")].end
        };
        for Hanging { col, end } in band.tops {
            let end = End { link: shift(end.link), ..end };
            self.join(from_above(col), end);
        }
        let shifted = |Hanging { col, end }: Hanging| {
            let is_through = end.link == Link::NONE;
            let end =
                if is_through { from_above(col) } else { End { link: shift(end.link), ..end } };
            Hanging { col, end }
        };
        band.bottoms.into_iter().map(shifted).collect()
    }

    /// Links two corners with each other.
    fn join(&mut self, a: End, b: End) {
        *self.slot(a) = b.link;
        *self.slot(b) = a.link;
    }

    fn slot(&mut self, end: End) -> &mut Link {
        match end.link.rank() {
            Ok(node) => &mut self.nodes[node].next[usize::from(end.slot)],
            Err(turn) => &mut self.turns[turn].next[usize::from(end.slot)],
        }
    }
}

/// One open end of a corner.
#[derive(Debug, Clone, Copy)]
struct End {
    /// The corner, or [`Link::NONE`] for a side that comes from above the band.
    link: Link,
    slot: u8,
}

/// A side that crosses the limit of a band.
#[derive(Debug, Clone, Copy)]
struct Hanging {
    col: u32,
    end: End,
}

const FROM_ABOVE: End = End { link: Link::NONE, slot: 0 };

/// What one task finds in its rows of corners.
struct Band {
    corners: Corners,
    /// Ends that go on above the band, by column.
    tops: Vec<Hanging>,
    /// Ends that go on below the band, by column.
    bottoms: Vec<Hanging>,
}

/// The ends that are open while a row is swept.
struct Open {
    /// By column: the end of the side that comes down; meaningful only where there is one.
    south: Vec<End>,
    /// The end of the side that comes from the west.
    east: End,
}

impl Band {
    fn of(labels: &Labels, rows: Range<usize>) -> Self {
        let n_cols = labels.dim().1;
        let mut band = Self { corners: Corners::default(), tops: vec![], bottoms: vec![] };
        let mut open = Open { south: vec![FROM_ABOVE; n_cols + 1], east: FROM_ABOVE };
        for row in rows.clone() {
            band.sweep(labels, row, &mut open);
        }
        let mut west = NO_REGION;
        let last = rows.end - 1;
        let outline = labels.row_or_outside(last as i64);
        let ends = outline.0.iter().copied().zip(outline.1.iter().copied());
        for (col, region) in ends.chain([(n_cols as u32, NO_REGION)]) {
            if region != west {
                band.bottoms.push(Hanging { col, end: open.south[col as usize] });
            }
            west = region;
        }
        band
    }

    /// Sweeps one row of corners from west to east.
    fn sweep(&mut self, labels: &Labels, row: usize, open: &mut Open) {
        let n_cols = labels.dim().1 as u32;
        let mut above = Cursor::new(labels.row_or_outside(row as i64 - 1), n_cols);
        let mut below = Cursor::new(labels.row_or_outside(row as i64), n_cols);
        let mut west = (NO_REGION, NO_REGION);
        loop {
            let col = above.next_col().min(below.next_col());
            let east = (above.pass(col), below.pass(col));
            let around = [west.0, east.0, east.1, west.1];
            self.meet(Corner { row: row as u32, col }, around, open);
            if col == n_cols {
                return;
            }
            west = east;
        }
    }

    /// Notes what the boundaries do at one corner.
    fn meet(&mut self, at: Corner, around: [u32; 4], open: &mut Open) {
        let side = |d: u8| around[usize::from(d)] != around[usize::from(d + 1) % 4];
        let sides = [side(NORTH), side(EAST), side(SOUTH), side(WEST)];
        let col = at.col as usize;
        let (link, slots) = match sides {
            // Straight on, or nothing.
            [true, false, true, false] | [false, _, false, _] => return,
            _ if sides.iter().filter(|&&is_side| is_side).count() > 2 => {
                self.corners.nodes.push(Node { at, next: [Link::NONE; 4], around });
                (Link::node(self.corners.nodes.len() - 1), [0, 1, 2, 3])
            }
            [north, east, ..] => {
                self.corners.turns.push(Turn { at, next: [Link::NONE; 2] });
                let slots = [0, u8::from(north), u8::from(east), 1];
                (Link::turn(self.corners.turns.len() - 1), slots)
            }
        };
        let end = |d: u8| End { link, slot: slots[usize::from(d)] };
        if sides[usize::from(NORTH)] {
            let other = open.south[col];
            if other.link == Link::NONE {
                self.tops.push(Hanging { col: at.col, end: end(NORTH) });
            } else {
                self.corners.join(other, end(NORTH));
            }
        }
        if sides[usize::from(WEST)] {
            self.corners.join(open.east, end(WEST));
        }
        if sides[usize::from(SOUTH)] {
            open.south[col] = end(SOUTH);
        }
        if sides[usize::from(EAST)] {
            open.east = end(EAST);
        }
    }
}

/// Passes over the runs of a row.
struct Cursor<'a> {
    cols: &'a [u32],
    regions: &'a [u32],
    region: u32,
    n_cols: u32,
}

impl<'a> Cursor<'a> {
    fn new((cols, regions): (&'a [u32], &'a [u32]), n_cols: u32) -> Self {
        Self { cols, regions, region: NO_REGION, n_cols }
    }

    /// Where the next run begins.
    fn next_col(&self) -> u32 {
        self.cols.first().copied().unwrap_or(self.n_cols)
    }

    /// The region east of a column, which is at most that of the next run.
    fn pass(&mut self, col: u32) -> u32 {
        if let ([first, cols @ ..], [region, regions @ ..]) = (self.cols, self.regions) {
            if *first == col {
                (self.cols, self.regions, self.region) = (cols, regions, *region);
            }
        } else if col == self.n_cols {
            self.region = NO_REGION;
        }
        self.region
    }
}

/// The direction of a straight way.
fn direction(from: Corner, to: Corner) -> u8 {
    match (from.row.cmp(&to.row), from.col.cmp(&to.col)) {
        (std::cmp::Ordering::Greater, _) => NORTH,
        (std::cmp::Ordering::Less, _) => SOUTH,
        (_, std::cmp::Ordering::Less) => EAST,
        _ => WEST,
    }
}
