//! Between the domain and the form in which it crosses into a guest.

use crate::guest::vocabulary as wire;

/// The native words of all crates, under one name.
mod domain {
    pub use farebox_fare::*;
    pub use farebox_money::Rounding;
}

use farebox_fare::{Bill, Coupon, CouponValue, Line, Order, Point, Trip};
use farebox_money::{Currency, Decimal};
use farebox_wit as wit;

macro_rules! same_cases {
    ($name:ident { $($case:ident),* }) => {
        impl From<domain::$name> for wire::$name {
            fn from(domain: domain::$name) -> Self {
                match domain { $(domain::$name::$case => Self::$case,)* }
            }
        }
        impl From<wire::$name> for domain::$name {
            fn from(wire: wire::$name) -> Self {
                match wire { $(wire::$name::$case => Self::$case,)* }
            }
        }
    };
}
same_cases!(Basis { Estimated, Metered, Mocked });
same_cases!(MockCharges { All, MeasuredOnly });
same_cases!(Unit { Trip, Meter, Second, Piece, Money });
same_cases!(Outcome { Completed, Cancelled });
same_cases!(Rounding { HalfUp, HalfEven, Down, Up });
same_cases!(Rule { Rate, Floor, Cap, Growth, Coupon });
same_cases!(Source { Card, Trip, Segments, Spread, Items });

/// A trip in the wire's form.
///
/// # Panics
///
/// When a factor or percentage has more digits than the wire carries.
pub fn trip_to_wire(trip: &Trip) -> wire::Trip {
    wire::Trip {
        basis: trip.basis.into(),
        mock_charges: trip.mock_charges.into(),
        started_at: trip.started_at,
        ended_at: trip.ended_at,
        distance: trip.distance_m,
        duration: trip.duration_s,
        segments: trip
            .segments
            .iter()
            .map(|segment| wire::Segment {
                sequence: segment.sequence,
                started_at: segment.started_at,
                distance: segment.distance_m,
                duration: segment.duration_s,
            })
            .collect(),
        origin: trip.origin.map(point_to_wire),
        destination: trip.destination.map(point_to_wire),
        order: order_to_wire(&trip.order),
        waiting: trip.waiting_s,
        dynamic_factor: trip.dynamic_factor.map(|factor| decimal_to_wire(factor).expect("at most 18 digits")),
        tolls: trip.tolls,
        parking: trip.parking,
        highway: trip.highway,
        coupons: trip.coupons.iter().map(coupon_to_wire).collect(),
    }
}

fn point_to_wire(point: Point) -> wire::Point {
    wire::Point { latitude: point.latitude, longitude: point.longitude }
}

fn order_to_wire(order: &Order) -> wire::Order {
    wire::Order {
        product: order.product.clone(),
        tier: order.tier.clone(),
        kind: order.kind.clone(),
        passengers: order.passengers,
        booked_ahead: order.booked_ahead_s,
        one_price: order.one_price,
        outcome: order.outcome.into(),
    }
}

fn coupon_to_wire(coupon: &Coupon) -> wire::Coupon {
    wire::Coupon {
        id: coupon.id.clone(),
        value: match coupon.value {
            CouponValue::Amount(amount) => wire::CouponValue::Amount(amount),
            CouponValue::Percent(percent) => {
                wire::CouponValue::Percent(decimal_to_wire(percent).expect("at most 18 digits"))
            }
        },
        min_spend: coupon.min_spend,
        max_off: coupon.max_off,
        scope: coupon.scope.clone(),
    }
}

fn decimal_to_wire(decimal: Decimal) -> Option<wire::Decimal> {
    let wit::Decimal { digits, scale } = decimal.try_into().ok()?;
    Some(wire::Decimal { digits, scale })
}

fn decimal_from_wire(wire: wire::Decimal) -> Decimal {
    Decimal::new(wire.digits, wire.scale.into())
}

fn line_from_wire(line: wire::Line) -> Line {
    Line {
        code: line.code,
        quantity: decimal_from_wire(line.quantity),
        unit: line.unit.into(),
        rate: decimal_from_wire(line.rate),
        per: decimal_from_wire(line.per),
        amount: line.amount,
        reference: line.reference,
        why: domain::Reason {
            rule: line.why.rule.into(),
            branch: line.why.branch,
            source: line.why.source.into(),
            rounding: line.why.rounding.into(),
            step: line.why.step,
        },
    }
}

/// A bill from the wire's form.
///
/// # Panics
///
/// When the currency is not one.
pub fn bill_from_wire(bill: wire::Bill) -> Bill {
    let lines = |lines: Vec<wire::Line>| lines.into_iter().map(line_from_wire).collect();
    Bill {
        currency: Currency::from_code(&bill.currency).expect("the component answers ISO 4217 codes"),
        basis: bill.basis.into(),
        lines: lines(bill.lines),
        total: bill.total,
        discounts: lines(bill.discounts),
        payable: bill.payable,
        included: lines(bill.included),
        rate_card: bill.rate_card,
    }
}

/// A bill in the wire's form. `None` when a line has a number with more digits than the wire carries.
pub fn bill_to_wire(bill: &Bill) -> Option<wire::Bill> {
    let lines = |lines: &[Line]| lines.iter().map(line_to_wire).collect::<Option<Vec<_>>>();
    Some(wire::Bill {
        currency: bill.currency.code().to_owned(),
        basis: bill.basis.into(),
        lines: lines(&bill.lines)?,
        total: bill.total,
        discounts: lines(&bill.discounts)?,
        payable: bill.payable,
        included: lines(&bill.included)?,
        rate_card: bill.rate_card.clone(),
    })
}

fn line_to_wire(line: &Line) -> Option<wire::Line> {
    Some(wire::Line {
        code: line.code.clone(),
        quantity: decimal_to_wire(line.quantity)?,
        unit: line.unit.into(),
        rate: decimal_to_wire(line.rate)?,
        per: decimal_to_wire(line.per)?,
        amount: line.amount,
        reference: line.reference.clone(),
        why: wire::Reason {
            rule: line.why.rule.into(),
            branch: line.why.branch,
            source: line.why.source.into(),
            rounding: line.why.rounding.into(),
            step: line.why.step,
        },
    })
}
