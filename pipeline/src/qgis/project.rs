//! The document of a project, in the form of `QGIS` 3.22.

use super::layers::{Group, MapLayer};
use super::styles_of;
use crate::qml::{escaped, put};
use crate::styles::{Paint, Theme, products, qml};

/// What a project says of itself.
pub(super) struct Head {
    /// Its title.
    pub(super) title: String,
    /// EPSG code of its CRS.
    pub(super) epsg: u32,
    /// West, south, east and north of what it opens on.
    pub(super) extent_m: [f64; 4],
}

/// The complete document.
pub(super) fn document(head: &Head, layers: &[MapLayer]) -> String {
    let title = escaped(&head.title);
    let crs = crs(head.epsg);
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis projectname=\"{title}\" version=\"3.22.0\">\n\
         <homePath path=\"\"/>\n<title>{title}</title>\n\
         <projectCrs>\n{crs}</projectCrs>\n\
         {tree}{view}{order}<projectlayers>\n{maps}</projectlayers>\n{themes}{properties}</qgis>\n",
        tree = tree(layers),
        view = view(head),
        order = order(layers),
        maps = layers.iter().map(map_layer).collect::<String>(),
        themes = map_themes(layers),
        properties = properties(),
    )
}

/// A CRS by its authority: `QGIS` looks at the code when the number of its own list is one at all.
fn crs(epsg: u32) -> String {
    format!(
        "<spatialrefsys>\n<srsid>{epsg}</srsid>\n<srid>{epsg}</srid>\n\
         <authid>EPSG:{epsg}</authid>\n</spatialrefsys>\n"
    )
}

/// The groups with their layers; a group is shown when one of its layers is.
fn tree(layers: &[MapLayer]) -> String {
    let mut xml = "<layer-tree-group>\n<customproperties/>\n".to_owned();
    for members in layers.chunk_by(|a, b| a.group == b.group) {
        let group = members[0].group;
        let is_open = members.iter().any(|layer| layer.is_visible) && group != Group::Ortho;
        put(
            &mut xml,
            format_args!(
                "<layer-tree-group name=\"{}\" checked=\"Qt::Checked\" expanded=\"{}\">\n\
             <customproperties/>\n",
                escaped(group.title()),
                u8::from(is_open)
            ),
        );
        for layer in members {
            let checked = if layer.is_visible { "Qt::Checked" } else { "Qt::Unchecked" };
            put(
                &mut xml,
                format_args!(
                    "<layer-tree-layer id=\"{}\" name=\"{}\" source=\"{}\" providerKey=\"{}\" \
                 checked=\"{checked}\" expanded=\"{}\" legend_exp=\"\" patch_size=\"-1,-1\">\n\
                 <customproperties/>\n</layer-tree-layer>\n",
                    layer.id,
                    escaped(&layer.title),
                    escaped(&source(layer)),
                    provider(layer),
                    u8::from(layer.is_visible),
                ),
            );
        }
        xml.push_str("</layer-tree-group>\n");
    }
    xml.push_str("</layer-tree-group>\n");
    xml
}

/// What the map shows when the project is opened: in the window and, without one, by default.
fn view(head: &Head) -> String {
    let [west, south, east, north] = head.extent_m;
    // A twentieth of air around the territory.
    let (air_x, air_y) = ((east - west) / 20.0, (north - south) / 20.0);
    let [west, south, east, north] = [west - air_x, south - air_y, east + air_x, north + air_y];
    let crs = crs(head.epsg);
    format!(
        "<mapcanvas name=\"theMapCanvas\" annotationsVisible=\"1\">\n<units>meters</units>\n\
         <extent>\n<xmin>{west:.2}</xmin>\n<ymin>{south:.2}</ymin>\n<xmax>{east:.2}</xmax>\n\
         <ymax>{north:.2}</ymax>\n</extent>\n<rotation>0</rotation>\n\
         <destinationsrs>\n{crs}</destinationsrs>\n\
         <rendermaptile>0</rendermaptile>\n</mapcanvas>\n\
         <ProjectViewSettings UseProjectScales=\"0\">\n<Scales/>\n\
         <DefaultViewExtent xmin=\"{west:.2}\" ymin=\"{south:.2}\" xmax=\"{east:.2}\" \
         ymax=\"{north:.2}\">\n{crs}</DefaultViewExtent>\n</ProjectViewSettings>\n"
    )
}

fn order(layers: &[MapLayer]) -> String {
    let layers = layers.iter().map(|layer| format!("<layer id=\"{}\"/>\n", layer.id));
    format!("<layerorder>\n{}</layerorder>\n", layers.collect::<String>())
}

