//! `docs/conversions.md`: what becomes of a column of each type in a column of each type of each dialect, found out by
//! compiling a mapping for each pair. Nothing on the page is written by hand.

use cutover_mapping_dsl::Compiled;
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::plan::Class;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// What makes the page anew.
const COMMAND: &str = "INSTA_UPDATE=always cargo test -p cutover-mapping-dsl conversions";

/// Types of each dialect, one of each sort.
const DIALECTS: [(&str, &[&str]); 4] = [
    (
        "mariadb",
        &[
            "tinyint",
            "smallint",
            "int",
            "int unsigned",
            "bigint",
            "bigint unsigned",
            "decimal(10,2)",
            "double",
            "bit(1)",
            "char(10)",
            "varchar(40)",
            "longtext",
            "enum('a','b')",
            "varbinary(16)",
            "longblob",
            "date",
            "datetime",
            "datetime(6)",
            "timestamp",
            "time",
            "json",
            "uuid",
        ],
    ),
    (
        "postgresql",
        &[
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "numeric(10,2)",
            "numeric",
            "double precision",
            "char(10)",
            "varchar(40)",
            "text",
            "bytea",
            "date",
            "timestamp(0)",
            "timestamp",
            "timestamp with time zone",
            "time",
            "jsonb",
            "uuid",
        ],
    ),
    ("sqlite", &["integer", "real", "decimal(10,2)", "varchar(40)", "text", "blob", "boolean", "date", "datetime"]),
    (
        "sqlserver",
        &[
            "bit",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "decimal(10,2)",
            "decimal(37,8)",
            "money",
            "float",
            "nchar(10)",
            "nvarchar(40)",
            "nvarchar(max)",
            "varbinary(16)",
            "varbinary(max)",
            "date",
            "datetime",
            "datetime2(0)",
            "datetime2(7)",
            "datetimeoffset(3)",
            "time",
            "uniqueidentifier",
        ],
    ),
];

/// What becomes of a pair of types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Becomes {
    /// Nothing is lost, and nothing can be rejected but what is no value of its type.
    AsItIs,
    /// Values that are none of the type are rejected.
    Checked,
    /// The author has to accept something.
    Allowed(Vec<String>),
    /// Forward only, by an arrow that claims no more.
    Forward(Vec<String>),
    /// Not by itself: a function, a value map, or not at all.
    Refused,
}

/// Compiles the mapping of one column.
fn compiled(legacy: (&str, &str), target: (&str, &str), arrow: &str, allows: &[String]) -> Compiled {
    let allows: String = allows.iter().map(|allow| format!("  {allow} \"a reason\"")).collect();
    let map = format!(
        "language 1\n\nlegacy old = {} \"legacy.sql\" timezone \"UTC\"\ntarget new = {} \"target.sql\" timezone \"UTC\"\n\n\
         map Pair: old.r r -> new.t t {{\n  key r.id <-> t.id\n  r.a {arrow} t.b{allows}\n}}\n",
        legacy.0, target.0
    );
    let table = |name: &str, column: &str, ty: &str| {
        format!("CREATE TABLE {name} (id int NOT NULL PRIMARY KEY, {column} {ty} NULL);\n").into_bytes()
    };
    let mut load =
        |file: &str| Ok(if file == "legacy.sql" { table("r", "a", legacy.1) } else { table("t", "b", target.1) });
    compile("pair.map", &map, &mut load)
}

/// Adds what messages tell to add, as long as they do.
fn accepted(legacy: (&str, &str), target: (&str, &str), arrow: &str) -> Option<(Vec<String>, Compiled)> {
    let mut allows: Vec<String> = Vec::new();
    loop {
        let compiled = compiled(legacy, target, arrow, &allows);
        if compiled.plan.is_some() {
            return Some((allows, compiled));
        }
        let told = compiled.diagnostics.iter().flat_map(|found| &found.patches).find_map(|patch| {
            let allow = patch.replacement.trim().strip_suffix("\"reason\"")?.trim().to_string();
            allow.starts_with("allow(").then_some(allow)
        });
        let new = told.filter(|allow| !allows.contains(allow))?;
        allows.push(new);
    }
}

fn becomes(legacy: (&str, &str), target: (&str, &str)) -> Becomes {
    if let Some((allows, compiled)) = accepted(legacy, target, "<->") {
        if allows.is_empty() {
            let class = compiled.plan.expect("it has compiled").steps[0].class();
            assert!(class <= Class::Prism, "{legacy:?} to {target:?} is {class} though nobody has accepted a loss");
            return if class == Class::Prism { Becomes::Checked } else { Becomes::AsItIs };
        }
        return Becomes::Allowed(allows);
    }
    accepted(legacy, target, "->").map_or(Becomes::Refused, |(allows, _)| Becomes::Forward(allows))
}

fn section(page: &mut String, legacy: (&str, &[&str]), target: (&str, &[&str])) {
    writeln!(page, "\n## From {} to {}\n", legacy.0, target.0).expect("a text takes all");
    page.push_str("| from | as it is | with a check, or by accepting something | refused |\n|---|---|---|---|\n");
    for from in legacy.1 {
        let mut cells: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for to in target.1 {
            let (cell, more) = match becomes((legacy.0, from), (target.0, to)) {
                Becomes::AsItIs => (0, String::new()),
                Becomes::Checked => (1, " (others are rejected)".to_string()),
                Becomes::Allowed(allows) => (1, format!(" ({})", allows.join(", "))),
                Becomes::Forward(allows) if allows.is_empty() => (1, " (`->` only)".to_string()),
                Becomes::Forward(allows) => (1, format!(" (`->` only, {})", allows.join(", "))),
                Becomes::Refused => (2, String::new()),
            };
            cells.entry(cell).or_default().push(format!("`{to}`{more}"));
        }
        let cell = |at: usize| cells.get(&at).map_or(String::new(), |types| types.join(", "));
        writeln!(page, "| `{from}` | {} | {} | {} |", cell(0), cell(1), cell(2)).expect("a text takes all");
    }
}

#[test]
fn the_page_of_conversions_is_fresh() {
    let mut page = "# Conversions\n\nWhat becomes of a column of one type in a column of another, for a rule without any \
                    function. A test compiles a\nmapping for each pair. What stands under \"as it is\" loses nothing on the \
                    way and has a way back (`<->`); a value that is\nnone of its type (a zero date, bytes that are no text) \
                    is rejected. What needs `allow(narrow)` rejects what does not fit, and\n`cutover preflight` counts it. \
                    What is refused needs a function or a value map ([language.md](language.md#conversions)), or cannot \
                    be\nmapped. Both clocks show UTC here.\n"
        .to_string();
    for legacy in DIALECTS {
        for target in DIALECTS {
            section(&mut page, legacy, target);
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conversions.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let there = std::fs::read_to_string(&path).expect("the page is there");
    assert!(there == page, "docs/conversions.md is stale; renew it with `{COMMAND}`");
}
