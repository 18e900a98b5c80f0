use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kernels::grid::Grid;
use kernels::lattice::Point;
use ndarray::Array2;

use super::*;
use crate::io::raster::RasterSource;
use crate::io::raster_writer::{Compression, RasterSpec, write_geotiff};

mod plain;

use plain::{DESCRIPTION, VALUES, logits, scene, truth};

const CORNER: Point = Point::new(65_000_020, 630_000_060);
/// Side of a pixel, in centimetres.
const CELL: i32 = 20;

/// Two convolutions with zeros around a patch, as a network has them.
struct Plain {
    n_asked: Arc<AtomicUsize>,
    stop_after: Option<(usize, Cancel)>,
}

impl Segmenter for Plain {
    fn answer(&mut self, patch: Array3<f32>) -> Result<Array3<f32>, Error> {
        let n = self.n_asked.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some((after, cancel)) = &self.stop_after
            && n == *after
        {
            cancel.raise();
        }
        let (_, rows, cols) = patch.dim();
        let mut answer = Array3::zeros((3, rows, cols));
        for (row, col) in ndarray::indices((rows, cols)) {
            let at = |c: usize, r: usize, q: usize| {
                let (row, col) = ((row + r).checked_sub(1), (col + q).checked_sub(1));
                row.zip(col).and_then(|(row, col)| patch.get((c, row, col))).copied().unwrap_or(0.0)
            };
            for (class, logit) in logits(at).into_iter().enumerate() {
                answer[[class, row, col]] = logit;
            }
        }
        Ok(answer)
    }
}

struct World {
    dir: tempfile::TempDir,
}

/// A request that tests change.
struct Case {
    description: Segmentation,
    images: Images,
    tiling: (usize, usize),
    kind: Kind,
    out: PathBuf,
    memory_bytes: Option<u64>,
    threads: usize,
    stop_after: Option<usize>,
    n_asked: Arc<AtomicUsize>,
}

impl World {
    fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(world.path("model.onnx"), "weights").unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a raster whose north-west pixel is some pixels from the corner.
    fn raster(&self, name: &str, (row, col): (i32, i32), cells: Array3<u8>) -> PathBuf {
        let (bands, rows, cols) = cells.dim();
        let origin = Point::new(CORNER.x + col * CELL, CORNER.y - row * CELL);
        let grid = Grid { origin, cell: CELL, rows, cols };
        self.raster_on(name, (grid, 2154), bands, cells)
    }

    fn raster_on(
        &self,
        name: &str,
        (grid, epsg): (Grid, u32),
        bands: usize,
        cells: Array3<u8>,
    ) -> PathBuf {
        let (nodata, compression) = (Some(0), Compression::Deflate);
        let spec = RasterSpec { grid, bands, epsg, nodata, compression, colours: Vec::new() };
        let path = self.path(name);
        write_geotiff(&path, &spec, |w| {
            Ok(cells.slice(s![.., w.row..w.row + w.rows, w.col..w.col + w.cols]).to_owned())
        })
        .unwrap();
        path
    }

    /// Both products of a part of a scene.
    fn shoot(
        &self,
        name: &str,
        scene: &Array3<u8>,
        (row, col): (usize, usize),
        to: (usize, usize),
    ) -> Images {
        let part = scene.slice(s![.., row..to.0, col..to.1]);
        let at = (row as i32, col as i32);
        let irc = part.select(ndarray::Axis(0), &[3, 0, 1]);
        Images {
            rvb: vec![self.raster(
                &format!("{name}.tif"),
                at,
                part.slice(s![..3, .., ..]).to_owned(),
            )],
            irc: vec![self.raster(&format!("{name}_irc.tif"), at, irc)],
            heights: Vec::new(),
        }
    }

    fn case(&self, images: Images, out: &str) -> Case {
        Case {
            description: Segmentation::from_yaml(DESCRIPTION).unwrap(),
            images,
            tiling: (16, 4),
            kind: Kind::Class,
            out: self.path(out),
            memory_bytes: None,
            threads: 1,
            stop_after: None,
            n_asked: Arc::default(),
        }
    }

