//! The specification of a step as source text; the interpreter makes the same from the plan. It is a list of data, so
//! a template writes it: through the token tree it would take most of the time of a large mapping.

use super::fields::kind;
use askama::Template;
use cutover_mapping_dsl::plan::{self, ExprKind, LinkKind, Literal, Operand, Rollback, Step, Test};
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
    joins: Vec<Join<'a>>,
    exists: Vec<Exists<'a>>,
    /// Joins that may find several rows.
    several: Vec<usize>,
    required: String,
    columns: Vec<ReadColumn<'a>>,
    key: String,
}

struct Join<'a> {
    table: &'a str,
    alias: &'a str,
    on: Vec<Condition<'a>>,
    probed: bool,
}

struct Exists<'a> {
    tables: &'a [plan::LookedInto],
    on: Vec<Condition<'a>>,
    probed: bool,
}

struct Condition<'a> {
    alias: &'a str,
    column: &'a str,
    kind: &'static str,
    fold: bool,
    test: String,
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
    conditional: bool,
    existing: String,
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
        read: read(step),
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

fn read(step: &Step) -> Read<'_> {
    let read = &step.read;
    let columns = read.columns.iter().map(|column| ReadColumn {
        alias: &column.alias,
        column: &column.column,
        kind: kind(&column.ty),
    });
    Read {
        table: &read.table,
        alias: &read.alias,
        joins: read.joins.iter().map(join).collect(),
        exists: read.exists.iter().map(exists).collect(),
        several: step.several().map(|(join, _)| join).collect(),
        required: list(read.required.iter().copied()),
        columns: columns.collect(),
        key: list(read.key.iter().copied()),
    }
}

fn join(join: &plan::Join) -> Join<'_> {
    let on = join.on.iter().map(condition).collect();
    Join { table: &join.table, alias: &join.alias, on, probed: join.probed }
}

fn exists(exists: &plan::Exists) -> Exists<'_> {
    Exists { tables: &exists.tables, on: exists.on.iter().map(condition).collect(), probed: exists.probed }
}

fn condition(condition: &plan::Condition) -> Condition<'_> {
    Condition {
        alias: &condition.alias,
        column: &condition.column,
        kind: kind(&condition.ty),
        fold: condition.fold,
        test: test(condition),
    }
}

fn test(condition: &plan::Condition) -> String {
    match &condition.test {
        Test::Compare(how, other) => {
            format!("step::Test::Compare(step::Comparison::{how:?}, {})", operand(other, &condition.ty))
        }
        Test::Among(values) => {
            let values: Vec<String> = values.iter().map(|literal| value(literal, &condition.ty)).collect();
            format!("step::Test::Among(vec![{}])", values.join(", "))
        }
    }
}

fn operand(operand: &Operand, ty: &Type) -> String {
    let column = |kind: &str, alias: &str, column: &str| {
        format!("step::Operand::{kind}({}.into(), {}.into())", text(alias), text(column))
    };
    match operand {
        Operand::Column(alias, name) => column("Column", alias, name),
        Operand::Folded(alias, name) => column("Folded", alias, name),
        Operand::Literal(literal) => format!("step::Operand::Value({})", value(literal, ty)),
    }
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
        identity: target.identity.as_ref().map_or("None".into(), |known| identity(known).into()),
        conditional: target.when.is_some(),
        existing: option(target.existing),
    }
}

fn identity(identity: &plan::Identity) -> String {
    let columns = columns(&identity.columns);
    format!("Some(step::IdentitySpec {{ columns: vec![{columns}], several: {} }})", option(identity.several))
}

/// Indexes of columns, each with whether it is folded.
fn columns(columns: &[(usize, bool)]) -> String {
    let columns = columns.iter().map(|(column, fold)| format!("({column}, {fold})"));
    columns.collect::<Vec<_>>().join(", ")
}

fn option(number: Option<usize>) -> String {
    number.map_or("None".to_string(), |number| format!("Some({number})"))
}

fn column(rule: &plan::Rule) -> TargetColumn<'_> {
    let source = match &rule.value.kind {
        ExprKind::Literal(literal) => format!("Constant({})", value(literal, &rule.ty)).into(),
        _ if rule.value.is_generated() => "Generated".into(),
        ExprKind::Link { link, .. } => format!("Link({link})").into(),
        ExprKind::Sibling(target) => format!("Sibling({target})").into(),
        _ => "Converted".into(),
    };
    TargetColumn { name: &rule.column, kind: kind(&rule.ty), source, line: rule.line }
}

fn unique(unique: &plan::Unique) -> Unique {
    Unique { target: unique.target, columns: columns(&unique.columns), reason: unique.reason }
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
