//! What the ground is used for: ordered rules over cover, evidence and the prior's usage.

use serde::Deserialize;

use crate::builtin::pick;
use crate::class::{ClassId, Dimension};
use crate::error::{NomenclatureError, Problem};
use crate::evidence::{Layer, Natures, Presence, accepted};
use crate::findings::{Fault, Findings};
use crate::nearest::nearest_word;
use crate::nomenclature::Nomenclature;
use crate::yaml;

const IDS: &[&str] = &["ocsge-2-0"];
const TEXTS: &[&str] = &[include_str!("../data/usage/ocsge-2-0.yaml")];

/// Most rules of a set: a rule's rank is written on one byte.
pub const RULES_MAX: usize = 254;

/// Ordered rules of usage; the first that fits a cell holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageRules {
    /// Version of the YAML form; 1.
    format: u32,
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where its decisions come from.
    pub source: Vec<String>,
    /// The usage of a cell that no rule fits and that has no prior.
    pub without_prior: String,
    /// What becomes of the grounds of new buildings; nothing when absent.
    #[serde(default)]
    pub grounds: Option<Grounds>,
    /// The rules.
    pub rules: Vec<UsageRule>,
}

/// Which ground takes the usage of new buildings around it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// The layer that shows buildings.
    pub buildings: Layer,
    /// Usages of buildings that spread to their grounds.
    pub usages: Vec<String>,
    /// Usages that ground gives up, with all below them.
    pub from: Vec<String>,
    /// Covers of ground, with all below them.
    pub cover: Vec<String>,
    /// Layers that declare another usage of the ground on which they lie.
    pub declared: Vec<Layer>,
    /// Half of the distance under which new buildings are joined, in metres.
    pub closing_m: f64,
    /// Margin around the joined buildings, in metres.
    pub margin_m: f64,
    /// Share of a piece of open ground around buildings from which it goes as a whole.
    pub share: f64,
}

/// One rule: all its conditions hold on a cell, so the cell has its usage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageRule {
    /// Its name in counts and reports.
    pub name: String,
    /// Covers it is for, with all below them; any when empty.
    #[serde(default)]
    pub cover: Vec<String>,
    /// Usages of the prior it is for, with all below them; any when empty.
    #[serde(default)]
    pub prior: Vec<String>,
    /// The evidence layer it asks about.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// Whether that layer must be there or not.
    #[serde(default)]
    pub when: Presence,
    /// Natures of that layer; any when empty.
    #[serde(default)]
    pub natures: Vec<String>,
    /// Whether it also is for cells whose cover did not change.
    #[serde(default)]
    pub everywhere: bool,
    /// The usages, of which the one that most of the surrounding cells have is taken.
    #[serde(default)]
    pub neighbour: Vec<String>,
    /// The usage; the prior's when there is none.
    #[serde(default)]
    pub usage: Option<String>,
}

