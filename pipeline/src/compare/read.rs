//! The layers of a comparison, read as they are, made usable, and checked against each other.

use std::path::PathBuf;

use kernels::lattice::Polygon;

use super::plan::located;
use super::{Request, Source};
use crate::comparison::{Accepted, Territory};
use crate::config::Layer;
use crate::corrections::ledger::Ledger;
use crate::corrections::reconcile::patch;
use crate::custom::Custom;
use crate::error::{Error, InputError};
use crate::exemption::Exemptions;
use crate::neighbours::within_margin;
use crate::proof::Proof;
use crate::quality::{Quality, Unplaced};
use crate::repair::Repairs;
use crate::tables::gazetteer::Gazetteer;
use crate::tally::Tally;
use crate::territory::cog::{Cog, Mapped};
use crate::territory::{Communes, Zones};
use crate::vintage::official::Official;
use crate::vintage::{Reading, Vintage, require_overlap};

/// Everything read, and what it took.
pub(super) struct Layers {
    /// The vintages, oldest first, each a coverage.
    pub(super) vintages: Vec<Vintage>,
    /// What they are counted in.
    pub(super) territory: Territory,
    /// What was repaired in each file, by its role, in the order of the plan.
    pub(super) repairs: Vec<(String, Repairs)>,
    /// What became of the codes of vintages in other nomenclatures than that of the comparison.
    pub(super) carried_over: Vec<Proof>,
    /// The communes that are counted under another code, by the COG.
    pub(super) mapped: Vec<Mapped>,
}

/// What `assess result` found of the vintages.
///
/// # Errors
/// [`Error::Input`] for an assessment of another file, or two of one vintage.
pub(super) fn quality(request: &Request) -> Result<Vec<Quality>, Error> {
    if request.quality.is_empty() {
        return Ok(Vec::new());
    }
    let years = request.years();
    // The vintages come first.
    let files: Vec<(u16, PathBuf)> =
        years.into_iter().zip(located(request)?).map(|(year, (_, l))| (year, l.path)).collect();
    let mut found: Vec<Quality> = Vec::new();
    for path in &request.quality {
        let quality = Unplaced::read(path)?.of_one(&files)?;
        if found.iter().any(|other| other.year == quality.year) {
            let what = format!("two assessments tell of vintage {}", quality.year);
            return Err(InputError::new(path, what).into());
        }
        found.push(quality);
    }
    found.sort_by_key(|quality| quality.year);
    Ok(found)
}

/// Reads every layer; `tally` gets the flaws of all files.
///
/// # Errors
/// A file is not what it must be, needs a repair that `--strict` refuses, or lies elsewhere than
/// the others.
pub(super) fn all(request: &Request, tally: &Tally) -> Result<Layers, Error> {
    let mut files = Files { request, tally, repairs: Vec::new(), carried_over: Vec::new() };
    let vintages = files.vintages()?;
    let mut parts = Vec::new();
    for (rank, layer) in (1..).zip(&request.territories) {
        parts.push(files.read(format!("territories_{rank}"), layer, |tally| {
            Communes::read(layer, request.department.code(), request.epsg(), tally)
        })?);
    }
    let (communes, mapped) = match &request.cog {
        Some(path) => joined(parts).at_cog(&Cog::read(path)?, tally)?,
        None => (joined(parts), Vec::new()),
    };
    let newest = &vintages[vintages.len() - 1].polygons;
    require_overlap(&request.territories[0], &communes.polygons, "the newest vintage", newest)?;
    let corrections = match &request.corrections {
        Some(path) => {
            let ledger = Ledger::read(path)?;
            ledger.require_department(path, request.department.code())?;
            Accepted::of(&ledger, &vintages, &request.nomenclature)?
        }
        None => Accepted::default(),
    };
    let territory = Territory {
        communes,
        zones: files.zones()?,
        customs: files.customs()?,
        patch: files.patch()?,
        officials: files.officials()?,
        exemptions: files.exemptions()?,
        neighbours: files.neighbours(&vintages)?,
        corrections,
    };
    let Files { repairs, carried_over, .. } = files;
    Ok(Layers { vintages, territory, repairs, carried_over, mapped })
}

/// The files of a request, read one after the other.
struct Files<'a> {
    request: &'a Request,
    tally: &'a Tally,
    repairs: Vec<(String, Repairs)>,
    carried_over: Vec<Proof>,
}

