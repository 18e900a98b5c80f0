//! Cells of the working grid on disk: a Zarr v3 group of arrays, one array per quantity.
//!
//! Each array is a folder of its own that carries its grid, so a stage publishes the arrays it
//! makes one by one. Shards of [`SHARD`] cells hold compressed and checksummed chunks of
//! [`CHUNK`] cells: a window reads only the chunks it touches. A shard is one file and is replaced
//! as a whole, so **two writers must never share a shard**: give each task whole blocks of
//! [`CubeArray::blocks`].
//!
//! Zarr reads a chunk that was never written as zeros, which would make a half-written array look
//! like an empty one. Here every shard is written, zeros included, and a missing one is an error.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernels::grid::{Grid, Window};
use kernels::lattice::Point;
use ndarray::{Array2, Array3, ArrayView2, Axis, CowArray, Ix3, s};
use serde_json::{Map, Value as Json, json};
use zarrs::array::codec::{Crc32cCodec, ZstdCodec};
use zarrs::array::{
    Array, ArrayBuilder, ArrayBytes, ArraySubset, CodecOptions, DataType, Element, FillValue,
    data_type,
};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;
use zarrs::storage::storage_adapter::atomic_write::AtomicWriteStorageAdapter;

use super::error::{InputError, Result, write_error};
use crate::error::Error;
use crate::spent;

/// Side of a shard, in cells: the unit of writing.
pub const SHARD: usize = 2048;

/// Side of a chunk, in cells: the unit of reading.
pub const CHUNK: usize = 256;

/// On imagery, the noisiest of arrays, level 3 takes 2.4 times as long and saves 1 % of the bytes.
const ZSTD_LEVEL: i32 = 1;

type Store = AtomicWriteStorageAdapter<FilesystemStore>;

/// A cell that an array of the cube can hold: `u8`, `u16` or `u32`.
pub trait CubeCell: Element + Copy + Default + Send + Sync + 'static {
    /// Its Zarr data type.
    fn data_type() -> DataType;
    /// The zero that fills the unused part of the last shards.
    fn fill_value() -> FillValue;
    /// Cells from their bytes in memory.
    fn of_bytes(bytes: Vec<u8>) -> Vec<Self>;
}

impl CubeCell for u8 {
    fn data_type() -> DataType {
        data_type::uint8()
    }

    fn fill_value() -> FillValue {
        FillValue::from(0u8)
    }

    fn of_bytes(bytes: Vec<u8>) -> Vec<Self> {
        bytes
    }
}

impl CubeCell for u16 {
    fn data_type() -> DataType {
        data_type::uint16()
    }

    fn fill_value() -> FillValue {
        FillValue::from(0u16)
    }

    fn of_bytes(bytes: Vec<u8>) -> Vec<Self> {
        bytes.as_chunks().0.iter().map(|&cell| Self::from_ne_bytes(cell)).collect()
    }
}

impl CubeCell for u32 {
    fn data_type() -> DataType {
        data_type::uint32()
    }

    fn fill_value() -> FillValue {
        FillValue::from(0u32)
    }

    fn of_bytes(bytes: Vec<u8>) -> Vec<Self> {
        bytes.as_chunks().0.iter().map(|&cell| Self::from_ne_bytes(cell)).collect()
    }
}

/// The grid of a cube and its CRS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The working grid.
    pub grid: Grid,
    /// EPSG code of its CRS.
    pub epsg: u32,
}

impl Frame {
    fn to_json(self) -> Map<String, Json> {
        let Grid { origin, cell, rows, cols } = self.grid;
        let frame = json!({
            "origin_cm": [origin.x, origin.y],
            "cell_cm": cell,
            "rows": rows,
            "cols": cols,
            "epsg": self.epsg,
        });
        Map::from_iter([("frame".to_owned(), frame)])
    }

    fn from_json(attributes: &Map<String, Json>) -> Option<Self> {
        let frame = attributes.get("frame")?;
        let int = |value: &Json| value.as_i64().and_then(|v| i32::try_from(v).ok());
        let size = |key: &str| frame.get(key)?.as_u64().map(|v| v as usize);
        let origin = frame.get("origin_cm")?.as_array()?;
        Some(Self {
            grid: Grid {
                origin: Point::new(int(origin.first()?)?, int(origin.get(1)?)?),
                cell: int(frame.get("cell_cm")?)?,
                rows: size("rows")?,
                cols: size("cols")?,
            },
            epsg: frame.get("epsg")?.as_u64().and_then(|v| u32::try_from(v).ok())?,
        })
    }
}

