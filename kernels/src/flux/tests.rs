use proptest::prelude::*;

use super::series::{Interval, Series, SeriesError};
use super::*;

const ROAD: Couple = Couple { cs: ClassId(2), us: ClassId(8) };
const BUILT: Couple = Couple { cs: ClassId(1), us: ClassId(7) };
const FIELD: Couple = Couple { cs: ClassId(12), us: ClassId(1) };

fn face(twice_area: i128, territory: Option<u32>, before: Couple, after: Couple) -> Face {
    let hard = |couple: Couple| couple != FIELD;
    let labels = Labels {
        territory,
        zone: None,
        before,
        after,
        artif_before: hard(before),
        artif_after: hard(after),
        imper_before: before == BUILT,
        imper_after: after == BUILT,
        change: None,
    };
    Face { twice_area, labels }
}

/// Commune 0: 70 field -> built, 30 road kept, 5 road -> built; commune 1: 11 road -> field;
/// outside: 3 field -> road.
fn sample() -> Ledger {
    Ledger::from_iter([
        face(70, Some(0), FIELD, BUILT),
        face(30, Some(0), ROAD, ROAD),
        face(5, Some(0), ROAD, BUILT),
        face(11, Some(1), ROAD, FIELD),
        face(3, None, FIELD, ROAD),
    ])
}

#[test]
fn balances_of_territories_state_the_remainder() {
    let of = |stock_before, stock_after, gross_in, gross_out| Balance {
        stock_before,
        stock_after,
        gross_in,
        gross_out,
        ..Balance::default()
    };
    let expected = BTreeMap::from([
        (None, of(0, 3, 3, 0)),
        (Some(0), of(35, 105, 70, 0)),
        (Some(1), of(11, 0, 0, 11)),
    ]);
    assert_eq!(sample().by_territory(Status::Artificial), expected);
    assert_eq!(sample().total(Status::Artificial), of(46, 108, 73, 11));
    assert_eq!(sample().surface(), 119);
}

#[test]
fn artificialisation_counts_on_the_new_code_and_its_reverse_on_the_old() {
    let by_cover = sample().by_class(Status::Artificial, Dimension::Cover);
    let built = by_cover[&(Some(0), BUILT.cs)];
    assert_eq!((built.gross_in, built.recoded_in, built.stock_after), (70, 5, 75));
    let road = by_cover[&(Some(0), ROAD.cs)];
    assert_eq!((road.stock_before, road.stock_after, road.recoded_out), (35, 30, 5));
    assert_eq!(by_cover[&(Some(1), ROAD.cs)].gross_out, 11);
    assert_eq!(by_cover[&(Some(1), FIELD.cs)], Balance::default(), "a field is never artificial");
    assert!(by_cover.values().all(|b| b.identity_gap() == 0));
}

#[test]
fn impermeabilisation_is_a_balance_of_its_own() {
    let imper = sample().total(Status::Impermeable);
    assert_eq!((imper.stock_before, imper.stock_after, imper.gross_in), (0, 75, 75));
}

#[test]
fn occupation_and_matrix_follow_every_class() {
    let cover = sample().occupation(Dimension::Cover);
    let field = cover[&(Some(1), FIELD.cs)];
    assert_eq!((field.stock_before, field.stock_after, field.gross_in), (0, 11, 11));
    let matrix = sample().matrix(Dimension::Cover);
    assert_eq!(matrix[&(FIELD.cs, BUILT.cs)], 70);
    assert_eq!(matrix[&(ROAD.cs, ROAD.cs)], 30);
    assert_eq!(matrix.values().sum::<i128>(), sample().surface());
}

#[test]
fn communes_without_parent_join_the_remainder() {
    let epci = sample().roll_up(|commune| (commune == 0).then_some(40));
    let surfaces = epci.surface_by_territory();
    assert_eq!(surfaces, BTreeMap::from([(None, 14), (Some(40), 105)]));
    assert_eq!(epci.total(Status::Artificial), sample().total(Status::Artificial));
}

#[test]
fn a_lost_entry_shows_in_the_additivity_gap() {
    let mut broken = sample();
    assert_eq!(broken.additivity_gap(Status::Artificial), [0; 5]);
    broken.entries.pop_last();
    assert_ne!(broken.additivity_gap(Status::Artificial), [0; 5]);
}

