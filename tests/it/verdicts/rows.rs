//! Small legacy rows for a map, and what the interpreter makes of them. Values are few, so that rows meet: the literals of
//! the mapping, and what operators are likely to take for one another.

use cutover_mapping_dsl::plan::{Expr, ExprKind, LinkKind, Literal, Pattern, Plan, Step as PlanStep};
use cutover_mapping_dsl::types::Type;
use cutover_runtime::step::{Generator, Link, Source, Step};
use cutover_runtime::value::{Fault, Key, Malformed, Row, Value};
use cutover_tests::random::Random;
use std::collections::{BTreeMap, BTreeSet};

/// Rows tried for each map.
const ROWS: usize = 40_000;

/// A legacy row that was carried.
pub(crate) struct Made {
    /// The columns of the base table that are read.
    pub(crate) base: BTreeMap<String, String>,
    /// Its target rows, without what is generated.
    pub(crate) target: String,
}

/// Tries rows, and returns those that are carried.
pub(crate) fn make(plan: &Plan, step: &PlanStep) -> Vec<Made> {
    let steps = cutover_interpreter::steps(plan).unwrap();
    let place = plan.place(&step.name).unwrap();
    let pools = pools(plan, step);
    let (mut random, mut keys) = (Random::new(7), Keys::default());
    let (mut made, mut carried) = (Vec::new(), Vec::<Row>::new());
    for _ in 0..ROWS {
        // Most rows are one that was carried, with another value or two: so rows meet that differ in little.
        let row = match carried.len() as u64 {
            known if known > 0 && random.below(4) > 0 => {
                let like = carried[random.below(known) as usize].clone();
                varied(step, like, &pools, &mut random)
            }
            _ => row(step, &pools, &mut random),
        };
        if let Some(one) = carry(plan, step, &*steps[place], &row, &mut keys) {
            made.push(one);
            carried.push(row);
        }
    }
    made
}

fn varied(step: &PlanStep, mut row: Row, pools: &[Vec<Value>], random: &mut Random) -> Row {
    let own: Vec<usize> = (0..pools.len()).filter(|at| step.read.columns[*at].alias == step.read.alias).collect();
    for _ in 0..=random.below(2) {
        let at = own[random.below(own.len() as u64) as usize];
        row[at] = draw(&pools[at], random);
    }
    row
}

/// Draws a value; null, the last of a pool that has it, comes often.
fn draw(pool: &[Value], random: &mut Random) -> Value {
    match pool.last() {
        Some(Value::Null) if random.below(4) == 0 => Value::Null,
        _ => pool[random.below(pool.len() as u64) as usize].clone(),
    }
}

fn carry(plan: &Plan, step: &PlanStep, runs: &dyn Step, row: &Row, keys: &mut Keys) -> Option<Made> {
    if runs.in_scope(row) != Ok(true) {
        return None;
    }
    let asked = runs.link_keys(row).ok()?;
    let links = step.links.iter().zip(asked).map(|(link, key)| keys.answer(plan, &link.kind, key));
    let links: Vec<Link> = links.collect();
    let rows = runs.convert(row, &links, &mut Nothing).ok()?;
    let shown = rows.iter().zip(&runs.spec().targets).map(|(row, target)| {
        let cells = row.iter().flatten().zip(&target.columns);
        let cells = cells.filter(|(_, column)| column.source != Source::Generated);
        format!("{}: {:?}", target.role, cells.map(|(value, _)| value).collect::<Vec<_>>())
    });
    let base = step.read.columns.iter().zip(row).filter(|(column, _)| column.alias == step.read.alias);
    let base = base.map(|(column, value)| (column.column.clone(), format!("{value:?}"))).collect();
    // A row that is there and holds nothing is another than one that is not.
    let there: Vec<bool> = rows.iter().map(Option::is_some).collect();
    Some(Made { base, target: format!("{there:?} {}", shown.collect::<Vec<_>>().join(" ")) })
}

