//! Finished rows of the prediction: kept under a journal until all of them are there.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernels::grid::{Grid, Window};
use ndarray::{Array3, s};

use super::legend::Legend;
use crate::artefact::{Draft, flush_folder, folder_of, publish_bytes, sweep};
use crate::error::Error;
use crate::io::raster::RasterSource;
use crate::io::raster_writer::write_geotiff;
use crate::journal::{Done, Journal, Record};
use crate::lock::Lock;
use crate::stage_report::StageReport;
use crate::stamp::Stamp;
use crate::tally::Flaws;

/// The figure of a strip: its pixels that have a prediction.
const PIXELS: &str = "pixels";

/// The working folder beside the output: `NAME.work`, there until the output is.
pub(super) struct Work {
    folder: PathBuf,
    /// What was done, and the hashes of the inputs.
    pub(super) journal: Journal,
    _lock: Lock,
}

impl Work {
    /// Makes or takes up the working folder of an output.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process has it; [`Error::Write`].
    pub(super) fn open(out: &Path) -> Result<Self, Error> {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".work");
        let folder = folder_of(out).join(name);
        fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        let lock = Lock::take(&folder, &folder)?;
        sweep(&folder)?;
        let journal = Journal::open(&folder)?;
        Ok(Self { folder, journal, _lock: lock })
    }

    /// Gives a file of the folder its final name.
    fn give(&self, name: &str, to: &Path) -> Result<(), Error> {
        fs::rename(self.folder.join(name), to).map_err(Error::write(to))?;
        flush_folder(folder_of(to))
    }
}

/// The strips of one prediction, from north to south.
pub(super) struct Strips<'a> {
    work: Work,
    /// Hash of everything that the cells depend on.
    key: String,
    legend: &'a Legend,
    grid: Grid,
    epsg: u32,
    /// Rows of the grid of each strip.
    rows: Vec<Range<usize>>,
}

impl<'a> Strips<'a> {
    /// The strips of a grid; those that were finished under the same key are kept.
    pub(super) fn new(
        work: Work,
        key: String,
        legend: &'a Legend,
        (grid, epsg): (Grid, u32),
        rows: Vec<Range<usize>>,
    ) -> Self {
        Self { work, key, legend, grid, epsg, rows }
    }

    /// The number of pixels with a prediction in a strip that is finished and intact.
    ///
    /// # Errors
    /// [`Error::Read`] when the file exists but cannot be read.
    pub(super) fn finished(&self, rank: usize) -> Result<Option<u64>, Error> {
        let done = self.work.journal.trusted(&unit(rank), &self.key, &self.work.folder)?;
        Ok(done.and_then(|done| done.report.figures.get(PIXELS)?.as_u64()))
    }

    /// Writes a finished strip and journals it.
    ///
    /// * `cells`: shape (band, rows of the strip, cols).
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn finish(
        &mut self,
        rank: usize,
        cells: &Array3<u8>,
        n_pixels: u64,
        time: Duration,
    ) -> Result<(), Error> {
        let Range { start, end } = self.rows[rank];
        let window = Window { row: start, col: 0, rows: end - start, cols: self.grid.cols };
        let spec = self.legend.raster(self.grid.sub(window), self.epsg);
        let draft = Draft::new(self.work.folder.join(file(rank)))?;
        write_geotiff(draft.temp(), &spec, |w| {
            Ok(cells.slice(s![.., w.row..w.row + w.rows, w.col..w.col + w.cols]).to_owned())
        })?;
        let stamp = draft.publish()?.stamp;
        self.work.journal.append(Record::Done(Done {
            unit: unit(rank),
            key: self.key.clone(),
            outputs: BTreeMap::from([(file(rank), stamp)]),
            report: StageReport::default().figure(PIXELS, n_pixels),
            flaws: Flaws::default(),
            seconds: time.as_secs_f64(),
            spent: None,
        }))
    }

    /// Joins the finished strips into the output, puts its record beside it, and takes the working
    /// folder away.
    ///
    /// # Errors
    /// A strip was changed meanwhile; [`Error::Write`].
    pub(super) fn publish(
        self,
        out: &Path,
        record: impl FnOnce(Stamp) -> String,
    ) -> Result<(), Error> {
        const WHOLE: &str = "whole.tif";
        const RECORD: &str = "record.json";
        let draft = Draft::new(self.work.folder.join(WHOLE))?;
        let spec = self.legend.raster(self.grid, self.epsg);
        write_geotiff(draft.temp(), &spec, |window| self.read(window))?;
        let stamp = draft.publish()?.stamp;
        publish_bytes(self.work.folder.join(RECORD), record(stamp).as_bytes())?;
        // The raster last: as long as it is not there the command can be run again.
        self.work.give(RECORD, &record_path(out))?;
        self.work.give(WHOLE, out)?;
        fs::remove_dir_all(&self.work.folder).map_err(Error::write(&self.work.folder))
    }

    /// The cells of a window, from the strips that hold them.
    fn read(&self, window: Window) -> Result<Array3<u8>, Error> {
        let n_bands = self.legend.n_bands();
        let bands: Vec<usize> = (1..=n_bands).collect();
        let mut cells = Array3::zeros((n_bands, window.rows, window.cols));
        for (rank, rows) in self.rows.iter().enumerate() {
            let from = rows.start.max(window.row);
            let to = rows.end.min(window.row + window.rows);
            if from >= to {
                continue;
            }
            let source = RasterSource::open(&self.work.folder.join(file(rank)))?;
            let part = Window { row: from - rows.start, rows: to - from, ..window };
            let at = from - window.row..to - window.row;
            cells.slice_mut(s![.., at, ..]).assign(&source.read_bands::<u8>(&bands, part)?);
        }
        Ok(cells)
    }
}

/// The path of the record of an output.
pub(super) fn record_path(out: &Path) -> PathBuf {
    out.with_added_extension("json")
}

fn unit(rank: usize) -> String {
    format!("strip-{rank}")
}

fn file(rank: usize) -> String {
    format!("strip-{rank:06}.tif")
}
