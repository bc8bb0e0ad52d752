//! Indexes and foreign keys that are taken off while rows are carried. Their definitions are those that `SHOW CREATE TABLE`
//! gives. Every statement commits by itself and comes off whole or not at all.

use crate::MariaDb;
use crate::dialect::MariaDbDialect;
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind};
use cutover_runtime::removable::{ForeignKey, Removable, RemovableKind, Removal};
use mysql::prelude::Queryable;
use std::collections::BTreeSet;

/// What the session is told while things are put back: others who do the same are waited for. With its check, adding a
/// foreign key would copy the whole table, row by row; it is checked by a query instead ([`check`]).
const REBUILDING: &str = "SET SESSION lock_wait_timeout = 600, SESSION innodb_lock_wait_timeout = 600, \
                          SESSION foreign_key_checks = 0";
const REBUILT: &str = "SET SESSION lock_wait_timeout = 10, SESSION innodb_lock_wait_timeout = 10, \
                       SESSION foreign_key_checks = 1";

/// How a thing stands that was taken off, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Gone,
    There,
    /// Something else has its name.
    Other(String),
}

/// Returns what can be taken off a table: nothing where triggers may look rows up, no index that a foreign key needs
/// which stays or which refers to the table, none that counts keys up, and only those that order rows.
pub(crate) fn removable(mariadb: &mut MariaDb, removal: &Removal<'_>) -> Result<Vec<Removable>, StoreError> {
    let table = removal.table;
    let plain = "SELECT 1 FROM information_schema.TABLES AS t WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? \
                 AND TABLE_TYPE = 'BASE TABLE' AND ENGINE = 'InnoDB' AND NOT EXISTS (SELECT 1 \
                 FROM information_schema.TRIGGERS AS g WHERE g.EVENT_OBJECT_SCHEMA = DATABASE() \
                 AND g.EVENT_OBJECT_TABLE = t.TABLE_NAME)";
    if mariadb.texts(plain, &[table])?.is_empty() {
        return Ok(Vec::new());
    }
    let present = present(mariadb, table)?;
    let (mut things, mut needed) = (Vec::new(), needed_columns(mariadb, table)?);
    for thing in present.iter().filter(|thing| thing.kind == RemovableKind::ForeignKey) {
        let (columns, foreign_key) = foreign_key(mariadb, thing)?;
        match foreign_key.filter(removal.holds) {
            Some(foreign_key) => things.push(Removable { foreign_key: Some(foreign_key), ..thing.clone() }),
            None => needed.extend(columns),
        }
    }
    let indexes = "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_NAME = ? AND SEQ_IN_INDEX = 1 AND NON_UNIQUE = 1 AND INDEX_TYPE = 'BTREE'";
    for index in mariadb.texts(indexes, &[table])? {
        if removal.spares(Some(&index[1])) && !needed.contains(&index[1]) {
            let is_it = |thing: &&Removable| thing.kind == RemovableKind::Index && thing.name == index[0];
            things.extend(present.iter().find(is_it).cloned());
        }
    }
    // In the order in which the table has them, so that they come back in it.
    things.sort_by_key(|thing| present.iter().position(|present| present.put_back == thing.put_back));
    Ok(things)
}

/// Returns columns that begin indexes which must stay: those that foreign keys refer to, and one that counts up.
fn needed_columns(mariadb: &mut MariaDb, table: &str) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE \
               WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ? UNION ALL SELECT COLUMN_NAME \
               FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? \
               AND EXTRA LIKE '%auto_increment%'";
    Ok(mariadb.texts(sql, &[table, table])?.into_iter().flatten().collect())
}

/// Returns the columns of a foreign key, and what the engine must know of it; none if it has several columns, or refers to
/// another database.
fn foreign_key(mariadb: &mut MariaDb, thing: &Removable) -> Result<(Vec<String>, Option<ForeignKey>), StoreError> {
    let sql = "SELECT k.COLUMN_NAME, IF(k.REFERENCED_TABLE_SCHEMA = DATABASE(), k.REFERENCED_TABLE_NAME, ''), \
               k.REFERENCED_COLUMN_NAME, IF(c.IS_NULLABLE = 'YES' AND c.EXTRA = '' \
               AND COALESCE(c.COLUMN_DEFAULT, 'NULL') = 'NULL', '1', '') \
               FROM information_schema.KEY_COLUMN_USAGE AS k JOIN information_schema.COLUMNS AS c \
               ON c.TABLE_SCHEMA = k.TABLE_SCHEMA AND c.TABLE_NAME = k.TABLE_NAME AND c.COLUMN_NAME = k.COLUMN_NAME \
               WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = ? AND k.CONSTRAINT_NAME = ? \
               AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.ORDINAL_POSITION";
    let rows = mariadb.texts(sql, &[&thing.table, &thing.name])?;
    let columns = rows.iter().map(|row| row[0].clone()).collect();
    let foreign_key = match rows.as_slice() {
        [row] if !row[1].is_empty() => Some(ForeignKey {
            table: thing.table.clone(),
            column: row[0].clone(),
            referenced: row[1].clone(),
            referenced_column: row[2].clone(),
            null_by_default: row[3] == "1",
        }),
        _ => None,
    };
    Ok((columns, foreign_key))
}

