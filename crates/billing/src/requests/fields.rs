//! The kinds of field that requests have, each within its limits.

use crate::{geodesy, limits, names};
use farebox_document::{Field, excerpt};
use farebox_fare::{Point, Timestamp, time};
use farebox_money::{AmountError, Currency, MinorUnits};
use rust_decimal::Decimal;
use serde_json::Value;
use std::ops::RangeInclusive;

/// A token: a city, a product, a tier, a scene, a fee code.
pub(crate) fn token<'a>(field: Field<'a>) -> Option<&'a str> {
    let text = field.text()?;
    if names::is_token(text) {
        return Some(text);
    }
    let right = "1 to 32 letters, digits, `_` and `-`, starting with a letter or digit";
    field.note("malformed", format!("is {}; a name has {right}", excerpt(text)))
}

/// An identifier of the caller's.
pub(crate) fn name<'a>(field: Field<'a>) -> Option<&'a str> {
    let text = field.text()?;
    if names::is_name(text) {
        return Some(text);
    }
    let right = "1 to 128 letters, digits and any of `._:~-`";
    field.note("malformed", format!("is {}; an identifier has {right}", excerpt(text)))
}

/// A decimal number in a range, as text, with at most [`limits::FACTOR_DECIMALS`] decimals.
pub(crate) fn decimal(field: Field<'_>, range: &RangeInclusive<Decimal>) -> Option<Decimal> {
    let text = decimal_text(field, "1.20")?;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let Some(value) = Decimal::from_str_exact(text).ok().filter(|_| plain) else {
        return field.note("malformed", format!("is {}; write a decimal number such as \"1.20\"", excerpt(text)));
    };
    let value = value.normalize();
    let decimals = limits::FACTOR_DECIMALS;
    if value.scale() > decimals {
        return field.note("too-precise", format!("is {text}; at most {decimals} decimals are allowed"));
    }
    if !range.contains(&value) {
        return field.note("out-of-range", format!("is {text}; {} to {} is allowed", range.start(), range.end()));
    }
    Some(value)
}

/// An amount of money as text, within [`limits::AMOUNT_MINOR`]. While the currency is unknown only the syntax can
/// be checked, and nothing is answered.
pub(crate) fn amount(field: Field<'_>, currency: Option<Currency>) -> Option<MinorUnits> {
    let text = decimal_text(field, "12.50")?;
    let known = currency.is_some();
    // Any currency knows the syntax.
    let currency = currency.or_else(|| Currency::from_code("CNY"))?;
    let (least, most) = limits::AMOUNT_MINOR.into_inner();
    match currency.parse(text) {
        Err(AmountError::NotANumber) => {
            field.note("malformed", format!("is {}; write an amount such as \"12.50\"", excerpt(text)))
        }
        _ if !known => None,
        Ok(amount) if limits::AMOUNT_MINOR.contains(&amount) => Some(amount),
        Err(AmountError::TooPrecise) => {
            let decimals = currency.exponent();
            field.note("too-precise", format!("is {text}; {currency} has {decimals} decimals"))
        }
        Ok(_) | Err(AmountError::OutOfRange) => {
            let (least, most) = (currency.format(least), currency.format(most));
            field.note("out-of-range", format!("is {text}; {least} to {most} is allowed"))
        }
    }
}

/// A currency that people pay with.
pub(crate) fn currency(field: Field<'_>) -> Option<Currency> {
    let text = field.text()?;
    let right = "an ISO 4217 code such as \"CNY\"";
    Currency::from_code(text).or_else(|| field.note("malformed", format!("is {}; write {right}", excerpt(text))))
}

/// A time within [`limits::MOMENT`].
pub(crate) fn moment(field: Field<'_>) -> Option<Timestamp> {
    let text = field.text()?;
    match time::parse(text) {
        Some(moment) if limits::MOMENT.contains(&moment) => Some(moment),
        Some(_) => {
            let (first, last) = limits::MOMENT.into_inner();
            let (first, last) = (time::format(first), time::format(last));
            field.note("out-of-range", format!("is {text}; {first} to {last} is allowed"))
        }
        None => {
            let right = "RFC 3339 with an offset, for example \"2019-07-11T09:00:00+08:00\"";
            field.note("malformed", format!("is {}; write {right}", excerpt(text)))
        }
    }
}

/// A place: `{"lat": 39.9, "lng": 116.4}`, in degrees of WGS 84.
pub(crate) fn place(field: Field<'_>) -> Option<Point> {
    let place = field.object(&["lat", "lng"])?;
    let latitude = place.required("lat").and_then(|field| degrees(field, limits::LATITUDE_DEG));
    let longitude = place.required("lng").and_then(|field| degrees(field, limits::LONGITUDE_DEG));
    Some(Point { latitude: latitude?, longitude: longitude? })
}

fn degrees(field: Field<'_>, limit: u8) -> Option<i32> {
    let Some(degrees) = field.value().as_f64() else {
        return field.wrong_type("a number of degrees");
    };
    geodesy::micro_degrees(degrees, limit)
        .or_else(|| field.note("out-of-range", format!("is {}; -{limit} to {limit} degrees is allowed", field.value())))
}

