//! What random mappings come to by brute force: row by row, everything looked for from the beginning.

use super::mapping::{Map, Source, Target};
use super::rules::{Read, Rows};
use super::world::{Table, Value, key, shown};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Rejected,
    /// Which targets have a row.
    Migrated(Vec<bool>),
}

/// The rows of each table, without their keys, references as the legacy keys that they stand for; and rejected rows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Expected {
    pub(super) rows: BTreeMap<String, Vec<String>>,
    pub(super) rejected: BTreeSet<String>,
}

struct Evaluation<'w> {
    tables: &'w [Table],
    maps: &'w [Map],
    /// For each map, what became of rows in scope by their keys.
    fates: Vec<BTreeMap<String, Fate>>,
    /// For each map, the values that must be unique.
    taken: Vec<BTreeSet<String>>,
}

/// What a reference comes to.
enum Referred {
    To(Option<String>),
    Nothing,
    /// The row it goes to has no fate yet.
    Open,
}

/// Evaluates mappings.
pub(super) fn evaluate(tables: &[Table], maps: &[Map]) -> Expected {
    let mut evaluation =
        Evaluation { tables, maps, fates: vec![BTreeMap::new(); maps.len()], taken: vec![BTreeSet::new(); maps.len()] };
    let mut expected = Expected::default();
    for (at, map) in maps.iter().enumerate() {
        map.targets.iter().for_each(|target| drop(expected.rows.insert(target.name.clone(), Vec::new())));
        evaluation.settle(at, &mut expected);
    }
    expected.rows.values_mut().for_each(|rows| rows.sort());
    expected
}

impl<'w> Evaluation<'w> {
    /// Decides on all rows of a map: those first whose references are decided; what then still waits, waits for itself.
    fn settle(&mut self, at: usize, expected: &mut Expected) {
        let map = &self.maps[at];
        let in_scope = |row: &&Vec<Value>| {
            let rows = self.rows(map, row);
            map.scope.as_ref().is_none_or(|scope| (scope.holds)(&rows) == Some(true))
        };
        let mut waiting: Vec<&'w Vec<Value>> = self.tables[map.table].rows.iter().filter(in_scope).collect();
        loop {
            let before = waiting.len();
            waiting.retain(|row| match self.row(at, row) {
                None => true,
                Some(fate) => {
                    self.take(at, row, fate, expected);
                    false
                }
            });
            if waiting.len() == before {
                break;
            }
        }
        waiting.into_iter().for_each(|row| self.take(at, row, Err(()), expected));
    }

    fn take(&mut self, at: usize, row: &[Value], fate: Result<Vec<Option<String>>, ()>, expected: &mut Expected) {
        let (map, table) = (&self.maps[at], &self.tables[self.maps[at].table]);
        let key = table.key(row);
        let fate = match fate.and_then(|written| self.unique(at, written)) {
            Ok(written) => {
                for (target, text) in map.targets.iter().zip(&written) {
                    expected.rows.get_mut(&target.name).unwrap().extend(text.clone());
                }
                Fate::Migrated(written.iter().map(Option::is_some).collect())
            }
            Err(()) => {
                let parts: Vec<String> = row[..table.key].iter().map(shown).collect();
                let key = if table.key == 1 { key.clone() } else { format!("[\"{}\"]", parts.join("\",\"")) };
                expected.rejected.insert(format!("{}|{key}", map.name));
                Fate::Rejected
            }
        };
        self.fates[at].insert(key, fate);
    }

    /// Rejects a row whose first cell behind the key is another one's already. Null is like nothing.
    fn unique(&mut self, at: usize, written: Vec<Option<String>>) -> Result<Vec<Option<String>>, ()> {
        let map = &self.maps[at];
        if let (true, Some(text)) = (map.unique, &written[0]) {
            let cell = text.split('|').nth(self.tables[map.table].key).unwrap();
            if cell != "NULL" && !self.taken[at].insert(cell.to_string()) {
                return Err(());
            }
        }
        Ok(written)
    }

    fn rows<'r>(&'r self, map: &Map, row: &'r [Value]) -> Rows<'r> {
        let alone = Rows { tables: self.tables, base: row, joined: None };
        let joined = map.join.as_ref().and_then(|join| {
            let table = &self.tables[join.table];
            let key = key(&join.by.iter().map(|read| read.get(&alone)).collect::<Vec<_>>())?;
            table.rows.iter().find(|row| table.key(row) == key).map(Vec::as_slice)
        });
        Rows { joined, ..alone }
    }

    /// Returns the rows that a legacy row becomes, or that it is rejected; none if that is not known yet.
    fn row(&self, at: usize, row: &[Value]) -> Option<Result<Vec<Option<String>>, ()>> {
        let map = &self.maps[at];
        let rows = self.rows(map, row);
        if map.join.as_ref().is_some_and(|join| join.one) && rows.joined.is_none() {
            return Some(Err(()));
        }
        let holds = |condition: &super::rules::Condition| (condition.holds)(&rows) == Some(true);
        if map.rejects.iter().any(holds) {
            return Some(Err(()));
        }
        let mut written = Vec::new();
        let mut open = false;
        for target in &map.targets {
            if !target.when.as_ref().is_none_or(holds) {
                written.push(None);
                continue;
            }
            match self.target(self.tables[map.table].key, target, &rows) {
                Some(Ok(text)) => written.push(Some(text)),
                Some(Err(())) => return Some(Err(())),
                None => open = true,
            }
        }
        if open {
            return None;
        }
        if written.iter().all(Option::is_none) { Some(Err(())) } else { Some(Ok(written)) }
    }

    fn target(&self, key: usize, target: &Target, rows: &Rows<'_>) -> Option<Result<String, ()>> {
        let own: Vec<String> = rows.base[..key].iter().map(shown).collect();
        let mut cells = own.clone();
        let mut open = false;
        for (_, source) in &target.columns {
            match source {
                Source::Rule(rule) => match (rule.meaning)(rows) {
                    Ok(value) => cells.push(shown(&value)),
                    Err(_) => return Some(Err(())),
                },
                Source::Sibling(_) => cells.push(own.join("+")),
                Source::Reference { map, target, by, nullable } => match self.referred(*map, *target, by, rows) {
                    Referred::Open => open = true,
                    Referred::To(None) if !nullable => return Some(Err(())),
                    Referred::To(key) => cells.push(key.map_or("NULL".to_string(), |key| key.replace('|', "+"))),
                    Referred::Nothing => return Some(Err(())),
                },
            }
        }
        if open { None } else { Some(Ok(cells.join("|"))) }
    }

    fn referred(&self, map: usize, target: usize, by: &[Read], rows: &Rows<'_>) -> Referred {
        let Some(key) = key(&by.iter().map(|read| read.get(rows)).collect::<Vec<_>>()) else {
            return Referred::To(None);
        };
        match self.fates[map].get(&key) {
            Some(Fate::Migrated(targets)) => Referred::To(targets[target].then_some(key)),
            Some(Fate::Rejected) => Referred::Nothing,
            None => Referred::Open,
        }
    }
}
