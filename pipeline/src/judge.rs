//! A rule set made ready for one nomenclature: what counts as artificial, built, impermeable.

use kernels::artificialise::{self, Artificialised, Rules, artificialise};
use kernels::lattice::twice_area_of;
use nomenclature::{ArtificialTable, ClassId, Couple, Crosswalk, Dimension, Nomenclature, RuleSet};

use crate::error::Error;

/// The built-in rule set that says what is impermeable.
const IMPERMEABLE: &str = "impermeabilisation";

/// Decides couples and whole vintages by a rule set and its thresholds.
#[derive(Debug, Clone)]
pub struct Judge {
    artificial: ArtificialTable,
    impermeable: ArtificialTable,
    /// Covers whose small polygons are restored next to a non-artificial group.
    restored: Vec<ClassId>,
    thresholds: Rules,
}

impl Judge {
    /// Makes `rules` ready for the codes of `nomenclature`.
    ///
    /// # Errors
    /// The rule set names codes that do not lead to this nomenclature.
    pub fn new(rules: &RuleSet, nomenclature: &Nomenclature) -> Result<Self, Error> {
        let unfit = |error: nomenclature::NomenclatureError| {
            Error::usage(format!(
                "rule set `{}` does not fit nomenclature `{}`: {error}",
                rules.id,
                nomenclature.id()
            ))
        };
        let limits = &rules.thresholds;
        let own = Nomenclature::builtin(&rules.nomenclature).map_err(unfit)?;
        let crosswalk = Crosswalk::between(nomenclature, &own).map_err(unfit)?;
        let is_restored = |id: &ClassId| {
            crosswalk.map(Dimension::Cover, *id).is_some_and(|id| {
                limits.restored_covers.iter().any(|c| *c == own.code(Dimension::Cover, id))
            })
        };
        Ok(Self {
            artificial: rules.compile(nomenclature).map_err(unfit)?,
            impermeable: RuleSet::builtin(IMPERMEABLE)
                .and_then(|set| set.compile(nomenclature))
                .map_err(unfit)?,
            restored: nomenclature
                .leaves(Dimension::Cover)
                .into_iter()
                .filter(is_restored)
                .collect(),
            thresholds: Rules {
                group_twice_area_min: twice_area_of(limits.other_min_m2),
                built_twice_area_min: twice_area_of(limits.restored_min_m2),
                forcing_twice_area_max: limits.forcing.then(|| twice_area_of(limits.other_min_m2)),
            },
        })
    }

    /// Id of the rule set, to be printed in every output.
    pub fn rule_set(&self) -> &str {
        self.artificial.rule_set()
    }

    /// Whether a couple is artificial by the matrix alone.
    pub fn is_artificial(&self, couple: Couple) -> bool {
        self.artificial.is_artificial(couple)
    }

    /// The article that decides a couple.
    pub fn article(&self, couple: Couple) -> &str {
        self.artificial.article(couple)
    }

    /// Whether a couple is impermeable; no threshold applies.
    pub fn is_impermeable(&self, couple: Couple) -> bool {
        self.impermeable.is_artificial(couple)
    }

    /// The verdict of every polygon of a vintage.
    ///
    /// * `twice_areas`: exact areas, doubled, in square lattice steps; one per polygon.
    /// * `contacts`: pairs of polygons that share at least one point.
    ///
    /// # Errors
    /// [`Error::Internal`] when the slices do not describe the same polygons.
    pub fn verdicts(
        &self,
        couples: &[Couple],
        twice_areas: &[i128],
        contacts: &[(u32, u32)],
    ) -> Result<Artificialised, Error> {
        let matrix: Vec<bool> = couples.iter().map(|&c| self.is_artificial(c)).collect();
        let built: Vec<bool> = couples.iter().map(|c| self.restored.contains(&c.cs)).collect();
        let vintage =
            artificialise::Vintage { twice_areas, matrix: &matrix, built: &built, contacts };
        artificialise(&vintage, &self.thresholds)
            .map_err(|error| Error::internal(error.to_string()))
    }
}
