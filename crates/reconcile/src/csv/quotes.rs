//! Where a row ends: at the end of a line, unless that is within quotes.

use super::delimiter::Delimiter;

/// What a line is to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its end.
    Here,
    /// There is more: the line ends within quotes.
    Later,
    /// It says something that readers of CSV do not agree on. Says what.
    Wrong(&'static str),
}

/// Goes through the bytes of a row.
#[derive(Debug, Default)]
pub struct Quotes(At);

#[derive(Clone, Copy, Debug, Default)]
enum At {
    /// The beginning of a field.
    #[default]
    Begin,
    /// A field without quotes.
    Bare,
    /// Within quotes.
    Quoted,
    /// Behind a quote within quotes: it ends them, or another one follows, and both stand for one.
    Behind,
}

const STRAY_QUOTE: &str =
    "has a quote in a field that is not in quotes; put the field in quotes, and each quote in it twice";
const STRAY_TEXT: &str = "has text behind a quote that ends a field; a quote in a field has to be there twice";
const STRAY_RETURN: &str = "has a carriage return that ends no line; lines have to end with a line feed, or with both";

impl Quotes {
    /// Takes a line of the row, without its end.
    pub fn line(&mut self, text: &[u8], delimiters: &[Delimiter]) -> End {
        let is_delimiter = |byte: u8| delimiters.iter().any(|delimiter| delimiter.byte() == byte);
        for byte in text.iter().copied() {
            self.0 = match (self.0, byte) {
                (At::Quoted, b'"') => At::Behind,
                (At::Quoted, _) | (At::Begin | At::Behind, b'"') => At::Quoted,
                (_, byte) if is_delimiter(byte) => At::Begin,
                (_, b'\r') => return End::Wrong(STRAY_RETURN),
                (At::Bare, b'"') => return End::Wrong(STRAY_QUOTE),
                (At::Behind, _) => return End::Wrong(STRAY_TEXT),
                (At::Begin | At::Bare, _) => At::Bare,
            };
        }
        if matches!(self.0, At::Quoted) { End::Later } else { End::Here }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end() {
        for (lines, expected) in [
            (["a,b", ""].as_slice(), [End::Here, End::Here].as_slice()),
            (&["\"a\",\"b\""], &[End::Here]),
            (&["\"a\"\"\",b"], &[End::Here]),
            (&["\"a", "b\",c"], &[End::Later, End::Here]),
            (&["\"\"\"", "\""], &[End::Later, End::Here]),
            (&["a;\"b"], &[End::Wrong(STRAY_QUOTE)]),
            (&["5\" pipe"], &[End::Wrong(STRAY_QUOTE)]),
            (&[" \"a\""], &[End::Wrong(STRAY_QUOTE)]),
            (&["\"a\"b"], &[End::Wrong(STRAY_TEXT)]),
            (&["a\rb"], &[End::Wrong(STRAY_RETURN)]),
            (&["\"a\rb\""], &[End::Here]),
        ] {
            let mut quotes = Quotes::default();
            let ends: Vec<End> = lines.iter().map(|line| quotes.line(line.as_bytes(), &[Delimiter::Comma])).collect();
            assert_eq!(ends, expected, "{lines:?}");
        }
    }
}
