//! Splits SQL scripts into statements, as the command line clients of the engines do.
//! Comments become blanks of the same length, so that every place in a statement is a place in the file.
//! Takes linear time on any input and never fails: what is not closed runs to the end of the file.

mod batches;

use super::Dialect;
use super::scan::{Kind, Piece, Scanner};
use std::ops::Range;

/// A script with its comments blanked out and cut into statements.
pub(super) struct Script {
    text: String,
    line_starts: Vec<usize>,
    statements: Vec<Range<usize>>,
}

/// One statement without the mark that ends it.
#[derive(Clone, Copy)]
pub(super) struct Statement<'a> {
    pub(super) text: &'a str,
    script: &'a Script,
    start: usize,
}

impl Script {
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        self.statements.iter().map(|range| Statement {
            text: &self.text[range.clone()],
            script: self,
            start: range.start,
        })
    }

    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }
}

impl Statement<'_> {
    /// Returns the line, counted from 1, of a place in the statement.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.script.line(self.start + offset)
    }
}

/// Splits a script.
pub(super) fn split(text: &str, dialect: Dialect) -> Script {
    let mut splitter = Splitter::new(text, dialect);
    while splitter.step() {}
    let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let Splitter { blanked, statements, .. } = splitter;
    let text = String::from_utf8(blanked).expect("only whole characters were replaced, by blanks");
    Script { text, line_starts, statements }
}

struct Splitter<'a> {
    text: &'a str,
    dialect: Dialect,
    scanner: Scanner<'a>,
    delimiter: String,
    blanked: Vec<u8>,
    statements: Vec<Range<usize>>,
    statement: Open,
    /// False once a body was found that never ends: from there on every delimiter counts.
    bodies: bool,
}

/// The statement being read.
#[derive(Default)]
struct Open {
    /// Where its first piece and its last one lie.
    range: Option<Range<usize>>,
    head: Head,
    /// BEGIN and CASE not yet closed by an END, or open parentheses of a rule.
    depth: usize,
    /// The last piece besides blanks.
    last: Last,
    /// Open parentheses.
    parentheses: usize,
    copies_stdin: bool,
    /// The scanner after the first delimiter that lay inside a body.
    retry: Option<usize>,
}

/// What the first words say of a statement.
#[derive(Default, Clone, Copy, PartialEq)]
enum Head {
    #[default]
    Nothing,
    Create,
    Copy,
    /// Trigger, routine or event: may hold a BEGIN … END body.
    Routine,
    /// PostgreSQL's CREATE RULE: may hold statements in parentheses.
    Rule,
    /// What in SQL Server takes up the rest of its batch.
    Batch,
    Other,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Last {
    #[default]
    Other,
    /// A sign that makes a name of the next word.
    NameFollows,
    End,
    From,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Splitter<'a> {
        let mut blanked = text.as_bytes().to_vec();
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        blanked[..first].fill(b' ');
        Splitter {
            text,
            dialect,
            scanner: Scanner::new(text, dialect, first),
            delimiter: ";".to_string(),
            blanked,
            statements: Vec::new(),
            statement: Open::default(),
            bodies: true,
        }
    }

    /// Reads one piece; returns false at the end of the text.
    fn step(&mut self) -> bool {
        let at = self.scanner.at();
        if self.statement.range.is_none() && self.client_line(at) {
            return true;
        }
        if self.text[at..].starts_with(&self.delimiter) {
            self.delimiter_at(at);
            return true;
        }
        match self.scanner.next_before(&self.delimiter) {
            Some(piece) => self.piece(&piece),
            None => return self.end_of_text(),
        }
        true
    }

