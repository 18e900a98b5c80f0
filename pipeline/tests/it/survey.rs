//! Inputs that leave a part of the territory out, or that are not what they are said to be: told
//! before the first block, with the share of the territory.
//!
//! The territory is a square of 600 m. Its first tile of each product covers 500 m x 500 m of it
//! (69.4 %), the last one 100 m x 100 m (2.78 %).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kernels::grid::Grid;
use kernels::lattice::{Point, Polygon, Ring};
use ndarray::{Array3, Axis, s};
use pipeline::io::raster::RasterSource;
use pipeline::io::raster_writer::{Compression, RasterSpec, write_geotiff};
use pipeline::io::vector::{Value, VectorSource};
use pipeline::io::vector_writer::{Field, FieldKind};
use serde_json::Value as Json;

use crate::generated::Sample;
use crate::world::{EPSG, layer};

/// A generated territory whose files are spoilt one by one.
struct Ground(Sample);

impl Ground {
    fn new() -> Self {
        Self(Sample::new(5))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path("sample").join(name)
    }

    /// The tiles of a product, in the order of their paths: the largest is the first.
    fn tiles(&self, product: &str) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.path(&format!("imagery/{product}"))).unwrap();
        let mut tiles: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        tiles.sort();
        assert_eq!(tiles.len(), 4);
        tiles
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("config.yaml")).unwrap();
        assert!(text.contains(from), "`{from}` is not in {text}");
        fs::write(self.path("config.yaml"), text.replacen(from, to, 1)).unwrap();
    }

    fn command(&self, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        let output = command.args(args).current_dir(self.path("")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// `check` and `run` both stop with exit code 4 and all of these words; no stage is done.
    fn refused(&self, parts: &[&str]) {
        for args in [&["check", "config.yaml"][..], &["run", "config.yaml", "--to", "ingest"]] {
            let (code, said) = self.command(args);
            assert_eq!(code, 4, "{said}");
            for part in ["error: ", "expected  ", "concerns  ", "hint: "].iter().chain(parts) {
                assert!(said.contains(part), "`{part}` is not in:\n{said}");
            }
        }
        assert!(!self.path("out/D011/2021/.work/cube.zarr/imagery").exists());
    }

    /// `check` and `run` both pass, and warn in these words.
    fn warned(&self, parts: &[&str]) {
        for args in [&["check", "config.yaml"][..], &["run", "config.yaml", "--to", "ingest"]] {
            let (code, said) = self.command(args);
            assert_eq!(code, 0, "{said}");
            for part in ["warning: "].iter().chain(parts) {
                assert!(said.contains(part), "`{part}` is not in:\n{said}");
            }
        }
    }

    /// What the journal keeps of `ingest`.
    fn ingested(&self) -> Json {
        Self::stage_of(&self.path("out/D011/2021/.work/journal.jsonl"))
    }

    /// The last completed stage of a journal.
    fn stage_of(journal: &Path) -> Json {
        let text = fs::read_to_string(journal).unwrap();
        let done = text.lines().rev().map(|line| serde_json::from_str::<Json>(line).unwrap());
        done.map(find_done).find(|done| !done.is_null()).unwrap()
    }

    /// South-west corner of the territory.
    fn corner(&self) -> Point {
        let path = self.path("territories/communes.gpkg");
        let extent = VectorSource::open(&path, Some("communes")).unwrap().extent().unwrap();
        Point::from_metres(extent[0], extent[1]).unwrap()
    }
}

/// The record of a completed stage in a journal line, wherever the line keeps it.
fn find_done(line: Json) -> Json {
    match line {
        Json::Object(object) if object.contains_key("report") => Json::Object(object),
        Json::Object(object) => {
            object.into_values().map(find_done).find(|v| !v.is_null()).unwrap_or(Json::Null)
        }
        _ => Json::Null,
    }
}

/// How a tile is written again.
struct Rewrite {
    epsg: u32,
    nodata: Option<i32>,
    colours: Vec<[u8; 4]>,
}

const SAME: Rewrite = Rewrite { epsg: EPSG, nodata: None, colours: Vec::new() };

/// Writes a tile again with other pixels; they may be fewer and larger.
fn rewrite(path: &Path, how: Rewrite, change: impl Fn(Array3<u8>) -> Array3<u8>) {
    let (grid, pixels) = pixels(path);
    let changed = change(pixels);
    let (bands, rows, cols) = changed.dim();
    let grid = Grid { cell: grid.cell * (grid.rows / rows) as i32, rows, cols, ..grid };
    let Rewrite { epsg, nodata, colours } = how;
    let spec = RasterSpec { grid, bands, epsg, nodata, compression: Compression::Deflate, colours };
    fs::remove_file(path).unwrap();
    write_geotiff::<u8>(path, &spec, |w| Ok(window(&changed, w))).unwrap();
}

fn window(cells: &Array3<u8>, w: kernels::grid::Window) -> Array3<u8> {
    cells.slice(s![.., w.row..w.row + w.rows, w.col..w.col + w.cols]).to_owned()
}

fn pixels(path: &Path) -> (Grid, Array3<u8>) {
    let source = RasterSource::open(path).unwrap();
    let info = source.info();
    let georef = info.georef().unwrap();
    let grid = Grid {
        origin: Point::from_metres(georef.west_m, georef.north_m).unwrap(),
        cell: (georef.pixel_width_m * 100.0).round() as i32,
        rows: info.rows,
        cols: info.cols,
    };
    let bands: Vec<usize> = (1..=info.bands).collect();
    (grid, source.read_bands::<u8>(&bands, info.window()).unwrap())
}

fn square(corner: Point, from_m: (i32, i32), to_m: (i32, i32)) -> Polygon {
    let at = |x: i32, y: i32| Point::new(corner.x + 100 * x, corner.y + 100 * y);
    let ((w, s), (e, n)) = (from_m, to_m);
    Polygon { exterior: Ring(vec![at(w, s), at(e, s), at(e, n), at(w, n)]), holes: Vec::new() }
}

#[test]
fn right_inputs_pass_without_a_word() {
    let ground = Ground::new();
    for args in [&["check", "config.yaml"][..], &["run", "config.yaml", "--to", "ingest"]] {
        let (code, said) = ground.command(args);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("warning"), "{said}");
    }
    let coverage = &ground.ingested()["report"]["figures"]["coverage"];
    assert_eq!(coverage["territory"]["m2"], 360_000.0);
    assert_eq!(coverage["imagery.rvb"]["without_tile_m2"], 0.0);
    assert_eq!(coverage["prior"]["without_m2"], 0.0);
}

