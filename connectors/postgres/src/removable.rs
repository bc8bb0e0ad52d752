//! Indexes and foreign keys that are taken off while rows are carried. Every statement is one transaction of its own, so a
//! thing is there or it is not; only a foreign key may be there and not be checked yet.

use crate::Postgres;
use crate::dialect::PostgresDialect;
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind};
use cutover_runtime::removable::{ForeignKey, Removable, RemovableKind, Removal};

/// What the session is told while things are put back: checking and building read whole tables, and others who do the same
/// are waited for. The tablespace is the one that an index gets which names none.
const REBUILDING: &str = "SET enable_seqscan = on; SET lock_timeout = '10min'; SET default_tablespace = ''";
const REBUILT: &str = "SET enable_seqscan = off; SET lock_timeout = '10s'; RESET default_tablespace";

/// The table, if it is one whose indexes and foreign keys can go: not a part of another one or in parts, since theirs
/// belong together, and without triggers and rules, which may change or look up what they like.
const TABLE: &str = "SELECT c.oid, format('%I.%I', n.nspname, c.relname), c.relkind = 'r' AND NOT c.relispartition \
                     AND NOT c.relhasrules AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g WHERE g.tgrelid = c.oid \
                     AND NOT g.tgisinternal) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                     WHERE c.oid = to_regclass(quote_ident($1))";

/// Indexes with what they begin with. One that has anything that its definition does not say (a comment, a tablespace, a
/// mark for CLUSTER, another statistics target) stays.
const INDEXES: &str = "SELECT c.oid, c.relname::text, (SELECT a.attname::text FROM pg_attribute AS a \
                       WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]), n.nspname::text, \
                       NOT (i.indisunique OR i.indisprimary OR i.indisexclusion OR i.indisclustered \
                       OR i.indisreplident) AND i.indisvalid AND i.indisready AND c.reltablespace = 0 \
                       AND NOT EXISTS (SELECT 1 FROM pg_description AS d WHERE d.objoid = c.oid \
                       AND d.classoid = 'pg_class'::regclass) AND NOT EXISTS (SELECT 1 FROM pg_constraint AS o \
                       WHERE o.conindid = c.oid) AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid \
                       AND d.classid = 'pg_class'::regclass AND d.deptype IN ('e', 'x')) AND NOT EXISTS (SELECT 1 \
                       FROM pg_attribute AS a WHERE a.attrelid = c.oid AND COALESCE(a.attstattarget, -1) <> -1) \
                       FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
                       JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE i.indrelid = $1 ORDER BY c.oid";

/// Foreign keys, with what those of one column refer to; the engine cannot judge one whose table needs a schema to be named. One that has anything
/// that its definition does not say (a comment, a trigger switched off) stays.
const FOREIGN_KEYS: &str = "SELECT o.oid, o.conname::text, o.convalidated, a.attname::text, f.attname::text, \
                            CASE WHEN r.oid = to_regclass(quote_ident(r.relname)) THEN r.relname::text END, \
                            d.oid IS NULL AND a.attidentity = '' AND a.attgenerated = '' AND y.typdefault IS NULL, \
                            o.convalidated AND o.coninhcount = 0 AND o.conparentid = 0 AND cardinality(o.conkey) = 1 \
                            AND r.relkind = 'r' AND NOT EXISTS (SELECT 1 FROM pg_description AS e \
                            WHERE e.objoid = o.oid AND e.classoid = 'pg_constraint'::regclass) \
                            AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g WHERE g.tgconstraint = o.oid \
                            AND g.tgenabled <> 'O') AND NOT EXISTS (SELECT 1 FROM pg_depend AS e WHERE e.objid = o.oid \
                            AND e.classid = 'pg_constraint'::regclass AND e.deptype IN ('e', 'x')) \
                            FROM pg_constraint AS o JOIN pg_class AS r ON r.oid = o.confrelid \
                            JOIN pg_attribute AS a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1] \
                            JOIN pg_attribute AS f ON f.attrelid = o.confrelid AND f.attnum = o.confkey[1] \
                            JOIN pg_type AS y ON y.oid = a.atttypid LEFT JOIN pg_attrdef AS d \
                            ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
                            WHERE o.conrelid = $1 AND o.contype = 'f' ORDER BY o.oid";

