//! The second example on rows with every trap that its platform lays: what is nothing in two spellings, references to what
//! is gone, rings, equal numbers in several tables, a number twice. Interpreter, compiled steps and generated SQL agree on
//! what becomes of each.

use cutover_codegen::outline::outline;
use cutover_codegen::sql::emit_dialect;
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::connection::Connection;
use cutover_runtime::step::Step;
use cutover_runtime::value::Kind::{self, Boolean, Bytes, Date, DateTime, Decimal, Integer, Text};
use cutover_runtime::value::Value;
use cutover_runtime::{RollbackOptions, RunOptions, Silent, VerifyOptions, rollback, run, verify};
use cutover_test_servers::{Database, Kind as Server};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::repository;
use cutover_tests::sql::{statements, tables};
use std::fs;

fn example(name: &str) -> String {
    fs::read_to_string(repository("examples/outsystems").join(name)).unwrap()
}

fn plan() -> Plan {
    plan_where(&|text| text)
}

/// The plan where DDL and names read otherwise.
fn plan_where(change: &dyn Fn(String) -> String) -> Plan {
    let mut load = |name: &str| Ok(change(example(name)).into_bytes());
    let compiled = compile("kern.map", &example("kern.map"), &mut load);
    assert!(compiled.plan.is_some(), "{:?}", compiled.diagnostics);
    compiled.plan.unwrap()
}

/// Rows as a server takes them. Constraints look away, as they do for bulk tools.
fn rows(text: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::PostgreSql => {
            let bytes = text.replace(" X'", " '\\x");
            format!("SET session_replication_role = replica;\n{bytes}\nSET session_replication_role = DEFAULT;\n")
        }
        Dialect::MariaDb => format!("SET foreign_key_checks = 0;\n{}", text.replace('"', "`")),
        _ => format!("PRAGMA foreign_keys = OFF;\n{text}"),
    }
}

/// What lasts of a migration, told without the keys that the target gave: sections of the expected file.
const QUESTIONS: [(&str, &str, &[Kind]); 4] = [
    (
        "Relatie",
        r#"SELECT m."legacy_ID", t."NAAM", t."EMAIL", t."TELEFOON", t."GEBOORTEDATUM", s."LABEL", h."legacy_ID", t."ISACTIEF",
           t."AANGEMAAKTOP", a."STRAAT", a."HUISNUMMER", a."POSTCODE", a."PLAATS"
           FROM "OSUSR_P2D_RELATIE" t
           LEFT JOIN cutover_map_relatie m ON m."relatie_key" = t."ID"
           LEFT JOIN "OSUSR_P2D_RELATIESOORT" s ON s."ID" = t."RELATIESOORTID"
           LEFT JOIN cutover_map_relatie h ON h."relatie_key" = t."HOOFDRELATIEID"
           LEFT JOIN "OSUSR_P2D_ADRES" a ON a."RELATIEID" = t."ID" AND a."ID" = m."adres_key""#,
        &[Integer, Text, Text, Text, Date, Text, Integer, Boolean, DateTime, Text, Text, Text, Text],
    ),
    (
        "Polis",
        r#"SELECT m."legacy_ID", r."legacy_ID", t."POLISNUMMER", t."PREMIE", t."INGANGSDATUM", t."EINDDATUM", s."LABEL",
           v."legacy_ID"
           FROM "OSUSR_9QF_POLIS" t
           LEFT JOIN cutover_map_polis m ON m."polis_key" = t."ID"
           LEFT JOIN cutover_map_relatie r ON r."relatie_key" = t."RELATIEID"
           LEFT JOIN "OSUSR_9QF_POLISSTATUS" s ON s."ID" = t."STATUSID"
           LEFT JOIN cutover_map_polis v ON v."polis_key" = t."VERVANGTPOLISID""#,
        &[Integer, Integer, Text, Decimal, Date, Date, Text, Integer],
    ),
    (
        "Document",
        r#"SELECT m."legacy_ID", t."EIGENAARSOORT",
           CASE t."EIGENAARSOORT" WHEN 'P' THEN p."legacy_ID" ELSE r."legacy_ID" END,
           t."BESTANDSNAAM", t."MIMETYPE", t."GEMAAKTOP", i."INHOUD"
           FROM "OSUSR_M4C_DOCUMENT" t
           LEFT JOIN cutover_map_document m ON m."document_key" = t."ID"
           LEFT JOIN cutover_map_polis p ON p."polis_key" = t."EIGENAARID"
           LEFT JOIN cutover_map_relatie r ON r."relatie_key" = t."EIGENAARID"
           LEFT JOIN "OSUSR_M4C_DOCUMENTINHOUD" i ON i."ID" = t."ID" AND i."ID" = m."inhoud_key""#,
        &[Integer, Text, Integer, Text, Text, DateTime, Bytes],
    ),
    (
        "Rows",
        r#"SELECT (SELECT COUNT(*) FROM "OSUSR_P2D_RELATIE"), (SELECT COUNT(*) FROM "OSUSR_P2D_ADRES"),
           (SELECT COUNT(*) FROM "OSUSR_9QF_POLIS"), (SELECT COUNT(*) FROM "OSUSR_M4C_DOCUMENT"),
           (SELECT COUNT(*) FROM "OSUSR_M4C_DOCUMENTINHOUD")"#,
        &[Integer, Integer, Integer, Integer, Integer],
    ),
];

