//! `millesime nomenclature`: what codes mean, whether a document is correct, other codes.

use std::path::Path;

use nomenclature::{Nomenclature, NomenclatureError, RuleSet, Segmentation};

use crate::error::{ConfigError, Error};

pub mod check;
pub mod convert;
mod convert_table;
mod convert_vector;
pub mod show;
mod untranslated;

#[cfg(test)]
mod tests;

/// What `nomenclature` is asked.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  millesime nomenclature show                              the documents that are built in
  millesime nomenclature show ocsge-2-0 --tree
  millesime nomenclature check my-nomenclature.yaml        every fault, with its line
  millesime nomenclature convert --from ocs2d-hdf-2021 --to ocsge-2-0 > table.csv"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print a nomenclature or a rule set; without a name, list those built in
    Show(show::Args),
    /// Check a nomenclature, rule set or capture rules document; every fault with its line
    Check(check::Args),
    /// Translate codes: print the table of all codes, or convert a CSV table or a vector file
    Convert(convert::Args),
}

/// Runs the action.
///
/// # Errors
/// Those of the action: [`Error::Usage`] for an unknown name, [`Error::Config`] for a document
/// with faults, [`Error::Input`] for data that cannot be translated.
pub fn execute(args: &Args) -> Result<(), Error> {
    match &args.action {
        Action::Show(args) => show::execute(args),
        Action::Check(args) => check::execute(args),
        Action::Convert(args) => convert::execute(args),
    }
}

/// A nomenclature by its built-in id or by the path of a document.
///
/// # Errors
/// [`Error::Usage`] for a name that is neither, [`Error::Config`] for the first fault of a
/// document.
pub(crate) fn load(reference: &str) -> Result<Nomenclature, Error> {
    let path = Path::new(reference);
    if is_document(path) {
        let text = read_document(path)?;
        return Nomenclature::from_yaml(&text)
            .map_err(|problems| Error::first_fault(path, problems));
    }
    Nomenclature::builtin(reference).map_err(|error| usage(&error))
}

/// A rule set by its built-in id or by the path of a document.
///
/// # Errors
/// As for [`load`].
pub(crate) fn load_rules(reference: &str) -> Result<RuleSet, Error> {
    let path = Path::new(reference);
    if is_document(path) {
        let text = read_document(path)?;
        return RuleSet::from_yaml(&text).map_err(|problems| Error::first_fault(path, problems));
    }
    RuleSet::builtin(reference).map_err(|error| usage(&error))
}

/// The description of a segmentation model by its built-in id or by the path of a document.
///
/// # Errors
/// As for [`load`].
pub(crate) fn load_segmentation(reference: &str) -> Result<Segmentation, Error> {
    let path = Path::new(reference);
    if is_document(path) {
        let text = read_document(path)?;
        return Segmentation::from_yaml(&text)
            .map_err(|problems| Error::first_fault(path, problems));
    }
    Segmentation::builtin(reference).map_err(|error| usage(&error))
}

/// The path of the document that a name means; none for a built-in one.
pub(crate) fn document_path(reference: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(reference);
    is_document(path).then(|| path.to_owned())
}

/// Whether a name means a file: it ends in `.yaml` or `.yml`, or it holds a folder.
fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["yaml", "yml"].iter().any(|yaml| extension.eq_ignore_ascii_case(yaml))
        || path.components().count() > 1
}

/// The text of a document.
///
/// # Errors
/// [`Error::Read`] when it cannot be read, [`Error::Config`] when it is not UTF-8.
fn read_document(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        ConfigError {
            file: path.to_owned(),
            place: Some((line, 1)),
            what: "this document is not UTF-8 text".to_owned(),
            hint: Some("save it again with the encoding UTF-8".to_owned()),
            ..ConfigError::default()
        }
        .into()
    })
}

/// A wrong name or pair of names on the command line.
fn usage(error: &NomenclatureError) -> Error {
    Error::Usage { what: error.to_string(), hint: error.hint() }
}
