//! A small world to work in: people (split into an account and a profile), notes that refer to them by text and by
//! composite keys, and the steps that carry them, written by hand as the generator would.

use cutover_runtime::operators::{fold, lower};
use cutover_runtime::step::*;
use cutover_runtime::value::{Key, Kind, Row, Value};
use cutover_runtime::{RunError, RunOptions, Silent, report::RunReport, run};
use cutover_sqlite::{Sqlite, open_legacy, open_target};
use std::path::{Path, PathBuf};

pub(crate) const LEGACY: &str = "
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, lang TEXT, boss INTEGER, born TEXT, active INTEGER);
CREATE TABLE control (person INTEGER);
CREATE TABLE note (code TEXT COLLATE NOCASE, part INTEGER, person INTEGER, body TEXT, PRIMARY KEY (code, part));
";

pub(crate) const TARGET: &str = "
CREATE TABLE lang (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO lang VALUES (1, 'English'), (2, 'French'), (3, 'Latin'), (4, 'Latin');
CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT UNIQUE, kind TEXT, token TEXT, lang_id INTEGER);
CREATE TABLE profile (id INTEGER PRIMARY KEY, legacy_id INTEGER, name TEXT NOT NULL CHECK (name <> 'bad'),
  account_id INTEGER REFERENCES account (id), born TEXT, boss_id INTEGER);
CREATE TABLE note (id TEXT PRIMARY KEY, profile_id INTEGER REFERENCES profile (id) DEFERRABLE INITIALLY DEFERRED,
  body TEXT);
";

/// Two files, and the folder that goes with them.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        let world = World { folder: tempfile::tempdir().unwrap() };
        sql(&world.legacy_path(), LEGACY);
        sql(&world.target_path(), TARGET);
        world
    }

    /// People 1 to `people`, each with two notes; every tenth is inactive.
    pub(crate) fn with(people: i64) -> World {
        let world = World::new();
        world.add(1, people);
        world
    }

    pub(crate) fn add(&self, first: i64, last: i64) {
        let connection = rusqlite::Connection::open(self.legacy_path()).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        for id in first..=last {
            let boss = (4..100).contains(&id).then_some(id / 2);
            let born = "1980-02-03 00:00:00";
            let person = "INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let (name, mail) = (format!("Name {id}"), format!("P{id}@example.org"));
            let lang = if id % 2 == 0 { "english " } else { "French" };
            connection
                .execute(person, rusqlite::params![id, name, mail, lang, boss, born, i64::from(id % 10 != 0)])
                .unwrap();
            connection.execute("INSERT INTO control VALUES (?1)", [id]).unwrap();
            for part in 1..=2 {
                let note = "INSERT INTO note VALUES (?1, ?2, ?3, ?4)";
                connection.execute(note, rusqlite::params![format!("c{id}"), part, id, format!("note {id}")]).unwrap();
            }
        }
        connection.execute_batch("COMMIT").unwrap();
    }

    pub(crate) fn legacy_path(&self) -> PathBuf {
        self.folder.path().join("legacy.db")
    }

    pub(crate) fn target_path(&self) -> PathBuf {
        self.folder.path().join("target.db")
    }

    pub(crate) fn legacy(&self) -> Sqlite {
        open_legacy(self.legacy_path()).unwrap()
    }

    pub(crate) fn target(&self) -> Sqlite {
        open_target(self.target_path()).unwrap()
    }

    pub(crate) fn on_legacy(&self, text: &str) {
        sql(&self.legacy_path(), text);
    }

    pub(crate) fn on_target(&self, text: &str) {
        sql(&self.target_path(), text);
    }

    pub(crate) fn run(&self) -> RunReport {
        self.try_run(&any_rejects()).unwrap()
    }

    pub(crate) fn try_run(&self, options: &RunOptions) -> Result<RunReport, RunError> {
        run(&mut self.legacy(), &mut self.target(), &steps(), options, &mut Silent)
    }

    /// Everything that a query finds in the target, as text.
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        ask(&self.target_path(), query)
    }

    /// All rows of the target's own tables, but for what a generator made.
    pub(crate) fn content(&self) -> Vec<String> {
        let mut rows = self.ask("SELECT 'a', id, mail, kind, lang_id FROM account ORDER BY id");
        rows.extend(self.ask("SELECT 'p', * FROM profile ORDER BY id"));
        rows.extend(self.ask("SELECT 'n', * FROM note ORDER BY id"));
        rows
    }

    /// What the journal knows about the rows, but for the numbers of runs and what a generator made.
    pub(crate) fn entries(&self) -> Vec<String> {
        let mut rows = self.ask("SELECT legacy_id, state, account_key, profile_key FROM cutover_map_person ORDER BY 1");
        rows.extend(self.ask("SELECT legacy_code, legacy_part, state, note_key FROM cutover_map_note ORDER BY 1, 2"));
        rows.extend(self.ask("SELECT map, legacy_key, column_name, rule, value FROM cutover_reject ORDER BY 1, 2"));
        rows.extend(self.ask("SELECT map, in_scope, migrated, found, rejected, complete FROM cutover_step ORDER BY 1"));
        rows
    }
}

