//! Which column holds what, whatever the producer called it.

use crate::error::{Error, InputError};
use crate::io::vector::VectorSource;

/// Names under which the cover is found, in any case; the first one wins.
pub(super) const COVER: [&str; 6] =
    ["code_cs", "couverture", "cs", "code_couv", "cs_code", "code_couverture"];
/// Names under which the usage is found, in any case; the first one wins.
pub(super) const USAGE: [&str; 6] = ["code_us", "usage", "us", "code_usage", "us_code", "code_use"];
/// Names of the identifier.
pub(super) const ID: [&str; 4] = ["id", "id_ocs", "id_ocsge", "cleabs"];
/// Names of the year.
pub(super) const YEAR: [&str; 2] = ["millesime", "millésime"];
/// Names of the flag of the skeleton of roads and rail.
pub(super) const OSSATURE: [&str; 1] = ["ossature"];

/// One of the two dates of a difference layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The older one.
    Before,
    /// The newer one.
    After,
}

/// The columns to read, and where each one's value is among those read.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) read: Vec<usize>,
    pub(super) cs: usize,
    pub(super) us: usize,
    pub(super) id: Option<usize>,
    pub(super) year: Option<usize>,
    pub(super) ossature: Option<usize>,
    pub(super) source: Option<usize>,
    pub(super) code_or: Option<usize>,
    pub(super) id_origine: Option<usize>,
}

impl Columns {
    /// The columns of a vintage.
    pub(super) fn of_vintage(source: &VectorSource, year: u16) -> Result<Self, Error> {
        let mut columns = Self::default();
        columns.cs = columns.dated(source, &COVER, "cs", year)?;
        columns.us = columns.dated(source, &USAGE, "us", year)?;
        let mut optional = |names: &[&str]| source.column(names).map(|c| columns.take(c));
        let id = optional(&ID);
        let of_year = optional(&YEAR);
        let ossature = optional(&OSSATURE);
        let origin = optional(&["source"]);
        let code_or = optional(&["code_or"]);
        let id_origine = optional(&["id_origine"]);
        Ok(Self { id, year: of_year, ossature, source: origin, code_or, id_origine, ..columns })
    }

    /// The cover and usage columns of both dates of a difference layer: before, then after.
    pub(super) fn of_difference(
        source: &VectorSource,
        years: (u16, u16),
    ) -> Result<([usize; 4], Option<usize>), Error> {
        let find = |prefix: &str, year: u16, moment: Moment| {
            let names = names_of_moment(prefix, year, moment);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            source.column(&names).ok_or_else(|| lacking(source, &names, &[years.0, years.1]))
        };
        let both = [
            find("cs", years.0, Moment::Before)?,
            find("us", years.0, Moment::Before)?,
            find("cs", years.1, Moment::After)?,
            find("us", years.1, Moment::After)?,
        ];
        Ok((both, source.column(&["id", "id_diff", "cleabs"])))
    }

    /// A column known by one of its names, or by a prefix and the year.
    fn dated(
        &mut self,
        source: &VectorSource,
        names: &[&str],
        prefix: &str,
        year: u16,
    ) -> Result<usize, Error> {
        let dated = names_of_year(prefix, year);
        let all: Vec<&str> =
            names.iter().copied().chain(dated.iter().map(String::as_str)).collect();
        let column = source.column(&all).ok_or_else(|| lacking(source, &all, &[year]))?;
        Ok(self.take(column))
    }

    /// Adds a column to those read and tells where its value will be.
    fn take(&mut self, column: usize) -> usize {
        self.read.push(column);
        self.read.len() - 1
    }
}

fn names_of_year(prefix: &str, year: u16) -> Vec<String> {
    let long = if prefix == "cs" { "couverture" } else { "usage" };
    vec![
        format!("{prefix}_{year}"),
        format!("code_{prefix}_{year}"),
        format!("{prefix}{year}"),
        format!("{prefix}_{:02}", year % 100),
        format!("{prefix}{:02}", year % 100),
        format!("{long}_{year}"),
    ]
}

fn names_of_moment(prefix: &str, year: u16, moment: Moment) -> Vec<String> {
    let words: [&str; 4] = match moment {
        Moment::Before => ["avant", "av", "old", "before"],
        Moment::After => ["apres", "ap", "new", "after"],
    };
    let long = if prefix == "cs" { "couverture" } else { "usage" };
    let mut names = names_of_year(prefix, year);
    for word in words {
        names.extend([
            format!("{prefix}_{word}"),
            format!("code_{prefix}_{word}"),
            format!("{long}_{word}"),
        ]);
    }
    names
}

/// Why a layer has no such column: other years, both dates in one layer, a lost .dbf, or no reason.
fn lacking(source: &VectorSource, names: &[&str], years: &[u16]) -> Error {
    let dated: Vec<u16> = years_in_columns(source);
    let wanted = years.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    if let Some(other) = dated.iter().find(|year| !years.contains(year)) {
        return InputError::new(source.path(), "this layer holds other years")
            .layer(&source.info().name)
            .got(format!("columns of {}", join(&dated)))
            .expected(format!("columns of {wanted}"))
            .hint(format!("give the years of the file: it holds {other}, not {wanted}"))
            .into();
    }
    if let (&[year], Some(pair)) = (years, two_dates(source, years)) {
        return InputError::new(source.path(), "this layer holds two dates, a vintage has one")
            .layer(&source.info().name)
            .got(format!("columns {pair}"))
            .expected(format!("the occupation of {year}"))
            .hint("give it as a difference, with `millesime indicators --diff`")
            .into();
    }
    match source.require_column(names) {
        Err(error) => error,
        Ok(_) => Error::internal("a column is both there and lacking"),
    }
}

/// The columns of cover before and after of a difference, when the layer is one.
fn two_dates(source: &VectorSource, years: &[u16]) -> Option<String> {
    let year = *years.first()?;
    let name = |moment| {
        let names = names_of_moment("cs", year, moment);
        let words: Vec<&str> =
            names[names_of_year("cs", year).len()..].iter().map(String::as_str).collect();
        source.column(&words).map(|column| format!("`{}`", source.info().columns[column].name))
    };
    Some(format!("{} and {}", name(Moment::Before)?, name(Moment::After)?))
}

fn join(years: &[u16]) -> String {
    years.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// The years in names such as `CS_2018`, sorted.
fn years_in_columns(source: &VectorSource) -> Vec<u16> {
    let mut years: Vec<u16> = source
        .info()
        .columns
        .iter()
        .filter_map(|column| {
            let name = column.name.to_lowercase();
            let digits = name.strip_prefix("cs_").or_else(|| name.strip_prefix("code_cs_"))?;
            digits.parse().ok().filter(|year| (1900..2200).contains(year))
        })
        .collect();
    years.sort_unstable();
    years.dedup();
    years
}
