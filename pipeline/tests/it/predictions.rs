//! `millesime run` with predictions made elsewhere: any pixel, tiles, nodata, values of no class, and
//! the numbering that they are said to have.

use std::fs;
use std::path::{Path, PathBuf};

use kernels::grid::{Grid, Window};
use kernels::lattice::Point;
use kernels::rasterise::rasterise;
use ndarray::{Array2, Axis, s};
use pipeline::Config;
use pipeline::io::raster_writer::{Compression, RasterSpec, write_geotiff};

use crate::generated::{EPSG, Sample, command, features, text};

/// Values of the covers of the sample in the numbering of CoSIA.
const VALUES: [(&str, u8); 12] = [
    ("CS1.1.1.1", 0),
    ("CS1.1.1.2", 3),
    ("CS1.1.2.1", 4),
    ("CS1.1.2.2", 4),
    ("CS1.2.1", 5),
    ("CS1.2.2", 6),
    ("CS2.1.1.1", 12),
    ("CS2.1.1.2", 13),
    ("CS2.1.1.3", 17),
    ("CS2.1.2", 14),
    ("CS2.1.3", 11),
    ("CS2.2.1", 8),
];
const NODATA: u8 = 255;

/// The truth as two tiles of predictions with pixels of `pixel_cm`; the first row is nodata, the next
/// one of a value that no class has.
fn predict(sample: &Sample, pixel_cm: i32) -> Vec<PathBuf> {
    let truth = features(&sample.after(), &["code_cs"]);
    let value = |code: &str| VALUES.iter().find(|known| known.0 == code).expect("a cover").1;
    let values: Vec<u8> = truth.iter().map(|(_, row)| 1 + value(&text(row, "code_cs"))).collect();
    let polygons: Vec<_> = truth.into_iter().map(|(polygon, _)| polygon).collect();
    let corners = || polygons.iter().flat_map(|p| &p.exterior.0);
    let low =
        Point::new(corners().map(|p| p.x).min().unwrap(), corners().map(|p| p.y).min().unwrap());
    let high =
        Point::new(corners().map(|p| p.x).max().unwrap(), corners().map(|p| p.y).max().unwrap());
    let grid = Grid::covering(low, high, pixel_cm);
    // 0 of the rasteriser is outside; then values are one too high.
    let mut cells = rasterise(&polygons, &values, &grid).mapv(|cell| cell.wrapping_sub(1));
    cells.row_mut(0).fill(NODATA);
    cells.row_mut(1).fill(200);
    let half = grid.cols / 2;
    let tiles = [(0, half), (half, grid.cols - half)];
    tiles.iter().map(|&(col, cols)| tile(sample, &grid, &cells, (col, cols))).collect()
}

fn tile(sample: &Sample, grid: &Grid, cells: &Array2<u8>, (col, cols): (usize, usize)) -> PathBuf {
    let path = sample.path(&format!("sample/predictions/{}_{col}.tif", grid.cell));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = RasterSpec {
        grid: grid.sub(Window { row: 0, col, rows: grid.rows, cols }),
        bands: 1,
        epsg: EPSG,
        nodata: Some(NODATA.into()),
        compression: Compression::Deflate,
        colours: Vec::new(),
    };
    write_geotiff::<u8>(&path, &spec, |w| {
        let part = s![w.row..w.row + w.rows, col + w.col..col + w.col + w.cols];
        Ok(cells.slice(part).to_owned().insert_axis(Axis(0)))
    })
    .unwrap();
    path
}

/// The sample's configuration with predictions; gives its path.
fn configured(sample: &Sample, name: &str, pixel_cm: i32, classes: &str) -> PathBuf {
    let tiles = predict(sample, pixel_cm);
    let tiles: Vec<_> = tiles.iter().map(|tile| tile.display().to_string()).collect();
    let text = fs::read_to_string(sample.path("sample/config.yaml")).unwrap();
    let more = format!(
        "predictions:\n  - {{ path: [{}], classes: {classes}, kind: class }}\n",
        tiles.join(", ")
    );
    let path = sample.path(&format!("sample/{name}.yaml"));
    fs::write(&path, text + &more).unwrap();
    path
}

fn run(config: &Path, out: &Path, threads: &str) -> u8 {
    let [config, out] = [config, out].map(|path| path.to_str().unwrap());
    command(&["run", config, "--threads", threads, "--out", out])
}

