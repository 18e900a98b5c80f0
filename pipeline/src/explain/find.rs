//! The features of a delivery around a window, as their columns say.

use std::path::Path;

use kernels::lattice::{Point, Polygon};

use crate::delivery::territories::{COMMUNE_COLUMNS, COMMUNES, ZONES};
use crate::error::{Error, InputError};
use crate::finished::Finished;
use crate::io::vector::{Feature, Value, VectorSource};

/// The south-west and north-east corners of what to look at.
pub(super) type Window = (Point, Point);

/// Something with a shape.
pub(super) trait Shaped {
    /// Its polygons.
    fn polygons(&self) -> &[Polygon];
}

/// What a feature says, with its shape.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// Its polygons.
    pub(super) polygons: Vec<Polygon>,
    /// What its columns say.
    pub(super) of: T,
}

impl<T> Shaped for Found<T> {
    fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }
}

/// A polygon of a vintage, as the artificialisation layer says.
#[derive(Debug)]
pub(super) struct Row {
    /// Its polygons.
    pub(super) polygons: Vec<Polygon>,
    pub(super) id: String,
    pub(super) code_cs: String,
    pub(super) code_us: String,
    pub(super) source: String,
    pub(super) id_origine: Option<String>,
    pub(super) code_or: Option<String>,
    pub(super) is_ossature: bool,
    pub(super) area_m2: f64,
    pub(super) artif: String,
    pub(super) crit_seuil: bool,
}

impl Shaped for Row {
    fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }
}

/// A changed region.
#[derive(Debug)]
pub(super) struct RegionRow {
    polygons: Vec<Polygon>,
    /// Cover and usage before, then after.
    pub(super) codes: [String; 4],
    pub(super) kind: String,
    pub(super) area_m2: f64,
    /// Disc, mean width, compactness, displaced share.
    pub(super) measures: [f64; 4],
    /// Status before and after.
    pub(super) statuses: [String; 2],
    pub(super) confidence_percent: Option<i64>,
    pub(super) reason: Option<String>,
}

impl Shaped for RegionRow {
    fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }
}

/// A place whose status changed.
#[derive(Debug)]
pub(super) struct EvolutionRow {
    polygons: Vec<Polygon>,
    /// 1 or -1.
    pub(super) direction: i64,
    pub(super) area_m2: f64,
}

impl Shaped for EvolutionRow {
    fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }
}

/// The values of a feature under the names of a list of columns.
struct Values<'a> {
    names: &'a [&'a str],
    feature: Feature,
    path: &'a Path,
}

impl Values<'_> {
    fn value(&self, name: &str) -> &Value {
        let rank = self.names.iter().position(|known| *known == name);
        &self.feature.values[rank.expect("the column is in the list")]
    }

    fn maybe(&self, name: &str) -> Option<String> {
        self.value(name).text()
    }

    fn text(&self, name: &str) -> String {
        self.maybe(name).unwrap_or_default()
    }

    fn real(&self, name: &str) -> Result<f64, Error> {
        self.value(name).real().ok_or_else(|| {
            let fault = InputError::new(self.path, format!("`{name}` is not a number"));
            fault.feature(self.feature.fid).into()
        })
    }
}

/// Every feature that `which` finds, made into something.
fn read<T>(
    path: &Path,
    layer: Option<&str>,
    names: &[&str],
    folder: &Finished,
    (which, make): (Which<'_>, impl Fn(Values<'_>) -> Result<T, Error>),
) -> Result<Vec<T>, Error> {
    let source = VectorSource::open(path, layer)?;
    let columns: Vec<usize> =
        names.iter().map(|name| source.require_column(&[name])).collect::<Result<_, _>>()?;
    let epsg = folder.facts().epsg;
    let features = match which {
        Which::Within(window) => source.features_within(&columns, epsg, window)?,
        Which::WithId(id) => source.features_with(&columns, epsg, (columns[0], id))?,
    };
    let of = |feature: Result<Feature, Error>| make(Values { names, feature: feature?, path });
    features.map(of).collect()
}

#[derive(Clone, Copy)]
enum Which<'a> {
    Within(Window),
    /// With this text in the first column.
    WithId(&'a str),
}

const ROW: [&str; 10] = [
    "id",
    "code_cs",
    "code_us",
    "source",
    "id_origine",
    "code_or",
    "ossature",
    "aire",
    "artif",
    "crit_seuil",
];

