//! A finished result as files that a web server hands out as they are: class rasters, layers, map
//! tiles, styles of them, and a catalogue of all.
//!
//! Everything is made from the delivered polygons, so that pages show what the figures were summed
//! on, of a `run` and of a `compare` alike.

use std::path::Path;

use kernels::grid::Grid;
use kernels::lattice::STEPS_PER_METRE;
use nomenclature::Dimension;
use serde_json::{Map, Value, json};

use crate::artefact::Draft;
use crate::delivery::changes;
use crate::error::{Error, InputError};
use crate::finished::ground::{Changes, Vintage};
use crate::finished::{Codes, Finished};
use crate::io::schema::Product;
use crate::packages::{Kind, Package, State};
use crate::stamp::Stamp;
use crate::styles::{Legend, Paint, Theme, maplibre, products};
use crate::vintage::bounds_of;
use rasters::{Class, Frame};
use stac::{Asset, Item};
use tiles::Extent;

mod contents;
mod flat;
mod mercator;
mod mvt;
mod pmtiles;
mod points;
mod rasters;
mod stac;
mod tiles;

/// Cells of the rasters of a result that was computed without cells, unless asked otherwise.
const CELL_M: f64 = 5.0;

const COG: &str = "image/tiff; application=geotiff; profile=cloud-optimized";
const FLAT: &str = "application/vnd.flatgeobuf";
const TILES: &str = "application/vnd.pmtiles";
const GPKG: &str = "application/geopackage+sqlite3";
const STYLE: &str = "application/json";

/// What to deliver.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The result.
    pub result: &'a Finished,
    /// What its codes mean.
    pub codes: &'a Codes,
    /// Side of the cells of rasters, in metres; by default that of the run, else 5 m.
    pub cell_m: Option<f64>,
    /// The folder to write into.
    pub out: &'a Path,
}

/// The files being made, each with what the catalogue says of it.
struct Files<'a> {
    request: &'a Request<'a>,
    drafts: Vec<Draft>,
    assets: Vec<(u16, Asset)>,
}

/// Writes all files.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that is not the one delivered, [`Error::Input`] for
/// a result without an artificialisation layer, [`Error::Write`].
pub fn deliver(request: &Request<'_>) -> Result<State, Error> {
    let Request { result, codes, out, .. } = *request;
    let cell_cm = cell_cm(request)?;
    let parameters = json!({
        "cell_m": f64::from(cell_cm) / f64::from(STEPS_PER_METRE),
        "nomenclature": crate::stamp::sha256(codes.document.as_bytes()),
    });
    let package = Package { kind: Kind::Web, result, out, parameters };
    package.publish(|| Files { request, drafts: Vec::new(), assets: Vec::new() }.made(cell_cm))
}

/// The side of a cell, in lattice steps.
fn cell_cm(request: &Request<'_>) -> Result<i32, Error> {
    let of_run = request.result.manifest().parameters.get("cell_m").and_then(Value::as_f64);
    let cell_m = request.cell_m.or(of_run).unwrap_or(CELL_M);
    if !(0.2..=100.0).contains(&cell_m) {
        return Err(Error::Usage {
            what: format!("`--cell-m {cell_m}` cannot be"),
            hint: Some("a side from 0.2 to 100 m".to_owned()),
        });
    }
    Ok((cell_m * f64::from(STEPS_PER_METRE)).round() as i32)
}