/// Writes the root of a cube, an empty group that other tools recognise, in an existing folder.
///
/// # Errors
/// The folder cannot be written.
pub fn create_group(folder: &Path, frame: Frame) -> Result<()> {
    // What an interrupted process left would be refused as another's.
    let _ = std::fs::remove_file(folder.join("zarr.json.tmp"));
    let store = store(folder)?;
    // A process that died here left a temporary file, over which the store does not write.
    let _ = std::fs::remove_file(folder.join("zarr.json.tmp"));
    let mut group =
        GroupBuilder::new().build(store, "/").map_err(|error| write_error(folder, error))?;
    group.attributes_mut().extend(frame.to_json());
    group.store_metadata().map_err(|error| write_error(folder, error))
}

/// One array of the cube, of shape (rows, cols) or (band, rows, cols).
pub struct CubeArray<T> {
    folder: PathBuf,
    frame: Frame,
    bands: Vec<String>,
    array: Array<Store>,
    cell: std::marker::PhantomData<T>,
}

impl<T: CubeCell> CubeArray<T> {
    /// Creates an array in a new or empty folder, such as `cube.zarr/cover`.
    ///
    /// * `bands`: the name of each band; empty for an array of shape (rows, cols).
    /// * `notes`: what else to keep beside the cells, such as a legend.
    ///
    /// # Errors
    /// The folder holds an array already, or cannot be written.
    pub fn create(
        folder: &Path,
        frame: Frame,
        bands: &[&str],
        notes: &Map<String, Json>,
    ) -> Result<Self> {
        if folder.join("zarr.json").exists() {
            return Err(write_error(folder, "it holds an array already"));
        }
        std::fs::create_dir_all(folder).map_err(|error| write_error(folder, error))?;
        let Grid { rows, cols, .. } = frame.grid;
        let (_, shard_rows, shard_cols) = shard_shape(&frame.grid, 1);
        let depth = (!bands.is_empty()).then_some(bands.len());
        let shape = |rows: usize, cols: usize, depth: Option<usize>| -> Vec<u64> {
            depth.into_iter().chain([rows, cols]).map(|n| n as u64).collect()
        };
        let axes: &[&str] = if depth.is_some() { &["band", "y", "x"] } else { &["y", "x"] };
        let mut attributes = frame.to_json();
        attributes.insert("bands".to_owned(), json!(bands));
        attributes.insert("notes".to_owned(), Json::Object(notes.clone()));
        let array = ArrayBuilder::new(
            shape(rows, cols, depth),
            shape(shard_rows, shard_cols, depth),
            T::data_type(),
            T::fill_value(),
        )
        .subchunk_shape(shape(CHUNK, CHUNK, depth.map(|_| 1)))
        .bytes_to_bytes_codecs(vec![
            Arc::new(ZstdCodec::new(ZSTD_LEVEL, false)),
            Arc::new(Crc32cCodec::new()),
        ])
        .dimension_names(Some(axes.iter().copied()))
        .attributes(attributes)
        .build(store(folder)?, "/")
        .map_err(|error| write_error(folder, error))?;
        array.store_metadata().map_err(|error| write_error(folder, error))?;
        Ok(Self::new(folder, frame, bands.iter().map(|&b| b.to_owned()).collect(), array))
    }

