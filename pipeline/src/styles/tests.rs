use std::collections::BTreeSet;

use nomenclature::{Dimension, Nomenclature};

use super::theme::NAME_MAX;
use super::{Legend, Literal, Test, Theme, documents, maplibre, products};
use crate::io::schema::{Names, Product};

fn names() -> Names {
    Names { department: "11".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 }
}

fn nomenclatures() -> impl Iterator<Item = Nomenclature> {
    let ids = ["ocsge-2-0", "ocsid-example", "ocs2d-hdf-2021", "cnig-extended"];
    ids.into_iter().map(|id| Nomenclature::builtin(id).unwrap())
}

/// Every theme of every layer of every nomenclature.
fn everything() -> Vec<(Product, Theme)> {
    let of = |nomenclature: Nomenclature| {
        let legend = Legend::of(&nomenclature);
        Product::ALL.into_iter().flat_map(move |product| {
            products::themes(&legend, product, &names()).into_iter().map(move |t| (product, t))
        })
    };
    nomenclatures().flat_map(of).collect()
}

#[test]
fn every_level_of_a_tree_holds_each_leaf_once() {
    for nomenclature in nomenclatures() {
        let legend = Legend::of(&nomenclature);
        for dimension in [Dimension::Cover, Dimension::Usage] {
            let all: Vec<&str> = nomenclature
                .leaves(dimension)
                .into_iter()
                .map(|id| nomenclature.code(dimension, id))
                .collect();
            for level in 1..=legend.depth(dimension) {
                let groups = legend.level(dimension, level);
                let mut leaves: Vec<&str> = groups.iter().flat_map(|g| g.leaves.clone()).collect();
                leaves.sort_unstable();
                let mut wanted = all.clone();
                wanted.sort_unstable();
                assert_eq!(leaves, wanted, "{} {dimension} {level}", nomenclature.id());
            }
        }
    }
}

#[test]
fn the_levels_of_ocs_ge_have_the_classes_of_its_tree() {
    let legend = Legend::of(&Nomenclature::builtin("ocsge-2-0").unwrap());
    let codes = |level| -> Vec<&str> {
        let groups = legend.level(Dimension::Cover, level);
        groups.iter().map(|group| group.class.code.as_str()).collect()
    };
    assert_eq!(legend.depth(Dimension::Cover), 4);
    assert_eq!(codes(1), ["CS1", "CS2"]);
    assert_eq!(codes(2), ["CS1.1", "CS1.2", "CS2.1", "CS2.2"]);
    assert_eq!(codes(4).len(), 14);
    let woods = &legend.level(Dimension::Cover, 3)[5];
    assert_eq!(woods.class.code, "CS2.1.1");
    assert_eq!(woods.leaves, ["CS2.1.1.1", "CS2.1.1.2", "CS2.1.1.3"]);
}

#[test]
fn names_fit_the_table_of_qgis_and_tell_the_themes_of_a_layer_apart() {
    let legend = Legend::of(&Nomenclature::builtin("ocsge-2-0").unwrap());
    for product in Product::ALL {
        let themes = products::themes(&legend, product, &names());
        let distinct: BTreeSet<_> = themes.iter().map(|theme| &theme.name).collect();
        let keys: BTreeSet<_> = themes.iter().map(|theme| &theme.key).collect();
        assert_eq!((distinct.len(), keys.len()), (themes.len(), themes.len()), "{product:?}");
    }
    for (product, theme) in everything() {
        assert!(theme.name.chars().count() <= NAME_MAX, "{product:?} {}", theme.name);
        assert!(
            theme.key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            theme.key
        );
    }
}

#[test]
fn themes_ask_for_columns_that_their_layer_has() {
    for (product, theme) in everything() {
        let columns: Vec<String> =
            product.layer(&names()).fields.into_iter().map(|field| field.name).collect();
        for test in theme.categories.iter().flat_map(|category| &category.tests) {
            let asked = match test {
                Test::In(column, values) => {
                    assert!(!values.is_empty());
                    vec![column]
                }
                Test::Same(a, b) | Test::Differ(a, b) => vec![a, b],
            };
            assert!(asked.iter().all(|column| columns.contains(column)), "{product:?} {asked:?}");
        }
    }
}

/// Whether the tags of a document close in the order in which they open.
fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1).filter(|tag| !tag.starts_with(['!', '?'])) {
        let Some((tag, _)) = tag.split_once('>') else { return false };
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn documents_are_well_formed_and_name_every_label_and_colour() {
    for nomenclature in nomenclatures() {
        let legend = Legend::of(&nomenclature);
        for product in Product::ALL {
            let themes = products::themes(&legend, product, &names());
            let widgets = products::widgets(&legend, product, &names());
            for (theme, style) in themes.iter().zip(documents("l", &themes, &widgets)) {
                assert!(is_well_formed(&style.qml) && is_well_formed(&style.sld), "{}", theme.name);
                for category in &theme.categories {
                    let label = crate::qml::escaped(&category.label);
                    assert!(style.qml.contains(&label) && style.sld.contains(&label), "{label}");
                    let [red, green, blue] = category.colour.0;
                    assert!(style.qml.contains(&format!("{red},{green},{blue},255")));
                    assert!(style.sld.contains(&category.colour.to_string()));
                }
            }
        }
    }
}

#[test]
fn a_name_with_signs_of_xml_is_escaped() {
    let theme = Theme::plain("A & B <\"c\">", "a", super::Paint::Fill, [1, 2, 3]);
    let style = &documents("x&y", &[theme], &[])[0];
    assert!(is_well_formed(&style.qml) && is_well_formed(&style.sld));
    assert!(style.sld.contains("<Name>x&amp;y</Name>"));
}

#[test]
fn a_theme_of_one_column_is_a_match_and_another_one_a_list_of_cases() {
    let legend = Legend::of(&Nomenclature::builtin("ocsge-2-0").unwrap());
    let covers = &products::themes(&legend, Product::Occupation, &names())[0];
    let layer = maplibre::layer(covers, "tuiles", "occupation");
    let colour = &layer["paint"]["fill-color"];
    assert_eq!(colour[0], "match");
    assert_eq!((&colour[2][0], &colour[3]), (&"CS1.1.1.1".into(), &"#ff377a".into()));
    // Column, 14 pairs, and what fits none of them.
    assert_eq!(colour.as_array().unwrap().len(), 2 + 2 * 14 + 1);
    let nature = &products::themes(&legend, Product::Diff, &names())[0];
    let colour = &maplibre::layer(nature, "tuiles", "diff")["paint"]["fill-color"];
    assert_eq!(colour[0], "case");
    assert_eq!(colour[1][1], serde_json::json!(["!=", ["get", "CS_2018"], ["get", "CS_2021"]]));
}

#[test]
fn a_legend_comes_back_from_its_file() {
    let legend = Legend::of(&Nomenclature::builtin("ocsid-example").unwrap());
    let text = serde_json::to_string(&legend).unwrap();
    assert_eq!(serde_json::from_str::<Legend>(&text).unwrap(), legend);
    let texts = Literal::from("CS1");
    assert_eq!(texts, Literal::Text("CS1".to_owned()));
}
