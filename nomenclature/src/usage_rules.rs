//! What the ground is used for: ordered rules over cover, evidence and the prior's usage.
//!
//! In a nested nomenclature the same rules also tell the finer covers apart.

mod table;

use serde::Deserialize;

use crate::builtin::{for_nomenclature, pick};
use crate::error::{NomenclatureError, Problem};
use crate::evidence::{Layer, Natures, Presence};
use crate::findings::{Fault, Findings};
use crate::nearest::nearest_word;
use crate::nomenclature::Nomenclature;
use crate::yaml;

pub use table::{CompiledRule, GroundsTable, UsageCase, UsageTable};

const IDS: &[&str] = &["ocsge-2-0", "cnig-extended", "ocsid-example"];
const TEXTS: &[&str] = &[
    include_str!("../data/usage/ocsge-2-0.yaml"),
    include_str!("../data/usage/cnig-extended.yaml"),
    include_str!("../data/usage/ocsid-example.yaml"),
];

/// Most rules of a set: a rule's rank is written on one byte.
pub const RULES_MAX: usize = 254;

/// Ordered rules of usage; the first that fits a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageRules {
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where its decisions come from.
    pub source: Vec<String>,
    /// The usage of a cell that no rule fits and that has no prior.
    pub without_prior: String,
    /// What becomes of the grounds of new buildings; nothing when absent.
    pub grounds: Option<Grounds>,
    /// The rules.
    pub rules: Vec<UsageRule>,
}

/// Usage rules as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// Version of the YAML form; 1.
    format: u32,
    id: String,
    title: String,
    source: Vec<String>,
    /// Shipped rules that come after these; a rule of the same name takes the place of theirs.
    #[serde(default)]
    extends: Option<String>,
    #[serde(default)]
    without_prior: Option<String>,
    #[serde(default)]
    grounds: Option<Grounds>,
    rules: Vec<UsageRule>,
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
    /// The finer cover that it makes of the covers it is for; such a rule gives no usage.
    #[serde(default)]
    pub into: Option<String>,
    /// The usages, of which the one that most of the surrounding cells have is taken.
    #[serde(default)]
    pub neighbour: Vec<String>,
    /// The usage; the prior's when there is none.
    #[serde(default)]
    pub usage: Option<String>,
}

impl UsageRules {
    /// Usage rules that ship with the program: `ocsge-2-0` and those of nested nomenclatures.
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

    /// The id of the rules that ship for a nomenclature.
    pub fn builtin_for(nomenclature: &Nomenclature) -> &'static str {
        for_nomenclature(IDS, nomenclature)
    }

    /// Reads and checks usage rules; codes are checked when they are compiled.
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, rules to extend that do not ship, two rules of one
    /// name, natures without a layer, a neighbour without a usage to fall back on, a finer cover of
    /// no cover or beside a usage, a rule for all cells that gives no usage of its own.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let document: Document = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        document.check(&mut findings);
        let base = document.base(&mut findings);
        let n_rules = document.rules.len() + base.as_ref().map_or(0, |base| base.rules.len());
        if n_rules > RULES_MAX {
            let fault = Fault::new("too many rules").got(n_rules.to_string());
            findings.add(&["rules"], fault.expected(format!("at most {RULES_MAX}")));
        }
        if findings.is_empty() { Ok(document.over(base)) } else { Err(findings.sorted()) }
    }

    /// The rules made ready for the classes of a nomenclature and the natures of the evidence.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownCode`] and the like when a rule names a code it does not have,
    /// [`NomenclatureError::NotFiner`] when a rule makes another cover of a cover.
    pub fn compile(
        &self,
        nomenclature: &Nomenclature,
        natures: &Natures,
    ) -> Result<UsageTable, NomenclatureError> {
        UsageTable::of(self, nomenclature, natures)
    }

    /// Natures that rules name and that the evidence does not have, each with the nearest one that
    /// no rule names: a misspelt nature would never fit.
    pub fn unknown_natures(&self, natures: &Natures) -> Vec<(Layer, String, Option<String>)> {
        let is_same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let is_named = |layer: Layer, nature: &str| {
            let of_layer = self.rules.iter().filter(|rule| rule.layer == Some(layer));
            of_layer.flat_map(|rule| &rule.natures).any(|named| is_same(named, nature))
        };
        let mut unknown = Vec::new();
        for rule in &self.rules {
            let Some(layer) = rule.layer else { continue };
            let known = &natures[layer.rank()];
            for nature in &rule.natures {
                if !known.iter().any(|k| is_same(k, nature)) {
                    let known = known.iter().map(String::as_str);
                    let near = nearest_word(nature, known.filter(|k| !is_named(layer, k)));
                    unknown.push((layer, nature.clone(), near.map(ToOwned::to_owned)));
                }
            }
        }
        unknown
    }
}

