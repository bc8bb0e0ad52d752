//! Goes through the legacy rows of a step in key order, and through its entries beside them, a stretch at a time. What
//! is made of a row and its entry is up to the callers, verify and sync.

use crate::connection::Connection;
use crate::entries::{self, Detail, Entry};
use crate::error::RunError;
use crate::fingerprint::{self, PrintMap};
use crate::links::{Answers, Links};
use crate::print_store::PrintStore;
use crate::statements::{KeyRange, Order};
use crate::step::{Generator, Link, Rejection, Step, StepSpec, TargetRows};
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
    detail: Detail,
    /// Whether both sides order keys alike.
    same_order: bool,
    /// Keys of the legacy side, where they do not.
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
        let mut left = Left::of(entries);
        let mut stretch = Stretch { rows: page.len() as u64, ..Stretch::default() };
        for (key, row) in page {
            // A row of which nobody can tell whether it is in scope is in scope, as in a run.
            if !step.in_scope(&row).unwrap_or(true) {
                continue;
            }
            match left.take(&key) {
                None => stretch.new.push(key),
                Some(entry) => stretch.pairs.push((row, entry)),
            }
        }
        stretch.gone = left.entries.into_iter().flatten().collect();
        stretch
    }

    /// Returns how many legacy rows are in scope.
    pub(crate) fn in_scope(&self) -> u64 {
        (self.new.len() + self.pairs.len()) as u64
    }
}

/// Entries that no row has been found for.
struct Left {
    entries: Vec<Option<Entry>>,
    /// The one after the last that was taken.
    next: usize,
    /// Their places, once rows come in another order than entries.
    places: Option<PrintMap<usize>>,
}

impl Left {
    fn of(entries: Vec<Entry>) -> Left {
        Left { entries: entries.into_iter().map(Some).collect(), next: 0, places: None }
    }

    fn take(&mut self, key: &Key) -> Option<Entry> {
        let expected = self.entries.get(self.next).and_then(Option::as_ref);
        let place = match expected {
            Some(entry) if entry.key == *key => self.next,
            _ => {
                let places = self.places.get_or_insert_with(|| places(&self.entries));
                *places.get(&fingerprint::of(key))?
            }
        };
        self.next = place + 1;
        self.entries[place].take()
    }
}

fn places(entries: &[Option<Entry>]) -> PrintMap<usize> {
    let places = entries.iter().enumerate();
    places.filter_map(|(at, entry)| Some((fingerprint::of(&entry.as_ref()?.key), at))).collect()
}

impl<'s> Walk<'s> {
    /// Begins a walk. `carried` says whether the step has a map table: one that has never run has none. `same_order` is
    /// what [`scan::same_order`](crate::scan::same_order) says of it.
    pub(crate) fn new(step: &'s dyn Step, carried: bool, batch: usize, same_order: bool) -> Walk<'s> {
        let (spec, batch, place) = (step.spec(), batch.max(1), Place::Rows(None));
        let (upto, detail, seen) = (None, Detail::Whole, PrintStore::default());
        Walk { step, spec, carried, batch, place, upto, detail, same_order, seen }
    }

    /// Leaves the fingerprints of entries out.
    pub(crate) fn without_prints(self) -> Walk<'s> {
        Walk { detail: Detail::Keys, ..self }
    }

