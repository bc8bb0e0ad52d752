//! The specification of a step as source text; the interpreter makes the same from the plan. It is a list of data, so
//! a template writes it: through the token tree it would take most of the time of a large mapping.

use super::fields::kind;
use askama::Template;
use cutover_mapping_dsl::plan::{self, ExprKind, LinkKind, Literal, Operand, Rollback, Step, Test};
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
    joins: Vec<Join>,
    exists: Vec<Exists>,
    required: String,
    columns: Vec<ReadColumn>,
    key: String,
}

struct Join {
    table: String,
    alias: String,
    on: Vec<Condition>,
    probed: bool,
}

struct Exists {
    tables: Vec<(String, String)>,
    on: Vec<Condition>,
    probed: bool,
}

struct Condition {
    alias: String,
    column: String,
    kind: String,
    fold: bool,
    test: String,
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
    conditional: bool,
    existing: String,
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
        read: read(step),
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

fn read(step: &Step) -> Read {
    let read = &step.read;
    let columns = read.columns.iter().map(|column| ReadColumn {
        source: format!("Column({}.into(), {}.into())", text(&column.alias), text(&column.column)),
        kind: kind(&column.ty).to_string(),
    });
    let answer = |source: String| ReadColumn { source, kind: "Boolean".into() };
    let present = (0..read.joins.len()).map(|join| answer(format!("Present({join})")));
    let exists = (0..read.exists.len()).map(|index| answer(format!("Exists({index})")));
    let several = step.several().map(|(join, _)| answer(format!("Several({join})")));
    Read {
        table: text(&read.table),
        alias: text(&read.alias),
        joins: read.joins.iter().map(join).collect(),
        exists: read.exists.iter().map(exists_spec).collect(),
        required: list(read.required.iter().copied()),
        columns: columns.chain(present).chain(exists).chain(several).collect(),
        key: list(read.key.iter().copied()),
    }
}

fn join(join: &plan::Join) -> Join {
    Join {
        table: text(&join.table),
        alias: text(&join.alias),
        on: join.on.iter().map(condition).collect(),
        probed: join.probed,
    }
}

fn exists_spec(exists: &plan::Exists) -> Exists {
    Exists {
        tables: exists.tables.iter().map(|table| (text(&table.table), text(&table.alias))).collect(),
        on: exists.on.iter().map(condition).collect(),
        probed: exists.probed,
    }
}

fn condition(condition: &plan::Condition) -> Condition {
    let column = |kind: &str, alias: &str, column: &str| {
        format!("step::Operand::{kind}({}.into(), {}.into())", text(alias), text(column))
    };
    let operand = |operand: &Operand| match operand {
        Operand::Column(alias, name) => column("Column", alias, name),
        Operand::Folded(alias, name) => column("Folded", alias, name),
        Operand::Literal(literal) => format!("step::Operand::Value({})", value(literal, &condition.ty)),
    };
    let test = match &condition.test {
        Test::Compare(how, other) => {
            format!("step::Test::Compare(step::Comparison::{how:?}, {})", operand(other))
        }
        Test::Among(values) => {
            let values: Vec<String> = values.iter().map(|literal| value(literal, &condition.ty)).collect();
            format!("step::Test::Among(vec![{}])", values.join(", "))
        }
    };
    Condition {
        alias: text(&condition.alias),
        column: text(&condition.column),
        kind: kind(&condition.ty).to_string(),
        fold: condition.fold,
        test,
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

fn target(target: &plan::Target) -> Target {
    Target {
        role: text(&target.role),
        table: text(&target.table),
        key: text(&target.key),
        key_kind: kind(&target.key_type).to_string(),
        assigned: target.key_rule.map_or("Engine".to_string(), |rule| format!("Conversion({rule})")),
        columns: target.rules.iter().map(column).collect(),
        identity: target.identity.as_ref().map_or("None".to_string(), identity),
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
    Unique { target: unique.target, columns: columns(&unique.columns), reason: unique.reason }
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
