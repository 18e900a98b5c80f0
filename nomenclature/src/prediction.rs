//! The classes of prediction rasters made elsewhere, and what each says of the covers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::builtin::pick;
use crate::class::{ClassId, Dimension};
use crate::crosswalk::Crosswalk;
use crate::error::{NomenclatureError, Problem};
use crate::findings::{Fault, Findings};
use crate::nomenclature::Nomenclature;
use crate::yaml;

const IDS: &[&str] = &["flair-1", "flair-hub", "cosia"];
const TEXTS: &[&str] = &[
    include_str!("../data/predictions/flair-1.yaml"),
    include_str!("../data/predictions/flair-hub.yaml"),
    // The task of FLAIR-HUB is named after CoSIA: one numbering, two names.
    include_str!("../data/predictions/flair-hub.yaml"),
];

/// The numbering of a product of predictions, with shares of covers by class.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionClasses {
    /// Version of the YAML form; 1.
    format: u32,
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where the numbering and the shares come from.
    pub source: Vec<String>,
    /// The built-in nomenclature of the covers.
    codes: String,
    /// The classes; rasters of probabilities have one band for each, in this order by value.
    classes: Vec<PredictedClass>,
}

/// One class of a product of predictions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictedClass {
    /// The value of its pixels.
    pub value: u8,
    /// Its name.
    pub name: String,
    /// Shares of covers on its ground (codes, with all below them), 1 together; empty when the
    /// class says nothing.
    pub covers: BTreeMap<String, f64>,
}

impl PredictionClasses {
    /// A numbering that ships with the program: `flair-1`, `flair-hub`, `cosia`.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let text = pick("numbering of predictions", id, IDS, TEXTS)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind: "numbering of predictions",
            id: id.to_owned(),
            problems,
        })
    }

    /// The numberings that ship, each once.
    pub fn shipped() -> impl Iterator<Item = Self> {
        let ids = IDS.iter().filter(|id| **id != "cosia");
        ids.map(|id| Self::builtin(id).expect("shipped documents are tested"))
    }

    /// Reads and checks a numbering.
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, nomenclature or code, a value of two classes, shares
    /// that are not 1 together.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let mut document: Self = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        document.check(&mut findings);
        document.classes.sort_by_key(|class| class.value);
        if findings.is_empty() { Ok(document) } else { Err(findings.sorted()) }
    }

    fn check(&self, findings: &mut Findings<'_>) {
        if self.format != 1 {
            let fault = Fault::new("this form of document is not read");
            findings.add(&["format"], fault.got(self.format.to_string()).expected("`1`"));
        }
        let own = match Nomenclature::builtin(&self.codes) {
            Ok(own) => own,
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                findings.add(&["codes"], Fault::new(error.to_string()).hint(hint));
                return;
            }
        };
        if self.classes.is_empty() {
            findings.add(&["classes"], Fault::new("there is no class"));
        }
        for (rank, class) in self.classes.iter().enumerate() {
            let at = rank.to_string();
            if self.classes[..rank].iter().any(|other| other.value == class.value) {
                let fault = Fault::new("two classes have this value").got(class.value.to_string());
                findings.add(&["classes", &at, "value"], fault);
            }
            for code in class.covers.keys() {
                if let Err(error) = own.resolve(Dimension::Cover, code) {
                    let hint = error.hint().unwrap_or_default();
                    let fault = Fault::new(error.to_string()).hint(hint);
                    findings.add(&["classes", &at, "covers", code], fault);
                }
            }
            let sum: f64 = class.covers.values().sum();
            let is_share = class.covers.values().all(|share| (0.0..=1.0).contains(share));
            let is_whole = is_share && (sum - 1.0).abs() < 1e-6;
            if !class.covers.is_empty() && !is_whole {
                let fault = Fault::new("the shares are not 1 together").got(sum.to_string());
                findings.add(&["classes", &at, "covers"], fault);
            }
        }
    }

    /// The classes, by value.
    pub fn classes(&self) -> &[PredictedClass] {
        &self.classes
    }

    /// By pixel value, 1 + the rank of its class, 0 for a value of none.
    pub fn ranks(&self) -> [u8; 256] {
        let mut ranks = [0; 256];
        for (rank, class) in (1..).zip(&self.classes) {
            ranks[usize::from(class.value)] = rank;
        }
        ranks
    }

    /// The shares of the covers of a nomenclature on each class.
    ///
    /// A cover of a nested nomenclature has the share of the class that it nests in: which of the
    /// finer ones it is, the predictions do not say.
    ///
    /// # Errors
    /// [`NomenclatureError::NoCrosswalk`] when the nomenclature does not nest in that of the shares.
    pub fn compile(
        &self,
        nomenclature: &Nomenclature,
    ) -> Result<PredictionTable, NomenclatureError> {
        let own = Nomenclature::builtin(&self.codes)?;
        let crosswalk = Crosswalk::between(nomenclature, &own)?;
        let width = nomenclature.classes(Dimension::Cover).len() + 1;
        let mut shares = vec![0.0; self.classes.len() * width];
        for (class, shares) in self.classes.iter().zip(shares.chunks_mut(width)) {
            for (code, share) in &class.covers {
                let leaves = own.expand(Dimension::Cover, own.resolve(Dimension::Cover, code)?);
                let each = share / leaves.len() as f64;
                for (id, _) in nomenclature.iter(Dimension::Cover) {
                    let nests = crosswalk.map(Dimension::Cover, id);
                    if nests.is_some_and(|parent| leaves.contains(&parent)) {
                        shares[usize::from(id.0)] += each;
                    }
                }
            }
        }
        Ok(PredictionTable { width, shares })
    }
}

