//! What the report says of a comparison, whoever made it: a run or `compare`.

use kernels::arrangement::interior_point;
use kernels::artificialise::Totals;
use kernels::change::ChangeKind;
use kernels::flux::series::Interval;
use kernels::lattice::Point;
use nomenclature::{Couple, Dimension, Nomenclature};

use crate::comparison::Ground;
use crate::figures::{Figures, Step};
use crate::judge::Judge;
use crate::picture::Highlight;
use crate::proof::Proof;
use crate::report::{Change, Invariant, Issue, KindTally, Map};
use crate::tally::Flaws;
use crate::territory::located::Located;
use crate::words;

/// Changes listed one by one.
const CHANGES_MAX: usize = 100;

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

/// Number and area of the changes of each kind, over all steps.
pub fn kinds(figures: &Figures) -> Vec<KindTally> {
    let of_kind = |kind| figures.steps.iter().flat_map(Step::by_kind).filter(move |t| t.0 == kind);
    ChangeKind::ALL
        .into_iter()
        .map(|kind| KindTally {
            kind,
            objects: of_kind(kind).map(|tally| tally.1).sum(),
            twice_area: of_kind(kind).map(|tally| tally.2).sum(),
        })
        .collect()
}

/// The pictures of a step, with their words: what changed, if anything could, then the covers of the
/// newer vintage.
///
/// * `backdrop`: what the changes are drawn over, a sentence or nothing.
pub fn maps(
    step: &Step,
    highlights: &[Highlight],
    backdrop: &str,
    changes: Option<Vec<u8>>,
    covers: Vec<u8>,
) -> Vec<Map> {
    let count = |wanted| highlights.iter().filter(|&&highlight| highlight == wanted).count();
    let Interval { before, after } = step.interval;
    let changes = changes.map(|png| Map {
        title: format!(
            "Changements {before} → {after} : artificialisation en rouge, désartificialisation \
                 en vert, autres en orange"
        ),
        alt: format!(
            "{backdrop}{} objets artificialisés, {} désartificialisés, {} autres changements ; \
                 la liste numérotée les situe.",
            count(Highlight::Artificialised),
            count(Highlight::Restored),
            count(Highlight::Other)
        ),
        png,
    });
    let covers = Map {
        title: format!("Couverture du sol en {after}, couleurs officielles"),
        alt: "Carte de la couverture ; les surfaces par poste sont dans le tableau « Stock et \
                  flux par couverture »."
            .to_owned(),
        png: covers,
    };
    changes.into_iter().chain([covers]).collect()
}

/// The largest changes of a step, true ones first.
///
/// * `seen`: confidence in percent and reason of a change, when imagery showed it.
pub fn changes(
    ground: &Ground,
    step: &Step,
    nomenclature: &Nomenclature,
    seen: impl Fn(usize) -> (Option<u8>, String),
) -> Vec<Change> {
    let mut order: Vec<usize> = (0..step.changed.len()).collect();
    let area = |i: usize| step.changed[i].dissolved.polygon.twice_area();
    order.sort_by_key(|&i| (step.findings[i].kind, std::cmp::Reverse(area(i)), i));
    order.truncate(CHANGES_MAX);
    let communes = Located::new(&ground.territory.communes);
    order
        .into_iter()
        .map(|i| {
            let piece = &step.changed[i];
            let place = interior_point(&piece.dissolved.polygon).unwrap_or_default();
            let (confidence, reason) = seen(i);
            Change {
                place: commune(&communes, place),
                at_m: (place.0.round() as i64, place.1.round() as i64),
                before: label(nomenclature, piece.key.0),
                after: label(nomenclature, piece.key.1),
                twice_area: area(i),
                confidence,
                reason,
                kind: step.findings[i].kind,
            }
        })
        .collect()
}

fn commune(communes: &Located<'_>, (x_m, y_m): (f64, f64)) -> String {
    let place = Point::from_metres(x_m, y_m).unwrap_or_default();
    communes.at(place).map_or_else(|| "hors commune".to_owned(), |commune| commune.name.clone())
}

/// Codes and labels of a couple.
fn label(nomenclature: &Nomenclature, couple: Couple) -> String {
    let of = |dimension, id| {
        let class = nomenclature.class(dimension, id);
        class.map_or_else(String::new, |class| format!("{} {}", class.code, class.label))
    };
    format!("{} / {}", of(Dimension::Cover, couple.cs), of(Dimension::Usage, couple.us))
}

/// How each change of a step is painted, by the matrix alone.
pub fn highlights(step: &Step, judge: &Judge) -> Vec<Highlight> {
    step.changed
        .iter()
        .map(|piece| {
            let (before, after) = piece.key;
            match (judge.is_artificial(before), judge.is_artificial(after)) {
                (false, true) => Highlight::Artificialised,
                (true, false) => Highlight::Restored,
                _ => Highlight::Other,
            }
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
