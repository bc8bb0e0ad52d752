//! SQL Server: what is made for it parses, differs from PostgreSQL's form only where it must, and lacks the faults of a
//! script written by hand.

use crate::plan::{hostile, plan};
use cutover_codegen::{Files, emit, sql};
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::Dialect;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sqlserver")
}

/// Compiles a mapping whose schemas lie in a folder.
fn compiled(folder: &Path, name: &str, text: &str) -> Result<Plan, Vec<String>> {
    let mut load = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
    let compiled = compile(name, text, &mut load);
    let found = compiled.diagnostics.iter().map(|found| format!("{} {}", found.code.0, found.message)).collect();
    compiled.plan.ok_or(found)
}

fn kern() -> Plan {
    let text = std::fs::read_to_string(folder().join("kern.map")).unwrap();
    compiled(&folder(), "kern.map", &text).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// The example, with references within maps, conditions on targets, a shared key and values that mean null.
fn example() -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/outsystems");
    let text = std::fs::read_to_string(folder.join("kern.map")).unwrap();
    compiled(&folder, "kern.map", &text).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn files(plan: &Plan, dialect: Dialect) -> Files {
    let files = sql::emit_dialect(plan, dialect).unwrap();
    sql::parse_back(&files).unwrap();
    files
}

fn file(artefact: &str) -> String {
    files(&kern(), Dialect::SqlServer).get(&format!("sql/sqlserver/{artefact}.sql")).unwrap().to_string()
}

/// What is sent to the server as one.
fn batches(text: &str) -> Vec<&str> {
    text.split("\nGO\n").collect()
}

#[test]
fn files_are_as_reviewed() {
    for (path, text) in files(&kern(), Dialect::SqlServer).iter() {
        insta::assert_snapshot!(path.replace('/', "-"), text);
    }
}

#[test]
fn they_are_made_where_the_target_lies_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mapping-dsl/tests/suite/valid");
    let text = std::fs::read_to_string(folder.join("sqlserver.map")).unwrap();
    let own = compiled(&folder, "sqlserver.map", &text).unwrap();
    let made = emit(&own).unwrap();
    sql::parse_back(&made).unwrap();
    for dialect in Dialect::ALL {
        assert!(made.get(&format!("sql/{dialect}/forward.sql")).unwrap().contains("Persoon"), "{dialect}");
    }
    let names = made.get("sql/sqlserver/names.sql").unwrap();
    assert!(names.contains("CREATE SYNONYM [old].[Archief.Relatie] FOR [Archief].[Relatie]"), "{names}");
    assert!(names.contains("CREATE SYNONYM [new].[Persoon] FOR [Nieuw].[Persoon]"), "{names}");
    assert!(made.get("README.md").unwrap().contains("sql/sqlserver/run.sql"));
    assert!(emit(&plan("UTC")).unwrap().iter().all(|(path, _)| !path.contains("sqlserver")));
}

/// A map that SQL cannot carry stops those that need its keys, and nothing else: else all of their rows would be
/// rejected.
#[test]
fn a_map_waits_for_the_keys_it_needs() {
    let mut plan = kern();
    let place = plan.place("Relatie").unwrap();
    plan.steps[place].targets[0].existing = Some(0);
    let files = files(&plan, Dialect::SqlServer);
    let run = files.get("sql/sqlserver/run.sql").unwrap();
    let made = |map: &str| run.contains(&format!("PROCEDURE [new].[cutover_carry_{map}] "));
    assert_eq!(["relatie", "polis", "inhoud", "soort"].map(made), [false, false, false, true]);
    assert!(
        run.contains("N'blocked', SYSUTCDATETIME(), SYSUTCDATETIME(), LEFT(N'it needs keys of the map Relatie, which")
    );
}

#[test]
fn it_differs_from_postgresql_only_where_it_must() {
    insta::assert_snapshot!(beside_postgresql(&kern()));
}

/// PostgreSQL's form of the example runs in tests on rows with every trap.
#[test]
fn the_example_differs_from_postgresql_only_where_it_must() {
    insta::assert_snapshot!(beside_postgresql(&example()));
}

