//! The tiles of `GeoTIFF`s of one common layout, decoded into pixels that are used where they lie.
//!
//! GDAL reads every other ortho. Of 8-bit pixels in ZSTD, the layout that orthos are best kept in for
//! this program, it spends a third of its time on copies: from a tile to bands of its cache, and
//! from there to the window asked for.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::fs::FileExt;

use kernels::differences;
use ndarray::{Array2, ArrayView2};
use tiff::decoder::{ChunkType, Decoder};
use tiff::tags::Tag;
use tiff::{TiffError, TiffResult};
use zstd::bulk::Decompressor;

use super::info::{CellType, RasterInfo};
use crate::spent;

/// Largest tile that is decoded here, in bytes.
const TILE_BYTES_MAX: usize = 16 << 20;

/// Numbers of the TIFF 6.0 specification and of libtiff's list of codecs.
const ZSTD: u16 = 50_000;
const NO_PREDICTOR: u16 = 1;
const HORIZONTAL_PREDICTOR: u16 = 2;
const BLACK_IS_ZERO: u16 = 1;
const RGB: u16 = 2;

/// A `GeoTIFF` whose tiles are decoded here: 8-bit bands, pixel by pixel, in ZSTD.
pub(crate) struct TileFile {
    file: File,
    bands: usize,
    /// Rows and columns of a tile.
    side: (usize, usize),
    /// Tiles in a row of them.
    across: usize,
    /// Whether a pixel is stored as what it differs from the one before it.
    is_difference: bool,
    /// Where each tile begins in the file, and its bytes.
    places: Vec<(u64, usize)>,
}

/// The pixels of the tile that was decoded last, and what decoding works with; may serve any file.
#[derive(Default)]
pub(crate) struct Decoding {
    zstd: Option<Decompressor<'static>>,
    packed: Vec<u8>,
    pixels: Vec<u8>,
}

impl TileFile {
    /// Opens the raster of a header; `None` when it is of any other layout, was replaced, or is not
    /// to be trusted: then GDAL reads it, and tells what is wrong with it.
    pub(crate) fn open(info: &RasterInfo) -> Option<Self> {
        if info.has_mask || info.cell_type != CellType::U8 {
            return None;
        }
        let file = File::open(&info.path).ok()?;
        Self::read(file, info).ok().flatten()
    }

    fn read(file: File, info: &RasterInfo) -> TiffResult<Option<Self>> {
        let size = file.metadata()?.len();
        let mut header = Decoder::new(BufReader::new(file.try_clone()?))?;
        let (cols, rows) = header.dimensions()?;
        let (tile_cols, tile_rows) = header.chunk_dimensions();
        let side = (tile_rows as usize, tile_cols as usize);
        let tile_bytes = side.0.saturating_mul(side.1).saturating_mul(info.bands);
        let is_same = (rows as usize, cols as usize) == (info.rows, info.cols)
            && side == (info.block_rows, info.block_cols)
            && header.get_chunk_type() == ChunkType::Tile;
        if !is_same || !(1..=TILE_BYTES_MAX).contains(&tile_bytes) {
            return Ok(None);
        }
        let Some(is_difference) = predictor(&mut header, info.bands)? else { return Ok(None) };
        let offsets = header.get_tag_u64_vec(Tag::TileOffsets)?;
        let lengths = header.get_tag_u64_vec(Tag::TileByteCounts)?;
        let across = info.cols.div_ceil(side.1);
        // A tile that is left out takes no byte; a packed one is hardly larger than its pixels.
        let fits = |(&offset, &length): (&u64, &u64)| {
            (1..=2 * tile_bytes as u64 + 1024).contains(&length)
                && offset.checked_add(length).is_some_and(|end| end <= size)
        };
        if offsets.len() != across * info.rows.div_ceil(side.0)
            || lengths.len() != offsets.len()
            || !offsets.iter().zip(&lengths).all(fits)
        {
            return Ok(None);
        }
        let places = offsets.into_iter().zip(lengths).map(|(at, length)| (at, length as usize));
        let places = places.collect();
        Ok(Some(Self { file, bands: info.bands, side, across, is_difference, places }))
    }

    /// The bands of a pixel.
    pub(crate) fn bands(&self) -> usize {
        self.bands
    }

    /// Rows and columns of a tile; those at the far sides reach beyond the raster.
    pub(crate) fn side(&self) -> (usize, usize) {
        self.side
    }

