//! Ctrl-C: a flag that long work looks at, so that it can stop between two whole steps.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

/// The user, or the system, asked the process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

fn flag() -> &'static Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(Arc::default)
}

/// Makes SIGINT, SIGTERM and SIGHUP raise the flag; a second one ends the process at once. A file that
/// may not grow further is an error of the write, not the end of the process.
pub fn install() {
    // Any handler makes the write fail in place of the process; nobody asks this flag.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // The second registration raises the flag; the first acts only once it is raised.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, 130, flag().clone());
        let _ = signal_hook::flag::register(signal, flag().clone());
    }
}

/// Tells whether the process was asked to stop.
pub fn requested() -> bool {
    flag().load(Ordering::Relaxed)
}

/// Returns an error once the process was asked to stop.
pub fn check() -> Result<(), Interrupted> {
    if requested() { Err(Interrupted) } else { Ok(()) }
}
