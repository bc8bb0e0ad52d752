//! A schema for programs: everything that was read.

use cutover_mapping_dsl::schema::{Assigned, Column, Schema, Table};
use cutover_mapping_dsl::types::Type;
use serde_json::{Value, json};

/// Returns the whole schema.
pub(super) fn schema(schema: &Schema) -> Value {
    json!({
        "dialect": schema.dialect.name(),
        "tables": schema.tables.iter().map(table).collect::<Vec<_>>(),
        "skipped": schema.skipped.iter().map(|skipped| json!({
            "line": skipped.line, "what": skipped.what, "why": skipped.why,
        })).collect::<Vec<_>>(),
    })
}

fn table(table: &Table) -> Value {
    json!({
        "name": table.name,
        "own_name": table.own_name,
        "namespace": table.namespace,
        "line": table.line,
        "comment": table.comment,
        "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
        "primary_key": table.primary_key,
        "unique_keys": table.unique_keys.iter().map(|key| json!({
            "name": key.name, "columns": key.columns, "line": key.line,
        })).collect::<Vec<_>>(),
        "indexes": table.indexes.iter().map(|index| json!({
            "name": index.name, "columns": index.columns, "line": index.line,
        })).collect::<Vec<_>>(),
        "foreign_keys": table.foreign_keys.iter().map(|key| json!({
            "name": key.name, "columns": key.columns, "table": key.table, "namespace": key.namespace,
            "referenced": key.referenced, "actions": key.actions, "line": key.line,
        })).collect::<Vec<_>>(),
        "checks": table.checks.iter().map(|check| json!({
            "name": check.name, "condition": check.condition, "line": check.line,
        })).collect::<Vec<_>>(),
    })
}

fn column(column: &Column) -> Value {
    json!({
        "name": column.name,
        "line": column.line,
        "declared": column.declared,
        "type": column.ty.family(),
        "limits": limits(&column.ty),
        "nullable": column.nullable,
        "default": column.default,
        "counter": column.assigned == Assigned::Counter,
        "computed": column.assigned == Assigned::Computed,
        "allowed": column.allowed,
        "collation": column.collation,
        "charset": column.charset,
        "comment": column.comment,
    })
}

/// Returns what bounds the values of a type. Whole numbers are texts: not all of them fit into JSON's numbers.
fn limits(ty: &Type) -> Value {
    match ty {
        Type::Integer { min, max } => json!({ "min": min.to_string(), "max": max.to_string() }),
        Type::Decimal { precision, scale } => json!({ "precision": precision, "scale": scale }),
        Type::Text { max } | Type::Bytes { max } => json!({ "length": max }),
        Type::Enum(values) => json!({ "values": values }),
        Type::Date { zero } => json!({ "zero_dates": zero }),
        Type::DateTime { digits, zero } | Type::Instant { digits, zero } => {
            json!({ "fraction_digits": digits, "zero_dates": zero })
        }
        Type::Time { digits } => json!({ "fraction_digits": digits }),
        Type::Boolean | Type::Float | Type::Uuid | Type::Json | Type::Other(_) => json!({}),
    }
}
