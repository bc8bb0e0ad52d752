//! Types that a script makes for itself, and what they make of the columns that have them.

use super::checks;
use super::declared;
use super::text::Tokens;
use super::{Check, Column, Dialect, Table};
use crate::types::Type;
use std::collections::BTreeMap;

/// A type that the script itself makes.
#[derive(Clone)]
pub(super) enum UserType {
    /// Its values.
    Enum(Vec<String>),
    /// Another type with conditions.
    Domain(Domain),
}

/// A type that stands for another.
#[derive(Clone, Default)]
pub(super) struct Domain {
    /// The type it stands for, as declared.
    pub(super) declared: String,
    pub(super) refuses_null: bool,
    pub(super) default: Option<String>,
    /// Conditions in which VALUE stands for the column, with their names.
    pub(super) checks: Vec<(Option<String>, String)>,
}

/// All types that the script makes, by name.
#[derive(Default)]
pub(super) struct UserTypes {
    by_name: BTreeMap<String, Vec<(Option<String>, UserType)>>,
    count: usize,
}

impl UserTypes {
    pub(super) fn add(&mut self, mut parts: Vec<String>, made: UserType) {
        let Some(name) = parts.pop() else { return };
        self.by_name.entry(name).or_default().push((parts.pop(), made));
        self.count += 1;
    }

    /// Returns the type of that name in its namespace, else the first of that name.
    fn find(&self, mut parts: Vec<String>) -> Option<&UserType> {
        let same = self.by_name.get(&parts.pop()?)?;
        let namespace = parts.pop();
        let exact = same.iter().find(|(own, _)| *own == namespace);
        exact.or(same.first()).map(|(_, made)| made)
    }

    /// Returns whether columns of a type take no null unless they say so: SQL Server's own rule.
    pub(super) fn refuse_null(&self, declared: &str, dialect: Dialect) -> bool {
        let made = Tokens::new(declared, dialect).take_qualified().and_then(|parts| self.find(parts));
        dialect == Dialect::SqlServer && matches!(made, Some(UserType::Domain(domain)) if domain.refuses_null)
    }

    /// Gives columns that have such types what these hold. A domain may stand for a domain; a ring of them ends with
    /// as many steps as there are types.
    pub(super) fn apply(&self, table: &mut Table, dialect: Dialect) {
        if self.count == 0 {
            return;
        }
        let mut checks = Vec::new();
        for column in &mut table.columns {
            let mut declared = column.declared.clone();
            for _ in 0..=self.count {
                let Some(made) = name_of(&column.ty, &declared, dialect).and_then(|parts| self.find(parts)) else {
                    break;
                };
                match made {
                    UserType::Enum(values) => {
                        column.ty = Type::Enum(values.clone());
                        break;
                    }
                    UserType::Domain(domain) => {
                        stand_for(column, domain, dialect);
                        checks.extend(domain.checks.iter().map(|check| of_column(check, column, dialect)));
                        declared.clone_from(&domain.declared);
                    }
                }
            }
        }
        table.checks.extend(checks);
    }
}

/// Returns the name of a type that may be the script's own: no dialect knows it, or it lies in a namespace.
fn name_of(ty: &Type, declared: &str, dialect: Dialect) -> Option<Vec<String>> {
    let mut tokens = Tokens::new(declared, dialect);
    let parts = tokens.take_qualified()?;
    let in_namespace = parts.len() > 1 && !matches!(parts[0].as_str(), "pg_catalog" | "sys");
    (tokens.is_done() && (in_namespace || matches!(ty, Type::Other(_)))).then_some(parts)
}

fn stand_for(column: &mut Column, domain: &Domain, dialect: Dialect) {
    column.ty = declared::to_type(&domain.declared, dialect);
    column.nullable &= !domain.refuses_null || dialect == Dialect::SqlServer;
    if column.default.is_none() {
        column.default.clone_from(&domain.default);
    }
}

fn of_column((name, condition): &(Option<String>, String), column: &Column, dialect: Dialect) -> Check {
    let condition = checks::with_value(condition, &column.name, dialect);
    Check { name: name.clone(), condition, line: column.line }
}
