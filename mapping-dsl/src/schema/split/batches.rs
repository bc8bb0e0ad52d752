//! Where statements begin in a T-SQL script: batches end with a line `GO`, and between statements no mark is needed.

/// Returns whether the line that begins here is `GO`, perhaps with a number of times.
pub(super) fn is_go(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let Some(rest) = line.get(..2).filter(|word| word.eq_ignore_ascii_case("go")).map(|_| &line[2..]) else {
        return false;
    };
    let rest = rest.split("--").next().unwrap_or_default().trim();
    rest.is_empty() || rest == ";" || rest.bytes().all(|byte| byte.is_ascii_digit()) && line.as_bytes()[2] == b' '
}

/// Returns whether a statement about a table begins here, wherever that is.
pub(super) fn begins_table(text: &str) -> bool {
    let [first, second] = words(text);
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    (is(first, "CREATE") || is(first, "ALTER")) && is(second, "TABLE")
}

/// Returns whether a statement begins here, at the beginning of a line.
pub(super) fn begins_statement(text: &str) -> bool {
    let [first, second] = words(text).map(str::to_ascii_uppercase);
    match first.as_str() {
        "CREATE" => true,
        "ALTER" => second != "COLUMN",
        "DROP" => !matches!(second.as_str(), "CONSTRAINT" | "COLUMN" | "PERIOD"),
        "SET" => !matches!(second.as_str(), "NULL" | "DEFAULT" | ""),
        "DELETE" | "UPDATE" => !matches!(second.as_str(), "CASCADE" | "NO" | "SET"),
        "EXEC" | "EXECUTE" | "INSERT" | "SELECT" | "TRUNCATE" | "USE" | "PRINT" | "DECLARE" | "GRANT" | "DENY"
        | "BEGIN" | "END" | "IF" | "ELSE" => true,
        _ => false,
    }
}

/// Returns the first two words; empty where another sign stands.
fn words(text: &str) -> [&str; 2] {
    let mut rest = text;
    [(); 2].map(|()| {
        let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest[end..].trim_start();
        word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_end_a_batch() {
        for line in ["GO", "go\nx", "GO  \r\n", "GO;", "GO 5", "GO -- done"] {
            assert!(is_go(line), "{line}");
        }
        for line in ["GONE", "GO x", "GO5", "G"] {
            assert!(!is_go(line), "{line}");
        }
    }

    #[test]
    fn words_that_begin_a_statement() {
        for text in ["SET ANSI_NULLS ON", "create\ttable", "ALTER TABLE", "EXEC x", "DROP TABLE t", "END"] {
            assert!(begins_statement(text), "{text}");
        }
        for text in
            ["SET NULL", "DROP CONSTRAINT c", "ALTER COLUMN c", "DELETE CASCADE", "SET (LOCK_ESCALATION = AUTO)"]
        {
            assert!(!begins_statement(text), "{text}");
        }
        assert!(begins_table("CREATE TABLE") && begins_table("alter  table t") && !begins_table("CREATE INDEX"));
    }
}
