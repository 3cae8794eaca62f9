//! Currencies, and the one place where money text and minor units meet.

use crate::decimal::{Parts, parts};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of money in the minor unit of a currency that travels beside it. Negative is money flowing back.
pub type MinorUnits = i64;

/// An ISO 4217 currency that has a minor unit, or is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Why a text is not an amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Not a plain decimal number such as "12", "12.5" or "-0.30".
    NotANumber,
    /// More decimals than the currency has.
    TooPrecise,
    /// Outside what minor units can hold.
    OutOfRange,
}

impl Currency {
    /// Finds a currency by its alphabetic code, upper case: "CNY".
    ///
    /// `None` for unknown codes, and for those that are not money people pay with (XAU, XXX and their like have no
    /// minor unit).
    pub fn from_code(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(code)?;
        currency.exponent().map(|_| Self(currency))
    }

    /// The alphabetic code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has: 0 for JPY, 2 for CNY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// Reads an amount such as "12.50". Fewer decimals than the currency has are fine, more are refused: nothing is
    /// ever rounded on the way in.
    ///
    /// # Errors
    ///
    /// See [`AmountError`].
    pub fn parse(self, text: &str) -> Result<MinorUnits, AmountError> {
        let Parts { negative, whole, fraction } = parts(text).ok_or(AmountError::NotANumber)?;
        let significant = fraction.trim_end_matches('0');
        if significant.len() > self.exponent() as usize {
            return Err(AmountError::TooPrecise);
        }
        let padded = format!("{whole}{significant:0<width$}", width = self.exponent() as usize);
        let sign = if negative { "-" } else { "" };
        format!("{sign}{padded}").parse().map_err(|_| AmountError::OutOfRange)
    }

    /// Writes an amount with exactly as many decimals as the currency has: 1250 CNY is "12.50".
    pub fn format(self, minor: MinorUnits) -> String {
        let exponent = self.exponent() as usize;
        if exponent == 0 {
            return minor.to_string();
        }
        let sign = if minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", minor.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        format!("{sign}{whole}.{fraction}")
    }

    /// The amount in the major unit: 1250 CNY is 12.50.
    pub fn to_major(self, minor: MinorUnits) -> Decimal {
        Decimal::new(minor, self.exponent())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_code(&code)
            .ok_or_else(|| serde::de::Error::custom(format!("{code:?} is not an ISO 4217 currency such as \"CNY\"")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(code: &str, text: &str, expected: Result<(MinorUnits, &str), AmountError>) {
        let currency = Currency::from_code(code).unwrap();
        let actual = currency.parse(text);
        assert_eq!(actual, expected.map(|(minor, _)| minor), "{code} {text}");
        if let Ok((minor, canonical)) = expected {
            assert_eq!(currency.format(minor), canonical, "{code} {text}");
        }
    }

    /// Money text is exact in every exponent, and nothing is rounded on the way in.
    #[test]
    fn amounts_read_and_write_exactly() {
        check("CNY", "12.50", Ok((1250, "12.50")));
        check("CNY", "12.5", Ok((1250, "12.50")));
        check("CNY", "12.500", Ok((1250, "12.50")));
        check("CNY", "12", Ok((1200, "12.00")));
        check("CNY", "0.01", Ok((1, "0.01")));
        check("CNY", "-0.01", Ok((-1, "-0.01")));
        check("JPY", "1200", Ok((1200, "1200")));
        check("KWD", "1.005", Ok((1005, "1.005")));
        check("CNY", "92233720368547758.07", Ok((i64::MAX, "92233720368547758.07")));
        check("CNY", "-92233720368547758.08", Ok((i64::MIN, "-92233720368547758.08")));
        check("CNY", "92233720368547758.08", Err(AmountError::OutOfRange));
        check("CNY", "0.001", Err(AmountError::TooPrecise));
        check("JPY", "1.5", Err(AmountError::TooPrecise));
        for text in ["", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1,000", "--1", "0x1", "１"] {
            check("CNY", text, Err(AmountError::NotANumber));
        }
    }

    /// Only money people can pay with is a currency.
    #[test]
    fn codes() {
        for code in ["", "cny", "XXX", "XAU", "ZZZ", "CNYX"] {
            assert_eq!(Currency::from_code(code), None, "{code}");
        }
        assert_eq!(Currency::from_code("KWD").unwrap().exponent(), 3);
    }
}
