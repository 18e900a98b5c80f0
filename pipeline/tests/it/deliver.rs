//! `millesime deliver` on two drawn vintages, as a user types it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pipeline::io::schema::{Names, Product};
use pipeline::io::vector::VectorSource;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use pipeline::manifest::Manifest;
use pipeline::stamp::Stamp;

use crate::explain::Drawn;

/// Every file below a folder but the working ones, by its path within it.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() && name != ".work" {
                folders.push(path);
            } else if path.is_file() {
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// What a tool says of a file in a folder; it must succeed.
fn tool(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(args[0]).args(&args[1..]).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn archives(drawn: &Drawn) -> PathBuf {
    drawn.path("out/archives")
}

#[test]
fn archives_of_a_comparison_are_named_packed_and_summed_as_users_expect() {
    let drawn = Drawn::new();
    let told = drawn.told(&["deliver", "archives", "out"]);
    assert!(told.contains("not made: contact") && !told.contains("not made: Occupation"), "{told}");
    let archives = archives(&drawn);
    let names: Vec<String> = fs::read_dir(&archives)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "zip"))
        .collect();
    let mut names = names;
    names.sort();
    assert_eq!(
        names,
        [
            "OCS-MILLESIME-ARTIFICIALISATION_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2021-01-01.zip",
            "OCS-MILLESIME_2-0_ARTIFICIALISATION_GPKG_LAMB93_D011_2018-01-01.zip",
            "OCS-MILLESIME_2-0_ARTIFICIALISATION_GPKG_LAMB93_D011_2021-01-01.zip",
            "OCS-MILLESIME_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2021-01-01.zip",
            "OCS-MILLESIME_2-0__GPKG_LAMB93_D011_2018-01-01.zip",
            "OCS-MILLESIME_2-0__GPKG_LAMB93_D011_2021-01-01.zip",
        ]
    );
    for zip in &names {
        tool(&archives, &["unzip", "-tq", zip]);
        let folder = archives.join(zip.trim_end_matches(".zip"));
        tool(&folder, &["md5sum", "--check", "--quiet", "--strict", "MD5SUMS"]);
        tool(&folder, &["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"]);
        let sums = fs::read_to_string(folder.join("MD5SUMS")).unwrap();
        assert_eq!(sums.lines().count(), files(&folder).len() - 2, "{zip}");
    }
    let diff = archives.join("OCS-MILLESIME_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2021-01-01");
    let data = fs::read_dir(diff.join("1_DONNEES")).unwrap().count();
    assert_eq!(data, 1);
    tool(
        &diff.join("1_DONNEES"),
        &["ogrinfo", "-ro", "-so", "DIFF_11_2021_2018.gpkg", "DIFF_11_2021_2018"],
    );
    crate::pages::links_lead_somewhere(&diff.join("5_QUALITE/rapport.html"));
    let notice = fs::read_to_string(diff.join("LISEZMOI.txt")).unwrap();
    assert!(notice.contains("CS_2018 (texte) : code de la couverture en 2018"), "{notice}");
}

#[test]
fn a_vintage_of_a_comparison_has_its_own_archive_with_the_zone_of_its_buildings() {
    let drawn = Drawn::new();
    drawn.told(&["deliver", "archives", "out", "--forms", "folder"]);
    let data = archives(&drawn).join("OCS-MILLESIME_2-0__GPKG_LAMB93_D011_2021-01-01/1_DONNEES");
    assert_eq!(files(&data).len(), 2);
    let rows = |path: &Path, columns: &[&str]| {
        let source = VectorSource::open(path, None).unwrap();
        let columns: Vec<usize> =
            columns.iter().map(|name| source.require_column(&[name]).unwrap()).collect();
        let rows = source.features(&columns, 2154).unwrap().map(Result::unwrap);
        rows.collect::<Vec<_>>()
    };
    let columns = ["id", "code_cs", "code_us", "millesime", "source", "ossature"];
    let occupation = rows(&data.join("OCCUPATION_SOL.gpkg"), &columns);
    assert_eq!(occupation, rows(&drawn.path("out/artif_2021_11.gpkg"), &columns));
    let zone = rows(&data.join("ZONE_CONSTRUITE.gpkg"), &["id", "millesime"]);
    let built =
        |row: &&pipeline::io::vector::Feature| row.values[1].text().as_deref() == Some("CS1.1.1.1");
    for house in occupation.iter().filter(built) {
        let (x_m, y_m) = kernels::arrangement::interior_point(&house.polygons[0]).unwrap();
        let place = kernels::lattice::Point::from_metres(x_m, y_m).unwrap();
        assert!(zone.iter().any(|row| row.polygons[0].holds(place)), "{house:?}");
    }
    assert_eq!(zone.is_empty(), !occupation.iter().any(|row| built(&row)));
}

