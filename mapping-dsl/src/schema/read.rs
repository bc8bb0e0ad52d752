//! Reads table definitions out of a script: the entry, and which statement means what.
//! What the statements say is taken in by `create`, `alter` and `properties`.

use super::split::{Statement, split};
use super::tables::Tables;
use super::text::{Tokens, first_words};
use super::user_types::UserTypes;
use super::{Column, Dialect, Schema, Skipped, Table};
use super::{alter, create, finish, properties, reason};
use crate::source::FileId;

/// Reads a schema out of the text of a DDL file. Never fails: what is not understood is in `skipped`.
pub fn read(file: FileId, text: &str, dialect: Dialect) -> Schema {
    let script = split(text, dialect);
    let mut reader = Reader {
        dialect,
        tables: Tables::new(dialect),
        skipped: Vec::new(),
        user_types: UserTypes::default(),
        namespace: None,
        virtual_tables: Vec::new(),
        same_rows: 0,
    };
    for statement in script.statements() {
        reader.statement(statement);
    }
    finish::finish(reader, file)
}

/// Returns the line of the first statement about tables that holds a character.
pub(super) fn first_defining_line_with(text: &str, character: char, dialect: Dialect) -> Option<usize> {
    let script = split(text, dialect);
    script.statements().find_map(|statement| {
        let at = statement.text.find(character)?;
        let tokens = Tokens::new(beginning(statement.text), dialect);
        let about_tables = ["ALTER TABLE", "COMMENT ON", "EXEC"].iter().any(|phrase| tokens.at_phrase(phrase));
        (about_tables || create::defines(&tokens)).then(|| statement.line(at))
    })
}

/// Returns as much of a statement as tells what it is about.
fn beginning(statement: &str) -> &str {
    let end = statement.char_indices().nth(200).map_or(statement.len(), |(at, _)| at);
    &statement[..end]
}

/// A schema in the making.
pub(super) struct Reader {
    dialect: Dialect,
    pub(super) tables: Tables,
    pub(super) skipped: Vec<Skipped>,
    /// Types made by CREATE TYPE and CREATE DOMAIN.
    pub(super) user_types: UserTypes,
    /// The namespace of names without one, as USE or the search path says.
    pub(super) namespace: Option<String>,
    /// Names of SQLite's virtual tables, which keep their rows in tables of their own.
    pub(super) virtual_tables: Vec<String>,
    /// How many statements about the rows of one table have been passed over in a row.
    same_rows: usize,
}

impl Reader {
    /// Returns the dialect being read.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Notes what was passed over.
    pub(super) fn skip(&mut self, line: usize, text: &str, why: impl Into<String>) {
        self.skipped.push(Skipped { line, what: first_words(text), why: why.into() });
    }

    /// Notes statements about rows; many in a row about one table are one entry.
    fn skip_rows(&mut self, statement: Statement<'_>) {
        let about = |text: &str| text.split_whitespace().take(3).map(str::to_string).collect::<Vec<_>>();
        let last = self.skipped.last_mut().filter(|_| self.same_rows > 0);
        match last.filter(|last| about(&last.what) == about(&first_words(statement.text))) {
            Some(last) => {
                self.same_rows += 1;
                last.why = format!("{} ({} statements)", reason::ROWS, self.same_rows);
            }
            None => {
                self.skip(statement.line(0), statement.text, reason::ROWS);
                self.same_rows = 1;
            }
        }
    }

    /// Returns the place of a table by a name that may be qualified.
    pub(super) fn place(&self, parts: &[String]) -> Option<usize> {
        let (name, namespace) = name_and_namespace(parts)?;
        self.tables.find(namespace.as_deref().or(self.namespace.as_deref()), &name)
    }

    /// Returns a table by a name that may be qualified.
    pub(super) fn table(&self, parts: &[String]) -> Option<&Table> {
        self.tables.get(self.place(parts)?)
    }

