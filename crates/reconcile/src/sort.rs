//! Sorts byte strings of which there are more than memory holds.
//!
//! What is pushed is collected up to a budget, sorted, and written to a file: a run. Runs are merged, at most [`FAN_IN`] at once, so
//! neither memory nor open files grow with what there is to sort. Files have no names, so the system removes them however the process
//! ends.

mod buffer;
mod run;

use self::buffer::Buffer;
use self::run::{Run, RunWriter};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;
use std::path::{Path, PathBuf};

/// How many runs are merged at once.
const FAN_IN: usize = 32;

/// What a file is read and written through, in bytes: as much for all that are merged at once as a quarter of the budget, but no less than a page
/// of memory each, and no more than what makes no difference any more.
fn file_buffer(budget: usize) -> usize {
    (budget / 4 / FAN_IN).clamp(1 << 12, 1 << 16)
}

/// Takes byte strings in any order.
#[derive(Debug)]
pub struct Sorter {
    folder: PathBuf,
    buffer: Buffer,
    file_buffer: usize,
    /// Runs that were merged so many times, so that each byte is written once for each level.
    levels: Vec<Vec<Run>>,
}

impl Sorter {
    /// Keeps up to `budget` bytes in memory, and the rest in files in `folder`.
    pub fn new(folder: &Path, budget: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            buffer: Buffer::new(budget),
            file_buffer: file_buffer(budget),
            levels: Vec::new(),
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    ///
    /// Files cannot be written, or read again.
    pub fn push(&mut self, row: &[u8]) -> io::Result<()> {
        if !self.buffer.has_room(row) {
            self.spill()?;
        }
        self.buffer.push(row);
        Ok(())
    }

    /// Writes what is in memory to a run, and merges runs when there are enough of them.
    fn spill(&mut self) -> io::Result<()> {
        let mut writer = self.writer()?;
        self.buffer.sort();
        for row in self.buffer.rows() {
            writer.push(row)?;
        }
        self.buffer.clear();
        let mut run = writer.finish()?;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(runs) = self.levels.get_mut(level) else { break };
            runs.push(run);
            if runs.len() < FAN_IN {
                break;
            }
            let runs = std::mem::take(runs);
            run = self.merged(runs)?;
        }
        Ok(())
    }

    /// All that was pushed, in order.
    ///
    /// # Errors
    ///
    /// Files cannot be written, or read again.
    pub fn finish(mut self) -> io::Result<Sorted> {
        if self.levels.is_empty() {
            self.buffer.sort();
            return Ok(Sorted::InMemory { buffer: self.buffer, next: 0 });
        }
        self.spill()?;
        // Runs are merged in the place of what was sorted.
        self.buffer = Buffer::new(0);
        let mut runs: Vec<Run> = std::mem::take(&mut self.levels).into_iter().flatten().collect();
        while runs.len() > FAN_IN {
            // Those that were merged least come first, and are the smallest.
            let some = runs.drain(..FAN_IN).collect();
            runs.push(self.merged(some)?);
        }
        Ok(Sorted::InFiles(Merge::new(runs)?))
    }

    fn merged(&self, runs: Vec<Run>) -> io::Result<Run> {
        let mut writer = self.writer()?;
        let mut merge = Merge::new(runs)?;
        while let Some(row) = merge.next()? {
            writer.push(row)?;
        }
        writer.finish()
    }

    fn writer(&self) -> io::Result<RunWriter> {
        RunWriter::new(&self.folder, self.file_buffer)
    }
}

/// Gives byte strings in order.
#[derive(Debug)]
pub enum Sorted {
    /// There was room for all of them.
    InMemory {
        /// They.
        buffer: Buffer,
        /// The place of the next.
        next: usize,
    },
    /// There was not.
    InFiles(Merge),
}

impl Sorted {
    /// The next row; `None` after the last.
    ///
    /// # Errors
    ///
    /// Files cannot be read.
    pub fn next(&mut self) -> io::Result<Option<&[u8]>> {
        match self {
            Self::InMemory { buffer, next } => {
                *next += 1;
                Ok(buffer.row(*next - 1))
            }
            Self::InFiles(merge) => merge.next(),
        }
    }
}

/// Merges runs.
#[derive(Debug)]
pub struct Merge {
    /// The first row of each run that has one, the least on top.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    runs: Vec<Run>,
    row: Vec<u8>,
}

impl Merge {
    fn new(mut runs: Vec<Run>) -> io::Result<Self> {
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            let mut row = Vec::new();
            if run.next(&mut row)? {
                heads.push(Reverse((row, number)));
            }
        }
        Ok(Self { heads, runs, row: Vec::new() })
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((row, number)) = &mut *head;
        std::mem::swap(&mut self.row, row);
        let more = match self.runs.get_mut(*number) {
            Some(run) => run.next(row)?,
            None => false,
        };
        if !more {
            PeekMut::pop(head);
        }
        Ok(Some(&self.row))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// With room for a few rows only, so that runs are merged several times.
    fn sorted(rows: &[Vec<u8>], budget: usize) -> Vec<Vec<u8>> {
        let mut sorter = Sorter::new(&std::env::temp_dir(), budget);
        for row in rows {
            sorter.push(row).unwrap();
        }
        let mut sorted = sorter.finish().unwrap();
        let mut all = Vec::new();
        while let Some(row) = sorted.next().unwrap() {
            all.push(row.to_vec());
        }
        all
    }

    /// However much fits into memory, what comes out is what went in, in order.
    #[test]
    fn budgets_change_nothing() {
        let mut chance = fastrand::Rng::with_seed(7);
        let row = |_| (0..chance.usize(0..9)).map(|_| chance.u8(b'a'..=b'c')).collect();
        let rows: Vec<Vec<u8>> = (0..5_000).map(row).collect();
        let mut expected = rows.clone();
        expected.sort();
        for budget in [0, 40, 100, 1_000, 100_000] {
            assert_eq!(sorted(&rows, budget), expected, "{budget}");
        }
    }

    proptest! {
        #[test]
        fn any_rows_are_sorted(rows in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..200)) {
            let mut expected = rows.clone();
            expected.sort();
            prop_assert_eq!(sorted(&rows, 50), expected);
        }
    }

    /// A folder that cannot be written to is an error, and not a shorter answer.
    #[test]
    fn what_cannot_be_kept_is_told() {
        let mut sorter = Sorter::new(Path::new("/nowhere"), 0);
        sorter.push(b"a").unwrap();
        assert!(sorter.push(b"b").is_err());
    }
}
