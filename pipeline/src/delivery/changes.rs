//! `changes_<department>_<before>_<after>.gpkg`: every changed object, classed, with its measures.

use std::collections::{BTreeMap, BTreeSet};

use kernels::artificialise::Artificialised;
use kernels::lattice::area_m2;
use kernels::update::Reason;

use super::{Delivery, status_word};
use crate::artefact::Draft;
use crate::comparison::{Comparison, Piece, Side};
use crate::error::Error;
use crate::figures::Step;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::seen::Seen;
use crate::styles::{Legend, documents, products};
use nomenclature::{Couple, Likeness};

/// Name of the file of two years; no word of it is one that the national platform routes by.
pub fn file_name(department: &str, before: u16, after: u16) -> String {
    format!("changes_{department}_{before}_{after}.gpkg")
}

/// Name of its layer.
pub fn layer_name(before: u16, after: u16) -> String {
    format!("changes_{before}_{after}")
}

/// Writes the layer; see [`Delivery::changes`].
pub(super) fn write(
    delivery: &Delivery<'_>,
    comparison: &Comparison<'_>,
    (step, seen): (&Step, &[Seen]),
    verdicts: (&Artificialised, &Artificialised),
) -> Result<Draft, Error> {
    let (before, after) = (step.interval.before, step.interval.after);
    let draft = delivery.draft(file_name(delivery.department, before, after))?;
    let layer = LayerSpec {
        name: layer_name(before, after),
        title: delivery
            .titled(&format!("Changements {before}-{after}, département {}", delivery.department)),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: delivery.epsg,
        file_epsg: delivery.epsg,
        fields: fields(before, after),
    };
    let legend = Legend::of(delivery.nomenclature);
    let widgets = products::change_widgets(&legend, before, after);
    let styles = documents(&layer.name, &products::change_themes(before, after), &widgets);
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &[layer])?;
    writer.set_styles(&[(0, &styles)])?;
    for (rank, (piece, finding)) in step.changed.iter().zip(&step.findings).enumerate() {
        let seen = seen.get(rank);
        let reason = seen.and_then(Seen::reason);
        let (from, to) = (delivery.codes(piece.key.0), delivery.codes(piece.key.1));
        let held = held(comparison, piece, verdicts);
        let kind = format!("{:?}", finding.kind).to_lowercase();
        let likeness = step.likenesses.of(piece.key.0, piece.key.1).map(Likeness::key);
        let [written_before, written_after] =
            [Side::Before, Side::After].map(|side| written(comparison, piece, side));
        let values: [Value; 19] = [
            from.0.into(),
            from.1.into(),
            to.0.into(),
            to.1.into(),
            area_m2(piece.dissolved.polygon.twice_area()).into(),
            kind.into(),
            finding.disc_m.into(),
            finding.mean_width_m.into(),
            finding.compactness.into(),
            finding.displaced_share.into(),
            held.before.into(),
            held.after.into(),
            held.commune.into(),
            seen.and_then(Seen::confidence_percent).map(i64::from).into(),
            reason.map(Reason::key).into(),
            reason.map(Reason::french).into(),
            likeness.map(str::to_owned).into(),
            written_before.into(),
            written_after.into(),
        ];
        writer.add(0, rank as i64 + 1, Shape::Polygon(&piece.dissolved.polygon), &values)?;
    }
    writer.finish()?;
    Ok(draft)
}

/// Its columns.
pub(crate) fn fields(before: u16, after: u16) -> Vec<Field> {
    let text = |name: String| Field::required(name, FieldKind::Text);
    let real = |name: &str| Field::required(name, FieldKind::Real);
    vec![
        text(format!("cs_{before}")),
        text(format!("us_{before}")),
        text(format!("cs_{after}")),
        text(format!("us_{after}")),
        real("surface"),
        text("kind".to_owned()),
        real("disc_m"),
        real("mean_width_m"),
        real("compactness"),
        real("displaced_share"),
        text(format!("artif_{before}")),
        text(format!("artif_{after}")),
        Field::optional("commune_code", FieldKind::Text),
        Field::optional("confidence", FieldKind::Integer),
        Field::optional("reason", FieldKind::Text),
        Field::optional("motif", FieldKind::Text),
        Field::optional("likeness", FieldKind::Text),
        Field::optional(format!("code_or_{before}"), FieldKind::Text),
        Field::optional(format!("code_or_{after}"), FieldKind::Text),
    ]
}

/// The codes that a vintage was written in on a changed object, `CS/US`, where they are not those
/// of the comparison; several are sorted.
fn written(
    comparison: &Comparison<'_>,
    piece: &Piece<(Couple, Couple)>,
    side: Side,
) -> Option<String> {
    let origin = comparison.vintage(side).origin.as_ref()?;
    let polygons = piece.dissolved.faces.iter().filter_map(|&face| comparison.rank(face, side));
    let polygons: BTreeSet<u32> = polygons.collect();
    let codes: BTreeSet<String> = polygons
        .into_iter()
        .map(|polygon| origin.codes(polygon))
        .map(|(cs, us)| format!("{cs}/{us}"))
        .collect();
    Some(codes.into_iter().collect::<Vec<_>>().join(" "))
}

/// What the faces of a changed object hold.
struct Held {
    before: &'static str,
    after: &'static str,
    commune: Option<String>,
}

/// Status words of both dates (`mixte` when its polygons differ) and the commune of most of it.
fn held(
    comparison: &Comparison<'_>,
    piece: &Piece<(Couple, Couple)>,
    verdicts: (&Artificialised, &Artificialised),
) -> Held {
    let ground = comparison.ground;
    let mut communes: BTreeMap<Option<u32>, i128> = BTreeMap::new();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for &face in &piece.dissolved.faces {
        *communes.entry(ground.commune(face)).or_default() += ground.plane.twice_area(face);
        let status = comparison.statuses(face, verdicts);
        before.push(status.0);
        after.push(status.1);
    }
    let word = |all: &[bool]| match all.split_first() {
        Some((first, rest)) if rest.iter().all(|s| s == first) => status_word(*first),
        _ => "mixte",
    };
    // The first of equals wins: `max_by_key` would give the last.
    let commune = communes.into_iter().rev().max_by_key(|(_, area)| *area).and_then(|(c, _)| c);
    Held {
        before: word(&before),
        after: word(&after),
        commune: commune
            .map(|c| ground.territory.communes.gazetteer.communes[c as usize].code.clone()),
    }
}
