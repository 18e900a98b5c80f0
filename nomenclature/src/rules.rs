//! Which couples are artificial, by which article: rule sets as versioned data.

use serde::Deserialize;

use crate::builtin::pick;
use crate::class::{ClassId, Couple, Dimension};
use crate::crosswalk::Crosswalk;
use crate::error::{NomenclatureError, Problem};
use crate::findings::{Fault, Findings};
use crate::nearest::{nearest_code, nearest_word};
use crate::nomenclature::Nomenclature;
use crate::table::ArtificialTable;
use crate::yaml;

/// Ids in the order of the documentation; same order as [`TEXTS`].
const IDS: &[&str] = &["decree-2023-1096", "brute-cs11", "impermeabilisation"];

const TEXTS: &[&str] = &[
    include_str!("../data/rules/decree-2023-1096.yaml"),
    include_str!("../data/rules/brute-cs11.yaml"),
    include_str!("../data/rules/impermeabilisation.yaml"),
];

/// The most rules of one set: a compiled table keeps their ranks in one byte, 0 for none.
const RULES_MAX: usize = 254;

/// A dated statement of what counts as artificial.
///
/// Its id goes into every output that depends on it: two rule sets give very different figures on
/// the same polygons.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Version of the YAML form; 1.
    format: u32,
    /// Its id, printed in every output.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// The text of law or the method that it restates.
    pub article: String,
    /// Where its figures come from.
    pub source: Vec<String>,
    /// Remarks: what is inferred.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The built-in nomenclature whose codes its rules name.
    pub nomenclature: String,
    /// Areas and widths under which a surface does not count on its own.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// In order: the first rule that holds a couple decides.
    pub rules: Vec<Rule>,
}

/// One line of a rule set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The article, paragraph or category that says it.
    pub article: String,
    /// Whether the couples are artificial.
    pub artificial: bool,
    /// Covers; a code that is no leaf means all leaves below it; absent means every cover.
    #[serde(default)]
    pub cs: Option<Vec<String>>,
    /// Usages, likewise.
    #[serde(default)]
    pub us: Option<Vec<String>>,
}

/// Areas and widths under which a surface does not count on its own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Built surfaces count from this footprint on, m2; 0 = no threshold.
    pub built_min_m2: f64,
    /// Groups of the other categories count from this area on, m2; 0 = no threshold.
    pub other_min_m2: f64,
    /// Cover whose small polygons are restored as artificial next to a non-artificial group.
    #[serde(default)]
    pub restored_covers: Vec<String>,
    /// Such a polygon is only restored from this footprint on, m2; 0 = always, as in the public
    /// executable form, which leaves the decree's 50 m2 to the capture rules.
    #[serde(default)]
    pub restored_min_m2: f64,
    /// Linear infrastructure counts from this width on, m.
    #[serde(default)]
    pub linear_min_width_m: Option<f64>,
    /// Under this share of tree cover a surface is herbaceous, 0 to 1.
    #[serde(default)]
    pub herbaceous_max_tree_cover: Option<f64>,
    /// Whether surfaces next to buildings are forced to artificial (step iii of IGN's method).
    #[serde(default)]
    pub forcing: bool,
}

impl Default for Thresholds {
    /// No threshold at all.
    fn default() -> Self {
        Self {
            built_min_m2: 0.0,
            other_min_m2: 0.0,
            restored_covers: Vec::new(),
            restored_min_m2: 0.0,
            linear_min_width_m: None,
            herbaceous_max_tree_cover: None,
            forcing: false,
        }
    }
}

