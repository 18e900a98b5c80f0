//! Change: both vintages in one arrangement, and the regions whose couple differs.

use kernels::lattice::area_m2;
use nomenclature::{Couple, Dimension};

use crate::artefact::Draft;
use crate::comparison::{Comparison, Side};
use crate::config::Layer;
use crate::context::Context;
use crate::error::Error;
use crate::io::record::{Deliverable, DiffRecord};
use crate::io::schema::{Names, Product};
use crate::stage_report::StageReport;
use crate::stages::names;
use crate::territory::{Communes, Zones};
use crate::vintage::Vintage;

/// Reads both vintages and the territories of a run and arranges them.
///
/// # Errors
/// A file cannot be read.
pub(super) fn comparison(ctx: &Context) -> Result<Comparison, Error> {
    let config = ctx.config;
    let epsg = config.crs.0;
    let read =
        |layer: &Layer, year| Vintage::read(layer, year, epsg, &config.nomenclature, ctx.tally);
    let occupation = ctx.out(Product::Occupation.file_name(&names(config)));
    let before = read(&config.prior.layer, config.prior.vintage)?;
    let after = read(&Layer { path: occupation, layer: None }, config.vintage)?;
    let communes =
        Communes::read(&config.territories.communes, config.department.code(), epsg, ctx.tally)?;
    let planning = config.territories.planning.as_ref();
    let zones = planning.map(|layer| Zones::read(layer, epsg, ctx.tally)).transpose()?;
    ctx.check_cancelled()?;
    Comparison::new(before, after, communes, zones.unwrap_or_default())
}

/// Writes the difference layer.
///
/// # Errors
/// A file cannot be read or written, or an invariant fails.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let comparison = comparison(ctx)?;
    let covered = check_coverage(&comparison)?;
    let changed = comparison.changed();
    let areas: i128 = changed.iter().map(|p| p.dissolved.polygon.twice_area()).sum();
    let faces: i128 = comparison
        .faces()
        .filter(|&face| comparison.changed_couples(face).is_some())
        .map(|face| comparison.plane.twice_area(face))
        .sum();
    if areas != faces {
        let details = format!("polygons {} m2, faces {} m2", area_m2(areas), area_m2(faces));
        return Err(Error::invariant("area_of_change", details));
    }
    let names = names(ctx.config);
    let output = write_diff(ctx, &names, &changed)?;
    Ok(StageReport::default()
        .output(output)
        .figure("faces", comparison.plane.n_faces())
        .figure("edges", comparison.plane.n_edges())
        .figure("changed_polygons", changed.len())
        .figure("changed_m2", area_m2(areas))
        .proof("coverage_of_vintage", covered)
        .proof("area_of_change", format!("{} m2, difference 0 m2", area_m2(areas))))
}

/// The new vintage covers its ground once, and all the ground that the prior covers.
fn check_coverage(comparison: &Comparison) -> Result<String, Error> {
    let (mut overlap, mut gap, mut covered) = (0, 0, 0);
    for face in comparison.faces() {
        let area = comparison.plane.twice_area(face);
        let before = comparison.rank(face, Side::Before);
        match comparison.plane.labels(face, Side::After.layer()).len() {
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
    Ok(format!("{} m2 covered once, gaps 0 m2, overlaps 0 m2", area_m2(covered)))
}

fn write_diff(
    ctx: &Context,
    names: &Names,
    changed: &[crate::comparison::Piece<(Couple, Couple)>],
) -> Result<String, Error> {
    let nomenclature = &ctx.config.nomenclature;
    let codes = |couple: Couple| {
        let code = |dimension, id| nomenclature.code(dimension, id).to_owned();
        (code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us))
    };
    let draft = Draft::new(ctx.out(Product::Diff.file_name(names)))?;
    let mut layer = Deliverable::<DiffRecord>::create(draft.temp(), names)?;
    for piece in changed {
        let (before, after) = piece.key;
        let record = DiffRecord { before: codes(before), after: codes(after) };
        layer.add(&piece.dissolved.polygon, &record)?;
    }
    layer.finish()?;
    Ok(ctx.relative(&draft.publish()?.path))
}
