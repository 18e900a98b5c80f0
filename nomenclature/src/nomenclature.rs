//! A checked nomenclature and the questions that it answers.

use std::collections::BTreeMap;

use crate::builtin;
use crate::class::{Class, ClassId, Couple, Dimension};
use crate::couples::{CouplePolicy, CoupleStatus, CoupleTable};
use crate::error::{NomenclatureError, Problem};
use crate::nearest::nearest_code;
use crate::validate;

/// The most classes one dimension may have: ids are 1 to 254, 0 is nodata, 255 stays free.
pub const CLASSES_MAX: usize = 254;

/// A nested nomenclature: two trees of classes, their couples, and where its leaves nest.
#[derive(Debug, Clone, PartialEq)]
pub struct Nomenclature {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) source: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) nests_in: Option<String>,
    pub(crate) deeper_codes: bool,
    pub(crate) cs: Branch,
    pub(crate) us: Branch,
    pub(crate) couples: CoupleTable,
}

/// One dimension of a nomenclature.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Branch {
    pub(crate) classes: Vec<Class>,
    /// Classes by normalised code or alias.
    pub(crate) by_code: BTreeMap<String, ClassId>,
    pub(crate) column: Option<String>,
}

/// A code as it is compared: without blanks around or within, upper case.
pub(crate) fn normalised(code: &str) -> String {
    code.split_whitespace().collect::<String>().to_uppercase()
}

impl Nomenclature {
    /// A nomenclature that ships with the program.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let text = builtin::text(id)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind: "nomenclature",
            id: id.to_owned(),
            problems,
        })
    }

    /// The YAML document of a nomenclature that ships with the program.
    ///
    /// # Errors
    /// As [`Nomenclature::builtin`].
    pub fn builtin_document(id: &str) -> Result<&'static str, NomenclatureError> {
        builtin::text(id)
    }

    /// The ids that [`Nomenclature::builtin`] knows.
    pub fn builtin_ids() -> &'static [&'static str] {
        builtin::IDS
    }

    /// Reads and checks a nomenclature document.
    ///
    /// # Errors
    /// Every [`Problem`] found, in the order of the text: unknown parent, cycle, duplicate code,
    /// bad colour, unknown code in a couple, leaf that nests nowhere, unknown key, wrong type.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        validate::nomenclature(text)
    }

    /// Its id, such as `ocsge-2-0`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its full name.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Its own version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where its facts come from.
    pub fn source(&self) -> &[String] {
        &self.source
    }

    /// Remarks: what is inferred, partial or left out.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The id of the nomenclature that its leaves nest in.
    pub fn nests_in(&self) -> Option<&str> {
        self.nests_in.as_deref()
    }

    /// The usual name of the column that holds its codes.
    pub fn column(&self, dimension: Dimension) -> Option<&str> {
        self.branch(dimension).column.as_deref()
    }

    pub(crate) fn branch(&self, dimension: Dimension) -> &Branch {
        match dimension {
            Dimension::Cover => &self.cs,
            Dimension::Usage => &self.us,
        }
    }

    /// The classes in document order: `ClassId(i + 1)` is index `i`; at most [`CLASSES_MAX`].
    pub fn classes(&self, dimension: Dimension) -> &[Class] {
        &self.branch(dimension).classes
    }

    /// Every id with its class, in document order.
    pub fn iter(&self, dimension: Dimension) -> impl Iterator<Item = (ClassId, &Class)> {
        (1..).map(ClassId).zip(self.classes(dimension))
    }

    /// One class; `None` for nodata and for ids of other nomenclatures beyond its length.
    pub fn class(&self, dimension: Dimension, id: ClassId) -> Option<&Class> {
        usize::from(id.0).checked_sub(1).and_then(|rank| self.classes(dimension).get(rank))
    }

    /// The code of a class; empty for nodata.
    pub fn code(&self, dimension: Dimension, id: ClassId) -> &str {
        self.class(dimension, id).map_or("", |class| &class.code)
    }

    /// The class of a code or of one of its aliases; case and blanks do not matter.
    pub fn find(&self, dimension: Dimension, code: &str) -> Option<ClassId> {
        self.branch(dimension).by_code.get(&normalised(code)).copied()
    }

    /// The class that a cell value of a prediction product stands for.
    pub fn class_of_value(&self, dimension: Dimension, value: u16) -> Option<ClassId> {
        self.iter(dimension).find(|(_, class)| class.value == Some(value)).map(|(id, _)| id)
    }

    /// The class of a code, or why there is none.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownCode`], with the nearest code that shares at least three
    /// leading characters.
    pub fn resolve(&self, dimension: Dimension, code: &str) -> Result<ClassId, NomenclatureError> {
        self.find(dimension, code).ok_or_else(|| {
            let known = self.classes(dimension).iter().map(|class| class.code.as_str());
            NomenclatureError::UnknownCode {
                code: code.to_owned(),
                dimension,
                nomenclature: self.id.clone(),
                nearest: nearest_code(code, known).map(ToOwned::to_owned),
            }
        })
    }

    /// The leaf that a code met in the wild stands for.
    ///
    /// Takes the codes of leaves, their aliases (older codes) and, where the document says so,
    /// deeper codes: `CS2.2.1.4` is `CS2.2.1`. The dot is the boundary: `US2.123` is `US2`, `US23`
    /// is nothing. `None` for a class that is no leaf (`CS2.1.1`) and for any other text.
    pub fn collapse(&self, dimension: Dimension, code: &str) -> Option<ClassId> {
        let code = normalised(code);
        let by_code = &self.branch(dimension).by_code;
        let mut stem = code.as_str();
        loop {
            if let Some(&id) = by_code.get(stem) {
                return self.class(dimension, id).filter(|class| class.leaf).map(|_| id);
            }
            if !self.deeper_codes {
                return None;
            }
            stem = stem.rsplit_once('.')?.0;
        }
    }

    /// The classes that a delivered polygon may carry, in document order.
    pub fn leaves(&self, dimension: Dimension) -> Vec<ClassId> {
        self.iter(dimension).filter(|(_, class)| class.leaf).map(|(id, _)| id).collect()
    }

    /// What a couple that no list names means.
    pub fn couple_policy(&self) -> CouplePolicy {
        self.couples.policy
    }

    /// How many couples are listed as allowed.
    pub fn couples_listed(&self) -> usize {
        self.couples.listed.values().filter(|allowed| **allowed).count()
    }

    /// The standing of a couple; nodata and classes that are no leaf are forbidden.
    pub fn couple_allowed(&self, couple: Couple) -> CoupleStatus {
        let leaf = |d, id| self.class(d, id).is_some_and(|class| class.leaf);
        if leaf(Dimension::Cover, couple.cs) && leaf(Dimension::Usage, couple.us) {
            self.couples.status(couple)
        } else {
            CoupleStatus::Forbidden
        }
    }
}

#[cfg(test)]
mod tests;
