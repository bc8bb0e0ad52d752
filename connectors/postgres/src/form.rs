//! The forms in which PostgreSQL sends and takes values, so far as cutover knows them.

use postgres::types::{Kind, Type};

/// How the values of a type are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// Characters: `text`, `varchar`, `name`, `citext`, enums, `json`.
    Text,
    /// `char(n)`, padded with blanks that mean nothing.
    Padded,
    Jsonb,
    Bytea,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    /// Anything else.
    Unknown,
}

impl Form {
    /// Returns the form of a type; that of a domain is its base type's.
    pub(crate) fn of(ty: &Type) -> Form {
        match ty.kind() {
            Kind::Domain(base) => return Form::of(base),
            Kind::Enum(_) => return Form::Text,
            _ => {}
        }
        match *ty {
            Type::BOOL => Form::Bool,
            Type::INT2 => Form::Int2,
            Type::INT4 => Form::Int4,
            Type::INT8 => Form::Int8,
            Type::OID => Form::Oid,
            Type::FLOAT4 => Form::Float4,
            Type::FLOAT8 => Form::Float8,
            Type::NUMERIC => Form::Numeric,
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::JSON | Type::UNKNOWN => Form::Text,
            Type::BPCHAR => Form::Padded,
            Type::JSONB => Form::Jsonb,
            Type::BYTEA => Form::Bytea,
            Type::UUID => Form::Uuid,
            Type::DATE => Form::Date,
            Type::TIME => Form::Time,
            Type::TIMESTAMP => Form::Timestamp,
            Type::TIMESTAMPTZ => Form::Timestamptz,
            _ if ty.name() == "citext" => Form::Text,
            _ => Form::Unknown,
        }
    }
}
