//! How top-ups look in Redis.

use super::contract::TopUp;
use crate::backend::Record;

impl Record for TopUp {
    const NAME: &'static str = "ledger entry";
    const FIELDS: &'static [&'static str] = &["currency", "top-up", "scenario", "billed-at"];

    fn values(&self) -> Vec<String> {
        vec![self.currency.clone(), self.amount.to_string(), self.scenario.clone(), self.billed_at.to_string()]
    }

    fn from_values(values: Vec<String>) -> Option<Self> {
        let [currency, amount, scenario, billed_at] = values.try_into().ok()?;
        Some(Self { currency, amount: amount.parse().ok()?, scenario, billed_at: billed_at.parse().ok()? })
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
    fn top_ups_survive_the_round_trip_or_are_called_corrupt() {
        let top_up = TopUp { currency: "CNY".into(), amount: i64::MAX, scenario: "peak".into(), billed_at: -1 };
        assert_eq!(record(top_up.values().into_iter().map(Some).collect()), Ok(Some(top_up)));
        assert!(matches!(record::<TopUp>(reply(&["CNY", "1.5", "peak", "0"])), Err(Fault::Other(_))));
    }
}
