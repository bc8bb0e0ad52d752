//! Rules of random mappings: each is a line of the language, and beside it what it means, said once more by other means.

use super::world::{Column, Datum, Table, Type, Value};
use cutover_tests::random::Random;

/// The row of the base table, and the one that is joined to it, if there is one.
pub(super) struct Rows<'r> {
    pub(super) tables: &'r [Table],
    pub(super) base: &'r [Value],
    pub(super) joined: Option<&'r [Value]>,
}

/// A column that a rule reads.
#[derive(Clone)]
pub(super) struct Read {
    /// As the mapping writes it.
    pub(super) text: String,
    pub(super) joined: bool,
    pub(super) at: usize,
    pub(super) ty: Type,
    pub(super) nullable: bool,
    /// A value that means null.
    pub(super) null: Option<Datum>,
}

/// Rejects the row.
pub(super) struct Rejected;

type Meaning = Box<dyn Fn(&Rows<'_>) -> Result<Value, Rejected>>;

/// Whether a condition holds; none is unknown.
type Holds = Box<dyn Fn(&Rows<'_>) -> Option<bool>>;

/// A rule without its target column.
pub(super) struct Rule {
    /// Value and arrow.
    pub(super) value: String,
    /// What stands behind the target column.
    pub(super) behind: &'static str,
    /// The type of the target column as DDL writes it, with whether it takes null.
    pub(super) ddl: String,
    pub(super) meaning: Meaning,
}

/// A condition.
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) holds: Holds,
}

impl Read {
    pub(super) fn of(alias: &str, joined: bool, at: usize, column: &Column, nullable: bool) -> Read {
        Read { text: format!("{alias}.{}", column.name), joined, at, ty: column.ty, nullable, null: None }
    }

    pub(super) fn get(&self, rows: &Rows<'_>) -> Value {
        let row = if self.joined { rows.joined } else { Some(rows.base) };
        row.and_then(|row| row[self.at].clone()).filter(|value| self.null.as_ref() != Some(value))
    }

    fn int(&self, rows: &Rows<'_>) -> Option<i64> {
        match self.get(rows) {
            Some(Datum::Int(value)) => Some(value),
            _ => None,
        }
    }

