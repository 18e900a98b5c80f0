//! The nearest known word, for hints: a wrong hint is worse than none.

/// The candidate that a mistyped word most likely meant.
///
/// Near means at most two edits (insertion, deletion, substitution, swap of neighbours), or one
/// third of the word when that is more. Case is ignored. `None` when nothing is near.
pub fn nearest_word<'a>(
    got: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let got: Vec<char> = got.to_lowercase().chars().collect();
    let limit = (got.len() / 3).max(2).min(got.len().saturating_sub(1));
    candidates
        .into_iter()
        .map(|word| (edits(&got, &word.to_lowercase().chars().collect::<Vec<_>>()), word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The code that a mistyped code most likely meant.
///
/// Only codes which share at least three leading characters are ever proposed; among them the
/// fewest edits win, then the longest shared start, then the closest character where they part.
pub fn nearest_code<'a>(
    got: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let got: Vec<char> = got.to_uppercase().chars().collect();
    candidates
        .into_iter()
        .filter_map(|code| {
            let known: Vec<char> = code.to_uppercase().chars().collect();
            let shared = got.iter().zip(&known).take_while(|(a, b)| a == b).count();
            let gap = match (got.get(shared), known.get(shared)) {
                (Some(&a), Some(&b)) => (a as u32).abs_diff(b as u32),
                _ => 0,
            };
            (shared >= 3).then(|| ((edits(&got, &known), known.len() - shared, gap), code))
        })
        .min_by_key(|(score, _)| *score)
        .map(|(_, code)| code)
}

/// The least number of insertions, deletions, substitutions and neighbour swaps between two words.
fn edits(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut table = vec![0; (a.len() + 1) * width];
    for row in 0..=a.len() {
        for col in 0..=b.len() {
            table[row * width + col] = if row == 0 || col == 0 {
                row + col
            } else {
                let differ = usize::from(a[row - 1] != b[col - 1]);
                let mut best = (table[(row - 1) * width + col] + 1)
                    .min(table[row * width + col - 1] + 1)
                    .min(table[(row - 1) * width + col - 1] + differ);
                if row > 1 && col > 1 && a[row - 1] == b[col - 2] && a[row - 2] == b[col - 1] {
                    best = best.min(table[(row - 2) * width + col - 2] + 1);
                }
                best
            };
        }
    }
    table[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_or_missing_letter_is_near() {
        assert_eq!(nearest_word("lable", ["label", "leaf", "parent"]), Some("label"));
        assert_eq!(nearest_word("paren", ["label", "leaf", "parent"]), Some("parent"));
        assert_eq!(nearest_word("Nomenclatrue", ["nomenclature"]), Some("nomenclature"));
    }

    #[test]
    fn a_word_that_resembles_nothing_has_no_nearest() {
        assert_eq!(nearest_word("zoom", ["label", "leaf", "parent"]), None);
        assert_eq!(nearest_word("x", ["y"]), None);
    }

    #[test]
    fn a_code_needs_three_shared_leading_characters() {
        assert_eq!(nearest_code("CS1.1.1.3", ["CS1.1.1.1", "CS1.1.1.2"]), Some("CS1.1.1.2"));
        assert_eq!(nearest_code("US7", ["US1", "US6"]), None);
        assert_eq!(nearest_code("cs2.2.3", ["CS2.2.1", "CS2.2.2", "CS1.2.3"]), Some("CS2.2.2"));
    }
}
