//! Communes, the groups they form, and planning zones.

pub mod cog;
pub mod located;

use kernels::arrangement::{FaceId, LayerMask, NO_KEY, arrange};
use kernels::lattice::Polygon;
use nomenclature::Couple;

use crate::config::{Department, Layer};
use crate::error::{Error, InputError};
use crate::io::vector::{Value, VectorSource};
use crate::tables::gazetteer::{Commune, Gazetteer};
use crate::tally::Tally;
use crate::vintage::locate::Product;
use crate::vintage::open::{Crs, Opening, accept};
use crate::vintage::{Object, Vintage};

/// Names under which the INSEE code is found, in any case; the first one wins.
const CODE_COLUMNS: [&str; 7] =
    ["insee", "code_insee", "insee_com", "commune_code", "code_commune", "codgeo", "code"];

/// The communes of a department, in the order of their codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Communes {
    /// The communes, by rank.
    pub gazetteer: Gazetteer,
    /// Their polygons.
    pub polygons: Vec<Polygon>,
    /// Rank of the commune of each polygon.
    pub owner: Vec<u32>,
}

/// A planning document's zones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zones {
    /// The kinds of zone, sorted: `A`, `AU`, `N`, `U`.
    pub kinds: Vec<String>,
    /// Their polygons.
    pub polygons: Vec<Polygon>,
    /// Rank of the kind of each polygon.
    pub owner: Vec<u32>,
}

impl Communes {
    /// Reads communes, sorted by code, counting in `tally` what had to be repaired.
    ///
    /// `department` is the one of communes whose file names none. A file in another CRS is
    /// reprojected, one without CRS is taken to be in `epsg`; both are counted.
    ///
    /// # Errors
    /// The file cannot be found or read, has no column of INSEE codes, a commune without code, a
    /// coordinate that is not a number, or not one commune.
    pub fn read(layer: &Layer, department: &str, epsg: u32, tally: &Tally) -> Result<Self, Error> {
        let source = open(layer, Product::Communes, epsg, tally)?;
        let code = require_codes(&source)?;
        let names: [&[&str]; 7] = [
            &["nom", "nom_com", "name"],
            &["epci", "siren_epci", "epci_code"],
            &["epci_nom", "nom_epci"],
            &["scot", "scot_code"],
            &["scot_nom", "nom_scot"],
            &["departement", "insee_dep", "code_dept", "dep"],
            &["region", "insee_reg", "code_region", "reg"],
        ];
        let columns = names.map(|names| source.column(names));
        let mut wanted = vec![code];
        wanted.extend(columns.iter().flatten());
        let mut rows: Vec<(Commune, Vec<Polygon>)> = Vec::new();
        for feature in source.features(&wanted, epsg)? {
            let feature = feature?;
            accept(&feature, &source, tally)?;
            let mut texts = feature.values.iter().map(Value::text);
            let code = texts.next().flatten().ok_or_else(|| {
                InputError::new(&layer.path, "a commune has no code")
                    .layer(&source.info().name)
                    .feature(feature.fid)
                    .expected("an INSEE code such as `11001`")
                    .hint("give each commune its code, or delete the feature")
            })?;
            let mut next = |column: Option<usize>| {
                column.and_then(|_| texts.next().flatten()).unwrap_or_default()
            };
            let [name, epci, epci_name, scot, scot_name, own_department, region] =
                columns.map(&mut next);
            let stated = !own_department.is_empty();
            let department = if stated { own_department } else { department.to_owned() };
            let region = if region.is_empty() { region_of(&department) } else { region };
            let commune =
                Commune { code, name, epci, epci_name, scot, scot_name, department, region };
            rows.push((commune, feature.polygons));
        }
        rows.sort_by(|a, b| a.0.code.cmp(&b.0.code));
        Self::of_sorted(rows).ok_or_else(|| {
            InputError::new(source.path(), "this layer holds no commune")
                .layer(&source.info().name)
                .got(format!("{} features", source.info().n_features))
                .expected("at least one polygon")
                .hint("give the layer of the limits of communes")
                .into()
        })
    }

    /// The ground of all communes together, as a vintage of polygons without a code.
    ///
    /// # Errors
    /// Those of [`arrange`].
    pub fn ground(&self, year: u16) -> Result<Vintage, Error> {
        let plane = arrange(&[&self.polygons])?;
        let faces = 0..plane.n_faces() as FaceId;
        let key = |face| plane.label(face, 0).map_or(NO_KEY, |_| 0);
        let whole = plane.dissolve(&faces.map(key).collect::<Vec<_>>(), LayerMask::ALL);
        let polygons: Vec<Polygon> = whole.into_iter().map(|part| part.polygon).collect();
        let couples = vec![Couple::NODATA; polygons.len()];
        let objects = vec![Object::default(); polygons.len()];
        Ok(Vintage { year, polygons, couples, objects, origin: None })
    }

