//! From the plan's step to what the engine must know of it. The Rust backend writes the same as source text.

use cutover_mapping_dsl::plan::{self, ExprKind, LinkKind, Literal, Step};
use cutover_mapping_dsl::types::Type;
use cutover_runtime::step::{
    Comparison, Condition, ExistsSpec, IdentitySpec, JoinSpec, KeyAssigned, KeySpec, LinkSpec, LookupColumn, Operand,
    ReadColumn, ReadSource, ReadSpec, Reason, Rollback, Source, StepSpec, TableSpec, TargetColumn, TargetSpec, Test,
    UniqueSpec,
};
use cutover_runtime::value::{Kind, Value};

pub(crate) fn spec(step: &Step) -> StepSpec {
    StepSpec {
        name: step.name.clone(),
        map_table: step.map_table(),
        meaning: step.meaning.clone(),
        read: read(step),
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

fn read(step: &Step) -> ReadSpec {
    let read = &step.read;
    let columns = read.columns.iter().map(|column| ReadColumn {
        source: ReadSource::Column(column.alias.clone(), column.column.clone()),
        kind: kind(&column.ty),
    });
    let present =
        (0..read.joins.len()).map(|join| ReadColumn { source: ReadSource::Present(join), kind: Kind::Boolean });
    let exists =
        (0..read.exists.len()).map(|index| ReadColumn { source: ReadSource::Exists(index), kind: Kind::Boolean });
    let several = step.several();
    let several = several.map(|(join, _)| ReadColumn { source: ReadSource::Several(join), kind: Kind::Boolean });
    ReadSpec {
        table: read.table.clone(),
        alias: read.alias.clone(),
        joins: read.joins.iter().map(join).collect(),
        exists: read.exists.iter().map(exists_spec).collect(),
        required: read.required.clone(),
        columns: columns.chain(present).chain(exists).chain(several).collect(),
        key: read.key.clone(),
    }
}

fn join(join: &plan::Join) -> JoinSpec {
    JoinSpec {
        table: join.table.clone(),
        alias: join.alias.clone(),
        on: join.on.iter().map(condition).collect(),
        probed: join.probed,
    }
}

fn exists_spec(exists: &plan::Exists) -> ExistsSpec {
    let table = |table: &plan::LookedInto| TableSpec { table: table.table.clone(), alias: table.alias.clone() };
    ExistsSpec {
        tables: exists.tables.iter().map(table).collect(),
        on: exists.on.iter().map(condition).collect(),
        probed: exists.probed,
    }
}

fn condition(condition: &plan::Condition) -> Condition {
    let value = |literal: &Literal| literal_value(literal, &condition.ty);
    let operand = |operand: &plan::Operand| match operand {
        plan::Operand::Column(alias, column) => Operand::Column(alias.clone(), column.clone()),
        plan::Operand::Folded(alias, column) => Operand::Folded(alias.clone(), column.clone()),
        plan::Operand::Literal(literal) => Operand::Value(value(literal)),
    };
    Condition {
        alias: condition.alias.clone(),
        column: condition.column.clone(),
        kind: kind(&condition.ty),
        fold: condition.fold,
        test: match &condition.test {
            plan::Test::Compare(how, other) => Test::Compare(comparison(*how), operand(other)),
            plan::Test::Among(values) => Test::Among(values.iter().map(value).collect()),
        },
    }
}

/// Returns a comparison as the runtime knows it.
pub(crate) fn comparison(comparison: plan::Comparison) -> Comparison {
    match comparison {
        plan::Comparison::Equal => Comparison::Equal,
        plan::Comparison::NotEqual => Comparison::NotEqual,
        plan::Comparison::Less => Comparison::Less,
        plan::Comparison::LessOrEqual => Comparison::LessOrEqual,
        plan::Comparison::Greater => Comparison::Greater,
        plan::Comparison::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
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
        identity: target
            .identity
            .as_ref()
            .map(|identity| IdentitySpec { columns: identity.columns.clone(), several: identity.several }),
        conditional: target.when.is_some(),
        existing: target.existing,
    }
}

fn column(rule: &plan::Rule) -> TargetColumn {
    let source = match &rule.value.kind {
        ExprKind::Literal(literal) => Source::Constant(literal_value(literal, &rule.ty)),
        _ if rule.value.is_generated() => Source::Generated,
        ExprKind::Link { link, .. } => Source::Link(*link),
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
        Type::Integer { .. } if ty.fits_64_bits() => Kind::Integer,
        Type::Integer { .. } => Kind::Whole,
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
