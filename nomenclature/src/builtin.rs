//! The nomenclatures that ship with the program.

use crate::error::NomenclatureError;
use crate::nearest::nearest_word;
use crate::nomenclature::Nomenclature;

/// Ids in the order of the documentation; same order as [`TEXTS`].
pub(crate) const IDS: &[&str] = &[
    "ocsge-2-0",
    "ocsge-1-1",
    "cnig-extended",
    "ocs2d-hdf-2021",
    "geobretagne-2019",
    "ocsid-example",
    "flair-1",
    "flair-hub",
];

const TEXTS: &[&str] = &[
    include_str!("../data/ocsge-2-0.yaml"),
    include_str!("../data/ocsge-1-1.yaml"),
    include_str!("../data/cnig-extended.yaml"),
    include_str!("../data/ocs2d-hdf-2021.yaml"),
    include_str!("../data/geobretagne-2019.yaml"),
    include_str!("../data/ocsid-example.yaml"),
    include_str!("../data/flair-1.yaml"),
    include_str!("../data/flair-hub.yaml"),
];

/// The YAML text of a built-in nomenclature.
pub(crate) fn text(id: &str) -> Result<&'static str, NomenclatureError> {
    pick("nomenclature", id, IDS, TEXTS)
}

/// The text that goes with an id.
///
/// # Errors
/// [`NomenclatureError::UnknownBuiltin`] with the nearest id.
pub(crate) fn pick(
    kind: &'static str,
    id: &str,
    known: &'static [&'static str],
    texts: &'static [&'static str],
) -> Result<&'static str, NomenclatureError> {
    known.iter().position(|name| *name == id).map(|rank| texts[rank]).ok_or_else(|| {
        NomenclatureError::UnknownBuiltin {
            kind,
            id: id.to_owned(),
            known,
            nearest: nearest_word(id, known.iter().copied()).map(ToOwned::to_owned),
        }
    })
}

/// The rules that ship for a nomenclature: those of its own id, else of the one that it nests in,
/// else the first ones.
pub(crate) fn for_nomenclature(
    known: &'static [&'static str],
    nomenclature: &Nomenclature,
) -> &'static str {
    let of = |id: &str| known.iter().find(|known| **known == id).copied();
    let own = of(nomenclature.id());
    own.or_else(|| of(nomenclature.nests_in()?)).unwrap_or(known[0])
}
