//! What of each situation of the suite can come back: the verdicts of its maps, and whether they are true. A map whose
//! *create* is exact never makes the same target rows of two legacy rows; where a column is said to be lost, there are two
//! legacy rows that differ in it and become the same.

use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::verdict::{Proof, Verdict, prove};
use cutover_tests::opal::repository;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the suite, in order.
fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("tests/suite")).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// Compiles a mapping with the schemas beside it.
fn plan(map: &Path) -> Plan {
    let folder = map.parent().unwrap();
    let text = fs::read_to_string(map).unwrap();
    let name = map.file_name().unwrap().to_string_lossy();
    let compiled = compile(&name, &text, &mut |file| fs::read(folder.join(file)).map_err(|error| error.to_string()));
    compiled.plan.unwrap_or_else(|| panic!("{}: {:?}", map.display(), compiled.diagnostics))
}

fn proofs(plan: &Plan) -> Vec<Proof> {
    plan.steps.iter().map(|step| prove(plan, step)).collect()
}

fn told(proof: &Proof) -> String {
    let mut text = format!("{} ({})\n", proof.map, proof.class);
    for (name, verdict) in [("put", &proof.put), ("create", &proof.create)] {
        writeln!(text, "  {name}: {verdict}").unwrap();
        text.push_str(&grounds(verdict));
    }
    proof.stay.iter().for_each(|stay| writeln!(text, "  not spoken of: {}", stay.what).unwrap());
    for rule in &proof.rules {
        writeln!(text, "  {} {} {}: {}, back: {}", rule.rule, rule.arrow, rule.column, rule.class, rule.inverse).unwrap();
        rule.obligations.iter().for_each(|obligation| writeln!(text, "    {obligation}").unwrap());
    }
    text
}

fn grounds(verdict: &Verdict) -> String {
    let lost = verdict.lost.iter().map(|lost| format!("    line {}: {}\n", lost.line, lost.words()));
    let only_if = verdict.only_if.iter().map(|only| format!("    line {}: only if {}\n", only.line, only.what));
    lost.chain(only_if).collect()
}

#[test]
fn verdicts_are_as_reviewed() {
    for case in cases() {
        let text: String = proofs(&plan(&case.join("case.map"))).iter().map(told).collect();
        insta::with_settings!({ snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("verdict", text);
        });
    }
}
