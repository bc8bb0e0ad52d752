//! `cutover explain`: what a code of a message means, from the pages in `docs/diagnostics`; and of a mapping, in
//! `explain/proof.rs`, what can come back and why.

mod proof;

use crate::arguments::ExplainOptions;
use crate::failure::Failure;
use crate::{Status, output};
use cutover_mapping_dsl::diagnostic::CODES;
use std::path::Path;

mod pages {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}

pub(crate) fn run(options: &ExplainOptions) -> Result<Status, Failure> {
    if let Some(mapping) = options.what.iter().find(|what| is_mapping(what)) {
        return match options.what.len() {
            1 => proof::run(mapping, options),
            _ => Err(Failure::usage("one mapping is explained at a time, without codes beside it")),
        };
    }
    if options.json || !options.maps.is_empty() {
        return Err(Failure::usage("`--map` and `--json` belong to the proof of a mapping: name its file"));
    }
    if options.what.is_empty() {
        let rows: Vec<Vec<String>> =
            CODES.iter().map(|(code, title)| vec![code.0.to_string(), (*title).to_string()]).collect();
        output::table(&["code", "meaning"], &rows);
    }
    let pages: Result<Vec<&str>, Failure> = options.what.iter().map(|code| page(code)).collect();
    for (number, page) in pages?.into_iter().enumerate() {
        if number > 0 {
            output::line("");
        }
        show(page);
    }
    Ok(Status::Done)
}

/// Whether a mapping is meant, not a code.
fn is_mapping(what: &str) -> bool {
    Path::new(what).extension().is_some_and(|extension| extension == "map") || Path::new(what).is_file()
}

/// Returns the page of a code; `m0604`, `604` and `error[M0604]` are understood too.
fn page(written: &str) -> Result<&'static str, Failure> {
    let inner = written.split(['[', ']']).nth(1).unwrap_or(written);
    let digits = inner.trim_start_matches(['M', 'm']);
    let code = format!("M{digits:0>4}");
    let found = pages::PAGES.iter().find(|(known, _)| *known == code);
    found.map(|(_, page)| *page).ok_or_else(|| {
        let near = match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && code.len() == 5 {
            true => format!("did you mean {}? ", nearest(&code)),
            false => String::new(),
        };
        Failure::usage(format!("there is no code `{written}`; {near}`cutover explain` lists all codes"))
    })
}

/// Returns the code that differs in the fewest digits, and among those the one that is next in number.
fn nearest(code: &str) -> &'static str {
    let number = |code: &str| code[1..].parse::<i32>().unwrap_or_default();
    let distance = |known: &str| {
        let digits = known.bytes().zip(code.bytes()).filter(|(left, right)| left != right).count();
        (digits, (number(known) - number(code)).abs())
    };
    pages::PAGES.iter().map(|(known, _)| *known).min_by_key(|known| distance(known)).unwrap_or_default()
}

/// Prints a page: headings bold, code indented, words without the marks of Markdown.
fn show(page: &str) {
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        let heading = output::HEADING;
        match line.strip_prefix('#').filter(|_| !in_code) {
            Some(rest) => output::line(&format!("{heading}{}{heading:#}", rest.trim_start_matches(['#', ' ']))),
            None if in_code && !line.is_empty() => output::line(&format!("    {line}")),
            None => output::line(line),
        }
    }
}
