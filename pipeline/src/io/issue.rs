//! Data that is wrong without stopping the run: a stable key, a place, a feature, an area.

use kernels::lattice::Point;

use crate::tally::Tally;

/// Stable keys of the issues that readers report; users filter on them.
pub mod key {
    /// A feature without a geometry.
    pub const GEOMETRY_NULL: &str = "geometry_null";
    /// A geometry without a point.
    pub const GEOMETRY_EMPTY: &str = "geometry_empty";
    /// A geometry of a kind that is not read here.
    pub const GEOMETRY_UNSUPPORTED: &str = "geometry_unsupported";
    /// Several polygons in one feature; each is read.
    pub const GEOMETRY_MULTIPART: &str = "geometry_multipart";
    /// Heights or measures, which are dropped.
    pub const HEIGHT_DROPPED: &str = "height_dropped";
    /// Arcs, replaced by their chords.
    pub const CURVE_LINEARISED: &str = "curve_linearised";
    /// A coordinate that is not a number or infinite: the ring or line is dropped.
    pub const COORDINATE_NOT_FINITE: &str = "coordinate_not_finite";
    /// A coordinate beyond what a French CRS can hold: the ring or line is dropped.
    pub const COORDINATE_OUT_OF_RANGE: &str = "coordinate_out_of_range";
    /// A ring whose last point is not its first; it is closed.
    pub const RING_UNCLOSED: &str = "ring_unclosed";
    /// A ring without area on the 1 cm lattice; it is dropped.
    pub const RING_COLLAPSED: &str = "ring_collapsed";
    /// A ring that crosses or overlaps itself; it is kept as it is.
    pub const RING_SELF_INTERSECTION: &str = "ring_self_intersection";
    /// A ring that touches itself at a point; it is kept as it is.
    pub const RING_SELF_TOUCH: &str = "ring_self_touch";
    /// A coordinate that cannot be moved to the CRS of the run: the feature has no geometry.
    pub const NOT_REPROJECTED: &str = "not_reprojected";
    /// A text that is not UTF-8, read as Latin-1.
    pub const TEXT_LATIN1: &str = "text_latin1";
}

/// One located issue of one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// One of [`key`].
    pub key: &'static str,
    /// A point of the trouble, when one is known.
    pub place: Option<Point>,
    /// The feature.
    pub fid: i64,
    /// Twice the area concerned, in square lattice steps; 0 when there is none.
    pub twice_area: i128,
}

impl Issue {
    /// Counts the issue; `source` names the file or the layer, and the feature is added to it.
    pub fn count_in(&self, tally: &Tally, source: &str) {
        match self.place {
            Some(place) => {
                let note = format!("{source}, feature {}", self.fid);
                tally.count_at(self.key, place, self.twice_area, note);
            }
            None => tally.count(self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_counted_with_its_place_when_it_has_one() {
        let tally = Tally::default();
        let mut issue = Issue {
            key: key::RING_SELF_TOUCH,
            place: Some(Point::new(1, 2)),
            fid: 7,
            twice_area: 6,
        };
        issue.count_in(&tally, "a.gpkg");
        issue.place = None;
        issue.count_in(&tally, "a.gpkg");
        let flaws = tally.flaws();
        let flaw = &flaws.0[key::RING_SELF_TOUCH];
        assert_eq!((flaw.count, flaw.twice_area, flaw.places.len()), (2, 6, 1));
        assert_eq!(flaw.places.first().unwrap().note, "a.gpkg, feature 7");
    }
}
