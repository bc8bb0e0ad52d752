//! Carries one batch of legacy rows across: resolve, convert, check, write. The result depends on the rows and their
//! order alone, not on how they fall into batches: whatever depends on a row that is not written yet has it written
//! first. [`Carrier::carry`] does all of it within the caller's transaction; [`Carrier::prepare`] leaves the writing to
//! another connection, and gives up where one row depends on another.

use crate::connection::{Connection, Unit, Violation, ViolationKind, Written};
use crate::entries::{Entry, State};
use crate::error::{OnSide, RunError, Side};
use crate::failpoint;
use crate::fingerprint::{self, PrintSet, chain, hex};
use crate::found::{FoundRows, Standing, Taken};
use crate::links::{Answers, Links};
use crate::report::{Counts, key_text};
use crate::step::{Generator, Link, Rejection, Step, StepSpec};
use crate::unique::{self, Uniques};
use crate::value::{Key, Row, Value};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// A legacy row that is to be settled.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) key: Key,
    pub(crate) row: Row,
    /// Whether it stands rejected and is tried again.
    pub(crate) again: bool,
}

/// What a batch did; the journal gets it in the same transaction.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) entries: Vec<Entry>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) counts: Counts,
    /// Rows that refer to an own row that is not settled yet.
    pub(crate) postponed: u64,
    pub(crate) fingerprint: u128,
    pub(crate) convert: Duration,
    /// Unique values of rows that the target refused: others may have them.
    pub(crate) freed: Vec<Print>,
    /// Rows of the target that were found to stand for legacy rows.
    taken: Vec<Taken>,
}

/// A unique rule of the step and the fingerprint of a value under it.
pub(crate) type Print = (usize, u128);

/// A rejected row.
pub(crate) struct Reject {
    pub(crate) key: Key,
    pub(crate) column: String,
    pub(crate) rule: String,
    pub(crate) message: String,
    pub(crate) value: Value,
    pub(crate) line: u32,
}

/// What a step needs in memory while it runs.
pub(crate) struct Carrier<'a> {
    step: &'a dyn Step,
    spec: &'a StepSpec,
    pub(crate) links: Links<'a>,
    uniques: Uniques,
    found: FoundRows,
}

/// Units that are converted and not written yet.
#[derive(Default)]
struct Open {
    units: Vec<Unit>,
    waiting: Vec<Waiting>,
    keys: PrintSet,
    prints: HashSet<Print>,
}

/// A batch that is converted and not written yet.
pub(crate) struct Prepared {
    open: Open,
    carried: Carried,
}

/// What a prepared batch has laid claim to; see [`Carrier::disclaim`].
#[derive(Default)]
pub(crate) struct Claims {
    pub(crate) prints: Vec<Print>,
    taken: Vec<Taken>,
}

/// What came of a row.
enum Staged {
    /// It is rejected, or found, or among the open units.
    Done,
    /// A row that is not written yet has a unique value of this one. Nothing has changed.
    Waits,
}

struct Waiting {
    key: Key,
    print: u128,
    links: Vec<Link>,
    row: usize,
    prints: Vec<Print>,
}

