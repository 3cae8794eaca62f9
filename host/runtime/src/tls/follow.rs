//! When files are read again that may change at any moment, one after another. Decides, and does nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

/// What can be told of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    number: u64,
}

impl Stamp {
    /// None when it is not there, or cannot be looked at.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok()?;
        Some(Self { modified: about.modified().ok(), bytes: about.len(), number: about.ino() })
    }
}

/// What was read, and what was tried.
pub(super) struct Follow<S> {
    in_force: S,
    /// What could not be used, and whether that was said.
    failed: Option<(S, bool)>,
}

/// What comes of a look at the files.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<T, E> {
    /// Nothing, or nothing that is to be said again.
    Stays,
    /// They changed, and can be used.
    Changes(T),
    /// They changed, and cannot be used.
    Fails(E),
}

impl<S: Copy + PartialEq> Follow<S> {
    pub(super) fn new(in_force: S) -> Self {
        Self { in_force, failed: None }
    }

    /// Looks at the files, which are as `now` says. Those that cannot be used are tried once more, in silence: a certificate is
    /// written, and then its key.
    pub(super) fn step<T, E>(&mut self, now: S, load: impl FnOnce() -> Result<T, E>) -> Step<T, E> {
        if now == self.in_force {
            self.failed = None;
            return Step::Stays;
        }
        let before = self.failed.filter(|(failed, _)| *failed == now);
        if before.is_some_and(|(_, was_said)| was_said) {
            return Step::Stays;
        }
        match load() {
            Ok(loaded) => {
                *self = Self::new(now);
                Step::Changes(loaded)
            }
            Err(why) => {
                self.failed = Some((now, before.is_some()));
                if before.is_some() { Step::Fails(why) } else { Step::Stays }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the files at each look, whether it can be used, and what comes of it: a new certificate is in force at once,
    /// a broken one is said once, and nothing is said of one that is just being written.
    #[test]
    fn looks() {
        for (why, looks) in [
            ("nothing changes", &[("a", "unread"), ("a", "unread")][..]),
            ("renewed", &[("b", "changes"), ("b", "unread"), ("c", "changes")]),
            ("half written", &[("b", "bad"), ("c", "changes"), ("c", "unread")]),
            ("broken", &[("b", "bad"), ("b", "fails"), ("b", "unread"), ("b", "unread"), ("c", "changes")]),
            ("broken in two ways", &[("b", "bad"), ("b", "fails"), ("c", "bad"), ("c", "fails"), ("c", "unread")]),
            ("as before again", &[("b", "bad"), ("a", "unread"), ("b", "bad"), ("b", "fails")]),
            ("late", &[("b", "bad"), ("b", "changes"), ("b", "unread")]),
        ] {
            let mut follow = Follow::new("a");
            for (now, expected) in looks {
                let mut is_read = false;
                let step = follow.step(now, || {
                    is_read = true;
                    if *expected == "changes" { Ok(()) } else { Err(()) }
                });
                let expected_step = match *expected {
                    "changes" => Step::Changes(()),
                    "fails" => Step::Fails(()),
                    _ => Step::Stays,
                };
                assert_eq!((step, is_read), (expected_step, *expected != "unread"), "{why}: {now}");
            }
        }
    }
}
