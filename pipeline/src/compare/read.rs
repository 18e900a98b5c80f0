//! The layers of a comparison, read and checked against each other.

use kernels::lattice::area_m2;

use super::Request;
use crate::comparison::{Ground, Territory};
use crate::config::Layer;
use crate::custom::Custom;
use crate::error::{Error, InputError};
use crate::io::vector::VectorSource;
use crate::stage_report::Proof;
use crate::tables::gazetteer::Gazetteer;
use crate::tally::Tally;
use crate::territory::{Communes, Zones};
use crate::vintage::Vintage;

/// Reads every layer.
///
/// # Errors
/// A file is not what it must be, or needs a repair that `--strict` refuses.
pub(super) fn all(request: &Request, tally: &Tally) -> Result<(Vec<Vintage>, Territory), Error> {
    let epsg = request.epsg();
    let mut vintages = Vec::new();
    for source in &request.vintages {
        let read = Vintage::read(&source.layer, source.of, epsg, &request.nomenclature, tally)?;
        vintages.push(read);
    }
    let department = request.department.code();
    let mut parts = Vec::new();
    for layer in &request.territories {
        parts.push(Communes::read(layer, department, epsg, tally)?);
    }
    let planning = request.planning.as_ref();
    let zones = planning.map(|layer| Zones::read(layer, epsg, tally)).transpose()?;
    let customs = request.customs.iter().map(|s| Custom::read(&s.of, &s.layer, epsg, tally));
    let territory = Territory {
        communes: joined(parts),
        zones: zones.unwrap_or_default(),
        customs: customs.collect::<Result<_, _>>()?,
        patch: match &request.patch {
            Some(layer) => polygons(layer, epsg, tally)?,
            None => Vec::new(),
        },
    };
    if request.strict {
        refuse_repairs(tally)?;
    }
    Ok((vintages, territory))
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

fn polygons(
    layer: &Layer,
    epsg: u32,
    tally: &Tally,
) -> Result<Vec<kernels::lattice::Polygon>, Error> {
    let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
    let mut all = Vec::new();
    for feature in source.features(&[], epsg)? {
        let feature = feature?;
        feature.issues.iter().for_each(|issue| issue.count_in(tally, &source.info().name));
        all.extend(feature.polygons);
    }
    Ok(all)
}

/// Under `--strict`, data that needs a repair is refused at its first place.
fn refuse_repairs(tally: &Tally) -> Result<(), Error> {
    let flaws = tally.flaws();
    let Some((key, flaw)) = flaws.by_count().into_iter().next() else { return Ok(()) };
    let note = flaw.places.first().map(|place| {
        let (x_m, y_m) = place.point().to_metres();
        format!("{}, at {x_m:.2} {y_m:.2}", place.note)
    });
    Err(InputError::new("", format!("the data needs repairs: `{key}`"))
        .feature(note.unwrap_or_else(|| "no place".to_owned()))
        .got(format!("{} times, and {} other kinds", flaw.count, flaws.0.len() - 1))
        .expected("data without a flaw, as `--strict` asks")
        .hint("correct the data, or leave `--strict` out: repairs are then counted")
        .into())
}

/// How much of the ground the vintages cover together, apart, and twice.
///
/// # Errors
/// [`Error::Input`] when two consecutive vintages, or the last one and the communes, share no
/// ground.
pub(super) fn coverage(request: &Request, ground: &Ground) -> Result<Vec<Proof>, Error> {
    let mut proofs = Vec::new();
    for step in ground.steps() {
        let (mut both, mut before, mut after, mut twice) = (0, 0, 0, 0);
        for face in ground.faces() {
            let area = ground.plane.twice_area(face);
            match step.pair(face) {
                (Some(_), Some(_)) => both += area,
                (Some(_), None) => before += area,
                (None, Some(_)) => after += area,
                (None, None) => {}
            }
            let newest = step.vintage_rank(crate::comparison::Side::After);
            twice += if ground.plane.labels(face, newest).len() > 1 { area } else { 0 };
        }
        let interval = step.interval();
        if both == 0 {
            let path = path_of(request, interval.after);
            return Err(apart(path, &format!("vintage {}", interval.before)));
        }
        proofs.push(Proof {
            invariant: format!("ground_of_{}_{}", interval.before, interval.after),
            measured: format!(
                "{} m2 in both, {} m2 in {} only, {} m2 in {} only, {} m2 covered twice in {}",
                area_m2(both),
                area_m2(before),
                interval.before,
                area_m2(after),
                interval.after,
                area_m2(twice),
                interval.after
            ),
        });
    }
    let newest = ground.vintages.len() - 1;
    let in_communes = |face: &u32| ground.plane.label(*face, newest).is_some();
    if !ground.faces().filter(in_communes).any(|face| ground.commune(face).is_some()) {
        return Err(apart(&request.territories[0], "the last vintage"));
    }
    Ok(proofs)
}

fn path_of(request: &Request, year: u16) -> &Layer {
    let found = request.vintages.iter().find(|vintage| vintage.of == year);
    &found.expect("the year comes from the request").layer
}

fn apart(layer: &Layer, other: &str) -> Error {
    InputError::new(&layer.path, format!("this layer shares no ground with {other}"))
        .expected("layers of the same territory")
        .hint("check the files and their CRS")
        .into()
}
