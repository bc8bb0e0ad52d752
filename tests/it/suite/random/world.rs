//! Random legacy tables with their rows: the ground that random mappings stand on.

use cutover_tests::random::Random;
use std::fmt::Write;

/// A value of a cell; none is null.
pub(super) type Value = Option<Datum>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum {
    Int(i64),
    Text(String),
    Bool(bool),
    /// A day as it is written.
    Date(String),
}

/// Texts that engines like to take for others of them.
const TEXTS: [&str; 14] =
    ["", " ", "a", "A", "a ", " a", "é", "e\u{301}", "Zoë", "O'Neil", "x-y", "x-y-z", "-", "\u{1f9ea}%_"];
const INTEGERS: [i64; 12] = [0, 1, -1, 5, 9, 10, 127, 32767, 32768, -32769, 2_147_483_647, -2_147_483_648];
/// Keys that are another one for somebody. (MariaDB keeps no two that differ by blanks at the end.)
const KEYS: [&str; 10] = ["a", "A", "b", "é", "É", "e\u{301}", "O'N", "-", "a-b", " a"];
/// The type of a key of text.
const KEY_TEXT: Type = Type::Text(9);
const DAYS: [&str; 5] = ["1000-01-01", "1900-01-01", "1999-12-31", "2000-02-29", "9999-12-31"];

/// The type of a legacy column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Type {
    Int,
    /// With that many characters.
    Text(usize),
    Bool,
    Date,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) nullable: bool,
}

/// A table; its key are its first columns.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) key: usize,
    pub(super) columns: Vec<Column>,
    pub(super) references: Vec<Reference>,
    pub(super) rows: Vec<Vec<Value>>,
}

/// Columns that hold the key of a row of a table, or of none that is there.
pub(super) struct Reference {
    pub(super) columns: Vec<usize>,
    pub(super) table: usize,
}

impl Type {
    /// Returns the type as DDL writes it.
    pub(super) fn ddl(self) -> String {
        match self {
            Type::Int => "integer".to_string(),
            Type::Text(length) => format!("varchar({length})"),
            Type::Bool => "boolean".to_string(),
            Type::Date => "date".to_string(),
        }
    }

    fn datum(self, random: &mut Random) -> Datum {
        match self {
            Type::Int if random.happens(800) => Datum::Int(random.below(20) as i64),
            Type::Int => Datum::Int(random.pick(&INTEGERS)),
            Type::Text(length) => {
                let repeated = random.pick(&TEXTS).repeat(1 + random.below(3) as usize);
                Datum::Text(repeated.chars().take(length).collect())
            }
            Type::Bool => Datum::Bool(random.happens(500)),
            Type::Date => Datum::Date(random.pick(&DAYS).to_string()),
        }
    }
}

impl Datum {
    /// Returns it as SQL writes it.
    fn sql(&self) -> String {
        match self {
            Datum::Int(value) => value.to_string(),
            Datum::Text(value) => format!("'{}'", value.replace('\'', "''")),
            Datum::Bool(value) => value.to_string(),
            Datum::Date(value) => format!("'{value}'"),
        }
    }
}

/// Returns a value as tests show it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        None => "NULL".to_string(),
        Some(Datum::Int(value)) => value.to_string(),
        Some(Datum::Text(value) | Datum::Date(value)) => value.clone(),
        Some(Datum::Bool(value)) => value.to_string(),
    }
}

/// Returns a key as one text; none if a part is null.
pub(super) fn key(parts: &[Value]) -> Option<String> {
    parts.iter().all(Option::is_some).then(|| parts.iter().map(shown).collect::<Vec<_>>().join("|"))
}

impl Table {
    /// Returns the key of a row.
    pub(super) fn key(&self, row: &[Value]) -> String {
        key(&row[..self.key]).unwrap()
    }

    /// Returns the columns that are part of no key and no reference.
    pub(super) fn plain(&self) -> Vec<usize> {
        let refers = |at: &usize| self.references.iter().any(|reference| reference.columns.contains(at));
        (self.key..self.columns.len()).filter(|at| !refers(at)).collect()
    }
}

