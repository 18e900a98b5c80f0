//! What the machine has: cores, free memory, free disk, open files.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::preflight::{self, Wanted};
use crate::units;

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
    /// The folder of temporary files: `TMPDIR`, or the system's.
    pub temporary: PathBuf,
    /// Free bytes for this user on its file system.
    pub temporary_free_bytes: u64,
}

impl Machine {
    /// Asks the system; `out` may not exist yet, its nearest existing parent counts.
    ///
    /// # Errors
    /// [`Error::Read`] when `/proc` or the file system does not answer.
    pub fn read(out: &Path) -> Result<Self, Error> {
        Ok(Self {
            cores: cores(),
            memory_available_bytes: memory_available_bytes()?,
            disk_free_bytes: free_bytes(out)?,
            open_files_max: open_files_max()?,
            temporary_free_bytes: free_bytes(&std::env::temp_dir())?,
            temporary: std::env::temp_dir(),
        })
    }

    /// A machine of two cores with so much free disk and memory, in bytes, and all else in plenty.
    #[cfg(test)]
    pub(crate) fn with_free(disk_free_bytes: u64, memory_available_bytes: u64) -> Self {
        Self {
            cores: 2,
            memory_available_bytes,
            disk_free_bytes,
            open_files_max: 1024,
            temporary: PathBuf::from("/tmp"),
            temporary_free_bytes: u64::MAX,
        }
    }
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The number of threads to work with: what is asked for, else one for each core.
pub fn threads(asked: Option<NonZeroUsize>) -> usize {
    asked.map_or_else(cores, NonZeroUsize::get)
}

/// Memory that the program takes whatever the size of the territory, in bytes.
pub const MEMORY_BASE_BYTES: u64 = 300 << 20;

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
        let (disk, memory) = (self.disk_bytes, self.memory_bytes);
        let whole = |bytes| (bytes, String::new());
        let wanted = Wanted { disk: whole(disk), memory: whole(memory), drivers: Vec::new() };
        preflight::require(&preflight::checks(&wanted, machine), force)
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

/// Lets [`memory_peak_bytes`] count from now on, where the system allows it (proc(5), `clear_refs`).
pub(crate) fn reset_memory_peak() {
    // Where it does not, the peak is that of the whole process.
    let _ = fs::write("/proc/self/clear_refs", "5");
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

/// Free bytes for this user where a folder is or will be.
fn free_bytes(folder: &Path) -> Result<u64, Error> {
    let at = nearest_existing(folder);
    fs4::available_space(&at).map_err(Error::read(&at))
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

/// What the process's control groups still allow, the narrowest of them; `None` without a limit.
///
/// A job of a cluster or a container has a limit of its own below the machine's. Pages of files that
/// the system would give up count as free. Sources: cgroups(7), the kernel's `cgroup-v2.rst`.
fn cgroup_free_bytes() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let free = own.lines().filter_map(|line| {
        // Version 2: `0::/path`; version 1: `N:memory:/path`.
        let (_, rest) = line.split_once(':')?;
        let (kinds, path) = rest.split_once(':')?;
        let is_memory = kinds.split(',').any(|kind| kind == "memory");
        match kinds {
            "" => {
                narrowest("/sys/fs/cgroup", path, ["memory.max", "memory.current", "inactive_file"])
            }
            _ if is_memory => narrowest(
                "/sys/fs/cgroup/memory",
                path,
                ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
            ),
            _ => None,
        }
    });
    free.min()
}

/// The least that a group or one above it still allows; its files: limit, use, and the name in
/// `memory.stat` of the pages that can be given up.
fn narrowest(root: &str, path: &str, [limit, used, spare]: [&str; 3]) -> Option<u64> {
    let own = Path::new(root).join(path.trim_start_matches('/'));
    let groups = own.ancestors().take_while(|group| group.starts_with(root));
    let free = groups.filter_map(|group| {
        let read = |name: &str| fs::read_to_string(group.join(name)).ok();
        let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
        let stat = read("memory.stat").unwrap_or_default();
        let spare = stat.lines().find_map(|line| line.strip_prefix(spare)?.trim().parse().ok());
        let used = number(used)?.saturating_sub(spare.unwrap_or(0));
        Some(number(limit)?.saturating_sub(used))
    });
    free.min()
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
    fn the_narrowest_control_group_decides_and_pages_of_files_are_free() {
        let dir = tempfile::tempdir().unwrap();
        let write = |group: &str, files: [(&str, &str); 3]| {
            let group = dir.path().join(group);
            fs::create_dir_all(&group).unwrap();
            for (name, text) in files {
                fs::write(group.join(name), text).unwrap();
            }
        };
        let names = ["memory.max", "memory.current", "inactive_file"];
        let of = |max, current, stat| {
            [("memory.max", max), ("memory.current", current), ("memory.stat", stat)]
        };
        write("slurm/job", of("max\n", "10\n", ""));
        write("slurm", of("1000\n", "700\n", "anon 1\ninactive_file 500\n"));
        let root = dir.path().to_str().unwrap();
        assert_eq!(narrowest(root, "/slurm/job", names), Some(800));
        write("slurm/job", of("600\n", "100\n", ""));
        assert_eq!(narrowest(root, "/slurm/job", names), Some(500));
        assert_eq!(narrowest(root, "/elsewhere", names), None);
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
