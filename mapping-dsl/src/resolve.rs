//! Trees to typed drafts of steps: every name is looked up, every expression typed, every conversion written out.
//! What is missing or contradicts itself over a whole map is found later, in `check/`.

pub(crate) mod class;
mod condition;
pub(crate) mod convert;
pub(crate) mod expression;
mod function;
pub(crate) mod given;
mod header;
pub(crate) mod kinds;
mod links;
mod loss;
pub(crate) mod nulls;
mod pattern;
mod rule;
mod statement;
mod target;
pub(crate) mod values;

use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::parallel;
use crate::plan::{Read, ReadColumn, Reason, Rollback, Step, Target};
use crate::schema::{Column, Table};
use crate::source::Span;
use crate::world::{Which, World};
use std::collections::{BTreeMap, BTreeSet};

/// A map on its way to a step.
pub(crate) struct Draft<'a> {
    pub(crate) map: &'a ast::Map,
    /// Aliases of legacy tables: the base first, then the joins.
    pub(crate) aliases: Vec<Alias<'a>>,
    /// Target tables, as the step's targets.
    pub(crate) roles: Vec<Role<'a>>,
    /// The step so far.
    pub(crate) step: Step,
    /// Legacy columns that anything looks at: index of the alias, column.
    pub(crate) used: BTreeSet<(usize, String)>,
    /// Legacy columns that are dropped or deferred, each with its place.
    pub(crate) left_behind: Vec<LeftBehind>,
    /// Place of the rule of each target column: index of the target, column.
    pub(crate) rule_spans: BTreeMap<(usize, String), Span>,
    /// Uniqueness whose columns are not yet looked up among the rules: target, place, column, whether folded.
    pub(crate) unique: Vec<(Vec<UniquePlace>, crate::plan::Unique)>,
    /// The `identity` statements: their place and columns, and the reasons for several rows and for a second legacy row.
    pub(crate) identities: Vec<IdentityDraft>,
    /// Legacy columns of which some values mean null.
    pub(crate) nulls: Vec<nulls::NullClass>,
    /// Value maps in use.
    pub(crate) used_values: BTreeSet<usize>,
    /// Functions of the program in use.
    pub(crate) used_functions: BTreeSet<usize>,
    /// Whether something of the map could not be resolved, so that what is missing may stand there.
    pub(crate) damaged: bool,
}

/// A column of a `unique` statement: index of the target, place, column, whether folded.
pub(crate) type UniquePlace = (usize, Span, String, bool);

/// An `identity` statement whose columns are not yet looked up among the rules.
pub(crate) struct IdentityDraft {
    pub(crate) span: Span,
    pub(crate) places: Vec<UniquePlace>,
    pub(crate) several: usize,
}

/// A legacy table of a map.
pub(crate) struct Alias<'a> {
    pub(crate) name: String,
    pub(crate) table: &'a Table,
    pub(crate) optional: bool,
}

/// A target table of a map.
pub(crate) struct Role<'a> {
    pub(crate) name: String,
    pub(crate) table: &'a Table,
    pub(crate) span: Span,
    /// Whether some legacy rows give no row here.
    pub(crate) conditional: bool,
}

/// A column that is dropped or deferred.
pub(crate) struct LeftBehind {
    pub(crate) alias: usize,
    pub(crate) column: String,
    pub(crate) span: Span,
    /// The map it is deferred to, with the place of its name.
    pub(crate) to: Option<(String, Span)>,
}

/// What other maps need to know of a map to refer to it.
pub(crate) struct KeyShape {
    pub(crate) name: String,
    pub(crate) roles: Vec<TargetShape>,
    /// Type of each key column; none when the key could not be resolved.
    pub(crate) key: Option<Vec<crate::types::Type>>,
    /// Index of the target that remembers the key.
    pub(crate) keyed: Option<usize>,
}

/// A target as other maps see it.
pub(crate) struct TargetShape {
    pub(crate) role: String,
    pub(crate) table: String,
    pub(crate) key_type: crate::types::Type,
    pub(crate) conditional: bool,
}

