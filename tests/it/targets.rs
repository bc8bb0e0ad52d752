//! What maps say of targets and of other tables, run end to end on small databases: rows under a condition, rows that
//! must be there, natural keys, joins and questions that compare by more than equality.

use cutover_codegen::sql;
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::report::{DeviationKind, RunReport};
use cutover_runtime::step::Step;
use cutover_runtime::{RollbackOptions, RunOptions, Silent, VerifyOptions, rollback, run, verify};
use cutover_tests::content::{Content, ask_file, change};
use rusqlite::Connection;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const LEGACY: &str = "
CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, kind VARCHAR(5) NOT NULL, boss INTEGER);
CREATE TABLE account (id INTEGER NOT NULL PRIMARY KEY, person INTEGER NOT NULL, type VARCHAR(20) NOT NULL);
CREATE TABLE right (person INTEGER NOT NULL, module INTEGER NOT NULL, access INTEGER NOT NULL);
CREATE TABLE module (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL);
CREATE TABLE site (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(5) NOT NULL);
CREATE TABLE visit (id INTEGER NOT NULL PRIMARY KEY, site INTEGER NOT NULL, person INTEGER NOT NULL);
";
const TARGET: &str = "
CREATE TABLE client (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE);
CREATE TABLE member (id INTEGER NOT NULL PRIMARY KEY, client INTEGER NOT NULL REFERENCES client (id), team VARCHAR(9) NOT NULL);
CREATE TABLE place (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(5) NOT NULL, address TEXT NOT NULL);
CREATE TABLE stay (id INTEGER NOT NULL PRIMARY KEY, place INTEGER NOT NULL REFERENCES place (id), member INTEGER);
";
const HEAD: &str = "language 1\nlegacy old = sqlite \"legacy.sql\"\ntarget new = sqlite \"target.sql\"\n";
const PEOPLE: &str = "
map Person: old.person p
  -> new.client t, new.member boss when p.kind == \"boss\", new.member clerk when p.kind != \"boss\" and exists old.right r, old.module m on r.person == p.id and m.id == r.module and m.name == \"desk\" and r.access >= 3
{
  key p.id
  p.name <-> t.name
  identity fold(t.name) else reject \"a name for the second time\"
  ref t -> boss.client
  \"bosses\" -> boss.team
  ref t -> clerk.client
  \"desk\" -> clerk.team
  drop p.boss \"not here\"
}
";

/// Nobody else works on these databases, so that nothing has to settle.
fn quick() -> VerifyOptions {
    VerifyOptions { settle: Duration::ZERO, ..VerifyOptions::default() }
}

/// Two databases under a mapping.
struct World {
    folder: TempDir,
    plan: Plan,
}

impl World {
    fn new(maps: &str, legacy: &str, target: &str) -> World {
        let text = format!("{HEAD}{maps}");
        let compiled = compile("small.map", &text, &mut |name| match name {
            "legacy.sql" => Ok(LEGACY.as_bytes().to_vec()),
            _ => Ok(TARGET.as_bytes().to_vec()),
        });
        let messages: Vec<&str> = compiled.diagnostics.iter().map(|found| found.message.as_str()).collect();
        let plan = compiled.plan.unwrap_or_else(|| panic!("{messages:#?}"));
        let world = World { folder: tempfile::tempdir().unwrap(), plan };
        for (path, tables, rows) in [(world.legacy(), LEGACY, legacy), (world.target(), TARGET, target)] {
            std::fs::write(&path, "").unwrap();
            change(&path, tables);
            change(&path, rows);
        }
        world
    }

    fn legacy(&self) -> PathBuf {
        self.folder.path().join("legacy.db")
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target.db")
    }

    fn steps(&self) -> Vec<Box<dyn Step>> {
        cutover_interpreter::steps(&self.plan).unwrap()
    }

    fn run(&self) -> RunReport {
        let mut legacy = cutover_sqlite::open_legacy(self.legacy()).unwrap();
        let mut target = cutover_sqlite::open_target(self.target()).unwrap();
        let options = RunOptions { batch: 2, max_rejects: None, ..RunOptions::default() };
        run(&mut legacy, &mut target, &self.steps(), &options, &mut Silent).unwrap()
    }

    /// Migrated, found and rejected rows of a map.
    fn counts(&self, map: &str) -> [u64; 3] {
        let report = self.run();
        let step = report.steps.iter().find(|step| step.map == map).unwrap();
        [step.settled.migrated, step.settled.found, step.settled.rejected]
    }

