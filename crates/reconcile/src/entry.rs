//! Records and payments as byte strings, whose order is that of the result: by city, trip and revision.
//!
//! An entry begins with its key: the city and the trip, each with a zero behind it, which neither can have, and the revision. Of a
//! record its text follows, so that equal ones are neighbours, and then where it stands; of a payment where it stands, and then what it
//! says.

use crate::key::Key;
use crate::payment::Payment;
use crate::place::Place;
use farebox_money::{Currency, MinorUnits};
use farebox_records::TopUpRecord;
use std::io;
use std::sync::Arc;

/// How many bytes say where something stands: which file, and which line.
const PLACE_BYTES: usize = 4 + 8;

/// What a payment says but its key, in order of its fields.
type Said = (Currency, MinorUnits, Option<String>, Option<String>, Option<String>);

/// Puts the entry of a record in the place of `entry`.
///
/// # Errors
///
/// It cannot be JSON.
pub fn write_owed(entry: &mut Vec<u8>, key: &Key, record: &TopUpRecord, file: u32, line: u64) -> io::Result<()> {
    write_key(entry, key);
    serde_json::to_writer(&mut *entry, record)?;
    write_place(entry, file, line);
    Ok(())
}

/// Puts the entry of a payment in the place of `entry`.
///
/// # Errors
///
/// It cannot be JSON.
pub fn write_paid(entry: &mut Vec<u8>, key: &Key, payment: Payment, file: u32, line: u64) -> io::Result<()> {
    let Payment { currency, amount, paid_at, reference, driver_id } = payment;
    let said: Said = (currency, amount, paid_at, reference, driver_id);
    write_key(entry, key);
    write_place(entry, file, line);
    Ok(serde_json::to_writer(entry, &said)?)
}

fn write_key(entry: &mut Vec<u8>, key: &Key) {
    entry.clear();
    for part in [&key.city, &key.trip_id] {
        entry.extend_from_slice(part.as_bytes());
        entry.push(0);
    }
    entry.extend_from_slice(&key.revision.to_be_bytes());
}

fn write_place(entry: &mut Vec<u8>, file: u32, line: u64) {
    entry.extend_from_slice(&file.to_be_bytes());
    entry.extend_from_slice(&line.to_be_bytes());
}

/// The key of an entry, as bytes in its order, and the rest of it.
///
/// # Errors
///
/// It is none that was written.
pub fn split(entry: &[u8]) -> io::Result<(&[u8], &[u8])> {
    let zeros = entry.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(at, _)| at + 1);
    zeros.take(2).nth(1).and_then(|at| entry.split_at_checked(at + size_of::<u32>())).ok_or_else(damaged)
}

/// The key that its bytes are.
///
/// # Errors
///
/// They are none that were written.
pub fn read_key(bytes: &[u8]) -> io::Result<Key> {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().ok_or_else(damaged);
    let (city, trip_id, revision) = (part()?, part()?, part()?);
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| damaged());
    let revision = u32::from_be_bytes(revision.try_into().map_err(|_| damaged())?);
    Ok(Key { city: text(city)?, trip_id: text(trip_id)?, revision })
}

/// The text of a record, out of the rest of its entry, and where it stands.
///
/// # Errors
///
/// It is none that was written.
pub fn read_owed<'e>(rest: &'e [u8], files: &[Arc<str>]) -> io::Result<(&'e [u8], Place)> {
    let at = rest.len().checked_sub(PLACE_BYTES).ok_or_else(damaged)?;
    let (text, place) = rest.split_at_checked(at).ok_or_else(damaged)?;
    Ok((text, read_place(place, files)?))
}

/// What a record says.
///
/// # Errors
///
/// It is none that was written.
pub fn read_record(text: &[u8]) -> io::Result<TopUpRecord> {
    let text = std::str::from_utf8(text).map_err(|_| damaged())?;
    TopUpRecord::read(text).map_err(|_| damaged())
}

/// A payment, out of the rest of its entry, and where it stands.
///
/// # Errors
///
/// It is none that was written.
pub fn read_paid(rest: &[u8], files: &[Arc<str>]) -> io::Result<(Payment, Place)> {
    let (place, said) = rest.split_at_checked(PLACE_BYTES).ok_or_else(damaged)?;
    let (currency, amount, paid_at, reference, driver_id): Said = serde_json::from_slice(said)?;
    Ok((Payment { currency, amount, paid_at, reference, driver_id }, read_place(place, files)?))
}

fn read_place(bytes: &[u8], files: &[Arc<str>]) -> io::Result<Place> {
    let (file, line) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let line = u64::from_be_bytes(line.try_into().map_err(|_| damaged())?);
    let file = usize::try_from(u32::from_be_bytes(*file)).ok().and_then(|file| files.get(file));
    Ok(Place { file: Arc::clone(file.ok_or_else(damaged)?), line })
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it reads otherwise than it was written")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = Key> {
        ("[a-c1_-]{1,4}", "[A-Ca-c0-9._:~-]{1,4}", 1_u32..600).prop_map(|(city, trip_id, revision)| Key {
            city,
            trip_id,
            revision,
        })
    }

    proptest! {
        /// Keys have one order, as bytes as by their parts, and read back.
        #[test]
        fn keys_keep_their_order(one in key(), other in key()) {
            let bytes = [&one, &other].map(|key| {
                let mut entry = Vec::new();
                write_key(&mut entry, key);
                entry
            });
            prop_assert_eq!(bytes[0].cmp(&bytes[1]), one.cmp(&other));
            prop_assert_eq!(read_key(&bytes[0]).unwrap(), one);
        }

        /// A payment reads back, wherever it stands.
        #[test]
        fn payments_read_back(key in key(), amount: i64, said: Option<String>, line: u64) {
            let files: Vec<Arc<str>> = vec!["a".into(), "b".into()];
            let (currency, paid_at) = (Currency::from_code("KWD").unwrap(), said.clone());
            let payment = Payment { currency, amount, paid_at, reference: None, driver_id: said };
            let mut entry = Vec::new();
            write_paid(&mut entry, &key, payment.clone(), 1, line).unwrap();
            let (bytes, rest) = split(&entry).unwrap();
            prop_assert_eq!(read_key(bytes).unwrap(), key);
            let place = Place { file: "b".into(), line };
            prop_assert_eq!(read_paid(rest, &files).unwrap(), (payment, place));
        }

        /// What a disk has changed is an error.
        #[test]
        fn damage_stops_nothing(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let files: Vec<Arc<str>> = vec!["a".into()];
            if let Ok((key, rest)) = split(&bytes) {
                drop(read_key(key));
                drop(read_paid(rest, &files));
                drop(read_owed(rest, &files).and_then(|(text, _)| read_record(text)));
            }
        }
    }
}
