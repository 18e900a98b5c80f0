//! Boxes in a balanced tree: which of many meet one.

use crate::lattice::{Point, Polygon};

/// A box by its south-west and north-east corners.
pub type Corners = (Point, Point);

/// Boxes that one node holds at most.
const LEAF: usize = 8;

/// Many boxes, each known by its rank in the list that was given.
///
/// Halved again and again by the middles of the boxes along the longer side of what holds them, so
/// that a search looks at few of them however large or crowded they are. Touching counts as meeting.
#[derive(Debug, Clone, Default)]
pub struct Boxes {
    /// Boxes with their ranks; those of a node stand together.
    sorted: Vec<(Corners, u32)>,
    /// The smallest box around each node: that of all, then the tree in the order of a heap.
    around: Vec<Corners>,
}

impl Boxes {
    /// Sorts boxes.
    pub fn new(boxes: impl IntoIterator<Item = Corners>) -> Self {
        let mut sorted: Vec<(Corners, u32)> = boxes.into_iter().zip(0..).collect();
        let depth = sorted.len().div_ceil(LEAF).max(1).next_power_of_two();
        let nothing = (Point::new(i32::MAX, i32::MAX), Point::new(i32::MIN, i32::MIN));
        let mut around = vec![nothing; 2 * depth - 1];
        split(&mut sorted, &mut around, 0);
        Self { sorted, around }
    }

    /// The ranks of the boxes that meet one, ascending.
    pub fn meeting(&self, one: Corners) -> Vec<u32> {
        let mut ranks = Vec::new();
        self.visit(one, |rank| {
            ranks.push(rank);
            true
        });
        ranks.sort_unstable();
        ranks
    }

    /// Whether any box meets one.
    pub fn any_meets(&self, one: Corners) -> bool {
        let mut is_met = false;
        self.visit(one, |_| {
            is_met = true;
            false
        });
        is_met
    }

    /// Calls `go_on` with boxes that meet one, until it says no.
    fn visit(&self, one: Corners, mut go_on: impl FnMut(u32) -> bool) {
        let mut left = vec![(0, 0..self.sorted.len())];
        while let Some((node, range)) = left.pop() {
            if range.is_empty() || !meet(self.around[node], one) {
                continue;
            }
            let (below, middle) = (2 * node + 1, range.start.midpoint(range.end));
            if below < self.around.len() {
                left.extend([(below + 1, middle..range.end), (below, range.start..middle)]);
                continue;
            }
            for &(corners, rank) in &self.sorted[range] {
                if meet(corners, one) && !go_on(rank) {
                    return;
                }
            }
        }
    }
}

/// Ranks of the polygons whose box meets one of the windows, ascending.
///
/// A node that a new outline adds to a coverage lies in the box of that outline, so the polygons of
/// the coverage that this gives for it are all that can be affected.
pub fn near(polygons: &[Polygon], windows: &[Corners]) -> Vec<u32> {
    let windows = Boxes::new(windows.iter().copied());
    let is_near = |polygon: &Polygon| polygon.bounds().is_some_and(|b| windows.any_meets(b));
    (0..).zip(polygons).filter(|(_, polygon)| is_near(polygon)).map(|(rank, _)| rank).collect()
}

/// A box with a margin on each side, in lattice steps.
pub fn grown((low, high): Corners, margin: i32) -> Corners {
    let by = |p: Point, d: i32| Point::new(p.x.saturating_add(d), p.y.saturating_add(d));
    (by(low, -margin), by(high, margin))
}

/// Sorts the boxes of a node into those of the nodes below.
fn split(boxes: &mut [(Corners, u32)], around: &mut [Corners], node: usize) {
    around[node] = boxes.iter().fold(around[node], |(low, high), &((a, b), _)| {
        (Point::new(low.x.min(a.x), low.y.min(a.y)), Point::new(high.x.max(b.x), high.y.max(b.y)))
    });
    let below = 2 * node + 1;
    if below >= around.len() || boxes.is_empty() {
        return;
    }
    let (low, high) = around[node];
    let width = |from: i32, to: i32| i64::from(to) - i64::from(from);
    let is_wide = width(low.x, high.x) >= width(low.y, high.y);
    let middle = boxes.len() / 2;
    boxes.select_nth_unstable_by_key(middle, |&((a, b), rank)| {
        let twice = if is_wide { width(-a.x, b.x) } else { width(-a.y, b.y) };
        (twice, rank)
    });
    let (first, second) = boxes.split_at_mut(middle);
    split(first, around, below);
    split(second, around, below + 1);
}

/// Whether two boxes have a point in common.
fn meet((a, b): Corners, (c, d): Corners) -> bool {
    a.x <= d.x && c.x <= b.x && a.y <= d.y && c.y <= b.y
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lattice::Ring;

    fn corners() -> impl Strategy<Value = Corners> {
        (-99..99, -99..99, 0..40, 0..40)
            .prop_map(|(x, y, w, h)| (Point::new(x, y), Point::new(x + w, y + h)))
    }

    proptest! {
        #[test]
        fn a_search_finds_the_boxes_that_looking_at_all_of_them_finds(
            boxes in prop::collection::vec(corners(), 0..70), one in corners(),
        ) {
            let found = Boxes::new(boxes.iter().copied());
            let ranks = (0..).zip(&boxes).filter(|(_, own)| meet(**own, one)).map(|(rank, _)| rank);
            let expected: Vec<u32> = ranks.collect();
            prop_assert_eq!(found.any_meets(one), !expected.is_empty());
            prop_assert_eq!(found.meeting(one), expected);
        }
    }

    #[test]
    fn boxes_that_touch_meet_and_no_box_meets_nothing() {
        let at = |x| (Point::new(x, 0), Point::new(x + 10, 10));
        assert_eq!(Boxes::new([at(0), at(21)]).meeting(at(10)), [0]);
        assert!(!Boxes::default().any_meets(at(0)));
        assert!(!Boxes::new([]).any_meets(at(0)));
    }

    #[test]
    fn a_polygon_that_touches_is_near_and_one_a_step_off_is_not() {
        let square = |x| {
            let corners = [(x, 0), (x + 10, 0), (x + 10, 10), (x, 10)];
            let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
            Polygon { exterior, holes: vec![] }
        };
        let shapes = [square(0), square(30_000)];
        let window = (Point::new(12, 0), Point::new(20, 20));
        assert!(near(&shapes, &[window]).is_empty());
        assert_eq!(near(&shapes, &[grown(window, 2)]), [0]);
        assert_eq!(near(&shapes, &[(Point::new(10, 5), Point::new(30_000, 5))]), [0, 1]);
    }
}
