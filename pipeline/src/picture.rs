//! Maps drawn from cells, for the report: small, with the official colours.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, aview1};
use nomenclature::{Couple, Dimension, Nomenclature};

use crate::error::Error;
use crate::io::image::{jpeg_bytes, png_bytes};

/// What lies outside the territory.
const VOID: [u8; 3] = [255, 255, 255];
/// Grey of the ground under changes where there is no ortho.
const GROUND: u8 = 236;
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
    /// The kinds of change, in the order of legends.
    pub const CHANGES: [Self; 3] = [Self::Artificialised, Self::Restored, Self::Other];

    /// Red, green and blue of its colour; none for what is not painted.
    pub fn colour(self) -> Option<[u8; 3]> {
        match self {
            Self::None => None,
            Self::Artificialised => Some([215, 25, 28]),
            Self::Restored => Some([26, 150, 65]),
            Self::Other => Some([244, 165, 0]),
        }
    }
}

/// An image of shape (rows, cols, 3) from the colour of each pixel.
fn pixels((rows, cols): (usize, usize), colour: impl Fn((usize, usize)) -> [u8; 3]) -> Array3<u8> {
    let mut image = Array3::<u8>::zeros((rows, cols, 3));
    for (row, mut line) in image.outer_iter_mut().enumerate() {
        for (col, mut pixel) in line.outer_iter_mut().enumerate() {
            pixel.assign(&aview1(&colour((row, col))));
        }
    }
    image
}

/// A map of covers in their official colours, as PNG.
///
/// * `inside`: the ground that the map is about, the rest fades; all of it when absent.
///
/// # Errors
/// The picture cannot be encoded.
pub fn covers(
    cells: ArrayView2<'_, u16>,
    nomenclature: &Nomenclature,
    inside: Option<&Array2<bool>>,
) -> Result<Vec<u8>, Error> {
    png_bytes(&pixels(cells.dim(), |at| {
        let cs = Couple::from_cell(cells[at]).cs;
        let colour = nomenclature.class(Dimension::Cover, cs).map_or(VOID, |class| class.colour.0);
        faded(colour, is_outside(inside, at))
    }))
}

/// The changed cells highlighted: over the ortho in grey, as JPEG, or over plain ground, as PNG.
///
/// * `ortho`: R, G and B, shape (rows, cols, band).
/// * `inside`: the ground that the map is about, the rest fades; all of it when absent.
///
/// # Errors
/// The picture cannot be encoded.
pub fn changes(
    ortho: Option<ArrayView3<'_, u8>>,
    highlights: &Array2<Highlight>,
    inside: Option<&Array2<bool>>,
) -> Result<Vec<u8>, Error> {
    let image = pixels(highlights.dim(), |(row, col)| {
        let grey = ortho.as_ref().map_or(GROUND, |ortho| {
            let sum: u16 = (0..3).map(|band| u16::from(ortho[[row, col, band]])).sum();
            (sum / 3) as u8
        });
        let colour = match highlights[[row, col]].colour() {
            None => [grey; 3],
            Some(colour) => colour
                .map(|c| ((u16::from(c) * (256 - UNDER) + u16::from(grey) * UNDER) >> 8) as u8),
        };
        faded(colour, is_outside(inside, (row, col)))
    });
    if ortho.is_some() { jpeg_bytes(&image) } else { png_bytes(&image) }
}

fn is_outside(inside: Option<&Array2<bool>>, at: (usize, usize)) -> bool {
    inside.is_some_and(|inside| !inside[at])
}

/// A colour, nearly white on ground that a map is not about.
fn faded(colour: [u8; 3], is_outside: bool) -> [u8; 3] {
    if is_outside { colour.map(|c| c / 4 + 191) } else { colour }
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
