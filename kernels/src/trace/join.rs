//! Joins what was cut by the limits of the bands, and puts all arcs in their order.

use std::ops::Range;

use super::band::{Band, Found, Tip};
use super::sweep::Port;
use crate::arcs::{HalfArc, Lines, Sides, Span, Successors};
use crate::grid::Grid;
use crate::label::{Labels, NO_REGION};
use crate::lattice::Point;

/// The arcs that several bands share.
pub(super) struct Joined {
    pub(super) lines: Found,
    /// For each open arc of each band: the arc that it is a part of.
    owners: Vec<Vec<Owner>>,
}

/// The arc that an open one is a part of, by rank among the joined ones.
#[derive(Debug, Clone, Copy)]
enum Owner {
    /// It begins with this part.
    Begins(usize),
    /// It ends with this part, reversed.
    Ends(usize),
}

/// Some arcs of one list that follow one another in the result.
#[derive(Debug, Clone)]
pub(super) struct Stretch<'a> {
    pub(super) lines: &'a Lines,
    /// The list: that of its points is number so many of [`lists`].
    list: usize,
    pub(super) arcs: Range<usize>,
}

impl Stretch<'_> {
    /// Where the points of its arcs are.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        let list = self.list as u32;
        self.lines.spans(self.arcs.clone()).map(move |Range { start, end }| Span {
            list,
            start,
            end,
        })
    }
}

/// The points of all lists: for each band, and for what was joined, those of the arcs and of both
/// kinds of loops.
pub(super) fn lists(bands: Vec<Band>, joined: Joined) -> Vec<Vec<Point>> {
    let found = bands.into_iter().map(|band| band.lines).chain([joined.lines]);
    found
        .flat_map(|Found { arcs, loops: [regions, nodata] }| [arcs, regions, nodata])
        .map(Lines::into_points)
        .collect()
}

/// The place of a corner in the order of reading.
fn reading(at: Point) -> (i32, i32) {
    (-at.y, at.x)
}

impl Joined {
    /// Follows the boundaries over the limits of the bands.
    pub(super) fn of(bands: &[Band], labels: &Labels, grid: &Grid) -> Self {
        let mut walker = Walker {
            bands,
            is_passed: bands.iter().map(|band| vec![false; band.across_ports.len()]).collect(),
        };
        let (arcs, owners) = walker.join_arcs();
        let mut closed: Vec<Vec<Point>> =
            walker.join_loops().into_iter().map(from_first_corner).collect();
        closed.sort_unstable_by_key(|corners| reading(corners[0]));
        let mut loops = [Lines::default(), Lines::default()];
        for corners in closed {
            let sides = beside(corners[0], labels, grid);
            let loops = &mut loops[usize::from(sides.left == NO_REGION)];
            loops.extend(corners);
            loops.end(sides);
        }
        Self { lines: Found { arcs, loops }, owners }
    }

    /// The arcs from nodes in order.
    pub(super) fn arcs<'a>(&'a self, bands: &'a [Band]) -> Vec<Stretch<'a>> {
        let mut stretches = Vec::new();
        let own = &self.lines.arcs;
        for (i, (band, owners)) in bands.iter().zip(&self.owners).enumerate() {
            let (lines, list) = (&band.lines.arcs, 3 * i);
            let mut done = 0;
            for (open, owner) in band.open.iter().zip(owners) {
                stretches.push(Stretch { lines, list, arcs: done..open.arc });
                if let Owner::Begins(rank) = *owner {
                    let list = 3 * bands.len();
                    stretches.push(Stretch { lines: own, list, arcs: rank..rank + 1 });
                }
                done = open.arc + 1;
            }
            stretches.push(Stretch { lines, list, arcs: done..lines.len() });
        }
        stretches
    }

    /// The arcs without a node in order.
    pub(super) fn loops<'a>(&'a self, bands: &'a [Band]) -> Vec<Stretch<'a>> {
        let mut stretches = Vec::new();
        for (kind, own) in self.lines.loops.iter().enumerate() {
            let first = |lines: &Lines, line: usize| reading(lines.line(line)[0]);
            let joined = |rank: usize| {
                let list = 3 * bands.len() + 1 + kind;
                Stretch { lines: own, list, arcs: rank..rank + 1 }
            };
            let mut next = 0;
            for (i, band) in bands.iter().enumerate() {
                let (lines, list) = (&band.lines.loops[kind], 3 * i + 1 + kind);
                let mut done = 0;
                let last = lines.len().checked_sub(1).map(|line| first(lines, line));
                while next < own.len() && Some(first(own, next)) < last {
                    let at = first(own, next);
                    let mut behind = (done..lines.len()).skip_while(|&i| first(lines, i) < at);
                    let here = behind.next().unwrap_or(lines.len());
                    stretches.push(Stretch { lines, list, arcs: done..here });
                    stretches.push(joined(next));
                    (done, next) = (here, next + 1);
                }
                stretches.push(Stretch { lines, list, arcs: done..lines.len() });
            }
            stretches.extend((next..own.len()).map(joined));
        }
        stretches
    }

