//! The Rust backend: row types of both sides, the conversion, the closed set of reasons, and a step that the runtime
//! runs, one module for each map. What does not depend on the types of a map is left to the runtime.

mod expression;
mod fields;
mod spec;
mod step;
mod values;

use crate::{EmitError, Files, Mark};
use cutover_mapping_dsl::plan::{Plan, Step};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Name of the generated file.
pub const FILE: &str = "mapping.rs";

/// Returns the Rust file of a plan. Modules do not depend on each other, so all processors work on them.
pub fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mut text = format!("// {}\n", Mark::new(plan));
    for left in &plan.left {
        let (tables, reason) = (crate::comment::line(&left.tables.join(", ")), crate::comment::line(&left.reason));
        text.push_str(&format!("// Left where they are, {}:{}: {tables}: {reason}\n", plan.file, left.line));
    }
    for item in std::iter::once(steps_function(plan)).chain(values::functions(plan)) {
        text.push('\n');
        text.push_str(&print(item)?);
    }
    for module in modules(plan)? {
        text.push('\n');
        text.push_str(&module);
    }
    let mut files = Files::default();
    files.add(FILE, text);
    Ok(files)
}

fn modules(plan: &Plan) -> Result<Vec<String>, EmitError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = plan.steps.len().div_ceil(workers).max(1);
    let module = |step| module(plan, step);
    std::thread::scope(|scope| {
        let shares: Vec<_> = plan
            .steps
            .chunks(share)
            .map(|steps| scope.spawn(move || steps.iter().map(module).collect::<Result<Vec<String>, EmitError>>()))
            .collect();
        let made = shares.into_iter().map(|share| share.join().expect("writing a module does not panic"));
        made.collect::<Result<Vec<Vec<String>>, EmitError>>().map(|shares| shares.into_iter().flatten().collect())
    })
}

/// Returns the module of one map: code through the token tree, the specification by its template.
fn module(plan: &Plan, step: &Step) -> Result<String, EmitError> {
    let code = print(step::module(plan, step))?;
    let template = |cause: askama::Error| EmitError::Template { file: FILE.into(), cause: cause.to_string() };
    let specification = spec::spec(step).map_err(template)?;
    let body = code.trim_end().strip_suffix('}').expect("a module ends with its brace");
    Ok(format!("{body}{}\n}}\n", specification.trim_end()))
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
