//! Names, literals and tokens of one statement or a part of it, over the scanner.
//! Dialects differ in folding of names and in escapes; both live here.

use super::Dialect;
use super::scan::{Kind, Piece, Scanner};
use std::ops::Range;

/// A part of a statement, cut into pieces without blanks.
#[derive(Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    dialect: Dialect,
    pieces: Vec<Piece>,
    next: usize,
}

impl<'a> Tokens<'a> {
    /// Cuts a statement into pieces.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Tokens<'a> {
        let is_token = |piece: &Piece| !matches!(piece.kind, Kind::Space | Kind::Comment);
        let pieces = Scanner::new(text, dialect, 0).filter(is_token).collect();
        Tokens { text, dialect, pieces, next: 0 }
    }

    /// Returns the dialect.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns whether nothing is left.
    pub(super) fn is_done(&self) -> bool {
        self.next >= self.pieces.len()
    }

    /// Returns where the next token starts, or the end of the text.
    pub(super) fn at(&self) -> usize {
        self.pieces.get(self.next).map_or(self.text.len(), |piece| piece.range.start)
    }

    /// Returns where the last token taken ends.
    pub(super) fn end(&self) -> usize {
        self.next.checked_sub(1).map_or(0, |last| self.pieces[last].range.end)
    }

    /// Returns what is left.
    pub(super) fn rest(&self) -> &'a str {
        self.text[self.at()..].trim_end()
    }

    /// Returns the kind and the text of a token that is `ahead` tokens away.
    pub(super) fn peek(&self, ahead: usize) -> Option<(Kind, &'a str)> {
        let piece = self.pieces.get(self.next + ahead)?;
        Some((piece.kind, &self.text[piece.range.clone()]))
    }

    /// Takes a token.
    pub(super) fn take(&mut self) -> Option<(Kind, &'a str)> {
        let token = self.peek(0)?;
        self.next += 1;
        Some(token)
    }

    /// Returns whether unquoted words of these spellings come next.
    pub(super) fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| {
            self.peek(ahead).is_some_and(|(kind, text)| kind == Kind::Word && text.eq_ignore_ascii_case(word))
        })
    }

    /// Takes these words if they come next.
    pub(super) fn take_words(&mut self, words: &[&str]) -> bool {
        let found = self.at_words(words);
        if found {
            self.next += words.len();
        }
        found
    }

    /// Returns whether the words of a phrase come next.
    pub(super) fn at_phrase(&self, phrase: &str) -> bool {
        phrase.split_whitespace().enumerate().all(|(ahead, word)| {
            self.peek(ahead).is_some_and(|(kind, text)| kind == Kind::Word && text.eq_ignore_ascii_case(word))
        })
    }

    /// Takes the words of a phrase if they come next.
    pub(super) fn take_phrase(&mut self, phrase: &str) -> bool {
        let found = self.at_phrase(phrase);
        if found {
            self.next += phrase.split_whitespace().count();
        }
        found
    }

    /// Takes the next word if it is in a list of words between blanks.
    pub(super) fn take_listed(&mut self, words: &str) -> bool {
        words.split_whitespace().any(|word| self.take_words(&[word]))
    }

    /// Takes the first of these words that comes next.
    pub(super) fn take_one_of(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take_words(&[word]))
    }

    /// Returns whether an unquoted word comes next.
    pub(super) fn at_word(&self) -> bool {
        self.peek(0).is_some_and(|(kind, _)| kind == Kind::Word)
    }

    /// Returns whether one of these unquoted words comes next.
    pub(super) fn at_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.at_words(&[word]))
    }

    /// Passes over a token, or over a whole group in parentheses.
    pub(super) fn pass(&mut self) {
        if self.take_group().is_none() {
            self.take();
        }
    }

    /// Returns whether this symbol comes next.
    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        self.peek(0) == Some((Kind::Symbol, symbol))
    }

    /// Takes a symbol if it comes next.
    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    /// Takes a name.
    pub(super) fn take_name(&mut self) -> Option<String> {
        let (kind, text) = self.peek(0)?;
        let name = match kind {
            Kind::Word => fold(text, self.dialect),
            Kind::Quoted => unquote(text),
            Kind::Literal if matches!(self.dialect, Dialect::MariaDb | Dialect::Sqlite) => unquote(text),
            Kind::Literal | Kind::Symbol | Kind::Space | Kind::Comment => return None,
        };
        self.next += 1;
        Some(name)
    }

    /// Takes a name that may be qualified; returns its parts.
    pub(super) fn take_qualified(&mut self) -> Option<Vec<String>> {
        let mut parts = vec![self.take_name()?];
        while self.take_symbol(".") {
            parts.push(self.take_name()?);
        }
        Some(parts)
    }

    /// Takes a string literal and returns what it stands for.
    pub(super) fn take_literal(&mut self) -> Option<String> {
        let (kind, text) = self.peek(0)?;
        let is_literal = kind == Kind::Literal || kind == Kind::Quoted && self.dialect == Dialect::MariaDb;
        if !is_literal {
            return None;
        }
        self.next += 1;
        Some(literal(text, self.dialect))
    }

    /// Takes a group in parentheses; returns the place of what is inside.
    /// A group that is not closed runs to the end.
    pub(super) fn take_group(&mut self) -> Option<Range<usize>> {
        if !self.take_symbol("(") {
            return None;
        }
        let start = self.at();
        let mut depth = 1;
        while let Some((kind, text)) = self.take() {
            depth += match (kind, text) {
                (Kind::Symbol, "(") => 1,
                (Kind::Symbol, ")") => -1,
                _ => 0,
            };
            if depth == 0 {
                let close = self.end() - 1;
                return Some(start.min(close)..close);
            }
        }
        Some(start..self.text.len())
    }

    /// Takes a group in parentheses and returns what is inside.
    pub(super) fn take_group_text(&mut self) -> Option<&'a str> {
        self.take_group().map(|group| self.text[group].trim())
    }

    /// Returns the places between commas outside parentheses of what is left.
    pub(super) fn split_at_commas(mut self) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = self.at();
        while !self.is_done() {
            let at = self.at();
            if self.at_symbol("(") {
                self.take_group();
            } else if self.take_symbol(",") {
                parts.push(start..at);
                start = self.at();
            } else {
                self.next += 1;
            }
        }
        parts.push(start..self.text.len());
        parts.retain(|part| !self.text[part.clone()].trim().is_empty());
        parts
    }
}

