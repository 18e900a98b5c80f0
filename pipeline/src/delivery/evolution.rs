//! `zan_evol_<before>_<after>`: the polygons whose status changed.

use kernels::artificialise::Artificialised;
use kernels::lattice::area_m2;

use super::Delivery;
use crate::artefact::Draft;
use crate::comparison::{Comparison, Side};
use crate::error::Error;
use crate::io::record::{Deliverable, EvolutionSide, ZanEvolRecord};
use crate::io::schema::Product;
use crate::method;

/// See [`Delivery::evolution`].
pub(super) fn write(
    delivery: &Delivery<'_>,
    comparison: &Comparison<'_>,
    verdicts: (&Artificialised, &Artificialised),
) -> Result<(Draft, i128), Error> {
    let changed = comparison.pieces(|face| {
        let (before, after) = comparison.statuses(face, verdicts);
        (before != after).then_some((comparison.pair(face), after))
    });
    let names = delivery.names_of(comparison);
    let draft = delivery.draft(Product::ZanEvol.file_name(&names))?;
    let note = method::statement(delivery.rules, delivery.choices);
    let mut layer = Deliverable::<ZanEvolRecord>::create_noted(
        draft.temp(),
        &names,
        &delivery.styles(Product::ZanEvol, &names),
        &note,
    )?;
    let mut net = 0;
    for piece in &changed {
        let (pair, is_after) = piece.key;
        let twice_area = piece.dissolved.polygon.twice_area();
        net += if is_after { twice_area } else { -twice_area };
        let record = ZanEvolRecord {
            before: side(delivery, comparison, (Side::Before, pair.0), !is_after),
            after: side(delivery, comparison, (Side::After, pair.1), is_after),
            area_m2: area_m2(twice_area),
        };
        layer.add(&piece.dissolved.polygon, &record)?;
    }
    layer.finish()?;
    Ok((draft, net))
}

/// What a vintage says of the ground of a polygon.
fn side(
    delivery: &Delivery<'_>,
    comparison: &Comparison<'_>,
    (side, rank): (Side, Option<u32>),
    is_artificial: bool,
) -> EvolutionSide {
    let vintage = comparison.vintage(side);
    let couple = rank.map(|rank| vintage.couples[rank as usize]).unwrap_or_default();
    let (code_cs, code_us) = delivery.codes(couple);
    EvolutionSide {
        id: rank.map(|rank| vintage.objects[rank as usize].id.clone()),
        code_cs,
        code_us,
        is_artificial,
    }
}
