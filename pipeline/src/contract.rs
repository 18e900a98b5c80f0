//! What a delivery must be for those who load it, held against any archive, ours or IGN's.
//!
//! The rules are those of the national platform's loaders (routing by file name, number of files,
//! names, columns to the letter, codes, ids shared by both layers of a vintage, sound geometries), of
//! the metadata that catalogues ask for, and of a safe archive. Each has a stable key.

use std::collections::BTreeMap;
use std::path::Path;

use kernels::lattice::Point;
use nomenclature::Nomenclature;

use crate::config::Department;
use crate::error::Error;
use crate::metadata::check::{self as metadata, Expected};
use crate::vintage::locate::Product;

mod columns;
mod data;
mod keys;
mod name;
mod sums;
mod unpack;

pub use data::Ids;
pub use keys::{KEYS, about};
pub use name::ArchiveName;
pub use unpack::Unpacked;

/// What archives are held against.
#[derive(Debug)]
pub struct Question {
    /// Whose leaves the codes must be.
    pub nomenclature: Nomenclature,
    /// Whose CRS the data must be in; by default that of the archive's name.
    pub department: Option<Department>,
}

/// One rule that is broken at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    /// One of [`KEYS`].
    pub key: &'static str,
    /// What is there, in French; may be empty.
    pub got: String,
    /// The file within the archive, or the archive.
    pub file: String,
    /// The product of the file.
    pub product: Option<&'static str>,
    /// The column.
    pub attribute: Option<String>,
    /// The number of the feature.
    pub fid: Option<i64>,
    /// The id of the feature.
    pub feature_id: Option<String>,
    /// West, south, east and north of the feature, in metres.
    pub bbox: Option<String>,
    /// Where.
    pub place: Option<Point>,
}

