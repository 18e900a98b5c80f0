//! Usages that change under a cover that stays.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use nomenclature::usage_rules::UsageTable;

use super::{UsageCells, UsageDecision, UsageError, UsageGround, shape};
use crate::grid::Window;
use crate::plane::{Edit, Plane};
use crate::update::{UpdateParams, opened};

/// Which rules claim the unchanged cells of a territory, gathered block by block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// 1 + rank of the rule that claims a cell of a broad part, 0 for none.
    broad: Plane<u16>,
    /// Cells of each object that each rule claims, thin parts included.
    claimed: BTreeMap<(u32, u16), u64>,
}

impl Claims {
    /// Cells needed around a block for its claims to be those of the whole territory.
    pub fn halo(params: &UpdateParams) -> usize {
        2 * params.fringe_cells
    }

    /// The claims of a window of a block.
    ///
    /// * `object`: the prior's object of each cell of the block, 0 where there is none; `inner`: the
    ///   window, in the block's own rows and columns, [`Claims::halo`] cells inside the block except
    ///   at the limit of the territory.
    ///
    /// A rule that is for all cells *claims* an unchanged one to which it would give another usage
    /// than the prior's. A part of an object that it claims is broad where it holds squares of
    /// `2 * fringe_cells + 1` cells.
    ///
    /// # Errors
    /// [`UsageError::Shape`] when arrays do not line up.
    pub fn of_block(
        table: &UsageTable,
        (cells, object): (&UsageCells<'_>, ArrayView2<'_, u32>),
        inner: Window,
        params: &UpdateParams,
    ) -> Result<Self, UsageError> {
        cells.check()?;
        shape("object", object.shape(), cells.cover.shape())?;
        let claims = claims(table, cells);
        // Claims on neighbouring objects do not lend each other their width.
        let part = |row, col| match claims[[row, col]] {
            0 => (0, 0),
            claim => (object[[row, col]], claim),
        };
        let is_broad = opened(claims.dim(), part, params.fringe_cells);
        let mut claimed: BTreeMap<(u32, u16), u64> = BTreeMap::new();
        let broad = Array2::from_shape_fn((inner.rows, inner.cols), |(row, col)| {
            let at = [inner.row + row, inner.col + col];
            if object[at] != 0 && claims[at] != 0 {
                *claimed.entry((object[at], claims[at])).or_default() += 1;
            }
            if is_broad[at] { claims[at] } else { 0 }
        });
        Ok(Self { broad: Plane::of(broad.view()), claimed })
    }

    /// The claims of a territory from those of its blocks.
    ///
    /// * `dim`: rows and columns; `side`: that of the blocks, which come as [`Window::blocks`] cuts
    ///   them.
    ///
    /// # Panics
    /// When blocks are missing or of another shape.
    pub fn joined(dim: (usize, usize), side: usize, blocks: Vec<Self>) -> Self {
        let (mut broad, mut claimed) = (Vec::with_capacity(blocks.len()), BTreeMap::new());
        for block in blocks {
            broad.push(block.broad);
            for (key, n) in block.claimed {
                *claimed.entry(key).or_default() += n;
            }
        }
        Self { broad: Plane::joined(dim, side, &broad), claimed }
    }

    /// The rule that takes each object whole.
    fn whole(&self, unchanged: &Plane<u32>, whole_share: f64) -> BTreeMap<u32, u16> {
        let sizes = unchanged.n_cells_by_value();
        let is_whole = |object: u32, n: u64| n as f64 >= whole_share * sizes[&object] as f64;
        let whole = self.claimed.iter().filter(|&(&(object, _), &n)| is_whole(object, n));
        whole.map(|(&key, _)| key).collect()
    }
}

/// Applies the rules that are for all cells to those whose cover did not change.
///
/// Evidence and prior never have the same outlines. So a rule takes an object of the prior whole when
/// it claims `whole_share` of its unchanged cells; elsewhere it takes the cells that lie in a square
/// of cells that it claims, and narrower parts keep the prior's usage. Deterministic.
pub fn refine_unchanged(
    table: &UsageTable,
    ground: &UsageGround<'_>,
    claims: &Claims,
    whole_share: f64,
    decision: &mut UsageDecision,
) {
    let unchanged = ground.cover.zip(ground.prior, |cover, prior| (prior >> 8) as u8 == cover);
    let object = ground.object.zip(&unchanged, |object, is_so| if is_so { object } else { 0 });
    let whole = claims.whole(&object, whole_share);
    let rank = object.zip(&claims.broad, |object, claim| *whole.get(&object).unwrap_or(&claim));
    let mut edits = Vec::new();
    for row in 0..rank.dim().0 {
        for (cols, rank) in rank.row(row).runs().filter(|run| run.1 != 0) {
            let rule = usize::from(rank) - 1;
            let Some(usage) = table.rules[rule].usage else { continue };
            for (cols, _) in ground.cover.row(row).over(cols).filter(|run| run.1 != 0) {
                decision.cells[rule] += cols.len() as u64;
                edits.push(Edit::new(row, cols, usage.0));
            }
        }
    }
    decision.usage = decision.usage.edited(edits);
}