    fn run(&self, case: &Case) -> Result<Summary, Error> {
        let nomenclature = Nomenclature::builtin(&case.description.classes).unwrap();
        let request = Request {
            model: &self.path("model.onnx"),
            description: &case.description,
            nomenclature: &nomenclature,
            images: &case.images,
            tiling: Tiling::new(case.tiling.0, case.tiling.1).unwrap(),
            kind: case.kind,
            out: &case.out,
            memory_bytes: case.memory_bytes,
            threads: case.threads,
        };
        let cancel = Cancel::default();
        let load = |_: Contract, n: usize| {
            let one = |_| {
                let stop_after = case.stop_after.map(|after| (after, cancel.clone()));
                Box::new(Plain { n_asked: Arc::clone(&case.n_asked), stop_after })
                    as Box<dyn Segmenter>
            };
            Ok((0..n).map(one).collect())
        };
        infer(&request, &Engine { version: "plain".to_owned(), load: &load }, &cancel)
    }
}

fn joined(parts: Vec<Images>) -> Images {
    let mut all = Images::default();
    for part in parts {
        all.rvb.extend(part.rvb);
        all.irc.extend(part.irc);
        all.heights.extend(part.heights);
    }
    all
}

/// The bands of a raster.
fn bands(path: &Path) -> Array3<u8> {
    let source = RasterSource::open(path).unwrap();
    let all: Vec<usize> = (1..=source.info().bands).collect();
    source.read_bands(&all, source.info().window()).unwrap()
}

fn cells(path: &Path) -> Array2<u8> {
    bands(path).index_axis_move(ndarray::Axis(0), 0)
}

#[test]
fn the_prediction_is_the_model_s_answer_for_each_pixel_of_the_mirrored_image() {
    let world = World::new();
    let scene = scene(50, 43);
    let images = world.shoot("all", &scene, (0, 0), (50, 43));
    for (i, tiling) in [(16, 4), (12, 4), (24, 5), (64, 20), (9, 2)].into_iter().enumerate() {
        let case = Case { tiling, ..world.case(images.clone(), &format!("{i}.tif")) };
        let summary = world.run(&case).unwrap();
        assert_eq!((summary.n_cells, summary.n_predicted), (2150, 2150));
        assert_eq!(cells(&case.out), truth(&scene), "{tiling:?}");
        assert!(!world.path(&format!("{i}.tif.work")).exists());
    }
    let classes = truth(&scene);
    assert!(VALUES.iter().all(|value| classes.iter().filter(|&c| c == value).count() > 100));
    let info = RasterSource::open(&world.path("0.tif")).unwrap().info().clone();
    assert_eq!((info.epsg, info.nodata, info.bands), (Some(2154), Some(255.0), 1));
    assert_eq!(info.georef().unwrap().west_m.to_bits(), 650_000.2_f64.to_bits());
}

#[test]
fn tiles_in_any_order_and_any_number_of_threads_give_the_same_bytes() {
    let world = World::new();
    let scene = scene(40, 40);
    let whole = world.case(world.shoot("whole", &scene, (0, 0), (40, 40)), "whole_out.tif");
    world.run(&whole).unwrap();
    let corners =
        [((0, 0), (13, 22)), ((0, 22), (13, 40)), ((13, 0), (40, 22)), ((13, 22), (40, 40))];
    let parts: Vec<Images> = corners
        .into_iter()
        .enumerate()
        .map(|(i, (from, to))| world.shoot(&format!("part{i}"), &scene, from, to))
        .collect();
    let mut turned = parts.clone();
    turned.rotate_left(3);
    for (name, parts, threads) in [("a.tif", parts, 1), ("b.tif", turned, 3)] {
        let case = Case { threads, ..world.case(joined(parts), name) };
        world.run(&case).unwrap();
        assert!(fs::read(&case.out).unwrap() == fs::read(&whole.out).unwrap(), "{name}");
    }
}

