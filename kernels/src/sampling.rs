//! Training cells taken from the prior vintage.
//!
//! A prior is a plentiful but imperfect teacher: its limits are half a metre off, some objects
//! carry a wrong code and some have changed since. So cells are taken away from limits, spread over
//! the regions and the objects of a class, and cleaned ([`mod@clean`]) before the learner sees them.

use std::collections::{BTreeMap, BinaryHeap};

use ndarray::ArrayView2;
use nomenclature::ClassId;
use serde::{Deserialize, Serialize};

use crate::{grid::Window, random::draw};

pub mod clean;
mod judge;
mod sharpness;

pub use judge::{JudgeError, Taught};
pub use sharpness::sharpness;

/// How training cells are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplePlan {
    /// Cells nearer than this to another class, or to a cell without imagery, are left out.
    pub erosion: usize,
    /// Most samples of one class.
    pub per_class: usize,
    /// Most samples of one prior object in a region.
    pub per_object: usize,
    /// Side of a region, in cells: a class is sampled in every region that has it.
    pub region: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for SamplePlan {
    fn default() -> Self {
        Self { erosion: 2, per_class: 20_000, per_object: 256, region: 4096, seed: 1 }
    }
}

impl SamplePlan {
    fn region_of(&self, (_, row, col): Draw) -> Region {
        let side = self.region.max(1);
        (row / side, col / side)
    }
}

/// A training cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Row on the territory's grid.
    pub row: usize,
    /// Column on the territory's grid.
    pub col: usize,
    /// Its class in the prior.
    pub class: ClassId,
    /// Its object in the prior.
    pub object: u32,
    /// The rank of the date whose imagery shows it.
    pub date: u8,
}

/// The prior on the cells of a block.
#[derive(Debug, Clone, Copy)]
pub struct PriorBlock<'a> {
    /// Class of each cell, shape `(rows, cols)`; 0 is nodata.
    pub class: ArrayView2<'a, u8>,
    /// Object of each cell, same shape; 0 is none.
    pub object: ArrayView2<'a, u32>,
    /// 1 where there is imagery, same shape.
    pub valid: ArrayView2<'a, u8>,
    /// Row on the territory's grid of the block's first cell.
    pub row: usize,
    /// Column on the territory's grid of the block's first cell.
    pub col: usize,
}

/// One cell kept for an object: the smallest draws win.
type Draw = (u64, usize, usize);

/// Gathers training cells block by block.
///
/// Every choice rests on a draw that belongs to the seed and the cell, and keeping the smallest
/// draws does not depend on order: any tiling gives the same samples. Memory is bounded by the
/// plan, not by the territory: see [`Sampler::finish`] for why what is dropped on the way would not
/// have been kept.
#[derive(Debug, Clone)]
pub struct Sampler {
    plan: SamplePlan,
    date: u8,
    classes: BTreeMap<ClassId, Held>,
}

/// Row and column of a region among the regions.
type Region = (usize, usize);

/// The cells held of a class.
#[derive(Debug, Clone, Default)]
struct Held {
    /// By region and object, for an object of two regions is one in each; never empty.
    objects: BTreeMap<(Region, u32), BinaryHeap<Draw>>,
    n_cells: usize,
}

/// A cell's turn among those of its object, its draw, its object.
type Turn = (u32, Draw, u32);

/// Cells held of a class, in samples wanted of it, at which those that cannot be kept are dropped.
const HELD_MAX: usize = 4;

impl Sampler {
    /// A sampler that has seen nothing yet of the imagery of a date.
    pub fn new(plan: SamplePlan, date: u8) -> Self {
        Self { plan, date, classes: BTreeMap::new() }
    }

    /// Looks at the cells of a window of a block.
    ///
    /// * `inner`: the cells to look at, in the block's own rows and columns; `plan.erosion` cells
    ///   around it are read where the block has them. Limits of the territory do not erode.
    pub fn add(&mut self, block: &PriorBlock<'_>, inner: Window) {
        for row in inner.row..inner.row + inner.rows {
            for col in inner.col..inner.col + inner.cols {
                let (class, object) = (block.class[[row, col]], block.object[[row, col]]);
                if class == 0 || object == 0 {
                    continue;
                }
                let place = (block.row + row, block.col + col);
                let hash = draw(self.plan.seed, place.0 as u64, place.1 as u64);
                let draw = (hash, place.0, place.1);
                if self.is_wanted((ClassId(class), object), draw) && self.is_inside(block, row, col)
                {
                    self.keep((ClassId(class), object), draw);
                }
            }
        }
    }

