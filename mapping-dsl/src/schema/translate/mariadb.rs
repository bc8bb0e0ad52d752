//! Tables for MariaDB, which MySQL takes too unless a column is a `uuid`. Texts are compared exactly (a binary
//! collation), as everywhere else in cutover. Rows of a table have 65 535 bytes and keys 3 072, so a column's type
//! depends on its neighbours.

use super::spelling::{Clock, KeyKind, Spelling, Typed, integer, is_in_key, is_number, is_time, is_uuid};
use crate::schema::{Assigned, Column, Dialect, ForeignKey, Table};
use crate::types::Type;

/// MariaDB.
pub(super) struct MariaDb;

/// Bytes that the texts of a row may take up together, so that numbers and dates still fit in.
const ROW: u64 = 40_000;

/// Bytes of the longest key.
const KEY: u64 = 3_072;

impl Spelling for MariaDb {
    fn title(&self) -> &'static str {
        "MariaDB"
    }

    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    fn refuses_name(&self, name: &str) -> Option<&'static str> {
        if name.chars().count() > 64 {
            Some("MariaDB takes names of at most 64 characters")
        } else if name.is_empty() || name.ends_with(' ') || name.chars().any(|it| it == '\0' || it as u32 > 0xFFFF) {
            Some("MariaDB takes no such name")
        } else {
            None
        }
    }

    fn column_key(&self, name: &str) -> String {
        name.to_lowercase()
    }

    fn types(&self, table: &Table, from: Dialect, _free: &mut dyn FnMut(String) -> String) -> Vec<Typed> {
        let mut left = ROW;
        let collated = |column: &Column, typed: Typed| match own_collation(column, from) {
            Some(collation) => Typed { sql: format!("{} COLLATE {}", typed.sql, self.quote(collation)), ..typed },
            None => typed,
        };
        table.columns.iter().map(|column| collated(column, typed(self, table, column, &mut left))).collect()
    }

    fn counter(&self, table: &Table, column: &Column) -> Result<&'static str, &'static str> {
        let first = |columns: &[String]| columns.first() == Some(&column.name);
        let has_key = first(&table.primary_key) || table.unique_keys.iter().any(|key| first(&key.columns));
        let others = table.columns.iter().filter(|other| other.assigned == Assigned::Counter);
        match has_key && others.count() == 1 && matches!(column.ty, Type::Integer { .. }) {
            true => Ok("AUTO_INCREMENT"),
            false => Err("MariaDB counts in one column, with which a key begins; the writer gives the value"),
        }
    }

    fn text_for(&self, text: &str, ty: &Type) -> Option<String> {
        let fits = match ty {
            Type::Boolean => false,
            Type::Integer { .. } => is_number(text) && !text.contains('.'),
            Type::Decimal { .. } | Type::Float => is_number(text),
            Type::Text { max } => max.is_none_or(|max| text.chars().count() <= max as usize),
            Type::Other(_) => true,
            Type::Enum(values) => values.iter().any(|value| value == text),
            Type::Bytes { .. } => text.is_ascii(),
            Type::Date { .. } | Type::DateTime { .. } | Type::Time { .. } => is_time(text, ty),
            Type::Instant { .. } => is_time(text, ty) && text > "1970-01-02" && text < "2038",
            Type::Uuid => is_uuid(text),
            Type::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        };
        fits.then(|| self.text(text))
    }

    fn number(&self, number: String, ty: &Type) -> Option<String> {
        match ty {
            Type::Integer { .. } => (!number.contains(['.', 'e', 'E'])).then_some(number),
            Type::Decimal { .. } | Type::Float => Some(number),
            Type::Text { .. } | Type::Json | Type::Other(_) => Some(self.text(&number)),
            Type::Boolean | Type::Enum(_) | Type::Bytes { .. } | Type::Uuid => None,
            Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => None,
        }
    }

    fn clock(&self, clock: Clock, ty: &Type) -> Option<String> {
        match (clock, ty) {
            (Clock::Timestamp, Type::DateTime { digits, .. } | Type::Instant { digits, .. }) => {
                Some(format!("current_timestamp({})", digits.min(&6)))
            }
            (Clock::Date | Clock::Timestamp, Type::Date { .. }) => Some("(curdate())".to_string()),
            (Clock::Time, Type::Time { .. }) => Some("(curtime())".to_string()),
            _ => None,
        }
    }

    fn new_uuid(&self) -> Option<&'static str> {
        Some("(uuid())")
    }

    /// Only so many bytes fit into a key; an index may hold the beginnings of texts.
    fn key_columns(&self, table: &Table, columns: &[&str], kind: KeyKind) -> Result<String, String> {
        let bytes: Vec<u64> = columns.iter().map(|name| table.column(name).map_or(0, key_bytes)).collect();
        let fits = bytes.iter().sum::<u64>() <= KEY;
        if !fits && kind != KeyKind::Index {
            return Err(format!("MariaDB's keys have at most {KEY} bytes"));
        }
        let share = KEY / columns.len().max(1) as u64 / 4;
        let names: Vec<String> = columns
            .iter()
            .zip(bytes)
            .map(|(name, bytes)| match !fits && bytes > share * 4 {
                true => format!("{}({share})", self.quote(name)),
                false => self.quote(name),
            })
            .collect();
        Ok(format!("({})", names.join(", ")))
    }

    fn refuses_foreign_key(
        &self,
        table: &Table,
        key: &ForeignKey,
        other: &Table,
        referenced: &[&str],
    ) -> Option<String> {
        let pairs: Vec<(&Column, &Column)> = key
            .columns
            .iter()
            .zip(referenced)
            .filter_map(|(own, theirs)| Some((table.column(own)?, other.column(theirs)?)))
            .collect();
        let is_same = |own: &Type, theirs: &Type| match (own, theirs) {
            (Type::Text { .. }, Type::Text { .. }) | (Type::Bytes { .. }, Type::Bytes { .. }) => true,
            (own, theirs) => own == theirs,
        };
        if !pairs.iter().all(|(own, theirs)| is_same(&own.ty, &theirs.ty)) {
            return Some("its columns are of another type than those they refer to".to_string());
        }
        if pairs.iter().flat_map(|(own, theirs)| [own, theirs]).any(|column| key_bytes(column) > KEY) {
            return Some(format!("MariaDB's keys have at most {KEY} bytes"));
        }
        let sets_null = key.actions.iter().any(|action| action.ends_with("set null"));
        if sets_null && pairs.iter().any(|(own, _)| !own.nullable) {
            return Some("it sets null in a column that takes none".to_string());
        }
        let sets_default = key.actions.iter().any(|action| action.ends_with("set default"));
        sets_default.then(|| "MariaDB does not set defaults".to_string())
    }

    fn constraint_name(&self, wanted: &str, free: &mut dyn FnMut(String) -> String) -> String {
        free(wanted.to_string())
    }

    fn index_name(&self, _table: &Table, wanted: &str, free: &mut dyn FnMut(String) -> String) -> String {
        free(wanted.to_string())
    }

    fn folded(&self, sql: &str) -> String {
        format!("lower({sql})")
    }

    fn lists_imply_empty(&self) -> bool {
        true
    }

    fn json_condition(&self, _column: &str) -> String {
        String::new()
    }

    fn table_options(&self, table: &Table) -> String {
        let comment = table.comment.as_ref().map(|comment| format!(" COMMENT={}", self.text(&cut(comment, 2048))));
        format!(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin{}", comment.unwrap_or_default())
    }

    fn column_comment(&self, comment: &str) -> Option<String> {
        Some(format!("COMMENT {}", self.text(&cut(comment, 1024))))
    }
}

