//! Seeded inputs that the criterion benches and the comparison with public tools share.

pub mod coverage;
pub mod network;
pub mod territory;