impl<'a> Carrier<'a> {
    /// Loads what the step compares with.
    pub(crate) fn load(
        target: &mut dyn Connection,
        step: &'a dyn Step,
        steps: &'a [Box<dyn Step>],
    ) -> Result<Carrier<'a>, RunError> {
        let spec = step.spec();
        let links = Links::load(target, spec, steps)?;
        let uniques = Uniques::load(target, spec)?;
        let found = FoundRows::load(target, spec, steps)?;
        Ok(Carrier { step, spec, links, uniques, found })
    }

    /// Settles rows in scope. With `postpone`, rows that refer to an unsettled row of the same step are left out.
    pub(crate) fn carry(
        &mut self,
        target: &mut dyn Connection,
        rows: &[Pending],
        postpone: bool,
    ) -> Result<Carried, RunError> {
        let began = Instant::now();
        let (asked, mut answers) = self.ask(target, rows)?;
        let mut carried = Carried::default();
        let mut open = Open::default();
        let mut writing = Duration::ZERO;
        for (at, (pending, keys)) in rows.iter().zip(&asked).enumerate() {
            let keys = match keys {
                Ok(keys) => keys,
                Err(rejection) => {
                    self.reject_or_find(&mut carried, &mut answers, pending, rejection);
                    continue;
                }
            };
            if self.links.own_keys(keys).iter().any(|key| open.keys.contains(key)) {
                writing += self.flush(target, &mut open, &mut answers, &mut carried, rows)?;
            }
            let links = self.links.answer(&answers, keys);
            if postpone && links.contains(&None) {
                carried.postponed += 1;
                continue;
            }
            let links: Vec<Link> = links.into_iter().map(|link| link.unwrap_or(Link::Missing)).collect();
            let none = HashSet::new();
            while let Staged::Waits = self.stage((at, &links), rows, &mut open, &none, &mut answers, &mut carried)? {
                writing += self.flush(target, &mut open, &mut answers, &mut carried, rows)?;
            }
        }
        failpoint::hit("run.after_convert")?;
        writing += self.flush(target, &mut open, &mut answers, &mut carried, rows)?;
        carried.convert = began.elapsed().saturating_sub(writing);
        Ok(carried)
    }

    /// Converts rows in scope for another connection to write. Returns none where a row depends on whether another one
    /// gets written, be it of this batch or of those under way; nothing has changed then. Not for steps whose rows
    /// refer to each other.
    pub(crate) fn prepare(
        &mut self,
        target: &mut dyn Connection,
        rows: &[Pending],
        under_way: &HashSet<Print>,
    ) -> Result<Option<Prepared>, RunError> {
        let began = Instant::now();
        let (asked, mut answers) = self.ask(target, rows)?;
        let (mut carried, mut open) = (Carried::default(), Open::default());
        for (at, (pending, keys)) in rows.iter().zip(&asked).enumerate() {
            let keys = match keys {
                Ok(keys) => keys,
                Err(rejection) => {
                    self.reject_or_find(&mut carried, &mut answers, pending, rejection);
                    continue;
                }
            };
            let links = self.links.answer(&answers, keys).into_iter();
            let links: Vec<Link> = links.map(|link| link.unwrap_or(Link::Missing)).collect();
            if let Staged::Waits = self.stage((at, &links), rows, &mut open, under_way, &mut answers, &mut carried)? {
                self.disclaim(&Prepared { open, carried }.claims());
                return Ok(None);
            }
        }
        failpoint::hit("run.after_convert")?;
        carried.convert = began.elapsed();
        Ok(Some(Prepared { open, carried }))
    }

    /// Returns what each row refers to, or why nobody can say, and the answers to all of it.
    fn ask(&self, target: &mut dyn Connection, rows: &[Pending]) -> Result<(Vec<Asked>, Answers), RunError> {
        let asked: Vec<Asked> = rows.iter().map(|pending| self.step.link_keys(&pending.row)).collect();
        check_links(self.spec, &asked)?;
        let answers = self.links.ask(target, asked.iter().filter_map(|keys| keys.as_deref().ok()))?;
        Ok((asked, answers))
    }

    /// Takes back what a prepared batch has laid claim to, because it was not written.
    pub(crate) fn disclaim(&mut self, claims: &Claims) {
        self.free(&claims.prints);
        claims.taken.iter().for_each(|taken| self.found.put_back(taken.clone()));
    }

    /// Lets other rows have unique values.
    pub(crate) fn free(&mut self, prints: &[Print]) {
        prints.iter().for_each(|(rule, print)| self.uniques.remove(*rule, *print));
    }

    /// Converts one row and puts it among the open units, unless it is found or rejected.
    fn stage(
        &mut self,
        (at, links): (usize, &[Link]),
        rows: &[Pending],
        open: &mut Open,
        under_way: &HashSet<Print>,
        answers: &mut Answers,
        carried: &mut Carried,
    ) -> Result<Staged, RunError> {
        let pending = &rows[at];
        let converted = match self.step.convert(&pending.row, links, &mut Random) {
            Ok(converted) => converted,
            Err(rejection) => {
                self.reject_or_find(carried, answers, pending, &rejection);
                return Ok(Staged::Done);
            }
        };
        check_rows(self.spec, &converted)?;
        let prints = unique::prints(self.spec, &converted);
        if prints.iter().any(|print| open.prints.contains(print) || under_way.contains(print)) {
            return Ok(Staged::Waits);
        }
        if let Some(taken) = self.found.take(self.spec, &pending.key, Some(&converted)) {
            self.stand(carried, answers, pending, taken, &converted);
            return Ok(Staged::Done);
        }
        if let Some(rule) = self.uniques.violated(&prints)? {
            let rule = &self.spec.unique[rule];
            let value = unique::shown(rule, &converted);
            self.reject(carried, answers, pending, &Rejection { reason: rule.reason, value });
            return Ok(Staged::Done);
        }
        if let Some((reason, value)) = self.must_exist(&converted) {
            self.reject(carried, answers, pending, &Rejection { reason, value });
            return Ok(Staged::Done);
        }
        let print = fingerprint::of(&pending.key);
        for (rule, value) in &prints {
            self.uniques.insert(*rule, *value)?;
        }
        open.prints.extend(&prints);
        open.keys.insert(print);
        open.waiting.push(Waiting { key: pending.key.clone(), print, links: links.to_vec(), row: at, prints });
        open.units.push(Unit { rows: converted });
        Ok(Staged::Done)
    }

    /// Writes the open units and takes in what became of them.
    fn flush(
        &mut self,
        target: &mut dyn Connection,
        open: &mut Open,
        answers: &mut Answers,
        carried: &mut Carried,
        rows: &[Pending],
    ) -> Result<Duration, RunError> {
        let began = Instant::now();
        let links = &self.links;
        std::mem::take(open).write(target, self.step, rows, carried, &mut |print, state, keys| {
            links.learn(answers, print, state, keys);
        })?;
        let freed = std::mem::take(&mut carried.freed);
        self.free(&freed);
        Ok(began.elapsed())
    }

    fn reject_or_find(
        &mut self,
        carried: &mut Carried,
        answers: &mut Answers,
        pending: &Pending,
        rejection: &Rejection,
    ) {
        match self.found.take(self.spec, &pending.key, None) {
            Some(taken @ Taken { standing: Standing::Row(_), .. }) => self.find(carried, answers, pending, taken),
            Some(Taken { standing: Standing::Several, .. }) | None => {
                self.reject(carried, answers, pending, rejection);
            }
        }
    }

    /// Settles a row for which something is in the target already.
    fn stand(
        &self,
        carried: &mut Carried,
        answers: &mut Answers,
        pending: &Pending,
        taken: Taken,
        converted: &[Option<Row>],
    ) {
        let role = taken.role;
        let identity = self.spec.targets[role].identity.as_ref();
        let several = identity.and_then(|identity| Some((&identity.columns, identity.several?)));
        match (&taken.standing, several) {
            (Standing::Row(_), _) => self.find(carried, answers, pending, taken),
            (Standing::Several, Some((columns, reason))) => {
                let value = unique::shown_of(columns, converted[role].as_ref());
                self.reject(carried, answers, pending, &Rejection { reason, value });
            }
            (Standing::Several, None) => unreachable!("only what has a reason for it can be several"),
        }
    }

    /// Returns the reason to reject a row for which there had to be one in the target, with what was looked for.
    fn must_exist(&self, converted: &[Option<Row>]) -> Option<(usize, Value)> {
        let mut targets = self.spec.targets.iter().zip(converted);
        targets.find_map(|(target, row)| {
            let columns = target.identity.as_ref().map_or(&[][..], |identity| &identity.columns);
            Some((target.existing?, unique::shown_of(columns, row.as_ref())))
        })
    }

    fn find(&self, carried: &mut Carried, answers: &mut Answers, pending: &Pending, taken: Taken) {
        let mut keys = vec![Value::Null; self.spec.targets.len()];
        if let Standing::Row(key) = &taken.standing {
            keys[taken.role] = key.clone();
        }
        self.links.learn(answers, fingerprint::of(&pending.key), State::Found, &keys);
        carried.counts.found += 1;
        carried.fingerprint = chain(carried.fingerprint, fingerprint::of(&keys));
        let roles = keys.into_iter().map(|key| (key, Value::Null)).collect();
        carried.entries.push(Entry { key: pending.key.clone(), state: State::Found, roles });
        carried.taken.push(taken);
    }

    fn reject(&self, carried: &mut Carried, answers: &mut Answers, pending: &Pending, rejection: &Rejection) {
        self.links.learn(answers, fingerprint::of(&pending.key), State::Rejected, &[]);
        let reason = &self.spec.reasons[rejection.reason];
        let reject = Reject {
            key: pending.key.clone(),
            column: reason.column.clone(),
            rule: reason.name.clone(),
            message: reason.message.clone(),
            value: rejection.value.clone(),
            line: reason.line,
        };
        carried.refuse(reject, self.spec);
    }
}

