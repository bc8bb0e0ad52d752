//! Expressions as SQL. A translation has two halves: the value, and the conditions under which the runtime would reject
//! the row while computing it. What a dialect cannot say with the same meaning is noted as [`Unsupported`].

mod compare;
mod convert;
mod function;
mod pattern;
pub(crate) mod regex;
mod to_come;

pub(crate) use compare::Side;

use super::dialect::SqlDialect;
use super::read;
use cutover_mapping_dsl::plan::{self, Expr, ExprKind, Generated, LinkKind, Literal, LookedInto, OnZero, Plan, Step};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;
use std::fmt;

/// A part of a step that a dialect cannot express with the meaning of the runtime.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsupported {
    /// Line in the mapping.
    pub line: usize,
    /// What it is, such as `time zone America/Toronto`.
    pub what: String,
    /// Name of the mapping's file.
    pub file: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({}:{})", self.what, self.file, self.line)
    }
}

/// An expression in SQL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragment {
    /// Its value; anything where the row is rejected.
    pub(crate) value: String,
    /// Conditions that are true or false, never null: the row is rejected if one is true.
    pub(crate) rejects: Vec<String>,
}

impl Fragment {
    fn of(value: impl Into<String>) -> Fragment {
        Fragment { value: value.into(), rejects: Vec::new() }
    }

    /// The same rejections with another value.
    fn map(self, change: impl FnOnce(&str) -> String) -> Fragment {
        Fragment { value: change(&self.value), rejects: self.rejects }
    }

    fn rejecting(mut self, condition: String) -> Fragment {
        self.rejects.push(condition);
        self
    }
}

/// Translates the expressions of one step into one dialect.
pub(crate) struct Translator<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) step: &'a Step,
    pub(crate) dialect: &'a dyn SqlDialect,
    /// Line of the rule that is being translated.
    pub(crate) line: usize,
    /// Alias of the table that holds the keys of the step's target rows.
    pub(crate) keys: &'static str,
    /// What could not be translated so far.
    pub(crate) unsupported: Vec<Unsupported>,
    /// The only reason whose rejections count, where a question is about one of them; none where all count.
    pub(crate) focus: Option<usize>,
    /// Whether one question is asked before anything is migrated: references are looked for on the legacy side, and what
    /// cannot be said is marked where it stands, so that it prevents nothing where nobody needs it.
    pub(crate) marks: bool,
    /// What could not be translated although no mark stands for it: indexes into `unsupported`.
    pub(crate) unmarked: Vec<usize>,
}

