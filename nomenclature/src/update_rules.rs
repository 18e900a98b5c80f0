//! What may become what, how fast, and what the evidence says: the tables of the update.

use serde::Deserialize;

use crate::builtin::{for_nomenclature, pick};
use crate::class::{ClassId, Dimension};
use crate::error::{NomenclatureError, Problem};
use crate::evidence::{Layer, Natures, Presence, accepted};
use crate::findings::{Fault, Findings};
use crate::nomenclature::Nomenclature;
use crate::yaml;

const IDS: &[&str] = &["ocsge-2-0"];
const TEXTS: &[&str] = &[include_str!("../data/update/ocsge-2-0.yaml")];

/// Transitions and evidence terms of the covers of a nomenclature.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateRules {
    /// Version of the YAML form; 1.
    format: u32,
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where its figures come from.
    pub source: Vec<String>,
    /// Years over which the probabilities of the transitions are stated.
    pub years: f64,
    /// Probability of a transition that is not listed, and the least of any.
    pub floor: f64,
    /// Share of the prior's objects that carry a wrong code.
    pub label_noise: f64,
    /// Chance that an object next to a changed one changed with it.
    pub contagion: f64,
    /// Listed transitions; the last one that fits a pair of covers holds.
    pub transitions: Vec<Transition>,
    /// What evidence adds to or takes from covers; the terms that fit a cell add up.
    pub evidence: Vec<EvidenceTerm>,
    /// What a change that looks like one cover really is; the last one that fits holds.
    #[serde(default)]
    pub becomes: Vec<Becoming>,
    /// Layers whose objects change as wholes.
    #[serde(default)]
    pub footprints: Vec<FootprintRule>,
}

/// A change whose cover is not the one that it looks like.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Becoming {
    /// The covers before: this code and everything below it.
    pub from: String,
    /// The covers that it looks like, likewise.
    pub seen: String,
    /// The cover that it is.
    pub cover: String,
}

/// A layer whose objects change as wholes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FootprintRule {
    /// The layer.
    pub layer: Layer,
    /// The cover of its objects.
    pub cover: String,
    /// Share of an object that must have changed to the cover before the rest follows.
    pub share: f64,
}

/// [`FootprintRule`] for one nomenclature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    /// The layer.
    pub layer: Layer,
    /// The cover of its objects.
    pub cover: ClassId,
    /// Share of an object that must have changed to the cover before the rest follows.
    pub share: f64,
}

/// How often covers become others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The covers before: this code and everything below it.
    pub from: String,
    /// The covers after, likewise.
    pub to: String,
    /// Probability of each pair of leaves, over the years stated.
    pub probability: f64,
}

/// What a layer says of covers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceTerm {
    /// The layer.
    pub layer: Layer,
    /// Whether the term is for its presence or its absence.
    #[serde(default)]
    pub when: Presence,
    /// Natures of the objects; all when empty.
    #[serde(default)]
    pub natures: Vec<String>,
    /// The covers: this code and everything below it.
    pub cover: String,
    /// Logarithm of the odds that it adds.
    pub weight: f64,
}