impl Open {
    /// Writes the units and takes in what became of them. Tells each row's outcome by the fingerprint of its key, with the
    /// new keys. Returns whether the target refused any.
    fn write(
        self,
        target: &mut dyn Connection,
        step: &dyn Step,
        rows: &[Pending],
        carried: &mut Carried,
        learn: &mut dyn FnMut(u128, State, &[Value]),
    ) -> Result<bool, RunError> {
        let mut refused_any = false;
        if self.units.is_empty() {
            return Ok(refused_any);
        }
        failpoint::hit("run.before_insert")?;
        let written = target.insert(&step.spec().targets, self.units).on(Side::Target)?;
        failpoint::hit("run.after_insert")?;
        for (waiting, written) in self.waiting.into_iter().zip(written) {
            match written {
                Written::Keys(keys, rows) => {
                    learn(waiting.print, State::Migrated, &keys);
                    migrated(carried, waiting, keys, &rows);
                }
                Written::Refused(violation) => {
                    learn(waiting.print, State::Rejected, &[]);
                    refused_any = true;
                    let row = &rows[waiting.row].row;
                    carried.refuse(refused(step, waiting.key, row, &waiting.links, &violation), step.spec());
                    carried.freed.extend(waiting.prints);
                }
            }
        }
        Ok(refused_any)
    }
}

