//! A sketch as text. Everything that stands in a schema is quoted, or said in a remark.

use super::sketch::{MapSketch, Sketch, Value, needs_value, unique_name};
use super::spell::{self, remark};
use super::values::{self, Arms};
use super::way::Copy;
use super::{Counts, DraftSide};
use crate::schema::{Column, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Names of the two sides in the text.
const OLD: &str = "old";
const NEW: &str = "new";

const NARROW: &str = "allow(narrow) \"TODO: may rows be rejected whose value does not fit?\"";
const NULL: &str = "allow(null) \"TODO: may rows with null be rejected?\"";

/// Writes a draft, not yet laid out.
pub(super) fn write(sketch: &Sketch<'_>, legacy: &DraftSide<'_>, target: &DraftSide<'_>) -> (String, Counts) {
    let mut writer = Writer { text: String::new(), names: BTreeSet::new(), counts: Counts::default() };
    writer.names.extend(sketch.maps.iter().map(|map| crate::names::snake_case(&map.name)));
    writer.head(legacy, target);
    writer.left(sketch);
    sketch.maps.iter().for_each(|map| writer.map(sketch, map));
    writer.counts.maps = sketch.maps.len();
    writer.counts.todos = writer.text.matches("TODO").count() - 1; // The head speaks of it.
    (writer.text, writer.counts)
}

struct Writer {
    text: String,
    /// Names that are taken, in snake_case.
    names: BTreeSet<String>,
    counts: Counts,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self, legacy: &DraftSide<'_>, target: &DraftSide<'_>) {
        self.line("// A draft by `cutover init`, made of names, types and keys alone. Behind each guess stands how sure it is");
        self.line("// and why. What begins with TODO wants a word of yours; `cutover check` asks for what is missing.");
        self.line("language 1\n");
        if legacy.zone.is_none() || target.zone.is_none() {
            self.line("// TODO: say in which time zone the clock of each side runs: `timezone \"America/Toronto\"`");
        }
        for (word, name, side) in [("legacy", OLD, legacy), ("target", NEW, target)] {
            let file = spell::text(side.file).unwrap_or_else(|| "\"schema.sql\"".to_string());
            let zone = side.zone.and_then(spell::text).map_or(String::new(), |zone| format!(" timezone {zone}"));
            self.line(&format!("{word} {name} = {} {file}{zone}", side.schema.dialect));
        }
        self.line("");
    }

    /// Tables without map, of both sides.
    fn left(&mut self, sketch: &Sketch<'_>) {
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (table, reason) in &sketch.left {
            match spell::name(&table.name) {
                Some(name) => by_reason.entry(reason).or_default().push(name),
                None => {
                    self.line(&format!("// TODO: old.{}: its name cannot be written in a mapping", remark(&table.name)))
                }
            }
        }
        for (reason, names) in by_reason {
            self.counts.left += names.len();
            let reason = spell::text(&remark(reason)).unwrap_or_else(|| "\"TODO\"".to_string());
            self.line(&format!("leave {} {reason}", group(OLD, &names)));
        }
        for table in &sketch.unfilled {
            self.line(&format!("// no map fills new.{}", remark(&table.name)));
        }
        self.line("");
    }

    fn map(&mut self, sketch: &Sketch<'_>, map: &MapSketch<'_>) {
        let aliases = aliases(map.legacy, map.target);
        let value_maps: BTreeMap<usize, String> = map
            .given
            .iter()
            .filter_map(|(column, value)| match value {
                Value::Values { legacy, .. } => Some((*column, self.values(map, *legacy, *column)?)),
                _ => None,
            })
            .collect();
        self.line(&format!("// {}", why_pair(map)));
        let (from, to) = (spell::table(map.legacy).unwrap_or_default(), spell::table(map.target).unwrap_or_default());
        self.line(&format!("map {}: {OLD}.{from} {} -> {NEW}.{to} {} {{", map.name, aliases.0, aliases.1));
        let body = MapWriter { sketch, map, aliases: &aliases, value_maps: &value_maps };
        body.lines().iter().for_each(|line| self.line(line));
        self.line("}\n");
        let given = |value: &Value| !matches!(value, Value::Open(_));
        self.counts.target +=
            map.given.iter().filter(|(_, value)| given(value)).count() + usize::from(map.key_into.is_some());
        self.counts.open += map
            .given
            .iter()
            .filter(|(at, value)| !given(value) && needs_value(map.target, &map.target.columns[*at]))
            .count();
        self.counts.legacy += map.legacy.columns.len() - map.dropped.len();
        self.counts.dropped += map.dropped.len();
    }

    /// Writes the value map between two columns and returns its name.
    fn values(&mut self, map: &MapSketch<'_>, legacy: usize, target: usize) -> Option<String> {
        let (from, to) = (&map.legacy.columns[legacy], &map.target.columns[target]);
        let domain = |side: &str, table: &Table, column: &Column| {
            Some(format!("{side}.{}.{}", spell::table(table)?, spell::name(&column.name)?))
        };
        let (left, right) = (domain(OLD, map.legacy, from)?, domain(NEW, map.target, to)?);
        let mut words = crate::names::words(&map.name);
        words.extend(crate::names::words(&to.name));
        let name = unique_name(&words, &mut self.names);
        self.line(&format!("values {name}: {left} <-> {right} {{"));
        arms(&values::arms(from, to), &to.name).iter().for_each(|arm| self.line(arm));
        self.line("}\n");
        Some(name)
    }
}

