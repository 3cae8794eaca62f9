//! The kinds of field that requests have, each within its limits. What a type says it is, here, is what is read.

use crate::{geodesy, limits};
use farebox_document::ProblemCode::{Malformed, OutOfRange, TooPrecise, WrongLength};
use farebox_document::{BadValue, Given, Notes, Place, excerpt, number, number_in_text, refuse, text};
use farebox_fare::names;
use farebox_fare::{Timestamp, time};
use farebox_money::{AmountError, Currency, MinorUnits};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::ops::RangeInclusive;

/// A city, a product, a tier, a scene, a fee code.
#[derive(Debug)]
pub(super) struct Token(pub String);

/// An identifier of the caller's.
#[derive(Debug)]
pub(super) struct Name(pub String);

/// Text of 1 to `MOST` characters, none of which controls anything.
#[derive(Debug)]
pub(super) struct PlainText<const MOST: usize>(pub String);

/// An identifier of an estimate. Whether it is one, its signature says.
#[derive(Debug)]
pub(super) struct EstimateId(pub String);

/// What the issuer of a coupon signed. Whether it did is looked at when it is known where the coupon is used.
#[derive(Debug)]
pub(super) struct CouponToken(pub String);

/// A decimal number as text, without a minus; its value was not looked at.
#[derive(Debug)]
pub(super) struct DecimalText(pub String);

/// An amount of money as text, a decimal number without a minus: what it is depends on the currency; see [`amount`].
#[derive(Debug)]
pub(super) struct AmountText(pub String);

/// The dynamic factor, within [`limits::DYNAMIC`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Factor(pub Decimal);

/// A percentage, within [`limits::PERCENT`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Percentage(pub Decimal);

/// A currency that people pay with.
#[derive(Clone, Copy, Debug)]
pub(super) struct CurrencyCode(pub Currency);

/// A time within [`limits::MOMENT_YEARS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(pub Timestamp);

/// Degrees of WGS 84, at most `LIMIT` from zero, in millionths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Degrees<const LIMIT: u8>(pub i32);

/// A route as an encoded polyline. What it says depends on its precision.
#[derive(Debug)]
pub(super) struct Encoded(pub String);

/// A document of another kind, which somebody else reads.
#[derive(Debug)]
pub(super) struct Document(pub Map<String, Value>);

/// Reads text with a function.
macro_rules! read {
    ($($name:ident: $with:ident($($argument:expr)?) $read:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $with(deserializer, $($argument,)? $read)
            }
        }
    )*};
}

/// What a decimal number looks like.
const DECIMAL: &str = "a decimal number as text, such as \"1.20\"";

/// What an amount looks like.
const AMOUNT: &str = "an amount as text, such as \"12.50\"";

read! {
    Token: text() |text| {
        let right = format_args!("{}, starting with a letter or digit", names::TOKEN_RULE);
        let message = || BadValue::new(Malformed, format!("is {}; a name has {right}", excerpt(text)));
        if names::is_token(text) { Ok(Self(text.to_owned())) } else { Err(message()) }
    };
    Name: text() |text| {
        let right = names::NAME_RULE;
        let message = || BadValue::new(Malformed, format!("is {}; an identifier has {right}", excerpt(text)));
        if names::is_name(text) { Ok(Self(text.to_owned())) } else { Err(message()) }
    };
    EstimateId: text() |text| Ok(Self(text.to_owned()));
    CouponToken: text() |text| Ok(Self(text.to_owned()));
    Encoded: text() |text| {
        let (length, allowed) = (text.chars().count(), limits::POLYLINE_CHARS);
        let (least, most) = (allowed.start(), allowed.end());
        let message = || format!("has {length} characters; {least} to {most} are allowed");
        if allowed.contains(&length) { Ok(Self(text.to_owned())) } else { Err(BadValue::new(WrongLength, message())) }
    };
    DecimalText: number_in_text(DECIMAL) |text| unsigned(short(text)?, not_a_decimal).map(|()| Self(text.to_owned()));
    AmountText: number_in_text(AMOUNT) |text| unsigned(short(text)?, not_an_amount).map(|()| Self(text.to_owned()));
    Factor: number_in_text(DECIMAL) |text| decimal(short(text)?, &limits::DYNAMIC).map(Self);
    Percentage: number_in_text(DECIMAL) |text| decimal(short(text)?, &limits::PERCENT).map(Self);
    CurrencyCode: text() |text| {
        let right = "an ISO 4217 code such as \"CNY\"";
        let message = || BadValue::new(Malformed, format!("is {}; write {right}", excerpt(text)));
        Currency::from_code(text).map(Self).ok_or_else(message)
    };
    Moment: text() |text| moment(text).map(Self);
}

