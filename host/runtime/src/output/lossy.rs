//! A stream that nobody waits for: lines wait in a [`Queue`], and a thread of its own writes them.
//!
//! When the stream takes no more, because its disk is full, its pipe is dead or its reader has stopped, the thread waits or tries
//! again, and everybody else goes on. What the stream has begun to take is written to its end, never twice.

use std::io::{ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use super::queue::Queue;

/// How long after a write that failed it is tried again: so long at first,
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// twice as long each time, and never longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The side that is written to.
#[derive(Clone, Debug)]
pub struct Lossy(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: Queue,
    thread: Thread,
}

/// What the thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Thread {
    /// It waits for a line.
    #[default]
    Idle,
    /// It has lines to write, and the stream takes them or lets it wait.
    Writing,
    /// It lets some time pass after a write that failed.
    Pausing,
}

impl Lossy {
    /// Writes to a stream whatever it takes. As soon as it takes lines again, `report` is told how many were lost, and what the
    /// stream said; nothing when it only took its time.
    pub fn start(
        stream: impl Write + Send + 'static,
        report: impl Fn(u64, Option<&io::Error>) + Send + 'static,
    ) -> Self {
        let lossy = Self(Arc::default());
        let shared = Arc::clone(&lossy.0);
        // A machine without room for a thread has none for a log.
        _ = thread::Builder::new().name("log".to_owned()).spawn(move || shared.write(stream, report));
        lossy
    }

    /// Writes a line, in one piece, or loses it.
    pub fn push(&self, line: &[u8]) {
        self.change(|queue| queue.push(line));
    }

    /// Writes a line that says what was lost. For what is told of it.
    pub fn push_report(&self, line: &[u8]) {
        self.change(|queue| queue.push_report(line));
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        let mut state = self.0.lock();
        change(&mut state.queue);
        // Waking a thread costs more than all the rest, and one that has lines to write looks for more by itself.
        if state.thread == Thread::Idle && !state.queue.is_empty() {
            state.thread = Thread::Writing;
            self.0.changed.notify_all();
        }
    }

    /// Waits until all is written, the stream refuses it once more, or some time has passed.
    pub fn flush(&self, time: Duration) {
        let mut state = self.0.lock();
        if state.thread == Thread::Pausing {
            state.thread = Thread::Writing;
            self.0.changed.notify_all();
        }
        drop(self.0.changed.wait_timeout_while(state, time, |state| state.thread == Thread::Writing));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of the thread.
    fn write(&self, mut stream: impl Write, report: impl Fn(u64, Option<&io::Error>)) {
        let mut text = Vec::new();
        loop {
            self.next(&mut text);
            let why = self.write_text(&mut stream, &text);
            let lost = self.lock().queue.gap();
            if lost > 0 {
                report(lost, why.as_ref());
            }
        }
    }

    /// Waits for lines, and takes them.
    fn next(&self, text: &mut Vec<u8>) {
        let mut state = self.lock();
        if state.queue.is_empty() {
            state.thread = Thread::Idle;
            self.changed.notify_all();
            state =
                self.changed.wait_while(state, |state| state.queue.is_empty()).unwrap_or_else(PoisonError::into_inner);
        }
        state.queue.take(text);
    }

    /// Writes a text to its end, however long that takes. Returns the last reason why it took long.
    fn write_text(&self, stream: &mut impl Write, text: &[u8]) -> Option<io::Error> {
        let (mut rest, mut why, mut pause) = (text, None, FIRST_PAUSE);
        while !rest.is_empty() {
            let failed = match stream.write(rest) {
                Ok(0) => io::Error::from(ErrorKind::WriteZero),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    pause = FIRST_PAUSE;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            why = Some(failed);
            self.pause(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        why
    }

    /// Lets some time pass, unless somebody waits for what is not written.
    fn pause(&self, time: Duration) {
        let mut state = self.lock();
        state.thread = Thread::Pausing;
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(state, time, |state| state.thread == Thread::Pausing);
        waited.unwrap_or_else(PoisonError::into_inner).0.thread = Thread::Writing;
    }
}

#[cfg(test)]
mod tests;
