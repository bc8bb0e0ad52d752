//! Column definitions: name, type and options. Options are read one by one, so that an unknown one is passed over
//! and those behind it still count. Only the text of expressions is kept; `sql` understands them where it is needed.

use super::declared;
use super::elements::Element;
use super::key;
use super::read::Reader;
use super::text::Tokens;
use super::{Assigned, Check, Column, Dialect, Index, Table, UniqueKey};
use crate::types::Type;

/// Reads a column definition and adds it to the table.
pub(super) fn read(reader: &mut Reader, table: &mut Table, element: Element<'_>) {
    let dialect = reader.dialect();
    let mut tokens = Tokens::new(element.text, dialect);
    let Some(column_name) = tokens.take_name() else {
        reader.skip(element.line(0), element.text, "this part of the table was not understood");
        return;
    };
    let declared = declared::take(&mut tokens, element.text);
    let is_computed = tokens.at_words(&["AS"]) || tokens.at_words(&["GENERATED"]);
    if declared.is_empty() && dialect != Dialect::Sqlite && !is_computed {
        reader.skip(element.line(0), element.text, "this column has no type");
        return;
    }
    let mut column = new_column(column_name, declared, element.line(0), dialect);
    if dialect == Dialect::MariaDb && column.assigned == Assigned::Counter {
        let columns = vec![column.name.clone()]; // `serial` says `unique` too
        table.unique_keys.push(UniqueKey { name: None, columns, line: column.line });
    }
    column.nullable &= !reader.user_types.refuse_null(declared, dialect);
    options(reader, table, &mut column, element, &mut tokens);
    table.columns.push(column);
}

fn new_column(name: String, declared: &str, line: usize, dialect: Dialect) -> Column {
    let assigned = declared::assigned(declared, dialect);
    Column {
        name,
        line,
        declared: declared.split_whitespace().collect::<Vec<_>>().join(" "),
        ty: declared::to_type(declared, dialect),
        nullable: assigned == Assigned::No && !declared::refuses_null(declared, dialect),
        default: None,
        assigned,
        allowed: None,
        collation: None,
        charset: None,
        comment: None,
    }
}

/// Reads all options that are left.
fn options(reader: &mut Reader, table: &mut Table, column: &mut Column, element: Element<'_>, tokens: &mut Tokens<'_>) {
    let mut unknown: Option<usize> = None;
    while !tokens.is_done() {
        let start = tokens.at();
        let constraint_name = constraint_name(tokens);
        let line = element.line(start);
        if option(table, column, tokens, element, constraint_name, line) {
            if let Some(first) = unknown.take() {
                not_understood(reader, element, first, start);
            }
        } else {
            tokens.pass();
            unknown.get_or_insert(start);
        }
    }
    if let Some(first) = unknown {
        not_understood(reader, element, first, element.text.len());
    }
}

fn not_understood(reader: &mut Reader, element: Element<'_>, start: usize, end: usize) {
    let what = element.text[start..end].trim();
    reader.skip(element.line(start), what, "this option of a column was not understood");
}

/// Takes CONSTRAINT and the name behind it; MariaDB lets the name out.
pub(super) fn constraint_name(tokens: &mut Tokens<'_>) -> Option<String> {
    const KINDS: [&str; 8] = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "REFERENCES", "DEFAULT", "NOT", "NULL"];
    if !tokens.take_words(&["CONSTRAINT"]) || tokens.at_one_of(&KINDS) {
        return None;
    }
    tokens.take_qualified().and_then(|mut parts| parts.pop())
}

