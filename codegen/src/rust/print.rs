//! Tokens to text. Items go through syn and prettyplease one at a time: as one file, thousands of maps would take
//! gigabytes.

use super::FILE;
use crate::EmitError;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

/// What stands before an expression when it is printed as an item.
const BEFORE: &str = "const _: () = ";
/// The longest expression that stays on its line whatever surrounds it.
const SHORT: usize = 60;

/// Returns an item as text.
pub(super) fn item(item: TokenStream) -> Result<String, EmitError> {
    let broken = |cause: syn::Error| EmitError::Broken { file: FILE.into(), statement: 1, cause: cause.to_string() };
    let item: syn::Item = syn::parse2(item).map_err(broken)?;
    Ok(prettyplease::unparse(&syn::File { shebang: None, attrs: Vec::new(), items: vec![item], frontmatter: None }))
}

/// Returns an expression as text; its lines after the first are indented by `indent` blanks.
pub(super) fn expression(expression: TokenStream, indent: usize) -> Result<String, EmitError> {
    let mut text = String::new();
    if flat(expression.clone(), &mut text) && text.len() <= SHORT {
        return Ok(text);
    }
    let printed = item(quote!(const _: () = #expression;))?;
    let printed = printed.trim_end().strip_prefix(BEFORE).and_then(|text| text.strip_suffix(';'));
    let printed = printed.expect("an item ends as it was begun");
    Ok(printed.replace('\n', &format!("\n{:indent$}", "")))
}

/// Writes an expression of names, calls and literals as it stands: parsing and printing would say the same. Returns
/// false if there is more to it.
fn flat(tokens: TokenStream, out: &mut String) -> bool {
    let mut word = false;
    for token in tokens {
        let follows = std::mem::replace(&mut word, false);
        match token {
            TokenTree::Ident(ident) => {
                if follows {
                    out.push(' ');
                }
                out.push_str(&ident.to_string());
                word = true;
            }
            TokenTree::Literal(literal) if !follows => {
                out.push_str(&literal.to_string());
                word = true;
            }
            TokenTree::Punct(punct) if matches!(punct.as_char(), '.' | ':' | '?') => {
                out.push(punct.as_char());
                word = punct.as_char() == '?';
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => out.push_str(", "),
            TokenTree::Punct(punct) if matches!(punct.as_char(), '&' | '*') && !follows => out.push(punct.as_char()),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::Brace | Delimiter::None => return false,
                };
                out.push(open);
                if !flat(group.stream(), out) {
                    return false;
                }
                out.push(close);
                word = true;
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => return false,
        }
    }
    true
}
