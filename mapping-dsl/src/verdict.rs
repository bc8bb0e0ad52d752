//! What of a map can come back, and why: *put*, whether a legacy row that is still there can be brought up to date from its
//! target rows, and *create*, whether one can be made anew from its target rows alone. Both are about the rows that the map
//! carries, and both are composed of the classes that the plan has. `cutover explain` shows the proof, `require
//! reversible(…)` asks for it.

mod create;
mod data;
mod operator;
mod put;
mod reads;
mod rules;

use crate::plan::{Class, Plan, Step};
use reads::Map;
use serde::Serialize;
use std::fmt;

/// The proof of one map: its rules, and the two verdicts that follow from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Name of the map.
    pub map: String,
    /// Line in the mapping.
    pub line: usize,
    /// The weakest class of its rules.
    #[serde(serialize_with = "as_word")]
    pub class: Class,
    /// Whether a legacy row that is still there can be brought up to date from its target rows.
    pub put: Verdict,
    /// Whether a legacy row can be made anew from its target rows alone.
    pub create: Verdict,
    /// Which legacy rows have no target rows at all, so that neither verdict speaks of them.
    pub stay: Vec<Stay>,
    /// Its rules, in the order of targets.
    pub rules: Vec<RuleProof>,
}

/// How far something can come back. A whole is as good as its worst part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Wholly.
    Exact,
    /// Up to what is named as lost.
    UpTo,
    /// Not.
    Not,
}

/// An answer with its grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// What is lost: what lowered the answer.
    pub lost: Vec<Lost>,
    /// What must hold of the rows for the answer to be right, which only the data can tell.
    pub only_if: Vec<OnlyIf>,
}

/// Something that does not come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// What it is: a legacy column for *create*, a target column for *put*, else in words.
    pub what: String,
    /// The operator that loses it, as a mapping writes it; none where it is no operator, but the shape of the map.
    pub operator: Option<String>,
    /// How it is lost.
    pub why: String,
    /// Line in the mapping of what loses it.
    pub line: usize,
    /// Whether there is no answer at all without it, such as a legacy column that has to have a value.
    pub needed: bool,
    /// Whether a part of the value comes back.
    pub in_part: bool,
    /// What the author could write instead.
    pub remedy: Option<String>,
}

/// A condition that only the data can decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OnlyIf {
    /// The condition.
    pub what: String,
    /// Line in the mapping of what it belongs to.
    pub line: usize,
}

/// Legacy rows that a map does not carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// Which.
    pub what: String,
    /// Line in the mapping.
    pub line: usize,
}

/// What is known of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleProof {
    /// Target and column.
    pub column: String,
    /// The left side as written.
    pub rule: String,
    /// The claim.
    pub arrow: &'static str,
    /// Its class.
    #[serde(serialize_with = "as_word")]
    pub class: Class,
    /// The part that the class is due to.
    pub because: Option<String>,
    /// How the value goes back.
    pub inverse: String,
    /// What has to hold of rows that the schemas do not tell: on the way there a rejection, on the way back a check.
    pub obligations: Vec<String>,
    /// Line in the mapping.
    pub line: usize,
}

impl Verdict {
    fn new(lost: Vec<Lost>, mut only_if: Vec<OnlyIf>) -> Verdict {
        only_if.sort_by(|left, right| (left.line, &left.what).cmp(&(right.line, &right.what)));
        only_if.dedup();
        let each = lost.iter().map(|lost| if lost.needed { Answer::Not } else { Answer::UpTo });
        Verdict { answer: each.max().unwrap_or(Answer::Exact), lost, only_if }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |lost: &mut dyn Iterator<Item = &Lost>| {
            let mut names: Vec<&str> = lost.map(|lost| lost.what.as_str()).collect();
            let more = names.len().saturating_sub(SHOWN);
            names.truncate(SHOWN);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            names.join(", ") + &rest
        };
        match self.answer {
            Answer::Exact => out.write_str("exact")?,
            Answer::UpTo => write!(out, "up to {}", named(&mut self.lost.iter()))?,
            Answer::Not => write!(out, "not: {}", named(&mut self.lost.iter().filter(|lost| lost.needed)))?,
        }
        match self.only_if.len() {
            _ if self.answer == Answer::Not => Ok(()),
            0 => Ok(()),
            1 => out.write_str(", on 1 condition"),
            more => write!(out, ", on {more} conditions"),
        }
    }
}

impl Lost {
    /// Returns what is lost and how, in one line.
    pub fn words(&self) -> String {
        match &self.operator {
            Some(operator) => format!("{}: `{operator}`: {}", self.what, self.why),
            None => format!("{}: {}", self.what, self.why),
        }
    }
}

/// So many names stand in one line.
const SHOWN: usize = 4;

/// Returns the proof of a step.
pub fn prove(plan: &Plan, step: &Step) -> Proof {
    let map = Map::new(plan, step);
    Proof {
        map: step.name.clone(),
        line: step.line,
        class: step.class(),
        put: put::verdict(&map),
        create: create::verdict(&map),
        stay: stay(step),
        rules: rules::proofs(&map),
    }
}

fn stay(step: &Step) -> Vec<Stay> {
    let filtered = step.scope.is_some() || !step.read.required.is_empty();
    let scope = filtered.then(|| Stay { what: "rows for which `where` does not hold".to_string(), line: step.line });
    let branches = step.no_target.map(|reason| Stay {
        what: "rows for which no `when` holds; they are rejected".to_string(),
        line: step.reasons[reason].line,
    });
    scope.into_iter().chain(branches).collect()
}

fn as_word<S: serde::Serializer>(class: &Class, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(class)
}
