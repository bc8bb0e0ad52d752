//! Which legacy column becomes which target column of a pair of tables: by the words of their names, then by types.

use super::names::{likeness, without};
use super::tables::Named;
use super::way::{Way, way};
use crate::schema::Assigned;
use crate::types::Type;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// How alike two columns must be to become a pair.
const PAIRED: u32 = 55;
/// How alike names must be for a pair whose types do not fit.
const DESPITE_TYPES: u32 = 88;

/// Two columns, by their places, and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) legacy: usize,
    pub(super) target: usize,
    pub(super) alike: u32,
}

/// Returns the pairs that could be, of two tables.
pub(super) fn candidates(legacy: &Named<'_>, target: &Named<'_>) -> Vec<Candidate> {
    let tables: Vec<String> = legacy.words.iter().chain(&target.words).cloned().collect();
    let bare =
        |named: &Named<'_>| -> Vec<Vec<String>> { named.columns.iter().map(|words| without(words, &tables)).collect() };
    let (from, to) = (bare(legacy), bare(target));
    let mut candidates = Vec::new();
    for (at_target, column) in target.table.columns.iter().enumerate() {
        if column.assigned != Assigned::No || matches!(column.ty, Type::Other(_)) {
            continue;
        }
        for (at_legacy, source) in legacy.table.columns.iter().enumerate() {
            if matches!(source.ty, Type::Other(_)) {
                continue;
            }
            let whole = likeness(&legacy.columns[at_legacy], &target.columns[at_target]);
            let alike = whole.max(likeness(&from[at_legacy], &to[at_target]).saturating_sub(4));
            let fits = alike >= PAIRED && (alike >= DESPITE_TYPES || !matches!(way(source, column), Way::None(_)));
            if fits {
                candidates.push(Candidate { legacy: at_legacy, target: at_target, alike });
            }
        }
    }
    candidates
}

/// Chooses pairs, the most alike first; each column is in one pair at most. Of equals the first columns win.
pub(super) fn chosen(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by_key(|pair| (Reverse(pair.alike), pair.target, pair.legacy));
    let (mut from, mut to) = (BTreeSet::new(), BTreeSet::new());
    candidates.retain(|pair| {
        let free = !from.contains(&pair.legacy) && !to.contains(&pair.target);
        if free {
            from.insert(pair.legacy);
            to.insert(pair.target);
        }
        free
    });
    candidates.sort_by_key(|pair| pair.target);
    candidates
}
