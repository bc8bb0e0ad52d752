//! Runs after the first: nothing comes twice, and what is new comes.

use cutover_tests::content::Content;
use cutover_tests::opal::Pair;
use cutover_tests::rows::{Rows, add};

fn migrated_now(pair: &Pair) -> Vec<(String, u64)> {
    let ended = pair.cutover("run", &["--max-rejects", "any", "--json"]).with(0);
    let report: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["outcome"], "complete");
    let steps = report["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["map"].as_str().unwrap().to_string(), step["now"]["migrated"].as_u64().unwrap())).collect()
}

/// All maps in running order.
const MAPS: [&str; 8] = ["Site", "Patient", "HospitalIdentifier", "Caregiver", "Question", "Answer", "Device", "Staff"];

fn counts(counts: [u64; 8]) -> Vec<(String, u64)> {
    MAPS.map(ToString::to_string).into_iter().zip(counts).collect()
}

fn of(map: &str, counts: &[(String, u64)]) -> u64 {
    counts.iter().find(|(name, _)| name == map).unwrap().1
}

#[test]
fn a_second_run_migrates_nothing_and_says_so() {
    let pair = Pair::sample();
    let first = pair.run();
    assert!(first.out.contains("complete: 42 legacy rows migrated"), "{}", first.out);
    let before = Content::exact(&pair.target()).own();
    let second = pair.run();
    assert!(second.out.contains("nothing to migrate: everything in scope is settled"), "{}", second.out);
    assert_eq!(migrated_now(&pair), counts([0; 8]));
    before.assert_same(&Content::exact(&pair.target()).own(), "after three runs");
}

#[test]
fn ten_new_legacy_rows_are_ten_more() {
    let pair = Pair::sample();
    assert_eq!(migrated_now(&pair), counts([0, 19, 5, 7, 2, 2, 3, 4]));
    let before = Content::exact(&pair.target());
    add(&pair.legacy(), Rows { first: 1001, patients: 10, odd: 0, seed: 3 });
    let now = migrated_now(&pair);
    assert_eq!(of("Patient", &now), 10);
    assert_eq!(pair.ask("SELECT COUNT(*) FROM patients_patient WHERE legacy_id BETWEEN 1001 AND 1010"), ["10"]);
    let after = Content::exact(&pair.target());
    let gone = before.own().differences(&after.own());
    let gone: Vec<&String> =
        gone.iter().filter(|line| line.starts_with('-') && !line.contains("sqlite_sequence")).collect();
    assert_eq!(gone, Vec::<&String>::new(), "rows that were there before must stay as they were");
    assert_eq!(migrated_now(&pair), counts([0; 8]));
}

/// A row that lies before all others in the order of keys is no less new.
#[test]
fn new_rows_are_found_wherever_their_keys_lie() {
    let pair = Pair::sample();
    pair.run();
    add(&pair.legacy(), Rows { first: 1, patients: 5, odd: 0, seed: 4 });
    pair.on_legacy("INSERT INTO PatientControl (PatientSerNum) VALUES (120)");
    assert_eq!(of("Patient", &migrated_now(&pair)), 5);
    // 120 is in scope now, and has no date of registration.
    assert_eq!(pair.ask("SELECT rule FROM cutover_reject WHERE legacy_key = '120'"), ["RegistrationDateZero"]);
}

#[test]
fn rejects_over_the_budget_stop_a_run_and_a_retry_takes_what_was_corrected() {
    let pair = Pair::sample();
    let ended = pair.cutover("run", &[]).with(1);
    assert!(ended.out.contains("2 rows rejected, 0 allowed"), "{}", ended.out);
    pair.run();
    pair.on_legacy(
        "UPDATE Patient SET Sex = 'Female' WHERE PatientSerNum = 108; \
         UPDATE Patient SET AccessLevel = '1' WHERE PatientSerNum = 109",
    );
    assert_eq!(migrated_now(&pair), counts([0; 8]), "a run leaves rejects alone");
    let ended = pair.cutover("retry", &["--max-rejects", "any"]).with(0);
    assert!(ended.out.contains("complete: 3 legacy rows migrated"), "108, 109 and its account 205: {}", ended.out);
    assert_eq!(pair.ask("SELECT COUNT(*) FROM cutover_reject"), ["32"]);
    assert_eq!(
        pair.ask("SELECT sex, data_access FROM patients_patient WHERE legacy_id IN (108, 109)"),
        ["F|ALL", "U|NTK"]
    );
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn a_retry_can_be_limited_to_maps_and_reasons() {
    let pair = Pair::sample();
    pair.run();
    pair.on_legacy(
        "UPDATE Patient SET Sex = 'Female' WHERE PatientSerNum = 108; \
         UPDATE Patient SET AccessLevel = '1' WHERE PatientSerNum = 109",
    );
    let retry = |more: &[&str]| pair.cutover("retry", &[&["--max-rejects", "any"], more].concat());
    assert!(retry(&["--map", "HospitalIdentifier"]).with(0).out.contains("nothing to migrate"));
    assert!(retry(&["--map", "Caregiver", "--reason", "NoPatient2"]).with(0).out.contains("nothing to migrate"));
    assert!(
        retry(&["--map", "Patient", "--reason", "Access"]).with(0).out.contains("complete: 1 legacy rows migrated")
    );
    assert_eq!(pair.ask("SELECT legacy_id FROM patients_patient WHERE legacy_id IN (108, 109)"), ["109"]);
    assert_eq!(pair.ask("SELECT COUNT(*) FROM cutover_reject"), ["34"]);
    assert!(retry(&["--map", "Patient,Caregiver"]).with(0).out.contains("complete: 2 legacy rows migrated"));
    assert_eq!(pair.ask("SELECT COUNT(*) FROM cutover_reject"), ["32"]);
    retry(&["--map", "Patient", "--reason", "Acess"]).with(2).says(&["no row is rejected for Acess"]);
    retry(&["--map", "Patent"]).with(2).says(&["no map Patent", "HospitalIdentifier", "Caregiver"]);
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn a_limited_retry_counts_the_other_rejects_against_the_budget() {
    let pair = Pair::sample();
    pair.run();
    let ended = pair.cutover("retry", &["--reason", "Access", "--max-rejects", "34"]).with(1);
    assert!(ended.out.contains("35 rows rejected, 34 allowed"), "{}", ended.out);
    pair.cutover("retry", &["--reason", "Access", "--max-rejects", "35"]).with(0);
}

#[test]
fn status_tells_how_it_stands() {
    let pair = Pair::sample();
    assert!(pair.cutover("status", &[]).with(0).out.contains("nothing was ever migrated"));
    pair.run();
    let report: serde_json::Value = serde_json::from_str(&pair.cutover("status", &["--json"]).with(0).out).unwrap();
    assert_eq!(report["steps"].as_array().unwrap().len(), 8);
    let rejects = report["rejects"].as_array().unwrap().iter();
    assert_eq!(rejects.map(|reject| reject["rows"].as_u64().unwrap()).sum::<u64>(), 35);
    // Books that do not add up are a finding.
    pair.on_target("UPDATE cutover_step SET migrated = migrated + 1 WHERE map = 'Patient'");
    assert!(pair.cutover("status", &[]).with(1).out.contains("DOES NOT ADD UP"));
}