    fn is_inside(&self, block: &PriorBlock<'_>, row: usize, col: usize) -> bool {
        let reach = self.plan.erosion;
        let class = block.class[[row, col]];
        let (rows, cols) = block.class.dim();
        let around = |at: usize, end: usize| at.saturating_sub(reach)..(at + reach + 1).min(end);
        around(row, rows).all(|row| {
            around(col, cols)
                .all(|col| block.class[[row, col]] == class && block.valid[[row, col]] != 0)
        })
    }

    /// Whether a draw is among the smallest of its object so far.
    fn is_wanted(&self, (class, object): (ClassId, u32), draw: Draw) -> bool {
        let part = (self.plan.region_of(draw), object);
        let heap = self.classes.get(&class).and_then(|held| held.objects.get(&part));
        heap.is_none_or(|heap| {
            heap.len() < self.plan.per_object || heap.peek().is_some_and(|last| draw < *last)
        })
    }

    fn keep(&mut self, (class, object): (ClassId, u32), draw: Draw) {
        let held = self.classes.entry(class).or_default();
        let heap = held.objects.entry((self.plan.region_of(draw), object)).or_default();
        heap.push(draw);
        held.n_cells += 1;
        if heap.len() > self.plan.per_object {
            heap.pop();
            held.n_cells -= 1;
        }
        if held.n_cells > HELD_MAX * self.plan.per_class.max(1) {
            let kept = std::mem::take(held).best(&self.plan);
            *held = Held::of(kept, &self.plan);
        }
    }

    /// The samples, by row then column.
    ///
    /// Objects of a class take turns: all give one cell before any gives a second, then two more,
    /// four more and so on; so small objects are seen and large ones still weigh more. Regions take
    /// turns in the same way with what their objects give, until `per_class` is reached.
    ///
    /// A cell's place in that order only gets worse as further cells come, and never fewer cells
    /// are before a given place: one that is beyond `per_class` at any time is so at the end.
    pub fn finish(self) -> Vec<Sample> {
        let Self { plan, date, classes } = self;
        let mut samples = Vec::new();
        for (class, held) in classes {
            samples.extend(held.best(&plan).into_iter().map(|(object, (_, row, col))| Sample {
                row,
                col,
                class,
                object,
                date,
            }));
        }
        samples.sort_unstable();
        samples
    }
}

/// The turn in which the cell of a rank is given: 0, then 1, then two of turn 2, four of turn 3 ...
fn turn(rank: usize) -> u32 {
    usize::BITS - rank.leading_zeros()
}

impl Held {
    fn of(cells: Vec<(u32, Draw)>, plan: &SamplePlan) -> Self {
        let mut held = Self { n_cells: cells.len(), ..Self::default() };
        for (object, draw) in cells {
            held.objects.entry((plan.region_of(draw), object)).or_default().push(draw);
        }
        held
    }

    /// The cells that would be kept if there were no others to come.
    fn best(self, plan: &SamplePlan) -> Vec<(u32, Draw)> {
        let mut regions: BTreeMap<Region, Vec<Turn>> = BTreeMap::new();
        for ((region, object), heap) in self.objects {
            let cells = heap.into_sorted_vec().into_iter().enumerate();
            regions
                .entry(region)
                .or_default()
                .extend(cells.map(|(rank, draw)| (turn(rank), draw, object)));
        }
        let mut ranked: Vec<(u32, u32, Draw, u32)> = Vec::with_capacity(self.n_cells);
        for mut region in regions.into_values() {
            region.sort_unstable();
            ranked.extend(
                region
                    .into_iter()
                    .enumerate()
                    .map(|(rank, (own, draw, object))| (turn(rank), own, draw, object)),
            );
        }
        ranked.sort_unstable();
        ranked.truncate(plan.per_class);
        ranked.into_iter().map(|(_, _, draw, object)| (object, draw)).collect()
    }
}

#[cfg(test)]
mod tests;
