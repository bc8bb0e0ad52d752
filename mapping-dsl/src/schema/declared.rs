//! Declared types: where one ends in a column definition, and what it can hold.
//! Each dialect's names are a file of their own.

pub(super) mod mariadb;
mod postgresql;
pub(super) mod sqlite;
mod sqlserver;

use super::scan::Kind;
use super::text::{Tokens, literal, unquote};
use super::{Assigned, Dialect};
use crate::types::Type;
use std::sync::LazyLock;

/// Words with which the options of a column begin, so that its type is over.
static OPTIONS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = "NOT NULL DEFAULT PRIMARY UNIQUE KEY CHECK CONSTRAINT REFERENCES COLLATE COMMENT AUTO_INCREMENT \
        AUTOINCREMENT GENERATED AS ON CHARSET ASCII UNICODE VISIBLE INVISIBLE STORAGE COMPRESSION COMPRESSED \
        COLUMN_FORMAT SRID REF_SYSTEM_ID OPTIONS FIRST AFTER DEFERRABLE ENGINE_ATTRIBUTE \
        SECONDARY_ENGINE_ATTRIBUTE";
    words.split(' ').collect()
});

/// More such words in SQL Server, where every type is one word.
const SQL_SERVER_OPTIONS: [&str; 10] =
    ["IDENTITY", "ROWGUIDCOL", "SPARSE", "MASKED", "ENCRYPTED", "FILESTREAM", "HIDDEN", "PERSISTED", "WITH", "INDEX"];

/// Takes the tokens of a type and returns its text; empty where SQLite has none.
pub(super) fn take<'a>(tokens: &mut Tokens<'_>, text: &'a str) -> &'a str {
    let start = tokens.at();
    let mut end = start;
    let is_over = |tokens: &Tokens<'_>, begun: bool| {
        tokens.is_done() || option_starts(tokens) || begun && tokens.at_words(&["BINARY"])
    };
    while !is_over(tokens, end > start) {
        tokens.pass();
        end = tokens.end();
    }
    &text[start..end]
}

/// Returns whether an option of a column begins here.
pub(super) fn option_starts(tokens: &Tokens<'_>) -> bool {
    let Some((kind, word)) = tokens.peek(0) else { return true };
    let listed = |words: &[&str]| words.iter().any(|option| word.eq_ignore_ascii_case(option));
    let phrases = ["WITH SYSTEM", "WITHOUT SYSTEM", "CHARACTER SET"];
    kind == Kind::Word
        && (listed(&OPTIONS)
            || phrases.iter().any(|phrase| tokens.at_phrase(phrase))
            || tokens.dialect() == Dialect::SqlServer && listed(&SQL_SERVER_OPTIONS))
}

