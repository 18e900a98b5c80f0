//! A table of ENAF consumption, as an input: the land files, not the OCS GE.
//!
//! Consumption of natural, agricultural and forest spaces (ENAF) is counted by Cerema from land
//! files. It is another notion than artificialisation, with its own reference decade: this program
//! never computes it. It reads a table that the user has, to set the trajectory 2021-2031 beside
//! the other figures (law 2021-1104 of 22 August 2021, articles 191 and 194).

use std::collections::BTreeMap;
use std::path::Path;

use kernels::lattice::twice_area_of;

use crate::error::{Error, InputError};

/// First and last year of the reference decade.
pub const REFERENCE: (u16, u16) = (2011, 2020);
/// First and last year of the decade of the objective: the law's 2021-2031 is ten years.
pub const OBJECTIVE: (u16, u16) = (2021, 2030);

/// Names of the column of commune codes, in any case; `idcom` is that of Cerema's file.
const CODES: [&str; 6] = ["commune_code", "idcom", "insee", "code_insee", "codgeo", "code"];

/// Square metres in one unit of a column.
const UNITS: [(&str, f64); 2] = [("_m2", 1.0), ("_ha", 10_000.0)];

/// Consumption of one commune, as doubled areas in square lattice steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consumption {
    /// Over the reference decade.
    pub reference: i128,
    /// In each year since, as far as the table goes.
    pub observed: BTreeMap<u16, i128>,
}

/// Consumption by commune code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enaf {
    /// The communes of the table.
    pub communes: BTreeMap<String, Consumption>,
    /// Years since the reference decade that the table observes, in order, without a hole.
    pub years: Vec<u16>,
}

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Reference,
    Year(u16),
}

impl Enaf {
    /// Reads a CSV file: a column of commune codes, `reference_m2` (or `_ha`) or the years of the
    /// reference decade, and optionally `conso_2021_m2` (or `_ha`) and so on; the `nafYYartZZ`
    /// columns of Cerema's national file, in m2, are years too. Commas or semicolons.
    ///
    /// # Errors
    /// The file cannot be read; a column is missing or there twice, a year is left out between two
    /// others, a commune is there twice, or an area is not a number.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        Self::of(path, text.trim_start_matches('\u{feff}'))
    }

    fn of(path: &Path, text: &str) -> Result<Self, Error> {
        let head = text.lines().next().unwrap_or_default();
        let separator = if head.contains(';') { b';' } else { b',' };
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
        let damaged = |error: csv::Error| -> Error {
            InputError::new(path, "this table cannot be read").got(error).into()
        };
        let headers: Vec<String> =
            reader.headers().map_err(damaged)?.iter().map(|h| h.trim().to_lowercase()).collect();
        let code = CODES.iter().find_map(|name| headers.iter().position(|header| header == name));
        let code = code.ok_or_else(|| missing(path, &headers, "`commune_code`"))?;
        let parts: Vec<Option<(Part, f64)>> = headers.iter().map(|header| part(header)).collect();
        let years = years(path, &headers, &parts)?;
        let mut enaf = Self { communes: BTreeMap::new(), years };
        for (line, record) in (2..).zip(reader.records()) {
            let record = record.map_err(damaged)?;
            let commune = record.get(code).unwrap_or_default().trim().to_owned();
            let mut of = Consumption::default();
            for (rank, &(part, unit)) in
                parts.iter().enumerate().filter_map(|(r, p)| Some((r, p.as_ref()?)))
            {
                let text = record.get(rank).unwrap_or_default().trim();
                let number = text.replace(',', ".").parse().ok();
                let number =
                    number.filter(|n: &f64| n.is_finite() && *n >= 0.0).ok_or_else(|| {
                        InputError::new(path, format!("`{}` is not an area", headers[rank]))
                            .at(format!("line {line}, commune `{commune}`"))
                            .got(format!("`{text}`"))
                            .expected("a number, zero or more")
                    })?;
                let twice_area = twice_area_of(number * unit);
                match part {
                    Part::Reference => of.reference += twice_area,
                    Part::Year(year) => *of.observed.entry(year).or_default() += twice_area,
                }
            }
            if enaf.communes.insert(commune.clone(), of).is_some() {
                let fault = InputError::new(path, "a commune is there twice");
                return Err(fault.at(format!("line {line}")).got(format!("`{commune}`")).into());
            }
        }
        Ok(enaf)
    }
}

