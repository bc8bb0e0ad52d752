//! A map whose rows refer to each other: whoever is referred to is carried first, whatever the order of keys, and rows in a
//! ring are rejected.

use cutover_codegen::sql::emit_dialect;
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::value::Kind::{Integer, Text};
use cutover_test_servers::{Database, Kind as Server};
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use std::fs;
use std::path::Path;

const LEGACY: &str = "CREATE TABLE person (id BIGINT NOT NULL PRIMARY KEY, boss BIGINT, name VARCHAR(20) NOT NULL);";

/// Chains upwards and downwards, a ring of two, somebody of their own, and those below them.
const ROWS: &str = "INSERT INTO person VALUES (1, 2, 'Ann'), (2, 3, 'Bo'), (3, NULL, 'Cy'), (4, 3, 'Di'), (5, 4, 'Ed'),
    (6, 7, 'Flo'), (7, 6, 'Gus'), (8, 8, 'Ida'), (9, 8, 'Jo'), (10, 99, 'Kim'), (11, 1, 'Lu');";

const MAP: &str = "language 1
legacy old = DIALECT \"legacy.sql\" timezone \"UTC\"
target new = DIALECT \"target.sql\" timezone \"UTC\"

map Person: old.person p -> new.human h {
  key p.id           -> h.legacy_id
  ref Person(p.boss) -> h.boss_id
  p.name             -> h.name
}
";

fn cutover(name: &str, folder: &Path, from: &Store, to: &Store) -> Ended {
    let mut command = command();
    command.arg(name).arg(folder.join("own.map")).args(["--from", &from.url(), "--to", &to.url()]);
    if name == "run" || name == "retry" {
        command.args(["--max-rejects", "any", "--batch", "2", "--by-server", "--load"]);
    }
    Ended::from(command.output().unwrap())
}

/// The target table, with the key as a dialect spells it.
fn target(key: &str) -> String {
    format!(
        "CREATE TABLE human (id {key}, legacy_id BIGINT NOT NULL UNIQUE, boss_id BIGINT, name VARCHAR(20) NOT NULL,
         FOREIGN KEY (boss_id) REFERENCES human (id));"
    )
}

#[test]
fn rows_follow_those_that_they_refer_to() {
    for engine in Engine::ALL {
        let (Some(from), Some(to)) = (Store::new(engine), Store::new(engine)) else { continue };
        let target = target(engine.counter());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("legacy.sql"), LEGACY).unwrap();
        fs::write(folder.path().join("target.sql"), &target).unwrap();
        fs::write(folder.path().join("own.map"), MAP.replace("DIALECT", engine.dialect().name())).unwrap();
        from.run(LEGACY);
        from.run(ROWS);
        to.run(&target);

        cutover("run", folder.path(), &from, &to).with(0);
        let query = "SELECT h.legacy_id, h.name, b.legacy_id FROM human h LEFT JOIN human b ON b.id = h.boss_id";
        let there = to.ask(query, &[Integer, Text, Integer]);
        let expected = ["11|Lu|1", "1|Ann|2", "2|Bo|3", "3|Cy|NULL", "4|Di|3", "5|Ed|4"];
        assert_eq!(there, expected, "{engine:?}");
        let rejected = to.ask("SELECT legacy_key FROM cutover_reject", &[Text]);
        assert_eq!(rejected, ["10", "6", "7", "8", "9"], "{engine:?}");
        let verified = cutover("verify", folder.path(), &from, &to);
        assert_eq!(verified.status, 0, "{engine:?}: {}{}", verified.out, verified.err);

        // Once the ring is open, its rows follow, one with each try.
        from.run("UPDATE person SET boss = NULL WHERE id = 7");
        cutover("retry", folder.path(), &from, &to).with(0);
        assert_eq!(to.ask("SELECT COUNT(*) FROM human", &[Integer]), ["7"], "{engine:?}");
        cutover("retry", folder.path(), &from, &to).with(0);
        assert_eq!(to.ask("SELECT COUNT(*) FROM human", &[Integer]), ["8"], "{engine:?}");
        cutover("rollback", folder.path(), &from, &to).with(0);
        assert_eq!(to.ask("SELECT COUNT(*) FROM human", &[Integer]), ["0"], "{engine:?}");
    }
}

/// The generated SQL carries in one go those whose boss is there, and the others each time that it runs again. It deletes
/// them all, though a server may look at each row that is deleted.
#[test]
fn the_generated_sql_carries_chains_and_takes_them_back() {
    let servers = [
        (Server::Postgres, Dialect::PostgreSql, "BIGSERIAL PRIMARY KEY"),
        (Server::MariaDb, Dialect::MariaDb, "BIGINT AUTO_INCREMENT PRIMARY KEY"),
    ];
    for (server, dialect, key) in servers {
        let Some(database) = Database::new(server) else { continue };
        // On MariaDB a schema is a database, which no other test may have.
        let map = MAP.replace("DIALECT", dialect.name()).replace(" old", " chainold").replace(" new", " chainnew");
        let mut load = |name: &str| Ok(if name == "legacy.sql" { LEGACY.into() } else { target(key).into_bytes() });
        let compiled = compile("own.map", &map, &mut load);
        let plan = compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
        let files = emit_dialect(&plan, dialect).unwrap();
        let script = |artefact: &str| files.get(&format!("sql/{dialect}/{artefact}.sql")).unwrap();
        database.schema("chainold", &format!("{LEGACY} {ROWS}"));
        database.schema("chainnew", &target(key));
        database.load(script("migration_table"));
        let mut counts = Vec::new();
        for _ in 0..5 {
            database.load(script("forward"));
            counts.push(database.ask("SELECT COUNT(*) FROM chainnew.human").concat());
        }
        assert_eq!(counts, ["1", "3", "5", "6", "6"], "{dialect}");
        let query = "SELECT h.legacy_id, b.legacy_id FROM chainnew.human h LEFT JOIN chainnew.human b ON b.id = h.boss_id \
            ORDER BY h.legacy_id";
        assert_eq!(database.ask(query), ["1|2", "2|3", "3|-", "4|3", "5|4", "11|1"], "{dialect}");
        database.load(script("rollback"));
        assert_eq!(database.ask("SELECT COUNT(*) FROM chainnew.human"), ["0"], "{dialect}");
    }
}