const REJECTED: (&str, &str, &[Kind]) =
    ("Rejected", "SELECT map, legacy_key, rule FROM cutover_reject", &[Text, Text, Text]);

fn section(target: &mut dyn Connection, engine: Engine, (name, query, kinds): (&str, &str, &[Kind])) -> String {
    let query = match engine {
        Engine::MariaDb => query.replace('"', "`"),
        _ => query.to_string(),
    };
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut each = |row: cutover_runtime::value::Row| {
        lines.push(row.iter().map(shown).collect());
        Ok(())
    };
    target.query(&query, &[], kinds, &mut each).unwrap();
    // Numbers in their order: shorter ones first.
    lines.sort_by_key(|line| match line[0].parse::<i64>() {
        Ok(_) => (line[0].len(), line[0].clone(), 0, String::new()),
        Err(_) => (0, line[0].clone(), line[1].len(), line[1].clone()),
    });
    let lines: String = lines.iter().map(|line| line.join("|") + "\n").collect();
    format!("== {name}\n{lines}")
}

/// A value without the zeros that columns of different scales put behind a decimal.
fn shown(value: &Value) -> String {
    match value {
        Value::Decimal(text) if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        other => other.to_string(),
    }
}

/// The sections of the expected file that generated SQL is to give as well: rows that it rejects stay pending.
fn expected_rows() -> String {
    let expected = example("expected.txt");
    expected.split_once("== Rejected").unwrap().0.to_string()
}

fn migrate(engine: Engine, plan: &Plan, steps: &[Box<dyn Step>], what: &str) {
    let (Some(from), Some(to)) = (Store::new(engine), Store::new(engine)) else { return };
    let dialect = engine.dialect();
    from.load(&tables(&plan.legacy.schema, dialect));
    from.load(&rows(&example("legacy-sample.sql"), dialect));
    to.load(&tables(&plan.target.schema, dialect));
    to.load(&rows(&example("target-reference.sql"), dialect));
    let (mut legacy, mut target) = (from.legacy(), to.target());
    let options = RunOptions { batch: 3, max_rejects: None, ..RunOptions::default() };
    run(&mut *legacy, &mut *target, steps, &options, &mut Silent).unwrap();
    let all = QUESTIONS.iter().chain([&REJECTED]);
    let found: String = all.map(|question| section(&mut *target, engine, *question)).collect();
    assert_eq!(found, example("expected.txt"), "{what} on {engine:?}");

    let report = verify(&mut *legacy, &mut *target, steps, &VerifyOptions::default(), &mut Silent).unwrap();
    assert_eq!(report.deviations, [], "{what} on {engine:?}: what was just migrated must compare equal");

    rollback(&mut *target, steps, &RollbackOptions::default(), &mut Silent).unwrap();
    let left = section(&mut *target, engine, QUESTIONS[3]);
    assert_eq!(left, "== Rows\n0|0|0|0|0\n", "{what} on {engine:?}");
}

#[test]
fn every_trap_ends_as_expected_on_every_engine() {
    let plan = plan();
    for engine in Engine::ALL {
        migrate(engine, &plan, &cutover_interpreter::steps(&plan).unwrap(), "the interpreter");
        migrate(engine, &plan, &cutover_generated::kern::steps(), "compiled");
    }
}

#[test]
fn both_describe_their_steps_alike() {
    let interpreted = cutover_interpreter::steps(&plan()).unwrap();
    let compiled = cutover_generated::kern::steps();
    assert_eq!(interpreted.len(), compiled.len());
    for (interpreted, compiled) in interpreted.iter().zip(&compiled) {
        assert_eq!(interpreted.spec(), compiled.spec());
    }
}

