//! The usage of the grounds of new buildings: gardens, yards, car parks.

use ndarray::Array2;
use nomenclature::usage_rules::GroundsTable;
use nomenclature::{ClassId, Couple};

use super::{UsageCells, UsageDecision, UsageError, most_of_each};
use crate::built_zone::{BuiltZoneRule, built_zone};
use crate::label::{NO_REGION, label};

/// Gives the grounds of new buildings their usage; returns the number of cells that took another.
///
/// * `decision`: the usages that the rules gave, changed in place. The cells that take one have
///   `rule` 255.
/// * `cells_per_metre`: what makes cells of the table's distances.
///
/// A *new building* is a cell whose cover is not the prior's, on which the layer of buildings shows
/// one, and whose usage is one that spreads. Around them lies a zone (as [`built_zone`] draws it);
/// the usage of each connected zone is that of most of its new buildings (the lowest id of equals).
/// *Open pieces* are connected cells whose cover and usage the table lists and on which no listed
/// layer declares anything. A piece of which the table's share lies in zones takes, as a whole, the
/// usage of most of those cells; of another piece only the cells in a zone whose cover changed.
///
/// The rule is the project's own: a house comes with its plot, and the plot ends where somebody
/// else declares a crop or a wood.
///
/// # Errors
/// [`UsageError`] when arrays do not line up.
pub fn spread_to_grounds(
    table: &GroundsTable,
    cells: &UsageCells<'_>,
    cells_per_metre: f64,
    decision: &mut UsageDecision,
) -> Result<u64, UsageError> {
    cells.check()?;
    let usage = &decision.usage;
    let is_changed = |at: (usize, usize)| {
        let prior = Couple::from_cell(cells.prior[at]).cs;
        !prior.is_nodata() && prior.0 != cells.cover[at]
    };
    let shown = |layer: nomenclature::evidence::Layer, at: (usize, usize)| {
        cells.evidence[[layer.rank(), at.0, at.1]] != 0
    };
    let new = Array2::from_shape_fn(usage.dim(), |at| {
        is_changed(at) && shown(table.buildings, at) && table.spreads(ClassId(usage[at]))
    });
    if !new.iter().any(|&is_new| is_new) {
        return Ok(0);
    }
    let radius = |metres: f64| (metres * cells_per_metre).round() as u32;
    let (closing_radius, margin) = (radius(table.closing_m), radius(table.margin_m));
    let rule = BuiltZoneRule { closing_radius, margin };
    let zones = label(built_zone(new.view(), rule).mapv(u16::from).view());
    let zone_usage = most_of_each(&zones, |at| if new[at] { usage[at] } else { 0 });
    let in_zone = |at: (usize, usize)| {
        let zone = zones.region_at(at.0 as i64, at.1 as i64);
        if zone == NO_REGION { 0 } else { zone_usage[zone as usize].0 }
    };
    let is_open = |at: (usize, usize)| {
        table.takes(ClassId(cells.cover[at]), ClassId(usage[at]))
            && !table.declared.iter().any(|&layer| shown(layer, at))
    };
    let pieces = label(Array2::from_shape_fn(usage.dim(), |at| u16::from(is_open(at))).view());
    let piece_usage = most_of_each(&pieces, in_zone);
    let mut taken = Array2::<u8>::zeros(usage.dim());
    for row in 0..pieces.dim().0 {
        for (cols, piece) in pieces.runs(row).filter(|run| run.1 != NO_REGION) {
            let (most, n_in_zones) = piece_usage[piece as usize];
            let n = pieces.regions[piece as usize].n_cells;
            let is_whole = n_in_zones > 0 && n_in_zones as f64 >= table.share * n as f64;
            for at in cols.map(|col| (row, col)) {
                taken[at] = match (is_whole, is_changed(at)) {
                    (true, _) => most,
                    (false, true) => in_zone(at),
                    (false, false) => 0,
                };
            }
        }
    }
    let mut n_taken = 0;
    for (at, &id) in taken.indexed_iter().filter(|(_, id)| **id != 0) {
        n_taken += u64::from(decision.usage[at] != id);
        decision.usage[at] = id;
        decision.rule[at] = u8::MAX;
    }
    Ok(n_taken)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, s};
    use nomenclature::evidence::Layer;
    use nomenclature::{Dimension, Nomenclature, UsageRules};

    use super::*;
    use crate::usage::assign_usage;

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
        let mut decision = assign_usage(&table, &cells).unwrap();
        let grounds = table.grounds.as_ref().unwrap();
        let taken = spread_to_grounds(grounds, &cells, 1.0, &mut decision).unwrap();
        (decision.usage, taken)
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
