//! The facts of a ride.

use crate::{Basis, MinorUnits, Timestamp};
use rust_decimal::Decimal;

/// A metered piece of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The caller's number for this piece, unique within the trip.
    pub sequence: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// Metres.
    pub distance_m: u64,
    /// Seconds.
    pub duration_s: u64,
}

/// Everything a rate card needs to know about one ride.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Where the quantities come from.
    pub basis: Basis,
    /// When the ride began.
    pub started_at: Timestamp,
    /// When it ended; not before it began.
    pub ended_at: Timestamp,
    /// Metres to charge for.
    pub distance_m: u64,
    /// Seconds to charge for.
    pub duration_s: u64,
    /// Metered pieces, in any order.
    pub segments: Vec<Segment>,
    /// Surge; `None` is 1.
    pub dynamic_factor: Option<Decimal>,
    /// Bridge and road tolls, passed through at cost.
    pub tolls: MinorUnits,
    /// In the order they are to be applied.
    pub coupons: Vec<Coupon>,
}

/// A discount the passenger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// The caller's identifier.
    pub id: String,
    /// How much off.
    pub value: CouponValue,
    /// The fare has to be at least this much. Zero means always.
    pub min_spend: MinorUnits,
    /// The discount never exceeds this.
    pub max_off: Option<MinorUnits>,
}

/// How much a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponValue {
    /// So much.
    Amount(MinorUnits),
    /// So many percent, in (0, 100].
    Percent(Decimal),
}
