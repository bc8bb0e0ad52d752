//! Lines that would say what a map leaves unsaid, ready to be pasted: a rule where a legacy column has the name of a
//! target column and values that fit, else a constant or null; what is left of the legacy side is dropped.

use crate::plan::Literal;
use crate::resolve::Draft;
use crate::resolve::values::show;
use crate::schema::Column;
use crate::types::Type;
use crate::world::{nearest, quoted_if_needed};
use std::collections::BTreeSet;

/// A legacy column with the index of its alias.
type Legacy<'a> = (usize, &'a Column);

/// A rule: what stands left of the arrow, the arrow, what stands right.
struct Rule {
    left: String,
    arrow: &'static str,
    right: String,
}

/// Returns the lines.
pub(super) fn lines(draft: &Draft<'_>, legacy: &[&Column], target: &[(usize, &Column)]) -> Vec<String> {
    let mut free = candidates(draft, legacy);
    let mut taken = BTreeSet::new();
    let mut rules = Vec::new();
    for (role, column) in target {
        let right = format!("{}.{}", quoted_if_needed(&draft.roles[*role].name), quoted_if_needed(&column.name));
        let partner = partner(&free, column);
        if let Some(at) = partner {
            let (alias, of_legacy) = free.remove(at);
            if alias == 0 {
                taken.insert(of_legacy.name.as_str());
            }
            let name = format!("{}.{}", draft.aliases[alias].name, quoted_if_needed(&of_legacy.name));
            rules.push(copy(name, of_legacy, draft.aliases[alias].optional, column, right));
        } else if let Some(left) = value(column) {
            rules.push(Rule { left, arrow: "->", right });
        }
    }
    let mut lines = aligned(&rules);
    lines.extend(drop_line(draft, legacy.iter().filter(|column| !taken.contains(column.name.as_str()))));
    lines
}

/// What could be copied: what nothing is said of, then the columns of joined tables that nothing uses.
fn candidates<'a>(draft: &Draft<'a>, legacy: &[&'a Column]) -> Vec<Legacy<'a>> {
    let joined = draft.aliases.iter().enumerate().skip(1);
    let joined = joined.flat_map(|(at, alias)| alias.table.columns.iter().map(move |column| (at, column)));
    let unused = joined.filter(|(at, column)| !draft.used.contains(&(*at, column.name.clone())));
    legacy.iter().map(|column| (0, *column)).chain(unused).collect()
}

/// Returns the place of the legacy column whose name and type fit best.
fn partner(free: &[Legacy<'_>], column: &Column) -> Option<usize> {
    let fitting: Vec<(usize, &str)> = free
        .iter()
        .enumerate()
        .filter(|(_, (_, legacy))| fits(&legacy.ty, &column.ty))
        .map(|(at, (_, legacy))| (at, legacy.name.as_str()))
        .collect();
    let names: Vec<&str> = fitting.iter().map(|(_, name)| *name).collect();
    let near = nearest(&column.name, &names)?;
    fitting.into_iter().find(|(_, name)| *name == near).map(|(at, _)| at)
}

fn fits(legacy: &Type, target: &Type) -> bool {
    let is_time = |ty: &Type| matches!(ty, Type::DateTime { .. } | Type::Instant { .. });
    match (legacy, target) {
        (legacy, Type::Date { .. }) if is_time(legacy) => true,
        (Type::Other(_), _) | (_, Type::Other(_)) => false,
        (Type::Integer { .. }, Type::Decimal { .. }) => true,
        (legacy, target) if is_time(legacy) && is_time(target) => true,
        (legacy, target) => legacy.family() == target.family(),
    }
}

fn copy(name: String, legacy: &Column, optional: bool, column: &Column, right: String) -> Rule {
    let name = match (&legacy.ty, &column.ty) {
        (Type::DateTime { .. } | Type::Instant { .. }, Type::Date { .. }) => format!("date({name})"),
        _ => name,
    };
    let null_is_left = (legacy.nullable || optional) && !column.nullable;
    match constant(column).filter(|constant| null_is_left && !constant.starts_with("generated")) {
        Some(constant) => Rule { left: format!("coalesce({name}, {constant})"), arrow: "->", right },
        None if legacy.ty == column.ty && !null_is_left => Rule { left: name, arrow: "<->", right },
        None => Rule { left: name, arrow: "->", right },
    }
}

/// Returns a value that a column takes, to be replaced by the right one; none if there is nothing to begin with.
fn value(column: &Column) -> Option<String> {
    match &column.ty {
        _ if column.nullable => Some("null".to_string()),
        Type::Integer { min, .. } => Some(constant(column).unwrap_or_else(|| min.to_string())),
        Type::Date { .. } => Some("1970-01-01".to_string()),
        Type::DateTime { .. } | Type::Instant { .. } => Some("1970-01-01 00:00:00".to_string()),
        _ => constant(column),
    }
}

/// Returns what a column can hold where nothing is known, if that is obvious.
fn constant(column: &Column) -> Option<String> {
    let listed = match &column.ty {
        Type::Enum(listed) => Some(listed),
        _ => column.allowed.as_ref(),
    };
    let constant = match &column.ty {
        _ if column.nullable => return None,
        Type::Text { .. } | Type::Enum(_) => match listed {
            Some(listed) if !listed.iter().any(String::is_empty) => return listed.first().map(|text| text_of(text)),
            _ => "\"\"",
        },
        Type::Boolean => "false",
        Type::Integer { min: ..=0, max: 0.. } | Type::Decimal { .. } => "0",
        Type::Uuid => "generated uuid()",
        _ => return None,
    };
    Some(constant.to_string())
}

fn text_of(text: &str) -> String {
    show(&Literal::Text(text.to_string()))
}

fn aligned(rules: &[Rule]) -> Vec<String> {
    let left = rules.iter().map(|rule| rule.left.chars().count()).max().unwrap_or(0);
    let arrow = rules.iter().map(|rule| rule.arrow.len()).max().unwrap_or(0);
    let line = |rule: &Rule| format!("{:<left$} {:>arrow$} {}", rule.left, rule.arrow, rule.right);
    rules.iter().map(line).collect()
}

fn drop_line<'a>(draft: &Draft<'_>, columns: impl Iterator<Item = &'a &'a Column>) -> Option<String> {
    let names: Vec<String> = columns.map(|column| quoted_if_needed(&column.name)).collect();
    let alias = &draft.aliases[0].name;
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("drop {alias}.{one} \"reason\"")),
        _ => Some(format!("drop {alias}.{{{}}} \"reason\"", names.join(", "))),
    }
}