impl Files<'_> {
    fn vintages(&mut self) -> Result<Vec<Vintage>, Error> {
        let Request { nomenclature: common, strict, .. } = self.request;
        let (epsg, tally) = (self.request.epsg(), self.tally);
        let mut vintages: Vec<Vintage> = Vec::new();
        for (source, nomenclature) in self.request.vintages.iter().zip(&self.request.written_in) {
            let Source { of: year, layer } = source;
            let reading = Reading { epsg, nomenclature, tally, strict: *strict };
            let (mut vintage, mut repairs) = reading.vintage(layer, *year)?;
            if let Some(older) = vintages.last() {
                let whose = format!("vintage {}", older.year);
                require_overlap(layer, &vintage.polygons, &whose, &older.polygons)?;
            }
            self.carried_over.extend(vintage.recode(
                nomenclature,
                common,
                (&mut repairs, tally),
            )?);
            self.repairs.push((format!("vintage_{year}"), repairs));
            vintages.push(vintage);
        }
        Ok(vintages)
    }

    fn zones(&mut self) -> Result<Zones, Error> {
        let Some(layer) = &self.request.planning else { return Ok(Zones::default()) };
        let epsg = self.request.epsg();
        self.read("planning".to_owned(), layer, |tally| Zones::read(layer, epsg, tally))
    }

    fn customs(&mut self) -> Result<Vec<Custom>, Error> {
        let (request, epsg) = (self.request, self.request.epsg());
        let read = |Source { of: name, layer }: &Source<String>| {
            self.read(format!("custom_{name}"), layer, |tally| {
                Custom::read(name, layer, epsg, tally)
            })
        };
        request.customs.iter().map(read).collect()
    }

    fn patch(&mut self) -> Result<Vec<Polygon>, Error> {
        let Some(layer) = &self.request.patch else { return Ok(Vec::new()) };
        let epsg = self.request.epsg();
        self.read("patch".to_owned(), layer, |tally| patch::corrected(layer, epsg, tally))
    }

    /// The delivered ARTIF layers, in the order of the vintages.
    fn officials(&mut self) -> Result<Vec<Official>, Error> {
        let (request, epsg) = (self.request, self.request.epsg());
        let read = |Source { of: year, layer }: &Source<u16>| {
            self.read(format!("artif_{year}"), layer, |tally| {
                Official::read(layer, *year, epsg, tally)
            })
        };
        request.officials.iter().map(read).collect()
    }

    fn exemptions(&mut self) -> Result<Exemptions, Error> {
        let Some(layer) = &self.request.exemptions else { return Ok(Exemptions::default()) };
        let epsg = self.request.epsg();
        self.read("exemptions".to_owned(), layer, |tally| Exemptions::read(layer, epsg, tally))
    }

    /// What lies beyond the limit of each vintage, within the margin; several files add up.
    fn neighbours(&mut self, vintages: &[Vintage]) -> Result<Vec<Vintage>, Error> {
        let request = self.request;
        if request.neighbours.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for (own, nomenclature) in vintages.iter().zip(&request.written_in) {
            let mut beyond = Vintage { year: own.year, ..Vintage::default() };
            for (rank, Source { of: year, layer }) in (1..).zip(&request.neighbours) {
                if *year != own.year {
                    continue;
                }
                let epsg = request.epsg();
                let mut read = self.read(format!("neighbours_{rank}_{year}"), layer, |tally| {
                    Vintage::read(layer, *year, epsg, nomenclature, tally)
                })?;
                let (_, repairs) = self.repairs.last_mut().expect("the file was just read");
                let accounts = (repairs, self.tally);
                read.recode(nomenclature, &request.nomenclature, accounts)?;
                let near = within_margin(&own.polygons, read);
                beyond.polygons.extend(near.polygons);
                beyond.couples.extend(near.couples);
                beyond.objects.extend(near.objects);
            }
            all.push(beyond);
        }
        Ok(all)
    }

    /// Reads a file whose shapes are taken as they are, and keeps its account.
    fn read<T>(
        &mut self,
        role: String,
        layer: &Layer,
        read: impl FnOnce(&Tally) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let local = Tally::default();
        let content = read(&local)?;
        let flaws = local.flaws();
        self.tally.absorb(&flaws);
        let repairs = Repairs::of_reading(&layer.path, &flaws);
        if self.request.strict {
            repairs.refuse()?;
        }
        self.repairs.push((role, repairs));
        Ok(content)
    }
}

/// Communes of several files, in the order of their codes; the first file names a commune.
fn joined(parts: Vec<Communes>) -> Communes {
    let mut rows = Vec::new();
    for part in parts {
        for (polygon, owner) in part.polygons.into_iter().zip(part.owner) {
            rows.push((part.gazetteer.communes[owner as usize].clone(), polygon));
        }
    }
    rows.sort_by(|a, b| a.0.code.cmp(&b.0.code));
    let mut all = Communes { gazetteer: Gazetteer::default(), ..Communes::default() };
    for (commune, polygon) in rows {
        if all.gazetteer.communes.last().is_none_or(|last| last.code != commune.code) {
            all.gazetteer.communes.push(commune);
        }
        all.owner.push(all.gazetteer.communes.len() as u32 - 1);
        all.polygons.push(polygon);
    }
    all
}
