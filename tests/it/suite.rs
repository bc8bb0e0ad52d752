//! The acceptance suite: each folder of `tests/suite` is a situation that a mapping has to cope with. It is carried out
//! on every engine by the runtime, and by the engine's own SQL where that can say it; all must leave the same rows. Maps
//! whose names begin with `refused-` must be refused with the code in their name.

use cutover_mapping_dsl::plan::{self, LinkKind, Plan};
use cutover_mapping_dsl::{Compiled, compile};
use cutover_runtime::step::{Source, Step};
use cutover_runtime::value::Kind;
use cutover_runtime::{PreflightOptions, RollbackOptions, RunOptions, Silent, VerifyOptions};
use cutover_runtime::{preflight, rollback, run, verify};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::repository;
use cutover_tests::sql::tables;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

mod random;
mod sql;

/// The folders of the suite, in order.
pub(crate) fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("tests/suite")).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

fn read(case: &Path, file: &str) -> String {
    fs::read_to_string(case.join(file)).unwrap_or_default()
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

/// Compiles a map of a case as it is written, with both schemas in PostgreSQL's dialect.
fn compiled(case: &Path, map: &str) -> Compiled {
    compile(map, &read(case, map), &mut |file| Ok(read(case, file).into_bytes()))
}

/// Returns the plan of a case, and both schemas for an engine.
fn prepared(case: &Path, engine: Engine) -> (Plan, String, String) {
    let compiled = compiled(case, "case.map");
    let plan = compiled.plan.unwrap_or_else(|| panic!("{}: {:?}", name(case), compiled.diagnostics));
    let (legacy, target) =
        (tables(&plan.legacy.schema, engine.dialect()), tables(&plan.target.schema, engine.dialect()));
    (plan, legacy, target)
}

/// Returns the rows of the tables that steps write, without what is generated.
fn content(store: &Store, steps: &[&dyn Step]) -> String {
    let mut columns: BTreeMap<&str, BTreeMap<&str, Kind>> = BTreeMap::new();
    let mut generated: BTreeSet<(&str, &str)> = BTreeSet::new();
    for target in steps.iter().flat_map(|step| &step.spec().targets) {
        let own = columns.entry(&target.table).or_default();
        own.insert(&target.key.column, target.key.kind);
        for column in &target.columns {
            own.insert(&column.name, column.kind);
            if column.source == Source::Generated {
                generated.insert((&target.table, &column.name));
            }
        }
    }
    let mut text = String::new();
    for (table, columns) in columns {
        let shown: Vec<_> = columns.iter().filter(|(name, _)| !generated.contains(&(table, **name))).collect();
        let names: Vec<String> = shown.iter().map(|(name, _)| (*name).to_string()).collect();
        let kinds: Vec<Kind> = shown.iter().map(|(_, kind)| **kind).collect();
        writeln!(text, "{table} ({})", names.join(", ")).unwrap();
        let rows = store.ask(&format!("SELECT {} FROM {table}", names.join(", ")), &kinds);
        rows.iter().for_each(|row| writeln!(text, "  {row}").unwrap());
    }
    text
}

/// Returns which rows were rejected, and why. Why may differ: a type of one engine is a CHECK of another.
fn rejects(store: &Store) -> (Vec<String>, String) {
    let rows = |columns: &str| {
        let query = format!("SELECT {columns} FROM cutover_reject");
        store.ask(&query, &vec![Kind::Text; columns.split(',').count()])
    };
    let reasons = rows("map, legacy_key, rule, message").iter().map(|row| format!("  {row}\n")).collect();
    (rows("map, legacy_key"), reasons)
}

/// What the runtime has made of a case.
struct Outcome {
    content: String,
    rejected: Vec<String>,
    reasons: String,
    /// What a comparison finds after the run: rows that were born in the target.
    deviations: String,
}

/// Carries a case across by the runtime, compares, and takes it back. Returns what the target held.
fn by_runtime(case: &Path, engine: Engine) -> Option<Outcome> {
    let (from, to) = (Store::new(engine)?, Store::new(engine)?);
    let (plan, legacy, target) = prepared(case, engine);
    from.run(&(legacy + &read(case, "rows.sql")));
    to.run(&(target + &read(case, "target-rows.sql")));
    let steps = cutover_interpreter::steps(&plan).unwrap();
    let all: Vec<&dyn Step> = steps.iter().map(Box::as_ref).collect();
    let before = content(&to, &all);
    let (mut old, mut new) = (from.legacy(), to.target());
    let label = format!("{} {engine:?}", name(case));
    let asked = preflight(&mut *old, &mut *new, &steps, &PreflightOptions::default(), &mut Silent).unwrap();
    let options = |batch| RunOptions { batch, max_rejects: None, ..RunOptions::default() };
    let ran = run(&mut *old, &mut *new, &steps, &options(3), &mut Silent).unwrap();
    for (asked, ran) in asked.steps.iter().zip(&ran.steps) {
        assert_eq!(asked.would, ran.now, "{label}: what a preflight tells of {}", ran.map);
    }
    let there = content(&to, &all);
    let (rejected, reasons) = rejects(&to);
    let report = verify(&mut *old, &mut *new, &steps, &VerifyOptions::default(), &mut Silent).unwrap();
    let deviations = report.deviations.iter().map(|found| format!("  {:?} {:?}\n", found.kind, found.target_key));
    let deviations: String = deviations.collect();
    run(&mut *old, &mut *new, &steps, &options(3), &mut Silent).unwrap();
    assert_eq!(content(&to, &all), there, "{label}: a second run");
    rollback(&mut *new, &steps, &RollbackOptions::default(), &mut Silent).unwrap();
    assert_eq!(content(&to, &all), before, "{label}: taken back");
    run(&mut *old, &mut *new, &steps, &options(1000), &mut Silent).unwrap();
    assert_eq!(rejects(&to).0, rejected, "{label}: in one batch");
    Some(Outcome { content: there, rejected, reasons, deviations })
}

/// Compares what SQL alone has written with what the runtime has. Returns the steps that SQL could say.
fn compare(case: &Path, engine: Engine, outcome: &Outcome) -> String {
    let (content, steps) = sql::carry(case, engine).expect("there was one before");
    let label = format!("{} {engine:?}: SQL wrote\n{content}and the runtime\n{}", name(case), outcome.content);
    let plan = prepared(case, engine).0;
    // Where rows refer to others of their map, the two give out keys in different orders.
    let own = |step: &plan::Step| {
        step.links.iter().any(|link| matches!(&link.kind, LinkKind::Reference { step: to, .. } if *to == step.name))
    };
    if !plan.steps.iter().any(own) {
        content.lines().for_each(|line| assert!(outcome.content.lines().any(|other| other == line), "{line}: {label}"));
    }
    let rows = |text: &str| text.lines().filter(|line| line.starts_with("  ")).count();
    if steps.len() == plan.steps.len() {
        assert_eq!(rows(&content), rows(&outcome.content), "{label}");
    }
    format!("{engine:?} by its own SQL: {}\n", steps.join(", "))
}

#[test]
fn every_situation_comes_out_alike_on_every_engine() {
    assert!(cases().len() > 10);
    for case in cases() {
        let outcomes = Engine::ALL.map(|engine| by_runtime(&case, engine));
        let by_sql: Vec<String> = Engine::ALL
            .into_iter()
            .zip(&outcomes)
            .filter_map(|(engine, outcome)| Some(compare(&case, engine, outcome.as_ref()?)))
            .collect();
        let there: Vec<&Outcome> = outcomes.iter().flatten().collect();
        for other in &there[1..] {
            assert_eq!(other.content, there[0].content, "{}", name(&case));
            assert_eq!(other.rejected, there[0].rejected, "{}", name(&case));
            assert_eq!(other.deviations, there[0].deviations, "{}", name(&case));
        }
        let [_, Some(outcome), Some(_)] = &outcomes else { continue };
        let plan = compiled(&case, "case.map").plan.unwrap();
        let classes: Vec<String> = plan.steps.iter().map(|step| format!("{} {}", step.name, step.class())).collect();
        let Outcome { content, reasons, deviations, .. } = outcome;
        let told = format!(
            "class: {}\n{content}rejected\n{reasons}deviations\n{deviations}{}",
            classes.join(", "),
            by_sql.concat()
        );
        insta::with_settings!({ snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("expected", told);
        });
    }
}

#[test]
fn what_must_be_refused_is_refused() {
    let mut refused = 0;
    for case in cases() {
        for entry in fs::read_dir(&case).unwrap() {
            let file = entry.unwrap().file_name().to_string_lossy().into_owned();
            let Some(code) = file.strip_prefix("refused-").and_then(|name| name.get(..5)) else { continue };
            let compiled = compiled(&case, &file);
            let codes: Vec<String> = compiled.diagnostics.iter().map(|found| found.code.0.to_string()).collect();
            assert!(compiled.plan.is_none(), "{} {file} is accepted", name(&case));
            assert_eq!(codes, [code], "{} {file}: {:?}", name(&case), compiled.diagnostics);
            refused += 1;
        }
    }
    assert!(refused > 5);
}
