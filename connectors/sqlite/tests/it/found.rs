//! Rows that were in the target before: remembered, never touched.

use crate::fixture::World;

#[test]
fn a_row_that_carries_the_legacy_key_is_found() {
    let world = World::with(9);
    world.on_legacy("UPDATE person SET lang = 'Greek' WHERE id = 3");
    world.on_target(
        "INSERT INTO profile (id, legacy_id, name) VALUES (500, 3, 'There'), (501, 4, 'Too'), (502, NULL, 'Other')",
    );
    let report = world.run();
    assert_eq!((report.steps[0].settled.found, report.steps[0].settled.rejected), (2, 0));
    let found =
        "SELECT legacy_id, profile_key, account_key, profile_written FROM cutover_map_person WHERE state = 'found'";
    assert_eq!(world.ask(found), ["3|500|-|-", "4|501|-|-"]);
    assert_eq!(world.ask("SELECT name, account_id FROM profile WHERE id = 501"), ["Too|-"]);
    // Notes of a person that was found refer to it.
    assert_eq!(world.ask("SELECT profile_id FROM note WHERE id = 'c3/1'"), ["500"]);
    // New keys come after those that were there.
    assert_eq!(world.ask("SELECT MIN(id) FROM profile WHERE id > 502"), ["503"]);
    assert_eq!(world.run().steps[0].now.total(), 0);
}

#[test]
fn a_row_of_ours_is_not_found_again() {
    let world = World::with(9);
    world.run();
    world.on_legacy("INSERT INTO person SELECT 100 + id, name || 'x', 'x' || mail, lang, NULL, born, 1 FROM person");
    world.on_legacy("INSERT INTO control SELECT id FROM person WHERE id > 100");
    assert_eq!(world.run().steps[0].settled.found, 0);
}