#[test]
fn the_same_ground_has_the_same_cells_wherever_the_imagery_ends() {
    let world = World::new();
    let scene = scene(60, 60);
    let all = Case {
        kind: Kind::Probability,
        ..world.case(world.shoot("all", &scene, (0, 0), (60, 60)), "0.tif")
    };
    let part = Case {
        kind: Kind::Probability,
        ..world.case(world.shoot("part", &scene, (7, 3), (55, 52)), "1.tif")
    };
    world.run(&all).unwrap();
    world.run(&part).unwrap();
    // Farther than a patch from the limits.
    let of_all = bands(&all.out).slice(s![.., 23..39, 19..36]).to_owned();
    assert_eq!(bands(&part.out).slice(s![.., 16..32, 16..33]), of_all);
    assert!(of_all.iter().any(|&p| p > 100));
}

#[test]
fn void_ground_has_no_prediction_and_is_mirrored_for_its_neighbours() {
    let world = World::new();
    let mut scene = scene(40, 40);
    // A hole, and a scene that is constant around it: mirrored, it is the same everywhere.
    scene.slice_mut(s![.., 5..30, 5..30]).fill(200);
    let mut holed = scene.clone();
    holed.slice_mut(s![.., 10..25, 12..20]).fill(0);
    let case = world.case(world.shoot("holed", &holed, (0, 0), (40, 40)), "out.tif");
    let summary = world.run(&case).unwrap();
    assert_eq!(summary.n_predicted, 1600 - 15 * 8);
    let found = cells(&case.out);
    assert!(found.slice(s![10..25, 12..20]).iter().all(|&cell| cell == 255));
    let mut expected = truth(&scene);
    expected.slice_mut(s![10..25, 12..20]).fill(255);
    assert_eq!(found, expected);
}

#[test]
fn probabilities_are_told_for_every_class_of_the_numbering_in_its_order() {
    let world = World::new();
    let scene = scene(20, 20);
    let images = world.shoot("all", &scene, (0, 0), (20, 20));
    let case = Case { kind: Kind::Probability, ..world.case(images.clone(), "p.tif") };
    world.run(&case).unwrap();
    let found = bands(&case.out);
    assert_eq!(found.dim(), (19, 20, 20));
    let [a, b, c] =
        logits(|ch, r, q| (f32::from(scene[[ch, 9 + r, 4 + q]]) - 128.0) / 64.0).map(f64::from);
    let sum = a.exp() + b.exp() + c.exp();
    let byte = |logit: f64| (255.0 * logit.exp() / sum).round() as u8;
    // Bands count from 0 here: water is cell value 6, building 0, deciduous 12.
    for (band, logit) in [(6, a), (0, b), (12, c)] {
        assert!(found[[band, 10, 5]].abs_diff(byte(logit)) <= 1, "{band}");
    }
    let others: u32 =
        (0..19).filter(|b| ![0, 6, 12].contains(b)).map(|b| u32::from(found[[b, 10, 5]])).sum();
    assert_eq!(others, 0);
    let record: Value =
        serde_json::from_slice(&fs::read(world.path("p.tif.json")).unwrap()).unwrap();
    assert_eq!(
        record["legend"]["classes"][6],
        json!({ "band": 7, "code": "water", "from_model": true })
    );
    assert_eq!(record["made_from"]["images"]["irc"][0]["name"], "all_irc.tif");
    assert_eq!(record["raster"]["sha256"], Stamp::of(&case.out).unwrap().sha256);
}

