use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{ClassId, Couple};
use proptest::prelude::*;

use super::*;
use crate::error::exit;
use crate::vintage::Object;

fn ring(corners: &[(i32, i32)]) -> Ring {
    Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
}

fn polygon(corners: &[(i32, i32)]) -> Polygon {
    Polygon { exterior: ring(corners), holes: vec![] }
}

fn square(x: i32, y: i32, side: i32) -> Polygon {
    polygon(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
}

/// Polygons named by the ids given, all of one couple.
fn vintage(of: &[(&str, Polygon)]) -> Vintage {
    Vintage {
        year: 2018,
        polygons: of.iter().map(|(_, polygon)| polygon.clone()).collect(),
        couples: vec![Couple { cs: ClassId(1), us: ClassId(1) }; of.len()],
        objects: of
            .iter()
            .map(|(id, _)| Object { id: (*id).to_owned(), ..Object::default() })
            .collect(),
        origin: None,
    }
}

fn repaired(of: &[(&str, Polygon)]) -> (Vintage, Repairs) {
    let (made, repairs) = repair(vintage(of), Path::new("a.gpkg"), &Tally::default()).unwrap();
    let defects = defects_of(&made.polygons).unwrap();
    assert!(defects.iter().all(|d| d.kind == DefectKind::Gap), "{defects:?}");
    (made, repairs)
}

/// Id and doubled area of each polygon.
fn areas(vintage: &Vintage) -> Vec<(&str, i128)> {
    vintage
        .objects
        .iter()
        .zip(&vintage.polygons)
        .map(|(object, polygon)| (object.id.as_str(), polygon.twice_area()))
        .collect()
}

/// Key, count, lost, invented, reassigned; areas doubled, in square lattice steps.
fn accounts(repairs: &Repairs) -> Vec<(&str, u64, i128, i128, i128)> {
    repairs
        .by_key
        .iter()
        .map(|(key, r)| {
            let (lost, invented) = (r.twice_area_lost, r.twice_area_invented);
            (key.as_str(), r.count, lost, invented, r.twice_area_reassigned)
        })
        .collect()
}

#[test]
fn a_coverage_is_left_as_it_is() {
    let sound = [("a", square(0, 0, 100)), ("b", square(100, 0, 100))];
    let (made, repairs) = repaired(&sound);
    assert_eq!(made, vintage(&sound));
    assert!(repairs.is_clean() && repairs.lines().is_empty());
    assert_eq!(repairs.refuse().map_err(|error| error.to_string()), Ok(()));
}

#[test]
fn overlapped_ground_goes_to_the_lowest_id_whatever_the_order_of_the_file() {
    let (a, b) = (("a", square(0, 0, 100)), ("b", square(60, 0, 100)));
    for file in [[a.clone(), b.clone()], [b, a]] {
        let (made, repairs) = repaired(&file);
        let mut left = areas(&made);
        left.sort_unstable();
        assert_eq!(left, [("a", 20_000), ("b", 12_000)]);
        let overlap = accounts(&repairs).into_iter().find(|row| row.0 == "overlap");
        assert_eq!(overlap, Some(("overlap", 1, 0, 0, 8_000)));
        assert_eq!((repairs.twice_area_read, repairs.twice_area_kept), (40_000, 32_000));
    }
}

#[test]
fn the_excess_of_three_layers_of_overlap_is_counted_for_each_loser() {
    let (made, repairs) =
        repaired(&[("a", square(0, 0, 100)), ("b", square(0, 0, 50)), ("c", square(50, 0, 50))]);
    assert_eq!(areas(&made), [("a", 20_000)]);
    assert_eq!(repairs.by_key["overlap"].twice_area_reassigned, 10_000);
    assert_eq!(repairs.by_key[key::COVERED].count, 2);
}

#[test]
fn a_bow_tie_keeps_both_lobes_and_the_invented_area_is_told() {
    let tie = polygon(&[(0, 0), (100, 100), (100, 0), (0, 100)]);
    let (made, repairs) = repaired(&[("a", tie)]);
    assert_eq!(areas(&made), [("a", 5_000), ("a/2", 5_000)]);
    assert_eq!(repairs.by_key["self_intersection"].twice_area_invented, 10_000);
    assert_eq!(repairs.by_key[key::SPLIT].count, 1);
    assert!(!repairs.by_key.contains_key("zero_area"), "no polygon was dropped");
    assert_eq!((repairs.twice_area_read, repairs.twice_area_kept), (0, 10_000));
}

#[test]
fn a_loop_that_counts_twice_by_its_corners_is_a_hole_by_the_even_odd_rule() {
    // A square with an inner square run through in the same direction.
    let coil = polygon(&[
        (0, 0),
        (100, 0),
        (100, 100),
        (0, 100),
        (0, 10),
        (10, 10),
        (50, 10),
        (50, 50),
        (10, 50),
        (10, 10),
        (0, 10),
    ]);
    let (made, repairs) = repaired(&[("a", coil)]);
    assert_eq!(made.polygons.iter().map(Polygon::twice_area).sum::<i128>(), 20_000 - 3_200);
    assert_eq!(repairs.twice_area_read, 20_000 + 3_200);
    let lost: i128 = repairs.by_key.values().map(|r| r.twice_area_lost).sum();
    assert_eq!(lost, 6_400);
}

#[test]
fn duplicates_keep_the_lowest_id_and_a_conflict_of_codes_is_told() {
    let twins =
        [("b", square(0, 0, 1000)), ("a", polygon(&[(1000, 1000), (0, 1000), (0, 0), (1000, 0)]))];
    let mut file = vintage(&twins);
    file.couples[0] = Couple { cs: ClassId(2), us: ClassId(1) };
    let tally = Tally::default();
    let (made, repairs) = repair(file, Path::new("a.gpkg"), &tally).unwrap();
    assert_eq!(areas(&made), [("a", 2_000_000)]);
    assert_eq!(made.couples[0].cs, ClassId(1));
    let expected = [(key::DUPLICATE_CONFLICT, 1, 0, 0, 0), (key::DUPLICATE, 1, 0, 0, 2_000_000)];
    assert_eq!(accounts(&repairs), expected);
    assert_eq!(tally.flaws().0[key::DUPLICATE].places.len(), 1);
}

#[test]
fn a_gap_and_a_sliver_are_reported_and_strict_accepts_them() {
    // Four rectangles around a hole of 10 x 10, one of them 20 cm wide and 60 m long.
    let around = [
        ("a", polygon(&[(0, 0), (6000, 0), (6000, 20), (0, 20)])),
        ("b", polygon(&[(0, 20), (100, 20), (100, 30), (0, 30)])),
        ("c", polygon(&[(110, 20), (6000, 20), (6000, 30), (110, 30)])),
        ("d", polygon(&[(0, 30), (6000, 30), (6000, 3000), (0, 3000)])),
    ];
    let noded: Vec<_> = around
        .iter()
        .map(|(id, p)| {
            let corners: Vec<(i32, i32)> = p.exterior.0.iter().map(|c| (c.x, c.y)).collect();
            let more: Vec<(i32, i32)> = match *id {
                "a" => [&corners[..3], &[(110, 20), (100, 20)], &corners[3..]].concat(),
                "d" => [&corners[..1], &[(100, 30), (110, 30)], &corners[1..]].concat(),
                _ => corners,
            };
            (*id, polygon(&more))
        })
        .collect();
    let (made, repairs) = repaired(&noded);
    assert_eq!(made.polygons, noded.iter().map(|(_, p)| p.clone()).collect::<Vec<_>>());
    assert_eq!((repairs.by_key["gap"].count, repairs.by_key[key::SLIVER].count), (1, 3));
    assert!(repairs.is_clean());
    assert_eq!(repairs.refuse().map_err(|error| error.to_string()), Ok(()));
}

#[test]
fn a_t_junction_is_noded_on_both_sides_without_changing_an_area() {
    let file = [("a", square(0, 0, 100)), ("b", square(100, 0, 50)), ("c", square(100, 50, 50))];
    let (made, repairs) = repaired(&file);
    assert!(made.polygons[0].exterior.0.contains(&Point::new(100, 50)));
    // One for each of the two neighbours that have the corner.
    assert_eq!(repairs.by_key["unmatched_edge"].count, 2);
    assert_eq!(repairs.twice_area_read, repairs.twice_area_kept);
}

#[test]
fn neighbours_of_equal_couple_merge_into_the_lowest_id_and_the_ground_stays() {
    let row = [("c", square(0, 0, 100)), ("a", square(100, 0, 100)), ("b", square(200, 0, 100))];
    let mut file = vintage(&row);
    let other = Couple { cs: ClassId(2), us: ClassId(1) };
    file.couples[2] = other;
    let tally = Tally::default();
    let (made, mut repairs) = repair(file, Path::new("a.gpkg"), &tally).unwrap();
    let merged = merge(made, &mut repairs, &tally).unwrap();
    assert_eq!(areas(&merged), [("a", 40_000), ("b", 20_000)]);
    assert_eq!(merged.couples[1], other);
    assert_eq!(accounts(&repairs), [(key::MERGED, 1, 0, 0, 0)]);
    assert_eq!(repairs.by_key[key::MERGED].first.as_ref().unwrap().note, "`c` into `a`");
    assert_eq!((repairs.twice_area_read, repairs.twice_area_kept), (60_000, 60_000));
    // Merged once, there is nothing left to merge.
    let again = merge(merged.clone(), &mut repairs, &tally).unwrap();
    assert_eq!(again, merged);
}

#[test]
fn strict_names_the_first_place_and_the_count_of_each_key() {
    let (_, repairs) = repaired(&[("a", square(0, 0, 100)), ("b", square(60, 0, 100))]);
    let error = repairs.refuse().unwrap_err();
    assert_eq!(error.exit_code(), exit::INPUT);
    let text = error.to_string();
    assert!(text.contains("`a.gpkg`") && text.contains("overlap 1"), "{text}");
    assert!(text.contains("at 0."), "{text}");
    assert!(error.hint().unwrap().contains("--strict"));
}

#[test]
fn broken_accounts_are_an_invariant() {
    let (_, mut repairs) = repaired(&[("a", square(0, 0, 100))]);
    repairs.twice_area_kept += 1;
    assert_eq!(repairs.check().unwrap_err().exit_code(), exit::INVARIANT);
}

#[test]
fn keys_are_listed_once_in_order_with_a_meaning() {
    let keys: Vec<&str> = key::ALL.iter().map(|(key, _, _)| *key).collect();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(keys, sorted);
    for kind in [
        DefectKind::Gap,
        DefectKind::Overlap,
        DefectKind::SelfIntersection,
        DefectKind::UnmatchedEdge,
        DefectKind::InvalidRing,
        DefectKind::HoleOutside,
        DefectKind::ZeroArea,
    ] {
        assert_ne!(key::meaning(kind.key()), "", "{kind:?}");
    }
}

#[test]
fn every_key_has_its_french_words() {
    for (key, _, _) in key::ALL {
        assert!(crate::words::has_flaw(key), "{key}");
    }
    for key in [key::read::YEAR_OTHER, key::read::COMMUNE_MERGED] {
        assert_eq!(key::effect(key), Effect::Reported);
    }
}

#[test]
fn the_table_of_repairs_closes_each_file_with_its_balance() {
    let (_, repairs) = repaired(&[("a", square(0, 0, 100)), ("b", square(60, 0, 100))]);
    let communes = Tally::default();
    communes.count_at(key::read::ID_MISSING, Point::new(150, 250), 0, "communes, feature 1");
    let communes = Repairs::of_reading(Path::new("c/communes.gpkg"), &communes.flaws());
    let files = [("vintage_2018".to_owned(), repairs), ("territories_1".to_owned(), communes)];
    let table = table::of(&files);
    let text = |row: usize, key: &str| table.cell(row, key).unwrap().text();
    let row_of = |key: &str| (0..table.rows.len()).find(|&row| text(row, "cle") == key).unwrap();
    let overlap = row_of("overlap");
    assert_eq!(text(overlap, "surface_reattribuee"), "0.40000");
    assert_eq!(text(overlap, "surface_concernee"), "0.40000");
    assert_eq!(text(overlap, "effet"), "réparé");
    let balance = row_of(table::BALANCE);
    let areas = ["surface_lue", "surface_reattribuee", "surface_gardee"];
    assert_eq!(areas.map(|key| text(balance, key)), ["2.00000", "0.40000", "1.60000"]);
    let last = table.rows.len() - 1;
    let place = ["fichier", "cle", "x", "y", "lieu"];
    let expected = ["communes.gpkg", "id_missing", "1.50", "2.50", "communes, feature 1"];
    assert_eq!(place.map(|key| text(last, key)), expected);
}

/// Twice the area that polygons cover, drawn together, and whether two of them share any of it.
fn ground(polygons: &[Polygon]) -> (i128, bool) {
    let plane = kernels::arrangement::arrange(&[polygons]).unwrap();
    let faces = 1..plane.n_faces() as u32;
    let covered = faces.clone().filter(|&f| !plane.labels(f, 0).is_empty());
    let is_shared = faces.into_iter().any(|f| plane.labels(f, 0).len() > 1);
    (covered.map(|f| plane.twice_area(f)).sum(), is_shared)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_rings_become_a_coverage_of_their_even_odd_union_in_any_order(
        rings in proptest::collection::vec(
            proptest::collection::vec((0..60_i32, 0..60_i32), 3..9), 1..7),
    ) {
        let ids = ["a", "b", "c", "d", "e", "f", "g"];
        let file: Vec<_> = ids
            .iter()
            .zip(&rings)
            .map(|(id, corners)| {
                let mut corners = corners.clone();
                corners.dedup();
                let mut shape = polygon(&corners);
                if shape.twice_area() < 0 {
                    shape.exterior.0.reverse();
                }
                (*id, shape)
            })
            .collect();
        let (made, _) = repaired(&file);
        let shapes: Vec<Polygon> = file.iter().map(|(_, shape)| shape.clone()).collect();
        let (read, _) = ground(&shapes);
        // A needle that is sound as it stands may be nothing once its sides are drawn together.
        let (kept, is_shared) = ground(&made.polygons);
        prop_assert_eq!(kept, read);
        prop_assert!(!is_shared);
        let backwards: Vec<_> = file.iter().rev().cloned().collect();
        let mut other: Vec<_> = {
            let (made, _) = repaired(&backwards);
            made.objects.into_iter().map(|o| o.id).zip(made.polygons).collect()
        };
        let mut first: Vec<_> = made.objects.into_iter().map(|o| o.id).zip(made.polygons).collect();
        other.sort_by(|a, b| a.0.cmp(&b.0));
        first.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(first, other);
    }
}
