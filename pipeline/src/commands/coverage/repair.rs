//! `millesime coverage repair`: a copy of a layer with what can be mended mended.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nomenclature::Couple;
use rustc_hash::FxHashSet;

use super::examine::examine;
use super::finding::about;
use super::report::{Outputs, Report};
use super::rules::{Question, Rules};
use super::sheet::Sheet;
use crate::artefact::Draft;
use crate::commands::compare::layer;
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::copy::Piece;
use crate::io::vector::{ColumnKind, Value, VectorSource};
use crate::repair::{self, Repairs};
use crate::talk;
use crate::tally::Tally;
use crate::validator::Level;
use crate::vintage::{Object, Vintage};

/// What `coverage repair` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  millesime coverage repair OCCUPATION_SOL.shp --out mended/OCCUPATION_SOL.gpkg --merge --allow gap

Ground of several polygons goes to the one with the lowest id; invalid rings, crossings, duplicates
and multiparts are mended, each with its exact areas; a gap stays a gap. Every column keeps its name,
type and values, but for the ids of pieces, which get a suffix. The copy is then checked: what
remains is told as by `coverage check`, and exits 5 when its level fails.")]
pub struct Args {
    /// The layer to mend; it is left as it is
    #[arg(value_name = "FILE")]
    file: String,
    /// The `GeoPackage` to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Merge neighbours with the same codes; the lowest id stays
    #[arg(long)]
    merge: bool,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    outputs: Outputs,
}

/// Reads, mends, writes, and checks what was written.
///
/// # Errors
/// [`Error::Unsound`] when something remains of a level that fails; [`Error::Usage`] for a wrong
/// option, [`Error::Input`] for a file that cannot be judged, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let question = args.rules.question()?;
    refuse_out(&args.out)?;
    let files = [args.file.clone(), args.out.display().to_string()];
    let files = args.rules.with_grounds(&files);
    let report = Report::start(&args.outputs, &question, &files)?;
    let assumed = question.department.as_ref();
    let (mut sheet, source) =
        Sheet::read(&layer(&args.file), assumed, question.nomenclature.as_ref())?;
    refuse_unreadable(&sheet)?;
    let epsg = sheet.epsg;
    let (vintage, repairs) = mend(sheet_to_mend(&mut sheet), &sheet, args.merge)?;
    let draft = Draft::new(&args.out)?;
    write(&vintage, &sheet, &source, draft.temp())?;
    drop((vintage, sheet, source));
    for line in repairs.lines() {
        talk::line(&line);
    }
    judge(args, &question, report, (draft, epsg))
}

/// Checks the copy, then publishes it with the report.
fn judge(
    args: &Args,
    question: &Question,
    mut report: Report<'_>,
    (copy, epsg): (Draft, u32),
) -> Result<(), Error> {
    let whole = Layer { path: copy.temp().to_owned(), layer: None };
    let (mut made, source) = Sheet::read(&whole, None, question.nomenclature.as_ref())?;
    // A GeoPackage that is open has a journal beside it.
    drop(source);
    made.path.clone_from(&args.out);
    if made.epsg != epsg {
        let details = format!("EPSG:{} written as EPSG:{}", epsg, made.epsg);
        return Err(Error::invariant("crs_of_copy", details));
    }
    examine(&mut made, &args.rules, question)?;
    report.add(&made)?;
    report.finish(Some(copy), "what remains must be decided by hand; `--allow KEY` lets a key pass")
}

/// Refuses a path that is taken, or of another format.
fn refuse_out(out: &Path) -> Result<(), Error> {
    let usage = |what: &str, hint: &str| Error::Usage {
        what: format!("`{}` {what}", out.display()),
        hint: Some(hint.to_owned()),
    };
    if out.exists() {
        return Err(usage("exists already", "give another name, or remove it first"));
    }
    if !out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gpkg")) {
        return Err(usage("is no GeoPackage", "give a name that ends in `.gpkg`"));
    }
    Ok(())
}

/// Refuses a layer whose shapes are lost in part: its ground would disappear.
fn refuse_unreadable(sheet: &Sheet) -> Result<(), Error> {
    let lost = sheet.findings.iter().find(|finding| about(finding.key).0 == Level::Fatal);
    if let Some(finding) = lost {
        let mut fault = InputError::new(&sheet.path, about(finding.key).1).layer(&sheet.layer);
        if let Some(&feature) = finding.features.first() {
            fault = fault.feature(sheet.name(feature));
        }
        let hint = "correct or delete this feature, and check the CRS that the file declares";
        return Err(fault.expected("finite coordinates in the declared CRS").hint(hint).into());
    }
    if sheet.polygons.is_empty() {
        return Err(InputError::new(&sheet.path, "this layer holds no polygon")
            .layer(&sheet.layer)
            .got(format!("{} features", sheet.features.len()))
            .expected("at least one polygon")
            .into());
    }
    Ok(())
}