/// Text that may hold a decimal number. JSON numbers are refused: many programs read them as doubles.
fn decimal_text<'a>(field: Field<'a>, example: &str) -> Option<&'a str> {
    match field.value() {
        Value::String(text) if text.len() <= limits::DECIMAL_CHARS => Some(text),
        Value::String(text) => {
            let most = limits::DECIMAL_CHARS;
            field.note("malformed", format!("is {}; at most {most} characters are allowed", excerpt(text)))
        }
        Value::Number(number) => field
            .note("wrong-type", format!("is the number {number}; write it as text, \"{number}\", to keep it exact")),
        _ => field.wrong_type(&format!("a decimal number as text, such as \"{example}\"")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_document::Notes;
    use serde_json::json;

    /// Reads `value` from `{"x": value}`, and compares what is noted: `pointer code`, joined by commas.
    fn check<T>(value: Value, read: impl Fn(Field<'_>) -> Option<T>, expected: &str) {
        let document = json!({ "x": value });
        let notes = Notes::default();
        let body = notes.body(&document, &["x"]).unwrap();
        let read = body.required("x").and_then(read).is_some();
        let problems = notes.finish(Some(())).err().unwrap_or_default();
        let actual: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
        assert_eq!(actual.join(", "), expected, "{document}");
        assert_eq!(read, expected.is_empty(), "{document}");
    }

    /// Money is text, exact in its currency, and never negative.
    #[test]
    fn amounts() {
        let in_currency = |code| move |field: Field<'_>| amount(field, Currency::from_code(code));
        check(json!("12.50"), in_currency("CNY"), "");
        check(json!("1000000000000"), in_currency("JPY"), "");
        check(json!("1000000000001"), in_currency("JPY"), "/x out-of-range");
        check(json!("12.505"), in_currency("CNY"), "/x too-precise");
        check(json!("12.505"), in_currency("KWD"), "");
        check(json!("-1"), in_currency("CNY"), "/x out-of-range");
        check(json!("99999999999999999999999"), in_currency("CNY"), "/x out-of-range");
        check(json!("1e3"), in_currency("CNY"), "/x malformed");
        check(json!("0".repeat(1000)), in_currency("CNY"), "/x malformed");
        check(json!(12.5), in_currency("CNY"), "/x wrong-type");
        check(json!(12), in_currency("CNY"), "/x wrong-type");
    }

    /// While the currency is unknown, what can be said about an amount is said.
    #[test]
    fn amounts_without_currency() {
        let document = json!({"a": "1.23456", "b": "x"});
        let notes = Notes::default();
        let body = notes.body(&document, &["a", "b"]).unwrap();
        assert_eq!(body.required("a").and_then(|field| amount(field, None)), None);
        assert_eq!(body.required("b").and_then(|field| amount(field, None)), None);
        assert_eq!(notes.finish(Some(())).unwrap_err().len(), 1);
    }

    /// Factors are text with few decimals.
    #[test]
    fn decimals() {
        let read = |field: Field<'_>| decimal(field, &limits::DYNAMIC);
        check(json!("1.20"), read, "");
        check(json!("1.200000000000000"), read, "");
        check(json!("0.1"), read, "");
        check(json!("10"), read, "");
        check(json!("0.09"), read, "/x out-of-range");
        check(json!("10.01"), read, "/x out-of-range");
        check(json!("-1"), read, "/x out-of-range");
        check(json!("1.00001"), read, "/x too-precise");
        for text in ["1e1", "+1", "1_0", "1,5", "", " 1", "1 ", "--1", "1-"] {
            check(json!(text), read, "/x malformed");
        }
        check(json!(1.2), read, "/x wrong-type");
        let percent = |field: Field<'_>| decimal(field, &limits::PERCENT);
        check(json!("100"), percent, "");
        check(json!("0"), percent, "/x out-of-range");
    }

    /// Times have an offset and a sane year.
    #[test]
    fn times() {
        let read = |field: Field<'_>| moment(field);
        check(json!("2019-07-11T09:00:00+08:00"), read, "");
        check(json!("2000-01-01T00:00:00Z"), read, "");
        check(json!("1999-12-31T23:59:59Z"), read, "/x out-of-range");
        check(json!("2099-12-31T23:59:59Z"), read, "");
        check(json!("2100-01-01T00:00:00Z"), read, "/x out-of-range");
        check(json!("2019-07-11T09:00:00"), read, "/x malformed");
        check(json!(1562806800), read, "/x wrong-type");
    }

    /// Places are on the map.
    #[test]
    fn places() {
        let read = |field: Field<'_>| place(field);
        check(json!({"lat": 39.9, "lng": 116.4}), read, "");
        check(json!({"lat": -90, "lng": 180}), read, "");
        check(json!({"lat": 116.4, "lng": 39.9}), read, "/x/lat out-of-range");
        check(json!({"lat": "39.9"}), read, "/x/lat wrong-type, /x/lng missing");
        check(json!([39.9, 116.4]), read, "/x wrong-type");
    }

    /// Tokens are safe as file names and in keys.
    #[test]
    fn tokens() {
        let read = |field: Field<'_>| token(field).map(str::to_owned);
        check(json!("110000"), read, "");
        check(json!("../etc"), read, "/x malformed");
        check(json!(110000), read, "/x wrong-type");
    }
}
