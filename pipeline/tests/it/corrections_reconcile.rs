//! `millesime corrections reconcile` on a version that follows some corrections, half follows
//! some, ignores some and makes something else of some: every verdict is known beforehand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kernels::lattice::{Polygon, Ring};
use nomenclature::{Dimension, Nomenclature};
use pipeline::corrections::ledger::{Entry, Head, Ledger};
use pipeline::corrections::terms::{Aim, IgnStatus, Kind, Outcome, Standing};
use pipeline::io::vector::Value;
use pipeline::io::vector_writer::{Field, FieldKind};

use crate::drawn::{self, plain};
use crate::world::{EPSG, World, layer};

const MEADOW: &str = "CS2.2.1";
const WOOD: &str = "CS2.1.1.1";
const BUILT: &str = "CS1.1.1.1";
const PAVED: &str = "CS1.1.1.2";
const WATER: &str = "CS1.2.2";
const FARM: &str = "US1.1";
const HOMES: &str = "US5";

/// A rectangle in metres from the corner of the territory.
fn rect((west, south): (i32, i32), (width, height): (i32, i32)) -> Polygon {
    plain([west, south, west + width, south + height].map(|metres| 100 * metres))
}

/// The parcel of a row and a column, a square of 100 m.
fn parcel(row: i32, col: i32) -> Polygon {
    rect((100 * col, 100 * row), (100, 100))
}

/// A polygon with another one cut out.
fn without(mut polygon: Polygon, hole: Polygon) -> Polygon {
    let Ring(mut corners) = hole.exterior;
    corners.reverse();
    polygon.holes.push(Ring(corners));
    polygon
}

