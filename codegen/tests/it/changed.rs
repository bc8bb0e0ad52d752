//! Two mappings compared: what a change is called, and the queries that list the rows which it touches.

use cutover_codegen::sql::{self, Asked, changed};
use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::difference::{Change, Column, Kind, MapDifference, compare, is_changed};
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::Dialect;
use rusqlite::Connection;
use std::path::Path;

const OLD: &str =
    "CREATE TABLE member (id INTEGER PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE, name VARCHAR(60) NOT NULL,
  status VARCHAR(10) NOT NULL, points INTEGER, gone BOOLEAN NOT NULL);";
const NEW: &str =
    "CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, legacy_id INTEGER UNIQUE, name VARCHAR(60) NOT NULL,
  state VARCHAR(1) NOT NULL, points INTEGER DEFAULT 0);";

const MAPPING: &str = r#"language 1
legacy old = sqlite "old.sql"
target new = sqlite "new.sql"
values State: text <-> text {
  "active" <-> "A"
  "left"   <-> "L"
  _         -> reject "no such status"
}
/// Everybody.
map Member: old.member m -> new.person p where m.gone == false {
  key m.id            <-> p.legacy_id
  m.name              <-> p.name
  m.status via State  <-> p.state
  drop m.{code, points} "not needed"
}
"#;

/// Nobody stays behind any more.
const EVERYBODY: [(&str, &str); 2] = [("where m.gone == false", ""), ("{code, points}", "{code, points, gone}")];

fn compiled(text: &str) -> Plan {
    let compiled =
        compile("club.map", text, &mut |name| Ok(if name == "old.sql" { OLD } else { NEW }.as_bytes().to_vec()));
    let words: Vec<String> =
        compiled.diagnostics.iter().map(|found| format!("{} {}", found.code.0, found.message)).collect();
    compiled.plan.unwrap_or_else(|| panic!("{words:?}\n{text}"))
}

