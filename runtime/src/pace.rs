//! When to stop: a deadline, a wish of the operator, a budget of rejects.

use crate::report::Outcome;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How many batches the next one is judged by.
const REMEMBERED: usize = 10;

/// Decides before each batch whether it may begin.
pub(crate) struct Pace {
    began: Instant,
    deadline: Option<Duration>,
    stop: Arc<AtomicBool>,
    last: VecDeque<Duration>,
}

impl Pace {
    pub(crate) fn new(deadline: Option<Duration>, stop: Arc<AtomicBool>) -> Pace {
        Pace { began: Instant::now(), deadline, stop, last: VecDeque::with_capacity(REMEMBERED) }
    }

    /// Returns why the next batch must not begin.
    pub(crate) fn must_stop(&self) -> Option<Outcome> {
        if self.stop.load(Ordering::Relaxed) {
            return Some(Outcome::Interrupted);
        }
        let slowest = self.last.iter().max().copied().unwrap_or_default();
        let late = self.deadline.is_some_and(|deadline| self.began.elapsed() + slowest >= deadline);
        late.then_some(Outcome::MoreWork)
    }

    /// Remembers how long a batch took.
    pub(crate) fn took(&mut self, batch: Duration) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(batch);
    }
}
