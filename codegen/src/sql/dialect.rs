//! How a database spells things. Each method is a small answer; the defaults are standard SQL, so that a dialect only
//! says where it differs. `None` means that the dialect cannot say it with exactly the meaning of the runtime.

pub(crate) mod mariadb;
pub(crate) mod postgresql;
pub(crate) mod sqlite;

use chrono::{NaiveDate, NaiveDateTime};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;

/// Returns the spelling of a dialect, if SQL is generated for it.
pub(crate) fn of(dialect: Dialect) -> Option<&'static dyn SqlDialect> {
    match dialect {
        Dialect::MariaDb => Some(&mariadb::MariaDb),
        Dialect::PostgreSql => Some(&postgresql::PostgreSql),
        Dialect::Sqlite => Some(&sqlite::Sqlite),
        Dialect::SqlServer => None,
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

    // Names and literals.

    /// The mark before and after a quoted identifier; doubled inside.
    fn quote_mark(&self) -> char {
        '"'
    }

    /// Quotes an identifier, whatever it contains.
    fn quote(&self, identifier: &str) -> String {
        let mut quoted = String::with_capacity(identifier.len() + 2);
        self.push_quoted(identifier, &mut quoted);
        quoted
    }

    /// Adds a quoted identifier to a text.
    fn push_quoted(&self, identifier: &str, out: &mut String) {
        let mark = self.quote_mark();
        out.push(mark);
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

    // Comparing.

    /// Whether a column with this collation, as declared in this dialect, compares code point by code point. `None`
    /// means that none is declared or that the column was declared in another dialect.
    fn compares_exactly(&self, collation: Option<&str>) -> bool;

    /// A text so that it is compared and ordered code point by code point.
    fn exact(&self, text: &str) -> String;

    /// Whether two values differ; null is a value like others.
    fn differ(&self, left: &str, right: &str) -> String {
        format!("{left} IS DISTINCT FROM {right}")
    }

    /// Texts of several origins in one CASE or COALESCE: so that their collations do not clash.
    fn mixable(&self, text: &str) -> String {
        text.to_string()
    }

    // Columns.

    /// A listed text read as text.
    fn listed_as_text(&self, column: &str) -> String {
        column.to_string()
    }

    /// A value for a column that the target's DDL, in this dialect, declares as a listed text.
    fn text_as_listed(&self, text: &str, _declared: &str) -> String {
        text.to_string()
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

    /// Statements at the head of every file.
    fn prelude(&self) -> &'static [&'static str] {
        &[]
    }

    /// Begins a transaction in which a set statement sees one state.
    fn begin(&self) -> &'static str;

    /// Keeps others from writing to tables for the rest of the transaction.
    fn lock(&self, _tables: &[String]) -> Option<String> {
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
