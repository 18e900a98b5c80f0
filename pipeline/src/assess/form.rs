//! The QML documents of the sheet: how QGIS draws it, and the form that it is filled in with.

use std::fmt::Write;

use nomenclature::{ClassId, Couple, CoupleStatus, Dimension, Nomenclature};

use super::sheet::{CERTAINTIES, NOT_OBSERVABLE};

/// Couples named in a constraint; a longer list would make a form slow.
const COUPLES_MAX: usize = 400;

/// Style and form of the places.
pub(super) fn places(nomenclature: &Nomenclature) -> String {
    let fields = widgets(nomenclature);
    let mut qml = opened("Symbology|Labeling|Fields|Forms|AttributeTable");
    qml.push_str(&filled_or_not());
    qml.push_str(&form(&fields));
    qml.push_str(&constrained(&fields, &constraints(nomenclature)));
    qml.push_str("<editorlayout>tablayout</editorlayout>\n<attributeEditorForm>\n");
    for (rank, Widget { name, .. }) in (1..).zip(&fields) {
        let field = format_args!(
            "<attributeEditorField name=\"{name}\" index=\"{rank}\" showLabel=\"1\"/>\n"
        );
        put(&mut qml, field);
    }
    qml.push_str(
        "</attributeEditorForm>\n<featformsuppress>0</featformsuppress>\n\
         <previewExpression>\"id\"</previewExpression>\n\
         <layerGeometryType>0</layerGeometryType>\n</qgis>\n",
    );
    qml
}

/// The columns in the order of the form.
fn widgets(nomenclature: &Nomenclature) -> [Widget; 7] {
    let codes = |dimension| {
        let leaf = |id: ClassId| {
            let class = nomenclature.class(dimension, id)?;
            Some((format!("{} – {}", class.code, class.label), class.code.clone()))
        };
        let leaves = nomenclature.leaves(dimension).into_iter();
        value_map(&leaves.filter_map(leaf).collect::<Vec<_>>())
    };
    let certainties = CERTAINTIES.map(|(code, label)| (label.to_owned(), code.to_owned()));
    let filled = |name, alias, kind| Widget { name, alias, kind, editable: true };
    [
        Widget { name: "id", alias: "Point", kind: text(false), editable: false },
        filled("code_cs", "Couverture du sol", codes(Dimension::Cover)),
        filled("code_us", "Usage du sol", codes(Dimension::Usage)),
        filled("certitude", "Certitude", value_map(&certainties)),
        filled("interprete", "Interprète", text(false)),
        filled("date", "Date", date()),
        filled("commentaire", "Commentaire", text(true)),
    ]
}

/// Expressions that must hold, with what they ask in words.
fn constraints(nomenclature: &Nomenclature) -> [(&'static str, String, String); 2] {
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
    qml.push_str("<symbol type=\"fill\" name=\"0\" alpha=\"1\" clip_to_extent=\"1\">\n");
    let options = [
        ("style", "no"),
        ("outline_color", "255,221,0,255"),
        ("outline_style", "solid"),
        ("outline_width", "0.5"),
        ("outline_width_unit", "MM"),
    ];
    qml.push_str(&layer("SimpleFill", &options));
    qml.push_str("</symbol>\n</symbols>\n</renderer-v2>\n<layerGeometryType>2</layerGeometryType>\n</qgis>\n");
    qml
}

struct Widget {
    name: &'static str,
    alias: &'static str,
    kind: String,
    editable: bool,
}

fn opened(categories: &str) -> String {
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.22.0\" styleCategories=\"{categories}\" readOnly=\"0\">\n"
    )
}

/// Answered places in one colour, the others in another, by rules.
fn filled_or_not() -> String {
    let mut qml = "<renderer-v2 type=\"RuleRenderer\" symbollevels=\"0\" enableorderby=\"0\">\n<rules key=\"{0}\">\n".to_owned();
    let done = format!(
        "(\"code_cs\" IS NOT NULL AND \"code_us\" IS NOT NULL) OR \"certitude\" = '{NOT_OBSERVABLE}'"
    );
    for (rank, label, filter) in [(0, "À renseigner", "ELSE"), (1, "Renseigné", done.as_str())] {
        let filter = escaped(filter);
        put(
            &mut qml,
            format_args!(
                "<rule key=\"{{{}}}\" symbol=\"{rank}\" label=\"{label}\" filter=\"{filter}\"/>\n",
                rank + 1
            ),
        );
    }
    qml.push_str("</rules>\n<symbols>\n");
    for (rank, colour) in [(0, "214,47,39,255"), (1, "47,125,50,255")] {
        put(
            &mut qml,
            format_args!(
                "<symbol type=\"marker\" name=\"{rank}\" alpha=\"1\" clip_to_extent=\"1\">\n"
            ),
        );
        let options = [
            ("name", "cross"),
            ("color", colour),
            ("outline_color", colour),
            ("outline_width", "0.6"),
            ("size", "4"),
            ("size_unit", "MM"),
        ];
        qml.push_str(&layer("SimpleMarker", &options));
        qml.push_str("</symbol>\n");
    }
    qml.push_str("</symbols>\n</renderer-v2>\n");
    qml
}

