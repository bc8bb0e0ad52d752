//! References to other maps and look-ups of target rows.

use super::Resolver;
use super::expression::Place;
use super::target::asks_too_much;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind, Link, LinkKind, LookupColumn};
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, suggest};

impl Resolver<'_, '_> {
    /// Types `ref sibling`, `ref Map(key)` and `ref Map.role(key)`.
    pub(super) fn reference(
        &mut self,
        path: &ast::Path,
        arguments: Option<&[ast::Expr]>,
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        let name = &path.names[0];
        match arguments {
            None => self.sibling(name, path),
            Some(arguments) => self.migrated(name, path.names.get(1), arguments, span, place),
        }
    }

    fn sibling(&mut self, name: &ast::Name, path: &ast::Path) -> Option<Expr> {
        if self.shapes.contains_key(&name.text) && path.names.len() == 1 {
            let message = format!("`{}` is a map: say the key of which row", name.text);
            self.report(
                Diagnostic::error(Code::REFERENCE, path.span, message).help(format!("write `ref {}(…)`", name.text)),
            );
            return None;
        }
        let role = self.role(name)?;
        let ty = self.draft.step.targets[role].key_type.clone();
        Some(Expr { kind: ExprKind::Sibling(role), ty, nullable: self.draft.roles[role].conditional })
    }

    fn migrated(
        &mut self,
        name: &ast::Name,
        role: Option<&ast::Name>,
        arguments: &[ast::Expr],
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        let shapes = self.shapes;
        let Some(shape) = shapes.get(&name.text) else {
            // The arguments are used all the same.
            arguments.iter().for_each(|argument| drop(self.expression(argument, place)));
            self.unknown_map(name);
            return None;
        };
        let target = self.referred_target(shape, role, name, place)?;
        let key: Option<Vec<Expr>> = arguments.iter().map(|argument| self.link_key(argument, place)).collect();
        let (key, Some(wanted)) = (key?, &shape.key) else {
            self.draft.damaged = true; // The other map's key has been reported.
            return None;
        };
        let fits =
            key.len() == wanted.len() && key.iter().zip(wanted).all(|(given, wanted)| same_kind(&given.ty, wanted));
        if !fits {
            let wanted: Vec<&str> = wanted.iter().map(Type::family).collect();
            let given: Vec<&str> = key.iter().map(|expr| expr.ty.family()).collect();
            let message = format!("the key of `{}` is ({}), not ({})", shape.name, wanted.join(", "), given.join(", "));
            self.report(Diagnostic::error(Code::REFERENCE, span, message));
            return None;
        }
        // Where the other map's condition did not hold there is nothing to refer to.
        let nullable = self.may_be_null(arguments, &key, place) || shape.roles[target].conditional;
        let kind = LinkKind::Reference { step: shape.name.clone(), target };
        let message = format!("the row that `{}` should have migrated is not there, or was rejected", shape.name);
        let reason = format!("No{}", super::pascal(&shape.name));
        let missing = self.reason(&reason, &place.column, &message, self.world.line(span));
        Some(self.link(kind, key, shape.roles[target].key_type.clone(), nullable, (missing, missing), span))
    }

    /// Types a value by which something is found. All of a row is looked up at once, so it cannot come from another
    /// look-up.
    fn link_key(&mut self, expr: &ast::Expr, place: &Place) -> Option<Expr> {
        // All of a row is looked up before the arms of a `match` decide: here its columns may be null.
        let known = std::mem::take(&mut self.not_null);
        let typed = self.expression(expr, place);
        self.not_null = known;
        let typed = typed?;
        if let Some(what) = asks_too_much(&typed) {
            let message = format!("{what} cannot be what something is looked up by");
            let error = Diagnostic::error(Code::REFERENCE, expr.span, message);
            self.report(error.help("join the legacy table that has the value"));
            return None;
        }
        Some(typed)
    }

    /// Whether a part of a key can be null where the answer is used: an arm of a `match` may have taken null before.
    fn may_be_null(&mut self, written: &[ast::Expr], key: &[Expr], place: &Place) -> bool {
        let nullable = key.iter().any(|expr| expr.nullable);
        if !nullable || self.not_null.is_empty() {
            return nullable;
        }
        let here: Vec<Option<Expr>> = written.iter().map(|expr| self.expression(expr, place)).collect();
        here.into_iter().any(|expr| expr.is_none_or(|expr| expr.nullable))
    }

    /// Reports a map that does not exist, unless it may stand where something could not be read or resolved.
    pub(super) fn unknown_map(&mut self, name: &ast::Name) {
        if self.world.may_exist(&name.text) || self.maps.contains(name.text.as_str()) {
            self.draft.damaged = true;
            return;
        }
        let names: Vec<&str> = self.maps.iter().copied().collect();
        let message = format!("there is no map `{}`", name.text);
        let error = Diagnostic::error(Code::UNKNOWN_MAP, name.span, message);
        self.report(suggest(error, name.span, &name.text, &names));
    }

