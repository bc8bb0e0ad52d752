//! Columns: arrows, clauses and reasons that stand below each other. What is much longer than the rest takes no part.

use super::code::Code;
use super::layout::Line;
use super::regions::Mark;
use super::token::Kind;
use std::collections::BTreeMap;
use std::ops::Range;

/// What is longer left of an arrow takes no part in its column.
const LONGEST_LEFT: usize = 40;
/// What is longer right of an arrow takes no part in the column of the clauses.
const LONGEST_RIGHT: usize = 20;
/// What is longer before a comment takes no part in the column of the comments.
const LONGEST_LINE: usize = 100;
/// Blanks before a clause of a rule and before a comment.
const WIDE: usize = 2;

/// How many blanks stand before each token and each comment.
pub(super) struct Gaps {
    pub(super) tokens: Vec<usize>,
    /// By line.
    pub(super) comments: Vec<usize>,
}

/// Returns the blanks of all lines.
pub(super) fn gaps(code: &Code<'_>, lines: &[Line]) -> Gaps {
    let tokens = (0..code.tokens.len()).map(|at| usize::from(!code.is_glued(at))).collect();
    let mut table = Table { code, lines, gaps: tokens };
    table.sides();
    table.reasons();
    table.rules();
    let comments = table.comments();
    Gaps { tokens: table.gaps, comments }
}

struct Table<'a> {
    code: &'a Code<'a>,
    lines: &'a [Line],
    gaps: Vec<usize>,
}

/// The arrow of a line that has its place in a column.
struct Arrow {
    line: usize,
    at: usize,
}

