//! Which polygons of a vintage count as artificial: matrix, thresholds, restoration, forcing.
//!
//! The couple matrix says what a polygon is on its own; the annex to article R. 101-1 of the code
//! de l'urbanisme (decree 2023-1096) says that it only counts from 2,500 m2. This module applies
//! the public executable form of that annex, in five steps:
//!
//! 1. each polygon is flagged by the matrix (the caller does it, from the rule set);
//! 2. for each flag, polygons that touch, be it at one point, form a group;
//! 3. a group strictly under the threshold takes the other status: one simultaneous pass over both
//!    flags, never repeated, and a group of exactly the threshold keeps its status;
//! 4. a building polygon (CS1.1.1.1) that lost its status in step 3 is artificial again when it
//!    touches another polygon that is not artificial after step 3;
//! 5. the union of what is artificial after steps 3 and 4 is the artificial area.
//!
//! Step 4 is read on polygons: the neighbour may be of the building's own group, since that group
//! is itself non-artificial once flipped. "Small" needs no test of its own: a polygon of a group
//! under the threshold is under it too.
//!
//! One optional step follows. It is ours, off by default and named in [`Reason`]: forcing of small
//! surfaces next to buildings (IGN announces such a step without describing it, so the rule here is
//! an inference). The exemptions that a local authority may choose are not a matter of polygons:
//! they are taken off face by face, where the overlay covers the ground.

use serde::{Deserialize, Serialize};

use crate::lattice::TWICE_AREA_PER_M2;
use crate::union_find::UnionFind;

#[cfg(test)]
mod tests;

/// A vintage as the artificialisation rule sees it: one entry per polygon in every slice.
#[derive(Debug, Clone, Copy)]
pub struct Vintage<'a> {
    /// Twice the area of each polygon, in square lattice steps.
    pub twice_areas: &'a [i128],
    /// Step 1: whether the couple matrix calls the polygon artificial.
    pub matrix: &'a [bool],
    /// Whether the polygon is a building (CS1.1.1.1, or nested in it).
    pub built: &'a [bool],
    /// Pairs of polygons that share at least one point, each pair once, in any order.
    pub contacts: &'a [(u32, u32)],
}

/// The areas the steps compare with, as exact integers in doubled square lattice steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Step 3: a group strictly under this flips.
    pub group_twice_area_min: i128,
    /// Step 4: a building strictly under this is not restored. The public form has no such bound
    /// (0); the decree counts buildings from 50 m2 of footprint.
    pub built_twice_area_min: i128,
    /// Forcing: a non-artificial polygon strictly under this that touches an artificial building
    /// becomes artificial. `None` switches the step off.
    pub forcing_twice_area_max: Option<i128>,
}

impl Rules {
    /// The thresholds of decree 2023-1096 in their public executable form, without forcing.
    pub fn decree() -> Self {
        Self {
            group_twice_area_min: twice_area_of_m2(2_500),
            built_twice_area_min: 0,
            forcing_twice_area_max: None,
        }
    }
}

/// A whole number of square metres as a doubled area in square lattice steps.
pub fn twice_area_of_m2(area_m2: u32) -> i128 {
    i128::from(area_m2) * TWICE_AREA_PER_M2
}

/// The step that decided the status of a polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The matrix; no later step changed it.
    Matrix,
    /// Step 3: the group is strictly under the threshold.
    GroupUnderThreshold,
    /// Step 4: a building next to a non-artificial surface.
    BuiltRestored,
    /// Forcing: a small surface next to a building.
    ForcedNearBuilding,
}

/// What the rule says of one polygon, with everything needed to explain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Artificial by the couple matrix alone (figures without thresholds).
    pub matrix: bool,
    /// Artificial in the end (figures with thresholds).
    pub status: bool,
    /// Whether thresholds or forcing gave the status: the `crit_seuil` column. False when they
    /// leave the matrix's answer.
    pub by_threshold: bool,
    /// Rank of the polygon's group in [`Artificialised::groups`].
    pub group: u32,
    /// Twice the area of that group, in square lattice steps.
    pub group_twice_area: i128,
    /// The step that decided.
    pub reason: Reason,
}

/// Touching polygons of one matrix flag, dissolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The flag its polygons share.
    pub matrix: bool,
    /// Twice its area, in square lattice steps.
    pub twice_area: i128,
    /// The polygon of lowest rank in it: groups are numbered in this order.
    pub first: u32,
    /// Number of polygons in it.
    pub polygons: u32,
    /// Whether step 3 gave it the other status.
    pub flipped: bool,
}

/// The verdict of every polygon and the groups behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artificialised {
    /// One per polygon, in the order of the input.
    pub verdicts: Vec<Verdict>,
    /// In the order of their first polygon.
    pub groups: Vec<Group>,
}

