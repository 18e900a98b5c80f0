use nomenclature::ClassId;
use proptest::prelude::*;

use super::*;
use crate::lattice::{Point, Ring};

fn polygon_m(corners: &[(i32, i32)]) -> Polygon {
    let points = corners.iter().map(|&(x, y)| Point::new(x * 100, y * 100)).collect();
    Polygon { exterior: Ring(points), holes: Vec::new() }
}

fn rectangle(x0: i32, y0: i32, x1: i32, y1: i32) -> Polygon {
    let p = Point::new;
    Polygon { exterior: Ring(vec![p(x0, y0), p(x1, y0), p(x1, y1), p(x0, y1)]), holes: vec![] }
}

fn couple(cs: u8) -> Couple {
    Couple { cs: ClassId(cs), us: ClassId(1) }
}

fn piece(polygon: &Polygon, before: u8, after: u8) -> Piece<'_> {
    Piece {
        polygon,
        before: couple(before),
        after: couple(after),
        twice_area_min: 200 * 20_000,
        is_of_object: false,
        patched: false,
    }
}

/// No code was renamed.
fn same(before: Couple, after: Couple) -> bool {
    before == after
}

/// Class 7 of the older vintage stands for 1 and 2 of the newer.
fn split(before: Couple, after: Couple) -> bool {
    before == after || (before == couple(7) && (after == couple(1) || after == couple(2)))
}

