//! What a comparison will read and write, told before anything is computed.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Request, shown};
use crate::artefact::name_of;
use crate::config::Layer;
use crate::error::Error;
use crate::io::vector::VectorSource;
use crate::machine::{MEMORY_BASE_BYTES, Machine, Needs};
use crate::stamp::Stamp;
use crate::tally::Tally;
use crate::units;
use crate::vintage::locate::locate;

/// Disk that the results take for each byte of input: 5.2 measured on two coverages of 48,400
/// polygons that share no side, the worst case.
const DISK_PER_BYTE: u64 = 6;
/// Memory that they take: 8.5 measured there on a `GeoPackage`, whose corners take 26 bytes each; the
/// tightest format takes 16.
const MEMORY_PER_BYTE: u64 = 14;

/// Files that stand beside a shapefile and are part of it.
const BESIDE_SHP: [&str; 4] = ["dbf", "shx", "prj", "cpg"];

/// One input, opened.
struct Input {
    role: String,
    path: String,
    layer: String,
    n_features: u64,
    bytes: u64,
}

/// The plan.
pub(super) struct Plan {
    inputs: Vec<Input>,
    head: String,
    machine: Machine,
}

/// The size and hash of every file that a layer is made of, by its role and name.
///
/// # Errors
/// [`Error::Read`] when one cannot be read.
pub(crate) fn stamps(role: &str, path: &Path) -> Result<Vec<(String, Stamp)>, Error> {
    let stamp = |file: PathBuf| Ok((format!("{role}/{}", name_of(&file)), Stamp::of(&file)?));
    files(path).into_iter().map(stamp).collect()
}

/// The files that one layer is made of.
pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
    let is_shp = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("shp"));
    let beside = BESIDE_SHP.into_iter().filter(|_| is_shp).flat_map(|extension| {
        [path.with_extension(extension), path.with_extension(extension.to_ascii_uppercase())]
    });
    std::iter::once(path.to_owned()).chain(beside.filter(|path| path.exists())).collect()
}

/// The file and layer behind every input, with its role: folders are looked into.
///
/// # Errors
/// [`Error::Input`] for a folder that does not tell its file, or a file that cannot be opened.
pub(super) fn located(request: &Request) -> Result<Vec<(String, Layer)>, Error> {
    let mut found = Vec::new();
    for (role, layer, product) in request.inputs() {
        // Roles of one year end in it: `vintage_2018`, `artif_2018`, `neighbours_1_2018`.
        let year = role.rsplit_once('_').and_then(|(_, year)| year.parse().ok());
        let year = year.filter(|year| (1900..2200).contains(year));
        // What is passed over is counted when the file is read.
        let layer = locate(layer, product, year.as_slice(), &Tally::default())?;
        found.push((role, layer));
    }
    Ok(found)
}

impl Plan {
    /// Opens every input.
    ///
    /// # Errors
    /// [`Error::Input`] for the first one that cannot be read.
    pub(super) fn of(request: &Request) -> Result<Self, Error> {
        let mut inputs = Vec::new();
        for (role, layer) in located(request)? {
            let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
            let mut bytes = 0;
            for file in files(&layer.path) {
                bytes += std::fs::metadata(&file).map_err(Error::read(&file))?.len();
            }
            inputs.push(Input {
                role,
                path: shown(&layer.path),
                layer: source.info().name.clone(),
                n_features: source.info().n_features,
                bytes,
            });
        }
        let years: Vec<String> = request.vintages.iter().map(|v| v.of.to_string()).collect();
        let mut head = format!(
            "plan   compare {} in department {} ({}), rules {}, nomenclature {}",
            years.join(", "),
            request.department,
            request.department.crs(),
            request.rules.id,
            request.nomenclature.id()
        );
        for (year, own) in request.recoded() {
            let _ = write!(head, "\n  {year} is written in {}", own.id());
        }
        Ok(Self { inputs, head, machine: Machine::read(&request.out)? })
    }

    /// Disk and memory that the comparison may take, from the size of its inputs.
    fn needs(&self) -> Needs {
        let bytes: u64 = self.inputs.iter().map(|input| input.bytes).sum();
        Needs {
            disk_bytes: bytes * DISK_PER_BYTE,
            memory_bytes: MEMORY_BASE_BYTES + bytes * MEMORY_PER_BYTE,
        }
    }

    /// Refuses a comparison that does not fit; with `force` it is only told.
    ///
    /// # Errors
    /// [`Error::Resources`] with what is needed and what is free.
    pub(super) fn preflight(&self, force: bool) -> Result<(), Error> {
        self.needs().require(&self.machine, force)
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = self.head.clone();
        for Input { role, path, layer, n_features, bytes } in &self.inputs {
            let (n, size) = (units::count(*n_features), units::bytes(*bytes));
            let _ = write!(text, "\n  {role:<14} {n:>12} features  {size:>9}  {path}:{layer}");
        }
        let _ = write!(text, "\n  {}", self.needs().text(&self.machine));
        text
    }

    /// For programs.
    pub(super) fn fields(&self) -> Value {
        let inputs = self.inputs.iter().map(|Input { role, path, layer, n_features, bytes }| {
            json!({
                "role": role,
                "path": path,
                "layer": layer,
                "features": n_features,
                "bytes": bytes,
            })
        });
        let Needs { disk_bytes, memory_bytes } = self.needs();
        json!({
            "inputs": inputs.collect::<Vec<_>>(),
            "disk_bytes": disk_bytes,
            "disk_free_bytes": self.machine.disk_free_bytes,
            "memory_bytes": memory_bytes,
            "memory_free_bytes": self.machine.memory_available_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_that_does_not_fit_is_refused_unless_forced() {
        let input = |bytes| Input {
            role: "vintage_2018".to_owned(),
            path: "a.gpkg".to_owned(),
            layer: "a".to_owned(),
            n_features: 1,
            bytes,
        };
        let plan = |disk, memory| Plan {
            inputs: vec![input(1 << 20), input(1 << 20)],
            head: String::new(),
            machine: Machine::with_free(disk, memory),
        };
        let (disk, memory) = (12 << 20, (300 << 20) + (28 << 20));
        assert!(plan(disk, memory).preflight(false).is_ok());
        for small in [plan(disk - 1, memory), plan(disk, memory - 1)] {
            let error = small.preflight(false).unwrap_err();
            assert_eq!(error.exit_code(), crate::error::exit::RESOURCES);
            assert!(error.to_string().contains("needed"), "{error}");
            assert!(small.preflight(true).is_ok());
        }
    }
}
