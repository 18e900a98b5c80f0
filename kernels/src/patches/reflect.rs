//! What a model sees where there is no data: the data beside it, mirrored.

use ndarray::{Array3, ArrayView2, ArrayViewMut2, Axis};

/// Replaces the void cells of a patch by the nearest run of data of their row, mirrored at its end
/// as often as needed (the end itself is repeated); rows without any data then mirror the rows
/// beside them in the same way.
///
/// * `cells`: shape (channel, rows, cols).
/// * `valid`: not 0 where the cells of all channels hold data; shape (rows, cols).
///
/// Of two runs equally near the first one counts. A patch without any data is left as it is.
///
/// # Panics
/// When the shapes disagree.
pub fn fill_by_reflection(cells: &mut Array3<f32>, valid: ArrayView2<'_, u8>) {
    let (_, rows, cols) = cells.dim();
    assert_eq!(valid.dim(), (rows, cols));
    if valid.iter().all(|&v| v != 0) {
        return;
    }
    let across: Vec<Option<Vec<usize>>> = valid
        .outer_iter()
        .map(|row| sources(&row.iter().map(|&v| v != 0).collect::<Vec<_>>()))
        .collect();
    let has_data: Vec<bool> = across.iter().map(Option::is_some).collect();
    let Some(down) = sources(&has_data) else { return };
    for mut plane in cells.axis_iter_mut(Axis(0)) {
        for (row, from) in across.iter().enumerate() {
            if let Some(from) = from {
                mirror_row(&mut plane, row, from);
            }
        }
        for (row, &from) in down.iter().enumerate().filter(|&(row, &from)| row != from) {
            let source = plane.row(from).to_owned();
            plane.row_mut(row).assign(&source);
        }
    }
}

/// Fills the voids of one row; sources hold data, so the order does not matter.
fn mirror_row(plane: &mut ArrayViewMut2<'_, f32>, row: usize, from: &[usize]) {
    for (col, &source) in from.iter().enumerate().filter(|&(col, &source)| col != source) {
        plane[[row, col]] = plane[[row, source]];
    }
}

/// Where each place of a line takes its data from: itself, or a mirrored place of the nearest run;
/// `None` when the line holds no data.
fn sources(valid: &[bool]) -> Option<Vec<usize>> {
    let runs = runs_of(valid);
    let last = runs.len().checked_sub(1)?;
    let mut next = 0;
    let nearest = |at: usize| {
        // Runs that end at or before the place lie to its left.
        while next < last && runs[next].1 <= at {
            next += 1;
        }
        let right = runs[next];
        let left = next.checked_sub(1).map(|index| runs[index]);
        match left {
            Some(left) if right.0 > at && at + 1 - left.1 <= right.0 - at => left,
            _ => right,
        }
    };
    Some((0..valid.len()).map(nearest).zip(0..).map(|(run, at)| mirrored(run, at)).collect())
}

/// The runs of places with data: first place and one past the last.
fn runs_of(valid: &[bool]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for at in (0..valid.len()).filter(|&at| valid[at]) {
        match runs.last_mut() {
            Some(run) if run.1 == at => run.1 = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}

/// A place folded into a run.
fn mirrored((first, end): (usize, usize), at: usize) -> usize {
    let n = (end - first) as i64;
    let folded = (at as i64 - first as i64).rem_euclid(2 * n);
    first + (if folded < n { folded } else { 2 * n - 1 - folded }) as usize
}
