//! What became of corrections, for people: from the ledger alone, or with the exact ground that the
//! versions of a vintage were compared on.

use std::collections::BTreeMap;

use nomenclature::Nomenclature;

use super::demand::demand_label;
use super::ledger::{Entry, Ledger};
use super::terms::{IgnStatus, Outcome, Standing};
use crate::territory::Communes;

pub mod tables;

/// Ground whose artificial status is at stake, as doubled areas in square lattice steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stake {
    /// Not artificial by its codes, and artificial by the proposed ones.
    pub gain: i128,
    /// What of it is artificial in the version looked at.
    pub gained: i128,
    /// Artificial by its codes, and not by the proposed ones.
    pub loss: i128,
    /// What of it is not artificial in the version looked at.
    pub lost: i128,
}

impl Stake {
    /// Adds ground: whether it was, should be and is artificial.
    pub fn add(&mut self, (was, should, is): (bool, bool, bool), twice_area: i128) {
        let done = if is == should { twice_area } else { 0 };
        match (was, should) {
            (false, true) => {
                self.gain += twice_area;
                self.gained += done;
            }
            (true, false) => {
                self.loss += twice_area;
                self.lost += done;
            }
            _ => {}
        }
    }

    /// All ground at stake.
    pub fn all(self) -> i128 {
        self.gain + self.loss
    }

    /// All ground at stake that has the status it should have.
    pub fn done(self) -> i128 {
        self.gained + self.lost
    }
}

/// The exact ground behind a verdict, as doubled areas in square lattice steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// What was wrong.
    pub wrong: i128,
    /// What of it is as proposed.
    pub fixed: i128,
    /// What of it would change its artificial status.
    pub stake: Stake,
}

/// A correction and what is known of its ground.
#[derive(Debug, Clone, Copy)]
pub struct Followed<'a> {
    /// The correction.
    pub entry: &'a Entry,
    /// Its ground, when versions were compared.
    pub areas: Option<Areas>,
}

/// The corrections of a department.
#[derive(Debug)]
pub struct FollowUp<'a> {
    /// The corrections, in the order of the ledger.
    pub followed: Vec<Followed<'a>>,
    /// What their codes mean.
    pub nomenclature: &'a Nomenclature,
    /// Department code.
    pub department: &'a str,
    /// Names of the communes, by code; may be empty.
    pub communes: BTreeMap<&'a str, &'a str>,
    /// Ground at stake, each place counted once whatever the number of its corrections; none when
    /// no versions were compared.
    pub stake: Option<Stake>,
}

/// How many corrections reached each step on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Funnel {
    /// Entered in the ledger.
    pub entered: usize,
    /// Reported to IGN.
    pub sent: usize,
    /// Found right by IGN.
    pub accepted: usize,
    /// Found right by IGN and applied.
    pub applied: usize,
    /// Found right by IGN and applied in part.
    pub partly: usize,
}

impl<'a> FollowUp<'a> {
    /// The corrections of a ledger with what was found of each.
    pub fn new(
        (ledger, followed): (&'a Ledger, Vec<Followed<'a>>),
        nomenclature: &'a Nomenclature,
        communes: &'a Communes,
        stake: Option<Stake>,
    ) -> Self {
        let names = communes.gazetteer.communes.iter();
        let communes = names.map(|own| (own.code.as_str(), own.name.as_str())).collect();
        Self { followed, nomenclature, department: &ledger.head.department, communes, stake }
    }

    /// What the ledger tells by itself.
    pub fn of_ledger(
        ledger: &'a Ledger,
        nomenclature: &'a Nomenclature,
        communes: &'a Communes,
    ) -> Self {
        let followed = ledger.entries.iter().map(|entry| Followed { entry, areas: None });
        Self::new((ledger, followed.collect()), nomenclature, communes, None)
    }

    /// How far the corrections came.
    pub fn funnel(&self) -> Funnel {
        let mut funnel = Funnel::default();
        for followed in &self.followed {
            let accepted = usize::from(followed.is_accepted_by_ign());
            funnel.entered += 1;
            funnel.sent += usize::from(followed.is_sent());
            funnel.accepted += accepted;
            match followed.outcome() {
                Some(Outcome::Applied) => funnel.applied += accepted,
                Some(Outcome::Partly) => funnel.partly += accepted,
                _ => {}
            }
        }
        funnel
    }

    /// Code and label of the class that a correction proposes; both classes of a missing object.
    pub fn proposed(&self, entry: &Entry) -> String {
        let record = &entry.record;
        let Some(code) = &record.proposed_code else { return String::new() };
        let Some(dimension) = record.dimension.dimension() else { return code.clone() };
        let class = self.nomenclature.find(dimension, code);
        let class = class.and_then(|id| self.nomenclature.class(dimension, id));
        class.map_or_else(|| code.clone(), |class| format!("{code} {}", class.label))
    }
}

impl Followed<'_> {
    /// What became of it.
    pub fn outcome(&self) -> Option<Outcome> {
        self.entry.verdict.as_ref().map(|verdict| verdict.outcome)
    }

    /// Whether IGN knows of it.
    pub fn is_sent(&self) -> bool {
        let Entry { record, standing, .. } = self.entry;
        record.ign_status.is_some() || record.ign_report_id.is_some() || *standing == Standing::Sent
    }

    /// Whether IGN answered that it is, or was already, taken into account.
    pub fn is_accepted_by_ign(&self) -> bool {
        matches!(self.entry.record.ign_status, Some(IgnStatus::Valid | IgnStatus::Valid0))
    }

    /// Whether IGN accepted it and left the ground as it was.
    pub fn is_broken_promise(&self) -> bool {
        self.is_accepted_by_ign() && self.outcome() == Some(Outcome::Ignored)
    }

    /// Who asked for it.
    pub fn contributor(&self) -> &str {
        self.entry.record.author_org.as_deref().unwrap_or(&self.entry.source)
    }

    /// What it is about, in French.
    pub fn theme(&self) -> &'static str {
        demand_label(self.entry)
    }
}
