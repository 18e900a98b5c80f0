//! From answers to estimates: the strata that the variance rests on, and what each legend tells.

use std::collections::BTreeMap;

use kernels::accuracy::{Answer, Assessment, Estimate, Stratified};
use nomenclature::{ArtificialTable, Couple, Dimension, Nomenclature};

use super::decision::{Decision, Thresholds, answers_to_decide};
use super::document::Document;
use super::key::Row;
use super::legend::{Legend, depth};
use crate::error::{Error, InputError};

/// Couples on the map and on the ground, and the strata that the places were drawn in.
///
/// A stratum visited in full is one stratum for each of its objects. An object with fewer than two
/// answers is joined to the largest one of the stratum that has two: what is not known of it is
/// taken to be as in that one (collapsed strata, Cochran 1977, section 5A.12).
#[derive(Debug, Clone)]
pub struct Sample {
    /// Doubled area of each stratum.
    twice_areas: Vec<i128>,
    /// Stratum, couple on the map, couple on the ground.
    pairs: Vec<(u32, Couple, Couple)>,
}

/// A stratum that has too few answers for any estimate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooFew {
    /// The rank of the stratum in the plan.
    pub stratum: usize,
    /// Its answers.
    pub answers: usize,
}

/// A figure on the whole map.
#[derive(Debug, Clone, PartialEq)]
pub struct Overall {
    /// What is compared, in French.
    pub label: String,
    /// The share of the ground that is right.
    pub estimate: Estimate,
}

/// What one legend tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Short name in tables: `cs`, `us` or `artif`.
    pub key: &'static str,
    /// What it is, in French.
    pub label: &'static str,
    /// The estimates.
    pub assessment: Assessment,
    /// Code, name and mapped doubled area of each class that the map or an answer has.
    pub classes: Vec<(u16, String, String, i128)>,
}

/// A criterion of acceptance.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Short name of the legend.
    pub key: &'static str,
    /// The code of the class; none for the whole map.
    pub code: Option<String>,
    /// In French.
    pub label: String,
    /// The least accepted.
    pub threshold: f64,
    /// What was found; none without answers.
    pub estimate: Option<Estimate>,
    /// What it means.
    pub decision: Decision,
    /// Answers that it rests on.
    pub answers: u64,
    /// About how many would decide it, where it is not decided.
    pub needed: Option<u64>,
}

impl Sample {
    /// Places with their couple on the ground; the others leave the sample of their stratum.
    ///
    /// # Errors
    /// [`TooFew`] for a stratum with fewer than two answers.
    pub fn new(
        document: &Document,
        key: &[Row],
        truth: impl Fn(usize) -> Option<Couple>,
    ) -> Result<Self, TooFew> {
        let mut sample = Self { twice_areas: Vec::new(), pairs: Vec::new() };
        for (stratum, about) in document.strata.iter().enumerate() {
            let told: Vec<(usize, Couple)> = (0..key.len())
                .filter(|&row| key[row].stratum == stratum)
                .filter_map(|row| Some((row, truth(row)?)))
                .collect();
            if told.len() < 2 {
                return Err(TooFew { stratum, answers: told.len() });
            }
            if about.is_full {
                sample.add_objects(about.extent.twice_area(), stratum, key, &told);
            } else {
                sample.add(about.extent.twice_area(), key, &told);
            }
        }
        Ok(sample)
    }

    fn add(&mut self, twice_area: i128, key: &[Row], told: &[(usize, Couple)]) {
        let stratum = self.twice_areas.len() as u32;
        self.twice_areas.push(twice_area);
        self.pairs.extend(told.iter().map(|&(row, truth)| (stratum, key[row].couple, truth)));
    }

    fn add_objects(
        &mut self,
        twice_area: i128,
        stratum: usize,
        key: &[Row],
        told: &[(usize, Couple)],
    ) {
        let mut objects: BTreeMap<usize, (i128, Vec<(usize, Couple)>)> = BTreeMap::new();
        for row in key.iter().filter(|row| row.stratum == stratum) {
            objects.insert(row.unit, (row.twice_area, Vec::new()));
        }
        for &answer in told {
            let object = objects.get_mut(&key[answer.0].unit);
            object.expect("every row's unit was put in").1.push(answer);
        }
        let whole = objects.iter().filter(|(_, (_, told))| told.len() > 1);
        let host = whole.max_by_key(|(unit, (area, _))| (*area, std::cmp::Reverse(**unit)));
        let Some(host) = host.map(|(unit, _)| *unit) else {
            return self.add(twice_area, key, told);
        };
        let (mut area, mut joined) = objects.remove(&host).expect("it was found there");
        for (own_area, own) in objects.into_values() {
            if own.len() > 1 {
                self.add(own_area, key, &own);
            } else {
                area += own_area;
                joined.extend(own);
            }
        }
        self.add(area, key, &joined);
    }

    /// Answers that the estimates rest on.
    pub fn n_answers(&self) -> usize {
        self.pairs.len()
    }

