//! SQLite. Columns hold anything whatever their type says, so what is read is checked; only the forms in which the
//! runtime writes days, times and UUIDs count, rows with others are left to it.

use super::{Place, SqlDialect};
use chrono::{NaiveDate, NaiveDateTime};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;

/// The spelling of SQLite.
pub(crate) struct Sqlite;

impl SqlDialect for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn title(&self) -> &'static str {
        "SQLite"
    }

    fn place(&self) -> Place {
        Place { noun: "attached database", advice: "ATTACH both files under these names first" }
    }

    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect> {
        Box::new(sqlparser::dialect::SQLiteDialect {})
    }

    fn text(&self, text: &str) -> String {
        match text.contains('\0') {
            true => format!("CAST(X'{}' AS TEXT)", super::hex(text)),
            false => format!("'{}'", text.replace('\'', "''")),
        }
    }

    fn date(&self, date: &NaiveDate) -> String {
        format!("'{}'", date.format("%Y-%m-%d"))
    }

    fn date_time(&self, time: &NaiveDateTime) -> String {
        let whole = time.format("%Y-%m-%d %H:%M:%S").to_string();
        let full = time.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
        format!("'{}'", if full == format!("{whole}.000000") { whole } else { full })
    }

    fn compares_exactly(&self, collation: Option<&str>) -> bool {
        collation.is_none_or(|collation| collation.eq_ignore_ascii_case("binary"))
    }

    fn exact(&self, text: &str) -> String {
        format!("{text} COLLATE BINARY")
    }

    fn malformed(&self, column: &str, ty: &Type) -> Option<String> {
        match ty {
            Type::Boolean => Some(format!("{column} NOT IN (0, 1)")),
            Type::Integer { .. } => Some(format!("typeof({column}) <> 'integer'")),
            Type::Decimal { .. } => None,
            Type::Float => Some(format!("typeof({column}) NOT IN ('real', 'integer')")),
            Type::Text { .. } | Type::Enum(_) | Type::Json => Some(format!("typeof({column}) <> 'text'")),
            Type::Bytes { .. } => Some(format!("typeof({column}) <> 'blob'")),
            Type::Date { .. } => Some(format!("date({column}) IS DISTINCT FROM {column}")),
            Type::DateTime { .. } | Type::Instant { .. } => Some(not_written_time(column)),
            Type::Time { .. } => Some(format!("time({column}) IS DISTINCT FROM {column}")),
            Type::Uuid => Some(format!("NOT {}", self.is_uuid(&format!("coalesce({column}, '')")))),
            Type::Other(_) => None,
        }
    }

    fn zero_date(&self, column: &str) -> Option<String> {
        Some(format!("substr({column}, 1, 10) = '0000-00-00'"))
    }

    fn key_type(&self, ty: &Type) -> Option<String> {
        let name = match ty {
            Type::Boolean | Type::Integer { .. } => "INTEGER",
            Type::Text { .. } | Type::Enum(_) | Type::Uuid => "TEXT",
            Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => "TEXT",
            Type::Bytes { .. } => "BLOB",
            Type::Decimal { .. } | Type::Float | Type::Json | Type::Other(_) => return None,
        };
        Some(name.to_string())
    }

    fn integer_type(&self) -> &'static str {
        "INTEGER"
    }

    fn name_type(&self) -> &'static str {
        "TEXT"
    }

    fn unbounded(&self, _number: &str) -> Option<String> {
        None
    }

    fn holds(&self, number: i128) -> bool {
        i64::try_from(number).is_ok()
    }

    fn integer_to_text(&self, number: &str) -> String {
        format!("CAST({number} AS TEXT)")
    }

    fn integer_to_decimal(&self, number: &str) -> String {
        number.to_string()
    }

    fn too_many_digits(&self, _decimal: &str, _precision: u32, _scale: u32) -> Option<String> {
        None
    }

    fn exact_decimals(&self) -> bool {
        false
    }

    fn greatest(&self, left: &str, right: &str) -> String {
        format!("max({left}, {right})")
    }

    /// SQLite's own functions know no other letters.
    fn lower_letters(&self, text: &str) -> Option<String> {
        Some(self.lower_ascii(text))
    }

    fn upper_letters(&self, text: &str) -> Option<String> {
        Some(self.upper_ascii(text))
    }

    fn lower_ascii(&self, text: &str) -> String {
        format!("lower({text})")
    }

    fn upper_ascii(&self, text: &str) -> String {
        format!("upper({text})")
    }

    fn trim(&self, text: &str) -> String {
        format!("trim({text}, ' ')")
    }

    fn trim_end(&self, text: &str) -> String {
        format!("rtrim({text}, ' ')")
    }

    /// Cutting every character that is no separator off the end leaves the text up to its last separator. That works
    /// for separators of one character.
    fn before(&self, text: &str, separator: &str) -> Option<String> {
        let kept = up_to_separator(self, text, separator)?;
        let separator = self.text(separator);
        Some(format!(
            "CASE WHEN instr({text}, {separator}) = 0 THEN {text} ELSE substr({kept}, 1, length({kept}) - 1) END"
        ))
    }

    fn after(&self, text: &str, separator: &str) -> Option<String> {
        let kept = up_to_separator(self, text, separator)?;
        let separator = self.text(separator);
        Some(format!("CASE WHEN instr({text}, {separator}) = 0 THEN '' ELSE substr({text}, length({kept}) + 1) END"))
    }

    fn length(&self, text: &str) -> String {
        format!("length({text})")
    }

    fn day(&self, time: &str) -> String {
        format!("substr({time}, 1, 10)")
    }

    fn midnight(&self, day: &str) -> String {
        format!("({day} || ' 00:00:00')")
    }

    /// Times are texts of 19 characters, or of 26 with six digits of which one is not 0.
    fn cut_fraction(&self, time: &str, digits: u8) -> String {
        if digits == 0 {
            return format!("substr({time}, 1, 19)");
        }
        let digits = digits.min(6);
        let zeros = "0".repeat(usize::from(6 - digits));
        let cut = format!("substr({time}, 1, {})", 20 + digits);
        let none = "0".repeat(usize::from(digits));
        format!(
            "CASE WHEN length({time}) = 19 OR substr({cut}, 21) = '{none}' THEN substr({time}, 1, 19) \
             ELSE {cut} || '{zeros}' END"
        )
    }

    fn is_uuid(&self, text: &str) -> String {
        let digits = |count: usize| "[0-9a-f]".repeat(count);
        let pattern = [8, 4, 4, 4, 12].map(digits).join("-");
        format!("glob('{pattern}', lower({text}))")
    }

    fn random_uuid(&self) -> String {
        "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || \
         substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
            .to_string()
    }

    fn begin(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    fn batch_name(&self, _alias: &str, table: &str) -> String {
        format!("temp.{}", self.quote(table))
    }
}

