//! SQL text from what a step says about itself, in the spelling of a dialect. Every identifier is quoted, every value
//! is a parameter. What the statements are for is decided by the callers.

use crate::connection::SqlDialect;
use crate::share::Share;
use crate::step::{Condition, Operand, ReadSource, ReadSpec, TableSpec, Test};
use crate::value::{Key, Kind, Value};

/// A statement under construction: text, parameters in the order of their placeholders, kinds of the result.
pub(crate) struct Sql<'a> {
    dialect: &'a dyn SqlDialect,
    text: String,
    parameters: Vec<Value>,
    kinds: Vec<Kind>,
}

/// A statement that is ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) parameters: Vec<Value>,
    pub(crate) kinds: Vec<Kind>,
}

/// A column of a key: how it is written in the statement, and its kind.
#[derive(Debug, Clone)]
pub(crate) struct KeyColumn {
    pub(crate) expression: String,
    pub(crate) kind: Kind,
}

/// A range of keys: after one (exclusive), up to another (inclusive), before a third (exclusive).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyRange<'a> {
    pub(crate) after: Option<&'a Key>,
    pub(crate) upto: Option<&'a Key>,
    pub(crate) before: Option<&'a Key>,
}

/// Which way a scan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

impl<'a> Sql<'a> {
    pub(crate) fn new(dialect: &'a dyn SqlDialect, text: &str) -> Self {
        Sql { dialect, text: text.to_string(), parameters: Vec::new(), kinds: Vec::new() }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn name(&mut self, identifier: &str) -> &mut Self {
        let quoted = self.dialect.quote(identifier);
        self.push(&quoted)
    }

    pub(crate) fn bind(&mut self, value: &Value) -> &mut Self {
        let placeholder = bound(self.dialect, &mut self.parameters, value);
        self.push(&placeholder)
    }

    /// Writes a column of a result, after a comma unless it is the first one.
    pub(crate) fn result(&mut self, expression: &str, kind: Kind) -> &mut Self {
        if !self.kinds.is_empty() {
            self.push(", ");
        }
        self.kinds.push(kind);
        self.push(expression)
    }

    pub(crate) fn done(self) -> Statement {
        Statement { text: self.text, parameters: self.parameters, kinds: self.kinds }
    }

    /// Writes `AND …` for both ends of a range.
    pub(crate) fn and_range(&mut self, key: &[KeyColumn], range: KeyRange<'_>) -> &mut Self {
        if let Some(after) = range.after {
            self.push(" AND ").bound(key, after, '>', ">");
        }
        if let Some(upto) = range.upto {
            self.push(" AND ").bound(key, upto, '<', "<=");
        }
        if let Some(before) = range.before {
            self.push(" AND ").bound(key, before, '<', "<");
        }
        self
    }

    /// Writes one end of a range so that an index on the key's columns serves it on every engine. Equality within is
    /// that of the order.
    fn bound(&mut self, key: &[KeyColumn], bound: &Key, strict: char, last: &str) -> &mut Self {
        if key.len() > 1 {
            let first = self.order(&key[0]);
            self.push(&format!("{first} {strict}= ")).bind(&bound[0]).push(" AND ");
        }
        self.push("(");
        for depth in 0..key.len() {
            if depth > 0 {
                self.push(" OR ");
            }
            self.push("(");
            for (column, value) in key.iter().zip(bound).take(depth) {
                let order = self.order(column);
                self.push(&format!("{order} = ")).bind(value).push(" AND ");
            }
            let operator = if depth + 1 == key.len() { last.to_string() } else { strict.to_string() };
            let order = self.order(&key[depth]);
            self.push(&format!("{order} {operator} ")).bind(&bound[depth]).push(")");
        }
        self.push(")")
    }

    /// Writes a condition that holds for rows with the keys of a share, and maybe for others: callers compare.
    pub(crate) fn of_share(&mut self, key: &[KeyColumn], share: Share<'_>) -> &mut Self {
        match share {
            Share::Each(keys) => self.among(key, keys),
            Share::Range(first, last) => {
                let order = self.order(&key[0]);
                self.push(&format!("{order} >= ")).bind(&first[0]).push(&format!(" AND {order} <= ")).bind(&last[0])
            }
        }
    }

    /// Writes a condition that holds for rows with one of these keys, and maybe for rows whose keys only the database
    /// calls equal: callers compare.
    pub(crate) fn among(&mut self, key: &[KeyColumn], keys: &[&Key]) -> &mut Self {
        if let [column] = key {
            self.push(&format!("{} IN (", column.expression));
            for (at, key) in keys.iter().enumerate() {
                let (dialect, parameters) = (self.dialect, &mut self.parameters);
                let member = dialect.member(&mut || bound(dialect, parameters, &key[0]), column.kind);
                self.push(if at == 0 { "" } else { ", " }).push(&member);
            }
            return self.push(")");
        }
        self.push("(");
        for (at, values) in keys.iter().enumerate() {
            self.push(if at == 0 { "(" } else { " OR (" });
            self.equal(key, values).push(")");
        }
        self.push(")")
    }

    /// Writes a condition that holds for the row with this key.
    pub(crate) fn equal(&mut self, key: &[KeyColumn], values: &[Value]) -> &mut Self {
        for (at, (column, value)) in key.iter().zip(values).enumerate() {
            self.push(if at == 0 { "" } else { " AND " }).equal_value(&column.expression, value, column.kind);
        }
        self
    }

    fn equal_value(&mut self, expression: &str, value: &Value, kind: Kind) -> &mut Self {
        let (dialect, parameters) = (self.dialect, &mut self.parameters);
        let equal = dialect.equal(expression, &mut || bound(dialect, parameters, value), kind);
        self.push(&equal)
    }

    pub(crate) fn ordered(&mut self, key: &[KeyColumn], order: Order, limit: Option<usize>) -> &mut Self {
        for (at, column) in key.iter().enumerate() {
            let expression = self.order(column);
            self.push(if at == 0 { " ORDER BY " } else { ", " }).push(&expression);
            if order == Order::Descending {
                self.push(" DESC");
            }
        }
        if let Some(limit) = limit {
            self.push(&format!(" LIMIT {limit}"));
        }
        self
    }

    fn order(&self, column: &KeyColumn) -> String {
        self.dialect.order(&column.expression, column.kind)
    }

    /// Writes exact equalities, each after `AND`.
    pub(crate) fn and_equalities<'c>(&mut self, on: impl IntoIterator<Item = &'c Condition>) -> &mut Self {
        for condition in on {
            let own = column(self.dialect, &condition.alias, &condition.column);
            match &condition.test {
                Test::Compare(_, Operand::Column(alias, name) | Operand::Folded(alias, name)) => {
                    let other = column(self.dialect, alias, name);
                    let equal = self.dialect.equal(&own, &mut || other.clone(), condition.kind);
                    self.push(" AND ").push(&equal)
                }
                Test::Compare(_, Operand::Value(value)) => self.push(" AND ").equal_value(&own, value, condition.kind),
                Test::Among(_) => self,
            };
        }
        self
    }

