//! What the database knows about itself: columns and what they keep, foreign keys, sequences, constraints.

use crate::Postgres;
use crate::dialect::PostgresDialect;
use crate::form::Form;
use crate::write::Keeps;
use cutover_runtime::connection::{DefaultColumn, Referrer, SqlDialect, StoreError, is_literal};
use postgres::types::Type;
use std::collections::HashMap;

/// What was asked before and does not change while a run goes on.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    tables: HashMap<String, HashMap<String, Keeps>>,
    constraints: HashMap<(String, String), Vec<String>>,
}

/// Returns a name of the database that no other has, as long as its server lives.
pub(crate) fn identity(postgres: &mut Postgres) -> Result<String, StoreError> {
    let sql =
        "SELECT system_identifier::text, current_database()::text, current_schema()::text FROM pg_control_system()";
    let rows = postgres.rows(sql, &[])?;
    let text = |at| rows.first().and_then(|row| row.get::<_, Option<String>>(at)).unwrap_or_default();
    let schema = text(2);
    let schema = if schema == "public" { String::new() } else { format!(":{schema}") };
    Ok(format!("postgresql:{}:{}{schema}", text(0), text(1)))
}

/// Returns a table's columns; none if there is no such table.
pub(crate) fn column_names(postgres: &mut Postgres, table: &str) -> Result<Option<Vec<String>>, StoreError> {
    let sql = "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 \
               AND NOT attisdropped ORDER BY attnum";
    let names: Vec<String> = postgres.rows(sql, &[&table])?.iter().map(|row| row.get(0)).collect();
    Ok((!names.is_empty()).then_some(names))
}

/// Returns the columns with a default that is the same for every row. What a column makes of its default, such as more
/// digits, counts as the default. Where triggers may have filled a column, where the type has a default of its own, and
/// where there must have been one that is gone now, nobody can tell.
pub(crate) fn defaults(postgres: &mut Postgres, table: &str) -> Result<Vec<DefaultColumn>, StoreError> {
    let sql = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid) \
               FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
               JOIN pg_type AS y ON y.oid = a.atttypid JOIN pg_class AS c ON c.oid = a.attrelid \
               WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped \
               AND a.attgenerated = '' AND a.attidentity = '' AND c.relkind IN ('r', 'p') \
               AND (d.adbin IS NOT NULL OR (y.typdefault IS NULL AND NOT a.attnotnull AND NOT y.typnotnull)) \
               AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g WHERE g.tgrelid = a.attrelid AND NOT g.tgisinternal) \
               ORDER BY a.attnum";
    let column = |row: &postgres::Row| {
        let (name, ty, default): (String, String, Option<String>) = (row.get(0), row.get(1), row.get(2));
        let own = format!("t.{}", PostgresDialect.quote(&name));
        let departs = match default {
            None => format!("{own} IS NOT NULL"),
            Some(default) if is_constant(&default) => {
                format!("{own}::text COLLATE \"C\" IS DISTINCT FROM (({default})::{ty})::text COLLATE \"C\"")
            }
            Some(_) => return None,
        };
        Some(DefaultColumn { name, departs })
    };
    Ok(postgres.rows(sql, &[&table])?.iter().filter_map(column).collect())
}

/// Returns whether a default, as the catalogue spells it, is a literal, with at most one type put behind it.
fn is_constant(default: &str) -> bool {
    let end = default.rfind('\'').map(|quote| quote + 1);
    let end = end.or_else(|| default.find("::")).unwrap_or(default.len());
    let (literal, ty) = default.split_at(end);
    is_literal(literal) && ty.matches("::").count() <= 1 && (ty.is_empty() || ty.starts_with("::"))
}

/// Returns the foreign keys that refer to a table.
pub(crate) fn referrers(postgres: &mut Postgres, table: &str) -> Result<Vec<Referrer>, StoreError> {
    let sql = "SELECT NULLIF(n.nspname::text, current_schema()::text), r.relname::text, a.attname::text, f.attname::text \
               FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid \
               JOIN pg_namespace AS n ON n.oid = r.relnamespace \
               CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (own, other) \
               JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.own \
               JOIN pg_attribute AS f ON f.attrelid = c.confrelid AND f.attnum = k.other \
               WHERE c.contype = 'f' AND c.confrelid = to_regclass(quote_ident($1)) AND c.conparentid = 0 \
               ORDER BY 1 NULLS FIRST, 2, 3";
    let rows = postgres.rows(sql, &[&table])?;
    let referrer = |row: &postgres::Row| Referrer {
        schema: row.get(0),
        table: row.get(1),
        column: row.get(2),
        referenced: row.get(3),
    };
    Ok(rows.iter().map(referrer).collect())
}

/// Returns what the columns of a table keep, in the order of `columns`.
pub(crate) fn keeps(postgres: &mut Postgres, table: &str, columns: &[String]) -> Result<Vec<Keeps>, StoreError> {
    if !postgres.catalogue.tables.contains_key(table) {
        let known = load(postgres, table)?;
        postgres.catalogue.tables.insert(table.to_string(), known);
    }
    let known = &postgres.catalogue.tables[table];
    let missing = columns.iter().find(|column| !known.contains_key(*column));
    if let Some(column) = missing {
        let cause = format!("table {table} has no column {column}");
        return Err(postgres.failed(cutover_runtime::connection::StoreErrorKind::OtherSchema, cause));
    }
    Ok(columns.iter().map(|column| known[column]).collect())
}

fn load(postgres: &mut Postgres, table: &str) -> Result<HashMap<String, Keeps>, StoreError> {
    // A statement over the columns has their types, domains resolved to what they stand for.
    let sql = format!("SELECT * FROM {} LIMIT 0", PostgresDialect.quote(table));
    let statement = postgres.prepare(&sql)?;
    postgres.statements.remove(&sql);
    let keeps = |ty: &Type, modifier| Keeps { form: Form::of(ty), modifier };
    let columns = statement.columns().iter();
    Ok(columns.map(|column| (column.name().to_string(), keeps(column.type_(), column.type_modifier()))).collect())
}

/// Forgets what was known of a table.
pub(crate) fn forget(postgres: &mut Postgres, table: &str) {
    postgres.catalogue.tables.remove(table);
}

/// Returns the columns that a constraint, or a unique index, is about.
pub(crate) fn constraint(postgres: &mut Postgres, table: &str, name: &str) -> Result<Vec<String>, StoreError> {
    let key = (table.to_string(), name.to_string());
    if let Some(columns) = postgres.catalogue.constraints.get(&key) {
        return Ok(columns.clone());
    }
    let sql = "SELECT a.attname::text FROM pg_attribute AS a JOIN (\
               SELECT conrelid AS relation, unnest(conkey) AS number FROM pg_constraint \
               WHERE conrelid = to_regclass(quote_ident($1)) AND conname = $2 \
               UNION SELECT i.indrelid, unnest(i.indkey) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
               WHERE i.indrelid = to_regclass(quote_ident($1)) AND c.relname = $2) AS k \
               ON a.attrelid = k.relation AND a.attnum = k.number ORDER BY a.attnum";
    let columns: Vec<String> = postgres.rows(sql, &[&table, &name])?.iter().map(|row| row.get(0)).collect();
    postgres.catalogue.constraints.insert(key, columns.clone());
    Ok(columns)
}
