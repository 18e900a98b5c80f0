//! Minimum mapping units, on the region graph.
//!
//! Regions below their unit are merged into a neighbour, the smallest first, by a total order on
//! integers. Only the graph of regions and border lengths is used, so tiles cannot exist for this
//! rule, and a region is what it is on the cells: two regions of equal code that come to touch are
//! one region from then on.
//!
//! The order of merges: fewest cells, then earliest first cell. The target of a merge: longest
//! shared border, then smallest semantic distance, then lowest code, then earliest first cell; a
//! neighbour of last resort only when there is no other.
//!
//! [`capture()`] adds what a product asks of shapes: minimum widths, isolated buildings, and networks
//! that are not cut.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use ndarray::Array2;

use crate::label::{Border, Labels, label};
use crate::plane::Plane;
use crate::union_find::UnionFind;
use chains::Chains;

mod capture;
mod chains;
mod couples;
mod enlarge;
mod network;
#[cfg(test)]
mod oracle;
mod width;

pub use capture::{Captured, ShapeRule, capture};
pub use couples::{CoupleUnits, cells_of_area, cells_of_width};
pub use enlarge::Enlarged;
pub use network::n_components as n_network_pieces;

use capture::CellState;

/// What a unit may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The code of the region.
    pub value: u16,
    /// Number of cells of the region.
    pub n_cells: u64,
    /// Those of them inside the zone (for OCS GE: the zone construite); 0 when there is no zone.
    pub n_zone_cells: u64,
}

/// The units of the regions, and how far apart two codes are in meaning.
pub trait CaptureRule {
    /// The number of cells under which a region is merged into a neighbour.
    fn min_cells(&self, candidate: &Candidate) -> u64;

    /// How far apart two codes are; smaller is preferred where borders are equally long.
    fn distance(&self, from: u16, to: u16) -> u32;

    /// Whether a region goes to a neighbour of this code only when it touches no other neighbour;
    /// so networks are not cut.
    fn is_last_resort(&self, _from: u16, _to: u16) -> bool {
        false
    }
}

/// The same unit for all codes, which are all equally far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniformUnit {
    /// The number of cells under which a region is merged.
    pub min_cells: u64,
}

impl CaptureRule for UniformUnit {
    fn min_cells(&self, _: &Candidate) -> u64 {
        self.min_cells
    }

    fn distance(&self, _: u16, _: u16) -> u32 {
        0
    }
}

/// What is known about the cells besides their codes; all masks have the raster's shape.
#[derive(Debug, Clone, Copy, Default)]
pub struct CellMasks<'a> {
    /// A region that holds such a cell is never merged away (corrections, ossature).
    pub locked: Option<&'a Plane<bool>>,
    /// When given, only regions that hold such a cell may be merged away; the others are the
    /// prior's own and stay. A region does not come to hold the changed cells that it absorbs.
    pub changed: Option<&'a Plane<bool>>,
    /// Where a second unit holds; see [`Candidate::n_zone_cells`].
    pub zone: Option<&'a Plane<bool>>,
}

/// Why a region below its unit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExemptionReason {
    /// It holds a locked cell.
    Locked,
    /// It holds no changed cell.
    Unchanged,
    /// It touches no other region.
    Alone,
}

/// A region that stays below its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exemption {
    /// Its first cell `(row, col)` in reading order.
    pub first: (u32, u32),
    /// What it is.
    pub region: Candidate,
    /// The unit that it does not reach, in cells.
    pub min_cells: u64,
    /// Why it is kept.
    pub reason: ExemptionReason,
}

/// A regularised raster and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regularised {
    /// The codes, same shape as before; nodata cells are the same.
    pub codes: Array2<u16>,
    /// Number of cells that went from one code to another, only where they differ.
    pub moved: BTreeMap<(u16, u16), u64>,
    /// The regions kept below their unit, in order of their first cell.
    pub exemptions: Vec<Exemption>,
}

/// What merging makes of the regions of a raster, which itself is not needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The code of each region, in the order of the labels.
    pub codes: Vec<u16>,
    /// Number of cells that went from one code to another, only where they differ.
    pub moved: BTreeMap<(u16, u16), u64>,
    /// The regions kept below their unit, in order of their first cell.
    pub exemptions: Vec<Exemption>,
}

