//! Where each target column comes from, and where each legacy column goes: through joins, value maps, references and
//! look-ups. Written as JSON and, by the Markdown backend, as a page.

use crate::diagram::type_label;
use crate::walk::parts;
use crate::wording::{literal, name};
use cutover_mapping_dsl::plan::{Condition, Expr, ExprKind, Generated, LinkKind, Plan, Rule, Step, Target};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The lineage of all columns of a plan.
#[derive(Debug, Serialize)]
pub(crate) struct Lineage {
    /// The mark of generated files.
    pub(crate) generated: String,
    pub(crate) mapping: String,
    /// Target columns in the order of steps.
    pub(crate) target: Vec<TargetColumn>,
    /// Legacy tables by name.
    pub(crate) legacy: Vec<LegacyTable>,
}

/// A target column and what it is made of.
#[derive(Debug, Serialize)]
pub(crate) struct TargetColumn {
    pub(crate) map: String,
    pub(crate) role: String,
    pub(crate) table: String,
    pub(crate) column: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) nullable: bool,
    pub(crate) rule: String,
    pub(crate) arrow: String,
    pub(crate) class: String,
    /// Losses that the author accepted: what and why.
    pub(crate) allows: Vec<(String, String)>,
    /// Reasons for which the rule can reject a row.
    pub(crate) rejected_for: Vec<String>,
    pub(crate) line: usize,
    pub(crate) from: Vec<Origin>,
}

/// Something that a target column is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Origin {
    /// A legacy column; `joined` says on what, if it is not of the map's base table.
    Column { table: String, column: String, joined: Option<String> },
    /// The new key of a migrated row, found by legacy columns.
    Reference { map: String, role: String, table: String },
    /// A column of a target row that has given values.
    Lookup { table: String, column: String, by: Vec<String> },
    /// The key of another target row of the same legacy row.
    Sibling { role: String, table: String, column: String },
    /// A value map applied.
    Values { name: String },
    /// A function applied.
    Function { name: String },
    /// A fixed value.
    Constant { value: String },
    /// Made anew.
    Generated { by: String },
}

/// A legacy table and what becomes of its columns.
#[derive(Debug, Serialize)]
pub(crate) struct LegacyTable {
    pub(crate) table: String,
    pub(crate) columns: Vec<LegacyColumn>,
    /// How many columns no map speaks of.
    pub(crate) not_used: usize,
}

/// A legacy column and what becomes of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct LegacyColumn {
    pub(crate) column: String,
    pub(crate) goes_to: Vec<Destination>,
    /// What it decides without being carried, such as `scope of Patient`.
    pub(crate) decides: BTreeSet<String>,
    pub(crate) dropped: Vec<LeftBehind>,
    pub(crate) deferred: Vec<LeftBehind>,
}

/// A target column that a legacy column goes to.
#[derive(Debug, Serialize)]
pub(crate) struct Destination {
    pub(crate) map: String,
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) line: usize,
}

/// Why a map does not carry a legacy column.
#[derive(Debug, Serialize)]
pub(crate) struct LeftBehind {
    pub(crate) map: String,
    /// The reason, or the map that it is left to.
    pub(crate) why: String,
    pub(crate) line: usize,
}

/// Returns the lineage of a plan.
pub(crate) fn lineage(plan: &Plan) -> Lineage {
    let mut legacy = Legacy { plan, columns: BTreeMap::new() };
    let mut target = Vec::new();
    for step in &plan.steps {
        for written in &step.targets {
            target.extend(written.rules.iter().map(|rule| target_column(plan, step, written, rule)));
        }
        legacy.step(step);
    }
    Lineage {
        generated: crate::Mark::new(plan).to_string(),
        mapping: plan.file.clone(),
        target,
        legacy: legacy.tables(),
    }
}

fn target_column(plan: &Plan, step: &Step, target: &Target, rule: &Rule) -> TargetColumn {
    TargetColumn {
        map: step.name.clone(),
        role: target.role.clone(),
        table: target.table.clone(),
        column: rule.column.clone(),
        ty: type_label(&rule.ty),
        nullable: rule.nullable,
        rule: rule.text.clone(),
        arrow: rule.arrow.to_string(),
        class: rule.class.to_string(),
        allows: rule.allows.clone(),
        rejected_for: rejected_for(plan, step, rule).into_iter().map(str::to_string).collect(),
        line: rule.line,
        from: origins(plan, step, &rule.value),
    }
}

