//! Small archives to break in one place each.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kernels::lattice::{Polygon, Ring};

use super::*;
use crate::digest::Digests;
use crate::io::schema::{self, Names};
use crate::io::vector::Value;
use crate::io::vector_writer::{LayerSpec, Shape, VectorFormat, VectorWriter};
use crate::metadata::{Bounds, Record, identifier};

pub(super) const VINTAGE: &str = "OCS-GE_2-0__GPKG_LAMB93_D011_2021-01-01";
pub(super) const ARTIF: &str = "OCS-GE_2-0_ARTIFICIALISATION_GPKG_LAMB93_D011_2021-01-01";
pub(super) const DIFF: &str = "OCS-GE_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2025-06-30";
pub(super) const EVOLUTION: &str =
    "OCS-GE-ARTIFICIALISATION_2-0_DIFF-2018-2021_GPKG_LAMB93_D011_2025-06-30";

/// A layer to write: what it says of itself, and its rows.
#[derive(Clone)]
pub(super) struct Sheet {
    pub(super) spec: LayerSpec,
    pub(super) rows: Vec<(Polygon, Vec<Value>)>,
}

pub(super) fn ring(corners: &[(i32, i32)]) -> Ring {
    let place = |&(x, y): &(i32, i32)| Point::new(65_000_000 + x * 100, 630_000_000 + y * 100);
    Ring(corners.iter().map(place).collect())
}

/// A rectangle, in metres: 10 m x 10 m when nothing else is asked.
pub(super) fn square(west: i32) -> Polygon {
    let exterior = ring(&[(west, 0), (west + 10, 0), (west + 10, 10), (west, 10)]);
    Polygon { exterior, holes: Vec::new() }
}

pub(super) fn sheet(product: schema::Product) -> Sheet {
    let names = Names { department: "11".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 };
    let occupation = |id: &str, cs: &str| -> Vec<Value> {
        let empty = Value::Null;
        vec![
            id.into(),
            cs.into(),
            "US5".into(),
            2021.into(),
            "photo".into(),
            0.into(),
            empty.clone(),
            empty,
        ]
    };
    let status = |id: &str, cs: &str, artif: &str| {
        let more: [Value; 3] = [100.0.into(), artif.into(), false.into()];
        occupation(id, cs).into_iter().chain(more).collect()
    };
    let rows: Vec<Vec<Value>> = match product {
        schema::Product::Occupation => {
            vec![occupation("a", "CS1.1.1.1"), occupation("b", "CS2.1.1.1")]
        }
        schema::Product::Artif => {
            vec![status("a", "CS1.1.1.1", "artif"), status("b", "CS2.1.1.1", "non artif")]
        }
        schema::Product::Diff => {
            vec![["CS2.1.1.1", "US5", "CS1.1.1.1", "US5"].map(Value::from).into()]
        }
        schema::Product::ZanEvol => {
            let before = ["a", "CS2.1.1.1", "US5", "non artif"].map(Value::from);
            let after = ["b", "CS1.1.1.1", "US5", "artif"].map(Value::from);
            let more: [Value; 2] = [1.into(), 100.0.into()];
            vec![before.into_iter().chain(after).chain(more).collect()]
        }
        _ => vec![vec!["z".into(), 2021.into()]],
    };
    let rows = (0..).map(|rank| square(rank * 10)).zip(rows).collect();
    Sheet { spec: product.layer(&names), rows }
}

impl Sheet {
    pub(super) fn write(&self, path: &Path) {
        self.write_as(path, VectorFormat::GeoPackage);
    }

    pub(super) fn write_as(&self, path: &Path, format: VectorFormat) {
        let mut writer =
            VectorWriter::create(path, format, std::slice::from_ref(&self.spec)).unwrap();
        for (fid, (polygon, values)) in (1..).zip(&self.rows) {
            let parts = std::slice::from_ref(polygon);
            let shape = match self.spec.geometry {
                _ if polygon.exterior.0.is_empty() => Shape::None,
                GeometryKind::MultiPolygon => Shape::MultiPolygon(parts),
                GeometryKind::Line => Shape::Line(&polygon.exterior.0),
                _ => Shape::Polygon(polygon),
            };
            writer.add(0, fid, shape, values).unwrap();
        }
        writer.finish().unwrap();
    }

