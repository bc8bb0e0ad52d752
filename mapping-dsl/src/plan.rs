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
use std::collections::{BTreeMap, BTreeSet};
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
    /// Functions that the program gives, in file order.
    pub functions: Vec<GivenFunction>,
    /// Value maps in file order.
    pub value_maps: Vec<ValueMap>,
    /// Steps in running order.
    pub steps: Vec<Step>,
    /// Legacy tables whose rows stay where they are, in file order.
    pub left: Vec<LeftTables>,
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

/// Legacy tables of which no map carries rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftTables {
    /// The tables.
    pub tables: Vec<String>,
    /// Why.
    pub reason: String,
    /// Line in the mapping.
    pub line: usize,
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

/// A function that the mapping declares and the program gives.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenFunction {
    /// Its name.
    pub name: String,
    /// Lines of its doc comment.
    pub docs: Vec<String>,
    /// Line in the mapping.
    pub line: usize,
    /// Name and type of each argument.
    pub parameters: Vec<(String, Type)>,
    /// Type of what it gives.
    pub result: Type,
    /// What it means when it refuses its arguments; none if it never does.
    pub refusal: Option<String>,
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
    /// Index into `reasons` for rows that give no row in any target; only where every target has a condition.
    pub no_target: Option<usize>,
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
        let mut open: Vec<&Expr> = self.expressions().collect();
        while let Some(expr) = open.pop() {
            if let ExprKind::Legacy { column, malformed, .. } = expr.kind {
                reasons[column] = Some(malformed);
            }
            open.extend(expr.children());
        }
        reasons
    }

    /// Returns the indexes of the functions that the program has to give for this step.
    pub fn given_functions(&self) -> std::collections::BTreeSet<usize> {
        let mut given = std::collections::BTreeSet::new();
        let mut open: Vec<&Expr> = self.expressions().collect();
        while let Some(expr) = open.pop() {
            if let ExprKind::Given { function, .. } = expr.kind {
                given.insert(function);
            }
            open.extend(expr.children());
        }
        given
    }

    /// Returns every expression of the step, without its parts: scope, guards, keys of links, rules.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let rules = self.targets.iter().flat_map(|target| &target.rules).map(|rule| &rule.value);
        let keys = self.links.iter().flat_map(|link| &link.key);
        let conditions = self.guards.iter().map(|guard| &guard.when).chain(&self.scope);
        rules.chain(keys).chain(conditions).chain(self.targets.iter().filter_map(|target| target.when.as_ref()))
    }

    /// Returns the legacy columns of which some values mean null, with these values: indexes into [`Read::columns`].
    pub fn null_classes(&self) -> BTreeMap<usize, &[Literal]> {
        let mut classes = BTreeMap::new();
        let mut open: Vec<&Expr> = self.expressions().collect();
        while let Some(expr) = open.pop() {
            if let ExprKind::Convert(Conversion::Unset { values }, part) = &expr.kind
                && let ExprKind::Legacy { column, .. } = part.kind
            {
                classes.insert(column, values.as_slice());
            }
            open.extend(expr.children());
        }
        classes
    }

    /// Returns the links to rows of this step itself.
    pub fn own_links(&self) -> impl Iterator<Item = (usize, &Link)> {
        let own = |link: &Link| matches!(&link.kind, LinkKind::Reference { step, .. } if *step == self.name);
        self.links.iter().enumerate().filter(move |(_, link)| own(link))
    }

    /// Returns the indexes of the joins that can find several rows, in the order in which a row holds the answers.
    pub fn several(&self) -> impl Iterator<Item = (usize, usize)> {
        self.read.joins.iter().enumerate().filter_map(|(index, join)| Some((index, join.several?)))
    }

    /// Returns the index of the join with this alias.
    pub fn join(&self, alias: &str) -> Option<usize> {
        self.read.joins.iter().position(|join| join.alias == alias)
    }

    /// Returns the indexes of the `join one` tables that an expression looks at.
    pub fn partners(&self, expr: &Expr) -> BTreeSet<usize> {
        let mut joins = self.looked_at(expr);
        joins.retain(|join| self.read.joins[*join].missing.is_some());
        joins
    }

    /// Returns the indexes of the joined tables that an expression looks at.
    pub fn looked_at(&self, expr: &Expr) -> BTreeSet<usize> {
        let mut joins = BTreeSet::new();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            if let ExprKind::Legacy { column, .. } = expr.kind {
                joins.extend(self.join(&self.read.columns[column].alias));
            }
            open.extend(expr.children());
        }
        joins
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
    /// Conditions that must hold.
    pub on: Vec<Condition>,
    /// Index into [`Step::reasons`] for rows without partner; none for `join optional`.
    pub missing: Option<usize>,
    /// Index into [`Step::reasons`] for rows with several partners; none where a unique key forbids it.
    pub several: Option<usize>,
    /// Whether the runtime fetches its rows by a query of their own and compares them itself.
    pub probed: bool,
    /// Line in the mapping.
    pub line: usize,
}

