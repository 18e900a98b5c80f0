use kernels::fate::{FateRules, Ground, Seen, fate};
use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature, RuleSet};
use proptest::prelude::*;

use super::ground::{self, Look, Sides};
use super::patch::{Patch, Says, Statement};
use crate::corrections::claim::{Ask, Claims};
use crate::corrections::follow_up::Stake;
use crate::judge::Judge;
use crate::vintage::{Object, Vintage};

/// Cells of a drawn vintage along a side, and half cells, on which corrections lie.
const CELLS: i32 = 4;
const HALVES: i32 = 2 * CELLS;
/// Side of half a cell, in lattice steps.
const HALF: i32 = 500;

fn rect((west, south): (i32, i32), (east, north): (i32, i32)) -> Polygon {
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    let corner = |(x, y)| Point::new(HALF * x, HALF * y);
    Polygon { exterior: Ring(corners.map(corner).to_vec()), holes: Vec::new() }
}

fn couple(cs: u8) -> Couple {
    Couple { cs: ClassId(cs), us: ClassId(1) }
}

/// A vintage of square cells in some order of its polygons; cover 0 leaves a gap.
fn vintage(covers: &[u8], is_reversed: bool) -> Vintage {
    let mut cells: Vec<usize> = (0..covers.len()).filter(|&cell| covers[cell] > 0).collect();
    if is_reversed {
        cells.reverse();
    }
    let mut vintage = Vintage { year: 2021, ..Vintage::default() };
    for cell in cells {
        let (x, y) = (2 * (cell as i32 % CELLS), 2 * (cell as i32 / CELLS));
        vintage.polygons.push(rect((x, y), (x + 2, y + 2)));
        vintage.couples.push(couple(covers[cell]));
        vintage.objects.push(Object { id: format!("{cell:02}"), ..Object::default() });
    }
    vintage
}

fn judge() -> Judge {
    let rules = RuleSet::builtin("decree-2023-1096").unwrap();
    Judge::new(&rules, &Nomenclature::builtin("ocsge-2-0").unwrap()).unwrap()
}

/// What half a cell shows, without any arrangement.
fn by_halves(covers: [&[u8]; 2], (low, high): ((i32, i32), (i32, i32)), ask: (u8, u8)) -> Ground {
    let mut ground = Ground::default();
    for y in low.1..high.1 {
        for x in low.0..high.0 {
            let cell = (x / 2 + y / 2 * CELLS) as usize;
            let of = |covers: &[u8]| match covers[cell] {
                0 => Couple::NODATA,
                cs => couple(cs),
            };
            let [stated, proposed] =
                [ask.0, ask.1].map(|cs| Couple { cs: ClassId(cs), us: ClassId::NODATA });
            let seen = Seen::of_codes((of(covers[0]), of(covers[1])), stated, proposed);
            ground.add(seen, i128::from(2 * HALF * HALF));
        }
    }
    ground
}

type Placed = ((i32, i32), (i32, i32));

/// Corrections: where, then the stated and the proposed cover.
fn claims() -> impl Strategy<Value = Vec<(Placed, (u8, u8))>> {
    let span = || (0..HALVES, 1..HALVES).prop_map(|(from, n)| (from, (from + n).min(HALVES)));
    let one = (span(), span(), 0_u8..4, 1_u8..4)
        .prop_map(|(x, y, stated, proposed)| (((x.0, y.0), (x.1, y.1)), (stated, proposed)));
    prop::collection::vec(one, 1..6)
}

fn covers() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0_u8..4, (CELLS * CELLS) as usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_ground_of_a_correction_is_what_counting_cells_gives_in_any_order_of_polygons(
        before in covers(), after in covers(), claims in claims(), reversed in any::<[bool; 2]>(),
    ) {
        let mut asked = Claims::default();
        for &((low, high), (stated, proposed)) in &claims {
            asked.polygons.push(rect(low, high));
            asked.asks.push(Ask::Codes {
                stated: Couple { cs: ClassId(stated), us: ClassId::NODATA },
                proposed: Couple { cs: ClassId(proposed), us: ClassId::NODATA },
            });
        }
        let drawn = [vintage(&before, reversed[0]), vintage(&after, reversed[1])];
        let places = ground::places(&asked, &drawn[0]);
        let [first, last] = drawn.map(|drawn| ground::near(drawn, &places));
        let sides = Sides { before: first, after: last, patch: Patch::default() };
        let judge = judge();
        let look = Look::new(&sides, &asked, &judge).unwrap();
        for (found, &(place, ask)) in look.found().iter().zip(&claims) {
            let expected = by_halves([&before, &after], place, ask);
            let rules = FateRules::default();
            let verdicts = [&found.ground, &expected].map(|ground| fate(ground, rules));
            prop_assert_eq!(verdicts[0], verdicts[1], "one verdict each");
            // The arrangement has no face where neither version nor a gap inside of it is.
            prop_assert_eq!(&found.ground, &expected);
        }
    }
}

