use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use kernels::lattice::{Polygon, Ring};
use zip::write::SimpleFileOptions;

use super::*;
use crate::io::schema;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

mod case;
mod damaged;

use case::*;

#[test]
fn sound_archives_break_no_rule_alone_or_together() {
    let vintage = vintage(&occupation());
    let artif = artif(&sheet(schema::Product::Artif));
    let diff = Case::new(DIFF).sheet("DIFF_11_2021_2018", &sheet(schema::Product::Diff)).complete();
    let evolution = evolution(&sheet(schema::Product::ZanEvol));
    let roots = [vintage.root(), artif.root(), diff.root(), evolution.root()];
    let all: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
    assert_eq!(keys_of(&all), BTreeSet::new());
}

#[test]
fn values_and_columns_against_the_contract_are_told_each_by_its_own_key() {
    let renamed = |name: &str, to: &str| {
        let mut sheet = occupation();
        let rank = sheet.rank(name);
        sheet.spec.fields[rank].name = to.to_owned();
        sheet
    };
    let mut typed = occupation().with("ossature", "0");
    let rank = typed.rank("ossature");
    typed.spec.fields[rank].kind = FieldKind::Text;
    typed.rows[1].1[rank] = "0".into();
    let mut empty = occupation();
    empty.rows.clear();
    let layer = |name: &str| {
        let mut sheet = occupation();
        sheet.spec.name = name.to_owned();
        sheet
    };
    let cases: [(&str, Sheet); 14] = [
        ("code_unknown", occupation().with("code_cs", "CS9")),
        ("code_not_leaf", occupation().with("code_cs", "CS1.1")),
        ("code_null", occupation().with("code_us", Value::Null)),
        ("id_missing", occupation().with("id", Value::Null)),
        ("id_duplicate", occupation().with("id", "b")),
        ("value_null", occupation().with("source", Value::Null)),
        ("value_unknown", occupation().with("ossature", 2)),
        ("year_other", occupation().with("millesime", 2018)),
        ("column_case", renamed("code_cs", "CODE_CS")),
        ("column_missing", renamed("code_or", "code_origine")),
        ("column_type", typed),
        ("layer_empty", empty),
        ("layer_other", layer("OCCUPATION")),
        ("layer_name", layer("OCCUPATION-SOL")),
    ];
    for (key, sheet) in cases {
        let mut expected = BTreeSet::from([key]);
        if key == "layer_name" {
            expected.insert("layer_other");
        }
        assert_eq!(vintage(&sheet).keys(), expected, "{key}");
    }
}

#[test]
fn statuses_and_evolutions_that_contradict_themselves_are_told() {
    let status = sheet(schema::Product::Artif);
    let mut geom = status.clone();
    geom.spec.geometry_column = "geom";
    let mut plain = status.clone();
    let rank = plain.rank("crit_seuil");
    plain.spec.fields[rank].kind = FieldKind::Integer;
    for (key, sheet) in [
        ("value_unknown", status.clone().with("artif", "oui")),
        ("value_null", status.clone().with("crit_seuil", Value::Null)),
        ("surface_other", status.with("aire", 250.0)),
        ("geometry_column", geom),
        ("column_type", plain),
    ] {
        assert_eq!(artif(&sheet).keys(), BTreeSet::from([key]), "{key}");
    }
    let change = sheet(schema::Product::ZanEvol);
    for (keys, sheet) in [
        (vec!["evolution_contradiction"], change.clone().with("artificialisation", -1)),
        (
            vec!["evolution_contradiction", "value_unknown"],
            change.clone().with("artificialisation", 0),
        ),
        (vec!["evolution_contradiction"], change.with("artif_2018", "artif")),
    ] {
        assert_eq!(evolution(&sheet).keys(), keys.into_iter().collect());
    }
    let same = sheet(schema::Product::Diff).with("CS_2018", "CS1.1.1.1");
    let diff = Case::new(DIFF).sheet("DIFF_11_2021_2018", &same).complete();
    assert_eq!(diff.keys(), BTreeSet::from(["unchanged"]));
}

