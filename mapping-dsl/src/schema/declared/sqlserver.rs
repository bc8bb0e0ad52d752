//! SQL Server's type names.

use super::Spelled;
use crate::types::Type;

/// Returns what a type can hold, if it is one that mappings handle.
pub(super) fn known(spelled: &Spelled) -> Option<Type> {
    let name = spelled.name_without(&["national"]);
    Some(match name.as_str() {
        "bit" => Type::Boolean,
        "tinyint" => Type::integer(8, false),
        "smallint" => Type::integer(16, true),
        "int" | "integer" => Type::integer(32, true),
        "bigint" => Type::integer(64, true),
        "decimal" | "numeric" | "dec" => spelled.decimal(Type::Decimal { precision: 18, scale: 0 }),
        "money" => Type::Decimal { precision: 19, scale: 4 },
        "smallmoney" => Type::Decimal { precision: 10, scale: 4 },
        "float" | "real" | "double precision" => Type::Float,
        "uniqueidentifier" => Type::Uuid,
        "json" => Type::Json,
        _ if is_version(spelled) => Type::Bytes { max: Some(8) },
        name => return text_or_bytes(name, spelled).or_else(|| time(name, spelled)),
    })
}

/// Returns whether a type counts the changes of a row; it has been called `timestamp` too.
pub(super) fn is_version(spelled: &Spelled) -> bool {
    matches!(spelled.name().as_str(), "rowversion" | "timestamp")
}

fn text_or_bytes(name: &str, spelled: &Spelled) -> Option<Type> {
    let max = match spelled.arguments.first() {
        Some(length) if length.eq_ignore_ascii_case("max") => None,
        Some(_) => spelled.number(0),
        None => Some(1),
    };
    Some(match name {
        "char" | "character" | "nchar" | "varchar" | "nvarchar" | "char varying" | "character varying" => {
            Type::Text { max }
        }
        "text" | "ntext" => Type::TEXT,
        "sysname" => Type::Text { max: Some(128) },
        "binary" | "varbinary" | "binary varying" => Type::Bytes { max },
        "image" => Type::Bytes { max: None },
        _ => return None,
    })
}

/// `datetime` counts in steps of 3⅓ milliseconds, which three digits tell apart.
fn time(name: &str, spelled: &Spelled) -> Option<Type> {
    Some(match name {
        "date" => Type::Date { zero: false },
        "datetime" => Type::DateTime { digits: 3, zero: false },
        "smalldatetime" => Type::DateTime { digits: 0, zero: false },
        "datetime2" => Type::DateTime { digits: spelled.digits(7), zero: false },
        "datetimeoffset" => Type::Instant { digits: spelled.digits(7), zero: false },
        "time" => Type::Time { digits: spelled.digits(7) },
        _ => return None,
    })
}
