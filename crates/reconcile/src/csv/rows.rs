//! Rows of text.

use super::delimiter::Delimiter;
use super::quotes::{End, Quotes};
use crate::lines::{Line, Lines, MOST_LINE_BYTES};
use std::io::{self, BufRead};

/// Reads rows one by one.
#[derive(Debug)]
pub struct Rows<R> {
    lines: Lines<R>,
    row: Vec<u8>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row<'r> {
    /// What it says, with a line feed for each end of a line in it.
    Whole(&'r str),
    /// It cannot be read. Says what is wrong, and what would be right.
    Wrong(String),
}

/// The longest row, in bytes.
const MOST_ROW_BYTES: usize = MOST_LINE_BYTES;

impl<R: BufRead> Rows<R> {
    pub fn new(input: R) -> Self {
        Self { lines: Lines::new(input), row: Vec::new() }
    }

    /// The next row that is not blank, with the number of the line on which it begins; `None` after the last.
    ///
    /// # Errors
    ///
    /// The input cannot be read.
    pub fn next(&mut self, delimiters: &[Delimiter]) -> io::Result<Option<(u64, Row<'_>)>> {
        let mut quotes = Quotes::default();
        let mut first = None;
        self.row.clear();
        loop {
            let Some(Line { number, text }) = self.lines.next()? else {
                return Ok(first.map(|line| (line, Row::Wrong("opens a quote that nothing closes".to_owned()))));
            };
            let line = *first.get_or_insert(number);
            let Some(text) = text.filter(|text| self.row.len() + text.len() < MOST_ROW_BYTES) else {
                let why = if line == number { "is longer than" } else { "opens a quote that nothing closes within" };
                return Ok(Some((line, Row::Wrong(format!("{why} {MOST_ROW_BYTES} bytes")))));
            };
            if line == number && text.iter().all(|byte| *byte == b' ') {
                first = None;
                continue;
            }
            self.row.extend_from_slice(text);
            match quotes.line(text, delimiters) {
                End::Here => break,
                End::Later => self.row.push(b'\n'),
                End::Wrong(why) => return Ok(Some((line, Row::Wrong(why.to_owned())))),
            }
        }
        let row =
            std::str::from_utf8(&self.row).map_or_else(|error| Row::Wrong(not_utf8(&self.row, &error)), Row::Whole);
        Ok(first.map(|line| (line, row)))
    }
}

/// What spreadsheets of other days write is Latin-1, and sometimes UTF-16. Which one cannot be seen for sure, so nothing is guessed.
fn not_utf8(row: &[u8], error: &std::str::Utf8Error) -> String {
    let byte = row.get(error.valid_up_to()).copied().unwrap_or_default();
    format!(
        "has a byte {byte:#04x}, so the file is not UTF-8; save it as that, or convert it: iconv -f ISO-8859-1 -t UTF-8"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, Result<String, String>)> {
        let mut rows = Rows::new(text);
        let mut read = Vec::new();
        while let Some((line, row)) = rows.next(&[Delimiter::Comma]).unwrap() {
            read.push(match row {
                Row::Whole(text) => (line, Ok(text.to_owned())),
                Row::Wrong(why) => (line, Err(why)),
            });
        }
        read
    }

    /// A row has the number of its first line, whatever came before it.
    #[test]
    fn rows_have_their_lines() {
        let whole = |line: u64, text: &str| (line, Ok(text.to_owned()));
        let expected = [whole(3, "a,b"), whole(4, "\"c\n\nd\",e"), whole(8, "f,g")];
        assert_eq!(read(b"\r\n \na,b\r\n\"c\r\n\r\nd\",e\r\n\nf,g"), expected);
    }

    /// What is wrong with one row takes no other with it, as far as anybody can tell where it ends.
    #[test]
    fn one_wrong_row_is_one() {
        let found = read(b"a\"b,c\n\xFC,d\ne,f\n\"g");
        let lines: Vec<(u64, bool)> = found.iter().map(|(line, row)| (*line, row.is_ok())).collect();
        assert_eq!(lines, [(1, false), (2, false), (3, true), (4, false)]);
        assert!(found[1].1.as_ref().unwrap_err().contains("0xfc"));
        assert!(found[3].1.as_ref().unwrap_err().contains("nothing closes"));
        let endless = [b"\"a\n".as_slice(), &b"b,c\n".repeat(MOST_ROW_BYTES / 2)].concat();
        let found = read(&endless);
        assert!(found[0].1.as_ref().unwrap_err().contains("nothing closes within"));
        assert!(found.iter().skip(1).all(|(_, row)| row.as_deref() == Ok("b,c")));
    }
}
