//! Puts together what was said of each key.

use crate::entry;
use crate::finding::{Class, Finding, MOST_OF_A_KEY, Owed, Paid};
use crate::sort::Sorted;
use crate::tally::Tally;
use std::io;
use std::sync::Arc;

/// Entries in order, the next one at hand.
struct Entries {
    sorted: Sorted,
    /// Empty after the last: no entry is.
    next: Vec<u8>,
}

impl Entries {
    fn new(sorted: Sorted) -> io::Result<Self> {
        let mut entries = Self { sorted, next: Vec::new() };
        entries.advance()?;
        Ok(entries)
    }

    fn advance(&mut self) -> io::Result<()> {
        self.next.clear();
        if let Some(entry) = self.sorted.next()? {
            self.next.extend_from_slice(entry);
        }
        Ok(())
    }

    fn key(&self) -> io::Result<Option<&[u8]>> {
        if self.next.is_empty() { Ok(None) } else { entry::split(&self.next).map(|(key, _)| Some(key)) }
    }

    /// The rest of the next entry, if it is of this key.
    fn of(&self, key: &[u8]) -> io::Result<Option<&[u8]>> {
        if self.next.is_empty() {
            return Ok(None);
        }
        let (its, rest) = entry::split(&self.next)?;
        Ok(Some(rest).filter(|_| its == key))
    }
}

/// Goes through the ledger and the payments side by side. One key is in memory at a time.
pub(crate) struct Groups {
    owed: Entries,
    paid: Entries,
    files: Vec<Arc<str>>,
    key: Vec<u8>,
    text: Vec<u8>,
    repeated: Tally,
}

impl Groups {
    /// # Errors
    ///
    /// What was kept cannot be read.
    pub fn new(owed: Sorted, paid: Sorted, files: Vec<Arc<str>>) -> io::Result<Self> {
        let (owed, paid) = (Entries::new(owed)?, Entries::new(paid)?);
        Ok(Self { owed, paid, files, key: Vec::new(), text: Vec::new(), repeated: Tally::default() })
    }

    /// What became of the next key, in order; `None` after the last.
    ///
    /// # Errors
    ///
    /// What was kept cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Finding>> {
        let first = match (self.owed.key()?, self.paid.key()?) {
            (Some(owed), Some(paid)) => owed.min(paid),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return Ok(None),
        };
        self.key.clear();
        self.key.extend_from_slice(first);
        let (owed, more_owed) = self.owed()?;
        let (paid, more_paid) = self.paid()?;
        let (class, key) = (Class::of(&owed, &paid), entry::read_key(&self.key)?);
        Ok(Some(Finding { class, key, owed, paid, more_owed, more_paid }))
    }

    /// The records that say what one before them says, as far as keys were gone through.
    pub fn repeated(&self) -> &Tally {
        &self.repeated
    }

    /// The different records of the key. Equal ones follow each other.
    fn owed(&mut self) -> io::Result<(Vec<Owed>, Tally)> {
        let (mut owed, mut more) = (Vec::new(), Tally::default());
        self.text.clear();
        while let Some(rest) = self.owed.of(&self.key)? {
            let (text, place) = entry::read_owed(rest, &self.files)?;
            let record = entry::read_record(text)?;
            if text == self.text {
                self.repeated.add(record.currency, record.amount);
            } else if owed.len() < MOST_OF_A_KEY {
                owed.push(Owed { place, record });
            } else {
                more.add(record.currency, record.amount);
            }
            self.text.clear();
            self.text.extend_from_slice(text);
            self.owed.advance()?;
        }
        Ok((owed, more))
    }

    fn paid(&mut self) -> io::Result<(Vec<Paid>, Tally)> {
        let (mut paid, mut more) = (Vec::new(), Tally::default());
        while let Some(rest) = self.paid.of(&self.key)? {
            let (payment, place) = entry::read_paid(rest, &self.files)?;
            if paid.len() < MOST_OF_A_KEY {
                paid.push(Paid { place, payment });
            } else {
                more.add(payment.currency, payment.amount);
            }
            self.paid.advance()?;
        }
        Ok((paid, more))
    }
}