/// Returns the collation that a column keeps: one of MariaDB's own. Those of MySQL 8 alone are not known there.
fn own_collation(column: &Column, from: Dialect) -> Option<&str> {
    let is_known = |name: &&str| name.starts_with("utf8mb4_") && !name.contains("_0900_");
    column.collation.as_deref().filter(|_| from == Dialect::MariaDb && column.ty.is_text()).filter(is_known)
}

fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

/// Returns the bytes that a column takes up in a key.
fn key_bytes(column: &Column) -> u64 {
    match &column.ty {
        Type::Text { max: Some(max) } => u64::from(*max) * 4,
        Type::Bytes { max: Some(max) } => u64::from(*max),
        Type::Text { max: None } | Type::Bytes { max: None } | Type::Json | Type::Other(_) => KEY + 1,
        _ => 32,
    }
}

fn typed(mariadb: &MariaDb, table: &Table, column: &Column, left: &mut u64) -> Typed {
    const INTEGERS: [(&str, i128, i128); 10] = [
        ("tinyint", i8::MIN as i128, i8::MAX as i128),
        ("tinyint unsigned", 0, u8::MAX as i128),
        ("smallint", i16::MIN as i128, i16::MAX as i128),
        ("smallint unsigned", 0, u16::MAX as i128),
        ("mediumint", -0x80_0000, 0x7F_FFFF),
        ("mediumint unsigned", 0, 0xFF_FFFF),
        ("int", i32::MIN as i128, i32::MAX as i128),
        ("int unsigned", 0, u32::MAX as i128),
        ("bigint", i64::MIN as i128, i64::MAX as i128),
        ("bigint unsigned", 0, u64::MAX as i128),
    ];
    let name = mariadb.quote(&column.name);
    match &column.ty {
        Type::Boolean => Typed::exact("boolean").held(format!("{name} IN (0, 1)")),
        Type::Integer { min, max } => integer(&INTEGERS, *min, *max, &name),
        Type::Decimal { precision, scale } if *precision <= 65 && *scale <= 38 => {
            Typed::exact(format!("decimal({precision},{scale})"))
        }
        Type::Decimal { .. } => Typed::exact("decimal(65,30)")
            .without("digits of", "decimals have 65 digits here, 30 of them after the point"),
        Type::Float => Typed::exact("double"),
        Type::Text { max } => text(&name, *max, is_in_key(table, &column.name), left),
        Type::Enum(values) => listed(mariadb, &name, values),
        Type::Bytes { max } => bytes(&name, *max, is_in_key(table, &column.name), left),
        Type::Date { .. } => Typed::exact("date"),
        Type::DateTime { digits, .. } => fraction("datetime", *digits),
        Type::Instant { digits, zero } => {
            let typed = fraction("timestamp", *digits);
            let typed = if column.nullable { Typed { sql: typed.sql.clone() + " NULL", ..typed } } else { typed };
            match zero {
                true => typed,
                false => typed.without("range of", "MariaDB's points in time lie between 1970 and 2038"),
            }
        }
        Type::Time { digits } => fraction("time", *digits),
        Type::Uuid => Typed::exact("uuid"),
        Type::Json => Typed::exact("json"),
        Type::Other(_) if column.assigned == Assigned::Computed => Typed::exact("longtext"),
        Type::Other(_) => Typed::exact("longtext").without("type of", "it is not understood; any text is let in"),
    }
}

