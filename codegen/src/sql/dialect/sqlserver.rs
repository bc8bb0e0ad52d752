//! SQL Server (2019 or later). Conditions are no values; `=` takes trailing blanks for nothing under every collation,
//! so lengths are compared as well; tools cut scripts at lines that say `GO`, and know time zones by names of their own.

use super::{Place, SqlDialect};
use chrono::{NaiveDate, NaiveDateTime};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;
use std::borrow::Cow;

/// The spelling of SQL Server.
pub(crate) struct SqlServer;

/// Compares code point by code point, and loses no character of a `varchar` in any other code page.
const EXACT: &str = "Latin1_General_100_BIN2_UTF8";
/// Compares units of UTF-16, so that places in a text are those of its units.
const UNITS: &str = "Latin1_General_100_BIN2";
/// Counts a character that takes two units once.
const CHARACTERS: &str = "Latin1_General_100_CI_AS_SC";
/// The letters that change where others stay as they are.
const CAPITAL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
/// Longest text that a primary key takes, in units of UTF-16: 900 bytes.
const LONGEST_KEY: u32 = 450;
/// Most digits of a decimal.
const DIGITS: u32 = 38;

impl SqlDialect for SqlServer {
    fn dialect(&self) -> Dialect {
        Dialect::SqlServer
    }