/// The text up to and with its last separator; empty without one.
fn up_to_separator(dialect: &Sqlite, text: &str, separator: &str) -> Option<String> {
    let one = separator.chars().count() == 1 && separator != "\0";
    let quoted = dialect.text(separator);
    one.then(|| format!("rtrim({text}, replace({text}, {quoted}, ''))"))
}

/// Whether a column holds something else than a time as the runtime writes it.
fn not_written_time(column: &str) -> String {
    let whole = format!("strftime('%Y-%m-%d %H:%M:%S', substr({column}, 1, 19))");
    let fraction = format!(
        "(glob('.[0-9][0-9][0-9][0-9][0-9][0-9]', substr({column}, 20)) AND substr({column}, 20) <> '.000000')"
    );
    format!("({whole} IS DISTINCT FROM substr({column}, 1, 19) OR NOT (length({column}) = 19 OR {fraction}))")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes an expression on the engine.
    fn value(sql: &str) -> String {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        let text = database.query_row(&format!("SELECT CAST(({sql}) AS TEXT)"), [], |row| row.get(0));
        text.unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    #[test]
    fn texts_are_cut_as_the_runtime_cuts_them() {
        for (text, before, after) in [
            ("'a@b@c'", "a@b", "c"),
            ("'abc'", "abc", ""),
            ("'@'", "", ""),
            ("'a@@'", "a@", ""),
            ("'@@a'", "@", "a"),
            ("''", "", ""),
            ("'é@ü'", "é", "ü"),
        ] {
            assert_eq!(value(&Sqlite.before(text, "@").unwrap()), before, "{text}");
            assert_eq!(value(&Sqlite.after(text, "@").unwrap()), after, "{text}");
        }
        assert_eq!(Sqlite.before("'ab'", "ab"), None);
        assert_eq!(value(&Sqlite.mid("'abcdé'", "4", "9")), "dé");
        assert_eq!(value(&Sqlite.trim("'  a\t '")), "a\t");
    }

    #[test]
    fn fractions_are_cut_and_never_all_zero() {
        let cut = |time: &str, digits| value(&Sqlite.cut_fraction(&format!("'{time}'"), digits));
        assert_eq!(cut("2020-01-02 03:04:05.678901", 3), "2020-01-02 03:04:05.678000");
        assert_eq!(cut("2020-01-02 03:04:05.000901", 3), "2020-01-02 03:04:05");
        assert_eq!(cut("2020-01-02 03:04:05", 3), "2020-01-02 03:04:05");
        assert_eq!(cut("2020-01-02 03:04:05.9", 0), "2020-01-02 03:04:05");
    }

    #[test]
    fn only_times_as_the_runtime_writes_them_pass() {
        let time = Type::DateTime { digits: 6, zero: true };
        for (text, malformed) in [
            ("2020-01-02 03:04:05", "0"),
            ("2020-01-02 03:04:05.000001", "0"),
            ("2020-01-02 03:04:05.000000", "1"),
            ("2020-01-02T03:04:05", "1"),
            ("2020-02-30 03:04:05", "1"),
            ("1950-00-00 00:00:00", "1"),
            ("2020-01-02", "1"),
            ("x", "1"),
        ] {
            assert_eq!(value(&Sqlite.malformed(&format!("'{text}'"), &time).unwrap()), malformed, "{text}");
        }
        assert_eq!(value(&Sqlite.malformed("'2020-02-30'", &Type::Date { zero: false }).unwrap()), "1");
        assert_eq!(value(&Sqlite.malformed("'2020-02-29'", &Type::Date { zero: false }).unwrap()), "0");
    }

    #[test]
    fn random_uuids_have_the_form() {
        for _ in 0..50 {
            let uuid = value(&Sqlite.random_uuid());
            assert_eq!(value(&Sqlite.is_uuid(&format!("'{uuid}'"))), "1", "{uuid}");
            assert_eq!(&uuid[14..15], "4", "{uuid}");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
        assert_eq!(value(&Sqlite.is_uuid("'x'")), "0");
    }
}
