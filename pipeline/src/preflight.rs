//! What a run needs of the machine, against what there is: one list, for `run` and `doctor`.

use std::fmt::Write;

use crate::error::Error;
use crate::io::gdal;
use crate::machine::Machine;
use crate::talk;
use crate::units::bytes;

/// The oldest GDAL whose behaviour was measured.
const GDAL_MIN: (u32, u32) = (3, 6);
/// The GDAL drivers without which no run is possible.
const DRIVERS: [&str; 2] = ["GTiff", "GPKG"];
/// The least number of files that a run may have open.
const OPEN_FILES_MIN: u64 = 256;
/// Free space in the temporary folder: `SQLite` sorts there, and libraries put small files there.
const TEMPORARY_MIN_BYTES: u64 = 64 << 20;
/// What leaves less than this share of a resource free is worth a warning.
const MARGIN: f64 = 1.1;

/// What is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Disk in the output folder, in bytes, and what takes it.
    pub disk: (u64, String),
    /// Memory, in bytes, and what takes it.
    pub memory: (u64, String),
    /// GDAL drivers besides those that every run needs.
    pub drivers: Vec<&'static str>,
}

/// One thing that is needed, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The resource, in one word.
    pub name: &'static str,
    /// The resource and what needs it, as an error names it.
    pub what: String,
    /// What is needed.
    pub needed: String,
    /// What there is.
    pub found: String,
    /// Whether it is enough.
    pub verdict: Verdict,
    /// What to do when it is not.
    pub hint: &'static str,
}

/// Whether something is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Enough,
    /// Yes, with less than a tenth to spare.
    Barely,
    /// No.
    Short,
}

/// Every check, in the order in which `doctor` prints them.
pub fn checks(wanted: &Wanted, machine: &Machine) -> Vec<Check> {
    let free = "free some, or run anyway with `--force`";
    let (disk, disk_for) = &wanted.disk;
    let (memory, memory_for) = &wanted.memory;
    let place = format!("space in the temporary folder `{}`", machine.temporary.display());
    let (temporary, open) = (machine.temporary_free_bytes, machine.open_files_max);
    vec![
        amount(
            "memory",
            format!("memory{memory_for}"),
            *memory,
            machine.memory_available_bytes,
            free,
        ),
        amount(
            "disk",
            format!("disk in the output folder{disk_for}"),
            *disk,
            machine.disk_free_bytes,
            free,
        ),
        amount(
            "temporary",
            place,
            TEMPORARY_MIN_BYTES,
            temporary,
            "free some, or name another folder in `TMPDIR`",
        ),
        Check {
            name: "files",
            what: "open files (`ulimit -n`)".to_owned(),
            needed: OPEN_FILES_MIN.to_string(),
            found: open.to_string(),
            verdict: if open < OPEN_FILES_MIN { Verdict::Short } else { Verdict::Enough },
            hint: "raise it: `ulimit -n 4096`",
        },
        gdal_version(&gdal::version()),
        drivers(&wanted.drivers, &gdal::drivers()),
    ]
}

/// Refuses when something is short; with `force` it is only told, as is what is barely enough.
///
/// # Errors
/// [`Error::Resources`] for the first that is short.
pub fn require(checks: &[Check], force: bool) -> Result<(), Error> {
    for check in checks {
        match check.verdict {
            Verdict::Enough => {}
            Verdict::Barely => {
                talk::warning(&format!("{} is nearly too little for this plan", check.what));
            }
            Verdict::Short if force => talk::warning(&check.error().to_string()),
            Verdict::Short => return Err(check.error()),
        }
    }
    Ok(())
}

/// The checks as people read them, one a line.
pub fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for Check { name, needed, found, verdict, .. } in checks {
        let verdict = match verdict {
            Verdict::Enough => "ok",
            Verdict::Barely => "barely enough",
            Verdict::Short => "too little",
        };
        let _ = writeln!(text, "{name:<10} {found}, {needed} needed: {verdict}");
    }
    text
}

impl Check {
    fn error(&self) -> Error {
        Error::Resources {
            what: self.what.clone(),
            needed: self.needed.clone(),
            available: self.found.clone(),
            hint: self.hint,
        }
    }
}

