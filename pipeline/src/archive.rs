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
use crate::error::Error;
use crate::finished::{Codes, Finished};
use crate::packages::{Kind, Package, State};
use entry::{Entry, Measured};
use subject::Subject;

mod entry;
mod licence;
mod notice;
mod subject;
mod sums;
mod write;

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

/// One archive to be made.
#[derive(Debug, Clone)]
struct Archive<'a> {
    request: Request<'a>,
    subject: Subject,
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
    let (subjects, lacking) = subject::all(result);
    let archives = subjects.into_iter().map(|subject| Archive::new(*request, subject));
    let archives = archives.collect::<Result<Vec<_>, _>>()?;
    let parameters = json!({ "orders": orders, "lacking": lacking });
    let package = Package { kind: Kind::Archives, result, out, parameters };
    let state = package.publish(|| {
        let drafts: Result<Vec<Vec<Draft>>, Error> =
            archives.iter().map(|archive| archive.draft(orders)).collect();
        Ok(drafts?.into_iter().flatten().collect())
    })?;
    Ok(State { lacking, ..state })
}

impl<'a> Archive<'a> {
    fn new(request: Request<'a>, subject: Subject) -> Result<Self, Error> {
        let name = subject.archive_name(&request)?;
        Ok(Self { request, subject, name })
    }

    /// Its files in every form that is asked for.
    fn draft(&self, orders: &Orders) -> Result<Vec<Draft>, Error> {
        let entries = self.entries()?;
        let mut drafts = Vec::new();
        for form in &orders.archives {
            match form {
                Form::Folder => drafts.extend(write::folder(self.request.out, &entries)?),
                Form::Zip => drafts.push(write::zip(self.request.out, &self.name, &entries)?),
            }
        }
        Ok(drafts)
    }

    /// Everything that it holds, measured, in the order of the paths.
    fn entries(&self) -> Result<Vec<Measured>, Error> {
        let Request { result, codes, .. } = self.request;
        let mut entries = Vec::new();
        for file in self.subject.data(result) {
            let (path, stamp) = result.expected(&file)?;
            entries.push(Entry::of_result(format!("1_DONNEES/{file}"), path, stamp));
        }
        let (path, stamp) = result.expected(crate::delivery::facts::FILE)?;
        entries.push(Entry::of_result("2_METADONNEES/methode.json".to_owned(), path, stamp));
        entries.push(Entry::text(
            format!("3_NOMENCLATURE/{}.yaml", codes.nomenclature.id()),
            codes.document.clone(),
        ));
        entries.push(Entry::text("LICENCE.txt".to_owned(), licence::text(&self.request)));
        entries.push(Entry::text("LISEZMOI.txt".to_owned(), notice::text(self)));
        let entries: Vec<Entry> =
            entries.into_iter().map(|entry| entry.under(&self.name)).collect();
        let measured: Result<Vec<Measured>, Error> =
            entries.into_par_iter().map(Measured::of).collect();
        let mut measured = measured?;
        let sums = sums::files(&self.name, &measured);
        for sums in sums {
            measured.push(Measured::of(sums)?);
        }
        measured.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        Ok(measured)
    }
}
