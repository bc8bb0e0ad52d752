//! Heads of maps: tables, joins, targets, and the key by which other maps refer to a map.

use super::{Alias, Draft, KeyShape, Resolver, Role, empty_step, empty_target, read_column};
use crate::ast::{self, StatementKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Condition, Join, Literal, Operand};
use crate::schema::Table;
use crate::world::{Which, World};
use std::collections::{BTreeMap, BTreeSet};

/// Resolves the tables of a map. None when a table does not exist: nothing else could be said about the map.
pub(super) fn draft<'a>(
    world: &'a World<'a>,
    map: &'a ast::Map,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Draft<'a>> {
    if swapped(world, map, diagnostics) {
        return None;
    }
    let base = world.table(&map.base.path, Which::Legacy, diagnostics);
    let joins: Vec<_> =
        map.joins.iter().map(|join| world.table(&join.table.path, Which::Legacy, diagnostics)).collect();
    let targets: Vec<_> =
        map.targets.iter().map(|target| world.table(&target.path, Which::Target, diagnostics)).collect();
    let joins: Option<Vec<&Table>> = joins.into_iter().collect();
    let targets: Option<Vec<&Table>> = targets.into_iter().collect();
    let (base, joins, targets) = (base?, joins?, targets?);
    if duplicate_aliases(map, diagnostics) {
        return None;
    }

    let mut aliases = vec![Alias { name: map.base.alias.text.clone(), table: base, optional: false }];
    for (join, table) in map.joins.iter().zip(joins) {
        let name = join.table.alias.text.clone();
        aliases.push(Alias { name, table, optional: join.optional == Some(true) });
    }
    let roles: Vec<Role<'a>> = map
        .targets
        .iter()
        .zip(targets)
        .map(|(target, table)| Role { name: target.alias.text.clone(), table, span: target.path.span })
        .collect();
    let mut step = empty_step(world, map, base);
    step.targets = roles.iter().map(|role| empty_target(world, role)).collect();
    let mut draft = Draft {
        map,
        aliases,
        roles,
        step,
        used: BTreeSet::new(),
        left_behind: Vec::new(),
        rule_spans: BTreeMap::new(),
        unique: Vec::new(),
        used_values: BTreeSet::new(),
        used_functions: BTreeSet::new(),
        damaged: map.damaged,
    };
    key_columns(&mut draft);
    Some(draft)
}

/// Reports a map from the target to the legacy side.
fn swapped(world: &World<'_>, map: &ast::Map, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let side = |table: &ast::Table| table.path.names[0].text.clone();
    let swapped =
        side(&map.base) == world.target.alias && map.targets.iter().all(|target| side(target) == world.legacy.alias);
    if swapped {
        let span = map.base.path.span.to(map.targets[0].path.span);
        let message = "the sides are swapped: legacy stands left, the target right";
        diagnostics.push(Diagnostic::error(Code::WRONG_SIDE, span, message));
    }
    swapped
}

/// Reports aliases that stand for two tables; which of them a rule means could only be guessed.
fn duplicate_aliases(map: &ast::Map, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let before = diagnostics.len();
    let tables = std::iter::once(&map.base).chain(map.joins.iter().map(|join| &join.table)).chain(&map.targets);
    let mut seen: BTreeMap<&str, crate::source::Span> = BTreeMap::new();
    for table in tables {
        if let Some(first) = seen.insert(&table.alias.text, table.alias.span) {
            let message = format!("the alias `{}` is given twice", table.alias.text);
            let error = Diagnostic::error(Code::DUPLICATE, table.alias.span, message).label(first, "first here");
            diagnostics.push(error.help("aliases are seen in the whole map; choose another"));
        }
    }
    diagnostics.len() > before
}

/// Reads the key columns that resolve; what does not is reported when the statement itself is resolved.
fn key_columns(draft: &mut Draft<'_>) {
    let keys = draft.map.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Key { legacy, target } => Some((legacy, target)),
        _ => None,
    });
    let Some((legacy, _)) = keys.into_iter().next() else { return };
    for expr in legacy {
        let ast::ExprKind::Path(path) = &expr.kind else { continue };
        let [alias, column] = path.names.as_slice() else { continue };
        if alias.text != draft.aliases[0].name {
            continue;
        }
        if let Some(column) = draft.aliases[0].table.column(&column.text) {
            let place = read_column(&mut draft.step.read, &draft.aliases[0], column);
            draft.step.read.key.push(place);
            draft.used.insert((0, column.name.clone()));
        }
    }
}

