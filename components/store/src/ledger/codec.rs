//! How top-ups look in Redis.

use super::contract::Entry;
use crate::Fault;
use crate::backend::{Reply, corrupt};
use farebox_money::Currency;
use farebox_records::stored::TopUp;

/// How an entry looks in the hash of its trip, under the number of its revision. The document comes last because it may
/// contain colons.
pub fn value(entry: &Entry) -> String {
    let Entry { top_up: TopUp { currency, amount, document }, billed_at } = entry;
    format!("{currency}:{amount}:{billed_at}:{document}")
}

/// Reads what [`value`] wrote. `None` when it is not there.
///
/// # Errors
///
/// It makes no sense.
pub fn entry(reply: Reply) -> Result<Option<Entry>, Fault> {
    let Some(value) = reply.into_iter().next().flatten() else { return Ok(None) };
    parse(&value).map(Some).ok_or_else(|| corrupt("ledger entry"))
}

fn parse(value: &str) -> Option<Entry> {
    let (currency, rest) = value.split_once(':')?;
    let (amount, rest) = rest.split_once(':')?;
    let (billed_at, document) = rest.split_once(':')?;
    let currency = Currency::from_code(currency)?;
    let top_up = TopUp { currency, amount: amount.parse().ok()?, document: document.to_owned() };
    Some(Entry { top_up, billed_at: billed_at.parse().ok()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn top_ups_survive_the_round_trip_or_are_called_corrupt() {
        for (amount, document, billed_at) in [(i64::MAX, "peak", -1), (1, "", 0), (7, "a:b:", i64::MIN)] {
            let top_up = TopUp { currency: Currency::from_code("CNY").unwrap(), amount, document: document.into() };
            let written = Entry { top_up, billed_at };
            assert_eq!(entry(vec![Some(value(&written))]), Ok(Some(written)));
        }
        assert_eq!(entry(vec![None]), Ok(None));
        assert_eq!(entry(vec![]), Ok(None));
        for nonsense in ["CNY:1.5:0:peak", "yen:1:0:peak", "CNY:1:0", "CNY", ""] {
            assert!(matches!(entry(vec![Some(nonsense.to_owned())]), Err(Fault::Other(_))), "{nonsense}");
        }
    }
}
