//! The rows of the delivered files, typed: a stage fills one and cannot misplace a column.

use std::marker::PhantomData;
use std::path::Path;

use kernels::lattice::{Point, Polygon};

use super::error::Result;
use super::schema::{Names, Product};
use super::vector::Value;
use super::vector_writer::{LayerSpec, Shape, VectorFormat, VectorWriter};
use crate::corrections::terms::{Aim, IgnStatus, Kind, Origin, Term};
use crate::styles::Style;
use crate::tally::Flaws;

/// A row of a delivered file.
pub trait Record {
    /// The file it belongs to.
    const PRODUCT: Product;

    /// Its values, in the order of the columns.
    fn values(&self) -> Vec<Value>;
}

/// A polygon of a vintage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OccupationRecord {
    /// Unique identifier, the same in the artificialisation layer.
    pub id: String,
    /// Code of its cover.
    pub code_cs: String,
    /// Code of its usage.
    pub code_us: String,
    /// Year.
    pub vintage: u16,
    /// Where its codes come from.
    pub source: String,
    /// Whether it belongs to the skeleton of main roads and railways.
    pub is_ossature: bool,
    /// Identifier of the object it comes from.
    pub id_origine: Option<String>,
    /// Code of the object it comes from.
    pub code_or: Option<String>,
}

impl Record for OccupationRecord {
    const PRODUCT: Product = Product::Occupation;

    fn values(&self) -> Vec<Value> {
        let Self { id, code_cs, code_us, vintage, source, is_ossature, id_origine, code_or } = self;
        vec![
            id.as_str().into(),
            code_cs.as_str().into(),
            code_us.as_str().into(),
            i64::from(*vintage).into(),
            source.as_str().into(),
            (*is_ossature).into(),
            id_origine.clone().into(),
            code_or.clone().into(),
        ]
    }
}

/// A part of the built zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuiltZoneRecord {
    /// Unique identifier.
    pub id: String,
    /// Year.
    pub vintage: u16,
}

impl Record for BuiltZoneRecord {
    const PRODUCT: Product = Product::BuiltZone;

    fn values(&self) -> Vec<Value> {
        vec![self.id.as_str().into(), i64::from(self.vintage).into()]
    }
}

/// A polygon of a vintage with its artificialisation status.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArtifRecord {
    /// The polygon.
    pub occupation: OccupationRecord,
    /// Its area.
    pub area_m2: f64,
    /// Its status.
    pub is_artificial: bool,
    /// Whether the status comes from a threshold or from forcing, and not from the couple.
    pub is_from_threshold: bool,
}

impl Record for ArtifRecord {
    const PRODUCT: Product = Product::Artif;

    fn values(&self) -> Vec<Value> {
        let mut values = self.occupation.values();
        values.extend([
            self.area_m2.into(),
            status(self.is_artificial).into(),
            self.is_from_threshold.into(),
        ]);
        values
    }
}

/// The words that the national platform reads.
fn status(is_artificial: bool) -> &'static str {
    if is_artificial { "artif" } else { "non artif" }
}

/// A place whose cover or usage changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiffRecord {
    /// Cover and usage in the prior vintage.
    pub before: (String, String),
    /// Cover and usage in the vintage.
    pub after: (String, String),
}

impl Record for DiffRecord {
    const PRODUCT: Product = Product::Diff;

    fn values(&self) -> Vec<Value> {
        let Self { before, after } = self;
        [&before.0, &before.1, &after.0, &after.1].map(|code| code.as_str().into()).to_vec()
    }
}

/// One date of an evolution of artificialisation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EvolutionSide {
    /// The polygon, or `None` when the vintage has none here.
    pub id: Option<String>,
    /// Code of its cover.
    pub code_cs: String,
    /// Code of its usage.
    pub code_us: String,
    /// Its status.
    pub is_artificial: bool,
}

/// A place that became artificial or ceased to be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZanEvolRecord {
    /// In the prior vintage.
    pub before: EvolutionSide,
    /// In the vintage.
    pub after: EvolutionSide,
    /// Its area.
    pub area_m2: f64,
}

impl Record for ZanEvolRecord {
    const PRODUCT: Product = Product::ZanEvol;

    fn values(&self) -> Vec<Value> {
        let side = |side: &EvolutionSide| -> [Value; 4] {
            [
                side.id.clone().into(),
                side.code_cs.as_str().into(),
                side.code_us.as_str().into(),
                status(side.is_artificial).into(),
            ]
        };
        let direction = i64::from(self.after.is_artificial) - i64::from(self.before.is_artificial);
        let mut values = side(&self.before).to_vec();
        values.extend(side(&self.after));
        values.extend([direction.into(), self.area_m2.into()]);
        values
    }
}