#[test]
fn bands_that_are_missing() {
    let ground = Ground::new();
    rewrite(&ground.tiles("rvb")[0], SAME, |bands| bands.slice(s![..2, .., ..]).to_owned());
    ground.refused(&["three bands", "2 band(s)", "1 of 4 files", "69.4 % of the territory"]);
}

#[test]
fn bands_that_are_not_in_their_order() {
    let ground = Ground::new();
    ground.edit("rvb: [imagery/rvb/*.tif]", "rvb: [imagery/irc/*.tif]");
    ground.edit("\n  irc: [imagery/irc/*.tif]", "\n  irc: [imagery/rvb/*.tif]");
    ground.refused(&["exchange the two lists", "100 % of the territory"]);
    let ground = Ground::new();
    let turned = |mut bands: Array3<u8>| {
        bands.invert_axis(Axis(0));
        bands.as_standard_layout().into_owned()
    };
    rewrite(&ground.tiles("rvb")[0], SAME, turned);
    let parts = ["1 of 4 tiles", "69.4 % of the territory", "band 3 of `rvb` shows what band 2"];
    ground.refused(&parts);
}

#[test]
fn tiles_that_are_missing() {
    let ground = Ground::new();
    let tiles = ground.tiles("irc");
    fs::remove_file(&tiles[3]).unwrap();
    ground.warned(&["`imagery.irc` has no tile over 2.78 % of the territory (0.01 km2), between"]);
    let done = ground.ingested();
    assert_eq!(done["report"]["figures"]["coverage"]["imagery.irc"]["without_tile_m2"], 10_000.0);
    let flaw = &done["flaws"]["ground_without_tile"];
    assert_eq!((&flaw["count"], &flaw["twice_area"]), (&Json::from(1), &Json::from(200_000_000)));
    let _ = fs::remove_dir_all(ground.path("out"));
    fs::remove_file(&tiles[0]).unwrap();
    let parts = ["tiles of `imagery.irc` are missing", "no tile over 72.2 %", "at most 10 %"];
    ground.refused(&[&parts[..], &["limits.no_imagery"]].concat());
    ground.edit("out: out", "limits: { no_imagery: 0.8 }\nout: out");
    ground.warned(&["no tile over 72.2 % of the territory"]);
    ground.edit("no_imagery: 0.8", "no_imagery: 1.8");
    assert_eq!(ground.command(&["check", "config.yaml"]).0, 3);
}

