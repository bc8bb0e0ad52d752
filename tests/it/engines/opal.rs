//! The example Opal from a real MariaDB to each engine, as from SQLite to SQLite.

use cutover_runtime::value::Kind;
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::{Pair, map, plan, repository, tables};
use std::collections::BTreeMap;
use std::fs;

use Kind::{Boolean, Date, Instant, Integer, Text};

/// What the target holds, without the keys that it gave.
const QUERIES: [(&str, &[Kind]); 10] = [
    (
        "SELECT legacy_id, first_name, last_name, sex, ramq, date_of_birth, date_of_death, data_access,
                interpretable_lab_result_delay, non_interpretable_lab_result_delay, created_at FROM patients_patient",
        &[Integer, Text, Text, Text, Text, Date, Instant, Text, Integer, Integer, Instant],
    ),
    (
        "SELECT p.legacy_id, s.acronym, h.mrn, h.is_active FROM patients_hospitalpatient h
         LEFT JOIN patients_patient p ON p.id = h.patient_id LEFT JOIN hospital_settings_site s ON s.id = h.site_id",
        &[Integer, Text, Text, Boolean],
    ),
    (
        "SELECT username, type, first_name, last_name, email, language, phone_number, is_active, is_staff,
                is_superuser, date_joined, last_login FROM users_user",
        &[Text, Text, Text, Text, Text, Text, Text, Boolean, Boolean, Boolean, Instant, Instant],
    ),
    (
        "SELECT c.legacy_id, u.username FROM caregivers_caregiverprofile c LEFT JOIN users_user u ON u.id = c.user_id",
        &[Integer, Text],
    ),
    (
        "SELECT c.legacy_id, p.legacy_id, t.role_type, r.status, r.request_date, r.start_date, r.end_date, r.reason
         FROM patients_relationship r LEFT JOIN caregivers_caregiverprofile c ON c.id = r.caregiver_id
         LEFT JOIN patients_patient p ON p.id = r.patient_id LEFT JOIN patients_relationshiptype t ON t.id = r.type_id",
        &[Integer, Integer, Text, Text, Date, Date, Date, Text],
    ),
    ("SELECT title, title_en, title_fr, is_active FROM caregivers_securityquestion", &[Text, Text, Text, Boolean]),
    (
        "SELECT c.legacy_id, a.question, a.answer FROM caregivers_securityanswer a
         LEFT JOIN caregivers_caregiverprofile c ON c.id = a.user_id",
        &[Integer, Text, Text],
    ),
    (
        "SELECT c.legacy_id, d.type, d.device_id, d.is_trusted, d.modified, d.push_token FROM caregivers_device d
         LEFT JOIN caregivers_caregiverprofile c ON c.id = d.caregiver_id",
        &[Integer, Text, Text, Boolean, Instant, Text],
    ),
    (
        "SELECT u.username, g.name FROM users_user_groups x LEFT JOIN users_user u ON u.id = x.user_id
         LEFT JOIN auth_group g ON g.id = x.group_id",
        &[Text, Text],
    ),
    (
        // Some values are keys that the target gave, and engines tell more or less about their constraints.
        "SELECT map, legacy_key, rule, CASE WHEN rule LIKE 'target_%' THEN NULL ELSE column_name END,
                CASE WHEN rule LIKE 'target_%' OR column_name LIKE 'self.%' THEN NULL ELSE value END
         FROM cutover_reject",
        &[Text; 5],
    ),
];

pub(crate) fn content(target: &Store) -> Vec<Vec<String>> {
    QUERIES.iter().map(|(query, kinds)| target.ask(query, kinds)).collect()
}

/// Fails with the rows that only one of two contents has: both as a whole would be unreadable.
#[track_caller]
pub(crate) fn assert_same(found: &[Vec<String>], expected: &[Vec<String>], what: &str) {
    let (lost, added) = (only_in(expected, found), only_in(found, expected));
    let first = |rows: &[String]| rows.iter().take(20).map(|row| format!("\n  {row}")).collect::<String>();
    let (without, beyond) = (first(&lost), first(&added));
    assert!(
        lost.is_empty() && added.is_empty(),
        "{what}: {} rows are missing{without}\n{} rows are too many{beyond}",
        lost.len(),
        added.len()
    );
}

