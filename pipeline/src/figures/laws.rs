//! What holds for the figures of any vintages: the laws themselves, and independence of order,
//! place and threads.

use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{CaptureRules, CaptureUnits, Dimension, RuleSet};
use proptest::prelude::*;

use super::*;
use crate::comparison::Territory;
use crate::tables::gazetteer::{Commune, Gazetteer};
use crate::territory::{Communes, Zones};
use crate::vintage::{Object, Vintage};

/// Side of a cell of the coverages, in lattice steps.
const CELL: i32 = 1500;
/// Cells along a side.
const N: i32 = 5;

/// Everything to compare, before it is arranged.
#[derive(Debug, Clone)]
struct World {
    vintages: Vec<Vintage>,
    communes: Communes,
    zones: Zones,
}

/// Who decides, for OCS GE.
struct Referee {
    judge: Judge,
    capture: CaptureUnits,
    nomenclature: Nomenclature,
}

impl Referee {
    fn new() -> Self {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let rules = RuleSet::builtin("decree-2023-1096").unwrap();
        let judge = Judge::new(&rules, &nomenclature).unwrap();
        let capture = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&nomenclature).unwrap();
        Self { judge, capture, nomenclature }
    }

    fn figures(&self, world: &World) -> Figures {
        let territory = Territory {
            communes: world.communes.clone(),
            zones: world.zones.clone(),
            ..Territory::default()
        };
        let ground = Ground::new(world.vintages.clone(), territory).unwrap();
        let Self { judge, capture, nomenclature } = self;
        Figures::of(&ground, Norms { judge, capture, nomenclature }).unwrap()
    }
}

/// A grid of quadrilaterals with corners moved by up to a third of a cell: a valid coverage.
fn coverage(moves: &[(i32, i32)]) -> Vec<Polygon> {
    let corner = |row: i32, col: i32| {
        let (dx, dy) = moves[(row * (N + 1) + col) as usize];
        Point::new(col * CELL + dx, row * CELL + dy)
    };
    let cell = |k: i32| {
        let (row, col) = (k / N, k % N);
        let (low, high) = ((row, col), (row + 1, col + 1));
        let corners = [low, (low.0, high.1), high, (high.0, low.1)];
        let ring = Ring(corners.iter().map(|&(row, col)| corner(row, col)).collect());
        Polygon { exterior: ring, holes: Vec::new() }
    };
    (0..N * N).map(cell).collect()
}

fn moves() -> impl Strategy<Value = Vec<(i32, i32)>> {
    let n = ((N + 1) * (N + 1)) as usize;
    prop::collection::vec((-CELL / 3..CELL / 3, -CELL / 3..CELL / 3), n)
}

/// Polygons with couples drawn among those of few, contrasting classes.
fn vintage(year: u16, polygons: Vec<Polygon>, picks: &[usize]) -> Vintage {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let names = [
        ("CS1.1.1.1", "US5"),
        ("CS2.2.1", "US1.1"),
        ("CS2.2.1", "US5"),
        ("CS1.1.1.2", "US4.1.1"),
        ("CS2.1.1.1", "US1.2"),
        ("CS2.2.1", "US235"),
    ];
    let couples: Vec<Couple> = names
        .iter()
        .map(|(cs, us)| Couple {
            cs: nomenclature.find(Dimension::Cover, cs).unwrap(),
            us: nomenclature.find(Dimension::Usage, us).unwrap(),
        })
        .collect();
    let n = polygons.len();
    Vintage {
        year,
        couples: (0..n).map(|k| couples[picks[k % picks.len()] % couples.len()]).collect(),
        objects: (0..n).map(|k| Object { id: format!("{k}"), ..Object::default() }).collect(),
        polygons,
        origin: None,
    }
}

/// Without the polygons of some ranks.
fn without(mut polygons: Vec<Polygon>, gaps: &[usize]) -> Vec<Polygon> {
    let mut rank = 0;
    polygons.retain(|_| {
        rank += 1;
        !gaps.contains(&(rank - 1))
    });
    polygons
}

fn communes(polygons: Vec<Polygon>) -> Communes {
    let commune = |k: usize| Commune {
        code: format!("110{k:02}"),
        name: format!("Commune {k}"),
        epci: format!("E{}", k % 3),
        department: "11".to_owned(),
        ..Commune::default()
    };
    let gazetteer = Gazetteer { communes: (0..7).map(commune).collect() };
    let owner = (0..polygons.len()).map(|k| (k % 7) as u32).collect();
    Communes { gazetteer, polygons, owner }
}

/// Two or three vintages with gaps, over communes and zones with limits of their own.
fn worlds() -> impl Strategy<Value = World> {
    let picks = || prop::collection::vec(0..6_usize, 25);
    let gaps = prop::collection::vec(0..25_usize, 0..4);
    let vintages = prop::collection::vec((moves(), picks(), gaps.clone()), 2..4);
    (vintages, moves(), moves(), gaps).prop_map(|(vintages, of_communes, of_zones, far)| {
        let years = [2015, 2018, 2021];
        let read = vintages.into_iter().zip(years);
        let zones = without(coverage(&of_zones), &far);
        World {
            vintages: read
                .map(|((moves, picks, gaps), year)| {
                    vintage(year, without(coverage(&moves), &gaps), &picks)
                })
                .collect(),
            communes: communes(without(coverage(&of_communes), &far)),
            zones: Zones {
                kinds: ["A", "AU", "N", "U"].map(str::to_owned).to_vec(),
                owner: (0..zones.len()).map(|k| (k % 4) as u32).collect(),
                polygons: zones,
            },
        }
    })
}

