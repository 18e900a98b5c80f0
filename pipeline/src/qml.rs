//! The parts of a QML document, in which QGIS keeps how it draws a layer and the form to fill in.

use std::borrow::Cow;
use std::fmt::Write;

use nomenclature::{ClassId, Dimension, Nomenclature};

/// A column of a form.
pub(crate) struct Widget {
    /// The column.
    pub(crate) name: Cow<'static, str>,
    /// What people read beside it.
    pub(crate) alias: Cow<'static, str>,
    /// The widget, as [`value_map`], [`text()`] and [`date`] make them.
    pub(crate) kind: String,
    /// Whether it may be filled in.
    pub(crate) editable: bool,
    /// The expression that gives its value whenever the row is saved; empty for none.
    pub(crate) on_save: &'static str,
}

/// A column, an expression that must hold, and what it asks in words.
pub(crate) type Rule = (&'static str, String, String);

/// The head of a document, up to its first part.
pub(crate) fn opened(categories: &str) -> String {
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.22.0\" styleCategories=\"{categories}\" readOnly=\"0\">\n"
    )
}

/// The form: its columns, what must hold, and the order of the widgets.
pub(crate) fn form(fields: &[Widget], rules: &[Rule]) -> String {
    let mut qml = fields_of(fields);
    qml.push_str(&constrained(fields, rules));
    qml.push_str("<editorlayout>tablayout</editorlayout>\n<attributeEditorForm>\n");
    for (rank, Widget { name, .. }) in (1..).zip(fields) {
        let field = format_args!(
            "<attributeEditorField name=\"{name}\" index=\"{rank}\" showLabel=\"1\"/>\n"
        );
        put(&mut qml, field);
    }
    qml.push_str("</attributeEditorForm>\n<featformsuppress>0</featformsuppress>\n");
    qml
}

/// Features drawn by rules: label, filter (`ELSE` for the others) and symbol of each.
pub(crate) fn by_rules(rules: &[(&str, &str, String)]) -> String {
    let mut qml = "<renderer-v2 type=\"RuleRenderer\" symbollevels=\"0\" enableorderby=\"0\">\n<rules key=\"{0}\">\n".to_owned();
    for (rank, (label, filter, _)) in rules.iter().enumerate() {
        let (label, filter) = (escaped(label), escaped(filter));
        let key = rank + 1;
        put(
            &mut qml,
            format_args!(
                "<rule key=\"{{{key}}}\" symbol=\"{rank}\" label=\"{label}\" filter=\"{filter}\"/>\n"
            ),
        );
    }
    qml.push_str("</rules>\n");
    qml.push_str(&symbols(rules.iter().map(|(.., symbol)| symbol)));
    qml.push_str("</renderer-v2>\n");
    qml
}

/// Features drawn by the texts of a column: label, texts and symbol of each category.
pub(crate) fn by_values(column: &str, categories: &[(&str, Vec<&str>, String)]) -> String {
    let mut qml = format!(
        "<renderer-v2 type=\"categorizedSymbol\" attr=\"{}\" symbollevels=\"0\" enableorderby=\"0\" forceraster=\"0\">\n<categories>\n",
        escaped(column)
    );
    for (rank, (label, values, _)) in categories.iter().enumerate() {
        let label = escaped(label);
        put(
            &mut qml,
            format_args!(
                "<category type=\"List\" symbol=\"{rank}\" label=\"{label}\" render=\"true\">\n"
            ),
        );
        for value in values {
            let value = escaped(value);
            put(&mut qml, format_args!("<val type=\"QString\" value=\"{value}\"/>\n"));
        }
        qml.push_str("</category>\n");
    }
    qml.push_str("</categories>\n");
    qml.push_str(&symbols(categories.iter().map(|(.., symbol)| symbol)));
    qml.push_str("</renderer-v2>\n");
    qml
}

/// The symbols of a renderer, named by rank.
fn symbols<'a>(all: impl Iterator<Item = &'a String>) -> String {
    let named = all
        .enumerate()
        .map(|(rank, symbol)| symbol.replacen("name=\"0\"", &format!("name=\"{rank}\""), 1));
    format!("<symbols>\n{}</symbols>\n", named.collect::<String>())
}

/// A symbol of one layer: `kind` is `marker` or `fill`, `class` the symbol layer.
pub(crate) fn symbol(kind: &str, class: &str, options: &[(&str, &str)]) -> String {
    format!(
        "<symbol type=\"{kind}\" name=\"0\" alpha=\"1\" clip_to_extent=\"1\">\n{}</symbol>\n",
        layer(class, options)
    )
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

/// Widgets, names, defaults and what may be edited, columns in the order of the form.
fn fields_of(fields: &[Widget]) -> String {
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
    for Widget { name, on_save, .. } in fields {
        let (expression, always) = (escaped(on_save), u8::from(!on_save.is_empty()));
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
fn constrained(fields: &[Widget], rules: &[Rule]) -> String {
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

/// A choice among values, each with its label; nothing is one of them.
pub(crate) fn value_map(values: &[(String, String)]) -> String {
    let mut qml = "<editWidget type=\"ValueMap\">\n<config>\n<Option type=\"Map\">\n<Option name=\"map\" type=\"List\">\n".to_owned();
    // What QGIS takes for NULL.
    let empty = ("<NULL>".to_owned(), "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}".to_owned());
    for (label, value) in std::iter::once(&empty).chain(values) {
        put(&mut qml, format_args!("<Option type=\"Map\">{}</Option>\n", option(label, value)));
    }
    qml.push_str("</Option>\n</Option>\n</config>\n</editWidget>\n");
    qml
}

/// A text of one or of several lines.
pub(crate) fn text(is_long: bool) -> String {
    let lines = option_of("IsMultiline", &is_long.to_string(), "bool");
    format!(
        "<editWidget type=\"TextEdit\">\n<config>\n<Option type=\"Map\">\n{lines}\n{}\n</Option>\n</config>\n</editWidget>\n",
        option_of("UseHtml", "false", "bool")
    )
}

/// A calendar.
pub(crate) fn date() -> String {
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

/// A text within an attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Adds to a document.
pub(crate) fn put(qml: &mut String, text: std::fmt::Arguments<'_>) {
    qml.write_fmt(text).expect("a string takes any text");
}

/// The leaves of a dimension as choices: code and name, then the code.
pub(crate) fn leaves(nomenclature: &Nomenclature, dimension: Dimension) -> Vec<(String, String)> {
    let choice = |id: ClassId| {
        let class = nomenclature.class(dimension, id)?;
        Some((format!("{} – {}", class.code, class.label), class.code.clone()))
    };
    nomenclature.leaves(dimension).into_iter().filter_map(choice).collect()
}