impl Prepared {
    /// Returns what the batch has laid claim to.
    pub(crate) fn claims(&self) -> Claims {
        let prints = self.open.waiting.iter().flat_map(|waiting| waiting.prints.iter().copied());
        Claims { prints: prints.collect(), taken: self.carried.taken.clone() }
    }

    /// Writes the batch within the open transaction. Returns none if the target refuses a row: that may depend on rows of
    /// batches that are not committed yet.
    pub(crate) fn write(
        self,
        target: &mut dyn Connection,
        step: &dyn Step,
        rows: &[Pending],
    ) -> Result<Option<Carried>, RunError> {
        let mut carried = self.carried;
        let refused = self.open.write(target, step, rows, &mut carried, &mut |_, _, _| ())?;
        Ok((!refused).then_some(carried))
    }
}

/// Describes a row that a constraint of the target refused. The row is converted once more for the value: this path is
/// rare, and keeping a copy of every row is not.
fn refused(step: &dyn Step, key: Key, row: &Row, links: &[Link], violation: &Violation) -> Reject {
    let converted = step.convert(row, links, &mut Random).unwrap_or_default();
    let named = step.spec().targets.iter().zip(converted.iter().flatten()).find_map(|(target, row)| {
        let mut columns = target.columns.iter().zip(row).filter(|_| target.table == violation.table);
        columns.find(|(column, _)| violation.columns.contains(&column.name))
    });
    let (rule, what) = violated(violation.kind);
    Reject {
        key,
        column: named.map_or(violation.constraint.clone(), |(column, _)| column.name.clone()),
        rule: rule.to_string(),
        message: format!("table {} refuses the row: {what} {}", violation.table, violation.constraint),
        value: named.map_or(Value::Null, |(_, value)| value.clone()),
        line: named.map_or(0, |(column, _)| column.line),
    }
}

