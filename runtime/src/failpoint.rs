//! Named points at which tests make the engine fail or die, as a power cut would. Without the feature `failpoints`
//! they cost nothing. The variable `CUTOVER_FAILPOINT` arms one for the process (`run.before_commit=abort@3` dies at
//! the third hit, `=error` fails instead), [`arm`] one for the current thread.

use crate::error::RunError;

/// What happens at an armed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The engine sees an error.
    Error,
    /// The process dies at once.
    Abort,
}

/// Does what the point is armed for; nothing in a build without the feature.
#[cfg(not(feature = "failpoints"))]
pub fn hit(_point: &'static str) -> Result<(), RunError> {
    Ok(())
}

#[cfg(feature = "failpoints")]
pub use armed::{arm, disarm, hit};

#[cfg(feature = "failpoints")]
mod armed {
    use super::{Action, RunError};
    use std::cell::RefCell;

    struct Armed {
        point: String,
        action: Action,
        left: u32,
    }

    thread_local! {
        static ARMED: RefCell<Option<Armed>> = RefCell::new(from_environment());
    }

    /// Arms a point for the current thread; it acts at its `at`-th hit, counted from 1, and at every later one.
    pub fn arm(point: &str, action: Action, at: u32) {
        ARMED.set(Some(Armed { point: point.to_string(), action, left: at }));
    }

    /// Disarms the current thread.
    pub fn disarm() {
        ARMED.set(None);
    }

    /// Does what the point is armed for.
    pub fn hit(point: &'static str) -> Result<(), RunError> {
        let due = ARMED.with_borrow_mut(|armed| {
            let armed = armed.as_mut().filter(|armed| armed.point == point)?;
            armed.left = armed.left.saturating_sub(1);
            (armed.left == 0).then_some(armed.action)
        });
        match due {
            None => Ok(()),
            Some(Action::Error) => Err(RunError::Failpoint { point }),
            Some(Action::Abort) => std::process::abort(),
        }
    }

    fn from_environment() -> Option<Armed> {
        let text = std::env::var("CUTOVER_FAILPOINT").ok()?;
        let (point, action) = text.split_once('=')?;
        let (action, at) = action.split_once('@').unwrap_or((action, "1"));
        let action = if action == "abort" { Action::Abort } else { Action::Error };
        Some(Armed { point: point.to_string(), action, left: at.parse().ok()? })
    }
}