impl Document {
    fn check(&self, findings: &mut Findings<'_>) {
        if self.format != 1 {
            let fault = Fault::new("this form of document is not read");
            findings.add(&["format"], fault.got(self.format.to_string()).expected("`1`"));
        }
        if self.extends.is_none() && self.without_prior.is_none() {
            let fault = Fault::new("missing key `without_prior`");
            findings.add(&["without_prior"], fault.hint("add it, or `extends: ocsge-2-0`"));
        }
        self.check_grounds(findings);
        for (rank, rule) in self.rules.iter().enumerate() {
            let path = ["rules", &rank.to_string()];
            if self.rules[..rank].iter().any(|other| other.name == rule.name) {
                let fault = Fault::new(format!("two rules are named `{}`", rule.name));
                findings.add(&path, fault);
            }
            if let Some(fault) = rule.fault() {
                findings.add(&path, fault);
            }
        }
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

    /// The shipped rules that it extends.
    fn base(&self, findings: &mut Findings<'_>) -> Option<UsageRules> {
        let id = self.extends.as_deref()?;
        UsageRules::builtin(id)
            .map_err(|error| {
                let hint = error.hint().unwrap_or_default();
                findings.add(&["extends"], Fault::new(error.to_string()).hint(hint));
            })
            .ok()
    }

    /// Its rules before those that it extends.
    fn over(self, base: Option<UsageRules>) -> UsageRules {
        let Self { id, title, source, mut rules, .. } = self;
        let (mut without_prior, mut grounds) = (self.without_prior, self.grounds);
        if let Some(base) = base {
            without_prior = without_prior.or(Some(base.without_prior));
            grounds = grounds.or(base.grounds);
            let own = rules.len();
            for rule in base.rules {
                if rules[..own].iter().all(|other| other.name != rule.name) {
                    rules.push(rule);
                }
            }
        }
        let without_prior = without_prior.expect("checked: stated or inherited");
        UsageRules { id, title, source, without_prior, grounds, rules }
    }
}

impl UsageRule {
    /// What makes no sense in it.
    fn fault(&self) -> Option<Fault> {
        if self.layer.is_none() && (!self.natures.is_empty() || self.when == Presence::Absent) {
            let fault = Fault::new("`natures` and `when` ask about no layer");
            return Some(fault.hint("add `layer: buildings` or another layer"));
        }
        if self.usage.is_none() && !self.neighbour.is_empty() {
            let fault = Fault::new("`neighbour` has nothing to fall back on");
            return Some(fault.hint("add `usage: US6.6` or another usage"));
        }
        if self.into.is_some() {
            if self.usage.is_some() || self.everywhere {
                let fault = Fault::new("a rule with `into` is for the covers of changed cells");
                return Some(fault.hint("give usages, or `everywhere`, in a rule of their own"));
            }
            if self.cover.is_empty() {
                let fault = Fault::new("`into` makes a finer cover of no cover");
                return Some(fault.hint("add `cover: [CS2.1.3]` or another cover"));
            }
        }
        if self.everywhere && (self.usage.is_none() || !self.neighbour.is_empty()) {
            let fault = Fault::new("a rule for all cells gives one usage of its own");
            return Some(fault.hint("add `usage`, without `neighbour`"));
        }
        None
    }
}

#[cfg(test)]
mod tests;