    /// Opens an array.
    ///
    /// # Errors
    /// The folder holds no array of cells `T` made by this program.
    pub fn open(folder: &Path) -> Result<Self> {
        let fault = |got: String| -> Error {
            InputError::new(folder, "this array of the cube cannot be opened")
                .got(got)
                .expected(format!("a Zarr array of {:?} with its grid", T::data_type()))
                .hint("run the stage that makes it again with `--from`")
                .into()
        };
        if !folder.join("zarr.json").is_file() {
            return Err(fault("no `zarr.json`".to_owned()));
        }
        let array = Array::open(store(folder)?, "/").map_err(|error| fault(error.to_string()))?;
        if array.data_type() != &T::data_type() {
            return Err(fault(format!("cells of type {:?}", array.data_type())));
        }
        let attributes = array.attributes();
        let frame = Frame::from_json(attributes).ok_or_else(|| fault("no grid".to_owned()))?;
        let bands: Vec<String> = attributes
            .get("bands")
            .and_then(Json::as_array)
            .map(|list| list.iter().filter_map(|b| b.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        let shape = [bands.len() as u64, frame.grid.rows as u64, frame.grid.cols as u64];
        if array.shape() != &shape[usize::from(bands.is_empty())..] {
            return Err(fault(format!("shape {:?}", array.shape())));
        }
        Ok(Self::new(folder, frame, bands, array))
    }

    fn new(folder: &Path, frame: Frame, bands: Vec<String>, array: Array<Store>) -> Self {
        let cell = std::marker::PhantomData;
        Self { folder: folder.to_path_buf(), frame, bands, array, cell }
    }

    /// The grid and its CRS.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The names of the bands; empty for an array of shape (rows, cols).
    pub fn bands(&self) -> &[String] {
        &self.bands
    }

    /// What was kept beside the cells.
    pub fn notes(&self) -> Map<String, Json> {
        let notes = self.array.attributes().get("notes").and_then(Json::as_object);
        notes.cloned().unwrap_or_default()
    }

    /// The blocks to write: each is one shard, cut at the limits of the grid.
    pub fn blocks(&self) -> Vec<Window> {
        self.frame.grid.blocks(SHARD)
    }

    /// Writes a block of [`CubeArray::blocks`], of shape (band, rows, cols) or, which saves a copy at
    /// the limits of the grid, of [`shard_shape`] with zeros beyond the block.
    ///
    /// # Errors
    /// The window is not such a block, the shape is another one, or the disk is full.
    pub fn write<'a>(&self, window: Window, cells: impl Into<CowArray<'a, T, Ix3>>) -> Result<()> {
        let _writing = spent::writing();
        let (cells, depth) = (cells.into(), self.bands.len().max(1));
        let (shape, of_block) =
            (shard_shape(&self.frame.grid, depth), (depth, window.rows, window.cols));
        self.check_block(window, [shape, of_block].contains(&cells.dim()))?;
        let shard = if cells.dim() == shape && cells.is_standard_layout() {
            cells
        } else {
            let mut shard = Array3::<T>::default(shape);
            let (_, rows, cols) = cells.dim();
            shard.slice_mut(s![.., ..rows, ..cols]).assign(&cells);
            shard.into()
        };
        let indices = self.shard_of(window.row, window.col);
        // An interrupted write leaves a temporary file, which this one replaces.
        let key = self.array.chunk_key(&indices);
        let _ = std::fs::remove_file(self.folder.join(format!("{key}.tmp")));
        // Lent: given away, those wider than a byte would be copied.
        self.array
            .store_chunk_opt(&indices, &shard, &options())
            .map_err(|error| write_error(&self.folder.join(key.as_str()), error))
    }

    /// The file of a block's cells.
    pub fn shard_path(&self, window: Window) -> PathBuf {
        self.folder.join(self.array.chunk_key(&self.shard_of(window.row, window.col)).as_str())
    }

    /// Writes a block of an array of shape (rows, cols).
    ///
    /// # Errors
    /// Those of [`CubeArray::write`]; the array has bands.
    pub fn write_plane(&self, window: Window, cells: ArrayView2<'_, T>) -> Result<()> {
        self.check_block(window, self.bands.is_empty())?;
        self.write(window, cells.insert_axis(Axis(0)))
    }

    /// Reads any window, of shape (band, rows, cols).
    ///
    /// # Errors
    /// The window leaves the grid, a shard is missing, or a checksum does not match.
    pub fn read(&self, window: Window) -> Result<Array3<T>> {
        let bands = self.bands.len().max(1);
        self.read_between(0..bands, window)
    }

    /// Reads any window of one band (from 0), of shape (rows, cols).
    ///
    /// # Errors
    /// Those of [`CubeArray::read`]; the band does not exist.
    pub fn read_plane(&self, band: usize, window: Window) -> Result<Array2<T>> {
        Ok(self.read_between(band..band + 1, window)?.index_axis_move(Axis(0), 0))
    }

    fn read_between(&self, bands: std::ops::Range<usize>, window: Window) -> Result<Array3<T>> {
        let _reading = spent::reading();
        let grid = self.frame.grid;
        let is_inside = window.row + window.rows <= grid.rows
            && window.col + window.cols <= grid.cols
            && bands.end <= self.bands.len().max(1);
        if !is_inside {
            return Err(self.damaged(
                "a part outside this array was asked for",
                &format!("bands {bands:?}, {window:?}"),
            ));
        }
        if window.rows == 0 || window.cols == 0 {
            return Ok(Array3::default((bands.len(), window.rows, window.cols)));
        }
        self.check_present(window)?;
        let shape = (bands.len(), window.rows, window.cols);
        let range = |start: usize, n: usize| start as u64..(start + n) as u64;
        let of_bands = (!self.bands.is_empty()).then(|| range(bands.start, bands.len()));
        let of_cells = [range(window.row, window.rows), range(window.col, window.cols)];
        let ranges: Vec<_> = of_bands.into_iter().chain(of_cells).collect();
        // As bytes: they would be copied into cells, even those of a byte.
        let read = self.array.retrieve_array_subset_opt::<ArrayBytes<'static>>(
            &ArraySubset::new_with_ranges(&ranges),
            &options(),
        );
        let damaged = |got: String| self.damaged("this array of the cube is damaged", &got);
        let bytes = read.map_err(|error| damaged(error.to_string()))?;
        let bytes = bytes.into_fixed().map_err(|error| damaged(error.to_string()))?;
        Array3::from_shape_vec(shape, T::of_bytes(bytes.into_owned()))
            .map_err(|error| damaged(error.to_string()))
    }

