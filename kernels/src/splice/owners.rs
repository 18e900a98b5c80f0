//! Who owns each piece of the cut plane: a prior polygon or a new couple.

use std::collections::BTreeMap;

use nomenclature::Couple;

use super::ChangedRegion;
use crate::arrangement::Arrangement;
use crate::lattice::Point;
use crate::union_find::UnionFind;

/// Rounds of cleaning after which what is left is kept as it is.
const N_ROUNDS_MAX: usize = 16;

/// Whose ground a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// Of the prior polygon of this rank.
    Prior(u32),
    /// Of the new vintage, with this couple.
    New(Couple),
}

/// The edge-connected pieces of the plane with one prior polygon and one changed region at most.
pub(super) struct Pieces {
    /// The piece of each face; `None` outside the prior.
    pub(super) of_face: Vec<Option<u32>>,
    /// Rank of the prior polygon under each piece.
    pub(super) prior: Vec<u32>,
    /// Who owns each piece now.
    pub(super) owner: Vec<Owner>,
    pub(super) n_merged: usize,
    pub(super) merged_twice_area: i128,
    pub(super) n_reverted: usize,
    twice_area: Vec<i128>,
    place: Vec<Point>,
    /// Length of border between pieces, in lattice steps; each pair both ways round.
    borders: Vec<Vec<(u32, u64)>>,
    perimeter: Vec<u64>,
    /// A piece given back to the prior does not become new again.
    reverted: Vec<bool>,
    /// Pieces of each prior polygon.
    of_prior: BTreeMap<u32, Vec<u32>>,
    /// Couple of each prior polygon.
    couples: Vec<Couple>,
}

/// A maximal set of neighbouring pieces with one owner.
struct Block {
    owner: Owner,
    twice_area: i128,
    perimeter: u64,
    place: Point,
    pieces: Vec<u32>,
}

impl Block {
    /// Whether the mean width, twice the area over the perimeter, is under `thin` steps.
    fn is_thin(&self, thin: i32) -> bool {
        self.twice_area < i128::from(thin) * i128::from(self.perimeter)
    }
}

impl Pieces {
    pub(super) fn of(plane: &Arrangement, couples: &[Couple], changed: &[ChangedRegion]) -> Self {
        let label: Vec<Option<(u32, Option<u32>)>> = (0..plane.n_faces() as u32)
            .map(|face| plane.label(face, 0).map(|prior| (prior, plane.label(face, 1))))
            .collect();
        let mut joined = UnionFind::new(plane.n_faces());
        for edge in plane.edges() {
            let (left, right) = (label[edge.left as usize], label[edge.right as usize]);
            if left.is_some() && left == right {
                joined.union(edge.left, edge.right);
            }
        }
        let (of_root, n_pieces) = joined.ranks(|face| label[face as usize].is_some());
        let mut pieces = Self::empty(of_root, n_pieces, couples);
        for (face, piece) in pieces.of_face.clone().into_iter().enumerate() {
            let (Some(piece), Some((prior, region))) = (piece, label[face]) else { continue };
            let piece = piece as usize;
            pieces.prior[piece] = prior;
            // A region that repeats the prior's couple changes nothing.
            pieces.owner[piece] = match region.map(|r| changed[r as usize].couple) {
                Some(couple) if couple != couples[prior as usize] => Owner::New(couple),
                _ => Owner::Prior(prior),
            };
            pieces.twice_area[piece] += plane.twice_area(face as u32);
        }
        pieces.measure(plane);
        for (piece, &prior) in pieces.prior.iter().enumerate() {
            pieces.of_prior.entry(prior).or_default().push(piece as u32);
        }
        pieces
    }

    fn empty(of_face: Vec<Option<u32>>, n_pieces: usize, couples: &[Couple]) -> Self {
        Self {
            of_face,
            prior: vec![0; n_pieces],
            owner: vec![Owner::Prior(0); n_pieces],
            n_merged: 0,
            merged_twice_area: 0,
            n_reverted: 0,
            twice_area: vec![0; n_pieces],
            place: vec![Point::new(i32::MAX, i32::MAX); n_pieces],
            borders: vec![Vec::new(); n_pieces],
            perimeter: vec![0; n_pieces],
            reverted: vec![false; n_pieces],
            of_prior: BTreeMap::new(),
            couples: couples.to_vec(),
        }
    }

