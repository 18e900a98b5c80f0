//! From features to probabilities, sixty-four cells at a time.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::{CERTAIN, Model, ModelError, Split, Tree, softmax::Softmax};
use crate::wide::{Loop, widest};

/// Cells asked the same question together: some vector registers of bytes.
const LANES: usize = 64;

/// Scores kept together: classes are padded to a multiple of it, so that sums are vector sums.
const PAD: usize = 16;

/// Trees whose leaves are added while the sums stay in registers and the leaves in the first cache.
const GROUP: usize = 8;

/// Questions that are asked at once: as many as trees have by default.
const DEPTH: usize = 6;

/// Cells of one unit of parallel work.
const CHUNK: usize = 1 << 14;

/// A class's part of a leaf, padded to a whole vector.
type Part = [i16; PAD];

/// A class group's part of every leaf of the trees of a group, as many as a byte can name.
type Leaves = [[Part; 1 << 8]; GROUP];

/// A model laid out for prediction, which takes a while: one serves many blocks and threads.
pub struct Predictor<'a> {
    trees: &'a [Tree],
    n_features: usize,
    /// For each group of [`PAD`] classes, the leaves of each group of trees; zeros where there is no
    /// tree.
    leaves: Vec<Vec<Box<Leaves>>>,
    /// For each group of classes, the score before any tree; the least where there is no class.
    base: Vec<Part>,
    n_classes: usize,
    softmax: Softmax,
}

/// Cells to predict, and where to.
struct Chunk<'a> {
    predictor: &'a Predictor<'a>,
    cells: ArrayView2<'a, u8>,
    out: ArrayViewMut2<'a, u8>,
}

impl Loop for Chunk<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.predictor.chunk(self.cells, self.out);
    }
}

/// What a thread works with, allocated once for many blocks.
struct Block {
    columns: Vec<[u8; LANES]>,
    /// Leaf of each cell in each tree of a group.
    ranks: [[u8; LANES]; GROUP],
    /// For each group of classes, the scores of each cell.
    scores: Vec<[Part; LANES]>,
    /// How far each score lies below the best of its cell.
    below: Vec<[[u16; PAD]; LANES]>,
    /// Class by class, what its score weighs in each cell, then its probability.
    weights: Vec<[u32; LANES]>,
    bytes: Vec<[u8; LANES]>,
}

/// The classes from `first` on, of lines of one value per class; `empty` where there is no class.
fn parts(values: &[i16], n_classes: usize, first: usize, empty: i16) -> Vec<Part> {
    let part = |line: &[i16]| {
        let mut part = [empty; PAD];
        let own = &line[first..n_classes.min(first + PAD)];
        part[..own.len()].copy_from_slice(own);
        part
    };
    values.chunks_exact(n_classes).map(part).collect()
}

impl<'a> Predictor<'a> {
    fn of(model: &'a Model) -> Self {
        let n_classes = model.classes.len();
        let groups = || (0..n_classes).step_by(PAD);
        let of_trees = |first: usize| {
            let leaves = |trees: &[Tree]| -> Box<Leaves> {
                let mut leaves = vec![[[0; PAD]; 1 << 8]; GROUP];
                for (leaves, tree) in leaves.iter_mut().zip(trees) {
                    let own = parts(&tree.leaves, n_classes, first, 0);
                    leaves[..own.len()].copy_from_slice(&own);
                }
                leaves.into_boxed_slice().try_into().expect("made of a group's size")
            };
            model.trees.chunks(GROUP).map(leaves).collect()
        };
        Self {
            trees: &model.trees,
            n_features: model.features.len(),
            leaves: groups().map(of_trees).collect(),
            base: groups()
                .flat_map(|first| parts(&model.base, n_classes, first, i16::MIN))
                .collect(),
            n_classes,
            softmax: Softmax::new(),
        }
    }

    /// Predicts the probability of every class in every cell.
    ///
    /// * `features`: shape `(cell, feature)`, the features that the model was trained on; quickest
    ///   when they lie in memory feature by feature.
    ///
    /// Gives bytes of shape `(class, cell)`, classes in the order of [`Model::classes`], that sum
    /// to exactly 255 over the classes of a cell. Parallel over cells; the same bytes for any
    /// number of threads.
    ///
    /// # Errors
    /// [`ModelError::Cells`] when the number of features is not the model's.
    pub fn predict(&self, features: ArrayView2<'_, u8>) -> Result<Array2<u8>, ModelError> {
        let (n_cells, got) = features.dim();
        if got != self.n_features {
            return Err(ModelError::Cells { got, expected: self.n_features });
        }
        let mut out = Array2::zeros((self.n_classes, n_cells));
        features
            .axis_chunks_iter(Axis(0), CHUNK)
            .into_par_iter()
            .zip(out.axis_chunks_iter_mut(Axis(1), CHUNK).into_par_iter())
            .for_each(|(cells, out)| widest(Chunk { predictor: self, cells, out }));
        Ok(out)
    }

