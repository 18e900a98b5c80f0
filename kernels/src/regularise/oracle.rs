//! The rules on shapes on whole arrays of cells, one pass after the other: slow and plain.
//!
//! Everything is done anew in every pass, on all cells at once; only the rings of takers
//! ([`super::width::reach`]), the growth of buildings and the merging of regions are those of the
//! rules themselves, which have tests of their own.

use ndarray::{Array2, ArrayView2, Zip};

use super::capture::{CellState, ShapeRule, Specks};
use super::enlarge::{Enlarged, enlarge};
use super::width::reach::{Levels, Takers, UNREACHED};
use super::width::{Diameters, Offers};
use super::{CaptureRule, CellMasks, regularise};
use crate::label::label;
use crate::plane::Plane;

/// What the cells are asked about.
pub(super) struct Ground<'a> {
    pub(super) locked: Option<&'a Array2<bool>>,
    pub(super) zone: Option<&'a Array2<bool>>,
    pub(super) prior: Option<&'a Array2<u16>>,
}

/// The codes and the changed cells after all rules, and the rounds that it took.
pub(super) fn capture_on_cells(
    codes: &Array2<u16>,
    ground: &Ground<'_>,
    rule: &impl ShapeRule,
) -> (Array2<u16>, Option<Array2<bool>>, usize) {
    let differs = |prior| Zip::from(codes).and(prior).map_collect(|a, b| a != b);
    let mut changed = ground.prior.map(differs);
    let mut codes = codes.clone();
    for round in 0.. {
        let before = codes.clone();
        let n_enlarged = enlarge_cells(&mut codes, &mut changed, ground, rule).n_cells;
        let n_specks = merge_cells(&mut codes, &mut changed, ground, &Specks(rule));
        let n_given = settle(&mut codes, &mut changed, ground, rule);
        let n_merged = merge_cells(&mut codes, &mut changed, ground, rule);
        if n_enlarged + n_specks + n_given + n_merged == 0 {
            assert_eq!(before, codes);
            return (codes, changed, round);
        }
    }
    unreachable!("the rules come to an end")
}

fn enlarge_cells(
    codes: &mut Array2<u16>,
    changed: &mut Option<Array2<bool>>,
    ground: &Ground<'_>,
    rule: &impl ShapeRule,
) -> Enlarged {
    let plane = |mask: &Array2<bool>| Plane::of(mask.view());
    let state = CellState { codes: Plane::of(codes.view()), changed: changed.as_ref().map(plane) };
    let locked = ground.locked.map(plane);
    let masks = CellMasks { locked: locked.as_ref(), ..CellMasks::default() };
    let (enlarged, edits) = enlarge(&state, &masks, rule);
    for edit in edits {
        for col in edit.cols() {
            codes[(edit.row as usize, col)] = edit.value;
            for changed in changed.iter_mut() {
                changed[(edit.row as usize, col)] = true;
            }
        }
    }
    enlarged
}

fn merge_cells(
    codes: &mut Array2<u16>,
    changed: &mut Option<Array2<bool>>,
    ground: &Ground<'_>,
    rule: &impl CaptureRule,
) -> u64 {
    let plane = |mask: &Array2<bool>| Plane::of(mask.view());
    let masks = [ground.locked.map(plane), changed.as_ref().map(plane), ground.zone.map(plane)];
    let [locked, changed_cells, zone] = masks.each_ref().map(Option::as_ref);
    let merged =
        regularise(codes.clone(), &CellMasks { locked, changed: changed_cells, zone }, rule);
    if let Some(changed) = changed {
        Zip::from(changed)
            .and(&*codes)
            .and(&merged.codes)
            .for_each(|changed, was, now| *changed &= was == now);
    }
    *codes = merged.codes;
    merged.moved.values().sum()
}