/// Makes tables with rows. They refer to each other and to themselves, also to what is not there.
pub(super) fn tables(random: &mut Random) -> Vec<Table> {
    let count = 1 + random.below(4) as usize;
    let mut tables: Vec<Table> = Vec::new();
    for at in 0..count {
        let mut table = table(at, random);
        for number in 0..random.below(3) {
            let to = random.below(at as u64 + 1) as usize;
            let key = if to == at { &table } else { &tables[to] };
            let types: Vec<Type> = key.columns[..key.key].iter().map(|column| column.ty).collect();
            refer(&mut table, number, to, &types, random);
        }
        tables.push(table);
    }
    let keys: Vec<Vec<Vec<Value>>> = tables.iter().map(|table| keys(table, random)).collect();
    for (table, own) in tables.iter_mut().zip(&keys) {
        table.rows = own.iter().map(|key| row(key, table, &keys, random)).collect();
    }
    tables
}

fn column(name: String, ty: Type, nullable: bool) -> Column {
    Column { name, ty, nullable }
}

fn table(at: usize, random: &mut Random) -> Table {
    let key = random.pick(&[&[Type::Int][..], &[Type::Int], &[KEY_TEXT], &[Type::Int, KEY_TEXT]]);
    let mut columns: Vec<Column> =
        key.iter().enumerate().map(|(at, ty)| column(format!("k{at}"), *ty, false)).collect();
    for number in 0..1 + random.below(5) {
        let length = 3 + random.below(10) as usize;
        let ty = random.pick(&[Type::Int, Type::Int, Type::Text(length), Type::Text(length), Type::Bool, Type::Date]);
        columns.push(column(format!("c{number}"), ty, random.happens(500)));
    }
    Table { name: format!("t{at}"), key: key.len(), columns, references: Vec::new(), rows: Vec::new() }
}

fn refer(table: &mut Table, number: u64, to: usize, types: &[Type], random: &mut Random) {
    let first = table.columns.len();
    for (part, ty) in types.iter().enumerate() {
        table.columns.push(column(format!("r{number}{part}"), *ty, random.happens(800)));
    }
    table.references.push(Reference { columns: (first..table.columns.len()).collect(), table: to });
}

/// Returns keys of a table, in the order of their numbers.
fn keys(table: &Table, random: &mut Random) -> Vec<Vec<Value>> {
    let mut keys: Vec<Vec<Value>> = Vec::new();
    let mut next = 0;
    for _ in 0..random.below(25) {
        next += random.below(3) as i64 + i64::from(table.key == 1);
        let number = if table.key == 1 { "" } else { random.pick(&["", "1"]) };
        let text = format!("{}{number}", random.pick(&KEYS));
        let part = |column: &Column| match column.ty {
            Type::Int => Some(Datum::Int(next)),
            _ => Some(Datum::Text(text.clone())),
        };
        let key: Vec<Value> = table.columns[..table.key].iter().map(part).collect();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

fn row(key: &[Value], table: &Table, keys: &[Vec<Vec<Value>>], random: &mut Random) -> Vec<Value> {
    let rest = table.columns[table.key..].iter().map(|column| column.ty.datum(random)).map(Some).collect::<Vec<_>>();
    let mut row = [key.to_vec(), rest].concat();
    for reference in &table.references {
        let there = &keys[reference.table];
        if !there.is_empty() && random.happens(970) {
            let key = &there[random.below(there.len() as u64) as usize];
            reference.columns.iter().zip(key).for_each(|(at, part)| row[*at] = part.clone());
        } else if let Some(Datum::Int(number)) = &mut row[reference.columns[0]] {
            *number = 1_000_000;
        }
    }
    for (cell, column) in row.iter_mut().zip(&table.columns) {
        if column.nullable && random.happens(250) {
            *cell = None;
        }
    }
    row
}

/// Returns the DDL of tables.
pub(super) fn ddl(tables: &[Table]) -> String {
    let mut text = String::new();
    for table in tables {
        let line = |column: &Column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!("  {} {}{null}", column.name, column.ty.ddl())
        };
        let mut lines: Vec<String> = table.columns.iter().map(line).collect();
        let key: Vec<&str> = table.columns[..table.key].iter().map(|column| column.name.as_str()).collect();
        lines.push(format!("  PRIMARY KEY ({})", key.join(", ")));
        writeln!(text, "CREATE TABLE {} (\n{}\n);", table.name, lines.join(",\n")).unwrap();
    }
    text
}

/// Returns the statements that fill tables.
pub(super) fn inserts(tables: &[Table]) -> String {
    let mut text = String::new();
    for table in tables {
        for row in &table.rows {
            let cells: Vec<String> =
                row.iter().map(|value| value.as_ref().map_or("NULL".to_string(), Datum::sql)).collect();
            writeln!(text, "INSERT INTO {} VALUES ({});", table.name, cells.join(", ")).unwrap();
        }
    }
    text
}
