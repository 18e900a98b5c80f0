//! The styles of the layers of an archive: QML for `QGIS`, SLD for everything else.

use super::entry::Entry;
use super::{Archive, Vector};
use crate::styles::{Legend, products};

/// One document a theme of each layer, in a folder of the layer's.
///
/// `QGIS` finds columns in any case; readers of SLD do not, so archives of shapefiles have none.
pub(super) fn entries(archive: &Archive<'_>) -> Vec<Entry> {
    let legend = Legend::of(&archive.request.codes.nomenclature);
    let names = archive.subject.names(archive.request.result);
    let mut entries = Vec::new();
    for &product in archive.subject.products() {
        let layer = product.layer_name(&names);
        let themes = products::themes(&legend, product, &names);
        for (theme, style) in themes.iter().zip(products::embedded(&legend, product, &names)) {
            let path = |extension: &str| format!("4_STYLES/{layer}/{}.{extension}", theme.key);
            entries.push(Entry::text(path("qml"), style.qml));
            if archive.vector == Vector::GeoPackage {
                entries.push(Entry::text(path("sld"), style.sld));
            }
        }
    }
    entries
}
