//! Value maps and patterns: what they take, what they leave out.

use super::Resolver;
use super::expression::Place;
use super::kinds::{literal_type, text_max, unite};
use crate::ast::{self, PatternKind, ValueOutcome};
use crate::diagnostic::{Applicability, Code, Diagnostic, before_brace};
use crate::plan::{Arrow, Expr, ExprKind, Literal, Outcome, ValueArm, ValueMap};
use crate::schema::Column;
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, World, nearest, suggest};
use std::collections::{BTreeMap, BTreeSet};

/// Resolves all value maps of a mapping; tells which of them have errors.
pub(crate) fn value_maps(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<ValueMap>, BTreeSet<usize>) {
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    let (mut maps, mut broken) = (Vec::new(), BTreeSet::new());
    for (index, values) in world.tree.values.iter().enumerate() {
        let before = diagnostics.len();
        if let Some(first) = names.insert(&values.name.text, values.name.span) {
            let message = format!("the value map `{}` is given twice", values.name.text);
            diagnostics.push(Diagnostic::error(Code::DUPLICATE, values.name.span, message).label(first, "first here"));
        }
        maps.push(value_map(world, values, diagnostics));
        if values.damaged || diagnostics.len() > before {
            broken.insert(index);
        }
    }
    (maps, broken)
}

fn value_map(world: &World<'_>, values: &ast::Values, diagnostics: &mut Vec<Diagnostic>) -> ValueMap {
    let (from, from_column) = domain(world, &values.from, Which::Legacy, diagnostics);
    let (to, to_column) = domain(world, &values.to, Which::Target, diagnostics);
    let from_known = from.is_some();
    let mut map = ValueMap {
        name: values.name.text.clone(),
        docs: values.docs.clone(),
        line: world.line(values.span),
        from: from.unwrap_or(Type::TEXT),
        to: to.unwrap_or(Type::TEXT),
        arms: Vec::new(),
        rest: None,
    };
    for arm in &values.arms {
        let outcome = match &arm.outcome {
            ValueOutcome::Literal(literal, span) => {
                check_target_value(world, literal, *span, &map.to, to_column, diagnostics);
                Outcome::Value(literal.clone())
            }
            ValueOutcome::Reject(words) => Outcome::Reject(
                words
                    .as_ref()
                    .map_or_else(|| format!("a value that `{}` does not take", map.name), |words| words.text.clone()),
            ),
        };
        add_arm(world, values, (arm, from_known), outcome, &mut map, diagnostics);
    }
    if !values.damaged && from_known {
        missing_values(world, values, &map, from_column, diagnostics);
    }
    injective(values, diagnostics);
    map
}

/// Returns the type that a mapping calls by this name.
pub(super) fn named_type(name: &str) -> Option<Type> {
    match name {
        "text" => Some(Type::TEXT),
        "integer" => Some(Type::INTEGER),
        "boolean" => Some(Type::Boolean),
        _ => None,
    }
}

/// Resolves what stands around the arrow of a value map: a type's name or a column.
fn domain<'w>(
    world: &'w World<'_>,
    path: &ast::Path,
    which: Which,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Type>, Option<&'w Column>) {
    match path.names.as_slice() {
        [name] => {
            let found = named_type(&name.text);
            if found.is_none() {
                let message = format!("there is no type `{}`", name.text);
                let help = "write `text`, `integer`, `boolean`, or a column such as `old.Patient.Sex`";
                diagnostics.push(Diagnostic::error(Code::TYPES, name.span, message).help(help));
            }
            (found, None)
        }
        [side, .., table, column] if path.names.len() <= 4 => {
            let names = path.names[..path.names.len() - 1].to_vec();
            let table_path = ast::Path { names, span: side.span.to(table.span) };
            let column = world
                .table(&table_path, which, diagnostics)
                .and_then(|table| world.column(table, which, column, diagnostics));
            let ty = column.map(|column| match (&column.ty, &column.allowed) {
                (Type::Text { .. }, Some(allowed)) => Type::Enum(allowed.clone()),
                (ty, _) => ty.clone(),
            });
            (ty, column)
        }
        _ => {
            let message = "this is neither a type nor a column";
            let help = "write `text`, or a column such as `old.Patient.Sex`";
            diagnostics.push(Diagnostic::error(Code::TYPES, path.span, message).help(help));
            (None, None)
        }
    }
}

