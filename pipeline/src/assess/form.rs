//! The QML documents of the sheet: how QGIS draws it, and the form that it is filled in with.

use nomenclature::{Couple, CoupleStatus, Dimension, Nomenclature};

use super::sheet::{CERTAINTIES, NOT_OBSERVABLE};
use crate::qml::{Rule, Widget, by_rules, date, form, leaves, opened, symbol, text, value_map};

/// Couples named in a constraint; a longer list would make a form slow.
const COUPLES_MAX: usize = 400;

/// Style and form of the places.
pub(super) fn places(nomenclature: &Nomenclature) -> String {
    let mut qml = opened("Symbology|Labeling|Fields|Forms|AttributeTable");
    qml.push_str(&filled_or_not());
    qml.push_str(&form(&widgets(nomenclature), &constraints(nomenclature)));
    qml.push_str(
        "<previewExpression>\"id\"</previewExpression>\n\
         <layerGeometryType>0</layerGeometryType>\n</qgis>\n",
    );
    qml
}

/// The columns in the order of the form.
fn widgets(nomenclature: &Nomenclature) -> [Widget; 7] {
    let codes = |dimension| value_map(&leaves(nomenclature, dimension));
    let certainties = CERTAINTIES.map(|(code, label)| (label.to_owned(), code.to_owned()));
    let filled = |name: &'static str, alias: &'static str, kind| Widget {
        name: name.into(),
        alias: alias.into(),
        kind,
        editable: true,
        on_save: "",
    };
    let today = "format_date(now(),'yyyy-MM-dd')";
    [
        Widget { editable: false, ..filled("id", "Point", text(false)) },
        filled("code_cs", "Couverture du sol", codes(Dimension::Cover)),
        filled("code_us", "Usage du sol", codes(Dimension::Usage)),
        filled("certitude", "Certitude", value_map(&certainties)),
        filled("interprete", "Interprète", text(false)),
        Widget { on_save: today, ..filled("date", "Date", date()) },
        filled("commentaire", "Commentaire", text(true)),
    ]
}

/// Expressions that must hold, with what they ask in words.
fn constraints(nomenclature: &Nomenclature) -> [Rule; 2] {
    let is_untold = format!("coalesce(\"certitude\", '') = '{NOT_OBSERVABLE}'");
    let answered = |column: &str| format!("({is_untold}) = (\"{column}\" IS NULL)");
    let unless = "sauf si le point est non observable";
    let mut couple = answered("code_us");
    if let Some(list) = unlikely(nomenclature) {
        couple.push_str(" AND (\"code_cs\" IS NULL OR \"code_us\" IS NULL OR ");
        couple.push_str("\"code_cs\" || '/' || \"code_us\" NOT IN (");
        couple.push_str(&list);
        couple.push_str("))");
    }
    let words = "un couple que la nomenclature exclut est signalé";
    [
        ("code_cs", answered("code_cs"), format!("La couverture est à renseigner, {unless}")),
        ("code_us", couple, format!("L'usage est à renseigner, {unless} ; {words}")),
    ]
}

/// Style of the windows: an outline, nothing to fill in.
pub(super) fn windows() -> String {
    let mut qml = opened("Symbology");
    qml.push_str(
        "<renderer-v2 type=\"singleSymbol\" symbollevels=\"0\" enableorderby=\"0\">\n<symbols>\n",
    );
    let options = [
        ("style", "no"),
        ("outline_color", "255,221,0,255"),
        ("outline_style", "solid"),
        ("outline_width", "0.5"),
        ("outline_width_unit", "MM"),
    ];
    qml.push_str(&symbol("fill", "SimpleFill", &options));
    qml.push_str("</symbols>\n</renderer-v2>\n<layerGeometryType>2</layerGeometryType>\n</qgis>\n");
    qml
}

/// Answered places in one colour, the others in another, by rules.
fn filled_or_not() -> String {
    let done = format!(
        "(\"code_cs\" IS NOT NULL AND \"code_us\" IS NOT NULL) OR \"certitude\" = '{NOT_OBSERVABLE}'"
    );
    let cross = |colour| {
        let options = [
            ("name", "cross"),
            ("color", colour),
            ("outline_color", colour),
            ("outline_width", "0.6"),
            ("size", "4"),
            ("size_unit", "MM"),
        ];
        symbol("marker", "SimpleMarker", &options)
    };
    by_rules(&[
        ("À renseigner", "ELSE", cross("214,47,39,255")),
        ("Renseigné", &done, cross("47,125,50,255")),
    ])
}

/// The couples that the nomenclature forbids, as a list of texts; none when it forbids none, or
/// more than a form can ask of.
fn unlikely(nomenclature: &Nomenclature) -> Option<String> {
    let mut list = Vec::new();
    for cs in nomenclature.leaves(Dimension::Cover) {
        for us in nomenclature.leaves(Dimension::Usage) {
            if nomenclature.couple_allowed(Couple { cs, us }) == CoupleStatus::Forbidden {
                let code = |dimension, id| nomenclature.code(dimension, id);
                list.push(format!(
                    "'{}/{}'",
                    code(Dimension::Cover, cs),
                    code(Dimension::Usage, us)
                ));
            }
        }
    }
    (1..=COUPLES_MAX).contains(&list.len()).then(|| list.join(","))
}
