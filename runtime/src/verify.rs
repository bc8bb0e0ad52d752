//! Compares both databases through the mapping, in both directions: each legacy row is converted again and compared
//! with what the target holds, and each target row must stem from a legacy row. What deviates is looked at again some
//! time later, so that rows which are just being changed are not reported. Writes nothing.

use crate::connection::Connection;
use crate::entries::{self, CHUNK, Detail, Entry, State};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap};
use crate::found::and_unclaimed;
use crate::links::{Links, folded};
use crate::observer::Observer;
use crate::report::{Deviation, DeviationKind, VerifiedStep, VerifyReport};
use crate::scan;
use crate::statements::{KeyColumn, KeyRange, Order, Sql, Statement, column};
use crate::step::{Generator, Source, Step, StepSpec, TargetColumn, TargetSpec};
use crate::suspects::Suspects;
use crate::value::{Key, Row, Value};
use crate::walk::{Stretch, Walk};
use crate::world;
use ahead::{Enough, Loaded};
use std::time::{Duration, Instant};

mod ahead;

/// What the operator chooses for a comparison.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Rows that are compared together.
    pub batch: usize,
    /// How many deviations the report keeps; all are counted, and the observer hears of each.
    pub keep: usize,
    /// The maps to compare; none means all.
    pub maps: Option<Vec<String>>,
    /// Kinds of deviations that are none: they are neither reported nor counted.
    pub ignore: Vec<DeviationKind>,
    /// A row that deviates is looked at again no earlier than this after the first look, and reported if it deviates still.
    pub settle: Duration,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        let settle = Duration::from_secs(2);
        VerifyOptions { batch: 5000, keep: 10_000, maps: None, ignore: Vec::new(), settle }
    }
}

/// Compares everything that the steps have carried, each side in one state, and looks at deviations for a second time, in
/// another state of both.
pub fn verify(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &VerifyOptions,
    observer: &mut dyn Observer,
) -> Result<VerifyReport, RunError> {
    world::check_maps(steps, options.maps.as_deref().unwrap_or_default())?;
    world::check_schema(legacy, target, steps)?;
    let mut sides = Sides { legacy, target, taken: Instant::now() };
    let mut sink = Sink {
        report: VerifyReport::default(),
        observer,
        keep: options.keep,
        ignore: &options.ignore,
        suspects: Suspects::default(),
        seen_again: None,
    };
    let result = sides.read_anew().and_then(|()| all_steps(&mut sides, steps, options, &mut sink));
    let result = result.and_then(|()| crate::load::taken_off(sides.target));
    sides.end();
    result.map(|taken_off| VerifyReport { taken_off, ..sink.report })
}

fn all_steps(
    sides: &mut Sides<'_>,
    steps: &[Box<dyn Step>],
    options: &VerifyOptions,
    sink: &mut Sink<'_>,
) -> Result<(), RunError> {
    for step in steps {
        let spec = step.spec();
        if options.maps.as_ref().is_some_and(|maps| !maps.contains(&spec.name)) {
            continue;
        }
        sink.report.steps.push(VerifiedStep { map: spec.name.clone(), ..VerifiedStep::default() });
        sink.observer.step_started(&spec.name, scan::count(sides.legacy, spec)?);
        let links = Links::load(sides.target, spec, steps)?;
        let begun = begun(sides.target, steps)?;
        let mut comparison = Comparison { sides, step: step.as_ref(), spec, steps, begun, links, options, sink };
        comparison.rows()?;
        if !options.ignore.contains(&DeviationKind::TargetOnly) {
            comparison.target_only()?;
        }
        comparison.look_again()?;
        let Sink { report, observer, .. } = &mut *sink;
        report.steps.last().into_iter().for_each(|step| observer.step_verified(step));
    }
    Ok(())
}

