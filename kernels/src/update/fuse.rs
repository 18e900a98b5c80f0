//! Log-linear fusion of imagery, prior and evidence on the cells of a block.

use ndarray::{Array2, ArrayView2, ArrayView3, s};
use nomenclature::evidence::Layer;
use nomenclature::{ClassId, Couple, UpdateTables};

use super::smooth::Contrast;
use super::{Confusion, MARGIN_ONE, UpdateError, UpdateParams, mislabel_rate, shape};
use crate::grid::Window;

/// Set in [`Proposal::support`] when the imagery prefers the best class to the prior's.
pub const BY_IMAGERY: u8 = 1;

/// Set in [`Proposal::support`] when the evidence layers do.
pub const BY_EVIDENCE: u8 = 2;

/// What is known of the cells of a block; all on the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// What is seen at the date of the vintage.
    pub seen: Seen<'a>,
    /// What was seen at the prior's date.
    pub earlier: Option<Seen<'a>>,
    /// Evidence, shape `(layer, row, col)`: 0 absent, else 1 + nature.
    pub evidence: ArrayView3<'a, u8>,
    /// The prior's couple, 0 where there is none.
    pub prior: ArrayView2<'a, u16>,
}

/// What the imagery of a date says; on the rows and columns of the block.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Probability of each class, shape `(class, row, col)`, 255 = certain.
    pub probability: ArrayView3<'a, u8>,
    /// Imagery, shape `(band, row, col)`; the first four bands drive the smoothing.
    pub imagery: ArrayView3<'a, u8>,
    /// 1 where there is imagery.
    pub valid: ArrayView2<'a, u8>,
    /// Predictions made elsewhere: the share of each predicted class, shape `(class, row, col)`,
    /// 255 = all of the cell, 0 everywhere where nothing was predicted.
    pub predictions: &'a [ArrayView3<'a, u8>],
}

/// What the cells of a window want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The best class; the prior's where there is no imagery or it was not learned.
    pub best: Array2<u8>,
    /// Its lead over the prior's class in 1/64 of a natural logarithm; 0 when it is the prior's.
    pub margin: Array2<i16>,
    /// Probability of the best class, 255 = certain; 0 without imagery.
    pub certainty: Array2<u8>,
    /// Probability of the prior's class.
    pub certainty_prior: Array2<u8>,
    /// [`BY_IMAGERY`] and [`BY_EVIDENCE`] where the best class is not the prior's.
    pub support: Array2<u8>,
    /// Lead of the best class over the prior's in the imagery of the prior's date, in 1/64 of a
    /// natural logarithm: over 0 where it looked like that before; 0 where nothing was seen.
    pub lead_before: Array2<i16>,
}

impl Proposal {
    /// What cells of which nothing is known want.
    ///
    /// * `dim`: rows and columns.
    pub fn empty(dim: (usize, usize)) -> Self {
        Self {
            best: Array2::zeros(dim),
            margin: Array2::zeros(dim),
            certainty: Array2::zeros(dim),
            certainty_prior: Array2::zeros(dim),
            support: Array2::zeros(dim),
            lead_before: Array2::zeros(dim),
        }
    }
}

/// Least share of the ground that a class is taken to have.
const RAREST: f64 = 1e-6;

/// How frequent the classes are, in their order; each list adds up to 1.
#[derive(Debug, Clone, Copy)]
pub struct Shares<'a> {
    /// In what the learner learned from.
    pub learned: &'a [f64],
    /// On the ground.
    pub ground: &'a [f64],
}

/// The tables of a fusion, made once and used on every block.
#[derive(Debug, Clone)]
pub struct Fusion {
    classes: Vec<ClassId>,
    params: UpdateParams,
    /// What is seen at the date of the vintage.
    likelihood: Likelihood,
    /// What was seen at the prior's date.
    likelihood_before: Likelihood,
    /// By prior class id, then class.
    transition: Vec<Vec<f32>>,
    /// By layer and cell value, then class.
    evidence: Vec<Vec<f32>>,
}

