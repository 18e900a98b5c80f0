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

/// Writes the ARTIF layers of both vintages, the verdicts behind them and the evolution between.
///
/// # Errors
/// A file cannot be read or written, or an invariant fails.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let ground = ground(ctx)?;
    let comparison = Comparison::of(&ground, 0, 1);
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    ctx.check_cancelled()?;
    let verdicts = [ground.judged(0, &judge)?, ground.judged(1, &judge)?];
    let both = (&verdicts[0], &verdicts[1]);
    let choices = config.choices();
    let delivery = delivery(ctx, &choices);
    let mut report = StageReport::default();
    for (vintage, verdicts) in verdicts.iter().enumerate() {
        report = report
            .output(ctx.publish(delivery.artif(&ground, vintage, verdicts)?)?)
            .output(ctx.publish(delivery.verdicts(&ground, vintage, verdicts, &judge)?)?)
            .output(ctx.publish(delivery.thresholds(&ground, vintage, verdicts)?)?);
    }
    let (evolution, net) = delivery.evolution(&comparison, both)?;
    let (stock_before, stock_after) = stocks(&comparison, both, net)?;
    let flipped = |verdicts: &Artificialised| verdicts.flipped().len();
    Ok(report
        .output(ctx.publish(evolution)?)
        .figure("rule_set", judge.rule_set())
        .figure("artificial_before_m2", area_m2(stock_before))
        .figure("artificial_after_m2", area_m2(stock_after))
        .figure("groups_flipped_before", flipped(both.0))
        .figure("groups_flipped_after", flipped(both.1))
        .proof(Measures::EvolutionIsStockDifference { net_m2: Area(net) }))
}
