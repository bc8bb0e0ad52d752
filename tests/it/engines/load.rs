//! Load mode: rows and rejects are those of a live run, and whatever happens, every index and foreign key comes back as it
//! was.

use crate::engines::opal::{assert_same, content, target};
use cutover_runtime::value::Kind;
use cutover_tests::command::{Ended, command, cutover, url};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::{Pair, map};
use cutover_tests::rows::{Rows, add};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::MariaDb];

/// The points at which a run in load mode can die, and at which hit.
const POINTS: [(&str, u32); 9] = [
    ("load.before_log", 1),
    ("load.logged", 1),
    ("load.taken_off", 1),
    ("load.taken_off", 6),
    ("run.before_commit", 5),
    ("load.before_put_back", 1),
    ("load.put_back", 1),
    ("load.put_back", 3),
    ("load.struck_out", 2),
];

/// A legacy side with rows that are rejected.
fn legacy() -> &'static Pair {
    static LEGACY: OnceLock<Pair> = OnceLock::new();
    LEGACY.get_or_init(|| {
        let pair = Pair::empty();
        add(&pair.legacy(), Rows { first: 1, patients: 400, odd: 20, seed: 11 });
        pair
    })
}

fn run(to: &Store, batch: &str, more: &[&str]) -> Command {
    let mut command = command();
    command.arg("run").arg(map()).args(["--from", &url(&legacy().legacy()), "--to", &to.url()]);
    command.args(["--max-rejects", "any", "--batch", batch]).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn finish(to: &Store, more: &[&str]) -> Ended {
    Ended::from(run(to, "100", more).output().unwrap())
}

/// Runs the example with the engine's failpoints, and has it die at one.
fn die(to: &Store, (point, at): (&str, u32)) {
    let mut failing = Command::new(env!("CARGO_BIN_EXE_cutover-failing"));
    failing.arg(map()).args([url(&legacy().legacy()), to.url(), "load".into()]);
    let output = failing.env("CUTOVER_FAILPOINT", format!("{point}=abort@{at}")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), None, "{:?} {point}@{at} does not die: {told}", to.engine());
}

/// What the catalogue says of all indexes and foreign keys, of a server's own words for them.
fn definitions(store: &Store) -> Vec<String> {
    let Store::Server(engine, database) = store else { panic!("a file has no server") };
    let mut all = match engine {
        Engine::MariaDb => {
            let tables = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                          AND TABLE_NAME NOT LIKE 'cutover%'";
            let tables = database.ask(tables);
            let table = |name: &String| {
                let shown = database.ask(&format!("SHOW CREATE TABLE `{name}`")).concat();
                // The counter is that of the rows, and the order of indexes that of their making.
                let lines = shown.lines().filter(|line| !line.starts_with(')'));
                let line = |line: &str| format!("{name}: {}", line.trim().trim_end_matches(','));
                lines.map(line).collect::<Vec<_>>()
            };
            tables.iter().flat_map(table).collect()
        }
        _ => database.ask(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'cutover%' UNION ALL \
             SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated::text) \
             FROM pg_constraint WHERE contype = 'f'",
        ),
    };
    all.sort();
    all
}

fn off(store: &Store) -> Vec<String> {
    store.ask("SELECT kind, table_name, name FROM cutover_taken_off", &[Kind::Text; 3])
}

/// A live run on an engine: what it writes, and what its target looks like.
fn live(engine: Engine) -> Option<(Vec<Vec<String>>, Vec<String>)> {
    let store = target(engine)?;
    let before = definitions(&store);
    finish(&store, &[]).with(0);
    assert_eq!(definitions(&store), before, "{engine:?}: a live run takes nothing off");
    Some((content(&store), before))
}

#[test]
fn load_mode_leaves_what_a_live_run_leaves() {
    for engine in SERVERS {
        let Some((expected, definitions)) = live(engine) else { continue };
        let store = target(engine).unwrap();
        let ended = finish(&store, &["--load"]).with(0);
        assert_same(&content(&store), &expected, &format!("{engine:?}"));
        assert_eq!(self::definitions(&store), definitions, "{engine:?}");
        assert!(ended.err.contains("indexes and foreign keys off"), "{engine:?}: {}", ended.err);
        assert_eq!(off(&store), Vec::<String>::new(), "{engine:?}");
        assert!(finish(&store, &["--load"]).with(0).out.contains("nothing to migrate"));
        assert_eq!(self::definitions(&store), definitions, "{engine:?}: after a second run");
    }
}