fn add_arm(
    world: &World<'_>,
    values: &ast::Values,
    (arm, from_known): (&ast::ValueArm, bool),
    outcome: Outcome,
    map: &mut ValueMap,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if map.rest.is_some() {
        diagnostics.push(
            Diagnostic::error(Code::UNREACHABLE, arm.span, "this arm can never apply")
                .here("`_` above it takes everything"),
        );
        return;
    }
    if arm.arrow != Arrow::Forward && matches!(outcome, Outcome::Reject(_)) {
        let message = "a rejection has no way back";
        diagnostics.push(Diagnostic::error(Code::NO_WAY_BACK, arm.span, message).help("write `->`"));
    }
    if values.arrow == Arrow::Forward && arm.arrow != Arrow::Forward {
        let message = format!("`{}` only goes forward, this arm claims a way back", map.name);
        diagnostics
            .push(Diagnostic::error(Code::NO_WAY_BACK, arm.span, message).help("write `->`, or `<->` in the head"));
    }
    if arm.arrow == Arrow::Back {
        let message = "arms that only go back are not supported yet";
        let error = Diagnostic::error(Code::BACK_ARROW, arm.span, message);
        diagnostics.push(error.help("write `<->` in the arm that is the way back, `->` in the others"));
    }
    let mut from = Vec::new();
    for pattern in &arm.patterns {
        match &pattern.kind {
            PatternKind::Any if arm.arrow == Arrow::Forward => {
                map.rest = Some(outcome.clone());
            }
            PatternKind::Any => {
                map.rest = Some(outcome.clone());
                let message = "`_` stands for many values and has no way back";
                diagnostics.push(Diagnostic::error(Code::NO_WAY_BACK, pattern.span, message).help("write `->`"));
            }
            PatternKind::Literal(literal) => {
                if from_known {
                    check_source_value(literal, pattern.span, map, diagnostics);
                }
                from.push(literal.clone());
            }
            PatternKind::Range(..) | PatternKind::Regex(_) | PatternKind::Not(_) => {
                let message = "a value map takes single values and `_`";
                diagnostics.push(
                    Diagnostic::error(Code::SYNTAX, pattern.span, message)
                        .help("use `match` for ranges and regular expressions"),
                );
            }
        }
    }
    if !from.is_empty() {
        map.arms.push(ValueArm { from, to: outcome, arrow: arm.arrow, line: world.line(arm.span) });
    }
}

fn check_source_value(literal: &Literal, span: Span, map: &ValueMap, diagnostics: &mut Vec<Diagnostic>) {
    if map.arms.iter().any(|arm| arm.from.contains(literal)) {
        diagnostics.push(Diagnostic::error(Code::UNREACHABLE, span, "this value is taken by an arm above"));
    }
    if let (Type::Enum(listed), Literal::Text(text)) = (&map.from, literal)
        && !listed.contains(text)
    {
        let message = format!("\"{text}\" is none of the listed legacy values");
        let error = Diagnostic::error(Code::NOT_ALLOWED_VALUE, span, message);
        diagnostics.push(error.note(format!("listed are: {}", texts(listed))));
    } else if *literal != Literal::Null && !same_family(&literal_type(literal), &map.from) {
        let message = format!("{} where the legacy values are {}", literal_type(literal).family(), map.from.family());
        diagnostics.push(Diagnostic::error(Code::TYPES, span, message));
    }
}

pub(super) fn same_family(left: &Type, right: &Type) -> bool {
    left.family() == right.family() || (left.is_text() && right.is_text())
}

/// Returns the type of what a value map gives: its own values, where they are texts or numbers.
fn outcome_type(map: &ValueMap) -> Type {
    let outcomes = map.arms.iter().map(|arm| &arm.to).chain(&map.rest);
    let given = outcomes.filter_map(|outcome| match outcome {
        Outcome::Value(Literal::Null) | Outcome::Reject(_) => None,
        Outcome::Value(literal) => Some(literal_type(literal)),
    });
    let whole = given.map(Some).reduce(|whole, ty| unite(&whole?, &ty?)).flatten();
    match (&map.to, whole) {
        (Type::Text { .. } | Type::Enum(_) | Type::Integer { .. }, Some(whole)) => whole,
        (declared, _) => declared.clone(),
    }
}

