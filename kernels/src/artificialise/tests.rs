use proptest::prelude::*;

use super::*;

const BUILT: char = 'B';

/// A literal map of 10 m cells (100 m2): one polygon per letter; upper case is artificial, `B` is
/// a building. Contacts are found as the arrangement does: cells that share a side or a corner.
struct Map {
    letters: Vec<char>,
    twice_areas: Vec<i128>,
    matrix: Vec<bool>,
    built: Vec<bool>,
    contacts: Vec<(u32, u32)>,
}

fn map(rows: &[&str], cell_m2: u32) -> Map {
    let cells: Vec<Vec<char>> = rows.iter().map(|r| r.chars().collect()).collect();
    let mut letters: Vec<char> = cells.concat();
    letters.sort_unstable();
    letters.dedup();
    let rank = |c: char| letters.binary_search(&c).unwrap();
    let mut twice_areas = vec![0; letters.len()];
    let mut contacts = Vec::new();
    for (row, line) in cells.iter().enumerate() {
        for (col, &c) in line.iter().enumerate() {
            twice_areas[rank(c)] += twice_area_of_m2(cell_m2);
            for (r, k) in [(row, col + 1), (row + 1, col), (row + 1, col + 1)] {
                let other = cells.get(r).and_then(|l| l.get(k));
                contacts.extend(other.map(|&o| (rank(c), rank(o))));
            }
            let below = cells.get(row + 1).and_then(|l| l.get(col.wrapping_sub(1)));
            contacts.extend(below.map(|&o| (rank(c), rank(o))));
        }
    }
    let mut contacts: Vec<(u32, u32)> = contacts
        .into_iter()
        .filter(|(a, b)| a != b)
        .map(|(a, b)| (a.min(b) as u32, a.max(b) as u32))
        .collect();
    contacts.sort_unstable();
    contacts.dedup();
    let matrix = letters.iter().map(|c| c.is_uppercase()).collect();
    let built = letters.iter().map(|&c| c == BUILT).collect();
    Map { letters, twice_areas, matrix, built, contacts }
}

impl Map {
    fn vintage(&self) -> Vintage<'_> {
        Vintage {
            twice_areas: &self.twice_areas,
            matrix: &self.matrix,
            built: &self.built,
            contacts: &self.contacts,
        }
    }

    fn judge(&self, rules: &Rules) -> Vec<(char, bool, Reason)> {
        let result = artificialise(&self.vintage(), rules).unwrap();
        let verdicts = result.verdicts.iter();
        self.letters.iter().zip(verdicts).map(|(&c, v)| (c, v.status, v.reason)).collect()
    }
}

use Reason::{BuiltRestored, ForcedNearBuilding, GroupUnderThreshold, Matrix};

#[test]
fn exactly_the_threshold_keeps_and_one_step_less_flips() {
    let (limit, field) = (twice_area_of_m2(2_500), twice_area_of_m2(90_000));
    for (area, status) in [(limit, true), (limit - 1, false)] {
        let vintage = Vintage {
            twice_areas: &[area, field],
            matrix: &[true, false],
            built: &[false, false],
            contacts: &[(0, 1)],
        };
        let result = artificialise(&vintage, &Rules::decree()).unwrap();
        assert_eq!(result.verdicts[0].status, status);
        assert_eq!(result.verdicts[0].by_threshold, !status);
        assert!(!result.verdicts[1].status);
    }
}

#[test]
fn small_hole_in_a_small_island_makes_both_flip() {
    // Island R: 800 m2 of road, its hole h: 100 m2 of wood, in the field f.
    let map = map(&["ffffffff", "ffRRRfff", "ffRhRfff", "ffRRRfff", "ffffffff"], 100);
    assert_eq!(
        map.judge(&Rules::decree()),
        [('R', false, GroupUnderThreshold), ('f', false, Matrix), ('h', true, GroupUnderThreshold)]
    );
}

