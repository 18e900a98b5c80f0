//! Where the official status of the ground and the recomputed one differ, and why.
//!
//! The delivered ARTIF layer is not the couple matrix with thresholds: about 2.4 % of a real
//! official stock lies on covers that the matrix calls non artificial. Every square centimetre of
//! the difference is kept with its codes, the step that decided and its commune.

use std::collections::BTreeMap;

use kernels::arrangement::{FaceId, LayerMask};
use kernels::artificialise::Artificialised;
use kernels::lattice::area_m2;
use nomenclature::Couple;

use crate::basis::Basis;
use crate::comparison::{Ground, Piece};
use crate::delivery::reason_key;
use crate::error::Error;
use crate::judge::Judge;
use crate::proof::{Area, Measures, Proof, Stocks};

/// Everything by which the ground is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Rank of the commune.
    pub commune: Option<u32>,
    /// The couple of the vintage; nodata where it has no polygon.
    pub couple: Couple,
    /// What the layer publishes; `None` where it says nothing.
    pub official: Option<bool>,
    /// Its `crit_seuil`, where it has one.
    pub by_threshold: Option<bool>,
    /// What the rule set says, exemptions included.
    pub recomputed: bool,
    /// What the matrix alone says.
    pub matrix: bool,
    /// The step of the rule set that decided.
    pub step: &'static str,
}

impl Key {
    /// Whether the figures differ here: ground without published status counts as not artificial.
    pub fn is_disagreement(&self) -> bool {
        self.official.unwrap_or(false) != self.recomputed
    }
}

/// The two readings of a vintage.
pub struct Disagreement {
    /// The year of the vintage.
    pub year: u16,
    /// Doubled area of all its ground, by what tells it apart.
    pub sums: BTreeMap<Key, i128>,
    /// The regions where the readings differ: connected ground of one key.
    pub regions: Vec<Piece<Key>>,
    /// Doubled area that is artificial by the layer, and by the rule set.
    pub stocks: (i128, i128),
    /// Doubled area where polygons of the layer overlap with two statuses; the first one counts.
    pub disputed: i128,
}

impl Disagreement {
    /// Confronts the official layer of a vintage with the rule set.
    ///
    /// # Errors
    /// [`Error::Invariant`] when the regions do not make up the difference of the stocks exactly.
    pub fn of(
        ground: &Ground,
        vintage: usize,
        verdicts: &Artificialised,
        judge: &Judge,
    ) -> Result<Self, Error> {
        let key = |face| key_of(ground, (face, vintage), verdicts, judge);
        let mut sums: BTreeMap<Key, i128> = BTreeMap::new();
        for (face, key) in ground.faces().filter_map(|face| Some((face, key(face)?))) {
            *sums.entry(key).or_default() += ground.plane.twice_area(face);
        }
        let keep = LayerMask::of(&[vintage, ground.layer_of_official(vintage)]);
        let regions = ground.pieces(keep, |face| key(face).filter(Key::is_disagreement));
        let stock = |basis| ground.stock(vintage, verdicts, basis);
        let this = Self {
            year: ground.vintages[vintage].year,
            sums,
            regions,
            stocks: (stock(Basis::Official), stock(Basis::Rules)),
            disputed: ground.disputed(vintage),
        };
        this.check()?;
        Ok(this)
    }

    /// Doubled areas that only the layer, and only the rule set, call artificial.
    pub fn apart(&self) -> (i128, i128) {
        let of = |recomputed: bool| -> i128 {
            let regions = self.regions.iter().filter(|r| r.key.recomputed == recomputed);
            regions.map(|region| region.dissolved.polygon.twice_area()).sum()
        };
        (of(false), of(true))
    }

    /// Doubled area of the official stock on couples that the matrix calls non artificial.
    pub fn beyond_matrix(&self) -> i128 {
        let of = |key: &Key| key.official == Some(true) && !key.matrix;
        self.sums.iter().filter(|(key, _)| of(key)).map(|(_, area)| area).sum()
    }

    fn check(&self) -> Result<(), Error> {
        let ((official, recomputed), (only_official, only_rules)) = (self.stocks, self.apart());
        if official - recomputed == only_official - only_rules {
            return Ok(());
        }
        let details = format!(
            "{}: stocks {} and {} m2, apart {} and {} m2",
            self.year,
            area_m2(official),
            area_m2(recomputed),
            area_m2(only_official),
            area_m2(only_rules)
        );
        Err(Error::invariant("disagreement_adds_up", details))
    }

    /// The law that was checked, with its figures.
    pub fn proof(&self) -> Proof {
        let ((official, recomputed), (only_official, only_rules)) = (self.stocks, self.apart());
        let unpublished: i128 =
            self.sums.iter().filter(|(key, _)| key.official.is_none()).map(|(_, area)| area).sum();
        Proof::new(Measures::DisagreementAddsUp(Stocks {
            official_m2: Area(official),
            recomputed_m2: Area(recomputed),
            only_official_m2: Area(only_official),
            only_recomputed_m2: Area(only_rules),
            beyond_matrix_m2: Area(self.beyond_matrix()),
            unpublished_m2: Area(unpublished),
            disputed_m2: Area(self.disputed),
        }))
        .of(self.year)
    }
}

/// What tells a face of a vintage or of its layer apart; `None` elsewhere.
fn key_of(
    ground: &Ground,
    (face, vintage): (FaceId, usize),
    verdicts: &Artificialised,
    judge: &Judge,
) -> Option<Key> {
    let rank = ground.plane.label(face, vintage);
    let official = ground.official(face, vintage);
    if rank.is_none() && official.is_none() {
        return None;
    }
    let is = |basis| ground.is_artificial(face, vintage, verdicts, basis);
    let couple = ground.couple(face, vintage);
    let step = match rank {
        None => "hors_millesime",
        Some(_) if is(Basis::Unexempted) && !is(Basis::Rules) => "exemption",
        Some(rank) => reason_key(verdicts.verdicts[rank as usize].reason),
    };
    Some(Key {
        commune: ground.commune(face),
        couple,
        official,
        by_threshold: ground.official_threshold(face, vintage),
        recomputed: is(Basis::Rules),
        matrix: judge.is_artificial(couple),
        step,
    })
}