impl UsageRules {
    /// Usage rules that ship with the program: `ocsge-2-0`.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let text = pick("usage rules", id, IDS, TEXTS)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind: "usage rules",
            id: id.to_owned(),
            problems,
        })
    }

    /// Reads and checks usage rules; codes are checked when they are compiled.
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, two rules of one name, natures without a layer, a
    /// neighbour without a usage to fall back on.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let rules: Self = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        if rules.format != 1 {
            let fault = Fault::new("this form of document is not read");
            findings.add(&["format"], fault.got(rules.format.to_string()).expected("`1`"));
        }
        if rules.rules.len() > RULES_MAX {
            let fault = Fault::new("too many rules").got(rules.rules.len().to_string());
            findings.add(&["rules"], fault.expected(format!("at most {RULES_MAX}")));
        }
        rules.check_grounds(&mut findings);
        for (rank, rule) in rules.rules.iter().enumerate() {
            let path = ["rules", &rank.to_string()];
            if rules.rules[..rank].iter().any(|other| other.name == rule.name) {
                let fault = Fault::new(format!("two rules are named `{}`", rule.name));
                findings.add(&path, fault);
            }
            if rule.layer.is_none() && (!rule.natures.is_empty() || rule.when == Presence::Absent) {
                let fault = Fault::new("`natures` and `when` ask about no layer");
                findings.add(&path, fault.hint("add `layer: buildings` or another layer"));
            }
            if rule.usage.is_none() && !rule.neighbour.is_empty() {
                let fault = Fault::new("`neighbour` has nothing to fall back on");
                findings.add(&path, fault.hint("add `usage: US6.6` or another usage"));
            }
        }
        if findings.is_empty() { Ok(rules) } else { Err(findings.sorted()) }
    }

    fn check_grounds(&self, findings: &mut Findings<'_>) {
        let Some(grounds) = &self.grounds else { return };
        let distance = |v: f64| (0.0..=200.0).contains(&v);
        let figures = [
            ("closing_m", grounds.closing_m, distance(grounds.closing_m), "0 to 200"),
            ("margin_m", grounds.margin_m, distance(grounds.margin_m), "0 to 200"),
            ("share", grounds.share, grounds.share > 0.0 && grounds.share <= 1.0, "above 0 to 1"),
        ];
        for (key, got, _, expected) in figures.into_iter().filter(|figure| !figure.2) {
            let fault = Fault::new("out of range").got(got.to_string()).expected(expected);
            findings.add(&["grounds", key], fault);
        }
    }

    /// The rules made ready for the classes of a nomenclature and the natures of the evidence.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownCode`] and the like when a rule names a code it does not have.
    pub fn compile(
        &self,
        nomenclature: &Nomenclature,
        natures: &Natures,
    ) -> Result<UsageTable, NomenclatureError> {
        let usage = |code: &String| nomenclature.resolve(Dimension::Usage, code);
        let rules = self.rules.iter().map(|rule| {
            let known = |layer: Layer| &natures[layer.rank()];
            Ok(CompiledRule {
                name: rule.name.clone(),
                cover: subtree(nomenclature, Dimension::Cover, &rule.cover)?,
                prior: subtree(nomenclature, Dimension::Usage, &rule.prior)?,
                evidence: rule
                    .layer
                    .map(|layer| (layer, accepted(rule.when, &rule.natures, known(layer)))),
                everywhere: rule.everywhere,
                neighbour: rule.neighbour.iter().map(usage).collect::<Result<_, _>>()?,
                usage: rule.usage.as_ref().map(usage).transpose()?,
            })
        });
        Ok(UsageTable {
            rules: rules.collect::<Result<_, NomenclatureError>>()?,
            grounds: self.grounds.as_ref().map(|g| g.compile(nomenclature)).transpose()?,
            without_prior: usage(&self.without_prior)?,
        })
    }

    /// Natures that rules name and that the evidence does not have, each with the nearest one: a
    /// misspelt nature would never fit.
    pub fn unknown_natures(&self, natures: &Natures) -> Vec<(Layer, String, Option<String>)> {
        let mut unknown = Vec::new();
        for rule in &self.rules {
            let Some(layer) = rule.layer else { continue };
            let known = &natures[layer.rank()];
            for nature in &rule.natures {
                if !known.iter().any(|k| k.to_lowercase() == nature.to_lowercase()) {
                    let near = nearest_word(nature, known.iter().map(String::as_str));
                    unknown.push((layer, nature.clone(), near.map(ToOwned::to_owned)));
                }
            }
        }
        unknown
    }
}

impl Grounds {
    fn compile(&self, nomenclature: &Nomenclature) -> Result<GroundsTable, NomenclatureError> {
        Ok(GroundsTable {
            buildings: self.buildings,
            usages: subtree(nomenclature, Dimension::Usage, &self.usages)?,
            from: subtree(nomenclature, Dimension::Usage, &self.from)?,
            cover: subtree(nomenclature, Dimension::Cover, &self.cover)?,
            declared: self.declared.clone(),
            closing_m: self.closing_m,
            margin_m: self.margin_m,
            share: self.share,
        })
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
fn subtree(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    codes: &[String],
) -> Result<Vec<bool>, NomenclatureError> {
    let mut flags = vec![codes.is_empty(); 256];
    for code in codes {
        for id in nomenclature.expand(dimension, nomenclature.resolve(dimension, code)?) {
            flags[usize::from(id.0)] = true;
        }
    }
    Ok(flags)
}

/// A rule by class ids.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledRule {
    /// Its name.
    pub name: String,
    cover: Vec<bool>,
    prior: Vec<bool>,
    evidence: Option<(Layer, [bool; 256])>,
    everywhere: bool,
    /// Usages that may be taken from the surrounding cells.
    pub neighbour: Vec<ClassId>,
    /// The usage, or `None` for the prior's.
    pub usage: Option<ClassId>,
}

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
    /// Rank of the first rule that fits, if any.
    pub fn first_fit(&self, case: &UsageCase) -> Option<usize> {
        self.rules.iter().position(|rule| rule.fits(case))
    }
}

impl CompiledRule {
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

#[cfg(test)]
mod tests;