impl Fusion {
    /// Prepares a fusion.
    ///
    /// * `classes`: the classes of the probabilities, in their order; `shares`: how frequent the
    ///   learner took each for, which is divided out, and how frequent each is on the ground, which
    ///   is what is expected where there is no prior.
    ///
    /// The prior may be outdated or wrong: its class leads to another with probability
    /// `(1 - noise) * transition + noise / (classes - 1)`. The share of wrong codes is taken back
    /// by [`super::decide()`], once whole regions are known.
    ///
    /// # Errors
    /// [`UpdateError`] when a parameter is out of range, or classes do not fit the tables.
    pub fn new(
        tables: &UpdateTables,
        classes: &[ClassId],
        shares: Shares<'_>,
        params: &UpdateParams,
    ) -> Result<Self, UpdateError> {
        params.check()?;
        for given in [shares.learned, shares.ground] {
            shape("class shares", &[given.len()], &[classes.len()])?;
        }
        let n_classes = tables.width() - 1;
        if let Some(&class) = classes.iter().find(|c| c.is_nodata() || c.0 as usize > n_classes) {
            return Err(UpdateError::Class { class, n_classes });
        }
        let rate = mislabel_rate(tables, classes.len());
        let seen = |from: ClassId, to: ClassId| {
            let true_change = tables.transition(from, to);
            let p = if from == to { true_change } else { true_change + rate };
            (params.prior_weight * p.ln()) as f32
        };
        let said = |layer: Layer, value: u8, class: ClassId| {
            (params.evidence_weight * tables.evidence(layer, value, class)) as f32
        };
        let expected = |&share: &f64| (params.prior_weight * share.max(RAREST).ln()) as f32;
        let ids = (0..tables.width()).map(|id| ClassId(id as u8));
        Ok(Self {
            classes: classes.to_vec(),
            params: *params,
            likelihood: Likelihood::of(shares.learned),
            likelihood_before: Likelihood::of(shares.learned),
            transition: ids
                .map(|from| match from {
                    ClassId::NODATA => shares.ground.iter().map(expected).collect(),
                    _ => classes.iter().map(|&to| seen(from, to)).collect(),
                })
                .collect(),
            evidence: Layer::ALL
                .iter()
                .flat_map(|&layer| (0..=255_u8).map(move |value| (layer, value)))
                .map(|(layer, value)| classes.iter().map(|&c| said(layer, value, c)).collect())
                .collect(),
        })
    }

    /// The same with predictions made elsewhere, in the order of [`Seen::predictions`].
    ///
    /// * `now`, `before`: how far the predictions of each date are to be believed.
    ///
    /// To what the imagery says of a class is added, before it is smoothed, the mean over the
    /// predicted classes of the logarithm of how often such a class is predicted on that cover,
    /// times the weight of the predictions.
    #[must_use]
    pub fn with_predictions(mut self, now: &[Confusion], before: &[Confusion]) -> Self {
        let weight = self.params.prediction_weight as f32 / 255.0;
        let of_class = |confusion: &Confusion, class: ClassId| -> Vec<f32> {
            (0..confusion.n_predicted()).map(|k| weight * confusion.term(k, class)).collect()
        };
        let of = |confusions: &[Confusion]| {
            let terms = |confusion| self.classes.iter().map(|&c| of_class(confusion, c)).collect();
            confusions.iter().map(terms).collect()
        };
        (self.likelihood.predicted, self.likelihood_before.predicted) = (of(now), of(before));
        self
    }

    /// Cells needed around a block for its result to be that of the whole territory.
    pub fn halo(&self) -> usize {
        self.params.smooth_passes
    }

