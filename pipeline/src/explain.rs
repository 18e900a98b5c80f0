//! The story of one place or one polygon, told from the files of a result folder alone.
//!
//! Nothing is computed again: codes, groups, verdicts and classes of change are those delivered,
//! and every file read is first checked against the manifest. Only what lies around the place is
//! read, through the spatial index of each file.

mod find;
mod select;
mod story;
mod text;
mod verdicts;

use std::collections::BTreeMap;
use std::path::Path;

use kernels::lattice::Point;

use crate::delivery::{changes, territories, verdicts_name};
use crate::error::{Error, InputError};
use crate::finished::Finished;
use crate::io::schema::Product;
use crate::io::srs::Reprojection;
use find::Found;
use select::{Selected, Target};

pub use story::{Asked, Interval, Kept, Object, Region, Story, Vintage};

/// What to tell the story of.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// A place.
    At {
        /// Easting or longitude.
        x: f64,
        /// Northing or latitude.
        y: f64,
        /// CRS of the coordinates; that of the department when absent.
        epsg: Option<u32>,
    },
    /// A polygon of a vintage.
    Id {
        /// Its id in the artificialisation layer.
        id: String,
        /// The vintage; the newest one that has the id when absent.
        year: Option<u16>,
    },
}

/// Tells the story.
///
/// # Errors
/// [`Error::Input`] when the folder holds no complete result, or nothing is found;
/// [`Error::Mismatch`] when a file is not the one that the manifest describes; [`Error::Usage`]
/// for a year that is none of the vintages.
pub fn explain(folder: &Path, question: &Question) -> Result<Story, Error> {
    let folder = Finished::open(folder)?;
    let (asked, target) = match question {
        Question::At { x, y, epsg } => place(&folder, (*x, *y), *epsg)?,
        Question::Id { id, year } => polygon(&folder, id, *year)?,
    };
    let vintages = vintages(&folder, &target)?;
    let kept = territory(&folder, &target)?;
    if vintages.iter().all(|vintage| vintage.objects.is_empty()) {
        return Err(nothing(&folder, &asked)?.into());
    }
    let facts = folder.facts();
    let intervals = facts.years.windows(2).map(|pair| interval(&folder, &target, pair[0], pair[1]));
    Ok(Story {
        asked,
        department: facts.department.clone(),
        crs: format!("EPSG:{}", facts.epsg),
        rules: facts.rules.clone(),
        tolerance_m: facts.tolerance_m,
        nomenclature: facts.nomenclature.id.clone(),
        communes: kept.communes,
        zones: kept.zones,
        customs: kept.customs,
        on_boundary_of: on_boundary(&vintages),
        intervals: intervals.collect::<Result<_, _>>()?,
        vintages,
        made_by: folder.made_by(),
        files: folder.read(),
    })
}

/// The place asked for, on the lattice of the department.
fn place(
    folder: &Finished,
    (x, y): (f64, f64),
    epsg: Option<u32>,
) -> Result<(Asked, Target), Error> {
    let own = folder.facts().epsg;
    let (mut x_m, mut y_m) = ([x], [y]);
    if let Some(epsg) = epsg.filter(|&epsg| epsg != own) {
        Reprojection::new(folder.path(), epsg, own)?.apply(&mut x_m, &mut y_m)?;
    }
    let (x_m, y_m) = (x_m[0], y_m[0]);
    let asked = Asked::At { x_m, y_m };
    match Point::from_metres(x_m, y_m) {
        Some(point) => Ok((asked, Target::Place(point))),
        None => Err(nothing(folder, &asked)?.into()),
    }
}

/// The polygon of an id: in the year asked for, else in the newest vintage that has it.
fn polygon(folder: &Finished, id: &str, year: Option<u16>) -> Result<(Asked, Target), Error> {
    let years = &folder.facts().years;
    if let Some(odd) = year.filter(|year| !years.contains(year)) {
        let list: Vec<String> = years.iter().map(u16::to_string).collect();
        return Err(Error::Usage {
            what: format!("{odd} is none of the vintages of this result"),
            hint: Some(format!("`--year` takes {}", list.join(" or "))),
        });
    }
    let mut with_id = Vec::new();
    for &candidate in years.iter().rev().filter(|&&of| year.is_none_or(|year| year == of)) {
        let mut objects = find::objects_with_id(&artif(folder, candidate)?, folder, id)?;
        if let Some(object) = objects.pop() {
            with_id.push((candidate, object));
        }
    }
    let also_in: Vec<u16> = with_id.iter().skip(1).map(|(year, _)| *year).collect();
    let Some((year, object)) = with_id.into_iter().next() else {
        let file = artif(folder, year.unwrap_or(*years.last().expect("a result has vintages")))?;
        let mut fault = InputError::new(&file, "no polygon has this id").got(format!("`{id}`"));
        if let Some(known) = find::first_id(&file, folder)? {
            fault = fault.expected(format!("an id of the artificialisation layer, as `{known}`"));
        }
        return Err(fault.hint("`--at X,Y` finds the polygon of a place").into());
    };
    let asked = Asked::Id { id: id.to_owned(), year, also_in };
    Ok((asked, Target::Polygon(object.polygons)))
}

