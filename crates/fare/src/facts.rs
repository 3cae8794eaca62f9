//! The facts a ride is priced from, as they are written down: in a quote until the ride is over, in a bill for ever.
//!
//! Pricing is pure. Whoever has the facts, the rate card and the engine's version can price the ride again, to the byte;
//! so facts are what is kept, and lines are made when somebody looks.

use crate::{Basis, Coupon, CouponValue, Funding, MockCharges, Order, Outcome, Point, Segment, Timestamp, Trip};
use farebox_document::words;
use farebox_money::{Currency, Decimal, MinorUnits, decimal};
use serde::{Deserialize, Serialize};

/// A [`Trip`] in JSON. Money is decimal text, in a currency that stands elsewhere; what is zero, empty or absent is left
/// out. An unknown field is an error: facts that are ignored would price another ride.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    schemars(
        description = "What a ride is priced from. Money is in the currency of the bill; what is zero, empty or unknown is left out."
    )
)]
pub struct Facts {
    /// Where the quantities come from.
    basis: Basis,
    /// What is charged when `basis` is `mocked`.
    #[serde(default, skip_serializing_if = "is_default")]
    mock_charges: MockCharges,
    /// When the ride began.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Time"))]
    started_at: String,
    /// When it ended.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Time"))]
    ended_at: String,
    /// Metres to charge for.
    distance_m: u64,
    /// Seconds to charge for.
    duration_s: u64,
    /// `[seq, started_at in seconds since 1970, distance_m, duration_s]`: a bill is kept for ever, and a ride of an hour
    /// has hundreds of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<(u64, Timestamp, u64, u64)>,
    /// Where it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<PlaceFacts>,
    /// Where it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination: Option<PlaceFacts>,
    /// What was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    /// The passenger's tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    /// How the ride was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scene: Option<String>,
    /// How many people rode.
    #[serde(default, skip_serializing_if = "is_default")]
    passengers: u32,
    /// How long before the start the ride was ordered, in seconds.
    #[serde(default, skip_serializing_if = "is_default")]
    booked_ahead_s: u64,
    /// A price agreed for the ride as a whole.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_price: Option<String>,
    /// How the ride ended.
    #[serde(default, skip_serializing_if = "is_default")]
    outcome: Outcome,
    /// How long the driver was kept waiting, in seconds.
    #[serde(default, skip_serializing_if = "is_default")]
    waiting_s: u64,
    /// The surge factor.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Number>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dynamic: Option<String>,
    /// Bridge and road tolls.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tolls: Option<String>,
    /// Parking.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parking: Option<String>,
    /// Motorway charges.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highway: Option<String>,
    /// In the order they were handed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    coupons: Vec<CouponFacts>,
}

/// A place: degrees in decimal text, so that they stay exact.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceFacts {
    /// Degrees, north positive.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Number"))]
    lat: String,
    /// Degrees, east positive.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Number"))]
    lng: String,
}

/// A coupon, as a request has it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CouponFacts {
    /// The caller's identifier.
    id: String,
    /// What `value` is.
    kind: CouponKind,
    /// An amount, or a percentage.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Number"))]
    value: String,
    /// The fare has to be at least this much.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_spend: Option<String>,
    /// The discount is never more than this.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_off: Option<String>,
    /// The fee codes it is good for; without it, the whole fare.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scope: Vec<String>,
    /// Who pays for it; without it, the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    funded_by: Option<FundingFacts>,
}

/// Who pays for a coupon beside the platform, in percent.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FundingFacts {
    /// The driver.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Number>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    driver: Option<String>,
    /// A partner.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Number>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
}

words! {
    /// What the value of a coupon is.
    pub enum CouponKind {
        /// An amount of money.
        Amount = "amount",
        /// So many percent.
        Percent = "percent",
    }
}

