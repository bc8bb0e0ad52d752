//! The service's own test: people arrive once, with both names and in UTC.

use rusqlite::Connection;

#[test]
fn people_arrive_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (legacy, target) = (folder.path().join("legacy.db"), folder.path().join("target.db"));
    let old = Connection::open(&legacy).expect("a new file");
    old.execute_batch(include_str!("../legacy.sql")).expect("the table is right");
    old.execute_batch("INSERT INTO person VALUES (7, 'Ann de Lee', '2024-07-01 12:00:00', 'x')").expect("a row");
    Connection::open(&target)
        .expect("a new file")
        .execute_batch(include_str!("../target.sql"))
        .expect("the table is right");

    for migrated in [1, 0] {
        let report = example_rust_service::migrate(&legacy, &target).expect("the run completes");
        assert_eq!(report.steps[0].now.migrated, migrated);
    }
    let row = Connection::open(&target).expect("it is there").query_row(
        "SELECT legacy_id, first_name, last_name, joined_at FROM people",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?)),
    );
    assert_eq!(row, Ok((7, "Ann de".into(), "Lee".into(), "2024-07-01 10:00:00".into())));
}
