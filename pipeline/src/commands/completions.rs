//! `millesime completions`: the shell's completion script on stdout.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::talk;

/// What `completions` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: complete commands and options in every new bash
  millesime completions bash > ~/.local/share/bash-completion/completions/millesime")]
pub struct Args {
    /// The shell that will read the script
    shell: Shell,
}

/// Prints the completion script.
///
/// # Errors
/// [`Error::Write`] when stdout does not take it.
pub fn execute(args: &Args) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "millesime", &mut script);
    talk::data(&String::from_utf8_lossy(&script))
}
