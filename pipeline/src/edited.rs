//! The laws of an edited coverage: the next vintage, or one with corrections, cut into the prior's.

use kernels::coverage::{Defect, DefectKind, Limits, check};
use kernels::lattice::{Polygon, area_m2};

use crate::error::Error;
use crate::proof::{Area, Measures};

/// The result covers the ground of the prior once, to the last square step, and is a valid coverage
/// but for the gaps that the prior has.
///
/// * `covered`: the ground of the prior, counted once: twice its area, in square lattice steps.
///
/// # Errors
/// [`Error::Invariant`] for a law that does not hold.
pub fn laws(prior: &[Polygon], edited: &[Polygon], covered: i128) -> Result<[Measures; 2], Error> {
    Ok([area(prior, edited, covered)?, coverage(prior, edited)?])
}

fn area(prior: &[Polygon], edited: &[Polygon], covered: i128) -> Result<Measures, Error> {
    let sum = |all: &[Polygon]| all.iter().map(Polygon::twice_area).sum::<i128>();
    let (stated, after) = (sum(prior), sum(edited));
    if after != covered {
        let (got, expected) = (area_m2(after), area_m2(covered));
        let details = format!("the result covers {got} m2, the prior's ground is {expected} m2");
        return Err(Error::invariant("area_of_prior", details));
    }
    // Overlaps counted twice, rings that cross themselves, sides bent by half a step.
    let excess_m2 = Area(stated - covered);
    Ok(Measures::AreaOfPrior { covered_m2: Area(covered), excess_m2 })
}

fn coverage(prior: &[Polygon], edited: &[Polygon]) -> Result<Measures, Error> {
    let gap = |defects: &[Defect]| -> i128 {
        defects.iter().filter(|d| d.kind == DefectKind::Gap).map(|d| d.twice_area).sum()
    };
    let defects = check(edited, None, Limits::default())?;
    if let Some(defect) = defects.iter().find(|defect| defect.kind != DefectKind::Gap) {
        let (x_m, y_m) = defect.place.to_metres();
        let details = format!("{} at {x_m} {y_m}", defect.kind.key());
        return Err(Error::invariant("coverage", details));
    }
    let gaps = gap(&defects);
    if gaps != 0 {
        let inherited = gap(&check(prior, None, Limits::default())?);
        if gaps > inherited {
            let details =
                format!("gaps {} m2, the prior has {}", area_m2(gaps), area_m2(inherited));
            return Err(Error::invariant("coverage", details));
        }
    }
    Ok(Measures::Coverage { polygons: edited.len() as u64, gaps_m2: Area(gaps) })
}