/// Resolves one map.
pub(crate) struct Resolver<'a, 'd> {
    pub(crate) world: &'a World<'a>,
    pub(crate) shapes: &'d BTreeMap<String, KeyShape>,
    /// Names of all maps, those without shape included.
    pub(crate) maps: &'d BTreeSet<&'a str>,
    pub(crate) draft: Draft<'a>,
    pub(crate) diagnostics: &'d mut Vec<Diagnostic>,
    /// Columns that cannot be null where we are (an arm of a match).
    pub(crate) not_null: Vec<usize>,
    /// Aliases that do not exist and have been reported.
    pub(crate) unknown: BTreeSet<String>,
}

/// Resolves all maps: heads and keys first, so that they can refer to each other.
pub(crate) fn resolve<'a>(world: &'a World<'a>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Draft<'a>> {
    let drafts = parallel::map(&world.tree.maps, |map| {
        let mut found = Vec::new();
        (header::draft(world, map, &mut found), found)
    });
    let drafts = drafts.into_iter().filter_map(|(draft, found)| {
        diagnostics.extend(found);
        draft
    });
    let drafts: Vec<Draft<'a>> = drafts.collect();
    let shapes = drafts.iter().map(header::key_shape);
    let shapes: BTreeMap<String, KeyShape> = shapes.map(|shape| (shape.name.clone(), shape)).collect();
    let maps: BTreeSet<&str> = world.tree.maps.iter().map(|map| map.name.text.as_str()).collect();
    let bodies = parallel::map_owned(drafts, |draft| {
        let mut found = Vec::new();
        let mut resolver = Resolver {
            world,
            shapes: &shapes,
            maps: &maps,
            draft,
            diagnostics: &mut found,
            not_null: Vec::new(),
            unknown: BTreeSet::new(),
        };
        resolver.body();
        (resolver.draft, found)
    });
    let bodies = bodies.into_iter().map(|(draft, found)| {
        diagnostics.extend(found);
        draft
    });
    bodies.collect()
}

impl<'a> Resolver<'a, '_> {
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.draft.damaged |= diagnostic.level == crate::diagnostic::Level::Error;
        self.diagnostics.push(diagnostic);
    }

    /// Reports an alias that does not exist, once for each name: the mistake may stand in the head.
    fn report_alias(&mut self, name: &ast::Name, diagnostic: Diagnostic) {
        self.draft.damaged = true;
        if self.unknown.insert(name.text.clone()) {
            self.report(diagnostic);
        }
    }

    pub(crate) fn line(&self, span: Span) -> usize {
        self.world.line(span)
    }

    /// Returns the index of a legacy alias.
    pub(crate) fn alias(&mut self, name: &ast::Name) -> Option<usize> {
        let found = self.draft.aliases.iter().position(|alias| alias.name == name.text);
        if found.is_none() {
            let is_target = self.draft.roles.iter().any(|role| role.name == name.text);
            let names: Vec<&str> = self.draft.aliases.iter().map(|alias| alias.name.as_str()).collect();
            let error = match is_target {
                true => Diagnostic::error(
                    Code::WRONG_SIDE,
                    name.span,
                    format!("`{}` is a target; legacy stands left of the arrow", name.text),
                ),
                false => {
                    let message = format!("this map has no legacy table `{}`", name.text);
                    crate::world::suggest(
                        Diagnostic::error(Code::UNKNOWN_ALIAS, name.span, message),
                        name.span,
                        &name.text,
                        &names,
                    )
                }
            };
            self.report_alias(name, error);
        }
        found
    }

    /// Returns the index of a target.
    pub(crate) fn role(&mut self, name: &ast::Name) -> Option<usize> {
        let found = self.draft.roles.iter().position(|role| role.name == name.text);
        if found.is_none() {
            let error = self.unknown_role(name);
            self.report_alias(name, error);
        }
        found
    }

    fn unknown_role(&self, name: &ast::Name) -> Diagnostic {
        if self.draft.aliases.iter().any(|alias| alias.name == name.text) {
            let message = format!("`{}` is a legacy table; the target stands right of the arrow", name.text);
            return Diagnostic::error(Code::WRONG_SIDE, name.span, message);
        }
        let names: Vec<&str> = self.draft.roles.iter().map(|role| role.name.as_str()).collect();
        let message = format!("this map has no target `{}`", name.text);
        let error = Diagnostic::error(Code::UNKNOWN_ALIAS, name.span, message);
        crate::world::suggest(error, name.span, &name.text, &names)
    }

    /// Resolves a column of a target.
    pub(crate) fn target_column(&mut self, role: usize, name: &ast::Name) -> Option<&'a Column> {
        let table = self.draft.roles[role].table;
        let mut found = Vec::new();
        let column = self.world.column(table, Which::Target, name, &mut found);
        found.into_iter().for_each(|error| self.report(error));
        column
    }

    /// Returns the place of a legacy column in the rows that are read; puts it there if it is new.
    pub(crate) fn read_column(&mut self, alias: usize, column: &Column) -> usize {
        self.draft.used.insert((alias, column.name.clone()));
        read_column(&mut self.draft.step.read, &self.draft.aliases[alias], column)
    }

    /// Returns the index of a reason; the same name for the same column and message is one reason.
    pub(crate) fn reason(&mut self, name: &str, column: &str, message: &str, line: usize) -> usize {
        let reasons = &mut self.draft.step.reasons;
        let name = if name.is_empty() { "Rejected" } else { name };
        let mut candidate = name.to_string();
        for number in 2.. {
            match reasons.iter().position(|reason| reason.name == candidate) {
                Some(at) if reasons[at].column == column && reasons[at].message == message => return at,
                Some(_) => candidate = format!("{name}{number}"),
                None => break,
            }
        }
        reasons.push(Reason { name: candidate, column: column.to_string(), message: message.to_string(), line });
        reasons.len() - 1
    }
}

