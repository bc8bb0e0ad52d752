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
    /// The table whose number it holds, or none.
    pub(super) refers_to: Option<usize>,
}

/// A table; its first column is its key.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Value>>,
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

/// Returns the number that a reference or a key holds.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Some(Datum::Int(value)) => Some(*value),
        _ => None,
    }
}

/// Makes tables with rows. They refer to each other and to themselves, also to what is not there.
pub(super) fn tables(random: &mut Random) -> Vec<Table> {
    let count = 1 + random.below(4) as usize;
    let mut tables: Vec<Table> = (0..count).map(|at| table(at, random)).collect();
    let keys: Vec<Vec<i64>> = tables.iter().map(|_| keys(random)).collect();
    for (table, own) in tables.iter_mut().zip(&keys) {
        table.rows = own.iter().map(|key| row(*key, &table.columns, &keys, random)).collect();
    }
    tables
}

fn table(at: usize, random: &mut Random) -> Table {
    let key = Column { name: "id".to_string(), ty: Type::Int, nullable: false, refers_to: None };
    let mut columns = vec![key];
    for number in 0..1 + random.below(5) {
        let length = 3 + random.below(10) as usize;
        let ty = random.pick(&[Type::Int, Type::Int, Type::Text(length), Type::Text(length), Type::Bool, Type::Date]);
        columns.push(Column { name: format!("c{number}"), ty, nullable: random.happens(500), refers_to: None });
    }
    for number in 0..random.below(3) {
        let (name, refers_to) = (format!("r{number}"), Some(random.below(at as u64 + 1) as usize));
        columns.push(Column { name, ty: Type::Int, nullable: random.happens(800), refers_to });
    }
    Table { name: format!("t{at}"), columns, rows: Vec::new() }
}

/// Returns keys in their order, with gaps.
fn keys(random: &mut Random) -> Vec<i64> {
    let mut next = 0;
    (0..random.below(25))
        .map(|_| {
            next += 1 + random.below(3) as i64;
            next
        })
        .collect()
}

fn row(key: i64, columns: &[Column], keys: &[Vec<i64>], random: &mut Random) -> Vec<Value> {
    let cell = |column: &Column, random: &mut Random| match column.refers_to {
        _ if column.nullable && random.happens(250) => None,
        Some(table) if !keys[table].is_empty() && random.happens(970) => Some(Datum::Int(random.pick(&keys[table]))),
        Some(_) => Some(Datum::Int(1_000_000)),
        None => Some(column.ty.datum(random)),
    };
    let rest = columns[1..].iter().map(|column| cell(column, random)).collect::<Vec<_>>();
    [vec![Some(Datum::Int(key))], rest].concat()
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
        lines.push("  PRIMARY KEY (id)".to_string());
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
