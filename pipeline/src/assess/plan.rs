//! Drawing a sample: the map read, parted into strata, places drawn, the files written.

use std::path::{Path, PathBuf};

use kernels::accuracy::{AccuracyError, Allotment, Extent as Size, allocate, sample_size};
use nomenclature::{Nomenclature, RuleSet};

use super::document::{
    Design, Document, FORMAT, KEY, Kept, NOMENCLATURE, PLAN, SHEET, Source, Stratum,
};
use super::draw::{Place, places};
use super::frame::Frame;
use super::key::{self, Row};
use super::sheet;
use super::strata::{Part, parts};
use crate::VERSION;
use crate::artefact::{Draft, publish_bytes};
use crate::config::{Department, Layer};
use crate::error::{Error, InputError};
use crate::io::srs;
use crate::io::vector::VectorSource;
use crate::repair::Repairs;
use crate::stamp::{Stamp, sha256};
use crate::tally::Tally;
use crate::vintage::locate::{Product, locate};
use crate::vintage::open::{Crs, Opening, accept};
use crate::vintage::{Reading, Vintage};

/// What is asked.
#[derive(Debug)]
pub struct Request {
    /// The vintage to assess.
    pub vintage: Layer,
    /// Its year; read from the file where it states one.
    pub year: Option<u16>,
    /// Whose CRS a file without one has.
    pub department: Option<Department>,
    /// A layer of changes that parts the ground.
    pub changes: Option<Layer>,
    /// What the codes mean.
    pub nomenclature: Nomenclature,
    /// The document that it comes from, where it is the user's.
    pub nomenclature_path: Option<PathBuf>,
    /// What is artificial.
    pub rules: RuleSet,
    /// How to draw.
    pub design: Design,
    /// The user's accuracy conjectured: for all strata, and for some by code.
    pub expected: (f64, Vec<(String, f64)>),
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The plan.
    pub document: Document,
    /// What had to be repaired in the vintage.
    pub repairs: Repairs,
}

/// Draws a sample and writes the plan, the key and the sheet; the plan last.
///
/// # Errors
/// [`Error::Usage`] for a folder that holds a plan or for too few places, [`Error::Input`] for a
/// file that cannot be assessed, [`Error::Write`].
pub fn plan(request: &Request, out: &Path) -> Result<Made, Error> {
    refuse_taken(out)?;
    let Map { vintage, repairs, epsg, year, source } = read(request)?;
    let changes = request.changes.as_ref().map(|layer| read_changes(layer, epsg)).transpose()?;
    let frame = Frame::of(&vintage, changes.as_ref().map(|(polygons, _)| polygons.as_slice()))?;
    let nomenclature = &request.nomenclature;
    let artificial = request
        .rules
        .compile(nomenclature)
        .map_err(|error| Error::Usage { what: error.to_string(), hint: error.hint() })?;
    let design = &request.design;
    let legend = design.strata.legend(design.level, &artificial);
    let parts = parts(&frame, legend, nomenclature);
    if parts.is_empty() {
        return Err(InputError::new(&request.vintage.path, "no object has both codes").into());
    }
    let expected = expected(request, &parts)?;
    let allotments = allotments(design, &parts, &expected)?;
    let drawn = places(&frame, &parts, &allotments, design.seed);
    let mut document = Document {
        format: FORMAT,
        id: String::new(),
        program: format!("millesime {VERSION}"),
        vintage: source,
        year,
        epsg,
        changes: changes.map(|(_, source)| source),
        nomenclature: nomenclature.id().to_owned(),
        nomenclature_sha256: None,
        design: design.clone(),
        strata: strata(&frame, &parts, &expected, (&allotments, &drawn)),
        couples: frame.couples(nomenclature),
        left_out: frame.left_out,
        key: Kept { file: KEY.to_owned(), sha256: String::new() },
        places: drawn.len() as u64,
    };
    document.id = id_of(&document)?;
    let rows = rows(&document.id, &frame, &vintage, &drawn);
    write(request, &mut document, &rows, out)?;
    Ok(Made { document, repairs })
}

