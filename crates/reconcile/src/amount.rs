//! Amounts as banks write them.

use farebox_document::excerpt;
use farebox_money::{AmountError, Currency, MinorUnits};

/// Which sign stands before the decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// The point, as far as that can be told from an amount: "1.234" and "1,234" could be either, and are refused.
    #[default]
    Undeclared,
    /// The point; commas may stand between groups of three digits.
    Point,
    /// The comma; points may stand between groups of three digits.
    Comma,
}

impl Notation {
    /// The sign before decimals, and the one between groups of three digits.
    fn signs(self) -> (char, char) {
        if self == Self::Comma { (',', '.') } else { ('.', ',') }
    }
}

/// Reads an amount. One below zero is written as `-5.00`, `5.00-` or `(5.00)`. Nothing is rounded: decimals beyond those of the currency
/// have to be zeros.
///
/// # Errors
///
/// What is wrong, and what would be right.
pub fn read(text: &str, notation: Notation, currency: Currency) -> Result<MinorUnits, String> {
    let (negative, unsigned) = without_sign(text);
    if notation == Notation::Undeclared && is_either(unsigned) {
        return Err(format!(
            "amount is {}, which is a thousand and more, or has three decimals: `--decimal-point` or `--decimal-comma` \
             says which",
            excerpt(text)
        ));
    }
    let plain = plain(unsigned, notation).ok_or_else(|| not_an_amount(text, notation))?;
    let sign = if negative { "-" } else { "" };
    currency.parse(&format!("{sign}{plain}")).map_err(|error| match error {
        AmountError::NotANumber => not_an_amount(text, notation),
        AmountError::TooPrecise => {
            format!(
                "amount is {}; {currency} has {} decimals, and no more are taken",
                excerpt(text),
                currency.exponent()
            )
        }
        AmountError::OutOfRange => {
            format!("amount is {}; up to {} is counted", excerpt(text), currency.format(MinorUnits::MAX))
        }
    })
}

/// Whether it is below zero, and what is left without the sign for that.
fn without_sign(text: &str) -> (bool, &str) {
    let parentheses = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let negative = parentheses.or_else(|| text.strip_prefix('-')).or_else(|| text.strip_suffix('-'));
    negative.map_or((false, text), |unsigned| (true, unsigned))
}

/// Whether the one sign in it can stand before decimals as well as between groups. No number begins with a group of zero.
fn is_either(unsigned: &str) -> bool {
    unsigned.split_once(['.', ',']).is_some_and(|(whole, rest)| {
        (1..=3).contains(&whole.len())
            && is_digits(whole)
            && !whole.starts_with('0')
            && rest.len() == 3
            && is_digits(rest)
    })
}

