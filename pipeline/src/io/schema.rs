//! The files that a run delivers: their names, layers and columns, as data.
//!
//! What the national platform (`MonDiagArtif`) requires, read from its public code: it routes
//! files by words in their lower-cased names, and its column names are case-sensitive. The types
//! of `millesime` and of the columns of `ZONE_CONSTRUITE` are inferred from IGN's layers.

use super::vector_writer::{Field, FieldKind, GeometryKind, LayerSpec};

/// A file that a run delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// The vintage: every polygon with its cover and its usage.
    Occupation,
    /// Where the finer minimum unit holds.
    BuiltZone,
    /// The vintage with the artificialisation status of every polygon.
    Artif,
    /// What changed since the prior vintage.
    Diff,
    /// What became artificial or ceased to be.
    ZanEvol,
    /// Objects whose prior code the evidence contradicts without a true change.
    Candidates,
    /// Places of the data issues met on the way.
    Issues,
}

/// What the names of the files and layers of one run are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Department code, of two or three characters.
    pub department: String,
    /// Year of the vintage produced.
    pub vintage: u16,
    /// Year of the prior vintage.
    pub prior: u16,
    /// EPSG code of the department's CRS.
    pub epsg: u32,
}

impl Product {
    /// Every product.
    pub const ALL: [Self; 7] = [
        Self::Occupation,
        Self::BuiltZone,
        Self::Artif,
        Self::Diff,
        Self::ZanEvol,
        Self::Candidates,
        Self::Issues,
    ];

    /// Its path within the folder of the run.
    pub fn file_name(self, names: &Names) -> String {
        let Names { department, vintage, prior, .. } = names;
        match self {
            Self::Occupation => "OCCUPATION_SOL.gpkg".to_owned(),
            Self::BuiltZone => "ZONE_CONSTRUITE.gpkg".to_owned(),
            Self::Artif => format!("artif_{vintage}_{department}.gpkg"),
            Self::Diff => format!("DIFF_{department}_{vintage}_{prior}.gpkg"),
            Self::ZanEvol => format!("zan_evol_{prior}_{vintage}_{department}.gpkg"),
            Self::Candidates => "corrections/candidates.gpkg".to_owned(),
            Self::Issues => "issues.gpkg".to_owned(),
        }
    }

    /// The name of its layer.
    pub fn layer_name(self, names: &Names) -> String {
        let Names { department, vintage, prior, .. } = names;
        match self {
            Self::Occupation => "OCCUPATION_SOL".to_owned(),
            Self::BuiltZone => "ZONE_CONSTRUITE".to_owned(),
            Self::Artif => format!("artif_{vintage}_{department}"),
            Self::Diff => format!("DIFF_{department}_{vintage}_{prior}"),
            Self::ZanEvol => format!("zan_evol_{prior}_{vintage}"),
            Self::Candidates => "corrections".to_owned(),
            Self::Issues => "issues".to_owned(),
        }
    }

    /// Its title, in French, for the catalogues that show one.
    pub fn title(self, names: &Names) -> String {
        let Names { department, vintage, prior, .. } = names;
        let subject = match self {
            Self::Occupation => format!("Occupation du sol {vintage}"),
            Self::BuiltZone => format!("Zone construite {vintage}"),
            Self::Artif => format!("Artificialisation {vintage}"),
            Self::Diff => format!("Changements {prior}-{vintage}"),
            Self::ZanEvol => format!("Évolution de l'artificialisation {prior}-{vintage}"),
            Self::Candidates => format!("Corrections candidates du millésime {prior}"),
            Self::Issues => format!("Anomalies des données d'entrée du millésime {vintage}"),
        };
        format!("{subject}, département {department}")
    }

