//! `millesime deliver qgis` and `deliver web` on drawn vintages, as a user types them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use kernels::lattice::{Point, Polygon, Ring};
use pipeline::io::raster::RasterSource;
use pipeline::io::record::{Deliverable, OccupationRecord};
use pipeline::io::schema::Names;
use pipeline::io::vector::VectorSource;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use pipeline::stamp::Stamp;
use serde_json::Value;

use crate::deliver::files;
use crate::explain::Drawn;

/// Where each territory is drawn: EPSG code, easting and northing in metres.
const REUNION: (u32, i32, i32) = (2975, 340_000, 7_660_000);

fn project(folder: &Path, name: &str) -> String {
    let mut zip = zip::ZipArchive::new(File::open(folder.join(name)).unwrap()).unwrap();
    assert_eq!(zip.len(), 1);
    let mut text = String::new();
    zip.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// What stands between two texts, wherever they stand.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

#[test]
fn a_project_points_to_layers_of_the_result_by_relative_paths() {
    let drawn = Drawn::new();
    let told = drawn.told(&["deliver", "qgis", "out"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let folder = drawn.path("out/qgis");
    let text = project(&folder, "projet_2018_2021_11.qgz");
    let sources = between(&text, "<datasource>", "</datasource>");
    assert!(sources.len() >= 8, "{sources:?}");
    for source in sources {
        let (file, table) = source.split_once("|layername=").unwrap();
        assert!(file.starts_with("../"), "{file}");
        VectorSource::open(&folder.join(file), Some(table)).unwrap();
    }
    let groups = between(&text, "<layer-tree-group name=\"", "\"");
    let wanted = ["Territoires", "Corrections et anomalies", "Changements"];
    assert_eq!(groups[..3], wanted);
    assert_eq!(groups[3..], ["Artificialisation", "Millésimes"]);
    assert!(folder.join("styles/occupation_2021/couverture-2.sld").is_file());
    assert!(drawn.told(&["deliver", "qgis", "out"]).contains("complete, kept"));
}

#[test]
fn delivered_layers_open_in_their_colours() {
    let drawn = Drawn::new();
    let path = drawn.path("out/artif_2021_11.gpkg");
    let source = VectorSource::open(&path, Some("layer_styles")).unwrap().assume_epsg(2154);
    let columns = ["styleName", "useAsDefault", "styleQML", "styleSLD"]
        .map(|column| source.require_column(&[column]).unwrap());
    let rows: Vec<_> = source.features(&columns, 2154).unwrap().map(Result::unwrap).collect();
    let text = |row: usize, column: usize| rows[row].values[column].text().unwrap();
    let names: Vec<String> = (0..rows.len()).map(|row| text(row, 0)).collect();
    assert_eq!(names, ["Artificialisation", "Effet des seuils", "Couverture", "Usage"]);
    assert_eq!((0..4).map(|row| text(row, 1)).collect::<String>(), "1000");
    assert!(text(2, 2).contains("value=\"CS1.1.1.1\"") && text(2, 3).contains("#ff377a"));
    // Whoever asks for the layer of the file gets the data.
    assert_eq!(VectorSource::open(&path, None).unwrap().info().name, "artif_2021_11");
}

#[test]
fn the_same_result_gives_the_same_bytes_wherever_it_stands() {
    let drawn = Drawn::new();
    for kind in ["qgis", "web"] {
        let first = drawn.told(&["deliver", kind, "out"]);
        assert!(first.starts_with("exit code: 0"), "{first}");
        let before = files(&drawn.path(&format!("out/{kind}")));
        fs::remove_dir_all(drawn.path(&format!("out/{kind}"))).unwrap();
        drawn.told(&["deliver", kind, "out"]);
        assert_eq!(files(&drawn.path(&format!("out/{kind}"))), before, "{kind}");
        assert!(!drawn.path(&format!("out/{kind}/.work")).exists(), "{kind}");
    }
}

/// A number in bytes of seven bits, the lowest first.
fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for place in 0.. {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            break;
        }
    }
    number
}

/// The fields of a message: number and bytes, or number and value.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>, u64)> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let number = varint(&mut bytes);
        if key & 7 == 2 {
            let (value, rest) = bytes.split_at(number as usize);
            all.push((key >> 3, value.to_vec(), 0));
            bytes = rest;
        } else {
            all.push((key >> 3, Vec::new(), number));
        }
    }
    all
}