/// Refuses text that is too long to be a number.
fn short(text: &str) -> Result<&str, BadValue> {
    let most = limits::DECIMAL_CHARS;
    if text.len() <= most {
        return Ok(text);
    }
    Err(BadValue::new(Malformed, format!("is {}; at most {most} characters are allowed", excerpt(text))))
}

/// Refuses text that is no decimal number, as `malformed` says, or has a minus, be it before a zero.
fn unsigned(text: &str, malformed: fn(&str) -> BadValue) -> Result<(), BadValue> {
    match farebox_money::decimal(text) {
        None => Err(malformed(text)),
        Some(_) if text.starts_with('-') => Err(BadValue::new(OutOfRange, format!("is {text}; no minus is allowed"))),
        Some(_) => Ok(()),
    }
}

/// A decimal number in a range, with at most [`limits::FACTOR_DECIMALS`] decimals.
pub(super) fn decimal(text: &str, range: &RangeInclusive<Decimal>) -> Result<Decimal, BadValue> {
    let value = farebox_money::decimal(text).ok_or_else(|| not_a_decimal(text))?.normalize();
    let decimals = limits::FACTOR_DECIMALS;
    if value.scale() > decimals {
        return Err(BadValue::new(TooPrecise, format!("is {text}; at most {decimals} decimals are allowed")));
    }
    if !range.contains(&value) {
        let (least, most) = (range.start(), range.end());
        return Err(BadValue::new(OutOfRange, format!("is {text}; {least} to {most} is allowed")));
    }
    Ok(value)
}

/// The amount in its currency, within [`limits::AMOUNT_MINOR`]. While the currency is unknown nothing is answered. What is wrong is
/// noted at `at`.
pub(super) fn amount(
    given: Given<AmountText>,
    currency: Option<Currency>,
    notes: &Notes,
    at: &Place<'_>,
) -> Option<MinorUnits> {
    let AmountText(text) = given.read()?;
    in_currency(&text, currency?).map_err(|refusal| notes.refuse(at, refusal)).ok()
}

/// As [`amount`], of any text.
pub(super) fn in_currency(text: &str, currency: Currency) -> Result<MinorUnits, BadValue> {
    let (least, most) = limits::AMOUNT_MINOR.into_inner();
    match currency.parse(text) {
        Ok(amount) if limits::AMOUNT_MINOR.contains(&amount) => Ok(amount),
        Err(AmountError::NotANumber) => Err(not_an_amount(text)),
        Err(AmountError::TooPrecise) => {
            let decimals = currency.exponent();
            Err(BadValue::new(TooPrecise, format!("is {text}; {currency} has {decimals} decimals")))
        }
        Ok(_) | Err(AmountError::OutOfRange) => {
            let (least, most) = (currency.format(least), currency.format(most));
            Err(BadValue::new(OutOfRange, format!("is {text}; {least} to {most} is allowed")))
        }
    }
}

fn not_a_decimal(text: &str) -> BadValue {
    BadValue::new(Malformed, format!("is {}; write a decimal number such as \"1.20\"", excerpt(text)))
}

fn not_an_amount(text: &str) -> BadValue {
    BadValue::new(Malformed, format!("is {}; write an amount such as \"12.50\"", excerpt(text)))
}

