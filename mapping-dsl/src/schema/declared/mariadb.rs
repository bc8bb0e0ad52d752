//! MariaDB's type names.

use super::Spelled;
use crate::schema::Table;
use crate::types::Type;

/// Returns what a type can hold, if it is one that mappings handle.
pub(super) fn known(spelled: &Spelled) -> Option<Type> {
    let signed = !spelled.has("unsigned") && !spelled.has("zerofill");
    let name = spelled.name_without(&["unsigned", "signed", "zerofill", "national"]);
    Some(match name.as_str() {
        "tinyint" | "int1" | "bool" | "boolean" => Type::integer(8, signed),
        "smallint" | "int2" => Type::integer(16, signed),
        "mediumint" | "middleint" | "int3" => Type::integer(24, signed),
        "int" | "integer" | "int4" => Type::integer(32, signed),
        "bigint" | "int8" => Type::integer(64, signed),
        "serial" => Type::integer(64, false),
        "year" => Type::Integer { min: 0, max: 2155 },
        "decimal" | "dec" | "numeric" | "fixed" => spelled.decimal(Type::Decimal { precision: 10, scale: 0 }),
        "float" | "double" | "double precision" | "real" | "float4" | "float8" => Type::Float,
        "bit" => bits(spelled.number(0).unwrap_or(1)),
        "json" => Type::Json,
        "uuid" => Type::Uuid,
        "enum" => Type::Enum(spelled.arguments.clone()),
        name => return text_or_bytes(name, spelled).or_else(|| time(name, spelled)),
    })
}

/// One bit is a truth value, several are a number without a sign.
fn bits(count: u32) -> Type {
    match count {
        0 | 1 => Type::Boolean,
        count => Type::Integer { min: 0, max: (1 << count.min(64)) - 1 },
    }
}

fn text_or_bytes(name: &str, spelled: &Spelled) -> Option<Type> {
    let text = |max| Type::Text { max };
    let bytes = |max| Type::Bytes { max };
    Some(match name {
        "char" | "character" | "nchar" => text(spelled.number(0).or(Some(1))),
        "varchar" | "varcharacter" | "nvarchar" | "character varying" | "char varying" => spelled.text(),
        "tinytext" => text(Some(255)),
        "text" => text(Some(spelled.number(0).unwrap_or(65_535))),
        "mediumtext" | "long" | "long varchar" => text(Some(16_777_215)),
        "longtext" => text(None),
        "binary" => bytes(spelled.number(0).or(Some(1))),
        "varbinary" => bytes(spelled.number(0)),
        "tinyblob" => bytes(Some(255)),
        "blob" => bytes(Some(spelled.number(0).unwrap_or(65_535))),
        "mediumblob" => bytes(Some(16_777_215)),
        "longblob" => bytes(None),
        _ => return None,
    })
}

fn time(name: &str, spelled: &Spelled) -> Option<Type> {
    Some(match name {
        "date" => Type::Date { zero: true },
        "datetime" => Type::DateTime { digits: spelled.digits(0), zero: true },
        "timestamp" => Type::Instant { digits: spelled.digits(0), zero: true },
        "time" => Type::Time { digits: spelled.digits(0) },
        _ => return None,
    })
}

/// Makes JSON out of the form in which MariaDB dumps it: `longtext … CHECK (json_valid(column))`.
pub(in crate::schema) fn mark_json(table: &mut Table) {
    for column in &mut table.columns {
        let quoted = format!("json_valid(`{}`)", column.name.replace('`', "``"));
        let bare = format!("json_valid({})", column.name);
        let is_json = |condition: &str| {
            let condition = condition.replace(' ', "");
            condition.eq_ignore_ascii_case(&quoted) || condition.eq_ignore_ascii_case(&bare)
        };
        if column.ty == Type::TEXT && table.checks.iter().any(|check| is_json(&check.condition)) {
            column.ty = Type::Json;
        }
    }
}