/// An archive that was examined.
#[derive(Debug, Default)]
pub struct Examined {
    /// Its name.
    pub name: String,
    /// What its name says.
    pub says: Option<ArchiveName>,
    /// The ids of the layers of a vintage, by product and year.
    pub ids: BTreeMap<(&'static str, u16), Ids>,
    /// The identifiers of its metadata.
    pub records: Vec<String>,
    /// Number of data files.
    pub n_data: usize,
    /// The rules that it breaks.
    pub findings: Vec<Finding>,
}

/// A file that holds geographic data.
struct DataFile {
    /// Its path within the archive.
    name: String,
    /// What the platform takes it for.
    product: Option<Product>,
}

/// Extensions of the data that the platform loads.
const LOADED: [&str; 2] = ["gpkg", "shp"];
/// Extensions of data that it does not.
const NOT_LOADED: [&str; 5] = ["fgb", "geojson", "parquet", "gdb", "tab"];

/// Examines one archive: a folder, a .zip or a .7z.
///
/// # Errors
/// [`Error::Input`] for a path that is none of these, [`Error::Resources`] when the disk is too small
/// to unpack it, [`Error::Read`], [`Error::Write`].
pub fn examine(path: &Path, question: &Question) -> Result<Examined, Error> {
    let unpacked = Unpacked::of(path)?;
    let says = ArchiveName::parse(&unpacked.name);
    let mut examined = Examined { name: unpacked.name.clone(), says, ..Examined::default() };
    let archive =
        |key, got: String| Finding { key, got, file: unpacked.name.clone(), ..Finding::default() };
    for (key, got) in &unpacked.refused {
        examined.findings.push(archive(key, got.clone()));
    }
    if !unpacked.refused.is_empty() {
        return Ok(examined);
    }
    if examined.says.is_none() {
        examined.findings.push(archive(keys::ARCHIVE_NAME, String::new()));
    }
    sums::check(&unpacked, &mut examined.findings)?;
    let files = data_files(&unpacked, &mut examined.findings);
    examined.n_data = files.len();
    count(&unpacked.name, examined.says.as_ref(), &files, &mut examined.findings);
    let mut epsg = None;
    for file in &files {
        let of = data::File {
            path: unpacked.root.join(&file.name),
            name: &file.name,
            product: file.product,
            says: examined.says.as_ref(),
            question,
        };
        let read = data::examine(&of)?;
        epsg = epsg.or(read.epsg);
        examined.findings.extend(read.findings);
        if let (Some(product), Some(ids)) = (file.product, read.ids) {
            examined.ids.insert((product.word(), read.year.unwrap_or_default()), ids);
        }
    }
    records(&unpacked, epsg, &mut examined)?;
    for (word, key) in [("lisez", keys::NOTICE_MISSING), ("licen", keys::LICENCE_MISSING)] {
        let has = |name: &String| {
            let name = name.to_lowercase();
            name.contains(word) || (word == "lisez" && name.contains("readme"))
        };
        if !unpacked.files.iter().any(has) {
            examined.findings.push(archive(key, String::new()));
        }
    }
    Ok(examined)
}

/// What several archives must agree on: the ids of both layers of a vintage, and the identifiers of
/// their metadata, which are those of one archive each.
pub fn across(archives: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for archive in archives {
        for record in &archive.records {
            // One archive may be given twice: packed, and as a folder.
            let other = known.insert(record, &archive.name).filter(|other| *other != archive.name);
            if let Some(other) = other {
                findings.push(Finding {
                    key: keys::MD_IDENTIFIER_SHARED,
                    got: format!("{record}, aussi dans {other}"),
                    file: archive.name.clone(),
                    ..Finding::default()
                });
            }
        }
    }
    let (occupation, artif) = (Product::Occupation.word(), Product::Artif.word());
    let department = |archive: &Examined| archive.says.as_ref().map(|says| says.department.clone());
    for archive in archives {
        for ((product, year), ids) in &archive.ids {
            let (other, key) = match *product {
                word if word == occupation => (artif, keys::ID_WITHOUT_ARTIF),
                word if word == artif => (occupation, keys::ID_WITHOUT_OCCUPATION),
                _ => continue,
            };
            let twin = archives
                .iter()
                .filter(|twin| department(twin) == department(archive))
                .find_map(|twin| twin.ids.get(&(other, *year)));
            let Some(twin) = twin else { continue };
            findings.extend(ids.without(twin).into_iter().map(|id| Finding {
                key,
                file: archive.name.clone(),
                product: Some(product),
                attribute: Some("id".to_owned()),
                feature_id: Some(id),
                ..Finding::default()
            }));
        }
    }
    findings
}

/// The files with geographic data, each taken for what the platform takes it for.
fn data_files(unpacked: &Unpacked, findings: &mut Vec<Finding>) -> Vec<DataFile> {
    let mut files = Vec::new();
    for name in &unpacked.files {
        let path = Path::new(name);
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if NOT_LOADED.contains(&extension.as_str()) {
            let file = name.clone();
            findings.push(Finding { key: keys::FILE_FORMAT, file, ..Finding::default() });
        }
        if LOADED.contains(&extension.as_str()) {
            let stem = path.file_name().unwrap_or_default().to_string_lossy();
            let product = Product::of_name(&stem)
                .filter(|product| !matches!(product, Product::Communes | Product::Zoning));
            files.push(DataFile { name: name.clone(), product });
        }
    }
    for DataFile { name, .. } in files.iter().filter(|file| file.product.is_none()) {
        findings.push(Finding {
            key: keys::FILE_UNROUTED,
            file: name.clone(),
            ..Finding::default()
        });
    }
    files
}

/// Whether the archive holds exactly the files that the platform takes.
fn count(name: &str, says: Option<&ArchiveName>, files: &[DataFile], findings: &mut Vec<Finding>) {
    const VINTAGE: [Product; 2] = [Product::Occupation, Product::BuiltZone];
    let of = |wanted: Product| files.iter().filter(|f| f.product == Some(wanted)).count();
    let wanted: &[Product] = match says.map(|says| says.subject) {
        Some(name::Subject::Vintage) => &VINTAGE,
        Some(name::Subject::Artif) => &[Product::Artif],
        Some(name::Subject::Difference) => &[Product::Difference],
        Some(name::Subject::Evolution) => &[Product::Evolution],
        None if VINTAGE.into_iter().any(|product| of(product) > 0) => &VINTAGE,
        // One file, whichever: a patch is no product of the platform, and this name says nothing.
        Some(name::Subject::Patch) | None => &[],
    };
    if files.len() == wanted.len().max(1) && wanted.iter().all(|&wanted| of(wanted) == 1) {
        return;
    }
    let found: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let words: Vec<&str> = wanted.iter().map(|product| product.word()).collect();
    let words = if words.is_empty() { "un fichier".to_owned() } else { words.join(", ") };
    findings.push(Finding {
        key: keys::FILE_COUNT,
        got: format!("[{}], attendu : {words}", found.join(", ")),
        file: name.to_owned(),
        ..Finding::default()
    });
}

/// Holds the metadata of an archive against their rules.
fn records(unpacked: &Unpacked, epsg: Option<u32>, examined: &mut Examined) -> Result<(), Error> {
    let says = examined.says.as_ref();
    let years: &[u16] = says.map_or(&[], |says| &says.years);
    let department = says.map(|says| says.department.as_str());
    let expected = Expected { epsg, department, years };
    let mut n_records = 0;
    for name in unpacked.files.iter().filter(|name| name.to_lowercase().ends_with(".xml")) {
        let path = unpacked.root.join(name);
        let size = std::fs::metadata(&path).map_err(Error::read(&path))?.len();
        // A record takes some tens of kilobytes; what is larger is something else.
        if size > 16 << 20 {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(Error::read(&path))?;
        let xml = String::from_utf8_lossy(&bytes);
        if !metadata::is_record(&xml) {
            continue;
        }
        n_records += 1;
        let checked = metadata::check(&xml, &expected);
        examined.records.extend(checked.identifier);
        examined.findings.extend(checked.faults.into_iter().map(|fault| Finding {
            key: fault.key,
            got: fault.got,
            file: name.clone(),
            ..Finding::default()
        }));
    }
    if n_records == 0 {
        let file = examined.name.clone();
        let key = keys::METADATA_MISSING;
        examined.findings.push(Finding { key, file, ..Finding::default() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
