//! Patterns, matches and value maps as CASE. The first arm that fits decides, as in the runtime.

use super::{Fragment, Side, Translator, regex};
use crate::sql::dialect::SqlDialect;
use cutover_mapping_dsl::plan::{Arm, ArmResult, Arrow, Comparison, Expr, Literal, Outcome, Pattern, ValueMap};
use cutover_mapping_dsl::types::Type;

/// One WHEN: a condition (none for the rest), and what it gives. `None` rejects the row.
struct Case {
    when: Option<String>,
    then: Option<Fragment>,
}

impl Translator<'_> {
    pub(super) fn fits(&mut self, subject: &Expr, patterns: &[Pattern]) -> Fragment {
        let value = self.translate(subject);
        let fits = self.any_fits(subject, &value.value, patterns);
        value.map(|_| format!("({})", self.dialect.is_true(&fits)))
    }

    pub(super) fn restrict(&mut self, argument: &Expr, patterns: &[Pattern], reason: usize) -> Fragment {
        let value = self.translate(argument);
        if !self.asks(reason) {
            return value;
        }
        let fits = self.any_fits(argument, &value.value, patterns);
        let outside = format!("({} IS NOT NULL AND {})", value.value, self.dialect.is_not_true(&fits));
        let outside = self.not_before(argument, outside);
        value.rejecting(outside)
    }

    pub(super) fn matched(&mut self, subject: &Expr, arms: &[Arm], ty: &Type) -> Fragment {
        let value = self.translate(subject);
        let mut cases = Vec::new();
        for arm in arms {
            self.line = arm.line;
            let rest = arm.patterns.contains(&Pattern::Any);
            let when = (!rest).then(|| self.any_fits(subject, &value.value, &arm.patterns));
            let then = match &arm.result {
                ArmResult::Value(result) => Some(self.translate(result)),
                ArmResult::Reject(reason) => self.rejected(*reason, ty),
            };
            cases.push(Case { when, then });
        }
        self.cases(cases, (subject, value.rejects), ty)
    }

    pub(super) fn through(&mut self, map: usize, argument: &Expr, reason: usize) -> Fragment {
        let map: &ValueMap = &self.plan.value_maps[map];
        let value = self.translate(argument);
        let mut cases = Vec::new();
        for arm in map.arms.iter().filter(|arm| arm.arrow != Arrow::Back) {
            let patterns: Vec<Pattern> = arm.from.iter().map(as_pattern).collect();
            let when = Some(self.any_fits(argument, &value.value, &patterns));
            cases.push(Case { when, then: self.outcome(&arm.to, &map.to, reason) });
        }
        if argument.nullable {
            let null = Some(Fragment::of(self.dialect.null(&map.to)));
            cases.push(Case { when: Some(format!("{} IS NULL", value.value)), then: null });
        }
        if let Some(rest) = &map.rest {
            cases.push(Case { when: None, then: self.outcome(rest, &map.to, reason) });
        }
        self.cases(cases, (argument, value.rejects), &map.to)
    }

    fn outcome(&mut self, outcome: &Outcome, ty: &Type, reason: usize) -> Option<Fragment> {
        match outcome {
            Outcome::Value(literal) => Some(Fragment::of(self.literal(literal, ty))),
            Outcome::Reject(_) => self.rejected(reason, ty),
        }
    }

    /// What an arm comes to that rejects a row: null where nobody asks about it.
    fn rejected(&self, reason: usize, ty: &Type) -> Option<Fragment> {
        (!self.asks(reason)).then(|| Fragment::of(self.dialect.null(ty)))
    }

    /// Builds the value and, if an arm can reject, the condition for that.
    fn cases(&mut self, cases: Vec<Case>, (subject, mut rejects): (&Expr, Vec<String>), ty: &Type) -> Fragment {
        let value = self.case_value(&cases, ty);
        let rejected = case_rejects(self.dialect, &cases);
        rejects.extend(rejected.map(|rejected| self.not_before(subject, rejected)));
        Fragment { value, rejects }
    }

    fn case_value(&self, cases: &[Case], ty: &Type) -> String {
        let mut sql = String::from("CASE");
        for case in cases {
            let then = match &case.then {
                Some(then) if ty.is_text() => self.dialect.mixable(&then.value),
                Some(then) => then.value.clone(),
                None => self.dialect.null(ty),
            };
            match &case.when {
                Some(when) => sql += &format!(" WHEN {when} THEN {then}"),
                None if case.then.is_none() => break,
                None if sql == "CASE" => return then,
                None => return format!("{sql} ELSE {then} END"),
            }
        }
        match sql == "CASE" {
            true => self.dialect.null(ty),
            false => sql + " END",
        }
    }

    /// Returns whether a value fits one of the patterns; may be null for null.
    pub(super) fn any_fits(&mut self, subject: &Expr, value: &str, patterns: &[Pattern]) -> String {
        let side = self.side_of(subject, value);
        let fits: Vec<String> =
            patterns.iter().map(|pattern| self.one_fits(&subject.ty, &side, value, pattern)).collect();
        match fits.as_slice() {
            [] => self.dialect.always(false).to_string(),
            [one] => one.clone(),
            more => format!("({})", more.join(" OR ")),
        }
    }

    fn one_fits(&mut self, ty: &Type, side: &Side, value: &str, pattern: &Pattern) -> String {
        match pattern {
            Pattern::Any => self.dialect.always(true).to_string(),
            Pattern::Null | Pattern::Literal(Literal::Null) => format!("({value} IS NULL)"),
            Pattern::Literal(literal) => {
                self.check_decimals(ty);
                let literal = self.literal_side(literal, ty);
                self.equal(ty, side, &literal)
            }
            Pattern::Range(first, last) => self.in_range(ty, side, first, last),
            Pattern::Regex(pattern) => self.fits_regex(value, pattern),
            Pattern::Not(inner) => {
                let inner = self.one_fits(ty, side, value, inner);
                format!("({value} IS NOT NULL AND {})", self.dialect.is_not_true(&inner))
            }
        }
    }

    fn in_range(&mut self, ty: &Type, side: &Side, first: &Literal, last: &Literal) -> String {
        self.check_decimals(ty);
        let (first, last) = (self.literal_side(first, ty), self.literal_side(last, ty));
        let above = self.comparison(Comparison::GreaterOrEqual, ty, side, &first);
        let below = self.comparison(Comparison::LessOrEqual, ty, side, &last);
        format!("({above} AND {below})")
    }

    fn fits_regex(&mut self, value: &str, pattern: &str) -> String {
        let fits = regex::portable(pattern).then(|| self.dialect.fits(value, pattern)).flatten();
        match fits {
            Some(fits) => format!("({fits})"),
            None => self.cannot(format!("the pattern /{}/", crate::comment::line(pattern))),
        }
    }
}

