//! A case of the suite carried out by an engine's own SQL: `forward.sql` carries, `rollback.sql` takes back, and the engine
//! takes every other statement that is generated.

use super::{content, name, prepared, read};
use cutover_codegen::sql::emit_dialect;
use cutover_mapping_dsl::plan::Plan;
use cutover_runtime::step::Step;
use cutover_tests::engines::{Engine, Store};
use cutover_tests::sql::statements;
use rusqlite::Connection;
use std::path::Path;

/// The artefacts that ask.
const QUERIES: [&str; 4] = ["pending", "deviations", "counts", "preflight"];

/// Both sides where one statement reaches them.
struct Ground {
    to: Store,
    from: Store,
}

impl Ground {
    /// Makes both sides, with what the target holds before, and has the plan call them as the engine does.
    fn make(case: &Path, engine: Engine) -> Option<(Ground, Plan)> {
        let (mut plan, legacy, target) = prepared(case, engine);
        let (from, to) = (Store::new(engine)?, Store::new(engine)?);
        to.run(&(target + &read(case, "target-rows.sql")));
        let rows = legacy + &read(case, "rows.sql");
        let (old, new) = match (&from, &to) {
            (Store::Server(Engine::MariaDb, old), Store::Server(_, new)) => {
                from.run(&rows);
                (old.name().to_string(), new.name().to_string())
            }
            (Store::Server(..), Store::Server(_, database)) => {
                database.schema("old", &rows);
                ("old".to_string(), "public".to_string())
            }
            _ => {
                from.run(&rows);
                ("old".to_string(), "new".to_string())
            }
        };
        (plan.legacy.alias, plan.target.alias) = (old, new);
        Some((Ground { to, from }, plan))
    }

    fn run(&self, script: &str) {
        match &self.to {
            Store::Server(_, database) => database.load(script),
            Store::File(_) => self.attached().execute_batch(script).unwrap(),
        }
    }

    /// Has the engine prepare a statement; returns what it has to say against it.
    fn prepare(&self, statement: &str) -> Result<(), String> {
        match &self.to {
            Store::Server(_, database) => database.prepare(statement),
            Store::File(_) => self.attached().prepare(statement).map(|_| ()).map_err(|error| error.to_string()),
        }
    }

    fn attached(&self) -> Connection {
        let database = Connection::open_in_memory().unwrap();
        for (store, name) in [(&self.from, "old"), (&self.to, "new")] {
            let url = store.url();
            database.execute(&format!("ATTACH ? AS {name}"), [url.strip_prefix("sqlite:").unwrap()]).unwrap();
        }
        database
    }
}

/// Carries a case across and takes it back. Returns what the tables of the steps held in between that the dialect can say,
/// and their names.
pub(super) fn carry(case: &Path, engine: Engine) -> Option<(String, Vec<String>)> {
    let (ground, plan) = Ground::make(case, engine)?;
    let files = emit_dialect(&plan, engine.dialect()).unwrap();
    let file = |artefact: &str| files.get(&format!("sql/{}/{artefact}.sql", engine.dialect())).unwrap().to_string();
    let (steps, forward) = (cutover_interpreter::steps(&plan).unwrap(), file("forward"));
    let carried = carried(&plan, &steps, &forward);
    let before = content(&ground.to, &carried);
    ground.run(&file("migration_table"));
    ground.run(&forward);
    let mut there = content(&ground.to, &carried);
    // Rows that refer to others of their map come after these, with each time one link more.
    loop {
        ground.run(&forward);
        let more = content(&ground.to, &carried);
        if more == there {
            break;
        }
        there = more;
    }
    let label = format!("{} {engine:?}", name(case));
    for statement in QUERIES.iter().flat_map(|artefact| statements(&file(artefact))) {
        let taken = ground.prepare(&statement);
        assert!(taken.is_ok(), "{label}: {}\n{statement}", taken.unwrap_err());
    }
    ground.run(&file("rollback"));
    assert_eq!(content(&ground.to, &carried), before, "{label}: taken back by SQL");
    Some((there, carried.iter().map(|step| step.spec().name.clone()).collect()))
}

/// The steps that a dialect's forward statements carry.
fn carried<'s>(plan: &Plan, steps: &'s [Box<dyn Step>], forward: &str) -> Vec<&'s dyn Step> {
    let part = |name: &str| forward.split("\n-- map ").find(|part| part.starts_with(&format!("{name} ("))).unwrap();
    let own = plan.steps.iter().zip(steps).filter(|(step, _)| !part(&step.name).contains("not expressible in"));
    own.map(|(_, step)| step.as_ref()).collect()
}
