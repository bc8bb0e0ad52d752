//! Heads of maps: tables, joins, targets, and the key by which other maps refer to a map.

use super::{Alias, Draft, KeyShape, Role, TargetShape, empty_step, empty_target, read_column};
use crate::ast::{self, StatementKind};
use crate::diagnostic::{Code, Diagnostic};
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
        map.targets.iter().map(|target| world.table(&target.table.path, Which::Target, diagnostics)).collect();
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
        .map(|(target, table)| Role {
            name: target.table.alias.text.clone(),
            table,
            span: target.table.path.span,
            conditional: target.when.is_some(),
        })
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
        identities: Vec::new(),
        nulls: Vec::new(),
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
    let swapped = side(&map.base) == world.target.alias
        && map.targets.iter().all(|target| side(&target.table) == world.legacy.alias);
    if swapped {
        let span = map.base.path.span.to(map.targets[0].table.path.span);
        let message = "the sides are swapped: legacy stands left, the target right";
        diagnostics.push(Diagnostic::error(Code::WRONG_SIDE, span, message));
    }
    swapped
}

/// Reports aliases that stand for two tables; which of them a rule means could only be guessed.
fn duplicate_aliases(map: &ast::Map, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let before = diagnostics.len();
    let tables = std::iter::once(&map.base).chain(map.joins.iter().map(|join| &join.table));
    let tables = tables.chain(map.targets.iter().map(|target| &target.table));
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
    let roles = draft.step.targets.iter().zip(&draft.roles);
    let roles = roles.map(|(target, role)| TargetShape {
        role: target.role.clone(),
        table: role.table.name.clone(),
        key_type: target.key_type.clone(),
        conditional: role.conditional,
    });
    let key_target = draft.map.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Key { target: Some(target), .. } => {
            target.columns.alias.as_ref().map(|alias| alias.text.as_str())
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
