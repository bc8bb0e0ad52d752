//! What a draft says, before it is text: the maps with their keys and rules, and the tables that stay.

use super::columns;
use super::names::{SURE, Vocabulary};
use super::refer::{self, Reference};
use super::spell;
use super::tables::{self, Named, TablePair};
use super::way::{self, Copy, Way};
use crate::names::snake_case;
use crate::schema::{Assigned, Column, Schema, Table};
use crate::types::Type;
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a map; databases cut the names of its tables otherwise.
const LONGEST_NAME: usize = 40;
/// Words of a column that remembers a legacy key.
const REMEMBERS: [&str; 5] = ["legacy", "old", "previous", "source", "origin"];
/// How alike a column must be to be taken for a reference.
const REFERS: u32 = 55;

/// All that a draft says.
#[derive(Debug)]
pub(super) struct Sketch<'s> {
    pub(super) maps: Vec<MapSketch<'s>>,
    /// Legacy tables that stay, with what somebody has to say of them.
    pub(super) left: Vec<(&'s Table, String)>,
    /// Target tables that no map fills.
    pub(super) unfilled: Vec<&'s Table>,
}

/// One map. Columns are places in their tables.
#[derive(Debug)]
pub(super) struct MapSketch<'s> {
    pub(super) name: String,
    pub(super) legacy: &'s Table,
    pub(super) target: &'s Table,
    pub(super) pair: TablePair,
    /// Columns of the legacy key.
    pub(super) key: Vec<usize>,
    /// The target column that remembers the legacy key.
    pub(super) key_into: Option<usize>,
    /// What is said of the other target columns, in their order.
    pub(super) given: Vec<(usize, Value)>,
    /// Legacy columns that nothing takes.
    pub(super) dropped: Vec<usize>,
}

/// What a target column gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A legacy column.
    Copy { legacy: usize, copy: Copy, alike: u32 },
    /// A legacy column through a value map.
    Values { legacy: usize, null: bool, alike: u32 },
    /// The new key of the row that another map makes.
    Reference { legacy: usize, map: usize, copy: Copy, alike: u32 },
    /// Null, since nothing looks like it.
    Null,
    /// A new UUID.
    Uuid,
    /// Nothing yet: what has to be said.
    Open(String),
}

impl Value {
    /// Returns the legacy column that it is made of.
    pub(super) fn legacy(&self) -> Option<usize> {
        match self {
            Value::Copy { legacy, .. } | Value::Values { legacy, .. } | Value::Reference { legacy, .. } => {
                Some(*legacy)
            }
            Value::Null | Value::Uuid | Value::Open(_) => None,
        }
    }
}

/// Returns whether a target column has to be given a value. A primary key does, whatever its default: a row must be known
/// by it.
pub(super) fn needs_value(table: &Table, column: &Column) -> bool {
    let cannot_be_written = column.nullable && matches!(column.ty, Type::Other(_));
    let is_key = table.primary_key == std::slice::from_ref(&column.name);
    (column.default.is_none() || is_key) && column.assigned == Assigned::No && !cannot_be_written
}

/// Both schemas with the words of all names.
struct Sides<'s> {
    legacy: &'s Schema,
    target: &'s Schema,
    vocabulary: Vocabulary,
    from: Vec<Named<'s>>,
    to: Vec<Named<'s>>,
}

/// Decides what a draft says.
pub(super) fn sketch<'s>(legacy: &'s Schema, target: &'s Schema) -> Sketch<'s> {
    let vocabulary = Vocabulary::of(all_names(legacy).chain(all_names(target)));
    let (from, to) = (Named::all(legacy, &vocabulary), Named::all(target, &vocabulary));
    let sides = Sides { legacy, target, vocabulary, from, to };
    let pairs = tables::pair(&sides.from, &sides.to);
    let mut refused: BTreeMap<usize, String> = BTreeMap::new();
    let mut maps = Vec::new();
    for pair in &pairs.pairs {
        match heads(&sides, *pair) {
            Ok(head) => maps.push(head),
            Err(why) => drop(refused.insert(pair.legacy, why)),
        }
    }
    name_maps(&sides, &mut maps);
    let given: Vec<_> = (0..maps.len()).map(|at| body(&sides, &maps, at)).collect();
    for (map, (key_into, given)) in maps.iter_mut().zip(given) {
        (map.key_into, map.given) = (key_into, given);
    }
    open_rings(&mut maps);
    maps.iter_mut().for_each(drop_rest);
    let carried: BTreeSet<usize> = maps.iter().map(|map| map.pair.legacy).collect();
    let filled: BTreeSet<usize> = maps.iter().map(|map| map.pair.target).collect();
    let stays = (0..sides.from.len()).filter(|at| !carried.contains(at));
    let left = stays.map(|at| (sides.from[at].table, refused.remove(&at).unwrap_or_else(|| alone(&sides, &pairs, at))));
    let left = left.collect();
    let unfilled = sides.to.iter().enumerate().filter(|(at, _)| !filled.contains(at)).map(|(_, to)| to.table).collect();
    Sketch { maps, left, unfilled }
}

