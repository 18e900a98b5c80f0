//! Verdicts in the words of the ledger.

use kernels::fate::{Fate, FateRules, Unassessable, fate};
use nomenclature::{Couple, Dimension, Nomenclature};

use super::Request;
use super::ground::Found;
use crate::corrections::claim::Unclear;
use crate::corrections::ledger::Verdict;
use crate::corrections::terms::{Outcome, Term};
use crate::report::decimal;
use crate::tables::Cell;

/// Verdicts in French.
pub(super) struct Words<'a> {
    pub(super) request: &'a Request,
    pub(super) nomenclature: &'a Nomenclature,
}

impl Words<'_> {
    /// The one verdict of a correction.
    pub(super) fn verdict(&self, found: Result<&Found, &Unclear>) -> Verdict {
        let version = self.request.version.clone();
        let said = |outcome, share, reason: Option<String>| Verdict {
            outcome,
            share,
            reason,
            version: version.clone(),
        };
        let found = match found {
            Ok(found) => found,
            Err(why) => return said(Outcome::NotAssessable, None, Some(unclear(*why).to_owned())),
        };
        let ground = &found.ground;
        let share = Some(ground.fixed as f64 / ground.wrong().max(1) as f64);
        match fate(ground, FateRules::default()) {
            Fate::Applied => said(Outcome::Applied, share, None),
            Fate::Partly => said(Outcome::Partly, share, self.rest(found)),
            Fate::Ignored => {
                let is_left = 2 * found.left > ground.wrong();
                let left = "examinée dans le correctif de l'IGN et laissée sans correction (RAS)";
                said(Outcome::Ignored, share, is_left.then(|| left.to_owned()))
            }
            Fate::Superseded { by } => {
                let later = if self.request.after.of == self.request.before.of {
                    ""
                } else {
                    " ; d'un millésime à l'autre, ce peut être un vrai changement"
                };
                let reason = format!("code retenu : {}{later}", self.codes(by));
                said(Outcome::Superseded, share, Some(reason))
            }
            Fate::NotAssessable(why) => {
                said(Outcome::NotAssessable, None, Some(unassessable(why).to_owned()))
            }
        }
    }

    /// What became of the rest of a correction that was applied in part.
    fn rest(&self, found: &Found) -> Option<String> {
        let ground = &found.ground;
        let others: i128 = ground.others.values().sum();
        if others <= ground.kept {
            return Some("le reste est inchangé".to_owned());
        }
        let most = ground.third_code()?;
        Some(format!("le reste a surtout le code {}", self.codes(most)))
    }

    /// The codes and labels of a couple, without what is nodata.
    fn codes(&self, couple: Couple) -> String {
        let both = [(Dimension::Cover, couple.cs), (Dimension::Usage, couple.us)];
        let both = both.into_iter().filter_map(|(dimension, id)| {
            let class = self.nomenclature.class(dimension, id)?;
            Some(format!("{} {}", class.code, class.label))
        });
        both.collect::<Vec<_>>().join(", ")
    }
}

fn unclear(why: Unclear) -> &'static str {
    match why {
        Unclear::NoProposal => "aucun code n'est proposé",
        Unclear::UnknownCode => "le code proposé n'est pas dans la nomenclature",
        Unclear::NoObject => "l'objet est introuvable dans la version corrigée",
    }
}

fn unassessable(why: Unassessable) -> &'static str {
    match why {
        Unassessable::NoGround => "la correction n'a pas de surface",
        Unassessable::NotCovered => "la plus grande part est hors des deux versions, ou sans code",
        Unassessable::AlreadyRight => "le sol était déjà comme proposé",
        Unassessable::OtherCodeBefore => "la plus grande part n'avait pas le code à corriger",
    }
}

/// A verdict as a line of the history.
pub(super) fn told(verdict: &Verdict) -> String {
    let share = match (verdict.outcome, verdict.share) {
        (Outcome::Applied | Outcome::Partly, Some(share)) => {
            let percent = Cell::estimate(100.0 * share, 1).text();
            format!(", {} % de la surface", decimal(&percent))
        }
        _ => String::new(),
    };
    let reason = verdict.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{} : {}{share}{reason}", verdict.version, verdict.outcome.label())
}
