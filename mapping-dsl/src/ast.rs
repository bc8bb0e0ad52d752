//! The tree of a mapping as written: every node with its place, nothing resolved.

use crate::plan::{Arithmetic, Arrow, Comparison, Literal};
use crate::source::Span;

/// A whole mapping.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The `language` line: number and place.
    pub language: Option<(u32, Span)>,
    /// The `legacy` and `target` lines in file order.
    pub sides: Vec<Side>,
    /// Functions that the program gives, in file order.
    pub functions: Vec<Function>,
    /// Value maps in file order.
    pub values: Vec<Values>,
    /// Maps in file order.
    pub maps: Vec<Map>,
    /// The `leave` lines in file order.
    pub left: Vec<Leave>,
    /// All comments, docs included, in file order.
    pub comments: Vec<Comment>,
    /// Names of maps and value maps whose heads could not be read: they exist, and nothing is known of them.
    pub unreadable: Vec<String>,
    /// Whether an item could not be read at all, so that any name may stand there.
    pub incomplete: bool,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its place, from the first slash to the end of the line.
    pub span: Span,
    /// Whether it is a doc comment, `///`.
    pub doc: bool,
}

/// A name with its place; backticks are taken off.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A text literal with its place, escapes resolved.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// Names joined by dots.
#[derive(Debug, Clone)]
pub struct Path {
    /// The names.
    pub names: Vec<Name>,
    /// From the first to the last.
    pub span: Span,
}

/// Which side a line declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideRole {
    /// `legacy`
    Legacy,
    /// `target`
    Target,
}

/// A `legacy` or `target` line.
#[derive(Debug, Clone)]
pub struct Side {
    /// Which side.
    pub role: SideRole,
    /// Its alias.
    pub alias: Name,
    /// Its dialect.
    pub dialect: Name,
    /// Its DDL file.
    pub file: Text,
    /// `names "…"`: the file that says what its entities are called in the database.
    pub names: Option<Text>,
    /// Its time zone.
    pub zone: Option<Text>,
    /// The line.
    pub span: Span,
}

/// A `leave` line: tables whose rows stay where they are.
#[derive(Debug, Clone)]
pub struct Leave {
    /// Side and tables, written as columns are.
    pub tables: Vec<Columns>,
    /// Why.
    pub reason: Option<Text>,
    /// The line.
    pub span: Span,
}

/// A function that the program gives.
#[derive(Debug, Clone)]
pub struct Function {
    /// Doc lines.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// Name and type of each argument.
    pub parameters: Vec<(Name, Name)>,
    /// The type of what it gives.
    pub result: Name,
    /// Whether it may refuse its arguments: `else reject`, with the author's words.
    pub rejection: Option<Option<Text>>,
    /// The line.
    pub span: Span,
}

/// A value map.
#[derive(Debug, Clone)]
pub struct Values {
    /// Doc lines.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// A type name, or a column's path, for the legacy values.
    pub from: Path,
    /// The claim.
    pub arrow: Arrow,
    /// The same for the target values.
    pub to: Path,
    /// Its arms.
    pub arms: Vec<ValueArm>,
    /// Whether an arm could not be read.
    pub damaged: bool,
    /// Where the block ends: its closing brace.
    pub end: Span,
    /// The header.
    pub span: Span,
}

/// An arm of a value map.
#[derive(Debug, Clone)]
pub struct ValueArm {
    /// What it takes.
    pub patterns: Vec<Pattern>,
    /// Which ways it holds.
    pub arrow: Arrow,
    /// What it gives.
    pub outcome: ValueOutcome,
    /// The arm.
    pub span: Span,
}

/// What an arm of a value map gives.
#[derive(Debug, Clone)]
pub enum ValueOutcome {
    /// A literal.
    Literal(Literal, Span),
    /// A rejection with the author's words.
    Reject(Option<Text>),
}