fn fraction(name: &str, digits: u8) -> Typed {
    let typed = Typed::exact(format!("{name}({})", digits.min(6)));
    match digits > 6 {
        true => typed.without("last digit of", "fractions of a second have six digits here"),
        false => typed,
    }
}

/// Takes up room in the row, if there is enough; keys come first.
fn takes_room(bytes: u64, in_key: bool, left: &mut u64) -> bool {
    let fits = bytes <= *left || in_key && bytes <= KEY;
    if fits {
        *left = left.saturating_sub(bytes);
    }
    fits
}

fn text(name: &str, max: Option<u32>, in_key: bool, left: &mut u64) -> Typed {
    let Some(max) = max else { return Typed::exact("longtext") };
    if takes_room(u64::from(max) * 4, in_key, left) {
        return Typed::exact(format!("varchar({max})"));
    }
    let kind = match max {
        255 => return Typed::exact("tinytext"),
        65_535 => return Typed::exact("text"),
        16_777_215 => return Typed::exact("mediumtext"),
        0..=16_383 => "text",
        16_384..=4_194_303 => "mediumtext",
        4_194_304.. => "longtext",
    };
    Typed::exact(kind).held(format!("char_length({name}) <= {max}"))
}

fn bytes(name: &str, max: Option<u32>, in_key: bool, left: &mut u64) -> Typed {
    let Some(max) = max else { return Typed::exact("longblob") };
    if takes_room(u64::from(max), in_key, left) {
        return Typed::exact(format!("varbinary({max})"));
    }
    let kind = match max {
        255 => return Typed::exact("tinyblob"),
        65_535 => return Typed::exact("blob"),
        16_777_215 => return Typed::exact("mediumblob"),
        0..=65_534 => "blob",
        65_536..=16_777_214 => "mediumblob",
        16_777_216.. => "longblob",
    };
    Typed::exact(kind).held(format!("octet_length({name}) <= {max}"))
}

/// Returns a listed type; MariaDB takes blanks off the end of its values.
fn listed(mariadb: &MariaDb, name: &str, values: &[String]) -> Typed {
    let list = values.iter().map(|value| mariadb.text(value)).collect::<Vec<_>>().join(", ");
    let longest = values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
    match values.iter().any(|value| value.ends_with(' ')) || longest > 255 || values.len() > 65_535 {
        true => Typed::exact(format!("varchar({})", longest.max(1))).held(format!("{name} IN ({list})")),
        false => Typed::exact(format!("enum({list})")),
    }
}
