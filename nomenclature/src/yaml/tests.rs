use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Config {
    department: String,
    cell_m: f64,
    #[serde(default)]
    tables: BTreeMap<String, Vec<u32>>,
}

fn refused(text: &str) -> YamlError {
    from_str::<Config>(text).unwrap_err()
}

#[test]
fn a_good_document_is_read_with_and_without_a_byte_order_mark() {
    let text = "department: \"11\"\ncell_m: 1.0\ntables:\n  a: [1, 2]\n";
    let config: Config = from_str(text).unwrap();
    assert_eq!(config.tables["a"], [1, 2]);
    assert_eq!(from_str::<Config>(&format!("\u{feff}{text}")).unwrap(), config);
}

#[test]
fn an_unknown_key_is_located_and_the_nearest_is_named() {
    let error = refused("department: \"11\"\ncell_n: 1.0\n");
    assert_eq!((error.line, error.column), (2, 1));
    assert!(error.message.starts_with("unknown field `cell_n`"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("did you mean `cell_m`?"));
}

#[test]
fn an_unknown_key_that_resembles_nothing_has_no_hint() {
    assert_eq!(refused("weather: sunny\n").hint, None);
}

#[test]
fn a_wrong_type_is_located_at_its_value_with_its_path() {
    let error = refused("department: \"11\"\ncell_m: 1\ntables:\n  a: [1, two]\n");
    assert_eq!((error.line, error.column, error.path.as_str()), (4, 10, "tables.a[1]"));
    assert_eq!(error.message, "invalid type: string \"two\", expected u32");
    assert_eq!(
        error.to_string(),
        "line 4, column 10: `tables.a[1]`: invalid type: string \"two\", expected u32"
    );
}

#[test]
fn a_missing_key_is_named() {
    let error = refused("department: \"11\"\n");
    assert_eq!((error.line, error.message.as_str()), (1, "missing field `cell_m`"));
}

#[test]
fn a_duplicate_key_is_refused_where_it_is_repeated_even_in_a_map() {
    let error = refused("department: \"11\"\ncell_m: 1\ntables:\n  a: [1]\n  b: [2]\n  a: [3]\n");
    assert_eq!((error.line, error.column), (6, 3));
    assert_eq!(error.message, "duplicate key `a`");
}

#[test]
fn a_tab_in_the_indentation_is_named() {
    let error = refused("department: \"11\"\ntables:\n\ta: [1]\n");
    assert_eq!((error.line, error.column), (3, 1));
    assert_eq!(error.message, "a tab in the indentation");
    assert_eq!(error.hint.as_deref(), Some("indent with spaces"));
}

#[test]
fn bad_syntax_is_located() {
    let error = refused("department: [1\ncell_m: 2\n");
    assert_eq!(error.line, 2);
}

#[test]
fn an_empty_document_is_said_to_be_empty() {
    assert_eq!(refused("").message, "the document is empty");
    assert_eq!(refused("# nothing here\n---\n").message, "the document is empty");
}

#[test]
fn two_documents_are_refused() {
    let error = refused("department: a\ncell_m: 1\n---\ndepartment: b\n");
    assert!(error.message.contains("more than one document"), "{error}");
}

#[test]
fn depth_and_size_are_capped() {
    let deep = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
    assert_eq!(refused(&deep).message, "nested deeper than 32 levels");
    let large = "#".repeat(SIZE_MAX_BYTES + 1);
    assert_eq!(refused(&large).message, "8388609 bytes, at most 8388608 are read");
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ('b'..='j').zip('a'..) {
        let refs = vec![format!("*{before}"); 10].join(", ");
        writeln!(text, "{name}: &{name} [{refs}]").unwrap();
    }
    let error = from_str::<BTreeMap<String, Vec<String>>>(&text).unwrap_err();
    assert!(error.message.contains("repetition limit"), "{error}");
}

#[test]
fn a_tag_is_refused() {
    assert!(refused("department: !secret x\n").message.contains("tags are not read"));
}

const TEXT: &str = "\
title: x
classes:
  cs:
    - code: CS1
      label: one
    - {code: CS2, label: \"a: b\"}
  \"us\": []
";

#[test]
fn a_key_path_is_located_in_block_flow_and_quoted_style() {
    assert_eq!(locate(TEXT, &["title"]), Some((1, 1)));
    assert_eq!(locate(TEXT, &["classes", "cs"]), Some((3, 3)));
    assert_eq!(locate(TEXT, &["classes", "cs", "0", "label"]), Some((5, 7)));
    assert_eq!(locate(TEXT, &["classes", "cs", "1"]), Some((6, 7)));
    assert_eq!(locate(TEXT, &["classes", "cs", "1", "label"]), Some((6, 19)));
    assert_eq!(locate(TEXT, &["classes", "us"]), Some((7, 3)));
    assert_eq!(locate("- a\n- b\n", &["1"]), Some((2, 3)));
}

#[test]
fn a_path_that_is_not_there_has_no_place_but_its_nearest_parent_has() {
    assert_eq!(locate(TEXT, &["classes", "cs", "2"]), None);
    assert_eq!(locate(TEXT, &["title", "x"]), None);
    assert_eq!(locate(TEXT, &["classes", "cs", "x"]), None);
    assert_eq!(locate(TEXT, &["classes", "cs", "1", "colour"]), None);
    assert_eq!(locate_nearest(TEXT, &["classes", "cs", "1", "colour"]), (6, 7));
    assert_eq!(locate_nearest("", &["a"]), (1, 1));
}
