//! How the ground looks at one place: colours of the four bands by look, from counter-based noise.

use super::usage::Look;

/// Reflected light in red, green, blue and near infrared, on the scale of the image.
pub type Light = [f32; 4];

/// What is needed of one thing to shade its pixels.
#[derive(Debug, Clone, Copy)]
pub struct Skin {
    /// What it looks like.
    pub look: Look,
    /// Base colour.
    pub base: Light,
    /// Cosine and sine of its heading.
    pub axis: (f32, f32),
    /// Its middle, in metres from the territory's corner.
    pub centre: (f32, f32),
    /// What makes it differ from its like.
    pub seed: u32,
    /// Height above the ground, in metres.
    pub height_m: f32,
}

impl Skin {
    /// The skin of a thing; the seed picks its shade.
    pub fn of(look: Look, seed: u64, heading: f64, centre: (f32, f32)) -> Self {
        let seed = (seed ^ (seed >> 32)) as u32;
        let shades = palette(look);
        let shade = shades[(chop(seed, 1, 2) as usize) % shades.len()];
        let gain = 1.0 + 0.07 * (2.0 * part(seed, 3, 4) - 1.0);
        Self {
            look,
            base: shade.map(|v| v * gain),
            axis: (heading.cos() as f32, heading.sin() as f32),
            centre,
            seed,
            height_m: height_m(look),
        }
    }
}

/// Height of a thing, for its shadow, in metres.
fn height_m(look: Look) -> f32 {
    match look {
        Look::House | Look::Barn => 6.0,
        Look::OldTown | Look::Factory => 9.0,
        Look::Shop => 7.0,
        Look::Broadleaf | Look::Mixed => 11.0,
        Look::Conifer | Look::Riparian => 12.5,
        _ => 0.0,
    }
}

/// The shades that things of a look come in.
fn palette(look: Look) -> &'static [Light] {
    match look {
        Look::House | Look::OldTown => &[
            [176.0, 116.0, 88.0, 152.0],
            [156.0, 102.0, 80.0, 138.0],
            [190.0, 140.0, 110.0, 165.0],
            [168.0, 126.0, 104.0, 148.0],
        ],
        Look::Factory => &[
            [190.0, 196.0, 202.0, 182.0],
            [152.0, 160.0, 170.0, 150.0],
            [176.0, 172.0, 164.0, 168.0],
        ],
        Look::Shop => &[[212.0, 212.0, 208.0, 202.0], [128.0, 128.0, 130.0, 118.0]],
        Look::Barn => &[[150.0, 138.0, 128.0, 140.0], [166.0, 112.0, 86.0, 146.0]],
        Look::Garden => &[[116.0, 128.0, 84.0, 172.0]],
        Look::Park => &[[104.0, 126.0, 76.0, 180.0]],
        Look::Pitch => &[[90.0, 136.0, 72.0, 192.0]],
        Look::Verge => &[[124.0, 134.0, 88.0, 168.0]],
        Look::CarPark => &[[134.0, 134.0, 135.0, 124.0], [118.0, 118.0, 121.0, 108.0]],
        Look::Gravel => &[[166.0, 158.0, 146.0, 154.0]],
        Look::Square => &[[184.0, 174.0, 160.0, 168.0]],
        Look::WorkSite => &[[182.0, 158.0, 128.0, 164.0], [168.0, 142.0, 112.0, 150.0]],
        Look::Road => &[[124.0, 123.0, 124.0, 113.0], [112.0, 111.0, 113.0, 102.0]],
        Look::Rail => &[[122.0, 112.0, 104.0, 114.0]],
        Look::Water => &[[58.0, 78.0, 76.0, 34.0], [66.0, 82.0, 70.0, 40.0]],
        Look::Arable => &[
            [170.0, 146.0, 118.0, 162.0],
            [138.0, 114.0, 92.0, 134.0],
            [188.0, 170.0, 124.0, 168.0],
            [106.0, 128.0, 74.0, 190.0],
            [150.0, 150.0, 96.0, 172.0],
        ],
        Look::Meadow => &[[112.0, 131.0, 80.0, 180.0], [128.0, 136.0, 88.0, 172.0]],
        Look::Vine => &[[164.0, 142.0, 114.0, 146.0], [176.0, 148.0, 116.0, 154.0]],
        Look::Orchard => &[[132.0, 134.0, 92.0, 164.0]],
        Look::Shrub => &[[154.0, 144.0, 114.0, 144.0]],
        Look::Broadleaf | Look::Riparian => &[[74.0, 99.0, 58.0, 188.0]],
        Look::Conifer => &[[54.0, 76.0, 54.0, 136.0]],
        Look::Mixed => &[[66.0, 89.0, 57.0, 164.0]],
        Look::Felled => &[[152.0, 134.0, 106.0, 142.0]],
        Look::Wasteland => &[[148.0, 146.0, 104.0, 160.0]],
        Look::Quarry => &[[208.0, 197.0, 176.0, 190.0]],
        Look::Rock => &[[166.0, 160.0, 148.0, 152.0]],
    }
}

