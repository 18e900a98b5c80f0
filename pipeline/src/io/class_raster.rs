//! Our own class rasters, one band of `u8` or `u16`, written and read without GDAL.
//!
//! GDAL compresses one tile after the other behind a global cache; here tiles are compressed in
//! parallel and written in order, so the bytes are the same for any number of threads. The `tiff`
//! crate drops bands it does not understand (seen on four-band imagery), so the reader accepts
//! only what the writer makes: one sample, unsigned, in tiles. Anything else goes through
//! [`super::raster`]. Tags: TIFF 6.0, `BigTIFF`, OGC GeoTIFF 1.1 (19-008r4).

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use kernels::grid::Grid;
use kernels::lattice::{Point, STEPS_PER_METRE};
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;
use tiff::decoder::{ChunkType, Decoder, DecodingResult, Limits};
use tiff::encoder::compression::{CompressionAlgorithm, Deflate};
use tiff::encoder::{DirectoryEncoder, TiffEncoder, TiffKindBig};
use tiff::tags::Tag;
use tiff::{TiffError, TiffResult};

use super::cube::Frame;
use super::error::{Error, InputError, Result, write_error};
use super::gdal::TILE_BYTES_MAX;
use super::raster_writer::{TILE, check_complete};

/// Most cells that are read at once: a department of 16,000 km2 at 1 m.
const CELLS_MAX: usize = 16_000_000_000;

const GDAL_NODATA: Tag = Tag::Unknown(42113);
const KEY_MODEL_TYPE: u16 = 1024;
const KEY_RASTER_TYPE: u16 = 1025;
const KEY_PROJECTED_CRS: u16 = 3072;

/// A class or a couple of classes on a cell: `u8` or `u16`.
pub trait ClassCell: Copy + Default + Send + Sync + 'static {
    /// Bits of a cell.
    const BITS: u16;

    /// Adds the cell to bytes, in the byte order of the machine.
    fn push(self, bytes: &mut Vec<u8>);

    /// The cells of a decoded tile, when they are of this type.
    fn decoded(tile: DecodingResult) -> Option<Vec<Self>>;
}

impl ClassCell for u8 {
    const BITS: u16 = 8;

    fn push(self, bytes: &mut Vec<u8>) {
        bytes.push(self);
    }

    fn decoded(tile: DecodingResult) -> Option<Vec<Self>> {
        match tile {
            DecodingResult::U8(cells) => Some(cells),
            _ => None,
        }
    }
}

impl ClassCell for u16 {
    const BITS: u16 = 16;

    fn push(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_ne_bytes());
    }

    fn decoded(tile: DecodingResult) -> Option<Vec<Self>> {
        match tile {
            DecodingResult::U16(cells) => Some(cells),
            _ => None,
        }
    }
}

/// Writes a class raster in which 0 means "no data", then checks that every tile is in the file.
///
/// * `cells`: shape (rows, cols) of the frame's grid.
///
/// The file is neither synchronised nor renamed here.
///
/// # Errors
/// The shape is not the grid's, or the file cannot be written completely.
pub fn write_class_raster<T: ClassCell>(
    path: &Path,
    frame: Frame,
    cells: ArrayView2<'_, T>,
) -> Result<()> {
    let Grid { rows, cols, .. } = frame.grid;
    if cells.dim() != (rows, cols) || rows == 0 || cols == 0 {
        let what = format!("cells of shape {:?}, expected ({rows}, {cols})", cells.dim());
        return Err(write_error(path, what));
    }
    let tiles: Vec<Vec<u8>> = frame
        .grid
        .blocks(TILE)
        .par_iter()
        .map(|w| {
            let part = cells.slice(s![w.row..w.row + w.rows, w.col..w.col + w.cols]);
            compressed(part)
        })
        .collect::<std::io::Result<_>>()
        .map_err(Error::write(path))?;
    let file = File::create(path).map_err(Error::write(path))?;
    let mut buffer = BufWriter::new(file);
    encode::<T>(&mut buffer, frame, &tiles).map_err(|error| write_error(path, error))?;
    buffer.flush().map_err(Error::write(path))?;
    drop(buffer);
    check_complete(path)
}

/// A tile of full size, zeros around the part that is used.
fn compressed<T: ClassCell>(part: ArrayView2<'_, T>) -> std::io::Result<Vec<u8>> {
    let mut tile = Array2::<T>::default((TILE, TILE));
    tile.slice_mut(s![..part.nrows(), ..part.ncols()]).assign(&part);
    let mut raw = Vec::with_capacity(TILE * TILE * usize::from(T::BITS / 8));
    tile.iter().for_each(|cell| cell.push(&mut raw));
    let mut bytes = Vec::new();
    Deflate::default().write_to(&mut bytes, &raw)?;
    Ok(bytes)
}

