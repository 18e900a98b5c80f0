//! Areas of seeded star polygons against GEOS 3.14.1 (shapely 2.2.0: `intersection`, `difference`).

use super::*;
use crate::lattice::TWICE_AREA_PER_M2;

/// Two polygons and the areas GEOS finds without rounding crossings (given here to 1 cm2).
struct Case {
    before: &'static [(i32, i32)],
    after: &'static [(i32, i32)],
    both_m2: f64,
    only_before_m2: f64,
    only_after_m2: f64,
}

const CASES: [Case; 4] = [
    Case {
        before: &[
            (2479, 2570),
            (1207, 1552),
            (-1691, 2192),
            (-1427, 1668),
            (-1666, 702),
            (-3498, -205),
            (-4476, -194),
            (-268, -3748),
            (1536, -1503),
        ],
        after: &[
            (3795, -292),
            (-631, 3256),
            (50, 1789),
            (-1920, -1098),
            (-3225, -1360),
            (364, -2312),
            (604, -5662),
            (1081, -4196),
            (1770, -4556),
            (1549, -2293),
            (1945, -4612),
        ],
        both_m2: 1162.5602,
        only_before_m2: 898.2162,
        only_after_m2: 1035.1754,
    },
    Case {
        before: &[
            (662, 4219),
            (-47, 4100),
            (-793, 2482),
            (-2463, 1656),
            (-4584, -1150),
            (-2132, -2028),
            (-3554, -1936),
            (-2213, -2725),
            (2911, -983),
        ],
        after: &[
            (5026, -253),
            (2222, 1176),
            (8, 961),
            (-631, 1297),
            (-336, 1459),
            (-2027, 1835),
            (-1292, 1534),
            (-3586, -2117),
            (744, -4491),
            (2036, -3673),
            (1677, -4758),
        ],
        both_m2: 1583.5270,
        only_before_m2: 1090.2547,
        only_after_m2: 1547.5444,
    },
    Case {
        before: &[
            (2577, 723),
            (1175, 2159),
            (-1456, 4007),
            (-2105, -278),
            (-946, -3448),
            (-527, -2678),
            (1570, -2725),
            (4838, -669),
            (3128, -320),
        ],
        after: &[
            (2851, -682),
            (2309, 2798),
            (168, 3307),
            (-2633, 1604),
            (-2562, 582),
            (-1912, -1920),
            (9, -3989),
            (-383, -3499),
            (2743, -4145),
            (4053, -2826),
            (2830, -2144),
        ],
        both_m2: 2201.6728,
        only_before_m2: 324.3875,
        only_after_m2: 1003.9255,
    },
    Case {
        before: &[
            (3329, 197),
            (2657, 759),
            (3696, 989),
            (2277, 1128),
            (-1361, 2484),
            (-4258, -2328),
            (-1807, -1451),
            (944, -2836),
            (2910, -3495),
        ],
        after: &[
            (2694, 1605),
            (2404, 3240),
            (1476, 1265),
            (-1695, 1812),
            (-1614, 715),
            (-2234, -3444),
            (586, -5061),
            (1538, -3275),
            (2195, -4337),
            (3357, -2040),
            (3065, -1526),
        ],
        both_m2: 1879.5366,
        only_before_m2: 635.8207,
        only_after_m2: 958.7313,
    },
];

/// Most that rounding a dozen crossings may change: half a step along the sides they bend.
const ROUNDING_M2: f64 = 0.25;

#[test]
fn overlay_areas_are_those_of_geos_but_for_the_rounding_of_crossings() {
    for case in &CASES {
        let (before, after) = ([shape(case.before)], [shape(case.after)]);
        let arrangement = arranged(&[&before, &after]);
        let area_m2 = |in_before: bool, in_after: bool| {
            let faces = 1..arrangement.n_faces() as u32;
            let chosen = faces.filter(|&f| {
                arrangement.label(f, 0).is_some() == in_before
                    && arrangement.label(f, 1).is_some() == in_after
            });
            let twice: i128 = chosen.map(|f| arrangement.twice_area(f)).sum();
            twice as f64 / TWICE_AREA_PER_M2 as f64
        };
        for (ours, theirs) in [
            (area_m2(true, true), case.both_m2),
            (area_m2(true, false), case.only_before_m2),
            (area_m2(false, true), case.only_after_m2),
        ] {
            assert!((ours - theirs).abs() < ROUNDING_M2, "{ours} m2, GEOS {theirs} m2");
        }
    }
}
