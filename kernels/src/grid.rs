//! Where cells lie on the ground: the only place with index <-> ground arithmetic.

use crate::lattice::Point;

/// A north-up grid of square cells on the lattice; row 0 is the northernmost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    /// North-west corner of cell (0, 0).
    pub origin: Point,
    /// Side of a cell, in lattice steps (centimetres).
    pub cell: i32,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
}

/// A rectangle of cells of a grid: `rows x cols` cells from (`row`, `col`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// First row.
    pub row: usize,
    /// First column.
    pub col: usize,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
}

impl Window {
    /// Number of cells.
    pub fn n_cells(&self) -> usize {
        self.rows * self.cols
    }

    /// The window grown by `halo` cells on every side, cut at the grid's limits.
    #[must_use]
    pub fn grown(&self, halo: usize, grid: &Grid) -> Self {
        self.grown_within(halo, (grid.rows, grid.cols))
    }

    /// The window grown by `halo` cells on every side, cut at the limits of a raster of a shape.
    #[must_use]
    pub fn grown_within(&self, halo: usize, (rows, cols): (usize, usize)) -> Self {
        let row = self.row.saturating_sub(halo);
        let col = self.col.saturating_sub(halo);
        let row_end = (self.row + self.rows + halo).min(rows);
        let col_end = (self.col + self.cols + halo).min(cols);
        Self { row, col, rows: row_end - row, cols: col_end - col }
    }

    /// The cells that are in this window and in another, which it meets.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let (row, col) = (self.row.max(other.row), self.col.max(other.col));
        let row_end = (self.row + self.rows).min(other.row + other.rows);
        let col_end = (self.col + self.cols).min(other.col + other.cols);
        Self { row, col, rows: row_end - row, cols: col_end - col }
    }

    /// The square blocks of a raster in reading order; the last ones are cut at its limits.
    pub fn blocks((rows, cols): (usize, usize), side: usize) -> Vec<Self> {
        let starts = |n: usize| (0..n).step_by(side.max(1));
        let at = |row: usize, col: usize| Self {
            row,
            col,
            rows: side.min(rows - row),
            cols: side.min(cols - col),
        };
        starts(rows).flat_map(|row| starts(cols).map(move |col| at(row, col))).collect()
    }

    /// The part of an array of this window's cells that belongs to a window inside it.
    pub fn part<'a, T>(
        &self,
        cells: ndarray::ArrayView2<'a, T>,
        inner: &Self,
    ) -> ndarray::ArrayView2<'a, T> {
        let (row, col) = (inner.row - self.row, inner.col - self.col);
        cells.slice_move(ndarray::s![row..row + inner.rows, col..col + inner.cols])
    }
}

impl Grid {
    /// The smallest grid of `cell` side, aligned on multiples of `cell`, that covers two corners.
    pub fn covering(low: Point, high: Point, cell: i32) -> Self {
        let west = low.x.div_euclid(cell) * cell;
        let south = low.y.div_euclid(cell) * cell;
        let cols = (high.x - west + cell - 1).div_euclid(cell).max(1);
        let rows = (high.y - south + cell - 1).div_euclid(cell).max(1);
        let origin = Point::new(west, south + rows * cell);
        Self { origin, cell, rows: rows as usize, cols: cols as usize }
    }

    /// Number of cells.
    pub fn n_cells(&self) -> usize {
        self.rows * self.cols
    }

    /// Ground area of one cell, in square metres.
    pub fn cell_area_m2(&self) -> f64 {
        let side_m = f64::from(self.cell) / f64::from(crate::lattice::STEPS_PER_METRE);
        side_m * side_m
    }

    /// The whole grid as one window.
    pub fn window(&self) -> Window {
        Window { row: 0, col: 0, rows: self.rows, cols: self.cols }
    }

    /// The grid of a window of this grid.
    #[must_use]
    pub fn sub(&self, window: Window) -> Self {
        Self {
            origin: self.corner(window.row, window.col),
            rows: window.rows,
            cols: window.cols,
            ..*self
        }
    }

    /// The north-west corner of cell (`row`, `col`); one past the end is allowed.
    pub fn corner(&self, row: usize, col: usize) -> Point {
        Point::new(self.origin.x + col as i32 * self.cell, self.origin.y - row as i32 * self.cell)
    }

    /// The cell that holds a point (west and north sides included), or `None` outside the grid.
    pub fn cell_at(&self, point: Point) -> Option<(usize, usize)> {
        Some((self.row_at(point.y)?, self.col_at(point.x)?))
    }

