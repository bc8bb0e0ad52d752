//! Units are written whole or not at all, and a refused one costs no other.

use crate::fixture::{ask, database, role, target, text, told, write};
use cutover_runtime::connection::{Connection, StoreErrorKind};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Kind, Value};

const TABLES: &str = "
CREATE TABLE account (id bigint AUTO_INCREMENT PRIMARY KEY, mail varchar(50) UNIQUE, kind varchar(9) NOT NULL);
CREATE TABLE profile (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(10) CHECK (name <> 'bad'),
  account_id bigint NOT NULL, boss_id bigint, CONSTRAINT account_of FOREIGN KEY (account_id) REFERENCES account (id),
  CONSTRAINT boss_of FOREIGN KEY (boss_id) REFERENCES profile (id));
CREATE TRIGGER refuse BEFORE INSERT ON account FOR EACH ROW
  IF NEW.mail = 'trigger' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF;
";

fn roles() -> Vec<TargetSpec> {
    let engine = ("id", KeyAssigned::Engine);
    let account = [("mail", Kind::Text, Source::Converted), ("kind", Kind::Text, Source::Converted)];
    let profile = [
        ("name", Kind::Text, Source::Converted),
        ("account_id", Kind::Integer, Source::Sibling(0)),
        ("boss_id", Kind::Integer, Source::Converted),
    ];
    vec![role("account", "account", engine, &account), role("profile", "profile", engine, &profile)]
}

fn unit(mail: &str, kind: Value, name: &str, boss: Value) -> Vec<Vec<Value>> {
    vec![vec![text(mail), kind], vec![text(name), Value::Null, boss]]
}

#[test]
fn who_is_to_blame_is_refused_with_constraint_and_column() {
    let Some(database) = database(TABLES) else { return };
    let mut connection = target(&database);
    let fine = |mail: &str| unit(mail, text("k"), "n", Value::Null);
    let units = vec![
        fine("a"),
        fine("A"),
        unit("b", Value::Null, "n", Value::Null),
        unit("c", text("k"), "bad", Value::Null),
        unit("d", text("k"), "longer than ten", Value::Null),
        unit("e", text("k"), "n", Value::Integer(4711)),
        unit("trigger", text("k"), "n", Value::Null),
        fine("f"),
    ];
    let written = write(&mut connection, &roles(), units);
    let refused = |at: usize| told(&written[at]).unwrap_err();
    assert_eq!(refused(1), ("mail".into(), vec!["mail".into()]), "the collation calls them equal");
    assert_eq!(refused(2), ("kind: Column 'kind' cannot be null".into(), vec!["kind".into()]));
    let check = refused(3);
    assert!(check.0.contains("name") && check.1 == ["name"], "{check:?}");
    assert_eq!(refused(4), ("name: Data too long".into(), vec!["name".into()]));
    assert_eq!(refused(5), ("boss_of (boss_id)".into(), vec!["boss_id".into()]));
    assert_eq!(refused(6), ("not this one".into(), vec![]));
    assert!(told(&written[0]).is_ok() && told(&written[7]).is_ok());
    assert_eq!(database.ask("SELECT mail FROM account ORDER BY id"), ["a", "f"]);
    let siblings = "SELECT COUNT(*) FROM profile p JOIN account a ON a.id = p.account_id WHERE p.name = 'n'";
    assert_eq!(database.ask(siblings), ["2"]);
}

