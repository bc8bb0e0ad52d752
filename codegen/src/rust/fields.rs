//! Names and types of fields: legacy columns and target columns as Rust.

use crate::names::{pascal_case, snake_case};
use cutover_mapping_dsl::plan::{Step, Target};
use cutover_mapping_dsl::types::Type;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use std::collections::BTreeSet;

/// Returns a valid identifier for a name: keywords get an underscore, what begins with a digit too.
pub(super) fn identifier(name: &str) -> String {
    let ascii: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let ascii = if ascii.trim_matches('_').is_empty() { "x".to_string() } else { ascii };
    let ascii = if ascii.starts_with(|c: char| c.is_ascii_digit()) { format!("_{ascii}") } else { ascii };
    match syn::parse_str::<Ident>(&ascii) {
        Ok(_) => ascii,
        Err(_) => format!("{ascii}_"),
    }
}

/// Returns the name of a map's module.
pub(super) fn module_name(step: &str) -> String {
    identifier(&snake_case(step))
}

fn unique(names: impl Iterator<Item = String>) -> Vec<Ident> {
    let mut taken = BTreeSet::new();
    let unique = names.map(|name| {
        let mut candidate = name.clone();
        for number in 2.. {
            if taken.insert(candidate.clone()) {
                break;
            }
            candidate = format!("{name}_{number}");
        }
        Ident::new(&candidate, Span::call_site())
    });
    unique.collect()
}

/// Returns the fields of the legacy row: columns, then the answers of `exists`.
pub(super) fn legacy_fields(step: &Step) -> Vec<Ident> {
    let several = !step.read.joins.is_empty();
    let columns = step.read.columns.iter().map(|column| match several {
        true => identifier(&snake_case(&format!("{}_{}", column.alias, snake_case(&column.column)))),
        false => identifier(&snake_case(&column.column)),
    });
    let exists = step.read.exists.iter().map(|exists| identifier(&format!("exists_{}", snake_case(exists.alias()))));
    unique(columns.chain(exists))
}

/// Returns the fields of a target row, one for each rule.
pub(super) fn target_fields(target: &Target) -> Vec<Ident> {
    unique(target.rules.iter().map(|rule| identifier(&snake_case(&rule.column))))
}

/// Returns the name of a target row's type.
pub(super) fn target_type(step: &Step, target: usize) -> Ident {
    let types = unique(step.targets.iter().map(|target| match pascal_case(&target.role).as_str() {
        reserved @ ("Legacy" | "Targets" | "Reject" | "Step") => format!("{reserved}Row"),
        name => identifier(&format!("{name}Row")),
    }));
    types[target].clone()
}

/// Returns the fields of the targets, by role.
pub(super) fn role_fields(step: &Step) -> Vec<Ident> {
    unique(step.targets.iter().map(|target| identifier(&snake_case(&target.role))))
}

/// Returns the variants of the reasons.
pub(super) fn reason_variants(step: &Step) -> Vec<Ident> {
    unique(step.reasons.iter().map(|reason| identifier(&reason.name)))
}

/// Returns the variant of [`cutover_runtime::value::Kind`] for a type.
pub(super) fn kind(ty: &Type) -> Ident {
    format_ident!(
        "{}",
        match ty {
            Type::Boolean => "Boolean",
            Type::Integer { .. } => "Integer",
            Type::Decimal { .. } => "Decimal",
            Type::Float => "Float",
            Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => "Text",
            Type::Bytes { .. } => "Bytes",
            Type::Date { .. } => "Date",
            Type::DateTime { .. } => "DateTime",
            Type::Instant { .. } => "Instant",
            Type::Time { .. } => "Time",
            Type::Uuid => "Uuid",
        }
    )
}

/// Whether a type's values are read with the zero date among them.
pub(super) fn has_zero(ty: &Type) -> bool {
    matches!(ty, Type::Date { zero: true } | Type::DateTime { zero: true, .. } | Type::Instant { zero: true, .. })
}

/// Returns the type of a legacy field, borrowed from the row, and its reader.
pub(super) fn legacy_type(ty: &Type) -> (TokenStream, Ident) {
    let plain = match ty {
        Type::Boolean => (quote!(bool), "boolean"),
        Type::Integer { .. } => (quote!(i128), "integer"),
        Type::Decimal { .. } => (quote!(&'a str), "decimal"),
        Type::Float => (quote!(f64), "float"),
        Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => (quote!(&'a str), "text"),
        Type::Bytes { .. } => (quote!(&'a [u8]), "bytes"),
        Type::Date { zero: false } => (quote!(chrono::NaiveDate), "date"),
        Type::DateTime { zero: false, .. } => (quote!(chrono::NaiveDateTime), "date_time"),
        Type::Instant { zero: false, .. } => (quote!(chrono::NaiveDateTime), "instant"),
        Type::Date { zero: true } => (quote!(read::Dated<'a, chrono::NaiveDate>), "dated_date"),
        Type::DateTime { zero: true, .. } => (quote!(read::Dated<'a, chrono::NaiveDateTime>), "dated_date_time"),
        Type::Instant { zero: true, .. } => (quote!(read::Dated<'a, chrono::NaiveDateTime>), "dated_instant"),
        Type::Time { .. } => (quote!(chrono::NaiveTime), "time"),
        Type::Uuid => (quote!(uuid::Uuid), "uuid"),
    };
    (plain.0, format_ident!("{}", plain.1))
}

/// Returns the type of a value that the conversion makes.
pub(super) fn value_type(ty: &Type) -> TokenStream {
    match ty {
        Type::Boolean => quote!(bool),
        Type::Integer { .. } => quote!(i128),
        Type::Float => quote!(f64),
        Type::Decimal { .. } | Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => quote!(Cow<'a, str>),
        Type::Bytes { .. } => quote!(Cow<'a, [u8]>),
        Type::Date { .. } => quote!(chrono::NaiveDate),
        Type::DateTime { .. } | Type::Instant { .. } => quote!(chrono::NaiveDateTime),
        Type::Time { .. } => quote!(chrono::NaiveTime),
        Type::Uuid => quote!(uuid::Uuid),
    }
}

/// Returns an expression that makes a row's value out of a value of the conversion.
pub(super) fn into_value(ty: &Type, value: TokenStream) -> TokenStream {
    let kind = kind(ty);
    match ty {
        Type::Decimal { .. } | Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) | Type::Bytes { .. } => {
            quote!(Value::#kind(#value.into_owned()))
        }
        Type::Boolean | Type::Integer { .. } | Type::Float | Type::Date { .. } | Type::DateTime { .. } => {
            quote!(Value::#kind(#value))
        }
        Type::Instant { .. } | Type::Time { .. } | Type::Uuid => quote!(Value::#kind(#value)),
    }
}
