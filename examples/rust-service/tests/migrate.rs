//! The service's own test: people arrive once, with both names and in UTC.

use rusqlite::Connection;

#[test]
fn people_arrive_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (legacy, target) = (folder.path().join("legacy.db"), folder.path().join("target.db"));
    let old = Connection::open(&legacy).expect("a new file");
    old.execute_batch(include_str!("../legacy.sql")).expect("the table is right");
    old.execute_batch(
        "INSERT INTO person VALUES (7, 'Ann de Lee', '020 794 0800', '2024-07-01 12:00:00', 'x'),
                                   (8, 'Bo Kim', '12', '2024-07-01 12:00:00', NULL),
                                   (9, 'Cy Stone', NULL, '2024-07-01 12:00:00', NULL)",
    )
    .expect("three rows");
    Connection::open(&target)
        .expect("a new file")
        .execute_batch(include_str!("../target.sql"))
        .expect("the table is right");

    for migrated in [2, 0] {
        let report = example_rust_service::migrate(&legacy, &target).expect("the run completes");
        assert_eq!((report.steps[0].now.migrated, report.rejects), (migrated, 1), "12 is no phone number");
    }
    let target = Connection::open(&target).expect("it is there");
    let mut people = target.prepare("SELECT first_name, last_name, phone, joined_at FROM people").expect("a query");
    let people: Vec<[Option<String>; 4]> = people
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
        .and_then(Iterator::collect)
        .expect("texts");
    let person = |texts: [Option<&str>; 4]| texts.map(|text| text.map(String::from));
    assert_eq!(
        people,
        [
            person([Some("Ann de"), Some("Lee"), Some("+31 20 794 0800"), Some("2024-07-01 10:00:00")]),
            person([Some("Cy"), Some("Stone"), None, Some("2024-07-01 10:00:00")]),
        ]
    );
    let reject = target.query_row("SELECT legacy_key, value, message FROM cutover_reject", [], |row| {
        Ok([row.get::<_, String>(0)?, row.get(1)?, row.get(2)?])
    });
    assert_eq!(reject, Ok(["8", "12", "no phone number"].map(String::from)));
}
