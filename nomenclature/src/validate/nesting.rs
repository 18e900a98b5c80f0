//! Where each leaf of a nested nomenclature falls in the parent nomenclature.

use crate::class::{ClassId, Dimension, Nest};
use crate::document::{Document, Nesting};
use crate::findings::{Fault, Findings};
use crate::nearest::nearest_code;
use crate::nomenclature::{Branch, Nomenclature};

use super::Line;

/// Fills `nest` of every leaf; a leaf that nests nowhere, or in no leaf, becomes a fault.
pub(super) fn fill(
    dimension: Dimension,
    lines: &[Line],
    (document, parent): (&Document, &Nomenclature),
    branch: &mut Branch,
    findings: &mut Findings<'_>,
) {
    for (line, class) in lines.iter().zip(&mut branch.classes) {
        let mut outer = Outer { dimension, line, parent, findings };
        if class.leaf {
            class.nest = Some(outer.nest(document.nesting));
        } else if line.raw.nests_in.is_some() {
            let fault = Fault::new("a class that is no leaf cannot nest")
                .got(line.raw.code.as_str())
                .hint("state `nests_in` on the leaves below it");
            line.fault(dimension, "nests_in", fault, outer.findings);
        }
    }
}

/// One leaf and the nomenclature around it.
struct Outer<'a, 't> {
    dimension: Dimension,
    line: &'a Line,
    parent: &'a Nomenclature,
    findings: &'a mut Findings<'t>,
}

impl Outer<'_, '_> {
    fn nest(&mut self, nesting: Nesting) -> Nest {
        let raw = &self.line.raw;
        let published = match (&raw.nests_in, nesting) {
            (Some(code), _) => self.leaf("nests_in", code),
            (None, Nesting::Prefix) => self.parent.collapse(self.dimension, &raw.code),
            (None, Nesting::Explicit) => None,
        };
        let corrected = raw.corrected.as_deref().and_then(|code| self.leaf("corrected", code));
        if corrected.is_some() && raw.note.is_none() {
            let fault = Fault::new("a correction of a published value without its reason")
                .expected("a `note` that says why");
            self.line.fault(self.dimension, "corrected", fault, self.findings);
        }
        let stated = raw.nests_in.is_some() || raw.corrected.is_some();
        match (&raw.unmapped, published.or(corrected)) {
            (None, None) if !stated => self.homeless(),
            (Some(_), _) if stated => {
                let fault =
                    Fault::new("both `unmapped` and a class to nest in").expected("one of the two");
                self.line.fault(self.dimension, "unmapped", fault, self.findings);
            }
            _ => {}
        }
        Nest { published, corrected, unmapped: raw.unmapped.clone() }
    }

    /// The leaf of the parent nomenclature with this very code.
    fn leaf(&mut self, key: &str, code: &str) -> Option<ClassId> {
        let found = self.parent.find(self.dimension, code);
        let leaf = found
            .filter(|id| self.parent.class(self.dimension, *id).is_some_and(|class| class.leaf));
        if leaf.is_none() {
            let what = match found {
                Some(_) => "nests in a class that is no leaf",
                None => "nests in an unknown class",
            };
            let leaves = self.parent.classes(self.dimension).iter().filter(|class| class.leaf);
            let nearest = nearest_code(code, leaves.map(|class| class.code.as_str()));
            let fault =
                Fault::new(format!("{what} of `{}`", self.parent.id())).got(code).nearest(nearest);
            self.line.fault(self.dimension, key, fault, self.findings);
        }
        leaf
    }

    fn homeless(&mut self) {
        let fault = Fault::new(format!("a leaf that nests in no leaf of `{}`", self.parent.id()))
            .got(self.line.raw.code.as_str())
            .expected("`nests_in: CODE`, or `unmapped: REASON`");
        self.line.fault(self.dimension, "code", fault, self.findings);
    }
}
