//! `millesime corrections map`: what the columns of a file mean, to be filled in.

use crate::corrections::map::Map;
use crate::error::Error;
use crate::talk;

/// A map to fill in.
const TEMPLATE: &str = include_str!("../../corrections/maps/template.yaml");

/// What `corrections map` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime corrections map > map.yaml          a map to fill in, with every key
  millesime corrections map --list              the formats that need none
  millesime corrections map geocontrib          how one of them is read")]
pub struct Args {
    /// A format that is known [default: a map to fill in]
    #[arg(value_name = "FORMAT")]
    format: Option<String>,
    /// List the formats that are known
    #[arg(long, conflicts_with = "format")]
    list: bool,
}

/// Prints a map.
///
/// # Errors
/// [`Error::Usage`] for a format that is not known, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    if args.list {
        let line = |name| format!("{name},{}\n", Map::known(name).unwrap_or_default().title);
        return talk::data(&Map::names().map(line).concat());
    }
    let Some(format) = &args.format else { return talk::data(TEMPLATE) };
    let text = Map::text(format).ok_or_else(|| Error::Usage {
        what: format!("`{format}` is no format"),
        hint: Some(Map::names().join(", ")),
    })?;
    talk::data(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_to_fill_in_is_one_with_every_key_of_its_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("map.yaml");
        let uncommented: String = TEMPLATE
            .lines()
            .map(|line| line.replacen("# ", "", usize::from(is_key(line))) + "\n")
            .collect();
        for text in [TEMPLATE, &uncommented] {
            std::fs::write(&path, text).unwrap();
            let map = Map::read(&path).unwrap();
            assert_eq!(map.columns.cover.as_deref(), Some("cs_propose"));
        }
    }

    /// Whether a line is a key that is commented out.
    fn is_key(line: &str) -> bool {
        let text = line.trim_start().strip_prefix("# ");
        let key = text.and_then(|text| text.split_once(':')).map(|(key, _)| key);
        key.is_some_and(|key| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    }
}
