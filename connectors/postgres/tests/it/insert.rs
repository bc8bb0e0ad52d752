//! Units are written whole or not at all, and a refused one costs no other.

use crate::fixture::{ask, database, role, target, text, told, write};
use cutover_runtime::connection::{Connection, StoreErrorKind};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Kind, Value};

const TABLES: &str = "
CREATE TABLE account (id bigserial PRIMARY KEY, mail text UNIQUE, kind text NOT NULL);
CREATE TABLE profile (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(10) CHECK (name <> 'bad'),
  account_id bigint NOT NULL REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED, boss_id bigint
  REFERENCES profile (id) DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX profile_name ON profile (name, account_id);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.mail = 'trigger' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION refuse();
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
        fine("a"),
        unit("b", Value::Null, "n", Value::Null),
        unit("c", text("k"), "bad", Value::Null),
        unit("d", text("k"), "longer than ten", Value::Null),
        unit("e", text("k"), "n", Value::Integer(4711)),
        unit("trigger", text("k"), "n", Value::Null),
        fine("f"),
    ];
    let written = write(&mut connection, &roles(), units);
    let refused = |at: usize| told(&written[at]).unwrap_err();
    assert_eq!(refused(1), ("account_mail_key (mail)".into(), vec!["mail".into()]));
    assert_eq!(refused(2), ("kind".into(), vec!["kind".into()]));
    assert_eq!(refused(3), ("profile_name_check (name)".into(), vec!["name".into()]));
    assert_eq!(refused(4), ("name, which takes 10 characters".into(), vec!["name".into()]));
    assert_eq!(refused(5), ("profile_boss_id_fkey (boss_id)".into(), vec!["boss_id".into()]));
    assert_eq!(refused(6), ("not this one".into(), vec![]));
    assert!(told(&written[0]).is_ok() && told(&written[7]).is_ok());
    assert_eq!(database.ask("SELECT mail FROM account ORDER BY id"), ["a", "f"]);
    let siblings = "SELECT COUNT(*) FROM profile p JOIN account a ON a.id = p.account_id WHERE p.name = 'n'";
    assert_eq!(database.ask(siblings), ["2"]);
    // Keys that nobody got serve the next batch.
    let written = write(&mut connection, &roles(), (0..6).map(|at| fine(&format!("next{at}"))).collect());
    assert!(written.iter().all(|written| told(written).is_ok()));
    assert_eq!(database.ask("SELECT MIN(id), MAX(id), COUNT(*) FROM account"), ["1|8|8"]);
    assert_eq!(told(&written[5]).unwrap()[0], Value::Integer(8), "without a gap");
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
    assert_eq!(database.ask("SELECT COUNT(*) FROM profile p JOIN account a ON a.id = p.account_id"), ["4995"]);
}

#[test]
fn hostile_names_and_missing_columns() {
    let tables = "CREATE TABLE \"ta\"\"ble; --\" (\"sel ect\" serial PRIMARY KEY, \"é\"\"?$1\" text)";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    let columns = [("é\"?$1", Kind::Text, Source::Converted)];
    let roles = [role("t", "ta\"ble; --", ("sel ect", KeyAssigned::Engine), &columns)];
    let written = write(&mut connection, &roles, vec![vec![vec![text("x")]]]);
    assert_eq!(told(&written[0]), Ok(vec![Value::Integer(1)]));
    assert_eq!(connection.columns("ta\"ble; --").unwrap().unwrap(), ["sel ect", "é\"?$1"]);
    assert_eq!(connection.columns("table").unwrap(), None);
    let roles =
        [role("t", "ta\"ble; --", ("sel ect", KeyAssigned::Engine), &[("gone", Kind::Text, Source::Converted)])];
    connection.begin().unwrap();
    let error = connection.insert(&roles, vec![crate::fixture::unit(vec![vec![text("x")]])]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
    assert!(error.to_string().contains("has no column gone"), "{error}");
    connection.abort().unwrap();
}

#[test]
fn a_transaction_that_failed_cannot_be_committed() {
    let Some(database) = database("CREATE TABLE t (id int PRIMARY KEY)") else { return };
    let mut connection = target(&database);
    connection.begin().unwrap();
    connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
    let error = connection.execute("INSERT INTO gone VALUES (1)", &[]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
    assert!(connection.commit().unwrap_err().to_string().contains("has failed"));
    assert_eq!(ask(&mut connection, "SELECT COUNT(*) FROM t", &[Kind::Integer]), [[Value::Integer(0)]]);
    connection.begin().unwrap();
    connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
    connection.commit().unwrap();
}

#[test]
fn control_tables_take_rows_of_every_kind() {
    let Some(database) = database("CREATE TABLE c (a text, b numeric, d timestamptz)") else { return };
    let mut connection = target(&database);
    let columns = ["a", "b", "d"].map(String::from);
    connection.begin().unwrap();
    connection.append("c", &columns, &[vec![text("x"), Value::Integer(u64::MAX.into()), Value::Null]]).unwrap();
    connection.append("c", &columns, &[]).unwrap();
    connection.commit().unwrap();
    assert_eq!(database.ask("SELECT * FROM c"), ["x|18446744073709551615|-"]);
    // A table that was dropped and made anew is looked at again.
    database.run("DROP TABLE c; CREATE TABLE c (a text, b numeric, d timestamptz, e text)");
    let columns = ["a", "e"].map(String::from);
    connection.append("c", &columns, &[vec![text("y"), text("z")]]).unwrap();
    assert_eq!(database.ask("SELECT a, e FROM c"), ["y|z"]);
}
