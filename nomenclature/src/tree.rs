//! Kinship of classes: ancestors, distance, aggregates.

use crate::class::{ClassId, Dimension};
use crate::nomenclature::Nomenclature;

impl Nomenclature {
    /// The classes above one, nearest first; empty at a root and for nodata.
    pub fn ancestors(&self, dimension: Dimension, id: ClassId) -> Vec<ClassId> {
        let parent = |id| self.class(dimension, id).and_then(|class| class.parent);
        std::iter::successors(parent(id), |id| parent(*id)).collect()
    }

    /// Whether a class is `ancestor` or lies below it.
    pub fn is_within(&self, dimension: Dimension, id: ClassId, ancestor: ClassId) -> bool {
        !id.is_nodata() && (id == ancestor || self.ancestors(dimension, id).contains(&ancestor))
    }

    /// Edges on the path from one class to the other through their nearest common ancestor.
    ///
    /// The roots count as children of one unwritten root, so the distance is always defined; an
    /// aggregate is one edge above its members. Nodata stands at the unwritten root.
    pub fn semantic_distance(&self, dimension: Dimension, a: ClassId, b: ClassId) -> u32 {
        if let Some(edges) =
            self.edges_to_aggregate(dimension, a, b).or(self.edges_to_aggregate(dimension, b, a))
        {
            return edges;
        }
        let (up_a, up_b) = (self.line(dimension, a), self.line(dimension, b));
        let shared = up_a.iter().rev().zip(up_b.iter().rev()).take_while(|(a, b)| a == b).count();
        (up_a.len() + up_b.len() - 2 * shared) as u32
    }

    /// Edges from a class up to an aggregate that contains it.
    fn edges_to_aggregate(&self, dimension: Dimension, id: ClassId, top: ClassId) -> Option<u32> {
        let members = &self.class(dimension, top)?.aggregate_of;
        let line = self.line(dimension, id);
        line.iter().position(|up| members.contains(up)).map(|edges| edges as u32 + 1)
    }

    /// A class and its ancestors, nearest first; empty for nodata.
    fn line(&self, dimension: Dimension, id: ClassId) -> Vec<ClassId> {
        let own = (!id.is_nodata()).then_some(id);
        own.into_iter().chain(self.ancestors(dimension, id)).collect()
    }

    /// The classes right below one (`None`: the roots), in document order.
    pub fn children(&self, dimension: Dimension, parent: Option<ClassId>) -> Vec<ClassId> {
        self.iter(dimension).filter(|(_, class)| class.parent == parent).map(|(id, _)| id).collect()
    }

    /// The leaves that a class stands for, and every leaf below it.
    ///
    /// In a nomenclature that refines another, a class that may be carried itself has finer leaves
    /// below it: what a rule says of the class, it says of them.
    pub fn subtree(&self, dimension: Dimension, id: ClassId) -> Vec<ClassId> {
        let mut leaves = self.leaves(dimension);
        let stands_for = self.expand(dimension, id);
        leaves.retain(|&leaf| self.is_within(dimension, leaf, id) || stands_for.contains(&leaf));
        leaves
    }

    /// The leaves that a class stands for.
    ///
    /// An aggregate gives its members (US235: US2, US3, US5), a class that is no leaf the leaves
    /// below it, any other leaf itself, nodata nothing.
    pub fn expand(&self, dimension: Dimension, id: ClassId) -> Vec<ClassId> {
        match self.class(dimension, id) {
            None => Vec::new(),
            Some(class) if !class.aggregate_of.is_empty() => class.aggregate_of.clone(),
            Some(class) if class.leaf => vec![id],
            Some(_) => {
                let mut leaves = self.leaves(dimension);
                leaves.retain(|leaf| self.is_within(dimension, *leaf, id));
                leaves
            }
        }
    }
}
