//! The contract between a migration step and the engine. A step is one map of a `.map` file: what it reads, how a
//! legacy row becomes target rows, and how that is taken back. Generated code and the interpreter both provide steps.

use crate::value::{Key, Kind, Row, Value};

/// One map, ready to run.
pub trait Step: Send + Sync {
    /// Returns what the engine must know to read, write, compare and take back.
    fn spec(&self) -> &StepSpec;

    /// Returns whether a legacy row is in the scope of the map. `row` has the layout of [`ReadSpec::columns`];
    /// what [`ReadSpec::required`] demands holds already.
    fn in_scope(&self, row: &Row) -> Result<bool, Rejection>;

    /// Returns the keys to resolve for a row in scope, one for each of [`StepSpec::links`], in that order.
    /// `None` means that the link is null.
    fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection>;

    /// Converts a row in scope. `links` holds one answer for each link. Returns one row for each of
    /// [`StepSpec::targets`], with the layout of [`TargetSpec::columns`]; columns that take a key
    /// ([`Source::Sibling`]) hold null, the engine fills them. There is no row for a target whose condition does not
    /// hold ([`TargetSpec::conditional`]).
    fn convert(&self, row: &Row, links: &[Link], generator: &mut dyn Generator) -> Result<TargetRows, Rejection>;
}

/// What a legacy row becomes: one row for each target, none where the target's condition does not hold.
pub type TargetRows = Vec<Option<Row>>;

/// Everything about a step that is data.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSpec {
    /// Name of the map.
    pub name: String,
    /// Name of the table that holds which legacy row became which target rows, `cutover_map_…`.
    pub map_table: String,
    /// Hash of the map's meaning: equal for texts that differ only in layout and comments.
    pub meaning: String,
    /// What to read.
    pub read: ReadSpec,
    /// Keys to resolve for each row before it is converted.
    pub links: Vec<LinkSpec>,
    /// Where to write, in the order of writing.
    pub targets: Vec<TargetSpec>,
    /// What must stay unique beyond the keys of the target's tables.
    pub unique: Vec<UniqueSpec>,
    /// The closed set of reasons for which the conversion can reject a row.
    pub reasons: Vec<Reason>,
    /// The way back.
    pub rollback: Rollback,
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum Rollback {
    /// The rows that were written are deleted, found by the map table.
    Delete,
    /// Not at all; the author accepted that at this line of the mapping, for this reason.
    Irreversible {
        /// Line of the mapping.
        line: u32,
        /// The author's words.
        reason: String,
    },
}

/// What a step reads: one base table with other tables joined to it n:1, so that one row is one base row.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSpec {
    /// The base table.
    pub table: String,
    /// Its alias in the mapping.
    pub alias: String,
    /// Tables joined, in order; an `on` refers to the base table or to earlier joins.
    pub joins: Vec<JoinSpec>,
    /// Questions whether a row exists elsewhere on the legacy side.
    pub exists: Vec<ExistsSpec>,
    /// Indexes into `exists` that must be true for a row to be in scope.
    pub required: Vec<usize>,
    /// The columns of a row.
    pub columns: Vec<ReadColumn>,
    /// Indexes into `columns` of the legacy key: columns of the base table, never null, unique together.
    pub key: Vec<usize>,
}

/// A table joined n:1. Always read as an outer join; [`ReadSource::Present`] tells whether it has a row.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinSpec {
    /// The table.
    pub table: String,
    /// Its alias.
    pub alias: String,
    /// Conditions, all of which must hold.
    pub on: Vec<Condition>,
    /// Whether the rows are fetched by a query of their own and compared by the engine: some condition is more than
    /// exact equality, or several rows may be found.
    pub probed: bool,
}

/// A question whether rows exist in one or several tables that fulfil all conditions together.
#[derive(Debug, Clone, PartialEq)]
pub struct ExistsSpec {
    /// The tables, each with its alias.
    pub tables: Vec<TableSpec>,
    /// Conditions, all of which must hold.
    pub on: Vec<Condition>,
    /// Whether the rows are fetched by a query of their own, see [`JoinSpec::probed`].
    pub probed: bool,
}

/// A legacy table with its alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// The table.
    pub table: String,
    /// Its alias.
    pub alias: String,
}

/// A condition of a join or of an exists. With null on a side it does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Alias of the table that is joined or looked into.
    pub alias: String,
    /// Its column.
    pub column: String,
    /// Kind of the values compared.
    pub kind: Kind,
    /// Whether [`crate::operators::fold`] is applied to the column before comparing.
    pub fold: bool,
    /// What must hold of it.
    pub test: Test,
}

/// What a condition asks of its column.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A comparison with something.
    Compare(Comparison, Operand),
    /// One of these values.
    Among(Vec<Value>),
}

/// Comparisons of values of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same value.
    Equal,
    /// Another value.
    NotEqual,
    /// A smaller one.
    Less,
    /// A smaller one or the same.
    LessOrEqual,
    /// A greater one.
    Greater,
    /// A greater one or the same.
    GreaterOrEqual,
}

impl Comparison {
    /// Returns whether it holds for two values in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A column of the base table, of an earlier join, or of another table of the same question: alias and column.
    Column(String, String),
    /// The same, with [`crate::operators::fold`] applied.
    Folded(String, String),
    /// A fixed value.
    Value(Value),
}

