//! `millesime explain`: the full story of a place or a polygon of a result.

use std::path::PathBuf;

use super::format::Format;
use crate::config::Epsg;
use crate::error::Error;
use crate::explain::{Question, explain};
use crate::talk;

/// What `explain` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For every vintage: codes, area, the article that decides the couple, the group and its area against
the threshold, the step that decided, the verdict. Between vintages: the class of the change with
its measures, and what it adds to the flux. All of it is read from the folder, whose files must be
those that its manifest describes.

Examples: a place in the department's CRS, one in longitude and latitude, a polygon
  millesime explain --in figures --at 651500,6231200
  millesime explain --in aude/out/D011/2021 --at 2.4012,43.1832 --crs EPSG:4326
  millesime explain --in figures --id OCSGE11202100000042 --year 2021 --format json")]
#[command(group(clap::ArgGroup::new("question").required(true).args(["at", "id"])))]
pub struct Args {
    /// The folder of a result: `--out` of `compare`, or OUT/D011/2021 of `run`
    #[arg(long = "in", value_name = "DIR")]
    folder: PathBuf,
    /// A place: easting and northing, or longitude and latitude with `--crs EPSG:4326`
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true, value_parser = place)]
    at: Option<(f64, f64)>,
    /// CRS of the place [default: that of the department]
    #[arg(long, value_name = "EPSG:CODE", requires = "at")]
    crs: Option<String>,
    /// The id of a polygon
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The vintage of the polygon [default: the newest that has the id]
    #[arg(long, value_name = "YEAR", requires = "id")]
    year: Option<u16>,
    /// How to print the story
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the story.
///
/// # Errors
/// As for [`explain`]; [`Error::Usage`] for a CRS that is not one.
pub fn execute(args: &Args) -> Result<(), Error> {
    let story = explain(&args.folder, &args.question()?)?;
    match args.format {
        Format::Text => talk::data(&story.to_string()),
        Format::Json => {
            let text = serde_json::to_string_pretty(&story)
                .map_err(|error| Error::internal(error.to_string()))?;
            talk::data(&format!("{text}\n"))
        }
    }
}

impl Args {
    fn question(&self) -> Result<Question, Error> {
        let epsg = self.crs.as_deref().map(|text| {
            Epsg::parse(text).map(|epsg| epsg.0).ok_or_else(|| Error::Usage {
                what: format!("`--crs {text}` is no CRS"),
                hint: Some("write it as EPSG:4326".to_owned()),
            })
        });
        match (self.at, &self.id) {
            (Some((x, y)), _) => Ok(Question::At { x, y, epsg: epsg.transpose()? }),
            (None, Some(id)) => Ok(Question::Id { id: id.clone(), year: self.year }),
            (None, None) => Err(Error::usage("`--at` or `--id` is needed")),
        }
    }
}

/// Two finite numbers around a comma.
fn place(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse().ok().filter(|value: &f64| value.is_finite());
    let numbers = text.split_once(',').and_then(|(x, y)| number(x).zip(number(y)));
    numbers.ok_or_else(|| "expected X,Y with decimal points, such as 651500.5,6231200".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_finite_numbers() {
        assert_eq!(place("651500.5,6231200"), Ok((651_500.5, 6_231_200.0)));
        assert_eq!(place("-1.2, 44.6"), Ok((-1.2, 44.6)));
        for odd in ["1", "1,2,3", "a,b", "nan,1", "1,inf", ""] {
            assert!(place(odd).is_err(), "{odd}");
        }
    }
}
