//! One wrong world for each documented exit code.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use gdal::DriverManager;
use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::SpatialRef;
use pipeline::lock::Lock;

use crate::world::{EPSG, World, image};

/// The exit code and stderr of a command that must fail.
fn failure(world: &World, args: &[&str]) -> (i32, String) {
    let output = world.millesime(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("error: "), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "colour on a pipe");
    (output.status.code().unwrap(), stderr)
}

#[test]
fn usage_is_2() {
    let world = World::new();
    assert_eq!(failure(&world, &["run", "config.yaml", "--theads", "2"]).0, 2);
    assert_eq!(failure(&world, &["run", "config.yaml", "--threads", "0"]).0, 2);
    let (code, said) =
        failure(&world, &["run", "config.yaml", "--from", "deliver", "--to", "ingest"]);
    assert_eq!(code, 2);
    assert!(said.contains("hint: the order is: ingest, classify"), "{said}");
}

#[test]
fn a_wrong_configuration_is_3_with_line_and_nearest_key() {
    let world = World::new();
    world.edit("width_field:", "width_filed:");
    insta::assert_snapshot!(world.told(&["check", "config.yaml"]));
    assert_eq!(failure(&world, &["run", "config.yaml"]).0, 3);
    assert_eq!(failure(&world, &["check", "nowhere.yaml"]).0, 3);
}

#[test]
fn an_image_in_another_crs_is_4() {
    let world = World::new();
    let path = world.path("imagery/irc/1.tif");
    fs::remove_file(&path).unwrap();
    image(&path, 2975);
    insta::assert_snapshot!(world.told(&["run", "config.yaml"]));
    assert!(!world.path("out").exists(), "nothing is written before the inputs are checked");
}

#[test]
fn a_damaged_image_and_a_missing_layer_are_4() {
    let world = World::new();
    fs::write(world.path("imagery/rvb/2.tif"), "not an image").unwrap();
    assert_eq!(failure(&world, &["check", "config.yaml"]).0, 4);
    let world = World::new();
    world.edit("layer: batiment", "layer: batiments");
    let (code, said) = failure(&world, &["check", "config.yaml"]);
    assert_eq!(code, 4);
    assert!(said.contains("batiment"), "{said}");
    let world = World::new();
    world.edit("nature_field: essence", "nature_field: essance");
    assert_eq!(failure(&world, &["check", "config.yaml"]).0, 4);
}

#[test]
fn cells_smaller_than_the_pixels_are_4() {
    let world = World::new();
    world.edit("cell_m: 1.0", "cell_m: 0.5");
    let (code, said) = failure(&world, &["run", "config.yaml"]);
    assert_eq!(code, 4);
    assert!(said.contains("the working cells are smaller than the pixels"), "{said}");
    assert!(!world.path("out").exists());
}

/// Writes the header of a square image none of whose tiles was ever written.
fn empty_image(path: &Path, side: usize, pixel_m: f64) {
    let mut options = RasterCreationOptions::new();
    for (key, value) in [
        ("TILED", "YES"),
        ("BLOCKXSIZE", "1024"),
        ("BLOCKYSIZE", "1024"),
        ("BIGTIFF", "YES"),
        ("SPARSE_OK", "TRUE"),
    ] {
        options.set_name_value(key, value).unwrap();
    }
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut image =
        driver.create_with_band_type_with_options::<u8, _>(path, side, side, 3, &options).unwrap();
    image.set_geo_transform(&[650_000.0, pixel_m, 0.0, 6_300_000.0, 0.0, -pixel_m]).unwrap();
    image.set_spatial_ref(&SpatialRef::from_epsg(EPSG).unwrap()).unwrap();
    image.close().unwrap();
}

