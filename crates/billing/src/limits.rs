//! Every limit of a request. Reading enforces what is here, and the OpenAPI document states it.

use farebox_fare::Timestamp;
use farebox_money::MinorUnits;
use rust_decimal::Decimal;
use std::ops::RangeInclusive;

/// How many products one estimate prices.
pub const PRODUCTS: RangeInclusive<usize> = 1..=20;

/// How many coupons a passenger brings.
pub const COUPONS: RangeInclusive<usize> = 0..=20;

/// How many fees a coupon names.
pub const SCOPE: RangeInclusive<usize> = 1..=100;

/// How many tags a ride has.
pub const TAGS: usize = 32;

/// The longest value of a tag, in characters.
pub const TAG_CHARS: usize = 128;

/// The longest version of an app, in characters.
pub const APP_VERSION_CHARS: usize = 32;

/// How many people ride.
pub const PASSENGERS: RangeInclusive<u64> = 1..=100;

/// How long before the start a ride is ordered, in seconds: up to a year.
pub const BOOKED_AHEAD_S: RangeInclusive<u64> = 0..=31_536_000;

/// How many segments one call adds.
pub const SEGMENTS: RangeInclusive<usize> = 1..=500;

/// The distance of a trip, in metres: up to 5,000 km.
pub const TRIP_DISTANCE_M: RangeInclusive<u64> = 0..=5_000_000;

/// The duration of a trip, in seconds: up to 7 days.
pub const TRIP_DURATION_S: RangeInclusive<u64> = 0..=604_800;

/// The distance of one segment, in metres: up to 1,000 km.
pub const SEGMENT_DISTANCE_M: RangeInclusive<u64> = 0..=1_000_000;

/// The duration of one segment, in seconds: up to one day.
pub const SEGMENT_DURATION_S: RangeInclusive<u64> = 0..=86_400;

/// Sequence numbers: what every JSON implementation can hold exactly.
pub const SEQUENCE: RangeInclusive<u64> = 0..=(1 << 53) - 1;

/// Moments, in seconds since 1970: the years 2000 to 2099. Catches milliseconds given as seconds.
pub const MOMENT: RangeInclusive<Timestamp> = 946_684_800..=4_102_444_799;

/// Latitudes, in degrees, are at most this far from zero.
pub const LATITUDE_DEG: u8 = 90;

/// Longitudes, in degrees, are at most this far from zero.
pub const LONGITUDE_DEG: u8 = 180;

/// Amounts of money in a request, in minor units: far above any ride, and exact as a double should one look.
pub const AMOUNT_MINOR: RangeInclusive<MinorUnits> = 0..=1_000_000_000_000;

/// The dynamic factor.
pub const DYNAMIC: RangeInclusive<Decimal> = tenth()..=Decimal::TEN;

/// The value of a percent coupon; zero itself is refused by its four decimals.
pub const PERCENT: RangeInclusive<Decimal> = ten_thousandth()..=Decimal::ONE_HUNDRED;

/// How many decimals a factor or a percentage has at most.
pub const FACTOR_DECIMALS: u32 = 4;

/// The longest decimal text, in characters.
pub const DECIMAL_CHARS: usize = 24;

/// The longest estimate identifier, in characters.
pub const ESTIMATE_ID_CHARS: usize = 4_096;

const fn tenth() -> Decimal {
    Decimal::from_parts(1, 0, 0, false, 1)
}

const fn ten_thousandth() -> Decimal {
    Decimal::from_parts(1, 0, 0, false, 4)
}
