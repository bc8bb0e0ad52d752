//! Rows that the target does not let go, or that others in the same server refer to, stay with a rollback; nothing is taken
//! for deleted that is still there.

use cutover_runtime::value::Kind::{Integer, Text};
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const LEGACY: &str = "CREATE TABLE p (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);";

fn mapping(folder: &Path, engine: Engine, target: &str, rules: &str) {
    fs::write(folder.join("old.sql"), LEGACY).unwrap();
    fs::write(folder.join("new.sql"), target).unwrap();
    let text = format!(
        "language 1\nlegacy old = sqlite \"old.sql\"\ntarget new = {} \"new.sql\"\nmap M: old.p p -> new.a t {{\n{rules}}}\n",
        engine.dialect()
    );
    fs::write(folder.join("m.map"), text).unwrap();
}

fn cutover(name: &str, folder: &Path, from: &Store, to: &Store) -> Ended {
    let mut command = command();
    command.arg(name).arg(folder.join("m.map")).args(["--from", &from.url(), "--to", &to.url()]);
    Ended::from(command.output().unwrap())
}

/// Refuses the deletion of N4 by an error, that of N2 without a word where the engine can do that; N5 is referred to from
/// elsewhere, by a row that a deletion would take along.
fn guard(to: &Store) -> (Vec<&'static str>, &'static str, Option<String>) {
    match to {
        Store::File(_) => {
            to.run(
                "CREATE TRIGGER keep BEFORE DELETE ON a WHEN old.name = 'N2' BEGIN SELECT RAISE(IGNORE); END;
                 CREATE TRIGGER guard BEFORE DELETE ON a WHEN old.name = 'N4' BEGIN SELECT RAISE(ABORT, 'no way'); END;",
            );
            (vec!["N2", "N4"], "DROP TRIGGER keep; DROP TRIGGER guard;", None)
        }
        Store::Server(Engine::Postgres, _) => {
            to.run(
                "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF old.name = 'N2' THEN RETURN NULL; END IF;
                   IF old.name = 'N4' THEN RAISE EXCEPTION 'no way' USING ERRCODE = 'check_violation'; END IF;
                   RETURN old; END $$;
                 CREATE TRIGGER guard BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION guard();
                 CREATE TABLE orders (a bigint); CREATE SCHEMA shop;
                 CREATE TABLE shop.orders (a bigint REFERENCES public.a (id) ON DELETE CASCADE);
                 INSERT INTO shop.orders SELECT id FROM public.a WHERE name = 'N5';",
            );
            let away = "DROP TRIGGER guard ON a; DROP TABLE shop.orders;";
            (vec!["N2", "N4", "N5"], away, Some("shop.orders".to_string()))
        }
        Store::Server(_, database) => {
            to.run(
                "CREATE TRIGGER guard BEFORE DELETE ON a FOR EACH ROW
                   IF old.name = 'N4' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no way'; END IF",
            );
            let (shop, own) = (format!("{}_shop", database.name()), database.name());
            let orders = format!(
                "CREATE TABLE orders (a bigint, FOREIGN KEY (a) REFERENCES {own}.a (id) ON DELETE CASCADE);
                 INSERT INTO orders SELECT id FROM {own}.a WHERE name = 'N5';"
            );
            database.schema(&shop, &orders);
            (vec!["N4", "N5"], "DROP TRIGGER guard;", Some(format!("{shop}.orders")))
        }
    }
}

/// Six rows, N1 to N6, that were carried; none if there is no server of an engine.
fn carried(engine: Engine) -> Option<(TempDir, Store, Store)> {
    let (folder, from, to) = (tempfile::tempdir().unwrap(), Store::new(Engine::Sqlite)?, Store::new(engine)?);
    let target = format!("CREATE TABLE a (id {}, name varchar(20) NOT NULL);", engine.counter());
    mapping(folder.path(), engine, &target, "  key p.id\n  p.name <-> t.name\n");
    from.run(LEGACY);
    (1..=6).for_each(|id| from.run(&format!("INSERT INTO p VALUES ({id}, 'N{id}')")));
    to.run(&target);
    cutover("run", folder.path(), &from, &to).with(0);
    Some((folder, from, to))
}

