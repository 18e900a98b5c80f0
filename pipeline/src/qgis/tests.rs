use std::collections::BTreeSet;

use nomenclature::Nomenclature;

use super::layers::{Group, MapLayer};
use super::project::{Head, document};
use crate::io::schema::{Names, Product};
use crate::styles::{Legend, products};

fn layer(product: Product, group: Group, is_visible: bool) -> MapLayer {
    let legend = Legend::of(&Nomenclature::builtin("ocsge-2-0").unwrap());
    let names = Names { department: "11".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 };
    MapLayer {
        id: product.layer_name(&names),
        title: product.title(&names),
        group,
        file: format!("../{}", product.file_name(&names)),
        table: product.layer_name(&names),
        epsg: 2154,
        themes: products::themes(&legend, product, &names),
        widgets: products::widgets(&legend, product, &names),
        is_visible,
    }
}

fn project() -> String {
    let head = Head {
        title: "Occupation & usage".to_owned(),
        epsg: 2154,
        extent_m: [0.0, 0.0, 2000.0, 1000.0],
    };
    document(
        &head,
        &[
            layer(Product::Diff, Group::Changes, false),
            layer(Product::Occupation, Group::Vintages, true),
        ],
    )
}

/// What stands between quotes after each occurrence of a text.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_layer_of_the_tree_is_a_layer_of_the_project() {
    let text = project();
    let tree: BTreeSet<_> = quoted(&text, "<layer-tree-layer id=\"").into_iter().collect();
    let ids: BTreeSet<_> =
        text.split("<id>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(tree, ids);
    assert_eq!(tree.len(), 2);
}

#[test]
fn styles_that_are_not_current_are_documents_of_their_own() {
    let text = project();
    let names: Vec<_> = quoted(&text, "<map-layer-style name=\"");
    assert_eq!(names.len(), 5 + 7);
    // The current style of each layer is the layer's own.
    assert_eq!(text.matches("<map-layer-style name=\"Couverture\"/>").count(), 1);
    assert_eq!(text.matches("<qgis version").count(), 12 - 2);
    assert_eq!(text.matches("<!DOCTYPE").count(), 1);
}

#[test]
fn paths_are_relative_and_the_extent_leaves_air() {
    let text = project();
    assert!(text.contains("../OCCUPATION_SOL.gpkg|layername=OCCUPATION_SOL"));
    assert!(text.contains("<xmin>-100.00</xmin>") && text.contains("<ymax>1050.00</ymax>"));
    assert!(text.contains("<Absolute type=\"bool\">false</Absolute>"));
    assert!(text.contains("<title>Occupation &amp; usage</title>"));
}