#[test]
fn a_touch_at_one_point_joins_two_surfaces() {
    // Two squares of 1,600 m2 that meet at a corner: 3,200 m2 together, so both stay.
    let corner = map(
        &[
            "RRRRffffff",
            "RRRRffffff",
            "RRRRffffff",
            "RRRRffffff",
            "ffffSSSSff",
            "ffffSSSSff",
            "ffffSSSSff",
            "ffffSSSSff",
        ],
        100,
    );
    let verdicts = artificialise(&corner.vintage(), &Rules::decree()).unwrap().verdicts;
    assert!(verdicts[0].status && verdicts[1].status);
    assert_eq!(verdicts[0].group_twice_area, twice_area_of_m2(3_200));
    assert_eq!(verdicts[0].group, verdicts[1].group);

    let apart = map(&["RRRRfSSSSf", "RRRRfSSSSf", "RRRRfSSSSf", "RRRRfSSSSf", "ffffffffff"], 100);
    let verdicts = artificialise(&apart.vintage(), &Rules::decree()).unwrap().verdicts;
    assert!(!verdicts[0].status && !verdicts[1].status);
}

#[test]
fn flipped_neighbours_are_not_regrouped() {
    // The pass is simultaneous: h (600 m2, natural) flips inside R (2,400 m2), which flips too,
    // although R and h together would have made 3,000 m2 of one flag.
    let map = map(
        &["ffffffffff", "fRRRRRRfff", "fRhhhRRfff", "fRhhhRRfff", "fRRRRRRfff", "fRRRRRRfff"],
        100,
    );
    assert_eq!(
        map.judge(&Rules::decree()),
        [('R', false, GroupUnderThreshold), ('f', false, Matrix), ('h', true, GroupUnderThreshold)]
    );
}

#[test]
fn small_building_in_a_field_is_restored() {
    let map = map(&["ffffffff", "ffBBffff", "ffffffff", "ffffffff"], 100);
    assert_eq!(map.judge(&Rules::decree()), [('B', true, BuiltRestored), ('f', false, Matrix)]);
    let result = artificialise(&map.vintage(), &Rules::decree()).unwrap();
    assert!(!result.verdicts[0].by_threshold, "its status is the matrix's again");
}

#[test]
fn building_is_restored_but_its_small_yard_is_not() {
    // B touches only its yard Y; Y is non-artificial after step 3, so B is restored beside it.
    let map = map(&["ffffffff", "ffYYYfff", "ffYBYfff", "ffYYYfff", "ffffffff"], 100);
    assert_eq!(
        map.judge(&Rules::decree()),
        [('B', true, BuiltRestored), ('Y', false, GroupUnderThreshold), ('f', false, Matrix)]
    );
}

#[test]
fn building_that_touches_only_artificial_ground_after_the_flip_is_not_restored() {
    // The lawn l around B flips to artificial, as B flips to natural: nothing natural touches B.
    let map = map(&["RRRRRRR", "RRlllRR", "RRlBlRR", "RRlllRR", "RRRRRRR", "RRRRRRR"], 100);
    assert_eq!(
        map.judge(&Rules::decree()),
        [('B', false, GroupUnderThreshold), ('R', true, Matrix), ('l', true, GroupUnderThreshold)]
    );
}

#[test]
fn building_under_the_footprint_bound_is_not_restored() {
    let map = map(&["ffff", "fBff", "ffff", "ffff"], 49);
    let bounded = Rules { built_twice_area_min: twice_area_of_m2(50), ..Rules::decree() };
    let field = ('f', true, GroupUnderThreshold);
    assert_eq!(map.judge(&bounded), [('B', false, GroupUnderThreshold), field]);
}

#[test]
fn forcing_takes_small_surfaces_beside_a_building_only_when_switched_on() {
    // g: 200 m2 of garden beside B; w: a wood that touches no building.
    let map = map(
        &["RRRRRRRfff", "RRBBRRRfff", "RRBBggRfff", "RRRRRRRfff", "RRRRRRRfww", "RRRRRRRfww"],
        400,
    );
    let off = Rules { group_twice_area_min: 1, ..Rules::decree() };
    assert!(map.judge(&off).contains(&('g', false, Matrix)));
    let on = Rules { forcing_twice_area_max: Some(twice_area_of_m2(2_500)), ..off };
    let verdicts = map.judge(&on);
    assert!(verdicts.contains(&('g', true, ForcedNearBuilding)));
    assert!(verdicts.contains(&('w', false, Matrix)));
    assert!(verdicts.contains(&('f', false, Matrix)), "large surfaces are never forced");
}

