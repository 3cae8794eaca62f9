//! Exact arithmetic on money: whole numbers, one rounding, and its mode is always named.

use crate::{Currency, MinorUnits};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What happens to the part of an amount that is smaller than the minor unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest; a half goes away from zero. What most tariffs mean.
    #[default]
    HalfUp,
    /// To the nearest; a half goes to the even neighbour.
    HalfEven,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
}

/// `quantity` x `rate` / `per` in the major unit, rounded once to the minor unit.
///
/// `None` when `per` is zero or when the exact result does not fit: 19 digits of quantity times 19 of rate always do.
///
/// ```
/// use farebox_money::{Currency, Rounding, charge};
/// # let cny = Currency::from_code("CNY").expect("CNY is a currency");
/// // 4,100 m at 1.35 per 1,000 m is 5.535.
/// let (quantity, rate, per) = ("4100".parse()?, "1.35".parse()?, "1000".parse()?);
/// assert_eq!(charge(quantity, rate, per, cny, Rounding::HalfUp), Some(554));
/// assert_eq!(charge(quantity, rate, per, cny, Rounding::Down), Some(553));
/// # Ok::<_, rust_decimal::Error>(())
/// ```
pub fn charge(
    quantity: Decimal,
    rate: Decimal,
    per: Decimal,
    currency: Currency,
    rounding: Rounding,
) -> Option<MinorUnits> {
    charge_in_steps(quantity, rate, per, currency, rounding, 1)
}

/// [`charge`], rounded to a multiple of `step` minor units. `None` also when `step` is not positive.
pub fn charge_in_steps(
    quantity: Decimal,
    rate: Decimal,
    per: Decimal,
    currency: Currency,
    rounding: Rounding,
    step: MinorUnits,
) -> Option<MinorUnits> {
    if step <= 0 {
        return None;
    }
    if let Some(amount) = charge_small([quantity, rate, per], currency, rounding, step) {
        return Some(amount);
    }
    // Trailing zeros make numbers long without making them larger; they are dropped only when there is no room for them.
    let amount = exact_steps([quantity, rate, per], currency, rounding, step)
        .or_else(|| exact_steps([quantity.normalize(), rate.normalize(), per.normalize()], currency, rounding, step))?;
    amount.checked_mul(step.into())?.try_into().ok()
}

/// The same for numbers that are small enough to be computed in 64 bits, as nearly all are. WebAssembly has no wider
/// integers; a multiplication of 128 bits is a function call there. `None` when they are not.
fn charge_small(
    [quantity, rate, per]: [Decimal; 3],
    currency: Currency,
    rounding: Rounding,
    step: MinorUnits,
) -> Option<MinorUnits> {
    let small = |number: Decimal| i64::try_from(number.mantissa()).ok();
    let product = |a: i64, b: i64| {
        if cfg!(target_family = "wasm") {
            // Two factors whose bits add up to less than 63 have a product that fits. Whether any other does is not asked
            // here, because that takes 128 bits.
            (a.unsigned_abs().leading_zeros() + b.unsigned_abs().leading_zeros() > 65).then(|| a.wrapping_mul(b))
        } else {
            a.checked_mul(b)
        }
    };
    let mut numerator = product(small(quantity)?, small(rate)?)?;
    let mut denominator = product(small(per)?, step)?;
    let (up, down) = (currency.exponent() + per.scale(), quantity.scale() + rate.scale());
    if up >= down {
        numerator = product(numerator, *POWERS.get(usize::try_from(up - down).ok()?)?)?;
    } else {
        denominator = product(denominator, *POWERS.get(usize::try_from(down - up).ok()?)?)?;
    }
    if denominator <= 0 {
        return None;
    }
    let steps = divide(numerator.into(), denominator.into(), rounding)?;
    product(i64::try_from(steps).ok()?, step)
}

/// Powers of ten that leave room for a factor.
const POWERS: [i64; 13] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
];

/// `quantity` x `rate` / `per`, counted in `step` minor units.
fn exact_steps(
    [quantity, rate, per]: [Decimal; 3],
    currency: Currency,
    rounding: Rounding,
    step: MinorUnits,
) -> Option<i128> {
    let mut numerator = quantity.mantissa().checked_mul(rate.mantissa())?;
    let mut denominator = per.mantissa().checked_mul(step.into())?;
    // The result counts minor units, so `exponent` decimals move left, and those of the factors move right.
    let shift =
        i64::from(currency.exponent()) + i64::from(per.scale()) - i64::from(quantity.scale()) - i64::from(rate.scale());
    let power = 10_i128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?)?;
    if shift >= 0 {
        numerator = numerator.checked_mul(power)?;
    } else {
        denominator = denominator.checked_mul(power)?;
    }
    divide(numerator, denominator, rounding)
}