/// Returns the names of the reasons for which a rule can reject a row, keys that it takes included.
pub(crate) fn rejected_for<'p>(plan: &Plan, step: &'p Step, rule: &Rule) -> Vec<&'p str> {
    let keys = parts(&rule.value).into_iter().flat_map(|part| match part.kind {
        ExprKind::Link { link, .. } => step.links[link].key.as_slice(),
        _ => &[],
    });
    let rejections = keys.chain([&rule.value]).flat_map(|expr| expr.rejections(plan));
    let reasons: BTreeSet<usize> = rejections.map(|(reason, _)| reason).collect();
    reasons.into_iter().map(|reason| step.reasons[reason].name.as_str()).collect()
}

/// What an expression is made of, each thing once, from the outside in.
pub(crate) fn origins(plan: &Plan, step: &Step, expr: &Expr) -> Vec<Origin> {
    let mut origins = Vec::new();
    for part in parts(expr) {
        for origin in own_origins(plan, step, part) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
    }
    let only = origins.len() == 1;
    origins.retain(|origin| only || !matches!(origin, Origin::Constant { .. }));
    origins
}

fn own_origins(plan: &Plan, step: &Step, expr: &Expr) -> Vec<Origin> {
    match &expr.kind {
        ExprKind::Legacy { column, .. } => vec![column_origin(step, *column)],
        ExprKind::Literal(value) => vec![Origin::Constant { value: literal(value) }],
        ExprKind::Exists(asked) => {
            let asked = &step.read.exists[*asked];
            let column = |on: &Condition| Origin::Column {
                table: crate::sql::table_of(step, &on.alias).to_string(),
                column: on.column.clone(),
                joined: Some(crate::wording::conditions(&asked.on)),
            };
            asked.on.iter().map(column).collect()
        }
        ExprKind::Call(function, _) => vec![Origin::Function { name: name(*function).into() }],
        ExprKind::Given { function, .. } => vec![Origin::Function { name: plan.functions[*function].name.clone() }],
        ExprKind::Through { map, .. } => vec![Origin::Values { name: plan.value_maps[*map].name.clone() }],
        ExprKind::Link { link, .. } => link_origins(plan, step, *link),
        ExprKind::Sibling(sibling) => {
            let sibling = &step.targets[*sibling];
            let (role, table, column) = (sibling.role.clone(), sibling.table.clone(), sibling.key.clone());
            vec![Origin::Sibling { role, table, column }]
        }
        ExprKind::Generated(Generated::Uuid) => vec![Origin::Generated { by: "uuid()".into() }],
        ExprKind::Concat(_) | ExprKind::Arithmetic(..) | ExprKind::Compare(..) | ExprKind::And(..) => Vec::new(),
        ExprKind::Or(..) | ExprKind::Not(_) | ExprKind::Fits(..) | ExprKind::Match { .. } => Vec::new(),
        ExprKind::Restrict { .. } | ExprKind::Convert(..) => Vec::new(),
    }
}

fn column_origin(step: &Step, column: usize) -> Origin {
    let column = &step.read.columns[column];
    let join = step.join(&column.alias).map(|join| &step.read.joins[join]);
    Origin::Column {
        table: crate::sql::table_of(step, &column.alias).to_string(),
        column: column.column.clone(),
        joined: join.map(|join| crate::wording::conditions(&join.on)),
    }
}

/// What is found, and the legacy columns that it is found by.
fn link_origins(plan: &Plan, step: &Step, link: usize) -> Vec<Origin> {
    let link = &step.links[link];
    let found = match &link.kind {
        LinkKind::Reference { step, target } => {
            let target = plan.place(step).map(|place| &plan.steps[place].targets[*target]);
            let (role, table) = target.map_or_else(Default::default, |found| (found.role.clone(), found.table.clone()));
            Origin::Reference { map: step.clone(), role, table }
        }
        LinkKind::Lookup { table, result, by, .. } => Origin::Lookup {
            table: table.clone(),
            column: result.clone(),
            by: by.iter().map(|by| by.column.clone()).collect(),
        },
    };
    let keys = link.key.iter().flat_map(|key| origins(plan, step, key));
    std::iter::once(found).chain(keys.filter(|key| !matches!(key, Origin::Constant { .. }))).collect()
}

/// Gathers what becomes of legacy columns, by table and column as the schema names them.
struct Legacy<'p> {
    plan: &'p Plan,
    columns: BTreeMap<(String, String), LegacyColumn>,
}

