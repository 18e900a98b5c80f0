use super::*;

fn frame(rows: usize, cols: usize) -> Frame {
    let origin = Point::new(65_000_000, 620_000_000);
    Frame { grid: Grid { origin, cell: 100, rows, cols }, epsg: 2154 }
}

fn cells<T: CubeCell>(window: Window, cell: impl Fn(usize, usize) -> T) -> Array2<T> {
    Array2::from_shape_fn((window.rows, window.cols), |(r, c)| cell(window.row + r, window.col + c))
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_grid_smaller_than_a_shard_survives_with_bands_and_notes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cube.zarr/imagery");
    create_group(&folder.path().join("cube.zarr"), frame(300, 40)).unwrap();
    let notes = Map::from_iter([("scale".to_owned(), json!(4))]);
    let array = CubeArray::<u8>::create(&path, frame(300, 40), &["red", "green"], &notes).unwrap();
    assert_eq!(array.blocks(), [frame(300, 40).grid.window()]);
    let written = Array3::from_shape_fn((2, 300, 40), |(b, r, c)| (b * 100 + r * 3 + c) as u8);
    array.write(array.blocks()[0], written.view()).unwrap();

    let array = CubeArray::<u8>::open(&path).unwrap();
    assert_eq!(array.frame(), frame(300, 40));
    assert_eq!(array.bands(), ["red", "green"]);
    assert_eq!(array.notes(), notes);
    array.check_complete().unwrap();
    let window = Window { row: 250, col: 10, rows: 20, cols: 30 };
    assert_eq!(array.read(window).unwrap(), written.slice(s![.., 250..270, 10..40]));
    assert_eq!(array.read_plane(1, window).unwrap(), written.slice(s![1, 250..270, 10..40]));
    assert!(CubeArray::<u16>::open(&path).is_err(), "opened as another type");
    assert!(CubeArray::<u8>::create(&path, frame(3, 4), &[], &notes).is_err(), "created twice");
}

#[test]
fn a_block_given_as_a_whole_shard_is_the_same_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let frame = frame(SHARD + 300, 40);
    let paths = ["block", "shard"].map(|name| folder.path().join(name));
    let [of_blocks, of_shards] = paths
        .each_ref()
        .map(|path| CubeArray::<u8>::create(path, frame, &["a", "b"], &Map::new()).unwrap());
    for window in of_blocks.blocks() {
        let shape = (2, window.rows, window.cols);
        let cells = Array3::from_shape_fn(shape, |(b, r, c)| (b + r * 3 + c * 7) as u8);
        let mut shard = Array3::zeros(shard_shape(&frame.grid, 2));
        shard.slice_mut(s![.., ..window.rows, ..window.cols]).assign(&cells);
        of_blocks.write(window, cells).unwrap();
        of_shards.write(window, shard).unwrap();
        let other = Array3::<u8>::zeros((2, window.rows + 1, window.cols));
        assert!(of_blocks.write(window, other).is_err());
    }
    let bytes =
        |path: &PathBuf| files(path).into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>();
    assert_eq!(bytes(&paths[0]), bytes(&paths[1]));
}

#[test]
fn a_root_whose_making_was_interrupted_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zarr.json.tmp"), "ha").unwrap();
    create_group(folder.path(), frame(300, 40)).unwrap();
    assert!(folder.path().join("zarr.json").is_file());
    assert!(!folder.path().join("zarr.json.tmp").exists());
    create_group(folder.path(), frame(300, 40)).unwrap();
}

