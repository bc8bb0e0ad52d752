//! The migration tables and the log of runs under the names that the seed of the method gave them, as views.

use super::dialect::SqlDialect;
use super::model::Head;
use super::{migration_table, read, run};
use crate::names;
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Step, Target};

/// The file.
#[derive(Template)]
#[template(path = "sql/views.sql")]
pub(super) struct Views {
    head: Head,
    names: String,
    entities: String,
    runs: String,
    steps: String,
    run_log: String,
    step_log: String,
    tables: Vec<Pairs>,
}

/// The pairs of one target of a map.
struct Pairs {
    number: usize,
    /// Literals.
    table: String,
    map: String,
    role: String,
    old: String,
    new: String,
    key: String,
    entries: String,
}

const ABOUT: &[&str] = &[
    "Views: MigratieEntity has the old and new key of every row that was carried or found, TabelNaam the tables of the",
    "target, MigratieRun and MigratieStap the runs of run.sql and their steps.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Views {
    let all = plan.steps.iter().filter(|step| migration_table::unsupported(plan, step, dialect).is_empty());
    let all: Vec<(&Step, &Target)> =
        all.flat_map(|step| step.targets.iter().map(move |target| (step, target))).collect();
    let whole = |(step, target): &(&Step, &Target)| {
        let [key] = step.read.key.as_slice() else { return false };
        step.read.columns[*key].ty.fits_64_bits() && target.key_type.fits_64_bits()
    };
    let numbers = all.iter().all(whole);
    let name = |name: &str| read::qualified(dialect, &plan.target.alias, name);
    let logs = run::logs(plan, dialect);
    let pairs = |(at, (step, target)): (usize, &(&Step, &Target))| pairs(plan, dialect, step, target, at + 1, numbers);
    Views {
        head: Head::new(plan, dialect, ABOUT),
        names: name("TabelNaam"),
        entities: name("MigratieEntity"),
        runs: name("MigratieRun"),
        steps: name("MigratieStap"),
        run_log: logs.run.table,
        step_log: logs.step.table,
        tables: all.iter().enumerate().map(pairs).collect(),
    }
}

fn pairs(plan: &Plan, dialect: &dyn SqlDialect, step: &Step, target: &Target, number: usize, numbers: bool) -> Pairs {
    let legacy = run::legacy_key(dialect, step);
    let key = dialect.quote(&names::target_key_column(&target.role));
    let (old, new) = match (numbers, legacy.as_slice()) {
        (true, [(one, _)]) => (one.clone(), key.clone()),
        _ => (run::shown(dialect, &legacy), run::shown(dialect, &[(key.clone(), &target.key_type)])),
    };
    Pairs {
        number,
        table: dialect.text(&target.table),
        map: dialect.text(&step.name),
        role: dialect.text(&target.role),
        old,
        new,
        key,
        entries: read::map_table(plan, dialect, &step.name),
    }
}
