//! `millesime corrections import`: each format, what is refused and why, and that a file imported
//! twice changes nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kernels::lattice::{Point, Polygon, Ring};
use pipeline::corrections::ledger::{Entry, Ledger};
use pipeline::corrections::terms::{Action, Aim, IgnStatus, Kind, Origin, Standing};
use pipeline::corrections::{Act, record_act};
use pipeline::io::vector::Value;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

use crate::world::{EPSG, World, layer};

/// South-west corner of the vintage, in centimetres.
pub(crate) const CORNER: Point = Point::new(65_000_000, 630_000_000);

/// A rectangle in metres from the corner: west, south, east, north.
pub(crate) fn ground(west: i32, south: i32, east: i32, north: i32) -> Polygon {
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    let corner = |(x, y): (i32, i32)| Point::new(CORNER.x + 100 * x, CORNER.y + 100 * y);
    Polygon { exterior: Ring(corners.map(corner).to_vec()), holes: Vec::new() }
}

/// Easting and northing of a place in metres from the corner.
fn place(x: i32, y: i32) -> (f64, f64) {
    Point::new(CORNER.x + 100 * x, CORNER.y + 100 * y).to_metres()
}

/// A world with a vintage of four fields of one hectare in a row, each with a cover and a usage.
pub(crate) fn world() -> World {
    let world = World::new();
    let text = |name| Field::required(name, FieldKind::Text);
    let fields = vec![
        Field::unique("id", FieldKind::Text),
        text("code_cs"),
        text("code_us"),
        Field::required("millesime", FieldKind::Integer),
    ];
    let codes =
        [("CS2.2.1", "US1.1"), ("CS1.1.1.1", "US5"), ("CS2.2.1", "US5"), ("CS2.1.1.1", "US1.2")];
    let rows = (1..).zip(codes).map(|(k, (cs, us))| {
        let polygon = ground(100 * (k - 1), 0, 100 * k, 100);
        (polygon, vec![format!("OCS{k}").into(), cs.into(), us.into(), 2021_i64.into()])
    });
    layer(&world.path("OCCUPATION_SOL.gpkg"), fields, &rows.collect::<Vec<_>>());
    let commune = (ground(-10, -10, 410, 110), vec![Value::from("11001")]);
    layer(&world.path("communes.gpkg"), vec![text("insee")], &[commune]);
    world
}

/// Imports a file by the binary and tells what it said.
pub(crate) fn import(world: &World, file: &str, more: &[&str]) -> String {
    import_on(world, "2026-11-21", file, more)
}

fn import_on(world: &World, day: &str, file: &str, more: &[&str]) -> String {
    let args = ["corrections", "import", file, "--ledger", "ledger.gpkg", "--as", "Test"];
    let fixed = ["--date", day, "--department", "11"];
    let vintage = ["--vintage", "OCCUPATION_SOL.gpkg", "--refused", "refus.csv"];
    world.told(&[&args[..], &fixed, &vintage, more].concat())
}

pub(crate) fn ledger(world: &World) -> Ledger {
    Ledger::read(&world.path("ledger.gpkg")).unwrap()
}

/// The corrections by object and dimension.
fn sorted(ledger: &Ledger) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = ledger.entries.iter().collect();
    entries.sort_by_key(|entry| (entry.record.object_id.clone(), entry.record.dimension));
    entries
}

/// Object, dimension, current and proposed code of each.
fn asked(ledger: &Ledger) -> Vec<[String; 4]> {
    let row = |entry: &&Entry| {
        let record = &entry.record;
        let code = |code: &Option<String>| code.clone().unwrap_or_default();
        let dimension = format!("{:?}", record.dimension);
        [
            record.object_id.clone(),
            dimension,
            code(&record.current_code),
            code(&record.proposed_code),
        ]
    };
    sorted(ledger).iter().map(row).collect()
}

