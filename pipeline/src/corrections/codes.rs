//! Codes as people write them, brought to the leaves of the national nomenclature.

use nomenclature::{
    ClassId, Couple, CoupleStatus, Dimension, Nomenclature, NomenclatureError, Translation,
    Translator,
};

use super::refusal::{Reason, Refused};
use super::terms::plain;

/// A code that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The national leaf.
    pub class: ClassId,
    /// The finer or other code that it was written as, when it is not the national one.
    pub local: Option<String>,
    /// The class that was written, in its own nomenclature.
    pub written: ClassId,
}

/// Reads codes of one nomenclature.
#[derive(Debug)]
pub struct Codes<'a> {
    national: &'a Nomenclature,
    local: &'a Nomenclature,
    translator: Translator<'a>,
}

impl<'a> Codes<'a> {
    /// A reader of codes of `local` that gives leaves of `national`.
    ///
    /// # Errors
    /// Nothing leads from the one to the other.
    pub fn new(
        local: &'a Nomenclature,
        national: &'a Nomenclature,
    ) -> Result<Self, NomenclatureError> {
        Ok(Self { national, local, translator: Translator::new(local, national)? })
    }

    /// Id of the nomenclature in which the codes are written.
    pub fn nomenclature(&self) -> &str {
        self.local.id()
    }

    /// The leaf behind a text: a code in any case and with blanks, with or without its `CS` or
    /// `US`, alone or before its label, a label alone, or a JSON object with a `label`.
    ///
    /// # Errors
    /// The code is unknown, too general, or has not one national leaf.
    pub fn read(&self, dimension: Dimension, text: &str) -> Result<Code, Refused> {
        let text = labelled(text);
        for written in spellings(dimension, &text) {
            match self.translator.translate(dimension, &written) {
                Translation::Code(code) => return self.leaf(dimension, &written, code),
                Translation::Several(codes) => {
                    let detail = format!("{text} : {}", codes.join(", "));
                    let hint = "proposer l'un de ces codes";
                    return Err(Refused::new(Reason::NoEquivalent, detail, hint));
                }
                Translation::NoClass(why) => {
                    let detail = format!("{text} : {why}");
                    let hint = "proposer un code de la nomenclature nationale";
                    return Err(Refused::new(Reason::NoEquivalent, detail, hint));
                }
                Translation::Unknown(_) => {}
            }
        }
        let wanted = plain(&text);
        let of_label = self.local.iter(dimension);
        let of_label = of_label.filter(|(_, class)| class.leaf && plain(&class.label) == wanted);
        let found: Vec<&str> = of_label.map(|(_, class)| class.code.as_str()).collect();
        match found[..] {
            [code] => self.read(dimension, code),
            _ => Err(self.unknown(dimension, &text)),
        }
    }

    /// A national class that must be a leaf.
    fn leaf(&self, dimension: Dimension, written: &str, code: &str) -> Result<Code, Refused> {
        let found = self.national.find(dimension, code);
        let leaf = found.filter(|&id| self.national.class(dimension, id).is_some_and(|c| c.leaf));
        let Some(class) = leaf else {
            let below = self.national.leaves(dimension).into_iter();
            let below = below.map(|id| self.national.code(dimension, id));
            let below: Vec<&str> = below.filter(|leaf| leaf.starts_with(code)).collect();
            let hint = format!("proposer un poste plus fin : {}", below.join(", "));
            return Err(Refused::new(Reason::GeneralCode, written, hint));
        };
        let is_own = self.local.id() == self.national.id() && written.eq_ignore_ascii_case(code);
        let found = self.local.find(dimension, written);
        let found = found.or_else(|| self.local.collapse(dimension, written)).unwrap_or_default();
        Ok(Code { class, local: (!is_own).then(|| written.to_owned()), written: found })
    }

    /// The national code of what was read.
    pub fn national_code(&self, dimension: Dimension, code: &Code) -> &'a str {
        self.national.code(dimension, code.class)
    }

    /// Whether the nomenclature in which two codes are written excludes their couple.
    pub fn excludes(&self, cs: &Code, us: &Code) -> bool {
        let couple = Couple { cs: cs.written, us: us.written };
        self.local.couple_allowed(couple) == CoupleStatus::Forbidden
    }

    fn unknown(&self, dimension: Dimension, text: &str) -> Refused {
        let codes = self.local.iter(dimension).map(|(_, class)| class.code.as_str());
        let near = nomenclature::nearest::nearest_code(text, codes);
        let id = self.local.id();
        let hint = near.map_or_else(
            || format!("un code de {id}, ou `--nomenclature` pour une autre"),
            |near| format!("le code le plus proche de {id} est {near}"),
        );
        Refused::new(Reason::UnknownCode, shown(text), hint)
    }
}

