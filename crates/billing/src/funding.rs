//! Who pays for what the passenger's coupons take off: the driver's part comes off what the ride earns them, a partner's is the partner's to pay,
//! and the rest is the platform's. Parts are rounded down, so the platform has what is left of rounding.

use farebox_fare::codes::COUPON;
use farebox_fare::{Bill, Coupon, Line, Reason, Rule, Source, Unit};
use farebox_money::{Currency, Decimal, MinorUnits, Rounding, charge_in_steps};

/// The driver's bill, less what the driver pays of the coupons on the passenger's: never more than the ride earns them. `None` when an amount
/// does not fit.
pub fn less_what_the_driver_pays(coupons: &[Coupon], passenger: &Bill, mut driver: Bill) -> Option<Bill> {
    for (coupon, line) in taken_off(coupons, passenger) {
        let share = coupon.funding.driver();
        let part = part(line, share, driver.currency)?;
        let off = part.amount.max(driver.payable.checked_neg()?);
        if off == 0 {
            continue;
        }
        let part = if off == part.amount { part } else { all_that_is_left(off, driver.currency) };
        driver.payable = driver.payable.checked_add(off)?;
        driver.discounts.push(Line { reference: line.reference.clone(), ..part });
    }
    Some(driver)
}

/// What partners pay of the coupons on the passenger's bill, in minor units: zero or more. `None` when it does not fit.
pub fn what_partners_pay(coupons: &[Coupon], passenger: &Bill) -> Option<MinorUnits> {
    let parts = taken_off(coupons, passenger).map(|(coupon, line)| {
        let off = part(line, coupon.funding.partner(), passenger.currency)?.amount;
        off.checked_neg()
    });
    parts.sum::<Option<MinorUnits>>()
}

/// The coupons that took something off, each with its discount.
fn taken_off<'b>(coupons: &'b [Coupon], bill: &'b Bill) -> impl Iterator<Item = (&'b Coupon, &'b Line)> {
    bill.discounts.iter().filter_map(|line| {
        let id = line.reference.as_deref()?;
        Some((coupons.iter().find(|coupon| coupon.id == id)?, line))
    })
}

/// So many percent of what a coupon took off, as a discount.
fn part(discount: &Line, percent: Decimal, currency: Currency) -> Option<Line> {
    let quantity = currency.to_major(discount.amount.checked_neg()?);
    let (rate, per, rounding) = (-percent, Decimal::ONE_HUNDRED, Rounding::Down);
    let amount = charge_in_steps(quantity, rate, per, currency, rounding, 1)?;
    let why = Reason { rule: Rule::Coupon, branch: None, source: Source::Items, rounding, step: 1 };
    Some(Line { quantity, unit: Unit::Money, rate, per, why, ..Line::of(COUPON, currency, amount) })
}