    fn text(&self, rows: &Rows<'_>) -> Option<String> {
        match self.get(rows) {
            Some(Datum::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// Returns the declaration of a column that takes null if this one does.
    fn like(&self, ddl: &str) -> String {
        if self.nullable { ddl.to_string() } else { format!("{ddl} NOT NULL") }
    }
}

fn rule(value: String, behind: &'static str, ddl: String, meaning: Meaning) -> Rule {
    Rule { value, behind, ddl, meaning }
}

/// Makes a rule that reads a column, whatever its type.
pub(super) fn any(read: &Read, random: &mut Random) -> Rule {
    match read.ty {
        _ if random.happens(350) => copied(read, random),
        Type::Int => integer(read, random),
        Type::Text(length) => text(read, length, random),
        Type::Bool => boolean(read, random),
        Type::Date => date(read, random),
    }
}

fn copied(read: &Read, random: &mut Random) -> Rule {
    let own = read.clone();
    if read.nullable && random.happens(100) {
        let meaning = move |rows: &Rows<'_>| own.get(rows).map(Some).ok_or(Rejected);
        let ddl = format!("{} NOT NULL", read.ty.ddl());
        return rule(format!("{} ->", read.text), " allow(null) \"needed\"", ddl, Box::new(meaning));
    }
    let arrow = if read.joined { "->" } else { "<->" };
    let meaning = move |rows: &Rows<'_>| Ok(own.get(rows));
    rule(format!("{} {arrow}", read.text), "", read.like(&read.ty.ddl()), Box::new(meaning))
}

fn integer(read: &Read, random: &mut Random) -> Rule {
    let own = read.clone();
    let name = &read.text;
    match random.below(7) {
        0 => {
            let meaning =
                move |rows: &Rows<'_>| Ok(Some(Datum::Text(own.int(rows).map_or("none".into(), |n| n.to_string()))));
            let value =
                if read.nullable { format!("coalesce(text({name}), \"none\")") } else { format!("text({name})") };
            rule(format!("{value} ->"), "", "varchar(20) NOT NULL".into(), Box::new(meaning))
        }
        1 => {
            let meaning = move |rows: &Rows<'_>| match own.int(rows) {
                Some(value) if !(-32768..=32767).contains(&value) => Err(Rejected),
                value => Ok(value.map(Datum::Int)),
            };
            rule(format!("{name} ->"), " allow(narrow) \"small\"", read.like("smallint"), Box::new(meaning))
        }
        2 => {
            let meaning = move |rows: &Rows<'_>| match own.int(rows) {
                Some(2_147_483_647) => Err(Rejected),
                value => Ok(value.map(|value| Datum::Int(value + 1))),
            };
            rule(format!("{name} + 1 ->"), " allow(narrow) \"no limit\"", read.like("integer"), Box::new(meaning))
        }
        3 => {
            let meaning = move |rows: &Rows<'_>| match own.int(rows) {
                None | Some(0) => Ok(Some(Datum::Text("none".into()))),
                Some(1..=9) => Ok(Some(Datum::Text("few".into()))),
                Some(10..) => Ok(Some(Datum::Text("many".into()))),
                Some(_) => Err(Rejected),
            };
            let none = if read.nullable { "null | 0" } else { "0" };
            let value = format!(
                "match {name} {{ {none} -> \"none\", 1..9 -> \"few\", 10..2147483647 -> \"many\", _ -> reject \"negative\" }} ->"
            );
            rule(value, "", "varchar(4) NOT NULL".into(), Box::new(meaning))
        }
        4 => {
            let meaning = move |rows: &Rows<'_>| {
                Ok(Some(Datum::Bool(own.int(rows).is_some_and(|value| value == 0 || (5..=127).contains(&value)))))
            };
            rule(format!("{name} in [0, 5..127] ->"), "", "boolean NOT NULL".into(), Box::new(meaning))
        }
        5 => {
            let meaning = move |rows: &Rows<'_>| Ok(own.int(rows).map(|value| Datum::Bool(value < 9)));
            rule(format!("{name} < 9 ->"), "", read.like("boolean"), Box::new(meaning))
        }
        _ => {
            let meaning = move |rows: &Rows<'_>| Ok(own.int(rows).map(|value| Datum::Int(value * 3 - 1)));
            rule(format!("{name} * 3 - 1 ->"), "", read.like("bigint"), Box::new(meaning))
        }
    }
}

