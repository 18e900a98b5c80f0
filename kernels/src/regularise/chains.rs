//! Lists of borders that are joined in constant time and read rarely.

use std::ops::Range;

use crate::label::{Border, Borders, NO_REGION};

/// After the last link of a chain.
const END: u32 = u32::MAX;

/// Some consecutive borders of the pool, and the link that follows.
#[derive(Debug, Clone, Copy)]
struct Link {
    start: usize,
    len: u32,
    next: u32,
}

/// The borders of the members of each set of regions, kept at its root.
///
/// They name the original regions and are resolved only when a set is itself merged away, so a
/// large target costs nothing.
pub(super) struct Chains {
    pool: Vec<Border>,
    links: Vec<Link>,
    /// First and last link of each set.
    ends: Vec<(u32, u32)>,
    scratch: Vec<Border>,
}

impl Chains {
    /// Every region alone.
    pub(super) fn new(borders: Borders) -> Self {
        let (starts, pool) = borders.into_parts();
        let link = |w: &[usize]| Link { start: w[0], len: (w[1] - w[0]) as u32, next: END };
        let links: Vec<Link> = starts.windows(2).map(link).collect();
        let ends = (0..links.len() as u32).map(|link| (link, link)).collect();
        Self { pool, links, ends, scratch: Vec::new() }
    }

    /// Gives the borders of `gone` to `root`.
    pub(super) fn join(&mut self, root: u32, gone: u32) {
        let (first, last) = self.ends[gone as usize];
        let end = &mut self.ends[root as usize].1;
        self.links[*end as usize].next = first;
        *end = last;
    }

    /// Rewrites the borders of a set in terms of the sets that now stand across them, by ascending
    /// root; borders inside the set, and with what is no region, go.
    pub(super) fn resolve(&mut self, root: u32, mut root_of: impl FnMut(u32) -> u32) {
        let first = self.ends[root as usize].0;
        self.scratch.clear();
        let mut at = first;
        while at != END {
            let Link { start, len, next } = self.links[at as usize];
            for border in &self.pool[start..start + len as usize] {
                if border.neighbour != NO_REGION {
                    let neighbour = root_of(border.neighbour);
                    if neighbour != root {
                        self.scratch.push(Border { neighbour, n_sides: border.n_sides });
                    }
                }
            }
            at = next;
        }
        self.scratch.sort_unstable();
        self.scratch.dedup_by(|next, kept| {
            let is_same = next.neighbour == kept.neighbour;
            kept.n_sides += if is_same { next.n_sides } else { 0 };
            is_same
        });
        let len = self.scratch.len();
        let link = &mut self.links[first as usize];
        if len > link.len as usize {
            link.start = self.pool.len();
            self.pool.resize(link.start + len, Border { neighbour: END, n_sides: 0 });
        }
        (link.len, link.next) = (len as u32, END);
        self.pool[link.start..link.start + len].copy_from_slice(&self.scratch);
        self.ends[root as usize].1 = first;
    }

    /// Where the pool holds the borders of a set that was just resolved; joining moves none.
    pub(super) fn range(&self, root: u32) -> Range<usize> {
        let Link { start, len, .. } = self.links[self.ends[root as usize].0 as usize];
        start..start + len as usize
    }

    /// A border of the pool.
    pub(super) fn border(&self, place: usize) -> Border {
        self.pool[place]
    }

    /// The borders of a set that was just resolved.
    pub(super) fn of(&self, root: u32) -> &[Border] {
        &self.pool[self.range(root)]
    }
}
