//! The map table of a step: one entry for each legacy row that is settled, with the keys and the fingerprints of what
//! was written for it. Its columns have the types of the keys they hold.

use crate::connection::{Connection, Place, SqlDialect};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap, PrintSet};
use crate::report::Counts;
use crate::share::shares;
use crate::statements::{KeyColumn, KeyRange, Order, Sql, Statement, column};
use crate::step::{ReadSource, StepSpec};
use crate::value::{Key, Kind, Row, Value};

/// How many keys one query asks for.
pub(crate) const CHUNK: usize = 500;

/// How a legacy row is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Migrated,
    Found,
    Rejected,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Migrated => "migrated",
            State::Found => "found",
            State::Rejected => "rejected",
        }
    }

    /// Whatever else stands there was put there by hand; it is treated as rejected, which touches nothing.
    pub(crate) fn read(value: &Value) -> State {
        match value {
            Value::Text(name) if name == "migrated" => State::Migrated,
            Value::Text(name) if name == "found" => State::Found,
            _ => State::Rejected,
        }
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) state: State,
    /// For each target: the key (null if there is no row) and the fingerprint as written.
    pub(crate) roles: Vec<(Value, Value)>,
}

impl Entry {
    /// Returns the row of the map table.
    pub(crate) fn into_row(self, run: i64) -> Row {
        let mut row = self.key;
        row.reserve_exact(2 + 2 * self.roles.len());
        row.push(Value::Text(self.state.name().to_string()));
        row.push(Value::Integer(run.into()));
        row.extend(self.roles.into_iter().flat_map(|(key, written)| [key, written]));
        row
    }

    fn from_row(mut row: Row, keys: usize) -> Entry {
        let mut rest = row.split_off(keys).into_iter();
        let state = rest.next().map_or(State::Rejected, |state| State::read(&state));
        let mut roles = Vec::with_capacity(rest.len() / 2);
        while let (Some(key), Some(written)) = (rest.next(), rest.next()) {
            roles.push((key, written));
        }
        Entry { key: row, state, roles }
    }
}

/// How much of entries is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All.
    Whole,
    /// All but the fingerprints, which are null.
    Keys,
}

/// Returns the names of the legacy key's columns.
pub(crate) fn key_names(spec: &StepSpec) -> Vec<&str> {
    let name = |index: &usize| match &spec.read.columns[*index].source {
        ReadSource::Column(_, name) => name.as_str(),
        ReadSource::Present(_) | ReadSource::Exists(_) | ReadSource::Several(_) => "key",
    };
    spec.read.key.iter().map(name).collect()
}

/// Returns the kinds of the legacy key's columns.
pub(crate) fn key_kinds(spec: &StepSpec) -> Vec<Kind> {
    spec.read.key.iter().map(|index| spec.read.columns[*index].kind).collect()
}

/// Returns the columns of the map table with their kinds.
pub(crate) fn columns(spec: &StepSpec) -> Vec<(String, Kind)> {
    let keys = key_names(spec).into_iter().map(|name| format!("legacy_{name}")).zip(key_kinds(spec));
    let mut columns: Vec<(String, Kind)> = keys.collect();
    columns.push(("state".to_string(), Kind::Text));
    columns.push(("run".to_string(), Kind::Integer));
    for target in &spec.targets {
        columns.push((format!("{}_key", target.role), target.key.kind));
        columns.push((format!("{}_written", target.role), Kind::Text));
    }
    columns
}

/// Returns the legacy key as a query on the map table writes it.
pub(crate) fn key_columns(dialect: &dyn SqlDialect, spec: &StepSpec) -> Vec<KeyColumn> {
    let named = columns(spec).into_iter().take(spec.read.key.len());
    named.map(|(name, kind)| KeyColumn { expression: dialect.quote(&name), kind }).collect()
}

/// Makes the map table unless it is there.
pub(crate) fn create(target: &mut dyn Connection, spec: &StepSpec) -> Result<(), RunError> {
    let statements = create_statements(target.dialect(), spec);
    statements.iter().try_for_each(|sql| target.execute(sql, &[]).map(|_| ()).on(Side::Target))
}

