//! The binary: parses the command line, runs one command, turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    keep_freed_memory();
    ExitCode::from(pipeline::cli::main(std::env::args_os()))
}

/// Tells the C library's allocator, which Rust and GDAL share, to keep blocks of cells for the next
/// block: it would give each back to the system, which clears the pages again, a tenth of the time
/// of the cheap stages. At most 256 MiB at the end of the heap are kept so.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_freed_memory() {
    use std::ffi::c_int;

    unsafe extern "C" {
        safe fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }
    // Of `malloc.h`; the second is the largest value that it accepts.
    const TRIM_THRESHOLD: (c_int, c_int) = (-1, 256 << 20);
    const MMAP_THRESHOLD: (c_int, c_int) = (-3, 32 << 20);
    for (parameter, bytes) in [TRIM_THRESHOLD, MMAP_THRESHOLD] {
        // A refusal costs time only.
        let _ = mallopt(parameter, bytes);
    }
}
