//! Rows that collide under the collation of the target only, on every engine.

use cutover_tests::command::command;
use cutover_tests::engines::{Engine, Store};
use serde_json::Value;
use std::fs;

const LEGACY: &str = "CREATE TABLE member (id integer PRIMARY KEY, name text NOT NULL, town text NOT NULL);\n";

const TARGET: [(Engine, &str, &str); 3] = [
    (
        Engine::Sqlite,
        "sqlite",
        "CREATE TABLE person (id integer PRIMARY KEY AUTOINCREMENT, legacy_id integer NOT NULL UNIQUE, \
         name varchar(40) NOT NULL COLLATE NOCASE UNIQUE, town text NOT NULL);\n",
    ),
    (
        Engine::Postgres,
        "postgresql",
        "CREATE TABLE person (id bigserial PRIMARY KEY, legacy_id bigint NOT NULL UNIQUE, \
         name varchar(40) NOT NULL UNIQUE, town text NOT NULL);\n",
    ),
    (
        Engine::MariaDb,
        "mariadb",
        "CREATE TABLE person (id bigint AUTO_INCREMENT PRIMARY KEY, legacy_id bigint NOT NULL UNIQUE, \
         name varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL UNIQUE, town text NOT NULL) ENGINE=InnoDB;\n",
    ),
];

const MAP: &str = "map Member: old.member m -> new.person p {\n  key m.id <-> p.legacy_id\n  \
                   m.name -> p.name allow(narrow) \"short\"\n  m.town -> p.town\n}\n";

#[test]
fn collisions_under_the_collation_of_the_target_are_found() {
    for (engine, dialect, ddl) in TARGET {
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
            cutover_tests::command::Ended::from(command.output().unwrap())
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
        run("run", &["--max-rejects", "any"]).with(0);
        let refused = target.ask("SELECT legacy_key FROM cutover_reject", &[cutover_runtime::value::Kind::Text]);
        assert_eq!(keys, refused, "{dialect}");
        let expected: &[&str] = match engine {
            Engine::Sqlite => &["10", "2", "9"],
            Engine::Postgres => &["10"],
            Engine::MariaDb => &["10", "2", "4", "6", "8", "9"],
        };
        assert_eq!(keys, expected, "{dialect}");
    }
}
