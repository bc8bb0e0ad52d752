//! Value maps as functions, and literals.

use super::docs;
use super::fields::identifier;
use crate::names::snake_case;
use cutover_mapping_dsl::plan::{Literal, Outcome, Plan, ValueMap};
use cutover_mapping_dsl::types::Type;
use proc_macro2::{Ident, Literal as Token, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// Returns one function for each value map.
pub(super) fn functions(plan: &Plan) -> Vec<TokenStream> {
    plan.value_maps.iter().map(|map| function(plan, map)).collect()
}

/// Returns the name of a value map's function.
pub(super) fn function_name(map: &ValueMap) -> Ident {
    format_ident!("{}", identifier(&format!("map_{}", snake_case(&map.name))))
}

fn function(plan: &Plan, map: &ValueMap) -> TokenStream {
    let place = format!("`values {}`, {}:{}.", map.name, plan.file, map.line);
    let mut lines: Vec<&str> = map.docs.iter().map(String::as_str).collect();
    if !lines.is_empty() {
        lines.push("");
    }
    lines.push(&place);
    let docs = docs(lines);
    let name = function_name(map);
    let (from, to) = (argument_type(&map.from), result_type(&map.to));
    let arms = map.arms.iter().map(|arm| {
        let patterns = arm.from.iter().map(argument_pattern);
        let outcome = outcome(&arm.to, &map.to);
        quote!(#(#patterns)|* => #outcome,)
    });
    let takes_null = map.arms.iter().any(|arm| arm.from.contains(&Literal::Null));
    let null = (!takes_null).then(|| quote!(None => read::Mapped::Null,));
    let rest = map.rest.as_ref().map_or_else(|| quote!(read::Mapped::Rejected), |rest| outcome(rest, &map.to));
    quote! {
        #docs
        pub fn #name(value: Option<#from>) -> cutover_runtime::read::Mapped<#to> {
            use cutover_runtime::read;
            match value {
                #(#arms)*
                #null
                Some(_) => #rest,
            }
        }
    }
}

fn argument_type(ty: &Type) -> TokenStream {
    match ty {
        Type::Boolean => quote!(bool),
        Type::Integer { .. } => quote!(i128),
        _ => quote!(&str),
    }
}

fn result_type(ty: &Type) -> TokenStream {
    match ty {
        Type::Boolean => quote!(bool),
        Type::Integer { .. } => quote!(i128),
        _ => quote!(std::borrow::Cow<'static, str>),
    }
}

fn argument_pattern(literal: &Literal) -> TokenStream {
    match literal {
        Literal::Null => quote!(None),
        Literal::Boolean(value) => quote!(Some(#value)),
        Literal::Integer(value) => {
            let token = Token::i128_unsuffixed(*value);
            quote!(Some(#token))
        }
        Literal::Text(text) | Literal::Decimal(text) => quote!(Some(#text)),
        Literal::Date(day) => {
            let text = day.to_string();
            quote!(Some(#text))
        }
        Literal::DateTime(time) => {
            let text = time.to_string();
            quote!(Some(#text))
        }
    }
}

fn outcome(outcome: &Outcome, ty: &Type) -> TokenStream {
    match outcome {
        Outcome::Reject(_) => quote!(read::Mapped::Rejected),
        Outcome::Value(Literal::Null) => quote!(read::Mapped::Null),
        Outcome::Value(value) => match (value, ty) {
            (Literal::Text(text) | Literal::Decimal(text), _) => {
                quote!(read::Mapped::Value(std::borrow::Cow::Borrowed(#text)))
            }
            (value, _) => {
                let value = literal(value);
                quote!(read::Mapped::Value(#value))
            }
        },
    }
}

/// Returns a literal that is not null as an expression of the conversion.
pub(super) fn literal(literal: &Literal) -> TokenStream {
    use chrono::{Datelike, Timelike};
    match literal {
        Literal::Null => quote!(None),
        Literal::Boolean(value) => quote!(#value),
        Literal::Integer(value) => Token::i128_unsuffixed(*value).into_token_stream(),
        Literal::Text(text) | Literal::Decimal(text) => quote!(Cow::Borrowed(#text)),
        Literal::Date(day) => {
            let (year, month, day) = (
                Token::i32_unsuffixed(day.year()),
                Token::u32_unsuffixed(day.month()),
                Token::u32_unsuffixed(day.day()),
            );
            quote!(operators::day(#year, #month, #day))
        }
        Literal::DateTime(time) => {
            let day = self::literal(&Literal::Date(time.date()));
            let seconds = i64::from(time.num_seconds_from_midnight());
            let micros = Token::i64_unsuffixed(seconds * 1_000_000 + i64::from(time.nanosecond() / 1_000));
            quote!(operators::moment(#day, #micros))
        }
    }
}