/// The doubled area of a geometry: positive for exteriors, negative for holes.
fn twice_area(mut geometry: &[u8]) -> i64 {
    let (mut area, mut ring, mut pen) = (0, Vec::new(), (0_i64, 0_i64));
    while !geometry.is_empty() {
        let command = varint(&mut geometry);
        for _ in 0..command >> 3 {
            if command & 7 == 7 {
                let next = ring.iter().cycle().skip(1);
                area += ring
                    .iter()
                    .zip(next)
                    .map(|(a, b): (&(i64, i64), &(i64, i64))| a.0 * b.1 - b.0 * a.1)
                    .sum::<i64>();
                ring.clear();
                continue;
            }
            let mut step = || {
                let number = varint(&mut geometry);
                (number >> 1) as i64 ^ -((number & 1) as i64)
            };
            pen = (pen.0 + step(), pen.1 + step());
            ring.push(pen);
        }
    }
    area
}

/// Number of features and doubled area of each layer of a tile.
type Layers = BTreeMap<String, (usize, i64)>;

/// The tiles of an archive by their ids.
fn tiles(path: &Path) -> Vec<(u64, Layers)> {
    let bytes = fs::read(path).unwrap();
    let at =
        |place: usize| u64::from_le_bytes(bytes[place..place + 8].try_into().unwrap()) as usize;
    let unpacked = |part: &[u8]| {
        let mut all = Vec::new();
        GzDecoder::new(part).read_to_end(&mut all).unwrap();
        all
    };
    assert_eq!(&bytes[..8], b"PMTiles\x03");
    let root = unpacked(&bytes[at(8)..at(8) + at(16)]);
    let mut root = root.as_slice();
    let n = varint(&mut root) as usize;
    let mut column = || (0..n).map(|_| varint(&mut root)).collect::<Vec<u64>>();
    let [steps, _, lengths, offsets] = [column(), column(), column(), column()];
    let (mut id, mut end, mut all) = (0, 0, Vec::new());
    for ((step, length), offset) in steps.into_iter().zip(lengths).zip(offsets) {
        id += step;
        let start = if offset == 0 { end } else { offset as usize - 1 };
        end = start + length as usize;
        let data = at(56);
        let tile = unpacked(&bytes[data + start..data + end]);
        let layers = fields(&tile).into_iter().map(|(_, layer, _)| {
            let parts = fields(&layer);
            let of = |wanted| parts.iter().filter(move |part| part.0 == wanted);
            let name = String::from_utf8(of(1).next().unwrap().1.clone()).unwrap();
            let areas = of(2).map(|(_, feature, _)| {
                let parts = fields(feature);
                twice_area(&parts.iter().find(|part| part.0 == 4).unwrap().1)
            });
            let areas: Vec<i64> = areas.collect();
            let is_drawn = name != "changements_points";
            assert!(areas.iter().all(|&area| (area > 0) == is_drawn), "a polygon turns wrongly");
            (name, (areas.len(), areas.iter().sum()))
        });
        all.push((id, layers.collect()));
    }
    all
}