/// Returns the steps that have a map table: one that has never run has none.
pub(crate) fn begun<'s>(
    target: &mut dyn Connection,
    steps: &'s [Box<dyn Step>],
) -> Result<Vec<&'s StepSpec>, RunError> {
    let mut begun = Vec::with_capacity(steps.len());
    for spec in steps.iter().map(|step| step.spec()) {
        if target.columns(&spec.map_table).on(Side::Target)?.is_some() {
            begun.push(spec);
        }
    }
    Ok(begun)
}

/// Both databases, each read in one state.
struct Sides<'c> {
    legacy: &'c mut dyn Connection,
    target: &'c mut dyn Connection,
    /// When the states were taken.
    taken: Instant,
}

impl Sides<'_> {
    /// Reads the present states from now on.
    fn read_anew(&mut self) -> Result<(), RunError> {
        self.end();
        self.legacy.begin_read().on(Side::Legacy)?;
        self.target.begin_read().on(Side::Target)?;
        self.taken = Instant::now();
        Ok(())
    }

    fn end(&mut self) {
        // Nothing was written, so nothing is lost if one of these fails.
        let _ = (self.legacy.abort(), self.target.abort());
    }
}

/// Where deviations go.
struct Sink<'a> {
    report: VerifyReport,
    observer: &'a mut dyn Observer,
    keep: usize,
    ignore: &'a [DeviationKind],
    /// What the first look has found.
    suspects: Suspects,
    /// What the second look has found of it, by place; none while it is the first.
    seen_again: Option<Vec<(usize, Deviation)>>,
}

impl Sink<'_> {
    /// Takes in a deviation; `role` is the index of the role of a row that stems from no legacy row.
    fn take(&mut self, deviation: Deviation, role: Option<usize>) {
        if self.ignore.contains(&deviation.kind) {
            return;
        }
        match &mut self.seen_again {
            None => self.suspects.add(&deviation, role),
            Some(seen) => seen.extend(self.suspects.place(&deviation).map(|place| (place, deviation))),
        }
    }

    /// Reports what was seen twice, in the order in which it was seen first.
    fn report(&mut self) {
        let mut seen = self.seen_again.take().unwrap_or_default();
        seen.sort_by_key(|(place, _)| *place);
        for (_, deviation) in seen {
            self.observer.deviation(&deviation);
            self.report.total += 1;
            self.step().deviations += 1;
            if self.report.deviations.len() < self.keep {
                self.report.deviations.push(deviation);
            }
        }
    }

    fn step(&mut self) -> &mut VerifiedStep {
        self.report.steps.last_mut().expect("a step is pushed before it is compared")
    }
}

/// One step under comparison.
struct Comparison<'c, 'o, 'd, 's> {
    sides: &'c mut Sides<'d>,
    step: &'s dyn Step,
    spec: &'s StepSpec,
    steps: &'s [Box<dyn Step>],
    /// The steps that have a map table.
    begun: Vec<&'s StepSpec>,
    links: Links<'s>,
    options: &'c VerifyOptions,
    sink: &'c mut Sink<'o>,
}

impl Comparison<'_, '_, '_, '_> {
    fn carried(&self) -> bool {
        self.begun.iter().any(|begun| begun.name == self.spec.name)
    }

    /// Goes through the legacy rows in key order, and through the entries of the same range.
    fn rows(&mut self) -> Result<(), RunError> {
        let same_order = scan::same_order(self.spec, self.sides.legacy, self.sides.target);
        let mut walk = Walk::new(self.step, self.carried(), self.options.batch, same_order).without_prints();
        while walk.has_rows() {
            self.rows_ahead(&mut walk)?;
            self.look_again_if_full()?;
        }
        while let Some(stretch) = walk.next(self.sides.target, |_, _| Ok(Vec::new()))? {
            let loaded = Loaded::load(self.sides.target, self.step, &self.links, stretch)?;
            compare(self.step, &self.links, loaded, self.sink);
            self.look_again_if_full()?;
        }
        Ok(())
    }