#[test]
fn the_same_result_gives_the_same_bytes_elsewhere_and_what_is_complete_is_kept() {
    let drawn = Drawn::new();
    let all = ["deliver", "archives", "out", "--forms", "folder,zip,7z", "--shapefiles"];
    drawn.told(&all);
    let first = files(&archives(&drawn));
    let told = drawn.told(&all);
    assert!(told.contains("complete, kept"), "{told}");
    drawn.told(&[&all[..], &["--out", "elsewhere"]].concat());
    let again = files(&drawn.path("elsewhere"));
    assert!(again.keys().eq(first.keys()));
    for (name, bytes) in &again {
        assert!(*bytes == first[name], "`{name}` depends on where or when it is written");
    }
    // Other forms: what is no longer asked for goes, with its folders.
    drawn.told(&["deliver", "archives", "out", "--forms", "zip"]);
    let zips = files(&archives(&drawn));
    assert_eq!(zips.len(), 7);
    let mut entries = fs::read_dir(archives(&drawn)).unwrap();
    assert!(entries.all(|entry| entry.unwrap().path().is_file()), "no working folder either");
    for (name, bytes) in zips.iter().filter(|(name, _)| name.as_str() != "manifest.json") {
        assert!(first[name] == *bytes, "{name}");
    }
}

#[test]
fn a_layer_with_styles_beside_it_is_delivered_alone() {
    let drawn = Drawn::new();
    let names = Names { department: "11".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 };
    let path = drawn.path("out/DIFF_11_2021_2018.gpkg");
    let source = VectorSource::open(&path, None).unwrap();
    let columns: Vec<usize> = (0..source.info().columns.len()).collect();
    let rows: Vec<_> = source.features(&columns, 2154).unwrap().map(Result::unwrap).collect();
    drop(source);
    fs::remove_file(&path).unwrap();
    let title = "Changements, selon les règles d'essai".to_owned();
    let layer = LayerSpec { title, ..Product::Diff.layer(&names) };
    let fields = vec![Field::optional("styleQML", FieldKind::Text)];
    let (name, geometry) = ("layer_styles".to_owned(), GeometryKind::None);
    let styles = LayerSpec { name, geometry, fields, ..layer.clone() };
    let layers = [layer, styles];
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &layers).unwrap();
    for row in &rows {
        writer.add(0, row.fid, Shape::Polygon(&row.polygons[0]), &row.values).unwrap();
    }
    writer.add(1, 1, Shape::None, &["<qgis/>".into()]).unwrap();
    writer.finish().unwrap();
    let listed = |folder: &Path| tool(folder, &["ogrinfo", "-ro", "-q", "DIFF_11_2021_2018.gpkg"]);
    assert_eq!(listed(&drawn.path("out")).lines().count(), 2, "styles are taken for a layer");
    let mut manifest = Manifest::read(&drawn.path("out")).unwrap().unwrap();
    manifest.outputs.insert("DIFF_11_2021_2018.gpkg".to_owned(), Stamp::of(&path).unwrap());
    manifest.publish(&drawn.path("out")).unwrap();

    drawn.told(&["deliver", "archives", "out", "--forms", "folder"]);
    let diff = "OCS-MILLESIME_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2021-01-01/1_DONNEES";
    let path = archives(&drawn).join(diff).join("DIFF_11_2021_2018.gpkg");
    assert_eq!(listed(path.parent().unwrap()).lines().count(), 1);
    let source = VectorSource::open(&path, None).unwrap();
    let again: Vec<_> = source.features(&columns, 2154).unwrap().map(Result::unwrap).collect();
    assert_eq!(again, rows);
    assert_eq!(source.description().as_deref(), Some("Changements, selon les règles d'essai"));
}

