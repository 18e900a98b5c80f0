//! `millesime vectorise`: one class raster to a seamless coverage of polygons.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use kernels::arcs::ArcCoverage;
use kernels::generalise::{Outline, Tolerance, generalise_above};
use kernels::label::Labels;
use kernels::lattice::STEPS_PER_METRE;
use kernels::trace::{first_difference, trace_labels};
use nomenclature::{Couple, Nomenclature};

use super::new_file::require_new;
use crate::artefact::{Draft, is_same_place};
use crate::error::{Error, InputError};
use crate::talk;
use crate::units::{count, parse_bytes};

mod cells;
mod cover;
mod drawn;
mod georef;
mod memory;
mod report;
mod tiles;
mod units;

use cells::{Cells, Meaning};
use drawn::Drawn;
use memory::Memory;
use report::Report;
use units::Units;

/// The part of its area, in thousandths, that generalising may give to or take from a polygon.
const AREA_PERMILLE_MAX: u32 = 50;

/// What `vectorise` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime vectorise cover.tif --out cover.gpkg           the exact outline of the cells
  millesime vectorise tiles/*.tif --out cover.gpkg         the same, of tiles, without their seams
  millesime vectorise cover.tif --out cover.gpkg --nomenclature ocsge-2-0 \\
      --capture-rules ocsge-2-0 --tolerance-m 1.5

Without a nomenclature the polygons carry the cell's `value`; with one, `code_cs` (and `code_us`
when the cells are 16-bit couples). What each class won and lost, by its units and by the drawing,
goes to stdout as CSV.

Capture rules enlarge isolated buildings, give away what is narrower than its minimum width, then
merge what is below its unit: into the neighbour of the longest border, then of the nearest meaning,
then of the lowest code. Roads and rail are not cut. Where the cells tell no usage, paved and mineral
ground counts as roads and rail.")]
pub struct Args {
    /// The class raster: one band of 8 or 16 bits, north-up, square pixels, a French CRS; or the
    /// tiles that make it, in any order, which may leave ground uncovered but not share any
    #[arg(required = true, value_name = "RASTER")]
    rasters: Vec<PathBuf>,
    /// The `GeoPackage` to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Name of the layer
    #[arg(long, default_value = "cover")]
    layer: String,
    /// What the values mean: a built-in id or a YAML document
    #[arg(long, value_name = "ID")]
    nomenclature: Option<String>,
    /// Merge regions smaller than this into a neighbour
    #[arg(long, value_name = "N", conflicts_with = "capture_rules", allow_negative_numbers = true)]
    min_area_m2: Option<f64>,
    /// Apply the minimum widths and units of a product, by class
    #[arg(long, value_name = "ID", requires = "nomenclature")]
    capture_rules: Option<String>,
    /// Take the stair-steps off: no outline moves farther than this
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    tolerance_m: Option<f64>,
    /// Write what became of each class and of the areas of the polygons, as one JSON object
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Cells of one polygon touch by their sides; no other number makes a valid coverage
    #[arg(long, default_value = "4", value_parser = four)]
    connectivity: u8,
    /// The memory that may be taken, such as `4GB`; what does not fit is refused [default: all
    /// that is free]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    memory: Option<u64>,
}

/// Reads, regularises, traces, generalises, checks and writes.
///
/// # Errors
/// [`Error::Usage`] for a wrong option, [`Error::Input`] for a raster that is not one of classes,
/// [`Error::Invariant`] when the result is not exactly the raster, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let meaning = Meaning::of(args.nomenclature.as_deref())?;
    let units = Units::of(args.min_area_m2, args.capture_rules.as_deref(), &meaning)?;
    let tolerance = args.tolerance()?;
    cover::check_layer_name(&args.layer)?;
    let draft = draft_of(&args.out)?;
    let report = args.report_draft()?;
    let memory = Memory::of(args.memory, &args.out)?;
    let cells = Cells::open(&args.rasters, &meaning)?;
    let (labels, regularised) = units.read(&cells, &meaning, &memory)?;
    if labels.regions.is_empty() {
        let fault = InputError::new(&args.rasters[0], "no cell of this raster holds data");
        let hint = "check the nodata value that it declares: `gdalinfo -stats FILE`";
        return Err(fault.expected("cells with a class").hint(hint).into());
    }
    memory.allow_outlines(&labels, tolerance.is_some())?;
    let traced = trace_labels(&labels, &cells.grid);
    check_exact(&traced, &labels, &cells)?;
    drop(labels);
    let generalised = tolerance.map(|tolerance| {
        generalise_above(&traced, cells.grid.cell, &tolerance, |code| units.twice_areas(code))
    });
    let measured = generalised.as_ref().zip(tolerance);
    let drawn = measured.map(|(result, tolerance)| Drawn::of(result, &traced, tolerance, &cells));
    let drawn = drawn.transpose()?;
    let coverage = generalised.as_ref().map_or(&traced, |result| &result.coverage);
    cover::write(coverage, &cells, &meaning, (&draft, &args.layer))?;
    let (regularised, drawn) = (regularised.as_ref(), drawn.as_ref());
    let said = Report { cells: &cells, meaning: &meaning, coverage, regularised, drawn };
    if let Some(report) = &report {
        said.write(report, &args.layer)?;
    }
    // The output last: the command can be run again as long as it is not there.
    for draft in report.into_iter().chain([draft]) {
        draft.publish()?;
    }
    said.say()?;
    talk::line(&format!(
        "ok: {} cells, {} polygons, {} arcs in `{}`",
        count(cells.grid.n_cells() as u64),
        count(coverage.faces().len() as u64),
        count(coverage.n_arcs() as u64),
        args.out.display()
    ));
    Ok(())
}

impl Args {
    /// The report to come, in the place of an earlier one but of nothing else.
    fn report_draft(&self) -> Result<Option<Draft>, Error> {
        let Some(path) = &self.report else { return Ok(None) };
        if self.rasters.iter().chain([&self.out]).any(|other| is_same_place(other, path)) {
            let what = format!("`{}` is the raster or the output", path.display());
            let hint = Some("give the report a name of its own: `--report NAME.json`".to_owned());
            return Err(Error::Usage { what, hint });
        }
        writable(path).map(Some)
    }

    fn tolerance(&self) -> Result<Option<Tolerance>, Error> {
        let Some(tolerance_m) = self.tolerance_m else { return Ok(None) };
        positive("--tolerance-m", tolerance_m, 1000.0)?;
        let distance = (tolerance_m * f64::from(STEPS_PER_METRE)).round() as i32;
        Ok(Some(Tolerance { distance, area_permille: AREA_PERMILLE_MAX, outline: Outline::Kept }))
    }
}

/// The output to come, in a folder that may be written to: it would be a pity to find out last.
fn draft_of(out: &Path) -> Result<Draft, Error> {
    let hint = "a GeoPackage is written: `--out NAME.gpkg`; `ogr2ogr` makes other formats of it";
    require_new(out, ("a GeoPackage", &["gpkg"]), hint)?;
    writable(out)
}

/// The draft of a file in a folder that may be written to.
fn writable(out: &Path) -> Result<Draft, Error> {
    let draft = Draft::new(out)?;
    let temp = draft.temp();
    let probe = File::create_new(temp).and_then(|_| fs::remove_file(temp));
    probe.map_err(Error::write(out))?;
    Ok(draft)
}

/// Refuses what is not a number above 0 and within a limit.
fn positive(option: &str, value: f64, max: f64) -> Result<(), Error> {
    if value > 0.0 && value <= max {
        return Ok(());
    }
    Err(Error::usage(format!("`{option}` is {value}; expected a number above 0, at most {max}")))
}

/// Accepts the one connectivity that gives a valid coverage.
fn four(text: &str) -> Result<u8, String> {
    if text == "4" {
        return Ok(4);
    }
    Err("only 4 gives a valid coverage: polygons joined by a corner would touch themselves".into())
}

/// The law of the trace: burning the polygons gives the raster back, and areas are the cells'.
fn check_exact(traced: &ArcCoverage, labels: &Labels, cells: &Cells) -> Result<(), Error> {
    if let Some((row, col)) = first_difference(traced, labels, &cells.grid) {
        let details = cells.tiles.place(row, col);
        return Err(Error::invariant("rasterise(vectorise(raster)) = raster", details));
    }
    let side = i128::from(cells.grid.cell);
    let areas = traced.twice_areas();
    let is_wrong =
        |face: &usize| areas[*face] != 2 * side * side * i128::from(traced.faces()[*face].n_cells);
    match (0..areas.len()).find(is_wrong) {
        Some(face) => Err(Error::invariant(
            "polygon area = cell area",
            format!("the polygon that starts at {}", {
                let (row, col) = traced.faces()[face].first;
                cells.tiles.place(row as usize, col as usize)
            }),
        )),
        None => Ok(()),
    }
}

impl Meaning {
    /// What a code of [`Cells`] is called.
    fn name(&self, code: u16) -> String {
        match self {
            Self::Values => cells::value_of(code).to_string(),
            Self::Classes(nomenclature) => {
                let (cs, us) = codes_of(nomenclature, code);
                us.map_or(cs.clone(), |us| format!("{cs}/{us}"))
            }
        }
    }
}

/// The codes of a couple; no usage when the cells only tell the cover.
fn codes_of(nomenclature: &Nomenclature, code: u16) -> (String, Option<String>) {
    use nomenclature::Dimension::{Cover, Usage};
    let couple = Couple::from_cell(code);
    let us = (!couple.us.is_nodata()).then(|| nomenclature.code(Usage, couple.us).to_owned());
    (nomenclature.code(Cover, couple.cs).to_owned(), us)
}
