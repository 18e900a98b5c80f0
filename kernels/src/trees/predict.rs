//! From features to probabilities, sixty-four cells at a time.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::{CERTAIN, Model, ModelError, Tree, softmax::Softmax};

/// Cells asked the same question together: one vector register of bytes.
const LANES: usize = 64;

/// Scores kept together: classes are padded to a multiple of it, so that sums are vector sums.
const PAD: usize = 16;

/// Cells of one unit of parallel work.
const CHUNK: usize = 1 << 14;

/// A tree whose leaves are padded to whole vectors.
struct Padded<'a> {
    tree: &'a Tree,
    leaves: Vec<i16>,
}

/// A model laid out for prediction.
struct Scorer<'a> {
    trees: Vec<Padded<'a>>,
    base: Vec<i16>,
    stride: usize,
    n_classes: usize,
    softmax: Softmax,
}

fn pad(values: &[i16], n_classes: usize, stride: usize) -> Vec<i16> {
    let mut padded = vec![0; values.len() / n_classes * stride];
    for (line, out) in values.chunks_exact(n_classes).zip(padded.chunks_exact_mut(stride)) {
        out[..n_classes].copy_from_slice(line);
    }
    padded
}

impl<'a> Scorer<'a> {
    fn of(model: &'a Model) -> Self {
        let n_classes = model.classes.len();
        let stride = n_classes.next_multiple_of(PAD);
        let trees = model
            .trees
            .iter()
            .map(|tree| Padded { tree, leaves: pad(&tree.leaves, n_classes, stride) })
            .collect();
        let base = pad(&model.base, n_classes, stride);
        Self { trees, base, stride, n_classes, softmax: Softmax::new() }
    }

    /// Predicts cells (rows of `features`) into `(class, cell)` bytes.
    fn chunk(&self, features: ArrayView2<'_, u8>, mut out: ArrayViewMut2<'_, u8>) {
        let mut columns = vec![[0_u8; LANES]; features.ncols()];
        let mut scores = vec![0_i16; LANES * self.stride];
        let mut weights = vec![0_u32; self.n_classes];
        for (block, cells) in features.axis_chunks_iter(Axis(0), LANES).enumerate() {
            for (lane, cell) in cells.rows().into_iter().enumerate() {
                for (column, &value) in columns.iter_mut().zip(cell) {
                    column[lane] = value;
                }
            }
            for lane in scores.chunks_exact_mut(self.stride) {
                lane.copy_from_slice(&self.base);
            }
            for tree in &self.trees {
                tree.add(&columns, &mut scores, self.stride);
            }
            for (lane, score) in scores.chunks_exact(self.stride).take(cells.nrows()).enumerate() {
                let mut column = out.column_mut(block * LANES + lane);
                self.probabilities(&score[..self.n_classes], &mut weights, &mut column);
            }
        }
    }

    /// Writes bytes that sum to [`CERTAIN`]: halves up, what rounding left over to the best class.
    fn probabilities(
        &self,
        scores: &[i16],
        weights: &mut [u32],
        out: &mut ndarray::ArrayViewMut1<'_, u8>,
    ) {
        let sum = u64::from(self.softmax.weigh(scores, weights));
        // A multiplication by the inverse; 40 bits keep the quotient of 32-bit weights exact
        // enough to round, and the same everywhere.
        let inverse = ((u64::from(CERTAIN) << 40) + sum / 2) / sum;
        let (mut best, mut rest) = (0, i32::from(CERTAIN));
        for (class, (&weight, byte)) in weights.iter().zip(out.iter_mut()).enumerate() {
            *byte = ((u64::from(weight) * inverse + (1 << 39)) >> 40) as u8;
            rest -= i32::from(*byte);
            if weight > weights[best] {
                best = class;
            }
        }
        out[best] = (i32::from(out[best]) + rest) as u8;
    }
}

impl Padded<'_> {
    fn add(&self, columns: &[[u8; LANES]], scores: &mut [i16], stride: usize) {
        let mut ranks = [0_u8; LANES];
        for (bit, split) in self.tree.splits.iter().enumerate() {
            let column = &columns[usize::from(split.feature)];
            for (rank, &value) in ranks.iter_mut().zip(column) {
                *rank |= u8::from(value > split.threshold) << bit;
            }
        }
        for (rank, lane) in ranks.iter().zip(scores.chunks_exact_mut(stride)) {
            let leaf = &self.leaves[usize::from(*rank) * stride..][..stride];
            let parts = lane.chunks_exact_mut(PAD).zip(leaf.chunks_exact(PAD));
            for (sums, parts) in parts {
                for (sum, part) in sums.iter_mut().zip(parts) {
                    *sum = sum.saturating_add(*part);
                }
            }
        }
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
