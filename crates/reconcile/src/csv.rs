//! Payments in CSV, as banks and payroll systems write it (RFC 4180, with other delimiters too).
//!
//! What a reader could take for something else is refused, and what stands in one way only is taken however odd it is. Each of these
//! stands above those before it:
//!
//! - [`Delimiter`]
//! - `quotes`: where a row ends
//! - `rows`: rows of text
//! - `split`: the fields of a row
//! - `columns`, `layout`: what is said of a file
//! - `header`: where each column is
//! - `read`, here: payments

mod columns;
mod delimiter;
mod header;
mod layout;
mod quotes;
mod rows;
mod split;

pub use self::columns::{Column, Names};
pub use self::delimiter::Delimiter;
pub use self::layout::Layout;

use self::header::Header;
use self::rows::{Row, Rows};
use self::split::{Fields, Splitter};
use crate::amount::{self, Notation};
use crate::key::Key;
use crate::payment::Payment;
use farebox_document::excerpt;
use farebox_money::Currency;
use std::io::{self, BufRead};

/// A row of the file: its line, and the payment, or what is wrong.
pub(crate) type Read = (u64, Result<(Key, Payment), String>);

/// Hands over every row below the header, in order; only the header if it is wrong.
///
/// # Errors
///
/// The input cannot be read, or whoever takes rows fails.
pub(crate) fn read<E>(
    input: impl BufRead,
    layout: &Layout,
    unreadable: impl Fn(io::Error) -> E,
    mut take: impl FnMut(Read) -> Result<(), E>,
) -> Result<(), E> {
    let mut rows = Rows::new(input);
    let (line, header) = match rows.next(Delimiter::ALL).map_err(&unreadable)? {
        None => (1, Err("is empty; the first row has to be the header, with the names of the columns".to_owned())),
        Some((line, Row::Wrong(why))) => (line, Err(why)),
        Some((line, Row::Whole(row))) => (line, Header::read(row, layout)),
    };
    let header = match header {
        Ok(header) => header,
        Err(why) => return take((line, Err(why))),
    };
    let mut splitter = Splitter::new(header.delimiter());
    while let Some((line, row)) = rows.next(&[header.delimiter()]).map_err(&unreadable)? {
        let payment = match row {
            Row::Wrong(why) => Err(why),
            Row::Whole(row) => splitter.fields(row).and_then(|fields| payment(&fields, &header, layout.notation)),
        };
        take((line, payment))?;
    }
    Ok(())
}

/// What a row says.
fn payment(fields: &Fields<'_>, header: &Header, notation: Notation) -> Result<(Key, Payment), String> {
    if fields.len() != header.width() {
        return Err(format!(
            "has {} fields, and the header has {}; a field with a {} in it has to be in quotes",
            fields.len(),
            header.width(),
            header.delimiter().word()
        ));
    }
    let text =
        |column: Column| header.place(column).and_then(|at| fields.get(at)).unwrap_or_default().trim_matches(' ');
    let said = |column: Column| Some(text(column)).filter(|text| !text.is_empty()).map(str::to_owned);
    let key = Key::new(text(Column::City), text(Column::TripId), revision(text(Column::Revision))?)?;
    let code = text(Column::Currency);
    let currency = Currency::from_code(code)
        .ok_or_else(|| format!("currency is {}; it has to be one of ISO 4217 such as CNY", excerpt(code)))?;
    let amount = amount::read(text(Column::Amount), notation, currency)?;
    let (paid_at, reference, driver_id) = (said(Column::PaidAt), said(Column::Reference), said(Column::DriverId));
    Ok((key, Payment { currency, amount, paid_at, reference, driver_id }))
}

fn revision(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| format!("revision is {}; it has to be a whole number such as 1", excerpt(text)))
}

#[cfg(test)]
mod tests;
