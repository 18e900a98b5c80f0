//! Which part of a stage a process does.

use std::ops::Range;
use std::str::FromStr;

/// The part of a stage that a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    All,
    /// What the blocks share, and no block.
    Prepare,
    /// Some blocks, beside other processes that do others.
    Slice(Slice),
    /// What comes after the blocks, which must be done.
    Seal,
}

impl Share {
    /// Whether what the blocks share may be made here.
    pub fn prepares(self) -> bool {
        matches!(self, Self::All | Self::Prepare)
    }

    /// Whether the stage is complete afterwards.
    pub fn seals(self) -> bool {
        matches!(self, Self::All | Self::Seal)
    }

    /// The blocks to do, or to look for, of so many.
    pub fn blocks(self, n: usize) -> Range<usize> {
        match self {
            Self::All | Self::Seal => 0..n,
            Self::Prepare => 0..0,
            Self::Slice(slice) => slice.blocks(n),
        }
    }
}

/// One of several parts of about as many blocks, typed `3/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Rank of the part, from 0.
    rank: usize,
    /// Number of parts.
    of: usize,
}

impl Slice {
    /// Its blocks, which follow each other: neighbours read the same images.
    pub fn blocks(self, n: usize) -> Range<usize> {
        self.rank * n / self.of..(self.rank + 1) * n / self.of
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(rank, of)| {
            let (rank, of): (usize, usize) = (rank.parse().ok()?, of.parse().ok()?);
            (1 <= rank && rank <= of).then(|| Self { rank: rank - 1, of })
        });
        parsed.ok_or_else(|| "expected a part and their number, such as `3/16`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slices_of_any_number_hold_each_block_once() {
        for (n, of) in [(0, 1), (1, 1), (7, 3), (4, 16), (100, 7)] {
            let slices = (0..of).flat_map(|rank| Slice { rank, of }.blocks(n));
            assert_eq!(slices.collect::<Vec<_>>(), (0..n).collect::<Vec<_>>(), "{n} in {of}");
        }
    }

    #[test]
    fn a_slice_is_typed_from_one() {
        assert_eq!("3/16".parse(), Ok(Slice { rank: 2, of: 16 }));
        assert_eq!("1/1".parse(), Ok(Slice { rank: 0, of: 1 }));
        for wrong in ["0/4", "5/4", "4", "a/4", "1/0", "-1/4", ""] {
            assert!(wrong.parse::<Slice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_seal_looks_at_every_block_and_a_preparation_at_none() {
        assert_eq!((Share::Seal.blocks(5), Share::Prepare.blocks(5)), (0..5, 0..0));
    }
}
