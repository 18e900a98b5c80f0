//! A real graph, run by a real ONNX Runtime: `ORT_DYLIB_PATH` names the library or its folder.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kernels::grid::Grid;
use kernels::lattice::Point;
use ndarray::{Array2, Array3, Axis, s};
use pipeline::io::raster::RasterSource;
use pipeline::io::raster_writer::{Compression, RasterSpec, write_geotiff};

use super::plain::{DESCRIPTION, VALUES, scene, truth};
use crate::world::World;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/convolutions.onnx");

/// Writes the two products of a scene and the description of the model.
fn shoot(world: &World, scene: &Array3<u8>) {
    let (_, rows, cols) = scene.dim();
    let irc = scene.select(Axis(0), &[3, 0, 1]);
    for (name, cells) in [("rvb.tif", scene.slice(s![..3, .., ..]).to_owned()), ("irc.tif", irc)] {
        let grid = Grid { origin: Point::new(65_000_000, 630_000_000), cell: 20, rows, cols };
        let (nodata, compression) = (Some(0), Compression::Deflate);
        let spec = RasterSpec { grid, bands: 3, epsg: 2154, nodata, compression, colours: vec![] };
        write_geotiff(&world.path(name), &spec, |w| {
            Ok(cells.slice(s![.., w.row..w.row + w.rows, w.col..w.col + w.cols]).to_owned())
        })
        .unwrap();
    }
    fs::write(world.path("model.yaml"), DESCRIPTION).unwrap();
}

/// The command, with more options.
fn infer<'a>(model: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let images = ["--rvb", "rvb.tif", "--irc", "irc.tif"];
    let start = ["infer", "--model", model, "--classes", "model.yaml", "--out", out];
    [&start[..], &images, more].concat()
}

fn cells(world: &World, name: &str) -> Array2<u8> {
    let source = RasterSource::open(&world.path(name)).unwrap();
    source.read::<u8>(1, source.info().window()).unwrap()
}

#[test]
#[ignore = "needs ONNX Runtime at ORT_DYLIB_PATH"]
fn the_graph_answers_what_plain_arithmetic_does_in_any_patches_and_threads() {
    let world = World::new();
    let scene = scene(150, 131);
    shoot(&world, &scene);
    for (out, more) in [
        ("a.tif", &["--threads", "1"][..]),
        ("b.tif", &["--threads", "3"]),
        ("c.tif", &["--patch", "64", "--margin", "16"]),
        ("d.tif", &["--patch", "37", "--margin", "7", "--threads", "2"]),
    ] {
        let told = world.told(&infer(MODEL, out, more));
        assert!(told.contains("ok: 19,650 of 19,650 pixels predicted"), "{told}");
        assert_eq!(cells(&world, out), truth(&scene), "{out}");
    }
    let bytes =
        ["a.tif", "b.tif", "c.tif", "d.tif"].map(|name| fs::read(world.path(name)).unwrap());
    assert!(bytes.iter().all(|other| *other == bytes[0]));
    let classes = truth(&scene);
    assert!(VALUES.iter().all(|value| classes.iter().filter(|&c| c == value).count() > 1000));
}

#[test]
#[ignore = "needs ONNX Runtime at ORT_DYLIB_PATH"]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let world = World::new();
    shoot(&world, &scene(400, 300));
    let whole = world.told(&infer(MODEL, "whole.tif", &["--kind", "probability"]));
    assert!(whole.contains("ok: 120,000"), "{whole}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_millesime"))
        .args(infer(MODEL, "out.tif", &["--kind", "probability"]))
        .current_dir(world.path("."))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (third, since) = (world.path("out.tif.work/strip-000003.tif"), Instant::now());
    while !third.exists() {
        assert!(since.elapsed() < Duration::from_mins(1), "no strip was finished");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!world.path(".").join("out.tif").exists());
    let told = world.told(&infer(MODEL, "out.tif", &["--kind", "probability", "--threads", "2"]));
    assert!(told.contains("rows of patches kept from before"), "{told}");
    let bytes = ["whole.tif", "out.tif"].map(|name| fs::read(world.path(name)).unwrap());
    assert!(bytes[0] == bytes[1]);
}

#[test]
#[ignore = "needs ONNX Runtime at ORT_DYLIB_PATH"]
fn models_and_libraries_that_do_not_fit_are_told() {
    let world = World::new();
    shoot(&world, &scene(20, 20));
    fs::write(world.path("none.onnx"), "no graph").unwrap();
    fs::write(world.path("library.so"), "no library").unwrap();
    let tell = |model: &str, more: &[&str], expected: &[&str]| {
        let told = world.told(&infer(model, "out.tif", more));
        for said in expected {
            assert!(told.contains(said), "{said} is not in {told}");
        }
        assert!(!world.path(".").join("out.tif").exists());
    };
    tell("none.onnx", &[], &["exit code: 4", "this model cannot be loaded"]);
    tell("missing.onnx", &[], &["exit code: 4", "this model is not there"]);
    let absent = ["--onnxruntime", "nowhere"];
    tell(MODEL, &absent, &["exit code: 4", "ONNX Runtime is not there", "pip install onnxruntime"]);
    let wrong = ["--onnxruntime", "library.so"];
    tell(MODEL, &wrong, &["exit code: 4", "this is no usable ONNX Runtime", "1.17 or newer"]);
    let wide = ["--patch", "16", "--margin", "6"];
    tell(MODEL, &wide, &["exit code: 2", "margin of 6 cannot be laid", "a third"]);
    let two = DESCRIPTION.replace("[water, building, deciduous]", "[water, building]");
    fs::write(world.path("model.yaml"), two).unwrap();
    let gives = ["what this model gives", "1 x 3 x any x any", "1 x 2 x 16 x 16"];
    tell(MODEL, &[], &gives);
    let three =
        DESCRIPTION.replace("  - { from: rvb, band: 2, mean: 128.0, deviation: 64.0 }\n", "");
    fs::write(world.path("model.yaml"), three).unwrap();
    tell(MODEL, &[], &["what this model takes", "1 x 4 x any x any", "1 x 3 x 16 x 16"]);
}
