//! The units of plans as people read them: one line for each stage, or for each unit.

use std::fmt::Write;
use std::time::Duration;

use super::{Part, Unit};
use crate::units::{bytes, count, duration};

/// Some units together, on one line.
#[derive(Default)]
struct Sum {
    n: u64,
    cells: u64,
    read: u64,
    written: u64,
    memory: u64,
    core_seconds: u64,
    longest: u64,
}

impl Sum {
    fn add(&mut self, unit: &Unit) {
        let cost = unit.cost;
        self.n += 1;
        self.cells += cost.cells;
        self.read += cost.read_bytes;
        self.written += cost.written_bytes;
        self.memory = self.memory.max(cost.memory_bytes);
        self.core_seconds += cost.core_seconds;
        self.longest = self.longest.max(cost.core_seconds);
    }

    fn line(&self, name: &str) -> String {
        let time = |seconds| duration(Duration::from_secs(seconds));
        format!(
            "{name:<32}{:>6}{:>16}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
            count(self.n),
            count(self.cells),
            bytes(self.read),
            bytes(self.written),
            bytes(self.memory),
            time(self.longest),
            time(self.core_seconds),
        )
    }
}

/// A table of units; the largest memory and the longest time are those of one unit on one core.
///
/// * `each`: a line for every unit, instead of one for each stage's blocks and one for each other.
pub fn table(units: &[Unit], each: bool) -> String {
    let mut text = format!(
        "{:<32}{:>6}{:>16}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
        "unit", "units", "cells", "reads", "writes", "memory", "longest", "core time"
    );
    let line = |unit: &Unit| match unit.part {
        Part::Block(_) if !each => format!("{}/{}/block-*", unit.folder, unit.stage),
        _ => unit.name(),
    };
    let mut all = Sum::default();
    for of_line in units.chunk_by(|a, b| line(a) == line(b)) {
        let mut sum = Sum::default();
        for unit in of_line {
            sum.add(unit);
            all.add(unit);
        }
        let _ = write!(text, "{}", sum.line(&line(&of_line[0])));
    }
    text + &all.line("all")
}