#[test]
fn a_stopped_run_goes_on_and_ends_with_the_same_bytes() {
    let world = World::new();
    let scene = scene(90, 20);
    let images = world.shoot("all", &scene, (0, 0), (90, 20));
    let whole = world.case(images.clone(), "whole.tif");
    let n_strips = world.run(&whole).unwrap().n_strips;
    let n_all = whole.n_asked.load(Ordering::SeqCst);
    let stopped = Case { stop_after: Some(n_all / 2), ..world.case(images.clone(), "out.tif") };
    let error = world.run(&stopped).unwrap_err();
    assert!(matches!(error, Error::Interrupted { again: Again::Resumes, .. }), "{error}");
    assert!(!stopped.out.exists());
    // One finished strip is damaged: it is computed again.
    let strip = world.path("out.tif.work/strip-000001.tif");
    let mut bytes = fs::read(&strip).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&strip, bytes).unwrap();
    fs::write(world.path("out.tif.work/.tmp-1-strip-000009.tif"), "half").unwrap();
    let resumed = world.case(images, "out.tif");
    let summary = world.run(&resumed).unwrap();
    assert!((2..n_strips - 2).contains(&summary.n_kept), "{summary:?}");
    assert!(resumed.n_asked.load(Ordering::SeqCst) < n_all);
    assert!(fs::read(&resumed.out).unwrap() == fs::read(&whole.out).unwrap());
    assert!(!world.path("out.tif.work").exists());
}

#[test]
fn strips_of_another_model_or_image_are_not_kept() {
    let world = World::new();
    let images = world.shoot("all", &scene(90, 20), (0, 0), (90, 20));
    let stopped = Case { stop_after: Some(20), ..world.case(images.clone(), "out.tif") };
    world.run(&stopped).unwrap_err();
    fs::write(world.path("model.onnx.data"), "other weights").unwrap();
    assert_eq!(world.run(&world.case(images, "out.tif")).unwrap().n_kept, 0);
}

#[test]
fn finer_pixels_are_averaged_and_heights_are_interpolated() {
    let world = World::new();
    let mut case = world.case(Images::default(), "out.tif");
    let text = DESCRIPTION.replace("[water, building, deciduous]", "[water, building]");
    let (head, _) = text.split_once("channels:").unwrap();
    let channels =
        "channels: [{ from: rvb, band: 1 }, { from: heights }]\noutputs: [water, building]\n";
    case.description = Segmentation::from_yaml(&format!("{head}{channels}")).unwrap();
    // Four pixels of 10 cm in one of 20; a height in metres for nine pixels of 20 cm.
    let fine = Array3::from_shape_fn((3, 60, 60), |(_, r, c)| [10, 20, 30, 40][r % 2 * 2 + c % 2]);
    let grid = Grid { origin: CORNER, cell: 10, rows: 60, cols: 60 };
    case.images.rvb = vec![world.raster_on("rvb.tif", (grid, 2154), 3, fine)];
    let high = Grid { origin: CORNER, cell: 60, rows: 10, cols: 10 };
    let metres = Array3::from_shape_fn((1, 10, 10), |(_, _, c)| 1 + c as u8);
    case.images.heights = vec![world.raster_on("mnh.tif", (high, 2154), 1, metres)];
    let ground = Ground::open(&case.images, &case.description).unwrap();
    let tiling = Tiling::new(16, 4).unwrap();
    let (rows, cols) = (ground.rows(), ground.cols());
    let mut band = Band::new(&ground, &case.description.channels, &tiling, cols.clone());
    band.move_to(rows.start).unwrap();
    let (cells, valid) = band.patch(cols.start..cols.start + 6);
    // The corner is too far from every centre for a height.
    assert_eq!(valid.iter().filter(|&&v| v == 0).count(), 1);
    assert!(cells.slice(s![0, 1.., ..]).iter().all(|value| value.to_bits() == 25_f32.to_bits()));
    // Centres of cells lie thirds of a pixel apart; the first one has its pixel's own height.
    let found: Vec<i32> =
        cells.slice(s![1, 3, ..]).iter().map(|v| (v * 3.0).round() as i32).collect();
    assert_eq!(found, [3, 3, 4, 5, 6, 7]);
}

fn said(world: &World, case: &Case) -> String {
    let error = world.run(case).unwrap_err();
    assert!(!case.out.exists() && !world.path("out.tif.json").exists());
    format!("{error}\n{}", error.hint().unwrap_or_default())
}

