//! Schema reading from the outside. Hard cases are files in the folder of their dialect: reading and translating each
//! is a snapshot. The Opal example's files are real ones.

mod cases;
mod large;
mod robust;
mod show;
mod translated;

use cutover_mapping_dsl::schema::{Dialect, Schema, read};
use cutover_mapping_dsl::source::FileId;

const LEGACY: &str = include_str!("../../../examples/opal/legacy.sql");
const DUMP: &str = include_str!("../../../examples/opal/legacy-mariadb-dump.sql");
const TARGET: &str = include_str!("../../../examples/opal/target.sql");
const MARIADB_TARGET: &str = include_str!("../../../examples/opal/target.mariadb.sql");

fn read_as(text: &str, dialect: Dialect) -> Schema {
    read::read(FileId(0), text, dialect)
}
