//! What became of each class: a table for stdout, a document for `--report`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use kernels::arcs::ArcCoverage;
use kernels::lattice::{STEPS_PER_METRE, area_m2};
use serde_json::{Value, json};

use super::cells::{Cells, Meaning};
use super::drawn::{self, Drawn, percent};
use super::units::Outcome;
use crate::VERSION;
use crate::artefact::Draft;
use crate::drift::{Drift, drifts};
use crate::error::Error;
use crate::talk;

/// All that there is to say of a result.
pub(super) struct Report<'a> {
    pub(super) cells: &'a Cells,
    pub(super) meaning: &'a Meaning,
    pub(super) coverage: &'a ArcCoverage,
    pub(super) regularised: Option<&'a Outcome>,
    pub(super) drawn: Option<&'a Drawn>,
}

/// A class before and after the units, and after the drawing.
struct Line {
    name: String,
    drift: Drift,
    spread: Option<kernels::generalise::Spread>,
}

impl Report<'_> {
    /// Prints what each class lost and won, as CSV on stdout, and the rest on stderr.
    ///
    /// Nothing where nothing was asked for that moves an area.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn say(&self) -> Result<(), Error> {
        if self.regularised.is_none() && self.drawn.is_none() {
            return Ok(());
        }
        let mut table = String::from(
            "class,area_m2_before,area_m2_after,area_m2_lost,area_m2_won,change_percent",
        );
        if self.drawn.is_some() {
            table +=
                ",polygons,area_m2_drawn,drift_percent_max,drift_percent_p99,drift_percent_mean";
        }
        for line in self.lines() {
            self.add(&mut table, &line);
        }
        table.push('\n');
        talk::data(&table)?;
        if let Some(outcome) = self.regularised {
            outcome.say();
        }
        if let Some(drawn) = self.drawn {
            drawn.say();
        }
        Ok(())
    }

    /// Writes the same, and what the result is, as one JSON object.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn write(&self, draft: &Draft, layer: &str) -> Result<(), Error> {
        let grid = &self.cells.grid;
        let lines = self.lines();
        let (total, classes) =
            lines.split_last().map_or((Value::Null, Vec::new()), |(last, all)| {
                (self.document(last), all.iter().map(|line| self.document(line)).collect())
            });
        let document = json!({
            "command": "vectorise",
            "version": VERSION,
            "rasters": self.cells.tiles.paths().map(|path| path.display().to_string())
                .collect::<Vec<_>>(),
            "epsg": self.cells.epsg,
            "cell_m": f64::from(grid.cell) / f64::from(STEPS_PER_METRE),
            "rows": grid.rows,
            "cols": grid.cols,
            "layer": layer,
            "polygons": self.coverage.faces().len(),
            "arcs": self.coverage.n_arcs(),
            "points": self.coverage.n_points(),
            "regularised": self.regularised.map(Outcome::document),
            "generalised": self.drawn.map(Drawn::document),
            "classes": classes,
            "total": total,
        });
        let mut text = serde_json::to_string_pretty(&document)
            .map_err(|error| Error::internal(format!("a report is no JSON: {error}")))?;
        text.push('\n');
        fs::write(draft.temp(), text).map_err(Error::write(draft.path()))
    }

    /// A line per class, and that of all last.
    fn lines(&self) -> Vec<Line> {
        let of_cells = || {
            let faces = self.coverage.faces().iter().map(|face| (face.value, face.n_cells));
            drifts(faces, &BTreeMap::new())
        };
        let (by_code, total) = self
            .regularised
            .map_or_else(of_cells, |outcome| (outcome.by_code.clone(), outcome.total));
        let drawn =
            |code: u16| self.drawn.map(|d| d.by_code.get(&code).copied().unwrap_or_default());
        let mut lines: Vec<Line> = by_code
            .into_iter()
            .map(|(code, drift)| Line { name: self.meaning.name(code), drift, spread: drawn(code) })
            .collect();
        let spread = self.drawn.map(|drawn| drawn.all);
        lines.push(Line { name: "total".to_owned(), drift: total, spread });
        lines
    }

    /// Lost, won, before, after: in square metres.
    fn areas(&self, drift: &Drift) -> [f64; 4] {
        [drift.n_before, drift.n_after, drift.n_lost, drift.n_won]
            .map(|n| n as f64 * self.cells.grid.cell_area_m2())
    }

    fn add(&self, table: &mut String, line: &Line) {
        let [before, after, lost, won] = self.areas(&line.drift);
        let change =
            line.drift.percent().map(|percent| format!("{percent:.1}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(table, "\n{},{before:.2},{after:.2},{lost:.2},{won:.2},{change}", line.name);
        if let Some(spread) = &line.spread {
            let [max, p99, mean] = [spread.max_ppm, spread.p99_ppm, spread.mean_ppm].map(percent);
            let area = area_m2(spread.twice_after());
            let _ = write!(table, ",{},{area:.2},{max},{p99},{mean}", spread.n_faces);
        }
    }

    fn document(&self, line: &Line) -> Value {
        let [before, after, lost, won] = self.areas(&line.drift);
        json!({
            "class": line.name,
            "area_m2_before": before,
            "area_m2_after": after,
            "area_m2_lost": lost,
            "area_m2_won": won,
            "drift": line.spread.as_ref().map(drawn::document),
        })
    }
}