fn read_column(read: &mut Read, alias: &Alias<'_>, column: &Column) -> usize {
    let found = read.columns.iter().position(|known| known.alias == alias.name && known.column == column.name);
    found.unwrap_or_else(|| {
        read.columns.push(ReadColumn {
            alias: alias.name.clone(),
            column: column.name.clone(),
            ty: column.ty.clone(),
            nullable: column.nullable || alias.optional,
        });
        read.columns.len() - 1
    })
}

/// Returns an empty step for a map.
fn empty_step(world: &World<'_>, map: &ast::Map, base: &Table) -> Step {
    Step {
        name: map.name.text.clone(),
        docs: map.docs.clone(),
        line: world.line(map.span),
        meaning: String::new(),
        read: Read {
            table: base.name.clone(),
            alias: map.base.alias.text.clone(),
            joins: Vec::new(),
            exists: Vec::new(),
            required: Vec::new(),
            columns: Vec::new(),
            key: Vec::new(),
        },
        scope: None,
        guards: Vec::new(),
        links: Vec::new(),
        targets: Vec::new(),
        no_target: None,
        unique: Vec::new(),
        reasons: Vec::new(),
        rollback: Rollback::Delete,
        dropped: Vec::new(),
        deferred: Vec::new(),
        examples: Vec::new(),
    }
}

fn empty_target(world: &World<'_>, role: &Role<'_>) -> Target {
    let key = role.table.primary_key.first().cloned().unwrap_or_default();
    let key_type = role.table.column(&key).map_or(crate::types::Type::INTEGER, |column| column.ty.clone());
    Target {
        role: role.name.clone(),
        table: role.table.name.clone(),
        key,
        key_type,
        key_rule: None,
        identity: None,
        when: None,
        when_text: None,
        existing: None,
        rules: Vec::new(),
        line: world.line(role.span),
    }
}

/// Returns words as a name in PascalCase; only ASCII letters and digits stay.
pub(crate) fn pascal(text: &str) -> String {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words
        .take(7)
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect();
    if name.starts_with(|character: char| character.is_ascii_digit()) { format!("N{name}") } else { name }
}
