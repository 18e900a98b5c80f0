//! A score as people read it.

use std::fmt;

use kernels::accuracy::Share;

use super::{ClassScore, Score};

/// A share in percent with its counts and interval.
struct Objects(Share);

impl fmt::Display for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Share { right, n, value, low, high } = self.0;
        if n == 0 {
            return write!(f, "none");
        }
        let [value, low, high] = [value, low, high].map(|share| 100.0 * share);
        write!(f, "{right}/{n} = {value:.0} % [{low:.0}, {high:.0}]")
    }
}

fn percent(share: f64) -> String {
    if share.is_nan() { "none".to_owned() } else { format!("{:.2} %", 100.0 * share) }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let area_ha = self.cells as f64 * self.cell_area_m2 / 1e4;
        writeln!(f, "territory            {area_ha:.1} ha, {} cells", self.cells)?;
        class_lines(f, "cover", &self.cover)?;
        class_lines(f, "couple", &self.couple)?;
        writeln!(f, "\nwrong couples")?;
        writeln!(f, "  near a true limit  {}", percent(self.wrong_at_limits))?;
        writeln!(f, "  elsewhere          {}", percent(self.wrong_inside))?;
        let labels = &self.labels;
        writeln!(f, "\nwrong covers of the prior")?;
        writeln!(f, "  to be corrected    {}", Objects(labels.found))?;
        writeln!(f, "  with the true code {}", Objects(labels.found_with_code))?;
        writeln!(f, "  taken for change   {}", Objects(labels.taken_for_change))?;
        writeln!(f, "  candidates right   {}", Objects(labels.precision))
    }
}

fn class_lines(f: &mut fmt::Formatter<'_>, name: &str, score: &ClassScore) -> fmt::Result {
    writeln!(f, "\n{name}")?;
    let lines = [
        ("agreement", percent(score.agreement)),
        ("  without update", percent(score.agreement_without_update)),
        ("true change", percent(score.true_change)),
        ("recall, ground", percent(score.recall)),
        ("  objects", Objects(score.recall_objects).to_string()),
        ("  objects, fine unit", Objects(score.recall_objects_fine).to_string()),
        ("precision, ground", percent(score.precision)),
        ("  objects", Objects(score.precision_objects).to_string()),
        ("false change", percent(score.false_change)),
        ("  label put right", percent(score.false_label)),
        ("  outline put right", percent(score.false_outline)),
        ("  plainly false", percent(score.false_plain)),
    ];
    lines.iter().try_for_each(|(what, value)| writeln!(f, "  {what:<21}{value}"))
}
