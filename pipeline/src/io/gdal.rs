//! The fence around GDAL: what it may open, and how its errors become ours.
//!
//! GDAL opens by content, not by extension: a VRT named `.tif` reads any file of the machine, and
//! a path may be an URL or a driver's connection string. Its command-line defaults also report
//! success on truncated files. So: every driver that is not on a short list is removed once for
//! the process; a path must be a regular file and is handed over in absolute form; headers are
//! checked against a budget before a cell is read; and every message of class failure that GDAL
//! utters during an operation fails this operation, whatever it returned.
//! (GDAL documentation, "Security considerations".)

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::sync::Once;

use gdal::errors::GdalError;
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use gdal_sys::{CPLErr, CPLErrorNum};

use super::error::{Error, InputError, Result, write_error};

/// Drivers that may read a raster.
pub const RASTER_DRIVERS: &[&str] = &["GTiff", "JP2OpenJPEG"];

/// Drivers that may read a vector file (Parquet only where GDAL was built with it).
pub const VECTOR_DRIVERS: &[&str] = &["GPKG", "FlatGeobuf", "ESRI Shapefile", "GeoJSON", "Parquet"];

/// Extensions of vector files, with the driver that reads each.
const VECTOR_EXTENSIONS: &[(&str, &str)] = &[
    ("gpkg", "GPKG"),
    ("fgb", "FlatGeobuf"),
    ("shp", "ESRI Shapefile"),
    ("geojson", "GeoJSON"),
    ("parquet", "Parquet"),
    ("geoparquet", "Parquet"),
];

/// Drivers kept besides those: writing pictures goes from `MEM` to `PNG` or `JPEG`.
const OTHER_DRIVERS: &[&str] = &["COG", "PNG", "JPEG", "MEM", "Memory"];

/// Largest number of rows or columns of a raster.
pub const SIDE_MAX: usize = 2_000_000;

/// Largest size of one tile in memory, all its interleaved bands together.
pub const TILE_BYTES_MAX: usize = 256 << 20;

/// Largest ratio between the cells a header announces and the bytes of its file.
const EXPANSION_MAX: u128 = 1_000_000;

/// Date written wherever GDAL would write the current one, so that bytes are reproducible.
pub(super) const FIXED_DATE: &str = "1970-01-01T00:00:00.000Z";

/// Settings of the process; they win over the environment.
const SETTINGS: &[(&str, &str)] = &[
    // No code from elsewhere: driver plug-ins, start-up files, Python in VRT, SQLite extensions.
    ("GDAL_DRIVER_PATH", "disable"),
    ("OGR_DRIVER_PATH", "disable"),
    ("GDAL_CONFIG_FILE", ""),
    ("GDAL_VRT_ENABLE_PYTHON", "NO"),
    ("OGR_SQLITE_LOAD_EXTENSIONS", ""),
    ("OGR_SQLITE_PRAGMA", ""),
    // Functions of SQL that nothing here calls: they open PROJ's database with every GeoPackage.
    ("SPATIALITE_LOAD", "NO"),
    // No network.
    ("CPL_VSIL_CURL_ALLOWED_FILENAME", "none"),
    ("PROJ_NETWORK", "OFF"),
    // No file of ours beside the user's, none of them silently rebuilt.
    ("GDAL_PAM_ENABLED", "NO"),
    ("SHAPE_RESTORE_SHX", "NO"),
    // Half a reprojected geometry is an error.
    ("OGR_ENABLE_PARTIAL_REPROJECTION", "NO"),
    ("OGR_CURRENT_DATE", FIXED_DATE),
    // Files are written under a temporary name and synchronised once, when complete.
    ("OGR_SQLITE_SYNCHRONOUS", "OFF"),
    // Megabytes of decoded blocks kept: the default follows the machine, budgets must not.
    ("GDAL_CACHEMAX", "128"),
    // Megabytes of pages kept in memory, so that the spatial index is built without the disk.
    ("OGR_SQLITE_CACHE", "256"),
];

static FENCE: Once = Once::new();

