use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};

use super::*;
use crate::io::vector::{Value, VectorSource};

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    args: Args,
}

/// Parses what a user types after `millesime nomenclature`.
fn typed(words: &[&str]) -> Args {
    let words = std::iter::once("nomenclature").chain(words.iter().copied());
    Typed::try_parse_from(words.map(OsString::from)).unwrap().args
}

fn shown(words: &[&str]) -> Result<String, Error> {
    let Action::Show(args) = typed(words).action else { unreachable!("{words:?}") };
    show::shown(&args)
}

fn refused(words: &[&str]) -> Error {
    execute(&typed(words)).unwrap_err()
}

#[test]
fn a_name_that_is_not_built_in_is_a_usage_error_with_the_nearest() {
    let error = shown(&["show", "ocsge-2.0"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert_eq!(error.hint().as_deref(), Some("did you mean `ocsge-2-0`?"));
}

#[test]
fn show_without_a_name_lists_what_is_built_in() {
    insta::assert_snapshot!(shown(&["show"]).unwrap());
}

#[test]
fn show_keeps_to_one_dimension() {
    let text = shown(&["show", "ocsge-1-1", "--dimension", "us"]).unwrap();
    assert!(text.contains("us  17 leaves") && !text.contains("cs  "), "{text}");
}

#[test]
fn show_as_json_holds_the_leaves_and_with_tree_all_classes() {
    let read = |words: &[&str]| -> serde_json::Value {
        serde_json::from_str(&shown(words).unwrap()).unwrap()
    };
    let leaves = read(&["show", "ocs2d-hdf-2021", "--format", "json"]);
    assert_eq!(leaves["cs"].as_array().unwrap().len(), 33);
    let meadow = leaves["cs"].as_array().unwrap().iter().find(|c| c["code"] == "CS6.1.1").unwrap();
    assert_eq!((&meadow["nests_in"], &meadow["published"]), (&"CS2.2.1".into(), &"CS2.2.2".into()));
    let tree = read(&["show", "ocs2d-hdf-2021", "--format", "json", "--tree", "--dimension", "cs"]);
    assert!(tree["cs"].as_array().unwrap().len() > 33);
    assert!(tree.get("us").is_none());
    let decree = read(&["show", "decree-2023-1096", "--format", "json"]);
    let couples = decree["couples"].as_array().unwrap();
    assert_eq!(couples.iter().filter(|couple| couple["artificial"] == true).count(), 105);
}

fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const OWN: &str = "\
format: 1
id: own
title: Own
version: \"1\"
source: []
nests_in: ocsge-2-0
classes:
  cs:
    - { code: A, label: wood, nests_in: CS2.1.1.1 }
";

#[test]
fn a_correct_document_is_said_to_be_one() {
    assert_eq!(
        check::verdict(OWN).unwrap(),
        "nomenclature `own`, 1 covers (1 classes), 0 usages (0 classes), nests in `ocsge-2-0`, \
         0 couples listed"
    );
}

#[test]
fn the_document_in_the_help_is_correct() {
    let mut command = Typed::command();
    let check = command.find_subcommand_mut("check").unwrap();
    let help = check.get_after_help().unwrap().to_string();
    let start = help.find("  format: 1").unwrap();
    let end = help.find("Also per class").unwrap();
    let document: String =
        help[start..end].lines().map(|line| line[2..].to_owned() + "\n").collect();
    assert_eq!(
        check::verdict(&document).unwrap(),
        "nomenclature `my-vines`, 2 covers (3 classes), 1 usages (1 classes), nests in \
         `ocsge-2-0`, 1 couples listed"
    );
}

#[test]
fn every_fault_of_a_document_is_listed_and_the_exit_code_is_3() {
    let text = OWN.replace("CS2.1.1.1", "CS2.1.1.4, parent: B");
    let problems = check::verdict(&text).unwrap_err();
    assert_eq!(
        check::listed(Path::new("own.yaml"), &problems),
        "own.yaml:9:31: `classes.cs[0].nests_in`: nests in an unknown class of `ocsge-2-0`; \
         got `CS2.1.1.4`\n  hint: did you mean `CS2.1.1.3`?\n\
         own.yaml:9:52: `classes.cs[0].parent`: unknown parent; got `B`\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, "own.yaml", &text);
    let error = refused(&["check", path.to_str().unwrap()]);
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().starts_with("this document has 2 faults"), "{error}");
    let error = refused(&["show", path.to_str().unwrap()]);
    assert!(error.to_string().contains("(and 1 more)"), "{error}");
}

#[test]
fn a_document_of_another_kind_is_checked_as_what_it_is() {
    let rules = "format: 1\nid: r\ntitle: r\narticle: r\nsource: []\nnomenclature: ocsge-2-0\n\
                 rules:\n  - { article: a, artificial: true }\n";
    assert_eq!(check::verdict(rules).unwrap(), "rule set `r`, 1 rules");
    let capture = check::verdict("built_covers: [X]\n").unwrap_err();
    assert_eq!(capture[0].what, "missing field `format`");
}

#[test]
fn a_document_in_another_encoding_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.yaml");
    std::fs::write(&path, b"format: 1\ntitle: for\xeat\n").unwrap();
    let error = refused(&["check", path.to_str().unwrap()]);
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("own.yaml:2:1"), "{error}");
}