    /// Predicts cells (rows of `features`) into `(class, cell)` bytes.
    #[inline(always)]
    fn chunk(&self, features: ArrayView2<'_, u8>, mut out: ArrayViewMut2<'_, u8>) {
        let mut block = Block {
            columns: vec![[0; LANES]; features.ncols()],
            ranks: [[0; LANES]; GROUP],
            scores: vec![[[0; PAD]; LANES]; self.base.len()],
            below: vec![[[0; PAD]; LANES]; self.base.len()],
            weights: vec![[0; LANES]; self.n_classes],
            bytes: vec![[0; LANES]; self.n_classes],
        };
        let blocks = features.axis_chunks_iter(Axis(0), LANES);
        for (cells, mut out) in blocks.zip(out.axis_chunks_iter_mut(Axis(1), LANES)) {
            block.load(cells);
            self.score(&mut block);
            self.weigh(&mut block);
            block.probabilities();
            for (bytes, mut line) in block.bytes.iter().zip(out.rows_mut()) {
                let line = line.as_slice_mut().expect("a class's cells are contiguous");
                line.copy_from_slice(&bytes[..line.len()]);
            }
        }
    }

    #[inline(always)]
    fn score(&self, block: &mut Block) {
        for (scores, base) in block.scores.iter_mut().zip(&self.base) {
            scores.fill(*base);
        }
        for (group, trees) in self.trees.chunks(GROUP).enumerate() {
            // Beyond the last tree the ranks are those of other trees, whose leaves here are zeros.
            for (ranks, tree) in block.ranks.iter_mut().zip(trees) {
                find_leaves(tree, &block.columns, ranks);
            }
            for (scores, leaves) in block.scores.iter_mut().zip(&self.leaves) {
                add_leaves(&leaves[group], &block.ranks, scores);
            }
        }
    }

    /// Weighs the classes of each cell.
    #[inline(always)]
    fn weigh(&self, block: &mut Block) {
        let mut best = [i16::MIN; LANES];
        for scores in &block.scores {
            for (best, part) in best.iter_mut().zip(scores) {
                *best = part.iter().fold(*best, |best, &score| best.max(score));
            }
        }
        for (scores, below) in block.scores.iter().zip(&mut block.below) {
            for ((part, below), &best) in scores.iter().zip(below).zip(&best) {
                *below = part.map(|score| Softmax::below(score, best));
            }
        }
        for (class, weights) in block.weights.iter_mut().enumerate() {
            let below = block.below[class / PAD].iter().map(|part| part[class % PAD]);
            for (weight, below) in weights.iter_mut().zip(below) {
                *weight = self.softmax.weight(below);
            }
        }
    }
}

impl Block {
    /// Takes the features of at most [`LANES`] cells; those of other lanes stay as they are.
    #[inline(always)]
    fn load(&mut self, cells: ArrayView2<'_, u8>) {
        for (column, of_feature) in self.columns.iter_mut().zip(cells.columns()) {
            match of_feature.to_slice() {
                Some(values) => column[..values.len()].copy_from_slice(values),
                None => column.iter_mut().zip(of_feature).for_each(|(lane, &value)| *lane = value),
            }
        }
    }