    /// Adds up borders and perimeters and finds the lowest point of each piece.
    fn measure(&mut self, plane: &Arrangement) {
        let mut borders: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for edge in plane.edges() {
            let left = self.of_face[edge.left as usize];
            let right = self.of_face[edge.right as usize];
            if left == right {
                continue;
            }
            let length = length_in_steps(edge.a, edge.b);
            for piece in [left, right].into_iter().flatten() {
                self.perimeter[piece as usize] += length;
                let place = &mut self.place[piece as usize];
                *place = (*place).min(edge.a);
            }
            if let (Some(l), Some(r)) = (left, right) {
                *borders.entry((l.min(r), l.max(r))).or_default() += length;
            }
        }
        for ((a, b), length) in borders {
            self.borders[a as usize].push((b, length));
            self.borders[b as usize].push((a, length));
        }
    }

    /// Gives slivers and regions below their unit back, and merges what the cut left behind.
    pub(super) fn settle(&mut self, thin: i32, unit: &impl Fn(Couple, Point) -> i128) {
        self.give_back_thin_pieces(thin);
        for _ in 0..N_ROUNDS_MAX {
            let (blocks, of_piece) = self.blocks();
            let moves = self.moves(&blocks, &of_piece, thin, unit);
            if moves.is_empty() {
                return;
            }
            for (piece, owner) in moves {
                match owner {
                    Owner::Prior(p) if p == self.prior[piece as usize] => {
                        self.n_reverted += 1;
                        self.reverted[piece as usize] = true;
                    }
                    _ => {
                        self.n_merged += 1;
                        self.merged_twice_area += self.twice_area[piece as usize];
                    }
                }
                self.owner[piece as usize] = owner;
            }
        }
    }

    /// A changed sliver along the rest of its prior polygon is drawing noise: it goes back.
    fn give_back_thin_pieces(&mut self, thin: i32) {
        for piece in 0..self.owner.len() {
            let width = i128::from(thin) * i128::from(self.perimeter[piece]);
            let prior = self.prior[piece];
            let beside_its_rest = self.borders[piece].iter().any(|&(other, _)| {
                self.prior[other as usize] == prior
                    && self.owner[other as usize] == Owner::Prior(prior)
            });
            if matches!(self.owner[piece], Owner::New(_))
                && self.twice_area[piece] < width
                && beside_its_rest
            {
                self.owner[piece] = Owner::Prior(prior);
                self.reverted[piece] = true;
                self.n_reverted += 1;
            }
        }
    }

    fn blocks(&self) -> (Vec<Block>, Vec<u32>) {
        let mut joined = UnionFind::new(self.owner.len());
        for (piece, neighbours) in self.borders.iter().enumerate() {
            for &(other, _) in neighbours {
                if self.owner[piece] == self.owner[other as usize] {
                    joined.union(piece as u32, other);
                }
            }
        }
        let (ranks, n_blocks) = joined.ranks(|_| true);
        let of_piece: Vec<u32> = ranks.into_iter().flatten().collect();
        let mut blocks: Vec<Block> = (0..n_blocks)
            .map(|_| Block {
                owner: Owner::Prior(0),
                twice_area: 0,
                perimeter: 0,
                place: Point::new(i32::MAX, i32::MAX),
                pieces: Vec::new(),
            })
            .collect();
        for (piece, &block) in of_piece.iter().enumerate() {
            let inner: u64 = self.borders[piece]
                .iter()
                .filter(|(other, _)| of_piece[*other as usize] == block)
                .map(|(_, length)| length)
                .sum();
            let block = &mut blocks[block as usize];
            block.owner = self.owner[piece];
            block.twice_area += self.twice_area[piece];
            block.perimeter += self.perimeter[piece] - inner;
            block.place = block.place.min(self.place[piece]);
            block.pieces.push(piece as u32);
        }
        (blocks, of_piece)
    }

    /// The next owner of each piece that may not stay as it is.
    fn moves(
        &self,
        blocks: &[Block],
        of_piece: &[u32],
        thin: i32,
        unit: &impl Fn(Couple, Point) -> i128,
    ) -> Vec<(u32, Owner)> {
        let unfit: Vec<bool> =
            blocks.iter().map(|block| self.is_unfit(block, thin, unit)).collect();
        let mut moves = Vec::new();
        for (rank, block) in blocks.iter().enumerate().filter(|(rank, _)| unfit[*rank]) {
            match block.owner {
                Owner::New(_) => moves.extend(
                    block.pieces.iter().map(|&p| (p, Owner::Prior(self.prior[p as usize]))),
                ),
                Owner::Prior(_) => {
                    if let Some(owner) = self.heir(rank as u32, block, blocks, of_piece, &unfit) {
                        moves.extend(block.pieces.iter().map(|&p| (p, owner)));
                    }
                }
            }
        }
        moves
    }

