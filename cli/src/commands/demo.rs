//! `cutover demo`: a built-in example from schemas and sample rows to a verified migration, on SQLite.

mod databases;
mod script;

use crate::arguments::{DemoName, DemoOptions};
use crate::failure::Failure;
use crate::{Status, output, progress};
use cutover_codegen::{disk, emit};
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Plan;
use cutover_runtime::report::{RunReport, StatusReport, VerifyReport};
use cutover_runtime::{RunOptions, VerifyOptions, run as carry, status, verify};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The files of an example, inside the command.
struct Example {
    name: &'static str,
    map: &'static str,
    legacy: &'static str,
    target: &'static str,
    sample: &'static str,
    reference: &'static str,
}

const OPAL: Example = Example {
    name: "opal.map",
    map: include_str!("../../../examples/opal/opal.map"),
    legacy: include_str!("../../../examples/opal/legacy.sql"),
    target: include_str!("../../../examples/opal/target.sql"),
    sample: include_str!("../../../examples/opal/legacy-sample.sql"),
    reference: include_str!("../../../examples/opal/target-reference.sql"),
};

pub(crate) fn run(options: &DemoOptions) -> Result<Status, Failure> {
    let example = match options.name {
        DemoName::Opal => OPAL,
    };
    let plan = plan(&example)?;
    let folder = folder(options.keep.as_deref())?;
    let (legacy, target) = (folder.join("legacy.db"), folder.join("target.db"));
    // The databases come last: they are what says that a folder is in use.
    disk::write(&emit(&plan)?, &folder.join("artefacts"))?;
    databases::make(&plan, &example, &legacy, &target)?;

    let steps = cutover_interpreter::steps(&plan)?;
    let mut from = cutover_sqlite::open_legacy(&legacy)?;
    let mut to = cutover_sqlite::open_target(&target)?;
    let mut observer = progress::observer(true);
    // The sample rows are dirty on purpose: rejects are part of the show.
    let any_rejects = RunOptions { max_rejects: None, ..RunOptions::default() };
    let ran = carry(&mut from, &mut to, &steps, &any_rejects, &mut *observer)?;
    let verified = verify(&mut from, &mut to, &steps, &VerifyOptions::default(), &mut *observer)?;
    let stands = status(&mut to)?;
    let shown = Shown { ran: &ran, verified: &verified, stands: &stands, folder: &folder };
    if options.json {
        shown.json()
    } else {
        shown.print(options.keep.is_none())
    }
    Ok(if verified.total == 0 { Status::Done } else { Status::Findings })
}

fn plan(example: &Example) -> Result<Plan, Failure> {
    let mut load = |name: &str| match name {
        "legacy.sql" => Ok(example.legacy.into()),
        "target.sql" => Ok(example.target.into()),
        _ => Err("it is not part of the example".to_string()),
    };
    let compiled = compile(example.name, example.map, &mut load);
    crate::mapping::print(&compiled);
    compiled.plan.ok_or_else(|| Failure::findings("internal error: the built-in example has errors"))
}

/// Returns the folder to work in; it must not hold databases already, since nothing is overwritten.
fn folder(keep: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = match keep {
        Some(folder) => folder.to_path_buf(),
        None => unused_temporary_folder(),
    };
    let failed = |error: std::io::Error| Failure::environment(format!("{}: {error}", folder.display()));
    for name in ["legacy.db", "target.db"] {
        if folder.join(name).exists() {
            let message =
                format!("{} is there already; choose another folder, or remove it", folder.join(name).display());
            return Err(Failure::usage(message));
        }
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

fn unused_temporary_folder() -> PathBuf {
    let base = std::env::temp_dir();
    let process = std::process::id();
    let names = (0u32..).map(|number| base.join(format!("cutover-demo-{process}-{number}")));
    names.into_iter().find(|folder| !folder.exists()).expect("numbers do not end")
}

/// What is shown in the end.
struct Shown<'a> {
    ran: &'a RunReport,
    verified: &'a VerifyReport,
    stands: &'a StatusReport,
    folder: &'a Path,
}

impl Shown<'_> {
    fn json(&self) {
        let maps = self.ran.steps.iter().map(|step| {
            let rejects = self.stands.rejects.iter().filter(|reject| reject.map == step.map);
            let reasons = rejects.map(|reject| {
                json!({ "reason": reject.rule, "column": reject.column, "message": reject.message, "rows": reject.rows })
            });
            json!({
                "map": step.map,
                "in_scope": step.in_scope,
                "migrated": step.settled.migrated,
                "already_there": step.settled.found,
                "rejected": step.settled.rejected,
                "rejected_by_reason": reasons.collect::<Vec<_>>(),
                "deviations": self.deviations(&step.map),
            })
        });
        output::json(&json!({
            "maps": maps.collect::<Vec<_>>(),
            "deviations": self.verified.total,
            "legacy": self.folder.join("legacy.db"),
            "target": self.folder.join("target.db"),
            "artefacts": self.folder.join("artefacts"),
        }));
    }

    fn deviations(&self, map: &str) -> u64 {
        self.verified.steps.iter().filter(|step| step.map == map).map(|step| step.deviations).sum()
    }

    fn print(&self, temporary: bool) {
        let rows: Vec<Vec<String>> = self
            .ran
            .steps
            .iter()
            .map(|step| {
                let counts = [step.in_scope, step.settled.migrated, step.settled.found, step.settled.rejected];
                let counts = counts.iter().map(u64::to_string);
                let deviations = self.deviations(&step.map).to_string();
                std::iter::once(step.map.clone()).chain(counts).chain([deviations]).collect()
            })
            .collect();
        output::table(&["map", "in scope", "migrated", "already there", "rejected", "deviations"], &rows);
        output::line("");
        let rejects: Vec<Vec<String>> = self
            .stands
            .rejects
            .iter()
            .map(|reject| {
                vec![reject.map.clone(), reject.rows.to_string(), reject.rule.clone(), reject.message.clone()]
            })
            .collect();
        output::table(&["map", "rejected", "reason", "what it means"], &rejects);
        output::line("");
        for (name, file) in
            [("legacy database", "legacy.db"), ("target database", "target.db"), ("artefacts", "artefacts")]
        {
            output::line(&format!("{name:<15}  {}", self.folder.join(file).display()));
        }
        if temporary {
            output::line("in a temporary folder; --keep DIR chooses another");
        }
    }
}
