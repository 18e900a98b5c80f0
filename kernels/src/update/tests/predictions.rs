//! What predictions made elsewhere add to the lead of a class.

use ndarray::{Array2, Array3};
use nomenclature::Couple;
use nomenclature::evidence::Layer;

use super::*;
use crate::grid::Window;

/// The lead of a building over grass where the image hesitates, with the building predicted.
fn predicted_lead(share: u8, weight: f64) -> f64 {
    let params =
        UpdateParams { prediction_weight: weight, prior_weight: 0.0, ..UpdateParams::default() };
    let classes = [cover("CS1.1.1.1"), cover("CS2.2.1")];
    let fusion = Fusion::new(&tables(), &classes, even(&[0.5, 0.5]), &params).unwrap();
    let fusion = fusion.with_predictions(&[believed()], &[]);
    let mut probability = Array3::from_elem((2, 1, 1), 100);
    probability[[0, 0, 0]] = 155;
    let mut predicted = Array3::zeros((19, 1, 1));
    predicted[[0, 0, 0]] = share;
    let evidence = Array3::from_elem((Layer::COUNT, 1, 1), 0);
    let prior = Array2::from_elem((1, 1), Couple { cs: classes[1], us: ClassId(1) }.to_cell());
    let (imagery, valid) = (Array3::zeros((4, 1, 1)), Array2::ones((1, 1)));
    let predictions = [predicted.view()];
    let seen = Seen {
        probability: probability.view(),
        imagery: imagery.view(),
        valid: valid.view(),
        predictions: &predictions,
    };
    let block = Block { seen, earlier: None, evidence: evidence.view(), prior: prior.view() };
    let params_evidence =
        params.evidence_weight * tables().evidence(Layer::Buildings, 0, classes[0]);
    let proposal = fusion.propose(&block, Window { row: 0, col: 0, rows: 1, cols: 1 }).unwrap();
    f64::from(proposal.margin[[0, 0]]) / MARGIN_ONE - params_evidence
}

#[test]
fn a_prediction_adds_its_terms_by_its_share_and_its_weight() {
    let table = believed();
    let term = |code: &str| f64::from(table.term(0, cover(code)));
    let full = term("CS1.1.1.1") - term("CS2.2.1");
    assert!(full > 5.0, "{full}");
    let image = (155.5_f64 / 100.5).ln();
    for (share, weight) in [(255, 1.0), (255, 0.6), (204, 1.0)] {
        let lead = image + full * weight * f64::from(share) / 255.0;
        let got = predicted_lead(share, weight);
        assert!((got - lead).abs() < 0.02, "{share} at {weight}: {got}, not {lead}");
    }
}

#[test]
fn a_prediction_that_was_not_announced_or_of_other_classes_is_told() {
    let codes = [cover("CS1.1.1.1"), cover("CS2.2.1")];
    let params = UpdateParams::default();
    let fusion = Fusion::new(&tables(), &codes, even(&[0.5, 0.5]), &params).unwrap();
    let (probability, imagery) = (Array3::zeros((2, 1, 1)), Array3::zeros((4, 1, 1)));
    let (valid, evidence) = (Array2::ones((1, 1)), Array3::zeros((Layer::COUNT, 1, 1)));
    let (prior, predicted) = (Array2::zeros((1, 1)), Array3::zeros((3, 1, 1)));
    let predictions = [predicted.view()];
    let seen = Seen {
        probability: probability.view(),
        imagery: imagery.view(),
        valid: valid.view(),
        predictions: &predictions,
    };
    let block = Block { seen, earlier: None, evidence: evidence.view(), prior: prior.view() };
    let cell = Window { row: 0, col: 0, rows: 1, cols: 1 };
    let error = fusion.propose(&block, cell).unwrap_err();
    assert_eq!(error.to_string(), "predictions has shape [1], expected [0]");
    let error = fusion.with_predictions(&[believed()], &[]).propose(&block, cell).unwrap_err();
    assert_eq!(error.to_string(), "prediction has shape [3, 1, 1], expected [19, 1, 1]");
}
