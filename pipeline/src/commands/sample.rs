//! `millesime sample`: a small believable territory to try everything on.

use std::path::PathBuf;

use kernels::lattice::STEPS_PER_METRE;

use crate::error::Error;
use crate::sample::generate::{Order, Summary, generate};
use crate::sample::site::Site;
use crate::talk;

/// What `sample` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: four square kilometres of made-up land in the Aude, then its next vintage
  millesime sample --department 11 --size-m 2000 --seed 7 --out essai
  millesime run essai/config.yaml")]
pub struct Args {
    /// Department whose CRS is used: two or three characters
    #[arg(long, value_name = "CODE", default_value = "11")]
    department: String,
    /// Side of the square territory, in metres
    #[arg(long, value_name = "M", default_value_t = 2000, value_parser = clap::value_parser!(i32).range(200..=25_000))]
    size_m: i32,
    /// Number that fixes everything: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Folder to fill; missing or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Side of a pixel of the imagery, in metres: a whole number of centimetres that divides 100 m
    #[arg(long, value_name = "M", default_value_t = 0.2)]
    cell_m: f64,
    /// Year of the prior vintage
    #[arg(long, value_name = "YEAR", default_value_t = 2018, value_parser = clap::value_parser!(u16).range(1950..=2100))]
    before: u16,
    /// Year of the imagery, and of the vintage to produce
    #[arg(long, value_name = "YEAR", default_value_t = 2021, value_parser = clap::value_parser!(u16).range(1950..=2100))]
    after: u16,
}

impl Args {
    /// The order, once every value makes sense.
    fn order(&self) -> Result<Order, Error> {
        let usage = |what: String, hint: &str| Error::Usage { what, hint: Some(hint.to_owned()) };
        let site = Site::of(&self.department).ok_or_else(|| {
            let what = format!("`{}` is not a department", self.department);
            usage(what, "01 to 95, 2A, 2B, 971, 972, 973, 974 or 976")
        })?;
        let cell = (self.cell_m * f64::from(STEPS_PER_METRE)).round();
        let is_exact = (cell - self.cell_m * f64::from(STEPS_PER_METRE)).abs() < 1e-6;
        if !is_exact || !(5.0..=500.0).contains(&cell) || 10_000 % (cell as i32) != 0 {
            let what = format!("a pixel of {} m does not fit the tiles", self.cell_m);
            return Err(usage(what, "0.05 to 5 m, dividing 100 m: 0.1, 0.2, 0.25, 0.5, 1 ..."));
        }
        if self.size_m % 100 != 0 {
            let what = format!("a side of {} m does not hold whole pixels", self.size_m);
            return Err(usage(what, "give a multiple of 100 m"));
        }
        if self.before >= self.after {
            let what = format!("--before {} is not before --after {}", self.before, self.after);
            return Err(usage(what, "the prior vintage comes first"));
        }
        Ok(Order {
            site,
            size_m: self.size_m,
            seed: self.seed,
            cell: cell as i32,
            before: self.before,
            after: self.after,
        })
    }
}

/// Makes the sample and says what it holds.
///
/// # Errors
/// [`Error::Usage`] for values that make no sense, [`Error::Write`] when a file cannot be written.
pub fn execute(args: &Args) -> Result<(), Error> {
    let order = args.order()?;
    let Summary { n_objects, n_changes, changed_m2, n_wrong, n_tiles } =
        generate(&order, &args.out)?;
    let area_m2 = f64::from(order.size_m) * f64::from(order.size_m);
    talk::line(&format!(
        "wrote `{}`: {n_objects} objects, {n_changes} true changes on {:.1} ha ({:.2} %), \
         {n_wrong} wrong labels in the prior vintage, {n_tiles} tiles of each product",
        args.out.display(),
        changed_m2 / 1e4,
        100.0 * changed_m2 / area_m2,
    ));
    talk::line(&format!("  millesime run {}", args.out.join("config.yaml").display()));
    Ok(())
}
