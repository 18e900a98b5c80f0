//! What the machine has: cores, free memory, free disk, open files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::{talk, units};

/// The machine's free resources at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory that can be taken without swapping, in bytes; the cgroup's limit counts.
    pub memory_available_bytes: u64,
    /// Free bytes for this user on the file system of the output folder.
    pub disk_free_bytes: u64,
    /// Files that this process may have open.
    pub open_files_max: u64,
}

impl Machine {
    /// Asks the system; `out` may not exist yet, its nearest existing parent counts.
    ///
    /// # Errors
    /// [`Error::Read`] when `/proc` or the file system does not answer.
    pub fn read(out: &Path) -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let at = nearest_existing(out);
        let disk_free_bytes = fs4::available_space(&at).map_err(Error::read(&at))?;
        Ok(Self {
            cores,
            memory_available_bytes: memory_available_bytes()?,
            disk_free_bytes,
            open_files_max: open_files_max()?,
        })
    }
}

/// Memory that the program takes whatever the size of the territory, in bytes.
pub const MEMORY_BASE_BYTES: u64 = 300 << 20;
/// A plan that leaves less than this share of a resource free is worth a warning.
const MARGIN: f64 = 1.1;

/// What a plan needs of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Disk in the output folder, in bytes.
    pub disk_bytes: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
}

impl Needs {
    /// Refuses a plan that does not fit; with `force` it is only told, as is one that nearly does
    /// not.
    ///
    /// # Errors
    /// [`Error::Resources`] with what is needed and what is free.
    pub fn require(&self, machine: &Machine, force: bool) -> Result<(), Error> {
        let Machine { disk_free_bytes, memory_available_bytes, .. } = *machine;
        for (what, needed, free) in [
            ("disk in the output folder", self.disk_bytes, disk_free_bytes),
            ("memory", self.memory_bytes, memory_available_bytes),
        ] {
            match require_bytes(what, needed, free) {
                Err(error) if force => talk::warning(&error.to_string()),
                Err(error) => return Err(error),
                Ok(()) if needed as f64 * MARGIN > free as f64 => {
                    talk::warning(&format!("{what} is nearly too little for this plan"));
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// What is needed and what is free, on one line.
    pub fn text(&self, machine: &Machine) -> String {
        format!(
            "disk {} needed, {} free · memory {} needed, {} free",
            units::bytes(self.disk_bytes),
            units::bytes(machine.disk_free_bytes),
            units::bytes(self.memory_bytes),
            units::bytes(machine.memory_available_bytes),
        )
    }
}

/// Refuses when there is less of something than needed.
///
/// # Errors
/// [`Error::Resources`] with both figures.
pub fn require_bytes(what: &str, needed: u64, available: u64) -> Result<(), Error> {
    if needed <= available {
        return Ok(());
    }
    let (needed, available) = (units::bytes(needed), units::bytes(available));
    let hint = "free some, or run anyway with `--force`";
    Err(Error::Resources { what: what.to_owned(), needed, available, hint })
}

/// The most memory this process ever held, in bytes; `None` where the system does not say.
pub fn memory_peak_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The machine's name, of letters, digits, `-` and `.`.
pub fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let name: String = name.trim().chars().filter(is_plain).collect();
    if name.is_empty() { "host".to_owned() } else { name }
}

/// Environment variables that make GDAL load code or read files that no one asked for.
///
/// Source: GDAL's user guide, "Security considerations".
pub const DANGEROUS_VARIABLES: [&str; 4] =
    ["GDAL_DRIVER_PATH", "OGR_DRIVER_PATH", "GDAL_VRT_ENABLE_PYTHON", "GDAL_CONFIG_FILE"];

/// Those of [`DANGEROUS_VARIABLES`] that are set, with their values.
pub fn dangerous_variables() -> Vec<(&'static str, String)> {
    let set = |name: &'static str| Some((name, std::env::var(name).ok()?));
    DANGEROUS_VARIABLES.into_iter().filter_map(set).collect()
}

fn nearest_existing(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|at| !at.as_os_str().is_empty() && at.exists())
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn memory_available_bytes() -> Result<u64, Error> {
    let path = "/proc/meminfo";
    let text = fs::read_to_string(path).map_err(Error::read(path))?;
    let machine = parse_meminfo(&text)
        .ok_or_else(|| Error::internal("`/proc/meminfo` has no line `MemAvailable`"))?;
    Ok(cgroup_free_bytes().map_or(machine, |limit| limit.min(machine)))
}

/// `MemAvailable` in bytes.
fn parse_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// What the process's own control group still allows; `None` without a limit.
fn cgroup_free_bytes() -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok()?.trim().parse().ok()
    };
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}

fn open_files_max() -> Result<u64, Error> {
    let path = "/proc/self/limits";
    let text = fs::read_to_string(path).map_err(Error::read(path))?;
    parse_open_files(&text)
        .ok_or_else(|| Error::internal("`/proc/self/limits` has no line `Max open files`"))
}

/// The soft limit of open files.
fn parse_open_files(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    if soft == "unlimited" { Some(u64::MAX) } else { soft.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_read_in_bytes() {
        let text = "MemTotal: 8 kB\nMemFree: 1 kB\nMemAvailable:    3 kB\n";
        assert_eq!(parse_meminfo(text), Some(3072));
        assert_eq!(parse_meminfo("MemTotal: 8 kB\n"), None);
    }

    #[test]
    fn the_soft_limit_of_open_files_counts() {
        let text = "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\n";
        assert_eq!(parse_open_files(text), Some(1024));
        assert_eq!(parse_open_files("Max open files unlimited unlimited files"), Some(u64::MAX));
    }

    #[test]
    fn too_little_disk_is_refused_with_both_figures() {
        let error = require_bytes("disk", 3 << 30, 1 << 30).unwrap_err();
        assert_eq!(error.to_string(), "disk: 3.2 GB needed, 1.1 GB free");
        assert!(require_bytes("disk", 1, 1).is_ok());
    }

    #[test]
    fn a_folder_still_to_be_made_counts_as_its_parent() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(nearest_existing(&dir.path().join("a/b")), dir.path());
        assert!(Machine::read(&dir.path().join("a")).unwrap().disk_free_bytes > 0);
    }
}
