//! `millesime compare`: change, artificialisation and indicators between delivered vintages.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use nomenclature::{Nomenclature, common};

use crate::commands::deliver::of_kinds;
use crate::commands::nomenclature::{document_path, load, load_rules};
use crate::compare::{self, Request, Source};
use crate::config::{Department, Layer};
use crate::custom;
use crate::error::Error;
use crate::packages::Kind;
use crate::progress::LogFormat;
use crate::{machine, quality, talk};

/// The nomenclature of vintages for which none is named.
const DEFAULT_NOMENCLATURE: &str = "ocsge-2-0";

/// What `compare` is asked.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = "\
Examples: two vintages, then three
  millesime compare --department 33 --before 2015.gpkg --after 2018.gpkg --years 2015,2018 \\
      --territories communes.gpkg --out figures
  millesime compare --department 33 --vintage 2015=a.gpkg --vintage 2018=b.gpkg \\
      --vintage 2021=c.gpkg --territories communes.gpkg --custom zae=zae.gpkg --out figures

An older vintage in other codes: both are compared where their nomenclatures meet
  millesime compare ... --years 2015,2018 --nomenclature 2015=ocs2d-hdf-2021 --out figures

A PATH is a file (GeoPackage, FlatGeobuf, shapefile, GeoJSON) or the folder of an unpacked archive.
Where a file has several layers, name one: `PATH:LAYER`. What had to be repaired is printed, with the
area that each kind of repair lost, invented or gave to a neighbour, and written to repairs.csv. Results appear in DIR only when all of
them are complete; `millesime explain --in DIR --at X,Y` tells the story of a place.")]
pub struct Args {
    /// The department's code; its CRS is that of every figure
    #[arg(long, value_name = "CODE")]
    department: String,
    /// The older vintage
    #[arg(long, value_name = "PATH", requires_all = ["after", "years"])]
    before: Option<String>,
    /// The newer vintage
    #[arg(long, value_name = "PATH", requires = "before")]
    after: Option<String>,
    /// Years of the older and the newer vintage
    #[arg(long, value_name = "YEAR,YEAR", value_delimiter = ',', requires = "before")]
    years: Vec<u16>,
    /// A vintage; two or more instead of --before and --after
    #[arg(long = "vintage", value_name = "YEAR=PATH", conflicts_with = "before")]
    vintages: Vec<String>,
    /// Communes with their codes, and if known their EPCI, `SCoT` and region; several files add up
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    territories: Vec<String>,
    /// Communes have merged since their file: the table of the COG (`communes.json` of
    /// @etalab/decoupage-administratif) under whose codes to count them
    #[arg(long, value_name = "PATH")]
    cog: Option<PathBuf>,
    /// ENAF consumption by commune, from land files (CSV): the trajectory 2021-2031 beside the figures
    #[arg(long, value_name = "PATH")]
    enaf: Option<PathBuf>,
    /// Zones of a planning document (`TYPEZONE`)
    #[arg(long, value_name = "PATH")]
    planning: Option<String>,
    /// Another layer to count in, such as activity zones
    #[arg(long = "custom", value_name = "NAME=PATH")]
    customs: Vec<String>,
    /// A corrective patch: changes under it are corrections of the older vintage
    #[arg(long, value_name = "PATH")]
    patch: Option<String>,
    /// A ledger of corrections: differences that its accepted corrections of the older vintage
    /// account for are corrections too, counted apart
    #[arg(long, value_name = "LEDGER")]
    corrections: Option<PathBuf>,
    /// The ARTIF layer that IGN delivered for a vintage, for every vintage or none: its status is
    /// taken as published, and where the rules differ is reported
    #[arg(long = "artif", value_name = "YEAR=PATH")]
    officials: Vec<String>,
    /// Ground to exempt by local choice (vegetated public parks over 2,500 m2, ground solar
    /// plants); taken off exactly where it is covered
    #[arg(long, value_name = "PATH")]
    exemptions: Option<String>,
    /// What `millesime assess result` wrote of one of the vintages: its figures stand in the report
    #[arg(long, value_name = "DIR")]
    quality: Vec<PathBuf>,
    /// A neighbouring department of the same vintage, for every vintage or none: the groups that
    /// the limit cuts go on in it; several files of a year add up
    #[arg(long, value_name = "YEAR=PATH")]
    neighbours: Vec<String>,
    /// What is artificial: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// Also count small surfaces next to buildings as artificial
    #[arg(long)]
    forcing: bool,
    /// What the codes mean: a built-in nomenclature or a YAML document; `YEAR=ID` for one vintage
    #[arg(long = "nomenclature", value_name = "[YEAR=]ID", default_value = DEFAULT_NOMENCLATURE)]
    nomenclatures: Vec<String>,
    /// Also make these packages of the result, in folders of their own: see `millesime deliver`
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    deliver: Vec<Kind>,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Refuse data that needs a repair instead of counting the repairs
    #[arg(long)]
    strict: bool,
    /// Number of threads; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Go on when disk or memory may be too little
    #[arg(long)]
    force: bool,
    /// Check the inputs and print the plan, compute nothing
    #[arg(long)]
    dry_run: bool,
    /// How to tell the progress on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

/// Compares the vintages.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense together, [`Error::Input`] for files that are
/// not what they must be, [`Error::Invariant`] when a law does not hold, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::as_json(args.log_format == LogFormat::Json);
    compare::run(&args.request()?)
}

