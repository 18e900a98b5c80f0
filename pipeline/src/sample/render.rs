//! The camera: things on the ground become pixels of four bands, with shadows, haze and noise.
//!
//! Every pixel depends on its own place only (and its eight neighbours, for the blur), so blocks
//! of any size give the same image.

use kernels::grid::{Grid, Window};
use kernels::lattice::Polygon;
use kernels::rasterise::{WideLine, rasterise, rasterise_lines};
use ndarray::{Array2, Array3, s};

use super::ground::Ground;
use super::mosaic::plain;
use super::noise::hash;
use super::paint::{Drawing, Paint};
use super::relief::height_m;
use super::texture::{Light, Skin, mottle, shade};
use super::usage::Look;

/// Ground length of a shadow per metre of height: the sun stands 50 degrees high.
const SHADOW_PER_M: f32 = 0.84;

/// Height of the tallest thing.
const HEIGHT_MAX_M: f32 = 12.5;

/// Light left in the shadow, per band: the sky is blue.
const IN_SHADOW: Light = [0.46, 0.50, 0.58, 0.42];

/// Half the spread of the sensor's noise, in image levels.
const NOISE: f32 = 4.5;

/// Half the side of the windows in which images are matched, in lattice steps.
const MATCHING_CM: i32 = 100;

/// Half the spread of the noise of measured heights, in metres.
const HEIGHT_NOISE_M: f32 = 0.8;

/// The two products of one camera.
pub struct Shot {
    /// Red, green, blue; shape (3, rows, cols).
    pub rvb: Array3<u8>,
    /// Near infrared, red, green; shape (3, rows, cols).
    pub irc: Array3<u8>,
}

/// When the plane flies over: what stands there, and what light and sensor make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flight {
    /// That from which the prior vintage was made.
    First,
    /// That of the new vintage.
    Second,
}

impl Flight {
    /// Gain of each band: two flights never have quite the same sun, season and settings.
    fn gain(self) -> Light {
        match self {
            Self::First => [1.05, 1.03, 0.97, 0.94],
            Self::Second => [1.0; 4],
        }
    }

    /// What makes the noise of this flight differ.
    fn seed(self) -> u64 {
        match self {
            Self::First => 0x1111,
            Self::Second => 0,
        }
    }

    /// Whether a thing stands there.
    fn sees(self, paint: &Paint) -> bool {
        match self {
            Self::First => paint.before,
            Self::Second => paint.after,
        }
    }
}

/// The scene under a flight, ready to be shot.
pub struct Scene {
    flight: Flight,
    ground: Ground,
    things: Vec<Polygon>,
    skins: Vec<Skin>,
    markings: Vec<WideLine>,
}

impl Scene {
    /// Prepares what is there.
    pub fn of(ground: &Ground, drawing: &Drawing, flight: Flight) -> Self {
        let mut scene = Self {
            flight,
            ground: *ground,
            things: Vec::new(),
            skins: Vec::new(),
            markings: Vec::new(),
        };
        for paint in drawing.paints.iter().filter(|paint| flight.sees(paint)) {
            let ring = paint.seen.as_ref().unwrap_or(&paint.ring);
            let polygon = plain(ring);
            let (low, high) = polygon.bounds().expect("a thing has corners");
            let middle = |a: i32, b: i32, zero: i32| {
                ((i64::from(a) + i64::from(b)) as f32 / 2.0 - zero as f32) / 100.0
            };
            let centre =
                (middle(low.x, high.x, ground.anchor.x), middle(low.y, high.y, ground.anchor.y));
            let skin = Skin::of(paint.look, paint.seed, paint.heading, centre);
            scene.things.push(polygon);
            scene.skins.push(skin);
        }
        scene.markings = drawing
            .axes
            .iter()
            .filter(|a| a.look == Look::Road && a.width_m > 8.0)
            .map(|a| WideLine { points: a.points.clone(), half_width: 10 })
            .collect();
        scene
    }

    /// Shoots a window of a grid.
    pub fn shoot(&self, grid: &Grid, window: Window) -> Shot {
        // One more pixel on every side, even beyond the grid, for the blur.
        let wide = widened(grid, window, 1);
        self.sense(&wide, &self.expose(&wide))
    }

    /// Heights above the ground on a window of a grid, in metres, as a surface model from overlapping
    /// images gives them: smoothed over some pixels, with noise; shape (rows, cols).
    pub fn measure(&self, grid: &Grid, window: Window) -> Array2<f32> {
        let reach = usize::try_from(MATCHING_CM / grid.cell).unwrap_or(0).max(1);
        let wide = widened(grid, window, reach);
        let thing = self.things(&wide);
        let height = Array2::from_shape_fn(thing.dim(), |(row, col)| {
            let (x, y) = self.place(&wide, row, col);
            height_m(&self.skins[thing[(row, col)] as usize], x, y)
        });
        let seed = self.ground.seed ^ self.flight.seed() ^ 0xcccc;
        Array2::from_shape_fn((window.rows, window.cols), |(row, col)| {
            let around = height.slice(s![row..=row + 2 * reach, col..=col + 2 * reach]);
            let corner = grid.corner(window.row + row, window.col + col);
            let bits = hash(seed, i64::from(corner.x), i64::from(corner.y));
            let noise = (bits & 0xff) as f32 + ((bits >> 8) & 0xff) as f32 - 255.0;
            around.sum() / around.len() as f32 + HEIGHT_NOISE_M * noise / 255.0
        })
    }

