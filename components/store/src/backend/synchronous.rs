//! How safe a write to SQLite is when it is called done.

/// What SQLite waits for before it calls a write done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// The disk: an acknowledged write survives a power cut.
    Full,
    /// The operating system: an acknowledged write survives the end of the process, but perhaps not a power cut.
    Normal,
}

impl Synchronous {
    /// The SQL that sets it, for one connection.
    pub fn pragma(self) -> &'static str {
        match self {
            Self::Full => "PRAGMA synchronous = FULL",
            Self::Normal => "PRAGMA synchronous = NORMAL",
        }
    }
}
