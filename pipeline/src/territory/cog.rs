//! Communes of another date than the figures wanted: the Code officiel géographique.
//!
//! Communes merge (and, rarely, move to another department). A territory file of the year of an
//! old vintage then names communes that no longer exist; the COG says which commune each of them
//! has become. Ground never moves: the polygons of merged communes get one owner, so the figures
//! of the new commune are exactly the sums of those of the old ones.
//!
//! Source: INSEE, Code officiel géographique, in the JSON form of `@etalab/decoupage-administratif`
//! (fields `code`, `nom`, `departement`, `region`, `type`, `anciensCodes`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernels::lattice::Polygon;
use serde::{Deserialize, Serialize};

use super::Communes;
use crate::error::{Error, InputError};
use crate::tables::gazetteer::{Commune, Gazetteer};
use crate::tally::Tally;
use crate::vintage::key;

/// Largest table read, in bytes; that of all communes of France has 15 MB.
const BYTES_MAX: u64 = 256 << 20;

/// One row of the table, as the file has it.
#[derive(Debug, Deserialize)]
struct Row {
    code: String,
    #[serde(default)]
    nom: String,
    #[serde(default)]
    departement: String,
    #[serde(default)]
    region: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default, rename = "anciensCodes")]
    former: Vec<String>,
}

/// A commune that exists at the date of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Current {
    name: String,
    department: String,
    region: String,
}

/// A commune whose ground is counted under another code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mapped {
    /// Its code in the territory file.
    pub from: String,
    /// The commune that it has become.
    pub to: String,
}

/// The communes of one date, and what former ones have become.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cog {
    path: PathBuf,
    current: BTreeMap<String, Current>,
    /// The current commune of each former code.
    heir: BTreeMap<String, String>,
}

impl Cog {
    /// Reads a table of communes.
    ///
    /// Rows of another `type` than `commune-actuelle` (delegated communes, arrondissements) are
    /// left out: they share their ground with a commune.
    ///
    /// # Errors
    /// The file cannot be read, is not such a table, holds no commune, or gives one former code to
    /// two communes.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let size = std::fs::metadata(path).map_err(Error::read(path))?.len();
        if size > BYTES_MAX {
            let fault = InputError::new(path, "this table of communes is too large");
            return Err(fault
                .got(format!("{size} bytes"))
                .expected(format!("at most {BYTES_MAX}"))
                .hint("give the communes of the department only")
                .into());
        }
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let rows: Vec<Row> = serde_json::from_slice(&bytes).map_err(|error| {
            InputError::new(path, "this is not a table of communes")
                .got(error.to_string())
                .expected("a JSON list of objects with `code`, `nom`, `type`, `anciensCodes`")
                .hint("use `communes.json` of @etalab/decoupage-administratif")
        })?;
        Self::of_rows(path, rows)
    }

    fn of_rows(path: &Path, rows: Vec<Row>) -> Result<Self, Error> {
        let mut cog = Self { path: path.to_path_buf(), ..Self::default() };
        let is_current = |row: &Row| row.kind.is_empty() || row.kind == "commune-actuelle";
        for row in rows.into_iter().filter(is_current) {
            for former in row.former {
                if let Some(other) = cog.heir.insert(former.clone(), row.code.clone())
                    && other != row.code
                {
                    return Err(InputError::new(path, "a former commune has two heirs")
                        .feature(&former)
                        .got(format!("`{other}` and `{}`", row.code))
                        .expected("one current commune")
                        .hint("a commune that was divided has no single heir: correct the table")
                        .into());
                }
            }
            let Row { code, nom: name, departement: department, region, .. } = row;
            cog.current.insert(code, Current { name, department, region });
        }
        if cog.current.is_empty() {
            return Err(InputError::new(path, "this table holds no commune")
                .expected("at least one `commune-actuelle`")
                .into());
        }
        Ok(cog)
    }

    /// The commune that a code of any date stands for; `None` when the table does not hold it.
    ///
    /// A code that is current stands for itself, even where it was once another commune's. Chains
    /// are followed: a commune may merge into one that has merged since.
    pub fn current<'a>(&'a self, code: &'a str) -> Option<&'a str> {
        let mut code = code;
        for _ in 0..=self.heir.len() {
            if let Some((current, _)) = self.current.get_key_value(code) {
                return Some(current);
            }
            code = self.heir.get(code)?;
        }
        None
    }
}

