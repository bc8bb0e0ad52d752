//! Defaults and literals: what an expression of one dialect means, in the words of another.

use super::spelling::{Clock, Spelling};
use crate::schema::Dialect;
use crate::schema::checks::{bare, literal_text};
use crate::schema::sql::expression;
use crate::types::Type;
use sqlparser::ast::{Expr, FunctionArguments, UnaryOperator, Value};

/// Returns a column's default, if the dialect has the like of it.
pub(super) fn default(default: &str, ty: &Type, from: Dialect, spelling: &dyn Spelling) -> Option<String> {
    let default = expression(default, from)?;
    let default = converted(&default);
    match (ty, default) {
        (Type::Boolean, Expr::Value(value)) => truth(&value.value).map(|truth| spelling.truth(truth).to_string()),
        (_, Expr::Function(_) | Expr::Identifier(_)) => generated(default, ty, spelling),
        (_, Expr::Value(value)) if literal_text(&value.value).is_some() => {
            literal_text(&value.value).and_then(|it| spelling.text_for(&it, ty))
        }
        _ => number(default).and_then(|number| spelling.number(number, ty)),
    }
}

/// Returns an expression without parentheses, casts and conversions of a literal around it.
fn converted(expression: &Expr) -> &Expr {
    match bare(expression) {
        Expr::Convert { expr, .. } => bare(expr),
        other => other,
    }
}

/// Returns a number as written, with its sign; true and false are one and nought.
pub(super) fn number(expression: &Expr) -> Option<String> {
    match bare(expression) {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => is_plain(digits).then(|| digits.clone()),
            Value::Boolean(truth) => Some(u8::from(*truth).to_string()),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match bare(expr) {
            Expr::Value(_) => number(expr).map(|digits| format!("-{digits}")),
            _ => None,
        },
        _ => None,
    }
}

fn is_plain(digits: &str) -> bool {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    plain && digits.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns which truth a literal means.
pub(super) fn truth(value: &Value) -> Option<bool> {
    let word = match value {
        Value::Boolean(truth) => return Some(*truth),
        Value::Number(digits, _) => digits.clone(),
        other => literal_text(other)?,
    };
    match word.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Returns the dialect's words for the present time or for a new UUID.
fn generated(call: &Expr, ty: &Type, spelling: &dyn Spelling) -> Option<String> {
    let name = match call {
        Expr::Identifier(ident) if ident.quote_style.is_none() => ident.value.to_ascii_lowercase(),
        Expr::Function(call) if !has_arguments(&call.args) => call.name.to_string().to_ascii_lowercase(),
        _ => return None,
    };
    let clock = match name.as_str() {
        "current_timestamp"
        | "now"
        | "localtimestamp"
        | "transaction_timestamp"
        | "getdate"
        | "sysdatetime"
        | "sysdatetimeoffset"
        | "clock_timestamp"
        | "statement_timestamp" => Clock::Timestamp,
        "current_date" | "curdate" => Clock::Date,
        "current_time" | "curtime" | "localtime" => Clock::Time,
        "uuid" | "newid" | "newsequentialid" | "gen_random_uuid" | "uuid_generate_v4" | "public.uuid_generate_v4" => {
            return spelling.new_uuid().filter(|_| *ty == Type::Uuid).map(str::to_string);
        }
        _ => return None,
    };
    spelling.clock(clock, ty)
}

/// Returns whether a call has arguments; a number of digits, as in `now(3)`, does not count.
fn has_arguments(arguments: &FunctionArguments) -> bool {
    match arguments {
        FunctionArguments::None => false,
        FunctionArguments::Subquery(_) => true,
        FunctionArguments::List(list) => {
            !list.args.iter().all(|argument| argument.to_string().bytes().all(|byte| byte.is_ascii_digit()))
        }
    }
}