/// What a column of this name counts, and its unit in m2.
fn part(header: &str) -> Option<(Part, f64)> {
    if let Some((from, to)) = header.strip_prefix("naf").and_then(|rest| rest.split_once("art")) {
        // `naf11art12`: what was built on from 1 January 2011 to 1 January 2012.
        let (from, to): (u16, u16) = (from.parse().ok()?, to.parse().ok()?);
        let year = 2000 + from;
        let part = match year {
            _ if to != from + 1 => return None,
            2011..=2020 => Part::Reference,
            2021..=2030 => Part::Year(year),
            _ => return None,
        };
        return Some((part, 1.0));
    }
    let (name, unit) =
        UNITS.iter().find_map(|(end, unit)| Some((header.strip_suffix(end)?, *unit)))?;
    match name {
        "reference" | "conso_2011_2020" | "reference_2011_2020" => Some((Part::Reference, unit)),
        _ => {
            let year: u16 = name.strip_prefix("conso_")?.parse().ok()?;
            (OBJECTIVE.0..=OBJECTIVE.1).contains(&year).then_some((Part::Year(year), unit))
        }
    }
}

/// The years observed: from 2021 on, without a hole; the reference is whole and there once.
fn years(
    path: &Path,
    headers: &[String],
    parts: &[Option<(Part, f64)>],
) -> Result<Vec<u16>, Error> {
    let of = |wanted: fn(&Part) -> bool| {
        let ranks =
            (0..parts.len()).filter(move |&r| parts[r].as_ref().is_some_and(|p| wanted(&p.0)));
        ranks.collect::<Vec<_>>()
    };
    let reference = of(|part| *part == Part::Reference);
    let decade = reference.iter().filter(|&&rank| headers[rank].starts_with("naf")).count();
    if reference.is_empty() {
        return Err(missing(path, headers, "`reference_m2`, `reference_ha` or `naf11art12` ..."));
    }
    if !(reference.len() == 1 && decade == 0 || reference.len() == 10 && decade == 10) {
        let got: Vec<&str> = reference.iter().map(|&rank| headers[rank].as_str()).collect();
        let fault = InputError::new(path, "the reference decade is not there once and whole");
        let expected = "one column of the decade, or `naf11art12` to `naf20art21`";
        return Err(fault.got(got.join(", ")).expected(expected).into());
    }
    let mut years: Vec<u16> = parts
        .iter()
        .flatten()
        .filter_map(|(part, _)| match part {
            Part::Year(year) => Some(*year),
            Part::Reference => None,
        })
        .collect();
    years.sort_unstable();
    let whole: Vec<u16> = (OBJECTIVE.0..).take(years.len()).collect();
    if years != whole {
        let fault = InputError::new(path, "the years since 2021 do not follow each other");
        return Err(fault.got(format!("{years:?}")).expected(format!("{whole:?}")).into());
    }
    Ok(years)
}

fn missing(path: &Path, headers: &[String], expected: &str) -> Error {
    let fault = InputError::new(path, "this table of ENAF consumption lacks a column");
    fault.got(format!("columns {}", headers.join(", "))).expected(expected).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const M2: i128 = kernels::lattice::TWICE_AREA_PER_M2;

    fn read(text: &str) -> Result<Enaf, Error> {
        Enaf::of(Path::new("enaf.csv"), text)
    }

    #[test]
    fn hectares_and_square_metres_are_told_by_the_name_of_the_column() {
        let enaf =
            read("Commune_Code;reference_ha;conso_2021_m2\n11001;1,5;200\n11002;0;0\n").unwrap();
        assert_eq!(enaf.communes["11001"].reference, 15_000 * M2);
        assert_eq!(enaf.communes["11001"].observed[&2021], 200 * M2);
        assert_eq!((enaf.communes.len(), enaf.years), (2, vec![2021]));
    }

    #[test]
    fn the_national_file_gives_years() {
        let columns: Vec<String> =
            (9..=22).map(|year| format!("naf{year:02}art{:02}", year + 1)).collect();
        let head = format!("idcom,{}", columns.join(","));
        let row = format!("11001{}", ",100".repeat(columns.len()));
        let enaf = read(&format!("{head}\n{row}\n")).unwrap();
        assert_eq!(enaf.communes["11001"].reference, 1_000 * M2);
        assert_eq!(enaf.years, [2021, 2022]);
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        for text in [
            "nom,reference_m2\na,1\n",
            "insee,conso_2021_m2\n11001,1\n",
            "insee,reference_m2,reference_ha\n11001,1,1\n",
            "insee,naf11art12\n11001,1\n",
            "insee,reference_m2,conso_2022_m2\n11001,1,1\n",
            "insee,reference_m2\n11001,\n",
            "insee,reference_m2\n11001,-1\n",
            "insee,reference_m2\n11001,1\n11001,2\n",
        ] {
            assert_eq!(read(text).map_err(|error| error.exit_code()), Err(4), "{text}");
        }
    }
}
