//! The words the components share, and their one mapping to WIT.
//!
//! Domain code is written in these types. [`wit`] holds the types generated from `wit/types`, and the conversions
//! between the two, so that no component writes them again.

mod bill;
mod canonical;
mod currency;
mod exact;
mod facts;
mod hex;
mod json;
mod problem;
mod read;
mod trip;
pub mod wit;

pub use bill::{Basis, Bill, Line, Reason, Rule, Source, Unit};
pub use canonical::{Version, canonical_json, version_of};
pub use currency::{AmountError, Currency};
pub use exact::{Rounding, charge, charge_in_steps, divide};
pub use facts::Facts;
pub use hex::hex;
pub use json::parse_json;
pub use problem::{Problem, Problems};
pub use read::{pointer_segment, read_part};
pub use rust_decimal::Decimal;
pub use trip::{Coupon, CouponValue, Order, Outcome, Point, Segment, Trip};

/// An amount of money in the minor unit of a currency that travels beside it. Negative is money flowing back.
pub type MinorUnits = i64;

/// A moment, in whole seconds since the Unix epoch; fractions are dropped toward the past.
pub type Timestamp = i64;