/// What predicted classes say of the covers of one nomenclature, before anything was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionTable {
    width: usize,
    shares: Vec<f64>,
}

impl PredictionTable {
    /// Number of predicted classes.
    pub fn n_classes(&self) -> usize {
        self.shares.len() / self.width
    }

    /// Number of covers, nodata included.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Share of a cover on the ground of a predicted class, by its rank from 0.
    ///
    /// # Panics
    /// When the rank or the id is not of the table.
    pub fn share(&self, rank: usize, cover: ClassId) -> f64 {
        self.shares[rank * self.width + usize::from(cover.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_numberings_are_those_of_their_nomenclatures() {
        for (id, numbering) in
            [("flair-1", "flair-1"), ("flair-hub", "flair-hub"), ("flair-hub", "cosia")]
        {
            let nomenclature = Nomenclature::builtin(id).unwrap();
            let document = PredictionClasses::builtin(numbering).unwrap();
            assert_eq!((document.id.as_str(), document.classes.len()), (id, 19));
            for class in &document.classes {
                let id = nomenclature.class_of_value(Dimension::Cover, class.value.into()).unwrap();
                assert_eq!(nomenclature.code(Dimension::Cover, id), class.name);
            }
        }
        assert_eq!(PredictionClasses::shipped().count(), 2);
    }

    #[test]
    fn a_value_has_its_rank_and_a_class_the_shares_of_all_below_its_codes() {
        let hub = PredictionClasses::builtin("cosia").unwrap();
        let ranks = hub.ranks();
        assert_eq!((ranks[0], ranks[18], ranks[19], ranks[255]), (1, 19, 0, 0));
        let flair = PredictionClasses::builtin("flair-1").unwrap();
        assert_eq!((flair.ranks()[0], flair.ranks()[1]), (0, 1));
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let table = hub.compile(&ocsge).unwrap();
        let share = |rank, code| table.share(rank, ocsge.find(Dimension::Cover, code).unwrap());
        assert_eq!((share(4, "CS1.1.2.1"), share(18, "CS2.2.1")), (0.8, 0.0));
        assert!((share(15, "CS2.1.1.2") - 0.2 / 3.0).abs() < 1e-12);
        let nested = Nomenclature::builtin("cnig-extended").unwrap();
        let table = hub.compile(&nested).unwrap();
        let meadow = nested.find(Dimension::Cover, "CS2.2.1.1").unwrap();
        assert!((table.share(9, meadow) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_wrong_table_is_told_with_its_place() {
        let with = |from: &str, to: &str| {
            assert!(TEXTS[0].contains(from));
            PredictionClasses::from_yaml(&TEXTS[0].replacen(from, to, 1)).unwrap_err().remove(0)
        };
        assert_eq!(with("value: 2,", "value: 1,").what, "two classes have this value");
        let problem = with("{ CS1.1.2.1: 0.8", "{ CS1.1.2.1: 0.7");
        assert_eq!((problem.what.as_str(), problem.line), ("the shares are not 1 together", 13));
        assert_eq!(with("CS1.1.1.1: 1", "CS1.1.1.9: 1").key, "classes[0].covers.CS1.1.1.9");
        assert_eq!(with("codes: ocsge-2-0", "codes: ocsge").key, "codes");
    }
}
