//! The one reader of decimal numbers in text.

use rust_decimal::Decimal;

/// The longest number that is read, in characters. What is written has 31 at most: a minus, a point, and the digits of a
/// [`Decimal`].
pub const MAX_DECIMAL_CHARS: usize = 40;

/// What [`decimal`] reads, as a regular expression of JSON Schema, as long as there are no more digits than a [`Decimal`] holds: up
/// to 28 never are.
pub const DECIMAL_PATTERN: &str = r"^-?[0-9]+(\.[0-9]+)?$";

/// What [`unsigned_decimal`] reads, in the same way.
pub const UNSIGNED_DECIMAL_PATTERN: &str = r"^[0-9]+(\.[0-9]+)?$";

/// The parts of a plain decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub negative: bool,
    pub whole: &'a str,
    /// Empty when there is no point.
    pub fraction: &'a str,
}

/// Takes a plain decimal number apart: digits; a minus before them, maybe; a point between them, maybe. No plus, no exponent, no
/// underscore, no space, and no point without digits on both of its sides.
pub(crate) fn parts(text: &str) -> Option<Parts<'_>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.len() <= MAX_DECIMAL_CHARS && !whole.is_empty() && all_digits(whole) && all_digits(fraction);
    plain.then_some(Parts { negative: digits.len() < text.len(), whole, fraction })
}

/// Reads a plain decimal number such as "12", "0.5" or "-1.80", exactly: every number in text that comes from outside, or out of
/// a record, is read here.
///
/// `None` for whatever is written otherwise ("1_000", "+1", ".5", "5.", "1e3"), is longer than [`MAX_DECIMAL_CHARS`], or has more
/// digits than a [`Decimal`] holds.
///
/// ```
/// use farebox_money::decimal;
/// assert_eq!(decimal("-1.80").map(|number| number.to_string()).as_deref(), Some("-1.80"));
/// assert_eq!(decimal("1_000"), None);
/// ```
pub fn decimal(text: &str) -> Option<Decimal> {
    parts(text)?;
    #[expect(clippy::disallowed_methods, reason = "this is the reader that everything else uses")]
    Decimal::from_str_exact(text).ok()
}

/// [`decimal`], where no negative number is meant: there is no minus, not even before a zero.
pub fn unsigned_decimal(text: &str) -> Option<Decimal> {
    decimal(text).filter(|_| !text.starts_with('-'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    /// A number is written in one way, or it is not a number.
    #[test]
    fn numbers_are_plain() {
        for good in [
            "0",
            "12",
            "012",
            "0.5",
            "-1.80",
            "100.0000",
            "79228162514264337593543950335",
            "-0.0000000000000000000000000001",
            "0000000000000000000000000000000000000001",
        ] {
            let read = decimal(good).map(|number| number.to_string());
            let written = match good.trim_start_matches('0') {
                rest if rest.is_empty() || rest.starts_with('.') => format!("0{rest}"),
                rest => rest.to_owned(),
            };
            assert_eq!(read, Some(written), "{good}");
        }
        for bad in [
            "",
            "-",
            ".",
            "-.",
            ".5",
            "5.",
            "-.5",
            "+1",
            "--1",
            "-+1",
            "1-",
            "1_0",
            "3_9.9",
            "1._5",
            "1.5_",
            "_1",
            "1e3",
            "1E3",
            "1,5",
            "1.2.3",
            " 1",
            "1 ",
            "1\n",
            "0x10",
            "١",
            "１",
            "NaN",
            "inf",
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
            "00000000000000000000000000000000000000001",
        ] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
        for (text, number) in
            [("0", Some(Decimal::ZERO)), ("1", Some(Decimal::ONE)), ("-0", None), ("-1", None), ("+1", None)]
        {
            assert_eq!(unsigned_decimal(text), number, "{text}");
        }
    }

    /// A schema allows what is read, and nothing else.
    fn check_patterns(text: &str) {
        let matches = |pattern: &str| Regex::new(pattern).unwrap().is_match(text);
        assert_eq!(matches(DECIMAL_PATTERN), decimal(text).is_some(), "{text:?}");
        assert_eq!(matches(UNSIGNED_DECIMAL_PATTERN), unsigned_decimal(text).is_some(), "{text:?}");
    }

    #[test]
    fn patterns_agree_on_edges() {
        for text in [
            "", "-", ".", "0", "-0", "0.0", "-0.0", ".5", "5.", "-.5", "+1", "1e3", "1_0", " 1", "1\n", "\n1", "１",
            "1.2.3",
        ] {
            check_patterns(text);
        }
    }

    proptest! {
        /// Of all that looks like a number, and of all that is one.
        #[test]
        fn patterns_are_what_is_read(alike in "[-+.,_eE 0-9]{0,6}", number in "-?[0-9]{1,14}(\\.[0-9]{1,14})?") {
            check_patterns(&alike);
            check_patterns(&number);
        }
    }
}
