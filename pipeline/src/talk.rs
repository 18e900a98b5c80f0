//! What the program says: data on stdout, talk on stderr; with `progress`, the only mouth.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::error::Error;

/// Whether stderr carries JSON lines; one process talks in one way.
static JSON: AtomicBool = AtomicBool::new(false);

/// Makes failures and warnings JSON lines, or text again.
pub fn as_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// Writes a command's result to stdout.
///
/// A reader that went away (`| head`) is no error.
///
/// # Errors
/// [`Error::Write`] when stdout does not take the bytes, for instance on a full disk.
pub fn data(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        Err(source) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::write("stdout")),
    }
}

/// Says one line on stderr; a closed stderr never stops a run.
pub fn line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why the command stopped, then what to do about it.
pub fn failure(error: &Error) {
    if JSON.load(Ordering::Relaxed) {
        let (message, code) = (error.to_string(), error.exit_code());
        let object = json!({ "event": "error", "message": message, "hint": error.hint(), "exit_code": code });
        return line(&object.to_string());
    }
    let colour = colour_on_stderr();
    line(&format!("{} {error}", paint("error:", "1;31", colour)));
    if let Some(hint) = error.hint() {
        line(&format!("\n{} {hint}", paint("hint:", "1;36", colour)));
    }
}

/// Says something the user should know but that stops nothing.
pub fn warning(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        return line(&json!({ "event": "warning", "message": text }).to_string());
    }
    line(&format!("{} {text}", paint("warning:", "1;33", colour_on_stderr())));
}

/// Whether stderr shows colour: a terminal, and `NO_COLOR` unset or empty (<https://no-color.org>).
pub fn colour_on_stderr() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && io::stderr().is_terminal()
}

fn paint(text: &str, code: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
