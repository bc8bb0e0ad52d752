//! What is printed: results to the output, everything else to the error stream; colours on a terminal only.

use crate::failure::Failure;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// Bold, for headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// For what needs a look.
pub(crate) const ALERT: Style = AnsiColor::Red.on_default().bold();
/// For what is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();

/// Prints a line of the result. A reader that has gone away is no failure.
#[allow(clippy::print_stdout)] // The command speaks here.
pub(crate) fn line(text: &str) {
    use std::io::Write;
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Prints a text that has its own line ends.
pub(crate) fn text(text: &str) {
    use std::io::Write;
    let _ = write!(anstream::stdout(), "{text}");
}

/// Prints a line beside the result.
pub(crate) fn note(text: &str) {
    use std::io::Write;
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints why the command failed.
pub(crate) fn error(failure: &Failure) {
    note(&format!("{ALERT}error{ALERT:#}: {failure}"));
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) {
    line(&serde_json::to_string_pretty(value).expect("reports are trees of texts and numbers"));
}

/// Prints rows in columns; numbers to the right.
pub(crate) fn table(heads: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|character| character.is_ascii_digit());
    let right: Vec<bool> = (0..heads.len()).map(|column| rows.iter().all(|row| is_number(&row[column]))).collect();
    let print = |cells: &[String], style: Style| {
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let blanks = " ".repeat(widths[column] - cell.chars().count());
            if right[column] { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
        });
        let text = padded.collect::<Vec<_>>().join("  ");
        line(&format!("{style}{}{style:#}", text.trim_end()));
    };
    print(&heads.iter().map(ToString::to_string).collect::<Vec<_>>(), HEADING);
    rows.iter().for_each(|row| print(row, Style::new()));
}