/// Draws a row: columns, then whether the partners of joins and the rows asked for exist, and that nobody has several.
fn row(step: &PlanStep, pools: &[Vec<Value>], random: &mut Random) -> Row {
    let read = &step.read;
    let joined: Vec<bool> = read.joins.iter().map(|join| join.missing.is_some() || random.below(4) > 0).collect();
    let absent = |alias: &str| step.join(alias).is_some_and(|join| !joined[join]);
    let mut row: Row = Vec::new();
    for (column, pool) in read.columns.iter().zip(pools) {
        let drawn = draw(pool, random);
        row.push(if absent(&column.alias) { Value::Null } else { drawn });
    }
    row.extend(joined.iter().map(|there| Value::Boolean(*there)));
    let exists = (0..read.exists.len()).map(|index| read.required.contains(&index) || random.below(2) == 0);
    row.extend(exists.map(Value::Boolean));
    row.extend(step.several().map(|_| Value::Boolean(false)));
    row
}

/// What links find: a row of its own for each key, as far as tables are so.
#[derive(Default)]
struct Keys(BTreeMap<String, usize>);

impl Keys {
    fn answer(&mut self, plan: &Plan, kind: &LinkKind, key: Option<Key>) -> Link {
        let Some(key) = key else { return Link::Null };
        let name = match kind {
            LinkKind::Reference { step, target } => format!("{step} {target} {key:?}"),
            LinkKind::Lookup { table, by, .. } => format!("{table} {by:?} {key:?}"),
        };
        let next = self.0.len();
        let number = *self.0.entry(name).or_insert(next);
        let (ty, number) = match kind {
            LinkKind::Reference { step, target } => {
                let target = &plan.steps[plan.place(step).unwrap()].targets[*target];
                if target.when.is_some() && number.is_multiple_of(2) {
                    return Link::Null; // That row had no such target.
                }
                (&target.key_type, number)
            }
            LinkKind::Lookup { table, result, ty, .. } => {
                let unique = plan.target.table(table).is_unique(&[result]);
                (ty, if unique { number } else { number % 2 })
            }
        };
        Link::Found(match ty {
            Type::Integer { .. } => Value::Integer(number as i128),
            _ => Value::Text(format!("{number}")),
        })
    }
}

struct Nothing;

impl Generator for Nothing {
    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

/// Returns the values of each column that is read.
fn pools(plan: &Plan, step: &PlanStep) -> Vec<Vec<Value>> {
    let mut literals = BTreeSet::new();
    step.expressions().for_each(|expr| collect(plan, expr, &mut literals));
    let of_column = |column: &cutover_mapping_dsl::plan::ReadColumn| {
        let legacy = legacy_table(plan, step, &column.alias).and_then(|table| table.column(&column.column));
        let ty = match legacy.and_then(|column| column.allowed.clone()) {
            Some(allowed) => Type::Enum(allowed),
            None => column.ty.clone(),
        };
        let cases = literals.iter().flat_map(in_cases).collect::<BTreeSet<Literal>>();
        let mut pool: Vec<Value> = cases.iter().filter_map(|literal| fitting(literal, &ty)).collect();
        pool.extend(common(&ty).into_iter().chain(zero(&ty)));
        if column.nullable {
            pool.push(Value::Null);
        }
        pool
    };
    step.read.columns.iter().map(of_column).collect()
}

fn legacy_table<'p>(plan: &'p Plan, step: &PlanStep, alias: &str) -> Option<&'p cutover_mapping_dsl::schema::Table> {
    let join = step.join(alias).map(|join| step.read.joins[join].table.as_str());
    plan.legacy.schema.table(join.unwrap_or(&step.read.table))
}

fn collect(plan: &Plan, expr: &Expr, literals: &mut BTreeSet<Literal>) {
    let patterns: Vec<&Pattern> = match &expr.kind {
        ExprKind::Literal(literal) => {
            literals.insert(literal.clone());
            Vec::new()
        }
        ExprKind::Through { map, .. } => {
            literals.extend(plan.value_maps[*map].arms.iter().flat_map(|arm| arm.from.clone()));
            Vec::new()
        }
        ExprKind::Fits(_, patterns) | ExprKind::Restrict { patterns, .. } => patterns.iter().collect(),
        ExprKind::Match { arms, .. } => arms.iter().flat_map(|arm| &arm.patterns).collect(),
        _ => Vec::new(),
    };
    for pattern in patterns {
        match pattern {
            Pattern::Literal(literal) => drop(literals.insert(literal.clone())),
            Pattern::Range(from, to) => literals.extend([from.clone(), to.clone()]),
            _ => {}
        }
    }
    expr.children().into_iter().for_each(|child| collect(plan, child, literals));
}

