use ndarray::{Array2, Array3, Axis, array};
use nomenclature::{Dimension, Footprint, Natures, Nomenclature, UsageRules};
use proptest::prelude::*;

use super::*;
use crate::random::draw;
use crate::update::UpdateParams;

/// The cells of a block that is the territory, as planes.
pub(super) struct Planes {
    cover: Plane<u8>,
    prior: Plane<u16>,
    object: Plane<u32>,
}

/// All of one object.
pub(super) fn planes(cells: &UsageCells<'_>) -> Planes {
    let object = Plane::filled(cells.cover.dim(), 1);
    Planes { cover: Plane::of(cells.cover), prior: Plane::of(cells.prior), object }
}

impl Planes {
    pub(super) fn ground(&self) -> UsageGround<'_> {
        UsageGround { cover: &self.cover, prior: &self.prior, object: &self.object }
    }
}

/// The usages of a block that is the territory.
pub(super) fn assigned(table: &UsageTable, cells: &UsageCells<'_>) -> UsageDecision {
    let (rows, cols) = cells.cover.dim();
    let whole = Window { row: 0, col: 0, rows, cols };
    let fits = fitting_rules(table, cells, whole).unwrap();
    assign_usage(table, &planes(cells).ground(), fits)
}

fn id(dimension: Dimension, code: &str) -> ClassId {
    Nomenclature::builtin("ocsge-2-0").unwrap().find(dimension, code).unwrap()
}

fn table() -> UsageTable {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let rules = UsageRules::builtin("ocsge-2-0").unwrap();
    rules.compile(&nomenclature, &Default::default()).unwrap()
}

fn couple(cs: &str, us: &str) -> u16 {
    Couple { cs: id(Dimension::Cover, cs), us: id(Dimension::Usage, us) }.to_cell()
}

#[test]
fn unchanged_cells_keep_their_usage_and_new_ones_follow_the_rules() {
    let [field, home] = [couple("CS2.2.1", "US1.1"), couple("CS1.1.1.1", "US5")];
    let prior = array![[field, field, field, field, home, 0]];
    let [grass, built, sealed] =
        ["CS2.2.1", "CS1.1.1.1", "CS1.1.1.2"].map(|code| id(Dimension::Cover, code).0);
    let cover = array![[grass, sealed, sealed, sealed, built, grass]];
    let mut evidence = Array3::zeros((Layer::COUNT, 1, 6));
    evidence[[Layer::Roads.rank(), 0, 1]] = 1;
    let cells = UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
    let decision = assigned(&table(), &cells);
    let expected =
        ["US1.1", "US4.1.1", "US5", "US5", "US5", "US6.6"].map(|c| id(Dimension::Usage, c).0);
    assert_eq!(decision.usage.to_array().row(0).to_vec(), expected);
    let table = table();
    let counted: Vec<_> = table.rules.iter().zip(&decision.cells).filter(|c| *c.1 > 0).collect();
    let counted: Vec<_> = counted.iter().map(|(r, n)| (r.name.as_str(), **n)).collect();
    assert_eq!(counted, [("road", 1), ("sealed ground", 2)]);
}

#[test]
fn sealed_ground_with_no_known_neighbour_is_in_transition_and_nodata_has_no_usage() {
    let wild = couple("CS2.2.1", "US6.3");
    let prior = array![[wild, wild, 0]];
    let sealed = id(Dimension::Cover, "CS1.1.1.2").0;
    let cover = array![[id(Dimension::Cover, "CS2.2.1").0, sealed, 0]];
    let evidence = Array3::zeros((Layer::COUNT, 1, 3));
    let cells = UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
    let decision = assigned(&table(), &cells);
    let usage = |code: &str| id(Dimension::Usage, code).0;
    assert_eq!(decision.usage.to_array(), array![[usage("US6.3"), usage("US6.1"), 0]]);
}

