//! Preflight on every engine: rows that collide under the collation of the target only, and the generated queries, which
//! count what the command counts.

use crate::engines::opal::{legacy, target};
use cutover_codegen::sql::emit_dialect;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::{Dialect, translate::create_statements};
use cutover_runtime::value::Kind;
use cutover_tests::command::{Ended, command, url};
use cutover_tests::content::ask;
use cutover_tests::engines::{Engine, Store};
use cutover_tests::legacy::copy;
use cutover_tests::opal::{Pair, map, plan, repository};
use cutover_tests::sql::statements;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const LEGACY: &str = "CREATE TABLE member (id integer PRIMARY KEY, name text NOT NULL, town text NOT NULL);\n";

/// Target tables, on SQLite once with the collation of the column and once with that of the index.
const TARGET: [(Engine, &str); 4] = [
    (
        Engine::Sqlite,
        "CREATE TABLE person (id integer PRIMARY KEY AUTOINCREMENT, legacy_id integer NOT NULL UNIQUE, \
         name varchar(40) NOT NULL COLLATE NOCASE UNIQUE, town text NOT NULL);\n",
    ),
    (
        Engine::Sqlite,
        "CREATE TABLE person (id integer PRIMARY KEY AUTOINCREMENT, legacy_id integer NOT NULL UNIQUE, \
         name varchar(40) NOT NULL, town text NOT NULL, UNIQUE (name COLLATE NOCASE));\n",
    ),
    (
        Engine::Postgres,
        "CREATE TABLE person (id bigserial PRIMARY KEY, legacy_id bigint NOT NULL UNIQUE, \
         name varchar(40) NOT NULL UNIQUE, town text NOT NULL);\n",
    ),
    (
        Engine::MariaDb,
        "CREATE TABLE person (id bigint AUTO_INCREMENT PRIMARY KEY, legacy_id bigint NOT NULL UNIQUE, \
         name varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL UNIQUE, town longtext NOT NULL) ENGINE=InnoDB;\n",
    ),
];

const MAP: &str = "map Member: old.member m -> new.person p {\n  key m.id <-> p.legacy_id\n  \
                   m.name -> p.name allow(narrow) \"short\"\n  m.town -> p.town\n}\n";

#[test]
fn collisions_under_the_collation_of_the_target_are_found() {
    for (engine, ddl) in TARGET {
        let dialect = engine.dialect();
        let (legacy, Some(target)) = (Store::new(Engine::Sqlite).unwrap(), Store::new(engine)) else { continue };
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("legacy.sql"), LEGACY).unwrap();
        fs::write(folder.path().join("target.sql"), ddl).unwrap();
        let head = format!(
            "language 1\n\nlegacy old = sqlite \"legacy.sql\" timezone \"UTC\"\n\
             target new = {dialect} \"target.sql\" timezone \"UTC\"\n\n{MAP}"
        );
        let map = folder.path().join("members.map");
        fs::write(&map, head).unwrap();
        legacy.run(&format!(
            "{LEGACY} INSERT INTO member VALUES (1, 'Anna', 'x'), (2, 'ANNA', 'x'), (3, 'Bob', 'x'), (4, 'Bob ', 'x'), \
             (5, 'Mäx', 'x'), (6, 'Max', 'x'), (7, 'Zoe', 'x'), (8, 'ZOË', 'x'), (9, 'Zed', 'x'), (10, 'Anna', 'x')"
        ));
        target.run(&format!("{ddl} INSERT INTO person (legacy_id, name, town) VALUES (0, 'zed', 'y')"));
        let run = |name: &str, more: &[&str]| {
            let mut command = command();
            command.arg(name).arg(&map).args(["--from", &legacy.url(), "--to", &target.url()]).args(more);
            Ended::from(command.output().unwrap())
        };
        let out = run("preflight", &["--json", "--show-values", "--samples", "100"]).with(1).out;
        let report: Value = serde_json::from_str(&out).unwrap();
        let asked = report["steps"][0]["obligations"].as_array().unwrap().iter();
        let mut keys: Vec<String> = asked
            .filter(|asked| asked["reason"] == "target_unique")
            .flat_map(|asked| asked["samples"].as_array().unwrap())
            .map(|sample| sample["legacy_key"].as_str().unwrap().to_string())
            .collect();
        keys.sort();
        for table in ["cutover_lock", "cutover_map_member"] {
            assert_eq!(target.target().columns(table).unwrap(), None, "{dialect}: {table} was made");
        }
        let mut asked = target.target();
        asked.begin().unwrap();
        assert_eq!(asked.next_key("person", "id").unwrap(), 2, "{dialect}: keys were used up");
        asked.abort().unwrap();
        drop(asked);
        run("run", &["--max-rejects", "any"]).with(0);
        let refused = target.ask("SELECT legacy_key FROM cutover_reject", &[Kind::Text]);
        assert_eq!(keys, refused, "{dialect}");
        let expected: &[&str] = match engine {
            Engine::Sqlite => &["10", "2", "9"],
            Engine::Postgres => &["10"],
            Engine::MariaDb => &["10", "2", "4", "6", "8", "9"],
        };
        assert_eq!(keys, expected, "{dialect}");
    }
}

