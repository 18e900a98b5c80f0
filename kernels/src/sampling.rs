//! Training cells taken from the prior vintage.
//!
//! A prior is a plentiful but imperfect teacher: its limits are half a metre off, some objects
//! carry a wrong code and some have changed since. So cells are taken away from limits, spread over
//! the objects of a class, and cleaned ([`mod@clean`]) before the learner sees them.

use std::collections::{BTreeMap, BinaryHeap};

use ndarray::ArrayView2;
use nomenclature::ClassId;
use serde::{Deserialize, Serialize};

use crate::{grid::Window, random::draw};

pub mod clean;

/// How training cells are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplePlan {
    /// Cells nearer than this to another class, or to a cell without imagery, are left out.
    pub erosion: usize,
    /// Most samples of one class.
    pub per_class: usize,
    /// Most samples of one prior object.
    pub per_object: usize,
    /// Only one cell in this many is looked at (1: all): bounds memory on a whole department.
    pub one_in: u64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for SamplePlan {
    fn default() -> Self {
        Self { erosion: 2, per_class: 8000, per_object: 256, one_in: 1, seed: 1 }
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
/// draws does not depend on order: any tiling gives the same samples.
#[derive(Debug, Clone)]
pub struct Sampler {
    plan: SamplePlan,
    date: u8,
    objects: BTreeMap<(ClassId, u32), BinaryHeap<Draw>>,
}

impl Sampler {
    /// A sampler that has seen nothing yet of the imagery of a date.
    pub fn new(plan: SamplePlan, date: u8) -> Self {
        Self { plan, date, objects: BTreeMap::new() }
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
                if hash.is_multiple_of(self.plan.one_in.max(1)) && self.is_inside(block, row, col) {
                    self.keep((ClassId(class), object), (hash, place.0, place.1));
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

    fn keep(&mut self, key: (ClassId, u32), draw: Draw) {
        let heap = self.objects.entry(key).or_default();
        if heap.len() < self.plan.per_object {
            heap.push(draw);
        } else if heap.peek().is_some_and(|greatest| draw < *greatest) {
            heap.pop();
            heap.push(draw);
        }
    }

    /// The samples, by row then column.
    ///
    /// Objects of a class take turns: all give one cell before any gives a second, then two more,
    /// four more and so on, until `per_class` is reached; so small objects are seen and large ones
    /// still weigh more.
    pub fn finish(self) -> Vec<Sample> {
        let mut by_class: BTreeMap<ClassId, Vec<(u32, Draw, u32)>> = BTreeMap::new();
        for ((class, object), heap) in self.objects {
            let ranked = by_class.entry(class).or_default();
            for (rank, draw) in heap.into_sorted_vec().into_iter().enumerate() {
                let turn = usize::BITS - rank.leading_zeros();
                ranked.push((turn, draw, object));
            }
        }
        let mut samples = Vec::new();
        for (class, mut ranked) in by_class {
            ranked.sort_unstable();
            let kept = ranked.into_iter().take(self.plan.per_class);
            samples.extend(kept.map(|(_, (_, row, col), object)| Sample {
                row,
                col,
                class,
                object,
                date: self.date,
            }));
        }
        samples.sort_unstable();
        samples
    }
}

#[cfg(test)]
mod tests;
