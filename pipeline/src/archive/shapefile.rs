//! The data of an archive as shapefiles, made of the layers of the result.

use std::fs;
use std::path::{Path, PathBuf};

use super::subject::Subject;
use crate::error::Error;
use crate::finished::Finished;
use crate::io::schema::shapefile_field;
use crate::io::vector::VectorSource;
use crate::io::vector_writer::{LayerSpec, Shape, VectorFormat, VectorWriter};

/// Files that one layer is made of.
const PARTS: [&str; 5] = ["cpg", "dbf", "prj", "shp", "shx"];

/// Writes the layers of a subject into a folder; gives the files, sorted.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that was changed; [`Error::Write`] when a layer is
/// more than the format can hold: a text of over 254 bytes, a file of over 2 GiB.
pub(super) fn write(
    result: &Finished,
    subject: Subject,
    folder: &Path,
) -> Result<Vec<PathBuf>, Error> {
    fs::create_dir_all(folder).map_err(Error::write(folder))?;
    let names = subject.names(result);
    let mut written = Vec::new();
    for product in subject.products() {
        let source = VectorSource::open(&result.file(&product.file_name(&names))?, None)?;
        let path = folder.join(product.file_name(&names)).with_extension("shp");
        let layer = product.layer(&names);
        let columns: Result<Vec<usize>, Error> =
            layer.fields.iter().map(|field| source.require_column(&[&field.name])).collect();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let fields = layer.fields.iter().cloned().map(shapefile_field).collect();
        let spec = LayerSpec { name, fields, ..layer };
        let epsg = spec.epsg;
        let mut writer = VectorWriter::create(&path, VectorFormat::Shapefile, &[spec])?;
        for feature in source.features(&columns?, epsg)? {
            let feature = feature?;
            for polygon in &feature.polygons {
                writer.add(0, feature.fid, Shape::Polygon(polygon), &feature.values)?;
            }
        }
        writer.finish()?;
        let parts = PARTS.iter().map(|part| path.with_extension(part));
        written.extend(parts.filter(|part| part.exists()));
    }
    Ok(written)
}
