//! The module of one map: types, conversion, reasons, and the step for the runtime.

use super::docs;
use super::expression::Writer;
use super::fields::{
    into_value, legacy_fields, legacy_type, module_name, reason_variants, role_fields, target_fields, target_type,
    value_type,
};
use cutover_mapping_dsl::plan::{Expr, ExprKind, Plan, Rule, Step};
use proc_macro2::{Literal as Token, TokenStream};
use quote::{format_ident, quote};

/// Returns the module of a map.
pub(super) fn module(plan: &Plan, step: &Step) -> TokenStream {
    let name = format_ident!("{}", module_name(&step.name));
    let place = format!("`map {}`, {}:{}.", step.name, plan.file, step.line);
    let lines =
        step.docs.iter().map(String::as_str).chain((!step.docs.is_empty()).then_some("")).chain([place.as_str()]);
    let docs = docs(lines);
    let mut writer = Writer::new(plan, step);
    let scope = scope(step, &mut writer);
    let link_keys = link_keys(step, &mut writer);
    let convert = convert(plan, step, &mut writer);
    let statics = writer.statics();
    let (legacy, targets, reject, implementation) =
        (legacy(plan, step), targets(plan, step), reject(plan, step), implementation());
    quote! {
        #docs
        #[allow(dead_code, unused_variables, unused_imports, unused_parens, clippy::all)]
        pub mod #name {
            use cutover_runtime::read::{self, ToValue};
            use cutover_runtime::step::{self, Generator, Link, Rejection, TargetRows};
            use cutover_runtime::value::{Key, Kind, Row, Value};
            use cutover_runtime::{chrono, chrono_tz, operators, regex, uuid};
            use std::borrow::Cow;
            use std::sync::LazyLock;
            #statics
            #legacy
            #targets
            #reject
            #scope
            #link_keys
            #convert
            #implementation
        }
    }
}

