//! Edits of valid mappings, one token at a time: the first message must stand where the edit is.

use crate::support::{compile_text, maps_in, opal, suite};
use crate::tokens::{is_comment, tokens};
use cutover_mapping_dsl::diagnostic::{Diagnostic, Level};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Edits tried for each mapping of the suite, and for the Opal example; drawn with a fixed seed.
const EDITS: (usize, usize) = (150, 600);
/// Of a hundred edits that give errors, for so many the first error stands on the edited line or the next.
const NEAR_ENOUGH: f64 = 97.0;
/// So many errors are the most that one edit may give.
const MOST_ERRORS: usize = 3;

#[test]
fn one_wrong_token_gives_a_message_at_its_place() {
    let mut tally = Tally::default();
    let mut random = Random(1);
    tally.add(&opal(), EDITS.1, &mut random);
    for path in maps_in(&suite().join("valid")) {
        tally.add(&path, EDITS.0, &mut random);
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
    fn add(&mut self, path: &Path, edits: usize, random: &mut Random) {
        let text = std::fs::read_to_string(path).expect("the mapping can be read");
        let tokens: Vec<Range<usize>> =
            tokens(&text).into_iter().filter(|token| !is_comment(&text[token.clone()])).collect();
        for _ in 0..edits {
            let edit = Edit::draw(&text, &tokens, random);
            self.edits += 1;
            let compiled = compile_text(path, &edit.text);
            let errors: Vec<&Diagnostic> =
                compiled.diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).collect();
            compiled.diagnostics.iter().for_each(check_words);
            let Some(first) = errors.first() else { continue };
            let line = compiled.sources.line(first.labels[0].span);
            let shown = format!(
                "{} {} on line {}: line {line}: {} {} ({} errors)",
                slug(path),
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
}

/// One changed token.
struct Edit {
    text: String,
    what: String,
    /// First and last line that it touches.
    lines: Range<usize>,
}

impl Edit {
    fn draw(text: &str, tokens: &[Range<usize>], random: &mut Random) -> Edit {
        let at = random.below(tokens.len());
        let (here, next) = (tokens[at].clone(), tokens[(at + 1).min(tokens.len() - 1)].clone());
        let token = &text[here.clone()];
        let (range, by, what) = match random.below(4) {
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
        let mut edited = text.to_string();
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

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}