fn all_names(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.tables.iter().flat_map(|table| {
        std::iter::once(table.own_name.as_str()).chain(table.columns.iter().map(|column| column.name.as_str()))
    })
}

/// Says why a table without map has none.
fn alone(sides: &Sides<'_>, pairs: &tables::Pairs, at: usize) -> String {
    match pairs.taken.get(&at) {
        Some(pair) => {
            let (target, rival) = (&sides.to[pair.target].table.name, taker(pairs, pair.target));
            let rival = rival.map_or("another table", |rival| sides.from[rival].table.name.as_str());
            format!("TODO: it looks like {target}, which {rival} takes; say why its rows stay, or write a map")
        }
        None => "TODO: no target table looks like it; say why its rows stay, or write a map".to_string(),
    }
}

fn taker(pairs: &tables::Pairs, target: usize) -> Option<usize> {
    pairs.pairs.iter().find(|pair| pair.target == target).map(|pair| pair.legacy)
}

/// Begins the map of a pair: its tables and its key, or why there can be none.
fn heads<'s>(sides: &Sides<'s>, pair: TablePair) -> Result<MapSketch<'s>, String> {
    let (legacy, target) = (sides.from[pair.legacy].table, sides.to[pair.target].table);
    if spell::table(legacy).is_none() || spell::table(target).is_none() {
        return Err("TODO: its name cannot be written in a mapping".to_string());
    }
    if target.primary_key.len() != 1 {
        return Err(format!("TODO: {} has no primary key of one column, which a map needs", target.name));
    }
    let key = key(legacy).ok_or("TODO: it has no primary or unique key by which its rows could be told apart")?;
    let (given, dropped) = (Vec::new(), Vec::new());
    Ok(MapSketch { name: String::new(), legacy, target, pair, key, key_into: None, given, dropped })
}

/// Returns the columns of the primary key, or else of a unique key without nulls.
fn key(table: &Table) -> Option<Vec<usize>> {
    let unique = table.unique_keys.iter().map(|key| &key.columns);
    let places = |key: &Vec<String>| -> Option<Vec<usize>> {
        let place = |name: &String| {
            let at = table.columns.iter().position(|column| column.name == *name)?;
            let column = &table.columns[at];
            let usable = !column.nullable && !matches!(column.ty, Type::Other(_)) && spell::name(name).is_some();
            usable.then_some(at)
        };
        key.iter().map(place).collect::<Option<Vec<usize>>>().filter(|places| !places.is_empty())
    };
    std::iter::once(&table.primary_key).chain(unique).find_map(places)
}

/// Gives every map a name of its own, after its legacy table without what stands in front of it.
fn name_maps(sides: &Sides<'_>, maps: &mut [MapSketch<'_>]) {
    let mut used = BTreeSet::new();
    for map in maps {
        let words = crate::names::words(&map.legacy.own_name);
        let wanted = &sides.from[map.pair.legacy].words[map.pair.left_out..];
        let is_wanted = |from: &usize| sides.vocabulary.words(&words[*from..].join("_")) == wanted;
        let from = (0..words.len()).find(is_wanted).unwrap_or(0);
        map.name = unique_name(&words[from..], &mut used);
    }
}