/// In another environment the platform calls the tables something else: the mapping is the same, and so is what is made of
/// it, but for these names.
#[test]
fn another_environment_needs_other_names_only() {
    let (here, there) = (plan(), plan_where(&|text| text.replace("OSUSR_K7X_POLIS1", "OSUSR_K7X_POLIS2")));
    let named = |plan: &Plan| {
        let entities = outline(plan).entities;
        entities.into_iter().find(|named| named.entity == "Kern.Polis").map(|named| named.table)
    };
    assert_eq!(named(&here).as_deref(), Some("OSUSR_K7X_POLIS1"));
    assert_eq!(named(&there).as_deref(), Some("OSUSR_K7X_POLIS2"));
    for dialect in Dialect::ALL {
        let (here, there) = (emit_dialect(&here, dialect).unwrap(), emit_dialect(&there, dialect).unwrap());
        let without_hash = |text: &str| text.split_once('\n').unwrap().1.to_string();
        for (path, text) in here.iter() {
            let other = there.get(path).unwrap();
            assert!(!other.contains("OSUSR_K7X_POLIS1"), "{path}");
            let renamed = without_hash(text).replace("OSUSR_K7X_POLIS1", "OSUSR_K7X_POLIS2");
            assert_eq!(renamed.replace(&hash_of(text), ""), without_hash(other).replace(&hash_of(other), ""), "{path}");
        }
    }
}

/// The hash in the first line of a generated file.
fn hash_of(text: &str) -> String {
    let line = text.lines().next().unwrap();
    line.split("hash ").nth(1).unwrap().split(';').next().unwrap().to_string()
}

/// The plan's set statements are the same for PostgreSQL and SQL Server but where the dialects differ. Here they run.
#[test]
fn the_generated_sql_carries_the_same_rows() {
    let plan = plan();
    let Some(database) = Database::new(Server::Postgres) else { return };
    let files = emit_dialect(&plan, Dialect::PostgreSql).unwrap();
    let file = |artefact: &str| files.get(&format!("sql/postgresql/{artefact}.sql")).unwrap();
    assert!(!file("forward").contains("not expressible"), "{}", file("forward"));
    for (side, sample) in [(&plan.legacy, "legacy-sample.sql"), (&plan.target, "target-reference.sql")] {
        database.schema(&side.alias, &tables(&side.schema, Dialect::PostgreSql));
        let rows = rows(&example(sample), Dialect::PostgreSql);
        database.run(&format!("SET search_path = {};\n{rows}\nSET search_path = DEFAULT;", side.alias));
    }
    database.run(file("migration_table"));
    let entries = "SELECT (SELECT COUNT(*) FROM new.cutover_map_relatie) + (SELECT COUNT(*) FROM new.cutover_map_polis)
        + (SELECT COUNT(*) FROM new.cutover_map_document)";
    let mut carried = vec!["0".to_string()];
    loop {
        database.run(file("forward"));
        let now = database.ask(entries).concat();
        if carried.last() == Some(&now) {
            break;
        }
        carried.push(now);
    }
    // Each time those follow whose rows to refer to came before.
    assert!(carried.len() > 3, "{carried:?}");
    let url = format!("{}{}schema=new", database.url(), if database.url().contains('?') { '&' } else { '?' });
    let mut target = cutover_postgres::open_target(&url).unwrap();
    let found: String = QUESTIONS.iter().map(|question| section(&mut target, Engine::Postgres, *question)).collect();
    assert_eq!(found, expected_rows());
    deviations_are_what_stays_behind(&database, file("deviations"));
    drop(target);
    database.run(file("rollback"));
    let mut target = cutover_postgres::open_target(&url).unwrap();
    assert_eq!(section(&mut target, Engine::Postgres, QUESTIONS[3]), "== Rows\n0|0|0|0|0\n");
}

/// Of the generated questions only those for rows without an entry find something: the rows that are rejected.
fn deviations_are_what_stays_behind(database: &Database, script: &str) {
    let questions = statements(script).into_iter().filter(|text| text.starts_with("SELECT"));
    let found: Vec<usize> = questions.map(|question| database.ask(&question).len()).filter(|rows| *rows > 0).collect();
    let rejected = example("expected.txt").split_once("== Rejected\n").unwrap().1.lines().count();
    assert_eq!(found.len(), 3, "one question for each map: {found:?}");
    assert_eq!(found.iter().sum::<usize>(), rejected);
}