    /// Light of every pixel before the optics, row by row.
    fn expose(&self, grid: &Grid) -> Vec<Light> {
        // Shadows come from the south-east: see what stands there, beyond the grid too.
        let steps = shadow_steps(grid.cell);
        let reach = steps.last().map_or(0, |s| s.0);
        let wide = Grid { rows: grid.rows + reach, cols: grid.cols + reach, ..*grid };
        let thing = self.things(&wide);
        let height = thing.mapv(|t| self.skins[t as usize].height_m);
        let lines: Vec<u8> = vec![1; self.markings.len()];
        let marking = rasterise_lines(&self.markings, &lines, grid);
        let mut light = Vec::with_capacity(grid.n_cells());
        for row in 0..grid.rows {
            let y = self.place(grid, row, 0).1;
            for col in 0..grid.cols {
                let x = self.place(grid, row, col).0;
                let skin = &self.skins[thing[(row, col)] as usize];
                let mut pixel = shade(skin, x, y);
                if marking[(row, col)] == 1 && skin.look == Look::Road {
                    pixel = [212.0, 212.0, 208.0, 200.0];
                }
                let is_hidden = |&(far, rise_m): &(usize, f32)| {
                    height[(row + far, col + far)] > skin.height_m + rise_m
                };
                if steps.iter().any(is_hidden) {
                    pixel = std::array::from_fn(|b| pixel[b] * IN_SHADOW[b]);
                }
                light.push(pixel);
            }
        }
        light
    }

    /// What is seen at each pixel of a grid, as ranks of things.
    fn things(&self, grid: &Grid) -> Array2<u32> {
        let (low, high) = grid.bounds();
        let is_near = |&rank: &u32| {
            self.things[rank as usize].bounds().is_some_and(|(from, to)| {
                from.x <= high.x && to.x >= low.x && from.y <= high.y && to.y >= low.y
            })
        };
        let ranks: Vec<u32> = (0..self.things.len() as u32).filter(is_near).collect();
        let things: Vec<&Polygon> = ranks.iter().map(|&i| &self.things[i as usize]).collect();
        rasterise(&things, &ranks, grid)
    }

    /// Centre of a pixel in metres from the territory's corner.
    fn place(&self, grid: &Grid, row: usize, col: usize) -> (f32, f32) {
        let corner = grid.corner(row, col);
        let half = grid.cell as f32 / 2.0;
        (
            ((corner.x - self.ground.anchor.x) as f32 + half) / 100.0,
            ((corner.y - self.ground.anchor.y) as f32 - half) / 100.0,
        )
    }

    /// Blur, slow illumination and sensor noise on the inner pixels of an exposed grid.
    fn sense(&self, wide: &Grid, light: &[Light]) -> Shot {
        let (rows, cols) = (wide.rows - 2, wide.cols - 2);
        let mut shot =
            Shot { rvb: Array3::zeros((3, rows, cols)), irc: Array3::zeros((3, rows, cols)) };
        let (seed, gain) = (self.ground.seed ^ self.flight.seed(), self.flight.gain());
        let size_m = self.ground.size_m as f32;
        for row in 0..rows {
            for col in 0..cols {
                let blurred = blur(light, wide.cols, row, col);
                let (x, y) = self.place(wide, row + 1, col + 1);
                let sun = 1.0
                    + 0.045 * mottle(seed as u32, x / 800.0, y / 800.0)
                    + 0.03 * (x - y) / size_m;
                let corner = wide.corner(row + 1, col + 1);
                let (one, other) = (
                    hash(seed ^ 0xaaaa, i64::from(corner.x), i64::from(corner.y)),
                    hash(seed ^ 0xbbbb, i64::from(corner.x), i64::from(corner.y)),
                );
                let level = |band: usize, bits: u64| {
                    let noise = (bits & 0xff) as f32 + ((bits >> 8) & 0xff) as f32 - 255.0;
                    (blurred[band] * gain[band] * sun + NOISE * noise / 255.0)
                        .round()
                        .clamp(0.0, 255.0) as u8
                };
                for band in 0..3 {
                    shot.rvb[(band, row, col)] = level(band, one >> (16 * band));
                    let seen = [3, 0, 1][band];
                    shot.irc[(band, row, col)] = level(seen, other >> (16 * band));
                }
            }
        }
        shot
    }
}

/// A window of a grid and some cells more on every side, even beyond the grid.
fn widened(grid: &Grid, window: Window, reach: usize) -> Grid {
    let corner = grid.corner(window.row, window.col);
    let shift = grid.cell * reach as i32;
    Grid {
        origin: kernels::lattice::Point::new(corner.x - shift, corner.y + shift),
        cell: grid.cell,
        rows: window.rows + 2 * reach,
        cols: window.cols + 2 * reach,
    }
}

/// How far to look towards the sun, in pixels down and right, and how high above a pixel something
/// must rise there to hide the sun from it, in metres.
fn shadow_steps(cell: i32) -> Vec<(usize, f32)> {
    let diagonal_m = cell as f32 * std::f32::consts::SQRT_2 / 100.0;
    let stride = (0.8 / diagonal_m).round().max(1.0) as usize;
    let reach = (SHADOW_PER_M * HEIGHT_MAX_M / diagonal_m).ceil() as usize;
    (stride..=reach)
        .step_by(stride)
        .map(|far| (far, 1.0 + far as f32 * diagonal_m / SHADOW_PER_M))
        .collect()
}

/// The pixel (`row`, `col`) of the inner grid blurred by the binomial 1-2-1 in both directions.
fn blur(light: &[Light], stride: usize, row: usize, col: usize) -> Light {
    let mut sum = [0.0; 4];
    for (dr, wr) in [1.0, 2.0, 1.0].into_iter().enumerate() {
        for (dc, wc) in [1.0, 2.0, 1.0].into_iter().enumerate() {
            let pixel = &light[(row + dr) * stride + col + dc];
            for band in 0..4 {
                sum[band] += wr * wc * pixel[band] / 16.0;
            }
        }
    }
    sum
}
