//! Named places where a process may be killed on purpose, to prove that the next one goes on.
//!
//! `MILLESIME_FAULT=draft.renamed:3` kills the process without warning when it passes that place for
//! the third time, as `kill -9` or a power cut would; `*` stands for any place. Without the variable a
//! place costs the reading of one static.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use signal_hook::consts::signal::SIGKILL;
use signal_hook::low_level::raise;

/// Where to die, and after how many passages.
#[derive(Debug)]
struct Fault {
    place: String,
    left: AtomicU64,
}

/// The fault that the environment asks for, read once.
fn fault() -> Option<&'static Fault> {
    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
    FAULT.get_or_init(|| parse(&std::env::var("MILLESIME_FAULT").ok()?)).as_ref()
}

/// `NAME:N`, the N-th passage of a place from 1 on; anything else is no fault.
fn parse(text: &str) -> Option<Fault> {
    let (place, count) = text.split_once(':')?;
    let left = AtomicU64::new(count.parse().ok().filter(|count| *count > 0)?);
    Some(Fault { place: place.to_owned(), left })
}

/// A place where the process may die.
pub(crate) fn point(name: &'static str) {
    tracing::trace!(name, "fault point");
    if reaches(name) {
        die();
    }
}

/// Whether the process has to die at this passage of a place.
pub(crate) fn reaches(name: &str) -> bool {
    fault().is_some_and(|fault| fault.is_due(name))
}

/// Dies as if killed: no destructor runs, nothing is flushed.
pub(crate) fn die() {
    let _ = raise(SIGKILL);
}

impl Fault {
    fn is_due(&self, name: &str) -> bool {
        (self.place == "*" || self.place == name) && self.left.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_due_once_at_its_passage_of_its_place() {
        let fault = parse("draft.renamed:2").unwrap();
        let due = ["draft.renamed", "draft.placed", "draft.renamed", "draft.renamed"]
            .map(|name| fault.is_due(name));
        assert_eq!(due, [false, false, true, false]);
        let any = parse("*:2").unwrap();
        assert_eq!(["a", "b", "c"].map(|name| any.is_due(name)), [false, true, false]);
        assert!(["", "x", "x:0", "x:y"].iter().all(|text| parse(text).is_none()));
    }
}
