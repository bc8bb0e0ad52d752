//! Random mappings over random tables.

use super::rules::{self, Condition, Read, Rule};
use super::world::Table;
use cutover_tests::random::Random;
use std::fmt::Write;

pub(super) struct Map {
    pub(super) name: String,
    /// The base table.
    pub(super) table: usize,
    pub(super) scope: Option<Condition>,
    pub(super) join: Option<Join>,
    pub(super) rejects: Vec<Condition>,
    pub(super) targets: Vec<Target>,
    /// Columns that nothing reads.
    dropped: Vec<String>,
}

/// A row that is looked up by its key.
pub(super) struct Join {
    pub(super) table: usize,
    /// The column of the base table that holds the key.
    pub(super) by: Read,
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
        by: Read,
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
    used: Vec<String>,
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
    let mut draft = Draft { tables, table, join: None, used: vec!["id".to_string()], random };
    let scope = draft.random.happens(250).then(|| draft.condition());
    let join = draft.join();
    draft.join = join.as_ref().map(|join| join.table);
    let rejects = (0..u64::from(draft.random.happens(150))).map(|_| draft.condition()).collect();
    let targets = draft.targets(before, join.as_ref().is_some_and(|join| join.one));
    let used = draft.used;
    let unused = tables[table].columns.iter().map(|column| &column.name).filter(|name| !used.contains(name));
    Map { name: format!("M{table}"), table, scope, join, rejects, targets, dropped: unused.cloned().collect() }
}

impl Draft<'_> {
    fn columns(&self) -> &[super::world::Column] {
        &self.tables[self.table].columns
    }

    /// Returns a column of the base table that is no reference.
    fn read(&mut self) -> Read {
        let plain: Vec<usize> =
            (1..self.columns().len()).filter(|at| self.columns()[*at].refers_to.is_none()).collect();
        let at = self.random.pick(&plain);
        self.base(at)
    }

    fn base(&mut self, at: usize) -> Read {
        let column = &self.tables[self.table].columns[at];
        self.used.push(column.name.clone());
        Read::of("a", false, at, column, column.nullable)
    }

    fn condition(&mut self) -> Condition {
        let read = self.read();
        rules::condition(&read, self.random)
    }

    /// Returns the columns that refer to tables, with these.
    fn references(&self) -> Vec<(usize, usize)> {
        let columns = self.columns().iter().enumerate();
        columns.filter_map(|(at, column)| Some((at, column.refers_to?))).collect()
    }

    fn join(&mut self) -> Option<Join> {
        let references = self.references();
        if references.is_empty() || self.random.happens(500) {
            return None;
        }
        let (at, table) = self.random.pick(&references);
        Some(Join { table, by: self.base(at), one: self.random.happens(500) })
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
        for (at, table) in self.references() {
            if self.random.happens(600) {
                let source = self.reference(before, at, table);
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

    fn reference(&mut self, before: &[Map], at: usize, table: usize) -> Source {
        let by = self.base(at);
        // A map that refers to itself refers to its first target.
        let (target, certain) = match before.get(table) {
            Some(map) => {
                let target = self.random.below(map.targets.len() as u64) as usize;
                (target, map.targets[target].when.is_none())
            }
            None => (0, false),
        };
        let nullable = by.nullable || !certain || self.random.happens(500);
        Source::Reference { map: table, target, by, nullable }
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
        writeln!(text, "  join {word} old.{} j on j.id == {}", tables[join.table].name, join.by.text).unwrap();
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
    text.push_str("{\n  key a.id\n");
    for (number, reject) in map.rejects.iter().enumerate() {
        writeln!(text, "  reject \"reason {number}\" when {}", reject.text).unwrap();
    }
    for (at, target) in map.targets.iter().enumerate() {
        writeln!(text, "  into w{at} {{\n    a.id -> legacy_id").unwrap();
        target.columns.iter().for_each(|(name, source)| writeln!(text, "    {}", line(name, source, maps)).unwrap());
        text.push_str("  }\n");
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
            let optional = by.nullable || map.targets[*target].when.is_some();
            let allow = if optional && !nullable { " allow(null) \"needed\"" } else { "" };
            format!("ref {}{role}({}) -> {name}{allow}", map.name, by.text)
        }
    }
}

/// Returns the DDL of the tables that the maps write.
pub(super) fn ddl(maps: &[Map]) -> String {
    let mut text = String::new();
    for target in maps.iter().flat_map(|map| &map.targets) {
        writeln!(text, "CREATE TABLE {} (", target.name).unwrap();
        text.push_str("  id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,\n  legacy_id integer NOT NULL");
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