/// Returns what a rejection by a value map means: the author's words of its arms.
fn rejection_words(map: &ValueMap) -> String {
    let outcomes = map.arms.iter().map(|arm| &arm.to).chain(&map.rest);
    let words: BTreeSet<&str> = outcomes
        .filter_map(|outcome| match outcome {
            Outcome::Reject(words) => Some(words.as_str()),
            Outcome::Value(_) => None,
        })
        .collect();
    match words.is_empty() {
        true => format!("a value that `{}` does not take", map.name),
        false => words.into_iter().collect::<Vec<_>>().join("; or "),
    }
}

/// Checks a literal against the column that it goes to: kind, list, length.
pub(crate) fn check_target_value(
    world: &World<'_>,
    literal: &Literal,
    span: Span,
    ty: &Type,
    column: Option<&Column>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if *literal == Literal::Null {
        return;
    }
    let here = |error: Diagnostic| match column {
        Some(column) => error.label(world.ddl_line(Which::Target, column.line), "the column is declared here"),
        None => error,
    };
    let listed = match (ty, column.and_then(|column| column.allowed.as_ref())) {
        (Type::Enum(listed), _) => Some(listed),
        (_, allowed) => allowed,
    };
    if let (Some(listed), Literal::Text(text)) = (listed, literal)
        && !listed.contains(text)
    {
        let names: Vec<&str> = listed.iter().map(String::as_str).collect();
        let message = format!("\"{text}\" is none of the values that the target takes");
        let error = here(Diagnostic::error(Code::NOT_ALLOWED_VALUE, span, message))
            .note(format!("it takes: {}", texts(listed)));
        diagnostics.push(match nearest(text, &names) {
            Some(near) => {
                let near = show(&Literal::Text(near.to_string()));
                error.patch(format!("did you mean {near}?"), span, near)
            }
            None => error,
        });
        return;
    }
    if !same_family(&literal_type(literal), ty) {
        let message = format!("{} where the target values are {}", literal_type(literal).family(), ty.family());
        diagnostics.push(here(Diagnostic::error(Code::TYPES, span, message)));
        return;
    }
    if let (Literal::Text(text), Some(max)) = (literal, text_max(ty))
        && text.chars().count() > max as usize
    {
        let message = format!("\"{text}\" is longer than {max} characters");
        diagnostics.push(here(Diagnostic::error(Code::NARROW, span, message)));
    }
}

/// Reports the listed values that no arm takes, or a missing `_`.
fn missing_values(
    world: &World<'_>,
    values: &ast::Values,
    map: &ValueMap,
    column: Option<&Column>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if map.rest.is_some() {
        return;
    }
    let taken: BTreeSet<&Literal> = map.arms.iter().flat_map(|arm| &arm.from).collect();
    let all: Vec<Literal> = match &map.from {
        Type::Enum(listed) => listed.iter().cloned().map(Literal::Text).collect(),
        Type::Boolean => vec![Literal::Boolean(false), Literal::Boolean(true)],
        _ => {
            let message = format!("value map `{}` does not say what happens to other values", map.name);
            let error = Diagnostic::error(Code::NOT_EXHAUSTIVE, values.name.span, message);
            let (end, line) = before_brace(world.sources, values.end, &["_ -> reject \"no such value\"".to_string()]);
            diagnostics.push(error.patch("add an arm `_ -> reject \"…\"`", end, line));
            return;
        }
    };
    let missing: Vec<String> = all.iter().filter(|value| !taken.contains(value)).map(show).collect();
    if missing.is_empty() {
        return;
    }
    let message = format!("value map `{}` does not cover every value of {}", map.name, path_text(&values.from));
    let mut error = Diagnostic::error(Code::NOT_EXHAUSTIVE, values.from.span, message)
        .here(format!("missing: {}", missing.join(", ")));
    if let Some(column) = column {
        error = error.label(world.ddl_line(Which::Legacy, column.line), "the values are listed here");
    }
    let lines: Vec<String> = missing.iter().map(|value| format!("{value} -> reject \"reason\"")).collect();
    let (end, lines) = before_brace(world.sources, values.end, &lines);
    let help = if missing.len() == 1 { "reject it, or map it" } else { "reject them, or map them" };
    diagnostics.push(error.patch_as(Applicability::HasPlaceholders, help, end, lines));
}

fn path_text(path: &ast::Path) -> String {
    path.names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

/// Returns a literal as written in a mapping.
pub(crate) fn show(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".into(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(text) => text.clone(),
        Literal::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Literal::Date(day) => day.to_string(),
        Literal::DateTime(time) => time.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
    }
}

