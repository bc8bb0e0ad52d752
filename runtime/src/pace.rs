//! When to stop and how fast to go: a deadline, a wish of the operator, a rate.

use crate::report::Outcome;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How many batches the next one is judged by.
const REMEMBERED: usize = 10;

/// How long nobody looks whether the operator wants to stop.
const NAP: Duration = Duration::from_millis(100);

/// Decides before each batch whether it may begin, and when.
pub(crate) struct Pace {
    began: Instant,
    deadline: Option<Duration>,
    stop: Arc<AtomicBool>,
    last: VecDeque<Duration>,
    /// Rows per second.
    rate: Option<NonZeroU32>,
    /// When the rows that have passed are paid for.
    free: Instant,
}

impl Pace {
    pub(crate) fn new(deadline: Option<Duration>, rate: Option<NonZeroU32>, stop: Arc<AtomicBool>) -> Pace {
        let (now, last) = (Instant::now(), VecDeque::with_capacity(REMEMBERED));
        Pace { began: now, deadline, stop, last, rate, free: now }
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

    /// Returns how many rows a batch may have, so that a slow rate is kept within each second.
    pub(crate) fn batch(&self, wanted: usize) -> usize {
        let most = self.rate.map_or(usize::MAX, |rate| rate.get() as usize);
        wanted.clamp(1, most)
    }

    /// Waits until rows that are about to pass keep to the rate. Returns why they must not pass at all.
    pub(crate) fn hold_back(&mut self, rows: u64) -> Option<Outcome> {
        if let Some(rate) = self.rate {
            let stopped = self.wait(self.free.saturating_duration_since(Instant::now()));
            if stopped.is_some() {
                return stopped;
            }
            self.free =
                self.free.max(Instant::now()) + Duration::from_secs(1).mul_f64(rows as f64 / f64::from(rate.get()));
        }
        self.must_stop()
    }

    /// Waits. Returns why it stopped waiting, if it did.
    pub(crate) fn wait(&self, time: Duration) -> Option<Outcome> {
        let until = Instant::now() + time;
        loop {
            let stopped = self.must_stop();
            let left = until.saturating_duration_since(Instant::now());
            if stopped.is_some() || left.is_zero() {
                return stopped;
            }
            std::thread::sleep(left.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: u32) -> Pace {
        Pace::new(None, NonZeroU32::new(rate), Arc::default())
    }

    #[test]
    fn rows_are_paid_for_one_after_the_other() {
        let mut pace = pace(1000);
        let began = Instant::now();
        (0..3).for_each(|_| assert_eq!(pace.hold_back(100), None));
        assert!(pace.free.duration_since(began) >= Duration::from_millis(300));
        assert_eq!((pace.batch(5000), pace.batch(10), pace.batch(0)), (1000, 10, 1));
    }

    #[test]
    fn whoever_waits_can_be_stopped() {
        let mut pace = pace(1);
        assert_eq!(pace.hold_back(1_000_000), None);
        pace.stop.store(true, Ordering::Relaxed);
        assert_eq!(pace.hold_back(1), Some(Outcome::Interrupted));
        let mut late = Pace::new(Some(Duration::from_millis(150)), NonZeroU32::new(1), Arc::default());
        assert_eq!(late.hold_back(1_000_000), None);
        assert_eq!(late.hold_back(1), Some(Outcome::MoreWork));
    }
}
