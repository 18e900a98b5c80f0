//! What is artificial, on ground drawn by hand: thresholds, official layers, exemptions, neighbours
//! and forcing, through the command, to the square centimetre.
//!
//! The territory is 400 m by 400 m: a field with A, a road of exactly 2,500 m2; B, one half square
//! metre smaller; C, a small island of road around a small wood; D, a lone building of 64 m2; E, a
//! large building beside a wood of 1,000 m2; N, 1,500 m2 of road at the eastern limit.
#![expect(clippy::float_cmp, reason = "areas are exact: half square metres are whole in binary")]

use std::fs;
use std::path::{Path, PathBuf};

use kernels::lattice::Polygon;
use pipeline::cli;
use pipeline::io::vector::{Value, VectorSource};
use pipeline::io::vector_writer::{Field, FieldKind};

use crate::drawn::{Box4, holed, occupation, plain};
use crate::world::{EPSG, layer};

const FIELD: (&str, &str) = ("CS2.2.1", "US1.1");
const WOOD: (&str, &str) = ("CS2.1.1.1", "US1.2");
const ROAD: (&str, &str) = ("CS1.1.1.2", "US4.1.1");
const BUILT: (&str, &str) = ("CS1.1.1.1", "US2");

const A: Box4 = [1_000, 1_000, 6_000, 6_000];
const B: Box4 = [10_000, 1_000, 14_999, 6_000];
const C: Box4 = [20_000, 1_000, 23_000, 4_000];
const HOLE_OF_C: Box4 = [21_000, 2_000, 22_000, 3_000];
const D: Box4 = [30_000, 1_000, 30_800, 1_800];
const E: Box4 = [1_000, 20_000, 7_000, 25_000];
const WOOD_OF_E: Box4 = [7_000, 20_000, 9_000, 25_000];
const N: Box4 = [37_000, 20_000, 40_000, 25_000];

/// The vintage, object by object.
fn territory() -> Vec<(&'static str, (&'static str, &'static str), Polygon)> {
    let building_and_wood = [E[0], E[1], WOOD_OF_E[2], E[3]];
    vec![
        ("field", FIELD, holed([0, 0, 36_000, 40_000], &[A, B, C, D, building_and_wood])),
        ("south", FIELD, plain([36_000, 0, 40_000, 20_000])),
        ("north", FIELD, plain([36_000, 25_000, 40_000, 40_000])),
        ("west", FIELD, plain([36_000, 20_000, 37_000, 25_000])),
        ("A", ROAD, plain(A)),
        ("B", ROAD, plain(B)),
        ("C", ROAD, holed(C, &[HOLE_OF_C])),
        ("hole", WOOD, plain(HOLE_OF_C)),
        ("D", BUILT, plain(D)),
        ("E", BUILT, plain(E)),
        ("wood", WOOD, plain(WOOD_OF_E)),
        ("N", ROAD, plain(N)),
    ]
}

/// What lies next door: the road goes on for 1,500 m2.
fn next_door() -> Vec<(&'static str, (&'static str, &'static str), Polygon)> {
    vec![
        ("road", ROAD, plain([40_000, 20_000, 43_000, 25_000])),
        ("field", FIELD, plain([43_000, 20_000, 50_000, 25_000])),
        ("south", FIELD, plain([40_000, 0, 50_000, 20_000])),
        ("north", FIELD, plain([40_000, 25_000, 50_000, 40_000])),
    ]
}

/// An ARTIF layer with limits of its own: the road A is `east` wide, B is artificial by a
/// threshold, the rest is not, and the northernmost 10 m have no status at all.
fn official(path: &Path, east: i32) {
    let fields = vec![
        Field::required("ARTIF", FieldKind::Text),
        Field::optional("CRIT_SEUIL", FieldKind::Boolean),
    ];
    let wider = [A[0], A[1], east, A[3]];
    let rows = [
        (plain(wider), vec!["Artif".into(), false.into()]),
        (plain(B), vec!["artif".into(), true.into()]),
        (holed([0, 0, 40_000, 39_000], &[wider, B]), vec!["Non artif".into(), Value::Null]),
    ];
    layer(path, fields, &rows);
}

struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        for year in [2018, 2021] {
            occupation(&world.path(&format!("{year}.gpkg")), year, &territory());
            occupation(&world.path(&format!("next_{year}.gpkg")), year, &next_door());
        }
        official(&world.path("artif_2018.gpkg"), 7_000);
        official(&world.path("artif_2021.gpkg"), 8_000);
        let fields = ["insee", "nom"].map(|name| Field::required(name, FieldKind::Text)).to_vec();
        let commune = (plain([0, 0, 40_000, 40_000]), vec!["11001".into(), "Alairac".into()]);
        layer(&world.path("communes.gpkg"), fields, &[commune]);
        let fields = vec![Field::required("motif", FieldKind::Text)];
        // Half of A, and field.
        let park = (plain([3_500, 0, 8_000, 8_000]), vec!["parc public".into()]);
        layer(&world.path("exemptions.gpkg"), fields, &[park]);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Compares the two vintages; `more` are options whose `DIR/` is the world's folder.
    fn compare(&self, out: &str, more: &[&str]) -> (u8, Out) {
        let dir = format!("{}/", self.dir.path().display());
        let command = "millesime compare --department 11 --before DIR/2018.gpkg \
                       --after DIR/2021.gpkg --years 2018,2021 --territories DIR/communes.gpkg";
        let mut args: Vec<String> =
            command.split_whitespace().chain(more.iter().copied()).map(str::to_owned).collect();
        args.extend(["--out".to_owned(), format!("DIR/{out}")]);
        let code = cli::main(args.into_iter().map(|arg| arg.replace("DIR/", &dir).into()));
        (code, Out(self.path(out)))
    }

    fn figures(&self, out: &str, more: &[&str]) -> Out {
        let (code, results) = self.compare(out, more);
        assert_eq!(code, 0);
        crate::laws::are_french(&results.0);
        results
    }
}

/// The results of a comparison.
struct Out(PathBuf);

