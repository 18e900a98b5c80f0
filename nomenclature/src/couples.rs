//! Which covers go with which usages.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::class::Couple;

/// What a couple that no list names means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CouplePolicy {
    /// It is as good as a listed one.
    #[default]
    Accept,
    /// It is kept and reported.
    Report,
    /// It is refused.
    Refuse,
}

/// The standing of a couple in a nomenclature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoupleStatus {
    /// Listed as allowed, or unlisted where unlisted couples are accepted.
    Allowed,
    /// Not listed, where unlisted couples are to be reported.
    Unlisted,
    /// Listed as forbidden, unlisted where that is refused, or with a class that is no leaf.
    Forbidden,
}

/// The couples that a nomenclature lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CoupleTable {
    pub(crate) policy: CouplePolicy,
    /// `true` = allowed, `false` = forbidden.
    pub(crate) listed: BTreeMap<Couple, bool>,
}

impl CoupleTable {
    pub(crate) fn status(&self, couple: Couple) -> CoupleStatus {
        match (self.listed.get(&couple), self.policy) {
            (Some(true), _) | (None, CouplePolicy::Accept) => CoupleStatus::Allowed,
            (None, CouplePolicy::Report) => CoupleStatus::Unlisted,
            (Some(false), _) | (None, CouplePolicy::Refuse) => CoupleStatus::Forbidden,
        }
    }
}