    /// Its layer, ready to be written.
    pub fn layer(self, names: &Names) -> LayerSpec {
        LayerSpec {
            name: self.layer_name(names),
            title: self.title(names),
            geometry: match self {
                Self::Issues => GeometryKind::Point,
                _ => GeometryKind::Polygon,
            },
            geometry_column: match self {
                Self::Artif => "the_geom",
                _ => "geom",
            },
            epsg: names.epsg,
            file_epsg: names.epsg,
            fields: self.fields(names),
        }
    }

    fn fields(self, names: &Names) -> Vec<Field> {
        match self {
            Self::Occupation => occupation(),
            Self::BuiltZone => vec![
                Field::unique("id", FieldKind::Text),
                Field::required("millesime", FieldKind::Integer),
            ],
            Self::Artif => occupation().into_iter().chain(status()).collect(),
            Self::Diff => [names.prior, names.vintage]
                .iter()
                .flat_map(|year| [format!("CS_{year}"), format!("US_{year}")])
                .map(|name| Field::required(name, FieldKind::Text))
                .collect(),
            Self::ZanEvol => evolution(names),
            Self::Candidates => correction(),
            Self::Issues => vec![
                Field::required("key", FieldKind::Text),
                Field::optional("note", FieldKind::Text),
                Field::required("key_count", FieldKind::Integer64),
                Field::required("key_area_m2", FieldKind::Real),
            ],
        }
    }
}

/// What a column is, by its name without year and case: `cs` for `CS_2018`.
pub fn role(name: &str) -> String {
    let lower = name.to_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    // As a shapefile names it.
    if stem == "artificial" { "artificialisation".to_owned() } else { stem.to_owned() }
}

/// A column as a shapefile has it: upper-case, of at most ten characters, true as 1 and false as 0.
pub fn shapefile_field(field: Field) -> Field {
    let name = match field.name.as_str() {
        // The one name that is longer than a .dbf allows.
        "artificialisation" => "ARTIFICIAL".to_owned(),
        name => name.to_uppercase(),
    };
    let kind = if field.kind == FieldKind::Boolean { FieldKind::Integer } else { field.kind };
    // The format knows no constraint.
    Field { name, kind, is_unique: false, ..field }
}

fn occupation() -> Vec<Field> {
    vec![
        Field::unique("id", FieldKind::Text),
        Field::required("code_cs", FieldKind::Text),
        Field::required("code_us", FieldKind::Text),
        Field::required("millesime", FieldKind::Integer),
        Field::required("source", FieldKind::Text),
        Field::required("ossature", FieldKind::Integer),
        Field::optional("id_origine", FieldKind::Text),
        Field::optional("code_or", FieldKind::Text),
    ]
}

fn status() -> [Field; 3] {
    [
        Field::required("aire", FieldKind::Real),
        Field::required("artif", FieldKind::Text),
        Field::required("crit_seuil", FieldKind::Boolean),
    ]
}

fn evolution(names: &Names) -> Vec<Field> {
    let sides = [names.prior, names.vintage].into_iter().flat_map(|year| {
        ["id", "cs", "us", "artif"].map(|what| {
            // A face outside the other vintage has no polygon there, hence no id.
            let name = format!("{what}_{year}");
            if what == "id" {
                Field::optional(name, FieldKind::Text)
            } else {
                Field::required(name, FieldKind::Text)
            }
        })
    });
    sides
        .chain([
            Field::required("artificialisation", FieldKind::Integer),
            Field::required("surface", FieldKind::Real),
        ])
        .collect()
}

