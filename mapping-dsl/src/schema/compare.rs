//! Compares a schema as its DDL declares it with the same schema as a live database has it, and names every difference.
//! Spelling is no difference: engines print conditions and defaults in their own way.

use super::checks::{bare, listed, literal_text};
use super::sql::{expression, name};
use super::{Assigned, Column, Dialect, ForeignKey, Schema, Table};
use crate::types::Type;
use sqlparser::ast::{BinaryOperator, Expr};
use std::collections::BTreeSet;

/// Tables that cutover itself keeps in a target begin with this.
const OWN: &str = "cutover_";

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Line of the DDL; none where only the database has something.
    pub line: Option<usize>,
    /// The table.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What differs, as a sentence about the database.
    pub what: String,
}

/// Returns everything in which the live schema differs from the declared one, in the order of the declared one.
pub fn compare(declared: &Schema, live: &Schema) -> Vec<Difference> {
    let mut found = Vec::new();
    for table in &declared.tables {
        match live.table(&table.name) {
            Some(other) => {
                let (dialect, schemas) = (declared.dialect, [declared, live]);
                Tables { dialect, schemas, declared: table, live: other, found: &mut found }.compare();
            }
            None => found.push(of_table(table, Some(table.line), "the database has no such table".to_string())),
        }
    }
    let extra =
        live.tables.iter().filter(|table| !table.name.starts_with(OWN) && declared.table(&table.name).is_none());
    found.extend(extra.map(|table| of_table(table, None, "only the database has this table".to_string())));
    found
}

fn of_table(table: &Table, line: Option<usize>, what: String) -> Difference {
    Difference { line, table: table.name.clone(), column: None, what }
}

/// Two tables under comparison.
struct Tables<'a> {
    dialect: Dialect,
    schemas: [&'a Schema; 2],
    declared: &'a Table,
    live: &'a Table,
    found: &'a mut Vec<Difference>,
}

impl Tables<'_> {
    fn compare(mut self) {
        for column in &self.declared.columns {
            match self.live.column(&column.name) {
                Some(other) => self.column(column, other),
                None => self.about(column, "the database has no such column".to_string()),
            }
        }
        for column in self.live.columns.iter().filter(|column| self.declared.column(&column.name).is_none()) {
            let what = format!("only the database has this column, {}", column.declared);
            let (table, column) = (self.declared.name.clone(), Some(column.name.clone()));
            self.found.push(Difference { line: None, table, column, what });
        }
        self.primary_key();
        self.unique_keys();
        self.foreign_keys();
        self.checks();
    }

    fn about(&mut self, column: &Column, what: String) {
        let (table, name) = (self.declared.name.clone(), Some(column.name.clone()));
        self.found.push(Difference { line: Some(column.line), table, column: name, what });
    }

    fn whole(&mut self, line: Option<usize>, what: String) {
        self.found.push(of_table(self.declared, line, what));
    }

    fn column(&mut self, declared: &Column, live: &Column) {
        if !same_type(declared, live) {
            self.about(
                declared,
                format!("the type is {} in the DDL and {} in the database", declared.declared, live.declared),
            );
        }
        if declared.nullable != live.nullable {
            let may = |column: &Column| if column.nullable { "may be null" } else { "may not be null" };
            self.about(declared, format!("{} in the DDL, and {} in the database", may(declared), may(live)));
        }
        if declared.assigned != live.assigned {
            let how = |column: &Column| match column.assigned {
                Assigned::No => "no counter",
                Assigned::Counter => "a counter",
                Assigned::Computed => "computed",
            };
            self.about(declared, format!("it is {} in the DDL and {} in the database", how(declared), how(live)));
        } else if declared.assigned == Assigned::No {
            self.default(declared, live);
        }
        self.allowed(declared, live);
        if let (Some(one), Some(other)) = (&declared.collation, &live.collation)
            && !one.eq_ignore_ascii_case(other)
        {
            self.about(declared, format!("the collation is {one} in the DDL and {other} in the database"));
        }
    }

    fn default(&mut self, declared: &Column, live: &Column) {
        let spelled = |column: &Column| {
            let default = column.default.as_deref().map(|default| spelled(default, self.dialect));
            default.filter(|default| default != "null")
        };
        if spelled(declared) != spelled(live) {
            let shown = |column: &Column| column.default.clone().unwrap_or_else(|| "none".to_string());
            self.about(
                declared,
                format!("the default is {} in the DDL and {} in the database", shown(declared), shown(live)),
            );
        }
    }

    fn allowed(&mut self, declared: &Column, live: &Column) {
        let values = |column: &Column| column.allowed.clone().map(BTreeSet::from_iter);
        let (one, other): (Option<BTreeSet<String>>, Option<BTreeSet<String>>) = (values(declared), values(live));
        if one != other {
            let shown = |values: Option<BTreeSet<String>>| {
                values.map_or("any".to_string(), |values| values.into_iter().collect::<Vec<_>>().join(", "))
            };
            self.about(
                declared,
                format!("the values are {} in the DDL and {} in the database", shown(one), shown(other)),
            );
        }
    }

    fn primary_key(&mut self) {
        let (one, other) = (&self.declared.primary_key, &self.live.primary_key);
        if !same_names(one, other, self.dialect) {
            let shown =
                |key: &[String]| if key.is_empty() { "none".to_string() } else { format!("({})", key.join(", ")) };
            let what = format!("the primary key is {} in the DDL and {} in the database", shown(one), shown(other));
            self.whole(Some(self.declared.line), what);
        }
    }

    fn unique_keys(&mut self) {
        let columns = |table: &Table| {
            let keys = table.unique_keys.iter().map(|key| (names(&key.columns, self.dialect), key.line));
            keys.collect::<Vec<_>>()
        };
        let (one, other) = (columns(self.declared), columns(self.live));
        self.lists(one, other, |key| format!("unique ({})", key.join(", ")));
    }

    fn foreign_keys(&mut self) {
        let keys = |schema: &Schema, table: &Table| {
            let keys = table.foreign_keys.iter().map(|key| (foreign(key, schema), key.line));
            keys.collect::<Vec<_>>()
        };
        let (one, other) = (keys(self.schemas[0], self.declared), keys(self.schemas[1], self.live));
        self.lists(one, other, String::clone);
    }

    /// Checks that list the values of a column were compared with it.
    fn checks(&mut self) {
        let conditions = |table: &Table| {
            let others = table.checks.iter().filter(|check| listed(&check.condition, self.dialect).is_none());
            let conditions = others.map(|check| (spelled(&check.condition, self.dialect), check.line));
            conditions.filter(|(condition, _)| !condition.starts_with("json_valid(")).collect::<Vec<_>>()
        };
        let (one, other) = (conditions(self.declared), conditions(self.live));
        self.lists(one, other, |condition| format!("check {condition}"));
    }

    /// Names what only one of two lists holds.
    fn lists<T: PartialEq>(&mut self, one: Vec<(T, usize)>, mut other: Vec<(T, usize)>, shown: impl Fn(&T) -> String) {
        for (item, line) in one {
            match other.iter().position(|(live, _)| *live == item) {
                Some(at) => drop(other.remove(at)),
                None => self.whole(Some(line), format!("the database lacks: {}", shown(&item))),
            }
        }
        for (item, _) in other {
            self.whole(None, format!("only the database has: {}", shown(&item)));
        }
    }
}

