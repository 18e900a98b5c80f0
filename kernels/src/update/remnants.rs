//! What is left of an object when the rest of it changed.

use std::collections::BTreeMap;
use std::ops::Range;

use nomenclature::ClassId;

use super::decide::{Decision, Territory, Units};
use crate::plane::Edit;
use crate::union_find::UnionFind;

/// Who stands beside a remnant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    /// Cells that changed to a cover.
    Changed(u8),
    /// An object that keeps its prior there.
    Kept(u32),
}

/// The lengths of the borders of a piece, in sides of cells.
type Borders = BTreeMap<Beside, u64>;

/// Gives the remnants of cut objects to the change that cut them.
///
/// A remnant is a 4-connected piece of an object that keeps its prior while other cells of the
/// object changed, and of which no polygon can be made: it is smaller than the least unit of its
/// cover, or than the unit outside the zone construite and half of what changed of its object. It
/// takes the cover of the change with which it shares its longest border (of equals the lowest
/// cover); where that is its own, or its longest border is with another object, it stays.
pub(super) fn take_along(territory: &Territory<'_>, decision: &mut Decision, units: &Units<'_>) {
    let n_changed = changed_cells(territory, decision);
    let pieces = Pieces::of(territory, decision, &n_changed);
    let remnants = pieces.remnants(territory, &n_changed, units);
    let mut borders: BTreeMap<u32, Borders> = BTreeMap::new();
    for &(first, run) in &remnants {
        add_borders(run, territory, decision, borders.entry(first).or_default());
    }
    let taken = |(first, borders): (u32, Borders)| {
        let longest = borders.iter().max_by_key(|&(who, n)| (n, std::cmp::Reverse(who)));
        match longest {
            Some((&Beside::Changed(to), _)) if to != pieces.cover(territory, first) => {
                Some((first, to))
            }
            _ => None,
        }
    };
    let taken: BTreeMap<u32, u8> = borders.into_iter().filter_map(taken).collect();
    let edit = |(first, run): &(u32, &Run)| {
        let to = taken.get(first)?;
        Some(Edit::new(run.row, run.cols.clone(), *to))
    };
    decision.follow(remnants.iter().filter_map(edit).collect());
}

/// Whether no polygon can be made of a piece of an object.
fn is_remnant(n_cells: u64, n_changed: u64, cover: ClassId, units: &Units<'_>) -> bool {
    let n = n_cells as f64;
    n < (units.least)(cover) || (n < (units.outside)(cover) && 2 * n_cells <= n_changed)
}

/// Changed cells of each object; objects after the last one that changed are left out.
fn changed_cells(territory: &Territory<'_>, decision: &Decision) -> Vec<u64> {
    let mut n_changed = vec![0];
    for (row, cols, ..) in decision.changes() {
        for (cols, object) in territory.object.row(row).over(cols).filter(|run| run.1 != 0) {
            if n_changed.len() <= object as usize {
                n_changed.resize(object as usize + 1, 0);
            }
            n_changed[object as usize] += cols.len() as u64;
        }
    }
    n_changed
}

/// Cells of a row that keep their prior while others of their object changed.
struct Run {
    row: usize,
    cols: Range<usize>,
    object: u32,
}

/// The 4-connected pieces of objects that keep their prior while others of the object changed.
struct Pieces {
    /// In reading order; two of one object do not touch in a row.
    runs: Vec<Run>,
    /// The first run of the piece of each run.
    firsts: Vec<u32>,
}

