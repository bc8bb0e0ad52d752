//! Random mappings over random tables.

use super::rules::{self, Condition, Read, Rule};
use super::world::{Datum, Table, Type};
use cutover_tests::random::Random;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) struct Map {
    pub(super) name: String,
    /// The base table.
    pub(super) table: usize,
    pub(super) scope: Option<Condition>,
    pub(super) join: Option<Join>,
    pub(super) rejects: Vec<Condition>,
    pub(super) targets: Vec<Target>,
    /// Whether the first column of the first target must be unique.
    pub(super) unique: bool,
    /// Columns of which a value means null.
    nulls: Vec<(String, &'static str)>,
    /// Columns that nothing reads.
    dropped: Vec<String>,
}

/// A row that is looked up by its key.
pub(super) struct Join {
    pub(super) table: usize,
    /// The columns of the base table that hold the key.
    pub(super) by: Vec<Read>,
    /// Whether rows without partner are rejected.
    pub(super) one: bool,
}

pub(super) struct Target {
    pub(super) name: String,
    pub(super) when: Option<Condition>,
    pub(super) columns: Vec<(String, Source)>,
}

pub(super) enum Source {
    Rule(Rule),
    /// A reference to the row of a map in one of its targets, by what a column holds. Whether the column takes null.
    Reference {
        map: usize,
        target: usize,
        by: Vec<Read>,
        nullable: bool,
    },
    /// The key of another target of the same map.
    Sibling(usize),
}

/// What a map is made of so far.
struct Draft<'t> {
    tables: &'t [Table],
    table: usize,
    join: Option<usize>,
    /// Columns that something reads.
    used: Vec<String>,
    /// Columns of which a value means null, with that value, and whether a rule looks at them.
    nulls: BTreeMap<usize, (Datum, bool)>,
    random: &'t mut Random,
}

/// Makes a map for each table.
pub(super) fn maps(tables: &[Table], random: &mut Random) -> Vec<Map> {
    let mut maps = Vec::new();
    for table in 0..tables.len() {
        let map = map(tables, table, &maps, random);
        maps.push(map);
    }
    maps
}

fn map(tables: &[Table], table: usize, before: &[Map], random: &mut Random) -> Map {
    let own = &tables[table];
    let used = own.columns[..own.key].iter().map(|column| column.name.clone()).collect();
    let nulls = nulls(own, random);
    let mut draft = Draft { tables, table, join: None, used, nulls, random };
    let scope = draft.random.happens(250).then(|| draft.condition());
    let join = draft.join();
    draft.join = join.as_ref().map(|join| join.table);
    let rejects = (0..u64::from(draft.random.happens(150))).map(|_| draft.condition()).collect();
    let targets = draft.targets(before, join.as_ref().is_some_and(|join| join.one));
    // Which of several is the second depends on the order of the keys.
    let ordered = own.key == 1 && own.columns[0].ty == Type::Int;
    let refers_to_own =
        |(_, source): &(String, Source)| matches!(source, Source::Reference { map, .. } if *map == table);
    let own_references = targets.iter().flat_map(|target| &target.columns).any(refers_to_own);
    let unique = ordered && !own_references && draft.random.happens(200);
    let written = |datum: &Datum| if matches!(datum, Datum::Int(_)) { "0" } else { "\"\"" };
    let nulls = draft.nulls.iter().filter(|(_, (_, looked))| *looked);
    let nulls = nulls.map(|(at, (datum, _))| (own.columns[*at].name.clone(), written(datum))).collect();
    let used = draft.used;
    let unused = own.columns.iter().map(|column| &column.name).filter(|name| !used.contains(name));
    let dropped = unused.cloned().collect();
    Map { name: format!("M{table}"), table, scope, join, rejects, targets, unique, nulls, dropped }
}

/// Picks columns in which a value stands for null.
fn nulls(table: &Table, random: &mut Random) -> BTreeMap<usize, (Datum, bool)> {
    let datum = |at: usize| match table.columns[at].ty {
        Type::Int => Some(Datum::Int(0)),
        Type::Text(_) => Some(Datum::Text(String::new())),
        Type::Bool | Type::Date => None,
    };
    let columns = (table.key..table.columns.len()).filter(|_| random.happens(100));
    columns.filter_map(|at| Some((at, (datum(at)?, false)))).collect()
}

