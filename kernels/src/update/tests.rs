//! The update on small worlds that can be read at a glance.

mod decisions;
mod openings;
mod predictions;
mod proposals;
mod reasons;
mod world;

use nomenclature::{Dimension, Nomenclature, PredictionClasses, UpdateRules};

use super::*;

fn cover(code: &str) -> ClassId {
    Nomenclature::builtin("ocsge-2-0").unwrap().find(Dimension::Cover, code).unwrap()
}

fn tables() -> UpdateTables {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let rules = UpdateRules::builtin("ocsge-2-0").unwrap();
    rules.compile(&nomenclature, 3.0, &Default::default()).unwrap()
}

/// Shares that are the same in the samples and on the ground.
fn even(shares: &[f64]) -> Shares<'_> {
    Shares { learned: shares, ground: shares }
}

/// The table of `cosia` before anything was seen.
fn believed() -> Confusion {
    let classes = PredictionClasses::builtin("cosia").unwrap();
    let table = classes.compile(&Nomenclature::builtin("ocsge-2-0").unwrap()).unwrap();
    Confusion::estimate(&table, &ConfusionCounts::new(table.n_classes(), table.width()))
}