/// Returns an unquoted name as the engine stores it.
pub(super) fn fold(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::PostgreSql => name.to_lowercase(),
        Dialect::MariaDb | Dialect::Sqlite | Dialect::SqlServer => name.to_string(),
    }
}

/// Returns a quoted name without its quotes.
pub(super) fn unquote(quoted: &str) -> String {
    let Some(open) = quoted.chars().next() else { return String::new() };
    let close = if open == '[' { ']' } else { open };
    let inner = quoted.strip_prefix(open).unwrap_or(quoted);
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    inner.replace(&format!("{close}{close}"), &close.to_string())
}

/// Returns what a string literal stands for.
pub(super) fn literal(raw: &str, dialect: Dialect) -> String {
    if let Some(body) = raw.strip_prefix('$') {
        let tag = &raw[..body.find('$').map_or(raw.len(), |at| at + 2)];
        let body = raw.strip_prefix(tag).unwrap_or_default();
        return body.strip_suffix(tag).unwrap_or(body).to_string();
    }
    let plain = raw.strip_prefix(['n', 'N']).unwrap_or(raw);
    match (raw.strip_prefix(['e', 'E']), dialect) {
        (Some(escaped), _) => unescape(&unquote(escaped)),
        (None, Dialect::MariaDb) => unescape(&unquote(plain)),
        (None, Dialect::PostgreSql | Dialect::Sqlite | Dialect::SqlServer) => unquote(plain),
    }
}

/// Resolves backslash escapes. A quote doubled inside was resolved before; that order is safe,
/// because a backslash before two quotes escapes the first and the second would have ended the literal.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, false) => out.push(c),
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('0') => out.push('\0'),
                Some('b') => out.push('\u{8}'),
                Some('Z') => out.push('\u{1a}'),
                Some(kept @ ('%' | '_')) => out.extend(['\\', kept]),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
        }
    }
    out
}

/// Returns the first words of a text on one line, for a report.
pub(super) fn first_words(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().take(7).collect();
    let more = words.len() == 7;
    words.truncate(6);
    let line = words.join(" ");
    let cut: String = line.chars().take(80).collect();
    if more || cut.len() < line.len() { format!("{cut} …") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_each_dialect() {
        assert_eq!(literal(r"'it''s \'x\' 100\% \\'", Dialect::MariaDb), r"it's 'x' 100\% \");
        assert_eq!(literal(r"'it''s \'", Dialect::PostgreSql), r"it's \");
        assert_eq!(literal(r"E'a\nb'", Dialect::PostgreSql), "a\nb");
        assert_eq!(literal("$t$a'b$t$", Dialect::PostgreSql), "a'b");
        assert_eq!(literal("'", Dialect::Sqlite), "");
    }

    #[test]
    fn names_fold_only_in_postgresql() {
        let mut tokens = Tokens::new("Public.\"My\"\"T\"", Dialect::PostgreSql);
        assert_eq!(tokens.take_qualified(), Some(vec!["public".to_string(), "My\"T".to_string()]));
        assert_eq!(Tokens::new("[a b]", Dialect::Sqlite).take_name(), Some("a b".to_string()));
    }
}
