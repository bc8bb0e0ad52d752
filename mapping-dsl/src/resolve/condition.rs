//! Joins and `exists`: their conditions, taken apart into comparisons of the columns of the tables that they look into.

use super::Resolver;
use super::kinds::literal_type;
use super::values::same_family;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Comparison, Condition, Exists, Expr, ExprKind, Join, Literal, LookedInto, Operand, Test};
use crate::schema::{Column, Table};
use crate::source::Span;
use crate::types::Type;
use crate::world::Which;

/// The tables that a condition looks into, each with its alias.
type Looked<'a, 't> = &'t [(String, &'a Table)];

/// A column, as a condition names it.
struct Named<'a> {
    alias: String,
    column: &'a Column,
    fold: bool,
    /// Whether it belongs to the tables looked into.
    own: bool,
    span: Span,
}

impl<'a> Resolver<'a, '_> {
    /// Resolves the joins of the head.
    pub(super) fn joins(&mut self) {
        for at in 0..self.draft.map.joins.len() {
            let join = &self.draft.map.joins[at];
            let (name, table) = (self.draft.aliases[at + 1].name.clone(), self.draft.aliases[at + 1].table);
            let on = self.conditions(&join.on, &[(name.clone(), table)], at + 1);
            let line = self.line(join.span);
            let side = &self.world.legacy.alias;
            let missing = (join.optional != Some(true)).then(|| {
                let message = format!("no row of {side}.{} to join", table.name);
                self.reason(&format!("No{}", super::pascal(&table.name)), &name, &message, line)
            });
            let several = join
                .several
                .as_ref()
                .map(|words| self.reason(&format!("Several{}", super::pascal(&table.name)), &name, &words.text, line));
            let table = table.name.clone();
            self.draft.step.read.joins.push(Join { table, alias: name, on, missing, several, probed: false, line });
            self.outer_columns(at);
        }
    }

    /// A join whose rows the runtime compares needs the columns that it compares with in the row that is read, and so
    /// does a join that looks at the columns of such a one: the database cannot join with rows that it did not join.
    fn outer_columns(&mut self, at: usize) {
        let join = &self.draft.step.read.joins[at];
        let (on, several) = (join.on.clone(), join.several.is_some());
        let probed = several || on.iter().any(|condition| self.is_compared_by_the_runtime(condition, at));
        self.draft.step.read.joins[at].probed = probed;
        if probed {
            self.read_operands(&on);
        }
    }

    /// Whether a condition is more than the database is asked; of the joins, the first `known` are there.
    fn is_compared_by_the_runtime(&self, condition: &Condition, known: usize) -> bool {
        let joins = &self.draft.step.read.joins[..known];
        let looks_at_probed = match &condition.test {
            Test::Compare(_, Operand::Column(alias, _)) => joins.iter().any(|join| join.alias == *alias && join.probed),
            _ => false,
        };
        looks_at_probed || !condition.is_plain()
    }

    fn read_operands(&mut self, on: &[Condition]) {
        for condition in on {
            let Test::Compare(_, Operand::Column(alias, name) | Operand::Folded(alias, name)) = &condition.test else {
                continue;
            };
            let Some(index) = self.draft.aliases.iter().position(|known| known.name == *alias) else { continue };
            if let Some(column) = self.draft.aliases[index].table.column(name) {
                self.read_column(index, column);
            }
        }
    }

    /// Types `exists old.T a, old.U b on …`.
    pub(super) fn exists(&mut self, tables: &[ast::Table], on: &ast::Expr, span: Span) -> Option<Expr> {
        let mut into: Vec<(String, &'a Table)> = Vec::new();
        for table in tables {
            let mut found = Vec::new();
            let resolved = self.world.table(&table.path, Which::Legacy, &mut found);
            found.into_iter().for_each(|error| self.report(error));
            let resolved = resolved?;
            let alias = &table.alias;
            let taken = self.draft.aliases.iter().any(|known| known.name == alias.text);
            if taken || into.iter().any(|(known, _)| *known == alias.text) {
                let message = format!("the alias `{}` is taken", alias.text);
                self.report(Diagnostic::error(Code::DUPLICATE, alias.span, message).help("choose another"));
                return None;
            }
            into.push((alias.text.clone(), resolved));
        }
        let known = self.draft.aliases.len();
        let before = self.diagnostics.len();
        let on = self.conditions(on, &into, known);
        let line = self.line(span);
        let looked = into.iter().map(|(alias, table)| LookedInto { table: table.name.clone(), alias: alias.clone() });
        let mut exists = Exists { tables: looked.collect(), on, probed: false, line };
        let joins = self.draft.step.read.joins.len();
        exists.probed = exists.on.iter().any(|condition| self.is_compared_by_the_runtime(condition, joins));
        if self.diagnostics.len() == before {
            self.depends_on_the_row(&exists, span);
        }
        if exists.probed {
            self.read_operands(&exists.on);
        }
        let all = &mut self.draft.step.read.exists;
        let same = |other: &Exists| other.tables == exists.tables && other.on == exists.on;
        let index = all.iter().position(same).unwrap_or_else(|| {
            all.push(exists);
            all.len() - 1
        });
        Some(Expr { kind: ExprKind::Exists(index), ty: Type::Boolean, nullable: false })
    }

    fn depends_on_the_row(&mut self, exists: &Exists, span: Span) {
        let correlated = exists.on.iter().any(|condition| match &condition.test {
            Test::Compare(_, Operand::Column(alias, _) | Operand::Folded(alias, _)) => {
                !exists.tables.iter().any(|table| table.alias == *alias)
            }
            _ => false,
        });
        if !correlated {
            let message = format!("this `exists` of `{}` does not depend on the row", exists.alias());
            let error = Diagnostic::error(Code::CONDITION, span, message);
            self.report(error.help("compare one of its columns with a column of the map"));
        } else if exists.probed && !self.can_be_found(&exists.on, &exists.tables) {
            self.report_not_found(span, exists.alias());
        }
    }

    /// Returns whether rows can be found by exact equality with a column of the row; other conditions only choose
    /// among them.
    pub(super) fn can_be_found(&self, on: &[Condition], tables: &[LookedInto]) -> bool {
        on.iter().filter(|condition| condition.is_plain()).any(|condition| match &condition.test {
            Test::Compare(_, Operand::Column(alias, _)) => !tables.iter().any(|table| table.alias == *alias),
            _ => false,
        })
    }

    fn report_not_found(&mut self, span: Span, alias: &str) {
        let message = "one of the conditions must be an equality with a column of the row";
        let error = Diagnostic::error(Code::CONDITION, span, message)
            .here("rows are found by it; the other conditions choose among them");
        self.report(error.help(format!("add `{alias}.column == other.column`, without `fold`")));
    }

    /// Takes a condition apart into comparisons. Of the aliases of the map, the first `known` may be referred to.
    fn conditions(&mut self, on: &ast::Expr, into: Looked<'a, '_>, known: usize) -> Vec<Condition> {
        let mut parts = Vec::new();
        conjuncts(on, &mut parts);
        let before = self.diagnostics.len();
        let on_span = on.span;
        // One wrong condition makes others wrong, such as all that use an alias spelled otherwise.
        let on: Vec<Condition> = parts.into_iter().map_while(|part| self.condition(part, into, known)).collect();
        let probed = on.iter().any(|condition| !condition.is_plain());
        let tables: Vec<LookedInto> =
            into.iter().map(|(alias, table)| LookedInto { table: table.name.clone(), alias: alias.clone() }).collect();
        let is_join = self.draft.aliases.iter().any(|alias| alias.name == into[0].0);
        if is_join && probed && self.diagnostics.len() == before && !self.can_be_found(&on, &tables) {
            self.report_not_found(on_span, &into[0].0);
        }
        on
    }

    fn condition(&mut self, part: &ast::Expr, into: Looked<'a, '_>, known: usize) -> Option<Condition> {
        match &part.kind {
            ast::ExprKind::Compare(comparison, left, right) => {
                self.comparison(*comparison, (left, right), part, into, known)
            }
            ast::ExprKind::In(operand, patterns) => self.among(operand, patterns, part, into, known),
            _ => self.refuse(part, into, "only comparisons and `in [ … ]`, joined by `and`"),
        }
    }

    fn refuse<T>(&mut self, part: &ast::Expr, into: Looked<'a, '_>, what: &str) -> Option<T> {
        let alias = &into[0].0;
        let error = Diagnostic::error(Code::CONDITION, part.span, "this condition cannot be used here").here(what);
        self.report(error.help(format!(
            "write `{alias}.column == other.column`; put other conditions into `where`, with the `exists` in parentheses"
        )));
        None
    }

    fn comparison(
        &mut self,
        comparison: Comparison,
        (left, right): (&ast::Expr, &ast::Expr),
        part: &ast::Expr,
        into: Looked<'a, '_>,
        known: usize,
    ) -> Option<Condition> {
        let own = |expr: &ast::Expr| column_path(expr).is_some_and(|(path, _)| is_own(path, into));
        let (own, other, comparison) = match (own(left), own(right)) {
            (true, _) => (left, right, comparison),
            (false, true) => (right, left, turned(comparison)),
            (false, false) => {
                let names: Vec<String> = into.iter().map(|(alias, _)| format!("`{alias}`")).collect();
                return self.refuse(part, into, &format!("one side must be a column of {}", names.join(" or ")));
            }
        };
        let own = self.named(own, part, into, known)?;
        if let ast::ExprKind::Literal(literal) = &other.kind {
            self.comparable(&own, literal, other.span)?;
            return Some(condition(own, Test::Compare(comparison, Operand::Literal(literal.clone()))));
        }
        let Some(_) = column_path(other) else {
            return self.refuse(part, into, "the other side must be a column or a literal");
        };
        let other = self.named(other, part, into, known)?;
        if !same_family(&other.column.ty, &own.column.ty) {
            let what = format!("{} against {}", own.column.declared, other.column.declared);
            return self.refuse(part, into, &what);
        }
        // Of two own columns, the left one is asked whether it equals the right one.
        let operand = match other.fold {
            true => Operand::Folded(other.alias, other.column.name.clone()),
            false => Operand::Column(other.alias, other.column.name.clone()),
        };
        Some(condition(own, Test::Compare(comparison, operand)))
    }

    fn among(
        &mut self,
        operand: &ast::Expr,
        patterns: &[ast::Pattern],
        part: &ast::Expr,
        into: Looked<'a, '_>,
        known: usize,
    ) -> Option<Condition> {
        let own = column_path(operand).is_some_and(|(path, _)| is_own(path, into));
        if !own {
            return self.refuse(part, into, &format!("what is asked must be a column of `{}`", into[0].0));
        }
        let own = self.named(operand, part, into, known)?;
        let mut values = Vec::new();
        for pattern in patterns {
            match &pattern.kind {
                ast::PatternKind::Literal(literal) if *literal != Literal::Null => {
                    self.comparable(&own, literal, pattern.span)?;
                    values.push(literal.clone());
                }
                _ => return self.refuse(part, into, "only single values may stand in this list"),
            }
        }
        Some(condition(own, Test::Among(values)))
    }

    /// Resolves `alias.column` or `fold(alias.column)`.
    fn named(&mut self, expr: &ast::Expr, part: &ast::Expr, into: Looked<'a, '_>, known: usize) -> Option<Named<'a>> {
        let (path, fold) = column_path(expr)?;
        let (alias, name) = (&path.names[0], &path.names[1]);
        let own = into.iter().find(|(known, _)| *known == alias.text).map(|(_, table)| *table);
        let table = match own {
            Some(table) => table,
            None => {
                let index = self.alias(alias)?;
                if index >= known {
                    return self.refuse(part, into, "only tables that stand before it are known here");
                }
                self.draft.aliases[index].table
            }
        };
        let mut found = Vec::new();
        let column = self.world.column(table, Which::Legacy, name, &mut found);
        found.into_iter().for_each(|error| self.report(error));
        let column = column?;
        if let (None, Some(index)) = (own, self.draft.aliases.iter().position(|known| known.name == alias.text)) {
            self.draft.used.insert((index, column.name.clone()));
        }
        if fold && !column.ty.is_text() {
            let message = format!("`fold` takes texts, `{}` is {}", column.name, column.ty.family());
            self.report(Diagnostic::error(Code::TYPES, expr.span, message));
            return None;
        }
        Some(Named { alias: alias.text.clone(), column, fold, own: own.is_some(), span: expr.span })
    }

    fn comparable(&mut self, own: &Named<'_>, literal: &Literal, span: Span) -> Option<()> {
        debug_assert!(own.own);
        let (ty, other) = (&own.column.ty, literal_type(literal));
        if *literal == Literal::Null {
            let message = "a comparison with `null` is never true";
            self.report(Diagnostic::error(Code::TYPES, own.span.to(span), message).help("leave it out"));
            return None;
        }
        if !same_family(ty, &other) {
            let message = format!("{} is compared with {}", ty.family(), other.family());
            self.report(Diagnostic::error(Code::TYPES, span, message));
            return None;
        }
        if let (true, Literal::Text(text)) = (own.fold, literal)
            && *text != text.trim_end_matches(' ').to_lowercase()
        {
            let message = format!("nothing that `fold` gives equals \"{text}\"");
            self.report(
                Diagnostic::error(Code::NOT_ALLOWED_VALUE, span, message)
                    .help("write it in small letters and without blanks at the end"),
            );
            return None;
        }
        Some(())
    }
}

fn condition(own: Named<'_>, test: Test) -> Condition {
    Condition { alias: own.alias, column: own.column.name.clone(), ty: own.column.ty.clone(), fold: own.fold, test }
}

/// Returns the path of `alias.column` or of `fold(alias.column)`, and whether it is folded.
fn column_path(expr: &ast::Expr) -> Option<(&ast::Path, bool)> {
    match &expr.kind {
        ast::ExprKind::Path(path) if path.names.len() == 2 => Some((path, false)),
        ast::ExprKind::Call { function, arguments } if function.text == "fold" => match arguments.as_slice() {
            [argument] => column_path(argument).filter(|(_, fold)| !fold).map(|(path, _)| (path, true)),
            _ => None,
        },
        _ => None,
    }
}

fn is_own(path: &ast::Path, into: &[(String, &Table)]) -> bool {
    into.iter().any(|(alias, _)| *alias == path.names[0].text)
}

/// The comparison with its sides exchanged.
fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
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
