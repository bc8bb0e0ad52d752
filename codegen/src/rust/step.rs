//! The module of one map: types, conversion, reasons, and the step for the runtime. Declarations are data, so a template
//! writes them; expressions go through the token tree.

use super::expression::Writer;
use super::fields::{Names, is_borrowed, kind, legacy_type, module_name, value_type};
use super::spec::{Specification, specification};
use super::{given, print};
use crate::{EmitError, comment};
use askama::Template;
use cutover_mapping_dsl::plan::{self, Expr, ExprKind, LinkKind, Plan, Step};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// One map; every name and expression is Rust already.
#[derive(Template)]
#[template(path = "rust/module.rs")]
struct Module<'a> {
    name: String,
    docs: Vec<Cow<'a, str>>,
    /// The mapping's file, for comments.
    file: Cow<'a, str>,
    map: Cow<'a, str>,
    line: usize,
    patterns: Vec<String>,
    zones: Vec<(Ident, String)>,
    legacy: Legacy<'a>,
    /// Names of both sides, for comments.
    source: Cow<'a, str>,
    target: Cow<'a, str>,
    rows: Vec<Row<'a>>,
    reasons: Vec<Reason<'a>>,
    scope: Option<Scope<'a>>,
    links: Vec<String>,
    guards: Vec<String>,
    /// What rejects a row that gives no target row.
    no_target: Option<String>,
    /// Whether the program is asked for functions.
    asks: bool,
    specification: Specification<'a>,
}

/// The legacy row.
struct Legacy<'a> {
    table: Cow<'a, str>,
    partners: Vec<Partner<'a>>,
    /// Joins that may find several rows.
    several: Vec<Partner<'a>>,
    fields: Vec<Field<'a>>,
    answers: Vec<Answer<'a>>,
}

/// What is known of a join: the place of the answer in a row, and what is rejected for it.
struct Partner<'a> {
    place: usize,
    reason: &'a str,
}

/// A column that is read.
struct Field<'a> {
    name: &'a str,
    alias: Cow<'a, str>,
    column: Cow<'a, str>,
    ty: &'static str,
    nullable: bool,
    place: usize,
    reader: &'static str,
    /// What a value of another type is rejected for; none where nothing but the engine looks at it.
    reason: Option<&'a str>,
}

/// The answer to an `exists`.
struct Answer<'a> {
    name: &'a str,
    /// The tables that it looks into, each with its side.
    tables: String,
    line: usize,
    place: usize,
}

/// What the scope looks at, and the condition.
struct Scope<'a> {
    several: Vec<Partner<'a>>,
    partners: Vec<usize>,
    fields: Vec<Field<'a>>,
    answers: Vec<Answer<'a>>,
    value: String,
}

/// A target row.
struct Row<'a> {
    role: &'a str,
    ty: &'a str,
    table: Cow<'a, str>,
    /// The condition under which there is a row; none if there always is one.
    when: Option<String>,
    rules: Vec<Rule<'a>>,
}

struct Rule<'a> {
    name: &'a str,
    text: Cow<'a, str>,
    line: usize,
    ty: &'static str,
    kind: &'static str,
    nullable: bool,
    borrowed: bool,
    /// None where the engine fills in the key of another row.
    value: Option<String>,
}

struct Reason<'a> {
    name: &'a str,
    column: Cow<'a, str>,
    message: Cow<'a, str>,
    line: usize,
}

