//! Diagrams: snapshots, small parts of large models, names that try to break out, and rendering where PlantUML is
//! installed.

use crate::plan::{hostile, large, plan};
use cutover_codegen::{BACKENDS, Files, emit_with};
use cutover_mapping_dsl::plan::{Plan, Target};
use cutover_mapping_dsl::schema::Table;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The diagrams of a plan in one notation, `diagrams` (PlantUML) or `mermaid`.
fn drawn(plan: &Plan, notation: &str) -> Files {
    let backends: Vec<_> = BACKENDS.iter().copied().filter(|backend| backend.name == notation).collect();
    assert_eq!(backends.len(), 1);
    emit_with(plan, &backends).unwrap()
}

/// Names of diagrams without folder and ending, with their texts.
fn named(files: &Files) -> BTreeMap<String, String> {
    let name = |path: &str| path.trim_start_matches("diagrams/").rsplit_once('.').unwrap().0.to_string();
    files.iter().map(|(path, text)| (name(path), text.to_string())).collect()
}

#[test]
fn diagrams_are_as_reviewed() {
    for notation in ["diagrams", "mermaid"] {
        for (path, text) in drawn(&plan("America/Toronto"), notation).iter() {
            insta::assert_snapshot!(path.replace('/', "-"), text);
        }
    }
}

#[test]
fn both_notations_show_the_same_diagrams() {
    for plan in [plan("UTC"), large(40)] {
        let [plantuml, mermaid] = ["diagrams", "mermaid"].map(|notation| named(&drawn(&plan, notation)));
        assert!(plantuml.keys().eq(mermaid.keys()));
        for (name, text) in &plantuml {
            assert_eq!(boxes(text), boxes(&mermaid[name]), "{name}");
        }
    }
}

/// Names in the boxes of a diagram.
fn boxes(text: &str) -> Vec<String> {
    let opening = |line: &str| {
        let words = line.trim_start();
        let plantuml = words.strip_prefix("class \"").or(words.strip_prefix("rectangle \""));
        let mermaid = || words.split_once("[\"").filter(|(id, _)| id.trim_start_matches("class ").len() < 5);
        let rest = plantuml.or_else(|| mermaid().map(|(_, rest)| rest))?;
        let end = rest.find(['"', '\\', '<']).unwrap_or(rest.len());
        Some(rest[..end].replace("#58;", ":"))
    };
    text.lines().filter_map(opening).collect()
}

#[test]
fn large_models_come_in_small_parts() {
    const TABLES: usize = 300;
    for notation in ["diagrams", "mermaid"] {
        let diagrams = named(&drawn(&large(TABLES), notation));
        let tables_of = |text: &str| boxes(text).into_iter().filter(|name| !name.starts_with('M')).count();
        for (name, text) in &diagrams {
            assert!(tables_of(text) <= 12 && boxes(text).len() <= 24, "{name}: {}", boxes(text).len());
        }
        for (subject, prefix) in [("legacy", "L"), ("target", "T")] {
            let parts = diagrams.iter().filter(|(name, _)| name.starts_with(subject) && *name != subject);
            let shown: Vec<String> =
                parts.flat_map(|(_, text)| boxes(text)).filter(|name| name.starts_with(prefix)).collect();
            assert_eq!(shown.len(), TABLES, "each table is shown once");
            assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), TABLES);
        }
        for subject in ["legacy", "target", "mapping", "steps"] {
            let parts: BTreeSet<&String> =
                diagrams.keys().filter(|name| name.starts_with(&format!("{subject}-"))).collect();
            assert!(parts.len() > 12, "{parts:?}");
            assert_eq!(reached(&diagrams, subject), parts.into_iter().cloned().collect(), "overviews name every part");
        }
        assert_eq!(diagrams.keys().filter(|name| name.starts_with("map-")).count(), TABLES);
    }
}

/// The diagrams that an overview names, and those that they name.
fn reached(diagrams: &BTreeMap<String, String>, from: &str) -> BTreeSet<String> {
    let named: Vec<String> = boxes(&diagrams[from]).into_iter().filter(|name| diagrams.contains_key(name)).collect();
    let below = named.iter().flat_map(|name| reached(diagrams, name));
    below.chain(named.clone()).collect()
}