/// The number as the rest of Farebox writes it: with a point, and without groups.
fn plain(unsigned: &str, notation: Notation) -> Option<String> {
    let (point, comma) = notation.signs();
    let (whole, fraction) = match unsigned.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let mut groups = whole.split(comma);
    let first = groups.next().filter(|first| is_digits(first))?;
    let mut plain = first.to_owned();
    for group in groups {
        if first.len() > 3 || first.starts_with('0') || group.len() != 3 || !is_digits(group) {
            return None;
        }
        plain.push_str(group);
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(Some(fraction).filter(|fraction| is_digits(fraction))?);
    }
    Some(plain)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn not_an_amount(text: &str, notation: Notation) -> String {
    let (right, otherwise) = match notation {
        Notation::Comma => ("1.234,50", "; without `--decimal-comma` the point is before the decimals"),
        Notation::Point => ("1,234.50", ""),
        Notation::Undeclared => ("1,234.50", "; with `--decimal-comma` the comma is before the decimals"),
    };
    format!("amount is {}; it has to be written like {right}, -5 or (5){otherwise}", excerpt(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const COMMAS: [Notation; 3] = [Notation::Undeclared, Notation::Point, Notation::Comma];

    /// One row for each way to write an amount: what it is when nothing is said, with `--decimal-point`, and with `--decimal-comma`.
    #[test]
    fn amounts_are_read_or_refused() {
        let (no, either) = (Err("written like"), Err("says which"));
        let precise = Err("decimals, and no more");
        for (code, text, expected) in [
            ("CNY", "6.35", [Ok(635), Ok(635), no]),
            ("CNY", "6,35", [no, no, Ok(635)]),
            ("CNY", "6", [Ok(600); 3]),
            ("CNY", "6.3", [Ok(630), Ok(630), no]),
            ("CNY", "-6.35", [Ok(-635), Ok(-635), no]),
            ("CNY", "6.35-", [Ok(-635), Ok(-635), no]),
            ("CNY", "(6.35)", [Ok(-635), Ok(-635), no]),
            ("CNY", "(6,35)", [no, no, Ok(-635)]),
            ("CNY", "1,234.50", [Ok(123_450), Ok(123_450), no]),
            ("CNY", "1.234,50", [no, no, Ok(123_450)]),
            ("CNY", "1,234,567", [Ok(123_456_700), Ok(123_456_700), no]),
            ("CNY", "1.234.567,8", [no, no, Ok(123_456_780)]),
            ("CNY", "1,234", [either, Ok(123_400), precise]),
            ("CNY", "1.234", [either, precise, Ok(123_400)]),
            ("CNY", "-1.234", [either, precise, Ok(-123_400)]),
            ("CNY", "0.123", [precise, precise, no]),
            ("CNY", "1234.567", [precise, precise, no]),
            ("CNY", "6.350", [either, Ok(635), Ok(635_000)]),
            ("CNY", "0.00", [Ok(0), Ok(0), no]),
            ("KWD", "1.005", [either, Ok(1_005), Ok(1_005_000)]),
            ("KWD", "0.005", [Ok(5), Ok(5), no]),
            ("JPY", "1200", [Ok(1_200); 3]),
            ("JPY", "1,200", [either, Ok(1_200), precise]),
            ("JPY", "12.5", [precise, precise, no]),
            ("JPY", "12.00", [Ok(12), Ok(12), no]),
            ("CNY", "92233720368547758.08", [Err("is counted"), Err("is counted"), no]),
        ] {
            let currency = Currency::from_code(code).unwrap();
            for (notation, expected) in COMMAS.into_iter().zip(expected) {
                let read = read(text, notation, currency);
                match expected {
                    Ok(amount) => assert_eq!(read, Ok(amount), "{code} {text} {notation:?}"),
                    Err(said) => {
                        let why = read.unwrap_err();
                        assert!(why.contains(said), "{code} {text} {notation:?}: {why}");
                    }
                }
            }
        }
        for text in [
            "",
            "-",
            "()",
            "(-5)",
            "-5-",
            "--5",
            "+5",
            "5.",
            ".5",
            "1,23.00",
            "12,34,567",
            "1234,567.00",
            "1,,234",
            "5,",
            "1 234.00",
            "1'234.00",
            "CNY 5",
            "5 CNY",
            "\u{2212}5",
            "1e3",
            "NaN",
            "５",
            "1.2.3",
        ] {
            for notation in [Notation::Undeclared, Notation::Point] {
                assert!(read(text, notation, Currency::from_code("CNY").unwrap()).is_err(), "{text}");
            }
        }
    }

    proptest! {
        /// However an amount is laid out, it is read as what it is.
        #[test]
        fn layouts_agree(amount in any::<MinorUnits>(), code in prop_oneof![Just("JPY"), Just("CNY"), Just("KWD")]) {
            let currency = Currency::from_code(code).unwrap();
            let text = currency.format(amount);
            prop_assert_eq!(read(&text, Notation::Point, currency), Ok(amount));
            let digits = text.trim_start_matches('-');
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let bytes: Vec<char> = whole.chars().rev().collect();
            let groups: Vec<String> = bytes.chunks(3).map(|group| group.iter().collect()).collect();
            let whole: String = groups.join(".").chars().rev().collect();
            let comma = if fraction.is_empty() { whole } else { format!("{whole},{fraction}") };
            let below_zero = [format!("-{comma}"), format!("{comma}-"), format!("({comma})")];
            let layouts = if amount < 0 { below_zero.to_vec() } else { vec![comma] };
            for text in &layouts {
                prop_assert_eq!(read(text, Notation::Comma, currency), Ok(amount), "{}", text);
            }
        }

        /// Where nothing is said, what is read is what is meant with a point.
        #[test]
        fn nothing_is_guessed(text in "[-(]?[0-9]{1,4}[.,]?[0-9]{0,3}[.,]?[0-9]{0,3}[-)]?") {
            let cny = Currency::from_code("CNY").unwrap();
            if let Ok(amount) = read(&text, Notation::Undeclared, cny) {
                prop_assert_eq!(read(&text, Notation::Point, cny), Ok(amount));
                let comma = read(&text, Notation::Comma, cny);
                prop_assert!(comma.is_err() || comma == Ok(amount), "{}", text);
            }
        }
    }
}
