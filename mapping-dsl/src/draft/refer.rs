//! Which column refers to which table: by a foreign key, or by a name such as `customer_id` where the script declares
//! none.

use super::tables::Named;
use crate::schema::Schema;
use crate::types::Type;

/// Words behind the name of a table in the name of a column that refers to it.
const KEY_WORDS: [&str; 8] = ["id", "ser", "number", "key", "code", "fk", "ref", "uuid"];

/// A reference, by the index of the table referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) table: usize,
    /// Whether a foreign key says so.
    pub(super) declared: bool,
}

/// Returns, for each column of a table, what it refers to. Only keys of one column are looked at.
pub(super) fn references(schema: &Schema, all: &[Named<'_>], at: usize) -> Vec<Option<Reference>> {
    let table = all[at].table;
    let refers = |column: usize| {
        let name = &table.columns[column].name;
        let declared = table.foreign_keys.iter().find(|key| key.columns == std::slice::from_ref(name));
        if let Some(key) = declared {
            let found = schema.table(&key.table).and_then(|found| schema.tables.iter().position(|one| one == found))?;
            let primary = &schema.tables[found].primary_key;
            let meant = key.referenced.is_empty() || key.referenced == *primary;
            return (meant && primary.len() == 1).then_some(Reference { table: found, declared: true });
        }
        by_name(all, at, column)
    };
    (0..table.columns.len()).map(refers).collect()
}

/// Returns the other table whose name stands in front of a column's name, with a word for a key behind it.
fn by_name(all: &[Named<'_>], at: usize, column: usize) -> Option<Reference> {
    let words = &all[at].columns[column];
    let ty = &all[at].table.columns[column].ty;
    let own_key = all[at].table.primary_key == std::slice::from_ref(&all[at].table.columns[column].name);
    let mut best: Option<(usize, usize)> = None;
    let others = all.iter().enumerate().filter(|(other, _)| *other != at || !own_key);
    for (other, named) in others.filter(|(_, named)| key_type(named).is_some_and(|key| is_same_kind(key, ty))) {
        for front in 0..named.words.len().min(3) {
            let name = &named.words[front..];
            let behind = words.strip_prefix(name).unwrap_or_default();
            let fits = !behind.is_empty() && behind.iter().all(|word| KEY_WORDS.contains(&word.as_str()));
            // The longest name wins, then the one with the fewest words in front of it.
            let rank = 8 * name.len() - front;
            if fits && best.is_none_or(|(_, known)| rank > known) {
                best = Some((other, rank));
            }
        }
    }
    best.map(|(table, _)| Reference { table, declared: false })
}

/// Returns the type of a table's primary key, if it has one of one column.
pub(super) fn key_type<'s>(named: &Named<'s>) -> Option<&'s Type> {
    match named.table.primary_key.as_slice() {
        [key] => named.table.column(key).map(|column| &column.ty),
        _ => None,
    }
}

/// Returns whether values of both types could be the same keys.
pub(super) fn is_same_kind(left: &Type, right: &Type) -> bool {
    !matches!(left, Type::Other(_)) && left.family() == right.family()
}
