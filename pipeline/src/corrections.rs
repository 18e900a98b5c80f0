//! Corrections of a vintage: what somebody says is wrong with the map, from wherever it comes, and
//! what became of it.
//!
//! A correction is a [`CorrectionRecord`] with a polygon, and it concerns one object of one vintage:
//!
//! | what is asked | `dimension` | `kind` | `object_id` | `proposed_code` | polygon |
//! |---|---|---|---|---|---|
//! | another code for an object | `cs` or `us` | `semantic` | the object | the code | the object's own |
//! | another code for a part of it (split) | `cs` or `us` | `semantic` | the object | the code | the part, of which what lies outside of the object is not meant |
//! | another outline (redraw) | `geometry` | `geometry` | the object | none | the new outline |
//! | several objects made one (merge) | `geometry` | `geometry` | their ids, joined by `;`, the one that stays first | none | their ground together |
//! | an object that the map lacks (omission) | `geometry` | `omission` | the object that holds most of its ground | both codes, `CS1.1.1.1/US5` | the missing object |
//!
//! Both codes of an object are two corrections. A code is always a leaf of the national
//! nomenclature; the finer code that a local one gave stays in `local_code`. A merge and a redraw
//! keep the codes of the object that stays. [`record_act`] reads the table backwards.
//!
//! Corrections live in a [`ledger::Ledger`], which only grows: a correction is never taken out, and
//! whatever happens to it is one more [`ledger::Event`].

pub mod apply;
pub mod candidates;
mod claim;
pub mod codes;
mod demand;
pub mod export;
pub mod follow_up;
pub mod form;
pub mod ground;
pub mod identity;
pub mod import;
pub mod labels;
pub mod ledger;
pub mod map;
mod objects;
mod output;
pub mod page;
pub mod provenance;
pub mod reconcile;
pub mod refusal;
pub mod report;
mod resolve;
pub mod revert;
pub mod row;
mod rows;
pub mod sentence;
pub mod sheet;
pub mod terms;

use crate::io::record::CorrectionRecord;
use terms::{Aim, Kind};

/// What joins the ids of the objects of a merge.
pub const ID_SEPARATOR: char = ';';
/// What joins the two codes of a missing object.
pub const CODE_SEPARATOR: char = '/';
/// The nomenclature whose leaves a correction proposes.
pub const NATIONAL: &str = "ocsge-2-0";

/// What a correction asks to do with the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Give an object, or the part of it in the polygon, another code.
    Recode,
    /// Give an object another outline.
    Redraw,
    /// Make several objects one.
    Merge,
    /// Add an object.
    Insert,
}

/// What a record asks for, as the table of this module says.
pub fn record_act(record: &CorrectionRecord) -> Act {
    match (record.dimension, record.kind) {
        (_, Kind::Omission) => Act::Insert,
        (Aim::Geometry, _) if record.object_id.contains(ID_SEPARATOR) => Act::Merge,
        (Aim::Geometry, _) => Act::Redraw,
        (Aim::Cover | Aim::Usage, _) => Act::Recode,
    }
}
