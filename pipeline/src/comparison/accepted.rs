//! Accepted corrections of the vintages of a comparison: which differences they explain.

use std::borrow::Cow;

use kernels::lattice::Polygon;
use nomenclature::{ClassId, Couple, Crosswalk, Dimension, Nomenclature};

use crate::corrections::apply::{Application, in_order};
use crate::corrections::ledger::{Entry, Ledger};
use crate::corrections::provenance::outline;
use crate::corrections::terms::Standing;
use crate::error::Error;
use crate::vintage::Vintage;

/// What the vintages are where accepted corrections of a ledger are applied to them, at the level
/// of its codes.
#[derive(Debug, Default)]
pub struct Accepted {
    /// The polygons that a correction changed: those of other codes, and those that took or gave
    /// ground.
    pub polygons: Vec<Polygon>,
    /// Year of the vintage and corrected codes of each.
    says: Vec<(u16, Couple)>,
    /// The way from the codes of the comparison to those of the ledger, where they differ.
    level: Option<Crosswalk>,
}

impl Accepted {
    /// Those of each vintage, applied as [`crate::corrections::apply`] does.
    ///
    /// * `common`: the nomenclature of the vintages.
    ///
    /// # Errors
    /// [`Error::Usage`] when the codes of the vintages do not lead to those of the ledger,
    /// [`Error::Input`] when the polygons cannot be arranged.
    pub fn of(ledger: &Ledger, vintages: &[Vintage], common: &Nomenclature) -> Result<Self, Error> {
        let national = ledger.nomenclature()?;
        let unfit = |error: nomenclature::NomenclatureError| Error::Usage {
            what: format!("the corrections do not fit the vintages: {error}"),
            hint: error.hint(),
        };
        let level = (national != *common).then(|| Crosswalk::between(common, &national));
        let mut all = Self { level: level.transpose().map_err(unfit)?, ..Self::default() };
        for vintage in vintages {
            let entries = in_order(ledger, vintage.year);
            if entries.iter().all(|entry| entry.standing != Standing::Accepted) {
                continue;
            }
            let vintage = all.at_level(vintage);
            let is_chosen = |entry: &Entry| entry.standing == Standing::Accepted;
            let corrected = Application::of(&vintage, &national, &entries, is_chosen)?.corrected;
            for polygon in corrected.polygons.iter().filter(|polygon| !polygon.by.is_empty()) {
                all.polygons.push(outline(&vintage, polygon).clone());
                all.says.push((vintage.year, polygon.couple));
            }
        }
        Ok(all)
    }

    /// A vintage of the comparison with the codes of the ledger.
    fn at_level<'a>(&self, vintage: &'a Vintage) -> Cow<'a, Vintage> {
        if self.level.is_none() {
            return Cow::Borrowed(vintage);
        }
        let mut vintage = vintage.clone();
        vintage.couples.iter_mut().for_each(|couple| *couple = self.levelled(*couple));
        Cow::Owned(vintage)
    }

    /// Whether a difference is what corrections of the older vintage asked for: in each dimension
    /// that differs, the corrected vintage has the newer code.
    ///
    /// * `ranks`: the corrected polygons that cover the ground.
    pub(super) fn explain(
        &self,
        ranks: &[u32],
        year: u16,
        (before, after): (Couple, Couple),
    ) -> bool {
        let (before, after) = (self.levelled(before), self.levelled(after));
        let proposed = |of: fn(Couple) -> ClassId| {
            let says = ranks.iter().map(|&rank| self.says[rank as usize]);
            let wanted = of(after);
            !wanted.is_nodata()
                && says.into_iter().any(|(own, couple)| own == year && of(couple) == wanted)
        };
        let is_right = |of: fn(Couple) -> ClassId| of(before) == of(after) || proposed(of);
        before != after && is_right(|couple| couple.cs) && is_right(|couple| couple.us)
    }

    /// A couple of the comparison at the level of the ledger.
    fn levelled(&self, couple: Couple) -> Couple {
        let Some(level) = &self.level else { return couple };
        let of = |dimension, id| level.map(dimension, id).unwrap_or_default();
        Couple { cs: of(Dimension::Cover, couple.cs), us: of(Dimension::Usage, couple.us) }
    }
}