fn layer(class: &str, options: &[(&str, &str)]) -> String {
    let mut qml = format!(
        "<layer class=\"{class}\" enabled=\"1\" locked=\"0\" pass=\"0\">\n<Option type=\"Map\">\n"
    );
    for (name, value) in options {
        put(&mut qml, format_args!("{}\n", option(name, value)));
    }
    qml.push_str("</Option>\n</layer>\n");
    qml
}

fn form(fields: &[Widget]) -> String {
    let mut qml = "<fieldConfiguration>\n".to_owned();
    for Widget { name, kind, .. } in fields {
        put(
            &mut qml,
            format_args!("<field name=\"{name}\" configurationFlags=\"None\">\n{kind}</field>\n"),
        );
    }
    qml.push_str("</fieldConfiguration>\n<aliases>\n");
    for (rank, Widget { name, alias, .. }) in fields.iter().enumerate() {
        let alias = escaped(alias);
        put(
            &mut qml,
            format_args!("<alias field=\"{name}\" index=\"{}\" name=\"{alias}\"/>\n", rank + 1),
        );
    }
    qml.push_str("</aliases>\n<defaults>\n");
    for Widget { name, .. } in fields {
        let (expression, always) = match *name {
            "date" => ("format_date(now(),'yyyy-MM-dd')", 1),
            _ => ("", 0),
        };
        put(
            &mut qml,
            format_args!(
                "<default field=\"{name}\" expression=\"{expression}\" applyOnUpdate=\"{always}\"/>\n"
            ),
        );
    }
    qml.push_str("</defaults>\n<editable>\n<field name=\"fid\" editable=\"0\"/>\n");
    for Widget { name, editable, .. } in fields {
        put(
            &mut qml,
            format_args!("<field name=\"{name}\" editable=\"{}\"/>\n", u8::from(*editable)),
        );
    }
    qml.push_str("</editable>\n");
    qml
}

/// Constraints by expression; soft ones, so that QGIS warns and a half-filled row can be saved.
fn constrained(fields: &[Widget], rules: &[(&str, String, String)]) -> String {
    let rule = |name: &str| rules.iter().find(|(field, ..)| *field == name);
    let mut qml = "<constraints>\n".to_owned();
    for Widget { name, .. } in fields {
        let (kind, strength) = if rule(name).is_some() { (4, 2) } else { (0, 0) };
        put(
            &mut qml,
            format_args!(
                "<constraint field=\"{name}\" constraints=\"{kind}\" notnull_strength=\"0\" unique_strength=\"0\" exp_strength=\"{strength}\"/>\n"
            ),
        );
    }
    qml.push_str("</constraints>\n<constraintExpressions>\n");
    for Widget { name, .. } in fields {
        let (expression, words) = rule(name).map_or(("", ""), |(_, e, w)| (e.as_str(), w.as_str()));
        put(
            &mut qml,
            format_args!(
                "<constraint field=\"{name}\" exp=\"{}\" desc=\"{}\"/>\n",
                escaped(expression),
                escaped(words)
            ),
        );
    }
    qml.push_str("</constraintExpressions>\n");
    qml
}

fn value_map(values: &[(String, String)]) -> String {
    let mut qml = "<editWidget type=\"ValueMap\">\n<config>\n<Option type=\"Map\">\n<Option name=\"map\" type=\"List\">\n".to_owned();
    // What QGIS takes for NULL.
    let empty = ("<NULL>".to_owned(), "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}".to_owned());
    for (label, value) in std::iter::once(&empty).chain(values) {
        put(&mut qml, format_args!("<Option type=\"Map\">{}</Option>\n", option(label, value)));
    }
    qml.push_str("</Option>\n</Option>\n</config>\n</editWidget>\n");
    qml
}

fn text(is_long: bool) -> String {
    let lines = option_of("IsMultiline", &is_long.to_string(), "bool");
    format!(
        "<editWidget type=\"TextEdit\">\n<config>\n<Option type=\"Map\">\n{lines}\n{}\n</Option>\n</config>\n</editWidget>\n",
        option_of("UseHtml", "false", "bool")
    )
}

fn date() -> String {
    let options = [
        ("calendar_popup", "true", "bool"),
        ("allow_null", "true", "bool"),
        ("field_format", "yyyy-MM-dd", "QString"),
        ("display_format", "yyyy-MM-dd", "QString"),
        ("field_iso_format", "false", "bool"),
    ];
    let options = options.map(|(name, value, kind)| option_of(name, value, kind)).join("\n");
    format!(
        "<editWidget type=\"DateTime\">\n<config>\n<Option type=\"Map\">\n{options}\n</Option>\n</config>\n</editWidget>\n"
    )
}

fn option(name: &str, value: &str) -> String {
    option_of(name, value, "QString")
}

fn option_of(name: &str, value: &str, kind: &str) -> String {
    format!("<Option name=\"{}\" value=\"{}\" type=\"{kind}\"/>", escaped(name), escaped(value))
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

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn put(qml: &mut String, text: std::fmt::Arguments<'_>) {
    qml.write_fmt(text).expect("a string takes any text");
}
