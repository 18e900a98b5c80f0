//! The first vintage of a department: no prior, a model that learned elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::chain::{Chain, delivered};

/// What a vintage alone is delivered as.
const FILES: [&str; 8] = [
    "OCCUPATION_SOL.gpkg",
    "ZONE_CONSTRUITE.gpkg",
    "artif_2021_11.gpkg",
    "indicators/artif_commune.csv",
    "indicators/couverture_departement.csv",
    "issues.gpkg",
    "manifest.json",
    "report.html",
];

/// Makes the vintage of the chain's sample again, without its prior, by the model of its run.
pub(crate) fn a_first_vintage_needs_no_prior(chain: &Chain) {
    let text = fs::read_to_string(chain.path("sample/config.yaml")).unwrap();
    let (before, rest) = text.split_once("prior:\n").unwrap();
    let (_, after) = rest.split_once("\nimagery:").unwrap();
    fs::write(chain.path("sample/first.yaml"), format!("{before}imagery:{after}")).unwrap();
    let refused = |args: &[&str], words: &str| {
        let output = chain.command(&[&["run", "sample/first.yaml"], args].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    };
    refused(&[], "no prior vintage to start from");
    refused(&["--scratch"], "no prior vintage to learn from, and no model");
    let model = "one/D011/2021/model_11_2021.json";
    let args = ["run", "sample/first.yaml", "--scratch", "--model", model, "--out", "first"];
    chain.ok(&args);
    let folder = chain.path("first/D011/2021");
    let files = delivered(&folder);
    for name in FILES {
        assert!(files.contains_key(Path::new(name)), "{name} is not in {:?}", files.keys());
    }
    let compares = |name: &&PathBuf| {
        ["DIFF", "zan_evol", "changes", "corrections", "matrice"]
            .iter()
            .any(|word| name.to_string_lossy().contains(word))
    };
    assert_eq!(files.keys().find(compares), None);
    stocks_add_up(&files);
    let page = String::from_utf8(files[Path::new("report.html")].clone()).unwrap();
    assert!(page.contains("Surface artificialisée") && !page.contains("Artificialisation nette"));
    let occupation = folder.join("OCCUPATION_SOL.gpkg");
    chain.ok(&["coverage", "check", occupation.to_str().unwrap()]);
    let status = chain.ok(&["status", folder.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("left out"));
}

/// The covers of the department add up to its surface, and its communes to its artificial stock.
fn stocks_add_up(files: &BTreeMap<PathBuf, Vec<u8>>) {
    let sum = |table: &str, key: &str| -> f64 {
        let bytes = files[Path::new(&format!("indicators/{table}.csv"))].as_slice();
        let mut rows = csv::Reader::from_reader(bytes);
        let column = rows.headers().unwrap().iter().position(|name| name == key).unwrap();
        rows.records().map(|row| row.unwrap()[column].parse::<f64>().unwrap()).sum()
    };
    let equal = |a: f64, b: f64| assert!((a - b).abs() < 1e-3, "{a} {b}");
    equal(sum("couverture_departement", "surface_1"), 640_000.0);
    equal(sum("artif_commune", "surface_artif_1"), sum("artif_departement", "surface_artif_1"));
    equal(sum("artif_departement", "departement_surface"), 640_000.0);
}
