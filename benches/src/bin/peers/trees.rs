//! The learner: training on samples and prediction of cells, beside other learners.

use std::path::Path;

use kernels::trees::{Model, TreeParams, train};
use ndarray::Array2;
use nomenclature::ClassId;
use serde_json::{Value, json};

use crate::{Outcome, clock, npy};

/// Times the training; the accuracy is that on the cells to predict.
pub(crate) fn fit(dir: &Path) -> Outcome<Value> {
    let (features, labels) = load(dir, "train")?;
    let (cells, truth) = load(dir, "test")?;
    clock::time(
        || learn(&features, &labels).map_err(|error| error.to_string()),
        |model| match model {
            Ok(model) => judged(model, &cells, &truth),
            Err(error) => json!({ "error": error }),
        },
    )
}

/// Times the prediction of cells.
pub(crate) fn predict(dir: &Path) -> Outcome<Value> {
    let (features, labels) = load(dir, "train")?;
    let (cells, truth) = load(dir, "test")?;
    let model = learn(&features, &labels)?;
    clock::time(
        || model.predict(cells.view()).map_err(|error| error.to_string()),
        |_| judged(&model, &cells, &truth),
    )
}

fn learn(features: &Array2<u8>, labels: &[ClassId]) -> Outcome<Model> {
    let names: Vec<String> = (0..features.ncols()).map(|rank| rank.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(train(features.view(), labels, &names, &TreeParams::default())?)
}

/// How many cells are predicted as they are labelled.
fn judged(model: &Model, cells: &Array2<u8>, truth: &[ClassId]) -> Value {
    let Ok(probability) = model.predict(cells.view()) else {
        return json!({ "error": "other features" });
    };
    let best = |i: usize| {
        let column = probability.column(i);
        let k = (0..column.len()).max_by_key(|&k| (column[k], std::cmp::Reverse(k)));
        k.map(|k| model.classes()[k])
    };
    let right = truth.iter().enumerate().filter(|&(i, class)| best(i) == Some(*class)).count();
    json!({ "cells": truth.len(), "right": right, "trees": model.n_trees() })
}

/// Features of shape (cell, feature) and the class of each cell.
fn load(dir: &Path, name: &str) -> Outcome<(Array2<u8>, Vec<ClassId>)> {
    let labels: Vec<u8> = npy::read(&dir.join(format!("{name}_labels.npy")))?;
    let features: Vec<u8> = npy::read(&dir.join(format!("{name}_features.npy")))?;
    let shape = (labels.len(), features.len() / labels.len().max(1));
    Ok((Array2::from_shape_vec(shape, features)?, labels.into_iter().map(ClassId).collect()))
}
