//! Character sets. The server sends each text in the character set of its column: it would put question marks for bytes
//! that are no text, and nobody could tell them from real ones.

use encoding_rs::{self as encodings, Encoding};
use std::borrow::Cow;
use std::collections::HashMap;

/// The character sets of a server by the numbers of their collations.
#[derive(Debug, Default)]
pub(crate) struct Charsets {
    names: HashMap<u16, Charset>,
}

/// How the bytes of a text are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Charset {
    /// No text at all.
    Binary,
    Ascii,
    Utf8,
    Utf16 {
        big: bool,
    },
    Utf32,
    Other(&'static Encoding),
    /// One that cannot be read without a doubt.
    Unknown(String),
}

impl Charsets {
    /// Takes in what a server calls its collations: number and character set.
    pub(crate) fn new(collations: impl Iterator<Item = (u16, String)>) -> Charsets {
        Charsets { names: collations.map(|(number, name)| (number, Charset::named(&name))).collect() }
    }

    pub(crate) fn of(&self, collation: u16) -> Charset {
        match collation {
            63 => Charset::Binary,
            _ => self.names.get(&collation).cloned().unwrap_or(Charset::Unknown(format!("number {collation}"))),
        }
    }
}

impl Charset {
    fn named(name: &str) -> Charset {
        match name {
            "binary" => Charset::Binary,
            "ascii" => Charset::Ascii,
            "utf8mb4" | "utf8mb3" | "utf8" => Charset::Utf8,
            "ucs2" | "utf16" => Charset::Utf16 { big: true },
            "utf16le" => Charset::Utf16 { big: false },
            "utf32" => Charset::Utf32,
            "latin1" => Charset::Other(encodings::WINDOWS_1252),
            "latin2" => Charset::Other(encodings::ISO_8859_2),
            "latin7" => Charset::Other(encodings::ISO_8859_13),
            "greek" => Charset::Other(encodings::ISO_8859_7),
            "hebrew" => Charset::Other(encodings::ISO_8859_8),
            "cp1250" => Charset::Other(encodings::WINDOWS_1250),
            "cp1251" => Charset::Other(encodings::WINDOWS_1251),
            "cp1256" => Charset::Other(encodings::WINDOWS_1256),
            "cp1257" => Charset::Other(encodings::WINDOWS_1257),
            "cp866" => Charset::Other(encodings::IBM866),
            "koi8r" => Charset::Other(encodings::KOI8_R),
            "koi8u" => Charset::Other(encodings::KOI8_U),
            other => Charset::Unknown(other.to_string()),
        }
    }

    /// Returns the text; none if the bytes are no text in this character set.
    pub(crate) fn decode<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match self {
            Charset::Ascii => std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii()).map(Cow::Borrowed),
            Charset::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Charset::Utf16 { big } => {
                let unit = |pair: &[u8]| {
                    let pair = [pair[0], pair[1]];
                    if *big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
                };
                let units = bytes.chunks_exact(2).map(unit);
                let text = char::decode_utf16(units).collect::<Result<String, _>>().ok();
                text.filter(|_| bytes.len().is_multiple_of(2)).map(Cow::Owned)
            }
            Charset::Utf32 => {
                let point = |four: &[u8]| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
                let text = bytes.chunks_exact(4).map(point).collect::<Option<String>>();
                text.filter(|_| bytes.len().is_multiple_of(4)).map(Cow::Owned)
            }
            Charset::Other(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
            Charset::Binary | Charset::Unknown(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_their_own_character_set_or_not_at_all() {
        let check = |name: &str, bytes: &[u8], expected: Option<&str>| {
            assert_eq!(Charset::named(name).decode(bytes).as_deref(), expected, "{name} {bytes:?}");
        };
        check("utf8mb4", "é👩".as_bytes(), Some("é👩"));
        check("utf8mb3", &[0xff, 0x41], None);
        check("latin1", &[0xe9, 0x80], Some("é€"));
        check("ascii", &[0xe9], None);
        check("ucs2", &[0x00, 0xe9], Some("é"));
        check("utf16", &[0xd8, 0x3d], None);
        check("utf16le", &[0xe9, 0x00], Some("é"));
        check("utf16", &[0xd8], None);
        check("utf32", &[0, 1, 0xf4, 0x69], Some("👩"));
        check("cp1251", &[0xc6], Some("Ж"));
        check("klingon", b"x", None);
    }
}
