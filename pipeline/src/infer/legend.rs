//! What the cells of a prediction raster mean.

use kernels::grid::Grid;
use nomenclature::{ClassId, Dimension, Nomenclature};
use serde_json::{Value, json};

use crate::error::Error;
use crate::io::raster_writer::{Compression, RasterSpec};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// One band: the value of the most probable class
    Class,
    /// One band for each class of the nomenclature, in its order: its probability, 0 to 255
    Probability,
}

impl Kind {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Probability => "probability",
        }
    }
}

/// The classes of a prediction raster.
pub(super) struct Legend {
    kind: Kind,
    /// Id of the nomenclature.
    nomenclature: String,
    /// Code and cell value of every class of the nomenclature, by rank.
    classes: Vec<(String, u8)>,
    colours: Vec<[u8; 4]>,
    /// Rank, from 0, of the class of each output of the model.
    outputs: Vec<usize>,
    /// The cell value that means "no data".
    pub(super) nodata: u8,
}

impl Legend {
    /// The legend of a model whose outputs are some covers of a nomenclature.
    ///
    /// A class has the cell value that its nomenclature states, else its rank from 1.
    ///
    /// # Errors
    /// [`Error::Usage`] when the values leave none for "no data", or exceed a byte.
    pub(super) fn of(
        nomenclature: &Nomenclature,
        outputs: &[ClassId],
        kind: Kind,
    ) -> Result<Self, Error> {
        let covers = || nomenclature.iter(Dimension::Cover);
        let has_values = covers().any(|(_, class)| class.value.is_some());
        let mut classes = Vec::new();
        let mut colours = vec![[0; 4]; 256];
        for (id, class) in covers() {
            let value = if has_values { class.value.unwrap_or(u16::MAX) } else { u16::from(id.0) };
            let value = u8::try_from(value).map_err(|_| unfit(nomenclature, &class.code))?;
            let [red, green, blue] = class.colour.0;
            colours[usize::from(value)] = [red, green, blue, 255];
            classes.push((class.code.clone(), value));
        }
        let is_taken = |value: u8| classes.iter().any(|(_, taken)| *taken == value);
        let free = [0, 255].into_iter().find(|&value| !is_taken(value));
        let nodata = match (kind, free) {
            // No probability of all classes at once is 0.
            (Kind::Probability, _) => 0,
            (Kind::Class, Some(value)) => value,
            (Kind::Class, None) => return Err(unfit(nomenclature, "no data")),
        };
        Ok(Self {
            kind,
            nomenclature: nomenclature.id().to_owned(),
            classes,
            colours: if kind == Kind::Class { colours } else { Vec::new() },
            outputs: outputs.iter().map(|id| usize::from(id.0) - 1).collect(),
            nodata,
        })
    }

    /// What is written.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The cell value of an output of the model.
    pub(super) fn value(&self, output: usize) -> u8 {
        self.classes[self.outputs[output]].1
    }

    /// The band, from 0, of the probability of an output of the model.
    pub(super) fn band(&self, output: usize) -> usize {
        self.outputs[output]
    }

    /// Number of bands.
    pub(super) fn n_bands(&self) -> usize {
        if self.kind == Kind::Class { 1 } else { self.classes.len() }
    }

    /// The raster to be written on a grid.
    pub(super) fn raster(&self, grid: Grid, epsg: u32) -> RasterSpec {
        RasterSpec {
            grid,
            bands: self.n_bands(),
            epsg,
            nodata: Some(i32::from(self.nodata)),
            compression: Compression::Deflate,
            colours: self.colours.clone(),
        }
    }

    /// The legend for programs.
    pub(super) fn document(&self) -> Value {
        let class = |(rank, (code, value)): (usize, &(String, u8))| {
            let is_given = self.outputs.contains(&rank);
            match self.kind {
                Kind::Class => json!({ "value": value, "code": code, "from_model": is_given }),
                Kind::Probability => {
                    json!({ "band": rank + 1, "code": code, "from_model": is_given })
                }
            }
        };
        json!({
            "kind": self.kind.name(),
            "nomenclature": self.nomenclature,
            "nodata": self.nodata,
            "classes": self.classes.iter().enumerate().map(class).collect::<Vec<_>>(),
        })
    }
}

fn unfit(nomenclature: &Nomenclature, what: &str) -> Error {
    Error::Usage {
        what: format!("`{}` leaves no cell value from 0 to 255 for `{what}`", nomenclature.id()),
        hint: Some("give its classes other values, or none: `value`".to_owned()),
    }
}
