//! The ledger: a record of a top-up on each line.

use crate::key::Key;
use crate::lines::{Line, Lines, MOST_LINE_BYTES};
use farebox_document::excerpt;
use farebox_money::Currency;
use farebox_records::{ReadError, TopUpRecord};
use serde::Deserialize;
use std::io::{self, BufRead};

/// A line of the ledger, and the record, or what is wrong.
pub(crate) type Read = (u64, Result<(Key, TopUpRecord), String>);

/// Hands over every line that is not blank, in order.
///
/// # Errors
///
/// The input cannot be read, or whoever takes lines fails.
pub(crate) fn read<E>(
    input: impl BufRead,
    unreadable: impl Fn(io::Error) -> E,
    mut take: impl FnMut(Read) -> Result<(), E>,
) -> Result<(), E> {
    let mut lines = Lines::new(input);
    while let Some(Line { number, text }) = lines.next().map_err(&unreadable)? {
        match text {
            None => take((number, Err(format!("is longer than {MOST_LINE_BYTES} bytes; it has to be one record"))))?,
            Some(text) if text.trim_ascii().is_empty() => {}
            Some(text) => take((number, record(text)))?,
        }
    }
    Ok(())
}

/// What a line says.
pub(crate) fn record(line: &[u8]) -> Result<(Key, TopUpRecord), String> {
    let text = std::str::from_utf8(line).map_err(|_| "is not UTF-8; it has to be a record as Farebox writes it")?;
    let record = TopUpRecord::read(text).map_err(|error| wrong_amount(text).unwrap_or_else(|| unreadable(error)))?;
    let key = Key::new(&record.city, &record.trip_id, record.revision)?;
    Ok((key, record))
}

fn unreadable(error: ReadError) -> String {
    match error {
        // The document is a line of another one, whose number is told.
        ReadError::Unreadable(why) => {
            format!("is no record of a top-up: {}", why.replace(" at line 1 column ", " at column "))
        }
        ReadError::Contradiction(why) => format!("contradicts itself: {why}; amount has to be something"),
    }
}

/// An amount is right or wrong together with its currency, so readers of single fields take neither for wrong.
fn wrong_amount(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Amount {
        currency: Currency,
        amount: String,
    }
    let Amount { currency, amount } = serde_json::from_str(text).ok()?;
    let right = format!("it has to be in plain digits, with {} decimals at most", currency.exponent());
    currency.parse(&amount).err().map(|_| format!("amount is {} {currency}; {right}", excerpt(&amount)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const TOP_UP: &str = r#"{"format":"farebox-top-up/1","trip_id":"t","city":"110000","revision":1,"currency":"CNY","amount":"6.35","scenario":"express-27","policy":"ef","driver_id":"d","billed_at":"2019-07-11T01:15:00Z"}"#;

    fn told(text: &[u8]) -> Vec<Read> {
        let mut told = Vec::new();
        let take = |line| {
            told.push(line);
            Ok(())
        };
        read(text, |error| error, take).unwrap();
        told
    }

    /// Every line that is no record is told with its number and what would be right.
    #[test]
    fn what_is_wrong_is_told() {
        for (right, wrong, why) in [
            ("top-up/1", "top-up/2", "/format"),
            ("6.35", "6.355", "amount is \"6.355\" CNY; it has to be in plain digits, with 2 decimals at most"),
            ("6.35", "6,35", "amount is \"6,35\" CNY"),
            (r#""6.35""#, "6.35", "/amount"),
            ("6.35", "0.00", "amount has to be something"),
            (r#""revision":1"#, r#""revision":-1"#, "/revision"),
            (r#""revision":1"#, r#""revision":0"#, "revisions are counted from 1"),
            (r#""trip_id":"t""#, r#""trip_id":"a b""#, "trip_id is \"a b\"; it has to be 1 to 128"),
            (r#""city":"110000""#, r#""city":"""#, "city is"),
            (r#""trip_id":"t","#, "", "trip_id"),
            (r#""policy":"ef","#, r#""policy":"ef","paid":true,"#, "/paid"),
            ("}", "", "not JSON"),
        ] {
            let text = format!("{TOP_UP}\n\n{}\n{TOP_UP}", TOP_UP.replace(right, wrong));
            let told = told(text.as_bytes());
            let lines: Vec<u64> = told.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [1, 3, 4], "{wrong}");
            assert!(told[0].1.is_ok() && told[2].1.is_ok());
            let said = told[1].1.as_ref().unwrap_err();
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }

    proptest! {
        /// No bytes stop anything, and none are passed over but blanks.
        #[test]
        fn anything_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let told = told(&bytes);
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| {
                !line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii().is_empty()
            });
            prop_assert_eq!(told.len(), lines.count());
            prop_assert!(told.iter().all(|(_, record)| record.is_err()));
        }
    }
}
