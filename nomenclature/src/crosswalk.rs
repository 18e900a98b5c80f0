//! From the classes of one nomenclature to those of another.

use crate::class::{Class, ClassId, Dimension};
use crate::error::NomenclatureError;
use crate::nomenclature::Nomenclature;

/// What becomes of one class on the way to another nomenclature.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The one class that it becomes; `None` when no class fits or when several do.
    pub target: Option<ClassId>,
    /// The class that the source publishes, where it differs from `target`.
    pub published: Option<ClassId>,
    /// Every class that it may become, in document order, when there are several.
    pub candidates: Vec<ClassId>,
    /// Why the published class was corrected, or why no class fits.
    pub note: Option<String>,
}

/// A table from the classes of one nomenclature to those of another, for both dimensions.
///
/// Follows stated nestings only: down to the nomenclature that the source nests in, up into one
/// that nests in the source's, or down then up. A class that is no leaf goes where all the leaves
/// below it go. Going up, a class of several finer classes has no single target but candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    from: String,
    to: String,
    cs: Vec<Link>,
    us: Vec<Link>,
}

impl Crosswalk {
    /// The crosswalk from one nomenclature to another.
    ///
    /// # Errors
    /// [`NomenclatureError::NoCrosswalk`] when neither nests in the other nor both in a third.
    pub fn between(from: &Nomenclature, to: &Nomenclature) -> Result<Self, NomenclatureError> {
        let links = |dimension| {
            if from.id() == to.id() {
                Some(identity(from, dimension))
            } else if from.nests_in() == Some(to.id()) {
                Some(down(from, dimension))
            } else if to.nests_in() == Some(from.id()) {
                Some(up(from, to, dimension))
            } else {
                let hub = Nomenclature::builtin(from.nests_in()?).ok()?;
                (to.nests_in() == Some(hub.id()))
                    .then(|| chain(&down(from, dimension), &up(&hub, to, dimension)))
            }
        };
        match (links(Dimension::Cover), links(Dimension::Usage)) {
            (Some(cs), Some(us)) => {
                Ok(Self { from: from.id().to_owned(), to: to.id().to_owned(), cs, us })
            }
            _ => Err(NomenclatureError::NoCrosswalk {
                from: from.id().to_owned(),
                to: to.id().to_owned(),
            }),
        }
    }

    /// The id of the nomenclature of the classes at hand.
    pub fn from_id(&self) -> &str {
        &self.from
    }

    /// The id of the nomenclature wanted.
    pub fn to_id(&self) -> &str {
        &self.to
    }

    /// What becomes of a class; `None` for nodata and unknown ids.
    pub fn link(&self, dimension: Dimension, id: ClassId) -> Option<&Link> {
        let links = match dimension {
            Dimension::Cover => &self.cs,
            Dimension::Usage => &self.us,
        };
        usize::from(id.0).checked_sub(1).and_then(|rank| links.get(rank))
    }

    /// The one class that a class becomes; `None` for nodata, no class, or several.
    pub fn map(&self, dimension: Dimension, id: ClassId) -> Option<ClassId> {
        self.link(dimension, id).and_then(|link| link.target)
    }
}

fn identity(nomenclature: &Nomenclature, dimension: Dimension) -> Vec<Link> {
    nomenclature
        .iter(dimension)
        .map(|(id, _)| Link { target: Some(id), ..Link::default() })
        .collect()
}

/// From a nested nomenclature to the one it nests in.
fn down(from: &Nomenclature, dimension: Dimension) -> Vec<Link> {
    from.iter(dimension)
        .map(|(id, class)| match &class.nest {
            Some(nest) => Link {
                target: nest.target(),
                published: nest.published.filter(|_| nest.corrected.is_some()),
                candidates: Vec::new(),
                note: nest.unmapped.clone().or_else(|| class.note.clone()),
            },
            None => several(
                from.expand(dimension, id)
                    .iter()
                    .filter_map(|leaf| target_of(from.class(dimension, *leaf)?)),
            ),
        })
        .collect()
}

fn target_of(class: &Class) -> Option<ClassId> {
    class.nest.as_ref().and_then(crate::class::Nest::target)
}

/// From a nomenclature into one whose leaves refine its own.
///
/// In order: the finer classes that nest in the class itself; those that nest in the leaves it
/// stands for; the wider ones (such as US235) that stand for it. A class that all other
/// candidates lie below is the one to take when nothing finer is known.
fn up(from: &Nomenclature, to: &Nomenclature, dimension: Dimension) -> Vec<Link> {
    let matching = |holds: &dyn Fn(ClassId) -> bool| -> Vec<ClassId> {
        let leaves = to.iter(dimension).filter(|(_, class)| class.leaf);
        leaves.filter(|(_, class)| target_of(class).is_some_and(holds)).map(|(id, _)| id).collect()
    };
    let candidates = |id: ClassId| {
        let finer = from.expand(dimension, id);
        let mut found = matching(&|target| target == id);
        if found.is_empty() {
            found = matching(&|target| finer.contains(&target));
        }
        if found.is_empty() {
            found = matching(&|target| from.expand(dimension, target).contains(&id));
        }
        found
    };
    from.iter(dimension)
        .map(|(id, _)| {
            let found = candidates(id);
            let over_all =
                |top: &&ClassId| found.iter().all(|other| to.is_within(dimension, *other, **top));
            match found.iter().find(over_all) {
                Some(top) => Link { target: Some(*top), candidates: found, ..Link::default() },
                None => several(found),
            }
        })
        .map(|link| match link.candidates.as_slice() {
            [_] => Link { candidates: Vec::new(), ..link },
            _ => link,
        })
        .collect()
}

/// One link after the other.
fn chain(first: &[Link], then: &[Link]) -> Vec<Link> {
    first
        .iter()
        .map(|link| {
            let via = link.target.map(|id| &then[usize::from(id.0) - 1]);
            let next = via.cloned().unwrap_or_default();
            Link { note: link.note.clone().or(next.note), published: None, ..next }
        })
        .collect()
}

/// The link to one class, or to several candidates.
fn several(targets: impl IntoIterator<Item = ClassId>) -> Link {
    let mut targets: Vec<ClassId> = targets.into_iter().collect();
    targets.sort_unstable();
    targets.dedup();
    match targets.as_slice() {
        [one] => Link { target: Some(*one), ..Link::default() },
        _ => Link { candidates: targets, ..Link::default() },
    }
}

#[cfg(test)]
mod tests;