/// The same polygons in another order: the `k`-th becomes the `(a k)`-th, modulo their number.
fn permuted<T: Clone>(all: &[T], a: usize) -> Vec<T> {
    let n = all.len();
    let step = (a..=a + n).find(|step| gcd(*step, n) == 1).unwrap_or(1);
    (0..n).map(|k| all[k * step % n].clone()).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn each_polygon(world: &World, change: impl Fn(&Polygon) -> Polygon) -> World {
    let all = |polygons: &[Polygon]| polygons.iter().map(&change).collect();
    let mut world = world.clone();
    for vintage in &mut world.vintages {
        vintage.polygons = all(&vintage.polygons);
    }
    world.communes.polygons = all(&world.communes.polygons);
    world.zones.polygons = all(&world.zones.polygons);
    world
}

/// Number and area of the changes of each class.
type Kinds = Vec<(ChangeKind, u64, i128)>;

/// Tables and classes of change: everything published that does not name a place.
fn published(figures: &Figures) -> (Vec<Table>, Vec<Kinds>) {
    (figures.tables.clone(), figures.steps.iter().map(Step::by_kind).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn identity_and_additivity_hold_on_overlaps_and_gaps(
        world in worlds(),
        copies in prop::collection::vec((0..20_usize, -CELL..CELL, -CELL..CELL), 0..6),
    ) {
        // `Figures::of` refuses any law that is off by one half square centimetre.
        let mut world = world;
        for (rank, dx, dy) in copies {
            for v in &mut world.vintages {
                let rank = rank % v.n_polygons();
                let corner = |p: &Point| Point::new(p.x + dx, p.y + dy);
                let ring = Ring(v.polygons[rank].exterior.0.iter().map(corner).collect());
                v.polygons.push(Polygon { exterior: ring, holes: Vec::new() });
                v.couples.push(v.couples[(rank + 1) % v.couples.len()]);
                v.objects.push(Object { id: format!("copy {rank}"), ..Object::default() });
            }
        }
        let figures = Referee::new().figures(&world);
        for step in &figures.steps {
            for ledger in std::iter::once(&step.ledger).chain(step.others.iter().map(|o| &o.1)) {
                for status in [Status::Artificial, Status::Impermeable] {
                    prop_assert_eq!(ledger.identity_gap(status), 0);
                    prop_assert_eq!(ledger.additivity_gap(status), [0; 5]);
                }
            }
            let changed: i128 = step.by_kind().iter().map(|(_, _, area)| area).sum();
            prop_assert!(changed > 0 && changed <= step.ledger.surface());
        }
        prop_assert!(!figures.tables.is_empty());
    }

    #[test]
    fn the_order_of_polygons_changes_no_figure(world in worlds(), step in 2..24_usize) {
        let mut other = world.clone();
        for vintage in &mut other.vintages {
            vintage.polygons = permuted(&vintage.polygons, step);
            vintage.couples = permuted(&vintage.couples, step);
            vintage.objects = permuted(&vintage.objects, step);
        }
        other.communes.polygons = permuted(&world.communes.polygons, step + 1);
        other.communes.owner = permuted(&world.communes.owner, step + 1);
        other.zones.polygons = permuted(&world.zones.polygons, step + 2);
        other.zones.owner = permuted(&world.zones.owner, step + 2);
        let referee = Referee::new();
        prop_assert_eq!(
            published(&referee.figures(&world)),
            published(&referee.figures(&other))
        );
    }

    #[test]
    fn translation_by_whole_steps_changes_no_figure(
        world in worlds(),
        by in (-70_000_000..70_000_000, -700_000_000..700_000_000),
    ) {
        let ring = |r: &Ring| Ring(r.0.iter().map(|p| Point::new(p.x + by.0, p.y + by.1)).collect());
        let moved = each_polygon(&world, |p| Polygon {
            exterior: ring(&p.exterior),
            holes: p.holes.iter().map(ring).collect(),
        });
        let referee = Referee::new();
        prop_assert_eq!(
            published(&referee.figures(&world)),
            published(&referee.figures(&moved))
        );
    }

    #[test]
    fn the_number_of_threads_changes_no_figure(world in worlds()) {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let figures = Referee::new().figures(&world);
                let pieces: Vec<_> = figures.steps.iter().map(|s| s.changed.clone()).collect();
                (published(&figures), pieces)
            })
        };
        prop_assert_eq!(on(1), on(3));
    }

    #[test]
    fn a_vintage_against_itself_in_another_order_has_no_change(world in worlds(), step in 2..24_usize) {
        let first = &world.vintages[0];
        let mut again = first.clone();
        again.year = 2018;
        again.polygons = permuted(&first.polygons, step);
        again.couples = permuted(&first.couples, step);
        let still = World { vintages: vec![first.clone(), again], ..world.clone() };
        let figures = Referee::new().figures(&still);
        prop_assert!(figures.steps[0].changed.is_empty());
        let total = figures.steps[0].ledger.total(Status::Artificial);
        prop_assert_eq!((total.gross_in, total.gross_out), (0, 0));
        prop_assert_eq!(total.stock_before, total.stock_after);
    }
}