fn text(read: &Read, length: usize, random: &mut Random) -> Rule {
    let own = read.clone();
    let name = &read.text;
    let same = read.like(&read.ty.ddl());
    let of = |change: fn(&str) -> String| -> Meaning {
        Box::new(move |rows: &Rows<'_>| Ok(own.text(rows).map(|text| Datum::Text(change(&text)))))
    };
    match random.below(13) {
        0 => {
            let own = read.clone();
            let meaning = move |rows: &Rows<'_>| match own.text(rows) {
                Some(text) if text.chars().count() > 2 => Err(Rejected),
                text => Ok(text.map(Datum::Text)),
            };
            rule(format!("{name} ->"), " allow(narrow) \"short\"", read.like("varchar(2)"), Box::new(meaning))
        }
        1 => rule(format!("trim({name}) ->"), "", same, of(|text| text.trim_matches(' ').to_string())),
        2 => rule(format!("lower_ascii({name}) ->"), "", same, of(str::to_ascii_lowercase)),
        3 => rule(format!("mid({name}, 2, 2) ->"), "", same, of(|text| text.chars().skip(1).take(2).collect())),
        4 => rule(
            format!("before({name}, \"-\") ->"),
            "",
            same,
            of(|text| text.rsplit_once('-').map_or(text, |(before, _)| before).to_string()),
        ),
        5 => rule(
            format!("after({name}, \"-\") ->"),
            "",
            same,
            of(|text| text.rsplit_once('-').map_or("", |(_, after)| after).to_string()),
        ),
        6 => {
            let own = read.clone();
            let meaning = move |rows: &Rows<'_>| Ok(own.text(rows).map(|text| Datum::Int(text.chars().count() as i64)));
            rule(format!("length({name}) ->"), "", read.like("integer"), Box::new(meaning))
        }
        7 => {
            let ddl = read.like(&format!("varchar({})", length + 2));
            rule(format!("\"<\" ++ {name} ++ \">\" ->"), "", ddl, of(|text| format!("<{text}>")))
        }
        8 => {
            let own = read.clone();
            let meaning = move |rows: &Rows<'_>| match own.text(rows).as_deref() {
                None => Ok(None),
                Some("a") => Ok(Some(Datum::Text("small".into()))),
                Some("A") => Ok(Some(Datum::Text("large".into()))),
                Some("" | " ") => Err(Rejected),
                Some(_) => Ok(Some(Datum::Text("else".into()))),
            };
            rule(format!("{name} via Letters ->"), "", read.like("varchar(5)"), Box::new(meaning))
        }
        9 => looked_up(read, "code", |text| text.to_string()),
        10 => looked_up(read, "fold(code)", |text| text.to_lowercase().trim_end_matches(' ').to_string()),
        11 => {
            let own = read.clone();
            let meaning = move |rows: &Rows<'_>| match own.text(rows) {
                Some(text) if !(text.is_empty() || text.bytes().all(|byte| byte.is_ascii_lowercase())) => Err(Rejected),
                text => Ok(text.map(Datum::Text)),
            };
            let behind = " values { \"\", /[a-z]+/ } else reject \"not in small letters\"";
            rule(format!("{name} ->"), behind, same, Box::new(meaning))
        }
        _ => {
            let own = read.clone();
            let meaning = move |rows: &Rows<'_>| Ok(Some(Datum::Bool(own.text(rows).as_deref() == Some("a"))));
            rule(format!("{name} in [\"a\"] ->"), "", "boolean NOT NULL".into(), Box::new(meaning))
        }
    }
}

/// The rows of a table that is in the target before.
pub(super) const BOOK: [(i64, &str); 8] =
    [(1, "a"), (2, "A"), (3, "x-y"), (4, "é"), (5, "Zoë"), (6, "-"), (7, "-"), (8, "<")];

fn looked_up(read: &Read, by: &str, as_compared: fn(&str) -> String) -> Rule {
    let own = read.clone();
    let meaning = move |rows: &Rows<'_>| {
        let Some(text) = own.text(rows) else { return Ok(None) };
        let wanted = as_compared(&text);
        let mut like = BOOK.iter().filter(|(_, code)| as_compared(code) == wanted);
        match (like.next(), like.next()) {
            (Some((id, _)), None) => Ok(Some(Datum::Int(*id))),
            _ => Err(Rejected),
        }
    };
    let value = format!("lookup new.book({by}: {}) ->", read.text);
    rule(value, "", read.like("integer"), Box::new(meaning))
}

fn boolean(read: &Read, random: &mut Random) -> Rule {
    let own = read.clone();
    let name = &read.text;
    if read.nullable && random.happens(500) {
        let meaning = move |rows: &Rows<'_>| Ok(Some(own.get(rows).unwrap_or(Datum::Bool(true))));
        return rule(format!("coalesce({name}, true) ->"), "", "boolean NOT NULL".into(), Box::new(meaning));
    }
    let meaning = move |rows: &Rows<'_>| {
        Ok(Some(Datum::Text(match own.get(rows) {
            Some(Datum::Bool(true)) => "yes".into(),
            Some(_) => "no".into(),
            None => "?".into(),
        })))
    };
    let unknown = if read.nullable { "null -> \"?\", " } else { "" };
    let value = format!("match {name} {{ {unknown}true -> \"yes\", false -> \"no\" }} ->");
    rule(value, "", "varchar(3) NOT NULL".into(), Box::new(meaning))
}