/// A question whether legacy rows exist that fulfil conditions together.
#[derive(Debug, Clone, PartialEq)]
pub struct Exists {
    /// The tables.
    pub tables: Vec<LookedInto>,
    /// Conditions that must hold.
    pub on: Vec<Condition>,
    /// Whether the runtime fetches its rows by a query of their own and compares them itself.
    pub probed: bool,
    /// Line in the mapping.
    pub line: usize,
}

impl Exists {
    /// Returns the alias of the first table, by which people know the question.
    pub fn alias(&self) -> &str {
        &self.tables[0].alias
    }
}

/// A legacy table with its alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedInto {
    /// The table.
    pub table: String,
    /// Its alias.
    pub alias: String,
}

/// A condition of a join or a question; texts compare exactly. With null on a side it does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Alias of the table that is joined or looked into.
    pub alias: String,
    /// Its column.
    pub column: String,
    /// Type of the column.
    pub ty: Type,
    /// Whether case and trailing blanks of the column do not count.
    pub fold: bool,
    /// What must hold of it.
    pub test: Test,
}

impl Condition {
    /// Returns alias and column of what this compares with, if that is a column.
    pub fn other_column(&self) -> Option<(&str, &str)> {
        match &self.test {
            Test::Compare(_, Operand::Column(alias, column) | Operand::Folded(alias, column)) => Some((alias, column)),
            Test::Compare(_, Operand::Literal(_)) | Test::Among(_) => None,
        }
    }

    /// Returns whether this is exact equality with a column or a literal.
    pub fn is_plain(&self) -> bool {
        let plain = matches!(&self.test, Test::Compare(Comparison::Equal, Operand::Column(..) | Operand::Literal(_)));
        plain && !self.fold
    }
}

/// What a condition asks of its column.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A comparison with something.
    Compare(Comparison, Operand),
    /// One of these values.
    Among(Vec<Literal>),
}

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Alias and column.
    Column(String, String),
    /// Alias and column, of which case and trailing blanks do not count.
    Folded(String, String),
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
    /// Indexes of the targets of which one has to get a row for the link to be needed; empty if it always is.
    pub only_for: Vec<usize>,
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

/// One target row per legacy row, or none where a condition does not hold.
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
    /// How a row that was there before is recognised.
    pub identity: Option<Identity>,
    /// Condition under which there is a row; none if there always is one.
    pub when: Option<Expr>,
    /// That condition as written.
    pub when_text: Option<String>,
    /// Index into [`Step::reasons`] if rows must be there already and are never written.
    pub existing: Option<usize>,
    /// One rule for each column that is written.
    pub rules: Vec<Rule>,
    /// Line in the mapping.
    pub line: usize,
}

/// The columns by which a row of the target is recognised as standing for a legacy row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Indexes into [`Target::rules`]; whether folded before comparing.
    pub columns: Vec<(usize, bool)>,
    /// Index into [`Step::reasons`] for legacy rows that several rows of the target would stand for. None where the
    /// only column remembers the legacy key.
    pub several: Option<usize>,
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
    /// Aliases of tables that are looked into and hold a fitting row.
    pub there: Vec<String>,
    /// What is expected.
    pub expected: Expected,
    /// Line in the mapping.
    pub line: usize,
}

/// What an example expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// Rows.
    Rows {
        /// Cells of the target rows: index of the target, column, value.
        cells: Vec<(usize, String, Literal)>,
        /// Indexes of targets that get no row.
        absent: Vec<usize>,
    },
    /// A rejection for this reason (its name, the value map's name, or the target column).
    Rejected(String),
    /// The row is not in scope.
    OutOfScope,
}
