//! `millesime run` from a prior that somebody has corrected.

use std::fs;

use kernels::arrangement::interior_point;
use kernels::lattice::{Point, Polygon};
use pipeline::corrections::terms::{Aim, Kind};
use pipeline::error::exit;

use crate::drawn::{correction, write_ledger};
use crate::generated::{Sample, command, features, text};

/// The code of the polygon of a layer that holds a point.
fn code_at(rows: &[(Polygon, crate::generated::Row)], at: Point, column: &str) -> Option<String> {
    rows.iter().find(|(polygon, _)| polygon.holds(at)).map(|(_, row)| text(row, column))
}

#[test]
fn a_run_starts_from_the_corrected_prior_and_leaves_corrected_ground_as_it_is() {
    let sample = Sample::new(11);
    let prior =
        features(&sample.path("sample/prior/OCCUPATION_SOL.gpkg"), &["id", "code_cs", "code_us"]);
    let fields = prior.iter().filter(|(_, row)| text(row, "code_cs") == "CS2.2.1");
    let (field, row) = fields.max_by_key(|(polygon, _)| polygon.twice_area()).unwrap();
    // The imagery shows a field; somebody says that it is water all the same.
    let water = correction(
        (2018, &text(row, "id")),
        (Aim::Cover, Kind::Semantic),
        (Some("CS2.2.1"), Some("CS1.2.2")),
        field.clone(),
    );
    write_ledger(&sample.path("sample/ledger.gpkg"), vec![water]);
    let config = sample.path("sample/config.yaml");
    let plain = fs::read_to_string(&config).unwrap();
    let with = |key: &str| fs::write(&config, format!("{plain}\n{key}\n")).unwrap();
    with("corrections: { ledger: ledger.gpkg, standing: [proposed] }");
    assert_eq!(command(&["run", config.to_str().unwrap()]), 0);

    let out = sample.path("sample/out/D011/2021");
    let (x_m, y_m) = interior_point(field).unwrap();
    let inside = Point::from_metres(x_m, y_m).unwrap();
    let after = features(&out.join("OCCUPATION_SOL.gpkg"), &["code_cs", "source"]);
    assert_eq!(code_at(&after, inside, "code_cs").as_deref(), Some("CS1.2.2"));
    let changed = features(&out.join("DIFF_11_2021_2018.gpkg"), &["CS_2018"]);
    assert_eq!(code_at(&changed, inside, "CS_2018"), None, "a correction is no change");
    let journal = fs::read_to_string(out.join(".work/journal.jsonl")).unwrap();
    assert!(journal.contains("\"prior_polygons_corrected\":1"), "one object was corrected");
    assert!(journal.contains("\"locked by an accepted correction\""), "its cells were locked");

    with("corrections: { ledger: ledger.gpkg }");
    assert_eq!(command(&["run", config.to_str().unwrap()]), 0);
    let after = features(&out.join("OCCUPATION_SOL.gpkg"), &["code_cs"]);
    let code = code_at(&after, inside, "code_cs");
    assert_eq!(code.as_deref(), Some("CS2.2.1"), "only what was accepted is taken over");
    with("corrections: { ledger: ledger.gpkg, standing: [perhaps] }");
    assert_eq!(command(&["run", config.to_str().unwrap()]), exit::CONFIG);
}
