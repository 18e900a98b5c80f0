//! A small believable territory from a seed: truth at two dates, imagery, evidence, prior vintage.
//!
//! Everything derives from counter-based draws, so a seed gives the same bytes on any number of
//! threads.

pub mod build;
pub mod changes;
pub mod evidence;
pub mod generate;
pub mod ground;
pub mod layers;
pub mod mosaic;
pub mod noise;
pub mod paint;
pub mod parcels;
pub mod photos;
pub mod prior;
pub mod relief;
pub mod render;
pub mod settle;
pub mod shape;
pub mod site;
pub mod territories;
pub mod texture;
pub mod usage;

#[cfg(test)]
mod tests;