#[test]
fn a_run_that_dies_anywhere_leaves_nothing_off_for_good() {
    for engine in SERVERS {
        let Some((expected, definitions)) = live(engine) else { continue };
        for (at, point) in POINTS.into_iter().enumerate() {
            let store = target(engine).unwrap();
            die(&store, point);
            let what = format!("{engine:?} after {point:?}");
            // The lock of the dead one goes once the server notices.
            let next = |more: &[&str]| {
                let next = (0..50).map(|_| finish(&store, more)).find(|ended| {
                    sleep(Duration::from_millis(100));
                    !ended.err.contains("another runner")
                });
                next.unwrap().with(0)
            };
            match at % 3 {
                // Who goes on in load mode keeps off what is off.
                0 => drop(next(&["--load"])),
                1 => drop(next(&[])),
                _ => {
                    let restored = (0..50).map(|_| cutover(["restore", "--to", &store.url()])).find(|ended| {
                        sleep(Duration::from_millis(100));
                        !ended.err.contains("another runner")
                    });
                    restored.unwrap().with(0);
                    assert_eq!(self::definitions(&store), definitions, "{what}, restored");
                    next(&[]);
                }
            }
            assert_eq!(self::definitions(&store), definitions, "{what}");
            assert_eq!(off(&store), Vec::<String>::new(), "{what}");
            assert_same(&content(&store), &expected, &what);
        }
    }
}

/// Also when the operator, the deadline or the budget of rejects ends it.
#[test]
fn a_run_that_stops_early_puts_everything_back() {
    for engine in SERVERS {
        let Some(store) = target(engine) else { continue };
        let before = definitions(&store);
        finish(&store, &["--load", "--for", "0s"]).with(3);
        assert_eq!(definitions(&store), before, "{engine:?}: deadline");
        let mut command = command();
        command.arg("run").arg(map()).args(["--from", &url(&legacy().legacy()), "--to", &store.url(), "--load"]);
        let ended = Ended::from(command.output().unwrap()).with(1);
        assert!(ended.out.contains("rejected, 0 allowed"), "{engine:?}: {}", ended.out);
        assert_eq!(definitions(&store), before, "{engine:?}: budget of rejects");
        assert_eq!(off(&store), Vec::<String>::new(), "{engine:?}");
    }
}

#[test]
fn a_run_that_is_killed_is_told_by_status_and_mended_by_the_next_command() {
    for engine in SERVERS {
        let Some((expected, definitions)) = live(engine) else { continue };
        let store = target(engine).unwrap();
        let mut child = run(&store, "1", &["--load", "--streams", "1"]).spawn().unwrap();
        // Rows arrive once everything is off.
        let mut watcher = store.target();
        let begun = (0..600).any(|_| {
            sleep(Duration::from_millis(20));
            let batches = watcher.columns("cutover_batch").unwrap().is_some();
            batches && store.ask("SELECT COUNT(*) FROM cutover_batch", &[Kind::Integer]) != ["0"]
        });
        child.kill().unwrap();
        assert_eq!((begun, child.wait().unwrap().code()), (true, None), "{engine:?}");
        assert_ne!(self::definitions(&store), definitions, "{engine:?}: nothing was off");
        let count = off(&store).len();
        let told = format!("{count} indexes and foreign keys are off");
        let status = (0..50).map(|_| cutover(["status", "--to", &store.url()])).find(|status| {
            sleep(Duration::from_millis(100));
            status.status == 1
        });
        let status = status.unwrap();
        assert!(status.out.contains(&told) && status.out.contains("cutover restore"), "{engine:?}: {}", status.out);
        let verify = ["verify", map().to_str().unwrap(), "--to", &store.url(), "--from", &url(&legacy().legacy())]
            .map(String::from);
        let verify = cutover(verify.iter()).with(1);
        assert!(verify.out.contains(&told), "{engine:?}: {}", verify.out);
        let ended = finish(&store, &[]).with(0);
        assert!(ended.err.contains(&format!("{count} of {count} indexes and foreign keys are back")), "{}", ended.err);
        assert_eq!(self::definitions(&store), definitions, "{engine:?}");
        assert_same(&content(&store), &expected, &format!("{engine:?}"));
        assert_eq!(cutover(["status", "--to", &store.url()]).status, 0);
    }
}