fn beside_postgresql(plan: &Plan) -> String {
    let (ours, theirs) = (files(plan, Dialect::SqlServer), files(plan, Dialect::PostgreSql));
    let mut shown = String::new();
    for artefact in ["migration_table", "pending", "rollback", "counts"] {
        let theirs = theirs.get(&format!("sql/postgresql/{artefact}.sql")).unwrap();
        let ours = ours.get(&format!("sql/sqlserver/{artefact}.sql")).unwrap().replace(['[', ']'], "\"");
        shown += &format!("=== {artefact}.sql\n{}", difference(theirs, &ours));
    }
    shown
}

/// A row waits for the one of its map that it refers to. When nothing more can be carried, what is left is rejected.
#[test]
fn rows_wait_for_others_of_their_map() {
    let made = files(&example(), Dialect::SqlServer);
    let run = made.get("sql/sqlserver/run.sql").unwrap();
    let procedure = |map: &str| {
        let begin = run.find(&format!("PROCEDURE [new].[cutover_carry_{map}] ")).unwrap();
        run[begin..].split("\nGO\n").next().unwrap()
    };
    for (map, key) in [("relatie", "HOOFDRELATIEID"), ("polis", "VERVANGTPOLISID")] {
        let text = procedure(map);
        let alias = if map == "relatie" { "r" } else { "p" };
        let ready = Regex::new(&format!(
            r"AND \(@Waits = 0 OR \(\(NULLIF\(\[{alias}\]\.\[{key}\], 0\) IS NULL OR EXISTS \(SELECT 1 FROM \[new\]\.\[cutover_map_{map}\] AS \[(\w+)\] WHERE "
        ))
        .unwrap();
        assert_eq!(ready.find_iter(text).count(), 2, "the first page and the others: {text}");
        assert!(text.contains("WHILE @Rows = @Batch OR @Waits = 1\n"), "{text}");
        let order = [
            "IF @Pass = 0 SET @Waits = 0;",
            "SET @Pass = 0;",
            "SET @Last_1 = NULL;",
            "BEGIN TRANSACTION;",
            "SET @Pass = @Pass + @Rows;",
        ];
        let places: Vec<usize> = order.iter().map(|line| text.find(line).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(text.contains("NoRelatie (") || text.contains("NoPolis ("), "what is left is rejected: {text}");
    }
    let document = procedure("document");
    assert!(!document.contains("@Waits") && document.contains("WHILE @Rows = @Batch\n"), "{document}");
    let forward = made.get("sql/sqlserver/forward.sql").unwrap();
    assert_eq!(forward.matches("WHILE @Rows > 0\n").count(), 2);
    assert!(!run.contains("N'blocked', SYSUTCDATETIME()"), "all maps of the example run");
}

/// The lines that only one of two texts has, by the longest sequence of lines that both have.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut common = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for (at, line) in old.iter().enumerate().rev() {
        for (to, other) in new.iter().enumerate().rev() {
            common[at][to] = match line == other {
                true => common[at + 1][to + 1] + 1,
                false => common[at + 1][to].max(common[at][to + 1]),
            };
        }
    }
    let (mut at, mut to, mut shown) = (0, 0, String::new());
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
        } else if to == new.len() || (at < old.len() && common[at + 1][to] >= common[at][to + 1]) {
            shown += &format!("- {}\n", old[at]);
            at += 1;
        } else {
            shown += &format!("+ {}\n", new[to]);
            to += 1;
        }
    }
    shown
}