    /// The same with another value in a column of the first row, which may be empty.
    pub(super) fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        let rank = self.rank(column);
        self.spec.fields[rank].is_nullable = true;
        self.spec.fields[rank].is_unique = false;
        self.rows[0].1[rank] = value.into();
        self
    }

    pub(super) fn rank(&self, column: &str) -> usize {
        self.spec.fields.iter().position(|field| field.name == column).unwrap()
    }

    /// The same with another shape of the first row.
    pub(super) fn shaped(mut self, polygon: Polygon) -> Self {
        self.rows[0].0 = polygon;
        self
    }
}

/// A folder with an archive in it.
pub(super) struct Case {
    dir: tempfile::TempDir,
    name: String,
}

impl Case {
    pub(super) fn new(name: &str) -> Self {
        let case = Self { dir: tempfile::tempdir().unwrap(), name: name.to_owned() };
        fs::create_dir_all(case.path("1_DONNEES")).unwrap();
        case
    }

    pub(super) fn root(&self) -> PathBuf {
        self.dir.path().join(&self.name)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(super) fn sheet(self, name: &str, sheet: &Sheet) -> Self {
        sheet.write(&self.path(&format!("1_DONNEES/{name}.gpkg")));
        self
    }

    /// Notice, licence, metadata and sums, as they should be.
    pub(super) fn complete(self) -> Self {
        let years = ArchiveName::parse(&self.name).map(|name| name.years).unwrap_or_default();
        let text = |name: &str, text: &str| fs::write(self.path(name), text).unwrap();
        text("LISEZMOI.txt", "lisez");
        text("LICENCE.txt", "licence");
        let shown: Vec<String> = years.iter().map(u16::to_string).collect();
        let record = Record {
            identifier: identifier(&self.name, "Région"),
            name: self.name.clone(),
            title: format!("Occupation {} département 11", shown.join("-")),
            summary: "Résumé".to_owned(),
            keywords: vec!["sol".to_owned()],
            organisation: "Région".to_owned(),
            email: Some("sig@region.fr".to_owned()),
            edition: "2025-06-30".to_owned(),
            epsg: 2154,
            bounds: Bounds::around([2.4, 43.1, 2.5, 43.2]),
            first_year: years.first().copied().unwrap_or_default(),
            last_year: years.last().copied().unwrap_or_default(),
            denominator: 2000,
            format: "GeoPackage",
            licence: "Licence Ouverte 2.0",
            licence_url: "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
            lineage: "Contrôle qualité fait.".to_owned(),
            measures: Vec::new(),
        };
        text("fiche.xml", &record.xml().unwrap());
        self.summed()
    }

    /// Writes the sums of every file that is there.
    pub(super) fn summed(self) -> Self {
        let unpacked = Unpacked::of(&self.root()).unwrap();
        let mut sums = String::new();
        for name in unpacked.files.iter().filter(|name| *name != "MD5SUMS") {
            let digests = Digests::of(&mut fs::File::open(self.path(name)).unwrap()).unwrap();
            sums.extend([&digests.md5, "  ", name, "\n"]);
        }
        fs::write(self.path("MD5SUMS"), sums).unwrap();
        self
    }

    pub(super) fn keys(&self) -> BTreeSet<&'static str> {
        keys_of(&[&self.root()])
    }
}

pub(super) fn keys_of(archives: &[&Path]) -> BTreeSet<&'static str> {
    let question =
        Question { nomenclature: Nomenclature::builtin("ocsge-2-0").unwrap(), department: None };
    let examined: Vec<Examined> =
        archives.iter().map(|path| crate::contract::examine(path, &question).unwrap()).collect();
    let own = examined.iter().flat_map(|archive| &archive.findings).map(|finding| finding.key);
    own.chain(across(&examined).iter().map(|finding| finding.key)).collect()
}

pub(super) fn vintage(occupation: &Sheet) -> Case {
    Case::new(VINTAGE)
        .sheet("OCCUPATION_SOL", occupation)
        .sheet("ZONE_CONSTRUITE", &sheet(schema::Product::BuiltZone))
        .complete()
}

pub(super) fn artif(artif: &Sheet) -> Case {
    Case::new(ARTIF).sheet("artif_2021_11", artif).complete()
}

pub(super) fn evolution(evolution: &Sheet) -> Case {
    Case::new(EVOLUTION).sheet("zan_evol_2018_2021_11", evolution).complete()
}

pub(super) fn occupation() -> Sheet {
    sheet(schema::Product::Occupation)
}
