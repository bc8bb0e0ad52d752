//! What must stay unique in the target though no key of it says so: fingerprints of the values present, and of those
//! that the step adds.

use crate::connection::Connection;
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint;
use crate::links::folded;
use crate::print_store::PrintStore;
use crate::statements::Sql;
use crate::step::{StepSpec, UniqueSpec};
use crate::value::{Row, Value};

/// The values present, for each of a step's unique rules.
pub(crate) struct Uniques {
    sets: Vec<PrintStore>,
}

impl Uniques {
    /// Loads what the target holds.
    pub(crate) fn load(target: &mut dyn Connection, spec: &StepSpec) -> Result<Uniques, RunError> {
        let sets = spec.unique.iter().map(|unique| load_set(target, spec, unique));
        Ok(Uniques { sets: sets.collect::<Result<_, _>>()? })
    }

    /// Returns the first of some rules that has seen the value that comes with it.
    pub(crate) fn violated(&self, prints: &[(usize, u128)]) -> Result<Option<usize>, RunError> {
        for (rule, print) in prints {
            if self.sets[*rule].contains(*print)? {
                return Ok(Some(*rule));
            }
        }
        Ok(None)
    }

    pub(crate) fn insert(&mut self, rule: usize, print: u128) -> Result<(), RunError> {
        self.sets[rule].insert(print)
    }

    pub(crate) fn remove(&mut self, rule: usize, print: u128) {
        self.sets[rule].remove(print);
    }
}

/// Returns the rules that a unit falls under and the fingerprints of its values; a null is like nothing else.
pub(crate) fn prints(spec: &StepSpec, rows: &[Option<Row>]) -> Vec<(usize, u128)> {
    let rules = spec.unique.iter().enumerate();
    rules.filter_map(|(at, rule)| Some((at, print(rule, rows[rule.target].as_ref()?, |column| column)?))).collect()
}

/// Returns the values that a rule compares, for the report.
pub(crate) fn shown(rule: &UniqueSpec, rows: &[Option<Row>]) -> Value {
    shown_of(&rule.columns, rows[rule.target].as_ref())
}

/// Returns the values of some columns of a row, for the report.
pub(crate) fn shown_of(columns: &[(usize, bool)], row: Option<&Row>) -> Value {
    match (columns, row) {
        (_, None) => Value::Null,
        ([(column, _)], Some(row)) => row[*column].clone(),
        (columns, Some(row)) => {
            let key: Row = columns.iter().map(|(column, _)| row[*column].clone()).collect();
            Value::Text(crate::report::key_text(&key))
        }
    }
}

fn print(rule: &UniqueSpec, row: &Row, place: impl Fn(usize) -> usize) -> Option<u128> {
    let values = rule.columns.iter().map(|(column, folds)| folded(row[place(*column)].clone(), *folds));
    let values: Vec<Value> = values.collect();
    (!values.iter().any(Value::is_null)).then(|| fingerprint::of(&values))
}

fn load_set(target: &mut dyn Connection, spec: &StepSpec, rule: &UniqueSpec) -> Result<PrintStore, RunError> {
    let table = &spec.targets[rule.target];
    let dialect = target.dialect();
    let mut sql = Sql::new(dialect, "SELECT ");
    for (column, _) in &rule.columns {
        sql.result(&dialect.quote(&table.columns[*column].name), table.columns[*column].kind);
    }
    sql.push(" FROM ").name(&table.table);
    let statement = sql.done();
    let (mut set, mut kept) = (PrintStore::default(), Ok(()));
    let mut each = |row: Row| {
        let place = |column| rule.columns.iter().position(|(index, _)| *index == column).unwrap_or(0);
        if let (Ok(()), Some(print)) = (&kept, print(rule, &row, place)) {
            kept = set.insert(print);
        }
        Ok(())
    };
    target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
    kept.map(|()| set)
}