/// A correction of one dimension of one object; [`crate::corrections`] says how each is written.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionRecord {
    /// Hash of the vintage, object, dimension, proposed code and geometry.
    pub correction_id: String,
    /// Department code.
    pub department: String,
    /// Commune of the anchor.
    pub insee: Option<String>,
    /// Year of the vintage to correct.
    pub vintage: u16,
    /// Version of the delivery to correct.
    pub source_version: Option<String>,
    /// The object to correct.
    pub object_id: String,
    /// What of the object it is about.
    pub dimension: Aim,
    /// The code it has.
    pub current_code: Option<String>,
    /// The code it should have, a leaf of OCS GE.
    pub proposed_code: Option<String>,
    /// The finer code of a local nomenclature.
    pub local_code: Option<String>,
    /// That nomenclature.
    pub local_nomenclature: Option<String>,
    /// What is wrong with it.
    pub kind: Kind,
    /// Its area.
    pub area_m2: f64,
    /// Whether the object is artificial with its current code.
    pub artif_before: Option<bool>,
    /// Whether it would be with the proposed one.
    pub artif_after: Option<bool>,
    /// What speaks for it.
    pub evidence: Option<String>,
    /// From 0 to 1.
    pub confidence: Option<f64>,
    /// Who proposes it.
    pub author_org: Option<String>,
    /// In plain words.
    pub comment: Option<String>,
    /// What it rests on.
    pub origin: Origin,
    /// A point inside the polygon.
    pub anchor: Point,
    /// Number of the report at IGN.
    pub ign_report_id: Option<String>,
    /// State of that report.
    pub ign_status: Option<IgnStatus>,
    /// Date of that state.
    pub ign_status_at: Option<String>,
    /// Version of the delivery in which it was found applied.
    pub applied_in_version: Option<String>,
}

impl Record for CorrectionRecord {
    const PRODUCT: Product = Product::Candidates;

    fn values(&self) -> Vec<Value> {
        let (x_m, y_m) = self.anchor.to_metres();
        vec![
            self.correction_id.as_str().into(),
            self.department.as_str().into(),
            self.insee.clone().into(),
            i64::from(self.vintage).into(),
            self.source_version.clone().into(),
            self.object_id.as_str().into(),
            self.dimension.key().into(),
            self.current_code.clone().into(),
            self.proposed_code.clone().into(),
            self.local_code.clone().into(),
            self.local_nomenclature.clone().into(),
            self.kind.key().into(),
            self.area_m2.into(),
            self.artif_before.into(),
            self.artif_after.into(),
            self.evidence.clone().into(),
            self.confidence.into(),
            self.author_org.clone().into(),
            self.comment.clone().into(),
            self.origin.key().into(),
            format!("POINT ({x_m} {y_m})").into(),
            self.ign_report_id.clone().into(),
            self.ign_status.map(Term::key).into(),
            self.ign_status_at.clone().into(),
            self.applied_in_version.clone().into(),
        ]
    }
}

/// A delivered file being written; features are numbered from 1 in the order they come.
pub struct Deliverable<R> {
    writer: VectorWriter,
    n_features: i64,
    record: PhantomData<R>,
}

impl<R: Record> Deliverable<R> {
    /// Creates the `GeoPackage` at `path`, a temporary path that is published afterwards.
    ///
    /// * `styles`: how `QGIS` draws it, the default first; none for none.
    ///
    /// # Errors
    /// The file exists or cannot be created.
    pub fn create(path: &Path, names: &Names, styles: &[Style]) -> Result<Self> {
        Self::create_as(path, R::PRODUCT.layer(names), styles)
    }

    /// [`Deliverable::create`] with a note that the description of the layer ends in.
    ///
    /// # Errors
    /// As [`Deliverable::create`].
    pub fn create_noted(path: &Path, names: &Names, styles: &[Style], note: &str) -> Result<Self> {
        let mut layer = R::PRODUCT.layer(names);
        layer.title = format!("{}. {note}", layer.title);
        Self::create_as(path, layer, styles)
    }

    fn create_as(path: &Path, layer: LayerSpec, styles: &[Style]) -> Result<Self> {
        let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[layer])?;
        if !styles.is_empty() {
            writer.set_styles(&[(0, styles)])?;
        }
        Ok(Self { writer, n_features: 0, record: PhantomData })
    }

    /// Adds a polygon.
    ///
    /// # Errors
    /// Its identifier came before, a value does not fit its column, the polygon is empty, or the
    /// file cannot be written.
    pub fn add(&mut self, polygon: &Polygon, record: &R) -> Result<()> {
        self.n_features += 1;
        self.writer.add(0, self.n_features, Shape::Polygon(polygon), &record.values())
    }

    /// Closes the file, opens it again and counts: returns the number of features.
    ///
    /// # Errors
    /// The file is not complete on disk.
    pub fn finish(self) -> Result<u64> {
        Ok(self.writer.finish()?.iter().sum())
    }
}

/// Writes the places of the data issues: one point each, and one row without a point for a key
/// that has none.
///
/// # Errors
/// The file exists or cannot be written completely.
pub fn write_issues(path: &Path, names: &Names, flaws: &Flaws) -> Result<u64> {
    let layers = [Product::Issues.layer(names)];
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &layers)?;
    let mut fid = 0;
    for (key, flaw) in &flaws.0 {
        let mut add = |shape: Shape<'_>, note: Option<&str>| {
            fid += 1;
            let count = i64::try_from(flaw.count).unwrap_or(i64::MAX);
            let row = [key.as_str().into(), note.into(), count.into(), flaw.area_m2().into()];
            writer.add(0, fid, shape, &row)
        };
        if flaw.places.is_empty() {
            add(Shape::None, None)?;
        }
        for place in &flaw.places {
            add(
                Shape::Point(place.point()),
                Some(&place.note).filter(|n| !n.is_empty()).map(String::as_str),
            )?;
        }
    }
    Ok(writer.finish()?.iter().sum())
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
