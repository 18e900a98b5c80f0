//! Change: both vintages in one arrangement, and the regions whose couple differs.

use kernels::lattice::area_m2;

use crate::comparison::{Comparison, Ground, Side, Territory};
use crate::config::Layer;
use crate::context::Context;
use crate::custom::Custom;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::exemption::Exemptions;
use crate::figures::area_of_change;
use crate::io::schema::Product;
use crate::method::Choices;
use crate::proof::{Area, Measures};
use crate::stage::Stage;
use crate::stage_report::StageReport;
use crate::stages::{names, prior};
use crate::tally::Tally;
use crate::territory::{Communes, Zones};
use crate::vintage::Vintage;

/// Reads the vintages and the territories of a run and arranges them: the prior's, if any, first.
///
/// # Errors
/// A file cannot be read.
pub(super) fn ground(ctx: &Context) -> Result<Ground, Error> {
    let config = ctx.config;
    let epsg = config.crs.0;
    // `ingest` has counted the flaws of the prior and of the communes; zones are first read here.
    let unheard = Tally::default();
    let first = if config.prior.is_some() { Stage::Change } else { Stage::Artificialise };
    let of_zones = if ctx.stage == first { ctx.tally } else { &unheard };
    let occupation = ctx.out(Product::Occupation.file_name(&names(config)));
    let mut vintages = Vec::new();
    if let Some(prior) = &config.prior {
        vintages.push(prior::read(ctx, prior, &unheard)?);
    }
    let own = Layer { path: occupation, layer: None };
    vintages.push(Vintage::read(&own, config.vintage, epsg, &config.nomenclature, &unheard)?);
    let communes =
        Communes::read(&config.territories.communes, config.department.code(), epsg, &unheard)?;
    let planning = config.territories.planning.as_ref();
    let zones = planning.map(|layer| Zones::read(layer, epsg, of_zones)).transpose()?;
    ctx.check_cancelled()?;
    let exempted = config.territories.exemptions.as_ref();
    let exemptions = exempted.map(|layer| Exemptions::read(layer, epsg, of_zones)).transpose()?;
    let zones = zones.unwrap_or_default();
    let exemptions = exemptions.unwrap_or_default();
    let custom = &config.territories.custom;
    let customs: Result<Vec<Custom>, Error> =
        custom.iter().map(|(name, layer)| Custom::read(name, layer, epsg, of_zones)).collect();
    let territory =
        Territory { communes, zones, exemptions, customs: customs?, ..Territory::default() };
    Ground::new(vintages, territory)
}

/// The delivery of a run.
pub(super) fn delivery<'a>(ctx: &'a Context<'_>, choices: &'a Choices) -> Delivery<'a> {
    Delivery {
        folder: &ctx.out_dir,
        department: ctx.config.department.code(),
        epsg: ctx.config.crs.0,
        nomenclature: &ctx.config.nomenclature,
        rules: &ctx.config.rules,
        choices,
    }
}

/// Writes the difference layer.
///
/// # Errors
/// A file cannot be read or written, or an invariant fails.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let ground = ground(ctx)?;
    let comparison = Comparison::of(&ground, 0, 1);
    let covered_m2 = check_coverage(&comparison)?;
    let changed = comparison.changed();
    let areas = area_of_change(&comparison, &changed)?;
    let output = ctx.publish(delivery(ctx, &ctx.config.choices()).diff(&comparison, &changed)?)?;
    Ok(StageReport::default()
        .output(output)
        .figure("faces", ground.plane.n_faces())
        .figure("edges", ground.plane.n_edges())
        .figure("changed_polygons", changed.len())
        .figure("changed_m2", area_m2(areas))
        .proof(Measures::CoverageOfVintage { covered_m2 })
        .proof(Measures::AreaOfChange { changed_m2: Area(areas) }))
}

/// The new vintage covers its ground once, and all the ground that the prior covers.
fn check_coverage(comparison: &Comparison<'_>) -> Result<Area, Error> {
    let (mut overlap, mut gap, mut covered) = (0, 0, 0);
    for face in comparison.faces() {
        let area = comparison.ground.plane.twice_area(face);
        let before = comparison.rank(face, Side::Before);
        match comparison.ground.plane.labels(face, comparison.vintage_rank(Side::After)).len() {
            0 if before.is_some() => gap += area,
            0 => {}
            1 => covered += area,
            _ => overlap += area,
        }
    }
    if gap != 0 || overlap != 0 {
        let details = format!("gaps {} m2, overlaps {} m2", area_m2(gap), area_m2(overlap));
        return Err(Error::invariant("coverage_of_vintage", details));
    }
    Ok(Area(covered))
}
