//! Every published figure of a comparison, and the laws that they obey.

use kernels::artificialise::Artificialised;
use kernels::change::Finding;
use kernels::flux::series::{Interval, Series};
use kernels::flux::{Labels, Ledger, Status};
use kernels::lattice::{area_m2, twice_area_of};
use nomenclature::{CaptureUnits, Couple, Nomenclature};

use crate::comparison::{Comparison, Piece, Side};
use crate::error::Error;
use crate::judge::Judge;
use crate::stage_report::Proof;
use crate::tables::Table;
use crate::tables::indicators::{Indicators, Variant};

/// The figures of two vintages over communes and zones.
pub struct Figures {
    /// Verdicts of the polygons of the older vintage.
    pub before: Artificialised,
    /// Verdicts of the polygons of the newer vintage.
    pub after: Artificialised,
    /// Regions whose couple differs.
    pub changed: Vec<Piece<(Couple, Couple)>>,
    /// What lies behind each of them.
    pub findings: Vec<Finding>,
    /// The main figures: thresholds applied, every change counted.
    pub ledger: Ledger,
    /// Every table of the delivery.
    pub tables: Vec<Table>,
    /// The laws checked.
    pub proofs: Vec<Proof>,
}

impl Figures {
    /// Judges both vintages, classes the changes and sums up the tables.
    ///
    /// # Errors
    /// [`Error::Invariant`] when a law does not hold to the last square step.
    pub fn of(
        comparison: &Comparison,
        judge: &Judge,
        capture: &CaptureUnits,
        nomenclature: &Nomenclature,
    ) -> Result<Self, Error> {
        let before = comparison.judged(Side::Before, judge)?;
        let after = comparison.judged(Side::After, judge)?;
        let changed = comparison.changed();
        let unit = |couple| twice_area_of(capture.min_area_m2(couple, true));
        let findings = comparison.findings(&changed, unit);
        let kinds = comparison.kinds(&changed, &findings);
        let ledger = Ledger::of(&comparison.labelled(judge, (&before, &after), &kinds));
        let mut proofs = Vec::new();
        for status in [Status::Artificial, Status::Impermeable] {
            proofs.extend(laws(&ledger, status)?);
        }
        let interval = Interval { before: comparison.before.year, after: comparison.after.year };
        let by_matrix = ledger.relabel(|labels| Labels {
            artif_before: judge.is_artificial(labels.before),
            artif_after: judge.is_artificial(labels.after),
            ..labels
        });
        let real = ledger.relabel(Labels::filtered);
        let series = |ledger: &Ledger| {
            Series::new(vec![(interval, ledger.clone())]).map_err(|e| Error::usage(e.to_string()))
        };
        let (main, by_matrix, real) = (series(&ledger)?, series(&by_matrix)?, series(&real)?);
        let tables = Indicators {
            series: &main,
            variants: &[
                Variant { suffix: "sans_seuil", label: "sans seuils", series: &by_matrix },
                Variant { suffix: "reel", label: "changements réels seuls", series: &real },
            ],
            gazetteer: &comparison.communes.gazetteer,
            zones: &comparison.zones.kinds,
            nomenclature,
        }
        .tables();
        Ok(Self { before, after, changed, findings, ledger, tables, proofs })
    }
}

/// The flux identity and the additivity of territories, to the last square step.
fn laws(ledger: &Ledger, status: Status) -> Result<[Proof; 2], Error> {
    let identity = ledger.identity_gap(status);
    let additivity = ledger.additivity_gap(status);
    if identity != 0 {
        let details = format!("{status:?}: off by {} m2, expected 0", area_m2(identity));
        return Err(Error::invariant("flux_identity", details));
    }
    if additivity.iter().any(|&gap| gap != 0) {
        let details = format!("{status:?}: off by {additivity:?} half square centimetres");
        return Err(Error::invariant("communes_add_up", details));
    }
    let total = ledger.total(status);
    let name = match status {
        Status::Artificial => "artificial",
        Status::Impermeable => "impermeable",
    };
    let identity = Proof {
        invariant: format!("flux_identity_{name}"),
        measured: format!(
            "{} - {} = {} - {} m2 at every level and by code, difference 0",
            area_m2(total.stock_after),
            area_m2(total.stock_before),
            area_m2(total.gross_in),
            area_m2(total.gross_out)
        ),
    };
    let n_territories = ledger.surface_by_territory().len();
    let additivity = Proof {
        invariant: format!("communes_add_up_{name}"),
        measured: format!("{n_territories} territories with the remainder, difference 0 m2"),
    };
    Ok([identity, additivity])
}
