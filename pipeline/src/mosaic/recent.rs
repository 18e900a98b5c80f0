//! Things that are kept while they are among the last ones used.

use std::collections::VecDeque;

/// The few things that were used last, each by its rank.
pub(super) struct Recent<T> {
    most: usize,
    /// The last used at the end.
    kept: VecDeque<(usize, T)>,
}

impl<T> Recent<T> {
    /// Room for some things; one more takes the place of that which was not used for longest.
    pub(super) fn of(most: usize) -> Self {
        Self { most, kept: VecDeque::new() }
    }

    /// The thing of a rank, made when it is not kept.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn get<E>(
        &mut self,
        rank: usize,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<&mut T, E> {
        let entry = match self.kept.iter().position(|&(kept, _)| kept == rank) {
            Some(at) => self.kept.remove(at).expect("it was found at this place"),
            None => (rank, make()?),
        };
        if self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(entry);
        let last = self.kept.len() - 1;
        Ok(&mut self.kept[last].1)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut recent = Recent::of(2);
        let mut made = Vec::new();
        for rank in [1, 2, 1, 3, 1, 2] {
            let make = || {
                made.push(rank);
                Ok::<_, ()>(rank * 10)
            };
            assert_eq!(recent.get(rank, make), Ok(&mut (rank * 10)));
        }
        assert_eq!(made, [1, 2, 3, 2]);
        assert_eq!(recent.get(7, || Err("lost")), Err("lost"));
        assert!(!recent.is_empty());
    }
}
