//! One file for each command of the command line.

pub mod assess;
pub mod check;
pub mod compare;
pub mod completions;
pub mod corrections;
pub mod coverage;
pub mod deliver;
pub mod doctor;
pub mod explain;
mod format;
pub mod gc;
pub mod indicators;
pub mod infer;
pub mod init;
mod new_file;
pub mod nomenclature;
pub mod plan;
pub mod run;
pub mod sample;
pub mod score;
pub mod status;
pub mod submit;
pub mod vectorise;
pub mod verify;
pub mod work;
