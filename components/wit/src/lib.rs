//! The types generated from `wit/types`, and the conversions to and from the domain.
//!
//! Other crates point `wit-bindgen` here with `with: { "farebox:types/types@0.1.0": farebox_wit }`.

mod generated {
    #![allow(missing_docs, unsafe_code)]
    wit_bindgen::generate!({
        path: "../../wit/types",
        inline: "
            package farebox:vocabulary;
            world vocabulary { import farebox:types/types@0.1.0; }
        ",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

pub use generated::farebox::types::types::*;

use rust_decimal::Decimal as Exact;

/// The native words of all crates, under one name.
mod domain {
    pub use farebox_document::Problem;
    pub use farebox_fare::*;
    pub use farebox_money::{Currency, Rounding};
}

/// Why something from across the boundary has no meaning here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A decimal with a scale above 18.
    Scale,
    /// A currency that is not an ISO 4217 code.
    Currency,
}

impl Malformed {
    /// One sentence for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::Scale => "a decimal has a scale above 18",
            Self::Currency => "the currency is not an ISO 4217 code such as \"CNY\"",
        }
    }
}

/// A decimal too long for the boundary: more than 18 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl TryFrom<Decimal> for Exact {
    type Error = Malformed;

    fn try_from(wire: Decimal) -> Result<Self, Malformed> {
        if wire.scale > 18 {
            return Err(Malformed::Scale);
        }
        Ok(Exact::new(wire.digits, wire.scale.into()))
    }
}

impl TryFrom<Exact> for Decimal {
    type Error = TooLong;

    fn try_from(exact: Exact) -> Result<Self, TooLong> {
        let small = |exact: Exact| {
            let digits = i64::try_from(exact.mantissa()).ok()?;
            let scale = u8::try_from(exact.scale()).ok().filter(|scale| *scale <= 18)?;
            Some(Self { digits, scale })
        };
        small(exact).or_else(|| small(exact.normalize())).ok_or(TooLong)
    }
}

macro_rules! same_cases {
    ($wit:ident <-> $domain:ident { $($case:ident),* }) => {
        impl From<$wit> for domain::$domain {
            fn from(wit: $wit) -> Self {
                match wit { $($wit::$case => Self::$case,)* }
            }
        }
        impl From<domain::$domain> for $wit {
            fn from(domain: domain::$domain) -> Self {
                match domain { $(domain::$domain::$case => Self::$case,)* }
            }
        }
    };
}
same_cases!(Basis <-> Basis { Estimated, Metered, Mocked });
same_cases!(MockCharges <-> MockCharges { All, MeasuredOnly });
same_cases!(Degradation <-> Degradation {
    TripMissing,
    TripIncomplete,
    StoreTimeout,
    StoreUnavailable,
    StoreRefused,
    StoreLost,
    PolicyUnavailable,
    LateSegments,
    QuoteExpired,
    VersionUnavailable,
    QuoteOutdated,
    CopyUnavailable,
    SwitchedOff
});
same_cases!(Unit <-> Unit { Trip, Meter, Second, Piece, Money });
same_cases!(Outcome <-> Outcome { Completed, Cancelled });
same_cases!(Rounding <-> Rounding { HalfUp, HalfEven, Down, Up });
same_cases!(Rule <-> Rule { Rate, Floor, Cap, Growth, Coupon });
same_cases!(Source <-> Source { Card, Trip, Segments, Spread, Items });

impl From<LocalTime> for domain::LocalTime {
    fn from(wit: LocalTime) -> Self {
        Self { minute: wit.minute, holiday: wit.holiday }
    }
}

impl From<domain::LocalTime> for LocalTime {
    fn from(time: domain::LocalTime) -> Self {
        Self { minute: time.minute, holiday: time.holiday }
    }
}

impl From<Point> for domain::Point {
    fn from(wit: Point) -> Self {
        Self { latitude: wit.latitude, longitude: wit.longitude }
    }
}

impl From<domain::Point> for Point {
    fn from(point: domain::Point) -> Self {
        Self { latitude: point.latitude, longitude: point.longitude }
    }
}

impl From<Order> for domain::Order {
    fn from(wit: Order) -> Self {
        Self {
            product: wit.product,
            tier: wit.tier,
            kind: wit.kind,
            passengers: wit.passengers,
            booked_ahead_s: wit.booked_ahead,
            one_price: wit.one_price,
            outcome: wit.outcome.into(),
        }
    }
}

impl From<domain::Order> for Order {
    fn from(order: domain::Order) -> Self {
        Self {
            product: order.product,
            tier: order.tier,
            kind: order.kind,
            passengers: order.passengers,
            booked_ahead: order.booked_ahead_s,
            one_price: order.one_price,
            outcome: order.outcome.into(),
        }
    }
}

impl From<Reason> for domain::Reason {
    fn from(wit: Reason) -> Self {
        Self {
            rule: wit.rule.into(),
            branch: wit.branch,
            source: wit.source.into(),
            rounding: wit.rounding.into(),
            step: wit.step,
        }
    }
}

impl From<domain::Reason> for Reason {
    fn from(reason: domain::Reason) -> Self {
        Self {
            rule: reason.rule.into(),
            branch: reason.branch,
            source: reason.source.into(),
            rounding: reason.rounding.into(),
            step: reason.step,
        }
    }
}

impl From<Segment> for domain::Segment {
    fn from(wit: Segment) -> Self {
        Self { sequence: wit.sequence, started_at: wit.started_at, distance_m: wit.distance, duration_s: wit.duration }
    }
}

impl From<domain::Segment> for Segment {
    fn from(segment: domain::Segment) -> Self {
        Self {
            sequence: segment.sequence,
            started_at: segment.started_at,
            distance: segment.distance_m,
            duration: segment.duration_s,
        }
    }
}