fn arms(arms: &Arms, column: &str) -> Vec<String> {
    let words = spell::text(&format!("TODO: which value of {} is this?", remark(column)));
    let words = words.unwrap_or_else(|| "\"TODO\"".to_string());
    let arm = |arm: &values::Arm| match (&arm.to, arm.both) {
        (Some(to), true) => format!("{} <-> {to} // {}", arm.from, arm.why),
        (Some(to), false) => format!("{} -> {to} // {}", arm.from, arm.why),
        (None, _) => format!("{} -> reject {words}", arm.from),
    };
    let mut lines: Vec<String> = arms.arms.iter().map(arm).collect();
    if arms.open {
        lines.push(format!("_ -> reject {words}"));
    }
    lines
}

/// Writes the block of one map.
struct MapWriter<'a> {
    sketch: &'a Sketch<'a>,
    map: &'a MapSketch<'a>,
    aliases: &'a (String, String),
    /// Names of the value maps by target column.
    value_maps: &'a BTreeMap<usize, String>,
}

impl MapWriter<'_> {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.key()];
        let rules = self.map.given.iter().filter_map(|(column, value)| self.rule(*column, value));
        lines.extend(rules);
        lines.extend(self.nulls());
        let open: Vec<String> = self.map.given.iter().filter_map(|(column, value)| self.open(*column, value)).collect();
        lines.extend(open);
        lines.extend(self.dropped());
        lines
    }

    fn legacy(&self, column: usize) -> String {
        let name = spell::name(&self.map.legacy.columns[column].name).unwrap_or_default();
        format!("{}.{name}", self.aliases.0)
    }

    fn target(&self, column: usize) -> String {
        let name = spell::name(&self.map.target.columns[column].name).unwrap_or_default();
        format!("{}.{name}", self.aliases.1)
    }

    fn key(&self) -> String {
        let columns: Vec<String> = self.map.key.iter().map(|column| self.legacy(*column)).collect();
        let columns = columns.join(", ");
        match self.map.key_into {
            Some(into) if self.map.target.primary_key == [self.map.target.columns[into].name.clone()] => {
                format!("key {columns} <-> {} // likely: the key is kept", self.target(into))
            }
            Some(into) => format!("key {columns} <-> {} // sure: it remembers the old key", self.target(into)),
            None => format!("key {columns} // the target gives new keys; the migration table remembers the old one"),
        }
    }

    fn rule(&self, column: usize, value: &Value) -> Option<String> {
        let target = self.target(column);
        Some(match value {
            Value::Copy { legacy, copy, alike } => {
                let source = self.legacy(*legacy);
                let left = copy.function.map_or(source.clone(), |function| format!("{function}({source})"));
                clauses(&left, copy, &target, &how_sure(*alike))
            }
            Value::Values { legacy, null, alike } => {
                let left = format!("{} via {}", self.legacy(*legacy), self.value_maps.get(&column)?);
                let copy = Copy { function: None, both: true, narrow: false, null: *null };
                clauses(&left, &copy, &target, &how_sure(*alike))
            }
            Value::Reference { legacy, map, copy, alike } => {
                let left = format!("ref {}({})", self.sketch.maps[*map].name, self.legacy(*legacy));
                let why = if *alike >= 70 {
                    "both columns refer to these rows"
                } else {
                    "like names, and the target refers to these rows"
                };
                clauses(&left, copy, &target, &format!("{}: {why}", grade(*alike)))
            }
            Value::Uuid => format!("generated uuid() -> {target} // likely: a new one for each row"),
            Value::Null | Value::Open(_) => return None,
        })
    }

    /// Columns that take null and of which nothing better is known.
    fn nulls(&self) -> Option<String> {
        let is_null = |(at, value): &&(usize, Value)| {
            let column = &self.map.target.columns[*at];
            *value == Value::Null
                || (matches!(value, Value::Open(_)) && column.nullable && needs_value(self.map.target, column))
        };
        let nulls = self.map.given.iter().filter(is_null);
        let names: Vec<String> =
            nulls.filter_map(|(column, _)| spell::name(&self.map.target.columns[*column].name)).collect();
        let columns = group(&self.aliases.1, &names);
        (!names.is_empty()).then(|| format!("null -> {columns} // weak: nothing better is known, and null is allowed"))
    }

    fn open(&self, at: usize, value: &Value) -> Option<String> {
        let Value::Open(why) = value else { return None };
        let column = &self.map.target.columns[at];
        let name = format!("{}.{} ({})", self.aliases.1, remark(&column.name), remark(&column.declared));
        let verb =
            if needs_value(self.map.target, column) && !column.nullable { "needs a value" } else { "gets no value" };
        Some(format!("// TODO: {name} {verb}: {}", remark(why)))
    }

    fn dropped(&self) -> Vec<String> {
        let columns = || self.map.dropped.iter().map(|at| &self.map.legacy.columns[*at].name);
        let names: Vec<String> = columns().filter_map(|name| spell::name(name)).collect();
        let hopeless = columns().filter(|name| spell::name(name).is_none());
        let mut lines: Vec<String> = hopeless
            .map(|name| {
                format!(
                    "// TODO: {}.{} cannot be named: its name cannot be written in a mapping",
                    self.aliases.0,
                    remark(name)
                )
            })
            .collect();
        if !names.is_empty() {
            lines.push(format!("drop {} \"TODO: say why, or map them\"", group(&self.aliases.0, &names)));
        }
        lines
    }
}