/// A pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// What it takes.
    pub kind: PatternKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of patterns.
#[derive(Debug, Clone)]
pub enum PatternKind {
    /// `_`
    Any,
    /// A literal, null included.
    Literal(Literal),
    /// `a..b`
    Range(Literal, Literal),
    /// `/…/`
    Regex(String),
    /// `not …`
    Not(Box<Pattern>),
}

/// A table with its alias.
#[derive(Debug, Clone)]
pub struct Table {
    /// Side and table.
    pub path: Path,
    /// The alias.
    pub alias: Name,
}

/// A join.
#[derive(Debug, Clone)]
pub struct Join {
    /// The table.
    pub table: Table,
    /// Whether rows without partner stay, `join optional`; none when neither word was written.
    pub optional: Option<bool>,
    /// The condition.
    pub on: Expr,
    /// `several reject "…"`: words for rows with several partners.
    pub several: Option<Text>,
    /// The clause.
    pub span: Span,
}

/// A target of a map.
#[derive(Debug, Clone)]
pub struct Target {
    /// The table.
    pub table: Table,
    /// `when …`: the condition under which there is a row.
    pub when: Option<Expr>,
    /// `existing else reject "…"`: words for rows that are not there.
    pub existing: Option<Text>,
    /// The target.
    pub span: Span,
}

/// A map.
#[derive(Debug, Clone)]
pub struct Map {
    /// Doc lines.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// The base table.
    pub base: Table,
    /// Joins.
    pub joins: Vec<Join>,
    /// Targets.
    pub targets: Vec<Target>,
    /// The scope.
    pub scope: Option<Expr>,
    /// Statements of its body.
    pub statements: Vec<Statement>,
    /// Whether a statement of the body could not be read, so that what is missing may stand there.
    pub damaged: bool,
    /// Its closing brace.
    pub end: Span,
    /// The header.
    pub span: Span,
}

/// A statement of a map.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// Its place.
    pub span: Span,
}

/// Where a key goes: `<-> t.y`, with what is allowed on the way.
#[derive(Debug, Clone)]
pub struct KeyColumn {
    /// The arrow.
    pub arrow: Arrow,
    /// Its place.
    pub arrow_span: Span,
    /// The target column.
    pub columns: Columns,
    /// Allowed losses.
    pub allows: Vec<Allow>,
}

/// The kinds of statements.
#[derive(Debug, Clone)]
pub enum StatementKind {
    /// `key a.x <-> t.y`
    Key {
        /// Legacy columns.
        legacy: Vec<Expr>,
        /// The target column that remembers the key.
        target: Option<Box<KeyColumn>>,
    },
    /// A rule for one or several target columns.
    Rule(Box<Rule>),
    /// `into t { … }`
    Into {
        /// The target's alias.
        target: Name,
        /// Its statements.
        statements: Vec<Statement>,
    },
    /// `drop a.{x, y} "reason"`
    Drop {
        /// What is dropped.
        columns: Vec<Columns>,
        /// Why.
        reason: Option<Text>,
    },
    /// `defer a.{x, y} to Map`
    Defer {
        /// What is deferred.
        columns: Vec<Columns>,
        /// To which map.
        to: Name,
    },
    /// `reject "reason" when condition`
    Guard {
        /// The author's words.
        reason: Text,
        /// The condition.
        when: Expr,
    },
    /// `unique t.x, fold(t.y) else reject "reason"`
    Unique {
        /// Columns; whether folded.
        columns: Vec<(Path, bool)>,
        /// The author's words.
        reason: Text,
    },
    /// `identity t.x, fold(t.y) else reject "reason"`
    Identity {
        /// Columns; whether folded.
        columns: Vec<(Path, bool)>,
        /// The author's words for a second legacy row with these values.
        reason: Text,
    },
    /// `nulls a.{x, y}: 0 | 1`
    Nulls {
        /// Legacy columns.
        columns: Columns,
        /// The values that mean null there.
        values: Vec<(Literal, Span)>,
    },
    /// `irreversible "reason"`
    Irreversible(Option<Text>),
    /// `require reversible(put)`
    Require(WayBack),
    /// An example.
    Example(Example),
}

