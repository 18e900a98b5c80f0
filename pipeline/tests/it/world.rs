//! A territory of 8 x 8 pixels with every input of a run, and the command run in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kernels::grid::Grid;
use kernels::lattice::{Point, Polygon, Ring};
use ndarray::Array3;
use pipeline::Config;
use pipeline::commands::init::TEMPLATE;
use pipeline::io::raster_writer::{Compression, RasterSpec, write_geotiff};
use pipeline::io::vector::Value;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

pub(crate) const EPSG: u32 = 2154;

/// Writes a layer of polygons.
pub(crate) fn layer(path: &Path, fields: Vec<Field>, rows: &[(Polygon, Vec<Value>)]) {
    let spec = LayerSpec {
        name: "layer".to_owned(),
        title: String::new(),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: EPSG,
        file_epsg: EPSG,
        fields,
    };
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[spec]).unwrap();
    for (fid, (polygon, values)) in (1..).zip(rows) {
        writer.add(0, fid, Shape::Polygon(polygon), values).unwrap();
    }
    writer.finish().unwrap();
}

/// The files of the world, removed with it.
pub(crate) struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// A world whose pixels have a side of 1 m.
    pub(crate) fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        for kind in ["rvb", "irc"] {
            image(&world.path(&format!("imagery/{kind}/1.tif")), EPSG);
        }
        let text = |name| Field::optional(name, FieldKind::Text);
        let real = |name| Field::optional(name, FieldKind::Real);
        world.layers("prior/OCCUPATION_SOL.gpkg", &[("occupation_sol", &[text("code_cs")])]);
        world.layers(
            "evidence/bdtopo.gpkg",
            &[
                ("batiment", &[text("usage_1")]),
                ("troncon_de_route", &[real("largeur_de_chaussee")]),
                ("troncon_de_voie_ferree", &[]),
                ("surface_hydrographique", &[]),
                ("cimetiere", &[]),
                ("terrain_de_sport", &[text("nature")]),
            ],
        );
        world.layers("evidence/rpg.gpkg", &[("rpg", &[text("code_cultu")])]);
        world.layers("evidence/bdforet.gpkg", &[("bdforet", &[text("essence")])]);
        world.layers("territories/communes.gpkg", &[("communes", &[text("insee")])]);
        world.layers("territories/plu.gpkg", &[("zone_urba", &[text("typezone")])]);
        fs::write(world.path("config.yaml"), TEMPLATE).unwrap();
        world
    }

    /// A path in the world; its folder exists.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// The folder of the vintage's results.
    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("out/D011/2021")
    }

    /// Replaces one piece of the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = self.path("config.yaml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "`{from}` is not in the configuration");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// The checked configuration.
    pub(crate) fn config(&self) -> Config {
        Config::load(&self.path("config.yaml")).unwrap()
    }

    /// Runs the command in the world's folder.
    pub(crate) fn millesime(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.args(args).current_dir(self.dir.path()).output().unwrap()
    }

    /// Exit code, stdout and stderr of a command, without what differs from machine to machine.
    pub(crate) fn told(&self, args: &[&str]) -> String {
        let output = self.millesime(args);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let told = format!(
            "exit code: {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr)
        );
        let dir = self.dir.path().canonicalize().unwrap();
        told.replace(dir.to_str().unwrap(), "DIR").replace(pipeline::VERSION, "VERSION")
    }

    /// Writes a `GeoPackage` of layers that each hold one square.
    fn layers(&self, name: &str, layers: &[(&str, &[Field])]) {
        let spec = |(name, fields): &(&str, &[Field])| LayerSpec {
            name: (*name).to_owned(),
            title: String::new(),
            geometry: GeometryKind::Polygon,
            geometry_column: "geom",
            epsg: 2154,
            file_epsg: 2154,
            fields: fields.to_vec(),
        };
        let specs: Vec<_> = layers.iter().map(spec).collect();
        let path = self.path(name);
        let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &specs).unwrap();
        for (index, (_, fields)) in layers.iter().enumerate() {
            // A commune needs its code; nothing else is asked of the other layers.
            let value = |field: &Field| match field.name.as_str() {
                "insee" => Value::from("11001"),
                _ => Value::Null,
            };
            let values: Vec<Value> = fields.iter().map(value).collect();
            writer.add(index, 1, Shape::Polygon(&square()), &values).unwrap();
        }
        writer.finish().unwrap();
    }
}

const ORIGIN: Point = Point::new(65_000_000, 630_000_000);

fn square() -> Polygon {
    let corner = |dx, dy| Point::new(ORIGIN.x + dx, ORIGIN.y + dy);
    let ring = Ring(vec![corner(0, -800), corner(800, -800), corner(800, 0), corner(0, 0)]);
    Polygon { exterior: ring, holes: Vec::new() }
}

/// Writes an image of three bands.
pub(crate) fn image(path: &Path, epsg: u32) {
    let grid = Grid { origin: ORIGIN, cell: 100, rows: 8, cols: 8 };
    let compression = Compression::Deflate;
    let spec = RasterSpec { grid, bands: 3, epsg, nodata: None, compression, colours: Vec::new() };
    let pixels = |window: kernels::grid::Window| {
        Ok(Array3::from_shape_fn((3, window.rows, window.cols), |(b, r, c)| (b + r + c) as u8))
    };
    write_geotiff::<u8>(path, &spec, pixels).unwrap();
}
