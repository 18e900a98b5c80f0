//! The themes of each delivered layer and how its columns are shown.

use kernels::change::ChangeKind;
use nomenclature::Dimension;

use super::legend::{Group, Legend};
use super::theme::{Category, Literal, Paint, Test, Theme};
use super::{Style, documents};
use crate::corrections::labels::label;
use crate::corrections::terms::{Kind, Term};
use crate::delivery::changes;
use crate::io::schema::{Names, Product};
use crate::qml::{Widget, text, value_map};
use crate::words;

/// The key of the theme of the status of every polygon.
pub const STATUS: &str = "artif";

const ARTIFICIAL: [u8; 3] = [215, 25, 28];
const NATURAL: [u8; 3] = [184, 214, 162];
const RESTORED: [u8; 3] = [26, 150, 65];
const AMBER: [u8; 3] = [244, 165, 0];
const VIOLET: [u8; 3] = [117, 60, 160];
const BLUE: [u8; 3] = [0, 114, 178];
const GREY: [u8; 3] = [150, 150, 150];
const DARK: [u8; 3] = [60, 60, 60];

/// The documents that a delivered layer keeps of its themes.
pub fn embedded(legend: &Legend, product: Product, names: &Names) -> Vec<Style> {
    let layer = product.layer_name(names);
    documents(&layer, &themes(legend, product, names), &widgets(legend, product, names))
}

/// The themes of a delivered layer, the default one first.
pub fn themes(legend: &Legend, product: Product, names: &Names) -> Vec<Theme> {
    let Names { vintage, prior, .. } = names;
    match product {
        Product::Occupation => {
            let mut all = levels(legend, Dimension::Cover, "code_cs");
            all.extend(levels(legend, Dimension::Usage, "code_us"));
            all
        }
        Product::BuiltZone => {
            vec![Theme::plain("Zone construite", "zone-construite", Paint::Outline, VIOLET)]
        }
        Product::Artif => vec![
            status(),
            status_and_thresholds(),
            leaves(legend, Dimension::Cover, "code_cs", "Couverture"),
            leaves(legend, Dimension::Usage, "code_us", "Usage"),
        ],
        Product::Diff => {
            let dated = |dimension, year: &u16| {
                let (column, word) = match dimension {
                    Dimension::Cover => (format!("CS_{year}"), "Couverture"),
                    Dimension::Usage => (format!("US_{year}"), "Usage"),
                };
                leaves(legend, dimension, &column, &format!("{word} {year}"))
            };
            vec![
                nature(*prior, *vintage),
                dated(Dimension::Cover, vintage),
                dated(Dimension::Cover, prior),
                dated(Dimension::Usage, vintage),
                dated(Dimension::Usage, prior),
            ]
        }
        Product::ZanEvol => vec![evolution()],
        Product::Candidates => vec![demands()],
        Product::Issues => vec![Theme::plain("Anomalies", "anomalies", Paint::Marker, AMBER)],
    }
}

/// The themes of `changes_*.gpkg`.
pub fn change_themes(before: u16, after: u16) -> Vec<Theme> {
    vec![kinds(), flux(before, after)]
}

/// The themes of the layers of territories.
pub fn territory_theme(title: &str, is_commune: bool) -> Theme {
    let colour = if is_commune { DARK } else { BLUE };
    Theme::plain(title, "limites", Paint::Outline, colour)
}

/// Every level of a dimension, the finest first.
fn levels(legend: &Legend, dimension: Dimension, column: &str) -> Vec<Theme> {
    let (word, key) = words_of(dimension);
    let depth = legend.depth(dimension);
    let themes = (1..=depth).rev().map(|level| Theme {
        name: if level == depth { word.to_owned() } else { format!("{word}, niveau {level}") },
        key: if level == depth { key.to_owned() } else { format!("{key}-{level}") },
        paint: Paint::Fill,
        categories: categories(&legend.level(dimension, level), column),
    });
    themes.collect()
}

/// The finest level of a dimension, in a column.
fn leaves(legend: &Legend, dimension: Dimension, column: &str, name: &str) -> Theme {
    Theme {
        name: name.to_owned(),
        key: column.to_lowercase().replace('_', "-"),
        paint: Paint::Fill,
        categories: categories(&legend.level(dimension, legend.depth(dimension)), column),
    }
}

fn words_of(dimension: Dimension) -> (&'static str, &'static str) {
    match dimension {
        Dimension::Cover => ("Couverture", "couverture"),
        Dimension::Usage => ("Usage", "usage"),
    }
}

