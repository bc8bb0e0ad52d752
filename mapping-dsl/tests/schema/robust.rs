//! Any text at all: nothing panics, nothing hangs, and what SQLite is given it takes.

use crate::{DUMP, LEGACY, TARGET, cases, read_as};
use cutover_mapping_dsl::schema::{Dialect, encoding, translate};
use proptest::prelude::*;

#[test]
fn no_sql_at_all() {
    let schema = read_as("Dear reader,\nthis is no SQL; it isn't.\n", Dialect::PostgreSql);
    assert_eq!(schema.tables, []);
    assert_eq!(schema.skipped.len(), 2);
    for text in [LEGACY, DUMP, TARGET] {
        Dialect::ALL.iter().for_each(|dialect| drop(read_as(text, *dialect)));
    }
}

/// Returns the texts of all cases and real files.
fn texts() -> Vec<String> {
    let real = [LEGACY, DUMP, TARGET].map(str::to_string);
    cases::all().into_iter().map(|(_, text, _)| text).chain(real).collect()
}

/// Returns `text` with a piece of it taken away, doubled or replaced.
fn mutated(text: &str, at: usize, length: usize, with: &str) -> String {
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (boundary(at), boundary(at + length));
    format!("{}{with}{}", &text[..start], &text[end..])
}

#[test]
fn hostile_options_take_no_long_time() {
    for part in [
        "DEFAULT (",
        "DEFAULT ",
        "CHECK (",
        "CHECK (a OR ",
        "DEFAULT CASE WHEN ",
        "DEFAULT f(",
        "DEFAULT - ",
        "CHECK (NOT ",
    ] {
        for dialect in Dialect::ALL {
            let started = std::time::Instant::now();
            read_as(&format!("CREATE TABLE t (a int {}", part.repeat(32 * 1024 / part.len())), dialect);
            read_as(&format!("CREATE TABLE t (a int {}", part.repeat(40)), dialect);
            assert!(started.elapsed().as_secs() < 5, "{dialect}: {part}");
        }
    }
}

#[test]
fn deep_conditions_are_survived() {
    let chain = "a = 'x' OR ".repeat(2_900);
    let nested = "(".repeat(10_000);
    for dialect in Dialect::ALL {
        for ddl in [
            format!("CREATE TABLE t (a text, CHECK ({chain} a = 'y'))"),
            format!("CREATE TABLE t (a text CHECK {nested}"),
        ] {
            let schema = read_as(&ddl, dialect);
            assert_eq!(schema.tables.len(), 1);
            translate::create_statements(&schema, Dialect::Sqlite).expect("SQLite is written");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_survived(text in any::<String>(), dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        read_as(&text, dialect);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        if let Ok(text) = encoding::decode(bytes, dialect) {
            read_as(&text, dialect);
        }
    }

    #[test]
    fn any_beginning_is_survived(text in prop::sample::select(texts()), at in 0..40_000usize, dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        read_as(&mutated(&text, at % text.len(), text.len(), ""), dialect);
        let bytes = text.as_bytes()[..at % text.len()].to_vec();
        drop(encoding::decode(bytes, dialect).map(|text| read_as(&text, dialect)));
    }

    #[test]
    fn any_soup_is_survived(
        words in prop::collection::vec(prop::sample::select(vec![
            "CREATE", "TABLE", "t", "(", ")", ",", ";", "a int", "'", "\"", "`", "$a$", "/*", "*/", "/*!40000", "--",
            "\n", "KEY", "PRIMARY", "CHECK", "IN", "NOT NULL", "DEFAULT", "BEGIN", "END", "enum('a'", "ALTER TABLE t",
            "ADD", "é", "\\", "COPY t FROM stdin", "DELIMITER", "UNIQUE", "INDEX", "ON", ".", "[", "]", "TYPE", "AS ENUM",
            "\nGO\n", "\nSET x ON", "EXEC sp_addextendedproperty", "FOR", "AS", "IDENTITY", "N'", "USE", "LIKE", "INHERITS",
            "COMMENT ON", "COLUMN", "IS", "DOMAIN", "CONSTRAINT", "REFERENCES", "#", "GENERATED", "numeric(3,-", "::",
        ]), 0..60),
        blank in prop::sample::select(vec!["", " "]),
        dialect in prop::sample::select(Dialect::ALL.to_vec()),
    ) {
        read_as(&words.join(blank), dialect);
    }

    #[test]
    fn any_mutation_is_survived(
        text in prop::sample::select(texts()),
        at in 0..40_000usize,
        length in 0..200usize,
        with in prop::sample::select(vec!["", "'", "\"", "`", "(", ")", ";", "/*", "*/", "$$", "\\", "\u{0}", "é", ","]),
        dialect in prop::sample::select(Dialect::ALL.to_vec()),
    ) {
        let schema = read_as(&mutated(&text, at % text.len(), length, with), dialect);
        for target in [Dialect::PostgreSql, Dialect::MariaDb] {
            translate::create_statements(&schema, target).expect("this dialect is written");
        }
        let translation = translate::create_statements(&schema, Dialect::Sqlite).expect("SQLite is written");
        let connection = rusqlite::Connection::open_in_memory().expect("SQLite opens");
        for statement in translation.statements.iter().filter(|statement| !statement.contains('\0')) {
            connection.execute(statement, []).unwrap_or_else(|error| panic!("{error}\n{statement}"));
        }
    }
}