    /// Looks only at keys after one and up to another; for steps whose keys both sides order alike.
    pub(crate) fn between(self, after: Option<Key>, upto: Option<Key>) -> Walk<'s> {
        Walk { place: Place::Rows(after), upto, ..self }
    }

    /// Returns whether there may be legacy rows that were not looked at.
    pub(crate) fn has_rows(&self) -> bool {
        matches!(self.place, Place::Rows(_))
    }

    /// Returns the key up to which everything was looked at; none at the beginning.
    pub(crate) fn passed(&self) -> Option<&Key> {
        match &self.place {
            Place::Rows(after) | Place::Entries(after) => after.as_ref(),
            Place::Done => None,
        }
    }

    /// Returns the next stretch; none at the end. `page` gives the legacy rows of a range, as [`read_page`](crate::scan::read_page) does.
    pub(crate) fn next(
        &mut self,
        target: &mut dyn Connection,
        page: impl FnOnce(KeyRange<'_>, usize) -> Result<Vec<(Key, Row)>, RunError>,
    ) -> Result<Option<Stretch>, RunError> {
        match std::mem::replace(&mut self.place, Place::Done) {
            Place::Rows(after) => {
                let range = KeyRange { after: after.as_ref(), upto: self.upto.as_ref(), before: None };
                let page = page(range, self.batch)?;
                self.rows(target, page, after)
            }
            Place::Entries(after) => self.entries(target, after),
            Place::Done => Ok(None),
        }
    }

    fn rows(
        &mut self,
        target: &mut dyn Connection,
        page: Vec<(Key, Row)>,
        after: Option<Key>,
    ) -> Result<Option<Stretch>, RunError> {
        let Some((last, _)) = page.last() else { return self.entries(target, after.filter(|_| self.same_order)) };
        let (last, more) = (last.clone(), page.len() == self.batch);
        let entries = match (self.carried, self.same_order) {
            (false, _) => Vec::new(),
            (true, true) => {
                let range = KeyRange { after: after.as_ref(), upto: Some(&last), before: None };
                entries::page(target, self.spec, range, Order::Ascending, i64::MAX as usize, self.detail)?
            }
            (true, false) => {
                page.iter().try_for_each(|(key, _)| self.seen.insert(fingerprint::of(key)))?;
                let keys: Vec<&Key> = page.iter().map(|(key, _)| key).collect();
                entries::of_keys(target, self.spec, &keys, self.detail)?
            }
        };
        let end = Some(last.clone()).filter(|_| self.same_order);
        self.place = if more { Place::Rows(Some(last)) } else { Place::Entries(end) };
        Ok(Some(Stretch::of(self.step, page, entries)))
    }

    /// Entries that no legacy row was seen for: those after the last row, or all where the order does not help.
    fn entries(&mut self, target: &mut dyn Connection, after: Option<Key>) -> Result<Option<Stretch>, RunError> {
        if !self.carried {
            return Ok(None);
        }
        let range = KeyRange { after: after.as_ref(), upto: self.upto.as_ref(), before: None };
        let page = entries::page(target, self.spec, range, Order::Ascending, self.batch, self.detail)?;
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

/// What rows refer to, and the answers to it.
pub(crate) struct Asked {
    keys: Vec<Result<Vec<Option<Key>>, Rejection>>,
    answers: Answers,
}

impl Asked {
    /// Asks for everything that rows refer to.
    pub(crate) fn ask(
        target: &mut dyn Connection,
        step: &dyn Step,
        links: &Links<'_>,
        pairs: &[(Row, Entry)],
    ) -> Result<Asked, RunError> {
        let keys: Vec<_> = pairs.iter().map(|(row, _)| step.link_keys(row)).collect();
        let answers = links.ask(target, keys.iter().filter_map(|keys| keys.as_deref().ok()))?;
        Ok(Asked { keys, answers })
    }

    /// Converts the rows again, as a run would now. Rows of the same step that are not settled count as missing.
    pub(crate) fn convert<'p>(
        self,
        step: &'p dyn Step,
        links: &'p Links<'_>,
        pairs: &'p [(Row, Entry)],
        generator: &'p mut dyn Generator,
    ) -> impl Iterator<Item = Result<TargetRows, Rejection>> + 'p {
        let Asked { keys, answers } = self;
        pairs.iter().zip(keys).map(move |((row, _), keys)| {
            let links = links.answer(&answers, &keys?).into_iter();
            let links: Vec<Link> = links.map(|link| link.unwrap_or(Link::Missing)).collect();
            step.convert(row, &links, generator)
        })
    }
}
