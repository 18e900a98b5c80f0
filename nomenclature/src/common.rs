//! Where vintages written in different nomenclatures meet, and what a difference there is worth.
//!
//! At the common level a code of one nomenclature is not always worth one class. Three facts, in
//! this order, let it stand for others: an aggregate stands for its members (US235 for US2, US3 and
//! US5); a corrected nesting may have been delivered as its source publishes it; a class into which
//! no code of the nomenclature nests can only have been written as one of its nearest relatives.
//! Two classes that may stand for the same one differ in name only: the ground need not have
//! changed.

use std::collections::BTreeMap;

use crate::class::{ClassId, Couple, Dimension};
use crate::crosswalk::Crosswalk;
use crate::error::NomenclatureError;
use crate::nomenclature::Nomenclature;

/// The nomenclature in which vintages written in all these can be compared: the finest one into
/// which every other leads.
///
/// It is the one of them that all others nest in, else the built-in one that all of them nest in.
///
/// # Errors
/// [`NomenclatureError::NoCrosswalk`] when they meet nowhere; [`NomenclatureError::UnknownBuiltin`]
/// when the one that all nest in is neither given nor built in.
pub fn common(all: &[&Nomenclature]) -> Result<Nomenclature, NomenclatureError> {
    let leads = |top: &str| all.iter().all(|n| n.id() == top || n.nests_in() == Some(top));
    if let Some(top) = all.iter().find(|top| leads(top.id())) {
        return Ok((*top).clone());
    }
    let apart = || {
        let id = |rank: usize| all.get(rank).map_or(String::new(), |n| n.id().to_owned());
        let other = (1..all.len()).find(|&rank| all[rank].nests_in() != all[0].nests_in());
        NomenclatureError::NoCrosswalk { from: id(0), to: id(other.unwrap_or(1)) }
    };
    let hub = all.first().and_then(|n| n.nests_in()).filter(|hub| leads(hub)).ok_or_else(apart)?;
    Nomenclature::builtin(hub)
}

/// Why two classes of the common level may be the same ground; the stronger reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// They are one class.
    Same,
    /// One stands for several classes, the other for one of them.
    Aggregate,
    /// The nesting of one is corrected, the other is the class that its source publishes.
    Published,
    /// Nothing in one nomenclature nests in the class that the other names; its nearest relatives
    /// are all that could be written (inferred).
    Unexpressed,
}

impl Likeness {
    /// Its stable name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Aggregate => "aggregate",
            Self::Published => "published",
            Self::Unexpressed => "unexpressed",
        }
    }
}

/// What each class of the common level may stand for when a vintage in one nomenclature says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meanings {
    cs: Vec<Meaning>,
    us: Vec<Meaning>,
}

/// Atomic classes with the reason that lets a class stand for them.
type Meaning = BTreeMap<ClassId, Likeness>;

impl Meanings {
    /// The meanings of the codes of `own` at the level of `common`, which may be `own`.
    ///
    /// # Errors
    /// [`NomenclatureError::NoCrosswalk`] when `own` does not lead to `common`.
    pub fn of(own: &Nomenclature, common: &Nomenclature) -> Result<Self, NomenclatureError> {
        let crosswalk = Crosswalk::between(own, common)?;
        let Self { mut cs, mut us } = Self::own(common);
        widen(&mut cs, (own, common), (&crosswalk, Dimension::Cover));
        widen(&mut us, (own, common), (&crosswalk, Dimension::Usage));
        Ok(Self { cs, us })
    }

    /// The meanings of the codes of the common level itself.
    pub fn own(common: &Nomenclature) -> Self {
        let of = |dimension| {
            let one = |(id, _)| {
                let atoms = common.expand(dimension, id);
                let reason = if atoms == [id] { Likeness::Same } else { Likeness::Aggregate };
                atoms.into_iter().map(|atom| (atom, reason)).collect()
            };
            common.iter(dimension).map(one).collect()
        };
        Self { cs: of(Dimension::Cover), us: of(Dimension::Usage) }
    }

    /// Which classes of `self` may be the same ground as which classes of `other`.
    pub fn against(&self, other: &Self) -> Likenesses {
        let pairs = |own: &[Meaning], other: &[Meaning]| {
            let row = |a| other.iter().map(|b| shared(a, b)).collect();
            own.iter().map(row).collect()
        };
        Likenesses { cs: pairs(&self.cs, &other.cs), us: pairs(&self.us, &other.us) }
    }
}

/// Adds what the classes of the common level stand for besides when `own` is all that can be said.
fn widen(
    all: &mut [Meaning],
    (own, common): (&Nomenclature, &Nomenclature),
    (crosswalk, dimension): (&Crosswalk, Dimension),
) {
    let mut is_said = vec![false; all.len()];
    for leaf in own.leaves(dimension) {
        let Some(link) = crosswalk.link(dimension, leaf) else { continue };
        let Some(target) = link.target else { continue };
        common.expand(dimension, target).into_iter().for_each(|atom| is_said[rank(atom)] = true);
        for atom in link.published.into_iter().flat_map(|id| common.expand(dimension, id)) {
            all[rank(target)].entry(atom).or_insert(Likeness::Published);
        }
    }
    for leaf in common.leaves(dimension) {
        if !is_said[rank(leaf)] && common.expand(dimension, leaf) == [leaf] {
            for relative in relatives(common, dimension, leaf, &is_said) {
                all[rank(relative)].entry(leaf).or_insert(Likeness::Unexpressed);
            }
        }
    }
}

/// The leaves that can be said below the nearest class above `leaf` that has some.
fn relatives(
    common: &Nomenclature,
    dimension: Dimension,
    leaf: ClassId,
    is_said: &[bool],
) -> Vec<ClassId> {
    let below = |top: ClassId| {
        let mut leaves = common.expand(dimension, top);
        leaves.retain(|id| is_said[rank(*id)]);
        leaves
    };
    let nearest = common.ancestors(dimension, leaf).into_iter().map(below);
    nearest.into_iter().find(|said| !said.is_empty()).unwrap_or_default()
}

/// The strongest reason for two classes to stand for one and the same.
fn shared(a: &Meaning, b: &Meaning) -> Option<Likeness> {
    a.iter().filter_map(|(atom, reason)| Some((*reason).max(*b.get(atom)?))).min()
}

fn rank(id: ClassId) -> usize {
    usize::from(id.0) - 1
}

/// Which classes of an older vintage may be the same ground as which classes of a newer one.
///
/// The classes are those of the common level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likenesses {
    cs: Vec<Vec<Option<Likeness>>>,
    us: Vec<Vec<Option<Likeness>>>,
}

impl Likenesses {
    /// Why the couples may be the same ground: the weaker of the reasons of cover and usage.
    ///
    /// `None` when the ground differs, or where one of the classes is nodata in one vintage only.
    pub fn of(&self, before: Couple, after: Couple) -> Option<Likeness> {
        if before == after {
            return Some(Likeness::Same);
        }
        let one = |table: &[Vec<Option<Likeness>>], a: ClassId, b: ClassId| {
            if a == b {
                return Some(Likeness::Same);
            }
            let row = table.get(usize::from(a.0).checked_sub(1)?)?;
            *row.get(usize::from(b.0).checked_sub(1)?)?
        };
        let cover = one(&self.cs, before.cs, after.cs)?;
        Some(cover.max(one(&self.us, before.us, after.us)?))
    }
}

#[cfg(test)]
mod tests;
