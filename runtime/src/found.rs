//! Rows that were in the target before cutover came: they carry the legacy key in their identity column, and no map
//! has an entry for them. They are remembered, and never touched.

use crate::connection::Connection;
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap};
use crate::statements::{KeyColumn, Order, Sql, Statement, column};
use crate::step::{Step, StepSpec, TargetSpec};
use crate::value::{Key, Row, Value};

/// The rows of a step's tables that no entry claims, by target and fingerprint of their identity.
pub(crate) struct FoundRows {
    roles: Vec<PrintMap<Value>>,
}

impl FoundRows {
    /// Loads the unclaimed rows of all targets that have an identity column.
    pub(crate) fn load(
        target: &mut dyn Connection,
        spec: &StepSpec,
        steps: &[Box<dyn Step>],
    ) -> Result<FoundRows, RunError> {
        let mut roles = Vec::with_capacity(spec.targets.len());
        for role in &spec.targets {
            roles.push(load_role(target, role, steps)?);
        }
        Ok(FoundRows { roles })
    }

    /// Returns role and key of the row that stands for a legacy row already. `rows` is what it would become, if it
    /// converts.
    pub(crate) fn find(&self, spec: &StepSpec, key: &Key, rows: Option<&[Row]>) -> Option<(usize, Value)> {
        self.roles.iter().enumerate().find_map(|(at, present)| {
            let place = spec.targets[at].identity.filter(|_| !present.is_empty())?;
            let identity = match (rows, key.as_slice()) {
                (Some(rows), _) => &rows[at][place],
                (None, [value]) => value,
                (None, _) => return None,
            };
            Some((at, present.get(&fingerprint::of([identity]))?.clone()))
        })
    }
}

fn load_role(
    target: &mut dyn Connection,
    role: &TargetSpec,
    steps: &[Box<dyn Step>],
) -> Result<PrintMap<Value>, RunError> {
    let mut present = PrintMap::default();
    let Some(statement) = unclaimed(target, role, steps) else { return Ok(present) };
    let mut each = |mut row: Row| {
        let key = row.pop().unwrap_or(Value::Null);
        present.entry(fingerprint::of(&row)).or_insert(key);
        Ok(())
    };
    target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
    Ok(present)
}

fn unclaimed(target: &mut dyn Connection, role: &TargetSpec, steps: &[Box<dyn Step>]) -> Option<Statement> {
    let identity = &role.columns[role.identity?];
    let dialect = target.dialect();
    let mut sql = Sql::new(dialect, "SELECT ");
    let key = KeyColumn { expression: column(dialect, "t", &role.key.column), kind: role.key.kind };
    let value = column(dialect, "t", &identity.name);
    sql.result(&value, identity.kind).result(&key.expression, key.kind);
    sql.push(" FROM ").name(&role.table).push(" AS ").name("t").push(" WHERE ").push(&value).push(" IS NOT NULL");
    and_unclaimed(&mut sql, dialect, role, steps.iter().map(|step| step.spec()));
    sql.ordered(&[key], Order::Ascending, None);
    Some(sql.done())
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
            let claim = dialect.equal(&claim, &mut || own.clone(), other.key.kind);
            sql.push(" AND NOT EXISTS (SELECT 1 FROM ").name(&spec.map_table).push(" AS ").name("m");
            sql.push(&format!(" WHERE {claim})"));
        }
    }
}
