//! `cutover fmt`: mappings in the one style, written in place, or only compared.

use crate::arguments::FmtOptions;
use crate::failure::Failure;
use crate::{Status, mapping, output, whole};
use cutover_mapping_dsl::format::{Formatted, format};
use similar::{ChangeTag, TextDiff};
use std::fs;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::Path;

/// The name that stands for the standard input.
const STDIN: &str = "-";

pub(crate) fn run(options: &FmtOptions) -> Result<Status, Failure> {
    let mut unformatted = 0;
    for path in &options.maps {
        let text = read(path)?;
        let formatted = format(&text).map_err(|error| Failure::findings(format!("{}: {error}", path.display())))?;
        formatted.untouched.iter().for_each(|lines| output::note(&left(path, lines)));
        let changes = formatted.text != text;
        unformatted += usize::from(changes);
        if options.diff {
            diff(path, &text, &formatted);
        } else if options.check {
            if changes {
                output::line(&path.display().to_string());
            }
        } else if path.as_os_str() == STDIN {
            output::text(&formatted.text);
        } else if changes {
            replace(path, &formatted.text)?;
            output::note(&format!("formatted {}", path.display()));
        }
    }
    if options.check && unformatted > 0 {
        let files = mapping::counted(unformatted, "file");
        output::note(&format!("{files} would change; `cutover fmt` without `--check` writes"));
        return Ok(Status::Findings);
    }
    Ok(Status::Done)
}

fn left(path: &Path, lines: &RangeInclusive<usize>) -> String {
    let (first, last) = (lines.start(), lines.end());
    let place = if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
    format!("{}: {place} cannot be read and stayed as written; `cutover check` says why", path.display())
}

fn read(path: &Path) -> Result<String, Failure> {
    let cannot = |cause: String| Failure::environment(format!("{} cannot be read: {cause}", path.display()));
    let bytes = if path.as_os_str() == STDIN {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|error| cannot(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8".to_string()))
}

/// Replaces a file as a whole: at any moment it holds the old text or the new one. A link stays a link.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::environment(format!("{} cannot be written: {error}", path.display()));
    let file = path.canonicalize().map_err(cannot)?;
    let permissions = fs::metadata(&file).map_err(cannot)?.permissions();
    if permissions.readonly() {
        return Err(Failure::environment(format!("{} cannot be written: it is read-only", path.display())));
    }
    let beside = whole::beside(&file);
    let written = whole::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, permissions))
        .and_then(|()| fs::rename(&beside, &file));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        cannot(error)
    })
}

/// Prints what would change, as `diff -u` does.
fn diff(path: &Path, text: &str, formatted: &Formatted) {
    let diff = TextDiff::from_lines(text, formatted.text.as_str());
    let name = path.display();
    for (number, hunk) in diff.unified_diff().iter_hunks().enumerate() {
        if number == 0 {
            let heading = output::HEADING;
            output::text(&format!("{heading}--- {name}{heading:#}\n{heading}+++ {name}{heading:#}\n"));
        }
        output::text(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("-", output::ALERT),
                ChangeTag::Insert => ("+", output::GOOD),
                ChangeTag::Equal => (" ", anstyle::Style::new()),
            };
            let line = change.value().trim_end_matches('\n');
            output::text(&format!("{style}{sign}{line}{style:#}\n"));
            if change.missing_newline() {
                output::text("\\ No newline at end of file\n");
            }
        }
    }
}
