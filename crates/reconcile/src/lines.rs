//! Lines of an input that may be anything, in bounded memory.

use std::io::{self, BufRead};

/// The longest line, in bytes: a hundred times what a record takes.
pub const MOST_LINE_BYTES: usize = 1 << 16;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads lines one by one.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    number: u64,
    text: Vec<u8>,
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'l> {
    /// Its number, counted from 1.
    pub number: u64,
    /// What it says, without its end and, if it is the first, without a byte order mark. `None` when it is longer than
    /// [`MOST_LINE_BYTES`].
    pub text: Option<&'l [u8]>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, number: 0, text: Vec::new() }
    }

    /// The next line; `None` after the last.
    ///
    /// # Errors
    ///
    /// The input cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.text.clear();
        let Some(whole) = self.fill()? else { return Ok(None) };
        self.number += 1;
        let text = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| self.number == 1).unwrap_or(text);
        Ok(Some(Line { number: self.number, text: whole.then_some(text) }))
    }

    /// Takes the bytes of a line, its end with it. Whether that was all of it; `None` when there is no line.
    fn fill(&mut self) -> io::Result<Option<bool>> {
        let (mut taken, mut whole) = (false, true);
        loop {
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                return Ok(taken.then_some(whole));
            }
            taken = true;
            let end = buffer.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
            let length = end.unwrap_or(buffer.len());
            whole &= self.text.len() + length <= MOST_LINE_BYTES;
            if whole {
                self.text.extend_from_slice(buffer.get(..length).unwrap_or_default());
            }
            self.input.consume(length);
            if end.is_some() {
                return Ok(Some(whole));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::BufReader;

    fn read(text: &[u8]) -> Vec<(u64, Option<String>)> {
        // A buffer that ends in the middle of everything.
        let mut lines = Lines::new(BufReader::with_capacity(3, text));
        let mut read = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            read.push((line.number, line.text.map(|text| String::from_utf8(text.to_vec()).unwrap())));
        }
        read
    }

    /// Every line is there under its own number, whatever it ends with, and one that is too long holds up no other.
    #[test]
    fn lines_are_read() {
        assert_eq!(read(b""), []);
        let some = |number: u64, text: &str| (number, Some(text.to_owned()));
        let mark = [BYTE_ORDER_MARK, b"a\r\n\nb\rc\n", BYTE_ORDER_MARK, b"d"].concat();
        assert_eq!(read(&mark), [some(1, "a"), some(2, ""), some(3, "b\rc"), some(4, "\u{feff}d")]);
        let long = [&vec![b'x'; MOST_LINE_BYTES], b"\ny".as_slice()].concat();
        assert_eq!(read(&long), [(1, None), some(2, "y")]);
    }
}