/// Types that cutover does not handle are the same if they are spelled the same.
fn same_type(declared: &Column, live: &Column) -> bool {
    match (&declared.ty, &live.ty) {
        (Type::Other(one), Type::Other(other)) => {
            let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
            plain(one) == plain(other)
        }
        (one, other) => one == other,
    }
}

fn names(columns: &[String], dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::PostgreSql => columns.to_vec(),
        Dialect::MariaDb | Dialect::Sqlite | Dialect::SqlServer => {
            columns.iter().map(|column| column.to_lowercase()).collect()
        }
    }
}

fn same_names(one: &[String], other: &[String], dialect: Dialect) -> bool {
    names(one, dialect) == names(other, dialect)
}

/// Actions that say no more than their absence are left out; a key that names no columns means the primary key.
fn foreign(key: &ForeignKey, schema: &Schema) -> String {
    let dialect = schema.dialect;
    let idle = |action: &&String| {
        let nothing = action.ends_with("no action") || dialect == Dialect::MariaDb && action.ends_with("restrict");
        !nothing
    };
    let actions: BTreeSet<&String> = key.actions.iter().filter(idle).collect();
    let actions: String = actions.into_iter().map(|action| format!(" {action}")).collect();
    let primary = || schema.table(&key.table).map_or(&[][..], |table| &table.primary_key);
    let referenced = if key.referenced.is_empty() { primary() } else { &key.referenced };
    let [columns, referenced] = [&key.columns, referenced].map(|columns| names(columns, dialect).join(", "));
    format!("({columns}) -> {} ({referenced}){actions}", key.table)
}

/// Returns an expression in one spelling, whichever engine or author wrote it.
fn spelled(text: &str, dialect: Dialect) -> String {
    match expression(text, dialect) {
        Some(expression) => normal(&expression, dialect),
        None => text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
    }
}