impl Args {
    fn request(&self) -> Result<Request, Error> {
        let department = Department::of_argument(&self.department)?;
        let mut rules = load_rules(&self.rules)?;
        rules.thresholds.forcing |= self.forcing;
        let vintages = self.vintages()?;
        let written_in = self.nomenclatures(&vintages)?;
        let nomenclature = level(&written_in)?;
        Ok(Request {
            department,
            officials: self.officials(&vintages)?,
            exemptions: self.exemptions.as_deref().map(layer),
            quality: self.quality()?,
            neighbours: self.neighbours(&vintages)?,
            vintages,
            territories: self.territories.iter().map(|text| layer(text)).collect(),
            cog: self.cog.clone(),
            enaf: self.enaf.clone(),
            planning: self.planning.as_deref().map(layer),
            customs: self.customs()?,
            patch: self.patch.as_deref().map(layer),
            corrections: self.corrections.clone(),
            rules,
            written_in,
            nomenclature,
            documents: self.documents(),
            orders: of_kinds(&self.deliver),
            out: self.out.clone(),
            strict: self.strict,
            force: self.force,
            dry_run: self.dry_run,
            threads: machine::threads(self.threads),
            log_format: self.log_format,
        })
    }

    /// The vintages in the order of their years.
    fn vintages(&self) -> Result<Vec<Source<u16>>, Error> {
        let mut vintages = Vec::new();
        if let (Some(before), Some(after)) = (&self.before, &self.after) {
            let [first, last] = self.years[..] else {
                let n = self.years.len();
                return Err(Error::usage(format!("--years takes two years, got {n}")));
            };
            vintages.push(Source { of: first, layer: layer(before) });
            vintages.push(Source { of: last, layer: layer(after) });
        }
        for text in &self.vintages {
            vintages.push(dated("--vintage", text)?);
        }
        if vintages.len() < 2 {
            return Err(Error::Usage {
                what: "one vintage cannot be compared".to_owned(),
                hint: Some("give --before and --after, or --vintage twice or more".to_owned()),
            });
        }
        if let Some(pair) = vintages.windows(2).find(|pair| pair[0].of >= pair[1].of) {
            return Err(Error::Usage {
                what: format!("vintage {} is not before {}", pair[0].of, pair[1].of),
                hint: Some("give the vintages oldest first".to_owned()),
            });
        }
        if let Some(odd) = vintages.iter().find(|vintage| !(1950..=2100).contains(&vintage.of)) {
            return Err(Error::usage(format!("{} is not the year of a vintage", odd.of)));
        }
        Ok(vintages)
    }

    /// The nomenclature of each vintage.
    fn nomenclatures(&self, vintages: &[Source<u16>]) -> Result<Vec<Nomenclature>, Error> {
        let mut of_all = None;
        let mut of_year = BTreeMap::new();
        for text in &self.nomenclatures {
            let dated =
                text.split_once('=').and_then(|(year, id)| Some((year.parse::<u16>().ok()?, id)));
            let earlier = match dated {
                Some((year, id)) if vintages.iter().any(|vintage| vintage.of == year) => {
                    of_year.insert(year, id)
                }
                Some((year, _)) => {
                    let what = format!("`--nomenclature {text}`: no vintage is of {year}");
                    return Err(Error::usage(what));
                }
                None => of_all.replace(text.as_str()),
            };
            if earlier.is_some() {
                return Err(Error::Usage {
                    what: format!("`--nomenclature {text}` says again what another one says"),
                    hint: Some("give it once for all vintages, and once per other year".to_owned()),
                });
            }
        }
        let of_all = of_all.unwrap_or(DEFAULT_NOMENCLATURE);
        vintages.iter().map(|v| load(of_year.get(&v.of).copied().unwrap_or(of_all))).collect()
    }

    /// The documents among the nomenclatures.
    fn documents(&self) -> Vec<PathBuf> {
        let references = self.nomenclatures.iter().map(|text| {
            let dated = text.split_once('=').filter(|(year, _)| year.parse::<u16>().is_ok());
            dated.map_or(text.as_str(), |(_, reference)| reference)
        });
        references.filter_map(document_path).collect()
    }

    /// One ARTIF layer per vintage, in their order, or none at all.
    fn officials(&self, vintages: &[Source<u16>]) -> Result<Vec<Source<u16>>, Error> {
        let given = of_vintages("--artif", &self.officials, vintages)?;
        let twice = given.windows(2).find(|pair| pair[0].of == pair[1].of);
        twice.map_or(Ok(()), |pair| {
            Err(Error::usage(format!("`--artif` is given twice for {}", pair[0].of)))
        })?;
        Ok(given)
    }

