//! The plan: what a checked mapping means, with every name resolved, every type known and every conversion written
//! out. Backends and the interpreter read this and nothing earlier. Steps stand in the order in which they run.

use crate::schema::{Dialect, Schema, Table};
use crate::types::Type;
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

impl fmt::Display for Arrow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Arrow::Both => "<->",
            Arrow::Forward => "->",
            Arrow::Back => "<-",
        })
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

/// An expression with its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Type of its value.
    pub ty: Type,
    /// Whether it can be null.
    pub nullable: bool,
}

impl Expr {
    /// Returns the direct parts.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Legacy { .. } | ExprKind::Literal(_) | ExprKind::Exists(_) => Vec::new(),
            ExprKind::Link { .. } | ExprKind::Sibling(_) | ExprKind::Generated(_) => Vec::new(),
            ExprKind::Call(_, parts) | ExprKind::Concat(parts) => parts.iter().collect(),
            ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => vec![left, right],
            ExprKind::And(left, right) | ExprKind::Or(left, right) => vec![left, right],
            ExprKind::Not(part) | ExprKind::Fits(part, _) | ExprKind::Convert(_, part) => vec![part],
            ExprKind::Through { argument, .. } | ExprKind::Restrict { argument, .. } => vec![argument],
            ExprKind::Match { subject, arms } => {
                let results = arms.iter().filter_map(|arm| match &arm.result {
                    ArmResult::Value(value) => Some(value),
                    ArmResult::Reject(_) => None,
                });
                std::iter::once(&**subject).chain(results).collect()
            }
        }
    }

    /// Returns the direct parts to be changed.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Legacy { .. } | ExprKind::Literal(_) | ExprKind::Exists(_) => Vec::new(),
            ExprKind::Link { .. } | ExprKind::Sibling(_) | ExprKind::Generated(_) => Vec::new(),
            ExprKind::Call(_, parts) | ExprKind::Concat(parts) => parts.iter_mut().collect(),
            ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => vec![left, right],
            ExprKind::And(left, right) | ExprKind::Or(left, right) => vec![left, right],
            ExprKind::Not(part) | ExprKind::Fits(part, _) | ExprKind::Convert(_, part) => vec![part],
            ExprKind::Through { argument, .. } | ExprKind::Restrict { argument, .. } => vec![argument],
            ExprKind::Match { subject, arms } => {
                let results = arms.iter_mut().filter_map(|arm| match &mut arm.result {
                    ArmResult::Value(value) => Some(value),
                    ArmResult::Reject(_) => None,
                });
                std::iter::once(&mut **subject).chain(results).collect()
            }
        }
    }
}

/// The kinds of expressions. Unless said otherwise null in gives null out. All `usize` called reason are indexes into
/// [`Step::reasons`].
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A legacy column.
    Legacy {
        /// Index into [`Read::columns`].
        column: usize,
        /// What a zero date means; only for types that can hold one.
        on_zero: OnZero,
        /// Reason when the database holds something that is no value of the type.
        malformed: usize,
    },
    /// A literal.
    Literal(Literal),
    /// Whether a row exists: index into [`Read::exists`].
    Exists(usize),
    /// A function of the language.
    Call(Function, Vec<Expr>),
    /// Texts one after the other.
    Concat(Vec<Expr>),
    /// Arithmetic on whole numbers.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// A comparison; unknown (null) when a side is null.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Three-valued and.
    And(Box<Expr>, Box<Expr>),
    /// Three-valued or.
    Or(Box<Expr>, Box<Expr>),
    /// Three-valued not.
    Not(Box<Expr>),
    /// Whether a value fits one of the patterns. Never null.
    Fits(Box<Expr>, Vec<Pattern>),
    /// The first arm that fits decides; the checker has made sure that one does. Null fits `null` and `_` only.
    Match {
        /// The value looked at.
        subject: Box<Expr>,
        /// The arms.
        arms: Vec<Arm>,
    },
    /// A value map applied; null stays null unless an arm takes it.
    Through {
        /// Index into [`Plan::value_maps`].
        map: usize,
        /// The value.
        argument: Box<Expr>,
        /// Reason for values that it rejects.
        reject: usize,
    },
    /// The value if it fits one of the patterns, else a rejection. Null passes.
    Restrict {
        /// The value.
        argument: Box<Expr>,
        /// What it must fit.
        patterns: Vec<Pattern>,
        /// Reason otherwise.
        reject: usize,
    },
    /// A conversion.
    Convert(Conversion, Box<Expr>),
    /// The answer to a link (index into [`Step::links`]).
    Link {
        /// The link.
        link: usize,
        /// Reason when there is no such row.
        missing: usize,
        /// Reason when there are several; only for look-ups.
        ambiguous: usize,
    },
    /// The key of an earlier target row of the same legacy row.
    Sibling(usize),
    /// Made anew each time.
    Generated(Generated),
}