fn artif(folder: &Finished, year: u16) -> Result<std::path::PathBuf, Error> {
    folder.file(&Product::Artif.file_name(&folder.names(year, year)))
}

/// The polygons of every vintage at the target, with their verdicts.
fn vintages(folder: &Finished, target: &Target) -> Result<Vec<Vintage>, Error> {
    let mut vintages = Vec::new();
    for &year in &folder.facts().years {
        let found = find::objects(&artif(folder, year)?, folder, target.window())?;
        let selected = target.select(found)?;
        let path = folder.file(&format!("{}.csv", verdicts_name(year)))?;
        let ids = selected.iter().flat_map(|s| [s.item.id.as_str(), whole(&s.item.id)]);
        let verdicts: BTreeMap<_, _> = verdicts::of(&path, ids.map(str::to_owned).collect())?;
        let objects = selected.into_iter().map(|selected| {
            let Selected { item, shared_m2, at_side } = selected;
            let verdict = verdicts.get(&item.id).or_else(|| verdicts.get(whole(&item.id)));
            let verdict = verdict.cloned().ok_or_else(|| {
                InputError::new(&path, "a polygon has no verdict").feature(&item.id)
            })?;
            Ok(Object::new(folder.facts(), item, verdict, (shared_m2, at_side)))
        });
        vintages.push(Vintage { year, objects: objects.collect::<Result<_, Error>>()? });
    }
    Ok(vintages)
}

/// The id of the polygon that a part of it is named after: `ID/2` is the second part of `ID`.
fn whole(id: &str) -> &str {
    match id.rsplit_once('/') {
        Some((whole, number)) if number.parse::<u32>().is_ok() => whole,
        _ => id,
    }
}

/// What changed between two vintages at the target.
fn interval(
    folder: &Finished,
    target: &Target,
    before: u16,
    after: u16,
) -> Result<Interval, Error> {
    let facts = folder.facts();
    let path = folder.file(&changes::file_name(&facts.department, before, after))?;
    let found = find::regions(&path, folder, (before, after), target.window())?;
    let regions = target.select(found)?;
    let names = folder.names(before, after);
    let path = folder.file(&Product::ZanEvol.file_name(&names))?;
    let moved = target.select(find::evolutions(&path, folder, target.window())?)?;
    Ok(Interval {
        before,
        after,
        regions: regions.into_iter().map(|s| s.item.told(facts, s.shared_m2)).collect(),
        evolutions: moved.into_iter().map(|s| s.item.told(s.shared_m2)).collect(),
    })
}

/// The communes, zones and places of other layers at the target.
fn territory(folder: &Finished, target: &Target) -> Result<Kept, Error> {
    let path = folder.file(&territories::file_name(&folder.facts().department))?;
    let mut kept = Kept::default();
    for layer in crate::io::vector::layer_names(&path)? {
        let found = find::places(&path, folder, &layer, target.window())?;
        let mut places: Vec<Selected<Found<Vec<String>>>> = target.select(found)?;
        places.dedup_by(|a, b| a.item.of == b.item.of && a.shared_m2.is_none());
        for Selected { item, shared_m2, .. } in places {
            kept.add(&layer, item.of, shared_m2);
        }
    }
    Ok(kept)
}

/// The years in whose coverage the place lies on a boundary.
fn on_boundary(vintages: &[Vintage]) -> Vec<u16> {
    let on_side = |vintage: &&Vintage| vintage.objects.iter().any(|object| object.on_boundary);
    vintages.iter().filter(on_side).map(|vintage| vintage.year).collect()
}

/// No vintage has a polygon at the place: says where there are some.
fn nothing(folder: &Finished, asked: &Asked) -> Result<InputError, Error> {
    let facts = folder.facts();
    let mut extent: Option<[f64; 4]> = None;
    for &year in &facts.years {
        if let Some(own) = find::extent(&artif(folder, year)?)? {
            let all = extent.unwrap_or(own);
            extent = Some([
                all[0].min(own[0]),
                all[1].min(own[1]),
                all[2].max(own[2]),
                all[3].max(own[3]),
            ]);
        }
    }
    let [west, south, east, north] = extent.unwrap_or_default();
    let expected = format!(
        "{west:.2} to {east:.2} east, {south:.2} to {north:.2} north (EPSG:{})",
        facts.epsg
    );
    let fault = InputError::new(folder.path(), "no vintage has a polygon at this place");
    Ok(fault.got(format!("{asked} (EPSG:{})", facts.epsg)).expected(expected).hint(
        "`--at` takes easting then northing; for longitude then latitude add `--crs EPSG:4326`",
    ))
}

#[cfg(test)]
mod tests;