/// Reasons and places of the refused rows.
fn refused(world: &World) -> Vec<(String, String)> {
    let text = fs::read_to_string(world.path("refus.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let records = reader.records().map(Result::unwrap);
    records.map(|row| (row[3].to_owned(), row[1].to_owned())).collect()
}

fn assert_same_bytes_again(world: &World, file: &str, more: &[&str]) {
    let bytes = fs::read(world.path("ledger.gpkg")).unwrap();
    let refusals = fs::read(world.path("refus.csv")).unwrap();
    let told = import_on(world, "2030-01-01", file, more);
    assert!(told.contains(" 0 corrections entered, 0 seconded, 0 with a new state"), "{told}");
    assert!(fs::read(world.path("ledger.gpkg")).unwrap() == bytes, "the ledger changed");
    assert_eq!(fs::read(world.path("refus.csv")).unwrap(), refusals);
}

/// Writes a layer of points.
fn points(path: &Path, name: &str, columns: &[&str], rows: &[((i32, i32), &[&str])]) {
    let spec = LayerSpec {
        name: name.to_owned(),
        title: String::new(),
        geometry: GeometryKind::Point,
        geometry_column: "geom",
        epsg: EPSG,
        file_epsg: EPSG,
        fields: columns.iter().map(|name| Field::optional(*name, FieldKind::Text)).collect(),
    };
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[spec]).unwrap();
    for (fid, ((x, y), values)) in (1..).zip(rows) {
        let at = Point::new(CORNER.x + 100 * x, CORNER.y + 100 * y);
        let text = |value: &&str| (!value.is_empty()).then(|| (*value).to_owned()).into();
        let values: Vec<Value> = values.iter().map(text).collect();
        writer.add(0, fid, Shape::Point(at), &values).unwrap();
    }
    writer.finish().unwrap();
}

const MAP: &str = "\
columns: { reference: id, object: objet, cover: cs, usage: us, comment: [remarque], x: x, y: y, wkt: wkt, kind: nature, confidence: confiance }
kinds: { contour: geometry, oubli: omission, code: semantic }
nothing: [RAS]
";

const HEAD: &str = "id;objet;cs;us;remarque;x;y;wkt;nature;confiance\n";

/// Rows of a commune: three that are right, the others each wrong in its own way.
fn returns() -> [String; 19] {
    let ((x1, y1), (x9, y9)) = (place(50, 50), place(5_000, 50));
    let part = "POLYGON ((650200 6300000, 650230 6300000, 650230 6300100, 650200 6300100, 650200 6300000))";
    let both = "POLYGON ((650150 6300010, 650250 6300010, 650250 6300020, 650150 6300020, 650150 6300010))";
    let tie = "POLYGON ((650000 6300000, 650050 6300050, 650050 6300000, 650000 6300050, 650000 6300000))";
    [
        format!(
            "1;;CS 1.1.1.2 ;;\"=HYPERLINK(\"\"x\"\")\";{x1};{};;;0,5",
            y1.to_string().replace('.', ",")
        ),
        "2;OCS2;;us1.1;<b>été</b>;;;;;".to_owned(),
        format!("3;;1.1.1.1;;;;;{part};;"),
        "4;OCS4;RAS;RAS;;;;;;".to_owned(),
        "5;OCS9;CS1.1.1.1;;;;;;;".to_owned(),
        format!("6;;CS1.1.1.1;;;{x9};{y9};;;"),
        "7;OCS1;CS9;;;;;;;".to_owned(),
        "8;OCS1;CS1.1;;;;;;;".to_owned(),
        "9;OCS2;CS1.1.1.1;;;;;;;".to_owned(),
        "10;;CS1.1.1.1;;;;;;;".to_owned(),
        format!("11;;CS1.1.2.1;;;;;{tie};;"),
        format!("12;;CS1.1.2.1;;;;;{both};;"),
        format!("13;OCS4;CS1.1.1.1;;;{x1};{y1};;;"),
        "14;OCS1;CS1.1.2.1;;;nan;1;;;".to_owned(),
        "15;OCS1;CS1.1.2.1;;;;;;;1.5".to_owned(),
        "16;OCS1;;;;;;;contour;".to_owned(),
        "17;OCS1;CS1.1.1.1;;;;;;oubli;".to_owned(),
        "18;OCS1;;;rien;;;;;".to_owned(),
        "1;;CS1.1.2.1;;;650050;6300050;;;".to_owned(),
    ]
}

#[test]
fn a_table_of_ones_own_is_entered_by_its_map_and_each_refusal_has_its_line_and_reason() {
    let world = world();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    let rows = returns();
    fs::write(world.path("retours.csv"), format!("\u{feff}{HEAD}{}\n", rows.join("\n"))).unwrap();
    let told =
        import(&world, "retours.csv", &["--map", "map.yaml", "--territories", "communes.gpkg"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let expected = [
        ["OCS1", "Cover", "CS2.2.1", "CS1.1.1.2"],
        ["OCS2", "Usage", "US5", "US1.1"],
        ["OCS3", "Cover", "CS2.2.1", "CS1.1.1.1"],
    ];
    let ledger = ledger(&world);
    assert_eq!(asked(&ledger), expected.map(|row| row.map(str::to_owned)));
    let entries = sorted(&ledger);
    assert_eq!(entries[0].polygon, ground(0, 0, 100, 100), "a point means the whole object");
    assert_eq!(entries[2].polygon, ground(200, 0, 230, 100), "a polygon may mean a part");
    assert_eq!(entries[2].record.area_m2.to_bits(), 3_000_f64.to_bits());
    assert_eq!(entries[0].record.comment.as_deref(), Some("=HYPERLINK(\"x\")"));
    assert_eq!(entries[1].record.comment.as_deref(), Some("<b>été</b>"));
    assert_eq!(entries[0].record.confidence, Some(0.5));
    assert_eq!(entries[0].record.insee.as_deref(), Some("11001"));
    assert_eq!(
        (entries[2].record.artif_before, entries[2].record.artif_after),
        (Some(true), Some(true))
    );
    assert_eq!(
        (entries[0].record.artif_before, entries[0].record.artif_after),
        (Some(false), Some(true))
    );
    assert_eq!(entries[1].source_ref.as_deref(), Some("retours.csv, 2"));
    let expected = [
        ("no_object", 6),
        ("out_of_department", 7),
        ("unknown_code", 8),
        ("general_code", 9),
        ("same_code", 10),
        ("no_place", 11),
        ("bad_geometry", 12),
        ("straddles", 13),
        ("id_elsewhere", 14),
        ("bad_geometry", 15),
        ("bad_value", 16),
        ("no_outline", 17),
        ("no_proposal", 18),
        ("no_proposal", 19),
        ("duplicate", 20),
    ];
    let expected = expected.map(|(reason, line)| (reason.to_owned(), format!("ligne {line}")));
    assert_eq!(refused(&world), expected);
    assert_same_bytes_again(
        &world,
        "retours.csv",
        &["--map", "map.yaml", "--territories", "communes.gpkg"],
    );
}

#[test]
fn strict_imports_nothing_and_a_latin_1_table_is_read() {
    let world = world();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    let mut bytes = format!("{HEAD}1;OCS1;CS1.1.1.2;;").into_bytes();
    bytes.extend([0xe9, 0x74, 0xe9, b';', b';', b';', b';', b';', b'\n']);
    let good = bytes.clone();
    bytes.extend("2;OCS1;CS9;;;;;;;\n".bytes());
    fs::write(world.path("retours.csv"), bytes).unwrap();
    let told = import(&world, "retours.csv", &["--map", "map.yaml", "--strict"]);
    assert!(told.starts_with("exit code: 5") && told.contains("nothing was imported"), "{told}");
    assert!(!world.path("ledger.gpkg").exists());
    assert_eq!(refused(&world).len(), 1);
    fs::write(world.path("retours.csv"), good).unwrap();
    import(&world, "retours.csv", &["--map", "map.yaml", "--strict"]);
    assert_eq!(ledger(&world).entries[0].record.comment.as_deref(), Some("été"));
}

#[test]
fn geometry_is_redrawn_merged_and_added() {
    let world = world();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    let outline = |east: i32| {
        format!(
            "POLYGON ((650000 6300000, {east} 6300000, {east} 6300100, 650000 6300100, 650000 6300000))"
        )
    };
    let lake = "POLYGON ((650310 6300010, 650350 6300010, 650350 6300050, 650310 6300050, 650310 6300010))";
    let rows = [
        format!("1;OCS1;;;;;;{};contour;", outline(650_080)),
        "2;\"OCS2;OCS3\";;;;;;;contour;".to_owned(),
        format!("3;;CS1.2.2;US3;;;;{lake};oubli;"),
        "4;\"OCS1;OCS3\";;;;;;;contour;".to_owned(),
    ];
    fs::write(world.path("retours.csv"), format!("{HEAD}{}\n", rows.join("\n"))).unwrap();
    let told = import(&world, "retours.csv", &["--map", "map.yaml"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let ledger = ledger(&world);
    let entries = sorted(&ledger);
    let found: Vec<_> =
        entries.iter().map(|e| (record_act(&e.record), e.record.object_id.as_str())).collect();
    assert_eq!(found, [(Act::Redraw, "OCS1"), (Act::Merge, "OCS2;OCS3"), (Act::Insert, "OCS4")]);
    assert_eq!(entries[0].polygon, ground(0, 0, 80, 100));
    assert_eq!(entries[1].polygon.twice_area(), 2 * 200 * 100 * 10_000);
    assert_eq!(entries[2].record.proposed_code.as_deref(), Some("CS1.2.2/US3"));
    assert_eq!(
        (entries[2].record.dimension, entries[2].record.kind),
        (Aim::Geometry, Kind::Omission)
    );
    assert_eq!(
        refused(&world),
        [("bad_geometry".to_owned(), "ligne 5".to_owned())],
        "not adjacent"
    );
    assert_same_bytes_again(&world, "retours.csv", &["--map", "map.yaml"]);
}

#[test]
fn manifest_errors_of_a_region_keep_their_quality_control_and_their_local_codes() {
    let world = world();
    let columns = ["thematique", "code1", "etat_cqp", "code_rempl", "libelle_no", "com_cqe"];
    let rows: [((i32, i32), &[&str]); 4] = [
        ((50, 50), &["couverture", "CS5.1.1", "erreur", "CS1.1.1", "bâti oublié", ""]),
        ((50, 60), &["usage", "", "noverif", "US2.2.0", "", "à voir"]),
        ((150, 50), &["couverture", "", "ok", "CS4.3.1", "", ""]),
        ((250, 50), &["usage", "", "nsp", "US99", "", ""]),
    ];
    points(&world.path("maintenance.gpkg"), "erreurs_manifestes", &columns, &rows);
    let told = import(&world, "maintenance.gpkg", &["--nomenclature", "ocs2d-hdf-2021"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let ledger = ledger(&world);
    let expected = [
        ["OCS1", "Cover", "CS2.2.1", "CS1.1.1.1"],
        ["OCS1", "Usage", "US1.1", "US3"],
        ["OCS2", "Cover", "CS1.1.1.1", "CS2.1.1.3"],
    ];
    assert_eq!(asked(&ledger), expected.map(|row| row.map(str::to_owned)));
    let entries = sorted(&ledger);
    let standings = [Standing::Accepted, Standing::Proposed, Standing::Rejected];
    assert_eq!(entries.iter().map(|e| e.standing).collect::<Vec<_>>(), standings);
    assert_eq!(entries[1].record.local_code.as_deref(), Some("US2.2.0"));
    assert_eq!(entries[1].record.local_nomenclature.as_deref(), Some("ocs2d-hdf-2021"));
    assert_eq!(entries[0].record.origin, Origin::PhotoInterpretation);
    assert_eq!(refused(&world), [("unknown_code".to_owned(), "entité 4".to_owned())]);
    assert_same_bytes_again(&world, "maintenance.gpkg", &["--nomenclature", "ocs2d-hdf-2021"]);
}

#[test]
fn igns_patch_corrects_what_is_not_ras_and_sees_a_cut_by_its_shape() {
    let world = world();
    let text = |name| Field::optional(name, FieldKind::Text);
    let fields = ["id_ocs", "cs_corr", "us_corr", "os_corr", "decoup_geo"].map(text).to_vec();
    let mut fields = fields;
    fields.push(Field::optional("millesime", FieldKind::Integer));
    let row = |polygon, id: &str, codes: [&str; 4]| {
        let mut values = vec![Value::from(id)];
        values.extend(codes.map(Value::from));
        values.push(2021_i64.into());
        (polygon, values)
    };
    let rows = [
        row(ground(0, 0, 100, 100), "OCS1", ["CS1.1.1.1", "US5", "RAS", "RAS"]),
        row(ground(100, 0, 200, 40), "OCS2", ["CS2.2.1", "RAS", "RAS", "oui"]),
        row(ground(200, 0, 300, 100), "OCS3", ["RAS", "RAS", "1", "RAS"]),
    ];
    layer(&world.path("PATCH_CORR_D011_2021.gpkg"), fields, &rows);
    let told = import(&world, "PATCH_CORR_D011_2021.gpkg", &[]);
    assert!(
        told.starts_with("exit code: 0") && told.contains("nothing to correct: 1 rows"),
        "{told}"
    );
    let ledger = ledger(&world);
    let expected = [
        ["OCS1", "Cover", "CS2.2.1", "CS1.1.1.1"],
        ["OCS1", "Usage", "US1.1", "US5"],
        ["OCS2", "Cover", "CS1.1.1.1", "CS2.2.1"],
    ];
    assert_eq!(asked(&ledger), expected.map(|row| row.map(str::to_owned)));
    assert_eq!(sorted(&ledger)[2].polygon, ground(100, 0, 200, 40));
    assert!(ledger.entries.iter().all(|entry| entry.standing == Standing::Accepted));
    assert_same_bytes_again(&world, "PATCH_CORR_D011_2021.gpkg", &[]);
}

#[test]
fn contributions_in_degrees_find_their_objects() {
    let world = world();
    let way = pipeline::io::srs::Reprojection::new(Path::new("a"), EPSG, 4326).unwrap();
    let mut features = String::new();
    let contributions = [
        (50, "published", r#"{"label": "CS1.1.1.2 - Zones non bâties"}"#, "null"),
        (150, "pending", "null", r#"{"label": "Agriculture"}"#),
        (250, "draft", r#"{"label": "CS1.1.1.1"}"#, "null"),
    ];
    for (k, (x, status, cs, us)) in contributions.into_iter().enumerate() {
        let (longitude, latitude) =
            way.point(Point::new(CORNER.x + 100 * x, CORNER.y + 5_000)).unwrap();
        let comma = if k == 0 { "" } else { "," };
        write!(
            features,
            r#"{comma}{{"type":"Feature","properties":{{"feature_id":"f{k}","title":"Parking","status":"{status}","cs_new":{cs},"us_new":{us},"comment":"<script>alert(1)</script>","millesime":2021,"type_erreur":"attribut"}},"geometry":{{"type":"Point","coordinates":[{longitude:.8},{latitude:.8}]}}}}"#
        )
        .unwrap();
    }
    let text = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
    fs::write(world.path("contributions.geojson"), text).unwrap();
    let told = import(&world, "contributions.geojson", &[]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let ledger = ledger(&world);
    let expected = [["OCS1", "Cover", "CS2.2.1", "CS1.1.1.2"], ["OCS2", "Usage", "US5", "US1.1"]];
    assert_eq!(asked(&ledger), expected.map(|row| row.map(str::to_owned)));
    let comment = sorted(&ledger)[0].record.comment.clone().unwrap();
    assert_eq!(comment, "Parking ; <script>alert(1)</script>");
    assert_eq!(refused(&world).len(), 1);
    assert_eq!(refused(&world)[0].0, "draft");
    assert_same_bytes_again(&world, "contributions.geojson", &[]);
}

#[test]
fn reports_change_the_state_of_the_corrections_that_they_are_of() {
    let world = world();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    fs::write(world.path("a.csv"), format!("{HEAD}1;OCS1;CS1.1.1.2;;;;;;;\n")).unwrap();
    import(&world, "a.csv", &["--map", "map.yaml"]);
    let id = ledger(&world).entries[0].record.correction_id.clone();
    let columns = ["NoSignalement", "Auteur", "Date_MAJ", "Statut", "Message"];
    let told_in = format!(
        "OCS GE 2021 : couverture CS2.2.1 à corriger en CS1.1.1.2 (objet OCS1). [correction {id}]"
    );
    let spoken = "usage US5 à corriger en US1.1 (objet OCS2)";
    let at = (50, 50);
    let rows: [((i32, i32), &[&str]); 4] = [
        (at, &["512", "Commune", "2026-02-01 10:00:00", "valid", &told_in]),
        (at, &["512", "Commune", "2026-01-01", "En attente de saisie", &told_in]),
        ((150, 50), &["513", "Commune", "2026-01-05", "submit", spoken]),
        (at, &["514", "Commune", "2026-01-05", "pending", "Ce bâtiment n'existe plus"]),
    ];
    points(&world.path("signalements.gpkg"), "Signalement", &columns, &rows);
    let told = import(&world, "signalements.gpkg", &[]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let now = ledger(&world);
    let first = now.get(&id).unwrap();
    assert_eq!(
        (first.record.ign_status, first.standing),
        (Some(IgnStatus::Valid), Standing::Accepted)
    );
    assert_eq!(first.record.ign_status_at.as_deref(), Some("2026-02-01"));
    let actions: Vec<Action> = now.history.iter().map(|event| event.note.action).collect();
    assert_eq!(actions, [Action::Entered, Action::Entered, Action::Answered]);
    let other = now.entries.iter().find(|entry| entry.record.object_id == "OCS2").unwrap();
    assert_eq!(
        (other.record.ign_report_id.as_deref(), other.standing),
        (Some("513"), Standing::Sent)
    );
    assert_eq!(refused(&world), [("unknown_report".to_owned(), "entité 4".to_owned())]);
    assert_same_bytes_again(&world, "signalements.gpkg", &[]);
    let alone =
        ["corrections", "import", "signalements.gpkg", "--as", "IGN", "--ledger", "ledger.gpkg"];
    assert!(world.told(&alone).starts_with("exit code: 0"), "no vintage is needed for states");
    let story = world.told(&["corrections", "show", "--ledger", "ledger.gpkg", "--id", &id]);
    assert!(
        story.contains("answered,accepted,Test,signalement 512 : Pris en compte le 2026-02-01"),
        "{story}"
    );
}

#[test]
fn what_was_changed_by_hand_is_written_down_and_another_source_is_an_event() {
    let world = world();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    fs::write(world.path("a.csv"), format!("{HEAD}1;OCS1;CS1.1.1.2;;;;;;;\n")).unwrap();
    import(&world, "a.csv", &["--map", "map.yaml"]);
    let mut by_hand = ledger(&world);
    by_hand.entries[0].standing = Standing::Rejected;
    by_hand.publish(&world.path("ledger.gpkg")).unwrap();
    let other = [
        "corrections",
        "import",
        "a.csv",
        "--as",
        "Autre",
        "--ledger",
        "ledger.gpkg",
        "--map",
        "map.yaml",
        "--vintage",
        "OCCUPATION_SOL.gpkg",
        "--date",
        "2026-11-22",
    ];
    assert!(world.told(&other).contains("1 seconded"));
    let now = ledger(&world);
    let events: Vec<_> =
        now.history.iter().map(|e| (e.note.action, e.note.source.as_str(), e.standing)).collect();
    assert_eq!(
        events,
        [
            (Action::Entered, "Test", Standing::Proposed),
            (Action::Edited, "saisie directe", Standing::Rejected),
            (Action::Seconded, "Autre", Standing::Rejected),
        ]
    );
    assert!(world.told(&other).contains("0 seconded"));
}

#[test]
fn files_that_are_no_corrections_are_told_so() {
    let world = world();
    fs::write(world.path("empty.csv"), "").unwrap();
    fs::write(world.path("other.csv"), "a,b\n1,2\n").unwrap();
    fs::write(world.path("uneven.csv"), "a,b\n1,2,3\n").unwrap();
    fs::write(world.path("twice.csv"), "a,a\n1,2\n").unwrap();
    fs::write(world.path("bad.yaml"), "columns: { covr: cs }\n").unwrap();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    for (file, more, code, words) in [
        ("empty.csv", &[][..], 4, "this table is empty"),
        ("other.csv", &[], 4, "the format of this file is not known"),
        ("uneven.csv", &[], 4, "this table is not CSV"),
        ("twice.csv", &[], 4, "two columns of this table have one name"),
        ("other.csv", &["--map", "bad.yaml"], 3, "covr"),
        ("other.csv", &["--map", "map.yaml"], 4, "this file lacks a column"),
        ("absent.gpkg", &[], 4, "absent.gpkg"),
        ("OCCUPATION_SOL.gpkg", &[], 4, "the format of this file is not known"),
        ("other.csv", &["--format", "kml"], 2, "`kml` is no format"),
    ] {
        let told = import(&world, file, more);
        assert!(
            told.starts_with(&format!("exit code: {code}")) && told.contains(words),
            "{file}: {told}"
        );
        assert!(!world.path("ledger.gpkg").exists(), "{file}");
    }
}

#[test]
fn layers_without_or_in_another_crs_are_told_and_a_monstrous_outline_is_refused() {
    let world = world();
    fs::write(world.path("map.yaml"), "columns: { cover: cs }\n").unwrap();
    let write = |name: &str, epsg: u32, polygon: &Polygon| {
        let spec = LayerSpec {
            name: "layer".to_owned(),
            title: String::new(),
            geometry: GeometryKind::Polygon,
            geometry_column: "geom",
            epsg: EPSG,
            file_epsg: epsg,
            fields: vec![Field::required("cs", FieldKind::Text)],
        };
        let path = world.path(name);
        let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &[spec]).unwrap();
        writer.add(0, 1, Shape::Polygon(polygon), &["CS1.1.1.2".into()]).unwrap();
        writer.finish().unwrap();
    };
    let field = ground(0, 0, 100, 100);
    write("degrees.gpkg", 4326, &field);
    let told = import(&world, "degrees.gpkg", &["--map", "map.yaml"]);
    assert!(told.contains("1 corrections entered"), "{told}");
    assert_eq!(
        ledger(&world).entries[0].polygon,
        field,
        "reprojected, and the object's own outline"
    );
    // Degrees that say they are metres.
    let lies = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"features":[{"type":"Feature","properties":{"cs":"CS1.1.1.1"},"geometry":{"type":"Point","coordinates":[2.3,43.2]}}]}"#;
    fs::write(world.path("lies.geojson"), lies).unwrap();
    import(&world, "lies.geojson", &["--map", "map.yaml"]);
    assert_eq!(refused(&world), [("out_of_department".to_owned(), "entité 0".to_owned())]);
    let shapefile = world.path("bare.shp");
    let made = std::process::Command::new("ogr2ogr")
        .args(["-f", "ESRI Shapefile", "-a_srs", "None"])
        .arg(&shapefile)
        .arg(world.path("degrees.gpkg"))
        .status();
    if made.is_ok_and(|status| status.success()) {
        fs::remove_file(world.path("bare.prj")).ok();
        let told = import(&world, "bare.shp", &["--map", "map.yaml"]);
        assert!(told.contains("has no CRS: taken to be EPSG:2154"), "{told}");
        assert_eq!(refused(&world)[0].0, "bad_geometry", "a field of some degrees is a point");
    }
    let comb: Vec<Point> = (0..500_100)
        .flat_map(|k: i32| {
            let (low, high) = (
                Point::new(CORNER.x + 2 * k, CORNER.y),
                Point::new(CORNER.x + 2 * k, CORNER.y + 100),
            );
            if k % 2 == 0 { [low, high] } else { [high, low] }
        })
        .chain([
            Point::new(CORNER.x + 1_000_300, CORNER.y - 100),
            Point::new(CORNER.x, CORNER.y - 100),
        ])
        .collect();
    write("huge.gpkg", EPSG, &Polygon { exterior: Ring(comb), holes: Vec::new() });
    import(&world, "huge.gpkg", &["--map", "map.yaml"]);
    assert_eq!(refused(&world), [("huge_geometry".to_owned(), "entité 1".to_owned())]);
}
