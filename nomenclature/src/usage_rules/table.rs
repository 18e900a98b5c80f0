//! Usage rules made ready for the classes of one nomenclature.

use super::{Grounds, UsageRule, UsageRules};
use crate::class::{ClassId, Dimension};
use crate::crosswalk::Crosswalk;
use crate::error::NomenclatureError;
use crate::evidence::{Layer, Natures, accepted};
use crate::nomenclature::Nomenclature;

/// Usage rules made ready for one nomenclature.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageTable {
    /// The rules, in order.
    pub rules: Vec<CompiledRule>,
    /// What becomes of the grounds of new buildings.
    pub grounds: Option<GroundsTable>,
    /// The usage of a cell that no rule fits and that has no prior.
    pub without_prior: ClassId,
}

/// What a rule is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageCase {
    /// The cover decided.
    pub cover: ClassId,
    /// The prior's usage, or nodata.
    pub prior: ClassId,
    /// Whether the cover is not the prior's, or there is no prior.
    pub is_changed: bool,
    /// Evidence by layer: 0 absent, else 1 + nature.
    pub evidence: [u8; Layer::COUNT],
}

impl UsageTable {
    /// # Errors
    /// As [`UsageRules::compile`].
    pub(super) fn of(
        rules: &UsageRules,
        nomenclature: &Nomenclature,
        natures: &Natures,
    ) -> Result<Self, NomenclatureError> {
        let compiled = rules.rules.iter().map(|rule| CompiledRule::of(rule, nomenclature, natures));
        let grounds = rules.grounds.as_ref().map(|g| GroundsTable::of(g, nomenclature));
        Ok(Self {
            rules: compiled.collect::<Result<_, _>>()?,
            grounds: grounds.transpose()?,
            without_prior: nomenclature.resolve(Dimension::Usage, &rules.without_prior)?,
        })
    }

    /// Rank of the first rule of usage that fits, if any.
    pub fn first_fit(&self, case: &UsageCase) -> Option<usize> {
        self.rules.iter().position(|rule| rule.into.is_none() && rule.fits(case))
    }

    /// Rank of the first rule that makes the cover a finer one, and that cover, if any.
    pub fn finer_cover(&self, case: &UsageCase) -> Option<(usize, ClassId)> {
        let finer =
            |(rank, rule): (usize, &CompiledRule)| Some((rank, rule.into?, rule.fits(case)));
        let mut rules = self.rules.iter().enumerate().filter_map(finer);
        rules.find(|&(_, _, fits)| fits).map(|(rank, into, _)| (rank, into))
    }

    /// Whether some rule is for cells whose cover did not change.
    pub fn has_everywhere(&self) -> bool {
        self.rules.iter().any(|rule| rule.everywhere)
    }

    /// Whether some rule makes covers finer.
    pub fn has_finer_covers(&self) -> bool {
        self.rules.iter().any(|rule| rule.into.is_some())
    }
}

/// A rule by class ids.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledRule {
    /// Its name.
    pub name: String,
    cover: Vec<bool>,
    prior: Vec<bool>,
    evidence: Option<(Layer, [bool; 256])>,
    pub(super) everywhere: bool,
    into: Option<ClassId>,
    /// Usages that may be taken from the surrounding cells.
    pub neighbour: Vec<ClassId>,
    /// The usage, or `None` for the prior's.
    pub usage: Option<ClassId>,
}

impl CompiledRule {
    fn of(
        rule: &UsageRule,
        nomenclature: &Nomenclature,
        natures: &Natures,
    ) -> Result<Self, NomenclatureError> {
        let usage = |code: &String| nomenclature.resolve(Dimension::Usage, code);
        let known = |layer: Layer| &natures[layer.rank()];
        let evidence =
            rule.layer.map(|layer| (layer, accepted(rule.when, &rule.natures, known(layer))));
        let cover = flags(nomenclature, Dimension::Cover, &rule.cover)?;
        let into = rule.into.as_ref().map(|code| finer(rule, &cover, (nomenclature, code)));
        Ok(Self {
            name: rule.name.clone(),
            into: into.transpose()?,
            cover,
            prior: flags(nomenclature, Dimension::Usage, &rule.prior)?,
            evidence,
            everywhere: rule.everywhere,
            neighbour: rule.neighbour.iter().map(usage).collect::<Result<_, _>>()?,
            usage: rule.usage.as_ref().map(usage).transpose()?,
        })
    }