/// Returns the module of a map.
pub(super) fn module(plan: &Plan, step: &Step) -> Result<String, EmitError> {
    let names = Names::new(step);
    let mut writer = Writer::new(plan, step, &names);
    let scope = step.scope.as_ref().map(|expr| scope(plan, step, &names, &mut writer, expr)).transpose()?;
    let links = (0..step.links.len()).map(|link| print::expression(link_key(step, link, &mut writer), 12));
    let links = links.collect::<Result<_, _>>()?;
    let guards = step.guards.iter().map(|guard| print::expression(self::guard(guard, &mut writer), 8));
    let guards = guards.collect::<Result<_, _>>()?;
    let rows = (0..step.targets.len()).map(|target| row(step, target, &names, &mut writer));
    let rows = rows.collect::<Result<_, _>>()?;
    let no_target = step.no_target.map(|reason| print::expression(no_target(step, reason, &mut writer), 8));
    let no_target = no_target.transpose()?;
    let module = Module {
        name: module_name(&step.name),
        docs: step.docs.iter().map(|line| comment::line(line)).collect(),
        file: comment::line(&plan.file),
        map: comment::line(&step.name),
        line: step.line,
        legacy: legacy(plan, step, &names),
        source: comment::line(&plan.legacy.alias),
        target: comment::line(&plan.target.alias),
        rows,
        reasons: reasons(step, &names),
        scope,
        links,
        guards,
        no_target,
        asks: given::asks(step),
        patterns: writer.patterns,
        zones: writer.zones.into_iter().map(|zone| (super::expression::zone_name(&zone), zone)).collect(),
        specification: specification(step),
    };
    module.render().map_err(|cause| EmitError::Template { file: super::FILE.into(), cause: cause.to_string() })
}

fn legacy<'a>(plan: &Plan, step: &'a Step, names: &'a Names) -> Legacy<'a> {
    let columns = step.read.columns.len();
    let partners =
        step.read.joins.iter().enumerate().filter_map(|(index, join)| {
            Some(Partner { place: columns + index, reason: &names.reasons[join.missing?] })
        });
    Legacy {
        table: comment::line(&step.read.table),
        partners: partners.collect(),
        several: several(step, names).map(|(_, partner)| partner).collect(),
        fields: fields(step, names, 0..columns),
        answers: (0..step.read.exists.len()).map(|index| answer(plan, step, names, index)).collect(),
    }
}

/// Returns the joins that may find several rows, by their index.
fn several<'a>(step: &Step, names: &'a Names) -> impl Iterator<Item = (usize, Partner<'a>)> {
    let first = step.read.columns.len() + step.read.joins.len() + step.read.exists.len();
    let several = step.several().enumerate();
    several.map(move |(at, (join, reason))| (join, Partner { place: first + at, reason: &names.reasons[reason] }))
}

/// Returns how columns are read: for the whole row, and for what the scope looks at.
fn fields<'a>(step: &'a Step, names: &'a Names, indexes: impl IntoIterator<Item = usize>) -> Vec<Field<'a>> {
    let reasons = step.malformed_reasons();
    let field = |index: usize| {
        let column = &step.read.columns[index];
        let (ty, reader) = legacy_type(&column.ty);
        Field {
            name: &names.legacy[index],
            alias: comment::line(&column.alias),
            column: comment::line(&column.column),
            ty,
            nullable: column.nullable,
            place: index,
            reader,
            reason: reasons[index].map(|reason| names.reasons[reason].as_str()),
        }
    };
    indexes.into_iter().map(field).collect()
}

fn answer<'a>(plan: &Plan, step: &Step, names: &'a Names, index: usize) -> Answer<'a> {
    let exists = &step.read.exists[index];
    let tables = exists.tables.iter().map(|table| format!("{}.{}", plan.legacy.alias, table.table));
    let columns = step.read.columns.len();
    Answer {
        name: &names.legacy[columns + index],
        tables: comment::line(&tables.collect::<Vec<_>>().join(" with ")).into_owned(),
        line: exists.line,
        place: columns + step.read.joins.len() + index,
    }
}

/// Returns the question whether a row is in scope. It reads only what the scope looks at: the rest of a row out of scope
/// may be anything.
fn scope<'a>(
    plan: &Plan,
    step: &'a Step,
    names: &'a Names,
    writer: &mut Writer<'_>,
    expr: &Expr,
) -> Result<Scope<'a>, EmitError> {
    let (mut columns, mut exists) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match expr.kind {
            ExprKind::Legacy { column, .. } => drop(columns.insert(column)),
            ExprKind::Exists(index) => drop(exists.insert(index)),
            _ => {}
        }
        open.extend(expr.children());
    }
    let place = step.read.columns.len();
    let looked_at = step.looked_at(expr);
    let several = several(step, names).filter(|(join, _)| looked_at.contains(join));
    Ok(Scope {
        several: several.map(|(_, partner)| partner).collect(),
        partners: step.partners(expr).into_iter().map(|join| place + join).collect(),
        fields: fields(step, names, columns),
        answers: exists.into_iter().map(|index| answer(plan, step, names, index)).collect(),
        value: print::expression(condition(expr, writer), 8)?,
    })
}