impl Communes {
    /// The same ground under the communes of a COG table, and which communes were mapped; counts
    /// mergers in `tally`.
    ///
    /// A new commune takes its name, department and region from the table, its EPCI and `SCoT` from
    /// the commune of the same code in the file, else from the first commune that it comes from. A
    /// commune that the table does not hold stays as it is and is counted.
    ///
    /// # Errors
    /// The table holds none of the communes.
    pub fn at_cog(self, cog: &Cog, tally: &Tally) -> Result<(Self, Vec<Mapped>), Error> {
        let old = self.gazetteer.communes;
        let heirs: Vec<Option<&str>> = old.iter().map(|c| cog.current(&c.code)).collect();
        if heirs.iter().all(Option::is_none) {
            return Err(InputError::new(&cog.path, "this table holds none of the communes")
                .got(format!("{} communes, none of which is known", old.len()))
                .expected(format!("among others `{}`", old.first().map_or("", |c| &c.code)))
                .hint("give the COG table of the same department")
                .into());
        }
        let place_of = first_corners(&self.polygons, &self.owner, old.len());
        let mut made: BTreeMap<String, Commune> = BTreeMap::new();
        let mut mapped = Vec::new();
        for (rank, commune) in old.iter().enumerate() {
            let code = heirs[rank].unwrap_or(&commune.code);
            let what = match heirs[rank] {
                None => Some(key::COMMUNE_UNKNOWN),
                Some(heir) => (heir != commune.code).then_some(key::COMMUNE_MERGED),
            };
            if let Some(what) = what {
                let note = format!("`{}` -> `{code}`", commune.code);
                tally.count_at(what, place_of[rank], 0, note);
            }
            if commune.code != code {
                mapped.push(Mapped { from: commune.code.clone(), to: code.to_owned() });
            }
            let entry = made.entry(code.to_owned());
            if commune.code == code {
                // Its own row wins over those that merged into it.
                entry.insert_entry(commune.clone());
            } else {
                entry.or_insert_with(|| commune.clone());
            }
        }
        let rank_of: BTreeMap<&str, u32> = made.keys().map(String::as_str).zip(0..).collect();
        let new_rank: Vec<u32> =
            (0..old.len()).map(|rank| rank_of[heirs[rank].unwrap_or(&old[rank].code)]).collect();
        let owner = self.owner.iter().map(|&rank| new_rank[rank as usize]).collect();
        let communes = made.iter().map(|(code, commune)| cog.renamed(code, commune)).collect();
        let gazetteer = Gazetteer { communes };
        Ok((Self { gazetteer, polygons: self.polygons, owner }, mapped))
    }
}

impl Cog {
    /// A commune under a current code, with what the table says of it.
    fn renamed(&self, code: &str, commune: &Commune) -> Commune {
        let mut commune = Commune { code: code.to_owned(), ..commune.clone() };
        let Some(current) = self.current.get(code) else { return commune };
        for (own, stated) in [
            (&mut commune.name, &current.name),
            (&mut commune.department, &current.department),
            (&mut commune.region, &current.region),
        ] {
            if !stated.is_empty() {
                own.clone_from(stated);
            }
        }
        commune
    }
}

/// A corner of each commune, for the tally.
fn first_corners(
    polygons: &[Polygon],
    owner: &[u32],
    n_communes: usize,
) -> Vec<kernels::lattice::Point> {
    let mut corners = vec![None; n_communes];
    for (polygon, &rank) in polygons.iter().zip(owner) {
        corners[rank as usize] = corners[rank as usize].or(polygon.exterior.0.first().copied());
    }
    corners.into_iter().map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests;