/// Returns columns or tables of one alias.
fn group(alias: &str, names: &[String]) -> String {
    match names {
        [one] => format!("{alias}.{one}"),
        _ => format!("{alias}.{{{}}}", names.join(", ")),
    }
}

/// Returns a rule with what has to be allowed and why it was guessed.
fn clauses(left: &str, copy: &Copy, target: &str, why: &str) -> String {
    let arrow = if copy.both { "<->" } else { "->" };
    let mut line = format!("{left} {arrow} {target}");
    for (needed, clause) in [(copy.narrow, NARROW), (copy.null, NULL)] {
        if needed {
            line.push(' ');
            line.push_str(clause);
        }
    }
    format!("{line} // {why}")
}

fn grade(alike: u32) -> &'static str {
    match alike {
        95.. => "sure",
        72.. => "likely",
        _ => "weak",
    }
}

fn how_sure(alike: u32) -> String {
    let why = match alike {
        100 => "same name",
        95.. => "same words",
        72.. => "like names",
        _ => "some words are the same",
    };
    format!("{}: {why}", grade(alike))
}

fn why_pair(map: &MapSketch<'_>) -> String {
    let why = match map.pair.names {
        100 => "the names are the same",
        88.. => "the names are the same but for what stands in front",
        _ => "the names have words in common",
    };
    let columns = match map.pair.columns {
        0 => "no column looks alike".to_string(),
        1 => "1 column looks alike".to_string(),
        more => format!("{more} columns look alike"),
    };
    let (legacy, target) = (remark(&map.legacy.name), remark(&map.target.name));
    format!("{}: {legacy} becomes {target}: {why}, {columns}", grade(map.pair.alike))
}

/// Returns two names that differ: the first letter of the legacy table, and `t`.
fn aliases(legacy: &Table, target: &Table) -> (String, String) {
    let first = |table: &Table| {
        let words = crate::names::words(&table.own_name);
        let last = words.last().and_then(|word| word.chars().next());
        last.filter(char::is_ascii_lowercase)
    };
    let legacy = first(legacy).unwrap_or('l');
    let target = first(target).filter(|letter| *letter != legacy).unwrap_or(if legacy == 't' { 'n' } else { 't' });
    (legacy.to_string(), target.to_string())
}