    /// Takes in a line meant for the command line client, if one begins here.
    fn client_line(&mut self, at: usize) -> bool {
        let rest = &self.text[at..];
        let is_client_line = match self.dialect {
            Dialect::MariaDb => self.at_line_start(at) && first_word(rest).eq_ignore_ascii_case("delimiter"),
            Dialect::PostgreSql => rest.starts_with('\\'),
            Dialect::Sqlite => rest.starts_with('.') && self.at_line_start(at),
            Dialect::SqlServer => rest.starts_with(':') && self.at_line_start(at),
        };
        if !is_client_line {
            return false;
        }
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        if self.dialect == Dialect::MariaDb
            && let Some(delimiter) = line.split_whitespace().nth(1)
        {
            self.delimiter = delimiter.to_string();
        }
        self.statements.push(at..at + line.trim_end().len());
        self.scanner.jump(at + line.len());
        true
    }

    fn at_line_start(&self, at: usize) -> bool {
        at == 0 || matches!(self.text.as_bytes()[at - 1], b'\n' | b'\r' | b' ' | b'\t') && self.blank_line_before(at)
    }

    fn blank_line_before(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['\n', '\r'])
    }

    fn delimiter_at(&mut self, at: usize) {
        let after = at + self.delimiter.len();
        self.scanner.jump(after);
        if self.statement.depth > 0 {
            self.statement.retry.get_or_insert(at);
            self.extend(at..after);
            return;
        }
        if self.statement.head == Head::Batch {
            self.extend(at..after);
            return;
        }
        let copies = self.statement.copies_stdin;
        self.close();
        if copies {
            self.scanner.jump(after + copied_length(&self.text[after..]));
        }
    }

    /// Ends the statement; one without any piece is none.
    fn close(&mut self) {
        self.statements.extend(std::mem::take(&mut self.statement).range);
    }

    /// Ends the last statement, or reads it again without bodies if its body never ended.
    fn end_of_text(&mut self) -> bool {
        let Some(at) = self.statement.retry.filter(|_| self.statement.depth > 0) else {
            self.close();
            return false;
        };
        let start = self.statement.range.as_ref().map_or(at, |range| range.start);
        self.bodies = false;
        self.statement = Open { range: Some(start..at), ..Open::default() };
        self.scanner = Scanner::new(self.text, self.dialect, at);
        true
    }

    fn extend(&mut self, range: Range<usize>) {
        let start = self.statement.range.as_ref().map_or(range.start, |open| open.start);
        self.statement.range = Some(start..range.end);
    }

    fn piece(&mut self, piece: &Piece) {
        match piece.kind {
            Kind::Space => {}
            Kind::Comment => self.blank_out(piece.range.clone()),
            Kind::Word => {
                if self.dialect == Dialect::SqlServer && self.batch_word(&piece.range) {
                    return;
                }
                self.extend(piece.range.clone());
                self.word(&self.text[piece.range.clone()]);
            }
            Kind::Symbol => {
                self.extend(piece.range.clone());
                self.symbol(self.text.as_bytes()[piece.range.start]);
            }
            Kind::Quoted | Kind::Literal => {
                self.extend(piece.range.clone());
                self.statement.last = Last::Other;
            }
        }
    }

    /// Ends the statement before a word with which the next one begins: SQL Server needs no mark between them.
    /// Returns true if the word is the mark of a batch itself.
    fn batch_word(&mut self, range: &Range<usize>) -> bool {
        let first_in_line = self.at_line_start(range.start);
        if first_in_line && batches::is_go(&self.text[range.start..]) {
            let line = self.text[range.start..].lines().next().map_or(0, str::len);
            self.scanner.jump(range.start + line);
            self.close();
            return true;
        }
        let in_body = self.statement.head == Head::Batch;
        if !in_body && self.statement.last != Last::NameFollows {
            let rest = &self.text[range.start..];
            let between = first_in_line && self.statement.parentheses == 0;
            if batches::begins_table(rest) || between && batches::begins_statement(rest) {
                self.close();
            }
        }
        false
    }

    fn blank_out(&mut self, range: Range<usize>) {
        for byte in &mut self.blanked[range] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn symbol(&mut self, symbol: u8) {
        let open = &mut self.statement;
        open.last = match symbol {
            b'.' => Last::NameFollows,
            b'=' | b'@' if open.head == Head::Create => Last::NameFollows, // DEFINER=someone@somewhere
            _ => Last::Other,
        };
        match symbol {
            b'(' => open.parentheses += 1,
            b')' => open.parentheses = open.parentheses.saturating_sub(1),
            _ => {}
        }
        match (open.head, symbol) {
            (Head::Rule, b'(') => open.depth += 1,
            (Head::Rule, b')') => open.depth = open.depth.saturating_sub(1),
            (Head::Nothing, _) => open.head = Head::Other,
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        let last = std::mem::replace(&mut self.statement.last, Last::Other);
        if last == Last::NameFollows {
            return;
        }
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        let open = &mut self.statement;
        match open.head {
            Head::Nothing | Head::Create => open.head = head(open.head, word, self.dialect, self.bodies),
            Head::Copy if is("FROM") => open.last = Last::From,
            Head::Copy => open.copies_stdin |= last == Last::From && is("STDIN"),
            Head::Routine
                if last == Last::End && ["IF", "LOOP", "WHILE", "REPEAT", "FOR"].iter().any(|end| is(end)) =>
            {
                open.depth += 1; // that END closed none of the words that are counted
            }
            Head::Routine if last == Last::End && is("CASE") => {}
            Head::Routine if is("BEGIN") || is("CASE") => {
                open.depth += usize::from(self.delimiter == ";");
            }
            Head::Routine if is("END") && open.depth > 0 => {
                open.depth -= 1;
                open.last = Last::End;
            }
            Head::Routine | Head::Rule | Head::Batch | Head::Other => {}
        }
    }
}

/// Returns what one more of the first words tells.
fn head(before: Head, word: &str, dialect: Dialect, bodies: bool) -> Head {
    let word = word.to_ascii_uppercase();
    match (before, word.as_str()) {
        (Head::Nothing, "CREATE") => Head::Create,
        (Head::Nothing, "ALTER") if dialect == Dialect::SqlServer => Head::Create,
        (Head::Create, "ALTER") => Head::Create,
        (Head::Create, "TRIGGER" | "PROCEDURE" | "PROC" | "FUNCTION" | "VIEW") if dialect == Dialect::SqlServer => {
            Head::Batch
        }
        (Head::Nothing, "COPY") if dialect == Dialect::PostgreSql => Head::Copy,
        (Head::Create, "OR" | "REPLACE" | "DEFINER" | "TEMP" | "TEMPORARY" | "AGGREGATE" | "CONSTRAINT") => {
            Head::Create
        }
        (Head::Create, "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT" | "PACKAGE") if bodies => Head::Routine,
        (Head::Create, "RULE") if dialect == Dialect::PostgreSql && bodies => Head::Rule,
        _ => Head::Other,
    }
}

fn first_word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len())]
}