fn against(changes: &[(&str, &str)]) -> (Plan, Vec<MapDifference>) {
    let text = changes.iter().fold(MAPPING.to_string(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let new = compiled(&text);
    let maps = compare(&compiled(MAPPING), &new);
    (new, maps)
}

fn only(changes: &[(&str, &str)]) -> Vec<Change> {
    let (_, maps) = against(changes);
    match maps.as_slice() {
        [MapDifference { kind: Kind::Changed(changes), .. }] => changes.clone(),
        other => panic!("{other:?}"),
    }
}

fn column(name: &str) -> Column {
    Column { role: "p".to_string(), column: name.to_string() }
}

#[test]
fn what_does_not_count_is_no_change() {
    let kind = |changes: &[(&str, &str)]| {
        let (_, maps) = against(changes);
        assert!(!is_changed(&maps));
        maps[0].kind.clone()
    };
    assert_eq!(kind(&[("  key m.id            <->", "\n// the number\n  key m.id <->")]), Kind::Unchanged);
    assert_eq!(kind(&[("/// Everybody.", "/// All of them.")]), Kind::Worded);
    assert_eq!(kind(&[("\"not needed\"", "\"nobody reads them\"")]), Kind::Worded);
}

#[test]
fn each_change_has_a_name() {
    let arm = only(&[("\"left\"   <-> \"L\"", "\"left\" <-> \"X\"")]);
    let [Change::Values { arms, before, after, .. }] = arm.as_slice() else { panic!("{arm:?}") };
    assert_eq!(
        (arms.as_slice(), before),
        (["State: \"left\" <-> \"X\", was \"left\" <-> \"L\"".to_string()].as_slice(), after)
    );
    let key = only(&[
        ("key m.id            <-> p.legacy_id", "key m.code\n  null -> p.legacy_id"),
        ("{code, points}", "{id, points}"),
    ]);
    assert!(matches!(key.first(), Some(Change::Key { .. })), "{key:?}");
    assert_eq!(only(&EVERYBODY).first(), Some(&Change::Scope));
    let renamed = Change::Rejects { added: vec!["Status".to_string()], removed: vec!["State".to_string()] };
    assert_eq!(only(&[("State", "Status")]), [renamed]);
    let added = only(&[("drop m.{code, points}", "m.points -> p.points\n  drop m.code")]);
    assert_eq!(added.first(), Some(&Change::ColumnAdded(column("points"))));
    let guard = only(&[("  drop", "  reject \"too many\" when m.points > 9\n  drop"), ("{code, points}", "code")]);
    let is_reject =
        |change: &Change| matches!(change, Change::Rejects { added, .. } if added.contains(&"TooMany".to_string()));
    assert!(guard.iter().any(is_reject), "{guard:?}");
    let one_way = only(&[("m.name              <-> p.name", "m.name -> p.name")]);
    assert_eq!(one_way, [Change::WayBackLost("p.name".to_string())]);
    let stays = only(&[("  drop", "  irreversible \"letters were sent\"\n  drop")]);
    assert_eq!(stays, [Change::WayBackLost("its rows can be taken back".to_string())]);
    assert_eq!(only(&[("member m", "member x"), ("m.", "x.")]), [Change::Names]);
    let (_, maps) = against(&[("map Member", "map Guest")]);
    let kinds: Vec<(&str, &Kind)> = maps.iter().map(|map| (map.name.as_str(), &map.kind)).collect();
    assert_eq!(kinds, [("Guest", &Kind::Added), ("Member", &Kind::Removed)]);
}

/// Rows 1 to 4 were migrated by the old mapping.
fn filled(plan: &Plan) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    let tables = |side: &str, ddl: &str| ddl.replace("CREATE TABLE ", &format!("CREATE TABLE {side}."));
    database.execute_batch("ATTACH ':memory:' AS old; ATTACH ':memory:' AS new;").unwrap();
    database.execute_batch(&(tables("old", OLD) + &tables("new", NEW))).unwrap();
    let files = sql::emit_dialect(plan, Dialect::Sqlite).unwrap();
    database.execute_batch(files.get("sql/sqlite/migration_table.sql").unwrap()).unwrap();
    database
        .execute_batch(
            "INSERT INTO old.member VALUES (1, 'a', 'Ann', 'active', 5, 0), (2, 'b', 'Bo', 'left', 99, 0),
               (3, 'c', 'Cy', 'active', NULL, 1), (4, 'd', 'Di', 'left', 1, 0), (5, 'e', 'Ed', 'left', 1, 0);
             INSERT INTO new.person VALUES (11, 1, 'Ann', 'A', 0), (12, 2, 'Bo', 'L', 0), (13, 3, 'Cy', 'A', 0), (14, 4, 'Di', 'L', 1);
             INSERT INTO new.cutover_map_member (legacy_id, p_key, state, run) VALUES
               (1, 11, 'migrated', 1), (2, 12, 'migrated', 1), (3, 13, 'migrated', 1), (4, 14, 'migrated', 1);",
        )
        .unwrap();
    database
}

/// Returns the legacy keys that a query lists, and the query in every dialect.
fn listed(changes: &[(&str, &str)], asked: Asked<'_>) -> (Vec<i64>, String) {
    let (plan, _) = against(changes);
    let query = |dialect| changed(&plan, &plan.steps[0], asked, dialect).unwrap();
    let database = filled(&plan);
    let sqlite = query(Dialect::Sqlite);
    let mut statement = database.prepare(&sqlite).unwrap_or_else(|error| panic!("{error}: {sqlite}"));
    let keys = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let all = Dialect::WRITTEN.map(|dialect| format!("-- {dialect}\n{}", query(dialect)));
    (keys, all.join("\n"))
}

#[test]
fn queries_list_the_rows_that_a_change_touches() {
    let state = Asked::Column { role: "p", column: "state" };
    let (values, values_sql) = listed(&[("\"left\"   <-> \"L\"", "\"left\" <-> \"X\"")], state);
    assert_eq!(values, [2, 4]);
    let points = Asked::Column { role: "p", column: "points" };
    let (added, _) = listed(&[("drop m.{code, points}", "m.points -> p.points\n  drop m.code")], points);
    assert_eq!(added, [1, 2, 3]);
    let (scope, scope_sql) =
        listed(&[("m.gone == false", "m.gone == false and m.points < 9"), ("{code, points}", "code")], Asked::Scope);
    assert_eq!(scope, [2, 3]);
    let guard = [("  drop", "  reject \"too many\" when m.points > 9\n  drop"), ("{code, points}", "code")];
    let (rejects, rejects_sql) = listed(&guard, Asked::Rejects);
    assert_eq!(rejects, [2]);
    insta::assert_snapshot!([values_sql, scope_sql, rejects_sql].join("\n\n"));
}

#[test]
fn what_has_no_query_says_why() {
    let (plan, _) = against(&EVERYBODY);
    let step = &plan.steps[0];
    assert_eq!(changed(&plan, step, Asked::Scope, Dialect::Sqlite), Err(vec!["every row is in scope now".to_string()]));
    let state = Asked::Column { role: "p", column: "state" };
    assert!(changed(&plan, step, state, Dialect::SqlServer).unwrap().contains("INTERSECT"));
    assert!(changed(&plan, step, Asked::Column { role: "q", column: "state" }, Dialect::Sqlite).is_err());
}

#[test]
fn opal_differs_as_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/opal/opal.map");
    let text = std::fs::read_to_string(&path).unwrap();
    let opal = |text: &str| {
        let load = |name: &str| std::fs::read(path.with_file_name(name)).map_err(|error| error.to_string());
        compile("opal.map", text, &mut |name| load(name)).plan.unwrap()
    };
    let edits = [
        ("\"2\"  -> reject \"level 2 has no counterpart\"", "\"2\"  -> \"NTK\""),
        (
            "date(p.DateOfBirth)      <-> t.date_of_birth  allow(lossy.time) \"a birth has no time of day\"",
            "date(p.DateOfBirth) -> t.date_of_birth",
        ),
        ("where o.deleted != 1", "where o.deleted == 0"),
        ("0                         -> t.{interpretable", "30 -> t.{interpretable"),
    ];
    let changed_text = edits.iter().fold(text.clone(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let (old, new) = (opal(&text), opal(&changed_text));
    assert!(!is_changed(&compare(&old, &old)));
    insta::assert_debug_snapshot!(compare(&old, &new));
}