pub(crate) fn any_rejects() -> RunOptions {
    RunOptions { batch: 7, max_rejects: None, ..RunOptions::default() }
}

pub(crate) fn sql(path: &Path, text: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
}

pub(crate) fn ask(path: &Path, query: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let value = |at| row.get::<_, rusqlite::types::Value>(at).map(show);
        Ok((0..columns).map(value).collect::<Result<Vec<_>, _>>()?.join("|"))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn show(value: rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "-".to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => value.to_string(),
        Value::Text(value) => value,
        Value::Blob(value) => format!("{value:?}"),
    }
}

/// The two steps, people first.
pub(crate) fn steps() -> Vec<Box<dyn Step>> {
    vec![Box::new(Person { spec: person("meaning 1") }), Box::new(Note { spec: note() })]
}

pub(crate) struct Person {
    pub(crate) spec: StepSpec,
}

pub(crate) struct Note {
    pub(crate) spec: StepSpec,
}

pub(crate) fn column(name: &str, kind: Kind, source: Source) -> TargetColumn {
    TargetColumn { name: name.into(), kind, source, line: 1 }
}

pub(crate) fn read(alias: &str, name: &str, kind: Kind) -> ReadColumn {
    ReadColumn { source: ReadSource::Column(alias.into(), name.into()), kind }
}

fn reason(name: &str, column: &str) -> Reason {
    Reason { name: name.into(), column: column.into(), message: format!("no good {column}"), line: 9 }
}