fn all_that_is_left(off: MinorUnits, currency: Currency) -> Line {
    let line = Line::of(COUPON, currency, off);
    Line { why: Reason { rule: Rule::Coupon, source: Source::Items, ..line.why }, ..line }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_fare::{Basis, CouponValue, Funding};
    use proptest::prelude::*;

    fn bill(currency: Currency, total: MinorUnits, discounts: &[(&str, MinorUnits)]) -> Bill {
        let off = |(id, amount): &(&str, MinorUnits)| {
            let reference = Some((*id).to_owned());
            Line { reference, ..Line::of(COUPON, currency, -amount) }
        };
        let discounts: Vec<Line> = discounts.iter().map(off).collect();
        Bill {
            currency,
            basis: Basis::Metered,
            lines: vec![Line::of("mileage", currency, total)],
            total,
            payable: total + discounts.iter().map(|line| line.amount).sum::<MinorUnits>(),
            discounts,
            included: Vec::new(),
            rate_card: String::new(),
        }
    }

    fn coupon(id: &str, driver: Decimal, partner: Decimal) -> Coupon {
        Coupon {
            id: id.to_owned(),
            value: CouponValue::Amount(1),
            min_spend: 0,
            max_off: None,
            scope: Vec::new(),
            funding: Funding::new(driver, partner).unwrap(),
        }
    }

    /// What each pays, of rides that a person can check: `driver's bill | what each coupon took off, driver's and partner's percent |
    /// what comes off the driver's bill | what partners pay`.
    #[test]
    fn who_pays_what() {
        let table = "
            20.00 | 5.00 0 0                  |              | 0.00 | the platform pays
            20.00 | 5.00 100 0                | 5.00         | 0.00 | the driver gives a discount
            20.00 | 5.00 0 100                |              | 5.00 | a partner does
            20.00 | 5.00 30 20                | 1.50         | 1.00 | shared
            20.00 | 0.05 50 50                | 0.02         | 0.02 | the odd cent is the platform's
            20.00 | 5.00 33.3333 0            | 1.66         | 0.00 | rounded down
            20.00 | 0.01 99 0                 |              | 0.00 | nothing is no discount
            20.00 | 5.00 100 0, 3.00 50 50    | 5.00 1.50    | 1.50 | coupon by coupon
            4.00  | 5.00 100 0, 3.00 100 0    | 4.00         | 0.00 | a driver never pays for driving
            6.00  | 5.00 100 0, 3.00 50 50    | 5.00 1.00    | 1.50 | nor more than is left
            0.00  | 5.00 100 0                |              | 0.00 | of a ride that earns nothing";
        let cny = Currency::from_code("CNY").unwrap();
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let [earned, coupons, off, partners, why] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("{row}")
            };
            let amount = |text: &str| cny.parse(text).unwrap();
            let ids = ["c-1", "c-2"];
            let (mut brought, mut taken) = (Vec::new(), Vec::new());
            for (id, text) in ids.into_iter().zip(coupons.split(',')) {
                let [value, driver, partner] = text.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{row}") };
                brought.push(coupon(id, driver.parse().unwrap(), partner.parse().unwrap()));
                taken.push((id, amount(value)));
            }
            let passenger = bill(cny, 3_000, &taken);
            let driver = less_what_the_driver_pays(&brought, &passenger, bill(cny, amount(earned), &[])).unwrap();
            let told: Vec<String> = driver.discounts.iter().map(|line| cny.format(-line.amount)).collect();
            assert_eq!(told.join(" "), off, "{why}");
            assert_eq!(cny.format(what_partners_pay(&brought, &passenger).unwrap()), partners, "{why}");
            assert_eq!(driver.verify(), Ok(()), "{why}");
        }
    }

    proptest! {
        /// Whatever the shares: the driver's bill holds, nobody pays for driving, and the platform pays what the others do not.
        #[test]
        fn parts_are_parts(
            earned in 0..=1_000_000_i64,
            off in proptest::collection::vec((0..=100_000_i64, 0..=1_000_000_i64, 0..=1_000_000_i64), 0..4),
            code in prop_oneof![Just("CNY"), Just("JPY"), Just("KWD")],
        ) {
            let currency = Currency::from_code(code).unwrap();
            let ids = ["a", "b", "c", "d"];
            let share = |parts: i64| Decimal::new(parts, 4);
            let coupons: Vec<Coupon> = ids.into_iter().zip(&off).map(|(id, (_, driver, partner))| {
                coupon(id, share(*driver), share((*partner).min(1_000_000 - driver)))
            }).collect();
            let taken: Vec<(&str, MinorUnits)> = ids.into_iter().zip(&off).map(|(id, (amount, ..))| (id, *amount)).collect();
            let passenger = bill(currency, 1_000_000, &taken);
            let driver = less_what_the_driver_pays(&coupons, &passenger, bill(currency, earned, &[])).unwrap();
            let partners = what_partners_pay(&coupons, &passenger).unwrap();
            prop_assert_eq!(driver.verify(), Ok(()));
            prop_assert_eq!(driver.total, earned);
            let (all, of_driver) = (passenger.total - passenger.payable, driver.total - driver.payable);
            prop_assert!((0..=earned).contains(&of_driver) && partners >= 0 && of_driver + partners <= all);
            // No more is left to the platform than its share, what rounding leaves, and what the ride does not earn.
            let exact: Decimal = coupons.iter().zip(&taken).map(|(coupon, (_, amount))| {
                Decimal::from(*amount) * (coupon.funding.driver() + coupon.funding.partner()) / Decimal::ONE_HUNDRED
            }).sum();
            let rounding = Decimal::from(2 * coupons.len() as u64);
            prop_assert!(of_driver == earned || Decimal::from(of_driver + partners) > exact - rounding - Decimal::ONE);
        }
    }
}
