//! Reads ahead: while stretches are compared, the next ones are read, the legacy side and the target each by a thread of
//! its own.

use crate::connection::Connection;
use crate::entries::{Entry, State};
use crate::error::RunError;
use crate::fingerprint::PrintMap;
use crate::links::Links;
use crate::scan;
use crate::statements::KeyRange;
use crate::step::Step;
use crate::target_rows;
use crate::value::{Key, Row};
use crate::walk::{Asked, Stretch, Walk};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A stretch, and everything that it takes to compare it.
pub(super) struct Loaded {
    /// How many legacy rows were read for it.
    pub(super) rows: u64,
    pub(super) in_scope: u64,
    pub(super) rejected: u64,
    /// Keys of rows in scope without an entry.
    pub(super) new: Vec<Key>,
    /// Entries without a row in scope.
    pub(super) gone: Vec<Entry>,
    /// Rows with their entries, those of rejected rows left out.
    pub(super) pairs: Vec<(Row, Entry)>,
    pub(super) asked: Asked,
    /// For each target the rows that the entries name.
    pub(super) present: Vec<PrintMap<Row>>,
}

impl Loaded {
    /// Reads what belongs to a stretch from the target.
    pub(super) fn load(
        target: &mut dyn Connection,
        step: &dyn Step,
        links: &Links<'_>,
        stretch: Stretch,
    ) -> Result<Loaded, RunError> {
        let (in_scope, all) = (stretch.in_scope(), stretch.pairs.len());
        let mut pairs = stretch.pairs;
        pairs.retain(|(_, entry)| entry.state != State::Rejected);
        let rejected = (all - pairs.len()) as u64;
        let asked = Asked::ask(target, step, links, &pairs)?;
        let mut present = Vec::with_capacity(step.spec().targets.len());
        for (at, role) in step.spec().targets.iter().enumerate() {
            let keys = pairs.iter().map(|(_, entry)| &entry.roles[at].0);
            present.push(target_rows::of_keys(target, role, keys)?);
        }
        let Stretch { rows, new, gone, .. } = stretch;
        Ok(Loaded { rows, in_scope, rejected, new, gone, pairs, asked, present })
    }
}

/// Goes along a walk and hands each stretch to `compare`, until there are no more legacy rows or `compare` has enough.
pub(super) fn ahead(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    (step, links): (&dyn Step, &Links<'_>),
    (walk, batch): (&mut Walk<'_>, usize),
    compare: &mut dyn FnMut(Loaded) -> Enough,
) -> Result<(), RunError> {
    let (spec, from, stop) = (step.spec(), walk.passed().cloned(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (sender, pages) = sync_channel(1);
        let reader = scope.spawn(move || scan::read_ahead(legacy, spec, (from, None), batch, &sender));
        let (sender, stretches) = sync_channel(1);
        let loader = scope.spawn(|| load_ahead(target, (step, links), walk, (pages, sender), &stop));
        let mut result = Ok(());
        // What was loaded is compared to the end: the walk is past it.
        for loaded in &stretches {
            match loaded.map(&mut *compare) {
                Ok(Enough::No) => {}
                Ok(Enough::Yes) => stop.store(true, Ordering::Relaxed),
                Err(error) => result = Err(error),
            }
        }
        drop(stretches);
        for ended in [loader.join(), reader.join()] {
            ended.unwrap_or_else(|panic| resume_unwind(panic));
        }
        result
    })
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enough {
    Yes,
    No,
}

fn load_ahead(
    target: &mut dyn Connection,
    (step, links): (&dyn Step, &Links<'_>),
    walk: &mut Walk<'_>,
    (pages, sender): (Receiver<scan::Page>, SyncSender<Result<Loaded, RunError>>),
    stop: &AtomicBool,
) {
    while walk.has_rows() && !stop.load(Ordering::Relaxed) {
        let page = |_: KeyRange<'_>, _| pages.recv().map_or_else(|_| Ok(Vec::new()), |page| Ok(page?.0));
        let loaded = match walk.next(target, page) {
            Ok(Some(stretch)) => Loaded::load(target, step, links, stretch),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let failed = loaded.is_err();
        if sender.send(loaded).is_err() || failed {
            return;
        }
    }
}
