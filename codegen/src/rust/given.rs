//! Functions that the mapping declares and the program gives, as a trait.

use super::docs;
use super::fields::identifier;
use crate::names::snake_case;
use cutover_mapping_dsl::plan::{GivenFunction, Plan, Step};
use cutover_mapping_dsl::types::Type;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// Returns the trait; nothing where the mapping declares no function.
pub(super) fn functions(plan: &Plan) -> Option<TokenStream> {
    let methods = plan.functions.iter().map(|function| method(plan, function));
    let doc = format!("What {} leaves to the program. The same arguments must always give the same answer.", plan.file);
    let docs = docs([doc.as_str()]);
    (!plan.functions.is_empty()).then(|| {
        quote! {
            #docs
            pub trait Functions: std::fmt::Debug + Send + Sync {
                #(#methods)*
            }
        }
    })
}

/// Returns whether a step asks the program.
pub(super) fn asks(step: &Step) -> bool {
    !step.given_functions().is_empty()
}

/// Returns the name of a function's method.
pub(super) fn method_name(function: &GivenFunction) -> Ident {
    format_ident!("{}", identifier(&snake_case(&function.name)))
}

fn method(plan: &Plan, function: &GivenFunction) -> TokenStream {
    let name = method_name(function);
    let place = format!("`fn {}`, {}:{}.", function.name, plan.file, function.line);
    let refusal = function.refusal.as_ref().map(|words| format!("`None` rejects the row: {words}."));
    let lines = function.docs.iter().map(String::as_str).chain((!function.docs.is_empty()).then_some(""));
    let docs = docs(lines.chain([place.as_str()]).chain(refusal.as_deref()));
    let parameters = function.parameters.iter().map(|(name, ty)| {
        let name = format_ident!("{}", identifier(&snake_case(name)));
        let ty = argument_type(ty);
        quote!(#name: #ty)
    });
    let result = result_type(&function.result);
    let result = if function.refusal.is_some() { quote!(Option<#result>) } else { result };
    quote! {
        #docs
        fn #name(&self, #(#parameters),*) -> #result;
    }
}

fn argument_type(ty: &Type) -> TokenStream {
    if ty.is_text() { quote!(&str) } else { plain(ty) }
}

fn result_type(ty: &Type) -> TokenStream {
    if ty.is_text() { quote!(String) } else { plain(ty) }
}

/// The checker has made sure that there is no other type.
fn plain(ty: &Type) -> TokenStream {
    if matches!(ty, Type::Boolean) { quote!(bool) } else { quote!(i128) }
}
