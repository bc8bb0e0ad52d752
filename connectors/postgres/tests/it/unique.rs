//! Unique keys, as the catalogue has them.

use crate::fixture::{database, target};
use cutover_runtime::connection::Connection;
use cutover_runtime::unique_key::UniqueColumn;

#[test]
fn keys_are_told_and_what_they_do_not_compare_by_columns() {
    let tables = "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (id bigint PRIMARY KEY, a text, b char(9), c text COLLATE nocase, d text, UNIQUE (a, b));
        CREATE UNIQUE INDEX by_expression ON t (lower(a));
        CREATE UNIQUE INDEX by_some ON t (a) WHERE d IS NULL;
        CREATE UNIQUE INDEX covering ON t (d) INCLUDE (a);
        CREATE UNIQUE INDEX nulls ON t (b) NULLS NOT DISTINCT;
        CREATE UNIQUE INDEX own ON t (c);
        CREATE INDEX plain ON t (d)";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    let keys = connection.unique_keys("t").unwrap();
    let shown: Vec<(&str, bool)> = keys.iter().map(|key| (key.name.as_str(), key.beyond.is_some())).collect();
    let expected = [
        ("by_expression", true),
        ("by_some", true),
        ("covering", false),
        ("nulls", true),
        ("own", true),
        ("t_a_b_key", false),
        ("t_pkey", false),
    ];
    assert_eq!(shown, expected);
    assert_eq!(keys[2].columns, [UniqueColumn::exact("d")]);
    assert_eq!(keys[5].columns[0], UniqueColumn::exact("a"));
    let blanks = keys[5].columns[1].collation.clone().unwrap();
    let texts = connection.collation_keys(&blanks, &["x", "x  ", " x"]).unwrap();
    assert!(texts[0] == texts[1] && texts[0] != texts[2]);
}