/// What a zero date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnZero {
    /// Null: the author allowed it.
    Null,
    /// A rejection for this reason.
    Reject(usize),
}

/// One arm of a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// It applies when one of these fits.
    pub patterns: Vec<Pattern>,
    /// What it gives.
    pub result: ArmResult,
    /// Line in the mapping.
    pub line: usize,
}

/// What an arm of a match gives.
#[derive(Debug, Clone, PartialEq)]
pub enum ArmResult {
    /// A value.
    Value(Expr),
    /// A rejection.
    Reject(usize),
}

/// A pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// Anything, null too.
    Any,
    /// Null.
    Null,
    /// This value.
    Literal(Literal),
    /// From one value to another, both included.
    Range(Literal, Literal),
    /// The whole text fits this regular expression.
    Regex(String),
    /// Any value but those that fit; not null.
    Not(Box<Pattern>),
}

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// Null.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// A decimal, as written.
    Decimal(String),
    /// Text.
    Text(String),
    /// A day.
    Date(chrono::NaiveDate),
    /// A point on a wall clock, or in time (UTC), as the type of its place says.
    DateTime(chrono::NaiveDateTime),
}

/// Functions of the language. Their meaning in Rust stands in the runtime's `operators`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// `lower(text)`.
    Lower,
    /// `upper(text)`.
    Upper,
    /// `trim(text)`: without blanks at both ends.
    Trim,
    /// `fold(text)`: without case and trailing blanks.
    Fold,
    /// `nfkc(text)`: Unicode form NFKC.
    Nfkc,
    /// `mid(text, start, length)`, characters counted from 1.
    Mid,
    /// `before(text, separator)`: what stands before the last separator.
    Before,
    /// `after(text, separator)`: what stands after the last separator.
    After,
    /// `length(text)` in characters.
    Length,
    /// `text(number)`.
    Text,
    /// `date(time)`: the day on the wall clock of the legacy side.
    Date,
    /// `coalesce(value, default)`: the default where the value is null.
    Coalesce,
}

/// Arithmetic on whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Conversions that the checker put in. Null passes through all but [`Conversion::NotNull`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conversion {
    /// Rejects null.
    NotNull {
        /// Reason.
        reject: usize,
    },
    /// Rejects texts of more characters.
    Length {
        /// Largest length in characters.
        max: u32,
        /// Reason.
        reject: usize,
    },
    /// Rejects whole numbers outside the bounds.
    Range {
        /// Smallest value.
        min: i128,
        /// Largest value.
        max: i128,
        /// Reason.
        reject: usize,
    },
    /// Wall clock of a zone to a point in time.
    WallToInstant {
        /// The zone.
        zone: String,
    },
    /// Point in time to the wall clock of a zone.
    InstantToWall {
        /// The zone.
        zone: String,
    },
    /// A day to midnight of that day.
    DateToWall,
    /// Cuts the fraction of a second.
    CutFraction {
        /// Digits that stay.
        digits: u8,
    },
    /// 0 and 1 to false and true; rejects others.
    IntegerToBoolean {
        /// Reason.
        reject: usize,
    },
    /// False and true to 0 and 1.
    BooleanToInteger,
    /// Whole number to decimal.
    IntegerToDecimal,
    /// Rejects decimals with more digits than the target takes.
    Digits {
        /// Digits in all.
        precision: u32,
        /// Digits after the point.
        scale: u32,
        /// Reason.
        reject: usize,
    },
    /// Text to UUID; rejects what is none.
    TextToUuid {
        /// Reason.
        reject: usize,
    },
    /// UUID to text with dashes, in lower case.
    UuidToText,
}

/// What `generated` can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Generated {
    /// A random UUID, version 4.
    Uuid,
}