/// Takes one option; returns false if none is known that begins so.
fn option(
    table: &mut Table,
    column: &mut Column,
    tokens: &mut Tokens<'_>,
    element: Element<'_>,
    name: Option<String>,
    line: usize,
) -> bool {
    let dialect = tokens.dialect();
    if tokens.take_words(&["NOT", "NULL"]) {
        column.nullable = false;
    } else if tokens.take_words(&["NULL"]) {
        column.nullable = column.assigned != Assigned::Counter;
    } else if tokens.take_words(&["DEFAULT"]) {
        set_default(column, expression(tokens, element.text));
    } else if tokens.take_words(&["PRIMARY", "KEY"]) || dialect == Dialect::MariaDb && tokens.take_words(&["KEY"]) {
        table.primary_key = key_columns(column, tokens, element);
    } else if tokens.take_words(&["UNIQUE"]) {
        tokens.take_words(&["KEY"]);
        table.unique_keys.push(UniqueKey { name, columns: key_columns(column, tokens, element), line });
    } else if tokens.take_words(&["CHECK"]) {
        let condition = tokens.take_group_text().unwrap_or_default().to_string();
        table.checks.push(Check { name, condition, line });
    } else if tokens.take_phrase("FOREIGN KEY") || tokens.at_words(&["REFERENCES"]) {
        let columns = key_columns(column, tokens, element);
        if tokens.take_words(&["REFERENCES"]) {
            table.foreign_keys.extend(key::referenced(tokens, element.text, columns, name, line));
        }
    } else if dialect == Dialect::SqlServer && tokens.take_words(&["INDEX"]) {
        let name = tokens.take_name();
        table.indexes.push(Index { name, columns: key_columns(column, tokens, element), line });
    } else {
        return tells_of_values(column, tokens, element) || says_nothing(tokens);
    }
    true
}

/// Returns the columns of a key that stands at a column: this one, but for SQL Server, which can name others.
fn key_columns(column: &Column, tokens: &mut Tokens<'_>, element: Element<'_>) -> Vec<String> {
    let own = vec![column.name.clone()];
    if tokens.dialect() != Dialect::SqlServer {
        return own;
    }
    while tokens.take_listed("UNIQUE CLUSTERED NONCLUSTERED HASH") {}
    let named = tokens.take_group().and_then(|group| key::only_columns(&element.text[group], tokens.dialect()));
    named.unwrap_or(own)
}

/// Takes an option about the values of the column: how they come about, how they compare, what they mean.
fn tells_of_values(column: &mut Column, tokens: &mut Tokens<'_>, element: Element<'_>) -> bool {
    if tokens.take_words(&["COLLATE"]) {
        tokens.take_symbol("=");
        column.collation = tokens.take_qualified().and_then(|mut parts| parts.pop());
    } else if tokens.take_words(&["CHARACTER", "SET"]) || tokens.take_words(&["CHARSET"]) {
        tokens.take_symbol("=");
        column.charset = tokens.take_name().map(|name| name.to_lowercase());
    } else if tokens.take_words(&["COMMENT"]) {
        column.comment = tokens.take_literal();
    } else if tokens.take_one_of(&["AUTO_INCREMENT", "AUTOINCREMENT"]) {
        counts(column);
    } else if tokens.dialect() == Dialect::SqlServer && tokens.take_words(&["IDENTITY"]) {
        tokens.take_group();
        counts(column);
    } else if tokens.take_words(&["GENERATED"]) {
        generated(column, tokens, element);
    } else if tokens.take_words(&["AS"]) {
        computed(column, tokens, element);
    } else if tokens.take_words(&["ON", "UPDATE"]) {
        expression(tokens, element.text); // only for rows that are changed later
    } else {
        return false;
    }
    true
}

fn counts(column: &mut Column) {
    column.assigned = Assigned::Counter;
    column.nullable = false;
}

/// GENERATED … AS IDENTITY counts; AS ROW START and AS (…) compute.
fn generated(column: &mut Column, tokens: &mut Tokens<'_>, element: Element<'_>) {
    let _ = tokens.take_words(&["ALWAYS"]) || tokens.take_words(&["BY", "DEFAULT"]);
    tokens.take_words(&["ON", "NULL"]);
    tokens.take_words(&["AS"]);
    if tokens.take_words(&["IDENTITY"]) {
        tokens.take_group();
        counts(column);
    } else {
        tokens.take_one_of(&["ROW", "TRANSACTION_ID", "SEQUENCE_NUMBER"]);
        match tokens.take_one_of(&["START", "END"]) {
            true => column.assigned = Assigned::Computed,
            false => computed(column, tokens, element),
        }
    }
}