    /// Kind, legacy key, role and column of each deviation.
    fn deviations(&self) -> Vec<(DeviationKind, String, String)> {
        let mut legacy = cutover_sqlite::open_legacy(self.legacy()).unwrap();
        let mut target = cutover_sqlite::open_target(self.target()).unwrap();
        let report = verify(&mut legacy, &mut target, &self.steps(), &quick(), &mut Silent).unwrap();
        let shown = report.deviations.into_iter().map(|deviation| {
            let key = deviation.legacy_key.map_or(String::new(), |key| key[0].to_string());
            (deviation.kind, key, deviation.role.unwrap_or_default())
        });
        shown.collect()
    }

    fn ask(&self, query: &str) -> Vec<String> {
        ask_file(&self.target(), query)
    }

    fn rejects(&self) -> Vec<String> {
        self.ask("SELECT map || ' ' || legacy_key || ' ' || rule FROM cutover_reject ORDER BY 1")
    }

    fn own(&self) -> Content {
        Content::exact(&self.target()).own()
    }
}

const STAFF: &str = "
INSERT INTO person VALUES (1, 'Ann', 'boss', NULL), (2, 'Bo', 'clerk', NULL), (3, 'Cy', 'clerk', NULL), (4, 'Di', 'clerk', NULL), (5, 'Ed', 'clerk', NULL);
INSERT INTO module VALUES (7, 'desk'), (8, 'Desk');
INSERT INTO right VALUES (1, 7, 7), (2, 7, 3), (3, 7, 2), (4, 8, 7), (5, 7, 'much');
";
const MEMBERS: &str = "SELECT c.name, m.team FROM member m JOIN client c ON c.id = m.client ORDER BY m.id";

#[test]
fn a_target_gets_a_row_where_its_condition_holds() {
    let world = World::new(PEOPLE, STAFF, "");
    let before = world.own();
    assert_eq!(world.counts("Person"), [5, 0, 0]);
    // 3 has too little access, 4 another module, and what is no number is not greater than one.
    assert_eq!(world.ask(MEMBERS), ["Ann|bosses", "Bo|desk"]);
    assert_eq!(
        world.ask("SELECT legacy_id, boss_key, boss_written IS NULL, clerk_key FROM cutover_map_person"),
        ["1|1|0|NULL", "2|NULL|1|2", "3|NULL|1|NULL", "4|NULL|1|NULL", "5|NULL|1|NULL"]
    );
    assert_eq!(world.deviations(), []);
    assert_eq!(world.counts("Person"), [5, 0, 0], "a second run has nothing to do");

    let mut target = cutover_sqlite::open_target(world.target()).unwrap();
    let report = rollback(&mut target, &world.steps(), &RollbackOptions::default(), &mut Silent).unwrap();
    assert_eq!((report.steps[0].taken_back, report.steps[0].gone, report.steps[0].kept), (5, 0, 0));
    drop(target);
    world.own().assert_same(&before, "after the rollback");
}

#[test]
fn a_condition_that_has_changed_is_a_deviation() {
    let world = World::new(PEOPLE, STAFF, "");
    world.run();
    change(
        &world.legacy(),
        "UPDATE person SET kind = 'clerk' WHERE id = 1; UPDATE right SET access = 3 WHERE person = 3",
    );
    let found = world.deviations();
    let is = |kind, key: &str, role: &str| (kind, key.to_string(), role.to_string());
    assert_eq!(
        found,
        [
            is(DeviationKind::Superfluous, "1", "boss"),
            is(DeviationKind::NotWritten, "1", "clerk"),
            is(DeviationKind::NotWritten, "3", "clerk"),
        ]
    );
    change(&world.target(), "INSERT INTO member (client, team) VALUES (1, 'desk')");
    let born = world.deviations().into_iter().filter(|(kind, ..)| *kind == DeviationKind::TargetOnly);
    assert_eq!(born.collect::<Vec<_>>(), [is(DeviationKind::TargetOnly, "", "clerk")]);
}

#[test]
fn a_row_without_any_target_is_rejected() {
    let maps = PEOPLE
        .replace("-> new.client t, new.member boss when", "-> new.client t when p.kind == \"x\", new.member boss when");
    let maps = maps.replace("ref t ->", "lookup new.client(name: p.name) ->");
    let world = World::new(&maps, STAFF, "INSERT INTO client VALUES (9, 'Ann'), (10, 'Bo')");
    // Only who gets a row is looked up: 3, 4 and 5 have no client, and are rejected for something else.
    assert_eq!(world.counts("Person"), [2, 0, 3]);
    assert_eq!(world.rejects(), ["Person 3 NoTarget", "Person 4 NoTarget", "Person 5 NoTarget"]);
    assert_eq!(world.ask(MEMBERS), ["Ann|bosses", "Bo|desk"]);
}