    /// Says what the cells of a window of a block want.
    ///
    /// * `inner`: the window, in the block's own rows and columns, [`Fusion::halo`] cells inside
    ///   the block except at the limit of the territory. The result then is the same for any block
    ///   and any number of threads.
    ///
    /// Where the prior's class was not learned, or there is no imagery, the prior's class is the
    /// best. Memory: two 32-bit planes of the block and one per class of the window.
    ///
    /// # Errors
    /// [`UpdateError::Shape`] when arrays or window do not line up, [`UpdateError::Class`] when the
    /// prior holds a class that the nomenclature has not.
    pub fn propose(&self, block: &Block<'_>, inner: Window) -> Result<Proposal, UpdateError> {
        self.check(block, inner)?;
        let planes = self.likelihood.smoothed(&block.seen, inner, &self.params);
        let before = block
            .earlier
            .as_ref()
            .map(|seen| self.likelihood_before.smoothed(seen, inner, &self.params))
            .unwrap_or_default();
        let mut proposal = Proposal::empty((inner.rows, inner.cols));
        let mut cell = Cell::new(self.classes.len());
        for row in 0..inner.rows {
            for col in 0..inner.cols {
                let at = [inner.row + row, inner.col + col];
                let prior = Couple::from_cell(block.prior[at]).cs;
                if block.seen.valid[at] == 0 {
                    proposal.best[[row, col]] = prior.0;
                    continue;
                }
                for (image, plane) in cell.image.iter_mut().zip(&planes) {
                    *image = plane[[row, col]];
                }
                self.weigh(&mut cell, block, at, prior);
                let Some((best, kept)) = self.write(&cell, prior, [row, col], &mut proposal) else {
                    continue;
                };
                if block.earlier.is_some_and(|seen| seen.valid[at] != 0) {
                    let lead = before[best][[row, col]] - before[kept][[row, col]];
                    proposal.lead_before[[row, col]] = in_margins(lead);
                }
            }
        }
        Ok(proposal)
    }

    fn check(&self, block: &Block<'_>, inner: Window) -> Result<(), UpdateError> {
        let (rows, cols) = block.prior.dim();
        for seen in std::iter::once(&block.seen).chain(&block.earlier) {
            shape("probability", seen.probability.shape(), &[self.classes.len(), rows, cols])?;
            shape("imagery", &seen.imagery.shape()[1..], &[rows, cols])?;
            shape("imagery bands", &[seen.imagery.shape()[0].min(4)], &[4])?;
            shape("valid", seen.valid.shape(), &[rows, cols])?;
        }
        self.likelihood.check(&block.seen)?;
        if let Some(seen) = &block.earlier {
            self.likelihood_before.check(seen)?;
        }
        shape("evidence", block.evidence.shape(), &[Layer::COUNT, rows, cols])?;
        let end = [inner.row + inner.rows, inner.col + inner.cols];
        shape("window end", &[end[0].max(rows), end[1].max(cols)], &[rows, cols])?;
        let n_classes = self.transition.len() - 1;
        let unknown = |cell: &u16| usize::from(cell >> 8) > n_classes;
        match block.prior.iter().find(|cell| unknown(cell)) {
            Some(&cell) => Err(UpdateError::Class { class: Couple::from_cell(cell).cs, n_classes }),
            None => Ok(()),
        }
    }

    fn weigh(&self, cell: &mut Cell, block: &Block<'_>, at: [usize; 2], prior: ClassId) {
        let layers = std::array::from_fn(|layer| block.evidence[[layer, at[0], at[1]]]);
        // Most cells are on the same ground as the one before.
        if cell.layers != Some(layers) {
            self.hear(cell, layers);
        }
        let way = &self.transition[usize::from(prior.0)];
        let parts = cell.image.iter().zip(&cell.evidence).zip(way);
        for (score, ((image, evidence), way)) in cell.score.iter_mut().zip(parts) {
            *score = image + evidence + way;
        }
    }

    /// Adds up what the layers say of each class.
    fn hear(&self, cell: &mut Cell, layers: [u8; Layer::COUNT]) {
        cell.layers = Some(layers);
        cell.evidence.fill(0.0);
        for (layer, value) in layers.into_iter().enumerate() {
            let said = &self.evidence[layer * 256 + usize::from(value)];
            for (sum, part) in cell.evidence.iter_mut().zip(said) {
                *sum += part;
            }
        }
    }

    /// Writes what a cell wants; gives the ranks of the best class and the prior's when they differ.
    fn write(
        &self,
        cell: &Cell,
        prior: ClassId,
        at: [usize; 2],
        out: &mut Proposal,
    ) -> Option<(usize, usize)> {
        let of_prior = self.classes.iter().position(|&class| class == prior);
        let best = match of_prior {
            None if !prior.is_nodata() => {
                out.best[at] = prior.0;
                return None;
            }
            _ => cell.best(),
        };
        let total: f32 = cell.score.iter().map(|s| (s - cell.score[best]).exp()).sum();
        let certainty =
            |k: usize| (255.0 * (cell.score[k] - cell.score[best]).exp() / total).round() as u8;
        out.best[at] = self.classes[best].0;
        out.certainty[at] = certainty(best);
        let kept = of_prior?;
        out.certainty_prior[at] = certainty(kept);
        if kept == best {
            return None;
        }
        out.margin[at] = in_margins(cell.score[best] - cell.score[kept]);
        let by_imagery = u8::from(cell.image[best] > cell.image[kept]) * BY_IMAGERY;
        let by_evidence = u8::from(cell.evidence[best] > cell.evidence[kept]) * BY_EVIDENCE;
        out.support[at] = by_imagery | by_evidence;
        Some((best, kept))
    }
}