impl Facts {
    /// Writes a trip down, all of it.
    pub fn of(trip: &Trip, currency: Currency) -> Self {
        // Named one by one, so that a new fact cannot be forgotten here.
        let Trip {
            basis,
            mock_charges,
            started_at,
            ended_at,
            distance_m,
            duration_s,
            segments,
            origin,
            destination,
            order,
            waiting_s,
            dynamic_factor,
            tolls,
            parking,
            highway,
            coupons,
        } = trip;
        let Order { product, tier, kind, passengers, booked_ahead_s, one_price, outcome } = order;
        let unless_zero = |amount: MinorUnits| (amount != 0).then(|| currency.format(amount));
        let segment = |s: &Segment| (s.sequence, s.started_at, s.distance_m, s.duration_s);
        let coupon = |coupon: &Coupon| {
            let Coupon { id, value, min_spend, max_off, scope, funding } = coupon;
            let (kind, value) = match value {
                CouponValue::Amount(amount) => (CouponKind::Amount, currency.format(*amount)),
                CouponValue::Percent(percent) => (CouponKind::Percent, percent.to_string()),
            };
            let max_off = max_off.map(|amount| currency.format(amount));
            CouponFacts {
                id: id.clone(),
                kind,
                value,
                min_spend: unless_zero(*min_spend),
                max_off,
                scope: scope.clone(),
                funded_by: FundingFacts::of(*funding),
            }
        };
        Self {
            basis: *basis,
            mock_charges: *mock_charges,
            started_at: format_time(*started_at),
            ended_at: format_time(*ended_at),
            distance_m: *distance_m,
            duration_s: *duration_s,
            segments: segments.iter().map(segment).collect(),
            origin: origin.map(PlaceFacts::of),
            destination: destination.map(PlaceFacts::of),
            product: product.clone(),
            tier: tier.clone(),
            scene: kind.clone(),
            passengers: *passengers,
            booked_ahead_s: *booked_ahead_s,
            one_price: one_price.map(|price| currency.format(price)),
            outcome: *outcome,
            waiting_s: *waiting_s,
            dynamic: dynamic_factor.map(|factor| factor.to_string()),
            tolls: unless_zero(*tolls),
            parking: unless_zero(*parking),
            highway: unless_zero(*highway),
            coupons: coupons.iter().map(coupon).collect(),
        }
    }

    /// The coupons of the trip that was written down.
    ///
    /// # Errors
    ///
    /// As [`Self::trip`].
    pub fn coupons(&self, currency: Currency) -> Result<Vec<Coupon>, String> {
        self.coupons.iter().map(|coupon| coupon.coupon(currency)).collect()
    }

    /// The trip that was written down.
    ///
    /// # Errors
    ///
    /// Which text is not what it should be.
    pub fn trip(&self, currency: Currency) -> Result<Trip, String> {
        let moment = |text: &str| parse_time(text).ok_or_else(|| format!("{text:?} is not a time"));
        let amount = |text: &str| amount(currency, text);
        let segment =
            |&(sequence, started_at, distance_m, duration_s)| Segment { sequence, started_at, distance_m, duration_s };
        Ok(Trip {
            basis: self.basis,
            mock_charges: self.mock_charges,
            started_at: moment(&self.started_at)?,
            ended_at: moment(&self.ended_at)?,
            distance_m: self.distance_m,
            duration_s: self.duration_s,
            segments: self.segments.iter().map(segment).collect(),
            origin: self.origin.as_ref().map(PlaceFacts::point).transpose()?,
            destination: self.destination.as_ref().map(PlaceFacts::point).transpose()?,
            order: Order {
                product: self.product.clone(),
                tier: self.tier.clone(),
                kind: self.scene.clone(),
                passengers: self.passengers,
                booked_ahead_s: self.booked_ahead_s,
                one_price: self.one_price.as_deref().map(amount).transpose()?,
                outcome: self.outcome,
            },
            waiting_s: self.waiting_s,
            dynamic_factor: self.dynamic.as_deref().map(number).transpose()?,
            tolls: self.tolls.as_deref().map_or(Ok(0), amount)?,
            parking: self.parking.as_deref().map_or(Ok(0), amount)?,
            highway: self.highway.as_deref().map_or(Ok(0), amount)?,
            coupons: self.coupons(currency)?,
        })
    }
}

