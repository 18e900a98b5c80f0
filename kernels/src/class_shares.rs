//! From pixels of classes to the share of each class in working cells.

use ndarray::{Array2, Array3, ArrayView2};

/// Where pixels go: pairs of a pixel row (or column) and the cell row (or column) that it falls in.
pub type Places<'a> = &'a [(usize, usize)];

/// Sums of what the pixels of each cell of a block say of each class.
#[derive(Debug, Clone)]
pub struct ClassShares {
    /// Pixels that say something, shape (rows, cols).
    count: Array2<u32>,
    /// 255ths of pixels of each class, shape (class, rows, cols).
    sum: Array3<u32>,
}

impl ClassShares {
    /// No pixel yet in `rows x cols` cells of `n_classes` classes.
    pub fn new(n_classes: usize, rows: usize, cols: usize) -> Self {
        Self { count: Array2::zeros((rows, cols)), sum: Array3::zeros((n_classes, rows, cols)) }
    }

    /// Adds pixels that each are of one class.
    ///
    /// * `ranks`: 1 + rank of the class, 0 for none, shape (pixel rows, pixel cols).
    ///
    /// # Panics
    /// When a place is outside, or a rank beyond the classes.
    pub fn add_classes(&mut self, ranks: ArrayView2<'_, u8>, rows: Places<'_>, cols: Places<'_>) {
        for &(i, row) in rows {
            for &(j, col) in cols {
                let Some(class) = usize::from(ranks[[i, j]]).checked_sub(1) else { continue };
                self.count[[row, col]] += 1;
                self.sum[[class, row, col]] += 255;
            }
        }
    }

    /// Adds what pixels give a class, of the classes in turn.
    ///
    /// * `given`: probability of the class, 255 = certain; `valid`: 1 where a pixel holds data; both
    ///   of shape (pixel rows, pixel cols).
    ///
    /// # Panics
    /// When the shapes disagree, or a place or the class is outside.
    pub fn add_probability(
        &mut self,
        class: usize,
        (given, valid): (ArrayView2<'_, u8>, ArrayView2<'_, u8>),
        rows: Places<'_>,
        cols: Places<'_>,
    ) {
        for &(i, row) in rows {
            for &(j, col) in cols.iter().filter(|&&(j, _)| valid[[i, j]] != 0) {
                // Every class has the same pixels: they are counted once.
                self.count[[row, col]] += u32::from(class == 0);
                self.sum[[class, row, col]] += u32::from(given[[i, j]]);
            }
        }
    }

    /// The share of each class, 255 = all of the cell, rounded; shape (class, rows, cols); 0 in
    /// cells without a pixel.
    pub fn shares(&self) -> Array3<u8> {
        Array3::from_shape_fn(self.sum.raw_dim(), |(class, row, col)| {
            match self.count[[row, col]] {
                0 => 0,
                n => ((2 * self.sum[[class, row, col]] + n) / (2 * n)).min(255) as u8,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn four_pixels_of_which_one_says_nothing_become_shares() {
        let mut shares = ClassShares::new(3, 1, 2);
        let places = [(0, 0), (1, 0)];
        shares.add_classes(array![[1, 1], [3, 0]].view(), &places, &places);
        let shares = shares.shares();
        assert_eq!((shares[[0, 0, 0]], shares[[1, 0, 0]], shares[[2, 0, 0]]), (170, 0, 85));
        assert_eq!((shares[[0, 0, 1]], shares[[2, 0, 1]]), (0, 0));
    }

    #[test]
    fn a_large_pixel_is_repeated_and_probabilities_are_means() {
        let mut shares = ClassShares::new(2, 1, 2);
        shares.add_classes(array![[2]].view(), &[(0, 0)], &[(0, 0), (0, 1)]);
        assert_eq!(shares.shares(), array![[[0, 0]], [[255, 255]]]);
        let mut shares = ClassShares::new(2, 1, 1);
        let valid = array![[1, 1, 0]];
        let cols = [(0, 0), (1, 0), (2, 0)];
        for (class, given) in [array![[200, 100, 7]], array![[55, 155, 7]]].iter().enumerate() {
            shares.add_probability(class, (given.view(), valid.view()), &[(0, 0)], &cols);
        }
        assert_eq!(shares.shares(), array![[[150]], [[105]]]);
    }
}
