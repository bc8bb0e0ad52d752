//! Evaluates expressions of the plan over one row. Null goes in and out as the plan says; truth is three-valued.

use crate::spec::{comparison as comparison_spec, literal_value};
use crate::watch::Watch;
use chrono_tz::Tz;
use cutover_mapping_dsl::plan::{
    Arithmetic, ArmResult, Conversion, Expr, ExprKind, Function, Generated, Link as PlanLink, LinkKind, Literal,
    OnZero, Outcome, Pattern, Plan, Step, Target, ValueMap,
};
use cutover_mapping_dsl::types::Type;
use cutover_runtime::operators;
use cutover_runtime::step::{Generator, Link, Rejection};
use cutover_runtime::value::{Fault, Key, Row, Value};
use regex::Regex;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is made once for a step: compiled patterns, time zones, value maps.
pub(crate) struct Tools {
    regexes: BTreeMap<String, Regex>,
    zones: BTreeMap<String, Tz>,
    value_maps: Vec<ValueMap>,
    legacy_zone: String,
}

impl Tools {
    pub(crate) fn new(plan: &Plan, step: &Step) -> Tools {
        let zones = [&plan.legacy.zone, &plan.target.zone].into_iter().filter(|zone| !zone.is_empty());
        let mut tools = Tools {
            regexes: BTreeMap::new(),
            zones: zones.map(|zone| (zone.clone(), operators::zone(zone))).collect(),
            value_maps: plan.value_maps.clone(),
            legacy_zone: plan.legacy.zone.clone(),
        };
        step.expressions().for_each(|expr| tools.collect(expr));
        tools
    }

    fn collect(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Fits(_, patterns) | ExprKind::Restrict { patterns, .. } => self.compile(patterns),
            ExprKind::Match { arms, .. } => arms.iter().for_each(|arm| self.compile(&arm.patterns)),
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.collect(child));
    }

    fn compile(&mut self, patterns: &[Pattern]) {
        for pattern in patterns {
            match pattern {
                Pattern::Regex(text) => {
                    self.regexes.insert(text.clone(), operators::pattern(text));
                }
                Pattern::Not(inner) => self.compile(std::slice::from_ref(inner)),
                Pattern::Any | Pattern::Null | Pattern::Literal(_) | Pattern::Range(..) => {}
            }
        }
    }
}

/// What an expression is evaluated over, and who is told what is reached.
pub(crate) struct Context<'a, W> {
    pub(crate) step: &'a Step,
    pub(crate) tools: &'a Tools,
    pub(crate) row: &'a Row,
    pub(crate) links: &'a [Link],
    pub(crate) generator: &'a mut dyn Generator,
    pub(crate) watch: &'a mut W,
}