#[test]
fn tiles_of_the_finest_zoom_hold_the_whole_ground_in_every_layer() {
    let drawn = Drawn::new();
    let told = drawn.told(&["deliver", "web", "out", "--cell-m", "1"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let tiles = tiles(&drawn.path("out/web/occupation_2021_11.pmtiles"));
    // Tiles of zoom 14 come after all those of the zooms above.
    let first = ((1_u64 << 28) - 1) / 3;
    let finest: Vec<_> = tiles.iter().filter(|(id, _)| *id >= first).collect();
    assert!(!finest.is_empty());
    let sum = |layer: &str| -> i64 {
        finest.iter().filter_map(|(_, layers)| layers.get(layer)).map(|found| found.1).sum()
    };
    // The status is cut otherwise than the vintage, and covers the same ground to the last step.
    assert_eq!(sum("occupation"), sum("artif"));
    // 4,000 of 20,000 m2 changed.
    let share = sum("changements") as f64 / sum("occupation") as f64;
    assert!((share - 0.2).abs() < 0.01, "{share}");
    let n: usize = finest.iter().map(|(_, layers)| layers["occupation"].0).sum();
    assert!(n >= 4, "{n} features");
}

#[test]
fn a_change_too_small_to_be_drawn_is_a_point_at_every_zoom() {
    let drawn = Drawn::new();
    drawn.told(&["deliver", "web", "out", "--cell-m", "1"]);
    let tiles = tiles(&drawn.path("out/web/occupation_2021_11.pmtiles"));
    let n_at = |zoom: u32, layer: &str| -> usize {
        let first = |zoom: u32| ((1_u64 << (2 * zoom)) - 1) / 3;
        let of_zoom = tiles.iter().filter(|(id, _)| (first(zoom)..first(zoom + 1)).contains(id));
        of_zoom.filter_map(|(_, layers)| layers.get(layer)).map(|found| found.0).sum()
    };
    assert_eq!((n_at(14, "changements_points"), n_at(14, "changements") > 0), (0, true));
    for zoom in 5..=14 {
        assert!(n_at(zoom, "changements") + n_at(zoom, "changements_points") > 0, "zoom {zoom}");
    }
    // 200 m are less than a step of 306 m.
    assert_eq!((n_at(5, "changements"), n_at(5, "changements_points")), (0, 1));
    let style = fs::read_to_string(drawn.path("out/web/style_2021_11.json")).unwrap();
    let style: Value = serde_json::from_str(&style).unwrap();
    let layers = style["layers"].as_array().unwrap();
    let points: Vec<&Value> =
        layers.iter().filter(|layer| layer["source-layer"] == "changements_points").collect();
    assert_eq!(points.len(), 2);
    assert!(points.iter().all(|layer| layer["type"] == "circle"));
}

#[test]
fn rasters_hold_the_cells_of_the_polygons_and_the_catalogue_their_hashes() {
    let drawn = Drawn::new();
    drawn.told(&["deliver", "web", "out", "--cell-m", "1"]);
    let folder = drawn.path("out/web");
    let source = RasterSource::open(&folder.join("changements_2018_2021_11.tif")).unwrap();
    assert_eq!((source.info().rows, source.info().cols), (100, 200));
    let window = kernels::grid::Window { row: 0, col: 0, rows: 100, cols: 200 };
    let cells: ndarray::Array2<u8> = source.read(1, window).unwrap();
    let count = |value: u8| cells.iter().filter(|&&cell| cell == value).count();
    // The yard became artificial; nothing else changed.
    assert_eq!((count(0), count(1), count(2), count(3), count(4)), (0, 16_000, 0, 4_000, 0));
    let text = fs::read_to_string(folder.join("occupation-du-sol-11-2021.json")).unwrap();
    let item: Value = serde_json::from_str(&text).unwrap();
    let assets = item["assets"].as_object().unwrap();
    assert!(assets.len() >= 10, "{}", assets.len());
    for (key, asset) in assets {
        let stamp = Stamp::of(&folder.join(asset["href"].as_str().unwrap())).unwrap();
        assert_eq!(asset["file:checksum"], format!("1220{}", stamp.sha256), "{key}");
        assert_eq!(asset["file:size"], stamp.bytes);
    }
    let [west, south, east, north] = [0, 1, 2, 3].map(|i| item["bbox"][i].as_f64().unwrap());
    // 650 km east and 6,230 km north in Lambert-93.
    assert!((2.38..2.40).contains(&west) && (43.16..43.18).contains(&south));
    assert!(west < east && south < north);
}

/// A rectangle in metres from where a territory begins.
fn polygon((_, east, north): (u32, i32, i32), [w, s, e, n]: [i32; 4]) -> Polygon {
    let corners = [(w, s), (e, s), (e, n), (w, n)];
    let point = |(x, y): (i32, i32)| Point::new((east + x) * 100, (north + y) * 100);
    Polygon { exterior: Ring(corners.map(point).to_vec()), holes: Vec::new() }
}

/// Two equal vintages of two polygons overseas, compared.
fn unchanged_overseas() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    for year in [2018, 2022] {
        let names =
            Names { department: "974".to_owned(), vintage: year, prior: year, epsg: REUNION.0 };
        let path = dir.path().join(format!("{year}.gpkg"));
        let mut file = Deliverable::<OccupationRecord>::create(&path, &names, &[]).unwrap();
        for (id, code_cs, rectangle) in
            [("cane", "CS2.2.1", [0, 0, 500, 400]), ("sea", "CS1.2.2", [500, 0, 900, 400])]
        {
            let record = OccupationRecord {
                id: id.to_owned(),
                code_cs: code_cs.to_owned(),
                code_us: "US1.1".to_owned(),
                vintage: year,
                source: "photo".to_owned(),
                ..OccupationRecord::default()
            };
            file.add(&polygon(REUNION, rectangle), &record).unwrap();
        }
        file.finish().unwrap();
    }
    let communes = LayerSpec {
        name: "communes".to_owned(),
        title: "communes".to_owned(),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: REUNION.0,
        file_epsg: REUNION.0,
        fields: ["insee", "nom"].map(|name| Field::optional(name, FieldKind::Text)).into(),
    };
    let path = dir.path().join("communes.gpkg");
    let mut file = VectorWriter::create(&path, VectorFormat::GeoPackage, &[communes]).unwrap();
    let shape = polygon(REUNION, [0, 0, 900, 400]);
    file.add(0, 1, Shape::Polygon(&shape), &["97411".into(), "Saint-Denis".into()]).unwrap();
    file.finish().unwrap();
    let args = "compare --department 974 --before 2018.gpkg --after 2022.gpkg --years 2018,2022 \
                --territories communes.gpkg --out out --deliver qgis,web";
    let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
    let output = command.args(args.split_whitespace()).current_dir(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let out = dir.path().join("out");
    (dir, out)
}

#[test]
fn an_island_overseas_without_any_change_is_delivered_too() {
    let (_dir, out) = unchanged_overseas();
    let text = project(&out.join("qgis"), "projet_2018_2022_974.qgz");
    assert!(text.contains("<authid>EPSG:2975</authid>") && !text.contains("EPSG:2154"));
    let tiles = tiles(&out.join("web/occupation_2022_974.pmtiles"));
    assert!(tiles.iter().all(|(_, layers)| !layers.contains_key("changements")));
    assert!(tiles.iter().any(|(_, layers)| layers.contains_key("occupation")));
    let text = fs::read_to_string(out.join("web/occupation-du-sol-974-2022.json")).unwrap();
    let item: Value = serde_json::from_str(&text).unwrap();
    let (west, south) = (item["bbox"][0].as_f64().unwrap(), item["bbox"][1].as_f64().unwrap());
    // Saint-Denis is at 55.45 east, 20.88 south; the drawing lies a little away.
    assert!((55.3..55.6).contains(&west) && (-21.3..-20.8).contains(&south), "{west} {south}");
    assert_eq!(item["properties"]["proj:epsg"], 2975);
}

#[test]
fn a_folder_without_result_and_a_changed_file_are_refused() {
    let drawn = Drawn::new();
    fs::create_dir(drawn.path("empty")).unwrap();
    for kind in ["qgis", "web"] {
        let told = drawn.told(&["deliver", kind, "empty"]);
        assert!(told.starts_with("exit code: 4"), "{told}");
    }
    let told = drawn.told(&["deliver", "web", "out", "--cell-m", "0.01"]);
    assert!(told.starts_with("exit code: 2"), "{told}");
    let path = drawn.path("out/artif_2021_11.gpkg");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let told = drawn.told(&["deliver", "web", "out"]);
    assert!(told.starts_with("exit code: 9"), "{told}");
    assert!(!drawn.path("out/web/manifest.json").exists());
}

#[test]
#[ignore = "needs QGIS 3.22 or later with Python: apt-get install qgis python3-qgis qgis-providers"]
fn a_real_qgis_opens_every_layer_and_finds_every_feature_in_the_legend() {
    let drawn = Drawn::new();
    drawn.told(&["deliver", "qgis", "out"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/open_project.py");
    let output = Command::new(script)
        .arg(drawn.path("out/qgis/projet_2018_2021_11.qgz"))
        .arg(drawn.path("pictures"))
        .env("QT_QPA_PLATFORM", "offscreen")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("Occupation du sol 2021 / Couverture: 4 of 14 entries in use"), "{told}");
}