/// Returns a literal, if it is a text also in small and in capital letters.
fn in_cases(literal: &Literal) -> Vec<Literal> {
    match literal {
        Literal::Text(text) => [text.clone(), text.to_lowercase(), text.to_uppercase()].map(Literal::Text).to_vec(),
        other => vec![other.clone()],
    }
}

fn fits(text: &str, max: Option<u32>) -> bool {
    max.is_none_or(|max| text.chars().count() <= max as usize)
}

/// Returns a literal as a value of a column, if it is one.
fn fitting(literal: &Literal, ty: &Type) -> Option<Value> {
    match (literal, ty) {
        (Literal::Text(text), Type::Text { max }) if fits(text, *max) => Some(Value::Text(text.clone())),
        (Literal::Integer(value), Type::Integer { min, max }) if min <= value && value <= max => {
            Some(Value::Integer(*value))
        }
        (Literal::Date(day), Type::Date { .. }) => Some(Value::Date(*day)),
        (Literal::Date(day), Type::DateTime { .. }) => Some(Value::DateTime(day.and_time(chrono::NaiveTime::MIN))),
        (Literal::DateTime(time), Type::DateTime { .. }) => Some(Value::DateTime(*time)),
        (Literal::DateTime(time), Type::Instant { .. }) => Some(Value::Instant(*time)),
        _ => None,
    }
}

/// Returns the zero date, where a column can hold it.
fn zero(ty: &Type) -> Option<Value> {
    let zero = Malformed { fault: Fault::ZeroDate, raw: "0000-00-00".to_string() };
    match ty {
        Type::Date { zero: true } | Type::DateTime { zero: true, .. } | Type::Instant { zero: true, .. } => {
            Some(Value::Malformed(zero))
        }
        _ => None,
    }
}

/// Returns values that every column of a type is tried with. Times lie in no hour that clocks skip or show twice.
fn common(ty: &Type) -> Vec<Value> {
    let day = |day: &str| day.parse::<chrono::NaiveDate>().unwrap();
    let time = |time: &str| time.parse::<chrono::NaiveDateTime>().unwrap();
    let times = ["1980-02-03T00:00:00", "1980-02-03T09:30:00", "1999-07-01T00:00:00.5"].map(time);
    match ty {
        Type::Boolean => vec![Value::Boolean(false), Value::Boolean(true)],
        Type::Integer { min, max } => {
            [0, 1, 2, 3].into_iter().filter(|value| min <= value && value <= max).map(Value::Integer).collect()
        }
        Type::Decimal { .. } => ["0", "1", "1.5"].map(|text| Value::Decimal(text.to_string())).to_vec(),
        Type::Float => vec![Value::Float(0.0), Value::Float(1.5)],
        Type::Text { max } => {
            let texts = ["", "a", "A", "x", "a-", "-a", " a", "00000000-0000-0000-0000-00000000000a"];
            texts.into_iter().filter(|text| fits(text, *max)).map(|text| Value::Text(text.to_string())).collect()
        }
        Type::Enum(values) => values.iter().cloned().map(Value::Text).collect(),
        Type::Bytes { .. } => vec![Value::Bytes(vec![1]), Value::Bytes(vec![2])],
        Type::Date { .. } => vec![Value::Date(day("1980-02-03")), Value::Date(day("1999-07-01"))],
        Type::DateTime { .. } => times.map(Value::DateTime).to_vec(),
        Type::Instant { .. } => times.map(Value::Instant).to_vec(),
        Type::Time { .. } => vec![Value::Time(chrono::NaiveTime::MIN)],
        Type::Uuid => vec![Value::Uuid(uuid::Uuid::nil()), Value::Uuid(uuid::Uuid::max())],
        Type::Json | Type::Other(_) => vec![Value::Text("{}".to_string()), Value::Text("[]".to_string())],
    }
}