#[test]
fn of_tiles_that_overlap_the_first_counts() {
    let ground = Ground::new();
    let (code, said) = ground.command(&["run", "config.yaml", "--to", "ingest", "--out", "one"]);
    assert_eq!(code, 0, "{said}");
    let first = ground.tiles("rvb")[0].clone();
    let copy = first.with_file_name("zz.tif");
    fs::copy(&first, &copy).unwrap();
    rewrite(&copy, SAME, |bands| bands.mapv(|v| 255 - v));
    ground.warned(&["tiles of `imagery.rvb` overlap on 69.4 %", "first in the order of the paths"]);
    let shard = |out: &str| {
        let path = format!("{out}/D011/2021/.work/cube.zarr/imagery/c/0/0/0");
        fs::read(ground.path(&path)).unwrap()
    };
    assert!(shard("one") == shard("out"), "the second tile changed the cells");
}

#[test]
fn tiles_of_another_resolution_or_crs() {
    let ground = Ground::new();
    let coarse = |bands: Array3<u8>| bands.slice(s![.., ..;2, ..;2]).to_owned();
    rewrite(&ground.tiles("rvb")[3], SAME, coarse);
    ground.refused(&["another resolution", "10 m", "5 m", "1 of 4 files", "2.78 % of the"]);
    let ground = Ground::new();
    rewrite(&ground.tiles("rvb")[0], Rewrite { epsg: 2975, ..SAME }, |bands| bands);
    ground.refused(&["EPSG:2975", "EPSG:2154", "1 of 4 files", "69.4 % of the territory"]);
}

