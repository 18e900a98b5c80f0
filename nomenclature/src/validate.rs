//! From a nomenclature document to a checked nomenclature, or to every fault in it.

use std::collections::BTreeMap;

use crate::builtin;
use crate::class::{Class, ClassId, Couple, Dimension};
use crate::colour::Rgb;
use crate::couples::CoupleTable;
use crate::document::{Columns, Couples, Document, RawClass};
use crate::error::Problem;
use crate::findings::{Fault, Findings};
use crate::nearest::{nearest_code, nearest_word};
use crate::nomenclature::{Branch, CLASSES_MAX, Nomenclature, normalised};
use crate::yaml::{self, Lenient};

mod nesting;
#[cfg(test)]
mod tests;
mod trees;

/// The version of the YAML form that this program reads.
const FORMAT: u32 = 1;

const DIMENSIONS: [Dimension; 2] = [Dimension::Cover, Dimension::Usage];

/// Reads and checks a document.
///
/// # Errors
/// Every fault, in the order of the text.
pub(crate) fn nomenclature(text: &str) -> Result<Nomenclature, Vec<Problem>> {
    let document: Document = yaml::from_str(text).map_err(|error| vec![error.into()])?;
    let mut findings = Findings::new(text);
    check_head(&document, &mut findings);
    let parent = parent_nomenclature(&document, &mut findings);
    let [cs, us] = DIMENSIONS.map(|dimension| {
        let lines = readable_classes(&document, dimension, &mut findings);
        let mut branch = branch(dimension, &lines, &document, &mut findings);
        trees::check(dimension, &lines, &branch, &mut findings);
        check_values(dimension, &lines, &mut findings);
        if let Some(parent) = &parent {
            nesting::fill(dimension, &lines, (&document, parent), &mut branch, &mut findings);
        }
        inherit_colours(dimension, &lines, parent.as_ref(), &mut branch);
        branch
    });
    let couples = couples(&document.couples, &cs, &us, &mut findings);
    if !findings.is_empty() {
        return Err(findings.sorted());
    }
    Ok(Nomenclature {
        id: document.id.unwrap_or_default(),
        title: document.title.unwrap_or_default(),
        version: document.version.unwrap_or_default(),
        source: document.source.unwrap_or_default(),
        notes: document.notes,
        nests_in: document.nests_in,
        deeper_codes: document.deeper_codes,
        cs,
        us,
        couples,
    })
}

/// A class line with its rank in the document, which bad lines before it do not shift.
struct Line {
    rank: usize,
    raw: RawClass,
}

impl Line {
    /// Adds a fault at one key of the line.
    fn fault(&self, dimension: Dimension, key: &str, fault: Fault, findings: &mut Findings<'_>) {
        let (dimension, rank) = (dimension.to_string(), self.rank.to_string());
        findings.add(&["classes", &dimension, &rank, key], fault);
    }
}

