//! `LISEZMOI.txt`: what an archive holds and how to use it, in French.

use std::fmt::Write;

use super::{Archive, Vector, licence, sums};
use crate::config::region_name;
use crate::io::schema::{Product, role, shapefile_field};
use crate::io::vector_writer::{Field, FieldKind};

/// The text.
pub(super) fn text(archive: &Archive<'_>) -> String {
    let mut text = head(archive);
    let names = archive.subject.names(archive.request.result);
    for product in archive.subject.products() {
        let layer = product.layer(&names);
        let file = product.file_name(&names);
        let (file, fields) = match archive.vector {
            Vector::GeoPackage => (format!("{file}, couche {}", layer.name), layer.fields),
            Vector::Shapefile => (
                file.replace(".gpkg", ".shp"),
                layer.fields.into_iter().map(shapefile_field).collect(),
            ),
        };
        put(&mut text, format_args!("\n1_DONNEES/{file}\n"));
        put(&mut text, format_args!("  {}\n", meaning(*product)));
        for field in &fields {
            put(&mut text, format_args!("  - {}\n", column(field)));
        }
    }
    text.push_str(&rest(archive));
    text
}

fn head(archive: &Archive<'_>) -> String {
    let request = &archive.request;
    let (facts, imprint) = (request.result.facts(), &request.orders.imprint);
    let title = format!("{}, département {}", archive.subject.title(), facts.department);
    let region = request.result.department().ok().and_then(|d| region_name(d.region()));
    let mut text = format!("{title}\n{}\n\n", "=".repeat(title.chars().count()));
    let mut row = |key: &str, value: &str| put(&mut text, format_args!("{key:<18} {value}\n"));
    row("Archive", &archive.name);
    row("Produit", &imprint.product);
    row("Région", region.unwrap_or("non renseignée"));
    row("Projection", &format!("EPSG:{}, surfaces en m² dans cette projection", facts.epsg));
    row("Nomenclature", &format!("{} ({})", facts.nomenclature.title, facts.nomenclature.id));
    row("Règles", &format!("{} ({})", facts.rules.title, facts.rules.id));
    row("Texte", &facts.rules.article);
    row("Producteur", imprint.organisation.as_deref().unwrap_or("non renseigné"));
    row("Contact", imprint.email.as_deref().unwrap_or("non renseigné"));
    row("Licence", &format!("{}, voir LICENCE.txt", licence::NAME));
    row("Logiciel", &request.result.made_by());
    text
}

/// What a layer is.
fn meaning(product: Product) -> &'static str {
    match product {
        Product::Occupation => {
            "Chaque polygone porte une couverture et un usage ; ils couvrent le territoire sans trou \
             ni recouvrement."
        }
        Product::BuiltZone => {
            "Où l'unité minimale de collecte est de 500 m² au lieu de 2 500 m² ; aucun indicateur \
             n'en dépend."
        }
        Product::Artif => {
            "L'occupation du sol avec le statut artificialisé de chaque polygone, mêmes identifiants."
        }
        Product::Diff => {
            "Chaque polygone dont la couverture ou l'usage diffère entre les millésimes."
        }
        Product::ZanEvol => {
            "Les seuls polygones dont le statut artificialisé a changé ; la somme de surface x \
             artificialisation est la différence des stocks."
        }
        Product::Candidates => "Corrections proposées du millésime antérieur.",
        Product::Issues => "Lieux des anomalies des données d'entrée.",
    }
}

/// A column with its type and its meaning.
fn column(field: &Field) -> String {
    let kind = match field.kind {
        FieldKind::Integer | FieldKind::Integer64 => "entier",
        FieldKind::Real => "réel",
        FieldKind::Text => "texte",
        FieldKind::Boolean => "booléen",
    };
    let empty = if field.is_nullable { ", peut être vide" } else { "" };
    let name = field.name.as_str();
    let year = name.rsplit('_').next().filter(|year| year.parse::<u16>().is_ok());
    let year = year.map_or(String::new(), |year| format!(" en {year}"));
    let meaning = match role(name).as_str() {
        "id" => "identifiant du polygone",
        "code_cs" | "cs" => "code de la couverture",
        "code_us" | "us" => "code de l'usage",
        "millesime" => "année du millésime",
        "source" => "source du code",
        "ossature" => "1 pour l'ossature des routes et voies ferrées, sinon 0",
        "id_origine" => "identifiant du polygone dont celui-ci est issu",
        "code_or" => "code d'origine, dans une nomenclature plus fine ou antérieure",
        "aire" | "surface" => "surface en m²",
        "artif" => "« artif » ou « non artif »",
        "crit_seuil" => "vrai quand un seuil ou un forçage décide du statut",
        "artificialisation" => "1 : artificialisé, -1 : désartificialisé",
        _ => return format!("{name} ({kind}{empty})"),
    };
    format!("{name} ({kind}{empty}) : {meaning}{year}")
}