/// Returns what other maps need to refer to this one.
pub(super) fn key_shape(draft: &Draft<'_>) -> KeyShape {
    let key: Vec<_> = draft.step.read.key.iter().map(|place| draft.step.read.columns[*place].ty.clone()).collect();
    let written = draft.map.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Key { legacy, .. } => Some(legacy.len()),
        _ => None,
    });
    let roles = draft.step.targets.iter().map(|target| (target.role.clone(), target.key_type.clone()));
    let key_target = draft.map.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Key { target: Some((_, columns)), .. } => {
            columns.alias.as_ref().map(|alias| alias.text.as_str())
        }
        _ => None,
    });
    let keyed = match (key_target, draft.roles.len()) {
        (_, 1) => Some(0),
        (Some(name), _) => draft.roles.iter().position(|role| role.name == name),
        (None, _) => None,
    };
    KeyShape {
        name: draft.step.name.clone(),
        roles: roles.collect(),
        key: (written == Some(key.len())).then_some(key),
        keyed,
    }
}

impl<'a> Resolver<'a, '_> {
    /// Resolves the joins of the head.
    pub(super) fn joins(&mut self) {
        for at in 0..self.draft.map.joins.len() {
            let join = &self.draft.map.joins[at];
            let alias = &self.draft.aliases[at + 1];
            let (name, table) = (alias.name.clone(), alias.table);
            let on = self.conditions(&join.on, &name, table, at + 1);
            let line = self.line(join.span);
            let side = &self.world.legacy.alias;
            let missing = (join.optional != Some(true)).then(|| {
                let message = format!("no row of {side}.{} to join", table.name);
                self.reason(&format!("No{}", super::pascal(&table.name)), &name, &message, line)
            });
            self.draft.step.read.joins.push(Join { table: table.name.clone(), alias: name, on, missing, line });
        }
    }

    /// Takes a condition apart into equalities of the new table's columns with known columns or literals.
    /// Of the aliases, the first `known` may be referred to.
    pub(super) fn conditions(&mut self, on: &ast::Expr, alias: &str, table: &'a Table, known: usize) -> Vec<Condition> {
        let mut parts = Vec::new();
        conjuncts(on, &mut parts);
        parts.into_iter().filter_map(|part| self.condition(part, alias, table, known)).collect()
    }

    fn condition(&mut self, part: &ast::Expr, alias: &str, table: &'a Table, known: usize) -> Option<Condition> {
        let refuse = |this: &mut Self, what: &str| {
            this.report(
                Diagnostic::error(Code::CONDITION, part.span, "this condition cannot be used here")
                    .here(what)
                    .help(format!("write `{alias}.column == other.column`; put other conditions into `where`, with the `exists` in parentheses")),
            );
            None
        };
        let ast::ExprKind::Compare(crate::plan::Comparison::Equal, left, right) = &part.kind else {
            return refuse(self, "only equalities, joined by `and`");
        };
        let own = |expr: &ast::Expr| matches!(&expr.kind, ast::ExprKind::Path(path) if path.names.len() == 2 && path.names[0].text == alias);
        let (own, other) = match (own(left), own(right)) {
            (true, _) => (left, right),
            (false, true) => (right, left),
            (false, false) => return refuse(self, &format!("one side must be a column of `{alias}`")),
        };
        let ast::ExprKind::Path(path) = &own.kind else { return None };
        let mut found = Vec::new();
        let column = self.world.column(table, Which::Legacy, &path.names[1], &mut found);
        found.into_iter().for_each(|error| self.report(error));
        let column = column?;
        let equals = match &other.kind {
            ast::ExprKind::Literal(literal) if *literal != Literal::Null => {
                self.comparable(&column.ty, literal, other.span)?;
                Operand::Literal(literal.clone())
            }
            ast::ExprKind::Path(path) if path.names.len() == 2 => {
                let index = self.alias(&path.names[0])?;
                if index >= known {
                    return refuse(self, "only tables that stand before it are known here");
                }
                let mut found = Vec::new();
                let outer =
                    self.world.column(self.draft.aliases[index].table, Which::Legacy, &path.names[1], &mut found);
                found.into_iter().for_each(|error| self.report(error));
                let outer = outer?;
                if outer.ty.family() != column.ty.family() && !(outer.ty.is_text() && column.ty.is_text()) {
                    return refuse(self, &format!("{} against {}", column.declared, outer.declared));
                }
                self.draft.used.insert((index, outer.name.clone()));
                Operand::Column(path.names[0].text.clone(), outer.name.clone())
            }
            _ => return refuse(self, "the other side must be a column or a literal"),
        };
        Some(Condition { column: column.name.clone(), ty: column.ty.clone(), equals })
    }

    fn comparable(&mut self, ty: &crate::types::Type, literal: &Literal, span: crate::source::Span) -> Option<()> {
        let other = super::kinds::literal_type(literal);
        if ty.family() == other.family() || (ty.is_text() && other.is_text()) {
            return Some(());
        }
        let message = format!("{} is compared with {}", ty.family(), other.family());
        self.report(Diagnostic::error(Code::TYPES, span, message));
        None
    }
}

fn conjuncts<'e>(expr: &'e ast::Expr, parts: &mut Vec<&'e ast::Expr>) {
    match &expr.kind {
        ast::ExprKind::And(left, right) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(expr),
    }
}
