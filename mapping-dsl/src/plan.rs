//! The plan: what a checked mapping means, with every name resolved, every type known and every conversion written
//! out. Backends and the interpreter read this and nothing earlier. Steps stand in the order in which they run.

mod expression;
mod reasons;

pub use expression::{
    Arithmetic, Arm, ArmResult, Comparison, Conversion, Expr, ExprKind, Function, Generated, Literal, OnZero, Pattern,
};
pub use reasons::Cause;

use crate::schema::{Dialect, Schema, Table};
use crate::types::Type;
use std::collections::BTreeMap;
use std::fmt;

/// A checked mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the mapping: its file name without folder and extension.
    pub name: String,
    /// Name of the mapping's file, without folder, for comments in generated files.
    pub file: String,
    /// Hash of the mapping's text and both schemas' texts.
    pub source_hash: String,
    /// The legacy side.
    pub legacy: Side,
    /// The target side.
    pub target: Side,
    /// Value maps in file order.
    pub value_maps: Vec<ValueMap>,
    /// Steps in running order.
    pub steps: Vec<Step>,
    /// Place of each step by its name; see [`Plan::place`].
    pub places: BTreeMap<String, usize>,
}

impl Plan {
    /// Returns the place of a step in running order.
    pub fn place(&self, name: &str) -> Option<usize> {
        let placed = self.places.get(name).copied();
        let placed = placed.filter(|place| self.steps.get(*place).is_some_and(|step| step.name == name));
        placed.or_else(|| self.steps.iter().position(|step| step.name == name))
    }
}

/// One of the two databases.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its name in the mapping, such as `old`.
    pub alias: String,
    /// Dialect of its DDL.
    pub dialect: Dialect,
    /// Time zone of its wall clock.
    pub zone: String,
    /// Name of its DDL file as written in the mapping.
    pub file: String,
    /// The schema.
    pub schema: Schema,
}

impl Side {
    /// Returns a table that the plan names.
    pub fn table(&self, name: &str) -> &Table {
        self.schema.table(name).expect("the plan names tables of its schemas only")
    }
}

/// A named value map.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMap {
    /// Its name.
    pub name: String,
    /// Lines of its doc comment.
    pub docs: Vec<String>,
    /// Line in the mapping.
    pub line: usize,
    /// Type of the legacy values.
    pub from: Type,
    /// Type of the target values.
    pub to: Type,
    /// Arms in file order; the first that fits decides.
    pub arms: Vec<ValueArm>,
    /// What happens to every other value. The checker has made sure that this is present unless the arms cover all.
    pub rest: Option<Outcome>,
}

/// One arm of a value map.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueArm {
    /// Legacy values.
    pub from: Vec<Literal>,
    /// What becomes of them.
    pub to: Outcome,
    /// Which ways the arm holds.
    pub arrow: Arrow,
    /// Line in the mapping.
    pub line: usize,
}

/// What an arm gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A value (null is a literal).
    Value(Literal),
    /// The row is rejected, with the author's words.
    Reject(String),
}

/// The claim that a rule makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrow {
    /// `<->`: nothing is lost and the way back exists.
    Both,
    /// `->`: forward only.
    Forward,
    /// `<-`: back only.
    Back,
}

impl Arrow {
    /// Returns it as it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Arrow::Both => "<->",
            Arrow::Forward => "->",
            Arrow::Back => "<-",
        }
    }
}

impl fmt::Display for Arrow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.sign())
    }
}

/// What is known of a conversion, from the strongest to the weakest. A whole is as strong as its weakest part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A bijection on the declared values.
    Iso,
    /// Nothing is lost; on the way back a value may be outside the legacy values.
    Section,
    /// May fail for a row, which is then rejected; what passes can go back.
    Prism,
    /// Something is lost that only the legacy row still holds.
    Lens,
    /// No way back.
    OneWay,
}

impl fmt::Display for Class {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Class::Iso => "iso",
            Class::Section => "section",
            Class::Prism => "prism",
            Class::Lens => "lens",
            Class::OneWay => "oneway",
        })
    }
}

