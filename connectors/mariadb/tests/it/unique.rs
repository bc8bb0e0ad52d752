//! Unique keys and collations, as the server itself applies them.

use crate::fixture::{ask, database, target};
use cutover_runtime::connection::Connection;
use cutover_runtime::unique_key::UniqueColumn;
use cutover_runtime::value::Kind;

const TEXTS: [&str; 26] = [
    "",
    " ",
    "a",
    "A",
    "a ",
    "a\t",
    " a",
    "ä",
    "Ä",
    "ae",
    "æ",
    "ß",
    "ss",
    "s",
    "e\u{301}",
    "é",
    "e",
    "a\u{a0}",
    "😀",
    "😁",
    "İ",
    "i",
    "ı",
    "ﬁ",
    "fi",
    "\u{200b}a",
];

#[test]
fn texts_have_the_same_key_exactly_where_their_collation_calls_them_equal() {
    let Some(database) = database("") else { return };
    let mut connection = target(&database);
    let wanted = "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME IN ('utf8mb4') \
                  AND COLLATION_NAME REGEXP '(general|unicode|unicode_520|german2|swedish|turkish|czech|spanish2)(_nopad)?_ci$|bin$'";
    let mut collations: Vec<String> =
        ask(&mut connection, wanted, &[Kind::Text]).iter().map(|row| row[0].to_string()).collect();
    let newer = ["ai_ci", "nopad_ai_ci", "nopad_as_ci", "nopad_as_cs"].map(|kind| format!("uca1400_{kind}"));
    collations.extend(newer);
    assert!(collations.len() > 15, "{collations:?}");
    let mut wrong = Vec::new();
    for collation in collations {
        let keys = connection.collation_keys(&collation, &TEXTS).unwrap();
        let pairs = (0..TEXTS.len()).flat_map(|left| (0..left).map(move |right| (left, right)));
        let asked: Vec<String> = pairs
            .clone()
            .map(|(left, right)| {
                format!("CONVERT('{}' USING utf8mb4) COLLATE {collation} = '{}'", TEXTS[left], TEXTS[right])
            })
            .collect();
        let equal = ask(&mut connection, &format!("SELECT {}", asked.join(", ")), &vec![Kind::Boolean; asked.len()]);
        for ((left, right), equal) in pairs.zip(&equal[0]) {
            if (keys[left] == keys[right]).to_string() != equal.to_string() {
                wrong.push(format!("{collation}: {:?} and {:?}: {equal}", TEXTS[left], TEXTS[right]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
}

#[test]
fn keys_are_told_with_their_collations() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) COLLATE utf8mb4_general_ci, \
                  b varchar(20) COLLATE utf8mb4_nopad_bin, c varbinary(9), UNIQUE one (a, b), UNIQUE two (c), UNIQUE three (a(3)), KEY four (b), d varchar(9) COLLATE utf8mb4_thai_520_w2, UNIQUE two_rounds (d))";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    let keys = connection.unique_keys("t").unwrap();
    let shown: Vec<(&str, usize, bool)> =
        keys.iter().map(|key| (key.name.as_str(), key.columns.len(), key.beyond.is_some())).collect();
    assert_eq!(
        shown,
        [("one", 2, false), ("PRIMARY", 1, false), ("three", 1, true), ("two", 1, false), ("two_rounds", 1, true)]
    );
    assert_eq!(keys[0].columns[0].collation.as_deref(), Some("utf8mb4_general_ci"));
    assert_eq!(keys[0].columns[1], UniqueColumn::exact("b"));
    assert_eq!(keys[3].columns, [UniqueColumn::exact("c")]);
}

#[test]
fn many_texts_are_asked_in_portions() {
    let Some(database) = database("") else { return };
    let mut connection = target(&database);
    let texts: Vec<String> = (0..1203).map(|number| format!("Text {}", number / 2)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let keys = connection.collation_keys("latin1_swedish_ci", &texts).unwrap();
    assert_eq!(keys.len(), 1203);
    assert!(keys[0] == keys[1] && keys[1] != keys[2] && keys[1200] == keys[1201]);
}
