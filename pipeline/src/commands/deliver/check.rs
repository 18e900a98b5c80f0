//! `millesime deliver check`: archives held against the contract of their consumers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::artefact::is_same_place;
use crate::commands::nomenclature::load;
use crate::config::Department;
use crate::contract::{self, Examined, Finding, KEYS, Question, about};
use crate::error::Error;
use crate::talk;
use crate::units::count;
use crate::validator::{Level, Line, Lines, Severity, wkt};

/// What `deliver check` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every rule that an archive alone can tell: its name, routing of its files, their number, one layer a
file, names of layers and columns to the letter, types, codes, NULL, ids unique and shared by
OCCUPATION_SOL and ARTIF when both are given, geometries valid, not empty and unique, CRS, checksums,
metadata. `coverage check` looks for gaps and minimum units besides.

The findings go to stdout as JSON lines in the shape of the national validator, and to stderr as a
table; exit 5 when one fails.

Examples: one archive of IGN's, then all of a delivery, which are held against each other
  millesime deliver check OCS-GE_2-0__GPKG_LAMB93_D034_2021-01-01.7z
  millesime deliver check out/D011/2021/archives/*.zip --report check.jsonl --fail-on warning")]
pub struct Args {
    /// Folders, .zip or .7z files
    #[arg(value_name = "ARCHIVE", required = true)]
    archives: Vec<PathBuf>,
    /// What the codes must be: a built-in id or a YAML document
    #[arg(long, value_name = "ID", default_value = crate::corrections::NATIONAL)]
    nomenclature: String,
    /// Whose CRS the data must be in [default: the department in the archive's name]
    #[arg(long, value_name = "CODE")]
    department: Option<String>,
    #[command(flatten)]
    severity: Severity,
    /// A file for the JSON lines, instead of stdout
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Examines one archive after the other, then all together.
///
/// # Errors
/// [`Error::Unsound`] when a finding is of a level that fails; [`Error::Usage`] for a wrong option,
/// [`Error::Input`] for a path that is no archive, [`Error::Resources`], [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let question = args.question()?;
    let mut lines = Lines::to(args.report.as_deref())?;
    let mut examined = Vec::new();
    let mut failures = Vec::new();
    for path in &args.archives {
        let mut archive = contract::examine(path, &question)?;
        archive.findings.sort_by(|a, b| order(a).cmp(&order(b)));
        args.write(&question, &archive.findings, &mut lines)?;
        failures.extend(args.summarise(&archive.name, archive.n_data, &archive.findings));
        examined.push(Examined { findings: Vec::new(), ..archive });
    }
    let shared = contract::across(&examined);
    args.write(&question, &shared, &mut lines)?;
    if !shared.is_empty() {
        failures.extend(args.summarise("all archives together", 0, &shared));
    }
    if let Some(draft) = lines.finish()? {
        draft.publish()?;
    }
    if failures.is_empty() {
        talk::line(&format!("ok: {} archives hold the contract", examined.len()));
        return Ok(());
    }
    Err(Error::Unsound {
        what: format!("not what the contract asks for: {}", failures.join("; ")),
        hint: "each line of the report names the file, the column and the feature; `--allow KEY` \
               lets a key pass"
            .to_owned(),
    })
}

/// Findings of one key together, in the order of the files.
fn order(finding: &Finding) -> (&str, &str, Option<i64>, Option<&str>) {
    (finding.key, &finding.file, finding.fid, finding.attribute.as_deref())
}

impl Args {
    fn question(&self) -> Result<Question, Error> {
        self.severity.refuse_unknown(&KEYS.map(|(key, ..)| key))?;
        let report = self.report.as_deref();
        let over = report.and_then(|r| self.archives.iter().find(|a| is_same_place(a, r)));
        if let Some(archive) = over {
            let what = format!("`{}` is an archive of this check", archive.display());
            let hint = Some("give the report a name of its own".to_owned());
            return Err(Error::Usage { what, hint });
        }
        Ok(Question {
            nomenclature: load(&self.nomenclature)?,
            department: self.department.as_deref().map(Department::of_argument).transpose()?,
        })
    }

    /// How grave a key is here.
    fn level(&self, key: &str) -> Level {
        self.severity.level(key, about(key).0)
    }

    fn write(
        &self,
        question: &Question,
        findings: &[Finding],
        lines: &mut Lines,
    ) -> Result<(), Error> {
        for finding in findings {
            let meaning = about(finding.key).1;
            let message = match finding.got.as_str() {
                "" => meaning.to_owned(),
                got => format!("{meaning} : {got}"),
            };
            lines.write(&Line {
                code: finding.key,
                level: self.level(finding.key),
                message,
                document_model: Some(question.nomenclature.id()),
                file_model: finding.product,
                attribute: finding.attribute.as_deref(),
                file: &finding.file,
                id: finding.fid.map(|fid| fid.to_string()),
                feature_bbox: finding.bbox.clone(),
                error_geometry: finding.place.map(wkt),
                feature_id: finding.feature_id.as_deref(),
            })?;
        }
        Ok(())
    }

    /// Says, for people, what was found; gives what fails.
    fn summarise(&self, name: &str, n_data: usize, findings: &[Finding]) -> Option<String> {
        talk::line(&format!("`{name}`: {n_data} data files"));
        let mut by_key: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in findings {
            *by_key.entry(finding.key).or_default() += 1;
        }
        for (key, &n) in &by_key {
            let (level, meaning) = (self.level(key).word(), about(key).1);
            talk::line(&format!("  {key:<23} {level:<7} {:>10}  {meaning}", count(n)));
        }
        let failing = by_key.iter().filter(|(key, _)| self.severity.fails(key, about(key).0));
        let failing: Vec<String> = failing.map(|(key, n)| format!("{key} {n}")).collect();
        (!failing.is_empty()).then(|| format!("`{name}`: {}", failing.join(", ")))
    }
}
