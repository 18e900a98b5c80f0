//! When and where: the configuration, the plan, the stages and the command line of millesime.
//!
//! Code here decides and moves data; what a cell or a shape becomes is computed in `kernels`, what
//! a code means is known by `nomenclature`.

pub mod archive;
pub mod artefact;
pub mod assess;
pub mod basis;
pub mod batch;
pub mod blocks;
pub mod cancel;
pub mod cli;
pub mod commands;
pub mod compare;
pub mod comparison;
pub mod config;
pub mod context;
pub mod contract;
pub mod corrections;
pub mod cube;
pub mod custom;
pub mod date;
pub mod day;
pub mod delivery;
pub mod diff_flux;
mod digest;
pub mod disagreement;
pub mod drift;
pub mod edited;
pub mod enaf;
pub mod error;
pub mod exemption;
pub mod explain;
mod fault;
pub mod figures;
pub mod finished;
pub mod gc;
pub mod ign_report;
pub mod index;
pub mod infer;
pub mod inputs;
pub mod io;
pub mod journal;
pub mod judge;
pub mod land;
pub mod lock;
pub mod machine;
pub mod manifest;
pub mod metadata;
pub mod method;
pub mod model;
mod mosaic;
pub mod neighbours;
pub mod packages;
pub mod pages;
pub mod picture;
pub mod plan;
pub mod progress;
pub mod proof;
pub mod publication;
pub mod qgis;
mod qml;
pub mod quality;
pub mod repair;
pub mod report;
pub mod run;
pub mod sample;
pub mod score;
pub mod seen;
#[cfg(test)]
mod shared_data;
pub mod slurm;
pub mod stage;
pub mod stage_report;
pub mod stages;
pub mod status;
pub mod styles;
pub mod survey;
pub mod tables;
pub mod talk;
pub mod tally;
pub mod territory;
pub mod units;
pub mod validator;
pub mod verify;
pub mod vintage;
pub mod web;
pub mod words;

pub use config::Config;
pub use context::Context;
pub use error::{ConfigError, Error, InputError};
pub use stage_report::StageReport;

/// The version, with the commit when it was built from a git checkout.
pub const VERSION: &str = env!("MILLESIME_VERSION");
