//! `millesime corrections export`: every form, read again.

use std::fs;
use std::io::Read as _;

use kernels::lattice::Point;
use pipeline::corrections::ledger::{Entry, Ledger};
use pipeline::corrections::terms::{IgnStatus, Standing};
use serde_json::Value;

use crate::corrections_import::{CORNER, import, ledger, world};
use crate::world::{EPSG, World};

const MAP: &str = "\
columns: { reference: id, object: objet, cover: cs, usage: us, comment: [remarque], author: qui, wkt: wkt, kind: nature }
kinds: { contour: geometry, oubli: omission }
";

/// A world whose ledger holds one correction of each kind: two codes of an object, a part, an
/// outline, a merge, a missing object with a finer code.
fn filled() -> World {
    let world = world();
    fs::write(world.path("map.yaml"), MAP).unwrap();
    let rows = "\
id,objet,cs,us,remarque,qui,wkt,nature
1,OCS1,CS1.1.1.2,US5,\"=HYPERLINK(\"\"http://x\"\") <b>é</b>\",Mairie d'Alet,,
2,,CS1.1.1.1,,,CC du Limouxin,\"POLYGON ((650200 6300000,650230.25 6300000,650230 6300100,650200 6300100,650200 6300000))\",
3,OCS1,,,,+Asso,\"POLYGON ((650000 6300000,650080 6300000,650080 6300100,650000 6300100,650000 6300000))\",contour
4,OCS2;OCS3,,,,,,contour
5,,CS2.2.1.4,US1.1,,,\"POLYGON ((650310 6300010,650350 6300010,650350 6300050,650310 6300050,650310 6300010))\",oubli
";
    fs::write(world.path("retours.csv"), rows).unwrap();
    let told =
        import(&world, "retours.csv", &["--map", "map.yaml", "--territories", "communes.gpkg"]);
    assert!(told.contains("6 corrections entered"), "{told}");
    world
}

fn export(world: &World, format: &str, out: &str, more: &[&str]) -> String {
    let args =
        ["corrections", "export", "--ledger", "ledger.gpkg", "--format", format, "--out", out];
    let told = world.told(&[&args[..], more].concat());
    assert!(told.starts_with("exit code: 0"), "{told}");
    told
}

/// Id, object, proposed and local code, comment and area of each correction.
fn substance(ledger: &Ledger) -> Vec<[String; 6]> {
    let row = |entry: &Entry| {
        let record = &entry.record;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            record.correction_id.clone(),
            record.object_id.clone(),
            text(&record.proposed_code),
            text(&record.local_code),
            text(&record.comment),
            record.area_m2.to_string(),
        ]
    };
    ledger.entries.iter().map(row).collect()
}

#[test]
fn what_is_exported_is_the_same_when_it_is_imported_elsewhere_and_nothing_new_here() {
    let world = filled();
    let (own, bytes) = (ledger(&world), fs::read(world.path("ledger.gpkg")).unwrap());
    for (format, out, more) in [
        ("csv", "a.csv", &[][..]),
        ("gpkg", "a.gpkg", &[]),
        ("geocontrib", "a.geojson", &["--geometry", "polygon"]),
    ] {
        export(&world, format, out, more);
        let told = import(&world, out, &[]);
        assert!(
            told.contains(" 0 corrections entered, 0 seconded, 0 with a new state, 6"),
            "{format}: {told}"
        );
        assert!(fs::read(world.path("ledger.gpkg")).unwrap() == bytes, "{format}");
        fs::rename(world.path("ledger.gpkg"), world.path("kept.gpkg")).unwrap();
        let told = import(&world, out, &[]);
        assert!(told.contains("6 corrections entered"), "{format}: {told}");
        let same = |[id, object, code, local, comment, area]: [String; 6]| match format {
            // Contributions have no place for a finer code, and a title besides the comment.
            "geocontrib" => [id, object, code, String::new(), String::new(), area],
            _ => [id, object, code, local, comment, area],
        };
        let [read, own] =
            [&ledger(&world), &own].map(|l| substance(l).into_iter().map(same).collect::<Vec<_>>());
        assert_eq!(read, own, "{format}");
        fs::rename(world.path("kept.gpkg"), world.path("ledger.gpkg")).unwrap();
    }
    let again =
        ["corrections", "export", "--ledger", "ledger.gpkg", "--format", "csv", "--out", "a.csv"];
    let told = world.told(&again);
    assert!(told.starts_with("exit code: 2") && told.contains("exists already"), "{told}");
}

