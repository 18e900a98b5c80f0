//! The stable keys of repairs, what each means, and which of them `--strict` refuses.

use serde::Serialize;

pub use crate::io::issue::key as io;
pub use crate::vintage::key as read;

/// Polygons with the same rings; the one of lowest id stays.
pub const DUPLICATE: &str = "duplicate_geometry";
/// Duplicates that do not carry the same codes: the ground keeps those of the lowest id.
pub const DUPLICATE_CONFLICT: &str = "duplicate_conflict";
/// A polygon all of whose ground belongs to others of lower id; it is dropped.
pub const COVERED: &str = "polygon_covered";
/// A polygon that falls apart; its pieces follow each other.
pub const SPLIT: &str = "polygon_split";
/// A polygon merged into a neighbour with the same codes.
pub const MERGED: &str = "neighbours_merged";
/// A polygon narrower on average than [`super::SLIVER_WIDTH_M`].
pub const SLIVER: &str = "sliver";
/// The change of area of a valid polygon whose sides were noded with its neighbours'.
pub const NODING: &str = "noding";

/// What is done about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Something was changed, assumed or left out; `--strict` refuses it.
    Repaired,
    /// Nothing was changed; the data is reported as it is.
    Reported,
}

/// Every key with its effect and its meaning, sorted by key.
pub const ALL: [(&str, Effect, &str); 40] = {
    use Effect::{Repaired, Reported};
    [
        (read::CODE_COLLAPSED, Reported, "older or deeper code, taken to its leaf"),
        (read::CODE_NOT_LEAF, Repaired, "class that is no leaf: no class"),
        (read::CODE_NULL, Repaired, "empty code: no class"),
        (read::CODE_UNDETERMINED, Repaired, "code INDETERMINE: no class"),
        (read::CODE_UNKNOWN, Repaired, "code unknown to the nomenclature: no class"),
        (read::CODE_WITHOUT_IMAGE, Reported, "code without class at the common level: no class"),
        (read::COMMUNE_MERGED, Reported, "commune that has merged: counted under its heir"),
        (read::COMMUNE_UNKNOWN, Reported, "commune unknown to the COG table, kept as it is"),
        (read::CRS_ASSUMED, Repaired, "no CRS (missing .prj): that of the department"),
        (read::CRS_REPROJECTED, Repaired, "other CRS of the same datum, reprojected"),
        (io::CURVE_LINEARISED, Repaired, "arcs replaced by their chords"),
        (DUPLICATE_CONFLICT, Repaired, "duplicates with other codes: lowest id wins"),
        (DUPLICATE, Repaired, "same polygon again, dropped"),
        (read::FORMAT_PASSED_OVER, Reported, "same product in another format, not read"),
        ("gap", Reported, "enclosed ground without polygon, left as it is"),
        (io::GEOMETRY_EMPTY, Repaired, "geometry without a point: feature left out"),
        (io::GEOMETRY_MULTIPART, Repaired, "several polygons in a feature, split"),
        (read::GEOMETRY_NOT_POLYGON, Repaired, "line or point among polygons, left out"),
        (io::GEOMETRY_NULL, Repaired, "no geometry: feature left out"),
        (io::GEOMETRY_UNSUPPORTED, Repaired, "geometry of an unknown kind, left out"),
        (io::HEIGHT_DROPPED, Reported, "heights, not used"),
        ("hole_outside", Repaired, "hole outside its exterior: even-odd rule"),
        (read::ID_DUPLICATE, Repaired, "id given twice: suffix"),
        (read::ID_MISSING, Repaired, "no id: number of the feature"),
        ("invalid_ring", Repaired, "ring with a spike: even-odd rule"),
        (MERGED, Repaired, "neighbour with the same codes, merged: lowest id stays"),
        (NODING, Repaired, "sides bent to the lattice where they cross"),
        ("overlap", Repaired, "ground of several polygons: lowest id wins"),
        (COVERED, Repaired, "polygon wholly under others, dropped"),
        (SPLIT, Repaired, "polygon in several pieces, split"),
        (io::RING_COLLAPSED, Repaired, "ring without area on the lattice, dropped"),
        (io::RING_SELF_INTERSECTION, Repaired, "ring that crosses itself"),
        (io::RING_SELF_TOUCH, Repaired, "ring that touches itself"),
        (io::RING_UNCLOSED, Repaired, "open ring, closed"),
        ("self_intersection", Repaired, "polygon that meets itself: even-odd rule"),
        (SLIVER, Reported, "polygon narrower than 0.5 m on average"),
        (io::TEXT_LATIN1, Repaired, "text not in UTF-8 (missing .cpg), read as latin-1"),
        ("unmatched_edge", Repaired, "corner on a neighbour's side: noded"),
        (read::YEAR_OTHER, Reported, "feature dated by another year than its vintage"),
        ("zero_area", Repaired, "polygon without area, dropped"),
    ]
};

/// What is done about a key; one that is not listed is a repair.
pub fn effect(key: &str) -> Effect {
    find(key).map_or(Effect::Repaired, |(_, effect, _)| *effect)
}

/// What a key means.
pub fn meaning(key: &str) -> &'static str {
    find(key).map_or("", |(_, _, meaning)| meaning)
}

fn find(key: &str) -> Option<&'static (&'static str, Effect, &'static str)> {
    ALL.iter().find(|(known, _, _)| *known == key)
}
