//! What makes rows of a table unique, and when MariaDB calls two texts equal: as the collation of their column says.

use crate::MariaDb;
use cutover_runtime::connection::{Connection, StoreError};
use cutover_runtime::unique_key::{UniqueColumn, UniqueKey};
use cutover_runtime::value::{Kind, Value};

/// How many texts are asked about at once; a result has room for more columns.
const TEXTS: usize = 500;

/// Returns the unique keys of a table.
pub(crate) fn keys(mariadb: &mut MariaDb, table: &str) -> Result<Vec<UniqueKey>, StoreError> {
    let sql = "SELECT s.INDEX_NAME, s.COLUMN_NAME, COALESCE(s.SUB_PART, ''), COALESCE(c.COLLATION_NAME, '') \
               FROM information_schema.STATISTICS AS s LEFT JOIN information_schema.COLUMNS AS c \
               ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME \
               WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME = ? AND s.NON_UNIQUE = 0 \
               ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX";
    let mut keys: Vec<UniqueKey> = Vec::new();
    for row in mariadb.texts(sql, &[table])? {
        let Ok([index, name, prefix, collation]) = <[String; 4]>::try_from(row) else { continue };
        if keys.last().is_none_or(|key| key.name != index) {
            keys.push(UniqueKey { name: index, columns: Vec::new(), beyond: None });
        }
        let Some(key) = keys.last_mut() else { continue };
        if !prefix.is_empty() {
            key.beyond = Some(format!("it compares the first {prefix} characters of {name}"));
        }
        if name.is_empty() {
            key.beyond = Some("it contains an expression".to_string());
        }
        if is_layered(&collation) {
            key.beyond = Some(format!("{collation} compares texts in several rounds"));
        }
        let collation = Some(collation).filter(|collation| !is_exact(collation));
        key.columns.push(UniqueColumn { name, collation });
    }
    Ok(keys)
}

/// Every other collation passes over blanks at the end, at least.
fn is_exact(collation: &str) -> bool {
    matches!(collation, "" | "binary") || collation.ends_with("_nopad_bin")
}

/// Whether texts are compared in several rounds, so that the weights do not tell what is equal: where accents or case count
/// after the letters, blanks at the end count in no round; where case counts and accents do not, accents have weights.
fn is_layered(collation: &str) -> bool {
    let rounds = ["_as_ci", "_as_cs", "_w2"].iter().any(|end| collation.ends_with(end));
    (rounds && !collation.contains("_nopad_")) || collation.ends_with("_ai_cs")
}

/// Returns the weights that a collation sorts texts by, without those of blanks at the end where these do not count.
pub(crate) fn collation_keys(mariadb: &mut MariaDb, collation: &str, texts: &[&str]) -> Result<Vec<Value>, StoreError> {
    let charset = collation.split('_').next().unwrap_or_default();
    // The collations of Unicode's newer rules are for several character sets.
    let charset = if charset == "uca1400" { "utf8mb4" } else { charset };
    let weights = |text: &str| format!("WEIGHT_STRING(CONVERT({text} USING {charset}) COLLATE {collation})");
    let weight = match collation.contains("_nopad_") {
        true => weights("?"),
        false => format!("TRIM(TRAILING {} FROM {})", weights("' '"), weights("?")),
    };
    let mut keys = Vec::with_capacity(texts.len());
    for chunk in texts.chunks(TEXTS) {
        let sql = format!("SELECT {}", vec![weight.as_str(); chunk.len()].join(", "));
        let parameters: Vec<Value> = chunk.iter().map(|text| Value::Text((*text).to_string())).collect();
        let mut each = |row: Vec<Value>| {
            keys.extend(row);
            Ok(())
        };
        mariadb.query(&sql, &parameters, &vec![Kind::Bytes; chunk.len()], &mut each)?;
    }
    Ok(keys)
}
