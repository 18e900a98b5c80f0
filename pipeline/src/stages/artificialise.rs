//! Artificialise: the status of every polygon of both vintages, and what became artificial.

use kernels::artificialise::Artificialised;
use kernels::lattice::area_m2;

use crate::comparison::Comparison;
use crate::context::Context;
use crate::error::Error;
use crate::figures::stocks;
use crate::judge::Judge;
use crate::proof::{Area, Measures};
use crate::stage_report::StageReport;
use crate::stages::change::{delivery, ground};

/// Writes the ARTIF layer of each vintage, the verdicts behind it, and the evolution between two.
///
/// # Errors
/// A file cannot be read or written, or an invariant fails.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let ground = ground(ctx)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    ctx.check_cancelled()?;
    let verdicts = (0..ground.vintages.len()).map(|rank| ground.judged(rank, &judge));
    let verdicts = verdicts.collect::<Result<Vec<_>, _>>()?;
    let choices = config.choices();
    let delivery = delivery(ctx, &choices);
    let mut report = StageReport::default().figure("rule_set", judge.rule_set());
    for (vintage, verdicts) in verdicts.iter().enumerate() {
        report = report
            .output(ctx.publish(delivery.artif(&ground, vintage, verdicts)?)?)
            .output(ctx.publish(delivery.verdicts(&ground, vintage, verdicts, &judge)?)?)
            .output(ctx.publish(delivery.thresholds(&ground, vintage, verdicts)?)?);
    }
    let flipped = |verdicts: &Artificialised| verdicts.flipped().len();
    let (before, after) = match verdicts.as_slice() {
        [before, after] => (before, after),
        alone => {
            let stock = ground.stock(0, &alone[0], ground.main_basis());
            return Ok(report
                .figure("artificial_m2", area_m2(stock))
                .figure("groups_flipped", flipped(&alone[0])));
        }
    };
    let (comparison, both) = (Comparison::of(&ground, 0, 1), (before, after));
    let (evolution, net) = delivery.evolution(&comparison, both)?;
    let (stock_before, stock_after) = stocks(&comparison, both, net)?;
    Ok(report
        .output(ctx.publish(evolution)?)
        .figure("artificial_before_m2", area_m2(stock_before))
        .figure("artificial_after_m2", area_m2(stock_after))
        .figure("groups_flipped_before", flipped(both.0))
        .figure("groups_flipped_after", flipped(both.1))
        .proof(Measures::EvolutionIsStockDifference { net_m2: Area(net) }))
}
