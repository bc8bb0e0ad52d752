//! What makes rows of a target table unique, as the database itself knows it: the connectors say it, preflight asks by it.

/// A primary key, a unique constraint, or a unique index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueKey {
    /// Its name.
    pub name: String,
    /// The columns that must be unique together. Rows with a null in one of them do not collide.
    pub columns: Vec<UniqueColumn>,
    /// Why the columns alone do not tell which rows collide; none if they do.
    pub beyond: Option<String>,
}

/// A column of a unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueColumn {
    /// Its name.
    pub name: String,
    /// The collation by which texts are compared, where it calls some different texts equal; see
    /// [`collation_keys`](crate::connection::Connection::collation_keys).
    pub collation: Option<String>,
}

impl UniqueColumn {
    /// A column whose values are compared exactly.
    pub fn exact(name: impl Into<String>) -> UniqueColumn {
        UniqueColumn { name: name.into(), collation: None }
    }
}
