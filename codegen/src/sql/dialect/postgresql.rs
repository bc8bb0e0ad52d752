//! PostgreSQL. Deterministic collations, the only ones outside ICU, compare exactly; ordering needs "C".

use super::{Place, SqlDialect};
use chrono::NaiveDateTime;
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;

/// The spelling of PostgreSQL.
pub(crate) struct PostgreSql;

impl SqlDialect for PostgreSql {
    fn dialect(&self) -> Dialect {
        Dialect::PostgreSql
    }

    fn title(&self) -> &'static str {
        "PostgreSQL"
    }

    fn place(&self) -> Place {
        Place { noun: "schema", advice: "both lie in one database" }
    }

    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect> {
        Box::new(sqlparser::dialect::PostgreSqlDialect {})
    }

    fn placeholder(&self, index: usize) -> String {
        format!("${index}")
    }

    /// A backslash is written so that it means itself whatever `standard_conforming_strings` says.
    fn text(&self, text: &str) -> String {
        match text.contains('\\') {
            true => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
            false => format!("'{}'", text.replace('\'', "''")),
        }
    }

    fn instant(&self, time: &NaiveDateTime) -> String {
        format!("CAST('{}+00' AS TIMESTAMP WITH TIME ZONE)", time.format("%Y-%m-%d %H:%M:%S%.6f"))
    }

    fn null(&self, ty: &Type) -> String {
        match type_name(ty) {
            Some(name) => format!("CAST(NULL AS {name})"),
            None => "NULL".to_string(),
        }
    }

    fn compares_exactly(&self, _collation: Option<&str>) -> bool {
        true
    }

    fn exact(&self, text: &str) -> String {
        format!("{text} COLLATE \"C\"")
    }

    /// Texts are the same where they are exactly, unless a collation of the database's own says otherwise, which the legacy
    /// side need not know.
    fn collated(&self, text: &str, _collation: &str) -> String {
        text.to_string()
    }

    fn listed_as_text(&self, column: &str) -> String {
        format!("CAST({column} AS TEXT)")
    }

    fn text_as_listed(&self, text: &str, declared: &str) -> String {
        format!("CAST({text} AS {declared})")
    }

    fn malformed(&self, column: &str, ty: &Type) -> Option<String> {
        match ty {
            Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } => Some(format!("NOT isfinite({column})")),
            Type::Boolean | Type::Integer { .. } | Type::Decimal { .. } | Type::Float => None,
            Type::Text { .. } | Type::Enum(_) | Type::Bytes { .. } => None,
            Type::Time { .. } | Type::Uuid | Type::Json | Type::Other(_) => None,
        }
    }

    fn key_type(&self, ty: &Type) -> Option<String> {
        match ty {
            Type::Float | Type::Json | Type::Other(_) => None,
            Type::Text { .. } | Type::Enum(_) => Some("TEXT COLLATE \"C\"".to_string()),
            Type::Boolean | Type::Integer { .. } | Type::Decimal { .. } | Type::Bytes { .. } => type_name(ty),
            Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } => type_name(ty),
            Type::Time { .. } | Type::Uuid => type_name(ty),
        }
    }

    fn name_type(&self) -> &'static str {
        "TEXT"
    }

    fn wide(&self, number: &str) -> String {
        format!("CAST({number} AS BIGINT)")
    }

    fn unbounded(&self, number: &str) -> Option<String> {
        Some(format!("CAST({number} AS NUMERIC)"))
    }

    fn integer_to_text(&self, number: &str) -> String {
        format!("CAST({number} AS TEXT)")
    }

    fn integer_to_decimal(&self, number: &str) -> String {
        format!("CAST({number} AS NUMERIC)")
    }

    fn too_many_digits(&self, decimal: &str, precision: u32, scale: u32) -> Option<String> {
        let bound = super::power_of_ten(precision.saturating_sub(scale));
        Some(format!("(trunc({decimal}, {scale}) <> {decimal} OR abs({decimal}) >= {bound})"))
    }

    fn integer_to_boolean(&self, number: &str) -> String {
        format!("({number} = 1)")
    }

    fn boolean_to_integer(&self, boolean: &str) -> String {
        format!("CAST({boolean} AS INTEGER)")
    }

    /// The collation "C" knows no other letters.
    fn lower_letters(&self, text: &str) -> Option<String> {
        Some(self.lower_ascii(text))
    }

    fn upper_letters(&self, text: &str) -> Option<String> {
        Some(self.upper_ascii(text))
    }

    fn trim(&self, text: &str) -> String {
        format!("btrim({text}, ' ')")
    }

    fn trim_end(&self, text: &str) -> String {
        format!("rtrim({text}, ' ')")
    }

    fn nfkc(&self, text: &str) -> Option<String> {
        Some(format!("normalize({text}, NFKC)"))
    }

    /// Places beyond 2147483647 lie behind every text.
    fn mid(&self, text: &str, start: &str, length: &str) -> String {
        let place = |number: &str| match number.parse::<i32>() {
            Ok(number) => number.to_string(),
            Err(_) => format!("CAST(least({number}, 1000000000) AS INTEGER)"),
        };
        format!("substr({text}, {}, {})", place(start), place(length))
    }

    fn before(&self, text: &str, separator: &str) -> Option<String> {
        let (reversed, width) = (self.text(&reverse(separator)), separator.chars().count());
        let from_end = format!("strpos(reverse({text}), {reversed})");
        Some(format!(
            "CASE WHEN {from_end} = 0 THEN {text} \
             ELSE left({text}, char_length({text}) - {from_end} - {width} + 1) END"
        ))
    }

    fn after(&self, text: &str, separator: &str) -> Option<String> {
        let from_end = format!("strpos(reverse({text}), {})", self.text(&reverse(separator)));
        Some(format!("CASE WHEN {from_end} = 0 THEN '' ELSE right({text}, {from_end} - 1) END"))
    }

    fn length(&self, text: &str) -> String {
        format!("char_length({text})")
    }

    fn fits(&self, text: &str, regex: &str) -> Option<String> {
        Some(format!("{} ~ {}", self.exact(text), self.text(&format!("^(?:{regex})$"))))
    }

    fn midnight(&self, day: &str) -> String {
        format!("CAST({day} AS TIMESTAMP)")
    }

    /// PostgreSQL takes the second of two points in time with the same wall clock, the runtime the first: the offset
    /// of the day before gives it. In a gap both use the offset from before the change.
    fn wall_to_instant(&self, time: &str, zone: &str) -> Option<String> {
        let zone = self.text(zone);
        let before = "(usual.instant - INTERVAL '24 hours')";
        let offset = format!("({before} AT TIME ZONE {zone} - {before} AT TIME ZONE 'UTC')");
        Some(format!(
            "(SELECT CASE WHEN early.instant AT TIME ZONE {zone} = early.wall \
             THEN least(early.instant, early.usual) ELSE early.usual END \
             FROM (SELECT usual.wall, usual.instant AS usual, (usual.wall - {offset}) AT TIME ZONE 'UTC' AS instant \
             FROM (SELECT given.wall, given.wall AT TIME ZONE {zone} AS instant \
             FROM (SELECT {time} AS wall) AS given) AS usual) AS early)"
        ))
    }

    fn instant_to_wall(&self, time: &str, zone: &str) -> Option<String> {
        Some(format!("({time} AT TIME ZONE {})", self.text(zone)))
    }

    fn utc_to_instant(&self, time: &str) -> String {
        format!("({time} AT TIME ZONE 'UTC')")
    }

    fn instant_to_utc(&self, time: &str) -> String {
        format!("({time} AT TIME ZONE 'UTC')")
    }

    fn cut_fraction(&self, time: &str, digits: u8) -> String {
        let step = 10u32.pow(6 - u32::from(digits.min(6)));
        match digits {
            0 => format!("date_trunc('second', {time})"),
            1..=5 => format!(
                "({time} - CAST(extract(microseconds FROM {time}) AS BIGINT) % {step} * INTERVAL '1 microsecond')"
            ),
            _ => time.to_string(),
        }
    }

    fn is_uuid(&self, text: &str) -> String {
        let pattern = "'^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'";
        format!("({} ~ {pattern})", self.exact(text))
    }

    fn text_to_uuid(&self, text: &str) -> String {
        format!("CAST({text} AS UUID)")
    }

    fn uuid_to_text(&self, uuid: &str) -> String {
        format!("CAST({uuid} AS TEXT)")
    }

    fn random_uuid(&self) -> String {
        "gen_random_uuid()".to_string()
    }

    fn begin(&self) -> &'static str {
        "START TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    }

    fn analyze_batch(&self, table: &str) -> Option<String> {
        Some(format!("ANALYZE {table}"))
    }

    fn lock(&self, tables: &[String]) -> Option<String> {
        Some(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", tables.join(", ")))
    }

    /// A counter never goes back: keys of rows that are gone are not given again.
    fn advance_counter(&self, alias: &str, table: &str, column: &str) -> Option<String> {
        let name = format!("{}.{}", self.quote(alias), self.quote(table));
        let sequence = format!("pg_get_serial_sequence({}, {})", self.text(&name), self.text(column));
        let highest = format!("max({})", self.quote(column));
        let given = format!("nextval({sequence}) - 1");
        Some(format!(
            "SELECT setval({sequence}, greatest({highest}, {given}, 1)) FROM {name} HAVING {highest} IS NOT NULL"
        ))
    }
}

fn reverse(text: &str) -> String {
    text.chars().rev().collect()
}

/// The type that holds all values of a logical type.
fn type_name(ty: &Type) -> Option<String> {
    let name = match ty {
        Type::Boolean => "BOOLEAN",
        Type::Integer { min, max } if *min >= i64::MIN.into() && *max <= i64::MAX.into() => "BIGINT",
        Type::Integer { .. } | Type::Decimal { .. } => "NUMERIC",
        Type::Float => "DOUBLE PRECISION",
        Type::Text { .. } | Type::Enum(_) => "TEXT",
        Type::Bytes { .. } => "BYTEA",
        Type::Date { .. } => "DATE",
        Type::DateTime { .. } => "TIMESTAMP",
        Type::Instant { .. } => "TIMESTAMP WITH TIME ZONE",
        Type::Time { .. } => "TIME",
        Type::Uuid => "UUID",
        Type::Json | Type::Other(_) => return None,
    };
    Some(name.to_string())
}