/// The dimension that a code says by its first letters.
pub fn dimension_of(text: &str) -> Option<Dimension> {
    let text = plain(&labelled(text));
    match text.get(..2)? {
        "cs" => Some(Dimension::Cover),
        "us" => Some(Dimension::Usage),
        _ => None,
    }
}

/// A text to be shown: not longer than people read.
pub fn shown(text: &str) -> String {
    const LENGTH_MAX: usize = 80;
    if text.chars().count() <= LENGTH_MAX {
        return text.to_owned();
    }
    text.chars().take(LENGTH_MAX).collect::<String>() + "…"
}

/// The label of a JSON object such as `{"label": "CS1.1.1.1 Zones bâties"}`, or the text itself.
fn labelled(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with('{') {
        return text.to_owned();
    }
    let object = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    let label = ["label", "code", "value", "name"].into_iter().find_map(|key| object.get(key));
    label.and_then(serde_json::Value::as_str).unwrap_or(text).trim().to_owned()
}

/// Codes that a text may be meant as, the likeliest first.
fn spellings(dimension: Dimension, text: &str) -> Vec<String> {
    let whole: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let prefix = dimension.to_string().to_uppercase();
    let after = text.strip_prefix(prefix.as_str()).unwrap_or(text).trim_start();
    let head = after.split([' ', '\u{a0}', ':', '-', '–', '(']).next().unwrap_or_default();
    let digits = |code: &str| code.starts_with(|c: char| c.is_ascii_digit());
    let mut all = vec![whole.to_uppercase(), head.to_uppercase()];
    if digits(&whole) {
        all.push(format!("{prefix}{whole}"));
    }
    if digits(head) {
        all.push(format!("{prefix}{head}"));
    }
    all.retain(|code| !code.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        local: &str,
        dimension: Dimension,
        text: &str,
    ) -> Result<(String, Option<String>), Reason> {
        let national = Nomenclature::builtin("ocsge-2-0").unwrap();
        let local = Nomenclature::builtin(local).unwrap();
        let codes = Codes::new(&local, &national).unwrap();
        let found = codes.read(dimension, text);
        let code = |code: Code| (national.code(dimension, code.class).to_owned(), code.local);
        found.map(code).map_err(|refused| refused.reason)
    }

    #[test]
    fn a_code_is_read_however_people_write_it() {
        for text in [
            "CS1.1.1.1",
            " cs 1.1.1.1 ",
            "1.1.1.1",
            "CS1.1.1.1 - Zones bâties",
            "zones baties",
            r#"{"label": "CS1.1.1.1 Zones bâties"}"#,
            "CS 1.1.1.1 : Zones bâties",
        ] {
            let expected = Ok(("CS1.1.1.1".to_owned(), None));
            assert_eq!(read("ocsge-2-0", Dimension::Cover, text), expected, "{text}");
        }
        assert_eq!(read("ocsge-2-0", Dimension::Usage, "US5"), Ok(("US5".to_owned(), None)));
    }

    #[test]
    fn a_finer_code_is_kept_beside_its_leaf() {
        let deeper = Ok(("CS2.2.1".to_owned(), Some("CS2.2.1.4".to_owned())));
        assert_eq!(read("ocsge-2-0", Dimension::Cover, "CS2.2.1.4"), deeper);
        // A beach in this nomenclature, trees in the national one.
        let (code, local) = read("ocs2d-hdf-2021", Dimension::Cover, "CS2.1.1").unwrap();
        assert_ne!(code, "CS2.1.1");
        assert_eq!(local.as_deref(), Some("CS2.1.1"));
    }

    #[test]
    fn what_is_no_leaf_says_why() {
        for (text, reason) in [
            ("CS2.1.1", Reason::GeneralCode),
            ("CS9.9", Reason::UnknownCode),
            ("=cmd|' /C calc'!A0", Reason::UnknownCode),
            ("<script>", Reason::UnknownCode),
            ("{\"label\": 3}", Reason::UnknownCode),
        ] {
            assert_eq!(read("ocsge-2-0", Dimension::Cover, text), Err(reason), "{text}");
        }
        assert_eq!(read("ocsge-2-0", Dimension::Usage, "CS1.1.1.1"), Err(Reason::UnknownCode));
    }
}