fn normal(expression: &Expr, dialect: Dialect) -> String {
    let of = |expression: &Expr| normal(expression, dialect);
    let list = |values: &[Expr]| values.iter().map(of).collect::<Vec<_>>().join(", ");
    match bare(expression) {
        Expr::Identifier(ident) => name(ident, dialect),
        Expr::Value(value) => literal_text(&value.value).unwrap_or_else(|| value.value.to_string().to_lowercase()),
        Expr::BinaryOp { left, op, right } => format!("({} {} {})", of(left), op.to_string().to_lowercase(), of(right)),
        Expr::UnaryOp { op, expr } => format!("{op}{}", of(expr)),
        Expr::InList { expr, list: values, negated } => {
            format!("({}{} in ({}))", of(expr), if *negated { " not" } else { "" }, list(values))
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match bare(right) {
            Expr::Array(array) => format!("({} in ({}))", of(left), list(&array.elem)),
            other => format!("({} = any {})", of(left), of(other)),
        },
        Expr::Between { expr, negated: false, low, high } => {
            let value = of(expr);
            format!("(({value} >= {}) and ({value} <= {}))", of(low), of(high))
        }
        Expr::IsNull(expr) => format!("({} is null)", of(expr)),
        Expr::IsNotNull(expr) => format!("({} is not null)", of(expr)),
        other => {
            let text = other.to_string().to_lowercase().replace('`', "").replace("()", "");
            if text == "now" { "current_timestamp".to_string() } else { text }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::read::read;
    use crate::source::FileId;

    fn check(dialect: Dialect, declared: &str, live: &str, expected: &[&str]) {
        let [declared, live] = [declared, live].map(|text| read(FileId(0), text, dialect));
        let told: Vec<String> = compare(&declared, &live)
            .into_iter()
            .map(|found| {
                let column = found.column.map_or(String::new(), |column| format!(".{column}"));
                let line = found.line.map_or("-".to_string(), |line| line.to_string());
                format!("{line} {}{column}: {}", found.table, found.what)
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn spelling_is_no_difference() {
        check(
            Dialect::PostgreSql,
            "CREATE TABLE t (id serial PRIMARY KEY, kind varchar(9) NOT NULL DEFAULT 'a' CHECK (kind IN ('a', 'b')), \
             n int CHECK (n >= 0 AND n < 10), at timestamptz DEFAULT now(), boss int REFERENCES t (id));",
            "CREATE TABLE t (id integer DEFAULT nextval('t_id_seq'::regclass) NOT NULL, kind character varying(9) \
             DEFAULT 'a'::character varying NOT NULL, n integer, at timestamp with time zone DEFAULT CURRENT_TIMESTAMP, \
             boss integer, CONSTRAINT k PRIMARY KEY (id), \
             CONSTRAINT c CHECK (((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))), \
             CONSTRAINT d CHECK (((n >= 0) AND (n < 10))), CONSTRAINT f FOREIGN KEY (boss) REFERENCES t(id));",
            &[],
        );
        check(
            Dialect::MariaDb,
            "CREATE TABLE T (Id int PRIMARY KEY AUTO_INCREMENT, n int DEFAULT '0', at datetime DEFAULT NOW(), \
             j json, FOREIGN KEY (n) REFERENCES u (id) ON DELETE RESTRICT); CREATE TABLE u (id int PRIMARY KEY);",
            "CREATE TABLE `u` (`id` int(11) NOT NULL, PRIMARY KEY (`id`)); CREATE TABLE `T` (`Id` int(11) NOT NULL \
             AUTO_INCREMENT, `n` int(11) DEFAULT 0, `at` datetime DEFAULT current_timestamp(), \
             `j` longtext CHECK (json_valid(`j`)), PRIMARY KEY (`Id`), KEY `n` (`n`), \
             CONSTRAINT `x` FOREIGN KEY (`n`) REFERENCES `u` (`id`)); CREATE TABLE cutover_run (run int);",
            &[],
        );
    }

    #[test]
    fn every_difference_is_named() {
        check(
            Dialect::PostgreSql,
            "CREATE TABLE gone (id int);\nCREATE TABLE t (\n id int PRIMARY KEY,\n a varchar(5) NOT NULL,\n \
             b int DEFAULT 1,\n c text,\n d text CHECK (d IN ('x')),\n UNIQUE (a),\n CHECK (b > 0),\n \
             FOREIGN KEY (b) REFERENCES t (id) ON DELETE CASCADE,\n e text COLLATE \"C\"\n);",
            "CREATE TABLE t (id bigserial, a varchar(6), b int, d text CHECK (d IN ('x', 'y')), \
             e text COLLATE \"de_DE\", f date, UNIQUE (b), CHECK (b > 1), FOREIGN KEY (b) REFERENCES t (id)); \
             CREATE TABLE more (id int);",
            &[
                "1 gone: the database has no such table",
                "3 t.id: the type is int in the DDL and bigserial in the database",
                "3 t.id: it is no counter in the DDL and a counter in the database",
                "4 t.a: the type is varchar(5) in the DDL and varchar(6) in the database",
                "4 t.a: may not be null in the DDL, and may be null in the database",
                "5 t.b: the default is 1 in the DDL and none in the database",
                "6 t.c: the database has no such column",
                "7 t.d: the values are x in the DDL and x, y in the database",
                "11 t.e: the collation is C in the DDL and de_DE in the database",
                "- t.f: only the database has this column, date",
                "2 t: the primary key is (id) in the DDL and none in the database",
                "8 t: the database lacks: unique (a)",
                "- t: only the database has: unique (b)",
                "10 t: the database lacks: (b) -> t (id) on delete cascade",
                "- t: only the database has: (b) -> t (id)",
                "9 t: the database lacks: check (b > 0)",
                "- t: only the database has: check (b > 1)",
                "- more: only the database has this table",
            ],
        );
    }
}
