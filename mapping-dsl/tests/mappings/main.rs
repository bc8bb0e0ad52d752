//! The language from the outside: the corpus of mappings in `tests/suite`, edits of valid mappings, any text at all.

mod conversions;
mod draft;
mod edits;
mod errors;
mod format;
mod fuzz;
mod hostile;
mod meaning;
mod pages;
mod random;
mod support;
mod tokens;
mod valid;
