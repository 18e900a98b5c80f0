//! A nomenclature as text for people.

use std::fmt::Write as _;

use crate::class::{Class, ClassId, Couple, Dimension};
use crate::error::NomenclatureError;
use crate::nomenclature::Nomenclature;
use crate::rules::{RuleSet, Thresholds};

#[cfg(test)]
mod tests;

/// The nomenclature as text: a head, then the classes of each dimension asked for.
///
/// With `tree`, every class in its place, leaves marked `*`; without, the leaves alone, in
/// document order.
pub fn text(nomenclature: &Nomenclature, dimensions: &[Dimension], tree: bool) -> String {
    let mut out = String::new();
    let version = nomenclature.version();
    let _ = writeln!(out, "{} · {} · version {version}", nomenclature.id(), nomenclature.title());
    for source in nomenclature.source() {
        let _ = writeln!(out, "source  {source}");
    }
    for note in nomenclature.notes() {
        let _ = writeln!(out, "note    {note}");
    }
    if let Some(outer) = nomenclature.nests_in() {
        let _ = writeln!(out, "nests   in {outer}: `-> CODE`");
    }
    // Only a built-in nomenclature can be nested in, as the document was checked.
    let outer = nomenclature.nests_in().and_then(|id| Nomenclature::builtin(id).ok());
    for dimension in dimensions {
        let classes = nomenclature.classes(*dimension).len();
        let leaves = nomenclature.leaves(*dimension).len();
        let _ = writeln!(out, "\n{dimension}  {leaves} leaves, {classes} classes");
        let around = Surroundings { nomenclature, outer: outer.as_ref(), dimension: *dimension };
        let found = lines(nomenclature, *dimension, tree);
        let width = found.iter().map(|(code, _)| code.chars().count()).max().unwrap_or_default();
        for (code, class) in found {
            line(&mut out, (&code, width), class, &around);
        }
    }
    out
}

/// A rule set as text: its head, its rules in order, and the matrix of the couples of a
/// nomenclature, covers by usages, `A` where artificial and `.` elsewhere.
///
/// # Errors
/// As [`RuleSet::compile`].
pub fn rules_text(
    rules: &RuleSet,
    nomenclature: &Nomenclature,
) -> Result<String, NomenclatureError> {
    let table = rules.compile(nomenclature)?;
    let mut out = format!("{} · {}\narticle {}\n", rules.id, rules.title, rules.article);
    for (name, lines) in [("source ", &rules.source), ("note   ", &rules.notes)] {
        for line in lines {
            let _ = writeln!(out, "{name} {line}");
        }
    }
    let Thresholds { built_min_m2, other_min_m2, .. } = &rules.thresholds;
    let _ = writeln!(out, "from    built {built_min_m2} m2, other {other_min_m2} m2\n");
    for (rank, rule) in rules.rules.iter().enumerate() {
        let verdict = if rule.artificial { "A" } else { "." };
        let _ = writeln!(out, "{:>3} {verdict} {}", rank + 1, rule.article);
    }
    let usages = nomenclature.leaves(Dimension::Usage);
    let (mut artificial, mut all) = (0, 0);
    let mut matrix = String::new();
    for cs in nomenclature.leaves(Dimension::Cover) {
        let _ = write!(matrix, "{:<11}", nomenclature.code(Dimension::Cover, cs));
        for us in &usages {
            let is_artificial = table.is_artificial(Couple { cs, us: *us });
            let width = nomenclature.code(Dimension::Usage, *us).len().max(3);
            let _ = write!(matrix, " {:>width$}", if is_artificial { 'A' } else { '.' });
            artificial += usize::from(is_artificial);
            all += 1;
        }
        matrix.push('\n');
    }
    let head: Vec<String> = usages
        .iter()
        .map(|us| format!("{:>3}", nomenclature.code(Dimension::Usage, *us)))
        .collect();
    let _ =
        writeln!(out, "\n{artificial} of {all} couples of {} are artificial", nomenclature.id());
    let _ = write!(out, "{:<11} {}\n{matrix}", "", head.join(" "));
    Ok(out)
}

/// The classes to print, each with its code, indented by its depth in the tree.
fn lines(nomenclature: &Nomenclature, dimension: Dimension, tree: bool) -> Vec<(String, &Class)> {
    if !tree {
        let leaves = nomenclature.classes(dimension).iter().filter(|class| class.leaf);
        return leaves.map(|class| (format!("  {}", class.code), class)).collect();
    }
    let mut found = Vec::new();
    let mut waiting: Vec<ClassId> = nomenclature.children(dimension, None);
    waiting.reverse();
    while let Some(id) = waiting.pop() {
        if let Some(class) = nomenclature.class(dimension, id) {
            let indent = 2 * nomenclature.ancestors(dimension, id).len() + 2;
            found.push((format!("{:indent$}{}", "", class.code), class));
        }
        waiting.extend(nomenclature.children(dimension, Some(id)).into_iter().rev());
    }
    found
}

/// What a line needs besides its class.
struct Surroundings<'n> {
    nomenclature: &'n Nomenclature,
    outer: Option<&'n Nomenclature>,
    dimension: Dimension,
}

/// `  CS1.1.1.1 *  #ff377a  Zones bâties  (remarks)`.
fn line(out: &mut String, (code, width): (&str, usize), class: &Class, around: &Surroundings<'_>) {
    let mark = if class.leaf { '*' } else { ' ' };
    let _ = write!(out, "{code:<width$} {mark} {}  {}", class.colour, class.label);
    for remark in remarks(class, around) {
        let _ = write!(out, "  {remark}");
    }
    out.push('\n');
}

/// What is special about a class: value, nesting, aggregate, aliases, minimum unit.
fn remarks(class: &Class, around: &Surroundings<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(value) = class.value {
        remarks.push(format!("cell {value}"));
    }
    if let (Some(nest), Some(outer)) = (&class.nest, around.outer) {
        let code = |id| outer.code(around.dimension, id);
        remarks.push(match (nest.target(), nest.published) {
            (Some(target), Some(published)) if target != published => {
                format!("-> {} (published: {})", code(target), code(published))
            }
            (Some(target), _) => format!("-> {}", code(target)),
            (None, _) => format!("-> none: {}", nest.unmapped.as_deref().unwrap_or_default()),
        });
    }
    if !class.aggregate_of.is_empty() {
        let codes =
            class.aggregate_of.iter().map(|id| around.nomenclature.code(around.dimension, *id));
        remarks.push(format!("= {}", codes.collect::<Vec<_>>().join(" + ")));
    }
    if !class.aliases.is_empty() {
        remarks.push(format!("also {}", class.aliases.join(", ")));
    }
    if let Some(area) = class.min_area_m2.filter(|_| class.leaf) {
        remarks.push(format!("unit {area} m2"));
    }
    remarks
}
