//! How long mappings of many maps take to compile: `cargo bench -p cutover-mapping-dsl`. The time for each map must
//! not grow with their number.

#![allow(clippy::print_stdout)] // A measurement is there to be printed.

use cutover_mapping_dsl::compile;
use std::fmt::Write;
use std::time::Instant;

const TABLES: usize = 300;

fn main() {
    for maps in [100, 1_000, 10_000] {
        let (mapping, legacy, target) = (mapping(maps), legacy(), target());
        let best = (0..3).map(|_| time(&mapping, &legacy, &target)).min().unwrap_or_default();
        println!("{maps} maps: {best} ms, {} kB", mapping.len() / 1024);
    }
}

fn time(mapping: &str, legacy: &str, target: &str) -> u128 {
    let start = Instant::now();
    let compiled = compile("many.map", mapping, &mut |file| match file {
        "legacy.sql" => Ok(legacy.as_bytes().to_vec()),
        _ => Ok(target.as_bytes().to_vec()),
    });
    let taken = start.elapsed().as_millis();
    assert!(compiled.plan.is_some(), "{:?}", compiled.diagnostics.first());
    taken
}

fn mapping(maps: usize) -> String {
    let mut text =
        String::from("language 1\nlegacy old = mariadb \"legacy.sql\"\ntarget new = mariadb \"target.sql\"\n");
    for map in 0..maps {
        let table = map % TABLES;
        let parent = map.saturating_sub(1);
        write!(
            text,
            "\n/// Letters of table {map}.\nvalues V{map}: old.T{table}.Sex <-> text {{\n  \"M\" <-> \"m\"\n  \"F\" <-> \"f\"\n  \
             \"X\" -> reject \"unknown\"\n}}\n\n/// Table {map}.\nmap M{map}: old.T{table} a -> new.t{table} t {{\n  \
             key a.Id <-> t.legacy_id // the key\n  a.Name <-> t.name\n  a.Sex via V{map} <-> t.sex\n  \
             lower(a.Email) ++ \"@\" -> t.email\n  a.Born <-> t.born\n  {} -> t.parent_id\n  \
             drop a.{{Old, Older, Oldest}} \"not used\"\n}}\n",
            if map == 0 { "null".to_string() } else { format!("ref M{parent}(a.Parent)") },
        )
        .expect("a String takes any text");
        if map == 0 {
            text = text.replace("{Old,", "{Parent, Old,");
        }
    }
    text
}

fn legacy() -> String {
    (0..TABLES)
        .map(|table| {
            format!(
                "CREATE TABLE `T{table}` (\n `Id` int(11) NOT NULL,\n `Name` varchar(50) NOT NULL,\n `Sex` enum('M','F','X') \
                 NOT NULL,\n `Email` varchar(50) NOT NULL,\n `Born` datetime DEFAULT NULL,\n `Parent` int(11),\n \
                 `Old` int(11),\n `Older` int(11),\n `Oldest` int(11),\n PRIMARY KEY (`Id`)\n);\n"
            )
        })
        .collect()
}

fn target() -> String {
    (0..TABLES)
        .map(|table| {
            format!(
                "CREATE TABLE `t{table}` (\n `id` bigint(20) NOT NULL AUTO_INCREMENT,\n `legacy_id` int(11) NOT NULL,\n \
                 `name` varchar(60) NOT NULL,\n `sex` varchar(1) NOT NULL,\n `email` varchar(60) NOT NULL,\n \
                 `born` datetime DEFAULT NULL,\n `parent_id` bigint(20),\n PRIMARY KEY (`id`)\n);\n"
            )
        })
        .collect()
}