    fn title(&self) -> &'static str {
        "SQL Server"
    }

    fn place(&self) -> Place {
        Place { noun: "schema", advice: "names.sql brings them there" }
    }

    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect> {
        Box::new(sqlparser::dialect::MsSqlDialect {})
    }

    /// The parser knows TRY outside of procedures only. Within one its blocks are read as plain blocks, one after the
    /// other.
    fn readable_by_parser<'t>(&self, script: &'t str) -> Cow<'t, str> {
        let whole_lines = [
            ("\nBEGIN TRY\n", "\nBEGIN\n"),
            ("\nEND TRY\n", "\nEND;\n"),
            ("\nBEGIN CATCH\n", "\nBEGIN\n"),
            ("\nEND CATCH;\n", "\nEND;\n"),
        ];
        whole_lines.into_iter().fold(script.into(), |script, (known, plain)| script.replace(known, plain).into())
    }

    fn usage(&self) -> &'static [&'static str] {
        &[
            "For SQL Server 2019 or later; the file is UTF-8, and nothing in it is a variable of sqlcmd:",
            "sqlcmd -b -I -x -f 65001 -i FILE",
        ]
    }

    fn quote_mark(&self) -> char {
        '['
    }

    fn closing_mark(&self) -> char {
        ']'
    }

    fn placeholder(&self, index: usize) -> String {
        format!("@p{index}")
    }

    /// What the server or its tools would take for something else within a literal is given by its number.
    fn text(&self, text: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut plain = String::new();
        let mut before = ' ';
        for character in text.chars() {
            let splits = before == '$' && character == '(';
            if (splits || character.is_control()) && !plain.is_empty() {
                parts.push(literal(&std::mem::take(&mut plain)));
            }
            match character.is_control() {
                true => parts.push(format!("NCHAR({})", u32::from(character))),
                false => plain.push(character),
            }
            before = character;
        }
        if !plain.is_empty() || parts.is_empty() {
            parts.push(literal(&plain));
        }
        match parts.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(" + ")),
        }
    }

    fn date(&self, date: &NaiveDate) -> String {
        format!("CAST('{}' AS DATE)", date.format("%Y-%m-%d"))
    }

    fn date_time(&self, time: &NaiveDateTime) -> String {
        format!("CAST('{}' AS DATETIME2(7))", seven_digits(time))
    }

    fn instant(&self, time: &NaiveDateTime) -> String {
        format!("CAST('{}+00:00' AS DATETIMEOFFSET(7))", seven_digits(time))
    }

    /// A CASE has to give something else than a bare null somewhere.
    fn null(&self, ty: &Type) -> String {
        let name = match ty {
            Type::Text { .. } | Type::Enum(_) => Some("NVARCHAR(MAX)".to_string()),
            Type::Bytes { .. } => Some("VARBINARY(MAX)".to_string()),
            Type::Float => Some("FLOAT".to_string()),
            _ => self.key_type(ty),
        };
        name.map_or("NULL".to_string(), |name| format!("CAST(NULL AS {name})"))
    }

    fn boolean(&self, value: bool) -> &'static str {
        if value { "CAST(1 AS BIT)" } else { "CAST(0 AS BIT)" }
    }

    fn always(&self, holds: bool) -> &'static str {
        if holds { "(1 = 1)" } else { "(1 = 0)" }
    }

    fn condition(&self, value: &str) -> String {
        format!("({value} = 1)")
    }

    fn truth(&self, condition: &str) -> String {
        format!("CAST(CASE WHEN {condition} THEN 1 WHEN NOT ({condition}) THEN 0 END AS BIT)")
    }

    fn is_true(&self, condition: &str) -> String {
        format!("{} = 1", holds(condition))
    }

    fn is_not_true(&self, condition: &str) -> String {
        format!("{} = 0", holds(condition))
    }

    fn only_one_holds(&self, first: &str, second: &str) -> String {
        format!("{} <> {}", holds(first), holds(second))
    }

    fn compares_exactly(&self, collation: Option<&str>) -> bool {
        collation.is_some_and(|collation| collation.eq_ignore_ascii_case(EXACT))
    }

    fn exact(&self, text: &str) -> String {
        format!("{text} COLLATE {EXACT}")
    }

    /// `IS DISTINCT FROM` is known from 2022 on; sets have always taken null for a value like others.
    fn differ(&self, left: &str, right: &str) -> String {
        format!("NOT EXISTS (SELECT {left} INTERSECT SELECT {right})")
    }

    fn differ_in_length(&self, left: &str, right: &str, ty: &Type) -> String {
        let (first, second) = (length_in_bytes(left, ty), length_in_bytes(right, ty));
        format!("NOT EXISTS (SELECT {left}, {first} INTERSECT SELECT {right}, {second})")
    }

    fn same_length(&self, left: &str, right: &str, ty: &Type) -> Option<String> {
        let sized = ty.is_text() || matches!(ty, Type::Bytes { .. });
        sized.then(|| format!("{} = {}", length_in_bytes(left, ty), length_in_bytes(right, ty)))
    }

    /// Blanks that `<` adds to the shorter text stand before most characters, but not before all.
    fn orders_texts(&self) -> bool {
        false
    }

    fn mixable(&self, text: &str) -> String {
        match text.starts_with("N'") || text == "NULL" {
            true => text.to_string(),
            false => format!("(CAST({text} AS NVARCHAR(MAX)) COLLATE {EXACT})"),
        }
    }

    /// Old types of long values cannot be compared; `datetime` counts in steps of 3⅓ milliseconds, and is shown and
    /// read with three digits.
    fn readable(&self, column: &str, declared: &str) -> String {
        match type_word(declared).as_str() {
            "text" | "ntext" => format!("CAST({column} AS NVARCHAR(MAX))"),
            "image" => format!("CAST({column} AS VARBINARY(MAX))"),
            "datetime" => format!("CAST({column} AS DATETIME2(3))"),
            _ => column.to_string(),
        }
    }

    /// A code page leaves characters out that it does not have, or puts others in their place; old types of times round.
    fn unstorable(&self, value: &str, declared: &str, collation: Option<&str>) -> Option<String> {
        let changed = match type_word(declared).as_str() {
            "char" | "varchar" | "text" if collation.is_none_or(|collation| !collation.ends_with("_UTF8")) => {
                let page = by(value, collation.unwrap_or("DATABASE_DEFAULT"));
                format!("CAST({page} AS VARCHAR(MAX)) COLLATE {EXACT} <> {}", by(value, EXACT))
            }
            old @ ("datetime" | "smalldatetime") => {
                let stored = format!("TRY_CAST({value} AS {})", old.to_uppercase());
                format!("({stored} IS NULL OR CAST({stored} AS DATETIME2(3)) <> {value})")
            }
            _ => return None,
        };
        Some(format!("({value} IS NOT NULL AND {changed})"))
    }

    /// A column holds nothing but values of its type.
    fn malformed(&self, _column: &str, _ty: &Type) -> Option<String> {
        None
    }

    fn key_type(&self, ty: &Type) -> Option<String> {
        let listed = |labels: &[String]| labels.iter().map(|label| label.encode_utf16().count()).max().unwrap_or(1);
        let name = match ty {
            Type::Boolean => "BIT".to_string(),
            Type::Integer { .. } if ty.fits_64_bits() => "BIGINT".to_string(),
            Type::Integer { .. } => format!("DECIMAL({DIGITS}, 0)"),
            Type::Decimal { precision, scale } if *precision <= DIGITS => format!("DECIMAL({precision}, {scale})"),
            Type::Text { max } => text_type(max.unwrap_or(LONGEST_KEY)),
            Type::Enum(labels) => text_type(listed(labels) as u32),
            Type::Bytes { max } => format!("VARBINARY({})", max.unwrap_or(900).clamp(1, 900)),
            Type::Date { .. } => "DATE".to_string(),
            Type::DateTime { digits, .. } => format!("DATETIME2({})", digits.min(&7)),
            Type::Instant { digits, .. } => format!("DATETIMEOFFSET({})", digits.min(&7)),
            Type::Time { digits } => format!("TIME({})", digits.min(&7)),
            Type::Uuid => "UNIQUEIDENTIFIER".to_string(),
            Type::Decimal { .. } | Type::Float | Type::Json | Type::Other(_) => return None,
        };
        Some(name)
    }

    fn name_type(&self) -> &'static str {
        "NVARCHAR(64)"
    }

    fn wide(&self, number: &str) -> String {
        format!("CAST({number} AS BIGINT)")
    }

    fn unbounded(&self, _number: &str) -> Option<String> {
        None
    }

    fn holds(&self, number: i128) -> bool {
        i64::try_from(number).is_ok()
    }

    fn integer_to_text(&self, number: &str) -> String {
        format!("CAST({number} AS NVARCHAR(40))")
    }

    fn integer_to_decimal(&self, number: &str) -> String {
        format!("CAST({number} AS DECIMAL({DIGITS}, 0))")
    }

    fn too_many_digits(&self, decimal: &str, precision: u32, scale: u32) -> Option<String> {
        let before = precision.saturating_sub(scale);
        let rounded = format!("ROUND({decimal}, {scale}, 1) <> {decimal}");
        Some(match before < DIGITS {
            true => format!("({rounded} OR ABS({decimal}) >= {})", super::power_of_ten(before)),
            false => format!("({rounded})"),
        })
    }

    fn integer_to_boolean(&self, number: &str) -> String {
        format!("CAST({number} AS BIT)")
    }

    fn boolean_to_integer(&self, boolean: &str) -> String {
        format!("CAST({boolean} AS INT)")
    }

    /// `GREATEST` is known from 2022 on.
    fn greatest(&self, left: &str, right: &str) -> String {
        format!("CASE WHEN {left} < {right} THEN {right} ELSE {left} END")
    }

    fn concat(&self, texts: &[String]) -> String {
        format!("({})", texts.join(" + "))
    }

    fn lower_letters(&self, text: &str) -> Option<String> {
        Some(format!("TRANSLATE({}, N'{CAPITAL}', N'{SMALL}')", by(text, EXACT)))
    }

    fn upper_letters(&self, text: &str) -> Option<String> {
        Some(format!("TRANSLATE({}, N'{SMALL}', N'{CAPITAL}')", by(text, EXACT)))
    }

    fn trim(&self, text: &str) -> String {
        format!("LTRIM(RTRIM({text}))")
    }

    fn trim_end(&self, text: &str) -> String {
        format!("RTRIM({text})")
    }

    fn mid(&self, text: &str, start: &str, length: &str) -> String {
        format!("SUBSTRING({}, {start}, {length})", by(text, CHARACTERS))
    }

    fn before(&self, text: &str, separator: &str) -> Option<String> {
        let width = separator.chars().count();
        let (text, from_end) = (by(text, UNITS), self.place_from_end(text, separator)?);
        Some(format!(
            "CASE WHEN {from_end} = 0 THEN {text} ELSE LEFT({text}, DATALENGTH({text}) / 2 - {from_end} - {width} + 1) END"
        ))
    }

    fn after(&self, text: &str, separator: &str) -> Option<String> {
        let (text, from_end) = (by(text, UNITS), self.place_from_end(text, separator)?);
        Some(format!("CASE WHEN {from_end} = 0 THEN N'' ELSE RIGHT({text}, {from_end} - 1) END"))
    }

    /// `LEN` leaves trailing blanks out.
    fn length(&self, text: &str) -> String {
        format!("(LEN({} + N'.') - 1)", by(text, CHARACTERS))
    }

    fn midnight(&self, day: &str) -> String {
        format!("CAST({day} AS DATETIME2(7))")
    }

    fn utc_to_instant(&self, time: &str) -> String {
        format!("TODATETIMEOFFSET({time}, '+00:00')")
    }

    fn instant_to_utc(&self, time: &str) -> String {
        format!("CAST(SWITCHOFFSET({time}, '+00:00') AS DATETIME2(7))")
    }

    /// A cast would round.
    fn cut_fraction(&self, time: &str, digits: u8) -> String {
        match digits {
            0..=6 => {
                let step = 10u32.pow(9 - u32::from(digits));
                format!("DATEADD(NANOSECOND, -(DATEPART(NANOSECOND, {time}) % {step}), {time})")
            }
            _ => time.to_string(),
        }
    }

    /// The server's own conversion takes braces, and leaves out what follows.
    fn is_uuid(&self, text: &str) -> String {
        let digits = |count: usize| "[0-9a-fA-F]".repeat(count);
        let pattern = [8, 4, 4, 4, 12].map(digits).join("-");
        format!("({} LIKE N'{pattern}' AND {} = 72)", by(text, EXACT), length_in_bytes(text, &Type::TEXT))
    }

    fn text_to_uuid(&self, text: &str) -> String {
        format!("TRY_CONVERT(UNIQUEIDENTIFIER, {text})")
    }

    fn uuid_to_text(&self, uuid: &str) -> String {
        format!("LOWER(CAST({uuid} AS NVARCHAR(36)))")
    }

    fn random_uuid(&self) -> String {
        "NEWID()".to_string()
    }

    fn first(&self, value: &str, from: &str) -> String {
        format!("(SELECT TOP (1) {value} {from} ORDER BY {value})")
    }

    fn limit(&self, rows: &str) -> (String, String) {
        (format!("TOP ({rows}) "), String::new())
    }

    /// Rows cannot be compared as a whole.
    fn behind(&self, key: &[String], other: &[String]) -> String {
        let ways = (0..key.len()).map(|at| {
            let equal = key.iter().zip(other).take(at).map(|(key, other)| format!("{key} = {other}"));
            let all: Vec<String> = equal.chain([format!("{} > {}", key[at], other[at])]).collect();
            all.join(" AND ")
        });
        match key.len() {
            1 => ways.collect(),
            _ => format!("({})", ways.map(|way| format!("({way})")).collect::<Vec<_>>().join(" OR ")),
        }
    }

    fn declare(&self, parameter: &str, ty: &str, value: &str) -> Option<String> {
        let ty = ty.split(" COLLATE ").next().unwrap_or_default();
        Some(format!("DECLARE {parameter} {ty} = {value};"))
    }

    fn create_table(&self, table: &str) -> String {
        format!("IF OBJECT_ID({}, N'U') IS NULL\nCREATE TABLE {table}", self.text(table))
    }

    fn unique(&self, _name: &str, _column: &str) -> Option<String> {
        None
    }

    /// A unique constraint lets null in only once.
    fn unique_index(&self, table: &str, name: &str, column: &str) -> Option<String> {
        let known = format!(
            "SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID({}) AND name = {}",
            self.text(table),
            self.text(name)
        );
        let name = self.quote(name);
        Some(format!(
            "IF NOT EXISTS ({known})\nCREATE UNIQUE INDEX {name} ON {table} ({column}) WHERE {column} IS NOT NULL"
        ))
    }

    fn batch_end(&self) -> &'static str {
        "GO\n"
    }

    fn otherwise(&self) -> &'static str {
        "nothing is carried here"
    }

    /// The server asks for the first two where a filtered index is written. An error ends the transaction as a whole.
    fn prelude(&self) -> &'static [&'static str] {
        &[
            "SET ANSI_NULLS ON",
            "SET QUOTED_IDENTIFIER ON",
            "SET NOCOUNT ON",
            "SET XACT_ABORT ON",
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        ]
    }

    fn gives_keys(&self) -> bool {
        true
    }

    fn begin(&self) -> &'static str {
        "BEGIN TRANSACTION"
    }

    fn keep_away(&self, alias: &str) -> Option<String> {
        let lock = self.text(&crate::sql::run::lock_name(alias));
        Some(format!("EXEC sp_getapplock @Resource = {lock}, @LockMode = N'Exclusive', @LockOwner = N'Transaction'"))
    }

    fn create_batch(&self, table: &str) -> String {
        format!("CREATE TABLE {table}")
    }

    fn batch_name(&self, _alias: &str, table: &str) -> String {
        self.quote(&format!("#{table}"))
    }
}