    /// Goes through legacy rows until there are no more or it is time to look again.
    fn rows_ahead(&mut self, walk: &mut Walk<'_>) -> Result<(), RunError> {
        let Comparison { sides, step, spec, links, options, sink, .. } = self;
        let mut compare = |loaded: Loaded| {
            let (rows, verified) = (loaded.rows, sink.step());
            verified.in_scope += loaded.in_scope;
            verified.rejected += loaded.rejected;
            verified.compared += loaded.pairs.len() as u64;
            compare(*step, links, loaded, sink);
            sink.observer.rows_passed(&spec.name, rows);
            if sink.suspects.is_full() { Enough::Yes } else { Enough::No }
        };
        let way = (walk, options.batch.max(1));
        ahead::ahead(sides.legacy, sides.target, (*step, links), way, &mut compare)
    }

    fn look_again_if_full(&mut self) -> Result<(), RunError> {
        if self.sink.suspects.is_full() { self.look_again() } else { Ok(()) }
    }

    /// Looks at all suspects for the second time, in the states that the databases have later.
    fn look_again(&mut self) -> Result<(), RunError> {
        if self.sink.suspects.is_empty() {
            return Ok(());
        }
        // Nobody who writes is to wait for this. A first look that took long enough counts as the wait.
        self.sides.end();
        std::thread::sleep(self.options.settle.saturating_sub(self.sides.taken.elapsed()));
        self.sides.read_anew()?;
        self.begun = begun(self.sides.target, self.steps)?;
        self.links = Links::load(self.sides.target, self.spec, self.steps)?;
        self.sink.seen_again = Some(Vec::new());
        let keys = std::mem::take(&mut self.sink.suspects.keys);
        for some in keys.chunks(self.options.batch.max(1)) {
            let some: Vec<&Key> = some.iter().collect();
            let page = scan::of_keys(self.sides.legacy, self.spec, &some)?;
            let entries = match self.carried() {
                true => entries::of_keys(self.sides.target, self.spec, &some, Detail::Keys)?,
                false => Vec::new(),
            };
            let stretch = Stretch::of(self.step, page, entries);
            let loaded = Loaded::load(self.sides.target, self.step, &self.links, stretch)?;
            compare(self.step, &self.links, loaded, self.sink);
        }
        let born = std::mem::take(&mut self.sink.suspects.born);
        for (at, _) in self.spec.targets.iter().enumerate() {
            let own = born.iter().filter(|(role, _)| *role == at).map(|(_, key)| vec![key.clone()]);
            for some in own.collect::<Vec<Key>>().chunks(CHUNK) {
                self.unclaimed(at, Which::These(some))?;
            }
        }
        self.sink.report();
        self.sink.suspects = Suspects::default();
        Ok(())
    }

    /// Rows of the step's tables that no entry claims.
    fn target_only(&mut self) -> Result<(), RunError> {
        for (at, role) in self.spec.targets.iter().enumerate() {
            // Rows that must be there anyhow may be there for other reasons; of two targets that cannot be told apart
            // one is asked about.
            if role.existing.is_some() || self.spec.targets[..at].iter().any(|other| alike(other, role)) {
                continue;
            }
            let mut after: Option<Key> = None;
            loop {
                let last = self.unclaimed(at, Which::After(after.as_ref()))?;
                self.look_again_if_full()?;
                if last.is_none() || last == after {
                    break;
                }
                after = last;
            }
        }
        Ok(())
    }

    /// Asks for some rows that no entry claims. Returns the key of the last one if there may be more.
    fn unclaimed(&mut self, at: usize, which: Which<'_>) -> Result<Option<Key>, RunError> {
        let role = &self.spec.targets[at];
        let statement = target_only_query(self.sides.target, role, &self.begun, which);
        let rows = entries::rows(self.sides.target, &statement).on(Side::Target)?;
        let last = rows.last().filter(|_| rows.len() == PAGE).map(|row| vec![row[0].clone()]);
        for mut row in rows {
            let identity = identity_column(role).and_then(|_| row.pop());
            let deviation = Deviation {
                role: Some(role.role.clone()),
                table: role.table.clone(),
                target_key: row.pop(),
                column: identity_column(role).map(|column| column.name.clone()),
                found: identity,
                ..blank(self.spec, DeviationKind::TargetOnly)
            };
            self.sink.take(deviation, Some(at));
        }
        Ok(last)
    }
}