impl RuleSet {
    /// A rule set that ships with the program.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let text = pick("rule set", id, IDS, TEXTS)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind: "rule set",
            id: id.to_owned(),
            problems,
        })
    }

    /// The ids that [`RuleSet::builtin`] knows.
    pub fn builtin_ids() -> &'static [&'static str] {
        IDS
    }

    /// Reads and checks a rule set.
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, wrong type, unknown nomenclature or code, threshold
    /// that is no area or share, couple that no rule decides.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let rules: Self = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        rules.check_thresholds(&mut findings);
        if let Ok(nomenclature) = Nomenclature::builtin(&rules.nomenclature) {
            rules.check_codes(&nomenclature, &mut findings);
        } else {
            let known = Nomenclature::builtin_ids();
            let fault = Fault::new("no built-in nomenclature has this id")
                .got(rules.nomenclature.as_str())
                .expected(format!("one of {}", known.join(", ")))
                .nearest(nearest_word(&rules.nomenclature, known.iter().copied()));
            findings.add(&["nomenclature"], fault);
        }
        if findings.is_empty() { Ok(rules) } else { Err(findings.sorted()) }
    }

    fn check_thresholds(&self, findings: &mut Findings<'_>) {
        if self.format != 1 {
            let fault = Fault::new("this form of document is not read")
                .got(self.format.to_string())
                .expected("`1`");
            findings.add(&["format"], fault);
        }
        if self.rules.len() > RULES_MAX {
            let fault = Fault::new("too many rules")
                .got(self.rules.len().to_string())
                .expected(format!("at most {RULES_MAX}"));
            findings.add(&["rules", &RULES_MAX.to_string()], fault);
        }
        let limits = &self.thresholds;
        let ranges = [
            ("built_min_m2", Some(limits.built_min_m2), 1e9),
            ("other_min_m2", Some(limits.other_min_m2), 1e9),
            ("restored_min_m2", Some(limits.restored_min_m2), 1e9),
            ("linear_min_width_m", limits.linear_min_width_m, 1e4),
            ("herbaceous_max_tree_cover", limits.herbaceous_max_tree_cover, 1.0),
        ];
        for (key, value, max) in ranges {
            if value.is_some_and(|value| !(0.0..=max).contains(&value)) {
                let fault = Fault::new("out of range")
                    .got(value.unwrap_or_default().to_string())
                    .expected(format!("0 to {max}"));
                findings.add(&["thresholds", key], fault);
            }
        }
    }

    fn check_codes(&self, nomenclature: &Nomenclature, findings: &mut Findings<'_>) {
        let mut check = |dimension, path: &[&str], code: &str| {
            if nomenclature.find(dimension, code).is_none() {
                let classes = nomenclature.classes(dimension).iter();
                let fault = Fault::new(format!("unknown code of `{}`", nomenclature.id()))
                    .got(code)
                    .nearest(nearest_code(code, classes.map(|class| class.code.as_str())));
                findings.add(path, fault);
            }
        };
        for (rank, rule) in self.rules.iter().enumerate() {
            let rank = rank.to_string();
            let lists = [(Dimension::Cover, &rule.cs), (Dimension::Usage, &rule.us)];
            for (dimension, codes) in lists {
                for (place, code) in codes.iter().flatten().enumerate() {
                    let (name, place) = (dimension.to_string(), place.to_string());
                    check(dimension, &["rules", &rank, &name, &place], code);
                }
            }
        }
        for (place, code) in self.thresholds.restored_covers.iter().enumerate() {
            let path = ["thresholds", "restored_covers", &place.to_string()];
            check(Dimension::Cover, &path, code);
        }
        if findings.is_empty()
            && let Err(error) = self.decide_all(nomenclature)
        {
            findings.add(&["rules"], Fault::new(error.to_string()));
        }
    }

    /// The table of all couples of a nomenclature, through the crosswalk to the rule set's own.
    ///
    /// # Errors
    /// [`NomenclatureError::NoCrosswalk`] when the nomenclature does not nest in the one that the
    /// rules name; [`NomenclatureError::Undecided`] when no rule holds some couple.
    pub fn compile(
        &self,
        nomenclature: &Nomenclature,
    ) -> Result<ArtificialTable, NomenclatureError> {
        let own = Nomenclature::builtin(&self.nomenclature)?;
        let decided = self.decide_all(&own)?;
        let crosswalk = Crosswalk::between(nomenclature, &own)?;
        Ok(ArtificialTable::new(self, &decided, (nomenclature, &crosswalk)))
    }

    /// The rank of the rule that decides each couple of leaves of the rule set's nomenclature.
    fn decide_all(&self, own: &Nomenclature) -> Result<Vec<(Couple, usize)>, NomenclatureError> {
        let selected: Vec<[Option<Vec<ClassId>>; 2]> = self
            .rules
            .iter()
            .map(|rule| {
                [
                    rule.cs.as_ref().map(|codes| leaves(own, Dimension::Cover, codes)),
                    rule.us.as_ref().map(|codes| leaves(own, Dimension::Usage, codes)),
                ]
            })
            .collect();
        let holds = |[cs, us]: &[Option<Vec<ClassId>>; 2], couple: Couple| {
            cs.as_ref().is_none_or(|ids| ids.contains(&couple.cs))
                && us.as_ref().is_none_or(|ids| ids.contains(&couple.us))
        };
        let mut decided = Vec::new();
        let mut undecided = Vec::new();
        for cs in own.leaves(Dimension::Cover) {
            for us in own.leaves(Dimension::Usage) {
                let couple = Couple { cs, us };
                match selected.iter().position(|rule| holds(rule, couple)) {
                    Some(rule) => decided.push((couple, rule)),
                    None => undecided.push(couple),
                }
            }
        }
        match undecided.first() {
            None => Ok(decided),
            Some(first) => Err(NomenclatureError::Undecided {
                rules: self.id.clone(),
                count: undecided.len(),
                first: format!(
                    "{} {}",
                    own.code(Dimension::Cover, first.cs),
                    own.code(Dimension::Usage, first.us)
                ),
            }),
        }
    }
}

/// The leaves that a list of codes names; an aggregate is a leaf and means itself here.
fn leaves(own: &Nomenclature, dimension: Dimension, codes: &[String]) -> Vec<ClassId> {
    let ids = codes.iter().filter_map(|code| own.find(dimension, code));
    ids.flat_map(|id| match own.class(dimension, id) {
        Some(class) if class.leaf => vec![id],
        _ => own.expand(dimension, id),
    })
    .collect()
}

#[cfg(test)]
mod tests;
