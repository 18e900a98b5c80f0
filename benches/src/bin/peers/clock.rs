//! Processor time and peak memory, as Linux accounts for them.

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use crate::Outcome;

/// Runs some work once: its result, and what it cost with further facts drawn from the result.
///
/// The peak is that of the whole process while the work runs, what it was given included.
pub(crate) fn time<T>(work: impl FnOnce() -> T, facts: impl FnOnce(&T) -> Value) -> Outcome<Value> {
    // The threads are started before the clock.
    rayon::broadcast(|_| ());
    // Resets the peak (Linux, proc(5)); where it is refused, the peak counts the reading as well.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (wall, before) = (Instant::now(), cpu_s()?);
    let result = work();
    let (cpu_s, wall_s) = (cpu_s()? - before, wall.elapsed().as_secs_f64());
    let peak_mb = peak_mb()?;
    let result = facts(&result);
    Ok(json!({ "cpu_s": cpu_s, "wall_s": wall_s, "peak_mb": peak_mb, "result": result }))
}

/// Seconds that all living threads have spent on a processor.
fn cpu_s() -> Outcome<f64> {
    let mut total_ns = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let stat = fs::read_to_string(task?.path().join("schedstat"))?;
        let ns = stat.split_whitespace().next().ok_or("schedstat is empty")?;
        total_ns += ns.parse::<u64>()?;
    }
    Ok(total_ns as f64 / 1e9)
}

/// The most memory that the process has held, in 10^6 bytes.
fn peak_mb() -> Outcome<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kib.parse::<f64>()? * 1024.0 / 1e6)
}