/// Takes a thing off unless it is gone.
pub(crate) fn take_off(mariadb: &mut MariaDb, thing: &Removable) -> Result<(), StoreError> {
    until(mariadb, thing, &Standing::Gone, &thing.take_off)
}

/// Puts things of one table back unless they are there: all in one go, since that costs one way through the table, and one
/// by one if that fails. Foreign keys are checked then.
pub(crate) fn put_back(mariadb: &mut MariaDb, things: &[Removable]) -> Vec<Result<(), StoreError>> {
    let all = |error: StoreError| things.iter().map(|_| Err(error.clone())).collect();
    if let Err(error) = mariadb.run(REBUILDING) {
        return all(error);
    }
    let back = match together(mariadb, things) {
        Err(error) if matches!(error.kind, StoreErrorKind::Gone | StoreErrorKind::Locked) => all(error),
        Ok(()) | Err(_) => things.iter().map(|thing| put_one_back(mariadb, thing)).collect(),
    };
    match mariadb.run(REBUILT) {
        Ok(()) => back,
        // Nothing more can be done over this connection.
        Err(error) => all(error),
    }
}

fn put_one_back(mariadb: &mut MariaDb, thing: &Removable) -> Result<(), StoreError> {
    until(mariadb, thing, &Standing::There, &thing.put_back)?;
    if thing.kind == RemovableKind::ForeignKey { check(mariadb, thing) } else { Ok(()) }
}

/// Checks all rows against a foreign key that is back; takes it off again if one of them violates it. Rows that others
/// write from now on are checked by the server, and those written before are seen here: adding it waits for transactions
/// that have written to the table. One that was added by a command that died then is checked by the next one.
fn check(mariadb: &mut MariaDb, thing: &Removable) -> Result<(), StoreError> {
    let (_, foreign_key) = foreign_key(mariadb, thing)?;
    let Some(ForeignKey { table, column, referenced, referenced_column, .. }) = foreign_key else {
        let cause = format!("{thing} is back, but has several columns or refers to another database now");
        return Err(mariadb.failed(StoreErrorKind::OtherSchema, cause));
    };
    let [table, column, referenced, other] =
        [table, column, referenced, referenced_column].map(|name| MariaDbDialect.quote(&name));
    let sql = format!(
        "SELECT 1 FROM {table} AS t LEFT JOIN {referenced} AS r ON r.{other} = t.{column} \
         WHERE t.{column} IS NOT NULL AND r.{other} IS NULL LIMIT 1"
    );
    if mariadb.texts(&sql, &[])?.is_empty() {
        return Ok(());
    }
    take_off(mariadb, thing)?;
    let cause = format!("a constraint refuses a row: {}", thing.name);
    Err(mariadb.failed(StoreErrorKind::Constraint, cause))
}

/// Puts back what is gone in one statement.
fn together(mariadb: &mut MariaDb, things: &[Removable]) -> Result<(), StoreError> {
    let mut gone = Vec::new();
    for thing in things {
        match standing(mariadb, thing)? {
            Standing::There => {}
            Standing::Gone => gone.push(thing),
            Standing::Other(found) => return Err(mariadb.failed(StoreErrorKind::OtherSchema, thing.other(&found))),
        }
    }
    let Some(first) = gone.first() else { return Ok(()) };
    let start = alter(&first.table);
    let parts = gone.iter().map(|thing| thing.put_back.strip_prefix(&start).unwrap_or(&thing.put_back));
    let sql = format!("{start}{}", parts.collect::<Vec<_>>().join(", "));
    mariadb.run(&sql)
}

fn alter(table: &str) -> String {
    format!("ALTER TABLE {} ", MariaDbDialect.quote(table))
}

/// Brings a thing to where it is wanted. A server goes on for a while after its client was killed, so a statement that
/// fails may have come too late: then things stand otherwise now.
fn until(mariadb: &mut MariaDb, thing: &Removable, wanted: &Standing, sql: &str) -> Result<(), StoreError> {
    let mut result = Ok(());
    for attempt in 0..2 {
        match standing(mariadb, thing)? {
            Standing::Other(found) => return Err(mariadb.failed(StoreErrorKind::OtherSchema, thing.other(&found))),
            now if now == *wanted => return Ok(()),
            _ if attempt == 0 => result = mariadb.run(sql),
            _ => {}
        }
    }
    let nothing = || mariadb.failed(StoreErrorKind::Other, format!("`{sql}` has changed nothing"));
    Err(result.err().unwrap_or_else(nothing))
}