/// A way back that a map can be required to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayBack {
    /// `put`: a legacy row that is still there is brought up to date from its target rows.
    Put,
    /// `create`: a legacy row is made anew from its target rows alone.
    Create,
}

/// Columns of one alias: `t.x`, `x`, `t.{x, y}` or `{x, y}`.
#[derive(Debug, Clone)]
pub struct Columns {
    /// The alias, if written.
    pub alias: Option<Name>,
    /// The columns.
    pub names: Vec<Name>,
    /// Its place.
    pub span: Span,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The left side.
    pub value: Expr,
    /// The claim.
    pub arrow: Arrow,
    /// Place of the arrow.
    pub arrow_span: Span,
    /// The target columns.
    pub columns: Columns,
    /// `values { … } else reject "…"`
    pub restriction: Option<Restriction>,
    /// Accepted losses.
    pub allows: Vec<Allow>,
}

/// The only values that a rule lets through.
#[derive(Debug, Clone)]
pub struct Restriction {
    /// What passes.
    pub patterns: Vec<Pattern>,
    /// Words for what does not.
    pub reason: Option<Text>,
    /// Its place.
    pub span: Span,
}

/// An accepted loss.
#[derive(Debug, Clone)]
pub struct Allow {
    /// Which, such as `lossy.time`.
    pub name: Name,
    /// Why.
    pub reason: Option<Text>,
    /// Its place.
    pub span: Span,
}

/// An example.
#[derive(Debug, Clone)]
pub struct Example {
    /// Its name.
    pub name: Text,
    /// Rows: alias, and cells.
    pub rows: Vec<ExampleRow>,
    /// `t none`: targets that get no row.
    pub absent: Vec<Name>,
    /// `reject Name`
    pub rejected: Option<Name>,
    /// `out`: the row is not in scope.
    pub out_of_scope: bool,
}

/// A row of an example.
#[derive(Debug, Clone)]
pub struct ExampleRow {
    /// The alias.
    pub alias: Name,
    /// Column and value.
    pub cells: Vec<(Name, Literal, Span)>,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A column: `a.x`, or in an `into` block perhaps `x`.
    Path(Path),
    /// A literal.
    Literal(Literal),
    /// `f(…)`
    Call {
        /// The function.
        function: Name,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// `a ++ b`
    Concat(Box<Expr>, Box<Expr>),
    /// `a + b`
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `a == b`
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a in [ … ]`
    In(Box<Expr>, Vec<Pattern>),
    /// `a via Values`
    Via(Box<Expr>, Name),
    /// `match a { … }`
    Match(Box<Expr>, Vec<Arm>),
    /// `exists old.T a, old.U b on …`
    Exists(Vec<Table>, Box<Expr>),
    /// `ref Map(…)` or `ref sibling`
    Reference(Path, Option<Vec<Expr>>),
    /// `lookup new.T(column: …)`
    Lookup(Box<Lookup>),
    /// `generated uuid()`
    Generated {
        /// The generator.
        generator: Name,
        /// Arguments.
        arguments: Vec<Expr>,
    },
}

/// A look-up of a target row.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Side and table.
    pub table: Path,
    /// Column, whether folded, and value.
    pub by: Vec<(Name, bool, Expr)>,
    /// The column wanted, if not the primary key.
    pub result: Option<Name>,
}

/// An arm of a match.
#[derive(Debug, Clone)]
pub struct Arm {
    /// What it takes.
    pub patterns: Vec<Pattern>,
    /// What it gives: a value, or a rejection with the author's words.
    pub result: Result<Expr, Option<Text>>,
    /// Its place.
    pub span: Span,
}
