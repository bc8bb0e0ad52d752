//! One side's tables that the mapping uses: keys, the columns that are mapped, how many are not, relations.

use super::split::{self, Links, Part, part_name};
use super::{Content, Diagram, Level, Subject, counted};
use crate::walk::parts;
use cutover_mapping_dsl::plan::{Comparison, Condition, Expr, ExprKind, LinkKind, Plan, Side, Step, Target, Test};
use cutover_mapping_dsl::schema;
use cutover_mapping_dsl::types::Type;
use std::collections::{BTreeMap, BTreeSet};

/// Tables with their columns.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) tables: Vec<Table>,
    pub(crate) relations: Vec<Relation>,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) key: Vec<Column>,
    pub(crate) columns: Vec<Column>,
    /// How many columns are not shown.
    pub(crate) others: usize,
    /// Relations to tables of other diagrams, in words.
    pub(crate) elsewhere: Vec<String>,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) required: bool,
    pub(crate) in_key: bool,
    pub(crate) refers: bool,
}

/// How two tables are related.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: RelationKind,
    pub(crate) label: String,
}

/// Why two tables are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    /// A foreign key of the schema.
    ForeignKey,
    /// A join, a question or a look-up of a map.
    Map,
}

/// Columns used, by table; both by the names of the schema.
type Used = BTreeMap<String, BTreeSet<String>>;

/// Tables related by a map: from, to, label.
type Joined = (String, String, String);

/// Returns the diagrams of the legacy side.
pub(super) fn legacy(plan: &Plan) -> Vec<Diagram> {
    let (mut used, mut joined) = (Used::new(), Vec::new());
    for step in &plan.steps {
        read_columns(&plan.legacy, step, &mut used);
        joined.extend(joins(step));
    }
    Model::new(&plan.legacy, used, joined).diagrams(plan, Subject::Legacy)
}

/// Returns the diagrams of the target side.
pub(super) fn target(plan: &Plan) -> Vec<Diagram> {
    let (mut used, mut joined) = (Used::new(), Vec::new());
    for step in &plan.steps {
        for target in &step.targets {
            let columns = target.rules.iter().map(|rule| rule.column.as_str());
            use_columns(&plan.target, &target.table, columns, &mut used);
        }
        lookups(plan, step, &mut used, &mut joined);
    }
    Model::new(&plan.target, used, joined).diagrams(plan, Subject::Target)
}

fn read_columns(side: &Side, step: &Step, used: &mut Used) {
    let table = |alias: &str| crate::sql::table_of(step, alias).to_string();
    for column in &step.read.columns {
        use_columns(side, &table(&column.alias), [column.column.as_str()], used);
    }
    for condition in conditions(step) {
        use_columns(side, &table(&condition.alias), [condition.column.as_str()], used);
        if let Some((alias, column)) = condition.other_column() {
            use_columns(side, &table(alias), [column], used);
        }
    }
}

/// The conditions of all joins and questions of a step.
fn conditions(step: &Step) -> impl Iterator<Item = &Condition> {
    let joins = step.read.joins.iter().flat_map(|join| &join.on);
    joins.chain(step.read.exists.iter().flat_map(|exists| &exists.on))
}

fn is_equality(condition: &&Condition) -> bool {
    matches!(condition.test, Test::Compare(Comparison::Equal, _))
}

fn use_columns<'a>(side: &Side, table: &str, columns: impl IntoIterator<Item = &'a str>, used: &mut Used) {
    let table = side.table(table);
    let known = used.entry(table.name.clone()).or_default();
    known.extend(columns.into_iter().filter_map(|column| Some(table.column(column)?.name.clone())));
}

/// Tables joined without a foreign key are related all the same.
fn joins(step: &Step) -> Vec<Joined> {
    let table = |alias: &str| crate::sql::table_of(step, alias).to_string();
    let joined = |condition: &Condition| {
        let (alias, column) = condition.other_column()?;
        let label = format!("{}: {column} = {}", step.name, condition.column);
        Some((table(alias), table(&condition.alias), label))
    };
    conditions(step).filter(is_equality).filter_map(joined).collect()
}

/// Tables that a step looks rows up in. A target that has a foreign key to one is related to it already.
fn lookups(plan: &Plan, step: &Step, used: &mut Used, joined: &mut Vec<Joined>) {
    for (at, link) in step.links.iter().enumerate() {
        let LinkKind::Lookup { table, result, by, .. } = &link.kind else { continue };
        let by: Vec<&str> = by.iter().map(|by| by.column.as_str()).collect();
        use_columns(&plan.target, table, by.iter().copied().chain([result.as_str()]), used);
        for target in step.targets.iter().filter(|target| takes(target, at)) {
            let keys = &plan.target.table(&target.table).foreign_keys;
            if !keys.iter().any(|key| key.table.eq_ignore_ascii_case(table)) {
                let label = format!("{}: looked up by {}", step.name, by.join(", "));
                joined.push((target.table.clone(), table.clone(), label));
            }
        }
    }
}

/// Returns whether a rule of the target takes what a link finds.
fn takes(target: &Target, link: usize) -> bool {
    let is_it = |expr: &Expr| matches!(expr.kind, ExprKind::Link { link: taken, .. } if taken == link);
    target.rules.iter().any(|rule| parts(&rule.value).into_iter().any(is_it))
}

/// The tables of a side that are used, and what relates them.
struct Model<'p> {
    side: &'p Side,
    used: Used,
    tables: Vec<&'p schema::Table>,
    /// From, to, kind, label.
    relations: Vec<(usize, usize, RelationKind, String)>,
}

