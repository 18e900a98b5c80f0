//! The data files of an archive: those of the result where they are what loaders take, else layers
//! written anew from them.

use std::fs;
use std::path::{Path, PathBuf};

use super::entry::{Body, Entry};
use super::subject::Subject;
use super::{Archive, Vector};
use crate::artefact::name_of;
use crate::error::Error;
use crate::finished::Finished;
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
    for product in subject.products() {
        let file = product.file_name(&subject.names(result));
        let (path, stamp) = result.expected(&file)?;
        let is_alone = archive.vector == Vector::GeoPackage && table_names(&path)?.len() == 1;
        if is_alone {
            entries.push(Entry { path: inside(&file), body: Body::Result(path, stamp) });
            continue;
        }
        for path in write(result, subject, *product, (archive.vector, folder))? {
            entries.push(Entry { path: inside(&name_of(&path)), body: Body::Made(path) });
        }
    }
    Ok(entries)
}

fn inside(name: &str) -> String {
    format!("1_DONNEES/{name}")
}

/// Writes the layer of a product alone; gives the files, sorted.
fn write(
    result: &Finished,
    subject: Subject,
    product: Product,
    (vector, folder): (Vector, &Path),
) -> Result<Vec<PathBuf>, Error> {
    fs::create_dir_all(folder).map_err(Error::write(folder))?;
    let names = subject.names(result);
    let mut layer = product.layer(&names);
    let file = product.file_name(&names);
    let source = VectorSource::open(&result.file(&file)?, Some(&layer.name))?;
    // It names the rules, where the layer depends on them.
    layer.title = source.description().unwrap_or(layer.title);
    let columns: Result<Vec<usize>, Error> =
        layer.fields.iter().map(|field| source.require_column(&[&field.name])).collect();
    let epsg = layer.epsg;
    let (path, format, spec) = match vector {
        Vector::GeoPackage => (folder.join(&file), VectorFormat::GeoPackage, layer),
        Vector::Shapefile => {
            let path = folder.join(&file).with_extension("shp");
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let fields = layer.fields.iter().cloned().map(shapefile_field).collect();
            (path, VectorFormat::Shapefile, LayerSpec { name, fields, ..layer })
        }
    };
    let mut writer = VectorWriter::create(&path, format, &[spec])?;
    for feature in source.features(&columns?, epsg)? {
        let feature = feature?;
        for polygon in &feature.polygons {
            writer.add(0, feature.fid, Shape::Polygon(polygon), &feature.values)?;
        }
    }
    writer.finish()?;
    Ok(match vector {
        Vector::GeoPackage => vec![path],
        Vector::Shapefile => {
            PARTS.iter().map(|part| path.with_extension(part)).filter(|p| p.exists()).collect()
        }
    })
}