/// The figures of a stage of a run, by name.
fn figure(out: &Path, name: &str) -> u64 {
    let journal = fs::read_to_string(out.join("D011/2021/.work/journal.jsonl")).unwrap();
    let key = format!("\"{name}\":");
    let at = journal.find(&key).unwrap_or_else(|| panic!("no figure `{name}`")) + key.len();
    let digits = journal[at..].chars().take_while(char::is_ascii_digit).collect::<String>();
    digits.parse().unwrap()
}

#[test]
fn predictions_of_any_pixel_go_through_a_run_and_the_bytes_do_not_depend_on_threads() {
    let sample = Sample::new(11);
    // Cells are of 5 m: four pixels a cell, then pixels larger than the cells.
    for (pixel_cm, n) in [(250, 240_u64), (800, 75)] {
        let config = configured(&sample, &format!("p{pixel_cm}"), pixel_cm, "cosia");
        let [one, two] = ["1", "2"].map(|threads| {
            let out = sample.path(&format!("out{pixel_cm}_{threads}"));
            assert_eq!(run(&config, &out, threads), 0, "{pixel_cm}");
            out
        });
        let bytes = |out: &Path| fs::read(out.join("D011/2021/OCCUPATION_SOL.gpkg")).unwrap();
        assert!(bytes(&one) == bytes(&two), "pixels of {pixel_cm} cm");
        if pixel_cm == 250 {
            assert_eq!(figure(&one, "prediction_1_pixels"), (n - 1) * n);
            assert_eq!(figure(&one, "prediction_1_pixels_unknown"), n);
            let report = fs::read_to_string(one.join("D011/2021/report.html")).unwrap();
            assert!(report.contains("prediction_class_unknown"));
        }
    }
}

#[test]
fn a_wrong_numbering_is_refused_with_the_right_one() {
    let sample = Sample::new(11);
    let config = configured(&sample, "wrong", 250, "flair-1");
    let mut millesime = std::process::Command::new(env!("CARGO_BIN_EXE_millesime"));
    let out = sample.path("wrong").display().to_string();
    let output = millesime.args(["run", config.to_str().unwrap(), "--out", &out]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("these values look like another numbering"), "{told}");
    assert!(told.contains("write `classes: flair-hub`"), "{told}");
}

#[test]
fn a_prediction_that_leaves_ground_out_or_covers_it_twice_is_told_with_its_share() {
    let sample = Sample::of(11, 200);
    let config = configured(&sample, "half", 500, "cosia");
    let text = fs::read_to_string(&config).unwrap();
    let told = |text: String| {
        fs::write(&config, text).unwrap();
        let mut millesime = std::process::Command::new(env!("CARGO_BIN_EXE_millesime"));
        let output = millesime.args(["check", config.to_str().unwrap()]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{told}");
        told
    };
    assert!(!told(text.clone()).contains("`predictions[0]`"));
    let one = sample.path("sample/predictions/500_0.tif");
    let other = sample.path("sample/predictions/500_20.tif").display().to_string();
    let half = told(text.replace(&format!(", {other}"), ""));
    assert!(half.contains("`predictions[0]` has no tile over 50 % of the territory"), "{half}");
    let copy = one.with_file_name("zz.tif");
    fs::copy(&one, &copy).unwrap();
    let twice = told(text.replace(&other, &format!("{other}, {}", copy.display())));
    let parts = ["tiles of `predictions[0]` overlap on 50 %", "all their pixels count there"];
    assert!(parts.iter().all(|part| twice.contains(part)), "{twice}");
}

#[test]
fn predictions_are_checked_with_the_configuration() {
    let sample = Sample::of(11, 200);
    let config = configured(&sample, "ok", 500, "cosia");
    let loaded = Config::load(&config).unwrap();
    assert_eq!(loaded.predictions[0].files.len(), 2);
    assert!(loaded.inputs().iter().any(|path| path.ends_with("predictions/500_0.tif")));
    let text = fs::read_to_string(&config).unwrap();
    let refusal = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        fs::write(&config, text.replace(from, to)).unwrap();
        Config::load(&config).unwrap_err()
    };
    let error = refusal("classes: cosia", "classes: cosai");
    assert_eq!(error.hint().as_deref(), Some("did you mean `cosia`?"), "{error}");
    assert!(error.to_string().contains("predictions[0].classes"), "{error}");
    let error = refusal("predictions:", "predictions: []\nprediction:");
    assert_eq!(error.exit_code(), 3);
    fs::write(&config, text.replace("kind: class", "kind: probability")).unwrap();
    let told = command(&["run", config.to_str().unwrap()]);
    assert_eq!(told, 4, "one band is no probability of each class");
}
