//! Vector tiles: polygons and their attributes as a Mapbox Vector Tile (specification 2.1).
//!
//! The form is small, so it is written here: a message of Protocol Buffers is a list of numbered
//! fields, and a geometry a list of commands.

use std::collections::BTreeMap;

use kernels::lattice::{Point, Polygon, Ring};

/// Steps along a side of a tile.
pub(super) const EXTENT: u32 = 4096;

/// Types of geometries.
const POINT: u64 = 1;
const POLYGON: u64 = 3;

/// Commands of geometries.
const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

/// What a feature says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attribute {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
}

/// A layer of a tile, made feature by feature.
#[derive(Debug, Default)]
pub(super) struct Layer {
    features: Vec<u8>,
    keys: Vec<String>,
    rank_of_key: BTreeMap<String, u32>,
    values: Vec<u8>,
    rank_of_value: BTreeMap<Attribute, u32>,
}

impl Layer {
    /// Adds a polygon.
    ///
    /// * `polygon`: in steps from the north-west corner of the tile, south down; exterior of positive
    ///   area in these axes, holes of negative area.
    /// * `attributes`: names and values; no name twice.
    pub(super) fn add<'a>(
        &mut self,
        polygon: &Polygon,
        attributes: impl IntoIterator<Item = (&'a str, Attribute)>,
    ) {
        self.add_shape(POLYGON, &commands(polygon), attributes);
    }

    /// Adds a point, in steps from the north-west corner of the tile; attributes as in [`Layer::add`].
    pub(super) fn add_point<'a>(
        &mut self,
        place: Point,
        attributes: impl IntoIterator<Item = (&'a str, Attribute)>,
    ) {
        let mut bytes = Vec::new();
        varint(&mut bytes, command(MOVE_TO, 1));
        draw(&mut bytes, &mut Point::new(0, 0), place);
        self.add_shape(POINT, &bytes, attributes);
    }

    fn add_shape<'a>(
        &mut self,
        kind: u64,
        commands: &[u8],
        attributes: impl IntoIterator<Item = (&'a str, Attribute)>,
    ) {
        let mut tags = Vec::new();
        for (name, value) in attributes {
            varint(&mut tags, u64::from(self.key(name)));
            varint(&mut tags, u64::from(self.value(value)));
        }
        let mut feature = Vec::new();
        bytes_field(&mut feature, 2, &tags);
        number_field(&mut feature, 3, kind);
        bytes_field(&mut feature, 4, commands);
        bytes_field(&mut self.features, 2, &feature);
    }

    /// The layer as field of a tile: tiles are its layers one after the other.
    pub(super) fn encoded(&self, name: &str) -> Vec<u8> {
        let mut layer = Vec::new();
        number_field(&mut layer, 15, 2);
        bytes_field(&mut layer, 1, name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in &self.keys {
            bytes_field(&mut layer, 3, key.as_bytes());
        }
        layer.extend_from_slice(&self.values);
        number_field(&mut layer, 5, u64::from(EXTENT));
        let mut tile = Vec::new();
        bytes_field(&mut tile, 3, &layer);
        tile
    }

    /// The rank of a name among those of the layer.
    fn key(&mut self, name: &str) -> u32 {
        if let Some(&rank) = self.rank_of_key.get(name) {
            return rank;
        }
        let rank = self.keys.len() as u32;
        self.keys.push(name.to_owned());
        self.rank_of_key.insert(name.to_owned(), rank);
        rank
    }

    /// The rank of a value among those of the layer.
    fn value(&mut self, value: Attribute) -> u32 {
        let rank = self.rank_of_value.len() as u32;
        if let Some(&known) = self.rank_of_value.get(&value) {
            return known;
        }
        let mut message = Vec::new();
        match &value {
            Attribute::Text(text) => bytes_field(&mut message, 1, text.as_bytes()),
            Attribute::Integer(number) => number_field(&mut message, 6, zigzag(*number)),
        }
        bytes_field(&mut self.values, 4, &message);
        self.rank_of_value.insert(value, rank);
        rank
    }
}

/// A command and how often it is given.
fn command(id: u64, count: usize) -> u64 {
    id | (count as u64) << 3
}

/// The commands that draw a polygon: for each ring go to its first corner, draw to the others, close.
fn commands(polygon: &Polygon) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut pen = Point::new(0, 0);
    for Ring(corners) in polygon.rings() {
        let Some((first, others)) = corners.split_first() else { continue };
        varint(&mut bytes, command(MOVE_TO, 1));
        draw(&mut bytes, &mut pen, *first);
        varint(&mut bytes, command(LINE_TO, others.len()));
        for &corner in others {
            draw(&mut bytes, &mut pen, corner);
        }
        varint(&mut bytes, command(CLOSE_PATH, 1));
    }
    bytes
}

/// The way from the pen to a corner, which becomes the pen.
fn draw(bytes: &mut Vec<u8>, pen: &mut Point, to: Point) {
    varint(bytes, zigzag(i64::from(to.x) - i64::from(pen.x)));
    varint(bytes, zigzag(i64::from(to.y) - i64::from(pen.y)));
    *pen = to;
}

/// A number whose sign is in its lowest bit.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// A number in bytes of seven bits, the lowest first.
pub(super) fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn number_field(message: &mut Vec<u8>, field: u64, number: u64) {
    varint(message, field << 3);
    varint(message, number);
}

fn bytes_field(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(message, field << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[(i32, i32)]) -> Ring {
        Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    #[test]
    fn a_polygon_is_drawn_as_the_example_of_the_specification() {
        // Mapbox Vector Tile Specification 2.1, 4.3.5.5: the exterior of its example polygon.
        let polygon = Polygon { exterior: ring(&[(3, 6), (8, 12), (20, 34)]), holes: Vec::new() };
        assert_eq!(commands(&polygon), [9, 6, 12, 18, 10, 12, 24, 44, 15]);
    }

    #[test]
    fn a_hole_goes_on_from_where_the_exterior_ended() {
        let polygon = Polygon {
            exterior: ring(&[(0, 0), (10, 0), (10, 10), (0, 10)]),
            holes: vec![ring(&[(2, 2), (2, 4), (4, 4)])],
        };
        let hole = [9, 4, 15, 18, 0, 4, 4, 0, 15];
        assert_eq!(commands(&polygon)[11..], hole);
    }

    #[test]
    fn numbers_take_seven_bits_a_byte_and_their_sign_last() {
        let mut bytes = Vec::new();
        varint(&mut bytes, 300);
        assert_eq!(bytes, [0b1010_1100, 0b0000_0010]);
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
    }

    #[test]
    fn equal_names_and_values_are_kept_once() {
        let square = Polygon { exterior: ring(&[(0, 0), (1, 0), (1, 1)]), holes: Vec::new() };
        let mut layer = Layer::default();
        for text in ["a", "b", "a"] {
            layer.add(&square, [("k", Attribute::Text(text.to_owned()))]);
        }
        assert_eq!((layer.keys.len(), layer.rank_of_value.len()), (1, 2));
        let tile = layer.encoded("x");
        let count = |text: &[u8]| tile.windows(text.len()).filter(|w| *w == text).count();
        assert_eq!((count(b"\x22\x03\x0a\x01a"), count(b"\x22\x03\x0a\x01b")), (1, 1));
    }
}
