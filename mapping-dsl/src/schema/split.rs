//! Splits SQL scripts into statements.
