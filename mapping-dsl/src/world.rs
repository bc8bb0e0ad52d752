//! What all maps of a mapping share: the two sides with their schemas, and the places of things for messages.

use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{GivenFunction, Side, ValueMap};
use crate::schema::{Column, Table};
use crate::source::{FileId, Sources, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The two sides and everything named at the top level.
pub(crate) struct World<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) tree: &'a ast::File,
    pub(crate) legacy: Side,
    pub(crate) target: Side,
    /// Functions that the program gives.
    pub(crate) functions: Vec<GivenFunction>,
    /// Indexes of functions with errors: what asks them is not judged.
    pub(crate) broken_functions: BTreeSet<usize>,
    pub(crate) value_maps: Vec<ValueMap>,
    /// Indexes of value maps with errors: what uses them is not judged.
    pub(crate) broken_values: BTreeSet<usize>,
    /// Index of each value map by its name; the first of several.
    values_by_name: BTreeMap<&'a str, usize>,
}

/// Which of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Legacy,
    Target,
}

impl<'a> World<'a> {
    pub(crate) fn new(sources: &'a Sources, tree: &'a ast::File, legacy: Side, target: Side) -> World<'a> {
        let names = tree.values.iter().enumerate().rev();
        let values_by_name = names.map(|(index, values)| (values.name.text.as_str(), index)).collect();
        let (value_maps, broken_values) = (Vec::new(), BTreeSet::new());
        let (functions, broken_functions) = (Vec::new(), BTreeSet::new());
        World { sources, tree, legacy, target, functions, broken_functions, value_maps, broken_values, values_by_name }
    }

    /// Returns the index of a value map.
    pub(crate) fn values(&self, name: &str) -> Option<usize> {
        self.values_by_name.get(name).copied()
    }

    /// Returns whether a map or value map of this name may stand where something could not be read.
    pub(crate) fn may_exist(&self, name: &str) -> bool {
        self.tree.incomplete || self.tree.unreadable.iter().any(|known| known == name)
    }

    pub(crate) fn side(&self, which: Which) -> &Side {
        match which {
            Which::Legacy => &self.legacy,
            Which::Target => &self.target,
        }
    }

    /// Returns what is written at a place of the mapping, on one line and without comments.
    pub(crate) fn written(&self, span: Span) -> String {
        let comments = &self.tree.comments;
        let first = comments.partition_point(|comment| comment.span.end <= span.start);
        let within =
            comments[first..].iter().map(|comment| comment.span).take_while(|comment| comment.start < span.end);
        let (mut text, mut at) = (String::new(), span.start);
        for comment in within {
            text.push_str(self.sources.text(Span { start: at, end: comment.start, ..span }));
            at = comment.end;
        }
        text.push_str(self.sources.text(Span { start: at, ..span }));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Returns the line of a place in the mapping.
    pub(crate) fn line(&self, span: Span) -> usize {
        self.sources.line(span)
    }

    /// Returns the place of a line of a side's DDL.
    pub(crate) fn ddl_line(&self, which: Which, line: usize) -> Span {
        line_span(self.sources, self.side(which).schema.file, line)
    }

    /// Resolves `side.table` or `side.namespace.table`, and reports what does not exist.
    pub(crate) fn table(&self, path: &ast::Path, which: Which, diagnostics: &mut Vec<Diagnostic>) -> Option<&Table> {
        let side = self.side(which);
        let (alias, namespace, table) = match path.names.as_slice() {
            [alias, table] => (alias, None, table),
            [alias, namespace, table] => (alias, Some(namespace), table),
            _ => {
                let message = "a table is named by its side and its name";
                diagnostics.push(
                    Diagnostic::error(Code::UNKNOWN_TABLE, path.span, message)
                        .help(format!("write `{}.table`", side.alias)),
                );
                return None;
            }
        };
        if alias.text != side.alias {
            diagnostics.push(self.wrong_side(alias, which));
            return None;
        }
        let found = match namespace {
            Some(namespace) => side.schema.table_in(&namespace.text, &table.text),
            None => side.schema.table(&table.text),
        };
        if found.is_none() {
            diagnostics.push(self.no_table(side, namespace, table));
        }
        found
    }

    fn no_table(&self, side: &Side, namespace: Option<&ast::Name>, table: &ast::Name) -> Diagnostic {
        let span = namespace.map_or(table.span, |namespace| namespace.span.to(table.span));
        let written = namespace.map_or(table.text.clone(), |namespace| format!("{}.{}", namespace.text, table.text));
        let entity = namespace.and_then(|namespace| side.schema.entities.get(&namespace.text, &table.text));
        if let Some(entity) = entity {
            let message = format!("`{written}` is {}, and {} has no such table", entity.table, side.file);
            let error = Diagnostic::error(Code::UNKNOWN_TABLE, span, message);
            return error.help("names and tables must be those of one environment");
        }
        let message = format!("{} has no table `{written}`", side.file);
        let same = side.schema.tables.iter().filter(|known| known.own_name.eq_ignore_ascii_case(&table.text));
        let places: Vec<String> = same
            .filter_map(|known| known.namespace.as_ref().map(|namespace| (namespace, known)))
            .map(|(namespace, known)| {
                format!("`{}.{}.{}`", side.alias, quoted_if_needed(namespace), quoted_if_needed(&known.own_name))
            })
            .collect();
        let error = Diagnostic::error(Code::UNKNOWN_TABLE, span, message);
        if !places.is_empty() {
            return error.help(format!("write {}", places.join(" or ")));
        }
        let entities: Vec<&str> = side.schema.entities.names().collect();
        if namespace.is_some() && !entities.is_empty() {
            let near = crate::world::nearest(&written, &entities);
            return match near {
                Some(near) => error.help(format!("did you mean `{}.{near}`?", side.alias)),
                None => error.note(format!("there is: {}", entities.join(", "))),
            };
        }
        let names: Vec<&str> = side.schema.tables.iter().map(|table| table.name.as_str()).collect();
        suggest(error, span, &table.text, &names)
    }

    fn wrong_side(&self, alias: &ast::Name, which: Which) -> Diagnostic {
        let other = match which {
            Which::Legacy => &self.target.alias,
            Which::Target => &self.legacy.alias,
        };
        let wanted = &self.side(which).alias;
        if alias.text == *other {
            let message = format!("`{other}` is the wrong side here");
            return Diagnostic::error(Code::WRONG_SIDE, alias.span, message).help(format!("write `{wanted}`"));
        }
        let message = format!("there is no side `{}`", alias.text);
        suggest(Diagnostic::error(Code::UNKNOWN_SIDE, alias.span, message), alias.span, &alias.text, &[wanted, other])
    }

    /// Resolves a column of a table, and reports it if it does not exist.
    pub(crate) fn column<'t>(
        &self,
        table: &'t Table,
        which: Which,
        name: &ast::Name,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<&'t Column> {
        let found = table.column(&name.text);
        if found.is_none() {
            let side = &self.side(which).alias;
            let attributes = table.attributes.keys().filter(|attribute| table.column(attribute).is_some());
            let names: Vec<&str> =
                table.columns.iter().map(|column| &column.name).chain(attributes).map(String::as_str).collect();
            let message = format!("{side}.{} has no column `{}`", table.name, name.text);
            let error = Diagnostic::error(Code::UNKNOWN_COLUMN, name.span, message);
            let error = error.label(self.ddl_line(which, table.line), "the table is defined here");
            diagnostics.push(match table.attributes.get(&name.text) {
                Some(column) => error.note(format!("the file of names says that this attribute is column {column}")),
                None => suggest(error, name.span, &name.text, &names),
            });
        }
        found
    }
}