    /// The row that holds a northing (north side included), or `None` outside the grid.
    pub fn row_at(&self, y: i32) -> Option<usize> {
        let row = usize::try_from((self.origin.y - y).div_euclid(self.cell)).ok()?;
        (row < self.rows).then_some(row)
    }

    /// The column that holds an easting (west side included), or `None` outside the grid.
    pub fn col_at(&self, x: i32) -> Option<usize> {
        let col = usize::try_from((x - self.origin.x).div_euclid(self.cell)).ok()?;
        (col < self.cols).then_some(col)
    }

    /// The same cells, continued without limit, from the one that holds a point to the one that
    /// holds another, which lies south-east of it.
    #[must_use]
    pub fn spanning(&self, first: Point, last: Point) -> Self {
        let rank = |from: i32, to: i32| (to - from).div_euclid(self.cell);
        let (row, col) = (rank(first.y, self.origin.y), rank(self.origin.x, first.x));
        let (row_end, col_end) = (rank(last.y, self.origin.y) + 1, rank(self.origin.x, last.x) + 1);
        let Point { x, y } = self.origin;
        Self {
            origin: Point::new(x + col * self.cell, y - row * self.cell),
            rows: (row_end - row).max(0) as usize,
            cols: (col_end - col).max(0) as usize,
            ..*self
        }
    }

    /// Rows and columns from the first cell here to the first one of another grid of the same cells.
    pub fn offset_of(&self, other: &Self) -> (isize, isize) {
        let cells = |from: i32, to: i32| ((to - from) / self.cell) as isize;
        (cells(other.origin.y, self.origin.y), cells(self.origin.x, other.origin.x))
    }

    /// The south-west and north-east corners.
    pub fn bounds(&self) -> (Point, Point) {
        let south_east = self.corner(self.rows, self.cols);
        (Point::new(self.origin.x, south_east.y), Point::new(south_east.x, self.origin.y))
    }

    /// Square blocks of `side` cells that tile the grid, row by row; the last ones are smaller.
    pub fn blocks(&self, side: usize) -> Vec<Window> {
        Window::blocks((self.rows, self.cols), side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid { origin: Point::new(0, 300), cell: 100, rows: 3, cols: 2 }
    }

    #[test]
    fn the_north_west_sides_of_a_cell_belong_to_it() {
        assert_eq!(grid().cell_at(Point::new(0, 300)), Some((0, 0)));
        assert_eq!(grid().cell_at(Point::new(99, 201)), Some((0, 0)));
        assert_eq!(grid().cell_at(Point::new(100, 200)), Some((1, 1)));
        assert_eq!(grid().cell_at(Point::new(-1, 250)), None);
        assert_eq!(grid().cell_at(Point::new(50, 0)), None);
    }

    #[test]
    fn a_covering_grid_is_aligned_on_its_cell() {
        let grid = Grid::covering(Point::new(-150, 20), Point::new(130, 301), 100);
        assert_eq!(grid, Grid { origin: Point::new(-200, 400), cell: 100, rows: 4, cols: 4 });
    }

    #[test]
    fn cells_go_on_beyond_the_limits_of_a_grid() {
        let around = grid().spanning(Point::new(-1, 300), Point::new(200, 1));
        assert_eq!(around, Grid { origin: Point::new(-100, 300), cell: 100, rows: 3, cols: 4 });
        assert_eq!((grid().offset_of(&around), around.offset_of(&grid())), ((0, -1), (0, 1)));
        let north = grid().spanning(Point::new(5, 501), Point::new(6, 301));
        assert_eq!(north, Grid { origin: Point::new(0, 600), cell: 100, rows: 3, cols: 1 });
        assert_eq!(grid().offset_of(&north), (-3, 0));
    }

    #[test]
    fn blocks_tile_the_grid() {
        let blocks = grid().blocks(2);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[1], Window { row: 2, col: 0, rows: 1, cols: 2 });
        assert_eq!(blocks.iter().map(Window::n_cells).sum::<usize>(), grid().n_cells());
    }

    #[test]
    fn a_grown_window_stops_at_the_limits() {
        let window = Window { row: 1, col: 0, rows: 1, cols: 1 };
        assert_eq!(window.grown(1, &grid()), Window { row: 0, col: 0, rows: 3, cols: 2 });
    }
}
