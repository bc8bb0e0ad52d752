//! The specification of a step as source text; the interpreter makes the same from the plan. It is a list of data, so
//! a template writes it: through the token tree it would take most of the time of a large mapping.

use super::fields::kind;
use askama::Template;
use cutover_mapping_dsl::plan::{self, ExprKind, LinkKind, Literal, Operand, Rollback, Step};
use cutover_mapping_dsl::types::Type;

/// A step's specification; every field is Rust already.
#[derive(Template)]
#[template(path = "rust/specification.rs")]
struct Specification {
    name: String,
    map_table: String,
    meaning: String,
    read: Read,
    links: Vec<String>,
    targets: Vec<Target>,
    unique: Vec<Unique>,
    reasons: Vec<Reason>,
    rollback: String,
}

struct Read {
    table: String,
    alias: String,
    joins: Vec<Looked>,
    exists: Vec<Looked>,
    required: String,
    columns: Vec<ReadColumn>,
    key: String,
}

/// A table that is joined or looked into.
struct Looked {
    table: String,
    alias: String,
    on: Vec<Condition>,
}

struct Condition {
    column: String,
    equals: String,
    kind: String,
}

struct ReadColumn {
    source: String,
    kind: String,
}

struct Target {
    role: String,
    table: String,
    key: String,
    key_kind: String,
    assigned: String,
    columns: Vec<TargetColumn>,
    identity: String,
}

struct TargetColumn {
    name: String,
    kind: String,
    source: String,
    line: usize,
}

struct Unique {
    target: usize,
    columns: String,
    reason: usize,
}

struct Reason {
    name: String,
    column: String,
    message: String,
    line: usize,
}

/// Returns a function that makes the specification.
pub(super) fn spec(step: &Step) -> Result<String, askama::Error> {
    let specification = Specification {
        name: text(&step.name),
        map_table: text(&step.map_table()),
        meaning: text(&step.meaning),
        read: read(&step.read),
        links: step.links.iter().map(|link| link_spec(&link.kind)).collect(),
        targets: step.targets.iter().map(target).collect(),
        unique: step.unique.iter().map(unique).collect(),
        reasons: step.reasons.iter().map(reason).collect(),
        rollback: match &step.rollback {
            Rollback::Delete => "Delete".to_string(),
            Rollback::Irreversible { line, reason } => {
                format!("Irreversible {{ line: {line}, reason: {}.into() }}", text(reason))
            }
        },
    };
    specification.render()
}

/// Returns a Rust literal for any text.
fn text(text: &str) -> String {
    format!("{text:?}")
}

fn list(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}

fn read(read: &plan::Read) -> Read {
    let columns = read.columns.iter().map(|column| ReadColumn {
        source: format!("Column({}.into(), {}.into())", text(&column.alias), text(&column.column)),
        kind: kind(&column.ty).to_string(),
    });
    let answer = |source: String| ReadColumn { source, kind: "Boolean".into() };
    let present = (0..read.joins.len()).map(|join| answer(format!("Present({join})")));
    let exists = (0..read.exists.len()).map(|index| answer(format!("Exists({index})")));
    Read {
        table: text(&read.table),
        alias: text(&read.alias),
        joins: read.joins.iter().map(|join| looked(&join.table, &join.alias, &join.on)).collect(),
        exists: read.exists.iter().map(|exists| looked(&exists.table, &exists.alias, &exists.on)).collect(),
        required: list(read.required.iter().copied()),
        columns: columns.chain(present).chain(exists).collect(),
        key: list(read.key.iter().copied()),
    }
}

fn looked(table: &str, alias: &str, on: &[plan::Condition]) -> Looked {
    let conditions = on.iter().map(|condition| Condition {
        column: text(&condition.column),
        kind: kind(&condition.ty).to_string(),
        equals: match &condition.equals {
            Operand::Column(alias, column) => {
                format!("step::Operand::Column({}.into(), {}.into())", text(alias), text(column))
            }
            Operand::Literal(literal) => format!("step::Operand::Value({})", value(literal, &condition.ty)),
        },
    });
    Looked { table: text(table), alias: text(alias), on: conditions.collect() }
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

fn target(target: &plan::Target) -> Target {
    Target {
        role: text(&target.role),
        table: text(&target.table),
        key: text(&target.key),
        key_kind: kind(&target.key_type).to_string(),
        assigned: target.key_rule.map_or("Engine".to_string(), |rule| format!("Conversion({rule})")),
        columns: target.rules.iter().map(column).collect(),
        identity: target.identity.map_or("None".to_string(), |index| format!("Some({index})")),
    }
}

fn column(rule: &plan::Rule) -> TargetColumn {
    let source = match &rule.value.kind {
        ExprKind::Literal(literal) => format!("Constant({})", value(literal, &rule.ty)),
        ExprKind::Generated(_) => "Generated".to_string(),
        ExprKind::Sibling(target) => format!("Sibling({target})"),
        _ => "Converted".to_string(),
    };
    TargetColumn { name: text(&rule.column), kind: kind(&rule.ty).to_string(), source, line: rule.line }
}

fn unique(unique: &plan::Unique) -> Unique {
    let columns = unique.columns.iter().map(|(column, fold)| format!("({column}, {fold})"));
    Unique { target: unique.target, columns: columns.collect::<Vec<_>>().join(", "), reason: unique.reason }
}

fn reason(reason: &plan::Reason) -> Reason {
    Reason { name: text(&reason.name), column: text(&reason.column), message: text(&reason.message), line: reason.line }
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
