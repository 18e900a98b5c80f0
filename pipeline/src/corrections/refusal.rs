//! Why a row of somebody's file did not become a correction.

use super::terms::{Term, terms};
use crate::tables::{Cell, Column, Table, Unit};

terms! {
    /// Why a row is refused.
    Reason {
        /// It proposes nothing that can be read.
        NoProposal = "no_proposal", "Aucune proposition lisible";
        /// A code is unknown.
        UnknownCode = "unknown_code", "Code inconnu de la nomenclature";
        /// A code is of a class that has finer ones.
        GeneralCode = "general_code", "Code d'un poste trop général";
        /// A code has no national one, or several.
        NoEquivalent = "no_equivalent", "Code sans équivalent national";
        /// The nomenclature forbids the couple.
        ForbiddenCouple = "forbidden_couple", "Couple que la nomenclature exclut";
        /// The object has that code.
        SameCode = "same_code", "L'objet a déjà ce code";
        /// There is no geometry, and no object of that id.
        NoPlace = "no_place", "Ni géométrie ni objet";
        /// The geometry is not valid.
        BadGeometry = "bad_geometry", "Géométrie invalide";
        /// The geometry has too many corners.
        HugeGeometry = "huge_geometry", "Géométrie démesurée";
        /// An outline is asked to change and none is given.
        NoOutline = "no_outline", "Correction de contour sans contour";
        /// It lies elsewhere.
        OutOfDepartment = "out_of_department", "Hors du département";
        /// No object is there, or none of that id.
        NoObject = "no_object", "Aucun objet du millésime à cet endroit";
        /// The polygon lies in several objects.
        Straddles = "straddles", "À cheval sur plusieurs objets";
        /// The object of the id is not where the geometry is.
        IdElsewhere = "id_elsewhere", "L'objet de cet identifiant est ailleurs";
        /// It is about another vintage or department.
        OtherVintage = "other_vintage", "Autre millésime ou autre département";
        /// Another row has the same reference and says something else.
        Duplicate = "duplicate", "Référence déjà prise par une autre ligne";
        /// A report of a correction that the ledger does not hold.
        UnknownReport = "unknown_report", "Signalement d'aucune correction du registre";
        /// A value is none of its column's.
        BadValue = "bad_value", "Valeur illisible";
        /// The row has not been published by its author.
        Draft = "draft", "Brouillon";
    }
}

/// Why a row is refused, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// What was found, in French.
    pub detail: String,
    /// What to do, in French.
    pub hint: String,
}

impl Refused {
    /// A refusal.
    pub fn new(reason: Reason, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), hint: hint.into() }
    }
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The file's name.
    pub file: String,
    /// Its line or feature.
    pub place: String,
    /// What the source calls it.
    pub reference: Option<String>,
    /// Why.
    pub why: Refused,
}

/// The refused rows as a table with French heads.
pub fn table(refusals: &[Refusal]) -> Table {
    let heads = ["fichier", "ligne", "reference", "motif", "libelle", "detail", "conseil"];
    let columns = heads.map(|head| Column::new(head, head, Unit::None)).to_vec();
    let mut table = Table::new("refus", "Lignes refusées", columns);
    for Refusal { file, place, reference, why } in refusals {
        let Refused { reason, detail, hint } = why;
        let mut row = vec![Cell::words(file), Cell::words(place)];
        row.push(reference.as_ref().map_or(Cell::Empty, Cell::words));
        row.extend([reason.key(), reason.label(), detail, hint].map(Cell::words));
        table.push(row);
    }
    table
}
