//! Which file and which layer hold a product, when the user names a folder or a whole file.
//!
//! Names are routed as the national consumer routes them: by the lower-cased file name, the first
//! word that matches wins (`zan_evol`, `diff` or `diif`, `occupation`, `construite`, `artif`).
//! Names of folders are never routed: an archive `..._ARTIFICIALISATION_DIFF_...` may hold both.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::layer_names;
use crate::tally::Tally;

use super::key;

/// Deepest nesting of folders in an unpacked archive.
const DEPTH_MAX: usize = 8;
/// Most entries looked at in one folder and those below it.
const ENTRIES_MAX: usize = 100_000;
/// Extensions of the formats that are read, the preferred ones first.
const FORMATS: [&str; 7] = ["gpkg", "fgb", "parquet", "geoparquet", "shp", "geojson", "json"];
/// Extensions of archives, which must be unpacked first.
const ARCHIVES: [&str; 6] = ["zip", "7z", "gz", "tar", "rar", "001"];

/// A product to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The vintage itself: `OCCUPATION_SOL`.
    Occupation,
    /// The zone construite: `ZONE_CONSTRUITE`.
    BuiltZone,
    /// Changes between two vintages: `DIFF_34_2021_2018`, also spelt `diif`.
    Difference,
    /// Changes of the artificial status: `zan_evol_2018_2021`.
    Evolution,
    /// The artificial status of one vintage: `artif_2021_34`.
    Artif,
    /// Limits of communes.
    Communes,
    /// Zones of a planning document: `ZONE_URBA`.
    Zoning,
    /// A layer of the user's own, whatever its name.
    Any,
}

impl Product {
    /// The product that a file or layer name stands for.
    pub fn of_name(name: &str) -> Option<Self> {
        const WORDS: [(&str, Product); 8] = [
            ("zan_evol", Product::Evolution),
            ("diff", Product::Difference),
            ("diif", Product::Difference),
            ("occupation", Product::Occupation),
            ("construite", Product::BuiltZone),
            ("artif", Product::Artif),
            ("commune", Product::Communes),
            ("zone_urba", Product::Zoning),
        ];
        let name = name.to_lowercase();
        WORDS.iter().find(|(word, _)| name.contains(word)).map(|&(_, product)| product)
    }

    /// The word that names it in files, for messages and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Occupation => "OCCUPATION_SOL",
            Self::BuiltZone => "ZONE_CONSTRUITE",
            Self::Difference => "DIFF",
            Self::Evolution => "zan_evol",
            Self::Artif => "artif",
            Self::Communes => "commune",
            Self::Zoning => "ZONE_URBA",
            Self::Any => "anything",
        }
    }
}

/// Finds the file and layer of a product: `layer.path` may be a file or an unpacked archive.
///
/// * `years`: the year or years of the product, which tell twins apart; may be empty.
///
/// A file is taken as it is. In a folder, the files whose name stands for the product are kept,
/// then those whose path names all the years, then those of the best format (`GeoPackage` before
/// shapefile; the others are counted). A file with several layers is treated in the same way.
/// When nothing is named after the product, a single unnamed file or layer is taken.
///
/// # Errors
/// The path does not exist, is a packed archive, or a folder without the product or with several
/// files that may be it.
pub fn locate(
    layer: &Layer,
    product: Product,
    years: &[u16],
    tally: &Tally,
) -> Result<Layer, Error> {
    let path = if layer.path.is_dir() {
        in_folder(&layer.path, product, years, tally)?
    } else {
        refuse_archive(&layer.path)?;
        layer.path.clone()
    };
    let name = match &layer.layer {
        Some(name) => Some(name.clone()),
        None => in_file(&layer_names(&path)?, product, years),
    };
    Ok(Layer { path, layer: name })
}