impl SqlServer {
    /// Where the last separator ends, counted from the end of the text; 0 without one.
    fn place_from_end(&self, text: &str, separator: &str) -> Option<String> {
        let single = separator.chars().all(|character| character.len_utf16() == 1);
        let reversed: String = separator.chars().rev().collect();
        single.then(|| format!("CHARINDEX({}, REVERSE({}))", self.text(&reversed), by(text, UNITS)))
    }
}

/// The name of a declared type, without brackets and length.
fn type_word(declared: &str) -> String {
    let declared = declared.to_lowercase().replace(['[', ']'], "");
    declared.split('(').next().unwrap_or_default().trim().to_string()
}

fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

fn seven_digits(time: &NaiveDateTime) -> String {
    let nine = time.format("%Y-%m-%dT%H:%M:%S%.9f").to_string();
    nine[..nine.len() - 2].to_string()
}

/// 1 where a condition holds, 0 where it does not or is unknown.
fn holds(condition: &str) -> String {
    format!("CASE WHEN {condition} THEN 1 ELSE 0 END")
}

/// A text under a collation; as Unicode first, since a collation can bring a code page of its own.
fn by(text: &str, collation: &str) -> String {
    format!("CAST({text} AS NVARCHAR(MAX)) COLLATE {collation}")
}