fn provider(layer: &MapLayer) -> &'static str {
    if layer.group == Group::Ortho { "gdal" } else { "ogr" }
}

fn source(layer: &MapLayer) -> String {
    if layer.group == Group::Ortho {
        return layer.file.clone();
    }
    format!("{}|layername={}", layer.file, layer.table)
}

fn map_layer(layer: &MapLayer) -> String {
    let head = format!(
        "<id>{}</id>\n<datasource>{}</datasource>\n<layername>{}</layername>\n<srs>\n{}</srs>\n",
        layer.id,
        escaped(&source(layer)),
        escaped(&layer.title),
        crs(layer.epsg)
    );
    let Some(first) = layer.themes.first() else {
        return format!(
            "<maplayer type=\"raster\" hasScaleBasedVisibilityFlag=\"0\">\n{head}\
             <provider>gdal</provider>\n</maplayer>\n"
        );
    };
    let geometry = if first.paint == Paint::Marker { "Point" } else { "Polygon" };
    format!(
        "<maplayer type=\"vector\" geometry=\"{geometry}\" hasScaleBasedVisibilityFlag=\"0\" \
         simplifyDrawingHints=\"1\" simplifyDrawingTol=\"1\" simplifyLocal=\"1\" \
         simplifyMaxScale=\"1\" simplifyAlgorithm=\"0\" labelsEnabled=\"0\" readOnly=\"0\">\n{head}\
         <provider encoding=\"UTF-8\">ogr</provider>\n{}{}</maplayer>\n",
        styles(layer, first),
        qml::body(first, &layer.widgets)
    )
}

/// The style manager of a layer: the current style is that of the layer itself.
fn styles(layer: &MapLayer, current: &Theme) -> String {
    let name = escaped(&current.name);
    let mut xml = format!(
        "<map-layer-style-manager current=\"{name}\">\n<map-layer-style name=\"{name}\"/>\n"
    );
    for style in styles_of(layer).iter().skip(1) {
        // Without its document type, which has no place inside another document.
        let qml = style.qml.split_once('\n').map_or(style.qml.as_str(), |(_, rest)| rest);
        let name = escaped(&style.name);
        put(&mut xml, format_args!("<map-layer-style name=\"{name}\">\n{qml}</map-layer-style>\n"));
    }
    xml.push_str("</map-layer-style-manager>\n");
    xml
}

/// The themes of the map: which layers together tell one thing.
fn map_themes(layers: &[MapLayer]) -> String {
    let newest = layers.iter().find(|layer| layer.group == Group::Vintages);
    let mut xml = "<visibility-presets>\n".to_owned();
    for group in [Group::Vintages, Group::Artificialisation, Group::Changes, Group::Corrections] {
        let mut members = layers.iter().filter(|layer| layer.group == group);
        // What became artificial is red on red over the status: the status stands alone.
        let is_status = |layer: &&MapLayer| layer.themes.iter().any(|t| t.key == products::STATUS);
        let Some(main) = members.clone().find(is_status).or(members.next()) else { continue };
        let limits = layers
            .iter()
            .filter(|layer| layer.group == Group::Territories && layer.is_visible)
            .chain([main])
            .chain(newest.filter(|_| group == Group::Changes || group == Group::Corrections));
        put(
            &mut xml,
            format_args!(
                "<visibility-preset name=\"{}\" has-expanded-info=\"0\">\n",
                escaped(group.title())
            ),
        );
        for layer in limits {
            let style = layer.themes.first().map_or("", |theme| theme.name.as_str());
            put(
                &mut xml,
                format_args!(
                    "<layer id=\"{}\" style=\"{}\" visible=\"1\"/>\n",
                    layer.id,
                    escaped(style)
                ),
            );
        }
        xml.push_str("</visibility-preset>\n");
    }
    xml.push_str("</visibility-presets>\n");
    xml
}

fn properties() -> String {
    "<properties>\n<Paths>\n<Absolute type=\"bool\">false</Absolute>\n</Paths>\n\
     <Measure>\n<Ellipsoid type=\"QString\">EPSG:7019</Ellipsoid>\n</Measure>\n\
     <SpatialRefSys>\n<ProjectionsEnabled type=\"int\">1</ProjectionsEnabled>\n</SpatialRefSys>\n\
     <Measurement>\n<DistanceUnits type=\"QString\">meters</DistanceUnits>\n\
     <AreaUnits type=\"QString\">m2</AreaUnits>\n</Measurement>\n</properties>\n"
        .to_owned()
}
