//! Binary COPY: the server's fast way in, with all its checks. Rows are encoded here, so that what a column would round
//! or cut is found before it is sent.

use crate::dialect::PostgresDialect;
use crate::write::{Keeps, Misfit, write};
use crate::{Postgres, catalogue};
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind};
use cutover_runtime::value::{Row, Value};
use std::io::Write;

/// Signature, flags, and the length of an extension that there is not.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1i16).to_be_bytes();

/// Why rows did not get in.
pub(crate) enum CopyError {
    /// The server said so.
    Server(postgres::Error),
    /// The way to the server broke.
    Way(std::io::Error),
}

/// Appends a row, and says at which column it fails.
pub(crate) fn encode<'v>(
    row: impl Iterator<Item = &'v Value>,
    keeps: &[Keeps],
    out: &mut Vec<u8>,
) -> Result<(), (usize, Misfit)> {
    let count = i16::try_from(keeps.len()).map_err(|_| (0, "which is one column too many".to_string()))?;
    out.extend_from_slice(&count.to_be_bytes());
    for (at, (value, keeps)) in row.zip(keeps).enumerate() {
        if value.is_null() {
            out.extend_from_slice(&(-1i32).to_be_bytes());
            continue;
        }
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        write(value, *keeps, out).map_err(|misfit| (at, misfit))?;
        let length = i32::try_from(out.len() - start - 4).map_err(|_| (at, "which takes no gigabytes".to_string()))?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Returns the statement that takes rows with these columns.
pub(crate) fn statement(table: &str, columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| PostgresDialect.quote(column)).collect();
    format!("COPY {} ({}) FROM STDIN (FORMAT binary)", PostgresDialect.quote(table), names.join(", "))
}

/// Sends encoded rows, all in one piece: the driver hands each piece on by itself.
pub(crate) fn send(postgres: &mut Postgres, statement: &str, rows: &[u8]) -> Result<(), CopyError> {
    let mut writer = postgres.client.copy_in(statement).map_err(CopyError::Server)?;
    let sent = [HEADER, rows, &TRAILER].into_iter().try_for_each(|part| writer.write_all(part));
    // The end tells what the server thinks of it; that counts more than that it stopped listening.
    match (writer.finish(), sent) {
        (Err(error), _) => Err(CopyError::Server(error)),
        (Ok(_), Err(error)) => Err(CopyError::Way(error)),
        (Ok(_), Ok(())) => Ok(()),
    }
}

/// Appends rows to a control table.
pub(crate) fn append(postgres: &mut Postgres, table: &str, columns: &[String], rows: &[Row]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let keeps = match catalogue::keeps(postgres, table, columns) {
        Err(error) if error.kind == StoreErrorKind::OtherSchema => {
            // The table was made again since it was looked at.
            catalogue::forget(postgres, table);
            catalogue::keeps(postgres, table, columns)?
        }
        keeps => keeps?,
    };
    let mut bytes = Vec::new();
    for row in rows {
        encode(row.iter(), &keeps, &mut bytes).map_err(|(at, misfit)| {
            postgres.failed(StoreErrorKind::Other, format!("table {table}, column {}, {misfit}", columns[at]))
        })?;
    }
    match send(postgres, &statement(table, columns), &bytes) {
        Ok(()) => Ok(()),
        Err(error) => Err(fault(postgres, error)),
    }
}

/// Returns an error in the engine's terms.
pub(crate) fn fault(postgres: &mut Postgres, error: CopyError) -> StoreError {
    match error {
        CopyError::Server(error) => postgres.fault(&error),
        CopyError::Way(error) => postgres.failed(StoreErrorKind::Gone, error.to_string()),
    }
}
