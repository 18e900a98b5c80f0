//! Class rasters for the web: what the delivered polygons cover, cell by cell, as cloud optimised
//! `GeoTIFF`.

use kernels::grid::{Grid, Window};
use kernels::lattice::Polygon;
use kernels::placed::Placed;
use ndarray::Axis;
use nomenclature::{Dimension, Nomenclature};
use serde_json::{Value, json};

use crate::artefact::Draft;
use crate::error::Error;
use crate::finished::ground::{Changes, Vintage};
use crate::io::raster_writer::{Compression, RasterSpec, TILE, write_cog, write_geotiff};

/// The cells of a raster and their CRS.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The cells.
    pub(super) grid: Grid,
    /// EPSG code.
    pub(super) epsg: u32,
}

/// What the cells of a raster mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    /// The value of its cells.
    pub(super) value: u8,
    /// Its code.
    pub(super) code: String,
    /// Its name.
    pub(super) label: String,
    /// Its colour.
    pub(super) colour: [u8; 3],
}

/// Polygons and the value of each.
struct Burnt<'a> {
    polygons: &'a [Polygon],
    placed: Placed,
    values: Vec<u8>,
}

impl<'a> Burnt<'a> {
    fn new(polygons: &'a [Polygon], values: Vec<u8>, grid: &Grid) -> Self {
        Self { polygons, placed: Placed::polygons(polygons, grid, TILE), values }
    }

    fn cells(&self, window: Window) -> ndarray::Array2<u8> {
        self.placed.rasterise(self.polygons, |rank| self.values[rank], window)
    }
}

/// The classes of a dimension; cells hold their rank in the nomenclature.
pub(super) fn classes(nomenclature: &Nomenclature, dimension: Dimension) -> Vec<Class> {
    let leaves = nomenclature.leaves(dimension).into_iter().filter_map(|id| {
        let class = nomenclature.class(dimension, id)?;
        let (code, label) = (class.code.clone(), class.label.clone());
        Some(Class { value: id.0, code, label, colour: class.colour.0 })
    });
    leaves.collect()
}

/// What a cell of the differences can be.
pub(super) fn change_classes() -> Vec<Class> {
    let class = |value, code: &str, label: &str, colour| Class {
        value,
        code: code.to_owned(),
        label: label.to_owned(),
        colour,
    };
    vec![
        class(1, "inchange", "Inchangé", [243, 243, 243]),
        class(2, "change", "Changé, même statut", [244, 165, 0]),
        class(3, "artificialise", "Artificialisé", [215, 25, 28]),
        class(4, "desartificialise", "Désartificialisé", [26, 150, 65]),
    ]
}

/// The classes of a dimension of a vintage.
///
/// # Errors
/// [`Error::Write`].
pub(super) fn vintage(
    vintage: &Vintage,
    dimension: Dimension,
    frame: Frame,
    classes: &[Class],
    draft: &Draft,
) -> Result<(), Error> {
    let values = vintage.objects.iter().map(|object| object.couple.of(dimension).0).collect();
    let burnt = Burnt::new(&vintage.polygons, values, &frame.grid);
    write(frame, classes, draft, |window| burnt.cells(window))
}

/// Where the newer vintage differs, and where it artificialised.
///
/// # Errors
/// [`Error::Write`].
pub(super) fn changes(
    vintage: &Vintage,
    changes: &Changes,
    frame: Frame,
    classes: &[Class],
    draft: &Draft,
) -> Result<(), Error> {
    let ground = Burnt::new(&vintage.polygons, vec![1; vintage.polygons.len()], &frame.grid);
    let value = |(before, after): &(String, String)| match (before.as_str(), after.as_str()) {
        ("non artif", "artif") => 3,
        ("artif", "non artif") => 4,
        _ => 2,
    };
    let values = changes.changes.iter().map(|change| value(&change.status)).collect();
    let changed = Burnt::new(&changes.polygons, values, &frame.grid);
    write(frame, classes, draft, |window| {
        let mut cells = ground.cells(window);
        cells.zip_mut_with(&changed.cells(window), |cell, &new| *cell = new.max(*cell));
        cells
    })
}

fn write(
    frame: Frame,
    classes: &[Class],
    draft: &Draft,
    cells: impl Fn(Window) -> ndarray::Array2<u8>,
) -> Result<(), Error> {
    // The plain raster that the other one is copied from; it goes with its draft.
    let plain = Draft::new(draft.path().with_extension("plain.tif"))?;
    let mut colours = vec![[0; 4]; 256];
    for class in classes {
        let [red, green, blue] = class.colour;
        colours[usize::from(class.value)] = [red, green, blue, 255];
    }
    let spec = RasterSpec {
        grid: frame.grid,
        bands: 1,
        epsg: frame.epsg,
        nodata: Some(0),
        compression: Compression::Zstd,
        colours,
    };
    write_geotiff(plain.temp(), &spec, |window| Ok(cells(window).insert_axis(Axis(0))))?;
    write_cog(plain.temp(), draft.temp())
}

/// The classes as the `classification` extension of STAC lists them.
pub(super) fn listed(classes: &[Class]) -> Value {
    let nodata = json!({ "value": 0, "name": "hors-territoire", "nodata": true });
    let all = classes.iter().map(|class| {
        let [red, green, blue] = class.colour;
        json!({
            "value": class.value,
            "name": class.code,
            "description": class.label,
            "color_hint": format!("{red:02X}{green:02X}{blue:02X}"),
        })
    });
    std::iter::once(nodata).chain(all).collect()
}