#[test]
fn a_plan_larger_than_the_machine_is_6() {
    // 80 km x 80 km at 20 cm: 1.6e11 cells.
    let world = World::new();
    for kind in ["rvb", "irc"] {
        empty_image(&world.path(&format!("imagery/{kind}/1.tif")), 400_000, 0.2);
    }
    world.edit("cell_m: 1.0", "cell_m: 0.2");
    let (code, said) = failure(&world, &["run", "config.yaml"]);
    assert_eq!(code, 6);
    assert!(said.contains("hint: free some, or run anyway with `--force`"), "{said}");
    assert!(!world.path("out").exists());
}

#[test]
fn a_budget_of_memory_that_not_even_one_block_fits_is_6() {
    let world = World::new();
    let (code, said) = failure(&world, &["run", "config.yaml", "--memory", "400MB"]);
    assert_eq!(code, 6);
    assert!(said.contains("error: memory for `ingest`: "), "{said}");
    assert!(said.contains("400.0 MB free"), "{said}");
    assert!(!world.path("out").exists());
    let (code, said) = failure(&world, &["run", "config.yaml", "--memory", "much"]);
    assert_eq!((code, said.contains("500MB")), (2, true), "{said}");
}

#[test]
fn a_second_run_in_the_same_folder_is_6() {
    let world = World::new();
    let work = world.out().join(".work");
    fs::create_dir_all(&work).unwrap();
    let _held = Lock::take(&work, &world.out()).unwrap();
    let (code, said) = failure(&world, &["run", "config.yaml"]);
    assert_eq!(code, 6);
    assert!(said.contains("another run is writing to"), "{said}");
}

#[test]
fn results_that_cannot_be_written_are_7() {
    let world = World::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_millesime"));
    let check = check.arg("check").arg(world.path("config.yaml")).stdout(Stdio::from(full));
    let output = check.output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("hint: the disk is full"), "{said}");

    fs::write(world.path("file"), "").unwrap();
    let (code, said) = failure(&world, &["run", "config.yaml", "--out", "file"]);
    assert_eq!(code, 7);
    assert!(said.contains("failed to write"), "{said}");
}

#[test]
fn a_run_whose_files_may_not_grow_is_7() {
    let world = World::new();
    let script = "ulimit -f 0; trap '' XFSZ; exec \"$0\" run config.yaml";
    let mut shell = Command::new("bash");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_millesime")]);
    let output = shell.current_dir(world.path("config.yaml").parent().unwrap()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("journal.jsonl"), "{said}");
}

#[test]
fn a_status_of_a_folder_without_a_run_is_4() {
    let world = World::new();
    assert_eq!(failure(&world, &["status", "config.yaml"]).0, 4);
}

/// Whether a process has its own handlers for SIGINT and SIGTERM.
fn catches_signals(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
    let bit = |signal: i32| 1 << (signal - 1);
    let bits = bit(signal_hook::consts::SIGINT) | bit(signal_hook::consts::SIGTERM);
    caught & bits == bits
}

#[test]
fn an_interrupted_run_is_8_and_says_how_to_resume() {
    for signal in ["INT", "TERM"] {
        let world = World::new();
        // A full pipe holds the run at its first words, when its handlers are in place.
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&vec![b'.'; 1 << 16]).unwrap();
        let mut run = Command::new(env!("CARGO_BIN_EXE_millesime"));
        let run = run.arg("run").arg(world.path("config.yaml")).stderr(writer);
        let mut child = run.spawn().unwrap();
        while !catches_signals(child.id()) {
            std::thread::yield_now();
        }
        let kill = ["-s", signal, &child.id().to_string()].map(str::to_owned);
        assert!(Command::new("kill").args(kill).status().unwrap().success());
        // The command holds the parent's copy of the writing end.
        *run = Command::new("true");
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(8), "{}", said.trim_start_matches('.'));
        assert!(said.contains("hint: the same command resumes"), "{said}");
        let status = world.told(&["status", "config.yaml"]);
        assert!(status.contains("ingest         interrupted"), "{status}");
        assert!(!world.out().join("manifest.json").exists());
    }
}