    fn referred_target(
        &mut self,
        shape: &super::KeyShape,
        role: Option<&ast::Name>,
        name: &ast::Name,
        place: &Place,
    ) -> Option<usize> {
        let names: Vec<&str> = shape.roles.iter().map(|target| target.role.as_str()).collect();
        match role {
            Some(role) => {
                let found = names.iter().position(|known| *known == role.text);
                if found.is_none() {
                    let message = format!("`{}` has no target `{}`", shape.name, role.text);
                    let error =
                        suggest(Diagnostic::error(Code::REFERENCE, role.span, message), role.span, &role.text, &names);
                    self.report(error);
                }
                found
            }
            None => {
                if shape.keyed.is_none() && shape.key.is_none() {
                    self.draft.damaged = true; // The other map's key has been reported.
                } else if shape.keyed.is_none() {
                    let message = format!("`{}` writes {}: say which", shape.name, names.join(", "));
                    let meant = self.foreign_table(place);
                    let meant = shape.roles.iter().find(|target| meant == Some(target.table.as_str()));
                    let meant = meant.map(|target| target.role.as_str()).or(names.first().copied());
                    let help = format!("write `ref {}.{}(…)`", shape.name, meant.unwrap_or("target"));
                    self.report(Diagnostic::error(Code::REFERENCE, name.span, message).help(help));
                }
                shape.keyed
            }
        }
    }

    /// Returns the table that the foreign key of a rule's column refers to.
    fn foreign_table(&self, place: &Place) -> Option<&str> {
        let (role, column) = place.column.split_once('.')?;
        let role = self.draft.roles.iter().find(|known| known.name == role)?;
        let key = role.table.foreign_keys.iter().find(|key| key.columns == [column])?;
        Some(key.table.as_str())
    }

    fn link(
        &mut self,
        kind: LinkKind,
        key: Vec<Expr>,
        ty: Type,
        nullable: bool,
        reasons: (usize, usize),
        span: Span,
    ) -> Expr {
        let link = Link { kind, key, only_for: Vec::new(), line: self.line(span) };
        let links = &mut self.draft.step.links;
        let at = links.iter().position(|known| known.kind == link.kind && known.key == link.key).unwrap_or_else(|| {
            links.push(link);
            links.len() - 1
        });
        Expr { kind: ExprKind::Link { link: at, missing: reasons.0, ambiguous: reasons.1 }, ty, nullable }
    }

    /// Types `lookup new.table(column: value)`.
    pub(super) fn lookup(&mut self, lookup: &ast::Lookup, span: Span, place: &Place) -> Option<Expr> {
        let mut found = Vec::new();
        let table = self.world.table(&lookup.table, Which::Target, &mut found);
        found.into_iter().for_each(|error| self.report(error));
        let table = table?;
        let (mut by, mut key) = (Vec::new(), Vec::new());
        for (name, fold, value) in &lookup.by {
            let mut found = Vec::new();
            let column = self.world.column(table, Which::Target, name, &mut found);
            found.into_iter().for_each(|error| self.report(error));
            let value_typed = self.link_key(value, place);
            let (column, value_typed) = (column?, value_typed?);
            if !same_kind(&value_typed.ty, &column.ty) || (*fold && !column.ty.is_text()) {
                let message =
                    format!("{} is looked up in a column that is {}", value_typed.ty.family(), column.ty.family());
                let ddl = self.world.ddl_line(Which::Target, column.line);
                self.report(
                    Diagnostic::error(Code::TYPES, value.span, message).label(ddl, "the column is declared here"),
                );
                return None;
            }
            by.push(LookupColumn { column: column.name.clone(), ty: column.ty.clone(), fold: *fold });
            key.push(value_typed);
        }
        let result = match &lookup.result {
            Some(name) => {
                let mut found = Vec::new();
                let column = self.world.column(table, Which::Target, name, &mut found);
                found.into_iter().for_each(|error| self.report(error));
                column?
            }
            None => self.lookup_key(table, lookup)?,
        };
        let values: Vec<ast::Expr> = lookup.by.iter().map(|(.., value)| value.clone()).collect();
        let nullable = result.nullable || self.may_be_null(&values, &key, place);
        let line = self.line(span);
        let name = super::pascal(&table.name);
        let place_of = format!("{}.{}", self.world.target.alias, table.name);
        let missing =
            self.reason(&format!("No{name}"), &place.column, &format!("no row of {place_of} has this value"), line);
        let several = format!("several rows of {place_of} have this value");
        let ambiguous = self.reason(&format!("Several{name}"), &place.column, &several, line);
        let kind =
            LinkKind::Lookup { table: table.name.clone(), result: result.name.clone(), ty: result.ty.clone(), by };
        Some(self.link(kind, key, result.ty.clone(), nullable, (missing, ambiguous), span))
    }

    fn lookup_key<'t>(
        &mut self,
        table: &'t crate::schema::Table,
        lookup: &ast::Lookup,
    ) -> Option<&'t crate::schema::Column> {
        if let [key] = table.primary_key.as_slice() {
            return table.column(key);
        }
        let message = format!("{} has no primary key of one column: say which column is wanted", table.name);
        let ddl = self.world.ddl_line(Which::Target, table.line);
        let error =
            Diagnostic::error(Code::REFERENCE, lookup.table.span, message).label(ddl, "the table is defined here");
        self.report(error.help("write `lookup …(…).column`"));
        None
    }
}

fn same_kind(left: &Type, right: &Type) -> bool {
    left.family() == right.family() || (left.is_text() && right.is_text())
}