thread_local! {
    static COMPLAINTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Puts the fence up; every entry of this crate into GDAL calls it first, only the first acts.
pub fn raise() {
    FENCE.call_once(|| {
        for (key, value) in SETTINGS {
            set_option(key, value);
        }
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { gdal_sys::CPLSetErrorHandler(Some(collect)) };
        // SAFETY: plain switch of the PROJ context; no pointer involved.
        unsafe { gdal_sys::OSRSetPROJEnableNetwork(0) };
        let strangers: Vec<_> = DriverManager::all()
            .filter(|driver| {
                let name = driver.short_name();
                ![RASTER_DRIVERS, VECTOR_DRIVERS, OTHER_DRIVERS]
                    .iter()
                    .any(|list| list.contains(&name.as_str()))
            })
            .collect();
        for driver in &strangers {
            DriverManager::deregister_driver(driver);
        }
    });
}

/// The settings in force, for the record of a run.
pub fn settings() -> Vec<(&'static str, &'static str)> {
    SETTINGS.to_vec()
}

/// Lets GDAL keep so many bytes of decoded tiles, of all threads together.
pub fn keep_tiles(bytes: usize) {
    raise();
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    // SAFETY: plain switch of the process; no pointer involved.
    unsafe { gdal_sys::GDALSetCacheMax64(bytes) };
}

/// The version of the GDAL library in use, such as `3.6.2`.
pub fn version() -> String {
    raise();
    gdal::version::VersionInfo::release_name()
}

/// The short names of the drivers that are left.
pub fn drivers() -> Vec<String> {
    raise();
    let mut names: Vec<_> = DriverManager::all().map(|driver| driver.short_name()).collect();
    names.sort();
    names
}

fn set_option(key: &str, value: &str) {
    let key = CString::new(key).expect("settings hold no NUL");
    let value = CString::new(value).expect("settings hold no NUL");
    // SAFETY: both strings outlive the call, which copies them.
    unsafe { gdal_sys::CPLSetConfigOption(key.as_ptr(), value.as_ptr()) };
}

unsafe extern "C" fn collect(class: CPLErr::Type, _number: CPLErrorNum, message: *const c_char) {
    if class != CPLErr::CE_Failure && class != CPLErr::CE_Fatal {
        return;
    }
    let text = if message.is_null() {
        "no message".to_owned()
    } else {
        // SAFETY: GDAL hands a NUL-terminated string that is valid during the call.
        unsafe { CStr::from_ptr(message) }.to_string_lossy().trim().to_owned()
    };
    // During thread shutdown the list may be gone; nobody can read it any more then.
    let _ = COMPLAINTS.try_with(|list| {
        if let Ok(mut list) = list.try_borrow_mut() {
            list.push(text);
        }
    });
}

/// Runs an operation; fails when it fails or when GDAL complained meanwhile, and says why.
///
/// # Errors
/// The first complaint of GDAL, else the error returned.
pub(super) fn strict<T>(
    operation: impl FnOnce() -> std::result::Result<T, GdalError>,
) -> std::result::Result<T, String> {
    raise();
    let mark = COMPLAINTS.with_borrow(Vec::len);
    let result = operation();
    let complaints = COMPLAINTS.with_borrow_mut(|list| list.split_off(mark));
    match (result, complaints.into_iter().next()) {
        (_, Some(complaint)) => Err(complaint),
        (Err(error), None) => Err(error.to_string()),
        (Ok(value), None) => Ok(value),
    }
}

/// Runs an operation whose complaints mean nothing, such as trying to recognise a CRS.
pub(super) fn quiet<T>(operation: impl FnOnce() -> T) -> T {
    raise();
    let mark = COMPLAINTS.with_borrow(Vec::len);
    let value = operation();
    COMPLAINTS.with_borrow_mut(|list| list.truncate(mark));
    value
}

/// [`strict`] for reading: the complaint becomes a fault of the input.
pub(super) fn reading<T>(
    path: &Path,
    what: &str,
    operation: impl FnOnce() -> std::result::Result<T, GdalError>,
) -> Result<T> {
    strict(operation).map_err(|said| InputError::new(path, what).got(said).into())
}

/// [`strict`] for writing: the complaint becomes a write error.
pub(super) fn writing<T>(
    path: &Path,
    operation: impl FnOnce() -> std::result::Result<T, GdalError>,
) -> Result<T> {
    strict(operation).map_err(|said| write_error(path, said))
}

/// Turns a return code of an OGR function into the result that [`strict`] expects.
pub(super) fn ogr(
    code: gdal_sys::OGRErr::Type,
    method_name: &'static str,
) -> std::result::Result<(), GdalError> {
    if code == gdal_sys::OGRErr::OGRERR_NONE {
        Ok(())
    } else {
        Err(GdalError::OgrError { err: code, method_name })
    }
}

/// Opens a raster for reading: its full pixels, or one of its reduced levels (from 0).
///
/// # Errors
/// The path is not a regular local file, no allowed driver recognises it, or its header exceeds
/// the budget.
pub(super) fn open_raster(path: &Path, level: Option<usize>) -> Result<Dataset> {
    let file = local_file(path)?;
    let level = level.map(|level| format!("OVERVIEW_LEVEL={level}"));
    let options = level.as_ref().map(|level| [level.as_str()]);
    let options = options.as_ref().map(<[&str; 1]>::as_slice);
    let dataset = open(path, &file, GdalOpenFlags::GDAL_OF_RASTER, RASTER_DRIVERS, options)?;
    check_budget(path, &file, &dataset)?;
    Ok(dataset)
}

/// Opens a vector file for reading.
///
/// # Errors
/// The path is not a regular local file, or no allowed driver recognises it.
pub(super) fn open_vector(path: &Path) -> Result<Dataset> {
    let file = local_file(path)?;
    require_driver(path)?;
    // A DBF whose encoding is not declared comes as raw bytes: the reader decodes them.
    let bare_shapefile = has_extension(&file, "shp")
        && !file.with_extension("cpg").exists()
        && !file.with_extension("CPG").exists();
    let options: Option<&[&str]> = if bare_shapefile { Some(&["ENCODING="]) } else { None };
    open(path, &file, GdalOpenFlags::GDAL_OF_VECTOR, VECTOR_DRIVERS, options)
}

/// Refuses a file whose extension names a format that this GDAL was built without.
///
/// Debian 12's GDAL 3.6 has all of them but `Parquet`, which needs Arrow.
fn require_driver(path: &Path) -> Result<()> {
    let mut drivers = VECTOR_EXTENSIONS.iter().filter(|(end, _)| has_extension(path, end));
    let Some((_, driver)) = drivers.next() else { return Ok(()) };
    if DriverManager::get_driver_by_name(driver).is_ok() {
        return Ok(());
    }
    Err(InputError::new(path, format!("GDAL lacks the driver `{driver}`, which reads this format"))
        .got(format!("GDAL {} without `{driver}`", version()))
        .expected(format!("a file of one of: {}", present(VECTOR_DRIVERS).join(", ")))
        .hint("convert it where GDAL has the driver: `ogr2ogr -f GPKG OUT.gpkg IN`")
        .into())
}

/// Those of these drivers that this GDAL has.
fn present(names: &[&'static str]) -> Vec<&'static str> {
    let is_there = |name: &&&str| DriverManager::get_driver_by_name(name).is_ok();
    names.iter().filter(is_there).copied().collect()
}

/// Whether a path has an extension, in any case.
pub(super) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

fn open(
    path: &Path,
    file: &Path,
    kind: GdalOpenFlags,
    drivers: &[&str],
    open_options: Option<&[&str]>,
) -> Result<Dataset> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR | kind,
        allowed_drivers: Some(drivers),
        open_options,
        sibling_files: None,
    };
    strict(|| Dataset::open_ex(file, options)).map_err(|said| {
        InputError::new(path, "this file cannot be opened")
            .got(said)
            .expected(format!("a complete file of one of: {}", drivers.join(", ")))
            .hint("check the file with `gdalinfo` or `ogrinfo`; copy it again if it is truncated")
            .into()
    })
}

/// The absolute form of a path that names a regular file of this machine.
fn local_file(path: &Path) -> Result<PathBuf> {
    let refuse = |got: &str| -> Error {
        InputError::new(path, "this path is refused")
            .got(got)
            .expected("a regular file of this machine")
            .hint("download or unpack the data first, then give the path of the file")
            .into()
    };
    let text = path.to_string_lossy();
    if text.starts_with("/vsi") || text.contains("/vsi") {
        return Err(refuse("a virtual file system of GDAL"));
    }
    if text.contains("://") {
        return Err(refuse("an address"));
    }
    let file = path.canonicalize().map_err(|error| {
        InputError::new(path, "this file cannot be read")
            .got(error.to_string())
            .hint("check the path; those in a configuration start from its folder")
    })?;
    if file.starts_with("/vsimem") || !file.is_file() {
        return Err(refuse(if file.is_dir() { "a folder" } else { "not a regular file" }));
    }
    Ok(file)
}

/// Refuses headers that announce more than a machine should be asked for.
fn check_budget(path: &Path, file: &Path, dataset: &Dataset) -> Result<()> {
    let (cols, rows) = dataset.raster_size();
    let bands = dataset.raster_count();
    if bands == 0 || rows == 0 || cols == 0 {
        return Err(InputError::new(path, "this raster is empty")
            .got(format!("{rows} rows, {cols} columns, {bands} bands"))
            .expected("at least one cell and one band")
            .into());
    }
    if rows > SIDE_MAX || cols > SIDE_MAX {
        return Err(InputError::new(path, "this raster is too large")
            .got(format!("{rows} rows, {cols} columns"))
            .expected(format!("at most {SIDE_MAX} of each"))
            .hint("the header may be damaged; otherwise cut the raster into tiles")
            .into());
    }
    let band = reading(path, "this raster has no readable band", || dataset.rasterband(1))?;
    let (block_cols, block_rows) = band.block_size();
    let cell_bytes = usize::from(band.band_type().bytes()).max(1);
    let depth = if is_interleaved(dataset) { bands } else { 1 };
    let tile_bytes = block_cols.saturating_mul(block_rows).saturating_mul(cell_bytes * depth);
    if tile_bytes > TILE_BYTES_MAX {
        return Err(InputError::new(path, "the tiles of this raster are too large")
            .got(format!("{block_rows} x {block_cols} cells, {} MiB", tile_bytes >> 20))
            .expected(format!("at most {} MiB", TILE_BYTES_MAX >> 20))
            .hint("rewrite it: `gdal_translate -co TILED=YES IN OUT`")
            .into());
    }
    let announced = rows as u128 * cols as u128 * (bands * cell_bytes) as u128;
    let bytes = std::fs::metadata(file).map_or(0, |meta| meta.len()).max(1);
    if announced / u128::from(bytes) > EXPANSION_MAX {
        return Err(InputError::new(path, "this file is too small for what its header announces")
            .got(format!("{bytes} bytes for {announced} bytes of cells"))
            .hint("the file is truncated or its header is damaged: copy it again")
            .into());
    }
    Ok(())
}

fn is_interleaved(dataset: &Dataset) -> bool {
    use gdal::Metadata;
    dataset.metadata_item("INTERLEAVE", "IMAGE_STRUCTURE").is_some_and(|v| v == "PIXEL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_drivers_are_left() {
        let left = drivers();
        for banned in ["HTTP", "VRT", "OGR_VRT", "WMS", "WFS", "WMTS", "PostgreSQL", "GTI", "PDF"] {
            assert!(!left.iter().any(|name| name == banned), "{banned} is still there");
        }
        for needed in ["GTiff", "JP2OpenJPEG", "GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf"] {
            assert!(left.iter().any(|name| name == needed), "{needed} is missing");
        }
    }

    #[test]
    fn paths_that_are_no_local_files_are_refused() {
        for path in [
            "/vsicurl/http://127.0.0.1:1/a.tif",
            "/vsizip/a.zip/a.tif",
            "/vsimem/a.tif",
            "http://127.0.0.1:1/a.tif",
            "s3://bucket/a.tif",
            "MEM:::DATAPOINTER=1,PIXELS=1,LINES=1",
            "GPKG:a.gpkg:table",
            "PG:dbname=x",
            "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"/>",
            "{\"type\":\"FeatureCollection\",\"features\":[]}",
            "/tmp",
        ] {
            assert!(open_raster(Path::new(path), None).is_err(), "{path} was opened as a raster");
            assert!(open_vector(Path::new(path)).is_err(), "{path} was opened as a vector");
        }
    }

    #[test]
    fn a_complaint_fails_an_operation_that_returned_success() {
        let said = strict(|| {
            let message = CString::new("disk is full").unwrap();
            // SAFETY: a format without arguments; the string outlives the call.
            unsafe { gdal_sys::CPLError(CPLErr::CE_Failure, 1, message.as_ptr()) };
            Ok(7)
        });
        assert_eq!(said, Err("disk is full".to_owned()));
        assert_eq!(strict(|| Ok(7)), Ok(7));
    }
}