    /// Says where tables lie that foreign keys refer to without saying so.
    pub(super) fn place_references(&self, table: &mut Table) {
        if self.namespace.is_some() {
            let unplaced = table.foreign_keys.iter_mut().filter(|key| key.namespace.is_none());
            unplaced.for_each(|key| key.namespace.clone_from(&self.namespace));
        }
    }

    fn statement(&mut self, statement: Statement<'_>) {
        // Rows can be most of a file, and are not even cut into words.
        if reason::is_about_rows(statement.text) && !self.registers_virtual_table(statement.text) {
            self.skip_rows(statement);
            return;
        }
        self.same_rows = 0;
        let tokens = Tokens::new(statement.text, self.dialect);
        let handled = if tokens.at_words(&["CREATE"]) {
            create::statement(self, statement, tokens.clone())
        } else if tokens.at_words(&["ALTER", "TABLE"]) {
            alter::table(self, statement, tokens.clone())
        } else if tokens.at_words(&["COMMENT", "ON"]) {
            alter::comment(self, tokens.clone())
        } else if tokens.at_one_of(&["EXEC", "EXECUTE"]) {
            properties::exec(self, tokens.clone())
        } else {
            self.takes_away_or_places(tokens.clone());
            false
        };
        if !handled {
            self.skip(statement.line(tokens.at()), statement.text, reason::why(&tokens));
        }
    }

    /// SQLite's `.dump` makes virtual tables by writing into its catalogue.
    fn registers_virtual_table(&mut self, text: &str) -> bool {
        let is_catalogue = self.dialect == Dialect::Sqlite
            && text.get(..30).is_some_and(|start| start.to_ascii_lowercase().starts_with("insert into sqlite_"));
        if is_catalogue && text.contains("CREATE VIRTUAL TABLE") {
            let mut tokens = Tokens::new(text, self.dialect);
            while !tokens.is_done() && !tokens.take_words(&["VALUES"]) {
                tokens.pass();
            }
            tokens.take_symbol("(");
            let values: Vec<Option<String>> = (0..2)
                .map(|_| {
                    let value = tokens.take_literal();
                    tokens.take_symbol(",");
                    value
                })
                .collect();
            self.virtual_tables.extend(values.into_iter().nth(1).flatten());
        }
        false
    }

    /// Follows what is no definition but changes what names mean: DROP TABLE, USE, and the search path.
    fn takes_away_or_places(&mut self, mut tokens: Tokens<'_>) {
        if tokens.take_words(&["DROP", "TABLE"]) {
            self.drop_tables(tokens);
        } else if self.dialect == Dialect::MariaDb && tokens.take_words(&["USE"]) {
            self.namespace = tokens.take_name();
        } else if self.dialect == Dialect::PostgreSql && tokens.take_phrase("SET search_path") {
            tokens.take();
            self.namespace = tokens.take_name().or_else(|| tokens.take_literal()).filter(|name| !name.is_empty());
        }
    }

    /// Forgets tables that the script itself drops again, such as placeholders of views.
    fn drop_tables(&mut self, mut tokens: Tokens<'_>) {
        tokens.take_words(&["IF", "EXISTS"]);
        while let Some(parts) = tokens.take_qualified() {
            if let Some(place) = self.place(&parts) {
                self.tables.drop_table(place);
            }
            if !tokens.take_symbol(",") {
                return;
            }
        }
    }
}

/// Splits a qualified name.
pub(super) fn name_and_namespace(parts: &[String]) -> Option<(String, Option<String>)> {
    let (name, before) = parts.split_last()?;
    Some((name.clone(), before.last().cloned()))
}

/// Finds a column by the dialect's rule of case.
pub(super) fn find_column<'a>(columns: &'a mut [Column], name: &str, dialect: Dialect) -> Option<&'a mut Column> {
    columns.iter_mut().find(|column| match dialect {
        Dialect::PostgreSql => column.name == name,
        Dialect::MariaDb | Dialect::Sqlite | Dialect::SqlServer => column.name.eq_ignore_ascii_case(name),
    })
}