fn create_statements(dialect: &dyn SqlDialect, spec: &StepSpec) -> Vec<String> {
    let keys = spec.read.key.len();
    let columns = columns(spec);
    let mut lines: Vec<String> = Vec::new();
    let places = Place::all(columns.iter().map(|(_, kind)| *kind), keys);
    for (at, ((name, kind), place)) in columns.iter().zip(places).enumerate() {
        let not_null = if at < keys + 2 { " NOT NULL" } else { "" };
        // After key, state and run come pairs of a key, which has an index of its own, and a fingerprint.
        let place = if at >= keys + 2 && (at - keys).is_multiple_of(2) { Place::Key { texts: 1 } } else { place };
        lines.push(format!("{} {}{not_null}", dialect.quote(name), dialect.column_type(*kind, place)));
    }
    let key: Vec<String> = columns[..keys].iter().map(|(name, _)| dialect.quote(name)).collect();
    lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
    let table = dialect.quote(&spec.map_table);
    let mut statements = vec![format!("CREATE TABLE IF NOT EXISTS {table} ({})", lines.join(", "))];
    for target in &spec.targets {
        let index = dialect.quote(&format!("{}_{}_key", spec.map_table, target.role));
        let column = dialect.quote(&format!("{}_key", target.role));
        statements.push(format!("CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {table} ({column})"));
    }
    statements
}

/// Returns the statement that writes the entries of rows which the server itself has carried. `batch` is the temporary
/// table of their keys. None where the database cannot tell what it holds.
pub(crate) fn of_batch(dialect: &dyn SqlDialect, spec: &StepSpec, batch: &str, run: i64) -> Option<Statement> {
    let names: Vec<String> = columns(spec).iter().map(|(name, _)| dialect.quote(name)).collect();
    let mut sql = Sql::new(dialect, "INSERT INTO ");
    sql.name(&spec.map_table).push(&format!(" ({}) SELECT ", names.join(", ")));
    for key in key_names(spec) {
        sql.push(&format!("{}, ", column(dialect, "b", &format!("legacy_{key}"))));
    }
    sql.bind(&Value::Text(State::Migrated.name().into())).push(", ").bind(&Value::Integer(run.into()));
    for (at, target) in spec.targets.iter().enumerate() {
        let key = column(dialect, "b", &format!("{}_key", target.role));
        let own = |name: &str| column(dialect, &format!("t{at}"), name);
        let written: Vec<_> = target.columns.iter().map(|column| (own(&column.name), column.kind)).collect();
        let digest = dialect.digest(&written)?;
        sql.push(&format!(", {key}, CASE WHEN {key} IS NOT NULL THEN {digest} END"));
    }
    sql.push(&format!(" FROM {batch} AS ")).name("b");
    for (at, target) in spec.targets.iter().enumerate() {
        let alias = format!("t{at}");
        let (own, key) = (&target.key.column, format!("{}_key", target.role));
        let on = format!("{} = {}", column(dialect, &alias, own), column(dialect, "b", &key));
        sql.push(" LEFT JOIN ").name(&target.table).push(" AS ").name(&alias).push(&format!(" ON {on}"));
    }
    Some(sql.done())
}

/// Returns whether there is any entry.
pub(crate) fn any(target: &mut dyn Connection, spec: &StepSpec) -> Result<bool, RunError> {
    Ok(edge(target, spec, Order::Ascending)?.is_some())
}

/// Returns the first (or last) migrated entry, or else the first (or last) of any state.
pub(crate) fn edge(target: &mut dyn Connection, spec: &StepSpec, order: Order) -> Result<Option<Entry>, RunError> {
    Ok(page(target, spec, KeyRange::default(), order, 1, Detail::Whole)?.pop())
}

/// Returns the first (or last) migrated entry.
pub(crate) fn migrated_edge(
    target: &mut dyn Connection,
    spec: &StepSpec,
    order: Order,
) -> Result<Option<Entry>, RunError> {
    let mut sql = entry_query(target.dialect(), spec, Detail::Whole);
    let key = key_columns(target.dialect(), spec);
    sql.push(" AND ").name("state").push(" = ").bind(&Value::Text("migrated".into()));
    sql.ordered(&key, order, Some(1));
    let statement = sql.done();
    Ok(read_entries(target, spec, &statement)?.pop())
}

/// Returns whether some entry names a row of a target (by its index) that is not there.
pub(crate) fn any_without_row(target: &mut dyn Connection, spec: &StepSpec, role: usize) -> Result<bool, RunError> {
    let (dialect, role) = (target.dialect(), &spec.targets[role]);
    let claim = column(dialect, "m", &format!("{}_key", role.role));
    let own = column(dialect, "t", &role.key.column);
    let equal = dialect.equal(&own, &mut || claim.clone(), role.key.kind);
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.result("1", Kind::Integer).push(" FROM ").name(&spec.map_table).push(" AS ").name("m");
    sql.push(&format!(" WHERE {claim} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ")).name(&role.table);
    sql.push(" AS ").name("t").push(&format!(" WHERE {equal}) LIMIT 1"));
    let statement = sql.done();
    Ok(!rows(target, &statement).on(Side::Target)?.is_empty())
}

