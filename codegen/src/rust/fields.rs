//! Names and types of fields: legacy columns and target columns as Rust.

use crate::names::{pascal_case, snake_case};
use cutover_mapping_dsl::plan::{Step, Target};
use cutover_mapping_dsl::types::Type;
use proc_macro2::{Ident, Span};
use std::collections::BTreeSet;

/// The names of one step's fields, types and variants.
pub(super) struct Names {
    /// Fields of the legacy row: columns, then the answers of `exists`.
    pub(super) legacy: Vec<String>,
    /// Variants of the reasons.
    pub(super) reasons: Vec<String>,
    /// Fields of all target rows, by role.
    pub(super) roles: Vec<String>,
    /// Types of the target rows.
    pub(super) types: Vec<String>,
    /// Fields of each target row, one for each rule.
    pub(super) fields: Vec<Vec<String>>,
}

impl Names {
    pub(super) fn new(step: &Step) -> Names {
        Names {
            legacy: legacy_fields(step),
            reasons: unique(step.reasons.iter().map(|reason| identifier(&reason.name))),
            roles: unique(step.targets.iter().map(|target| identifier(&snake_case(&target.role)))),
            types: unique(step.targets.iter().map(target_type)),
            fields: step.targets.iter().map(target_fields).collect(),
        }
    }
}

/// Length of `abstract`, `continue` and `override`.
const LONGEST_KEYWORD: usize = 8;

/// Returns a valid identifier for a name: keywords get an underscore, what begins with a digit too.
pub(super) fn identifier(name: &str) -> String {
    let mut ascii: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if ascii.bytes().all(|byte| byte == b'_') {
        ascii = "x".to_string();
    }
    if ascii.starts_with(|c: char| c.is_ascii_digit()) {
        ascii.insert(0, '_');
    }
    if is_keyword(&ascii) {
        ascii.push('_');
    }
    ascii
}

/// Only short words of letters can be keywords. Which ones are, syn knows, but for the one that edition 2024 added.
fn is_keyword(name: &str) -> bool {
    name.len() <= LONGEST_KEYWORD
        && name.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (name == "gen" || syn::parse_str::<Ident>(name).is_err())
}

/// Returns the name of a map's module.
pub(super) fn module_name(step: &str) -> String {
    identifier(&snake_case(step))
}

/// Returns a name made here as a token.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let unique = names.map(|name| {
        let mut candidate = name.clone();
        for number in 2.. {
            if taken.insert(candidate.clone()) {
                break;
            }
            candidate = format!("{}_{number}", name.trim_end_matches('_'));
        }
        candidate
    });
    unique.collect()
}

fn legacy_fields(step: &Step) -> Vec<String> {
    let several = !step.read.joins.is_empty();
    let columns = step.read.columns.iter().map(|column| match several {
        true => identifier(&snake_case(&format!("{}_{}", column.alias, snake_case(&column.column)))),
        false => identifier(&snake_case(&column.column)),
    });
    let exists = step.read.exists.iter().map(|exists| identifier(&format!("exists_{}", snake_case(exists.alias()))));
    unique(columns.chain(exists))
}

fn target_fields(target: &Target) -> Vec<String> {
    unique(target.rules.iter().map(|rule| identifier(&snake_case(&rule.column))))
}

fn target_type(target: &Target) -> String {
    match pascal_case(&target.role).as_str() {
        reserved @ ("Legacy" | "Targets" | "Reject" | "Step") => format!("{reserved}Row"),
        name => identifier(&format!("{name}Row")),
    }
}

/// Returns the variant of [`cutover_runtime::value::Kind`] for a type.
pub(super) fn kind(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean => "Boolean",
        Type::Integer { .. } if ty.fits_64_bits() => "Integer",
        Type::Integer { .. } => "Whole",
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
}

/// Whether a type's values are read with the zero date among them.
pub(super) fn has_zero(ty: &Type) -> bool {
    matches!(ty, Type::Date { zero: true } | Type::DateTime { zero: true, .. } | Type::Instant { zero: true, .. })
}

/// Returns the type of a legacy field, borrowed from the row, and its reader.
pub(super) fn legacy_type(ty: &Type) -> (&'static str, &'static str) {
    match ty {
        Type::Boolean => ("bool", "boolean"),
        Type::Integer { .. } => ("i128", "integer"),
        Type::Decimal { .. } => ("&'a str", "decimal"),
        Type::Float => ("f64", "float"),
        Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => ("&'a str", "text"),
        Type::Bytes { .. } => ("&'a [u8]", "bytes"),
        Type::Date { zero: false } => ("chrono::NaiveDate", "date"),
        Type::DateTime { zero: false, .. } => ("chrono::NaiveDateTime", "date_time"),
        Type::Instant { zero: false, .. } => ("chrono::NaiveDateTime", "instant"),
        Type::Date { zero: true } => ("read::Dated<'a, chrono::NaiveDate>", "dated_date"),
        Type::DateTime { zero: true, .. } => ("read::Dated<'a, chrono::NaiveDateTime>", "dated_date_time"),
        Type::Instant { zero: true, .. } => ("read::Dated<'a, chrono::NaiveDateTime>", "dated_instant"),
        Type::Time { .. } => ("chrono::NaiveTime", "time"),
        Type::Uuid => ("uuid::Uuid", "uuid"),
    }
}

/// Returns the type of a value that the conversion makes.
pub(super) fn value_type(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean => "bool",
        Type::Integer { .. } => "i128",
        Type::Float => "f64",
        Type::Decimal { .. } | Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => "Cow<'a, str>",
        Type::Bytes { .. } => "Cow<'a, [u8]>",
        Type::Date { .. } => "chrono::NaiveDate",
        Type::DateTime { .. } | Type::Instant { .. } => "chrono::NaiveDateTime",
        Type::Time { .. } => "chrono::NaiveTime",
        Type::Uuid => "uuid::Uuid",
    }
}

/// Whether values of the conversion may be borrowed from the row.
pub(super) fn is_borrowed(ty: &Type) -> bool {
    match ty {
        Type::Decimal { .. } | Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) | Type::Bytes { .. } => {
            true
        }
        Type::Boolean | Type::Integer { .. } | Type::Float | Type::Date { .. } | Type::DateTime { .. } => false,
        Type::Instant { .. } | Type::Time { .. } | Type::Uuid => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{identifier, unique};

    #[test]
    fn any_name_becomes_an_identifier() {
        for (name, expected) in [
            ("plain_2", "plain_2"),
            ("fn", "fn_"),
            ("Self", "Self_"),
            ("gen", "gen_"),
            ("override", "override_"),
            ("overrides", "overrides"),
            ("1st", "_1st"),
            ("a \"b\"", "a__b_"),
            ("", "x"),
            ("__", "x"),
            ("日本", "x"),
        ] {
            assert_eq!(identifier(name), expected);
            assert!(syn::parse_str::<syn::Ident>(expected).is_ok(), "{expected}");
        }
    }

    #[test]
    fn names_that_meet_are_told_apart() {
        let names = ["x", "self_", "x", "self_", "x_2"].map(String::from);
        assert_eq!(unique(names.into_iter()), ["x", "self_", "x_2", "self_2", "x_2_2"]);
    }
}
