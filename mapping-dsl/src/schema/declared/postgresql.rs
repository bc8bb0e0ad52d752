//! PostgreSQL's type names.

use super::{Spelled, UNBOUNDED_DECIMAL};
use crate::types::Type;

/// Returns what a type can hold, if it is one that mappings handle.
pub(super) fn known(spelled: &Spelled) -> Option<Type> {
    if spelled.array {
        return None;
    }
    Some(match spelled.name().as_str() {
        "smallint" | "int2" | "smallserial" | "serial2" => Type::integer(16, true),
        "integer" | "int" | "int4" | "serial" | "serial4" => Type::integer(32, true),
        "bigint" | "int8" | "bigserial" | "serial8" => Type::integer(64, true),
        "oid" => Type::integer(32, false),
        "numeric" | "decimal" | "dec" => spelled.decimal(UNBOUNDED_DECIMAL),
        "real" | "float4" | "double precision" | "float8" | "float" => Type::Float,
        "boolean" | "bool" => Type::Boolean,
        "character varying" | "varchar" | "char varying" | "text" | "citext" => spelled.text(),
        "character" | "char" | "nchar" => Type::Text { max: spelled.number(0).or(Some(1)) },
        "bpchar" => spelled.text(),
        "name" => Type::Text { max: Some(63) },
        "bytea" => Type::Bytes { max: None },
        "uuid" => Type::Uuid,
        "json" | "jsonb" => Type::Json,
        "date" => Type::Date { zero: false },
        "time" | "time without time zone" => Type::Time { digits: spelled.digits(6) },
        "timestamp" | "timestamp without time zone" => Type::DateTime { digits: spelled.digits(6), zero: false },
        "timestamptz" | "timestamp with time zone" => Type::Instant { digits: spelled.digits(6), zero: false },
        _ => return None,
    })
}

/// Returns whether a type is an integer with a counter of its own.
pub(super) fn is_serial(declared: &str) -> bool {
    let name = declared.rsplit('.').next().unwrap_or(declared).to_ascii_lowercase();
    matches!(name.as_str(), "smallserial" | "serial2" | "serial" | "serial4" | "bigserial" | "serial8")
}
