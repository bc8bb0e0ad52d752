//! Says in plain words why a statement is passed over.

use super::text::Tokens;

/// Why statements about rows are passed over.
pub(super) const ROWS: &str = "it is about rows, not about tables";

/// Returns whether a statement begins with a word that is only about rows.
pub(super) fn is_about_rows(statement: &str) -> bool {
    let end = statement.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(statement.len());
    is_one_of("INSERT REPLACE COPY UPDATE DELETE LOAD VALUES MERGE BULK", &statement[..end])
}

fn is_one_of(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one.eq_ignore_ascii_case(word))
}

/// Returns why a statement is passed over.
pub(super) fn why(tokens: &Tokens<'_>) -> &'static str {
    let word = tokens.peek(0).map(|(_, text)| text).unwrap_or_default();
    const REASONS: [(&str, &str); 12] = [
        ("SELECT WITH CALL DO EXEC EXECUTE PRINT DECLARE", "it is a query or a call, not a definition"),
        ("SET USE PRAGMA LOCK UNLOCK ANALYZE VACUUM DELIMITER \\ . GO", "it sets up the session and defines no table"),
        ("BEGIN START COMMIT ROLLBACK END SAVEPOINT", "it begins or ends a transaction or a block"),
        ("IF ELSE WHILE RETURN THROW RAISERROR", "it steers the script and defines no table"),
        ("GRANT REVOKE DENY", "rights are not read"),
        ("DROP TRUNCATE RENAME", "it takes things away and defines no table"),
        ("ALTER", "only changes of tables are read"),
        ("COMMENT", "only comments of tables and columns that were read are kept"),
        ("REFRESH CLUSTER REINDEX CHECKPOINT DBCC", "it tends the database and defines no table"),
        ("FLUSH KILL SHUTDOWN BACKUP RESTORE", "it tends the server and defines no table"),
        ("INSTALL LOAD ATTACH DETACH", "what it brings in is not in this file"),
        ("CREATE", ""),
    ];
    let found = REASONS.iter().find(|(words, _)| is_one_of(words, word)).map(|(_, why)| *why);
    match found {
        Some("") => created(tokens.clone()),
        Some(why) => why,
        None => "it is no statement that defines a table",
    }
}

/// Returns why something that is created is passed over.
fn created(mut tokens: Tokens<'_>) -> &'static str {
    const REASONS: [(&str, &str); 6] = [
        ("VIEW", "a view holds no rows of its own"),
        ("TRIGGER PROCEDURE PROC FUNCTION EVENT PACKAGE RULE AGGREGATE", "what runs inside the database is not read"),
        ("VIRTUAL", "a virtual table has no columns that could be relied on"),
        ("SEQUENCE", "a counter is read at the column that uses it"),
        ("DATABASE SCHEMA", "where tables lie is read from their names"),
        ("USER ROLE LOGIN POLICY", "rights are not read"),
    ];
    while !tokens.is_done() && !tokens.at_symbol("(") {
        let (_, word) = tokens.take().unwrap_or((super::scan::Kind::Word, ""));
        if let Some((_, why)) = REASONS.iter().find(|(words, _)| is_one_of(words, word)) {
            return why;
        }
        if is_one_of("TYPE DOMAIN INDEX TABLE EXTENSION AS ON", word) {
            break;
        }
    }
    "only tables, indexes, listed types and domains are read"
}
