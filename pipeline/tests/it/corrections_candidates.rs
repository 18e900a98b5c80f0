//! Candidates between a local vintage and IGN's, on ground drawn by hand.

use std::path::PathBuf;

use kernels::lattice::Polygon;
use pipeline::cli;
use pipeline::error::exit;
use pipeline::io::vector::VectorSource;
use pipeline::io::vector_writer::{Field, FieldKind};

use crate::drawn::{Box4, holed, occupation, plain};
use crate::world::{EPSG, layer};

const FIELD: (&str, &str) = ("CS2.2.1", "US1.1");
const WOOD: (&str, &str) = ("CS2.1.1.1", "US1.2");
const BUILT: (&str, &str) = ("CS1.1.1.1", "US2");

type Row = (&'static str, (&'static str, &'static str), Polygon);

const WEST: Box4 = [0, 0, 30_000, 40_000];
const EAST: Box4 = [30_000, 0, 60_000, 40_000];
/// A house that only the local vintage knows: 20 m by 20 m.
const HOUSE: Box4 = [10_000, 10_000, 12_000, 12_000];
/// A shed under every minimum unit: 5 m by 5 m.
const SHED: Box4 = [20_000, 20_000, 20_500, 20_500];

fn ign() -> Vec<Row> {
    vec![("west", FIELD, plain(WEST)), ("east", WOOD, plain(EAST))]
}

/// The limit between field and wood half a metre off, a house, a shed; with `clearing`, the whole
/// wood is built ground.
fn local(clearing: bool) -> Vec<Row> {
    let limit = 30_050;
    let (west, east) = ([0, 0, limit, 40_000], [limit, 0, 60_000, 40_000]);
    vec![
        ("a", FIELD, holed(west, &[HOUSE, SHED])),
        ("b", if clearing { BUILT } else { WOOD }, plain(east)),
        ("house", ("CS1.1.1.1", "US5"), plain(HOUSE)),
        ("shed", BUILT, plain(SHED)),
    ]
}

struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new(local: &[Row]) -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        occupation(&world.path("ign.gpkg"), 2021, &ign());
        occupation(&world.path("local.gpkg"), 2021, local);
        let fields = ["insee", "nom"].map(|name| Field::required(name, FieldKind::Text)).to_vec();
        let commune = |code: &str, ground| (plain(ground), vec![code.into(), code.into()]);
        let communes = [commune("11001", WEST), commune("11002", EAST)];
        layer(&world.path("communes.gpkg"), fields, &communes);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn candidates(&self, more: &str) -> u8 {
        let dir = format!("{}/", self.dir.path().display());
        let args = format!(
            "millesime corrections candidates --department 11 --year 2021 --ign DIR/ign.gpkg \
             --local DIR/local.gpkg --territories DIR/communes.gpkg {more}"
        );
        cli::main(args.split_whitespace().map(|arg| arg.replace("DIR/", &dir).into()))
    }

    /// Object, dimension, proposed code, commune and area of each candidate, in the file's order.
    fn rows(&self, name: &str) -> Vec<(String, String, String, String, f64)> {
        let source = VectorSource::open(&self.path(name), None).unwrap();
        let columns = ["object_id", "dimension", "proposed_code", "insee", "area_m2"]
            .map(|name| source.require_column(&[name]).unwrap());
        let row = |feature: pipeline::io::vector::Feature| {
            let text = |i: usize| feature.values[i].text().unwrap();
            (text(0), text(1), text(2), text(3), feature.values[4].real().unwrap())
        };
        source.features(&columns, EPSG).unwrap().map(|feature| row(feature.unwrap())).collect()
    }
}

fn row(
    (object, dimension, code): (&str, &str, &str),
    insee: &str,
    area_m2: f64,
) -> (String, String, String, String, f64) {
    let own = str::to_owned;
    (own(object), own(dimension), own(code), own(insee), area_m2)
}

#[test]
fn a_true_disagreement_is_a_candidate_and_noise_is_none() {
    let world = World::new(&local(false));
    assert_eq!(world.candidates("--author OPenIG --out DIR/c.gpkg"), 0);
    let mut rows = world.rows("c.gpkg");
    rows.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        rows,
        [
            row(("west", "cs", "CS1.1.1.1"), "11001", 400.0),
            row(("west", "us", "US5"), "11001", 400.0)
        ]
    );
}

#[test]
fn most_of_an_object_is_the_whole_object_and_the_larger_stake_comes_first() {
    let world = World::new(&local(true));
    assert_eq!(world.candidates("--out DIR/c.gpkg"), 0);
    let rows = world.rows("c.gpkg");
    assert_eq!(rows.len(), 4);
    let mut first = rows[..2].to_vec();
    first.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        first,
        [
            row(("east", "cs", "CS1.1.1.1"), "11002", 120_000.0),
            row(("east", "us", "US2"), "11002", 120_000.0)
        ]
    );
    assert!(rows[2..].iter().all(|row| row.0 == "west"));
}

#[test]
fn a_quota_keeps_the_best_objects_of_each_commune() {
    let mut ground = local(true);
    // A second object of the western commune, worth less than the house.
    ground[0].2 = holed([0, 0, 30_050, 40_000], &[HOUSE, SHED]);
    let world = World::new(&ground);
    assert_eq!(world.candidates("--per-commune 1 --out DIR/c.gpkg"), 0);
    assert_eq!(world.rows("c.gpkg").len(), 4, "one object in each commune");
    let mut split = ign();
    split[0] = ("north", FIELD, plain([0, 11_000, 30_000, 40_000]));
    split.push(("south", FIELD, plain([0, 0, 30_000, 11_000])));
    std::fs::remove_file(world.path("ign.gpkg")).unwrap();
    occupation(&world.path("ign.gpkg"), 2021, &split);
    assert_eq!(world.candidates("--out DIR/all.gpkg"), 0);
    let objects = |name: &str| {
        let mut ids: Vec<String> = world.rows(name).into_iter().map(|row| row.0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    assert_eq!(objects("all.gpkg"), ["east", "north", "south"]);
    assert_eq!(world.candidates("--per-commune 1 --out DIR/one.gpkg"), 0);
    assert_eq!(objects("one.gpkg").len(), 2);
}

#[test]
fn the_same_vintages_give_the_same_bytes_and_no_file_is_overwritten() {
    let world = World::new(&local(true));
    assert_eq!(world.candidates("--out DIR/a.gpkg"), 0);
    assert_eq!(world.candidates("--out DIR/b.gpkg"), 0);
    let bytes = |name: &str| std::fs::read(world.path(name)).unwrap();
    assert_eq!(bytes("a.gpkg"), bytes("b.gpkg"));
    assert_eq!(world.candidates("--out DIR/a.gpkg"), exit::USAGE);
    assert_eq!(world.candidates("--out DIR/a.csv"), exit::USAGE);
}

#[test]
fn a_local_vintage_of_elsewhere_is_refused() {
    let far = |[w, s, e, n]: Box4| [w + 900_000, s, e + 900_000, n];
    let world = World::new(&[("a", FIELD, plain(far(WEST)))]);
    assert_eq!(world.candidates("--out DIR/c.gpkg"), exit::INPUT);
    assert!(!world.path("c.gpkg").exists());
}
