//! A mapping that a server can carry by itself, within one MariaDB: by hand with a migration table, and by cutover's set
//! statements, in turn.

use crate::Figures;
use cutover_codegen::disk;
use cutover_codegen::sql::{SetStatements, set_statements};
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::set::{SetStep, SetSteps};
use cutover_runtime::{RunOptions, Silent, run};
use cutover_test_servers::{Database, Durability, Kind, shared};
use std::path::Path;
use std::time::Instant;

/// The legacy side.
pub(crate) struct People(Database);

impl People {
    /// Makes it; none if there is no server.
    pub(crate) fn make(rows: usize) -> Option<People> {
        let database = Database::on(shared(Kind::MariaDb, Durability::Default)?);
        database.load(include_str!("sets/legacy.sql"));
        database.load(&include_str!("sets/fill.sql").replace("{rows}", &rows.to_string()));
        Some(People(database))
    }

    fn target(&self) -> Database {
        let database = Database::on(self.0.server());
        database.load(include_str!("sets/target.sql"));
        database
    }

    /// Carries the rows by statements as people write them, all in one transaction.
    pub(crate) fn by_hand(&self) -> Figures {
        let target = self.target();
        let script = include_str!("sets/by_hand.sql").replace("{old}", self.0.name());
        let began = Instant::now();
        target.run(&script);
        Figures { seconds: vec![began.elapsed().as_secs_f64()], memory: None, rebuild: 0.0 }
    }

    /// Carries the rows by cutover: by the server itself, or row by row.
    pub(crate) fn cutover(&self, by_row: bool) -> Figures {
        let target = self.target();
        let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/servers/sets/people.map");
        let plan = disk::load(&map).expect("it is there").compiled.plan.expect("it has no errors");
        let mut sets = SetSteps::new();
        for step in plan.steps.iter().filter(|_| !by_row) {
            let schemas = (self.0.name(), target.name());
            let set = set_statements(&plan, step, Dialect::MariaDb, schemas).expect("it can be written");
            let SetStatements { prelude, lock, batch, fill, analyze, inserts, counters, drop, discard } =
                set.expect("MariaDB can carry it");
            let set = SetStep { prelude, lock, batch, fill, analyze, inserts, counters, drop, discard };
            sets.insert(step.name.clone(), set);
        }
        let mut from = cutover_mariadb::open_legacy(&self.0.url()).expect("it was just made");
        let mut to = cutover_mariadb::open_target(&target.url()).expect("it was just made");
        let steps = cutover_interpreter::steps(&plan).expect("it asks no program");
        let options = RunOptions { sets, ..RunOptions::default() };
        let began = Instant::now();
        run(&mut from, &mut to, &steps, &options, &mut Silent).expect("the run completes");
        Figures { seconds: vec![began.elapsed().as_secs_f64()], memory: None, rebuild: 0.0 }
    }
}