#[test]
fn windows_cross_shards_and_missing_ones_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior");
    let array = CubeArray::<u16>::create(&path, frame(2100, 2300), &[], &Map::new()).unwrap();
    let value = |r: usize, c: usize| (r * 7 + c) as u16;
    let blocks = array.blocks();
    assert_eq!(blocks.len(), 4);
    for &block in &blocks[1..] {
        array.write_plane(block, cells(block, value).view()).unwrap();
    }
    let across = Window { row: 2040, col: 2040, rows: 30, cols: 30 };
    let fault = array.read(across).unwrap_err().to_string();
    assert!(fault.contains("incomplete") && fault.contains("c/0/0"), "{fault}");
    assert!(array.check_complete().is_err());
    let written = Window { row: 0, col: 2048, rows: 2100, cols: 252 };
    assert_eq!(array.read_plane(0, written).unwrap(), cells(written, value));

    array.write_plane(blocks[0], cells(blocks[0], value).view()).unwrap();
    array.check_complete().unwrap();
    assert_eq!(array.read_plane(0, across).unwrap(), cells(across, value));
    assert!(array.read_plane(1, across).is_err());
    assert!(array.read(Window { row: 2090, ..across }).is_err());
}

#[test]
fn an_array_of_zeros_is_complete_and_not_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zeros");
    let array = CubeArray::<u32>::create(&path, frame(10, 10), &[], &Map::new()).unwrap();
    assert!(array.check_complete().is_err());
    let window = array.blocks()[0];
    array.write_plane(window, Array2::zeros((10, 10)).view()).unwrap();
    array.check_complete().unwrap();
    assert_eq!(array.read_plane(0, window).unwrap(), Array2::<u32>::zeros((10, 10)));
}

#[test]
fn only_whole_blocks_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let array = CubeArray::<u8>::create(&path, frame(2100, 10), &[], &Map::new()).unwrap();
    for window in [
        Window { row: 0, col: 0, rows: 2047, cols: 10 },
        Window { row: 1, col: 0, rows: 2048, cols: 10 },
        Window { row: 2048, col: 0, rows: 53, cols: 10 },
        Window { row: 4096, col: 0, rows: 1, cols: 10 },
    ] {
        let zeros = Array2::zeros((window.rows, window.cols));
        assert!(array.write_plane(window, zeros.view()).is_err(), "{window:?}");
    }
    assert!(array.write_plane(array.blocks()[0], Array2::zeros((1, 1)).view()).is_err());
}

#[test]
fn bytes_do_not_depend_on_order_nor_threads_and_a_stale_temporary_is_replaced() {
    use rayon::prelude::*;
    let folder = tempfile::tempdir().unwrap();
    let value = |r: usize, c: usize| ((r / 5) ^ (c / 3)) as u8;
    let make = |name: &str| {
        let path = folder.path().join(name);
        let array = CubeArray::<u8>::create(&path, frame(4100, 2100), &[], &Map::new()).unwrap();
        (path, array)
    };
    let (a, first) = make("a");
    for block in first.blocks() {
        first.write_plane(block, cells(block, value).view()).unwrap();
    }
    let (b, second) = make("b");
    std::fs::create_dir_all(b.join("c/1")).unwrap();
    std::fs::write(b.join("c/1/1.tmp"), "torn").unwrap();
    let mut blocks = second.blocks();
    blocks.reverse();
    blocks.par_iter().for_each(|&block| {
        second.write_plane(block, cells(block, value).view()).unwrap();
    });
    let strip = |path: &Path| -> Vec<_> {
        files(path)
            .into_iter()
            .map(|(file, bytes)| (file.strip_prefix(path).unwrap().to_owned(), bytes))
            .collect()
    };
    assert!(strip(&a) == strip(&b));
    assert_eq!(files(&a).len(), 7);
}

#[test]
fn a_flipped_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let array = CubeArray::<u8>::create(&path, frame(256, 256), &[], &Map::new()).unwrap();
    let window = array.blocks()[0];
    let noise = cells(window, |r, c| ((r * 2_654_435_761) ^ (c * 40_503)) as u8);
    array.write_plane(window, noise.view()).unwrap();
    let shard = path.join("c/0/0");
    let mut bytes = std::fs::read(&shard).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&shard, &bytes).unwrap();
    assert!(array.read(window).is_err());
    std::fs::write(&shard, &bytes[..middle]).unwrap();
    assert!(array.read(window).is_err());
    std::fs::write(path.join("zarr.json"), "{}").unwrap();
    assert!(CubeArray::<u8>::open(&path).is_err());
}
