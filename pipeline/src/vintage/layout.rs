//! Where a delivered layer of any product holds its codes and its identity, by names alone.

use nomenclature::Dimension;

use crate::io::vector::VectorSource;

use super::columns::{COVER, ID, OSSATURE, USAGE};

/// How the columns of a dated code start, the longer names first.
const PREFIXES: [(&str, Dimension); 6] = [
    ("code_cs", Dimension::Cover),
    ("code_us", Dimension::Usage),
    ("couverture", Dimension::Cover),
    ("usage", Dimension::Usage),
    ("cs", Dimension::Cover),
    ("us", Dimension::Usage),
];

/// Words that stand for a date in the name of a column.
const MOMENTS: [&str; 8] = ["avant", "av", "old", "before", "apres", "ap", "new", "after"];

/// The columns of a layer that say what a polygon is; indices into the columns of its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The codes: cover, then usage, of each date; none for a layer without codes.
    pub codes: Vec<(Dimension, usize)>,
    /// The identifier.
    pub id: Option<usize>,
    /// Whether it belongs to the skeleton of main roads and surface rail.
    pub ossature: Option<usize>,
}

impl Layout {
    /// Finds the columns, whatever the product and the producer called them.
    pub fn of(source: &VectorSource) -> Self {
        let plain = [(Dimension::Cover, COVER), (Dimension::Usage, USAGE)];
        let mut codes: Vec<(Dimension, usize)> = plain
            .iter()
            .filter_map(|(dimension, names)| Some((*dimension, source.column(names)?)))
            .collect();
        let dated = dated(source);
        if codes.len() < 2 && !dated.is_empty() {
            codes = dated;
        }
        Self { codes, id: source.column(&ID), ossature: source.column(&OSSATURE) }
    }

    /// Whether a polygon has one cover and one usage, as in a vintage.
    pub fn has_couple(&self) -> bool {
        matches!(self.codes[..], [(Dimension::Cover, _), (Dimension::Usage, _)])
    }
}

/// The columns of codes named after a date, by date, cover before usage.
fn dated(source: &VectorSource) -> Vec<(Dimension, usize)> {
    let mut found: Vec<(String, bool, usize)> = Vec::new();
    for (index, column) in source.info().columns.iter().enumerate() {
        if let Some((dimension, moment)) = moment_of(&column.name) {
            found.push((moment, dimension == Dimension::Usage, index));
        }
    }
    found.sort();
    let dimension = |is_usage| if is_usage { Dimension::Usage } else { Dimension::Cover };
    found.into_iter().map(|(_, is_usage, index)| (dimension(is_usage), index)).collect()
}

/// The dimension and the date in a name such as `CS_2018`, `us21` or `code_cs_avant`.
fn moment_of(name: &str) -> Option<(Dimension, String)> {
    let name = name.to_lowercase();
    PREFIXES.iter().find_map(|(prefix, dimension)| {
        let rest = name.strip_prefix(prefix)?;
        let moment = rest.strip_prefix('_').unwrap_or(rest);
        let is_year = [2, 4].contains(&moment.len()) && moment.bytes().all(|b| b.is_ascii_digit());
        (is_year || MOMENTS.contains(&moment)).then(|| (*dimension, moment.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dated_codes_are_known_and_others_are_not() {
        let of = |name| moment_of(name).map(|(dimension, moment)| (dimension.to_string(), moment));
        let cover = Dimension::Cover.to_string();
        assert_eq!(of("CS_2018"), Some((cover.clone(), "2018".to_owned())));
        assert_eq!(of("code_cs_avant"), Some((cover, "avant".to_owned())));
        assert_eq!(of("us21"), Some((Dimension::Usage.to_string(), "21".to_owned())));
        for name in ["usage_1", "source", "crit_seuil", "cs_code", "artif_2018", "id_2018"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
