//! The Rust backend: row types of both sides, the conversion, the closed set of reasons, and a step that the runtime
//! runs, one module for each map. What does not depend on the types of a map is left to the runtime.

mod expression;
mod fields;
mod given;
mod print;
mod spec;
mod step;
mod values;

use crate::{EmitError, Files, Mark, comment};
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::Plan;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Name of the generated file.
pub const FILE: &str = "mapping.rs";

/// Returns the Rust file of a plan. Modules do not depend on each other, so all processors work on them.
pub fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mut text = format!("// {}\n", Mark::new(plan));
    for left in &plan.left {
        let said = format!("{}:{}: {}: {}", plan.file, left.line, left.tables.join(", "), left.reason);
        text.push_str(&format!("// Left where they are, {}\n", comment::line(&said)));
    }
    for item in std::iter::once(steps_function(plan)).chain(given::functions(plan)).chain(values::functions(plan)) {
        text.push('\n');
        text.push_str(&print::item(item)?);
    }
    for module in parallel::map(&plan.steps, |step| step::module(plan, step)) {
        text.push('\n');
        text.push_str(&module?);
        text.push('\n');
    }
    let mut files = Files::default();
    files.add(FILE, text);
    Ok(files)
}

fn steps_function(plan: &Plan) -> TokenStream {
    let modules = plan.steps.iter().map(|step| format_ident!("{}", fields::module_name(&step.name)));
    let doc = format!("Returns the steps of {} in running order.", plan.file);
    let docs = docs([doc.as_str()]);
    let given = plan.steps.iter().map(|step| given::asks(step).then(|| quote!(functions.clone())));
    let parameter = (!plan.functions.is_empty()).then(|| quote!(functions: std::sync::Arc<dyn Functions>));
    quote! {
        #docs
        pub fn steps(#parameter) -> Vec<Box<dyn cutover_runtime::step::Step>> {
            vec![#(Box::new(#modules::Step::new(#given))),*]
        }
    }
}

/// Doc attributes for lines of text.
fn docs<'l>(lines: impl IntoIterator<Item = &'l str>) -> TokenStream {
    let lines = lines.into_iter().map(|line| format!(" {}", comment::line(line)));
    quote!(#(#[doc = #lines])*)
}