/// Texts of several types are measured alike.
fn length_in_bytes(value: &str, ty: &Type) -> String {
    match ty {
        Type::Bytes { .. } => format!("DATALENGTH({value})"),
        _ => format!("DATALENGTH(CAST({value} AS NVARCHAR(MAX)))"),
    }
}

fn text_type(max: u32) -> String {
    format!("NVARCHAR({}) COLLATE {EXACT}", max.clamp(1, LONGEST_KEY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_nothing_that_a_tool_reads() {
        for (text, sql) in [
            ("it's", "N'it''s'"),
            ("", "N''"),
            ("a\nGO\nb", "(N'a' + NCHAR(10) + N'GO' + NCHAR(10) + N'b')"),
            ("a\\\n", "(N'a\\' + NCHAR(10))"),
            ("$(secret)", "(N'$' + N'(secret)')"),
            ("\0", "NCHAR(0)"),
        ] {
            assert_eq!(SqlServer.text(text), sql);
        }
    }

    #[test]
    fn names_end_at_the_closing_bracket_only() {
        assert_eq!(SqlServer.quote("a]b[c"), "[a]]b[c]");
    }

    #[test]
    fn keys_of_several_columns_are_compared_one_after_the_other() {
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        assert_eq!(SqlServer.behind(&words(&["a"]), &words(&["@1"])), "a > @1");
        let three = SqlServer.behind(&words(&["a", "b", "c"]), &words(&["@1", "@2", "@3"]));
        assert_eq!(three, "((a > @1) OR (a = @1 AND b > @2) OR (a = @1 AND b = @2 AND c > @3))");
    }

    #[test]
    fn times_keep_seven_digits() {
        let time = NaiveDate::from_ymd_opt(2020, 2, 3).and_then(|day| day.and_hms_nano_opt(4, 5, 6, 123_456_700));
        assert_eq!(SqlServer.date_time(&time.unwrap()), "CAST('2020-02-03T04:05:06.1234567' AS DATETIME2(7))");
    }
}