/// 1 + rank of the rule that gives an unchanged cell another usage than the prior's, 0 for none.
pub(super) fn claims(table: &UsageTable, cells: &UsageCells<'_>) -> Array2<u16> {
    Array2::from_shape_fn(cells.cover.dim(), |at| {
        let case = cells.case(at);
        if cells.cover[at] == 0 || case.is_changed {
            return 0;
        }
        let fit = table.first_fit(&case);
        let another = fit.filter(|&rank| table.rules[rank].usage.is_some_and(|u| u != case.prior));
        another.map_or(0, |rank| rank as u16 + 1)
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3, s};
    use nomenclature::evidence::Layer;
    use nomenclature::{Couple, Dimension, Natures, Nomenclature, UsageRules};

    use super::*;
    use crate::usage::tests::assigned;

    /// Two fields side by side, the first of 8 columns; fallow is declared on `fallow` columns.
    fn usages(fallow: std::ops::Range<usize>) -> (String, u64) {
        let nomenclature = Nomenclature::builtin("cnig-extended").unwrap();
        let id = |d, code| nomenclature.find(d, code).unwrap();
        let mut natures = Natures::default();
        natures[Layer::Crops.rank()] = ["BTH", "J6S"].map(String::from).to_vec();
        let rules = UsageRules::builtin("cnig-extended").unwrap();
        let table = rules.compile(&nomenclature, &natures).unwrap();
        let (arable, farmed) = (id(Dimension::Cover, "CS2.2.1.4"), id(Dimension::Usage, "US1.1.3"));
        let prior = Array2::from_elem((8, 24), Couple { cs: arable, us: farmed }.to_cell());
        let cover = Array2::from_elem((8, 24), arable.0);
        let object = Array2::from_shape_fn((8, 24), |(_, col)| if col < 8 { 1 } else { 2 });
        let mut evidence = Array3::zeros((Layer::COUNT, 8, 24));
        evidence.slice_mut(s![Layer::Crops.rank(), .., ..]).fill(1);
        evidence.slice_mut(s![Layer::Crops.rank(), .., fallow]).fill(2);
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let mut decision = assigned(&table, &cells);
        let farmed = Plane::filled((8, 24), farmed.0);
        assert_eq!(decision.usage, farmed, "left to the objects");
        let params = UpdateParams { fringe_cells: 1, ..UpdateParams::default() };
        let whole = Window { row: 0, col: 0, rows: 8, cols: 24 };
        let claims = Claims::of_block(&table, (&cells, object.view()), whole, &params).unwrap();
        let (prior, cover, object) =
            (Plane::of(prior.view()), Plane::of(cover.view()), Plane::of(object.view()));
        let ground = UsageGround { cover: &cover, prior: &prior, object: &object };
        refine_unchanged(&table, &ground, &claims, 0.8, &mut decision);
        let is_fallow = id(Dimension::Usage, "US1.1.4").0;
        let usage = decision.usage.to_array();
        let row = usage.row(4).mapv(|us| if us == is_fallow { 'f' } else { '.' });
        let rank = table.rules.iter().position(|rule| rule.name == "fallow").unwrap();
        (row.iter().collect(), decision.cells[rank])
    }

    #[test]
    fn an_object_is_taken_whole_whatever_the_outline_and_a_sliver_not_at_all() {
        assert_eq!(usages(0..7), ("ffffffff................".to_owned(), 64));
        assert_eq!(
            usages(0..10),
            ("ffffffff................".to_owned(), 64),
            "2 of 16 is a sliver"
        );
    }

    #[test]
    fn a_broad_part_of_a_large_object_is_cut_out() {
        assert_eq!(usages(12..16), ("............ffff........".to_owned(), 32));
    }
}
