//! Stocks, fluxes and matrices of artificialisation, as exact sums over the faces of one overlay.
//!
//! Every face of the arrangement carries its labels at both dates, its commune and its planning
//! zone. A [`Ledger`] adds up face areas per distinct set of labels; every published figure is a
//! sum over the same entries. So `stock after - stock before = gross in - gross out` and
//! `communes + remainder = department` hold to the last half square centimetre, and
//! [`Balance::identity_gap`] and [`Ledger::additivity_gap`] let a run prove it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use nomenclature::{ClassId, Couple, Dimension};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::change::ChangeKind;
use crate::lattice::area_m2;

pub mod series;
#[cfg(test)]
mod tests;

/// Everything a figure may depend on: the labels of one face.
#[expect(clippy::struct_excessive_bools, reason = "two qualities at two dates, independent")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Labels {
    /// Rank of the territory (commune) that holds the face; `None` outside every commune.
    pub territory: Option<u32>,
    /// Rank of the planning zone or of any other zoning; `None` outside every zone.
    pub zone: Option<u32>,
    /// Cover and usage in the older vintage.
    pub before: Couple,
    /// Cover and usage in the newer vintage.
    pub after: Couple,
    /// Artificial at the older date.
    pub artif_before: bool,
    /// Artificial at the newer date.
    pub artif_after: bool,
    /// Impermeable at the older date.
    pub imper_before: bool,
    /// Impermeable at the newer date.
    pub imper_after: bool,
    /// What the change of the face is; `None` when it did not change or was not classed.
    pub change: Option<ChangeKind>,
}

/// One face of the arrangement of both vintages, territories and zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Face {
    /// Twice its area, in square lattice steps.
    pub twice_area: i128,
    /// What it carries.
    pub labels: Labels,
}

/// The quality of the ground that a balance follows through time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Artificial in the sense of the rule set.
    Artificial,
    /// Impermeable: CS1.1.1.1 or CS1.1.1.2, whatever the area.
    Impermeable,
}

impl Labels {
    /// Whether the face has the status at the older and at the newer date.
    pub fn status(&self, status: Status) -> (bool, bool) {
        match status {
            Status::Artificial => (self.artif_before, self.artif_after),
            Status::Impermeable => (self.imper_before, self.imper_after),
        }
    }

    /// The class of the face in one dimension at the older and at the newer date.
    pub fn classes(&self, dimension: Dimension) -> (ClassId, ClassId) {
        match dimension {
            Dimension::Cover => (self.before.cs, self.after.cs),
            Dimension::Usage => (self.before.us, self.after.us),
        }
    }

    /// The same ground without its noise: a change that is not [`ChangeKind::Real`] is undone by
    /// carrying the newer labels back to the older date, so that filtered figures keep the newer
    /// vintage's stock and still satisfy the identity.
    #[must_use]
    pub fn filtered(self) -> Self {
        match self.change {
            None | Some(ChangeKind::Real) => self,
            Some(_) => Self {
                before: self.after,
                artif_before: self.artif_after,
                imper_before: self.imper_after,
                ..self
            },
        }
    }
}

/// Exact stocks and fluxes of one thing over one place; all in doubled square lattice steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balance {
    /// Area at the older date.
    pub stock_before: i128,
    /// Area at the newer date.
    pub stock_after: i128,
    /// Gained: without the status before, with it after (artificialisation).
    pub gross_in: i128,
    /// Lost: with the status before, without it after (désartificialisation).
    pub gross_out: i128,
    /// Came from another code with the status at both dates; 0 in balances over all codes.
    pub recoded_in: i128,
    /// Went to another code with the status at both dates; 0 in balances over all codes.
    pub recoded_out: i128,
}

impl Balance {
    /// Gained minus lost: for artificialisation, the ZAN balance.
    pub fn net(&self) -> i128 {
        self.gross_in - self.gross_out
    }

    /// `(stock after - stock before) - (in - out) - (recoded in - recoded out)`: 0 or a defect.
    pub fn identity_gap(&self) -> i128 {
        self.stock_after - self.stock_before - self.net() - (self.recoded_in - self.recoded_out)
    }

    fn of((before, after): (bool, bool), twice_area: i128) -> Self {
        let when = |condition: bool| if condition { twice_area } else { 0 };
        Self {
            stock_before: when(before),
            stock_after: when(after),
            gross_in: when(after && !before),
            gross_out: when(before && !after),
            recoded_in: 0,
            recoded_out: 0,
        }
    }
}

