//! How MariaDB spells things.

use cutover_runtime::connection::{Place, SqlDialect};
use cutover_runtime::value::Kind;

/// The dialect of MariaDB.
#[derive(Debug, Clone, Copy, Default)]
pub struct MariaDbDialect;

/// Bytes that an index takes, less what numbers beside texts need.
const INDEX_BYTES: usize = 2800;

/// Compares code point by code point, blanks at the end included.
const EXACT: &str = "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";

impl SqlDialect for MariaDbDialect {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn quote(&self, identifier: &str) -> String {
        format!("`{}`", identifier.replace('`', "``"))
    }

    fn placeholder(&self, _: usize) -> String {
        "?".to_string()
    }

    fn column_type(&self, kind: Kind, place: Place) -> String {
        match (kind, place) {
            (Kind::Boolean, _) => "TINYINT".to_string(),
            (Kind::Integer, _) => "BIGINT".to_string(),
            (Kind::Whole, _) => "DECIMAL(39, 0)".to_string(),
            (Kind::Decimal, _) => "DECIMAL(65, 30)".to_string(),
            (Kind::Float, _) => "DOUBLE".to_string(),
            (Kind::Text, Place::Key { texts }) => format!("VARCHAR({}) {EXACT}", INDEX_BYTES / 4 / texts),
            (Kind::Text, Place::Plain) => format!("LONGTEXT {EXACT}"),
            (Kind::Bytes, Place::Key { texts }) => format!("VARBINARY({})", INDEX_BYTES / texts),
            (Kind::Bytes, Place::Plain) => "LONGBLOB".to_string(),
            (Kind::Date, _) => "DATE".to_string(),
            (Kind::DateTime | Kind::Instant, _) => "DATETIME(6)".to_string(),
            (Kind::Time, _) => "TIME(6)".to_string(),
            (Kind::Uuid, _) => format!("VARCHAR(36) {EXACT}"),
        }
    }

    fn equal(&self, left: &str, right: &mut dyn FnMut() -> String, kind: Kind) -> String {
        match kind {
            // The column's own comparison, which its index serves, and the exact one.
            Kind::Text => {
                let equal = format!("{left} = {}", right());
                format!(
                    "({equal} AND CONVERT({left} USING utf8mb4) COLLATE utf8mb4_nopad_bin = CONVERT({} USING utf8mb4))",
                    right()
                )
            }
            Kind::Uuid => format!("{left} IN ({})", self.member(right, kind)),
            _ => format!("{left} = {}", right()),
        }
    }

    /// The server compares no two columns that have different binary collations.
    fn as_entry(&self, expression: &str, kind: Kind) -> String {
        match kind {
            Kind::Text => format!("CONVERT({expression} USING utf8mb4) COLLATE utf8mb4_nopad_bin"),
            _ => expression.to_string(),
        }
    }

    /// Before there was a type for UUIDs, they were kept as 36 or as 32 characters.
    fn member(&self, value: &mut dyn FnMut() -> String, kind: Kind) -> String {
        match kind {
            Kind::Uuid => format!("{}, REPLACE({}, '-', '')", value(), value()),
            _ => value(),
        }
    }

    fn order(&self, expression: &str, _: Kind) -> String {
        expression.to_string()
    }

    fn orders_code_points(&self) -> bool {
        false
    }

    /// Of texts the bytes count, in the character set of their column. A null has no length and no value.
    fn digest(&self, columns: &[(String, Kind)]) -> Option<String> {
        let value = |(column, _): &(String, Kind)| {
            let bytes = format!("CAST({column} AS BINARY)");
            format!("IFNULL(LENGTH({bytes}), '-'), {bytes}")
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        Some(format!("CONCAT('md5:', MD5(CONCAT_WS(',', {})))", values.join(", ")))
    }

    fn hold(&self) -> &'static str {
        " LOCK IN SHARE MODE"
    }
}
