//! Where one server holds both sides, it carries rows by itself: what arrives is what arrives row by row, whatever the
//! rows are like and whenever the run is disturbed.

use cutover_codegen::disk;
use cutover_codegen::sql::{SetStatements, set_statements};
use cutover_runtime::connection::Connection;
use cutover_runtime::report::RunReport;
use cutover_runtime::set::{SetStep, SetSteps};
use cutover_runtime::value::Kind::{Integer, Text};
use cutover_runtime::value::Row;
use cutover_runtime::{RunError, RunOptions, Silent, failpoint, run};
use cutover_tests::command::{Ended, binary, command};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::random::Random;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::MariaDb];

const PEOPLE: u64 = 3000;

const MAPPING: &str = r#"language 1

legacy old = DIALECT "legacy.sql" timezone "UTC"
target new = DIALECT "target.sql" timezone "UTC"

values Kind: text -> text {
  "A" -> "adult"
  "C" -> "child"
  _   -> reject "no such kind"
}

leave old.staff "they stay"

map City: old.city c -> new.town t {
  key c.id -> t.legacy_id
  c.name   -> t.name   allow(narrow) "short names"
}

map Person: old.person p
  join optional old.city h on h.id == p.city_id
  -> new.human t, new.contact k when p.mail != "" and p.age >= 18
  where p.age >= 0
{
  key p.id           -> t.legacy_id
  reject "on the staff" when exists old.staff s on s.person_id == p.id
  into t {
    trim(p.name)             -> name   values { not "" } else reject "no name"  allow(narrow) "short names"
    p.kind via Kind          -> kind
    p.code                   -> code   allow(narrow) "short codes"
    coalesce(h.name, "none") -> home   allow(narrow) "short names"
    p.age                    -> age
    ref City(p.city_id)      -> town_id
    generated uuid()         -> token
  }
  into k {
    ref t                       -> human_id
    before(p.mail, "@") ++ "!"  -> mail
  }
}
"#;

const LEGACY: &str = "
CREATE TABLE city (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL);
CREATE TABLE staff (person_id BIGINT NOT NULL PRIMARY KEY);
CREATE TABLE person (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, kind VARCHAR(5) NOT NULL,
  code VARCHAR(40) NOT NULL, age INT NOT NULL, city_id BIGINT, mail VARCHAR(80) NOT NULL);
";

const TARGET: &str = "
CREATE TABLE town (id KEY, legacy_id BIGINT NOT NULL UNIQUE, name VARCHAR(20) NOT NULL);
CREATE TABLE human (id KEY, legacy_id BIGINT NOT NULL UNIQUE, name VARCHAR(20) NOT NULL, kind VARCHAR(10) NOT NULL,
  code VARCHAR(12) NOT NULL UNIQUE, home VARCHAR(20) NOT NULL, age INT NOT NULL, town_id BIGINT,
  token VARCHAR(36) NOT NULL, CONSTRAINT not_too_old CHECK (age < 130), FOREIGN KEY (town_id) REFERENCES town (id));
CREATE TABLE contact (id KEY, human_id BIGINT NOT NULL, mail VARCHAR(90) NOT NULL,
  FOREIGN KEY (human_id) REFERENCES human (id));
";

/// Both sides on one server, filled with dirt, and the mapping between them.
struct Ground {
    folder: tempfile::TempDir,
    legacy: Store,
    from: String,
    target: Store,
    to: String,
}

