//! How QGIS draws a ledger, and the form in which a correction is read and reviewed.

use nomenclature::{Dimension, Nomenclature};

use super::labels::label;
use super::terms::{Aim, IgnStatus, Kind, Origin, Outcome, Standing, Term};
use crate::qml::{Widget, by_rules, date, form, leaves, opened, symbol, text, value_map};

/// Style and form of the corrections.
pub(super) fn corrections(nomenclature: &Nomenclature) -> String {
    let mut qml = opened("Symbology|Fields|Forms|AttributeTable");
    qml.push_str(&by_standing());
    qml.push_str(&form(&widgets(nomenclature), &[]));
    qml.push_str(
        "<previewExpression>\"object_id\" || ' → ' || coalesce(\"proposed_code\", '')\
         </previewExpression>\n<layerGeometryType>2</layerGeometryType>\n</qgis>\n",
    );
    qml
}

/// One colour for each standing, translucent over the image.
fn by_standing() -> String {
    let fill = |colour: &str| {
        let inside = format!("{colour},60");
        let outline = format!("{colour},255");
        let options = [
            ("color", inside.as_str()),
            ("outline_color", outline.as_str()),
            ("outline_style", "solid"),
            ("outline_width", "0.5"),
            ("outline_width_unit", "MM"),
        ];
        symbol("fill", "SimpleFill", &options)
    };
    let colour = |standing| match standing {
        Standing::Proposed => "230,159,0",
        Standing::Sent => "0,114,178",
        Standing::Accepted => "0,158,115",
        Standing::Rejected => "120,120,120",
    };
    let filters = Standing::ALL.iter().map(|s| format!("\"standing\" = '{}'", s.key()));
    let filters: Vec<String> = filters.collect();
    let rules = Standing::ALL.iter().zip(&filters);
    let rules: Vec<_> =
        rules.map(|(s, filter)| (s.label(), filter.as_str(), fill(colour(*s)))).collect();
    by_rules(&rules)
}

/// The columns in the order of the form: what is asked, what came of it, what it comes from.
fn widgets(nomenclature: &Nomenclature) -> Vec<Widget> {
    let mut codes = leaves(nomenclature, Dimension::Cover);
    codes.extend(leaves(nomenclature, Dimension::Usage));
    let codes = value_map(&codes);
    // A real QGIS shows a boolean under these words, and a 1 that stands for it under none.
    let flag = [("Artificialisé", "true"), ("Non artificialisé", "false")];
    let flag = value_map(&flag.map(|(label, value)| (label.to_owned(), value.to_owned())));
    let line = |name: &'static str| Widget {
        name: name.into(),
        alias: label(name).into(),
        kind: text(false),
        editable: false,
        on_save: "",
    };
    let of = |name, kind: &str| Widget { kind: kind.to_owned(), ..line(name) };
    let open = |widget| Widget { editable: true, ..widget };
    let long = text(true);
    vec![
        line("correction_id"),
        line("vintage"),
        line("object_id"),
        of("dimension", &choices::<Aim>()),
        of("kind", &choices::<Kind>()),
        of("current_code", &codes),
        of("proposed_code", &codes),
        line("local_code"),
        line("local_nomenclature"),
        open(of("standing", &choices::<Standing>())),
        open(of("comment", &long)),
        open(of("evidence", &long)),
        line("area_m2"),
        of("artif_before", &flag),
        of("artif_after", &flag),
        line("confidence"),
        open(line("ign_report_id")),
        open(of("ign_status", &choices::<IgnStatus>())),
        open(of("ign_status_at", &date())),
        of("verdict", &choices::<Outcome>()),
        line("verdict_share"),
        of("verdict_reason", &long),
        line("verdict_version"),
        line("applied_in_version"),
        line("author_org"),
        of("origin", &choices::<Origin>()),
        line("source"),
        line("source_ref"),
        line("insee"),
        line("department"),
        line("source_version"),
        line("anchor"),
    ]
}

fn choices<T: Term>() -> String {
    let all: Vec<(String, String)> =
        T::ALL.iter().map(|term| (term.label().to_owned(), term.key().to_owned())).collect();
    value_map(&all)
}
