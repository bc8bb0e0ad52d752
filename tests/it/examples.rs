//! `cutover test` compares what a row becomes with what the example says.

use cutover_tests::command::{Ended, cutover};
use std::ffi::OsString;
use tempfile::TempDir;

const LEGACY: &str = "CREATE TABLE account (id INTEGER PRIMARY KEY, owner VARCHAR(9) NOT NULL, balance NUMERIC(8,2));";

const TARGET: &str = "CREATE TABLE purse (id INTEGER PRIMARY KEY AUTOINCREMENT, legacy_id INTEGER UNIQUE,
                        owner VARCHAR(9) NOT NULL, balance NUMERIC(8,2) NOT NULL);";

/// Runs one example.
fn test(account: &str, purse: &str) -> Ended {
    let folder = TempDir::new().unwrap();
    let mapping = format!(
        r#"language 1
legacy old = sqlite "legacy.sql"
target new = sqlite "target.sql"

map Purse: old.account a -> new.purse t {{
  key a.id               <-> t.legacy_id
  a.owner                <-> t.owner
  coalesce(a.balance, 0)  -> t.balance

  example "one" {{
    a {{ {account}, .. }}
    t {{ {purse}, .. }}
  }}
}}
"#
    );
    for (name, text) in [("legacy.sql", LEGACY), ("target.sql", TARGET), ("purse.map", &mapping)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    cutover([OsString::from("test"), folder.path().join("purse.map").into_os_string()])
}

#[test]
fn decimals_are_compared_by_value() {
    for (given, expected) in [("1.50", "1.5"), ("1.5", "1.50"), ("2.00", "2"), ("2", "2.0"), ("null", "0.00")] {
        test(&format!("balance: {given}"), &format!("balance: {expected}")).with(0);
    }
    let out = test("balance: 1.50", "balance: 1.05").with(1).out;
    assert!(out.contains("t.balance is 1.50, expected 1.05\n"), "{out}");
}

#[test]
fn texts_stand_in_quotes() {
    let out = test("owner: \"\"", "owner: \"Ann\"").with(1).out;
    assert!(out.contains("t.owner is \"\", expected \"Ann\"\n"), "{out}");
}
