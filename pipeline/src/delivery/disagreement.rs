//! `disagreement_<year>_<department>.gpkg`: the regions whose official and recomputed status differ.

use kernels::lattice::area_m2;

use super::{Delivery, status_word};
use crate::artefact::Draft;
use crate::comparison::Ground;
use crate::disagreement::Disagreement;
use crate::error::Error;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

/// Name of the file of a year; no word of it is one that the national platform routes by.
pub fn file_name(department: &str, year: u16) -> String {
    format!("disagreement_{year}_{department}.gpkg")
}

/// Writes the layer; see [`Delivery::disagreement`].
pub(super) fn write(
    delivery: &Delivery<'_>,
    ground: &Ground,
    disagreement: &Disagreement,
) -> Result<Draft, Error> {
    let year = disagreement.year;
    let draft = delivery.draft(file_name(delivery.department, year))?;
    let subject = format!("Désaccords sur l'artificialisation {year}");
    let layer = LayerSpec {
        name: format!("disagreement_{year}_{}", delivery.department),
        title: delivery.titled(&format!("{subject}, département {}", delivery.department)),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: delivery.epsg,
        file_epsg: delivery.epsg,
        fields: fields(),
    };
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &[layer])?;
    for (fid, region) in (1..).zip(&disagreement.regions) {
        let key = &region.key;
        let commune =
            key.commune.map(|rank| &ground.territory.communes.gazetteer.communes[rank as usize]);
        let (cs, us) = delivery.codes(key.couple);
        let values: [Value; 9] = [
            cs.into(),
            us.into(),
            key.official.map(|status| status_word(status).to_owned()).into(),
            key.by_threshold.map(|yes| if yes { "oui" } else { "non" }.to_owned()).into(),
            status_word(key.recomputed).into(),
            status_word(key.matrix).into(),
            key.step.into(),
            area_m2(region.dissolved.polygon.twice_area()).into(),
            commune.map(|commune| commune.code.clone()).into(),
        ];
        writer.add(0, fid, Shape::Polygon(&region.dissolved.polygon), &values)?;
    }
    writer.finish()?;
    Ok(draft)
}

fn fields() -> Vec<Field> {
    let text = |name: &str| Field::required(name, FieldKind::Text);
    let maybe = |name: &str| Field::optional(name, FieldKind::Text);
    vec![
        text("code_cs"),
        text("code_us"),
        maybe("officiel"),
        maybe("crit_seuil"),
        text("recalcule"),
        text("matrice"),
        text("etape"),
        Field::required("surface", FieldKind::Real),
        maybe("commune_code"),
    ]
}
