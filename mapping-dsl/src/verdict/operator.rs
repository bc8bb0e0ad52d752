//! Words for the operators of expressions: what each loses.

use super::reads::Map;
use crate::plan::{Arithmetic, Conversion, Expr, ExprKind, Function, LinkKind};

/// An operator with what it loses.
pub(super) struct Operator {
    /// As a mapping writes it, with what people know it by.
    pub(super) name: String,
    /// What is lost.
    pub(super) why: String,
}

fn operator(name: impl Into<String>, why: impl Into<String>) -> Operator {
    Operator { name: name.into(), why: why.into() }
}

/// Returns the operator that an expression is, if it is one that can lose something.
pub(super) fn of(map: &Map<'_>, expr: &Expr) -> Option<Operator> {
    Some(match &expr.kind {
        ExprKind::Call(function, _) => of_function(*function)?,
        ExprKind::Legacy { .. } => operator("allow(zero.null)", "a zero date becomes null, and is not written back"),
        ExprKind::Concat(_) => operator("++", "where one of several texts ends is not told"),
        ExprKind::Arithmetic(Arithmetic::Multiply, ..) => operator("*", "several numbers give the same product"),
        ExprKind::Arithmetic(Arithmetic::Add, ..) => operator("+", "several numbers give the same sum"),
        ExprKind::Arithmetic(Arithmetic::Subtract, ..) => operator("-", "several numbers give the same difference"),
        ExprKind::Match { .. } => operator("match", "its arms have no way back"),
        ExprKind::Given { function, .. } => {
            operator(format!("{}()", map.plan.functions[*function].name), "a function given in Rust has no inverse")
        }
        ExprKind::Through { map: index, .. } => {
            let name = format!("via {}", map.plan.value_maps[*index].name);
            operator(name, "several legacy values become one")
        }
        ExprKind::Convert(conversion, _) => of_conversion(conversion)?,
        ExprKind::Link { link, .. } => match &map.step.links[*link].kind {
            LinkKind::Reference { step, target } if map.facts().maps.may_lack(step, *target) => {
                operator(format!("ref {step}"), "rows that have no row there are null to it, as null is")
            }
            LinkKind::Reference { step, .. } => operator(format!("ref {step}"), ONE_NULL),
            LinkKind::Lookup { table, by, .. } if by.iter().any(|by| by.fold) => {
                operator(format!("lookup {table}"), "`fold` no longer tells capital and small letters apart")
            }
            LinkKind::Lookup { table, result, .. } => {
                let why = format!("several rows may have the same `{result}`, or null makes the answer null");
                operator(format!("lookup {table}"), why)
            }
        },
        ExprKind::Generated(_) => operator("generated", "it tells nothing of the legacy row"),
        ExprKind::Compare(..) | ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Not(_) => {
            operator("a condition", "it says yes or no only")
        }
        ExprKind::Fits(..) => operator("in", "it says yes or no only"),
        ExprKind::Exists(_) => operator("exists", "it says yes or no only"),
        ExprKind::Restrict { .. } | ExprKind::Literal(_) | ExprKind::Sibling(_) => return None,
    })
}

const ONE_NULL: &str = "with one part of the key null it is null, whatever the others are";

fn of_function(function: Function) -> Option<Operator> {
    const CASE: &str = "capital and small letters are no longer told apart";
    Some(match function {
        Function::Lower => operator("lower()", CASE),
        Function::Upper => operator("upper()", CASE),
        Function::LowerAscii => operator("lower_ascii()", CASE),
        Function::UpperAscii => operator("upper_ascii()", CASE),
        Function::Fold => operator("fold()", CASE),
        Function::Trim => operator("trim()", "blanks at the ends are lost"),
        Function::Nfkc => operator("nfkc()", "the Unicode form is lost"),
        Function::Mid => operator("mid()", "a part of a text does not tell the rest"),
        Function::Before => operator("before()", "a part of a text does not tell the rest"),
        Function::After => operator("after()", "a part of a text does not tell the rest"),
        Function::Length => operator("length()", "it only counts"),
        Function::Date => operator("date()", "the time of day is lost"),
        Function::Coalesce => operator("coalesce()", "null and its default become one"),
        Function::Text => return None,
    })
}

fn of_conversion(conversion: &Conversion) -> Option<Operator> {
    Some(match conversion {
        Conversion::Unset { .. } => operator("nulls", "null and the values that mean null become one"),
        Conversion::CutFraction { digits } => {
            operator("allow(lossy.fraction)", format!("no more than {digits} digits of a second are kept"))
        }
        _ => return None,
    })
}
