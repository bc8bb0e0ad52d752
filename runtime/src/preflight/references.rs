//! What rows refer to while nothing is written: rows that are migrated already, and rows that would be.

use super::planned::{Outcome, PlannedRow, Plans, key_to_come};
use crate::connection::Connection;
use crate::entries::{self, State};
use crate::error::RunError;
use crate::fingerprint::{self, PrintMap};
use crate::links::{find, found, link_to, load_lookup};
use crate::step::{Link, LinkSpec, Step, StepSpec};
use crate::value::{Key, Kind, Value};
use uuid::Uuid;

/// The links of a step.
pub(super) struct References<'a> {
    /// Name of the step.
    step: String,
    sources: Vec<Source<'a>>,
}

enum Source<'a> {
    /// Rows of a step in a role.
    Rows { spec: &'a StepSpec, role: usize, begun: bool, own: bool },
    /// A lookup table by fingerprint of the columns compared, and the kind of what is looked up there.
    Lookup(PrintMap<Link>, Kind),
}

/// What a link comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// What a run would be told.
    Known(Link),
    /// The key of a row that would be written: what stands for it, and its kind.
    ToCome(Value, Kind),
    /// The row is rejected, or would be: name of its map, and kind of the key that it will not get.
    Refused(String, Kind),
    /// An own row that was not asked yet.
    Open,
}

/// What the target knows about references, for each link by fingerprint of the legacy key.
pub(super) type Known = Vec<PrintMap<Answer>>;

impl<'a> References<'a> {
    /// Loads the lookup tables and finds the steps referred to; those of `begun` have a map table.
    pub(super) fn load(
        target: &mut dyn Connection,
        spec: &'a StepSpec,
        steps: &'a [Box<dyn Step>],
        begun: &[&StepSpec],
    ) -> Result<References<'a>, RunError> {
        let has_begun = |name: &str| begun.iter().any(|begun| begun.name == name);
        let sources = spec.links.iter().map(|link| match link {
            LinkSpec::Reference { step, target: role } => Ok(Source::Rows {
                spec: find(steps, step, &spec.name)?,
                role: *role,
                begun: has_begun(step),
                own: *step == spec.name,
            }),
            LinkSpec::Lookup { table, result, kind, by } => {
                Ok(Source::Lookup(load_lookup(target, table, (result, *kind), by)?, *kind))
            }
        });
        Ok(References { step: spec.name.clone(), sources: sources.collect::<Result<_, RunError>>()? })
    }

    /// Asks the target for all references of a page at once.
    pub(super) fn ask<'k>(
        &self,
        target: &mut dyn Connection,
        asked: impl Iterator<Item = &'k [Option<Key>]> + Clone,
    ) -> Result<Known, RunError> {
        let mut known = Vec::with_capacity(self.sources.len());
        for (at, source) in self.sources.iter().enumerate() {
            known.push(match source {
                Source::Rows { spec, role, begun: true, .. } => {
                    migrated(target, spec, *role, asked.clone().filter_map(|keys| keys[at].as_ref()))?
                }
                Source::Rows { .. } | Source::Lookup(..) => PrintMap::default(),
            });
        }
        Ok(known)
    }

    /// Returns the answers for one row.
    pub(super) fn answer(&self, plans: &Plans, known: &Known, keys: &[Option<Key>]) -> Result<Vec<Answer>, RunError> {
        let answer = |(at, key): (usize, &Option<Key>)| {
            let Some(key) = key else { return Ok(Answer::Known(Link::Null)) };
            let print = fingerprint::of(key);
            let (spec, role, own) = match &self.sources[at] {
                Source::Lookup(table, kind) => {
                    return Ok(looked_up(table.get(&print), plans.looked_up(&self.step, at, print), *kind));
                }
                Source::Rows { spec, role, own, .. } => (*spec, *role, *own),
            };
            let kind = spec.targets[role].key.kind;
            Ok(match plans.outcome(&spec.name, role, print)? {
                Some(Outcome::Migrated) => Answer::ToCome(key_to_come(&spec.name, role, print), kind),
                Some(Outcome::Without) => Answer::Known(Link::Null),
                Some(Outcome::Found(key)) => Answer::Known(found(&key)),
                Some(Outcome::Rejected) => Answer::Refused(spec.name.clone(), kind),
                None => match known[at].get(&print) {
                    Some(answer) => answer.clone(),
                    None if own => Answer::Open,
                    None => Answer::Known(Link::Missing),
                },
            })
        };
        keys.iter().enumerate().map(answer).collect()
    }

    /// Returns the fingerprints of own rows that a row refers to.
    pub(super) fn own_keys(&self, keys: &[Option<Key>]) -> Vec<u128> {
        let own = self.sources.iter().zip(keys).filter(|(source, _)| matches!(source, Source::Rows { own: true, .. }));
        own.filter_map(|(_, key)| key.as_ref()).map(fingerprint::of).collect()
    }
}