impl Artificialised {
    /// What the thresholds absorbed or filled: the groups that step 3 flipped, largest first.
    pub fn flipped(&self) -> Vec<Group> {
        let mut flipped: Vec<Group> = self.groups.iter().filter(|g| g.flipped).copied().collect();
        flipped.sort_by_key(|g| (std::cmp::Reverse(g.twice_area), g.first));
        flipped
    }

    /// The verdicts of the first `n_polygons` and the groups that they belong to.
    ///
    /// Polygons of a neighbouring department come after the vintage's own, take part in the groups
    /// and are then left out; a group keeps the area and the number of all its polygons.
    #[must_use]
    pub fn of_first(mut self, n_polygons: usize) -> Self {
        self.verdicts.truncate(n_polygons);
        // Groups are numbered in the order of their first polygon.
        let own = self.groups.partition_point(|group| (group.first as usize) < n_polygons);
        self.groups.truncate(own);
        self
    }
}

/// Why a vintage cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtificialiseError {
    /// Two slices do not describe the same polygons.
    #[error("`{column}` has {got} entries, expected {expected}: one per polygon")]
    LengthMismatch {
        /// Name of the slice.
        column: &'static str,
        /// Its length.
        got: usize,
        /// Number of polygons.
        expected: usize,
    },
    /// A contact names a polygon that does not exist.
    #[error("contact ({a}, {b}) names a polygon beyond the {polygons} of the vintage")]
    UnknownPolygon {
        /// First polygon of the pair.
        a: u32,
        /// Second polygon of the pair.
        b: u32,
        /// Number of polygons.
        polygons: usize,
    },
}

/// Judges every polygon of a vintage by the five steps of the module's documentation.
///
/// Polygons of a neighbouring department may be appended to cancel the edge effect at the limit;
/// [`Artificialised::of_first`] then leaves them out. The result does not
/// depend on the order of the contacts. Time grows with polygons plus contacts.
///
/// # Errors
/// [`ArtificialiseError`] when the slices differ in length or a contact names an unknown polygon.
///
/// Source: annex to article R. 101-1 of the code de l'urbanisme (decree 2023-1096 of 27 November
/// 2023), in the form that the state's public platform runs.
///
/// ```
/// use kernels::artificialise::{Rules, Vintage, artificialise, twice_area_of_m2};
/// let (small, large) = (twice_area_of_m2(400), twice_area_of_m2(10_000));
/// let result = artificialise(
///     &Vintage {
///         twice_areas: &[small, large],
///         matrix: &[true, false],
///         built: &[false, false],
///         contacts: &[(0, 1)],
///     },
///     &Rules::decree(),
/// )?;
/// assert!(!result.verdicts[0].status && result.verdicts[0].by_threshold);
/// # Ok::<(), kernels::artificialise::ArtificialiseError>(())
/// ```
pub fn artificialise(
    vintage: &Vintage<'_>,
    rules: &Rules,
) -> Result<Artificialised, ArtificialiseError> {
    check(vintage)?;
    let (ranks, groups) = group(vintage, rules.group_twice_area_min);
    let mut verdicts: Vec<Verdict> = ranks
        .iter()
        .zip(vintage.matrix)
        .map(|(&rank, &matrix)| {
            let group = &groups[rank as usize];
            let reason = if group.flipped { Reason::GroupUnderThreshold } else { Reason::Matrix };
            Verdict {
                matrix,
                status: matrix != group.flipped,
                by_threshold: group.flipped,
                group: rank,
                group_twice_area: group.twice_area,
                reason,
            }
        })
        .collect();
    restore(vintage, rules.built_twice_area_min, &mut verdicts);
    if let Some(twice_area_max) = rules.forcing_twice_area_max {
        force(vintage, twice_area_max, &mut verdicts);
    }
    Ok(Artificialised { verdicts, groups })
}

fn check(vintage: &Vintage<'_>) -> Result<(), ArtificialiseError> {
    let expected = vintage.twice_areas.len();
    for (column, flags) in [("matrix", vintage.matrix), ("built", vintage.built)] {
        if flags.len() != expected {
            let got = flags.len();
            return Err(ArtificialiseError::LengthMismatch { column, got, expected });
        }
    }
    let beyond = |&&(a, b): &&(u32, u32)| a.max(b) as usize >= expected;
    match vintage.contacts.iter().find(beyond) {
        Some(&(a, b)) => Err(ArtificialiseError::UnknownPolygon { a, b, polygons: expected }),
        None => Ok(()),
    }
}

