//! Column definitions: name, type and options.
//! Name and type are found by own code, since sqlparser keeps no places of them; options are parsed one by one,
//! so that an unknown one is passed over and those behind it still count.

use super::declared;
use super::elements::{Element, check_condition, foreign_key};
use super::read::Reader;
use super::sql::{Parsing, last_name, name};
use super::text::Tokens;
use super::{Assigned, Check, Column, Dialect, Table, UniqueKey};
use sqlparser::ast::{ColumnOption, Ident};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use std::ops::Range;

/// How many words of one column that are no option are passed over; each costs a look at all that follows.
const MOST_TRIES: usize = 32;

/// Reads a column definition and adds it to the table.
pub(super) fn read(reader: &mut Reader, table: &mut Table, element: Element<'_>) {
    let mut tokens = Tokens::new(element.text, reader.dialect());
    let Some(column_name) = tokens.take_name() else {
        reader.skip(element.line(0), element.text, "this part of the table was not understood");
        return;
    };
    let declared = declared::take(&mut tokens, element.text);
    if declared.is_empty() && reader.dialect() != Dialect::Sqlite {
        reader.skip(element.line(0), element.text, "this column has no type");
        return;
    }
    let mut column = new_column(column_name, declared, element.line(0), reader.dialect());
    if reader.dialect() == Dialect::MariaDb && column.assigned == Assigned::Counter {
        let columns = vec![column.name.clone()]; // `serial` says `unique` too
        table.unique_keys.push(UniqueKey { name: None, columns, line: column.line });
    }
    options(reader, table, &mut column, element, tokens.at());
    table.columns.push(column);
}

fn new_column(name: String, declared: &str, line: usize, dialect: Dialect) -> Column {
    let is_serial = match dialect {
        Dialect::MariaDb => declared.eq_ignore_ascii_case("serial"),
        Dialect::PostgreSql => declared::is_serial(declared),
        Dialect::Sqlite => false,
    };
    Column {
        name,
        line,
        declared: declared.split_whitespace().collect::<Vec<_>>().join(" "),
        ty: declared::to_type(declared, dialect),
        nullable: !is_serial,
        default: None,
        assigned: if is_serial { Assigned::Counter } else { Assigned::No },
        allowed: None,
        collation: None,
        comment: None,
    }
}

/// Reads the options from a place in the element on.
fn options(reader: &mut Reader, table: &mut Table, column: &mut Column, element: Element<'_>, from: usize) {
    let text = &element.text[from..];
    let Some(mut parsing) = Parsing::new(text, reader.dialect()) else {
        reader.skip(element.line(from), text, "the options of this column were not understood");
        return;
    };
    let mut unknown: Option<usize> = None;
    let mut tries = 0;
    while !parsing.is_done() && tries < MOST_TRIES {
        let start = parsing.at();
        match parsing.parser.maybe_parse(named_option) {
            Ok(Some((option_name, option))) => {
                if let Some(first) = unknown.take() {
                    not_understood(reader, column, element, from + first..from + start);
                }
                let part = Part { element, start: from + start, text: parsing.since(start) };
                take_in(reader, table, column, part, option_name, option);
            }
            Ok(None) | Err(_) => {
                parsing.skip();
                unknown.get_or_insert(start);
                tries += 1;
            }
        }
    }
    if let Some(first) = unknown {
        not_understood(reader, column, element, from + first..element.text.len());
    }
}

/// An option with its place.
struct Part<'a> {
    element: Element<'a>,
    start: usize,
    text: &'a str,
}

/// Reports options that sqlparser does not know; of computed columns the first word says enough.
fn not_understood(reader: &mut Reader, column: &mut Column, element: Element<'_>, range: Range<usize>) {
    let unknown = element.text[range.clone()].trim();
    if unknown.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("generated")) {
        column.assigned = Assigned::Computed;
    } else if !harmless(unknown) {
        reader.skip(element.line(range.start), unknown, "this option of a column was not understood");
    }
}

/// Returns whether an unknown option says nothing about the values.
fn harmless(option: &str) -> bool {
    let option = option.to_ascii_uppercase();
    ["VISIBLE", "PERSISTENT", "STORED", "VIRTUAL", "ASC", "DESC"].contains(&option.as_str())
        || option.starts_with("CHARSET ")
}

fn named_option(parser: &mut Parser<'_>) -> Result<(Option<Ident>, ColumnOption), ParserError> {
    let option_name = match parser.parse_keyword(Keyword::CONSTRAINT) {
        true => Some(parser.parse_identifier()?),
        false => None,
    };
    let option = parser.parse_optional_column_option()?;
    option.map(|option| (option_name, option)).ok_or_else(|| ParserError::ParserError("no option".to_string()))
}

fn take_in(
    reader: &mut Reader,
    table: &mut Table,
    column: &mut Column,
    part: Part<'_>,
    option_name: Option<Ident>,
    option: ColumnOption,
) {
    let dialect = reader.dialect();
    let line = part.element.line(part.start);
    let option_name = option_name.map(|ident| name(&ident, dialect));
    match option {
        ColumnOption::Null => column.nullable = true,
        ColumnOption::NotNull => column.nullable = false,
        ColumnOption::Default(_) => set_default(column, after_word(part.text)),
        ColumnOption::PrimaryKey(_) => table.primary_key = vec![column.name.clone()],
        ColumnOption::Unique(_) => {
            table.unique_keys.push(UniqueKey { name: option_name, columns: vec![column.name.clone()], line });
        }
        ColumnOption::ForeignKey(key) => {
            let key = foreign_key(key, vec![column.name.clone()], dialect, line);
            table.foreign_keys.push(super::ForeignKey { name: option_name, ..key });
        }
        ColumnOption::Check(_) => {
            table.checks.push(Check { name: option_name, condition: check_condition(part.text, dialect), line });
        }
        ColumnOption::Collation(collation) => column.collation = Some(last_name(&collation, dialect)),
        ColumnOption::Comment(comment) => column.comment = Some(comment),
        ColumnOption::Generated { generation_expr, .. } => {
            column.assigned = if generation_expr.is_some() { Assigned::Computed } else { Assigned::Counter };
            column.nullable &= column.assigned == Assigned::Computed;
        }
        ColumnOption::Identity(_) => column.assigned = Assigned::Counter,
        ColumnOption::DialectSpecific(_) => counter_word(column, part.text),
        ColumnOption::CharacterSet(_) | ColumnOption::OnUpdate(_) | ColumnOption::Invisible => {}
        _ => reader.skip(line, part.text, "this option of a column is not read"),
    }
}

/// Takes in a default; one that draws from a sequence makes a counter of the column.
pub(super) fn set_default(column: &mut Column, default: &str) {
    column.default = Some(default.trim().to_string()).filter(|default| !default.eq_ignore_ascii_case("null"));
    let call = default.trim_start_matches('(').trim_start();
    if call.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("nextval(")) {
        column.assigned = Assigned::Counter;
        column.default = None;
    }
}

/// AUTO_INCREMENT and AUTOINCREMENT come as loose words, as does the direction of a key.
fn counter_word(column: &mut Column, text: &str) {
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("auto")) {
        column.assigned = Assigned::Counter;
        column.nullable = false;
    }
}

/// Returns what stands behind the first word.
fn after_word(text: &str) -> &str {
    text.trim_start().find(|c: char| !c.is_ascii_alphabetic()).map_or("", |at| text.trim_start()[at..].trim())
}
