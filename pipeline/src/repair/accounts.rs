//! The accounts of a repaired file: what each key changed, and the balance.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernels::lattice::{Point, area_m2};
use serde::Serialize;

use super::key::{self, Effect, effect, meaning};
use crate::error::{Error, InputError};
use crate::proof::{Area, Balance};
use crate::tally::{Flaw, Flaws, Place, Tally};

/// What was done under one key; areas are doubled, in square lattice steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    /// How many times.
    pub count: u64,
    /// Area concerned: of the gap, the overlap, the polygon; 0 for what has none.
    pub twice_area: i128,
    /// Area that polygons had in the file, and no longer have.
    pub twice_area_lost: i128,
    /// Area that polygons did not have in the file.
    pub twice_area_invented: i128,
    /// Area that a polygon had and that another one covers and keeps.
    pub twice_area_reassigned: i128,
    /// The first place, when one is known.
    pub first: Option<Place>,
}

/// Everything that was repaired in one file.
///
/// The balance: area read + invented - lost - reassigned = area kept, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repairs {
    /// The file.
    pub path: PathBuf,
    /// What was done, by key.
    pub by_key: BTreeMap<String, Repair>,
    /// Sum of the areas of the polygons read, by their corners, doubled, in square lattice steps.
    pub twice_area_read: i128,
    /// Sum of the areas of the polygons kept.
    pub twice_area_kept: i128,
}

/// One key of [`Repairs`], in square metres, for tables and files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepairRow {
    /// The stable key.
    pub key: String,
    /// What it means.
    pub meaning: &'static str,
    /// Whether something was changed, or only reported.
    pub effect: Effect,
    /// How many times.
    pub count: u64,
    /// Area concerned.
    pub area_m2: f64,
    /// Area lost.
    pub lost_m2: f64,
    /// Area invented.
    pub invented_m2: f64,
    /// Area given to another polygon.
    pub reassigned_m2: f64,
    /// Easting and northing of the first place, in metres.
    pub first_m: Option<(f64, f64)>,
}

impl Repair {
    /// What reading a file met, without consequence for the areas.
    fn of(flaw: &Flaw) -> Self {
        let (first, twice_area) = (flaw.places.first().cloned(), i128::from(flaw.twice_area));
        Self { count: flaw.count, twice_area, first, ..Self::default() }
    }
}

impl Repairs {
    /// Accounts that start with the flaws met while the file was read.
    ///
    /// Rings that meet themselves are left out: they are repaired, and counted, as polygons.
    pub(super) fn new(path: &Path, flaws: &Flaws) -> Self {
        let mut by_key = BTreeMap::new();
        let is_open =
            |key: &str| key != key::io::RING_SELF_INTERSECTION && key != key::io::RING_SELF_TOUCH;
        for (key, flaw) in flaws.0.iter().filter(|(key, _)| is_open(key)) {
            by_key.insert(key.clone(), Repair::of(flaw));
        }
        Self { path: path.to_path_buf(), by_key, ..Self::default() }
    }

    /// The accounts of a file whose shapes are taken as they are, such as communes: what was met
    /// while it was read, without a balance of areas.
    pub fn of_reading(path: &Path, flaws: &Flaws) -> Self {
        let by_key = flaws.0.iter().map(|(key, flaw)| (key.clone(), Repair::of(flaw))).collect();
        Self { path: path.to_path_buf(), by_key, ..Self::default() }
    }

    /// Whether the areas read and kept were measured.
    pub fn has_balance(&self) -> bool {
        self.twice_area_read != 0 || self.twice_area_kept != 0
    }

    /// Counts one defect here and in the tally.
    pub(crate) fn count(
        &mut self,
        tally: &Tally,
        key: &str,
        at: Point,
        twice_area: i128,
        note: String,
    ) {
        let entry = self.by_key.entry(key.to_owned()).or_default();
        entry.count += 1;
        entry.twice_area += twice_area.abs();
        let place = Place { at_cm: (at.x, at.y), note };
        if entry.first.as_ref().is_none_or(|first| place < *first) {
            entry.first = Some(place.clone());
        }
        tally.count_at(key, at, twice_area, place.note);
    }

    /// Adds ground that one polygon had and another keeps.
    pub(super) fn reassign(&mut self, key: &str, twice_area: i128) {
        self.by_key.entry(key.to_owned()).or_default().twice_area_reassigned += twice_area;
    }

    /// Adds the change of area of one polygon: positive is invented, negative lost.
    pub(super) fn change(&mut self, key: &str, twice_area: i128) {
        let entry = self.by_key.entry(key.to_owned()).or_default();
        entry.twice_area_invented += twice_area.max(0);
        entry.twice_area_lost += (-twice_area).max(0);
    }