fn rest(archive: &Archive<'_>) -> String {
    let facts = archive.request.result.facts();
    format!(
        "\n\
         Autres fichiers\n\
         ---------------\n\
         2_METADONNEES   fiche ISO 19139 (XML), règles et tolérances (methode.json)\n\
         3_NOMENCLATURE  codes, libellés et couleurs (YAML)\n\
         4_STYLES        un style par couche et par thème, pour QGIS (QML) et d'autres (SLD)\n\
         5_QUALITE       lois vérifiées à la production, rapport du département\n\
         {md5}, {sha256}   sommes de contrôle de tous les autres fichiers\n\
         \n\
         Utilisation\n\
         -----------\n\
         {reader}\n\
         Vérifier une copie, dans ce dossier : md5sum --check {md5}\n\
         \n\
         Méthode\n\
         -------\n\
         {statement}\n\
         Contours en centimètres entiers ; tous les chiffres sont des sommes exactes sur un seul\n\
         croisement de tous les contours. La précision des contours admise pour distinguer un\n\
         changement du bruit est de {tolerance} m. L'artificialisation est celle des articles L. 101-2-1 et\n\
         R. 101-1 du code de l'urbanisme, selon les règles nommées ci-dessus ; elle n'est pas la\n\
         consommation d'espaces naturels, agricoles et forestiers (ENAF).\n",
        md5 = sums::MD5,
        sha256 = sums::SHA256,
        reader = reader(archive.vector),
        statement = statement(archive),
        tolerance = facts.tolerance_m,
    )
}

/// What opens the data.
fn reader(vector: Vector) -> &'static str {
    match vector {
        Vector::GeoPackage => {
            "QGIS, ou tout logiciel qui lit le GeoPackage (OGC 12-128r18) : ouvrir les fichiers de\n\
             1_DONNEES."
        }
        Vector::Shapefile => {
            "QGIS, ou tout logiciel qui lit le shapefile : ouvrir les .shp de 1_DONNEES, textes en\n\
             UTF-8. Les noms de colonnes, de dix signes au plus, sont ceux du GeoPackage en\n\
             capitales ; artificialisation s'abrège en ARTIFICIAL et un booléen vaut 0 ou 1."
        }
    }
}

/// What the status of the polygons was decided by.
fn statement(archive: &Archive<'_>) -> String {
    let facts = archive.request.result.facts();
    let choices = &facts.choices;
    let status = if choices.officials.is_empty() {
        "Statut recalculé depuis les couples de codes".to_owned()
    } else {
        format!("Statut officiel ({})", choices.officials.join(", "))
    };
    let forced = if facts.rules.forcing { "oui" } else { "non" };
    let exempted = choices.exemptions.as_deref().unwrap_or("aucune");
    format!(
        "{status} ; seuil de {} m² ; forçage au voisinage du bâti : {forced} ; exemptions : {exempted}.",
        facts.rules.group_min_m2
    )
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::schema::Names;

    #[test]
    fn every_column_of_the_contract_is_explained() {
        let names = Names { department: "11".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 };
        for product in [
            Product::Occupation,
            Product::BuiltZone,
            Product::Artif,
            Product::Diff,
            Product::ZanEvol,
        ] {
            for field in product.layer(&names).fields {
                let text = column(&field);
                assert!(text.contains(" : "), "{text}");
            }
        }
        let field = Field::required("CS_2018", FieldKind::Text);
        assert_eq!(column(&field), "CS_2018 (texte) : code de la couverture en 2018");
        let field = Field::optional("id_2018", FieldKind::Text);
        let text = "id_2018 (texte, peut être vide) : identifiant du polygone en 2018";
        assert_eq!(column(&field), text);
    }
}
