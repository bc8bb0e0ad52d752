//! The catalogue as DDL, as SQLite keeps it.

use crate::Sqlite;
use cutover_runtime::connection::StoreError;

impl Sqlite {
    /// Returns the tables of the database, and their indexes, as DDL.
    pub fn ddl(&mut self) -> Result<String, StoreError> {
        let run = || {
            let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index') \
                       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY tbl_name, type DESC, name";
            let mut statement = self.inner.prepare(sql)?;
            let statements = statement.query_map([], |row| row.get::<_, String>(0))?;
            statements.map(|statement| Ok(format!("{};\n\n", statement?))).collect::<Result<String, rusqlite::Error>>()
        };
        run().map_err(|error| self.fault(&error))
    }
}
