//! Whole numbers, however they are written: `1000.0` and `1e3` are 1000, as JSON Schema has it.

use serde_json::Number;

/// The largest whole number that may be written with a point or an exponent. A number with one is read as a double, and not to the
/// last bit: near 2^53 it can come out as its neighbour.
pub const MOST_WITH_A_POINT: f64 = 1e12;

/// The whole number that a double is. `None` when it has a fraction, or is larger than [`MOST_WITH_A_POINT`].
#[expect(clippy::cast_possible_truncation, reason = "it has no fraction, and is far below the largest")]
pub fn integer(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= MOST_WITH_A_POINT).then_some(number as i64)
}

/// The whole number that a number of JSON is, if it is one.
pub(crate) fn integer_of(number: &Number) -> Option<i128> {
    let of_double = || number.as_f64().and_then(integer).map(i128::from);
    number.as_i128().or_else(of_double)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number is taken for a whole one only when it is that very number.
    #[test]
    fn integers() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-0.0", Some(0)),
            ("1000", Some(1000)),
            ("1000.0", Some(1000)),
            ("1000.000", Some(1000)),
            ("1e3", Some(1000)),
            ("1E+3", Some(1000)),
            ("-1.5e1", Some(-15)),
            ("10e-1", Some(1)),
            ("4999999.0000000000", Some(4_999_999)),
            ("999999999999.000", Some(999_999_999_999)),
            ("1e12", Some(1_000_000_000_000)),
            ("1000000000001.0", None),
            ("9007199254740991", Some(9_007_199_254_740_991)),
            ("9007199254740991.0", None),
            ("18446744073709551615", Some(18_446_744_073_709_551_615)),
            ("18446744073709551616", None),
            ("1e300", None),
            ("0.5", None),
            ("1000.001", None),
            ("1e-3", None),
        ] {
            let number = serde_json::from_str::<Number>(text).ok();
            assert_eq!(number.as_ref().and_then(integer_of), expected, "{text}");
        }
        assert_eq!(integer(f64::NAN), None);
        assert_eq!(integer(f64::INFINITY), None);
    }
}
