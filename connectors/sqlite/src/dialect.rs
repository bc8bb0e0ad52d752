//! How SQLite spells things.

use cutover_runtime::connection::{Place, SqlDialect};
use cutover_runtime::value::Kind;

/// The dialect of SQLite.
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteDialect;

impl SqlDialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn collated(&self, expression: &str, collation: &str) -> String {
        format!("{expression} COLLATE {}", self.quote(collation))
    }

    fn quote(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    fn placeholder(&self, index: usize) -> String {
        format!("?{index}")
    }

    fn column_type(&self, kind: Kind, _: Place) -> String {
        let name = match kind {
            Kind::Boolean | Kind::Integer | Kind::Whole => "INTEGER",
            Kind::Bytes => "BLOB",
            Kind::Decimal | Kind::Float | Kind::Text | Kind::Uuid => "TEXT",
            Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => "TEXT",
        };
        name.to_string()
    }

    fn equal(&self, left: &str, right: &mut dyn FnMut() -> String, kind: Kind) -> String {
        format!("{} = {}", self.order(left, kind), right())
    }

    fn orders_code_points(&self) -> bool {
        true
    }

    fn order(&self, expression: &str, kind: Kind) -> String {
        match kind {
            Kind::Boolean | Kind::Integer | Kind::Whole | Kind::Float | Kind::Bytes => expression.to_string(),
            // All of these are text here, and a column may be declared COLLATE NOCASE.
            Kind::Decimal | Kind::Text | Kind::Uuid => format!("{expression} COLLATE BINARY"),
            Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => format!("{expression} COLLATE BINARY"),
        }
    }
}
