//! `millesime compare` on generated vintages: nothing from nothing, shift from shift, change from
//! change, and the same bytes for any number of threads.

use std::collections::BTreeMap;
use std::fs;

use crate::generated::{Sample, by_kind, figure, moved};

#[test]
fn a_vintage_against_itself_has_no_change_and_against_itself_displaced_only_shift() {
    let sample = Sample::new(11);
    let before = sample.before();
    let same = sample.path("same.gpkg");
    moved(&before, &same, (0, 0));
    let out = sample.compare((&before, &same), "null", &[]);
    assert_eq!(by_kind(&out), BTreeMap::new());
    for key in ["flux_artif", "flux_desartif", "flux_artif_net"] {
        assert_eq!(figure(&out, key), "0.00000", "{key}");
    }
    for (rank, by) in [(60, 80), (-100, 0), (0, 100), (-71, -70)].into_iter().enumerate() {
        let shifted = sample.path(&format!("shifted_{rank}.gpkg"));
        moved(&before, &shifted, by);
        let kinds = by_kind(&sample.compare((&before, &shifted), &format!("shift_{rank}"), &[]));
        let all: f64 = kinds.values().sum();
        assert!(all > 1_000.0, "a displacement of 1 m must show, got {all} m2");
        let share = kinds["shift"] / all;
        assert!(share >= 0.99, "{by:?}: {:.2} % is shift: {kinds:?}", share * 100.0);
        assert_eq!(kinds.get("real"), None, "{by:?}");
    }
}

#[test]
fn threads_change_no_byte_and_the_manifest_tells_every_file() {
    let sample = Sample::new(11);
    let manifests = ["1", "2"].map(|threads| {
        let pair = (&*sample.before(), &*sample.after());
        let out = sample.compare(pair, threads, &["--threads", threads]);
        fs::read_to_string(out.join("manifest.json")).unwrap()
    });
    assert_eq!(manifests[0], manifests[1]);
    for name in ["DIFF_11_2021_2018.gpkg", "artif_2018_11.gpkg", "indicators/indicators.xlsx"] {
        assert!(manifests[0].contains(name), "{name}");
    }
}

#[test]
fn vintages_that_share_no_ground_are_refused_and_nothing_is_published() {
    let sample = Sample::new(11);
    let far = sample.path("far.gpkg");
    moved(&sample.before(), &far, (500_000, 0));
    let (code, out) = sample.try_compare((&sample.before(), &far), "out", &[]);
    assert_eq!(code, 4);
    assert!(!out.join("manifest.json").exists());
    assert!(!out.join("DIFF_11_2021_2018.gpkg").exists());
}