    /// Makes bytes that sum to [`CERTAIN`] of the weights: halves up, what rounding left over to
    /// the best class, the first of equals.
    #[inline(always)]
    fn probabilities(&mut self) {
        let mut sums = [0_u32; LANES];
        for weights in &self.weights {
            sums.iter_mut().zip(weights).for_each(|(sum, &weight)| *sum += weight);
        }
        // A multiplication by the inverse, which 32 bits hold since the best class weighs `ONE`; 40
        // more keep the quotient of 32-bit weights exact enough to round, and the same everywhere.
        let inverses = sums.map(inverse);
        let (mut most, mut best, mut rest) = ([0; LANES], [0; LANES], [CERTAIN; LANES]);
        for (class, (weights, bytes)) in self.weights.iter().zip(&mut self.bytes).enumerate() {
            for lane in 0..LANES {
                let (weight, inverse) = (u64::from(weights[lane]), u64::from(inverses[lane]));
                bytes[lane] = ((weight * inverse + (1 << 39)) >> 40) as u8;
                rest[lane] = rest[lane].wrapping_sub(bytes[lane]);
            }
            for lane in 0..LANES {
                let is_better = weights[lane] > most[lane];
                most[lane] = if is_better { weights[lane] } else { most[lane] };
                best[lane] = if is_better { class as u32 } else { best[lane] };
            }
        }
        for (lane, (&class, rest)) in best.iter().zip(rest).enumerate() {
            let byte = &mut self.bytes[class as usize][lane];
            *byte = byte.wrapping_add(rest);
        }
    }
}

/// `CERTAIN / sum` with 40 bits after the point, halves up; `sum` is from `ONE` to 255 times as much.
#[inline(always)]
fn inverse(sum: u32) -> u32 {
    // In doubles, of which a vector divides four. A conversion with a sign is one instruction.
    let double = |v: u32| f64::from(v as i32);
    let number = (u64::from(CERTAIN) << 40) as f64 + double(sum / 2);
    // It lies at least `1 / sum` below the next whole number, and errs by 2^48 / sum / 2^53.
    let whole = (number / double(sum)).floor();
    // From 2^52 on the last bits of a double are those of a whole number.
    (whole + (1_u64 << 52) as f64).to_bits() as u32
}

/// The leaf of each cell in a tree.
#[inline(always)]
fn find_leaves(tree: &Tree, columns: &[[u8; LANES]], ranks: &mut [u8; LANES]) {
    // Of the usual depth, whose bits stay in registers.
    let (usual, rest) = tree.splits.as_chunks::<DEPTH>();
    ranks.fill(0);
    for (group, splits) in usual.iter().enumerate() {
        find_bits(splits, group * DEPTH, columns, ranks);
    }
    for (rank, split) in rest.iter().enumerate() {
        find_bits(std::array::from_ref(split), usual.len() * DEPTH + rank, columns, ranks);
    }
}

/// Adds the answers to some questions to the leaves' numbers, from a bit on.
#[inline(always)]
fn find_bits<const N: usize>(
    splits: &[Split; N],
    first_bit: usize,
    columns: &[[u8; LANES]],
    ranks: &mut [u8; LANES],
) {
    let asked = splits.each_ref().map(|split| &columns[usize::from(split.feature)]);
    let thresholds = splits.each_ref().map(|split| split.threshold);
    for (lane, rank) in ranks.iter_mut().enumerate() {
        let mut bits = 0;
        for i in 0..N {
            bits |= u8::from(asked[i][lane] > thresholds[i]) << i;
        }
        *rank |= bits << first_bit;
    }
}

/// Adds the leaves of a group of trees to the scores of each cell: one after the other, for sums
/// saturate.
#[inline(always)]
fn add_leaves(trees: &Leaves, ranks: &[[u8; LANES]; GROUP], scores: &mut [Part; LANES]) {
    for (lane, score) in scores.iter_mut().enumerate() {
        let mut sums = *score;
        for (leaves, ranks) in trees.iter().zip(ranks) {
            let leaf = &leaves[usize::from(ranks[lane])];
            for (sum, part) in sums.iter_mut().zip(leaf) {
                *sum = sum.saturating_add(*part);
            }
        }
        *score = sums;
    }
}

impl Model {
    /// The model laid out for prediction.
    pub fn predictor(&self) -> Predictor<'_> {
        Predictor::of(self)
    }

    /// Predicts the probability of every class in every cell, see [`Predictor::predict`].
    ///
    /// # Errors
    /// Those of [`Predictor::predict`].
    pub fn predict(&self, features: ArrayView2<'_, u8>) -> Result<Array2<u8>, ModelError> {
        self.predictor().predict(features)
    }
}

#[cfg(test)]
mod tests {
    use super::super::softmax::ONE;
    use super::*;

    #[test]
    fn inverses_are_those_of_whole_numbers() {
        let most = 255 * ONE;
        for sum in (ONE..=ONE + 70_000).chain((ONE..=most).step_by(101)).chain([most]) {
            let exact = ((u64::from(CERTAIN) << 40) + u64::from(sum / 2)) / u64::from(sum);
            assert_eq!(u64::from(inverse(sum)), exact, "{sum}");
        }
    }
}
