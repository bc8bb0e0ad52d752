//! Resolves what a batch of legacy rows refers to: keys of rows that a step migrated, and rows of target tables that
//! are looked up by their values.

use crate::connection::Connection;
use crate::entries::{self, State, rows};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap};
use crate::operators::fold;
use crate::statements::Sql;
use crate::step::{Link, LinkSpec, LookupColumn, Step, StepSpec};
use crate::value::{Key, Kind, Value};

/// The links of a step, ready to be resolved.
pub(crate) struct Links<'a> {
    sources: Vec<Source<'a>>,
}

enum Source<'a> {
    /// Another step's entries: its spec, index of the target.
    Other(&'a StepSpec, usize),
    /// The step's own entries.
    Own(&'a StepSpec, usize),
    /// A lookup table by fingerprint of the columns compared.
    Lookup(PrintMap<Link>),
}

/// What is known about references, for each link by fingerprint of the legacy key.
pub(crate) struct Answers {
    known: Vec<PrintMap<Link>>,
}

impl<'a> Links<'a> {
    /// Loads the lookup tables and finds the steps referred to.
    pub(crate) fn load(
        target: &mut dyn Connection,
        spec: &'a StepSpec,
        steps: &'a [Box<dyn Step>],
    ) -> Result<Links<'a>, RunError> {
        let sources = spec.links.iter().map(|link| match link {
            LinkSpec::Reference { step, target } if step == &spec.name => Ok(Source::Own(spec, *target)),
            LinkSpec::Reference { step, target } => Ok(Source::Other(find(steps, step, &spec.name)?, *target)),
            LinkSpec::Lookup { table, result, kind, by } => {
                Ok(Source::Lookup(load_lookup(target, table, (result, *kind), by)?))
            }
        });
        Ok(Links { sources: sources.collect::<Result<_, RunError>>()? })
    }

    /// Returns whether rows of this step refer to others of it.
    pub(crate) fn refer_to_own(&self) -> bool {
        self.sources.iter().any(|source| matches!(source, Source::Own(..)))
    }

    /// Asks for all references of a batch at once.
    pub(crate) fn ask<'k>(
        &self,
        target: &mut dyn Connection,
        asked: impl Iterator<Item = &'k [Option<Key>]> + Clone,
    ) -> Result<Answers, RunError> {
        let mut known = Vec::with_capacity(self.sources.len());
        for (at, source) in self.sources.iter().enumerate() {
            known.push(match source {
                Source::Other(spec, role) | Source::Own(spec, role) => {
                    references(target, spec, *role, asked.clone().filter_map(|keys| keys[at].as_ref()))?
                }
                Source::Lookup(_) => PrintMap::default(),
            });
        }
        Ok(Answers { known })
    }

    /// Returns the answers for one row; `None` where an own row is asked for that is not settled.
    pub(crate) fn answer(&self, answers: &Answers, keys: &[Option<Key>]) -> Vec<Option<Link>> {
        let answer = |(at, key): (usize, &Option<Key>)| {
            let Some(key) = key else { return Some(Link::Null) };
            let print = fingerprint::of(key);
            match &self.sources[at] {
                Source::Other(..) => Some(answers.known[at].get(&print).cloned().unwrap_or(Link::Missing)),
                Source::Own(..) => answers.known[at].get(&print).cloned(),
                Source::Lookup(table) => Some(table.get(&print).cloned().unwrap_or(Link::Missing)),
            }
        };
        keys.iter().enumerate().map(answer).collect()
    }

    /// Returns the fingerprints of own rows that a row refers to.
    pub(crate) fn own_keys(&self, keys: &[Option<Key>]) -> Vec<u128> {
        let own = self.sources.iter().zip(keys).filter(|(source, _)| matches!(source, Source::Own(..)));
        own.filter_map(|(_, key)| key.as_ref()).map(fingerprint::of).collect()
    }

    /// Takes in what became of an own row of the open batch.
    pub(crate) fn learn(&self, answers: &mut Answers, key: u128, state: State, keys: &[Value]) {
        for (source, known) in self.sources.iter().zip(&mut answers.known) {
            if let Source::Own(spec, role) = source {
                known.insert(key, keys.get(*role).map_or(Link::Missing, |key| link_to(spec, *role, state, key)));
            }
        }
    }
}

/// Returns the spec of a step by name.
pub(crate) fn find<'a>(steps: &'a [Box<dyn Step>], name: &str, from: &str) -> Result<&'a StepSpec, RunError> {
    let mut specs = steps.iter().map(|step| step.spec());
    specs
        .find(|spec| spec.name == name)
        .ok_or_else(|| RunError::UnknownStep { map: from.to_string(), step: name.to_string() })
}

fn references<'k>(
    target: &mut dyn Connection,
    spec: &StepSpec,
    role: usize,
    keys: impl Iterator<Item = &'k Key>,
) -> Result<PrintMap<Link>, RunError> {
    let settled = entries::targets_of(target, spec, role, keys)?.into_iter();
    Ok(settled.map(|(print, (state, key))| (print, link_to(spec, role, state, &key))).collect())
}

/// Returns what a reference to a settled row comes to; `key` is that of its row in the target.
pub(crate) fn link_to(spec: &StepSpec, role: usize, state: State, key: &Value) -> Link {
    match state {
        // The condition of that target did not hold: there is no row, and nothing is missing.
        State::Migrated if spec.targets[role].conditional && key.is_null() => Link::Null,
        State::Migrated | State::Found => found(key),
        State::Rejected => Link::Missing,
    }
}

/// A row that was found has a key in one role only.
pub(crate) fn found(key: &Value) -> Link {
    if key.is_null() { Link::Missing } else { Link::Found(key.clone()) }
}

/// Loads a table in which rows are looked up, by fingerprint of the columns compared.
pub(crate) fn load_lookup(
    target: &mut dyn Connection,
    table: &str,
    (result, kind): (&str, Kind),
    by: &[LookupColumn],
) -> Result<PrintMap<Link>, RunError> {
    let dialect = target.dialect();
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.result(&dialect.quote(result), kind);
    for column in by {
        sql.result(&dialect.quote(&column.column), column.kind);
    }
    sql.push(" FROM ").name(table);
    let statement = sql.done();
    let mut lookup = PrintMap::default();
    for mut row in rows(target, &statement).on(Side::Target)? {
        let key = row.split_off(1);
        if key.iter().any(Value::is_null) {
            continue; // Null equals nothing.
        }
        let key: Vec<Value> = key.into_iter().zip(by).map(|(value, column)| folded(value, column.fold)).collect();
        let link = Link::Found(row.remove(0));
        lookup.entry(fingerprint::of(&key)).and_modify(|link| *link = Link::Ambiguous).or_insert(link);
    }
    Ok(lookup)
}

/// Returns the value as it is compared.
pub(crate) fn folded(value: Value, folds: bool) -> Value {
    match value {
        Value::Text(text) if folds => Value::Text(fold(&text)),
        other => other,
    }
}
