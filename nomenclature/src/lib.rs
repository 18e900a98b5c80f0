//! What a land-cover code means: nested nomenclatures, allowed couples, artificialisation rules.
//!
//! Takes `&str` and gives typed values; knows no path, no file and no network.

pub mod class;
pub mod nearest;
pub mod yaml;

pub use class::{ClassId, Couple, Dimension};