/// An index or a foreign key that is there.
struct Present {
    thing: Removable,
    /// Whether nothing but its definition is to be put back.
    plain: bool,
    /// Whether all rows were checked.
    checked: bool,
    /// For an index, the column that it begins with; none if with an expression.
    first: Option<String>,
}

/// How a thing stands that was taken off, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Gone,
    There,
    /// A foreign key that holds for new rows only.
    Unchecked,
    /// Something else has its name.
    Other(String),
}

/// Returns what can be taken off a table.
pub(crate) fn removable(postgres: &mut Postgres, removal: &Removal<'_>) -> Result<Vec<Removable>, StoreError> {
    let Some((present, true)) = present(postgres, removal.table)? else { return Ok(Vec::new()) };
    let goes = |present: &Present| match (present.thing.kind, &present.thing.foreign_key) {
        (RemovableKind::Index, _) => removal.spares(present.first.as_deref()),
        (RemovableKind::ForeignKey, foreign_key) => foreign_key.as_ref().is_some_and(removal.holds),
    };
    Ok(present.into_iter().filter(|present| present.plain && goes(present)).map(|present| present.thing).collect())
}

/// Takes a thing off unless it is gone.
pub(crate) fn take_off(postgres: &mut Postgres, thing: &Removable) -> Result<(), StoreError> {
    until(postgres, thing, &|standing| match standing {
        Standing::Gone => None,
        Standing::There | Standing::Unchecked | Standing::Other(_) => Some(thing.take_off.clone()),
    })
}

