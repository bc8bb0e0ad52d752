//! Ctrl-C: the first ends the work at the next batch boundary, the second at once.

use crate::output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Returns a flag that becomes true with the first Ctrl-C (or SIGTERM).
#[allow(clippy::exit)] // The operator insists.
pub(crate) fn flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let handler = move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        output::note("stopping at the next batch boundary; once more stops at once, and nothing is lost");
    };
    // Without the handler Ctrl-C ends the process, which a run survives as well.
    let _ = ctrlc::set_handler(handler);
    stop
}