    /// Joins rows of the same code; `None` when there is no row.
    fn of_sorted(rows: Vec<(Commune, Vec<Polygon>)>) -> Option<Self> {
        let mut all = Self::default();
        for (commune, polygons) in rows {
            if all.gazetteer.communes.last().is_none_or(|last| last.code != commune.code) {
                all.gazetteer.communes.push(commune);
            }
            let rank = all.gazetteer.communes.len() as u32 - 1;
            all.owner.extend(polygons.iter().map(|_| rank));
            all.polygons.extend(polygons);
        }
        (!all.polygons.is_empty()).then_some(all)
    }
}

impl Zones {
    /// Reads the zones of a planning document, their kinds reduced to those of the CNIG standard.
    ///
    /// A file in another CRS is reprojected, one without CRS is taken to be in `epsg`; both are
    /// counted.
    ///
    /// # Errors
    /// The file cannot be found or read, has no column of zone kinds, or a coordinate that is not a
    /// number.
    pub fn read(layer: &Layer, epsg: u32, tally: &Tally) -> Result<Self, Error> {
        let source = open(layer, Product::Zoning, epsg, tally)?;
        let column = source.require_column(&["typezone", "type_zone"])?;
        let mut rows: Vec<(String, Vec<Polygon>)> = Vec::new();
        for feature in source.features(&[column], epsg)? {
            let feature = feature?;
            accept(&feature, &source, tally)?;
            rows.push((zone_kind(&feature.values[0].text().unwrap_or_default()), feature.polygons));
        }
        let mut kinds: Vec<String> = rows.iter().map(|row| row.0.clone()).collect();
        kinds.sort();
        kinds.dedup();
        let mut zones = Self { kinds, ..Self::default() };
        for (kind, polygons) in rows {
            let rank = zones.kinds.binary_search(&kind).expect("every kind was listed") as u32;
            zones.owner.extend(polygons.iter().map(|_| rank));
            zones.polygons.extend(polygons);
        }
        Ok(zones)
    }
}

/// INSEE code of the region of a department; empty when it is none.
fn region_of(department: &str) -> String {
    Department::parse(department).map_or_else(String::new, |known| known.region().to_owned())
}

fn open(layer: &Layer, product: Product, epsg: u32, tally: &Tally) -> Result<VectorSource, Error> {
    Opening { product, years: &[], epsg, crs: Crs::Any }.open(layer, tally)
}

/// The column of INSEE codes.
fn require_codes(source: &VectorSource) -> Result<usize, Error> {
    source.column(&CODE_COLUMNS).ok_or_else(|| {
        let got = source.info().columns.iter().map(|column| format!("`{}`", column.name));
        let list = |names: Vec<String>| names.join(", ");
        InputError::new(source.path(), "this territory layer has no codes")
            .layer(&source.info().name)
            .got(format!("columns {}", list(got.collect())))
            .expected(list(CODE_COLUMNS.iter().map(|name| format!("`{name}`")).collect()))
            .hint("give each territory its code in a column of one of these names")
            .into()
    })
}

/// The kind of a planning zone: the sub-kinds of the CNIG standard go to U, AU, A or N.
///
/// Source: CNIG, standard PLU, attribute `TYPEZONE` (Ah -> A; Nh, Nd -> N; `AUs`, `AUc` -> AU).
fn zone_kind(text: &str) -> String {
    let upper = text.trim().to_uppercase();
    match upper.as_str() {
        "AUS" | "AUC" => "AU".to_owned(),
        "AH" => "A".to_owned(),
        "NH" | "ND" => "N".to_owned(),
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_kinds_of_zones_go_to_their_kind() {
        let kinds = ["U", "AUs", "AUc", "Ah", "Nh", "Nd", " n "].map(zone_kind);
        assert_eq!(kinds, ["U", "AU", "AU", "A", "N", "N", "N"]);
    }

    #[test]
    fn parts_of_a_commune_share_its_rank() {
        let commune = |code: &str| Commune { code: code.to_owned(), ..Commune::default() };
        let rows = vec![
            (commune("11001"), vec![Polygon::default()]),
            (commune("11001"), vec![Polygon::default()]),
            (commune("11002"), vec![Polygon::default()]),
        ];
        let communes = Communes::of_sorted(rows).unwrap();
        assert_eq!(communes.owner, [0, 0, 1]);
        assert_eq!(communes.gazetteer.communes.len(), 2);
        assert_eq!(Communes::of_sorted(Vec::new()), None);
    }
}