#[test]
fn images_that_do_not_go_together_are_told() {
    let world = World::new();
    let scene = scene(20, 20);
    let good = world.shoot("good", &scene, (0, 0), (20, 20));
    let with = |change: &dyn Fn(&mut Images)| {
        let mut images = good.clone();
        change(&mut images);
        said(&world, &world.case(images, "out.tif"))
    };
    let none = with(&|images| images.irc.clear());
    assert!(none.contains("`test` needs `--irc`") && none.contains("`--irc TILES`"), "{none}");
    let grid = |cell| Grid { origin: CORNER, cell, rows: 20, cols: 20 };
    let plain = |bands| Array3::from_elem((bands, 20, 20), 9);
    let grey = world.raster("grey.tif", (0, 0), plain(1));
    let told = with(&|images| images.rvb = vec![grey.clone()]);
    assert!(told.contains("needs three bands") && told.contains("1 band"), "{told}");
    let abroad = world.raster_on("abroad.tif", (grid(CELL), 2972), 3, plain(3));
    let told = with(&|images| images.irc = vec![abroad.clone()]);
    assert!(told.contains("EPSG:2972") && told.contains("EPSG:2154"), "{told}");
    let coarse = world.raster_on("coarse.tif", (grid(50), 2154), 3, plain(3));
    let told = with(&|images| images.rvb = vec![coarse.clone()]);
    assert!(
        told.contains("0.5 m") && told.contains("0.2 m or less") && told.contains("-tr 0.2"),
        "{told}"
    );
    let away = world.raster("away.tif", (4000, 0), plain(3));
    let told = with(&|images| images.irc = vec![away.clone()]);
    assert!(told.contains("`--irc` covers nothing of `--rvb`"), "{told}");
    let void = world.raster("void.tif", (0, 0), Array3::zeros((3, 20, 20)));
    let told = with(&|images| images.irc = vec![void.clone()]);
    assert!(told.contains("no pixel holds data in every channel"), "{told}");
    let told = said(&world, &Case { memory_bytes: Some(1 << 20), ..world.case(good, "out.tif") });
    assert!(told.contains("memory for one row of patches") && told.contains("1.0 MB"), "{told}");
}

#[test]
fn a_model_that_answers_no_probabilities_is_told_where() {
    let world = World::new();
    let images = world.shoot("all", &scene(20, 20), (0, 0), (20, 20));
    let mut case = world.case(images, "out.tif");
    case.description.answer = Answer::Probabilities;
    let told = said(&world, &case);
    assert!(told.contains("answers what its description excludes"), "{told}");
    assert!(told.contains("patch (") && told.contains("logits or probabilities"), "{told}");
}

#[test]
fn a_nomenclature_without_values_numbers_its_classes_from_one() {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let ids = [1, 3].map(nomenclature::ClassId);
    let legend = Legend::of(&nomenclature, &ids, Kind::Class).unwrap();
    assert_eq!((legend.value(0), legend.value(1), legend.nodata), (1, 3, 0));
    let hub = Nomenclature::builtin("flair-hub").unwrap();
    let legend = Legend::of(&hub, &[nomenclature::ClassId(1)], Kind::Class).unwrap();
    assert_eq!((legend.value(0), legend.nodata), (0, 255));
    let colours = legend.raster(Grid { origin: CORNER, cell: 20, rows: 1, cols: 1 }, 2154).colours;
    assert_eq!((colours[0], colours[255]), ([0xdb, 0x0e, 0x9a, 255], [0; 4]));
}

#[test]
fn ground_that_one_product_leaves_uncovered_is_measured() {
    let world = World::new();
    let scene = scene(64, 64);
    let mut images = world.shoot("all", &scene, (0, 0), (64, 64));
    images.irc = world.shoot("west", &scene, (0, 0), (64, 32)).irc;
    let description = Segmentation::from_yaml(DESCRIPTION).unwrap();
    let ground = Ground::open(&images, &description).unwrap();
    let tiling = Tiling::new(2, 0).unwrap();
    let shares = ground.uncovered(&tiling, &images).unwrap();
    assert_eq!(shares.len(), 1);
    assert!((shares[0].1 - 0.5).abs() < 0.04, "{shares:?}");
    assert_eq!(ground.rows().end - ground.rows().start, 64);
}
