//! Archives whose files were damaged byte by byte: what no writer of ours would make.

use std::fs;
use std::path::Path;

use super::case::*;
use crate::io::schema::{self, Product};
use crate::io::vector_writer::VectorFormat;

/// Replaces bytes of a file; they must be there.
fn patch(path: &Path, from: &[u8], to: &[u8], last_only: bool) {
    let mut bytes = fs::read(path).unwrap();
    let mut places: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "{}: nothing to damage", path.display());
    if last_only {
        places.drain(..places.len() - 1);
    }
    for at in places {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    fs::write(path, bytes).unwrap();
}

/// A sound archive but for one polygon far from the others, whose western side lies at `x_m`.
fn with_far_polygon() -> (Case, f64) {
    let case = vintage(&occupation().shaped(square(100)));
    // Of the corners of that square alone.
    let far = square(100).exterior.0[0].to_metres().0;
    (case, far)
}

#[test]
fn coordinates_that_are_none_are_told() {
    for (key, wrong) in [("coordinate_not_finite", f64::NAN), ("coordinate_out_of_range", 1e12)] {
        let (case, x_m) = with_far_polygon();
        let path = case.path("1_DONNEES/OCCUPATION_SOL.gpkg");
        patch(&path, &x_m.to_le_bytes(), &wrong.to_le_bytes(), false);
        let keys = case.summed().keys();
        assert!(keys.contains(key), "{key}: {keys:?}");
    }
}

#[test]
fn rings_that_are_open_or_lacking_are_told() {
    // Little-endian polygon of one ring of five corners.
    let head = [&[1_u8, 3, 0, 0, 0][..], &[1, 0, 0, 0], &[5, 0, 0, 0]].concat();
    let empty = [&[1_u8, 3, 0, 0, 0][..], &[0, 0, 0, 0], &[5, 0, 0, 0]].concat();
    let (case, _) = with_far_polygon();
    patch(&case.path("1_DONNEES/OCCUPATION_SOL.gpkg"), &head, &empty, true);
    let keys = case.summed().keys();
    assert!(keys.contains("geometry_empty") || keys.contains("geometry_null"), "{keys:?}");

    let (case, x_m) = with_far_polygon();
    let path = case.path("1_DONNEES/OCCUPATION_SOL.gpkg");
    // The first corner comes again at the end, and nowhere later.
    patch(&path, &x_m.to_le_bytes(), &(x_m + 1.0).to_le_bytes(), true);
    let keys = case.summed().keys();
    assert!(keys.contains("ring_unclosed"), "{keys:?}");
}

#[test]
fn a_record_that_breaks_off_is_told() {
    let case = vintage(&occupation());
    let path = case.path("fiche.xml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let keys = case.summed().keys();
    assert!(keys.contains("md_unreadable"), "{keys:?}");
}

#[test]
fn texts_in_another_encoding_than_told_are_read_and_told() {
    let case = Case::new(&VINTAGE.replace("GPKG", "SHP"));
    for (product, file) in
        [(Product::Occupation, "OCCUPATION_SOL"), (Product::BuiltZone, "ZONE_CONSTRUITE")]
    {
        let mut sheet = sheet(product);
        sheet.spec.fields = sheet.spec.fields.into_iter().map(schema::shapefile_field).collect();
        sheet.write_as(&case.path(&format!("1_DONNEES/{file}.shp")), VectorFormat::Shapefile);
    }
    let case = case.complete();
    patch(&case.path("1_DONNEES/OCCUPATION_SOL.dbf"), b"photo", b"phot\xe9", false);
    fs::remove_file(case.path("1_DONNEES/OCCUPATION_SOL.cpg")).unwrap();
    let keys = case.summed().keys();
    assert!(keys.contains("text_latin1"), "{keys:?}");
}