impl Draft<'_> {
    fn own(&self) -> &Table {
        &self.tables[self.table]
    }

    /// Returns a column of the base table that is no key and no reference.
    fn read(&mut self) -> Read {
        let at = self.random.pick(&self.own().plain());
        self.base(at)
    }

    /// Returns a column of the base table as a rule sees it.
    fn base(&mut self, at: usize) -> Read {
        let mut read = self.stored(at);
        if let Some((datum, looked)) = self.nulls.get_mut(&at) {
            *looked = true;
            (read.nullable, read.null) = (true, Some(datum.clone()));
        }
        read
    }

    /// Returns a column of the base table as a join sees it.
    fn stored(&mut self, at: usize) -> Read {
        let column = &self.tables[self.table].columns[at];
        self.used.push(column.name.clone());
        Read::of("a", false, at, column, column.nullable)
    }

    fn condition(&mut self) -> Condition {
        if self.random.happens(250)
            && let Some(condition) = rules::exists(self.tables, self.table, self.random)
        {
            return condition;
        }
        let read = self.read();
        rules::condition(&read, self.random)
    }

    fn join(&mut self) -> Option<Join> {
        let references: Vec<usize> = (0..self.own().references.len()).collect();
        if references.is_empty() || self.random.happens(500) {
            return None;
        }
        let reference = &self.tables[self.table].references[self.random.pick(&references)];
        let by = reference.columns.iter().map(|at| self.stored(*at)).collect();
        Some(Join { table: reference.table, by, one: self.random.happens(500) })
    }

    fn targets(&mut self, before: &[Map], one: bool) -> Vec<Target> {
        let name = |at: usize| format!("n{}{}", self.table, if at == 0 { "" } else { "b" });
        let names = [name(0), name(1)];
        let second = self.random.happens(350);
        let conditional = second && self.random.happens(600);
        let mut targets = Vec::new();
        for (at, name) in names.into_iter().enumerate().take(1 + usize::from(second)) {
            let when = (conditional && (at == 1 || self.random.happens(500))).then(|| self.condition());
            targets.push(Target { name, when, columns: self.rules(before, one) });
        }
        // The key of a row that may not be there cannot be told.
        if second && targets[0].when.is_none() && self.random.happens(700) {
            targets[1].columns.push(("owner_id".to_string(), Source::Sibling(0)));
        }
        targets
    }

    fn rules(&mut self, before: &[Map], one: bool) -> Vec<(String, Source)> {
        let mut columns = Vec::new();
        for number in 0..1 + self.random.below(5) {
            let read = match self.join {
                Some(joined) if self.random.happens(400) => self.joined(joined, one),
                _ => self.read(),
            };
            columns.push((format!("x{number}"), Source::Rule(rules::any(&read, self.random))));
        }
        for at in 0..self.own().references.len() {
            if self.random.happens(600) {
                let source = self.reference(before, at);
                columns.push((format!("y{at}"), source));
            }
        }
        columns
    }

    fn joined(&mut self, table: usize, one: bool) -> Read {
        let columns = &self.tables[table].columns;
        let at = self.random.below(columns.len() as u64) as usize;
        Read::of("j", true, at, &columns[at], columns[at].nullable || !one)
    }

    fn reference(&mut self, before: &[Map], at: usize) -> Source {
        let reference = &self.tables[self.table].references[at];
        let by: Vec<Read> = reference.columns.iter().map(|at| self.base(*at)).collect();
        let map = reference.table;
        // A map that refers to itself refers to its first target.
        let (target, certain) = match before.get(map) {
            Some(map) => {
                let target = self.random.below(map.targets.len() as u64) as usize;
                (target, map.targets[target].when.is_none())
            }
            None => (0, false),
        };
        let nullable = by.iter().any(|read| read.nullable) || !certain || self.random.happens(500);
        Source::Reference { map, target, by, nullable }
    }
}

/// Returns the mapping as a file has it.
pub(super) fn text(maps: &[Map], tables: &[Table]) -> String {
    let mut text = "language 1\n\nlegacy old = postgresql \"legacy.sql\" timezone \"UTC\"\n\
                    target new = postgresql \"target.sql\" timezone \"UTC\"\n\n\
                    values Letters: text -> text {\n  \"a\" -> \"small\"\n  \"A\" -> \"large\"\n\
                    \u{20} \"\" | \" \" -> reject \"no letter\"\n  _ -> \"else\"\n}\n"
        .to_string();
    if !maps.iter().any(|map| written(map, maps, tables).contains("via Letters")) {
        text.truncate(text.find("values").unwrap());
    }
    maps.iter().for_each(|map| text.push_str(&written(map, maps, tables)));
    text
}