fn amount(name: &'static str, what: String, needed: u64, free: u64, hint: &'static str) -> Check {
    let verdict = match () {
        () if needed > free => Verdict::Short,
        () if needed as f64 * MARGIN > free as f64 => Verdict::Barely,
        () => Verdict::Enough,
    };
    Check { name, what, needed: bytes(needed), found: bytes(free), verdict, hint }
}

fn gdal_version(found: &str) -> Check {
    let mut numbers = found.split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    Check {
        name: "gdal",
        what: "the version of GDAL".to_owned(),
        needed: format!("{}.{}", GDAL_MIN.0, GDAL_MIN.1),
        found: found.to_owned(),
        verdict: if version < GDAL_MIN { Verdict::Short } else { Verdict::Enough },
        hint: "install a newer `libgdal-dev` and build again",
    }
}

fn drivers(wanted: &[&'static str], found: &[String]) -> Check {
    let needed: Vec<&str> = DRIVERS.iter().chain(wanted).copied().collect();
    let lacking = |name: &&&str| !found.iter().any(|there| there == **name);
    let lacking: Vec<&str> = needed.iter().filter(lacking).copied().collect();
    let is_short = !lacking.is_empty();
    Check {
        name: "drivers",
        what: "GDAL drivers".to_owned(),
        needed: needed.join(" "),
        found: if is_short { format!("without {}", lacking.join(" ")) } else { "all".to_owned() },
        verdict: if is_short { Verdict::Short } else { Verdict::Enough },
        hint: "install GDAL with them: Debian's `libgdal-dev` has them all",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine::with_free(4 << 30, 4 << 30)
    }

    fn wanted(disk: u64, memory: u64) -> Wanted {
        let of = |n: u64, stage: &str| (n, format!(" for `{stage}`"));
        Wanted { disk: of(disk, "ingest"), memory: of(memory, "update"), drivers: Vec::new() }
    }

    /// The verdict of each check by its name.
    fn verdicts(wanted: &Wanted, machine: &Machine) -> Vec<(&'static str, Verdict)> {
        let checks = checks(wanted, machine);
        checks
            .into_iter()
            .map(|c| (c.name, c.verdict))
            .filter(|(_, v)| *v != Verdict::Enough)
            .collect()
    }

    #[test]
    fn each_resource_is_judged_by_itself_and_named_with_the_stage_that_needs_it() {
        assert_eq!(verdicts(&wanted(1, 1), &machine()), []);
        assert_eq!(verdicts(&wanted(5 << 30, 1), &machine()), [("disk", Verdict::Short)]);
        assert_eq!(verdicts(&wanted(1, 4 << 30), &machine()), [("memory", Verdict::Barely)]);
        let poor = Machine { open_files_max: 64, temporary_free_bytes: 1, ..machine() };
        let short = [("temporary", Verdict::Short), ("files", Verdict::Short)];
        assert_eq!(verdicts(&wanted(1, 1), &poor), short);
        let error = require(&checks(&wanted(1, 5 << 30), &machine()), false).unwrap_err();
        assert_eq!(error.exit_code(), crate::error::exit::RESOURCES);
        assert_eq!(error.to_string(), "memory for `update`: 5.4 GB needed, 4.3 GB free");
        assert!(require(&checks(&wanted(1, 5 << 30), &machine()), true).is_ok());
    }

    #[test]
    fn drivers_and_versions_that_are_lacking_are_named() {
        let found = ["GTiff".to_owned(), "GPKG".to_owned()];
        assert_eq!(drivers(&[], &found).verdict, Verdict::Enough);
        let check = drivers(&["JP2OpenJPEG"], &found);
        assert_eq!((check.verdict, check.found.as_str()), (Verdict::Short, "without JP2OpenJPEG"));
        assert_eq!(gdal_version("3.6.2").verdict, Verdict::Enough);
        assert_eq!(gdal_version("3.10.0").verdict, Verdict::Enough);
        assert_eq!(gdal_version("3.4.1").verdict, Verdict::Short);
    }
}
