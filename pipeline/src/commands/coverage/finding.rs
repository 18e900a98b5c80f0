//! What a check finds: a stable key, how grave it is, and where.

use crate::io::issue::key as io;
use crate::validator::Level;
use crate::vintage::key as read;
use kernels::lattice::{Point, Polygon};

/// A polygon smaller than the unit of its codes.
pub(super) const BELOW_UNIT: &str = "below_unit";

/// What shows a finding on a map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Drawing {
    /// Its place.
    Place,
    /// Lines.
    Lines(Vec<Vec<Point>>),
    /// Ground of its own: a gap, an overlap.
    Ground(Polygon),
    /// The polygon of the layer of this rank.
    Polygon(u32),
    /// All polygons of the first feature.
    Feature,
}

/// One thing that is wrong.
///
/// Ordered by key, then place: the order of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// One of [`KEYS`].
    pub(super) key: &'static str,
    /// Where; `None` for what has no geometry.
    pub(super) place: Option<Point>,
    /// The features concerned, by their rank in the file.
    pub(super) features: Vec<u32>,
    /// Twice its area in square lattice steps; 0 when it has none.
    pub(super) twice_area: i128,
    /// The column concerned, by its index.
    pub(super) column: Option<usize>,
    /// What that column says, when it is what is wrong.
    pub(super) value: Option<Box<str>>,
    /// What to draw.
    pub(super) drawing: Drawing,
}

/// Every key, how grave it is unless allowed, and what it means; sorted by key.
pub(super) const KEYS: [(&str, Level, &str); 32] = {
    use Level::{Error, Fatal, Info, Warning};
    [
        (BELOW_UNIT, Error, "polygon smaller than the unit of its codes"),
        (read::CODE_NOT_LEAF, Error, "code of a class that is no leaf"),
        (read::CODE_NULL, Error, "empty code"),
        (read::CODE_UNDETERMINED, Error, "code that says it is not determined"),
        (read::CODE_UNKNOWN, Error, "code unknown to the nomenclature"),
        (io::COORDINATE_NOT_FINITE, Fatal, "coordinate that is not a number"),
        (io::COORDINATE_OUT_OF_RANGE, Fatal, "coordinate beyond any French CRS"),
        (read::CRS_ASSUMED, Warning, "no CRS declared: that of the department"),
        (io::CURVE_LINEARISED, Warning, "arcs, judged as their chords"),
        ("duplicate_geometry", Error, "same polygon several times"),
        ("gap", Error, "enclosed ground without polygon"),
        (io::GEOMETRY_EMPTY, Error, "geometry without a point"),
        (io::GEOMETRY_MULTIPART, Error, "several polygons in one feature"),
        (read::GEOMETRY_NOT_POLYGON, Error, "line or point among polygons"),
        (io::GEOMETRY_NULL, Error, "feature without geometry"),
        (io::GEOMETRY_UNSUPPORTED, Error, "geometry of an unknown kind"),
        (io::HEIGHT_DROPPED, Info, "heights, not used"),
        ("hole_outside", Error, "hole outside its exterior, or in another hole"),
        (read::ID_DUPLICATE, Error, "id given to several features"),
        (read::ID_MISSING, Error, "feature without id"),
        ("invalid_ring", Error, "ring with a spike or a repeated corner"),
        ("micro_object", Warning, "polygon smaller than --micro-area-m2"),
        ("micro_segment", Warning, "side shorter than --micro-length-m"),
        ("neighbours_unmerged", Error, "neighbours with the same codes"),
        ("outside_outline", Error, "ground covered outside the outline"),
        ("overlap", Error, "ground of several polygons"),
        (io::RING_COLLAPSED, Error, "ring without area"),
        (io::RING_UNCLOSED, Error, "open ring"),
        ("self_intersection", Error, "polygon that meets itself"),
        (io::TEXT_LATIN1, Warning, "text that is not UTF-8"),
        ("unmatched_edge", Error, "corner on a neighbour's side that lacks it"),
        ("zero_area", Error, "polygon without area"),
    ]
};

/// How grave a key is and what it means; what is not listed is an error.
pub(super) fn about(key: &str) -> (Level, &'static str) {
    let known = KEYS.iter().find(|(name, ..)| *name == key);
    known.map_or((Level::Error, ""), |&(_, level, meaning)| (level, meaning))
}

#[cfg(test)]
mod tests {
    use kernels::coverage::DefectKind;

    use super::*;

    #[test]
    fn keys_are_sorted_and_all_kinds_of_defects_have_one_with_french_words() {
        assert!(KEYS.is_sorted_by(|a, b| a.0 < b.0));
        for kind in [
            DefectKind::Gap,
            DefectKind::Overlap,
            DefectKind::Outside,
            DefectKind::Duplicate,
            DefectKind::SelfIntersection,
            DefectKind::UnmatchedEdge,
            DefectKind::InvalidRing,
            DefectKind::HoleOutside,
            DefectKind::ZeroArea,
            DefectKind::MicroObject,
            DefectKind::MicroSegment,
            DefectKind::Unmerged,
        ] {
            assert_ne!(about(kind.key()).1, "", "{kind:?}");
        }
        for (key, ..) in KEYS {
            assert!(crate::words::has_flaw(key), "{key}");
        }
    }
}
