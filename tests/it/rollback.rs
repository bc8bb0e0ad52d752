//! Rollback gives back the target as it was, but for what others have changed or built upon since.

use cutover_tests::content::Content;
use cutover_tests::opal::Pair;
use cutover_tests::rows::{Rows, add};

/// Everything but the journal, with the counters of keys.
fn own(pair: &Pair) -> Content {
    Content::exact(&pair.target()).own()
}

#[test]
fn a_target_that_held_rows_already_is_as_it_was() {
    let pair = Pair::empty();
    add(&pair.legacy(), Rows { first: 1, patients: 500, odd: 50, seed: 5 });
    pair.on_target(
        "INSERT INTO users_user VALUES (40, 'x', NULL, 0, 'staff.registrar', 'A', 'B', '', 1, 1, \
                                        '2020-01-01 00:00:00', 'CLINICAL', 'fr', ''); \
         INSERT INTO patients_patient VALUES (9, 'There', 'Already', 3, '1984-02-29', 'F', '', NULL, 'u9', 'ALL', 0, 0, \
                                              '2020-05-05 13:30:00'); \
         DELETE FROM auth_group WHERE id = 6",
    );
    let before = own(&pair);
    pair.run();
    assert_ne!(own(&pair), before);
    assert!(own(&pair).rows("users_user").len() > 100);
    let first = own(&pair);
    pair.cutover("rollback", &[]).with(0);
    before.assert_same(&own(&pair), "before the run and after the rollback");
    assert_eq!(pair.ask("SELECT COUNT(*) FROM cutover_reject"), ["0"]);
    // And it can all come again, under the same keys.
    pair.run();
    let keys = |content: &Content| content.rows("patients_hospitalpatient").to_vec();
    assert_eq!(keys(&own(&pair)), keys(&first));
    pair.cutover("rollback", &["--json"]).with(0);
    before.assert_same(&own(&pair), "before the run and after the second rollback");
}

#[test]
fn what_was_changed_since_stays_and_is_listed() {
    let pair = Pair::sample();
    let before = own(&pair);
    pair.run();
    pair.on_target(
        "UPDATE patients_patient SET first_name = 'Mine' WHERE legacy_id = 110;
         UPDATE users_user SET last_login = '2026-01-01 00:00:00' WHERE username = 'uidAlpha000000000000000001';
         INSERT INTO caregivers_device (type, device_id, is_trusted, modified, caregiver_id, push_token)
           SELECT 'WEB', 'd', 1, '2026-01-01 00:00:00', id, '' FROM caregivers_caregiverprofile WHERE legacy_id = 202;
         DELETE FROM patients_hospitalpatient WHERE mrn = '9000126'",
    );
    let ended = pair.cutover("rollback", &[]).with(1);
    let mut lines: Vec<&str> = ended.out.lines().take_while(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "gone: HospitalIdentifier.h legacy key 7, patients_hospitalpatient 5: already gone",
            "kept: Caregiver.caregiver legacy key 201, users_user 1: changed since it was migrated",
            "kept: Caregiver.profile legacy key 202, caregivers_caregiverprofile 2: referred to by \
             caregivers_device.caregiver_id",
            "kept: Patient.t legacy key 101, patients_patient 1: referred to by patients_relationship.patient_id",
            "kept: Patient.t legacy key 102, patients_patient 2: referred to by patients_relationship.patient_id",
            "kept: Patient.t legacy key 110, patients_patient 6: changed since it was migrated",
        ]
    );
    let left = "SELECT legacy_id FROM patients_patient";
    assert_eq!(pair.ask(left), ["101", "102", "110"]);
    assert_eq!(pair.ask("SELECT username FROM users_user").len(), 2);
    // The journal still knows the rows: once nothing stands in the way, they go too.
    pair.on_target(
        "UPDATE patients_patient SET first_name = 'Juliett' WHERE legacy_id = 110;
         UPDATE users_user SET last_login = NULL;
         DELETE FROM caregivers_device; DELETE FROM sqlite_sequence WHERE name = 'caregivers_device'",
    );
    pair.cutover("rollback", &[]).with(0);
    before.assert_same(&own(&pair), "before the run and after both rollbacks");
}

#[test]
fn maps_can_be_taken_back_by_name() {
    let pair = Pair::sample();
    pair.run();
    pair.cutover("rollback", &["--map", "Patient"]).with(2).says(&["map Patient cannot be taken back alone"]);
    pair.cutover("rollback", &["--map", "Nobody"]).with(2).says(&["Nobody"]);
    pair.cutover("rollback", &["--map", "Caregiver"]).with(2).says(&["map Caregiver cannot be taken back alone"]);
    pair.cutover("rollback", &["--map", "Answer", "--map", "Device", "--map", "Caregiver"]).with(0);
    assert_eq!(
        pair.ask("SELECT COUNT(*) FROM users_user UNION ALL SELECT COUNT(*) FROM patients_patient"),
        ["4", "19"]
    );
    pair.run();
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn nothing_to_take_back_is_no_failure() {
    let pair = Pair::sample();
    let before = own(&pair);
    let ended = pair.cutover("rollback", &[]).with(0);
    assert!(ended.out.contains("nothing to take back"), "{}", ended.out);
    before.assert_same(&own(&pair), "a rollback of nothing");
}
