//! Reads the legacy rows of a step in key order, page by page, and leaves out what is settled. The difference between
//! legacy keys and settled keys is the proof of what is pending; nothing here trusts a watermark.

use crate::connection::{Connection, key_of};
use crate::entries::{self, Detail, State, rows};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap, PrintSet};
use crate::report::key_text;
use crate::share::shares;
use crate::statements::{self, KeyRange};
use crate::step::StepSpec;
use crate::value::{Key, Kind, Row, Value};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// How many keys are looked at together to find out whether any of them is pending.
const WINDOW: usize = 50_000;

/// A stretch of the legacy key range, and how its rows are settled.
#[derive(Default)]
pub(crate) struct Window {
    /// The last key in it; none if it is open.
    pub(crate) upto: Option<Key>,
    pub(crate) settled: PrintMap<State>,
    /// Its keys by fingerprint, if they were read.
    pub(crate) keys: Vec<u128>,
}

impl Window {
    /// Returns the window of a step that has no entries: all there is, nothing settled.
    pub(crate) fn open() -> Window {
        Window::default()
    }

    /// Reads the next keys and how they are settled; none if there are no more.
    pub(crate) fn next(
        legacy: &mut dyn Connection,
        target: &mut dyn Connection,
        spec: &StepSpec,
        after: Option<&Key>,
    ) -> Result<Option<Window>, RunError> {
        let query =
            statements::read_keys(legacy.dialect(), &spec.read, KeyRange { after, ..KeyRange::default() }, WINDOW);
        let found = rows(legacy, &query).on(Side::Legacy)?;
        found.iter().try_for_each(|key| check_key(spec, key))?;
        let Some(last) = found.last() else { return Ok(None) };
        let settled = if same_order(spec, legacy, target) {
            entries::settled(target, spec, KeyRange { after, upto: Some(last), before: None })?
        } else {
            let found: Vec<&Key> = found.iter().collect();
            let entries = entries::of_keys(target, spec, &found, Detail::Keys)?;
            entries.into_iter().map(|entry| (fingerprint::of(&entry.key), entry.state)).collect()
        };
        let keys = found.iter().map(fingerprint::of).collect();
        Ok(Some(Window { upto: found.last().cloned(), settled, keys }))
    }
}

/// Returns whether the map table orders keys as the legacy table does. Decimals may be kept there as text, and texts
/// are ordered by the collation of their column on some databases.
pub(crate) fn same_order(spec: &StepSpec, legacy: &dyn Connection, target: &dyn Connection) -> bool {
    let code_points = legacy.dialect().orders_code_points() && target.dialect().orders_code_points();
    entries::key_kinds(spec).iter().all(|kind| match kind {
        Kind::Decimal | Kind::Float | Kind::Uuid => false,
        Kind::Text => code_points,
        Kind::Boolean | Kind::Integer | Kind::Whole | Kind::Bytes => true,
        Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => true,
    })
}

/// Reads the next rows of a range, in key order, each with its key. Fewer than `limit` means that the range is done.
pub(crate) fn read_page(
    legacy: &mut dyn Connection,
    spec: &StepSpec,
    range: KeyRange<'_>,
    limit: usize,
) -> Result<Vec<(Key, Row)>, RunError> {
    // One row more than wanted shows whether the last row is there twice.
    let query = statements::read_rows(legacy.dialect(), &spec.read, range, limit + 1);
    let mut page: Vec<(Key, Row)> = Vec::with_capacity(limit + 1);
    let mut found = rows(legacy, &query).on(Side::Legacy)?;
    crate::probe::fill(legacy, &spec.read, &mut found).on(Side::Legacy)?;
    for row in found {
        let key = key_of(&row, &spec.read.key);
        check_key(spec, &key)?;
        if page.last().is_some_and(|(last, _)| *last == key) {
            return Err(RunError::RowTwice {
                map: spec.name.clone(),
                table: spec.read.table.clone(),
                key: key_text(&key),
            });
        }
        page.push((key, row));
    }
    page.truncate(limit);
    Ok(page)
}

/// Reads the rows with these keys, as far as they are there, each with its key.
pub(crate) fn of_keys(
    legacy: &mut dyn Connection,
    spec: &StepSpec,
    keys: &[&Key],
) -> Result<Vec<(Key, Row)>, RunError> {
    let asked: PrintSet = keys.iter().map(|key| fingerprint::of(*key)).collect();
    let mut page = Vec::with_capacity(keys.len());
    shares(&mut keys.to_vec(), |share| {
        let query = statements::read_rows_of(legacy.dialect(), &spec.read, share);
        let mut found = rows(legacy, &query).on(Side::Legacy)?;
        found.retain(|row| asked.contains(&fingerprint::of(&key_of(row, &spec.read.key))));
        crate::probe::fill(legacy, &spec.read, &mut found).on(Side::Legacy)?;
        page.extend(found.into_iter().map(|row| (key_of(&row, &spec.read.key), row)));
        Ok(())
    })?;
    Ok(page)
}

/// A page of rows with the time it took to read it, or why it could not be read.
pub(crate) type Page = Result<(Vec<(Key, Row)>, Duration), RunError>;

/// Reads the pages of a range and sends them, until the range is done or nobody listens any more.
pub(crate) fn read_ahead(
    legacy: &mut dyn Connection,
    spec: &StepSpec,
    (mut after, upto): (Option<Key>, Option<&Key>),
    limit: usize,
    sender: &SyncSender<Page>,
) {
    loop {
        let began = Instant::now();
        let page = read_page(legacy, spec, KeyRange { after: after.as_ref(), upto, before: None }, limit);
        let more = page.as_ref().is_ok_and(|page| page.len() == limit);
        after = page.as_ref().ok().and_then(|page| page.last()).map(|(key, _)| key.clone());
        if sender.send(page.map(|page| (page, began.elapsed()))).is_err() || !more {
            return;
        }
    }
}

fn check_key(spec: &StepSpec, key: &Key) -> Result<(), RunError> {
    if !key.iter().any(|value| matches!(value, Value::Null | Value::Malformed(_))) {
        return Ok(());
    }
    let (map, table) = (spec.name.clone(), spec.read.table.clone());
    Err(RunError::KeyUnreadable { map, table, key: key_text(key) })
}

/// Returns how many rows a step has on the legacy side, as far as the database can tell its scope.
pub(crate) fn count(legacy: &mut dyn Connection, spec: &StepSpec) -> Result<u64, RunError> {
    let query = statements::count_rows(legacy.dialect(), &spec.read);
    let rows = rows(legacy, &query).on(Side::Legacy)?;
    Ok(rows.first().map_or(0, |row| entries::unsigned(&row[0])))
}
