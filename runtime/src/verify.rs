//! Compares both databases through the mapping, in both directions: each legacy row is converted again and compared
//! with what the target holds, and each target row must stem from a legacy row. Writes nothing.

use crate::connection::Connection;
use crate::entries::{Entry, State};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap};
use crate::found::and_unclaimed;
use crate::links::{Links, folded};
use crate::observer::Observer;
use crate::report::{Deviation, DeviationKind, VerifiedStep, VerifyReport};
use crate::scan;
use crate::statements::{KeyColumn, Order, Sql, Statement, column};
use crate::step::{Source, Step, StepSpec, TargetColumn, TargetSpec};
use crate::value::{Row, Value};
use crate::walk::{self, Stretch, Walk};
use crate::{target_rows, world};

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
}

impl Default for VerifyOptions {
    fn default() -> Self {
        VerifyOptions { batch: 5000, keep: 10_000, maps: None, ignore: Vec::new() }
    }
}

/// Compares everything that the steps have carried, each side in one state.
pub fn verify(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &VerifyOptions,
    observer: &mut dyn Observer,
) -> Result<VerifyReport, RunError> {
    world::check_maps(steps, options.maps.as_deref().unwrap_or_default())?;
    world::check_schema(legacy, target, steps)?;
    legacy.begin_read().on(Side::Legacy)?;
    if let Err(error) = target.begin_read().on(Side::Target) {
        // The first error is the one that counts.
        let _ = legacy.abort();
        return Err(error);
    }
    let mut sink = Sink { report: VerifyReport::default(), observer, keep: options.keep, ignore: &options.ignore };
    let result = all_steps(legacy, target, steps, options, &mut sink);
    // Nothing was written, so nothing is lost if one of these fails.
    let _ = (legacy.abort(), target.abort());
    result.map(|()| sink.report)
}

fn all_steps(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &VerifyOptions,
    sink: &mut Sink<'_>,
) -> Result<(), RunError> {
    // A step that has never run has no map table.
    let mut begun = Vec::with_capacity(steps.len());
    for step in steps {
        begun.push(target.columns(&step.spec().map_table).on(Side::Target)?.is_some());
    }
    for (step, carried) in steps.iter().zip(&begun) {
        let spec = step.spec();
        if options.maps.as_ref().is_some_and(|maps| !maps.contains(&spec.name)) {
            continue;
        }
        sink.report.steps.push(VerifiedStep { map: spec.name.clone(), ..VerifiedStep::default() });
        sink.observer.step_started(&spec.name, scan::count(legacy, spec)?);
        let links = Links::load(target, spec, steps)?;
        let step = step.as_ref();
        let mut comparison = Comparison { legacy, target, step, spec, links, sink };
        comparison.rows(Walk::new(step, *carried, options.batch))?;
        let claims = steps.iter().zip(&begun).filter(|(_, begun)| **begun).map(|(step, _)| step.spec());
        let claims: Vec<&StepSpec> = claims.collect();
        if !options.ignore.contains(&DeviationKind::TargetOnly) {
            comparison.target_only(&claims)?;
        }
        let Sink { report, observer, .. } = &mut *sink;
        report.steps.last().into_iter().for_each(|step| observer.step_verified(step));
    }
    Ok(())
}

/// Where deviations go.
struct Sink<'a> {
    report: VerifyReport,
    observer: &'a mut dyn Observer,
    keep: usize,
    ignore: &'a [DeviationKind],
}

impl Sink<'_> {
    fn take(&mut self, deviation: Deviation) {
        if self.ignore.contains(&deviation.kind) {
            return;
        }
        self.observer.deviation(&deviation);
        self.report.total += 1;
        self.step().deviations += 1;
        if self.report.deviations.len() < self.keep {
            self.report.deviations.push(deviation);
        }
    }

    fn step(&mut self) -> &mut VerifiedStep {
        self.report.steps.last_mut().expect("a step is pushed before it is compared")
    }
}

/// One step under comparison.
struct Comparison<'c, 'o, 's> {
    legacy: &'c mut dyn Connection,
    target: &'c mut dyn Connection,
    step: &'s dyn Step,
    spec: &'s StepSpec,
    links: Links<'s>,
    sink: &'c mut Sink<'o>,
}

