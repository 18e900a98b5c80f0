//! IGN's corrective patch of a vintage: what the vintage should have been.
//!
//! With a vintage IGN ships corrections of the one before, in a layer such as
//! `PATCH_CORR_D022_2021`: `cs_corr` and `us_corr` give the right code, or `RAS` where the ground was
//! looked at and left.

use kernels::lattice::Polygon;
use nomenclature::{ClassId, Dimension, Nomenclature};

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Feature, Value, VectorSource};
use crate::tally::Tally;
use crate::vintage::locate::Product;
use crate::vintage::open::{Crs, Opening, accept};

/// What stands for "looked at, nothing to correct".
const NOTHING: &str = "RAS";

/// Names of the columns of the right cover and usage, in any case.
const COVER: [&str; 2] = ["cs_corr", "code_cs_corr"];
const USAGE: [&str; 2] = ["us_corr", "code_us_corr"];

/// What a patch says of one dimension of its ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Says {
    /// Nothing.
    #[default]
    Silent,
    /// Looked at and left as it was.
    Left,
    /// It should have been this class.
    Corrected(ClassId),
}

/// What a polygon of a patch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Statement {
    /// Of the cover.
    pub cs: Says,
    /// Of the usage.
    pub us: Says,
}

/// The polygons of a patch in an order that is not that of the file.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Its shapes.
    pub polygons: Vec<Polygon>,
    /// What each of them says.
    pub says: Vec<Statement>,
}

impl Patch {
    /// Reads a patch; its codes are taken to the leaves of `nomenclature`.
    ///
    /// # Errors
    /// The file cannot be found or read, has neither `cs_corr` nor `us_corr`, or a code that is
    /// neither a class nor `RAS`.
    pub fn read(
        layer: &Layer,
        epsg: u32,
        nomenclature: &Nomenclature,
        tally: &Tally,
    ) -> Result<Self, Error> {
        let opening = Opening { product: Product::Occupation, years: &[], epsg, crs: Crs::Exact };
        let source = opening.open(layer, tally)?;
        let (cover, usage) = (source.column(&COVER), source.column(&USAGE));
        if cover.is_none() && usage.is_none() {
            source.require_column(&["cs_corr", "us_corr"])?;
        }
        let read: Vec<usize> = [cover, usage].into_iter().flatten().collect();
        let mut rows = Vec::new();
        for feature in source.features(&read, epsg)? {
            let feature = feature?;
            accept(&feature, &source, tally)?;
            let mut values = feature.values.iter();
            let mut next = |dimension, column: Option<usize>| match column {
                Some(_) => says(&source, &feature, nomenclature, (dimension, values.next())),
                None => Ok(Says::Silent),
            };
            let statement = Statement {
                cs: next(Dimension::Cover, cover)?,
                us: next(Dimension::Usage, usage)?,
            };
            rows.extend(feature.polygons.iter().map(|polygon| (polygon.clone(), statement)));
        }
        rows.sort();
        let (polygons, says) = rows.into_iter().unzip();
        Ok(Self { polygons, says })
    }
}

/// The shapes of a patch where it corrects something: not those that were looked at and left.
///
/// A layer without `cs_corr` and `us_corr` corrects all of its ground.
///
/// # Errors
/// The file cannot be found or read.
pub fn corrected(layer: &Layer, epsg: u32, tally: &Tally) -> Result<Vec<Polygon>, Error> {
    let opening = Opening { product: Product::Occupation, years: &[], epsg, crs: Crs::Exact };
    let source = opening.open(layer, tally)?;
    let columns: Vec<usize> =
        [COVER, USAGE].iter().filter_map(|names| source.column(names)).collect();
    let is_code = |value: &Value| {
        let text = value.text().unwrap_or_default();
        !text.trim().is_empty() && !text.trim().eq_ignore_ascii_case(NOTHING)
    };
    let mut all = Vec::new();
    for feature in source.features(&columns, epsg)? {
        let feature = feature?;
        accept(&feature, &source, tally)?;
        if columns.is_empty() || feature.values.iter().any(is_code) {
            all.extend(feature.polygons);
        }
    }
    Ok(all)
}

/// What a value says.
fn says(
    source: &VectorSource,
    feature: &Feature,
    nomenclature: &Nomenclature,
    (dimension, value): (Dimension, Option<&Value>),
) -> Result<Says, Error> {
    let text = value.and_then(Value::text).unwrap_or_default();
    let text = text.trim();
    if text.is_empty() {
        return Ok(Says::Silent);
    }
    if text.eq_ignore_ascii_case(NOTHING) {
        return Ok(Says::Left);
    }
    let unknown = || {
        InputError::new(source.path(), "this patch gives a code that is no class")
            .layer(&source.info().name)
            .feature(feature.fid)
            .got(format!("`{text}`"))
            .expected(format!("a code of `{}`, or `{NOTHING}`", nomenclature.id()))
            .hint("give the patch of this vintage, as IGN delivers it")
    };
    Ok(Says::Corrected(nomenclature.collapse(dimension, text).ok_or_else(unknown)?))
}
