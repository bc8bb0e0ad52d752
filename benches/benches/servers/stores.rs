//! The databases: a legacy one on MariaDB, targets on either server, and copies of a migrated target's rows.

use cutover_test_servers::{Database, Durability, Kind, shared};
use postgres::{Client, NoTls};
use std::io::Read;

/// The tables that each map writes.
pub(crate) const TABLES: [&[&str]; 3] = [
    &["patients_patient"],
    &["patients_hospitalpatient"],
    &["users_user", "caregivers_caregiverprofile", "patients_relationship"],
];

/// The migration table of each map.
pub(crate) const MIGRATION_TABLES: [&str; 3] =
    ["cutover_map_patient", "cutover_map_hospital_identifier", "cutover_map_caregiver"];

macro_rules! example {
    ($name:literal) => {
        include_str!(concat!("../../../examples/opal/", $name))
    };
}

/// The legacy database.
pub(crate) struct Legacy(Database);

impl Legacy {
    /// Makes it; none if there is no server.
    pub(crate) fn make(patients: usize, dirty: usize) -> Option<Legacy> {
        let database = Database::on(shared(Kind::MariaDb, Durability::Default)?);
        database.load(example!("legacy.sql"));
        let fill = include_str!("patients.sql").replace("{patients}", &patients.to_string());
        database.load(&fill.replace("{dirty}", &dirty.to_string()));
        Some(Legacy(database))
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }
}

/// An empty target, with the rows that must be there before.
pub(crate) struct Target(Database);

impl Target {
    pub(crate) fn postgres() -> Option<Target> {
        Target::make(Kind::Postgres, example!("target.sql"))
    }

    pub(crate) fn mariadb() -> Option<Target> {
        Target::make(Kind::MariaDb, example!("target.mariadb.sql"))
    }

    fn make(kind: Kind, tables: &str) -> Option<Target> {
        let database = Database::on(shared(kind, Durability::Default)?);
        database.load(tables);
        database.run(example!("target-reference.sql"));
        Some(Target(database))
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    pub(crate) fn run(&self, sql: &str) {
        self.0.run(sql);
    }

    /// Takes everything out of a migrated target, and leaves its migration tables there.
    pub(crate) fn empty(&self) {
        let tables = TABLES.concat().into_iter().chain(MIGRATION_TABLES).collect::<Vec<_>>().join(", ");
        self.run(&format!("TRUNCATE {tables} CASCADE"));
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).expect("it was just made")
    }
}

/// The rows that a run has written, as binary COPY gives them: for each map and table two halves. The last table of each
/// map is its migration table.
pub(crate) struct Copies(pub(crate) Vec<Vec<[Vec<u8>; 2]>>);

impl Copies {
    /// Reads them from a migrated target on PostgreSQL.
    pub(crate) fn of(target: &Target) -> Copies {
        let mut client = target.client();
        let mut halves = |table: &str| {
            let count: i64 =
                client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).expect("it is there").get(0);
            [format!("LIMIT {}", count / 2), format!("OFFSET {}", count / 2)].map(|part| {
                let query = format!("COPY (SELECT * FROM {table} ORDER BY 1 {part}) TO STDOUT (FORMAT binary)");
                let mut bytes = Vec::new();
                client.copy_out(&query).expect("it can be read").read_to_end(&mut bytes).expect("it can be read");
                bytes
            })
        };
        let maps = TABLES.iter().zip(MIGRATION_TABLES);
        Copies(maps.map(|(tables, own)| tables.iter().copied().chain([own]).map(&mut halves).collect()).collect())
    }
}