impl UpdateRules {
    /// Update rules that ship with the program: `ocsge-2-0`.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let text = pick("update rules", id, IDS, TEXTS)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind: "update rules",
            id: id.to_owned(),
            problems,
        })
    }

    /// The id of the rules that ship for a nomenclature.
    pub fn builtin_for(nomenclature: &Nomenclature) -> &'static str {
        for_nomenclature(IDS, nomenclature)
    }

    /// Reads and checks update rules; codes are checked when they are compiled.
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, wrong type, probability or weight out of range.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let rules: Self = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        rules.check(&mut findings);
        if findings.is_empty() { Ok(rules) } else { Err(findings.sorted()) }
    }

    fn check(&self, findings: &mut Findings<'_>) {
        let mut range = |path: &[&str], got: f64, ok: bool, expected: &str| {
            if !ok {
                let fault = Fault::new("out of range").got(got.to_string()).expected(expected);
                findings.add(path, fault);
            }
        };
        let share = |v: f64| v > 0.0 && v < 1.0;
        range(&["format"], f64::from(self.format), self.format == 1, "`1`");
        range(&["years"], self.years, self.years > 0.0 && self.years < 100.0, "above 0, under 100");
        range(&["floor"], self.floor, share(self.floor), "above 0, under 1");
        range(&["label_noise"], self.label_noise, share(self.label_noise), "above 0, under 1");
        range(&["contagion"], self.contagion, share(self.contagion), "above 0, under 1");
        for (i, transition) in self.transitions.iter().enumerate() {
            let p = transition.probability;
            range(&["transitions", &i.to_string(), "probability"], p, share(p), "above 0, under 1");
        }
        for (i, rule) in self.footprints.iter().enumerate() {
            let ok = rule.share > 0.0 && rule.share <= 1.0;
            let path = ["footprints", &i.to_string(), "share"];
            range(&path, rule.share, ok, "above 0, at most 1");
        }
        for (i, term) in self.evidence.iter().enumerate() {
            let ok = term.weight.abs() <= 20.0;
            range(&["evidence", &i.to_string(), "weight"], term.weight, ok, "-20 to 20");
        }
    }

    /// The tables for the covers of a nomenclature, some years apart.
    ///
    /// A probability `p` over the stated years becomes `1 - (1 - p)^(years / stated)`. What is left
    /// of 1 is the chance to stay, at least one half.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownCode`] and the like when a rule names a code it does not have.
    pub fn compile(
        &self,
        nomenclature: &Nomenclature,
        years: f64,
        natures: &Natures,
    ) -> Result<UpdateTables, NomenclatureError> {
        let expand = |code: &str| -> Result<Vec<ClassId>, NomenclatureError> {
            let id = nomenclature.resolve(Dimension::Cover, code)?;
            Ok(nomenclature.subtree(Dimension::Cover, id))
        };
        let over = |p: f64| 1.0 - (1.0 - p).powf(years / self.years);
        let width = nomenclature.classes(Dimension::Cover).len() + 1;
        let mut tables = UpdateTables {
            width,
            floor: over(self.floor),
            leaves: nomenclature.leaves(Dimension::Cover),
            transition: vec![over(self.floor); width * width],
            evidence: vec![0.0; Layer::COUNT * 256 * width],
            label_noise: self.label_noise,
            contagion: self.contagion,
            becomes: (0..width * width).map(|slot| ClassId((slot % width) as u8)).collect(),
            footprints: Vec::new(),
        };
        for Transition { from, to, probability } in &self.transitions {
            let after = expand(to)?;
            for a in expand(from)? {
                for b in &after {
                    let p = over(probability.max(self.floor));
                    tables.transition[usize::from(a.0) * width + usize::from(b.0)] = p;
                }
            }
        }
        for term in &self.evidence {
            let covers = expand(&term.cover)?;
            let values = accepted(term.when, &term.natures, &natures[term.layer.rank()]);
            for value in (0..=255_u8).filter(|&value| values[usize::from(value)]) {
                for &cover in &covers {
                    *tables.evidence_mut(term.layer, value, cover) += term.weight;
                }
            }
        }
        for Becoming { from, seen, cover } in &self.becomes {
            let (seen, cover) = (expand(seen)?, nomenclature.resolve(Dimension::Cover, cover)?);
            for a in expand(from)? {
                for &b in seen.iter().filter(|&&b| b != a) {
                    let slot = tables.slot(a, b);
                    tables.becomes[slot] = cover;
                }
            }
        }
        for FootprintRule { layer, cover, share } in &self.footprints {
            let cover = nomenclature.resolve(Dimension::Cover, cover)?;
            tables.footprints.push(Footprint { layer: *layer, cover, share: *share });
        }
        tables.close();
        Ok(tables)
    }
}