fn computed(column: &mut Column, tokens: &mut Tokens<'_>, element: Element<'_>) {
    expression(tokens, element.text);
    column.assigned = Assigned::Computed;
    if column.declared.is_empty() && tokens.dialect() == Dialect::SqlServer {
        column.ty = Type::Other("computed".to_string());
    }
}

/// Options of one word that say nothing about the values.
const ALONE: &str = "VISIBLE INVISIBLE IGNORED COMPRESSED STORED VIRTUAL PERSISTENT PERSISTED ASC DESC CLUSTERED \
    NONCLUSTERED HASH ROWGUIDCOL SPARSE FILESTREAM HIDDEN ENFORCED DEFERRABLE BINARY ASCII UNICODE FIRST VALID BTREE \
    DISTINCT MASKED ENCRYPTED";

/// Options of two words, of which the second may be anything.
const WITH_A_WORD: &str = "INITIALLY COLUMN_FORMAT STORAGE COMPRESSION SRID REF_SYSTEM_ID AFTER USING COMMENT \
    KEY_BLOCK_SIZE ENGINE_ATTRIBUTE SECONDARY_ENGINE_ATTRIBUTE FILLFACTOR WITH OPTIONS INCLUDE";

/// Options of several words.
const PHRASES: [&str; 16] = [
    "NOT FOR REPLICATION",
    "NOT DEFERRABLE",
    "NOT ENFORCED",
    "NOT VALID",
    "NOT VISIBLE",
    "NOT HIDDEN",
    "NOT IGNORED",
    "NO INHERIT",
    "WITH VALUES",
    "WITH SYSTEM VERSIONING",
    "WITHOUT SYSTEM VERSIONING",
    "NULLS DISTINCT",
    "NULLS NOT DISTINCT",
    "NULLS FIRST",
    "NULLS LAST",
    "USING INDEX TABLESPACE",
];

/// Passes over an option that says nothing about the values, or what belongs to the option before it.
pub(super) fn says_nothing(tokens: &mut Tokens<'_>) -> bool {
    if let Some(phrase) = PHRASES.iter().find(|phrase| tokens.take_phrase(phrase)) {
        if phrase.ends_with("TABLESPACE") {
            tokens.take();
        }
        return true;
    }
    if tokens.take_words(&["ON", "CONFLICT"]) {
        tokens.take();
        return true;
    }
    if tokens.dialect() == Dialect::SqlServer && tokens.take_words(&["ON"]) {
        tokens.take_name(); // a filegroup, or a partition scheme and its column
        tokens.take_group();
        return true;
    }
    if tokens.take_listed(WITH_A_WORD) {
        tokens.take_one_of(&["PARSER", "OPTIONS"]);
        tokens.take_symbol("=");
        tokens.pass();
        return true;
    }
    let alone = tokens.take_listed(ALONE);
    if alone && tokens.take_symbol("=") {
        tokens.take(); // `COMPRESSED=zlib`
    }
    alone
}

/// Takes an expression: its first token whatever it is, then all up to where an option begins.
pub(super) fn expression<'a>(tokens: &mut Tokens<'_>, text: &'a str) -> &'a str {
    let start = tokens.at();
    tokens.pass();
    while !tokens.is_done() && !declared::option_starts(tokens) {
        tokens.pass();
    }
    &text[start..tokens.end().max(start)]
}

/// Takes in a default; one that draws from a sequence makes a counter of the column.
pub(super) fn set_default(column: &mut Column, default: &str) {
    let call = default.trim_start_matches(['(', ' ']).trim_start().to_ascii_lowercase();
    if call.starts_with("nextval(") || call.starts_with("next value for") || call.starts_with("nextval (") {
        column.assigned = Assigned::Counter;
        column.default = None;
        return;
    }
    let is_null = default.trim_matches(['(', ')', ' ']).eq_ignore_ascii_case("null");
    column.default = Some(default.trim().to_string()).filter(|default| !is_null && !default.is_empty());
}
