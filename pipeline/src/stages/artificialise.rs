//! Artificialise: the status of every polygon of both vintages, and what became artificial.

use kernels::artificialise::Artificialised;
use kernels::lattice::area_m2;
use nomenclature::Dimension;

use crate::artefact::Draft;
use crate::comparison::{Comparison, Pair, Side};
use crate::context::Context;
use crate::error::Error;
use crate::io::record::{ArtifRecord, Deliverable, EvolutionSide, OccupationRecord, ZanEvolRecord};
use crate::io::schema::{Names, Product};
use crate::judge::Judge;
use crate::stage_report::StageReport;
use crate::stages::change::comparison;
use crate::stages::names;

/// Writes the ARTIF layer of the new vintage and the evolution between the two.
///
/// # Errors
/// A file cannot be read or written, or an invariant fails.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let comparison = comparison(ctx)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    ctx.check_cancelled()?;
    let before = comparison.judged(Side::Before, &judge)?;
    let after = comparison.judged(Side::After, &judge)?;
    let names = names(config);
    let artif = write_artif(ctx, &names, &comparison, &after)?;
    let (evolution, net) = write_evolution(ctx, &names, &comparison, (&before, &after))?;
    let stock = |side, verdicts: &Artificialised| -> i128 {
        let areas = comparison.twice_areas(side);
        verdicts.verdicts.iter().zip(areas).filter(|(v, _)| v.status).map(|(_, area)| area).sum()
    };
    let (stock_before, stock_after) = (stock(Side::Before, &before), stock(Side::After, &after));
    if stock_after - stock_before != net {
        let details = format!(
            "stocks differ by {} m2, the evolution's polygons by {} m2",
            area_m2(stock_after - stock_before),
            area_m2(net)
        );
        return Err(Error::invariant("evolution_is_stock_difference", details));
    }
    let flipped = |verdicts: &Artificialised| verdicts.flipped().len();
    Ok(StageReport::default()
        .output(artif)
        .output(evolution)
        .figure("rule_set", judge.rule_set())
        .figure("artificial_before_m2", area_m2(stock_before))
        .figure("artificial_after_m2", area_m2(stock_after))
        .figure("groups_flipped_before", flipped(&before))
        .figure("groups_flipped_after", flipped(&after))
        .proof(
            "evolution_is_stock_difference",
            format!("{} m2 both ways, difference 0 m2", area_m2(net)),
        ))
}

/// What the file of the vintage says of a polygon.
fn occupation(ctx: &Context, comparison: &Comparison, side: Side, rank: usize) -> OccupationRecord {
    let vintage = comparison.vintage(side);
    let (couple, object) = (vintage.couples[rank], &vintage.objects[rank]);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    OccupationRecord {
        id: object.id.clone(),
        code_cs: ctx.config.nomenclature.code(Dimension::Cover, couple.cs).to_owned(),
        code_us: ctx.config.nomenclature.code(Dimension::Usage, couple.us).to_owned(),
        vintage: vintage.year,
        source: object.source.clone(),
        is_ossature: object.ossature,
        id_origine: text(&object.id_origine),
        code_or: text(&object.code_or),
    }
}

fn write_artif(
    ctx: &Context,
    names: &Names,
    comparison: &Comparison,
    after: &Artificialised,
) -> Result<String, Error> {
    let draft = Draft::new(ctx.out(Product::Artif.file_name(names)))?;
    let mut layer = Deliverable::<ArtifRecord>::create(draft.temp(), names)?;
    for (rank, verdict) in after.verdicts.iter().enumerate() {
        let polygon = &comparison.after.polygons[rank];
        let record = ArtifRecord {
            occupation: occupation(ctx, comparison, Side::After, rank),
            area_m2: polygon.area_m2(),
            is_artificial: verdict.status,
            is_from_threshold: verdict.by_threshold,
        };
        layer.add(polygon, &record)?;
    }
    layer.finish()?;
    Ok(ctx.relative(&draft.publish()?.path))
}

/// Writes the polygons whose status changed; gives what became artificial less what ceased to be,
/// as a doubled area in square lattice steps.
fn write_evolution(
    ctx: &Context,
    names: &Names,
    comparison: &Comparison,
    verdicts: (&Artificialised, &Artificialised),
) -> Result<(String, i128), Error> {
    let status = |(before, after): Pair| {
        let of = |verdicts: &Artificialised, rank: Option<u32>| {
            rank.is_some_and(|rank| verdicts.verdicts[rank as usize].status)
        };
        (of(verdicts.0, before), of(verdicts.1, after))
    };
    let changed = comparison.pieces(|face| {
        let pair = comparison.pair(face);
        let (before, after) = status(pair);
        (before != after).then_some(pair)
    });
    let draft = Draft::new(ctx.out(Product::ZanEvol.file_name(names)))?;
    let mut layer = Deliverable::<ZanEvolRecord>::create(draft.temp(), names)?;
    let mut net = 0;
    for piece in &changed {
        let (is_before, is_after) = status(piece.key);
        let twice_area = piece.dissolved.polygon.twice_area();
        net += if is_after { twice_area } else { -twice_area };
        let record = ZanEvolRecord {
            before: evolution_side(ctx, comparison, Side::Before, piece.key.0, is_before),
            after: evolution_side(ctx, comparison, Side::After, piece.key.1, is_after),
            area_m2: area_m2(twice_area),
        };
        layer.add(&piece.dissolved.polygon, &record)?;
    }
    layer.finish()?;
    Ok((ctx.relative(&draft.publish()?.path), net))
}

fn evolution_side(
    ctx: &Context,
    comparison: &Comparison,
    side: Side,
    rank: Option<u32>,
    is_artificial: bool,
) -> EvolutionSide {
    let couple = rank.map(|rank| comparison.vintage(side).couples[rank as usize]);
    let couple = couple.unwrap_or_default();
    let code = |dimension, id| ctx.config.nomenclature.code(dimension, id).to_owned();
    EvolutionSide {
        id: rank.map(|rank| comparison.vintage(side).objects[rank as usize].id.clone()),
        code_cs: code(Dimension::Cover, couple.cs),
        code_us: code(Dimension::Usage, couple.us),
        is_artificial,
    }
}
