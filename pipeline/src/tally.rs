//! Flaws of the data that stop nothing: counted by a stable key, with their first places.
//!
//! The result does not depend on the order in which threads report, so it may be published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use kernels::lattice::{self, Point};
use serde::{Deserialize, Serialize};

use crate::words;

/// Places kept for each key; the lowest in the order of [`Place`] stay.
pub const PLACES_MAX: usize = 1000;

/// Where one flaw is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Easting and northing in centimetres.
    pub at_cm: (i32, i32),
    /// The file, layer and feature, or another short note; may be empty.
    pub note: String,
}

impl Place {
    /// The place as a lattice point.
    pub fn point(&self) -> Point {
        Point::new(self.at_cm.0, self.at_cm.1)
    }
}

/// Everything counted under one key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flaw {
    /// How many times.
    pub count: u64,
    /// Twice the area touched, in square lattice steps; 0 for flaws without an area.
    pub twice_area: i64,
    /// The first places, at most [`PLACES_MAX`].
    pub places: BTreeSet<Place>,
}

impl Flaw {
    /// The area touched, in square metres.
    pub fn area_m2(&self) -> f64 {
        lattice::area_m2(i128::from(self.twice_area))
    }

    fn add(&mut self, twice_area: i128, place: Option<Place>) {
        self.count += 1;
        let twice_area = i64::try_from(twice_area).unwrap_or(i64::MAX);
        self.twice_area = self.twice_area.saturating_add(twice_area);
        if let Some(place) = place {
            self.places.insert(place);
            if self.places.len() > PLACES_MAX {
                self.places.pop_last();
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.twice_area = self.twice_area.saturating_add(other.twice_area);
        self.places.extend(other.places.iter().cloned());
        while self.places.len() > PLACES_MAX {
            self.places.pop_last();
        }
    }
}

/// Flaws by key, sorted by key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flaws(pub BTreeMap<String, Flaw>);

impl Flaws {
    /// Adds another stage's flaws.
    pub fn merge(&mut self, other: &Self) {
        for (key, flaw) in &other.0 {
            self.0.entry(key.clone()).or_default().merge(flaw);
        }
    }

    /// Keys with their flaws, the most frequent first, then by key.
    pub fn by_count(&self) -> Vec<(&str, &Flaw)> {
        let mut sorted: Vec<_> = self.0.iter().map(|(key, flaw)| (key.as_str(), flaw)).collect();
        sorted.sort_by(|a, b| b.1.count.cmp(&a.1.count).then(a.0.cmp(b.0)));
        sorted
    }
}

/// Counts flaws from any thread.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Flaws>);

impl Tally {
    /// Counts a flaw that has no place, such as a missing image.
    ///
    /// Keys are stable `snake_case` names: users filter on them. Each has its words in
    /// [`words::flaw`].
    pub fn count(&self, key: &str) {
        self.add(key, 0, None);
    }

    /// Counts a flaw at a place; `twice_area` as in [`lattice::Ring::twice_area`], 0 for none.
    pub fn count_at(&self, key: &str, at: Point, twice_area: i128, note: impl Into<String>) {
        let place = Place { at_cm: (at.x, at.y), note: note.into() };
        self.add(key, twice_area, Some(place));
    }

    fn add(&self, key: &str, twice_area: i128, place: Option<Place>) {
        debug_assert!(words::has_flaw(key), "`{key}` has no French words");
        let mut flaws = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flaws.0.entry(key.to_owned()).or_default().add(twice_area, place);
    }

    /// Adds what another tally counted.
    pub fn absorb(&self, other: &Flaws) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).merge(other);
    }

    /// What was counted so far.
    pub fn flaws(&self) -> Flaws {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(order: impl Iterator<Item = i32>) -> Flaws {
        let tally = Tally::default();
        order.for_each(|x| tally.count_at("ring_self_intersection", Point::new(x, 0), 20_000, ""));
        tally.flaws()
    }

    #[test]
    fn the_first_places_do_not_depend_on_the_order_of_reports() {
        let n = PLACES_MAX as i32 + 500;
        let (up, down) = (tally_of(0..n), tally_of((0..n).rev()));
        assert_eq!(up, down);
        let flaw = &up.0["ring_self_intersection"];
        assert_eq!((flaw.count, flaw.places.len()), (n as u64, PLACES_MAX));
        assert_eq!(flaw.twice_area, i64::from(n) * 20_000);
        assert_eq!(flaw.places.last().unwrap().at_cm, (PLACES_MAX as i32 - 1, 0));
    }

    #[test]
    fn two_stages_add_up_and_the_most_frequent_comes_first() {
        let mut all = tally_of(0..3);
        let other = Tally::default();
        other.count("cell_without_imagery");
        other.count_at("ring_self_intersection", Point::new(9, 9), 0, "parcels, feature 7");
        all.merge(&other.flaws());
        let counts: Vec<_> = all.by_count().iter().map(|(key, flaw)| (*key, flaw.count)).collect();
        assert_eq!(counts, [("ring_self_intersection", 4), ("cell_without_imagery", 1)]);
    }

    #[test]
    fn a_tally_survives_the_journal() {
        let flaws = tally_of(0..3);
        let text = serde_json::to_string(&flaws).unwrap();
        assert_eq!(serde_json::from_str::<Flaws>(&text).unwrap(), flaws);
    }
}
