//! The tables of a schema in the making, found by name and namespace without looking at all of them.
//! Which namespace a name without one means is decided here, and so is the name by which a mapping knows a table.

use super::{Dialect, ForeignKey, Table};
use std::collections::HashMap;

/// Tables in the order of the file.
pub(super) struct Tables {
    dialect: Dialect,
    /// A table that was dropped again leaves its place empty.
    places: Vec<Option<Table>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Tables {
    pub(super) fn new(dialect: Dialect) -> Tables {
        Tables { dialect, places: Vec::new(), by_name: HashMap::new() }
    }

    pub(super) fn add(&mut self, table: Table) {
        self.by_name.entry(self.key(&table.own_name)).or_default().push(self.places.len());
        self.places.push(Some(table));
    }

    /// Returns the place of a table. Without a namespace the usual one is meant, else the first of that name; a table
    /// without a namespace may lie in any.
    pub(super) fn find(&self, namespace: Option<&str>, name: &str) -> Option<usize> {
        let places = || self.by_name.get(&self.key(name)).into_iter().flatten().copied();
        let with = |wanted: Option<&str>| {
            places().find(|place| self.places[*place].as_ref().is_some_and(|it| it.namespace.as_deref() == wanted))
        };
        let usual = usual_namespace(self.dialect);
        match namespace {
            Some(namespace) => places()
                .find(|place| self.places[*place].as_ref().is_some_and(|table| self.lies_in(table, namespace)))
                .or_else(|| with(None)),
            None => with(None).or_else(|| usual.and_then(|usual| with(Some(usual)))).or_else(|| places().next()),
        }
    }

    /// Returns the place of a table with exactly this namespace, or none.
    pub(super) fn find_exactly(&self, namespace: Option<&str>, name: &str) -> Option<usize> {
        self.find(namespace, name).filter(|place| {
            self.places[*place].as_ref().is_some_and(|table| match (namespace, table.namespace.as_deref()) {
                (Some(namespace), Some(_)) => self.lies_in(table, namespace),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            })
        })
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Table> {
        self.places.get_mut(place)?.as_mut()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Table> {
        self.places.get(place)?.as_ref()
    }

    /// Takes a table out, for good or until it is put back.
    pub(super) fn take(&mut self, place: usize) -> Option<Table> {
        self.places.get_mut(place)?.take()
    }

    pub(super) fn put_back(&mut self, place: usize, table: Table) {
        self.places[place] = Some(table);
    }

    /// Gives a table that was taken out another name.
    pub(super) fn rename(&mut self, place: usize, mut table: Table, name: String) {
        let old = self.key(&table.own_name);
        if let Some(places) = self.by_name.get_mut(&old) {
            places.retain(|known| *known != place);
        }
        self.by_name.entry(self.key(&name)).or_default().push(place);
        table.own_name = name;
        self.put_back(place, table);
    }

    /// Forgets a table.
    pub(super) fn drop_table(&mut self, place: usize) {
        if let Some(table) = self.take(place)
            && let Some(places) = self.by_name.get_mut(&self.key(&table.own_name))
        {
            places.retain(|known| *known != place);
        }
    }

    /// Returns all tables, each with the name by which mappings know it; foreign keys refer to tables by these names.
    pub(super) fn finish(mut self) -> Vec<Table> {
        let known: Vec<String> = (0..self.places.len()).map(|place| self.known_name(place)).collect();
        let referred: Vec<Vec<Option<usize>>> = self.places.iter().map(|table| self.referred(table.as_ref())).collect();
        for ((table, name), referred) in self.places.iter_mut().zip(&known).zip(referred) {
            let Some(table) = table else { continue };
            table.name.clone_from(name);
            for (key, place) in table.foreign_keys.iter_mut().zip(referred) {
                if let Some(place) = place {
                    key.table.clone_from(&known[place]);
                }
            }
        }
        self.places.into_iter().flatten().collect()
    }

    /// Returns the places of the tables that a table's foreign keys refer to.
    fn referred(&self, table: Option<&Table>) -> Vec<Option<usize>> {
        let Some(table) = table else { return Vec::new() };
        let own = table.namespace.as_deref().filter(|_| self.dialect == Dialect::MariaDb);
        let place = |key: &ForeignKey| self.find(key.namespace.as_deref().or(own), &key.table);
        table.foreign_keys.iter().map(place).collect()
    }

    fn known_name(&self, place: usize) -> String {
        let Some(table) = self.get(place) else { return String::new() };
        let bare = || table.own_name.clone();
        let same = self.by_name.get(&self.key(&table.own_name)).map_or(&[][..], Vec::as_slice);
        let Some(namespace) = table.namespace.as_deref().filter(|_| same.len() > 1) else { return bare() };
        let is_usual = usual_namespace(self.dialect).is_some_and(|usual| self.same(usual, namespace));
        let is_taken = same
            .iter()
            .filter(|other| **other != place)
            .any(|other| self.places[*other].as_ref().is_some_and(|other| other.namespace.is_none()));
        if is_usual && !is_taken { bare() } else { format!("{namespace}.{}", table.own_name) }
    }

    fn lies_in(&self, table: &Table, namespace: &str) -> bool {
        table.namespace.as_deref().is_some_and(|own| self.same(own, namespace))
    }

    fn same(&self, one: &str, other: &str) -> bool {
        self.key(one) == self.key(other)
    }

    /// Returns a name as the dialect compares it.
    fn key(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => name.to_ascii_lowercase(),
            Dialect::SqlServer => name.to_lowercase(),
            Dialect::MariaDb | Dialect::PostgreSql => name.to_string(),
        }
    }
}

/// Returns the namespace in which a name without one is looked for.
fn usual_namespace(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::MariaDb => None,
        Dialect::PostgreSql => Some("public"),
        Dialect::Sqlite => Some("main"),
        Dialect::SqlServer => Some("dbo"),
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::{Dialect, read};
    use crate::source::FileId;

    #[track_caller]
    fn check(dialect: Dialect, ddl: &str, expected: &[(&str, &str)]) {
        let schema = read::read(FileId(0), ddl, dialect);
        let found: Vec<(&str, String)> = schema
            .tables
            .iter()
            .map(|table| (table.name.as_str(), table.foreign_keys.iter().map(|key| key.table.as_str()).collect()))
            .collect();
        let expected: Vec<(&str, String)> = expected.iter().map(|(name, to)| (*name, to.to_string())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn one_name_in_several_namespaces() {
        check(
            Dialect::PostgreSql,
            "CREATE TABLE public.t (a int primary key); CREATE TABLE hr.t (a int primary key);
             CREATE TABLE hr.u (a int references t, foreign key (a) references hr.t);",
            &[("t", ""), ("hr.t", ""), ("u", "thr.t")],
        );
        check(
            Dialect::SqlServer,
            "CREATE TABLE [Kern].[T] (a int)\nCREATE TABLE [hr].[t] (a int references kern.T)\nCREATE TABLE [dbo].v (a int)",
            &[("Kern.T", ""), ("hr.t", "Kern.T"), ("v", "")],
        );
        check(
            Dialect::MariaDb,
            "USE one; CREATE TABLE t (a int, foreign key (a) references t (a)); USE two;
             CREATE TABLE t (a int, foreign key (a) references t (a)); CREATE TABLE u (a int, foreign key (a) references one.t (a));",
            &[("one.t", "one.t"), ("two.t", "two.t"), ("u", "one.t")],
        );
    }
}