impl Ground {
    fn new(engine: Engine) -> Option<Ground> {
        let folder = tempfile::tempdir().unwrap();
        let (dialect, key) = match engine {
            Engine::Postgres => ("postgresql", "BIGSERIAL PRIMARY KEY"),
            _ => ("mariadb", "BIGINT AUTO_INCREMENT PRIMARY KEY"),
        };
        let target_ddl = TARGET.replace("id KEY", &format!("id {key}"));
        fs::write(folder.path().join("legacy.sql"), LEGACY).unwrap();
        fs::write(folder.path().join("target.sql"), &target_ddl).unwrap();
        fs::write(folder.path().join("sets.map"), MAPPING.replace("DIALECT", dialect)).unwrap();
        let legacy = Store::new(engine)?;
        let fresh = Store::new(engine)?;
        let (from, to, target) = match engine {
            // Databases of PostgreSQL know nothing of each other: two schemas of one.
            Engine::Postgres => {
                let Store::Server(_, database) = &legacy else { unreachable!() };
                database.schema("\"old side\"", &format!("{LEGACY}{}", rows()));
                database.schema("\"new\"\"side\"", &target_ddl);
                let url = |schema: &str| format!("{}?schema={schema}", legacy.url());
                (url("old%20side"), url("new%22side"), fresh)
            }
            _ => {
                legacy.run(&format!("{LEGACY}{}", rows()));
                fresh.run(&target_ddl);
                (legacy.url(), fresh.url(), fresh)
            }
        };
        Some(Ground { folder, legacy, from, target, to })
    }

    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = command();
        command.arg(name).arg(self.map()).args(["--from", &self.from, "--to", &self.to]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn cutover(&self, name: &str, more: &[&str]) -> Ended {
        Ended::from(self.command(name, more).output().unwrap())
    }

    fn run(&self, more: &[&str]) -> Ended {
        self.cutover("run", &[&["--max-rejects", "any", "--batch", "250"], more].concat()).with(0)
    }

    /// Runs within this process, where failpoints can be armed.
    fn run_here(&self) -> Result<RunReport, RunError> {
        let plan = disk::load(&self.map()).unwrap().compiled.plan.unwrap();
        let open = |url: &str| -> Box<dyn Connection> {
            match self.legacy.engine() {
                Engine::Postgres => Box::new(cutover_postgres::open_target(url).unwrap()),
                _ => Box::new(cutover_mariadb::open_target(url).unwrap()),
            }
        };
        let (mut legacy, mut target) = (open(&self.from), open(&self.to));
        let schemas = [&mut legacy, &mut target].map(|side| {
            let ask = if self.legacy.engine() == Engine::Postgres { "current_schema()" } else { "DATABASE()" };
            let mut name = String::new();
            let mut each = |row: Row| {
                name = row[0].to_string();
                Ok(())
            };
            side.query(&format!("SELECT {ask}"), &[], &[Text], &mut each).unwrap();
            name
        });
        let mut sets = SetSteps::new();
        for step in &plan.steps {
            let set = set_statements(&plan, step, plan.target.dialect, (&schemas[0], &schemas[1])).unwrap().unwrap();
            let SetStatements { prelude, lock, batch, fill, analyze, inserts, counters, drop, discard } = set;
            let set = SetStep { prelude, lock, batch, fill, analyze, inserts, counters, drop, discard };
            sets.insert(step.name.clone(), set);
        }
        let options = RunOptions { batch: 250, max_rejects: None, sets, ..RunOptions::default() };
        let steps = cutover_interpreter::steps(&plan).unwrap();
        run(&mut *legacy, &mut *target, &steps, &options, &mut Silent)
    }

    fn map(&self) -> PathBuf {
        Path::new(self.folder.path()).join("sets.map")
    }

    /// What arrived and what was rejected, without keys that the target gave and what is random.
    fn content(&self) -> Vec<String> {
        let schema = if self.legacy.engine() == Engine::Postgres { "\"new\"\"side\"." } else { "" };
        let store = if self.legacy.engine() == Engine::Postgres { &self.legacy } else { &self.target };
        let humans = store.ask(
            &format!(
                "SELECT h.legacy_id, h.name, h.kind, h.code, h.home, h.age, t.legacy_id, k.mail FROM {schema}human h
                 LEFT JOIN {schema}town t ON t.id = h.town_id LEFT JOIN {schema}contact k ON k.human_id = h.id"
            ),
            &[Integer, Text, Text, Text, Text, Integer, Integer, Text],
        );
        let rejects =
            store.ask(&format!("SELECT map, legacy_key, rule FROM {schema}cutover_reject"), &[Text, Text, Text]);
        let counters = store.ask(
            &format!("SELECT map, in_scope, migrated, rejected, complete FROM {schema}cutover_step"),
            &[Text, Integer, Integer, Integer, Integer],
        );
        let lone = store.ask(
            &format!("SELECT COUNT(*) FROM {schema}contact WHERE human_id NOT IN (SELECT id FROM {schema}human)"),
            &[Integer],
        );
        [humans, rejects, counters, lone].concat()
    }
}

/// Rows most of which are plain; the others have each fault that the mapping and the target know.
fn rows() -> String {
    let mut random = Random::new(3);
    let mut sql =
        String::from("INSERT INTO city VALUES (1, 'Here'), (2, 'There'), (3, 'A city with too long a name');\n");
    sql.push_str("INSERT INTO staff VALUES (70), (71);\n");
    let people: Vec<String> = (1..=PEOPLE).map(|at| person(at, &mut random)).collect();
    for people in people.chunks(500) {
        sql.push_str(&format!("INSERT INTO person VALUES {};\n", people.join(", ")));
    }
    sql
}

fn person(at: u64, random: &mut Random) -> String {
    let odd = |random: &mut Random, plain: String, odd: &[&str]| match random.happens(20) {
        true => odd[random.below(odd.len() as u64) as usize].to_string(),
        false => plain,
    };
    let name =
        odd(random, format!("Person {at}"), &["", "   ", "  padded ", "é👩🏽 zoé", "far too long a name for the table"]);
    let kind = odd(random, "A".into(), &["C", "c", "A ", "?"]);
    // The codes of some are those of others, at once or but for case, and of some too long.
    let code = odd(random, format!("c{at}"), &["c7", "C8", "c9 ", "a code that is too long"]);
    let age = odd(random, (at % 90).to_string(), &["-1", "200", "0"]);
    let city = odd(random, (at % 2 + 1).to_string(), &["NULL", "3", "99"]);
    let mail = odd(random, format!("{at}@x.example"), &["", "no at", "a@b@c"]);
    format!("({}, '{name}', '{kind}', '{code}', {age}, {city}, '{mail}')", at * 3)
}

#[test]
fn a_server_that_holds_both_sides_carries_the_same_as_row_by_row() {
    for engine in SERVERS {
        let (Some(sets), Some(by_row)) = (Ground::new(engine), Ground::new(engine)) else { continue };
        let ran = sets.run(&["--by-server"]);
        ran.says(&["Person: ", " migrated by the server itself"]);
        let one_by_one = by_row.run(&[]);
        assert!(!one_by_one.err.contains("by the server itself"), "{}", one_by_one.err);
        assert_eq!(sets.content(), by_row.content(), "{engine:?}");
        assert!(sets.content().len() > 2000, "{}", sets.content().len());
        assert!(sets.run(&[]).out.contains("nothing to migrate"));
        let verified = sets.cutover("verify", &["--show-values"]);
        assert_eq!(verified.status, 0, "{engine:?}: {}{}", verified.out, verified.err);
    }
}

#[test]
fn what_a_server_carried_by_itself_is_taken_back_unless_it_was_changed() {
    for engine in SERVERS {
        let Some(ground) = Ground::new(engine) else { continue };
        ground.run(&["--by-server"]);
        let before = ground.content();
        let schema = if engine == Engine::Postgres { "\"new\"\"side\"." } else { "" };
        let store = if engine == Engine::Postgres { &ground.legacy } else { &ground.target };
        // A sync takes such rows for its own.
        let legacy = if engine == Engine::Postgres { "\"old side\"." } else { "" };
        let age = |age: i32| ground.legacy.run(&format!("UPDATE {legacy}person SET age = {age} WHERE id = 36"));
        age(77);
        ground.cutover("sync", &[]).with(0);
        let synced = store.ask(&format!("SELECT age FROM {schema}human WHERE legacy_id = 36"), &[Integer]);
        assert_eq!(synced, ["77"], "{engine:?}");
        assert_eq!(ground.cutover("verify", &[]).status, 0, "{engine:?}");
        age(12);
        // Nobody refers to somebody without mail, so a row that is gone can be deleted.
        let alone = "SELECT MIN(legacy_id) FROM {}human WHERE id NOT IN (SELECT human_id FROM {}contact)";
        let alone = store.ask(&alone.replace("{}", schema), &[Integer]).remove(0);
        let gone = format!("{legacy}person WHERE id = {alone}");
        let back = format!("CREATE TABLE {legacy}kept AS SELECT * FROM {gone}");
        ground.legacy.run(&format!("{back}; DELETE FROM {gone}"));
        let deleted = ground.cutover("sync", &["--delete"]).with(0);
        assert!(deleted.out.contains("Person "), "{}", deleted.out);
        let left = store.ask(&format!("SELECT COUNT(*) FROM {schema}human WHERE legacy_id = {alone}"), &[Integer]);
        assert_eq!(left, ["0"], "{engine:?}: {}", deleted.out);
        ground.legacy.run(&format!("INSERT INTO {legacy}person SELECT * FROM {legacy}kept"));
        ground.run(&["--by-server"]);
        store.run(&format!("UPDATE {schema}human SET name = 'changed' WHERE legacy_id = 33"));
        let kept = ground.cutover("rollback", &[]).with(1);
        assert!(kept.out.contains("kept: Person.t legacy key 33"), "{}", kept.out);
        let left = store.ask(&format!("SELECT legacy_id FROM {schema}human"), &[Integer]);
        assert_eq!(left, ["33"], "{engine:?}");
        store.run(&format!("UPDATE {schema}human SET name = 'Person 11' WHERE legacy_id = 33"));
        ground.cutover("rollback", &[]).with(0);
        assert_eq!(store.ask(&format!("SELECT COUNT(*) FROM {schema}human"), &[Integer]), ["0"]);
        ground.run(&[]);
        assert_eq!(ground.content(), before, "{engine:?}");
    }
}

#[test]
fn runs_by_sets_that_are_killed_or_fail_leave_nothing_out_and_nothing_twice() {
    for engine in SERVERS {
        let (Some(ground), Some(whole)) = (Ground::new(engine), Ground::new(engine)) else { continue };
        binary(); // Building it is no part of a run.
        let began = Instant::now();
        whole.run(&["--by-server"]);
        let (took, expected) = (began.elapsed(), whole.content());
        for point in ["run.before_insert", "run.after_insert", "run.before_commit", "run.after_commit"] {
            for at in [1, 4] {
                failpoint::arm(point, failpoint::Action::Error, at);
                let failed = ground.run_here();
                failpoint::disarm();
                assert!(matches!(failed, Err(RunError::Failpoint { .. })), "{engine:?} {point}: {failed:?}");
            }
        }
        let mut random = Random::new(19);
        for _ in 0..8 {
            let mut child =
                ground.command("run", &["--max-rejects", "any", "--batch", "50", "--by-server"]).spawn().unwrap();
            sleep(took * (random.below(60) as u32 + 5) / 100);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        // The lock of the last one dies once the server notices.
        let ended = (0..50).map(|_| ground.cutover("run", &["--max-rejects", "any"])).find(|ended| {
            sleep(Duration::from_millis(100));
            ended.status == 0
        });
        assert!(ended.is_some(), "{engine:?}");
        assert_eq!(ground.content(), expected, "{engine:?}");
        assert_eq!(ground.cutover("verify", &[]).status, 0, "{engine:?}");
    }
}
