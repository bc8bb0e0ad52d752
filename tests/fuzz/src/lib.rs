//! What must hold of any bytes: the checks that the fuzz targets make, and that the tests of `mapping-dsl` repeat on a
//! few fixed inputs.

use cutover_mapping_dsl::diagnostic::{render, to_json};
use cutover_mapping_dsl::format::format;
use cutover_mapping_dsl::schema::{Dialect, read};
use cutover_mapping_dsl::source::{FileId, Span};
use cutover_mapping_dsl::{Compiled, compile};

const LEGACY: &[u8] = include_bytes!("../../../mapping-dsl/tests/suite/errors/legacy.sql");
const TARGET: &[u8] = include_bytes!("../../../mapping-dsl/tests/suite/errors/target.sql");

/// A mapping compiles or has messages; each message can be drawn, and each change it offers can be made.
pub fn compile_any(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check_messages(text, &compile_text(text, LEGACY, TARGET));
}

/// A schema is read as every dialect; its places lie in the text. A mapping over it has messages or a plan.
pub fn schema_any(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for dialect in Dialect::ALL {
        let schema = read::read(FileId(0), &text, dialect);
        let lines = text.lines().count() + 1;
        for table in &schema.tables {
            assert!(table.line <= lines, "{dialect}: {} of {lines} lines", table.line);
            assert!(table.columns.iter().all(|column| column.line <= lines), "{dialect}: {}", table.name);
        }
        let mapping = format!(
            "language 1\nlegacy old = {dialect} \"old.sql\"\ntarget new = {dialect} \"new.sql\"\n\
             map M: old.Tag a -> new.Tag t {{\n  key a.Id <-> t.Id\n}}\n"
        );
        check_messages(&mapping, &compile_text(&mapping, data, data));
    }
}

/// A mapping can be laid out; once more changes nothing; it says the same, and what cannot be read stays.
pub fn format_any(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let once = format(text).expect("the layout says the same");
    let twice = format(&once.text).expect("the layout says the same");
    assert_eq!(once.text, twice.text, "formatting twice changes something");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for left in &once.untouched {
        let left = lines[left.start() - 1..*left.end()].concat();
        assert!(once.text.contains(left.trim_end_matches('\n')), "this did not stay: {left:?}");
    }
    let codes = |text: &str| -> Vec<&str> {
        let mut codes: Vec<&str> =
            compile_text(text, LEGACY, TARGET).diagnostics.iter().map(|found| found.code.0).collect();
        codes.sort_unstable();
        codes
    };
    assert_eq!(codes(text), codes(&once.text), "the new layout has other messages");
}

fn compile_text(text: &str, legacy: &[u8], target: &[u8]) -> Compiled {
    compile("any.map", text, &mut |file| match file {
        "legacy.sql" | "old.sql" => Ok(legacy.to_vec()),
        "target.sql" | "new.sql" => Ok(target.to_vec()),
        _ => Err("there is no such file".to_string()),
    })
}

fn check_messages(text: &str, compiled: &Compiled) {
    assert!(compiled.plan.is_some() || compiled.has_errors(), "neither a plan nor an error");
    for diagnostic in &compiled.diagnostics {
        let drawn = render(diagnostic, &compiled.sources, false);
        assert!(drawn.contains(diagnostic.code.0), "{drawn}");
        to_json(diagnostic, &compiled.sources, drawn);
        for patch in &diagnostic.patches {
            let Span { start, end, .. } = patch.span;
            assert!(text.get(start..end).is_some(), "{start}..{end} is no place in the text");
        }
    }
}
