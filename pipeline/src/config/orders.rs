//! What to make of a finished result for others, and in whose name.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::day::Day;

/// The name that our products carry unless another one is asked for.
const PRODUCT: &str = "OCS-MILLESIME";

/// What is made of a result beside its own files; nothing by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Orders {
    /// Archives for download, in these forms.
    pub archives: BTreeSet<Form>,
    /// Archives of shapefiles besides those of `GeoPackage`s.
    pub shapefiles: bool,
    /// A `QGIS` project and its styles.
    pub qgis: bool,
    /// Rasters, layers and map tiles for web servers.
    pub web: bool,
    /// Who publishes, and under what name.
    pub imprint: Imprint,
}

/// A form of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Files in a folder
    Folder,
    /// One .zip
    Zip,
    /// One .7z, smaller and slower to make
    #[value(name = "7z")]
    #[serde(rename = "7z")]
    SevenZip,
}

/// Who publishes a result, and under what name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imprint {
    /// The product, as the names of the archives begin.
    pub product: String,
    /// The day of this edition; the first of January of the newest vintage when absent.
    pub edition: Option<Day>,
    /// The organisation that answers for the data.
    pub organisation: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
}

/// The imprint as typed, in a configuration or on a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct TypedImprint {
    /// The product, as the names of the archives begin; `OCS-GE` is IGN's [default: OCS-MILLESIME]
    #[arg(long, value_name = "NAME")]
    pub product: Option<String>,
    /// The day of this edition [default: 1 January of the newest vintage]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub edition: Option<String>,
    /// The organisation that answers for the data, named in the metadata
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// Its e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
}

/// A part of an imprint that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddImprint {
    /// Its key.
    pub key: &'static str,
    /// What was typed.
    pub got: String,
    /// What can be.
    pub expected: &'static str,
}

impl Orders {
    /// Whether nothing is ordered.
    pub fn is_empty(&self) -> bool {
        self.archives.is_empty() && !self.qgis && !self.web
    }
}

impl Default for Imprint {
    fn default() -> Self {
        Self { product: PRODUCT.to_owned(), edition: None, organisation: None, email: None }
    }
}

impl TypedImprint {
    /// Makes sense of what was typed.
    ///
    /// # Errors
    /// The first part that cannot be: a product with other signs than the names of archives have,
    /// no day, an empty name, no address.
    pub fn check(&self) -> Result<Imprint, OddImprint> {
        let Self { product, edition, organisation, email } = self;
        let part = |key, value: &Option<String>, is_right: fn(&str) -> bool, expected| {
            let value = value.as_deref().map(str::trim).map(str::to_owned);
            match value {
                Some(got) if !is_right(&got) => Err(OddImprint { key, got, expected }),
                other => Ok(other),
            }
        };
        let names = "1 to 30 capital letters, digits and `-`";
        let product = part("product", product, is_product, names)?;
        let is_day = |text: &str| Day::parse(text).is_some();
        let edition = part("edition", edition, is_day, "a day such as 2025-06-30")?;
        Ok(Imprint {
            product: product.unwrap_or_else(|| PRODUCT.to_owned()),
            edition: edition.as_deref().and_then(Day::parse),
            organisation: part("organisation", organisation, |name| !name.is_empty(), "a name")?,
            email: part("email", email, is_address, "an address such as sig@region.fr")?,
        })
    }
}

/// Signs that separate nothing in the name of an archive.
fn is_product(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    (1..=30).contains(&text.len()) && text.chars().all(plain)
}

fn is_address(text: &str) -> bool {
    let is_plain = !text.chars().any(|c| c.is_whitespace() || "<>\"".contains(c));
    is_plain && text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imprint_is_what_was_typed_and_its_first_fault_is_told() {
        let typed = |product: &str, edition: &str, email: &str| TypedImprint {
            product: Some(product.to_owned()),
            edition: Some(edition.to_owned()),
            organisation: None,
            email: Some(email.to_owned()),
        };
        let imprint = typed("OCS-GE", "2025-06-30", "sig@region.fr").check().unwrap();
        assert_eq!(imprint.product, "OCS-GE");
        assert_eq!(imprint.edition.unwrap().to_string(), "2025-06-30");
        assert_eq!(TypedImprint::default().check().unwrap(), Imprint::default());
        for (typed, key) in [
            (typed("OCS_GE", "2025-06-30", "a@b.fr"), "product"),
            (typed("", "2025-06-30", "a@b.fr"), "product"),
            (typed("OCS-GE", "2025-06-31", "a@b.fr"), "edition"),
            (typed("OCS-GE", "2025-06-30", "region.fr"), "email"),
            (typed("OCS-GE", "2025-06-30", "<a@b.fr>"), "email"),
        ] {
            assert_eq!(typed.check().unwrap_err().key, key);
        }
    }
}
