//! Flux from a difference layer alone: no vintage, hence no stock and no area threshold.

use kernels::arrangement::arrange;
use kernels::flux::series::Interval;
use kernels::flux::{Face, Labels, Ledger};
use kernels::lattice::{Point, Polygon};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Value, VectorSource};
use crate::judge::Judge;
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::key;

/// Stable key of a code that stands for "not known" in older layers, such as `INDETERMINE`.
pub const CODE_UNDETERMINED: &str = "code_undetermined";
/// Stable key of ground that several polygons of the difference claim; the first one counts.
pub const DIFF_OVERLAP: &str = "diff_overlap";

/// The polygons of difference layers and the couples of both dates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The shapes, in the order of the files.
    pub polygons: Vec<Polygon>,
    /// Older and newer couple of each polygon; a class is nodata where its code is not known.
    pub couples: Vec<(Couple, Couple)>,
}

/// The column names of one class of one date, the first found wins.
///
/// National layers: `CS_2018`; older ones: `cs_2015`; local ones: `cs_avant`, `cs18`.
fn column_names(dimension: &str, long: &str, year: u16, words: [&str; 4]) -> Vec<String> {
    let short = year % 100;
    let mut names = vec![
        format!("{dimension}_{year}"),
        format!("code_{dimension}_{year}"),
        format!("{long}_{year}"),
        format!("{dimension}{year}"),
        format!("{dimension}_{short:02}"),
        format!("{dimension}{short:02}"),
    ];
    for word in words {
        names.push(format!("{dimension}_{word}"));
        names.push(format!("code_{dimension}_{word}"));
        names.push(format!("{long}_{word}"));
    }
    names
}

impl Difference {
    /// Adds the polygons of a layer, counting in `tally` what had to be repaired.
    ///
    /// # Errors
    /// The file cannot be read, lacks one of the four code columns, or holds no polygon.
    pub fn add(
        &mut self,
        layer: &Layer,
        interval: Interval,
        (epsg, nomenclature): (u32, &Nomenclature),
        tally: &Tally,
    ) -> Result<(), Error> {
        let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
        let (old, new) = (["avant", "av", "old", "before"], ["apres", "ap", "new", "after"]);
        let mut columns = Vec::new();
        for (year, words) in [(interval.before, old), (interval.after, new)] {
            for (dimension, long) in [("cs", "couverture"), ("us", "usage")] {
                let names = column_names(dimension, long, year, words);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                columns.push(source.require_column(&names)?);
            }
        }
        let start = self.polygons.len();
        for feature in source.features(&columns, epsg)? {
            let feature = feature?;
            feature.issues.iter().for_each(|issue| issue.count_in(tally, &source.info().name));
            let place = feature.polygons.first().and_then(|p| p.exterior.0.first()).copied();
            let class = |column: usize, dimension| {
                let at = (place.unwrap_or_default(), source.info().name.as_str(), feature.fid);
                class(nomenclature, dimension, &feature.values[column], (tally, at))
            };
            let couple = |column: usize| Couple {
                cs: class(column, Dimension::Cover),
                us: class(column + 1, Dimension::Usage),
            };
            let couples = (couple(0), couple(2));
            for polygon in feature.polygons {
                self.polygons.push(polygon);
                self.couples.push(couples);
            }
        }
        if self.polygons.len() == start {
            let fault = InputError::new(&layer.path, "this difference layer holds no polygon");
            return Err(fault.layer(&source.info().name).expected("at least one polygon").into());
        }
        Ok(())
    }

    /// The flux of every commune, from one arrangement of the difference and the communes.
    ///
    /// Ground that several polygons claim counts once, with the first of them, and is counted in
    /// `tally`. Stocks of the ledger are those of the changed ground only.
    ///
    /// # Errors
    /// A coordinate beyond the lattice, or a difference that shares no ground with the communes.
    pub fn ledger(
        &self,
        communes: &Communes,
        judge: &Judge,
        tally: &Tally,
    ) -> Result<Ledger, Error> {
        let plane = arrange(&[&self.polygons, &communes.polygons])?;
        let mut faces = Vec::new();
        for face in 1..plane.n_faces() as u32 {
            let labels = plane.labels(face, 0);
            let Some(&first) = labels.first() else { continue };
            let twice_area = plane.twice_area(face);
            if labels.len() > 1 {
                let ring = &self.polygons[labels[1] as usize].exterior.0;
                let place = ring.first().copied().unwrap_or_default();
                tally.count_at(DIFF_OVERLAP, place, twice_area, "");
            }
            let (before, after) = self.couples[first as usize];
            let territory = plane.label(face, 1).map(|polygon| communes.owner[polygon as usize]);
            faces.push(Face {
                twice_area,
                labels: Labels {
                    territory,
                    zone: None,
                    before,
                    after,
                    artif_before: judge.is_artificial(before),
                    artif_after: judge.is_artificial(after),
                    imper_before: judge.is_impermeable(before),
                    imper_after: judge.is_impermeable(after),
                    change: None,
                },
            });
        }
        if faces.iter().all(|face| face.labels.territory.is_none()) {
            return Err(Error::usage("the difference shares no ground with the territories"));
        }
        Ok(Ledger::of(&faces))
    }
}

/// The leaf behind a code; nodata where there is none.
fn class(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    value: &Value,
    (tally, (place, layer, fid)): (&Tally, (Point, &str, i64)),
) -> ClassId {
    let note = |code: &str| format!("{layer}, {dimension} `{code}`, feature {fid}");
    let Some(code) = value.text() else {
        tally.count_at(key::CODE_NULL, place, 0, note(""));
        return ClassId::NODATA;
    };
    if code.trim().to_uppercase().starts_with("INDETERMIN") {
        tally.count_at(CODE_UNDETERMINED, place, 0, note(&code));
        return ClassId::NODATA;
    }
    let exact = nomenclature
        .find(dimension, &code)
        .filter(|&id| nomenclature.class(dimension, id).is_some_and(|class| class.leaf));
    if let Some(id) = exact {
        return id;
    }
    let (id, key) = match nomenclature.collapse(dimension, &code) {
        Some(id) => (id, key::CODE_COLLAPSED),
        None => (ClassId::NODATA, key::CODE_UNKNOWN),
    };
    tally.count_at(key, place, 0, note(&code));
    id
}

#[cfg(test)]
mod tests;