impl AddAssign for Balance {
    fn add_assign(&mut self, other: Self) {
        self.stock_before += other.stock_before;
        self.stock_after += other.stock_after;
        self.gross_in += other.gross_in;
        self.gross_out += other.gross_out;
        self.recoded_in += other.recoded_in;
        self.recoded_out += other.recoded_out;
    }
}

/// Face areas per distinct set of labels, and independent running totals to check them against.
///
/// Sums of integers: the order of the faces, the number of threads and the way partial ledgers are
/// merged never change it. It holds one entry per distinct [`Labels`], not per face.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    entries: BTreeMap<Labels, i128>,
    surface: i128,
    artificial: Balance,
    impermeable: Balance,
}

impl FromIterator<Face> for Ledger {
    fn from_iter<I: IntoIterator<Item = Face>>(faces: I) -> Self {
        let mut ledger = Self::default();
        faces.into_iter().for_each(|face| ledger.add(face));
        ledger
    }
}

impl Ledger {
    /// Adds up faces on the threads of the current rayon pool.
    pub fn of(faces: &[Face]) -> Self {
        let partial = faces.par_chunks(1 << 16).map(|chunk| chunk.iter().copied().collect());
        partial.reduce(Self::default, Self::merge)
    }

    /// Adds one face.
    pub fn add(&mut self, face: Face) {
        let Face { twice_area, labels } = face;
        *self.entries.entry(labels).or_default() += twice_area;
        self.surface += twice_area;
        self.artificial += Balance::of(labels.status(Status::Artificial), twice_area);
        self.impermeable += Balance::of(labels.status(Status::Impermeable), twice_area);
    }