/// Puts things back unless they are there.
pub(crate) fn put_back(postgres: &mut Postgres, things: &[Removable]) -> Vec<Result<(), StoreError>> {
    if let Err(error) = postgres.batch(REBUILDING) {
        return things.iter().map(|_| Err(error.clone())).collect();
    }
    let back = things.iter().map(|thing| put_one_back(postgres, thing)).collect();
    match postgres.batch(REBUILT) {
        Ok(()) => back,
        // Nothing more can be done over this connection.
        Err(error) => things.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// A foreign key comes back in two steps: for new rows, which takes a moment, and for those that are there, which keeps
/// nobody from reading and writing.
fn put_one_back(postgres: &mut Postgres, thing: &Removable) -> Result<(), StoreError> {
    until(postgres, thing, &|standing| match (standing, thing.kind) {
        (Standing::There, _) => None,
        (Standing::Unchecked, _) => Some(validate(thing)),
        (Standing::Gone | Standing::Other(_), RemovableKind::ForeignKey) => {
            Some(format!("{} NOT VALID", thing.put_back))
        }
        (Standing::Gone | Standing::Other(_), RemovableKind::Index) => Some(thing.put_back.clone()),
    })
}

fn validate(thing: &Removable) -> String {
    let (table, name) = (PostgresDialect.quote(&thing.table), PostgresDialect.quote(&thing.name));
    format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
}

/// Runs the next statement until there is none. A server goes on for a while after its client was killed, so a statement
/// that fails may have come too late: then things stand otherwise now.
fn until(
    postgres: &mut Postgres,
    thing: &Removable,
    next: &dyn Fn(&Standing) -> Option<String>,
) -> Result<(), StoreError> {
    let mut standing = self::standing(postgres, thing)?;
    loop {
        if let Standing::Other(found) = &standing {
            return Err(postgres.failed(StoreErrorKind::OtherSchema, thing.other(found)));
        }
        let Some(sql) = next(&standing) else { return Ok(()) };
        let result = postgres.batch(&sql);
        let now = self::standing(postgres, thing)?;
        if now == standing {
            let nothing = || postgres.failed(StoreErrorKind::Other, format!("`{sql}` has changed nothing"));
            return Err(result.err().unwrap_or_else(nothing));
        }
        standing = now;
    }
}

fn standing(postgres: &mut Postgres, thing: &Removable) -> Result<Standing, StoreError> {
    let Some((present, _)) = present(postgres, &thing.table)? else {
        let cause = format!("table {} is not there any more; delete its rows of cutover_taken_off", thing.table);
        return Err(postgres.failed(StoreErrorKind::OtherSchema, cause));
    };
    let is_it = |present: &&Present| present.thing.kind == thing.kind && present.thing.name == thing.name;
    Ok(match present.iter().find(is_it) {
        None => Standing::Gone,
        Some(found) if found.thing.put_back != thing.put_back => Standing::Other(found.thing.put_back.clone()),
        Some(found) if found.checked => Standing::There,
        Some(_) => Standing::Unchecked,
    })
}

/// Returns all indexes and foreign keys of a table, and whether it is one that they can be taken off; none if there is no
/// such table.
fn present(postgres: &mut Postgres, table: &str) -> Result<Option<(Vec<Present>, bool)>, StoreError> {
    let rows = postgres.rows(TABLE, &[&table])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (oid, qualified, can): (u32, String, bool) = (row.get(0), row.get(1), row.get(2));
    let indexes = postgres.rows(INDEXES, &[&oid])?;
    let foreign_keys = postgres.rows(FOREIGN_KEYS, &[&oid])?;
    // Definitions must not leave out schemas that only this session has in its path.
    postgres.batch("BEGIN; SET LOCAL search_path TO pg_catalog")?;
    let found = definitions(postgres, (table, &qualified), &indexes, &foreign_keys);
    postgres.batch("COMMIT")?;
    Ok(Some((found?, can)))
}

fn definitions(
    postgres: &mut Postgres,
    (table, qualified): (&str, &str),
    indexes: &[postgres::Row],
    foreign_keys: &[postgres::Row],
) -> Result<Vec<Present>, StoreError> {
    let mut all = Vec::with_capacity(indexes.len() + foreign_keys.len());
    for row in indexes {
        let (oid, name, schema): (u32, String, String) = (row.get(0), row.get(1), row.get(3));
        let put_back = definition(postgres, "SELECT pg_get_indexdef($1::oid)", oid)?;
        let take_off = format!("DROP INDEX {}.{}", PostgresDialect.quote(&schema), PostgresDialect.quote(&name));
        let (kind, table) = (RemovableKind::Index, table.to_string());
        let thing = Removable { kind, table, name, take_off, put_back, foreign_key: None };
        all.push(Present { thing, plain: row.get(4), checked: true, first: row.get(2) });
    }
    for row in foreign_keys {
        let (oid, name, checked): (u32, String, bool) = (row.get(0), row.get(1), row.get(2));
        let text = definition(postgres, "SELECT pg_get_constraintdef($1::oid)", oid)?;
        let text = text.strip_suffix(" NOT VALID").unwrap_or(&text);
        let quoted = PostgresDialect.quote(&name);
        let take_off = format!("ALTER TABLE {qualified} DROP CONSTRAINT {quoted}");
        let put_back = format!("ALTER TABLE {qualified} ADD CONSTRAINT {quoted} {text}");
        let (kind, foreign_key) = (RemovableKind::ForeignKey, foreign_key(table, row));
        let thing = Removable { kind, table: table.to_string(), name, take_off, put_back, foreign_key };
        all.push(Present { thing, plain: row.get(7), checked, first: None });
    }
    Ok(all)
}

fn foreign_key(table: &str, row: &postgres::Row) -> Option<ForeignKey> {
    Some(ForeignKey {
        table: table.to_string(),
        column: row.get(3),
        referenced: row.get::<_, Option<String>>(5)?,
        referenced_column: row.get(4),
        null_by_default: row.get(6),
    })
}

fn definition(postgres: &mut Postgres, sql: &str, oid: u32) -> Result<String, StoreError> {
    let rows = postgres.rows(sql, &[&oid])?;
    let text = rows.first().and_then(|row| row.get::<_, Option<String>>(0));
    text.ok_or_else(|| postgres.failed(StoreErrorKind::Locked, "an index or a constraint has just been dropped"))
}
