//! Revert: an application taken back, from what its folder holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nomenclature::Nomenclature;
use serde::Deserialize;

use super::apply::{self, Applied, COMMAND, LEDGER, ORIGINAL, Request};
use super::terms::{Standing, Term};
use crate::artefact::{Artefact, Draft};
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::manifest::{self, Manifest};

/// The folder of an application, as its manifest tells it.
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
    told: Told,
}

/// What the manifest says of the application.
#[derive(Debug, Deserialize)]
struct Told {
    year: u16,
    nomenclature: String,
    standings: Vec<String>,
    except: BTreeSet<String>,
    original: String,
    layer: Option<String>,
}

impl Folder {
    /// Reads the application in a folder, and checks that nothing in it was touched.
    ///
    /// # Errors
    /// [`Error::Input`] when the folder holds none, [`Error::Mismatch`] for a file that is not, byte
    /// for byte, what was written, [`Error::Read`].
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let none = |got: String| {
            InputError::new(folder, "this folder holds no application of corrections")
                .got(got)
                .expected("the folder that `corrections apply --out` wrote")
        };
        let Some(manifest) = Manifest::read(folder)? else {
            return Err(none(format!("no `{}`", manifest::FILE)).into());
        };
        let command = manifest.parameters.get("command").and_then(|value| value.as_str());
        if command != Some(COMMAND) {
            let of = command.unwrap_or("run");
            return Err(none(format!("the result of `millesime {of}`")).into());
        }
        let told = serde_json::from_value(manifest.parameters.clone())
            .map_err(|error| none(error.to_string()))?;
        manifest.verify(folder)?;
        Ok(Self { path: folder.to_owned(), manifest, told })
    }

    /// Gives back the vintage as it was, byte for byte: the file, and what belongs to it beside it.
    ///
    /// * `out`: the name of the file to write; nothing may be there.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name with another extension, [`Error::Write`].
    pub fn restore(&self, out: &Path) -> Result<Vec<Artefact>, Error> {
        let extension = Path::new(&self.told.original).extension().unwrap_or_default();
        if out.extension().unwrap_or_default() != extension {
            return Err(Error::Usage {
                what: format!(
                    "`{}` does not end as the original, `{}`",
                    out.display(),
                    self.told.original
                ),
                hint: Some(format!("end it in `.{}`", extension.to_string_lossy())),
            });
        }
        let inside = |name: &&String| Path::new(name).starts_with(ORIGINAL);
        let drafts: Vec<Draft> = self
            .manifest
            .outputs
            .keys()
            .filter(inside)
            .map(|name| {
                let from = self.path.join(name);
                apply::copy(&from, &out.with_extension(from.extension().unwrap_or_default()))
            })
            .collect::<Result<_, _>>()?;
        drafts.into_iter().map(Draft::publish).collect()
    }

    /// Applies the same corrections but these, into another folder.
    ///
    /// * `nomenclature`: that of the vintage, see [`Folder::nomenclature`].
    ///
    /// # Errors
    /// [`Error::Usage`] for an id that was not applied, and those of [`apply::run`].
    pub fn without(
        &self,
        ids: &BTreeSet<String>,
        nomenclature: Nomenclature,
        out: &Path,
    ) -> Result<Applied, Error> {
        let standings = self.told.standings.iter().filter_map(|word| Standing::of_key(word));
        let request = Request {
            ledger: self.path.join(LEDGER),
            vintage: Layer {
                path: self.path.join(ORIGINAL).join(&self.told.original),
                layer: self.told.layer.clone(),
            },
            year: self.told.year,
            nomenclature,
            standings: standings.collect(),
            except: self.told.except.union(ids).cloned().collect(),
            out: out.to_owned(),
            strict: false,
        };
        let ledger = super::ledger::Ledger::read(&request.ledger)?;
        if let Some(id) = ids.iter().find(|id| ledger.get(id).is_none()) {
            return Err(Error::Usage {
                what: format!("`{}` holds no correction `{id}`", self.path.display()),
                hint: Some("`corrections.csv` in that folder lists them".to_owned()),
            });
        }
        apply::run(&request)
    }

    /// The id of the nomenclature of the vintage.
    pub fn nomenclature(&self) -> &str {
        &self.told.nomenclature
    }
}
