//! Where a line goes on in the next: line ends that end no statement are overwritten by blanks.

use super::{Cutter, ends_with_word};

/// Words after which a line goes on.
const GOES_ON_AFTER: [&str; 6] = ["and", "or", "not", "via", "in", "on"];

/// What a line begins with that goes on with the one before.
const GOES_ON_BEFORE: [&str; 5] = ["->", "<->", "<-", "|", "++"];

/// The same of words, with a blank behind them.
const WORD_GOES_ON: [&[u8]; 2] = [b"on", b"when"];

/// The same of two words, or a word and a sign, with blanks between them or none.
const PAIR_GOES_ON: [(&str, &str); 3] = [("allow", "("), ("existing", "else"), ("several", "reject")];

impl Cutter {
    /// Overwrites the line ends that end no statement.
    pub(super) fn join_lines(&mut self) {
        let mut open: Vec<u8> = Vec::new();
        let mut at = 0;
        while at < self.text.len() {
            match self.text[at] {
                b'\n' => {
                    if self.continues(at, open.last().copied()) {
                        self.text[at] = b' ';
                    } else if self.item_word(at + 1).is_some() {
                        open.clear();
                    } else {
                        // A statement begins here although a bracket is open: it was forgotten.
                        while open.last() == Some(&b'(') {
                            open.pop();
                        }
                    }
                    at += 1;
                }
                b'(' | b'[' => {
                    open.push(b'(');
                    at += 1;
                }
                b'{' => {
                    open.push(if self.opens_group(at) { b'(' } else { b'{' });
                    at += 1;
                }
                b')' | b']' | b'}' => {
                    open.pop();
                    at += 1;
                }
                _ => at = self.token_end(at),
            }
        }
    }

    /// A brace right after a dot, an arrow, a comma or `drop`/`defer` opens a group of names, not a block.
    pub(super) fn opens_group(&self, at: usize) -> bool {
        let before = self.text[..at].trim_ascii_end();
        [&b"."[..], b"->", b"<-", b","].iter().any(|end| before.ends_with(end))
            || [&b"drop"[..], b"defer"].iter().any(|word| ends_with_word(before, word))
    }

    fn continues(&self, at: usize, open: Option<u8>) -> bool {
        let next = self.text[at..].trim_ascii_start();
        if self.item_word(self.text.len() - next.len()).is_some() {
            return false;
        }
        if open == Some(b'(') {
            return !self.begins_statement(at + 1);
        }
        let before = self.text[..at].trim_ascii_end();
        let same_line =
            before.len() > self.text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |line| line + 1);
        let goes_on = same_line && goes_on_after(before);
        let is_pair = |(first, second): &(&str, &str)| {
            let rest = next.strip_prefix(first.as_bytes());
            rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(second.as_bytes()))
        };
        let is_word = |word: &&[u8]| {
            let rest = next.strip_prefix(*word);
            rest.and_then(<[u8]>::first).is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        };
        let begins = GOES_ON_BEFORE.iter().any(|start| next.starts_with(start.as_bytes()));
        goes_on || begins || WORD_GOES_ON.iter().any(is_word) || PAIR_GOES_ON.iter().any(is_pair)
    }

    /// Returns whether the line has an arrow before it closes a bracket that it did not open.
    fn begins_statement(&self, at: usize) -> bool {
        let mut depth = 0i32;
        let line = &self.text[at..self.line_end(at)];
        for (place, byte) in line.iter().enumerate() {
            depth += i32::from(matches!(byte, b'(' | b'[' | b'{')) - i32::from(matches!(byte, b')' | b']' | b'}'));
            match depth {
                0 if line[place..].starts_with(b"->") || line[place..].starts_with(b"<-") => return true,
                ..0 => return false,
                _ => {}
            }
        }
        false
    }
}

fn goes_on_after(before: &[u8]) -> bool {
    let signs: [&[u8]; 14] =
        [b"->", b"<-", b"++", b"==", b"!=", b"<=", b">=", b"<", b"+", b"*", b",", b"|", b"=", b":"];
    signs.iter().any(|sign| before.ends_with(sign))
        || GOES_ON_AFTER.iter().any(|word| ends_with_word(before, word.as_bytes()))
}