/// Gives away what is narrow until nothing is; the number of cells given.
fn settle(
    codes: &mut Array2<u16>,
    changed: &mut Option<Array2<bool>>,
    ground: &Ground<'_>,
    rule: &impl ShapeRule,
) -> u64 {
    let diameters = Diameters::of(rule);
    let mut parting: Option<Array2<bool>> = None;
    let (mut n_given, mut is_network_first) = (0, true);
    loop {
        let mut free = narrow(codes.view(), &diameters);
        if let Some(locked) = ground.locked {
            free.zip_mut_with(locked, |free, locked| *free &= !locked);
        }
        if let Some(changed) = &*changed {
            free.zip_mut_with(changed, |free, changed| *free &= changed);
            keep_wide_changes(&mut free, changed, codes, &diameters);
            keep_stretches(codes, |_| false, &mut free);
        }
        let network = codes.mapv(|code| u16::from(code != 0 && rule.is_network(code)));
        keep_stretches(&network, |at| codes.get(at).is_none_or(|&code| code == 0), &mut free);
        let parting = parting.get_or_insert_with(|| parting_cells(codes, &network, &free));
        let given = loop {
            let levels = levels(codes.view(), &diameters);
            let offers = Offers {
                prior: ground.prior.map(|prior| prior.view()),
                parting: is_network_first.then(|| parting.view()),
            };
            let mut takers = Takers::new(codes.view(), levels, free.view(), &diameters);
            let given = takers.spread(offers, rule).clone();
            if !keep_partial(codes, &network, &given, &mut free) {
                break given;
            }
        };
        let n = Zip::from(&*codes).and(&given).fold(0, |n, was, now| n + u64::from(was != now));
        if let (Some(changed), Some(prior)) = (changed.as_mut(), ground.prior) {
            for ((at, now), was) in given.indexed_iter().zip(&*codes) {
                changed[at] = if was == now { changed[at] } else { prior[at] != *now };
            }
        }
        *codes = given;
        if n == 0 && !is_network_first {
            return n_given;
        }
        is_network_first = n > 0;
        n_given += n;
    }
}

/// Steps from each cell to a core of its code, by the definitions.
fn levels(codes: ArrayView2<'_, u16>, diameters: &Diameters) -> Levels {
    let mut levels = Array2::from_shape_fn(codes.dim(), |at| {
        let diameter = usize::from(diameters.get(codes[at]));
        let near =
            |n: usize, limit: usize| n.saturating_sub(diameter)..(n + diameter + 1).min(limit);
        let (rows, cols) = (near(at.0, codes.nrows()), near(at.1, codes.ncols()));
        let is_core = rows.flat_map(|row| cols.clone().map(move |col| (row, col))).all(|to| {
            let squared = at.0.abs_diff(to.0).pow(2) + at.1.abs_diff(to.1).pow(2);
            codes[to] == codes[at] || 4 * squared > diameter * diameter
        });
        if is_core { 0 } else { UNREACHED }
    });
    for level in 1..=diameters.max {
        let before = levels.clone();
        for (at, &code) in codes.indexed_iter().filter(|(at, _)| before[*at] == UNREACHED) {
            let is_step = |to| codes.get(to) == Some(&code) && before.get(to) == Some(&(level - 1));
            if level <= diameters.get(code) && around(at).into_iter().any(is_step) {
                levels[at] = level;
            }
        }
    }
    Levels(levels)
}

fn narrow(codes: ArrayView2<'_, u16>, diameters: &Diameters) -> Array2<bool> {
    let levels = levels(codes, diameters);
    Zip::indexed(codes).map_collect(|at, &code| code != 0 && !levels.is_wide(at))
}

fn keep_wide_changes(
    free: &mut Array2<bool>,
    changed: &Array2<bool>,
    codes: &Array2<u16>,
    diameters: &Diameters,
) {
    let change = changed.mapv(|is_changed| if is_changed { 1 } else { 2 });
    for diameter in 1..=diameters.max {
        let is_narrow = narrow(change.view(), &Diameters::of_change(diameter));
        Zip::from(&mut *free).and(codes).and(&is_narrow).for_each(|free, &code, &is_narrow| {
            *free &= diameters.get(code) != diameter || is_narrow;
        });
    }
}

