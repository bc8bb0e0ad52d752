//! Verify names what deviates, exactly that, and shows no personal values unless it is asked for them.

use cutover_tests::opal::Pair;
use serde_json::Value;
use std::collections::BTreeSet;

/// Kind, side, map, role, legacy key, column and values of each deviation.
fn deviations(pair: &Pair, more: &[&str]) -> Vec<String> {
    let ended = pair.cutover("verify", &[&["--json"], more].concat()).with(1);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let found = report["deviations"].as_array().unwrap();
    assert_eq!(report["total"], found.len());
    let shown = |value: &Value| value.as_str().unwrap_or("-").to_string();
    let fields = ["kind", "side", "map", "role", "legacy_key", "column", "expected", "found"];
    let lines = found.iter().map(|deviation| fields.map(|field| shown(&deviation[field])).join(" "));
    lines.collect::<BTreeSet<_>>().into_iter().collect()
}

fn migrated() -> Pair {
    let pair = Pair::sample();
    pair.run();
    let ended = pair.cutover("verify", &[]).with(0);
    assert!(ended.out.contains("no deviations"), "{}", ended.out);
    pair
}

#[test]
fn changes_of_the_target_are_named() {
    let pair = migrated();
    pair.on_target(
        "UPDATE patients_patient SET first_name = 'Mallory' WHERE legacy_id = 101;
         UPDATE patients_patient SET created_at = '2020-05-05 13:30:01' WHERE legacy_id = 101;
         UPDATE users_user SET language = 'fr' WHERE username = 'uidCedar000000000000000013';
         DELETE FROM patients_hospitalpatient WHERE mrn = '0000102';
         INSERT INTO patients_patient VALUES (900, 'New', 'Born', 4321, '1984-02-29', 'F', '', NULL, 'u', 'ALL', 0, 0,
                                              '2020-05-05 13:30:00')",
    );
    assert_eq!(
        deviations(&pair, &["--show-values"]),
        [
            "differs target Caregiver caregiver 213 language en fr",
            "differs target Patient t 101 created_at 2020-05-05 13:30:00 2020-05-05 13:30:01",
            "differs target Patient t 101 first_name Alpha Mallory",
            "lost legacy HospitalIdentifier h 3 - - -",
            "target_only target Patient t - legacy_id - 4321",
        ]
    );
}

#[test]
fn changes_of_the_legacy_side_are_named() {
    let pair = migrated();
    pair.on_legacy(
        "UPDATE Patient SET LastName = 'Secretly' WHERE PatientSerNum = 102;
         UPDATE Patient SET Sex = 'Private' WHERE PatientSerNum = 107;
         UPDATE Patient SET Alias = 'of no interest' WHERE PatientSerNum = 103;
         DELETE FROM PatientControl WHERE PatientSerNum = 123;
         DELETE FROM Patient_Hospital_Identifier WHERE Patient_Hospital_Identifier_Id = 1;
         INSERT INTO Patient_Hospital_Identifier VALUES (77, 110, 'HXB', '9000110', 1);
         UPDATE Users SET UserType = 'Doctor' WHERE UserSerNum = 201",
    );
    assert_eq!(
        deviations(&pair, &["--show-values"]),
        [
            "differs target Caregiver caregiver 202 last_name Secretly Sampleton",
            "differs target Patient t 102 last_name Secretly Sampleton",
            "legacy_gone target Caregiver caregiver 201 - - -",
            "legacy_gone target HospitalIdentifier h 1 - - -",
            "legacy_gone target Patient t 123 - - -",
            "missing legacy HospitalIdentifier - 77 - - -",
            "no_longer_converts legacy Answer - 1 NoUsers - -",
            "no_longer_converts legacy Patient - 107 Sex - PRIVATE",
        ]
    );
}