    /// Checks that every shard is there.
    ///
    /// # Errors
    /// One is missing.
    pub fn check_complete(&self) -> Result<()> {
        self.check_present(self.frame.grid.window())
    }

    fn check_present(&self, window: Window) -> Result<()> {
        for row in window.row / SHARD..(window.row + window.rows).div_ceil(SHARD) {
            for col in window.col / SHARD..(window.col + window.cols).div_ceil(SHARD) {
                let key = self.array.chunk_key(&self.shard_of(row * SHARD, col * SHARD));
                if !self.folder.join(key.as_str()).is_file() {
                    let got = format!("no shard `{key}`");
                    return Err(self.damaged("this array of the cube is incomplete", &got));
                }
            }
        }
        Ok(())
    }

    fn shard_of(&self, row: usize, col: usize) -> Vec<u64> {
        let band = (!self.bands.is_empty()).then_some(0);
        band.into_iter().chain([(row / SHARD) as u64, (col / SHARD) as u64]).collect()
    }

    fn check_block(&self, window: Window, has_shape: bool) -> Result<()> {
        let grid = self.frame.grid;
        let is_whole = |start: usize, n: usize, side: usize| {
            start.is_multiple_of(SHARD) && start < side && n == SHARD.min(side - start)
        };
        if has_shape
            && is_whole(window.row, window.rows, grid.rows)
            && is_whole(window.col, window.cols, grid.cols)
        {
            return Ok(());
        }
        Err(write_error(&self.folder, format!("{window:?} with these cells is not a block of it")))
    }

    fn damaged(&self, what: &str, got: &str) -> Error {
        InputError::new(&self.folder, what)
            .got(got)
            .hint("run the stage that makes it again with `--from`")
            .into()
    }
}

/// Bands, rows and columns of the shards of an array: small grids have small shards.
pub fn shard_shape(grid: &Grid, n_bands: usize) -> (usize, usize, usize) {
    let side = |n: usize| SHARD.min(n.div_ceil(CHUNK).max(1) * CHUNK);
    (n_bands, side(grid.rows), side(grid.cols))
}

fn store(folder: &Path) -> Result<Arc<Store>> {
    let store = FilesystemStore::new(folder).map_err(|error| write_error(folder, error))?;
    Ok(Arc::new(AtomicWriteStorageAdapter::new(Arc::new(store))))
}

/// One thread per call, since chunks take the place in a shard in which they are finished: the
/// callers are parallel by blocks, and the bytes stay the same.
fn options() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1).with_store_empty_chunks(true)
}

#[cfg(test)]
#[path = "cube_tests.rs"]
mod tests;