/// Returns words as a name in PascalCase that nothing else has.
pub(super) fn unique_name(words: &[String], used: &mut BTreeSet<String>) -> String {
    let capital = |word: &String| {
        let ascii: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        let (first, rest) = ascii.split_at(ascii.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    let mut name: String = words.iter().map(capital).collect();
    name.truncate(LONGEST_NAME);
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name.insert_str(0, "Table");
    }
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let names = std::iter::once(name.clone()).chain(numbered);
    names.into_iter().find(|name| used.insert(snake_case(name))).unwrap_or(name)
}

/// What is said of the target columns of a map.
type Body = (Option<usize>, Vec<(usize, Value)>);

fn body(sides: &Sides<'_>, maps: &[MapSketch<'_>], at: usize) -> Body {
    let map = &maps[at];
    let mut values: BTreeMap<usize, Value> = BTreeMap::new();
    let into = key_into(sides, map);
    references(sides, maps, at, &mut values);
    let key_into = into.filter(|(column, fits)| *fits && !values.contains_key(column)).map(|(column, _)| column);
    if let Some((column, false)) = into
        && let Way::Copy(copy) = way::way(&map.legacy.columns[map.key[0]], &map.target.columns[column])
    {
        values.entry(column).or_insert(Value::Copy { legacy: map.key[0], copy, alike: SURE });
    }
    copies(sides, map, key_into, &mut values);
    let writable = |column: &&Column| spell::name(&column.name).is_some();
    for (place, column) in map.target.columns.iter().enumerate().filter(|(_, column)| needs_value(map.target, column)) {
        if Some(place) == key_into || values.contains_key(&place) {
            continue;
        }
        let value = match &column.ty {
            _ if !writable(&column) => Value::Open("its name cannot be written in a mapping".to_string()),
            Type::Other(_) => Value::Open(format!("{} cannot be mapped; give the column a default", column.declared)),
            _ if column.nullable => Value::Null,
            Type::Uuid => Value::Uuid,
            _ => Value::Open(format!("nothing in {} looks like it", map.legacy.name)),
        };
        values.insert(place, value);
    }
    (key_into, values.into_iter().collect())
}

/// Returns the target column that remembers the legacy key, and whether a key's arrow can say so.
fn key_into(sides: &Sides<'_>, map: &MapSketch<'_>) -> Option<(usize, bool)> {
    let [key] = map.key.as_slice() else { return None };
    let own = &sides.from[map.pair.legacy];
    let (from, to) = (&own.table.columns[*key], &sides.to[map.pair.target]);
    let fits = |column: &Column| match way::way(from, column) {
        Way::Copy(copy) => Some(copy.function.is_none() && copy.both && !copy.narrow && !copy.null),
        Way::Values { .. } | Way::None(_) => None,
    };
    let is_key_word = |word: &String| ["id", "number", "key", "pk", "ser"].contains(&word.as_str());
    let remembers = |words: &Vec<String>| {
        let known = |word: &String| own.columns[*key].contains(word) || own.words.contains(word) || is_key_word(word);
        let old = |word: &String| REMEMBERS.contains(&word.as_str());
        words.len() > 1 && words.iter().any(old) && words.iter().all(|word| old(word) || known(word))
    };
    let usable = |column: &Column| column.assigned == Assigned::No && spell::name(&column.name).is_some();
    let columns = || to.table.columns.iter().enumerate().filter(|(_, column)| usable(column));
    let found =
        columns().filter(|(at, _)| remembers(&to.columns[*at])).find_map(|(at, column)| Some((at, fits(column)?)));
    let primary =
        || columns().find(|(_, column)| to.table.primary_key == [column.name.clone()] && needs_value(to.table, column));
    found.or_else(|| primary().filter(|(_, column)| fits(column) == Some(true)).map(|(at, _)| (at, true)))
}

/// Finds the legacy columns for target columns that refer to other tables.
fn references(sides: &Sides<'_>, maps: &[MapSketch<'_>], at: usize, values: &mut BTreeMap<usize, Value>) {
    let map = &maps[at];
    let from = refer::references(sides.legacy, &sides.from, map.pair.legacy);
    let to = refer::references(sides.target, &sides.to, map.pair.target);
    let mut used = BTreeSet::new();
    for (place, reference) in to.iter().enumerate() {
        let column = &map.target.columns[place];
        let Some(reference) = reference.filter(|_| column.assigned == Assigned::No) else { continue };
        if spell::name(&column.name).is_none() {
            continue;
        }
        let value = refer_to(sides, maps, at, &from, (place, reference), &used);
        used.extend(value.as_ref().and_then(Value::legacy));
        if let Some(value) = value {
            values.insert(place, value);
        }
    }
}

