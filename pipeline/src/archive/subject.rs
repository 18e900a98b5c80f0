//! What an archive is about, its name and its data files.

use crate::config::Imprint;
use crate::error::Error;
use crate::finished::Finished;
use crate::io::schema::{Names, Product};

use super::{Archive, Request, Vector};

/// What one archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// The land cover of a vintage.
    Vintage(u16),
    /// The artificialisation of a vintage.
    Artif(u16),
    /// What changed between two vintages.
    Difference(u16, u16),
    /// What became artificial, or ceased to be, between two vintages.
    Evolution(u16, u16),
}

/// Where a layer of an archive comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file of the result.
    Delivered,
    /// The artificialisation layer of the vintage, which has every polygon, less its own columns.
    Status,
    /// Drawn from the buildings of the vintage.
    Drawn,
}

/// The archives that a result has the files for, and in words what it lacks for the others.
pub(super) fn all(result: &Finished) -> (Vec<Subject>, Vec<String>) {
    let years = &result.facts().years;
    let mut subjects: Vec<Subject> = Vec::new();
    for &year in years {
        subjects.extend([Subject::Vintage(year), Subject::Artif(year)]);
    }
    for pair in years.windows(2) {
        subjects
            .extend([Subject::Difference(pair[0], pair[1]), Subject::Evolution(pair[0], pair[1])]);
    }
    let mut lacking = Vec::new();
    subjects.retain(|subject| {
        let lacks = |product: &Product| subject.origin(result, *product).is_none();
        let missing: Vec<String> = subject
            .products()
            .iter()
            .filter(|p| lacks(p))
            .map(|product| product.file_name(&subject.names(result)))
            .collect();
        if !missing.is_empty() {
            let (title, files) = (subject.title(), missing.join(", "));
            lacking.push(format!(
                "{title}: the result has no {files} of {}, nor the artificialisation layer of that \
                 year to write it from",
                subject.year()
            ));
        }
        missing.is_empty()
    });
    (subjects, lacking)
}

impl Subject {
    /// The year of the vintage that it is named after: the newer of two.
    pub(super) fn year(self) -> u16 {
        match self {
            Self::Vintage(year) | Self::Artif(year) => year,
            Self::Difference(_, after) | Self::Evolution(_, after) => after,
        }
    }

    /// The vintages that it is about, oldest first.
    pub(super) fn years(self) -> Vec<u16> {
        match self {
            Self::Vintage(year) | Self::Artif(year) => vec![year],
            Self::Difference(before, after) | Self::Evolution(before, after) => vec![before, after],
        }
    }

    /// What it is, in French.
    pub(super) fn title(self) -> String {
        match self {
            Self::Vintage(year) => format!("Occupation du sol {year}"),
            Self::Artif(year) => format!("Artificialisation {year}"),
            Self::Difference(before, after) => {
                format!("Différences d'occupation du sol {before}-{after}")
            }
            Self::Evolution(before, after) => {
                format!("Évolution de l'artificialisation {before}-{after}")
            }
        }
    }

    /// The layers that it holds; the national platform takes exactly two files in the archive of a
    /// vintage and exactly one in the others.
    pub(super) fn products(self) -> &'static [Product] {
        match self {
            Self::Vintage(_) => &[Product::Occupation, Product::BuiltZone],
            Self::Artif(_) => &[Product::Artif],
            Self::Difference(..) => &[Product::Diff],
            Self::Evolution(..) => &[Product::ZanEvol],
        }
    }

    /// What its files and layers are named after.
    pub(super) fn names(self, result: &Finished) -> Names {
        let years = self.years();
        result.names(years[0], self.year())
    }

    /// Where a layer of it comes from; none when the result does not hold what it takes.
    pub(super) fn origin(self, result: &Finished, product: Product) -> Option<Origin> {
        let names = self.names(result);
        // The files of a vintage do not bear its year: a result holds those of its newest, if any.
        let is_newest = result.facts().years.last() == Some(&self.year());
        let bears_year = !matches!(product, Product::Occupation | Product::BuiltZone);
        if (is_newest || bears_year) && result.has(&product.file_name(&names)) {
            return Some(Origin::Delivered);
        }
        let has_status = result.has(&Product::Artif.file_name(&names));
        match product {
            Product::Occupation if has_status => Some(Origin::Status),
            Product::BuiltZone if has_status => Some(Origin::Drawn),
            _ => None,
        }
    }

    /// The files of the result that its layers are written from.
    pub(super) fn sources(self, result: &Finished) -> Vec<String> {
        let names = self.names(result);
        let source = |&product: &Product| match self.origin(result, product) {
            Some(Origin::Status | Origin::Drawn) => Product::Artif.file_name(&names),
            Some(Origin::Delivered) | None => product.file_name(&names),
        };
        self.products().iter().map(source).collect()
    }

    /// The name of its archive, as IGN forms them.
    ///
    /// A vintage is dated by its own first of January, a comparison by the day of its edition.
    ///
    /// # Errors
    /// [`Error::Input`] for a result of no department.
    pub(super) fn archive_name(self, archive: &Archive<'_>) -> Result<String, Error> {
        let Request { result, codes, orders, .. } = archive.request;
        let Imprint { product, .. } = &orders.imprint;
        let department = result.department()?;
        let version = version(codes.nomenclature.version());
        let format = match archive.vector {
            Vector::GeoPackage => "GPKG",
            Vector::Shapefile => "SHP",
        };
        let place = format!("{format}_{}_{}", projection(department.crs().0), department.folder());
        let (first_day, edition) = (format!("{}-01-01", self.year()), archive.edition());
        Ok(match self {
            Self::Vintage(_) => format!("{product}_{version}__{place}_{first_day}"),
            Self::Artif(_) => format!("{product}_{version}_ARTIFICIALISATION_{place}_{first_day}"),
            Self::Difference(before, after) => {
                format!("{product}_{version}_DIFF-{before}-{after}_{place}_{edition}")
            }
            Self::Evolution(before, after) => format!(
                "{product}-ARTIFICIALISATION_{version}_DIFF-{before}-{after}_{place}_{edition}"
            ),
        })
    }
}

/// The version of a nomenclature as the names of archives write it: `2-0`.
fn version(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    text.chars().map(plain).collect()
}

/// The projection as the names of IGN's archives write it.
fn projection(epsg: u32) -> &'static str {
    match epsg {
        5490 => "RGAF09UTM20",
        2972 => "UTM22RGFG95",
        2975 => "RGR92UTM40S",
        4471 => "RGM04UTM38S",
        _ => "LAMB93",
    }
}