impl Condition {
    /// Returns whether this is exact equality, which the database itself is asked for.
    pub fn is_plain(&self) -> bool {
        let plain = matches!(&self.test, Test::Compare(Comparison::Equal, Operand::Column(..) | Operand::Value(_)));
        plain && !self.fold
    }
}

/// One column of the rows read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadColumn {
    /// Where it comes from.
    pub source: ReadSource,
    /// The kind to read it as.
    pub kind: Kind,
}

/// Where a value of a row read comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadSource {
    /// A column: alias of the table, name of the column.
    Column(String, String),
    /// Whether the join (index into [`ReadSpec::joins`]) found a row, as a boolean.
    Present(usize),
    /// The answer to a question (index into [`ReadSpec::exists`]), as a boolean.
    Exists(usize),
    /// Whether the join (index into [`ReadSpec::joins`]) found several rows, as a boolean. Its columns are null then.
    Several(usize),
}

/// A key to resolve.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkSpec {
    /// The new key of a legacy row that another step (or this one) migrated: [`StepSpec::name`] and index of the target.
    Reference {
        /// Name of the step.
        step: String,
        /// Index into its targets.
        target: usize,
    },
    /// A column of the one row of a target table that has these values.
    Lookup {
        /// The table.
        table: String,
        /// The column whose value is wanted.
        result: String,
        /// Kind of that column.
        kind: Kind,
        /// The columns to compare, in the order of the key.
        by: Vec<LookupColumn>,
    },
}

/// A column by which a row is looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupColumn {
    /// The column.
    pub column: String,
    /// Its kind.
    pub kind: Kind,
    /// Whether [`crate::operators::fold`] is applied to it before comparing (the step folds its own side).
    pub fold: bool,
}

/// The answer to a link.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// The key that was asked for was null.
    Null,
    /// One row was found; this is its key or its value.
    Found(Value),
    /// No row was found.
    Missing,
    /// More than one row was found.
    Ambiguous,
}

/// One table that a step writes; each legacy row gives one row in it, or none where a condition does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSpec {
    /// Name within the map, such as `profile`.
    pub role: String,
    /// The table.
    pub table: String,
    /// How the row is named in the target: a single column, and who gives it a value.
    pub key: KeySpec,
    /// Columns written, besides a key that the engine assigns.
    pub columns: Vec<TargetColumn>,
    /// How a row that was in the target before is recognised as standing for a legacy row, if it can be.
    pub identity: Option<IdentitySpec>,
    /// Whether some legacy rows give no row here.
    pub conditional: bool,
    /// Index into [`StepSpec::reasons`] if rows are never written here: they must be there already, and a legacy row
    /// for which there is none is rejected for this reason.
    pub existing: Option<usize>,
}

/// The columns by which a row of the target is recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentitySpec {
    /// Indexes into [`TargetSpec::columns`], and whether [`crate::operators::fold`] is applied before comparing.
    pub columns: Vec<(usize, bool)>,
    /// Index into [`StepSpec::reasons`] for legacy rows that several rows of the target would stand for. None where
    /// the single column holds the legacy key itself, such as `legacy_id`: the first one counts.
    pub several: Option<usize>,
}

/// The primary key of a target table.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySpec {
    /// The column.
    pub column: String,
    /// Its kind.
    pub kind: Kind,
    /// Who gives it a value.
    pub assigned: KeyAssigned,
}

/// Who gives a target key its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAssigned {
    /// The engine, the next one after the highest in use.
    Engine,
    /// The conversion: it is the column with this index in [`TargetSpec::columns`].
    Conversion(usize),
}

/// One column that a step writes.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetColumn {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Where its value comes from.
    pub source: Source,
    /// Line of the rule in the mapping.
    pub line: u32,
}

/// Where the value of a target column comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The conversion; the same legacy row always gives the same value.
    Converted,
    /// The conversion, always this value: it tells rows of this map from others in the same table.
    Constant(Value),
    /// The conversion, always the answer to this link (index into [`StepSpec::links`]), or null where there is none.
    Link(usize),
    /// A generator: different each time, never compared.
    Generated,
    /// The key of the row that this step writes for the same legacy row in another target (index into
    /// [`StepSpec::targets`], an earlier one).
    Sibling(usize),
}

/// Columns that must be unique together in a target table though no key says so.
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueSpec {
    /// Index into [`StepSpec::targets`].
    pub target: usize,
    /// Indexes into its columns, and whether [`crate::operators::fold`] is applied before comparing.
    pub columns: Vec<(usize, bool)>,
    /// Index into [`StepSpec::reasons`].
    pub reason: usize,
}

/// One reason for which rows are rejected.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Stable name within the map, such as `Sex` or `RamqTooLong`.
    pub name: String,
    /// The column, or the rule, that it belongs to.
    pub column: String,
    /// What it means, in the author's or the compiler's words.
    pub message: String,
    /// Line of the rule in the mapping.
    pub line: u32,
}

/// A row that could not be converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// Index into [`StepSpec::reasons`].
    pub reason: usize,
    /// The offending value.
    pub value: Value,
}

/// Makes what `generated` asks for.
pub trait Generator {
    /// Returns a new random UUID, version 4.
    fn uuid(&mut self) -> uuid::Uuid;
}
