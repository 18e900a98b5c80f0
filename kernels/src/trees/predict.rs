//! From features to probabilities, sixty-four cells at a time.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, aview1};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::{CERTAIN, Model, ModelError, Tree, softmax::Softmax};

/// Cells asked the same question together: some vector registers of bytes.
const LANES: usize = 64;

/// Scores kept together: classes are padded to a multiple of it, so that sums are vector sums.
const PAD: usize = 16;

/// Trees whose leaves are added while the sums stay in registers and the leaves in the first cache.
const GROUP: usize = 8;

/// Cells of one unit of parallel work.
const CHUNK: usize = 1 << 14;

/// A class's part of a leaf, padded to a whole vector.
type Part = [i16; PAD];

/// A model laid out for prediction.
struct Scorer<'a> {
    trees: &'a [Tree],
    /// For each group of [`PAD`] classes, the leaves of each tree.
    leaves: Vec<Vec<Vec<Part>>>,
    /// For each group of classes, the score before any tree.
    base: Vec<Part>,
    n_classes: usize,
    softmax: Softmax,
}

/// What a thread works with, allocated once for many blocks.
struct Block {
    columns: Vec<[u8; LANES]>,
    /// Leaf of each cell in each tree of a group.
    ranks: [[u8; LANES]; GROUP],
    /// For each group of classes, the scores of each cell.
    scores: Vec<[Part; LANES]>,
    weights: Vec<u32>,
    /// Class by class.
    bytes: Vec<[u8; LANES]>,
}

/// The classes from `first` on, of lines of one value per class.
fn parts(values: &[i16], n_classes: usize, first: usize) -> Vec<Part> {
    let part = |line: &[i16]| {
        let mut part = [0; PAD];
        let own = &line[first..n_classes.min(first + PAD)];
        part[..own.len()].copy_from_slice(own);
        part
    };
    values.chunks_exact(n_classes).map(part).collect()
}

impl<'a> Scorer<'a> {
    fn of(model: &'a Model) -> Self {
        let n_classes = model.classes.len();
        let groups = || (0..n_classes).step_by(PAD);
        let of_trees = |first: usize| {
            let leaves = |tree: &Tree| parts(&tree.leaves, n_classes, first);
            model.trees.iter().map(leaves).collect()
        };
        Self {
            trees: &model.trees,
            leaves: groups().map(of_trees).collect(),
            base: groups().flat_map(|first| parts(&model.base, n_classes, first)).collect(),
            n_classes,
            softmax: Softmax::new(),
        }
    }

    /// Predicts cells (rows of `features`) into `(class, cell)` bytes.
    fn chunk(&self, features: ArrayView2<'_, u8>, mut out: ArrayViewMut2<'_, u8>) {
        let mut block = Block {
            columns: vec![[0; LANES]; features.ncols()],
            ranks: [[0; LANES]; GROUP],
            scores: vec![[[0; PAD]; LANES]; self.base.len()],
            weights: vec![0; self.n_classes],
            bytes: vec![[0; LANES]; self.n_classes],
        };
        let blocks = features.axis_chunks_iter(Axis(0), LANES);
        for (cells, mut out) in blocks.zip(out.axis_chunks_iter_mut(Axis(1), LANES)) {
            block.load(cells);
            self.score(&mut block);
            for lane in 0..cells.nrows() {
                self.probabilities(lane, &mut block);
            }
            for (bytes, mut line) in block.bytes.iter().zip(out.rows_mut()) {
                line.assign(&aview1(&bytes[..cells.nrows()]));
            }
        }
    }

    fn score(&self, block: &mut Block) {
        for (scores, base) in block.scores.iter_mut().zip(&self.base) {
            scores.fill(*base);
        }
        for (group, trees) in self.trees.chunks(GROUP).enumerate() {
            for (ranks, tree) in block.ranks.iter_mut().zip(trees) {
                find_leaves(tree, &block.columns, ranks);
            }
            let first = group * GROUP;
            for (scores, leaves) in block.scores.iter_mut().zip(&self.leaves) {
                add_leaves(&leaves[first..first + trees.len()], &block.ranks, scores);
            }
        }
    }

    /// Makes bytes that sum to [`CERTAIN`]: halves up, what rounding left over to the best class.
    fn probabilities(&self, lane: usize, block: &mut Block) {
        let scores = block.scores.iter().flat_map(|part| part[lane]).take(self.n_classes);
        let sum = u64::from(self.softmax.weigh(scores, &mut block.weights));
        // A multiplication by the inverse; 40 bits keep the quotient of 32-bit weights exact
        // enough to round, and the same everywhere.
        let inverse = ((u64::from(CERTAIN) << 40) + sum / 2) / sum;
        let (mut best, mut rest) = (0, i32::from(CERTAIN));
        for (class, (&weight, bytes)) in block.weights.iter().zip(&mut block.bytes).enumerate() {
            let byte = ((u64::from(weight) * inverse + (1 << 39)) >> 40) as u8;
            bytes[lane] = byte;
            rest -= i32::from(byte);
            if weight > block.weights[best] {
                best = class;
            }
        }
        let byte = &mut block.bytes[best][lane];
        *byte = (i32::from(*byte) + rest) as u8;
    }
}

impl Block {
    /// Takes the features of at most [`LANES`] cells; those of other lanes stay as they are.
    fn load(&mut self, cells: ArrayView2<'_, u8>) {
        for (lane, cell) in cells.rows().into_iter().enumerate() {
            for (column, &value) in self.columns.iter_mut().zip(cell) {
                column[lane] = value;
            }
        }
    }
}

/// The leaf of each cell in a tree.
fn find_leaves(tree: &Tree, columns: &[[u8; LANES]], ranks: &mut [u8; LANES]) {
    ranks.fill(0);
    for (bit, split) in tree.splits.iter().enumerate() {
        let column = &columns[usize::from(split.feature)];
        for (rank, &value) in ranks.iter_mut().zip(column) {
            *rank |= u8::from(value > split.threshold) << bit;
        }
    }
}

/// Adds the leaves of some trees to the scores of each cell.
fn add_leaves(trees: &[Vec<Part>], ranks: &[[u8; LANES]; GROUP], scores: &mut [Part; LANES]) {
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
    /// Predicts the probability of every class in every cell.
    ///
    /// * `features`: shape `(cell, feature)`, the features that the model was trained on.
    ///
    /// Gives bytes of shape `(class, cell)`, classes in the order of [`Model::classes`], that sum
    /// to exactly 255 over the classes of a cell. Parallel over cells; the same bytes for any
    /// number of threads.
    ///
    /// # Errors
    /// [`ModelError::Cells`] when the number of features is not the model's.
    pub fn predict(&self, features: ArrayView2<'_, u8>) -> Result<Array2<u8>, ModelError> {
        let (n_cells, got) = features.dim();
        if got != self.features.len() {
            return Err(ModelError::Cells { got, expected: self.features.len() });
        }
        let scorer = Scorer::of(self);
        let mut out = Array2::zeros((self.classes.len(), n_cells));
        features
            .axis_chunks_iter(Axis(0), CHUNK)
            .into_par_iter()
            .zip(out.axis_chunks_iter_mut(Axis(1), CHUNK).into_par_iter())
            .for_each(|(cells, out)| scorer.chunk(cells, out));
        Ok(out)
    }
}
