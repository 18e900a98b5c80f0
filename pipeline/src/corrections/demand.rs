//! What a correction of the ledger asks of the polygons of a vintage, or why it asks nothing.

use kernels::amend::{Act, Amendment};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};

use super::ledger::Entry;
use super::objects::Objects;
use super::terms::Term;
use super::{CODE_SEPARATOR, ID_SEPARATOR, NATIONAL, record_act};
use crate::vintage::Vintage;

/// Why a correction is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// No object has its id, and none lies at its anchor.
    ObjectUnknown,
    /// Its object has neither the code to correct nor the proposed one.
    OtherCode,
    /// It proposes no code, or one that the vintage's nomenclature does not have.
    CodeUnknown,
}

impl Refusal {
    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::ObjectUnknown => "objet introuvable",
            Self::OtherCode => "l'objet n'a plus le code à corriger",
            Self::CodeUnknown => "code proposé absent de la nomenclature du millésime",
        }
    }
}

/// What corrections ask of the objects of a vintage.
pub(super) struct Demands<'a> {
    objects: Objects<'a>,
    nomenclature: &'a Nomenclature,
}

impl<'a> Demands<'a> {
    /// Those of a vintage written in `nomenclature`.
    pub(super) fn of(vintage: &'a Vintage, nomenclature: &'a Nomenclature) -> Self {
        Self { objects: Objects::of(vintage), nomenclature }
    }

    /// The amendment that a correction asks for.
    ///
    /// # Errors
    /// The reason why it asks for nothing here.
    pub(super) fn amendment(&self, entry: &Entry) -> Result<Amendment, Refusal> {
        let outline = || entry.polygon.clone();
        match record_act(&entry.record) {
            super::Act::Recode => self.recode(entry),
            super::Act::Redraw => {
                let parts = self.objects.find(entry).ok_or(Refusal::ObjectUnknown)?;
                // Of an object in several parts, the one that the new outline holds most of.
                let object = self.objects.nearest_part(&parts, entry);
                let act = Act::Redraw { object, outline: outline() };
                Ok(Amendment { act, couple: Couple::NODATA })
            }
            super::Act::Merge => {
                let mut objects = Vec::new();
                for id in entry.record.object_id.split(ID_SEPARATOR) {
                    objects.extend(self.objects.parts(id).ok_or(Refusal::ObjectUnknown)?);
                }
                Ok(Amendment { act: Act::Merge(objects), couple: Couple::NODATA })
            }
            super::Act::Insert => {
                let codes = entry.record.proposed_code.as_deref().unwrap_or_default();
                let (cs, us) = codes.split_once(CODE_SEPARATOR).ok_or(Refusal::CodeUnknown)?;
                let couple = Couple {
                    cs: self.class(Dimension::Cover, cs)?,
                    us: self.class(Dimension::Usage, us)?,
                };
                Ok(Amendment { act: Act::Insert(outline()), couple })
            }
        }
    }

    fn recode(&self, entry: &Entry) -> Result<Amendment, Refusal> {
        let record = &entry.record;
        let dimension = record.dimension.dimension().ok_or(Refusal::CodeUnknown)?;
        let is_local = record.local_nomenclature.as_deref() == Some(self.nomenclature.id());
        let local = record.local_code.as_deref().filter(|_| is_local);
        let proposed = local.or(record.proposed_code.as_deref()).unwrap_or_default();
        let proposed = self.class(dimension, proposed)?;
        let parts = self.objects.find(entry).ok_or(Refusal::ObjectUnknown)?;
        let current =
            record.current_code.as_deref().and_then(|c| self.nomenclature.find(dimension, c));
        // A finer code than the national one stands for it: only equals can be told apart.
        if let Some(current) = current.filter(|_| self.nomenclature.id() == NATIONAL) {
            let is_expected = |&rank: &u32| {
                let class = self.objects.vintage.couples[rank as usize].of(dimension);
                class == current || class == proposed
            };
            if !parts.iter().any(is_expected) {
                return Err(Refusal::OtherCode);
            }
        }
        let couple = Couple::NODATA.with(dimension, proposed);
        let is_whole =
            |rank: &&u32| self.objects.vintage.polygons[**rank as usize] == entry.polygon;
        let act = match parts.iter().find(is_whole) {
            Some(&rank) => Act::Recode(vec![rank]),
            None => Act::RecodePart { within: parts, outline: entry.polygon.clone() },
        };
        Ok(Amendment { act, couple })
    }

    fn class(&self, dimension: Dimension, code: &str) -> Result<ClassId, Refusal> {
        self.nomenclature.find(dimension, code.trim()).ok_or(Refusal::CodeUnknown)
    }
}

/// What a correction asks for, in French, for tables.
pub(super) fn demand_label(entry: &Entry) -> &'static str {
    match record_act(&entry.record) {
        super::Act::Recode => entry.record.dimension.label(),
        super::Act::Redraw => "Contour",
        super::Act::Merge => "Fusion",
        super::Act::Insert => "Objet manquant",
    }
}