/// Returns the entries of a range, at most `limit`.
pub(crate) fn page(
    target: &mut dyn Connection,
    spec: &StepSpec,
    range: KeyRange<'_>,
    order: Order,
    limit: usize,
    detail: Detail,
) -> Result<Vec<Entry>, RunError> {
    let key = key_columns(target.dialect(), spec);
    let mut sql = entry_query(target.dialect(), spec, detail);
    sql.and_range(&key, range).ordered(&key, order, Some(limit));
    let statement = sql.done();
    read_entries(target, spec, &statement)
}

/// Returns the entries of these legacy keys.
pub(crate) fn of_keys(
    target: &mut dyn Connection,
    spec: &StepSpec,
    keys: &[&Key],
    detail: Detail,
) -> Result<Vec<Entry>, RunError> {
    let (mut keys, asked) = kept_keys(spec, keys.iter().copied());
    let mut entries = Vec::with_capacity(keys.len());
    shares(&mut keys, |share| {
        let key = key_columns(target.dialect(), spec);
        let mut sql = entry_query(target.dialect(), spec, detail);
        sql.push(" AND ").of_share(&key, share);
        let statement = sql.done();
        let found = read_entries(target, spec, &statement)?.into_iter();
        entries.extend(found.filter(|entry| asked.contains(&fingerprint::of(&entry.key))));
        Ok::<(), RunError>(())
    })?;
    Ok(entries)
}

/// Returns how legacy rows are settled and which key they have in one target (by its index), by fingerprint of their
/// keys; those of other rows may be among it.
pub(crate) fn targets_of<'k>(
    target: &mut dyn Connection,
    spec: &StepSpec,
    role: usize,
    keys: impl Iterator<Item = &'k Key>,
) -> Result<PrintMap<(State, Value)>, RunError> {
    let (mut keys, _) = kept_keys(spec, keys);
    let mut found = PrintMap::default();
    shares(&mut keys, |share| {
        let dialect = target.dialect();
        let key = key_columns(dialect, spec);
        let mut sql = Sql::new(dialect, "SELECT ");
        key.iter().for_each(|column| {
            sql.result(&column.expression, column.kind);
        });
        sql.result(&dialect.quote("state"), Kind::Text);
        let role = &spec.targets[role];
        sql.result(&dialect.quote(&format!("{}_key", role.role)), role.key.kind);
        sql.push(" FROM ").name(&spec.map_table).push(" WHERE ").of_share(&key, share);
        let statement = sql.done();
        let mut each = |mut row: Row| {
            let own = row.pop().unwrap_or(Value::Null);
            let state = row.pop().map_or(State::Rejected, |state| State::read(&state));
            found.insert(fingerprint::of(&row), (state, own));
            Ok(())
        };
        target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)
    })?;
    Ok(found)
}

/// Returns the keys, each once, without those that the map table cannot hold: a number for which it has no room is no key in
/// it, and some databases would not compare it. With them their fingerprints.
fn kept_keys<'k>(spec: &StepSpec, keys: impl Iterator<Item = &'k Key>) -> (Vec<&'k Key>, PrintSet) {
    let (kinds, mut asked) = (key_kinds(spec), PrintSet::default());
    let fits = |key: &&Key| key.iter().zip(&kinds).all(has_room);
    let keys = keys.filter(fits).filter(|key| asked.insert(fingerprint::of(*key))).collect();
    (keys, asked)
}

fn has_room((value, kind): (&Value, &Kind)) -> bool {
    match (kind, value) {
        (Kind::Integer, Value::Integer(number)) => i64::try_from(*number).is_ok(),
        _ => true,
    }
}

fn entry_query<'a>(dialect: &'a dyn SqlDialect, spec: &StepSpec, detail: Detail) -> Sql<'a> {
    let mut sql = Sql::new(dialect, "SELECT ");
    for key in key_columns(dialect, spec) {
        sql.result(&key.expression, key.kind);
    }
    sql.result(&dialect.quote("state"), Kind::Text);
    for target in &spec.targets {
        sql.result(&dialect.quote(&format!("{}_key", target.role)), target.key.kind);
        let written = match detail {
            Detail::Whole => dialect.quote(&format!("{}_written", target.role)),
            Detail::Keys => "NULL".to_string(),
        };
        sql.result(&written, Kind::Text);
    }
    sql.push(" FROM ").name(&spec.map_table).push(" WHERE 1 = 1");
    sql
}

fn read_entries(target: &mut dyn Connection, spec: &StepSpec, query: &Statement) -> Result<Vec<Entry>, RunError> {
    let keys = spec.read.key.len();
    let rows = rows(target, query).on(Side::Target)?;
    Ok(rows.into_iter().map(|row| Entry::from_row(row, keys)).collect())
}

