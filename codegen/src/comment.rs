//! Text of the mapping inside comments of generated files: one line stays one line, whatever it contains.

use std::borrow::Cow;

/// Returns the text as one line without control characters.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match plain || !text.contains(breaks) {
        true => text.into(),
        false => text.replace(breaks, " ").trim().to_string().into(),
    }
}

/// Whether a character ends a line for some tool, or makes what follows look like something else.
fn breaks(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || character.is_control()
}

/// Returns each text as one line.
pub(crate) fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| line(text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(line("  as it is "), "as it is");
        assert_eq!(line("a\r\nDROP TABLE b\u{2028}c\0"), "a  DROP TABLE b c");
        assert_eq!(line("access \u{202E}admin\u{2066} only"), "access  admin  only");
    }
}
