//! Reads rows of a target back by their keys, as verify and rollback need them.

use crate::connection::Connection;
use crate::entries::CHUNK;
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap};
use crate::statements::{KeyColumn, Sql};
use crate::step::TargetSpec;
use crate::value::{Key, Row, Value};

/// Returns the rows with these keys (nulls are skipped), by fingerprint of the key.
pub(crate) fn of_keys<'v>(
    target: &mut dyn Connection,
    role: &TargetSpec,
    keys: impl Iterator<Item = &'v Value>,
) -> Result<PrintMap<Row>, RunError> {
    let keys: Vec<Key> = keys.filter(|key| !key.is_null()).map(|key| vec![key.clone()]).collect();
    let mut found = PrintMap::default();
    for chunk in keys.chunks(CHUNK) {
        let dialect = target.dialect();
        let key = KeyColumn { expression: dialect.quote(&role.key.column), kind: role.key.kind };
        let mut sql = Sql::new(dialect, "SELECT ");
        for column in &role.columns {
            sql.result(&dialect.quote(&column.name), column.kind);
        }
        sql.result(&key.expression, key.kind).push(" FROM ").name(&role.table).push(" WHERE ");
        sql.among(&[key], &chunk.iter().collect::<Vec<_>>());
        let statement = sql.done();
        let mut each = |mut row: Row| {
            let key = row.pop().unwrap_or(Value::Null);
            found.insert(fingerprint::of([&key]), row);
            Ok(())
        };
        target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
    }
    Ok(found)
}