#[test]
fn neighbours_count_in_groups_and_are_then_left_out() {
    // 1,500 m2 of road at the limit go on for 1,500 m2 next door, beside a small road of its own.
    let [half, field] = [twice_area_of_m2(1_500), twice_area_of_m2(90_000)];
    let all = Vintage {
        twice_areas: &[half, field, half, half],
        matrix: &[true, false, true, true],
        built: &[false; 4],
        contacts: &[(0, 1), (0, 2)],
    };
    let own = artificialise(&all, &Rules::decree()).unwrap().of_first(2);
    assert_eq!(own.verdicts.iter().map(|v| v.status).collect::<Vec<_>>(), [true, false]);
    assert_eq!(own.verdicts[0].group_twice_area, 2 * half);
    assert_eq!(own.groups.len(), 2, "the groups of neighbours alone are left out");
    assert_eq!(own.flipped(), []);
}

#[test]
fn flipped_groups_are_listed_largest_first() {
    let map = map(&["ffffffff", "fRRffSff", "ffffffff", "ffffffff", "ffffffff"], 100);
    let result = artificialise(&map.vintage(), &Rules::decree()).unwrap();
    let listed: Vec<(char, i128)> = result
        .flipped()
        .iter()
        .map(|g| (map.letters[g.first as usize], g.twice_area / TWICE_AREA_PER_M2))
        .collect();
    assert_eq!(listed, [('R', 200), ('S', 100)]);
}

#[test]
fn wrong_input_is_named() {
    let short =
        Vintage { twice_areas: &[1, 1], matrix: &[true], built: &[false, false], contacts: &[] };
    assert_eq!(
        artificialise(&short, &Rules::decree()).unwrap_err().to_string(),
        "`matrix` has 1 entries, expected 2: one per polygon"
    );
    let stray = Vintage { matrix: &[true, true], contacts: &[(0, 2)], ..short };
    assert_eq!(
        artificialise(&stray, &Rules::decree()).unwrap_err(),
        ArtificialiseError::UnknownPolygon { a: 0, b: 2, polygons: 2 }
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The five steps again, by repeated flooding instead of a forest, on any contact graph.
    #[test]
    fn agrees_with_flooding_and_totals_balance(
        polygons in proptest::collection::vec((1_i128..4_000, any::<bool>(), any::<bool>()), 1..24),
        links in proptest::collection::vec((0_u32..24, 0_u32..24), 0..40),
        forcing in any::<bool>(),
    ) {
        let n = polygons.len() as u32;
        let twice_areas: Vec<i128> = polygons.iter().map(|p| p.0 * TWICE_AREA_PER_M2).collect();
        let matrix: Vec<bool> = polygons.iter().map(|p| p.1).collect();
        let built: Vec<bool> = polygons.iter().map(|p| p.1 && p.2).collect();
        let contacts: Vec<(u32, u32)> = links.iter().map(|&(a, b)| (a % n, b % n)).collect();
        let forcing_twice_area_max = forcing.then(|| twice_area_of_m2(1_000));
        let rules = Rules { forcing_twice_area_max, ..Rules::decree() };
        let vintage = Vintage {
            twice_areas: &twice_areas, matrix: &matrix, built: &built,
            contacts: &contacts,
        };
        let result = artificialise(&vintage, &rules).unwrap();

        let four = artificialise(&vintage, &Rules::decree()).unwrap();
        for i in 0..n as usize {
            let mut group = vec![false; n as usize];
            group[i] = true;
            for _ in 0..n {
                for &(a, b) in &contacts {
                    let (a, b) = (a as usize, b as usize);
                    if matrix[a] == matrix[b] && (group[a] || group[b]) {
                        (group[a], group[b]) = (true, true);
                    }
                }
            }
            let sum: i128 = (0..n as usize).filter(|&j| group[j]).map(|j| twice_areas[j]).sum();
            prop_assert_eq!(four.verdicts[i].group_twice_area, sum);
            let flips = sum < twice_area_of_m2(2_500);
            if !(built[i] && flips) {
                prop_assert_eq!(four.verdicts[i].status, matrix[i] != flips);
            }
        }

        let reversed: Vec<(u32, u32)> = contacts.iter().rev().map(|&(a, b)| (b, a)).collect();
        let again = artificialise(&Vintage { contacts: &reversed, ..vintage }, &rules).unwrap();
        prop_assert_eq!(&again, &result);

        let t = Totals::of(&result, &twice_areas);
        let steps = t.without_thresholds - t.absorbed + t.filled + t.restored + t.forced;
        prop_assert_eq!(t.with_thresholds, steps);
    }
}