impl<'p> Model<'p> {
    fn new(side: &'p Side, used: Used, joined: Vec<Joined>) -> Model<'p> {
        let tables: Vec<&schema::Table> =
            side.schema.tables.iter().filter(|table| used.contains_key(&table.name)).collect();
        let places: BTreeMap<&str, usize> =
            tables.iter().enumerate().map(|(at, table)| (table.name.as_str(), at)).collect();
        let place = |name: &str| side.schema.table(name).and_then(|table| places.get(table.name.as_str()).copied());
        let mut relations = Vec::new();
        for (from, table) in tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let label = key.columns.join(", ");
                relations.extend(place(&key.table).map(|to| (from, to, RelationKind::ForeignKey, label)));
            }
        }
        for (from, to, label) in joined {
            if let (Some(from), Some(to)) = (place(&from), place(&to)) {
                relations.push((from, to, RelationKind::Map, label));
            }
        }
        Model { side, used, tables, relations }
    }

    fn diagrams(&self, plan: &Plan, subject: Subject) -> Vec<Diagram> {
        let title = format!("{} ({}, {}): what {} uses", self.side.alias, subject.name(), self.side.dialect, plan.file);
        let edges: Vec<(usize, usize)> = self.relations.iter().map(|(from, to, ..)| (*from, *to)).collect();
        let groups = split::groups(self.tables.len(), &edges);
        if groups.len() <= 1 {
            let all: Vec<usize> = (0..self.tables.len()).collect();
            let content = Content::Tables(self.part(subject, &all, &[]));
            return vec![Diagram { name: subject.name().into(), subject, level: Level::Top, title, content }];
        }
        let mut group_of = vec![0; self.tables.len()];
        groups.iter().enumerate().for_each(|(at, group)| group.iter().for_each(|table| group_of[*table] = at));
        let part = |(at, group): (usize, &Vec<usize>)| {
            Part::new(at + 1, group.iter().map(|table| self.tables[*table].name.clone()).collect())
        };
        let parts = groups.iter().enumerate().map(part).collect();
        let mut diagrams = split::overviews(subject, &title, "table", parts, &self.links(&group_of));
        diagrams.extend(groups.iter().enumerate().map(|(at, group)| {
            let name = part_name(subject, at + 1);
            let content = Content::Tables(self.part(subject, group, &group_of));
            Diagram { title: format!("{title} ({name})"), name, subject, level: Level::Part, content }
        }));
        diagrams
    }

    fn links(&self, group_of: &[usize]) -> Links {
        let mut links = Links::new();
        for (from, to, ..) in &self.relations {
            if group_of[*from] != group_of[*to] {
                *links.entry((group_of[*from], group_of[*to])).or_default() += 1;
            }
        }
        links
    }

    /// Returns the tables of one diagram. `group_of` is looked at where a relation leads out of it.
    fn part(&self, subject: Subject, shown: &[usize], group_of: &[usize]) -> Tables {
        let mut tables: Vec<Table> = shown.iter().map(|at| self.table(*at)).collect();
        let mut relations = Vec::new();
        for (from, to, kind, label) in &self.relations {
            let Ok(place) = shown.binary_search(from) else { continue };
            if shown.binary_search(to).is_ok() {
                relations.push(Relation { from: id(*from), to: id(*to), kind: *kind, label: label.clone() });
            } else {
                let part = part_name(subject, group_of[*to] + 1);
                tables[place].elsewhere.push(format!("{label} → {} ({part})", self.tables[*to].name));
            }
        }
        Tables { tables, relations }
    }

    fn table(&self, at: usize) -> Table {
        let (table, used) = (self.tables[at], &self.used[&self.tables[at].name]);
        let is_key = |column: &schema::Column| table.primary_key.contains(&column.name);
        let shown = table.columns.iter().filter(|column| used.contains(&column.name) || is_key(column));
        let (key, columns): (Vec<_>, Vec<_>) = shown.partition(|column| is_key(column));
        Table {
            id: id(at),
            name: table.name.clone(),
            others: table.columns.len() - key.len() - columns.len(),
            key: key.into_iter().map(|known| column(table, known)).collect(),
            columns: columns.into_iter().map(|known| column(table, known)).collect(),
            elsewhere: Vec::new(),
        }
    }
}

impl Table {
    /// Says how many columns are not shown.
    pub(crate) fn not_mapped(&self) -> Option<String> {
        (self.others > 0).then(|| format!("and {} not mapped", counted(self.others, "column")))
    }
}

fn id(table: usize) -> String {
    format!("t{table}")
}

fn column(table: &schema::Table, column: &schema::Column) -> Column {
    Column {
        name: column.name.clone(),
        ty: type_label(&column.ty),
        required: !column.nullable,
        in_key: table.primary_key.contains(&column.name),
        refers: table.foreign_keys.iter().any(|key| key.columns.contains(&column.name)),
    }
}

/// Returns the name of a type for people.
pub(crate) fn type_label(ty: &Type) -> String {
    match ty {
        Type::Text { max: Some(max) } => format!("text({max})"),
        Type::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Type::Enum(labels) => format!("one of {}", labels.len()),
        Type::Other(declared) => declared.clone(),
        Type::Boolean | Type::Integer { .. } | Type::Float | Type::Text { max: None } | Type::Bytes { .. } => {
            ty.family().to_string()
        }
        Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => ty.family().to_string(),
        Type::Uuid | Type::Json => ty.family().to_string(),
    }
}
