//! Who bears what a bill comes to more or less when it is made again.

use crate::config::city::{PassengerRepair, Repair};
use farebox_money::{Currency, MinorUnits};

/// What the passenger is charged by a bill that was made again, in minor units: what is payable, and no more than the city lets it be more
/// than the `first` bill. The platform bears the rest. A bill that comes to less is always charged in full.
pub(super) fn charged(rules: &Repair, currency: Currency, first: MinorUnits, payable: MinorUnits) -> MinorUnits {
    let most_more = match rules.passenger {
        PassengerRepair::Full => return payable,
        // An amount that is none in this currency lets nothing be more.
        PassengerRepair::UpTo => rules.up_to.as_deref().and_then(|amount| currency.parse(amount).ok()).unwrap_or(0),
        PassengerRepair::NeverMore => 0,
    };
    payable.min(first.saturating_add(most_more.max(0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Nobody is charged more than the city allows, and nobody more than the bill comes to.
    #[test]
    fn passengers_are_charged() {
        let currency = Currency::from_code("CNY").unwrap();
        for (passenger, up_to, first, payable, expected) in [
            (PassengerRepair::NeverMore, None, 1_000, 1_200, 1_000),
            (PassengerRepair::NeverMore, None, 1_000, 800, 800),
            (PassengerRepair::NeverMore, Some("5.00"), 1_000, 1_200, 1_000),
            (PassengerRepair::UpTo, Some("1.50"), 1_000, 1_200, 1_150),
            (PassengerRepair::UpTo, Some("5.00"), 1_000, 1_200, 1_200),
            (PassengerRepair::UpTo, Some("5.00"), 1_000, 900, 900),
            (PassengerRepair::UpTo, Some("five"), 1_000, 1_200, 1_000),
            (PassengerRepair::UpTo, None, 1_000, 1_200, 1_000),
            (PassengerRepair::Full, None, 1_000, 1_200, 1_200),
            (PassengerRepair::Full, None, 1_000, 0, 0),
        ] {
            let rules = Repair { passenger, up_to: up_to.map(str::to_owned), ..Repair::default() };
            assert_eq!(
                charged(&rules, currency, first, payable),
                expected,
                "{passenger:?} {up_to:?} {first} {payable}"
            );
        }
    }
}