fn encode<T: ClassCell>(
    file: &mut BufWriter<File>,
    frame: Frame,
    tiles: &[Vec<u8>],
) -> TiffResult<()> {
    let mut encoder = TiffEncoder::new_big(file)?;
    let mut image = encoder.image_directory()?;
    let offsets: Vec<u64> =
        tiles.iter().map(|tile| image.write_data(tile.as_slice())).collect::<TiffResult<_>>()?;
    let sizes: Vec<u64> = tiles.iter().map(|tile| tile.len() as u64).collect();
    image.write_tag(Tag::ImageWidth, frame.grid.cols as u32)?;
    image.write_tag(Tag::ImageLength, frame.grid.rows as u32)?;
    for (tag, value) in [
        (Tag::BitsPerSample, T::BITS),
        (Tag::Compression, 8),
        (Tag::PhotometricInterpretation, 1),
        (Tag::SamplesPerPixel, 1),
        (Tag::PlanarConfiguration, 1),
        (Tag::SampleFormat, 1),
        (Tag::TileWidth, TILE as u16),
        (Tag::TileLength, TILE as u16),
    ] {
        image.write_tag(tag, value)?;
    }
    image.write_tag(Tag::TileOffsets, offsets.as_slice())?;
    image.write_tag(Tag::TileByteCounts, sizes.as_slice())?;
    image.write_tag(GDAL_NODATA, "0")?;
    write_position(&mut image, frame)?;
    image.finish()
}

fn write_position(
    image: &mut DirectoryEncoder<'_, &mut BufWriter<File>, TiffKindBig>,
    frame: Frame,
) -> TiffResult<()> {
    let (west_m, north_m) = frame.grid.origin.to_metres();
    let side_m = f64::from(frame.grid.cell) / f64::from(STEPS_PER_METRE);
    image.write_tag(Tag::ModelPixelScaleTag, &[side_m, side_m, 0.0][..])?;
    image.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, west_m, north_m, 0.0][..])?;
    let epsg = u16::try_from(frame.epsg).map_err(|_| TiffError::IntSizeError)?;
    #[rustfmt::skip]
    let keys: [u16; 16] = [
        1, 1, 0, 3,
        KEY_MODEL_TYPE, 0, 1, 1,
        KEY_RASTER_TYPE, 0, 1, 1,
        KEY_PROJECTED_CRS, 0, 1, epsg,
    ];
    image.write_tag(Tag::GeoKeyDirectoryTag, &keys[..])
}

/// Reads a class raster that [`write_class_raster`] made: its frame, and its cells of shape
/// (rows, cols).
///
/// # Errors
/// The file is missing, truncated, or not such a raster.
pub fn read_class_raster<T: ClassCell>(path: &Path) -> Result<(Frame, Array2<T>)> {
    let fault = |got: String| -> Error {
        InputError::new(path, "this class raster cannot be read")
            .got(got)
            .expected(format!("one band of {}-bit classes in tiles, made by this program", T::BITS))
            .hint("run the stage that makes it again with `--from`")
            .into()
    };
    let file = File::open(path).map_err(Error::read(path))?;
    // The crate's defaults refuse large directories: a department has millions of tile offsets.
    let mut limits = Limits::default();
    limits.decoding_buffer_size = TILE_BYTES_MAX;
    limits.intermediate_buffer_size = TILE_BYTES_MAX;
    limits.ifd_value_size = TILE_BYTES_MAX;
    let mut decoder = Decoder::new(BufReader::new(file))
        .map_err(|error| fault(error.to_string()))?
        .with_limits(limits);
    let frame =
        read_header::<T>(&mut decoder).map_err(|error| fault(error.to_string()))?.map_err(fault)?;
    let cells = read_cells(&mut decoder, frame.grid).map_err(|error| fault(error.to_string()))?;
    Ok((frame, cells))
}

type FileDecoder = Decoder<BufReader<File>>;

/// The outer result is a damaged file, the inner one a file of another kind.
fn read_header<T: ClassCell>(
    decoder: &mut FileDecoder,
) -> TiffResult<std::result::Result<Frame, String>> {
    let (cols, rows) = decoder.dimensions()?;
    let grid_of = |origin, cell| Grid { origin, cell, rows: rows as usize, cols: cols as usize };
    if (rows as usize).saturating_mul(cols as usize) > CELLS_MAX {
        return Ok(Err(format!("{rows} rows and {cols} columns")));
    }
    for (tag, expected) in
        [(Tag::SamplesPerPixel, 1), (Tag::BitsPerSample, T::BITS), (Tag::SampleFormat, 1)]
    {
        let found = decoder.find_tag_unsigned_vec::<u16>(tag)?.unwrap_or_default();
        if found != [expected] {
            return Ok(Err(format!("{tag:?} {found:?}")));
        }
    }
    let side = (TILE as u32, TILE as u32);
    if decoder.get_chunk_type() != ChunkType::Tile || decoder.chunk_dimensions() != side {
        return Ok(Err("another layout of tiles".to_owned()));
    }
    let scale = decoder.get_tag_f64_vec(Tag::ModelPixelScaleTag)?;
    let tie = decoder.get_tag_f64_vec(Tag::ModelTiepointTag)?;
    let keys = decoder.get_tag_u16_vec(Tag::GeoKeyDirectoryTag)?;
    let epsg = keys.chunks_exact(4).find(|key| key[0] == KEY_PROJECTED_CRS).map(|key| key[3]);
    let place = match (&scale[..], &tie[..]) {
        (&[x, y, _], &[0.0, 0.0, _, west_m, north_m, _]) if x.to_bits() == y.to_bits() => {
            let cell = (x * f64::from(STEPS_PER_METRE)).round();
            let is_side = (1.0..=f64::from(i32::MAX / 2)).contains(&cell);
            Point::from_metres(west_m, north_m).filter(|_| is_side).map(|o| (o, cell as i32))
        }
        _ => None,
    };
    Ok(match (place, epsg) {
        (Some((origin, cell)), Some(epsg)) => {
            Ok(Frame { grid: grid_of(origin, cell), epsg: u32::from(epsg) })
        }
        _ => Err("no usable position".to_owned()),
    })
}