/// Tables whose indexes and foreign keys have names that nobody should give.
struct Hostile {
    _folder: TempDir,
    map: PathBuf,
    from: Store,
    to: Store,
}

impl Hostile {
    fn new(engine: Engine) -> Option<Hostile> {
        let (from, to) = (Store::new(Engine::Sqlite)?, Store::new(engine)?);
        let folder = tempfile::tempdir().unwrap();
        let legacy = "CREATE TABLE boss (id integer PRIMARY KEY, name text NOT NULL);\n\
                      CREATE TABLE worker (id integer PRIMARY KEY, boss integer, town integer);\n";
        let mark = if engine == Engine::MariaDb { '`' } else { '"' };
        let counter = if engine == Engine::MariaDb { "bigint AUTO_INCREMENT" } else { "bigserial" };
        let quote = |name: &str| format!("{mark}{}{mark}", name.replace(mark, &format!("{mark}{mark}")));
        let tables = format!(
            "CREATE TABLE town (id bigint NOT NULL PRIMARY KEY);\n\
             CREATE TABLE boss (id {counter} PRIMARY KEY, legacy_id bigint NOT NULL UNIQUE, name varchar(80) NOT NULL, \
             CONSTRAINT {unique} UNIQUE (name, legacy_id));\n\
             CREATE TABLE worker (id {counter} PRIMARY KEY, legacy_id bigint NOT NULL UNIQUE, boss_id bigint NULL, \
             town_id bigint NULL, spare_id bigint NULL, \
             CONSTRAINT {proven} FOREIGN KEY (boss_id) REFERENCES boss (id) ON DELETE CASCADE ON UPDATE SET NULL, \
             CONSTRAINT {empty} FOREIGN KEY (spare_id) REFERENCES boss (id), \
             CONSTRAINT {open} FOREIGN KEY (town_id) REFERENCES town (id));\n",
            unique = quote("only \"one\" of `them`"),
            proven = quote("it's \"the\" `boss`; --"),
            empty = quote("spare, one"),
            open = quote("a town (or none)"),
        );
        let more = format!(
            "CREATE INDEX {} ON boss (name);\nCREATE INDEX {} ON worker (spare_id, boss_id);\n\
             CREATE INDEX {} ON worker (town_id);\n",
            quote("by \"name\", `or` so; DROP TABLE boss --"),
            quote("two\nlines"),
            quote("town ' index"),
        );
        fs::write(folder.path().join("legacy.sql"), legacy).unwrap();
        fs::write(folder.path().join("target.sql"), &tables).unwrap();
        let dialect = if engine == Engine::MariaDb { "mariadb" } else { "postgresql" };
        let map = folder.path().join("hostile.map");
        let text = format!(
            "language 1\n\nlegacy old = sqlite \"legacy.sql\" timezone \"UTC\"\n\
             target new = {dialect} \"target.sql\" timezone \"UTC\"\n\n\
             map Boss: old.boss b -> new.boss t {{\n  key b.id <-> t.legacy_id\n  \
             b.name -> t.name allow(narrow) \"short enough\"\n}}\n\n\
             map Worker: old.worker w -> new.worker t {{\n  key w.id <-> t.legacy_id\n  \
             ref Boss(w.boss) -> t.boss_id\n  w.town -> t.town_id\n  null -> t.spare_id\n}}\n"
        );
        fs::write(&map, text).unwrap();
        from.run(legacy);
        from.run(
            "INSERT INTO boss VALUES (1, 'Ann'), (2, 'Bo'), (3, 'Cy');
             INSERT INTO worker VALUES (1, 1, 7), (2, 2, 8), (3, 3, NULL), (4, NULL, 7), (5, 9, 7), (6, 1, 99)",
        );
        to.run(&tables);
        to.run(&more);
        to.run("INSERT INTO town VALUES (7), (8)");
        Some(Hostile { _folder: folder, map, from, to })
    }