#[test]
fn shapes_that_loaders_refuse_are_told_each_by_its_own_key() {
    let plain =
        |corners: &[(i32, i32)], holes: Vec<Ring>| Polygon { exterior: ring(corners), holes };
    let far = [(-40, 0), (-20, 0), (-20, 10), (-40, 10)];
    let bowtie = plain(&[(-40, 0), (-20, 10), (-20, 0), (-40, 10)], Vec::new());
    let spike = plain(&[(-40, 0), (-20, 0), (-10, 0), (-20, 0), (-20, 10), (-40, 10)], Vec::new());
    let hole = plain(&far, vec![ring(&[(-90, 2), (-90, 4), (-88, 4), (-88, 2)])]);
    let flat = plain(&[(-40, 0), (-30, 0), (-20, 0)], Vec::new());
    let none = plain(&[], Vec::new());
    for (key, polygon) in [
        ("self_intersection", bowtie),
        ("invalid_ring", spike),
        ("hole_outside", hole),
        ("ring_collapsed", flat),
        ("geometry_null", none),
        ("duplicate_geometry", square(10)),
        ("overlap", square(5)),
    ] {
        let keys = vintage(&occupation().shaped(polygon)).keys();
        assert!(keys.contains(key), "{key}: {keys:?}");
        let others = keys.iter().filter(|other| !["overlap", "self_intersection"].contains(other));
        assert!(others.count() <= 1, "{key}: {keys:?}");
    }
    let several = Case::new(VINTAGE).sheet("ZONE_CONSTRUITE", &sheet(schema::Product::BuiltZone));
    let mut spec = occupation().spec;
    spec.geometry = GeometryKind::MultiPolygon;
    let path = several.path("1_DONNEES/OCCUPATION_SOL.gpkg");
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &[spec]).unwrap();
    let shape = [square(0), square(40)];
    writer.add(0, 1, Shape::MultiPolygon(&shape), &occupation().rows[0].1).unwrap();
    writer.finish().unwrap();
    assert_eq!(several.complete().keys(), BTreeSet::from(["geometry_multipart"]));
    let mut lines = occupation();
    lines.spec.geometry = GeometryKind::Line;
    assert!(vintage(&lines).keys().contains("geometry_not_polygon"));
}

#[test]
fn files_and_systems_of_coordinates_against_the_contract_are_told() {
    let mut degrees = occupation();
    degrees.spec.file_epsg = 4326;
    // The record names the system that the data should be in: it is not theirs.
    let keys = BTreeSet::from(["crs_other", "md_reference_system"]);
    assert_eq!(vintage(&degrees).keys(), keys);

    let alone = Case::new(VINTAGE).sheet("OCCUPATION_SOL", &occupation()).complete();
    assert_eq!(alone.keys(), BTreeSet::from(["file_count"]));
    let misrouted = Case::new(ARTIF).sheet("artif_diff_2021", &sheet(schema::Product::Artif));
    assert!(misrouted.complete().keys().contains("file_count"), "the platform takes it for a DIFF");

    let more = vintage(&occupation()).sheet("parcelles", &occupation()).summed();
    assert_eq!(more.keys(), BTreeSet::from(["file_count", "file_unrouted"]));
    let more = vintage(&occupation());
    fs::write(more.path("1_DONNEES/a.geojson"), "{}").unwrap();
    assert_eq!(more.summed().keys(), BTreeSet::from(["file_format"]));

    let broken = vintage(&occupation());
    let path = broken.path("1_DONNEES/OCCUPATION_SOL.gpkg");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
    assert_eq!(broken.summed().keys(), BTreeSet::from(["file_unreadable"]));

    let two = Case::new(VINTAGE).sheet("ZONE_CONSTRUITE", &sheet(schema::Product::BuiltZone));
    let layers = [occupation().spec, LayerSpec { name: "styles".to_owned(), ..occupation().spec }];
    let path = two.path("1_DONNEES/OCCUPATION_SOL.gpkg");
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &layers).unwrap();
    for (fid, (polygon, values)) in (1..).zip(&occupation().rows) {
        writer.add(0, fid, Shape::Polygon(polygon), values).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(two.complete().keys(), BTreeSet::from(["layer_count"]));

    let unnamed = Case::new("livraison").sheet("OCCUPATION_SOL", &occupation()).complete();
    assert_eq!(unnamed.keys(), BTreeSet::from(["archive_name", "file_count"]));
    let unnamed = unnamed.sheet("ZONE_CONSTRUITE", &sheet(schema::Product::BuiltZone)).summed();
    assert_eq!(unnamed.keys(), BTreeSet::from(["archive_name"]));
    let bare = Case::new(VINTAGE).complete();
    assert_eq!(bare.keys(), BTreeSet::from(["file_count"]), "an archive of nothing");
}

#[test]
fn shapefiles_are_held_against_upper_case_columns_and_their_side_files() {
    let name = VINTAGE.replace("GPKG", "SHP");
    let case = Case::new(&name);
    for (product, file) in [
        (schema::Product::Occupation, "OCCUPATION_SOL"),
        (schema::Product::BuiltZone, "ZONE_CONSTRUITE"),
    ] {
        let mut sheet = sheet(product);
        sheet.spec.fields = sheet.spec.fields.into_iter().map(schema::shapefile_field).collect();
        let path = case.path(&format!("1_DONNEES/{file}.shp"));
        sheet.write_as(&path, VectorFormat::Shapefile);
    }
    let case = case.complete();
    assert_eq!(case.keys(), BTreeSet::new());
    fs::remove_file(case.path("1_DONNEES/OCCUPATION_SOL.prj")).unwrap();
    let keys = case.keys();
    assert_eq!(keys, BTreeSet::from(["crs_missing", "sum_file_missing"]));
}