/// One map as a step: forward and rollback together.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name of the map.
    pub name: String,
    /// Lines of its doc comment.
    pub docs: Vec<String>,
    /// Line in the mapping.
    pub line: usize,
    /// Hash of its meaning: layout, comments and docs do not change it.
    pub meaning: String,
    /// What is read.
    pub read: Read,
    /// What a row must fulfil, besides [`Read::required`], to be in scope.
    pub scope: Option<Expr>,
    /// Conditions that reject a row, in file order; checked before anything is converted.
    pub guards: Vec<Guard>,
    /// Keys to resolve before a row is converted.
    pub links: Vec<Link>,
    /// Target rows, in the order of writing: a target stands after those whose keys it takes.
    pub targets: Vec<Target>,
    /// Uniqueness beyond the keys of the target's tables.
    pub unique: Vec<Unique>,
    /// The closed set of reasons for which a row can be rejected.
    pub reasons: Vec<Reason>,
    /// The way back.
    pub rollback: Rollback,
    /// Legacy columns left behind for good.
    pub dropped: Vec<Dropped>,
    /// Legacy columns that another map takes.
    pub deferred: Vec<Deferred>,
    /// Examples, run by `cutover test`.
    pub examples: Vec<Example>,
}

impl Step {
    /// Returns the name of the table in the target that remembers which legacy row became which target rows.
    pub fn map_table(&self) -> String {
        crate::names::map_table(&self.name)
    }

    /// Returns, for each column that is read, the reason for what is no value of its type. None where nothing but the
    /// engine looks at it.
    pub fn malformed_reasons(&self) -> Vec<Option<usize>> {
        let mut reasons = vec![None; self.read.columns.len()];
        let rules = self.targets.iter().flat_map(|target| &target.rules).map(|rule| &rule.value);
        let keys = self.links.iter().flat_map(|link| &link.key);
        let conditions = self.guards.iter().map(|guard| &guard.when).chain(&self.scope);
        let mut open: Vec<&Expr> = rules.chain(keys).chain(conditions).collect();
        while let Some(expr) = open.pop() {
            if let ExprKind::Legacy { column, malformed, .. } = expr.kind {
                reasons[column] = Some(malformed);
            }
            open.extend(expr.children());
        }
        reasons
    }

    /// Returns the index of the join with this alias.
    pub fn join(&self, alias: &str) -> Option<usize> {
        self.read.joins.iter().position(|join| join.alias == alias)
    }

    /// Returns the indexes of the `join one` tables that an expression looks at.
    pub fn partners(&self, expr: &Expr) -> std::collections::BTreeSet<usize> {
        let mut partners = std::collections::BTreeSet::new();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            if let ExprKind::Legacy { column, .. } = expr.kind {
                let join = self.join(&self.read.columns[column].alias);
                partners.extend(join.filter(|join| self.read.joins[*join].missing.is_some()));
            }
            open.extend(expr.children());
        }
        partners
    }

    /// Returns the weakest class of all rules.
    pub fn class(&self) -> Class {
        let rules = self.targets.iter().flat_map(|target| &target.rules);
        rules.map(|rule| rule.class).max().unwrap_or(Class::Iso)
    }
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// The written rows are deleted by the migration table, in reverse order.
    Delete,
    /// Not at all.
    Irreversible {
        /// Where the author accepted it.
        line: usize,
        /// Why.
        reason: String,
    },
}

/// What a step reads: base rows with other tables joined n:1.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The base table.
    pub table: String,
    /// Its alias.
    pub alias: String,
    /// Joined tables in order.
    pub joins: Vec<Join>,
    /// Questions whether rows exist.
    pub exists: Vec<Exists>,
    /// Indexes into `exists` that every row in scope must fulfil.
    pub required: Vec<usize>,
    /// The columns that the step uses, the key's among them.
    pub columns: Vec<ReadColumn>,
    /// Indexes into `columns`: the legacy key.
    pub key: Vec<usize>,
}

/// A table joined n:1 by a unique key.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The table.
    pub table: String,
    /// Its alias.
    pub alias: String,
    /// Equalities that must hold.
    pub on: Vec<Condition>,
    /// Index into [`Step::reasons`] for rows without partner; none for `join optional`.
    pub missing: Option<usize>,
    /// Line in the mapping.
    pub line: usize,
}

/// A question whether a legacy row exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Exists {
    /// The table.
    pub table: String,
    /// Its alias.
    pub alias: String,
    /// Equalities that must hold.
    pub on: Vec<Condition>,
    /// Line in the mapping.
    pub line: usize,
}

