//! The follow-up of a ledger by itself, without comparing versions.

use std::path::PathBuf;

use serde_json::json;

use super::follow_up::{FollowUp, tables};
use super::ledger::Ledger;
use super::{output, page};
use crate::artefact::name_of;
use crate::compare::stamps;
use crate::config::Layer;
use crate::error::Error;
use crate::publication;
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::locate::{Product, locate};

/// The command, as the manifest names it.
const COMMAND: &str = "corrections report";

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The ledger.
    pub ledger: PathBuf,
    /// The communes.
    pub territories: Option<Layer>,
    /// The folder to write into.
    pub out: PathBuf,
}

/// Writes the page and its tables; nothing is published unless all is complete.
///
/// # Errors
/// [`Error::Input`] when a file is not what it must be; [`Error::Busy`], [`Error::Write`].
pub fn run(request: &Request) -> Result<(), Error> {
    let _lock = publication::enter(&request.out, COMMAND)?;
    let ledger = Ledger::read(&request.ledger)?;
    let (head, unheard) = (&ledger.head, Tally::default());
    let mut inputs = stamps("ledger", &request.ledger)?;
    let mut sources = vec![format!("Registre des corrections : {}", name_of(&request.ledger))];
    let communes = match &request.territories {
        None => Communes::default(),
        Some(layer) => {
            let layer = locate(layer, Product::Communes, &[], &unheard)?;
            inputs.extend(stamps("territories", &layer.path)?);
            sources.push(format!("Communes : {}", name_of(&layer.path)));
            Communes::read(&layer, &head.department, head.epsg, &unheard)?
        }
    };
    let nomenclature = ledger.nomenclature()?;
    let follow_up = FollowUp::of_ledger(&ledger, &nomenclature, &communes);
    let subject = page::Subject {
        follow_up: &follow_up,
        communes: &communes,
        version: None,
        rules: None,
        sources,
    };
    let drafts = page::files(&request.out, &subject, &tables::all(&follow_up))?;
    let parameters = json!({ "department": head.department, "nomenclature": head.nomenclature });
    output::publish(&request.out, (COMMAND, parameters), inputs.into_iter().collect(), drafts, &[])
}