impl Table<'_> {
    fn word_width(&self, at: usize) -> usize {
        self.code.word(at).chars().count()
    }

    /// Returns how wide some tokens of one line are, without the blanks before the first.
    fn width(&self, tokens: Range<usize>) -> usize {
        let first = tokens.start;
        tokens.map(|at| self.word_width(at) + if at == first { 0 } else { self.gaps[at] }).sum()
    }

    /// Returns the column behind the tokens of a line up to one of them.
    fn column(&self, line: usize, end: usize) -> usize {
        let line = &self.lines[line];
        line.indent + self.width(line.tokens.start..end)
    }

    /// Returns the runs of lines that follow each other, are indented alike and fulfil a condition.
    fn runs(&self, fits: impl Fn(&Line) -> bool) -> Vec<Vec<usize>> {
        let goes_on = |run: &[usize], at: usize| {
            let (before, line) = (&self.lines[at - 1], &self.lines[at]);
            run.last() == Some(&(at - 1)) && before.indent == line.indent && !line.blank_before
        };
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            if line.raw.is_some() || line.tokens.is_empty() || !fits(line) {
                continue;
            }
            match runs.last_mut() {
                Some(run) if goes_on(run, at) => run.push(at),
                _ => runs.push(vec![at]),
            }
        }
        runs
    }

    /// The lines of the two sides: every part of them.
    fn sides(&mut self) {
        for run in self.runs(|line| self.begins(line, &["legacy", "target"]) && self.is_item(line)) {
            let cells: Vec<Vec<usize>> = run.iter().map(|line| self.cells(&self.lines[*line])).collect();
            for cell in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
                let starts: Vec<(usize, usize)> =
                    cells.iter().zip(&run).filter_map(|(cells, line)| Some((*line, *cells.get(cell)?))).collect();
                self.line_up(&starts, 1);
            }
        }
    }

    fn is_item(&self, line: &Line) -> bool {
        self.code.mark(line.tokens.start) == Some(Mark::Start(0))
    }

    /// Where the name, the sign, the file and each clause of a side begin.
    fn cells(&self, line: &Line) -> Vec<usize> {
        let tokens = line.tokens.clone().skip(1);
        tokens
            .filter(|at| match self.code.kind(*at) {
                Kind::Word => self.code.word(at - 1) != "=",
                Kind::Quoted => self.code.word(at.saturating_sub(2)) == "=",
                _ => true,
            })
            .collect()
    }

    /// Gives each of these tokens, one a line, the same column, at least `gap` blanks behind what stands before.
    fn line_up(&mut self, tokens: &[(usize, usize)], gap: usize) {
        let column = tokens.iter().map(|(line, at)| self.column(*line, *at) + gap).max().unwrap_or(0);
        for (line, at) in tokens {
            self.gaps[*at] = column - self.column(*line, *at);
        }
    }

    fn begins(&self, line: &Line, words: &[&str]) -> bool {
        words.contains(&self.code.word(line.tokens.start))
    }

    /// What is left behind: the columns below each other, and the reasons.
    fn reasons(&mut self) {
        let leaves_behind = |line: &Line| {
            (self.begins(line, &["drop", "defer"]) && self.is_statement(line))
                || (self.begins(line, &["leave"]) && self.is_item(line))
        };
        for run in self.runs(leaves_behind) {
            let columns: Vec<(usize, usize)> =
                run.iter().map(|line| (*line, self.lines[*line].tokens.start + 1)).collect();
            let columns: Vec<(usize, usize)> =
                columns.into_iter().filter(|(line, at)| self.lines[*line].tokens.contains(at)).collect();
            self.line_up(&columns, 1);
            let short = |line: &usize, at: &usize| self.column(*line, *at) - self.lines[*line].indent <= LONGEST_LEFT;
            let reasons = run.iter().filter_map(|line| Some((*line, self.reason(&self.lines[*line])?)));
            let reasons: Vec<(usize, usize)> = reasons.filter(|(line, at)| short(line, at)).collect();
            self.line_up(&reasons, 1);
        }
    }

    /// Returns whether a line begins a statement of a block that a word like `drop` can begin.
    fn is_statement(&self, line: &Line) -> bool {
        let follows = line.tokens.start + 1;
        let is_name = line.tokens.contains(&follows) && self.code.is_glued(follows);
        matches!(self.code.mark(line.tokens.start), Some(Mark::Start(depth)) if depth > 0) && !is_name
    }

    fn reason(&self, line: &Line) -> Option<usize> {
        line.tokens.clone().find(|at| self.code.kind(*at) == Kind::Quoted)
    }

    /// Rules and arms: the arrows of each block below each other, then the clauses.
    fn rules(&mut self) {
        for at in 0..self.gaps.len() {
            if self.is_clause_word(at) {
                self.gaps[at] = WIDE;
            }
        }
        let mut groups: BTreeMap<usize, Vec<Arrow>> = BTreeMap::new();
        for line in 0..self.lines.len() {
            if let Some((block, at)) = self.arrow(&self.lines[line]) {
                groups.entry(block).or_default().push(Arrow { line, at });
            }
        }
        // From the inside out: an outer line is as wide as what it holds.
        for (block, arrows) in groups.into_iter().rev() {
            self.arrows(&arrows);
            if self.code.mark(block) == Some(Mark::Open) {
                self.clauses(&arrows);
            }
        }
    }

    /// Returns whether a word begins a clause of a rule wherever it stands.
    fn is_clause_word(&self, at: usize) -> bool {
        let in_block = self.code.within[at].is_some_and(|open| self.code.mark(open) == Some(Mark::Open));
        let follows = if at + 1 < self.gaps.len() { self.code.word(at + 1) } else { "" };
        in_block
            && matches!((self.code.word(at), follows), ("values", "{") | ("allow", "("))
            && self.code.mark(at).is_none()
    }

    /// Returns the arrow of a line whose block began on a line above, and that block.
    fn arrow(&self, line: &Line) -> Option<(usize, usize)> {
        let mut arrows = line.tokens.clone().skip(1).filter(|at| self.code.is_arrow(*at));
        arrows.find_map(|at| {
            let block = self.code.within[at]?;
            (block < line.tokens.start && !self.code.is_list(block)).then_some((block, at))
        })
    }

    fn arrows(&mut self, arrows: &[Arrow]) {
        let is_short = |arrow: &&Arrow| {
            let line = &self.lines[arrow.line];
            self.width(line.tokens.start..arrow.at) <= LONGEST_LEFT
        };
        let short: Vec<&Arrow> = arrows.iter().filter(is_short).collect();
        let tokens: Vec<(usize, usize)> = short.iter().map(|arrow| (arrow.line, arrow.at)).collect();
        self.line_up(&tokens, 1);
        let slot = short.iter().map(|arrow| self.word_width(arrow.at)).max().unwrap_or(0);
        if short.iter().any(|arrow| self.code.word(arrow.at) != "->") {
            for arrow in short {
                let missing = slot.max(3) - self.word_width(arrow.at);
                match self.code.word(arrow.at) {
                    "->" => self.gaps[arrow.at] += missing,
                    _ if self.lines[arrow.line].tokens.contains(&(arrow.at + 1)) => self.gaps[arrow.at + 1] += missing,
                    _ => {}
                }
            }
        }
    }

    /// The clauses behind the target columns of rules.
    fn clauses(&mut self, arrows: &[Arrow]) {
        let mut short = Vec::new();
        for arrow in arrows {
            let tokens = self.lines[arrow.line].tokens.clone();
            let first = self.columns_end(arrow.at + 1);
            let has_clause = tokens.contains(&first) && self.code.kind(first) == Kind::Word;
            let end = if has_clause { first } else { tokens.end };
            if has_clause {
                self.gaps[first] = WIDE;
            }
            let is_short = arrow.at + 1 < end
                && self.width(tokens.start..arrow.at) <= LONGEST_LEFT
                && self.width(arrow.at + 1..end) <= LONGEST_RIGHT;
            if is_short {
                short.push((arrow.line, end, has_clause));
            }
        }
        let column = short.iter().map(|(line, end, _)| self.column(*line, *end) + WIDE).max().unwrap_or(0);
        for (line, end, _) in short.into_iter().filter(|(_, _, has_clause)| *has_clause) {
            self.gaps[end] = column - self.column(line, end);
        }
    }

    /// Returns what follows the columns that begin at a token: `x`, `t.x`, `{x, y}` or `t.{x, y}`.
    fn columns_end(&self, start: usize) -> usize {
        let behind = |at: usize| match self.code.partner.get(at).copied().flatten() {
            Some(close) if close > at => close + 1,
            _ => at + 1,
        };
        let mut end = behind(start);
        while end < self.code.tokens.len() && self.code.word(end) == "." {
            end = behind(end + 1);
        }
        end
    }

    /// Comments at the ends of lines that follow each other.
    fn comments(&self) -> Vec<usize> {
        let mut gaps = vec![WIDE; self.lines.len()];
        for run in self.runs(|line| line.comment.is_some()) {
            let ends: Vec<(usize, usize)> =
                run.iter().map(|line| (*line, self.column(*line, self.lines[*line].tokens.end))).collect();
            let short: Vec<&(usize, usize)> = ends.iter().filter(|(_, end)| *end <= LONGEST_LINE).collect();
            let column = short.iter().map(|(_, end)| end + WIDE).max().unwrap_or(0);
            short.iter().for_each(|(line, end)| gaps[*line] = column - end);
        }
        gaps
    }
}