fn row(mut values: Values<'_>) -> Result<Row, Error> {
    Ok(Row {
        polygons: std::mem::take(&mut values.feature.polygons),
        id: values.text("id"),
        code_cs: values.text("code_cs"),
        code_us: values.text("code_us"),
        source: values.text("source"),
        id_origine: values.maybe("id_origine"),
        code_or: values.maybe("code_or"),
        is_ossature: values.value("ossature").integer() == Some(1),
        area_m2: values.real("aire")?,
        artif: values.text("artif"),
        crit_seuil: values.value("crit_seuil").integer() == Some(1),
    })
}

/// The polygons of a vintage around a window.
pub(super) fn objects(path: &Path, folder: &Finished, window: Window) -> Result<Vec<Row>, Error> {
    read(path, None, &ROW, folder, (Which::Within(window), row))
}

/// The polygons of a vintage with an id.
pub(super) fn objects_with_id(path: &Path, folder: &Finished, id: &str) -> Result<Vec<Row>, Error> {
    read(path, None, &ROW, folder, (Which::WithId(id), row))
}

/// The id of the first polygon of a vintage.
pub(super) fn first_id(path: &Path, folder: &Finished) -> Result<Option<String>, Error> {
    let source = VectorSource::open(path, None)?;
    let id = source.require_column(&["id"])?;
    let first = source.features(&[id], folder.facts().epsg)?.next().transpose()?;
    Ok(first.and_then(|feature| feature.values[0].text()))
}

/// The changed regions between two vintages around a window.
pub(super) fn regions(
    path: &Path,
    folder: &Finished,
    (before, after): (u16, u16),
    window: Window,
) -> Result<Vec<RegionRow>, Error> {
    let coded = [before, after].map(|year| [format!("cs_{year}"), format!("us_{year}")]);
    let [cs, us, cs_after, us_after] = [&coded[0][0], &coded[0][1], &coded[1][0], &coded[1][1]];
    let status = [before, after].map(|year| format!("artif_{year}"));
    let names: Vec<&str> = [cs, us, cs_after, us_after, &status[0], &status[1]]
        .into_iter()
        .map(String::as_str)
        .chain(["surface", "kind", "disc_m", "mean_width_m", "compactness", "displaced_share"])
        .chain(["confidence", "reason"])
        .collect();
    let make = |mut values: Values<'_>| {
        Ok(RegionRow {
            polygons: std::mem::take(&mut values.feature.polygons),
            codes: [cs, us, cs_after, us_after].map(|name| values.text(name)),
            kind: values.text("kind"),
            area_m2: values.real("surface")?,
            measures: [
                values.real("disc_m")?,
                values.real("mean_width_m")?,
                values.real("compactness")?,
                values.real("displaced_share")?,
            ],
            statuses: [0, 1].map(|side| values.text(&status[side])),
            confidence_percent: values.value("confidence").integer(),
            reason: values.maybe("reason"),
        })
    };
    read(path, None, &names, folder, (Which::Within(window), make))
}

/// The places around a window whose status changed.
pub(super) fn evolutions(
    path: &Path,
    folder: &Finished,
    window: Window,
) -> Result<Vec<EvolutionRow>, Error> {
    let make = |mut values: Values<'_>| {
        Ok(EvolutionRow {
            polygons: std::mem::take(&mut values.feature.polygons),
            direction: values.value("artificialisation").integer().unwrap_or_default(),
            area_m2: values.real("surface")?,
        })
    };
    read(path, None, &["artificialisation", "surface"], folder, (Which::Within(window), make))
}

/// The places of a layer of territories around a window: the texts of their columns.
pub(super) fn places(
    path: &Path,
    folder: &Finished,
    layer: &str,
    window: Window,
) -> Result<Vec<Found<Vec<String>>>, Error> {
    let names: &[&str] = match layer {
        COMMUNES => &COMMUNE_COLUMNS,
        ZONES => &["zonage"],
        _ => &["code", "nom"],
    };
    let make = |mut values: Values<'_>| {
        let of = names.iter().map(|name| values.text(name)).collect();
        Ok(Found { polygons: std::mem::take(&mut values.feature.polygons), of })
    };
    read(path, Some(layer), names, folder, (Which::Within(window), make))
}

/// West, south, east and north of the only layer of a file.
pub(super) fn extent(path: &Path) -> Result<Option<[f64; 4]>, Error> {
    Ok(VectorSource::open(path, None)?.extent())
}
