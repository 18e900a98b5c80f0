//! Sets that merge: union-find over dense indices.

/// Disjoint sets of `0..n`; the root of a set is its lowest member, whatever the order of unions.
#[derive(Debug, Clone)]
pub struct UnionFind {
    parent: Vec<u32>,
}

impl UnionFind {
    /// `n` sets of one member each.
    pub fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect() }
    }

    /// Adds sets of one member each until there are `n` members.
    pub fn grow(&mut self, n: usize) {
        self.parent.extend(self.parent.len() as u32..n as u32);
    }

    /// The lowest member of the set of `i`.
    pub fn root(&mut self, i: u32) -> u32 {
        let mut i = i;
        while self.parent[i as usize] != i {
            let up = self.parent[self.parent[i as usize] as usize];
            self.parent[i as usize] = up;
            i = up;
        }
        i
    }

    /// Merges the sets of `a` and `b`; whether they were apart.
    pub fn union(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
        a != b
    }

    /// Numbers the sets from 0 in the order of their lowest member, leaving out the indices that
    /// `wanted` refuses; also the number of sets.
    pub fn ranks(&mut self, wanted: impl Fn(u32) -> bool) -> (Vec<Option<u32>>, usize) {
        let n = self.parent.len();
        let mut rank_of_root: Vec<Option<u32>> = vec![None; n];
        let mut n_sets = 0;
        let ranks = (0..n as u32)
            .map(|i| {
                wanted(i).then(|| {
                    let root = self.root(i) as usize;
                    *rank_of_root[root].get_or_insert_with(|| {
                        n_sets += 1;
                        n_sets - 1
                    })
                })
            })
            .collect();
        (ranks, n_sets as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_numbered_by_their_lowest_member() {
        let mut sets = UnionFind::new(5);
        assert!(sets.union(4, 1));
        assert!(sets.union(3, 4));
        assert!(!sets.union(1, 3));
        assert_eq!(sets.root(3), 1);
        let (ranks, n_sets) = sets.ranks(|i| i != 2);
        assert_eq!(ranks, [Some(0), Some(1), None, Some(1), Some(1)]);
        assert_eq!(n_sets, 2);
    }
}