/// The cells at the four sides of a cell; beyond the raster they wrap and are found nowhere.
fn around((row, col): (usize, usize)) -> [(usize, usize); 4] {
    [(row.wrapping_sub(1), col), (row, col.wrapping_sub(1)), (row, col + 1), (row + 1, col)]
}

fn keep_stretches(
    keys: &Array2<u16>,
    is_edge: impl Fn((usize, usize)) -> bool,
    free: &mut Array2<bool>,
) {
    let part = |wanted: bool| {
        let part = |&key: &u16, &is_free: &bool| if is_free == wanted { key } else { 0 };
        label(Zip::from(keys).and(&*free).map_collect(part).view())
    };
    let (stretches, stays) = (part(true).raster(), part(false).raster());
    let n_stretches = stretches.iter().copied().max().unwrap_or(0);
    for stretch in 1..=n_stretches {
        let mut pieces = std::collections::BTreeSet::new();
        let mut beside = Array2::<u16>::zeros(keys.dim());
        for (at, _) in stretches.indexed_iter().filter(|(_, of)| **of == stretch) {
            for to in around(at) {
                let is_piece =
                    keys.get(to) == keys.get(at) && stays.get(to).is_some_and(|p| *p > 0);
                if is_piece || is_edge(to) {
                    pieces.insert(if is_piece { stays[to] } else { u32::MAX });
                    beside[at] = 1;
                }
            }
        }
        if pieces.len() > 1 || n_groups(&beside) > 1 {
            Zip::from(&mut *free).and(&stretches).for_each(|free, of| *free &= *of != stretch);
        }
    }
}

/// Number of groups of cells of 1 that touch by sides or corners.
fn n_groups(cells: &Array2<u16>) -> usize {
    let mut open = cells.clone();
    let mut n_groups = 0;
    while let Some((first, _)) = open.indexed_iter().find(|(_, cell)| **cell == 1) {
        n_groups += 1;
        let mut stack = vec![first];
        while let Some((row, col)) = stack.pop() {
            if open.get((row, col)) == Some(&1) {
                open[(row, col)] = 0;
                let rows = [row.wrapping_sub(1), row, row + 1];
                stack
                    .extend(rows.iter().flat_map(|&row| {
                        [col.wrapping_sub(1), col, col + 1].map(|col| (row, col))
                    }));
            }
        }
    }
    n_groups
}

fn parting_cells(codes: &Array2<u16>, network: &Array2<u16>, free: &Array2<bool>) -> Array2<bool> {
    let stays = Zip::from(network).and(free).map_collect(|&key, free| if *free { 0 } else { key });
    let pieces = label(stays.view()).raster();
    let ground = Zip::from(codes)
        .and(network)
        .and(free)
        .map_collect(|&code, &key, &free| if free && key == 0 { code } else { 0 });
    let labels = label(ground.view());
    let mut beside = vec![std::collections::BTreeSet::new(); labels.regions.len()];
    for (at, &region) in labels.raster().indexed_iter().filter(|(_, region)| **region > 0) {
        let near = around(at).into_iter().filter_map(|to| pieces.get(to)).filter(|p| **p > 0);
        beside[region as usize - 1].extend(near.copied());
    }
    labels.paint(|region| beside[region].len() > 1)
}

fn keep_partial(
    codes: &Array2<u16>,
    network: &Array2<u16>,
    given: &Array2<u16>,
    free: &mut Array2<bool>,
) -> bool {
    let stretches = Zip::from(network).and(&*free).map_collect(|&key, &f| key * u16::from(f));
    let labels = label(stretches.view());
    let regions = labels.raster();
    let mut is_partial = vec![false; labels.regions.len() + 1];
    for (at, &region) in regions.indexed_iter() {
        is_partial[region as usize] |= region > 0 && codes[at] == given[at];
    }
    Zip::from(free).and(&regions).for_each(|free, &region| *free &= !is_partial[region as usize]);
    is_partial.contains(&true)
}
