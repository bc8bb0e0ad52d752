//! The tokens of a mapping with what their neighbours and brackets make of them: which belong together without a
//! blank, and in which bracket each stands.

use super::regions::Mark;
use super::token::{Kind, Token};
use std::collections::BTreeMap;

/// Words behind which an operand follows, so that a parenthesis is no list of arguments and a minus no subtraction.
const BEFORE_OPERANDS: [&str; 18] = [
    "and", "or", "not", "in", "on", "when", "where", "match", "via", "else", "key", "drop", "defer", "unique",
    "reject", "is", "then", "to",
];

/// The tokens of the text that is laid out anew, comments left out.
pub(super) struct Code<'a> {
    pub(super) text: &'a str,
    /// The text with comments and continued line ends blanked: where a line end is left, it separates.
    pub(super) joined: &'a str,
    pub(super) tokens: Vec<Token>,
    /// For each token the bracket in which it stands; for a bracket, the one around it.
    pub(super) within: Vec<Option<usize>>,
    /// For each bracket its partner.
    pub(super) partner: Vec<Option<usize>>,
    marks: &'a BTreeMap<usize, Mark>,
}

impl<'a> Code<'a> {
    pub(super) fn new(
        text: &'a str,
        joined: &'a str,
        marks: &'a BTreeMap<usize, Mark>,
        tokens: Vec<Token>,
    ) -> Code<'a> {
        let mut code =
            Code { text, joined, within: vec![None; tokens.len()], partner: vec![None; tokens.len()], tokens, marks };
        let mut open = Vec::new();
        for at in 0..code.tokens.len() {
            if matches!(code.word(at), ")" | "]" | "}")
                && let Some(opening) = open.pop()
            {
                code.partner[at] = Some(opening);
                code.partner[opening] = Some(at);
            }
            code.within[at] = open.last().copied();
            if matches!(code.word(at), "(" | "[" | "{") {
                open.push(at);
            }
        }
        code
    }

    /// Returns a token as written.
    pub(super) fn word(&self, at: usize) -> &'a str {
        &self.text[self.tokens[at].range.clone()]
    }

    pub(super) fn mark(&self, at: usize) -> Option<Mark> {
        self.marks.get(&self.tokens[at].range.start).copied()
    }

    pub(super) fn is_arrow(&self, at: usize) -> bool {
        matches!(self.word(at), "->" | "<->" | "<-")
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        self.tokens[at].kind
    }

    /// Returns whether a line end before this token separates it from what stands before.
    pub(super) fn is_separated(&self, at: usize) -> bool {
        at == 0 || self.joined[self.tokens[at - 1].range.end..self.tokens[at].range.start].contains('\n')
    }

    /// Returns whether a bracket holds a list, in which lines go on by themselves: anything but a block, the arms of a
    /// `match`, or cells.
    pub(super) fn is_list(&self, open: usize) -> bool {
        self.word(open) != "{" || self.is_group(open)
    }

    /// Returns whether a bracket is the brace of a group of names such as `t.{a, b}`.
    fn is_group(&self, open: usize) -> bool {
        let before = open.checked_sub(1).map(|before| self.word(before));
        self.word(open) == "{" && matches!(before, Some("." | "->" | "<->" | "<-" | "," | "drop" | "defer"))
    }

    /// Returns whether a token follows the one before it without a blank.
    pub(super) fn is_glued(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        let (left, right) = (self.word(before), self.word(at));
        match (left, right) {
            ("(" | "[" | ".", _) | (_, ")" | "]" | "," | ":" | ".") => true,
            ("{", "}") => true,
            ("{", _) => self.is_group(before),
            (_, "}") => self.partner[at].is_some_and(|open| self.is_group(open)),
            (_, "(") => self.kind(before) == Kind::Word && !self.takes_operand(before),
            (_, "..") => self.is_range(at),
            ("..", _) => self.is_range(before),
            ("-", _) => self.is_sign_of_number(before),
            _ => false,
        }
    }

    /// Returns whether a word stands before an operand: it is no name of anything.
    fn takes_operand(&self, at: usize) -> bool {
        let is_name = at.checked_sub(1).is_some_and(|before| self.word(before) == ".");
        !is_name && BEFORE_OPERANDS.contains(&self.word(at))
    }

    /// `1..9` is a range; `..` at the end of cells is not.
    fn is_range(&self, at: usize) -> bool {
        let open_left = at == 0 || matches!(self.word(at - 1), "," | "{");
        let open_right = at + 1 >= self.tokens.len() || matches!(self.word(at + 1), "}" | "," | "..");
        !open_left && !open_right
    }

    /// Returns whether a minus belongs to the number behind it.
    fn is_sign_of_number(&self, at: usize) -> bool {
        if at == 0 || self.is_separated(at) {
            return true;
        }
        let before = at - 1;
        match self.kind(before) {
            Kind::Word => self.takes_operand(before),
            Kind::Quoted | Kind::Number => false,
            Kind::Sign | Kind::Comment => !matches!(self.word(before), ")" | "]" | "}"),
        }
    }
}