fn read_cells<T: ClassCell>(decoder: &mut FileDecoder, grid: Grid) -> TiffResult<Array2<T>> {
    let blocks = grid.blocks(TILE);
    let mismatch = || TiffError::FormatError(tiff::TiffFormatError::InconsistentSizesEncountered);
    if decoder.tile_count()? as usize != blocks.len() {
        return Err(mismatch());
    }
    let mut cells = Array2::<T>::default((grid.rows, grid.cols));
    for (index, w) in (0u32..).zip(&blocks) {
        let tile = T::decoded(decoder.read_chunk(index)?).ok_or_else(mismatch)?;
        let tile = ArrayView2::from_shape((w.rows, w.cols), &tile).map_err(|_| mismatch())?;
        cells.slice_mut(s![w.row..w.row + w.rows, w.col..w.col + w.cols]).assign(&tile);
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::raster::RasterSource;

    fn frame(rows: usize, cols: usize) -> Frame {
        let origin = Point::new(65_000_000, 620_000_050);
        Frame { grid: Grid { origin, cell: 250, rows, cols }, epsg: 2154 }
    }

    fn classes<T: ClassCell>(frame: Frame, class: impl Fn(usize) -> T) -> Array2<T> {
        Array2::from_shape_fn((frame.grid.rows, frame.grid.cols), |(r, c)| {
            class(r / 7 * 5 + c / 11)
        })
    }

    #[test]
    fn gdal_and_we_read_the_same_classes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("couples.tif");
        let frame = frame(700, 1100);
        let cells = classes(frame, |v| (v * 257 % 3600) as u16);
        write_class_raster(&path, frame, cells.view()).unwrap();
        assert_eq!(read_class_raster::<u16>(&path).unwrap(), (frame, cells.clone()));
        let source = RasterSource::open(&path).unwrap();
        let info = source.info();
        assert_eq!((info.epsg, info.nodata, info.bands), (Some(2154), Some(0.0), 1));
        let georef = info.georef().unwrap();
        assert_eq!((georef.west_m, georef.north_m), (650_000.0, 6_200_000.5));
        assert_eq!((georef.pixel_width_m, georef.pixel_height_m), (2.5, 2.5));
        assert_eq!(source.read::<u16>(1, info.window()).unwrap(), cells);
    }

    #[test]
    fn bytes_do_not_depend_on_the_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        let frame = frame(1300, 1100);
        let cells = classes(frame, |v| v as u8);
        let bytes = [1, 3].map(|threads| {
            let path = folder.path().join(format!("{threads}.tif"));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| write_class_raster(&path, frame, cells.view())).unwrap();
            std::fs::read(path).unwrap()
        });
        assert!(bytes[0] == bytes[1]);
    }

    #[test]
    fn other_rasters_and_cut_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        let frame = frame(600, 600);
        let cells = classes(frame, |v| (v * 37) as u8);
        write_class_raster(&path, frame, cells.view()).unwrap();
        assert!(read_class_raster::<u16>(&path).is_err(), "other cells");
        assert!(write_class_raster(&path, frame, cells.slice(s![1.., ..])).is_err());
        let bytes = std::fs::read(&path).unwrap();
        for percent in [0, 1, 30, 60, 90, 99] {
            std::fs::write(&path, &bytes[..bytes.len() * percent / 100]).unwrap();
            assert!(read_class_raster::<u8>(&path).is_err(), "cut at {percent} %");
        }
        assert!(read_class_raster::<u8>(&folder.path().join("missing.tif")).is_err());
    }

    #[test]
    fn an_image_of_several_bands_is_refused() {
        use crate::io::raster_writer::{RasterSpec, write_geotiff};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rgb.tif");
        let spec = RasterSpec {
            grid: frame(20, 20).grid,
            bands: 4,
            epsg: 2154,
            nodata: None,
            compression: crate::io::raster_writer::Compression::Deflate,
            colours: Vec::new(),
        };
        write_geotiff(&path, &spec, |_| Ok(ndarray::Array3::<u8>::zeros((4, 20, 20)))).unwrap();
        let fault = read_class_raster::<u8>(&path).unwrap_err().to_string();
        assert!(fault.contains("SamplesPerPixel [4]"), "{fault}");
    }
}