/// First fault of the hand-written script: keys of new rows were compared with old keys, which nothing told apart.
#[test]
fn old_keys_are_compared_with_old_keys_only() {
    let joined = "language 1\nlegacy old = sqlserver \"legacy.sql\"\ntarget new = sqlserver \"target.sql\"\n\
        map Soort: old.OSUSR_K7X_SOORT s join one new.OSUSR_P2D_SOORT t on t.Id == s.Id -> new.OSUSR_P2D_SOORT n {\n\
        key s.Id\n}\n";
    let refused = compiled(&folder(), "kern.map", joined).unwrap_err();
    assert!(refused.iter().any(|found| found.starts_with("M0215")), "{refused:?}");

    let equal = Regex::new(r"\[(\w+)\]\.\[legacy_\w+\](?: COLLATE \w+)? = (?:CAST\()?\[(\w+)\]\.\[(\w+)\]").unwrap();
    let mut found = 0;
    for (path, text) in files(&kern(), Dialect::SqlServer).iter() {
        for pair in equal.captures_iter(text) {
            let (entry, alias, column) = (&pair[1], &pair[2], &pair[3]);
            let legacy = ["r", "p", "d", "s"].contains(&alias);
            let temporary = entry == "cutover_pairs" && alias == "cutover_batch" && column.starts_with("legacy_");
            assert!(legacy || temporary, "{path}: {}", &pair[0]);
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
}

/// Second fault: with one map for all tables, which table is meant has to stand inside the condition of the outer join.
/// Each map has a table of its own here, and the question is one that no WHERE can turn round.
#[test]
fn rows_of_another_map_hide_nothing() {
    let pending = file("pending");
    let question = Regex::new(r"FROM \[old\]\.\[(\w+)\] AS \[\w\](?:\nLEFT JOIN .*)*\nWHERE NOT EXISTS \(SELECT 1 FROM \[new\]\.\[(\w+)\] AS \[cutover_entry\] WHERE \(\[cutover_entry\]\.\[legacy_").unwrap();
    let mut asked: Vec<(&str, &str)> =
        question.captures_iter(&pending).map(|it| it.extract().1).map(|[a, b]| (a, b)).collect();
    let twice = |table, map| [(table, map); 2];
    let expected = [
        twice("OSUSR_K7X_RELATIE", "cutover_map_relatie"),
        twice("OSUSR_K7X_POLIS1", "cutover_map_polis"),
        twice("OSUSR_K7X_DOCUMENT", "cutover_map_inhoud"),
        twice("OSUSR_K7X_SOORT", "cutover_map_soort"),
    ];
    let mut expected = expected.concat();
    expected.sort_unstable();
    asked.sort_unstable();
    assert_eq!(asked, expected);
    assert!(!pending.contains("cutover_entry].[legacy_Id] IS NULL"), "{pending}");
}

/// Third fault: a row and its pair were written one after the other, so that a crash between left a row that the next
/// run made again.
#[test]
fn a_row_and_its_entry_are_one_transaction() {
    for (artefact, maps) in [("forward", 4), ("run", 4)] {
        let text = file(artefact);
        let carrying: Vec<&str> = batches(&text)
            .into_iter()
            .filter(|batch| batch.contains("'migrated'") && batch.contains("INSERT"))
            .collect();
        let carrying: Vec<&str> = carrying.into_iter().filter(|batch| batch.contains("INTO [new].[OSUSR_")).collect();
        assert_eq!(carrying.len(), maps, "{artefact}");
        for batch in carrying {
            let begin = batch.find("BEGIN TRANSACTION;").unwrap();
            let commit = batch.find("\nCOMMIT;").unwrap();
            assert_eq!((batch.matches("BEGIN TRANSACTION;").count(), batch.matches("\nCOMMIT;").count()), (1, 1));
            let written = |sign: &str| batch.match_indices(sign).map(|(at, _)| at).collect::<Vec<_>>();
            let rows = [written("INTO [new].[OSUSR_"), written("INTO [new].[cutover_map_")].concat();
            assert!(rows.len() >= 2 && rows.iter().all(|at| begin < *at && *at < commit), "{batch}");
            assert!(!batch.contains("UPDATE [new].[cutover_map_"), "pairs are written once: {batch}");
        }
        // An error takes back the whole of it, not the one statement.
        assert!(text.contains("SET XACT_ABORT ON;"), "{artefact}");
    }
}

/// It is asked before there are any, also for references into columns that take no null.
#[test]
fn preflight_asks_no_migration_table() {
    let text = file("preflight");
    assert!(text.contains("RelatieIdNull'") && text.contains("NoPolis'"), "{text}");
    assert!(!text.contains("cutover_map_") && !text.contains("_key]"), "{text}");
}

/// Fourth fault: without a unique key two runners both find that a row is pending.
#[test]
fn no_row_has_two_entries() {
    let tables = file("migration_table");
    let keys = Regex::new(r"PRIMARY KEY \(\[legacy_(?:Id|Code)\]\)\n\);").unwrap();
    assert_eq!((keys.find_iter(&tables).count(), tables.matches("CREATE TABLE").count()), (4, 4));
    let unique = Regex::new(
        r"CREATE UNIQUE INDEX \[\w+\] ON \[new\]\.\[\w+\] \(\[(\w+_key)\]\) WHERE \[(\w+_key)\] IS NOT NULL;",
    )
    .unwrap();
    let columns: Vec<&str> = unique.captures_iter(&tables).map(|it| it.extract::<2>().1[0]).collect();
    assert_eq!(columns, ["relatie_key", "adres_key", "t_key", "i_key", "n_key"]);
    for artefact in ["forward", "rollback"] {
        let text = file(artefact);
        let begun = text.matches("\nBEGIN TRANSACTION;\n").count();
        let alone = text.matches("\nBEGIN TRANSACTION;\nEXEC sp_getapplock @Resource = N'cutover new', ").count();
        assert_eq!((begun, alone), (4, 4), "{artefact} keeps runs away");
    }
    let run = file("run");
    let lock = run.find("EXEC sp_getapplock @Resource = N'cutover new', ").unwrap();
    assert!(lock < run.find("EXEC [new].[cutover_carry_relatie]").unwrap(), "the lock comes first");
}

/// What a code page or an old type of times would change is found before it is written.
#[test]
fn columns_change_no_value() {
    let forward = file("forward");
    let page = "CAST(CAST([s].[Label] AS NVARCHAR(MAX)) COLLATE DATABASE_DEFAULT AS VARCHAR(MAX))";
    assert!(forward.contains(page), "{forward}");
    assert!(forward.contains("TRY_CAST([s].[Gewijzigd] AS DATETIME) IS NULL"), "{forward}");
    assert!(!forward.contains("TRY_CAST(CAST([r].[AangemaaktOp]"), "the same type rounds nothing");
}

/// Two parsers that others wrote read all of it; sqlfluff knows no bracket within a name. `CUTOVER_TEST_PYTHON` names
/// the Python that has them.
#[test]
fn independent_parsers_read_it() {
    let folder = std::env::temp_dir().join(format!("cutover-tsql-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: String, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut scripts = Vec::new();
    let all = |name: &str, plan: &Plan| {
        let files = files(plan, Dialect::SqlServer);
        files.iter().map(|(path, text)| write(format!("{name}-{}", path.replace('/', "-")), text)).collect::<Vec<_>>()
    };
    for (name, plan) in [("kern", kern()), ("example", example()), ("usual", plan("UTC"))] {
        scripts.extend(all(name, &plan));
    }
    for (name, plan) in crate::operators::plans() {
        let files = files(&plan, Dialect::SqlServer);
        let name = format!("operator-{name}.sql").replace(' ', "-");
        scripts.push(write(name, files.get("sql/sqlserver/forward.sql").unwrap()));
    }
    let awkward = [scripts.clone(), all("hostile", &hostile())].concat();
    let broken = write("broken.sql".to_string(), "SELECT [a] FROM [b] WHERE ([c] = 1;\nGO\n");
    for (parser, scripts) in [("sqlglot", &awkward), ("sqlfluff", &scripts)] {
        if let Some(found) = parsed(parser, scripts) {
            assert_eq!(found, "", "{parser}");
            assert_ne!(parsed(parser, std::slice::from_ref(&broken)).unwrap(), "", "{parser} takes anything");
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Returns what a parser finds wrong; none if it is not installed.
#[expect(clippy::print_stderr, reason = "the one line that says what was passed over")]
fn parsed(parser: &str, scripts: &[PathBuf]) -> Option<String> {
    let python = std::env::var("CUTOVER_TEST_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let ran = Command::new(python).arg(folder().join("parse.py")).arg(parser).args(scripts).output();
    match ran {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        Ok(output) if output.status.code() != Some(3) => panic!("{parser}: {output:?}"),
        Ok(_) | Err(_) => {
            eprintln!("passed over, since {parser} is not installed for Python");
            None
        }
    }
}
