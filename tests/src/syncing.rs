//! A club whose old system goes on being used after its members were carried: two maps, one of them with a row under a
//! condition, a generated value, a unique rule and a reference. The same on every engine.

use crate::command::{Ended, command};
use crate::engines::{Engine, Store};
use cutover_runtime::value::Kind;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const LEGACY: &str = "
CREATE TABLE member (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL, city varchar(40),
                     status varchar(10) NOT NULL, badge integer NOT NULL);
CREATE TABLE note (id integer NOT NULL PRIMARY KEY, member integer NOT NULL, body varchar(200) NOT NULL);
";

const MAPS: &str = r#"
map Member: old.member m -> new.person p, new.login l when m.status == "active" {
  key m.id <-> p.legacy_id
  m.name -> p.name   allow(narrow) "longer names are two people in one row"
  match m.city {
    "X" -> "Xanten"
    "Y" -> "York"
    null | "Z" -> null
    _ -> reject "no such city"
  } -> p.city
  m.badge -> p.badge
  unique p.badge else reject "the badge is taken"
  generated uuid() -> p.token
  ref p -> l.person_id
  m.name -> l.word   allow(narrow) "longer names are two people in one row"
}

map Note: old.note n -> new.remark r where n.body != "secret" {
  key n.id <-> r.legacy_id
  ref Member(n.member) -> r.person_id
  n.body -> r.body
}
"#;

/// The club on two databases.
#[derive(Debug)]
pub struct Club {
    folder: TempDir,
    /// The old system.
    pub from: Store,
    /// The new system.
    pub to: Store,
}

fn target(engine: Engine) -> String {
    let (key, token) = match engine {
        Engine::Sqlite => ("integer PRIMARY KEY AUTOINCREMENT", "uuid"),
        Engine::Postgres => ("bigserial PRIMARY KEY", "uuid"),
        Engine::MariaDb => ("bigint AUTO_INCREMENT PRIMARY KEY", "uuid"),
    };
    let number = if engine == Engine::Sqlite { "integer" } else { "bigint" };
    format!(
        "CREATE TABLE person (\n  id {key},\n  legacy_id bigint NOT NULL UNIQUE,\n  name varchar(20) NOT NULL UNIQUE,\n  \
         city varchar(20) NULL,\n  badge bigint NOT NULL,\n  token {token} NOT NULL,\n  \
         visits integer NOT NULL DEFAULT 0\n);\n\
         CREATE TABLE login (\n  id {key},\n  person_id {number} NOT NULL,\n  word varchar(20) NOT NULL,\n  \
         FOREIGN KEY (person_id) REFERENCES person (id)\n);\n\
         CREATE TABLE remark (\n  id {key},\n  legacy_id bigint NOT NULL UNIQUE,\n  person_id {number} NOT NULL,\n  \
         body varchar(200) NOT NULL,\n  FOREIGN KEY (person_id) REFERENCES person (id)\n);\n"
    )
}

impl Club {
    /// Returns the club with six members and four notes, carried already; none if there is no server of an engine.
    pub fn new(from: Engine, to: Engine) -> Option<Club> {
        let (folder, from, to) = (tempfile::tempdir().unwrap(), Store::new(from)?, Store::new(to)?);
        let head = format!(
            "language 1\nlegacy old = {} \"old.sql\"\ntarget new = {} \"new.sql\"\n",
            from.engine().dialect(),
            to.engine().dialect()
        );
        let files =
            [("club.map", format!("{head}{MAPS}")), ("old.sql", LEGACY.to_string()), ("new.sql", target(to.engine()))];
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        from.run(LEGACY);
        to.run(&target(to.engine()));
        from.run(
            "INSERT INTO member VALUES (1, 'Ann', 'X', 'active', 10), (2, 'Bo', 'Y', 'active', 20),
             (3, 'Cy', NULL, 'gone', 30), (4, 'Di', 'X', 'gone', 40), (5, 'Ed', 'Y', 'active', 50),
             (6, 'Flo', 'X', 'gone', 60)",
        );
        from.run("INSERT INTO note VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 4, 'three'), (4, 6, 'four')");
        let club = Club { folder, from, to };
        club.cutover("run", &[]).with(0);
        club.cutover("verify", &[]).with(0);
        Some(club)
    }

    /// Returns the path of the mapping.
    pub fn map(&self) -> PathBuf {
        self.folder.path().join("club.map")
    }

    /// Returns a command with the mapping and both databases.
    pub fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = command();
        command.arg(name).arg(self.map()).args(["--from", &self.from.url(), "--to", &self.to.url()]).args(more);
        command
    }

    /// Runs that command.
    pub fn cutover(&self, name: &str, more: &[&str]) -> Ended {
        Ended::from(self.command(name, more).output().unwrap())
    }

    /// Changes the legacy side.
    pub fn old(&self, sql: &str) {
        self.from.run(sql);
    }

    /// Changes the target.
    pub fn new_side(&self, sql: &str) {
        self.to.run(sql);
    }

    /// Returns the people: legacy key, name, city, badge, the word of their login.
    pub fn people(&self) -> Vec<String> {
        self.to.ask(
            "SELECT p.legacy_id, p.name, p.city, p.badge, l.word FROM person p LEFT JOIN login l ON l.person_id = p.id",
            &[Kind::Integer, Kind::Text, Kind::Text, Kind::Integer, Kind::Text],
        )
    }

    /// Returns the remarks: legacy key, whose, text.
    pub fn remarks(&self) -> Vec<String> {
        self.to.ask(
            "SELECT r.legacy_id, p.name, r.body FROM remark r JOIN person p ON p.id = r.person_id",
            &[Kind::Integer, Kind::Text, Kind::Text],
        )
    }

    /// Returns the keys and generated values of people: what a sync never changes.
    pub fn identities(&self) -> Vec<String> {
        self.to.ask("SELECT legacy_id, id, token FROM person", &[Kind::Integer, Kind::Integer, Kind::Uuid])
    }

    /// Returns the entries of the map of members: legacy key, keys and fingerprints.
    pub fn entries(&self) -> Vec<String> {
        self.to.ask(
            "SELECT legacy_id, state, p_key, l_key, p_written, l_written FROM cutover_map_member",
            &[Kind::Integer, Kind::Text, Kind::Integer, Kind::Integer, Kind::Text, Kind::Text],
        )
    }
}