#[test]
fn filtered_ledger_keeps_the_newer_stock_and_drops_noise_from_the_fluxes() {
    let mut shifted = face(9, Some(0), FIELD, ROAD);
    shifted.labels.change = Some(ChangeKind::Shift);
    let mut real = face(70, Some(0), FIELD, BUILT);
    real.labels.change = Some(ChangeKind::Real);
    let raw = Ledger::from_iter([shifted, real]);
    let total = raw.relabel(Labels::filtered).total(Status::Artificial);
    assert_eq!((total.stock_before, total.stock_after, total.gross_in), (9, 79, 70));
    assert_eq!(total.identity_gap(), 0);
    assert_eq!(raw.by_change(Status::Artificial)[&Some(ChangeKind::Shift)].gross_in, 9);
}

#[test]
fn series_refuses_broken_and_mixed_years() {
    let step = |before, after| (Interval { before, after }, sample());
    assert_eq!(
        Series::new(vec![step(2018, 2018)]),
        Err(SeriesError::Backwards { before: 2018, after: 2018 })
    );
    assert_eq!(
        Series::new(vec![step(2012, 2018), step(2019, 2021)]),
        Err(SeriesError::Broken { got: 2019, expected: 2018 })
    );
    let alone = Series::single(2018, sample());
    assert_eq!((alone.vintages(), alone.n_intervals()), (vec![2018], 0));
    let south = Series::new(vec![step(2012, 2018), step(2018, 2021)]).unwrap();
    assert_eq!(south.n_intervals(), 2);
    assert_eq!(south.vintages(), [2012, 2018, 2021]);
    let north = Series::new(vec![step(2012, 2017), step(2017, 2021)]).unwrap();
    assert!(matches!(south.merge(north), Err(SeriesError::MixedIntervals { .. })));
}

#[test]
fn series_shows_where_two_intervals_disagree_and_cumulates_fluxes() {
    let back = Ledger::from_iter([face(75, Some(0), BUILT, FIELD), face(33, None, ROAD, ROAD)]);
    let years = |before, after| Interval { before, after };
    let series =
        Series::new(vec![(years(2015, 2018), sample()), (years(2018, 2021), back)]).unwrap();
    assert_eq!(series.continuity_gaps(Status::Artificial), [0]);
    let whole = series.cumulated(Status::Artificial);
    assert_eq!((whole.stock_before, whole.stock_after), (46, 33));
    assert_eq!((whole.gross_in, whole.gross_out), (73, 86));
    assert_eq!(whole.identity_gap(), 0);
}

#[test]
fn annual_flux_needs_an_interval() {
    assert_eq!(annual_m2(60_000, 3), Some(1.0));
    assert_eq!(annual_m2(60_000, 0), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn identities_hold_and_neither_order_nor_split_matters(
        rows in proptest::collection::vec(
            (0_i128..1_000_000, proptest::option::of(0_u32..4), proptest::option::of(0_u32..3),
             (0_u8..4, 0_u8..3, 0_u8..4, 0_u8..3), any::<[bool; 4]>()), 0..60),
        cut in 0_usize..60,
    ) {
        let couple = |cs, us| Couple { cs: ClassId(cs), us: ClassId(us) };
        let faces: Vec<Face> = rows.iter().map(|&(twice_area, territory, zone, (a, b, c, d), s)| Face {
            twice_area,
            labels: Labels {
                territory, zone, before: couple(a, b), after: couple(c, d),
                artif_before: s[0], artif_after: s[1], imper_before: s[2], imper_after: s[3],
                change: None,
            },
        }).collect();
        let whole = Ledger::of(&faces);
        let (left, right) = faces.split_at(cut.min(faces.len()));
        prop_assert_eq!(&whole, &Ledger::of(right).merge(Ledger::of(left)));
        prop_assert_eq!(&whole, &faces.iter().rev().copied().collect::<Ledger>());
        let epci = whole.roll_up(|commune| commune.checked_sub(1).map(|c| c / 2));
        for status in [Status::Artificial, Status::Impermeable] {
            for ledger in [&whole, &epci] {
                prop_assert_eq!(ledger.identity_gap(status), 0);
                prop_assert_eq!(ledger.additivity_gap(status), [0; 5]);
            }
            let classes = whole.by_class(status, Dimension::Usage);
            let stock: i128 = classes.values().map(|b| b.stock_after).sum();
            prop_assert_eq!(stock, whole.total(status).stock_after);
            let recoded: i128 = classes.values().map(|b| b.recoded_in - b.recoded_out).sum();
            prop_assert_eq!(recoded, 0);
        }
    }
}
