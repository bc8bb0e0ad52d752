//! What the pages in `docs/` show is true: the tutorial's commands are run and their output compared, and every mapping
//! of the language reference is compiled.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use cutover_mapping_dsl::compile;
use cutover_mapping_dsl::diagnostic::Level;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::process::Command;

/// A fenced block of a page: the words behind the fence, its text, and the line that it begins on.
struct Block {
    language: String,
    title: Option<String>,
    text: String,
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => block.text.push_str(&format!("{line}\n")),
            (None, Some(words)) => {
                let mut words = words.split_whitespace();
                let language = words.next().unwrap_or_default().to_string();
                let title = words.find_map(|word| word.strip_prefix("title=")).map(str::to_string);
                open = Some(Block { language, title, text: String::new(), line: index + 1 });
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "the last block of the page is not closed");
    blocks
}

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_tutorial_and_the_page_for_operators_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell { page: "", folder: folder.path(), variables: BTreeMap::new(), status: 0 };
    // The second goes on where the first has ended.
    for page in ["tutorial.md", "operations.md"] {
        assert!(shell.play(page) > 10, "{page} has hardly any command left");
    }
}

#[test]
fn the_page_for_django_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell { page: "", folder: folder.path(), variables: BTreeMap::new(), status: 0 };
    assert!(shell.play("django.md") > 10, "the page has hardly any command left");
}

#[test]
fn the_page_about_drafts_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell { page: "", folder: folder.path(), variables: BTreeMap::new(), status: 0 };
    assert!(shell.play("starting.md") > 5, "the page has hardly any command left");
}

/// As much of a shell as the pages use. `sqlite3` and `mail` are played, since not every machine has them.
struct Shell<'a> {
    page: &'static str,
    folder: &'a Path,
    variables: BTreeMap<String, String>,
    status: i32,
}

impl Shell<'_> {
    /// Writes the files of a page and runs its commands, in order. Returns how many commands there were.
    fn play(&mut self, name: &'static str) -> usize {
        self.page = name;
        let mut commands = 0;
        for block in blocks(&page(name)) {
            if let Some(title) = &block.title {
                std::fs::write(self.folder.join(title), &block.text).unwrap();
            } else if block.language == "console" {
                commands += self.session(&block);
            }
        }
        commands
    }

    /// Runs the commands of a block, lines that begin with `$`, and compares what they print. Returns their number.
    fn session(&mut self, block: &Block) -> usize {
        let mut lines = block.text.lines().enumerate().peekable();
        let mut commands = 0;
        while let Some((index, line)) = lines.next() {
            let place = format!("{}:{}", self.page, block.line + 1 + index);
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("{place}: no command before `{line}`"));
            let mut expected = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ")) {
                expected.push(line.trim_end());
            }
            let printed = self.command(command, &place);
            let printed: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
            let expected = expected.join("\n");
            let same = fits(&printed, expected.trim_end());
            assert!(same, "{place}: `{command}` should print\n{expected}\nbut prints\n{}", printed.join("\n"));
            commands += 1;
        }
        commands
    }

    fn command(&mut self, command: &str, place: &str) -> String {
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cutover", arguments @ .., ">", file] => {
                let printed = self.cutover(arguments);
                std::fs::write(self.folder.join(file), printed).unwrap();
                String::new()
            }
            ["cutover", arguments @ ..] => self.cutover(arguments),
            ["sqlite3", database, "<", file] => {
                let sql = std::fs::read_to_string(self.folder.join(file)).unwrap();
                self.sqlite(database, &sql)
            }
            ["sqlite3", database, sql] => self.sqlite(database, sql),
            ["sh", script] => self.script(script),
            ["echo", "$?"] => self.status.to_string(),
            ["export", assignment] => {
                let (name, value) = assignment.split_once('=').unwrap();
                self.variables.insert(name.to_string(), value.to_string());
                String::new()
            }
            _ => panic!("{place}: this test does not know how to run `{command}`"),
        }
    }

    /// Both streams go into one file, so that their lines stay in order.
    fn cutover(&mut self, arguments: &[&str]) -> String {
        let path = self.folder.join(".printed");
        let out = File::create(&path).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        command.args(arguments).current_dir(self.folder).env_remove("CUTOVER_FROM").env_remove("CUTOVER_TO");
        command.envs(&self.variables).stdout(out.try_clone().unwrap()).stderr(out);
        self.status = command.status().unwrap().code().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    /// Runs a script, with the command on its path and a `mail` that prints what it would send.
    fn script(&mut self, script: &str) -> String {
        let tools = self.folder.join(".tools");
        std::fs::create_dir_all(&tools).unwrap();
        let mail = tools.join("mail");
        std::fs::write(&mail, "#!/bin/sh\necho \"mail $*\"\ncat\n").unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&mail, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_cutover")).parent().unwrap();
        let path = [tools.as_path(), binary, Path::new("/usr/bin"), Path::new("/bin")];
        let mut command = Command::new("sh");
        command.arg(script).current_dir(self.folder).env("PATH", std::env::join_paths(path).unwrap());
        let ended = command.envs(&self.variables).output().unwrap();
        self.status = ended.status.code().unwrap();
        String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap()
    }

    fn sqlite(&self, database: &str, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.folder.join(database)).unwrap();
        if !sql.to_uppercase().starts_with("SELECT") {
            connection.execute_batch(sql).unwrap();
            return String::new();
        }
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut printed = String::new();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|column| cell(row.get_ref(column).unwrap())).collect();
            printed.push_str(&format!("{}\n", cells.join("|")));
        }
        printed
    }
}

