//! How QGIS draws a ledger, and the form in which a correction is read and reviewed.

use nomenclature::{Dimension, Nomenclature};

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
    let flag = [("Artificialisé", "1"), ("Non artificialisé", "0")];
    let flag = value_map(&flag.map(|(label, value)| (label.to_owned(), value.to_owned())));
    let line =
        |name, alias| Widget { name, alias, kind: text(false), editable: false, on_save: "" };
    let of = |name, alias, kind: &str| Widget { kind: kind.to_owned(), ..line(name, alias) };
    let open = |widget| Widget { editable: true, ..widget };
    let long = text(true);
    vec![
        line("correction_id", "Identifiant"),
        line("vintage", "Millésime"),
        line("object_id", "Objet"),
        of("dimension", "Dimension", &choices::<Aim>()),
        of("kind", "Nature", &choices::<Kind>()),
        of("current_code", "Code actuel", &codes),
        of("proposed_code", "Code proposé", &codes),
        line("local_code", "Code local"),
        line("local_nomenclature", "Nomenclature locale"),
        open(of("standing", "État", &choices::<Standing>())),
        open(of("comment", "Commentaire", &long)),
        open(of("evidence", "Éléments d'appui", &long)),
        line("area_m2", "Surface (m²)"),
        of("artif_before", "Avant correction", &flag),
        of("artif_after", "Après correction", &flag),
        line("confidence", "Confiance (0 à 1)"),
        open(line("ign_report_id", "Numéro du signalement à l'IGN")),
        open(of("ign_status", "Réponse de l'IGN", &choices::<IgnStatus>())),
        open(of("ign_status_at", "Date de la réponse", &date())),
        of("verdict", "Verdict", &choices::<Outcome>()),
        line("verdict_share", "Part appliquée (0 à 1)"),
        of("verdict_reason", "Motif du verdict", &long),
        line("verdict_version", "Version examinée"),
        line("applied_in_version", "Appliquée dans la version"),
        line("author_org", "Contributeur"),
        of("origin", "Origine", &choices::<Origin>()),
        line("source", "Source"),
        line("source_ref", "Référence dans la source"),
        line("insee", "Commune"),
        line("department", "Département"),
        line("source_version", "Version corrigée"),
        line("anchor", "Point intérieur"),
    ]
}

fn choices<T: Term>() -> String {
    let all: Vec<(String, String)> =
        T::ALL.iter().map(|term| (term.label().to_owned(), term.key().to_owned())).collect();
    value_map(&all)
}
