//! The usage of the grounds of new buildings: gardens, yards, car parks.

use nomenclature::usage_rules::GroundsTable;
use nomenclature::{ClassId, Couple};

use super::{UsageDecision, UsageGround, most_of_each};
use crate::built_zone::{BuiltZoneRule, zone_of_plane};
use crate::label::label_plane;
use crate::plane::{Edit, Plane};

/// Gives the grounds of new buildings their usage; returns the number of cells that took another.
///
/// * `layers`: where the table's layer shows buildings, and where one of those that it lists
///   declares something.
/// * `cells_per_metre`: what makes cells of the table's distances.
/// * `decision`: the usages that the rules gave, changed in place.
///
/// A *new building* is a cell whose cover is not the prior's, on which the layer of buildings shows
/// one, and whose usage is one that spreads. Around them lies a zone (as
/// [`crate::built_zone::built_zone`] draws it); the usage of each connected zone is that of most of
/// its new buildings (the lowest id of equals).
/// *Open pieces* are connected cells whose cover and usage the table lists and on which no listed
/// layer declares anything. A piece of which the table's share lies in zones takes, as a whole, the
/// usage of most of those cells; of another piece only the cells in a zone whose cover changed.
///
/// The rule is the project's own: a house comes with its plot, and the plot ends where somebody
/// else declares a crop or a wood.
pub fn spread_to_grounds(
    table: &GroundsTable,
    ground: &UsageGround<'_>,
    (buildings, declared): (&Plane<bool>, &Plane<bool>),
    cells_per_metre: f64,
    decision: &mut UsageDecision,
) -> u64 {
    let usage = &decision.usage;
    let changed = ground.cover.zip(ground.prior, |cover, prior| {
        let prior = Couple::from_cell(prior).cs;
        !prior.is_nodata() && prior.0 != cover
    });
    let shown = changed.zip(buildings, |is_changed, is_shown| is_changed && is_shown);
    let new_usage =
        shown.zip(
            usage,
            |is_shown, usage| {
                if is_shown && table.spreads(ClassId(usage)) { usage } else { 0 }
            },
        );
    let new = new_usage.map(|usage| usage != 0);
    if new.n_true() == 0 {
        return 0;
    }
    let radius = |metres: f64| (metres * cells_per_metre).round() as u32;
    let (closing_radius, margin) = (radius(table.closing_m), radius(table.margin_m));
    let zone = zone_of_plane(&new, BuiltZoneRule { closing_radius, margin });
    let zones = label_plane(&zone.map(u16::from));
    let zone_usage = most_of_each(&zones, &new_usage);
    let in_zone = zones.plane(|zone| zone_usage[zone].0, 0);
    let takes = |cover, usage| table.takes(ClassId(cover), ClassId(usage));
    let open = ground.cover.zip(usage, takes);
    let pieces =
        label_plane(&open.zip(declared, |is_open, is_declared| u16::from(is_open && !is_declared)));
    let piece_usage = most_of_each(&pieces, &in_zone);
    let mut edits = Vec::new();
    for (row, cols, piece) in pieces.runs_where(|piece| piece_usage[piece].1 > 0) {
        let (most, n_in_zones) = piece_usage[piece];
        if n_in_zones as f64 >= table.share * pieces.regions[piece].n_cells as f64 {
            edits.push(Edit::new(row, cols, most));
            continue;
        }
        for (cols, _) in changed.row(row).over(cols).filter(|run| run.1) {
            let zoned = in_zone.row(row).over(cols).filter(|run| run.1 != 0);
            edits.extend(zoned.map(|(cols, usage)| Edit::new(row, cols, usage)));
        }
    }
    decision.take(edits)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3, Axis, s};
    use nomenclature::evidence::Layer;
    use nomenclature::{Dimension, Nomenclature, UsageRules};

    use super::*;
    use crate::usage::UsageCells;
    use crate::usage::tests::{assigned, planes};

    fn id(dimension: Dimension, code: &str) -> ClassId {
        Nomenclature::builtin("ocsge-2-0").unwrap().find(dimension, code).unwrap()
    }

    /// Fields of 40 x 90 m, cells of 1 m; a crop is declared on all but the first 30 columns, in
    /// the middle of which a house of 10 x 10 m was built. The usage, and the cells that took one.
    fn house(nature: &str) -> (Array2<u8>, u64) {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let mut natures = nomenclature::evidence::Natures::default();
        natures[Layer::Buildings.rank()] = vec![nature.to_owned()];
        let table = UsageRules::builtin("ocsge-2-0").unwrap();
        let table = table.compile(&nomenclature, &natures).unwrap();
        let (grass, built) = ("CS2.2.1", "CS1.1.1.1");
        let field = Couple { cs: id(Dimension::Cover, grass), us: id(Dimension::Usage, "US1.1") };
        let prior = Array2::from_elem((40, 90), field.to_cell());
        let mut cover = Array2::from_elem((40, 90), field.cs.0);
        let mut evidence = Array3::zeros((Layer::COUNT, 40, 90));
        cover.slice_mut(s![15..25, 10..20]).fill(id(Dimension::Cover, built).0);
        evidence.slice_mut(s![Layer::Buildings.rank(), 15..25, 10..20]).fill(1);
        evidence.slice_mut(s![Layer::Crops.rank(), .., 30..]).fill(1);
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let mut decision = assigned(&table, &cells);
        let grounds = table.grounds.as_ref().unwrap();
        let layer = |layer: Layer| {
            Plane::of(evidence.index_axis(Axis(0), layer.rank()).mapv(|cell| cell != 0).view())
        };
        let layers = (&layer(Layer::Buildings), &layer(Layer::Crops));
        let planes = planes(&cells);
        let taken = spread_to_grounds(grounds, &planes.ground(), layers, 1.0, &mut decision);
        (decision.usage.to_array(), taken)
    }

    #[test]
    fn a_plot_takes_the_usage_of_its_house_up_to_the_declared_field() {
        let (usage, taken) = house("Résidentiel");
        let [home, farm] = ["US5", "US1.1"].map(|code| id(Dimension::Usage, code).0);
        assert!(usage.slice(s![.., ..30]).iter().all(|&us| us == home));
        assert!(usage.slice(s![.., 30..]).iter().all(|&us| us == farm));
        assert_eq!(taken, 40 * 30 - 100);
    }

    #[test]
    fn a_barn_leaves_its_field_a_field() {
        let (usage, taken) = house("Agricole");
        assert!(usage.iter().all(|&us| us == id(Dimension::Usage, "US1.1").0));
        assert_eq!(taken, 0);
    }
}
