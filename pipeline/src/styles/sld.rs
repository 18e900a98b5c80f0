//! Themes as documents of OGC Styled Layer Descriptor 1.0 (02-070), with filters of OGC Filter
//! Encoding 1.0: what map servers read.

use super::theme::{Category, Literal, Paint, Test, Theme};
use crate::qml::escaped;

/// A complete document for a layer.
pub(crate) fn document(layer: &str, theme: &Theme) -> String {
    let rules: String = theme.categories.iter().map(|c| rule(theme.paint, c)).collect();
    let (layer, name, key) = (escaped(layer), escaped(&theme.name), escaped(&theme.key));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.opengis.net/sld \
         http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd\">\n\
         <NamedLayer>\n<Name>{layer}</Name>\n<UserStyle>\n<Name>{key}</Name>\n\
         <Title>{name}</Title>\n<FeatureTypeStyle>\n{rules}</FeatureTypeStyle>\n</UserStyle>\n\
         </NamedLayer>\n</StyledLayerDescriptor>\n"
    )
}

fn rule(paint: Paint, category: &Category) -> String {
    let label = escaped(&category.label);
    let filter = match &category.tests[..] {
        [] => String::new(),
        [one] => format!("<ogc:Filter>{}</ogc:Filter>\n", filter(one)),
        several => {
            let all: String = several.iter().map(filter).collect();
            format!("<ogc:Filter><ogc:And>{all}</ogc:And></ogc:Filter>\n")
        }
    };
    let symbol = symbolizer(paint, &category.colour.to_string());
    format!("<Rule>\n<Name>{label}</Name>\n<Title>{label}</Title>\n{filter}{symbol}</Rule>\n")
}

fn filter(test: &Test) -> String {
    let equal = |name: &str, other: &str| {
        format!(
            "<ogc:PropertyIsEqualTo><ogc:PropertyName>{}</ogc:PropertyName>{other}\
             </ogc:PropertyIsEqualTo>",
            escaped(name)
        )
    };
    let column = |name: &str| format!("<ogc:PropertyName>{}</ogc:PropertyName>", escaped(name));
    match test {
        Test::In(name, values) => {
            let of = |value| format!("<ogc:Literal>{}</ogc:Literal>", escaped(&literal(value)));
            let all: Vec<String> = values.iter().map(|value| equal(name, &of(value))).collect();
            if all.len() == 1 { all.concat() } else { format!("<ogc:Or>{}</ogc:Or>", all.concat()) }
        }
        Test::Same(a, b) => equal(a, &column(b)),
        Test::Differ(a, b) => format!("<ogc:Not>{}</ogc:Not>", equal(a, &column(b))),
    }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(text) => text.clone(),
        Literal::Integer(number) => number.to_string(),
        Literal::Flag(flag) => flag.to_string(),
    }
}

fn symbolizer(paint: Paint, colour: &str) -> String {
    let fill = format!("<Fill>\n<CssParameter name=\"fill\">{colour}</CssParameter>\n</Fill>\n");
    let stroke = |width: &str| {
        format!(
            "<Stroke>\n<CssParameter name=\"stroke\">{colour}</CssParameter>\n\
             <CssParameter name=\"stroke-width\">{width}</CssParameter>\n</Stroke>\n"
        )
    };
    match paint {
        Paint::Fill => {
            format!("<PolygonSymbolizer>\n{fill}{}</PolygonSymbolizer>\n", stroke("0.3"))
        }
        Paint::Outline => format!("<PolygonSymbolizer>\n{}</PolygonSymbolizer>\n", stroke("1.2")),
        Paint::Marker => format!(
            "<PointSymbolizer>\n<Graphic>\n<Mark>\n<WellKnownName>circle</WellKnownName>\n{fill}\
             </Mark>\n<Size>8</Size>\n</Graphic>\n</PointSymbolizer>\n"
        ),
    }
}