/// Returns how the legacy rows of these keys (all keys of a range, in order) are settled, by fingerprint of the key.
pub(crate) fn settled(
    target: &mut dyn Connection,
    spec: &StepSpec,
    range: KeyRange<'_>,
) -> Result<PrintMap<State>, RunError> {
    let key = key_columns(target.dialect(), spec);
    let mut sql = Sql::new(target.dialect(), "SELECT ");
    for column in &key {
        sql.result(&column.expression, column.kind);
    }
    let state = target.dialect().quote("state");
    sql.result(&state, Kind::Text).push(" FROM ").name(&spec.map_table).push(" WHERE 1 = 1").and_range(&key, range);
    let statement = sql.done();
    let mut settled = PrintMap::default();
    let mut each = |mut row: Row| {
        let state = row.pop().map_or(State::Rejected, |state| State::read(&state));
        settled.insert(fingerprint::of(&row), state);
        Ok(())
    };
    target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
    Ok(settled)
}

/// Returns how many entries there are in each state.
pub(crate) fn counts(target: &mut dyn Connection, spec: &StepSpec) -> Result<Counts, RunError> {
    let state = target.dialect().quote("state");
    let mut sql = Sql::new(target.dialect(), "SELECT ");
    sql.result("COUNT(*)", Kind::Integer);
    for counted in [State::Migrated, State::Found] {
        sql.result(&format!("COUNT(CASE WHEN {state} = "), Kind::Integer);
        sql.bind(&Value::Text(counted.name().into())).push(" THEN 1 END)");
    }
    sql.push(" FROM ").name(&spec.map_table);
    let statement = sql.done();
    let rows = rows(target, &statement).on(Side::Target)?;
    let number = |at: usize| rows.first().map_or(0, |row| unsigned(&row[at]));
    let (migrated, found) = (number(1), number(2));
    Ok(Counts { migrated, found, rejected: number(0) - migrated - found })
}

/// Writes keys and fingerprints of an entry that is there anew.
pub(crate) fn rewrite(target: &mut dyn Connection, spec: &StepSpec, entry: &Entry, run: i64) -> Result<(), RunError> {
    let key = key_columns(target.dialect(), spec);
    let mut sql = Sql::new(target.dialect(), "UPDATE ");
    sql.name(&spec.map_table).push(" SET ").name("run").push(" = ").bind(&Value::Integer(run.into()));
    for (role, (own, written)) in spec.targets.iter().zip(&entry.roles) {
        sql.push(", ").name(&format!("{}_key", role.role)).push(" = ").bind(own);
        sql.push(", ").name(&format!("{}_written", role.role)).push(" = ").bind(written);
    }
    sql.push(" WHERE ").equal(&key, &entry.key);
    let statement = sql.done();
    target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
    Ok(())
}

/// Removes the entry of a legacy row.
pub(crate) fn remove(target: &mut dyn Connection, spec: &StepSpec, key: &Key) -> Result<(), RunError> {
    remove_all(target, spec, &[key])
}

/// Removes the entries of legacy rows.
pub(crate) fn remove_all(target: &mut dyn Connection, spec: &StepSpec, keys: &[&Key]) -> Result<(), RunError> {
    let columns = key_columns(target.dialect(), spec);
    delete(target, &spec.map_table, &columns, keys).map(|_| ())
}

/// Deletes the rows of a table with these keys, and no others. Returns how many were deleted.
pub(crate) fn delete(
    target: &mut dyn Connection,
    table: &str,
    key: &[KeyColumn],
    keys: &[&Key],
) -> Result<u64, RunError> {
    let mut deleted = 0;
    // A list may hold texts that only the database calls equal.
    let listed = matches!(key, [KeyColumn { kind: Kind::Integer, .. }]);
    for chunk in keys.chunks(if listed { CHUNK } else { 1 }) {
        let mut sql = Sql::new(target.dialect(), "DELETE FROM ");
        sql.name(table).push(" WHERE ");
        match chunk {
            [one] => sql.equal(key, one),
            several => sql.among(key, several),
        };
        let statement = sql.done();
        deleted += target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
    }
    Ok(deleted)
}

/// Runs a query and returns its rows.
pub(crate) fn rows(
    connection: &mut dyn Connection,
    query: &Statement,
) -> Result<Vec<Row>, crate::connection::StoreError> {
    let mut rows = Vec::new();
    let mut each = |row: Row| {
        rows.push(row);
        Ok(())
    };
    connection.query(&query.text, &query.parameters, &query.kinds, &mut each)?;
    Ok(rows)
}

/// Reads a count.
pub(crate) fn unsigned(value: &Value) -> u64 {
    match value {
        Value::Integer(value) => u64::try_from(*value).unwrap_or(0),
        _ => 0,
    }
}