/// Returns the value of a target column that refers to a table; none if it may not refer to it after all.
fn refer_to(
    sides: &Sides<'_>,
    maps: &[MapSketch<'_>],
    at: usize,
    from: &[Option<Reference>],
    (place, reference): (usize, Reference),
    used: &BTreeSet<usize>,
) -> Option<Value> {
    let (map, column) = (&maps[at], &maps[at].target.columns[place]);
    let table = sides.to[reference.table].table;
    let open = |words: String| (reference.declared && needs_value(map.target, column)).then_some(Value::Open(words));
    let Some(other) = maps.iter().position(|other| other.pair.target == reference.table) else {
        return open(format!("it refers to {}, which no map fills; `lookup` finds a row that is there", table.name));
    };
    let key = match maps[other].key.as_slice() {
        [key] => &maps[other].legacy.columns[*key],
        _ => return open(format!("it refers to rows of `{}`, whose legacy key has several columns", maps[other].name)),
    };
    let rank = |legacy: usize| {
        let source = &map.legacy.columns[legacy];
        let usable = refer::is_same_kind(&source.ty, &key.ty) && spell::name(&source.name).is_some();
        let names = alike(sides, map, legacy, place);
        let refers = from[legacy].is_some_and(|known| known.table == maps[other].pair.legacy);
        let rank = if refers { 70 + names * 3 / 10 } else { names.saturating_sub(5) };
        let own_key = map.key == [legacy] && !refers;
        (usable && !own_key && !used.contains(&legacy)).then_some((rank, std::cmp::Reverse(legacy)))
    };
    let best = (0..map.legacy.columns.len()).filter_map(rank).max();
    let Some((rank, std::cmp::Reverse(legacy))) = best.filter(|(rank, _)| *rank >= REFERS) else {
        return open(format!("it is the key of a row of `{}`: which column has the old key?", maps[other].name));
    };
    let key_type = refer::key_type(&sides.to[reference.table])?;
    match way::reference(&map.legacy.columns[legacy], key_type, column) {
        Some(copy) => Some(Value::Reference { legacy, map: other, copy, alike: rank }),
        None => open(format!("it refers to {}, whose key is of another type", table.name)),
    }
}

fn alike(sides: &Sides<'_>, map: &MapSketch<'_>, legacy: usize, target: usize) -> u32 {
    let (from, to) = (&sides.from[map.pair.legacy], &sides.to[map.pair.target]);
    super::names::likeness(&from.columns[legacy], &to.columns[target])
}

/// Finds the legacy columns for the other target columns.
fn copies(sides: &Sides<'_>, map: &MapSketch<'_>, key_into: Option<usize>, values: &mut BTreeMap<usize, Value>) {
    let used: BTreeSet<usize> = values.values().filter_map(Value::legacy).collect();
    let mut candidates = columns::candidates(&sides.from[map.pair.legacy], &sides.to[map.pair.target]);
    candidates.retain(|pair| {
        let is_key = map.key.contains(&pair.legacy);
        let free = Some(pair.target) != key_into && !values.contains_key(&pair.target) && !used.contains(&pair.legacy);
        let (from, to) = (&map.legacy.columns[pair.legacy], &map.target.columns[pair.target]);
        let named = spell::name(&from.name).is_some() && spell::name(&to.name).is_some();
        free && named && !(is_key && (key_into.is_some() || pair.alike < SURE))
    });
    for pair in columns::chosen(candidates) {
        let (from, to) = (&map.legacy.columns[pair.legacy], &map.target.columns[pair.target]);
        let (legacy, alike) = (pair.legacy, pair.alike);
        let value = match way::way(from, to) {
            Way::Copy(copy) => Value::Copy { legacy, copy, alike },
            Way::Values { null } => Value::Values { legacy, null, alike },
            Way::None(why) => Value::Open(format!("it looks like {}, but {why}", from.name)),
        };
        values.insert(pair.target, value);
    }
}

/// Takes references out that would make maps wait for each other's keys.
fn open_rings(maps: &mut [MapSketch<'_>]) {
    let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); maps.len()];
    for at in 0..maps.len() {
        for place in 0..maps[at].given.len() {
            let (column, Value::Reference { map: other, legacy, .. }) = maps[at].given[place].clone() else { continue };
            if !reaches(&needs, other, at) {
                needs[at].insert(other);
                continue;
            }
            let what = match other == at {
                true => "rows of the same map".to_string(),
                false => format!("`{}`, which needs the keys of this map", maps[other].name),
            };
            let name = &maps[at].legacy.columns[legacy].name;
            maps[at].given[place] = (column, Value::Open(format!("{name} refers to {what}: that cannot be said yet")));
        }
    }
}

/// Returns whether one map is another or waits for it.
fn reaches(needs: &[BTreeSet<usize>], from: usize, to: usize) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(&needs[at]);
        }
    }
    false
}

/// Legacy columns that no rule takes are dropped.
fn drop_rest(map: &mut MapSketch<'_>) {
    let used: BTreeSet<usize> = map.given.iter().filter_map(|(_, value)| value.legacy()).collect();
    let rest = (0..map.legacy.columns.len()).filter(|at| !used.contains(at) && !map.key.contains(at));
    map.dropped = rest.collect();
}