fn task<'n>(from: &'n Nomenclature, to: &'n Nomenclature, keep_going: bool) -> convert::Task<'n> {
    let columns = [nomenclature::Dimension::Cover, nomenclature::Dimension::Usage];
    let columns = columns.map(|d| (d, from.column(d).unwrap().to_owned())).to_vec();
    let translator = nomenclature::Translator::new(from, to).unwrap();
    convert::Task { from, to, translator, columns, keep_going }
}

#[test]
fn a_table_keeps_its_other_columns_and_its_old_codes() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}id;CS21;nom;US21\n1;CS2.1.1;\"la;plage\";US2.2.0\n2;;b;US7.0.0\n";
    let path = written(&folder, "a.csv", text);
    let [from, to] = ["ocs2d-hdf-2021", "ocsge-2-0"].map(|id| load(id).unwrap());
    assert_eq!(
        convert_table::converted(&path, &task(&from, &to, false)).unwrap(),
        "id;code_cs;nom;code_us;cs_origin;us_origin\n\
         1;CS1.2.1;\"la;plage\";US3;CS2.1.1;US2.2.0\n\
         2;;b;US6.3;;US7.0.0\n"
    );
}

#[test]
fn a_code_without_translation_stops_a_table_unless_asked_to_keep_going() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, "a.csv", "cs21,us21\nCS9,US5.4.0\nCS9,US5.4.1\n");
    let [from, to] = ["ocs2d-hdf-2021", "ocsge-2-0"].map(|id| load(id).unwrap());
    let error = convert_table::converted(&path, &task(&from, &to, false)).unwrap_err();
    assert_eq!(error.exit_code(), 4);
    let said = error.to_string();
    assert!(said.contains("cs `CS9` (2 times, first: line 2): unknown"), "{said}");
    assert!(said.contains("us `US5.4.1` (1 times, first: line 3): unknown, perhaps"), "{said}");
    assert_eq!(
        convert_table::converted(&path, &task(&from, &to, true)).unwrap(),
        "code_cs,code_us,cs_origin,us_origin\n,US5,CS9,US5.4.0\n,,CS9,US5.4.1\n"
    );
}

#[test]
fn a_table_without_the_columns_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, "a.csv", "a,b\n1,2\n");
    let words =
        ["--from", "ocs2d-hdf-2021", "--to", "ocsge-2-0", "--table", path.to_str().unwrap()];
    let error = refused(&[&["convert"], &words[..]].concat());
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("`cs21`"), "{error}");
}

