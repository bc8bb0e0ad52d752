//! Rows that were in the target before cutover came: they carry the legacy key, or the values by which the map
//! recognises its rows, and no map has an entry for them. They are remembered, and never touched.

use crate::connection::Connection;
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap};
use crate::links::folded;
use crate::statements::{KeyColumn, Order, Sql, Statement, column};
use crate::step::{IdentitySpec, Step, StepSpec, TargetSpec};
use crate::value::{Key, Row, Value};

/// The rows of a step's tables that no entry claims, by target and fingerprint of their identity.
pub(crate) struct FoundRows {
    roles: Vec<PrintMap<Standing>>,
}

/// What stands for one legacy row.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// Index of the target.
    pub(crate) role: usize,
    print: u128,
    pub(crate) standing: Standing,
}

/// What stands for a legacy row already.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Standing {
    /// The row with this key.
    Row(Value),
    /// Several rows, so that nobody can tell.
    Several,
}

impl FoundRows {
    /// Loads the unclaimed rows of all targets that have an identity column. All steps must have a map table.
    pub(crate) fn load(
        target: &mut dyn Connection,
        spec: &StepSpec,
        steps: &[Box<dyn Step>],
    ) -> Result<FoundRows, RunError> {
        FoundRows::beside(target, spec, &steps.iter().map(|step| step.spec()).collect::<Vec<_>>())
    }

    /// Loads the rows that none of the steps with a map table, `begun`, has claimed.
    pub(crate) fn beside(
        target: &mut dyn Connection,
        spec: &StepSpec,
        begun: &[&StepSpec],
    ) -> Result<FoundRows, RunError> {
        let mut roles = Vec::with_capacity(spec.targets.len());
        for role in &spec.targets {
            roles.push(load_role(target, role, begun)?);
        }
        Ok(FoundRows { roles })
    }

    /// Returns what stands for a legacy row already. `rows` is what it would become, if it converts. A row of the target
    /// is given once: it cannot stand for another legacy row.
    pub(crate) fn take(&mut self, spec: &StepSpec, key: &Key, rows: Option<&[Option<Row>]>) -> Option<Taken> {
        self.roles.iter_mut().enumerate().find_map(|(role, present)| {
            let identity = spec.targets[role].identity.as_ref().filter(|_| !present.is_empty())?;
            let print = print(identity, rows.map(|rows| rows[role].as_ref()), key)?;
            let standing = match present.get(&print)? {
                Standing::Several => Standing::Several,
                Standing::Row(_) => present.remove(&print)?,
            };
            Some(Taken { role, print, standing })
        })
    }

    /// Puts back what was taken, for the next one who asks.
    pub(crate) fn put_back(&mut self, taken: Taken) {
        self.roles[taken.role].insert(taken.print, taken.standing);
    }
}

/// Returns the fingerprint by which a legacy row is recognised: by what it becomes, or by its key where that is what
/// the target remembers. `row` is none if it does not convert.
fn print(identity: &IdentitySpec, row: Option<Option<&Row>>, key: &Key) -> Option<u128> {
    match (row, identity.columns.as_slice(), key.as_slice()) {
        (Some(row), columns, _) => print_of(columns, row?, |column| column),
        (None, [_], [value]) if identity.several.is_none() => Some(fingerprint::of([value])),
        (None, ..) => None,
    }
}

/// Null is like nothing else.
fn print_of(columns: &[(usize, bool)], row: &Row, place: impl Fn(usize) -> usize) -> Option<u128> {
    let values = columns.iter().map(|(column, folds)| folded(row[place(*column)].clone(), *folds));
    let values: Vec<Value> = values.collect();
    (!values.iter().any(Value::is_null)).then(|| fingerprint::of(&values))
}

fn load_role(
    target: &mut dyn Connection,
    role: &TargetSpec,
    begun: &[&StepSpec],
) -> Result<PrintMap<Standing>, RunError> {
    let mut present: PrintMap<Standing> = PrintMap::default();
    let Some(identity) = &role.identity else { return Ok(present) };
    let statement = unclaimed(target, role, identity, begun);
    let mut each = |mut row: Row| {
        let key = row.pop().unwrap_or(Value::Null);
        let place = |column| identity.columns.iter().position(|(index, _)| *index == column).unwrap_or(0);
        if let Some(print) = print_of(&identity.columns, &row, place) {
            let natural = identity.several.is_some();
            let known = present.entry(print).and_modify(|standing| {
                if natural {
                    *standing = Standing::Several;
                }
            });
            known.or_insert(Standing::Row(key));
        }
        Ok(())
    };
    target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
    Ok(present)
}

fn unclaimed(
    target: &mut dyn Connection,
    role: &TargetSpec,
    identity: &IdentitySpec,
    begun: &[&StepSpec],
) -> Statement {
    let dialect = target.dialect();
    let mut sql = Sql::new(dialect, "SELECT ");
    let key = KeyColumn { expression: column(dialect, "t", &role.key.column), kind: role.key.kind };
    let columns: Vec<_> = identity.columns.iter().map(|(index, _)| &role.columns[*index]).collect();
    for identity in &columns {
        sql.result(&column(dialect, "t", &identity.name), identity.kind);
    }
    sql.result(&key.expression, key.kind);
    sql.push(" FROM ").name(&role.table).push(" AS ").name("t").push(" WHERE 1 = 1");
    for identity in &columns {
        sql.push(&format!(" AND {} IS NOT NULL", column(dialect, "t", &identity.name)));
    }
    and_unclaimed(&mut sql, dialect, role, begun.iter().copied());
    sql.ordered(&[key], Order::Ascending, None);
    sql.done()
}

/// Writes that no entry of these steps claims the row `t` of a table.
pub(crate) fn and_unclaimed<'s>(
    sql: &mut Sql<'_>,
    dialect: &dyn crate::connection::SqlDialect,
    role: &TargetSpec,
    steps: impl Iterator<Item = &'s StepSpec>,
) {
    let own = column(dialect, "t", &role.key.column);
    for spec in steps {
        for other in spec.targets.iter().filter(|other| other.table == role.table) {
            let claim = column(dialect, "m", &format!("{}_key", other.role));
            let claim = dialect.equal(&claim, &mut || dialect.as_entry(&own, other.key.kind), other.key.kind);
            sql.push(" AND NOT EXISTS (SELECT 1 FROM ").name(&spec.map_table).push(" AS ").name("m");
            sql.push(&format!(" WHERE {claim})"));
        }
    }
}