/// A difference of natural logarithms as margins are stored.
fn in_margins(lead: f32) -> i16 {
    let limit = f64::from(i16::MAX);
    (f64::from(lead) * MARGIN_ONE).round().clamp(-limit, limit) as i16
}

/// What a learner's probabilities say of each class, its own leanings divided out.
#[derive(Debug, Clone)]
struct Likelihood {
    /// By class, then probability byte.
    terms: Vec<[f32; 256]>,
    /// By prediction made elsewhere, class, then predicted class.
    predicted: Vec<Vec<Vec<f32>>>,
}

impl Likelihood {
    fn of(shares: &[f64]) -> Self {
        let terms = |&share: &f64| {
            let p = |byte: usize| (byte as f64 + 0.5) / 256.0;
            std::array::from_fn(|byte| (p(byte).ln() - share.max(1e-4).ln()) as f32)
        };
        Self { terms: shares.iter().map(terms).collect(), predicted: Vec::new() }
    }

    fn check(&self, seen: &Seen<'_>) -> Result<(), UpdateError> {
        shape("predictions", &[seen.predictions.len()], &[self.predicted.len()])?;
        let (rows, cols) = seen.valid.dim();
        for (shares, terms) in seen.predictions.iter().zip(&self.predicted) {
            let n_predicted = terms.first().map_or(0, Vec::len);
            shape("prediction", shares.shape(), &[n_predicted, rows, cols])?;
        }
        Ok(())
    }

    /// Adds what the predictions say of a class, by its rank, to its plane.
    fn add_predicted(&self, class: usize, seen: &Seen<'_>, plane: &mut Array2<f32>) {
        for (shares, terms) in seen.predictions.iter().zip(&self.predicted) {
            for (shares, &term) in shares.outer_iter().zip(&terms[class]) {
                plane.zip_mut_with(&shares, |sum, &share| {
                    if share != 0 {
                        *sum += f32::from(share) * term;
                    }
                });
            }
        }
    }

    /// What the imagery of a date says of each class on a window, smoothed, but not across
    /// contrasts.
    fn smoothed(&self, seen: &Seen<'_>, inner: Window, params: &UpdateParams) -> Vec<Array2<f32>> {
        let contrast = Contrast::of(&seen.imagery, &seen.valid, params.smooth_contrast);
        let of_class = |(class, (terms, bytes)): (usize, (&[f32; 256], ArrayView2<'_, u8>))| {
            let mut from = bytes.mapv(|byte| terms[usize::from(byte)]);
            self.add_predicted(class, seen, &mut from);
            let smooth = contrast.smoothed(from, params.smooth_passes);
            let window = s![inner.row..inner.row + inner.rows, inner.col..inner.col + inner.cols];
            smooth.slice(window).to_owned()
        };
        let planes = self.terms.iter().zip(seen.probability.outer_iter());
        planes.enumerate().map(of_class).collect()
    }
}

/// The scores of one cell, class by class.
struct Cell {
    image: Vec<f32>,
    /// The layers that the evidence was added up from.
    layers: Option<[u8; Layer::COUNT]>,
    evidence: Vec<f32>,
    score: Vec<f32>,
}

impl Cell {
    fn new(n_classes: usize) -> Self {
        let zeros = || vec![0.0; n_classes];
        Self { image: zeros(), layers: None, evidence: zeros(), score: zeros() }
    }

    /// The class of the greatest score; the first of equals.
    fn best(&self) -> usize {
        (1..self.score.len())
            .fold(0, |best, k| if self.score[k] > self.score[best] { k } else { best })
    }
}