/// The columns of a correction.
pub(crate) fn correction() -> Vec<Field> {
    let text = |name| Field::required(name, FieldKind::Text);
    let maybe = |name| Field::optional(name, FieldKind::Text);
    vec![
        Field::unique("correction_id", FieldKind::Text),
        text("department"),
        maybe("insee"),
        Field::required("vintage", FieldKind::Integer),
        maybe("source_version"),
        text("object_id"),
        text("dimension"),
        maybe("current_code"),
        maybe("proposed_code"),
        maybe("local_code"),
        maybe("local_nomenclature"),
        text("kind"),
        Field::required("area_m2", FieldKind::Real),
        Field::optional("artif_before", FieldKind::Boolean),
        Field::optional("artif_after", FieldKind::Boolean),
        maybe("evidence"),
        Field::optional("confidence", FieldKind::Real),
        maybe("author_org"),
        maybe("comment"),
        text("origin"),
        text("anchor"),
        maybe("ign_report_id"),
        maybe("ign_status"),
        maybe("ign_status_at"),
        maybe("applied_in_version"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names { department: "34".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 }
    }

    fn columns(product: Product) -> Vec<String> {
        product.layer(&names()).fields.into_iter().map(|field| field.name).collect()
    }

    /// The platform's routing: the first word found in the lower-cased file name wins.
    fn routed(file: &str) -> Option<&'static str> {
        let file = file.to_lowercase();
        ["zan_evol", "diff", "diif", "occupation", "construite", "artif"]
            .into_iter()
            .find(|word| file.contains(word))
    }

    #[test]
    fn the_platform_routes_each_file_to_its_own_loader() {
        let of = |product: Product| routed(&product.file_name(&names()));
        assert_eq!(of(Product::Occupation), Some("occupation"));
        assert_eq!(of(Product::BuiltZone), Some("construite"));
        assert_eq!(of(Product::Artif), Some("artif"));
        assert_eq!(of(Product::Diff), Some("diff"));
        assert_eq!(of(Product::ZanEvol), Some("zan_evol"));
        assert_eq!((of(Product::Candidates), of(Product::Issues)), (None, None));
    }

    #[test]
    fn layer_names_are_plain_identifiers() {
        for product in Product::ALL {
            let name = product.layer_name(&names());
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
            assert!(!name.starts_with(|c: char| c.is_ascii_digit()), "{name}");
        }
        assert_eq!(Product::Diff.layer_name(&names()), "DIFF_34_2021_2018");
        assert_eq!(Product::Artif.layer_name(&names()), "artif_2021_34");
        assert_eq!(Product::ZanEvol.layer_name(&names()), "zan_evol_2018_2021");
        assert_eq!(Product::ZanEvol.file_name(&names()), "zan_evol_2018_2021_34.gpkg");
    }

    #[test]
    fn columns_of_shapefiles_are_short_upper_case_and_distinct() {
        for product in Product::ALL.into_iter().filter(|product| *product != Product::Candidates) {
            let fields = product.layer(&names()).fields.into_iter().map(shapefile_field);
            let all: Vec<String> = fields.map(|field| field.name).collect();
            let mut distinct = all.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(all.len(), distinct.len(), "{product:?}");
            for name in all.iter().filter(|name| !name.starts_with("KEY_")) {
                assert!(name.len() <= 10 && *name == name.to_uppercase(), "{name}");
            }
        }
    }

    #[test]
    fn columns_are_those_of_the_contract_to_the_letter() {
        let occupation = [
            "id",
            "code_cs",
            "code_us",
            "millesime",
            "source",
            "ossature",
            "id_origine",
            "code_or",
        ];
        assert_eq!(columns(Product::Occupation), occupation);
        let artif = [&occupation[..], &["aire", "artif", "crit_seuil"]].concat();
        assert_eq!(columns(Product::Artif), artif);
        assert_eq!(columns(Product::Diff), ["CS_2018", "US_2018", "CS_2021", "US_2021"]);
        assert_eq!(
            columns(Product::ZanEvol),
            [
                "id_2018",
                "cs_2018",
                "us_2018",
                "artif_2018",
                "id_2021",
                "cs_2021",
                "us_2021",
                "artif_2021",
                "artificialisation",
                "surface"
            ]
        );
        let layer = Product::Artif.layer(&names());
        assert_eq!(layer.geometry_column, "the_geom");
        let flag = layer.fields.last().unwrap();
        assert_eq!((flag.kind, flag.is_nullable), (FieldKind::Boolean, false));
    }
}