impl Pieces {
    fn of(territory: &Territory<'_>, decision: &Decision, n_changed: &[u64]) -> Self {
        let mut pieces = Self { runs: Vec::new(), firsts: Vec::new() };
        let mut sets = UnionFind::new(0);
        let is_cut = |object: u32| n_changed.get(object as usize).is_some_and(|&n| n > 0);
        let mut above = 0..0;
        for row in 0..territory.object.dim().0 {
            let start = pieces.runs.len();
            for (cols, object) in territory.object.row(row).runs().filter(|run| is_cut(run.1)) {
                let reasons = decision.reason.row(row).over(cols);
                for (cols, _) in reasons.filter(|(_, reason)| reason.may_follow()) {
                    pieces.push(start, Run { row, cols, object });
                }
            }
            let here = start..pieces.runs.len();
            sets.grow(here.end);
            pieces.join(above, here.clone(), &mut sets);
            above = here;
        }
        pieces.firsts = (0..pieces.runs.len()).map(|rank| sets.root(rank as u32)).collect();
        pieces
    }

    /// Adds a run to the row whose runs begin at `start`.
    fn push(&mut self, start: usize, run: Run) {
        match self.runs[start..].last_mut() {
            Some(last) if last.object == run.object && last.cols.end == run.cols.start => {
                last.cols.end = run.cols.end;
            }
            _ => self.runs.push(run),
        }
    }

    /// Joins the runs of neighbouring rows that touch and are of one object.
    fn join(&self, above: Range<usize>, here: Range<usize>, sets: &mut UnionFind) {
        let (mut i, mut j) = (above.start, here.start);
        while i < above.end && j < here.end {
            let (a, b) = (&self.runs[i], &self.runs[j]);
            let touch = a.cols.start < b.cols.end && b.cols.start < a.cols.end;
            let is_first_above = a.cols.end <= b.cols.end;
            if touch && a.object == b.object {
                sets.union(i as u32, j as u32);
            }
            if is_first_above { i += 1 } else { j += 1 }
        }
    }

    /// Cells of each piece, at its first run.
    fn n_cells(&self) -> Vec<u64> {
        let mut n_cells = vec![0; self.runs.len()];
        for (run, &first) in self.runs.iter().zip(&self.firsts) {
            n_cells[first as usize] += run.cols.len() as u64;
        }
        n_cells
    }

    /// The cover of a piece by its first run: that of its first cell.
    fn cover(&self, territory: &Territory<'_>, first: u32) -> u8 {
        let piece = &self.runs[first as usize];
        (territory.prior.get((piece.row, piece.cols.start)) >> 8) as u8
    }

    /// The runs of the pieces of which no polygon can be made, each with the first of its piece.
    fn remnants(
        &self,
        territory: &Territory<'_>,
        n_changed: &[u64],
        units: &Units<'_>,
    ) -> Vec<(u32, &Run)> {
        let n_cells = self.n_cells();
        let is_small = |&(first, _): &(u32, &Run)| {
            let of_object = n_changed[self.runs[first as usize].object as usize];
            let cover = ClassId(self.cover(territory, first));
            is_remnant(n_cells[first as usize], of_object, cover, units)
        };
        self.firsts.iter().copied().zip(&self.runs).filter(is_small).collect()
    }
}

/// Adds what lies beside a run of a piece to the borders of the piece.
fn add_borders(run: &Run, territory: &Territory<'_>, decision: &Decision, borders: &mut Borders) {
    let (rows, cols) = territory.object.dim();
    let Run { row, cols: Range { start, end }, object } = *run;
    let sides = [
        (row.wrapping_sub(1), start..end),
        (row, start.wrapping_sub(1)..start),
        (row, end..end + 1),
        (row + 1, start..end),
    ];
    for (row, cols) in
        sides.into_iter().filter(|s| s.0 < rows && s.1.end <= cols && s.1.start < cols)
    {
        for (cols, other) in territory.object.row(row).over(cols) {
            for (cols, cover, reason) in decision.over(row, cols) {
                let who = match reason {
                    reason if other == object && reason.may_follow() => continue,
                    reason if reason.is_change() => Beside::Changed(cover),
                    _ => Beside::Kept(other),
                };
                *borders.entry(who).or_default() += cols.len() as u64;
            }
        }
    }
}
