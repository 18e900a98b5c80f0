//! What a stretch of work takes of the machine: for `run.json` and people, never for results.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::machine;

/// Nanoseconds that threads were inside readings and writings, together.
static READING_NS: AtomicU64 = AtomicU64::new(0);
static WRITING_NS: AtomicU64 = AtomicU64::new(0);

/// What was taken between two moments, by all threads of the process.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Time on the clock, in seconds.
    pub seconds: f64,
    /// Time of the processor, in seconds.
    pub cpu_seconds: f64,
    /// Time of threads in reading and decoding images and the cube and in hashing files, in seconds.
    pub reading_seconds: f64,
    /// Time of threads in encoding and writing them and in flushing files to the disk, in seconds.
    pub writing_seconds: f64,
    /// Bytes asked of the system, from the disk or its cache.
    pub read_bytes: u64,
    /// Bytes given to the system.
    pub written_bytes: u64,
    /// The most memory held in between.
    pub memory_peak_bytes: u64,
}

/// A moment to count from; one stretch is watched at a time, since the peak of memory is reset.
#[derive(Debug)]
pub struct Watch {
    since: Instant,
    before: Counters,
}

/// Counters of the process that only grow.
#[derive(Debug, Clone, Copy, Default)]
struct Counters {
    cpu_ticks: u64,
    read_bytes: u64,
    written_bytes: u64,
    reading_ns: u64,
    writing_ns: u64,
}

impl Watch {
    /// Begins to watch.
    pub fn start() -> Self {
        machine::reset_memory_peak();
        Self { since: Instant::now(), before: Counters::now() }
    }

    /// What was taken since; what the system does not tell is 0.
    pub fn spent(&self) -> Spent {
        let (before, now) = (self.before, Counters::now());
        let seconds = |ns: u64| ns as f64 * 1e-9;
        Spent {
            seconds: self.since.elapsed().as_secs_f64(),
            cpu_seconds: (now.cpu_ticks - before.cpu_ticks) as f64 / ticks_per_second() as f64,
            reading_seconds: seconds(now.reading_ns - before.reading_ns),
            writing_seconds: seconds(now.writing_ns - before.writing_ns),
            read_bytes: now.read_bytes - before.read_bytes,
            written_bytes: now.written_bytes - before.written_bytes,
            memory_peak_bytes: machine::memory_peak_bytes().unwrap_or(0),
        }
    }
}

impl Counters {
    fn now() -> Self {
        let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Self {
            cpu_ticks: cpu_ticks(&stat).unwrap_or(0),
            read_bytes: counter(&io, "rchar:").unwrap_or(0),
            written_bytes: counter(&io, "wchar:").unwrap_or(0),
            reading_ns: READING_NS.load(Ordering::Relaxed),
            writing_ns: WRITING_NS.load(Ordering::Relaxed),
        }
    }
}

/// The number after a name in `/proc/self/io`.
fn counter(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
}

/// User and system time of the process in ticks, from `/proc/self/stat`: fields 14 and 15 of
/// proc(5), counted after the name, which may hold blanks.
fn cpu_ticks(text: &str) -> Option<u64> {
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// The unit of [`cpu_ticks`], as the kernel tells it to every process (`AT_CLKTCK`, 17, of
/// getauxval(3)).
fn ticks_per_second() -> u64 {
    const WORD: usize = size_of::<usize>();
    const AT_CLKTCK: usize = 17;
    let auxiliary = fs::read("/proc/self/auxv").unwrap_or_default();
    let word = |bytes: &[u8]| usize::from_ne_bytes(bytes.try_into().unwrap_or([0; WORD]));
    let pairs = auxiliary.chunks_exact(2 * WORD).map(|pair| pair.split_at(WORD));
    let ticks = pairs.map(|(key, value)| (word(key), word(value)));
    ticks
        .filter(|(key, _)| *key == AT_CLKTCK)
        .map(|(_, value)| value as u64)
        .find(|n| *n > 0)
        .unwrap_or(100)
}

/// Counts the time until it is dropped as reading.
pub(crate) fn reading() -> Stretch {
    Stretch { since: Instant::now(), of: &READING_NS }
}

/// Counts the time until it is dropped as writing.
pub(crate) fn writing() -> Stretch {
    Stretch { since: Instant::now(), of: &WRITING_NS }
}

/// Time of one thread that is being counted.
#[must_use]
pub(crate) struct Stretch {
    since: Instant,
    of: &'static AtomicU64,
}

impl Drop for Stretch {
    fn drop(&mut self) {
        self.of.fetch_add(self.since.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_process_is_read_past_its_name() {
        let stat = "12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 700 42 0 0 20 0 1";
        assert_eq!(cpu_ticks(stat), Some(742));
        assert_eq!(cpu_ticks("12"), None);
        assert_eq!(counter("rchar: 12\nwchar: 7\n", "wchar:"), Some(7));
        assert!((1..=10_000).contains(&ticks_per_second()));
    }

    #[test]
    fn work_is_counted() {
        let watch = Watch::start();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        {
            let _writing = writing();
            fs::write(&path, vec![1; 1 << 20]).unwrap();
        }
        {
            let _reading = reading();
            assert_eq!(fs::read(&path).unwrap().len(), 1 << 20);
        }
        let mut sum = 0_u64;
        while watch.spent().cpu_seconds == 0.0 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        let spent = watch.spent();
        assert!(spent.read_bytes >= 1 << 20 && spent.written_bytes >= 1 << 20, "{spent:?}");
        assert!(spent.reading_seconds > 0.0 && spent.writing_seconds > 0.0, "{spent:?}");
        assert!(spent.memory_peak_bytes > 1 << 20 && spent.seconds > 0.0, "{spent:?}");
    }
}