fn check_head(document: &Document, findings: &mut Findings<'_>) {
    let absent = [
        ("format", document.format.is_none()),
        ("id", document.id.is_none()),
        ("title", document.title.is_none()),
        ("version", document.version.is_none()),
        ("source", document.source.is_none()),
    ];
    for (key, _) in absent.into_iter().filter(|(_, is_absent)| *is_absent) {
        findings.add(&[key], Fault::new("a missing key"));
    }
    if let Some(format) = document.format.filter(|format| *format != FORMAT) {
        let fault = Fault::new("this form of document is not read")
            .got(format.to_string())
            .expected(format!("`{FORMAT}`"));
        findings.add(&["format"], fault);
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_plain = |id: &&String| !id.is_empty() && id.chars().all(plain);
    if let Some(id) = document.id.as_ref().filter(|id| !is_plain(id)) {
        let fault = Fault::new("bad id")
            .got(id)
            .expected("small letters, digits and hyphens, such as `ocsge-2-0`");
        findings.add(&["id"], fault);
    }
    if document.classes.cs.is_empty() && document.classes.us.is_empty() {
        findings.add(&["classes"], Fault::new("no class at all").expected("`cs` or `us` classes"));
    }
    if document.min_area_m2.is_some_and(|area| !is_area(area)) {
        let got = document.min_area_m2.unwrap_or_default().to_string();
        findings.add(&["min_area_m2"], Fault::new("bad area").got(got).expected(AREA));
    }
}

const AREA: &str = "a number of square metres above 0 and below 1e9";

fn is_area(area: f64) -> bool {
    area > 0.0 && area < 1e9
}

/// The nomenclature that this one nests in, when it names one.
fn parent_nomenclature(document: &Document, findings: &mut Findings<'_>) -> Option<Nomenclature> {
    let id = document.nests_in.as_deref()?;
    if document.id.as_deref() == Some(id) {
        findings.add(&["nests_in"], Fault::new("a nomenclature cannot nest in itself").got(id));
        return None;
    }
    if let Ok(parent) = Nomenclature::builtin(id) {
        return Some(parent);
    }
    let fault = Fault::new("no built-in nomenclature has this id")
        .got(id)
        .expected(format!("one of {}", builtin::IDS.join(", ")))
        .nearest(nearest_word(id, builtin::IDS.iter().copied()));
    findings.add(&["nests_in"], fault);
    None
}

/// What is read of a class line that has another fault.
#[derive(serde::Deserialize)]
struct Named {
    code: String,
}

impl From<Named> for RawClass {
    /// A stand-in, so that what refers to the class is not reported as well.
    fn from(named: Named) -> Self {
        let unmapped = Some("refused".to_owned());
        Self { code: named.code, unmapped, ..Self::default() }
    }
}

/// The class lines; those of the wrong shape become faults, and stand-ins when they have a code.
fn readable_classes(
    document: &Document,
    dimension: Dimension,
    findings: &mut Findings<'_>,
) -> Vec<Line> {
    let items = match dimension {
        Dimension::Cover => &document.classes.cs,
        Dimension::Usage => &document.classes.us,
    };
    let name = dimension.to_string();
    let mut lines = Vec::new();
    for (rank, item) in items.iter().enumerate() {
        match item {
            Lenient::Read(raw) => lines.push(Line { rank, raw: raw.clone() }),
            Lenient::Refused => {
                let path = ["classes", &name, &rank.to_string()];
                match yaml::from_str_at::<RawClass>(findings.text(), &path) {
                    Err(error) => findings.add_located(error),
                    Ok(_) => findings.add(&path, Fault::new("not a class")),
                }
                let named = yaml::from_str_at::<Named>(findings.text(), &path);
                lines.extend(named.ok().map(|named| Line { rank, raw: named.into() }));
            }
        }
    }
    if items.len() > CLASSES_MAX {
        let fault = Fault::new("too many classes")
            .got(items.len().to_string())
            .expected(format!("at most {CLASSES_MAX}"));
        findings.add(&["classes", &name, &CLASSES_MAX.to_string()], fault);
        lines.truncate(CLASSES_MAX);
    }
    lines
}

/// The classes of one dimension, with parents, aliases and aggregates resolved.
fn branch(
    dimension: Dimension,
    lines: &[Line],
    document: &Document,
    findings: &mut Findings<'_>,
) -> Branch {
    let by_code = index(dimension, lines, findings);
    let Columns { cs, us } = &document.columns;
    let column = match dimension {
        Dimension::Cover => cs,
        Dimension::Usage => us,
    };
    let mut branch = Branch { classes: Vec::new(), by_code, column: column.clone() };
    for line in lines {
        let class = class(dimension, line, &branch.by_code, document.min_area_m2, findings);
        branch.classes.push(class);
    }
    // By default a class without children is a leaf.
    let parents: Vec<ClassId> = branch.classes.iter().filter_map(|class| class.parent).collect();
    for (rank, (class, line)) in branch.classes.iter_mut().zip(lines).enumerate() {
        let childless = !parents.contains(&ClassId(rank as u8 + 1));
        class.leaf = line.raw.leaf.unwrap_or(childless);
    }
    branch
}

/// Classes by normalised code and alias; repeated codes become faults.
fn index(
    dimension: Dimension,
    lines: &[Line],
    findings: &mut Findings<'_>,
) -> BTreeMap<String, ClassId> {
    let mut by_code = BTreeMap::new();
    for (position, line) in lines.iter().enumerate() {
        let id = ClassId(position as u8 + 1);
        let code = normalised(&line.raw.code);
        if code.is_empty() {
            line.fault(dimension, "code", Fault::new("empty code"), findings);
        } else if let Some(ClassId(first)) = by_code.insert(code, id) {
            let first = lines[usize::from(first) - 1].rank;
            let fault = Fault::new("duplicate code")
                .got(line.raw.code.as_str())
                .hint(format!("it is the code of `classes.{dimension}[{first}]` already"));
            line.fault(dimension, "code", fault, findings);
        }
    }
    for (position, line) in lines.iter().enumerate() {
        let id = ClassId(position as u8 + 1);
        for alias in &line.raw.aliases {
            let other = by_code.insert(normalised(alias), id);
            if let Some(ClassId(other)) = other {
                let owner = lines[usize::from(other) - 1].raw.code.as_str();
                let fault = Fault::new("an alias that means another class too")
                    .got(alias.as_str())
                    .hint(format!("it stands for `{owner}` already"));
                line.fault(dimension, "aliases", fault, findings);
            }
        }
    }
    by_code
}

/// Reports a cell value that stands for two classes.
fn check_values(dimension: Dimension, lines: &[Line], findings: &mut Findings<'_>) {
    let mut owners = BTreeMap::new();
    for line in lines {
        let Some(value) = line.raw.value else { continue };
        if let Some(owner) = owners.insert(value, line.raw.code.as_str()) {
            let fault = Fault::new("a cell value of another class")
                .got(value.to_string())
                .hint(format!("it stands for `{owner}` already"));
            line.fault(dimension, "value", fault, findings);
        }
    }
}

/// One class; unknown codes and bad values become faults.
fn class(
    dimension: Dimension,
    line: &Line,
    by_code: &BTreeMap<String, ClassId>,
    default_min_area_m2: Option<f64>,
    findings: &mut Findings<'_>,
) -> Class {
    let raw = &line.raw;
    let mut known = |key: &str, what: &str, code: &str| {
        let found = by_code.get(&normalised(code)).copied();
        if found.is_none() {
            let nearest = nearest_code(code, by_code.keys().map(String::as_str));
            line.fault(dimension, key, Fault::new(what).got(code).nearest(nearest), findings);
        }
        found
    };
    let parent = raw.parent.as_deref().and_then(|code| known("parent", "unknown parent", code));
    let aggregate_of = raw
        .aggregate_of
        .iter()
        .filter_map(|code| known("aggregate_of", "unknown member of an aggregate", code))
        .collect();
    if raw.min_area_m2.is_some_and(|area| !is_area(area)) {
        let got = raw.min_area_m2.unwrap_or_default().to_string();
        let fault = Fault::new("bad area").got(got).expected(AREA);
        line.fault(dimension, "min_area_m2", fault, findings);
    }
    let colour = raw.colour.as_deref().map(|text| {
        text.parse::<Rgb>().unwrap_or_else(|error| {
            let fault = Fault::new(format!("bad colour: {error}"))
                .got(text)
                .expected("`\"#rrggbb\"`, quoted, six hexadecimal digits");
            line.fault(dimension, "colour", fault, findings);
            Rgb::GREY
        })
    });
    Class {
        code: raw.code.trim().to_owned(),
        label: raw.label.clone(),
        parent,
        leaf: false,
        colour: colour.unwrap_or(Rgb::GREY),
        min_area_m2: raw.min_area_m2.or(default_min_area_m2),
        nest: None,
        aggregate_of,
        aliases: raw.aliases.clone(),
        value: raw.value,
        includes: raw.includes.clone(),
        note: raw.note.clone(),
    }
}

/// Gives classes without a colour that of the class they nest in, or of their parent class.
fn inherit_colours(
    dimension: Dimension,
    lines: &[Line],
    outer: Option<&Nomenclature>,
    branch: &mut Branch,
) {
    for (rank, line) in lines.iter().enumerate() {
        if line.raw.colour.is_some() {
            continue;
        }
        let class = &branch.classes[rank];
        let target = class.nest.as_ref().and_then(crate::class::Nest::target);
        let outer_colour = outer
            .zip(target)
            .and_then(|(outer, id)| outer.class(dimension, id))
            .map(|class| class.colour);
        let own_parent = class.parent.map(|id| branch.classes[usize::from(id.0) - 1].colour);
        branch.classes[rank].colour = outer_colour.or(own_parent).unwrap_or(Rgb::GREY);
    }
}

/// The listed couples; unknown codes and contradictions become faults.
fn couples(
    document: &Couples,
    cs: &Branch,
    us: &Branch,
    findings: &mut Findings<'_>,
) -> CoupleTable {
    let mut table = CoupleTable { policy: document.unlisted, ..CoupleTable::default() };
    for (list, allowed, name) in
        [(&document.allowed, true, "allowed"), (&document.forbidden, false, "forbidden")]
    {
        for (cover, usages) in list {
            let path = ["couples", name, cover];
            let Some(cs_id) = couple_code(cs, cover, &path, findings) else { continue };
            for (rank, usage) in usages.iter().enumerate() {
                let path = ["couples", name, cover, &rank.to_string()];
                let Some(us_id) = couple_code(us, usage, &path, findings) else { continue };
                if table.listed.insert(Couple { cs: cs_id, us: us_id }, allowed).is_some() {
                    findings.add(&path, Fault::new("a couple listed twice").got(usage.as_str()));
                }
            }
        }
    }
    table
}

/// The leaf of a code in a couple.
fn couple_code(
    branch: &Branch,
    code: &str,
    path: &[&str],
    findings: &mut Findings<'_>,
) -> Option<ClassId> {
    let found = branch.by_code.get(&normalised(code)).copied();
    let leaf = found.filter(|id| branch.classes[usize::from(id.0) - 1].leaf);
    if leaf.is_none() {
        let what = match found {
            Some(_) => "a couple with a class that is no leaf",
            None => "a couple with an unknown code",
        };
        let nearest = nearest_code(code, branch.by_code.keys().map(String::as_str));
        let nearest = nearest.filter(|_| found.is_none());
        findings.add(path, Fault::new(what).got(code).nearest(nearest));
    }
    leaf
}
