//! The specification of a step as source text; the interpreter makes the same from the plan.

use super::fields::kind;
use cutover_mapping_dsl::plan::{Condition, ExprKind, LinkKind, Literal, Operand, Read, Rollback, Step, Target};
use cutover_mapping_dsl::types::Type;
use proc_macro2::{Literal as Token, TokenStream};
use quote::quote;

/// Returns a function that makes the specification.
pub(super) fn spec(step: &Step) -> TokenStream {
    let (name, map_table, meaning) = (&step.name, step.map_table(), &step.meaning);
    let read = read(&step.read);
    let links = step.links.iter().map(|link| link_spec(&link.kind));
    let targets = step.targets.iter().map(target);
    let unique = step.unique.iter().map(|unique| {
        let (target, reason) = (Token::usize_unsuffixed(unique.target), Token::usize_unsuffixed(unique.reason));
        let columns = unique.columns.iter().map(|(column, fold)| {
            let column = Token::usize_unsuffixed(*column);
            quote!((#column, #fold))
        });
        quote!(step::UniqueSpec { target: #target, columns: Vec::from([#(#columns),*]), reason: #reason })
    });
    let reasons = step.reasons.iter().map(|reason| {
        let (name, column, message, line) = (&reason.name, &reason.column, &reason.message, line(reason.line));
        quote!(step::Reason { name: #name.into(), column: #column.into(), message: #message.into(), line: #line })
    });
    let rollback = match &step.rollback {
        Rollback::Delete => quote!(step::Rollback::Delete),
        Rollback::Irreversible { line: at, reason } => {
            let at = line(*at);
            quote!(step::Rollback::Irreversible { line: #at, reason: #reason.into() })
        }
    };
    quote! {
        fn specification() -> step::StepSpec {
            step::StepSpec {
                name: #name.into(),
                map_table: #map_table.into(),
                meaning: #meaning.into(),
                read: #read,
                links: Vec::from([#(#links),*]),
                targets: Vec::from([#(#targets),*]),
                unique: Vec::from([#(#unique),*]),
                reasons: Vec::from([#(#reasons),*]),
                rollback: #rollback,
            }
        }
    }
}

fn line(line: usize) -> Token {
    Token::usize_unsuffixed(line)
}

fn read(read: &Read) -> TokenStream {
    let (table, alias) = (&read.table, &read.alias);
    let joins = read.joins.iter().map(|join| {
        let (table, alias, on) = (&join.table, &join.alias, conditions(&join.on));
        quote!(step::JoinSpec { table: #table.into(), alias: #alias.into(), on: #on })
    });
    let exists = read.exists.iter().map(|exists| {
        let (table, alias, on) = (&exists.table, &exists.alias, conditions(&exists.on));
        quote!(step::ExistsSpec { table: #table.into(), alias: #alias.into(), on: #on })
    });
    let required = read.required.iter().map(|index| Token::usize_unsuffixed(*index));
    let columns = read.columns.iter().map(|column| {
        let (alias, name, kind) = (&column.alias, &column.column, kind(&column.ty));
        quote!(step::ReadColumn { source: step::ReadSource::Column(#alias.into(), #name.into()), kind: Kind::#kind })
    });
    let present = (0..read.joins.len()).map(Token::usize_unsuffixed);
    let answers = (0..read.exists.len()).map(Token::usize_unsuffixed);
    let key = read.key.iter().map(|index| Token::usize_unsuffixed(*index));
    quote! {
        step::ReadSpec {
            table: #table.into(),
            alias: #alias.into(),
            joins: Vec::from([#(#joins),*]),
            exists: Vec::from([#(#exists),*]),
            required: Vec::from([#(#required),*]),
            columns: Vec::from([
                #(#columns,)*
                #(step::ReadColumn { source: step::ReadSource::Present(#present), kind: Kind::Boolean },)*
                #(step::ReadColumn { source: step::ReadSource::Exists(#answers), kind: Kind::Boolean },)*
            ]),
            key: Vec::from([#(#key),*]),
        }
    }
}

fn conditions(on: &[Condition]) -> TokenStream {
    let conditions = on.iter().map(|condition| {
        let (column, kind) = (&condition.column, kind(&condition.ty));
        let equals = match &condition.equals {
            Operand::Column(alias, column) => quote!(step::Operand::Column(#alias.into(), #column.into())),
            Operand::Literal(literal) => {
                let value = value(literal, &condition.ty);
                quote!(step::Operand::Value(#value))
            }
        };
        quote!(step::Condition { column: #column.into(), equals: #equals, kind: Kind::#kind })
    });
    quote!(Vec::from([#(#conditions),*]))
}

fn link_spec(link: &LinkKind) -> TokenStream {
    match link {
        LinkKind::Reference { step, target } => {
            let target = Token::usize_unsuffixed(*target);
            quote!(step::LinkSpec::Reference { step: #step.into(), target: #target })
        }
        LinkKind::Lookup { table, result, ty, by } => {
            let kind_of = kind(ty);
            let by = by.iter().map(|by| {
                let (column, kind, fold) = (&by.column, kind(&by.ty), by.fold);
                quote!(step::LookupColumn { column: #column.into(), kind: Kind::#kind, fold: #fold })
            });
            quote!(step::LinkSpec::Lookup { table: #table.into(), result: #result.into(), kind: Kind::#kind_of, by: Vec::from([#(#by),*]) })
        }
    }
}

fn target(target: &Target) -> TokenStream {
    let (role, table, key, key_kind) = (&target.role, &target.table, &target.key, kind(&target.key_type));
    let assigned = match target.key_rule {
        None => quote!(step::KeyAssigned::Engine),
        Some(rule) => {
            let rule = Token::usize_unsuffixed(rule);
            quote!(step::KeyAssigned::Conversion(#rule))
        }
    };
    let columns = target.rules.iter().map(|rule| {
        let (name, kind, at) = (&rule.column, kind(&rule.ty), line(rule.line));
        let source = match &rule.value.kind {
            ExprKind::Literal(literal) => {
                let value = value(literal, &rule.ty);
                quote!(step::Source::Constant(#value))
            }
            ExprKind::Generated(_) => quote!(step::Source::Generated),
            ExprKind::Sibling(target) => {
                let target = Token::usize_unsuffixed(*target);
                quote!(step::Source::Sibling(#target))
            }
            _ => quote!(step::Source::Converted),
        };
        quote!(step::TargetColumn { name: #name.into(), kind: Kind::#kind, source: #source, line: #at })
    });
    let identity = match target.identity {
        None => quote!(None),
        Some(index) => {
            let index = Token::usize_unsuffixed(index);
            quote!(Some(#index))
        }
    };
    quote! {
        step::TargetSpec {
            role: #role.into(),
            table: #table.into(),
            key: step::KeySpec { column: #key.into(), kind: Kind::#key_kind, assigned: #assigned },
            columns: Vec::from([#(#columns),*]),
            identity: #identity,
        }
    }
}

/// Returns a literal as a value of a row.
fn value(literal: &Literal, ty: &Type) -> TokenStream {
    let written = super::values::literal(literal);
    match (literal, ty) {
        (Literal::Null, _) => quote!(Value::Null),
        (Literal::Boolean(value), _) => quote!(Value::Boolean(#value)),
        (Literal::Integer(value), Type::Decimal { .. }) => {
            let text = value.to_string();
            quote!(Value::Decimal(#text.into()))
        }
        (Literal::Integer(_), _) => quote!(Value::Integer(#written)),
        (Literal::Decimal(text), _) => quote!(Value::Decimal(#text.into())),
        (Literal::Text(text), _) => quote!(Value::Text(#text.into())),
        (Literal::Date(_), Type::DateTime { .. }) => quote!(Value::DateTime(operators::midnight(#written))),
        (Literal::Date(_), Type::Instant { .. }) => quote!(Value::Instant(operators::midnight(#written))),
        (Literal::Date(_), _) => quote!(Value::Date(#written)),
        (Literal::DateTime(_), Type::Instant { .. }) => quote!(Value::Instant(#written)),
        (Literal::DateTime(_), _) => quote!(Value::DateTime(#written)),
    }
}
