//! A reconciliation, from its inputs to what they come to.

use crate::csv::{self, Layout};
use crate::entry;
use crate::error::Error;
use crate::finding::Finding;
use crate::groups::Groups;
use crate::ledger;
use crate::place::Place;
use crate::refused::Refused;
use crate::sort::{Sorted, Sorter};
use crate::summary::{Adding, Sides, Summary};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes of the ledger, and as many of the payments, are in memory at once.
pub const MEMORY_BYTES: usize = 8 << 20;

/// The ledger and the payments, as far as they were read.
#[derive(Debug)]
pub struct Reconciliation {
    scratch: PathBuf,
    /// What inputs are called, in the order in which they were read.
    files: Vec<Arc<str>>,
    owed: Sorter,
    paid: Sorter,
    read: Sides,
    refused: Refused,
    /// The space of one entry.
    entry: Vec<u8>,
}

/// How a reconciliation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Lines cannot be used, so nothing was reconciled.
    Refused(Refused),
    /// All keys were gone through.
    Reconciled(Summary),
}

impl Reconciliation {
    /// One that keeps what does not fit into [`MEMORY_BYTES`] in files without names in `scratch`.
    pub fn new(scratch: &Path) -> Self {
        Self::with_memory(scratch, MEMORY_BYTES)
    }

    /// The same with another limit for each of its two inputs, in bytes. However small it is, the result is the same.
    pub fn with_memory(scratch: &Path, bytes: usize) -> Self {
        Self {
            scratch: scratch.to_owned(),
            files: Vec::new(),
            owed: Sorter::new(scratch, bytes),
            paid: Sorter::new(scratch, bytes),
            read: Sides::default(),
            refused: Refused::default(),
            entry: Vec::new(),
        }
    }

    /// Takes a file of the ledger in; `name` is what it is called. Lines that are no records are noted, for the end.
    ///
    /// # Errors
    ///
    /// It cannot be read, or not kept.
    pub fn ledger(&mut self, name: &str, input: impl BufRead) -> Result<(), Error> {
        let (number, file) = self.name(name);
        ledger::read(input, unreadable(name), |(line, record)| {
            match record {
                Err(why) => self.refused.add(Place { file: Arc::clone(&file), line }, why),
                Ok((key, record)) => {
                    self.read.owed.add(record.currency, record.amount);
                    if self.refused.is_empty() {
                        let written = entry::write_owed(&mut self.entry, &key, &record, number, line);
                        written.and_then(|()| self.owed.push(&self.entry)).map_err(|why| unkept(&self.scratch, why))?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Takes a file of payments in; `name` is what it is called. Rows that are no payments are noted, for the end.
    ///
    /// # Errors
    ///
    /// It cannot be read, or not kept.
    pub fn payments(&mut self, name: &str, input: impl BufRead, layout: &Layout) -> Result<(), Error> {
        let (number, file) = self.name(name);
        csv::read(input, layout, unreadable(name), |(line, row)| {
            match row {
                Err(why) => self.refused.add(Place { file: Arc::clone(&file), line }, why),
                Ok((key, payment)) => {
                    self.read.paid.add(payment.currency, payment.amount);
                    if self.refused.is_empty() {
                        let written = entry::write_paid(&mut self.entry, &key, payment, number, line);
                        written.and_then(|()| self.paid.push(&self.entry)).map_err(|why| unkept(&self.scratch, why))?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Hands over what became of each key, by city, trip and revision, and says what all of it comes to. Nothing is handed over when lines
    /// were refused.
    ///
    /// # Errors
    ///
    /// What was kept cannot be read again, a sum is too large or not proven, or whoever is told fails. What was told until then is not all.
    pub fn finish<E: From<Error>>(self, mut tell: impl FnMut(&Finding) -> Result<(), E>) -> Result<Outcome, E> {
        let Self { scratch, files, owed, paid, read, refused, .. } = self;
        if !refused.is_empty() {
            return Ok(Outcome::Refused(refused));
        }
        let kept = |why: io::Error| unkept(&scratch, why);
        let sorted = || -> io::Result<(Sorted, Sorted)> { Ok((owed.finish()?, paid.finish()?)) };
        let (owed, paid) = sorted().map_err(kept)?;
        let mut groups = Groups::new(owed, paid, files).map_err(kept)?;
        let mut adding = Adding::default();
        while let Some(finding) = groups.next().map_err(kept)? {
            adding.add(&finding);
            tell(&finding)?;
        }
        Ok(Outcome::Reconciled(adding.prove(&read, groups.repeated())?))
    }

    /// Gives an input its number.
    fn name(&mut self, name: &str) -> (u32, Arc<str>) {
        let file: Arc<str> = name.into();
        self.files.push(Arc::clone(&file));
        // No command line has room for more.
        (u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX), file)
    }
}

fn unreadable(file: &str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Input { file: file.to_owned(), source }
}

fn unkept(scratch: &Path, source: io::Error) -> Error {
    Error::Scratch { folder: scratch.to_owned(), source }
}
