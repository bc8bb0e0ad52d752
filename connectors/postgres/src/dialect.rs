//! How PostgreSQL spells things.

use cutover_runtime::connection::{Place, SqlDialect};
use cutover_runtime::value::Kind;

/// The dialect of PostgreSQL.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresDialect;

impl SqlDialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn quote(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    fn placeholder(&self, index: usize) -> String {
        format!("${index}")
    }

    fn column_type(&self, kind: Kind, _: Place) -> String {
        let name = match kind {
            Kind::Boolean => "boolean",
            Kind::Integer => "bigint",
            Kind::Whole | Kind::Decimal => "numeric",
            Kind::Float => "double precision",
            Kind::Text => "text",
            Kind::Bytes => "bytea",
            Kind::Date => "date",
            Kind::DateTime => "timestamp",
            Kind::Instant => "timestamptz",
            Kind::Time => "time",
            Kind::Uuid => "uuid",
        };
        name.to_string()
    }

    fn equal(&self, left: &str, right: &mut dyn FnMut() -> String, kind: Kind) -> String {
        let equal = format!("{left} = {}", right());
        match kind {
            // A column may be of a type, or of a collation, that knows no case.
            Kind::Text => format!("({equal} AND {left}::text COLLATE \"C\" = {}::text COLLATE \"C\")", right()),
            _ => equal,
        }
    }

    fn order(&self, expression: &str, _: Kind) -> String {
        expression.to_string()
    }

    fn orders_code_points(&self) -> bool {
        false
    }

    /// The session fixes how values are written as text.
    fn digest(&self, columns: &[(String, Kind)]) -> Option<String> {
        let values: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
        Some(format!("'md5:' || md5(CAST(ROW({}) AS text))", values.join(", ")))
    }

    fn hold(&self) -> &'static str {
        " FOR SHARE"
    }
}