impl Legacy<'_> {
    fn column(&mut self, table: &str, column: &str) -> &mut LegacyColumn {
        let table = self.plan.legacy.table(table);
        let column = table.column(column).map_or(column, |column| &column.name).to_string();
        let fresh = LegacyColumn { column: column.clone(), ..LegacyColumn::default() };
        self.columns.entry((table.name.clone(), column)).or_insert(fresh)
    }

    fn step(&mut self, step: &Step) {
        for target in &step.targets {
            target.rules.iter().for_each(|rule| self.rule(step, target, rule));
            if let Some(when) = &target.when {
                self.decided(step, when, &format!("whether {} writes {}", step.name, target.role));
            }
        }
        for key in &step.read.key {
            let column = &step.read.columns[*key];
            self.decides(&step.read.table, &column.column, format!("key of {}", step.name));
        }
        let guards = step.guards.iter().map(|guard| (&guard.when, format!("rejection by {}", step.name)));
        for (expr, what) in step.scope.iter().map(|scope| (scope, format!("scope of {}", step.name))).chain(guards) {
            self.decided(step, expr, &what);
        }
        for join in &step.read.joins {
            self.conditions(step, &join.on, &format!("join of {}", step.name));
        }
        for asked in &step.read.exists {
            self.conditions(step, &asked.on, &format!("question of {}", step.name));
        }
        self.left_behind(step);
    }

    fn rule(&mut self, step: &Step, target: &Target, rule: &Rule) {
        for origin in origins(self.plan, step, &rule.value) {
            if let Origin::Column { table, column, .. } = origin {
                self.column(&table, &column).goes_to.push(Destination {
                    map: step.name.clone(),
                    table: target.table.clone(),
                    column: rule.column.clone(),
                    line: rule.line,
                });
            }
        }
    }

    fn decided(&mut self, step: &Step, expr: &Expr, what: &str) {
        for origin in origins(self.plan, step, expr) {
            if let Origin::Column { table, column, .. } = origin {
                self.decides(&table, &column, what.to_string());
            }
        }
    }

    fn conditions(&mut self, step: &Step, on: &[Condition], what: &str) {
        for condition in on {
            self.decides(crate::sql::table_of(step, &condition.alias), &condition.column, what.to_string());
            if let Some((alias, column)) = condition.other_column() {
                self.decides(crate::sql::table_of(step, alias), column, what.to_string());
            }
        }
    }

    fn decides(&mut self, table: &str, column: &str, what: String) {
        self.column(table, column).decides.insert(what);
    }

    fn left_behind(&mut self, step: &Step) {
        for dropped in &step.dropped {
            for (alias, column) in &dropped.columns {
                let (map, why, line) = (step.name.clone(), dropped.reason.clone(), dropped.line);
                self.column(crate::sql::table_of(step, alias), column).dropped.push(LeftBehind { map, why, line });
            }
        }
        for deferred in &step.deferred {
            for (alias, column) in &deferred.columns {
                let (map, why, line) = (step.name.clone(), deferred.to.clone(), deferred.line);
                self.column(crate::sql::table_of(step, alias), column).deferred.push(LeftBehind { map, why, line });
            }
        }
    }

    /// Returns the tables in the order of the schema's names, columns in the order of the schema.
    fn tables(self) -> Vec<LegacyTable> {
        let mut tables: BTreeMap<String, BTreeMap<String, LegacyColumn>> = BTreeMap::new();
        for ((table, column), known) in self.columns {
            tables.entry(table).or_default().insert(column, known);
        }
        let table = |(table, mut known): (String, BTreeMap<String, LegacyColumn>)| {
            let all = &self.plan.legacy.table(&table).columns;
            let columns: Vec<LegacyColumn> = all.iter().filter_map(|column| known.remove(&column.name)).collect();
            LegacyTable { table, not_used: all.len() - columns.len(), columns }
        };
        tables.into_iter().map(table).collect()
    }
}

impl Origin {
    /// Says what it is.
    pub(crate) fn words(&self) -> String {
        match self {
            Origin::Column { table, column, joined: None } => format!("{table}.{column}"),
            Origin::Column { table, column, joined: Some(on) } => format!("{table}.{column} (on {on})"),
            Origin::Reference { map, role, table } => format!("key of {map}, {role} ({table})"),
            Origin::Lookup { table, column, by } => format!("{table}.{column} by {}", by.join(", ")),
            Origin::Sibling { role, table, column } => format!("{table}.{column} of {role}"),
            Origin::Values { name } => format!("value map {name}"),
            Origin::Function { name } => format!("{name}()"),
            Origin::Constant { value } => value.clone(),
            Origin::Generated { by } => by.clone(),
        }
    }
}