impl<W: Watch> Context<'_, W> {
    pub(crate) fn eval(&mut self, expr: &Expr) -> Result<Value, Rejection> {
        match &expr.kind {
            ExprKind::Legacy { column, on_zero, malformed } => self.legacy(*column, *on_zero, *malformed),
            ExprKind::Literal(literal) => Ok(literal_value(literal, &expr.ty)),
            ExprKind::Exists(index) => {
                Ok(self.row[self.step.read.columns.len() + self.step.read.joins.len() + index].clone())
            }
            ExprKind::Call(function, arguments) => self.call(*function, arguments),
            ExprKind::Given { .. } => unreachable!("steps that ask the program are not interpreted"),
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right),
            ExprKind::Compare(comparison, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                let order = operators::compare(&left, &right);
                Ok(order.map_or(Value::Null, |order| Value::Boolean(comparison_spec(*comparison).holds(order))))
            }
            ExprKind::And(left, right) => self.and(left, right),
            ExprKind::Or(left, right) => self.or(left, right),
            ExprKind::Not(part) => Ok(match self.eval(part)? {
                Value::Boolean(value) => Value::Boolean(!value),
                _ => Value::Null,
            }),
            ExprKind::Fits(part, patterns) => {
                let value = self.eval(part)?;
                Ok(Value::Boolean(self.fits(patterns, &value)))
            }
            ExprKind::Match { subject, arms } => {
                let value = self.eval(subject)?;
                let arm = arms.iter().find(|arm| self.fits(&arm.patterns, &value));
                let arm = arm.expect("the checker has made sure that an arm fits");
                self.watch.arm(arm);
                match &arm.result {
                    ArmResult::Value(result) => self.eval(result),
                    ArmResult::Reject(reason) => Err(Rejection { reason: *reason, value }),
                }
            }
            ExprKind::Through { map, argument, reject } => self.through(*map, argument, *reject),
            ExprKind::Restrict { argument, patterns, reject } => {
                let value = self.eval(argument)?;
                match value.is_null() || self.fits(patterns, &value) {
                    true => Ok(value),
                    false => Err(Rejection { reason: *reject, value }),
                }
            }
            ExprKind::Convert(conversion, part) => {
                let value = self.eval(part)?;
                self.convert(conversion, value)
            }
            ExprKind::Link { link, missing, ambiguous } => match &self.links[*link] {
                Link::Found(value) => Ok(value.clone()),
                Link::Null => Ok(Value::Null),
                Link::Missing => Err(Rejection { reason: *missing, value: self.link_value(*link) }),
                Link::Ambiguous => Err(Rejection { reason: *ambiguous, value: self.link_value(*link) }),
            },
            ExprKind::Sibling(_) => Ok(Value::Null),
            ExprKind::Generated(Generated::Uuid) => Ok(Value::Uuid(self.generator.uuid())),
        }
    }

    /// The key that a link was asked for, for the report of a rejection.
    fn link_value(&mut self, link: usize) -> Value {
        let first = self.step.links[link].key.first();
        first.and_then(|expr| self.eval(expr).ok()).unwrap_or(Value::Null)
    }

    /// Returns whether a target gets a row.
    pub(crate) fn is_written(&mut self, target: &Target) -> Result<bool, Rejection> {
        target.when.as_ref().map_or(Ok(true), |when| Ok(self.eval(when)? == Value::Boolean(true)))
    }

    fn is_needed(&mut self, link: &PlanLink) -> Result<bool, Rejection> {
        let step = self.step;
        for target in &link.only_for {
            if self.is_written(&step.targets[*target])? {
                return Ok(true);
            }
        }
        Ok(link.only_for.is_empty())
    }

    /// Returns the key of a link, folded where the link says so; none if a part of it is null, or nobody needs it.
    pub(crate) fn link_key(&mut self, link: &PlanLink) -> Result<Option<Key>, Rejection> {
        if !self.is_needed(link)? {
            return Ok(None);
        }
        let mut key = Vec::with_capacity(link.key.len());
        for (index, expr) in link.key.iter().enumerate() {
            let value = self.eval(expr)?;
            let folded = matches!(&link.kind, LinkKind::Lookup { by, .. } if by[index].fold);
            key.push(match value {
                Value::Null => return Ok(None),
                Value::Text(text) if folded => Value::Text(operators::fold(&text)),
                other => other,
            });
        }
        Ok(Some(key))
    }

    fn legacy(&self, column: usize, on_zero: OnZero, malformed: usize) -> Result<Value, Rejection> {
        match &self.row[column] {
            value @ Value::Malformed(what) => match (what.fault, on_zero) {
                (Fault::ZeroDate, OnZero::Null) => Ok(Value::Null),
                (Fault::ZeroDate, OnZero::Reject(reason)) => Err(Rejection { reason, value: value.clone() }),
                (Fault::PartialDate | Fault::NotOfKind, _) => {
                    Err(Rejection { reason: malformed, value: value.clone() })
                }
            },
            // A column that is declared never null holds something else than was declared.
            Value::Null if !self.step.read.columns[column].nullable => {
                Err(Rejection { reason: malformed, value: Value::Null })
            }
            value => Ok(value.clone()),
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expr]) -> Result<Value, Rejection> {
        if function == Function::Coalesce {
            return match self.eval(&arguments[0])? {
                Value::Null => self.eval(&arguments[1]),
                value => Ok(value),
            };
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.eval(argument)?);
        }
        if values.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        Ok(match (function, values.as_slice()) {
            (Function::Lower, [Value::Text(text)]) => Value::Text(operators::lower(text)),
            (Function::Upper, [Value::Text(text)]) => Value::Text(operators::upper(text)),
            (Function::LowerAscii, [Value::Text(text)]) => Value::Text(operators::lower_ascii(text)),
            (Function::UpperAscii, [Value::Text(text)]) => Value::Text(operators::upper_ascii(text)),
            (Function::Trim, [Value::Text(text)]) => Value::Text(operators::trim(text)),
            (Function::Fold, [Value::Text(text)]) => Value::Text(operators::fold(text)),
            (Function::Nfkc, [Value::Text(text)]) => Value::Text(operators::nfkc(text)),
            (Function::Mid, [Value::Text(text), Value::Integer(start), Value::Integer(length)]) => {
                Value::Text(operators::mid(text, *start, *length))
            }
            (Function::Before, [Value::Text(text), Value::Text(separator)]) => {
                Value::Text(operators::before(text, separator))
            }
            (Function::After, [Value::Text(text), Value::Text(separator)]) => {
                Value::Text(operators::after(text, separator))
            }
            (Function::Length, [Value::Text(text)]) => Value::Integer(operators::length(text)),
            (Function::Text, [value]) => Value::Text(value.to_string()),
            (Function::Date, [Value::DateTime(time)]) => Value::Date(time.date()),
            (Function::Date, [Value::Instant(time)]) => {
                Value::Date(operators::utc_to_wall(self.zone(&self.tools.legacy_zone), *time).date())
            }
            (function, values) => unreachable!("the checker has typed {function:?} of {values:?}"),
        })
    }

    fn zone(&self, name: &str) -> Tz {
        *self.tools.zones.get(name).expect("the checker has made sure that the side names its zone")
    }

    fn concat(&mut self, parts: &[Expr]) -> Result<Value, Rejection> {
        let mut text = String::new();
        let mut null = false;
        for part in parts {
            match self.eval(part)? {
                Value::Text(part) => text.push_str(&part),
                _ => null = true,
            }
        }
        Ok(if null { Value::Null } else { Value::Text(text) })
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: &Expr, right: &Expr) -> Result<Value, Rejection> {
        let (Value::Integer(left), Value::Integer(right)) = (self.eval(left)?, self.eval(right)?) else {
            return Ok(Value::Null);
        };
        Ok(Value::Integer(match operator {
            Arithmetic::Add => left.saturating_add(right),
            Arithmetic::Subtract => left.saturating_sub(right),
            Arithmetic::Multiply => left.saturating_mul(right),
        }))
    }

    fn and(&mut self, left: &Expr, right: &Expr) -> Result<Value, Rejection> {
        Ok(match self.eval(left)? {
            Value::Boolean(false) => Value::Boolean(false),
            Value::Boolean(true) => self.eval(right)?,
            _ => match self.eval(right)? {
                Value::Boolean(false) => Value::Boolean(false),
                _ => Value::Null,
            },
        })
    }

    fn or(&mut self, left: &Expr, right: &Expr) -> Result<Value, Rejection> {
        Ok(match self.eval(left)? {
            Value::Boolean(true) => Value::Boolean(true),
            Value::Boolean(false) => self.eval(right)?,
            _ => match self.eval(right)? {
                Value::Boolean(true) => Value::Boolean(true),
                _ => Value::Null,
            },
        })
    }

    fn fits(&self, patterns: &[Pattern], value: &Value) -> bool {
        patterns.iter().any(|pattern| self.fits_one(pattern, value))
    }

    fn fits_one(&self, pattern: &Pattern, value: &Value) -> bool {
        let is = |literal: &Literal| operators::compare(value, &literal_value(literal, &Type::TEXT));
        match pattern {
            Pattern::Any => true,
            Pattern::Null => value.is_null(),
            Pattern::Literal(literal) => is(literal) == Some(Ordering::Equal),
            Pattern::Range(from, to) => {
                matches!(is(from), Some(Ordering::Greater | Ordering::Equal))
                    && matches!(is(to), Some(Ordering::Less | Ordering::Equal))
            }
            Pattern::Regex(text) => match value {
                Value::Text(value) => self.tools.regexes[text].is_match(value),
                _ => false,
            },
            Pattern::Not(inner) => !value.is_null() && !self.fits_one(inner, value),
        }
    }

    fn through(&mut self, map: usize, argument: &Expr, reject: usize) -> Result<Value, Rejection> {
        let value = self.eval(argument)?;
        let (place, map) = (map, &self.tools.value_maps[map]);
        let fits = |literal: &Literal| match literal {
            Literal::Null => value.is_null(),
            literal => operators::compare(&value, &literal_value(literal, &map.from)) == Some(Ordering::Equal),
        };
        let arm = map.arms.iter().position(|arm| arm.from.iter().any(fits));
        let rest = map.rest.as_ref().filter(|_| !value.is_null());
        if arm.is_some() || rest.is_some() {
            self.watch.value_arm(place, arm);
        }
        match arm.map(|arm| &map.arms[arm].to).or(rest) {
            Some(Outcome::Value(literal)) => Ok(literal_value(literal, &map.to)),
            Some(Outcome::Reject(_)) => Err(Rejection { reason: reject, value }),
            None if value.is_null() => Ok(Value::Null),
            None => Err(Rejection { reason: reject, value }),
        }
    }

    fn convert(&self, conversion: &Conversion, value: Value) -> Result<Value, Rejection> {
        let refuse = |reason: &usize, value: Value| Err(Rejection { reason: *reason, value });
        match (conversion, value) {
            (Conversion::NotNull { reject }, Value::Null) => refuse(reject, Value::Null),
            (_, Value::Null) => Ok(Value::Null),
            (Conversion::NotNull { .. }, value) => Ok(value),
            (Conversion::Unset { values }, value) => {
                let unset = values.iter().any(|unset| self.fits_one(&Pattern::Literal(unset.clone()), &value));
                Ok(if unset { Value::Null } else { value })
            }
            (Conversion::Length { max, reject }, Value::Text(text)) => {
                match operators::length(&text) <= i128::from(*max) {
                    true => Ok(Value::Text(text)),
                    false => refuse(reject, Value::Text(text)),
                }
            }
            (Conversion::Range { min, max, reject }, Value::Integer(number)) => match (min..=max).contains(&&number) {
                true => Ok(Value::Integer(number)),
                false => refuse(reject, Value::Integer(number)),
            },
            (Conversion::WallToInstant { zone }, Value::DateTime(time)) => {
                Ok(Value::Instant(operators::wall_to_utc(self.zone(zone), time)))
            }
            (Conversion::InstantToWall { zone }, Value::Instant(time)) => {
                Ok(Value::DateTime(operators::utc_to_wall(self.zone(zone), time)))
            }
            (Conversion::DateToWall, Value::Date(day)) => Ok(Value::DateTime(day.and_time(chrono::NaiveTime::MIN))),
            (Conversion::CutFraction { digits }, Value::DateTime(time)) => {
                Ok(Value::DateTime(operators::cut_fraction(time, *digits)))
            }
            (Conversion::CutFraction { digits }, Value::Instant(time)) => {
                Ok(Value::Instant(operators::cut_fraction(time, *digits)))
            }
            (Conversion::IntegerToBoolean { reject }, Value::Integer(number)) => match number {
                0 | 1 => Ok(Value::Boolean(number == 1)),
                _ => refuse(reject, Value::Integer(number)),
            },
            (Conversion::BooleanToInteger, Value::Boolean(value)) => Ok(Value::Integer(i128::from(value))),
            (Conversion::IntegerToDecimal, Value::Integer(number)) => Ok(Value::Decimal(number.to_string())),
            (Conversion::Digits { precision, scale, reject }, Value::Decimal(text)) => {
                match operators::decimal_fits(&text, *precision, *scale) {
                    true => Ok(Value::Decimal(text)),
                    false => refuse(reject, Value::Decimal(text)),
                }
            }
            (Conversion::TextToUuid { reject }, Value::Text(text)) => match text.parse() {
                Ok(uuid) => Ok(Value::Uuid(uuid)),
                Err(_) => refuse(reject, Value::Text(text)),
            },
            (Conversion::UuidToText, Value::Uuid(uuid)) => Ok(Value::Text(uuid.to_string())),
            (conversion, value) => unreachable!("the checker has typed {conversion:?} of {value:?}"),
        }
    }
}
