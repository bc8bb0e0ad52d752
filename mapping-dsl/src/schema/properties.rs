//! SQL Server's extended properties: descriptions of tables and columns are kept as comments.

use super::read::{Reader, find_column};
use super::text::Tokens;

/// The parameters of `sp_addextendedproperty` in their order.
const PARAMETERS: [&str; 8] =
    ["@name", "@value", "@level0type", "@level0name", "@level1type", "@level1name", "@level2type", "@level2name"];

/// Takes in a call; returns false if it describes no table and no column.
pub(super) fn exec(reader: &mut Reader, mut tokens: Tokens<'_>) -> bool {
    tokens.take();
    let called = tokens.take_qualified().and_then(|mut parts| parts.pop()).unwrap_or_default();
    if !called.eq_ignore_ascii_case("sp_addextendedproperty") {
        return false;
    }
    let [name, value, _, namespace, kind, table, part, column] = arguments(&mut tokens);
    let is = |value: &Option<String>, word: &str| value.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(word));
    let (Some(namespace), Some(table)) = (namespace, table) else { return false };
    if !is(&name, "MS_Description") || !is(&kind, "TABLE") {
        return false;
    }
    let dialect = reader.dialect();
    let place = reader.place(&[namespace, table]);
    let Some(table) = place.and_then(|place| reader.tables.get_mut(place)) else { return false };
    match (part, column) {
        (None, _) => table.comment = value,
        (part @ Some(_), Some(column)) if is(&part, "COLUMN") => {
            match find_column(&mut table.columns, &column, dialect) {
                Some(column) => column.comment = value,
                None => return false,
            }
        }
        _ => return false,
    }
    true
}

/// Returns the arguments, which may be named or stand in their order.
fn arguments(tokens: &mut Tokens<'_>) -> [Option<String>; 8] {
    let mut found = [const { None }; 8];
    for position in 0..PARAMETERS.len() {
        let at = PARAMETERS.iter().position(|parameter| tokens.take_words(&[parameter]));
        if at.is_some() {
            tokens.take_symbol("=");
        }
        let value = tokens.take_literal().or_else(|| tokens.take_name()).filter(|it| !it.eq_ignore_ascii_case("null"));
        found[at.unwrap_or(position)] = value;
        if !tokens.take_symbol(",") {
            break;
        }
    }
    found
}
