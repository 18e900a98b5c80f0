//! `millesime nomenclature show`: a document for people or for programs.

use std::fmt::Write;

use nomenclature::{Class, ClassId, Dimension, Nomenclature, RuleSet, show};
use serde_json::{Value, json};

use super::{load, usage};
use crate::commands::format::Format;
use crate::error::Error;
use crate::talk;

/// What `show` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime nomenclature show ocsge-2-0 --tree
  millesime nomenclature show ocs2d-hdf-2021 --dimension us
  millesime nomenclature show decree-2023-1096             the matrix of artificial couples
  millesime nomenclature show flair-hub --format json")]
pub struct Args {
    /// A built-in nomenclature or rule set, or the path of a nomenclature document
    #[arg(value_name = "ID|FILE")]
    name: Option<String>,
    /// Every class in its place, leaves marked `*`, instead of the leaves alone
    #[arg(long)]
    tree: bool,
    /// Only covers (cs) or only usages (us)
    #[arg(long, value_name = "cs|us")]
    dimension: Option<DimensionName>,
    /// For people, or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A dimension as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DimensionName {
    Cs,
    Us,
}

/// Prints the document.
///
/// # Errors
/// [`Error::Usage`] for an unknown name, [`Error::Config`] for a document with faults.
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::data(&shown(args)?)
}

/// What is printed.
pub(super) fn shown(args: &Args) -> Result<String, Error> {
    let Some(name) = args.name.as_deref() else { return Ok(list(args.format)) };
    if RuleSet::builtin_ids().contains(&name) {
        return rule_set(name, args.format);
    }
    let nomenclature = load(name)?;
    let dimensions: &[Dimension] = match args.dimension {
        Some(DimensionName::Cs) => &[Dimension::Cover],
        Some(DimensionName::Us) => &[Dimension::Usage],
        None => &[Dimension::Cover, Dimension::Usage],
    };
    Ok(match args.format {
        Format::Text => show::text(&nomenclature, dimensions, args.tree),
        Format::Json => pretty(&document(&nomenclature, dimensions, args.tree)),
    })
}

/// The ids that are built in.
fn list(format: Format) -> String {
    let kinds =
        [("nomenclature", Nomenclature::builtin_ids()), ("rule set", RuleSet::builtin_ids())];
    if format == Format::Json {
        return pretty(&json!({ "nomenclatures": kinds[0].1, "rule_sets": kinds[1].1 }));
    }
    let mut out = String::new();
    for (kind, ids) in kinds {
        for id in ids {
            let title = match kind {
                "nomenclature" => Nomenclature::builtin(id).map(|it| it.title().to_owned()),
                _ => RuleSet::builtin(id).map(|it| it.title),
            };
            let _ = writeln!(out, "{kind:<13} {id:<18} {}", title.unwrap_or_default());
        }
    }
    out
}

/// A rule set on its own nomenclature.
fn rule_set(name: &str, format: Format) -> Result<String, Error> {
    let rules = RuleSet::builtin(name).map_err(|error| usage(&error))?;
    let own = Nomenclature::builtin(&rules.nomenclature).map_err(|error| usage(&error))?;
    if format == Format::Text {
        return show::rules_text(&rules, &own).map_err(|error| usage(&error));
    }
    let table = rules.compile(&own).map_err(|error| usage(&error))?;
    let mut couples = Vec::new();
    for cs in own.leaves(Dimension::Cover) {
        for us in own.leaves(Dimension::Usage) {
            let couple = nomenclature::Couple { cs, us };
            couples.push(json!({
                "cs": own.code(Dimension::Cover, cs),
                "us": own.code(Dimension::Usage, us),
                "artificial": table.is_artificial(couple),
                "article": table.article(couple),
            }));
        }
    }
    Ok(pretty(&json!({
        "id": rules.id,
        "title": rules.title,
        "article": rules.article,
        "nomenclature": rules.nomenclature,
        "built_min_m2": rules.thresholds.built_min_m2,
        "other_min_m2": rules.thresholds.other_min_m2,
        "couples": couples,
    })))
}

/// A nomenclature as JSON; with `inner`, also the classes that are no leaves.
fn document(nomenclature: &Nomenclature, dimensions: &[Dimension], inner: bool) -> Value {
    let outer = nomenclature.nests_in().and_then(|id| Nomenclature::builtin(id).ok());
    let mut out = json!({
        "id": nomenclature.id(),
        "title": nomenclature.title(),
        "version": nomenclature.version(),
        "source": nomenclature.source(),
        "notes": nomenclature.notes(),
        "nests_in": nomenclature.nests_in(),
    });
    for dimension in dimensions {
        let classes: Vec<Value> = nomenclature
            .iter(*dimension)
            .filter(|(_, class)| inner || class.leaf)
            .map(|(id, class)| class_json(nomenclature, outer.as_ref(), (*dimension, id, class)))
            .collect();
        out[dimension.to_string()] = Value::Array(classes);
    }
    out
}

fn class_json(
    nomenclature: &Nomenclature,
    outer: Option<&Nomenclature>,
    (dimension, id, class): (Dimension, ClassId, &Class),
) -> Value {
    let code = |id| nomenclature.code(dimension, id);
    let nest = class.nest.as_ref().zip(outer);
    let outer_code = |id: Option<ClassId>| nest.zip(id).map(|((_, n), id)| n.code(dimension, id));
    json!({
        "number": id.0,
        "code": class.code,
        "label": class.label,
        "parent": class.parent.map(code),
        "leaf": class.leaf,
        "colour": class.colour.to_string(),
        "min_area_m2": class.min_area_m2,
        "value": class.value,
        "nests_in": outer_code(nest.and_then(|(nest, _)| nest.target())),
        "published": outer_code(nest.and_then(|(nest, _)| nest.published)),
        "unmapped": class.nest.as_ref().and_then(|nest| nest.unmapped.clone()),
        "aggregate_of": class.aggregate_of.iter().map(|id| code(*id)).collect::<Vec<_>>(),
        "aliases": class.aliases,
        "includes": class.includes,
        "note": class.note,
    })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