    /// Whether the file was taken as it is; what is only reported does not count.
    pub fn is_clean(&self) -> bool {
        self.repaired().next().is_none()
    }

    fn repaired(&self) -> impl Iterator<Item = (&String, &Repair)> {
        self.by_key.iter().filter(|(key, _)| effect(key) == Effect::Repaired)
    }

    /// The area that the polygons kept must have, from that of the polygons read and each repair.
    pub fn twice_area_expected(&self) -> i128 {
        self.by_key.values().fold(self.twice_area_read, |area, repair| {
            area + repair.twice_area_invented
                - repair.twice_area_lost
                - repair.twice_area_reassigned
        })
    }

    /// Checks the balance, to the last square centimetre.
    ///
    /// # Errors
    /// [`Error::Invariant`] `area_of_repairs`.
    pub fn check(&self) -> Result<(), Error> {
        let (expected, kept) = (self.twice_area_expected(), self.twice_area_kept);
        if expected == kept {
            return Ok(());
        }
        let details = format!(
            "in `{}`: the polygons kept have {:.5} m2, the repairs account for {:.5} m2",
            self.path.display(),
            area_m2(kept),
            area_m2(expected)
        );
        Err(Error::invariant("area_of_repairs", details))
    }

    /// Refuses a file that needed a repair, as `--strict` asks.
    ///
    /// # Errors
    /// [`Error::Input`] with the first place and the count of each key.
    pub fn refuse(&self) -> Result<(), Error> {
        let Some((first_key, _)) = self.repaired().next() else { return Ok(()) };
        let counts = self.repaired().map(|(key, repair)| format!("{key} {}", repair.count));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let fault = InputError::new(
            &self.path,
            "this file needs repairs, and `--strict` refuses them",
        )
        .got(counts)
        .expected("a valid coverage with known codes, unique ids and a declared CRS")
        .hint("correct the file, or run without `--strict`: what each repair costs is printed");
        let placed = self.repaired().find_map(|(key, repair)| Some((key, repair.first.as_ref()?)));
        Err(match placed {
            Some((key, place)) => {
                let (x_m, y_m) = place.point().to_metres();
                fault.feature(format!("{} ({key} at {x_m:.2},{y_m:.2})", place.note)).into()
            }
            None => fault.feature(format!("none ({first_key})")).into(),
        })
    }

    /// One row per key, the most costly first, then by key.
    pub fn rows(&self) -> Vec<RepairRow> {
        let cost = |r: &Repair| r.twice_area_lost + r.twice_area_invented + r.twice_area_reassigned;
        let mut sorted: Vec<_> = self.by_key.iter().collect();
        sorted.sort_by(|a, b| cost(b.1).cmp(&cost(a.1)).then(a.0.cmp(b.0)));
        let row = |(key, repair): (&String, &Repair)| RepairRow {
            key: key.clone(),
            meaning: meaning(key),
            effect: effect(key),
            count: repair.count,
            area_m2: area_m2(repair.twice_area),
            lost_m2: area_m2(repair.twice_area_lost),
            invented_m2: area_m2(repair.twice_area_invented),
            reassigned_m2: area_m2(repair.twice_area_reassigned),
            first_m: repair.first.as_ref().map(|place| place.point().to_metres()),
        };
        sorted.into_iter().map(row).collect()
    }

    /// The accounts as text, one line per key and the balance; empty when nothing was wrong.
    pub fn lines(&self) -> Vec<String> {
        if self.by_key.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![format!("repairs of `{}`", self.path.display())];
        for row in self.rows() {
            let verb = match row.effect {
                Effect::Repaired => "repaired",
                Effect::Reported => "reported",
            };
            lines.push(format!(
                "  {:<22} {verb} {:>8}  of {:.5} m2  lost {:.5}  invented {:.5}  reassigned {:.5}  \
                 ({})",
                row.key,
                row.count,
                row.area_m2,
                row.lost_m2,
                row.invented_m2,
                row.reassigned_m2,
                row.meaning
            ));
        }
        if self.has_balance() {
            lines.push(format!("  {}", self.balance()));
        }
        lines
    }

    /// The balance of the areas.
    pub fn balance(&self) -> Balance {
        let sum = |of: fn(&Repair) -> i128| Area(self.by_key.values().map(of).sum());
        Balance {
            read_m2: Area(self.twice_area_read),
            invented_m2: sum(|r| r.twice_area_invented),
            lost_m2: sum(|r| r.twice_area_lost),
            reassigned_m2: sum(|r| r.twice_area_reassigned),
            kept_m2: Area(self.twice_area_kept),
        }
    }
}
