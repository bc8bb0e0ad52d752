//! Runs the `example` blocks of a mapping.

use crate::coverage::{Coverage, Reached};
use crate::spec::{kind, literal_value};
use crate::{InterpretedStep, given_in_rust};
use cutover_mapping_dsl::plan::{Example, Exists, Expected, Expr, ExprKind, LinkKind, Plan, Step};
use cutover_mapping_dsl::types::Type;
use cutover_runtime::fingerprint::same;
use cutover_runtime::step::{Generator, Link, Rejection, TargetRows};
use cutover_runtime::value::{Kind, Row, Value};
use std::collections::BTreeSet;

/// What came of one example.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleOutcome {
    /// Name of the map.
    pub map: String,
    /// Name of the example.
    pub name: String,
    /// Line in the mapping.
    pub line: usize,
    /// What differs from what was expected; nothing if it passed.
    pub failures: Vec<String>,
    /// Why it was not run, if it was not.
    pub skipped: Option<String>,
}

/// What came of all examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    /// The examples in order.
    pub outcomes: Vec<ExampleOutcome>,
    /// What they reach, map by map.
    pub coverage: Vec<Coverage>,
}

/// Runs all examples of a plan, in order.
pub fn run_examples(plan: &Plan) -> Tested {
    let mut tested = Tested { outcomes: Vec::new(), coverage: Vec::new() };
    for step in &plan.steps {
        let runner = InterpretedStep::new(plan, step);
        let mut reached = Reached::default();
        let asked = given_in_rust(plan, step);
        let skipped = asked.map(|asked| format!("it asks for {}(), which is given in Rust", asked.function));
        for example in &step.examples {
            tested.outcomes.push(ExampleOutcome {
                map: step.name.clone(),
                name: example.name.clone(),
                line: example.line,
                failures: if skipped.is_some() { Vec::new() } else { run(step, &runner, example, &mut reached) },
                skipped: skipped.clone(),
            });
        }
        tested.coverage.push(reached.coverage(plan, &runner.step));
    }
    tested
}

/// What a row became.
enum Became {
    OutOfScope,
    Rejected(Rejection),
    Rows(TargetRows),
}

fn run(step: &Step, runner: &InterpretedStep, example: &Example, reached: &mut Reached) -> Vec<String> {
    let row = legacy_row(step, example);
    let became = became(step, runner, &row, reached);
    if let Became::Rejected(rejection) = &became {
        reached.reason(rejection.reason);
    }
    match (&example.expected, became) {
        (Expected::OutOfScope, Became::OutOfScope) => Vec::new(),
        (_, Became::OutOfScope) => vec!["the row is not in scope".into()],
        (Expected::OutOfScope, Became::Rejected(_) | Became::Rows(_)) => vec!["the row is in scope".into()],
        (Expected::Rejected(name), Became::Rejected(rejection)) => {
            let reason = &step.reasons[rejection.reason];
            match reason.name.eq_ignore_ascii_case(name) || reason.column.rsplit('.').next() == Some(name) {
                true => Vec::new(),
                false => {
                    vec![format!("rejected for {}: {} ({})", reason.name, reason.message, rejection.value.quoted())]
                }
            }
        }
        (Expected::Rejected(name), Became::Rows(_)) => vec![format!("not rejected, expected `{name}`")],
        (Expected::Rows { .. }, Became::Rejected(rejection)) => {
            let reason = &step.reasons[rejection.reason];
            vec![format!("rejected for {}: {} ({})", reason.name, reason.message, rejection.value.quoted())]
        }
        (Expected::Rows { cells, absent }, Became::Rows(rows)) => {
            let unwanted = absent.iter().filter(|target| rows[**target].is_some());
            let unwanted = unwanted.map(|target| format!("{} gets a row", step.targets[*target].role));
            let differs = cells.iter().filter_map(|(target, column, literal)| {
                let at = step.targets[*target].rules.iter().position(|rule| rule.column == *column);
                let role = &step.targets[*target].role;
                let Some(at) = at else { return Some(format!("no rule gives {role}.{column} a value")) };
                let expected = literal_value(literal, &step.targets[*target].rules[at].ty);
                let Some(found) = rows[*target].as_ref().map(|row| &row[at]) else {
                    return Some(format!("{role} gets no row"));
                };
                (!same(found, &expected))
                    .then(|| format!("{role}.{column} is {}, expected {}", found.quoted(), expected.quoted()))
            });
            unwanted.chain(differs).collect()
        }
    }
}