impl Out {
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Rows of a table, each as pairs of a column and its value.
    fn rows(&self, name: &str) -> Vec<Vec<(String, String)>> {
        let mut reader = csv::Reader::from_path(self.0.join(name)).unwrap();
        let head = reader.headers().unwrap().clone();
        let row = |row: Result<csv::StringRecord, csv::Error>| {
            let cells = head.iter().zip(row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
            cells.map(|(key, value)| (key.to_owned(), value)).collect()
        };
        reader.records().map(row).collect()
    }

    /// The values of a column in the rows whose other columns have the values wanted.
    fn column(&self, name: &str, wanted: &[(&str, &str)], key: &str) -> Vec<String> {
        let value = |row: &[(String, String)], key: &str| {
            row.iter().find(|cell| cell.0 == key).unwrap_or_else(|| panic!("no `{key}`")).1.clone()
        };
        let rows = self.rows(name);
        let holds = |row: &&Vec<(String, String)>| wanted.iter().all(|(k, v)| value(row, k) == *v);
        rows.iter().filter(holds).map(|row| value(row, key)).collect()
    }

    /// A figure of the department, whose row is the only one.
    fn figure(&self, key: &str) -> f64 {
        let values = self.column("indicators/artif_departement.csv", &[], key);
        assert_eq!(values.len(), 1, "one row: nothing lies outside the communes");
        values[0].parse().unwrap()
    }

    fn figures<const N: usize>(&self, keys: [&str; N]) -> [f64; N] {
        keys.map(|key| self.figure(key))
    }

    /// Sum of a column of a layer over the features whose text column has a value.
    fn sum(&self, file: &str, (text, wanted): (&str, &str), area: &str) -> f64 {
        let source = VectorSource::open(&self.0.join(file), None).unwrap();
        let columns = [text, area].map(|name| source.column(&[name]).unwrap());
        let features = source.features(&columns, EPSG).unwrap();
        let values = features.map(|feature| feature.unwrap().values);
        values.filter(|v| v[0].text().unwrap() == wanted).map(|v| v[1].real().unwrap()).sum()
    }
}

/// With the decree: A (exactly at the threshold), the hole of C that flips, D restored, E.
const STOCK: f64 = 2_500.0 + 100.0 + 64.0 + 3_000.0;

#[test]
fn thresholds_keep_restore_and_flip_to_the_square_metre_and_list_what_they_did() {
    let world = World::new();
    let out = world.figures("out", &[]);
    assert_eq!(out.figures(["surface_artif_1", "surface_artif_2"]), [STOCK; 2]);
    let matrix = 2_500.0 + 2_499.5 + 800.0 + 64.0 + 3_000.0 + 1_500.0;
    assert_eq!(out.figure("surface_artif_1_sans_seuil"), matrix);
    let groups = |way: &str| out.column("seuils_2018.csv", &[("sens", way)], "premier_id");
    assert_eq!(groups("absorbe"), ["B", "N", "C", "D"], "largest first");
    assert_eq!(groups("comble"), ["hole"]);
    let restored = out.column("seuils_2018.csv", &[("premier_id", "D")], "surface_retablie");
    assert_eq!(restored, ["64.00000"]);
    let status = |id: &str| out.column("verdicts_2018.csv", &[("id", id)], "artif");
    assert_eq!([status("A"), status("B")], [["artif"], ["non artif"]]);
    assert_eq!(out.sum("artif_2021_11.gpkg", ("artif", "artif"), "aire"), STOCK);
}

#[test]
fn forcing_is_a_switch_that_takes_the_wood_beside_the_building_and_is_named_everywhere() {
    let world = World::new();
    let (off, on) = (world.figures("off", &[]), world.figures("on", &["--forcing"]));
    assert_eq!(on.figure("surface_artif_2") - off.figure("surface_artif_2"), 1_000.0);
    let reason = on.column("verdicts_2018.csv", &[("id", "wood")], "etape");
    assert_eq!(reason, ["forcage_bati"]);
    for (out, word, switch) in [(&off, "non", "false"), (&on, "oui", "true")] {
        let named = format!("forçage : {word}");
        assert!(out.text("report.html").contains(&named));
        assert!(out.text("manifest.json").contains(&format!("\"forcing\": {switch}")));
        let method = out.text("indicators/methode.csv");
        assert!(method.contains(&format!("forçage au voisinage du bâti : {word}")), "{method}");
        for name in
            ["artif_2018_11.gpkg", "changes_11_2018_2021.gpkg", "indicators/indicators.gpkg"]
        {
            let bytes = fs::read(out.0.join(name)).unwrap();
            let is_named = bytes.windows(named.len()).any(|window| window == named.as_bytes());
            assert!(is_named, "{name} names its rules");
        }
    }
}

#[test]
fn an_official_layer_is_taken_as_published_and_every_disagreement_is_reported() {
    let world = World::new();
    let both = ["--artif", "2018=DIR/artif_2018.gpkg", "--artif", "2021=DIR/artif_2021.gpkg"];
    let out = world.figures("out", &both);
    // Published: A with 10 m, then 20 m of field, and B.
    assert_eq!(out.figures(["surface_artif_1", "surface_artif_2"]), [5_499.5, 5_999.5]);
    assert_eq!(out.figures(["flux_artif", "flux_desartif"]), [500.0, 0.0]);
    let recomputed = ["surface_artif_1_recalcule", "surface_artif_2_recalcule"];
    assert_eq!(out.figures(recomputed), [STOCK; 2]);
    assert_eq!(out.figure("flux_artif_recalcule"), 0.0);
    assert_eq!(out.sum("zan_evol_2018_2021_11.gpkg", ("artif_2021", "artif"), "surface"), 500.0);
    assert_eq!(out.sum("artif_2018_11.gpkg", ("artif", "artif"), "aire"), 5_499.5);

    let crossed = |official, matrix, rules| {
        let wanted = [
            ("millesime", "2018"),
            ("officiel", official),
            ("matrice", matrix),
            ("recalcule", rules),
        ];
        let of = |key| out.column("indicators/desaccord.csv", &wanted, key).join(";");
        (of("surface"), of("regions"))
    };
    let row = |surface: &str, regions: &str| (surface.to_owned(), regions.to_owned());
    // On a cover that the matrix does not call artificial; under the threshold; kept by it.
    assert_eq!(crossed("artif", "non artif", "non artif"), row("500.00000", "1"));
    assert_eq!(crossed("artif", "artif", "non artif"), row("2499.50000", "1"));
    assert_eq!(crossed("artif", "artif", "artif"), row("2500.00000", "0"));
    assert_eq!(crossed("non artif", "artif", "artif"), row("3064.00000", "2"));
    assert_eq!(crossed("non artif", "non artif", "artif"), row("100.00000", "1"));
    assert_eq!(crossed("sans statut", "non artif", "non artif"), row("4000.00000", "0"));

    let regions = |status| out.sum("disagreement_2018_11.gpkg", ("recalcule", status), "surface");
    assert_eq!([regions("artif"), regions("non artif")], [3_164.0, 2_999.5]);
    let by_threshold = [("millesime", "2018"), ("crit_seuil", "oui")];
    let step = |key| out.column("indicators/desaccord_etape.csv", &by_threshold, key);
    assert_eq!([step("etape"), step("surface")], [["groupe_sous_seuil"], ["2499.50000"]]);
    let commune = [("commune_code", "11001"), ("millesime", "2018")];
    assert_eq!(out.column("indicators/desaccord_commune.csv", &commune, "ecart"), ["-164.50000"]);
    assert!(out.text("report.html").contains("du stock officiel"));
    let manifest = out.text("manifest.json");
    for law in ["disagreement_adds_up_2018", "flux_identity_artificial_recalcule"] {
        assert!(manifest.contains(law), "{law}");
    }
}

#[test]
fn an_official_layer_for_one_vintage_only_is_refused_as_is_an_unknown_status() {
    let world = World::new();
    assert_eq!(world.compare("one", &["--artif", "2018=DIR/artif_2018.gpkg"]).0, 2);
    assert_eq!(world.compare("odd", &["--artif", "2015=DIR/artif_2018.gpkg"]).0, 2);
    assert_eq!(world.compare("edge", &["--neighbours", "2021=DIR/next_2021.gpkg"]).0, 2);
    let fields = vec![Field::required("artif", FieldKind::Text)];
    let path = world.path("artif_unknown.gpkg");
    layer(&path, fields, &[(plain([0, 0, 40_000, 40_000]), vec!["peut-être".into()])]);
    let both = ["--artif", "2018=DIR/artif_unknown.gpkg", "--artif", "2021=DIR/artif_2021.gpkg"];
    assert_eq!(world.compare("unknown", &both).0, 4);
}

#[test]
fn an_exemption_takes_off_exactly_the_ground_that_it_covers() {
    let world = World::new();
    let out = world.figures("out", &["--exemptions", "DIR/exemptions.gpkg"]);
    assert_eq!(out.figure("surface_artif_2"), STOCK - 1_250.0);
    assert_eq!(out.figure("surface_artif_2_sans_exemption"), STOCK);
    let removed = |key| out.column("indicators/exemptions.csv", &[("motif", "parc public")], key);
    assert_eq!(removed("surface_retiree_1"), ["1250.00000"]);
    assert_eq!(removed("surface"), ["3600.00000"]);
    let stock = out.sum("artif_2018_11.gpkg", ("artif", "artif"), "aire");
    assert_eq!(stock, STOCK - 1_250.0);
    let exempted = out.column("verdicts_2018.csv", &[("id", "A")], "surface_exemptee");
    assert_eq!(exempted, ["1250.00000"]);
    assert!(out.text("report.html").contains("exemptions : exemptions.gpkg"));
    assert!(out.text("manifest.json").contains("flux_identity_artificial_sans_exemption"));
}

#[test]
fn a_road_at_the_limit_keeps_its_status_with_the_neighbours_and_they_are_in_no_figure() {
    let world = World::new();
    let both =
        ["--neighbours", "2018=DIR/next_2018.gpkg", "--neighbours", "2021=DIR/next_2021.gpkg"];
    let (alone, beside) = (world.figures("alone", &[]), world.figures("beside", &both));
    assert_eq!(alone.figure("surface_artif_1"), STOCK);
    assert_eq!(beside.figure("surface_artif_1"), STOCK + 1_500.0);
    let surface = "departement_surface";
    assert_eq!([alone.figure(surface), beside.figure(surface)], [160_000.0; 2]);
    let group = beside.column("verdicts_2018.csv", &[("id", "N")], "groupe_surface");
    assert_eq!(group, ["3000.00000"]);
    assert!(alone.text("indicators/methode.csv").contains("ne sont pas fournis"));
    assert!(beside.text("indicators/methode.csv").contains("Effet de bord évité"));
    assert!(beside.text("manifest.json").contains("thanks to them 1500 m2 are artificial"));
}
