//! The fields of a row.

use super::delimiter::Delimiter;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Takes rows apart, each into the space of the one before.
pub struct Splitter {
    reader: Reader,
    delimiter: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// The fields of a row, without their quotes.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'s> {
    text: &'s str,
    ends: &'s [usize],
}

impl Splitter {
    pub fn new(delimiter: Delimiter) -> Self {
        let delimiter = delimiter.byte();
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, delimiter, text: Vec::new(), ends: Vec::new() }
    }

    /// The fields of a row whose quotes are where they may be.
    ///
    /// # Errors
    ///
    /// It is not one row.
    pub fn fields(&mut self, row: &str) -> Result<Fields<'_>, String> {
        let row = row.as_bytes();
        let most = row.iter().filter(|byte| **byte == self.delimiter).count() + 1;
        self.text.resize(row.len(), 0);
        self.ends.resize(most, 0);
        self.reader.reset();
        let (mut taken, mut written, mut ended) = (0, 0, 0);
        loop {
            let (result, input, output, ends) = self.reader.read_record(
                row.get(taken..).unwrap_or_default(),
                self.text.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(ended..).unwrap_or_default(),
            );
            (taken, written, ended) = (taken + input, written + output, ended + ends);
            match result {
                // Asked again with nothing, it takes that for the end.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record if taken == row.len() => break,
                _ => return Err("is not one row".to_owned()),
            }
        }
        let text = self.text.get(..written).and_then(|text| std::str::from_utf8(text).ok());
        let text = text.ok_or("is not UTF-8")?;
        Ok(Fields { text, ends: self.ends.get(..ended).unwrap_or_default() })
    }
}

impl<'s> Fields<'s> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// One of them, counted from 0.
    pub fn get(&self, at: usize) -> Option<&'s str> {
        let begin = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(begin..*self.ends.get(at)?)
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = &'s str> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_are_taken_apart() {
        let mut splitter = Splitter::new(Delimiter::Semicolon);
        for (row, expected) in [
            ("a;b,c;d", ["a", "b,c", "d"].as_slice()),
            ("\"a;\"\"b\"\"\";;c\n", &["a;\"b\"", "", "c"]),
            ("\"\n\n\"", &["\n\n"]),
            (";", &["", ""]),
            ("ü", &["ü"]),
            ("\"\"", &[""]),
        ] {
            let fields: Vec<&str> = splitter.fields(row).unwrap().iter().collect();
            assert_eq!(fields, expected, "{row:?}");
        }
        assert!(splitter.fields("a\nb").is_err());
    }
}
