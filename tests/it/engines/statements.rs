//! Every statement that is generated for a server is taken by that server, and those that look for what is pending use
//! the index of the migration table, however many rows there are.

use cutover_codegen::sql::emit_dialect;
use cutover_mapping_dsl::plan::{Plan, Step};
use cutover_mapping_dsl::schema::Dialect;
use cutover_test_servers::{Database, Kind};
use cutover_tests::opal::plan;
use cutover_tests::sql::{self, tables};

const SERVERS: [(Kind, Dialect); 2] = [(Kind::Postgres, Dialect::PostgreSql), (Kind::MariaDb, Dialect::MariaDb)];

const ROWS: u32 = 1_000_000;

/// The maps that get rows.
const LARGE: [&str; 2] = ["Patient", "HospitalIdentifier"];

/// Makes both sides on one server, each in the schema that the generated statements name; columns take null.
fn database(kind: Kind, dialect: Dialect, plan: &Plan) -> Option<Database> {
    let database = Database::new(kind)?;
    for side in [&plan.legacy, &plan.target] {
        database.schema(&side.alias, &tables(&side.schema, dialect).replace(" NOT NULL", ""));
    }
    Some(database)
}

/// Returns the statements of an artefact, without the comments before them.
fn statements(plan: &Plan, dialect: Dialect, artefact: &str) -> Vec<String> {
    let files = emit_dialect(plan, dialect).unwrap();
    let file = files.iter().find(|(path, _)| path.ends_with(&format!("{artefact}.sql"))).unwrap().1;
    sql::statements(file)
}

fn fill(database: &Database, plan: &Plan, step: &Step, (kind, dialect): (Kind, Dialect)) {
    let quote = |name: &str| match kind {
        Kind::Postgres => format!("\"{name}\""),
        Kind::MariaDb => format!("`{name}`"),
    };
    let numbers = match kind {
        Kind::Postgres => format!("generate_series(1, {ROWS}) AS n(seq)"),
        Kind::MariaDb => format!("seq_1_to_{ROWS}"),
    };
    let (old, new) = (quote(&plan.legacy.alias), quote(&plan.target.alias));
    let insert = |table: String, columns: &[&str], values: &str| {
        let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
        database.run(&format!("INSERT INTO {table} ({}) SELECT {values} FROM {numbers}", columns.join(", ")));
    };
    let key = step.read.columns[step.read.key[0]].column.as_str();
    insert(format!("{old}.{}", quote(&step.read.table)), &[key], "seq");
    for exists in step.read.exists.iter().flat_map(|exists| &exists.on) {
        let table = step.read.exists[0].tables[0].table.as_str();
        insert(format!("{old}.{}", quote(table)), &[exists.column.as_str()], "seq");
    }
    let (legacy, new_key) = (format!("legacy_{key}"), format!("{}_key", step.targets[0].role));
    let entries = format!("{new}.{}", quote(&step.map_table()));
    insert(entries.clone(), &[&legacy, "state", &new_key], "seq, 'migrated', seq");
    // Half of the rows are pending: where nothing is, the whole table has to be looked at, however it is done.
    database.run(&format!("DELETE FROM {entries} WHERE {} % 2 = 1", quote(&legacy)));
    for table in [format!("{old}.{}", quote(&step.read.table)), entries] {
        database.run(&match dialect {
            Dialect::MariaDb => format!("ANALYZE TABLE {table}"),
            _ => format!("ANALYZE {table}"),
        });
    }
}

#[test]
fn servers_take_every_statement_and_use_the_index_for_what_is_pending() {
    let plan = plan();
    for server @ (kind, dialect) in SERVERS {
        let Some(database) = database(kind, dialect, &plan) else { continue };
        let tables = statements(&plan, dialect, "migration_table");
        assert_eq!(tables.iter().filter(|table| table.starts_with("CREATE TABLE")).count(), plan.steps.len());
        tables.iter().for_each(|table| database.run(table));
        for artefact in ["preflight", "pending", "forward", "rollback", "deviations", "counts"] {
            let statements = statements(&plan, dialect, artefact);
            for statement in &statements {
                let taken = database.prepare(statement);
                assert!(taken.is_ok(), "{dialect} {artefact}: {}\n{statement}", taken.unwrap_err());
            }
            // None of the example's maps can be one statement on a server.
            let own = statements.iter().filter(|statement| !statement.starts_with("SET ")).count();
            assert_eq!(own == 0, artefact == "forward", "{dialect} {artefact}");
        }
        let pending = statements(&plan, dialect, "pending");
        for step in plan.steps.iter().filter(|step| LARGE.contains(&step.name.as_str())) {
            fill(&database, &plan, step, server);
            let table = step.map_table();
            let own: Vec<&String> = pending.iter().filter(|statement| statement.contains(&table)).collect();
            assert_eq!(own.len(), 2, "{table}");
            let session = pending.iter().find(|statement| statement.starts_with("SET SESSION optimizer_switch"));
            for statement in own {
                let explain = session.map_or("EXPLAIN".to_string(), |session| {
                    format!("{} FOR EXPLAIN", session.replace("SET SESSION", "SET STATEMENT"))
                });
                uses_index(&database, kind, (&explain, statement), &table);
            }
        }
    }
}

/// Asks the server how it would run a statement: not by reading the whole migration table.
fn uses_index(database: &Database, kind: Kind, (explain, statement): (&str, &str), table: &str) {
    let statement = statement.replace("$2", "1000").replace("LIMIT $1", "LIMIT 1000").replace("$1", "500000");
    let statement = statement.replace("LIMIT ?", "LIMIT 1000").replace('?', "500000");
    let plan = database.ask(&format!("{explain} {statement}"));
    let told = plan.join("\n");
    match kind {
        Kind::Postgres => assert!(told.contains(&format!("using {table}_pkey")), "{statement}\n{told}"),
        Kind::MariaDb => {
            let entry = plan.iter().find(|line| line.contains("cutover_entry")).unwrap();
            assert!(
                ["|eq_ref|PRIMARY|", "|unique_subquery|PRIMARY|"].iter().any(|access| entry.contains(access)),
                "{statement}\n{told}"
            );
        }
    }
}
