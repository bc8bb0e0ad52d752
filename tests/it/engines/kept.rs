//! A rollback keeps rows that somebody has changed since, also in columns that the mapping does not write.

use cutover_runtime::value::Kind;
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use std::fs;

const LEGACY: &str = "CREATE TABLE src (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);";

fn target_ddl(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => {
            "CREATE TABLE dst (id integer PRIMARY KEY AUTOINCREMENT, legacy_id bigint UNIQUE, name varchar(20) NOT NULL,
             note varchar(20), flag boolean NOT NULL DEFAULT false, meta text NOT NULL DEFAULT '{}',
             price numeric(8,2) NOT NULL DEFAULT 0, word varchar(20) NOT NULL DEFAULT 'it''s',
             made timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);"
        }
        Engine::Postgres => {
            "CREATE TABLE dst (id bigserial PRIMARY KEY, legacy_id bigint UNIQUE, name varchar(20) NOT NULL,
             note varchar(20), flag boolean NOT NULL DEFAULT false, meta jsonb NOT NULL DEFAULT '{}',
             price numeric(8,2) NOT NULL DEFAULT 0, word varchar(20) NOT NULL DEFAULT 'it''s',
             made timestamptz NOT NULL DEFAULT now());"
        }
        Engine::MariaDb => {
            "CREATE TABLE dst (id bigint PRIMARY KEY AUTO_INCREMENT, legacy_id bigint UNIQUE, name varchar(20) NOT NULL,
             note varchar(20), flag tinyint NOT NULL DEFAULT 0, meta longtext NOT NULL DEFAULT '{}',
             price decimal(8,2) NOT NULL DEFAULT 0, word varchar(20) NOT NULL DEFAULT 'it''s',
             made timestamp NOT NULL DEFAULT current_timestamp());"
        }
    }
}

#[test]
fn rows_stay_that_were_changed_in_columns_of_no_rule() {
    for engine in Engine::ALL {
        let (Some(from), Some(to)) = (Store::new(Engine::Sqlite), Store::new(engine)) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let map = folder.path().join("kept.map");
        let dialect = engine.dialect();
        let text = format!(
            "language 1\nlegacy old = sqlite \"old.sql\"\ntarget new = {dialect} \"new.sql\"\n\
             map M: old.src a -> new.dst t {{\n  key a.id <-> t.legacy_id\n  a.name <-> t.name\n}}\n"
        );
        fs::write(&map, text).unwrap();
        fs::write(folder.path().join("old.sql"), LEGACY).unwrap();
        // A column that takes null must be given; to the mapping this one has a default, to the database it has none.
        fs::write(
            folder.path().join("new.sql"),
            target_ddl(engine).replace("note varchar(20)", "note varchar(20) DEFAULT 'x'"),
        )
        .unwrap();
        from.run(LEGACY);
        (1..=8).for_each(|id| from.run(&format!("INSERT INTO src VALUES ({id}, 'N{id}')")));
        to.run(target_ddl(engine));
        let cutover = |name: &str| {
            let mut command = command();
            command.arg(name).arg(&map).args(["--to", &to.url()]);
            if name == "run" {
                command.args(["--from", &from.url()]);
            }
            Ended::from(command.output().unwrap())
        };
        cutover("run").with(0);
        let changes = [
            "note = 'hello' WHERE legacy_id = 2",
            "flag = (1 = 1) WHERE legacy_id = 3",
            "meta = '{\"invoice\": 77}' WHERE legacy_id = 4",
            "price = 0.01 WHERE legacy_id = 5",
            "word = 'IT''S' WHERE legacy_id = 6",
            "name = 'other' WHERE legacy_id = 7",
        ];
        changes.iter().for_each(|change| to.run(&format!("UPDATE dst SET {change}")));
        if engine != Engine::Sqlite {
            // As Django adds a column: with a default that is gone afterwards.
            to.run("ALTER TABLE dst ADD COLUMN later varchar(5) DEFAULT 'x' NOT NULL");
            to.run("ALTER TABLE dst ALTER COLUMN later DROP DEFAULT");
        }
        let ended = cutover("rollback").with(1);
        let kept = to.ask("SELECT legacy_id FROM dst", &[Kind::Integer]);
        assert_eq!(kept, ["2", "3", "4", "5", "6", "7"], "{engine:?}: {}", ended.out);
    }
}