/// Compares rows with what became of them.
fn compare(step: &dyn Step, links: &Links<'_>, loaded: Loaded, sink: &mut Sink<'_>) {
    let (spec, Loaded { new, gone, pairs, asked, present, .. }) = (step.spec(), loaded);
    for key in new {
        sink.take(Deviation { legacy_key: Some(key), ..blank(spec, DeviationKind::Missing) }, None);
    }
    gone.iter().for_each(|entry| legacy_gone(sink, spec, entry));
    let mut nothing = Nothing;
    let converted = asked.convert(step, links, &pairs, &mut nothing);
    for ((_, entry), converted) in pairs.iter().zip(converted) {
        if let (Err(rejection), State::Migrated) = (&converted, entry.state) {
            let mut deviation = about(spec, entry, DeviationKind::NoLongerConverts);
            deviation.column = Some(spec.reasons[rejection.reason].name.clone());
            deviation.found = Some(rejection.value.clone());
            sink.take(deviation, None);
        }
        for (at, present) in present.iter().enumerate() {
            let expected = converted.as_ref().ok().map(|rows| rows[at].as_ref());
            compare_role(spec, (entry, at), expected, present, sink);
        }
    }
}

/// What is generated is not compared.
struct Nothing;

impl Generator for Nothing {
    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

/// Compares what a legacy row became in one target. `expected` is none if the row does not convert any more, and
/// within it none if the target's condition does not hold.
fn compare_role(
    spec: &StepSpec,
    (entry, at): (&Entry, usize),
    expected: Option<Option<&Row>>,
    present: &PrintMap<Row>,
    sink: &mut Sink<'_>,
) {
    let (role, key) = (&spec.targets[at], &entry.roles[at].0);
    let of_role = |deviation: Deviation| Deviation {
        role: Some(role.role.clone()),
        table: role.table.clone(),
        target_key: Some(key.clone()).filter(|key| !key.is_null()),
        ..deviation
    };
    if key.is_null() {
        // A row that was found has a key in one role only.
        if entry.state == State::Migrated && expected.flatten().is_some() {
            sink.take(of_role(about(spec, entry, DeviationKind::NotWritten)), None);
        }
        return;
    }
    let Some(row) = present.get(&fingerprint::of([key])) else {
        sink.take(of_role(about(spec, entry, DeviationKind::Lost)), None);
        return;
    };
    let Some(expected) = expected else { return };
    let Some(expected) = expected else {
        sink.take(of_role(about(spec, entry, DeviationKind::Superfluous)), None);
        return;
    };
    for (place, ((column, expected), found)) in role.columns.iter().zip(expected).zip(row).enumerate() {
        let Some(expected) = expected_value(column, expected, entry) else { continue };
        if !fingerprint::same(expected, found) && !recognised(role, place, entry, expected, found) {
            let deviation = Deviation {
                column: Some(column.name.clone()),
                expected: Some(expected.clone()),
                found: Some(found.clone()),
                ..of_role(about(spec, entry, DeviationKind::Differs))
            };
            sink.take(deviation, None);
        }
    }
}

/// How many rows that no entry claims are asked for at once.
const PAGE: usize = 20_000;

/// Which rows that no entry claims.
#[derive(Clone, Copy)]
enum Which<'k> {
    /// The next ones after a key.
    After(Option<&'k Key>),
    /// Those with these keys.
    These(&'k [Key]),
}

/// Returns what a column must hold; none if it is not compared.
fn expected_value<'v>(column: &TargetColumn, converted: &'v Value, entry: &'v Entry) -> Option<&'v Value> {
    match &column.source {
        Source::Converted | Source::Constant(_) | Source::Link(_) => Some(converted),
        Source::Generated => None,
        // A row that was found has no siblings of ours.
        Source::Sibling(role) => Some(&entry.roles[*role].0).filter(|_| entry.state == State::Migrated),
    }
}

/// A row that was found by a folded comparison may be spelled otherwise.
fn recognised(role: &TargetSpec, place: usize, entry: &Entry, expected: &Value, found: &Value) -> bool {
    let folds = role.identity.as_ref().is_some_and(|identity| identity.columns.contains(&(place, true)));
    entry.state == State::Found && folds && folded(expected.clone(), true) == folded(found.clone(), true)
}

/// The first column by which rows are recognised; it tells the operator most about a row.
fn identity_column(role: &TargetSpec) -> Option<&TargetColumn> {
    role.identity.as_ref()?.columns.first().map(|(place, _)| &role.columns[*place])
}

/// Whether two targets write rows of one table that look alike.
fn alike(left: &TargetSpec, right: &TargetSpec) -> bool {
    let constants = |role: &TargetSpec| {
        let columns = role.columns.iter().map(|column| (column.name.clone(), column.source.clone()));
        columns.filter(|(_, source)| matches!(source, Source::Constant(_))).collect::<Vec<_>>()
    };
    left.table == right.table && constants(left) == constants(right)
}

fn target_only_query(
    target: &mut dyn Connection,
    role: &TargetSpec,
    claims: &[&StepSpec],
    which: Which<'_>,
) -> Statement {
    let dialect = target.dialect();
    let key = KeyColumn { expression: column(dialect, "t", &role.key.column), kind: role.key.kind };
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.result(&key.expression, key.kind);
    if let Some(identity) = identity_column(role) {
        sql.result(&column(dialect, "t", &identity.name), identity.kind);
    }
    sql.push(" FROM ").name(&role.table).push(" AS ").name("t").push(" WHERE 1 = 1");
    for target in &role.columns {
        let expression = column(dialect, "t", &target.name);
        match &target.source {
            Source::Constant(Value::Null) => sql.push(&format!(" AND {expression} IS NULL")),
            Source::Constant(value) => {
                let column = KeyColumn { expression, kind: target.kind };
                sql.push(" AND ").equal(&[column], std::slice::from_ref(value))
            }
            Source::Converted | Source::Link(_) | Source::Generated | Source::Sibling(_) => &mut sql,
        };
    }
    and_unclaimed(&mut sql, dialect, role, claims.iter().copied());
    let key = [key];
    match which {
        Which::After(after) => sql.and_range(&key, KeyRange { after, ..KeyRange::default() }),
        Which::These(keys) => sql.push(" AND ").among(&key, &keys.iter().collect::<Vec<_>>()),
    };
    sql.ordered(&key, Order::Ascending, Some(PAGE));
    sql.done()
}

fn legacy_gone(sink: &mut Sink<'_>, spec: &StepSpec, entry: &Entry) {
    if entry.state == State::Rejected {
        return;
    }
    let role = entry.roles.iter().position(|(key, _)| !key.is_null()).unwrap_or(0);
    let deviation = Deviation {
        role: Some(spec.targets[role].role.clone()),
        table: spec.targets[role].table.clone(),
        target_key: Some(entry.roles[role].0.clone()),
        ..about(spec, entry, DeviationKind::LegacyGone)
    };
    sink.take(deviation, None);
}

fn about(spec: &StepSpec, entry: &Entry, kind: DeviationKind) -> Deviation {
    Deviation { legacy_key: Some(entry.key.clone()), ..blank(spec, kind) }
}

fn blank(spec: &StepSpec, kind: DeviationKind) -> Deviation {
    let side = match kind {
        DeviationKind::Missing | DeviationKind::Lost | DeviationKind::NoLongerConverts => Side::Legacy,
        DeviationKind::NotWritten => Side::Legacy,
        DeviationKind::Differs | DeviationKind::LegacyGone | DeviationKind::TargetOnly => Side::Target,
        DeviationKind::Superfluous => Side::Target,
    };
    Deviation {
        kind,
        side,
        map: spec.name.clone(),
        role: None,
        table: spec.read.table.clone(),
        legacy_key: None,
        target_key: None,
        column: None,
        expected: None,
        found: None,
    }
}
