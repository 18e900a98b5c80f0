//! How often predictions made elsewhere say each class of each cover: learned where the prior is
//! probably right.

use ndarray::{ArrayView2, ArrayView3};
use nomenclature::prediction::PredictionTable;
use nomenclature::{ClassId, Couple};

/// As how many cells of a cover the table to start from counts.
const TABLE_CELLS: f64 = 200.0;

/// Share of the predictions that say anything: no class is proof, however many cells agree.
const ANYTHING: f64 = 0.02;

/// Probability byte under which the imagery speaks against the prior's class: 1 in 20.
const DOUBT: u8 = 13;

/// What was predicted on cells of each cover of the prior.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionCounts {
    width: usize,
    /// By predicted class, then cover: cells in 255ths.
    sums: Vec<u64>,
}

impl ConfusionCounts {
    /// Nothing seen yet.
    ///
    /// * `width`: number of covers, nodata included.
    pub fn new(n_predicted: usize, width: usize) -> Self {
        Self { width, sums: vec![0; n_predicted * width] }
    }

    /// Adds the cells of a block that have a prior which the imagery does not speak against.
    ///
    /// * `shares`: of the predicted classes, shape `(class, row, col)`, 255 = all of the cell.
    /// * `prior`: the prior's couple; `probability`: of each of `classes`, shape `(class, row, col)`.
    ///
    /// # Panics
    /// When the shapes disagree or the prior has a cover beyond the width.
    pub fn add(
        &mut self,
        shares: ArrayView3<'_, u8>,
        prior: ArrayView2<'_, u16>,
        (probability, classes): (ArrayView3<'_, u8>, &[ClassId]),
    ) {
        assert_eq!(shares.dim().0 * self.width, self.sums.len());
        let mut band = vec![None; 256];
        for (rank, class) in classes.iter().enumerate() {
            band[usize::from(class.0)] = Some(rank);
        }
        for ((row, col), &couple) in prior.indexed_iter() {
            let cover = usize::from(Couple::from_cell(couple).cs.0);
            let is_doubted =
                band[cover].is_some_and(|rank: usize| probability[[rank, row, col]] < DOUBT);
            if cover == 0 || is_doubted {
                continue;
            }
            for (class, sums) in self.sums.chunks_mut(self.width).enumerate() {
                sums[cover] += u64::from(shares[[class, row, col]]);
            }
        }
    }

    /// The cells of both.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, more)| *sum += more);
        self
    }
}

/// Logarithms of the probability of each predicted class on each cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusion {
    width: usize,
    /// By predicted class, then cover.
    terms: Vec<f32>,
}

impl Confusion {
    /// The table to start from, moved by what was counted.
    ///
    /// A Dirichlet estimate by cover: the shares of `table`, turned into what is predicted on a
    /// cover as if all classes were as common, count as 200 cells. So a predictor that
    /// says the same on all covers ends with the same terms on all covers, and weighs nothing.
    ///
    /// # Panics
    /// When the counts are of another table.
    pub fn estimate(table: &PredictionTable, counts: &ConfusionCounts) -> Self {
        let (n, width) = (table.n_classes(), table.width());
        assert_eq!(counts.sums.len(), n * width);
        let mut terms = vec![0.0; n * width];
        for cover in 1..width {
            let stated: Vec<f64> =
                (0..n).map(|class| table.share(class, ClassId(cover as u8))).collect();
            let all_stated: f64 = stated.iter().sum();
            let cells = |class: usize| counts.sums[class * width + cover] as f64 / 255.0;
            let all_cells: f64 = (0..n).map(cells).sum();
            for (class, stated) in stated.iter().enumerate() {
                let even = 1.0 / n as f64;
                let start = if all_stated > 0.0 { stated / all_stated } else { even };
                let p = (TABLE_CELLS * start + cells(class)) / (TABLE_CELLS + all_cells);
                terms[class * width + cover] = ((1.0 - ANYTHING) * p + ANYTHING * even).ln() as f32;
            }
        }
        Self { width, terms }
    }

    /// Number of predicted classes.
    pub fn n_predicted(&self) -> usize {
        self.terms.len() / self.width
    }

    /// Logarithm of the probability that a cover is predicted as a class, by its rank.
    ///
    /// # Panics
    /// When the rank or the id is not of the table.
    pub fn term(&self, predicted: usize, cover: ClassId) -> f32 {
        self.terms[predicted * self.width + usize::from(cover.0)]
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3};
    use nomenclature::prediction::PredictionClasses;
    use nomenclature::{Dimension, Nomenclature};

    use super::*;

    const GRASS: usize = 8;
    const WATER: usize = 6;

    /// The lead of water over grass, when water is predicted, learned on 4,000 cells of which
    /// `predict` tells the class from the cell's number and whether it is water.
    fn lead(predict: impl Fn(usize, bool) -> usize, doubted: bool) -> f32 {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let hub = PredictionClasses::builtin("cosia").unwrap();
        let table = hub.compile(&nomenclature).unwrap();
        let id = |code| nomenclature.find(Dimension::Cover, code).unwrap();
        let (grass, water) = (id("CS2.2.1"), id("CS1.2.2"));
        let is_water = |col: usize| col.is_multiple_of(2);
        let couple = |cs| Couple { cs, us: ClassId(1) }.to_cell();
        let prior = Array2::from_shape_fn((1, 4_000), |(_, col)| {
            couple(if is_water(col) { water } else { grass })
        });
        let shares = Array3::from_shape_fn((19, 1, 4_000), |(class, _, col)| {
            if predict(col, is_water(col)) == class { 255 } else { 0 }
        });
        let probability = Array3::from_elem((2, 1, 4_000), if doubted { 5 } else { 128 });
        let mut counts = ConfusionCounts::new(19, table.width());
        counts.add(shares.view(), prior.view(), (probability.view(), &[grass, water]));
        let confusion = Confusion::estimate(&table, &counts);
        confusion.term(WATER, water) - confusion.term(WATER, grass)
    }

    #[test]
    fn a_good_predictor_speaks_a_random_one_is_silent_and_a_liar_is_read_the_other_way_round() {
        let good = lead(|_, is_water| if is_water { WATER } else { GRASS }, false);
        assert!((6.0..7.0).contains(&good), "{good}");
        let random = lead(|col, _| (col / 2) % 19, false);
        // The table to start from counts as 200 of the 2,200 cells of each cover.
        assert!((0.0..1.2).contains(&random), "{random}");
        let liar = lead(|_, is_water| if is_water { GRASS } else { WATER }, false);
        assert!(liar < -2.0, "{liar}");
    }

    #[test]
    fn cells_whose_prior_the_imagery_doubts_teach_nothing() {
        let stated = lead(|_, _| WATER, true);
        let other = lead(|_, is_water| if is_water { WATER } else { GRASS }, true);
        assert_eq!(stated.to_bits(), other.to_bits());
        assert!(stated > 5.0, "the table to start from alone: {stated}");
    }
}
