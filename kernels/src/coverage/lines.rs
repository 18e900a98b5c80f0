//! Sides that follow each other, joined into lines.

use crate::lattice::Point;

/// Joins sides, each given by both its ends, into lines: open ones from end to end or fork to fork,
/// then closed ones. Every side is in one line once; the lines are sorted.
pub(super) fn joined(sides: &[(Point, Point)]) -> Vec<Vec<Point>> {
    let mut links: Vec<(Point, usize)> =
        sides.iter().enumerate().flat_map(|(i, &(a, b))| [(a, i), (b, i)]).collect();
    links.sort_unstable();
    let at = |p: Point| {
        let from = links.partition_point(|link| link.0 < p);
        &links[from..from + links[from..].partition_point(|link| link.0 == p)]
    };
    let mut is_used = vec![false; sides.len()];
    let mut lines = Vec::new();
    let follow = |start: Point, first: usize, is_used: &mut [bool]| {
        let (mut line, mut side) = (vec![start], first);
        loop {
            is_used[side] = true;
            let (a, b) = sides[side];
            let p = if line[line.len() - 1] == a { b } else { a };
            line.push(p);
            match *at(p) {
                [(_, s), (_, t)] if !is_used[s] || !is_used[t] => {
                    side = if is_used[s] { t } else { s }
                }
                _ => return line,
            }
        }
    };
    // A point of two sides is passed; at all others lines end.
    for own in links.chunk_by(|a, b| a.0 == b.0).filter(|own| own.len() != 2) {
        for &(p, side) in own {
            if !is_used[side] {
                lines.push(follow(p, side, &mut is_used));
            }
        }
    }
    for side in 0..sides.len() {
        if !is_used[side] {
            lines.push(follow(sides[side].0, side, &mut is_used));
        }
    }
    lines.sort_unstable();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: i32, y: i32) -> Point {
        Point::new(x, y)
    }

    #[test]
    fn sides_in_any_order_make_a_line_and_what_is_apart_another() {
        let sides =
            [(p(2, 0), p(3, 0)), (p(9, 9), p(9, 10)), (p(0, 0), p(1, 1)), (p(1, 1), p(2, 0))];
        let bent = vec![p(0, 0), p(1, 1), p(2, 0), p(3, 0)];
        assert_eq!(joined(&sides), [bent, vec![p(9, 9), p(9, 10)]]);
        assert!(joined(&[]).is_empty());
    }

    #[test]
    fn a_ring_closes_and_a_fork_ends_lines() {
        let ring = [(p(0, 0), p(0, 2)), (p(0, 0), p(2, 0)), (p(0, 2), p(2, 0))];
        let closed = joined(&ring);
        assert_eq!((closed.len(), closed[0].len(), closed[0][0]), (1, 4, closed[0][3]));
        let fork = [(p(0, 0), p(1, 0)), (p(1, 0), p(2, 1)), (p(1, 0), p(2, -1))];
        assert_eq!(joined(&fork).len(), 3);
    }
}
