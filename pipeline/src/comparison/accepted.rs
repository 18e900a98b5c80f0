//! Accepted corrections of the vintages of a comparison: which differences they explain.

use kernels::lattice::Polygon;
use nomenclature::{ClassId, Couple, Crosswalk, Dimension, Nomenclature};

use crate::corrections::claim::{Ask, ask};
use crate::corrections::ledger::{Entry, Ledger};
use crate::corrections::objects::Objects;
use crate::corrections::terms::Standing;
use crate::error::Error;
use crate::vintage::Vintage;

/// The accepted corrections of a ledger, at the level of its codes.
#[derive(Debug, Default)]
pub struct Accepted {
    /// Where they are; an object that should have another outline has that one.
    pub polygons: Vec<Polygon>,
    /// Year of the vintage and the codes that each proposes; a dimension that it is not about is
    /// nodata.
    says: Vec<(u16, Couple)>,
    /// The way from the codes of the comparison to those of the ledger, where they differ.
    level: Option<Crosswalk>,
}

impl Accepted {
    /// Those that correct one of the vintages; the codes of an object to draw anew are its own.
    ///
    /// * `common`: the nomenclature of the vintages.
    ///
    /// # Errors
    /// [`Error::Usage`] when the codes of the vintages do not lead to those of the ledger.
    pub fn of(ledger: &Ledger, vintages: &[Vintage], common: &Nomenclature) -> Result<Self, Error> {
        let national = ledger.nomenclature()?;
        let unfit = |error: nomenclature::NomenclatureError| Error::Usage {
            what: format!("the corrections do not fit the vintages: {error}"),
            hint: error.hint(),
        };
        let level = (national != *common).then(|| Crosswalk::between(common, &national));
        let mut all = Self { level: level.transpose().map_err(unfit)?, ..Self::default() };
        for vintage in vintages {
            let own = ledger.entries.iter().filter(|entry| {
                entry.record.vintage == vintage.year && entry.standing == Standing::Accepted
            });
            let own: Vec<&Entry> = own.collect();
            let objects = Objects::of(vintage);
            for entry in &own {
                // What proposes nothing that is known explains nothing.
                let proposed = match ask(entry, &national, &objects) {
                    Ok(Ask::Codes { proposed, .. }) => proposed,
                    Ok(Ask::Outline { object }) => all.levelled(couple_of(vintage, &object)),
                    Err(_) => continue,
                };
                all.polygons.push(entry.polygon.clone());
                all.says.push((vintage.year, proposed));
            }
        }
        Ok(all)
    }

    /// Whether a difference is what corrections of the older vintage asked for: in each dimension
    /// that differs, one of them proposes the newer code.
    ///
    /// * `ranks`: the corrections that cover the ground.
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

fn couple_of(vintage: &Vintage, object: &str) -> Couple {
    let rank = vintage.objects.iter().position(|own| own.id == object);
    rank.map_or(Couple::NODATA, |rank| vintage.couples[rank])
}
