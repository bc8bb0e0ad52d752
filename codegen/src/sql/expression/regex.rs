//! The part of regular expressions that means the same in Rust, PostgreSQL and MariaDB: ASCII letters and digits, some
//! signs, classes, groups, alternatives and counted repetition. `.`, `\d`, `\w`, flags and the like differ.

/// Returns whether a pattern keeps to that part.
pub(crate) fn portable(pattern: &str) -> bool {
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    let mut before = None;
    while let Some(character) = characters.next() {
        let fine = match character {
            '[' if !in_class => {
                in_class = true;
                characters.next_if_eq(&'^');
                characters.peek().is_some_and(|next| next.is_ascii_alphanumeric())
            }
            ']' if in_class => {
                in_class = false;
                before != Some('-')
            }
            '(' if !in_class => characters.peek() != Some(&'?'),
            ')' | '|' if !in_class => true,
            '*' | '+' | '?' | '{' if !in_class => {
                !matches!(before, None | Some('(' | '|' | '*' | '+' | '?' | '{' | '}'))
            }
            '}' if !in_class => before.is_some_and(|before| before.is_ascii_digit()),
            '-' => characters.peek().is_none_or(|next| !in_class || next.is_ascii_alphanumeric()),
            _ => {
                character.is_ascii_alphanumeric() || matches!(character, ' ' | '_' | '@' | '/' | ':' | ';' | ',' | '\'')
            }
        };
        if !fine {
            return false;
        }
        before = Some(character);
    }
    !in_class
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn what_means_the_same_everywhere_is_portable() {
        for pattern in ["[A-Z]{4}[0-9]{8}", "(ab|c)+", "a-b", "[^a-z]x*", "x{2,3}"] {
            assert!(portable(pattern), "{pattern}");
        }
        for pattern in [r"\d+", "a.b", "(?i)a", "é", "[[:alpha:]]", "a{2}?", "a**", "[a&&b]", "[a", "$", "[]a]"] {
            assert!(!portable(pattern), "{pattern}");
        }
    }
}