fn moment(text: &str) -> Result<Timestamp, BadValue> {
    let year = || text.get(..4).and_then(|year| year.parse().ok());
    match time::parse(text) {
        Some(moment) if year().is_some_and(|year| limits::MOMENT_YEARS.contains(&year)) => Ok(moment),
        Some(_) => {
            let (first, last) = limits::MOMENT_YEARS.into_inner();
            Err(BadValue::new(OutOfRange, format!("is {text}; the years {first} to {last} are allowed")))
        }
        None => {
            let right = "RFC 3339 with an offset, for example \"2019-07-11T09:00:00+08:00\"";
            Err(BadValue::new(Malformed, format!("is {}; write {right}", excerpt(text))))
        }
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for PlainText<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, |text| plain(text, MOST).map(|()| Self(text.to_owned())))
    }
}

/// Refuses text that is empty, too long, or more than text.
fn plain(text: &str, most: usize) -> Result<(), BadValue> {
    let length = text.chars().count();
    if !(1..=most).contains(&length) {
        return Err(BadValue::new(WrongLength, format!("has {length} characters; 1 to {most} are allowed")));
    }
    if text.chars().any(char::is_control) {
        let message = format!("is {}; control characters are not allowed", excerpt(text));
        return Err(BadValue::new(Malformed, message));
    }
    Ok(())
}

impl<'de, const LIMIT: u8> Deserialize<'de> for Degrees<LIMIT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Number::<LIMIT>)
    }
}

struct Number<const LIMIT: u8>;

