//! Numbers as people of a locale write them: ICU4X over exact decimals, no floats.

use farebox_fare::Unit;
use farebox_money::{Currency, Decimal, MinorUnits};
use icu_decimal::{DecimalFormatter, DecimalFormatterPreferences, input};
use icu_locale_core::Locale;
use rust_decimal::RoundingStrategy;

/// How a locale writes numbers.
#[derive(Debug)]
pub(crate) struct Numbers {
    formatter: DecimalFormatter,
    /// What goes before and after a negative number.
    minus: Sign,
    /// What goes before and after a number that is said to be positive.
    plus: Sign,
}

/// What goes before a number, and after it.
type Sign = (String, String);

impl Numbers {
    /// The conventions of `locale`, or of the nearest locale that CLDR knows. `None` if there is no data at all.
    pub(crate) fn new(locale: &Locale) -> Option<Self> {
        let preferences = DecimalFormatterPreferences::from(locale);
        let formatter = DecimalFormatter::try_new(preferences, Default::default()).ok()?;
        // The formatter does not tell its signs, but minus one against one does.
        let write = |number: &input::Decimal| formatter.format(number).to_string();
        let one = write(&1.into());
        let sign = |signed: &input::Decimal| -> Option<Sign> {
            let signed = write(signed);
            let (prefix, suffix) = signed.split_once(&one)?;
            Some((prefix.to_owned(), suffix.to_owned()))
        };
        let minus = sign(&(-1).into())?;
        let plus = sign(&input::Decimal::from(1).with_sign_display(input::SignDisplay::Always))?;
        Some(Self { formatter, minus, plus })
    }

    /// A number with all its digits, and no zeros at the end: "1,234.5".
    pub(crate) fn plain(&self, number: Decimal) -> String {
        self.write(number.normalize(), 0)
    }

    /// The size of an amount, without sign or currency: 125050 CNY is "1,250.50".
    pub(crate) fn amount(&self, currency: Currency, minor: MinorUnits) -> String {
        self.write(currency.to_major(minor).abs(), currency.exponent())
    }

    /// The size of a price, without sign or currency: at least the currency's decimals, and more if the price has more.
    pub(crate) fn price(&self, currency: Currency, major: Decimal) -> String {
        self.write(major.normalize().abs(), currency.exponent())
    }

    /// `text` as a negative number is written.
    pub(crate) fn negative(&self, text: &str) -> String {
        let (prefix, suffix) = &self.minus;
        format!("{prefix}{text}{suffix}")
    }

    /// `text` as a positive number is written where it matters that it is one.
    pub(crate) fn positive(&self, text: &str) -> String {
        let (prefix, suffix) = &self.plus;
        format!("{prefix}{text}{suffix}")
    }

    fn write(&self, number: Decimal, min_decimals: u32) -> String {
        // Scale is at most 28 and an exponent at most 4, so neither leaves i16.
        let magnitude = |decimals: u32| i16::try_from(decimals).map_or(0, |decimals| -decimals);
        let mut digits = input::Decimal::from(number.mantissa());
        digits.multiply_pow10(magnitude(number.scale()));
        digits.absolute.pad_end(magnitude(min_decimals));
        self.formatter.format(&digits).to_string()
    }
}

/// A quantity, or how much one rate buys, in the unit people use: kilometres, everything else as it is.
///
/// Whole metres, and a rate per mile, are exact. What is finer than a millimetre is rounded half away from zero, for the
/// eye only: the amount beside it was computed from the exact quantity.
pub(crate) fn human(quantity: Decimal, unit: Unit) -> Decimal {
    match unit {
        Unit::Meter => {
            // Dividing by more than one cannot overflow.
            let kilometres = quantity.checked_div(Decimal::ONE_THOUSAND).unwrap_or(quantity);
            kilometres.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero).normalize()
        }
        Unit::Second | Unit::Trip | Unit::Piece | Unit::Money => quantity.normalize(),
    }
}

/// Seconds as whole minutes and what is left of them: 1270 is 21 and 10. Nothing is rounded.
pub(crate) fn minutes_and_seconds(seconds: Decimal) -> (Decimal, Decimal) {
    let minute = Decimal::from(60);
    // Dividing by more than one cannot overflow, and the rest is less than a minute.
    let rest = seconds.checked_rem(minute).unwrap_or_default();
    let minutes = seconds.checked_sub(rest).and_then(|whole| whole.checked_div(minute)).unwrap_or_default();
    (minutes.normalize(), rest.normalize())
}

/// `rate / per` as a percentage without sign, to four decimals: 0.2 / 1 is 20. `None` if it is out of range.
pub(crate) fn percent(rate: Decimal, per: Decimal) -> Option<Decimal> {
    let percent = rate.checked_div(per)?.checked_mul(Decimal::ONE_HUNDRED)?;
    Some(percent.abs().round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero))
}