impl Comparison<'_, '_, '_> {
    /// Goes through the legacy rows in key order, and through the entries of the same range.
    fn rows(&mut self, mut walk: Walk<'_>) -> Result<(), RunError> {
        while let Some(stretch) = walk.next(self.legacy, self.target)? {
            let rows = stretch.rows;
            self.stretch(stretch)?;
            self.sink.observer.rows_passed(&self.spec.name, rows);
        }
        Ok(())
    }

    fn stretch(&mut self, stretch: Stretch) -> Result<(), RunError> {
        self.sink.step().in_scope += stretch.in_scope();
        for key in stretch.new {
            self.sink.take(Deviation { legacy_key: Some(key), ..blank(self.spec, DeviationKind::Missing) });
        }
        let (rejected, pairs): (Vec<_>, Vec<_>) =
            stretch.pairs.into_iter().partition(|(_, entry)| entry.state == State::Rejected);
        self.sink.step().rejected += rejected.len() as u64;
        stretch.gone.iter().for_each(|entry| legacy_gone(self.sink, self.spec, entry));
        self.compare(&pairs)
    }

    /// Compares rows with what became of them.
    fn compare(&mut self, pairs: &[(Row, Entry)]) -> Result<(), RunError> {
        self.sink.step().compared += pairs.len() as u64;
        let converted = walk::convert(self.target, self.step, &self.links, pairs)?;
        let mut present = Vec::with_capacity(self.spec.targets.len());
        for (at, role) in self.spec.targets.iter().enumerate() {
            let keys = pairs.iter().map(|(_, entry)| &entry.roles[at].0);
            present.push(target_rows::of_keys(self.target, role, keys)?);
        }
        for ((_, entry), converted) in pairs.iter().zip(converted) {
            if let (Err(rejection), State::Migrated) = (&converted, entry.state) {
                let mut deviation = about(self.spec, entry, DeviationKind::NoLongerConverts);
                deviation.column = Some(self.spec.reasons[rejection.reason].name.clone());
                deviation.found = Some(rejection.value.clone());
                self.sink.take(deviation);
            }
            for (at, present) in present.iter().enumerate() {
                let expected = converted.as_ref().ok().map(|rows| rows[at].as_ref());
                self.role(entry, at, expected, present);
            }
        }
        Ok(())
    }

    /// Compares what a legacy row became in one target. `expected` is none if the row does not convert any more, and
    /// within it none if the target's condition does not hold.
    fn role(&mut self, entry: &Entry, at: usize, expected: Option<Option<&Row>>, present: &PrintMap<Row>) {
        let (role, key) = (&self.spec.targets[at], &entry.roles[at].0);
        let of_role = |deviation: Deviation| Deviation {
            role: Some(role.role.clone()),
            table: role.table.clone(),
            target_key: Some(key.clone()).filter(|key| !key.is_null()),
            ..deviation
        };
        if key.is_null() {
            // A row that was found has a key in one role only.
            if entry.state == State::Migrated && expected.flatten().is_some() {
                self.sink.take(of_role(about(self.spec, entry, DeviationKind::NotWritten)));
            }
            return;
        }
        let Some(row) = present.get(&fingerprint::of([key])) else {
            self.sink.take(of_role(about(self.spec, entry, DeviationKind::Lost)));
            return;
        };
        let Some(expected) = expected else { return };
        let Some(expected) = expected else {
            self.sink.take(of_role(about(self.spec, entry, DeviationKind::Superfluous)));
            return;
        };
        for (place, ((column, expected), found)) in role.columns.iter().zip(expected).zip(row).enumerate() {
            let Some(expected) = expected_value(column, expected, entry) else { continue };
            if !fingerprint::same(expected, found) && !recognised(role, place, entry, expected, found) {
                self.sink.take(Deviation {
                    column: Some(column.name.clone()),
                    expected: Some(expected.clone()),
                    found: Some(found.clone()),
                    ..of_role(about(self.spec, entry, DeviationKind::Differs))
                });
            }
        }
    }

    /// Rows of the step's tables that no entry claims.
    fn target_only(&mut self, claims: &[&StepSpec]) -> Result<(), RunError> {
        for (at, role) in self.spec.targets.iter().enumerate() {
            // Rows that must be there anyhow may be there for other reasons; of two targets that cannot be told apart
            // one is asked about.
            if role.existing.is_some() || self.spec.targets[..at].iter().any(|other| alike(other, role)) {
                continue;
            }
            let statement = target_only_query(self.target, role, claims);
            let (sink, spec) = (&mut *self.sink, self.spec);
            let mut each = |mut row: Row| {
                let identity = identity_column(role).and_then(|_| row.pop());
                sink.take(Deviation {
                    role: Some(role.role.clone()),
                    table: role.table.clone(),
                    target_key: row.pop(),
                    column: identity_column(role).map(|column| column.name.clone()),
                    found: identity,
                    ..blank(spec, DeviationKind::TargetOnly)
                });
                Ok(())
            };
            self.target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
        }
        Ok(())
    }
}

/// Returns what a column must hold; none if it is not compared.
fn expected_value<'v>(column: &TargetColumn, converted: &'v Value, entry: &'v Entry) -> Option<&'v Value> {
    match &column.source {
        Source::Converted | Source::Constant(_) => Some(converted),
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

fn target_only_query(target: &mut dyn Connection, role: &TargetSpec, claims: &[&StepSpec]) -> Statement {
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
            Source::Converted | Source::Generated | Source::Sibling(_) => &mut sql,
        };
    }
    and_unclaimed(&mut sql, dialect, role, claims.iter().copied());
    sql.ordered(&[key], Order::Ascending, None);
    sql.done()
}

fn legacy_gone(sink: &mut Sink<'_>, spec: &StepSpec, entry: &Entry) {
    if entry.state == State::Rejected {
        return;
    }
    let role = entry.roles.iter().position(|(key, _)| !key.is_null()).unwrap_or(0);
    sink.take(Deviation {
        role: Some(spec.targets[role].role.clone()),
        table: spec.targets[role].table.clone(),
        target_key: Some(entry.roles[role].0.clone()),
        ..about(spec, entry, DeviationKind::LegacyGone)
    });
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
