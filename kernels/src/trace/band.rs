//! What is found in a band of rows: whole arcs, and pieces of the arcs that go on beyond it.

use super::sweep::{Corners, End, Notch, Place, Port};
use crate::arcs::{HalfArc, Lines, Sides, Successors};
use crate::label::NO_REGION;

/// The boundaries of a band.
#[derive(Default)]
pub(super) struct Band {
    /// What begins here.
    pub(super) lines: Found,
    /// The arcs that leave the band, in order; they end with their last turn.
    pub(super) open: Vec<OpenArc>,
    /// What follows what at the nodes.
    pub(super) successors: Successors,
    /// What crosses the band without meeting a node; only the turns.
    pub(super) across: Lines,
    /// Where each of these enters and leaves.
    pub(super) across_ports: Vec<[Port; 2]>,
    /// What hangs on each port above the band.
    tops: Vec<Tip>,
    /// What hangs on each port below the band.
    bottoms: Vec<Tip>,
}

/// Boundaries in the order of the result.
#[derive(Default)]
pub(super) struct Found {
    /// The arcs that start at a node, by node and direction.
    pub(super) arcs: Lines,
    /// Whole outlines without a node, by first corner in the order of reading: those around a
    /// region and those around a piece of nodata.
    pub(super) loops: [Lines; 2],
}

/// An arc that leaves the band.
pub(super) struct OpenArc {
    /// Its rank.
    pub(super) arc: usize,
    /// Where it goes on.
    pub(super) port: Port,
}

/// What hangs on a port.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tip {
    /// An arc from a node, by rank among the open ones.
    Open(usize),
    /// A piece that crosses the band, by rank.
    Across(usize),
}

impl Band {
    /// Follows all boundaries of some rows of corners.
    pub(super) fn of(corners: &mut Corners) -> Self {
        let mut band = Self::default();
        band.tops.resize(corners.tops.len(), Tip::Across(0));
        band.bottoms.resize(corners.bottoms.len(), Tip::Across(0));
        let (n_turns, n_nodes) = (corners.turns.len(), corners.nodes.len());
        // An arc has two ends, a node at most four.
        band.lines.arcs.reserve(n_turns + 4 * n_nodes, 2 * n_nodes);
        band.follow_nodes(corners);
        band.follow_ports(corners);
        // An outline has four turns at least, and its first corner twice.
        let n_left = n_turns + 2 * band.lines.arcs.len() - band.lines.arcs.n_points();
        band.lines.loops[0].reserve(n_left + n_left / 4, n_left / 4);
        for notch in 0..corners.notches.len() {
            band.follow_loop(corners, corners.notches[notch]);
        }
        let Found { arcs, loops: [regions, nodata] } = &mut band.lines;
        [arcs, regions, nodata, &mut band.across].into_iter().for_each(Lines::shrink);
        band
    }

    /// What hangs on a port.
    pub(super) fn tip(&self, port: Port) -> Tip {
        match port {
            Port::Top(rank) => self.tops[rank as usize],
            Port::Bottom(rank) => self.bottoms[rank as usize],
        }
    }

    fn hang(&mut self, port: Port, tip: Tip) {
        match port {
            Port::Top(rank) => self.tops[rank as usize] = tip,
            Port::Bottom(rank) => self.bottoms[rank as usize] = tip,
        }
    }

    /// Follows the arcs that start at a node.
    fn follow_nodes(&mut self, corners: &mut Corners) {
        let arcs = &mut self.lines.arcs;
        for node in 0..corners.nodes.len() {
            for direction in 0..4 {
                let from = &mut corners.nodes[node];
                let next = from.next[direction];
                if next == End::NONE || from.leaving[direction] != HalfArc::NONE {
                    continue;
                }
                let arc = arcs.len();
                from.leaving[direction] = HalfArc::forward(arc);
                let [left, right] = [direction, (direction + 1) % 4].map(|i| from.around[i]);
                arcs.push(from.at);
                match follow(corners, next, arcs) {
                    Place::Node(end, back) => {
                        let to = &mut corners.nodes[end];
                        to.leaving[back] = HalfArc::forward(arc).reversed();
                        arcs.push(to.at);
                    }
                    Place::Port(port) => self.open.push(OpenArc { arc, port }),
                    Place::Turn(..) => unreachable!("what leaves a node ends at one"),
                }
                arcs.end(Sides { left, right });
            }
        }
        self.successors = Successors::unknown(arcs.len());
        for node in &corners.nodes {
            self.successors.meet(node.around, node.leaving);
        }
        for rank in 0..self.open.len() {
            self.hang(self.open[rank].port, Tip::Open(rank));
        }
    }

    /// Follows what crosses the band without meeting a node.
    fn follow_ports(&mut self, corners: &mut Corners) {
        let tops = (0..corners.tops.len()).map(|rank| (Port::Top(rank as u32), corners.tops[rank]));
        let bottoms = (0..corners.bottoms.len())
            .map(|rank| (Port::Bottom(rank as u32), corners.bottoms[rank]));
        for (port, next) in tops.chain(bottoms).collect::<Vec<_>>() {
            let is_done = match next.place() {
                Place::Node(..) => true,
                Place::Port(other) => other < port,
                Place::Turn(rank, _) => corners.turns[rank].next[0] == End::NONE,
            };
            if is_done {
                continue;
            }
            let Place::Port(other) = follow(corners, next, &mut self.across) else {
                unreachable!("what leads to a node was followed from there")
            };
            let tip = Tip::Across(self.across.len());
            self.hang(port, tip);
            self.hang(other, tip);
            self.across.end(Sides { left: NO_REGION, right: NO_REGION });
            self.across_ports.push([port, other]);
        }
    }

    /// Follows the outline that begins at a turn, unless it was followed already.
    fn follow_loop(&mut self, corners: &mut Corners, notch: Notch) {
        let first = &mut corners.turns[notch.turn as usize];
        if first.next[0] == End::NONE {
            return;
        }
        first.next[0] = End::NONE;
        let (at, south) = (first.at, first.next[1]);
        let loops = &mut self.lines.loops[usize::from(notch.inside == NO_REGION)];
        loops.push(at);
        follow(corners, south, loops);
        loops.push(at);
        loops.end(Sides { left: notch.inside, right: notch.outside });
    }
}

/// Adds the turns on the way to the next node, port or turn that was passed before, and takes
/// their first way from them: they are passed.
fn follow(corners: &mut Corners, next: End, line: &mut Lines) -> Place {
    let mut end = next;
    loop {
        let place = end.place();
        let Place::Turn(rank, way) = place else { return place };
        let turn = &mut corners.turns[rank];
        if turn.next[0] == End::NONE {
            return place;
        }
        line.push(turn.at);
        end = turn.next[1 - way];
        turn.next[0] = End::NONE;
    }
}
