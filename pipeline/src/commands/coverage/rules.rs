//! What a coverage is held against: the options of both actions, read and checked.

use kernels::coverage::Limits;
use kernels::lattice::{STEPS_PER_METRE, twice_area_of};
use nomenclature::{CaptureRules, CaptureUnits, Nomenclature, NomenclatureError};

use super::finding::{KEYS, about};
use crate::commands::nomenclature::load;
use crate::config::Department;
use crate::error::Error;
use crate::validator::{Level, Severity};

/// What a layer must be.
#[derive(Debug, clap::Args)]
pub(super) struct Rules {
    /// Report polygons smaller than this; 0 reports none
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    micro_area_m2: f64,
    /// Report sides shorter than this; 0 reports none
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    micro_length_m: f64,
    /// The ground that must be covered; without it, gaps are those that polygons enclose
    #[arg(long, value_name = "PATH")]
    pub(super) outline: Option<String>,
    /// Report polygons smaller than the units of a product, by their codes
    #[arg(long = "capture-rules", value_name = "ID")]
    units: Option<String>,
    /// The zone construite, where the units are finer; without it, the finer ones hold everywhere
    #[arg(long, value_name = "PATH", requires = "units")]
    pub(super) zone: Option<String>,
    /// What the codes must be: a built-in id or a YAML document [default: that of the capture
    /// rules]
    #[arg(long, value_name = "ID")]
    nomenclature: Option<String>,
    /// Whose CRS a layer has that declares none
    #[arg(long, value_name = "CODE")]
    department: Option<String>,
    #[command(flatten)]
    severity: Severity,
}

/// [`Rules`] made ready.
#[derive(Debug)]
pub(super) struct Question {
    /// Sizes under which objects and sides are reported.
    pub(super) limits: Limits,
    /// The units of the codes.
    pub(super) units: Option<CaptureUnits>,
    /// What the codes mean.
    pub(super) nomenclature: Option<Nomenclature>,
    /// Whose CRS to assume.
    pub(super) department: Option<Department>,
    severity: Severity,
}

impl Rules {
    /// These files, and those of the ground and of the zone that they are held against.
    pub(super) fn with_grounds(&self, files: &[String]) -> Vec<String> {
        files.iter().chain(&self.outline).chain(&self.zone).cloned().collect()
    }

    /// Reads the documents named and checks the figures and keys.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is not known or out of range, [`Error::Config`] for a document
    /// with faults.
    pub(super) fn question(&self) -> Result<Question, Error> {
        let rules = self.units.as_deref().map(CaptureRules::builtin);
        let rules = rules.transpose().map_err(|error| usage(&error))?;
        let reference = self.nomenclature.as_deref();
        let reference = reference.or(rules.as_ref().map(|rules| rules.nomenclature.as_str()));
        let nomenclature = reference.map(load).transpose()?;
        let units = match (&rules, &nomenclature) {
            (Some(rules), Some(nomenclature)) => {
                Some(rules.compile(nomenclature).map_err(|error| usage(&error))?)
            }
            _ => None,
        };
        self.severity.refuse_unknown(&KEYS.map(|(key, ..)| key))?;
        Ok(Question {
            limits: self.limits()?,
            units,
            nomenclature,
            department: self.department()?,
            severity: self.severity.clone(),
        })
    }

    fn limits(&self) -> Result<Limits, Error> {
        let within = |option: &str, value: f64, max: f64| {
            if (0.0..=max).contains(&value) {
                return Ok(value);
            }
            Err(Error::usage(format!("`{option}` is {value}; expected a number from 0 to {max}")))
        };
        let area_m2 = within("--micro-area-m2", self.micro_area_m2, 1e9)?;
        let length_m = within("--micro-length-m", self.micro_length_m, 1e6)?;
        Ok(Limits {
            object_twice_area: twice_area_of(area_m2),
            segment_length: (length_m * f64::from(STEPS_PER_METRE)).round() as u32,
        })
    }

    fn department(&self) -> Result<Option<Department>, Error> {
        self.department.as_deref().map(Department::of_argument).transpose()
    }
}

impl Question {
    /// How grave a key is here.
    pub(super) fn level(&self, key: &str) -> Level {
        self.severity.level(key, about(key).0)
    }

    /// Whether a layer with this key fails.
    pub(super) fn fails(&self, key: &str) -> bool {
        self.severity.fails(key, about(key).0)
    }
}

fn usage(error: &NomenclatureError) -> Error {
    Error::Usage { what: error.to_string(), hint: error.hint() }
}
