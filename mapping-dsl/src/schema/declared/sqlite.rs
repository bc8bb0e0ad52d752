//! SQLite's type names: well-known ones as people mean them, others by the rules of affinity.
//! A name that has only the affinity of numbers says too little; such a column stays unknown.

use super::{Spelled, UNBOUNDED_DECIMAL};
use crate::schema::{Assigned, Table};
use crate::types::Type;

/// Returns what a type can hold, if it is one that mappings handle.
pub(super) fn known(spelled: &Spelled) -> Option<Type> {
    let name = spelled.name();
    Some(match name.as_str() {
        "boolean" | "bool" => Type::Boolean,
        "decimal" | "numeric" | "number" => spelled.decimal(UNBOUNDED_DECIMAL),
        "date" => Type::Date { zero: true },
        "datetime" | "timestamp" | "timestamp without time zone" => {
            Type::DateTime { digits: spelled.digits(6), zero: true }
        }
        "timestamptz" | "timestamp with time zone" => Type::Instant { digits: spelled.digits(6), zero: true },
        "time" => Type::Time { digits: spelled.digits(6) },
        "uuid" | "guid" => Type::Uuid,
        "json" | "jsonb" => Type::Json,
        _ => return affinity(&name, spelled),
    })
}

/// Returns the type by SQLite's own rules, in their order.
fn affinity(name: &str, spelled: &Spelled) -> Option<Type> {
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["int"]) {
        Some(Type::integer(64, true))
    } else if has(&["char", "clob", "text"]) {
        Some(spelled.text())
    } else if has(&["blob"]) {
        Some(Type::Bytes { max: spelled.number(0) })
    } else if has(&["real", "floa", "doub"]) {
        Some(Type::Float)
    } else {
        None
    }
}

/// Makes a counter of a primary key that is another name of the rowid: one column, declared `INTEGER`.
pub(in crate::schema) fn mark_rowid(table: &mut Table) {
    let [key] = table.primary_key.as_slice() else { return };
    let column = table.columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(key));
    if let Some(column) = column.filter(|column| column.declared.eq_ignore_ascii_case("integer")) {
        column.assigned = Assigned::Counter;
    }
}
