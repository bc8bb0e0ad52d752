//! Batches that are written beside each other, where rows depend on rows of other batches.

use cutover_runtime::value::Kind;
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use std::fs;

const LEGACY: &str = "CREATE TABLE src (id integer NOT NULL PRIMARY KEY, parent integer, code varchar(20) NOT NULL);";
const TARGET: &str =
    "CREATE TABLE dst (id bigint NOT NULL PRIMARY KEY, parent_id bigint, code varchar(10) NOT NULL UNIQUE,
                      CONSTRAINT dst_parent FOREIGN KEY (parent_id) REFERENCES dst (id));";
const MAP: &str = "
map M: old.src a -> new.dst t {
  key a.id <-> t.id
  a.parent <-> t.parent_id
  a.code   <-> t.code  allow(narrow) \"longer ones are typing errors\"
}
";

/// A map whose keys stay, and whose rows refer to the row before by the key itself.
struct Chain {
    folder: tempfile::TempDir,
    from: Store,
    to: Store,
}

impl Chain {
    fn new(engine: Engine) -> Option<Chain> {
        let (from, to) = (Store::new(Engine::Sqlite)?, Store::new(engine)?);
        let folder = tempfile::tempdir().unwrap();
        let dialect = if engine == Engine::Postgres { "postgresql" } else { "mariadb" };
        let sides = format!("language 1\nlegacy old = sqlite \"old.sql\"\ntarget new = {dialect} \"new.sql\"\n");
        for (name, text) in
            [("chain.map", format!("{sides}{MAP}")), ("old.sql", LEGACY.into()), ("new.sql", TARGET.into())]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        from.run(LEGACY);
        to.run(TARGET);
        Some(Chain { folder, from, to })
    }

    fn add(&self, rows: impl Iterator<Item = u32>, code: impl Fn(u32) -> String) {
        let row =
            |id: u32| format!("({id}, {}, '{}')", if id > 1 { (id - 1).to_string() } else { "NULL".into() }, code(id));
        self.from.run(&format!("INSERT INTO src VALUES {}", rows.map(row).collect::<Vec<_>>().join(", ")));
    }

    fn cutover(&self, name: &str) -> Ended {
        let mut command = command();
        command.arg(name).arg(self.folder.path().join("chain.map")).args(["--max-rejects", "any", "--batch", "7"]);
        command.args(["--streams", "5", "--from", &self.from.url(), "--to", &self.to.url()]);
        Ended::from(command.output().unwrap())
    }

    fn count(&self, table: &str) -> String {
        self.to.ask(&format!("SELECT COUNT(*) FROM {table}"), &[Kind::Integer]).concat()
    }
}

#[test]
fn rows_find_their_parents_in_batches_that_were_under_way() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        let Some(chain) = Chain::new(engine) else { continue };
        chain.add(1..=600, |id| format!("C{id}"));
        let ended = chain.cutover("run").with(0);
        assert_eq!(
            (chain.count("dst"), chain.count("cutover_reject")),
            ("600".into(), "0".into()),
            "{engine:?}: {}",
            ended.out
        );
    }
}

#[test]
fn of_equal_values_the_first_in_the_order_of_keys_gets_in() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        let Some(chain) = Chain::new(engine) else { continue };
        // Each value stands ten rows further on once more: mostly in the next batch, while this one is under way.
        chain.add(1..=400, |id| format!("C{}", (id - 1) / 20 * 20 + (id - 1) % 10));
        chain.from.run("UPDATE src SET parent = NULL");
        chain.cutover("run").with(0);
        let late = chain.to.ask("SELECT id FROM dst WHERE (id - 1) % 20 >= 10", &[Kind::Integer]);
        assert_eq!((chain.count("dst"), late), ("200".to_string(), Vec::new()), "{engine:?}");
        assert_eq!(chain.count("cutover_reject"), "200", "{engine:?}");
    }
}

#[test]
fn rejected_rows_are_tried_again_among_new_ones() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        let Some(chain) = Chain::new(engine) else { continue };
        let long = |id: u32| if id.is_multiple_of(40) { format!("TOO-LONG-CODE-{id}") } else { format!("C{id}") };
        chain.add((1..=600).filter(|id| id % 2 == 0), long);
        chain.from.run("UPDATE src SET parent = NULL");
        chain.cutover("run").with(0);
        assert_eq!((chain.count("dst"), chain.count("cutover_reject")), ("285".into(), "15".into()), "{engine:?}");
        chain.from.run("UPDATE src SET code = 'F' || id WHERE id % 40 = 0");
        chain.add((1..=600).filter(|id| id % 2 == 1), long);
        let ended = chain.cutover("retry").with(0);
        assert_eq!(
            (chain.count("dst"), chain.count("cutover_reject")),
            ("600".into(), "0".into()),
            "{engine:?}: {}",
            ended.out
        );
        let step = "SELECT in_scope, migrated, rejected FROM cutover_step";
        assert_eq!(chain.to.ask(step, &[Kind::Integer; 3]), ["600|600|0"], "{engine:?}");
    }
}
