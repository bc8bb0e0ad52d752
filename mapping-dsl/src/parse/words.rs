//! Failures of the grammar in the user's words. No name of a grammar rule leaves this file.

use super::Rule;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use pest::error::{ErrorVariant, InputLocation};

/// Puts a failure into the user's words.
pub(super) fn syntax_error(
    file: FileId,
    text: &str,
    base: usize,
    error: &pest::error::Error<Rule>,
    piece: Rule,
) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let at = skip_blanks_back(text, at);
    let found = text[at..].chars().take_while(|character| !character.is_whitespace()).take(20).collect::<String>();
    let end = at + word_length(&text[at..]);
    let span = Span::new(file, base + at..base + end.max(at));
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected_words(positives),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let message = match found.is_empty() {
        true => format!("{} ends too early", piece_words(piece)),
        false => format!("{} cannot be read from here on", piece_words(piece)),
    };
    let mut diagnostic = Diagnostic::error(Code::SYNTAX, span, message);
    if !expected.is_empty() {
        diagnostic = diagnostic.here(format!("expected {}", one_of(&expected)));
    }
    let (help, instead) = match piece {
        Rule::map_header if found.starts_with("->") || found == "{" => {
            (Some("each table has an alias: `old.Patient p`"), None)
        }
        Rule::fn_piece => (Some("write `fn name(argument: text) -> text`, perhaps with `else reject \"why\"`"), None),
        Rule::map_header | Rule::values_header | Rule::language_piece | Rule::side_piece => (None, None),
        _ => habit(&found, &text[..at]),
    };
    match (help, instead) {
        (Some(help), Some((written, instead))) => {
            diagnostic.patch(help, Span::new(file, base + at..base + at + written.len()), instead)
        }
        (Some(help), None) => diagnostic.help(help),
        (None, _) => diagnostic,
    }
}

/// What people write out of habit: what is written here in words, and where one word replaces another, both.
fn habit(found: &str, before: &str) -> (Option<&'static str>, Option<(&'static str, &'static str)>) {
    let plain = [
        (";", "", "a line end ends a statement: take `;` out"),
        ("=>", "->", "write `->`, or `<->` when nothing is lost"),
        ("&&", "and", "write `and`"),
        ("||", "or", "write `or`; `++` joins texts"),
    ];
    if let Some((written, instead, help)) = plain.into_iter().find(|(written, ..)| found.starts_with(written)) {
        return (Some(help), Some((written, instead)));
    }
    let habits = [
        ("==", "a rule has an arrow; conditions stand after `where` and `when`"),
        ("=", "write `->` or `<->` for a rule, `==` to compare"),
        ("'", "texts stand in double quotes"),
        ("allow", "write `allow(what) \"reason\"`"),
        ("<->", "a rule has one arrow, with a value left and a column right of it"),
        ("->", "a rule has one arrow, with a value left and a column right of it"),
        ("<-", "a rule has one arrow, with a value left and a column right of it"),
        ("!", "write `not`"),
    ];
    let known = habits.into_iter().find(|(written, _)| found.starts_with(written)).map(|(_, help)| help);
    let is_lone_word = before.split_ascii_whitespace().count() == 1 && !before.contains(['.', '(', '"']);
    (known.or_else(|| is_lone_word.then_some(STATEMENTS).filter(|_| !KEYWORDS.contains(&before.trim()))), None)
}

const STATEMENTS: &str = "a statement is a rule such as `a.Name <-> t.name`, or begins with `key`, `into`, `drop`, \
    `defer`, `reject`, `unique`, `identity`, `irreversible` or `example`";

const KEYWORDS: [&str; 22] = [
    "fn",
    "key",
    "into",
    "drop",
    "defer",
    "reject",
    "unique",
    "identity",
    "irreversible",
    "example",
    "leave",
    "match",
    "exists",
    "ref",
    "lookup",
    "generated",
    "not",
    "map",
    "values",
    "legacy",
    "target",
    "language",
];

/// A failure after blanks at the end of a piece is shown right after its text.
fn skip_blanks_back(text: &str, at: usize) -> usize {
    if text[at..].trim().is_empty() {
        text.trim_end().len()
    } else {
        at + (text[at..].len() - text[at..].trim_start().len())
    }
}

