//! The polygons of a result, read from its layers for what is made of them.

use kernels::lattice::Polygon;
use nomenclature::{Couple, Dimension, Nomenclature};

use super::Finished;
use crate::delivery::changes;
use crate::error::{Error, InputError};
use crate::io::schema::Product;
use crate::io::vector::{Value, VectorSource};

/// What a polygon of a vintage is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    /// Its identifier.
    pub(crate) id: String,
    /// Its cover and usage.
    pub(crate) couple: Couple,
    /// Its status.
    pub(crate) is_artificial: bool,
}

/// A vintage with the status of every polygon.
#[derive(Debug, Default)]
pub(crate) struct Vintage {
    /// The shapes.
    pub(crate) polygons: Vec<Polygon>,
    /// What each is.
    pub(crate) objects: Vec<Object>,
}

/// What a changed object was and is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// Cover and usage before.
    pub(crate) before: (String, String),
    /// Cover and usage after.
    pub(crate) after: (String, String),
    /// Status words of both dates.
    pub(crate) status: (String, String),
    /// Key of its class.
    pub(crate) kind: String,
    /// Its area.
    pub(crate) area_m2: f64,
}

/// Every difference between two vintages.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The shapes.
    pub(crate) polygons: Vec<Polygon>,
    /// What each is.
    pub(crate) changes: Vec<Change>,
}

impl Vintage {
    /// Reads the artificialisation layer of a vintage: it has every polygon, its codes and status.
    ///
    /// # Errors
    /// The result lacks it, or it holds a code of no class.
    pub(crate) fn read(
        result: &Finished,
        year: u16,
        nomenclature: &Nomenclature,
    ) -> Result<Self, Error> {
        let names = result.names(year, year);
        let path = result.file(&Product::Artif.file_name(&names))?;
        let table = Product::Artif.layer_name(&names);
        let source = VectorSource::open(&path, Some(&table))?;
        let columns =
            ["id", "code_cs", "code_us", "artif"].map(|column| source.require_column(&[column]));
        let columns = columns.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut vintage = Self::default();
        for feature in source.features(&columns, names.epsg)? {
            let feature = feature?;
            let [id, cs, us, artif] = [0, 1, 2, 3].map(|column| words(&feature.values[column]));
            let class = |dimension, code: &str| {
                nomenclature.resolve(dimension, code).map_err(|error| -> Error {
                    let fault = InputError::new(&path, "a polygon has a code of no class");
                    fault.layer(&table).feature(format!("`{id}`")).got(error).into()
                })
            };
            let couple =
                Couple { cs: class(Dimension::Cover, &cs)?, us: class(Dimension::Usage, &us)? };
            let object = Object { id: id.clone(), couple, is_artificial: artif == "artif" };
            for polygon in feature.polygons {
                vintage.polygons.push(polygon);
                vintage.objects.push(object.clone());
            }
        }
        Ok(vintage)
    }
}

impl Changes {
    /// Reads the classed differences; nothing when the result has none between these vintages.
    ///
    /// # Errors
    /// The file is not the one delivered, or cannot be read.
    pub(crate) fn read(result: &Finished, before: u16, after: u16) -> Result<Self, Error> {
        let mut all = Self::default();
        let name = changes::file_name(&result.facts().department, before, after);
        if !result.has(&name) {
            return Ok(all);
        }
        let path = result.file(&name)?;
        let source = VectorSource::open(&path, Some(&changes::layer_name(before, after)))?;
        let dated = |what: &str, year: u16| format!("{what}_{year}");
        let columns = [
            dated("cs", before),
            dated("us", before),
            dated("cs", after),
            dated("us", after),
            dated("artif", before),
            dated("artif", after),
            "kind".to_owned(),
            "surface".to_owned(),
        ];
        let columns = columns.iter().map(|column| source.require_column(&[column]));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for feature in source.features(&columns, result.facts().epsg)? {
            let feature = feature?;
            let text = |column: usize| words(&feature.values[column]);
            let change = Change {
                before: (text(0), text(1)),
                after: (text(2), text(3)),
                status: (text(4), text(5)),
                kind: text(6),
                area_m2: feature.values[7].real().unwrap_or_default(),
            };
            for polygon in feature.polygons {
                all.polygons.push(polygon);
                all.changes.push(change.clone());
            }
        }
        Ok(all)
    }
}

fn words(value: &Value) -> String {
    value.text().unwrap_or_default()
}