impl CouponFacts {
    fn coupon(&self, currency: Currency) -> Result<Coupon, String> {
        let amount = |text: &str| amount(currency, text);
        Ok(Coupon {
            id: self.id.clone(),
            value: match self.kind {
                CouponKind::Amount => CouponValue::Amount(amount(&self.value)?),
                CouponKind::Percent => CouponValue::Percent(number(&self.value)?),
            },
            min_spend: self.min_spend.as_deref().map_or(Ok(0), amount)?,
            max_off: self.max_off.as_deref().map(amount).transpose()?,
            scope: self.scope.clone(),
            funding: self.funded_by.as_ref().map_or(Ok(Funding::default()), FundingFacts::funding)?,
        })
    }
}

impl FundingFacts {
    fn of(funding: Funding) -> Option<Self> {
        let share = |percent: Decimal| (!percent.is_zero()).then(|| percent.to_string());
        (funding != Funding::default())
            .then(|| Self { driver: share(funding.driver()), partner: share(funding.partner()) })
    }

    fn funding(&self) -> Result<Funding, String> {
        let share = |text: &Option<String>| text.as_deref().map_or(Ok(Decimal::ZERO), number);
        let (driver, partner) = (share(&self.driver)?, share(&self.partner)?);
        Funding::new(driver, partner).ok_or_else(|| format!("{driver}% and {partner}% are no shares of a coupon"))
    }
}

impl PlaceFacts {
    fn of(point: Point) -> Self {
        let degrees = |millionths: i32| Decimal::new(millionths.into(), 6).normalize().to_string();
        Self { lat: degrees(point.latitude), lng: degrees(point.longitude) }
    }

    fn point(&self) -> Result<Point, String> {
        let millionths = |text: &str| {
            Point::millionths(text)
                .ok_or_else(|| format!("{text:?} is not a number of degrees with at most 6 decimals"))
        };
        Ok(Point { latitude: millionths(&self.lat)?, longitude: millionths(&self.lng)? })
    }
}

fn amount(currency: Currency, text: &str) -> Result<MinorUnits, String> {
    currency.parse(text).map_err(|error| format!("{text:?} is not in {currency}: {error:?}"))
}

fn number(text: &str) -> Result<Decimal, String> {
    decimal(text).ok_or_else(|| format!("{text:?} is not a decimal number"))
}

/// RFC 3339 in UTC. A moment beyond the calendar, which no trip that was priced has, stays a number.
fn format_time(moment: Timestamp) -> String {
    jiff::Timestamp::from_second(moment).map_or_else(|_| moment.to_string(), |moment| moment.to_string())
}

fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_document::fields_of;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn cny() -> Currency {
        Currency::from_code("CNY").unwrap()
    }

    fn full() -> Trip {
        let coupon = |id: &str, value| Coupon {
            id: id.into(),
            value,
            min_spend: 1000,
            max_off: Some(5),
            scope: vec!["mileage".into()],
            funding: Funding::new(Decimal::new(300, 1), Decimal::ONE).unwrap(),
        };
        Trip {
            basis: Basis::Metered,
            mock_charges: MockCharges::MeasuredOnly,
            started_at: 1_562_806_800,
            ended_at: 1_562_808_060,
            distance_m: 4100,
            duration_s: 1260,
            segments: vec![Segment { sequence: 1, started_at: 1_562_806_800, distance_m: 4100, duration_s: 1260 }],
            origin: Some(Point { latitude: 39_900_000, longitude: 116_400_001 }),
            destination: Some(Point { latitude: -39_900_000, longitude: -180_000_000 }),
            order: Order {
                product: Some("express".into()),
                tier: Some("gold".into()),
                kind: Some("reservation".into()),
                passengers: 3,
                booked_ahead_s: 14_400,
                one_price: Some(5000),
                outcome: Outcome::Cancelled,
            },
            waiting_s: 90,
            dynamic_factor: Some("1.20".parse().unwrap()),
            tolls: 500,
            parking: 1000,
            highway: 1500,
            coupons: vec![
                coupon("c-1", CouponValue::Amount(200)),
                coupon("c-2", CouponValue::Percent("12.5".parse().unwrap())),
            ],
        }
    }

    /// The record that replays are made from, letter by letter; every field is in it.
    #[test]
    fn the_record() {
        let text = r#"{"basis":"metered","mock_charges":"measured-only","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:21:00Z","distance_m":4100,"duration_s":1260,"segments":[[1,1562806800,4100,1260]],"origin":{"lat":"39.9","lng":"116.400001"},"destination":{"lat":"-39.9","lng":"-180"},"product":"express","tier":"gold","scene":"reservation","passengers":3,"booked_ahead_s":14400,"one_price":"50.00","outcome":"cancelled","waiting_s":90,"dynamic":"1.20","tolls":"5.00","parking":"10.00","highway":"15.00","coupons":[{"id":"c-1","kind":"amount","value":"2.00","min_spend":"10.00","max_off":"0.05","scope":["mileage"],"funded_by":{"driver":"30.0","partner":"1"}},{"id":"c-2","kind":"percent","value":"12.5","min_spend":"10.00","max_off":"0.05","scope":["mileage"],"funded_by":{"driver":"30.0","partner":"1"}}]}"#;
        assert_eq!(serde_json::to_string(&Facts::of(&full(), cny())).unwrap(), text);
        let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
        let all: BTreeSet<&str> = fields_of::<Facts>().iter().copied().collect();
        assert_eq!(fields.keys().map(String::as_str).collect::<BTreeSet<_>>(), all);
    }

    /// Nothing that does not read back as what was meant is read at all.
    #[test]
    fn nonsense_is_refused() {
        let good = serde_json::to_value(Facts::of(&full(), cny())).unwrap();
        for (field, value) in [
            ("started_at", "today"),
            ("tolls", "5.001"),
            ("dynamic", "1,2"),
            ("dynamic", "1_0"),
            ("dynamic", "+1"),
            ("dynamic", ".5"),
            ("dynamic", "5."),
            ("basis", "guessed"),
            ("weather", "rain"),
        ] {
            let mut bad = good.clone();
            bad[field] = value.into();
            let read = serde_json::from_value(bad).map_err(|error| error.to_string());
            assert!(read.and_then(|facts: Facts| facts.trip(cny())).is_err(), "{field} {value}");
        }
    }

    /// So inside of places and coupons.
    #[test]
    fn nonsense_is_refused_inside() {
        let good = serde_json::to_value(Facts::of(&full(), cny())).unwrap();
        for (pointer, value) in [
            ("/origin/lat", "3_9.9"),
            ("/destination/lng", "+116"),
            ("/destination/lng", "116."),
            ("/coupons/0/value", "2_0.00"),
            ("/coupons/1/value", "1_2.5"),
            ("/coupons/1/value", "-.5"),
            ("/coupons/0/funded_by/driver", "3O"),
            ("/coupons/0/funded_by/driver", "99.5"),
            ("/coupons/1/funded_by/partner", "-1"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value.into();
            let facts: Facts = serde_json::from_value(bad).unwrap();
            assert!(facts.trip(cny()).is_err(), "{pointer} {value}");
        }
    }

    proptest! {
        /// What is written down reads back as the same facts, whatever they are.
        #[test]
        fn facts_round_trip(
            moment in 946_684_800_i64..4_102_444_799,
            quantity in any::<u64>(),
            amount in 0..i64::MAX,
            factor in proptest::option::of((any::<i64>(), 0_u32..18)),
            code in prop_oneof![Just("CNY"), Just("JPY"), Just("KWD")],
        ) {
            let currency = Currency::from_code(code).unwrap();
            let mut trip = Trip {
                started_at: moment,
                distance_m: quantity,
                tolls: amount,
                dynamic_factor: factor.map(|(digits, scale)| Decimal::new(digits, scale)),
                ..full()
            };
            for coupon in &mut trip.coupons {
                coupon.min_spend = amount;
                coupon.max_off = (quantity % 2 == 0).then_some(amount);
            }
            let text = serde_json::to_string(&Facts::of(&trip, currency)).unwrap();
            let read = serde_json::from_str::<Facts>(&text).unwrap().trip(currency).unwrap();
            prop_assert_eq!(read, trip);
        }
    }
}
