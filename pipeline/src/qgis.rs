//! A `QGIS` project of a finished result: every layer under its theme, in official colours, with the
//! other ways to draw it one click away; and the same styles as files.
//!
//! The project is written from scratch, as `QGIS` 3.22 writes one, and points to the files of the
//! result by relative paths: copied together they open anywhere.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use zip::ZipWriter;

use crate::archive::write::packing;
use crate::artefact::Draft;
use crate::error::{Error, InputError};
use crate::finished::{Codes, Finished};
use crate::packages::{Kind, Package, State};
use crate::styles::{Legend, Style, documents};
use layers::{Group, MapLayer};

mod layers;
mod paths;
mod project;

pub(crate) use paths::from as way;

#[cfg(test)]
mod tests;

/// What to deliver.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The result.
    pub result: &'a Finished,
    /// What its codes mean.
    pub codes: &'a Codes,
    /// Ortho imagery to show underneath.
    pub ortho: &'a [PathBuf],
    /// The folder to write into.
    pub out: &'a Path,
}

/// Writes the project and the styles.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that is not the one delivered, [`Error::Input`] for
/// a result without any layer or an ortho that cannot be read, [`Error::Write`].
pub fn deliver(request: &Request<'_>) -> Result<State, Error> {
    let Request { result, codes, ortho, out } = *request;
    let layers = layers::of(request, &Legend::of(&codes.nomenclature))?;
    if layers.iter().all(|layer| layer.group == Group::Ortho) {
        let fault = InputError::new(result.path(), "this result holds no layer to show");
        return Err(fault.expected("vintages, or changes between them").into());
    }
    let ortho: Vec<_> =
        ortho.iter().map(|path| paths::from(out, path)).collect::<Result<_, _>>()?;
    let parameters = json!({
        "to_result": paths::from(out, result.path())?,
        "ortho": ortho,
        "nomenclature": crate::stamp::sha256(codes.document.as_bytes()),
    });
    let package = Package { kind: Kind::Qgis, result, out, parameters };
    package.publish(|| {
        let mut drafts = vec![project(request, &layers)?];
        for layer in layers.iter().filter(|layer| !layer.themes.is_empty()) {
            for (theme, style) in layer.themes.iter().zip(styles_of(layer)) {
                let stem = format!("styles/{}/{}", layer.id, theme.key);
                drafts.push(text(out, &format!("{stem}.qml"), &style.qml)?);
                drafts.push(text(out, &format!("{stem}.sld"), &style.sld)?);
            }
        }
        Ok(drafts)
    })
}

fn styles_of(layer: &MapLayer) -> Vec<Style> {
    documents(&layer.table, &layer.themes, &layer.widgets)
}

fn text(out: &Path, name: &str, text: &str) -> Result<Draft, Error> {
    let draft = Draft::new(out.join(name))?;
    std::fs::write(draft.temp(), text).map_err(Error::write(draft.temp()))?;
    Ok(draft)
}

/// `projet_<years>_<department>.qgz`: the project's document, packed.
fn project(request: &Request<'_>, layers: &[MapLayer]) -> Result<Draft, Error> {
    let facts = request.result.facts();
    let years: Vec<String> = facts.years.iter().map(u16::to_string).collect();
    let stem = format!("projet_{}_{}", years.join("_"), facts.department);
    let title =
        format!("Occupation du sol {}, département {}", years.join(" – "), facts.department);
    let head = project::Head { title, epsg: facts.epsg, extent_m: layers::extent(request)? };
    let document = project::document(&head, layers);
    let draft = Draft::new(request.out.join(format!("{stem}.qgz")))?;
    let path = draft.path().to_path_buf();
    let failed = |error: zip::result::ZipError| Error::write(&path)(io::Error::from(error));
    let file = File::create(draft.temp()).map_err(Error::write(&path))?;
    let mut packed = ZipWriter::new(BufWriter::new(file));
    let options = packing(document.len() as u64);
    packed.start_file(format!("{stem}.qgs"), options).map_err(failed)?;
    packed.write_all(document.as_bytes()).map_err(Error::write(&path))?;
    packed.finish().map_err(failed)?.flush().map_err(Error::write(&path))?;
    Ok(draft)
}
