//! SQL Server: what is made for it parses, differs from PostgreSQL's form only where it must, and lacks the faults of a
//! script written by hand.

use cutover_codegen::{Files, sql};
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::Dialect;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sqlserver")
}

fn compiled(folder: &Path, name: &str) -> Plan {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let mut load = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
    let compiled = compile(name, &text, &mut load);
    let messages: Vec<&str> = compiled.diagnostics.iter().map(|found| found.message.as_str()).collect();
    compiled.plan.unwrap_or_else(|| panic!("{messages:#?}"))
}

fn kern() -> Plan {
    compiled(&folder(), "kern.map")
}

fn files(plan: &Plan) -> Files {
    let files = sql::emit_dialect(plan, Dialect::SqlServer).unwrap();
    sql::parse_back(&files).unwrap();
    files
}

#[test]
fn files_are_as_reviewed() {
    for (path, text) in files(&kern()).iter() {
        insta::assert_snapshot!(path.replace('/', "-"), text);
    }
}
