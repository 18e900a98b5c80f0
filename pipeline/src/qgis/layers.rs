//! The layers of a project: which files of a result, under which theme, drawn how.

use std::path::Path;

use kernels::lattice::Point;

use super::{Request, paths};
use crate::delivery::{changes, territories};
use crate::error::{Error, InputError};
use crate::finished::Finished;
use crate::io::raster::RasterSource;
use crate::io::schema::Product;
use crate::io::vector::{VectorSource, layer_names};
use crate::qml::Widget;
use crate::styles::{Legend, Theme, products};
use crate::vintage::bounds_of;

/// Where a layer stands; in the order of the tree, what lies above first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Limits that the figures were counted in.
    Territories,
    /// What is to be corrected, and flaws of the data.
    Corrections,
    /// What changed.
    Changes,
    /// What became artificial or ceased to be, and the status of every polygon.
    Artificialisation,
    /// The vintages.
    Vintages,
    /// Imagery.
    Ortho,
}

impl Group {
    /// Its title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Territories => "Territoires",
            Self::Corrections => "Corrections et anomalies",
            Self::Changes => "Changements",
            Self::Artificialisation => "Artificialisation",
            Self::Vintages => "Millésimes",
            Self::Ortho => "Ortho-imagerie",
        }
    }
}

/// A layer of the project.
pub(super) struct MapLayer {
    /// Unique in the project; letters, digits and underscores.
    pub(super) id: String,
    /// What people read.
    pub(super) title: String,
    /// Where it stands.
    pub(super) group: Group,
    /// Its file, from the folder of the project.
    pub(super) file: String,
    /// The table in its file; empty for imagery.
    pub(super) table: String,
    /// EPSG code of its CRS.
    pub(super) epsg: u32,
    /// How it can be drawn, the first one at the start; none for imagery.
    pub(super) themes: Vec<Theme>,
    /// How its columns are shown.
    pub(super) widgets: Vec<Widget>,
    /// Whether it is shown at the start.
    pub(super) is_visible: bool,
}

/// Gathers layers of one result.
struct Gatherer<'a> {
    request: &'a Request<'a>,
    legend: &'a Legend,
    layers: Vec<MapLayer>,
}

/// The layers that a result has the files for, in the order of the tree.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that is not the one delivered, [`Error::Input`] for
/// an ortho without a CRS of EPSG's.
pub(super) fn of(request: &Request<'_>, legend: &Legend) -> Result<Vec<MapLayer>, Error> {
    let mut gatherer = Gatherer { request, legend, layers: Vec::new() };
    gatherer.territories()?;
    let years = &request.result.facts().years;
    let (first, last) = (years[0], years[years.len() - 1]);
    gatherer.product(Product::Candidates, (first, last), Group::Corrections, false)?;
    gatherer.product(Product::Issues, (first, last), Group::Corrections, false)?;
    for pair in years.windows(2).rev() {
        let pair = (pair[0], pair[1]);
        gatherer.changes(pair, pair.1 == last)?;
        gatherer.product(Product::Diff, pair, Group::Changes, false)?;
        gatherer.product(Product::ZanEvol, pair, Group::Artificialisation, false)?;
    }
    for &year in years.iter().rev() {
        gatherer.product(Product::Artif, (year, year), Group::Artificialisation, false)?;
    }
    for &year in years.iter().rev() {
        gatherer.vintage(year, year == last)?;
    }
    gatherer.ortho()?;
    let mut layers = gatherer.layers;
    // Stable: within a group the order is that of the gathering.
    layers.sort_by_key(|layer| layer.group);
    Ok(layers)
}

/// West, south, east and north of the communes, else of the newest vintage, in metres.
///
/// # Errors
/// As [`of`].
pub(super) fn extent(request: &Request<'_>) -> Result<[f64; 4], Error> {
    let facts = request.result.facts();
    let last = facts.years[facts.years.len() - 1];
    let names = request.result.names(last, last);
    let territories = territories::file_name(&facts.department);
    let (file, table) = if request.result.has(&territories) {
        (territories, territories::COMMUNES.to_owned())
    } else {
        (Product::Artif.file_name(&names), Product::Artif.layer_name(&names))
    };
    let path = request.result.file(&file)?;
    let source = VectorSource::open(&path, Some(&table))?;
    let mut boxes: Option<(Point, Point)> = None;
    for feature in source.features(&[], facts.epsg)? {
        let Some((low, high)) = bounds_of(&feature?.polygons) else { continue };
        let (was_low, was_high) = boxes.unwrap_or((low, high));
        boxes = Some((
            Point::new(low.x.min(was_low.x), low.y.min(was_low.y)),
            Point::new(high.x.max(was_high.x), high.y.max(was_high.y)),
        ));
    }
    let (low, high) =
        boxes.ok_or_else(|| InputError::new(&path, "this layer holds no polygon").layer(&table))?;
    let ((west, south), (east, north)) = (low.to_metres(), high.to_metres());
    Ok([west, south, east, north])
}