/// The layer as a vintage: the numbers of its codes as couples, the rank of the feature of each
/// polygon as the object that it comes from. The shapes are taken out of the sheet.
fn sheet_to_mend(sheet: &mut Sheet) -> Vintage {
    let ids = unique_ids(sheet);
    let mut vintage = Vintage {
        polygons: std::mem::take(&mut sheet.polygons),
        couples: sheet.keys.iter().map(|&key| Couple::from_cell(key)).collect(),
        ..Vintage::default()
    };
    let mut part = 0;
    for (rank, &owner) in sheet.owners.iter().enumerate() {
        part = if rank > 0 && sheet.owners[rank - 1] == owner { part + 1 } else { 1 };
        let id = &ids[owner as usize];
        vintage.objects.push(Object {
            id: if part == 1 { id.clone() } else { format!("{id}#{part}") },
            id_origine: owner.to_string(),
            ..Object::default()
        });
    }
    vintage
}

/// An id for each feature: the file's, with a suffix from the second time on.
fn unique_ids(sheet: &Sheet) -> Vec<String> {
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let identities = sheet.features.iter();
    identities
        .map(|identity| {
            // Padded: the order of the ids decides whose the ground is.
            let own = identity.id.as_deref();
            let own = own.map_or_else(|| format!("fid{:010}", identity.fid), str::to_owned);
            let mut id = own.clone();
            while !seen.insert(id.clone()) {
                let n = times.entry(own.clone()).or_insert(1);
                *n += 1;
                id = format!("{own}~{n}");
            }
            id
        })
        .collect()
}

/// Makes a coverage of the polygons; counts what was wrong with the features as well.
fn mend(vintage: Vintage, sheet: &Sheet, merge: bool) -> Result<(Vintage, Repairs), Error> {
    let tally = Tally::default();
    // What the codes are is not touched here, and is told by the check of the copy.
    for finding in sheet.findings.iter().filter(|finding| !finding.key.starts_with("code_")) {
        let note = finding.features.first().map(|&f| format!("`{}`", sheet.name(f)));
        match (finding.place, note) {
            (Some(place), Some(note)) => tally.count_at(finding.key, place, 0, note),
            _ => tally.count(finding.key),
        }
    }
    let (vintage, mut repairs) = repair::repair(vintage, &sheet.path, &tally)?;
    if !merge {
        return Ok((vintage, repairs));
    }
    Ok((repair::merge(vintage, &mut repairs, &tally)?, repairs))
}

/// Writes the polygons with the columns of their features.
fn write(
    vintage: &Vintage,
    sheet: &Sheet,
    source: &VectorSource,
    path: &Path,
) -> Result<(), Error> {
    let mut made: Vec<(u32, u32)> = Vec::with_capacity(vintage.n_polygons());
    for (rank, object) in vintage.objects.iter().enumerate() {
        let owner =
            object.id_origine.parse().map_err(|_| Error::internal("a polygon of no feature"))?;
        made.push((owner, rank as u32));
    }
    made.sort_unstable();
    let mut ids = Ids::of(sheet, source);
    source.copy_with(path, sheet.epsg, sheet.layout.id, |feature| {
        let from = made.partition_point(|(owner, _)| (*owner as usize) < feature);
        let own = made[from..].iter().take_while(|(owner, _)| *owner as usize == feature);
        own.map(|&(owner, rank)| Piece {
            polygon: &vintage.polygons[rank as usize],
            changed: ids.changed(&vintage.objects[rank as usize].id, owner),
        })
        .collect()
    })?;
    Ok(())
}

/// What to write in the column of ids.
struct Ids<'a> {
    sheet: &'a Sheet,
    column: Option<(usize, ColumnKind)>,
    /// The largest number in use.
    last: i64,
}

impl<'a> Ids<'a> {
    fn of(sheet: &'a Sheet, source: &VectorSource) -> Self {
        let column = sheet.layout.id.map(|index| (index, source.info().columns[index].kind));
        let numbers = sheet.features.iter().filter_map(|f| f.id.as_deref()?.parse().ok());
        Self { sheet, column, last: numbers.max().unwrap_or(0) }
    }

    /// The new id of a polygon when it is not that of its feature; in a column of numbers, the
    /// next one that is free.
    fn changed(&mut self, id: &str, owner: u32) -> Option<(usize, Value)> {
        let (index, kind) = self.column?;
        if self.sheet.features[owner as usize].id.as_deref() == Some(id) {
            return None;
        }
        match kind {
            ColumnKind::Text => Some((index, id.into())),
            ColumnKind::Integer => {
                self.last += 1;
                Some((index, self.last.into()))
            }
            ColumnKind::Real => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_is_a_new_geopackage() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("a.gpkg");
        std::fs::write(&taken, "").unwrap();
        for (path, said) in [(taken, "exists already"), (folder.path().join("b.shp"), "GeoPackage")]
        {
            let error = refuse_out(&path).unwrap_err();
            assert_eq!(error.exit_code(), crate::error::exit::USAGE);
            assert!(error.to_string().contains(said), "{error}");
        }
        assert!(refuse_out(&folder.path().join("b.GPKG")).is_ok());
    }
}
