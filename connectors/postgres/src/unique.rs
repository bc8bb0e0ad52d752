//! What makes rows of a table unique, and when PostgreSQL calls two texts equal: exactly where they are, unless the type
//! or the collation of a column says otherwise.

use crate::Postgres;
use cutover_runtime::connection::StoreError;
use cutover_runtime::unique_key::{UniqueColumn, UniqueKey};
use cutover_runtime::value::Value;

/// What `character(n)` compares by: blanks at the end do not count.
const BLANKS: &str = "bpchar";

/// Returns the unique keys of a table.
pub(crate) fn keys(postgres: &mut Postgres, table: &str) -> Result<Vec<UniqueKey>, StoreError> {
    // Exclusion constraints are no unique indexes, and are left to the target.
    let sql = "SELECT c.relname::text, i.indpred IS NOT NULL, i.indexprs IS NOT NULL, \
               COALESCE((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false), \
               ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place) \
                 JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number \
                 WHERE k.place <= i.indnkeyatts ORDER BY k.place), \
               ARRAY(SELECT CASE WHEN y.typname = 'bpchar' THEN 'bpchar' WHEN y.typname = 'citext' THEN 'citext' \
                 WHEN NOT COALESCE(l.collisdeterministic, true) THEN l.collname::text ELSE '' END \
                 FROM unnest(i.indkey, i.indcollation) WITH ORDINALITY AS k (number, sorted, place) \
                 JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number \
                 JOIN pg_type AS t ON t.oid = a.atttypid \
                 JOIN pg_type AS y ON y.oid = COALESCE(NULLIF(t.typbasetype, 0), t.oid) \
                 LEFT JOIN pg_collation AS l ON l.oid = k.sorted \
                 WHERE k.place <= i.indnkeyatts ORDER BY k.place) \
               FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
               WHERE i.indrelid = to_regclass(quote_ident($1)) AND i.indisunique AND i.indisvalid ORDER BY 1";
    Ok(postgres.rows(sql, &[&table])?.iter().map(key).collect())
}

fn key(row: &postgres::Row) -> UniqueKey {
    let (name, partial, expression, nulls): (String, bool, bool, bool) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    let (names, collations): (Vec<String>, Vec<String>) = (row.get(4), row.get(5));
    let own = collations.iter().find(|collation| !collation.is_empty() && *collation != BLANKS);
    let beyond = match own {
        _ if partial => Some("it is for some rows only".to_string()),
        _ if expression => Some("it contains an expression".to_string()),
        _ if nulls => Some("nulls count as equal in it".to_string()),
        Some(own) => Some(format!("{own} calls different texts equal, in its own way")),
        None => None,
    };
    let column = |(name, collation): (String, String)| UniqueColumn {
        name,
        collation: (collation == BLANKS).then_some(collation),
    };
    UniqueKey { name, columns: names.into_iter().zip(collations).map(column).collect(), beyond }
}

/// Returns the texts as `character(n)` compares them, which is the one collation that [`keys`] names.
pub(crate) fn collation_keys(_: &mut Postgres, _: &str, texts: &[&str]) -> Result<Vec<Value>, StoreError> {
    Ok(texts.iter().map(|text| Value::Text(text.trim_end_matches(' ').to_string())).collect())
}