/// A plan is never written over: its sheet may be with an interpreter.
fn refuse_taken(out: &Path) -> Result<(), Error> {
    let names = [PLAN, KEY, SHEET];
    let Some(name) = names.into_iter().find(|name| out.join(name).exists()) else { return Ok(()) };
    Err(Error::Usage {
        what: format!("`{}` exists already", out.join(name).display()),
        hint: Some("give this plan a folder of its own with `--out`".to_owned()),
    })
}

/// The vintage as a coverage, and where it comes from.
struct Map {
    vintage: Vintage,
    repairs: Repairs,
    epsg: u32,
    year: Option<u16>,
    source: Source,
}

fn read(request: &Request) -> Result<Map, Error> {
    let tally = Tally::default();
    let found = locate(&request.vintage, Product::Occupation, &[], &tally)?;
    let file = VectorSource::open(&found.path, found.layer.as_deref())?;
    let epsg = epsg_of(&file, request.department.as_ref())?;
    let year = match request.year {
        Some(year) => Some(year),
        None => Vintage::stated_year(&file)?,
    };
    drop(file);
    let nomenclature = &request.nomenclature;
    let reading = Reading { epsg, nomenclature, tally: &tally, strict: false };
    let (vintage, repairs) = reading.vintage(&found, year.unwrap_or_default())?;
    Ok(Map { vintage, repairs, epsg, year, source: source(&found)? })
}

/// The CRS of the vintage, which places and windows are in.
fn epsg_of(source: &VectorSource, assumed: Option<&Department>) -> Result<u32, Error> {
    let info = source.info();
    let fault = |what: &str| InputError::new(source.path(), what).layer(&info.name);
    let epsg = info.epsg.or_else(|| assumed.map(|department| department.crs().0));
    let epsg = epsg.ok_or_else(|| {
        fault("the coordinate system of this layer is not known")
            .got(if info.has_crs { "one that is none of EPSG's" } else { "none" })
            .expected("a projected system of France, such as EPSG:2154")
            .hint("restore its .prj, or name the department whose system it is in: `--department`")
    })?;
    if srs::is_in_metres(epsg) {
        return Ok(epsg);
    }
    Err(fault("this layer is not in a projected system in metres")
        .got(format!("EPSG:{epsg}"))
        .expected("EPSG:2154, or the projected system of the department overseas")
        .hint("reproject it: `ogr2ogr -t_srs EPSG:2154 OUT IN`")
        .into())
}

fn source(layer: &Layer) -> Result<Source, Error> {
    let name = layer.path.file_name().unwrap_or_default();
    Ok(Source {
        file: name.to_string_lossy().into_owned(),
        layer: layer.layer.clone(),
        stamp: Stamp::of(&layer.path)?,
    })
}

fn read_changes(
    layer: &Layer,
    epsg: u32,
) -> Result<(Vec<kernels::lattice::Polygon>, Source), Error> {
    let tally = Tally::default();
    let layer = locate(layer, Product::Any, &[], &tally)?;
    let opening = Opening { product: Product::Any, years: &[], epsg, crs: Crs::Exact };
    let file = opening.open(&layer, &tally)?;
    let mut polygons = Vec::new();
    for feature in file.features(&[], epsg)? {
        let feature = feature?;
        accept(&feature, &file, &tally)?;
        polygons.extend(feature.polygons);
    }
    if polygons.is_empty() {
        return Err(InputError::new(file.path(), "this layer of changes holds no polygon")
            .layer(&file.info().name)
            .got(format!("{} features", file.info().n_features))
            .hint("without a change there is nothing to part the ground by: leave `--changes` out")
            .into());
    }
    Ok((polygons, source(&layer)?))
}