    fn cutover(&self, name: &str, more: &[&str]) -> Ended {
        let mut command = command();
        command.arg(name).arg(&self.map).args(["--from", &self.from.url(), "--to", &self.to.url()]).args(more);
        Ended::from(command.output().unwrap())
    }

    fn die(&self, point: &str) {
        let mut failing = Command::new(env!("CARGO_BIN_EXE_cutover-failing"));
        failing.arg(Path::new(&self.map)).args([self.from.url(), self.to.url(), "load".into()]);
        let output = failing.env("CUTOVER_FAILPOINT", format!("{point}=abort")).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), None, "{:?} {point} does not die: {told}", self.to.engine());
    }

    /// Runs a command that waits until the server has noticed that the last one is dead.
    fn next(&self, name: &str, more: &[&str]) -> Ended {
        let next = (0..50).map(|_| self.cutover(name, more)).find(|ended| {
            sleep(Duration::from_millis(100));
            !ended.err.contains("another runner")
        });
        next.unwrap()
    }

    fn rejected(&self) -> Vec<String> {
        self.to.ask("SELECT map, legacy_key, rule FROM cutover_reject", &[Kind::Text; 3])
    }

    fn workers(&self) -> Vec<String> {
        let query = "SELECT w.legacy_id, b.legacy_id, w.town_id, w.spare_id FROM worker w
                     LEFT JOIN boss b ON b.id = w.boss_id";
        self.to.ask(query, &[Kind::Integer; 4])
    }
}

/// A foreign key that decides which rows are rejected stays on.
#[test]
fn rows_are_rejected_as_in_a_live_run_whatever_things_are_called() {
    for engine in SERVERS {
        let Some(live) = Hostile::new(engine) else { continue };
        live.cutover("run", &["--max-rejects", "any"]).with(0);
        let loaded = Hostile::new(engine).unwrap();
        let before = definitions(&loaded.to);
        loaded.die("load.put_back");
        let off = off(&loaded.to);
        assert!(off.iter().any(|off| off.contains("it's \"the\" `boss`; --")), "{engine:?}: {off:#?}");
        assert!(off.iter().any(|off| off.contains("spare, one")), "{engine:?}: {off:#?}");
        assert!(off.iter().any(|off| off.contains("or` so; DROP TABLE boss")), "{engine:?}: {off:#?}");
        assert!(!off.iter().any(|off| off.contains("a town") || off.contains("only")), "{engine:?}: {off:#?}");
        loaded.next("run", &["--max-rejects", "any"]).with(0);
        assert_eq!(definitions(&loaded.to), before, "{engine:?}");
        assert_eq!(live.rejected().len(), 2, "{engine:?}: {:?}", live.rejected());
        assert_eq!(loaded.rejected(), live.rejected(), "{engine:?}");
        assert_eq!(loaded.workers(), live.workers(), "{engine:?}");
        loaded.cutover("verify", &[]).with(0);
    }
}

#[test]
fn what_somebody_else_wrote_in_the_meantime_is_told_and_can_be_mended() {
    for engine in SERVERS {
        let Some(hostile) = Hostile::new(engine) else { continue };
        let before = definitions(&hostile.to);
        hostile.die("load.before_put_back");
        hostile.to.run("INSERT INTO worker (legacy_id, boss_id) VALUES (100, 100)");
        let told =
            ["foreign key it's \"the\" `boss`; -- of table worker cannot be put back", "correct the rows of worker"];
        hostile.next("run", &["--max-rejects", "any"]).with(4).says(&told);
        let left = off(&hostile.to);
        assert_eq!(left.len(), 1, "{engine:?}: all others are back: {left:#?}");
        cutover(["restore", "--to", &hostile.to.url()]).with(4).says(&told);
        hostile.to.run("DELETE FROM worker WHERE legacy_id = 100");
        let restored = cutover(["restore", "--to", &hostile.to.url()]).with(0);
        assert!(restored.out.contains("1 index or foreign key put back"), "{engine:?}: {}", restored.out);
        assert_eq!(definitions(&hostile.to), before, "{engine:?}");
        assert!(cutover(["restore", "--to", &hostile.to.url()]).with(0).out.contains("nothing is off"));
        hostile.cutover("rollback", &[]).with(0);
        assert_eq!(definitions(&hostile.to), before, "{engine:?}");
    }
}

