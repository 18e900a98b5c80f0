//! A hand-made town of 200 m x 100 m in two vintages, with files in any format and any state.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};

/// South-west corner of the town, in metres of Lambert-93.
const ORIGIN: (f64, f64) = (650_000.0, 6_230_000.0);

/// A feature: its geometry as WKT, in metres from the corner of the town, and its texts.
pub(crate) type Row = (String, Vec<Option<String>>);

/// A layer to write.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) epsg: Option<u32>,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

/// The folder of the town's files, removed with it.
pub(crate) struct Town {
    dir: tempfile::TempDir,
}

/// A ring of corners as WKT.
pub(crate) fn ring(corners: &[(f64, f64)]) -> String {
    let point = |(x, y): &(f64, f64)| format!("{} {}", ORIGIN.0 + x, ORIGIN.1 + y);
    let mut points: Vec<String> = corners.iter().map(point).collect();
    points.push(points[0].clone());
    format!("({})", points.join(", "))
}

/// A polygon of these corners as WKT.
pub(crate) fn polygon(corners: &[(f64, f64)]) -> String {
    format!("POLYGON ({})", ring(corners))
}

/// The rectangle from (x0, y0) to (x1, y1) as WKT.
pub(crate) fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> String {
    polygon(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
}

/// The texts of a row; an empty one is NULL.
pub(crate) fn texts(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect()
}

impl Layer {
    /// A vintage of two squares; in 2021 the second one is built.
    pub(crate) fn vintage(year: u16) -> Self {
        let (cs, us) = if year < 2021 { ("CS2.2.1", "US1.1") } else { ("CS1.1.1.1", "US5") };
        let year = year.to_string();
        Self {
            name: "OCCUPATION_SOL",
            epsg: Some(2154),
            columns: vec!["id", "code_cs", "code_us", "millesime", "source"],
            rows: vec![
                (
                    rectangle(0.0, 0.0, 100.0, 100.0),
                    texts(&["a", "CS1.1.1.1", "US5", &year, "Été"]),
                ),
                (rectangle(100.0, 0.0, 200.0, 100.0), texts(&["b", cs, us, &year, "Été"])),
            ],
        }
    }

    /// One commune over the town.
    pub(crate) fn communes() -> Self {
        Self {
            name: "communes",
            epsg: Some(2154),
            columns: vec!["insee", "nom"],
            rows: vec![(rectangle(0.0, 0.0, 200.0, 100.0), texts(&["11001", "Une"]))],
        }
    }

    /// Writes the layer as a new file of the driver.
    pub(crate) fn write(&self, path: &Path, driver: &str, options: &[&str]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let srs = self.epsg.map(|epsg| SpatialRef::from_epsg(epsg).unwrap());
        let driver = DriverManager::get_driver_by_name(driver).unwrap();
        let mut dataset = driver.create_vector_only(path).unwrap();
        let layer = dataset
            .create_layer(LayerOptions {
                name: self.name,
                srs: srs.as_ref(),
                ty: OGRwkbGeometryType::wkbUnknown,
                options: (!options.is_empty()).then_some(options),
            })
            .unwrap();
        let fields: Vec<(&str, OGRFieldType::Type)> =
            self.columns.iter().map(|name| (*name, OGRFieldType::OFTString)).collect();
        layer.create_defn_fields(&fields).unwrap();
        for (wkt, texts) in &self.rows {
            let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
            feature.set_geometry(Geometry::from_wkt(wkt).unwrap()).unwrap();
            for (index, text) in texts.iter().enumerate() {
                match text {
                    Some(text) => feature.set_field_string(index, text).unwrap(),
                    None => feature.set_field_null(index).unwrap(),
                }
            }
            feature.create(&layer).unwrap();
        }
        dataset.close().unwrap();
    }

    /// The same layer with one text changed.
    pub(crate) fn with(mut self, row: usize, column: &str, text: &str) -> Self {
        let index = self.columns.iter().position(|name| *name == column).unwrap();
        self.rows[row].1[index] = texts(&[text]).remove(0);
        self
    }
}

impl Town {
    /// A town with both vintages and its commune as `GeoPackage` files.
    pub(crate) fn new() -> Self {
        let town = Self { dir: tempfile::tempdir().unwrap() };
        for year in [2018, 2021] {
            Layer::vintage(year).write(&town.path(&format!("{year}.gpkg")), "GPKG", &[]);
        }
        Layer::communes().write(&town.path("communes.gpkg"), "GPKG", &[]);
        town
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Replaces a `GeoPackage` of the town.
    pub(crate) fn replace(&self, name: &str, layer: &Layer) {
        let path = self.path(name);
        fs::remove_file(&path).unwrap();
        layer.write(&path, "GPKG", &[]);
    }

    /// Replaces a coordinate by one that is not a number, wherever a file holds it.
    pub(crate) fn poison(&self, name: &str, x_m: f64) {
        let (mut bytes, from) =
            (fs::read(self.path(name)).unwrap(), (ORIGIN.0 + x_m).to_le_bytes());
        let places: Vec<usize> =
            (0..bytes.len() - 8).filter(|&at| bytes[at..at + 8] == from).collect();
        assert!(!places.is_empty(), "{x_m} is not in `{name}`");
        for at in places {
            bytes[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
        }
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Compares two files of the town, into the folder `out`.
    pub(crate) fn compare(&self, before: &str, after: &str, more: &[&str]) -> Output {
        let mut args = vec!["compare", "--department", "11", "--before", before, "--after", after];
        args.extend(["--territories", "communes.gpkg", "--out", "out"]);
        if !more.contains(&"--years") {
            args.extend(["--years", "2018,2021"]);
        }
        args.extend(more);
        self.millesime(&args)
    }

    /// Runs the command in the folder of the town.
    pub(crate) fn millesime(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.args(args).current_dir(self.dir.path()).output().unwrap()
    }

    /// A figure of the commune.
    pub(crate) fn figure(&self, key: &str) -> String {
        self.figure_in("out", key)
    }

    /// A figure of the commune in a folder of results.
    pub(crate) fn figure_in(&self, out: &str, key: &str) -> String {
        let path = self.path(out).join("indicators/artif_commune.csv");
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let rank = lines.next().unwrap().split(',').position(|name| name == key).unwrap();
        lines.next().unwrap().split(',').nth(rank).unwrap().to_owned()
    }
}

/// Exit code and stderr.
pub(crate) fn said(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}