/// The accuracy conjectured for each stratum.
fn expected(request: &Request, parts: &[Part]) -> Result<Vec<f64>, Error> {
    let (general, by_code) = &request.expected;
    let of = |code: &str| by_code.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    let is_none = |code: &str| parts.iter().all(|part| !part.code.eq_ignore_ascii_case(code));
    if let Some((code, _)) = by_code.iter().find(|(code, _)| is_none(code)) {
        let codes: Vec<&str> = parts.iter().map(|part| part.code.as_str()).collect();
        return Err(Error::Usage {
            what: format!("`--expected {code}=...`: no stratum has this code"),
            hint: Some(format!("the strata are {}", codes.join(", "))),
        });
    }
    Ok(parts.iter().map(|part| of(&part.code).map_or(*general, |(_, u)| *u)).collect())
}

fn allotments(design: &Design, parts: &[Part], expected: &[f64]) -> Result<Vec<Allotment>, Error> {
    let size =
        |part: &Part| Size { twice_area: part.extent.twice_area(), objects: part.extent.objects };
    let sizes: Vec<Size> = parts.iter().map(size).collect();
    let least = design.minimum * parts.len() as u64;
    let by_error = |error| sample_size(&sizes, expected, error).max(least);
    let asked = design.sample_size.or_else(|| design.standard_error.map(by_error));
    let asked = asked.ok_or_else(|| Error::internal("a plan without a size"))?;
    allocate(&sizes, asked, design.minimum).map_err(|error| match error {
        AccuracyError::TooFew { total, needed } => Error::Usage {
            what: format!(
                "{total} places do not give {} strata at least {} each: {needed} are needed",
                parts.len(),
                design.minimum
            ),
            hint: Some(
                "raise `--sample-size`, lower `--minimum`, or take broader classes with `--level`"
                    .to_owned(),
            ),
        },
        error => Error::internal(error.to_string()),
    })
}

fn strata(
    frame: &Frame,
    parts: &[Part],
    expected: &[f64],
    (allotments, drawn): (&[Allotment], &[Place]),
) -> Vec<Stratum> {
    debug_assert!(drawn.iter().all(|place| place.unit < frame.units.len()));
    let rows = parts.iter().zip(expected).zip(allotments).enumerate();
    rows.map(|(rank, ((part, &expected), allotment))| Stratum {
        code: part.code.clone(),
        label: part.label.clone(),
        extent: part.extent,
        expected,
        places: drawn.iter().filter(|place| place.stratum == rank).count() as u64,
        is_full: allotment.is_full,
    })
    .collect()
}

/// Eight digits of the hash of all that decides the sample.
fn id_of(document: &Document) -> Result<String, Error> {
    let blank = Document { program: String::new(), ..document.clone() };
    Ok(sha256(&blank.bytes()?)[..8].to_owned())
}

fn rows(id: &str, frame: &Frame, vintage: &Vintage, drawn: &[Place]) -> Vec<Row> {
    let digits = drawn.len().to_string().len().max(4);
    let row = |(number, place): (usize, &Place)| {
        let unit = &frame.units[place.unit];
        Row {
            id: format!("{id}-{number:0digits$}"),
            point: place.point,
            stratum: place.stratum,
            unit: place.unit + 1,
            object: vintage.objects[unit.object as usize].id.clone(),
            twice_area: unit.polygon.twice_area(),
            couple: unit.couple,
        }
    };
    (1..).zip(drawn).map(row).collect()
}

fn write(
    request: &Request,
    document: &mut Document,
    rows: &[Row],
    out: &Path,
) -> Result<(), Error> {
    if let Some(path) = &request.nomenclature_path {
        let text = std::fs::read(path).map_err(Error::read(path))?;
        document.nomenclature_sha256 = Some(sha256(&text));
        publish_bytes(out.join(NOMENCLATURE), &text)?;
    }
    let draft = Draft::new(out.join(SHEET))?;
    let places: Vec<_> = rows.iter().map(|row| (row.id.clone(), row.point)).collect();
    let look = (document.epsg, request.design.window_m);
    sheet::write(draft.temp(), look, &places, &request.nomenclature)?;
    draft.publish()?;
    let key = key::bytes(rows, &request.nomenclature)?;
    document.key.sha256 = sha256(&key);
    publish_bytes(out.join(KEY), &key)?;
    publish_bytes(out.join(PLAN), &document.bytes()?)?;
    Ok(())
}
