//! The spatial index of a `GeoPackage` layer, packed at once when its last feature is written.
//!
//! The R*Tree module of `SQLite` takes box after box, each with its own search and splits: on large
//! layers that costs several times the writing of the features. Here the boxes are gathered, packed
//! by sort-tile-recursion, and the nodes put straight into the tables that the module keeps them
//! in. The module itself creates these tables, and the triggers of the standard are taken off
//! meanwhile and put back unchanged, so that later editors find an ordinary index.
//! (Leutenegger, Lopez and Edgington, "STR: a simple and efficient algorithm for R-tree packing",
//! ICDE 1997; <https://www.sqlite.org/rtree.html>, "Shadow tables"; OGC 12-128r18, annex F.3.)

use std::fmt::Write;

use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::vector::LayerAccess;
use gdal::vector::sql::Dialect;

/// Boxes in a full node: the most that the module allows.
const CELLS_MAX: usize = 51;

/// Bytes of a node: depth and count in two bytes each, then the cells of 24 bytes. Pages of 4,096
/// bytes, which is what GDAL creates, leave room for the largest node.
const NODE_BYTES: usize = 4 + 24 * CELLS_MAX;

/// Number of the node at the top of the tree.
const ROOT: i64 = 1;

/// Characters after which a statement is sent.
const STATEMENT_CHARS: usize = 1 << 20;

/// What GDAL says of a statement.
type Outcome<T> = Result<T, GdalError>;

/// A box in the numbers of the index: single precision, rounded outwards.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Extent {
    /// West and south.
    low: [f32; 2],
    /// East and north.
    high: [f32; 2],
}

/// An entry of a node: the number of a feature or of a node below, and its box.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    id: i64,
    extent: Extent,
}

/// A node: its number, how far it is above the leaves, and its entries.
#[derive(Debug, Clone, PartialEq)]
struct Node {
    number: i64,
    height: usize,
    cells: Vec<Cell>,
}

/// The index of a layer being written.
pub(super) struct SpatialIndex {
    /// Name of the virtual table.
    table: String,
    /// What creates each trigger again.
    triggers: Vec<String>,
    cells: Vec<Cell>,
}

impl SpatialIndex {
    /// Gives an empty layer without index an empty index, and takes off its triggers.
    pub(super) fn create(dataset: &Dataset, layer: &str, column: &str) -> Outcome<Self> {
        let create = format!("SELECT CreateSpatialIndex({}, {})", text(layer), text(column));
        let made = column_of(dataset, &create)?;
        if made != ["1"] {
            let msg = format!("the spatial index of layer `{layer}` was not created");
            return Err(GdalError::CplError { class: 3, number: 1, msg });
        }
        let table = format!("rtree_{layer}_{column}");
        let prefix = text(&format!("{table}_"));
        let of_index = format!(
            "FROM sqlite_master WHERE type = 'trigger' AND tbl_name = {} \
             AND substr(name, 1, length({prefix})) = {prefix} ORDER BY name",
            text(layer)
        );
        let triggers = column_of(dataset, &format!("SELECT sql {of_index}"))?;
        for name in column_of(dataset, &format!("SELECT name {of_index}"))? {
            run(dataset, &format!("DROP TRIGGER {}", identifier(&name)))?;
        }
        Ok(Self { table, triggers, cells: Vec::new() })
    }

    /// Adds a feature by its box: west, south, east, north.
    pub(super) fn add(&mut self, fid: i64, [west, south, east, north]: [f64; 4]) {
        let extent = Extent { low: [west, south].map(below), high: [east, north].map(above) };
        self.cells.push(Cell { id: fid, extent });
    }

    /// Writes the tree and puts the triggers back.
    pub(super) fn finish(self, dataset: &Dataset) -> Outcome<()> {
        let Self { table, triggers, cells } = self;
        let nodes = packed(cells);
        let mut leaf_of = Vec::new();
        let mut parent_of = Vec::new();
        for node in &nodes {
            let owners = if node.height == 0 { &mut leaf_of } else { &mut parent_of };
            owners.extend(node.cells.iter().map(|cell| (cell.id, node.number)));
        }
        let pair = |sql: &mut String, (id, node): &(i64, i64)| write!(sql, "({id},{node})");
        for (suffix, mut owners) in [("rowid", leaf_of), ("parent", parent_of)] {
            owners.sort_unstable();
            insert(dataset, &format!("{table}_{suffix}"), &owners, pair)?;
        }
        insert(dataset, &format!("{table}_node"), &nodes, |sql, node| {
            write!(sql, "({},x'", node.number)?;
            node.bytes().iter().try_for_each(|byte| write_hex(sql, *byte))?;
            write!(sql, "')")
        })?;
        triggers.iter().try_for_each(|trigger| run(dataset, trigger))
    }
}

