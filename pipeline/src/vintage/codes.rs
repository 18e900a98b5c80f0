//! From the codes of a file to classes, and when there are too many unknown ones to go on.

use std::collections::BTreeMap;

use kernels::lattice::Point;
use nomenclature::{ClassId, Dimension, Nomenclature};

use crate::error::{Error, InputError};
use crate::io::vector::{Value, VectorSource};
use crate::tally::Tally;

use super::key;

/// One feature in this many may carry an unknown code; beyond, the file and the nomenclature do
/// not belong together.
const UNKNOWN_ONE_IN: u64 = 20;
/// Unknown codes named in the error.
const SHOWN_MAX: usize = 5;

/// Where a code was met.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) place: Point,
    pub(super) fid: i64,
}

/// Turns codes into classes, and remembers those it does not know.
pub(super) struct Codes<'a> {
    nomenclature: &'a Nomenclature,
    tally: &'a Tally,
    layer: String,
    n_read: u64,
    /// How many covers and usages have a class.
    n_known: [u64; 2],
    /// How often each unknown code was met, and the feature of the first time.
    unknown: BTreeMap<String, (u64, i64)>,
}

impl<'a> Codes<'a> {
    pub(super) fn new(
        nomenclature: &'a Nomenclature,
        tally: &'a Tally,
        source: &VectorSource,
    ) -> Self {
        let layer = source.info().name.clone();
        Self { nomenclature, tally, layer, n_read: 0, n_known: [0; 2], unknown: BTreeMap::new() }
    }

    /// The leaf behind a code; nodata where there is none.
    pub(super) fn class(&mut self, dimension: Dimension, value: &Value, at: At) -> ClassId {
        let class = self.leaf(dimension, value, at);
        self.n_known[rank(dimension)] += u64::from(!class.is_nodata());
        class
    }

    fn leaf(&mut self, dimension: Dimension, value: &Value, at: At) -> ClassId {
        self.n_read += 1;
        let Some(code) = value.text() else {
            return self.none(key::CODE_NULL, &dimension.to_string(), at);
        };
        let exact = self.nomenclature.find(dimension, &code);
        let is_leaf =
            |id: &ClassId| self.nomenclature.class(dimension, *id).is_some_and(|class| class.leaf);
        match (exact, self.nomenclature.collapse(dimension, &code)) {
            (Some(id), _) if is_leaf(&id) => {
                if !self.is_spelt(dimension, id, &code) {
                    self.count(key::CODE_COLLAPSED, &format!("`{code}`"), at);
                }
                id
            }
            (_, Some(id)) => {
                self.count(key::CODE_COLLAPSED, &format!("`{code}`"), at);
                id
            }
            (Some(_), None) => self.none(key::CODE_NOT_LEAF, &format!("`{code}`"), at),
            (None, None) if is_undetermined(&code) => {
                self.none(key::CODE_UNDETERMINED, &format!("`{code}`"), at)
            }
            (None, None) => {
                let (times, _) = self.unknown.entry(code.clone()).or_insert((0, at.fid));
                *times += 1;
                self.none(key::CODE_UNKNOWN, &format!("`{code}`"), at)
            }
        }
    }

    /// Whether a code is the class's own, and not an alias of it; case and dots do not matter.
    fn is_spelt(&self, dimension: Dimension, id: ClassId, code: &str) -> bool {
        let plain = |code: &str| {
            code.chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_uppercase)
                .collect::<String>()
        };
        plain(self.nomenclature.code(dimension, id)) == plain(code)
    }

    fn count(&self, key: &str, what: &str, at: At) {
        let note = format!("{}, {what}, feature {}", self.layer, at.fid);
        self.tally.count_at(key, at.place, 0, note);
    }

    fn none(&self, key: &str, what: &str, at: At) -> ClassId {
        self.count(key, what, at);
        ClassId::NODATA
    }

    /// Refuses a file without a class in one of the dimensions that it must have.
    fn require(&self, source: &VectorSource, required: &[Dimension]) -> Result<(), Error> {
        let is_lost = |dimension: &&Dimension| self.n_known[rank(**dimension)] == 0;
        let Some(dimension) = required.iter().find(is_lost) else { return Ok(()) };
        let id = self.nomenclature.id();
        Err(InputError::new(
            source.path(),
            format!("no feature of this layer has a `{dimension}` code"),
        )
        .layer(&self.layer)
        .got(format!("{} features, all without", source.info().n_features))
        .expected(format!("a `{dimension}` code of `{id}` on each feature"))
        .hint("check that the join or the export that made this file kept its codes")
        .into())
    }

    /// Refuses a file whose codes are mostly of another nomenclature, or all empty.
    ///
    /// # Errors
    /// More than one code in [`UNKNOWN_ONE_IN`] is unknown, or none is known in one of the
    /// dimensions `required`.
    pub(super) fn finish(self, source: &VectorSource, required: &[Dimension]) -> Result<(), Error> {
        let n_unknown: u64 = self.unknown.values().map(|(times, _)| times).sum();
        if n_unknown * UNKNOWN_ONE_IN <= self.n_read {
            return self.require(source, required);
        }
        let mut codes: Vec<_> = self.unknown.iter().collect();
        codes.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(b.0)));
        let list = codes.iter().take(SHOWN_MAX).map(|(code, (n, _))| format!("`{code}` ({n})"));
        let list = list.collect::<Vec<_>>().join(", ");
        let id = self.nomenclature.id();
        let hints = codes.iter().take(SHOWN_MAX).filter_map(|(code, _)| self.nearest(code));
        let hint = hints.collect::<Vec<_>>().join("; ");
        let advice = "give the nomenclature of the file with `--nomenclature`";
        Err(InputError::new(source.path(), format!("too many codes are unknown to `{id}`"))
            .layer(&self.layer)
            .feature(codes[0].1.1)
            .got(format!("{n_unknown} of {}: {list}", self.n_read))
            .expected(format!("at most one code in {UNKNOWN_ONE_IN} outside `{id}`"))
            .hint(if hint.is_empty() { advice.to_owned() } else { format!("{hint}; or {advice}") })
            .into())
    }

    fn nearest(&self, code: &str) -> Option<String> {
        [Dimension::Cover, Dimension::Usage].into_iter().find_map(|dimension| {
            let codes = self.nomenclature.iter(dimension).map(|(_, class)| class.code.as_str());
            let near = nomenclature::nearest::nearest_code(code, codes)?;
            Some(format!("for `{code}`, the nearest code is `{near}`"))
        })
    }
}

/// Place of a dimension in the counts.
fn rank(dimension: Dimension) -> usize {
    match dimension {
        Dimension::Cover => 0,
        Dimension::Usage => 1,
    }
}

/// Whether a code only says that there is none.
pub(crate) fn is_undetermined(code: &str) -> bool {
    let plain = code.trim().to_uppercase().replace('É', "E");
    matches!(plain.as_str(), "INDETERMINE" | "NULL")
}