/// Returns what a declared type can hold.
pub(super) fn to_type(declared: &str, dialect: Dialect) -> Type {
    let spelled = Spelled::new(declared, dialect);
    let known = match dialect {
        Dialect::MariaDb => mariadb::known(&spelled),
        Dialect::PostgreSql => postgresql::known(&spelled),
        Dialect::Sqlite => sqlite::known(&spelled),
        Dialect::SqlServer => sqlserver::known(&spelled),
    };
    known.unwrap_or_else(|| Type::Other(declared.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// Returns how values of a type come about, where the type alone says so.
pub(super) fn assigned(declared: &str, dialect: Dialect) -> Assigned {
    match dialect {
        Dialect::MariaDb if declared.eq_ignore_ascii_case("serial") => Assigned::Counter,
        Dialect::PostgreSql if postgresql::is_serial(declared) => Assigned::Counter,
        Dialect::SqlServer if sqlserver::is_version(&Spelled::new(declared, dialect)) => Assigned::Computed,
        Dialect::MariaDb | Dialect::PostgreSql | Dialect::Sqlite | Dialect::SqlServer => Assigned::No,
    }
}

/// Returns whether a type alone says that there is no null.
pub(super) fn refuses_null(declared: &str, dialect: Dialect) -> bool {
    dialect == Dialect::SqlServer && Spelled::new(declared, dialect).name() == "sysname"
}

/// Exact decimals whose digits are not bounded: as many as PostgreSQL's `numeric` can have at all,
/// 131 072 before the point and 16 383 after it.
const UNBOUNDED_DECIMAL: Type = Type::Decimal { precision: 131_072 + 16_383, scale: 16_383 };

/// A type taken apart.
struct Spelled {
    /// Its words in lower case, without what is in parentheses.
    words: Vec<String>,
    /// What is in the first parentheses, literals without quotes.
    arguments: Vec<String>,
    /// Whether it is a list of values of the type.
    array: bool,
}

impl Spelled {
    fn new(declared: &str, dialect: Dialect) -> Spelled {
        let mut tokens = Tokens::new(declared, dialect);
        let mut spelled = Spelled { words: Vec::new(), arguments: Vec::new(), array: false };
        while let Some((kind, text)) = tokens.peek(0) {
            match tokens.take_group() {
                Some(group) if spelled.arguments.is_empty() => {
                    spelled.arguments = arguments(&declared[group], dialect);
                    continue;
                }
                Some(_) => continue,
                None => tokens.take(),
            };
            match kind {
                Kind::Word => spelled.words.push(text.to_lowercase()),
                // SQL Server's tools quote the names of its own types too.
                Kind::Quoted if dialect == Dialect::SqlServer => spelled.words.push(unquote(text).to_lowercase()),
                // What stands before a point is the namespace of the type.
                Kind::Symbol if text == "." => spelled.words.truncate(spelled.words.len().saturating_sub(1)),
                Kind::Symbol => spelled.array |= text == "[",
                Kind::Quoted | Kind::Literal | Kind::Space | Kind::Comment => spelled.words.push(text.to_string()),
            }
        }
        spelled.array |= spelled.words.iter().any(|word| word == "array");
        spelled
    }

    /// Returns the words joined, without those that change nothing about the values.
    fn name_without(&self, ignored: &[&str]) -> String {
        let kept = self.words.iter().filter(|word| !ignored.contains(&word.as_str()));
        kept.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    fn name(&self) -> String {
        self.name_without(&[])
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|one| one == word)
    }

    fn number(&self, index: usize) -> Option<u32> {
        self.arguments.get(index)?.parse().ok()
    }

    fn text(&self) -> Type {
        Type::Text { max: self.number(0) }
    }

    /// Returns the digits of a fraction of a second; six are the most but where the default has more.
    fn digits(&self, default: u8) -> u8 {
        self.number(0).map_or(default, |digits| digits.min(u32::from(default.max(6))) as u8)
    }

    /// Returns a decimal; a scale below nought stands for noughts before the point.
    fn decimal(&self, unbounded: Type) -> Type {
        let Some(precision) = self.number(0) else { return unbounded };
        let scale: i32 = self.arguments.get(1).and_then(|scale| scale.replace(' ', "").parse().ok()).unwrap_or(0);
        match u32::try_from(scale) {
            Ok(scale) => Type::Decimal { precision: precision.max(scale), scale },
            Err(_) => Type::Decimal { precision: precision.saturating_add(scale.unsigned_abs()), scale: 0 },
        }
    }
}

fn arguments(group: &str, dialect: Dialect) -> Vec<String> {
    let parts = Tokens::new(group, dialect).split_at_commas();
    let argument = |raw: &str| match raw.starts_with(['\'', '"']) {
        true => literal(raw, dialect),
        false => raw.to_string(),
    };
    parts.into_iter().map(|part| argument(group[part].trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_all_dialects() {
        let mut seen = String::new();
        for (dialect, names) in [
            (Dialect::MariaDb, include_str!("declared/mariadb.txt")),
            (Dialect::PostgreSql, include_str!("declared/postgresql.txt")),
            (Dialect::Sqlite, include_str!("declared/sqlite.txt")),
            (Dialect::SqlServer, include_str!("declared/sqlserver.txt")),
        ] {
            seen.push_str(&format!("-- {dialect}\n"));
            for name in names.lines() {
                seen.push_str(&format!("{name:<34} {:?}\n", to_type(name, dialect)));
            }
        }
        insta::assert_snapshot!(seen);
    }

    #[test]
    fn a_type_ends_where_options_begin() {
        for (text, expected) in [
            ("int(11) unsigned NOT NULL", "int(11) unsigned"),
            ("varchar(5) CHARACTER SET latin1", "varchar(5)"),
            ("character varying(5) DEFAULT 'x'", "character varying(5)"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone"),
            ("enum('a NOT','b)') COMMENT 'x'", "enum('a NOT','b)')"),
            ("PRIMARY KEY", ""),
        ] {
            assert_eq!(take(&mut Tokens::new(text, Dialect::MariaDb), text), expected);
        }
    }
}