#[test]
fn a_cloud_without_data() {
    let ground = Ground::new();
    let cloud = |share: usize| {
        move |mut bands: Array3<u8>| {
            let rows = bands.dim().1 * share / 100;
            bands.mapv_inplace(|v| v.max(1));
            bands.slice_mut(s![.., ..rows, ..]).fill(0);
            bands
        }
    };
    let tiles = ground.tiles("rvb");
    let void = || Rewrite { nodata: Some(0), ..SAME };
    rewrite(&tiles[0], void(), cloud(55));
    // 55 % of 69.4 % of the territory: one place in four is not sure, `ingest` counts the cells.
    let (code, said) = ground.command(&["check", "config.yaml"]);
    assert!(code == 0 && said.contains("hold no data on about"), "{code} {said}");
    let (code, said) = ground.command(&["run", "config.yaml", "--to", "ingest"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("no data on 38.2 % of it"), "{said}");
    assert!(said.contains("5,500 of 14,400 cells"), "{said}");
    for tile in &tiles {
        rewrite(tile, void(), cloud(100));
    }
    ground.refused(&["too many pixels hold no data", "limits.no_imagery", "4 places"]);
}

#[test]
fn cells_of_another_type() {
    let ground = Ground::new();
    let path = ground.tiles("rvb")[0].clone();
    let (grid, bands) = pixels(&path);
    let compression = Compression::Deflate;
    let spec =
        RasterSpec { grid, bands: 3, epsg: EPSG, nodata: None, compression, colours: Vec::new() };
    fs::remove_file(&path).unwrap();
    write_geotiff::<u16>(&path, &spec, |w| Ok(window(&bands, w).mapv(u16::from))).unwrap();
    ground.refused(&["wrong type of cells", "unsigned 16-bit", "69.4 % of the territory"]);
    fs::remove_file(&path).unwrap();
    write_geotiff::<f32>(&path, &spec, |w| Ok(window(&bands, w).mapv(f32::from))).unwrap();
    ground.refused(&["wrong type of cells", "floating-point", "69.4 % of the territory"]);
    fs::remove_file(&path).unwrap();
    write_geotiff::<u8>(&path, &spec, |w| Ok(window(&bands, w))).unwrap();
    let palette = vec![[0, 0, 0, 255], [255, 0, 0, 255]];
    let one_band = |bands: Array3<u8>| bands.slice(s![..1, .., ..]).to_owned();
    rewrite(&path, Rewrite { colours: palette, ..SAME }, one_band);
    ground.refused(&["colour numbers", "-expand rgb", "69.4 % of the territory"]);
}

#[test]
fn evidence_that_says_nothing_of_the_territory() {
    let ground = Ground::new();
    let crops = |rows: &[(Polygon, Vec<Value>)]| {
        let path = ground.path("evidence/rpg.gpkg");
        fs::remove_file(&path).unwrap();
        layer(&path, vec![Field::optional("code_cultu", FieldKind::Text)], rows);
    };
    ground.edit("layer: rpg,", "layer: layer,");
    crops(&[]);
    ground.warned(&["`evidence.crops` is empty: no feature over all of the territory"]);
    assert_eq!(ground.ingested()["flaws"]["evidence_without_feature"]["count"], 1);
    let _ = fs::remove_dir_all(ground.path("out"));
    let at = |from, to| (square(ground.corner(), from, to), vec!["BTH".into()]);
    // West and east of the territory: the box of both meets it, neither does.
    crops(&[at((-900, 0), (-800, 600)), at((1_400, 0), (1_500, 600))]);
    ground.warned(&["`evidence.crops` has no feature over all of the territory"]);
    let _ = fs::remove_dir_all(ground.path("out"));
    crops(&[at((-9_000, 0), (-8_000, 600))]);
    ground.refused(&["does not meet the territory", "evidence.crops", "all of the territory"]);
}

#[test]
fn a_prior_that_does_not_cover_the_territory() {
    let ground = Ground::new();
    let prior = |to_m: (i32, i32)| {
        let path = ground.path("prior/OCCUPATION_SOL.gpkg");
        fs::remove_file(&path).unwrap();
        let text = |name| Field::optional(name, FieldKind::Text);
        let codes = vec!["CS2.2.1".into(), "US1.1".into(), "2018".into(), "a".into()];
        let fields = vec![text("code_cs"), text("code_us"), text("millesime"), text("id")];
        layer(&path, fields, &[(square(ground.corner(), (0, 0), to_m), codes)]);
    };
    prior((600, 570));
    ground.warned(&["the prior has no polygon over 5 % of the territory (0.02 km2)"]);
    let done = ground.ingested();
    assert_eq!(done["report"]["figures"]["coverage"]["prior"]["without_m2"], 18_000.0);
    let flaw = &done["flaws"]["ground_without_prior"];
    assert_eq!(flaw["twice_area"], 360_000_000);
    let _ = fs::remove_dir_all(ground.path("out"));
    prior((300, 600));
    ground.refused(&["prior does not cover", "no polygon over 50 %", "limits.no_prior"]);
}

#[test]
fn heights_that_do_not_cover() {
    let ground = Ground::new();
    let tiles = ground.tiles("mnh");
    fs::remove_file(&tiles[0]).unwrap();
    ground.warned(&["`imagery.mnh` has no tile over 69.4 % of the territory"]);
    assert_eq!(ground.ingested()["flaws"]["ground_without_height"]["count"], 1);
    let _ = fs::remove_dir_all(ground.path("out"));
    ground.edit("out: out", "limits: { no_heights: 0.5 }\nout: out");
    ground.refused(&["tiles of `imagery.mnh` are missing", "69.4 %", "limits.no_heights"]);
}

/// Adds to every tile of a product an overview of half its size.
fn add_overviews(tiles: &[PathBuf]) {
    for path in tiles {
        let options = gdal::DatasetOptions {
            open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE,
            ..gdal::DatasetOptions::default()
        };
        let mut dataset = gdal::Dataset::open_ex(path, options).unwrap();
        dataset.build_overviews("AVERAGE", &[2], &[]).unwrap();
    }
}

#[test]
fn reduced_levels_are_read_when_they_are_allowed_and_every_tile_has_them() {
    let ground = Ground(Sample::with_pixels(5, 600, "1"));
    ground.edit("cell_m: 1.0", "cell_m: 4.0");
    let products = ["imagery.rvb", "imagery.irc"];
    let levels = |ground: &Ground, out: &str| {
        let args = ["run", "config.yaml", "--to", "ingest", "--out", out];
        let (code, said) = ground.command(&args);
        assert_eq!(code, 0, "{said}");
        let journal = ground.path(out).join("D011/2021/.work/journal.jsonl");
        let done = Ground::stage_of(&journal);
        let coverage = &done["report"]["figures"]["coverage"];
        products.map(|key| {
            let of = &coverage[key];
            (of["level"].as_u64().unwrap(), of["pixel_m"].as_f64().unwrap())
        })
    };
    add_overviews(&ground.tiles("rvb"));
    assert_eq!(levels(&ground, "full"), [(0, 1.0); 2]);
    ground.edit("mnh: [imagery/mnh/*.tif]\nev", "mnh: [imagery/mnh/*.tif]\n  reduced: true\nev");
    assert_eq!(levels(&ground, "half"), [(1, 2.0), (0, 1.0)]);
    let irc = ground.tiles("irc");
    add_overviews(&irc[..3]);
    assert_eq!(levels(&ground, "but_one"), [(1, 2.0), (0, 1.0)]);
    add_overviews(&irc[3..]);
    assert_eq!(levels(&ground, "both"), [(1, 2.0); 2]);
    let read = |out: &str| {
        let folder = ground.path(out).join("D011/2021/.work/cube.zarr/imagery");
        let array = pipeline::io::cube::CubeArray::<u8>::open(&folder).unwrap();
        array.read(array.frame().grid.window()).unwrap()
    };
    let (full, both) = (read("full"), read("both"));
    // Means of means are means, but for the rounding of both; spreads are others.
    let apart = |band: usize| {
        let (full, both) = (full.index_axis(Axis(0), band), both.index_axis(Axis(0), band));
        full.iter().zip(both).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
    };
    assert!((0..4).all(|band| apart(band) <= 1) && apart(4) > 1);
}
