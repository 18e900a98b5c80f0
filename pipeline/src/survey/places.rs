//! A few places of every tile, read before anything is computed: the order of the bands, and how
//! much of the ground holds no data.

use kernels::bands::{Matches, RVB_AND_IRC, other_matches};
use kernels::grid::{Grid, Window};
use ndarray::parallel::prelude::*;

use super::patch::share_under;
use crate::config::Imagery;
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::land::Land;
use crate::mosaic::{Mosaic, Tile};
use crate::units;

/// Side from which a tile has two places in each direction and not one, in working cells: a place
/// costs the blocks of pixels around it, which is nothing for a large tile and much for a small one.
const LARGE: usize = 1000;
/// Cells of a tile that are kept to judge the product as a whole.
const KEPT: usize = 64;
/// Side of a place, in working cells.
const SIDE: usize = 24;

/// What the places of one date show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// Places that lie in the territory and under both products.
    pub(super) n_places: u64,
    /// Their cells in the territory.
    pub(super) cells: u64,
    /// Those of them without data.
    pub(super) void: u64,
}

/// What the places of one tile show.
struct OfTile<'a> {
    tile: &'a Tile,
    matches: Option<Matches>,
    /// Some of its colours.
    colours: Vec<[u8; 6]>,
    shown: Shown,
}

/// Looks at places of every tile of a date.
///
/// Where files have reduced levels, the coarsest that is no coarser than a cell is read.
///
/// # Errors
/// A tile cannot be read, or the bands of the two products are not in their order.
pub(super) fn look(
    land: &Land,
    (date, given): (Date, &Imagery),
    rvb: &Mosaic,
    irc: &Mosaic,
    cell_m: f64,
) -> Result<Shown, Error> {
    let (rvb, irc) = (rvb.clone().reduced(cell_m)?, irc.clone().reduced(cell_m)?);
    let look = |tile| of_tile(land, tile, &rvb, &irc, cell_m);
    let tiles: Vec<OfTile<'_>> = rvb.tiles.par_iter().map(look).collect::<Result<_, _>>()?;
    if let Some(wrong) = tiles.iter().find_map(|tile| tile.matches) {
        let faulty: Vec<&Tile> =
            tiles.iter().filter(|tile| tile.matches.is_some()).map(|tile| tile.tile).collect();
        return Err(wrong_order(land, (date, given), &faulty, wrong));
    }
    // Tiles of one colour tell nothing by themselves.
    let colours: Vec<[u8; 6]> = tiles.iter().flat_map(|tile| tile.colours.clone()).collect();
    if let Some(wrong) = other_matches(&colours, RVB_AND_IRC) {
        let all: Vec<&Tile> = rvb.tiles.iter().collect();
        return Err(wrong_order(land, (date, given), &all, wrong));
    }
    Ok(tiles.iter().fold(Shown::default(), |sum, OfTile { shown, .. }| Shown {
        n_places: sum.n_places + shown.n_places,
        cells: sum.cells + shown.cells,
        void: sum.void + shown.void,
    }))
}

fn of_tile<'a>(
    land: &Land,
    tile: &'a Tile,
    rvb: &Mosaic,
    irc: &Mosaic,
    cell_m: f64,
) -> Result<OfTile<'a>, Error> {
    let mut shown = Shown::default();
    let mut colours: Vec<[u8; 6]> = Vec::new();
    let (mut visible, mut infrared) = (rvb.reader(), irc.reader());
    let needed = |mosaic: &Mosaic| (mosaic.pixels_per_cell(cell_m) / 2).max(1);
    for window in places(land.grid(), tile) {
        let block = land.grid().sub(window);
        let all = block.window();
        if !irc.over(&block, 0.0).any(|(_, tile)| tile.cells_under(&block) == Some(all)) {
            continue;
        }
        let inside = land.inside(window);
        let (seen, unseen) =
            (visible.sums(&[1, 2, 3], &block)?, infrared.sums(&[1, 2, 3], &block)?);
        shown.n_places += u64::from(inside.iter().any(|&cell| cell != 0));
        for (at, &cell) in inside.indexed_iter() {
            let holds_data = seen.count()[at] >= needed(rvb) && unseen.count()[at] >= needed(irc);
            shown.cells += u64::from(cell != 0);
            shown.void += u64::from(cell != 0 && !holds_data);
            if holds_data {
                colours.push(std::array::from_fn(|band| {
                    let (sums, band) = if band < 3 { (&seen, band) } else { (&unseen, band - 3) };
                    sums.mean_and_spread(band, at.0, at.1).0
                }));
            }
        }
    }
    let matches = other_matches(&colours, RVB_AND_IRC);
    let colours = colours.iter().step_by(colours.len() / KEPT + 1).copied().collect();
    Ok(OfTile { tile, matches, colours, shown })
}

/// Places of a tile, evenly spread over its part of the grid.
fn places(grid: &Grid, tile: &Tile) -> Vec<Window> {
    let Some(part) = tile.cells_under(grid) else { return Vec::new() };
    let across = if part.rows.min(part.cols) < LARGE { 1 } else { 2 };
    let range = |start: usize, n: usize, rank: usize| {
        let side = SIDE.min(n);
        let middle = n * (2 * rank + 1) / (2 * across);
        (start + middle.saturating_sub(side / 2).min(n - side), side)
    };
    let ranks = (0..across).flat_map(|i| (0..across).map(move |j| (i, j)));
    let place = |(i, j)| {
        let (row, rows) = range(part.row, part.rows, i);
        let (col, cols) = range(part.col, part.cols, j);
        Window { row, col, rows, cols }
    };
    ranks.map(place).collect()
}

fn wrong_order(
    land: &Land,
    (date, given): (Date, &Imagery),
    faulty: &[&Tile],
    [red, green]: Matches,
) -> Error {
    let key = date.key("imagery");
    let same = |(a, b): (usize, usize)| {
        format!("band {} of `rvb` shows what band {} of `irc` shows", a + 1, b + 1)
    };
    // Near infrared, red, green in one list and red, green, blue in the other.
    let is_exchanged = [red, green] == RVB_AND_IRC.map(|(a, b)| (b, a));
    let hint = if is_exchanged {
        format!("`{key}.rvb` and `{key}.irc` look exchanged: exchange the two lists")
    } else {
        "put the bands in order, for instance with `gdal_translate -b 3 -b 2 -b 1 IN OUT`"
            .to_owned()
    };
    let share = share_under(land, faulty);
    InputError::new(faulty[0].path(), "the bands of RVB and IRC are not in their order")
        .got(format!("{}, {}", same(red), same(green)))
        .expected(
            "red, green, blue in `rvb` and near infrared, red, green in `irc`: bands 1 and 2 of \
             `rvb` show what bands 2 and 3 of `irc` show",
        )
        .concerns(format!(
            "{} of {} tiles, {} of the territory",
            faulty.len(),
            given.rvb.len(),
            units::percent(share)
        ))
        .hint(hint)
        .into()
}
