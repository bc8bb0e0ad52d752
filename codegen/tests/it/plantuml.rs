//! Diagrams: snapshots, and rendering where PlantUML is installed.

use crate::plan::{hostile, plan};
use cutover_codegen::{BACKENDS, Files, emit_with};
use cutover_mapping_dsl::plan::Plan;
use std::process::Command;

fn diagrams(plan: &Plan) -> Files {
    let diagrams: Vec<_> = BACKENDS.iter().copied().filter(|backend| backend.name == "diagrams").collect();
    emit_with(plan, &diagrams).unwrap()
}

#[test]
fn diagrams_are_as_reviewed() {
    for (path, text) in diagrams(&plan("America/Toronto")).iter() {
        insta::assert_snapshot!(path.replace('/', "-"), text);
    }
}

/// PlantUML exits with 200 on an error.
#[test]
fn plantuml_draws_them() {
    if Command::new("plantuml").arg("-version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "PlantUML must be installed where CI is set");
        return;
    }
    for (name, plan) in [("usual", plan("UTC")), ("hostile", hostile())] {
        let folder = std::env::temp_dir().join(format!("cutover-plantuml-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("plantuml");
        for (path, text) in diagrams(&plan).iter() {
            let file = folder.join(path.replace("diagrams/", ""));
            std::fs::write(&file, text).unwrap();
            command.arg(file);
        }
        let drawn = command.args(["-Djava.awt.headless=true", "-tsvg", "-failfast"]).output().unwrap();
        assert!(drawn.status.success(), "{name}: {drawn:?}");
        if std::env::var_os("CUTOVER_KEEP_DIAGRAMS").is_none() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}
