//! Who pays for what a coupon takes off.

use farebox_money::Decimal;

/// Shares of a coupon in percent. What neither a driver nor a partner pays, the platform does: by default all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funding {
    driver: Decimal,
    partner: Decimal,
}

impl Funding {
    /// `None` unless both shares are from 0 to 100, and at most 100 together.
    pub fn new(driver: Decimal, partner: Decimal) -> Option<Self> {
        let all = driver.checked_add(partner)?;
        let is_share = !driver.is_sign_negative() && !partner.is_sign_negative() && all <= Decimal::ONE_HUNDRED;
        is_share.then_some(Self { driver, partner })
    }

    /// The driver's share, in percent.
    pub fn driver(self) -> Decimal {
        self.driver
    }

    /// The share of a partner, in percent.
    pub fn partner(self) -> Decimal {
        self.partner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody pays more than there is, or less than nothing.
    #[test]
    fn shares() {
        let is_funding = |driver, partner| Funding::new(Decimal::new(driver, 1), Decimal::new(partner, 1)).is_some();
        assert!(is_funding(0, 0) && is_funding(1000, 0) && is_funding(0, 1000) && is_funding(333, 667));
        assert!(!is_funding(1001, 0) && !is_funding(0, 1001) && !is_funding(500, 501));
        assert!(!is_funding(-1, 0) && !is_funding(0, -1) && !is_funding(-500, 1000));
    }
}
