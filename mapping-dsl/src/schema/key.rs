//! Lists of columns in keys and indexes, and what a foreign key refers to. Shared by tables, columns and indexes.

use super::text::Tokens;
use super::{Dialect, ForeignKey};

/// Returns the columns of a key or an index, none where it has an expression.
/// A length such as `name(10)` is passed over: what is unique by its beginning is unique as a whole.
pub(super) fn columns(list: &str, dialect: Dialect) -> Vec<Option<String>> {
    let parts = Tokens::new(list, dialect).split_at_commas();
    parts.into_iter().map(|part| column(&list[part], dialect)).collect()
}

/// Returns the columns of a key if it is over columns alone.
pub(super) fn only_columns(list: &str, dialect: Dialect) -> Option<Vec<String>> {
    columns(list, dialect).into_iter().collect::<Option<Vec<String>>>().filter(|columns| !columns.is_empty())
}

fn column(part: &str, dialect: Dialect) -> Option<String> {
    let mut tokens = Tokens::new(part, dialect);
    let name = tokens.take_name()?;
    if let Some(group) = tokens.take_group() {
        let length = part[group].trim();
        let is_length = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        return (dialect == Dialect::MariaDb && is_length).then_some(name);
    }
    // An ordering, a collation or an operator class may follow; signs belong to an expression.
    let is_plain = |tokens: &Tokens<'_>| tokens.is_done() || tokens.at_word();
    (is_plain(&tokens) && !tokens.at_words(&["WITHOUT", "OVERLAPS"])).then_some(name)
}

/// Takes what follows REFERENCES; none if there is no table.
pub(super) fn referenced(
    tokens: &mut Tokens<'_>,
    text: &str,
    columns: Vec<String>,
    name: Option<String>,
    line: usize,
) -> Option<ForeignKey> {
    let mut parts = tokens.take_qualified()?;
    let table = parts.pop()?;
    let dialect = tokens.dialect();
    let group = tokens.take_group();
    let referenced = group.map(|group| self::columns(&text[group], dialect)).unwrap_or_default();
    let referenced = referenced.into_iter().flatten().collect();
    Some(ForeignKey { name, columns, table, namespace: parts.pop(), referenced, actions: actions(tokens), line })
}

/// Takes the actions of a foreign key. NO ACTION is what holds without words.
fn actions(tokens: &mut Tokens<'_>) -> Vec<String> {
    let (mut delete, mut update) = (None, None);
    loop {
        if tokens.take_words(&["MATCH"]) {
            tokens.take();
        } else if tokens.take_words(&["ON", "DELETE"]) {
            delete = action(tokens, "delete").or(delete);
        } else if tokens.take_words(&["ON", "UPDATE"]) {
            update = action(tokens, "update").or(update);
        } else {
            return delete.into_iter().chain(update).collect();
        }
    }
}

fn action(tokens: &mut Tokens<'_>, on: &str) -> Option<String> {
    let action = [&["NO", "ACTION"][..], &["CASCADE"], &["RESTRICT"], &["SET", "NULL"], &["SET", "DEFAULT"]]
        .into_iter()
        .find(|action| tokens.take_words(action))?;
    if action[0] == "SET" {
        tokens.take_group(); // PostgreSQL can name the columns that are set
    }
    Some(format!("on {on} {}", action.join(" ").to_lowercase()))
}