impl Answer {
    /// Returns the link as the conversion is told it; `other` gives another key where there is none yet.
    pub(super) fn link(&self, other: bool) -> Link {
        match self {
            Answer::Known(link) => link.clone(),
            Answer::ToCome(_, kind) => Link::Found(some_key(*kind, other)),
            Answer::Refused(..) | Answer::Open => Link::Missing,
        }
    }

    /// Returns the link as if a row that is rejected were there.
    pub(super) fn mended(&self) -> Link {
        match self {
            Answer::Refused(_, kind) => Link::Found(some_key(*kind, false)),
            other => other.link(false),
        }
    }
}

/// Returns what a lookup comes to, by the rows that are there and those that steps before would write.
fn looked_up(there: Option<&Link>, planned: Option<&PlannedRow>, kind: Kind) -> Answer {
    match (there, planned) {
        (there, None) => Answer::Known(there.cloned().unwrap_or(Link::Missing)),
        (Some(_), Some(_)) | (None, Some(PlannedRow::Several)) => Answer::Known(Link::Ambiguous),
        (None, Some(PlannedRow::Value(value))) => Answer::Known(Link::Found(value.clone())),
        (None, Some(PlannedRow::ToCome(key))) => Answer::ToCome(key.clone(), kind),
    }
}

fn migrated<'k>(
    target: &mut dyn Connection,
    spec: &StepSpec,
    role: usize,
    keys: impl Iterator<Item = &'k Key>,
) -> Result<PrintMap<Answer>, RunError> {
    let answer = |state: State, key: &Value| match state {
        State::Rejected => Answer::Refused(spec.name.clone(), spec.targets[role].key.kind),
        State::Migrated | State::Found => Answer::Known(link_to(spec, role, state, key)),
    };
    let settled = entries::targets_of(target, spec, role, keys)?.into_iter();
    Ok(settled.map(|(print, (state, key))| (print, answer(state, &key))).collect())
}

/// Returns a key that any table could have.
fn some_key(kind: Kind, other: bool) -> Value {
    let number = if other { 2 } else { 1 };
    match kind {
        Kind::Boolean => Value::Boolean(other),
        Kind::Integer | Kind::Whole => Value::Integer(number),
        Kind::Decimal => Value::Decimal(number.to_string()),
        Kind::Float => Value::Float(number as f64),
        Kind::Text => Value::Text(number.to_string()),
        Kind::Bytes => Value::Bytes(vec![number as u8]),
        Kind::Uuid => Value::Uuid(Uuid::from_u128(number as u128)),
        Kind::Date => Value::Date(day(other).date()),
        Kind::DateTime => Value::DateTime(day(other)),
        Kind::Instant => Value::Instant(day(other)),
        Kind::Time => Value::Time(day(other).time()),
    }
}

fn day(other: bool) -> chrono::NaiveDateTime {
    let time = chrono::DateTime::from_timestamp(if other { 90_061 } else { 0 }, 0);
    time.unwrap_or_default().naive_utc()
}
