//! Which legacy table becomes which target table: by the words of their names, and by how many columns look alike.

use super::columns::{self, Candidate};
use super::names::{self, SURE, Vocabulary, likeness_without_front};
use crate::schema::{Schema, Table};
use std::collections::{BTreeMap, BTreeSet};

/// How alike names must be for two tables to be compared at all.
const COMPARED: u32 = 36;
/// Of how many tables with the most alike names the columns are compared: all with all takes too long.
const NEAREST: usize = 12;
/// How alike two tables must be to become a pair.
const PAIRED: u32 = 45;

/// A table with the words of its name and of its columns' names.
#[derive(Debug)]
pub(super) struct Named<'s> {
    pub(super) table: &'s Table,
    pub(super) words: Vec<String>,
    /// What it costs to leave out words in front of its name.
    pub(super) costs: Vec<u32>,
    pub(super) columns: Vec<Vec<String>>,
}

impl<'s> Named<'s> {
    /// Returns all tables of a schema.
    pub(super) fn all(schema: &'s Schema, vocabulary: &Vocabulary) -> Vec<Named<'s>> {
        let names: Vec<Vec<String>> = schema.tables.iter().map(|table| vocabulary.words(&table.own_name)).collect();
        let mut fronts: BTreeMap<&[String], usize> = BTreeMap::new();
        for words in &names {
            (1..words.len()).for_each(|end| *fronts.entry(&words[..end]).or_default() += 1);
        }
        let common = |front: &[String]| fronts.get(front).is_some_and(|times| *times > 1);
        let named = |(table, words): (&'s Table, &Vec<String>)| Named {
            table,
            words: words.clone(),
            costs: names::costs(words, common),
            columns: table.columns.iter().map(|column| vocabulary.words(&column.name)).collect(),
        };
        schema.tables.iter().zip(&names).map(named).collect()
    }
}

/// A legacy table and the target table that it seems to become; both are indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TablePair {
    pub(super) legacy: usize,
    pub(super) target: usize,
    /// How alike the names are.
    pub(super) names: u32,
    /// How many words in front of the legacy name were left out to find that.
    pub(super) left_out: usize,
    /// How alike names and columns are.
    pub(super) alike: u32,
    /// How many columns look alike.
    pub(super) columns: usize,
}

/// What came of comparing all tables.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// The pairs, in the order of the legacy tables.
    pub(super) pairs: Vec<TablePair>,
    /// For a legacy table without a pair the most alike target table, which another one has taken.
    pub(super) taken: BTreeMap<usize, TablePair>,
}

/// Pairs tables, the most alike first; each is in one pair at most.
pub(super) fn pair(legacy: &[Named<'_>], target: &[Named<'_>]) -> Pairs {
    let mut candidates = candidates(legacy, target);
    candidates.sort_by_key(|pair| (std::cmp::Reverse((pair.alike, pair.names)), pair.legacy, pair.target));
    let (mut from, mut to) = (BTreeSet::new(), BTreeSet::new());
    let mut pairs = Pairs::default();
    for pair in &candidates {
        if !from.contains(&pair.legacy) && to.insert(pair.target) {
            from.insert(pair.legacy);
            pairs.pairs.push(*pair);
        }
    }
    for pair in candidates.into_iter().filter(|pair| !from.contains(&pair.legacy)) {
        pairs.taken.entry(pair.legacy).or_insert(pair);
    }
    pairs.pairs.sort_by_key(|pair| pair.legacy);
    pairs
}

fn candidates(legacy: &[Named<'_>], target: &[Named<'_>]) -> Vec<TablePair> {
    let mut by_word: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, named) in target.iter().enumerate() {
        for word in &named.words {
            by_word.entry(word).or_default().insert(at);
        }
    }
    let mut candidates = Vec::new();
    for (from, named) in legacy.iter().enumerate() {
        let sharing: BTreeSet<usize> =
            named.words.iter().filter_map(|word| by_word.get(word.as_str())).flatten().copied().collect();
        let mut near: Vec<(u32, usize, usize)> = sharing
            .into_iter()
            .map(|to| named_alike(named, to, &target[to]))
            .filter(|near| near.0 >= COMPARED)
            .collect();
        near.sort_by_key(|(names, to, _)| (std::cmp::Reverse(*names), *to));
        let near = near.into_iter().take(NEAREST);
        candidates.extend(
            near.filter_map(|(names, to, left_out)| compare((from, named), (to, &target[to]), (names, left_out))),
        );
    }
    candidates
}

/// Returns how alike the names of two tables are, the second table, and how many words were left out for that.
fn named_alike(legacy: &Named<'_>, to: usize, target: &Named<'_>) -> (u32, usize, usize) {
    let (names, left_out) = likeness_without_front((&legacy.words, &legacy.costs), (&target.words, &target.costs));
    (names, to, left_out)
}

fn compare(
    (from, legacy): (usize, &Named<'_>),
    (to, target): (usize, &Named<'_>),
    (names, left_out): (u32, usize),
) -> Option<TablePair> {
    let alike: Vec<Candidate> = columns::candidates(legacy, target);
    let columns = columns::chosen(alike).iter().filter(|pair| pair.alike >= SURE).count();
    let all = legacy.columns.len().min(target.columns.len()).max(1);
    let overlap = (100 * columns / all).min(100) as u32;
    let alike = if names >= SURE { names.max((2 * names + overlap) / 3) } else { (2 * names + overlap) / 3 };
    (alike >= PAIRED).then_some(TablePair { legacy: from, target: to, names, left_out, alike, columns })
}