#[test]
fn thousands_of_units_with_a_few_faults_go_in() {
    let Some(database) = database(TABLES) else { return };
    let mut connection = target(&database);
    let mail = |at: usize| format!("m{}", if at % 997 == 5 { 5 } else { at });
    let units = (0..5000).map(|at| unit(&mail(at), text("k"), "n", Value::Null)).collect();
    let written = write(&mut connection, &roles(), units);
    assert_eq!(written.iter().filter(|written| told(written).is_err()).count(), 5);
    assert_eq!(database.ask("SELECT COUNT(*) FROM account"), ["4995"]);
    // Every key that was told is the one of its row.
    let keys = ask(&mut connection, "SELECT id, mail FROM account ORDER BY id", &[Kind::Integer, Kind::Text]);
    let told_keys: Vec<(Value, Value)> = written
        .iter()
        .filter_map(|written| match written {
            cutover_runtime::connection::Written::Keys(keys, rows) => {
                Some((keys[0].clone(), rows[0].as_ref().unwrap()[0].clone()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(keys.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect::<Vec<_>>(), told_keys);
    let siblings = "SELECT COUNT(*) FROM profile p JOIN account a ON a.id = p.account_id";
    assert_eq!(database.ask(siblings), ["4995"]);
}

#[test]
fn hostile_names_missing_columns_and_tables_without_transactions() {
    let tables = "CREATE TABLE `ta``ble; -- :x ?` (`sel ect` int AUTO_INCREMENT PRIMARY KEY, `é``?:name` text); \
                  CREATE TABLE old (id int AUTO_INCREMENT PRIMARY KEY, x text) ENGINE=MyISAM";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    let table = "ta`ble; -- :x ?";
    let roles =
        |column: &str| [role("t", table, ("sel ect", KeyAssigned::Engine), &[(column, Kind::Text, Source::Converted)])];
    let written = write(&mut connection, &roles("é`?:name"), vec![vec![vec![text("x")]]]);
    assert_eq!(told(&written[0]), Ok(vec![Value::Integer(1)]));
    assert_eq!(connection.columns(table).unwrap().unwrap(), ["sel ect", "é`?:name"]);
    assert_eq!(connection.columns("table").unwrap(), None);
    let unit = || vec![crate::fixture::unit(vec![vec![text("x")]])];
    connection.begin().unwrap();
    let error = connection.insert(&roles("gone"), unit()).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
    assert!(error.to_string().contains("has no column gone"), "{error}");
    let old = [role("t", "old", ("id", KeyAssigned::Engine), &[("x", Kind::Text, Source::Converted)])];
    let error = connection.insert(&old, unit()).unwrap_err();
    assert!(error.to_string().contains("engine MyISAM, which knows no transactions"), "{error}");
    connection.abort().unwrap();
}

#[test]
fn rows_as_large_as_the_server_takes_and_larger() {
    let Some(database) = database("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, x longtext)") else { return };
    if !database.server().is_private() {
        return;
    }
    let packet: usize = database.ask("SELECT @@global.max_allowed_packet")[0].parse().unwrap();
    let mut connection = target(&database);
    let roles = [role("t", "t", ("id", KeyAssigned::Engine), &[("x", Kind::Text, Source::Converted)])];
    let large = || vec![vec![text(&"x".repeat(packet / 5))]];
    let written = write(&mut connection, &roles, vec![large(), large(), large(), large(), large(), large()]);
    assert!(written.iter().all(|written| told(written).is_ok()));
    connection.begin().unwrap();
    let unit = crate::fixture::unit(vec![vec![text(&"x".repeat(packet + 1000))]]);
    let error = connection.insert(&roles, vec![unit]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::TooLarge, "{error}");
    assert!(error.to_string().contains("max_allowed_packet"), "{error}");
}

#[test]
fn control_tables_take_rows_of_every_kind() {
    let sql = "CREATE TABLE c (a varchar(9), b decimal(39), d datetime(6))";
    let Some(database) = database(sql) else { return };
    let mut connection = target(&database);
    let columns = ["a", "b", "d"].map(String::from);
    connection.begin().unwrap();
    let row = vec![text("x"), Value::Integer(u64::MAX.into()), Value::Null];
    connection.append("c", &columns, &vec![row; 1234]).unwrap();
    connection.append("c", &columns, &[]).unwrap();
    connection.commit().unwrap();
    assert_eq!(database.ask("SELECT COUNT(*), MAX(b) FROM c WHERE d IS NULL"), ["1234|18446744073709551615"]);
}