fn cell(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

/// Splits a command into words; quotes keep blanks.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in command.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Compares line by line; `…` in an expected line stands for anything, a line `…` for any lines up to the next.
fn fits(printed: &[&str], expected: &str) -> bool {
    let expected: Vec<&str> = expected.lines().collect();
    fits_from(printed, &expected)
}

fn fits_from(printed: &[&str], expected: &[&str]) -> bool {
    match (printed, expected) {
        ([], []) => true,
        (_, ["…", rest @ ..]) => (0..=printed.len()).any(|skipped| fits_from(&printed[skipped..], rest)),
        ([first, printed @ ..], [wanted, rest @ ..]) => line_fits(first, wanted) && fits_from(printed, rest),
        _ => false,
    }
}

fn line_fits(printed: &str, expected: &str) -> bool {
    match expected.split_once('…') {
        None => printed == expected,
        Some((before, after)) => {
            let ends = printed.len() >= before.len() + after.len();
            ends && printed.starts_with(before) && printed.ends_with(after)
        }
    }
}

#[test]
fn the_rust_guide_shows_the_example() {
    let blocks = blocks(&page("rust-service.md"));
    let shown: Vec<(&str, &Block)> = blocks.iter().filter_map(|block| Some((block.title.as_deref()?, block))).collect();
    for (title, block) in &shown {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(title);
        let file = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{title}: {error}"));
        assert!(file.contains(&block.text), "rust-service.md:{}: {title} holds no such lines", block.line);
    }
    assert!(shown.len() >= 4, "the guide hardly shows the example any more");
}

/// Codes that say that something is missing, as it is in a block of statements.
const MISSING: [&str; 2] = ["M0604", "M0605"];

#[test]
fn the_language_reference_compiles() {
    let blocks = blocks(&page("language.md"));
    let schemas: BTreeMap<&str, &str> = blocks
        .iter()
        .filter(|block| block.language == "sql")
        .filter_map(|block| Some((block.title.as_deref()?, block.text.as_str())))
        .collect();
    let mut reference = Reference { schemas, items: String::new(), wrong: Vec::new() };
    let mappings: Vec<&Block> = blocks.iter().filter(|block| block.language == "map").collect();
    mappings.iter().for_each(|block| reference.block(block));
    assert!(reference.wrong.is_empty(), "{}", reference.wrong.join("\n\n"));
    assert!(mappings.len() > 20, "the page has hardly any mapping left");
}

/// The page as far as it was read.
struct Reference<'a> {
    schemas: BTreeMap<&'a str, &'a str>,
    /// The head of the first block, and all value maps and maps shown so far: later blocks may use them.
    items: String,
    wrong: Vec<String>,
}

impl Reference<'_> {
    /// Compiles a block. A comment in it that names a code says that this error, and no other, is found.
    fn block(&mut self, block: &Block) {
        let wanted: BTreeSet<&str> = codes_in(&block.text).collect();
        let text = self.whole(&block.text);
        let mut load = |name: &str| {
            let text = self.schemas.get(name);
            text.map(|text| text.as_bytes().to_vec()).ok_or("there is no such block".to_string())
        };
        let compiled = compile("language.map", &text, &mut load);
        let is_part = !text.ends_with(&block.text);
        let errors = compiled.diagnostics.iter().filter(|found| found.level == Level::Error);
        let errors =
            errors.filter(|found| !is_part || !MISSING.contains(&found.code.0) || wanted.contains(found.code.0));
        let found: BTreeSet<&str> = errors.clone().map(|found| found.code.0).collect();
        if found != wanted {
            let messages: Vec<String> = errors.map(|found| format!("{}: {}", found.code.0, found.message)).collect();
            let line = block.line;
            self.wrong.push(format!(
                "language.md:{line}: wanted {wanted:?}, found\n{}\n{}",
                messages.join("\n"),
                block.text
            ));
        } else if wanted.is_empty() && !is_part {
            self.items = text + "\n";
        }
    }

    /// A block with a head is a mapping; one of value maps, functions and maps is put behind what was shown so far; statements
    /// are put into a map.
    fn whole(&self, text: &str) -> String {
        let first = text.lines().find(|line| !line.starts_with("//")).unwrap_or_default();
        let starts = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
        if starts(&["language "]) {
            return text.to_string();
        }
        if starts(&["map ", "values ", "leave ", "fn "]) && !starts(&["values {"]) {
            return format!("{}{text}", self.items);
        }
        let key = if text.contains("key ") { "" } else { "key c.id <-> t.legacy_id\n" };
        format!("{}map Fragment: old.customer c -> new.client t {{\n{key}{text}}}\n", self.items)
    }
}

fn codes_in(text: &str) -> impl Iterator<Item = &str> {
    let comments = text.lines().filter_map(|line| line.split_once("//").map(|(_, comment)| comment));
    let words = comments.flat_map(|comment| comment.split(|letter: char| !letter.is_ascii_alphanumeric()));
    words.filter(|word| word.len() == 5 && word.starts_with('M') && word[1..].bytes().all(|byte| byte.is_ascii_digit()))
}
