//! Costs of the ride that are passed on as they are.

use super::{Binding, Charge, Fee, OutOfRange};
use crate::price::Ride;
use farebox_types::read_part;
use serde::Deserialize;
use serde_json::Value;

/// `{"fact": "tolls"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassThrough {
    fact: Fact,
}

/// A cost that comes with the trip.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Fact {
    Tolls,
}

impl PassThrough {
    pub fn parse(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        read_part::<Self>(document, binding.pointer, binding.problems).map(|fee| Box::new(fee) as _)
    }
}

impl Fee for PassThrough {
    fn charges(&self, ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        let amount = match self.fact {
            Fact::Tolls => ride.trip.tolls,
        };
        Ok(vec![Charge::once(ride.currency.to_major(amount))])
    }
}