impl Gatherer<'_> {
    fn result(&self) -> &Finished {
        self.request.result
    }

    /// Adds a layer of a checked file of the result.
    fn add(&mut self, name: &str, table: &str, layer: MapLayer) -> Result<(), Error> {
        let path = self.result().file(name)?;
        let file = paths::from(self.request.out, &path)?;
        let epsg = self.result().facts().epsg;
        let id = if layer.id.is_empty() { identifier(&[name, table]) } else { layer.id };
        self.layers.push(MapLayer { id, file, table: table.to_owned(), epsg, ..layer });
        Ok(())
    }

    fn product(
        &mut self,
        product: Product,
        (before, after): (u16, u16),
        group: Group,
        is_visible: bool,
    ) -> Result<(), Error> {
        let names = self.result().names(before, after);
        let file = product.file_name(&names);
        if !self.result().has(&file) {
            return Ok(());
        }
        let title = product.title(&names);
        let title = title.split(", département").next().unwrap_or(&title);
        let layer = MapLayer {
            themes: products::themes(self.legend, product, &names),
            widgets: products::widgets(self.legend, product, &names),
            ..blank(title, group, is_visible)
        };
        self.add(&file, &product.layer_name(&names), layer)
    }

    fn changes(&mut self, (before, after): (u16, u16), is_visible: bool) -> Result<(), Error> {
        let file = changes::file_name(&self.result().facts().department, before, after);
        if !self.result().has(&file) {
            return Ok(());
        }
        let title = format!("Différences {before}-{after} par classe");
        let layer = MapLayer {
            themes: products::change_themes(before, after),
            widgets: products::change_widgets(self.legend, before, after),
            ..blank(&title, Group::Changes, is_visible)
        };
        self.add(&file, &changes::layer_name(before, after), layer)
    }

    /// A vintage in its official colours: `OCCUPATION_SOL` for the newest where there is one, else
    /// the same columns of the artificialisation layer.
    fn vintage(&mut self, year: u16, is_newest: bool) -> Result<(), Error> {
        let names = self.result().names(year, year);
        let occupation = Product::Occupation.file_name(&names);
        let own = is_newest && self.result().has(&occupation);
        let product = if own { Product::Occupation } else { Product::Artif };
        let file = product.file_name(&names);
        if !self.result().has(&file) {
            return Ok(());
        }
        let layer = MapLayer {
            id: format!("occupation_{year}"),
            themes: products::themes(self.legend, Product::Occupation, &names),
            widgets: products::widgets(self.legend, product, &names),
            ..blank(&format!("Occupation du sol {year}"), Group::Vintages, is_newest)
        };
        self.add(&file, &product.layer_name(&names), layer)?;
        if is_newest {
            self.product(Product::BuiltZone, (year, year), Group::Vintages, false)?;
        }
        Ok(())
    }

    fn territories(&mut self) -> Result<(), Error> {
        let file = territories::file_name(&self.result().facts().department);
        if !self.result().has(&file) {
            return Ok(());
        }
        let tables = layer_names(&self.result().file(&file)?)?;
        for table in tables {
            let is_commune = table == territories::COMMUNES;
            let title = match table.as_str() {
                territories::COMMUNES => "Communes".to_owned(),
                territories::ZONES => "Zones du document d'urbanisme".to_owned(),
                other => match other.strip_prefix(territories::CUSTOM_PREFIX) {
                    Some(name) => name.to_owned(),
                    None => continue,
                },
            };
            let layer = MapLayer {
                themes: vec![products::territory_theme(&title, is_commune)],
                ..blank(&title, Group::Territories, is_commune)
            };
            self.add(&file, &table, layer)?;
        }
        Ok(())
    }

    fn ortho(&mut self) -> Result<(), Error> {
        for path in self.request.ortho {
            let source = RasterSource::open(path)?;
            let Some(epsg) = source.info().epsg else {
                let fault = InputError::new(path, "this image has no CRS of EPSG's");
                return Err(fault.hint("give it one: `gdal_edit.py -a_srs EPSG:2154 FILE`").into());
            };
            let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
            let layer = MapLayer {
                id: identifier(&["ortho", &stem]),
                file: paths::from(self.request.out, path)?,
                epsg,
                ..blank(&stem, Group::Ortho, true)
            };
            self.layers.push(layer);
        }
        Ok(())
    }
}

/// A layer without a file yet.
fn blank(title: &str, group: Group, is_visible: bool) -> MapLayer {
    MapLayer {
        id: String::new(),
        title: title.to_owned(),
        group,
        file: String::new(),
        table: String::new(),
        epsg: 0,
        themes: Vec::new(),
        widgets: Vec::new(),
        is_visible,
    }
}

/// Letters and digits of some names, joined by underscores.
fn identifier(names: &[&str]) -> String {
    let stem = |name: &&str| name.trim_end_matches(".gpkg").replace('/', "_");
    let joined = names.iter().map(stem).collect::<Vec<_>>().join("__");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    joined.chars().map(plain).collect()
}
