//! What a process says on its standard output and error, when nothing may depend on whether anybody listens.
//!
//! A full disk, a dead pipe and a reader who has stopped are everyday faults. None of them is a reason to fail, to wait or to end, so
//! nothing here returns an error, and nothing waits longer than it says, but [`print`]: what a command was asked for. `println!` and `eprintln!` wait, and panic: clippy refuses
//! them.

mod lossy;
mod queue;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::panic::PanicHookInfo;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use tracing_subscriber::fmt::MakeWriter;

use self::lossy::Lossy;

/// Whatever is written to the standard error.
static ERROR: LazyLock<Lossy> = LazyLock::new(|| Lossy::start(io::stderr(), tell_loss));

/// The target of the line that says what was lost.
pub(crate) const LOSS: &str = "farebox::log";

/// How long the end of a process waits for what it has said.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long a panic waits for what is said of it, since it may be the end of the process.
const PANIC: Duration = Duration::from_millis(100);

/// Says something on the standard error.
pub fn say(what: impl Display) {
    ERROR.push(format!("{what}\n").as_bytes());
}

/// Waits until what was said is written, but half a second at most. For the end of a process.
pub fn flush() {
    ERROR.flush(LAST_WORDS);
}

/// Offers a text to whoever reads the standard output; no one waits for it, and a log line says when it cannot be written.
pub fn offer(text: String) {
    let write = move || {
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            tracing::warn!("cannot write to the standard output: {error}");
        }
    };
    if let Err(error) = thread::Builder::new().name("stdout".to_owned()).spawn(write) {
        tracing::warn!("cannot write to the standard output: {error}");
    }
}

/// Writes an answer, which is what a command is there for: waits for whoever reads it.
///
/// # Errors
///
/// When it cannot be written: the disk is full, or nobody reads it.
pub fn print(answer: impl Display) -> anyhow::Result<()> {
    print_with(|| write!(io::stdout(), "{answer}"))
}

/// Writes an answer that somebody else lays out, for example in colours.
///
/// # Errors
///
/// As [`print`].
pub fn print_with(write: impl FnOnce() -> io::Result<()>) -> anyhow::Result<()> {
    write().and_then(|()| io::stdout().flush()).context("cannot write to the standard output")
}

/// Has panics told as everything else is. By default a panic is told with a write that ends the process when it fails.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        say(panic_text(panic, thread::current().name(), &Backtrace::capture()));
        ERROR.flush(PANIC);
    }));
}

fn panic_text(panic: &PanicHookInfo<'_>, thread: Option<&str>, trace: &Backtrace) -> String {
    let thread = thread.unwrap_or("<unnamed>");
    let trace = match trace.status() {
        BacktraceStatus::Captured => trace.to_string(),
        _ => "note: run with `RUST_BACKTRACE=1` to see where from".to_owned(),
    };
    format!("thread '{thread}' {panic}\n{}", trace.trim_end())
}

/// Whether the standard error shows colours.
#[must_use]
pub fn is_coloured() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn tell_loss(lost: u64, why: Option<&io::Error>) {
    match why {
        Some(why) => {
            tracing::warn!(target: LOSS, lost, "{lost} log lines were lost, because they could not be written: {why}")
        }
        None => tracing::warn!(target: LOSS, lost, "{lost} log lines were lost, because nobody read them in time"),
    }
}

/// Where log lines go: the standard error.
#[derive(Clone, Copy, Debug)]
pub struct Log;

/// Writes one log line.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    says_what_was_lost: bool,
}

impl MakeWriter<'_> for Log {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line { says_what_was_lost: false }
    }

    fn make_writer_for(&self, line: &tracing::Metadata<'_>) -> Line {
        Line { says_what_was_lost: line.target() == LOSS }
    }
}

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.says_what_was_lost {
            ERROR.push_report(line);
        } else {
            ERROR.push(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
