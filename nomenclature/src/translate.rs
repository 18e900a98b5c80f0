//! Codes as texts from one nomenclature to another, with the reason when that cannot be done.

use crate::class::Dimension;
use crate::crosswalk::Crosswalk;
use crate::error::NomenclatureError;
use crate::nomenclature::Nomenclature;

/// A crosswalk that reads and writes codes instead of class numbers.
#[derive(Debug)]
pub struct Translator<'n> {
    from: &'n Nomenclature,
    to: &'n Nomenclature,
    crosswalk: Crosswalk,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Translation<'n> {
    /// One code.
    Code(&'n str),
    /// Nothing: several finer codes fit, and the nomenclature does not say which.
    Several(Vec<&'n str>),
    /// Nothing: no class fits, for the reason stated.
    NoClass(String),
    /// Nothing: the code is not one of the source nomenclature; perhaps this one was meant.
    Unknown(Option<String>),
}

impl<'n> Translator<'n> {
    /// The translator between two nomenclatures.
    ///
    /// # Errors
    /// [`NomenclatureError::NoCrosswalk`] when nothing leads from one to the other.
    pub fn new(from: &'n Nomenclature, to: &'n Nomenclature) -> Result<Self, NomenclatureError> {
        Ok(Self { from, to, crosswalk: Crosswalk::between(from, to)? })
    }

    /// The crosswalk behind it.
    pub fn crosswalk(&self) -> &Crosswalk {
        &self.crosswalk
    }

    /// What becomes of a code: of a class, of an alias, or of a deeper code where those are read.
    pub fn translate(&self, dimension: Dimension, code: &str) -> Translation<'n> {
        let found = self.from.resolve(dimension, code);
        let id = match found.or_else(|error| self.from.collapse(dimension, code).ok_or(error)) {
            Ok(id) => id,
            Err(NomenclatureError::UnknownCode { nearest, .. }) => {
                return Translation::Unknown(nearest);
            }
            Err(_) => return Translation::Unknown(None),
        };
        let Some(link) = self.crosswalk.link(dimension, id) else {
            return Translation::Unknown(None);
        };
        match (link.target, link.candidates.as_slice()) {
            (Some(target), _) => Translation::Code(self.to.code(dimension, target)),
            (None, []) => {
                let stated = link.note.clone();
                Translation::NoClass(stated.unwrap_or_else(|| "no class nests there".to_owned()))
            }
            (None, several) => {
                let codes = several.iter().map(|id| self.to.code(dimension, *id));
                Translation::Several(codes.collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_for_a_code_to_have_no_translation_is_told_apart() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let ocs2d = Nomenclature::builtin("ocs2d-hdf-2021").unwrap();
        let up = Translator::new(&ocsge, &ocs2d).unwrap();
        assert_eq!(up.translate(Dimension::Cover, "CS1.1.1.1"), Translation::Code("CS1.1.1"));
        assert_eq!(
            up.translate(Dimension::Cover, "CS2.1.1.3"),
            Translation::Several(vec!["CS4.3.1", "CS4.3.2"])
        );
        assert_eq!(
            up.translate(Dimension::Cover, "CS1.2.3"),
            Translation::NoClass("no class nests there".to_owned())
        );
        assert_eq!(
            up.translate(Dimension::Cover, "CS1.1.1.3"),
            Translation::Unknown(Some("CS1.1.1.2".to_owned()))
        );
    }

    #[test]
    fn a_deeper_code_is_read_where_the_document_says_so() {
        let extended = Nomenclature::builtin("cnig-extended").unwrap();
        let ocs2d = Nomenclature::builtin("ocs2d-hdf-2021").unwrap();
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let down = Translator::new(&extended, &ocsge).unwrap();
        assert_eq!(down.translate(Dimension::Cover, "CS2.2.1.4.7"), Translation::Code("CS2.2.1"));
        let other = Translator::new(&ocs2d, &ocsge).unwrap();
        assert!(matches!(
            other.translate(Dimension::Cover, "CS6.1.1.7"),
            Translation::Unknown(Some(near)) if near == "CS6.1.1"
        ));
    }
}