impl Files<'_> {
    fn made(mut self, cell_cm: i32) -> Result<Vec<Draft>, Error> {
        let result = self.request.result;
        let years = &result.facts().years;
        let mut newest = None;
        for (rank, &year) in years.iter().enumerate() {
            let before = rank.checked_sub(1).map(|rank| years[rank]);
            let vintage = Vintage::read(result, year, &self.request.codes.nomenclature)?;
            let frame = frame(result, &vintage, cell_cm)?;
            let changes = match before {
                Some(before) => Changes::read(result, before, year)?,
                None => Changes::default(),
            };
            self.rasters(year, before, frame, (&vintage, &changes))?;
            self.layers(year, before)?;
            newest = Some((vintage, changes, frame, (before.unwrap_or(year), year)));
        }
        let Some((vintage, changes, frame, pair)) = newest else {
            return Err(InputError::new(result.path(), "this result has no vintage").into());
        };
        let extent = self.tiles(&vintage, &changes, pair)?;
        self.style(pair, !changes.changes.is_empty())?;
        self.catalogue(&extent, frame)?;
        Ok(self.drafts)
    }

    fn draft(&self, name: &str) -> Result<Draft, Error> {
        Draft::new(self.request.out.join(name))
    }

    /// Keeps a finished file and lists it under a vintage.
    fn keep(
        &mut self,
        draft: Draft,
        year: u16,
        (key, title, media): (&str, &str, &'static str),
        more: Map<String, Value>,
    ) -> Result<(), Error> {
        let name = draft.path().file_name().unwrap_or_default().to_string_lossy();
        let asset = Asset {
            key: key.to_owned(),
            href: format!("./{name}"),
            title: title.to_owned(),
            media,
            role: if media == STYLE { "style" } else { "data" },
            stamp: Stamp::of(draft.temp())?,
            more,
        };
        self.assets.push((year, asset));
        self.drafts.push(draft);
        Ok(())
    }

    /// The class rasters of a vintage, and of what changed before it.
    fn rasters(
        &mut self,
        year: u16,
        before: Option<u16>,
        frame: Frame,
        (vintage, changes): (&Vintage, &Changes),
    ) -> Result<(), Error> {
        let department = self.request.result.facts().department.clone();
        let nomenclature = &self.request.codes.nomenclature;
        for (dimension, key, title) in [
            (Dimension::Cover, "couverture", "Couverture du sol"),
            (Dimension::Usage, "usage", "Usage du sol"),
        ] {
            let classes = rasters::classes(nomenclature, dimension);
            let draft = self.draft(&format!("{key}_{year}_{department}.tif"))?;
            rasters::vintage(vintage, dimension, frame, &classes, &draft)?;
            let title = format!("{title} {year}, cellules");
            self.keep(draft, year, (key, &title, COG), of_raster(frame, &classes))?;
        }
        if let Some(before) = before {
            let classes = rasters::change_classes();
            let draft = self.draft(&format!("changements_{before}_{year}_{department}.tif"))?;
            rasters::changes(vintage, changes, frame, &classes, &draft)?;
            let title = format!("Changements {before}-{year}, cellules");
            self.keep(draft, year, ("changements", &title, COG), of_raster(frame, &classes))?;
        }
        Ok(())
    }

    /// The layers of a vintage as `FlatGeobuf`, and the delivered files themselves.
    fn layers(&mut self, year: u16, before: Option<u16>) -> Result<(), Error> {
        let result = self.request.result;
        let names = result.names(before.unwrap_or(year), year);
        let of = |product: Product| {
            (product.file_name(&names), product.layer_name(&names), product.title(&names))
        };
        let mut layers = vec![of(Product::Artif)];
        if let Some(before) = before {
            let department = &result.facts().department;
            layers.extend([of(Product::Diff), of(Product::ZanEvol)]);
            layers.push((
                changes::file_name(department, before, year),
                changes::layer_name(before, year),
                format!("Différences {before}-{year} par classe, département {department}"),
            ));
        }
        for (file, table, title) in layers.iter().filter(|(file, ..)| result.has(file)) {
            let stem = file.trim_end_matches(".gpkg");
            let draft = self.draft(&format!("{stem}.fgb"))?;
            flat::copy(result, (file, table, title), &draft)?;
            self.keep(draft, year, (&format!("{stem}.fgb"), title, FLAT), Map::new())?;
            let (path, stamp) = result.expected(file)?;
            let asset = Asset {
                key: file.clone(),
                href: crate::qgis::way(self.request.out, &path)?,
                title: title.clone(),
                media: GPKG,
                role: "data",
                stamp,
                more: Map::new(),
            };
            self.assets.push((year, asset));
        }
        Ok(())
    }

    /// The map tiles of the newest vintage.
    fn tiles(
        &mut self,
        vintage: &Vintage,
        changes: &Changes,
        (before, year): (u16, u16),
    ) -> Result<Extent, Error> {
        let Request { result, codes, .. } = self.request;
        let source = tiles::Source {
            vintage,
            changes,
            years: (before, year),
            nomenclature: &codes.nomenclature,
            epsg: result.facts().epsg,
            path: result.path(),
        };
        let department = &result.facts().department;
        let title = format!("Occupation du sol {year}, département {department}");
        let draft = self.draft(&tiles_name(department, year))?;
        let extent = tiles::write(&source, &title, &draft)?;
        let title = format!("{title}, tuiles vectorielles");
        self.keep(draft, year, ("tuiles", &title, TILES), Map::new())?;
        Ok(extent)
    }

    /// A style of the tiles: every theme a layer, one of them shown.
    fn style(&mut self, (before, year): (u16, u16), has_changes: bool) -> Result<(), Error> {
        let Request { result, codes, .. } = self.request;
        let department = &result.facts().department;
        let legend = Legend::of(&codes.nomenclature);
        let names = result.names(before, year);
        let of = |product| products::themes(&legend, product, &names);
        let mut layers: Vec<Value> = of(Product::Occupation)
            .iter()
            .map(|theme| maplibre::layer(theme, SOURCE, "occupation"))
            .collect();
        // Of its themes the status alone is in the tiles.
        let status = &of(Product::Artif)[0];
        layers.push(maplibre::layer(status, SOURCE, "artif"));
        if has_changes {
            let themes = products::change_themes(before, year);
            layers.extend(themes.iter().map(|t| maplibre::layer(t, SOURCE, "changements")));
            // What is too small to be drawn, in the same colours.
            layers.extend(themes.into_iter().map(|theme| {
                let key = format!("{}-points", theme.key);
                maplibre::layer(&Theme { key, paint: Paint::Marker, ..theme }, SOURCE, points::NAME)
            }));
        }
        for layer in layers.iter_mut().skip(1) {
            layer["layout"]["visibility"] = json!("none");
        }
        let ground = json!({
            "id": "fond",
            "type": "background",
            "paint": { "background-color": "#ffffff" },
        });
        let style = json!({
            "version": 8,
            "name": format!("Occupation du sol {year}, département {department}"),
            "sources": { SOURCE: {
                "type": "vector",
                "url": format!("pmtiles://{}", tiles_name(department, year)),
                "attribution": "OCS GE, millesime",
            } },
            "layers": std::iter::once(ground).chain(layers).collect::<Vec<_>>(),
        });
        let draft = self.json(&format!("style_{year}_{department}.json"), &style)?;
        self.keep(draft, year, ("style", "Style MapLibre des tuiles", STYLE), Map::new())
    }

    /// One item per vintage, and the collection.
    fn catalogue(&mut self, extent: &Extent, frame: Frame) -> Result<(), Error> {
        let result = self.request.result;
        let years = &result.facts().years;
        for (rank, &year) in years.iter().enumerate() {
            let assets: Vec<Asset> = self
                .assets
                .iter()
                .filter(|(of, _)| *of == year)
                .map(|(_, asset)| asset.clone())
                .collect();
            let before = rank.checked_sub(1).map(|rank| years[rank]);
            let item = Item { result, year, before, extent, frame, assets: &assets };
            let draft = self.json(&stac::item_name(result, year), &stac::item(&item))?;
            self.drafts.push(draft);
        }
        let collection = self.json(stac::COLLECTION, &stac::collection(result, extent))?;
        self.drafts.push(collection);
        Ok(())
    }

    fn json(&self, name: &str, value: &Value) -> Result<Draft, Error> {
        let draft = self.draft(name)?;
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::internal(format!("{name}: {error}")))?;
        std::fs::write(draft.temp(), format!("{text}\n")).map_err(Error::write(draft.temp()))?;
        Ok(draft)
    }
}

/// The source of the tiles in their style.
const SOURCE: &str = "millesime";

fn tiles_name(department: &str, year: u16) -> String {
    format!("occupation_{year}_{department}.pmtiles")
}

/// What the catalogue says of a raster.
fn of_raster(frame: Frame, classes: &[Class]) -> Map<String, Value> {
    let mut more = stac::placed(frame);
    more.insert("classification:classes".to_owned(), rasters::listed(classes));
    more
}

/// The grid around a vintage.
fn frame(result: &Finished, vintage: &Vintage, cell_cm: i32) -> Result<Frame, Error> {
    let (low, high) = bounds_of(&vintage.polygons)
        .ok_or_else(|| InputError::new(result.path(), "a vintage of this result is empty"))?;
    Ok(Frame { grid: Grid::covering(low, high, cell_cm), epsg: result.facts().epsg })
}