fn categories(groups: &[Group<'_>], column: &str) -> Vec<Category> {
    let of = |group: &Group<'_>| {
        let values = group.leaves.iter().map(|&code| Literal::from(code)).collect();
        let tests = vec![Test::In(column.to_owned(), values)];
        Category::new(group.class.title(), group.class.rgb().0, tests)
    };
    groups.iter().map(of).collect()
}

fn status() -> Theme {
    Theme {
        name: "Artificialisation".to_owned(),
        key: STATUS.to_owned(),
        paint: Paint::Fill,
        categories: vec![
            Category::new("Artificialisé", ARTIFICIAL, vec![Test::is("artif", "artif")]),
            Category::new("Non artificialisé", NATURAL, vec![Test::is("artif", "non artif")]),
        ],
    }
}

/// The status and whether a threshold decided it.
fn status_and_thresholds() -> Theme {
    let of = |label, colour, status, by_threshold| {
        let threshold = Test::In("crit_seuil".to_owned(), vec![Literal::Flag(by_threshold)]);
        Category::new(label, colour, vec![Test::is("artif", status), threshold])
    };
    Theme {
        name: "Effet des seuils".to_owned(),
        key: "seuils".to_owned(),
        paint: Paint::Fill,
        categories: vec![
            of("Artificialisé", ARTIFICIAL, "artif", false),
            of("Artificialisé par les seuils", [253, 141, 60], "artif", true),
            of("Non artificialisé", NATURAL, "non artif", false),
            of("Non artificialisé par les seuils", [120, 198, 225], "non artif", true),
        ],
    }
}

/// Which of cover and usage changed.
fn nature(before: u16, after: u16) -> Theme {
    let column = |what: &str, year: u16| format!("{what}_{year}");
    let pair = |what| (column(what, before), column(what, after));
    let differ = |what| {
        let (a, b) = pair(what);
        Test::Differ(a, b)
    };
    let same = |what| {
        let (a, b) = pair(what);
        Test::Same(a, b)
    };
    Theme {
        name: "Nature du changement".to_owned(),
        key: "nature".to_owned(),
        paint: Paint::Fill,
        categories: vec![
            Category::new("Couverture et usage", ARTIFICIAL, vec![differ("CS"), differ("US")]),
            Category::new("Couverture seule", AMBER, vec![differ("CS"), same("US")]),
            Category::new("Usage seul", VIOLET, vec![same("CS"), differ("US")]),
        ],
    }
}

fn evolution() -> Theme {
    let of = |label, colour, way| {
        let tests = vec![Test::In("artificialisation".to_owned(), vec![Literal::Integer(way)])];
        Category::new(label, colour, tests)
    };
    Theme {
        name: "Évolution".to_owned(),
        key: "evolution".to_owned(),
        paint: Paint::Fill,
        categories: vec![
            of("Artificialisation", ARTIFICIAL, 1),
            of("Désartificialisation", RESTORED, -1),
        ],
    }
}

/// What a difference is: change of the ground, or something else.
fn kinds() -> Theme {
    let colour = |kind| match kind {
        ChangeKind::Real => ARTIFICIAL,
        ChangeKind::Shift => GREY,
        ChangeKind::Threshold => AMBER,
        ChangeKind::Nomenclature => VIOLET,
        ChangeKind::Correction => BLUE,
    };
    let categories = ChangeKind::ALL.map(|kind| {
        let key = format!("{kind:?}").to_lowercase();
        Category::new(words::change(kind), colour(kind), vec![Test::is("kind", &key)])
    });
    Theme {
        name: "Classe de différence".to_owned(),
        key: "changements".to_owned(),
        paint: Paint::Fill,
        categories: categories.into(),
    }
}

/// What a difference does to the status of the ground.
fn flux(before: u16, after: u16) -> Theme {
    let (was, is) = (format!("artif_{before}"), format!("artif_{after}"));
    let of = |label, colour, words: (&str, &str)| {
        Category::new(label, colour, vec![Test::is(&was, words.0), Test::is(&is, words.1)])
    };
    let mixed = |column: &str| Test::is(column, "mixte");
    let not_mixed =
        |column: &str| Test::In(column.to_owned(), vec!["artif".into(), "non artif".into()]);
    Theme {
        name: "Effet sur l'artificialisation".to_owned(),
        key: "effet-artif".to_owned(),
        paint: Paint::Fill,
        categories: vec![
            of("Artificialisation", ARTIFICIAL, ("non artif", "artif")),
            of("Désartificialisation", RESTORED, ("artif", "non artif")),
            of("Reste artificialisé", AMBER, ("artif", "artif")),
            of("Reste non artificialisé", NATURAL, ("non artif", "non artif")),
            Category::new("En partie, avant", GREY, vec![mixed(&was)]),
            Category::new("En partie, après", GREY, vec![not_mixed(&was), mixed(&is)]),
        ],
    }
}