/// Null, as an arm of a value map, takes null.
fn as_pattern(literal: &Literal) -> Pattern {
    Pattern::Literal(literal.clone())
}

/// Whether an arm rejects the row.
#[derive(PartialEq)]
enum Rejected {
    Always,
    Never,
    When(String),
}

impl Rejected {
    fn of(case: &Case) -> Rejected {
        match &case.then {
            None => Rejected::Always,
            Some(then) if then.rejects.is_empty() => Rejected::Never,
            Some(then) => Rejected::When(then.rejects.join(" OR ")),
        }
    }

    fn condition(&self, dialect: &dyn SqlDialect) -> String {
        match self {
            Rejected::Always => dialect.always(true).to_string(),
            Rejected::Never => dialect.always(false).to_string(),
            Rejected::When(condition) => condition.clone(),
        }
    }

    fn value(&self, dialect: &dyn SqlDialect) -> String {
        match self {
            Rejected::Always => dialect.boolean(true).to_string(),
            Rejected::Never => dialect.boolean(false).to_string(),
            Rejected::When(condition) => dialect.truth(condition),
        }
    }
}

/// Returns the condition under which the arm that decides rejects the row; none if no arm can.
fn case_rejects(dialect: &dyn SqlDialect, cases: &[Case]) -> Option<String> {
    let mut arms: Vec<(Option<&String>, Rejected)> =
        cases.iter().map(|case| (case.when.as_ref(), Rejected::of(case))).collect();
    while arms.last().is_some_and(|(_, rejected)| *rejected == Rejected::Never) {
        arms.pop();
    }
    let mut sql = String::from("CASE");
    let mut at = 0;
    while let Some((Some(_), rejected)) = arms.get(at) {
        let same = arms[at..].iter().take_while(|(when, other)| when.is_some() && other == rejected);
        let whens: Vec<&str> = same.filter_map(|(when, _)| when.map(String::as_str)).collect();
        sql += &format!(" WHEN {} THEN {}", whens.join(" OR "), rejected.value(dialect));
        at += whens.len();
    }
    match (arms.len(), arms.get(at)) {
        (0, _) => None,
        (1, Some((None, rejected))) => Some(rejected.condition(dialect)),
        (_, Some((_, rejected))) => Some(dialect.condition(&format!("{sql} ELSE {} END", rejected.value(dialect)))),
        (_, None) => Some(dialect.condition(&format!("{sql} ELSE {} END", Rejected::Never.value(dialect)))),
    }
}
