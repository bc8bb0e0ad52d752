//! A side in SQL Server: no SQL is generated for it yet, everything else is.

use cutover_codegen::{EmitError, emit, sql};
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::schema::Dialect;
use std::path::Path;

#[test]
fn all_but_its_own_sql_is_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mapping-dsl/tests/suite/valid");
    let text = std::fs::read_to_string(folder.join("sqlserver.map")).unwrap();
    let mut load = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
    let plan = compile("sqlserver.map", &text, &mut load).plan.expect("the mapping has no errors");
    let files = emit(&plan).unwrap();
    sql::parse_back(&files).unwrap();
    for dialect in Dialect::WRITTEN {
        assert!(files.get(&format!("sql/{dialect}/forward.sql")).unwrap().contains("Persoon"), "{dialect}");
    }
    assert!(files.iter().all(|(path, _)| !path.contains("sqlserver/")));
    let refused = sql::emit_dialect(&plan, Dialect::SqlServer).unwrap_err();
    assert_eq!(refused, EmitError::Dialect(Dialect::SqlServer));
    assert_eq!(refused.to_string(), "no SQL is generated for sqlserver yet");
}
