//! How cells and shapes are computed.
//!
//! Every function here is pure: no input or output, no clock, no log, no environment. Parallelism
//! never changes a byte of a result.

pub mod accuracy;
pub mod aggregate;
pub mod amend;
pub mod arcs;
pub mod arrangement;
pub mod artificialise;
pub mod bands;
pub mod boxes;
pub mod built_zone;
pub mod change;
pub mod class_shares;
pub mod clip;
pub mod coverage;
mod deviation;
pub mod differences;
pub mod distance;
pub mod fate;
pub mod features;
pub mod flux;
pub mod generalise;
pub mod grid;
pub mod height;
pub mod label;
pub mod lattice;
pub mod patches;
pub mod placed;
pub mod plane;
pub mod random;
pub mod rasterise;
pub mod regularise;
pub mod sampling;
pub mod slit;
pub mod splice;
pub mod trace;
pub mod trees;
pub mod union_find;
pub mod update;
pub mod usage;
mod wide;
pub mod zonal;
pub mod zoom;
