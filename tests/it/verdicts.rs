//! What of each situation of the suite can come back: the verdicts of its maps, and whether they are true. A map whose
//! *create* is exact never makes the same target rows of two legacy rows; where a column is said to be lost, there are two
//! legacy rows that differ in it and become the same.

use crate::suite::cases;
use cutover_codegen::disk;
use cutover_mapping_dsl::plan::{Plan, Step as PlanStep};
use cutover_mapping_dsl::verdict::{Answer, Lost, Proof, Verdict, prove};
use cutover_tests::opal::repository;
use rows::{Made, make};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

mod rows;

/// What a map makes of some legacy row, and the values of each base column in the rows of which it is made.
type Grouped<'r> = BTreeMap<&'r str, Vec<&'r Made>>;

/// The mappings of which every verdict is tried: the suite, the examples, and traps.
fn mappings() -> Vec<PathBuf> {
    let suite = cases().into_iter().map(|case| case.join("case.map"));
    let others = ["tests/verdicts/traps.map", "examples/opal/opal.map", "examples/outsystems/kern.map"];
    suite.chain(others.iter().map(|path| repository(path))).collect()
}

/// Compiles a mapping with the schemas beside it.
fn plan(map: &Path) -> Plan {
    let compiled = disk::load(map).unwrap().compiled;
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
        writeln!(text, "  {} {} {}: {}, back: {}", rule.rule, rule.arrow, rule.column, rule.class, rule.inverse)
            .unwrap();
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

#[test]
fn verdicts_of_traps_are_as_reviewed() {
    let text: String = proofs(&plan(&repository("tests/verdicts/traps.map"))).iter().map(told).collect();
    insta::with_settings!({ snapshot_path => repository("tests/verdicts"), prepend_module_to_snapshot => false,
        omit_expression => true }, {
        insta::assert_snapshot!("traps", text);
    });
}

#[test]
fn what_is_exact_never_makes_the_same_rows_of_two_legacy_rows() {
    let mut exact = BTreeSet::new();
    for path in mappings() {
        let plan = plan(&path);
        for (step, proof) in plan.steps.iter().zip(proofs(&plan)) {
            let label = format!("{} {}", path.display(), step.name);
            let made = make(&plan, step);
            let grouped = group(&made);
            for column in base_columns(step) {
                let what = format!("{}.{column}", step.read.alias);
                if proof.create.lost.iter().any(|lost| lost.what == what) {
                    continue;
                }
                let two = two_values(&grouped, &column);
                assert!(two.is_none(), "{label}: {what} is not lost, but {two:?}");
            }
            if proof.create.answer == Answer::Exact {
                assert!(grouped.len() > 1, "{label}: nothing was tried");
                exact.insert(label);
            }
        }
    }
    assert!(exact.len() >= 10, "{exact:?}");
}

/// What `->` alone leaves out could often be had back all the same, and what is not read is surely lost. A zero date is not
/// written back, also where no null could be meant. The examples are left out: there what a rule loses may be rejected by it
/// afterwards, so that the verdict is lower than it might be.
#[test]
fn what_an_operator_loses_is_lost() {
    let mut shown = 0;
    for path in mappings().into_iter().filter(|path| !path.starts_with(repository("examples"))) {
        let plan = plan(&path);
        for (step, proof) in plan.steps.iter().zip(proofs(&plan)) {
            let made = make(&plan, step);
            let grouped = group(&made);
            for lost in proof.create.lost.iter().filter(|lost| !unshown(lost)) {
                let Some(column) = of_base(step, lost) else { continue };
                let Some(column) = base_columns(step).find(|read| read == column) else { continue };
                let label = format!("{} {}: {}", path.display(), step.name, lost.words());
                assert!(two_values(&grouped, &column).is_some(), "{label}: no two rows show it");
                shown += 1;
            }
        }
    }
    assert!(shown >= 12, "{shown}");
}

fn unshown(lost: &Lost) -> bool {
    matches!(lost.operator.as_deref(), Some("->" | "allow(zero.null)"))
}

/// Returns the columns of the base table that a step reads.
fn base_columns(step: &PlanStep) -> impl Iterator<Item = String> + '_ {
    let own = step.read.columns.iter().filter(|column| column.alias == step.read.alias);
    own.map(|column| column.column.clone())
}

/// Returns the column of the base table that is lost, if it is one.
fn of_base<'l>(step: &PlanStep, lost: &'l Lost) -> Option<&'l str> {
    lost.what.strip_prefix(&format!("{}.", step.read.alias))
}

fn group(made: &[Made]) -> Grouped<'_> {
    let mut grouped = Grouped::new();
    made.iter().for_each(|made| grouped.entry(&made.target).or_default().push(made));
    grouped
}

/// Returns the target rows that two legacy rows share which differ in a column, with both values.
fn two_values(grouped: &Grouped<'_>, column: &str) -> Option<(String, String, String)> {
    grouped.iter().find_map(|(target, rows)| {
        let first = &rows[0].base[column];
        let other = rows.iter().find(|row| row.base[column] != *first)?;
        Some(((*target).to_string(), first.clone(), other.base[column].clone()))
    })
}