/// Returns the place of a line without the blanks at its beginning.
pub(crate) fn line_span(sources: &Sources, file: FileId, line: usize) -> Span {
    let range = sources.file(file).line_range(line);
    let text = &sources.file(file).text[range.clone()];
    let start = range.start + (text.len() - text.trim_start().len());
    Span::new(file, start..range.end.max(start))
}

/// Adds the nearest name, as help and as a change.
pub(crate) fn suggest(diagnostic: Diagnostic, span: Span, name: &str, names: &[&str]) -> Diagnostic {
    match nearest(name, names) {
        Some(near) => {
            let help = format!("did you mean `{near}`?");
            diagnostic.patch(help, span, quoted_if_needed(near))
        }
        None if !names.is_empty() && names.len() <= 8 => diagnostic.note(format!("there is: {}", names.join(", "))),
        None => diagnostic,
    }
}

/// Returns a name as it must be written in a mapping.
pub(crate) fn quoted_if_needed(name: &str) -> String {
    let plain = name.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if plain { name.to_string() } else { format!("`{name}`") }
}

/// Returns the name that differs least, if it differs little.
pub(crate) fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let simple = |text: &str| text.to_lowercase().replace('_', "");
    let wanted = simple(name);
    let distances = names.iter().map(|candidate| (distance(&wanted, &simple(candidate)), *candidate));
    let (least, near) = distances.min_by_key(|(distance, _)| *distance)?;
    let length = wanted.chars().count();
    (least <= length.max(3) / 3 && least < length).then_some(near)
}

/// Returns how many characters must be put in, taken out, replaced or swapped with their neighbour.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for row in 1..=left.len() {
        let mut current = vec![row];
        for column in 1..=right.len() {
            let same = left[row - 1] == right[column - 1];
            let mut cost = (rows[row - 1][column] + 1).min(current[column - 1] + 1);
            cost = cost.min(rows[row - 1][column - 1] + usize::from(!same));
            if row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1] {
                cost = cost.min(rows[row - 2][column - 2] + 1);
            }
            current.push(cost);
        }
        rows.push(current);
    }
    rows[left.len()][right.len()]
}
