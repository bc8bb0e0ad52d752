//! Bytes of a DDL file to text. Dumps come as UTF-8 or, from tools for Windows, as UTF-16; rows in them may hold
//! bytes of any kind, which say nothing about tables.

use super::Dialect;
use super::read;
use std::error::Error;
use std::fmt;

/// A file whose table definitions are not text that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotText {
    /// The first line, counted from 1, that cannot be read.
    pub line: usize,
    /// The encoding that the file seems to have.
    pub encoding: &'static str,
}

impl fmt::Display for NotText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "not {}: line {}", self.encoding, self.line)
    }
}

impl Error for NotText {}

/// Returns the text of a DDL file. UTF-16 is told by its byte order mark, or by the noughts between its letters.
/// Bytes that are no UTF-8 are let pass, as `U+FFFD`, where no table is defined: dumps keep binary data in rows.
pub fn decode(bytes: Vec<u8>, dialect: Dialect) -> Result<String, NotText> {
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest.to_vec(), dialect),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [first, 0, second, 0, ..] if *first > 0 && *second > 0 => utf16(&bytes, u16::from_le_bytes),
        [0, first, 0, second, ..] if *first > 0 && *second > 0 => utf16(&bytes, u16::from_be_bytes),
        _ => utf8(bytes, dialect),
    }
}

fn utf8(bytes: Vec<u8>, dialect: Dialect) -> Result<String, NotText> {
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    match read::first_defining_line_with(&text, char::REPLACEMENT_CHARACTER, dialect) {
        Some(line) => Err(NotText { line, encoding: "UTF-8" }),
        None => Ok(text),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let units = bytes.chunks(2).map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        _ => 0xD800, // half a unit at the end is no character
    });
    let mut text = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(NotText { line: text.matches('\n').count() + 1, encoding: "UTF-16" }),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf_16_with_and_without_a_mark() {
        for text in ["\u{feff}CREATE TABLE é (🐘 int)", "CREATE TABLE é (🐘 int)"] {
            let plain = text.trim_start_matches('\u{feff}');
            for bytes in [utf16_bytes(text, u16::to_le_bytes), utf16_bytes(text, u16::to_be_bytes)] {
                assert_eq!(decode(bytes, Dialect::SqlServer).as_deref(), Ok(plain));
            }
            assert_eq!(decode(text.as_bytes().to_vec(), Dialect::SqlServer).as_deref(), Ok(plain));
        }
    }

    #[test]
    fn broken_utf_16_names_its_line() {
        let mut bytes = utf16_bytes("\u{feff}a\nb\n", u16::to_le_bytes);
        bytes.push(0);
        assert_eq!(decode(bytes, Dialect::SqlServer), Err(NotText { line: 3, encoding: "UTF-16" }));
    }

    #[test]
    fn bytes_of_rows_are_let_pass() {
        let dump = b"CREATE TABLE t (a int);\nINSERT INTO t VALUES (_binary '\xff\xd8');\nCREATE TABLE u (b int);";
        let text = decode(dump.to_vec(), Dialect::MariaDb).expect("only a row is no text");
        assert!(text.contains("CREATE TABLE u"));
        let latin = b"INSERT INTO t VALUES ('\xe9');\nCREATE TABLE t (\n a int COMMENT 'caf\xe9');";
        assert_eq!(decode(latin.to_vec(), Dialect::MariaDb), Err(NotText { line: 3, encoding: "UTF-8" }));
    }
}
