//! Numbers, keys and words of the reasons.

use super::*;

#[test]
fn reasons_keep_their_numbers_and_their_sentences_differ() {
    for (number, reason) in Reason::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(reason.to_cell()), number);
    }
    let sentences: std::collections::BTreeSet<_> =
        Reason::ALL.iter().flat_map(|r| [r.french(), r.english()]).collect();
    assert_eq!(sentences.len(), 28);
    assert_eq!(Reason::from_cell(14), None);
}

#[test]
fn the_key_of_a_reason_leads_back_to_it() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_key(reason.key()), Some(reason));
    }
    assert_eq!(Reason::from_key("else"), None);
}