fn word_length(text: &str) -> usize {
    let name: usize =
        text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').map(char::len_utf8).sum();
    if name > 0 {
        name
    } else {
        text.chars().next().filter(|character| !character.is_whitespace()).map_or(0, char::len_utf8)
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn piece_words(rule: Rule) -> &'static str {
    match rule {
        Rule::language_piece => "the language line",
        Rule::side_piece => "the line of a side",
        Rule::fn_piece => "this `fn`",
        Rule::values_header => "the head of a value map",
        Rule::values_arm => "an arm of a value map",
        Rule::map_header => "the head of a map",
        Rule::into_header => "the head of an `into` block",
        Rule::key_piece => "this `key`",
        Rule::drop_piece => "this `drop`",
        Rule::defer_piece => "this `defer`",
        Rule::guard_piece => "this `reject`",
        Rule::unique_piece => "this `unique`",
        Rule::identity_piece => "this `identity`",
        Rule::leave_piece => "this `leave`",
        Rule::example_piece => "this example",
        _ => "this statement",
    }
}

/// Words for what could stand at a place; a few are enough, and operators go without saying.
fn expected_words(rules: &[Rule]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = rules.iter().filter_map(|rule| rule_words(*rule)).collect();
    words.sort_unstable();
    words.dedup();
    if words.contains(&"a statement") {
        return vec!["a statement"];
    }
    if words.len() > 6 {
        let rare = [
            "a date",
            "a number",
            "a regular expression",
            "`match`",
            "`exists`",
            "`lookup`",
            "`generated`",
            "`not`",
            "`true` or `false`",
            "`null`",
            "`ref`",
        ];
        words.retain(|word| !rare.contains(word));
    }
    words.truncate(8);
    words
}

fn rule_words(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::plain | Rule::quoted | Rule::path | Rule::folded_path => "a name",
        Rule::string | Rule::reason => "a text in double quotes",
        Rule::integer | Rule::decimal => "a number",
        Rule::date => "a date",
        Rule::regex => "a regular expression",
        Rule::true_ | Rule::false_ => "`true` or `false`",
        Rule::literal | Rule::range => "a value",
        Rule::pattern | Rule::patterns | Rule::negated | Rule::anything => "a pattern",
        Rule::expression | Rule::call => "an expression",
        Rule::statement | Rule::mapping_rule => "a statement",
        Rule::arguments => "arguments in parentheses",
        Rule::group | Rule::columns | Rule::column_list | Rule::unique_column => "column names",
        Rule::arrow | Rule::both | Rule::forward | Rule::back => "an arrow (`<->`, `->` or `<-`)",
        Rule::table | Rule::target | Rule::domain => "a table or column such as `old.Patient`",
        Rule::match_arm => "an arm `pattern -> value`",
        Rule::cell | Rule::cells => "cells such as `p { Name: \"Ann\", .. }`",
        Rule::rest => "`..`",
        Rule::dialect_name => "a dialect (`mariadb`, `postgresql` or `sqlite`)",
        Rule::rejection | Rule::kw_reject | Rule::refused => "`reject`",
        Rule::kw_legacy => "`legacy`",
        Rule::kw_target => "`target`",
        Rule::kw_language => "`language`",
        Rule::kw_timezone => "`timezone`",
        Rule::kw_values | Rule::restriction => "`values`",
        Rule::kw_map => "`map`",
        Rule::kw_where => "`where`",
        Rule::kw_join | Rule::join => "`join`",
        Rule::kw_one => "`one`",
        Rule::kw_optional => "`optional`",
        Rule::kw_on => "`on`",
        Rule::kw_into => "`into`",
        Rule::kw_key | Rule::key => "`key`",
        Rule::kw_drop | Rule::drop => "`drop`",
        Rule::kw_defer | Rule::defer => "`defer`",
        Rule::kw_to => "`to`",
        Rule::kw_allow | Rule::allow => "`allow`",
        Rule::allow_name => "what is allowed, such as `narrow`",
        Rule::kw_else => "`else`",
        Rule::kw_when | Rule::condition => "`when`",
        Rule::kw_unique | Rule::unique => "`unique`",
        Rule::kw_identity | Rule::identity => "`identity`",
        Rule::kw_several | Rule::several => "`several`",
        Rule::kw_existing | Rule::existing => "`existing`",
        Rule::kw_leave => "`leave`",
        Rule::kw_none | Rule::absent => "`none`",
        Rule::kw_irreversible | Rule::irreversible => "`irreversible`",
        Rule::kw_example | Rule::example => "`example`",
        Rule::kw_match | Rule::match_ => "`match`",
        Rule::kw_exists | Rule::exists => "`exists`",
        Rule::kw_ref | Rule::reference => "`ref`",
        Rule::kw_lookup | Rule::lookup => "`lookup`",
        Rule::lookup_by => "`column: value`",
        Rule::kw_generated | Rule::generated => "`generated`",
        Rule::kw_not | Rule::negation => "`not`",
        Rule::kw_null => "`null`",
        Rule::kw_out | Rule::left_out => "`out`",
        Rule::kw_fold | Rule::folded => "`fold`",
        Rule::EOI => "the end of the line",
        Rule::kw_via | Rule::through | Rule::within | Rule::op_in_word => return None,
        Rule::op_or | Rule::op_and | Rule::op_equal | Rule::op_not_equal | Rule::op_less_equal => return None,
        Rule::op_greater_equal | Rule::op_less | Rule::op_greater | Rule::op_concat | Rule::op_add => return None,
        Rule::op_subtract | Rule::op_multiply | Rule::escape | Rule::guard => return None,
        _ => return None,
    })
}