/// Returns the length of the data after a COPY statement, with the line `\.` that ends it.
fn copied_length(text: &str) -> usize {
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        length += line.len();
        if line.trim_end() == "\\." {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, text: &str, expected: &[&str]) {
        let script = split(text, dialect);
        let found: Vec<String> = script
            .statements()
            .map(|statement| statement.text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn quotes_hide_delimiters() {
        check(
            Dialect::MariaDb,
            r#"a 'x\';y''z'; b "q;\"r"; c `n;``m`"#,
            &[r"a 'x\';y''z'", r#"b "q;\"r""#, "c `n;``m`"],
        );
        check(Dialect::PostgreSql, r"a 'x\'; b E'x\';y'; c U&'z;'", &[r"a 'x\'", r"b E'x\';y'", "c U&'z;'"]);
        check(Dialect::Sqlite, r"a 'x\'; b [y;z]; c `;`", &[r"a 'x\'", "b [y;z]", "c `;`"]);
    }

    #[test]
    fn comments_are_blanks() {
        check(Dialect::MariaDb, "a -- ; '\n# ; \"\n b /* ; /* */ c; d", &["a b c", "d"]);
        check(Dialect::PostgreSql, "a /* ; /* ; */ ; */ # b -- ;\n; c", &["a # b", "c"]);
        check(Dialect::Sqlite, "-- only a comment\n/* and another */", &[]);
    }

    #[test]
    fn conditional_comments_are_text() {
        check(Dialect::MariaDb, "/*M!999999\\- enable the sandbox mode */ a; /*!40101 SET x */;", &["a", "SET x"]);
        check(
            Dialect::MariaDb,
            "/*!50003 CREATE*/ /*!50017 DEFINER=r@l*/ /*M!100000 TABLE t (a int) */; /*! b */",
            &["CREATE DEFINER=r@l TABLE t (a int)", "b"],
        );
        check(Dialect::Sqlite, "/*!40101 SET x */; a", &["a"]);
    }

    #[test]
    fn bodies_hold_statements() {
        let body = "TRIGGER t AFTER INSERT ON x BEGIN UPDATE x SET a = CASE WHEN b THEN 1 END; SELECT NEW.begin; END";
        let text = format!("CREATE {body}; b");
        check(Dialect::Sqlite, &text, &[&format!("CREATE {body}"), "b"]);
        let text = "CREATE DEFINER=begin@`h` PROCEDURE p() l: BEGIN IF a THEN b; END IF; CASE x WHEN 1 THEN c; END CASE; END l; d";
        check(Dialect::MariaDb, text, &[text.strip_suffix("; d").unwrap(), "d"]);
        check(
            Dialect::PostgreSql,
            "CREATE RULE r AS ON INSERT TO t DO (a; b); c",
            &["CREATE RULE r AS ON INSERT TO t DO (a; b)", "c"],
        );
    }

    #[test]
    fn body_without_end_loses_nothing() {
        let text = "CREATE TRIGGER t BEGIN a; CREATE TABLE x (y int); b";
        check(Dialect::MariaDb, text, &["CREATE TRIGGER t BEGIN a", "CREATE TABLE x (y int)", "b"]);
    }

    #[test]
    fn delimiter_lines() {
        let text = "a;\nDELIMITER $$\nCREATE TRIGGER t BEGIN b; END$$\nc$$\n  delimiter ;\nd;";
        check(Dialect::MariaDb, text, &["a", "DELIMITER $$", "CREATE TRIGGER t BEGIN b; END", "c", "delimiter ;", "d"]);
    }

    #[test]
    fn postgresql_client_lines_and_data() {
        let text = "\\restrict a;b\nCOPY t (a) FROM stdin;\n1;'\n\\N\n\\.\n\nb $x$ ; $$ ' $x$; c $1;";
        check(Dialect::PostgreSql, text, &["\\restrict a;b", "COPY t (a) FROM stdin", "b $x$ ; $$ ' $x$", "c $1"]);
    }

    #[test]
    fn lines_and_byte_order_mark() {
        let script = split("\u{feff}a;\n/* x\n */ b\nc", Dialect::Sqlite);
        let statements: Vec<_> = script.statements().collect();
        assert_eq!(statements[0].text, "a");
        assert_eq!(statements[1].line(0), 3);
        assert_eq!(statements[1].line(2), 4);
    }

    #[test]
    fn unclosed_pieces_take_linear_time() {
        for (text, dialect) in Dialect::ALL.into_iter().flat_map(|dialect| {
            [
                "'",
                "\"",
                "`",
                "/*",
                "/*!",
                "$a$",
                "$a",
                "(",
                "\\",
                "CREATE TRIGGER t BEGIN ;",
                "COPY t FROM stdin;\n",
                "\n ",
            ]
            .map(|text| (text.repeat(100_000), dialect))
        }) {
            let started = std::time::Instant::now();
            split(&text, dialect);
            assert!(started.elapsed().as_secs() < 5, "{dialect}: {}", &text[..10]);
        }
    }
}