/// Returns texts as written in a mapping: one may be empty, or hold a comma.
pub(crate) fn texts(listed: &[String]) -> String {
    listed.iter().map(|text| show(&Literal::Text(text.clone()))).collect::<Vec<_>>().join(", ")
}

/// Returns a literal in a spelling that it shares with all that have its value: 1, 1.0 and 1.00 are one number.
fn by_value(literal: &Literal) -> Literal {
    let decimal = |text: &str| {
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let digits = digits.trim_start_matches('0');
        Literal::Decimal(if digits.is_empty() { "0".to_string() } else { format!("{sign}{digits}") })
    };
    match literal {
        Literal::Integer(number) => decimal(&number.to_string()),
        Literal::Decimal(text) => decimal(text),
        other => other.clone(),
    }
}

/// Reports two arms that claim the same way back.
fn injective(values: &ast::Values, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<Literal, Span> = BTreeMap::new();
    for arm in values.arms.iter().filter(|arm| arm.arrow != Arrow::Forward) {
        let ValueOutcome::Literal(literal, _) = &arm.outcome else { continue };
        if let Some(first) = seen.insert(by_value(literal), arm.span) {
            let message = format!("two arms claim the way back from {}", show(literal));
            let error = Diagnostic::error(Code::NOT_INJECTIVE, arm.span, message).label(first, "the other one");
            diagnostics.push(error.help("write `->` in the one that is not the way back"));
        }
    }
}

impl Resolver<'_, '_> {
    /// Types `expression via Values`.
    pub(super) fn through(&mut self, operand: &ast::Expr, name: &ast::Name, place: &Place) -> Option<Expr> {
        let argument = self.expression(operand, place)?;
        let Some(index) = self.world.values(&name.text) else {
            self.unknown_values(name);
            return None;
        };
        self.draft.used_values.insert(index);
        if self.world.broken_values.contains(&index) {
            self.draft.damaged = true;
            return None;
        }
        let map = &self.world.value_maps[index];
        if !same_family(&argument.ty, &map.from) {
            let message = format!("`{}` takes {}, this is {}", map.name, map.from.family(), argument.ty.family());
            self.report(Diagnostic::error(Code::TYPES, operand.span, message));
            return None;
        }
        self.uncovered(&argument, index, operand.span);
        let map = &self.world.value_maps[index];
        let takes_null = map.arms.iter().any(|arm| arm.from.contains(&Literal::Null));
        let gives_null =
            map.arms.iter().map(|arm| &arm.to).chain(&map.rest).any(|to| *to == Outcome::Value(Literal::Null));
        let nullable = (argument.nullable && !takes_null) || gives_null;
        let (ty, message) = (outcome_type(map), rejection_words(map));
        let (map_name, line) = (super::pascal(&map.name), self.line(name.span));
        let reject = self.reason(&map_name, &place.column, &message, line);
        Some(Expr { kind: ExprKind::Through { map: index, argument: Box::new(argument), reject }, ty, nullable })
    }

    fn unknown_values(&mut self, name: &ast::Name) {
        if self.world.may_exist(&name.text) {
            self.draft.damaged = true;
            return;
        }
        let names: Vec<&str> = self.world.value_maps.iter().map(|map| map.name.as_str()).collect();
        let message = format!("there is no value map `{}`", name.text);
        let error = Diagnostic::error(Code::UNKNOWN_VALUES, name.span, message);
        self.report(suggest(error, name.span, &name.text, &names));
    }

    /// Reports listed values of the argument that the value map has no arm for.
    fn uncovered(&mut self, argument: &Expr, index: usize, span: Span) {
        let map = &self.world.value_maps[index];
        let (Type::Enum(listed), None) = (&argument.ty, &map.rest) else { return };
        let taken = |value: &String| map.arms.iter().any(|arm| arm.from.contains(&Literal::Text(value.clone())));
        let missing: Vec<String> =
            listed.iter().filter(|value| !taken(value)).map(|value| format!("\"{value}\"")).collect();
        if !missing.is_empty() && map.from != argument.ty {
            let message = format!("`{}` has no arm for {}", map.name, missing.join(", "));
            self.report(Diagnostic::error(Code::NOT_EXHAUSTIVE, span, message));
        }
    }
}
