//! The catalogue as DDL, as the server itself shows it.

use crate::MariaDb;
use crate::dialect::MariaDbDialect;
use cutover_runtime::connection::{SqlDialect, StoreError};
use mysql::prelude::Queryable;

impl MariaDb {
    /// Returns the tables of the database as DDL.
    pub fn ddl(&mut self) -> Result<String, StoreError> {
        let sql = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME";
        let mut script = String::new();
        for mut row in self.texts(sql, &[])? {
            let statement = format!("SHOW CREATE TABLE {}", MariaDbDialect.quote(&row.remove(0)));
            let shown: Option<(String, String)> =
                self.conn.query_first(statement).map_err(|error| self.fault(&error))?;
            if let Some((_, table)) = shown {
                script.push_str(&format!("{table};\n\n"));
            }
        }
        Ok(script)
    }
}
