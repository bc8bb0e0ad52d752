//! From the plan's step to what the engine must know of it. The Rust backend writes the same as source text.

use cutover_mapping_dsl::plan::{self, ExprKind, LinkKind, Literal, Step};
use cutover_mapping_dsl::types::Type;
use cutover_runtime::step::{
    Condition, ExistsSpec, JoinSpec, KeyAssigned, KeySpec, LinkSpec, LookupColumn, Operand, ReadColumn, ReadSource,
    ReadSpec, Reason, Rollback, Source, StepSpec, TargetColumn, TargetSpec, UniqueSpec,
};
use cutover_runtime::value::{Kind, Value};

pub(crate) fn spec(step: &Step) -> StepSpec {
    StepSpec {
        name: step.name.clone(),
        map_table: step.map_table(),
        meaning: step.meaning.clone(),
        read: read(&step.read),
        links: step.links.iter().map(|link| link_spec(&link.kind)).collect(),
        targets: step.targets.iter().map(target).collect(),
        unique: step.unique.iter().map(unique).collect(),
        reasons: step.reasons.iter().map(reason).collect(),
        rollback: match &step.rollback {
            plan::Rollback::Delete => Rollback::Delete,
            plan::Rollback::Irreversible { line, reason } => {
                Rollback::Irreversible { line: *line as u32, reason: reason.clone() }
            }
        },
    }
}

fn read(read: &plan::Read) -> ReadSpec {
    let columns = read.columns.iter().map(|column| ReadColumn {
        source: ReadSource::Column(column.alias.clone(), column.column.clone()),
        kind: kind(&column.ty),
    });
    let present =
        (0..read.joins.len()).map(|join| ReadColumn { source: ReadSource::Present(join), kind: Kind::Boolean });
    let exists =
        (0..read.exists.len()).map(|index| ReadColumn { source: ReadSource::Exists(index), kind: Kind::Boolean });
    ReadSpec {
        table: read.table.clone(),
        alias: read.alias.clone(),
        joins: read
            .joins
            .iter()
            .map(|join| JoinSpec { table: join.table.clone(), alias: join.alias.clone(), on: conditions(&join.on) })
            .collect(),
        exists: read
            .exists
            .iter()
            .map(|exists| ExistsSpec {
                table: exists.table.clone(),
                alias: exists.alias.clone(),
                on: conditions(&exists.on),
            })
            .collect(),
        required: read.required.clone(),
        columns: columns.chain(present).chain(exists).collect(),
        key: read.key.clone(),
    }
}

fn conditions(on: &[plan::Condition]) -> Vec<Condition> {
    let operand = |operand: &plan::Operand| match operand {
        plan::Operand::Column(alias, column) => Operand::Column(alias.clone(), column.clone()),
        plan::Operand::Literal(literal) => Operand::Value(literal_value(literal, &Type::TEXT)),
    };
    on.iter()
        .map(|condition| Condition {
            column: condition.column.clone(),
            equals: operand(&condition.equals),
            kind: kind(&condition.ty),
        })
        .collect()
}

fn link_spec(link: &LinkKind) -> LinkSpec {
    match link {
        LinkKind::Reference { step, target } => LinkSpec::Reference { step: step.clone(), target: *target },
        LinkKind::Lookup { table, result, ty, by } => LinkSpec::Lookup {
            table: table.clone(),
            result: result.clone(),
            kind: kind(ty),
            by: by
                .iter()
                .map(|by| LookupColumn { column: by.column.clone(), kind: kind(&by.ty), fold: by.fold })
                .collect(),
        },
    }
}

fn target(target: &plan::Target) -> TargetSpec {
    let assigned = target.key_rule.map_or(KeyAssigned::Engine, KeyAssigned::Conversion);
    TargetSpec {
        role: target.role.clone(),
        table: target.table.clone(),
        key: KeySpec { column: target.key.clone(), kind: kind(&target.key_type), assigned },
        columns: target.rules.iter().map(column).collect(),
        identity: target.identity,
    }
}

fn column(rule: &plan::Rule) -> TargetColumn {
    let source = match &rule.value.kind {
        ExprKind::Literal(literal) => Source::Constant(literal_value(literal, &rule.ty)),
        ExprKind::Generated(_) => Source::Generated,
        ExprKind::Sibling(target) => Source::Sibling(*target),
        _ => Source::Converted,
    };
    TargetColumn { name: rule.column.clone(), kind: kind(&rule.ty), source, line: rule.line as u32 }
}

fn unique(unique: &plan::Unique) -> UniqueSpec {
    UniqueSpec { target: unique.target, columns: unique.columns.clone(), reason: unique.reason }
}

fn reason(reason: &plan::Reason) -> Reason {
    Reason {
        name: reason.name.clone(),
        column: reason.column.clone(),
        message: reason.message.clone(),
        line: reason.line as u32,
    }
}

/// Returns the kind of the values of a type.
pub(crate) fn kind(ty: &Type) -> Kind {
    match ty {
        Type::Boolean => Kind::Boolean,
        Type::Integer { .. } => Kind::Integer,
        Type::Decimal { .. } => Kind::Decimal,
        Type::Float => Kind::Float,
        Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => Kind::Text,
        Type::Bytes { .. } => Kind::Bytes,
        Type::Date { .. } => Kind::Date,
        Type::DateTime { .. } => Kind::DateTime,
        Type::Instant { .. } => Kind::Instant,
        Type::Time { .. } => Kind::Time,
        Type::Uuid => Kind::Uuid,
    }
}

/// Returns a literal as a value of a type.
pub(crate) fn literal_value(literal: &Literal, ty: &Type) -> Value {
    match (literal, ty) {
        (Literal::Null, _) => Value::Null,
        (Literal::Boolean(value), _) => Value::Boolean(*value),
        (Literal::Integer(value), Type::Decimal { .. }) => Value::Decimal(value.to_string()),
        (Literal::Integer(value), _) => Value::Integer(*value),
        (Literal::Decimal(text), _) => Value::Decimal(text.clone()),
        (Literal::Text(text), Type::Uuid) => text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Uuid),
        (Literal::Text(text), _) => Value::Text(text.clone()),
        (Literal::Date(day), Type::DateTime { .. }) => Value::DateTime(day.and_time(chrono::NaiveTime::MIN)),
        (Literal::Date(day), Type::Instant { .. }) => Value::Instant(day.and_time(chrono::NaiveTime::MIN)),
        (Literal::Date(day), _) => Value::Date(*day),
        (Literal::DateTime(time), Type::Instant { .. }) => Value::Instant(*time),
        (Literal::DateTime(time), _) => Value::DateTime(*time),
    }
}