/// Merges the regions below their minimum mapping unit into their neighbours.
///
/// * `codes`: shape `(rows, cols)`; 0 is nodata, neither merged nor merged into. Given up once it is
///   labelled, before the result is painted, so that two rasters are never held.
/// * `masks`: what is locked, changed, in the zone.
/// * `rule`: the units and the distances, pure functions.
///
/// The result has no region below its unit but the listed exemptions. Time is
/// O(cells + regions log regions); see the module for the order of merges.
///
/// # Panics
/// When a mask has another shape than the raster.
pub fn regularise(
    codes: Array2<u16>,
    masks: &CellMasks<'_>,
    rule: &(impl CaptureRule + ?Sized),
) -> Regularised {
    let labels = label(codes.view());
    drop(codes);
    let Merged { codes, moved, exemptions } = merge(&labels, masks, rule);
    Regularised { codes: labels.paint(|region| codes[region]), moved, exemptions }
}

/// [`regularise`], for a raster that is already labelled: time and memory grow with its regions.
///
/// # Panics
/// When a mask has another shape than the raster.
pub fn merge(labels: &Labels, masks: &CellMasks<'_>, rule: &(impl CaptureRule + ?Sized)) -> Merged {
    let mut graph = RegionGraph::new(labels, masks);
    graph.merge_all(rule);
    let roots = graph.roots();
    let codes: Vec<u16> =
        roots.iter().map(|&root| graph.nodes[root as usize].region.value).collect();
    let mut moved = BTreeMap::new();
    for (region, &code) in labels.regions.iter().zip(&codes) {
        if code != region.value {
            *moved.entry((region.value, code)).or_default() += region.n_cells;
        }
    }
    let exemptions = graph.exemptions(&roots, labels, rule);
    Merged { codes, moved, exemptions }
}

/// A region of the graph as it grows.
#[derive(Debug, Clone, Copy)]
struct Node {
    region: Candidate,
    is_locked: bool,
    is_changed: bool,
}

/// The regions, merged step by step; a merged region is named by its lowest member.
struct RegionGraph {
    sets: UnionFind,
    /// Valid at the root of each set.
    nodes: Vec<Node>,
    borders: Chains,
}

impl RegionGraph {
    fn new(labels: &Labels, masks: &CellMasks<'_>) -> Self {
        let n = labels.regions.len();
        let count = |mask: Option<&Plane<bool>>| mask.map(|mask| labels.count(mask));
        let (locked, changed) = (count(masks.locked), count(masks.changed));
        let zone = count(masks.zone).unwrap_or_else(|| vec![0; n]);
        let node = |(i, region): (usize, &crate::label::Region)| Node {
            region: Candidate {
                value: region.value,
                n_cells: region.n_cells,
                n_zone_cells: zone[i],
            },
            is_locked: locked.as_ref().is_some_and(|counts| counts[i] > 0),
            is_changed: changed.as_ref().is_none_or(|counts| counts[i] > 0),
        };
        Self {
            sets: UnionFind::new(n),
            nodes: labels.regions.iter().enumerate().map(node).collect(),
            borders: Chains::new(labels.borders()),
        }
    }

    /// Whether a set must go, if it finds a target.
    fn is_mergeable(&self, root: u32, rule: &(impl CaptureRule + ?Sized)) -> bool {
        let node = &self.nodes[root as usize];
        !node.is_locked && node.is_changed && node.region.n_cells < rule.min_cells(&node.region)
    }

    /// Merges the smallest mergeable set into its target until none is left.
    fn merge_all(&mut self, rule: &(impl CaptureRule + ?Sized)) {
        let size = |graph: &Self, root: u32| graph.nodes[root as usize].region.n_cells;
        let all = 0..self.nodes.len() as u32;
        let mergeable = all.filter(|&root| self.is_mergeable(root, rule));
        let first = sorted(mergeable.map(|root| (size(self, root), root)).collect());
        // Sets that have grown come again; most never do.
        let mut again: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
        let mut first = first.into_iter().peekable();
        loop {
            let next = match (first.peek(), again.peek()) {
                (Some(one), Some(Reverse(other))) if other < one => again.pop().map(|next| next.0),
                (None, _) => again.pop().map(|next| next.0),
                _ => first.next(),
            };
            let Some((n_cells, root)) = next else { break };
            // A set that has grown since was queued again with its new size.
            let is_current = self.sets.root(root) == root && size(self, root) == n_cells;
            if !is_current || !self.is_mergeable(root, rule) {
                continue;
            }
            self.resolve_borders(root);
            let Some(target) = self.target(root, rule) else { continue };
            let merged = self.absorb(root, target);
            if self.is_mergeable(merged, rule) {
                again.push(Reverse((size(self, merged), merged)));
            }
        }
    }

