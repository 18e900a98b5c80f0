//! The data files of an archive: those of the result where they are what loaders take, else layers
//! written anew from them.

use std::fs;
use std::path::{Path, PathBuf};

use super::entry::{Body, Entry};
use super::subject::Origin;
use super::{Archive, Vector, zone};
use crate::artefact::name_of;
use crate::error::Error;
use crate::io::record::{BuiltZoneRecord, Record};
use crate::io::schema::{Product, shapefile_field};
use crate::io::vector::{VectorSource, table_names};
use crate::io::vector_writer::{LayerSpec, Shape, VectorFormat, VectorWriter};

/// Files that one shapefile is made of.
const PARTS: [&str; 5] = ["cpg", "dbf", "prj", "shp", "shx"];

/// The data files of an archive; what must be written goes to a folder, which is made then.
///
/// A `GeoPackage` of the result is taken as it is when it holds its one layer and nothing else: the
/// national platform takes a table of styles beside it for a second layer.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that was changed; [`Error::Write`] when a layer is
/// more than a shapefile can hold: a text of over 254 bytes, a file of over 2 GiB.
pub(super) fn entries(archive: &Archive<'_>, folder: &Path) -> Result<Vec<Entry>, Error> {
    let (result, subject) = (archive.request.result, archive.subject);
    let mut entries = Vec::new();
    for &product in subject.products() {
        let origin = subject.origin(result, product);
        let file = product.file_name(&subject.names(result));
        if origin == Some(Origin::Delivered) && archive.vector == Vector::GeoPackage {
            let (path, stamp) = result.expected(&file)?;
            if table_names(&path)?.len() == 1 {
                entries.push(Entry { path: inside(&file), body: Body::Result(path, stamp) });
                continue;
            }
        }
        let written = match origin {
            Some(Origin::Drawn) => draw(archive, folder)?,
            Some(Origin::Status) => copy(archive, (Product::Artif, product), folder)?,
            _ => copy(archive, (product, product), folder)?,
        };
        for path in written {
            entries.push(Entry { path: inside(&name_of(&path)), body: Body::Made(path) });
        }
    }
    Ok(entries)
}

/// A layer alone in its file.
struct Written {
    path: PathBuf,
    vector: Vector,
    writer: VectorWriter,
}

impl Written {
    fn create(
        layer: LayerSpec,
        file: &str,
        (vector, folder): (Vector, &Path),
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::write(folder))?;
        let (path, format, spec) = match vector {
            Vector::GeoPackage => (folder.join(file), VectorFormat::GeoPackage, layer),
            Vector::Shapefile => {
                let path = folder.join(file).with_extension("shp");
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let fields = layer.fields.iter().cloned().map(shapefile_field).collect();
                (path, VectorFormat::Shapefile, LayerSpec { name, fields, ..layer })
            }
        };
        Ok(Self { writer: VectorWriter::create(&path, format, &[spec])?, path, vector })
    }

    /// The files, sorted.
    fn finish(self) -> Result<Vec<PathBuf>, Error> {
        let Self { path, vector, writer } = self;
        writer.finish()?;
        Ok(match vector {
            Vector::GeoPackage => vec![path],
            Vector::Shapefile => {
                PARTS.iter().map(|part| path.with_extension(part)).filter(|p| p.exists()).collect()
            }
        })
    }
}

/// Draws the zone construite of a vintage; gives the files, sorted.
fn draw(archive: &Archive<'_>, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let (request, year) = (&archive.request, archive.subject.year());
    let names = archive.subject.names(request.result);
    let mut layer = Product::BuiltZone.layer(&names);
    layer.title = format!("{}, dessinée sur des cellules de {} m", layer.title, zone::CELL_M);
    let file = Product::BuiltZone.file_name(&names);
    let mut written = Written::create(layer, &file, (archive.vector, folder))?;
    let department = request.result.department()?.folder();
    for (rank, polygon) in (1..).zip(zone::of_vintage(request, year)?) {
        let id = format!("{department}_{year}_ZC{rank:05}");
        let values = BuiltZoneRecord { id, vintage: year }.values();
        written.writer.add(0, rank, Shape::Polygon(&polygon), &values)?;
    }
    written.finish()
}

fn inside(name: &str) -> String {
    format!("1_DONNEES/{name}")
}

/// Writes the layer of a product alone; gives the files, sorted.
///
/// * `from`: the product of the result that has its rows and its columns.
fn copy(
    archive: &Archive<'_>,
    (from, product): (Product, Product),
    folder: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let (result, names) = (archive.request.result, archive.subject.names(archive.request.result));
    let mut layer = product.layer(&names);
    let path = result.file(&from.file_name(&names))?;
    let source = VectorSource::open(&path, Some(&from.layer_name(&names)))?;
    if from == product {
        // It names the rules, where the layer depends on them.
        layer.title = source.description().unwrap_or(layer.title);
    }
    let columns: Result<Vec<usize>, Error> =
        layer.fields.iter().map(|field| source.require_column(&[&field.name])).collect();
    let epsg = layer.epsg;
    let file = product.file_name(&names);
    let mut written = Written::create(layer, &file, (archive.vector, folder))?;
    for feature in source.features(&columns?, epsg)? {
        let feature = feature?;
        for polygon in &feature.polygons {
            written.writer.add(0, feature.fid, Shape::Polygon(polygon), &feature.values)?;
        }
    }
    written.finish()
}