    /// The rank of a tile, by its row and column among the tiles.
    pub(crate) fn rank(&self, row: usize, col: usize) -> usize {
        row * self.across + col
    }

    /// Decodes the tile of a rank: rows of pixels, the bands of each together, of shape
    /// (rows, cols * bands).
    ///
    /// # Errors
    /// The file cannot be read, or the tile is damaged.
    pub(crate) fn decode<'a>(
        &self,
        rank: usize,
        decoding: &'a mut Decoding,
    ) -> io::Result<ArrayView2<'a, u8>> {
        let (rows, cols) = self.side;
        let line = cols * self.bands;
        self.unpack(rank, decoding)?;
        if self.is_difference {
            for line in decoding.pixels.chunks_exact_mut(line) {
                differences::undo(line, self.bands);
            }
        }
        let pixels = ArrayView2::from_shape((rows, line), &decoding.pixels);
        Ok(pixels.expect("the buffer was made of this size"))
    }

    /// The bytes of a tile as they were before they were compressed.
    fn unpack(&self, rank: usize, decoding: &mut Decoding) -> io::Result<()> {
        let _reading = spent::reading();
        let Decoding { zstd, packed, pixels } = decoding;
        let (offset, length) = self.places[rank];
        packed.resize(length, 0);
        self.file.read_exact_at(packed, offset)?;
        pixels.resize(self.side.0 * self.side.1 * self.bands, 0);
        let zstd = match zstd {
            Some(zstd) => zstd,
            none => none.insert(Decompressor::new()?),
        };
        // Into a slice: a vector would be made as long as the tile is.
        if zstd.decompress_to_buffer(packed, pixels.as_mut_slice())? == pixels.len() {
            return Ok(());
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// 0 where every band of a pixel holds `void`, else 255, of shape (rows, cols); `None` when no pixel
    /// does.
    ///
    /// * `pixels`: some of a tile, as [`TileFile::decode`] gives them.
    pub(crate) fn not_all(&self, void: u8, pixels: ArrayView2<'_, u8>) -> Option<Array2<u8>> {
        let is_void = |pixel: &[u8]| pixel.iter().all(|&byte| byte == void);
        let mut valid = None;
        for (row, line) in pixels.rows().into_iter().enumerate() {
            let line = line.to_slice().expect("a row of a tile comes in one piece");
            // Most lines hold no such byte, which is quickly told.
            if !line.contains(&void) || !line.chunks_exact(self.bands).any(is_void) {
                continue;
            }
            let shape = (pixels.nrows(), line.len() / self.bands);
            let valid = valid.get_or_insert_with(|| Array2::from_elem(shape, u8::MAX));
            for (valid, pixel) in valid.row_mut(row).iter_mut().zip(line.chunks_exact(self.bands)) {
                *valid = u8::from(!is_void(pixel)).wrapping_neg();
            }
        }
        valid
    }
}

/// Whether pixels are stored as differences; `None` when they are stored in a way that is not read
/// here.
fn predictor(header: &mut Decoder<BufReader<File>>, bands: usize) -> TiffResult<Option<bool>> {
    let mut number = |tag| header.find_tag_unsigned::<u16>(tag);
    let is_plain = number(Tag::Compression)? == Some(ZSTD)
        && number(Tag::PlanarConfiguration)?.unwrap_or(1) == 1
        && number(Tag::FillOrder)?.unwrap_or(1) == 1
        && matches!(number(Tag::PhotometricInterpretation)?, Some(BLACK_IS_ZERO | RGB));
    let predictor = number(Tag::Predictor)?.unwrap_or(NO_PREDICTOR);
    let mut all = |tag, usual: u16, left_out: bool| -> Result<bool, TiffError> {
        let found = header.find_tag_unsigned_vec::<u16>(tag)?;
        let is_usual = |found: Vec<u16>| found.len() == bands && found.iter().all(|&v| v == usual);
        Ok(found.map_or(left_out, is_usual))
    };
    // Where nothing is said, a sample is one bit, without a sign.
    let is_bytes = all(Tag::BitsPerSample, 8, false)? && all(Tag::SampleFormat, 1, true)?;
    Ok(match predictor {
        NO_PREDICTOR | HORIZONTAL_PREDICTOR if is_plain && is_bytes => {
            Some(predictor == HORIZONTAL_PREDICTOR)
        }
        _ => None,
    })
}

#[cfg(test)]
#[path = "tiles_tests.rs"]
mod tests;