    /// Whether a block is less than the whole of its prior polygon.
    fn is_remnant(&self, block: &Block, prior: u32) -> bool {
        block.pieces.iter().filter(|&&p| self.prior[p as usize] == prior).count()
            < self.of_prior[&prior].len()
    }

    /// The owner of the neighbour with the longest shared border, then the lowest owner; a fit
    /// neighbour that the block may join comes first, any other one last.
    fn heir(
        &self,
        rank: u32,
        block: &Block,
        blocks: &[Block],
        of_piece: &[u32],
        unfit: &[bool],
    ) -> Option<Owner> {
        let may_be_new = !block.pieces.iter().any(|&p| self.reverted[p as usize]);
        let mut shared: BTreeMap<(bool, Owner), u64> = BTreeMap::new();
        for &piece in &block.pieces {
            for &(other, length) in &self.borders[piece as usize] {
                let neighbour = of_piece[other as usize];
                if neighbour == rank {
                    continue;
                }
                let owner = blocks[neighbour as usize].owner;
                let is_choice =
                    !unfit[neighbour as usize] && (may_be_new || matches!(owner, Owner::Prior(_)));
                *shared.entry((!is_choice, owner)).or_default() += length;
            }
        }
        let is_last_resort = shared.keys().next()?.0;
        let of_rank = shared.into_iter().filter(|((last, _), _)| *last == is_last_resort);
        of_rank
            .max_by_key(|&((_, owner), length)| (length, std::cmp::Reverse(owner)))
            .map(|((_, owner), _)| owner)
    }

    /// Places of the blocks that are still slivers or below their unit, whole prior polygons apart.
    pub(super) fn unfit_places(
        &self,
        thin: i32,
        unit: &impl Fn(Couple, Point) -> i128,
    ) -> Vec<Point> {
        let (blocks, _) = self.blocks();
        blocks.iter().filter(|b| self.is_unfit(b, thin, unit)).map(|b| b.place).collect()
    }

    /// The ground of all pieces: twice its area, in square lattice steps.
    pub(super) fn covered_twice_area(&self) -> i128 {
        self.twice_area.iter().sum()
    }

    /// Whether a block may not stay as it is: a change or a remnant that is a sliver or below its
    /// unit.
    fn is_unfit(&self, block: &Block, thin: i32, unit: &impl Fn(Couple, Point) -> i128) -> bool {
        let couple = match block.owner {
            Owner::New(couple) => couple,
            Owner::Prior(p) if self.is_remnant(block, p) => self.couples[p as usize],
            Owner::Prior(_) => return false,
        };
        block.is_thin(thin) || block.twice_area < unit(couple, block.place)
    }

    /// The group of each piece in the result: blocks, joined where a new one meets its own couple.
    pub(super) fn merged_groups(&self) -> Vec<u32> {
        let couple = |piece: usize| match self.owner[piece] {
            Owner::Prior(p) => self.couples[p as usize],
            Owner::New(couple) => couple,
        };
        let is_new = |piece: usize| matches!(self.owner[piece], Owner::New(_));
        let mut joined = UnionFind::new(self.owner.len());
        for (piece, neighbours) in self.borders.iter().enumerate() {
            for &(other, _) in neighbours {
                let other = other as usize;
                let same = couple(piece) == couple(other) && (is_new(piece) || is_new(other));
                if same || self.owner[piece] == self.owner[other] {
                    joined.union(piece as u32, other as u32);
                }
            }
        }
        joined.ranks(|_| true).0.into_iter().flatten().collect()
    }
}

/// Length of a segment rounded to whole lattice steps.
fn length_in_steps(a: Point, b: Point) -> u64 {
    let (dx, dy) = (f64::from(b.x - a.x), f64::from(b.y - a.y));
    // `sqrt` is correctly rounded everywhere, `hypot` is not.
    (dx * dx + dy * dy).sqrt().round() as u64
}
