//! What a land-cover code means: nested nomenclatures, allowed couples, artificialisation rules.
//!
//! Takes `&str` and gives typed values; knows no path, no file and no network.

mod builtin;
pub mod capture;
pub mod class;
pub mod colour;
pub mod common;
pub mod couples;
pub mod crosswalk;
mod document;
pub mod error;
pub mod evidence;
mod findings;
pub mod nearest;
pub mod nomenclature;
pub mod prediction;
pub mod rules;
pub mod segmentation;
pub mod show;
pub mod table;
pub mod translate;
mod tree;
pub mod update_rules;
pub mod usage_rules;
mod validate;
pub mod yaml;

pub use capture::{CaptureRules, CaptureUnits};
pub use class::{Class, ClassId, Couple, Dimension, Nest};
pub use colour::Rgb;
pub use common::{Likeness, Likenesses, Meanings, common};
pub use couples::{CouplePolicy, CoupleStatus};
pub use crosswalk::{Crosswalk, Link};
pub use error::{NomenclatureError, Problem};
pub use evidence::{Layer, Natures};
pub use nomenclature::Nomenclature;
pub use prediction::{PredictionClasses, PredictionTable};
pub use rules::{Rule, RuleSet, Thresholds};
pub use segmentation::{Answer, Channel, Product, Segmentation};
pub use table::ArtificialTable;
pub use translate::{Translation, Translator};
pub use update_rules::{Footprint, UpdateRules, UpdateTables};
pub use usage_rules::{UsageRules, UsageTable};
