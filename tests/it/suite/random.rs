//! Random mappings over random tables: what the runtime and the SQL of the engines make of them is what brute force makes
//! of them. The same mappings each time; a failure names the seed and shows the files.

use super::{by_runtime, compiled, sql};
use brute::{Expected, evaluate};
use cutover_tests::engines::Engine;
use cutover_tests::random::Random;
use mapping::{Map, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

mod brute;
mod mapping;
mod rules;
mod world;

/// How many there are on SQLite; a tenth of them meets servers too. `CUTOVER_RANDOM_CASES` asks for more.
const CASES: u64 = 100;

fn cases() -> u64 {
    std::env::var("CUTOVER_RANDOM_CASES").map_or(CASES, |cases| cases.parse().unwrap())
}

/// Writes the files of a case. Returns what it means.
fn write(folder: &Path, seed: u64) -> (Vec<Map>, Expected) {
    let mut random = Random::new(seed);
    let tables = world::tables(&mut random);
    let maps = mapping::maps(&tables, &mut random);
    let files = [
        ("legacy.sql", world::ddl(&tables)),
        ("target.sql", mapping::ddl(&maps, &tables)),
        ("target-rows.sql", mapping::book()),
        ("case.map", mapping::text(&maps, &tables)),
        ("rows.sql", world::inserts(&tables)),
    ];
    files.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    let expected = evaluate(&tables, &maps);
    (maps, expected)
}

/// A row by the names of its columns.
type Row<'c> = BTreeMap<&'c str, &'c str>;

/// Returns the rows of tables, as [`super::content`] shows them.
fn rows(content: &str) -> BTreeMap<&str, Vec<Row<'_>>> {
    let mut tables: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    let (mut table, mut names) = ("", Vec::new());
    for line in content.lines() {
        match line.strip_prefix("  ") {
            Some(row) => tables.get_mut(table).unwrap().push(names.iter().copied().zip(row.split('|')).collect()),
            None => {
                let (name, columns) = line.split_once(" (").unwrap();
                (table, names) = (name, columns.trim_end_matches(')').split(", ").collect());
                tables.insert(table, Vec::new());
            }
        }
    }
    tables
}

/// Returns the parts of the legacy key, which each row holds.
fn key<'c>(row: &Row<'c>) -> Vec<&'c str> {
    ["k0", "k1"].iter().filter_map(|part| row.get(part).copied()).collect()
}

/// Returns what was written as brute force tells it: keys of the target as the legacy keys that they stand for.
fn told(content: &str, maps: &[Map]) -> BTreeMap<String, Vec<String>> {
    let rows = rows(content);
    let legacy = |table: &str, id: &str| {
        let row = rows[table].iter().find(|row| row["id"] == id);
        row.map_or("NULL".to_string(), |row| key(row).join("+"))
    };
    let mut told = BTreeMap::new();
    for map in maps {
        for target in &map.targets {
            let cell = |row: &Row<'_>, name: &str, source: &Source| match source {
                Source::Rule(_) => row[name].to_string(),
                Source::Sibling(at) => legacy(&map.targets[*at].name, row[name]),
                Source::Reference { map, target, .. } => legacy(&maps[*map].targets[*target].name, row[name]),
            };
            let line = |row: &Row<'_>| {
                let cells = target.columns.iter().map(|(name, source)| cell(row, name, source));
                key(row).into_iter().map(str::to_string).chain(cells).collect::<Vec<_>>().join("|")
            };
            let mut lines: Vec<String> = rows[target.name.as_str()].iter().map(line).collect();
            lines.sort();
            told.insert(target.name.clone(), lines);
        }
    }
    told
}

fn check(seed: u64, engine: Engine, by_sql: bool) -> Option<()> {
    let folder = tempfile::tempdir().unwrap();
    let (maps, expected) = write(folder.path(), seed);
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    let label = || format!("seed {seed} on {engine:?}\n{}{}", read("case.map"), read("rows.sql"));
    let compiled = compiled(folder.path(), "case.map");
    assert!(compiled.plan.is_some(), "{:?}\n{}{}", compiled.diagnostics, label(), read("target.sql"));
    let outcome = by_runtime(folder.path(), engine)?;
    assert_eq!(told(&outcome.content, &maps), expected.rows, "{}", label());
    assert_eq!(BTreeSet::from_iter(outcome.rejected.iter().cloned()), expected.rejected, "{}", label());
    if by_sql {
        let (content, steps) = sql::carry(folder.path(), engine)?;
        // Where a dialect cannot say one map, others that refer to its rows find nothing.
        if steps.len() == maps.len() {
            assert_eq!(told(&content, &maps), expected.rows, "by SQL: {}", label());
        }
    }
    Some(())
}

#[test]
fn random_mappings_come_to_what_brute_force_says() {
    for seed in 0..cases() {
        check(seed, Engine::Sqlite, seed % 5 == 0);
    }
}

#[test]
fn random_mappings_come_to_the_same_on_servers() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        (0..cases() / 10).map_while(|seed| check(seed, engine, true)).for_each(drop);
    }
}

/// Mappings that reject everything, or say little, would prove little.
#[test]
fn random_mappings_have_something_of_everything() {
    let (mut migrated, mut rejected, mut text) = (0, 0, String::new());
    for seed in 0..CASES {
        let folder = tempfile::tempdir().unwrap();
        let (_, expected) = write(folder.path(), seed);
        migrated += expected.rows.values().map(Vec::len).sum::<usize>();
        rejected += expected.rejected.len();
        text += &fs::read_to_string(folder.path().join("case.map")).unwrap();
    }
    assert!(migrated > 1000 && rejected > 500, "{migrated} rows, {rejected} rejects");
    let words =
        ["join one", "join optional", "where", "when", "reject \"reason", "ref w0", "ref M0(", ".w1(", "via", "match"];
    for word in words {
        assert!(text.matches(word).count() >= 5, "{word}");
    }
}