    /// The ledger of the faces of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let (mut into, from) =
            if self.entries.len() < other.entries.len() { (other, self) } else { (self, other) };
        for (labels, twice_area) in from.entries {
            *into.entries.entry(labels).or_default() += twice_area;
        }
        into.surface += from.surface;
        into.artificial += from.artificial;
        into.impermeable += from.impermeable;
        into
    }

    /// Every distinct set of labels with its doubled area, in the order of the labels.
    pub fn entries(&self) -> impl Iterator<Item = (&Labels, i128)> + '_ {
        self.entries.iter().map(|(labels, &twice_area)| (labels, twice_area))
    }

    /// The same ground under other labels.
    ///
    /// This is how one ledger serves every variant: without thresholds (statuses replaced by the
    /// matrix's answer for the couple), another rule set, coarser codes, EPCI instead of communes,
    /// noise removed ([`Labels::filtered`]).
    #[must_use]
    pub fn relabel(&self, mut rule: impl FnMut(Labels) -> Labels) -> Self {
        self.entries().map(|(&l, twice_area)| Face { twice_area, labels: rule(l) }).collect()
    }

    /// Communes added up into what holds them: intercommunality, planning area, department.
    ///
    /// `parent` gives the rank of a commune's parent; a commune without parent joins the stated
    /// remainder, under `None`, beside the faces outside every commune.
    #[must_use]
    pub fn roll_up(&self, parent: impl Fn(u32) -> Option<u32>) -> Self {
        self.relabel(|l| Labels { territory: l.territory.and_then(&parent), ..l })
    }

    /// Doubled area of all faces, added up apart from the entries.
    pub fn surface(&self) -> i128 {
        self.surface
    }

    /// Balance of all faces, added up apart from the entries.
    pub fn total(&self, status: Status) -> Balance {
        match status {
            Status::Artificial => self.artificial,
            Status::Impermeable => self.impermeable,
        }
    }

    /// Doubled area of each territory; `None` is the remainder outside every one.
    pub fn surface_by_territory(&self) -> BTreeMap<Option<u32>, i128> {
        self.sum_by(|l, twice_area| [(l.territory, twice_area)])
    }

    /// Balance of each territory; `None` is the remainder outside every one.
    pub fn by_territory(&self, status: Status) -> BTreeMap<Option<u32>, Balance> {
        self.sum_by(|l, twice_area| [(l.territory, Balance::of(l.status(status), twice_area))])
    }

    /// Balance of each planning zone of each territory.
    pub fn by_zone(&self, status: Status) -> BTreeMap<(Option<u32>, Option<u32>), Balance> {
        self.sum_by(|l, twice_area| {
            [((l.territory, l.zone), Balance::of(l.status(status), twice_area))]
        })
    }

    /// Area that each kind of change moved into and out of the status.
    pub fn by_change(&self, status: Status) -> BTreeMap<Option<ChangeKind>, Balance> {
        self.sum_by(|l, twice_area| [(l.change, Balance::of(l.status(status), twice_area))])
    }

    /// Balance of each class of each territory, within the status.
    ///
    /// Artificialisation counts on the new code, désartificialisation on the old one. Ground that
    /// keeps the status and changes code is `recoded`: without it no identity holds by code.
    pub fn by_class(
        &self,
        status: Status,
        dimension: Dimension,
    ) -> BTreeMap<(Option<u32>, ClassId), Balance> {
        self.sum_by(|l, twice_area| {
            let (old, new) = l.classes(dimension);
            class_balances(l.status(status), old == new, twice_area)
                .map(|(is_new, balance)| ((l.territory, if is_new { new } else { old }), balance))
        })
    }

    /// Occupation of each class of each territory, whatever the status: stock, area entered, area
    /// left.
    pub fn occupation(&self, dimension: Dimension) -> BTreeMap<(Option<u32>, ClassId), Balance> {
        self.sum_by(|l, twice_area| {
            let (old, new) = l.classes(dimension);
            let moved = if old == new { 0 } else { twice_area };
            let left = Balance { stock_before: twice_area, gross_out: moved, ..Balance::default() };
            let entered =
                Balance { stock_after: twice_area, gross_in: moved, ..Balance::default() };
            [((l.territory, old), left), ((l.territory, new), entered)]
        })
    }

    /// Area that went from each class to each class, all territories together, the diagonal (what
    /// did not change) included.
    pub fn matrix(&self, dimension: Dimension) -> BTreeMap<(ClassId, ClassId), i128> {
        self.sum_by(|l, twice_area| [(l.classes(dimension), twice_area)])
    }

    /// [`Ledger::matrix`] of each territory; `None` is the remainder outside every one.
    pub fn matrix_by_territory(
        &self,
        dimension: Dimension,
    ) -> BTreeMap<(Option<u32>, ClassId, ClassId), i128> {
        self.sum_by(|l, twice_area| {
            let (before, after) = l.classes(dimension);
            [((l.territory, before, after), twice_area)]
        })
    }

    /// How far the territories are from adding up to the ledger's own totals, surface first: all
    /// zeros, or a defect.
    pub fn additivity_gap(&self, status: Status) -> [i128; 5] {
        let mut sum = Balance::default();
        self.by_territory(status).values().for_each(|&balance| sum += balance);
        let total = self.total(status);
        [
            self.surface_by_territory().values().sum::<i128>() - self.surface,
            sum.stock_before - total.stock_before,
            sum.stock_after - total.stock_after,
            sum.gross_in - total.gross_in,
            sum.gross_out - total.gross_out,
        ]
    }

    /// The largest identity gap over every territory, zone and class, and the total: 0 or a defect.
    pub fn identity_gap(&self, status: Status) -> i128 {
        let mut balances = vec![self.total(status)];
        balances.extend(self.by_territory(status).into_values());
        balances.extend(self.by_zone(status).into_values());
        for dimension in [Dimension::Cover, Dimension::Usage] {
            balances.extend(self.by_class(status, dimension).into_values());
            balances.extend(self.occupation(dimension).into_values());
        }
        balances.iter().map(Balance::identity_gap).max_by_key(|gap| gap.abs()).unwrap_or(0)
    }

    fn sum_by<K: Ord, V: AddAssign + Default, const N: usize>(
        &self,
        parts: impl Fn(&Labels, i128) -> [(K, V); N],
    ) -> BTreeMap<K, V> {
        let mut sums = BTreeMap::new();
        for (labels, twice_area) in self.entries() {
            for (key, value) in parts(labels, twice_area) {
                *sums.entry(key).or_default() += value;
            }
        }
        sums
    }
}

/// What a face does to its old class (`false`) and to its new class (`true`).
fn class_balances(
    (before, after): (bool, bool),
    same_class: bool,
    twice_area: i128,
) -> [(bool, Balance); 2] {
    let total = Balance::of((before, after), twice_area);
    let recoded = if before && after && !same_class { twice_area } else { 0 };
    let old = Balance { stock_after: 0, gross_in: 0, recoded_out: recoded, ..total };
    let new = Balance { stock_before: 0, gross_out: 0, recoded_in: recoded, ..total };
    [(false, old), (true, new)]
}

/// Square metres per year of a doubled area gained or lost over a number of years.
///
/// Two territories whose intervals differ are only comparable in this form. `None` when the
/// interval is zero.
pub fn annual_m2(twice_area: i128, years: u32) -> Option<f64> {
    (years > 0).then(|| area_m2(twice_area) / f64::from(years))
}