#[test]
fn arrays_that_do_not_line_up_are_told() {
    let (cover, prior) = (Array2::zeros((2, 2)), Array2::zeros((2, 3)));
    let evidence = Array3::zeros((Layer::COUNT, 2, 2));
    let cells = UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
    let window = Window { row: 0, col: 0, rows: 2, cols: 2 };
    let error = fitting_rules(&table(), &cells, window).unwrap_err();
    assert_eq!(error.to_string(), "prior has shape [2, 3], expected [2, 2]");
}

/// A territory of noisy lots under declared crops and shown buildings, with the rules of a nomenclature
/// that has all kinds of them.
struct Lots {
    table: UsageTable,
    cover: Array2<u8>,
    prior: Array2<u16>,
    object: Array2<u32>,
    evidence: Array3<u8>,
}

impl Lots {
    fn new(dim: (usize, usize), lot: u64, seed: u64) -> Self {
        let nomenclature = Nomenclature::builtin("cnig-extended").unwrap();
        let mut natures = Natures::default();
        natures[Layer::Crops.rank()] = ["BTH", "J6S", "VRC"].map(String::from).to_vec();
        natures[Layer::Buildings.rank()] = ["Résidentiel", "Industriel"].map(String::from).to_vec();
        let rules = UsageRules::builtin("cnig-extended").unwrap();
        let table = rules.compile(&nomenclature, &natures).unwrap();
        let id = |dimension, code: &str| nomenclature.find(dimension, code).unwrap().0;
        let covers = ["CS2.2.1.1", "CS2.2.1.4", "CS1.1.1.1", "CS1.1.1.2", "CS2.1.3"]
            .map(|code| id(Dimension::Cover, code));
        let usages = ["US1.1.3", "US6.3", "US5", "US2"].map(|code| id(Dimension::Usage, code));
        let place = |k: u64, size: u64, (r, c): (usize, usize)| {
            draw(seed ^ k, r as u64 / size, c as u64 / size)
        };
        let lots = (dim.1 as u64).div_ceil(lot) as u32;
        let object = Array2::from_shape_fn(dim, |(r, c)| match place(1, lot, (r, c)) % 11 {
            0 => 0,
            _ => 1 + (r as u32 / lot as u32 * lots + c as u32 / lot as u32) / 3,
        });
        let prior = object.mapv(|object| {
            let [cs, us] = [2, 3].map(|k| draw(seed, u64::from(object), k) as usize);
            if object == 0 { 0 } else { u16::from(covers[cs % 5]) << 8 | u16::from(usages[us % 4]) }
        });
        let cover = Array2::from_shape_fn(dim, |at| match place(4, 5, at) % 4 {
            0 => covers[place(5, 6, at) as usize % 5],
            1 if place(6, 3, at) % 9 == 0 => 0,
            _ => (prior[at] >> 8) as u8,
        });
        let mut evidence = Array3::zeros((Layer::COUNT, dim.0, dim.1));
        for (layer, kinds) in [(Layer::Buildings, 3), (Layer::Crops, 4), (Layer::Forest, 2)] {
            let shown = |at: (usize, usize)| {
                let value = place(10 + layer.rank() as u64, 6, at) % 5;
                if value < kinds && place(20, 1, at) % 30 != 0 { value as u8 } else { 0 }
            };
            let of_layer = Array2::from_shape_fn(dim, shown);
            evidence.index_axis_mut(Axis(0), layer.rank()).assign(&of_layer);
        }
        Self { table, cover, prior, object, evidence }
    }

