//! MariaDB (10.10 or later). Ordinary collations call different texts equal, so texts are compared in
//! `utf8mb4_nopad_bin` as well; zero and partial dates occur; time zones need tables that a server may lack.

use super::{Place, SqlDialect};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;

/// The spelling of MariaDB.
pub(crate) struct MariaDb;

/// Longest text that one index takes, in characters.
const LONGEST_KEY: u32 = 768;

impl SqlDialect for MariaDb {
    fn dialect(&self) -> Dialect {
        Dialect::MariaDb
    }

    fn title(&self) -> &'static str {
        "MariaDB"
    }

    fn place(&self) -> Place {
        Place { noun: "database", advice: "both lie on one server" }
    }

    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect> {
        Box::new(sqlparser::dialect::MySqlDialect {})
    }

    fn quote_mark(&self) -> char {
        '`'
    }

    /// What a mode of the server reads in different ways is given as bytes.
    fn text(&self, text: &str) -> String {
        match text.contains(['\\', '\0']) {
            true => format!("CONVERT(X'{}' USING utf8mb4)", super::hex(text)),
            false => format!("'{}'", text.replace('\'', "''")),
        }
    }

    fn compares_exactly(&self, collation: Option<&str>) -> bool {
        collation.is_some_and(|collation| collation.ends_with("_nopad_bin"))
    }

    fn exact(&self, text: &str) -> String {
        format!("CONVERT({text} USING utf8mb4) COLLATE utf8mb4_nopad_bin")
    }

    fn collated(&self, text: &str, collation: &str) -> String {
        let charset = collation.split('_').next().filter(|charset| *charset != "uca1400").unwrap_or("utf8mb4");
        format!("CONVERT({text} USING {charset}) COLLATE {collation}")
    }

    fn differ(&self, left: &str, right: &str) -> String {
        format!("NOT ({left} <=> {right})")
    }

    fn mixable(&self, text: &str) -> String {
        match text.starts_with('\'') || text == "NULL" {
            true => text.to_string(),
            false => format!("CONVERT({text} USING utf8mb4)"),
        }
    }

    fn malformed(&self, column: &str, ty: &Type) -> Option<String> {
        match ty {
            Type::Enum(_) => Some(format!("{column} + 0 = 0")),
            Type::Date { zero: true } | Type::DateTime { zero: true, .. } | Type::Instant { zero: true, .. } => {
                Some(format!("((MONTH({column}) = 0 OR DAYOFMONTH({column}) = 0) AND NOT {})", zero(column)))
            }
            Type::Date { zero: false } | Type::DateTime { zero: false, .. } | Type::Instant { zero: false, .. } => None,
            Type::Time { .. } => Some(format!("({column} < '00:00:00' OR {column} >= '24:00:00')")),
            Type::Boolean => Some(format!("{column} NOT IN (0, 1)")),
            Type::Uuid => Some(format!("NOT {}", self.is_uuid(column))),
            Type::Integer { .. } | Type::Decimal { .. } | Type::Float | Type::Text { .. } => None,
            Type::Bytes { .. } | Type::Json | Type::Other(_) => None,
        }
    }

    fn zero_date(&self, column: &str) -> Option<String> {
        Some(zero(column))
    }

    fn key_type(&self, ty: &Type) -> Option<String> {
        let listed = |labels: &[String]| labels.iter().map(|label| label.chars().count()).max().unwrap_or(1) as u32;
        let name = match ty {
            Type::Boolean => "TINYINT".to_string(),
            Type::Integer { min, max } if *min >= i64::MIN.into() && *max <= i64::MAX.into() => "BIGINT".to_string(),
            Type::Integer { .. } => "DECIMAL(40, 0)".to_string(),
            Type::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
            Type::Text { max } => text_type(max.unwrap_or(LONGEST_KEY)),
            Type::Enum(labels) => text_type(listed(labels)),
            Type::Bytes { max } => format!("VARBINARY({})", max.unwrap_or(LONGEST_KEY).clamp(1, LONGEST_KEY)),
            Type::Date { .. } => "DATE".to_string(),
            Type::DateTime { digits, .. } | Type::Instant { digits, .. } => format!("DATETIME({})", digits.min(&6)),
            Type::Time { digits } => format!("TIME({})", digits.min(&6)),
            Type::Uuid => text_type(36),
            Type::Float | Type::Json | Type::Other(_) => return None,
        };
        Some(name)
    }

    /// Numbers without a sign would make a negative difference an error.
    fn wide(&self, number: &str) -> String {
        format!("CAST({number} AS SIGNED)")
    }

    fn unbounded(&self, number: &str) -> Option<String> {
        Some(format!("CAST({number} AS DECIMAL(65, 0))"))
    }

    fn integer_to_text(&self, number: &str) -> String {
        format!("CAST({number} AS CHAR)")
    }

    fn integer_to_decimal(&self, number: &str) -> String {
        format!("CAST({number} AS DECIMAL(65, 0))")
    }

    fn too_many_digits(&self, decimal: &str, precision: u32, scale: u32) -> Option<String> {
        let bound = super::power_of_ten(precision.saturating_sub(scale));
        Some(format!("(TRUNCATE({decimal}, {scale}) <> {decimal} OR ABS({decimal}) >= {bound})"))
    }

    fn concat(&self, texts: &[String]) -> String {
        format!("CONCAT({})", texts.join(", "))
    }

    fn trim(&self, text: &str) -> String {
        format!("TRIM(BOTH ' ' FROM {text})")
    }

    fn trim_end(&self, text: &str) -> String {
        format!("TRIM(TRAILING ' ' FROM {text})")
    }

    fn before(&self, text: &str, separator: &str) -> Option<String> {
        let (found, quoted) = (self.found(text, separator), self.text(separator));
        let width = separator.chars().count();
        let rest = format!("CHAR_LENGTH(SUBSTRING_INDEX({text}, {quoted}, -1))");
        Some(format!("CASE WHEN {found} THEN LEFT({text}, CHAR_LENGTH({text}) - {rest} - {width}) ELSE {text} END"))
    }

    fn after(&self, text: &str, separator: &str) -> Option<String> {
        let (found, quoted) = (self.found(text, separator), self.text(separator));
        Some(format!(
            "CASE WHEN {found} THEN SUBSTRING_INDEX({text}, {quoted}, -1) WHEN {text} IS NOT NULL THEN '' END"
        ))
    }

    fn length(&self, text: &str) -> String {
        format!("CHAR_LENGTH({text})")
    }

    /// The end is asked for as "nothing follows": `$` would let a line end follow.
    fn fits(&self, text: &str, regex: &str) -> Option<String> {
        Some(format!("{} REGEXP {}", self.exact(text), self.text(&format!("^(?:{regex})(?!(?s:.))"))))
    }

    fn midnight(&self, day: &str) -> String {
        format!("CAST({day} AS DATETIME)")
    }

    fn cut_fraction(&self, time: &str, digits: u8) -> String {
        match digits {
            0 => format!("CAST({time} AS DATETIME)"),
            _ => format!("CAST({time} AS DATETIME({}))", digits.min(6)),
        }
    }

    fn is_uuid(&self, text: &str) -> String {
        let pattern = "'^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?!(?s:.))'";
        format!("({text} REGEXP {pattern})")
    }

    fn random_uuid(&self) -> String {
        "LOWER(CONCAT(HEX(RANDOM_BYTES(4)), '-', HEX(RANDOM_BYTES(2)), '-4', SUBSTR(HEX(RANDOM_BYTES(2)), 2), '-', \
         SUBSTR('89ab', 1 + FLOOR(RAND() * 4), 1), SUBSTR(HEX(RANDOM_BYTES(2)), 2), '-', HEX(RANDOM_BYTES(6))))"
            .to_string()
    }

    /// Strict, so that nothing is cut; zero dates stay readable; times are cut, not rounded.
    fn prelude(&self) -> &'static [&'static str] {
        &[
            "SET NAMES utf8mb4",
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
            // It would answer for one value out of what it remembers of another that the collation calls equal, and
            // gather the whole migration table for each page of pending rows.
            "SET SESSION optimizer_switch = 'subquery_cache=off,materialization=off'",
        ]
    }

    /// At the usual level REPEATABLE READ the set statement locks what it reads.
    fn checks_each_row(&self) -> bool {
        true
    }

    fn begin(&self) -> &'static str {
        "START TRANSACTION"
    }

    /// A session may have chosen no database.
    fn batch_name(&self, alias: &str, table: &str) -> String {
        format!("{}.{}", self.quote(alias), self.quote(table))
    }

    fn drop_batch(&self, table: &str) -> String {
        format!("DROP TEMPORARY TABLE {table}")
    }

    fn discard_batch(&self, table: &str) -> Option<String> {
        Some(format!("DROP TEMPORARY TABLE IF EXISTS {table}"))
    }
}

impl MariaDb {
    fn found(&self, text: &str, separator: &str) -> String {
        format!("LOCATE({}, {}) > 0", self.text(separator), self.exact(text))
    }
}

fn zero(column: &str) -> String {
    format!("(YEAR({column}) = 0 AND MONTH({column}) = 0 AND DAYOFMONTH({column}) = 0)")
}

fn text_type(max: u32) -> String {
    format!("VARCHAR({}) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", max.clamp(1, LONGEST_KEY))
}