#[test]
fn what_an_archive_should_bring_besides_its_data_is_told() {
    for (file, key) in [
        ("LISEZMOI.txt", "notice_missing"),
        ("LICENCE.txt", "licence_missing"),
        ("fiche.xml", "metadata_missing"),
        ("MD5SUMS", "sums_missing"),
    ] {
        let case = vintage(&occupation());
        fs::remove_file(case.path(file)).unwrap();
        let case = if file == "MD5SUMS" { case } else { case.summed() };
        assert_eq!(case.keys(), BTreeSet::from([key]), "{file}");
    }
    let case = vintage(&occupation());
    fs::write(case.path("LICENCE.txt"), "autre").unwrap();
    assert_eq!(case.keys(), BTreeSet::from(["sum_other"]));
    fs::write(case.path("notes.txt"), "").unwrap();
    assert_eq!(case.keys(), BTreeSet::from(["sum_other", "sum_unlisted"]));
    fs::remove_file(case.path("LICENCE.txt")).unwrap();
    let keys = BTreeSet::from(["licence_missing", "sum_file_missing", "sum_unlisted"]);
    assert_eq!(case.keys(), keys);
}

#[test]
fn layers_of_one_vintage_share_their_ids_and_archives_no_identifier() {
    let vintage = vintage(&occupation().with("id", "c"));
    let artif = artif(&sheet(schema::Product::Artif));
    let (v, a) = (vintage.root(), artif.root());
    let keys = BTreeSet::from(["id_without_artif", "id_without_occupation"]);
    assert_eq!(keys_of(&[&v, &a]), keys);
    assert_eq!(keys_of(&[&v]), BTreeSet::new(), "alone nothing is known of the other");
    let record = fs::read_to_string(vintage.path("fiche.xml")).unwrap();
    fs::write(artif.path("fiche.xml"), record).unwrap();
    let artif = artif.summed();
    assert!(keys_of(&[&v, &artif.root()]).contains("md_identifier_shared"));
}

/// Packs entries into a .zip: name, bytes.
fn pack(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn packed_archives_are_read_as_folders_are_and_dangerous_ones_are_not_unpacked() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let case = vintage(&occupation());
    let files = Unpacked::of(&case.root()).unwrap().files;
    let read = |name: &String| (format!("{VINTAGE}/{name}"), fs::read(case.path(name)).unwrap());
    let entries: Vec<(String, Vec<u8>)> = files.iter().map(read).collect();
    let entries: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let good = path(&format!("{VINTAGE}.zip"));
    pack(&good, &entries);
    assert_eq!(keys_of(&[&good]), BTreeSet::new());
    let seven = path(&format!("{VINTAGE}.7z"));
    let mut writer = sevenz_rust2::ArchiveWriter::create(&seven).unwrap();
    for (name, bytes) in entries {
        let entry = sevenz_rust2::ArchiveEntry::new_file(name);
        writer.push_archive_entry(entry, Some(bytes)).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(keys_of(&[&seven]), BTreeSet::new());

    let zeros = vec![0_u8; 70 << 20];
    for (name, entries, key) in [
        ("slip.zip", &[("../out.txt", &b"x"[..])][..], "archive_path"),
        ("absolute.zip", &[("/tmp/out.txt", &b"x"[..])], "archive_path"),
        ("windows.zip", &[("a\\..\\out.txt", &b"x"[..])], "archive_path"),
        ("bomb.zip", &[("a.gpkg", &zeros[..])], "archive_bomb"),
    ] {
        pack(&path(name), entries);
        assert_eq!(keys_of(&[&path(name)]), BTreeSet::from([key]), "{name}");
    }
    for name in ["torn.zip", "torn.7z"] {
        let bytes = fs::read(if name == "torn.zip" { &good } else { &seven }).unwrap();
        fs::write(path(name), &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(keys_of(&[&path(name)]), BTreeSet::from(["archive_unreadable"]), "{name}");
    }
    std::os::unix::fs::symlink("/etc/hosts", case.path("hosts")).unwrap();
    assert_eq!(case.keys(), BTreeSet::from(["archive_path"]));
    assert!(!dir.path().parent().unwrap().join("out.txt").exists());
}

#[test]
fn keys_are_sorted_by_name_and_each_has_words() {
    let mut sorted = KEYS.map(|(key, ..)| key);
    sorted.sort_unstable();
    let mut distinct = sorted.to_vec();
    distinct.dedup();
    assert_eq!(distinct.len(), KEYS.len());
    assert!(KEYS.iter().all(|(_, _, meaning)| !meaning.is_empty()));
    for key in metadata::KEYS {
        assert!(keys::listed(key).is_some(), "{key}");
    }
}
