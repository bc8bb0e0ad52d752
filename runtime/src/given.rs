//! Remembers which key a target table would have given before a step wrote its first row, so that a complete rollback
//! can give the keys back and a run after it comes to the same keys. Only while nobody else has taken keys since.

use crate::connection::Connection;
use crate::entries::rows;
use crate::error::{OnSide, RunError, Side};
use crate::journal::{META, text};
use crate::statements::Sql;
use crate::step::{KeyAssigned, StepSpec, TargetSpec};
use crate::value::{Kind, Value};

/// Remembers the next keys of a step's tables; called in the transaction of a step's first batch.
pub(crate) fn remember(target: &mut dyn Connection, spec: &StepSpec) -> Result<(), RunError> {
    for role in assigned(spec) {
        let next = target.next_key(&role.table, &role.key.column).on(Side::Target)?;
        META.put(target, &vec![text(&before(spec, role)), text(&next.to_string())])?;
    }
    Ok(())
}

/// Remembers the highest key that a step gave; called before a rollback removes the first entry.
pub(crate) fn remember_last(target: &mut dyn Connection, spec: &StepSpec) -> Result<(), RunError> {
    for role in assigned(spec) {
        let name = vec![text(&last(spec, role))];
        if META.get(target, &name)?.is_none() {
            let highest = highest(target, spec, role)?;
            META.put(target, &vec![name[0].clone(), text(&highest.to_string())])?;
        }
    }
    Ok(())
}

/// Gives the keys back; called in the transaction that forgets the step.
pub(crate) fn restore(target: &mut dyn Connection, spec: &StepSpec) -> Result<(), RunError> {
    for role in assigned(spec) {
        let remembered = (number(target, &before(spec, role))?, number(target, &last(spec, role))?);
        if let (Some(before), Some(last)) = remembered {
            target.restore_next_key(&role.table, &role.key.column, last + 1, before).on(Side::Target)?;
        }
        for name in [before(spec, role), last(spec, role)] {
            META.remove(target, &vec![text(&name)])?;
        }
    }
    Ok(())
}

fn assigned(spec: &StepSpec) -> impl Iterator<Item = &TargetSpec> {
    let number = |kind| matches!(kind, Kind::Integer | Kind::Whole);
    spec.targets.iter().filter(move |role| role.key.assigned == KeyAssigned::Engine && number(role.key.kind))
}

fn before(spec: &StepSpec, role: &TargetSpec) -> String {
    format!("next_key_before:{}:{}", spec.name, role.role)
}

fn last(spec: &StepSpec, role: &TargetSpec) -> String {
    format!("last_key:{}:{}", spec.name, role.role)
}

fn number(target: &mut dyn Connection, name: &str) -> Result<Option<i128>, RunError> {
    Ok(META.get(target, &vec![text(name)])?.and_then(|row| row[1].to_string().parse().ok()))
}

fn highest(target: &mut dyn Connection, spec: &StepSpec, role: &TargetSpec) -> Result<i128, RunError> {
    let dialect = target.dialect();
    let column = dialect.quote(&format!("{}_key", role.role));
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.result(&format!("MAX({column})"), Kind::Integer).push(" FROM ").name(&spec.map_table);
    sql.push(" WHERE ").name("state").push(" = ").bind(&text("migrated"));
    let statement = sql.done();
    Ok(match rows(target, &statement).on(Side::Target)?.first().map(|row| &row[0]) {
        Some(Value::Integer(key)) => *key,
        _ => 0,
    })
}