fn written(map: &Map, maps: &[Map], tables: &[Table]) -> String {
    let mut text = format!("\nmap {}: old.{} a\n", map.name, tables[map.table].name);
    if let Some(join) = &map.join {
        let word = if join.one { "one" } else { "optional" };
        let on = join.by.iter().enumerate().map(|(part, by)| format!("j.k{part} == {}", by.text));
        let on = on.collect::<Vec<_>>().join(" and ");
        writeln!(text, "  join {word} old.{} j on {on}", tables[join.table].name).unwrap();
    }
    let target = |(at, target): (usize, &Target)| {
        let when = target.when.as_ref().map(|when| format!(" when {}", when.text)).unwrap_or_default();
        format!("new.{} w{at}{when}", target.name)
    };
    let targets: Vec<String> = map.targets.iter().enumerate().map(target).collect();
    writeln!(text, "  -> {}", targets.join(", ")).unwrap();
    if let Some(scope) = &map.scope {
        writeln!(text, "  where {}", scope.text).unwrap();
    }
    let key: Vec<String> = (0..tables[map.table].key).map(|part| format!("a.k{part}")).collect();
    writeln!(text, "{{\n  key {}", key.join(", ")).unwrap();
    map.nulls.iter().for_each(|(name, value)| writeln!(text, "  nulls a.{name}: {value}").unwrap());
    for (number, reject) in map.rejects.iter().enumerate() {
        writeln!(text, "  reject \"reason {number}\" when {}", reject.text).unwrap();
    }
    for (at, target) in map.targets.iter().enumerate() {
        writeln!(text, "  into w{at} {{").unwrap();
        key.iter().enumerate().for_each(|(part, key)| writeln!(text, "    {key} -> k{part}").unwrap());
        target.columns.iter().for_each(|(name, source)| writeln!(text, "    {}", line(name, source, maps)).unwrap());
        text.push_str("  }\n");
    }
    if map.unique {
        text.push_str("  unique w0.x0 else reject \"twice\"\n");
    }
    if !map.dropped.is_empty() {
        writeln!(text, "  drop a.{{{}}} \"not needed\"", map.dropped.join(", ")).unwrap();
    }
    text + "}\n"
}

fn line(name: &str, source: &Source, maps: &[Map]) -> String {
    match source {
        Source::Rule(rule) => format!("{} {name}{}", rule.value, rule.behind),
        Source::Sibling(at) => format!("ref w{at} -> {name}"),
        Source::Reference { map, target, by, nullable } => {
            let map = &maps[*map];
            let role = if map.targets.len() > 1 { format!(".w{target}") } else { String::new() };
            let optional = by.iter().any(|read| read.nullable) || map.targets[*target].when.is_some();
            let allow = if optional && !nullable { " allow(null) \"needed\"" } else { "" };
            let by: Vec<&str> = by.iter().map(|read| read.text.as_str()).collect();
            format!("ref {}{role}({}) -> {name}{allow}", map.name, by.join(", "))
        }
    }
}

/// Returns the DDL of the tables that the maps write.
pub(super) fn ddl(maps: &[Map], tables: &[Table]) -> String {
    let mut text = "CREATE TABLE book (\n  id integer PRIMARY KEY,\n  code varchar(9) NOT NULL\n);\n".to_string();
    for (map, target) in maps.iter().flat_map(|map| map.targets.iter().map(move |target| (map, target))) {
        writeln!(text, "CREATE TABLE {} (", target.name).unwrap();
        text.push_str("  id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
        for column in &tables[map.table].columns[..tables[map.table].key] {
            write!(text, ",\n  {} {} NOT NULL", column.name, column.ty.ddl()).unwrap();
        }
        for (name, source) in &target.columns {
            let ddl = match source {
                Source::Rule(rule) => rule.ddl.clone(),
                Source::Reference { nullable: true, .. } => "integer".to_string(),
                Source::Reference { .. } | Source::Sibling(_) => "integer NOT NULL".to_string(),
            };
            write!(text, ",\n  {name} {ddl}").unwrap();
        }
        text.push_str("\n);\n");
    }
    text
}

/// Returns the statements that fill what is in the target before.
pub(super) fn book() -> String {
    let insert = |(id, code): &(i64, &str)| format!("INSERT INTO book VALUES ({id}, '{code}');\n");
    rules::BOOK.iter().map(insert).collect()
}