impl TryFrom<Coupon> for domain::Coupon {
    type Error = Malformed;

    fn try_from(wit: Coupon) -> Result<Self, Malformed> {
        let value = match wit.value {
            CouponValue::Amount(amount) => domain::CouponValue::Amount(amount),
            CouponValue::Percent(percent) => domain::CouponValue::Percent(percent.try_into()?),
        };
        // Who pays for it makes no difference to the bill that it is on.
        let funding = domain::Funding::default();
        Ok(Self { id: wit.id, value, min_spend: wit.min_spend, max_off: wit.max_off, scope: wit.scope, funding })
    }
}

impl TryFrom<domain::Coupon> for Coupon {
    type Error = TooLong;

    fn try_from(coupon: domain::Coupon) -> Result<Self, TooLong> {
        let value = match coupon.value {
            domain::CouponValue::Amount(amount) => CouponValue::Amount(amount),
            domain::CouponValue::Percent(percent) => CouponValue::Percent(percent.try_into()?),
        };
        Ok(Self { id: coupon.id, value, min_spend: coupon.min_spend, max_off: coupon.max_off, scope: coupon.scope })
    }
}

impl TryFrom<Trip> for domain::Trip {
    type Error = Malformed;

    fn try_from(wit: Trip) -> Result<Self, Malformed> {
        Ok(Self {
            basis: wit.basis.into(),
            mock_charges: wit.mock_charges.into(),
            started_at: wit.started_at,
            ended_at: wit.ended_at,
            distance_m: wit.distance,
            duration_s: wit.duration,
            segments: wit.segments.into_iter().map(Into::into).collect(),
            origin: wit.origin.map(Into::into),
            destination: wit.destination.map(Into::into),
            order: wit.order.into(),
            waiting_s: wit.waiting,
            dynamic_factor: wit.dynamic_factor.map(TryInto::try_into).transpose()?,
            tolls: wit.tolls,
            parking: wit.parking,
            highway: wit.highway,
            coupons: wit.coupons.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<domain::Trip> for Trip {
    type Error = TooLong;

    fn try_from(trip: domain::Trip) -> Result<Self, TooLong> {
        Ok(Self {
            basis: trip.basis.into(),
            mock_charges: trip.mock_charges.into(),
            started_at: trip.started_at,
            ended_at: trip.ended_at,
            distance: trip.distance_m,
            duration: trip.duration_s,
            segments: trip.segments.into_iter().map(Into::into).collect(),
            origin: trip.origin.map(Into::into),
            destination: trip.destination.map(Into::into),
            order: trip.order.into(),
            waiting: trip.waiting_s,
            dynamic_factor: trip.dynamic_factor.map(TryInto::try_into).transpose()?,
            tolls: trip.tolls,
            parking: trip.parking,
            highway: trip.highway,
            coupons: trip.coupons.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<Line> for domain::Line {
    type Error = Malformed;

    fn try_from(wit: Line) -> Result<Self, Malformed> {
        Ok(Self {
            code: wit.code,
            quantity: wit.quantity.try_into()?,
            unit: wit.unit.into(),
            rate: wit.rate.try_into()?,
            per: wit.per.try_into()?,
            amount: wit.amount,
            reference: wit.reference,
            why: wit.why.into(),
        })
    }
}

impl TryFrom<domain::Line> for Line {
    type Error = TooLong;

    fn try_from(line: domain::Line) -> Result<Self, TooLong> {
        Ok(Self {
            code: line.code,
            quantity: line.quantity.try_into()?,
            unit: line.unit.into(),
            rate: line.rate.try_into()?,
            per: line.per.try_into()?,
            amount: line.amount,
            reference: line.reference,
            why: line.why.into(),
        })
    }
}

impl TryFrom<Bill> for domain::Bill {
    type Error = Malformed;

    fn try_from(wit: Bill) -> Result<Self, Malformed> {
        Ok(Self {
            currency: domain::Currency::from_code(&wit.currency).ok_or(Malformed::Currency)?,
            basis: wit.basis.into(),
            lines: wit.lines.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            total: wit.total,
            discounts: wit.discounts.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            payable: wit.payable,
            included: wit.included.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            rate_card: wit.rate_card,
        })
    }
}

impl TryFrom<domain::Bill> for Bill {
    type Error = TooLong;

    fn try_from(bill: domain::Bill) -> Result<Self, TooLong> {
        Ok(Self {
            currency: bill.currency.code().to_owned(),
            basis: bill.basis.into(),
            lines: bill.lines.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            total: bill.total,
            discounts: bill.discounts.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            payable: bill.payable,
            included: bill.included.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            rate_card: bill.rate_card,
        })
    }
}

impl From<domain::Problem> for Problem {
    fn from(problem: domain::Problem) -> Self {
        Self { pointer: problem.pointer, code: problem.code.into_owned(), message: problem.message }
    }
}

impl From<Problem> for domain::Problem {
    fn from(wit: Problem) -> Self {
        Self { pointer: wit.pointer, code: wit.code.into(), message: wit.message }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A rate crosses the boundary as the same number, whatever its scale.
    #[test]
    fn decimals_cross_exactly() {
        for text in ["0", "1.80", "-0.000001", "999999999.999999999", "100000000000000000000"] {
            let exact: Exact = text.parse().unwrap();
            match Decimal::try_from(exact) {
                Ok(wire) => assert_eq!(Exact::try_from(wire), Ok(exact), "{text}"),
                Err(TooLong) => assert_eq!(text, "100000000000000000000"),
            }
        }
        assert_eq!(Exact::try_from(Decimal { digits: 1, scale: 19 }), Err(Malformed::Scale));
    }
}
