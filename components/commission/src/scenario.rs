//! One scenario of a policy.

use crate::document::Base;
use crate::paying::Paying;
use crate::when::{self, When};
use farebox_money::Decimal;
use serde_json::Value;

/// A kind of ride, and the cap on what the platform takes of it.
#[derive(Debug)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) when: When,
    /// The conditions as they are written.
    pub(crate) when_text: Option<Value>,
    /// The highest take rate: 0.27 is 27%.
    pub(crate) cap: Decimal,
    pub(crate) base: Base,
    pub(crate) fees: Fees,
    pub(crate) paying: Paying,
}

/// Which fees count, on both bills.
#[derive(Debug)]
pub enum Fees {
    /// These.
    Of(Vec<String>),
    /// All but these.
    Exempt(Vec<String>),
}

impl Fees {
    /// The fee codes that are named, whichever way they count.
    pub fn codes(&self) -> &[String] {
        let (Self::Of(codes) | Self::Exempt(codes)) = self;
        codes
    }

    /// Whether a fee counts.
    pub fn has(&self, code: &str) -> bool {
        match self {
            Self::Of(codes) => codes.iter().any(|one| one == code),
            Self::Exempt(codes) => codes.iter().all(|one| one != code),
        }
    }
}

impl Scenario {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its conditions, as they are written.
    pub fn when(&self) -> Option<&Value> {
        self.when_text.as_ref()
    }

    /// The highest take rate: 0.27 is 27%.
    pub fn cap(&self) -> Decimal {
        self.cap
    }

    /// Whether the base is what is left after coupons.
    pub fn is_after_coupons(&self) -> bool {
        self.base == Base::Payable
    }

    /// Whether it can apply to any ride of a product in a city.
    pub fn is_for(&self, city: &str, product: &str) -> bool {
        self.when.has_name(when::CITY, city) && self.when.has_name(when::PRODUCT, product)
    }

    /// How it pays what brings the rate to the cap.
    pub fn paying(&self) -> &Paying {
        &self.paying
    }

    /// Which fees count.
    pub fn fees(&self) -> &Fees {
        &self.fees
    }
}