    fn cells(&self) -> UsageCells<'_> {
        let (cover, prior) = (self.cover.view(), self.prior.view());
        UsageCells { cover, prior, evidence: self.evidence.view() }
    }

    /// The cells of a window.
    fn part(&self, window: Window) -> UsageCells<'_> {
        let Window { row, col, rows, cols } = window;
        let whole = Window { row: 0, col: 0, rows: self.cover.nrows(), cols: self.cover.ncols() };
        UsageCells {
            cover: whole.part(self.cover.view(), &window),
            prior: whole.part(self.prior.view(), &window),
            evidence: self.evidence.slice(s![.., row..row + rows, col..col + cols]),
        }
    }

    fn layer(&self, layers: &[Layer]) -> Plane<bool> {
        let shown = |at: (usize, usize)| {
            layers.iter().any(|layer| self.evidence[[layer.rank(), at.0, at.1]] != 0)
        };
        Plane::of(Array2::from_shape_fn(self.cover.dim(), shown).view())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blocks_and_runs_give_the_usages_that_cells_give(
        rows in 8_usize..50, cols in 8_usize..50, side in 3_usize..30, lot in 3_u64..12, seed: u64,
    ) {
        let dim = (rows, cols);
        let mut lots = Lots::new(dim, lot, seed);
        let windows = Window::blocks(dim, side);
        // Finer covers first, as the rules of usage look at them.
        let (covers, counts) = oracle::refine_covers(&lots.table, &lots.cells());
        let (mut edits, mut sums) = (Vec::new(), vec![0; counts.len()]);
        for &window in &windows {
            let (of_block, n) = finer_covers(&lots.table, &lots.part(window), window).unwrap();
            edits.extend(of_block);
            sums.iter_mut().zip(n).for_each(|(all, n)| *all += n);
        }
        let cover = Plane::of(lots.cover.view()).edited(edits);
        prop_assert_eq!(cover.to_array(), covers.view());
        prop_assert_eq!(sums, counts);
        lots.cover = covers;

        let mut expected = oracle::assign_usage(&lots.table, &lots.cells());
        let fits = |window: &Window| fitting_rules(&lots.table, &lots.part(*window), *window).unwrap();
        let (prior, object) = (Plane::of(lots.prior.view()), Plane::of(lots.object.view()));
        let ground = UsageGround { cover: &cover, prior: &prior, object: &object };
        let mut got = assign_usage(&lots.table, &ground, windows.iter().flat_map(fits).collect());
        prop_assert_eq!(&got.usage.to_array(), &expected.usage);
        prop_assert_eq!(&got.cells, &expected.cells);

        let built = (lots.prior[[0, 0]].max(lots.prior[[rows - 1, cols - 1]]) >> 8) as u8;
        let footprint = Footprint { layer: Layer::Buildings, cover: ClassId(built), share: 0.5 };
        let n = oracle::unite_footprints(&footprint, &lots.cells(), &mut expected);
        let buildings = lots.layer(&[Layer::Buildings]);
        prop_assert_eq!(unite_footprints(&footprint, &buildings, &ground, &mut got), n);
        prop_assert_eq!(&got.usage.to_array(), &expected.usage);

        let grounds = lots.table.grounds.as_ref().unwrap();
        let n = oracle::spread_to_grounds(grounds, &lots.cells(), 0.2, &mut expected);
        let layers = (&buildings, &lots.layer(&grounds.declared));
        prop_assert_eq!(spread_to_grounds(grounds, &ground, layers, 0.2, &mut got), n);
        prop_assert_eq!(&got.usage.to_array(), &expected.usage);

        let params = UpdateParams { fringe_cells: 1, whole_share: 0.7, ..UpdateParams::default() };
        let objects = oracle::Objects { object: lots.object.view(), whole_share: 0.7, fringe_cells: 1 };
        oracle::refine_unchanged(&lots.table, &lots.cells(), &objects, &mut expected);
        let of_block = |window: &Window| {
            let around = window.grown_within(Claims::halo(&params), dim);
            let inner = Window { row: window.row - around.row, col: window.col - around.col, ..*window };
            let object = Window { row: 0, col: 0, rows, cols }.part(lots.object.view(), &around);
            let cells = (&lots.part(around), object);
            Claims::of_block(&lots.table, cells, inner, &params).unwrap()
        };
        let claims = Claims::joined(dim, side, windows.iter().map(of_block).collect());
        refine_unchanged(&lots.table, &ground, &claims, 0.7, &mut got);
        prop_assert_eq!(&got.usage.to_array(), &expected.usage);
        prop_assert_eq!(&got.cells, &expected.cells);
    }
}
