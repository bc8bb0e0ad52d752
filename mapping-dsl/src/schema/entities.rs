//! What entities of a platform are called in the database of one environment. Such platforms make up names of tables, and
//! other ones in each environment; a mapping speaks of `Module.Entity`, and a file of names says which table that is.
//!
//! ```json
//! [{ "entity": "Kern.Polis", "table": "OSUSR_K7X_POLIS1", "attributes": [{ "attribute": "Nummer", "column": "NUMMER" }] }]
//! ```

use super::Table;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Entities by `Module.Entity`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entities(BTreeMap<String, Entity>);

/// What an entity is called in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Its table.
    pub table: String,
    /// Columns by attribute.
    pub attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    entity: String,
    table: String,
    #[serde(default)]
    attributes: Vec<WrittenAttribute>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttribute {
    attribute: String,
    column: String,
}

impl Entities {
    /// Reads a file of names. Says in words what is wrong with it: it is no such list, an entity has no module, it or an
    /// attribute of it is there twice, or two are the same table.
    pub fn read(text: &str) -> Result<Entities, String> {
        let list: Vec<Written> =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
        let mut entities: BTreeMap<String, Entity> = BTreeMap::new();
        let mut tables: BTreeMap<String, String> = BTreeMap::new();
        for Written { entity, table, attributes } in list {
            if !entity.contains('.') {
                return Err(format!("`{entity}` says no module: write `Module.Entity`"));
            }
            if let Some(other) = tables.insert(table.to_lowercase(), entity.clone()).filter(|other| *other != entity) {
                return Err(format!("`{other}` and `{entity}` are both {table}"));
            }
            let attributes = by_attribute(&entity, attributes)?;
            if entities.insert(entity.clone(), Entity { table, attributes }).is_some() {
                return Err(format!("`{entity}` is there twice"));
            }
        }
        Ok(Entities(entities))
    }

    /// Returns an entity of a module.
    pub fn get(&self, module: &str, entity: &str) -> Option<&Entity> {
        (!self.0.is_empty()).then(|| self.0.get(&format!("{module}.{entity}")))?
    }

    /// Returns all names, `Module.Entity`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the name of the entity that a table stands for.
    pub fn of_table(&self, table: &str) -> Option<&str> {
        let mut all = self.0.iter().filter(|(_, entity)| entity.table.eq_ignore_ascii_case(table));
        all.next().map(|(name, _)| name.as_str())
    }

    /// Tells tables the attributes of the entities that they stand for.
    pub(crate) fn tell(&self, tables: &mut [Table]) {
        for table in tables {
            let entity = self.0.values().find(|entity| entity.table.eq_ignore_ascii_case(&table.own_name));
            table.attributes = entity.map(|entity| entity.attributes.clone()).unwrap_or_default();
        }
    }
}

fn by_attribute(entity: &str, written: Vec<WrittenAttribute>) -> Result<BTreeMap<String, String>, String> {
    let mut columns = BTreeMap::new();
    for WrittenAttribute { attribute, column } in written {
        if let Some(other) = columns.insert(attribute.clone(), column) {
            return Err(format!("attribute `{attribute}` of `{entity}` is there twice, the first time as {other}"));
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::Entities;

    #[test]
    fn what_is_no_list_of_names_is_said_in_words() {
        let wrong = [
            ("[", "EOF while parsing"),
            (r#"[{"entity": "Polis", "table": "P"}]"#, "`Polis` says no module: write `Module.Entity`"),
            (r#"[{"entity": "K.A", "table": "P"}, {"entity": "K.A", "table": "Q"}]"#, "`K.A` is there twice"),
            (r#"[{"entity": "K.A", "table": "P"}, {"entity": "K.B", "table": "p"}]"#, "`K.A` and `K.B` are both p"),
            (
                r#"[{"entity": "K.A", "table": "P", "attributes": [
                    {"attribute": "Nr", "column": "N1"}, {"attribute": "Nr", "column": "N2"}]}]"#,
                "attribute `Nr` of `K.A` is there twice, the first time as N1",
            ),
            (r#"[{"entity": "K.A", "tabel": "P"}]"#, "unknown field `tabel`"),
        ];
        for (text, words) in wrong {
            let error = Entities::read(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
