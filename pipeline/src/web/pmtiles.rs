//! One file of map tiles: `PMTiles`, version 3 of its specification.
//!
//! Tiles lie one after the other along a Hilbert curve through each zoom, equal ones once; a
//! directory says where. A page reads the parts that it needs from any file server.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};

use super::mvt::varint;

/// Largest root directory with its header: readers fetch as much at first.
const ROOT_MAX: usize = 16_384;

/// Bytes of the header.
const HEADER: usize = 127;

/// Entries of a leaf directory, to begin with.
const LEAF: usize = 4_096;

/// A place in the pyramid of tiles: zoom, column from the west, row from the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    /// Zoom.
    pub(super) zoom: u8,
    /// Column.
    pub(super) col: u32,
    /// Row.
    pub(super) row: u32,
}

/// What the file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Head {
    /// Least and largest zoom.
    pub(super) zooms: (u8, u8),
    /// West, south, east and north, in degrees.
    pub(super) bounds: [f64; 4],
    /// Name, attribution and layers, as JSON.
    pub(super) metadata: serde_json::Value,
}

/// Where a run of equal tiles is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    id: u64,
    offset: u64,
    length: u64,
    /// Number of tiles; 0 for a leaf directory.
    run: u64,
}

/// Tiles to be written, each compressed.
#[derive(Debug, Default)]
pub(super) struct Archive {
    tiles: BTreeMap<u64, Vec<u8>>,
}

impl Address {
    /// The rank of the tile: all tiles of lesser zooms first, then along the Hilbert curve.
    pub(super) fn id(self) -> u64 {
        let Self { zoom, col, row } = self;
        let before = ((1_u64 << (2 * u32::from(zoom))) - 1) / 3;
        before + hilbert(zoom, col, row)
    }
}

/// The rank of a cell along the Hilbert curve through `2^order` by `2^order` cells.
fn hilbert(order: u8, col: u32, row: u32) -> u64 {
    let (mut x, mut y) = (u64::from(col), u64::from(row));
    let mut rank = 0;
    let last = (1_u64 << order) - 1;
    let mut side = (1_u64 << order) >> 1;
    while side > 0 {
        let (right, down) = (u64::from(x & side > 0), u64::from(y & side > 0));
        rank += side * side * ((3 * right) ^ down);
        if down == 0 {
            if right == 1 {
                (x, y) = (last - x, last - y);
            }
            (x, y) = (y, x);
        }
        side >>= 1;
    }
    rank
}

/// Bytes compressed as tiles and directories are: without name and date.
///
/// # Errors
/// Never: the bytes stay in memory.
pub(super) fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(6));
    writer.write_all(bytes)?;
    writer.finish()
}

impl Archive {
    /// Adds a compressed tile.
    pub(super) fn add(&mut self, address: Address, tile: Vec<u8>) {
        self.tiles.insert(address.id(), tile);
    }

    /// Writes the file.
    ///
    /// # Errors
    /// What `out` says.
    pub(super) fn write(&self, head: &Head, out: &mut impl Write) -> io::Result<()> {
        let (entries, contents) = self.laid_out();
        let (root, leaves) = directories(&entries)?;
        let metadata = compressed(head.metadata.to_string().as_bytes())?;
        let data: u64 = contents.iter().map(|tile| tile.len() as u64).sum();
        let sections = [root.len() as u64, metadata.len() as u64, leaves.len() as u64, data];
        let counts = [self.tiles.len(), entries.len(), contents.len()].map(|n| n as u64);
        out.write_all(&header(head, sections, counts))?;
        out.write_all(&root)?;
        out.write_all(&metadata)?;
        out.write_all(&leaves)?;
        contents.iter().try_for_each(|tile| out.write_all(tile))
    }

    /// The entries of all tiles, and each different tile once, in order of first use.
    fn laid_out(&self) -> (Vec<Entry>, Vec<&[u8]>) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut contents: Vec<&[u8]> = Vec::new();
        let mut known: BTreeMap<&[u8], u64> = BTreeMap::new();
        let mut end = 0;
        for (&id, tile) in &self.tiles {
            let offset = *known.entry(tile).or_insert_with(|| {
                let offset = end;
                end += tile.len() as u64;
                contents.push(tile);
                offset
            });
            match entries.last_mut() {
                Some(last) if last.offset == offset && last.id + last.run == id => last.run += 1,
                _ => entries.push(Entry { id, offset, length: tile.len() as u64, run: 1 }),
            }
        }
        (entries, contents)
    }
}