    /// Rewrites the borders of a set in terms of the sets that now stand across them.
    fn resolve_borders(&mut self, root: u32) {
        let sets = &mut self.sets;
        self.borders.resolve(root, |region| sets.root(region));
    }

    /// The neighbour that a set with resolved borders is merged into.
    fn target(&self, root: u32, rule: &(impl CaptureRule + ?Sized)) -> Option<u32> {
        let from = self.nodes[root as usize].region.value;
        let rank = |border: &&Border| {
            let to = self.nodes[border.neighbour as usize].region.value;
            let is_last = rule.is_last_resort(from, to);
            (is_last, Reverse(border.n_sides), rule.distance(from, to), to, border.neighbour)
        };
        self.borders.of(root).iter().min_by_key(rank).map(|border| border.neighbour)
    }

    /// Gives the cells of a set to its target, which may thereby touch others of its own code and
    /// becomes one with them. The root of the result.
    fn absorb(&mut self, small: u32, target: u32) -> u32 {
        let kept = self.nodes[target as usize];
        let neighbours = self.borders.range(small);
        let mut root = self.unite(small, target);
        self.nodes[root as usize].is_changed = kept.is_changed;
        self.nodes[root as usize].region.value = kept.region.value;
        for place in neighbours {
            let other = self.sets.root(self.borders.border(place).neighbour);
            if other != root && self.nodes[other as usize].region.value == kept.region.value {
                root = self.unite(root, other);
            }
        }
        root
    }

    /// Joins two sets; their sizes add up and a mark of one is a mark of both.
    fn unite(&mut self, a: u32, b: u32) -> u32 {
        let (one, two) = (self.nodes[a as usize], self.nodes[b as usize]);
        self.sets.union(a, b);
        let (root, gone) = (a.min(b), a.max(b));
        self.nodes[root as usize] = Node {
            region: Candidate {
                value: one.region.value,
                n_cells: one.region.n_cells + two.region.n_cells,
                n_zone_cells: one.region.n_zone_cells + two.region.n_zone_cells,
            },
            is_locked: one.is_locked || two.is_locked,
            is_changed: one.is_changed || two.is_changed,
        };
        self.borders.join(root, gone);
        root
    }

    /// The set of each original region.
    fn roots(&mut self) -> Vec<u32> {
        (0..self.nodes.len() as u32).map(|region| self.sets.root(region)).collect()
    }

    /// The sets that remain below their unit.
    fn exemptions(
        &self,
        roots: &[u32],
        labels: &Labels,
        rule: &(impl CaptureRule + ?Sized),
    ) -> Vec<Exemption> {
        let is_root = |&i: &usize| roots[i] as usize == i;
        (0..roots.len())
            .filter(is_root)
            .filter_map(|i| {
                let node = &self.nodes[i];
                let min_cells = rule.min_cells(&node.region);
                let reason = match (node.is_locked, node.is_changed) {
                    (true, _) => ExemptionReason::Locked,
                    (_, false) => ExemptionReason::Unchanged,
                    _ => ExemptionReason::Alone,
                };
                let first = labels.regions[i].first;
                (node.region.n_cells < min_cells).then_some(Exemption {
                    first,
                    region: node.region,
                    min_cells,
                    reason,
                })
            })
            .collect()
    }
}

/// Sorts regions, given by ascending index, by their number of cells; equal ones stay as they are.
///
/// Sixteen bits at a time, from the lowest (radix sort): most units have fewer cells than that.
fn sorted(mut regions: Vec<(u64, u32)>) -> Vec<(u64, u32)> {
    const BITS: u32 = 16;
    let largest = regions.iter().map(|region| region.0).max().unwrap_or(0);
    for shift in (0..u64::BITS - largest.leading_zeros()).step_by(BITS as usize) {
        let digit = |n_cells: u64| (n_cells >> shift) as usize & ((1 << BITS) - 1);
        let mut next = vec![0; 1 << BITS];
        for &(n_cells, _) in &regions {
            next[digit(n_cells)] += 1;
        }
        let mut before = 0;
        for next in &mut next {
            before += std::mem::replace(next, before);
        }
        let mut by_digit = vec![(0, 0); regions.len()];
        for region in regions {
            let slot = &mut next[digit(region.0)];
            by_digit[*slot] = region;
            *slot += 1;
        }
        regions = by_digit;
    }
    regions
}

#[cfg(test)]
mod tests;
