//! Reads table definitions out of a script.
