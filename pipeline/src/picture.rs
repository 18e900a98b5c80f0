//! Maps drawn from cells, for the report: small, with the official colours.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3};
use nomenclature::{Couple, Dimension, Nomenclature};

use crate::error::Error;
use crate::io::image::png_bytes;

/// Largest side of a map, in pixels.
const SIDE_MAX: usize = 760;
/// What lies outside the territory.
const VOID: [u8; 3] = [255, 255, 255];
/// Grey of the places under dots, and of their limits.
const INSIDE: u8 = 243;
const LIMIT: u8 = 178;
/// Largest reach of a dot around its middle, in pixels.
const REACH_MAX: usize = 3;
/// Share of the picture's own colour left under a highlight, in 256ths.
const UNDER: u16 = 70;

/// How a changed cell is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Highlight {
    /// Not at all.
    #[default]
    None,
    /// Became artificial.
    Artificialised,
    /// Ceased to be artificial.
    Restored,
    /// Changed without changing status.
    Other,
}

impl Highlight {
    fn colour(self) -> Option<[u8; 3]> {
        match self {
            Self::None => None,
            Self::Artificialised => Some([215, 25, 28]),
            Self::Restored => Some([26, 150, 65]),
            Self::Other => Some([244, 165, 0]),
        }
    }
}

/// The cells of a map that stand for the pixels of its picture: every `stride`-th one.
fn pixels(
    (rows, cols): (usize, usize),
    colour: impl Fn(usize, usize) -> [u8; 3],
) -> Result<Vec<u8>, Error> {
    let stride = rows.max(cols).div_ceil(SIDE_MAX).max(1);
    let mut image = Array3::<u8>::zeros((rows.div_ceil(stride), cols.div_ceil(stride), 3));
    for ((row, col, band), value) in image.indexed_iter_mut() {
        // The middle of the cells that the pixel stands for.
        let at = |i: usize, n: usize| (i * stride + stride / 2).min(n - 1);
        *value = colour(at(row, rows), at(col, cols))[band];
    }
    png_bytes(&image)
}

/// A map of covers in their official colours, as PNG.
///
/// # Errors
/// The picture cannot be encoded.
pub fn covers(cells: ArrayView2<'_, u16>, nomenclature: &Nomenclature) -> Result<Vec<u8>, Error> {
    pixels(cells.dim(), |row, col| {
        let cs = Couple::from_cell(cells[[row, col]]).cs;
        nomenclature.class(Dimension::Cover, cs).map_or(VOID, |class| class.colour.0)
    })
}

/// The ortho in grey with the changed cells highlighted, as PNG.
///
/// * `imagery`: means of R, G and B first, shape (band, rows, cols).
///
/// # Errors
/// The picture cannot be encoded.
pub fn changes(
    imagery: ArrayView3<'_, u8>,
    highlights: &Array2<Highlight>,
) -> Result<Vec<u8>, Error> {
    pixels(highlights.dim(), |row, col| {
        let sum: u16 = (0..3).map(|band| u16::from(imagery[[band, row, col]])).sum();
        let grey = (sum / 3) as u8;
        match highlights[[row, col]].colour() {
            None => [grey; 3],
            Some(colour) => colour
                .map(|c| ((u16::from(c) * (256 - UNDER) + u16::from(grey) * UNDER) >> 8) as u8),
        }
    })
}

/// Places with their limits, and dots over them, as PNG.
///
/// * `places`: rank of the place of each pixel from 1, 0 outside of all; shape (rows, cols).
/// * `dots`: row and column of the middle of each dot, and its colour; later ones lie over others.
///
/// # Errors
/// The picture cannot be encoded.
pub fn dots(
    places: ArrayView2<'_, u32>,
    dots: &[((usize, usize), [u8; 3])],
) -> Result<Vec<u8>, Error> {
    let (rows, cols) = places.dim();
    let reach = reach(dots.len(), rows * cols);
    let mut image = Array3::<u8>::zeros((rows, cols, 3));
    for ((row, col, band), value) in image.indexed_iter_mut() {
        let place = places[[row, col]];
        let next = [(row + 1, col), (row, col + 1)];
        let is_limit = next.iter().any(|&at| places.get(at).is_some_and(|&other| other != place));
        *value = match (is_limit, place) {
            (true, _) => LIMIT,
            (false, 0) => VOID[band],
            (false, _) => INSIDE,
        };
    }
    for &((row, col), colour) in dots {
        for r in row.saturating_sub(reach)..(row + reach + 1).min(rows) {
            for c in col.saturating_sub(reach)..(col + reach + 1).min(cols) {
                for (band, &value) in colour.iter().enumerate() {
                    image[[r, c, band]] = value;
                }
            }
        }
    }
    png_bytes(&image)
}

/// How far a dot reaches around its middle, in pixels: as far as leaves three quarters of the picture
/// free, were no dot over another.
fn reach(dots: usize, pixels: usize) -> usize {
    let takes = |reach: usize| dots * (2 * reach + 1).pow(2);
    (1..=REACH_MAX).rev().find(|&reach| takes(reach) <= pixels / 4).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_shrink_before_they_cover_the_places_and_each_other() {
        let pixels = 720 * 720;
        let reaches = [0, 2_000, 5_000, 10_000, 50_000].map(|dots| reach(dots, pixels));
        assert_eq!(reaches, [3, 3, 2, 1, 0]);
    }
}
