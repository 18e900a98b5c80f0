//! Segmentation by overlapping patches: where they lie, what fills their voids, how they blend.
//!
//! Patches lie on one lattice of pixels that the data do not move: pixel and patch indices are
//! integers counted from the origin of the coordinate system. Answers become integer shares and
//! weights are integers, so sums do not depend on the order of the patches and the same ground gets
//! the same bytes in any tile order, for any number of threads, and after any stop.
//!
//! Patch `k` owns the *core* `[k s, (k + 1) s)` with `s = patch - 2 margin`, reads the *span* of
//! `patch` pixels around it, and speaks of the *reach*: the core and half a margin more. Reaches
//! overlap by a margin, where the weights of one fall as those of the next rise. The outer half of
//! the margin is only context. The published zonal inference of FLAIR-1 and FLAIR-HUB has the same
//! cores at the same cost, but keeps each alone, places them in floating-point metres and shows the
//! model black beyond the edge of the imagery.

use std::ops::Range;

mod blend;
mod reflect;
mod shares;
#[cfg(test)]
mod tests;

pub use blend::Blend;
pub use reflect::fill_by_reflection;
pub use shares::{SHARE_ONE, Unusable, shares_of_logits, shares_of_probabilities};

/// What the weights of all patches that speak of a pixel sum to, along one axis.
pub const WEIGHT_ONE: u32 = 256;

/// How patches follow each other along an axis; rows and columns are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    patch: usize,
    margin: usize,
}

impl Tiling {
    /// Patches of `patch` pixels that advance by `patch - 2 margin`; `None` unless the margin (made
    /// even) is at most a third of the patch: no more than two speak of a pixel along an axis.
    pub fn new(patch: usize, margin: usize) -> Option<Self> {
        let tiling = Self { patch, margin };
        let fits = patch >= 2 * margin + 2 * tiling.half_ramp();
        (patch > 0 && fits).then_some(tiling)
    }

    /// Side of a patch, in pixels.
    pub fn patch(&self) -> usize {
        self.patch
    }

    /// Pixels on each side of a patch that are not its own.
    pub fn margin(&self) -> usize {
        self.margin
    }

    /// Pixels from one patch to the next.
    pub fn stride(&self) -> usize {
        self.patch - 2 * self.margin
    }

    /// Pixels of the reach beyond the core on each side: half the margin, rounded up.
    fn half_ramp(&self) -> usize {
        self.margin.div_ceil(2)
    }

    /// Side of the reach, in pixels.
    pub fn reach_len(&self) -> usize {
        self.stride() + 2 * self.half_ramp()
    }

    /// Pixels of the span before the reach.
    pub fn guard(&self) -> usize {
        self.margin - self.half_ramp()
    }

    /// The pixels that patch `k` owns.
    pub fn core(&self, k: i64) -> Range<i64> {
        let s = self.stride() as i64;
        k * s..(k + 1) * s
    }

    /// The pixels that patch `k` reads.
    pub fn span(&self, k: i64) -> Range<i64> {
        grown(self.core(k), self.margin)
    }

    /// The pixels that patch `k` speaks of.
    pub fn reach(&self, k: i64) -> Range<i64> {
        grown(self.core(k), self.half_ramp())
    }

    /// The pixels that are settled once patches up to `k` have spoken, and not before: from the
    /// first one of its reach to the first one of the next.
    pub fn strip(&self, k: i64) -> Range<i64> {
        self.reach(k).start..self.reach(k + 1).start
    }

    /// The patches whose cores meet a range of pixels that is not empty.
    pub fn cores_over(&self, pixels: &Range<i64>) -> Range<i64> {
        let s = self.stride() as i64;
        pixels.start.div_euclid(s)..(pixels.end - 1).div_euclid(s) + 1
    }

    /// The patches whose strips meet a range of pixels that is not empty.
    pub fn strips_over(&self, pixels: &Range<i64>) -> Range<i64> {
        let half = self.half_ramp() as i64;
        self.cores_over(&(pixels.start + half..pixels.end + half))
    }

    /// The weight of each pixel of a reach along one axis, from 1 to [`WEIGHT_ONE`]; those of two
    /// neighbours sum to [`WEIGHT_ONE`] wherever their reaches overlap.
    pub fn weights(&self) -> Vec<u32> {
        let ramp = 2 * self.half_ramp();
        let rising = |i: usize| {
            let weight = (2 * i + 1) as u32 * WEIGHT_ONE / (2 * ramp as u32);
            // A ramp of more steps than weights still leaves a say to both.
            weight.clamp(1, WEIGHT_ONE - 1)
        };
        let mut weights = vec![WEIGHT_ONE; self.reach_len()];
        let end = weights.len() - ramp;
        for i in 0..ramp {
            weights[i] = rising(i);
            weights[end + i] = WEIGHT_ONE - rising(i);
        }
        weights
    }
}

fn grown(range: Range<i64>, by: usize) -> Range<i64> {
    range.start - by as i64..range.end + by as i64
}
