//! The binary: parses the command line, runs one command, turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pipeline::cli::main(std::env::args_os()))
}