/// An equality, exact for texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Column of the table that is joined or looked into.
    pub column: String,
    /// Its type.
    pub ty: Type,
    /// What it must equal.
    pub equals: Operand,
}

/// The other side of an equality.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Alias and column.
    Column(String, String),
    /// A literal.
    Literal(Literal),
}

/// A legacy column that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadColumn {
    /// Alias of its table.
    pub alias: String,
    /// Its name.
    pub column: String,
    /// Its type.
    pub ty: Type,
    /// Whether it can be null, an optional join included.
    pub nullable: bool,
}

/// A condition that rejects a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// The condition; the row is rejected when it is true (not when it is unknown).
    pub when: Expr,
    /// Index into [`Step::reasons`].
    pub reason: usize,
}

/// A key to resolve.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// What to find.
    pub kind: LinkKind,
    /// The values to find it by.
    pub key: Vec<Expr>,
    /// Line in the mapping.
    pub line: usize,
}

/// What a link finds.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkKind {
    /// The new key of a migrated legacy row: name of the step and index of its target.
    Reference {
        /// Name of the step.
        step: String,
        /// Index into its targets.
        target: usize,
    },
    /// A column of the one target row that has given values.
    Lookup {
        /// The target table.
        table: String,
        /// The column wanted.
        result: String,
        /// Its type.
        ty: Type,
        /// Columns compared, in the order of the key; whether folded before comparing.
        by: Vec<LookupColumn>,
    },
}

/// A column by which a target row is looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupColumn {
    /// The column.
    pub column: String,
    /// Its type.
    pub ty: Type,
    /// Whether case and trailing blanks do not count.
    pub fold: bool,
}

/// One target row per legacy row.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its alias in the mapping.
    pub role: String,
    /// The table.
    pub table: String,
    /// Column of its primary key.
    pub key: String,
    /// Type of that column.
    pub key_type: Type,
    /// Index into `rules` when the conversion gives the key; none when the target assigns it.
    pub key_rule: Option<usize>,
    /// Index into `rules` of the column that remembers the legacy key.
    pub identity: Option<usize>,
    /// One rule for each column that is written.
    pub rules: Vec<Rule>,
    /// Line in the mapping.
    pub line: usize,
}

/// How one target column gets its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The target column.
    pub column: String,
    /// Its type.
    pub ty: Type,
    /// Whether it may be null.
    pub nullable: bool,
    /// The claim.
    pub arrow: Arrow,
    /// The value, conversions to the column's type included.
    pub value: Expr,
    /// Its class.
    pub class: Class,
    /// Losses that the author accepted: what and why.
    pub allows: Vec<(String, String)>,
    /// The rule's left side as written, for comments, diagrams and tables.
    pub text: String,
    /// Line in the mapping.
    pub line: usize,
}

/// Columns that must be unique together though no key of the target says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique {
    /// Index into [`Step::targets`].
    pub target: usize,
    /// Indexes into the target's rules; whether folded before comparing.
    pub columns: Vec<(usize, bool)>,
    /// Index into [`Step::reasons`].
    pub reason: usize,
    /// Line in the mapping.
    pub line: usize,
}

/// One reason for rejecting rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Name, unique within the step, in PascalCase.
    pub name: String,
    /// The column it belongs to: `alias.column`, or the name of a rule.
    pub column: String,
    /// What it means.
    pub message: String,
    /// Line in the mapping.
    pub line: usize,
}

/// Columns left behind for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Alias and column, as read.
    pub columns: Vec<(String, String)>,
    /// Why.
    pub reason: String,
    /// Line in the mapping.
    pub line: usize,
}

/// Columns that another map takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferred {
    /// Alias and column.
    pub columns: Vec<(String, String)>,
    /// Name of the other map.
    pub to: String,
    /// Line in the mapping.
    pub line: usize,
}

/// An example: legacy rows and what must become of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its name.
    pub name: String,
    /// Given cells: alias, column, value.
    pub given: Vec<(String, String, Literal)>,
    /// What is expected.
    pub expected: Expected,
    /// Line in the mapping.
    pub line: usize,
}

/// What an example expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// Cells of the target rows: index of the target, column, value.
    Cells(Vec<(usize, String, Literal)>),
    /// A rejection for this reason (its name, the value map's name, or the target column).
    Rejected(String),
    /// The row is not in scope.
    OutOfScope,
}
