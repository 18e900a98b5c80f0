//! One usage for a new building, also where its layer does not show it.

use nomenclature::{Couple, Footprint};

use super::{UsageDecision, UsageGround, most_of_each};
use crate::label::label_plane;
use crate::plane::{Edit, Plane};

/// Gives the cells of new objects that their layer does not show the usage of those that it shows;
/// returns the number of cells that took another.
///
/// * `layer`: where the layer of the footprint has something; `decision`: the usages that the rules
///   gave, changed in place.
///
/// A *new object* is a 4-connected set of cells that changed to the cover of the footprint. Imagery
/// and layer never agree on its edge; a strip of another usage along a house would be another
/// building to the capture rules, and both would fall below their unit. The usage taken is that of
/// most cells shown, the lowest id of equals; an object of which the layer shows nothing is left.
pub fn unite_footprints(
    footprint: &Footprint,
    layer: &Plane<bool>,
    ground: &UsageGround<'_>,
    decision: &mut UsageDecision,
) -> u64 {
    let new = ground.cover.zip(ground.prior, |cover, prior| {
        let is_new = Couple::from_cell(prior).cs != footprint.cover;
        u16::from(cover == footprint.cover.0 && is_new)
    });
    let objects = label_plane(&new);
    let shown = decision.usage.zip(layer, |usage, is_shown| if is_shown { usage } else { 0 });
    let shown_usage = most_of_each(&objects, &shown);
    let mut edits = Vec::new();
    for (row, cols, object) in objects.runs_where(|object| shown_usage[object].0 != 0) {
        let hidden = layer.row(row).over(cols).filter(|(_, is_shown)| !is_shown);
        edits.extend(hidden.map(|(cols, _)| Edit::new(row, cols, shown_usage[object].0)));
    }
    decision.take(edits)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use nomenclature::ClassId;
    use nomenclature::evidence::Layer;

    use super::*;

    #[test]
    fn the_edge_of_a_new_building_takes_the_usage_of_what_its_layer_shows() {
        let (grass, built, field, home, shop) = (2, 1, 7, 5, 3);
        let prior = Array2::from_elem((2, 6), u16::from(grass) << 8 | field);
        let cover = array![
            [built, built, built, grass, built, built],
            [built, built, built, grass, grass, grass]
        ];
        let mut layer = Array2::from_elem((2, 6), false);
        for at in [(0, 0), (0, 1), (1, 1)] {
            layer[at] = true;
        }
        let (cover, prior) = (Plane::of(cover.view()), Plane::of(prior.view()));
        let object = Plane::filled((2, 6), 1);
        let ground = UsageGround { cover: &cover, prior: &prior, object: &object };
        let field = field as u8;
        let usage = array![
            [home, home, field, field, field, field],
            [shop, shop, field, field, field, field]
        ];
        let mut decision = UsageDecision { usage: Plane::of(usage.view()), cells: Vec::new() };
        let footprint = Footprint { layer: Layer::Buildings, cover: ClassId(built), share: 0.5 };
        // What is shown keeps its own; a building of which nothing is shown is left.
        let layer = Plane::of(layer.view());
        assert_eq!(unite_footprints(&footprint, &layer, &ground, &mut decision), 3);
        let expected = array![
            [home, home, home, field, field, field],
            [home, shop, home, field, field, field]
        ];
        assert_eq!(decision.usage.to_array(), expected);
    }
}