    /// What follows what at the nodes, by the ranks of the arcs in the result.
    pub(super) fn successors(&self, bands: &[Band], n_arcs: usize) -> Successors {
        let mut successors = Successors::new(n_arcs);
        let (mut n, mut joined) = (0, Vec::with_capacity(self.lines.arcs.len()));
        let mut names = Vec::new();
        for (band, owners) in bands.iter().zip(&self.owners) {
            names.clear();
            for (open, owner) in band.open.iter().zip(owners) {
                let n_whole = open.arc - names.len();
                names.extend((n..n + n_whole).map(HalfArc::forward));
                n += n_whole;
                match *owner {
                    Owner::Begins(_) => {
                        joined.push(HalfArc::forward(n));
                        names.push(HalfArc::forward(n));
                        n += 1;
                    }
                    Owner::Ends(rank) => names.push(joined[rank].reversed()),
                }
            }
            let n_whole = band.lines.arcs.len() - names.len();
            names.extend((n..n + n_whole).map(HalfArc::forward));
            n += n_whole;
            successors.adopt(&band.successors, &names);
        }
        successors
    }
}

/// Walks from band to band.
struct Walker<'a> {
    bands: &'a [Band],
    /// The pieces of each band that were walked.
    is_passed: Vec<Vec<bool>>,
}

impl Walker<'_> {
    /// The arcs between nodes, each walked from its earlier end.
    fn join_arcs(&mut self) -> (Lines, Vec<Vec<Owner>>) {
        let mut arcs = Lines::default();
        let none = |band: &Band| vec![None; band.open.len()];
        let mut owners: Vec<Vec<Option<Owner>>> = self.bands.iter().map(none).collect();
        for band in 0..self.bands.len() {
            for (rank, open) in self.bands[band].open.iter().enumerate() {
                if owners[band][rank].is_some() {
                    continue;
                }
                let from = &self.bands[band].lines.arcs;
                arcs.extend(from.line(open.arc).iter().copied());
                let (end_band, end) = self.walk((band, open.port), &mut arcs, None);
                let other = &self.bands[end_band];
                arcs.extend(other.lines.arcs.line(other.open[end].arc).iter().rev().copied());
                owners[band][rank] = Some(Owner::Begins(arcs.len()));
                owners[end_band][end] = Some(Owner::Ends(arcs.len()));
                arcs.end(from.sides()[open.arc]);
            }
        }
        let known = |owner: Option<Owner>| owner.expect("every part was walked from one end");
        (arcs, owners.into_iter().map(|own| own.into_iter().map(known).collect()).collect())
    }

    /// The corners of the outlines without a node, each from anywhere; after [`Self::join_arcs`].
    fn join_loops(&mut self) -> Vec<Vec<Point>> {
        let mut loops = Vec::new();
        for (band, here) in self.bands.iter().enumerate() {
            for (piece, [entry, _]) in here.across_ports.iter().enumerate() {
                if !self.is_passed[band][piece] {
                    let mut line = Lines::default();
                    self.walk(beyond((band, *entry)), &mut line, Some((band, piece)));
                    loops.push(line.into_points());
                }
            }
        }
        loops
    }

    /// Goes out of a band by a port until an arc from a node is met, of which it gives the band and
    /// the rank, or the outline closes at a piece that is known to have no node.
    fn walk(
        &mut self,
        (band, port): (usize, Port),
        line: &mut Lines,
        closing: Option<(usize, usize)>,
    ) -> (usize, usize) {
        let (mut band, mut port) = (band, port);
        loop {
            (band, port) = beyond((band, port));
            let here = &self.bands[band];
            let piece = match here.tip(port) {
                Tip::Open(open) => return (band, open),
                Tip::Across(piece) => piece,
            };
            if closing == Some((band, piece)) && self.is_passed[band][piece] {
                return (band, piece);
            }
            self.is_passed[band][piece] = true;
            let [entry, exit] = here.across_ports[piece];
            let points = here.across.line(piece);
            if entry == port {
                line.extend(points.iter().copied());
                port = exit;
            } else {
                line.extend(points.iter().rev().copied());
                port = entry;
            }
        }
    }
}

/// The same port, seen from the other band.
fn beyond((band, port): (usize, Port)) -> (usize, Port) {
    match port {
        Port::Top(rank) => (band - 1, Port::Bottom(rank)),
        Port::Bottom(rank) => (band + 1, Port::Top(rank)),
    }
}

/// The closed line that begins southwards at the first of some corners in the order of reading.
fn from_first_corner(mut corners: Vec<Point>) -> Vec<Point> {
    let first = (0..corners.len()).min_by_key(|&i| reading(corners[i]));
    corners.rotate_left(first.expect("an outline turns"));
    if corners[1].x != corners[0].x {
        corners[1..].reverse();
    }
    corners.push(corners[0]);
    corners
}

/// The regions east and west of what goes south from a corner.
fn beside(corner: Point, labels: &Labels, grid: &Grid) -> Sides {
    let (row, col) =
        grid.cell_at(corner).expect("the first corner of an outline is that of a cell");
    let (row, col) = (row as i64, col as i64);
    let [left, right] = [col, col - 1].map(|col| labels.region_at(row, col));
    Sides { left, right }
}
