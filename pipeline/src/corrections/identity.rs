//! The name of a correction, the same wherever and whenever the same correction is met.

use std::fmt::Write as _;

use kernels::lattice::Polygon;

use super::terms::{Aim, Term};
use crate::stamp::sha256;

/// Length of an id, in hexadecimal digits.
pub const ID_LENGTH: usize = 16;

/// A stable name of a proposal: the same vintage, object, aim, code and geometry always give the
/// same one, 16 hexadecimal digits.
///
/// * `proposed`: the code, both codes of an omission, or nothing for a redraw and a merge.
pub fn correction_id(
    vintage: u16,
    object: &str,
    (aim, proposed): (Aim, &str),
    polygon: &Polygon,
) -> String {
    let mut text = format!("{vintage}|{object}|{}|{proposed}", aim.key());
    for ring in polygon.rings() {
        text.push('|');
        for p in &ring.0 {
            let _ = write!(text, "{} {},", p.x, p.y);
        }
    }
    sha256(text.as_bytes())[..ID_LENGTH].to_owned()
}