/// Update rules made ready for the covers of one nomenclature, by class id.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateTables {
    width: usize,
    /// The least probability of a transition over the years of the tables.
    floor: f64,
    leaves: Vec<ClassId>,
    transition: Vec<f64>,
    evidence: Vec<f64>,
    /// Share of the prior's objects that carry a wrong code.
    pub label_noise: f64,
    /// Chance that an object next to a changed one changed with it.
    pub contagion: f64,
    becomes: Vec<ClassId>,
    footprints: Vec<Footprint>,
}

impl UpdateTables {
    fn slot(&self, from: ClassId, to: ClassId) -> usize {
        usize::from(from.0) * self.width + usize::from(to.0)
    }

    fn evidence_slot(&self, layer: Layer, value: u8, cover: ClassId) -> usize {
        (layer.rank() * 256 + usize::from(value)) * self.width + usize::from(cover.0)
    }

    fn evidence_mut(&mut self, layer: Layer, value: u8, cover: ClassId) -> &mut f64 {
        let slot = self.evidence_slot(layer, value, cover);
        &mut self.evidence[slot]
    }

    /// Sets the chance to stay of every class to what its ways to the leaves leave, at least 1/2.
    fn close(&mut self) {
        for from in (1..self.width).map(|id| ClassId(id as u8)) {
            let away = |to: &&ClassId| **to != from;
            let gone: f64 =
                self.leaves.iter().filter(away).map(|&to| self.transition(from, to)).sum();
            let slot = self.slot(from, from);
            self.transition[slot] = (1.0 - gone).max(0.5);
        }
    }

    /// Number of classes, nodata included.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Probability that a cover became another.
    ///
    /// # Panics
    /// When an id is not of the nomenclature.
    pub fn transition(&self, from: ClassId, to: ClassId) -> f64 {
        self.transition[self.slot(from, to)]
    }

    /// What a layer's cell value (0 absent, else 1 + nature) adds to the log-odds of a cover.
    ///
    /// # Panics
    /// When the id is not of the nomenclature.
    pub fn evidence(&self, layer: Layer, value: u8, cover: ClassId) -> f64 {
        self.evidence[self.evidence_slot(layer, value, cover)]
    }

    /// The cover of ground that had a cover and changed to what looks like another one.
    ///
    /// # Panics
    /// When an id is not of the nomenclature.
    pub fn becomes(&self, from: ClassId, seen: ClassId) -> ClassId {
        self.becomes[self.slot(from, seen)]
    }

    /// The layers whose objects change as wholes.
    pub fn footprints(&self) -> &[Footprint] {
        &self.footprints
    }

    /// The tables after one pass of estimation on observed transitions.
    ///
    /// * `observed`: number of objects (or equal shares of ground) seen to go from one cover to
    ///   another, staying included; `weight`: how many such observations the stated table is worth.
    ///
    /// A stated way becomes `(weight * stated + observed) / (weight + total)`, never less than the
    /// floor. A way that no rule states stays at the floor whatever was observed: what is taken for
    /// it is more often a mistake, and the way back from sealed ground stays shut. The chance to
    /// stay is what is left of 1, at least one half.
    #[must_use]
    pub fn reestimated(
        &self,
        observed: &std::collections::BTreeMap<(ClassId, ClassId), u64>,
        weight: f64,
    ) -> Self {
        let mut totals = vec![0_u64; self.width];
        for (&(from, _), &n) in observed {
            totals[usize::from(from.0)] += n;
        }
        let mut tables = self.clone();
        for (from, to) in self.stated() {
            let slot = self.slot(from, to);
            let seen = observed.get(&(from, to)).copied().unwrap_or(0) as f64;
            let total = totals[usize::from(from.0)] as f64;
            let p = (weight * self.transition[slot] + seen) / (weight + total);
            tables.transition[slot] = p.max(self.floor);
        }
        tables.close();
        tables
    }

    /// The ways between different leaves that are more probable than the floor.
    pub fn stated(&self) -> impl Iterator<Item = (ClassId, ClassId)> + '_ {
        let pairs = self.leaves.iter().flat_map(|&a| self.leaves.iter().map(move |&b| (a, b)));
        pairs.filter(|&(from, to)| from != to && self.transition(from, to) > self.floor)
    }
}

#[cfg(test)]
mod tests;