fn reference(step: &str, target: usize) -> LinkSpec {
    LinkSpec::Reference { step: step.into(), target }
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

pub(crate) fn person(meaning: &str) -> StepSpec {
    let on = Condition {
        alias: "c".into(),
        column: "person".into(),
        kind: Kind::Integer,
        fold: false,
        test: Test::Compare(Comparison::Equal, Operand::Column("p".into(), "id".into())),
    };
    let control = TableSpec { table: "control".into(), alias: "c".into() };
    let lookup = LinkSpec::Lookup {
        table: "lang".into(),
        result: "id".into(),
        kind: Kind::Integer,
        by: vec![LookupColumn { column: "name".into(), kind: Kind::Text, fold: true }],
    };
    let columns = [("id", Kind::Integer), ("name", Kind::Text), ("mail", Kind::Text), ("lang", Kind::Text)];
    let more = [("boss", Kind::Integer), ("born", Kind::DateTime), ("active", Kind::Boolean)];
    StepSpec {
        name: "Person".into(),
        map_table: "cutover_map_person".into(),
        meaning: meaning.into(),
        read: ReadSpec {
            table: "person".into(),
            alias: "p".into(),
            joins: vec![],
            exists: vec![ExistsSpec { tables: vec![control], on: vec![on], probed: false }],
            required: vec![0],
            columns: columns.into_iter().chain(more).map(|(name, kind)| read("p", name, kind)).collect(),
            key: vec![0],
        },
        links: vec![lookup, reference("Person", 1)],
        targets: vec![account(), profile()],
        unique: vec![UniqueSpec { target: 1, columns: vec![(1, true)], reason: 2 }],
        reasons: vec![reason("Lang", "lang"), reason("Born", "born"), reason("Name", "name"), reason("Boss", "boss")],
        rollback: Rollback::Delete,
    }
}

fn account() -> TargetSpec {
    TargetSpec {
        role: "account".into(),
        table: "account".into(),
        key: KeySpec { column: "id".into(), kind: Kind::Integer, assigned: KeyAssigned::Engine },
        columns: vec![
            column("mail", Kind::Text, Source::Converted),
            column("kind", Kind::Text, Source::Constant(text("PERSON"))),
            column("token", Kind::Uuid, Source::Generated),
            column("lang_id", Kind::Integer, Source::Converted),
        ],
        identity: None,
        conditional: false,
        existing: None,
    }
}

fn profile() -> TargetSpec {
    TargetSpec {
        role: "profile".into(),
        table: "profile".into(),
        key: KeySpec { column: "id".into(), kind: Kind::Integer, assigned: KeyAssigned::Engine },
        columns: vec![
            column("legacy_id", Kind::Integer, Source::Converted),
            column("name", Kind::Text, Source::Converted),
            column("account_id", Kind::Integer, Source::Sibling(0)),
            column("born", Kind::Date, Source::Converted),
            column("boss_id", Kind::Integer, Source::Converted),
        ],
        identity: Some(IdentitySpec { columns: vec![(0, false)], several: None }),
        conditional: false,
        existing: None,
    }
}

pub(crate) fn note() -> StepSpec {
    let columns = [("code", Kind::Text), ("part", Kind::Integer), ("person", Kind::Integer), ("body", Kind::Text)];
    StepSpec {
        name: "Note".into(),
        map_table: "cutover_map_note".into(),
        meaning: "note".into(),
        read: ReadSpec {
            table: "note".into(),
            alias: "n".into(),
            joins: vec![],
            exists: vec![],
            required: vec![],
            columns: columns.into_iter().map(|(name, kind)| read("n", name, kind)).collect(),
            key: vec![0, 1],
        },
        links: vec![reference("Person", 1)],
        targets: vec![TargetSpec {
            role: "note".into(),
            table: "note".into(),
            key: KeySpec { column: "id".into(), kind: Kind::Text, assigned: KeyAssigned::Conversion(0) },
            columns: vec![
                column("id", Kind::Text, Source::Converted),
                column("profile_id", Kind::Integer, Source::Converted),
                column("body", Kind::Text, Source::Converted),
            ],
            identity: None,
            conditional: false,
            existing: None,
        }],
        unique: vec![],
        reasons: vec![reason("Person", "person")],
        rollback: Rollback::Delete,
    }
}

impl Step for Person {
    fn spec(&self) -> &StepSpec {
        &self.spec
    }

    fn in_scope(&self, row: &Row) -> Result<bool, Rejection> {
        Ok(row[6] == Value::Boolean(true))
    }

    fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        let Value::Text(lang) = &row[3] else { return Err(Rejection { reason: 0, value: row[3].clone() }) };
        let boss = (!row[4].is_null()).then(|| vec![row[4].clone()]);
        Ok(vec![Some(vec![text(&fold(lang))]), boss])
    }

    fn convert(&self, row: &Row, links: &[Link], generator: &mut dyn Generator) -> Result<TargetRows, Rejection> {
        let reject = |reason: usize, column: usize| Rejection { reason, value: row[column].clone() };
        let Link::Found(lang) = &links[0] else { return Err(reject(0, 3)) };
        let boss = match &links[1] {
            Link::Null => Value::Null,
            Link::Found(boss) => boss.clone(),
            // Every tenth is inactive: who worked for them has no boss in the target.
            Link::Missing if matches!(row[4], Value::Integer(boss) if boss % 10 == 0) => Value::Null,
            Link::Missing | Link::Ambiguous => return Err(reject(3, 4)),
        };
        let Value::DateTime(born) = &row[5] else { return Err(reject(1, 5)) };
        let mail = match &row[2] {
            Value::Text(mail) => text(&lower(mail)),
            _ => Value::Null,
        };
        let account = vec![mail, text("PERSON"), Value::Uuid(generator.uuid()), lang.clone()];
        let born = Value::Date(born.date());
        Ok(vec![Some(account), Some(vec![row[0].clone(), row[1].clone(), Value::Null, born, boss])])
    }
}

impl Step for Note {
    fn spec(&self) -> &StepSpec {
        &self.spec
    }

    fn in_scope(&self, _: &Row) -> Result<bool, Rejection> {
        Ok(true)
    }

    fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        Ok(vec![Some(vec![row[2].clone()])])
    }

    fn convert(&self, row: &Row, links: &[Link], _: &mut dyn Generator) -> Result<TargetRows, Rejection> {
        let profile = match &links[0] {
            Link::Found(profile) => profile.clone(),
            // A key that no profile has, to see what a deferred constraint does.
            _ if row[3] == text("orphan") => Value::Integer(999_999),
            Link::Null | Link::Missing | Link::Ambiguous => return Err(Rejection { reason: 0, value: row[2].clone() }),
        };
        Ok(vec![Some(vec![text(&format!("{}/{}", row[0], row[1])), profile, row[3].clone()])])
    }
}