type Row = (&'static str, Polygon, &'static str, &'static str);

fn vintage(path: &Path, rows: &[Row]) {
    let text = |name| Field::required(name, FieldKind::Text);
    let fields = ["id", "code_cs", "code_us"].map(text).to_vec();
    let rows: Vec<(Polygon, Vec<Value>)> = rows
        .iter()
        .map(|(id, polygon, cs, us)| (polygon.clone(), [*id, *cs, *us].map(Value::from).to_vec()))
        .collect();
    layer(path, fields, &rows);
}

/// Where the version before and the version after are the same.
fn unchanged() -> Vec<Row> {
    vec![
        ("A2", parcel(0, 2), MEADOW, FARM),
        ("A3", parcel(0, 3), MEADOW, FARM),
        ("A5", parcel(0, 5), MEADOW, FARM),
        ("A6", parcel(0, 6), WATER, FARM),
        ("B4", parcel(1, 4), MEADOW, FARM),
        ("B5", parcel(1, 5), WOOD, FARM),
        ("C2", parcel(2, 2), MEADOW, FARM),
    ]
}

fn before() -> Vec<Row> {
    let mut rows = unchanged();
    rows.extend([
        ("A0", parcel(0, 0), MEADOW, FARM),
        ("A1", parcel(0, 1), MEADOW, FARM),
        ("A4", parcel(0, 4), MEADOW, FARM),
        ("B0", parcel(1, 0), MEADOW, FARM),
        ("B1", parcel(1, 1), WOOD, FARM),
        ("B2", parcel(1, 2), MEADOW, FARM),
        ("B3", parcel(1, 3), WOOD, FARM),
        ("C0", parcel(2, 0), MEADOW, FARM),
        ("C1", parcel(2, 1), MEADOW, FARM),
    ]);
    rows
}

fn after() -> Vec<Row> {
    let house = rect((40, 240), (20, 20));
    let mut rows = unchanged();
    rows.extend([
        ("A0", parcel(0, 0), BUILT, FARM),
        ("A1", rect((100, 0), (40, 100)), PAVED, FARM),
        ("A1b", rect((140, 0), (60, 100)), MEADOW, FARM),
        ("A4", parcel(0, 4), WATER, FARM),
        // The outline that was asked for; the object has another code now.
        ("B0", rect((0, 100), (150, 100)), PAVED, FARM),
        ("B1", rect((150, 100), (50, 100)), WOOD, FARM),
        // Half of it.
        ("B2", rect((200, 100), (130, 100)), MEADOW, FARM),
        ("B3", rect((330, 100), (70, 100)), WOOD, FARM),
        ("C0", without(parcel(2, 0), house.clone()), MEADOW, FARM),
        ("C0b", house, BUILT, HOMES),
        ("C1", rect((100, 200), (50, 100)), MEADOW, FARM),
        ("C1b", rect((150, 200), (50, 100)), BUILT, FARM),
    ]);
    rows
}

/// A correction by somebody who writes what no page or sheet may take as its own.
fn correction(
    object: &str,
    polygon: Polygon,
    of: (Aim, Kind),
    codes: (Option<&str>, Option<&str>),
    ign_status: Option<IgnStatus>,
) -> Entry {
    let mut entry = drawn::correction((2021, object), of, codes, polygon);
    let record = &mut entry.record;
    record.insee = Some("11001".to_owned());
    record.author_org = Some("Commune <b>d'Exemple</b>".to_owned());
    record.comment = Some("=HYPERLINK(\"http://x\") <script>alert(1)</script>".to_owned());
    record.ign_report_id = ign_status.map(|_| "4711".to_owned());
    record.ign_status = ign_status;
    entry.standing = ign_status.and_then(IgnStatus::standing).unwrap_or(Standing::Proposed);
    entry
}

/// Each correction with what must become of it: verdict, share in percent, piece of its reason.
type Expected = (Entry, Outcome, Option<f64>, &'static str);

fn scenario() -> Vec<Expected> {
    use Outcome::{Applied, Ignored, NotAssessable, Partly, Superseded};
    const COVER: (Aim, Kind) = (Aim::Cover, Kind::Semantic);
    const USAGE: (Aim, Kind) = (Aim::Usage, Kind::Semantic);
    const OUTLINE: (Aim, Kind) = (Aim::Geometry, Kind::Geometry);
    const MISSING: (Aim, Kind) = (Aim::Geometry, Kind::Omission);
    let to = |code| (Some(MEADOW), Some(code));
    let valid = Some(IgnStatus::Valid);
    let cover =
        |object, polygon, code, status| correction(object, polygon, COVER, to(code), status);
    let drawn = |object, polygon| correction(object, polygon, OUTLINE, (None, None), None);
    let usage = (Some(FARM), Some(HOMES));
    let house = rect((40, 240), (20, 20));
    let missing = (None, Some("CS1.1.1.1/US5"));
    let (full, none) = (Some(100.0), Some(0.0));
    vec![
        (cover("A0", parcel(0, 0), BUILT, valid), Applied, full, ""),
        (cover("A1", parcel(0, 1), PAVED, valid), Partly, Some(40.0), "le reste est inchangé"),
        (correction("A2", parcel(0, 2), USAGE, usage, Some(IgnStatus::Valid0)), Ignored, none, ""),
        (cover("A3", parcel(0, 3), WOOD, None), Ignored, none, ""),
        (cover("A4", parcel(0, 4), WOOD, Some(IgnStatus::Reject)), Superseded, none, WATER),
        (cover("far", parcel(0, 9), WOOD, None), NotAssessable, None, "hors des deux versions"),
        (cover("A5", parcel(0, 5), MEADOW, None), NotAssessable, None, "déjà comme proposé"),
        (cover("A6", parcel(0, 6), BUILT, None), NotAssessable, None, "le code à corriger"),
        (drawn("B0", rect((0, 100), (150, 100))), Applied, full, ""),
        (drawn("B2", rect((200, 100), (160, 100))), Partly, Some(50.0), "inchangé"),
        (drawn("B4;B5", rect((400, 100), (200, 100))), Ignored, none, ""),
        (correction("C0", house, MISSING, missing, None), Applied, full, ""),
        (cover("C1", rect((150, 200), (50, 100)), BUILT, None), Applied, full, ""),
        (cover("C2", parcel(2, 2), "CS9.9", None), NotAssessable, None, "dans la nomenclature"),
        (drawn("gone", parcel(2, 9)), NotAssessable, None, "introuvable"),
    ]
}

struct Drawn {
    world: World,
}

impl Drawn {
    fn new(entries: Vec<Entry>) -> Self {
        let world = World::new();
        vintage(&world.path("before.gpkg"), &before());
        vintage(&world.path("after.gpkg"), &after());
        let text = |name| Field::required(name, FieldKind::Text);
        let commune = (rect((0, 0), (1_000, 300)), ["11001", "Aigues"].map(Value::from).to_vec());
        layer(&world.path("communes.gpkg"), ["insee", "nom"].map(text).to_vec(), &[commune]);
        let head = Head { department: "11".into(), epsg: EPSG, nomenclature: "ocsge-2-0".into() };
        let mut ledger = Ledger::create(head);
        ledger.enter(entries).unwrap();
        ledger.publish(&world.path("ledger.gpkg")).unwrap();
        Self { world }
    }

    fn told(&self, out: &str, more: &[&str]) -> String {
        let base = [
            ["corrections", "reconcile", "--ledger", "ledger.gpkg", "--department", "11"],
            ["--date", "2026-11-21", "--version-name", "V2 <essai>", "--out", out],
        ];
        self.world.told(&[base.as_flattened(), more].concat())
    }

    fn compare(&self, out: &str, more: &[&str]) -> PathBuf {
        let usual = ["compare", "--department", "11", "--before", "before.gpkg", "--after"];
        let base = ["after.gpkg", "--years", "2021,2024", "--territories", "communes.gpkg"];
        let told = self.world.told(&[&usual[..], &base, &["--out", out], more].concat());
        assert!(told.starts_with("exit code: 0"), "{told}");
        self.world.path(out)
    }

    fn reconcile(&self, out: &str, more: &[&str]) -> PathBuf {
        let usual = ["--before", "before.gpkg", "--after", "after.gpkg", "--years", "2021"];
        let told = self.told(out, &[&usual, more].concat());
        assert!(told.starts_with("exit code: 0"), "{told}");
        self.world.path(out)
    }
}

/// A table as rows of values by column.
fn table(out: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(out.join(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_correction_ends_with_the_verdict_and_the_share_that_the_version_was_drawn_for() {
    let scenario = scenario();
    let mut entries: Vec<Entry> = scenario.iter().map(|(entry, ..)| entry.clone()).collect();
    let mut older = entries[0].clone();
    older.record.vintage = 2018;
    older.record.correction_id = "older".to_owned();
    entries.push(older);
    let drawn = Drawn::new(entries);
    let out = drawn.reconcile("out", &["--territories", "communes.gpkg"]);
    let judged = Ledger::read(&out.join("ledger.gpkg")).unwrap();
    for (entry, outcome, share, reason) in &scenario {
        let object = &entry.record.object_id;
        let judged = judged.get(&entry.record.correction_id).unwrap();
        let verdict = judged.verdict.as_ref().unwrap();
        assert_eq!(verdict.outcome, *outcome, "{object}: {verdict:?}");
        assert_eq!(verdict.share.map(|share| 100.0 * share), *share, "{object}");
        let told = verdict.reason.as_deref().unwrap_or_default();
        assert!(told.contains(reason) && told.is_empty() == reason.is_empty(), "{object}: {told}");
        assert_eq!(verdict.version, "V2 <essai>");
        let applied_in = (*outcome == Outcome::Applied).then_some("V2 <essai>");
        assert_eq!(judged.record.applied_in_version.as_deref(), applied_in, "{object}");
    }
    assert_eq!(judged.get("older").unwrap().verdict, None);
    assert_eq!(judged.history.len(), scenario.len());
    let untouched = Ledger::read(&drawn.world.path("ledger.gpkg")).unwrap();
    assert!(untouched.history.is_empty(), "only --in-place writes into the ledger given");
}

#[test]
fn rates_and_areas_are_exact_and_what_was_accepted_and_ignored_is_listed() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let out = drawn.reconcile("out", &["--territories", "communes.gpkg"]);
    let rates = &table(&out, "taux_departement.csv")[0];
    for (key, expected) in [
        ("groupe", "11"),
        ("inscrites", "15"),
        ("transmises", "4"),
        ("acceptees", "3"),
        ("applied", "4"),
        ("partly", "2"),
        ("ignored", "3"),
        ("superseded", "1"),
        ("not_assessable", "5"),
        ("not_judged", "0"),
        ("taux_applique", "40.000000"),
        ("taux_suivi", "60.000000"),
        ("surface_a_corriger", "76400.00000"),
        ("surface_corrigee", "27400.00000"),
        ("taux_surface", "35.863874"),
    ] {
        assert_eq!(rates[key], expected, "{key}");
    }
    let by_theme: BTreeMap<String, String> = table(&out, "taux_theme.csv")
        .into_iter()
        .map(|row| (row["groupe"].clone(), row["inscrites"].clone()))
        .collect();
    let expected = [
        ("Contour", "3"),
        ("Couverture", "9"),
        ("Fusion", "1"),
        ("Objet manquant", "1"),
        ("Usage", "1"),
    ];
    assert_eq!(by_theme, expected.map(|(k, n)| (k.to_owned(), n.to_owned())).into());
    assert_eq!(table(&out, "taux_commune.csv")[0]["groupe"], "11001 Aigues");
    let broken = table(&out, "acceptees_non_appliquees.csv");
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0]["object_id"], "A2");
    assert_eq!(broken[0]["ign_status"], "Déjà pris en compte");
    // A0, A1, A2 and C1 in whole, and the house: each place once.
    let stake = table(&out, "artificialisation_en_jeu.csv");
    assert_eq!(stake[0]["en_jeu"], "35400.00000");
    assert_eq!(stake[0]["obtenu"], "19400.00000");
    assert_eq!(stake[1]["en_jeu"], "0.00000");
}

#[test]
fn looking_again_changes_nothing_and_polygons_may_come_in_any_order() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let out = drawn.reconcile("out", &["--in-place"]);
    let first = fs::read(out.join("corrections.csv")).unwrap();
    let ledger = fs::read(drawn.world.path("ledger.gpkg")).unwrap();
    assert_eq!(fs::read(out.join("ledger.gpkg")).unwrap(), ledger);
    for (name, mut rows) in [("before.gpkg", before()), ("after.gpkg", after())] {
        rows.reverse();
        let path = drawn.world.path(name);
        fs::remove_file(&path).unwrap();
        vintage(&path, &rows);
    }
    let again = drawn.reconcile("again", &["--in-place"]);
    assert_eq!(fs::read(again.join("corrections.csv")).unwrap(), first);
    assert_eq!(fs::read(drawn.world.path("ledger.gpkg")).unwrap(), ledger);
}

#[test]
fn the_page_escapes_what_people_wrote_and_needs_nothing_else() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let out = drawn.reconcile("out", &["--territories", "communes.gpkg"]);
    let page = fs::read_to_string(out.join("corrections.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("<b>d") && !page.contains("<essai>"));
    assert!(page.contains("&lt;script&gt;") && page.contains("V2 &lt;essai&gt;"));
    assert!(
        !page.contains("http://")
            || page.matches("http://").count() == page.matches("http://x").count()
    );
    let accepted = &scenario()[2].0.record.correction_id;
    assert!(page.contains(&format!("href=\"#c-{accepted}\"")), "the list of the accepted links");
    assert!(page.contains(&format!("id=\"c-{accepted}\"")), "to the list of all");
    let text = fs::read_to_string(out.join("corrections.csv")).unwrap();
    assert!(text.contains("'=HYPERLINK"), "a spreadsheet must not run it");
    let told =
        drawn.world.told(&["corrections", "report", "--ledger", "ledger.gpkg", "--out", "alone"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let alone = fs::read_to_string(drawn.world.path("alone/corrections.html")).unwrap();
    assert!(alone.contains("aucune version n'est comparée") && !alone.contains("<script"));
}

#[test]
fn a_patch_says_what_the_vintage_should_have_been_and_what_was_left() {
    let corrections = [("A3", parcel(0, 3)), ("A5", parcel(0, 5)), ("A4", parcel(0, 4))];
    let entries: Vec<Entry> = corrections
        .into_iter()
        .map(|(object, polygon)| {
            let codes = (Some(MEADOW), Some(if object == "A4" { WATER } else { WOOD }));
            correction(object, polygon, (Aim::Cover, Kind::Semantic), codes, None)
        })
        .collect();
    let ids: Vec<String> = entries.iter().map(|entry| entry.record.correction_id.clone()).collect();
    let drawn = Drawn::new(entries);
    let text = |name| Field::optional(name, FieldKind::Text);
    let rows = [(parcel(0, 3), [WOOD, "RAS"]), (parcel(0, 4), ["RAS", "RAS"])];
    let rows = rows.map(|(polygon, says)| (polygon, says.map(Value::from).to_vec()));
    layer(&drawn.world.path("patch.gpkg"), ["cs_corr", "us_corr"].map(text).to_vec(), &rows);
    let files = ["--before", "before.gpkg", "--after", "after.gpkg"];
    let told = drawn
        .told("out", &[&files[..], &["--years", "2021,2024", "--patch", "patch.gpkg"]].concat());
    assert!(told.starts_with("exit code: 0"), "{told}");
    let judged = Ledger::read(&drawn.world.path("out").join("ledger.gpkg")).unwrap();
    let verdict = |rank: usize| judged.get(&ids[rank]).unwrap().verdict.clone().unwrap();
    assert_eq!(verdict(0).outcome, Outcome::Applied, "by the patch alone");
    assert_eq!(verdict(1).outcome, Outcome::Ignored);
    assert_eq!(verdict(2).outcome, Outcome::Ignored, "a change of the next vintage");
    assert!(verdict(2).reason.unwrap().contains("RAS"));
}

#[test]
fn what_cannot_be_reconciled_is_refused_with_its_reason_and_nothing_is_written() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let files = ["--before", "before.gpkg", "--after", "after.gpkg"];
    let with = |more: &[&str]| drawn.told("out", &[&files, more].concat());
    for (more, code, reason) in [
        (&["--years", "2018"][..], 4, "holds no correction of the vintage"),
        (&["--years", "2021,2018"], 2, "--before is the version that was corrected"),
        (&["--years", "2021,2021,2024"], 2, "one or two years"),
        (&[], 2, "does not state its year"),
        (&["--years", "2021", "--patch", "after.gpkg"], 4, "cs_corr"),
        (&["--years", "2021", "--nomenclature", "corine"], 2, "corine"),
    ] {
        let told = with(more);
        assert!(told.starts_with(&format!("exit code: {code}\n")), "{more:?}: {told}");
        assert!(told.contains(reason), "{more:?}: {told}");
    }
    assert!(!drawn.world.path("out").join("manifest.json").exists());
}

#[test]
fn a_comparison_counts_what_accepted_corrections_explain_apart_from_change() {
    let mut entries: Vec<Entry> = scenario().into_iter().map(|(entry, ..)| entry).collect();
    // Accepted too, but the ground became something else: that is a change.
    entries[4].standing = Standing::Accepted;
    let drawn = Drawn::new(entries);
    let out = drawn.compare("with", &["--corrections", "ledger.gpkg"]);
    let rows = table(&out, "indicators/ecarts_corriges.csv");
    let told = |rank: usize, key: &str| rows[rank][key].as_str();
    assert_eq!((told(0, "objets"), told(0, "surface")), ("0", "0.00000"), "no patch");
    // The parcel A0 and the strip of A1.
    assert_eq!((told(1, "objets"), told(1, "surface")), ("2", "14000.00000"));
    // A patch corrects A4 and has looked at C1; both are said of the patch, not of the ledger.
    let text = |name| Field::optional(name, FieldKind::Text);
    let patch = [(parcel(0, 4), [WATER, "RAS"]), (parcel(2, 1), ["RAS", "RAS"])];
    let patch = patch.map(|(polygon, says)| (polygon, says.map(Value::from).to_vec()));
    layer(&drawn.world.path("patch.gpkg"), ["cs_corr", "us_corr"].map(text).to_vec(), &patch);
    let both = ["--corrections", "ledger.gpkg", "--patch", "patch.gpkg"];
    let rows = table(&drawn.compare("both", &both), "indicators/ecarts_corriges.csv");
    let of_patch = (rows[0]["objets"].as_str(), rows[0]["surface"].as_str());
    assert_eq!(of_patch, ("1", "10000.00000"));
    assert_eq!(rows[1]["objets"], "2");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Corrections du registre") && report.contains("ledger.gpkg"));
    let flux =
        |out: &Path| table(out, "indicators/artif_departement.csv")[0]["flux_artif_reel"].clone();
    let square_metres = |text: String| text.parse::<f64>().unwrap();
    let without = drawn.compare("without", &[]);
    let (with, without) = (square_metres(flux(&out)), square_metres(flux(&without)));
    assert!((without - with - 14_000.0).abs() < 0.01, "{without} - {with}");
}

#[test]
fn a_comparison_explains_the_ground_that_a_redrawn_outline_takes_and_the_ground_it_gives_up() {
    let outline = |object, polygon| {
        let aim = (Aim::Geometry, Kind::Geometry);
        correction(object, polygon, aim, (None, None), Some(IgnStatus::Valid))
    };
    // B0 takes half of B1; B4 gives two fifths of its ground up, which B5 has the longest border to.
    let entries =
        vec![outline("B0", rect((0, 100), (150, 100))), outline("B4", rect((400, 100), (60, 100)))];
    let drawn = Drawn::new(entries);
    let path = drawn.world.path("after.gpkg");
    fs::remove_file(&path).unwrap();
    let mut rows = before();
    for (id, polygon) in [
        ("B0", rect((0, 100), (150, 100))),
        ("B1", rect((150, 100), (50, 100))),
        ("B4", rect((400, 100), (60, 100))),
        ("B5", rect((460, 100), (140, 100))),
    ] {
        rows.iter_mut().find(|row| row.0 == id).unwrap().1 = polygon;
    }
    vintage(&path, &rows);
    let out = drawn.compare("with", &["--corrections", "ledger.gpkg"]);
    let rows = table(&out, "indicators/ecarts_corriges.csv");
    // All the ground that differs.
    assert_eq!((rows[1]["objets"].as_str(), rows[1]["surface"].as_str()), ("2", "9000.00000"));
}

/// A leaf of a nested nomenclature that falls in a national class.
fn nested(own: &Nomenclature, national: &Nomenclature, dimension: Dimension, code: &str) -> String {
    let wanted = national.find(dimension, code);
    let mut classes = own.classes(dimension).iter();
    let falls = |nest: &nomenclature::Nest| nest.target() == wanted;
    classes.find(|class| class.nest.as_ref().is_some_and(falls)).unwrap().code.clone()
}

#[test]
fn versions_in_a_nested_nomenclature_give_the_same_verdicts() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let plain = fs::read(drawn.reconcile("out", &[]).join("corrections.csv")).unwrap();
    let [own, national] =
        ["ocs2d-hdf-2021", "ocsge-2-0"].map(|id| Nomenclature::builtin(id).unwrap());
    let text = |name| Field::required(name, FieldKind::Text);
    for (name, rows) in [("before.gpkg", before()), ("after.gpkg", after())] {
        let path = drawn.world.path(name);
        fs::remove_file(&path).unwrap();
        let rows: Vec<(Polygon, Vec<Value>)> = rows
            .into_iter()
            .map(|(id, polygon, cs, us)| {
                let cs = nested(&own, &national, Dimension::Cover, cs);
                let us = nested(&own, &national, Dimension::Usage, us);
                (polygon, [id, cs.as_str(), us.as_str()].map(Value::from).to_vec())
            })
            .collect();
        layer(&path, ["id", "code_cs", "code_us"].map(text).to_vec(), &rows);
    }
    let out = drawn.reconcile("nested", &["--nomenclature", "ocs2d-hdf-2021"]);
    assert_eq!(fs::read(out.join("corrections.csv")).unwrap(), plain);
}

#[test]
fn the_ledger_is_never_written_over_unasked() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let before = fs::read(drawn.world.path("ledger.gpkg")).unwrap();
    let usual = ["--before", "before.gpkg", "--after", "after.gpkg", "--years", "2021"];
    let told = drawn.told(".", &usual);
    assert!(told.starts_with("exit code: 2") && told.contains("--in-place"), "{told}");
    assert_eq!(fs::read(drawn.world.path("ledger.gpkg")).unwrap(), before);
    let told = drawn.told(".", &[&usual[..], &["--in-place"]].concat());
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert_ne!(fs::read(drawn.world.path("ledger.gpkg")).unwrap(), before);
}

#[test]
fn what_is_applied_to_a_vintage_is_found_applied_in_it() {
    let drawn = Drawn::new(scenario().into_iter().map(|(entry, ..)| entry).collect());
    let apply = ["corrections", "apply", "--ledger", "ledger.gpkg", "--vintage", "before.gpkg"];
    let told = drawn.world.told(&[&apply[..], &["--year", "2021", "--out", "corrected"]].concat());
    assert!(told.starts_with("exit code: 0"), "{told}");
    let corrected = drawn.world.path("corrected");
    fs::copy(corrected.join("OCCUPATION_SOL.gpkg"), drawn.world.path("after.gpkg")).unwrap();
    let verdicts = table(&drawn.reconcile("out", &[]), "corrections.csv");
    let verdict = |id: &str| verdicts.iter().find(|row| row["correction_id"] == id).unwrap();
    let mut applied = Vec::new();
    for row in table(&corrected, "corrections.csv") {
        let found = verdict(&row["correction_id"]);
        if row["suite"] == "appliquée" {
            applied.push(found["object_id"].clone());
            assert_eq!(found["verdict"], "Appliquée", "{found:?}");
            assert_eq!(found["part"], "100.000000", "{found:?}");
        } else {
            assert_ne!(found["verdict"], "Appliquée", "{found:?}");
        }
    }
    applied.sort();
    let expected = ["A0", "A1", "A2", "A3", "B0", "B2", "B4;B5", "C0", "C1"];
    assert_eq!(applied, expected);
}