    /// The estimates of a legend.
    ///
    /// # Errors
    /// [`Error::Internal`] for a sample that is none.
    pub fn assess(
        &self,
        legend: Legend<'_>,
        nomenclature: &Nomenclature,
    ) -> Result<Assessment, Error> {
        let class = |couple| legend.class(nomenclature, couple);
        let answers: Vec<Answer> = self
            .pairs
            .iter()
            .map(|&(stratum, mapped, truth)| Answer {
                stratum,
                mapped: class(mapped),
                truth: class(truth),
            })
            .collect();
        let sample = Stratified::new(&self.twice_areas, &answers);
        Ok(sample.map_err(|error| Error::internal(error.to_string()))?.assess())
    }
}

impl TooFew {
    /// The refusal of a sheet.
    pub fn refuse(&self, document: &Document, path: &std::path::Path) -> Error {
        let stratum = &document.strata[self.stratum];
        InputError::new(path, format!("stratum `{}` has too few answers", stratum.code))
            .got(format!("{} of {} places", self.answers, stratum.places))
            .expected("at least 2")
            .hint("without them nothing is known of its ground, nor of the whole")
            .into()
    }
}

/// The share of the ground that is right, read in every way.
///
/// # Errors
/// As [`Sample::assess`].
pub fn overalls(
    sample: &Sample,
    nomenclature: &Nomenclature,
    artificial: &ArtificialTable,
) -> Result<Vec<Overall>, Error> {
    let mut legends = vec![("Couverture et usage".to_owned(), Legend::Couple)];
    let dimensions = [(Dimension::Cover, "Couverture"), (Dimension::Usage, "Usage")];
    for (dimension, name) in dimensions {
        legends.push((format!("{name}, postes livrés"), Legend::Class(dimension, None)));
        for level in (1..depth(nomenclature, dimension)).rev() {
            let label = format!("{name}, niveau {level}");
            legends.push((label, Legend::Class(dimension, Some(level))));
        }
    }
    legends.push(("Statut artificialisé ou non".to_owned(), Legend::Status(artificial)));
    let overall = |(label, legend)| {
        let estimate = sample.assess(legend, nomenclature)?.overall;
        Ok(Overall { label, estimate })
    };
    legends.into_iter().map(overall).collect()
}

/// What the covers, the usages and the statuses tell, at the level of the plan.
///
/// # Errors
/// As [`Sample::assess`].
pub fn readings(
    sample: &Sample,
    document: &Document,
    nomenclature: &Nomenclature,
    artificial: &ArtificialTable,
) -> Result<Vec<Reading>, Error> {
    let level = document.design.level;
    let legends = [
        ("cs", "Couverture", Legend::Class(Dimension::Cover, level)),
        ("us", "Usage", Legend::Class(Dimension::Usage, level)),
        ("artif", "Artificialisation", Legend::Status(artificial)),
    ];
    let reading = |(key, label, legend): (&'static str, &'static str, Legend<'_>)| {
        let assessment = sample.assess(legend, nomenclature)?;
        let mut areas: BTreeMap<u16, i128> =
            assessment.classes.iter().map(|&class| (class, 0)).collect();
        for about in &document.couples {
            let couple = couple_of(nomenclature, &about.code_cs, &about.code_us)?;
            let area = areas.entry(legend.class(nomenclature, couple)).or_default();
            *area += about.extent.twice_area();
        }
        let class = |(class, area)| {
            let (code, label) = legend.name(nomenclature, class);
            (class, code, label, area)
        };
        let classes = areas.into_iter().map(class).collect();
        Ok(Reading { key, label, assessment, classes })
    };
    legends.into_iter().map(reading).collect()
}

fn couple_of(nomenclature: &Nomenclature, cs: &str, us: &str) -> Result<Couple, Error> {
    let find = |dimension, code| {
        nomenclature.find(dimension, code).ok_or_else(|| {
            Error::internal(format!("the plan names `{code}`, which its nomenclature lacks"))
        })
    };
    Ok(Couple { cs: find(Dimension::Cover, cs)?, us: find(Dimension::Usage, us)? })
}

/// The criteria of acceptance: for cover and usage, the whole and every class on the map.
pub fn criteria(readings: &[Reading], thresholds: Thresholds) -> Vec<Criterion> {
    let mut criteria = Vec::new();
    for reading in readings.iter().filter(|reading| reading.key != "artif") {
        let found = &reading.assessment;
        let label = format!("{} : exactitude globale", reading.label);
        let whole = (Some(found.overall), found.counts.sum());
        criteria.push(criterion((reading.key, None, label), whole, thresholds.overall));
        for (class, code, label, area) in &reading.classes {
            if *area == 0 {
                continue;
            }
            let own = found.by_class.iter().find(|own| own.class == *class);
            let own = own.map_or((None, 0), |own| (own.users, own.mapped));
            let about = (reading.key, Some(code.clone()), label.clone());
            criteria.push(criterion(about, own, thresholds.by_class));
        }
    }
    criteria
}

fn criterion(
    (key, code, label): (&'static str, Option<String>, String),
    (estimate, answers): (Option<Estimate>, u64),
    threshold: f64,
) -> Criterion {
    let decision = Decision::of(estimate, threshold);
    let open = estimate.filter(|_| decision == Decision::Undecided);
    let needed = open.and_then(|estimate| answers_to_decide(estimate, threshold, answers));
    Criterion { key, code, label, threshold, estimate, decision, answers, needed }
}