#[test]
fn a_map_of_many_tables_comes_in_parts() {
    let mut plan = large(1);
    let (table, target) = (plan.target.schema.tables[0].clone(), plan.steps[0].targets[0].clone());
    for at in 1..30 {
        plan.target.schema.tables.push(Table { name: format!("T{at}"), ..table.clone() });
        plan.steps[0].targets.push(Target { role: format!("r{at}"), table: format!("T{at}"), ..target.clone() });
    }
    for notation in ["diagrams", "mermaid"] {
        let diagrams = named(&drawn(&plan, notation));
        let parts: Vec<&String> = diagrams.keys().filter(|name| name.starts_with("map-")).collect();
        assert_eq!(parts, ["map-m0", "map-m0-2", "map-m0-3"]);
        let shown: Vec<String> = parts.iter().flat_map(|name| boxes(&diagrams[*name])).collect();
        let tables: BTreeSet<&String> = shown.iter().filter(|name| name.starts_with('T')).collect();
        assert_eq!((shown.len(), tables.len()), (31 + 3, 30), "each table once, the map in each part");
        assert!(diagrams.values().all(|text| boxes(text).len() <= 13));
        assert!(diagrams["mapping"].contains("31 tables in all"));
    }
}

#[test]
fn a_part_says_where_its_relations_lead() {
    let diagrams = named(&drawn(&large(40), "mermaid"));
    let lines = diagrams.values().flat_map(|text| text.lines());
    let leading: Vec<&str> = lines.filter(|line| line.contains("… elsewhere")).collect();
    assert!(!leading.is_empty() && leading.iter().all(|line| line.contains("target-")), "{leading:?}");
}

/// What a line of our Mermaid may look like: `@i` is an id, `@w` a word, `@k` a type, `@r` a relation, `@t` any text
/// without signs that have a meaning.
const LINES: [&str; 22] = [
    "erDiagram",
    "classDiagram",
    "flowchart TD",
    "  direction LR",
    "  @i[\"@t\"] {",
    "  }",
    "    @k @w",
    "    @k @w PK",
    "    @k @w FK",
    "    @k @w PK, FK",
    "    @k @w \"@t\"",
    "    @k @w PK \"@t\"",
    "    @k @w FK \"@t\"",
    "    @k @w PK, FK \"@t\"",
    "  class @i[\"@t\"]:::@w",
    "  class @i[\"@t\"]:::@w {",
    "    @t",
    "  note for @i \"@t\"",
    "  @i @r @i : \"@t\"",
    "  @i @r @i : @t",
    "  @i[\"@t\"]",
    "  @i -->|\"@t\"| @i",
];

/// Returns what fits a whole line of our Mermaid.
fn allowed() -> regex::Regex {
    let parts = [
        ("@i", r"[tmsb]\d+"),
        ("@w", r"[\p{L}_][\p{L}\p{N}_]*"),
        ("@k", r"(?:…|[\p{L}_][\p{L}\p{N}_()-]*)"),
        ("@r", r"(?:\}o--\|\||\}o\.\.o\||-->|\.\.>)"),
        ("@t", r"(?:[\p{L}\p{N} ,…→↔←—._-]|#\d+;|<br/>)*"),
    ];
    let shape = |line: &str| parts.iter().fold(regex::escape(line), |shape, (part, is)| shape.replace(part, is));
    let fixed = ["  @i -.-> @i"].into_iter().chain(LINES).map(shape);
    let all: Vec<String> = fixed.chain(["%% .*".to_string(), "  classDef .*".to_string()]).collect();
    regex::Regex::new(&format!("^(?:{})$", all.join("|"))).unwrap()
}

#[test]
fn mermaid_holds_nothing_but_what_it_means() {
    let allowed = allowed();
    for plan in [plan("UTC"), hostile(), large(40)] {
        for (path, text) in drawn(&plan, "mermaid").iter() {
            let strange: Vec<&str> = text.lines().filter(|line| !allowed.is_match(line)).collect();
            assert!(strange.is_empty(), "{path}: {strange:#?}");
        }
    }
}

/// PlantUML exits with 200 on an error.
#[test]
fn plantuml_draws_them() {
    if Command::new("plantuml").arg("-version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "PlantUML must be installed where CI is set");
        return;
    }
    for (name, plan) in [("usual", plan("UTC")), ("hostile", hostile()), ("large", large(40))] {
        let folder = std::env::temp_dir().join(format!("cutover-plantuml-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("plantuml");
        for (name, text) in named(&drawn(&plan, "diagrams")).iter().filter(|(name, _)| !name.starts_with("map-m")) {
            let file = folder.join(format!("{name}.puml"));
            std::fs::write(&file, text).unwrap();
            command.arg(file);
        }
        let drawn = command.args(["-Djava.awt.headless=true", "-tsvg", "-failfast"]).output().unwrap();
        assert!(drawn.status.success(), "{name}: {drawn:?}");
        if std::env::var_os("CUTOVER_KEEP_DIAGRAMS").is_none() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}