/// The root directory and the leaves that it needs when it is too large.
fn directories(entries: &[Entry]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let root = compressed(&directory(entries))?;
    if HEADER + root.len() <= ROOT_MAX {
        return Ok((root, Vec::new()));
    }
    let mut size = LEAF;
    loop {
        let (mut top, mut leaves) = (Vec::new(), Vec::new());
        for part in entries.chunks(size) {
            let leaf = compressed(&directory(part))?;
            let (offset, length) = (leaves.len() as u64, leaf.len() as u64);
            top.push(Entry { id: part[0].id, offset, length, run: 0 });
            leaves.extend(leaf);
        }
        let root = compressed(&directory(&top))?;
        if HEADER + root.len() <= ROOT_MAX {
            return Ok((root, leaves));
        }
        size *= 2;
    }
}

/// A directory: number of entries, then their ids, runs, lengths and offsets, column by column.
fn directory(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(&mut bytes, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        varint(&mut bytes, entry.id - before);
        before = entry.id;
    }
    for column in [|entry: &Entry| entry.run, |entry: &Entry| entry.length] {
        for entry in entries {
            varint(&mut bytes, column(entry));
        }
    }
    let mut end = None;
    for entry in entries {
        // 0: right after the entry before it.
        let offset = if end == Some(entry.offset) { 0 } else { entry.offset + 1 };
        varint(&mut bytes, offset);
        end = Some(entry.offset + entry.length);
    }
    bytes
}

/// The header, all numbers in the order of little endian.
fn header(head: &Head, lengths: [u64; 4], counts: [u64; 3]) -> Vec<u8> {
    const GZIP: u8 = 2;
    const MVT: u8 = 1;
    let mut bytes = b"PMTiles\x03".to_vec();
    let mut offset = HEADER as u64;
    for length in lengths {
        bytes.extend(offset.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        offset += length;
    }
    for count in counts {
        bytes.extend(count.to_le_bytes());
    }
    let (least, most) = head.zooms;
    // Clustered: tiles lie in the order of their ids.
    bytes.extend([1, GZIP, GZIP, MVT, least, most]);
    let [west, south, east, north] = head.bounds;
    let degrees = |value: f64| ((value * 1e7).round() as i32).to_le_bytes();
    bytes.extend([west, south, east, north].map(degrees).concat());
    bytes.push(most.saturating_sub(3).max(least));
    bytes.extend([f64::midpoint(west, east), f64::midpoint(south, north)].map(degrees).concat());
    debug_assert_eq!(bytes.len(), HEADER, "the header has a fixed size");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_specification() {
        // The example table of the specification, 4.1.1.
        let id = |zoom, col, row| Address { zoom, col, row }.id();
        assert_eq!(
            [id(0, 0, 0), id(1, 0, 0), id(1, 0, 1), id(1, 1, 1), id(1, 1, 0)],
            [0, 1, 2, 3, 4]
        );
        assert_eq!((id(2, 0, 0), id(12, 3423, 1763)), (5, 19_078_479));
    }

    #[test]
    fn the_curve_passes_every_cell_once_and_goes_by_steps_of_one() {
        let mut places = vec![None; 256];
        for row in 0..16 {
            for col in 0..16 {
                let place = &mut places[hilbert(4, col, row) as usize];
                assert_eq!(place.replace((col, row)), None);
            }
        }
        for pair in places.windows(2) {
            let ((a, b), (c, d)) = (pair[0].unwrap(), pair[1].unwrap());
            assert_eq!(a.abs_diff(c) + b.abs_diff(d), 1);
        }
    }

    #[test]
    fn equal_tiles_are_kept_once_and_follow_each_other_in_one_entry() {
        let mut archive = Archive::default();
        for (col, tile) in [(0, b"sea".as_slice()), (1, b"land"), (2, b"sea")] {
            archive.add(Address { zoom: 2, col, row: 0 }, tile.to_vec());
        }
        archive.add(Address { zoom: 2, col: 0, row: 1 }, b"sea".to_vec());
        let (entries, contents) = archive.laid_out();
        assert_eq!(contents, [b"sea".as_slice(), b"land"]);
        // Ids 5 (0 0), 8 (0 1), 6 (1 0) and 19 (2 0): none follows another one equal to it.
        assert_eq!(
            entries.iter().map(|e| (e.id, e.offset, e.run)).collect::<Vec<_>>(),
            [(5, 0, 1), (6, 3, 1), (8, 0, 1), (19, 0, 1)]
        );
    }

    #[test]
    fn a_root_that_is_too_large_is_cut_into_leaves() {
        let entries: Vec<Entry> = (0..200_000_u64)
            .map(|i| {
                let length = 100 + (i * 7919) % 4001;
                Entry { id: i * 3 + (i * i) % 3, offset: i * 5000, length, run: 1 }
            })
            .collect();
        let (root, leaves) = directories(&entries).unwrap();
        assert!(HEADER + root.len() <= ROOT_MAX && !leaves.is_empty());
        let (root, leaves) = directories(&entries[..100]).unwrap();
        assert!(!root.is_empty() && leaves.is_empty());
    }
}