#[test]
fn what_is_delivered_holds_the_contract_and_other_tools_open_it() {
    let drawn = Drawn::new();
    let who = ["--organisation", "Région Occitanie & Cie", "--email", "sig@region.fr"];
    let forms = ["--forms", "folder,zip,7z", "--shapefiles", "--product", "OCS-GE"];
    let told = drawn.told(&[&["deliver", "archives", "out"], &who[..], &forms[..]].concat());
    assert!(told.starts_with("exit code: 0\n"), "{told}");
    let archives = archives(&drawn);
    let of = |extension: &str| -> Vec<String> {
        let entries = fs::read_dir(&archives).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<String> = entries
            .filter(|path| path.extension().unwrap_or_default() == extension)
            .map(|path| path.display().to_string())
            .collect();
        names.sort();
        names
    };
    let (zips, sevens) = (of("zip"), of("7z"));
    assert_eq!((zips.len(), sevens.len()), (12, 12));
    for list in [&zips, &sevens] {
        // Metadata of the two formats are of two archives: their identifiers differ.
        let args = [&["deliver", "check", "--fail-on", "warning"], &refs(list)[..]].concat();
        let told = drawn.told(&args);
        assert!(told.starts_with("exit code: 0\n"), "{told}");
    }
    let all = drawn.told(&["deliver", "check", "out/archives", "--allow", "no_such_key"]);
    assert!(all.starts_with("exit code: 2\n") && all.contains("there is no such key"), "{all}");
    for seven in &sevens {
        tool(&archives, &["7z", "t", seven]);
    }
    let diff = archives.join("OCS-GE_2-0_DIFF-2018-2021_SHP_LAMB93_D011_2021-01-01/1_DONNEES");
    let told =
        tool(&diff, &["ogrinfo", "-ro", "-so", "DIFF_11_2021_2018.shp", "DIFF_11_2021_2018"]);
    assert!(told.contains("CS_2018: String") && told.contains("EPSG"), "{told}");
    let styles = archives.join("OCS-GE_2-0_ARTIFICIALISATION_GPKG_LAMB93_D011_2021-01-01/4_STYLES");
    let (qml, sld): (Vec<String>, Vec<String>) =
        files(&styles).into_keys().partition(|name| name.to_lowercase().contains(".qml"));
    assert!(!qml.is_empty() && qml.len() == sld.len(), "{qml:?} {sld:?}");
    for name in qml.iter().chain(&sld) {
        let text = fs::read_to_string(styles.join(name)).unwrap();
        assert!(text.contains("artif") || text.contains("code_"), "{name}: no column is drawn");
    }
    let told = drawn.told(&["verify", "out"]);
    assert!(told.contains("files are those of 2 manifests"), "{told}");
    fs::write(archives.join("notes.txt"), "").unwrap();
    fs::remove_file(&zips[0]).unwrap();
    let output = drawn.millesime(&["verify", "out"]);
    assert_eq!(output.status.code(), Some(9));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("missing   out/archives/OCS-GE") && text.contains("unlisted  "),
        "{text}"
    );
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn an_archive_that_breaks_the_contract_is_told_in_lines_of_the_national_validator() {
    let drawn = Drawn::new();
    drawn.told(&["deliver", "archives", "out", "--forms", "folder"]);
    let diff = "out/archives/OCS-MILLESIME_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2021-01-01";
    fs::remove_file(drawn.path(diff).join("LICENCE.txt")).unwrap();
    let output = drawn.millesime(&["deliver", "check", diff]);
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let codes: Vec<&str> = lines.iter().map(|line| line["code"].as_str().unwrap()).collect();
    // No organisation was named: the contact of the record lacks its address.
    assert_eq!(codes, ["licence_missing", "md_contact", "sum_file_missing", "sum_file_missing"]);
    assert_eq!(lines[0]["level"], "WARNING");
    assert_eq!(lines[2]["level"], "ERROR");
    assert_eq!(lines[2]["file"], "LICENCE.txt");
    let report = ["--report", "check.jsonl", "--allow", "md_contact,sum_file_missing"];
    let told = drawn.told(&[&["deliver", "check", diff], &report[..]].concat());
    assert!(told.starts_with("exit code: 0\n"), "{told}");
    assert_eq!(fs::read_to_string(drawn.path("check.jsonl")).unwrap().lines().count(), 4);
}

#[test]
fn a_result_that_was_touched_is_not_delivered() {
    let drawn = Drawn::new();
    let path = drawn.path("out/artif_2018_11.gpkg");
    let mut bytes = fs::read(&path).unwrap();
    bytes.push(0);
    fs::write(&path, bytes).unwrap();
    let told = drawn.told(&["deliver", "archives", "out"]);
    assert!(told.starts_with("exit code: 9\n"), "{told}");
    assert!(!archives(&drawn).join("manifest.json").exists());
    let told = drawn.told(&["deliver", "archives", "communes.gpkg"]);
    assert!(told.starts_with("exit code: 4\n"), "{told}");
    let told = drawn.told(&["deliver", "archives", "out", "--product", "ocs_ge"]);
    assert!(told.starts_with("exit code: 2\n") && told.contains("capital letters"), "{told}");
}
