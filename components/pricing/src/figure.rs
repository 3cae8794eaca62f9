//! The numbers on a rate card.

use farebox_document::Problems;
use farebox_money::{Currency, Decimal, MinorUnits};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// A rate, amount or percentage on a card: decimal text, not negative, below 10^9, at most 6 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure(pub Decimal);

impl Figure {
    const MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

    /// The amount in a currency. `None` when it has more decimals than that, which is noted under `pointer`.
    pub fn amount(self, currency: Currency, pointer: &str, problems: &mut Problems) -> Option<MinorUnits> {
        let amount = currency.parse(&self.0.to_string());
        if amount.is_err() {
            let exponent = currency.exponent();
            let message = format!("{} cannot be paid in {currency}; use at most {exponent} decimals", self.0);
            problems.add(pointer, "too-precise", message);
        }
        amount.ok()
    }
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
        let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digit(text.as_bytes().first())
            && digit(text.as_bytes().last());
        let figure = Decimal::from_str_exact(text).ok().filter(|figure| plain && figure.scale() <= 6);
        figure.filter(|figure| *figure < Self::MAX).map(Figure).ok_or_else(|| {
            D::Error::custom(format!(
                "\"{text}\" is not a figure; give a number from 0 to below 1000000000 with at most 6 decimals, for example \"1.80\""
            ))
        })
    }
}

impl JsonSchema for Figure {
    fn schema_name() -> Cow<'static, str> {
        "Figure".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A rate, amount or percentage, as text so that it stays exact.",
            "type": "string",
            "pattern": "^0*[0-9]{1,9}(\\.[0-9]{1,6})?$",
            "examples": ["1.80"],
        })
    }
}

/// Metres on a card: a whole number; or, where that would not be exact, a figure. A mile is `"1609.344"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metres(pub Decimal);

impl<'de> Deserialize<'de> for Metres {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let value = Value::deserialize(deserializer)?;
        match value.as_u64().map(Decimal::from) {
            Some(whole) if whole < Figure::MAX => Ok(Self(whole)),
            _ => Figure::deserialize(&value).map(|figure| Self(figure.0)).map_err(|_| {
                D::Error::custom(format!(
                    "{value} is not a number of metres; give a whole number below 1000000000, or text such as \"1609.344\""
                ))
            }),
        }
    }
}

impl JsonSchema for Metres {
    fn schema_name() -> Cow<'static, str> {
        "Metres".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Metres: a whole number, or text where that would not be exact.",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 999_999_999 },
                generator.subschema_for::<Figure>(),
            ],
            "examples": [1000, "1609.344"],
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
        for bad in [
            "1.8",
            "2",
            r#""-1""#,
            r#""1e3""#,
            r#""""#,
            r#""1000000000""#,
            r#""0.0000001""#,
            r#"".5""#,
            r#""5.""#,
            r#""1_0""#,
            "null",
        ] {
            check(bad, None);
        }
    }

    /// A length may be whole, or as exact as a figure, and never a float.
    #[test]
    fn metres() {
        let check = |json: &str, expected: Option<&str>| {
            let actual = serde_json::from_str::<Metres>(json).ok();
            assert_eq!(actual.map(|metres| metres.0.to_string()).as_deref(), expected, "{json}");
        };
        check("1000", Some("1000"));
        check(r#""1609.344""#, Some("1609.344"));
        for bad in ["1609.344", "-1", "1000000000", r#""a mile""#, "null"] {
            check(bad, None);
        }
    }
}