/// Steps 2 and 3: the rank of each polygon's group, and the groups.
fn group(vintage: &Vintage<'_>, twice_area_min: i128) -> (Vec<u32>, Vec<Group>) {
    let mut sets = UnionFind::new(vintage.matrix.len());
    for &(a, b) in vintage.contacts {
        if vintage.matrix[a as usize] == vintage.matrix[b as usize] {
            sets.union(a, b);
        }
    }
    let mut ranks = vec![0; vintage.matrix.len()];
    let mut groups: Vec<Group> = Vec::new();
    for polygon in 0..ranks.len() as u32 {
        let first = sets.root(polygon);
        let i = polygon as usize;
        if first == polygon {
            ranks[i] = groups.len() as u32;
            let matrix = vintage.matrix[i];
            groups.push(Group { matrix, twice_area: 0, first, polygons: 0, flipped: false });
        } else {
            ranks[i] = ranks[first as usize];
        }
        let group = &mut groups[ranks[i] as usize];
        group.twice_area += vintage.twice_areas[i];
        group.polygons += 1;
    }
    for group in &mut groups {
        group.flipped = group.twice_area < twice_area_min;
    }
    (ranks, groups)
}

/// Step 4: flipped buildings beside a polygon that is not artificial after step 3.
fn restore(vintage: &Vintage<'_>, twice_area_min: i128, verdicts: &mut [Verdict]) {
    let lost = |i: usize| {
        vintage.built[i]
            && vintage.matrix[i]
            && !verdicts[i].status
            && vintage.twice_areas[i] >= twice_area_min
    };
    let restored = beside(vintage.contacts, lost, |j| !verdicts[j].status);
    for i in restored {
        let verdict = &mut verdicts[i];
        *verdict = Verdict {
            status: true,
            by_threshold: false,
            reason: Reason::BuiltRestored,
            ..*verdict
        };
    }
}

/// Forcing: small non-artificial surfaces beside a building that is artificial after step 4.
fn force(vintage: &Vintage<'_>, twice_area_max: i128, verdicts: &mut [Verdict]) {
    let small = |i: usize| !verdicts[i].status && vintage.twice_areas[i] < twice_area_max;
    let building = |j: usize| vintage.built[j] && verdicts[j].status;
    let forced = beside(vintage.contacts, small, building);
    for i in forced {
        let verdict = &mut verdicts[i];
        let by_threshold = !verdict.matrix;
        *verdict =
            Verdict { status: true, by_threshold, reason: Reason::ForcedNearBuilding, ..*verdict };
    }
}

/// Ranks that satisfy `wanted` and touch another one that satisfies `neighbour`; may repeat.
fn beside(
    contacts: &[(u32, u32)],
    wanted: impl Fn(usize) -> bool,
    neighbour: impl Fn(usize) -> bool,
) -> Vec<usize> {
    contacts
        .iter()
        .filter(|(a, b)| a != b)
        .flat_map(|&(a, b)| [(a as usize, b as usize), (b as usize, a as usize)])
        .filter(|&(i, j)| wanted(i) && neighbour(j))
        .map(|(i, _)| i)
        .collect()
}

/// Exact doubled areas with and without thresholds, and what each step moved.
///
/// `with_thresholds = without_thresholds - absorbed + filled + restored + forced`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// All polygons.
    pub surface: i128,
    /// Artificial by the matrix alone.
    pub without_thresholds: i128,
    /// Artificial in the end.
    pub with_thresholds: i128,
    /// Artificial by the matrix, in groups under the threshold (step 3; restored ones included).
    pub absorbed: i128,
    /// Not artificial by the matrix, in groups under the threshold (step 3).
    pub filled: i128,
    /// Buildings restored by step 4.
    pub restored: i128,
    /// Surfaces made artificial by forcing.
    pub forced: i128,
}

impl Totals {
    /// Adds up polygons, each with its verdict and its doubled area, over the shorter slice.
    pub fn of(result: &Artificialised, twice_areas: &[i128]) -> Self {
        let mut totals = Self::default();
        for (verdict, &twice_area) in result.verdicts.iter().zip(twice_areas) {
            totals.add(verdict, result.groups[verdict.group as usize].flipped, twice_area);
        }
        totals
    }

    fn add(&mut self, verdict: &Verdict, flipped: bool, twice_area: i128) {
        let slots = [
            (true, &mut self.surface),
            (verdict.matrix, &mut self.without_thresholds),
            (verdict.status, &mut self.with_thresholds),
            (flipped && verdict.matrix, &mut self.absorbed),
            (flipped && !verdict.matrix, &mut self.filled),
            (verdict.reason == Reason::BuiltRestored, &mut self.restored),
            (verdict.reason == Reason::ForcedNearBuilding, &mut self.forced),
        ];
        for (counts, slot) in slots {
            if counts {
                *slot += twice_area;
            }
        }
    }
}
