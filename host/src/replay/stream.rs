//! Goes through a file of any length, line by line, on all cores, in bounded memory.
//!
//! One thread reads batches of lines; workers take them in order, each into a tally of its own; the tallies are merged.
//! When it is told to stop, workers finish their batch: what was done is always the first so many lines.

use indicatif::ProgressBar;
use std::io::{self, BufRead};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A longer line is not read, but told about. A ride of a day has 17,280 segments at most, in half a megabyte.
pub const MAX_LINE: usize = 16 << 20;

/// A batch is full when it has so many bytes,
const BATCH_BYTES: usize = 256 << 10;
/// and each worker has so many to go on with.
const BATCHES_AHEAD: usize = 4;
/// How often a worker that waits for lines looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// One line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// What it says; `None` when it is longer than [`MAX_LINE`].
    pub text: Option<&'a [u8]>,
}

/// What is made of lines.
pub trait Tally: Send {
    /// Takes a line in. Numbers ascend.
    fn add(&mut self, line: Line);
    /// Takes in what another worker made of other lines.
    fn merge(&mut self, other: Self);
}

/// What came out.
#[derive(Debug)]
pub struct Done<T> {
    /// Made of all lines that were read.
    pub tally: T,
    /// How many lines that are not blank were read.
    pub lines: u64,
    /// Whether it was told to stop before the end.
    pub interrupted: bool,
    /// Why the rest could not be read.
    pub error: Option<io::Error>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a run goes by.
#[derive(Debug)]
pub struct Run<'a> {
    /// How many workers.
    pub workers: usize,
    /// Set to stop.
    pub stop: &'a AtomicBool,
    /// Moved on by bytes.
    pub bar: &'a ProgressBar,
    /// Moved on by lines.
    pub lines: &'a AtomicU64,
}

impl Run<'_> {
    /// Makes a tally of all lines. Blank lines are counted, and passed over.
    pub fn tally<T: Tally>(&self, input: impl BufRead + Send + 'static, new: impl Fn() -> T + Sync) -> Done<T> {
        let start = Instant::now();
        let (sender, receiver) = sync_channel(self.workers * BATCHES_AHEAD);
        // Not scoped: nothing wakes it from waiting for the standard input.
        let reader = std::thread::spawn(move || read(input, &sender));
        let receiver = Mutex::new(receiver);
        let tallies: Vec<T> = std::thread::scope(|scope| {
            let work = || {
                let mut tally = new();
                while let Some(batch) = self.next(&receiver) {
                    let mut lines = 0;
                    for line in batch.lines() {
                        lines += 1;
                        tally.add(line);
                    }
                    self.lines.fetch_add(lines, Ordering::Relaxed);
                    self.bar.inc(batch.bytes);
                }
                tally
            };
            let workers: Vec<_> = (0..self.workers).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let interrupted = self.stop.load(Ordering::Relaxed);
        // When it was told to stop, the reader may still be waiting for something to read.
        let error = if interrupted { None } else { reader.join().ok().and_then(Result::err) };
        let mut merged = new();
        for tally in tallies {
            merged.merge(tally);
        }
        let lines = self.lines.load(Ordering::Relaxed);
        Done { tally: merged, lines, interrupted, error, elapsed: start.elapsed() }
    }

    fn next(&self, receiver: &Mutex<Receiver<Batch>>) -> Option<Batch> {
        while !self.stop.load(Ordering::Relaxed) {
            match receiver.lock().ok()?.recv_timeout(LOOK) {
                Ok(batch) => return Some(batch),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }
}

/// Sets the flag when the user presses Ctrl-C. The second time ends the process.
///
/// # Errors
///
/// When the system has no way to be told of it.
pub fn stop_on_interrupt() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                flag.store(true, Ordering::Relaxed);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    });
    Ok(stop)
}

/// Some lines of the input.
#[derive(Debug, Default)]
struct Batch {
    text: Vec<u8>,
    /// The number of each line and where it is in the text.
    lines: Vec<(u64, Option<Range<usize>>)>,
    /// How much of the input it took.
    bytes: u64,
}

impl Batch {
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|(number, range)| Line {
            number: *number,
            text: range.clone().map(|range| self.text.get(range).unwrap_or_default()),
        })
    }

    fn is_full(&self) -> bool {
        self.text.len() >= BATCH_BYTES
    }
}

/// Reads all lines, for as long as somebody takes them.
fn read(mut input: impl BufRead, sender: &SyncSender<Batch>) -> io::Result<()> {
    let mut batch = Batch::default();
    for number in 1.. {
        let start = batch.text.len();
        let outcome = read_line(&mut input, &mut batch.text);
        let taken = match outcome {
            Ok(taken) => taken,
            Err(error) => {
                batch.text.truncate(start);
                let _ = sender.send(batch);
                return Err(error);
            }
        };
        if taken == 0 {
            let _ = sender.send(batch);
            return Ok(());
        }
        batch.bytes += taken;
        let line = start..batch.text.len();
        if line.len() > MAX_LINE {
            batch.text.truncate(start);
            batch.lines.push((number, None));
        } else if !batch.text.get(line.clone()).unwrap_or_default().trim_ascii().is_empty() {
            batch.lines.push((number, Some(line)));
        }
        if batch.is_full() && sender.send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Adds a line to a text, though not much more than the longest line that is used. Returns how much of the input it took.
fn read_line(input: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<u64> {
    let limit = text.len() + MAX_LINE + 1;
    let mut taken = 0;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        let room = limit.saturating_sub(text.len());
        text.extend_from_slice(buffer.get(..length.min(room)).unwrap_or_default());
        input.consume(length);
        taken += u64::try_from(length).unwrap_or(u64::MAX);
        if end.is_some() || length == 0 {
            return Ok(taken);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Default)]
    struct Numbers(Vec<(u64, Option<usize>)>);

    impl Tally for Numbers {
        fn add(&mut self, line: Line) {
            self.0.push((line.number, line.text.map(|text| text.trim_ascii().len())));
        }

        fn merge(&mut self, other: Self) {
            self.0.extend(other.0);
            self.0.sort_unstable();
        }
    }

    fn check(text: Vec<u8>, expected: &[(u64, Option<usize>)]) {
        let (stop, lines) = (AtomicBool::new(false), AtomicU64::new(0));
        let run = Run { workers: 2, stop: &stop, bar: &ProgressBar::hidden(), lines: &lines };
        let done = run.tally(io::Cursor::new(text), Numbers::default);
        assert_eq!(done.tally.0, expected);
        assert!(done.error.is_none() && !done.interrupted);
        assert_eq!(done.lines, u64::try_from(expected.len()).unwrap());
    }

    /// Every line is seen once, under its own number; blank ones are not records; one that is too long is told, not read.
    #[test]
    fn lines() {
        check(b"".to_vec(), &[]);
        check(b"a\n\nbc\r\n  \nlast".to_vec(), &[(1, Some(1)), (3, Some(2)), (5, Some(4))]);
        let mut long = vec![b'x'; MAX_LINE + 5];
        long.extend_from_slice(b"\nshort\n");
        check(long, &[(1, None), (2, Some(5))]);
        let many: Vec<u8> = (0..100_000).flat_map(|_| *b"0123456789\n").collect();
        check(many, &(1..=100_000).map(|number| (number, Some(10))).collect::<Vec<_>>());
    }
}
