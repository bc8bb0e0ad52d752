//! Defaults and literals in SQLite's words.

use super::storage;
use crate::schema::Dialect;
use crate::schema::checks::{bare, literal_text};
use crate::schema::sql::expression;
use crate::types::Type;
use sqlparser::ast::{Expr, FunctionArguments, UnaryOperator, Value};

/// Returns a column's default, if SQLite has the like of it.
pub(super) fn default(default: &str, ty: &Type, dialect: Dialect) -> Option<String> {
    let default = expression(default, dialect)?;
    let default = bare(&default);
    match (ty, default) {
        (Type::Boolean, Expr::Value(value)) => truth(&value.value),
        (_, Expr::Function(_) | Expr::Identifier(_)) => clock(default, ty),
        (_, Expr::Value(value)) if literal_text(&value.value).is_some() => {
            literal_text(&value.value).map(|it| text(&it))
        }
        // A number in a text column would lose its noughts: 0.00 would be stored as 0.0.
        _ => number(default).map(|number| if storage(ty) == "TEXT" { text(&number) } else { number }),
    }
}

/// Returns a text as a literal.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
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

fn truth(value: &Value) -> Option<String> {
    let word = match value {
        Value::Boolean(truth) => truth.to_string(),
        Value::Number(digits, _) => digits.clone(),
        other => literal_text(other)?,
    };
    match word.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "on" | "1" => Some("1".to_string()),
        "false" | "f" | "no" | "off" | "0" => Some("0".to_string()),
        _ => None,
    }
}

/// Returns SQLite's word for the present time.
fn clock(call: &Expr, ty: &Type) -> Option<String> {
    let name = match call {
        Expr::Identifier(ident) if ident.quote_style.is_none() => ident.value.to_ascii_lowercase(),
        Expr::Function(call) if !has_arguments(&call.args) => call.name.to_string().to_ascii_lowercase(),
        _ => return None,
    };
    let word = match name.as_str() {
        "current_timestamp" | "now" | "localtimestamp" | "transaction_timestamp" => "CURRENT_TIMESTAMP",
        "current_date" | "curdate" => "CURRENT_DATE",
        "current_time" | "curtime" => "CURRENT_TIME",
        _ => return None,
    };
    let fits = match ty {
        Type::Date { .. } => word == "CURRENT_DATE",
        Type::Time { .. } => word == "CURRENT_TIME",
        Type::DateTime { .. } | Type::Instant { .. } => word == "CURRENT_TIMESTAMP",
        _ => storage(ty) == "TEXT",
    };
    fits.then(|| word.to_string())
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