fn became(step: &Step, runner: &InterpretedStep, row: &Row, reached: &mut Reached) -> Became {
    match runner.is_in_scope(row, reached) {
        Err(rejection) => return Became::Rejected(rejection),
        Ok(false) => return Became::OutOfScope,
        Ok(true) => {}
    }
    let links = runner.find_keys(row, reached).map(|keys| {
        let answers = keys.into_iter().zip(&step.links);
        answers.map(|(key, link)| key.map_or(Link::Null, |_| Link::Found(stand_in(&link.kind)))).collect::<Vec<Link>>()
    });
    let rows = links.and_then(|links| runner.convert_row(row, &links, &mut FixedUuid, reached));
    rows.map_or_else(Became::Rejected, Became::Rows)
}

/// Other rows are not there in an example: every link finds a row.
fn stand_in(link: &LinkKind) -> Value {
    let kind = match link {
        LinkKind::Reference { .. } => Kind::Integer,
        LinkKind::Lookup { ty, .. } => kind(ty),
    };
    match kind {
        Kind::Integer | Kind::Whole => Value::Integer(1),
        Kind::Uuid => Value::Uuid(uuid::Uuid::nil()),
        _ => Value::Text(String::new()),
    }
}

/// Cells that the example leaves out hold null, or where that cannot be what is empty for the type.
fn legacy_row(step: &Step, example: &Example) -> Row {
    let columns = step.read.columns.iter().map(|column| {
        let given = example.given.iter().find(|(alias, name, _)| *alias == column.alias && *name == column.column);
        match given {
            Some((.., literal)) => literal_value(literal, &column.ty),
            None if column.nullable => Value::Null,
            None => empty(&column.ty),
        }
    });
    let given = |alias: &str| example.given.iter().any(|(given, ..)| given == alias);
    let present = step.read.joins.iter().map(|join| Value::Boolean(given(&join.alias)));
    let demanded = demanded(step);
    let there = |exists: &Exists| exists.tables.iter().any(|table| example.there.contains(&table.alias));
    let exists = step.read.exists.iter().enumerate();
    let exists = exists.map(|(index, exists)| Value::Boolean(demanded.contains(&index) || there(exists)));
    let several = step.several().map(|_| Value::Boolean(false));
    columns.chain(present).chain(exists).chain(several).collect()
}

/// Questions that every row in scope answers with yes.
fn demanded(step: &Step) -> BTreeSet<usize> {
    let mut demanded: BTreeSet<usize> = step.read.required.iter().copied().collect();
    let mut open: Vec<&Expr> = step.scope.iter().collect();
    while let Some(part) = open.pop() {
        match &part.kind {
            ExprKind::And(left, right) => open.extend([&**left, &**right]),
            ExprKind::Exists(index) => drop(demanded.insert(*index)),
            _ => {}
        }
    }
    demanded
}

fn empty(ty: &Type) -> Value {
    match kind(ty) {
        Kind::Boolean => Value::Boolean(false),
        Kind::Integer | Kind::Whole => Value::Integer(0),
        Kind::Decimal => Value::Decimal("0".into()),
        Kind::Float => Value::Float(0.0),
        Kind::Text => Value::Text(String::new()),
        Kind::Bytes => Value::Bytes(Vec::new()),
        Kind::Date => Value::Date(chrono::NaiveDate::default()),
        Kind::DateTime => Value::DateTime(chrono::NaiveDateTime::default()),
        Kind::Instant => Value::Instant(chrono::NaiveDateTime::default()),
        Kind::Time => Value::Time(chrono::NaiveTime::default()),
        Kind::Uuid => Value::Uuid(uuid::Uuid::nil()),
    }
}

/// Examples are the same every time.
struct FixedUuid;

impl Generator for FixedUuid {
    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}
