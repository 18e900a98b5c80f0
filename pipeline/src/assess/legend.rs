//! The ways in which a couple is read: as a cover, a usage, both, or a status.

use nomenclature::{ArtificialTable, ClassId, Couple, Dimension, Nomenclature};

/// Number of what is artificial among statuses.
const ARTIFICIAL: u16 = 1;
/// Number of what is not.
const NATURAL: u16 = 2;

/// How a couple becomes one class.
#[derive(Debug, Clone, Copy)]
pub enum Legend<'a> {
    /// A class of one dimension, at a depth of its tree from 1, or a leaf.
    Class(Dimension, Option<u8>),
    /// Both leaves.
    Couple,
    /// Artificial or not, by the couple alone.
    Status(&'a ArtificialTable),
}

impl Legend<'_> {
    /// The class of a couple, as a number of this legend.
    pub fn class(&self, nomenclature: &Nomenclature, couple: Couple) -> u16 {
        match *self {
            Self::Class(dimension, level) => {
                let id = match dimension {
                    Dimension::Cover => couple.cs,
                    Dimension::Usage => couple.us,
                };
                ancestor(nomenclature, dimension, id, level).0.into()
            }
            Self::Couple => couple.to_cell(),
            Self::Status(table) if table.is_artificial(couple) => ARTIFICIAL,
            Self::Status(_) => NATURAL,
        }
    }

    /// The code and the name of a class.
    pub fn name(&self, nomenclature: &Nomenclature, class: u16) -> (String, String) {
        let of = |dimension, id| {
            let class = nomenclature.class(dimension, id);
            class.map_or_else(Default::default, |c| (c.code.clone(), c.label.clone()))
        };
        match *self {
            Self::Class(dimension, _) => of(dimension, ClassId(class as u8)),
            Self::Couple => {
                let Couple { cs, us } = Couple::from_cell(class);
                let (cs, us) = (of(Dimension::Cover, cs), of(Dimension::Usage, us));
                (format!("{}/{}", cs.0, us.0), format!("{} / {}", cs.1, us.1))
            }
            Self::Status(_) if class == ARTIFICIAL => {
                ("artif".to_owned(), "Sol artificialisé".to_owned())
            }
            Self::Status(_) => ("non artif".to_owned(), "Sol non artificialisé".to_owned()),
        }
    }
}

/// The class above `id` at a depth from 1, or itself when it is not that deep.
fn ancestor(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    id: ClassId,
    level: Option<u8>,
) -> ClassId {
    let parent = |&id: &ClassId| nomenclature.class(dimension, id).and_then(|class| class.parent);
    let path: Vec<ClassId> = std::iter::successors(Some(id), parent).collect();
    let level = level.map_or(path.len(), usize::from).clamp(1, path.len());
    path[path.len() - level]
}

/// The depth of the deepest leaf of a dimension.
pub fn depth(nomenclature: &Nomenclature, dimension: Dimension) -> u8 {
    let parent = |&id: &ClassId| nomenclature.class(dimension, id).and_then(|class| class.parent);
    let leaves = nomenclature.leaves(dimension).into_iter();
    leaves.map(|id| std::iter::successors(Some(id), parent).count() as u8).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_at_their_level_and_couples_by_status() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let couple = Couple {
            cs: ocsge.find(Dimension::Cover, "CS1.1.1.2").unwrap(),
            us: ocsge.find(Dimension::Usage, "US4.1.1").unwrap(),
        };
        let code = |legend: Legend<'_>| legend.name(&ocsge, legend.class(&ocsge, couple)).0;
        assert_eq!(code(Legend::Class(Dimension::Cover, Some(1))), "CS1");
        assert_eq!(code(Legend::Class(Dimension::Cover, Some(3))), "CS1.1.1");
        assert_eq!(code(Legend::Class(Dimension::Cover, None)), "CS1.1.1.2");
        assert_eq!(code(Legend::Class(Dimension::Usage, Some(9))), "US4.1.1");
        assert_eq!(code(Legend::Couple), "CS1.1.1.2/US4.1.1");
        let rules = nomenclature::RuleSet::builtin("decree-2023-1096").unwrap();
        let table = rules.compile(&ocsge).unwrap();
        assert_eq!(code(Legend::Status(&table)), "artif");
        assert_eq!((depth(&ocsge, Dimension::Cover), depth(&ocsge, Dimension::Usage)), (4, 3));
    }
}
