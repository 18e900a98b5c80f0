//! The stages of a run, their order, and what each one depends on.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::{Config, Reference};
use crate::date::Date;
use crate::stamp::sha256;

/// One step of a run; the order of the variants is the order of the run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Put imagery, evidence and the prior vintage on one grid
    Ingest,
    /// Estimate each cell's cover from imagery and evidence
    Classify,
    /// Decide each cell's cover and usage, prior first
    Update,
    /// Enforce minimum units and widths
    Regularise,
    /// Cut what changed into the prior's polygons
    Vectorise,
    /// Measure what changed between the vintages
    Change,
    /// Apply the artificialisation rules
    Artificialise,
    /// Sum figures per territory
    Indicators,
    /// Find errors of the prior to report
    Correct,
    /// Write reports and packages
    Deliver,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 10] = [
        Self::Ingest,
        Self::Classify,
        Self::Update,
        Self::Regularise,
        Self::Vectorise,
        Self::Change,
        Self::Artificialise,
        Self::Indicators,
        Self::Correct,
        Self::Deliver,
    ];

    /// Its name on the command line and in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Classify => "classify",
            Self::Update => "update",
            Self::Regularise => "regularise",
            Self::Vectorise => "vectorise",
            Self::Change => "change",
            Self::Artificialise => "artificialise",
            Self::Indicators => "indicators",
            Self::Correct => "correct",
            Self::Deliver => "deliver",
        }
    }

    /// Whether it goes through the territory block by block, each by itself; the other stages need
    /// the whole of it at once.
    pub fn has_blocks(self) -> bool {
        matches!(self, Self::Ingest | Self::Classify)
    }

    /// The stages of a configuration, in order: without a prior there is nothing to compare with.
    pub fn of(config: &Config) -> impl Iterator<Item = Self> {
        let has_prior = config.prior.is_some();
        let compares = |stage: &Self| matches!(stage, Self::Change | Self::Correct);
        Self::ALL.into_iter().filter(move |stage| has_prior || !compares(stage))
    }

    /// What it does, as the plan says it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Ingest => "put imagery, evidence and the prior on one grid",
            Self::Classify => "estimate each cell's cover",
            Self::Update => "decide each cell's cover and usage, prior first",
            Self::Regularise => "enforce minimum units and widths",
            Self::Vectorise => "cut what changed into the prior's polygons",
            Self::Change => "measure what changed",
            Self::Artificialise => "apply the artificialisation rules",
            Self::Indicators => "sum figures per territory",
            Self::Correct => "find errors of the prior to report",
            Self::Deliver => "write reports and packages",
        }
    }

    /// The version of its code: raised whenever its result may differ for the same inputs, so that
    /// results of older code are computed again.
    pub fn version(self) -> u32 {
        match self {
            // Vectorise 2, Change 2, Correct 3, Artificialise 4, Indicators 6: layers carry styles.
            // Indicators 7: the method names the library of the maps. Deliver 7: interactive maps.
            Self::Regularise | Self::Vectorise | Self::Change => 2,
            Self::Correct => 3,
            Self::Artificialise => 4,
            // Ingest 5: predictions are surveyed. Deliver 5: pages of territories.
            // Deliver 8: an address of a change shows it at once. Deliver 9: the report links to what
            // the run took.
            // Classify 5: trees are pulled harder, and made as sure as unseen objects bear.
            Self::Ingest | Self::Classify | Self::Update => 5,
            Self::Indicators => 7,
            Self::Deliver => 9,
        }
    }

    /// The stages whose results it reads, in order.
    pub fn needs(self) -> &'static [Self] {
        let n = match self {
            Self::Ingest => 0,
            Self::Classify => 1,
            Self::Update => 2,
            Self::Regularise => 3,
            Self::Vectorise => 4,
            Self::Change => 5,
            Self::Artificialise => 6,
            // Corrections compare the update with the prior and quote the artificial status.
            Self::Indicators | Self::Correct => 7,
            Self::Deliver => 9,
        };
        &Self::ALL[..n]
    }

    /// The input files that it reads itself, sorted.
    pub fn inputs(self, config: &Config) -> Vec<PathBuf> {
        let territories = || {
            let Config { territories, .. } = config;
            let optional = territories.optional().map(|layer| layer.path.clone());
            std::iter::once(territories.communes.path.clone()).chain(optional)
        };
        // Wherever the prior is read, so are the corrections of it.
        let ledger = config.corrections.iter().map(|corrections| corrections.ledger.clone());
        let prior = config.prior.iter().map(|prior| prior.layer.path.clone()).chain(ledger);
        let document = |reference: &Reference| reference.file().cloned();
        let mut files: Vec<PathBuf> = match self {
            Self::Ingest => {
                let communes = std::iter::once(config.territories.communes.path.clone());
                let evidence = config.evidence.layers.iter().map(|e| e.layer.path.clone());
                let images = config.images().cloned();
                let predicted = config.all_predictions().flat_map(|p| p.files.iter());
                let documents =
                    config.all_predictions().filter_map(|p| document(&p.classes_source));
                let predicted = predicted.cloned().chain(documents);
                images.chain(predicted).chain(evidence).chain(prior).chain(communes).collect()
            }
            // What it learns from is named in its model; a given model is all it needs to know.
            Self::Classify => match &config.model {
                Some(model) => vec![model.clone()],
                None => config.images().cloned().chain(prior).collect(),
            },
            Self::Vectorise => prior.collect(),
            Self::Change => prior.chain(territories()).collect(),
            Self::Artificialise | Self::Indicators | Self::Correct => {
                prior.chain(territories()).chain(document(&config.rules_source)).collect()
            }
            Self::Deliver => config.inputs(),
            Self::Update => {
                let rules = [&config.update_rules_source, &config.usage_rules_source];
                rules.into_iter().filter_map(document).collect()
            }
            Self::Regularise => Vec::new(),
        };
        files.extend(document(&config.nomenclature_source));
        files.sort();
        files.dedup();
        files
    }

    /// The parameters that its result depends on, resolved.
    pub fn parameters(self, config: &Config) -> Value {
        let common = json!({
            "department": config.department,
            "vintage": config.vintage,
            "prior": prior(config),
            "corrections": corrections(config),
            "scratch": config.scratch,
            "crs": config.crs,
            "nomenclature": nomenclature(config),
            "capture": sha256(format!("{:?}", config.capture).as_bytes()),
        });
        let own = match self {
            Self::Ingest => json!({
                "cell_cm": config.cell_cm,
                "communes": territories(config)["communes"],
                "evidence": evidence(config),
                "imagery": imagery(config),
                "limits": config.limits,
                "predictions": predictions(config),
            }),
            Self::Update => json!({
                "update": config.update,
                "predictions": predictions(config),
                "update_rules": update_rules(config),
                "usage_rules": usage_rules(config),
            }),
            Self::Change => json!({ "territories": territories(config) }),
            Self::Indicators => json!({
                "rules": rules(config),
                "thresholds": config.thresholds,
                "territories": territories(config),
            }),
            Self::Artificialise => json!({
                "rules": rules(config),
                "thresholds": config.thresholds,
            }),
            Self::Correct => json!({
                "rules": rules(config),
                "territories": territories(config),
                "reports": config.reports,
            }),
            Self::Deliver => all_parameters(config),
            // The name only: the hash is that of an input.
            Self::Classify => json!({
                "model": config.model.as_ref().map(|path| config.shown(path)),
                "imagery": imagery(config),
            }),
            Self::Regularise | Self::Vectorise => Value::Null,
        };
        json!({ "common": common, "own": own })
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Every resolved parameter, without machine paths: the manifest's `parameters`.
pub fn all_parameters(config: &Config) -> Value {
    json!({
        "department": config.department,
        "vintage": config.vintage,
        "prior": prior(config),
        "corrections": corrections(config),
        "scratch": config.scratch,
        "crs": config.crs.to_string(),
        "cell_m": config.cell_m(),
        "nomenclature": nomenclature(config),
        "rules": rules(config),
        "limits": config.limits,
        "thresholds": config.thresholds,
        "update": config.update,
        "update_rules": update_rules(config),
        "usage_rules": usage_rules(config),
        "model": config.model.as_ref().map(|path| config.shown(path)),
        "quality": config.quality.as_ref().map(|path| config.shown(path)),
        "reports": config.reports,
        "predictions": predictions(config),
        "evidence": evidence(config),
        "territories": territories(config),
    })
}

/// The vintage before.
fn prior(config: &Config) -> Value {
    let prior = config.prior.as_ref();
    prior.map_or(Value::Null, |p| json!({ "vintage": p.vintage, "layer": p.layer.layer }))
}

/// Which corrections are taken over.
fn corrections(config: &Config) -> Value {
    json!(config.corrections.as_ref().map(|corrections| &corrections.standings))
}

/// Name and content of the nomenclature: a shipped one may change with the program's version.
fn nomenclature(config: &Config) -> Value {
    json!({ "id": config.nomenclature.id(), "content": nomenclature_sha256(config) })
}

/// Hash of the nomenclature's content.
pub fn nomenclature_sha256(config: &Config) -> String {
    sha256(format!("{:?}", config.nomenclature).as_bytes())
}

/// Name and content of the rule set, overrides included.
fn rules(config: &Config) -> Value {
    json!({ "id": config.rules.id, "content": sha256(format!("{:?}", config.rules).as_bytes()) })
}

/// Name and content of the update rules.
fn update_rules(config: &Config) -> Value {
    let rules = &config.update_rules;
    json!({ "id": rules.id, "content": sha256(format!("{rules:?}").as_bytes()) })
}

/// Name and content of the usage rules.
fn usage_rules(config: &Config) -> Value {
    let rules = &config.usage_rules;
    json!({ "id": rules.id, "content": sha256(format!("{rules:?}").as_bytes()) })
}

/// Which file plays which part: the hashes of the files do not tell.
fn imagery(config: &Config) -> Value {
    let dates = Date::of(config).into_iter().map(|(_, given)| {
        let shown = |files: &[PathBuf]| -> Vec<String> {
            files.iter().map(|file| config.shown(file)).collect()
        };
        let heights = given.heights.as_ref();
        json!({
            "rvb": shown(&given.rvb),
            "irc": shown(&given.irc),
            "heights": heights.map(|h| json!([shown(&h.surface), shown(&h.ground)])),
            "reduced": given.reduced,
        })
    });
    Value::Array(dates.collect())
}

/// The predictions of each date, with what their classes mean.
fn predictions(config: &Config) -> Value {
    let dates = Date::of(config).into_iter().map(|(date, _)| {
        let given = date.predictions(config).iter().map(|prediction| {
            let classes = &prediction.classes;
            json!({
                "files": prediction.files.iter().map(|f| config.shown(f)).collect::<Vec<_>>(),
                "classes": { "id": classes.id, "content": sha256(format!("{classes:?}").as_bytes()) },
                "kind": prediction.kind,
            })
        });
        Value::Array(given.collect())
    });
    Value::Array(dates.collect())
}

fn evidence(config: &Config) -> Value {
    let layers = config.evidence.layers.iter().map(|e| {
        json!({
            "kind": e.kind,
            "path": config.shown(&e.layer.path),
            "layer": e.layer.layer,
            "width_field": e.width_field,
            "width_m": e.width_m,
            "nature_field": e.nature_field,
        })
    });
    Value::Array(layers.collect())
}

fn territories(config: &Config) -> Value {
    let layer = |layer: &crate::config::Layer| json!({ "path": config.shown(&layer.path), "layer": layer.layer });
    json!({
        "communes": layer(&config.territories.communes),
        "planning": config.territories.planning.as_ref().map(layer),
        "exemptions": config.territories.exemptions.as_ref().map(layer),
        "custom": config.territories.custom.iter().map(|(name, of)| (name.clone(), layer(of))).collect::<serde_json::Map<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_only_reads_results_of_earlier_ones() {
        for stage in Stage::ALL {
            assert!(stage.needs().iter().all(|needed| *needed < stage), "{stage}");
        }
        assert!(Stage::ALL.is_sorted());
    }

    #[test]
    fn the_name_is_the_one_typed_on_the_command_line() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_str(stage.name(), false), Ok(stage));
        }
    }
}
