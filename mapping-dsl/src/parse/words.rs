//! Failures of the grammar in the user's words. No name of a grammar rule leaves this file.

use super::Rule;
use crate::diagnostic::{Code, Diagnostic};
use crate::lines::COMMENT;
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
    let habit = match piece {
        Rule::map_header if found.starts_with("->") || found == "{" => {
            Habit::Told("each table has an alias: `old.Patient p`")
        }
        Rule::map_header => operator(text, at).unwrap_or(Habit::None),
        Rule::fn_piece => Habit::Told("write `fn name(argument: text) -> text`, perhaps with `else reject \"why\"`"),
        Rule::values_header | Rule::language_piece | Rule::side_piece => Habit::None,
        _ => habit(&found, text, at),
    };
    match habit {
        Habit::Replaced(written, instead, help) => {
            diagnostic.patch(help, Span::new(file, base + written.start..base + written.end), instead)
        }
        Habit::Told(help) => diagnostic.help(help),
        Habit::None => diagnostic,
    }
}

/// What people write out of habit.
enum Habit {
    /// A place, what stands there here, and that in words.
    Replaced(std::ops::Range<usize>, &'static str, &'static str),
    /// In words.
    Told(&'static str),
    None,
}

/// Operators of other languages.
fn operator(text: &str, at: usize) -> Option<Habit> {
    let (before, found) = (&text[..at], &text[at..]);
    let replaced = |length: usize, instead, help| Some(Habit::Replaced(at..at + length, instead, help));
    let word = &found[..word_length(found)];
    if word.eq_ignore_ascii_case("is") {
        return Some(Habit::Told("write `x in [null]`, or `not x in [null]`"));
    }
    match word {
        "AND" => return replaced(3, "and", "write `and`"),
        "OR" => return replaced(2, "or", "write `or`"),
        _ => {}
    }
    let in_condition = ["where", "when", "on"].iter().any(|word| has_word(before, word));
    match found {
        _ if found.starts_with("&&") => replaced(2, "and", "write `and`"),
        _ if found.starts_with("||") && joins_texts(before, &found[2..]) => {
            replaced(2, "++", "write `++` to join texts; conditions are joined by `or`")
        }
        _ if found.starts_with("||") => replaced(2, "or", "write `or`; `++` joins texts"),
        _ if found.starts_with('>') && before.ends_with('<') => {
            Some(Habit::Replaced(at - 1..at + 1, "!=", "write `!=`"))
        }
        _ if found.starts_with('=') && in_condition && !["==", "=>"].iter().any(|sign| found.starts_with(sign)) => {
            replaced(1, "==", "write `==` to compare")
        }
        _ if found.starts_with('\'') => Some(Habit::Told("texts stand in double quotes")),
        _ => None,
    }
}

/// Whether an operator joins texts: nothing is compared before it, and a text stands beside it or it stands in a rule in
/// which nothing is compared at all.
fn joins_texts(before: &str, after: &str) -> bool {
    let compares = |text: &str| {
        let text = text.replace("<->", " ").replace("->", " ");
        let words = ["in", "not", "exists", "when", "where", "on"];
        text.contains(['=', '<', '>', '!']) || words.iter().any(|word| has_word(&text, word))
    };
    let beside_text = before.trim_end().ends_with('"') || after.trim_start().starts_with('"');
    !compares(before) && (beside_text || (after.contains("->") && !compares(after)))
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_')).any(|part| part == word)
}

/// What is written here where people write something out of habit.
fn habit(found: &str, text: &str, at: usize) -> Habit {
    let before = &text[..at];
    let plain = [
        (";", "", "a line end ends a statement: take `;` out"),
        ("=>", "->", "write `->`, or `<->` when nothing is lost"),
    ];
    if let Some((written, instead, help)) = plain.into_iter().find(|(written, ..)| found.starts_with(written)) {
        return Habit::Replaced(at..at + written.len(), instead, help);
    }
    if let Some(operator) = operator(text, at) {
        return operator;
    }
    let habits = [
        ("==", "a rule has an arrow; conditions stand after `where` and `when`"),
        ("=", "write `->` or `<->` for a rule, `==` to compare"),
        ("--", COMMENT),
        ("#", COMMENT),
        ("/*", COMMENT),
        ("allow", "write `allow(what) \"reason\"`"),
        ("<->", "a rule has one arrow, with a value left and a column right of it"),
        ("->", "a rule has one arrow, with a value left and a column right of it"),
        ("<-", "a rule has one arrow, with a value left and a column right of it"),
        ("!", "write `not`"),
    ];
    let known = habits.into_iter().find(|(written, _)| found.starts_with(written)).map(|(_, help)| help);
    let is_lone_word = before.split_ascii_whitespace().count() == 1 && !before.contains(['.', '(', '"']);
    let known = known.or_else(|| is_lone_word.then_some(STATEMENTS).filter(|_| !KEYWORDS.contains(&before.trim())));
    known.map_or(Habit::None, Habit::Told)
}

const STATEMENTS: &str = "a statement is a rule such as `a.Name <-> t.name`, or begins with `key`, `into`, `drop`, \
    `defer`, `nulls`, `reject`, `unique`, `identity`, `irreversible`, `require` or `example`";

const KEYWORDS: [&str; 24] = [
    "fn",
    "key",
    "into",
    "drop",
    "defer",
    "nulls",
    "reject",
    "unique",
    "identity",
    "irreversible",
    "require",
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
        Rule::nulls_piece => "this `nulls`",
        Rule::require_piece => "this `require`",
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
        Rule::dialect_name => "a dialect (`mariadb`, `mysql`, `postgresql`, `sqlite` or `sqlserver`)",
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
        Rule::unset => "`: value`",
        Rule::kw_names | Rule::named_by => "`names`",
        Rule::kw_nulls | Rule::nulls => "`nulls`",
        Rule::kw_several | Rule::several => "`several`",
        Rule::kw_existing | Rule::existing => "`existing`",
        Rule::kw_leave => "`leave`",
        Rule::kw_none | Rule::absent => "`none`",
        Rule::kw_irreversible | Rule::irreversible => "`irreversible`",
        Rule::kw_require | Rule::require => "`require`",
        Rule::kw_reversible => "`reversible(…)`",
        Rule::kw_put => "`put`",
        Rule::kw_create => "`create`",
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
