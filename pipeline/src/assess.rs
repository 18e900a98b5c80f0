//! How right a delivered vintage is: a plan of places to look at, and what the answers tell.
//!
//! The design is that of Olofsson et al. (2014): places drawn at random within strata, an
//! interpreter who does not see the map, and estimators that weigh each answer by the ground that
//! it stands for. What was decided here:
//!
//! * **The unit is a place**, a point of the 1 cm lattice: all ground of a stratum has the same
//!   chance, whatever the objects' outlines, so errors of outline count by their area.
//! * **A stratum of few objects is visited in full**, when every object can have two of its places;
//!   the others go by area. Its objects are then strata of their own: only what is not the same within
//!   one object is left uncertain, and few objects are looked at often enough to be sure.
//! * **The sheet is blind**: it holds no code, no stratum and no object; its order is shuffled, and
//!   its ids tell nothing but the plan. What the map says stays in the key, whose hash is in the plan.
//! * **A place that cannot be told** (`certitude` = `non_observable`, codes empty) leaves the sample
//!   of its stratum, as if it had not been drawn; how far that could move the overall accuracy, were
//!   all of them wrong or all right, is stated.
//! * **A place without answer** stops the assessment, unless it is asked for as provisional; places
//!   come in random order, so the first ones answered are a sample too.

pub mod answers;
pub mod decision;
pub mod document;
pub mod draw;
pub mod estimate;
mod form;
pub mod frame;
pub mod key;
pub mod legend;
mod page;
pub mod plan;
pub mod result;
pub mod sheet;
pub mod strata;
mod tables;
