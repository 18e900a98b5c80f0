use std::collections::BTreeSet;

use super::*;
use crate::proof::Measures;
use crate::proof::tests::samples;

/// Words that English and French share, and those of codes and nomenclatures.
const SHARED: [&str; 9] =
    ["codes", "communes", "couples", "cs", "flux", "oc", "ocsge", "ocsid", "stock"];

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1);
    words.map(str::to_lowercase).collect()
}

#[test]
fn no_english_word_of_a_law_is_left_in_french() {
    for measures in samples() {
        let (english, french) = (words(&measures.to_string()), words(&measured(&measures)));
        let name = words(&measures.name().replace('_', " "));
        let title = words(&title(&Proof::new(measures)));
        let is_left = |word: &&String| french.contains(*word) || title.contains(*word);
        let left: Vec<_> = english.union(&name).filter(is_left).collect();
        let left: Vec<_> = left.into_iter().filter(|w| !SHARED.contains(&w.as_str())).collect();
        assert!(left.is_empty(), "{left:?} in {french:?} or {title:?}");
    }
}

#[test]
fn areas_are_exact_with_a_comma_groups_and_their_unit() {
    let m2_of = |twice_area| m2(Area(twice_area));
    assert_eq!(m2_of(0), "0\u{a0}m²");
    assert_eq!(m2_of(24_690_000_000), "1\u{202f}234\u{202f}500\u{a0}m²");
    assert_eq!(m2_of(10_000), "0,5\u{a0}m²");
    assert_eq!(m2_of(-20_001), "\u{2212}1,00005\u{a0}m²");
    assert_eq!(m2_of(200_000), "10\u{a0}m²", "a zero of the whole part stays");
}

#[test]
fn flux_reads_as_an_equation() {
    let flux = samples().into_iter().find(|m| matches!(m, Measures::FluxIdentity(_))).unwrap();
    assert_eq!(
        measured(&flux).replace(['\u{a0}', '\u{202f}'], " "),
        "1 000 500,00005 m² − 1 000 000,00005 m² = 700,00005 m² − 200,00005 m², écart 0 m²"
    );
}

#[test]
fn a_title_tells_the_variant_and_the_years_in_french() {
    let title = |proof: &Proof| title(proof).split_once(" (").map(|(_, of)| of.to_owned());
    let proof = || Proof::new(Measures::VintagesChain { vintages: 3 });
    assert_eq!(title(&proof()), None);
    assert_eq!(title(&proof().of(2018).of(2021)).unwrap(), "2018, 2021)");
    assert_eq!(title(&proof().of("reel").of(2021)).unwrap(), "changements réels seuls, 2021)");
    assert_eq!(title(&proof().of("recalcule")).unwrap(), "recalculé par la règle)");
}