#[test]
fn a_patch_stands_for_the_next_vintage_where_it_says_something() {
    let one = |cs| vintage(&[cs], false);
    let says = |cs| {
        let patch = Patch {
            polygons: vec![rect((0, 0), (2, 2))],
            says: vec![Statement { cs, us: Says::Silent }],
        };
        let sides = Sides { before: one(1), after: Vintage { year: 2024, ..one(3) }, patch };
        let proposed = Couple { cs: ClassId(2), us: ClassId::NODATA };
        let ask = Ask::Codes { stated: Couple::NODATA, proposed };
        let claims = Claims { polygons: vec![rect((0, 0), (2, 2))], asks: vec![ask] };
        let found = Look::new(&sides, &claims, &judge()).unwrap().found();
        let Ground { fixed, kept, ref others, .. } = found[0].ground;
        let cell = 8 * i128::from(HALF * HALF);
        (fixed / cell, kept / cell, others.values().sum::<i128>() / cell, found[0].left / cell)
    };
    assert_eq!(says(Says::Corrected(ClassId(2))), (1, 0, 0, 0));
    assert_eq!(says(Says::Left), (0, 1, 0, 1), "the change since then is none of the vintage's");
    assert_eq!(says(Says::Silent), (0, 0, 1, 0));
}

#[test]
fn an_outline_that_shrinks_is_judged_on_the_ground_that_the_object_gives_up() {
    let wide = |east| {
        let mut vintage = vintage(&[1, 2], false);
        vintage.polygons = vec![rect((0, 0), (east, 2)), rect((east, 0), (4, 2))];
        vintage
    };
    let became = |east| {
        let ask = Ask::Outline { object: "00".to_owned() };
        let claims = Claims { polygons: vec![rect((0, 0), (1, 2))], asks: vec![ask] };
        let before = wide(3);
        let places = ground::places(&claims, &before);
        let [before, after] = [before, wide(east)].map(|drawn| ground::near(drawn, &places));
        let sides = Sides { before, after, patch: Patch::default() };
        let found = Look::new(&sides, &claims, &judge()).unwrap().found();
        let Ground { fixed, kept, right, unknown, .. } = found[0].ground;
        let column = 4 * i128::from(HALF * HALF);
        [fixed, kept, right, unknown].map(|area| area / column)
    };
    assert_eq!(became(1), [2, 0, 1, 0], "two columns given up, the third was right");
    assert_eq!(became(2), [1, 1, 1, 0]);
    assert_eq!(became(3), [0, 2, 1, 0]);
}

#[test]
fn an_outline_that_grows_puts_the_status_of_the_ground_it_gains_at_stake() {
    let national = Nomenclature::builtin("ocsge-2-0").unwrap();
    let couple = |cs: &str, us: &str| Couple {
        cs: national.find(Dimension::Cover, cs).unwrap(),
        us: national.find(Dimension::Usage, us).unwrap(),
    };
    let wide = |east| {
        let mut vintage = vintage(&[1, 2], false);
        vintage.polygons = vec![rect((0, 0), (east, 2)), rect((east, 0), (4, 2))];
        vintage.couples = vec![couple("CS1.1.1.1", "US5"), couple("CS2.1.1.1", "US1.2")];
        vintage
    };
    let ask = Ask::Outline { object: "00".to_owned() };
    let claims = Claims { polygons: vec![rect((0, 0), (3, 2))], asks: vec![ask] };
    let sides = Sides { before: wide(1), after: wide(2), patch: Patch::default() };
    let judge = judge();
    let look = Look::new(&sides, &claims, &judge).unwrap();
    let column = 4 * i128::from(HALF * HALF);
    let stake = Stake { gain: 2 * column, gained: column, ..Stake::default() };
    assert_eq!(look.found()[0].stake, stake);
    assert_eq!(look.stake(&[true]), stake);
    assert_eq!(look.stake(&[false]), Stake::default());
}