/// What a run rejects row by row must not end a preflight.
#[test]
fn values_that_no_parameter_takes_are_asked_all_the_same() {
    let (legacy, Some(target)) = (Store::new(Engine::Sqlite).unwrap(), Store::new(Engine::Postgres)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let ddl = TARGET[2].1.replace("varchar(40)", "char(9)");
    fs::write(folder.path().join("legacy.sql"), LEGACY).unwrap();
    fs::write(folder.path().join("target.sql"), &ddl).unwrap();
    let map = folder.path().join("members.map");
    let sides = "legacy old = sqlite \"legacy.sql\"\ntarget new = postgresql \"target.sql\"\n";
    fs::write(&map, format!("language 1\n{sides}{MAP}")).unwrap();
    legacy
        .run(&format!("{LEGACY} INSERT INTO member VALUES (1, 'x ', 'x'), (2, 'a' || char(0), 'x'), (3, 'zed', 'x')"));
    target.run(&format!("{ddl} INSERT INTO person (legacy_id, name, town) VALUES (0, 'zed', 'y')"));
    let mut command = command();
    command.args(["preflight", "--all", "--json"]).arg(&map).args(["--from", &legacy.url(), "--to", &target.url()]);
    let report: Value = serde_json::from_str(&Ended::from(command.output().unwrap()).with(1).out).unwrap();
    assert_eq!(report["steps"][0]["would"]["rejected"], 1, "{report}");
}

/// How many rows offend against what the generated SQL asks, by map and reason.
fn by_sql(plan: &Plan, dialect: Dialect, ask: impl Fn(&str) -> Vec<String>) -> BTreeMap<String, u64> {
    let files = emit_dialect(plan, dialect).unwrap();
    let queries = statements(files.get(&format!("sql/{dialect}/preflight.sql")).unwrap()).into_iter();
    let counted = |query: String| {
        let label = query.split('\'').nth(1).unwrap().to_string();
        let offenders = ask(&query).first().map_or(0, |row| row.split('|').nth(1).unwrap().parse().unwrap());
        (label, offenders)
    };
    queries.filter(|query| query.starts_with("SELECT")).map(counted).collect()
}

/// How many rows the command counts, leaving out those whose parent is the cause.
fn by_command(from: &str, to: &str) -> BTreeMap<String, u64> {
    let mut command = command();
    command.args(["preflight", "--json"]).arg(map()).args(["--from", from, "--to", to]);
    let report: Value = serde_json::from_str(&Ended::from(command.output().unwrap()).with(1).out).unwrap();
    let mut counts = BTreeMap::new();
    for step in report["steps"].as_array().unwrap() {
        let asked = step["obligations"].as_array().unwrap().iter().filter(|asked| asked["parent"].is_null());
        for asked in asked {
            let text = |name: &str| asked[name].as_str().unwrap().to_string();
            let name = match text("reason").as_str() {
                "target_unique" => format!("{}: target_unique: {}", step["map"].as_str().unwrap(), text("column")),
                reason => format!("{}: {reason}", step["map"].as_str().unwrap()),
            };
            *counts.entry(name).or_default() += asked["offenders"].as_u64().unwrap();
        }
    }
    counts
}

#[track_caller]
fn assert_same(sql: &BTreeMap<String, u64>, command: &BTreeMap<String, u64>, least: usize) {
    for (name, offenders) in sql {
        assert_eq!(Some(offenders), command.get(name), "{name}");
    }
    let found = sql.values().filter(|offenders| **offenders > 0).count();
    assert!(found >= least, "{found} of {}: {sql:?}", sql.len());
}

#[test]
fn generated_queries_count_what_the_command_counts_on_sqlite() {
    let pair = Pair::sample();
    let database = Connection::open_in_memory().unwrap();
    for (path, name) in [(pair.legacy(), "old"), (pair.target(), "new")] {
        database.execute(&format!("ATTACH ? AS {name}"), [path.to_str().unwrap()]).unwrap();
    }
    let mut sql = by_sql(&plan(), Dialect::Sqlite, |query| ask(&database, query));
    let command = by_command(&url(&pair.legacy()), &url(&pair.target()));
    assert_eq!(twice(&mut sql), 1);
    assert_same(&sql, &command, 8);
}

/// The row that offends against two reasons counts for each in SQL, and for the first one in a run.
fn twice(sql: &mut BTreeMap<String, u64>) -> u64 {
    sql.remove("Question: TitleEnTooLong").unwrap_or_default()
}

#[test]
fn generated_queries_count_what_the_command_counts_on_mariadb() {
    let (Some(from), Some(to)) = (legacy(), target(Engine::MariaDb)) else { return };
    let (Store::Server(_, old), Store::Server(_, new)) = (&from, &to) else { return };
    let mut plan = plan();
    (plan.legacy.alias, plan.target.alias) = (old.name().to_string(), new.name().to_string());
    let mut sql = by_sql(&plan, Dialect::MariaDb, |query| old.ask(query));
    assert_eq!(twice(&mut sql), 1);
    assert_same(&sql, &by_command(&from.url(), &to.url()), 7);
}

#[test]
fn generated_queries_count_what_the_command_counts_on_postgresql() {
    let Some(store) = Store::new(Engine::Postgres) else { return };
    let Store::Server(_, database) = &store else { return };
    let pair = Pair::sample();
    // Values that the columns there do not take are mended.
    for (table, column) in [("Patient", "DateOfBirth"), ("Patient", "RegistrationDate"), ("Patient", "DeathDate")] {
        let wrong = format!("SUBSTR({column}, 1, 4) = '0000' OR {column} LIKE '%-00%'");
        pair.on_legacy(&format!("UPDATE {table} SET {column} = '1980-02-03 04:05:06' WHERE {wrong}"));
    }
    copy(&pair.legacy(), &store);
    let mut plan = plan();
    let tables = create_statements(&plan.target.schema, Dialect::PostgreSql).unwrap().statements;
    database.schema("new", &tables.iter().map(|table| format!("{table};\n")).collect::<String>());
    let reference = fs::read_to_string(repository("examples/opal/target-reference.sql")).unwrap();
    database.run(&format!("SET search_path TO new; {reference}"));
    plan.legacy.alias = "public".to_string();
    let mut sql = by_sql(&plan, Dialect::PostgreSql, |query| database.ask(query));
    let to = format!("{}{}schema=new", store.url(), if store.url().contains('?') { '&' } else { '?' });
    assert_eq!(twice(&mut sql), 1);
    assert_same(&sql, &by_command(&store.url(), &to), 6);
}
