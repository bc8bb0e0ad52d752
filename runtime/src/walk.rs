//! Goes through the legacy rows of a step in key order, and through its entries beside them, a stretch at a time. What
//! is made of a row and its entry is up to the callers, verify and sync.

use crate::connection::Connection;
use crate::entries::{self, Entry};
use crate::error::RunError;
use crate::fingerprint::{self, PrintMap};
use crate::links::{Answers, Links};
use crate::print_store::PrintStore;
use crate::scan;
use crate::statements::{KeyRange, Order};
use crate::step::{Link, Rejection, Step, StepSpec, TargetRows};
use crate::value::{Key, Row};

/// A way through the rows and entries of one step.
pub(crate) struct Walk<'s> {
    step: &'s dyn Step,
    spec: &'s StepSpec,
    /// Whether the step has a map table.
    carried: bool,
    batch: usize,
    place: Place,
    /// The last key to look at; none if all are.
    upto: Option<Key>,
    /// Keys of the legacy side, where the two sides order keys differently.
    seen: PrintStore,
}

/// How far a walk has come.
enum Place {
    /// The legacy rows after a key.
    Rows(Option<Key>),
    /// The entries after a key, for which no legacy row may be left.
    Entries(Option<Key>),
    Done,
}

/// Rows and entries of a stretch of keys, side by side.
#[derive(Default)]
pub(crate) struct Stretch {
    /// How many legacy rows were read for it.
    pub(crate) rows: u64,
    /// Keys of rows in scope without an entry.
    pub(crate) new: Vec<Key>,
    /// Rows in scope with their entries.
    pub(crate) pairs: Vec<(Row, Entry)>,
    /// Entries without a row in scope.
    pub(crate) gone: Vec<Entry>,
}

impl Stretch {
    /// Puts rows and the entries of the same keys side by side.
    pub(crate) fn of(step: &dyn Step, page: Vec<(Key, Row)>, entries: Vec<Entry>) -> Stretch {
        let places = entries.iter().enumerate().map(|(at, entry)| (fingerprint::of(&entry.key), at));
        let places: PrintMap<usize> = places.collect();
        let mut left: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
        let mut stretch = Stretch { rows: page.len() as u64, ..Stretch::default() };
        for (key, row) in page {
            // A row of which nobody can tell whether it is in scope is in scope, as in a run.
            if !step.in_scope(&row).unwrap_or(true) {
                continue;
            }
            match places.get(&fingerprint::of(&key)).and_then(|at| left[*at].take()) {
                None => stretch.new.push(key),
                Some(entry) => stretch.pairs.push((row, entry)),
            }
        }
        stretch.gone = left.into_iter().flatten().collect();
        stretch
    }

    /// Returns how many legacy rows are in scope.
    pub(crate) fn in_scope(&self) -> u64 {
        (self.new.len() + self.pairs.len()) as u64
    }
}

impl<'s> Walk<'s> {
    /// Begins a walk. `carried` says whether the step has a map table: one that has never run has none.
    pub(crate) fn new(step: &'s dyn Step, carried: bool, batch: usize) -> Walk<'s> {
        let (spec, batch, place) = (step.spec(), batch.max(1), Place::Rows(None));
        Walk { step, spec, carried, batch, place, upto: None, seen: PrintStore::default() }
    }

    /// Looks only at keys after one and up to another; for steps whose keys both sides order alike.
    pub(crate) fn between(self, after: Option<Key>, upto: Option<Key>) -> Walk<'s> {
        Walk { place: Place::Rows(after), upto, ..self }
    }

    /// Returns the key up to which everything was looked at; none at the beginning.
    pub(crate) fn passed(&self) -> Option<&Key> {
        match &self.place {
            Place::Rows(after) | Place::Entries(after) => after.as_ref(),
            Place::Done => None,
        }
    }

    /// Returns the next stretch; none at the end.
    pub(crate) fn next(
        &mut self,
        legacy: &mut dyn Connection,
        target: &mut dyn Connection,
    ) -> Result<Option<Stretch>, RunError> {
        match std::mem::replace(&mut self.place, Place::Done) {
            Place::Rows(after) => self.rows(legacy, target, after),
            Place::Entries(after) => self.entries(target, after),
            Place::Done => Ok(None),
        }
    }

    fn rows(
        &mut self,
        legacy: &mut dyn Connection,
        target: &mut dyn Connection,
        after: Option<Key>,
    ) -> Result<Option<Stretch>, RunError> {
        let same_order = scan::same_order(self.spec, legacy, target);
        let range = KeyRange { after: after.as_ref(), upto: self.upto.as_ref(), before: None };
        let page = scan::read_page(legacy, self.spec, range, self.batch)?;
        let Some((last, _)) = page.last() else { return self.entries(target, after.filter(|_| same_order)) };
        let (last, more) = (last.clone(), page.len() == self.batch);
        let entries = match (self.carried, same_order) {
            (false, _) => Vec::new(),
            (true, true) => {
                let range = KeyRange { after: after.as_ref(), upto: Some(&last), before: None };
                entries::page(target, self.spec, range, Order::Ascending, i64::MAX as usize)?
            }
            (true, false) => {
                page.iter().try_for_each(|(key, _)| self.seen.insert(fingerprint::of(key)))?;
                entries::of_keys(target, self.spec, &page.iter().map(|(key, _)| key).collect::<Vec<_>>())?
            }
        };
        self.place = if more { Place::Rows(Some(last)) } else { Place::Entries(Some(last).filter(|_| same_order)) };
        Ok(Some(Stretch::of(self.step, page, entries)))
    }

    /// Entries that no legacy row was seen for: those after the last row, or all where the order does not help.
    fn entries(&mut self, target: &mut dyn Connection, after: Option<Key>) -> Result<Option<Stretch>, RunError> {
        if !self.carried {
            return Ok(None);
        }
        let range = KeyRange { after: after.as_ref(), upto: self.upto.as_ref(), before: None };
        let page = entries::page(target, self.spec, range, Order::Ascending, self.batch)?;
        let Some(last) = page.last() else { return Ok(None) };
        self.place = Place::Entries(Some(last.key.clone()));
        let mut gone = Vec::new();
        for entry in page {
            if !self.seen.contains(fingerprint::of(&entry.key))? {
                gone.push(entry);
            }
        }
        Ok(Some(Stretch { gone, ..Stretch::default() }))
    }
}

/// Converts rows again, as a run would now. Rows of the same step that are not settled count as missing.
pub(crate) fn convert(
    target: &mut dyn Connection,
    step: &dyn Step,
    links: &Links<'_>,
    pairs: &[(Row, Entry)],
) -> Result<Vec<Result<TargetRows, Rejection>>, RunError> {
    let asked: Vec<_> = pairs.iter().map(|(row, _)| step.link_keys(row)).collect();
    let answers: Answers = links.ask(target, asked.iter().filter_map(|keys| keys.as_deref().ok()))?;
    let converted = pairs.iter().zip(asked).map(|((row, _), keys)| {
        let links = links.answer(&answers, &keys?).into_iter();
        let links: Vec<Link> = links.map(|link| link.unwrap_or(Link::Missing)).collect();
        step.convert(row, &links, &mut crate::carry::Random)
    });
    Ok(converted.collect())
}
