//! References before anything is migrated: a row is there if the legacy side has it in the scope of its map.

use super::{Fragment, Translator};
use crate::names;
use crate::sql::read;
use cutover_mapping_dsl::plan::LinkKind;
use cutover_mapping_dsl::types::Type;

impl Translator<'_> {
    /// The answer to a link, as far as the one reason asked about goes.
    pub(super) fn link_to_come(&mut self, index: usize, (missing, ambiguous): (usize, usize)) -> Fragment {
        let link = &self.step.links[index];
        let key: Vec<Fragment> = link.key.iter().map(|key| self.translate(key)).collect();
        let given: Vec<String> = key.iter().map(|key| format!("{} IS NOT NULL", key.value)).collect();
        let rejects: Vec<String> = key.into_iter().flat_map(|key| key.rejects).collect();
        let given = given.join(" AND ");
        let (value, failed) = match &link.kind {
            LinkKind::Reference { step, target } => {
                let some = self.some_key(&read::step(self.plan, step).targets[*target].key_type);
                let failed = self.asks(missing).then(|| self.not_in_scope(index, step));
                (format!("CASE WHEN {given} THEN {some} END"), failed.into_iter().collect())
            }
            LinkKind::Lookup { .. } => {
                let (value, _) = self.lookup(index);
                let from = self.lookup_from(index);
                let count = |bound: &str| format!("(SELECT COUNT(*) {from}) {bound}");
                let bounds = [(missing, "= 0"), (ambiguous, "> 1")].into_iter();
                (value, bounds.filter(|(reason, _)| self.asks(*reason)).map(|(_, bound)| count(bound)).collect())
            }
        };
        let failed: Vec<String> = failed;
        let mut fragment = Fragment { value, rejects };
        for failed in failed {
            let mut condition = format!("({given} AND {failed})");
            for key in &link.key {
                condition = self.not_before(key, condition);
            }
            fragment = fragment.rejecting(condition);
        }
        fragment
    }

    /// Any key of a type: it is asked for nothing but whether there is one.
    fn some_key(&self, ty: &Type) -> String {
        match ty {
            Type::Integer { .. } => "1".to_string(),
            _ => self.dialect.text("1"),
        }
    }

    /// Returns that the legacy side has no such row in the scope of the map that would carry it. The row lies in a table
    /// of its own name, so that the aliases of both maps do not meet.
    fn not_in_scope(&mut self, index: usize, step: &str) -> String {
        let referred = read::step(self.plan, step);
        let mut other = Translator::new(self.plan, referred, self.dialect, self.keys);
        (other.marks, other.unsupported) = (self.marks, std::mem::take(&mut self.unsupported));
        other.unmarked = std::mem::take(&mut self.unmarked);
        let joins = other.joins();
        let columns = other.key_columns().into_iter().enumerate();
        let columns: Vec<String> =
            columns.map(|(at, column)| format!("{column} AS {}", self.dialect.quote(&key_name(at)))).collect();
        let scope: Vec<String> = other.scope().into_iter().map(|line| line.sql).collect();
        let scope = if scope.is_empty() { String::new() } else { format!(" WHERE {}", scope.join(" AND ")) };
        let from = [vec![other.base()], joins].concat().join(" ");
        (self.unsupported, self.unmarked) = (other.unsupported, other.unmarked);
        let alias = names::link_alias(index);
        let link = &self.step.links[index];
        let keys = referred.read.key.iter().map(|key| &referred.read.columns[*key]);
        let mut same = Vec::with_capacity(link.key.len());
        for (at, (column, key)) in keys.zip(&link.key).enumerate() {
            let there = self.computed_side(read::qualified(self.dialect, &alias, &key_name(at)));
            let asked = self.side(key);
            same.push(self.equal(&column.ty, &there, &asked));
        }
        let alias = self.dialect.quote(&alias);
        format!(
            "NOT EXISTS (SELECT 1 FROM (SELECT {} FROM {from}{scope}) AS {alias} WHERE {})",
            columns.join(", "),
            same.join(" AND ")
        )
    }
}

fn key_name(at: usize) -> String {
    format!("key{}", at + 1)
}