/// What is wrong with an object.
fn demands() -> Theme {
    let colours = [ARTIFICIAL, BLUE, VIOLET, RESTORED, AMBER, GREY, DARK];
    let categories = Kind::ALL.iter().zip(colours.into_iter().cycle()).map(|(kind, colour)| {
        Category::new(kind.label(), colour, vec![Test::is("kind", kind.key())])
    });
    Theme {
        name: "Nature de la correction".to_owned(),
        key: "corrections".to_owned(),
        paint: Paint::Outline,
        categories: categories.collect(),
    }
}

/// How the columns of a delivered layer are shown: names in French, codes with what they mean.
pub(crate) fn widgets(legend: &Legend, product: Product, names: &Names) -> Vec<Widget> {
    let columns = product.layer(names).fields.into_iter();
    let correction = product == Product::Candidates;
    columns.map(|field| widget(legend, &field.name, correction)).collect()
}

/// How the columns of `changes_*.gpkg` are shown.
pub(crate) fn change_widgets(legend: &Legend, before: u16, after: u16) -> Vec<Widget> {
    let columns = changes::fields(before, after).into_iter();
    columns.map(|field| widget(legend, &field.name, false)).collect()
}

fn widget(legend: &Legend, column: &str, of_correction: bool) -> Widget {
    let plain = |alias: &str| Widget {
        name: column.to_owned().into(),
        alias: alias.to_owned().into(),
        kind: text(column == "comment"),
        editable: true,
        on_save: "",
    };
    let (stem, year) = match column.rsplit_once('_') {
        Some((stem, year)) if year.parse::<u16>().is_ok() => (stem, format!(" {year}")),
        _ => (column, String::new()),
    };
    let of_codes = |alias: String, dimension| Widget {
        alias: alias.into(),
        kind: value_map(&choices(legend, &[dimension])),
        ..plain("")
    };
    match stem.to_lowercase().as_str() {
        "code_cs" | "cs" => of_codes(format!("Couverture{year}"), Dimension::Cover),
        "code_us" | "us" => of_codes(format!("Usage{year}"), Dimension::Usage),
        "artif" => plain(&format!("Statut{year}")),
        "kind" if !of_correction => {
            let kinds = ChangeKind::ALL
                .map(|kind| (words::change(kind).to_owned(), format!("{kind:?}").to_lowercase()));
            Widget { kind: value_map(&kinds), ..plain("Classe") }
        }
        "crit_seuil" => {
            let words = [("Oui", "true"), ("Non", "false")];
            let words = words.map(|(label, value)| (label.to_owned(), value.to_owned()));
            Widget { kind: value_map(&words), ..plain("Par les seuils") }
        }
        "current_code" | "proposed_code" => Widget {
            kind: value_map(&choices(legend, &[Dimension::Cover, Dimension::Usage])),
            ..plain(label(column))
        },
        _ if of_correction => plain(label(column)),
        _ => plain(&format!("{}{year}", alias(stem))),
    }
}

/// The leaves of some dimensions as choices.
fn choices(legend: &Legend, dimensions: &[Dimension]) -> Vec<(String, String)> {
    let entries = dimensions.iter().flat_map(|&dimension| legend.entries(dimension));
    entries.filter(|e| e.leaf).map(|e| (e.title(), e.code.clone())).collect()
}

/// The French name of a column.
fn alias(column: &str) -> &str {
    match column {
        "id" => "Identifiant",
        "millesime" => "Millésime",
        "source" => "Source",
        "ossature" => "Ossature",
        "id_origine" => "Objet d'origine",
        "code_or" => "Code d'origine",
        "aire" => "Aire (m²)",
        "artificialisation" => "Évolution (1, -1)",
        "surface" => "Surface (m²)",
        "disc_m" => "Diamètre inscrit (m)",
        "mean_width_m" => "Largeur moyenne (m)",
        "compactness" => "Compacité",
        "displaced_share" => "Part expliquée par un décalage",
        "commune_code" => "Commune",
        "confidence" => "Confiance (%)",
        "reason" => "Clé du motif",
        "motif" => "Motif",
        "likeness" => "Parenté des codes",
        "key" => "Anomalie",
        "note" => "Remarque",
        "key_count" => "Nombre de cas",
        "key_area_m2" => "Surface en cause (m²)",
        other => other,
    }
}
