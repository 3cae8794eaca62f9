//! The numbers on a rate card.

use farebox_types::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A rate, amount or percentage on a card: decimal text, not negative, below 10^9, at most 6 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure(pub Decimal);

impl Figure {
    const MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let value = Value::deserialize(deserializer)?;
        let Value::String(text) = &value else {
            return Err(D::Error::custom(format!(
                "{value} is not a figure; write it as text, for example \"1.80\", so that it stays exact"
            )));
        };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let figure = Decimal::from_str_exact(text).ok().filter(|figure| plain && figure.scale() <= 6);
        figure.filter(|figure| *figure < Self::MAX).map(Figure).ok_or_else(|| {
            D::Error::custom(format!(
                "\"{text}\" is not a figure; give a number from 0 to below 1000000000 with at most 6 decimals, for example \"1.80\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(json: &str, expected: Option<&str>) {
        let actual = serde_json::from_str::<Figure>(json).ok();
        assert_eq!(actual.map(|figure| figure.0.to_string()).as_deref(), expected, "{json}");
    }

    /// No figure of a card passes through a float, and none is negative or absurd.
    #[test]
    fn figures() {
        check(r#""1.80""#, Some("1.80"));
        check(r#""0""#, Some("0"));
        check(r#""999999999.999999""#, Some("999999999.999999"));
        for bad in ["1.8", "2", r#""-1""#, r#""1e3""#, r#""""#, r#""1000000000""#, r#""0.0000001""#, r#""1_0""#, "null"]
        {
            check(bad, None);
        }
    }
}