/// What refers to a row that somebody has deleted is rejected, so its foreign key stays.
#[test]
fn a_reference_to_a_row_that_is_gone_keeps_its_foreign_key() {
    for engine in SERVERS {
        let Some(hostile) = Hostile::new(engine) else { continue };
        hostile.from.run("CREATE TABLE later AS SELECT * FROM worker; DELETE FROM worker");
        hostile.cutover("run", &[]).with(0);
        hostile.from.run("INSERT INTO worker SELECT * FROM later");
        hostile.to.run("DELETE FROM boss WHERE legacy_id = 2");
        let before = definitions(&hostile.to);
        hostile.cutover("run", &["--load", "--max-rejects", "any"]).with(0);
        let rejected = hostile.rejected();
        assert!(rejected.contains(&"Worker|2|target_foreign_key".to_string()), "{engine:?}: {rejected:?}");
        assert_eq!(definitions(&hostile.to), before, "{engine:?}");
    }
}

/// Also when it was off already: what could not be violated when a run died can be now.
#[test]
fn a_reference_to_a_row_that_goes_while_it_is_off_brings_its_foreign_key_back() {
    for engine in SERVERS {
        let Some(hostile) = Hostile::new(engine) else { continue };
        hostile.from.run("CREATE TABLE later AS SELECT * FROM worker; DELETE FROM worker");
        let before = definitions(&hostile.to);
        hostile.die("load.before_put_back");
        hostile.from.run("INSERT INTO worker SELECT * FROM later");
        assert!(off(&hostile.to).iter().any(|off| off.contains("`boss`; --")), "{engine:?}");
        hostile.to.run("DELETE FROM boss WHERE legacy_id = 2");
        hostile.next("run", &["--load", "--max-rejects", "any"]).with(0);
        let rejected = hostile.rejected();
        assert!(rejected.contains(&"Worker|2|target_foreign_key".to_string()), "{engine:?}: {rejected:?}");
        assert_eq!(definitions(&hostile.to), before, "{engine:?}");
    }
}

/// Something else under the name of what was taken off is neither dropped nor taken for it.
#[test]
fn another_index_of_the_same_name_is_told() {
    for engine in SERVERS {
        let Some(hostile) = Hostile::new(engine) else { continue };
        hostile.to.run("CREATE INDEX plain ON boss (name)");
        hostile.die("load.before_put_back");
        hostile.to.run("CREATE INDEX plain ON boss (legacy_id, name)");
        let told = ["there is another index plain of table boss now", "cutover_taken_off"];
        for more in [&[][..], &["--load"]] {
            hostile.next("run", more).with(4).says(&told);
        }
        let drop = if engine == Engine::MariaDb { "DROP INDEX plain ON boss" } else { "DROP INDEX plain" };
        hostile.to.run(drop);
        cutover(["restore", "--to", &hostile.to.url()]).with(0);
        assert_eq!(off(&hostile.to), Vec::<String>::new(), "{engine:?}");
    }
}

/// A foreign key that was killed between its two steps is checked, and what a definition does not say keeps a thing on.
#[test]
fn on_postgresql_half_a_foreign_key_is_finished_and_a_comment_keeps_an_index() {
    let Some(hostile) = Hostile::new(Engine::Postgres) else { return };
    hostile.to.run("CREATE INDEX noted ON worker (spare_id); COMMENT ON INDEX noted IS 'mine'");
    let before = definitions(&hostile.to);
    hostile.die("load.before_put_back");
    assert!(!off(&hostile.to).iter().any(|off| off.contains("noted")));
    let add = hostile.to.ask("SELECT put_back FROM cutover_taken_off WHERE name = 'spare, one'", &[Kind::Text]);
    hostile.to.run(&format!("{} NOT VALID", add[0]));
    assert_ne!(definitions(&hostile.to), before);
    hostile.next("run", &["--max-rejects", "any"]).with(0);
    assert_eq!(definitions(&hostile.to), before);
}
