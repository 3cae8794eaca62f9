//! The numbers on a rate card.

use farebox_document::ProblemCode::{Malformed, NotWhole, OutOfRange, TooPrecise};
use farebox_document::{BadValue, Problems, excerpt, integer, number, number_in_text, refuse};
use farebox_money::{Currency, Decimal, MAX_DECIMAL_CHARS, MinorUnits, decimal};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A rate, amount or percentage on a card: decimal text, not negative, below 10^9, at most 6 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure(pub Decimal);

impl Figure {
    const MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

    /// Those of at most [`MAX_DECIMAL_CHARS`] characters, as a regular expression.
    const PATTERN: &str = "^0*[0-9]{1,9}(\\.[0-9]{1,6})?$";

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

impl Figure {
    fn read(text: &str) -> Result<Self, BadValue> {
        let Some(figure) = decimal(text) else {
            return Err(BadValue::new(Malformed, format!("is {}; write a number such as \"1.80\"", excerpt(text))));
        };
        if text.starts_with('-') || figure >= Self::MAX {
            return Err(BadValue::new(OutOfRange, format!("is {text}; 0 to below {} is allowed", Self::MAX)));
        }
        if figure.scale() > 6 {
            return Err(BadValue::new(TooPrecise, format!("is {text}; at most 6 decimals are allowed")));
        }
        Ok(Self(figure))
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number_in_text(deserializer, "a number as text, such as \"1.80\"", Figure::read)
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
            "pattern": Figure::PATTERN,
            "maxLength": MAX_DECIMAL_CHARS,
            "examples": ["1.80"],
        })
    }
}

/// Metres on a card: a whole number; or, where that would not be exact, a figure. A mile is `"1609.344"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metres(pub Decimal);

impl<'de> Deserialize<'de> for Metres {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Length;

        impl Length {
            fn out_of_range<E: Error>(number: impl fmt::Display) -> E {
                refuse(OutOfRange, format!("is {number}; 0 to below {} is allowed", Figure::MAX))
            }
        }

        impl Visitor<'_> for Length {
            type Value = Metres;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of metres, or text such as \"1609.344\"")
            }

            fn visit_u64<E: Error>(self, metres: u64) -> Result<Metres, E> {
                let metres = Decimal::from(metres);
                if metres < Figure::MAX { Ok(Metres(metres)) } else { Err(Self::out_of_range(metres)) }
            }

            fn visit_i64<E: Error>(self, metres: i64) -> Result<Metres, E> {
                u64::try_from(metres).map_err(|_| Self::out_of_range(metres)).and_then(|metres| self.visit_u64(metres))
            }

            fn visit_f64<E: Error>(self, metres: f64) -> Result<Metres, E> {
                if let Some(metres) = integer(metres) {
                    return self.visit_i64(metres);
                }
                let metres = number(metres);
                Err(refuse(
                    NotWhole,
                    format!("is {metres}; write a whole number, or text, \"{metres}\", to keep it exact"),
                ))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Metres, E> {
                Figure::read(text).map(|figure| Metres(figure.0)).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Length)
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
    use proptest::prelude::*;
    use regex::Regex;

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
            r#""-0""#,
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

    fn check_pattern(text: &str) {
        let allowed = Regex::new(Figure::PATTERN).unwrap().is_match(text) && text.len() <= MAX_DECIMAL_CHARS;
        assert_eq!(Figure::read(text).is_ok(), allowed, "{text:?}");
    }

    proptest! {
        /// What the schema allows is what is read: of what looks like a number, and of what is one.
        #[test]
        fn pattern_is_what_is_read(alike in "[-+._e 0-9]{0,6}", figure in "0{0,40}[0-9]{1,10}(\\.[0-9]{1,7})?") {
            check_pattern(&alike);
            check_pattern(&figure);
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
        check("1000.0", Some("1000"));
        check("1e3", Some("1000"));
        check(r#""1609.344""#, Some("1609.344"));
        for bad in ["1609.344", "-1", "1000000000", r#""a mile""#, "null"] {
            check(bad, None);
        }
    }
}