fn refuse_archive(path: &Path) -> Result<(), Error> {
    if ARCHIVES.contains(&extension(path).as_str()) {
        return Err(InputError::new(path, "this archive is still packed")
            .expected("a vector file, or the folder of an unpacked archive")
            .hint("unpack it and give its folder: `7z x FILE`")
            .into());
    }
    Ok(())
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The file of a product in a folder and those below it.
fn in_folder(
    folder: &Path,
    product: Product,
    years: &[u16],
    tally: &Tally,
) -> Result<PathBuf, Error> {
    let mut files = Vec::new();
    list(folder, 0, &mut files)?;
    files.sort();
    let name = |file: &PathBuf| {
        file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    };
    let within =
        |file: &PathBuf| file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned();
    let mut left = best(&files, product, years, name, within);
    let n_found = left.len();
    let rank = |file: &PathBuf| FORMATS.iter().position(|&format| format == extension(file));
    let first = left.iter().map(rank).min().flatten();
    left.retain(|file| rank(file) == first);
    match left.as_slice() {
        [one] => {
            (left.len()..n_found).for_each(|_| tally.count(key::FORMAT_PASSED_OVER));
            Ok(one.clone())
        }
        others => {
            Err(unclear(folder, product, years, if others.is_empty() { &files } else { others }))
        }
    }
}

/// The layer of a product among those of a file; `None` leaves the choice to the reader, which
/// takes the only one or names those there are.
fn in_file(names: &[String], product: Product, years: &[u16]) -> Option<String> {
    let left = best(names, product, years, Clone::clone, Clone::clone);
    match left.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// The candidates named after the product, else the unnamed ones; then those of the years.
fn best<T: Clone>(
    all: &[T],
    product: Product,
    years: &[u16],
    name: impl Fn(&T) -> String,
    path: impl Fn(&T) -> String,
) -> Vec<T> {
    let of = |wanted| -> Vec<T> {
        let is_any = wanted == Some(Product::Any);
        let is_wanted = |item: &&T| is_any || Product::of_name(&name(item)) == wanted;
        all.iter().filter(is_wanted).cloned().collect()
    };
    let named = of(Some(product));
    let left = if named.is_empty() { of(None) } else { named };
    let is_dated = |item: &&T| years.iter().all(|year| path(item).contains(&year.to_string()));
    let dated: Vec<T> = left.iter().filter(is_dated).cloned().collect();
    if dated.is_empty() { left } else { dated }
}

/// Adds the vector files below a folder; links to folders and hidden entries are not followed.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let entry = entry.map_err(Error::read(folder))?;
        let kind = entry.file_type().map_err(Error::read(folder))?;
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden || files.len() >= ENTRIES_MAX {
            continue;
        }
        if kind.is_dir() && depth < DEPTH_MAX {
            list(&path, depth + 1, files)?;
        } else if FORMATS.contains(&extension(&path).as_str()) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn unclear(folder: &Path, product: Product, years: &[u16], files: &[PathBuf]) -> Error {
    const SHOWN_MAX: usize = 8;
    let shown = files
        .iter()
        .take(SHOWN_MAX)
        .map(|file| format!("`{}`", file.strip_prefix(folder).unwrap_or(file).display()));
    let mut got = shown.collect::<Vec<_>>().join(", ");
    if files.len() > SHOWN_MAX {
        got = format!("{got} and {} more", files.len() - SHOWN_MAX);
    }
    let years: Vec<String> = years.iter().map(ToString::to_string).collect();
    let dated =
        if years.is_empty() { String::new() } else { format!(" of {}", years.join(" of ")) };
    let (what, name) = match product {
        Product::Any => ("to read".to_owned(), String::new()),
        _ => {
            (format!("is `{}`", product.word()), format!(" whose name holds `{}`", product.word()))
        }
    };
    InputError::new(folder, format!("this folder does not tell which file {what}"))
        .got(if files.is_empty() { "no vector file".to_owned() } else { got })
        .expected(format!("one vector file{dated}{name}"))
        .hint("give the path of the file itself")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        folder
    }

    fn found(files: &[&str], product: Product, years: &[u16]) -> (Option<String>, u64) {
        let folder = folder_with(files);
        let tally = Tally::default();
        let path = in_folder(folder.path(), product, years, &tally).ok();
        let path = path.map(|p| p.strip_prefix(folder.path()).unwrap().display().to_string());
        (path, tally.flaws().0.get(key::FORMAT_PASSED_OVER).map_or(0, |flaw| flaw.count))
    }

    #[test]
    fn names_are_routed_by_the_first_word_that_matches() {
        for (name, product) in [
            ("OCCUPATION_SOL", Some(Product::Occupation)),
            ("occupation_sol_2018", Some(Product::Occupation)),
            ("DIFF_34_2021_2018", Some(Product::Difference)),
            ("diif_34_2021_2018", Some(Product::Difference)),
            ("zan_evol_2018_2021_artif_diff", Some(Product::Evolution)),
            ("ZONE_CONSTRUITE", Some(Product::BuiltZone)),
            ("artif_2021_34", Some(Product::Artif)),
            ("30014_ZONE_URBA_20171013", Some(Product::Zoning)),
            ("parcels", None),
        ] {
            assert_eq!(Product::of_name(name), product, "{name}");
        }
    }

    #[test]
    fn an_unpacked_archive_gives_its_occupation_file() {
        let files = [
            "OCS-GE_2-0__GPKG_LAMB93_D0971_2025-11_04/1_DONNEES/OCCUPATION_SOL.gpkg",
            "OCS-GE_2-0__GPKG_LAMB93_D0971_2025-11_04/1_DONNEES/ZONE_CONSTRUITE.gpkg",
            "OCS-GE_2-0__GPKG_LAMB93_D0971_2025-11_04/2_METADONNEES/a.json",
        ];
        assert_eq!(found(&files, Product::Occupation, &[2022]).0.as_deref(), Some(files[0]));
        assert_eq!(found(&files, Product::BuiltZone, &[]).0.as_deref(), Some(files[1]));
        assert_eq!(found(&files[1..2], Product::Occupation, &[]), (None, 0));
    }

    #[test]
    fn a_geopackage_is_preferred_to_the_shapefile_beside_it_and_that_is_said() {
        let files = ["SHP/occupation_sol.SHP", "GPKG/OCCUPATION_SOL.GPKG"];
        let (path, passed) = found(&files, Product::Occupation, &[2018]);
        assert_eq!((path.as_deref(), passed), (Some(files[1]), 1));
    }

    #[test]
    fn the_year_tells_two_vintages_apart_and_without_it_nothing_is_guessed() {
        let files = ["D034_2018-01-01/OCCUPATION_SOL.gpkg", "D034_2021-01-01/OCCUPATION_SOL.gpkg"];
        assert_eq!(found(&files, Product::Occupation, &[2021]).0.as_deref(), Some(files[1]));
        assert_eq!(found(&files, Product::Occupation, &[2015]).0, None);
    }

    #[test]
    fn the_only_unnamed_file_is_taken() {
        assert_eq!(
            found(&["a/ocsge_34.fgb"], Product::Occupation, &[2018]).0.as_deref(),
            Some("a/ocsge_34.fgb")
        );
        assert_eq!(found(&[], Product::Occupation, &[2018]).0, None);
    }

    #[test]
    fn the_layer_of_the_product_and_year_is_chosen_in_a_file_of_several() {
        let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let all = names(&["ZONE_CONSTRUITE", "OCCUPATION_SOL_2018", "OCCUPATION_SOL_2021"]);
        let layer = in_file(&all, Product::Occupation, &[2021]);
        assert_eq!(layer.as_deref(), Some("OCCUPATION_SOL_2021"));
        assert_eq!(in_file(&all, Product::Occupation, &[]), None);
        assert_eq!(in_file(&names(&["a", "b"]), Product::Occupation, &[]), None);
    }

    #[test]
    fn a_packed_archive_is_refused_with_the_way_out() {
        let layer = Layer { path: "D034.7z".into(), layer: None };
        let error = locate(&layer, Product::Occupation, &[], &Tally::default()).unwrap_err();
        assert_eq!(error.exit_code(), crate::error::exit::INPUT);
        assert!(error.hint().unwrap().contains("unpack"));
    }
}
