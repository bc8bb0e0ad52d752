//! All codes. A number is never used again for something else; M0306, M0607 and others are held free.

/// A stable code, such as `M0210`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

macro_rules! codes {
    ($($name:ident $code:literal $title:literal)*) => {
        impl Code {
            $(#[doc = $title] pub const $name: Code = Code($code);)*
        }
        /// Every code with its title.
        pub const CODES: &[(Code, &str)] = &[$((Code::$name, $title)),*];
    };
}

codes! {
    SYNTAX "M0101" "the text does not read as a statement"
    UNCLOSED "M0102" "a brace, bracket or quote is not closed"
    STRAY "M0103" "text that belongs to no item"
    LANGUAGE "M0104" "the language line is missing or names an unknown edition"
    SIDES "M0105" "the legacy or the target line is missing or given twice"
    DOC_PLACE "M0106" "a doc comment stands where nothing takes it"
    LITERAL "M0107" "a literal that has no value"
    REGEX "M0108" "a regular expression that cannot be used"
    NESTING "M0109" "expressions are nested too deeply"
    DUPLICATE "M0201" "a name is given twice"
    UNKNOWN_SIDE "M0202" "a side that the mapping does not declare"
    UNKNOWN_TABLE "M0203" "a table that the schema does not have"
    UNKNOWN_ALIAS "M0204" "an alias that the map does not declare"
    UNKNOWN_COLUMN "M0210" "a column that the table does not have"
    UNKNOWN_VALUES "M0211" "a value map that does not exist"
    UNKNOWN_MAP "M0212" "a map that does not exist"
    UNKNOWN_FUNCTION "M0213" "a function that the language does not have"
    UNKNOWN_ALLOW "M0214" "an allow that the language does not have"
    WRONG_SIDE "M0215" "a name of the other side"
    TYPES "M0301" "types that do not fit"
    ARGUMENTS "M0302" "a function with the wrong arguments"
    NULL "M0303" "null can reach a column that does not take it"
    CONVERSION "M0304" "no conversion between two types"
    NARROW "M0305" "values may not fit the target column"
    NOT_ALLOWED_VALUE "M0307" "a value that the target column's list does not have"
    UNSUPPORTED_TYPE "M0308" "a column of a type that cannot be mapped"
    ZONE "M0309" "a time zone is missing or unknown"
    NOT_EXHAUSTIVE "M0402" "values that no arm takes"
    UNREACHABLE "M0403" "an arm that can never apply"
    NOT_INJECTIVE "M0404" "two arms claim the same way back"
    NO_KEY "M0501" "the key of a map is missing or not known to be unique"
    JOIN "M0502" "a join that may give several rows"
    CYCLE "M0503" "maps that need each other's keys first"
    TARGET_KEY "M0504" "a target table whose rows cannot be named"
    REFERENCE "M0505" "a reference that cannot be resolved"
    CONDITION "M0506" "a condition that cannot be used in its place"
    IDENTITY "M0507" "rows of the target that cannot be recognised"
    LOSS "M0601" "a claim that nothing is lost, where something is"
    NO_WAY_BACK "M0602" "a claim of a way back, where there is none"
    BACK_ARROW "M0603" "a rule that only goes back"
    UNMAPPED_LEGACY "M0604" "legacy columns of which nothing is said"
    UNMAPPED_TARGET "M0605" "target columns that get no value"
    TWICE "M0606" "a column that gets two values or is spoken of twice"
    NOT_WRITABLE "M0608" "a column that cannot be written"
    REVERSIBLE "M0609" "a way back that is required, where something is lost"
    STALE_ALLOW "M0701" "an allow that no longer applies"
    STALE_DROP "M0702" "a drop or defer that no longer applies"
    REASON "M0703" "a reason is missing"
    UNUSED "M0704" "a value map or function that nothing uses"
    EXAMPLE "M0801" "an example that does not fit the map"
    FILE "M0901" "a file that cannot be read"
    EMPTY "M0902" "a file without anything to read"
    WRONG_DIALECT "M0903" "a schema without tables, perhaps of another dialect"
}