#[test]
fn what_is_kept_without_a_word_is_noticed() {
    let guards = [
        (
            Engine::Sqlite,
            "CREATE TRIGGER keep BEFORE DELETE ON a WHEN old.name = 'N2' BEGIN SELECT RAISE(IGNORE); END;",
        ),
        (Engine::Postgres, "CREATE RULE keep AS ON DELETE TO a WHERE old.name = 'N2' DO INSTEAD NOTHING;"),
    ];
    for (engine, guard) in guards {
        let Some((folder, from, to)) = carried(engine) else { continue };
        to.run(guard);
        cutover("rollback", folder.path(), &from, &to).with(1);
        assert_eq!(to.ask("SELECT name FROM a", &[Text]), ["N2"], "{engine:?}");
        assert_eq!(to.ask("SELECT COUNT(*) FROM cutover_map_m", &[Integer]), ["1"], "{engine:?}");
        cutover("run", folder.path(), &from, &to).with(0);
        assert_eq!(to.ask("SELECT name FROM a", &[Text]), ["N1", "N2", "N3", "N4", "N5", "N6"], "{engine:?}");
    }
}

#[test]
fn what_is_guarded_stays_and_the_rest_is_taken_back() {
    for engine in Engine::ALL {
        let Some((folder, from, to)) = carried(engine) else { continue };
        let (stay, away, orders) = guard(&to);
        let names = || to.ask("SELECT name FROM a", &[Text]);
        for _ in 0..2 {
            let ended = cutover("rollback", folder.path(), &from, &to).with(1);
            assert_eq!(names(), stay, "{engine:?}: {}{}", ended.out, ended.err);
            let entries = to.ask("SELECT COUNT(*) FROM cutover_map_m", &[Integer]);
            assert_eq!(entries, [stay.len().to_string()], "{engine:?}");
            if let Some(orders) = &orders {
                assert_eq!(to.ask(&format!("SELECT COUNT(*) FROM {orders}"), &[Integer]), ["1"], "{engine:?}");
            }
        }
        // Nothing that stayed comes twice.
        cutover("run", folder.path(), &from, &to).with(0);
        assert_eq!(names(), ["N1", "N2", "N3", "N4", "N5", "N6"], "{engine:?}");
        to.run(away);
        if let (Engine::MariaDb, Some(orders)) = (engine, &orders) {
            to.run(&format!("DROP TABLE {orders}"));
        }
        cutover("rollback", folder.path(), &from, &to).with(0);
        assert!(names().is_empty(), "{engine:?}");
    }
}

#[test]
fn keys_of_texts_are_compared_whatever_their_collation() {
    for engine in Engine::ALL {
        let (Some(from), Some(to)) = (Store::new(Engine::Sqlite), Store::new(engine)) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let collation = if engine == Engine::MariaDb { "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" } else { "" };
        let target = format!("CREATE TABLE a (code varchar(20) {collation} NOT NULL PRIMARY KEY, id bigint NOT NULL);");
        mapping(folder.path(), engine, &target, "  key p.id\n  p.id -> t.id\n  p.name <-> t.code\n");
        from.run(LEGACY);
        from.run("INSERT INTO p VALUES (1, 'a'), (2, 'A'), (3, 'é'), (4, 'z z')");
        to.run(&target);
        cutover("run", folder.path(), &from, &to).with(0);
        to.run("INSERT INTO a VALUES ('born here', 9)");
        let ended = cutover("verify", folder.path(), &from, &to).with(1);
        assert!(ended.out.contains("1 deviation"), "{engine:?}: {}{}", ended.out, ended.err);
        cutover("rollback", folder.path(), &from, &to).with(0);
        assert_eq!(to.ask("SELECT code FROM a", &[Text]), ["born here"], "{engine:?}");
    }
}
