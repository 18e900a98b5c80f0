//! The metadata record of an archive, in ISO 19139 (XML form of ISO 19115:2003), in French.
//!
//! What it must hold is what the INSPIRE technical guidance 2.0.1 asks of a data set; [`check`]
//! holds any record against it, ours or somebody else's.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use crate::error::Error;
use crate::qml::escaped;
use crate::stamp::sha256;

pub mod check;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// See [`identifier`].
    pub identifier: String,
    /// The name of the archive.
    pub name: String,
    /// Product, subject, vintages and territory.
    pub title: String,
    /// What the data are and are good for.
    #[serde(rename = "abstract")]
    pub summary: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who answers for the data.
    pub organisation: String,
    /// Where to write to them.
    pub email: Option<String>,
    /// The day of the edition, and of the record.
    pub edition: String,
    /// EPSG code of the data.
    pub epsg: u32,
    /// West, east, south and north, in degrees with four decimals.
    #[serde(flatten)]
    pub bounds: Bounds,
    /// The first year of the imagery.
    pub first_year: u16,
    /// The last one.
    pub last_year: u16,
    /// The denominator of the scale that the outlines are good for, see [`denominator`].
    pub denominator: u32,
    /// The format of the files.
    pub format: &'static str,
    /// Name of the licence.
    pub licence: &'static str,
    /// Where it is published.
    pub licence_url: &'static str,
    /// Where the data come from, and whether their quality was controlled.
    pub lineage: String,
    /// The thematic accuracy, where it was measured.
    pub measures: Vec<Measure>,
}

/// A measure of the thematic accuracy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// What is measured.
    pub name: String,
    /// How, and its interval.
    pub description: String,
    /// The value, in percent.
    pub percent: String,
}

/// The ground of the data, in degrees as texts of four decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// The least longitude.
    pub west: String,
    /// The greatest longitude.
    pub east: String,
    /// The least latitude.
    pub south: String,
    /// The greatest latitude.
    pub north: String,
}

/// An identifier that the same archive of the same producer always has, and no other one: a UUID
/// (version 8, RFC 9562) made of the hash of both names.
pub fn identifier(archive: &str, organisation: &str) -> String {
    let hash = sha256(format!("{organisation}\0{archive}").as_bytes());
    format!(
        "{}-{}-8{}-8{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[12..15],
        &hash[15..18],
        &hash[18..30]
    )
}

/// The scale on whose map an outline of this accuracy is half a millimetre wide, the usual accuracy
/// of a plot.
pub fn denominator(accuracy_m: f64) -> u32 {
    (accuracy_m / 0.0005).round().max(1.0) as u32
}

impl Bounds {
    /// The least box of four decimals around these degrees.
    ///
    /// * `degrees`: west, south, east, north.
    pub fn around([west, south, east, north]: [f64; 4]) -> Self {
        let (low, high) = (|v: f64| (v * 1e4).floor() / 1e4, |v: f64| (v * 1e4).ceil() / 1e4);
        let text = |degrees: f64| format!("{degrees:.4}");
        Self {
            west: text(low(west)),
            east: text(high(east)),
            south: text(low(south)),
            north: text(high(north)),
        }
    }
}

impl Record {
    /// The document.
    ///
    /// # Errors
    /// [`Error::Internal`] when the template is wrong.
    pub fn xml(&self) -> Result<String, Error> {
        let failed = |error: minijinja::Error| Error::internal(format!("metadata: {error:#}"));
        let mut environment = Environment::new();
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()
                .map_err(failed)?,
        );
        // Every value is escaped but the parts that a macro made.
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("xml".into()));
        environment.set_formatter(|out, _, value| {
            let text = value.to_string();
            let text = if value.is_safe() { text } else { escaped(&text) };
            out.write_str(&text).map_err(minijinja::Error::from)
        });
        environment
            .add_template("record.xml", include_str!("metadata/record.xml"))
            .map_err(failed)?;
        let template = environment.get_template("record.xml").map_err(failed)?;
        template.render(context! { v => Serde(self) }).map_err(failed)
    }
}

#[cfg(test)]
mod tests;