/// Returns the rows of one content that the other lacks, each with the number of its query.
fn only_in(one: &[Vec<String>], other: &[Vec<String>]) -> Vec<String> {
    let rows = |content: &[Vec<String>]| {
        let numbered = content.iter().enumerate();
        numbered.flat_map(|(query, rows)| rows.iter().map(move |row| format!("{query}: {row}"))).collect::<Vec<_>>()
    };
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    rows(other).into_iter().for_each(|row| *others.entry(row).or_default() += 1);
    let mut lacking = rows(one);
    lacking.retain(|row| match others.get_mut(row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    lacking
}

/// Returns the legacy sample on MariaDB, as the dump makes it.
pub(crate) fn legacy() -> Option<Store> {
    Some(filled(Store::new(Engine::MariaDb)?))
}

/// Makes the legacy sample of an empty database on MariaDB.
pub(crate) fn filled(store: Store) -> Store {
    for file in ["legacy.sql", "legacy-sample.sql"] {
        store.load(&fs::read_to_string(repository("examples/opal").join(file)).unwrap());
    }
    store
}

/// Returns a target with what must be there before a migration.
pub(crate) fn target(engine: Engine) -> Option<Store> {
    Some(prepared(Store::new(engine)?))
}

/// Makes a target of an empty database.
pub(crate) fn prepared(store: Store) -> Store {
    let file = |name: &str| fs::read_to_string(repository("examples/opal").join(name)).unwrap();
    match store.engine() {
        Engine::Sqlite => store.run(&tables(&plan().target.schema)),
        Engine::Postgres => store.load(&file("target.sql")),
        Engine::MariaDb => store.load(&file("target.mariadb.sql")),
    }
    store.run(&file("target-reference.sql"));
    store
}

fn cutover(name: &str, from: &Store, to: &Store, more: &[&str]) -> Ended {
    let mut command = command();
    command.arg(name).arg(map()).args(["--from", &from.url(), "--to", &to.url()]).args(more);
    Ended::from(command.output().unwrap())
}

#[test]
fn the_sample_arrives_on_every_engine_as_on_sqlite() {
    let pair = Pair::sample();
    pair.run();
    let Some(from) = legacy() else { return };
    let expected = target(Engine::Sqlite).unwrap();
    cutover("run", &from, &expected, &["--max-rejects", "any"]).with(0);
    let expected = content(&expected);
    for (at, (query, _)) in QUERIES.iter().enumerate() {
        let rows: Vec<String> = pair.ask(query);
        assert_eq!(
            rows.len(),
            expected[at].len(),
            "from SQLite, and from MariaDB: {query}\n{rows:#?}\n{:#?}",
            expected[at]
        );
    }
    for engine in [Engine::Postgres, Engine::MariaDb] {
        let Some(to) = target(engine) else { return };
        let before = content_before(&to);
        let first = cutover("run", &from, &to, &["--max-rejects", "any"]).with(0);
        assert!(first.out.contains("complete: 42 legacy rows migrated"), "{engine:?}: {}", first.out);
        for (found, expected) in content(&to).iter().zip(&expected) {
            assert_eq!(found, expected, "{engine:?}");
        }
        let second = cutover("run", &from, &to, &["--max-rejects", "any"]).with(0);
        assert!(second.out.contains("nothing to migrate"), "{engine:?}: {}", second.out);
        let verified = cutover("verify", &from, &to, &["--show-values"]);
        assert_eq!(verified.status, 0, "{engine:?}: {}{}", verified.out, verified.err);
        assert!(cutover("status", &from, &to, &[]).with(0).out.contains("complete"));
        cutover("rollback", &from, &to, &[]).with(0);
        assert_eq!(content_before(&to), before, "{engine:?}: a rollback gives back what was there");
        let again = cutover("run", &from, &to, &["--max-rejects", "any"]).with(0);
        assert!(again.out.contains("complete: 42 legacy rows migrated"), "{engine:?}: {}", again.out);
        assert_same(&content(&to), &expected, &format!("{engine:?}"));
    }
}

/// How many rows there are in each table that the maps write.
fn content_before(target: &Store) -> Vec<Vec<String>> {
    QUERIES[..9].iter().map(|(query, kinds)| target.ask(query, kinds)).collect()
}
