//! What all pages of a comparison say alike, whoever made it: a run or `compare`.

use kernels::artificialise::Totals;
use nomenclature::{Dimension, Nomenclature};

use crate::comparison::Ground;
use crate::figures::Figures;
use crate::proof::Proof;
use crate::report::{Invariant, Issue};
use crate::tally::Flaws;
use crate::words;

/// The code of the department in the tables.
pub fn department(ground: &Ground) -> String {
    let communes = &ground.territory.communes.gazetteer.communes;
    communes.first().map(|commune| commune.department.clone()).unwrap_or_default()
}

/// Colour of each code in legends.
pub fn colours(nomenclature: &Nomenclature) -> Vec<(String, String)> {
    [Dimension::Cover, Dimension::Usage]
        .into_iter()
        .flat_map(|dimension| nomenclature.iter(dimension))
        .map(|(_, class)| (class.code.clone(), class.colour.to_string()))
        .collect()
}

/// What each step of the thresholds moved, per vintage.
pub fn thresholds(ground: &Ground, figures: &Figures) -> Vec<(u16, Totals)> {
    let vintages = ground.vintages.iter().zip(&figures.verdicts).enumerate();
    vintages
        .map(|(rank, (vintage, verdicts))| {
            (vintage.year, Totals::of(verdicts, &ground.twice_areas(rank)))
        })
        .collect()
}

/// The flaws of the data, the most frequent first.
pub fn issues(flaws: &Flaws) -> Vec<Issue> {
    flaws
        .by_count()
        .into_iter()
        .map(|(key, flaw)| Issue {
            key: key.to_owned(),
            label: words::flaw(key).to_owned(),
            count: flaw.count,
        })
        .collect()
}

/// The laws checked; a broken one would have stopped everything.
pub fn invariants<'a>(proofs: impl Iterator<Item = &'a Proof>) -> Vec<Invariant> {
    proofs
        .map(|proof| Invariant {
            law: words::laws::title(proof),
            result: words::laws::measured(&proof.measures),
            holds: true,
        })
        .collect()
}
