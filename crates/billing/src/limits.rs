//! Every limit of a request. Reading enforces what is here, and the OpenAPI document states it.

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

/// How many trips a batch of segments may be of.
pub const BATCH_TRIPS: RangeInclusive<usize> = 1..=100;

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

/// How many characters the route of a ride is encoded in: a place takes two at least, and some five on most roads.
pub const POLYLINE_CHARS: RangeInclusive<usize> = 4..=32_768;

/// How many decimals of a degree a route is encoded with.
pub const POLYLINE_PRECISION: RangeInclusive<u64> = 5..=6;

/// Sequence numbers: what every JSON implementation can hold exactly.
pub const SEQUENCE: RangeInclusive<u64> = 0..=(1 << 53) - 1;

/// The years of moments, as they are written. Catches what was made of milliseconds given as seconds.
pub const MOMENT_YEARS: RangeInclusive<u16> = 2000..=2099;

/// Moments, as a regular expression: RFC 3339 in these years, but for days that their month does not have.
pub const MOMENT_PATTERN: &str = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

/// Latitudes, in degrees, are at most this far from zero.
pub const LATITUDE_DEG: u8 = 90;

/// Longitudes, in degrees, are at most this far from zero.
pub const LONGITUDE_DEG: u8 = 180;

/// Amounts of money in a request, in minor units: far above any ride, and exact as a double should one look.
pub const AMOUNT_MINOR: RangeInclusive<MinorUnits> = 0..=1_000_000_000_000;

/// The dynamic factor.
pub const DYNAMIC: RangeInclusive<Decimal> = tenth()..=Decimal::TEN;

/// Dynamic factors, as a regular expression: in this range, and with so few decimals.
pub const DYNAMIC_PATTERN: &str = r"^0*(0\.[1-9][0-9]{0,3}0*|[1-9](\.[0-9]{1,4}0*)?|10(\.0+)?)$";

/// The value of a percent coupon; zero itself is refused by its four decimals.
pub const PERCENT: RangeInclusive<Decimal> = ten_thousandth()..=Decimal::ONE_HUNDRED;

/// Such percentages, as a regular expression.
pub const PERCENT_PATTERN: &str =
    r"^0*(0\.([1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9])0*|[1-9][0-9]?(\.[0-9]{1,4}0*)?|100(\.0+)?)$";

/// The value of a coupon for an amount, as a regular expression: more than zero.
pub const AMOUNT_OFF_PATTERN: &str = r"^(0*[1-9][0-9]*(\.[0-9]+)?|0+\.0*[1-9][0-9]*)$";

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