/// `1 + rate / per`, to six decimals: 0.2 / 1 is 1.2. `None` if it is out of range.
pub(crate) fn factor(rate: Decimal, per: Decimal) -> Option<Decimal> {
    let factor = rate.checked_div(per)?.checked_add(Decimal::ONE)?;
    Some(factor.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(locale: &str) -> Numbers {
        Numbers::new(&locale.parse().unwrap()).unwrap()
    }

    /// Amounts show every decimal of their currency and no digit is lost at the ends of the range.
    #[test]
    fn amounts() {
        let check = |locale: &str, code: &str, minor: MinorUnits, expected: &str| {
            let currency = Currency::from_code(code).unwrap();
            assert_eq!(numbers(locale).amount(currency, minor), expected, "{locale} {code} {minor}");
        };
        check("zh-CN", "CNY", 1148, "11.48");
        check("zh-CN", "CNY", 10_000_000, "100,000.00");
        check("zh-CN", "CNY", 0, "0.00");
        check("zh-CN", "CNY", -5, "0.05");
        check("en-US", "JPY", 1200, "1,200");
        check("en-US", "JPY", 0, "0");
        check("en-US", "KWD", 5, "0.005");
        check("en-US", "CLF", 12_345, "1.2345");
        check("de-DE", "EUR", 123_456, "1.234,56");
        check("en-IN", "INR", 123_456_789, "12,34,567.89");
        check("en-US", "CNY", i64::MAX, "92,233,720,368,547,758.07");
        check("en-US", "CNY", i64::MIN, "92,233,720,368,547,758.08");
        check("ar-EG", "EGP", 1250, "١٢٫٥٠");
        // A locale nobody has heard of is written by the root rules rather than refused.
        check("xx", "CNY", 123_450, "1,234.50");
    }

    /// A sign is the locale's own, around whatever the copy makes of the number.
    #[test]
    fn signs() {
        assert_eq!(numbers("en-US").negative("¥2.00"), "-¥2.00");
        assert_eq!(numbers("zh-CN").negative("2.00元"), "-2.00元");
        assert_eq!(numbers("sv-SE").negative("2,00 kr"), "−2,00 kr");
        assert_eq!(numbers("en-US").positive("¥2.00"), "+¥2.00");
        assert_eq!(numbers("zh-CN").positive("2.00元"), "+2.00元");
    }

    /// A rate keeps the digits it was published with, and is never shorter than its currency.
    #[test]
    fn prices() {
        let check = |code: &str, price: &str, expected: &str| {
            let currency = Currency::from_code(code).unwrap();
            assert_eq!(numbers("en-US").price(currency, price.parse().unwrap()), expected, "{code} {price}");
        };
        check("CNY", "1.8", "1.80");
        check("CNY", "1.800", "1.80");
        check("CNY", "0.4333", "0.4333");
        check("JPY", "80.50", "80.5");
        check("CNY", "-2", "2.00");
        check("CNY", "0", "0.00");
        check("CNY", "79228162514264337593543950335", "79,228,162,514,264,337,593,543,950,335.00");
        check("CNY", "0.0000000000000000000000000001", "0.0000000000000000000000000001");
    }

    /// What riders read is in kilometres, and otherwise as it was counted.
    #[test]
    fn quantities() {
        let check = |quantity: &str, unit: Unit, expected: &str| {
            let shown = human(quantity.parse().unwrap(), unit);
            assert_eq!(numbers("en-US").plain(shown), expected, "{quantity} {unit:?}");
        };
        check("4100", Unit::Meter, "4.1");
        check("1", Unit::Meter, "0.001");
        check("0.0005", Unit::Meter, "0.000001");
        check("-0.0005", Unit::Meter, "-0.000001");
        check("0", Unit::Meter, "0");
        check("1234567", Unit::Meter, "1,234.567");
        check("1609.344", Unit::Meter, "1.609344");
        check("1270", Unit::Second, "1,270");
        check("3.0", Unit::Piece, "3");
        check("79228162514264337593543950335", Unit::Piece, "79,228,162,514,264,337,593,543,950,335");
    }

    /// Minutes and seconds add up to the time exactly, whatever it is.
    #[test]
    fn durations() {
        let check = |seconds: &str, minutes: &str, rest: &str| {
            let split = minutes_and_seconds(seconds.parse().unwrap());
            assert_eq!(split, (minutes.parse().unwrap(), rest.parse().unwrap()), "{seconds}");
        };
        check("1270", "21", "10");
        check("720", "12", "0");
        check("27", "0", "27");
        check("0", "0", "0");
        check("60.5", "1", "0.5");
        check("-90", "-1", "-30");
        check("79228162514264337593543950335", "1320469375237738959892399172", "15");
    }

    /// Shares that cannot be computed are left out, not made up.
    #[test]
    fn shares() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(percent(decimal("0.2"), decimal("1")), Some(decimal("20")));
        assert_eq!(percent(decimal("-15"), decimal("100")), Some(decimal("15")));
        assert_eq!(factor(decimal("0.2"), decimal("1")), Some(decimal("1.2")));
        assert_eq!(factor(decimal("-0.1"), decimal("1")), Some(decimal("0.9")));
        assert_eq!(percent(decimal("1"), decimal("0")), None);
        assert_eq!(percent(Decimal::MAX, decimal("0.001")), None);
        assert_eq!(factor(Decimal::MAX, decimal("1")), None);
    }
}
