//! How a database spells things. Each method is a small answer; the defaults are standard SQL, so that a dialect only
//! says where it differs. `None` means that the dialect cannot say it with exactly the meaning of the runtime.

pub(crate) mod mariadb;
pub(crate) mod postgresql;
pub(crate) mod sqlite;
pub(crate) mod sqlserver;

use chrono::{NaiveDate, NaiveDateTime};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;
use std::borrow::Cow;

/// Returns the spelling of a dialect.
pub(crate) fn of(dialect: Dialect) -> &'static dyn SqlDialect {
    match dialect {
        Dialect::MariaDb => &mariadb::MariaDb,
        Dialect::PostgreSql => &postgresql::PostgreSql,
        Dialect::Sqlite => &sqlite::Sqlite,
        Dialect::SqlServer => &sqlserver::SqlServer,
    }
}

/// What the two halves of a namespace are called, for the head of files.
pub(crate) struct Place {
    /// Such as `schema`.
    pub(crate) noun: &'static str,
    /// How to get both onto one connection.
    pub(crate) advice: &'static str,
}

/// One database's spelling. Arguments and results are SQL unless said otherwise; a result is safe as an operand.
pub(crate) trait SqlDialect: Sync {
    /// Which dialect this is.
    fn dialect(&self) -> Dialect;

    /// Its name as people write it.
    fn title(&self) -> &'static str;

    /// Where legacy and target tables lie.
    fn place(&self) -> Place;

    /// The parser that checks what was made.
    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect>;

