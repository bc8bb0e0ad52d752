//! Logical types: what a column can hold, whatever the dialect that declared it.
//! How a dialect spells them is the schema reader's business.

/// What the values of a column or an expression can be. Null is told apart by the column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// True or false.
    Boolean,
    /// Whole numbers between two bounds, both included.
    Integer {
        /// Smallest value.
        min: i128,
        /// Largest value.
        max: i128,
    },
    /// Exact decimals.
    Decimal {
        /// Digits in all.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// Binary floating point.
    Float,
    /// Text of at most `max` characters (without a bound if none).
    Text {
        /// Largest length in characters (Unicode scalar values).
        max: Option<u32>,
    },
    /// Text out of a closed list, in the order of declaration.
    Enum(Vec<String>),
    /// Bytes.
    Bytes {
        /// Largest length in bytes.
        max: Option<u32>,
    },
    /// A calendar day. `zero` says that the engine also lets in days that do not exist (0000-00-00, 1950-00-00).
    Date {
        /// Whether days that do not exist can occur.
        zero: bool,
    },
    /// A point on the wall clock of the side's time zone.
    DateTime {
        /// Digits of the fraction of a second, 0 to 7 (SQL Server has seven, the others six).
        digits: u8,
        /// Whether days that do not exist can occur.
        zero: bool,
    },
    /// A point in time.
    Instant {
        /// Digits of the fraction of a second, 0 to 7 (SQL Server has seven, the others six).
        digits: u8,
        /// Whether days that do not exist can occur.
        zero: bool,
    },
    /// A time of day.
    Time {
        /// Digits of the fraction of a second, 0 to 7 (SQL Server has seven, the others six).
        digits: u8,
    },
    /// A UUID.
    Uuid,
    /// JSON text.
    Json,
    /// A type that the language cannot handle yet, as declared. It may be dropped, never mapped.
    Other(String),
}

impl Type {
    /// Text without a bound.
    pub const TEXT: Type = Type::Text { max: None };
    /// Any whole number that the runtime can hold.
    pub const INTEGER: Type = Type::Integer { min: i64::MIN as i128, max: u64::MAX as i128 };

    /// Returns whether all values are whole numbers of 64 bits, with a sign.
    pub fn fits_64_bits(&self) -> bool {
        matches!(self, Type::Integer { min, max } if *min >= i128::from(i64::MIN) && *max <= i128::from(i64::MAX))
    }

    /// Returns the type of whole numbers of `bits` bits.
    pub fn integer(bits: u32, signed: bool) -> Type {
        match signed {
            true => Type::Integer { min: -(1i128 << (bits - 1)), max: (1i128 << (bits - 1)) - 1 },
            false => Type::Integer { min: 0, max: (1i128 << bits) - 1 },
        }
    }

    /// Returns whether values are texts (a listed set included).
    pub fn is_text(&self) -> bool {
        matches!(self, Type::Text { .. } | Type::Enum(_))
    }

    /// Returns the family name that messages use.
    pub fn family(&self) -> &'static str {
        match self {
            Type::Boolean => "boolean",
            Type::Integer { .. } => "integer",
            Type::Decimal { .. } => "decimal",
            Type::Float => "floating point",
            Type::Text { .. } | Type::Enum(_) => "text",
            Type::Bytes { .. } => "bytes",
            Type::Date { .. } => "date",
            Type::DateTime { .. } => "wall-clock time",
            Type::Instant { .. } => "point in time",
            Type::Time { .. } => "time of day",
            Type::Uuid => "uuid",
            Type::Json => "JSON",
            Type::Other(_) => "unknown type",
        }
    }
}