/// `numerator / denominator`, rounded. `None` when the denominator is zero.
pub fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> Option<i128> {
    // Most amounts are small, and dividing 128 bits is slow where the hardware does not.
    let (quotient, remainder) = match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) if denominator > 0 => {
            (i128::from(numerator / denominator), i128::from(numerator % denominator))
        }
        _ => (numerator.checked_div(denominator)?, numerator.checked_rem(denominator)?),
    };
    if remainder == 0 {
        return Some(quotient);
    }
    let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    // Compares |remainder| with the other half without doubling it, which could overflow.
    let half = remainder.unsigned_abs().cmp(&(denominator.unsigned_abs() - remainder.unsigned_abs()));
    let round_away = match rounding {
        Rounding::Down => false,
        Rounding::Up => true,
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 != 0),
    };
    if round_away { quotient.checked_add(away) } else { Some(quotient) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn check(numerator: i128, denominator: i128, [down, up, half_up, half_even]: [i128; 4]) {
        let by = |rounding| divide(numerator, denominator, rounding).unwrap();
        assert_eq!(
            [by(Rounding::Down), by(Rounding::Up), by(Rounding::HalfUp), by(Rounding::HalfEven)],
            [down, up, half_up, half_even],
            "{numerator} / {denominator}",
        );
    }

    /// Every mode does what its name says, on both sides of zero.
    #[test]
    fn modes() {
        check(10, 4, [2, 3, 3, 2]);
        check(14, 4, [3, 4, 4, 4]);
        check(9, 4, [2, 3, 2, 2]);
        check(11, 4, [2, 3, 3, 3]);
        check(-10, 4, [-2, -3, -3, -2]);
        check(10, -4, [-2, -3, -3, -2]);
        check(-11, 4, [-2, -3, -3, -3]);
        check(12, 4, [3, 3, 3, 3]);
        check(1, 3, [0, 1, 0, 0]);
        check(0, 7, [0, 0, 0, 0]);
        assert_eq!(divide(1, 0, Rounding::Down), None);
        assert_eq!(divide(i128::MIN, -1, Rounding::Down), None);
    }

    fn price(code: &str, quantity: &str, rate: &str, per: &str) -> Option<MinorUnits> {
        let currency = Currency::from_code(code).unwrap();
        charge(quantity.parse().unwrap(), rate.parse().unwrap(), per.parse().unwrap(), currency, Rounding::HalfUp)
    }

    /// One rounding, at the very end, whatever the exponent of the currency.
    #[test]
    fn charges_are_exact() {
        assert_eq!(price("CNY", "1", "22.50", "1"), Some(2250));
        assert_eq!(price("CNY", "1270", "0.80", "60"), Some(1693)); // 16.9333...
        assert_eq!(price("CNY", "1", "0.005", "1"), Some(1));
        assert_eq!(price("CNY", "1", "0.0049999999999999999", "1"), Some(0));
        assert_eq!(price("JPY", "1052", "100", "237"), Some(444)); // 443.88
        assert_eq!(price("KWD", "1", "1.2345", "1"), Some(1235));
        assert_eq!(price("CNY", "1", "1", "0.3"), Some(333));
        assert_eq!(price("CNY", "-1", "0.005", "1"), Some(-1));
        assert_eq!(price("CNY", "1", "1", "0"), None);
        assert_eq!(price("CNY", "999999999", "999999999", "1"), None);
    }

    proptest! {
        /// The short way and the long way come to the same.
        #[test]
        fn small_numbers_are_no_exception(
            quantity in (any::<i64>(), 0_u32..8),
            rate in (-1_000_000_i64..1_000_000, 0_u32..7),
            per in (1_i64..1_000_000, 0_u32..4),
            shift in 0_u32..60,
            code in prop_oneof![Just("JPY"), Just("CNY"), Just("KWD")],
            step in 1_i64..1_000,
            rounding in prop_oneof![
                Just(Rounding::HalfUp), Just(Rounding::HalfEven), Just(Rounding::Down), Just(Rounding::Up)
            ],
        ) {
            let currency = Currency::from_code(code).unwrap();
            let numbers = [(quantity.0 >> shift, quantity.1), rate, per].map(|(digits, scale)| Decimal::new(digits, scale));
            if let Some(small) = charge_small(numbers, currency, rounding, step) {
                let wide = exact_steps(numbers, currency, rounding, step).unwrap() * i128::from(step);
                prop_assert_eq!(i128::from(small), wide);
            }
        }
    }
}
