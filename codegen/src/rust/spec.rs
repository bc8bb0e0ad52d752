//! The specification of a step as source text; the interpreter makes the same from the plan. It is a list of data, so
//! a template writes it: through the token tree it would take most of the time of a large mapping.

use super::fields::kind;
use askama::Template;
use cutover_mapping_dsl::plan::{self, ExprKind, LinkKind, Literal, Operand, Rollback, Step};
use cutover_mapping_dsl::types::Type;
use std::borrow::Cow;

/// A step's specification. Names are texts as they are, everything else is Rust already.
#[derive(Template)]
#[template(path = "rust/specification.rs")]
pub(super) struct Specification<'a> {
    name: &'a str,
    map_table: String,
    meaning: &'a str,
    read: Read<'a>,
    links: Vec<String>,
    targets: Vec<Target<'a>>,
    unique: Vec<Unique>,
    reasons: Vec<Reason<'a>>,
    rollback: Cow<'static, str>,
}

struct Read<'a> {
    table: &'a str,
    alias: &'a str,
    joins: Vec<Looked<'a>>,
    exists: Vec<Looked<'a>>,
    required: String,
    columns: Vec<ReadColumn<'a>>,
    key: String,
}

/// A table that is joined or looked into.
struct Looked<'a> {
    table: &'a str,
    alias: &'a str,
    on: Vec<Condition<'a>>,
}

struct Condition<'a> {
    column: &'a str,
    equals: String,
    kind: &'static str,
}

struct ReadColumn<'a> {
    alias: &'a str,
    column: &'a str,
    kind: &'static str,
}

struct Target<'a> {
    role: &'a str,
    table: &'a str,
    key: &'a str,
    key_kind: &'static str,
    assigned: Cow<'static, str>,
    columns: Vec<TargetColumn<'a>>,
    identity: Cow<'static, str>,
}

struct TargetColumn<'a> {
    name: &'a str,
    kind: &'static str,
    source: Cow<'static, str>,
    line: usize,
}

struct Unique {
    target: usize,
    columns: String,
    reason: usize,
}

struct Reason<'a> {
    name: &'a str,
    column: &'a str,
    message: &'a str,
    line: usize,
}

/// Returns a function that makes the specification.
pub(super) fn specification(step: &Step) -> Specification<'_> {
    Specification {
        name: &step.name,
        map_table: step.map_table(),
        meaning: &step.meaning,
        read: read(&step.read),
        links: step.links.iter().map(|link| link_spec(&link.kind)).collect(),
        targets: step.targets.iter().map(target).collect(),
        unique: step.unique.iter().map(unique).collect(),
        reasons: step.reasons.iter().map(reason).collect(),
        rollback: match &step.rollback {
            Rollback::Delete => "Delete".into(),
            Rollback::Irreversible { line, reason } => {
                format!("Irreversible {{ line: {line}, reason: {}.into() }}", text(reason)).into()
            }
        },
    }
}

/// Returns a Rust literal for any text.
fn text(text: &str) -> String {
    format!("{text:?}")
}

fn list(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}

fn read(read: &plan::Read) -> Read<'_> {
    let columns = read.columns.iter().map(|column| ReadColumn {
        alias: &column.alias,
        column: &column.column,
        kind: kind(&column.ty),
    });
    Read {
        table: &read.table,
        alias: &read.alias,
        joins: read.joins.iter().map(|join| looked(&join.table, &join.alias, &join.on)).collect(),
        exists: read.exists.iter().map(|exists| looked(&exists.table, &exists.alias, &exists.on)).collect(),
        required: list(read.required.iter().copied()),
        columns: columns.collect(),
        key: list(read.key.iter().copied()),
    }
}

fn looked<'a>(table: &'a str, alias: &'a str, on: &'a [plan::Condition]) -> Looked<'a> {
    let conditions = on.iter().map(|condition| Condition {
        column: &condition.column,
        kind: kind(&condition.ty),
        equals: match &condition.equals {
            Operand::Column(alias, column) => {
                format!("step::Operand::Column({}.into(), {}.into())", text(alias), text(column))
            }
            Operand::Literal(literal) => format!("step::Operand::Value({})", value(literal, &condition.ty)),
        },
    });
    Looked { table, alias, on: conditions.collect() }
}

fn link_spec(link: &LinkKind) -> String {
    match link {
        LinkKind::Reference { step, target } => {
            format!("step::LinkSpec::Reference {{ step: {}.into(), target: {target} }}", text(step))
        }
        LinkKind::Lookup { table, result, ty, by } => {
            let by = by.iter().map(|by| {
                let (column, kind, fold) = (text(&by.column), kind(&by.ty), by.fold);
                format!("step::LookupColumn {{ column: {column}.into(), kind: Kind::{kind}, fold: {fold} }}")
            });
            let by = by.collect::<Vec<_>>().join(", ");
            let (table, result, kind) = (text(table), text(result), kind(ty));
            format!(
                "step::LinkSpec::Lookup {{ table: {table}.into(), result: {result}.into(), kind: Kind::{kind}, by: vec![{by}] }}"
            )
        }
    }
}

fn target(target: &plan::Target) -> Target<'_> {
    Target {
        role: &target.role,
        table: &target.table,
        key: &target.key,
        key_kind: kind(&target.key_type),
        assigned: target.key_rule.map_or("Engine".into(), |rule| format!("Conversion({rule})").into()),
        columns: target.rules.iter().map(column).collect(),
        identity: target.identity.map_or("None".into(), |index| format!("Some({index})").into()),
    }
}

fn column(rule: &plan::Rule) -> TargetColumn<'_> {
    let source = match &rule.value.kind {
        ExprKind::Literal(literal) => format!("Constant({})", value(literal, &rule.ty)).into(),
        ExprKind::Generated(_) => "Generated".into(),
        ExprKind::Sibling(target) => format!("Sibling({target})").into(),
        _ => "Converted".into(),
    };
    TargetColumn { name: &rule.column, kind: kind(&rule.ty), source, line: rule.line }
}

fn unique(unique: &plan::Unique) -> Unique {
    let columns = unique.columns.iter().map(|(column, fold)| format!("({column}, {fold})"));
    Unique { target: unique.target, columns: columns.collect::<Vec<_>>().join(", "), reason: unique.reason }
}

fn reason(reason: &plan::Reason) -> Reason<'_> {
    Reason { name: &reason.name, column: &reason.column, message: &reason.message, line: reason.line }
}

/// Returns a literal as a value of a row.
fn value(literal: &Literal, ty: &Type) -> String {
    let written = super::values::literal(literal);
    match (literal, ty) {
        (Literal::Null, _) => "Value::Null".to_string(),
        (Literal::Boolean(value), _) => format!("Value::Boolean({value})"),
        (Literal::Integer(value), Type::Decimal { .. }) => format!("Value::Decimal(\"{value}\".into())"),
        (Literal::Integer(value), _) => format!("Value::Integer({value})"),
        (Literal::Decimal(decimal), _) => format!("Value::Decimal({}.into())", text(decimal)),
        (Literal::Text(content), _) => format!("Value::Text({}.into())", text(content)),
        (Literal::Date(_), Type::DateTime { .. }) => format!("Value::DateTime(operators::midnight({written}))"),
        (Literal::Date(_), Type::Instant { .. }) => format!("Value::Instant(operators::midnight({written}))"),
        (Literal::Date(_), _) => format!("Value::Date({written})"),
        (Literal::DateTime(_), Type::Instant { .. }) => format!("Value::Instant({written})"),
        (Literal::DateTime(_), _) => format!("Value::DateTime({written})"),
    }
}
