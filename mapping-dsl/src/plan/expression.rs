//! Expressions of the plan: values, conditions, conversions.

#[cfg(doc)]
use super::{Plan, Read, Step};
use crate::types::Type;

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
            ExprKind::Given { arguments, .. } => arguments.iter().collect(),
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

    /// Returns whether the value is another one each time, because a generator makes it or a part of it.
    pub fn is_generated(&self) -> bool {
        matches!(self.kind, ExprKind::Generated(_)) || self.children().into_iter().any(Expr::is_generated)
    }

    /// Returns the direct parts to be changed.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Legacy { .. } | ExprKind::Literal(_) | ExprKind::Exists(_) => Vec::new(),
            ExprKind::Link { .. } | ExprKind::Sibling(_) | ExprKind::Generated(_) => Vec::new(),
            ExprKind::Call(_, parts) | ExprKind::Concat(parts) => parts.iter_mut().collect(),
            ExprKind::Given { arguments, .. } => arguments.iter_mut().collect(),
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
    /// A function that the program gives. It is asked only when no argument is null.
    Given {
        /// Index into [`Plan::functions`].
        function: usize,
        /// Its arguments, of the declared types.
        arguments: Vec<Expr>,
        /// Reason when it refuses them; none if it never does.
        reject: Option<usize>,
    },
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
    /// `lower_ascii(text)`: the letters A to Z only.
    LowerAscii,
    /// `upper_ascii(text)`: the letters a to z only.
    UpperAscii,
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
    /// Values that mean null become null.
    Unset {
        /// The values.
        values: Vec<Literal>,
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