    /// A script with what the parser does not know in a form that it does.
    fn readable_by_parser<'t>(&self, script: &'t str) -> Cow<'t, str> {
        script.into()
    }

    /// How a script is run, for the head of files, where that matters.
    fn usage(&self) -> &'static [&'static str] {
        &[]
    }

    // Names and literals.

    /// The mark before and after a quoted identifier; doubled inside.
    fn quote_mark(&self) -> char {
        '"'
    }

    /// The mark that ends a quoted identifier.
    fn closing_mark(&self) -> char {
        self.quote_mark()
    }

    /// Quotes an identifier, whatever it contains.
    fn quote(&self, identifier: &str) -> String {
        let mut quoted = String::with_capacity(identifier.len() + 2);
        self.push_quoted(identifier, &mut quoted);
        quoted
    }

    /// Adds a quoted identifier to a text.
    fn push_quoted(&self, identifier: &str, out: &mut String) {
        let mark = self.closing_mark();
        out.push(self.quote_mark());
        match identifier.contains(mark) {
            true => out.push_str(&identifier.replace(mark, &String::from_iter([mark, mark]))),
            false => out.push_str(identifier),
        }
        out.push(mark);
    }

    /// The placeholder of parameter `index`, counted from 1.
    fn placeholder(&self, _index: usize) -> String {
        "?".to_string()
    }

    /// A text literal.
    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// A day.
    fn date(&self, date: &NaiveDate) -> String {
        format!("DATE '{}'", date.format("%Y-%m-%d"))
    }

    /// A point on a wall clock.
    fn date_time(&self, time: &NaiveDateTime) -> String {
        format!("TIMESTAMP '{}'", time.format("%Y-%m-%d %H:%M:%S%.6f"))
    }

    /// A point in time, given as UTC.
    fn instant(&self, time: &NaiveDateTime) -> String {
        self.date_time(time)
    }

    /// Null of a type.
    fn null(&self, _ty: &Type) -> String {
        "NULL".to_string()
    }

    // Conditions, which not every database takes for values.

    /// True or false as a value.
    fn boolean(&self, value: bool) -> &'static str {
        if value { "TRUE" } else { "FALSE" }
    }

    /// A condition that always holds, or never.
    fn always(&self, holds: bool) -> &'static str {
        self.boolean(holds)
    }

    /// A value that is true, false or null as a condition.
    fn condition(&self, value: &str) -> String {
        value.to_string()
    }

    /// A condition as a value that is true, false or null.
    fn truth(&self, condition: &str) -> String {
        condition.to_string()
    }

    /// Whether a condition holds, never unknown.
    fn is_true(&self, condition: &str) -> String {
        format!("{condition} IS TRUE")
    }

    /// Whether a condition does not hold or is unknown, never unknown itself.
    fn is_not_true(&self, condition: &str) -> String {
        format!("{condition} IS NOT TRUE")
    }

    /// Whether one of two conditions holds and the other does not; the first is never unknown.
    fn only_one_holds(&self, first: &str, second: &str) -> String {
        format!("({first}) <> (({second}) IS TRUE)")
    }

    // Comparing.

    /// Whether a column with this collation, as declared in this dialect, compares code point by code point. `None`
    /// means that none is declared or that the column was declared in another dialect.
    fn compares_exactly(&self, collation: Option<&str>) -> bool;

    /// A text so that it is compared and ordered code point by code point.
    fn exact(&self, text: &str) -> String;

    /// A text to be compared as a collation says; the database's own comparison where the dialect knows but that one.
    fn collated(&self, text: &str, collation: &str) -> String {
        format!("{text} COLLATE {collation}")
    }

    /// Whether two values differ; null is a value like others.
    fn differ(&self, left: &str, right: &str) -> String {
        format!("{left} IS DISTINCT FROM {right}")
    }

    /// Whether two texts, compared code point by code point, or two values of bytes differ; null is a value like others.
    fn differ_in_length(&self, left: &str, right: &str, _ty: &Type) -> String {
        self.differ(left, right)
    }

    /// What has to hold beside `=`, where that takes a shorter value for the same as a longer one.
    fn same_length(&self, _left: &str, _right: &str, _ty: &Type) -> Option<String> {
        None
    }

    /// Whether texts can be ordered code point by code point.
    fn orders_texts(&self) -> bool {
        true
    }

    /// Texts of several origins in one CASE or COALESCE: so that their collations do not clash.
    fn mixable(&self, text: &str) -> String {
        text.to_string()
    }

    // Columns.

    /// A column whose DDL, in this dialect, declares it so, as a value that can be compared and carried.
    fn readable(&self, column: &str, _declared: &str) -> String {
        column.to_string()
    }

    /// A listed text read as text.
    fn listed_as_text(&self, column: &str) -> String {
        column.to_string()
    }

    /// A value for a column that the target's DDL, in this dialect, declares as a listed text.
    fn text_as_listed(&self, text: &str, _declared: &str) -> String {
        text.to_string()
    }

    /// True or false: whether a target's column, declared so in this dialect, would change a value without an error.
    fn unstorable(&self, _value: &str, _declared: &str, _collation: Option<&str>) -> Option<String> {
        None
    }

    /// True or false: whether a column that is not null holds what is no value of its type, zero dates aside.
    fn malformed(&self, column: &str, ty: &Type) -> Option<String>;

    /// True, false or null: whether a column holds a zero date.
    fn zero_date(&self, _column: &str) -> Option<String> {
        None
    }

    /// The type of a control table's column, exact and comparable; none if the type cannot be a key.
    fn key_type(&self, ty: &Type) -> Option<String>;

    /// The type of whole numbers in control tables.
    fn integer_type(&self) -> &'static str {
        "BIGINT"
    }

    /// The type of short texts in control tables.
    fn name_type(&self) -> &'static str {
        "VARCHAR(64)"
    }

    // Numbers.

    /// A whole number as 64 bits with a sign.
    fn wide(&self, number: &str) -> String {
        number.to_string()
    }

    /// A whole number without a bound; none if numbers have one.
    fn unbounded(&self, number: &str) -> Option<String>;

    /// Whether a literal of this size is still a whole number.
    fn holds(&self, _number: i128) -> bool {
        true
    }

    /// A whole number as text.
    fn integer_to_text(&self, number: &str) -> String;

    /// A whole number as decimal.
    fn integer_to_decimal(&self, number: &str) -> String;

    /// Whether a decimal has more digits than a column takes.
    fn too_many_digits(&self, decimal: &str, precision: u32, scale: u32) -> Option<String>;

    /// Whether decimals are exact.
    fn exact_decimals(&self) -> bool {
        true
    }

    /// 0 and 1 as false and true.
    fn integer_to_boolean(&self, number: &str) -> String {
        number.to_string()
    }

    /// False and true as 0 and 1.
    fn boolean_to_integer(&self, boolean: &str) -> String {
        boolean.to_string()
    }

    /// The greater of two numbers.
    fn greatest(&self, left: &str, right: &str) -> String {
        format!("GREATEST({left}, {right})")
    }

    // Texts.

    /// Texts one after the other; null if one is null.
    fn concat(&self, texts: &[String]) -> String {
        format!("({})", texts.join(" || "))
    }

    /// Lower case of a text that is ASCII only.
    fn lower_ascii(&self, text: &str) -> String {
        format!("lower({})", self.exact(text))
    }

    /// The letters A to Z of any text in lower case; none if the dialect cannot leave the others as they are.
    fn lower_letters(&self, _text: &str) -> Option<String> {
        None
    }

    /// The letters a to z of any text in upper case; none if the dialect cannot leave the others as they are.
    fn upper_letters(&self, _text: &str) -> Option<String> {
        None
    }

    /// Upper case of a text that is ASCII only.
    fn upper_ascii(&self, text: &str) -> String {
        format!("upper({})", self.exact(text))
    }

    /// Without blanks at both ends.
    fn trim(&self, text: &str) -> String;

    /// Without blanks at the end.
    fn trim_end(&self, text: &str) -> String;

    /// Unicode form NFKC.
    fn nfkc(&self, _text: &str) -> Option<String> {
        None
    }

    /// So many characters from a place on, which is at least 1; the number is at least 0.
    fn mid(&self, text: &str, start: &str, length: &str) -> String {
        format!("substr({text}, {start}, {length})")
    }

    /// What stands before the last separator, a text that is not empty; the whole text without one.
    fn before(&self, text: &str, separator: &str) -> Option<String>;

    /// What stands after the last separator, a text that is not empty; nothing without one.
    fn after(&self, text: &str, separator: &str) -> Option<String>;

    /// Number of characters.
    fn length(&self, text: &str) -> String;

    /// Whether the whole text fits a pattern of [`super::expression::regex`]'s subset.
    fn fits(&self, _text: &str, _regex: &str) -> Option<String> {
        None
    }

    // Days and times.

    /// The day of a wall-clock time.
    fn day(&self, time: &str) -> String {
        format!("CAST({time} AS DATE)")
    }

    /// Midnight of a day.
    fn midnight(&self, day: &str) -> String;

    /// A wall-clock time of a zone (never UTC) as a point in time.
    fn wall_to_instant(&self, _time: &str, _zone: &str) -> Option<String> {
        None
    }

    /// A point in time as wall-clock time of a zone (never UTC).
    fn instant_to_wall(&self, _time: &str, _zone: &str) -> Option<String> {
        None
    }

    /// A wall-clock time of UTC as a point in time.
    fn utc_to_instant(&self, time: &str) -> String {
        time.to_string()
    }

    /// A point in time as wall-clock time of UTC.
    fn instant_to_utc(&self, time: &str) -> String {
        time.to_string()
    }

    /// Cuts the fraction of a second to so many digits.
    fn cut_fraction(&self, time: &str, digits: u8) -> String;

    // UUIDs.

    /// Whether a text is a UUID with dashes.
    fn is_uuid(&self, text: &str) -> String;

    /// A text that is a UUID with dashes, as a UUID.
    fn text_to_uuid(&self, text: &str) -> String {
        format!("lower({text})")
    }

    /// A UUID as text with dashes in lower case.
    fn uuid_to_text(&self, uuid: &str) -> String {
        uuid.to_string()
    }

    /// A random UUID, version 4, another for each row.
    fn random_uuid(&self) -> String;

    // Statements.

    /// The first value of a query's rows in its own order.
    fn first(&self, value: &str, from: &str) -> String {
        format!("(SELECT {value} {from} ORDER BY {value} LIMIT 1)")
    }

    /// What limits a query's rows, behind SELECT and at the end of the query; one of them is empty.
    fn limit(&self, rows: &str) -> (String, String) {
        (String::new(), format!("LIMIT {rows}"))
    }

    /// Whether a key of one or several columns lies behind another.
    fn behind(&self, key: &[String], other: &[String]) -> String {
        match (key, other) {
            ([key], [other]) => format!("{key} > {other}"),
            _ => format!("({}) > ({})", key.join(", "), other.join(", ")),
        }
    }

    /// Declares a parameter; none where the caller's library does. `ty` is of a control table's column, `value` SQL.
    fn declare(&self, _parameter: &str, _ty: &str, _value: &str) -> Option<String> {
        None
    }

    /// Begins a statement that creates a table unless it is there.
    fn create_table(&self, table: &str) -> String {
        format!("CREATE TABLE IF NOT EXISTS {table}")
    }

    /// Keeps values of a column that may be null from occurring twice, within the statement that creates the table.
    fn unique(&self, name: &str, column: &str) -> Option<String> {
        Some(format!("CONSTRAINT {} UNIQUE ({column})", self.quote(name)))
    }

    /// The same as a statement of its own, for databases in which null is a value like others.
    fn unique_index(&self, _table: &str, _name: &str, _column: &str) -> Option<String> {
        None
    }

    /// What stands between statements that are sent to the server one after the other.
    fn batch_end(&self) -> &'static str {
        ""
    }

    /// Where a step is carried that has no statements.
    fn otherwise(&self) -> &'static str {
        "this step runs through the runtime"
    }

    /// Statements at the head of every file.
    fn prelude(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the server gives keys while rows are written, and tells which; else they are counted before.
    fn gives_keys(&self) -> bool {
        false
    }

    /// Whether a foreign key is checked with each row that is deleted, not once for all of a statement.
    fn checks_each_row(&self) -> bool {
        false
    }

    /// Begins a transaction in which a set statement sees one state.
    fn begin(&self) -> &'static str;

    /// Keeps others from writing to tables for the rest of the transaction.
    fn lock(&self, _tables: &[String]) -> Option<String> {
        None
    }

    /// Keeps runs within the server away for the rest of the transaction; `alias` is the target's.
    fn keep_away(&self, _alias: &str) -> Option<String> {
        None
    }

    /// Creates a temporary table from a query that follows.
    fn create_batch(&self, table: &str) -> String {
        format!("CREATE TEMPORARY TABLE {table} AS")
    }

    /// Tells the planner how large a temporary table is, where it would guess.
    fn analyze_batch(&self, _table: &str) -> Option<String> {
        None
    }

    /// Drops it.
    fn drop_batch(&self, table: &str) -> String {
        format!("DROP TABLE {table}")
    }

    /// Drops it after a rollback that left it in place, if there is one.
    fn discard_batch(&self, _table: &str) -> Option<String> {
        None
    }

    /// How a temporary table is named; `alias` is the target's.
    fn batch_name(&self, _alias: &str, table: &str) -> String {
        self.quote(table)
    }

    /// Tells a counter that keys up to the highest in a table are taken. Arguments are names, not SQL.
    fn advance_counter(&self, _alias: &str, _table: &str, _column: &str) -> Option<String> {
        None
    }
}

/// Bytes of a text in hexadecimal digits.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// 1 and so many zeros.
fn power_of_ten(digits: u32) -> String {
    format!("1{}", "0".repeat(digits as usize))
}