fn date(read: &Read, random: &mut Random) -> Rule {
    let own = read.clone();
    let name = &read.text;
    if random.happens(500) {
        let meaning = move |rows: &Rows<'_>| {
            Ok(own.get(rows).map(|value| match value {
                Datum::Date(day) => Datum::Bool(day.as_str() >= "2000-01-01"),
                other => other,
            }))
        };
        return rule(format!("{name} >= 2000-01-01 ->"), "", read.like("boolean"), Box::new(meaning));
    }
    let meaning = move |rows: &Rows<'_>| Ok(Some(own.get(rows).unwrap_or(Datum::Date("1970-01-01".into()))));
    match read.nullable {
        true => rule(format!("coalesce({name}, 1970-01-01) ->"), "", "date NOT NULL".into(), Box::new(meaning)),
        false => rule(format!("{name} <->"), "", "date NOT NULL".into(), Box::new(meaning)),
    }
}

/// Makes a condition on a column of the base table.
pub(super) fn condition(read: &Read, random: &mut Random) -> Condition {
    let own = read.clone();
    let name = &read.text;
    match read.ty {
        Type::Int => {
            let (than, negated) = (random.below(12) as i64, random.happens(300));
            let text = format!("{name} {} {than}", if negated { "<=" } else { ">" });
            let holds = move |rows: &Rows<'_>| own.int(rows).map(|value| (value > than) != negated);
            Condition { text, holds: Box::new(holds) }
        }
        Type::Text(_) => {
            let holds = move |rows: &Rows<'_>| own.text(rows).map(|text| text != "a");
            Condition { text: format!("{name} != \"a\""), holds: Box::new(holds) }
        }
        Type::Bool => {
            let holds = move |rows: &Rows<'_>| own.get(rows).map(|value| value == Datum::Bool(true));
            Condition { text: format!("{name} == true"), holds: Box::new(holds) }
        }
        Type::Date => {
            let holds = move |rows: &Rows<'_>| own.get(rows).map(|value| value != Datum::Date("1900-01-01".into()));
            Condition { text: format!("{name} != 1900-01-01"), holds: Box::new(holds) }
        }
    }
}

/// Makes a condition that a table has rows which refer to the one of the base table by its key, maybe some of them only.
pub(super) fn exists(tables: &[Table], table: usize, random: &mut Random) -> Option<Condition> {
    let children = tables.iter().enumerate().flat_map(|(at, child)| {
        child.references.iter().filter(|reference| reference.table == table).map(move |reference| (at, reference))
    });
    let children: Vec<_> = children.collect();
    if children.is_empty() {
        return None;
    }
    let (child, reference) = random.pick(&children);
    let columns = reference.columns.clone();
    let key = tables[table].key;
    let names = |at: usize| &tables[child].columns[at].name;
    let on = columns.iter().enumerate().map(|(part, at)| format!("x.{} == a.k{part}", names(*at)));
    let mut text = format!("exists old.{} x on {}", tables[child].name, on.collect::<Vec<_>>().join(" and "));
    let number = tables[child].plain().into_iter().find(|at| tables[child].columns[*at].ty == Type::Int);
    let above = number.filter(|_| random.happens(500));
    if let Some(at) = above {
        text += &format!(" and x.{} > 3", names(at));
    }
    let holds = move |rows: &Rows<'_>| {
        let refers = |row: &&Vec<Value>| columns.iter().zip(&rows.base[..key]).all(|(at, part)| row[*at] == *part);
        let above = |row: &Vec<Value>| above.is_none_or(|at| matches!(row[at], Some(Datum::Int(value)) if value > 3));
        Some(rows.tables[child].rows.iter().filter(refers).any(above))
    };
    Some(Condition { text: format!("({text})"), holds: Box::new(holds) })
}
