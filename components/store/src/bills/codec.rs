//! How bills look in Redis.

use super::contract::StoredBill;
use crate::backend::Record;

impl Record for StoredBill {
    const NAME: &'static str = "bill";
    const FIELDS: &'static [&'static str] = &["request", "document"];

    fn values(&self) -> Vec<String> {
        vec![self.fingerprint.clone(), self.document.clone()]
    }

    fn from_values(values: Vec<String>) -> Option<Self> {
        let [fingerprint, document] = values.try_into().ok()?;
        Some(Self { fingerprint, document })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Fault;
    use crate::backend::{Reply, record};

    fn reply(words: &[&str]) -> Reply {
        words.iter().map(|word| (*word != "nil").then(|| (*word).to_owned())).collect()
    }

    #[test]
    fn bills_survive_the_round_trip_or_are_called_corrupt() {
        let bill = StoredBill { fingerprint: String::new(), document: "{\"价\": \"9.60\"}".into() };
        let is_other = |result| matches!(result, Err(Fault::Other(_)));
        assert_eq!(record(bill.values().into_iter().map(Some).collect()), Ok(Some(bill)));
        assert_eq!(record::<StoredBill>(reply(&["nil", "nil"])), Ok(None));
        assert!(is_other(record::<StoredBill>(reply(&["a", "nil"]))));
        assert!(is_other(record::<StoredBill>(reply(&["a", "b", "c"]))));
    }
}