fn kinds(pieces: &[Piece<'_>]) -> Vec<Option<ChangeKind>> {
    classify(pieces, Rules::default(), same).iter().map(|f| f.map(|f| f.kind)).collect()
}

#[test]
fn displaced_boundary_is_a_shift() {
    // A boundary between 1 and 2 moved 1 m east.
    let (left, strip, right) =
        (rectangle(0, 0, 900, 3000), rectangle(900, 0, 1000, 3000), rectangle(1000, 0, 2000, 3000));
    let pieces = [piece(&left, 1, 1), piece(&strip, 2, 1), piece(&right, 2, 2)];
    assert_eq!(kinds(&pieces), [None, Some(ChangeKind::Shift), None]);
    let finding = classify(&pieces, Rules::default(), same)[1].unwrap();
    assert!((0.9..=1.0).contains(&finding.disc_m), "{finding:?}");
    assert!((finding.displaced_share - 60.0 / 62.0).abs() < 1e-12);
}

#[test]
fn narrow_change_without_its_two_sides_is_below_the_threshold() {
    // A 1 m hedge of code 3 appears between two fields: nothing of code 3 lies beside it.
    let (left, strip, right) =
        (rectangle(0, 0, 900, 3000), rectangle(900, 0, 1000, 3000), rectangle(1000, 0, 2000, 3000));
    let pieces = [piece(&left, 1, 1), piece(&strip, 1, 3), piece(&right, 1, 1)];
    assert_eq!(kinds(&pieces), [None, Some(ChangeKind::Threshold), None]);
}

#[test]
fn new_road_of_the_minimum_width_is_real() {
    let (left, road, right) =
        (rectangle(0, 0, 900, 9000), rectangle(900, 0, 1400, 9000), rectangle(1400, 0, 2000, 9000));
    let pieces = [piece(&left, 1, 1), piece(&road, 1, 2), piece(&right, 1, 1)];
    assert_eq!(kinds(&pieces), [None, Some(ChangeKind::Real), None]);
}

#[test]
fn real_parcel_tied_to_a_long_sliver_stays_real() {
    // 20 m x 20 m tied to 2 km of 1 m sliver: mean width under 1.2 m, yet a 20 m disc fits.
    let tied = polygon_m(&[(0, 0), (20, 0), (20, 19), (2020, 19), (2020, 20), (0, 20)]);
    let beside = polygon_m(&[(20, 0), (2020, 0), (2020, 19), (20, 19)]);
    let above = polygon_m(&[(0, 20), (2020, 20), (2020, 60), (0, 60)]);
    let pieces = [piece(&tied, 1, 2), piece(&beside, 1, 1), piece(&above, 2, 2)];
    let finding = classify(&pieces, Rules::default(), same)[0].unwrap();
    assert!(finding.mean_width_m < 1.2);
    assert_eq!((finding.kind, finding.disc_m), (ChangeKind::Real, 2.0));
}

#[test]
fn small_compact_change_is_below_the_unit() {
    let (patch, unit) = (rectangle(0, 0, 1400, 1400), rectangle(0, 0, 1000, 2000));
    let found = kinds(&[piece(&patch, 1, 2), piece(&unit, 1, 2)]);
    assert_eq!(found, [Some(ChangeKind::Threshold), Some(ChangeKind::Real)]);
}

#[test]
fn piece_of_an_object_that_came_or_went_is_judged_by_the_object() {
    let (compact, sliver) = (rectangle(0, 0, 1400, 1400), rectangle(0, 0, 150, 9000));
    let of_object = |polygon| Piece { is_of_object: true, ..piece(polygon, 1, 2) };
    let found = kinds(&[of_object(&compact), of_object(&sliver)]);
    assert_eq!(found, [Some(ChangeKind::Real), Some(ChangeKind::Threshold)]);
}

#[test]
fn patch_and_renaming_come_before_geometry() {
    let strip = rectangle(0, 0, 100, 3000);
    let renamed = piece(&strip, 7, 2);
    let both = Piece { patched: true, ..renamed };
    let found = classify(&[renamed, both, piece(&strip, 7, 3)], Rules::default(), split);
    let kinds: Vec<_> = found.iter().map(|f| f.unwrap().kind).collect();
    assert_eq!(kinds, [ChangeKind::Nomenclature, ChangeKind::Correction, ChangeKind::Threshold]);
}

#[test]
fn boundary_displaced_between_codes_of_two_nomenclatures_is_a_shift() {
    // 7 | 3 became 1 | 3, and the boundary moved 1 m east: both sides are known under other codes.
    let (left, strip, right) =
        (rectangle(0, 0, 900, 3000), rectangle(900, 0, 1000, 3000), rectangle(1000, 0, 2000, 3000));
    let pieces = [piece(&left, 7, 1), piece(&strip, 3, 1), piece(&right, 3, 3)];
    let kinds = |is_alike: fn(Couple, Couple) -> bool| {
        let found = classify(&pieces, Rules::default(), is_alike);
        found.iter().map(|f| f.map(|f| f.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(split), [Some(ChangeKind::Nomenclature), Some(ChangeKind::Shift), None]);
    assert_eq!(kinds(same)[1], Some(ChangeKind::Threshold));
}

#[test]
fn ring_shaped_sliver_is_measured_across_its_hole() {
    // A 1 m ring around a 30 m square: the mean width rule for simple polygons does not apply.
    let ring = Polygon {
        exterior: rectangle(0, 0, 3200, 3200).exterior,
        holes: vec![Ring(rectangle(100, 100, 3100, 3100).exterior.0.into_iter().rev().collect())],
    };
    let core = rectangle(100, 100, 3100, 3100);
    let outside = rectangle(3200, 0, 6000, 3200);
    let unbounded = Piece { twice_area_min: 0, ..piece(&ring, 1, 2) };
    let pieces = [unbounded, piece(&core, 2, 2), piece(&outside, 1, 1)];
    assert_eq!(kinds(&pieces)[0], Some(ChangeKind::Shift));
    let wide = Rules { tolerance_m: 0.4 };
    assert_eq!(classify(&pieces, wide, same)[0].unwrap().kind, ChangeKind::Real);
}

/// Two mosaics on common cuts: `code(col, row)` before, the same displaced by `(dx, dy)` after.
fn displaced_mosaic(
    side: &[i32],
    codes: &[u8],
    (dx, dy): (i32, i32),
    changed: &[usize],
) -> Vec<(Polygon, u8, u8, bool)> {
    let n = side.len();
    let mut lines = vec![0];
    for s in side {
        lines.push(lines[lines.len() - 1] + s);
    }
    let cuts = |d: i32| {
        let mut cuts: Vec<i32> =
            lines.iter().flat_map(|&v| [v, v + d]).filter(|&v| v <= lines[n]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    };
    let rank = |v: i32| lines.partition_point(|&line| line <= v).saturating_sub(1).min(n - 1);
    let mut pieces = Vec::new();
    for y in cuts(dy).windows(2) {
        for x in cuts(dx).windows(2) {
            let before = rank(y[0]) * n + rank(x[0]);
            let after = rank((y[0] - dy).max(0)) * n + rank((x[0] - dx).max(0));
            let core = before == after && x[0] >= dx && y[0] >= dy;
            let real = core && changed.contains(&after);
            let new_code = if changed.contains(&after) { 9 } else { codes[after % codes.len()] };
            let polygon = rectangle(x[0], y[0], x[1], y[1]);
            pieces.push((polygon, codes[before % codes.len()], new_code, real));
        }
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn coverage_displaced_by_up_to_the_tolerance_is_all_shift(
        side in proptest::collection::vec(500_i32..3000, 4..9),
        codes in proptest::collection::vec(1_u8..7, 17..60),
        by in (1_i32..=100, 1_i32..=100),
    ) {
        let mosaic = displaced_mosaic(&side, &codes, by, &[]);
        let pieces: Vec<Piece> = mosaic.iter().map(|(p, a, b, _)| piece(p, *a, *b)).collect();
        let found = classify(&pieces, Rules::default(), same);
        let area = |wanted: &dyn Fn(ChangeKind) -> bool| -> i128 {
            let kept = found.iter().zip(&pieces).filter(|(f, _)| f.is_some_and(|f| wanted(f.kind)));
            kept.map(|(_, p)| p.polygon.twice_area()).sum()
        };
        prop_assert_eq!(area(&|kind| kind == ChangeKind::Real), 0);
        let (shift, all) = (area(&|kind| kind == ChangeKind::Shift), area(&|_| true));
        prop_assert!(shift * 100 >= all * 99, "{} of {}", shift, all);
    }

    #[test]
    fn true_changes_stay_real_under_the_same_displacement(
        side in proptest::collection::vec(1700_i32..3000, 4..7),
        codes in proptest::collection::vec(1_u8..7, 17..60),
        by in (1_i32..=100, 1_i32..=100),
        changed in proptest::collection::vec(0_usize..16, 1..5),
    ) {
        let mosaic = displaced_mosaic(&side, &codes, by, &changed);
        let pieces: Vec<Piece> = mosaic.iter().map(|(p, a, b, _)| piece(p, *a, *b)).collect();
        for (finding, (_, _, _, real)) in classify(&pieces, Rules::default(), same).iter().zip(&mosaic) {
            if *real {
                prop_assert_eq!(finding.unwrap().kind, ChangeKind::Real);
            }
        }
    }
}
