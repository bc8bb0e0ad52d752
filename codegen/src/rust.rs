//! The Rust backend: row types of both sides, the conversion, the closed set of reasons, and a step that the runtime
//! runs, one module for each map. What does not depend on the types of a map is left to the runtime.

mod expression;
mod fields;
mod spec;
mod step;
mod values;

use crate::{EmitError, Files, Mark};
use cutover_mapping_dsl::plan::Plan;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Name of the generated file.
pub const FILE: &str = "mapping.rs";

/// Returns the Rust file of a plan.
pub fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mut items: Vec<TokenStream> = vec![steps_function(plan)];
    items.extend(values::functions(plan));
    items.extend(plan.steps.iter().map(|step| step::module(plan, step)));
    let mut text = format!("// {}\n", Mark::new(plan));
    for item in items {
        text.push('\n');
        text.push_str(&print(item)?);
    }
    let mut files = Files::default();
    files.add(FILE, text);
    Ok(files)
}

/// Prints one item. As one file, thousands of maps would take gigabytes.
fn print(item: TokenStream) -> Result<String, EmitError> {
    let broken = |cause: syn::Error| EmitError::Broken { file: FILE.into(), statement: 1, cause: cause.to_string() };
    let item: syn::Item = syn::parse2(item).map_err(broken)?;
    Ok(prettyplease::unparse(&syn::File { shebang: None, attrs: Vec::new(), items: vec![item], frontmatter: None }))
}

fn steps_function(plan: &Plan) -> TokenStream {
    let modules = plan.steps.iter().map(|step| format_ident!("{}", fields::module_name(&step.name)));
    let doc = format!(" Returns the steps of {} in running order.", plan.file);
    quote! {
        #[doc = #doc]
        pub fn steps() -> Vec<Box<dyn cutover_runtime::step::Step>> {
            vec![#(Box::new(#modules::Step::new())),*]
        }
    }
}

/// Doc attributes for lines of text.
fn docs<'l>(lines: impl IntoIterator<Item = &'l str>) -> TokenStream {
    let lines = lines.into_iter().map(|line| format!(" {line}"));
    quote!(#(#[doc = #lines])*)
}
