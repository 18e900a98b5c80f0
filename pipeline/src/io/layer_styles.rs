//! The table of a `GeoPackage` in which QGIS looks for the style and the form of a layer.
//!
//! Columns as QGIS creates them when it saves a style in the file; registered as attributes, so
//! that validators of the format (OGC 12-128r18, requirement 118) know the table.

use gdal::Dataset;
use gdal::errors::GdalError;

use super::gdal::FIXED_DATE;
use super::spatial_index::{run, text};
use crate::styles::Style;

/// The styles of a layer, the one that `QGIS` opens it with first.
pub(super) struct LayerStyles<'a> {
    pub(super) layer: &'a str,
    pub(super) geometry_column: &'a str,
    pub(super) styles: &'a [Style],
}

/// Its name.
pub(super) const TABLE: &str = "layer_styles";

const CREATE: &str = "CREATE TABLE layer_styles (\
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), \
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), \
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, \
    owner TEXT(30), ui TEXT(30), update_time DATETIME)";

/// Writes the table; the first style of a layer is its default one.
///
/// # Errors
/// What GDAL says of a statement.
pub(super) fn write(dataset: &Dataset, layers: &[LayerStyles<'_>]) -> Result<(), GdalError> {
    run(dataset, CREATE)?;
    run(
        dataset,
        &format!(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, \
             last_change, srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', {}, 0)",
            text(FIXED_DATE)
        ),
    )?;
    for LayerStyles { layer, geometry_column, styles } in layers {
        for (rank, Style { name, qml, sld }) in styles.iter().enumerate() {
            run(
                dataset,
                &format!(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, \
                     f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, \
                     description, owner, update_time) VALUES ('', '', {layer}, {column}, {name}, \
                     {qml}, {sld}, {is_default}, '', '', {date})",
                    layer = text(layer),
                    column = text(geometry_column),
                    name = text(name),
                    qml = text(qml),
                    sld = text(sld),
                    is_default = u8::from(rank == 0),
                    date = text(FIXED_DATE),
                ),
            )?;
        }
    }
    Ok(())
}