/// A layer of three polygons, the last one in two parts.
fn layer(folder: &tempfile::TempDir) -> PathBuf {
    let square = |x: u32| format!("[[[{x},0],[{},0],[{},9],[{x},9],[{x},0]]]", x + 9, x + 9);
    let feature = |cs: &str, us: &str, geometry: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"cs21":"{cs}","n":7,"us21":"{us}"}},"geometry":{geometry}}}"#
        )
    };
    let polygon = |x| format!(r#"{{"type":"Polygon","coordinates":{}}}"#, square(x));
    let parts =
        format!(r#"{{"type":"MultiPolygon","coordinates":[{},{}]}}"#, square(40), square(60));
    let features = [
        feature("CS6.1.1", "US1.1.1", &polygon(0)),
        feature("cs1.1.1", "US5.4.0", &polygon(20)),
        feature("CS3.1.1", "US7.0.0", &parts),
    ];
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let text = format!(
        r#"{{"type":"FeatureCollection","name":"ocs",{crs},"features":[{}]}}"#,
        features.join(",")
    );
    written(folder, "a.geojson", &text)
}

fn convert_words<'a>(path: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["convert", "--from", "ocs2d-hdf-2021", "--to", "ocsge-2-0"];
    [&words[..], &["--vector", path, "--out", out], more].concat()
}

#[test]
fn a_vector_file_is_converted_with_every_feature_column_and_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = layer(&folder);
    let out = folder.path().join("out.gpkg");
    let words = convert_words(path.to_str().unwrap(), out.to_str().unwrap(), &[]);
    execute(&typed(&words)).unwrap();
    let source = VectorSource::open(&out, None).unwrap();
    let names: Vec<&str> = source.info().columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["code_cs", "n", "code_us", "cs_origin", "us_origin"]);
    let features: Vec<_> =
        source.features(&[0, 1, 2, 3, 4], 2154).unwrap().map(Result::unwrap).collect();
    let text = |text: &str| Value::Text(text.to_owned());
    let row = |cs, us, cs_old, us_old| {
        vec![text(cs), Value::Integer(7), text(us), text(cs_old), text(us_old)]
    };
    let values: Vec<_> = features.iter().map(|feature| feature.values.clone()).collect();
    assert_eq!(
        values,
        [
            row("CS2.2.1", "US1.1", "CS6.1.1", "US1.1.1"),
            row("CS1.1.1.1", "US5", "cs1.1.1", "US5.4.0"),
            row("CS1.2.2", "US6.3", "CS3.1.1", "US7.0.0"),
        ]
    );
    let parts: Vec<usize> = features.iter().map(|feature| feature.polygons.len()).collect();
    assert_eq!(parts, [1, 1, 2]);
    let again = refused(&words);
    assert_eq!((again.exit_code(), again.hint().unwrap().contains("--force")), (2, true));
}

#[test]
fn nothing_is_written_when_a_code_of_a_vector_file_has_no_translation() {
    let folder = tempfile::tempdir().unwrap();
    let path = layer(&folder);
    let text = std::fs::read_to_string(&path).unwrap().replace("CS3.1.1", "CS3.9");
    std::fs::write(&path, text).unwrap();
    let out = folder.path().join("out.gpkg");
    let error = refused(&convert_words(path.to_str().unwrap(), out.to_str().unwrap(), &[]));
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("cs `CS3.9` (1 times, first: feature 2)"), "{error}");
    assert!(!out.exists());
    let words = convert_words(path.to_str().unwrap(), out.to_str().unwrap(), &["--keep-going"]);
    execute(&typed(&words)).unwrap();
    let source = VectorSource::open(&out, None).unwrap();
    let last = source.features(&[0, 3], 2154).unwrap().last().unwrap().unwrap();
    assert_eq!(last.values, [Value::Null, Value::Text("CS3.9".to_owned())]);
}

#[test]
fn a_file_in_degrees_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = layer(&folder);
    let text = std::fs::read_to_string(&path).unwrap().replace("EPSG::2154", "EPSG::4326");
    std::fs::write(&path, text).unwrap();
    let out = folder.path().join("out.gpkg");
    let error = refused(&convert_words(path.to_str().unwrap(), out.to_str().unwrap(), &[]));
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("EPSG:4326"), "{error}");
}
