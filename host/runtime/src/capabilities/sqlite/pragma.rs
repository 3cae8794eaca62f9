//! Settings that belong to a connection. Guests have one each; the host has few, which all of them share. So what a guest says of its
//! own is remembered, and decides which of them it uses.

use std::time::Duration;

/// What a write waits for before it is called done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// The disk.
    #[default]
    Full,
    /// The operating system.
    Normal,
}

impl Synchronous {
    /// The number that SQLite has for it.
    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Full => 2,
            Self::Normal => 1,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

/// A statement about a setting of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pragma {
    /// `PRAGMA synchronous`, and what it is set to.
    Synchronous(Option<Synchronous>),
    /// `PRAGMA busy_timeout`, and what it is set to. How long a statement waits for another process is for the host to say.
    BusyTimeout(Option<Duration>),
}

/// What a statement says of a setting; `None` for all other statements, and for values that SQLite has to say something to.
///
/// What waits for less than the operating system is not offered: the file is everybody's.
pub(super) fn of(statement: &str) -> Option<Pragma> {
    let text = statement.trim().trim_end_matches(';').trim_end().to_ascii_lowercase();
    let rest = text.strip_prefix("pragma")?.strip_prefix(|c: char| c.is_ascii_whitespace())?.trim_start();
    let rest = rest.strip_prefix("main.").unwrap_or(rest);
    let (name, value) = match rest.split_once(['=', '(']) {
        Some((name, value)) => (name.trim_end(), Some(value.trim_end_matches(')').trim().trim_matches(['\'', '"']))),
        None => (rest, None),
    };
    match (name, value) {
        ("synchronous", None) => Some(Pragma::Synchronous(None)),
        ("synchronous", Some("full" | "2" | "extra" | "3")) => Some(Pragma::Synchronous(Some(Synchronous::Full))),
        ("synchronous", Some("normal" | "1" | "off" | "0")) => Some(Pragma::Synchronous(Some(Synchronous::Normal))),
        ("busy_timeout", None) => Some(Pragma::BusyTimeout(None)),
        ("busy_timeout", Some(ms)) => Some(Pragma::BusyTimeout(Some(Duration::from_millis(ms.parse().ok()?)))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SQLite reads it: in any case, with either way to set a value, of the one database that there is.
    #[test]
    fn pragmas() {
        let (full, normal) = (Some(Synchronous::Full), Some(Synchronous::Normal));
        for (statement, expected) in [
            ("PRAGMA synchronous = FULL", Some(Pragma::Synchronous(full))),
            (" pragma main.synchronous=normal ;", Some(Pragma::Synchronous(normal))),
            ("PRAGMA synchronous(1)", Some(Pragma::Synchronous(normal))),
            ("PRAGMA synchronous = 'extra'", Some(Pragma::Synchronous(full))),
            ("PRAGMA synchronous = off", Some(Pragma::Synchronous(normal))),
            ("PRAGMA synchronous", Some(Pragma::Synchronous(None))),
            ("PRAGMA busy_timeout = 100", Some(Pragma::BusyTimeout(Some(Duration::from_millis(100))))),
            ("PRAGMA busy_timeout", Some(Pragma::BusyTimeout(None))),
            ("PRAGMA busy_timeout = soon", None),
            ("PRAGMA synchronous = sometimes", None),
            ("PRAGMA temp.synchronous = full", None),
            ("PRAGMA user_version", None),
            ("PRAGMAsynchronous", None),
            ("SELECT 'PRAGMA synchronous'", None),
        ] {
            assert_eq!(of(statement), expected, "{statement}");
        }
    }
}
