//! Checks of the tree of one dimension.

use crate::class::{ClassId, Dimension};
use crate::findings::{Fault, Findings};
use crate::nomenclature::Branch;

use super::Line;

/// Reports cycles of parents, and aggregates of themselves or of aggregates.
///
/// A leaf may have children: where a partial list refines only part of a class, polygons go on
/// carrying the class itself.
pub(super) fn check(
    dimension: Dimension,
    lines: &[Line],
    branch: &Branch,
    findings: &mut Findings<'_>,
) {
    for (rank, (line, class)) in lines.iter().zip(&branch.classes).enumerate() {
        let id = ClassId(rank as u8 + 1);
        if let Some(ring) = cycle_through(branch, id) {
            let fault = Fault::new("a cycle of parents")
                .got(ring)
                .expected("a chain of parents that ends at a class without `parent`");
            line.fault(dimension, "parent", fault, findings);
        }
        for member in &class.aggregate_of {
            if *member == id || !branch.classes[usize::from(member.0) - 1].aggregate_of.is_empty() {
                let code = branch.classes[usize::from(member.0) - 1].code.as_str();
                let fault = Fault::new("an aggregate of itself or of an aggregate").got(code);
                line.fault(dimension, "aggregate_of", fault, findings);
            }
        }
    }
}

/// The codes of the cycle that a class is part of, from the class back to itself.
///
/// Only the first class of a cycle in the document reports it.
fn cycle_through(branch: &Branch, start: ClassId) -> Option<String> {
    let class = |id: ClassId| &branch.classes[usize::from(id.0) - 1];
    let mut codes = vec![class(start).code.as_str()];
    let mut at = start;
    for _ in 0..branch.classes.len() {
        at = class(at).parent?;
        codes.push(&class(at).code);
        if at == start {
            return Some(codes.join(" -> "));
        }
        if at < start {
            return None;
        }
    }
    None
}