fn reports(world: &World, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(world.path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn reports_are_as_the_platform_takes_them_and_are_known_again_when_they_come_back() {
    let world = filled();
    fs::write(world.path("reports.yaml"), "community: 42\ntheme: Boucle 11\nstatus: test\n")
        .unwrap();
    export(&world, "ign-report", "a.jsonl", &["--reports", "reports.yaml"]);
    let sent = reports(&world, "a.jsonl");
    assert_eq!(sent.len(), 6);
    let way = pipeline::io::srs::Reprojection::new("a".as_ref(), EPSG, 4326).unwrap();
    let (west, south) = way.point(CORNER).unwrap();
    let (east, north) = way.point(Point::new(CORNER.x + 40_000, CORNER.y + 10_000)).unwrap();
    for report in &sent {
        let point = report["geometry"].as_str().unwrap();
        let inner = point.strip_prefix("POINT(").unwrap().strip_suffix(')').unwrap();
        let place: Vec<f64> = inner.split(' ').map(|n| n.parse().unwrap()).collect();
        assert!(
            west < place[0] && place[0] < east && south < place[1] && place[1] < north,
            "{point}"
        );
        assert!(report["comment"].as_str().unwrap().chars().count() >= 10);
        assert_eq!(
            (report["status"].as_str(), report["attributes"]["community"].as_i64()),
            (Some("test"), Some(42))
        );
        assert!(
            report["attributes"]["attributes"].as_object().unwrap().values().all(Value::is_string)
        );
        for object in report["sketch"]["objects"].as_array().unwrap() {
            let wkt = object["geometry"].as_str().unwrap();
            assert!(
                wkt.starts_with("POLYGON((") && wkt.matches('(').count() == 2,
                "one ring: {wkt}"
            );
        }
    }
    // They come back, each with a number and a state.
    let features: Vec<Value> = (700..)
        .zip(&sent)
        .map(|(number, report)| {
            serde_json::json!({
                "type": "Feature",
                "properties": {
                    "NoSignalement": number, "Auteur": "Mairie", "Date_MAJ": "2026-12-01 08:00:00",
                    "Statut": "valid", "Message": report["comment"], "Themes": "Boucle 11",
                },
                "geometry": { "type": "Point", "coordinates": [west + 1e-4, south + 1e-4] },
            })
        })
        .collect();
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": features });
    fs::write(world.path("signalements.geojson"), collection.to_string()).unwrap();
    let back =
        ["corrections", "import", "signalements.geojson", "--as", "IGN", "--ledger", "ledger.gpkg"];
    let told = world.told(&[&back[..], &["--date", "2026-12-02"]].concat());
    assert!(told.contains("0 corrections entered, 0 seconded, 6 with a new state"), "{told}");
    let now = ledger(&world);
    assert!(now.entries.iter().all(|entry| entry.standing == Standing::Accepted));
    assert!(now.entries.iter().all(|entry| entry.record.ign_status == Some(IgnStatus::Valid)));
    let told = export(&world, "ign-report", "b.jsonl", &[]);
    assert!(told.contains("0 of 6"), "what was reported is not reported again: {told}");
}

#[test]
fn sheets_are_of_each_contributor_and_commune_and_hold_no_formula() {
    let world = filled();
    export(&world, "xlsx", "a.xlsx", &["--by", "contributor", "--by", "commune"]);
    let mut book = zip::ZipArchive::new(fs::File::open(world.path("a.xlsx")).unwrap()).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        book.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let workbook = part("xl/workbook.xml");
    for name in
        ["Corrections", "Mairie d_Alet", "CC du Limouxin", "_Asso", "Test", "11001", "Méthode"]
    {
        assert!(workbook.contains(&format!("name=\"{name}\"")), "{name}: {workbook}");
    }
    let sheets: String = (1..=7).map(|k| part(&format!("xl/worksheets/sheet{k}.xml"))).collect();
    assert!(!sheets.contains("<f>") && !sheets.contains("hyperlink"));
    assert!(part("xl/sharedStrings.xml").contains("=HYPERLINK(\"http://x\") &lt;b&gt;é&lt;/b&gt;"));
    export(&world, "csv", "communes", &["--by", "contributor"]);
    let names = ["CC du Limouxin.csv", "Mairie d_Alet.csv", "Test.csv", "_Asso.csv"];
    let mut found: Vec<String> = fs::read_dir(world.path("communes").as_path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, names);
    let text = fs::read_to_string(world.path("communes/Mairie d_Alet.csv")).unwrap();
    assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\")"), "{text}");
    let text = fs::read_to_string(world.path("communes/_Asso.csv")).unwrap();
    assert!(text.contains(",'+Asso,"), "{text}");
}

#[test]
fn options_that_make_no_sense_together_are_refused() {
    let world = filled();
    fs::write(world.path("reports.yaml"), "comunity: 42\n").unwrap();
    for (more, code, words) in [
        (&["--format", "gpkg", "--out", "a.gpkg", "--by", "commune"][..], 2, "--by makes sheets"),
        (&["--format", "gpkg", "--out", "a.csv"], 2, "not the name of a GeoPackage"),
        (&["--format", "csv", "--out", "a.csv", "--reports", "reports.yaml"], 2, "--reports"),
        (
            &["--format", "ign-report", "--out", "a.jsonl", "--reports", "reports.yaml"],
            3,
            "comunity",
        ),
        (&["--format", "csv", "--out", "a.csv", "--standing", "lost"], 2, "lost"),
    ] {
        let told =
            world.told(&[&["corrections", "export", "--ledger", "ledger.gpkg"], more].concat());
        assert!(told.starts_with(&format!("exit code: {code}")) && told.contains(words), "{told}");
    }
    let told = world.told(&["corrections", "show", "--ledger", "OCCUPATION_SOL.gpkg"]);
    assert!(told.starts_with("exit code: 4"), "{told}");
}
