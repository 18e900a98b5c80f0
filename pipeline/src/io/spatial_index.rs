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

/// Hexadecimal digits.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

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
        let mut leaf_of = Vec::with_capacity(nodes.iter().map(|node| node.cells.len()).sum());
        let mut parent_of = Vec::new();
        for node in &nodes {
            let owners = if node.height == 0 { &mut leaf_of } else { &mut parent_of };
            owners.extend(node.cells.iter().map(|cell| (cell.id, node.number)));
        }
        for (suffix, mut owners) in [("rowid", leaf_of), ("parent", parent_of)] {
            owners.sort_unstable();
            // A row of VALUES is compiled; an entry of a JSON object is only read.
            let insert = format!("INSERT INTO {} SELECT key, value ", name(&table, suffix));
            let around = [insert + "FROM json_each('{", "}')".to_owned()];
            let mut digits = Digits::default();
            send(dataset, &around, &owners, |sql, &(id, node)| {
                for part in ["\"", digits.of(id), "\":"] {
                    sql.push_str(part);
                }
                sql.push_str(digits.of(node));
            })?;
        }
        // The module has put an empty root there.
        run(dataset, &format!("DELETE FROM {}", name(&table, "node")))?;
        let around = [format!("INSERT INTO {} VALUES", name(&table, "node")), String::new()];
        send(dataset, &around, &nodes, |sql, node| {
            write!(sql, "({},x'", node.number).expect("a text in memory takes all");
            node.write_hex(sql);
            sql.push_str("')");
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
    fn bytes(&self) -> [u8; NODE_BYTES] {
        // Only the root tells its height.
        let height = if self.number == ROOT { self.height as u16 } else { 0 };
        let mut bytes = [0; NODE_BYTES];
        bytes[..2].copy_from_slice(&height.to_be_bytes());
        bytes[2..4].copy_from_slice(&(self.cells.len() as u16).to_be_bytes());
        for (own, Cell { id, extent }) in bytes[4..].chunks_exact_mut(24).zip(&self.cells) {
            own[..8].copy_from_slice(&id.to_be_bytes());
            for axis in 0..2 {
                own[8 + 8 * axis..][..4].copy_from_slice(&extent.low[axis].to_be_bytes());
                own[12 + 8 * axis..][..4].copy_from_slice(&extent.high[axis].to_be_bytes());
            }
        }
        bytes
    }

    /// Writes [`Node::bytes`], each in two hexadecimal digits.
    fn write_hex(&self, sql: &mut String) {
        let mut text = [0; 2 * NODE_BYTES];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        sql.push_str(str::from_utf8(&text).expect("digits are ASCII"));
    }
}

/// Whole numbers as texts, one at a time.
#[derive(Default)]
struct Digits([u8; 20]);

impl Digits {
    /// The decimal digits of a number.
    fn of(&mut self, number: i64) -> &str {
        let mut rest = number.unsigned_abs();
        let mut at = self.0.len();
        loop {
            at -= 1;
            self.0[at] = DIGITS[(rest % 10) as usize];
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            at -= 1;
            self.0[at] = b'-';
        }
        str::from_utf8(&self.0[at..]).expect("digits are ASCII")
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
    let n_leaves = cells.len().div_ceil(CELLS_MAX);
    let n_slices = n_leaves.isqrt().max(1);
    order(cells, 0);
    for slice in cells.chunks_mut(CELLS_MAX * n_leaves.div_ceil(n_slices).max(1)) {
        order(slice, 1);
    }
}

/// Orders features by their middles on an axis, then by their numbers.
fn order(cells: &mut [Cell], axis: usize) {
    let key = |(rank, cell): (usize, &Cell)| {
        let bits = cell.extent.twice_middle(axis).to_bits().cast_signed();
        // As `f64::total_cmp` orders them: all bits of a negative number but its sign are turned.
        (bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed(), cell.id, rank)
    };
    let mut keys: Vec<_> = cells.iter().enumerate().map(key).collect();
    keys.sort_unstable();
    let ordered: Vec<Cell> = keys.into_iter().map(|(_, _, rank)| cells[rank]).collect();
    cells.copy_from_slice(&ordered);
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

/// Sends rows, parted by commas, between two parts of a statement, many at a time.
fn send<T>(
    dataset: &Dataset,
    around: &[String; 2],
    rows: &[T],
    mut write_row: impl FnMut(&mut String, &T),
) -> Outcome<()> {
    let mut sql = around[0].clone();
    for (rank, row) in rows.iter().enumerate() {
        write_row(&mut sql, row);
        if sql.len() < STATEMENT_CHARS && rank + 1 < rows.len() {
            sql.push(',');
        } else {
            sql.push_str(&around[1]);
            run(dataset, &sql)?;
            sql.truncate(around[0].len());
        }
    }
    Ok(())
}

/// The name of a table of the module.
fn name(table: &str, suffix: &str) -> String {
    identifier(&format!("{table}_{suffix}"))
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
