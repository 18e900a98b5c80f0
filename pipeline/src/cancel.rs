//! The wish to stop: SIGINT and SIGTERM raise a flag that stages look at between blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, exit};

/// A flag that is raised at most once; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A flag that SIGINT and SIGTERM raise; a second signal ends the process at once with
    /// [`exit::INTERRUPTED`], which the journal survives.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system refuses the handlers.
    pub fn on_signals() -> Result<Self, Error> {
        let cancel = Self::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(
                signal,
                i32::from(exit::INTERRUPTED),
                Arc::clone(&cancel.0),
            )
            .and_then(|_| flag::register(signal, Arc::clone(&cancel.0)))
            .map_err(|error| Error::internal(format!("no handler for signal {signal}: {error}")))?;
        }
        Ok(cancel)
    }

    /// Raises the flag.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the flag is raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