#[test]
fn what_is_there_already_is_recognised_by_its_natural_key() {
    let maps = "map Person: old.person p -> new.client t {\n key p.id\n p.name <-> t.name\n identity fold(t.name) else reject \"a name for the second time\"\n drop p.{kind, boss} \"x\"\n}\n";
    let people = "INSERT INTO person VALUES (1, 'ann', '', 0), (2, 'Bo', '', 0), (3, 'ANN', '', 0), (4, 'bo ', '', 0), (5, 'Cy', '', 0), (6, 'Di', '', 0)";
    let world = World::new(maps, people, "INSERT INTO client VALUES (7, 'Ann'), (8, 'cy'), (9, 'CY')");
    assert_eq!(world.counts("Person"), [2, 1, 3]);
    assert_eq!(
        world.rejects(),
        ["Person 3 ANameForTheSecondTime", "Person 4 ANameForTheSecondTime", "Person 5 SeveralClient"]
    );
    assert_eq!(
        world.ask("SELECT legacy_id, t_key FROM cutover_map_person WHERE state <> 'rejected'"),
        ["1|7", "2|10", "6|11"]
    );
    // The spelling of what was there is not compared; what nobody claims is.
    let unclaimed = |key: &str| (DeviationKind::TargetOnly, key.to_string(), "t".to_string());
    assert_eq!(world.deviations(), [unclaimed(""), unclaimed("")]);
    assert_eq!(world.counts("Person"), [2, 1, 3], "a second run finds nothing new");

    let mut target = cutover_sqlite::open_target(world.target()).unwrap();
    rollback(&mut target, &world.steps(), &RollbackOptions::default(), &mut Silent).unwrap();
    drop(target);
    assert_eq!(world.ask("SELECT name FROM client"), ["Ann", "cy", "CY"]);
    assert_eq!(world.counts("Person"), [2, 1, 3], "and again, from the start");
}

const SITES: &str = "
map Site: old.site s -> new.place t existing else reject \"enter it by hand first\" {
  key s.id
  s.code -> t.code
  identity t.code else reject \"two codes\"
}
map Visit: old.visit v -> new.stay t {
  key v.id
  ref Site(v.site) -> t.place
  null -> t.member
  drop v.person \"x\"
}
";

#[test]
fn what_must_be_there_is_never_written() {
    let rows = "INSERT INTO site VALUES (1, 'A'), (2, 'B'), (3, 'A'); INSERT INTO visit VALUES (1, 1, 0), (2, 2, 0), (3, 3, 0)";
    let world = World::new(SITES, rows, "INSERT INTO place VALUES (4, 'A', 'road'), (5, 'C', 'lane')");
    assert_eq!(world.counts("Site"), [0, 1, 2]);
    assert_eq!(world.counts("Visit"), [1, 0, 2]);
    assert_eq!(world.rejects(), ["Site 2 NoPlace", "Site 3 TwoCodes", "Visit 2 NoSite", "Visit 3 NoSite"]);
    assert_eq!(world.ask("SELECT place FROM stay"), ["4"]);
    assert_eq!(world.deviations(), [], "a place of which no site knows is none");
    change(&world.target(), "UPDATE place SET code = 'X' WHERE id = 4");
    assert_eq!(world.deviations(), [(DeviationKind::Differs, "1".to_string(), "t".to_string())]);

    let mut target = cutover_sqlite::open_target(world.target()).unwrap();
    rollback(&mut target, &world.steps(), &RollbackOptions::default(), &mut Silent).unwrap();
    drop(target);
    assert_eq!(world.ask("SELECT id FROM place"), ["4", "5"]);
}

#[test]
fn a_site_that_was_entered_later_is_found_by_retry() {
    let world = World::new(SITES, "INSERT INTO site VALUES (1, 'A')", "");
    assert_eq!(world.counts("Site"), [0, 0, 1]);
    change(&world.target(), "INSERT INTO place VALUES (4, 'A', 'road')");
    assert_eq!(world.counts("Site"), [0, 0, 1], "a row that was rejected stays so until somebody says retry");
    let mut legacy = cutover_sqlite::open_legacy(world.legacy()).unwrap();
    let mut target = cutover_sqlite::open_target(world.target()).unwrap();
    let options = RunOptions {
        max_rejects: None,
        retry: Some(cutover_runtime::RejectFilter::default()),
        ..RunOptions::default()
    };
    let report = run(&mut legacy, &mut target, &world.steps(), &options, &mut Silent).unwrap();
    assert_eq!((report.steps[0].settled.found, report.steps[0].settled.rejected), (1, 0));
}