fn chop(seed: u32, i: i32, j: i32) -> u32 {
    let mut h = seed ^ (i as u32).wrapping_mul(0x85eb_ca6b) ^ (j as u32).wrapping_mul(0xc2b2_ae35);
    h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
    h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

fn part(seed: u32, i: i32, j: i32) -> f32 {
    (chop(seed, i, j) >> 8) as f32 / 16_777_216.0
}

/// A smooth random surface in `[-1, 1]`, one value per unit square.
pub fn mottle(seed: u32, x: f32, y: f32) -> f32 {
    let (x0, y0) = (x.floor(), y.floor());
    let (i, j) = (x0 as i32, y0 as i32);
    let fade = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (fade(x - x0), fade(y - y0));
    let low = part(seed, i, j) + (part(seed, i + 1, j) - part(seed, i, j)) * u;
    let high = part(seed, i, j + 1) + (part(seed, i + 1, j + 1) - part(seed, i, j + 1)) * u;
    2.0 * (low + (high - low) * v) - 1.0
}

/// The crown over a place: how deep inside it (1 at its top, at most 0 outside), how much its side
/// faces the sun, and its number.
pub(super) struct Crown {
    pub(super) depth: f32,
    sunny: f32,
    pub(super) number: u32,
}

/// The crown over a place, in a wood of a spacing and a mean radius.
pub(super) fn crown(seed: u32, x: f32, y: f32, spacing_m: f32, radius_m: f32) -> Crown {
    let (i, j) = ((x / spacing_m).floor() as i32, (y / spacing_m).floor() as i32);
    let mut best = Crown { depth: -1.0, sunny: 0.0, number: 0 };
    for (di, dj) in (-1..=1).flat_map(|di| (-1..=1).map(move |dj| (di, dj))) {
        let number = chop(seed, i + di, j + dj);
        let jitter = |shift: u32| ((number >> shift) & 0xff) as f32 / 255.0;
        let cx = ((i + di) as f32 + 0.15 + 0.7 * jitter(0)) * spacing_m;
        let cy = ((j + dj) as f32 + 0.15 + 0.7 * jitter(8)) * spacing_m;
        let radius = radius_m * (0.7 + 0.6 * jitter(16));
        let (dx, dy) = ((x - cx) / radius, (y - cy) / radius);
        let depth = 1.0 - (dx * dx + dy * dy);
        if depth > best.depth {
            best = Crown { depth, sunny: 0.707 * (dx - dy), number };
        }
    }
    best
}

fn scaled(light: Light, gain: f32) -> Light {
    light.map(|v| v * gain)
}

fn mixed(one: Light, other: Light, share: f32) -> Light {
    std::array::from_fn(|b| one[b] + (other[b] - one[b]) * share)
}

/// The colour of a thing at a place, in metres from the territory's corner, in full sun.
pub fn shade(skin: &Skin, x: f32, y: f32) -> Light {
    let (c, s) = skin.axis;
    let (dx, dy) = (x - skin.centre.0, y - skin.centre.1);
    let (along, across) = (dx * c + dy * s, dy * c - dx * s);
    match skin.look {
        Look::House | Look::Barn => roof(skin, across, 0.2),
        Look::OldTown => old_town(skin, x, y),
        Look::Factory => scaled(roof(skin, across, 0.06), ribs(along, 1.2, 0.035)),
        Look::Shop => scaled(skin.base, 1.0 + 0.04 * mottle(skin.seed, x / 9.0, y / 9.0)),
        Look::Broadleaf | Look::Riparian | Look::Conifer | Look::Mixed => wood(skin, x, y),
        Look::Shrub => shrub(skin, x, y),
        Look::Vine => vine(skin, along, across),
        Look::Orchard => orchard(skin, along, across),
        Look::Arable => arable(skin, (x, y), across),
        Look::Meadow | Look::Verge | Look::Wasteland => grass(skin, x, y),
        Look::Garden | Look::Park => garden(skin, x, y),
        Look::Pitch => {
            let stripe = if (across / 9.0).rem_euclid(1.0) < 0.5 { 1.04 } else { 0.96 };
            scaled(skin.base, stripe * (1.0 + 0.04 * mottle(skin.seed, x / 3.0, y / 3.0)))
        }
        Look::Water => scaled(skin.base, 1.0 + 0.10 * mottle(skin.seed, x / 28.0, y / 28.0)),
        Look::Quarry => quarry(skin, x, y),
        Look::WorkSite | Look::Felled => rough_ground(skin, x, y),
        Look::CarPark => car_park(skin, (x, y), along, across),
        Look::Rock | Look::Rail | Look::Gravel => grainy(skin, x, y, 0.13),
        Look::Road | Look::Square => grainy(skin, x, y, 0.05),
    }
}

fn grainy(skin: &Skin, x: f32, y: f32, strength: f32) -> Light {
    let fine = mottle(skin.seed, x / 0.6, y / 0.6);
    let broad = mottle(skin.seed ^ 1, x / 7.0, y / 7.0);
    scaled(skin.base, 1.0 + strength * (0.55 * fine + 0.6 * broad))
}

/// Two slopes under the sun of the south-east, with courses of tiles.
fn roof(skin: &Skin, across: f32, contrast: f32) -> Light {
    let (c, s) = skin.axis;
    let facing = 0.707 * (-s - c) * across.signum();
    scaled(skin.base, (1.0 + contrast * facing) * ribs(across, 0.45, 0.04))
}

fn ribs(at: f32, pitch_m: f32, strength: f32) -> f32 {
    1.0 + strength * ((at / pitch_m).fract().abs() - 0.5) * 2.0
}

/// Terraced roofs: one shade and one slope per lot.
fn old_town(skin: &Skin, x: f32, y: f32) -> Light {
    let lot = crown(skin.seed, x, y, 11.0, 9.0);
    let shades = palette(Look::OldTown);
    let base = shades[(lot.number >> 20) as usize % shades.len()];
    let gain = 0.88 + 0.24 * ((lot.number >> 4) & 0xff) as f32 / 255.0;
    let slope = if lot.sunny > 0.0 { 1.1 } else { 0.86 };
    scaled(base, gain * slope * (1.0 + 0.04 * mottle(skin.seed, x / 0.5, y / 0.5)))
}

/// The tree over a place of a wood.
pub(super) fn tree(skin: &Skin, x: f32, y: f32) -> Crown {
    let is_conifer = skin.look == Look::Conifer;
    let (spacing_m, radius_m) = if is_conifer { (4.6, 2.9) } else { (6.6, 4.6) };
    crown(skin.seed, x, y, spacing_m, radius_m)
}

fn wood(skin: &Skin, x: f32, y: f32) -> Light {
    let tree = tree(skin, x, y);
    let draw = (tree.number >> 24) as f32 / 255.0;
    let mut base = skin.base;
    if skin.look == Look::Mixed {
        let kind = if draw < 0.5 { Look::Conifer } else { Look::Broadleaf };
        base = palette(kind)[0];
    }
    let leaf = 1.0 + 0.10 * mottle(skin.seed ^ 2, x / 0.7, y / 0.7);
    let own = 0.88 + 0.24 * ((tree.number >> 12) & 0xff) as f32 / 255.0;
    let lit = if tree.depth > 0.0 { 0.84 + 0.34 * tree.sunny + 0.18 * tree.depth } else { 0.52 };
    scaled(base, own * leaf * lit)
}

/// The bush over a place of a scrub; `None` in the open.
pub(super) fn bush(skin: &Skin, x: f32, y: f32) -> Option<Crown> {
    let bush = crown(skin.seed, x, y, 2.9, 1.75);
    let open = mottle(skin.seed ^ 3, x / 24.0, y / 24.0);
    let stands = bush.depth > 0.0 && (bush.number >> 24) as f32 / 255.0 < 0.74 + 0.3 * open;
    stands.then_some(bush)
}

fn shrub(skin: &Skin, x: f32, y: f32) -> Light {
    let soil = grainy(skin, x, y, 0.08);
    if let Some(bush) = bush(skin, x, y) {
        let lit = 0.86 + 0.26 * bush.sunny + 0.16 * bush.depth;
        return scaled([80.0, 95.0, 64.0, 146.0], lit);
    }
    soil
}

/// Rows 2.5 m apart, with missing stocks, and the shade of each row on its north-west side.
fn vine(skin: &Skin, along: f32, across: f32) -> Light {
    const PITCH_M: f32 = 2.5;
    let soil = scaled(skin.base, 1.0 + 0.06 * mottle(skin.seed, along / 11.0, across / 11.0));
    let row = (across / PITCH_M).floor();
    let at = across / PITCH_M - row - 0.5;
    let wave = 0.05 * mottle(skin.seed ^ 5, along / 0.9, row * 3.7);
    let vigour = mottle(skin.seed ^ 4, along / 1.2, row * 7.3);
    if (at + wave).abs() < 0.19 && vigour > -0.82 {
        return scaled([86.0, 110.0, 62.0, 188.0], 0.95 + 0.12 * vigour);
    }
    let (c, s) = skin.axis;
    let shade_side = (-0.707 * (-s - c)).signum();
    if vigour > -0.82 && (0.19..0.33).contains(&(at * shade_side)) {
        return scaled(soil, 0.66);
    }
    soil
}

fn orchard(skin: &Skin, along: f32, across: f32) -> Light {
    const PITCH_M: f32 = 5.0;
    let cell = |v: f32| (v / PITCH_M).floor();
    let (u, v) = (along / PITCH_M - cell(along) - 0.5, across / PITCH_M - cell(across) - 0.5);
    let draw = part(skin.seed, cell(along) as i32, cell(across) as i32);
    let depth = 1.0 - (u * u + v * v) / (0.115 + 0.05 * draw);
    if depth > 0.0 && draw > 0.05 {
        let (c, s) = skin.axis;
        let sunny = 0.707 * ((u * c - v * s) - (u * s + v * c));
        return scaled([74.0, 99.0, 60.0, 184.0], 0.82 + 0.9 * sunny + 0.2 * depth);
    }
    scaled(skin.base, 1.0 + 0.08 * mottle(skin.seed, along / 4.0, across / 4.0))
}

fn arable(skin: &Skin, (x, y): (f32, f32), across: f32) -> Light {
    let broad = mottle(skin.seed, x / 34.0, y / 34.0);
    let fine = mottle(skin.seed ^ 1, x / 1.6, y / 1.6);
    let furrow = (across * std::f32::consts::TAU / 1.6).sin();
    let is_track = ((across / 24.0).rem_euclid(1.0) - 0.5).abs() < 0.016;
    let track = if is_track { 0.88 } else { 1.0 };
    scaled(skin.base, track * (1.0 + 0.06 * broad + 0.03 * fine + 0.03 * furrow))
}

fn grass(skin: &Skin, x: f32, y: f32) -> Light {
    let broad = mottle(skin.seed, x / 17.0, y / 17.0);
    let fine = mottle(skin.seed ^ 1, x / 1.3, y / 1.3);
    let strength = if skin.look == Look::Wasteland { 0.13 } else { 0.06 };
    let dry = mixed(skin.base, [160.0, 150.0, 108.0, 156.0], 0.28 * (0.5 + 0.5 * broad));
    scaled(dry, 1.0 + strength * fine)
}

/// The tree over a place of a garden or a park; `None` on the lawn.
pub(super) fn lone_tree(skin: &Skin, x: f32, y: f32) -> Option<Crown> {
    let share = if skin.look == Look::Park { 0.24 } else { 0.3 };
    let tree = crown(skin.seed, x, y, 8.5, 2.7);
    (tree.depth > 0.0 && ((tree.number >> 24) as f32 / 255.0) < share).then_some(tree)
}

/// Lawn, bare patches and terraces, and some trees.
fn garden(skin: &Skin, x: f32, y: f32) -> Light {
    if let Some(tree) = lone_tree(skin, x, y) {
        let lit = 0.82 + 0.32 * tree.sunny + 0.2 * tree.depth;
        return scaled([78.0, 102.0, 62.0, 184.0], lit);
    }
    let patch = mottle(skin.seed ^ 6, x / 8.0, y / 8.0);
    let is_terrace = skin.look == Look::Garden && patch > 0.5;
    let base = if is_terrace { [176.0, 162.0, 142.0, 160.0] } else { skin.base };
    let fine = mottle(skin.seed ^ 1, x / 1.1, y / 1.1);
    scaled(base, 1.0 + 0.07 * fine + 0.07 * patch)
}

/// Benches: steps of brightness along a slow surface.
fn quarry(skin: &Skin, x: f32, y: f32) -> Light {
    let slope = 3.0 * mottle(skin.seed, x / 60.0, y / 60.0);
    let bench = if slope.rem_euclid(1.0) < 0.12 { 0.74 } else { 1.0 };
    scaled(grainy(skin, x, y, 0.07), bench)
}

/// Earth with wheel tracks, heaps and, where wood was felled, branches.
fn rough_ground(skin: &Skin, x: f32, y: f32) -> Light {
    let heap = mottle(skin.seed, x / 13.0, y / 13.0);
    let fine = mottle(skin.seed ^ 1, x / 0.8, y / 0.8);
    if skin.look == Look::Felled {
        let weed = mottle(skin.seed ^ 8, x / 5.0, y / 5.0);
        let green =
            mixed(skin.base, [110.0, 122.0, 78.0, 166.0], (0.5 + 0.7 * weed).clamp(0.0, 0.8));
        return scaled(green, 1.0 + 0.14 * fine);
    }
    let ridge = mottle(skin.seed ^ 7, x / 20.0, y / 20.0).abs();
    let track = if ridge < 0.05 { 0.86 } else { 1.0 };
    scaled(skin.base, track * (1.0 + 0.10 * heap + 0.05 * fine))
}

/// Bays along double rows, some of them taken.
fn car_park(skin: &Skin, (x, y): (f32, f32), along: f32, across: f32) -> Light {
    let ground = grainy(skin, x, y, 0.05);
    let row = (across / 16.0).rem_euclid(1.0) * 16.0;
    let bay = (along / 2.5).rem_euclid(1.0) * 2.5;
    if row > 10.0 {
        return ground;
    }
    if bay < 0.14 {
        return mixed(ground, [214.0, 214.0, 212.0, 204.0], 0.7);
    }
    let lane = (across / 16.0).floor() as i32 * 2 + i32::from(row > 5.0);
    let draw = part(skin.seed ^ 9, (along / 2.5).floor() as i32, lane);
    let depth = if row > 5.0 { row - 5.0 } else { row };
    if draw < 0.3 && (0.4..2.2).contains(&bay) && (0.4..4.6).contains(&depth) {
        let tone = 40.0 + 700.0 * draw;
        return [tone, tone, tone * 1.03, tone * 0.9];
    }
    ground
}
