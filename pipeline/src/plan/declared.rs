//! What stages read and write, declared before they run; a test holds it against a run's journal.

use super::cost::stored;
use crate::config::{Config, PredictionKind};
use crate::cube::{CUBE, Quantity};
use crate::date::Date;
use crate::io::schema::Product;
use crate::stage::Stage;
use crate::stages::names;
use crate::{context, model};

/// The arrays of the cube that a stage reads.
pub(super) fn arrays_read(stage: Stage, config: &Config) -> Vec<Quantity> {
    let (start, objects) = (Quantity::start(config), Quantity::start_object(config));
    let dates = || Date::of(config).into_iter();
    match stage {
        Stage::Classify => {
            let learned = [Quantity::Prior, Quantity::PriorObject];
            let is_trained = config.model.is_none();
            seen(config).chain(learned.into_iter().filter(|_| is_trained)).collect()
        }
        Stage::Update => {
            let probabilities = dates().map(|(date, _)| date.probability());
            let own = [Quantity::Evidence, start, objects];
            seen(config).chain(probabilities).chain(predictions(config)).chain(own).collect()
        }
        Stage::Regularise => vec![Quantity::Decided, start, objects],
        Stage::Vectorise => vec![Quantity::Regular, start, Quantity::BuiltZone],
        Stage::Indicators | Stage::Correct => vec![Quantity::Confidence, Quantity::Reason],
        Stage::Deliver => dates().map(|(date, _)| date.imagery()).collect(),
        Stage::Ingest | Stage::Change | Stage::Artificialise => Vec::new(),
    }
}

/// The arrays of the cube that a stage writes.
pub(super) fn arrays_written(stage: Stage, config: &Config) -> Vec<Quantity> {
    let dates = || Date::of(config).into_iter();
    match stage {
        Stage::Ingest => {
            let mut arrays: Vec<Quantity> = seen(config).chain(predictions(config)).collect();
            arrays.push(Quantity::Evidence);
            if config.prior.is_some() {
                arrays.extend([Quantity::Prior, Quantity::PriorObject]);
            }
            if config.scratch {
                arrays.extend([Quantity::Bare, Quantity::BareObject]);
            }
            arrays
        }
        Stage::Classify => dates().map(|(date, _)| date.probability()).collect(),
        Stage::Update => vec![Quantity::Decided, Quantity::Confidence, Quantity::Reason],
        Stage::Regularise => vec![Quantity::Regular, Quantity::BuiltZone],
        _ => Vec::new(),
    }
}

/// Bytes of a cell in the arrays that a stage leaves, and in those that it holds on the disk until it
/// ends.
pub(super) fn held_per_cell(stage: Stage, config: &Config) -> f64 {
    let mut arrays = arrays_written(stage, config);
    arrays.extend((stage == Stage::Update).then_some(Quantity::Certainty));
    let probabilities = config.all_predictions().filter(|p| p.kind == PredictionKind::Probability);
    let n_classes: usize = probabilities.map(|given| given.classes.classes().len()).sum();
    // Few of its classes are probable in a cell, but nothing bounds them under a byte each.
    let predicted = if stage == Stage::Ingest { n_classes as f64 } else { 0.0 };
    stored(&arrays) + predicted
}

/// What is seen at each date.
fn seen(config: &Config) -> impl Iterator<Item = Quantity> {
    Date::of(config).into_iter().flat_map(|(date, given)| {
        let heights = given.heights.iter().map(move |_| date.heights());
        [date.imagery(), date.valid()].into_iter().chain(heights)
    })
}

fn predictions(config: &Config) -> impl Iterator<Item = Quantity> {
    Date::of(config).into_iter().flat_map(|(date, _)| {
        (0..date.predictions(config).len()).map(move |rank| date.prediction(rank))
    })
}

/// The files that a stage writes besides arrays, in the folder of the results.
pub(super) fn files_written(stage: Stage, config: &Config) -> Vec<String> {
    let names = names(config);
    let product = |product: Product| product.file_name(&names);
    let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let work = context::WORK;
    match stage {
        Stage::Ingest | Stage::Regularise => Vec::new(),
        Stage::Classify => vec![model::file_name(&names)],
        Stage::Update => vec![format!("{work}/corrections.json")],
        Stage::Vectorise => vec![product(Product::Occupation), product(Product::BuiltZone)],
        Stage::Change => vec![product(Product::Diff)],
        Stage::Artificialise => own(&["artif_*", "seuils_*", "verdicts_*", "zan_evol_*"]),
        Stage::Indicators => {
            let tables = format!("{work}/tables.json");
            own(&["indicators/*", "changes_*", "territories_*", "method.json", &tables])
        }
        Stage::Correct => own(&["corrections/*"]),
        Stage::Deliver => {
            vec!["report.html".to_owned(), "territoires/*".to_owned(), product(Product::Issues)]
        }
    }
}

/// An array below the folder of the results.
pub(super) fn array(quantity: Quantity) -> String {
    format!("{}/{CUBE}/{}", context::WORK, quantity.name())
}

/// Whether the shards of an array are numbered by band as well.
pub(super) fn is_banded(quantity: Quantity) -> bool {
    matches!(
        quantity,
        Quantity::Imagery
            | Quantity::ImageryBefore
            | Quantity::Heights
            | Quantity::HeightsBefore
            | Quantity::Evidence
            | Quantity::Prediction(_)
            | Quantity::PredictionBefore(_)
            | Quantity::Probability
            | Quantity::ProbabilityBefore
    )
}