    fn neighbours(&self, vintages: &[Source<u16>]) -> Result<Vec<Source<u16>>, Error> {
        of_vintages("--neighbours", &self.neighbours, vintages)
    }

    fn quality(&self) -> Result<Vec<PathBuf>, Error> {
        let file = |typed: &PathBuf| {
            let document = quality::file(typed);
            if document.is_file() {
                return Ok(document);
            }
            Err(Error::Usage {
                what: format!("`--quality {}` is no assessment", typed.display()),
                hint: Some("give the folder that `millesime assess result` wrote".to_owned()),
            })
        };
        self.quality.iter().map(file).collect()
    }

    fn customs(&self) -> Result<Vec<Source<String>>, Error> {
        let mut customs: Vec<Source<String>> = Vec::new();
        for text in &self.customs {
            let parts = text.split_once('=').filter(|(name, _)| custom::is_name(name));
            let Some((name, path)) = parts else {
                return Err(Error::Usage {
                    what: format!("`--custom {text}` is not NAME=PATH"),
                    hint: Some(format!("NAME: {}", custom::NAME)),
                });
            };
            if customs.iter().any(|custom| custom.of == name) {
                return Err(Error::usage(format!("`--custom {name}` is given twice")));
            }
            customs.push(Source { of: name.to_owned(), layer: layer(path) });
        }
        Ok(customs)
    }
}

/// The nomenclature in which vintages written in these are compared.
fn level(written_in: &[Nomenclature]) -> Result<Nomenclature, Error> {
    let all: Vec<&Nomenclature> = written_in.iter().collect();
    let found = common(&all).map_err(|e| Error::Usage { what: e.to_string(), hint: e.hint() })?;
    match all.iter().find(|own| own.id() == found.id() && ***own != found) {
        Some(twin) => Err(Error::Usage {
            what: format!("two different nomenclatures are both named `{}`", twin.id()),
            hint: Some("give each document an `id` of its own".to_owned()),
        }),
        None => Ok(found),
    }
}

/// Files of years, for every vintage or for none, in the order of the years.
fn of_vintages(
    option: &str,
    texts: &[String],
    vintages: &[Source<u16>],
) -> Result<Vec<Source<u16>>, Error> {
    let given = texts.iter().map(|text| dated(option, text));
    let mut given = given.collect::<Result<Vec<_>, _>>()?;
    given.sort_by_key(|source| source.of);
    let years: Vec<String> = vintages.iter().map(|v| v.of.to_string()).collect();
    let is_of = |year: u16| move |source: &Source<u16>| source.of == year;
    if let Some(odd) = given.iter().find(|source| !vintages.iter().any(is_of(source.of))) {
        return Err(Error::Usage {
            what: format!("`{option}` is given for {}, which is no vintage", odd.of),
            hint: Some(format!("the vintages are {}", years.join(", "))),
        });
    }
    let lacking = vintages.iter().find(|vintage| !given.iter().any(is_of(vintage.of)));
    match lacking {
        Some(vintage) if !given.is_empty() => Err(Error::Usage {
            what: format!("`{option}` is not given for {}", vintage.of),
            hint: Some(format!(
                "give it for every vintage ({}) or for none: between two definitions of what is \
                 artificial, the difference of the stocks would not be change",
                years.join(", ")
            )),
        }),
        _ => Ok(given),
    }
}

/// `YEAR=PATH`.
pub(crate) fn dated(option: &str, text: &str) -> Result<Source<u16>, Error> {
    let pair = text.split_once('=').and_then(|(year, path)| Some((year.parse().ok()?, path)));
    let (year, path) =
        pair.ok_or_else(|| Error::usage(format!("`{option} {text}` is not YEAR=PATH")))?;
    Ok(Source { of: year, layer: layer(path) })
}

/// `PATH` or `PATH:LAYER`; a file that has the whole text as its name wins.
pub(crate) fn layer(text: &str) -> Layer {
    let whole = PathBuf::from(text);
    match text.rsplit_once(':') {
        Some((path, layer)) if !whole.exists() && !layer.is_empty() && !layer.contains('/') => {
            Layer { path: PathBuf::from(path), layer: Some(layer.to_owned()) }
        }
        _ => Layer { path: whole, layer: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_named_after_a_colon() {
        let of = |text: &str| {
            let Layer { path, layer } = layer(text);
            (path.display().to_string(), layer)
        };
        assert_eq!(of("a/b.gpkg:zones"), ("a/b.gpkg".to_owned(), Some("zones".to_owned())));
        assert_eq!(of("a/b.gpkg"), ("a/b.gpkg".to_owned(), None));
        assert_eq!(of("a:b/c.gpkg"), ("a:b/c.gpkg".to_owned(), None));
    }
}
