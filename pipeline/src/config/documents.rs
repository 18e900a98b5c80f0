//! The nomenclature and the rule set that a configuration names, loaded and made ready.

use std::path::Path;

use nomenclature::{
    ArtificialTable, CaptureRules, CaptureUnits, Natures, Nomenclature, NomenclatureError, Problem,
    RuleSet, UpdateRules, UsageRules,
};

use super::Reference;
use super::load::Reader;
use super::source::Source;
use crate::error::{ConfigError, Error};

/// The capture rules of every run: those of the national specification.
const NATIONAL: &str = "ocsge-2-0";

impl Reader<'_> {
    pub(super) fn nomenclature(&self, reference: &Reference) -> Result<Nomenclature, Error> {
        match reference {
            Reference::Builtin(id) => {
                Nomenclature::builtin(id).map_err(|error| self.refused("nomenclature", &error))
            }
            Reference::File(path) => document(path, Nomenclature::from_yaml),
        }
    }

    pub(super) fn rules(&self, reference: &Reference) -> Result<RuleSet, Error> {
        match reference {
            Reference::Builtin(id) => {
                RuleSet::builtin(id).map_err(|error| self.refused("rules", &error))
            }
            Reference::File(path) => document(path, RuleSet::from_yaml),
        }
    }

    pub(super) fn artificial(
        &self,
        rules: &RuleSet,
        nomenclature: &Nomenclature,
    ) -> Result<ArtificialTable, Error> {
        rules.compile(nomenclature).map_err(|error| self.refused("rules", &error))
    }

    pub(super) fn capture(&self, nomenclature: &Nomenclature) -> Result<CaptureUnits, Error> {
        CaptureRules::builtin(NATIONAL)
            .and_then(|rules| rules.compile(nomenclature))
            .map_err(|error| self.refused("nomenclature", &error))
    }

    /// Update rules, whose codes are those of the nomenclature.
    pub(super) fn update_rules(
        &self,
        reference: &Reference,
        nomenclature: &Nomenclature,
    ) -> Result<UpdateRules, Error> {
        let rules = match reference {
            Reference::Builtin(id) => {
                UpdateRules::builtin(id).map_err(|error| self.refused("update_rules", &error))?
            }
            Reference::File(path) => document(path, UpdateRules::from_yaml)?,
        };
        match rules.compile(nomenclature, rules.years, &Natures::default()) {
            Ok(_) => Ok(rules),
            Err(error) => Err(self.unfit("update_rules", reference, &error)),
        }
    }

    /// Usage rules, whose codes are those of the nomenclature.
    pub(super) fn usage_rules(
        &self,
        reference: &Reference,
        nomenclature: &Nomenclature,
    ) -> Result<UsageRules, Error> {
        let rules = match reference {
            Reference::Builtin(id) => {
                UsageRules::builtin(id).map_err(|error| self.refused("usage_rules", &error))?
            }
            Reference::File(path) => document(path, UsageRules::from_yaml)?,
        };
        match rules.compile(nomenclature, &Natures::default()) {
            Ok(_) => Ok(rules),
            Err(error) => Err(self.unfit("usage_rules", reference, &error)),
        }
    }

    /// Rules that are sound, but not for the nomenclature.
    fn unfit(&self, key: &str, reference: &Reference, error: &NomenclatureError) -> Error {
        let got = match reference {
            Reference::Builtin(id) => format!("`{id}`, {error}"),
            Reference::File(path) => format!("`{}`, {error}", path.display()),
        };
        ConfigError {
            got: Some(got),
            hint: Some(format!("name rules written in the codes of the nomenclature in `{key}`")),
            ..self.source.fault(&[key], "these rules do not fit the nomenclature")
        }
        .into()
    }

    /// The error of a document, at the key that names the document.
    fn refused(&self, key: &str, error: &NomenclatureError) -> Error {
        ConfigError { hint: error.hint(), ..self.source.fault(&[key], error.to_string()) }.into()
    }
}

/// Reads a user's document; its first fault is told at its own place.
pub(super) fn document<T>(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<T, Vec<Problem>>,
) -> Result<T, Error> {
    let source = Source::read(path)?;
    parse(source.text()).map_err(|problems| Error::first_fault(path, problems))
}
