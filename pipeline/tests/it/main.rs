//! The command and the run as users meet them: one binary, real files, redacted snapshots.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod artif;
mod assess;
mod assess_wrong;
mod chain;
mod cli;
mod compare;
mod corrections_apply;
mod corrections_candidates;
mod corrections_export;
mod corrections_import;
mod corrections_reconcile;
mod corrections_run;
mod coverage;
mod deliver;
mod dirty;
mod drawn;
mod exit_codes;
mod explain;
mod figures;
mod generated;
mod gers;
mod infer;
mod laws;
mod model;
mod nested;
mod nested_run;
mod pages;
mod predictions;
mod reading;
mod recall;
mod resume;
mod scratch;
#[path = "../../src/shared_data.rs"]
mod shared_data;
mod survey;
mod town;
mod units;
mod vectorise;
mod vectorise_input;
mod vectorise_tiles;
mod web;
mod world;
mod wrong_input;