#[test]
fn values_are_masked_unless_asked_for() {
    let pair = migrated();
    pair.on_target("UPDATE patients_patient SET first_name = 'Mallory' WHERE legacy_id = 101");
    pair.on_legacy("UPDATE Patient SET Sex = 'Private' WHERE PatientSerNum = 107");
    for form in [&[][..], &["--json"]] {
        let masked = pair.cutover("verify", form).with(1);
        for secret in ["Mallory", "Alpha", "Private", "Female"] {
            assert!(!masked.out.contains(secret) && !masked.err.contains(secret), "{secret}: {}", masked.out);
        }
        assert!(masked.out.contains("text of 7 characters"), "{}", masked.out);
        let shown = pair.cutover("verify", &[form, &["--show-values"]].concat()).with(1);
        assert!(shown.out.contains("Mallory") && shown.out.contains("Alpha"), "{}", shown.out);
    }
    let shown = pair.cutover("verify", &["--show-values"]).with(1);
    let line = "Patient.t: legacy key 101 target key 1 in target patients_patient: first_name is \"Mallory\", the \
                mapping gives \"Alpha\"";
    assert!(shown.out.lines().any(|found| found == line), "{}", shown.out);
}

#[test]
fn a_line_names_the_table_on_the_side_where_it_is() {
    let pair = migrated();
    pair.on_target(
        "DELETE FROM patients_hospitalpatient WHERE mrn = '0000102';
         UPDATE patients_patient SET last_name = '' WHERE legacy_id = 101",
    );
    let shown = pair.cutover("verify", &["--show-values"]).with(1).out;
    let lost = "in target patients_hospitalpatient: migrated, but gone from the target";
    assert!(shown.lines().any(|line| line.ends_with(lost)), "{shown}");
    assert!(shown.contains(": last_name is \"\", the mapping gives \""), "{shown}");
}

#[test]
fn all_deviations_are_counted_and_some_are_shown() {
    let pair = migrated();
    pair.on_target("UPDATE patients_patient SET first_name = first_name || '!'");
    let ended = pair.cutover("verify", &["--limit", "3"]).with(1);
    assert!(ended.out.contains("… and 16 more; --limit shows more"), "{}", ended.out);
    assert!(ended.out.contains("19 deviations; values are masked"), "{}", ended.out);
}

#[test]
fn verify_writes_nothing() {
    let pair = migrated();
    let bytes = |path| std::fs::read(path).unwrap();
    let before = [bytes(pair.legacy()), bytes(pair.target())];
    pair.cutover("verify", &[]).with(0);
    assert_eq!(before, [bytes(pair.legacy()), bytes(pair.target())]);
}

#[test]
fn maps_can_be_compared_alone() {
    let pair = migrated();
    pair.on_target(
        "UPDATE patients_patient SET first_name = 'Mallory' WHERE legacy_id = 101; \
         DELETE FROM patients_hospitalpatient WHERE mrn = '0000102'",
    );
    assert_eq!(deviations(&pair, &["--map", "HospitalIdentifier"]), ["lost legacy HospitalIdentifier h 3 - - -"]);
    let ended = pair.cutover("verify", &["--map", "Caregiver"]).with(0);
    let maps: Vec<&str> = ended.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(maps, ["map", "Caregiver", "no"]);
    pair.cutover("verify", &["--map", "Caregivers"]).with(2).says(&["no map Caregivers", "HospitalIdentifier"]);
}

/// Schedulers read the status, programs this form; `docs/operations.md` describes both.
#[test]
fn the_report_has_the_form_that_is_documented() {
    let pair = migrated();
    let report =
        |status| -> Value { serde_json::from_str(&pair.cutover("verify", &["--json"]).with(status).out).unwrap() };
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&report(0)), "deviations steps total");
    pair.on_target("DELETE FROM patients_hospitalpatient WHERE mrn = '0000102'");
    let found = report(1);
    assert_eq!(keys(&found["steps"][0]), "compared deviations in_scope map rejected");
    assert_eq!(keys(&found["deviations"][0]), "column expected found kind legacy_key map role side table target_key");
    std::fs::remove_file(pair.target()).unwrap();
    pair.cutover("verify", &["--json"]).with(4).says(&["target"]);
}
