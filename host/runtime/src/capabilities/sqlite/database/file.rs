//! The file of a database, as long as it is the one that was opened.
//!
//! SQLite goes on writing to a file that was deleted or replaced, and all that it writes is gone when the process ends: what is
//! acknowledged then is lost, and nobody is told.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::trouble::{Kind, Trouble};

pub(super) struct File {
    path: PathBuf,
    opened: Option<Identity>,
    log: PathBuf,
    /// Of the write-ahead log, once there is one.
    opened_log: Cell<Option<Identity>>,
}

/// Device and inode.
type Identity = (u64, u64);

impl File {
    /// The file at a path, which has just been opened.
    pub(super) fn opened(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        let opened_log = Cell::new(identity(&log));
        Self { opened: identity(path), path: path.to_owned(), log, opened_log }
    }

    /// Whether what is written to it will be found again.
    ///
    /// # Errors
    ///
    /// It, or its log, was deleted or replaced. It is told once.
    pub(super) fn check(&self, trouble: &Trouble) -> Result<(), String> {
        let log = identity(&self.log);
        if self.opened_log.get().is_none() {
            self.opened_log.set(log);
        }
        let gone = if identity(&self.path) != self.opened {
            &self.path
        } else if log != self.opened_log.get() {
            &self.log
        } else {
            return Ok(());
        };
        let why = format!("{gone:?} was deleted or replaced while it was open, and nothing is written to it");
        trouble.tell(Kind::Gone, &why);
        Err(why)
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let about = fs::metadata(path).ok()?;
    Some((about.dev(), about.ino()))
}