    /// Writes tables, each with its alias.
    pub(crate) fn tables(&mut self, tables: &[TableSpec]) -> &mut Self {
        for (at, table) in tables.iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " }).name(&table.table).push(" AS ").name(&table.alias);
        }
        self
    }

    fn exists(&mut self, read: &ReadSpec, index: usize) -> &mut Self {
        let exists = &read.exists[index];
        self.push("EXISTS (SELECT 1 FROM ").tables(&exists.tables).push(" WHERE 1 = 1");
        self.and_equalities(&exists.on).push(")")
    }

    fn base(&mut self, read: &ReadSpec, joins: bool) -> &mut Self {
        self.push(" FROM ").name(&read.table).push(" AS ").name(&read.alias);
        for join in read.joins.iter().filter(|join| joins && !join.probed) {
            self.push(" LEFT JOIN ").name(&join.table).push(" AS ").name(&join.alias).push(" ON 1 = 1");
            self.and_equalities(&join.on);
        }
        self.push(" WHERE 1 = 1");
        for index in &read.required {
            self.push(" AND ").exists(read, *index);
        }
        self
    }

    /// Writes a column of a row; what a query of its own fetches ([`crate::probe`]) is null here.
    fn read_column(&mut self, read: &ReadSpec, source: &ReadSource, kind: Kind) {
        match source {
            source if crate::probe::fills(read, source) => {
                self.result("NULL", kind);
            }
            ReadSource::Column(alias, name) => {
                let expression = column(self.dialect, alias, name);
                self.result(&expression, kind);
            }
            ReadSource::Present(index) => {
                let join = &read.joins[*index];
                let witness = join.on.first().map(|condition| column(self.dialect, &join.alias, &condition.column));
                let expression = witness.map_or("1 = 1".to_string(), |witness| format!("({witness} IS NOT NULL)"));
                self.result(&expression, kind);
            }
            ReadSource::Exists(index) => {
                self.result("", kind).exists(read, *index);
            }
            ReadSource::Several(_) => {
                self.result("NULL", kind);
            }
        }
    }
}

/// Takes in a value as one more parameter, and returns its placeholder.
fn bound(dialect: &dyn SqlDialect, parameters: &mut Vec<Value>, value: &Value) -> String {
    parameters.push(value.clone());
    dialect.placeholder(parameters.len())
}

/// Returns `alias.column`, quoted.
pub(crate) fn column(dialect: &dyn SqlDialect, alias: &str, name: &str) -> String {
    format!("{}.{}", dialect.quote(alias), dialect.quote(name))
}

