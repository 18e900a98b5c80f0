//! `millesime score`: how right a result is where the truth is known.

use std::path::PathBuf;

use super::format::Format;
use crate::error::Error;
use crate::{score, talk};

/// What `score` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Counted on the working grid against the truth of the sample. Shares of ground are a census of the
territory; shares of objects are given as right/all = percent [Wilson's interval at 95 %].
  agreement         cells whose class is the true one; without update: those of the prior
  recall            true change that the result says, as what the ground became
  precision         change said that is true
  false change      change said where the ground did not change, as a share of the territory:
    label put right     the prior had a wrong code, the result the true one
    outline put right   the prior's limit was off, the result's is not
    plainly false       the result is wrong
  objects           regions of one class; recall asks for those over the minimum unit outside the
                    zone construite (fine unit: inside it)

Example: make a territory, update it, and see how right the update is
  millesime sample --size-m 1000 --seed 8 --out essai
  millesime run essai/config.yaml
  millesime score essai/out/D011/2021 --sample essai")]
pub struct Args {
    /// The folder of one vintage's results
    result: PathBuf,
    /// The sample that they were made from
    #[arg(long, value_name = "DIR")]
    sample: PathBuf,
    /// How to print the figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Compares a result with the truth and prints the figures.
///
/// # Errors
/// As for [`score::score`]; [`Error::Usage`] when the sample's folder has no truth.
pub fn execute(args: &Args) -> Result<(), Error> {
    if !args.sample.join("truth").is_dir() {
        return Err(Error::Usage {
            what: format!("`{}` holds no truth to compare with", args.sample.display()),
            hint: Some("--sample takes a folder made by `millesime sample`".to_owned()),
        });
    }
    let score = score::score(&args.result, &args.sample)?;
    match args.format {
        Format::Text => talk::data(&score.to_string()),
        Format::Json => {
            let text = serde_json::to_string_pretty(&score)
                .map_err(|error| Error::internal(error.to_string()))?;
            talk::data(&format!("{text}\n"))
        }
    }
}