    fn fits(&self, case: &UsageCase) -> bool {
        let says = |(layer, accepted): &(Layer, [bool; 256])| {
            accepted[usize::from(case.evidence[layer.rank()])]
        };
        (case.is_changed || self.everywhere)
            && self.cover[usize::from(case.cover.0)]
            && self.prior[usize::from(case.prior.0)]
            && self.evidence.as_ref().is_none_or(says)
    }
}

/// The finer cover of a rule, which must nest where all the covers of the rule do: so the result
/// collapses to the same vintage of the coarser nomenclature.
fn finer(
    rule: &UsageRule,
    covers: &[bool],
    (nomenclature, code): (&Nomenclature, &str),
) -> Result<ClassId, NomenclatureError> {
    let into = nomenclature.resolve(Dimension::Cover, code)?;
    let parent = nomenclature.nests_in().map(Nomenclature::builtin).transpose()?;
    let crosswalk = match &parent {
        Some(parent) => Crosswalk::between(nomenclature, parent)?,
        None => Crosswalk::between(nomenclature, nomenclature)?,
    };
    let class = |id: ClassId| crosswalk.map(Dimension::Cover, id);
    let leaves = nomenclature.leaves(Dimension::Cover);
    let mut own = leaves.into_iter().filter(|id| covers[usize::from(id.0)]);
    match own.find(|&id| class(id).is_none() || class(id) != class(into)) {
        None => Ok(into),
        Some(cover) => Err(NomenclatureError::NotFiner {
            rule: rule.name.clone(),
            cover: nomenclature.code(Dimension::Cover, cover).to_owned(),
            into: code.to_owned(),
        }),
    }
}

/// [`Grounds`] by class ids.
#[derive(Debug, Clone, PartialEq)]
pub struct GroundsTable {
    /// The layer that shows buildings.
    pub buildings: Layer,
    usages: Vec<bool>,
    from: Vec<bool>,
    cover: Vec<bool>,
    /// Layers that declare another usage of the ground on which they lie.
    pub declared: Vec<Layer>,
    /// Half of the distance under which new buildings are joined, in metres.
    pub closing_m: f64,
    /// Margin around the joined buildings, in metres.
    pub margin_m: f64,
    /// Share of a piece of open ground around buildings from which it goes as a whole.
    pub share: f64,
}

impl GroundsTable {
    fn of(grounds: &Grounds, nomenclature: &Nomenclature) -> Result<Self, NomenclatureError> {
        Ok(Self {
            buildings: grounds.buildings,
            usages: flags(nomenclature, Dimension::Usage, &grounds.usages)?,
            from: flags(nomenclature, Dimension::Usage, &grounds.from)?,
            cover: flags(nomenclature, Dimension::Cover, &grounds.cover)?,
            declared: grounds.declared.clone(),
            closing_m: grounds.closing_m,
            margin_m: grounds.margin_m,
            share: grounds.share,
        })
    }

    /// Whether a usage of new buildings spreads to their grounds.
    pub fn spreads(&self, usage: ClassId) -> bool {
        self.usages[usize::from(usage.0)]
    }

    /// Whether ground of a cover and a usage may take that of buildings.
    pub fn takes(&self, cover: ClassId, usage: ClassId) -> bool {
        self.cover[usize::from(cover.0)] && self.from[usize::from(usage.0)]
    }
}

/// One flag per class id: the codes and all below them; every id when there is no code.
fn flags(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    codes: &[String],
) -> Result<Vec<bool>, NomenclatureError> {
    let mut flags = vec![codes.is_empty(); 256];
    for code in codes {
        for id in nomenclature.subtree(dimension, nomenclature.resolve(dimension, code)?) {
            flags[usize::from(id.0)] = true;
        }
    }
    Ok(flags)
}