/// Returns a condition that is false where it is unknown.
fn condition(expr: &Expr, writer: &mut Writer<'_>) -> TokenStream {
    let value = writer.value(expr);
    if expr.nullable { quote!(#value == Some(true)) } else { value }
}

fn link_key(step: &Step, link: usize, writer: &mut Writer<'_>) -> TokenStream {
    let link = &step.links[link];
    let parts = link.key.iter().enumerate().map(|(index, expr)| {
        let value = writer.value(expr);
        let value = quote!(#value.to_value());
        match &link.kind {
            LinkKind::Lookup { by, .. } if by[index].fold => quote!(read::folded(#value)),
            LinkKind::Lookup { .. } | LinkKind::Reference { .. } => value,
        }
    });
    let key = quote!(read::key(Vec::from([#(#parts),*])));
    if link.only_for.is_empty() {
        return key;
    }
    let whens: Vec<TokenStream> = link.only_for.iter().map(|target| row_condition(step, *target, writer)).collect();
    quote!(if #(#whens)||* { #key } else { None })
}

/// Returns whether a target gets a row.
fn row_condition(step: &Step, target: usize, writer: &mut Writer<'_>) -> TokenStream {
    let Some(when) = &step.targets[target].when else { return quote!(true) };
    let condition = condition(when, writer);
    quote!((#condition))
}

fn no_target(step: &Step, reason: usize, writer: &mut Writer<'_>) -> TokenStream {
    let whens: Vec<TokenStream> = (0..step.targets.len()).map(|target| row_condition(step, target, writer)).collect();
    let reason = format_ident!("{}", writer.names.reasons[reason]);
    quote!(if !(#(#whens)||*) { return Err(Reject::#reason.with(Value::Null)); })
}

fn guard(guard: &plan::Guard, writer: &mut Writer<'_>) -> TokenStream {
    let when = condition(&guard.when, writer);
    let reason = format_ident!("{}", writer.names.reasons[guard.reason]);
    quote!(if #when { return Err(Reject::#reason.with(Value::Null)); })
}

fn row<'a>(step: &'a Step, index: usize, names: &'a Names, writer: &mut Writer<'_>) -> Result<Row<'a>, EmitError> {
    let target = &step.targets[index];
    let when = target.when.as_ref().map(|when| print::expression(condition(when, writer), 12)).transpose()?;
    let rules = target.rules.iter().zip(&names.fields[index]).map(|(rule, name)| {
        Ok(Rule {
            name,
            text: comment::line(&rule.text),
            line: rule.line,
            ty: value_type(&rule.ty),
            kind: kind(&rule.ty),
            nullable: rule.nullable,
            borrowed: is_borrowed(&rule.ty),
            value: value(rule, writer).map(|value| print::expression(value, 16)).transpose()?,
        })
    });
    Ok(Row {
        role: &names.roles[index],
        ty: &names.types[index],
        table: comment::line(&target.table),
        when,
        rules: rules.collect::<Result<_, _>>()?,
    })
}

fn value(rule: &plan::Rule, writer: &mut Writer<'_>) -> Option<TokenStream> {
    if matches!(rule.value.kind, ExprKind::Sibling(_)) {
        return None;
    }
    let value = writer.value(&rule.value);
    Some(if rule.nullable && !rule.value.nullable { quote!(Some(#value)) } else { value })
}

fn reasons<'a>(step: &'a Step, names: &'a Names) -> Vec<Reason<'a>> {
    let reason = |(reason, name): (&'a plan::Reason, &'a String)| Reason {
        name,
        column: comment::line(&reason.column),
        message: comment::line(&reason.message),
        line: reason.line,
    };
    step.reasons.iter().zip(&names.reasons).map(reason).collect()
}
