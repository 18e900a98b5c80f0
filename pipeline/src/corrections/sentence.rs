//! The sentence in which a correction is told to IGN, and read again when its report comes back.

use super::terms::{Aim, Kind, Term};
use super::{Act, record_act};
use crate::corrections::identity::ID_LENGTH;
use crate::io::record::CorrectionRecord;

/// What stands before the id of a correction.
const ID_MARK: &str = "[correction ";
/// What stands between the current and the proposed code.
const CODE_MARK: &str = "à corriger en ";
/// What stands before the id of the object.
const OBJECT_MARK: &str = "(objet ";
/// Most characters of a sentence: a screen of text, which people still read.
pub const LENGTH_MAX: usize = 2_000;

/// The correction in French: what is wrong, what should be, why, and its id.
pub fn sentence(record: &CorrectionRecord) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (current, proposed) = (text(&record.current_code), text(&record.proposed_code));
    let CorrectionRecord { vintage, object_id, .. } = record;
    let asked = match record_act(record) {
        Act::Recode => {
            let dimension = record.dimension.label().to_lowercase();
            format!("{dimension} {current} {CODE_MARK}{proposed} {OBJECT_MARK}{object_id})")
        }
        Act::Redraw => format!("contour à redessiner {OBJECT_MARK}{object_id})"),
        Act::Merge => format!("objets à fusionner {OBJECT_MARK}{object_id})"),
        Act::Insert => format!("objet manquant, {CODE_MARK}{proposed} {OBJECT_MARK}{object_id})"),
    };
    let id = format!("{ID_MARK}{}]", record.correction_id);
    let mut said = format!("OCS GE {vintage} : {asked}.");
    for more in [&record.evidence, &record.comment].into_iter().flatten() {
        said.push(' ');
        said.push_str(more.trim());
    }
    let room = LENGTH_MAX - id.len() - 3;
    if said.chars().count() > room {
        said = said.chars().take(room).collect::<String>() + "…";
    }
    format!("{said} {id}")
}

/// What a sentence says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The correction, when its id is there.
    pub correction_id: Option<String>,
    /// The object.
    pub object: Option<String>,
    /// What is wrong: a cover or a usage, or that an object is missing.
    pub aim: Option<(Aim, Kind)>,
    /// The code proposed.
    pub code: Option<String>,
}

/// Reads a sentence in a text that may hold more than it.
pub fn read(text: &str) -> Said {
    let word_after = |mark: &str| {
        let rest = &text[text.find(mark)? + mark.len()..];
        rest.split([' ', ')', ']', '\n', ',']).next().filter(|word| !word.is_empty())
    };
    let is_id =
        |word: &&str| word.len() == ID_LENGTH && word.bytes().all(|b| b.is_ascii_hexdigit());
    let code = word_after(CODE_MARK).map(|code| code.trim_end_matches('.').to_owned());
    let before = text.split(CODE_MARK).next().unwrap_or_default();
    let last_of = |word: &str| before.rfind(word);
    let aim = if code.is_none() {
        None
    } else if last_of("objet manquant").is_some() {
        Some((Aim::Geometry, Kind::Omission))
    } else if last_of("usage ") > last_of("couverture ") {
        Some((Aim::Usage, Kind::Semantic))
    } else {
        last_of("couverture ").map(|_| (Aim::Cover, Kind::Semantic))
    };
    Said {
        correction_id: word_after(ID_MARK).filter(is_id).map(str::to_ascii_lowercase),
        object: word_after(OBJECT_MARK).map(str::to_owned),
        aim,
        code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corrections::ledger::tests::entry;

    #[test]
    fn what_is_told_is_read_again_among_other_words() {
        let mut record = entry(1).record;
        let told = sentence(&record);
        assert!(told.starts_with("OCS GE 2021 : usage US1.1 à corriger en US5 (objet OCS1). =1+1"));
        let expected = Said {
            correction_id: Some(record.correction_id.clone()),
            object: Some("OCS1".to_owned()),
            aim: Some((Aim::Usage, Kind::Semantic)),
            code: Some("US5".to_owned()),
        };
        assert_eq!(read(&format!("Bonjour,\n{told}\nMerci.")), expected);
        record.dimension = Aim::Geometry;
        record.kind = Kind::Omission;
        record.proposed_code = Some("CS1.1.1.1/US5".to_owned());
        let said = read(&sentence(&record));
        assert_eq!(
            (said.aim, said.code),
            (Some((Aim::Geometry, Kind::Omission)), record.proposed_code)
        );
        assert_eq!(read("Ce bâtiment n'existe plus"), Said::default());
    }

    #[test]
    fn a_long_comment_is_cut_and_the_id_stays() {
        let mut record = entry(1).record;
        record.comment = Some("é".repeat(5_000));
        let told = sentence(&record);
        assert!(told.chars().count() <= LENGTH_MAX);
        assert_eq!(read(&told).correction_id, Some(record.correction_id));
    }
}
