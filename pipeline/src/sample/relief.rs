//! How high things stand: what a surface model made from the same flight would say.

use super::texture::{Crown, Skin, bush, lone_tree, mottle, tree};
use super::usage::Look;

/// Height of a thing above the ground at a place, in metres.
///
/// `x`, `y`: metres from the territory's corner.
pub fn height_m(skin: &Skin, x: f32, y: f32) -> f32 {
    match skin.look {
        Look::Broadleaf | Look::Riparian | Look::Conifer | Look::Mixed => {
            crown_m(&tree(skin, x, y), skin.height_m).max(0.0)
        }
        Look::Shrub => bush(skin, x, y).map_or(0.1, |bush| crown_m(&bush, 1.9)),
        Look::Garden | Look::Park => lone_tree(skin, x, y).map_or(0.0, |t| crown_m(&t, 6.5)),
        Look::Orchard => 1.6 + 1.4 * mottle(skin.seed, x / 2.5, y / 2.5),
        Look::Vine => 0.7 + 0.5 * mottle(skin.seed, x / 1.3, y / 1.3),
        Look::WorkSite => 0.6 * (1.0 + mottle(skin.seed, x / 13.0, y / 13.0)),
        Look::Quarry => 1.5 * (1.0 + mottle(skin.seed, x / 25.0, y / 25.0)),
        Look::Arable | Look::Felled | Look::Wasteland => {
            0.25 * (1.0 + mottle(skin.seed, x / 9.0, y / 9.0))
        }
        _ => skin.height_m,
    }
}

/// Height of a crown: full at its top, a quarter less at its rim, low between crowns; trees differ.
fn crown_m(crown: &Crown, full_m: f32) -> f32 {
    let own = 0.75 + 0.5 * ((crown.number >> 12) & 0xff) as f32 / 255.0;
    let depth = crown.depth.clamp(-1.0, 1.0);
    let shape = if depth > 0.0 { 0.75 + 0.25 * depth } else { 0.3 * (1.0 + depth) };
    full_m * own * shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roofs_are_flat_woods_are_rough_and_roads_are_on_the_ground() {
        let at = |look, x: f32| height_m(&Skin::of(look, 5, 0.0, (0.0, 0.0)), x, 3.0);
        let decimetres = |look, x| (10.0 * at(look, x)) as i32;
        assert_eq!((decimetres(Look::Shop, 1.0), decimetres(Look::Shop, 9.0)), (70, 70));
        assert_eq!(decimetres(Look::Road, 1.0), 0);
        let wood: Vec<f32> = (0..200).map(|i| at(Look::Broadleaf, i as f32)).collect();
        let mean = wood.iter().sum::<f32>() / 200.0;
        assert!((6.0..13.0).contains(&mean), "{mean}");
        assert!(wood.iter().all(|h| (0.0..14.0).contains(h)));
    }
}