fn standing(mariadb: &mut MariaDb, thing: &Removable) -> Result<Standing, StoreError> {
    let present = present(mariadb, &thing.table)?;
    let found = present.iter().find(|present| present.kind == thing.kind && present.name == thing.name);
    Ok(match found {
        None => Standing::Gone,
        Some(found) if found.put_back == thing.put_back => Standing::There,
        Some(found) => Standing::Other(found.put_back.clone()),
    })
}

/// Returns the plain indexes and the foreign keys of a table, by their definitions alone.
fn present(mariadb: &mut MariaDb, table: &str) -> Result<Vec<Removable>, StoreError> {
    mariadb.run("SET SESSION sql_quote_show_create = 1")?;
    let sql = format!("SHOW CREATE TABLE {}", MariaDbDialect.quote(table));
    let shown: Result<Option<mysql::Row>, _> = mariadb.conn.query_first(sql);
    let shown = shown.map_err(|error| mariadb.fault(&error))?;
    let text: Option<Vec<u8>> = shown.and_then(|row| row.get(1));
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else {
        let cause = format!("the definition of table {table} cannot be read: its text is no UTF-8");
        return Err(mariadb.failed(StoreErrorKind::OtherSchema, cause));
    };
    Ok(parts(&text).into_iter().filter_map(|part| thing(table, part)).collect())
}

/// Returns what a part of a table's definition is, if it can be taken off.
fn thing(table: &str, part: &str) -> Option<Removable> {
    let (start, quote) = (alter(table), |name: &str| MariaDbDialect.quote(name));
    let (kind, rest, drop) = match part.strip_prefix("KEY ") {
        Some(rest) => (RemovableKind::Index, rest, "KEY"),
        None => (RemovableKind::ForeignKey, part.strip_prefix("CONSTRAINT ")?, "FOREIGN KEY"),
    };
    let (name, rest) = quoted(rest)?;
    if kind == RemovableKind::ForeignKey && !rest.starts_with(" FOREIGN KEY ") {
        return None;
    }
    let (take_off, put_back) = (format!("{start}DROP {drop} {}", quote(&name)), format!("{start}ADD {part}"));
    Some(Removable { kind, table: table.to_string(), name, take_off, put_back, foreign_key: None })
}

/// Returns a name in backticks at the start of a text, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut signs = text.char_indices().peekable();
    signs.next_if(|(_, sign)| *sign == '`')?;
    while let Some((at, sign)) = signs.next() {
        match sign {
            '`' if signs.next_if(|(_, next)| *next == '`').is_none() => return Some((name, &text[at + 1..])),
            sign => name.push(sign),
        }
    }
    None
}

/// Returns the parts of `CREATE TABLE … (part, part, …) …`. Names and texts may hold anything, line ends too.
fn parts(sql: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    let mut inside: Option<char> = None;
    let mut signs = sql.char_indices();
    while let Some((at, sign)) = signs.next() {
        match (inside, sign) {
            // In a text, a backslash goes with what follows it; a doubled mark ends it and begins it again.
            (Some('\''), '\\') => drop(signs.next()),
            (Some(mark), sign) if mark == sign => inside = None,
            (Some(_), _) => {}
            (None, '\'' | '`') => inside = Some(sign),
            (None, '(') => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    parts.push(sql[start..at].trim());
                    return parts;
                }
            }
            (None, ',') if depth == 1 => {
                parts.push(sql[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_cut_where_its_parts_end() {
        let sql = "CREATE TABLE `a,(b` (\n  `x` int(11) DEFAULT NULL COMMENT 'it''s, \\'(\\\\',\n  `y``,\n  KEY` int,\n  \
                   PRIMARY KEY (`x`),\n  KEY `k``,)\" k` (`x`,`y```(10)) COMMENT 'a, b',\n  CONSTRAINT `f` FOREIGN KEY \
                   (`x`) REFERENCES `p` (`id`) ON DELETE CASCADE,\n  CONSTRAINT `c` CHECK (`x` in (1,2))\n) ENGINE=InnoDB";
        let parts = parts(sql);
        assert_eq!(parts.len(), 6, "{parts:#?}");
        let things: Vec<Removable> = parts.into_iter().filter_map(|part| thing("t`t", part)).collect();
        let found: Vec<(&str, &str)> =
            things.iter().map(|thing| (thing.name.as_str(), thing.take_off.as_str())).collect();
        let expected =
            [("k`,)\" k", "ALTER TABLE `t``t` DROP KEY `k``,)\" k`"), ("f", "ALTER TABLE `t``t` DROP FOREIGN KEY `f`")];
        assert_eq!(found, expected);
        assert_eq!(things[0].put_back, "ALTER TABLE `t``t` ADD KEY `k``,)\" k` (`x`,`y```(10)) COMMENT 'a, b'");
    }
}
