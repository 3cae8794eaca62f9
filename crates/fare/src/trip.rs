//! The facts of a ride.

use crate::{Basis, Funding, Timestamp};
use farebox_document::words;
use farebox_money::{Decimal, MinorUnits, decimal};
use serde::Serialize;

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

/// A place on the WGS 84 ellipsoid, in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Point {
    /// -90,000,000 to 90,000,000, north positive.
    pub latitude: i32,
    /// -180,000,000 to 180,000,000, east positive.
    pub longitude: i32,
}

impl Point {
    /// One coordinate from decimal degrees such as "116.397470". `None` for what is not a number with at most 6 decimals.
    pub fn millionths(degrees: &str) -> Option<i32> {
        let millionths = decimal(degrees)?.checked_mul(1_000_000.into())?;
        i32::try_from(Some(millionths).filter(Decimal::is_integer)?).ok()
    }
}

words! {
    /// How a ride ended.
    #[derive(Default)]
    pub enum Outcome {
        /// As planned, or nearly.
        #[default]
        Completed = "completed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

words! {
    /// What a ride is charged whose distance and duration were not measured, but guessed from its two ends.
    #[derive(Default)]
    pub enum MockCharges {
        /// What any ride is charged: what was not measured is all that is guessed.
        #[default]
        All = "all",
        /// Distance and duration, and whatever else its rate card says that such rides are charged.
        MeasuredOnly = "measured-only",
    }
}

/// What was ordered, as far as a rate card may look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// `None` is the product of the card.
    pub product: Option<String>,
    /// The passenger's tier.
    pub tier: Option<String>,
    /// How the ride was ordered: "reservation", say. Documents call it `scene`.
    pub kind: Option<String>,
    /// How many people ride; zero is not known, and counts as one.
    pub passengers: u32,
    /// How long before the start the ride was ordered, in seconds.
    pub booked_ahead_s: u64,
    /// A price agreed for the ride as a whole.
    pub one_price: Option<MinorUnits>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Everything a rate card needs to know about one ride. The default is an estimate of nothing at all, at the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trip {
    /// Where the quantities come from.
    pub basis: Basis,
    /// What is charged when that is `mocked`; without meaning when it is not.
    pub mock_charges: MockCharges,
    /// When the ride began.
    pub started_at: Timestamp,
    /// When it ended; not before it began.
    pub ended_at: Timestamp,
    /// Metres to charge for.
    pub distance_m: u64,
    /// Seconds to charge for.
    pub duration_s: u64,
    /// Metered pieces, in any order. A ride without them counts as one piece, evenly ridden from its start.
    pub segments: Vec<Segment>,
    /// Where it begins. `None` is outside every zone.
    pub origin: Option<Point>,
    /// Where it ends. `None` is outside every zone.
    pub destination: Option<Point>,
    /// What was ordered.
    pub order: Order,
    /// Seconds the driver was kept waiting; not part of `duration_s`.
    pub waiting_s: u64,
    /// Surge; `None` is 1.
    pub dynamic_factor: Option<Decimal>,
    /// Bridge and road tolls, passed through at cost.
    pub tolls: MinorUnits,
    /// Parking, passed through at cost.
    pub parking: MinorUnits,
    /// Motorway charges, passed through at cost.
    pub highway: MinorUnits,
    /// In the order they were handed in.
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
    /// The fee codes it is good for; empty is the whole fare.
    pub scope: Vec<String>,
    /// Who pays for it. The passenger's bill is the same, whoever does.
    pub funding: Funding,
}

/// How much a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponValue {
    /// So much.
    Amount(MinorUnits),
    /// So many percent, in (0, 100].
    Percent(Decimal),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// An outcome has one name, however it is written.
    #[test]
    fn outcomes_are_written_by_name() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.word());
        }
    }
}
