//! What keeps a database from being written, told once and not with each statement that fails of it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;

/// How long nothing has to fail before it is over: a disk that is nearly full takes some writes and not others.
const CALM: Duration = Duration::from_secs(10);

/// What does not go away by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The file, or its log, was deleted or replaced.
    Gone,
    /// It may not be written.
    ReadOnly,
    /// There is no room for more.
    Full,
    /// The operating system refuses to write or to read it.
    Failing,
    /// It is not what SQLite wrote.
    Damaged,
}

impl Kind {
    /// Of an error of SQLite's. `None` for those that a statement is to blame for, or that pass.
    pub(super) fn of(code: ErrorCode) -> Option<Self> {
        match code {
            ErrorCode::ReadOnly => Some(Self::ReadOnly),
            ErrorCode::DiskFull => Some(Self::Full),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Some(Self::Failing),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Damaged),
            _ => None,
        }
    }

    /// What an operator does about it.
    fn advice(self) -> &'static str {
        match self {
            Self::Gone => "put it back, or start again",
            Self::ReadOnly => "make the file, its folder and the file system writable, and start again",
            Self::Full => "make room on its disk; nothing has to be started again",
            Self::Failing => "look at its disk, at quotas and at the kernel's log; nothing has to be started again",
            Self::Damaged => {
                "what is whole is read, and nothing is written to it any more: stop, put a backup in its place or what \
                 `sqlite3 FILE .recover` finds, and start again"
            }
        }
    }
}

/// What is wrong with a file, as far as statements showed.
pub(super) struct Trouble {
    path: PathBuf,
    told: Cell<Told>,
}

#[derive(Clone, Copy, Default)]
struct Told {
    /// A bit for each kind.
    kinds: u8,
    last: Option<Instant>,
}

impl Told {
    /// Something fails. Whether that is news.
    fn fails(&mut self, kind: Kind, now: Instant) -> bool {
        let bit = 1 << kind as u8;
        let is_news = self.kinds & bit == 0;
        self.kinds |= bit;
        self.last = Some(now);
        is_news
    }

    /// Something was written. Whether that is news, after something else was not. What is damaged stays so.
    fn works(&mut self, now: Instant) -> bool {
        let is_over = self.last.is_some_and(|last| now.saturating_duration_since(last) >= CALM);
        if is_over {
            *self = Self { kinds: self.kinds & 1 << Kind::Damaged as u8, last: None };
        }
        is_over
    }

    fn is_damaged(self) -> bool {
        self.kinds & 1 << Kind::Damaged as u8 != 0
    }
}

impl Trouble {
    /// Nothing is known to be wrong.
    pub(super) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), told: Cell::default() }
    }

    /// Tells it, unless it was told already.
    pub(super) fn tell(&self, kind: Kind, why: &str) {
        let mut told = self.told.get();
        if told.fails(kind, Instant::now()) {
            tracing::error!("the database {:?}: {why}; {}", self.path, kind.advice());
        }
        self.told.set(told);
    }

    /// An error of SQLite's, which may be worth telling.
    pub(super) fn heard(&self, error: &rusqlite::Error) {
        if let Some(kind) = error.sqlite_error_code().and_then(Kind::of) {
            self.tell(kind, &error.to_string());
        }
    }

    /// Something is on the disk.
    pub(super) fn written(&self) {
        let mut told = self.told.get();
        if told.last.is_some() {
            if told.works(Instant::now()) {
                tracing::info!("the database {:?} is written again", self.path);
            }
            self.told.set(told);
        }
    }

    /// Whether what is written to it will be found again, as far as is known.
    ///
    /// # Errors
    ///
    /// It was found damaged.
    pub(super) fn check(&self) -> Result<(), String> {
        if !self.told.get().is_damaged() {
            return Ok(());
        }
        Err(format!("database disk image is malformed, and nothing is written to {:?} any more", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lasts is told once, and again after it was over; what is damaged never is.
    #[test]
    fn told_once() {
        let mut told = Told::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!told.works(at(0)), "nothing was wrong");
        assert!(told.fails(Kind::Full, at(0)));
        assert!(!told.fails(Kind::Full, at(1)));
        assert!(told.fails(Kind::Failing, at(2)));
        assert!(!told.works(at(3)), "some are written while others fail");
        assert!(!told.fails(Kind::Full, at(4)));
        assert!(told.works(at(14)));
        assert!(!told.works(at(15)), "told once");
        assert!(told.fails(Kind::Full, at(16)));
        assert!(told.fails(Kind::Damaged, at(17)));
        assert!(told.works(at(40)));
        assert!(told.is_damaged());
        assert!(!told.fails(Kind::Damaged, at(41)));
    }
}