impl<const LIMIT: u8> Visitor<'_> for Number<LIMIT> {
    type Value = Degrees<LIMIT>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of degrees")
    }

    fn visit_f64<E: Error>(self, degrees: f64) -> Result<Self::Value, E> {
        let message = || format!("is {}; -{LIMIT} to {LIMIT} degrees is allowed", number(degrees));
        geodesy::micro_degrees(degrees, LIMIT).map(Degrees).ok_or_else(|| refuse(OutOfRange, message()))
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::requests::body::PlaceBody;
    use farebox_document::read_body;
    use farebox_money::UNSIGNED_DECIMAL_PATTERN;
    use proptest::prelude::*;
    use regex::Regex;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    #[derive(serde::Deserialize)]
    struct Body<T> {
        x: Given<T>,
    }

    /// Reads `value` from `{"x": value}`, and compares what is noted: `pointer code`, joined by commas.
    fn check<T: DeserializeOwned>(value: Value, expected: &str) {
        check_with(value, |given: Given<T>, _, _| given.read(), expected);
    }

    /// As [`check`], with something to look at besides.
    fn check_with<T: DeserializeOwned, R>(
        value: Value,
        read: impl Fn(Given<T>, &Notes, &Place<'_>) -> Option<R>,
        expected: &str,
    ) {
        let document = json!({ "x": value });
        let result = read_body(&document, |body: Body<T>, notes| {
            read(body.x, notes, &Place::DOCUMENT.key("x")).filter(|_| notes.is_empty()).map(drop)
        });
        let read = result.is_ok();
        let problems = result.err().unwrap_or_default();
        let actual: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
        assert_eq!(actual.join(", "), expected, "{document}");
        assert_eq!(read, expected.is_empty(), "{document}");
    }

    /// Money is text, exact in its currency, and never negative.
    #[test]
    fn amounts() {
        let check = |value: Value, currency: Currency, expected: &str| {
            check_with(value, |given, notes, at| amount(given, Some(currency), notes, at), expected);
        };
        let in_currency = |code| Currency::from_code(code).unwrap();
        check(json!("12.50"), in_currency("CNY"), "");
        check(json!("1000000000000"), in_currency("JPY"), "");
        check(json!("1000000000001"), in_currency("JPY"), "/x out-of-range");
        check(json!("12.505"), in_currency("CNY"), "/x too-precise");
        check(json!("12.505"), in_currency("KWD"), "");
        check(json!("-1"), in_currency("CNY"), "/x out-of-range");
        check(json!("-0"), in_currency("CNY"), "/x out-of-range");
        check(json!(".5"), in_currency("CNY"), "/x malformed");
        check(json!("99999999999999999999999"), in_currency("CNY"), "/x out-of-range");
        check(json!("1e3"), in_currency("CNY"), "/x malformed");
        check(json!("0".repeat(1000)), in_currency("CNY"), "/x malformed");
        check(json!(12.5), in_currency("CNY"), "/x wrong-type");
        check(json!(12), in_currency("CNY"), "/x wrong-type");
    }

    /// While the currency is unknown, what can be said about an amount is said.
    #[test]
    fn amounts_without_currency() {
        let check = |value, expected| {
            check_with(value, |given, notes, at| Some(amount(given, None, notes, at)), expected);
        };
        check(json!("1.23456"), "");
        check(json!("x"), "/x malformed");
        check(json!("-0.00"), "/x out-of-range");
        check(json!(1), "/x wrong-type");
    }

    /// Factors are text with few decimals.
    #[test]
    fn decimals() {
        let check = |value, expected| check::<Factor>(value, expected);
        check(json!("1.20"), "");
        check(json!("1.200000000000000"), "");
        check(json!("0.1"), "");
        check(json!("10"), "");
        check(json!("0.09"), "/x out-of-range");
        check(json!("10.01"), "/x out-of-range");
        check(json!("-1"), "/x out-of-range");
        check(json!("1.00001"), "/x too-precise");
        for text in ["1e1", "+1", "1_0", "1,5", "", " 1", "1 ", "--1", "1-"] {
            check(json!(text), "/x malformed");
        }
        check(json!(1.2), "/x wrong-type");
        assert!(decimal("100", &limits::PERCENT).is_ok());
        assert_eq!(decimal("0", &limits::PERCENT).unwrap_err().code, OutOfRange);
    }

    /// Times have an offset and a sane year.
    #[test]
    fn times() {
        let check = |value, expected| check::<Moment>(value, expected);
        check(json!("2019-07-11T09:00:00+08:00"), "");
        check(json!("2000-01-01T00:00:00Z"), "");
        check(json!("1999-12-31T23:59:59Z"), "/x out-of-range");
        check(json!("2099-12-31T23:59:59Z"), "");
        check(json!("2100-01-01T00:00:00Z"), "/x out-of-range");
        check(json!("2000-01-01T00:00:00+08:00"), "");
        check(json!("2019-07-11T09:00:00+25:59"), "/x malformed");
        check(json!("2019-07-11T09:00:00.123456789Z"), "");
        check(json!("2019-07-11T09:00:00"), "/x malformed");
        check(json!(1562806800), "/x wrong-type");
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).unwrap().is_match(text)
    }

    /// What a schema allows of text is what is read.
    fn agrees<T: DeserializeOwned>(pattern: &str, text: &str) {
        let document = json!({ "x": text });
        let read = read_body(&document, |body: Body<T>, _| body.x.read().map(drop)).is_ok();
        let allowed = matches(pattern, text);
        assert_eq!(read, allowed, "{text:?}");
    }

    fn percentage_agrees(text: &str) {
        assert_eq!(decimal(text, &limits::PERCENT).is_ok(), matches(limits::PERCENT_PATTERN, text), "{text:?}");
    }

    #[test]
    fn patterns_agree_on_edges() {
        for text in [
            "",
            "0",
            "-0",
            ".5",
            "5.",
            "+1",
            "1e1",
            "0.1",
            "0.0999",
            "0.1000000",
            "00.1",
            "1.0001",
            "1.00010",
            "1.00001",
            "9.9999",
            "10",
            "010",
            "10.0",
            "10.0001",
            "11",
            "100",
            "100.00",
            "100.0001",
            "0.0001",
            "0.00001",
            "0.00010",
            "0.0",
            "000",
            "99.9999",
        ] {
            agrees::<Factor>(limits::DYNAMIC_PATTERN, text);
            agrees::<AmountText>(UNSIGNED_DECIMAL_PATTERN, text);
            agrees::<DecimalText>(UNSIGNED_DECIMAL_PATTERN, text);
            percentage_agrees(text);
            let off = in_currency(text, Currency::from_code("CLF").unwrap()).is_ok_and(|amount| amount > 0);
            let few_decimals = text.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= 4);
            if few_decimals {
                assert_eq!(matches(limits::AMOUNT_OFF_PATTERN, text), off, "{text:?}");
            }
        }
        for text in [
            "2019-07-11T09:00:00Z",
            "2019-07-11t09:00:00z",
            "2019-07-11 09:00:00Z",
            "2019-07-11T24:00:00Z",
            "2019-07-11T09:60:00Z",
            "2019-07-11T23:59:60Z",
            "2019-07-11T09:00:61Z",
            "2019-00-11T09:00:00Z",
            "2019-13-11T09:00:00Z",
            "2019-07-00T09:00:00Z",
            "2019-07-32T09:00:00Z",
            "2019-07-11T09:00:00.Z",
            "2019-07-11T09:00:00.123456789Z",
            "2019-07-11T09:00:00.1234567891Z",
            "2019-07-11T09:00:00+23:59",
            "2019-07-11T09:00:00+24:00",
            "2019-07-11T09:00:00+08:60",
            "2019-07-11T09:00:00+0800",
            "2019-07-11T09:00:00-00:00",
            "1999-12-31T23:59:59Z",
            "2000-01-01T00:00:00+23:59",
            "2099-12-31T23:59:60-23:59",
            "2100-01-01T00:00:00Z",
            "+002019-07-11T09:00:00Z",
        ] {
            agrees::<Moment>(limits::MOMENT_PATTERN, text);
        }
    }

    proptest! {
        /// Of what looks like a number or a moment, and of what is one.
        #[test]
        fn patterns_are_what_is_read(
            alike in "[-+._e 0-9]{0,5}",
            number in "[0-9]{1,3}(\\.[0-9]{1,6})?",
            day in "(19|20|21)[0-9]{2}-[01][0-9]-[0-2][1-8][Tt ]",
            time in "[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,11})?",
            zone in "[Zz]|[-+][0-2][0-9]:?[0-6][0-9]",
        ) {
            for text in [&alike, &number] {
                agrees::<Factor>(limits::DYNAMIC_PATTERN, text);
                agrees::<AmountText>(UNSIGNED_DECIMAL_PATTERN, text);
                percentage_agrees(text);
            }
            agrees::<Moment>(limits::MOMENT_PATTERN, &format!("{day}{time}{zone}"));
        }
    }

    /// Places are on the map.
    #[test]
    fn places() {
        let read = |given: Given<PlaceBody>, notes: &Notes, at: &Place<'_>| given.read()?.check(notes, at);
        let check = |value, expected| check_with(value, read, expected);
        check(json!({"lat": 39.9, "lng": 116.4}), "");
        check(json!({"lat": -90, "lng": 180}), "");
        check(json!({"lat": 116.4, "lng": 39.9}), "/x/lat out-of-range");
        check(json!({"lat": "39.9"}), "/x/lat wrong-type, /x/lng missing");
        check(json!([39.9, 116.4]), "/x wrong-type");
    }

    /// Text is counted in characters, and is nothing but text.
    #[test]
    fn plain_texts() {
        let check = |value, expected| check::<PlainText<4>>(value, expected);
        check(json!("7.1"), "");
        check(json!("北京 1"), "");
        check(json!(""), "/x wrong-length");
        check(json!("7.1.2"), "/x wrong-length");
        check(json!("7\n1"), "/x malformed");
        check(json!("7\u{9f}"), "/x malformed");
        check(json!(7), "/x wrong-type");
    }

    /// Tokens are safe as file names and in keys.
    #[test]
    fn tokens() {
        let check = |value, expected| check::<Token>(value, expected);
        check(json!("110000"), "");
        check(json!("../etc"), "/x malformed");
        check(json!(110000), "/x wrong-type");
    }
}