fn legacy(plan: &Plan, step: &Step) -> TokenStream {
    let doc = format!(" A row of {}.{} with all that the map reads.", plan.legacy.alias, step.read.table);
    let names = legacy_fields(step);
    let reasons = step.malformed_reasons();
    let variants = reason_variants(step);
    let columns = step.read.columns.len();
    let joins = step.read.joins.len();
    let mut fields = Vec::new();
    let mut reads = Vec::new();
    for (index, (column, name)) in step.read.columns.iter().zip(&names).enumerate() {
        let doc = format!(" `{}.{}`", column.alias, column.column);
        let (ty, reader) = legacy_type(&column.ty);
        let place = Token::usize_unsuffixed(index);
        let reason = reasons[index].map_or_else(
            || quote!(usize::MAX),
            |reason| {
                let variant = &variants[reason];
                quote!(Reject::#variant as usize)
            },
        );
        let (ty, how) = match column.nullable {
            true => (quote!(Option<#ty>), quote!(optional)),
            false => (ty, quote!(required)),
        };
        fields.push(quote!(#[doc = #doc] pub #name: #ty,));
        reads.push(quote!(#name: read::#how(&row[#place], read::#reader, #reason)?,));
    }
    for (index, (exists, name)) in step.read.exists.iter().zip(&names[columns..]).enumerate() {
        let tables = exists.tables.iter().map(|table| format!("{}.{}", plan.legacy.alias, table.table));
        let tables = tables.collect::<Vec<_>>().join(" with ");
        let doc = format!(" Whether a row of {tables} exists, {}:{}.", plan.file, exists.line);
        let place = Token::usize_unsuffixed(columns + joins + index);
        fields.push(quote!(#[doc = #doc] pub #name: bool,));
        reads.push(quote!(#name: matches!(row[#place], Value::Boolean(true)),));
    }
    let partners = step.read.joins.iter().enumerate().filter_map(|(index, join)| {
        let variant = &variants[join.missing?];
        let place = Token::usize_unsuffixed(columns + index);
        Some(quote!(read::partner(&row[#place], Reject::#variant as usize)?;))
    });
    let several = several(step).map(|(_, place, reason)| {
        let (place, variant) = (Token::usize_unsuffixed(place), &variants[reason]);
        quote!(read::only_one(&row[#place], Reject::#variant as usize)?;)
    });
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone, Copy)]
        pub struct Legacy<'a> {
            #(#fields)*
            #[doc(hidden)]
            pub row: std::marker::PhantomData<&'a Row>,
        }

        impl<'a> Legacy<'a> {
            /// Reads a row as it comes from the engine; rejects what is no value of its type.
            pub fn read(row: &'a Row) -> Result<Legacy<'a>, Rejection> {
                #(#partners)*
                #(#several)*
                Ok(Legacy { #(#reads)* row: std::marker::PhantomData })
            }
        }
    }
}

/// Returns the joins that may find several rows: index, place of the answer in a row, reason.
fn several(step: &Step) -> impl Iterator<Item = (usize, usize, usize)> {
    let first = step.read.columns.len() + step.read.joins.len() + step.read.exists.len();
    step.several().enumerate().map(move |(at, (join, reason))| (join, first + at, reason))
}

fn is_sibling(rule: &Rule) -> bool {
    matches!(rule.value.kind, ExprKind::Sibling(_))
}

fn targets(plan: &Plan, step: &Step) -> TokenStream {
    let rows = (0..step.targets.len()).map(|index| target_row(plan, step, index));
    let roles = role_fields(step);
    let types = step.targets.iter().enumerate().map(|(index, target)| {
        let name = target_type(step, index);
        if target.when.is_some() { quote!(Option<#name<'a>>) } else { quote!(#name<'a>) }
    });
    let written = step.targets.iter().zip(&roles).map(|(target, role)| match target.when.is_some() {
        true => quote!(self.#role.map(|row| row.into_row())),
        false => quote!(Some(self.#role.into_row())),
    });
    quote! {
        #(#rows)*

        /// What one legacy row becomes.
        #[derive(Debug, Clone)]
        pub struct Targets<'a> {
            #(#[allow(missing_docs)] pub #roles: #types,)*
        }

        impl Targets<'_> {
            /// Returns the rows as the engine writes them.
            pub fn into_rows(self) -> TargetRows {
                Vec::from([#(#written),*])
            }
        }
    }
}

fn target_row(plan: &Plan, step: &Step, index: usize) -> TokenStream {
    let target = &step.targets[index];
    let name = target_type(step, index);
    let doc = format!(
        " A row of {}.{}; keys of other rows of the same legacy row are filled in by the engine.",
        plan.target.alias, target.table
    );
    let names = target_fields(target);
    let own = target.rules.iter().zip(&names).filter(|(rule, _)| !is_sibling(rule));
    let fields = own.map(|(rule, name)| {
        let doc = format!(" {}:{}: `{}`", plan.file, rule.line, rule.text);
        let ty = value_type(&rule.ty);
        let ty = if rule.nullable { quote!(Option<#ty>) } else { ty };
        quote!(#[doc = #doc] pub #name: #ty,)
    });
    let values = target.rules.iter().zip(&names).map(|(rule, name)| match (is_sibling(rule), rule.nullable) {
        (true, _) => quote!(Value::Null),
        (false, false) => into_value(&rule.ty, quote!(self.#name)),
        (false, true) => {
            let value = into_value(&rule.ty, quote!(value));
            quote!(self.#name.map_or(Value::Null, |value| #value))
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone)]
        pub struct #name<'a> {
            #(#fields)*
            #[doc(hidden)]
            pub row: std::marker::PhantomData<&'a Row>,
        }

        impl #name<'_> {
            fn into_row(self) -> Row {
                Vec::from([#(#values),*])
            }
        }
    }
}

fn reject(plan: &Plan, step: &Step) -> TokenStream {
    let variants = reason_variants(step);
    let docs = step.reasons.iter().map(|reason| {
        let column = if reason.column.is_empty() { String::new() } else { format!("`{}`: ", reason.column) };
        format!(" {column}{}, {}:{}", reason.message, plan.file, reason.line)
    });
    let empty = variants.is_empty().then(|| {
        quote!(
            #[doc = " Never: the conversion rejects nothing."]
            Never,
        )
    });
    quote! {
        /// Why a row is rejected.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reject {
            #(#[doc = #docs] #variants,)*
            #empty
        }

        impl Reject {
            #[allow(dead_code)]
            fn with(self, value: Value) -> Rejection {
                Rejection { reason: self as usize, value }
            }
        }
    }
}

fn scope(step: &Step, writer: &mut Writer<'_>) -> TokenStream {
    let Some(scope) = &step.scope else {
        return quote! {
            fn in_scope(row: &Row) -> Result<bool, Rejection> {
                Ok(true)
            }
        };
    };
    let columns = step.read.columns.len();
    let partners = step.partners(scope).into_iter().map(|join| {
        let place = Token::usize_unsuffixed(columns + join);
        quote!(if row[#place] != Value::Boolean(true) { return Ok(false); })
    });
    let (looked_at, variants) = (step.looked_at(scope), reason_variants(step));
    let several = several(step).filter(|(join, ..)| looked_at.contains(join)).map(|(_, place, reason)| {
        let (place, variant) = (Token::usize_unsuffixed(place), &variants[reason]);
        quote!(read::only_one(&row[#place], Reject::#variant as usize)?;)
    });
    let fields = scope_fields(step, scope);
    let value = writer.value(scope);
    let value = if scope.nullable { quote!(#value == Some(true)) } else { value };
    quote! {
        fn in_scope(row: &Row) -> Result<bool, Rejection> {
            #(#several)*
            #(#partners)*
            #fields
            Ok(#value)
        }
    }
}

/// Reads only what the scope looks at: the rest of a row out of scope may be anything.
fn scope_fields(step: &Step, scope: &cutover_mapping_dsl::plan::Expr) -> TokenStream {
    let names = legacy_fields(step);
    let variants = reason_variants(step);
    let reasons = step.malformed_reasons();
    let (columns, joins) = (step.read.columns.len(), step.read.joins.len());
    let mut used = std::collections::BTreeSet::new();
    let mut open = vec![scope];
    while let Some(expr) = open.pop() {
        match expr.kind {
            ExprKind::Legacy { column, .. } => drop(used.insert(column)),
            ExprKind::Exists(index) => drop(used.insert(columns + index)),
            _ => {}
        }
        open.extend(expr.children());
    }
    let mut fields = Vec::new();
    let mut reads = Vec::new();
    for index in used {
        let name = &names[index];
        let (ty, read) = match step.read.columns.get(index) {
            Some(column) => {
                let (ty, reader) = legacy_type(&column.ty);
                let place = Token::usize_unsuffixed(index);
                let reason = reasons[index].map_or_else(
                    || quote!(usize::MAX),
                    |reason| {
                        let variant = &variants[reason];
                        quote!(Reject::#variant as usize)
                    },
                );
                match column.nullable {
                    true => (quote!(Option<#ty>), quote!(read::optional(&row[#place], read::#reader, #reason)?)),
                    false => (ty, quote!(read::required(&row[#place], read::#reader, #reason)?)),
                }
            }
            None => {
                let place = Token::usize_unsuffixed(index + joins);
                (quote!(bool), quote!(matches!(row[#place], Value::Boolean(true))))
            }
        };
        fields.push(quote!(#name: #ty,));
        reads.push(quote!(#name: #read,));
    }
    quote! {
        struct Scope<'a> { #(#fields)* row: std::marker::PhantomData<&'a Row> }
        let legacy = Scope { #(#reads)* row: std::marker::PhantomData };
    }
}

fn link_keys(step: &Step, writer: &mut Writer<'_>) -> TokenStream {
    use cutover_mapping_dsl::plan::LinkKind;
    let keys = step.links.iter().map(|link| {
        let parts = link.key.iter().enumerate().map(|(index, expr)| {
            let value = writer.value(expr);
            let value = quote!(#value.to_value());
            match &link.kind {
                LinkKind::Lookup { by, .. } if by[index].fold => quote!(read::folded(#value)),
                _ => value,
            }
        });
        let key = quote!(read::key(Vec::from([#(#parts),*])));
        if link.only_for.is_empty() {
            return key;
        }
        let whens: Vec<TokenStream> = link.only_for.iter().map(|target| row_condition(step, *target, writer)).collect();
        quote!(if #(#whens)||* { #key } else { None })
    });
    quote! {
        fn link_keys(legacy: &Legacy<'_>) -> Result<Vec<Option<Key>>, Rejection> {
            Ok(Vec::from([#(#keys),*]))
        }
    }
}

fn convert(plan: &Plan, step: &Step, writer: &mut Writer<'_>) -> TokenStream {
    let variants = reason_variants(step);
    let guards: Vec<TokenStream> = step
        .guards
        .iter()
        .map(|guard| {
            let when = writer.value(&guard.when);
            let when = if guard.when.nullable { quote!(#when == Some(true)) } else { when };
            let variant = &variants[guard.reason];
            quote!(if #when { return Err(Reject::#variant.with(Value::Null)); })
        })
        .collect();
    let roles = role_fields(step);
    let rows = step.targets.iter().enumerate().map(|(index, target)| {
        let (role, name) = (&roles[index], target_type(step, index));
        let names = target_fields(target);
        let fields = target.rules.iter().zip(&names).filter(|(rule, _)| !is_sibling(rule)).map(|(rule, name)| {
            let value = writer.value(&rule.value);
            let value = if rule.nullable && !rule.value.nullable { quote!(Some(#value)) } else { value };
            quote!(#name: #value,)
        });
        let row = quote!(#name { #(#fields)* row: std::marker::PhantomData });
        if target.when.is_none() {
            return quote!(#role: #row,);
        }
        let when = row_condition(step, index, writer);
        quote!(#role: if #when { Some(#row) } else { None },)
    });
    let rows: Vec<TokenStream> = rows.collect();
    let no_target = step.no_target.map(|reason| {
        let variant = &variants[reason];
        let whens: Vec<TokenStream> =
            (0..step.targets.len()).map(|target| row_condition(step, target, writer)).collect();
        quote!(if !(#(#whens)||*) { return Err(Reject::#variant.with(Value::Null)); })
    });
    let doc = format!(
        " Converts a row, {}:{}. `links` answers the keys that the step asked for, in their order.",
        plan.file, step.line
    );
    quote! {
        #[doc = #doc]
        pub fn convert<'a>(legacy: &Legacy<'a>, links: &'a [Link], generator: &mut dyn Generator) -> Result<Targets<'a>, Rejection> {
            #(#guards)*
            #no_target
            Ok(Targets { #(#rows)* })
        }
    }
}

/// Returns whether a target gets a row: its condition is true, not unknown.
fn row_condition(step: &Step, target: usize, writer: &mut Writer<'_>) -> TokenStream {
    let truth = |when: &Expr, writer: &mut Writer<'_>| {
        let value = writer.value(when);
        if when.nullable { quote!((#value == Some(true))) } else { value }
    };
    step.targets[target].when.as_ref().map_or_else(|| quote!(true), |when| truth(when, writer))
}

fn implementation() -> TokenStream {
    quote! {
        /// The step: forward by [`convert`], rollback by the migration table, as its specification says.
        #[derive(Debug)]
        pub struct Step {
            spec: step::StepSpec,
        }

        impl Step {
            /// Returns the step.
            pub fn new() -> Step {
                Step { spec: specification() }
            }
        }

        impl Default for Step {
            fn default() -> Step {
                Step::new()
            }
        }

        impl step::Step for Step {
            fn spec(&self) -> &step::StepSpec {
                &self.spec
            }

            fn in_scope(&self, row: &Row) -> Result<bool, Rejection> {
                in_scope(row)
            }

            fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
                link_keys(&Legacy::read(row)?)
            }

            fn convert(&self, row: &Row, links: &[Link], generator: &mut dyn Generator) -> Result<TargetRows, Rejection> {
                Ok(convert(&Legacy::read(row)?, links, generator)?.into_rows())
            }
        }

    }
}
