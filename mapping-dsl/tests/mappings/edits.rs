//! Edits of valid mappings, one token at a time: the first message must stand where the edit is.

use crate::random::Random;
use crate::support::{compile_text, maps_in, opal, suite};
use crate::tokens::{is_comment, tokens};
use cutover_mapping_dsl::diagnostic::{Diagnostic, Level};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Edits tried for the Opal example, drawn with a fixed seed; in the mappings of the suite every token is edited.
const EDITS_OF_OPAL: usize = 600;
/// Of a hundred edits that give errors, for so many the first error stands on the edited line or the next.
const NEAR_ENOUGH: f64 = 97.0;
/// So many errors are the most that one edit may give.
const MOST_ERRORS: usize = 3;

#[test]
fn one_wrong_token_gives_a_message_at_its_place() {
    let mut tally = Tally::default();
    let mut random = Random(1);
    let text = Text::read(&opal());
    (0..EDITS_OF_OPAL)
        .for_each(|_| tally.add(&text, &text.edit(random.below(text.tokens.len()), random.below(4), &mut random)));
    for path in maps_in(&suite().join("valid")) {
        let text = Text::read(&path);
        for at in 0..text.tokens.len() {
            (0..4).for_each(|kind| tally.add(&text, &text.edit(at, kind, &mut random)));
        }
    }
    let near = 100.0 * tally.near as f64 / tally.wrong as f64;
    println!("{} edits, {} with errors, the first of them near in {near:.1} %", tally.edits, tally.wrong);
    if std::env::var_os("SHOW_FAR").is_some() {
        println!("{}", tally.far.join("\n"));
    }
    assert!(tally.many.is_empty(), "more than {MOST_ERRORS} errors:\n{}", tally.many.join("\n"));
    assert!(near >= NEAR_ENOUGH, "{near:.1} %\n{}", tally.far.join("\n"));
}

#[derive(Default)]
struct Tally {
    edits: usize,
    wrong: usize,
    near: usize,
    far: Vec<String>,
    many: Vec<String>,
}

impl Tally {
    fn add(&mut self, text: &Text, edit: &Edit) {
        self.edits += 1;
        let compiled = compile_text(&text.path, &edit.text);
        let errors: Vec<&Diagnostic> =
            compiled.diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).collect();
        compiled.diagnostics.iter().for_each(check_words);
        let Some(first) = errors.first() else { return };
        let line = compiled.sources.line(first.labels[0].span);
        let shown = format!(
            "{} {} on line {}: line {line}: {} {} ({} errors)",
            slug(&text.path),
            edit.what,
            edit.lines.start,
            first.code.0,
            first.message,
            errors.len()
        );
        self.wrong += 1;
        match edit.lines.start <= line && line <= edit.lines.end + 1 {
            true => self.near += 1,
            false => self.far.push(shown.clone()),
        }
        if errors.len() > MOST_ERRORS {
            self.many.push(shown);
        }
    }
}

/// A valid mapping.
struct Text {
    path: PathBuf,
    text: String,
    /// Its tokens, comments left out.
    tokens: Vec<Range<usize>>,
}

/// One changed token.
struct Edit {
    text: String,
    what: String,
    /// First and last line that it touches.
    lines: Range<usize>,
}

impl Text {
    fn read(path: &Path) -> Text {
        let text = std::fs::read_to_string(path).expect("the mapping can be read");
        let tokens = tokens(&text).into_iter().filter(|token| !is_comment(&text[token.clone()])).collect();
        Text { path: path.to_path_buf(), text, tokens }
    }

    /// Takes out, doubles, swaps or replaces the token at a place.
    fn edit(&self, at: usize, kind: usize, random: &mut Random) -> Edit {
        let (text, tokens) = (&self.text, &self.tokens);
        let (here, next) = (tokens[at].clone(), tokens[(at + 1).min(tokens.len() - 1)].clone());
        let token = &text[here.clone()];
        let (range, by, what) = match kind {
            0 => (here, String::new(), format!("without `{token}`")),
            1 => (here, format!("{token} {token}"), format!("with `{token}` twice")),
            2 if next != here => {
                let swapped = format!("{}{}{token}", &text[next.clone()], &text[here.end..next.start]);
                (here.start..next.end, swapped, format!("with `{token}` after `{}`", &text[next]))
            }
            _ => {
                let other = &text[tokens[random.below(tokens.len())].clone()];
                (here, other.to_string(), format!("with `{other}` for `{token}`"))
            }
        };
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        let lines = line(range.start)..line(range.end);
        let mut edited = text.clone();
        edited.replace_range(range, &by);
        Edit { text: edited, what, lines }
    }
}

/// Words that only the grammar's author knows.
fn check_words(diagnostic: &Diagnostic) {
    let labels = diagnostic.labels.iter().map(|label| &label.text);
    let texts = labels.chain(&diagnostic.notes).chain(&diagnostic.help).chain([&diagnostic.message]);
    for text in texts {
        for rule in rule_names() {
            let mut words = text.split(|character: char| !(character.is_alphanumeric() || character == '_'));
            assert!(!words.any(|word| word == rule), "`{rule}` in {text:?}");
        }
    }
}

/// Names of grammar rules that can be told from words: those with an underscore.
fn rule_names() -> impl Iterator<Item = &'static str> {
    include_str!("../../src/grammar.pest")
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim()))
        .filter(|name| name.contains('_') && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

fn slug(path: &Path) -> String {
    PathBuf::from(path.file_name().expect("a file has a name")).display().to_string()
}
