//! Text in Mermaid. Signs are written by their number (`#34;`), which the forge shows as the sign, so that no name can
//! break a diagram. Names of an entity's attributes cannot be written so; they keep letters and digits.

#![expect(unreachable_pub, reason = "askama makes filters public")]

use askama::Values;
use std::fmt::Display;

/// Returns text for use in a quoted label, a member or a note.
#[askama::filter_fn]
pub(super) fn label(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(escaped(&text.to_string()))
}

/// Returns a type for an attribute of an entity.
#[askama::filter_fn]
pub(super) fn kind(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(one_word(&text.to_string(), |character| match character {
        '(' | ')' => character,
        ' ' => '-',
        _ => '_',
    }))
}

/// Returns a name for an attribute of an entity.
#[askama::filter_fn]
pub(super) fn word(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(one_word(&text.to_string(), |_| '_'))
}

fn escaped(text: &str) -> String {
    let text = crate::comment::line(text);
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(character) = characters.next() {
        match plain(before, character, characters.peek().copied()) && !ends_with_direction(&shown) {
            true => shown.push(character),
            false => shown += &format!("#{};", u32::from(character)),
        }
        before = Some(character);
    }
    shown
}

fn ends_with_direction(text: &str) -> bool {
    const WORD: &[u8] = b"direction";
    let start = text.len().checked_sub(WORD.len());
    start.is_some_and(|start| text.as_bytes()[start..].eq_ignore_ascii_case(WORD))
}

/// Within a word a sign joins; at its edge it may be markup. A line that says `direction LR` is a statement anywhere.
fn plain(before: Option<char>, character: char, after: Option<char>) -> bool {
    let within = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
    match character {
        '_' | '-' => within(before) && within(after),
        '.' => within(before) && after != Some('.'),
        ' ' | ',' | '…' | '→' | '↔' | '←' => before.is_some(),
        _ => character.is_alphanumeric(),
    }
}

/// Letters and digits stay; `other` says what stands for another sign.
fn one_word(text: &str, other: impl Fn(char) -> char) -> String {
    let stays = |character: char| character.is_ascii_alphanumeric() || ('\u{C0}'..='\u{FFFF}').contains(&character);
    let plain = |character: char| match character.is_alphanumeric() && stays(character) {
        true => character,
        false => other(character),
    };
    let word: String = text.chars().map(plain).collect();
    let is_mark = ["PK", "FK", "UK"].iter().any(|mark| word.eq_ignore_ascii_case(mark));
    let starts = word.starts_with(char::is_alphabetic);
    if is_mark || !starts { format!("_{word}") } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_with_a_meaning_are_written_by_number() {
        assert_eq!(escaped("p.first_name ↔ name, iso"), "p.first_name ↔ name, iso");
        assert_eq!(escaped("x\"}`']\n%%{init}"), "x#34;#125;#96;#39;#93; #37;#37;#123;init#125;");
        assert_eq!(escaped("_x_ a--b <br/> #35;"), "#95;x#95; a#45;#45;b #60;br#47;#62; #35;35#59;");
        assert_eq!(escaped("Direction LR"), "Direction#32;LR");
    }

    #[test]
    fn attributes_keep_letters_and_digits() {
        let word = |text| one_word(text, |_| '_');
        for (text, expected) in [("legacy_id", "legacy_id"), ("a-b c", "a_b_c"), ("1st", "_1st"), ("_x", "__x")] {
            assert_eq!(word(text), expected);
        }
        for (text, expected) in [("pk", "_pk"), ("", "_"), ("a\"b}", "a_b_"), ("größe", "größe"), ("π😀²", "π__")]
        {
            assert_eq!(word(text), expected);
        }
    }
}