/// Returns the columns of the legacy key as a query on the legacy side writes them.
pub(crate) fn legacy_key(dialect: &dyn SqlDialect, read: &ReadSpec) -> Vec<KeyColumn> {
    let source = |index: &usize| match &read.columns[*index].source {
        ReadSource::Column(alias, name) => {
            KeyColumn { expression: column(dialect, alias, name), kind: read.columns[*index].kind }
        }
        ReadSource::Present(_) | ReadSource::Exists(_) | ReadSource::Several(_) => {
            unreachable!("a key consists of columns of the base table")
        }
    };
    read.key.iter().map(source).collect()
}

/// Returns the query that reads rows of a step in key order.
pub(crate) fn read_rows(dialect: &dyn SqlDialect, read: &ReadSpec, range: KeyRange<'_>, limit: usize) -> Statement {
    let mut sql = Sql::new(dialect, "SELECT ");
    for column in &read.columns {
        sql.read_column(read, &column.source, column.kind);
    }
    let key = legacy_key(dialect, read);
    sql.base(read, true).and_range(&key, range).ordered(&key, Order::Ascending, Some(limit));
    sql.done()
}

/// Returns the query that reads the rows of a step with these keys, and maybe others: see [`Sql::of_share`].
pub(crate) fn read_rows_of(dialect: &dyn SqlDialect, read: &ReadSpec, keys: Share<'_>) -> Statement {
    let mut sql = Sql::new(dialect, "SELECT ");
    for column in &read.columns {
        sql.read_column(read, &column.source, column.kind);
    }
    let key = legacy_key(dialect, read);
    sql.base(read, true).push(" AND ").of_share(&key, keys);
    sql.done()
}

/// Returns the query that reads only the keys of a step's rows, in order.
pub(crate) fn read_keys(dialect: &dyn SqlDialect, read: &ReadSpec, range: KeyRange<'_>, limit: usize) -> Statement {
    let key = legacy_key(dialect, read);
    let mut sql = Sql::new(dialect, "SELECT ");
    for column in &key {
        sql.result(&column.expression, column.kind);
    }
    sql.base(read, scope_needs_joins(read)).and_range(&key, range).ordered(&key, Order::Ascending, Some(limit));
    sql.done()
}

/// Returns the query that counts the rows of a step, as far as the database can tell its scope.
pub(crate) fn count_rows(dialect: &dyn SqlDialect, read: &ReadSpec) -> Statement {
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.result("COUNT(*)", Kind::Integer).base(read, scope_needs_joins(read));
    sql.done()
}

/// Joins are n:1 and outer: they matter to the number of rows only where the scope asks about them.
fn scope_needs_joins(read: &ReadSpec) -> bool {
    let asked = read.required.iter().flat_map(|index| &read.exists[*index].on);
    asked.into_iter().any(|condition| match &condition.test {
        Test::Compare(_, Operand::Column(alias, _) | Operand::Folded(alias, _)) => {
            read.joins.iter().any(|join| join.alias == *alias)
        }
        Test::Compare(_, Operand::Value(_)) | Test::Among(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Place;

    struct Plain;

    impl SqlDialect for Plain {
        fn name(&self) -> &'static str {
            "plain"
        }
        fn quote(&self, identifier: &str) -> String {
            format!("\"{}\"", identifier.replace('"', "\"\""))
        }
        fn placeholder(&self, index: usize) -> String {
            format!("?{index}")
        }
        fn column_type(&self, _: Kind, _: Place) -> String {
            "TEXT".to_string()
        }
        fn equal(&self, left: &str, right: &mut dyn FnMut() -> String, _: Kind) -> String {
            format!("({left} = {} AND {left} LIKE {})", right(), right())
        }
        fn order(&self, expression: &str, _: Kind) -> String {
            expression.to_string()
        }
        fn orders_code_points(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_range_over_two_columns_is_lexicographic() {
        let key = [("a", Kind::Text), ("b", Kind::Integer)]
            .map(|(name, kind)| KeyColumn { expression: name.to_string(), kind });
        let after = vec![Value::Text("x".into()), Value::Integer(2)];
        let mut sql = Sql::new(&Plain, "");
        sql.and_range(&key, KeyRange { after: Some(&after), ..KeyRange::default() });
        assert_eq!(sql.done().text, " AND a >= ?1 AND ((a > ?2) OR (a = ?3 AND b > ?4))");
    }

    #[test]
    fn a_value_is_bound_as_often_as_a_dialect_writes_it() {
        let key = [KeyColumn { expression: "a".to_string(), kind: Kind::Text }];
        let mut sql = Sql::new(&Plain, "");
        sql.equal(&key, &[Value::Text("x".into())]).push(" AND b = ").bind(&Value::Null);
        let statement = sql.done();
        assert_eq!(statement.text, "(a = ?1 AND a LIKE ?2) AND b = ?3");
        assert_eq!(statement.parameters, [Value::Text("x".into()), Value::Text("x".into()), Value::Null]);
    }
}