/// A reference to a target with a condition: null where there is no row, a rejection where the row was rejected.
#[test]
fn a_reference_to_no_row_is_null() {
    let maps = format!("{PEOPLE}{SITES}")
        .replace("  null -> t.member\n  drop v.person \"x\"\n", "  ref Person.boss(v.person) -> t.member\n");
    let rows = "INSERT INTO site VALUES (1, 'A'); INSERT INTO visit VALUES (1, 1, 1), (2, 1, 2), (3, 1, 99)";
    let world = World::new(&maps, &format!("{STAFF}{rows}"), "INSERT INTO place VALUES (4, 'A', 'road')");
    assert_eq!(world.counts("Visit"), [2, 0, 1]);
    assert_eq!(world.ask("SELECT member FROM stay ORDER BY id"), ["1", "NULL"]);
    assert_eq!(world.rejects(), ["Visit 3 NoPerson"]);
    assert_eq!(world.deviations(), []);
}

const JOINED: &str = "
map Person: old.person p
  join one old.account a on a.person == p.id and fold(a.type) == \"patient\" and a.id != p.boss several reject \"which?\"
  join optional old.person b on b.id == a.id
  -> new.client t
  where p.kind != \"gone\" and (exists old.right r on r.person == p.id and r.access in [1, 7])
{
  key p.id
  a.type ++ coalesce(b.name, \"-\") -> t.name   allow(narrow) \"x\"
  drop p.name \"x\"
}
";

#[test]
fn joins_compare_by_more_than_equality() {
    let rows = "
      INSERT INTO person VALUES (1, 'Ann', '', 0), (2, 'Bo', '', 0), (3, 'Cy', '', 0), (4, 'Di', '', 44), (5, 'Ed', 'gone', 0), (6, 'Flo', '', 0), (7, 'Gus', '', NULL), (11, 'K', '', 0);
      INSERT INTO account VALUES (11, 1, 'PATIENT  '), (12, 1, 'doctor'), (21, 2, 'doctor'), (31, 3, 'patient'), (32, 3, 'Patient'), (41, 4, 'Patient'), (44, 4, 'patient'), (51, 5, 'patient'), (52, 5, 'patient'), (61, 6, 'patient'), (71, 7, 'patient');
      INSERT INTO right VALUES (1, 0, 7), (1, 0, 7), (2, 0, 1), (3, 0, 1), (4, 0, 1), (5, 0, 1), (6, 0, 3), (7, 0, 1);";
    let world = World::new(JOINED, rows, "");
    // 5 and 11 are out of scope, 6 has no fitting right; with null on a side a condition does not hold (7).
    assert_eq!(world.counts("Person"), [2, 0, 3]);
    assert_eq!(world.rejects(), ["Person 2 NoAccount", "Person 3 SeveralAccount", "Person 7 NoAccount"]);
    // A join that looks at the columns of such a join sees them.
    assert_eq!(world.ask("SELECT name FROM client ORDER BY id"), ["PATIENT  K", "Patient-"]);
    assert_eq!(world.deviations(), []);
    change(&world.legacy(), "INSERT INTO account VALUES (13, 1, 'patient')");
    assert_eq!(world.deviations(), [(DeviationKind::NoLongerConverts, "1".to_string(), String::new())]);
}

/// The set statement writes what the runtime writes.
#[test]
fn sqlite_carries_conditional_targets_as_a_set() {
    let maps = PEOPLE.replace("  identity fold(t.name) else reject \"a name for the second time\"\n", "");
    let (set, runtime) = (World::new(&maps, STAFF, ""), World::new(&maps, STAFF, ""));
    assert_eq!(sql::pushdown(&set.plan, &set.plan.steps[0], Dialect::Sqlite), Ok(()));
    let files = sql::emit_dialect(&set.plan, Dialect::Sqlite).unwrap();
    sql::parse_back(&files).unwrap();
    let text = |name: &str| {
        let found = files.iter().find(|(path, _)| path.ends_with(&format!("{name}.sql")));
        found.unwrap().1.to_string()
    };
    let database = Connection::open_in_memory().unwrap();
    for (path, name) in [(set.legacy(), "old"), (set.target(), "new")] {
        database.execute(&format!("ATTACH ? AS {name}"), [path.to_str().unwrap()]).unwrap();
    }
    database.execute_batch(&text("migration_table")).unwrap();
    database.execute_batch(&text("forward")).unwrap();
    drop(database);
    runtime.run();
    let teams = "SELECT c.name, m.team FROM member m JOIN client c ON c.id = m.client ORDER BY c.id";
    assert_eq!(set.ask(teams), runtime.ask(teams));
    let entries = "SELECT legacy_id, boss_key IS NULL, clerk_key IS NULL FROM cutover_map_person";
    assert_eq!(set.ask(entries), runtime.ask(entries));
    assert_eq!(set.deviations(), []);
}