impl<'a> Translator<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        step: &'a Step,
        dialect: &'a dyn SqlDialect,
        keys: &'static str,
    ) -> Translator<'a> {
        let (line, unsupported, unmarked) = (step.line, Vec::new(), Vec::new());
        Translator { plan, step, dialect, line, keys, unsupported, focus: None, marks: false, unmarked }
    }

    /// Translates an expression that stands on a line of the mapping.
    pub(crate) fn at(&mut self, line: usize, expr: &Expr) -> Fragment {
        self.line = line;
        self.translate(expr)
    }

    /// Returns what could not be translated: each once, in the order of lines.
    pub(crate) fn finish(mut self) -> Vec<Unsupported> {
        self.unsupported.sort();
        self.unsupported.dedup();
        self.unsupported
    }

    /// Translates a boolean expression that stands on a line of the mapping into a condition.
    pub(crate) fn ask_at(&mut self, line: usize, expr: &Expr) -> Fragment {
        self.line = line;
        self.ask(expr)
    }

    /// Translates an expression into a value.
    pub(crate) fn translate(&mut self, expr: &Expr) -> Fragment {
        let fragment = self.spelled(expr);
        match is_condition(expr) {
            true => fragment.map(|condition| self.dialect.truth(condition)),
            false => fragment,
        }
    }

    /// Translates a boolean expression into a condition.
    pub(crate) fn ask(&mut self, expr: &Expr) -> Fragment {
        let fragment = self.spelled(expr);
        match is_condition(expr) {
            true => fragment,
            false => fragment.map(|value| self.dialect.condition(value)),
        }
    }

    /// Translates an expression into what comes by itself: a condition or a value, see [`is_condition`].
    fn spelled(&mut self, expr: &Expr) -> Fragment {
        match &expr.kind {
            ExprKind::Legacy { column, on_zero, malformed } => self.legacy(*column, *on_zero, *malformed),
            ExprKind::Literal(literal) => Fragment::of(self.literal(literal, &expr.ty)),
            ExprKind::Exists(exists) => Fragment::of(self.exists(*exists)),
            ExprKind::Call(function, arguments) => self.call(*function, arguments, expr),
            ExprKind::Given { function, .. } => {
                let name = crate::comment::line(&self.plan.functions[*function].name);
                Fragment::of(self.cannot(format!("{name}(), which is given in Rust")))
            }
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right, &expr.ty),
            ExprKind::Compare(comparison, left, right) => self.compare(*comparison, left, right),
            ExprKind::And(left, right) => self.joined(left, "AND", right),
            ExprKind::Or(left, right) => self.joined(left, "OR", right),
            ExprKind::Not(inner) => self.ask(inner).map(|inner| format!("(NOT {inner})")),
            ExprKind::Fits(subject, patterns) => self.fits(subject, patterns),
            ExprKind::Match { subject, arms } => self.matched(subject, arms, &expr.ty),
            ExprKind::Through { map, argument, reject } => self.through(*map, argument, *reject),
            ExprKind::Restrict { argument, patterns, reject } => self.restrict(argument, patterns, *reject),
            ExprKind::Convert(conversion, inner) => self.convert(conversion, inner),
            ExprKind::Link { link, missing, ambiguous } => match self.marks {
                false => self.link(*link),
                true => self.link_to_come(*link, (*missing, *ambiguous)),
            },
            ExprKind::Sibling(target) => Fragment::of(self.sibling(*target)),
            ExprKind::Generated(Generated::Uuid) => Fragment::of(self.dialect.random_uuid()),
        }
    }

    /// Notes that something cannot be said; the value stands for nothing.
    pub(crate) fn cannot(&mut self, what: impl Into<String>) -> String {
        let (line, file) = (self.line, crate::comment::line(&self.plan.file));
        self.unsupported.push(Unsupported { line, what: what.into(), file: file.into_owned() });
        match self.marks {
            true => format!("NULL {}", mark(self.unsupported.len() - 1)),
            false => "NULL".to_string(),
        }
    }

    /// Notes that something cannot be said which is no value of its own.
    pub(crate) fn cannot_at_all(&mut self, what: impl Into<String>) {
        self.cannot(what);
        self.unmarked.push(self.unsupported.len() - 1);
    }

    /// Returns what prevents some SQL: what is marked in it, and what no mark stands for.
    pub(crate) fn prevents(&self, sql: &str) -> Vec<Unsupported> {
        let needed = |at: &usize| self.unmarked.contains(at) || sql.contains(&mark(*at));
        let mut needed: Vec<Unsupported> =
            (0..self.unsupported.len()).filter(needed).map(|at| self.unsupported[at].clone()).collect();
        needed.sort();
        needed.dedup();
        needed
    }

    /// Runs a translation; where it comes to nothing that rejects, it does not matter that something could not be said.
    pub(crate) fn rejects_of(&mut self, translate: impl FnOnce(&mut Self) -> Vec<String>) -> Vec<String> {
        let before = self.unmarked.len();
        let rejects = translate(self);
        if rejects.is_empty() && self.focus.is_some() {
            self.unmarked.truncate(before);
        }
        rejects
    }

    /// Returns a column of the legacy row as it is, with its alias.
    pub(crate) fn legacy_column(&self, column: usize) -> String {
        let column = &self.step.read.columns[column];
        read::qualified(self.dialect, &column.alias, &column.column)
    }

    /// Returns whether rejections for a reason count.
    pub(crate) fn asks(&self, reason: usize) -> bool {
        self.focus.is_none_or(|focus| focus == reason)
    }

    /// Where one reason is asked about: a condition for rows that the inner part has not rejected for another one.
    fn not_before(&mut self, inner: &Expr, condition: String) -> String {
        let Some(focus) = self.focus.take() else { return condition };
        let before = self.translate(inner).rejects;
        self.focus = Some(focus);
        match before.is_empty() {
            true => condition,
            false => {
                let before: Vec<String> = before.iter().map(|rejected| format!("NOT ({rejected})")).collect();
                format!("({} AND {condition})", before.join(" AND "))
            }
        }
    }

    fn legacy(&mut self, index: usize, on_zero: OnZero, reason: usize) -> Fragment {
        let column = &self.step.read.columns[index];
        let table = read::table_of(self.step, &column.alias);
        let sql = read::legacy_value(self.plan, self.dialect, table, &column.alias, &column.column);
        let guarded = |condition: String| match column.nullable {
            true => format!("({sql} IS NOT NULL AND {condition})"),
            false => condition,
        };
        let zero = may_be_zero(&column.ty).then(|| self.dialect.zero_date(&sql)).flatten();
        let malformed = self.dialect.malformed(&sql, &column.ty).filter(|_| self.asks(reason));
        let value = match &column.ty {
            Type::Enum(_) => self.dialect.listed_as_text(&sql),
            _ => sql.clone(),
        };
        match (zero, on_zero) {
            (None, _) => rejecting(Fragment::of(value), malformed.map(guarded)),
            (Some(zero), OnZero::Null) => {
                let malformed = malformed.map(|malformed| guarded(format!("({malformed} AND NOT {zero})")));
                rejecting(Fragment::of(format!("CASE WHEN NOT {zero} THEN {value} END")), malformed)
            }
            (Some(zero), OnZero::Reject(reason)) => {
                // Each row has one reason.
                let malformed = match self.focus {
                    Some(_) => malformed.map(|malformed| format!("({malformed} AND NOT {zero})")),
                    None => malformed,
                };
                let zero = Some(zero).filter(|_| self.asks(reason));
                rejecting(rejecting(Fragment::of(value), zero.map(&guarded)), malformed.map(guarded))
            }
        }
    }

    pub(crate) fn literal(&mut self, literal: &Literal, ty: &Type) -> String {
        match literal {
            Literal::Null => self.dialect.null(ty),
            Literal::Boolean(value) => self.dialect.boolean(*value).to_string(),
            Literal::Integer(number) if !self.dialect.holds(*number) => self.cannot(format!("the number {number}")),
            Literal::Integer(number) if *number < 0 => format!("({number})"),
            Literal::Integer(number) => number.to_string(),
            Literal::Decimal(digits) if digits.starts_with('-') => format!("({digits})"),
            Literal::Decimal(digits) => digits.clone(),
            Literal::Text(text) if text.contains('\0') && self.dialect.dialect() == Dialect::PostgreSql => {
                self.cannot("a text with the character U+0000")
            }
            Literal::Text(text) => self.dialect.text(text),
            Literal::Date(date) => self.dialect.date(date),
            Literal::DateTime(time) if matches!(ty, Type::Instant { .. }) => self.dialect.instant(time),
            Literal::DateTime(time) => self.dialect.date_time(time),
        }
    }

    pub(crate) fn exists(&mut self, index: usize) -> String {
        let exists = &self.step.read.exists[index];
        let table = |looked: &LookedInto| read::legacy_table(self.plan, self.dialect, &looked.table, &looked.alias);
        let tables: Vec<String> = exists.tables.iter().map(table).collect();
        let conditions = self.conditions(&exists.tables, &exists.on);
        format!("EXISTS (SELECT 1 FROM {} WHERE {})", tables.join(", "), conditions.join(" AND "))
    }

    fn joined(&mut self, left: &Expr, operator: &str, right: &Expr) -> Fragment {
        let (left, mut right) = (self.ask(left), self.ask(right));
        let mut rejects = left.rejects;
        rejects.append(&mut right.rejects);
        Fragment { value: format!("({} {operator} {})", left.value, right.value), rejects }
    }

    fn sibling(&self, target: usize) -> String {
        let column = crate::names::target_key_column(&self.step.targets[target].role);
        read::qualified(self.dialect, self.keys, &column)
    }

    /// The answer to a link. A row is rejected when the key is not null and there is no answer, or more than one.
    fn link(&mut self, index: usize) -> Fragment {
        let link: &plan::Link = &self.step.links[index];
        let key: Vec<Fragment> = link.key.iter().map(|key| self.translate(key)).collect();
        let given: Vec<String> = key.iter().map(|key| format!("{} IS NOT NULL", key.value)).collect();
        let rejects: Vec<String> = key.into_iter().flat_map(|key| key.rejects).collect();
        let (value, failed) = match &link.kind {
            LinkKind::Reference { step, target } => self.reference(index, step, *target),
            LinkKind::Lookup { .. } => self.lookup(index),
        };
        let failed = format!("({} AND {failed})", given.join(" AND "));
        Fragment { value, rejects }.rejecting(failed)
    }

    fn reference(&mut self, link: usize, step: &str, target: usize) -> (String, String) {
        let step = read::step(self.plan, step);
        let column = crate::names::target_key_column(&step.targets[target].role);
        let alias = crate::names::link_alias(link);
        let value = read::qualified(self.dialect, &alias, &column);
        let state = read::qualified(self.dialect, &alias, "state");
        let missing = match step.targets[target].when {
            // Where the condition did not hold there is no row, and nothing is missing.
            Some(_) => {
                let without = self.dialect.is_not_true(&format!("({state} = 'migrated')"));
                format!("({value} IS NULL AND {without})")
            }
            None => format!("{value} IS NULL"),
        };
        (value, missing)
    }

    fn lookup(&mut self, index: usize) -> (String, String) {
        let LinkKind::Lookup { result, .. } = &self.step.links[index].kind else {
            unreachable!("the caller has looked at the kind")
        };
        let from = self.lookup_from(index);
        let result = read::qualified(self.dialect, &crate::names::link_alias(index), result);
        let value = self.dialect.first(&result, &from);
        (value, format!("(SELECT COUNT(*) {from}) <> 1"))
    }

    fn lookup_from(&mut self, index: usize) -> String {
        let link = &self.step.links[index];
        let LinkKind::Lookup { table, by, .. } = &link.kind else { unreachable!("the caller has looked at the kind") };
        let alias = crate::names::link_alias(index);
        let from = read::target_table(self.plan, self.dialect, table, &alias);
        let mut conditions = Vec::new();
        for (column, key) in by.iter().zip(&link.key) {
            if column.fold {
                self.cannot_at_all(format!("comparing {} without case", column.column));
            }
            let found = self.target_side(&alias, table, &column.column, &column.ty);
            let key = self.side(key);
            conditions.push(self.equal(&column.ty, &found, &key));
        }
        format!("FROM {from} WHERE {}", conditions.join(" AND "))
    }
}

/// Stands where something could not be said.
fn mark(index: usize) -> String {
    format!("/* cannot {index} */")
}

/// Whether an expression comes as a condition where others come as a value.
fn is_condition(expr: &Expr) -> bool {
    match expr.kind {
        ExprKind::Exists(_) | ExprKind::Compare(..) | ExprKind::Fits(..) => true,
        ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Not(_) => true,
        ExprKind::Legacy { .. } | ExprKind::Literal(_) | ExprKind::Call(..) | ExprKind::Given { .. } => false,
        ExprKind::Concat(_) | ExprKind::Arithmetic(..) | ExprKind::Match { .. } | ExprKind::Through { .. } => false,
        ExprKind::Restrict { .. } | ExprKind::Convert(..) | ExprKind::Link { .. } => false,
        ExprKind::Sibling(_) | ExprKind::Generated(_) => false,
    }
}

fn rejecting(fragment: Fragment, condition: Option<String>) -> Fragment {
    match condition {
        Some(condition) => fragment.rejecting(condition),
        None => fragment,
    }
}

fn may_be_zero(ty: &Type) -> bool {
    matches!(ty, Type::Date { zero: true } | Type::DateTime { zero: true, .. } | Type::Instant { zero: true, .. })
}
