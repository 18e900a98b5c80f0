//! Archives of a finished result: what users download and the national platform loads.
//!
//! One archive per vintage (`OCCUPATION_SOL`, `ZONE_CONSTRUITE`), per vintage's artificialisation,
//! per difference and per evolution of the artificialisation, each with its own notice, metadata
//! and checksums. Names are IGN's, with a product name of the user's. What the result does not hold
//! is told and left out.

use std::path::Path;

use rayon::prelude::*;
use serde_json::json;

use crate::artefact::Draft;
use crate::config::{Form, Orders};
use crate::delivery::facts;
use crate::error::Error;
use crate::finished::{Codes, Finished};
use crate::packages::{Kind, Package, State};
use entry::{Body, Entry, Measured};
use subject::Subject;

mod alone;
mod data;
mod entry;
mod licence;
mod notice;
mod quality;
mod record;
mod styles;
mod subject;
mod sums;
pub(crate) mod write;
mod zone;

/// What to deliver.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The result.
    pub result: &'a Finished,
    /// What its codes mean.
    pub codes: &'a Codes,
    /// In what forms, and in whose name.
    pub orders: &'a Orders,
    /// The folder to write into.
    pub out: &'a Path,
}

/// A format of the data of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vector {
    GeoPackage,
    Shapefile,
}

/// One archive to be made.
#[derive(Debug, Clone)]
struct Archive<'a> {
    request: Request<'a>,
    subject: Subject,
    vector: Vector,
    /// Its name, without extension: also that of the folder that it holds.
    name: String,
}

/// Writes every archive that the result has the files for.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that is not the one delivered, [`Error::Input`] for
/// a result without any of the products, [`Error::Write`].
pub fn deliver(request: &Request<'_>) -> Result<State, Error> {
    let Request { result, orders, out, .. } = *request;
    let (subjects, mut lacking) = subject::all(result);
    if orders.imprint.organisation.is_none() || orders.imprint.email.is_none() {
        // INSPIRE asks for both.
        lacking.push("contact of the metadata: give an organisation and its e-mail".to_owned());
    }
    let mut archives = Vec::new();
    for subject in subjects {
        archives.push(Archive::new(*request, subject, Vector::GeoPackage)?);
        if orders.shapefiles {
            archives.push(Archive::new(*request, subject, Vector::Shapefile)?);
        }
    }
    let parameters = json!({ "orders": orders, "lacking": lacking });
    let package = Package { kind: Kind::Archives, result, out, parameters };
    let state = package.publish(|| {
        let drafts: Result<Vec<Vec<Draft>>, Error> = archives.iter().map(Archive::draft).collect();
        Ok(drafts?.into_iter().flatten().collect())
    })?;
    Ok(State { lacking, ..state })
}

impl<'a> Archive<'a> {
    fn new(request: Request<'a>, subject: Subject, vector: Vector) -> Result<Self, Error> {
        let mut archive = Self { request, subject, vector, name: String::new() };
        archive.name = subject.archive_name(&archive)?;
        Ok(archive)
    }

    /// The day of the edition: that of the imprint, else the first of January of the newest vintage.
    fn edition(&self) -> String {
        let first = || format!("{}-01-01", self.subject.year());
        self.request.orders.imprint.edition.map_or_else(first, |day| day.to_string())
    }

    /// Its files in every form that is asked for.
    fn draft(&self) -> Result<Vec<Draft>, Error> {
        // Made files live as long as the draft of their folder.
        let made = Draft::new(self.request.out.join(format!("{}-data", self.name)))?;
        let files = self.files(made.temp())?;
        let (out, name) = (self.request.out, &self.name);
        let forms: Vec<Form> = self.request.orders.archives.iter().copied().collect();
        let drafts: Result<Vec<Vec<Draft>>, Error> = forms
            .into_par_iter()
            .map(|form| match form {
                Form::Folder => write::folder(out, &files),
                Form::Zip => Ok(vec![write::zip(out, name, &files)?]),
                Form::SevenZip => Ok(vec![write::seven_zip(out, name, &files)?]),
            })
            .collect();
        Ok(drafts?.into_iter().flatten().collect())
    }

    /// Everything that it holds, measured, in the order of the paths.
    fn files(&self, made: &Path) -> Result<Vec<Measured>, Error> {
        let Request { result, codes, .. } = self.request;
        let mut entries = data::entries(self, made)?;
        let (path, stamp) = result.expected(facts::FILE)?;
        let body = Body::Result(path, stamp);
        entries.push(Entry { path: "2_METADONNEES/methode.json".to_owned(), body });
        entries.push(Entry::text(format!("2_METADONNEES/{}.xml", self.name), record::xml(self)?));
        entries.push(Entry::text(
            format!("3_NOMENCLATURE/{}.yaml", codes.nomenclature.id()),
            codes.document.clone(),
        ));
        entries.extend(styles::entries(self));
        entries.extend(quality::entries(self)?);
        entries.push(Entry::text("LICENCE.txt", licence::text(&self.request)));
        entries.push(Entry::text("LISEZMOI.txt", notice::text(self)));
        let entries: Vec<Entry> =
            entries.into_iter().map(|entry| entry.under(&self.name)).collect();
        let measured: Result<Vec<Measured>, Error> =
            entries.into_par_iter().map(Measured::of).collect();
        let mut measured = measured?;
        for list in sums::files(&self.name, &measured) {
            measured.push(Measured::of(list)?);
        }
        measured.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        Ok(measured)
    }
}