impl Extent {
    /// The smallest box around both.
    fn with(mut self, other: Self) -> Self {
        for axis in 0..2 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
        self
    }

    /// Twice the middle on an axis.
    fn twice_middle(self, axis: usize) -> f64 {
        f64::from(self.low[axis]) + f64::from(self.high[axis])
    }
}

impl Node {
    /// The node as the module stores it, big-endian.
    fn bytes(&self) -> Vec<u8> {
        // Only the root tells its height.
        let height = if self.number == ROOT { self.height as u16 } else { 0 };
        let mut bytes = Vec::with_capacity(NODE_BYTES);
        bytes.extend(height.to_be_bytes());
        bytes.extend((self.cells.len() as u16).to_be_bytes());
        for Cell { id, extent } in &self.cells {
            bytes.extend(id.to_be_bytes());
            for axis in 0..2 {
                bytes.extend(extent.low[axis].to_be_bytes());
                bytes.extend(extent.high[axis].to_be_bytes());
            }
        }
        bytes.resize(NODE_BYTES, 0);
        bytes
    }
}

/// The nodes of a tree that holds these features, in order of their numbers.
fn packed(mut cells: Vec<Cell>) -> Vec<Node> {
    tile(&mut cells);
    let mut nodes = Vec::new();
    let (mut height, mut next) = (0, ROOT + 1);
    while cells.len() > CELLS_MAX {
        let mut above = Vec::with_capacity(cells.len().div_ceil(CELLS_MAX));
        for own in cells.chunks(CELLS_MAX) {
            let extent = own.iter().map(|cell| cell.extent).reduce(Extent::with);
            above.push(Cell { id: next, extent: extent.expect("no part is empty") });
            nodes.push(Node { number: next, height, cells: own.to_vec() });
            next += 1;
        }
        (cells, height) = (above, height + 1);
    }
    nodes.insert(0, Node { number: ROOT, height, cells });
    nodes
}

/// Orders features by tiles: slices from west to east, each from south to north.
fn tile(cells: &mut [Cell]) {
    let by = |axis: usize| {
        move |a: &Cell, b: &Cell| {
            let [own, other] = [a, b].map(|cell| cell.extent.twice_middle(axis));
            own.total_cmp(&other).then(a.id.cmp(&b.id))
        }
    };
    let n_leaves = cells.len().div_ceil(CELLS_MAX);
    let n_slices = n_leaves.isqrt().max(1);
    cells.sort_unstable_by(by(0));
    for slice in cells.chunks_mut(CELLS_MAX * n_leaves.div_ceil(n_slices).max(1)) {
        slice.sort_unstable_by(by(1));
    }
}

/// The largest single that is not above a number.
fn below(v: f64) -> f32 {
    let near = v as f32;
    if f64::from(near) > v { near.next_down() } else { near }
}

/// The smallest single that is not below a number.
fn above(v: f64) -> f32 {
    let near = v as f32;
    if f64::from(near) < v { near.next_up() } else { near }
}

/// Inserts rows of two columns in a table, or replaces them, in statements of many rows.
fn insert<T>(
    dataset: &Dataset,
    table: &str,
    rows: &[T],
    write_row: impl Fn(&mut String, &T) -> std::fmt::Result,
) -> Outcome<()> {
    let start = format!("INSERT OR REPLACE INTO {} VALUES", identifier(table));
    let mut sql = start.clone();
    for (rank, row) in rows.iter().enumerate() {
        write_row(&mut sql, row).expect("a text in memory takes all");
        if sql.len() < STATEMENT_CHARS && rank + 1 < rows.len() {
            sql.push(',');
        } else {
            run(dataset, &sql)?;
            sql.truncate(start.len());
        }
    }
    Ok(())
}

/// Writes a byte in two hexadecimal digits.
fn write_hex(sql: &mut String, byte: u8) -> std::fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    sql.write_char(digit(byte >> 4))?;
    sql.write_char(digit(byte & 15))
}

/// Runs a statement without result.
pub(super) fn run(dataset: &Dataset, sql: &str) -> Outcome<()> {
    dataset.execute_sql(sql, None, Dialect::DEFAULT).map(|_| ())
}

/// The first column of what a query gives, as texts.
pub(super) fn column_of(dataset: &Dataset, sql: &str) -> Outcome<Vec<String>> {
    let Some(mut rows) = dataset.execute_sql(sql, None, Dialect::DEFAULT)? else {
        return Ok(Vec::new());
    };
    let texts = rows.features().map(|row| row.field_as_string(0).map(Option::unwrap_or_default));
    texts.collect()
}

/// A text of SQL.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name of SQL, whatever its characters.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
#[path = "spatial_index_tests.rs"]
mod tests;