impl Carried {
    /// Takes in a rejected row.
    pub(crate) fn refuse(&mut self, reject: Reject, spec: &StepSpec) {
        self.counts.rejected += 1;
        self.fingerprint = chain(self.fingerprint, fingerprint::of(&reject.key));
        let roles = vec![(Value::Null, Value::Null); spec.targets.len()];
        self.entries.push(Entry { key: reject.key.clone(), state: State::Rejected, roles });
        self.rejects.push(reject);
    }
}

impl Reject {
    /// Returns the row of the reject table.
    pub(crate) fn into_row(self, map: &str, run: i64) -> Row {
        // Not every database keeps the character 0 in a text.
        let value =
            if self.value.is_null() { Value::Null } else { Value::Text(self.value.to_string().replace('\0', "\\0")) };
        let texts = [map.to_string(), key_text(&self.key), self.column, self.rule, self.message];
        let mut row: Row = texts.into_iter().map(Value::Text).collect();
        row.extend([value, Value::Integer(self.line.into()), Value::Integer(run.into())]);
        row
    }
}

fn migrated(carried: &mut Carried, waiting: Waiting, keys: Vec<Value>, rows: &[Option<Row>]) {
    let prints: Vec<Option<u128>> = rows.iter().map(|row| row.as_ref().map(fingerprint::of)).collect();
    for print in prints.iter().flatten() {
        carried.fingerprint = chain(carried.fingerprint, *print);
    }
    let written = |print: Option<u128>| print.map_or(Value::Null, |print| Value::Text(hex(print)));
    let roles = keys.into_iter().zip(prints).map(|(key, print)| (key, written(print))).collect();
    carried.counts.migrated += 1;
    carried.entries.push(Entry { key: waiting.key, state: State::Migrated, roles });
}

/// Returns the name of the reason and the words for a kind of constraint.
pub(crate) fn violated(kind: ViolationKind) -> (&'static str, &'static str) {
    match kind {
        ViolationKind::Unique => ("target_unique", "its value is there already in"),
        ViolationKind::Check => ("target_check", "it violates the check"),
        ViolationKind::NotNull => ("target_not_null", "it has no value for"),
        ViolationKind::ForeignKey => ("target_foreign_key", "it refers to a row that is not there:"),
    }
}

/// The keys that a row refers to.
type Asked = Result<Vec<Option<Key>>, Rejection>;

fn check_links(spec: &StepSpec, asked: &[Asked]) -> Result<(), RunError> {
    let wrong = asked.iter().flatten().find(|keys| keys.len() != spec.links.len());
    wrong.map_or(Ok(()), |keys| {
        let detail = format!("{} link keys were given for {} links", keys.len(), spec.links.len());
        Err(RunError::BrokenStep { map: spec.name.clone(), detail })
    })
}

pub(crate) fn check_rows(spec: &StepSpec, rows: &[Option<Row>]) -> Result<(), RunError> {
    let fits = rows.len() == spec.targets.len()
        && rows.iter().zip(&spec.targets).all(|(row, target)| match row {
            Some(row) => row.len() == target.columns.len(),
            None => target.conditional,
        });
    if fits {
        return Ok(());
    }
    let detail = "a converted row has not the columns that its target declares".to_string();
    Err(RunError::BrokenStep { map: spec.name.clone(), detail })
}

/// Makes random UUIDs.
pub(crate) struct Random;

impl Generator for Random {
    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }
}
